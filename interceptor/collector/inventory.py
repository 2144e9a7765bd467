"""Every endpoint that was ever called, as far back as totals go: the inventory of the SQLite database.

Owns what is known of an endpoint beyond its calls in a range: when it was first and last called, by how many callers, what
its requests and responses are like, and whether it is there at all. Refuses to know how an inventory is written.

Scanners ask for what is not there. An endpoint all of whose answers said so is a probe, and is no part of the inventory
unless it is asked for: one answer that says anything else makes it an endpoint.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final

from interceptor.collector.answers import Inventory, Sought
from interceptor.collector.database import DAY, HOUR
from interceptor.collector.measures import known
from interceptor.collector.selection import choose
from interceptor.collector.totals import Tally, unpack

if TYPE_CHECKING:
    import sqlite3

    from interceptor.collector.question import Question

__all__ = ["NOT_THERE", "inventory", "probed"]

NOT_THERE: Final = frozenset({400, 404, 405, 410, 414, 501})
"""Statuses that say that there is nothing of a name, or nothing that can be asked so."""

_ENDPOINTS: Final = """
SELECT t.endpoint, address, port, method, template, first, last, probed FROM (
    SELECT endpoint, min(start) AS first, max(start) AS last FROM totals
    WHERE span = :hour_span AND endpoint > :after GROUP BY 1) t
JOIN (SELECT endpoint, min(probed(tally)) AS probed FROM totals WHERE span = :day_span AND endpoint > :after GROUP BY 1) d
    USING(endpoint)
JOIN endpoints e ON e.number = t.endpoint JOIN services s ON s.number = e.service
WHERE (:probes OR NOT probed) AND (:since IS NULL OR first >= :since) AND (:search IS NULL OR
    instr(lower(method || ' ' || template || ' ' || address || CASE port WHEN 80 THEN '' ELSE ':' || port END), :search))
    {narrowed}
ORDER BY 1 LIMIT :limit
"""


def probed(packed: bytes) -> bool:
    """Whether calls of a total were answered, and each answer said that there is no such thing. For SQL."""
    statuses = {status for status, _ in unpack(packed)[0]} - {0}
    return bool(statuses) and statuses <= NOT_THERE


def inventory(
    database: sqlite3.Connection, question: Question, now: int, sought: Sought, limit: int, after: int | None
) -> Inventory:
    """Endpoints that are asked for, with the numbers above `after`, in order."""
    values: dict[str, Any] = {
        "hour_span": HOUR,
        "day_span": DAY,
        "after": after or 0,
        "limit": limit,
        "since": sought.since,
        "search": sought.search.lower() if sought.search is not None else None,
        "probes": sought.probes,
    }
    narrowed = ""
    if question.narrow or question.timed:
        selection = choose(database, question, now)
        values = selection.values | values
        narrowed = f"AND t.endpoint IN (SELECT endpoint FROM ({selection.rows}))"  # noqa: S608
    rows = database.execute(_ENDPOINTS.format(narrowed=narrowed), values).fetchall()
    tallies = {row[0]: Tally() for row in rows}
    first, last = (rows[0][0], rows[-1][0]) if rows else (0, 0)
    for number, packed in database.execute(
        "SELECT endpoint, tally FROM totals WHERE span = ? AND endpoint BETWEEN ? AND ?", (DAY, first, last)
    ):
        if number in tallies:
            tallies[number].add(packed)
    callers = dict(
        database.execute(
            "SELECT endpoint, count(DISTINCT caller) FROM pairs WHERE endpoint BETWEEN ? AND ? GROUP BY 1",
            (first, last),
        )
    )
    traits: defaultdict[int, defaultdict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for number, kind, value in database.execute(
        "SELECT endpoint, kind, value FROM traits WHERE endpoint BETWEEN ? AND ? ORDER BY 1, 2, 3",
        (first, last),
    ):
        traits[number][kind].append(value)
    found = []
    for number, address, port, method, template, begun, ended, probe in rows:
        found.append(
            known(
                number,
                (address, port, method, template),
                (begun, ended),
                tallies[number],
                callers.get(number, 0),
                traits[number].__getitem__,
                probe=bool(probe),
            )
        )
    return Inventory(found, found[-1].number if len(found) == limit else None)
