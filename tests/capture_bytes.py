"""Captures made byte by byte, so that tests can say what is in them."""

from __future__ import annotations

from struct import pack
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

START = 1_700_000_000_000_000_000
"""2023-11-14 22:13:20 UTC in nanoseconds."""

MAGICS = {
    # magic as a number: nanoseconds per unit, bytes after a packet's lengths
    0xA1B2C3D4: (1_000, 0),
    0xA1B23C4D: (1, 0),
    0xA1B2CD34: (1_000, 8),
}


def pcap(
    packets: Iterable[tuple[int, bytes]],
    *,
    order: str = "<",
    magic: int = 0xA1B2C3D4,
    link_type: int = 1,
    version: tuple[int, int] = (2, 4),
) -> bytes:
    """A pcap file of (time in nanoseconds, bytes)."""
    unit, extra = MAGICS[magic]
    header = pack(order + "IHHiIII", magic, *version, 0, 0, 262_144, link_type)
    return header + b"".join(
        pack(order + "IIII", time // 10**9, time % 10**9 // unit, len(data), len(data)) + bytes(extra) + data
        for time, data in packets
    )


def block(kind: int, body: bytes, order: str = "<") -> bytes:
    """A pcapng block."""
    body += bytes(-len(body) % 4)
    total = len(body) + 12
    return pack(order + "II", kind, total) + body + pack(order + "I", total)


def section(order: str = "<") -> bytes:
    """A section header block."""
    return block(0x0A0D0D0A, pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1), order)


def option(code: int, value: bytes, order: str = "<") -> bytes:
    """An option of a block."""
    return pack(order + "HH", code, len(value)) + value + bytes(-len(value) % 4)


def interface(link_type: int = 1, *options: bytes, snaplen: int = 0, order: str = "<") -> bytes:
    """An interface description block."""
    return block(1, pack(order + "HHI", link_type, 0, snaplen) + b"".join(options), order)


def enhanced(ticks: int, data: bytes, number: int = 0, order: str = "<", *options: bytes) -> bytes:
    """An enhanced packet block."""
    head = pack(order + "IIIII", number, ticks >> 32, ticks & 0xFFFFFFFF, len(data), len(data))
    return block(6, head + data + bytes(-len(data) % 4) + b"".join(options), order)


def pcapng(
    packets: Iterable[tuple[int, bytes]], *, order: str = "<", link_type: int = 1, name: str = "eth0"
) -> bytes:
    """A pcapng file of one interface with nanoseconds."""
    described = interface(link_type, option(2, name.encode(), order), option(9, b"\x09", order), order=order)
    return section(order) + described + b"".join(enhanced(time, data, 0, order) for time, data in packets)


def tcp(
    *,
    to_server: bool,
    sequence: int,
    acknowledgement: int,
    flags: int,
    payload: bytes = b"",
    client: tuple[str, int] = ("10.0.0.1", 40_000),
    server: tuple[str, int] = ("10.0.0.2", 80),
) -> bytes:
    """An Ethernet frame with a TCP segment over IPv4."""
    source, destination = (client, server) if to_server else (server, client)
    addresses = bytes(map(int, f"{source[0]}.{destination[0]}".split(".")))
    segment = pack(
        "!HHIIBBHHH", source[1], destination[1], sequence, acknowledgement, 0x50, flags, 65_535, 0, 0
    )
    header = pack("!BBHHHBBH", 0x45, 0, 40 + len(payload), 0, 0x4000, 64, 6, 0)
    return bytes(12) + b"\x08\x00" + header + addresses + segment + payload


SYN, FIN, PSH, ACK = 0x02, 0x01, 0x08, 0x10


def conversation(
    exchanges: int = 1,
    *,
    port: int = 40_000,
    start: int = START,
    step: int = 1_000_000,
    host: str = "example.com",
    close: bool = True,
) -> list[tuple[int, bytes]]:
    """A TCP connection with this many HTTP requests and their responses, a packet every `step` nanoseconds.

    The n-th (from 0) request is `GET /items/<n>`, its response is 200 with n bytes of body.
    """
    here, there = 1_000, 5_000
    frames: list[bytes] = []

    def send(*, to_server: bool, flags: int, payload: bytes = b"") -> None:
        nonlocal here, there
        sequence, acknowledgement = (here, there) if to_server else (there, here)
        frames.append(
            tcp(
                to_server=to_server,
                sequence=sequence,
                acknowledgement=acknowledgement if flags & ACK else 0,
                flags=flags,
                payload=payload,
                client=("10.0.0.1", port),
            )
        )
        size = len(payload) + bool(flags & (SYN | FIN))
        here, there = (here + size, there) if to_server else (here, there + size)

    send(to_server=True, flags=SYN)
    send(to_server=False, flags=SYN | ACK)
    send(to_server=True, flags=ACK)
    for number in range(exchanges):
        request = f"GET /items/{number} HTTP/1.1\r\nHost: {host}\r\n\r\n"
        response = f"HTTP/1.1 200 OK\r\nContent-Length: {number}\r\n\r\n" + "x" * number
        send(to_server=True, flags=PSH | ACK, payload=request.encode())
        send(to_server=False, flags=PSH | ACK, payload=response.encode())
    if close:
        send(to_server=True, flags=FIN | ACK)
        send(to_server=False, flags=FIN | ACK)
        send(to_server=True, flags=ACK)
    return [(start + index * step, frame) for index, frame in enumerate(frames)]
