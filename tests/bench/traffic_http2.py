"""Calls over HTTP/2 for the benchmarks: the same API as over HTTP/1, and gRPC.

Owns what clients and servers say on connections that live long; `traffic` has the packets around it. Blocks are written by
`hpack`, as two kinds of encoders do: nghttp2's (curl, Envoy and others) insert no path, those of gRPC insert everything.
"""

from __future__ import annotations

from email.utils import formatdate
from random import Random
from typing import Final, Protocol

from hpack import Encoder, HeaderTuple, NeverIndexedHeaderTuple

__all__ = ["GrpcApi", "Http2Api"]

SEED: Final = 20_260_102
PREFACE: Final = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
SETTINGS: Final = bytes.fromhex("000006040000000000000300000064")
ACKNOWLEDGED: Final = bytes.fromhex("000000040100000000")
DATA, HEADERS = 0, 1
END_STREAM, END_HEADERS = 1, 4
NOT_INSERTED: Final = frozenset({":path", "content-length", "etag"})
"""By nghttp2's encoder, of what is sent here; by that of gRPC, of which paths are inserted, `TRACE`."""
TRACE: Final = frozenset({"traceparent"})


def frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    return len(payload).to_bytes(3, "big") + bytes((kind, flags)) + stream.to_bytes(4, "big") + payload


class Numbered(Protocol):
    """A connection."""

    number: int


class Talk:
    """What is said on one connection."""

    __slots__ = ("asked", "client", "opened", "server")

    def __init__(self) -> None:
        self.client, self.server = Encoder(), Encoder()
        self.asked: list[int] = []
        """Streams that are not answered yet."""
        self.opened = 0


