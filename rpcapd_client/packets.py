"""Packets out of the data connection's bytes.

Owns the layout of PACKET and its framing, over TCP and over UDP. Refuses I/O. A lying header never costs
more memory than the snapshot length, and packets before it are still given.

The frame is cut by the packet's own length field, `caplen`. The message header's length cannot be trusted:
rpcapd computes it in 16 bits, so that it wraps for packets of 65,516 bytes and more (GSO frames on veth and
loopback), where libpcap's own client loses its place.

Packets are not copied one by one: a `Batch` is a buffer, as it was read, and the places of the packets in it.
"""

from __future__ import annotations

from struct import Struct
from typing import NamedTuple

from rpcapd_client.errors import ProtocolError
from rpcapd_client.wire import VERSION, MessageType

__all__ = ["PACKET_HEADER_SIZE", "Batch", "PacketDatagrams", "PacketStream", "encode_packet"]

_PACKET = Struct(">H2xIIIIII")
"""version and type, (value), length of the message; seconds, microseconds, caplen, len, number."""
PACKET_HEADER_SIZE = _PACKET.size
_KIND = VERSION << 8 | MessageType.PACKET
_FIXED = 20
"""Bytes that the message's length counts besides the packet's own."""
_NUMBERS = 0xFFFFFFFF


class Batch(NamedTuple):
    """Packets that lie in one buffer, in the order they were captured."""

    buffer: bytes
    packets: list[tuple[int, int, int, int]]
    """(time, start, captured, length) each: nanoseconds since 1970 (the server knows microseconds), place
    of the first byte in `buffer`, bytes there, bytes it had on the wire."""


