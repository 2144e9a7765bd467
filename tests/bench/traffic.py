"""Capture files for the benchmarks, made fast and the same every time.

Owns the shapes of traffic that the benchmarks measure, and how much of each there is: how many packets, what
a faithful reader must report. Refuses scapy (a hundred times too slow for a million packets), the clock and
any randomness that is not seeded: one recipe gives one file, byte for byte.

What stands in the files is what a veth shows: Ethernet, IPv4, TCP with timestamps, IP header checksums right,
TCP checksums left to an offload that never comes (zero), heads as API clients and servers send them, with
what varies per call, per second and per connection varying so. Server port 8080, that every program
compared here takes for HTTP.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from email.utils import formatdate
from pathlib import Path
from random import Random
from typing import TypeAlias

__all__ = ["RECIPES", "Traffic", "generate"]

SEED = 20_260_101
EPOCH = 1_767_225_600 * 1_000_000
"""2026-01-01T00:00:00Z in microseconds, the resolution of the files."""
CALL_GAP = 20
"""Microseconds between two calls: 50,000 calls a second over all connections."""
RESPONSE_LAG = 5
ACKNOWLEDGEMENT_LAG = 7
"""Calls that begin before this one's response, and its acknowledgement, are seen: 100 and 140 µs."""
SEGMENT = 1448
"""Payload of a full frame: MTU 1500, IPv4 and TCP headers with timestamps 52."""
SYN, ACK, PUSH, FIN = 0x02, 0x10, 0x08, 0x01

Packet: TypeAlias = tuple[int, bytes, int]
"""(time in microseconds, frame, number of the call whose payload it carries or -1)."""

_FILE_HEADER = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262_144, 1)
_RECORD = struct.Struct("<IIII").pack
_SEGMENT = struct.Struct(">16sHHIH12sIIHHIIII").pack
"""Ethernet and the first two bytes of IPv4; total length, id, don't-fragment + TTL 64 + TCP, checksum;
addresses and ports; sequence, acknowledgement, offset + flags, window, checksum + urgent pointer; options:
no-operation twice, timestamps."""
_SYN = struct.Struct(">16sHHIH12sIIHHIIIIII").pack
_ETHERNET = bytes.fromhex("02420a000002" "02420a000001" "0800" "4500")
_IP_MIDDLE = 0x4000_4006
_TIMESTAMPS = 0x0101_080A
_HEADER_SUM = 0x4500 + 0x4000 + 0x4006


@dataclass(frozen=True, slots=True)
class Traffic:
    """A capture file and the truth about it."""

    name: str
    path: str
    packets: int
    wire_bytes: int
    """Sum of the frames' lengths."""
    connections: int
    """With at least one call."""
    calls: int
    """Requests made, each with one response."""
    records: int
    """What a faithful reader reports: calls of which the request, the response or both are in the file."""
    whole: int
    """Calls of which every byte is in the file."""
    request_body_bytes: int
    response_body_bytes: int
    """Of the calls that are whole, after de-chunking."""


