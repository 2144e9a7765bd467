"""Captured bytes to TCP segments, or to the reason why there is none.

Owns the network layer: from where `links` finds it to a TCP header. Two lanes lead there: `fast_lane` for what nearly every packet
is, by fixed offsets (`frames`), and `Decoder` for everything. Where the fast lane gives a segment, the decoder
gives the same one; a property test holds it to that.

Of dpkt it uses the header layouts and not the parsing of a packet into nested objects: that swallows errors
(an unknown protocol and a truncated header both leave bytes behind), follows tunnels to any depth, and copies
what is left at every layer, which makes a hostile packet cost quadratic time.

Tunnels are entered (`tunnels`), at most four in each other: what is inside may be seen on an inner interface as well, and
then it is told by its place in the sequence space that it is the same.

Refuses checksums (offloading leaves them wrong on purpose) and errors: any bytes at all are a segment, held, or a counted
drop.

Invariants:

* packets in = segments out + sum(dropped) + held, at every moment.
* Nothing outside the captured bytes is read. Headers lie within the length that the header before them gave.
* Headers are read once, front to back, and their number is bounded: linear time.
"""

from __future__ import annotations

import hashlib
import struct
from collections import Counter
from typing import TYPE_CHECKING, TypeAlias

from dpkt.ah import AH
from dpkt.ip import IP
from dpkt.ip6 import IP6, IP6FragmentHeader, IP6OptsHeader
from dpkt.tcp import TCP
from dpkt.udp import UDP

from interceptor.core.model import Drop
from interceptor.core.packets import datagrams
from interceptor.core.packets.fragments import Fragments
from interceptor.core.packets.links import IPV4, Refused, fields, find_network, follow
from interceptor.core.packets.tunnels import DEPTH, IN_IP, Inside, InUdp, in_ip

if TYPE_CHECKING:
    from collections.abc import Mapping

    from interceptor.core.model import Limits, Segment

__all__ = ["Decoder", "Headers", "Party"]

_read_ah = fields(AH)
_read_fragment = fields(IP6FragmentHeader)
_read_ip = fields(IP)
_read_ip6 = fields(IP6)
_read_options = fields(IP6OptsHeader)
_read_tcp = fields(TCP)
_read_udp = fields(UDP)

_TCP = 6
_UDP = 17
_ROUTING = 43
_FRAGMENT = 44
_AH = 51
_OPTIONS = 60

_REASONS = {
    1: Drop.ICMP,
    58: Drop.ICMP,
    50: Drop.ENCRYPTED,
    _FRAGMENT: Drop.MALFORMED,  # where it is none of the extensions: in IPv4, and inside a fragment
} | dict.fromkeys((55, 98, 115), Drop.TUNNEL)
"""Of IP protocols; others are NOT_TCP. Tunnels that are not entered: MOBILE, ENCAP, L2TP."""

_EXTENSIONS_4 = frozenset({_AH})
_EXTENSIONS_6_WHOLE = frozenset({0, _ROUTING, _AH, _OPTIONS})
"""Hop-by-hop options, routing, authentication, destination options. After reassembly no fragment header is
one of them: no node fragments a fragment, and following them would have no bound."""
_EXTENSIONS_6 = _EXTENSIONS_6_WHOLE | {_FRAGMENT}

_NETWORKS = 10
"""Bytes of the networks in a name. With four VLANs behind them a name of IPv4 is still shorter than one of IPv6."""

_MOST_EXTENSIONS = 16
"""RFC 8200 section 4.1 recommends each at most once and one of them twice. All begin with the number of the next."""


class Headers:
    """The packet that is being decoded."""

    __slots__ = ("addresses", "buffer", "depth", "end", "frame", "name", "start", "time")

    def __init__(
        self, buffer: bytes, start: int, frame: memoryview, end: int, time: int, name: bytes
    ) -> None:
        self.buffer = buffer
        self.start = start  # of the frame in the buffer; other places count from there
        self.frame = frame  # to where the capture ends, or the IP packet: padding is out of reach
        self.end = end  # on the wire: of the packet; of the IP packet, once that is known
        self.time = time
        self.addresses = b""
        self.name = name  # VLANs and networks that are part of a connection's name
        self.depth = 0  # of tunnels that were entered


