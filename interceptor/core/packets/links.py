"""From a link type to the network layer: what it is, and where in the frame it begins.

Owns the link layers of capture files and every header that may stand between one of them and IP: VLAN and fabric
tags, labels, pseudowires, PPP, LLC. Refuses IP itself (`decode`), and 802.11 (`radio`).

A header that is looked through says where the next one begins and which it is; nothing here knows what came
before it. So they stand in each other in any order, as on the wire, and one loop with one bound follows them.

Invariants:

* Any bytes at all are an EtherType and a place, a `Refused` with its reason, or one of the two ways of reading past
  the end of a frame: struct.error, IndexError.
* At most `_MOST_HEADERS` headers are read, each once and front to back: linear time.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

from dpkt.ethernet import MPLSlabel, VLANtag8021Q
from dpkt.pppoe import PPPoE
from dpkt.sll import SLL
from dpkt.sll2 import SLL2

from interceptor.core.model import Drop
from interceptor.core.packets import radio
from interceptor.core.packets.radio import Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from dpkt import dpkt

__all__ = ["ETHERNET_FRAME", "IPV4", "IPV6", "MPLS", "Refused", "fields", "find_network", "follow"]

IPV4 = 0x0800
IPV6 = 0x86DD
MPLS = 0x8847
ETHERNET_FRAME = 0x6558
"""Transparent Ethernet bridging: a whole Ethernet frame follows (RFC 1701; IANA)."""
_LLC = 1_500
"""EtherTypes up to this are lengths, and an LLC header follows (IEEE 802.3 section 3.2.6)."""

# Answers that are no EtherTypes.
_NOT_IP = -1
"""Something that is known not to carry IP."""
_UNREAD = -2
"""Something that nobody here can read, or that has no number known here."""

_MOST_HEADERS = 32
"""Between a link layer and IP. Real packets have up to four VLAN tags and about ten MPLS labels."""

_MOST_VLANS = 4
"""VLANs that are part of a connection's name. A service tag and a customer's are two."""

_KNOWN = frozenset(
    {
        *(0x0806, 0x8035),  # ARP, RARP
        *(0x0842, 0x22EA, 0x22F0, 0x22F4),  # Wake-on-LAN, SRP, AVTP, IS-IS of TRILL
        *(0x6000, 0x6001, 0x6002, 0x6003, 0x6004, 0x6007),  # DECnet
        *(0x809B, 0x80F3, 0x8137, 0x8138),  # AppleTalk, AARP, IPX
        *(
            0x8808,
            0x8809,
            0x8863,
            0x886D,
        ),  # pause, LACP and other slow protocols, PPPoE discovery, teaming probes
        *(0x887B, 0x88E1, 0x8912, 0x893A),  # HomePlug, power line, IEEE 1905
        *(0x888E, 0x88C7),  # EAPOL, 802.11i pre-authentication
        *(
            0x8892,
            0x88A4,
            0x88AB,
            0x88B8,
            0x88B9,
            0x88BA,
            0x88CD,
        ),  # PROFINET, EtherCAT, Powerlink, IEC 61850, SERCOS
        *(0x88A2, 0x8906, 0x8914, 0x8915),  # ATA over Ethernet, FCoE, its initialisation, RoCE
        *(0x88CA, 0x88CC, 0x88D9, 0x88DC),  # TIPC, LLDP, LLTD, WSMP
        *(0x88E3, 0x88F5, 0x88F6, 0x88F7, 0x88F8),  # MRP, MVRP, MMRP, PTP, NC-SI
        *(0x88FB, 0x8902, 0x890D, 0x8940, 0x9000),  # PRP supervision, CFM, TDLS, ECP, loopback test
        0xFEFE,  # ISO, as Cisco HDLC has it
    }
)
"""EtherTypes of what is no encapsulation of IP."""

_FAMILIES = {2: IPV4} | dict.fromkeys((10, 23, 24, 26, 28, 30), IPV6)
"""AF_INET is 2 everywhere; AF_INET6 is that of Linux, Windows, NetBSD and OpenBSD, illumos, FreeBSD, Darwin."""

_PPP_PROTOCOLS = {0x0021: IPV4, 0x0057: IPV6, 0x0281: MPLS, 0x0283: MPLS, 0x0031: ETHERNET_FRAME}
"""IANA, PPP DLL protocol numbers. 0x31 is bridging (RFC 3518), whose own header comes before the frame."""
_PPP_CONTROL = 0x8000
"""Protocols from here on configure the link (RFC 1661 section 2)."""

_NFULA_PAYLOAD = 9
"""linux/netfilter/nfnetlink_log.h, enum nfulnl_attr_type."""

_SNAP = (b"\x00\x00\x00", b"\x00\x00\xf8")
"""The organisations whose SNAP protocol numbers are EtherTypes (RFC 1042; IEEE 802.1H)."""
_BRIDGED = b"\x00\x80\xc2"
"""IEEE 802.1's SNAP protocols: 1 and 7 are Ethernet frames with and without check sequence (RFC 2684 section 5.2)."""
_SNAP_OF_CISCO = b"\x00\x00\x0c"
"""CDP, VTP, DTP, PVST+, UDLD."""
_SAPS = frozenset({0x00, 0x04, 0x08, 0x42, 0xE0, 0xF0, 0xF4, 0xF8, 0xFE})
"""LLC service access points without their group bit: null, SNA, spanning tree, IPX, NetBIOS, LAN and remote boot, ISO;
with it, the last one is IPX without LLC."""
_SAP_IP = 0x06  # RFC 948


