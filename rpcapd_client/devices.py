"""The list of devices, as FINDALLIF_REPLY carries it.

Owns devices, their addresses, and the many ways in which servers have written a socket address. Part of
`wire`, whose rules hold: bytes in, values out, and a length that lies is a `ProtocolError`.

Source: libpcap 1.10.3, rpcap-protocol.h, pcap-rpcap.c (rpcap_deseraddr) and rpcapd/daemon.c (daemon_seraddr).
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from struct import Struct
from typing import TypeAlias

from rpcapd_client.errors import ProtocolError

__all__ = [
    "Address",
    "Device",
    "DeviceAddress",
    "DeviceFlag",
    "decode_devices",
    "encode_devices",
    "printable",
]

Address: TypeAlias = IPv4Address | IPv6Address


class DeviceFlag(enum.IntFlag):
    """What the server knows about a device (PCAP_IF_*)."""

    LOOPBACK = 0x01
    UP = 0x02
    RUNNING = 0x04
    WIRELESS = 0x08
    CONNECTED = 0x10
    DISCONNECTED = 0x20
    """CONNECTED and DISCONNECTED together: the notion does not apply."""


NO_FLAGS = DeviceFlag(0)


_DEVICE = Struct(">HHIHH")
"""name length, description length, flags, addresses, (padding)."""
_SOCKADDR_SIZE = 128
_IPV4_FAMILIES = frozenset((2, 0x1002, 0x1000))
"""2 is what servers send; the others are BSD's length-and-family bytes, sent by old servers in network
and in host order."""
_IPV6_FAMILIES = frozenset((23, 10, 22, 24, 26, 0x1C18, 0x1C1C, 0x1C1E, 0x1C00))
"""23 (Windows's number) is what newer servers send wherever they run; old ones sent their system's own:
Linux, HP-UX, AIX, Solaris, the BSDs, FreeBSD, Darwin, little-endian BSDs."""
_SOCKADDR_IPV4 = Struct(">HH4s120x")
_SOCKADDR_IPV6 = Struct(">HHI16sI100x")


def _decode_address(data: bytes) -> Address | None:
    """Read a 128-byte socket address. None for all-zero and for families that are not IP."""
    family = int.from_bytes(data[:2], "big")
    if family in _IPV4_FAMILIES:
        return IPv4Address(data[4:8])
    if family in _IPV6_FAMILIES:
        _, _, _, packed, scope = _SOCKADDR_IPV6.unpack(data)
        address = IPv6Address(packed)
        return IPv6Address(f"{address}%{scope}") if scope else address
    return None


def _encode_address(address: Address | None) -> bytes:
    match address:
        case None:
            return bytes(_SOCKADDR_SIZE)
        case IPv4Address():
            return _SOCKADDR_IPV4.pack(2, 0, address.packed)
        case IPv6Address():
            return _SOCKADDR_IPV6.pack(23, 0, 0, address.packed, int(address.scope_id or 0))


@dataclass(frozen=True, slots=True)
class DeviceAddress:
    """One address of a device. IPv6 addresses carry their scope as a number of the server's (`%2`)."""

    address: Address | None
    netmask: Address | None = None
    broadcast: Address | None = None
    destination: Address | None = None
    """The far end of a point-to-point link."""


@dataclass(frozen=True, slots=True)
class Device:
    """Something the server can capture on."""

    name: str
    description: str = ""
    flags: DeviceFlag = NO_FLAGS
    addresses: tuple[DeviceAddress, ...] = ()


def printable(data: bytes) -> str:
    """Text of the server, made fit for one line of a terminal or log: it may be anything at all."""
    text = data.decode("utf-8", "replace")
    return "".join(
        character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text
    )


def encode_devices(devices: tuple[Device, ...]) -> bytes:
    """Give the entries, as a server would."""
    parts = []
    for device in devices:
        name = device.name.encode()
        description = device.description.encode()
        parts += [
            _DEVICE.pack(len(name), len(description), device.flags, len(device.addresses), 0),
            name,
            description,
        ]
        for entry in device.addresses:
            parts += map(_encode_address, (entry.address, entry.netmask, entry.broadcast, entry.destination))
    return b"".join(parts)


def decode_devices(count: int, payload: bytes) -> tuple[Device, ...]:
    """Read `count` entries, which stand one behind the other without padding."""
    devices = []
    offset = 0
    for index in range(count):
        left = len(payload) - offset
        if left < _DEVICE.size:
            raise ProtocolError(f"FINDALLIF_REPLY: {count} devices claimed, it ends in number {index + 1}")
        name, description, flags, addresses, _ = _DEVICE.unpack_from(payload, offset)
        size = _DEVICE.size + name + description + addresses * 4 * _SOCKADDR_SIZE
        if left < size:
            raise ProtocolError(
                f"FINDALLIF_REPLY: device {index + 1} of {count} claims {size} bytes, {left} are left"
            )
        offset += _DEVICE.size
        words = payload[offset : offset + name], payload[offset + name : offset + name + description]
        offset += name + description
        found = []
        for _ in range(addresses):
            four = [
                _decode_address(payload[start : start + _SOCKADDR_SIZE])
                for start in range(offset, offset + 4 * _SOCKADDR_SIZE, _SOCKADDR_SIZE)
            ]
            offset += 4 * _SOCKADDR_SIZE
            found.append(DeviceAddress(*four))
        devices.append(Device(printable(words[0]), printable(words[1]), DeviceFlag(flags), tuple(found)))
    return tuple(devices)
