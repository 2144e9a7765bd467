"""What a whole reading showed: the counts, the endpoints and where everything went.

Owns folding batches and records into them, in bounded memory. Refuses rendering (see `display`).

Invariants: totals are exact whatever the limits; what a limit leaves out is in a total of its own. Nothing
here grows with the traffic: at most `MAXIMUM_ENDPOINTS` endpoints of 4 KiB each, `MAXIMUM_PEERS` clients and as many
servers, and the bounded lists of methods, anomalies and drop reasons.
"""

from __future__ import annotations

from array import array
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from interceptor.core.model import Anomaly
from interceptor.core.records.encoder import Record
from interceptor.core.records.latency import is_latency
from interceptor.core.records.tls import TlsRecord
from interceptor.core.records.verdicts import CALL, CODES, verdict

if TYPE_CHECKING:
    from collections.abc import Iterable

    from interceptor.core.model import PacketBatch, Stage
    from interceptor.core.protocols.ledger import Unread
    from interceptor.core.records.encoder import AnyRecord

__all__ = [
    "CALL_ERROR",
    "MAXIMUM_ENDPOINTS",
    "MAXIMUM_PEERS",
    "NONE",
    "OTHER",
    "Durations",
    "Endpoint",
    "Peer",
    "Peers",
    "Summary",
    "server_name",
]

MAXIMUM_ENDPOINTS: Final = 1_000
"""Tracked one by one: the first ones seen. Those that come later share one more, named `OTHER`."""

MAXIMUM_PEERS: Final = 1_000
"""Clients, and servers, in the same way."""

OTHER: Final = "_OTHER"
NONE: Final = "none"
_ASSUMED: Final = " (assumed)"
"""Behind a server that may be the client."""
CALL_ERROR: Final = "grpc_error"
_BEYOND: Final = (OTHER, OTHER, OTHER)
_INVALID: Final = frozenset(
    {
        Anomaly.AMBIGUOUS_FRAMING,
        Anomaly.BAD_CHUNK,
        Anomaly.INVALID_CONTENT_LENGTH,
        Anomaly.INVALID_HEADER,
        Anomaly.REQUEST_INVALID,
    }
)
"""Tags of what RFC 9112 does not allow and two programs may read differently; others are odd, and clear."""

_BUCKETS: Final = 480
"""16 per power of two up to 2**33 microseconds (2.4 hours, twice the longest transaction reported)."""


