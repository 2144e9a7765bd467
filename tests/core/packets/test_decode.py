"""Facts about the way from captured bytes to TCP segments."""

from __future__ import annotations

import struct
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import pytest
from dpkt.pcap import Reader
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scapy.contrib.mpls import MPLS
from scapy.layers.inet import ICMP, IP, TCP, UDP, IPOption_LSRR, IPOption_SSRR, IPOption_Timestamp
from scapy.layers.inet6 import (
    HAO,
    ICMPv6EchoRequest,
    IPv6,
    IPv6ExtHdrDestOpt,
    IPv6ExtHdrFragment,
    IPv6ExtHdrHopByHop,
    IPv6ExtHdrRouting,
    IPv6ExtHdrSegmentRouting,
    Jumbo,
    PadN,
)
from scapy.layers.ipsec import AH, ESP
from scapy.layers.l2 import (
    ARP,
    LLC,
    SNAP,
    STP,
    CookedLinux,
    CookedLinuxV2,
    Dot1AD,
    Dot1Q,
    Dot3,
    Ether,
)
from scapy.layers.ppp import HDLC, PPP, PPPoE, PPPoED
from scapy.packet import Packet, Raw

from interceptor.core.model import Drop, Limits
from interceptor.core.packets.decode import Decoder
from interceptor.core.packets.frames import fast_lane
from tests.support.examples import examples

if TYPE_CHECKING:
    from collections.abc import Callable

    from interceptor.core.model import Segment

ETHERNET, PPP_, RAW, PPP_ETHER, SLL, NFLOG, SLL2 = 1, 9, 101, 51, 113, 239, 276
SECOND = 1_000_000_000
PAYLOAD = b"GET / HTTP/1.1\r\nHost: example.com\r\n\r\n"
MACS: dict[str, Any] = {"src": "00:00:5e:00:53:01", "dst": "00:00:5e:00:53:02"}
MORE_LINKS: tuple[int, ...] = (
    6,
    8,
    10,
    50,
    100,
    104,
    105,
    107,
    109,
    117,
    119,
    127,
    138,
    149,
    163,
    166,
    192,
    197,
    204,
    205,
    206,
    226,
    240,
)
MORE_LINKS += (241, 258, 274, 281, 282, 284, 285)
EVERY_LINK: tuple[int, ...] = (0, 1, 9, 12, 14, 51, 101, 108, 113, 228, 229, 239, 276, *MORE_LINKS)


FLOW4 = bytes([10, 0, 0, 1, 10, 0, 0, 2]) + struct.pack(">HH", 40_000, 80)
FLOW6 = bytes(15) + b"\x01" + bytes(15) + b"\x02" + struct.pack(">HH", 40_000, 80)


def ip4(**fields: Any) -> Packet:
    return IP(**{"src": "10.0.0.1", "dst": "10.0.0.2", **fields})


def ip6(**fields: Any) -> Packet:
    return IPv6(**{"src": "::1", "dst": "::2", **fields})


def ether(**fields: Any) -> Packet:
    return Ether(**{**MACS, **fields})


def tcp(payload: bytes = PAYLOAD, **fields: Any) -> Packet:
    segment = TCP(**{"sport": 40_000, "dport": 80, "seq": 7, "ack": 9, "flags": "PA", **fields})
    return segment / Raw(payload) if payload else segment


Make: TypeAlias = "Callable[[int, int, int, bool, bytes], bytes]"
"""Protocol, identification, offset, whether it is the last, payload: to a frame."""


class Outcome(NamedTuple):
    """What came of one packet, free of where it lay."""

    flow: bytes
    sequence: int
    acknowledgement: int
    flags: int
    payload: bytes
    length: int


def view(buffer: bytes, segment: Segment) -> Outcome:
    flow, sequence, acknowledgement, flags, data, captured, length = segment
    assert 0 <= captured <= length
    assert 0 <= data <= data + captured <= len(buffer)
    return Outcome(flow, sequence, acknowledgement, flags, buffer[data : data + captured], length)


class Trial:
    """A decoder that is given packets in the middle of other bytes and must not notice those."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.decoders = [Decoder(limits or Limits()) for _ in range(3)]
        self.given = 0
        self.returned = 0

    @property
    def decoder(self) -> Decoder:
        return self.decoders[0]

    def decode(
        self,
        packet: Packet | bytes,
        link_type: int = ETHERNET,
        *,
        length: int | None = None,
        time: int = 0,
    ) -> Outcome | None:
        raw = bytes(packet)
        length = len(raw) if length is None else length
        outcomes, quicks = [], []
        for decoder, poison in zip(self.decoders, (b"", b"\x00" * 80, b"\xff" * 80), strict=True):
            buffer = poison + raw + poison
            start = len(poison)
            given = (buffer, start, len(raw))
            result = decoder.decode(link_type, *given, length, time)
            outcome = None
            if result is not None:
                found, segment = result
                outcome = view(found, segment)
                if found is buffer:
                    assert start <= segment[4] <= segment[4] + segment[5] <= start + len(raw)
            quick = fast_lane(*given)
            if link_type == ETHERNET and quick is not None:
                assert result == (buffer, quick)
            outcomes.append(outcome)
            quicks.append(None if quick is None else view(buffer, quick))
        assert quicks[0] == quicks[1] == quicks[2]
        assert outcomes[0] == outcomes[1] == outcomes[2]
        assert self.decoders[0].dropped == self.decoders[1].dropped == self.decoders[2].dropped
        self.given += 1
        self.returned += outcomes[0] is not None
        self.check_balance()
        return outcomes[0]

    def check_balance(self) -> None:
        for decoder in self.decoders:
            assert self.given == self.returned + decoder.dropped.total() + decoder.held

    def refuses(self, packet: Packet | bytes, reason: Drop, link_type: int = ETHERNET, **how: int) -> None:
        before = self.decoder.dropped.copy()
        assert self.decode(packet, link_type, **how) is None
        assert self.decoder.dropped - before == Counter({reason: 1})


@pytest.fixture
def trial() -> Trial:
    return Trial()


SEGMENT4 = Outcome(FLOW4, 7, 9, 0x18, PAYLOAD, len(PAYLOAD))
SEGMENT6 = Outcome(FLOW6, 7, 9, 0x18, PAYLOAD, len(PAYLOAD))


def tagged(outcome: Outcome, *vlans: int) -> Outcome:
    """The same in these VLANs, which are part of a flow's name."""
    return outcome._replace(flow=outcome.flow + b"".join(vlan.to_bytes(2) for vlan in vlans))


