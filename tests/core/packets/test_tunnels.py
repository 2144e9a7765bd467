"""Tunnels: each header says what it carries and where; what is none, and what contradicts itself, has its reason."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interceptor.core.model import Drop
from interceptor.core.packets.links import ETHERNET_FRAME, IPV4, IPV6, MPLS, Refused
from interceptor.core.packets.tunnels import IN_IP, PORTS, Inside, InUdp, in_ip

GRE = 47
VXLAN, GENEVE, GTP_U = 4789, 6081, 2152


def udp(port: int, content: bytes, source: int = 50_000) -> Inside | None:
    """What a datagram to a port carries, with bytes before it that are none of its business."""
    inside = InUdp().read(source, port, memoryview(b"before" + content), 6)
    return inside._replace(at=inside.at - 6) if inside is not None else None


def ip(protocol: int, content: bytes) -> Inside | None:
    """What a packet of an IP protocol carries, likewise."""
    inside = in_ip(protocol, memoryview(b"before" + content), 6)
    return inside._replace(at=inside.at - 6) if inside is not None else None


@pytest.mark.parametrize(
    ("protocol", "content", "inside"),
    [
        (4, b"", Inside(IPV4, 0, b"")),
        (41, b"", Inside(IPV6, 0, b"")),
        (94, b"", Inside(IPV4, 0, b"")),
        (137, b"", Inside(MPLS, 0, b"")),
        (97, b"\x30\x00", Inside(ETHERNET_FRAME, 2, b"")),
        (GRE, bytes.fromhex("00000800"), Inside(IPV4, 4, b"")),
        (GRE, bytes.fromhex("8000 0800 12340000"), Inside(IPV4, 8, b"")),
        (GRE, bytes.fromhex("b000 86dd 12340000 00000004 00000001"), Inside(IPV6, 16, b"k\0\0\0\x04")),
        (GRE, bytes.fromhex("3081 880b 00100009 00000001 00000001"), Inside(0x880B, 16, b"")),
        (GRE, bytes.fromhex("0000 88be"), Inside(ETHERNET_FRAME, 4, b"")),
        (
            GRE,
            bytes.fromhex("1000 88be 00000001 10010041 00000000"),
            Inside(ETHERNET_FRAME, 16, b"e\0\0\0\x41"),
        ),
        (
            GRE,
            bytes.fromhex("1000 22eb 00000001 2001fc41 00000000 00000000"),
            Inside(ETHERNET_FRAME, 20, b"e\0\0\0\x41"),
        ),
        (
            GRE,
            bytes.fromhex("1000 22eb 00000001 20010041 00000000 00000001 0000000000000000"),
            Inside(ETHERNET_FRAME, 28, b"e\0\0\0\x41"),
        ),
        (GRE, bytes.fromhex("0000 883e 00000000 45"), Inside(IPV4, 8, b"")),
        (GRE, bytes.fromhex("0000 883e 45"), Inside(IPV4, 4, b"")),
        (6, b"", None),
        (50, b"", None),
    ],
)
def test_in_ip(protocol: int, content: bytes, inside: Inside | None) -> None:
    """Protocols by their numbers, GRE with each of its fields and what is put into it."""
    assert ip(protocol, content) == inside


@pytest.mark.parametrize(
    ("port", "content", "inside"),
    [
        (VXLAN, bytes.fromhex("08000000 00000500"), Inside(ETHERNET_FRAME, 8, b"v\0\0\0\x05")),
        (8472, bytes.fromhex("88ffffff ffffffff"), Inside(ETHERNET_FRAME, 8, b"v\0\xff\xff\xff")),
        (VXLAN, bytes.fromhex("00000000 00000500"), None),
        (4790, bytes.fromhex("0c000001 00000500"), Inside(IPV4, 8, b"v\0\0\0\x05")),
        (4790, bytes.fromhex("0c000002 00000500"), Inside(IPV6, 8, b"v\0\0\0\x05")),
        (4790, bytes.fromhex("0c000003 00000500"), Inside(ETHERNET_FRAME, 8, b"v\0\0\0\x05")),
        (GENEVE, bytes.fromhex("0000 6558 00000500"), Inside(ETHERNET_FRAME, 8, b"g\0\0\0\x05")),
        (GENEVE, bytes.fromhex("3f40 0800 00000500"), Inside(IPV4, 8 + 252, b"g\0\0\0\x05")),
        (GENEVE, bytes.fromhex("4000 6558 00000500"), None),
        (GTP_U, bytes.fromhex("30ff 0000 00000009 45"), Inside(IPV4, 8, b"")),
        (GTP_U, bytes.fromhex("32ff 0000 00000009 00010000 60"), Inside(IPV6, 12, b"")),
        (GTP_U, bytes.fromhex("34ff 0000 00000009 00000085 01000085 01000000 45"), Inside(IPV4, 20, b"")),
        (GTP_U, bytes.fromhex("10ff 0000 00000009 45"), None),
        (3544, bytes.fromhex("60"), None),
        (3544, bytes.fromhex("6000"), Inside(IPV6, 0, b"")),
        (3544, bytes.fromhex("0000 000000000000 6000"), Inside(IPV6, 8, b"")),
        (5072, bytes.fromhex("41 52 11 29 00000000"), Inside(IPV6, 8 + 16 + 20, b"")),
        (5072, bytes.fromhex("41 52 10 29 00000000"), None),
        (4754, bytes.fromhex("0000 0800"), Inside(IPV4, 4, b"")),
        (6635, b"", Inside(MPLS, 0, b"")),
        (37_008, bytes.fromhex("01000001 01"), Inside(ETHERNET_FRAME, 5, b"")),
        (37_008, bytes.fromhex("01010001 00 0a01c4 2800 01"), Inside(ETHERNET_FRAME, 11, b"")),
        (37_008, bytes.fromhex("02000001 01"), None),
        (7_932, bytes(12), Inside(ETHERNET_FRAME, 12, b"")),
        (53, bytes(20), None),
    ],
)
def test_in_udp(port: int, content: bytes, inside: Inside | None) -> None:
    """By the destination's port, and by a header that is one."""
    if len(content) == 1:
        with pytest.raises(struct.error):
            udp(port, content)
    else:
        assert udp(port, content) == inside


