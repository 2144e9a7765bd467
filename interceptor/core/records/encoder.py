"""Metadata records, schema 2: what of a transaction leaves the machine, and how it is written.

Owns the schema (`Record`), every rule that turns traffic's text into a field, and the JSON. Refuses to
interpret: what was seen, and in which state, was decided below; what is not known is absent, never null, and an
empty list is absent too.

Nearly all of a record was written before: the ends of its connection, the server, the template, the header names.
Each part is kept in a bounded cache of a function's results, so that a record costs a dozen look-ups, one struct
and one pass of msgspec's encoder. Targets are not: most are new. What repeats is a path without its identifiers
and a query without its values. (Gluing cached pieces of JSON together was measured too: no faster, and its
escaping would be ours to prove.)

Invariants, for any transaction at all: every line is one JSON object in UTF-8, with the keys of `Record` in its
order; the same transactions give the same bytes; of what was sent, no line holds anything but what `templates` (path,
names of parameters) and `values` (everything else) let through. What is opened by `url` says so, in `url.shown`.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias, TypeVar, overload

import msgspec
from msgspec import field
from msgspec.structs import force_setattr

from interceptor.core.model import Anomaly, Peers, Request, State, Transaction
from interceptor.core.protocols.http2 import grpc
from interceptor.core.protocols.tunnel import Tunnel
from interceptor.core.protocols.websocket.session import Session
from interceptor.core.records import tunnel, values, websocket
from interceptor.core.records.calls import CallNames
from interceptor.core.records.parts import SCHEMA
from interceptor.core.records.servers import ServerNames
from interceptor.core.records.templates import PathTemplates
from interceptor.core.records.tunnel import TunnelRecord
from interceptor.core.records.values import INVALID, VALUE
from interceptor.core.records.websocket import WebSocketRecord

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from interceptor.core.model import Outcome
    from interceptor.core.protocols.ledger import Unread
    from interceptor.core.protocols.tls.session import Session as TlsSession
    from interceptor.core.records.tls import TlsRecord
    from interceptor.core.records.unread import UnreadRecord

__all__ = ["MAX_KEYS", "AnyRecord", "Record", "RecordEncoder", "Url", "split_target"]

Url = Literal["template", "path", "full"]
"""How much of the request target a record shows: its template, also its path, also its query."""


class Record(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One line: the fields of schema 2, in order. Names follow OpenTelemetry where it has one.

    A default stands for an absent field; the empty strings and -1 are of fields that are never absent.
    """

    schema: int = -1
    kind: str = ""
    id: str = ""
    """32 hexadecimal digits: the connection's 20, and 12 of the place in it. The place is the position of the
    request's first byte; of the response's, with bit 47 set, where the request was never seen; in HTTP/2 the stream's
    number, with bits 47 and 46 set."""
    time: str = ""
    """RFC 3339, UTC, microseconds: of the request's first byte, else of the response's."""
    duration_us: int | None = None
    """From the request's first byte to the last byte seen of the response, if both were seen."""
    ttfb_us: int | None = None
    """From the request's last byte to the response's first, unless the response began before that."""
    source_address: str = field(name="source.address", default="")
    source_port: int = field(name="source.port", default=-1)
    destination_address: str = field(name="destination.address", default="")
    destination_port: int = field(name="destination.port", default=-1)
    service_address: str | None = field(name="service.address", default=None)
    """What the client asked for, where that was translated into the destination (NAT), with `service_port`."""
    service_port: int | None = field(name="service.port", default=None)
    perspective: str | None = None
    """`client` or `server`: seen where that end's packets had not been routed yet and the other one's had. `both`: seen under the
    name that the client sees and the one that the server does."""
    client_address: str | None = field(name="client.address", default=None)
    """Of the client behind a load balancer, where that has announced it (PROXY protocol), with `client_port`."""
    client_port: int | None = field(name="client.port", default=None)
    server_address: str = field(name="server.address", default="")
    """As the request names it (RFC 9112 section 3.3): absolute target, authority of a CONNECT, Host. In lower
    case, without user info and brackets, labels that look like values as `{token}`. The destination where none of
    these is valid, and where it has more names than are kept (`many_names`)."""
    server_port: int = field(name="server.port", default=-1)
    """As named, else the scheme's default; the destination's where the address is."""
    network_type: str = field(name="network.type", default="")
    network_protocol_version: str | None = field(name="network.protocol.version", default=None)
    http_request_method: str | None = field(name="http.request.method", default=None)
    """A method that OpenTelemetry knows, in its exact spelling (methods are case-sensitive), or `_OTHER`."""
    http_request_method_original: str | None = field(name="http.request.method_original", default=None)
    """Only with `_OTHER`, and only a method that is registered or known."""
    url_scheme: str | None = field(name="url.scheme", default=None)
    url_template: str | None = field(name="url.template", default=None)
    """See `interceptor.core.records.templates`. Absent where the target has no path: `*`, and the authority of a CONNECT
    (RFC 9112 sections 3.2.3 and 3.2.4). `{invalid}` for a target of none of the four forms."""
    url_path: str | None = field(name="url.path", default=None)
    """As sent, percent-encoding kept. Like `url_query` without a fragment, which no target may have."""
    url_query: str | None = field(name="url.query", default=None)
    url_query_keys: tuple[str, ...] | None = field(name="url.query.keys", default=None)
    """Names only, in order, of the first 32 parameters. What has no `=` is a value, as is a name that is not known."""
    url_shown: str | None = field(name="url.shown", default=None)
    """What the operator opened: `path` or `full`. Absent where only shapes leave."""
    http_response_status_code: int | None = field(name="http.response.status_code", default=None)
    http_response_interim: tuple[int, ...] | None = field(name="http.response.interim", default=None)
    http_request_header_names: tuple[str, ...] | None = field(name="http.request.header.names", default=None)
    http_response_header_names: tuple[str, ...] | None = field(
        name="http.response.header.names", default=None
    )
    http_request_content_type: str | None = field(name="http.request.content_type", default=None)
    """`type/subtype` as known, and `;charset=` if it is a character set's usual name; `{invalid}` if it is none."""
    http_response_content_type: str | None = field(name="http.response.content_type", default=None)
    http_response_content_encoding: str | None = field(name="http.response.content_encoding", default=None)
    user_agent_original: str | None = field(name="user_agent.original", default=None)
    """Of its products those that are known, of its comments the platforms."""
    traceparent: str | None = None
    """The caller's span, if well-formed (W3C Trace Context)."""
    http_request_body_size: int | None = field(name="http.request.body.size", default=None)
    http_response_body_size: int | None = field(name="http.response.body.size", default=None)
    http_request_state: str = field(name="http.request.state", default="")
    http_response_state: str = field(name="http.response.state", default="")
    missed_bytes: int = 0
    transaction_index: int = field(name="transaction.index", default=-1)
    anomalies: tuple[str, ...] | None = None
    """Of the pair and of both messages, sorted."""
    interface: str | None = None
    node: str | None = None
    url_unknown: str | None = field(name="url.unknown", default=None)
    """Why the path is unknown (HTTP/2): `joined_late`, `after_loss_N` (the N-th of this side of the connection) or
    `head_lost`; behind a `#` the entries of HPACK's table that may hold it, so that records of one connection with the
    same text there are of the same path."""
    rpc_system: str | None = field(name="rpc.system", default=None)
    """`grpc`, `grpc_web` or `connect_rpc`."""
    rpc_service: str | None = field(name="rpc.service", default=None)
    """With its package. See `interceptor.core.records.calls`."""
    rpc_method: str | None = field(name="rpc.method", default=None)
    rpc_grpc_status_code: int | None = field(name="rpc.grpc.status_code", default=None)
    """As the server gave it. Absent where it gave none, or that was not seen: never a 0 that nobody sent."""
    rpc_request_messages: int | None = field(name="rpc.request.messages", default=None)
    rpc_request_message_bytes: int | None = field(name="rpc.request.message.bytes", default=None)
    """As on the wire: compressed or not."""
    rpc_response_messages: int | None = field(name="rpc.response.messages", default=None)
    rpc_response_message_bytes: int | None = field(name="rpc.response.message.bytes", default=None)
    source_pod_uid: str | None = field(name="source.pod.uid", default=None)
    """Of the pod that had this end, where the agent has proven it by the interface that leads there; the container's id where
    one only has it. See `interceptor.capture.owners`."""
    source_container_id: str | None = field(name="source.container.id", default=None)
    destination_pod_uid: str | None = field(name="destination.pod.uid", default=None)
    destination_container_id: str | None = field(name="destination.container.id", default=None)


