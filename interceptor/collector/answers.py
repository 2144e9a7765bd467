"""What is answered about records: the values of the query API, of whatever engine.

Owns the shapes, which are those of `openapi.json`. Refuses to count.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, get_args

import msgspec

from interceptor.collector.totals import percentile

if TYPE_CHECKING:
    from collections.abc import Sequence

    from interceptor.collector.totals import Tally

__all__ = [
    "OTHER",
    "RANGES",
    "Agent",
    "Call",
    "Captures",
    "Change",
    "Changes",
    "Cleartext",
    "Comparison",
    "Endpoint",
    "Finding",
    "Findings",
    "Inventory",
    "Known",
    "Operation",
    "Overview",
    "Page",
    "Range",
    "Scanner",
    "Service",
    "Slot",
    "Sought",
    "Spread",
    "Totals",
    "Unread",
    "Window",
    "address_of",
    "authority",
    "spread",
    "unread",
]

Range = Literal["15m", "1h", "24h", "7d", "all"]
RANGES: Final[tuple[Range, ...]] = get_args(Range)

OTHER: Final = "{other}"
"""Stands for the services, endpoints or callers that were called least, once there are more than are kept apart."""


class Spread(msgspec.Struct, frozen=True, omit_defaults=True):
    """How calls went. Latencies in microseconds; absent where none is known."""

    calls: int
    classes: tuple[int, int, int, int, int, int]
    """Calls without a response, and those with 1xx, 2xx, 3xx, 4xx, 5xx; calls of gRPC that failed are among the last."""
    bytes: int | None = None
    """Of bodies, both ways; absent, as latencies are, where only calls with some statuses are asked for: these are known
    of all calls of an hour or minute together."""
    p50_us: int | None = None
    p95_us: int | None = None
    p99_us: int | None = None


class Service(msgspec.Struct, frozen=True):
    """A service, by the name it is called by."""

    service: str
    endpoints: int
    callers: int
    spread: Spread


class Call(msgspec.Struct, frozen=True):
    """Who calls whom, counted by whole hours."""

    caller: str
    addresses: int
    """How many addresses the caller has; a workload that a relay has named counts as one."""
    service: str
    spread: Spread


class Endpoint(msgspec.Struct, frozen=True):
    """A method and a path template of a service."""

    number: int
    service: str
    method: str
    template: str
    spread: Spread
    trend: tuple[int, ...]
    """Calls over the range, in equal steps."""


class Captures(msgspec.Struct, frozen=True, omit_defaults=True):
    """What an agent's captures got, and what it lost, in all its runs that are known."""

    packets: int
    """Taken from the captures."""
    kernel_dropped: int
    """For which the kernel had no room."""
    interface_dropped: int
    """That network cards or their drivers dropped."""
    blind_seconds: float
    """In which interfaces that had been captured were not, of all of them added up."""
    lost_last: int | None = None
    """Unix time at which more of any of these losses was told of last."""
    interfaces: int | None = None
    """Captured, in the run that was heard last, when it last told."""
    waiting: int | None = None
    """Records that waited in its spool by then."""
    waiting_seconds: int | None = None
    """For how long the oldest of those had."""
    dropped: int | None = None
    """Records that did not get from it to where it sends them."""


class Agent(msgspec.Struct, frozen=True, omit_defaults=True):
    """Who sent batches. Times are Unix time, seconds."""

    cluster: str
    node: str
    program: str
    first: int
    last: int
    batches: int
    records: int
    captures: Captures | None = None
    """Absent where its batches do not say."""


class Unread(msgspec.Struct, frozen=True, omit_defaults=True):
    """Payload of a server that agents could not read, counted by whole hours. Each agent counts what it saw."""

    server: str | None
    """Address and port; null where nobody knows who is the server, or there were too many."""
    names: list[str]
    """By which clients of TLS called it, the latest first."""
    protocol: str | None
    """Null where it has no name."""
    reason: str
    """`encrypted`, `tunnel`; `not_read`: the protocol is known by its first bytes; `unrecognized`."""
    connections: int
    """That began."""
    bytes: int
    """Both ways."""
    agents: int
    """That saw some of it."""
    last: int
    """The start of the last hour in which there was any: Unix time, seconds."""


class Slot(msgspec.Struct, frozen=True):
    """One point of the time line."""

    start: int
    spread: Spread


class Window(msgspec.Struct, frozen=True):
    """What time an overview is of: Unix time in seconds, by the records' own clock."""

    range: Range | Literal["free"]
    """`free`: the question said from when on."""
    start: int
    end: int
    slot: int
    """Seconds of one point of the time line."""
    hours_start: int
    """Who calls whom is counted by whole hours, from here on."""


class Totals(msgspec.Struct, frozen=True):
    """Of the range, lists cut or not."""

    services: int
    callers: int
    endpoints: int
    agents: int
    stored: int
    """Records of all times. Totals stay longer than these."""
    unread_bytes: int
    """Payload of all kinds that agents could not read."""
    spread: Spread


class Overview(msgspec.Struct, frozen=True):
    """What the page shows."""

    now: int
    window: Window
    totals: Totals
    timeline: list[Slot]
    latencies: list[tuple[int, int, int]]
    """From, below (microseconds), calls."""
    statuses: list[tuple[int, int]]
    """Status code (0: no response was seen; of a call of gRPC that failed, 1000 and its status), calls."""
    services: list[Service]
    calls: list[Call]
    endpoints: list[Endpoint]
    agents: list[Agent]
    unread: list[Unread]
    """Of which servers something could not be read, those of most bytes first."""
    records: list[msgspec.Raw]
    """The latest, the newest first, as they came."""


