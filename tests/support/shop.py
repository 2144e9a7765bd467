"""An invented shop's traffic as a capture file: what `make run` shows.

Owns how calls become packets: each is a TCP connection of its own, with the times, statuses and sizes that
`records.shop` gives it. It needs only what the program itself needs.
"""

from __future__ import annotations

import random
from datetime import UTC, datetime
from heapq import merge
from typing import TYPE_CHECKING, Any, Final

from tests.capture_bytes import ACK, FIN, PSH, SYN, pcap, tcp
from tests.support.records import shop

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["capture"]

_HOP: Final = 60_000
"""Nanoseconds between the packets of a handshake."""
_SEGMENT: Final = 1_448
_MOST: Final = 12_000
"""Bytes of a body: larger ones would only make the file larger."""
_AGENTS: Final = {"10.8.0.21": "Mozilla/5.0", "10.8.0.22": "okhttp/4.12.0", "10.8.9.9": "kube-probe/1.31"}
_NUMBERS: Final = ("7", "42", "118", "2049", "31337")


def capture(calls: int, *, end: float, seconds: float, evenly: bool = False, seed: int = 1) -> bytes:
    """A pcap file of so many calls in the `seconds` up to `end` (seconds since 1970).

    Evenly spread, or with the rise and the trouble of one service that `records.shop` gives them.
    """
    chance = random.Random(seed)
    connections = []
    for call in shop(calls, end=end, seconds=seconds, seed=seed):
        start = end - seconds * chance.random() if evenly else _seconds(call["time"])
        connections.append(list(_connection(call, int(start * 10**9), chance)))
    return pcap(merge(*connections, key=lambda packet: packet[0]))


def _seconds(text: str) -> float:
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC).timestamp()


def _connection(call: dict[str, Any], start: int, chance: random.Random) -> Iterator[tuple[int, bytes]]:
    """Packets of one call; its request is sent at `start`, nanoseconds."""
    ends = {
        "client": (call["source.address"], call["source.port"]),
        "server": (call["destination.address"], call["destination.port"]),
    }
    at = start - 3 * _HOP
    here, there = chance.getrandbits(31), chance.getrandbits(31)

    def sent(flags: int, payload: bytes = b"", *, to_server: bool = True) -> tuple[int, bytes]:
        nonlocal here, there
        sequence, acknowledgement = (here, there) if to_server else (there, here)
        frame = tcp(
            to_server=to_server,
            sequence=sequence,
            acknowledgement=acknowledgement if flags & ACK else 0,
            flags=flags,
            payload=payload,
            **ends,
        )
        size = len(payload) + bool(flags & (SYN | FIN))
        here, there = (here + size, there) if to_server else (here, there + size)
        return at, frame

    yield sent(SYN)
    at += _HOP
    yield sent(SYN | ACK, to_server=False)
    at += _HOP
    yield sent(ACK)
    at += _HOP
    yield sent(PSH | ACK, _request(call, chance))
    if "duration_us" in call:
        at = start + call["duration_us"] * 1_000
        answer = _response(call)
        for place in range(0, len(answer), _SEGMENT):
            yield sent(PSH | ACK, answer[place : place + _SEGMENT], to_server=False)
    else:
        at += 30 * 10**9
    for to_server, flags in ((True, FIN | ACK), (False, FIN | ACK), (True, ACK)):
        at += _HOP
        yield sent(flags, to_server=to_server)


def _request(call: dict[str, Any], chance: random.Random) -> bytes:
    path = call["url.template"]
    for name, value in (
        ("{id}", chance.choice(_NUMBERS)),
        ("{uuid}", f"{chance.getrandbits(32):08x}-1a2b-4c3d-8e4f-{chance.getrandbits(48):012x}"),
        ("{hash}", f"{chance.getrandbits(80):020x}"),
    ):
        path = path.replace(name, value)
    body = b'{"quantity":1}' if call["http.request.method"] in {"POST", "PUT", "PATCH"} else b""
    head = (
        f"{call['http.request.method']} {path} HTTP/1.1\r\nHost: {call['server.address']}\r\n"
        f"User-Agent: {_AGENTS.get(call['source.address'], 'python-requests/2.32.3')}\r\n"
    )
    if body:
        head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return head.encode() + b"\r\n" + body


def _response(call: dict[str, Any]) -> bytes:
    status = call["http.response.status_code"]
    if status == 304:
        return b"HTTP/1.1 304 Not Modified\r\n\r\n"
    body = b"{}".ljust(min(call["http.response.body.size"], _MOST))
    words = {200: "OK", 201: "Created", 404: "Not Found", 500: "Internal Server Error"}
    head = f"HTTP/1.1 {status} {words[status]}\r\nContent-Type: application/json\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body