PLAIN4 = bytes(ip4() / tcp())
PLAIN6 = bytes(ip6() / tcp())


def nflog(family: int, payload: bytes, order: str = "<") -> bytes:
    """linux/netfilter/nfnetlink_log.h: a prefix of 5 bytes, padded to 8, and then the packet."""

    def attribute(kind: int, value: bytes) -> bytes:
        return struct.pack(f"{order}HH", 4 + len(value), kind) + value + bytes(-len(value) % 4)

    return struct.pack(">BBH", family, 0, 5) + attribute(10, b"http\0") + attribute(9, payload)


# --- link layers --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("link_type", "packet", "expected"),
    [
        pytest.param(ETHERNET, ether() / ip4() / tcp(), SEGMENT4, id="ethernet, ipv4"),
        pytest.param(ETHERNET, ether() / ip6() / tcp(), SEGMENT6, id="ethernet, ipv6"),
        pytest.param(ETHERNET, ether() / Dot1Q(vlan=5) / ip4() / tcp(), tagged(SEGMENT4, 5), id="802.1Q"),
        pytest.param(ETHERNET, ether() / Dot1Q() / ip6() / tcp(), tagged(SEGMENT6, 1), id="802.1Q, ipv6"),
        pytest.param(
            ETHERNET, ether() / Dot1AD() / Dot1Q() / ip4() / tcp(), tagged(SEGMENT4, 1, 1), id="0x88a8"
        ),
        pytest.param(
            ETHERNET,
            ether(type=0x9100) / Dot1Q() / Dot1Q() / ip4() / tcp(),
            tagged(SEGMENT4, 1, 1),
            id="0x9100, three tags",
        ),
        pytest.param(ETHERNET, ether() / MPLS(label=16, s=1) / ip4() / tcp(), SEGMENT4, id="mpls"),
        pytest.param(
            ETHERNET,
            ether() / MPLS(s=0) / MPLS(s=0) / MPLS(s=1) / ip6() / tcp(),
            SEGMENT6,
            id="mpls, 3 labels",
        ),
        pytest.param(ETHERNET, ether() / PPPoE() / PPP() / ip4() / tcp(), SEGMENT4, id="pppoe"),
        pytest.param(ETHERNET, ether() / PPPoE() / PPP() / ip6() / tcp(), SEGMENT6, id="pppoe, ipv6"),
        pytest.param(
            ETHERNET,
            ether() / Dot1Q() / PPPoE() / PPP() / ip4() / tcp(),
            tagged(SEGMENT4, 1),
            id="802.1Q, pppoe",
        ),
        pytest.param(ETHERNET, Dot3(**MACS) / LLC() / SNAP() / ip4() / tcp(), SEGMENT4, id="802.3, snap"),
        pytest.param(
            ETHERNET,
            Dot3(**MACS) / LLC() / SNAP(OUI=0xF8) / ip4() / tcp(),
            SEGMENT4,
            id="802.3, bridged snap",
        ),
        pytest.param(SLL, CookedLinux(proto=0x0800) / ip4() / tcp(), SEGMENT4, id="cooked v1"),
        pytest.param(SLL, CookedLinux(proto=0x86DD) / ip6() / tcp(), SEGMENT6, id="cooked v1, ipv6"),
        pytest.param(
            SLL,
            CookedLinux(proto=0x8100) / Dot1Q() / ip4() / tcp(),
            tagged(SEGMENT4, 1),
            id="cooked v1, 802.1Q",
        ),
        pytest.param(
            SLL, CookedLinux(proto=4) / LLC() / SNAP() / ip4() / tcp(), SEGMENT4, id="cooked v1, snap"
        ),
        pytest.param(SLL2, CookedLinuxV2(proto=0x0800) / ip4() / tcp(), SEGMENT4, id="cooked v2"),
        pytest.param(SLL2, CookedLinuxV2(proto=0x86DD) / ip6() / tcp(), SEGMENT6, id="cooked v2, ipv6"),
        pytest.param(RAW, PLAIN4, SEGMENT4, id="raw, ipv4"),
        pytest.param(RAW, PLAIN6, SEGMENT6, id="raw, ipv6"),
        pytest.param(12, PLAIN4, SEGMENT4, id="raw as 12"),
        pytest.param(14, PLAIN6, SEGMENT6, id="raw as 14"),
        pytest.param(228, PLAIN4, SEGMENT4, id="228, ipv4"),
        pytest.param(229, PLAIN6, SEGMENT6, id="229, ipv6"),
        pytest.param(NFLOG, nflog(2, PLAIN4), SEGMENT4, id="nflog"),
        pytest.param(NFLOG, nflog(10, PLAIN6), SEGMENT6, id="nflog, ipv6"),
        pytest.param(NFLOG, nflog(2, PLAIN4, ">"), SEGMENT4, id="nflog, big endian"),
        pytest.param(PPP_, HDLC() / PPP() / ip4() / tcp(), SEGMENT4, id="ppp"),
        pytest.param(PPP_, PPP() / ip6() / tcp(), SEGMENT6, id="ppp without address and control"),
        pytest.param(PPP_, b"\xff\x03\x21" + PLAIN4, SEGMENT4, id="ppp, compressed protocol"),
        pytest.param(PPP_, b"\x57" + PLAIN6, SEGMENT6, id="ppp, everything compressed"),
        pytest.param(PPP_, b"\xff\x03\x02\x81\x00\x01\x01\x40" + PLAIN4, SEGMENT4, id="ppp, mpls"),
        pytest.param(PPP_ETHER, PPPoE() / PPP() / ip4() / tcp(), SEGMENT4, id="pppoe without ethernet"),
    ],
)
def test_link_layers(trial: Trial, link_type: int, packet: Packet | bytes, expected: Outcome) -> None:
    """Every link layer leads to the same segment."""
    assert trial.decode(packet, link_type) == expected


