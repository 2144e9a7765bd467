"""Capture files for the benchmarks, made fast and the same every time.

Owns the shapes of traffic that the benchmarks measure, and the truth about each file: how many packets it
has, what a faithful reader must report. Refuses scapy (a hundred times too slow for a million packets), the
clock, and any randomness that is not seeded: one recipe gives one file, byte for byte.

What stands in the files is what a veth shows: Ethernet, IPv4, TCP with timestamps; IP header checksums are
right, TCP checksums left to an offload that never comes (zero); heads as API clients and servers send them,
with what varies per call, per second and per connection varying so. The servers' port is 8080, which every
program compared here takes for HTTP.
"""

from __future__ import annotations

import socket
import struct
from dataclasses import dataclass
from email.utils import formatdate
from heapq import heappop, heappush
from random import Random
from typing import TYPE_CHECKING, Protocol, TypeAlias

from tests.bench.traffic_http2 import GrpcApi, Http2Api
from tests.bench.traffic_tls import TlsApi

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

__all__ = ["RECIPES", "Connection", "Says", "Traffic", "generate"]

SEED = 20_260_101
EPOCH = 1_767_225_600 * 1_000_000
"""2026-01-01T00:00:00Z in microseconds, the resolution of the files."""
SERVER_PORT = 8080
CALL_GAP = 20
"""Microseconds between two calls: 50,000 calls a second over all connections."""
RESPONSE_LAG = 5
ACKNOWLEDGEMENT_LAG = 7
"""Calls that begin before this one's response, and then its acknowledgement, is seen: 100 and 140 µs."""
SEGMENT = 1448
"""Payload of a full frame: MTU 1500, less IPv4 and TCP headers with timestamps."""
MERGED = (45, 45, 45, 17, 45, 30, 45, 6, 45, 45)
"""Segments that GRO has merged into a frame, in turn: at most 45, 65,160 bytes of payload."""
BURST = 10
"""Frames of a download in flight: the initial window of RFC 6928."""
CHUNK = 16 * 2**10
"""Of a chunked download. Chunks and segments end at different places."""
WINDOW = 8_192
"""Times 128 by the window scale: 1 MiB, so that no burst exceeds it."""
FIN, SYN, PUSH, ACK = 0x01, 0x02, 0x08, 0x10

Packet: TypeAlias = tuple[int, bytes, int]
"""(time in microseconds, frame, number of the call that its payload belongs to or -1)."""

_FILE_HEADER = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262_144, 1)
_RECORD = struct.Struct("<IIII").pack
_SEGMENT = struct.Struct(">16sHHIH12sIIHHIIII").pack
"""Ethernet and the first two bytes of IPv4; total length, id, don't-fragment + TTL 64 + TCP, checksum;
addresses and ports; sequence, acknowledgement, offset + flags, window, checksum + urgent pointer; options:
no-operation twice and timestamps."""
_SYN = struct.Struct(">16sHHIH12sIIHHIIIIII").pack
"""The same with the options of Linux: MSS, SACK permitted, timestamps, no-operation, window scale 7."""
_START = bytes.fromhex("02420a00000202420a00000108004500")
_IP_MIDDLE = 0x4000_4006
_TIMESTAMPS = 0x0101_080A
_SERVER_PORT_BYTES = struct.pack(">H", SERVER_PORT)


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
    """Requests made; each had one response."""
    records: int
    """Calls of which the request, the response or both are in the file: nobody can report more."""
    certain: int
    """Those that a faithful reader must report: the whole ones, and the halves that follow a whole call. Where
    a half follows another, nothing proves that it is the start of a message and not the middle of the lost one."""
    whole: int
    """Calls of which every byte is in the file."""
    request_body_bytes: int
    response_body_bytes: int
    """Of the whole calls, after de-chunking."""


