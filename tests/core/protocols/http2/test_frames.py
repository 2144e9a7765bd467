"""Frames of one direction: each type, padding, blocks in pieces, and what a hole costs by where it is."""

from __future__ import annotations

import pytest

from interceptor.core.model import Chunk, Drop
from interceptor.core.protocols.http2 import frames
from interceptor.core.protocols.http2.frames import BLOCK_FRAMES, FrameReader
from tests.support.http2 import PREFACE, frame, settings

NAMES = {
    getattr(frames, name): name
    for name in ("BEGINS", "BLOCK", "DATA", "PAYLOAD", "END", "RESET", "GOAWAY", "MISSED", "LOST")
}


def reader(*, client: bool = False, first: bool = True) -> FrameReader:
    """Of a server, unless told otherwise."""
    return FrameReader(64 * 2**10, client=client, first=first)


def told(each: FrameReader, event: int) -> tuple[object, ...]:
    """What an event says."""
    name = NAMES[event]
    if name == "BLOCK":
        return name, each.stream, each.promised, each.ends, each.block
    if name in {"DATA", "MISSED"}:
        return name, each.stream, each.size
    if name in {"RESET", "GOAWAY"}:
        return name, each.stream, each.code
    return (name, each.stream) if name == "END" else (name,)


def read(each: FrameReader, data: bytes, position: int = 0) -> list[tuple[object, ...]]:
    """Give a reader bytes; bodies are passed over."""
    found = []
    chunk = Chunk(data, 0, len(data), position, 0, 0)
    for piece in each.search(chunk) if each.searching else [chunk]:
        while event := each.next_event(piece):
            found.append(told(each, event))
            if event == frames.DATA:
                each.pass_over(each.size)
    return found


def hole(each: FrameReader, size: int) -> list[tuple[object, ...]]:
    """Tell a reader of a hole."""
    event = each.gap(size)
    found = [told(each, event)] if event else []
    if event == frames.MISSED and each.resume_body():
        found.append(("END", each.stream))
    return found


EVERYTHING = (
    PREFACE
    + settings(_1=4096, _5=16_384)
    + frame(4, 0, b"", 1)
    + frame(1, 1, b"\x82\x84", 4)
    + frame(0, 1, b"hello")
    + frame(0, 1, b"\x03abcd\0\0\0", 8)
    + frame(0, 1, b"", 1)
    + frame(1, 3, b"\x02" + bytes(5) + b"\x82\0\0", 0x29)
    + frame(9, 3, b"")
    + frame(9, 3, b"\x84", 4)
    + frame(2, 77, bytes(5))
    + frame(6, 0, bytes(8))
    + frame(8, 3, bytes(4))
    + frame(0xFF, 5, b"\0\0\0\0\0", 0xFF)
    + frame(3, 3, b"\0\0\0\x08")
    + frame(7, 0, b"\x7f\xff\xff\xff\0\0\0\x0bgo")
)
WANTED = [
    ("BEGINS",),
    ("BLOCK", 1, 0, False, b"\x82\x84"),
    ("DATA", 1, 5),
    ("DATA", 1, 4),
    ("DATA", 1, 0),
    ("END", 1),
    ("BLOCK", 3, 0, True, b"\x82\x84"),
    ("RESET", 3, 8),
    ("GOAWAY", 2**31 - 1, 11),
]


def test_every_type_of_frame_in_any_pieces() -> None:
    """Whole, byte by byte, and cut in two at each byte."""
    assert read(reader(client=True), EVERYTHING) == WANTED
    each = reader(client=True)
    assert [event for byte in EVERYTHING for event in read(each, bytes((byte,)))] == WANTED
    assert each.pending == 0
    for at in range(len(EVERYTHING)):
        each = reader(client=True)
        assert read(each, EVERYTHING[:at]) + read(each, EVERYTHING[at:]) == WANTED


def test_a_promise_names_the_stream_that_it_is_of() -> None:
    """With padding, and going on in a CONTINUATION."""
    data = frame(5, 1, b"\x01\0\0\0\x02\x82\0", 8) + frame(9, 1, b"\x84", 4)
    assert read(reader(), data) == [("BLOCK", 1, 2, False, b"\x82\x84")]


@pytest.mark.parametrize(
    "data",
    [
        frame(9, 1, b"\x82", 4),  # of nothing that came before
        frame(1, 1, b"\x82") + frame(9, 3, b"\x84", 4),  # of another stream
        frame(1, 1, b"\x82") + frame(0, 1, b"x"),
        frame(1, 1, b"\x82") + frame(6, 0, bytes(8)),
        frame(6, 0, bytes(9)),
        frame(1, 0, b"\x82", 4),
        frame(3, 1, bytes(5)),
        frame(4, 0, bytes(5)),
    ],
)
def test_what_is_no_frame_shows_that_the_place_was_lost(data: bytes) -> None:
    """It is looked for again, and what stood behind it in the segment is in nothing."""
    each = reader()
    assert read(each, data + bytes(20)) == [("LOST",)]
    assert each.searching
    assert set(each.discarded) <= {Drop.UNSYNCHRONISED, Drop.HEAD_INCOMPLETE}
    assert read(each, frame(1, 5, b"\x88", 5)) == [("BLOCK", 5, 0, True, b"\x88")]


@pytest.mark.parametrize(
    ("payload", "flags", "block"),
    [
        (b"\x02\x82\x84", 0xC, b""),
        (b"\x03\x82\x84", 0xC, None),
        (b"\xff\x82\x84", 0xC, None),
        (b"\0\0\0\0", 0x24, None),
        (b"", 0xC, None),
        (b"", 0x4, b""),
    ],
)
def test_padding_and_priority_that_leave_nothing_or_less(
    payload: bytes, flags: int, block: bytes | None
) -> None:
    """All of a block may be padding; more than all of it is none that can be read, and costs nothing else."""
    each = reader()
    assert read(each, frame(1, 1, payload, flags) + frame(3, 1, bytes(4))) == [
        ("BLOCK", 1, 0, False, block),
        ("RESET", 1, 0),
    ]


