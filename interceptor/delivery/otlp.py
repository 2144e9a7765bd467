"""OTLP/HTTP: transactions as spans, for whoever has an OpenTelemetry collector instead of our ingest API.

Owns the mapping of a record to a span, both forms of a request (protobuf and JSON), and what an answer says in either.
Refuses delivery: queue, retries and classification are the uploader's, whatever is sent.

A transaction was seen at its server, so its span is of kind SERVER and its resource is that server (`service.name`). It
continues the trace of the caller where the request carried a well-formed `traceparent`; otherwise it is a trace of its
own. Both ids are functions of the record's id: sending a batch again gives the same spans, which a backend can tell.

Sources: opentelemetry-proto 1.x, "OTLP/HTTP" and "JSON Protobuf Encoding" (ids are hexadecimal, 64-bit integers are
strings, enumerations are numbers); semantic conventions for HTTP spans; protobuf's "Encoding".

Both forms are made of the same `_Span`s. Protobuf is written by hand: what we send is a fixed dozen of fields, while the
official package brings protobuf's runtime along, whose versions other packages quarrel over, into an image that parses
hostile traffic. The tests compare with that package.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from operator import index
from struct import Struct
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

import msgspec

from interceptor.delivery.batches import UnpackError, parse_header, split_lines

if TYPE_CHECKING:
    from collections.abc import Iterable

    from interceptor.delivery.batches import Header

__all__ = ["CONTENT_TYPES", "PATH", "Form", "Made", "is_verdict", "rejected", "request", "words"]

Form = Literal["protobuf", "json"]

PATH: Final = "/v1/traces"
CONTENT_TYPES: Final[dict[Form, str]] = {"protobuf": "application/x-protobuf", "json": "application/json"}

_CALL: Final = "http"
"""The one kind of records that are calls."""
_SERVER: Final = 2
"""SPAN_KIND_SERVER."""
_ERROR: Final = 2
"""STATUS_CODE_ERROR. Semantic conventions: of a server's span, only 5xx are."""
_TIMES: Final = Struct("<BQBQ")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)

_AS_THEY_ARE: Final[tuple[str, ...]] = (
    *(
        "http.request.method",
        "http.request.method_original",
        "url.scheme",
        "url.template",
        "url.path",
        "url.query",
    ),
    *(
        "server.address",
        "server.port",
        "network.type",
        "network.protocol.version",
        "http.response.status_code",
    ),
    *("http.request.body.size", "http.response.body.size", "user_agent.original"),
)
"""Fields of a record whose names are those of the semantic conventions."""

_RENAMED: Final = {
    "source.address": "client.address",
    "source.port": "client.port",
    "destination.address": "network.local.address",
    "destination.port": "network.local.port",
    "service.address": "interceptor.service.address",
    "service.port": "interceptor.service.port",
    "perspective": "interceptor.perspective",
    "source.pod.uid": "interceptor.source.pod.uid",
    "source.container.id": "interceptor.source.container.id",
    "destination.pod.uid": "interceptor.destination.pod.uid",
    "destination.container.id": "interceptor.destination.container.id",
    "url.query.keys": "interceptor.url.query.keys",
    "url.shown": "interceptor.url.shown",
    "http.response.interim": "interceptor.response.interim",
    "http.request.header.names": "interceptor.request.header.names",
    "http.response.header.names": "interceptor.response.header.names",
    "http.request.content_type": "interceptor.request.content_type",
    "http.response.content_type": "interceptor.response.content_type",
    "http.response.content_encoding": "interceptor.response.content_encoding",
    "http.request.state": "interceptor.request.state",
    "http.response.state": "interceptor.response.state",
    "missed_bytes": "interceptor.missed_bytes",
    "ttfb_us": "interceptor.ttfb_us",
    "transaction.index": "interceptor.transaction.index",
    "anomalies": "interceptor.anomalies",
    "interface": "interceptor.interface",
    "id": "interceptor.record.id",
}
"""The others: where the conventions have a name of their own for it, that; else ours, in our namespace."""