def fields(layout: type[dpkt.Packet]) -> Callable[[memoryview, int], tuple[Any, ...]]:
    """Return a reader of the fixed part of a header, field by field as in `layout.__hdr__`.

    It raises struct.error if the frame ends inside the header.
    """
    return struct.Struct(layout.__hdr_fmt__).unpack_from


_read_mpls = fields(MPLSlabel)
_read_pppoe = fields(PPPoE)
_read_sll = fields(SLL)
_read_sll2 = fields(SLL2)
_read_vlan = fields(VLANtag8021Q)
_read_16 = struct.Struct(">H").unpack_from
_read_32 = struct.Struct(">I").unpack_from
_read_32_little = struct.Struct("<I").unpack_from


def find_network(link_type: int, frame: memoryview) -> tuple[int, int, bytes]:
    """Return the EtherType of the network layer, `IPV4` or `IPV6`, where in the frame that begins, and the VLANs.

    VLANs are those of the outermost `_MOST_VLANS` tags, two bytes each.

    Raises:
        Refused: there is none to be found, and why.
        struct.error, IndexError: the capture ends before it.

    """
    return follow(*_link(link_type, frame), frame)


def follow(ethertype: int, at: int, frame: memoryview) -> tuple[int, int, bytes]:
    """The same from any header on: `ethertype` says what begins at `at`."""
    vlans = b""
    for _ in range(_MOST_HEADERS):
        if ethertype in (IPV4, IPV6):
            return ethertype, at, vlans
        header = _llc if 0 < ethertype <= _LLC else _HEADERS.get(ethertype)
        if header is None:
            raise Refused(
                Drop.NOT_IP if ethertype == _NOT_IP or ethertype in _KNOWN else Drop.UNREAD_ENCAPSULATION
            )
        if header is _vlan and len(vlans) < _MOST_VLANS * 2:
            # IEEE 802.1Q section 9.6: 0 is no VLAN, only a priority
            vlans += (_read_16(frame, at)[0] & 0xFFF).to_bytes(2).replace(b"\0\0", b"")
        ethertype, at = header(frame, at)
    raise Refused(Drop.MALFORMED)


# --- link layers: from the beginning of a frame ---------------------------------------------------------------


def _link(link_type: int, frame: memoryview, depth: int = 0) -> tuple[int, int]:
    """Return the first EtherType of a frame and where what it names begins."""
    link = _LINKS.get(link_type)
    if link is not None:
        return link(frame)
    outer = _WRAPPERS.get(link_type)
    if outer is None:
        raise Refused(Drop.UNKNOWN_LINK_TYPE)
    if depth == 4:  # none of them is in itself; two of them are in no capture
        raise Refused(Drop.MALFORMED)
    inner, begin = outer(frame)
    ethertype, at = _link(inner, frame[begin:], depth + 1)
    return ethertype, begin + at