AnyRecord: TypeAlias = "Record | WebSocketRecord | TunnelRecord | TlsRecord | UnreadRecord"
"""A line, of whatever kind."""

MAX_KEYS: Final = 32
MAX_INTERFACE: Final = 128
"""Linux has at most 15, Windows' names are a path and a UUID; a capture file may hold anything."""

CACHED: Final = 2_048
"""Entries of each cache: what a busy node repeats within seconds."""
CACHED_TEXT: Final = 2_048
"""About how many bytes of text an entry's key may keep. With `CACHED` this holds all caches together below
64 MiB whatever is sent; ordinary traffic makes 1 to 2."""

_RESPONSE_PLACE: Final = 1 << 47
_STREAM_PLACE: Final = 3 << 46
_PLACES: Final = (1 << 48) - 1
_DIGITS: Final = tuple([f"{number:03}" for number in range(1000)])
"""000 to 999: formatting a number costs more than all the rest of a time."""
_NO_OWNERS: Final[dict[str, str]] = {}
_MANY_NAMES: Final = {Anomaly.MANY_NAMES}
_UNJOINED: Final = {Anomaly.NAT_UNJOINED}
_COMPLETE: Final = State.COMPLETE  # the attribute of an enumeration is not cheap
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

_ABSOLUTE = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://([^/?#]*)([^#]*)", re.DOTALL)
"""RFC 3986 section 3: scheme, authority, the rest without its fragment."""
_VALUES = re.compile(r"=[^&]*")
_NOT_UNICODE = re.compile(r"[\ud800-\udfff]")


