"""Whether a connection speaks TLS: by a hello of either side, from its beginning on; in the middle by records in a chain.

Owns what is proof of it. Refuses ports, and to read what a hello says (`hellos`).
"""

from __future__ import annotations

from typing import Final

from interceptor.core.protocols.tls.layer import ALERT, HANDSHAKE, HEADER_BYTES, header_like, old_hello_like

__all__ = ["goes_on", "greets", "opens", "warns"]

_HELLO_BYTES: Final = 6
"""A record's header, and the type of the message in it."""
_CHAIN: Final = 3
"""Records in a row that a segment begins with: five bytes each of which one in a hundred million is one by chance."""
_CLIENT_HELLO: Final = 1
_HELLOS: Final = (_CLIENT_HELLO, 2)
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


def opens(buffer: bytes, start: int, end: int) -> bool:
    """Whether a segment of a connection that was met in the middle is a client's first: only that sends a hello in clear."""
    return (
        end - start >= _OPENING_BYTES
        and buffer[start] == HANDSHAKE
        and header_like(buffer, start)
        and buffer[start + 5] == _CLIENT_HELLO
        and buffer[start + 6] == 0
        and buffer[start + 9] == _MAJOR
    )


def goes_on(buffer: bytes, start: int, end: int) -> bool:
    """Whether a segment in the middle of a connection is of TLS, as far as it proves that."""
    for _ in range(_CHAIN):
        if start + HEADER_BYTES > end or not header_like(buffer, start):
            return False
        start += HEADER_BYTES + (buffer[start + 3] << 8 | buffer[start + 4])
    return True