class _End:
    """One end of a TCP connection: makes the frames it sends, in the order they are asked for."""

    __slots__ = ("_ends", "_ident", "_sum", "next")

    def __init__(self, ends: tuple[int, int, int, int], sequence: int) -> None:
        """`ends`: source address, destination address, source port, destination port."""
        source, destination, _, _ = ends
        self._ends = struct.pack(">IIHH", *ends)
        # What does not change in the IPv4 header, for its checksum (RFC 1071).
        self._sum = 0x4500 + 0x4000 + 0x4006 + sum(divmod(source, 65_536)) + sum(divmod(destination, 65_536))
        self._ident = sequence & 0xFFFF
        self.next = sequence & 0xFFFF_FFFF
        """Sequence number of what it sends next."""

    def syn(self, acknowledged: int, flags: int, clock: int) -> bytes:
        sequence = self.next
        self.next = sequence + 1 & 0xFFFF_FFFF
        self._ident = ident = self._ident + 1 & 0xFFFF
        checksum = 65_535 - (self._sum + 60 + ident) % 65_535
        return _SYN(
            *(_START, 60, ident, _IP_MIDDLE, checksum, self._ends),
            *(sequence, acknowledged, 0xA000 | flags, 64_240, 0),
            *(0x0204_05B4, 0x0402_080A, clock // 1_000 & 0xFFFF_FFFF, 0, 0x0103_0307),
        )

    def segment(self, acknowledged: int, flags: int, payload: bytes, clock: int) -> bytes:
        sequence = self.next
        self.next = sequence + len(payload) + (flags & FIN) & 0xFFFF_FFFF
        self._ident = ident = self._ident + 1 & 0xFFFF
        length = 52 + len(payload)
        checksum = 65_535 - (self._sum + length + ident) % 65_535
        stamp = clock // 1_000 & 0xFFFF_FFFF
        header = _SEGMENT(
            *(_START, length, ident, _IP_MIDDLE, checksum, self._ends),
            *(sequence, acknowledged, 0x8000 | flags, WINDOW, 0, _TIMESTAMPS, stamp, stamp),
        )
        return header + payload


class Connection:
    """A TCP connection as its two ends drive it."""

    __slots__ = ("client", "number", "server")

    def __init__(self, number: int, client: tuple[int, int], server: tuple[int, int]) -> None:
        self.number = number
        # Every 16th begins so near the end of the sequence space that its first calls wrap.
        up, down = (-2_000, -1_000) if number % 16 == 0 else (number * 2_654_435_761, number * 2_246_822_519)
        self.client = _End((client[0], server[0], client[1], server[1]), up)
        self.server = _End((server[0], client[0], server[1], client[1]), down)

    def open(self, clock: int) -> tuple[bytes, bytes, bytes]:
        return (
            self.client.syn(0, SYN, clock),
            self.server.syn(self.client.next, SYN | ACK, clock),
            self.acknowledge(clock),
        )

    def close(self, clock: int) -> tuple[bytes, bytes, bytes]:
        return (
            self.client.segment(self.server.next, FIN | ACK, b"", clock),
            self.server.segment(self.client.next, FIN | ACK, b"", clock),
            self.acknowledge(clock),
        )

    def up(self, payload: bytes, clock: int) -> bytes:
        return self.client.segment(self.server.next, PUSH | ACK, payload, clock)

    def down(self, payload: bytes, clock: int) -> bytes:
        return self.server.segment(self.client.next, PUSH | ACK, payload, clock)

    def acknowledge(self, clock: int, outstanding: int = 0) -> bytes:
        """The client has taken all that the server sent but the last `outstanding` bytes."""
        return self.client.segment(self.server.next - outstanding & 0xFFFF_FFFF, ACK, b"", clock)


def _address(text: str) -> int:
    return int.from_bytes(socket.inet_aton(text), "big")


def _connections(count: int) -> list[Connection]:
    """Of 40 clients to 8 services; of 40 further clients where these run out of ports."""
    clients, servers = _address("10.1.0.1"), _address("10.2.0.1")
    made = []
    for number in range(count):
        block, port = divmod(number // 40, 28_000)
        client = (clients + number % 40 + 256 * block, 32_768 + port)
        made.append(Connection(number, client, (servers + number % 8, SERVER_PORT)))
    return made


class _Api:
    """What API clients and servers say. Calls differ where real ones differ."""

    HOSTS = ("users", "orders", "catalog", "carts", "search", "billing", "stock", "events")
    AGENTS = ("Go-http-client/1.1", "python-httpx/0.27.2", "okhttp/4.12.0", "axios/1.7.7")
    SERVERS = ("envoy", "nginx/1.26.2", "uvicorn")
    NAMES = ("amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "heath")

    def __init__(self) -> None:
        self._bits = Random(SEED).getrandbits
        self._second = -1
        self._date = ""
        self.request_bodies: list[int] = []
        """Sizes, call by call."""
        self.response_bodies: list[int] = []

    def request(self, connection: Connection) -> bytes:
        """The next call's request; settles the size of the body that will answer it."""
        number = connection.number
        user, trace = self._bits(20), self._bits(128)
        method, target = self._target(self._bits(5), user, trace)
        secret = (number + 1) * 0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835 & 2**128 - 1
        head = (
            f"{method} {target} HTTP/1.1\r\n"
            f"Host: {self.HOSTS[number & 7]}.shop.svc.cluster.local:{SERVER_PORT}\r\n"
            f"User-Agent: {self.AGENTS[number // 8 & 3]}\r\n"
            "Accept: application/json\r\n"
            "Accept-Encoding: gzip, deflate\r\n"
            f"Authorization: Bearer {secret:032x}\r\n"
            f"X-Request-Id: {trace >> 32:024x}\r\n"
            f"traceparent: 00-{trace:032x}-{self._bits(64):016x}-01\r\n"
        )
        body = ""
        if method != "GET":
            note = "n" * (user & 63)
            body = f'{{"user":{user},"name":"{self.NAMES[user & 7]}","quantity":{user & 31},"note":"{note}"}}'
            head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        self.request_bodies.append(len(body))
        self.response_bodies.append((160 if body else 200) + (user & 127))
        return f"{head}\r\n{body}".encode()

    def _target(self, kind: int, user: int, trace: int) -> tuple[str, str]:
        """Method and request target: of 32 kinds of call, 20 read, 9 post, 3 put."""
        if kind < 8:
            return "GET", f"/api/v1/users/{user}"
        if kind < 13:
            return "GET", f"/api/v1/users/{user}/orders?page={user & 15}&limit=50&sort=created"
        if kind < 17:
            key = f"{trace:032x}"
            return "GET", f"/api/v1/orders/{key[:8]}-{key[8:12]}-4{key[13:16]}-a{key[17:20]}-{key[20:]}"
        if kind < 20:
            return "GET", f"/api/v2/catalog/{self.NAMES[user & 7]}/items/{user}"
        if kind < 26:
            return "POST", f"/api/v1/carts/{trace >> 64:016x}/items"
        if kind < 29:
            return "POST", "/api/v1/search"
        return "PUT", f"/api/v1/users/{user}/addresses/{user & 3}"

    def response(self, connection: Connection, call: int, clock: int) -> bytes:
        """The answer to the call of that number, counted from 0."""
        second = clock // 1_000_000
        if second != self._second:
            self._second, self._date = second, formatdate(second, usegmt=True)
        tag = self._bits(64)
        size = self.response_bodies[call]
        if tag % 50 == 0:
            status = "404 Not Found"
        elif self.request_bodies[call] and tag % 3 == 0:
            status = "201 Created"
        else:
            status = "200 OK"
        body = f'{{"id":"{tag:016x}","status":"active","balance":{tag % 9_000 + 1_000},"items":["'
        return (
            f"HTTP/1.1 {status}\r\n"
            f"Date: {self._date}\r\n"
            f"Server: {self.SERVERS[connection.number % 3]}\r\n"
            "Content-Type: application/json; charset=utf-8\r\n"
            f"Content-Length: {size}\r\n"
            "Connection: keep-alive\r\n"
            "Vary: Accept-Encoding, Origin\r\n"
            f'ETag: W/"{tag & 0xFFF:x}-{tag:016x}"\r\n'
            f"X-Request-Id: {tag ^ 0xA5A5_A5A5_A5A5_A5A5:016x}\r\n"
            "Cache-Control: private, max-age=0, must-revalidate\r\n"
            "X-Content-Type-Options: nosniff\r\n"
            "Strict-Transport-Security: max-age=31536000; includeSubDomains\r\n"
            "\r\n"
            f'{body}{"v" * (size - len(body) - 3)}"]}}'
        ).encode()


class Says(Protocol):
    """What clients and servers say."""

    request_bodies: list[int]
    response_bodies: list[int]

    def request(self, connection: Connection, /) -> bytes: ...
    def response(self, connection: Connection, call: int, clock: int, /) -> bytes: ...


def _opened(connections: list[Connection], clock: int) -> Iterator[Packet]:
    for connection in connections:
        for frame in connection.open(clock):
            yield clock, frame, -1
            clock += 2


def _called(connections: list[Connection], calls: int, api: Says, clock: int) -> Iterator[Packet]:
    """Round robin over the connections, several calls in flight: request, response, acknowledgement."""
    count = len(connections)
    if count <= ACKNOWLEDGEMENT_LAG:
        raise ValueError(f"fewer than {ACKNOWLEDGEMENT_LAG + 1} connections would have two calls in flight")
    for call in range(calls + ACKNOWLEDGEMENT_LAG):
        if call < calls:
            connection = connections[call % count]
            yield clock, connection.up(api.request(connection), clock), call
        answered = call - RESPONSE_LAG
        if 0 <= answered < calls:
            connection = connections[answered % count]
            yield clock + 7, connection.down(api.response(connection, answered, clock), clock), answered
        acknowledged = call - ACKNOWLEDGEMENT_LAG
        if acknowledged >= 0:
            yield clock + 13, connections[acknowledged % count].acknowledge(clock), -1
        clock += CALL_GAP


def _closed(connections: list[Connection], clock: int) -> Iterator[Packet]:
    for connection in connections:
        for frame in connection.close(clock):
            yield clock, frame, -1
            clock += 2


def _api_packets(connections: int, calls: int, api: Says, *, close: bool) -> Iterator[Packet]:
    made = _connections(connections)
    clock = EPOCH
    yield from _opened(made, clock)
    clock += 6 * connections
    yield from _called(made, calls, api, clock)
    if close:
        yield from _closed(made, clock + CALL_GAP * (calls + ACKNOWLEDGEMENT_LAG))


def _small_calls(
    name: str, path: Path, connections: int, calls: int, *, close: bool = True, api: Says | None = None
) -> Traffic:
    """Small JSON calls on keep-alive connections that are all open at once."""
    api = api or _Api()
    packets, size = _write(path, _api_packets(connections, calls, api, close=close))
    return Traffic(
        name=name,
        path=str(path),
        packets=packets,
        wire_bytes=size,
        connections=min(connections, calls),
        calls=calls,
        records=calls,
        certain=calls,
        whole=calls,
        request_body_bytes=sum(api.request_bodies),
        response_body_bytes=sum(api.response_bodies),
    )


def _http2_calls(name: str, path: Path, connections: int, calls: int) -> Traffic:
    """The same calls over HTTP/2, one at a time on each connection."""
    return _small_calls(name, path, connections, calls, api=Http2Api())


def _grpc_calls(name: str, path: Path, connections: int, calls: int) -> Traffic:
    """Unary calls of gRPC."""
    return _small_calls(name, path, connections, calls, api=GrpcApi())


def _tls_sessions(name: str, path: Path, connections: int, calls: int, *, close: bool = True) -> Traffic:
    """The same calls over TLS: of each connection a session can be reported, and of bodies what their records have."""
    api = TlsApi(_Api(), connections)
    packets, size = _write(path, _api_packets(connections, connections + calls, api, close=close))
    return Traffic(
        name=name,
        path=str(path),
        packets=packets,
        wire_bytes=size,
        connections=connections,
        calls=calls,
        records=connections,
        certain=connections,
        whole=connections,
        request_body_bytes=sum(api.request_bodies),
        response_body_bytes=sum(api.response_bodies),
    )


def _open_connections(name: str, path: Path, connections: int, calls: int) -> Traffic:
    """The same, and no connection is ever closed."""
    return _small_calls(name, path, connections, calls, close=False)


def _lossy(name: str, path: Path, connections: int, calls: int) -> Traffic:
    """The same calls as an overloaded capture shows them: 1 % dropped, 1 % late, 0.5 % twice."""
    api = _Api()
    requests_lost: set[int] = set()
    responses_lost: set[int] = set()

    def impaired() -> Iterator[Packet]:
        random = Random(SEED).random
        late: list[tuple[int, int, Packet]] = []
        for place, packet in enumerate(_api_packets(connections, calls, api, close=True)):
            chance = random()
            if chance < 0.010:
                _, frame, call = packet
                if call >= 0:
                    to_server = frame[36:38] == _SERVER_PORT_BYTES
                    (requests_lost if to_server else responses_lost).add(call)
            elif chance < 0.020:
                # 1 to 64 frames late: answers before their requests, acknowledgements before their data.
                heappush(late, (place + 1 + int(random() * 64), place, packet))
            else:
                yield packet
                if chance < 0.025:
                    yield packet
            while late and late[0][0] <= place:
                yield heappop(late)[2]
        while late:
            yield heappop(late)[2]

    packets, size = _write(path, impaired())
    whole = set(range(calls)) - requests_lost - responses_lost
    halves = requests_lost ^ responses_lost
    return Traffic(
        name=name,
        path=str(path),
        packets=packets,
        wire_bytes=size,
        connections=min(connections, calls),
        calls=calls,
        records=len(whole) + len(halves),
        certain=len(whole) + sum(call < connections or call - connections in whole for call in halves),
        whole=len(whole),
        request_body_bytes=sum(api.request_bodies[call] for call in whole),
        response_body_bytes=sum(api.response_bodies[call] for call in whole),
    )


def _mtu_downloads(name: str, path: Path, connections: int, frames: int, body: int = 4 * 2**20) -> Traffic:
    """Downloads in frames of the MTU's size, every second one acknowledged (RFC 9293 section 3.8.6.3)."""
    return _downloads(name, path, connections, frames, body=body, segments=(1,), every=2)


def _gro_downloads(name: str, path: Path, connections: int, frames: int, body: int = 4 * 2**20) -> Traffic:
    """Downloads as seen behind GRO: frames of up to 64 KB, each acknowledged."""
    return _downloads(name, path, connections, frames, body=body, segments=MERGED, every=1)


def _downloads(
    name: str, path: Path, connections: int, frames: int, *, body: int, segments: tuple[int, ...], every: int
) -> Traffic:
    """Downloads of `body` bytes, with Content-Length on even connections and chunked on odd ones.

    At least `frames` frames of `segments` full segments in turn; connections take turns burst by burst; after
    a burst the client acknowledges `every` so many frames.
    """
    calls = 0

    def packets() -> Iterator[Packet]:
        nonlocal calls
        made = _connections(connections)
        yield from _opened(made, EPOCH)
        streams = [_download_response(number, body) for number in range(connections)]
        places = [0] * connections
        # Whole downloads only: a connection that is done begins another one until enough frames are sent.
        busy = list(range(connections))
        clock, sent, turn = EPOCH + 6 * connections, 0, 0
        while busy:
            number = busy[turn % len(busy)]
            turn += 1
            connection, stream, place = made[number], streams[number], places[number]
            if place == 0:
                yield clock, connection.up(_download_request(number, sent), clock), calls
            burst: list[int] = []
            while len(burst) < BURST and place < len(stream):
                part = stream[place : place + SEGMENT * segments[sent % len(segments)]]
                yield clock, connection.down(part, clock), calls
                clock += 1
                place += len(part)
                sent += 1
                burst.append(len(part))
            outstanding = sum(burst)
            for index, length in enumerate(burst, 1):
                outstanding -= length
                if index % every == 0 or index == len(burst):
                    yield clock, connection.acknowledge(clock, outstanding), -1
                    clock += 1
            if place == len(stream):
                place = 0
                calls += 1
                if sent >= frames:
                    busy.remove(number)
            places[number] = place
        yield from _closed(made, clock)

    count, size = _write(path, packets())
    return Traffic(
        name=name,
        path=str(path),
        packets=count,
        wire_bytes=size,
        connections=connections,
        calls=calls,
        records=calls,
        certain=calls,
        whole=calls,
        request_body_bytes=0,
        response_body_bytes=calls * body,
    )


def _download_request(number: int, sent: int) -> bytes:
    return (
        f"GET /files/{number}/{sent}.bin HTTP/1.1\r\n"
        f"Host: files.example:{SERVER_PORT}\r\n"
        "User-Agent: curl/8.5.0\r\n"
        "Accept: */*\r\n"
        "\r\n"
    ).encode()


def _download_response(number: int, body: int) -> bytes:
    data = Random(SEED + number).randbytes(body)
    head = (
        "HTTP/1.1 200 OK\r\n"
        "Server: nginx/1.26.2\r\n"
        "Date: Thu, 01 Jan 2026 00:00:00 GMT\r\n"
        "Content-Type: application/octet-stream\r\n"
        "Connection: keep-alive\r\n"
    )
    if number % 2 == 0:
        return f"{head}Content-Length: {body}\r\n\r\n".encode() + data
    pieces = [f"{head}Transfer-Encoding: chunked\r\n\r\n".encode()]
    for start in range(0, body, CHUNK):
        chunk = data[start : start + CHUNK]
        pieces += (b"%x\r\n" % len(chunk), chunk, b"\r\n")
    return b"".join((*pieces, b"0\r\n\r\n"))


def _half_open(name: str, path: Path, connections: int, half_open: int, rounds: int) -> Traffic:
    """A SYN flood from distinct addresses, every second one answered, around connections that carry calls.

    Those connections open while the flood runs. The ones with an even number call at once and then once in
    each round; the others call from the second round on, when the flood has swept their handshake out of any
    table that is bounded.
    """
    api = _Api()
    calls = 0
    every = half_open // (connections * rounds)
    if every < 1:
        raise ValueError("fewer half-open connections than calls")

    def packets() -> Iterator[Packet]:
        nonlocal calls
        made = _connections(connections)
        server, attackers = _address("10.2.0.1"), _address("100.64.0.0")
        clock = EPOCH
        for number in range(half_open):
            port = 1_024 + number % 60_000
            client = _End((attackers + number, server, port, SERVER_PORT), number * 2_654_435_761)
            yield clock, client.syn(0, SYN, clock), -1
            if number % 2 == 0:
                target = _End((server, attackers + number, SERVER_PORT, port), number * 2_246_822_519)
                yield clock + 2, target.syn(client.next, SYN | ACK, clock), -1
            turn, index = divmod(number // every, connections)
            if number % every == 0 and turn < rounds:
                connection = made[index]
                if turn == 0:
                    for frame in connection.open(clock):
                        yield clock + 3, frame, -1
                if turn or index % 2 == 0:
                    yield clock + 4, connection.up(api.request(connection), clock), calls
                    yield clock + 5, connection.down(api.response(connection, calls, clock), clock), calls
                    yield clock + 6, connection.acknowledge(clock), -1
                    calls += 1
            clock += 10

    count, size = _write(path, packets())
    return Traffic(
        name=name,
        path=str(path),
        packets=count,
        wire_bytes=size,
        connections=connections if rounds > 1 else connections // 2,
        calls=calls,
        records=calls,
        certain=calls,
        whole=calls,
        request_body_bytes=sum(api.request_bodies),
        response_body_bytes=sum(api.response_bodies),
    )


def _write(path: Path, packets: Iterable[Packet]) -> tuple[int, int]:
    """Write a pcap file in which time never runs backwards; return packets and the sum of their lengths."""
    count = size = now = 0
    with path.open("wb", buffering=2**20) as file:
        write = file.write
        write(_FILE_HEADER)
        for time, frame, _ in packets:
            now = max(now, time)
            length = len(frame)
            write(_RECORD(now // 1_000_000, now % 1_000_000, length, length))
            write(frame)
            count += 1
            size += length
    return count, size


RECIPES: dict[str, Callable[..., Traffic]] = {
    "small calls": _small_calls,
    "open connections": _open_connections,
    "lossy": _lossy,
    "downloads, MTU frames": _mtu_downloads,
    "downloads, GRO frames": _gro_downloads,
    "half-open": _half_open,
    "HTTP/2 calls": _http2_calls,
    "gRPC calls": _grpc_calls,
    "TLS sessions": _tls_sessions,
}


def generate(recipe: str, path: Path, **sizes: int) -> Traffic:
    """Write the traffic of a recipe to `path` and return the truth about it."""
    return RECIPES[recipe](recipe, path, **sizes)
