"""The names of services, endpoints, callers, agents and anomalies: the number of each, and how many are kept apart.

Owns the tables of names. Whatever a client writes into Host, and wherever a client comes from, becomes a name; so each
kind has a limit. Beyond it those that were called least are folded: their totals are added to those of `{other}`, their
records say `{other}`, and their names are forgotten. A name that is called often stays, however many come that are
called once. Everything is done by SQLite, in its own bounded memory: no table is read into this process.

Used within a transaction of `store`, from its thread. What is remembered between batches is forgotten with each
transaction that fails.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from interceptor.collector.answers import OTHER
from interceptor.collector.database import ANY_AGENT, DAY, MINUTE, NOBODY

if TYPE_CHECKING:
    import sqlite3

    from interceptor.ingest.lines import Trait

__all__ = ["Names"]

SERVICES: Final = 2_000
ENDPOINTS: Final = 20_000
CALLERS: Final = 20_000
"""Names of each kind. An overview of as many is some seconds and some ten MiB; a cluster of 300 services has some
thousand endpoints. Beyond, a quarter is folded at once, so that it is not done with each batch."""
AGENTS: Final = 2_000
"""Those that were heard first; what others saw is not told apart. A cluster's nodes are few and rarely new."""
TAGS: Final = 256
"""Anomalies; agents have some forty. What comes later is `{other}`."""
TRAITS: Final = 20
"""Values of a kind that are known of an endpoint: whoever invents more of them teaches nothing."""
_SHARE: Final = 4
_BY_CALLER: Final = {
    "pairs": ("part", "service", "caller", "hour", "endpoint", "agent"),
    "findings": ("part", "tag", "service", "caller", "hour", "endpoint", "agent"),
}
"""Totals by caller, and their keys."""
_CACHED: Final = 50_000
"""Numbers remembered between batches, of each kind; some 10 MiB in all."""


