"""Whether a connection speaks TLS: by a hello of either side, from its beginning on; in the middle by records in a chain.

Owns what is proof of it. Refuses ports, and to read what a hello says (`hellos`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from interceptor.core.protocols.conversation import CLIENT, SERVER
from interceptor.core.protocols.tls.layer import ALERT, HANDSHAKE, HEADER_BYTES, header_like, old_hello_like

if TYPE_CHECKING:
    from interceptor.core.model import Chunk

__all__ = ["Chain", "goes_on", "greets", "opens", "warns"]

_HELLO_BYTES: Final = 6
"""A record's header, and the type of the message in it."""
_CHAIN: Final = 3
"""Records in a row, the first at the start of a segment: five bytes each of which one in a hundred million is one by chance."""
_HELLOS: Final = {1: CLIENT, 2: SERVER}
"""Types of them, and who sends which."""
_OPENING_BYTES: Final = 11
"""The same, the message's length, and its version."""
_MAJOR: Final = 3
_OLD: Final = 0x80


def greets(data: bytes) -> bool | None:
    """Whether a side that begins so greets (RFC 8446 section 5.1; appendix E.2 of RFC 5246); None: more will tell."""
    if not data:
        return None
    if data[0] >= _OLD:
        return old_hello_like(data[:HEADER_BYTES]) if len(data) >= HEADER_BYTES else None
    if data[0] != HANDSHAKE:
        return False
    if len(data) < _HELLO_BYTES:
        return None if len(data) == 1 or data[1] == _MAJOR else False
    return header_like(data, 0) and data[5] in _HELLOS


def warns(data: bytes) -> bool:
    """Whether a side begins with an alert, as one that does not like how the other has greeted it."""
    return len(data) > 1 and data[0] == ALERT and data[1] == _MAJOR


def opens(buffer: bytes, start: int, end: int) -> int | None:
    """Whose first segment this is, of a connection that was met in the middle: each side sends one hello in clear."""
    if (
        end - start >= _OPENING_BYTES
        and buffer[start] == HANDSHAKE
        and header_like(buffer, start)
        and buffer[start + 6] == 0
        and buffer[start + 9] == _MAJOR
    ):
        return _HELLOS.get(buffer[start + 5])
    return None


def goes_on(buffer: bytes, start: int, end: int) -> bool:
    """Whether a segment in the middle of a connection is of TLS, as far as it proves that."""
    for _ in range(_CHAIN):
        if start + HEADER_BYTES > end or not header_like(buffer, start):
            return False
        start += _size(buffer, start)
    return True


class Chain:
    """Records of one side in a row, over as many segments as they take: most calls and answers have one each."""

    __slots__ = ("_next", "_records")

    def __init__(self) -> None:
        self._records = 0
        self._next = 0
        """The position at which another one should begin."""

    def look(self, chunk: Chunk) -> int | None:
        """Look at the next segment. Where in the buffer its first record begins, if these now prove that it is TLS."""
        at = self._next - chunk.base
        if not self._records or at < chunk.cursor or not self._follow(chunk, at):
            self._records = 0
            at = chunk.cursor
            if not self._follow(chunk, at):
                self._records = 0
        return at if self._records == _CHAIN else None

    def _follow(self, chunk: Chunk, at: int) -> bool:
        """Count records from there on; False where something else is."""
        while at < chunk.end and self._records < _CHAIN:
            if at + HEADER_BYTES > chunk.end or not header_like(chunk.buffer, at):
                return False
            self._records += 1
            at += _size(chunk.buffer, at)
        self._next = chunk.base + at
        return True


def _size(buffer: bytes, at: int) -> int:
    """Of the record that begins there, its header included."""
    return HEADER_BYTES + (buffer[at + 3] << 8 | buffer[at + 4])