@pytest.mark.parametrize("link_type", [0, 108])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("family", [2, 10, 23, 24, 26, 28, 30])
def test_loopback_families(trial: Trial, link_type: int, order: str, family: int) -> None:
    """NULL and LOOP are read in both byte orders with the address family numbers of every system."""
    packet = struct.pack(f"{order}I", family) + (PLAIN4 if family == 2 else PLAIN6)
    assert trial.decode(packet, link_type) == (SEGMENT4 if family == 2 else SEGMENT6)


@pytest.mark.parametrize(
    ("link_type", "packet"),
    [
        pytest.param(ETHERNET, ether() / ARP(), id="arp"),
        pytest.param(ETHERNET, ether(type=0x88CC) / Raw(b"\x02\x07"), id="lldp"),
        pytest.param(ETHERNET, Dot3(**MACS) / LLC() / STP(), id="spanning tree"),
        pytest.param(ETHERNET, Dot3(**MACS) / LLC() / SNAP(OUI=0x0C) / Raw(PLAIN4), id="snap of another OUI"),
        pytest.param(ETHERNET, ether() / Dot1Q() / ARP(), id="arp in a vlan"),
        pytest.param(ETHERNET, ether() / MPLS(s=1) / Raw(b"\x10" * 40), id="mpls, associated channel"),
        pytest.param(ETHERNET, ether(type=0x8863) / PPPoED(code=9), id="pppoe discovery"),
        pytest.param(PPP_ETHER, PPPoED(code=9), id="pppoe discovery without ethernet"),
        pytest.param(ETHERNET, ether() / PPPoE() / PPP(proto=0xC021) / Raw(b"\x01\x01\x00\x04"), id="lcp"),
        pytest.param(PPP_, b"\xff\x03\xc0\x21\x01\x01\x00\x04", id="ppp, lcp"),
        pytest.param(SLL, CookedLinux(proto=0x0806) / ARP(), id="cooked v1, arp"),
        pytest.param(SLL, CookedLinux(proto=12) / LLC() / SNAP() / Raw(PLAIN4), id="cooked v1, can"),
        pytest.param(SLL2, CookedLinuxV2(proto=0x0806) / ARP(), id="cooked v2, arp"),
        pytest.param(0, b"\x07\x00\x00\x00" + PLAIN4, id="null, another family"),
        pytest.param(NFLOG, nflog(7, PLAIN4), id="nflog, bridge family"),
    ],
)
def test_other_networks(trial: Trial, link_type: int, packet: Packet | bytes) -> None:
    """What is not IP is counted as that."""
    trial.refuses(packet, Drop.NOT_IP, link_type)


@pytest.mark.parametrize("link_type", [-1, 2, 7, 129, 147, 189, 65_535])
def test_unknown_link_types(trial: Trial, link_type: int) -> None:
    """A link layer that is not decoded is not guessed at."""
    trial.refuses(PLAIN4, Drop.UNKNOWN_LINK_TYPE, link_type)


# --- network layers -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("packet", "expected"),
    [
        pytest.param(ip4(options=[IPOption_Timestamp()]) / tcp(), SEGMENT4, id="ipv4 options"),
        pytest.param(ip4(flags="DF") / tcp(), SEGMENT4, id="do not fragment"),
        pytest.param(ip4(flags="evil") / tcp(), SEGMENT4, id="reserved bit"),
        pytest.param(ip4() / tcp(chksum=1), SEGMENT4, id="wrong tcp checksum"),
        pytest.param(ip4(chksum=1) / tcp(), SEGMENT4, id="wrong ip checksum"),
        pytest.param(ip4() / tcp(options=[("MSS", 1460), ("NOP", None)]), SEGMENT4, id="tcp options"),
        pytest.param(
            ip4() / AH(nh=6, payloadlen=4, spi=1, icv=b"i" * 12) / tcp(),
            SEGMENT4,
            id="ipv4, authentication header",
        ),
        pytest.param(
            ip6() / IPv6ExtHdrHopByHop(options=PadN(optdata=b"0" * 20)) / tcp(), SEGMENT6, id="hop by hop"
        ),
        pytest.param(ip6() / IPv6ExtHdrRouting(addresses=["::3"], segleft=0) / tcp(), SEGMENT6, id="routing"),
        pytest.param(
            ip6(dst="::3") / IPv6ExtHdrRouting(addresses=["::4", "::2"]) / tcp(),
            SEGMENT6,
            id="routing, on its way",
        ),
        pytest.param(
            ip6(dst="::3")
            / IPv6ExtHdrSegmentRouting(addresses=["::2", "::3"], segleft=1, lastentry=1)
            / tcp(),
            SEGMENT6,
            id="segment routing, on its way",
        ),
        pytest.param(
            ip6(src="::3") / IPv6ExtHdrDestOpt(options=[HAO(hoa="::1")]) / tcp(),
            SEGMENT6,
            id="away from home",
        ),
        pytest.param(
            ip4(dst="10.0.0.9", options=[IPOption_LSRR(pointer=8, routers=["10.0.0.8", "10.0.0.2"])]) / tcp(),
            SEGMENT4,
            id="loose source route, on its way",
        ),
        pytest.param(
            ip4(options=[IPOption_SSRR(pointer=12, routers=["10.0.0.8", "10.0.0.9"])]) / tcp(),
            SEGMENT4,
            id="strict source route at its end",
        ),
        pytest.param(ip6() / IPv6ExtHdrDestOpt() / tcp(), SEGMENT6, id="destination options"),
        pytest.param(
            ip6() / AH(nh=6, payloadlen=4, spi=1, icv=b"i" * 12) / tcp(),
            SEGMENT6,
            id="ipv6, authentication header",
        ),
        pytest.param(ip6() / IPv6ExtHdrFragment(id=1) / tcp(), SEGMENT6, id="atomic fragment"),
        pytest.param(
            ip6()
            / IPv6ExtHdrHopByHop()
            / IPv6ExtHdrDestOpt()
            / IPv6ExtHdrRouting()
            / IPv6ExtHdrDestOpt()
            / tcp(),
            SEGMENT6,
            id="several extension headers",
        ),
        pytest.param(ip4(len=0) / tcp(), SEGMENT4, id="total length 0"),
        pytest.param(ip6(plen=0) / tcp(), SEGMENT6, id="payload length 0"),
    ],
)
def test_network_layers(trial: Trial, packet: Packet, expected: Outcome) -> None:
    """IP headers with everything that may be in and behind them lead to the same segment."""
    assert trial.decode(ether() / packet) == expected
    assert trial.decode(packet, RAW) == expected


