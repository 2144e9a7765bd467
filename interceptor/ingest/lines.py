"""What the lines of a batch may be.

Owns the decision whether a line is a record, and which of a record's claims are checked before anything is done
with it. Refuses to store, and to compress or unpack: `interceptor.delivery.batches` does.

A line that does not hold costs itself and nothing else: `check` takes a batch apart into what holds and what was
refused, and why. Only a header that does not hold, or that announces another number of lines than there are, is about
the batch: then nothing says where a record begins. What a server takes beyond that is for its operator to say
(`Objection`).

A record of a kind or schema that this program does not know is let through unread (`Aside`): agents are upgraded
before and after the servers they talk to. Of the records that are known, every value that is counted with or
stored by is of its type and within its range; fields that a later version added are skipped. A line is parsed once: who
counts records gets what was read of them (`Known`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from dataclasses import field as attribute
from datetime import UTC, datetime, timedelta
from enum import Enum, auto
from functools import lru_cache
from math import inf
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, NamedTuple, TypeAlias

import msgspec
from msgspec import field

from interceptor.core.records.latency import is_latency
from interceptor.core.records.verdicts import verdict
from interceptor.delivery.batches import UnpackError, parse_header, split_lines
from interceptor.ingest import unread

if TYPE_CHECKING:
    from collections.abc import Callable

    from interceptor.delivery.batches import Header

__all__ = [
    "CREDENTIALS",
    "MAX_LINE",
    "MAX_RECORDS",
    "MAX_TAGS",
    "Aside",
    "BadLineError",
    "Checked",
    "Known",
    "NamedRow",
    "Objection",
    "Read",
    "Refusal",
    "Row",
    "TooManyError",
    "Trait",
    "check",
    "opened",
]

MAX_LINE: Final = 256 * 2**10
"""Bytes of a record. The heads that one is made of have at most 128 KiB, and names grow when JSON escapes them."""

MAX_RECORDS: Final = 100_000
"""In a batch; agents seal at a few thousand."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SECONDS: Final = timedelta(seconds=1)
_SECOND: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", re.ASCII)
_TAG: Final = re.compile(r"[a-z0-9_]{1,64}", re.ASCII)
MAX_TAGS: Final = 16
"""Anomalies of a record that are counted; an agent's rarely have three."""
_MAX_KEYS: Final = 32
_MAX_TRAIT: Final = 128
"""Characters."""
_FRACTION: Final = re.compile(r"\.\d{1,6}Z", re.ASCII)


class TooManyError(ValueError):
    """More than `MAX_RECORDS`."""


class BadLineError(ValueError):
    """A header that does not hold, or a line where none should be; says what, never the value."""

    def __init__(self, number: int, reason: str) -> None:
        super().__init__(f"line {number}: {reason}")
        self.number = number
        """1-based; the header is line 1."""
        self.reason = reason


class Refusal(NamedTuple):
    """A record that is not taken."""

    line: int
    """1-based; the header is line 1."""
    reason: str
    """Never a value of the record."""


MAX_REFUSALS: Final = 100
"""Lines of a batch that are named. Who sends more bad ones than that learns from the first."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A batch's text, looked at line by line."""

    header: Header
    """Its `count` is that of the records that hold."""
    text: bytes = attribute(repr=False)
    """The header line and the records that hold: as it came, where all of them do."""
    refused: int = 0
    """Records that do not."""
    named: tuple[Refusal, ...] = ()
    """The first of those, at most `MAX_REFUSALS`."""


Read: TypeAlias = "Known | unread.Unread | unread.ServerName | Aside"
"""What is made of a record that holds."""

Objection: TypeAlias = "Callable[[bytes], str | None]"
"""Why a line that holds is not taken here all the same, without its values; None: it is."""


class _Envelope(msgspec.Struct, frozen=True, gc=False):
    """What every record has, of whatever kind and schema."""

    schema: Annotated[int, msgspec.Meta(ge=1)]
    kind: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    id: str
    time: str


_Name = Annotated[str, msgspec.Meta(min_length=1, max_length=1_024)]
"""An address, a method. The core's own bounds are below."""
_Port = Annotated[int, msgspec.Meta(ge=0, le=65_535)]
_Number = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
"""RFC 8259 section 6: integers up to here are the same for all who read JSON."""


