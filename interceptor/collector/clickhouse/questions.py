"""What ClickHouse says: who calls whom, endpoints, latencies, agents, the latest transactions.

Owns how answers of `statements.sql` become those of the query API. Refuses to change anything.

Of hours that are closed there are totals; of the others there are records, which are counted when they are asked for. A
range of up to three hours is counted from records by the minute, a longer one by the hour. One statement sees whole
batches, each once, of one moment; the parts of an overview are three statements, so who calls whom may be a batch ahead
of how often.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import msgspec

from interceptor.collector.answers import (
    Agent,
    Call,
    Captures,
    Endpoint,
    Inventory,
    Known,
    Overview,
    Page,
    Range,
    Service,
    Slot,
    Totals,
    Window,
    authority,
    spread,
)
from interceptor.collector.database import DAY, HOUR, MINUTE
from interceptor.collector.totals import Tally, bounds, histogram

if TYPE_CHECKING:
    from interceptor.collector.clickhouse.server import Server
    from interceptor.collector.clickhouse.statements import Statements

__all__ = ["Questions", "Since", "ever"]

_SECONDS: Final[dict[Range, int]] = {"15m": 15 * MINUTE, "1h": HOUR, "24h": DAY, "7d": 7 * DAY}
_SLOTS: Final = 96
_BY_MINUTE: Final = 3 * HOUR
_BY_HOUR: Final = 8 * DAY
_ROWS: Final = 500
_SPARKS: Final = 32
_RECENT: Final = 50
_AGENTS: Final = 500
"""As for SQLite (`queries`): up to these ranges by the minute and by the hour, so many are listed."""
_TRIES: Final = 5
"""Of a window. What comes in moves its ends once an hour, or once a minute while there are but some hours."""
_EVER: Final = 2**36
"""Seconds. Beyond every time that RFC 3339 can write."""

_Map = tuple[list[int], list[int]]
"""Keys, and how many calls of each."""


@dataclass(frozen=True, slots=True)
class Since:
    """What is not too old, by the clock of retention."""

    records: int
    """Numbers of records from here on."""
    slices: int
    """Totals from this slice on."""


class _Counted(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A row of the overview."""

    kind: str
    slot: int
    address: str
    port: int
    method: str
    template: str
    endpoint: int
    calls: int
    bytes: int
    statuses: _Map
    latencies: _Map
    trend: _Map
    endpoints: int
    groups: int
    stored: int


