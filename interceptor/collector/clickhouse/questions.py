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
    Change,
    Changes,
    Cleartext,
    Endpoint,
    Finding,
    Findings,
    Inventory,
    Overview,
    Page,
    Scanner,
    Service,
    Slot,
    Spread,
    Totals,
    Window,
    authority,
    spread,
)
from interceptor.collector.clickhouse import unread
from interceptor.collector.database import DAY, HOUR, MINUTE
from interceptor.collector.measures import (
    AGENTS,
    BY_HOUR,
    BY_MINUTE,
    FAILING,
    LOOKED_AT,
    PAUSES,
    RECENT,
    ROWS,
    SCANNED,
    SECONDS,
    SLOWER,
    SPARKS,
    Outage,
    added,
    both,
    covers,
    is_slower,
    known,
    records_within,
    window_of,
)
from interceptor.collector.totals import Tally, bounds, histogram
from interceptor.collector.views import together

if TYPE_CHECKING:
    from interceptor.collector.answers import Sought
    from interceptor.collector.clickhouse.server import Server
    from interceptor.collector.clickhouse.statements import Statements
    from interceptor.collector.question import Question

__all__ = ["TRAITS", "Questions", "Since"]

TRAITS: Final = 20
"""Values of one kind that are kept of an endpoint, as for SQLite (`names`)."""
_FILTERS: Final = ("service", "endpoint", "statuses", "caller", "node", "cluster", "anomaly", "namespace")
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