def _ethernet(frame: memoryview) -> tuple[int, int]:
    return _read_16(frame, 12)[0], 14


def _cooked(frame: memoryview) -> tuple[int, int]:
    _, hardware, *_, protocol = _read_sll(frame, 0)
    return _cooked_ethertype(hardware, protocol, frame, 16)


def _cooked2(frame: memoryview) -> tuple[int, int]:
    protocol, _, _, hardware, *_ = _read_sll2(frame, 0)
    return _cooked_ethertype(hardware, protocol, frame, 20)


def _cooked_ethertype(hardware: int, protocol: int, frame: memoryview, at: int) -> tuple[int, int]:
    """Return the EtherType for a protocol of linux/if_ether.h, whose small numbers are not lengths.

    What the protocol means depends on the hardware (linux/if_arp.h): netlink's has its families there, and an
    interface that listens to the radio has whole 802.11 frames.
    """
    if hardware == 824:  # ARPHRD_NETLINK
        return _NOT_IP, at
    radio_link = {801: 105, 802: 119, 803: 127}.get(hardware)
    if radio_link is not None:
        ethertype, inner = _link(radio_link, frame[at:])
        return ethertype, at + inner
    if protocol == 4:  # ETH_P_802_2: an LLC header follows
        return _LLC, at
    return protocol if protocol > _LLC else _NOT_IP, at


def _raw(frame: memoryview) -> tuple[int, int]:
    ethertype = _guess(frame, 0)
    if ethertype == _UNREAD:
        raise Refused(Drop.MALFORMED)
    return ethertype, 0


def _family(frame: memoryview) -> int:
    (family,) = _read_32_little(frame)
    if family > 0xFFFF:  # written on a host with the other byte order
        (family,) = _read_32(frame)
    return _FAMILIES.get(family, _NOT_IP)


def _null(frame: memoryview) -> tuple[int, int]:
    return _family(frame), 4


def _enc(frame: memoryview) -> tuple[int, int]:
    # The address family, the SPI and flags: OpenBSD's and FreeBSD's enc(4), packets outside their IPsec.
    return _family(frame), 12


def _ipnet(frame: memoryview) -> tuple[int, int]:
    # Solaris: version, family (its AF_INET6 is 26), hook, length, three interfaces, two zones.
    return _FAMILIES.get(frame[1], _NOT_IP), 24


def _pflog(frame: memoryview) -> tuple[int, int]:
    # pflog(4): its own length without padding, then the family.
    return _FAMILIES.get(frame[1], _NOT_IP), frame[0] + 3 & ~3


def _nflog(frame: memoryview) -> tuple[int, int]:
    family, version = struct.unpack_from("BBxx", frame)
    if version:
        raise Refused(Drop.MALFORMED)
    at = 4
    while True:  # to the end of the frame at most: without a packet, the capture was cut before it
        # In the byte order of the host that captured. Types are small numbers, so their high byte is zero.
        order = "<HH" if frame[at + 3] == 0 else ">HH"
        size, kind = struct.unpack_from(order, frame, at)
        if kind == _NFULA_PAYLOAD:
            return _FAMILIES.get(family, _NOT_IP), at + 4
        if size < 4:
            raise Refused(Drop.MALFORMED)
        at += size + 3 & ~3


def _ppp(frame: memoryview) -> tuple[int, int]:
    # RFC 1662 section 3.2: the address and control fields may be left out.
    return _ppp_protocol(frame, 2 if frame[0] == 0xFF and frame[1] == 0x03 else 0)


def _ppp_hdlc(frame: memoryview) -> tuple[int, int]:
    # The same, but a serial line's capture may be of Cisco HDLC as well: unicast and multicast address.
    return _cisco_hdlc(frame) if frame[0] in (0x0F, 0x8F) else _ppp(frame)


