"""Facts about the fast lane. That it agrees with the decoder is held by a property in test_decode.py."""

from __future__ import annotations

from typing import Any

import pytest
from scapy.layers.inet import IP, TCP, UDP, IPOption_Timestamp
from scapy.layers.inet6 import IPv6, IPv6ExtHdrDestOpt
from scapy.layers.l2 import Dot1Q, Ether
from scapy.packet import Packet, Raw

from interceptor.core.packets.frames import fast_lane

PAYLOAD = b"GET / HTTP/1.1\r\nHost: example.com\r\n\r\n"


def ether() -> Packet:
    return Ether(src="00:00:5e:00:53:01", dst="00:00:5e:00:53:02")


def ip4(**fields: Any) -> Packet:
    return IP(src="192.0.2.1", dst="192.0.2.2", **fields)


def ip6(**fields: Any) -> Packet:
    return IPv6(src="2001:db8::1", dst="2001:db8::2", **fields)


def tcp(payload: bytes = PAYLOAD, **fields: Any) -> Packet:
    return TCP(**{"sport": 40000, "dport": 80, "seq": 7, "ack": 9, "flags": "PA", **fields}) / Raw(payload)


def test_a_segment_says_where_its_payload_lies() -> None:
    """Flow, numbers, flags, offset, captured and whole length, for a frame in the middle of a buffer."""
    frame = bytes(ether() / ip4() / tcp())
    buffer = b"before" + frame + b"after"
    flow = bytes([192, 0, 2, 1, 192, 0, 2, 2]) + (40000).to_bytes(2, "big") + (80).to_bytes(2, "big")
    size = len(PAYLOAD)
    assert fast_lane(buffer, 6, len(frame)) == (flow, 7, 9, 0x18, 6 + 54, size, size)


def test_a_cut_payload_keeps_its_length() -> None:
    """A short snaplen shortens what is captured, not what the IP header says was sent."""
    frame = bytes(ether() / ip6() / tcp())
    segment = fast_lane(frame, 0, len(frame) - 10)
    assert segment is not None
    assert segment[5:] == (len(PAYLOAD) - 10, len(PAYLOAD))


def test_a_tag_is_left_to_the_decoder() -> None:
    """802.1Q moves every offset: not this lane's."""
    frame = bytes(ether() / Dot1Q(vlan=7) / ip4() / tcp())
    assert fast_lane(frame, 0, len(frame)) is None


@pytest.mark.parametrize(
    "packet",
    [
        ip4() / tcp(),
        ip6() / tcp(),
        ip4() / tcp(b""),
        ip6() / tcp(b""),
        ip4(flags="DF", tos=3, ttl=1) / tcp(options=[("Timestamp", (1, 2)), ("NOP", None), ("NOP", None)]),
        ip6(tc=255, fl=1_000_000) / tcp(options=[("Timestamp", (1, 2)), ("NOP", None), ("NOP", None)]),
    ],
)
def test_the_fast_lane_takes_common_frames(packet: Packet) -> None:
    """IPv4 and IPv6 without options, with and without TCP options, data and padding go the fast way."""
    for frame in (bytes(ether() / packet), bytes(ether() / packet) + bytes(9)):
        assert fast_lane(frame, 0, len(frame)) is not None


@pytest.mark.parametrize(
    "packet",
    [
        ip4(len=0) / tcp(),
        ip6(plen=0) / tcp(),
        ip4(len=39) / tcp(),
        ip4(options=[IPOption_Timestamp()]) / tcp(),
        ip6() / IPv6ExtHdrDestOpt() / tcp(),
        ip4(flags="MF") / tcp(),
        ip4(frag=1) / tcp(),
        ip4() / tcp(dataofs=4),
        ip4() / tcp(b"", dataofs=6),
        ip4() / UDP() / Raw(bytes(40)),
        ip6() / UDP() / Raw(bytes(40)),
    ],
)
def test_the_fast_lane_leaves_odd_frames(packet: Packet) -> None:
    """Anything odd is the decoder's to decide."""
    frame = bytes(ether() / packet)
    assert fast_lane(frame, 0, len(frame)) is None
