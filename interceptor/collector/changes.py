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
from interceptor.collector.selection import choose, previous
from interceptor.collector.totals import Tally

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from interceptor.collector.question import Question
    from interceptor.collector.selection import Selection

__all__ = ["changes"]

_FAILING: Final = 100
"""Endpoints, and services, that are told: those that failed most."""
_SLOWER: Final = 50
_LOOKED_AT: Final = 500
"""Endpoints whose latencies are compared: those called most."""
_ENOUGH: Final = 30
"""Calls, for a 95th percentile."""
_FACTOR: Final = 1.5
_LEAST_US: Final = 1_000
"""A millisecond is noise."""
_PAUSES: Final = 6
_FAILED: Final = "answered(tally, 500, 65535)"


class _Story:
    """What became of an endpoint or a service."""

    __slots__ = ("before", "last", "now", "since")

    def __init__(self) -> None:
        self.before = Tally()
        self.now = Tally()
        self.since: int | None = None
        self.last: int | None = None

    def failed(self, start: int, pause: int) -> None:
        """It did, in what begins then."""
        if self.last is None or self.since is None or start - self.last > pause:
            self.since = start
        self.last = start


def changes(database: sqlite3.Connection, question: Question, now: int) -> Changes:
    """Compare what is asked for with as much time before it."""
    current = choose(database, question, now)
    before = previous(question, current)
    window = current.window
    pause = max(current.values["span"], (window.end - window.start) // _PAUSES)
    failing = _column(
        database,
        current,
        f"SELECT endpoint, sum({_FAILED}) AS failed FROM ({current.rows}) GROUP BY 1 HAVING failed > 0"  # noqa: S608
        f" ORDER BY 2 DESC, 1 LIMIT {_FAILING}",
    )
    busy = _column(
        database,
        current,
        f"SELECT endpoint, sum(calls) FROM ({current.rows}) GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {_LOOKED_AT}",  # noqa: S608
    )
    endpoints = {number: _Story() for number in (*failing, *busy)}
    services: defaultdict[int, _Story] = defaultdict(_Story)
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
                        story.failed(start, pause)
    whole = question.statuses is None
    told = [_endpoint(database, number, endpoints[number], whole=whole) for number in failing]
    slower = [
        _endpoint(database, number, one, whole=whole)
        for number, one in endpoints.items()
        if whole and _is_slower(one)
    ]
    return Changes(
        window,
        before.window.start,
        _services(database, services.items(), whole=whole),
        told,
        sorted(slower, key=_added, reverse=True)[:_SLOWER],
    )


def _column(database: sqlite3.Connection, selection: Selection, question: str) -> list[int]:
    return [row[0] for row in database.execute(question, selection.values)]


def _is_slower(story: _Story) -> bool:
    if min(story.now.calls, story.before.calls) < _ENOUGH:
        return False
    now, before = spread(story.now).p95_us, spread(story.before).p95_us
    return now is not None and before is not None and now >= max(_FACTOR * before, before + _LEAST_US)


def _added(change: Change) -> int:
    """Microseconds that calls waited longer, about."""
    return ((change.now.p95_us or 0) - (change.before.p95_us or 0)) * change.now.calls


def _services(
    database: sqlite3.Connection, stories: Iterable[tuple[int, _Story]], *, whole: bool
) -> list[Change]:
    failing = sorted((-one.now.classes()[5], number, one) for number, one in stories if one.now.classes()[5])[
        :_FAILING
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
        since=story.since if failed else None,
        last=story.last if failed else None,
        **named,
    )