def test_padding_longer_than_its_data() -> None:
    """An error of connections, for whoever takes part in them; here a body of nothing."""
    assert read(reader(), frame(0, 1, b"\xffab", 9) + frame(3, 1, bytes(4))) == [
        ("DATA", 1, 0),
        ("END", 1),
        ("RESET", 1, 0),
    ]


def test_a_block_that_is_too_large_is_not_kept() -> None:
    """In bytes or in frames; its end is still found, and the stream that it is of is known."""
    for data in (
        frame(1, 1, bytes(16_000), 1) + frame(9, 1, bytes(16_000)) * 5 + frame(9, 1, b"", 4),
        frame(1, 1, b"\x82", 1) + frame(9, 1) * BLOCK_FRAMES + frame(9, 1, b"", 4),
        frame(1, 1, bytes(70_000), 5),
    ):
        each = reader()
        assert read(each, data + frame(3, 1, bytes(4))) == [("BLOCK", 1, 0, True, None), ("RESET", 1, 0)]
        assert each.pending == 0


BODY = frame(1, 1, b"\x88", 4) + frame(0, 1, b"\x05" + bytes(100) + bytes(5), 9) + frame(3, 3, bytes(4))
AT = len(frame(1, 1, b"\x88", 4))
"""Where the DATA frame begins: its header, one byte of padding's length, 100 of the body, and 5."""
REST = [("RESET", 3, 0)]


@pytest.mark.parametrize(
    ("start", "end", "wanted"),
    [
        (AT + 10, AT + 20, [("MISSED", 1, 10), ("END", 1), *REST]),
        (AT + 30, AT + 110, [("MISSED", 1, 80), ("END", 1), *REST]),
        (AT + 30, AT + 113, [("MISSED", 1, 80), ("END", 1), *REST]),
        (AT + 30, AT + 115, [("MISSED", 1, 80), ("END", 1), *REST]),
        (AT + 111, AT + 113, REST),
        (AT + 30, AT + 116, [("LOST",)]),
        (AT, AT + 1, [("LOST",)]),
        (AT + 5, AT + 6, [("LOST",)]),
        (AT + 115, AT + 116, [("LOST",)]),
        (AT + 9, AT + 10, [("MISSED", 1, 0), ("END", 1), *REST]),
        (AT + 9, AT + 20, [("MISSED", 1, 10), ("END", 1), *REST]),
    ],
)
def test_what_a_hole_costs_around_a_body(start: int, end: int, wanted: list[tuple[object, ...]]) -> None:
    """Body bytes inside of it, the place over a header; nothing in padding."""
    each = reader()
    found = read(each, BODY[:start]) + hole(each, end - start) + read(each, BODY[end:], end)
    before = [("BLOCK", 1, 0, False, b"\x88")]
    events = [event for event in found if event != ("DATA", 1, 100)]
    if wanted[0] == ("LOST",):
        assert events[0] == before[0]
        assert ("LOST",) in events
        assert REST[0] not in events
    else:
        assert [event for event in events if event[0] != "END"] == [
            *before,
            *(event for event in wanted if event[0] != "END"),
        ]
        assert events.count(("END", 1)) == 1


@pytest.mark.parametrize(
    ("data", "start", "end", "wanted"),
    [
        (frame(1, 1, bytes(50), 5), 9, 10, [("BLOCK", 1, 0, True, None)]),
        (frame(1, 1, bytes(50), 5), 20, 59, [("BLOCK", 1, 0, True, None)]),
        (frame(1, 1, b"\x82") + frame(9, 1, bytes(9), 4), 20, 22, [("BLOCK", 1, 0, False, None)]),
        (frame(1, 1, b"\x82") + frame(9, 1, bytes(9), 4), 12, 13, [("LOST",)]),
        (frame(5, 1, bytes(9), 4), 10, 12, [("BLOCK", 1, -1, False, None)]),
        (frame(4, 0, bytes(12)), 12, 18, []),
        (frame(6, 0, bytes(8)), 9, 17, []),
        (frame(3, 1, bytes(4)), 10, 11, []),
        (frame(7, 0, bytes(20)), 12, 25, []),
        (frame(7, 0, bytes(20)), 18, 25, [("GOAWAY", 0, 0)]),
    ],
)
def test_what_a_hole_costs_inside_of_other_frames(
    data: bytes, start: int, end: int, wanted: list[tuple[object, ...]]
) -> None:
    """A block, or nothing; the place is kept, but over a header."""
    each = reader()
    found = (
        read(each, data[:start])
        + hole(each, end - start)
        + read(each, data[end:] + frame(3, 3, bytes(4)), end)
    )
    if ("LOST",) not in wanted:
        wanted = [*wanted, ("RESET", 3, 0)]
        assert found == wanted
    else:
        assert found[0] == ("LOST",)


def test_what_waits_is_given_up_without_losing_the_place() -> None:
    """Half a block, half a frame of it."""
    each = reader()
    assert read(each, frame(1, 1, bytes(30)) + frame(9, 1, bytes(30), 4)[:20]) == []
    assert each.pending == 30 + 11
    each.relieve()
    assert each.pending == 0
    assert read(each, bytes(19) + frame(3, 1, bytes(4))) == [("BLOCK", 1, 0, False, None), ("RESET", 1, 0)]
    assert each.discarded == {Drop.HEAD_INCOMPLETE: 41}