class Row(msgspec.Struct, frozen=True, gc=False):
    """A record of kind `http` and schema 1 or 2, which differ in what an id is made of.

    Each field is of its type; what is counted with or stored by is in its range. Names and types are
    those of `interceptor.core.records.encoder.Record`; what that has always may be absent here where nobody here asks for it.
    """

    schema: Literal[1, 2]
    kind: Literal["http"]
    id: str
    time: str
    source_address: _Name = field(name="source.address")
    source_port: _Port = field(name="source.port")
    destination_address: _Name = field(name="destination.address")
    destination_port: _Port = field(name="destination.port")
    server_address: _Name = field(name="server.address")
    server_port: _Port = field(name="server.port")
    duration_us: _Number | None = None
    ttfb_us: _Number | None = None
    service_address: _Name | None = field(name="service.address", default=None)
    service_port: _Port | None = field(name="service.port", default=None)
    perspective: str | None = None
    client_address: _Name | None = field(name="client.address", default=None)
    client_port: _Port | None = field(name="client.port", default=None)
    network_type: str = field(name="network.type", default="")
    network_protocol_version: str | None = field(name="network.protocol.version", default=None)
    http_request_method: _Name | None = field(name="http.request.method", default=None)
    http_request_method_original: _Name | None = field(name="http.request.method_original", default=None)
    url_scheme: str | None = field(name="url.scheme", default=None)
    url_template: Annotated[str, msgspec.Meta(min_length=1, max_length=16_384)] | None = field(
        name="url.template", default=None
    )
    url_path: str | None = field(name="url.path", default=None)
    url_query: str | None = field(name="url.query", default=None)
    url_query_keys: tuple[str, ...] | None = field(name="url.query.keys", default=None)
    url_shown: str | None = field(name="url.shown", default=None)
    http_response_status_code: Annotated[int, msgspec.Meta(ge=0, le=999)] | None = field(
        name="http.response.status_code", default=None
    )
    http_response_interim: tuple[int, ...] | None = field(name="http.response.interim", default=None)
    http_request_header_names: tuple[str, ...] | None = field(name="http.request.header.names", default=None)
    http_response_header_names: tuple[str, ...] | None = field(
        name="http.response.header.names", default=None
    )
    http_request_content_type: str | None = field(name="http.request.content_type", default=None)
    http_response_content_type: str | None = field(name="http.response.content_type", default=None)
    http_response_content_encoding: str | None = field(name="http.response.content_encoding", default=None)
    user_agent_original: str | None = field(name="user_agent.original", default=None)
    traceparent: str | None = None
    http_request_body_size: _Number | None = field(name="http.request.body.size", default=None)
    http_response_body_size: _Number | None = field(name="http.response.body.size", default=None)
    http_request_state: str = field(name="http.request.state", default="")
    http_response_state: str = field(name="http.response.state", default="")
    missed_bytes: _Number = 0
    transaction_index: int = field(name="transaction.index", default=-1)
    anomalies: tuple[str, ...] | None = None
    interface: str | None = None
    node: str | None = None
    url_unknown: str | None = field(name="url.unknown", default=None)
    rpc_system: str | None = field(name="rpc.system", default=None)
    rpc_service: str | None = field(name="rpc.service", default=None)
    rpc_method: str | None = field(name="rpc.method", default=None)
    rpc_grpc_status_code: _Number | None = field(name="rpc.grpc.status_code", default=None)
    rpc_request_messages: _Number | None = field(name="rpc.request.messages", default=None)
    rpc_request_message_bytes: _Number | None = field(name="rpc.request.message.bytes", default=None)
    rpc_response_messages: _Number | None = field(name="rpc.response.messages", default=None)
    rpc_response_message_bytes: _Number | None = field(name="rpc.response.message.bytes", default=None)
    source_pod_uid: str | None = field(name="source.pod.uid", default=None)
    source_container_id: str | None = field(name="source.container.id", default=None)
    destination_pod_uid: str | None = field(name="destination.pod.uid", default=None)
    destination_container_id: str | None = field(name="destination.container.id", default=None)


class NamedRow(Row, frozen=True, gc=False):
    """A record, and what a relay calls its ends."""

    source_name: _Name | None = field(name="source.name", default=None)
    destination_name: _Name | None = field(name="destination.name", default=None)


class Trait(NamedTuple):
    """What requests and responses of an endpoint are like."""

    kind: Literal["credential", "request_type", "response_type", "query_key", "version", "protocol"]
    value: str
    """A media type, the name of a key, a version of HTTP, what is spoken by it; of a credential the name of the header that carries it, or of
    the query's key after a `?`; empty: a request that carried none."""


CREDENTIALS: Final = frozenset(
    {
        "authorization",
        "proxy-authorization",
        "cookie",
        "api-key",
        "apikey",
        "private-token",
        "x-access-token",
        "x-amz-security-token",
        "x-api-key",
        "x-auth-token",
        "x-goog-api-key",
        "x-vault-token",
    }
)
"""Headers that say who asks, or that he may."""
_CREDENTIAL_KEYS: Final = frozenset(
    {"access_token", "api_key", "api-key", "apikey", "auth_token", "id_token", "password", "secret", "token"}
)
"""Keys of a query that do (RFC 6750 section 2.3, and what is usual)."""