class Page(msgspec.Struct, frozen=True, omit_defaults=True):
    """Some records, the newest first, and where the next page begins."""

    records: list[msgspec.Raw]
    next: int | None = None


class Known(msgspec.Struct, frozen=True, omit_defaults=True):
    """An endpoint that was ever called, as far back as totals go. Times are Unix time, seconds, by the hour."""

    number: int
    service: str
    method: str
    template: str
    first: int
    last: int
    calls: int
    failed: int
    """With 5xx, or a call of gRPC that failed."""
    callers: int
    """Addresses that called it."""
    statuses: list[tuple[int, int]]
    """Status code (0: no response was seen; of a call of gRPC that failed, 1000 and its status), calls."""
    probe: bool = False
    """Every answer said that there is no such thing."""
    credentials: list[str] = []
    """Headers that carried some, or keys of the query with a `?` before them."""
    anonymous: bool = False
    """There were requests without any."""
    request_types: list[str] = []
    response_types: list[str] = []
    """Media types."""
    query_keys: list[str] = []
    versions: list[str] = []
    """Of HTTP."""
    protocols: list[str] = []
    """What is spoken by it: `http`, `websocket` where that was asked for, or the system of an RPC, as `grpc`."""


class Sought(msgspec.Struct, frozen=True):
    """Which endpoints of the inventory are wanted."""

    search: str | None = None
    """Part of method, template and service, in whatever case."""
    since: int | None = None
    """Those only that were first called then or later (Unix time, seconds; by whole hours)."""
    probes: bool = False
    """Also those of which every answer said that there is no such thing."""


class Inventory(msgspec.Struct, frozen=True, omit_defaults=True):
    """Some endpoints, and where the next page begins."""

    endpoints: list[Known]
    next: int | None = None


class Operation(msgspec.Struct, frozen=True):
    """What an OpenAPI document describes."""

    method: str
    path: str


class Comparison(msgspec.Struct, frozen=True):
    """What was seen, against an OpenAPI document."""

    operations: int
    """That the document has."""
    documented: int
    """Endpoints that it describes."""
    undocumented: list[Known]
    """Endpoints that it does not."""
    unused: list[Operation]
    """That none of the endpoints is, nor may be."""
    unsure: list[Known]
    """Endpoints of which a segment was not shown that the document has a word for: they may be described."""
    left_out: int
    """Endpoints whose path is not known."""


class Change(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """An endpoint or a service, in a range and in as much time before it. Times are Unix time, seconds."""

    service: str
    number: int | None = None
    method: str | None = None
    template: str | None = None
    """Absent: it is a service."""
    now: Spread
    before: Spread
    since: int | None = None
    """From when on it has failed without a pause of a sixth of the range; absent: it did not in the range."""
    last: int | None = None
    """The start of the last minute, hour or day in which it failed."""


class Changes(msgspec.Struct, frozen=True):
    """What fails, and what became slower."""

    window: Window
    before_start: int
    """The time before is from here to the start of the window."""
    services: list[Change]
    """That fail, those with the most failures first."""
    failing: list[Change]
    """Endpoints, likewise."""
    slower: list[Change]
    """Endpoints whose 95th percentile is at least 1.5 times what it was, those first on which most time was waited."""


class Finding(msgspec.Struct, frozen=True):
    """Calls with an anomaly, of one client to one service. Times are Unix time, seconds, by the hour."""

    anomaly: str
    service: str
    caller: str
    calls: int
    first: int
    last: int


class Cleartext(msgspec.Struct, frozen=True):
    """A service that is called with credentials where they can be read."""

    service: str
    credentials: list[str]
    """Headers that carry them, or keys of the query with a `?` before them."""
    endpoints: int
    """Of those called in the range."""


class Scanner(msgspec.Struct, frozen=True):
    """A client that asks for what is not there. Times are Unix time, seconds, by the hour."""

    caller: str
    paths: int
    """Different endpoints that are not there."""
    services: int
    asked: int
    """Calls for those."""
    calls: int
    """All of its calls."""
    first: int
    last: int


class Findings(msgspec.Struct, frozen=True):
    """What a security engineer looks for; counted by whole hours."""

    window: Window
    anomalies: list[Finding]
    """Those of most calls first."""
    cleartext: list[Cleartext]
    scanners: list[Scanner]


def spread(tally: Tally, *, whole: bool = True) -> Spread:
    """How the calls of a total went; `whole`: bytes and latencies are of just these calls."""
    if not whole:
        return Spread(tally.calls, tally.classes())
    buckets = tally.latencies
    return Spread(
        tally.calls,
        tally.classes(),
        tally.bytes,
        *(percentile(buckets, share) for share in (0.50, 0.95, 0.99)),
    )


def unread(
    place: tuple[str, int], protocol: str, reason: str, counted: Sequence[int], names: list[str]
) -> Unread:
    """The answer for a server; `counted`: connections, bytes, agents and the last hour."""
    address, port = place
    shown = f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
    return Unread(shown if address else None, names, protocol or None, reason, *counted)


def authority(address: str, port: int) -> str:
    """As a URL shows it: without port 80."""
    if address == OTHER:
        return OTHER
    shown = f"[{address}]" if ":" in address else address
    return shown if port == 80 else f"{shown}:{port}"


def address_of(service: str) -> tuple[str, int]:
    """The address and the port that `authority` was given."""
    if service == OTHER:
        return OTHER, 0
    address, colon, port = service.rpartition(":")
    bare = ":" in address and not address.endswith("]")
    if not colon or bare or not (port.isascii() and port.isdecimal() and len(port) <= 5):
        address, port = service, "80"
    return address.removeprefix("[").removesuffix("]") if ":" in address else address, int(port)
