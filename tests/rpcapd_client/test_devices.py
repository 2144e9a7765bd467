"""`rpcapd_client.devices`: the list, and the many forms of a socket address."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address

import pytest

from rpcapd_client.devices import Device, DeviceAddress, DeviceFlag, decode_devices, encode_devices
from rpcapd_client.errors import ProtocolError
from rpcapd_client.wire import ListReply
from tests.rpcapd_client.conversations import recorded

DEVICES = (
    Device(
        "eth0",
        "Ethernet",
        DeviceFlag.UP | DeviceFlag.RUNNING,
        (
            DeviceAddress(IPv4Address("192.0.2.1"), IPv4Address("255.255.255.0"), IPv4Address("192.0.2.255")),
            DeviceAddress(IPv6Address("fe80::1%2"), IPv6Address("ffff:ffff:ffff:ffff::")),
        ),
    ),
    Device(
        "tun0",
        "",
        DeviceFlag(0),
        (DeviceAddress(IPv4Address("192.0.2.2"), destination=IPv4Address("192.0.2.3")),),
    ),
    Device("nflog"),
)


def with_address(data: bytes) -> DeviceAddress:
    """What a device's only address reads as."""
    payload = encode_devices((Device("x", addresses=(DeviceAddress(None),)),))
    (device,) = decode_devices(1, payload[:-512] + data.ljust(512, b"\0"))
    return device.addresses[0]


def test_round_trip() -> None:
    """What is encoded reads back, one entry behind the other without padding."""
    assert decode_devices(3, encode_devices(DEVICES)) == DEVICES
    assert len(encode_devices(DEVICES)) == 3 * 12 + len("eth0Ethernettun0nflog") + 3 * 512


def test_recorded_list() -> None:
    """What rpcapd sent has the loopback device with both its addresses, and encodes to the same bytes."""
    reply = next(data for direction, data in recorded("list") if data[1] == 0x82)
    devices = decode_devices(int.from_bytes(reply[2:4], "big"), reply[8:])
    (loopback,) = (device for device in devices if device.flags & DeviceFlag.LOOPBACK)
    assert loopback.name == "lo"
    assert [entry.address for entry in loopback.addresses] == [IPv4Address("127.0.0.1"), IPv6Address("::1")]
    assert ListReply(devices).encode() == reply


@pytest.mark.parametrize("family", [2, 0x1002, 0x1000])
def test_ipv4_families(family: int) -> None:
    """IPv4 as every server has written its family."""
    data = family.to_bytes(2, "big") + b"\0\0\xc0\0\2\1"
    assert with_address(data).address == IPv4Address("192.0.2.1")


@pytest.mark.parametrize("family", [23, 10, 22, 24, 26, 0x1C18, 0x1C1C, 0x1C1E, 0x1C00])
def test_ipv6_families(family: int) -> None:
    """IPv6 as every server has written its family, which differs between systems."""
    packed = IPv6Address("2001:db8::1").packed
    data = family.to_bytes(2, "big") + b"\0\0" + bytes(4) + packed + bytes(4)
    assert with_address(data).address == IPv6Address("2001:db8::1")
    scoped = family.to_bytes(2, "big") + b"\0\0" + bytes(4) + IPv6Address("fe80::1").packed + b"\0\0\0\x07"
    assert with_address(scoped).address == IPv6Address("fe80::1%7")


@pytest.mark.parametrize("family", [0, 1, 17, 0xFFFF])
def test_other_families(family: int) -> None:
    """Anything else is no address, whatever follows it."""
    assert with_address(family.to_bytes(2, "big") + b"\xff" * 126) == DeviceAddress(None)


def test_truncated() -> None:
    """Cut anywhere, the list is a `ProtocolError` that tells which device it ends in."""
    payload = encode_devices(DEVICES)
    for size in range(len(payload)):
        with pytest.raises(ProtocolError, match="FINDALLIF_REPLY: "):
            decode_devices(3, payload[:size])


@pytest.mark.parametrize(
    ("count", "payload", "words"),
    [
        (0xFFFF, b"", "65535 devices claimed, it ends in number 1"),
        (2, bytes(12), "2 devices claimed, it ends in number 2"),
        (1, b"\xff\xff" + bytes(10), "claims 65547 bytes, 12 are left"),
        (1, b"\0\0\xff\xff" + bytes(8), "claims 65547 bytes"),
        (1, bytes(8) + b"\xff\xff\0\0", "claims 33553932 bytes"),
    ],
)
def test_lengths_that_lie(count: int, payload: bytes, words: str) -> None:
    """Huge counts and lengths are refused by comparing them, before anything is made."""
    with pytest.raises(ProtocolError, match=words):
        decode_devices(count, payload)


def test_names_are_made_fit() -> None:
    """A name that is not printable text is shown with replacements."""
    payload = b"\0\2\0\2" + bytes(8) + b"\xff\n" + b"\x1b["
    (device,) = decode_devices(1, payload)
    assert (device.name, device.description) == ("\ufffd\ufffd", "\ufffd[")