def _pppd(frame: memoryview) -> tuple[int, int]:
    # The direction in the place of the address.
    return _ppp_protocol(frame, 2)


def _cisco_hdlc(frame: memoryview) -> tuple[int, int]:
    # Address, control, protocol: an EtherType; 0x8035 is SLARP there, 0x2000 is CDP.
    (protocol,) = _read_16(frame, 2)
    if protocol == 0x2000:
        return _NOT_IP, 4
    return protocol if protocol > _LLC else _UNREAD, 4


def _frame_relay(frame: memoryview) -> tuple[int, int]:
    # RFC 2427: an address of two to four bytes, the last of which is odd; control; the network layer's identifier.
    at = next((end for end in (2, 3, 4) if frame[end - 1] & 1), 0)
    if not at:
        raise Refused(Drop.MALFORMED)
    if frame[at] != 0x03:  # Cisco's form: an EtherType. Others are signalling.
        return _read_16(frame, at)[0], at + 2
    at += 1
    if frame[at] == 0:  # padding
        at += 1
    if frame[at] == 0x80:
        return _snap(frame, at + 1)
    return {0xCC: IPV4, 0x8E: IPV6, 0x08: _NOT_IP, 0x81: _NOT_IP}.get(frame[at], _UNREAD), at + 1


def _fddi(_: memoryview) -> tuple[int, int]:
    return _LLC, 13  # frame control and two addresses


def _token_ring(frame: memoryview) -> tuple[int, int]:
    # Access and frame control, two addresses; the source's group bit says that a route follows, with its length.
    return _LLC, 14 + (frame[14] & 0x1F if frame[8] & 0x80 else 0)


def _slip(frame: memoryview) -> tuple[int, int]:
    return _guess(frame, 16), 16  # the direction and the compressed header


def _ieee1394(frame: memoryview) -> tuple[int, int]:
    return _read_16(frame, 16)[0], 18  # two addresses of eight bytes


def _erf(frame: memoryview) -> tuple[int, int]:
    # Endace: time, type, flags, lengths; the type's high bit, and that of each extension, says that one follows.
    kind = frame[8]
    at = 16
    while frame[8 if at == 16 else at - 8] & 0x80:  # to the end of the frame at most
        at += 8
    kind &= 0x7F
    if kind in (2, 11, 16, 20):  # Ethernet, plain and with a colour or hash
        return ETHERNET_FRAME, at + 2
    return {22: IPV4, 23: IPV6}.get(kind, _UNREAD), at


def _mpacket(frame: memoryview) -> tuple[int, int]:
    # A preamble that ends in a delimiter (IEEE 802.3 section 99.3): pieces of frames have others.
    return (ETHERNET_FRAME if frame[7] == 0xD5 else _UNREAD), 8


def _switch_tag(frame: memoryview) -> tuple[int, int]:
    # Broadcom's and Marvell's tag of four bytes after the addresses.
    return _read_16(frame, 16)[0], 18


_LINKS: Mapping[int, Callable[[memoryview], tuple[int, int]]] = {
    0: _null,
    1: _ethernet,
    6: _token_ring,
    8: _slip,
    9: _ppp,
    10: _fddi,
    12: _raw,
    14: _raw,
    50: _ppp_hdlc,
    51: lambda frame: _pppoe(frame, 0),
    100: lambda _: (_LLC, 0),  # ATM, RFC 2684
    101: _raw,
    104: _cisco_hdlc,
    105: lambda frame: (_LLC, radio.data(frame, 0, padded=False)),
    107: _frame_relay,
    108: _null,
    109: _enc,
    113: _cooked,
    117: _pflog,
    119: lambda frame: (_LLC, radio.prism(frame)),
    127: lambda frame: (_LLC, radio.radiotap(frame)),
    138: _ieee1394,
    163: lambda frame: (_LLC, radio.avs(frame)),
    166: _pppd,
    197: _erf,
    219: lambda _: (MPLS, 0),
    226: _ipnet,
    228: lambda _: (IPV4, 0),
    229: lambda _: (IPV6, 0),
    239: _nflog,
    240: lambda _: (ETHERNET_FRAME, 4),  # netANALYZER
    241: lambda _: (ETHERNET_FRAME, 12),  # and with the preamble
    274: _mpacket,
    276: _cooked2,
    281: _switch_tag,
    282: lambda _: (ETHERNET_FRAME, 4),
    284: _switch_tag,
    285: _ethernet,  # whose tag has an EtherType
}
"""By LINKTYPE_ (tcpdump.org/linktypes.html). Where one says _LLC or an Ethernet frame, that is read as a header."""


