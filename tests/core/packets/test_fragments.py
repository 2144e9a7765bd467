"""Facts about the reassembly of IP fragments."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interceptor.core.model import Drop, Limits
from interceptor.core.packets.fragments import HELD_BYTES, Datagram, Fragments
from tests.support.examples import examples

if TYPE_CHECKING:
    from collections.abc import Sequence

SECOND = 1_000_000_000
KEY = b"datagram"
TCP = 6


class Reassembly:
    """Fragments together with what they count."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.dropped: Counter[Drop] = Counter()
        self.fragments = Fragments(limits or Limits(), self.dropped)
        self.given = 0
        self.returned = 0

    def add(
        self,
        start: int,
        piece: bytes,
        *,
        last: bool = False,
        key: bytes = KEY,
        time: int = 0,
        protocol: int = TCP,
        length: int | None = None,
    ) -> Datagram | None:
        length = len(piece) if length is None else length
        datagram = self.fragments.add(key, protocol, start, piece, length, last, time)
        self.given += 1
        self.returned += datagram is not None
        assert self.given == self.returned + self.dropped.total() + self.fragments.held
        return datagram


@pytest.fixture
def reassembly() -> Reassembly:
    return Reassembly()


def test_pieces_in_order_give_the_datagram(reassembly: Reassembly) -> None:
    """The last missing piece returns the whole datagram and counts the others as merged."""
    assert reassembly.add(0, b"a" * 8) is None
    assert reassembly.add(8, b"b" * 16) is None
    assert reassembly.fragments.held == 2
    assert reassembly.add(24, b"c", last=True) == Datagram(TCP, b"a" * 8 + b"b" * 16 + b"c", 25)
    assert reassembly.fragments.held == 0
    assert reassembly.dropped == {Drop.FRAGMENT_MERGED: 2}


def test_the_first_fragment_may_come_last(reassembly: Reassembly) -> None:
    """Order does not matter, and the protocol is the first fragment's."""
    assert reassembly.add(16, b"c", last=True, protocol=60) is None
    assert reassembly.add(8, b"b" * 8, protocol=60) is None
    assert reassembly.add(0, b"a" * 8, protocol=TCP) == Datagram(TCP, b"a" * 8 + b"b" * 8 + b"c", 17)


def test_only_the_first_fragment_names_the_protocol(reassembly: Reassembly) -> None:
    """What later fragments say the protocol is does not count (RFC 8200 section 4.5)."""
    reassembly.add(0, b"a" * 8, protocol=TCP)
    assert reassembly.add(8, b"b", last=True, protocol=60) == Datagram(TCP, b"a" * 8 + b"b", 9)


def test_datagrams_do_not_mix(reassembly: Reassembly) -> None:
    """Pieces with different keys belong to different datagrams."""
    reassembly.add(0, b"a" * 8, key=b"1")
    assert reassembly.add(8, b"b", last=True, key=b"2") is None
    assert reassembly.fragments.held == 2


def test_an_exact_duplicate_changes_nothing(reassembly: Reassembly) -> None:
    """A repeated fragment is merged with its original, be it in the middle or the last."""
    reassembly.add(0, b"a" * 8)
    reassembly.add(0, b"a" * 8)
    reassembly.add(16, b"c", last=True)
    reassembly.add(16, b"c", last=True)
    assert reassembly.add(8, b"b" * 8) == Datagram(TCP, b"a" * 8 + b"b" * 8 + b"c", 17)
    assert reassembly.dropped == {Drop.FRAGMENT_MERGED: 4}


@pytest.mark.parametrize(
    ("start", "piece", "last"),
    [
        pytest.param(8, b"x" * 16, False, id="other bytes"),
        pytest.param(0, b"a" * 16, False, id="into the one after"),
        pytest.param(8, b"b" * 8, False, id="shorter"),
        pytest.param(8, b"b" * 16 + b"c" * 8, False, id="longer"),
        pytest.param(16, b"b" * 8, False, id="into the one before"),
        pytest.param(16, b"b" * 8, True, id="an earlier end"),
        pytest.param(32, b"d" * 8, False, id="beyond the end"),
        pytest.param(32, b"d" * 8, True, id="a later end"),
        pytest.param(24, b"c" * 8, False, id="the end, but not the last"),
    ],
)
def test_a_contradiction_condemns_the_datagram(
    reassembly: Reassembly, start: int, piece: bytes, last: bool
) -> None:
    """Nothing is chosen between two versions: what came, comes now and follows is an overlap."""
    reassembly.add(8, b"b" * 16)
    reassembly.add(24, b"c" * 8, last=True)
    assert reassembly.add(start, piece, last=last) is None
    assert reassembly.dropped == {Drop.FRAGMENT_OVERLAP: 3}
    assert reassembly.add(0, b"a" * 8) is None
    assert reassembly.dropped == {Drop.FRAGMENT_OVERLAP: 4}
    assert reassembly.fragments.held == 0


def test_an_end_before_what_was_seen_is_a_contradiction(reassembly: Reassembly) -> None:
    """A last fragment cannot lie before another one."""
    reassembly.add(32, b"d" * 8)
    reassembly.add(8, b"b" * 8, last=True)
    assert reassembly.dropped == {Drop.FRAGMENT_OVERLAP: 2}


def test_a_condemned_datagram_is_forgotten_in_time(reassembly: Reassembly) -> None:
    """After the time-out the same identification can be used again."""
    reassembly.add(0, b"a" * 8)
    reassembly.add(0, b"x" * 8)
    reassembly.add(0, b"a" * 8, time=31 * SECOND)
    assert reassembly.add(8, b"b", last=True, time=31 * SECOND) == Datagram(TCP, b"a" * 8 + b"b", 9)