@pytest.mark.parametrize(
    ("packet", "reason"),
    [
        pytest.param(ip4() / UDP(dport=53), Drop.NOT_TCP, id="udp"),
        pytest.param(ip6() / UDP(dport=53), Drop.NOT_TCP, id="udp over ipv6"),
        pytest.param(ip4(proto=132) / Raw(b"s" * 20), Drop.NOT_TCP, id="sctp"),
        pytest.param(ip6(nh=59), Drop.NOT_TCP, id="no next header"),
        pytest.param(ip4() / ICMP() / ip4() / tcp(), Drop.ICMP, id="icmp that quotes tcp"),
        pytest.param(ip6() / ICMPv6EchoRequest(), Drop.ICMP, id="icmpv6"),
        pytest.param(
            ip6() / IPv6ExtHdrHopByHop() / ICMPv6EchoRequest(), Drop.ICMP, id="icmpv6 after options"
        ),
        pytest.param(ip4(proto=115) / Raw(b"l" * 20), Drop.TUNNEL, id="l2tp"),
        pytest.param(ip4(proto=55) / Raw(b"m" * 20), Drop.TUNNEL, id="minimal encapsulation"),
        pytest.param(ip4() / ESP(spi=1, seq=1, data=b"e" * 20), Drop.ENCRYPTED, id="esp"),
        pytest.param(ip6() / ESP(spi=1, seq=1, data=b"e" * 20), Drop.ENCRYPTED, id="esp over ipv6"),
        pytest.param(ip4(ihl=4) / tcp(), Drop.MALFORMED, id="ip header of 16 bytes"),
        pytest.param(ip4(len=19) / tcp(), Drop.MALFORMED, id="total length below the header's"),
        pytest.param(ip4(len=39) / tcp(), Drop.TRUNCATED_HEADER, id="total length inside the tcp header"),
        pytest.param(ip6(plen=19) / tcp(), Drop.TRUNCATED_HEADER, id="payload length inside the tcp header"),
        pytest.param(ip4() / tcp(dataofs=4), Drop.MALFORMED, id="tcp header of 16 bytes"),
        pytest.param(ip6() / tcp(dataofs=0), Drop.MALFORMED, id="tcp header of 0 bytes"),
        pytest.param(ip4() / tcp(b"", dataofs=6), Drop.MALFORMED, id="tcp header past the end"),
        pytest.param(ip4(proto=44) / Raw(bytes(8) + PLAIN4), Drop.MALFORMED, id="fragment header in ipv4"),
        pytest.param(ip4(version=5) / tcp(), Drop.MALFORMED, id="ipv5"),
    ],
)
def test_no_segment(trial: Trial, packet: Packet, reason: Drop) -> None:
    """Each reason for there being no segment has its own name, on any link."""
    trial.refuses(ether() / packet, reason)
    trial.refuses(ether() / Dot1Q() / packet, reason)
    trial.refuses(packet, reason, RAW)


@pytest.mark.parametrize(
    ("link_type", "packet"),
    [
        pytest.param(ETHERNET, ether(type=0x0800) / ip6() / tcp(), id="ipv6 as ipv4"),
        pytest.param(ETHERNET, ether(type=0x86DD) / ip4() / tcp(), id="ipv4 as ipv6"),
        pytest.param(RAW, b"\x00" * 40, id="raw, version 0"),
        pytest.param(
            ETHERNET,
            ether(type=0x8864) / Raw(b"\x21\x00" + bytes(4) + b"\x21" + PLAIN4),
            id="pppoe version 2",
        ),
        pytest.param(NFLOG, b"\x02\x01\x00\x00" + PLAIN4, id="nflog version 1"),
        pytest.param(NFLOG, b"\x02\x00\x00\x00" + b"\x03\x00\x01\x00" * 3, id="nflog attribute of 3 bytes"),
    ],
)
def test_contradictions_of_link_and_network(trial: Trial, link_type: int, packet: Packet | bytes) -> None:
    """A header that is not what the one before it announced is malformed."""
    trial.refuses(packet, Drop.MALFORMED, link_type)


def test_headers_without_end(trial: Trial) -> None:
    """Stacks of tags, labels and extension headers are followed up to a bound that no real packet reaches."""
    tag = struct.pack(">HH", 5, 0x8100)
    for count, known in ((31, True), (32, False), (10_000, False)):
        packet = bytes(ether(type=0x8100)) + tag * (count - 1) + struct.pack(">HH", 5, 0x0800) + PLAIN4
        if known:
            assert trial.decode(packet) == tagged(SEGMENT4, 5, 5, 5, 5)
        else:
            trial.refuses(packet, Drop.MALFORMED)
    trial.refuses(bytes(ether(type=0x8847)) + bytes(4) * 10_000 + PLAIN4, Drop.MALFORMED)
    header = bytes(ip6(plen=0, nh=0))
    options = b"\x00\x00" + bytes(6)
    trial.refuses(header + options * 8_000 + PLAIN6, Drop.MALFORMED, RAW)
    last = b"\x06\x00" + bytes(6)
    assert trial.decode(header + options * 14 + last + bytes(tcp()), RAW) == Outcome(
        FLOW6, 7, 9, 0x18, PAYLOAD, len(PAYLOAD)
    )


def test_tunnels_are_entered_four_deep(trial: Trial) -> None:
    """Three thousand IP headers in one packet cost what five do."""
    packet = bytes(ip4(proto=4, len=65_535)) * 3_000
    trial.refuses(packet, Drop.TUNNEL, RAW)


