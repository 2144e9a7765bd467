"""What agents could not read, as their records of kind `unread` count it, and how clients of TLS call these servers.

Owns these tables of SQLite's database: what is kept of a record, what it adds up to, and how much of it there may be.

Agents tell it each minute, for each server and protocol; it is kept by the hour. A record counts once, whatever batches bring
it: each hour remembers by four bytes of their ids which it has.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from interceptor.collector import answers
from interceptor.collector.database import HOUR
from interceptor.collector.measures import NAMES, NAMES_KEPT, ROWS
from interceptor.ingest.unread import ServerName

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from interceptor.collector.question import Question
    from interceptor.collector.selection import Selection
    from interceptor.ingest.unread import Unread

__all__ = ["ends", "forget", "note", "unread"]

_MOST: Final = 100_000
"""Rows of each table, those that came last: some 40 MB at most. That is a week of 600 servers."""
_TOLD: Final = 1_000
"""Bytes of `seen`: 250 records in an hour. An agent makes one a minute, and one more whenever it starts anew."""
# Sums are of floating-point numbers, which are exact up to 2**53 and, unlike integers, have no end.
_WHERE: Final = (
    "hour BETWEEN :first AND :end AND (:service IS NULL OR (address = :address AND port = :port))"
    " AND (:agent IS NULL OR agent IN (SELECT number FROM agents WHERE node = :node AND (:cluster IS NULL OR cluster = :cluster)))"
)


def note(
    database: sqlite3.Connection, told: Iterable[Unread | ServerName], agent: int, received: int
) -> None:
    """Keep what a batch of an agent told. Within a transaction."""
    rows, names = [], []
    for one in told:
        hour = one.time // HOUR * HOUR
        if isinstance(one, ServerName):
            names.append((one.address, one.port, one.name, hour, received))
            continue
        where = hour, one.address, one.port, one.protocol, one.reason, agent
        rows.append((*where, received, one.key[-4:], one.connections, one.bytes))
    database.executemany(
        "INSERT INTO unread VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
        " received = excluded.received, seen = CAST(seen || excluded.seen AS BLOB),"
        " connections = connections + excluded.connections, bytes = bytes + excluded.bytes"
        f" WHERE instr(seen, excluded.seen) = 0 AND length(seen) < {_TOLD}",
        rows,
    )
    database.executemany(
        "INSERT INTO server_names SELECT ?1, ?2, ?3, ?4, ?5"  # noqa: S608 - a number of this program
        f" WHERE (SELECT count(*) FROM server_names WHERE address = ?1 AND port = ?2) < {NAMES_KEPT}"
        " OR EXISTS (SELECT 1 FROM server_names WHERE address = ?1 AND port = ?2 AND name = ?3)"
        " ON CONFLICT DO UPDATE SET last = max(last, excluded.last), received = excluded.received",
        names,
    )


def forget(database: sqlite3.Connection, oldest: int) -> None:
    """Remove what came before `oldest`, or is too much."""
    for table in ("unread", "server_names"):
        database.execute(f"DELETE FROM {table} WHERE received < ?", (oldest,))  # noqa: S608 - words of this module
        database.execute(
            f"DELETE FROM {table} WHERE received <= (SELECT received FROM {table}"  # noqa: S608
            " ORDER BY received DESC LIMIT 1 OFFSET ?)",
            (_MOST,),
        )


def ends(database: sqlite3.Connection) -> tuple[int, int] | None:
    """The first and the last hour that there is anything of."""
    ((first, last),) = database.execute(
        "SELECT (SELECT min(hour) FROM unread), (SELECT max(hour) FROM unread)"
    )
    return None if first is None else (first, last)


def unread(
    database: sqlite3.Connection, question: Question, selection: Selection
) -> tuple[int, list[answers.Unread]]:
    """Bytes that were not read, and of which servers, those of most bytes first.

    Of the question only its time, the service and the agent matter.
    """
    address, port = question.server or ("", 0)
    cluster, node = question.node or (None, None)
    values = {
        "first": selection.window.hours_start,
        "end": selection.window.end - 1,
        "service": question.service,
        "address": address,
        "port": port,
        "agent": question.agent,
        "node": node,
        "cluster": cluster,
        "rows": ROWS,
    }
    [(size,)] = database.execute(f"SELECT CAST(total(bytes) AS INTEGER) FROM unread WHERE {_WHERE}", values)  # noqa: S608
    rows = database.execute(
        "SELECT address, port, protocol, reason, CAST(total(connections) AS INTEGER), CAST(total(bytes) AS INTEGER), count(DISTINCT agent), max(hour)"  # noqa: S608
        f" FROM unread WHERE {_WHERE} GROUP BY 1, 2, 3, 4 ORDER BY 6 DESC, 1, 2, 3 LIMIT :rows",
        values,
    ).fetchall()
    found = []
    for address, port, protocol, reason, *counted in rows:
        names = database.execute(
            "SELECT name FROM server_names WHERE address = ? AND port = ? ORDER BY last DESC, name LIMIT ?",
            (address, port, NAMES),
        ).fetchall()
        found.append(answers.unread((address, port), protocol, reason, counted, [name for (name,) in names]))
    return size, found
