"""The fields of a header block -> what a message of HTTP/2 says (RFC 9113 section 8).

Owns pseudo-header fields, what is malformed about a block, and what can be said where parts of it are unknown. Refuses
to guess: a field whose name is unknown may be any, so what it may have said is left out.

What is unknown about a path has a name: the entries of HPACK's table that may hold it. Pseudo-header fields come before all
others, so that where k of them are missing the path is among the first k unknown fields; two requests of one connection
with the same name have the same path.
"""

from __future__ import annotations

import re
from operator import itemgetter
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from interceptor.core.model import METHODS, Anomaly, Request, Response, Upgrade

if TYPE_CHECKING:
    from interceptor.core.protocols.http2.tables import Field

__all__ = ["WANTED", "Fields", "Head", "Texts"]

_TOKEN: Final = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_TRACEPARENT: Final = re.compile(
    rb"(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}"
)
"""W3C Trace Context, section 3.2.2. What later versions append may be anything: it is not kept."""
_UPPER: Final = re.compile(rb"[A-Z]")
_FORBIDDEN: Final = frozenset(
    {b"connection", b"keep-alive", b"proxy-connection", b"transfer-encoding", b"upgrade"}
)
"""RFC 9113 section 8.2.2: fields of a connection."""
_REQUEST_PARTS: Final = (b":method", b":scheme", b":path", b":authority")
_OF_REQUESTS: Final = frozenset({*_REQUEST_PARTS, b":protocol"})
_LONGEST_LENGTH: Final = 19
_LONGEST_NAME: Final = 256
"""Of a protocol's name and of a list of extensions, as of HTTP/1 (`http1.heads`)."""
_REMEMBERED: Final = 1_024
_REMEMBERED_BYTES: Final = 256
_REMEMBERED_LAYOUTS: Final = 256
"""As of HTTP/1 (`http1.layouts`)."""
_REMEMBERED_FIELDS: Final = 64
_NAME: Final = itemgetter(0)
"""Of a field."""
_TRAILERS: Final = b"trailers"
"""The only value that `te` may have (RFC 9113 section 8.2.2)."""


class Texts(dict[bytes, str]):
    """Field names and values as text, short ones, as far as they were met."""

    def __missing__(self, raw: bytes) -> str:
        text = raw.strip(b" \t").decode("latin-1")
        if len(raw) <= _REMEMBERED_BYTES:
            if len(self) >= _REMEMBERED:
                self.clear()
            self[raw] = text
        return text


class Head(Struct, eq=False, gc=False):
    """What a block says that begins or ends a message, as far as it is known."""

    values: dict[bytes, bytes]
    """Pseudo-header fields and others that are asked for, the first of each."""
    names: tuple[str, ...] | None
    """Of the other fields, in order; None where one of them is unknown."""
    unknown: tuple[int | None, ...]
    """Numbers of HPACK's entries that are unknown, which no field known to be a regular one precedes; None for an unknown
    name that has a value of its own."""
    hidden: bool
    """There are fields of which the name is not known."""
    anomalies: set[Anomaly] | None
    status: int | None
    """The code of a response; None where there is none, or it is unknown."""
    length: int | None
    """The body's, as the message declares it."""

    @property
    def asks(self) -> bool:
        """It can only be the head of a request."""
        return not _OF_REQUESTS.isdisjoint(self.values)


class _Layout(Struct, frozen=True, gc=False):
    """What all heads have in common whose fields have the same names, in the same order, none of them unknown."""

    names: tuple[str, ...]
    wanted: tuple[tuple[bytes, int], ...]
    """Pseudo-header fields and others that are asked for, and where their values are."""
    te: int
    """Where that of `te` is; -1: there is none."""


