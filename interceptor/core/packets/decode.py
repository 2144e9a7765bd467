"""Captured bytes to TCP segments, or to the reason why there is none.

Owns the way from a link layer to a TCP header. Two lanes lead there: `fast_lane` for what nearly every packet
is, by fixed offsets (`frames`), and `Decoder` for everything. Where the fast lane gives a segment, the decoder
gives the same one; a property test holds it to that.

Of dpkt it uses the header layouts and not the parsing of a packet into nested objects: that swallows errors
(an unknown protocol and a truncated header both leave bytes behind), follows tunnels to any depth, and copies
what is left at every layer, which makes a hostile packet cost quadratic time.

Refuses checksums (offloading leaves them wrong on purpose), what is inside tunnels (seen again on the inner
interface), and errors: any bytes at all are a segment, held, or a counted drop.

Invariants:

* packets in = segments out + sum(dropped) + held, at every moment.
* Nothing outside the captured bytes is read. Headers lie within the length that the header before them gave.
* Headers are read once, front to back, and their number is bounded: linear time.
"""

from __future__ import annotations

import struct
from collections import Counter
from typing import TYPE_CHECKING, Any

from dpkt.ah import AH
from dpkt.ethernet import Ethernet, MPLSlabel, VLANtag8021Q
from dpkt.ip import IP
from dpkt.ip6 import IP6, IP6FragmentHeader, IP6OptsHeader
from dpkt.pppoe import PPPoE
from dpkt.sll import SLL
from dpkt.sll2 import SLL2
from dpkt.tcp import TCP
from dpkt.udp import UDP

from interceptor.core.model import Drop
from interceptor.core.packets.fragments import Fragments

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from dpkt import dpkt

    from interceptor.core.model import Limits, Segment

__all__ = ["Decoder"]

# --- reading headers ----------------------------------------------------------------------------------------


def _fields(layout: type[dpkt.Packet]) -> Callable[[memoryview, int], tuple[Any, ...]]:
    """Return a reader of the fixed part of a header, field by field as in `layout.__hdr__`.

    It raises struct.error if the frame ends inside the header.
    """
    return struct.Struct(layout.__hdr_fmt__).unpack_from


_read_ah = _fields(AH)
_read_ethernet = _fields(Ethernet)
_read_fragment = _fields(IP6FragmentHeader)
_read_ip = _fields(IP)
_read_ip6 = _fields(IP6)
_read_mpls = _fields(MPLSlabel)
_read_options = _fields(IP6OptsHeader)
_read_pppoe = _fields(PPPoE)
_read_sll = _fields(SLL)
_read_sll2 = _fields(SLL2)
_read_tcp = _fields(TCP)
_read_udp = _fields(UDP)
_read_vlan = _fields(VLANtag8021Q)


class _Refused(Exception):  # noqa: N818 (a verdict on one packet, which never leaves this module)
    """Decoding ends here, for this reason."""

    def __init__(self, reason: Drop) -> None:
        self.reason = reason


# --- the link layer: from a link type to an EtherType and where what it names begins ------------------------

_IPV4 = 0x0800
_IPV6 = 0x86DD
_MPLS = 0x8847
_NO_ETHERTYPE = 0
"""For what other link layers carry and Ethernet has no number for."""

_LENGTHS = 1_500
"""EtherTypes up to this are lengths, and an LLC header follows (IEEE 802.3 section 3.2.6)."""

_MOST_TAGS = 32
"""VLAN tags and MPLS labels on one packet. Real ones have up to four and about ten."""

_MOST_VLANS = 4
"""VLANs that are part of a connection's name. A service tag and a customer's are two."""

_FAMILIES = {2: _IPV4} | dict.fromkeys((10, 23, 24, 26, 28, 30), _IPV6)
"""AF_INET is 2 everywhere; AF_INET6 is that of Linux, Windows, NetBSD and OpenBSD, illumos, FreeBSD, Darwin."""

_PPP_PROTOCOLS = {0x0021: _IPV4, 0x0057: _IPV6, 0x0281: _MPLS, 0x0283: _MPLS}
"""IANA, PPP DLL protocol numbers."""

_NFULA_PAYLOAD = 9
"""linux/netfilter/nfnetlink_log.h, enum nfulnl_attr_type."""

