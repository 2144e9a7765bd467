"""What the collector's database says: who calls whom, endpoints, latencies, agents, the latest transactions.

Owns every question that can be asked. Refuses to change anything: its connection is read only, and sees whole
batches. Everything but single records is answered from the totals by the minute and the hour, so that an answer
costs the same for a thousand calls of an endpoint as for a million.

A percentile is read from buckets that are 9 % wide: it is within 5 % of the true one. A caller is named where all
that is known of its address is one service's name, and is an address otherwise: nothing is guessed.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, TypeVar, get_args

import msgspec

from interceptor.collector.store import HOUR, MINUTE, bounds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

__all__ = ["RANGES", "Overview", "Queries", "Range", "percentile"]

Range = Literal["15m", "1h", "24h", "7d", "all"]
RANGES: Final[tuple[Range, ...]] = get_args(Range)

_SECONDS: Final[dict[Range, int]] = {"15m": 15 * MINUTE, "1h": HOUR, "24h": 24 * HOUR, "7d": 168 * HOUR}
_SLOTS: Final = 96
"""Points of a time line, at most."""
_BY_MINUTE: Final = 3 * HOUR
"""Up to this range, totals by the minute; beyond, by the hour."""
_ROWS: Final = 500
"""Services, pairs and endpoints that are listed, those called most; the totals count all."""
_SPARKS: Final = 32
_RECENT: Final = 50
_AGENTS: Final = 500
_ERROR: Final = 500
"""RFC 9110 section 15.6: the server's own failures."""


_Key = TypeVar("_Key")
_Answer = TypeVar("_Answer")


class Spread(msgspec.Struct, frozen=True, omit_defaults=True):
    """How calls went. Latencies in microseconds; absent where none is known."""

    calls: int
    classes: tuple[int, int, int, int, int, int]
    """Calls without a response, and those with 1xx, 2xx, 3xx, 4xx, 5xx."""
    bytes: int
    """Of bodies, both ways."""
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
    """Who calls whom."""

    caller: str
    addresses: int
    """How many addresses the caller has."""
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


class Agent(msgspec.Struct, frozen=True):
    """Who sent batches. Times are Unix time, seconds."""

    cluster: str
    node: str
    program: str
    first: int
    last: int
    batches: int
    records: int


class Slot(msgspec.Struct, frozen=True):
    """One point of the time line."""

    start: int
    spread: Spread


class Window(msgspec.Struct, frozen=True):
    """What time an overview is of: Unix time in seconds, by the records' own clock."""

    range: Range
    start: int
    end: int
    slot: int
    """Seconds of one point of the time line."""


class Totals(msgspec.Struct, frozen=True):
    """Of the range, lists cut or not."""

    services: int
    callers: int
    endpoints: int
    agents: int
    stored: int
    """Records of all times."""
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
    """Status code (0: no response was seen), calls."""
    services: list[Service]
    calls: list[Call]
    endpoints: list[Endpoint]
    agents: list[Agent]
    records: list[msgspec.Raw]
    """The latest, the newest first, as they came."""


class Page(msgspec.Struct, frozen=True, omit_defaults=True):
    """Some records, the newest first, and where the next page begins."""

    records: list[msgspec.Raw]
    next: int | None = None


