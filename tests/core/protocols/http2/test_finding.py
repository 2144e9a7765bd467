"""Where frames begin: what proves it, and what does not."""

from __future__ import annotations

import random

import pytest

from interceptor.core.model import Chunk
from interceptor.core.protocols.http2.finding import PREFACE, SEGMENTS, Finder, plausible, well_formed
from tests.support.http2 import frame, settings

PING = frame(6, 0, bytes(8))
HEADERS = frame(1, 7, b"\x82\x84", 5)


def looked(*segments: bytes, client: bool = True, newest: int = 0) -> list[bytes]:
    """What comes out when segments are looked at in turn."""
    finder, found, at = Finder(64 * 2**10, client=client), list[Chunk](), 0
    for segment in segments:
        chunk = Chunk(b"ab" + segment + b"c", 2, 2 + len(segment), at - 2, at, 0)
        found = finder.look(chunk, newest)
        assert chunk.cursor == chunk.end
        at += len(segment)
        if found:
            break
    for piece in found:
        assert piece.base + piece.cursor == piece.time  # each keeps what its segment came with
    return [piece.buffer[piece.cursor : piece.end] for piece in found]


@pytest.mark.parametrize(
    "header",
    [
        frame(0, 0, b"x"),  # of no stream
        frame(0, 1, b"x", 0x40),  # a flag that it does not have
        frame(10, 0, b""),
        frame(1, 2, b"x"),  # of a stream that no client opens
        frame(1, 1),
        frame(2, 1, bytes(4)),
        frame(3, 1, bytes(5)),
        frame(4, 0, bytes(7)),
        frame(4, 1, bytes(6)),
        frame(4, 0, bytes(6), 1),
        frame(5, 1, bytes(8), 4),  # nothing that a client says
        frame(6, 0, bytes(7)),
        frame(7, 1, bytes(8)),
        frame(8, 1, bytes(5)),
        frame(0, 1, bytes(20_000)),
        frame(0, 2**31 + 1, b"x"),
        frame(0, 30_001, b"x"),
    ],
)
def test_what_is_no_beginning(header: bytes) -> None:
    """Each is odd in one thing."""
    assert not plausible(header, 0, client=True, newest=1)
    assert looked(header, newest=1) == []


def test_what_may_be_one() -> None:
    """All types that a server sends, and their sizes."""
    for each in (
        frame(0, 1, b"x"), frame(0, 1, b"", 1), HEADERS, frame(2, 1, bytes(5)), frame(3, 1, bytes(4)), settings(_1=5),
        frame(4, 0, b"", 1), frame(5, 1, bytes(8), 4), PING, frame(7, 0, bytes(12)), frame(8, 0, bytes(4)),
        frame(9, 1, b"x", 4),
    ):  # fmt: skip
        assert plausible(each, 0, client=False) == len(each)
    assert well_formed(0x10, 3, 0)


def test_three_in_a_row_or_one_that_ends_with_the_bytes() -> None:
    """Either proves it, at the beginning of a segment only."""
    assert looked(PING + HEADERS + frame(0, 7, bytes(100))[:50]) == [
        PING + HEADERS + frame(0, 7, bytes(100))[:50]
    ]
    assert looked(HEADERS) == [HEADERS]
    assert looked(b"x" + PING + HEADERS + PING) == []
    assert looked(PING + HEADERS[:10]) == []


def test_a_proof_may_take_several_segments() -> None:
    """Which then come out as they went in; those before it do not."""
    whole = frame(0, 7, bytes(3_000)) + HEADERS
    assert looked(whole[:1_000], whole[1_000:2_000], whole[2_000:]) == [
        whole[:1_000],
        whole[1_000:2_000],
        whole[2_000:],
    ]
    assert looked(frame(0, 7, bytes(20))[:15], b"\xff" * 30, PING) == [PING]


def test_zeros_prove_nothing() -> None:
    """Nor do empty frames."""
    assert looked(bytes(10_000)) == []
    assert looked(frame(0, 1) * 10) == []


def test_the_preface_is_a_beginning() -> None:
    """Of a client of which nothing has been read before, and only there."""
    assert looked(PREFACE + settings(_3=100)[:5]) == [PREFACE + settings(_3=100)[:5]]
    assert looked(PREFACE, newest=7) == []
    assert looked(PREFACE, client=False) == []


def test_what_waits_is_bounded() -> None:
    """In bytes, and in segments."""
    finder = Finder(1_000, client=True)
    start = frame(0, 1, bytes(16_000))[:9]
    for at in range(500):
        finder.look(Chunk(start, 0, 9, at * 9, 0, 0), 0)
        assert len(finder) <= 9 * SEGMENTS
    for at in range(50):
        finder.look(Chunk(start + bytes(491), 0, 500, 4_500 + at * 500, 0, 0), 0)
        assert len(finder) <= 1_000


def test_random_bytes_are_not_taken_for_frames() -> None:
    """200,000 segments of them, and of what protobuf and zeros look like, prove nothing."""
    dice = random.Random(12)
    found = 0
    for _ in range(20_000):
        data = dice.choice([dice.randbytes(60), bytes(dice.choices((0, 0, 0, 1, 8, 10, 18), k=60))])
        found += bool(looked(data))
    assert found == 0
