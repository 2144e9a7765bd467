"""What agents lost, as the headers of their batches say it: packets in their captures, and records on their way.

Owns that table of the database: what is kept of a header, what it adds up to, and how much of it there may be.

A header has totals of one run of an agent (`delivery.batches.Captured`), so batches that come twice, late or never change
nothing: of each run the largest numbers hold. An agent's losses are those of all its runs that were heard of in the
time for which records are kept, and of all agents that give the same names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from interceptor.collector.answers import Captures

if TYPE_CHECKING:
    import sqlite3

    from interceptor.delivery.batches import Header

__all__ = ["captures", "forget", "note", "prepare"]

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS captures(
    agent INTEGER NOT NULL, since TEXT NOT NULL, last INTEGER NOT NULL, packets INTEGER NOT NULL,
    kernel INTEGER NOT NULL, interface INTEGER NOT NULL, blind REAL NOT NULL, lost INTEGER NOT NULL,
    interfaces INTEGER, waiting INTEGER, waiting_seconds INTEGER, dropped INTEGER,
    PRIMARY KEY(agent, since)) STRICT, WITHOUT ROWID;
"""
# One row for each run of an agent. `last`, `lost`: Unix time, when it was last heard and when it last told of more
# losses than before (0: never). `interfaces`, `waiting`, `waiting_seconds`: as of the batch with the most packets, so the
# latest. NULL: nothing was said of it.
_ADDED: Final = ("waiting_seconds", "dropped")
"""Columns that files of this format had not from the beginning."""

_MOST: Final = 20_000
"""Runs: two of each agent that is kept. A program that ends all the time makes many."""
_MOST_BLIND: Final = 1e15
"""Seconds. Of numbers that somebody makes up, no sum is infinite."""


_NOTE: Final = (
    "INSERT INTO captures(last, lost, since, packets, kernel, interface, blind, interfaces, waiting, waiting_seconds, dropped,"
    " agent) SELECT ?1, iif(max(?4, ?5, ?6, coalesce(?10, 0)), ?1, 0), ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, number"
    " FROM agents WHERE cluster = ?11 AND node = ?12"
    " ON CONFLICT DO UPDATE SET last = excluded.last, packets = max(packets, excluded.packets),"
    " kernel = max(kernel, excluded.kernel), interface = max(interface, excluded.interface),"
    " blind = max(blind, excluded.blind),"
    " dropped = max(coalesce(dropped, excluded.dropped), coalesce(excluded.dropped, dropped)),"
    " lost = iif(excluded.kernel > kernel OR excluded.interface > interface OR excluded.blind > blind"
    " OR coalesce(excluded.dropped, 0) > coalesce(dropped, 0), excluded.last, lost),"
    " interfaces = iif(excluded.packets >= packets, excluded.interfaces, interfaces),"
    " waiting = iif(excluded.packets >= packets, excluded.waiting, waiting),"
    " waiting_seconds = iif(excluded.packets >= packets, excluded.waiting_seconds, waiting_seconds)"
)


def prepare(database: sqlite3.Connection) -> None:
    """Have the table, as it is now."""
    database.execute(_SCHEMA)
    there = {name for _, name, *_ in database.execute("PRAGMA table_info(captures)")}
    for name in _ADDED:
        if name not in there:
            database.execute(f"ALTER TABLE captures ADD COLUMN {name} INTEGER")


def note(database: sqlite3.Connection, header: Header, now: int) -> None:
    """Keep what a batch says, whose agent is known already. Within a transaction."""
    told = header.captured
    if told is None:
        return
    most = 2**48  # so that no sum leaves 63 bits
    database.execute(
        _NOTE,
        (
            *(now, told.since, min(told.packets, most), min(told.kernel_dropped, most)),
            *(min(told.interface_dropped, most), min(told.blind_seconds, _MOST_BLIND)),
            *(
                None if one is None else min(one, most)
                for one in (told.interfaces, told.waiting, told.waiting_seconds, told.dropped)
            ),
            *(header.cluster or "", header.node or ""),
        ),
    )


def forget(database: sqlite3.Connection, oldest: int) -> None:
    """Remove what was last heard of before `oldest`, or is too much, or of an agent that is not kept any more."""
    database.execute(
        "DELETE FROM captures WHERE last < ? OR agent NOT IN (SELECT number FROM agents)", (oldest,)
    )
    database.execute(
        "DELETE FROM captures WHERE last < (SELECT last FROM captures ORDER BY last DESC LIMIT 1 OFFSET ?)",
        (_MOST,),
    )


def captures(database: sqlite3.Connection) -> dict[tuple[str, str], Captures]:
    """What there is, by cluster and node."""
    rows = database.execute(
        "SELECT cluster, node, t.packets, t.kernel, t.interface, t.blind, t.lost, c.interfaces, c.waiting,"
        " c.waiting_seconds, t.dropped FROM ("
        "SELECT agent, sum(packets) AS packets, sum(kernel) AS kernel, sum(interface) AS interface,"
        " sum(blind) AS blind, max(lost) AS lost, sum(dropped) AS dropped, max(printf('%020d ', last) || since) AS latest"
        " FROM captures GROUP BY agent) t"
        " JOIN captures c ON c.agent = t.agent AND printf('%020d ', c.last) || c.since = latest"
        " JOIN agents ON agents.number = t.agent"
    )
    return {
        (cluster, node): Captures(packets, kernel, interface, round(blind, 3), lost or None, *told)
        for cluster, node, packets, kernel, interface, blind, lost, *told in rows
    }
