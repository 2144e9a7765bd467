"""Which totals of the SQLite database a question is about, and of what time they are.

Owns the choice: by the minute, the hour or the day, by endpoint alone or by caller too, and the SQL that reads them.
Refuses to add them up.

Everything is counted from totals by the endpoint, by the minute for some hours, by the hour for some days, by the day
beyond. Only who asks for a caller, an agent, an anomaly or a namespace gets whole hours, which is what those are counted by. The
window that is answered says what it came to.

`SELECTED` rows have `start`, `service`, `endpoint`, `calls`, `bytes` and `tally`; where statuses are asked for, `calls`
are those with one of them, and rows without any are left out. What is put into SQL here are words of this module;
everything that comes from outside is a parameter.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from interceptor.collector import unread
from interceptor.collector.answers import OTHER, Window
from interceptor.collector.database import ANY_AGENT, DAY, HOUR, MINUTE, PART
from interceptor.collector.measures import BY_HOUR, BY_MINUTE, SECONDS, both, covers, window_of
from interceptor.collector.totals import unpack

if TYPE_CHECKING:
    import sqlite3

    from interceptor.collector.question import Question

__all__ = ["Selection", "answered", "choose", "narrowed", "previous"]

_INDEXED_NOT: Final = 2
"""The class of status that has no index."""

_CALLER: Final = """(SELECT c.number FROM callers c LEFT JOIN hosts h ON h.address = c.address
    WHERE coalesce(nullif(h.service, ''), c.address) = :caller)"""
_AGENT: Final = f"""(SELECT number FROM agents WHERE node = :node AND (:cluster IS NULL OR cluster = :cluster)
    UNION ALL SELECT {ANY_AGENT} WHERE :node = '{OTHER}')"""  # noqa: S608
_SERVICE: Final = "(SELECT number FROM services WHERE address = :address AND port = :port)"
_WITHIN: Final = "address >= :namespace || '/' AND address < :namespace || '0'"
"""Of a namespace: names in order of their bytes, and a zero comes after a slash."""
_SERVICES: Final = f"(SELECT number FROM services WHERE {_WITHIN})"  # noqa: S608
_CALLERS: Final = f"(SELECT number FROM callers WHERE {_WITHIN})"  # noqa: S608
_TAG: Final = "(SELECT number FROM tags WHERE name = :anomaly)"


class Selection(NamedTuple):
    """Totals, as SQL."""

    window: Window
    rows: str
    """A question for the rows described above."""
    pairs: str
    """The same by caller, with `part` and `caller` too: by whole hours."""
    findings: str
    """The same of calls with an anomaly, once for each, with `tag` too."""
    values: dict[str, Any]
    """Parameters of both."""
    statuses: tuple[int, int] | None

    def counted(self, packed: bytes) -> tuple[list[tuple[int, int]], int]:
        """Of a row's tally what is asked for: (status, calls), and latencies, as `totals.unpack`."""
        statuses, latencies = unpack(packed)
        if self.statuses is None:
            return statuses, latencies
        low, high = self.statuses
        return [one for one in statuses if low <= one[0] <= high], 0


def answered(packed: bytes, low: int, high: int) -> int:
    """How many calls of a total had these statuses. For SQL."""
    return sum([calls for status, calls in unpack(packed)[0] if low <= status <= high])


def choose(database: sqlite3.Connection, question: Question, now: int) -> Selection:
    """What answers a question at a time."""
    window, span = _window(database, question, now)
    return _selection(question, window, span)


def previous(question: Question, chosen: Selection) -> Selection:
    """As much time again, before what was chosen."""
    window = chosen.window
    length = window.end - window.start
    before = Window(window.range, window.start - length, window.start, window.slot, window.start - length)
    return _selection(question, before, chosen.values["span"])


def narrowed(question: Question, within: tuple[int, int] | None) -> tuple[str, dict[str, Any]]:
    """The numbers of records that are asked for, as SQL that ends in a condition, and its parameters.

    A `+` keeps SQLite from an index that would have it sort what it finds.
    """
    table, where = "records r", ["true"]
    if question.anomaly is not None:
        table = "marks m CROSS JOIN records r USING(number)"
        where.append(f"m.tag = {_TAG}")
    if question.endpoint is not None:
        where.append("r.endpoint = :endpoint")
    if question.service is not None:
        where.append(f"+r.endpoint IN (SELECT number FROM endpoints WHERE service = {_SERVICE})")  # noqa: S608
    if question.kind is not None:
        where.append("min(r.status / 100, 5) = :kind")
        if question.kind != _INDEXED_NOT:  # so that SQLite sees that the index has them
            where.append(f"min(r.status / 100, 5) != {_INDEXED_NOT}")
    if question.status is not None:
        where.append("r.status = :low")
    if question.caller is not None:
        folded = f" OR (:caller = '{OTHER}' AND r.caller NOT IN (SELECT number FROM callers))"  # noqa: S608
        where.append(f"(r.caller IN {_CALLER}{folded})")
    if question.agent is not None:
        where.append(f"r.agent IN {_AGENT}")
    if question.namespace is not None:
        called = f"SELECT number FROM endpoints WHERE service IN {_SERVICES}"  # noqa: S608
        where.append(f"(+r.endpoint IN ({called}) OR r.caller IN {_CALLERS})")
    values = _values(question)
    if within is not None:
        where.append("r.time BETWEEN :from AND :to")
        values |= {"from": within[0] * 1_000_000, "to": within[1] * 1_000_000 - 1}
    return f"SELECT number FROM {table} WHERE {' AND '.join(where)}", values  # noqa: S608