class Known(msgspec.Struct, frozen=True, gc=False):
    """What is counted with of a record of a kind that is known here."""

    key: bytes
    """Its id: 16 bytes."""
    time: int
    """Microseconds of Unix time."""
    caller: str
    """Whose call it is: the name that a relay gave, as of a workload with its namespace, or else the address."""
    host: str
    """Who was called, likewise."""
    service: str
    """What was called: a workload with its namespace where a relay knows it, or else the server's name as the client said it."""
    port: int
    """Of it: the workload's own, or else the server's."""
    method: str
    """As the client wrote it; empty where it is not known, as the template."""
    template: str
    status: int
    """As `core.records.verdicts` has it; 0: no response was seen."""
    latency_us: int | None
    """How long it took, where that says how fast its server is; see `core.records.latency`."""
    bytes: int
    """Of both bodies."""
    anomalies: tuple[str, ...] = ()
    """Its tags, each once, at most `MAX_TAGS`; one that cannot be a tag is `{other}`."""
    traits: tuple[Trait, ...] = ()
    """What is characteristic of its endpoint."""


_SCHEMAS: Final = {1, 2}
"""Of a `Row`."""
_rows = msgspec.json.Decoder(NamedRow)
_envelopes = msgspec.json.Decoder(_Envelope)
_objects = msgspec.json.Decoder(dict[str, msgspec.Raw])
_OPENED: Final = frozenset({"url.shown", "url.path", "url.query"})
"""Keys of records that show more of a URL than its template."""


_BESIDE: Final = frozenset({"tls", "tunnel", "unread", "websocket"})
"""Kinds that agents send and that are no calls."""


class Aside(Enum):
    """What is said of a record that holds and that nothing is counted of: it is not kept."""

    TAKEN = auto()
    """It is of a kind that agents send."""
    UNKNOWN = auto()
    """Its kind or schema is not known here."""


def check(
    text: bytes,
    objection: Objection | None = None,
    *,
    latest: float = inf,
    known: list[Read] | None = None,
) -> Checked:
    """A batch's text as what holds of it and what does not.

    Args:
        text: The header line, and records.
        objection: What else is not taken here.
        latest: Unix time, seconds, of the last record that is taken: one that is later would stretch every time line.
        known: What was read of the records that hold is appended here, in order.

    Raises:
        BadLineError: the header does not hold, or not as many lines follow as it announces.
        TooManyError: it announces too many.

    """
    try:
        header = parse_header(text)
    except UnpackError as error:
        raise BadLineError(1, str(error)) from None
    if header.count > MAX_RECORDS:
        raise TooManyError
    refusals: list[Refusal] = []
    refused = 0
    held: list[bytes] = []
    """Text that holds, in runs of lines."""
    reader = _Reader(latest)
    start = place = text.find(b"\n") + 1
    number = 1
    for number, line in enumerate(split_lines(text), 2):
        if number > header.count + 1:
            raise BadLineError(number, f"the header announces {header.count} records")
        after = place + len(line) + 1
        try:
            one = reader.read(line)
            reason = None if objection is None else objection(line)
        except ValueError as error:
            reason = str(error)
        if reason is not None:
            held.append(text[start:place])
            start = after
            refused += 1
            if refused <= MAX_REFUSALS:
                refusals.append(Refusal(number, reason))
        elif known is not None:
            known.append(one)
        place = after
    if number != header.count + 1:
        raise BadLineError(1, f"the header announces {header.count} records, {number - 1} follow")
    if not refused:
        return Checked(header, text)
    header = msgspec.structs.replace(header, count=header.count - refused)
    whole = b"".join([_with_count(text, header.count), *held, text[start:]])
    return Checked(header, whole, refused, tuple(refusals))


def _with_count(text: bytes, count: int) -> bytes:
    """A batch's header line, as it came but for the number of records: keys of a later version stay."""
    header: dict[str, Any] = msgspec.json.decode(text[: text.find(b"\n")])
    return msgspec.json.encode(header | {"count": count}) + b"\n"


