"""A capture of requests, each from a client of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.capture_bytes import ACK, FIN, PSH, START, SYN, pcap, tcp

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["requests_capture"]

_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


def requests_capture(
    targets: Iterable[str], host: str = "shop.example", fields: str = "", balancer: str = ""
) -> bytes:
    """A pcap file: the n-th target (from 0) is asked for by 10.1.0.n, in a connection of its own.

    `fields`: lines of each head, ended by CRLF. `balancer`: the address that all connections come from, each with a
    PROXY header that says who the client is.
    """
    packets: list[tuple[int, bytes]] = []
    for number, target in enumerate(targets):
        client = f"10.1.{number // 250}.{number % 250 + 1}"
        announced = f"PROXY TCP4 {client} 10.2.0.1 40000 80\r\n" if balancer else ""
        asked = f"{announced}GET {target} HTTP/1.1\r\nHost: {host}\r\n{fields}\r\n".encode()
        here, there = 1_001 + len(asked), 5_001 + len(_ANSWER)
        for to_server, flags, sequence, acknowledgement, payload in (
            (True, SYN, 1_000, 0, b""),
            (False, SYN | ACK, 5_000, 1_001, b""),
            (True, PSH | ACK, 1_001, 5_001, asked),
            (False, PSH | ACK | FIN, 5_001, here, _ANSWER),
            (True, ACK | FIN, here, there + 1, b""),
            (False, ACK, there + 1, here + 1, b""),
        ):
            frame = tcp(
                to_server=to_server,
                sequence=sequence,
                acknowledgement=acknowledgement,
                flags=flags,
                payload=payload,
                client=(balancer or client, 40_000 + number if balancer else 40_000),
            )
            packets.append((START + len(packets) * 1_000_000, frame))
    return pcap(packets)