def _values(question: Question) -> dict[str, Any]:
    """Parameters that say which calls are asked for."""
    address, port = question.server or ("", 0)
    cluster, node = question.node or (None, "")
    low, high = question.statuses or (0, 65_535)
    return {
        "address": address,
        "port": port,
        "endpoint": question.endpoint,
        "caller": question.caller,
        "cluster": cluster,
        "node": node,
        "anomaly": question.anomaly,
        "namespace": question.namespace,
        "kind": question.kind,
        "low": low,
        "high": high,
    }


def _selection(question: Question, window: Window, span: int) -> Selection:
    values = _values(question) | {
        "span": span,
        "start": window.start,
        "hour": window.hours_start,
        "part": window.hours_start // PART * PART,
        "end": window.end - 1,
    }
    calls = "t.calls" if question.statuses is None else "answered(t.tally, :low, :high) AS calls"
    by_endpoint, by_caller = [], []
    if question.service is not None:
        by_endpoint.append(f"e.service = {_SERVICE}")
        by_caller.append(f"t.service = {_SERVICE}")
    if question.endpoint is not None:
        by_endpoint.append("t.endpoint = :endpoint")
        by_caller.append("t.endpoint = :endpoint")
    if question.caller is not None:
        by_caller.append(f"t.caller IN {_CALLER}")
    if question.agent is not None:
        by_caller.append(f"t.agent IN {_AGENT}")
    if question.namespace is not None:
        by_caller.append(f"(t.service IN {_SERVICES} OR t.caller IN {_CALLERS})")
    if question.anomaly is not None:
        by_caller.append(f"t.tag = {_TAG}")
    where = " AND ".join(["part BETWEEN :part AND :end", "hour BETWEEN :hour AND :end", *by_caller])
    columns = f"part, hour AS start, t.service, t.caller, t.endpoint, {calls}, t.bytes, t.tally"
    findings = f"SELECT t.tag, {columns} FROM findings t WHERE {where}"  # noqa: S608
    pairs = findings if question.anomaly is not None else f"SELECT {columns} FROM pairs t WHERE {where}"  # noqa: S608
    rows = pairs
    if not question.by_caller:
        where = " AND ".join(["span = :span", "start BETWEEN :start AND :end", *by_endpoint])
        rows = (
            f"SELECT start, e.service, t.endpoint, {calls}, t.bytes, t.tally FROM totals t"  # noqa: S608
            f" JOIN endpoints e ON e.number = t.endpoint WHERE {where}"
        )
    if question.statuses is not None:
        rows, pairs, findings = (
            f"SELECT * FROM ({one}) WHERE calls > 0"  # noqa: S608
            for one in (rows, pairs, findings)
        )
    return Selection(window, rows, pairs, findings, values, question.statuses)


def _window(database: sqlite3.Connection, question: Question, now: int) -> tuple[Window, int]:
    """A question's time, and which totals it is counted from."""
    span, chosen = MINUTE, question.range
    minutes, told = _ends(database, MINUTE), unread.ends(database)
    hours = both(_ends(database, HOUR), told)
    if question.start is not None:
        start = question.start
        end = question.end if question.end is not None else (now // MINUTE + 1) * MINUTE
        end = max(end, start + 1)
    else:
        if chosen is None:
            recent = max(minutes[1] if minutes else 0, hours[1] if hours else 0)
            chosen = "1h" if hours is None or recent > now - HOUR else "all"
        if chosen != "all":
            end = (now // MINUTE + 1) * MINUTE
            start = end - SECONDS[chosen]
        elif hours is None:
            start = now // HOUR * HOUR
            end = start + HOUR
        else:
            start, end = hours[0], hours[1] + HOUR
            few = end - start <= BY_MINUTE and _complete(database, start, end)
            if few and minutes is not None and covers(minutes, told):
                start, end = minutes[0], minutes[1] + MINUTE  # as wide as what there is
    if question.by_caller:
        span = HOUR
    elif end - start > BY_HOUR:
        span = DAY
    elif end - start > BY_MINUTE or (chosen in (None, "all") and not _complete(database, start, end)):
        span = HOUR
    return window_of(chosen, start, end, span), span


def _complete(database: sqlite3.Connection, start: int, end: int) -> bool:
    """Whether totals by the minute, which go first, are still there for these hours."""
    bound = {"start": start // HOUR * HOUR, "end": -(-end // HOUR) * HOUR - 1}
    question = (
        "SELECT coalesce(sum(calls), 0) FROM totals WHERE span = :span AND start BETWEEN :start AND :end"
    )
    [(by_minute,)] = database.execute(question, bound | {"span": MINUTE})
    [(by_hour,)] = database.execute(question, bound | {"span": HOUR})
    return bool(by_minute == by_hour)


def _ends(database: sqlite3.Connection, span: int) -> tuple[int, int] | None:
    """The first and the last start of a total; None where there is none."""
    ((first, last),) = database.execute(
        "SELECT (SELECT min(start) FROM totals WHERE span = :span), (SELECT max(start) FROM totals WHERE span = :span)",
        {"span": span},
    )
    return None if first is None else (first, last)
