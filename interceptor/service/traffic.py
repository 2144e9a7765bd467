"""The traffic itself in numbers: how many requests, how they went, how long they took.

Owns what counts as which outcome, which durations are a latency, the buckets, and which servers have a name in labels.
Refuses a clock and a registry: whoever has made records shows them to `count`, once each, and a scrape reads what
`samples` gives. Counted are records, not transactions: their texts have been judged already, so that no label says more
than a record does, and the sum of all requests is the number of records.

It is used by one thread, that of the event loop. What `samples` gives is a copy that another thread may turn into text.

Bounds: 11 methods and one for none, 9 outcomes, 17 buckets, 19 statuses of gRPC. A server is named while it is one of the first `servers`
that were called; all others are `OTHER`, and those that were called by an address `ADDRESS`: pods come and go, and each
would leave a series behind. A name that nobody has called for `IDLE_SECONDS` gives its place to the next that comes, so
names made up by strangers take places for an hour, and start at most `servers` new series an hour and outcome.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from datetime import datetime
from itertools import accumulate
from math import inf
from typing import TYPE_CHECKING, Final

from interceptor.core.model import Anomaly
from interceptor.core.records.latency import is_latency
from interceptor.core.records.verdicts import CALL, CODES, verdict
from interceptor.service.samples import Distribution, Exemplar, Sample

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from interceptor.core.records.encoder import Record

__all__ = [
    "ADDRESS",
    "BOUNDS",
    "GRPC_STATUSES",
    "IDLE_SECONDS",
    "OTHER",
    "OUTCOMES",
    "UNKNOWN_STATUS",
    "UNSEEN",
    "Traffic",
]

OUTCOMES: Final = ("1xx", "2xx", "3xx", "4xx", "5xx", "other", "unanswered", "unknown", "grpc_error")
"""The class of the final response's status (RFC 9110 section 15); `other`: 600 to 999, which have none; `unanswered`: the
connection ended without a response; `unknown`: there may have been one, but it was not seen, or it had no status; `grpc_error`: HTTP names no error, and gRPC's
status does (`verdicts`)."""
_BY_HUNDRED: Final = (5, 0, 1, 2, 3, 4, 5, 5, 5, 5)
_UNANSWERED: Final = OUTCOMES.index("unanswered")
_UNKNOWN: Final = OUTCOMES.index("unknown")
_GRPC_ERROR: Final = OUTCOMES.index("grpc_error")

BOUNDS: Final = (
    *(250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000),
    *(1_000_000, 2_500_000, 5_000_000, 10_000_000, 30_000_000, inf),
)
"""Of buckets, in microseconds. Four are below the five milliseconds at which many histograms begin: most calls inside a
cluster take less. 30 s is where most clients give up."""
_NONE: Final = (None,) * len(BOUNDS)

UNSEEN: Final = "unseen"
"""The method of a response whose request was not seen, or that no request asked for. No method is in lower case."""
OTHER: Final = "{other}"
ADDRESS: Final = "{address}"
"""No name of a host has braces but where a record has closed it."""

UNKNOWN_STATUS: Final = "unknown"
"""Of a call of gRPC: the server gave no status, or that was not seen. Codes have upper case, and one of them is `UNKNOWN`."""
GRPC_STATUSES: Final = (*CODES, OTHER, UNKNOWN_STATUS)
_GRPC: Final = frozenset({"grpc", "grpc_web"})
"""Connect's calls say how they went by HTTP's status, or where it is not read."""

IDLE_SECONDS: Final = 3_600.0
_SWEEP_SECONDS: Final = 60.0
"""Between two looks for names that are idle, so that a flood of new ones pays for no more than that."""


class _Server:
    """What is known of a server, or of all that have no name of their own."""

    __slots__ = ("durations", "idle_since", "outcomes", "seen", "total")

    def __init__(self) -> None:
        self.outcomes = [0] * len(OUTCOMES)
        self.durations = [0] * len(BOUNDS)
        self.total = 0
        """Microseconds of all durations."""
        self.seen = 0
        """Its requests at the last look, …"""
        self.idle_since = 0.0
        """… and when the last look was that found more than the one before."""


class Traffic:
    """Counts records. `servers`: how many of them may be named; 0: none are told apart."""

    def __init__(self, servers: int = 0) -> None:
        self._requests: defaultdict[str | None, list[int]] = defaultdict(lambda: [0] * len(OUTCOMES))
        # By outcome: durations in each bucket, their sum in microseconds, the newest record of each bucket
        self._durations = [[0] * len(BOUNDS) for _ in OUTCOMES]
        self._totals = [0] * len(OUTCOMES)
        self._newest: list[list[Record | None]] = [[None] * len(BOUNDS) for _ in OUTCOMES]
        self._calls: Counter[str] = Counter()
        self._most = servers
        self._servers: dict[str, _Server] = {}
        self._addresses = _Server()
        self._others = _Server()
        self._swept = -_SWEEP_SECONDS

    def count(self, records: Iterable[Record], now: float) -> None:
        """Count these. `now`: seconds on any clock that does not go back."""
        requests, durations, totals, newest = self._requests, self._durations, self._totals, self._newest
        servers = self._servers if self._most else None
        for record in records:
            status = record.http_response_status_code
            if status is not None:
                outcome = _BY_HUNDRED[status // 100]
            else:
                anomalies = record.anomalies
                unanswered = anomalies is not None and Anomaly.UNANSWERED in anomalies
                outcome = _UNANSWERED if unanswered else _UNKNOWN
            if (system := record.rpc_system) is not None:
                outcome = self._called(record, system, outcome)
            requests[record.http_request_method][outcome] += 1
            took = record.duration_us
            if took is not None:
                if is_latency(record):
                    bucket = bisect_left(BOUNDS, took)
                    durations[outcome][bucket] += 1
                    totals[outcome] += took
                    newest[outcome][bucket] = record
                else:
                    took = None
            if servers is not None:
                name = record.server_address
                server = servers.get(name) or self._server(name, now)
                server.outcomes[outcome] += 1
                if took is not None:
                    server.durations[bucket] += 1
                    server.total += took

    def samples(self) -> Iterator[Sample | Distribution]:
        """What a scrape is told, all of it as it is now."""
        for method, outcomes in self._requests.items():
            for outcome, count in zip(OUTCOMES, outcomes, strict=True):
                yield Sample("http_requests_total", count, (method or UNSEEN, outcome))
        if self._calls:
            for status in GRPC_STATUSES:
                yield Sample("grpc_requests_total", self._calls[status], (status,))
        name = "http_request_duration_seconds"
        every = zip(OUTCOMES, self._durations, self._totals, self._newest, strict=True)
        for outcome, durations, total, newest in every:
            if any(durations):
                yield _distribution(name, outcome, durations, total, newest)
        if not self._most:
            return
        for server_name, server in (
            (ADDRESS, self._addresses),
            (OTHER, self._others),
            *self._servers.items(),
        ):
            for outcome, count in zip(OUTCOMES, server.outcomes, strict=True):
                yield Sample("server_requests_total", count, (server_name, outcome))
            yield _distribution(
                "server_request_duration_seconds", server_name, server.durations, server.total
            )

    def _called(self, record: Record, system: str, outcome: int) -> int:
        """Count a remote procedure call by its own status. Returns what became of it."""
        code = record.rpc_grpc_status_code
        if system in _GRPC:
            status = UNKNOWN_STATUS if code is None else CODES[code] if code < len(CODES) else OTHER
            self._calls[status] += 1
        failed = verdict(record.http_response_status_code, code, record.anomalies) >= CALL
        return _GRPC_ERROR if failed else outcome

    def _server(self, name: str, now: float) -> _Server:
        """Who counts for a name that has no place yet."""
        if ":" in name or name.replace(".", "").isdigit():
            return self._addresses
        if len(self._servers) >= self._most:
            self._sweep(now)
            if len(self._servers) >= self._most:
                return self._others
        return self._servers.setdefault(name, _Server())

    def _sweep(self, now: float) -> None:
        """Forget names that nobody calls any more."""
        if now - self._swept < _SWEEP_SECONDS:
            return
        self._swept = now
        for name, server in [*self._servers.items()]:
            calls = sum(server.outcomes)
            if calls != server.seen:
                server.seen, server.idle_since = calls, now
            elif now - server.idle_since >= IDLE_SECONDS:
                del self._servers[name]


def _distribution(
    name: str, label: str, durations: list[int], total: int, newest: Iterable[Record | None] = _NONE
) -> Distribution:
    buckets = zip(BOUNDS, accumulate(durations), map(_exemplar, newest), strict=True)
    in_seconds = [(bound / 1e6, count, exemplar) for bound, count, exemplar in buckets]
    return Distribution(name, (label,), in_seconds, total / 1e6)


def _exemplar(record: Record | None) -> Exemplar | None:
    """A record to look at, by its id: a function of addresses and places, where a trace's would be the caller's."""
    if record is None or record.duration_us is None:
        return None
    seconds = record.duration_us / 1e6
    return Exemplar(
        {"record_id": record.id}, seconds, datetime.fromisoformat(record.time).timestamp() + seconds
    )