_BALANCED: Final = _RENAMED | {
    "client.address": "client.address",
    "client.port": "client.port",
    "source.address": "network.peer.address",
    "source.port": "network.peer.port",
}
"""The same where a load balancer has announced the client: then the peer is another."""

_decode: Final = msgspec.json.Decoder(dict[str, Any]).decode
_encode: Final = msgspec.json.Encoder().encode


class _Span(NamedTuple):
    """A span, before it is written in either form."""

    trace: str
    """As all ids: in hexadecimal."""
    own: str
    parent: str
    """Empty: none."""
    flags: int
    name: str
    start: int
    """Nanoseconds of Unix time."""
    end: int
    failed: bool
    attributes: list[tuple[str, Any]]


class Made(NamedTuple):
    """What came of a batch's text."""

    body: bytes
    """An ExportTraceServiceRequest."""
    strange: int
    """Lines that are no record of ours, and not in it."""
    spanless: int
    """Records of other kinds than `http`, and not in it."""


def request(text: bytes, form: Form) -> Made:
    """Spans of a batch's text: header line, then records.

    A span is a call. Sessions and tunnels are none: a receiver would take their servers for services that are called. A line
    that is no record of ours costs itself: a receiver would refuse the whole request for it.

    Raises:
        UnpackError: there are lines, and none is a record; which is the first, without showing it.

    """
    header = parse_header(text)
    write = _span_json if form == "json" else _span_protobuf
    by_server: dict[str, list[Any]] = {}
    strange = spanless = first = 0
    for number, line in enumerate(split_lines(text), start=2):
        try:
            record = _decode(line)
            if record.get("kind", _CALL) != _CALL:
                spanless += 1
                continue
            span = write(_span(record))
            by_server.setdefault(_encodable(record["server.address"]), []).append(span)
        # a relay's batches were made elsewhere: JSON, but of whatever shape
        except (
            msgspec.DecodeError,
            LookupError,
            TypeError,
            ValueError,
            AttributeError,
            OverflowError,
            RecursionError,
        ):
            strange += 1
            first = first or number
    if strange and not by_server:
        raise UnpackError(f"has a line, {first}, that is no record, and none that is")
    program, _, version = header.agent.partition("/")
    put_together = _request_json if form == "json" else _request_protobuf
    return Made(put_together(by_server, header, program, version), strange, spanless)


def is_verdict(content_type: str, answer: bytes) -> bool:
    """Whether a refusal is the receiver's own: a google.rpc.Status, as protobuf or JSON."""
    if content_type == CONTENT_TYPES["protobuf"]:
        return _fields(answer) is not None
    if content_type != CONTENT_TYPES["json"]:
        return False
    try:
        status = _decode(answer)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    # a gateway's JSON has a message too; only the receiver's has gRPC's code
    return isinstance(status.get("code"), int) and isinstance(status.get("message", ""), str)


def words(answer: bytes) -> str:
    """The message of a google.rpc.Status."""
    try:
        return str(_decode(answer).get("message", ""))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _text(_fields(answer) or {}, 2)


def rejected(content_type: str, answer: bytes) -> tuple[int, str]:
    """How many spans an ExportTraceServiceResponse says were not taken, and why; (0, "") where it does not say it well."""
    if content_type.partition(";")[0].strip().lower() == CONTENT_TYPES["protobuf"]:
        partial = (_fields(answer) or {}).get(1, b"")
        inner = (_fields(partial) if isinstance(partial, bytes) else None) or {}
        count = inner.get(1, 0)
        # int64 on the wire: what is negative has its 64th bit set
        return count if isinstance(count, int) and count < 2**63 else 0, _text(inner, 2)
    try:
        said = _decode(answer).get("partialSuccess")
        if not isinstance(said, dict):
            return 0, ""
        return max(int(said.get("rejectedSpans", 0)), 0), str(said.get("errorMessage", ""))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, TypeError, ValueError):
        return 0, ""


# A record as a span


def _resource(server: str, header: Header) -> list[tuple[str, Any]]:
    known = {"service.name": server, "k8s.cluster.name": header.cluster, "k8s.node.name": header.node}
    return [(name, value) for name, value in known.items() if value is not None]