def _pktap(frame: memoryview) -> tuple[int, int]:
    # Darwin's net/pktap.h: length, kind of record (1: a packet), its DLT_; in the order of the host.
    length, kind, dlt = struct.unpack_from("<III", frame)
    if length > 0xFFFF:
        length, kind, dlt = struct.unpack_from(">III", frame)
    if length < 12:
        raise Refused(Drop.MALFORMED)
    if kind != 1:
        raise Refused(Drop.NOT_IP)
    return dlt, length


def _user2(frame: memoryview) -> tuple[int, int]:
    """Tell Darwin's DLT_PKTAP, written as it is, from what anybody else may mean by USER2."""
    length, kind, _ = struct.unpack_from("<III", frame)
    if not (kind == 1 and 108 <= length <= 512):
        raise Refused(Drop.UNKNOWN_LINK_TYPE)
    return _pktap(frame)


def _ppi(frame: memoryview) -> tuple[int, int]:
    # Version, flags, length, DLT_: always little-endian.
    version, _, length, dlt = struct.unpack_from("<BBHI", frame)
    if version or length < 8:
        raise Refused(Drop.MALFORMED)
    return dlt, length


_WRAPPERS: Mapping[int, Callable[[memoryview], tuple[int, int]]] = {
    149: _user2,
    192: _ppi,
    204: lambda _: (50, 1),  # PPP, Cisco HDLC, frame relay, with a byte for the direction before
    205: lambda _: (104, 1),
    206: lambda _: (107, 1),
    258: _pktap,
}
"""Those that say which link type follows, and where."""


# --- headers between a link layer and IP: from `at` on --------------------------------------------------------


def _vlan(frame: memoryview, at: int) -> tuple[int, int]:
    _, ethertype = _read_vlan(frame, at)
    return ethertype, at + 4


def _ethernet_frame(frame: memoryview, at: int) -> tuple[int, int]:
    return _read_16(frame, at + 12)[0], at + 14


def _skipping(size: int) -> Callable[[memoryview, int], tuple[int, int]]:
    """Read a tag of `size` bytes, the last two of which are the next EtherType."""
    return lambda frame, at: (_read_16(frame, at + size - 2)[0], at + size)


def _before_a_frame(size: int) -> Callable[[memoryview, int], tuple[int, int]]:
    """Read a tag of `size` bytes, an Ethernet frame after it."""
    return lambda _, at: (ETHERNET_FRAME, at + size)


def _mpls(frame: memoryview, at: int) -> tuple[int, int]:
    (label,) = _read_mpls(frame, at)
    at += 4
    if not label & 0x100:  # RFC 3032 section 2.1: the bottom of the stack
        return MPLS, at
    # What is below the last label goes by its first four bits (RFC 4928 section 3). Those of a pseudowire without a
    # control word are those of an address, which may be any: what looks more like it wins.
    nibble = frame[at] >> 4
    if nibble == 1:  # RFC 4385 section 5: what the pseudowire's ends tell each other
        return _NOT_IP, at
    if nibble == 0 and not (_is_a_frame(frame, at) and not _is_a_frame(frame, at + 4)):
        return ETHERNET_FRAME, at + 4  # RFC 4448 section 4.6: the control word
    if nibble in (4, 6) and (_is_ip(frame, at) or not _is_a_frame(frame, at)):
        return _guess(frame, at), at
    return ETHERNET_FRAME, at