class _Compared(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """An endpoint or a service, in a time and before it."""

    address: str
    port: int
    method: str
    template: str
    endpoint: int
    whole: int
    """1: it is a service."""
    statuses: _Map
    latencies: _Map
    bytes: int
    past_statuses: _Map
    past_latencies: _Map
    past_bytes: int
    failed_at: list[int]
    """Starts of minutes, hours or days in which it failed, in order."""
    failing: int
    busy: int


@dataclass(frozen=True, slots=True)
class _Chosen:
    """What is counted for a question."""

    window: Window
    span: int
    source: str
    """The statement that has the rows."""
    left_out: tuple[str, ...]
    """Conditions that were not asked for."""
    values: dict[str, Any]
    """Parameters of the others."""
    whole: bool
    """Bytes and latencies are told: no statuses were asked for."""

    @property
    def everything(self) -> bool:
        """All there is, whenever it was."""
        return self.window.range == "all"

    @property
    def times(self) -> dict[str, int]:
        """Parameters: the first and the last second."""
        if self.everything:
            return {"first": -_EVER, "last": _EVER}
        return {"first": self.window.start, "last": self.window.end - 1}

    @property
    def hours(self) -> dict[str, int]:
        """The same, of what is counted by whole hours."""
        return self.times | ({} if self.everything else {"first": self.window.hours_start})


class Questions:
    """Each is asked with the time, and with what is not too old."""

    def __init__(self, server: Server, statements: Statements) -> None:
        self._server = server
        self._named = statements.named

    async def overview(self, question: Question, now: int, since: Since) -> Overview:
        """Everything at once."""
        chosen, rows = await self._count(question, now, since)
        window = chosen.window
        pairs = await self._server.ask(
            self._named("calls", without=chosen.left_out), _Pair, **chosen.values, **chosen.hours, rows=ROWS
        )
        slots = [row for row in rows if row.kind == "slot"]
        services = [row for row in rows if row.kind == "service"]
        endpoints = [row for row in rows if row.kind == "endpoint"]
        total = Tally()
        for row in slots:
            _include(total, row.statuses, row.latencies, row.bytes)
        callers = {(pair.address, pair.port): pair.callers for pair in pairs}

        def told(row: _Counted | _Pair) -> Spread:
            return _spread(row.statuses, row.latencies, row.bytes, whole=chosen.whole)

        agents = await self.agents(question, since)
        unread_bytes, not_read = await unread.unread(
            self._server, self._named, window, chosen.left_out, chosen.values
        )
        recent = await self.records(question, RECENT, None, now, since)
        return Overview(
            now=now,
            window=window,
            totals=Totals(
                services=services[0].groups if services else 0,
                callers=pairs[0].everybody if pairs else 0,
                endpoints=endpoints[0].groups if endpoints else 0,
                agents=len(agents),
                stored=rows[0].stored if rows else await self._stored(since),
                unread_bytes=unread_bytes,
                spread=spread(total, whole=chosen.whole),
            ),
            timeline=[Slot(window.start + row.slot * window.slot, told(row)) for row in slots],
            latencies=[
                (round(bounds(bucket)[0]), round(bounds(bucket)[1]), calls)
                for bucket, calls in (total.latencies if chosen.whole else [])
            ],
            statuses=sorted(total.statuses.items()),
            services=[
                Service(
                    authority(row.address, row.port),
                    row.endpoints,
                    callers.get((row.address, row.port), 0),
                    told(row),
                )
                for row in services
            ],
            calls=[
                Call(pair.who, pair.addresses, authority(pair.address, pair.port), told(pair))
                for pair in pairs
                if pair.place <= ROWS
            ],
            endpoints=[
                Endpoint(
                    row.endpoint,
                    authority(row.address, row.port),
                    row.method,
                    row.template,
                    told(row),
                    _trend(row.trend),
                )
                for row in endpoints
            ],
            agents=agents,
            unread=not_read,
            records=recent.records,
        )

    async def _count(self, question: Question, now: int, since: Since) -> tuple[_Chosen, list[_Counted]]:
        """What is chosen, and what there is of it.

        All there is, is counted whatever its time, so that a batch which came since its ends were asked for is not half
        there; then the window is that of before, and is looked at anew.
        """
        for _ in range(_TRIES):
            chosen = await self._choose(question, now, since)
            window = chosen.window
            rows = await self._server.ask(
                self._named("overview", without=chosen.left_out, source=f"${chosen.source}"),
                _Counted,
                **chosen.values,
                **chosen.times,
                records_since=since.records,
                window=window.start,
                seconds=window.end - window.start,
                slot=window.slot,
                sparks=SPARKS,
                rows=ROWS,
            )
            places = [row.slot for row in rows if row.kind == "slot"] or [0]
            if not chosen.everything or (
                places[0] >= 0 and window.start + places[-1] * window.slot < window.end
            ):
                break
        return chosen, rows

    async def records(
        self, question: Question, limit: int, before: int | None, now: int, since: Since
    ) -> Page:
        """Records as they came, the newest first. Those of one number are on one page, which may be longer for it."""
        left_out, values = _filter(question, since)
        within = records_within(question, now)
        if within is None:
            left_out = (*left_out, "within")
        else:
            values |= {"first": within[0], "last": within[1]}
        rows = await self._server.ask(
            self._named("page", without=left_out),
            tuple[int, str, str],
            **values,
            before=2**63 if before is None else before,
            records_since=since.records,
            limit=limit,
        )
        found = await self._with_views([(key, line.encode()) for _, key, line in rows])
        return Page(found, rows[-1][0] if len(rows) >= limit else None)

    async def _with_views(self, records: list[tuple[str, bytes]]) -> list[msgspec.Raw]:
        """Records with what agents at their other ends said of them."""
        seen: dict[str, list[bytes]] = {}
        if records:
            ids = [key for key, _ in records]
            for key, text in await self._server.ask(self._named("views_known"), tuple[str, str], ids):
                seen.setdefault(key, []).append(text.encode())
        return [msgspec.Raw(together(line, seen.get(key, []))) for key, line in records]

    async def inventory(
        self, question: Question, sought: Sought, limit: int, after: int | None, now: int, since: Since
    ) -> Inventory:
        """Endpoints with the numbers above `after`, in order."""
        values: dict[str, Any] = {"totals_since": since.slices}
        words: dict[str, str] = {}
        left_out: tuple[str, ...] = ("selected",)
        if question.narrow or question.timed:
            chosen = await self._choose(question, now, since)
            left_out, words = chosen.left_out, {"source": f"${chosen.source}"}
            values |= chosen.values | chosen.times
        rows = await self._server.ask(
            self._named("inventory", without=left_out, **words),
            tuple[int, str, int, str, str, int, int, _Map, int],
            **values,
            after=after or 0,
            limit=limit,
            probes=int(sought.probes),
            since=-_EVER if sought.since is None else sought.since,
            search="" if sought.search is None else sought.search.lower(),
        )
        if not rows:
            return Inventory([])
        ends = {"first": rows[0][0], "last": rows[-1][0]}
        callers = dict(
            await self._server.ask(
                self._named("inventory_callers"), tuple[int, int], **ends, totals_since=since.slices
            )
        )
        traits: dict[tuple[int, str], list[str]] = {
            (number, kind): found
            for number, kind, found in await self._server.ask(
                self._named("inventory_traits"), tuple[int, str, list[str]], **ends, most=TRAITS
            )
        }
        found = []
        for number, address, port, method, template, first, last, statuses, probe in rows:
            tally = Tally()
            _include(tally, statuses, ([], []), 0)

            def like(kind: str, number: int = number) -> list[str]:
                return traits.get((number, kind), [])

            found.append(
                known(
                    number,
                    (address, port, method, template),
                    (first, last),
                    tally,
                    callers.get(number, 0),
                    like,
                    probe=bool(probe),
                )
            )
        return Inventory(found, found[-1].number if len(found) == limit else None)

    async def changes(self, question: Question, now: int, since: Since) -> Changes:
        """What fails and what became slower, against as much time before."""
        chosen = await self._choose(question, now, since)
        window = chosen.window
        length = window.end - window.start
        rows = await self._server.ask(
            self._named("changes", without=chosen.left_out, source=f"${chosen.source}"),
            _Compared,
            **chosen.values,
            first=window.start - length,
            last=window.end - 1,
            window=window.start,
            span=chosen.span,
            failing=FAILING,
            busy=LOOKED_AT,
        )
        pause = max(chosen.span, length // PAUSES)
        told = [(row, _change(row, pause, whole=chosen.whole)) for row in rows]
        failing = [(row, one) for row, one in told if one.now.classes[5] and row.failing <= FAILING]
        slower = [
            one
            for row, one in told
            if not row.whole and row.busy <= LOOKED_AT and chosen.whole and is_slower(one.now, one.before)
        ]
        slower.sort(key=added)
        return Changes(
            window,
            window.start - length,
            [one for row, one in failing if row.whole],
            [one for row, one in failing if not row.whole],
            slower[::-1][:SLOWER],
        )

    async def findings(self, question: Question, now: int, since: Since) -> Findings:
        """What is odd, in the clear, or asked for in vain."""
        chosen = await self._choose(question, now, since)
        ask, named = self._server.ask, self._named
        anomalies = await ask(
            named("findings", without=chosen.left_out),
            tuple[str, str, int, str, int, int, int],
            **chosen.values,
            **chosen.hours,
            tag=question.anomaly or "",
            rows=ROWS,
        )
        cleartext = await ask(
            named("cleartext", without=chosen.left_out, source=f"${chosen.source}"),
            tuple[str, int, list[str], int],
            **chosen.values,
            **chosen.times,
            rows=ROWS,
        )
        scanners = await ask(
            named("scanners", without=chosen.left_out),
            tuple[str, int, int, int, int, int, int],
            **chosen.values,
            **chosen.hours,
            scanned=SCANNED,
            rows=ROWS,
        )
        return Findings(
            chosen.window,
            [
                Finding(anomaly, authority(address, port), who, calls, first, last)
                for anomaly, address, port, who, calls, first, last in anomalies
            ],
            [
                Cleartext(authority(address, port), carried, endpoints)
                for address, port, carried, endpoints in cleartext
            ],
            [Scanner(*one) for one in scanners],
        )

    async def agents(self, question: Question, since: Since) -> list[Agent]:
        """Who sent batches, who was heard last first."""
        left_out, values = _filter(question, since)
        asked = {name: values[name] for name in ("node", "cluster") if name in values}
        lost = await self._server.ask(
            self._named("losses", without=left_out),
            tuple[str, str, int, int, int, float, int, int, int, int, int],
            **asked,
            records_since=since.records,
        )
        captures = {
            (cluster, node): Captures(
                *(packets, kernel, interface, round(blind, 3), told or None),
                *(None if one < 0 else one for one in now),
            )
            for cluster, node, packets, kernel, interface, blind, told, *now in lost
        }
        rows = await self._server.ask(
            self._named("agents", without=left_out),
            tuple[str, str, str, int, int, int, int],
            **asked,
            records_since=since.records,
            rows=AGENTS,
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

    async def _choose(self, question: Question, now: int, since: Since) -> _Chosen:
        window, span = await self._window(question, now, since)
        left_out, values = _filter(question, since)
        source = "by_pair" if question.by_caller else "by_minute" if span == MINUTE else "by_hour"
        return _Chosen(window, span, source, left_out, values, question.statuses is None)

    async def _window(self, question: Question, now: int, since: Since) -> tuple[Window, int]:
        """A question's time, and whether it is counted by the minute, the hour or the day. As for SQLite (`selection`)."""
        span, chosen = MINUTE, question.range
        hours: tuple[int, int] | None = None
        told = await unread.ends(self._server, self._named, since.slices * HOUR // DAY)
        if question.start is not None:
            start = question.start
            end = question.end if question.end is not None else (now // MINUTE + 1) * MINUTE
            end = max(end, start + 1)
        else:
            if chosen is None:
                recent = await self._server.ask(
                    self._named("anything_since"), tuple[int], first=now - HOUR, totals_since=since.slices
                )
                chosen = "1h" if recent or (told and told[1] > now - HOUR) else None
            if chosen in (None, "all"):
                hours = both(await self._ends(since), told)
                chosen = chosen or ("all" if hours else "1h")
            if chosen != "all":
                end = (now // MINUTE + 1) * MINUTE
                start = end - SECONDS[chosen]
            elif hours is None:
                start = now // HOUR * HOUR
                end = start + HOUR
            else:
                start, end = hours[0], hours[1] + HOUR
                minutes = await self._complete(start, end, since) if end - start <= BY_MINUTE else None
                if minutes is not None and covers(minutes, told):
                    start, end = minutes[0], minutes[1] + MINUTE  # as wide as what there is
        if question.by_caller:
            span = HOUR
        elif end - start > BY_HOUR:
            span = DAY
        elif end - start > BY_MINUTE or (
            chosen in (None, "all") and await self._complete(start, end, since) is None
        ):
            span = HOUR
        return window_of(chosen, start, end, span), span

    async def _ends(self, since: Since) -> tuple[int, int] | None:
        """The first and the last hour that there are calls of."""
        ((first, last, calls),) = await self._server.ask(
            self._named("ends"), tuple[int, int, int], totals_since=since.slices
        )
        return (first, last) if calls else None

    async def _complete(self, start: int, end: int, since: Since) -> tuple[int, int] | None:
        """The first and the last minute of these hours, if all of their calls still have records; else None."""
        bound = {
            "first": start // HOUR * HOUR,
            "last": -(-end // HOUR) * HOUR - 1,
            "totals_since": since.slices,
        }
        ((first, last, calls),), ((_, _, known),) = [
            await self._server.ask(
                self._named("calls_within", without=_left_out(()), source=f"${source}"),
                tuple[int, int, int],
                **bound,
            )
            for source in ("by_minute", "by_hour")
        ]
        return (first, last) if calls >= known else None


def _left_out(asked: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"of_{name}" for name in _FILTERS if name not in asked)


def _filter(question: Question, since: Since) -> tuple[tuple[str, ...], dict[str, Any]]:
    """The conditions that are left out, and the parameters of the others."""
    values: dict[str, Any] = {
        "totals_since": since.slices,
        "hosts_since": since.slices * HOUR // DAY,
    }
    asked = []
    if question.server is not None:
        asked.append("service")
        values |= {"address": question.server[0], "port": question.server[1]}
    if question.statuses is not None:
        asked.append("statuses")
        values |= {"low": question.statuses[0], "high": question.statuses[1]}
    if question.node is not None:
        cluster, node = question.node
        asked.append("node")
        values["node"] = node
        if cluster is not None:
            asked.append("cluster")
            values["cluster"] = cluster
    for name in ("endpoint", "caller", "anomaly", "namespace"):
        if (value := getattr(question, name)) is not None:
            asked.append(name)
            values[name] = value
    return _left_out(tuple(asked)), values


def _include(tally: Tally, statuses: _Map, latencies: _Map, size: int) -> None:
    tally.bytes += size
    tally.include(zip(*statuses, strict=True), histogram(zip(*latencies, strict=True)))


def _spread(statuses: _Map, latencies: _Map, size: int, *, whole: bool) -> Spread:
    tally = Tally()
    _include(tally, statuses, latencies, size)
    return spread(tally, whole=whole)


def _trend(steps: _Map) -> tuple[int, ...]:
    trend = [0] * SPARKS
    for step, calls in zip(*steps, strict=True):
        trend[step] += calls
    return tuple(trend)


def _change(row: _Compared, pause: int, *, whole: bool) -> Change:
    now = _spread(row.statuses, row.latencies, row.bytes, whole=whole)
    outage = Outage(pause)
    for start in row.failed_at if now.classes[5] else ():
        outage.failed(start)
    return Change(
        service=authority(row.address, row.port),
        number=None if row.whole else row.endpoint,
        method=None if row.whole else row.method,
        template=None if row.whole else row.template,
        now=now,
        before=_spread(row.past_statuses, row.past_latencies, row.past_bytes, whole=whole),
        since=outage.since,
        last=outage.last,
    )
