"""Whether a connection speaks HTTP/2, and who is the client on one that is met in the middle.

Owns what is proof of either. Refuses ports, and the preface anywhere but at the beginning.

From its beginning on a client that knows that its server speaks HTTP/2 says so in its first bytes (RFC 9113 section 3.4); the
server's SETTINGS may come before that. In the middle it takes a header block: a segment that begins with a frame, and whose first
HEADERS frame holds what only a request or only a response says. Other frames look the same from both sides. What may become a
block, or the preface, waits for more: nobody knows where a stack cuts its stream.

Limits: what waits is at most as many bytes as a header block may have, in `SEGMENTS` segments, a direction.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from interceptor.core.model import Chunk
from interceptor.core.protocols.conversation import CLIENT, SERVER
from interceptor.core.protocols.http2.finding import (
    CONTINUATION,
    HEADER_BYTES,
    HEADERS,
    PREFACE,
    PUSH_PROMISE,
    SEGMENTS,
    SETTINGS,
    plausible,
)

if TYPE_CHECKING:
    from interceptor.core.protocols.http2.hpack import Strings

__all__ = ["FIRST_BYTES", "MORE", "REFUSED", "Begun", "declines", "greets", "may_answer", "speaker"]

FIRST_BYTES: Final = 1_024
"""Of a server that may come before the client's first: SETTINGS of all settings that exist, and a WINDOW_UPDATE."""

REFUSED: Final = "refused"
"""What a connection becomes whose server answers the preface in HTTP/1."""
MORE: Final = 2
"""Neither side, so far: what comes next may tell."""

_END_HEADERS: Final = 0x4
_PADDED: Final = 0x8
_PRIORITISED: Final = 0x20
_ODD: Final = 1
_OLD: Final = b"HTTP/1."


def greets(data: bytes | bytearray) -> bool | None:
    """Whether a client's first bytes are the preface; None: they may become it."""
    if len(data) >= len(PREFACE):
        return data.startswith(PREFACE)
    return None if PREFACE.startswith(bytes(data)) else False


def may_answer(data: bytes | bytearray) -> bool:
    """Whether a server's first bytes may be frames, of which the first is SETTINGS (RFC 9113 section 3.4)."""
    if len(data) < HEADER_BYTES:
        return data[:1] == b"\x00"
    return data[3] == SETTINGS and plausible(data, 0, client=False) > 0


def declines(data: bytes) -> bool:
    """Whether what answers a preface is HTTP/1, as far as it goes: SETTINGS of 4 MiB do not come first."""
    return bool(data) and data[: len(_OLD)] == _OLD[: len(data)]


def speaker(buffer: bytes, start: int, end: int, strings: Strings) -> int | None:
    """Which side a segment in the middle of a connection is of; None if it proves nothing, `MORE` if it may yet."""
    if buffer.startswith(PREFACE, start, end):
        return CLIENT
    if start < end and PREFACE.startswith(buffer[start : min(end, start + len(PREFACE))]):
        return MORE
    begins = start
    while start + HEADER_BYTES <= end:
        size = plausible(buffer, start, client=False)
        if not size:
            return None
        kind, flags = buffer[start + 3], buffer[start + 4]
        if kind in {PUSH_PROMISE, CONTINUATION}:
            return None
        if kind == HEADERS:
            if not flags & _END_HEADERS:
                return None
            if start + size > end:
                return MORE
            return _speaker_of_block(
                buffer[start + HEADER_BYTES : start + size], flags, buffer[start + 8], strings
            )
        start += size
    if start == end:
        return None  # what comes next begins with a frame, too
    return MORE if start > begins or buffer[start] == 0 else None


class Begun:
    """What one side, met in the middle, may have begun to say."""

    __slots__ = ("_bytes", "_place", "_position", "_segments", "_time")

    def __init__(self, chunk: Chunk) -> None:
        self._bytes = b""
        self._position = chunk.base + chunk.cursor
        self._time = chunk.time
        self._place = chunk.place
        self._segments = 0

    def __len__(self) -> int:
        """How many bytes wait."""
        return len(self._bytes)

    def joined(self, chunk: Chunk) -> Chunk:
        """What has waited, and what comes now."""
        data = self._bytes + chunk.buffer[chunk.cursor : chunk.end]
        return Chunk(data, 0, len(data), self._position, self._time, self._place)

    def keep(self, joined: Chunk, limit: int) -> bool:
        """Have all of it wait. Returns whether that is no more than may."""
        self._bytes = bytes(joined.buffer)
        self._segments += 1
        return len(self._bytes) <= limit and self._segments <= SEGMENTS


def _speaker_of_block(payload: bytes, flags: int, number: int, strings: Strings) -> int | None:
    from interceptor.core.protocols.http2.hpack import Table  # which most captures do not need

    begin, end = 0, len(payload)
    if flags & _PADDED:
        begin, end = 1, end - payload[0]
    if flags & _PRIORITISED:
        begin += 5
    if begin >= end:
        return None
    fields = Table(strings, first=False).read(payload[begin:end])
    values = {name: value for name, value, _ in fields or () if name is not None}
    if number & _ODD and values.get(b":method") and b":scheme" in values and b":status" not in values:
        return CLIENT
    status = values.get(b":status") or b""
    if len(status) == 3 and status.isdigit() and b":method" not in values:
        return SERVER
    return None
