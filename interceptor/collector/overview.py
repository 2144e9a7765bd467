"""Everything at once, of one moment: what the page begins with.

Owns the overview of the SQLite database. What is listed is chosen by SQLite, in tables of the connection that may be
larger than memory, so that what is held here is as much as is shown, whatever the database holds.

A percentile is read from buckets that are 9 % wide: it is within 5 % of the true one. A caller is named where all
that is known of its address is one service's name, and is an address otherwise: nothing is guessed.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final

from interceptor.collector.answers import (
    Agent,
    Call,
    Endpoint,
    Overview,
    Service,
    Slot,
    Totals,
    authority,
    spread,
)
from interceptor.collector.measures import ROWS, SPARKS
from interceptor.collector.selection import choose
from interceptor.collector.totals import Tally, bounds
from interceptor.collector.unread import unread

if TYPE_CHECKING:
    import sqlite3

    import msgspec

    from interceptor.collector.question import Question
    from interceptor.collector.selection import Selection

__all__ = ["overview", "prepare"]

_CALLING: Final = """
INSERT INTO temp.calling SELECT p.service, p.caller, coalesce(nullif(h.service, ''), c.address), p.calls FROM (
    SELECT service, caller, sum(calls) AS calls FROM (
        SELECT service, caller, sum(calls) AS calls FROM ({pairs}) GROUP BY part, service, caller)
    GROUP BY service, caller) p