class Durations:
    """How long something took, many times: a histogram whose quantiles are off by 1/32 at most."""

    __slots__ = ("_buckets", "count", "longest", "shortest")

    def __init__(self) -> None:
        self.count = 0
        self.shortest = 0
        self.longest = 0
        self._buckets = array("Q", bytes(8 * _BUCKETS))

    def add(self, microseconds: int) -> None:
        """Count one duration; a negative one (clocks do step back) as 0."""
        value = max(microseconds, 0)
        self.shortest = min(self.shortest, value) if self.count else value
        self.longest = max(self.longest, value)
        self.count += 1
        # Below 32 a value is its own bucket; above, its five leading bits and its magnitude are.
        magnitude = max(value.bit_length() - 5, 0)
        self._buckets[min(magnitude * 16 + (value >> magnitude), _BUCKETS - 1)] += 1

    def quantile(self, share: float) -> int | None:
        """Microseconds that `share` (0 to 1) of the durations did not exceed; None where there are none."""
        if not self.count:
            return None
        rank = share * self.count
        seen = 0
        middle = 0
        for index, count in enumerate(self._buckets):
            seen += count
            if count and seen >= rank:
                magnitude = max(index // 16 - 1, 0)
                middle = (index - magnitude * 16 << magnitude) + (1 << magnitude >> 1)
                break
        return min(max(middle, self.shortest), self.longest)


@dataclass(slots=True, eq=False)
class Endpoint:
    """What was asked of one server under one method and path template."""

    method: str
    server: str
    template: str
    count: int = 0
    failed: int = 0
    """Answered with 5xx, or not at all, or a remote procedure call that failed."""
    server_errors: int = 0
    """Answered with 5xx."""
    call_errors: int = 0
    """Remote procedure calls whose own status says that they failed, as HTTP's does not."""
    unanswered: int = 0
    """Certainly not answered (`Anomaly.UNANSWERED`): `failed` has those whose answer was only not seen, too."""
    invalid: int = 0
    """With a message that RFC 9112 does not allow and two programs may read differently."""
    erroneous: int = 0
    """Any of these four, each transaction once."""
    durations: Durations = field(default_factory=Durations)
    """First request byte to last response byte, of complete transactions."""


@dataclass(slots=True, eq=False)
class Peer:
    """A client or a server."""

    name: str
    count: int = 0
    failed: int = 0
    """As of endpoints."""


@dataclass(slots=True, eq=False)
class Peers:
    """All clients, or all servers."""

    named: dict[str, Peer] = field(default_factory=dict)
    """Those that are told apart."""
    count: int = 0
    """Transactions of all of them."""

    def add(self, name: str, *, failed: bool) -> None:
        """Count a transaction of one."""
        self.count += 1
        peer = self.named.get(name)
        if peer is None:
            if len(self.named) >= MAXIMUM_PEERS:
                return
            peer = self.named[name] = Peer(name)
        peer.count += 1
        peer.failed += failed

    def busiest(self, count: int) -> list[Peer]:
        """Those with most transactions."""
        return sorted(self.named.values(), key=lambda peer: (-peer.count, peer.name))[:count]


@dataclass(slots=True, eq=False)
class Sessions:
    """TLS sessions with one server."""

    count: int = 0
    octets: int = 0
    """Bytes of their connections, both ways."""
    versions: Counter[str] = field(default_factory=Counter)
    """Of the protocol, where a server's hello was seen."""


@dataclass(slots=True, eq=False)
class Summary:
    """Counts of everything seen so far."""

    packets: int = 0
    octets: int = 0
    """Bytes of the packets on the wire."""
    first_time: int | None = None
    last_time: int | None = None
    """Earliest and latest packet, nanoseconds since the epoch."""
    transactions: int = 0
    left_out: int = 0
    """Transactions that were not wanted, at the end; they are in nothing else here."""
    complete: int = 0
    """Transactions both halves of which were seen to their end."""
    statuses: Counter[str] = field(default_factory=Counter)
    """`2xx` and so on, `OTHER`, `CALL_ERROR`, and `NONE` where no response was seen or it has no status (HTTP/0.9)."""
    calls: Counter[str] = field(default_factory=Counter)
    """Of gRPC, by what their statuses are called; `unknown` where the server gave none, or that was not seen."""
    methods: Counter[str] = field(default_factory=Counter)
    """As records name them; `NONE` where no request was seen."""
    anomalies: Counter[str] = field(default_factory=Counter)
    others: Counter[str] = field(default_factory=Counter)
    """Records that are no transactions, by kind."""
    connections: int = 0
    gaps: int = 0
    missed_bytes: int = 0
    cut_bytes: int = 0
    evicted: int = 0
    """These five as `Pipeline` counts them, at the end."""
    read: dict[str, int] = field(default_factory=dict)
    """Payload bytes by what they were, at the end."""
    unread: list[Unread] = field(default_factory=list)
    """What was not read, by server and protocol, at the end."""
    stages: list[Stage] = field(default_factory=list)
    """The ledger, at the end."""
    endpoints: dict[tuple[str, str, str], Endpoint] = field(default_factory=dict)
    """By method, server and template; those beyond the limit under `OTHER`. `NONE` is the method where no request was
    seen: kept where there is an error to tell of."""
    clients: Peers = field(default_factory=Peers)
    """By the address that connections come from."""
    servers: Peers = field(default_factory=Peers)
    """As requests name them."""
    sessions: dict[str, Sessions] = field(default_factory=dict)
    """Those of TLS, by server and port: the name that clients asked for, or its address."""

    def add_batch(self, batch: PacketBatch) -> None:
        """Count captured packets."""
        packets = batch.packets
        self.packets += len(packets)
        self.octets += sum([packet[3] for packet in packets])
        times = [packet[0] for packet in packets]
        earliest, latest = min(times), max(times)
        if self.first_time is None or earliest < self.first_time:
            self.first_time = earliest
        if self.last_time is None or latest > self.last_time:
            self.last_time = latest

    def add(self, record: AnyRecord) -> None:
        """Count a transaction, or what else was reported, by its record."""
        if not isinstance(record, Record):
            self.others[record.kind] += 1
            if isinstance(record, TlsRecord):
                self._add_session(record)
            return
        self.transactions += 1
        code = record.http_response_status_code
        status = NONE if code is None else f"{code // 100}xx" if 100 <= code <= 599 else OTHER
        if record.rpc_system is not None and self._called(record):
            status = CALL_ERROR
        self.statuses[status] += 1
        method = record.http_request_method
        self.methods[method or NONE] += 1
        if record.anomalies:
            self.anomalies.update(record.anomalies)
        complete = record.http_request_state == record.http_response_state == "complete"
        self.complete += complete
        tags = record.anomalies or ()
        unanswered = Anomaly.UNANSWERED in tags
        erred = status in {"5xx", CALL_ERROR}
        failed = erred or (code is None and Anomaly.UPGRADED not in tags)
        server = server_name(record)
        self.clients.add(record.source_address, failed=failed)
        self.servers.add(server, failed=failed)
        invalid = record.url_template == "{invalid}" or not _INVALID.isdisjoint(tags)
        if method is None and not (invalid or erred):
            return
        key = (method or NONE, server, record.url_template or "")
        endpoint = self.endpoints.get(key)
        if endpoint is None:
            if len(self.endpoints) >= MAXIMUM_ENDPOINTS:
                key = _BEYOND
            endpoint = self.endpoints.setdefault(key, Endpoint(*key))
        endpoint.count += 1
        endpoint.failed += failed
        endpoint.server_errors += status == "5xx"
        endpoint.call_errors += status == CALL_ERROR
        endpoint.unanswered += unanswered
        endpoint.invalid += invalid
        endpoint.erroneous += erred or unanswered or invalid
        took = record.duration_us
        if took is not None and complete and is_latency(record):
            endpoint.durations.add(took)

    def _add_session(self, record: TlsRecord) -> None:
        name = record.server_address or record.destination_address
        address = f"[{name}]" if ":" in name else name
        key = f"{address}:{record.server_port}"
        if record.tls_roles_assumed:
            key += _ASSUMED
        if key not in self.sessions and len(self.sessions) >= MAXIMUM_PEERS:
            key = OTHER
        seen = self.sessions.setdefault(key, Sessions())
        seen.count += record.part == 1
        seen.octets += record.client_bytes + record.server_bytes
        if record.tls_protocol_version is not None:
            seen.versions[record.tls_protocol_version] += 1

    def _called(self, record: Record) -> bool:
        """Count a remote procedure call. Returns whether it failed, and HTTP's status does not say so."""
        code = record.rpc_grpc_status_code
        if record.rpc_system != "connect_rpc":
            self.calls["unknown" if code is None else CODES[code] if code < len(CODES) else OTHER] += 1
        return verdict(record.http_response_status_code, code, record.anomalies) >= CALL

    def most_unread(self, count: int) -> list[Unread]:
        """The servers with most that was not read."""
        return sorted(self.unread, key=lambda each: (-each.bytes, each.peers.server_address))[:count]

    def busiest(self, count: int) -> list[Endpoint]:
        """The endpoints most often asked, the ones beyond the limit left out."""
        return sorted(self._tracked(), key=lambda endpoint: (-endpoint.count, _name(endpoint)))[:count]

    def failing(self, count: int) -> list[Endpoint]:
        """The endpoints with most errors, the ones beyond the limit included as the one that they are."""
        failing = [endpoint for endpoint in self.endpoints.values() if endpoint.erroneous]
        return sorted(failing, key=lambda endpoint: (-endpoint.erroneous, _name(endpoint)))[:count]

    @property
    def erroneous(self) -> int:
        """Transactions with an error, of all endpoints."""
        return sum([endpoint.erroneous for endpoint in self.endpoints.values()])

    def slowest(self, count: int) -> list[Endpoint]:
        """The endpoints with the longest durations at the 95th percentile."""
        timed = [(endpoint.durations.quantile(0.95), endpoint) for endpoint in self._tracked()]
        known = [(duration, endpoint) for duration, endpoint in timed if duration is not None]
        known.sort(key=lambda pair: (-pair[0], _name(pair[1])))
        return [endpoint for _, endpoint in known[:count]]

    @property
    def untracked(self) -> int:
        """Transactions of endpoints beyond the limit."""
        beyond = self.endpoints.get(_BEYOND)
        return beyond.count if beyond else 0

    def _tracked(self) -> Iterable[Endpoint]:
        """Those that were asked, and are one."""
        return (
            endpoint for key, endpoint in self.endpoints.items() if key != _BEYOND and endpoint.method != NONE
        )


def server_name(record: Record) -> str:
    """The server as people write it: with its port unless that goes without saying."""
    address = record.server_address
    if record.server_port == 80:
        return address
    return f"[{address}]:{record.server_port}" if ":" in address else f"{address}:{record.server_port}"


def _name(endpoint: Endpoint) -> tuple[str, str, str]:
    return endpoint.server, endpoint.template, endpoint.method