def _text(text: str) -> str:
    """Text that JSON can hold: a lone surrogate is no Unicode, strict readers refuse it; it becomes U+FFFD."""
    return text if text.isascii() else _NOT_UNICODE.sub("\ufffd", text)


def _second(second: int) -> str:
    """RFC 3339 up to the decimal point. Times end with their 64 bits, in the year 2262; what claims to be older than 1970 is of then."""
    return (_EPOCH + timedelta(seconds=max(second, 0))).strftime("%Y-%m-%dT%H:%M:%S.")


def system_over_http1(content_type: str) -> str | None:
    """What kind of remote procedure call is made over HTTP/1 with this content type; gRPC itself is none."""
    family = grpc.family(content_type)
    return None if family == grpc.GRPC else family


_Server: TypeAlias = tuple[str, int]
"""Address and port, as named by a request."""


def _host(text: str) -> _Server | None:
    return values.host(text, 80)


_Target: TypeAlias = tuple[_Server | None, str, str | None, str]
"""Server, if it names one, scheme, path, query. The path is None where the target has none, empty where the
target is of none of the four forms (RFC 9112 section 3.2)."""


def split_target(text: str) -> _Target:
    """What the target of any method but CONNECT says."""
    if text.startswith("/"):
        server, scheme, rest = None, "http", text.partition("#")[0]
    elif text == "*":
        return None, "http", None, ""
    elif (absolute := _ABSOLUTE.match(text)) is not None:
        scheme = "https" if absolute[1].lower() == "https" else "http"
        server = values.host(absolute[2].rpartition("@")[2], 443 if scheme == "https" else 80)
        rest = absolute[3]
    else:
        return None, "http", "", ""
    path, _, query = rest.partition("?")
    return server, scheme, path or "/", query  # RFC 9110 section 4.2.3: an empty path is equivalent to "/"


_Key = TypeVar("_Key", bound=str | int | tuple[str, ...])
_Value = TypeVar("_Value")


