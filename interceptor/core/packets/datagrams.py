"""What a UDP datagram is that is no tunnel we enter: HTTP/3's transport, an encrypted tunnel, or something else.

Owns how QUIC (RFC 9000, RFC 9369), WireGuard and ESP in UDP (RFC 3948) are known by one datagram, so that what cannot be read
has a name. Refuses to guess: most of QUIC's packets have short headers, of which only the port says what they are.
"""

from __future__ import annotations

from typing import Final

from interceptor.core.model import Drop

__all__ = ["reason"]

_LONG: Final = 0x80
_FIXED: Final = 0x40
"""Bits of the first byte of a packet of QUIC (RFC 9000 section 17)."""
_VERSIONS: Final = frozenset({b"\0\0\0\1", b"\x6b\x33\x43\xcf"})
_NEGOTIATION: Final = bytes(4)
_DRAFT: Final = b"\xff\0\0"
_CONNECTION_ID: Final = 20
"""Bytes of it at most in these versions (section 17.2)."""
_LEAST: Final = 21
"""Of a packet that is not to be taken for a stateless reset (section 10.3)."""
_HTTP_3: Final = frozenset({443, 8443})
_ESP: Final = 4500
_WIREGUARD: Final = {b"\1\0\0\0": 148, b"\2\0\0\0": 92, b"\3\0\0\0": 64}
"""Bytes of its handshake's messages, by their type (wireguard.com/protocol)."""
_DATA: Final = b"\4\0\0\0"
_DATA_LEAST: Final = 32
_DATA_UNIT: Final = 16


def reason(source: int, destination: int, payload: memoryview, size: int) -> Drop:
    """Why a datagram of these ports is not read. `payload`: what was captured of its `size` bytes."""
    start = bytes(payload[:6])
    if len(start) < 4:
        return Drop.NOT_TCP
    if _ESP in (source, destination):
        return Drop.ENCRYPTED if start[:4] != _NEGOTIATION else Drop.NOT_TCP  # the other one is IKE
    if _is_quic(start, size, by_port=source in _HTTP_3 or destination in _HTTP_3):
        return Drop.QUIC
    kind = start[:4]
    if _WIREGUARD.get(kind) == size or (kind == _DATA and size >= _DATA_LEAST and size % _DATA_UNIT == 0):
        return Drop.ENCRYPTED
    return Drop.NOT_TCP


def _is_quic(start: bytes, size: int, *, by_port: bool) -> bool:
    first, version = start[0], start[1:5]
    if not first & _LONG:
        return bool(first & _FIXED) and by_port and size >= _LEAST
    if len(start) < 6 or start[5] > _CONNECTION_ID:
        return False
    if version == _NEGOTIATION:
        return by_port
    return bool(first & _FIXED) and (version in _VERSIONS or version[:3] == _DRAFT)