def _is_ip(frame: memoryview, at: int) -> bool:
    """Whether an IP header begins there as far as its fixed fields tell; a frame that was cut gets the doubt."""
    rest = len(frame) - at
    if rest < 20:
        return rest > 0
    if frame[at] >> 4 == 6:
        (length,) = _read_16(frame, at + 4)
        return rest < 40 or bool(40 + length <= rest)  # the payload length fits
    # The sum of the header is right, or was left for a network card (0).
    size = (frame[at] & 15) * 4
    if size < 20:
        return False
    if size > rest or not (frame[at + 10] or frame[at + 11]):
        return True
    words: tuple[int, ...] = struct.unpack_from(f">{size // 2}H", frame, at)
    return sum(words) % 0xFFFF == 0 or not _is_a_frame(frame, at)


def _is_a_frame(frame: memoryview, at: int) -> bool:
    """Whether an Ethernet header of something known begins there."""
    if len(frame) < at + 18:
        return False
    ethertype: int = _read_16(frame, at + 12)[0]
    if ethertype in (IPV4, IPV6):
        return _guess(frame, at + 14) == ethertype
    if ethertype <= _LLC:
        return frame[at + 14] == frame[at + 15] and frame[at + 14] in (0xAA, 0x42, 0xFE, 0xE0, 0xF0)
    return ethertype in _HEADERS or ethertype in _KNOWN


def _pppoe(frame: memoryview, at: int) -> tuple[int, int]:
    version_type, code, _, _ = _read_pppoe(frame, at)
    if version_type != 0x11:  # RFC 2516 section 4: both are 1
        raise Refused(Drop.MALFORMED)
    if code:  # of discovery, not of a session
        return _NOT_IP, at
    return _ppp_protocol(frame, at + 6)


def _ppp_header(frame: memoryview, at: int) -> tuple[int, int]:
    return _ppp_protocol(frame, at + (2 if frame[at] == 0xFF and frame[at + 1] == 0x03 else 0))


def _ppp_protocol(frame: memoryview, at: int) -> tuple[int, int]:
    # RFC 1661 section 2: the low bit ends the field, so an odd first octet is a compressed protocol.
    protocol = frame[at]
    at += 1
    if not protocol & 1:
        protocol = protocol << 8 | frame[at]
        at += 1
    if protocol == 0x0031:  # RFC 3518 section 4.2: flags, the kind of address (1: Ethernet), the frame
        return (ETHERNET_FRAME if frame[at + 1] == 1 else _UNREAD), at + 2
    ethertype = _PPP_PROTOCOLS.get(protocol)
    if ethertype is None:
        return (_NOT_IP if protocol >= _PPP_CONTROL else _UNREAD), at
    return ethertype, at


def _llc(frame: memoryview, at: int) -> tuple[int, int]:
    destination, source, control = frame[at], frame[at + 1], frame[at + 2]
    if destination == source == 0xAA and control == 0x03:
        return _snap(frame, at + 3)
    if destination == source == _SAP_IP and control == 0x03:
        return IPV4, at + 3
    return (_NOT_IP if destination & 0xFE in _SAPS else _UNREAD), at


def _snap(frame: memoryview, at: int) -> tuple[int, int]:
    organisation, protocol = struct.unpack_from(">3sH", frame, at)
    at += 5
    if organisation in _SNAP:
        return (protocol if protocol > _LLC else _UNREAD), at
    if organisation == _BRIDGED:
        if protocol in (1, 7):
            # ATM pads to a multiple of four before the frame (RFC 2684), frame relay and Ethernet do not.
            return ETHERNET_FRAME, at + (
                2 if not _is_a_frame(frame, at) and _is_a_frame(frame, at + 2) else 0
            )
        return (_NOT_IP if protocol == 0x0E else _UNREAD), at  # 14: spanning tree
    return (_NOT_IP if organisation == _SNAP_OF_CISCO else _UNREAD), at


def _timestamp_tag(frame: memoryview, at: int) -> tuple[int, int]:
    """Read Cisco's TTag: four or six bytes (by product) before the next EtherType."""
    longer = _follows(frame, at + 6) and not _follows(frame, at + 4)
    at += 8 if longer else 6
    return _read_16(frame, at - 2)[0], at