class _Cache(dict[_Key, _Value]):
    """A function's results, emptied when full: what is frequent comes back at once. Long keys are not kept."""

    def __init__(self, function: Callable[[_Key], _Value]) -> None:
        super().__init__()
        self._function = function

    def __missing__(self, key: _Key) -> _Value:
        value = self._function(key)
        if isinstance(key, str):
            size = len(key)
        elif isinstance(key, tuple):
            size = sum([64 + len(text) for text in key])  # 64: what a string costs besides
        else:
            size = 0
        if size <= CACHED_TEXT:
            if len(self) >= CACHED:
                self.clear()
            self[key] = value
        return value


_CONNECTION_DIGITS: Final = 20
_SHARED: Final = (
    *(
        "source_address",
        "source_port",
        "destination_address",
        "destination_port",
        "service_address",
        "service_port",
        "perspective",
        "client_address",
        "client_port",
    ),
    *("server_address", "server_port", "network_type", "url_template", "interface", "node"),
    *("source_pod_uid", "source_container_id", "destination_pod_uid", "destination_container_id"),
)
"""What a record of any kind says as that of a transaction does."""

_Connection: TypeAlias = tuple[
    Peers,
    str,
    str,
    int,
    str,
    int,
    str | None,
    int | None,
    str | None,
    str | None,
    int | None,
    str,
    str | None,
    dict[str, str],
    set[Anomaly] | None,
]
"""What every record of a connection says, ready for JSON: the fields of `Peers` in the order of a record; those of whose
its ends are, by name, which most have not; and tags."""


def _translation(peers: Peers) -> tuple[str | None, int | None, str | None]:
    """Address and port of the service, and the perspective."""
    seen = peers.translation
    if seen is None or seen.unjoined:
        return None, None, peers.perspective
    return seen.service_address, seen.service_port, "both"


def _owners(peers: Peers) -> Iterator[tuple[str, str]]:
    """Fields that say whose the ends are."""
    for end, owner in zip(("source", "destination"), peers.owners or (None, None), strict=True):
        if owner is not None:
            if owner.pod_uid:
                yield f"{end}_pod_uid", owner.pod_uid
            if owner.container_id:
                yield f"{end}_container_id", owner.container_id


