"""Facts about patterns. That a head read by one is read as the long way reads it is held by a property in test_layouts.py."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interceptor.core.protocols.http1.patterns import pattern, well_formed
from tests.support.examples import examples

SENT = b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
BEGINNINGS = (b"", b"Host:", b"traceparent:", b"X:")
HEAD = b"GET / HTTP/1.1\r\nHost: a\r\ntraceparent: " + SENT + b"\r\nX: y\r\n\r\n"


def test_a_whole_head_gives_its_values_and_its_end() -> None:
    """Those of interest, in the order of their lines, from a place in the middle of a buffer."""
    match = pattern(BEGINNINGS, [0, 1], 0)
    assert match(b"before" + HEAD + b"body", 6, 6 + len(HEAD) + 4) == (
        (b"GET / HTTP/1.1", b" a"),
        6 + len(HEAD),
    )
    assert pattern(BEGINNINGS, [0, 2, 3], 2)(HEAD, 0, len(HEAD)) == (
        (b"GET / HTTP/1.1", SENT, b" y"),
        len(HEAD),
    )


def test_a_head_that_is_not_all_there_is_none() -> None:
    """Whatever stands behind the bytes that have come."""
    match = pattern(BEGINNINGS, [0, 2], 2)
    assert all(match(HEAD, 0, stop) is None for stop in range(len(HEAD)))
    assert match(HEAD, 0, 10 * len(HEAD)) is not None
    assert match(HEAD, 1, len(HEAD)) is not None  # the start line may be anything
    assert match(HEAD, 16, len(HEAD)) is None


@pytest.mark.parametrize(
    "odd",
    [
        HEAD.replace(b" a\r\n", b" a\n"),
        HEAD.replace(b" a\r\n", b" a\r\r\n"),
        HEAD.replace(b" a\r\n", b" \ra\r\n"),
        HEAD.replace(b"GET /", b"GET \r/"),
        HEAD.replace(b"Host:", b"Host"),
        HEAD.replace(b"Host:", b"host:"),
        HEAD.replace(b"\r\nX: y", b""),
        HEAD.replace(b"\r\n\r\n", b"\r\nY: z\r\n\r\n"),
        HEAD.replace(b"X: y\r\n", b"X: y\r\n z\r\n"),
        HEAD.replace(b"-01\r\n", b"-01-02\r\n"),
        b"\r\n" + HEAD,
        b"",
    ],
)
def test_what_is_laid_out_in_another_way_is_none(odd: bytes) -> None:
    """One byte is enough."""
    assert pattern(BEGINNINGS, [0, 1, 2], 2)(odd, 0, len(odd)) is None


def test_a_name_may_have_a_carriage_return_in_it() -> None:
    """What a head like it began with says nothing of its line ends."""
    head = b"GET / HTTP/1.1\r\nX\r: y\r\n\r\n"
    assert pattern((b"", b"X\r:"), [0, 1], 0)(head, 0, len(head)) is None


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (SENT, SENT),
        (b" \t" + SENT + b"\t ", SENT),
        (b"", b""),
        (b" ", b""),
        (SENT[:-1], b""),
        (SENT + b"0", b""),
        (SENT.upper(), b""),
        (b"ff" + SENT[2:], b""),
        (b"f0" + SENT[2:], b"f0" + SENT[2:]),
        (SENT.replace(b"0af7651916cd43dd8448eb211c80319c", b"0" * 32), b""),
        (SENT.replace(b"b7ad6b7169203331", b"0" * 16), b""),
        (SENT[:-2] + b"00", SENT[:-2] + b"00"),
        (SENT[:-2] + b"0g", b""),
        (SENT[:2] + b"." + SENT[3:], b""),
        (SENT[:10] + b"G" + SENT[11:], b""),
        (SENT[:27] + b" " + SENT[28:], b""),
    ],
)
def test_a_traceparent_is_well_formed_or_nothing(value: bytes, shown: bytes) -> None:
    """W3C Trace Context, section 3.2.2: version, trace and parent in lower case, neither of these all zeros."""
    assert well_formed(value) == shown
    head = b"traceparent:%b\r\n\r\n" % value
    assert pattern((b"traceparent:",), [0], 0)(head, 0, len(head)) == ((value,), len(head))


def plainly(
    beginnings: tuple[bytes, ...], wanted: list[int], buffer: bytes, start: int, stop: int
) -> tuple[tuple[bytes, ...], int] | None:
    """The same by cutting at line ends."""
    lines = buffer[start:stop].split(b"\n")
    own, empty = lines[: len(beginnings)], lines[len(beginnings) : len(beginnings) + 1]
    if empty != [b"\r"] or len(lines) < len(beginnings) + 2:
        return None
    for beginning, line in zip(beginnings, own, strict=True):
        if line.count(b"\r") != 1 or line[-1:] != b"\r" or not line[:-1].startswith(beginning):
            return None
    after = start + sum(len(line) + 1 for line in own) + 2
    return tuple(own[line][len(beginnings[line]) : -1] for line in wanted), after


BYTES = st.lists(st.sampled_from([b"a:", b"b", b":", b" ", b"\r", b"\n", b"\r\n", b"\r\n\r\n"]), max_size=12)


@given(data=st.data(), text=BYTES, start=st.integers(0, 4), short=st.integers(0, 3))
@examples(1_000)
def test_any_bytes_are_a_head_or_none(data: st.DataObject, text: list[bytes], start: int, short: int) -> None:
    """As they are cut at their line ends, wherever the buffer begins and ends."""
    beginnings = (b"", *data.draw(st.lists(st.sampled_from([b"a:", b"b", b""]), max_size=3)))
    wanted = [line for line in range(len(beginnings)) if data.draw(st.booleans())]
    buffer = b"".join(text)
    stop = len(buffer) - short
    if start < stop:
        assert pattern(beginnings, wanted, 0)(buffer, start, stop) == plainly(
            beginnings, wanted, buffer, start, stop
        )
