"""Tunnels: what a packet that carries another one says about it, and where that begins.

Owns the headers between an outer IP header and what it carries: IP in IP, GRE with all that is put into it, VXLAN, Geneve,
GTP-U and their relatives in UDP, mirrors of switches (ERSPAN, TZSP, HP's). Refuses IP itself and Ethernet (`decode`, `links`), and what is encrypted.

A tunnel may say which network the packet inside belongs to: a VNI, a key, a mirror session. That is part of a connection's
name, since tenants use the same addresses. Where such a number differs by direction (Cilium's VNIs are identities of
pods) the numbers of the handshake tell (`tcp.namesakes`). A GTP tunnel has one for each direction always: it is none.

Reserved bits are not held to be zero: several systems put something there. Only a datagram's destination names a tunnel
in UDP, since its source port is a hash of what is inside; Teredo and AYIYA are conversations, and go by either.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final, NamedTuple

from interceptor.core.model import Drop
from interceptor.core.packets.links import ETHERNET_FRAME, IPV4, IPV6, MPLS, Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["DEPTH", "IN_IP", "PORTS", "InUdp", "Inside", "in_ip"]

DEPTH: Final = 4
"""Tunnels in each other. A mirror session (ERSPAN) of an overlay in an underlay is three."""


class Inside(NamedTuple):
    """What a tunnel carries."""

    ethertype: int
    """What begins at `at`: `IPV4`, `IPV6`, `ETHERNET_FRAME`, or another EtherType."""
    at: int
    network: bytes
    """Which network it belongs to: the kind of tunnel, and four bytes of its number. Empty where there is none."""


_read_8 = struct.Struct(">B").unpack_from
_read_16 = struct.Struct(">H").unpack_from
_read_32 = struct.Struct(">I").unpack_from

_PPP: Final = 0x880B
_NSH: Final = 0x894F

# Kinds of networks, in a connection's name.
_VXLAN, _GENEVE, _GRE, _ERSPAN = b"v", b"g", b"k", b"e"


def in_ip(protocol: int, frame: memoryview, at: int) -> Inside | None:
    """What a packet of this IP protocol, whose header begins at `at`, carries; None where it is no tunnel.

    Raises:
        Refused: one that cannot be looked into, and why.
        struct.error, IndexError: the capture ends before it.

    """
    reader = IN_IP.get(protocol)
    return reader(frame, at) if reader is not None else None


class InUdp:
    """Tunnels in UDP, at their usual ports and others."""

    def __init__(self, others: Mapping[int, str] | None = None) -> None:
        """`others`: further destination ports, and which of `PORTS` is at them."""
        self._at = {**_IN_UDP, **{port: _IN_UDP[PORTS[kind][0]] for port, kind in (others or {}).items()}}

    def read(self, source: int, destination: int, frame: memoryview, at: int) -> Inside | None:
        """What a datagram of these ports, whose payload begins at `at`, carries; None where it is no tunnel.

        Raises:
            Refused: one that cannot be looked into, and why.
            struct.error, IndexError: the capture ends before it.

        """
        reader = self._of_ports(source, destination)
        return reader(frame, at) if reader is not None else None

    def may_be_tunnel(self, source: int, destination: int) -> bool:
        """Whether a datagram of these ports may be one."""
        return self._of_ports(source, destination) is not None

    def _of_ports(self, source: int, destination: int) -> Callable[[memoryview, int], Inside | None] | None:
        return self._at.get(destination) or _EITHER.get(destination) or _EITHER.get(source)


# --- directly in IP ---------------------------------------------------------------------------------------------


def _plain(ethertype: int) -> Callable[[memoryview, int], Inside]:
    """What follows at once, and says nothing of a network (RFC 2003, RFC 4213, RFC 2473, RFC 4023)."""
    return lambda _, at: Inside(ethertype, at, b"")


def _etherip(frame: memoryview, at: int) -> Inside:
    if _read_8(frame, at)[0] >> 4 != 3:  # RFC 3378 section 3
        raise Refused(Drop.MALFORMED)
    return Inside(ETHERNET_FRAME, at + 2, b"")


def _gre(frame: memoryview, at: int) -> Inside:
    """RFC 2784, keys by RFC 2890; version 1 is that of PPTP (RFC 2637 section 4.1)."""
    flags, protocol = struct.unpack_from(">HH", frame, at)
    at += 4
    version = flags & 7
    if version > 1 or flags & 0x4000:  # source routes (RFC 1701), which nobody sends
        raise Refused(Drop.TUNNEL)
    network = b""
    if flags & 0x8000:
        at += 4  # checksum, and what was an offset
    if flags & 0x2000:
        if version == 0:
            network = _GRE + bytes(frame[at : at + 4])
        at += 4
    if flags & 0x1000:
        at += 4
    if version == 1 and flags & 0x0080:
        at += 4
    match protocol:
        case 0x88BE if flags & 0x1000:
            return _erspan(frame, at, 8)
        case 0x88BE:  # the first version has no header of its own
            return Inside(ETHERNET_FRAME, at, network)
        case 0x22EB:
            return _erspan(frame, at, 20 if _read_8(frame, at + 11)[0] & 1 else 12)
        case 0x883E:  # WCCP: four bytes before the packet, from version 2 on
            return Inside(IPV4, at if _read_8(frame, at)[0] >> 4 == 4 else at + 4, network)
        case 0:
            raise Refused(Drop.NOT_IP)  # a keep-alive, which carries an answer to itself
        case _:
            return Inside(protocol, at, network)


def _erspan(frame: memoryview, at: int, size: int) -> Inside:
    """draft-foschiano-erspan-03: ten bits of the second word name the session."""
    session = _read_16(frame, at + 2)[0] & 0x3FF
    return Inside(ETHERNET_FRAME, at + size, _ERSPAN + session.to_bytes(4, "big"))


# --- in UDP -----------------------------------------------------------------------------------------------------


def _vxlan(frame: memoryview, at: int) -> Inside | None:
    """RFC 7348 section 5. Without a valid number it is none: other things come to these ports."""
    flags, number = struct.unpack_from(">II", frame, at)
    if not flags >> 24 & 0x08:
        return None
    # With a next protocol (draft-ietf-nvo3-vxlan-gpe); P is off in plain VXLAN, whose bits here are reserved.
    ethertype = _NEXT.get(flags & 0xFF) if flags >> 24 & 0x04 else ETHERNET_FRAME
    if ethertype is None:
        raise Refused(Drop.UNREAD_ENCAPSULATION)
    return Inside(ethertype, at + 8, _VXLAN + (number >> 8).to_bytes(4, "big"))


_NEXT: Final[Mapping[int, int]] = {1: IPV4, 2: IPV6, 3: ETHERNET_FRAME, 4: _NSH, 5: MPLS}


def _geneve(frame: memoryview, at: int) -> Inside | None:
    """RFC 8926 section 3.4. Options are skipped; a packet of control (O) carries no traffic."""
    flags, ethertype = struct.unpack_from(">HH", frame, at)
    if flags >> 14:
        return None
    if flags & 0x80:
        raise Refused(Drop.NOT_IP)
    number = _read_32(frame, at + 4)[0] >> 8
    return Inside(ethertype, at + 8 + (flags >> 8 & 0x3F) * 4, _GENEVE + number.to_bytes(4, "big"))


def _gtp_u(frame: memoryview, at: int) -> Inside | None:
    """3GPP TS 29.281 section 5: version 1, a G-PDU, extension headers."""
    flags, kind = struct.unpack_from(">BB", frame, at)
    if flags >> 4 != 3:  # version 1, GTP and not GTP'
        return None
    if kind != 0xFF:
        raise Refused(Drop.NOT_IP)
    at += 8
    if flags & 7:
        following = frame[at + 3] if flags & 4 else 0
        at += 4
        while following:
            size = frame[at] * 4
            if not size:
                raise Refused(Drop.MALFORMED)
            following = frame[at + size - 1]
            at += size
    return Inside(_by_version(frame, at), at, b"")


def _teredo(frame: memoryview, at: int) -> Inside | None:
    """RFC 4380 section 5.1.1: authentication and origin may stand before the packet, which is of IPv6."""
    if _read_16(frame, at)[0] == 0x0001:
        at += 13 + frame[at + 2] + frame[at + 3]
    if _read_16(frame, at)[0] == 0x0000:
        at += 8
    return Inside(IPV6, at, b"") if frame[at] >> 4 == 6 else None


def _ayiya(frame: memoryview, at: int) -> Inside | None:
    """draft-massar-v6ops-ayiya-02 section 4: identity and signature of lengths that it says."""
    identity, signature, operation, protocol = frame[at], frame[at + 1], frame[at + 2], frame[at + 3]
    if operation & 15 != 1 or protocol not in (4, 41):  # forward
        return None
    at += 8 + (1 << (identity >> 4)) + (signature >> 4) * 4
    return Inside(IPV6 if protocol == 41 else IPV4, at, b"")


def _tzsp(frame: memoryview, at: int) -> Inside | None:
    """Mirrors of routers (TaZmen Sniffer Protocol, as Wireshark reads it): fields up to an end, then the packet."""
    version, kind, protocol = struct.unpack_from(">BBH", frame, at)
    if version != 1:
        return None
    if kind > 1:  # configuration, keep-alives
        raise Refused(Drop.NOT_IP)
    if protocol != 1:
        raise Refused(Drop.UNREAD_ENCAPSULATION)
    at += 4
    while (field := frame[at]) != 1:
        at += 2 + frame[at + 1] if field else 1  # padding has no length
    return Inside(ETHERNET_FRAME, at + 1, b"")


def _hp_erm(_: memoryview, at: int) -> Inside:
    """Mirrors of HP's switches, as Wireshark reads them: 12 bytes of which nothing tells what they are."""
    return Inside(ETHERNET_FRAME, at + 12, b"")