class Fields:
    """Understands header blocks. One for all connections: it holds what they share.

    A program sends the same fields again and again, so that nearly all heads have a layout that was met before. Those of
    which something is odd, or unknown, are looked at field by field.
    """

    __slots__ = ("_layouts", "_line_bytes", "_texts")

    def __init__(self, line_bytes: int) -> None:
        """`line_bytes`: of a request's target that is kept."""
        self._line_bytes = line_bytes
        self._texts = Texts()
        self._layouts: dict[tuple[bytes | None, ...], _Layout] = {}

    def read(self, fields: list[Field], *, cut: bool) -> Head:
        """What a block says. `cut`: it had more fields."""
        named = tuple(map(_NAME, fields))
        layout = self._layouts.get(named)
        if layout is None or cut or (layout.te >= 0 and fields[layout.te][1] != _TRAILERS):
            head = self._read(fields, cut=cut)
            if head.anomalies is None and not head.hidden and not cut:
                self._remember(named, head)
            return head
        values: dict[bytes, bytes] = {}
        for name, at in layout.wanted:
            value = fields[at][1]
            assert value is not None  # of a name that is known
            values[name] = value
        return _head(values, layout.names, (), None, hidden=False)

    def _remember(self, named: tuple[bytes | None, ...], head: Head) -> None:
        """Keep the layout of a head of which nothing is odd, if it is a small one without a field that counts twice."""
        wanted = [name for name in named if name in WANTED]
        if len(set(wanted)) < len(wanted) or head.names is None or len(named) > _REMEMBERED_FIELDS:
            return
        if sum([len(name or b"") for name in named]) > _REMEMBERED_BYTES * _REMEMBERED_FIELDS // 8:
            return
        if len(self._layouts) >= _REMEMBERED_LAYOUTS:
            self._layouts.clear()
        places = tuple([(name, named.index(name)) for name in head.values])
        te = named.index(b"te") if b"te" in named else -1
        self._layouts[named] = _Layout(head.names, places, te)

    def _read(self, fields: list[Field], *, cut: bool) -> Head:
        """The same, field by field."""
        values: dict[bytes, bytes] = {}
        names: list[str] = []
        unknown: list[int | None] = []
        anomalies: set[Anomaly] = set()
        hidden = regular = False
        texts = self._texts
        for name, value, number in fields:
            if name is None or value is None:
                hidden = True
                if not regular:
                    unknown.append(number if value is None else None)
                continue
            if name[:1] == b":":
                if regular or name in values:
                    anomalies.add(Anomaly.INVALID_HEADER)
                else:
                    values[name] = value
                continue
            regular = True
            if name == b"cookie" and "cookie" in names:
                continue  # section 8.2.3: one field may be sent in several
            names.append(texts[name])
            if name in _WANTED:
                if name not in values:
                    values[name] = value
                elif name == b"content-encoding":
                    values[name] += b", " + value
                elif name == b"content-length" and value != values[name]:
                    anomalies.add(Anomaly.DUPLICATE_CONTENT_LENGTH)
                elif name == b"traceparent":
                    values[name] = b""  # W3C Trace Context, section 3.2.1: of several none is to be used
            elif name in _FORBIDDEN or (name == b"te" and value.lower() != _TRAILERS):
                anomalies.add(Anomaly.INVALID_HEADER)
            if _UPPER.search(name):
                anomalies.add(Anomaly.INVALID_HEADER)
        if cut:
            anomalies.add(Anomaly.TOO_MANY_HEADERS)
        return _head(
            values, None if hidden else tuple(names), tuple(unknown), anomalies or None, hidden=hidden
        )

    def request(self, head: Head, epoch: int, position: int, place: int, time: int) -> Request:
        """The request that a block begins. `epoch`: of the table that its unknown entries are of."""
        values, texts = head.values, self._texts
        sent = values.get(b":method", b"")
        method = _METHODS.get(sent)
        if method is None:
            method = sent.decode("ascii") if _TOKEN.fullmatch(sent) else ""
        path, authority = values.get(b":path"), values.get(b":authority")
        host, agent = values.get(b"host"), values.get(b"user-agent")
        kind, coding = values.get(b"content-type"), values.get(b"content-encoding")
        span = values.get(b"traceparent")
        scheme = values.get(b":scheme", b"" if head.hidden else b"http")
        twice = authority is not None and host is not None and authority != host
        if authority is None:
            authority = host
        if authority is not None:
            authority = authority.rpartition(b"@")[2]  # section 8.3.1: it must not have user information
        request = Request(
            position,
            place,
            time,
            version="2",
            header_names=head.names or (),
            content_type=texts[kind] if kind is not None else None,
            content_encoding=texts[coding] if coding is not None else None,
            anomalies=head.anomalies,
            method=method,
            host=texts[authority] if authority is not None and len(authority) <= self._line_bytes else None,
            user_agent=texts[agent] if agent is not None else None,
            traceparent=span.decode("latin-1") if span and _TRACEPARENT.fullmatch(span) else None,
            scheme=_SCHEMES.get(scheme, "http"),
        )
        if twice:
            request.tag(Anomaly.DUPLICATE_HOST)
        if method == "CONNECT":
            if (protocol := values.get(b":protocol")) is None:
                path = authority  # section 8.5
            else:
                request.upgrade = Upgrade(texts[protocol[:_LONGEST_NAME]].lower())
        if path is not None:
            if len(path) > self._line_bytes:
                path = path[: self._line_bytes]
                request.tag(Anomaly.LONG_LINE)
            if not path.isascii():
                request.tag(Anomaly.NON_ASCII)
            request.target = path.decode("latin-1")
        elif head.hidden:
            missing = sum([part not in values for part in _REQUEST_PARTS])
            if not method:
                missing += 1  # of an extended CONNECT, :protocol (RFC 8441)
            request.unknown = _unknown(epoch, head.unknown[:missing])
        else:
            request.tag(Anomaly.INVALID_HEADER)
        return request

    def response(self, head: Head, position: int, place: int, time: int) -> Response:
        """The final response that a block begins; its status is 0 where that is unknown."""
        values, texts, status = head.values, self._texts, head.status or 0
        kind, coding = values.get(b"content-type"), values.get(b"content-encoding")
        response = Response(
            position,
            place,
            time,
            version="2",
            header_names=head.names or (),
            content_type=texts[kind] if kind is not None else None,
            content_encoding=texts[coding] if coding is not None else None,
            anomalies=head.anomalies,
            status=status,
        )
        if not status and not head.hidden:
            response.tag(Anomaly.INVALID_HEADER)
        return response

    def upgrade(self, head: Head, asked: Upgrade) -> Upgrade:
        """What an answer has taken up that grants a request for another protocol on a stream (RFC 8441)."""
        subprotocol, extensions = [
            self._texts[head.values.get(name, b"")[:_LONGEST_NAME]]
            for name in (b"sec-websocket-protocol", b"sec-websocket-extensions")
        ]
        return Upgrade(asked.protocol, "", subprotocol, extensions)