JOIN callers c ON c.number = p.caller LEFT JOIN hosts h ON h.address = c.address
"""
# The inner sum is of rows in the order in which they lie: nothing is sorted but its results.


def prepare(database: sqlite3.Connection) -> None:
    """Make the tables that answers are noted in."""
    for table in (
        "calling(service INTEGER, caller INTEGER, who TEXT, calls INTEGER) STRICT",
        "called(service INTEGER, endpoint INTEGER, calls INTEGER) STRICT",
        "listed(service INTEGER, who TEXT, addresses INTEGER, calls INTEGER, PRIMARY KEY(service, who))",
    ):
        database.execute(f"CREATE TEMP TABLE {table}")


def overview(
    database: sqlite3.Connection,
    question: Question,
    now: int,
    agents: list[Agent],
    records: list[msgspec.Raw],
    stored: int,
) -> Overview:
    """What there is of what is asked for; agents and records are found by others."""
    return _Counting(database, question, choose(database, question, now)).overview(
        now, agents, records, stored
    )


class _Counting:
    """One overview, being counted."""

    def __init__(self, database: sqlite3.Connection, question: Question, selection: Selection) -> None:
        self._database = database
        self._question = question
        self._selection = selection
        self._whole = selection.statuses is None
        """Bytes and latencies are those of the calls."""

    def overview(self, now: int, agents: list[Agent], records: list[msgspec.Raw], stored: int) -> Overview:
        window = self._selection.window
        self._note()
        [(service_count, endpoint_count)] = self._all(
            "SELECT count(DISTINCT service), count(*) FROM temp.called"
        )
        listed: list[tuple[int, int]] = self._all(
            "SELECT service, count(*) FROM temp.called GROUP BY 1 ORDER BY sum(calls) DESC, 1 LIMIT :rows"
        )
        services = {number: Tally() for number, _ in listed}
        endpoints = {
            number: Tally()
            for (number,) in self._all("SELECT endpoint FROM temp.called ORDER BY calls DESC, 1 LIMIT :rows")
        }
        trends = {number: [0] * SPARKS for number in endpoints}
        slots: defaultdict[int, Tally] = defaultdict(Tally)
        question = f"SELECT start, service, endpoint, bytes, tally FROM ({self._selection.rows})"  # noqa: S608
        for start, service, endpoint, size, packed in self._database.execute(
            question, self._selection.values
        ):
            statuses, latencies = self._selection.counted(packed)
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
                step = max(0, since) * SPARKS // (window.end - window.start)
                trends[endpoint][step] += sum([calls for _, calls in statuses])
        total = Tally()
        for one in slots.values():
            total.bytes += one.bytes
            total.include(*one.parts())
        [(callers,)] = self._all("SELECT count(DISTINCT who) FROM temp.calling")
        unread_bytes, not_read = unread(self._database, self._question, self._selection)
        return Overview(
            now=now,
            window=window,
            totals=Totals(
                services=service_count,
                callers=callers,
                endpoints=endpoint_count,
                agents=len(agents),
                stored=stored,
                unread_bytes=unread_bytes,
                spread=spread(total, whole=self._whole),
            ),
            timeline=[
                Slot(window.start + number * window.slot, spread(one, whole=self._whole))
                for number, one in sorted(slots.items())
            ],
            latencies=[
                (round(bounds(bucket)[0]), round(bounds(bucket)[1]), calls)
                for bucket, calls in total.latencies
            ],
            statuses=sorted(total.statuses.items()),
            services=self._services(services, dict(listed)),
            calls=self._calls(),
            endpoints=self._endpoints(endpoints, trends),
            agents=agents,
            unread=not_read,
            records=records,
        )

    def _note(self) -> None:
        """How often each endpoint was called, and by whom: in tables of this connection."""
        rows, pairs, values = self._selection.rows, self._selection.pairs, self._selection.values
        self._database.execute("DELETE FROM temp.called")
        self._database.execute(
            "INSERT INTO temp.called SELECT e.service, t.endpoint, t.calls FROM"  # noqa: S608
            f" (SELECT endpoint, sum(calls) AS calls FROM ({rows}) GROUP BY 1) t"
            " JOIN endpoints e ON e.number = t.endpoint",
            values,
        )
        self._database.execute("DELETE FROM temp.calling")
        self._database.execute(_CALLING.format(pairs=pairs), values)
        self._database.execute("DELETE FROM temp.listed")
        self._database.execute(
            "INSERT INTO temp.listed SELECT service, who, count(*), sum(calls) FROM temp.calling"
            " GROUP BY 1, 2 ORDER BY 4 DESC, 2, 1 LIMIT ?",
            (ROWS,),
        )

    def _services(self, tallies: dict[int, Tally], endpoints: dict[int, int]) -> list[Service]:
        callers = dict(self._all("SELECT service, count(DISTINCT who) FROM temp.calling GROUP BY 1"))
        found = []
        for number, one in tallies.items():
            [(address, port)] = self._all(
                "SELECT address, port FROM services WHERE number = :n", {"n": number}
            )
            known = callers.get(number, 0)
            found.append(
                Service(authority(address, port), endpoints[number], known, spread(one, whole=self._whole))
            )
        return found

    def _calls(self) -> list[Call]:
        found, parts = [], self._parts()
        tallies: defaultdict[tuple[int, str], Tally] = defaultdict(Tally)
        one_pair = (
            f"SELECT bytes, tally FROM ({self._selection.pairs})"  # noqa: S608
            " WHERE part = :that_part AND service = :that_service AND caller = :that_caller"
        )
        for service, who, caller in self._all(
            "SELECT service, who, caller FROM temp.calling JOIN temp.listed USING(service, who)"
        ):
            tally = tallies[service, who]
            for part in parts:
                those = {"that_part": part, "that_service": service, "that_caller": caller}
                for size, packed in self._database.execute(one_pair, self._selection.values | those):
                    tally.bytes += size
                    tally.include(*self._selection.counted(packed))
        for service, who, addresses, address, port in self._all(
            "SELECT service, who, addresses, address, port FROM temp.listed JOIN services ON number = service"
            " ORDER BY calls DESC, who, service"
        ):
            tally = tallies[service, who]
            found.append(Call(who, addresses, authority(address, port), spread(tally, whole=self._whole)))
        return found

    def _parts(self) -> list[int]:
        """Those of which there are pairs: each lies together."""
        return [
            part
            for (part,) in self._all(
                "WITH RECURSIVE parts(part) AS (SELECT min(part) FROM pairs WHERE part >= :part UNION ALL"
                " SELECT (SELECT min(p.part) FROM pairs p WHERE p.part > parts.part) FROM parts"
                " WHERE parts.part IS NOT NULL)"
                " SELECT part FROM parts WHERE part BETWEEN :part AND :end",
                self._selection.values,
            )
        ]

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
                    number,
                    authority(address, port),
                    method,
                    template,
                    spread(one, whole=self._whole),
                    tuple(trends[number]),
                )
            )
        return found

    def _all(self, question: str, values: dict[str, Any] | None = None) -> list[Any]:
        return self._database.execute(question, {"rows": ROWS} if values is None else values).fetchall()