@pytest.mark.parametrize(
    ("start", "piece", "last"),
    [(0, b"", False), (8, b"", True), (0, b"a" * 7, False), (65_528, b"a" * 8, True)],
    ids=["empty", "empty last", "not a multiple of 8", "beyond 65,535"],
)
def test_impossible_fragments_are_malformed(
    reassembly: Reassembly, start: int, piece: bytes, last: bool
) -> None:
    """What no sender makes is refused and does not disturb the datagram it claims to belong to."""
    reassembly.add(0, b"a" * 8)
    assert reassembly.add(start, piece, last=last) is None
    assert reassembly.dropped == {Drop.MALFORMED: 1}
    assert reassembly.add(8, b"b", last=True) == Datagram(TCP, b"a" * 8 + b"b", 9)


def test_the_largest_datagram_fits(reassembly: Reassembly) -> None:
    """A datagram may reach exactly to 65,535 bytes."""
    reassembly.add(0, b"a" * 65_528)
    assert reassembly.add(65_528, b"b" * 7, last=True) == Datagram(TCP, b"a" * 65_528 + b"b" * 7, 65_535)


def test_a_cut_piece_ends_the_payload_but_not_the_length(reassembly: Reassembly) -> None:
    """With a short snaplen the payload stops at the first missing byte; the length is the wire's."""
    reassembly.add(0, b"a" * 5, length=8)
    assert reassembly.add(8, b"b" * 8, last=True) == Datagram(TCP, b"a" * 5, 16)


def test_waiting_ends_after_the_limit(reassembly: Reassembly) -> None:
    """A datagram is given up when more than `fragment_seconds` have passed since its first piece."""
    reassembly.add(0, b"a" * 8, time=SECOND)
    reassembly.add(8, b"b" * 8, time=20 * SECOND)
    reassembly.fragments.expire(31 * SECOND)
    assert reassembly.fragments.held == 2
    reassembly.fragments.expire(31 * SECOND + 1)
    assert reassembly.fragments.held == 0
    assert reassembly.dropped == {Drop.FRAGMENT_TIMEOUT: 2}


def test_a_late_piece_finds_nothing_even_without_expire(reassembly: Reassembly) -> None:
    """Whether `expire` was called in between makes no difference to the outcome."""
    reassembly.add(0, b"a" * 8)
    assert reassembly.add(8, b"b", last=True, time=31 * SECOND) is None
    assert reassembly.dropped == {Drop.FRAGMENT_TIMEOUT: 1}
    assert reassembly.fragments.held == 1


def test_close_gives_everything_up(reassembly: Reassembly) -> None:
    """What is held at the end is counted as timed out."""
    reassembly.add(0, b"a" * 8, key=b"1")
    reassembly.add(0, b"a" * 8, key=b"2")
    reassembly.fragments.close()
    assert reassembly.fragments.held == 0
    assert reassembly.dropped == {Drop.FRAGMENT_TIMEOUT: 2}


def test_the_oldest_datagram_makes_room_for_a_new_one() -> None:
    """Beyond `limits.fragments` datagrams the one that has waited longest is dropped."""
    reassembly = Reassembly(Limits(fragments=2))
    for number in range(3):
        reassembly.add(0, b"a" * 8, key=bytes([number]))
    assert reassembly.dropped == {Drop.FRAGMENT_LIMIT: 1}
    assert reassembly.add(8, b"b", last=True, key=b"\x01") is not None
    assert reassembly.add(8, b"b", last=True, key=b"\x00") is None


@pytest.mark.parametrize("size", [8, 1_480, 65_528])
def test_bytes_are_bounded_whatever_the_size_of_the_pieces(size: int) -> None:
    """Pieces of any size, of many datagrams, hold at most HELD_BYTES, a piece being charged 192 bytes more."""
    reassembly = Reassembly(Limits(fragments=10**6))
    each = size + 192
    most = HELD_BYTES // each
    for number in range(most + 10):
        reassembly.add(0, b"a" * size, key=number.to_bytes(4, "big"))
    assert reassembly.fragments.held == most
    assert reassembly.dropped == {Drop.FRAGMENT_LIMIT: 10}


def test_completed_datagrams_leave_the_bound_free(reassembly: Reassembly) -> None:
    """Only what waits counts against HELD_BYTES, however much has passed through."""
    waiting = HELD_BYTES // 2
    for number in range(waiting // 65_536):
        reassembly.add(0, b"w" * 65_400, key=b"w%d" % number)
    for number in range(200):
        reassembly.add(0, b"a" * 65_000, key=b"%d" % number)
        assert reassembly.add(65_000, b"b", last=True, key=b"%d" % number) is not None
    assert reassembly.dropped == {Drop.FRAGMENT_MERGED: 200}


@examples(1_000)
@given(
    size=st.integers(1, 90),
    ranges=st.lists(st.tuples(st.integers(0, 12), st.integers(1, 6)), max_size=40),
)
def test_a_datagram_is_exact_or_does_not_come(size: int, ranges: Sequence[tuple[int, int]]) -> None:
    """Whatever ranges of a datagram come, in any order and overlapping, what is returned is that datagram."""
    truth = bytes(range(1, size + 1))
    reassembly = Reassembly(Limits(fragments=2))
    for unit, units in ranges:
        start, end = unit * 8, min((unit + units) * 8, size)
        if start < end:
            datagram = reassembly.add(start, truth[start:end], last=end == size)
            assert datagram in {None, Datagram(TCP, truth, size)}
    reassembly.fragments.close()
    assert reassembly.given == reassembly.returned + reassembly.dropped.total()