def encode_packet(time: int, data: bytes, length: int, number: int) -> bytes:
    """Give the PACKET message as rpcapd would, its length wrapped at 16 bits. `time` in nanoseconds."""
    seconds, nanoseconds = divmod(time, 1_000_000_000)
    size = (_FIXED + len(data)) & 0xFFFF
    return _PACKET.pack(_KIND, size, seconds, nanoseconds // 1000, len(data), length, number) + data


def _fault(kind: int, size: int, captured: int, length: int, snaplen: int) -> ProtocolError | None:
    """Say what is wrong with a PACKET header, if anything."""
    if kind != _KIND:
        return ProtocolError(f"PACKET expected on the data connection, version and type are {kind:#06x}")
    if captured > snaplen:
        return ProtocolError(f"PACKET of {captured} bytes where at most {snaplen} were asked for")
    if captured > length:
        return ProtocolError(f"PACKET has {captured} bytes of a packet of {length}")
    if size not in (captured + _FIXED, (captured + _FIXED) & 0xFFFF):
        return ProtocolError(f"PACKET of {captured} bytes in a message of {size}")
    return None


class PacketStream:
    """Packets out of a byte stream.

    Feed what was read, in any pieces, to `receive_data`. Once `error` is set the stream is over: everything
    after a header that cannot be true is discarded.
    """

    def __init__(self, snaplen: int) -> None:
        """`snaplen`: what was asked for; a longer packet is an error."""
        self._snaplen = snaplen
        self._tail = bytearray()
        self._expected = 1
        self.error: ProtocolError | None = None
        self.missing = 0
        """Packets that the numbering says were not sent. Over TCP always 0 with rpcapd, which counts only
        what it sends: its losses are in the statistics."""

    @property
    def held(self) -> int:
        """Bytes of a packet that has not come to its end: at most its header and the snapshot length."""
        return len(self._tail)

    def receive_data(self, data: bytes) -> list[Batch]:
        """Give the packets that `data` completes.

        The buffer of a batch is `data` itself. A packet whose beginning came earlier is a batch of its
        own, so that only this one is copied.
        """
        if self.error is not None:
            return []
        batches: list[Batch] = []
        start = 0
        tail = self._tail
        if tail:
            if len(tail) < PACKET_HEADER_SIZE:
                start = PACKET_HEADER_SIZE - len(tail)
                tail += data[:start]
            missing = self._missing()
            rest = data[start : start + missing]
            tail += rest
            start += missing
            if len(rest) < missing or len(tail) < PACKET_HEADER_SIZE:  # or empty, after a lying header
                return []
            straddling = bytes(tail)
            tail.clear()
            batches.append(Batch(straddling, self._parse(straddling, 0)))
        if start < len(data):
            packets = self._parse(data, start)
            if packets:
                batches.append(Batch(data, packets))
        return batches

    def _missing(self) -> int:
        """Check the header of the unfinished packet, if it is there; say how many bytes are missing."""
        tail = self._tail
        if len(tail) < PACKET_HEADER_SIZE:
            return 0
        kind, size, _, _, captured, length, _ = _PACKET.unpack_from(tail)
        self.error = _fault(kind, size, captured, length, self._snaplen)
        if self.error is not None:
            tail.clear()
            return 0
        return PACKET_HEADER_SIZE + int(captured) - len(tail)

    def _parse(self, data: bytes, start: int) -> list[tuple[int, int, int, int]]:
        """List the whole packets from `start`, and keep the unfinished one behind them.

        One turn per packet: nothing is called but the unpacking, and the five ways a header can be
        unusual share one test.
        """
        packets: list[tuple[int, int, int, int]] = []
        append = packets.append
        unpack = _PACKET.unpack_from
        snaplen = self._snaplen
        expected = self._expected
        end = len(data)
        last = end - PACKET_HEADER_SIZE
        while start <= last:
            kind, size, seconds, microseconds, captured, length, number = unpack(data, start)
            body = start + 28
            following = body + captured
            if following > end:
                break
            if (
                size != captured + 20
                or kind != _KIND
                or captured > snaplen
                or captured > length
                or number != expected
            ):
                self.error = _fault(kind, size, captured, length, snaplen)
                if self.error is not None:
                    return packets
                self.missing += (number - expected) & _NUMBERS
                expected = number
            expected += 1
            append((seconds * 1_000_000_000 + microseconds * 1000, body, captured, length))
            start = following
        self._expected = expected
        if start < end:
            self._tail += data[start:]
            self._missing()
        return packets


class PacketDatagrams:
    """Packets out of datagrams, one in each.

    UDP loses and reorders, and anybody can send it: what is not a whole PACKET is counted and left out.
    """

    def __init__(self, snaplen: int) -> None:
        """`snaplen`: what was asked for; a longer packet is malformed."""
        self._snaplen = snaplen
        self._expected = 1
        self.missing = 0
        """Packets that were sent, by their numbers, and have not come."""
        self.malformed = 0
        """Datagrams that are not a whole PACKET."""

    def receive_datagrams(self, datagrams: list[bytes]) -> Batch | None:
        """Give the packets in them, or None."""
        packets: list[tuple[int, int, int, int]] = []
        start = 0
        for datagram in datagrams:
            size = len(datagram)
            if size < PACKET_HEADER_SIZE:
                self.malformed += 1
            else:
                kind, claimed, seconds, microseconds, captured, length, number = _PACKET.unpack_from(datagram)
                if (
                    _fault(kind, claimed, captured, length, self._snaplen) is not None
                    or size != PACKET_HEADER_SIZE + captured
                ):
                    self.malformed += 1
                else:
                    ahead = (number - self._expected) & _NUMBERS
                    if ahead < 1 << 31:
                        self.missing += ahead
                        self._expected = (number + 1) & _NUMBERS
                    elif self.missing:
                        self.missing -= 1  # a late one, that had been counted
                    time = seconds * 1_000_000_000 + microseconds * 1000
                    packets.append((time, start + PACKET_HEADER_SIZE, captured, length))
            start += size
        return Batch(b"".join(datagrams), packets) if packets else None