def _span(record: dict[str, Any]) -> _Span:
    start = (datetime.fromisoformat(record["time"]) - _EPOCH) // _MICROSECOND
    method, template = record.get("http.request.method"), record.get("url.template")
    if method == "_OTHER":
        method = "HTTP"  # semantic conventions: in a name, it stands for all unknown methods
    status = record.get("http.response.status_code")
    named = [(name, record[name]) for name in _AS_THEY_ARE if name in record]
    renamed = _BALANCED if "client.address" in record else _RENAMED
    named += [(name, record[field]) for field, name in renamed.items() if field in record]
    failed = status is not None and status >= 500
    if failed:
        named.append(("error.type", str(status)))
    identity = record["id"]
    trace, parent, flags = identity, "", 0
    own = blake2b(identity.encode(), digest_size=8).hexdigest()
    traceparent = record.get("traceparent")
    if traceparent is not None:
        _, trace, parent, sampled = traceparent.split("-")
        flags = int(sampled, 16)
        if len(parent) != 16 or len(bytes.fromhex(parent)) != 8 or not 0 <= flags < 256:
            raise ValueError("no traceparent")
    if len(bytes.fromhex(trace)) != 16 or len(trace) != 32:
        raise ValueError("no trace id")
    kind = "HTTP" if record.get("kind", "http") == "http" else record["kind"]
    name = " ".join([part for part in (method or kind, template) if part])
    begun, ended = start * 1000, (start + index(record.get("duration_us", 0))) * 1000
    if not 0 <= begun < 2**64 or not 0 <= ended < 2**64:
        raise ValueError("no time")
    return _Span(trace, own, parent, flags, name, begun, ended, failed, named)


def _encodable(name: str) -> str:
    if not isinstance(name, str):
        raise TypeError("no text")
    name.encode()
    return name


# As JSON


def _request_json(
    by_server: dict[str, list[dict[str, Any]]], header: Header, program: str, version: str
) -> bytes:
    scope = {"name": program, "version": version}
    return _encode(
        {
            "resourceSpans": [
                {
                    "resource": {"attributes": _attributes_json(_resource(server, header))},
                    "scopeSpans": [{"scope": scope, "spans": spans}],
                }
                for server, spans in by_server.items()
            ]
        }
    )


def _span_json(span: _Span) -> dict[str, Any]:
    written: dict[str, Any] = {"traceId": span.trace, "spanId": span.own}
    if span.parent:
        written |= {"parentSpanId": span.parent, "flags": span.flags}
    written |= {
        "kind": _SERVER,
        "name": span.name,
        "startTimeUnixNano": str(span.start),
        "endTimeUnixNano": str(span.end),
    }
    if span.failed:
        written["status"] = {"code": _ERROR}
    written["attributes"] = _attributes_json(span.attributes)
    return written


def _attributes_json(named: Iterable[tuple[str, Any]]) -> list[dict[str, Any]]:
    return [{"key": name, "value": _value_json(value)} for name, value in named]


def _value_json(value: Any) -> dict[str, Any]:
    return (
        {"arrayValue": {"values": [_scalar_json(item) for item in value]}}
        if isinstance(value, list)
        else _scalar_json(value)
    )


def _scalar_json(value: Any) -> dict[str, str]:
    """No record of ours has any other: a receiver would refuse the whole request for one."""
    match value:
        case str():
            return {"stringValue": value}
        case int() if not isinstance(value, bool) and -(2**63) <= value < 2**63:
            return {"intValue": str(value)}
        case _:
            raise TypeError("neither text nor a whole number of 64 bits")


# As protobuf: a message is its fields in a row; a field is its number and wire type, then its value. Wire types:
# 0 a number of variable length, 1 eight bytes, 2 a length and so many bytes (text, ids, messages), 5 four bytes.

_ARRAY: Final = 5
"""AnyValue.array_value."""
_TEXT: Final = 1
"""AnyValue.string_value."""
_NUMBER: Final = b"\x18"
"""AnyValue.int_value: field 3, wire type 0."""