@dataclass(slots=True)
class _Tally:
    """Calls, being counted."""

    calls: int = 0
    bytes: int = 0
    classes: list[int] | None = None
    buckets: Counter[int] | None = None

    def add(self, status: int, bucket: int, calls: int, size: int) -> None:
        if self.classes is None or self.buckets is None:
            self.classes, self.buckets = [0] * 6, Counter()
        self.calls += calls
        self.bytes += size
        self.classes[min(status // 100, 5)] += calls
        if bucket >= 0:
            self.buckets[bucket] += calls

    def spread(self) -> Spread:
        buckets = sorted((self.buckets or Counter()).items())
        none, informed, done, moved, refused, failed = self.classes or [0] * 6
        return Spread(
            self.calls,
            (none, informed, done, moved, refused, failed),
            self.bytes,
            *(percentile(buckets, share) for share in (0.50, 0.95, 0.99)),
        )


class Queries:
    """A read-only connection, and the thread that uses it."""

    def __init__(self, path: Path, clock: Callable[[], float]) -> None:
        self._database = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=ro",
            uri=True,
            isolation_level=None,
            check_same_thread=False,
            timeout=30,
        )
        self._clock = clock
        self._thread = ThreadPoolExecutor(1, "queries")

    async def overview(self, chosen: Range | None) -> Overview:
        """Everything at once, of one moment. None: the last hour, or all if nothing happened in it."""
        return await self._run(lambda: self._overview(chosen))

    async def records(self, limit: int, before: int | None, endpoint: int | None, kind: int | None) -> Page:
        """Records as they came, the newest first; of one endpoint, of one class of status (0: no response)."""
        return await self._run(lambda: self._page(limit, before, endpoint, kind))

    async def close(self) -> None:
        """Finish what is being read."""
        await self._run(self._database.close)
        self._thread.shutdown()

    async def _run(self, question: Callable[[], _Answer]) -> _Answer:
        return await asyncio.get_running_loop().run_in_executor(self._thread, question)

    def _overview(self, chosen: Range | None) -> Overview:
        self._database.execute("BEGIN")  # one snapshot for all the questions
        try:
            return self._ask(chosen)
        finally:
            self._database.execute("COMMIT")

    def _ask(self, chosen: Range | None) -> Overview:
        now = int(self._clock())
        window = self._window(chosen, now)
        span = MINUTE if window.end - window.start <= _BY_MINUTE else HOUR
        rows = self._all(
            "SELECT endpoint, caller, status, bucket, sum(calls), sum(bytes) FROM rollup"
            " WHERE span = ? AND start BETWEEN ? AND ? GROUP BY 1, 2, 3, 4",
            (span, window.start // span * span, window.end - 1),
        )
        names = self._names()
        addresses: dict[int, str] = dict(self._all("SELECT number, address FROM callers", ()))
        endpoints = {
            number: (_service(address, port), method, template)
            for number, address, port, method, template in self._all(
                "SELECT number, address, port, method, template FROM endpoints", ()
            )
        }
        total = _Tally()
        by_service: defaultdict[str, _Tally] = defaultdict(_Tally)
        by_pair: defaultdict[tuple[str, str], _Tally] = defaultdict(_Tally)
        by_endpoint: defaultdict[int, _Tally] = defaultdict(_Tally)
        pair_addresses: defaultdict[tuple[str, str], set[int]] = defaultdict(set)
        service_callers: defaultdict[str, set[str]] = defaultdict(set)
        statuses: Counter[int] = Counter()
        for endpoint, caller, status, bucket, calls, size in rows:
            service = endpoints[endpoint][0]
            address = addresses[caller]
            who = names.get(address, address)
            for tally in (total, by_service[service], by_pair[who, service], by_endpoint[endpoint]):
                tally.add(status, bucket, calls, size)
            pair_addresses[who, service].add(caller)
            service_callers[service].add(who)
            statuses[status] += calls
        service_endpoints = Counter(endpoints[number][0] for number in by_endpoint)
        agents = self._all(
            "SELECT cluster, node, program, first, last, batches, records FROM agents ORDER BY last DESC, node LIMIT ?",
            (_AGENTS,),
        )
        trends = self._trends(window, span)
        ((stored,),) = self._all("SELECT total(calls) FROM rollup WHERE span = ?", (HOUR,))
        return Overview(
            now=now,
            window=window,
            totals=Totals(
                services=len(by_service),
                callers=len({who for who, _ in by_pair}),
                endpoints=len(by_endpoint),
                agents=len(agents),
                stored=int(stored),
                spread=total.spread(),
            ),
            timeline=self._timeline(window, span),
            latencies=[
                (round(bounds(bucket)[0]), round(bounds(bucket)[1]), calls)
                for bucket, calls in sorted((total.buckets or {}).items())
            ],
            statuses=sorted(statuses.items()),
            services=[
                Service(name, service_endpoints[name], len(service_callers[name]), tally.spread())
                for name, tally in _largest(by_service.items())
            ],
            calls=[
                Call(who, len(pair_addresses[who, service]), service, tally.spread())
                for (who, service), tally in _largest(by_pair.items())
            ],
            endpoints=[
                Endpoint(number, *endpoints[number], tally.spread(), tuple(trends[number]))
                for number, tally in _largest(by_endpoint.items())
            ],
            agents=[Agent(*row) for row in agents],
            records=self._page(_RECENT, None, None, None).records,
        )

    def _window(self, chosen: Range | None, now: int) -> Window:
        minutes, hours = self._ends(MINUTE), self._ends(HOUR)
        if chosen is None:
            chosen = "1h" if minutes is None or minutes[1] > now - HOUR else "all"
        if chosen != "all":
            end = (now // MINUTE + 1) * MINUTE
            start = end - _SECONDS[chosen]
        elif minutes is None or hours is None:
            start = now // HOUR * HOUR
            end = start + HOUR
        elif hours[1] + HOUR - hours[0] <= _BY_MINUTE:  # as wide as what there is, by the minute
            start, end = minutes[0], minutes[1] + MINUTE
        else:
            start, end = hours[0], hours[1] + HOUR
        unit = MINUTE if end - start <= _BY_MINUTE else HOUR
        slot = max(1, -(-(end - start) // (unit * _SLOTS))) * unit
        return Window(chosen, start, end, slot)

    def _ends(self, span: int) -> tuple[int, int] | None:
        """The first and the last start of a total; None where there is none."""
        # two questions: SQLite finds one end by the index, and both at once by reading everything
        ((first, last),) = self._all(
            "SELECT (SELECT min(start) FROM rollup WHERE span = ?), (SELECT max(start) FROM rollup WHERE span = ?)",
            (span, span),
        )
        return None if first is None else (first, last)

    def _timeline(self, window: Window, span: int) -> list[Slot]:
        slots: defaultdict[int, _Tally] = defaultdict(_Tally)
        for slot, status, bucket, calls, size in self._all(
            "SELECT (start - ?) / ?, status, bucket, sum(calls), sum(bytes) FROM rollup"
            " WHERE span = ? AND start BETWEEN ? AND ? GROUP BY 1, 2, 3",
            (window.start, window.slot, span, window.start, window.end - 1),
        ):
            slots[slot].add(status, bucket, calls, size)
        return [
            Slot(window.start + slot * window.slot, tally.spread()) for slot, tally in sorted(slots.items())
        ]

    def _trends(self, window: Window, span: int) -> defaultdict[int, list[int]]:
        trends: defaultdict[int, list[int]] = defaultdict(lambda: [0] * _SPARKS)
        for endpoint, step, calls in self._all(
            "SELECT endpoint, (start - ?) * ? / ?, sum(calls) FROM rollup"
            " WHERE span = ? AND start BETWEEN ? AND ? GROUP BY 1, 2",
            (window.start, _SPARKS, window.end - window.start, span, window.start, window.end - 1),
        ):
            trends[endpoint][step] += calls
        return trends

    def _names(self) -> dict[str, str]:
        """The service at each address that is known for exactly one."""
        return dict(
            self._all("SELECT address, max(service) FROM hosts GROUP BY address HAVING count(*) = 1", ())
        )

    def _page(self, limit: int, before: int | None, endpoint: int | None, kind: int | None) -> Page:
        where, values = ["number < ?"], [before if before is not None else 2**63 - 1]
        if endpoint is not None:
            where.append("endpoint = ?")
            values.append(endpoint)
        if kind is not None:
            where.append("status / 100 = ?")
            values.append(kind)
        rows = self._all(
            f"SELECT number, line FROM records WHERE {' AND '.join(where)} ORDER BY number DESC LIMIT ?",  # noqa: S608
            (*values, limit),
        )
        return Page([msgspec.Raw(line) for _, line in rows], rows[-1][0] if len(rows) == limit else None)

    def _all(self, question: str, values: tuple[int, ...]) -> list[Any]:
        return self._database.execute(question, values).fetchall()


def percentile(buckets: Iterable[tuple[int, int]], share: float) -> int | None:
    """The latency in microseconds that `share` of the calls do not exceed; None without calls.

    `buckets` are (bucket, calls), sorted. Within a bucket the calls are taken as evenly spread.
    """
    counted = list(buckets)
    total = sum(calls for _, calls in counted)
    if not total:
        return None
    rank = share * total
    for bucket, calls in counted:
        if rank <= calls:
            low, high = bounds(bucket)
            return round(low + (high - low) * rank / calls)
        rank -= calls
    return round(bounds(counted[-1][0])[1])


def _largest(tallies: Iterable[tuple[_Key, _Tally]]) -> list[tuple[_Key, _Tally]]:
    """Those with the most calls, in an order that does not change from one answer to the next."""
    return sorted(tallies, key=lambda entry: (-entry[1].calls, str(entry[0])))[:_ROWS]


def _service(address: str, port: int) -> str:
    """As a URL shows it: without port 80."""
    shown = f"[{address}]" if ":" in address else address
    return shown if port == 80 else f"{shown}:{port}"