# --- lengths ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("packet", [ip4() / tcp(b""), ip6() / tcp(b""), ip4() / tcp(b"x")])
def test_padding_is_not_payload(trial: Trial, packet: Packet) -> None:
    """Ethernet pads short frames; the IP header says where the packet ends."""
    plain = trial.decode(ether() / packet)
    assert plain is not None
    assert trial.decode(bytes(ether() / packet) + b"\x00" * 20) == plain


@pytest.mark.parametrize("network", [ip4(), ip6()], ids=["ipv4", "ipv6"])
@pytest.mark.parametrize("tag", [None, Dot1Q()], ids=["plain", "vlan"])
def test_every_cut_of_a_packet(trial: Trial, network: Packet, tag: Packet | None) -> None:
    """A capture that ends in a header is truncated; behind the fixed TCP header the wire length still holds."""
    options = [("NOP", None)] * 12
    frame = bytes((ether() / tag if tag else ether()) / network / tcp(b"body", options=options))
    body = len(frame) - 4
    fixed = body - 12
    for cut in range(fixed):
        trial.refuses(frame[:cut], Drop.TRUNCATED_HEADER, length=len(frame))
    for cut in range(fixed, len(frame) + 1):
        outcome = trial.decode(frame[:cut], length=len(frame))
        assert outcome is not None
        assert outcome.payload == frame[body:cut]
        assert outcome.length == 4


@pytest.mark.parametrize(
    ("link_type", "packet"),
    [
        (SLL, CookedLinux(proto=0x0800) / ip4() / tcp(b"")),
        (SLL2, CookedLinuxV2(proto=0x0800) / ip4() / tcp(b"")),
        (RAW, ip4() / tcp(b"")),
        (0, b"\x02\x00\x00\x00" + bytes(ip4() / tcp(b""))),
        (PPP_, HDLC() / PPP() / ip4() / tcp(b"")),
        (PPP_ETHER, PPPoE() / PPP() / ip4() / tcp(b"")),
        (NFLOG, nflog(2, bytes(ip4() / tcp(b"")))),
        (ETHERNET, Dot3(**MACS) / LLC() / SNAP() / ip4() / tcp(b"")),
        (ETHERNET, ether() / MPLS(s=0) / MPLS(s=1) / ip4() / tcp(b"")),
        (ETHERNET, ether() / ip4(options=[IPOption_Timestamp()]) / UDP(dport=53)),
        (
            RAW,
            ip6()
            / IPv6ExtHdrHopByHop()
            / IPv6ExtHdrRouting(addresses=["::3"])
            / AH(nh=6, payloadlen=4, icv=b"i" * 12)
            / tcp(b""),
        ),
        (RAW, ip6() / IPv6ExtHdrFragment() / tcp(b"")),
    ],
)
def test_every_cut_in_a_header(trial: Trial, link_type: int, packet: Packet | bytes) -> None:
    """Wherever the capture ends in a header, of any kind, that is what is said."""
    frame = bytes(packet)
    for cut in range(len(frame)):
        trial.refuses(frame[:cut], Drop.TRUNCATED_HEADER, link_type, length=len(frame))


@pytest.mark.parametrize("network", [ip4(len=0), ip6(plen=0)], ids=["ipv4", "ipv6"])
@pytest.mark.parametrize(
    ("link_type", "link"), [(ETHERNET, ether() / Dot1Q()), (ETHERNET, ether()), (RAW, None)]
)
def test_a_length_of_zero_is_the_wire_length(
    trial: Trial, link_type: int, link: Packet | None, network: Packet
) -> None:
    """TSO frames above 65,535 bytes say 0: the capture's record of the wire length counts."""
    frame = bytes(link / network / tcp(b"x" * 100_000) if link else network / tcp(b"x" * 100_000))
    outcome = trial.decode(frame, link_type)
    assert outcome is not None
    assert outcome.length == len(outcome.payload) == 100_000
    outcome = trial.decode(frame[:200], link_type, length=len(frame))
    assert outcome is not None
    assert outcome.length == 100_000
    assert len(outcome.payload) == 200 - (len(frame) - 100_000)


def test_a_jumbogram(trial: Trial) -> None:
    """Linux's BIG TCP puts a jumbo payload option in front of TCP (RFC 2675)."""
    inner = bytes(tcp(b"x" * 70_000))
    packet = ip6(plen=0) / IPv6ExtHdrHopByHop(nh=6, options=Jumbo(jumboplen=len(inner) + 8)) / Raw(inner)
    outcome = trial.decode(ether() / packet)
    assert outcome is not None
    assert outcome.length == 70_000


def test_a_recorded_length_below_the_captured_one(trial: Trial) -> None:
    """A capture file that contradicts itself about the wire length does not shorten the packet."""
    assert trial.decode(ether() / ip4(len=0) / tcp(), length=0) == SEGMENT4


@pytest.mark.parametrize(
    ("flags", "value"), [("F", 1), ("S", 2), ("R", 4), ("P", 8), ("A", 16), ("UEC", 0xE0), ("N", 0)]
)
def test_flags_are_the_low_eight_bits(trial: Trial, flags: str, value: int) -> None:
    """Each flag has its bit of RFC 9293; the ninth, once NS, is left out."""
    for network in (ip4(), ip6()):
        outcome = trial.decode(ether() / network / tcp(flags=flags))
        assert outcome is not None
        assert outcome.flags == value


# --- fragments ----------------------------------------------------------------------------------------------


def fragment4(protocol: int, identification: int, offset: int, last: bool, payload: bytes) -> bytes:
    """An Ethernet frame with an IPv4 fragment; scapy is too slow for thousands."""
    fields = (
        0x45,
        0,
        20 + len(payload),
        identification,
        offset // 8 | (0 if last else 0x2000),
        64,
        protocol,
        0,
    )
    return bytes(12) + b"\x08\x00" + struct.pack(">BBHHHBBH", *fields) + FLOW4[:8] + payload


def fragment6(protocol: int, identification: int, offset: int, last: bool, payload: bytes) -> bytes:
    """The same for IPv6."""
    fields = (0x60000000, 8 + len(payload), 44, 64)
    fragment = struct.pack(">BBHI", protocol, 0, offset | (not last), identification)
    return bytes(12) + b"\x86\xdd" + struct.pack(">IHBB", *fields) + FLOW6[:32] + fragment + payload