class _Connection:
    """One TCP connection as both its ends would drive it; makes the frames in the order they are asked for."""

    __slots__ = ("_down", "_down_next", "_down_sum", "_ident", "_up", "_up_next", "_up_sum", "number")

    def __init__(self, number: int, client: int, client_port: int, server: int, server_port: int) -> None:
        self.number = number
        self._up = struct.pack(">IIHH", client, server, client_port, server_port)
        self._down = struct.pack(">IIHH", server, client, server_port, client_port)
        self._up_sum = self._down_sum = _address_sum(client, server)
        # Spread over the sequence space, so that some connections wrap.
        self._up_next = number * 2_654_435_761 & 0xFFFF_FFFF
        self._down_next = number * 2_246_822_519 + 12_345 & 0xFFFF_FFFF
        self._ident = number * 40_503 & 0xFFFF

    def open(self, clock: int) -> tuple[bytes, bytes, bytes]:
        """SYN, SYN-ACK, ACK."""
        first = self._syn(self._up, SYN, self._up_next, 0, clock)
        self._up_next = self._up_next + 1 & 0xFFFF_FFFF
        second = self._syn(self._down, SYN | ACK, self._down_next, self._up_next, clock)
        self._down_next = self._down_next + 1 & 0xFFFF_FFFF
        return first, second, self.up(b"", clock, ACK)

    def close(self, clock: int) -> tuple[bytes, bytes, bytes]:
        """FIN, FIN, ACK."""
        first = self.up(b"", clock, FIN | ACK)
        self._up_next = self._up_next + 1 & 0xFFFF_FFFF
        second = self.down(b"", clock, FIN | ACK)
        self._down_next = self._down_next + 1 & 0xFFFF_FFFF
        return first, second, self.up(b"", clock, ACK)

    def up(self, payload: bytes, clock: int, flags: int = ACK | PUSH, unacknowledged: int = 0) -> bytes:
        """The client sends; it has not acknowledged the last `unacknowledged` bytes of the server."""
        sequence = self._up_next
        self._up_next = sequence + len(payload) & 0xFFFF_FFFF
        acknowledged = self._down_next - unacknowledged & 0xFFFF_FFFF
        return self._frame(self._up, self._up_sum, sequence, acknowledged, flags, payload, clock)

    def down(self, payload: bytes, clock: int, flags: int = ACK | PUSH) -> bytes:
        """The server sends; it has acknowledged all that the client sent."""
        sequence = self._down_next
        self._down_next = sequence + len(payload) & 0xFFFF_FFFF
        return self._frame(self._down, self._down_sum, sequence, self._up_next, flags, payload, clock)

    def _frame(
        self, ends: bytes, ends_sum: int, sequence: int, acknowledged: int, flags: int, payload: bytes, clock: int
    ) -> bytes:
        length = 52 + len(payload)
        self._ident = ident = self._ident + 1 & 0xFFFF
        return (
            _SEGMENT(
                _ETHERNET,
                length,
                ident,
                _IP_MIDDLE,
                65_535 - (ends_sum + length + ident) % 65_535,
                ends,
                sequence,
                acknowledged,
                0x8000 | flags,
                502,
                0,
                _TIMESTAMPS,
                clock // 1_000 & 0xFFFF_FFFF,
                clock // 1_000 & 0xFFFF_FFFF,
            )
            + payload
        )

    def _syn(self, ends: bytes, flags: int, sequence: int, acknowledged: int, clock: int) -> bytes:
        self._ident = ident = self._ident + 1 & 0xFFFF
        return _syn_frame(ends, self._up_sum, ident, flags, sequence, acknowledged, clock)


def _syn_frame(
    ends: bytes, ends_sum: int, ident: int, flags: int, sequence: int, acknowledged: int, clock: int
) -> bytes:
    """As Linux sends it: MSS, SACK permitted, timestamps, no-operation, window scale 7."""
    return _SYN(
        _ETHERNET,
        60,
        ident,
        _IP_MIDDLE,
        65_535 - (ends_sum + 60 + ident) % 65_535,
        ends,
        sequence,
        acknowledged,
        0xA000 | flags,
        64_240,
        0,
        0x0204_05B4,
        0x0402_080A,
        clock // 1_000 & 0xFFFF_FFFF,
        0,
        0x0103_0307,
    )


def _address_sum(client: int, server: int) -> int:
    """What the constant words of the IPv4 header add to its checksum (RFC 1071)."""
    return _HEADER_SUM + (client >> 16) + (client & 0xFFFF) + (server >> 16) + (server & 0xFFFF)


def _address(text: str) -> int:
    return int.from_bytes(socket.inet_aton(text), "big")