_SNAP = (b"\x00\x00\x00", b"\x00\x00\xf8")
"""The organisations whose SNAP protocol numbers are EtherTypes (RFC 1042; IEEE 802.1H)."""


def _ethernet(frame: memoryview) -> tuple[int, int]:
    _, _, ethertype = _read_ethernet(frame, 0)
    return ethertype, 14


def _cooked(frame: memoryview) -> tuple[int, int]:
    *_, protocol = _read_sll(frame, 0)
    return _cooked_ethertype(protocol), 16


def _cooked2(frame: memoryview) -> tuple[int, int]:
    protocol, *_ = _read_sll2(frame, 0)
    return _cooked_ethertype(protocol), 20


def _cooked_ethertype(protocol: int) -> int:
    """Return the EtherType for a protocol of linux/if_ether.h, whose small numbers are not lengths."""
    if protocol == 4:  # ETH_P_802_2: an LLC header follows
        return _LENGTHS
    return protocol if protocol > _LENGTHS else _NO_ETHERTYPE


def _raw(frame: memoryview) -> tuple[int, int]:
    ethertype = _guess(frame, 0)
    if ethertype == _NO_ETHERTYPE:
        raise _Refused(Drop.MALFORMED)
    return ethertype, 0


def _null(frame: memoryview) -> tuple[int, int]:
    (family,) = struct.unpack_from("<I", frame)
    if family > 0xFFFF:  # written on a host with the other byte order
        (family,) = struct.unpack_from(">I", frame)
    return _FAMILIES.get(family, _NO_ETHERTYPE), 4


def _nflog(frame: memoryview) -> tuple[int, int]:
    family, version = struct.unpack_from("BBxx", frame)
    if version:
        raise _Refused(Drop.MALFORMED)
    at = 4
    while True:  # to the end of the frame at most: without a packet, the capture was cut before it
        # In the byte order of the host that captured. Types are small numbers, so their high byte is zero.
        order = "<HH" if frame[at + 3] == 0 else ">HH"
        size, kind = struct.unpack_from(order, frame, at)
        if kind == _NFULA_PAYLOAD:
            return _FAMILIES.get(family, _NO_ETHERTYPE), at + 4
        if size < 4:
            raise _Refused(Drop.MALFORMED)
        at += size + 3 & ~3


def _ppp(frame: memoryview) -> tuple[int, int]:
    # RFC 1662 section 3.2: the address and control fields may be left out.
    return _ppp_protocol(frame, 2 if frame[0] == 0xFF and frame[1] == 0x03 else 0)


def _ppp_protocol(frame: memoryview, at: int) -> tuple[int, int]:
    # RFC 1661 section 2: the low bit ends the field, so an odd first octet is a compressed protocol.
    protocol = frame[at]
    at += 1
    if not protocol & 1:
        protocol = protocol << 8 | frame[at]
        at += 1
    return _PPP_PROTOCOLS.get(protocol, _NO_ETHERTYPE), at


def _vlan(frame: memoryview, at: int) -> tuple[int, int]:
    _, ethertype = _read_vlan(frame, at)
    return ethertype, at + 4


def _mpls(frame: memoryview, at: int) -> tuple[int, int]:
    (label,) = _read_mpls(frame, at)
    at += 4
    return (
        _guess(frame, at) if label & 0x100 else _MPLS
    ), at  # RFC 3032 section 2.1: the bottom of the stack


def _pppoe(frame: memoryview, at: int) -> tuple[int, int]:
    version_type, code, _, _ = _read_pppoe(frame, at)
    if version_type != 0x11:  # RFC 2516 section 4: both are 1
        raise _Refused(Drop.MALFORMED)
    if code:  # of discovery, not of a session
        return _NO_ETHERTYPE, at
    return _ppp_protocol(frame, at + 6)


def _llc(frame: memoryview, at: int) -> tuple[int, int]:
    if struct.unpack_from("3s", frame, at)[0] != b"\xaa\xaa\x03":
        return _NO_ETHERTYPE, at
    organisation, ethertype = struct.unpack_from(">3sH", frame, at + 3)
    return (ethertype if organisation in _SNAP else _NO_ETHERTYPE), at + 8


def _guess(frame: memoryview, at: int) -> int:
    """Return the EtherType of an IP header known by its version only."""
    return {4: _IPV4, 6: _IPV6}.get(frame[at] >> 4, _NO_ETHERTYPE)


