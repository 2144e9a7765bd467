"""Canaries where protocols beside HTTP/1 have bytes: HTTP/2, gRPC, WebSocket, SOCKS, tunnels, the PROXY protocol, hellos of TLS.

`PROTOCOLS` has a conversation for each place: what both sides say in turns, with a value in it. See `canaries`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from hpack import Encoder, HeaderTuple, NeverIndexedHeaderTuple

from tests.support import http2, websocket

__all__ = ["HOSTS", "PROTOCOLS", "Turns"]

Turns = list[tuple[bool, bytes]]
"""Whether the client says it, and what."""
_Fields = list[tuple[str, str]]
_Make = Callable[[str], Turns]

_OK: Final = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
_SETTINGS: Final = http2.settings()


def _h2(
    request: _Fields = [],  # noqa: B006 - read only
    response: _Fields = [],  # noqa: B006
    *,
    asked: str = "",
    answered: str = "",
    request_trailers: _Fields = [],  # noqa: B006
    trailers: _Fields = [],  # noqa: B006
    client: tuple[int, int, str] | None = None,
    server: tuple[int, int, str] | None = None,
    pushed: _Fields = [],  # noqa: B006
    huffman: bool = True,
    never: bool = False,
) -> _Make:
    """A connection with one request and its answer: what replaces or follows the usual fields, bodies, and frames by their own."""

    def make(value: str) -> Turns:
        def block(encoder: Encoder, usual: _Fields, others: _Fields) -> bytes:
            names = {name for name, _ in others}
            fields = [field for field in usual if field[0] not in names] + others
            # Pseudo-header fields come first (RFC 9113 section 8.3).
            fields.sort(key=lambda field: not field[0].startswith(":"))
            kind = NeverIndexedHeaderTuple if never else HeaderTuple
            return encoder.encode(
                [kind(name.replace("{}", value), text.replace("{}", value)) for name, text in fields],
                huffman=huffman,
            )

        def headers(encoder: Encoder, usual: _Fields, others: _Fields, *, ends: bool) -> bytes:
            flags = http2.END_HEADERS | (http2.END_STREAM if ends else 0)
            return http2.frame(http2.HEADERS, 1, block(encoder, usual, others), flags)

        def data(text: str, *, ends: bool) -> bytes:
            return http2.frame(
                http2.DATA, 1, text.replace("{}", value).encode(), http2.END_STREAM if ends else 0
            )

        def other(frame: tuple[int, int, str] | None) -> bytes:
            if frame is None:
                return b""
            kind, stream, payload = frame
            return http2.frame(kind, stream, payload.replace("{}", value).encode())

        ours, theirs = Encoder(), Encoder()
        usual = [(":method", "GET"), (":scheme", "http"), (":path", "/"), (":authority", "api.example")]
        sent = http2.PREFACE + _SETTINGS + other(client)
        sent += headers(ours, usual, request, ends=not asked and not request_trailers)
        if asked:
            sent += data(asked, ends=not request_trailers)
        if request_trailers:
            sent += headers(ours, [], request_trailers, ends=True)
        back = _SETTINGS
        if pushed:
            promise = (2).to_bytes(4, "big") + block(theirs, usual, pushed)
            back += http2.frame(http2.PUSH_PROMISE, 1, promise, http2.END_HEADERS)
        back += headers(theirs, [(":status", "200")], response, ends=not answered and not trailers)
        if answered:
            back += data(answered, ends=not trailers)
        if trailers:
            back += headers(theirs, [], trailers, ends=True)
        if pushed:
            back += http2.frame(
                http2.HEADERS,
                2,
                block(theirs, [(":status", "200")], []),
                http2.END_HEADERS | http2.END_STREAM,
            )
        return [(True, sent), (False, back + other(server))]

    return make


def _grpc(
    path: str = "/shop.v1.Orders/Get",
    request: _Fields = [],  # noqa: B006
    *,
    kind: str = "application/grpc",
    trailers: _Fields = [("grpc-status", "0")],  # noqa: B006
    message: str = "ok",
) -> _Make:
    return _h2(
        [(":method", "POST"), (":path", path), ("content-type", kind), *request],
        [("content-type", kind)],
        asked=f"\0\0\0\0\x02{message}",
        answered=f"\0\0\0\0\x02{message}",
        trailers=trailers,
    )


_UPGRADE: Final = (
    "GET {path} HTTP/1.1\r\nHost: api.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {websocket.KEY}\r\n"
)
_SWITCHED: Final = (
    "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    f"Sec-WebSocket-Accept: {websocket.ACCEPT}\r\n"
)


def _ws(
    asked: str = "",
    answered: str = "",
    client: tuple[int, str] | None = None,
    server: tuple[int, str] | None = None,
    path: str = "/events",
) -> _Make:
    """A session; payloads of the client are masked with zeros, so that they stand there in clear."""

    def make(value: str) -> Turns:
        def said(frame: tuple[int, str] | None, mask: bytes | None) -> bytes:
            if frame is None:
                return b""
            opcode, text = frame
            payload = text.replace("{}", value).encode()
            if opcode == websocket.CLOSE:
                payload = (1000).to_bytes(2, "big") + payload
            return websocket.frame(opcode, payload, mask=mask)

        head = _UPGRADE.replace("{path}", path) + asked + "\r\n"
        switched = _SWITCHED + answered + "\r\n"
        return [
            (True, head.replace("{}", value).encode()),
            (False, switched.replace("{}", value).encode()),
            (True, said(client, bytes(4)) or websocket.frame(websocket.PING, b"", mask=bytes(4))),
            (False, said(server, None) or websocket.frame(websocket.PONG)),
        ]

    return make


def _inside(value: str) -> Turns:
    """What is said through a tunnel."""
    asked = f"GET /users/{value}?{value}=1 HTTP/1.1\r\nHost: api.example\r\nX-{value}: {value}\r\n\r\n"
    return [(True, asked.encode()), (False, _OK)]


_GRANTED_4: Final = b"\0Z" + bytes(6)
_GRANTED_5: Final = b"\5\0\0\1" + bytes(6)
_TARGET_4: Final = bytes((4, 1, 0, 80, 10, 9, 9, 9))


def _text(value: str) -> bytes:
    """Behind its length."""
    data = value.encode()
    return bytes((len(data),)) + data


def _socks4_user(value: str) -> Turns:
    return [(True, _TARGET_4 + value.encode() + b"\0"), (False, _GRANTED_4), *_inside(value)]


def _socks4_host(value: str) -> Turns:
    asked = bytes((4, 1, 0, 80, 0, 0, 0, 1)) + b"\0" + f"{value}.shown.example".encode() + b"\0"
    return [(True, asked), (False, _GRANTED_4), *_inside("7")]


def _socks5(value: str, target: bytes, *, granted: bytes = _GRANTED_5) -> Turns:
    return [
        (True, b"\5\1\2"),
        (False, b"\5\2"),
        (True, b"\1" + _text(value) + _text(value)),
        (False, b"\1\0"),
        (True, b"\5\1\0" + target + b"\0\x50"),
        (False, granted),
        *_inside("7"),
    ]


def _socks5_user(value: str) -> Turns:
    return _socks5(value, b"\1\x0a\x09\x09\x09")


def _socks5_refused_user(value: str) -> Turns:
    return [
        (True, b"\5\1\2"),
        (False, b"\5\2"),
        (True, b"\1" + _text(value) + _text(value)),
        (False, b"\1\1"),
    ]


def _socks5_host(value: str) -> Turns:
    return _socks5("u", b"\3" + _text(f"{value}.shown.example"))


def _socks5_bound(value: str) -> Turns:
    return _socks5("u", b"\1\x0a\x09\x09\x09", granted=b"\5\0\0\3" + _text(value) + b"\0\x50")


def _connect_inside(value: str) -> Turns:
    return [
        (True, b"CONNECT api.example:80 HTTP/1.1\r\nHost: api.example:80\r\n\r\n"),
        (False, b"HTTP/1.1 200 OK\r\n\r\n"),
        *_inside(value),
    ]


def _connect_opaque(value: str) -> Turns:
    return [
        (True, b"CONNECT api.example:25 HTTP/1.1\r\nHost: api.example:25\r\n\r\n"),
        (False, f"HTTP/1.1 200 OK\r\n\r\n220 {value} ESMTP\r\n".encode()),
        (True, f"EHLO {value}\r\n".encode()),
    ]


def _connect_refused(value: str) -> Turns:
    asked = f"CONNECT api.example:80 HTTP/1.1\r\nHost: api.example:80\r\nProxy-Authorization: {value}\r\n\r\n"
    return [
        (True, asked.encode()),
        (False, f"HTTP/1.1 407 {value}\r\nContent-Length: 0\r\n\r\n".encode()),
    ]


def _h2c_settings(value: str) -> Turns:
    asked = (
        "GET / HTTP/1.1\r\nHost: api.example\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
        f"HTTP2-Settings: {value}\r\n\r\n"
    )
    return [(True, asked.encode()), (False, _OK)]


def _switched(value: str) -> Turns:
    asked = f"GET /users/{value} HTTP/1.1\r\nHost: api.example\r\nConnection: Upgrade\r\nUpgrade: {value}/1.0\r\n\r\n"
    switched = f"HTTP/1.1 101 {value}\r\nConnection: Upgrade\r\nUpgrade: {value}/1.0\r\n\r\n"
    return [
        (True, asked.encode()),
        (False, switched.encode()),
        (True, f"hello {value}\n".encode()),
        (False, f"{value}\n".encode()),
    ]


def _proxy(records: Callable[[str], bytes], family: int = 0x11) -> _Make:
    """A binary header of the PROXY protocol with what may stand behind its addresses, and a request."""

    def make(value: str) -> Turns:
        addresses = bytes((10, 8, 8, 8, 10, 9, 9, 9)) + b"\x1f\x90\0\x50" if family == 0x11 else b""
        said = addresses + records(value)
        head = b"\r\n\r\n\0\r\nQUIT\n\x21" + bytes((family,)) + len(said).to_bytes(2, "big") + said
        return [(True, head + b"GET / HTTP/1.1\r\nHost: api.example\r\n\r\n"), (False, _OK)]

    return make


def _record(kind: int, data: bytes) -> bytes:
    return bytes((kind,)) + len(data).to_bytes(2, "big") + data


def _unix(value: str) -> bytes:
    return value.encode()[:108].ljust(108, b"\0") * 2


def _hello(value: str) -> Turns:
    """Of TLS 1.2, with the value as the server's name, as a protocol and as a ticket."""
    name = value.encode()

    def extension(kind: int, data: bytes) -> bytes:
        return kind.to_bytes(2, "big") + len(data).to_bytes(2, "big") + data

    entry = b"\0" + (len(name) + 14).to_bytes(2, "big") + name + b".shown.example"
    extensions = extension(0, len(entry).to_bytes(2, "big") + entry)
    protocols = _text(value)
    extensions += extension(16, len(protocols).to_bytes(2, "big") + protocols) + extension(35, name)
    hello = b"\3\3" + bytes(32) + b"\0" + b"\0\2\xc0\x2f" + b"\1\0"
    hello += len(extensions).to_bytes(2, "big") + extensions
    body = b"\1" + len(hello).to_bytes(3, "big") + hello
    return [
        (True, b"\x16\3\1" + len(body).to_bytes(2, "big") + body),
        (False, b"\x15\3\3\0\2\2\x28"),
    ]