def _head(
    values: dict[bytes, bytes],
    names: tuple[str, ...] | None,
    unknown: tuple[int | None, ...],
    anomalies: set[Anomaly] | None,
    *,
    hidden: bool,
) -> Head:
    """What a block says, with the numbers that are in its values."""
    status = length = None
    if (digits := values.get(b":status")) is not None and len(digits) == 3 and digits.isdigit():
        status = int(digits)
    if (digits := values.get(b"content-length")) is not None:
        if not digits.isdigit():
            anomalies = {*(anomalies or ()), Anomaly.INVALID_CONTENT_LENGTH}
        elif len(digits) < _LONGEST_LENGTH:
            length = int(digits)
    return Head(values, names, unknown, hidden, anomalies, status, length)


def _unknown(epoch: int, entries: tuple[int | None, ...]) -> str:
    """Why a path is unknown and, where that can be told, which one it is."""
    why = f"after_loss_{epoch}" if epoch else "joined_late"
    # The newest entry that was not seen has the number 0, those before it negative ones.
    numbers = [str(1 - entry) for entry in entries if entry is not None]
    return f"{why}#{','.join(numbers)}" if numbers and len(numbers) == len(entries) else why


_WANTED: Final = frozenset(
    {
        b"content-encoding",
        b"content-length",
        b"content-type",
        b"grpc-status",
        b"grpc-timeout",
        b"host",
        b"sec-websocket-extensions",
        b"sec-websocket-protocol",
        b"traceparent",
        b"user-agent",
    }
)
WANTED: Final = _WANTED | _OF_REQUESTS | {b":status", b"te"}
"""Fields whose values are looked at."""
_SCHEMES: Final = {b"": "", b"http": "http", b"https": "https"}
_METHODS: Final = {method.encode(): method for method in METHODS}