def _by_version(frame: memoryview, at: int) -> int:
    version = frame[at] >> 4
    if version not in (4, 6):
        raise Refused(Drop.UNREAD_ENCAPSULATION)
    return IPV4 if version == 4 else IPV6


IN_IP: Final[Mapping[int, Callable[[memoryview, int], Inside]]] = {
    4: _plain(IPV4),
    41: _plain(IPV6),
    47: _gre,
    94: _plain(IPV4),
    97: _etherip,
    137: _plain(MPLS),
}
"""By IP protocol number (IANA)."""
_IN_UDP: Final[Mapping[int, Callable[[memoryview, int], Inside | None]]] = {
    2152: _gtp_u,
    4754: _gre,  # RFC 8086
    4789: _vxlan,
    4790: _vxlan,
    6081: _geneve,
    6635: _plain(MPLS),  # RFC 7510
    7932: _hp_erm,
    8472: _vxlan,  # Linux before the RFC: Flannel, Cilium, k3s
    37008: _tzsp,
}
"""By destination port."""
PORTS: Final[Mapping[str, tuple[int, ...]]] = {
    "vxlan": (4789, 4790, 8472),
    "geneve": (6081,),
    "gtp-u": (2152,),
    "tzsp": (37008,),
}
"""Tunnels that are met at other ports, too, and their usual ones."""
_EITHER: Final[Mapping[int, Callable[[memoryview, int], Inside | None]]] = {3544: _teredo, 5072: _ayiya}
"""By either port."""
