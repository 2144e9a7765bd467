"""What agents could not read, in ClickHouse: what is written of it, and what is asked.

Owns the rows of these tables, and how many names of a server are written. As for SQLite (`collector.unread`) it is kept by
the hour, and a record counts once, whatever batches bring it: here by its id, when it is counted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from interceptor.collector import answers
from interceptor.collector.database import HOUR
from interceptor.collector.measures import NAMES, NAMES_KEPT, ROWS
from interceptor.ingest.unread import ServerName, Unread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from interceptor.collector.clickhouse.server import Server
    from interceptor.collector.clickhouse.statements import Statements
    from interceptor.ingest.api import Incoming

    Named = Callable[..., str]

__all__ = ["Writer", "ends", "unread"]

_SERVERS: Final = 20_000
"""Whose names are known to have been written, some ten MiB."""


class Writer:
    """Writes what batches tell."""

    def __init__(self, server: Server, statements: Statements) -> None:
        self._server = server
        self._statements = statements
        self._day = 0
        self._names: dict[tuple[str, int], dict[str, int]] = {}
        """Of each server, what was written today, with the hour."""

    async def put(self, batches: Iterable[Incoming], day: int) -> None:
        """Keep what they tell, which came on this day."""
        rows: list[tuple[Any, ...]] = []
        names: list[tuple[int, str, int, str, int]] = []
        if day != self._day or len(self._names) > _SERVERS:
            self._names.clear()
            self._day = day
        for batch in batches:
            origin = batch.header.cluster or "", batch.header.node or ""
            for one in batch.known:
                if isinstance(one, Unread):
                    place = one.address, one.port, one.protocol, one.reason
                    counted = one.connections, one.bytes
                    rows.append((day, one.time // HOUR * HOUR, one.key.hex(), *place, *origin, *counted))
                elif isinstance(one, ServerName) and self._is_news(one):
                    names.append((day, one.address, one.port, one.name, one.time // HOUR * HOUR))
        if rows:
            await self._server.do(self._statements.named("put_unread"), rows)
        if names:
            try:
                await self._server.do(self._statements.named("put_server_names"), names)
            except BaseException:
                self._names.clear()
                raise

    def _is_news(self, one: ServerName) -> bool:
        known = self._names.setdefault((one.address, one.port), {})
        hour = one.time // HOUR
        if known.get(one.name, -1) >= hour or (one.name not in known and len(known) >= NAMES_KEPT):
            return False
        known[one.name] = hour
        return True


async def ends(server: Server, named: Named, day: int) -> tuple[int, int] | None:
    """The first and the last hour that there is anything of, of what came from a day on."""
    ((first, last, count),) = await server.ask(named("unread_ends"), tuple[int, int, int], hosts_since=day)
    return (first, last) if count else None


async def unread(
    server: Server,
    named: Named,
    window: answers.Window,
    left_out: tuple[str, ...],
    asked: dict[str, Any],
) -> tuple[int, list[answers.Unread]]:
    """Bytes that were not read in a time, and of which servers, those of most bytes first.

    `asked`: parameters of the conditions that are not left out.
    """
    since = {"hosts_since": asked["hosts_since"]}
    rows = await server.ask(
        named("unread", without=left_out),
        tuple[str, int, str, str, int, int, int, int, int],
        **{name: value for name, value in asked.items() if name in {"address", "port", "node", "cluster"}},
        **since,
        first=window.hours_start,
        last=window.end - 1,
        rows=ROWS,
    )
    names: dict[tuple[str, int], list[str]] = {}
    if rows:
        listed = sorted({f"{address} {port}" for address, port, *_ in rows})
        for address, port, name in await server.ask(
            named("server_names"), tuple[str, int, str], listed, **since, names=NAMES
        ):
            names.setdefault((address, port), []).append(name)
    found = [
        answers.unread((address, port), protocol, reason, counted, names.get((address, port), []))
        for address, port, protocol, reason, *counted, _ in rows
    ]
    return rows[0][-1] if rows else 0, found
