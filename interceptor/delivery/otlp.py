"""OTLP/HTTP: transactions as spans, for whoever has an OpenTelemetry collector instead of our ingest API.

Owns the mapping of a record to a span, and the JSON encoding of both the request and the answer. Refuses delivery:
queue, retries and classification are the uploader's, whatever is sent.

A transaction was seen at its server, so its span is of kind SERVER and its resource is that server (`service.name`). It
continues the trace of the caller where the request carried a well-formed `traceparent`; otherwise it is a trace of its
own. Both ids are functions of the record's id: sending a batch again gives the same spans, which a backend can tell.

Sources: opentelemetry-proto 1.x, "JSON Protobuf Encoding" (ids are hexadecimal, 64-bit integers are strings,
enumerations are numbers); semantic conventions for HTTP spans. JSON and not binary Protobuf: every OTLP/HTTP receiver
must take both, and msgspec writes it without another dependency.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from operator import index
from typing import TYPE_CHECKING, Any, Final

import msgspec

from interceptor.delivery.batches import UnpackError, parse_header, split_lines

if TYPE_CHECKING:
    from collections.abc import Iterable

    from interceptor.delivery.batches import Header

__all__ = ["CONTENT_TYPE", "PATH", "rejected", "request"]

PATH: Final = "/v1/traces"
CONTENT_TYPE: Final = "application/json"

_SERVER: Final = 2
"""SPAN_KIND_SERVER."""
_ERROR: Final = 2
"""STATUS_CODE_ERROR. Semantic conventions: of a server's span, only 5xx are."""
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

_decode: Final = msgspec.json.Decoder(dict[str, Any]).decode
_encode: Final = msgspec.json.Encoder().encode


def request(text: bytes) -> bytes:
    """An ExportTraceServiceRequest of a batch's text (header line, then records).

    Raises:
        UnpackError: a line is no record of ours; which one, without showing it.

    """
    header = parse_header(text)
    by_server: dict[str, list[dict[str, Any]]] = {}
    for number, line in enumerate(split_lines(text), start=2):
        try:
            record = _decode(line)
            by_server.setdefault(record["server.address"], []).append(_span(record))
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
            raise UnpackError(f"has a line, {number}, that is no record") from None
    program, _, version = header.agent.partition("/")
    scope = {"name": program, "version": version}
    return _encode(
        {
            "resourceSpans": [
                {"resource": _resource(server, header), "scopeSpans": [{"scope": scope, "spans": spans}]}
                for server, spans in by_server.items()
            ]
        }
    )


def rejected(answer: bytes) -> int:
    """How many spans an ExportTraceServiceResponse says were not taken; 0 where it does not say it well."""
    try:
        partial = _decode(answer).get("partialSuccess")
        return max(int(partial.get("rejectedSpans", 0)), 0) if isinstance(partial, dict) else 0
    except (msgspec.DecodeError, UnicodeDecodeError, TypeError, ValueError):
        return 0


def _resource(server: str, header: Header) -> dict[str, Any]:
    known = {"service.name": server, "k8s.cluster.name": header.cluster, "k8s.node.name": header.node}
    return {"attributes": _attributes((name, value) for name, value in known.items() if value is not None)}


def _span(record: dict[str, Any]) -> dict[str, Any]:
    start = (datetime.fromisoformat(record["time"]) - _EPOCH) // _MICROSECOND
    method, template = record.get("http.request.method"), record.get("url.template")
    if method == "_OTHER":
        method = "HTTP"  # semantic conventions: in a name, it stands for all unknown methods
    status = record.get("http.response.status_code")
    named = [(name, record[name]) for name in _AS_THEY_ARE if name in record]
    named += [(name, record[field]) for field, name in _RENAMED.items() if field in record]
    span: dict[str, Any] = {
        **_place(record),
        "kind": _SERVER,
        "name": " ".join([part for part in (method or "HTTP", template) if part]),
        "startTimeUnixNano": str(start * 1000),
        "endTimeUnixNano": str((start + index(record.get("duration_us", 0))) * 1000),
    }
    if status is not None and status >= 500:
        named.append(("error.type", str(status)))
        span["status"] = {"code": _ERROR}
    span["attributes"] = _attributes(named)
    return span


def _place(record: dict[str, Any]) -> dict[str, Any]:
    """Trace, span and, if it is known, parent."""
    own = blake2b(record["id"].encode(), digest_size=8).hexdigest()
    traceparent = record.get("traceparent")
    if traceparent is None:
        return {"traceId": record["id"], "spanId": own}
    _, trace, parent, flags = traceparent.split("-")
    return {"traceId": trace, "spanId": own, "parentSpanId": parent, "flags": int(flags, 16)}


def _attributes(named: Iterable[tuple[str, Any]]) -> list[dict[str, Any]]:
    return [{"key": name, "value": _value(value)} for name, value in named]


def _value(value: Any) -> dict[str, Any]:
    return (
        {"arrayValue": {"values": [_scalar(item) for item in value]}}
        if isinstance(value, list)
        else _scalar(value)
    )


def _scalar(value: Any) -> dict[str, str]:
    """No record of ours has any other: a receiver would refuse the whole request for one."""
    match value:
        case str():
            return {"stringValue": value}
        case int() if not isinstance(value, bool):
            return {"intValue": str(value)}
        case _:
            raise TypeError("neither text nor a whole number")