def _connections(count: int) -> list[_Connection]:
    """Of 40 clients to 8 services; further clients where these run out of ports."""
    clients, servers = _address("10.1.0.1"), _address("10.2.0.1")
    return [
        _Connection(
            number, clients + number % 40 + 256 * (number // 40 // 28_000), 32_768 + number // 40 % 28_000,
            servers + number % 8, 8080,
        )
        for number in range(count)
    ]  # fmt: skip


class _Api:
    """What API clients and servers say. Every call differs where real ones differ."""

    HOSTS = tuple(
        f"{name}.shop.svc.cluster.local:8080"
        for name in ("users", "orders", "catalog", "carts", "search", "billing", "stock", "events")
    )
    AGENTS = ("Go-http-client/1.1", "python-httpx/0.27.2", "okhttp/4.12.0", "axios/1.7.7")
    SERVERS = ("envoy", "nginx/1.26.2", "uvicorn")
    NAMES = ("amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "heath")

    def __init__(self) -> None:
        self._random = Random(SEED)
        self._second = -1
        self._date = ""
        self.request_body_bytes = 0
        self.response_body_bytes = 0

    def request(self, connection: _Connection) -> tuple[bytes, int, int]:
        """One request: its bytes, its body's size, and the size of the body that will answer it."""
        bits = self._random.getrandbits
        number = connection.number
        what = bits(5)
        user, tail = bits(20), bits(64)
        if what < 8:
            method, target = "GET", f"/api/v1/users/{user}"
        elif what < 13:
            method, target = "GET", f"/api/v1/users/{user}/orders?page={user & 15}&limit=50&sort=created"
        elif what < 17:
            method, target = "GET", f"/api/v1/orders/{bits(32):08x}-{user & 0xFFFF:04x}-4{user & 0xFFF:03x}-a{what:03x}-{tail & 0xFFFFFFFFFFFF:012x}"
        elif what < 20:
            method, target = "GET", f"/api/v2/catalog/{self.NAMES[user & 7]}/items/{user}"
        elif what < 26:
            method, target = "POST", f"/api/v1/carts/{tail:016x}/items"
        elif what < 29:
            method, target = "POST", "/api/v1/search"
        else:
            method, target = "PUT", f"/api/v1/users/{user}/addresses/{user & 3}"
        head = (
            f"{method} {target} HTTP/1.1\r\n"
            f"Host: {self.HOSTS[number & 7]}\r\n"
            f"User-Agent: {self.AGENTS[number // 8 & 3]}\r\n"
            "Accept: application/json\r\n"
            "Accept-Encoding: gzip, deflate\r\n"
            f"Authorization: Bearer {number * 0x9E3779B97F4A7C15 & 0xFFFFFFFFFFFFFFFF:016x}{number:016x}\r\n"
            f"X-Request-Id: {tail:016x}{user:08x}\r\n"
            f"traceparent: 00-{bits(128):032x}-{tail ^ user:016x}-01\r\n"
        )
        if method == "GET":
            return (head + "\r\n").encode(), 0, 200 + (user & 127)
        body = f'{{"user":{user},"name":"{self.NAMES[user & 7]}","quantity":{user & 31},"note":"{"n" * (user & 63)}"}}'
        head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        return (head + body).encode(), len(body), 160 + (user & 127)

    def response(self, connection: _Connection, size: int, clock: int) -> bytes:
        """The answer, with a body of `size` bytes, sent at `clock`."""
        second = clock // 1_000_000
        if second != self._second:
            self._second, self._date = second, formatdate(second, usegmt=True)
        tag = self._random.getrandbits(64)
        status = "201 Created" if size < 170 else "404 Not Found" if tag % 50 == 0 else "200 OK"
        body = f'{{"id":"{tag:016x}","status":"active","balance":{tag % 9_999:04d},"items":["'
        return (
            f"HTTP/1.1 {status}\r\n"
            f"Date: {self._date}\r\n"
            f"Server: {self.SERVERS[connection.number % 3]}\r\n"
            "Content-Type: application/json; charset=utf-8\r\n"
            f"Content-Length: {size}\r\n"
            "Connection: keep-alive\r\n"
            "Vary: Accept-Encoding, Origin\r\n"
            f'ETag: W/"{tag & 0xFFF:x}-{tag:016x}"\r\n'
            f"X-Request-Id: {tag ^ 0xA5A5A5A5A5A5A5A5:016x}\r\n"
            "Cache-Control: private, max-age=0, must-revalidate\r\n"
            "X-Content-Type-Options: nosniff\r\n"
            "Strict-Transport-Security: max-age=31536000; includeSubDomains\r\n"
            "\r\n"
            f"{body}{'v' * (size - len(body) - 3)}\"]}}"
        ).encode()


def _calls(connections: list[_Connection], calls: int, api: _Api, clock: int) -> Iterator[Packet]:
    """Round robin over the connections, several calls in flight: request, response, acknowledgement."""
    count = len(connections)
    if count <= ACKNOWLEDGEMENT_LAG:
        raise ValueError(f"at least {ACKNOWLEDGEMENT_LAG + 1} connections, so that each has one call at a time")
    sizes = [0] * count
    for call in range(calls + ACKNOWLEDGEMENT_LAG):
        if call < calls:
            connection = connections[call % count]
            request, request_size, sizes[call % count] = api.request(connection)
            api.request_body_bytes += request_size
            yield clock, connection.up(request, clock), call
        answered = call - RESPONSE_LAG
        if 0 <= answered < calls:
            connection = connections[answered % count]
            size = sizes[answered % count]
            api.response_body_bytes += size
            yield clock + 7, connection.down(api.response(connection, size, clock), clock), answered
        acknowledged = call - ACKNOWLEDGEMENT_LAG
        if 0 <= acknowledged < calls:
            yield clock + 13, connections[acknowledged % count].up(b"", clock, ACK), -1
        clock += CALL_GAP


def _opened(connections: list[_Connection], clock: int) -> Iterator[Packet]:
    for connection in connections:
        for frame in connection.open(clock):
            yield clock, frame, -1
            clock += 2


def _closed(connections: list[_Connection], clock: int) -> Iterator[Packet]:
    for connection in connections:
        for frame in connection.close(clock):
            yield clock, frame, -1
            clock += 2


def _api_packets(connections: int, calls: int, api: _Api, *, close: bool) -> Iterator[Packet]:
    made = _connections(connections)
    clock = EPOCH
    yield from _opened(made, clock)
    clock += 10 * connections
    yield from _calls(made, calls, api, clock)
    if close:
        yield from _closed(made, clock + CALL_GAP * (calls + ACKNOWLEDGEMENT_LAG + 1))


def _small_calls(name: str, path: Path, connections: int, calls: int, *, close: bool = True) -> Traffic:
    """Small JSON calls on keep-alive connections that are all open at once."""
    api = _Api()
    packets, size = _write(path, _api_packets(connections, calls, api, close=close))
    return Traffic(
        name, str(path), packets, size, min(connections, calls), calls, calls, calls,
        api.request_body_bytes, api.response_body_bytes,
    )  # fmt: skip


def _open_connections(name: str, path: Path, connections: int, calls: int) -> Traffic:
    """The same, none of them ever closed."""
    return _small_calls(name, path, connections, calls, close=False)


def _lossy(name: str, path: Path, connections: int, calls: int) -> Traffic:
    """The same calls as the capture of an overloaded host shows them: dropped, late and repeated frames."""
    api = _Api()
    requests_lost: set[int] = set()
    responses_lost: set[int] = set()
    sizes: dict[int, tuple[int, int]] = {}
    up_port = struct.pack(">H", 8080)

    def impaired() -> Iterator[Packet]:
        random = Random(SEED).random
        late: list[tuple[int, Packet]] = []
        for place, packet in enumerate(_api_packets(connections, calls, api, close=True)):
            call = packet[2]
            chance = random()
            if chance < 0.010:
                if call >= 0:
                    (requests_lost if packet[1][36:38] == up_port else responses_lost).add(call)
            elif chance < 0.020:
                # 1 to 64 frames late: answers before their requests, acknowledgements before their data.
                late.append((place + 1 + int(random() * 64), packet))
            else:
                yield packet
                if chance < 0.025:
                    yield packet
            while late and min(late)[0] <= place:
                late.sort(key=_place)
                yield late.pop(0)[1]
        for _, packet in late:
            yield packet

    packets, size = _write(path, impaired())
    lost = requests_lost | responses_lost
    del sizes
    return Traffic(
        name, str(path), packets, size, min(connections, calls), calls,
        calls - len(requests_lost & responses_lost), calls - len(lost), 0, 0,
    )  # fmt: skip


def _place(item: tuple[int, Packet]) -> int:
    return item[0]


def _downloads(name: str, path: Path, connections: int, frames: int, segments: tuple[int, ...]) -> Traffic:
    """Downloads of 4 MiB, Content-Length on even connections and chunked on odd ones.

    `segments` says how many full segments the receiver's stack has merged into a frame, in turn.
    A burst of ten frames, then the acknowledgements: of every second frame, or of every one that is merged.
    """
    total = {"calls": 0, "body": 0}

    def packets() -> Iterator[Packet]:
        made = _connections(connections)
        yield from _opened(made, EPOCH)
        streams = [_download_stream(connection.number) for connection in made]
        places = [0] * connections
        clock, sent, turn = EPOCH + 10 * connections, 0, 0
        every = 2 if segments == (1,) else 1
        # Whole downloads only: a connection whose download is done begins another one until enough is sent.
        busy = list(range(connections))
        while busy:
            number = busy[turn % len(busy)]
            connection, (stream, body) = made[number], streams[number]
            place = places[number]
            if place == 0:
                request = (
                    f"GET /files/{number}/{sent}.bin HTTP/1.1\r\nHost: files.example:8080\r\n"
                    "User-Agent: curl/8.5.0\r\nAccept: */*\r\n\r\n"
                ).encode()
                yield clock, connection.up(request, clock), -1
            burst: list[int] = []
            while len(burst) < 10 and place < len(stream):
                part = stream[place : place + SEGMENT * segments[sent % len(segments)]]
                yield clock, connection.down(part, clock), -1
                clock += 1
                place += len(part)
                sent += 1
                burst.append(len(part))
            outstanding = sum(burst)
            for index, length in enumerate(burst, 1):
                outstanding -= length
                if index % every == 0 or index == len(burst):
                    yield clock, connection.up(b"", clock, ACK, outstanding), -1
                    clock += 1
            if place == len(stream):
                place = 0
                total["calls"] += 1
                total["body"] += body
                if sent >= frames:
                    busy.remove(number)
            places[number] = place
            turn += 1
        yield from _closed(made, clock)

    count, size = _write(path, packets())
    calls = total["calls"]
    return Traffic(name, str(path), count, size, connections, calls, calls, calls, 0, total["body"])


def _download_stream(number: int, body: int = 4 * 2**20, chunk: int = 16 * 2**10) -> tuple[bytes, int]:
    data = Random(SEED + number).randbytes(body)
    head = (
        "HTTP/1.1 200 OK\r\nServer: nginx/1.26.2\r\nDate: Thu, 01 Jan 2026 00:00:00 GMT\r\n"
        "Content-Type: application/octet-stream\r\nConnection: keep-alive\r\n"
    )
    if number % 2 == 0:
        return f"{head}Content-Length: {body}\r\n\r\n".encode() + data, body
    pieces = [f"{head}Transfer-Encoding: chunked\r\n\r\n".encode()]
    for start in range(0, body, chunk):
        pieces += (b"%x\r\n" % chunk, data[start : start + chunk], b"\r\n")
    return b"".join((*pieces, b"0\r\n\r\n")), body


def _large_downloads(name: str, path: Path, connections: int, frames: int) -> Traffic:
    """Downloads in frames of the MTU's size."""
    return _downloads(name, path, connections, frames, (1,))


def _merged_downloads(name: str, path: Path, connections: int, frames: int) -> Traffic:
    """Downloads as seen behind GRO: frames of up to 45 segments (65,160 bytes)."""
    return _downloads(name, path, connections, frames, (45, 45, 45, 17, 45, 30, 45, 6, 45, 45))


def _half_open(name: str, path: Path, connections: int, half_open: int, rounds: int) -> Traffic:
    """A SYN flood from distinct addresses, every second one answered, around connections that carry calls.

    Connections open throughout the first round of calls; those with an odd number first call in the second,
    when the flood has long swept their handshake out of any bounded table.
    """
    api = _Api()
    stride = half_open // (connections * rounds)
    if stride < 1:
        raise ValueError("fewer half-open connections than calls")
    calls = 0

    def packets() -> Iterator[Packet]:
        nonlocal calls
        made = _connections(connections)
        server = _address("10.2.0.1")
        attackers = _address("100.64.0.0")
        clock = EPOCH
        for number in range(half_open):
            address = attackers + number
            ends = struct.pack(">IIHH", address, server, 1_024 + number % 60_000, 8080)
            sequence = number * 2_654_435_761 & 0xFFFF_FFFF
            ends_sum = _address_sum(address, server)
            yield clock, _syn_frame(ends, ends_sum, number & 0xFFFF, SYN, sequence, 0, clock), -1
            if number % 2 == 0:
                ends = struct.pack(">IIHH", server, address, 8080, 1_024 + number % 60_000)
                answer = _syn_frame(ends, ends_sum, 0, SYN | ACK, ~sequence & 0xFFFF_FFFF, sequence + 1 & 0xFFFF_FFFF, clock)
                yield clock + 2, answer, -1
            if number % stride == 0 and number // stride < connections * rounds:
                turn, index = divmod(number // stride, connections)
                connection = made[index]
                if turn == 0:
                    for frame in connection.open(clock):
                        yield clock + 3, frame, -1
                if turn or index % 2 == 0:
                    request, request_size, size = api.request(connection)
                    api.request_body_bytes += request_size
                    api.response_body_bytes += size
                    yield clock + 4, connection.up(request, clock), calls
                    yield clock + 5, connection.down(api.response(connection, size, clock), clock), calls
                    yield clock + 6, connection.up(b"", clock, ACK), -1
                    calls += 1
            clock += 10

    count, size = _write(path, packets())
    return Traffic(
        name, str(path), count, size, connections, calls, calls, calls,
        api.request_body_bytes, api.response_body_bytes,
    )  # fmt: skip


def _write(path: Path, packets: Iterable[Packet]) -> tuple[int, int]:
    """Write a pcap file; return its packets and the sum of their lengths. Time never runs backwards."""
    count = size = now = 0
    with path.open("wb", buffering=1 << 20) as file:
        write = file.write
        write(_FILE_HEADER)
        for time, frame, _ in packets:
            if time > now:
                now = time
            length = len(frame)
            write(_RECORD(now // 1_000_000, now % 1_000_000, length, length))
            write(frame)
            count += 1
            size += length
    return count, size


RECIPES: dict[str, Callable[..., Traffic]] = {
    "small calls": _small_calls,
    "downloads, MTU frames": _large_downloads,
    "downloads, GRO frames": _merged_downloads,
    "open connections": _open_connections,
    "lossy": _lossy,
    "half-open": _half_open,
}


def generate(recipe: str, name: str, path: Path, **sizes: int) -> Traffic:
    """Write the traffic of a recipe to `path` and return the truth about it."""
    return RECIPES[recipe](name, path, **sizes)