MAKERS = [pytest.param(fragment4, id="ipv4"), pytest.param(fragment6, id="ipv6")]
FAMILIES = pytest.mark.parametrize(
    ("make", "expected"), [(fragment4, SEGMENT4), (fragment6, SEGMENT6)], ids=["ipv4", "ipv6"]
)
TRANSPORT = bytes(tcp())


@FAMILIES
def test_fragments_become_one_segment(trial: Trial, make: Make, expected: Outcome) -> None:
    """The last missing fragment gives the segment in a buffer of its own; the others are merged."""
    assert trial.decode(make(6, 1, 24, False, TRANSPORT[24:40])) is None
    assert trial.decode(make(6, 1, 40, True, TRANSPORT[40:])) is None
    assert trial.decoder.held == 2
    assert trial.decode(make(6, 1, 0, False, TRANSPORT[:24])) == expected
    assert trial.decoder.held == 0
    assert trial.decoder.dropped == {Drop.FRAGMENT_MERGED: 2}


@FAMILIES
def test_fragments_of_the_largest_datagram(trial: Trial, make: Make, expected: Outcome) -> None:
    """Offsets use all their 13 bits."""
    payload = b"x" * 65_480
    content = TRANSPORT[:20] + payload
    for start in range(0, 65_500, 1_480):
        part = content[start : start + 1_480]
        outcome = trial.decode(make(6, 1, start, start + 1_480 >= len(content), part))
    assert outcome == expected._replace(payload=payload, length=65_480)


@FAMILIES
def test_fragments_of_different_datagrams(trial: Trial, make: Make, expected: Outcome) -> None:
    """The identification keeps datagrams of the same hosts apart."""
    trial.decode(make(6, 1, 0, False, TRANSPORT[:24]))
    trial.decode(make(6, 2, 0, False, TRANSPORT[:24]))
    assert trial.decode(make(6, 3, 24, True, TRANSPORT[24:])) is None
    assert trial.decode(make(6, 2, 24, True, TRANSPORT[24:])) == expected
    assert trial.decoder.held == 2


@FAMILIES
def test_fragments_of_other_protocols_are_not_kept(trial: Trial, make: Make, expected: Outcome) -> None:
    """ICMP, ESP and UDP to no tunnel's port are refused piece by piece: nothing would come of waiting."""
    trial.refuses(make(17, 1, 0, False, bytes(UDP(dport=53)) + bytes(16)), Drop.NOT_TCP)
    trial.refuses(make(17, 1, 24, True, bytes(8)), Drop.NOT_TCP)
    trial.refuses(make(58 if expected is SEGMENT6 else 1, 1, 8, False, bytes(8)), Drop.ICMP)
    trial.refuses(make(50, 1, 8, False, bytes(8)), Drop.ENCRYPTED)
    trial.refuses(make(17, 1, 0, False, b""), Drop.TRUNCATED_HEADER)


@FAMILIES
def test_fragments_of_a_tunnel_are_kept(trial: Trial, make: Make, expected: Outcome) -> None:
    """What is inside is whole when they all are, whichever comes first."""
    inside = bytes(UDP(dport=4789)) + b"\x08\0\0\0\0\0\x05\0" + bytes(ether() / ip4() / tcp())
    pieces = [make(17, 1, 0, False, inside[:24]), make(17, 1, 24, True, inside[24:])]
    for first, second in (pieces, pieces[::-1]):
        assert trial.decode(first) is None
        outcome = trial.decode(second)
        assert outcome is not None
        assert outcome.payload == PAYLOAD


@FAMILIES
def test_fragments_that_came_before_the_first_one_told(trial: Trial, make: Make, expected: Outcome) -> None:
    """A datagram to no tunnel's port is given up when its first fragment says so, and what comes later with it."""
    assert trial.decode(make(17, 1, 24, False, bytes(8))) is None
    assert trial.decoder.held == 1
    assert trial.decode(make(17, 1, 0, False, bytes(UDP(dport=53)) + bytes(16))) is None
    assert trial.decoder.dropped == {Drop.NOT_TCP: 2}
    assert trial.decoder.held == 0
    trial.refuses(make(17, 1, 32, True, bytes(8)), Drop.NOT_TCP)


@pytest.mark.parametrize("make", MAKERS)
def test_a_datagram_that_is_no_segment_after_all(trial: Trial, make: Make) -> None:
    """All fragments are accounted for if the whole turns out to be malformed, cut or another protocol."""
    bad = bytes(tcp(dataofs=4))
    trial.decode(make(6, 1, 0, False, bad[:24]))
    assert trial.decode(make(6, 1, 24, True, bad[24:])) is None
    assert trial.decoder.dropped == {Drop.FRAGMENT_MERGED: 1, Drop.MALFORMED: 1}
    trial.decode(make(6, 2, 0, False, TRANSPORT[:8]))
    assert trial.decode(make(6, 2, 8, True, TRANSPORT[8:16])) is None
    assert trial.decoder.dropped == {Drop.FRAGMENT_MERGED: 2, Drop.MALFORMED: 1, Drop.TRUNCATED_HEADER: 1}
    authenticated = bytes(AH(nh=1, payloadlen=4, icv=b"i" * 12)) + bytes(8)
    trial.decode(make(51, 3, 0, False, authenticated[:8]))
    assert trial.decode(make(51, 3, 8, True, authenticated[8:])) is None
    assert trial.decoder.dropped[Drop.ICMP] == 1
    assert trial.decoder.held == 0


def test_extension_headers_inside_fragments(trial: Trial) -> None:
    """What follows the fragment header may be another extension header, named by the first fragment."""
    inner = bytes(IPv6ExtHdrDestOpt(nh=6)) + TRANSPORT
    trial.decode(fragment6(60, 1, 16, True, inner[16:]))
    assert trial.decode(fragment6(60, 1, 0, False, inner[:16])) == SEGMENT6


