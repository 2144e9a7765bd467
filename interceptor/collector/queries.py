"""What the collector's database says: who calls whom, endpoints, latencies, agents, the latest transactions.

Owns every question that can be asked of SQLite. Refuses to change anything: its connection is read only, and sees whole
batches. Everything but single records is answered from totals: by the minute for some hours, by the hour for some days,
by the day beyond. So an answer costs the same for a thousand calls of an endpoint as for a million. What is listed is
chosen by SQLite, so that what is held here is as much as is shown, whatever the database holds.

A percentile is read from buckets that are 9 % wide: it is within 5 % of the true one. A caller is named where all
that is known of its address is one service's name, and is an address otherwise: nothing is guessed.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final, TypeVar

import msgspec

from interceptor.collector import blocks, losses
from interceptor.collector.answers import (
    Agent,
    Call,
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
from interceptor.collector.database import DAY, HOUR, MINUTE, open_for_reading
from interceptor.collector.totals import Tally, bounds, unpack

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["Queries"]

_SECONDS: Final[dict[Range, int]] = {"15m": 15 * MINUTE, "1h": HOUR, "24h": DAY, "7d": 7 * DAY}
_SLOTS: Final = 96
"""Points of a time line, at most."""
_BY_MINUTE: Final = 3 * HOUR
_BY_HOUR: Final = 8 * DAY
"""Up to these ranges, totals by the minute and by the hour; beyond, by the day."""
_ROWS: Final = 500
"""Services, pairs and endpoints that are listed, those called most; the totals count all."""
_SPARKS: Final = 32
_RECENT: Final = 50
_AGENTS: Final = 500
_INDEXED_NOT: Final = 2
"""The class of status that has no index."""

_Answer = TypeVar("_Answer")

_WITHIN: Final = "span = :span AND start BETWEEN :start AND :end"
_CALLING: Final = """
INSERT INTO temp.calling SELECT p.service, p.caller, coalesce(nullif(h.service, ''), c.address), p.calls FROM (
    SELECT service, caller, sum(calls) AS calls FROM (
        SELECT service, caller, sum(calls) AS calls FROM pairs
        WHERE day BETWEEN :day AND :end AND hour BETWEEN :hour AND :end GROUP BY day, service, caller)
    GROUP BY service, caller) p