def _follows(frame: memoryview, at: int) -> bool:
    """Whether an EtherType of something known stands there."""
    if len(frame) < at + 2:
        return False
    (ethertype,) = _read_16(frame, at)
    return ethertype in (IPV4, IPV6) or ethertype in _HEADERS or ethertype in _KNOWN


def _metadata(frame: memoryview, at: int) -> tuple[int, int]:
    # Cisco's (TrustSec): version, number of options, each of four bytes, then the next EtherType.
    version, options = frame[at], frame[at + 1]
    if version != 1:
        return _UNREAD, at
    return _read_16(frame, at + 2 + options * 4)[0], at + 4 + options * 4


def _macsec(frame: memoryview, at: int) -> tuple[int, int]:
    # IEEE 802.1AE section 9.3: the tag's flags, short length, packet number, and the channel where bit 6 says so.
    flags = frame[at]
    if flags & 0x80:  # the version
        return _UNREAD, at
    if flags & 0x08:
        raise Refused(Drop.ENCRYPTED)
    if flags & 0x04:  # changed, and not by encryption
        return _UNREAD, at
    at += 14 if flags & 0x20 else 6
    return _read_16(frame, at)[0], at + 2


def _service_header(frame: memoryview, at: int) -> tuple[int, int]:
    # RFC 8300 section 2.2: version, O, U, TTL and the length in words; kind of metadata; what follows.
    (first,) = _read_16(frame, at)
    size = (first & 0x3F) * 4
    if first >> 14 or size < 8:
        raise Refused(Drop.MALFORMED)
    following = {1: IPV4, 2: IPV6, 3: ETHERNET_FRAME, 4: 0x894F, 5: MPLS}
    return following.get(frame[at + 3], _UNREAD), at + size


def _trill(frame: memoryview, at: int) -> tuple[int, int]:
    # RFC 6325 section 3.2: version, M, the options' length in words, hop count; two nicknames; the frame.
    (first,) = _read_16(frame, at)
    if first >> 14:
        return _UNREAD, at
    return ETHERNET_FRAME, at + 6 + (first >> 6 & 0x1F) * 4


def _realtek(frame: memoryview, at: int) -> tuple[int, int]:
    # Switch tags of two bytes begin with 9 or 10 (linux/net/dsa/tag_rtl4_a.c), one of six with 4; the others are
    # the protocols by which its switches talk.
    kind = frame[at]
    if kind >> 4 in (9, 10):
        return _read_16(frame, at + 2)[0], at + 4
    if kind == 4:
        return _read_16(frame, at + 6)[0], at + 8
    return _NOT_IP, at


def _guess(frame: memoryview, at: int) -> int:
    """Return the EtherType of an IP header known by its version only."""
    return {4: IPV4, 6: IPV6}.get(frame[at] >> 4, _UNREAD)


_HEADERS: Mapping[int, Callable[[memoryview, int], tuple[int, int]]] = {
    0x8100: _vlan,
    0x88A8: _vlan,
    0x9100: _vlan,
    0x9200: _vlan,
    0x9300: _vlan,
    MPLS: _mpls,
    0x8848: _mpls,
    0x8864: _pppoe,
    0x880B: _ppp_header,
    ETHERNET_FRAME: _ethernet_frame,
    0x22F3: _trill,
    0x8899: _realtek,
    0x88E5: _macsec,
    0x88E7: _before_a_frame(4),  # IEEE 802.1ah: the service instance
    0x8903: _before_a_frame(2),  # Cisco FabricPath: tree and time to live
    0x8909: _metadata,
    0x8926: _skipping(6),  # VN-Tag: four bytes of virtual interfaces
    0x892F: _skipping(6),  # HSR (IEC 62439-3): path and size, sequence number
    0x893F: _skipping(8),  # IEEE 802.1BR: six bytes of channels
    0x894F: _service_header,
    0x8988: _timestamp_tag,
    0xDADA: _skipping(8),  # Marvell's switch tag with an EtherType
}
"""What may stand between a link layer and IP, by EtherType."""