@pytest.mark.parametrize("between", [b"", bytes(IPv6ExtHdrDestOpt(nh=44))], ids=["at once", "behind options"])
def test_fragments_of_fragments_are_malformed(trial: Trial, between: bytes) -> None:
    """A fragment header inside a fragment is refused, so that reassembly happens once per packet."""
    inner = between + struct.pack(">BBHI", 6, 0, 1, 9) + TRANSPORT[:24]
    assert trial.decode(fragment6(60 if between else 44, 1, 0, False, inner)) is None
    assert trial.decode(fragment6(60 if between else 44, 1, len(inner), True, bytes(8))) is None
    assert trial.decoder.dropped[Drop.MALFORMED] == 1 if between else 2
    assert trial.decoder.held == 0


@FAMILIES
def test_fragments_cut_by_the_snaplen(trial: Trial, make: Make, expected: Outcome) -> None:
    """A cut fragment ends the payload that is there; the length is still that of the wire."""
    first = make(6, 1, 0, False, TRANSPORT[:40])
    assert trial.decode(first[:-5], length=len(first)) is None
    assert trial.decode(make(6, 1, 40, True, TRANSPORT[40:])) == expected._replace(payload=PAYLOAD[:15])


@FAMILIES
def test_padding_is_not_part_of_a_fragment(trial: Trial, make: Make, expected: Outcome) -> None:
    """Short last fragments are padded by Ethernet; the datagram is not."""
    trial.decode(make(6, 1, 0, False, TRANSPORT[:56]))
    assert trial.decode(make(6, 1, 56, True, TRANSPORT[56:]) + bytes(20)) == expected


@pytest.mark.parametrize("make", MAKERS)
def test_overlapping_fragments_are_dropped(trial: Trial, make: Make) -> None:
    """RFC 5722: a datagram with an overlap is dropped whole, with what still comes of it."""
    trial.decode(make(6, 1, 0, False, TRANSPORT[:24]))
    trial.decode(make(6, 1, 16, True, TRANSPORT[16:]))
    trial.decode(make(6, 1, 24, True, TRANSPORT[24:]))
    assert trial.decoder.dropped == {Drop.FRAGMENT_OVERLAP: 3}


@pytest.mark.parametrize("make", MAKERS)
def test_incomplete_datagrams_time_out(trial: Trial, make: Make) -> None:
    """Fragments wait for `fragment_seconds` of packet time, and not beyond the end."""
    trial.decode(make(6, 1, 0, False, TRANSPORT[:24]), time=0)
    trial.decode(make(6, 2, 0, False, TRANSPORT[:24]), time=10 * SECOND)
    for decoder in trial.decoders:
        decoder.expire(30 * SECOND + 1)
    assert trial.decoder.held == 1
    trial.check_balance()
    for decoder in trial.decoders:
        decoder.close()
    assert trial.decoder.held == 0
    assert trial.decoder.dropped == {Drop.FRAGMENT_TIMEOUT: 2}
    trial.check_balance()


def test_the_number_of_waiting_datagrams_is_bounded() -> None:
    """A flood of first fragments holds no more than the limit says."""
    trial = Trial(Limits(fragments=8))
    for number in range(100):
        trial.decode(fragment4(6, number, 0, False, TRANSPORT[:24]))
    assert trial.decoder.held == 8
    assert trial.decoder.dropped == {Drop.FRAGMENT_LIMIT: 92}


def test_ipv4_datagrams_of_different_protocols_are_different(trial: Trial) -> None:
    """RFC 791: the protocol is part of an IPv4 datagram's name."""
    trial.decode(fragment4(6, 1, 0, False, TRANSPORT[:24]))
    assert trial.decode(fragment4(51, 1, 24, True, TRANSPORT[24:])) is None
    assert trial.decoder.held == 2


# --- properties ---------------------------------------------------------------------------------------------

PROVEN = examples(1_000)


