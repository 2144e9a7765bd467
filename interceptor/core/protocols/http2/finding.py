"""Where frames of HTTP/2 begin, when nothing before them is known.

Owns what a frame may look like (RFC 9113 section 6), and the proof that one begins. Refuses to read them.

A segment that begins with three plausible headers in a row begins with a frame, and so does one that begins with at least
one, where a frame ends with the bytes that have come, and so does what a client says first (`PREFACE`), where nothing has
been read of it before. A header is plausible where its type, flags, length and stream go
together; an empty frame of nothing, which zeros look like, proves nothing. Segments that may be the first of a proof
wait: each is looked at once, and at three headers at most.

What this cannot tell apart: a body that itself holds frames of HTTP/2, from the start of a segment on, behind a hole that
has hidden the header of its own frame.

Limits: a proof waits for as many bytes as a header block may have, in `SEGMENTS` segments; then the next segment is tried.
"""

from __future__ import annotations

from collections import deque
from typing import Final

from interceptor.core.model import Chunk

__all__ = [
    "CONTINUATION",
    "DATA",
    "GOAWAY",
    "HEADERS",
    "HEADER_BYTES",
    "PREFACE",
    "PUSH_PROMISE",
    "RST_STREAM",
    "SEGMENTS",
    "Finder",
    "plausible",
    "well_formed",
]

PREFACE: Final = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
"""What a client says first (RFC 9113 section 3.4)."""
HEADER_BYTES: Final = 9
_FLAGS_AT: Final = 4
DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = (
    range(10)
)
"""The types of frames (RFC 9113 section 6)."""
SEGMENTS: Final = 64

_FLAGS: Final = (0x09, 0x2D, 0, 0, 0x01, 0x0C, 0x01, 0, 0, 0x04)
"""That a type has. Receivers ignore others; no proof has them."""
_LARGEST: Final = 2**14
"""Payload of a frame unless SETTINGS_MAX_FRAME_SIZE says more: larger frames are read, and prove nothing."""
_ENOUGH: Final = 3
"""Plausible headers in a row that prove a start."""
_FAR: Final = 20_000
"""How far above the last stream the next one may be, in a proof."""


def well_formed(kind: int, length: int, stream: int) -> bool:
    """Whether a frame may be so long, and on this stream. Unknown types may be anything."""
    match kind:
        case 0 | 1 | 9:
            return stream != 0
        case 2:
            return length == 5 and stream != 0
        case 3:
            return length == 4 and stream != 0
        case 4:
            return length % 6 == 0 and stream == 0
        case 5:
            return length >= 4 and stream != 0
        case 6:
            return length == 8 and stream == 0
        case 7:
            return length >= 8 and stream == 0
        case 8:
            return length == 4
    return True


def plausible(buffer: bytes | bytearray, at: int, *, client: bool, newest: int = 0) -> int:
    """The size of the frame whose header may begin at `at`, its header included; 0 if none does.

    `newest`: the highest stream that the direction has named, 0 if none is known.
    """
    length = buffer[at] << 16 | buffer[at + 1] << 8 | buffer[at + 2]
    kind, flags = buffer[at + 3], buffer[at + 4]
    stream = int.from_bytes(buffer[at + 5 : at + HEADER_BYTES])
    if (
        kind > CONTINUATION
        or length > _LARGEST
        or flags & ~_FLAGS[kind]
        or stream >> 31
        or not well_formed(kind, length, stream)
        or (newest and stream > newest + _FAR)
        or (kind == HEADERS and (not length or (client and not stream & 1)))
        or (kind == PUSH_PROMISE and (client or not stream & 1))
        or (kind == SETTINGS and flags and length)
    ):
        return 0
    return HEADER_BYTES + length


class Finder:
    """What waits of one direction until it is known where frames begin in it."""

    __slots__ = ("_bytes", "_client", "_limit", "_segments", "_walk", "_walked")

    def __init__(self, limit: int, *, client: bool) -> None:
        """`limit`: bytes that may wait."""
        self._limit = limit
        self._client = client
        self._bytes = bytearray()
        self._segments: deque[tuple[int, int, int]] = deque()
        """Position, time and place of those in it."""
        self._walk = self._walked = 0
        """Where the next header is, and how many there are before it, but those of an empty frame of nothing."""

    def __len__(self) -> int:
        """How many bytes wait."""
        return len(self._bytes)

    def look(self, chunk: Chunk, newest: int) -> list[Chunk]:
        """Take the bytes of a segment. Returns those from the first frame on, once it is known; none till then."""
        buffer, start, end = chunk.buffer, chunk.cursor, chunk.end
        chunk.cursor = end
        if self._client and not newest and buffer[start : start + len(PREFACE)] == PREFACE:
            return [Chunk(buffer, start, end, chunk.base, chunk.time, chunk.place)]
        if not self._segments and (
            start == end
            or buffer[start]  # of a length that is plausible it is 0
            or (
                end - start >= HEADER_BYTES
                and not plausible(buffer, start, client=self._client, newest=newest)
            )
        ):
            return []
        self._segments.append((chunk.base + start, chunk.time, chunk.place))
        self._bytes += buffer[start:end]
        while self._segments:
            proven = self._prove(newest)
            if proven:
                return self._proven()
            if proven is None and len(self._bytes) <= self._limit and len(self._segments) <= SEGMENTS:
                break
            self._next()
        return []

    def _prove(self, newest: int) -> bool | None:
        """Whether frames begin where the bytes do; None: they are too few to tell."""
        while self._walked < _ENOUGH:
            if self._walk == len(self._bytes) and self._walked:
                return True
            if self._walk + HEADER_BYTES > len(self._bytes):
                return None
            size = plausible(self._bytes, self._walk, client=self._client, newest=newest)
            if not size:
                return False
            if size > HEADER_BYTES or self._bytes[self._walk + _FLAGS_AT]:
                self._walked += 1
            self._walk += size
        return True

    def _next(self) -> None:
        """Frames do not begin where the bytes do: try the next segment."""
        position = self._segments.popleft()[0]
        size = self._segments[0][0] - position if self._segments else len(self._bytes)
        del self._bytes[:size]
        self._walk = self._walked = 0

    def _proven(self) -> list[Chunk]:
        found, segments = bytes(self._bytes), list(self._segments)
        base = segments[0][0]
        ends = [*(position - base for position, _, _ in segments[1:]), len(found)]
        return [
            Chunk(found, position - base, end, base, time, place)
            for (position, time, place), end in zip(segments, ends, strict=True)
        ]
