"""What one would write with dpkt in an afternoon, to have something plain to compare with.

    python baseline_dpkt.py FILE > OUT

Reads a pcap file, puts each direction's payload in order, lets dpkt.http parse what has come so far, pairs
requests with responses first in first out, and prints one JSON object per pair with the same kind of facts
that `interceptor read` reports. It does per connection what can be done per connection. It has no limits, no
accounting, no IPv6, and trusts dpkt.http: large bodies are parsed again with each segment, so that the
benchmark does not run it on downloads.
"""

from __future__ import annotations

import json
import sys
from collections import deque
from socket import inet_ntoa
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import dpkt

HELD = 32
"""Segments held behind a hole before it is taken for lost."""


class Direction:
    """The bytes of one direction, in order, as far as no message has been made of them."""

    __slots__ = ("buffer", "expected", "held", "started")

    def __init__(self) -> None:
        self.buffer = b""
        self.expected: int | None = None
        self.held: dict[int, bytes] = {}
        self.started = 0.0

    def add(self, sequence: int, payload: bytes) -> bool:
        """Take a segment; tell whether the buffer has grown."""
        if self.expected is None:
            self.expected = sequence
        ahead = (sequence - self.expected) & 0xFFFFFFFF
        if ahead >= 0x80000000:  # seen before, at least in part
            behind = 0x100000000 - ahead
            if behind >= len(payload):
                return False
            payload = payload[behind:]
        elif ahead:
            self.held[sequence] = payload
            if len(self.held) <= HELD:
                return False
            sequence = min(self.held, key=lambda other: (other - sequence) & 0xFFFFFFFF)
            payload = self.held.pop(sequence)
            self.expected = sequence
            self.buffer = b""  # what stands before the hole cannot be completed
        self.buffer += payload
        self.expected = (self.expected + len(payload)) & 0xFFFFFFFF
        while self.held and self.expected in self.held:
            payload = self.held.pop(self.expected)
            self.buffer += payload
            self.expected = (self.expected + len(payload)) & 0xFFFFFFFF
        return True


class Connection:
    __slots__ = ("client", "pending", "request", "response", "server")

    def __init__(self, client: tuple[str, int], server: tuple[str, int]) -> None:
        self.client = client
        self.server = server
        self.request = Direction()
        self.response = Direction()
        self.pending: deque[tuple[float, float, Any]] = deque()


def parse(direction: Direction, kind: Any, time: float) -> list[tuple[float, Any]]:
    """All messages that are complete in the buffer, each with the time it began."""
    messages = []
    while direction.buffer:
        try:
            message = kind(direction.buffer)
        except dpkt.NeedData:
            break
        except dpkt.UnpackError:
            direction.buffer = b""
            break
        messages.append((direction.started, message))
        direction.buffer = message.data
        direction.started = time
    return messages


def record(
    connection: Connection, request: tuple[float, float, Any], response: tuple[float, Any], end: float
) -> str:
    began, sent, asked = request
    answered, answer = response
    url = urlsplit(asked.uri)
    return json.dumps(
        {
            "time": began,
            "duration_us": int((end - began) * 1e6),
            "ttfb_us": int((answered - sent) * 1e6),
            "source.address": connection.client[0],
            "source.port": connection.client[1],
            "destination.address": connection.server[0],
            "destination.port": connection.server[1],
            "server.address": asked.headers.get("host"),
            "network.protocol.version": asked.version,
            "http.request.method": asked.method,
            "url.path": url.path,
            "url.query.keys": [name for name, _ in parse_qsl(url.query)],
            "http.response.status_code": int(answer.status),
            "http.request.header.names": list(asked.headers),
            "http.response.header.names": list(answer.headers),
            "http.request.content_type": asked.headers.get("content-type"),
            "http.response.content_type": answer.headers.get("content-type"),
            "user_agent.original": asked.headers.get("user-agent"),
            "http.request.body.size": len(asked.body),
            "http.response.body.size": len(answer.body),
        }
    )


def main() -> int:
    connections: dict[tuple[bytes, int, bytes, int], tuple[Connection, bool]] = {}
    out = sys.stdout
    with open(sys.argv[1], "rb") as file:
        for time, frame in dpkt.pcap.Reader(file):
            ethernet = dpkt.ethernet.Ethernet(frame)
            ip = ethernet.data
            if not isinstance(ip, dpkt.ip.IP):
                continue
            tcp = ip.data
            if not isinstance(tcp, dpkt.tcp.TCP):
                continue
            payload = tcp.data
            if not payload:
                if tcp.flags & (dpkt.tcp.TH_FIN | dpkt.tcp.TH_RST):
                    connections.pop((ip.src, tcp.sport, ip.dst, tcp.dport), None)
                continue
            flow = (ip.src, tcp.sport, ip.dst, tcp.dport)
            known = connections.get(flow)
            if known is None:
                # The one who speaks first on the higher port is the client, as good a guess as any here.
                forward = tcp.sport > tcp.dport
                ends = (inet_ntoa(ip.src), tcp.sport), (inet_ntoa(ip.dst), tcp.dport)
                connection = Connection(*(ends if forward else ends[::-1]))
                known = connections[flow] = (connection, forward)
                connections[ip.dst, tcp.dport, ip.src, tcp.sport] = (connection, not forward)
            connection, forward = known
            direction = connection.request if forward else connection.response
            if not direction.buffer:
                direction.started = time
            if not direction.add(tcp.seq, payload):
                continue
            if forward:
                for began, message in parse(direction, dpkt.http.Request, time):
                    connection.pending.append((began, time, message))
            else:
                for answer in parse(direction, dpkt.http.Response, time):
                    if connection.pending:
                        out.write(record(connection, connection.pending.popleft(), answer, time) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