_LINKS: Mapping[int, Callable[[memoryview], tuple[int, int]]] = {
    0: _null,
    1: _ethernet,
    9: _ppp,
    12: _raw,
    14: _raw,
    51: lambda frame: _pppoe(frame, 0),
    101: _raw,
    108: _null,
    113: _cooked,
    228: lambda _: (_IPV4, 0),
    229: lambda _: (_IPV6, 0),
    239: _nflog,
    276: _cooked2,
}
"""By LINKTYPE_ (tcpdump.org/linktypes.html)."""

_TAGS: Mapping[int, Callable[[memoryview, int], tuple[int, int]]] = {
    0x8100: _vlan,
    0x88A8: _vlan,
    0x9100: _vlan,
    0x8847: _mpls,
    0x8848: _mpls,
    0x8864: _pppoe,
}
"""What may stand between a link layer and IP, by EtherType."""


def _find_network(link_type: int, frame: memoryview) -> tuple[int, int, bytes]:
    """Return the EtherType of the network layer, where in the frame that begins, and the VLANs, two bytes each."""
    link = _LINKS.get(link_type)
    if link is None:
        raise _Refused(Drop.UNKNOWN_LINK_TYPE)
    ethertype, at = link(frame)
    vlans = b""
    for _ in range(_MOST_TAGS):
        tag = _llc if 0 < ethertype <= _LENGTHS else _TAGS.get(ethertype)
        if tag is None:
            return ethertype, at, vlans
        if tag is _vlan and len(vlans) < _MOST_VLANS * 2:
            # IEEE 802.1Q section 9.6: 0 is no VLAN, only a priority
            vlans += (struct.unpack_from(">H", frame, at)[0] & 0xFFF).to_bytes(2).replace(b"\0\0", b"")
        ethertype, at = tag(frame, at)
    raise _Refused(Drop.MALFORMED)


# --- the network and transport layers -----------------------------------------------------------------------

_TCP = 6
_UDP = 17
_FRAGMENT = 44
_AH = 51

_REASONS = {
    1: Drop.ICMP,
    58: Drop.ICMP,
    50: Drop.ENCRYPTED,
    _FRAGMENT: Drop.MALFORMED,  # where it is none of the extensions: in IPv4, and inside a fragment
} | dict.fromkeys((4, 41, 47, 55, 94, 97, 98, 115, 137), Drop.TUNNEL)
"""Of IP protocols; others are NOT_TCP. Tunnels: IPv4, IPv6, GRE, MOBILE, IPIP, EtherIP, ENCAP, L2TP, MPLS."""

_TUNNEL_PORTS = frozenset({2152, 4789, 6081, 8472})
"""UDP destinations: GTP-U, VXLAN (RFC 7348), Geneve (RFC 8926), VXLAN as Linux had it before."""

_EXTENSIONS_4 = frozenset({_AH})
_EXTENSIONS_6_WHOLE = frozenset({0, 43, _AH, 60})
"""Hop-by-hop options, routing, authentication, destination options. After reassembly no fragment header is
one of them: no node fragments a fragment, and following them would have no bound."""
_EXTENSIONS_6 = _EXTENSIONS_6_WHOLE | {_FRAGMENT}

_MOST_EXTENSIONS = 16
"""RFC 8200 section 4.1 recommends each at most once and one of them twice. All begin with the number of the next."""


class _Packet:
    """The packet that is being decoded."""

    __slots__ = ("addresses", "buffer", "end", "frame", "start", "time", "vlans")

    def __init__(
        self, buffer: bytes, start: int, frame: memoryview, end: int, time: int, vlans: bytes
    ) -> None:
        self.buffer = buffer
        self.start = start  # of the frame in the buffer; other places count from there
        self.frame = frame  # to where the capture ends, or the IP packet: padding is out of reach
        self.end = end  # on the wire: of the packet; of the IP packet, once that is known
        self.time = time
        self.addresses = b""
        self.vlans = vlans