def _request_protobuf(by_server: dict[str, list[bytes]], header: Header, program: str, version: str) -> bytes:
    scope = _field(1, _field(1, program.encode()) + _field(2, version.encode()))
    return b"".join(
        _field(
            1,  # resource_spans: resource = 1, scope_spans = 2 with scope = 1, spans = 2
            _field(1, _attributes_protobuf(1, _resource(server, header)))
            + _field(2, scope + b"".join([_field(2, span) for span in spans])),
        )
        for server, spans in by_server.items()
    )


def _span_protobuf(span: _Span) -> bytes:
    parts = [_field(1, bytes.fromhex(span.trace)), _field(2, bytes.fromhex(span.own))]
    if span.parent:
        parts.append(_field(4, bytes.fromhex(span.parent)))
    parts += (
        _field(5, span.name.encode()),
        b"\x30\x02",  # kind = 6: SPAN_KIND_SERVER
        _TIMES.pack(0x39, span.start, 0x41, span.end),  # start_time_unix_nano = 7, end_time_unix_nano = 8
        _attributes_protobuf(9, span.attributes),
    )
    if span.failed:
        parts.append(b"\x7a\x02\x18\x02")  # status = 15: code = 3: STATUS_CODE_ERROR
    if span.parent:
        parts.append(b"\x85\x01" + span.flags.to_bytes(4, "little"))  # flags = 16, four bytes
    return b"".join(parts)


def _attributes_protobuf(number: int, named: Iterable[tuple[str, Any]]) -> bytes:
    """Fields of that number, each a KeyValue: key = 1, value = 2."""
    return b"".join(
        [
            _field(number, _field(1, name.encode()) + _field(2, _value_protobuf(value)))
            for name, value in named
        ]
    )


def _value_protobuf(value: Any) -> bytes:
    if isinstance(value, list):
        return _field(_ARRAY, b"".join([_field(1, _scalar_protobuf(item)) for item in value]))
    return _scalar_protobuf(value)


def _scalar_protobuf(value: Any) -> bytes:
    match value:
        case str():
            return _field(_TEXT, value.encode())
        case int() if not isinstance(value, bool) and -(2**63) <= value < 2**63:
            return _NUMBER + _varint(value % 2**64)
        case _:
            raise TypeError("neither text nor a whole number of 64 bits")


def _field(number: int, content: bytes) -> bytes:
    """A field of wire type 2; numbers below 16 take one byte."""
    size = len(content)
    return (
        bytes((number << 3 | 2, size)) + content
        if size < 128
        else bytes((number << 3 | 2,)) + _varint(size) + content
    )


def _varint(number: int) -> bytes:
    written = bytearray()
    while number > 127:
        written.append(number & 127 | 128)
        number >>= 7
    written.append(number)
    return bytes(written)


def _fields(message: bytes) -> dict[int, int | bytes] | None:
    """The last value of each field of an answer; None where it is no message. Bounded by the answer's size."""
    found: dict[int, int | bytes] = {}
    place = 0
    try:
        while place < len(message):
            tag, place = _read_varint(message, place)
            number, kind = tag >> 3, tag & 7
            value: int | bytes
            if kind == 0:
                value, place = _read_varint(message, place)
            elif kind in _SIZES:
                size = _SIZES[kind]
                if size is None:
                    size, place = _read_varint(message, place)
                value = message[place : place + size]
                if len(value) < size:
                    return None
                place += size
            else:
                return None
            if not number:
                return None
            found[number] = value
    except IndexError:
        return None
    return found


_SIZES: Final = {1: 8, 2: None, 5: 4}


def _read_varint(message: bytes, place: int) -> tuple[int, int]:
    number = shift = 0
    while True:
        byte = message[place]
        place += 1
        number |= (byte & 127) << shift
        if byte < 128:
            return number, place
        shift += 7
        if shift > 63:
            raise IndexError("too long")


def _text(fields: dict[int, int | bytes], number: int) -> str:
    value = fields.get(number, b"")
    return value.decode(errors="replace") if isinstance(value, bytes) else ""