JOIN callers c ON c.number = p.caller LEFT JOIN hosts h ON h.address = c.address
"""
# The inner sum is of rows in the order in which they lie: nothing is sorted but its results.


class Queries:
    """A read-only connection, and the thread that uses it."""

    def __init__(self, path: Path, clock: Callable[[], float]) -> None:
        self._database = open_for_reading(path)
        self._database.execute(
            "CREATE TEMP TABLE calling(service INTEGER, caller INTEGER, who TEXT, calls INTEGER) STRICT"
        )
        self._database.execute(
            "CREATE TEMP TABLE called(service INTEGER, endpoint INTEGER, calls INTEGER) STRICT"
        )
        self._database.execute(
            "CREATE TEMP TABLE listed(service INTEGER, who TEXT, addresses INTEGER, calls INTEGER,"
            " PRIMARY KEY(service, who)) STRICT, WITHOUT ROWID"
        )
        self._clock = clock
        self._thread = ThreadPoolExecutor(1, "queries")

    async def overview(self, chosen: Range | None) -> Overview:
        """Everything at once, of one moment. None: the last hour, or all if nothing happened in it."""
        return await self._run(lambda: self._overview(chosen))

    async def records(self, limit: int, before: int | None, endpoint: int | None, kind: int | None) -> Page:
        """Records as they came, the newest first; of one endpoint, of one class of status (0: no response)."""
        return await self._run(lambda: self._page(limit, before, endpoint, kind))

    async def inventory(self, limit: int, after: int | None) -> Inventory:
        """Endpoints with the numbers above `after`, in order."""
        return await self._run(lambda: self._inventory(limit, after))

    async def agents(self) -> list[Agent]:
        """Who sent batches, who was heard last first."""
        return await self._run(self._agents)

    async def close(self) -> None:
        """Finish what is being read."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._database.close)
        self._thread.shutdown()

    async def _run(self, question: Callable[[], _Answer]) -> _Answer:
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._at_once, question)

    def _at_once(self, question: Callable[[], _Answer]) -> _Answer:
        self._database.execute("BEGIN")  # one snapshot for all that is asked
        try:
            return question()
        finally:
            if self._database.in_transaction:
                self._database.execute("ROLLBACK")  # and what was noted for it is forgotten

    def _overview(self, chosen: Range | None) -> Overview:
        now = int(self._clock())
        window, span = self._window(chosen, now)
        bound = {"span": span, "start": window.start // span * span, "end": window.end - 1}
        self._note_endpoints(bound)
        [(service_count, endpoint_count)] = self._all(
            "SELECT count(DISTINCT service), count(*) FROM temp.called", {}
        )
        listed: list[tuple[int, int]] = self._all(
            "SELECT service, count(*) FROM temp.called GROUP BY 1 ORDER BY sum(calls) DESC, 1 LIMIT :rows",
            {"rows": _ROWS},
        )
        services = {number: Tally() for number, _ in listed}
        endpoints = {
            number: Tally()
            for (number,) in self._all(
                "SELECT endpoint FROM temp.called ORDER BY calls DESC, 1 LIMIT :rows", {"rows": _ROWS}
            )
        }
        trends = {number: [0] * _SPARKS for number in endpoints}
        slots: defaultdict[int, Tally] = defaultdict(Tally)
        for start, service, endpoint, size, packed in self._database.execute(
            f"SELECT start, e.service, endpoint, bytes, tally FROM totals JOIN endpoints e ON e.number = endpoint"  # noqa: S608
            f" WHERE {_WITHIN}",
            bound,
        ):
            statuses, latencies = unpack(packed)
            since = start - window.start
            slot = slots[since // window.slot]
            slot.bytes += size
            slot.include(statuses, latencies)
            if (one := services.get(service)) is not None:
                one.bytes += size
                one.include(statuses, latencies)
            if (one := endpoints.get(endpoint)) is not None:
                one.bytes += size
                one.include(statuses, latencies)
                step = max(0, since) * _SPARKS // (window.end - window.start)
                trends[endpoint][step] += sum([calls for _, calls in statuses])
        total = Tally()
        for one in slots.values():
            total.bytes += one.bytes
            total.include(*one.parts())
        self._note_calls(window)
        [(callers,)] = self._all("SELECT count(DISTINCT who) FROM temp.calling", {})
        agents = self._agents()
        return Overview(
            now=now,
            window=window,
            totals=Totals(
                services=service_count,
                callers=callers,
                endpoints=endpoint_count,
                agents=len(agents),
                stored=self._stored(),
                spread=spread(total),
            ),
            timeline=[
                Slot(window.start + number * window.slot, spread(one))
                for number, one in sorted(slots.items())
            ],
            latencies=[
                (round(bounds(bucket)[0]), round(bounds(bucket)[1]), calls)
                for bucket, calls in total.latencies
            ],
            statuses=sorted(total.statuses.items()),
            services=self._services(services, dict(listed)),
            calls=self._calls(window),
            endpoints=self._endpoints(endpoints, trends),
            agents=agents,
            records=self._page(_RECENT, None, None, None).records,
        )

    def _services(self, tallies: dict[int, Tally], endpoints: dict[int, int]) -> list[Service]:
        callers = dict(self._all("SELECT service, count(DISTINCT who) FROM temp.calling GROUP BY 1", {}))
        found = []
        for number, one in tallies.items():
            [(address, port)] = self._all(
                "SELECT address, port FROM services WHERE number = :n", {"n": number}
            )
            known = callers.get(number, 0)
            found.append(Service(authority(address, port), endpoints[number], known, spread(one)))
        return found

    def _calls(self, window: Window) -> list[Call]:
        found = []
        days = [
            day
            for (day,) in self._all(
                "WITH RECURSIVE days(day) AS (SELECT min(day) FROM pairs WHERE day >= :day UNION ALL"
                " SELECT (SELECT min(p.day) FROM pairs p WHERE p.day > days.day) FROM days WHERE days.day IS NOT NULL)"
                " SELECT day FROM days WHERE day BETWEEN :day AND :end",
                {"day": window.hours_start // DAY * DAY, "end": window.end - 1},
            )
        ]
        self._database.execute("DELETE FROM temp.listed")
        self._database.execute(
            "INSERT INTO temp.listed SELECT service, who, count(*), sum(calls) FROM temp.calling"
            " GROUP BY 1, 2 ORDER BY 4 DESC, 2, 1 LIMIT ?",
            (_ROWS,),
        )
        tallies: defaultdict[tuple[int, str], Tally] = defaultdict(Tally)
        for service, who, caller in self._all(
            "SELECT service, who, caller FROM temp.calling JOIN temp.listed USING(service, who)", {}
        ):
            tally = tallies[service, who]
            for day in days:
                for size, packed in self._database.execute(
                    "SELECT bytes, tally FROM pairs WHERE day = ? AND service = ? AND caller = ?"
                    " AND hour BETWEEN ? AND ?",
                    (day, service, caller, window.hours_start, window.end - 1),
                ):
                    tally.bytes += size
                    tally.add(packed)
        for service, who, addresses, address, port in self._all(
            "SELECT service, who, addresses, address, port FROM temp.listed JOIN services ON number = service"
            " ORDER BY calls DESC, who, service",
            {},
        ):
            tally = tallies[service, who]
            found.append(Call(who, addresses, authority(address, port), spread(tally)))
        return found

    def _note_endpoints(self, bound: dict[str, int]) -> None:
        """How often each endpoint was called: in a table of this connection, which may be larger than memory."""
        self._database.execute("DELETE FROM temp.called")
        self._database.execute(
            f"INSERT INTO temp.called SELECT e.service, t.endpoint, t.calls FROM (SELECT endpoint, sum(calls) AS calls"  # noqa: S608
            f" FROM totals WHERE {_WITHIN} GROUP BY 1) t JOIN endpoints e ON e.number = t.endpoint",
            bound,
        )

    def _note_calls(self, window: Window) -> None:
        """Who calls whom, and how often: likewise."""
        self._database.execute("DELETE FROM temp.calling")
        start = window.hours_start
        self._database.execute(_CALLING, {"day": start // DAY * DAY, "hour": start, "end": window.end - 1})

    def _endpoints(self, tallies: dict[int, Tally], trends: dict[int, list[int]]) -> list[Endpoint]:
        found = []
        for number, one in tallies.items():
            [(address, port, method, template)] = self._all(
                "SELECT address, port, method, template FROM endpoints e JOIN services s ON s.number = e.service"
                " WHERE e.number = :number",
                {"number": number},
            )
            found.append(
                Endpoint(
                    number, authority(address, port), method, template, spread(one), tuple(trends[number])
                )
            )
        return found

    def _stored(self) -> int:
        # numbers of records have no holes; two questions, because SQLite finds one end by the index, and both at once
        # by reading everything
        [(first, last)] = self._all(
            "SELECT (SELECT min(number) FROM records), (SELECT max(number) FROM records)", {}
        )
        return 0 if first is None else last - first + 1

    def _window(self, chosen: Range | None, now: int) -> tuple[Window, int]:
        """A range, and which totals it is counted from."""
        minutes, hours = self._ends(MINUTE), self._ends(HOUR)
        if chosen is None:
            chosen = "1h" if hours is None or (minutes is not None and minutes[1] > now - HOUR) else "all"
        if chosen != "all":
            end = (now // MINUTE + 1) * MINUTE
            start = end - _SECONDS[chosen]
            span = MINUTE if end - start <= _BY_MINUTE else HOUR
        elif hours is None:
            start, span = now // HOUR * HOUR, MINUTE
            end = start + HOUR
        else:
            start, end = hours[0], hours[1] + HOUR
            span = MINUTE if end - start <= _BY_MINUTE else HOUR if end - start <= _BY_HOUR else DAY
            if span == DAY:
                start, end = start // DAY * DAY, -(-end // DAY) * DAY
            elif span == MINUTE and minutes is not None and self._calls_of(MINUTE) == self._calls_of(HOUR):
                start, end = minutes[0], minutes[1] + MINUTE  # as wide as what there is
            else:  # totals by the minute have gone
                span = HOUR
        slot = max(1, -(-(end - start) // (span * _SLOTS))) * span
        return Window(chosen, start, end, slot, start // HOUR * HOUR), span

    def _calls_of(self, span: int) -> int:
        [(calls,)] = self._all("SELECT sum(calls) FROM totals WHERE span = :span", {"span": span})
        return int(calls or 0)

    def _ends(self, span: int) -> tuple[int, int] | None:
        """The first and the last start of a total; None where there is none."""
        ((first, last),) = self._all(
            "SELECT (SELECT min(start) FROM totals WHERE span = :span),"
            " (SELECT max(start) FROM totals WHERE span = :span)",
            {"span": span},
        )
        return None if first is None else (first, last)

    def _inventory(self, limit: int, after: int | None) -> Inventory:
        rows = self._all(
            "SELECT t.endpoint, address, port, method, template, first, last FROM ("
            "SELECT endpoint, min(start) AS first, max(start) AS last FROM totals"
            " WHERE span = :span AND endpoint > :after GROUP BY 1 ORDER BY 1 LIMIT :limit) t"
            " JOIN endpoints e ON e.number = t.endpoint JOIN services s ON s.number = e.service ORDER BY 1",
            {"span": HOUR, "after": after or 0, "limit": limit},
        )
        tallies = {row[0]: Tally() for row in rows}
        for number, packed in self._database.execute(
            "SELECT endpoint, tally FROM totals WHERE span = ? AND endpoint BETWEEN ? AND ?",
            (DAY, rows[0][0], rows[-1][0]) if rows else (DAY, 0, 0),
        ):
            tallies[number].add(packed)
        found = [
            Known(
                number,
                authority(address, port),
                method,
                template,
                first,
                last,
                tallies[number].calls,
                tallies[number].classes()[5],
            )
            for number, address, port, method, template, first, last in rows
        ]
        return Inventory(found, found[-1].number if len(found) == limit else None)

    def _agents(self) -> list[Agent]:
        captured = losses.captures(self._database)
        rows = self._all(
            "SELECT cluster, node, program, first, last, batches, records FROM agents"
            " ORDER BY last DESC, node LIMIT :limit",
            {"limit": _AGENTS},
        )
        return [
            Agent(cluster, node, program, first, last, batches, records, captured.get((cluster, node)))
            for cluster, node, program, first, last, batches, records in rows
        ]

    def _page(self, limit: int, before: int | None, endpoint: int | None, kind: int | None) -> Page:
        where, values = ["number < :before"], {"before": before if before is not None else 2**63 - 1}
        if endpoint is not None:
            where.append("endpoint = :endpoint")
            values["endpoint"] = endpoint
        if kind is not None:
            where.append("status / 100 = :kind")
            if kind != _INDEXED_NOT:
                where.append(f"status / 100 != {_INDEXED_NOT}")  # so that SQLite sees that the index has them
            values["kind"] = kind
        numbers = [
            number
            for (number,) in self._all(
                f"SELECT number FROM records WHERE {' AND '.join(where)} ORDER BY number DESC LIMIT :limit",  # noqa: S608
                values | {"limit": limit},
            )
        ]
        found = []
        first, lines = 2**63, [b""]
        for number in numbers:
            if number < first:
                [(first, text)] = self._all(
                    "SELECT first, text FROM lines WHERE first <= :number ORDER BY first DESC LIMIT 1",
                    {"number": number},
                )
                lines = blocks.unpacked(text)
            found.append(msgspec.Raw(lines[number - first]))
        return Page(found, numbers[-1] if len(numbers) == limit else None)

    def _all(self, question: str, values: dict[str, Any]) -> list[Any]:
        return self._database.execute(question, values).fetchall()