class _Api:
    """What both kinds of calls have."""

    HOSTS = ("users", "orders", "catalog", "carts", "search", "billing", "stock", "events")
    NAMES = ("amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "heath")

    not_inserted: frozenset[str]

    def __init__(self) -> None:
        self.bits = Random(SEED).getrandbits
        self._talks: dict[int, Talk] = {}
        self.request_bodies: list[int] = []
        self.response_bodies: list[int] = []

    def ask(self, connection: int, fields: list[tuple[str, str]], body: bytes) -> bytes:
        talk = self._talks.get(connection)
        before = b""
        if talk is None:
            talk = self._talks[connection] = Talk()
            before = PREFACE + SETTINGS
        stream = 2 * talk.opened + 1
        talk.opened += 1
        talk.asked.append(stream)
        self.request_bodies.append(len(body))
        said = frame(HEADERS, END_HEADERS | END_STREAM * (not body), stream, self._block(talk.client, fields))
        return before + said + (frame(DATA, END_STREAM, stream, body) if body else b"")

    def answer(
        self, connection: int, fields: list[tuple[str, str]], body: bytes, trailers: list[tuple[str, str]]
    ) -> bytes:
        talk = self._talks[connection]
        stream = talk.asked.pop(0)
        before = SETTINGS + ACKNOWLEDGED if stream == 1 else b""
        said = frame(HEADERS, END_HEADERS, stream, self._block(talk.server, fields))
        said += frame(DATA, END_STREAM * (not trailers), stream, body)
        if trailers:
            said += frame(HEADERS, END_HEADERS | END_STREAM, stream, self._block(talk.server, trailers))
        self.response_bodies.append(len(body))
        return before + said

    def _block(self, encoder: Encoder, fields: list[tuple[str, str]]) -> bytes:
        made = [
            (NeverIndexedHeaderTuple if name in self.not_inserted else HeaderTuple)(name, value)
            for name, value in fields
        ]
        encoded: bytes = encoder.encode(made)
        return encoded


class Http2Api(_Api):
    """The calls of the other recipe, field by field."""

    not_inserted = NOT_INSERTED
    AGENTS = ("python-httpx/0.27.2", "okhttp/4.12.0", "curl/8.9.1", "envoy")
    SERVERS = ("envoy", "nginx/1.26.2", "uvicorn")

    def request(self, at: Numbered) -> bytes:
        connection = at.number
        user, trace, kind = self.bits(20), self.bits(128), self.bits(5)
        posts = kind >= 20
        if kind < 8:
            path = f"/api/v1/users/{user}"
        elif kind < 13:
            path = f"/api/v1/users/{user}/orders?page={user & 15}&limit=50&sort=created"
        elif kind < 20:
            path = f"/api/v2/catalog/{self.NAMES[user & 7]}/items/{user}"
        else:
            path = f"/api/v1/carts/{trace >> 64:016x}/items"
        fields = [
            (":method", "POST" if posts else "GET"),
            (":scheme", "http"),
            (":authority", f"{self.HOSTS[connection & 7]}.shop.svc.cluster.local:8080"),
            (":path", path),
            ("user-agent", self.AGENTS[connection // 8 & 3]),
            ("accept", "application/json"),
            ("accept-encoding", "gzip, deflate"),
            ("authorization", f"Bearer {connection * 0x9E37_79B9_7F4A_7C15 & 2**64 - 1:032x}"),
            ("x-request-id", f"{trace >> 32:024x}"),
            ("traceparent", f"00-{trace:032x}-{self.bits(64):016x}-01"),
        ]
        body = b""
        if posts:
            body = b'{"user":%d,"quantity":%d,"note":"%s"}' % (user, user & 31, b"n" * (user & 63))
            fields += [("content-type", "application/json"), ("content-length", str(len(body)))]
        return self.ask(connection, fields, body)

    def response(self, at: Numbered, call: int, clock: int) -> bytes:
        del call  # of one connection, answers are in the order of requests
        connection = at.number
        tag = self.bits(64)
        size = 200 + (tag & 127)
        fields = [
            (":status", "404" if tag % 50 == 0 else "200"),
            ("date", formatdate(clock // 1_000_000, usegmt=True)),
            ("server", self.SERVERS[connection % 3]),
            ("content-type", "application/json; charset=utf-8"),
            ("content-length", str(size)),
            ("vary", "Accept-Encoding, Origin"),
            ("etag", f'W/"{tag:016x}"'),
            ("x-request-id", f"{tag ^ 0xA5A5_A5A5_A5A5_A5A5:016x}"),
            ("cache-control", "private, max-age=0, must-revalidate"),
            ("x-content-type-options", "nosniff"),
            ("strict-transport-security", "max-age=31536000; includeSubDomains"),
        ]
        return self.answer(connection, fields, b"v" * size, [])


class GrpcApi(_Api):
    """Unary calls, of which a few fail."""

    not_inserted = TRACE
    METHODS = ("GetOrder", "ListOrders", "AddItem", "GetUser", "Search", "Reserve")

    def request(self, at: Numbered) -> bytes:
        connection = at.number
        kind, trace = self.bits(8), self.bits(128)
        service = self.HOSTS[connection & 7]
        fields = [
            (":method", "POST"),
            (":scheme", "http"),
            (":path", f"/shop.{service}.v1.{service.title()}/{self.METHODS[kind % 6]}"),
            (":authority", f"{service}.shop.svc.cluster.local:8080"),
            ("content-type", "application/grpc"),
            ("user-agent", "grpc-go/1.66.0"),
            ("te", "trailers"),
            ("grpc-timeout", f"{kind % 4 + 1}S"),
            ("traceparent", f"00-{trace:032x}-{self.bits(64):016x}-01"),
        ]
        size = 20 + kind
        return self.ask(connection, fields, b"\0" + size.to_bytes(4, "big") + bytes(size))

    def response(self, at: Numbered, call: int, clock: int) -> bytes:
        del call  # of one connection, answers are in the order of requests
        connection = at.number
        del clock
        tag = self.bits(16)
        if tag % 50 == 0:
            fields = [(":status", "200"), ("content-type", "application/grpc"), ("grpc-status", "5")]
            return self.answer(connection, fields, b"", [("grpc-message", "no such order")])
        size = 60 + tag % 200
        fields = [(":status", "200"), ("content-type", "application/grpc")]
        body = b"\0" + size.to_bytes(4, "big") + bytes(size)
        return self.answer(connection, fields, body, [("grpc-status", "0"), ("grpc-message", "")])
