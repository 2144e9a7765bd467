"""Whether a connection speaks HTTP/2, and who is the client on one that is met in the middle.

Owns what is proof of either. Refuses ports, and the preface anywhere but at the beginning.

From its beginning on a client that knows that its server speaks HTTP/2 says so in its first bytes (RFC 9113 section 3.4); the
server's SETTINGS may come before that. In the middle it takes a header block: a segment that begins with a frame, and whose first
HEADERS frame holds what only a request or only a response says. Other frames look the same from both sides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from interceptor.core.protocols.conversation import CLIENT, SERVER
from interceptor.core.protocols.http2.finding import (
    CONTINUATION,
    HEADER_BYTES,
    HEADERS,
    PREFACE,
    PUSH_PROMISE,
    SETTINGS,
    plausible,
)

if TYPE_CHECKING:
    from interceptor.core.protocols.http2.hpack import Strings

__all__ = ["FIRST_BYTES", "greets", "may_answer", "speaker"]

FIRST_BYTES: Final = 1_024
"""Of a server that may come before the client's first: SETTINGS of all settings that exist, and a WINDOW_UPDATE."""

_END_HEADERS: Final = 0x4
_PADDED: Final = 0x8
_PRIORITISED: Final = 0x20
_ODD: Final = 1


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


def speaker(buffer: bytes, start: int, end: int, strings: Strings) -> int | None:
    """Which side a segment in the middle of a connection is of; None if it proves nothing."""
    if buffer.startswith(PREFACE, start, end):
        return CLIENT
    while start + HEADER_BYTES <= end and (size := plausible(buffer, start, client=False)):
        kind, flags = buffer[start + 3], buffer[start + 4]
        if kind in {PUSH_PROMISE, CONTINUATION}:
            return None
        if kind == HEADERS:
            if start + size > end or not flags & _END_HEADERS:
                return None
            return _speaker_of_block(
                buffer[start + HEADER_BYTES : start + size], flags, buffer[start + 8], strings
            )
        start += size
    return None


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