class _Reader:
    """Reads lines, of which many are of the same second."""

    def __init__(self, latest: float) -> None:
        self._latest = latest * 1_000_000
        self._seconds: dict[str, int] = {}

    def read(self, line: bytes) -> Read:
        """What there is to count of a line's record, where it is of a kind and schema that is counted here.

        Raises:
            ValueError: it is none; says why, never a value.

        """
        if len(line) > MAX_LINE:
            raise ValueError(f"is longer than {MAX_LINE} bytes")
        try:
            if not line.isascii():
                line.decode()  # RFC 8259 section 8.1: JSON is UTF-8; msgspec does not look at the text it skips
            row = _rows.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            return self._of_another_kind(line, error)
        service, port = _service(row)
        return Known(
            _key(row.id),
            self._time(row.time),
            row.source_name or row.source_address,
            row.destination_name or row.destination_address,
            service,
            port,
            row.http_request_method_original or row.http_request_method or "",
            row.url_template or "",
            verdict(row.http_response_status_code, row.rpc_grpc_status_code, row.anomalies),
            row.duration_us if is_latency(row) else None,
            (row.http_request_body_size or 0) + (row.http_response_body_size or 0),
            _tags(row.anomalies) if row.anomalies else (),
            _traits(
                row.http_request_header_names,
                row.url_query_keys or (),
                row.http_request_content_type,
                row.http_response_content_type,
                row.network_protocol_version,
                row.rpc_system,
            ),
        )

    def _of_another_kind(self, line: bytes, error: Exception) -> Read:
        """What a later agent says is no error, whatever its fields are. Anything else is."""
        try:
            envelope = _envelopes.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise ValueError(_describe(error)) from None
        if isinstance(error, UnicodeDecodeError) or (envelope.kind == "http" and envelope.schema in _SCHEMAS):
            raise ValueError(_describe(error)) from None
        key, time = _key(envelope.id), self._time(envelope.time) // 1_000_000
        try:
            counted = unread.read(envelope.kind, envelope.schema, line, key, time)
        except msgspec.DecodeError as beside:
            raise ValueError(_describe(beside)) from None
        return counted or (Aside.TAKEN if envelope.kind in _BESIDE else Aside.UNKNOWN)

    def _time(self, text: str) -> int:
        """A record's time as microseconds of Unix time."""
        second, rest = text[:19], text[19:]
        seconds = self._seconds.get(second)
        if seconds is None:
            seconds = self._seconds[second] = _seconds(second)
        if rest != "Z" and not _FRACTION.fullmatch(rest):
            raise ValueError("time is none of RFC 3339, UTC, with up to six digits of a second")
        time = seconds * 1_000_000 + int(rest[1:-1].ljust(6, "0"))
        if time > self._latest:
            raise ValueError("time is more than a day ahead of this server's clock")
        return time


def _service(row: NamedRow) -> tuple[str, int]:
    """What was called. A name without a namespace may be that of a node or of a network, where many services are."""
    name = row.destination_name
    if name is not None and "/" in name:
        return name, row.destination_port
    return row.server_address, row.server_port


def opened(line: bytes) -> str | None:
    """The objection to a record, of whatever kind and schema, that shows more of a URL than its template."""
    return None if _OPENED.isdisjoint(_objects.decode(line)) else "shows more of its URL than a template"


@lru_cache(1_024)
def _tags(anomalies: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(tag if _TAG.fullmatch(tag) else "{other}" for tag in anomalies[:MAX_TAGS]))


@lru_cache(4_096)
def _traits(
    names: tuple[str, ...] | None,
    keys: tuple[str, ...],
    request_type: str | None,
    response_type: str | None,
    version: str | None,
    system: str | None,
) -> tuple[Trait, ...]:
    """Of one call. Most calls of an endpoint are alike, so this is looked up, not made."""
    found = [Trait("query_key", key) for key in keys[:_MAX_KEYS]]
    if names is not None:
        carried = [name for name in names if name in CREDENTIALS]
        carried += [f"?{key}" for key in keys[:_MAX_KEYS] if key.lower() in _CREDENTIAL_KEYS]
        found += [Trait("credential", name) for name in carried or [""]]
    if request_type:
        found.append(Trait("request_type", request_type))
    if response_type:
        found.append(Trait("response_type", response_type))
    if version:
        found.append(Trait("version", version))
    upgraded = names is not None and "sec-websocket-key" in names  # RFC 6455 section 4.1
    found.append(Trait("protocol", system or ("websocket" if upgraded else "http")))
    return tuple(dict.fromkeys(Trait(kind, value[:_MAX_TRAIT]) for kind, value in found))


def _key(text: str) -> bytes:
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) != 16 or key.hex() != text:
        raise ValueError("id is not 32 hexadecimal digits, lower case")
    return key


def _seconds(text: str) -> int:
    try:
        # what is not written so is no time, as the 31st of February is none
        shown = text if _SECOND.fullmatch(text) else ""
        since = (datetime.fromisoformat(f"{shown}+00:00") - _EPOCH) // _SECONDS
    except ValueError:
        raise ValueError("time is none of RFC 3339, UTC, with up to six digits of a second") from None
    if since < 0:
        raise ValueError("time is before 1970")
    return since


def _describe(error: Exception) -> str:
    # msgspec names the place and what was expected there; a value only where it is a number or a tag
    return str(error) if isinstance(error, msgspec.DecodeError) else "is no JSON in UTF-8"