@pytest.mark.parametrize(
    ("protocol", "content", "reason"),
    [
        (GRE, bytes.fromhex("4000 0800"), Drop.TUNNEL),
        (GRE, bytes.fromhex("0002 0800"), Drop.TUNNEL),
        (GRE, bytes.fromhex("0000 0000"), Drop.NOT_IP),
        (97, bytes.fromhex("2000"), Drop.MALFORMED),
    ],
)
def test_refused_in_ip(protocol: int, content: bytes, reason: Drop) -> None:
    """Routes in GRE and versions that nobody defined are not entered; keep-alives carry nothing."""
    with pytest.raises(Refused) as refused:
        ip(protocol, content)
    assert refused.value.reason is reason


@pytest.mark.parametrize(
    ("port", "content", "reason"),
    [
        (4790, bytes.fromhex("0c000009 00000500"), Drop.UNREAD_ENCAPSULATION),
        (GENEVE, bytes.fromhex("0080 6558 00000500"), Drop.NOT_IP),
        (GTP_U, bytes.fromhex("3001 0000 00000000"), Drop.NOT_IP),
        (GTP_U, bytes.fromhex("34ff 0000 00000009 00000085 00"), Drop.MALFORMED),
        (GTP_U, bytes.fromhex("30ff 0000 00000009 70"), Drop.UNREAD_ENCAPSULATION),
        (37_008, bytes.fromhex("01000012 01"), Drop.UNREAD_ENCAPSULATION),
        (37_008, bytes.fromhex("01040000"), Drop.NOT_IP),
    ],
)
def test_refused_in_udp(port: int, content: bytes, reason: Drop) -> None:
    """What carries control, nothing known, or an extension header without a length."""
    with pytest.raises(Refused) as refused:
        udp(port, content)
    assert refused.value.reason is reason


def test_ports() -> None:
    """The destination names a tunnel; a source does where both ends use the port."""
    usual = InUdp()
    assert usual.may_be_tunnel(1, VXLAN)
    assert not usual.may_be_tunnel(VXLAN, 1)
    assert usual.may_be_tunnel(3544, 1)
    assert usual.may_be_tunnel(1, 3544)
    assert not usual.may_be_tunnel(53, 53)


@pytest.mark.parametrize("kind", PORTS)
def test_other_ports(kind: str) -> None:
    """Each kind can be at another port, beside its usual ones."""
    header = {
        "vxlan": bytes.fromhex("08000000 00000500"),
        "geneve": bytes.fromhex("0000 6558 00000500"),
        "gtp-u": bytes.fromhex("30ff 0001 00000009"),
        "tzsp": bytes.fromhex("01000001 01"),
    }[kind]
    frame = memoryview(header + b"\x45" + bytes(40))
    other = InUdp({53: kind})
    assert other.may_be_tunnel(1, 53)
    assert other.read(1, 53, frame, 0) == InUdp().read(1, PORTS[kind][0], frame, 0) is not None
    assert other.may_be_tunnel(1, VXLAN)


@given(
    st.sampled_from((*IN_IP, 0)),
    st.sampled_from((2152, 3544, 4754, 4789, 4790, 5072, 6081, 6635)),
    st.binary(max_size=80),
)
def test_any_bytes_at_all(protocol: int, port: int, content: bytes) -> None:
    """An answer, a reason, or the end of the capture; never before where it began."""
    for ask in (lambda: ip(protocol, content), lambda: udp(port, content)):
        try:
            inside = ask()
        except (Refused, struct.error, IndexError):
            continue
        assert inside is None or inside.at >= 0