def _der(tag: int, *content: bytes) -> bytes:
    """An element of DER (X.690), its length in two bytes."""
    inner = b"".join(content)
    return bytes((tag, 0x82)) + len(inner).to_bytes(2, "big") + inner


def _certificate(value: str) -> Turns:
    """Of TLS 1.2: the value is who the certificate is of and from, what it is for, and its serial number."""
    text = value.encode()
    person = _der(0x30, _der(0x31, _der(0x30, b"\6\3\x55\4\3", _der(0x0C, text))))
    names = _der(0x82, text + b".shown.example") + _der(0x81, text + b"@a.example") + _der(0x86, b"a:" + text)
    signed = _der(
        0x30,
        b"\xa0\3\2\1\2",
        _der(2, b"\1" + text),
        b"\x30\0",
        person,
        _der(0x30, b"\x17\x0d260101000000Z", b"\x17\x0d270101000000Z"),
        person,
        b"\x30\0",
        _der(0xA3, _der(0x30, _der(0x30, b"\6\3\x55\x1d\x11", _der(4, _der(0x30, names))))),
    )
    leaf = _der(0x30, signed, b"\x30\0", _der(3, text))
    listed = len(leaf).to_bytes(3, "big") + leaf
    message = b"\x0b" + (len(listed) + 3).to_bytes(3, "big") + len(listed).to_bytes(3, "big") + listed
    hello = b"\3\3" + bytes(32) + b"\0" + b"\xc0\x2f" + b"\0"
    flight = b"\2" + len(hello).to_bytes(3, "big") + hello + message
    return [
        _hello("api")[0],
        (False, b"\x16\3\3" + len(flight).to_bytes(2, "big") + flight),
        (True, b"\x15\3\3\0\2\2\x2a"),
    ]


