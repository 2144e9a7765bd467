"""Frames of the kind that nearly every frame is, to TCP segments by fixed offsets.

Owns the fast lane: Ethernet, IPv4 or IPv6 without options, TCP, all headers whole. Refuses everything else,
without saying why: that is for `decode`, which gives the same segment wherever this gives one. A property
test holds them to it.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from interceptor.core.model import Segment, i64

__all__ = ["fast_lane"]

# EtherType, version and header length, total length, fragment and protocol, flow, sequence,
# acknowledgement, data offset, flags. A 32-bit field from the fragment bits over the TTL to the protocol lets
# one comparison ask both questions. Source and destination address and ports are neighbours: one field.
_ethernet_ipv4 = struct.Struct("!12xHBxH2xI2x12sIIBB").unpack_from
# The same for IPv6, from its payload length on.
_ethernet_ipv6 = struct.Struct("!18xHBx36sIIBB").unpack_from


def fast_lane(buffer: bytes, start: i64, captured: i64) -> Segment | None:
    """Return the segment in a frame of Ethernet, IPv4 or IPv6 without options, and TCP; None for any other.

    The frame is `captured` bytes long from `start` in `buffer`. None says nothing about it but that `Decoder`
    must look: anything odd takes that way, a length that is 0 or too small and a header that is cut included.
    """
    if captured < 54:
        return None
    ethertype, version, length, rest, flow, sequence, acknowledgement, offset, flags = _ethernet_ipv4(
        buffer, start
    )
    if ethertype == 0x0800:
        # More fragments, fragment offset, protocol; not the TTL, nor the reserved and "don't fragment" bits.
        if version != 0x45 or rest & 0x3FFF00FF != 6 or offset < 0x50:
            return None
        headers = 34 + (offset >> 2 & 60)
        length += 14 - headers
    elif ethertype == 0x86DD:
        if version & 0xF0 != 0x60 or captured < 74:
            return None
        length, next_header, flow, sequence, acknowledgement, offset, flags = _ethernet_ipv6(buffer, start)
        if next_header != 6 or offset < 0x50:
            return None
        headers = 54 + (offset >> 2 & 60)
        length += 54 - headers
    else:
        return None
    room = captured - headers
    if 0 <= length <= room:
        return flow, sequence, acknowledgement, flags, start + headers, length, length
    if length < 0 or room < 0:
        return None
    return flow, sequence, acknowledgement, flags, start + headers, room, length
