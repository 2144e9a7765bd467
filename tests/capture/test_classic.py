"""Facts about the packets of pcap files as they are laid out; whole files are in test_capture_file.py."""

from __future__ import annotations

from struct import pack
from typing import TYPE_CHECKING, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interceptor.capture.classic import batched, packets
from tests.support.examples import examples

if TYPE_CHECKING:
    from interceptor.core.model import Packet


def laid_out(order: str, extra: int, *said: tuple[int, int, int, int]) -> bytes:
    """Headers and as many bytes behind each as it says."""
    return b"".join(pack(order + "IIII", *one) + bytes(extra) + b"x" * one[2] for one in said)


@pytest.mark.parametrize("order", ["<", ">"])
def test_packets_are_given_by_their_places(order: str) -> None:
    """Time in nanoseconds, start, captured and original bytes: never fewer than were captured."""
    data = laid_out(order, 0, (1, 2, 3, 4), (0xFFFFFFFF, 999_999, 0, 0), (1, 0xFFFFFFFF, 5, 1))
    assert packets(b"ab" + data, 2, order, 16, 1_000, 9) == (
        [
            (1_000_002_000, 18, 3, 4),
            (4_294_967_295_999_999_000, 37, 0, 0),
            (1_000_000_000 + 4_294_967_295_000, 53, 5, 5),
        ],
        58,
        -1,
    )


def test_a_header_may_have_more_behind_it() -> None:
    """Which belongs to no packet."""
    data = laid_out("<", 8, (1, 2, 3, 4), (5, 6, 0, 0))
    assert packets(data, 0, "<", 24, 1, 9) == ([(1_000_000_002, 24, 3, 4), (5_000_000_006, 51, 0, 0)], 51, -1)


@pytest.mark.parametrize(
    ("captured", "left", "most", "told"),
    [(5, 5, 5, -1), (5, 4, 5, 5), (6, 9, 5, 6), (0xFFFFFFFF, 9, 0xFFFFFFFF, 0xFFFFFFFF), (0, 0, 5, -1)],
)
def test_one_that_is_not_whole_or_too_long_ends_it(captured: int, left: int, most: int, told: int) -> None:
    """Where it begins and what it claims is told; -1 where there is no such header."""
    data = laid_out("<", 0, (1, 0, 1, 1)) + pack("<IIII", 2, 0, captured, captured) + bytes(left)
    found, position, claimed = packets(data, 0, "<", 16, 1, most)
    assert (len(found), claimed) == (1 if told >= 0 else 2, told)
    assert position == (17 if told >= 0 else 33 + captured)


@given(data=st.binary(max_size=80), order=st.sampled_from("<>"), start=st.integers(0, 9))
@examples(500)
def test_any_bytes_are_packets_or_none(data: bytes, order: str, start: int) -> None:
    """Those that are given are as the bytes say, one behind the other, from where it was to begin."""
    found, position, claimed = packets(data, start, order, 16, 1, 40)
    at = start
    byte_order: Literal["little", "big"] = "little" if order == "<" else "big"
    shown: list[Packet] = []
    while len(data) - at >= 16:
        words = [int.from_bytes(data[at + part : at + part + 4], byte_order) for part in (0, 4, 8, 12)]
        seconds, fraction, captured, length = words
        if captured > 40 or captured > len(data) - at - 16:
            assert (found, position, claimed) == (shown, at, captured)
            return
        shown.append((seconds * 10**9 + fraction, at + 16, captured, max(captured, length)))
        at += 16 + captured
    assert (found, position, claimed) == (shown, at, -1)


NUMBERS = st.integers(0, 2**32 - 1)


@given(st.lists(st.tuples(NUMBERS, NUMBERS, NUMBERS, NUMBERS)))
@examples(300)
def test_a_batch_of_libpcap_is_its_table(rows: list[tuple[int, int, int, int]]) -> None:
    """Whatever numbers are in it; microseconds may be a million and more, where a driver says so."""
    assert batched(b"".join([pack("=IIII", *row) for row in rows])) == [
        (seconds * 10**9 + microseconds * 1_000, start, captured, captured)
        for seconds, microseconds, start, captured in rows
    ]


@pytest.mark.parametrize("size", [1, 15, 17])
def test_what_is_no_table_is_said(size: int) -> None:
    """A library that lays them out otherwise must not give packets that are none."""
    with pytest.raises(ValueError, match="no rows"):
        batched(bytes(size))
