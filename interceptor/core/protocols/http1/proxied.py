"""The PROXY protocol's header: what a load balancer says of the client before the client's own bytes.

Owns its two forms (haproxy's `proxy-protocol.txt`, version 1: a line, version 2: binary) and the validation of the
addresses in them. Refuses to believe: a header of the right form is skipped, whatever it says; of its values only
a client's address and port are kept, and only where they are ones.

Limits: a line has at most 107 bytes; a binary header tells its length, and its owner holds it to what a head may have.
"""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address
from typing import Final, NamedTuple

__all__ = ["Announced", "announcement"]

_SIGNATURE: Final = b"\r\n\r\n\x00\r\nQUIT\n"
_WORD: Final = b"PROXY "
_LINE_BYTES: Final = 107
"""Section 2.1: "the longest possible line", with CRLF."""
_FIXED: Final = 16
"""Bytes of a binary header up to its addresses."""

_LARGEST_PORT: Final = 0xFFFF

_LINE: Final = (
    rb"PROXY (?:(TCP4|TCP6) ([0-9A-Fa-f:.]+) [0-9A-Fa-f:.]+ (\d{1,5}) \d{1,5}|UNKNOWN(?: [^\r\n]*)?)\r\n"
)
_ODD_LINE: Final = rb"PROXY TCP[46] [ -~]*\r\n"
"""Of the right form, and its values are none."""


class Announced(NamedTuple):
    """A whole header."""

    size: int
    """In bytes."""
    client: tuple[str, int] | None
    """Address and port, where it names one."""


def announcement(data: bytes | bytearray, limit: int) -> Announced | bool:
    """The header that these bytes, which are some, begin with; else whether they may be the beginning of one.

    One of more than `limit` bytes is none.
    """
    if data[:1] == b"P":
        return _line(data)
    if data[: len(_SIGNATURE)] != _SIGNATURE[: len(data)]:
        return False
    if len(data) < _FIXED:
        return len(data) <= len(_SIGNATURE) or data[12] >> 4 == 2
    size = _FIXED + int.from_bytes(data[14:16], "big")
    if data[12] >> 4 != 2 or size > limit:
        return False
    if len(data) < size:
        return True
    client: tuple[str, int] | None = None
    addresses = bytes(data[_FIXED:size])
    if data[12] & 0xF == 1:  # PROXY; LOCAL is the balancer itself
        family = data[13] >> 4
        if family == 1 and len(addresses) >= 12:
            client = str(IPv4Address(addresses[:4])), int.from_bytes(addresses[8:10], "big")
        elif family == 2 and len(addresses) >= 36:
            client = str(IPv6Address(addresses[:16])), int.from_bytes(addresses[32:34], "big")
    return Announced(size, client)


def _line(data: bytes | bytearray) -> Announced | bool:
    end = data.find(b"\n", 0, _LINE_BYTES) + 1
    if not end:
        return data[: len(_WORD)] == _WORD[: len(data)] and len(data) < _LINE_BYTES
    line = bytes(data[:end])
    match = re.fullmatch(_LINE, line)
    if match is None:
        return Announced(end, None) if re.fullmatch(_ODD_LINE, line) else False
    if match[1] is None:
        return Announced(end, None)
    kind = IPv4Address if match[1] == b"TCP4" else IPv6Address
    try:
        address, port = str(kind(match[2].decode("ascii"))), int(match[3])
    except ValueError:
        return Announced(end, None)
    return Announced(end, (address, port) if port <= _LARGEST_PORT else None)