@st.composite
def frames(draw: st.DrawFn) -> bytes:
    """Ethernet frames that are mostly right: IPv4 or IPv6, TCP, and each field now and then not what it should be."""

    def mostly(value: int, otherwise: st.SearchStrategy[int]) -> int:
        return value if draw(st.integers(0, 7)) else draw(otherwise)

    options = draw(st.integers(0, 3)) * 4
    offset = mostly(5 + options // 4, st.integers(0, 15))
    segment = (
        draw(st.binary(min_size=12, max_size=12)) + bytes([offset << 4, draw(st.integers(0, 255))]) + bytes(6)
    )
    segment += bytes(options) + draw(st.binary(max_size=40))
    delta = mostly(0, st.integers(-60, 60))
    protocol = mostly(6, st.integers(0, 255))
    if draw(st.booleans()):
        words = mostly(5, st.integers(0, 15))
        header_options = bytes(max(words * 4 - 20, 0))
        size = mostly(max(20 + len(header_options) + len(segment) + delta, 0), st.just(0))
        version = mostly(4, st.integers(0, 15))
        fragment = mostly(0, st.integers(0, 0xFFFF))
        head = (
            version << 4 | words,
            draw(st.integers(0, 255)),
            size,
            draw(st.integers(0, 3)),
            fragment,
            64,
            protocol,
            0,
        )
        network = struct.pack(">BBHHHBBH", *head) + draw(st.binary(min_size=8, max_size=8)) + header_options
        ethertype = 0x0800
    else:
        size = mostly(max(len(segment) + delta, 0), st.just(0))
        network = struct.pack(
            ">IHBB", mostly(6, st.integers(0, 15)) << 28 | draw(st.integers(0, 0xFFFFF)), size, protocol, 64
        )
        network += draw(st.binary(min_size=32, max_size=32))
        ethertype = 0x86DD
    ethertype = mostly(ethertype, st.sampled_from([0x0800, 0x86DD, 0x8100, 0x0806]))
    frame = bytes(12) + struct.pack(">H", ethertype) + network + segment + bytes(draw(st.integers(0, 10)))
    return frame[: mostly(len(frame), st.integers(0, len(frame)))]


@PROVEN
@given(frame=frames(), beyond=st.integers(0, 100))
def test_both_lanes_agree(frame: bytes, beyond: int) -> None:
    """Where the fast lane gives a segment, the decoder gives the same, whatever lies around the frame."""
    Trial().decode(frame, length=len(frame) + beyond)


def test_the_property_above_is_not_empty() -> None:
    """The generated frames reach the fast lane, in both families, and its refusals."""
    seen: Counter[int] = Counter()

    @settings(max_examples=300, deadline=None, database=None, derandomize=True)
    @given(frames())
    def look(frame: bytes) -> None:
        segment = fast_lane(frame, 0, len(frame))
        seen[len(segment[0]) if segment else 0] += 1

    look()
    assert min(seen[12], seen[36], seen[0]) >= 20


STARTS = [
    b"",
    bytes(ether() / ip4())[:-6],
    bytes(ether() / ip6()),
    bytes(ether() / Dot1Q()),
    bytes(ether() / MPLS(s=0)),
    bytes(ether() / PPPoE()),
    bytes(Dot3(**MACS) / LLC() / SNAP()),
    bytes(CookedLinux()),
    bytes(CookedLinuxV2()),
    bytes(ip6(nh=0)),
    bytes(ip6(nh=44)),
    bytes(ip4(frag=1, len=0)),
    b"\x02\x00\x00\x00",
    b"\xff\x03",
]


@PROVEN
@given(
    link_type=st.sampled_from(EVERY_LINK) | st.integers(-1, 300),
    start=st.sampled_from(STARTS),
    rest=st.binary(max_size=120),
    length=st.integers(0, 200),
    time=st.integers(-SECOND, 2**63),
)
@example(link_type=NFLOG, start=b"\x02\x00\x00\x00", rest=b"\x04\x00\x01\x00" * 30, length=0, time=0)
def test_any_bytes_at_all(link_type: int, start: bytes, rest: bytes, length: int, time: int) -> None:
    """Nothing is raised, nothing outside the frame matters, and the balance holds."""
    trial = Trial()
    trial.decode(start + rest, link_type, length=length, time=time)
    trial.decode(rest, ETHERNET, length=length, time=time)


pieces = st.tuples(
    st.sampled_from([fragment4, fragment6]),
    st.sampled_from([6, 6, 6, 17, 51, 60]),
    st.integers(0, 5),
    st.integers(0, 5).map(lambda unit: unit * 8),
    st.booleans(),
    st.integers(0, 40),
    st.integers(0, 8),
)


@PROVEN
@given(steps=st.lists(pieces | st.just(None), max_size=40))
def test_the_balance_holds_through_any_fragments(
    steps: list[tuple[Make, int, int, int, bool, int, int] | None],
) -> None:
    """packets in = segments out + dropped + held after every packet, time-out and at the end."""
    trial = Trial(Limits(fragments=3))
    now = 0
    content = bytes(tcp(b"0123456789" * 10))
    for step in steps:
        if step is None:
            trial.decode(PLAIN4, RAW)
            continue
        make, protocol, identification, offset, last, size, wait = step
        now += wait * SECOND
        trial.decode(make(protocol, identification, offset, last, content[offset : offset + size]), time=now)
        if wait == 8:
            for decoder in trial.decoders:
                decoder.expire(now + 10 * SECOND)
            trial.check_balance()
    for decoder in trial.decoders:
        decoder.close()
    trial.check_balance()
    assert trial.decoder.held == 0


@PROVEN
@given(
    data=st.data(),
    make=st.sampled_from([fragment4, fragment6]),
    payload=st.binary(max_size=200),
    cuts=st.sets(st.integers(1, 24).map(lambda unit: unit * 8), max_size=8),
)
def test_fragmentation_changes_nothing(
    data: st.DataObject, make: Make, payload: bytes, cuts: set[int]
) -> None:
    """Cut anywhere, in any order, with any fragment repeated, a datagram gives the segment it gives uncut."""
    content = TRANSPORT[:20] + payload
    edges = [0, *sorted(cut for cut in cuts if cut < len(content)), len(content)]
    parts = [make(6, 1, start, end == len(content), content[start:end]) for start, end in pairwise(edges)]
    repeated = data.draw(st.lists(st.sampled_from(parts), max_size=3)) if len(parts) > 1 else []
    order = data.draw(st.permutations(parts + repeated))
    trial = Trial()
    whole = Trial().decode(bytes(make(6, 1, 0, True, content)))
    assert whole is not None
    missing = set(parts)
    for part in order:
        missing.discard(part)
        outcome = trial.decode(part)
        if not missing:
            assert outcome == whole
            break
        assert outcome is None
    assert trial.decoder.held == 0


# --- real captures ------------------------------------------------------------------------------------------

CAPTURES = Path(__file__).parents[4] / "shared" / "pcaps"


@pytest.mark.parametrize(
    ("name", "segments", "payload"),
    [
        ("arkime-http-500-head.pcap", 10, 312),
        ("arkime-http-post-upload.pcap", 34, 7076),
        ("arkime-http-xff.pcap", 11, 881),
        ("arkime-twovlan.pcap", 6, 4457),
        ("arkime-v6-http.pcap", 10, 2499),
        ("pcapplusplus-one_http_stream_fin.pcap", 15, 3916),
        ("pcapplusplus-one_http_stream_rst.pcap", 10, 1636),
        ("suricata-basic_websockets.pcap", 21, 1484),
        ("suricata-http-connect-simple.pcap", 16, 187),
        ("suricata-http2-keywords2.pcap", 10, 773),
        ("zeek-content-range-less-than-len.pcap", 7, 452),
        ("zeek-get.pcap", 14, 5143),
        ("zeek-multipart.pcap", 10, 1160),
        ("zeek-nflog-http.pcap", 13, 1682),
        ("zeek-x-gzip.pcap", 7, 420),
    ],
)
def test_real_captures(name: str, segments: int, payload: int) -> None:
    """Published captures give as many segments, of as many bytes in all, as tshark finds in them."""
    path = CAPTURES / name
    if not path.exists():
        pytest.skip(f"no {path.parent.name}/{path.name} beside the project")
    trial = Trial()
    with path.open("rb") as file:
        reader = Reader(file)
        outcomes = [trial.decode(packet, reader.datalink()) for _, packet in reader]
    lengths = [outcome.length for outcome in outcomes if outcome is not None]
    assert (len(lengths), sum(lengths)) == (segments, payload)