Party: TypeAlias = "tuple[tuple[bytes, ...], bytes]"
"""Whose traffic it is: the addresses of both hosts or of one of them, and a port, as on the wire."""


class Decoder:
    """The complete lane: any packet of any link type.

    Holds the fragments of incomplete IP datagrams, within the bounds that `Fragments` documents.
    """

    def __init__(self, limits: Limits, tunnels: Mapping[int, str] | None = None) -> None:
        """`tunnels`: at which UDP ports besides the usual ones which are (`tunnels.PORTS`)."""
        self._in_udp = InUdp(tunnels)
        self.own: frozenset[Party] = frozenset()
        """Of which no packet that comes out of a tunnel is to be seen. The kernel's filter keeps the others away."""
        self.dropped: Counter[Drop] = Counter()
        """Packets that gave no segment and are not held, by reason."""
        self._fragments = Fragments(limits, self.dropped)

    @property
    def held(self) -> int:
        """Packets that wait for the other fragments of their datagram."""
        return self._fragments.held

    def decode(
        self, link_type: int, buffer: bytes, start: int, captured: int, length: int, time: int
    ) -> tuple[bytes, Segment] | None:
        """Return the packet's segment and the buffer that its payload offset refers to; None if there is none.

        The packet is `captured` bytes from `start` in `buffer`, was `length` bytes long on the wire, and came
        at `time` (nanoseconds). The buffer returned is the one given, or the datagram whose last missing
        fragment this packet was.
        """
        frame = memoryview(buffer)[start : start + captured]
        try:
            ethertype, at, vlans = find_network(link_type, frame)
            packet = Headers(buffer, start, frame, max(length, captured), time, vlans)
            return self._ipv4(packet, at) if ethertype == IPV4 else self._ipv6(packet, at)
        except Refused as refused:
            self.dropped[refused.reason] += 1
        except (struct.error, IndexError):  # the two ways of reading past the end
            self.dropped[Drop.TRUNCATED_HEADER] += 1
        return None

    def expire(self, now: int) -> None:
        """Give up datagrams that have waited too long at `now` (nanoseconds of packet time)."""
        self._fragments.expire(now)

    def close(self) -> None:
        """Give up every incomplete datagram: no more packets will come."""
        self._fragments.close()

    def _ipv4(self, packet: Headers, at: int) -> tuple[bytes, Segment] | None:
        version_header, _, total, identification, fragment, _, protocol, _, source, destination = _read_ip(
            packet.frame, at
        )
        # RFC 791 section 3.1. A total length of 0 is that of a packet before segmentation by the network card,
        # larger than the field can say (Linux: TSO, BIG TCP).
        header = (version_header & 15) * 4
        total = total or packet.end - at
        if version_header >> 4 != 4 or header < 20 or total < header:
            raise Refused(Drop.MALFORMED)
        packet.end = at + total
        packet.frame = packet.frame[: packet.end]
        if header > 20:
            destination = _routed_4(packet.frame[: at + header], at + 20, destination)
        packet.addresses = source + destination
        at += header
        if at > len(packet.frame):
            raise Refused(Drop.TRUNCATED_HEADER)
        more, offset = fragment & 0x2000, fragment & 0x1FFF
        if not (more or offset):
            return self._payload(packet, at, protocol, _EXTENSIONS_4)
        # RFC 791 section 3.2: named by the identification, source, destination and protocol.
        identity = struct.pack(">HB", identification, protocol)
        return self._fragment(packet, at, protocol, identity, offset * 8, not more, _EXTENSIONS_4)

    def _ipv6(self, packet: Headers, at: int) -> tuple[bytes, Segment] | None:
        version, length, protocol, _, source, destination = _read_ip6(packet.frame, at)
        if version >> 28 != 6:
            raise Refused(Drop.MALFORMED)
        at += 40
        # A payload length of 0: a jumbogram (RFC 2675), or as for IPv4.
        packet.end = at + length if length else max(packet.end, at)
        packet.frame = packet.frame[: packet.end]
        packet.addresses = source + destination
        return self._payload(packet, at, protocol, _EXTENSIONS_6)

    def _payload(
        self, packet: Headers, at: int, protocol: int, extensions: frozenset[int]
    ) -> tuple[bytes, Segment] | None:
        """Follow the headers from `at` on to a TCP header."""
        frame = packet.frame
        for _ in range(_MOST_EXTENSIONS):
            if protocol == _TCP:
                return self._segment(packet, at)
            if protocol not in extensions:
                return self._enter(packet, self._inside(protocol, frame, at))
            if protocol == _FRAGMENT:
                protocol, _, place, identification = _read_fragment(frame, at)
                at += 8
                more, offset = place & 1, place & 0xFFF8  # RFC 8200 section 4.5: in units of 8 octets
                # RFC 6946: a fragment header on an unfragmented packet (an "atomic fragment") stands alone.
                if more or offset:
                    identity = struct.pack(">I", identification)
                    return self._fragment(
                        packet, at, protocol, identity, offset, not more, _EXTENSIONS_6_WHOLE
                    )
            elif protocol == _AH:
                protocol, size, *_ = _read_ah(frame, at)
                at += (size + 2) * 4  # RFC 4302 section 2.2
            else:
                kind = protocol
                protocol, size = _read_options(frame, at)
                end = at + (size + 1) * 8  # RFC 8200 sections 4.3, 4.4, 4.6
                if kind == _ROUTING:
                    _follow_route(packet, at, end)
                elif kind == _OPTIONS:
                    _come_home(packet, at, end)
                at = end
        raise Refused(Drop.MALFORMED)

    def _segment(self, packet: Headers, at: int) -> tuple[bytes, Segment] | None:
        """Read the TCP header at `at`."""
        segment = _tcp(packet, at)
        if packet.depth and self.own and _is_of(self.own, packet.addresses, packet.frame, at):
            raise Refused(Drop.OWN_TRAFFIC)
        return packet.buffer, segment

    def _fragment(
        self,
        packet: Headers,
        at: int,
        protocol: int,
        identity: bytes,
        offset: int,
        last: bool,
        extensions: frozenset[int],
    ) -> tuple[bytes, Segment] | None:
        """Hold what begins at `at`, or go on with the datagram that it completes.

        `identity` and the addresses name the datagram; `offset` is in bytes.
        """
        key = packet.addresses + identity + packet.name
        if protocol != _TCP and protocol not in extensions:
            # Only the first fragment has the header that the protocol names: it tells whether anybody waits for the
            # rest. (Later fragments of IPv6 might name another protocol than the first; no sender's do.)
            reason = _REASONS.get(protocol, Drop.NOT_TCP)
            if protocol == _UDP and not offset:
                wanted = self._in_udp.may_be_tunnel(*_read_udp(packet.frame, at)[:2])
            else:
                wanted = protocol == _UDP or protocol in IN_IP
            if not wanted:
                if protocol == _UDP:
                    self._fragments.refuse(key, reason, packet.time)
                raise Refused(reason)
        datagram = self._fragments.add(
            key,
            protocol,
            offset,
            bytes(packet.frame[at:]),
            packet.end - at,
            last,
            packet.time,
        )
        if datagram is None:
            return None
        packet.buffer, packet.start = datagram.payload, 0
        packet.frame, packet.end = memoryview(datagram.payload), datagram.length
        return self._payload(packet, 0, datagram.protocol, extensions)

    def _inside(self, protocol: int, frame: memoryview, at: int) -> Inside:
        """What a packet of another protocol carries, whose header begins at `at`."""
        if protocol == _UDP:
            source, destination, size, _ = _read_udp(frame, at)
            inside = self._in_udp.read(source, destination, frame, at + 8)
            if inside is None:
                raise Refused(datagrams.reason(source, destination, frame[at + 8 :], size - 8))
        else:
            inside = in_ip(protocol, frame, at)
        if inside is None:
            raise Refused(_REASONS.get(protocol, Drop.NOT_TCP))
        return inside

    def _enter(self, packet: Headers, inside: Inside) -> tuple[bytes, Segment] | None:
        """Go on with what a tunnel carries."""
        packet.depth += 1
        if packet.depth > DEPTH:
            raise Refused(Drop.TUNNEL)
        ethertype, at, vlans = follow(inside.ethertype, inside.at, packet.frame)
        outer = packet.name if packet.depth > 1 else b""
        packet.name = _named(outer + inside.network) + vlans
        return self._ipv4(packet, at) if ethertype == IPV4 else self._ipv6(packet, at)