class RecordEncoder:
    """Makes records of transactions.

    `url` is how much of a request target is shown; `node` is written into every record. What an encoder has
    written before makes it faster and, beyond the limit of templates (see `PathTemplates`), collapses paths;
    nothing else of a record depends on it. Integers of a transaction must fit into 64 bits, as they do when they
    are counted from packets.
    """

    def __init__(
        self,
        url: Url = "template",
        node: str | None = None,
        templates: PathTemplates | None = None,
        worker: int = 0,
    ) -> None:
        self._shown = None if url == "template" else url
        self._show_path = url != "template"
        self._show_query = url == "full"
        self._node = _text(node) if node else None
        self._worker = worker
        templates = templates or PathTemplates()
        self._template = templates.template
        self._calls = _Cache[str, str | None](CallNames(templates.words).template)
        self._systems = _Cache[str, str | None](system_over_http1)
        self._admit = templates.admit
        self._routed = templates.routed
        self.names = ServerNames()
        self._connections: dict[bytes, _Connection] = {}
        self._header_names = _Cache[str, str](lambda name: values.field_name(name, templates.words.known))
        self._layouts = _Cache[tuple[str, ...], tuple[str, ...] | None](self._layout)
        self._query_keys = _Cache[str, str](lambda key: values.query_key(key, templates.words.parameter))
        self._queries = _Cache[str, tuple[str, ...] | None](self._names_of)
        self._seconds = _Cache[int, str](_second)
        self._versions = _Cache[str, str | None](values.version)
        self._methods = _Cache[str, tuple[str, str | None]](values.method)
        self._hosts = _Cache[str, _Server | None](_host)
        self._content_types = _Cache[str, str | None](values.content_type)
        self._content_encodings = _Cache[str, str | None](values.content_encoding)
        self._user_agents = _Cache[str, str | None](values.user_agent)
        self._encode = msgspec.json.Encoder().encode_lines

    def encode(self, outcomes: Iterable[Outcome]) -> bytes:
        """The records of these as JSON Lines: one object each, each line ended by a line feed."""
        return self.lines([self.record(outcome) for outcome in outcomes])

    def lines(self, records: Iterable[AnyRecord]) -> bytes:
        """Records as JSON Lines."""
        return self._encode(records)

    @overload
    def record(self, outcome: Transaction) -> Record: ...

    @overload
    def record(self, outcome: Outcome) -> AnyRecord: ...

    def record(self, outcome: Outcome) -> AnyRecord:
        """The record of one outcome."""
        if not isinstance(outcome, Transaction):
            return self._session(outcome)
        transaction: Transaction = outcome
        request = transaction.request
        response = transaction.response
        peers = transaction.peers
        connection = self._connections.get(peers.connection_id)
        if connection is None or connection[0] is not peers:
            connection = self._connect(peers)
        (
            _,
            connection_id,
            source_address,
            source_port,
            destination_address,
            destination_port,
            service_address,
            service_port,
            perspective,
            client_address,
            client_port,
            network_type,
            interface,
            owners,
            tags,
        ) = connection

        server_address = destination_address
        server_port = destination_port
        anomalies = transaction.anomalies
        if tags is not None:
            anomalies = anomalies | tags if anomalies else tags
        interim = transaction.interim

        if response is None:
            time = place = missed = 0
            version = ""
            status = response_names = response_type = encoding = response_size = None
            response_state = "missing"
        else:
            time = response.time
            place = response.position | _RESPONSE_PLACE
            version = response.version
            status = response.status or None
            response_names = self._layouts[response.header_names]
            response_type = encoding = None
            if (text := response.content_type) is not None:
                response_type = self._content_types[text]
            if (text := response.content_encoding) is not None:
                encoding = self._content_encodings[text]
            response_size = None if response.unsized else response.body_size
            response_state = "complete" if response.state is _COMPLETE else response.state.value
            missed = response.missed
            if response.anomalies:
                anomalies = anomalies | response.anomalies if anomalies else response.anomalies

        duration = ttfb = template = path = query = keys = system = None
        if request is None:
            method = original = scheme = None
            request_names = request_type = user_agent = traceparent = request_size = None
            request_state = "missing"
        else:
            asked = request.time
            if response is not None:
                end = response.end_time
                if end >= asked and end:
                    duration = (end - asked) // 1000
                end = request.end_time
                if time >= end and end:
                    ttfb = (time - end) // 1000
            time = asked
            place = request.position
            version = request.version or version
            method, original = self._methods[request.method]
            target = request.target
            if method == "CONNECT" and target[:1] != "/":
                # An authority (RFC 9112 section 3.2.3), whose port "has no default" (RFC 9110 section 9.3.6). A path
                # has one that asks for a protocol (RFC 8441).
                named, scheme, sent_path, sent_query = values.host(target, None), "http", None, ""
            elif target.startswith("/") and "#" not in target:
                named, scheme = None, "http"
                sent_path, _, sent_query = target.partition("?")
            else:
                named, scheme, sent_path, sent_query = split_target(target)
            if named is None and (text := request.host) is not None:
                named = self._hosts[text]
            if named is not None:
                name, port = named
                names = self.names
                if (
                    (time < names.until and (destination_address, name) in names.fresh)
                    or name == destination_address
                    or names.admits(destination_address, name, time)
                ):
                    server_address = name
                    server_port = port
                else:
                    anomalies = anomalies | _MANY_NAMES if anomalies else _MANY_NAMES
            if transaction.call is not None:
                system = transaction.call.system
            elif (text := request.content_type) is not None:
                system = self._systems[text]
            if sent_path:
                if (
                    system is not None
                    and (called := self._calls[sent_path]) is not None
                    and (called == sent_path or not self._routed(server_address, sent_path))
                ):
                    template = self._admit(server_address, called)
                else:
                    template = self._template(server_address, sent_path, client_address or source_address)
                if sent_query:
                    keys = self._queries[_VALUES.sub("=", sent_query, 2 * MAX_KEYS)]
                if self._show_path:
                    path = _text(sent_path)
                    if self._show_query:
                        query = _text(sent_query) or None
            elif sent_path is not None and not request.unknown:
                template = self._admit(server_address, INVALID)
            request_names = self._layouts[request.header_names]
            request_type = user_agent = None
            if (text := request.content_type) is not None:
                request_type = self._content_types[text]
            if (text := request.user_agent) is not None:
                user_agent = self._user_agents[text]
            traceparent = request.traceparent
            request_size = None if request.unsized else request.body_size
            request_state = "complete" if request.state is _COMPLETE else request.state.value
            missed += request.missed
            if request.anomalies:
                anomalies = anomalies | request.anomalies if anomalies else request.anomalies

        if transaction.stream:
            place = _STREAM_PLACE | transaction.stream
        second, nanoseconds = divmod(time, 1_000_000_000)
        microseconds = nanoseconds // 1000

        # By position, in the order of the fields: naming them would cost as much as all the rest.
        record = Record(
            SCHEMA,
            "http",
            connection_id + (place & _PLACES).to_bytes(6).hex(),
            f"{self._seconds[second]}{_DIGITS[microseconds // 1000]}{_DIGITS[microseconds % 1000]}Z",
            duration,
            ttfb,
            source_address,
            source_port,
            destination_address,
            destination_port,
            service_address,
            service_port,
            perspective,
            client_address,
            client_port,
            server_address,
            server_port,
            network_type,
            self._versions[version],
            method,
            original,
            scheme,
            template,
            path,
            query,
            keys,
            self._shown,
            status,
            tuple(interim) if interim else None,
            request_names,
            response_names,
            request_type,
            response_type,
            encoding,
            user_agent,
            traceparent,
            request_size,
            response_size,
            request_state,
            response_state,
            missed,
            transaction.index,
            tuple(sorted(anomalies)) if anomalies else None,
            interface,
            self._node,
        )
        for name, text in owners.items():
            force_setattr(record, name, text)
        if transaction.stream:
            self._add_of_stream(record, transaction)
        elif system is not None:
            self._add_of_call(record, request, {"rpc_system": system})
        return record

    def _add_of_stream(self, record: Record, transaction: Transaction) -> None:
        """Of a stream of HTTP/2 there is more to say, and less may be known. Nobody else has the record yet."""
        request, call = transaction.request, transaction.call
        changes: dict[str, object] = {}
        if request is not None:
            if not request.method:
                changes["http_request_method"] = changes["http_request_method_original"] = None
            if request.scheme != "http":
                changes["url_scheme"] = request.scheme or None
                named = values.host(request.host, 443) if request.scheme and request.host else None
                if named is not None and record.server_address == named[0]:
                    changes["server_port"] = named[1]
            if request.unknown:
                changes["url_unknown"] = request.unknown
        if call is not None:
            changes |= {
                "rpc_system": call.system,
                "rpc_grpc_status_code": call.status,
                "rpc_request_messages": call.request_messages,
                "rpc_request_message_bytes": call.request_message_bytes,
                "rpc_response_messages": call.response_messages,
                "rpc_response_message_bytes": call.response_message_bytes,
            }
            self._add_of_call(record, request, changes)
            return
        for name, value in changes.items():
            force_setattr(record, name, value)

    def _add_of_call(self, record: Record, request: Request | None, changes: dict[str, object]) -> None:
        """Besides these changes, the names of service and method."""
        if request is not None and self._calls[request.target.partition("?")[0]] is not None:
            _, service, method = [*(record.url_template or "").split("/"), "", ""][:3]
            changes |= {"rpc_service": service or None, "rpc_method": method or None}
        for name, value in changes.items():
            force_setattr(record, name, value)

    def _session(self, outcome: Outcome) -> WebSocketRecord | TunnelRecord | TlsRecord | UnreadRecord:
        """The record of what is no transaction. Whom it is between is said as in the record of the request for it."""
        if isinstance(outcome, Session):
            shared = self._shared(outcome, outcome.request, "websocket", websocket.place(outcome))
            return WebSocketRecord(**shared, **websocket.fields(outcome))
        if not isinstance(outcome, Tunnel):
            return self._tls(outcome)
        request, target = outcome.opening.request, outcome.opening.target
        if target is not None:
            request = Request(0, 0, outcome.time, method="CONNECT", target=target)
        shared = self._shared(outcome, request, "tunnel", tunnel.place(outcome))
        return TunnelRecord(**shared, **tunnel.fields(outcome))

    def _tls(self, outcome: Outcome) -> TlsRecord | UnreadRecord:
        """The record of a TLS session, or of what was not read."""
        from interceptor.core.protocols.ledger import Unread
        from interceptor.core.protocols.tls import session  # which most captures do not need
        from interceptor.core.records import tls

        if isinstance(outcome, Unread):
            return self._unread(outcome)
        assert isinstance(outcome, session.Session)
        said = self._shared(outcome, None, "tls", tls.place(outcome)) | tls.fields(outcome)
        asked = tls.server_name(outcome.hello.offer.server_name) if outcome.hello is not None else None
        if asked is not None and not self.names.admits(said["destination_address"], asked, outcome.time):
            asked, said["anomalies"] = None, (Anomaly.MANY_NAMES.value,)
        said["server_address"] = asked
        del said["url_template"]  # it is of calls, which nobody sees here
        return tls.TlsRecord(**said)

    def _unread(self, outcome: Unread) -> UnreadRecord:
        """The record of what was not read of one server."""
        from interceptor.core.records import unread

        peers = outcome.peers
        second, nanoseconds = divmod(outcome.time, 1_000_000_000)
        return unread.UnreadRecord(
            schema=SCHEMA,
            kind="unread",
            id=unread.identity(outcome, self._node, self._worker),
            time=f"{self._seconds[second]}{nanoseconds // 1000:06}Z",
            duration_us=max(0, outcome.end_time - outcome.time) // 1000,
            server_address=_text(peers.server_address) or None,
            server_port=peers.server_port or None,
            network_type=peers.network_type or None,
            network_protocol_name=unread.name(outcome.protocol),
            reason=unread.reason(outcome.protocol),
            connections=outcome.connections,
            bytes=outcome.bytes,
            node=self._node,
        )

    def _shared(
        self, outcome: Session | Tunnel | TlsSession, request: Request | None, kind: str, place: int
    ) -> dict[str, Any]:
        """What records of all kinds have."""
        seen = self.record(Transaction(outcome.peers, 0, request))
        second, nanoseconds = divmod(outcome.time, 1_000_000_000)
        said = {name: getattr(seen, name) for name in _SHARED}
        said["schema"] = SCHEMA
        said["kind"] = kind
        said["id"] = seen.id[:_CONNECTION_DIGITS] + place.to_bytes(6).hex()
        said["time"] = f"{self._seconds[second]}{nanoseconds // 1000:06}Z"
        return said

    def _connect(self, peers: Peers) -> _Connection:
        """What records say of a connection, from here on remembered."""
        connection = (
            peers,
            peers.connection_id.hex(),
            _text(peers.client_address),
            peers.client_port,
            _text(peers.server_address),
            peers.server_port,
            *_translation(peers),
            _text(peers.announced_address) if peers.announced_address else None,
            peers.announced_port,
            _text(peers.network_type),
            _text(peers.interface[:MAX_INTERFACE]) or None if peers.interface else None,
            dict(_owners(peers)) if peers.owners else _NO_OWNERS,
            _UNJOINED if peers.translation is not None and peers.translation.unjoined else None,
        )
        if len(self._connections) >= CACHED:
            self._connections.clear()
        self._connections[peers.connection_id] = connection
        return connection

    def _names_of(self, query: str) -> tuple[str, ...] | None:
        """The names in a query whose values were taken out: each ends with its `=`.

        Empty parameters are skipped; what follows twice as many as are of interest is not looked at. What has no `=`
        is a value (RFC 3986 leaves a query to the application; `?4711` is one form of it).
        """
        names = [name for name in query.split("&", 2 * MAX_KEYS)[: 2 * MAX_KEYS] if name and name != "="]
        return (
            tuple([self._query_keys[name[:-1]] if name[-1] == "=" else VALUE for name in names[:MAX_KEYS]])
            or None
        )

    def _layout(self, names: tuple[str, ...]) -> tuple[str, ...] | None:
        return tuple(map(self._header_names.__getitem__, names)) or None