PROTOCOLS: Final[dict[str, _Make]] = {
    # HTTP/2
    "HTTP/2: path": _h2([(":path", "/users/{}?{}&{}=1")]),
    "HTTP/2: path of no form": _h2([(":path", "{}")]),
    "HTTP/2: path, not compressed": _h2([(":path", "/{}")], huffman=False),
    "HTTP/2: path, never indexed": _h2([(":path", "/{}")], never=True),
    "HTTP/2: authority": _h2([(":authority", "{}.shown.example")]),
    "HTTP/2: user of an authority": _h2([(":authority", "{}:{}@api.example")]),
    "HTTP/2: method": _h2([(":method", "{}")]),
    "HTTP/2: scheme": _h2([(":scheme", "{}")]),
    "HTTP/2: protocol of an extended CONNECT": _h2([(":method", "CONNECT"), (":protocol", "{}")]),
    "HTTP/2: unknown pseudo-header": _h2([(":{}", "{}")]),
    "HTTP/2: name of a field": _h2([("{}", "1"), ("x-{}", "1")]),
    "HTTP/2: value of a field": _h2([("x-user", "{}"), ("cookie", "{}={}"), ("authorization", "Bearer {}")]),
    "HTTP/2: user agent": _h2([("user-agent", "{}/1.0 ({})")]),
    "HTTP/2: content type": _h2([("content-type", "application/{}; boundary={}")], asked="{}"),
    "HTTP/2: status": _h2(response=[(":status", "{}")]),
    "HTTP/2: name of a response's field": _h2(response=[("{}", "{}"), ("set-cookie", "{}={}")]),
    "HTTP/2: content type of a response": _h2(response=[("content-type", "{}/{}")], answered="{}"),
    "HTTP/2: content encoding": _h2(response=[("content-encoding", "{}")]),
    "HTTP/2: trailer of a request": _h2(asked="{}", request_trailers=[("{}", "{}"), ("x-sum", "{}")]),
    "HTTP/2: trailer of a response": _h2(answered="{}", trailers=[("{}", "{}"), ("x-sum", "{}")]),
    "HTTP/2: pushed path": _h2(pushed=[(":path", "/users/{}"), ("x-{}", "{}")]),
    "HTTP/2: pushed authority": _h2(pushed=[(":authority", "{}.shown.example")]),
    "HTTP/2: debug data of a GOAWAY": _h2(client=None, server=(http2.GOAWAY, 0, "\0\0\0\1\0\0\0\2{}")),
    "HTTP/2: debug data of a client's GOAWAY": _h2(client=(http2.GOAWAY, 0, "\0\0\0\0\0\0\0\2{}")),
    "HTTP/2: ping": _h2(client=(http2.PING, 0, "{}"), server=(http2.PING, 0, "{}")),
    "HTTP/2: frame of an unknown type": _h2(client=(0xF0, 0, "{}"), server=(0xF1, 1, "{}")),
    "HTTP/2: ALTSVC": _h2(server=(0x0A, 0, "\0\0{}")),
    "HTTP/2: ORIGIN": _h2(server=(0x0C, 0, "{}")),
    "HTTP/2: PRIORITY_UPDATE": _h2(client=(0x10, 0, "\0\0\0\1{}")),
    "HTTP/2: no frames behind the preface": lambda value: [
        (True, http2.PREFACE + value.encode() + b"\r\n" + value.encode()),
        (False, value.encode() * 3),
    ],
    "HTTP/2: settings of an upgrade": _h2c_settings,
    # gRPC
    "gRPC: package": _grpc("/{}.v1.Orders/Get"),
    "gRPC: service": _grpc("/shop.v1.{}/Get"),
    "gRPC: method": _grpc("/shop.v1.Orders/{}"),
    "gRPC: method of a call that is refused": _grpc(
        "/shop.v1.Orders/Get{}", trailers=[("grpc-status", "12")]
    ),
    "gRPC: path of no form": _grpc("/{}"),
    "gRPC: type": _grpc(kind="application/grpc+{}"),
    "gRPC: metadata": _grpc(request=[("{}", "1"), ("x-user-bin", "{}"), ("grpc-timeout", "{}")]),
    "gRPC: encoding": _grpc(request=[("grpc-encoding", "{}"), ("grpc-accept-encoding", "{}")]),
    "gRPC: status": _grpc(trailers=[("grpc-status", "{}")]),
    "gRPC: message of a status": _grpc(trailers=[("grpc-status", "13"), ("grpc-message", "no {}")]),
    "gRPC: details of a status": _grpc(trailers=[("grpc-status", "13"), ("grpc-status-details-bin", "{}")]),
    "gRPC: message": _grpc(message="{}"),
    "gRPC-Web: trailers in a body": _grpc(
        kind="application/grpc-web", trailers=[], message="\x80\0\0\0\x40grpc-status:{}\r\ngrpc-message:{}"
    ),
    # WebSocket
    "WebSocket: path": _ws(path="/users/{}?{}&token={}"),
    "WebSocket: key": _ws(asked="Sec-WebSocket-Key: {}\r\n"),
    "WebSocket: accepted key": _ws(answered="Sec-WebSocket-Accept: {}\r\n"),
    "WebSocket: subprotocol offered": _ws("Sec-WebSocket-Protocol: {}, bearer.{}\r\n"),
    "WebSocket: subprotocol": _ws("Sec-WebSocket-Protocol: {}\r\n", "Sec-WebSocket-Protocol: {}\r\n"),
    "WebSocket: extension": _ws(
        "Sec-WebSocket-Extensions: {}; {}=1\r\n", "Sec-WebSocket-Extensions: {}; {}=1\r\n"
    ),
    "WebSocket: parameter of an extension": _ws(
        "Sec-WebSocket-Extensions: permessage-deflate; {}={}\r\n",
        "Sec-WebSocket-Extensions: permessage-deflate; {}={}\r\n",
    ),
    "WebSocket: text": _ws(client=(websocket.TEXT, '{"user": "{}"}'), server=(websocket.TEXT, "{}")),
    "WebSocket: binary": _ws(client=(websocket.BINARY, "{}"), server=(websocket.BINARY, "{}")),
    "WebSocket: ping": _ws(client=(websocket.PING, "{}"), server=(websocket.PONG, "{}")),
    "WebSocket: reason of a close": _ws(client=(websocket.CLOSE, "{}"), server=(websocket.CLOSE, "{}")),
    "WebSocket: request inside": _ws(
        client=(websocket.TEXT, "GET /{} HTTP/1.1\r\nHost: {}\r\n\r\n"), server=(3, "{}")
    ),
    # tunnels
    "SOCKS 4: user": _socks4_user,
    "SOCKS 4a: host": _socks4_host,
    "SOCKS 5: user and password": _socks5_user,
    "SOCKS 5: user and password, refused": _socks5_refused_user,
    "SOCKS 5: host": _socks5_host,
    "SOCKS 5: bound host": _socks5_bound,
    "CONNECT: request inside": _connect_inside,
    "CONNECT: what is inside": _connect_opaque,
    "CONNECT: refused": _connect_refused,
    "upgrade: protocol that is changed to": _switched,
    # the PROXY protocol, version 2
    "PROXY 2: protocol": _proxy(lambda value: _record(1, value.encode())),
    "PROXY 2: authority": _proxy(lambda value: _record(2, value.encode())),
    "PROXY 2: unique id": _proxy(lambda value: _record(5, value.encode())),
    "PROXY 2: certificate's name": _proxy(
        lambda value: _record(0x20, b"\1" + bytes(4) + _record(0x22, value.encode()))
    ),
    "PROXY 2: namespace": _proxy(lambda value: _record(0x30, value.encode())),
    "PROXY 2: vendor's": _proxy(lambda value: _record(0xEA, b"\1" + value.encode())),
    "PROXY 2: path of a socket": _proxy(_unix, family=0x31),
    # TLS
    "TLS: hello": _hello,
    "TLS: certificate": _certificate,
}
"""By place."""

HOSTS: Final = (
    *("HTTP/2: authority", "HTTP/2: pushed authority", "SOCKS 4a: host", "SOCKS 5: host"),
    *("TLS: hello", "TLS: certificate"),
)
"""Of these places the host is shown."""