# --- who talks to whom, where the fixed header names a place on the way --------------------------------------


def _routed_4(frame: memoryview, at: int, destination: bytes) -> bytes:
    """Return the last destination of a packet with a source route (RFC 791 section 3.1) among its options at `at`."""
    while at < len(frame):
        option = frame[at]
        if option == 0:
            break
        if option == 1:
            at += 1
            continue
        if at + 2 > len(frame):
            break
        size = frame[at + 1]
        if size < 2:
            break
        # Loose and strict: addresses from the fourth byte on, and where the next one to go to begins, counted from 1.
        if option in (131, 137) and size >= 7 and at + size <= len(frame) and 4 <= frame[at + 2] <= size - 3:
            return bytes(frame[at + 3 + (size - 3) // 4 * 4 - 4 : at + 3 + (size - 3) // 4 * 4])
        at += size
    return destination


def _follow_route(packet: Headers, at: int, end: int) -> None:
    """Put the final destination in the place of the next stop, which is what a packet on its way carries.

    RFC 8200 section 8.1: that is what checksums are made with, and what the other direction's packets come from. A
    route whose layout nobody knows changes nothing.
    """
    frame = packet.frame
    kind, left = frame[at + 2], frame[at + 3]
    if not left:
        return
    half = len(packet.addresses) // 2
    stop = packet.addresses[half:]
    size = end - at - 8
    if half != 16 or size <= 0:
        return
    if end > len(frame):
        raise Refused(Drop.TRUNCATED_HEADER)
    if kind in (0, 2) and size % 16 == 0 and left <= size // 16:  # RFC 5095, RFC 6275 section 6.4
        stop = bytes(frame[end - 16 : end])
    elif kind == 4 and left <= frame[at + 4] + 1 and (frame[at + 4] + 1) * 16 <= size:
        stop = bytes(frame[at + 8 : at + 24])  # RFC 8754 section 2: the list is in reverse
    elif kind == 3:  # RFC 6554 section 3: the octets that it shares with the stop are left out
        shared, padding = frame[at + 4] & 15, frame[at + 5] >> 4
        whole = 16 - shared
        if whole + padding <= size:
            stop = stop[:shared] + bytes(frame[end - padding - whole : end - padding])
    packet.addresses = packet.addresses[:half] + stop


def _come_home(packet: Headers, at: int, end: int) -> None:
    """Put a mobile node's home address in the place of where it is (RFC 6275 section 6.3)."""
    frame = packet.frame[:end]
    at += 2
    while at + 2 <= len(frame):
        option, size = frame[at], frame[at + 1]
        if option == 0:  # Pad1 has no length
            at += 1
            continue
        if option == 0xC9 and size == 16 and at + 18 <= len(frame) and len(packet.addresses) == 32:
            packet.addresses = bytes(frame[at + 2 : at + 18]) + packet.addresses[16:]
            return
        at += 2 + size


# --- the transport layer --------------------------------------------------------------------------------------


def _tcp(packet: Headers, at: int) -> Segment:
    frame = packet.frame
    _, _, sequence, acknowledgement, offset_flags, *_ = _read_tcp(frame, at)
    # RFC 9293 section 3.1: the data offset counts 32-bit words and includes the fixed header.
    header = (offset_flags >> 12) * 4
    data = at + header
    length = packet.end - data
    if header < 20 or length < 0:
        raise Refused(Drop.MALFORMED)
    flow = packet.addresses + bytes(frame[at : at + 4]) + packet.name
    data = min(data, len(frame))  # the capture may end inside the options, which nobody needs
    present = min(length, len(frame) - data)
    return flow, sequence, acknowledgement, offset_flags & 0xFF, packet.start + data, present, length


def _is_of(own: frozenset[Party], addresses: bytes, frame: memoryview, at: int) -> bool:
    """Whether a segment, whose header begins at `at`, is between these."""
    size = len(addresses) // 2
    ends = addresses[:size], addresses[size:]
    ports = bytes(frame[at : at + 2]), bytes(frame[at + 2 : at + 4])
    return any(port in ports and all(host in ends for host in hosts) for hosts, port in own)


def _named(networks: bytes) -> bytes:
    """Networks in each other as a part of a name, which has room for two."""
    if len(networks) <= _NETWORKS:
        return networks
    return hashlib.blake2b(networks, digest_size=_NETWORKS).digest()
