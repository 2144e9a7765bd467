"""Packets dealt out to several readers, and taken up again by each: bytes in, bytes out.

Owns what becomes of a packet on its way to another process, and which reader a packet of the usual kind is for: by a number that
both directions of a connection have, whatever VLAN or tunnel shows them. Refuses every other packet: of that somebody else is
asked (`shares`).

A *leaf*: where the program is compiled, `dealing.pyx` stands for this module and does the same (`hatch_build.py`).
"""

from __future__ import annotations

from struct import Struct
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from interceptor.core.model import Packet, i64

__all__ = ["deal", "flow_number", "taken_up"]

_HEADER: Final = Struct("=qII")
"""Time, captured and original length, before each packet."""

_64_BITS: Final = 0xFFFFFFFFFFFFFFFF
# Odd numbers whose bits are as good as random (splitmix64): what they multiply ends up in the upper half.
_FIRST: Final = 0x9E3779B97F4A7C15
_SECOND: Final = 0xBF58476D1CE4E5B9
_THIRD: Final = 0x94D049BB133111EB


def _end(address: bytes, port: bytes) -> int:
    """A number of one end of a connection."""
    low = int.from_bytes(address[-8:], "big")
    high = int.from_bytes(address[:-8], "big")
    mixed = ((low ^ high * _THIRD) * _FIRST + int.from_bytes(port, "big") * _SECOND) & _64_BITS
    mixed ^= mixed >> 29
    mixed = mixed * _SECOND & _64_BITS
    return mixed ^ mixed >> 32


def flow_number(flow: bytes) -> i64:
    """The same number for both directions of a connection, not negative.

    `flow` is both addresses and both ports, as on the wire: 12 bytes, or 36.

    Raises:
        ValueError: it has another length.

    """
    if len(flow) not in (12, 36):
        raise ValueError(f"{len(flow)} bytes name no connection")
    half = (len(flow) - 4) // 2
    mixed = _end(flow[:half], flow[-4:-2]) + _end(flow[half:-4], flow[-2:]) & _64_BITS
    mixed = (mixed ^ mixed >> 30) * _THIRD & _64_BITS
    return (mixed ^ mixed >> 31) >> 1


def _plain(buffer: bytes, start: i64, captured: i64) -> bytes:
    """The flow of a frame of Ethernet with TCP in IPv4 or IPv6, without options, fragments and SYN; empty of any other."""
    if captured < 54:
        return b""
    frame = buffer[start : start + 74]
    if frame[12:14] == b"\x08\x00":
        if frame[14] != 0x45 or frame[20] & 0x3F or frame[21] or frame[23] != 6 or frame[47] & 2:
            return b""
        return frame[26:38]
    if frame[12:14] != b"\x86\xdd" or captured < 74 or frame[14] >> 4 != 6 or frame[20] != 6 or frame[67] & 2:
        return b""
    return frame[22:58]


def deal(
    buffer: bytes,
    packets: list[Packet],
    readers: i64,
    plain: bool,
    moved: dict[int, int],
    older: dict[int, int],
    other: Callable[[Packet], int],
) -> list[tuple[bytes, int]]:
    """What each of so many readers gets of these packets, in their order, as `taken_up` reads it; and how many they are.

    `plain`: the link type is Ethernet's. `moved`: the readers of connections that go to another than their number says; in
    `older` are those that have not been met for longer, and move to `moved` when they are. `other` is asked of every packet
    that is not of the usual kind; a negative answer keeps it back.
    """
    hands: list[list[bytes]] = [[] for _ in range(readers)]
    pack = _HEADER.pack
    for packet in packets:
        time, start, captured, length = packet
        flow = _plain(buffer, start, captured) if plain else b""
        if flow:
            number = flow_number(flow)
            reader = moved.get(number, -1) if moved else -1
            if reader < 0 and older:
                reader = older.get(number, -1)
                if reader >= 0:
                    moved[number] = reader
            if reader < 0:
                reader = number % readers
        else:
            reader = other(packet)
            if reader < 0:
                continue
        hands[reader] += pack(time, captured, length), buffer[start : start + captured]
    return [(b"".join(hand), len(hand) // 2) for hand in hands]


def taken_up(data: bytes) -> list[Packet]:
    """The packets that were dealt.

    Raises:
        ValueError: these bytes are not what was dealt.

    """
    unpack = _HEADER.unpack_from
    end = len(data)
    position = 0
    found: list[Packet] = []
    while position < end:
        if end - position < _HEADER.size:
            raise ValueError("no packet begins there")
        time, captured, length = unpack(data, position)
        position += _HEADER.size
        if captured > end - position:
            raise ValueError("a packet is not whole")
        found.append((time, position, captured, length))
        position += captured
    return found