class Names:
    """Numbers for names, in an open database."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        self._endpoints: dict[tuple[str, int, str, str], tuple[int, int]] = {}
        self._callers: dict[str, int] = {}
        self._hosts: dict[str, tuple[str, int]] = {}
        self._tags: dict[str, int] = {}
        self._traits: set[tuple[int, tuple[Trait, ...]]] = set()
        self._alike: dict[int, tuple[Trait, ...]] = {}
        """The last traits of each endpoint: nearly always the next call's, and then the same tuple."""
        database.execute(
            "CREATE TEMP TABLE folded(old INTEGER PRIMARY KEY, service INTEGER, endpoint INTEGER) STRICT"
        )

    def endpoint(self, key: tuple[str, int, str, str]) -> tuple[int, int]:
        """The numbers of a service and of an endpoint of it, new ones if need be.

        `key` is the service's address and port, a method and a template.
        """
        numbers = self._endpoints.get(key)
        if numbers is None:
            address, port, method, template = key
            service = self._number("services", ("address", "port"), (address, port))
            numbers = (
                service,
                self._number("endpoints", ("service", "method", "template"), (service, method, template)),
            )
            self._endpoints[key] = numbers
        return numbers

    def caller(self, address: str) -> int:
        """The number of a caller, a new one if need be."""
        number = self._callers.get(address)
        if number is None:
            number = self._callers[address] = self._number("callers", ("address",), (address,))
        return number

    def agent(self, number: int) -> int:
        """The number by which an agent is kept apart, of the number of its row."""
        if number <= AGENTS:
            return number
        [(before,)] = self._database.execute("SELECT count(*) FROM agents WHERE number < ?", (number,))
        return number if before < AGENTS else ANY_AGENT

    def tag(self, name: str) -> int:
        """The number of an anomaly."""
        number = self._tags.get(name)
        if number is None:
            row = self._database.execute("SELECT number FROM tags WHERE name = ?", (name,)).fetchone()
            if row is not None:
                number = int(row[0])
            elif self._surplus("tags", TAGS - 1):
                return NOBODY
            else:
                number = self._number("tags", ("name",), (name,))
            self._tags[name] = number
        return number

    def traits(self, endpoint: int, traits: tuple[Trait, ...]) -> None:
        """Remember what calls of an endpoint are like. Nothing is known of `{other}`."""
        if self._alike.get(endpoint) is traits:
            return
        self._alike[endpoint] = traits
        if endpoint == NOBODY or (endpoint, traits) in self._traits:
            return
        self._traits.add((endpoint, traits))
        self._database.executemany(
            "INSERT OR IGNORE INTO traits SELECT ?1, ?2, ?3"
            " WHERE (SELECT count(*) FROM traits WHERE endpoint = ?1 AND kind = ?2) < ?4",
            [(endpoint, kind, value, TRAITS) for kind, value in traits],
        )

    def host(self, address: str, service: str, now: int) -> None:
        """Remember that a service was called by its name at an address: its own calls come from there, too."""
        known, last = self._hosts.get(address, ("", 0))
        if (known in ("", service) and last) and last >= now - MINUTE:
            return
        self._database.execute(
            "INSERT INTO hosts VALUES(?, ?, ?) ON CONFLICT DO UPDATE SET last = excluded.last,"
            " service = CASE WHEN service = excluded.service THEN service ELSE '' END",
            (address, service, now),
        )
        [(known,)] = self._database.execute("SELECT service FROM hosts WHERE address = ?", (address,))
        self._hosts[address] = known, now

    def bound(self) -> bool:
        """Fold what is too many; gives whether anything was."""
        folded = False
        if (surplus := self._surplus("services", SERVICES)) > 0:
            self._fold_services(surplus)
            folded = True
        if (surplus := self._surplus("endpoints", ENDPOINTS)) > 0:
            self._fold_endpoints(surplus)
            folded = True
        if (surplus := self._surplus("callers", CALLERS)) > 0:
            self._fold_callers(surplus)
            folded = True
        remembered = [len(self._endpoints), len(self._callers), len(self._hosts), len(self._traits)]
        if folded or max(remembered) > _CACHED:
            self.forget()
        return folded

    def collect(self) -> None:
        """Forget the names that no total has any more."""
        execute = self._database.execute
        execute(
            "DELETE FROM endpoints WHERE number != ? AND number NOT IN (SELECT endpoint FROM totals WHERE span = ?)",
            (NOBODY, DAY),
        )
        execute("DELETE FROM traits WHERE endpoint NOT IN (SELECT number FROM endpoints)")
        execute(
            "DELETE FROM services WHERE number != ? AND number NOT IN (SELECT service FROM endpoints)",
            (NOBODY,),
        )
        execute(
            "DELETE FROM callers WHERE number != ? AND number NOT IN (SELECT caller FROM pairs)", (NOBODY,)
        )
        self.forget()

    def forget(self) -> None:
        """Numbers that may not be there any more."""
        self._endpoints.clear()
        self._callers.clear()
        self._hosts.clear()
        self._tags.clear()
        self._traits.clear()
        self._alike.clear()

    def _surplus(self, table: str, limit: int) -> int:
        """How many names to fold; 0 while there are not too many. `table` is a word of this module."""
        ((count,),) = self._database.execute(f"SELECT count(*) FROM {table}")  # noqa: S608
        return 0 if count <= limit else count - limit + limit // _SHARE

    def _number(self, table: str, columns: tuple[str, ...], key: tuple[str | int, ...]) -> int:
        """The number of a row, which is made if need be. Table and columns are words of this module."""
        where = " AND ".join(f"{column} = ?" for column in columns)
        row = self._database.execute(f"SELECT number FROM {table} WHERE {where}", key).fetchone()  # noqa: S608
        if row is not None:
            return int(row[0])
        (number,) = self._database.execute(
            f"INSERT INTO {table}({', '.join(columns)}) VALUES({', '.join('?' * len(key))}) RETURNING number",
            key,
        ).fetchone()
        return int(number)

    def _fold_services(self, surplus: int) -> None:
        self._database.execute(
            "INSERT INTO temp.folded SELECT number, ?, ? FROM endpoints WHERE service IN ("
            "SELECT e.service FROM totals JOIN endpoints e ON e.number = totals.endpoint"
            " WHERE span = ? AND e.service != ? GROUP BY e.service ORDER BY sum(calls), max(received), 1 LIMIT ?)",
            (NOBODY, NOBODY, DAY, NOBODY, surplus),
        )
        self._fold()
        self._database.execute(
            "DELETE FROM services WHERE number != ? AND number NOT IN (SELECT service FROM endpoints)",
            (NOBODY,),
        )

    def _fold_endpoints(self, surplus: int) -> None:
        execute = self._database.execute
        execute(
            "INSERT INTO temp.folded SELECT e.number, e.service, 0 FROM totals"
            " JOIN endpoints e ON e.number = totals.endpoint"
            " WHERE span = ? AND (e.method, e.template) != ('', ?)"
            " GROUP BY e.number ORDER BY sum(calls), max(received), 1 LIMIT ?",
            (DAY, OTHER, surplus),
        )
        execute(
            "INSERT INTO endpoints(service, method, template) SELECT DISTINCT service, '', ? FROM temp.folded"
            " WHERE true ON CONFLICT DO NOTHING",
            (OTHER,),
        )
        execute(
            "UPDATE temp.folded SET endpoint = (SELECT number FROM endpoints e"
            " WHERE e.service = folded.service AND method = '' AND template = ?)",
            (OTHER,),
        )
        self._fold()

    def _fold(self) -> None:
        """Endpoints become those that `folded` says."""
        execute = self._database.execute
        execute(
            "INSERT INTO totals SELECT span, start, f.endpoint, max(received), sum(calls), sum(bytes), merge_all(tally)"
            " FROM totals JOIN temp.folded f ON f.old = totals.endpoint GROUP BY 1, 2, 3"
            " ON CONFLICT DO UPDATE SET received = max(received, excluded.received),"
            " calls = calls + excluded.calls, bytes = bytes + excluded.bytes, tally = merge(tally, excluded.tally)"
        )
        execute("DELETE FROM totals WHERE endpoint IN (SELECT old FROM temp.folded)")
        for table, key in _BY_CALLER.items():
            columns = ", ".join(
                f"f.{name}" if name in ("service", "endpoint") else f"one.{name}" for name in key
            )
            self._move(table, columns, "one.endpoint", ", ".join(map(str, range(1, len(key) + 1))))
        execute(
            "UPDATE records SET endpoint = (SELECT f.endpoint FROM temp.folded f WHERE f.old = records.endpoint)"
            " WHERE endpoint IN (SELECT old FROM temp.folded)"
        )
        execute("DELETE FROM traits WHERE endpoint IN (SELECT old FROM temp.folded)")
        execute("DELETE FROM endpoints WHERE number IN (SELECT old FROM temp.folded)")
        execute("DELETE FROM temp.folded")

    def _fold_callers(self, surplus: int) -> None:
        execute = self._database.execute
        execute(
            "INSERT INTO temp.folded SELECT caller, 0, 0 FROM pairs WHERE caller != ?"
            " GROUP BY caller ORDER BY sum(calls), max(received), 1 LIMIT ?",
            (NOBODY, surplus),
        )
        for table, key in _BY_CALLER.items():
            columns = ", ".join(str(NOBODY) if name == "caller" else f"one.{name}" for name in key)
            grouped = ", ".join(str(place) for place, name in enumerate(key, 1) if name != "caller")
            self._move(table, columns, "one.caller", grouped)
        execute("DELETE FROM callers WHERE number IN (SELECT old FROM temp.folded)")
        execute("DELETE FROM temp.folded")

    def _move(self, table: str, columns: str, by: str, grouped: str) -> None:
        """Add totals to those of other names. Everything given is made of words of this module."""
        self._database.execute(
            f"INSERT INTO {table} SELECT {columns}, max(received), sum(calls), sum(bytes), merge_all(tally)"  # noqa: S608
            f" FROM {table} one JOIN temp.folded f ON f.old = {by} GROUP BY {grouped}"
            " ON CONFLICT DO UPDATE SET received = max(received, excluded.received),"
            " calls = calls + excluded.calls, bytes = bytes + excluded.bytes, tally = merge(tally, excluded.tally)"
        )
        self._database.execute(
            f"DELETE FROM {table} AS one WHERE {by} IN (SELECT old FROM temp.folded)"  # noqa: S608
        )