class _Pair(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """Who calls a service."""

    who: str
    address: str
    port: int
    addresses: int
    calls: int
    bytes: int
    statuses: _Map
    latencies: _Map
    callers: int
    everybody: int
    place: int


class Questions:
    """Each is asked with the time, and with what is not too old."""

    def __init__(self, server: Server, statements: Statements) -> None:
        self._server = server
        self._named = statements.named

    async def overview(self, chosen: Range | None, now: int, since: Since) -> Overview:
        """Everything at once."""
        window, first, last, rows = await self._count(chosen, now, since)
        pairs = await self._server.ask(
            self._named("calls"),
            _Pair,
            first=min(first, window.hours_start),
            last=last,
            totals_since=since.slices,
            hosts_since=since.records // (DAY * 1_000_000),
            rows=_ROWS,
        )
        slots = [row for row in rows if row.kind == "slot"]
        services = [row for row in rows if row.kind == "service"]
        endpoints = [row for row in rows if row.kind == "endpoint"]
        total = Tally()
        for row in slots:
            _include(total, row)
        callers = {(pair.address, pair.port): pair.callers for pair in pairs}
        agents = await self.agents(since)
        recent = await self.records(_RECENT, None, None, None, since)
        return Overview(
            now=now,
            window=window,
            totals=Totals(
                services=services[0].groups if services else 0,
                callers=pairs[0].everybody if pairs else 0,
                endpoints=endpoints[0].groups if endpoints else 0,
                agents=len(agents),
                stored=rows[0].stored if rows else await self._stored(since),
                spread=spread(total),
            ),
            timeline=[Slot(window.start + row.slot * window.slot, _spread(row)) for row in slots],
            latencies=[
                (round(bounds(bucket)[0]), round(bounds(bucket)[1]), calls)
                for bucket, calls in total.latencies
            ],
            statuses=sorted(total.statuses.items()),
            services=[
                Service(
                    authority(row.address, row.port),
                    row.endpoints,
                    callers.get((row.address, row.port), 0),
                    _spread(row),
                )
                for row in services
            ],
            calls=[
                Call(pair.who, pair.addresses, authority(pair.address, pair.port), _spread(pair))
                for pair in pairs
                if pair.place <= _ROWS
            ],
            endpoints=[
                Endpoint(
                    row.endpoint,
                    authority(row.address, row.port),
                    row.method,
                    row.template,
                    _spread(row),
                    _trend(row.trend),
                )
                for row in endpoints
            ],
            agents=agents,
            records=recent.records,
        )

    async def _count(
        self, chosen: Range | None, now: int, since: Since
    ) -> tuple[Window, int, int, list[_Counted]]:
        """A window, the times that are in it, and what there is of them.

        All there is, is counted whatever its time, so that a batch which came since its ends were asked for is not half
        there; then the window is that of before, and is looked at anew.
        """
        for _ in range(_TRIES):
            window, span = await self._window(chosen, now, since)
            everything = window.range == "all"
            first, last = (-_EVER, _EVER) if everything else (window.start // span * span, window.end - 1)
            rows = await self._server.ask(
                self._named("overview_by_minute" if span == MINUTE else "overview_by_hour"),
                _Counted,
                first=first,
                last=last,
                totals_since=since.slices,
                records_since=since.records,
                window=window.start,
                seconds=window.end - window.start,
                slot=window.slot,
                sparks=_SPARKS,
                rows=_ROWS,
            )
            places = [row.slot for row in rows if row.kind == "slot"] or [0]
            if not everything or (places[0] >= 0 and window.start + places[-1] * window.slot < window.end):
                break
        return window, first, last, rows

    async def records(
        self, limit: int, before: int | None, endpoint: int | None, kind: int | None, since: Since
    ) -> Page:
        """Records as they came, the newest first. Those of one number are on one page, which may be longer for it."""
        left_out = [name for name, value in (("of_endpoint", endpoint), ("of_class", kind)) if value is None]
        asked = {"endpoint": endpoint, "kind": kind}
        rows = await self._server.ask(
            self._named("page", without=tuple(left_out)),
            tuple[int, str],
            before=2**63 if before is None else before,
            records_since=since.records,
            limit=limit,
            **{name: value for name, value in asked.items() if value is not None},
        )
        found = [msgspec.Raw(line.encode()) for _, line in rows]
        return Page(found, rows[-1][0] if len(rows) >= limit else None)

    async def inventory(self, limit: int, after: int | None, since: Since) -> Inventory:
        """Endpoints with the numbers above `after`, in order."""
        rows = await self._server.ask(
            self._named("inventory"),
            tuple[int, str, int, str, str, int, int, int, int],
            after=after or 0,
            limit=limit,
            **ever(since),
        )
        found = [
            Known(number, authority(address, port), method, template, first, last, calls, failed)
            for number, address, port, method, template, first, last, calls, failed in rows
        ]
        return Inventory(found, found[-1].number if len(found) == limit else None)

    async def agents(self, since: Since) -> list[Agent]:
        """Who sent batches, who was heard last first."""
        lost = await self._server.ask(
            self._named("losses"),
            tuple[str, str, int, int, int, float, int],
            records_since=since.records,
        )
        captures = {
            (cluster, node): Captures(packets, kernel, interface, round(blind, 3), told or None)
            for cluster, node, packets, kernel, interface, blind, told in lost
        }
        rows = await self._server.ask(
            self._named("agents"),
            tuple[str, str, str, int, int, int, int],
            records_since=since.records,
            rows=_AGENTS,
        )
        return [
            Agent(cluster, node, program, first, last, batches, records, captures.get((cluster, node)))
            for cluster, node, program, first, last, batches, records in rows
        ]

    async def _stored(self, since: Since) -> int:
        """How many records there are, where no call is in the range."""
        ((records, _, _),) = await self._server.ask(
            self._named("kept_now"), tuple[int, int, int], records_since=since.records
        )
        return records

    async def _window(self, chosen: Range | None, now: int, since: Since) -> tuple[Window, int]:
        """A range, and whether it is counted by the minute or by the hour."""
        ends: tuple[int, int, int] | None = None
        if chosen is None:
            recent = await self._server.ask(
                self._named("anything_since"), tuple[int], first=now - HOUR, totals_since=since.slices
            )
            chosen = "1h" if recent else "all"
        if chosen == "all":
            ends = await self._ends("ends_by_hour", since)
            if ends[2] == 0:
                ends = None
        span = HOUR
        if chosen != "all":
            end = (now // MINUTE + 1) * MINUTE
            start = end - _SECONDS[chosen]
            span = MINUTE if end - start <= _BY_MINUTE else HOUR
        elif ends is None:
            start = now // HOUR * HOUR
            end = start + HOUR
        else:
            start, end = ends[0], ends[1] + HOUR
            if end - start <= _BY_MINUTE:
                first, last, calls = await self._ends("ends_by_minute", since)
                if calls >= ends[2]:  # else records have gone whose totals are there
                    start, end, span = first, last + MINUTE, MINUTE
            elif end - start > _BY_HOUR:
                start, end = start // DAY * DAY, -(-end // DAY) * DAY
        grain = DAY if end - start > _BY_HOUR else span
        slot = max(1, -(-(end - start) // (grain * _SLOTS))) * grain
        return Window(chosen, start, end, slot, start // HOUR * HOUR), span

    async def _ends(self, name: str, since: Since) -> tuple[int, int, int]:
        """The first and the last start of what is counted, and how much that is."""
        (found,) = await self._server.ask(self._named(name), tuple[int, int, int], **ever(since))
        return found


def ever(since: Since) -> dict[str, int]:
    """Parameters: of all times."""
    return {"first": -_EVER, "last": _EVER, "totals_since": since.slices}


def _include(tally: Tally, row: _Counted | _Pair) -> None:
    tally.bytes += row.bytes
    tally.include(zip(*row.statuses, strict=True), histogram(zip(*row.latencies, strict=True)))


def _spread(row: _Counted | _Pair) -> Any:
    tally = Tally()
    _include(tally, row)
    return spread(tally)


def _trend(steps: _Map) -> tuple[int, ...]:
    trend = [0] * _SPARKS
    for step, calls in zip(*steps, strict=True):
        trend[step] += calls
    return tuple(trend)
