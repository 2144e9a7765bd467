"""Facts about the way from a link type to the network layer. Each that is read is a situation in fixtures/made too."""

from __future__ import annotations

import random
import struct

import pytest

from fixtures.made.links import LINKS, MACS
from interceptor.core.model import Drop, Limits
from interceptor.core.packets.decode import Decoder
from interceptor.core.packets.links import IPV4, IPV6, Refused, find_network

PACKET = bytes.fromhex("450000280001000040060000c000020ac63364149c41005000000001000000005002faf000000000")
PACKET6 = bytes.fromhex("6000000000140640") + bytes(15) + b"\1" + bytes(15) + b"\2" + PACKET[20:]


def frame_of(name: str) -> tuple[int, bytes]:
    _, link, v6 = LINKS[name]
    return link.number, link.wrap(PACKET6 if v6 else PACKET, v6)


def outcome(link_type: int, frame: bytes) -> tuple[bool, list[Drop]]:
    """Whether there was a segment, and why not."""
    decoder = Decoder(Limits())
    found = decoder.decode(link_type, frame, 0, len(frame), len(frame), 0)
    return found is not None, list(decoder.dropped.elements())


@pytest.mark.parametrize("name", LINKS)
def test_the_network_layer_is_found(name: str) -> None:
    """By its EtherType, at the place where it was put."""
    number, frame = frame_of(name)
    ethertype, at, _ = find_network(number, memoryview(frame))
    assert ethertype == (IPV6 if LINKS[name][2] else IPV4)
    assert frame[at:].startswith(PACKET6 if LINKS[name][2] else PACKET)


@pytest.mark.parametrize("name", LINKS)
def test_a_cut_frame_is_one_counted_drop(name: str) -> None:
    """Wherever the capture ends, and never an exception; a segment only where its header is whole."""
    number, frame = frame_of(name)
    trailed = name in {"link_ethernet_padded", "link_radiotap_qos_v6"}  # whose last bytes are no packet's
    for size in range(len(frame)):
        found, dropped = outcome(number, frame[:size])
        assert len(dropped) == (not found)
        assert trailed or not found


@pytest.mark.parametrize("name", LINKS)
def test_a_damaged_frame_is_a_segment_or_one_counted_drop(name: str) -> None:
    """Bytes changed anywhere, lengths and flags among them."""
    chance = random.Random(name)
    number, frame = frame_of(name)
    for _ in range(400):
        damaged = bytearray(frame)
        for _ in range(chance.randint(1, 4)):
            damaged[chance.randrange(len(damaged))] = chance.choice(
                (0, 1, 0x7F, 0x80, 0xFF, chance.randrange(256))
            )
        decoder = Decoder(Limits())
        found = decoder.decode(number, bytes(damaged), 0, len(damaged), len(damaged), 0)
        assert (found is not None) + decoder.dropped.total() + decoder.held == 1


def test_headers_in_each_other_have_a_bound() -> None:
    """As many as a frame has room for: a reason, soon."""
    for header in (
        "81000001",
        "892680000123",
        "8988000100020003"[:12],
        "88e700000064" + MACS.hex(),
        "89030401" + MACS.hex(),
    ):
        frame = MACS + bytes.fromhex(header) * 5_000 + b"\x08\x00" + PACKET
        assert outcome(1, frame) == (False, [Drop.MALFORMED])
    inner = struct.pack("<BBHI", 0, 0, 8, 192) * 5_000
    assert outcome(192, inner) == (False, [Drop.MALFORMED])


@pytest.mark.parametrize("kind", [0x0806, 0x88CC, 0x888E, 0x8809, 0x9000, 0x88F7])
def test_what_carries_no_ip_is_known(kind: int) -> None:
    """ARP, LLDP, EAPOL, LACP, loopback tests, PTP, tagged or not."""
    for tag in (b"", bytes.fromhex("81000001"), bytes.fromhex("892680000123")):
        frame = MACS + tag + struct.pack(">H", kind) + bytes(46)
        assert outcome(1, frame) == (False, [Drop.NOT_IP])


@pytest.mark.parametrize("kind", [0x88B5, 0x4305, 0xD28B, 0x1234, 0x05DD, 0])
def test_what_nobody_knows_has_a_reason_of_its_own(kind: int) -> None:
    """IP may be behind it: never counted as what is known to carry none."""
    assert outcome(1, MACS + struct.pack(">H", kind) + PACKET) == (False, [Drop.UNREAD_ENCAPSULATION])


def test_user2_is_darwins_only_if_it_looks_like_it() -> None:
    """Anybody may mean anything by a number for users."""
    assert outcome(149, PACKET) == (False, [Drop.UNKNOWN_LINK_TYPE])


def test_a_refusal_says_why() -> None:
    """As the decoder counts it."""
    with pytest.raises(Refused) as refused:
        find_network(7, memoryview(PACKET))
    assert refused.value.reason is Drop.UNKNOWN_LINK_TYPE
