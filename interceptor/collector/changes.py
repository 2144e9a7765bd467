"""What fails, and what became slower: a time compared with as much time before it, in the SQLite database.

Owns which endpoints and services are told, and since when one fails. Refuses to judge: what is usual is what was before.

Something fails since the first failure that no pause came after: a pause is a sixth of the time asked about without any. So
one error a minute is one story, and one an hour ago is another. A latency is compared where there were calls enough on
both sides for a percentile to say something.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final

from interceptor.collector.answers import Change, Changes, authority, spread
from interceptor.collector.measures import FAILING, LOOKED_AT, PAUSES, SLOWER, Outage, added, is_slower
from interceptor.collector.selection import choose, previous
from interceptor.collector.totals import Tally

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from interceptor.collector.question import Question
    from interceptor.collector.selection import Selection

__all__ = ["changes"]

_FAILED: Final = "answered(tally, 500, 65535)"


class _Story:
    """What became of an endpoint or a service."""

    __slots__ = ("before", "now", "outage")

    def __init__(self, pause: int) -> None:
        self.before = Tally()
        self.now = Tally()
        self.outage = Outage(pause)


def changes(database: sqlite3.Connection, question: Question, now: int) -> Changes:
    """Compare what is asked for with as much time before it."""
    current = choose(database, question, now)
    before = previous(question, current)
    window = current.window
    pause = max(current.values["span"], (window.end - window.start) // PAUSES)
    failing = _column(
        database,
        current,
        f"SELECT endpoint, sum({_FAILED}) AS failed FROM ({current.rows}) GROUP BY 1 HAVING failed > 0"  # noqa: S608
        f" ORDER BY 2 DESC, 1 LIMIT {FAILING}",
    )
    busy = _column(
        database,
        current,
        f"SELECT endpoint, sum(calls) FROM ({current.rows}) GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {LOOKED_AT}",  # noqa: S608
    )
    endpoints = {number: _Story(pause) for number in (*failing, *busy)}
    services: defaultdict[int, _Story] = defaultdict(lambda: _Story(pause))
    for selection, is_now in ((before, False), (current, True)):
        rows = database.execute(
            f"SELECT start, service, endpoint, bytes, tally FROM ({selection.rows}) ORDER BY start",  # noqa: S608
            selection.values,
        )
        for start, service, endpoint, size, packed in rows:
            statuses, latencies = selection.counted(packed)
            failed = any(status >= 500 for status, _ in statuses)
            for story in (services[service], endpoints.get(endpoint)):
                if story is not None:
                    tally = story.now if is_now else story.before
                    tally.bytes += size
                    tally.include(statuses, latencies)
                    if failed:
                        story.outage.failed(start)
    whole = question.statuses is None
    told = [_endpoint(database, number, endpoints[number], whole=whole) for number in failing]
    slower = [
        _endpoint(database, number, one, whole=whole)
        for number, one in endpoints.items()
        if whole and is_slower(spread(one.now), spread(one.before))
    ]
    return Changes(
        window,
        before.window.start,
        _services(database, services.items(), whole=whole),
        told,
        sorted(slower, key=added, reverse=True)[:SLOWER],
    )


def _column(database: sqlite3.Connection, selection: Selection, question: str) -> list[int]:
    return [row[0] for row in database.execute(question, selection.values)]


def _services(
    database: sqlite3.Connection, stories: Iterable[tuple[int, _Story]], *, whole: bool
) -> list[Change]:
    failing = sorted((-one.now.classes()[5], number, one) for number, one in stories if one.now.classes()[5])[
        :FAILING
    ]
    found = []
    for _, number, one in failing:
        [(address, port)] = database.execute("SELECT address, port FROM services WHERE number = ?", (number,))
        found.append(_told(one, whole=whole, service=authority(address, port)))
    return found


def _endpoint(database: sqlite3.Connection, number: int, story: _Story, *, whole: bool) -> Change:
    [(address, port, method, template)] = database.execute(
        "SELECT address, port, method, template FROM endpoints e JOIN services s ON s.number = e.service"
        " WHERE e.number = ?",
        (number,),
    )
    service = authority(address, port)
    return _told(story, whole=whole, service=service, number=number, method=method, template=template)


def _told(story: _Story, *, whole: bool, **named: Any) -> Change:
    failed = bool(story.now.classes()[5])
    return Change(
        now=spread(story.now, whole=whole),
        before=spread(story.before, whole=whole),
        since=story.outage.since if failed else None,
        last=story.outage.last if failed else None,
        **named,
    )