class Decoder:
    """The complete lane: any packet of any link type.

    Holds the fragments of incomplete IP datagrams, within the bounds that `Fragments` documents.
    """

    def __init__(self, limits: Limits) -> None:
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
            ethertype, at, vlans = _find_network(link_type, frame)
            packet = _Packet(buffer, start, frame, max(length, captured), time, vlans)
            if ethertype == _IPV4:
                return self._ipv4(packet, at)
            if ethertype == _IPV6:
                return self._ipv6(packet, at)
            self.dropped[Drop.NOT_IP] += 1
        except _Refused as refused:
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

    def _ipv4(self, packet: _Packet, at: int) -> tuple[bytes, Segment] | None:
        version_header, _, total, identification, fragment, _, protocol, _, source, destination = _read_ip(
            packet.frame, at
        )
        # RFC 791 section 3.1. A total length of 0 is that of a packet before segmentation by the network card,
        # larger than the field can say (Linux: TSO, BIG TCP).
        header = (version_header & 15) * 4
        total = total or packet.end - at
        if version_header >> 4 != 4 or header < 20 or total < header:
            raise _Refused(Drop.MALFORMED)
        packet.end = at + total
        packet.frame = packet.frame[: packet.end]
        packet.addresses = source + destination
        at += header
        if at > len(packet.frame):
            raise _Refused(Drop.TRUNCATED_HEADER)
        more, offset = fragment & 0x2000, fragment & 0x1FFF
        if not (more or offset):
            return self._payload(packet, at, protocol, _EXTENSIONS_4)
        # RFC 791 section 3.2: named by the identification, source, destination and protocol.
        identity = struct.pack(">HB", identification, protocol)
        return self._fragment(packet, at, protocol, identity, offset * 8, not more, _EXTENSIONS_4)

    def _ipv6(self, packet: _Packet, at: int) -> tuple[bytes, Segment] | None:
        version, length, protocol, _, source, destination = _read_ip6(packet.frame, at)
        if version >> 28 != 6:
            raise _Refused(Drop.MALFORMED)
        at += 40
        # A payload length of 0: a jumbogram (RFC 2675), or as for IPv4.
        packet.end = at + length if length else max(packet.end, at)
        packet.frame = packet.frame[: packet.end]
        packet.addresses = source + destination
        return self._payload(packet, at, protocol, _EXTENSIONS_6)

    def _payload(
        self, packet: _Packet, at: int, protocol: int, extensions: frozenset[int]
    ) -> tuple[bytes, Segment] | None:
        """Follow the headers from `at` on to a TCP header."""
        frame = packet.frame
        for _ in range(_MOST_EXTENSIONS):
            if protocol == _TCP:
                return packet.buffer, _tcp(packet, at)
            if protocol not in extensions:
                raise _Refused(_not_tcp(protocol, frame, at))
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
                protocol, size = _read_options(frame, at)
                at += (size + 1) * 8  # RFC 8200 sections 4.3, 4.4, 4.6
        raise _Refused(Drop.MALFORMED)

    def _fragment(
        self,
        packet: _Packet,
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
        if protocol != _TCP and protocol not in extensions:
            # Nobody waits for the rest. Only the first fragment has the header that the protocol names. (Later
            # fragments of IPv6 might name another protocol than the first; no sender's do.)
            raise _Refused(
                _REASONS.get(protocol, Drop.NOT_TCP) if offset else _not_tcp(protocol, packet.frame, at)
            )
        datagram = self._fragments.add(
            packet.addresses + identity + packet.vlans,
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


def _tcp(packet: _Packet, at: int) -> Segment:
    frame = packet.frame
    _, _, sequence, acknowledgement, offset_flags, *_ = _read_tcp(frame, at)
    # RFC 9293 section 3.1: the data offset counts 32-bit words and includes the fixed header.
    header = (offset_flags >> 12) * 4
    data = at + header
    length = packet.end - data
    if header < 20 or length < 0:
        raise _Refused(Drop.MALFORMED)
    flow = packet.addresses + bytes(frame[at : at + 4]) + packet.vlans
    data = min(data, len(frame))  # the capture may end inside the options, which nobody needs
    present = min(length, len(frame) - data)
    return flow, sequence, acknowledgement, offset_flags & 0xFF, packet.start + data, present, length


def _not_tcp(protocol: int, frame: memoryview, at: int) -> Drop:
    """Return why a packet of another protocol is not looked into; its header begins at `at`."""
    if protocol == _UDP:
        _, port, _, _ = _read_udp(frame, at)
        return Drop.TUNNEL if port in _TUNNEL_PORTS else Drop.NOT_TCP
    return _REASONS.get(protocol, Drop.NOT_TCP)
