"""The collector's database: records, and their totals by the minute and by the hour.

Owns the SQLite file, what a record becomes in it, deduplication, and how old and how large it may get. Refuses to
answer questions: `interceptor.collector.queries` reads what is written here.

Invariants:

* A batch is one transaction. It is there whole, with its id, or not at all; once its id is there the same batch
  changes nothing and gets the first answer again. A record id is there once, whatever batches bring it.
* `rollup` is the sum of `records`: for each span, grouped by the columns they share, the counts are equal. What
  removes records subtracts them.
* After every batch there are at most `max_records` records, in at most about `max_bytes`.
* `take` returns after the commit is on the disk (WAL with synchronous=FULL: power may fail).

One thread writes, so that the loop never waits for the disk; readers have connections of their own and see whole
batches. Retention goes by when a record came in, not by its own time: a capture from last year may be looked at, too.
"""

from __future__ import annotations

import asyncio
import fcntl
import math
import os
import sqlite3
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, ParamSpec, TypeVar

import structlog

from interceptor.delivery.batches import split_lines
from interceptor.errors import InterceptorError, UsageError
from interceptor.ingest.api import SinkFullError, Taken
from interceptor.ingest.lines import microseconds, read

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from interceptor.config import Collector
    from interceptor.core.records.encoder import Record
    from interceptor.ingest.api import Incoming

__all__ = ["HOUR", "MINUTE", "OCTAVE", "Store", "bounds"]

MINUTE: Final = 60
HOUR: Final = 3_600
_SPANS: Final = (MINUTE, HOUR)

OCTAVE: Final = 8
"""Latencies are counted in this many buckets for each doubling: a bucket is 9 % wide."""

_PRUNED: Final = 5_000
"""Records removed in one transaction: a few hundredths of a second."""
_PRUNE_SECONDS: Final = 60.0
_MAX_BATCHES: Final = 1_000_000
"""Ids of batches that are remembered, the newest. Agents repeat what they have not had an answer to, seconds ago."""
_MAX_AGENTS: Final = 10_000
_MAX_HOSTS: Final = 100_000
_MAX_SIZE: Final = 2**36
"""Bytes that are counted of one call, so that no sum leaves 63 bits, whatever records claim."""
_CACHED: Final = 20_000
"""Numbers of endpoints, callers and hosts that are remembered between batches."""
_VERSION: Final = 1
_FULL_SECONDS: Final = 60

_SCHEMA: Final = """
CREATE TABLE agents(
    number INTEGER PRIMARY KEY, cluster TEXT NOT NULL, node TEXT NOT NULL, program TEXT NOT NULL,
    first INTEGER NOT NULL, last INTEGER NOT NULL, batches INTEGER NOT NULL, records INTEGER NOT NULL,
    UNIQUE(cluster, node)) STRICT;
CREATE TABLE batches(
    id BLOB PRIMARY KEY, received INTEGER NOT NULL, accepted INTEGER NOT NULL, rejected INTEGER NOT NULL) STRICT;
CREATE TABLE endpoints(
    number INTEGER PRIMARY KEY, address TEXT NOT NULL, port INTEGER NOT NULL, method TEXT NOT NULL,
    template TEXT NOT NULL, UNIQUE(address, port, method, template)) STRICT;
CREATE TABLE callers(number INTEGER PRIMARY KEY, address TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE hosts(
    address TEXT NOT NULL, service TEXT NOT NULL, last INTEGER NOT NULL,
    PRIMARY KEY(address, service)) STRICT, WITHOUT ROWID;
CREATE TABLE records(
    number INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, received INTEGER NOT NULL, time INTEGER NOT NULL,
    endpoint INTEGER NOT NULL, caller INTEGER NOT NULL, status INTEGER NOT NULL, bucket INTEGER NOT NULL,
    bytes INTEGER NOT NULL, line TEXT NOT NULL) STRICT;
CREATE INDEX records_by_endpoint ON records(endpoint);
CREATE INDEX records_by_class ON records(status / 100);
CREATE TABLE rollup(
    span INTEGER NOT NULL, start INTEGER NOT NULL, endpoint INTEGER NOT NULL, caller INTEGER NOT NULL,
    status INTEGER NOT NULL, bucket INTEGER NOT NULL, calls INTEGER NOT NULL, bytes INTEGER NOT NULL,
    PRIMARY KEY(span, start, endpoint, caller, status, bucket)) STRICT, WITHOUT ROWID;
"""
# Times are Unix time: `time` in microseconds, the others in seconds. Status 0: no response was seen. Bucket -1: the
# duration is not known. Empty text: not known.

_P = ParamSpec("_P")
_T = TypeVar("_T")

_log = structlog.get_logger()


class Store:
    """The database, open. A sink for the ingest API."""

    def __init__(self, config: Collector, clock: Callable[[], float]) -> None:
        """Open or make it; takes as long as SQLite needs to recover what a crash left.

        Raises:
            UsageError: it cannot be had, or another collector has it.
            InterceptorError: it is damaged.

        """
        self.path: Final = config.database
        self._clock = clock
        self._max_records = config.max_records
        self._max_bytes = config.max_bytes
        self._max_age = config.retention_hours * HOUR
        self._lock = _locked(config.database)
        try:
            self._database = _opened(config.database)
            self.records = int(
                self._database.execute("SELECT total(calls) FROM rollup WHERE span = ?", (HOUR,)).fetchone()[
                    0
                ]
            )
            """How many there are."""
        except BaseException:
            os.close(self._lock)
            raise
        self.started: Final = int(clock())
        self.pruned = 0
        """Records removed by retention, since the start."""
        self._swept = 0
        """Of these, those after which the rest was swept."""
        self.version = 0
        """Grows with every change, since the start."""
        self._thread = ThreadPoolExecutor(1, "store")
        self._endpoints: dict[tuple[str, int, str, str], int] = {}
        self._callers: dict[str, int] = {}
        self._hosts: dict[tuple[str, str], int] = {}

    async def take(self, batch: Incoming) -> Taken:
        """Store a batch, unless it is there."""
        return await self._run(self._take, batch)

    async def tend(self) -> None:
        """Remove what is too old, from time to time, until cancelled."""
        while True:
            try:
                await self._run(self._sweep)
            except SinkFullError as error:
                _log.warning("retention_failed", error=error.reason)
            await asyncio.sleep(_PRUNE_SECONDS)

    async def close(self) -> None:
        """Finish what is being written."""
        await self._run(self._database.close)
        self._thread.shutdown()
        os.close(self._lock)

    async def _run(self, function: Callable[_P, _T], *arguments: _P.args, **_: _P.kwargs) -> _T:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, function, *arguments)
        except sqlite3.Error as error:
            if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL:
                raise SinkFullError("The database's disk is full.", _FULL_SECONDS) from error
            _log.error("database_failed", database=str(self.path), error=str(error))
            raise SinkFullError("The database cannot be written.", _FULL_SECONDS) from error

    def _take(self, batch: Incoming) -> Taken:
        header = batch.header
        key = bytes.fromhex(header.id)
        known = self._database.execute(
            "SELECT accepted, rejected FROM batches WHERE id = ?", (key,)
        ).fetchone()
        if known is not None:
            accepted, rejected = known
            return Taken(accepted, rejected, duplicate=True)
        now = int(self._clock())
        with self._transaction():
            new, duplicates, rejected = self._insert(batch, now)
            accepted = new + duplicates
            self._database.execute("INSERT INTO batches VALUES(?, ?, ?, ?)", (key, now, accepted, rejected))
            self._database.execute(
                "INSERT INTO agents(cluster, node, program, first, last, batches, records) VALUES(?, ?, ?, ?, ?, 1, ?)"
                " ON CONFLICT DO UPDATE SET program = excluded.program, last = excluded.last,"
                " batches = batches + 1, records = records + excluded.records",
                (header.cluster or "", header.node or "", header.agent, now, now, new),
            )
        self.records += new
        self.version += 1
        if self.records > self._max_records or self._bytes() > self._max_bytes:
            self._prune()
        return Taken(accepted, rejected, duplicate_records=duplicates)

    def _insert(self, batch: Incoming, now: int) -> tuple[int, int, int]:
        """Insert a batch's records; gives how many were new, how many were there, and how many are not for us."""
        execute = self._database.execute
        calls: Counter[tuple[int, int, int, int, int]] = Counter()
        sizes: Counter[tuple[int, int, int, int, int]] = Counter()
        new = duplicates = rejected = 0
        for number, line in enumerate(split_lines(batch.text), 2):
            record = read(line, number)
            if record is None:
                rejected += 1
                continue
            time = microseconds(record.time)
            endpoint, caller = self._endpoint(record), self._caller(record.source_address)
            status, bucket = record.http_response_status_code or 0, _bucket(record.duration_us)
            size = min(
                (record.http_request_body_size or 0) + (record.http_response_body_size or 0), _MAX_SIZE
            )
            row = (bytes.fromhex(record.id), now, time, endpoint, caller, status, bucket, size, line.decode())
            inserted = execute(
                "INSERT INTO records(id, received, time, endpoint, caller, status, bucket, bytes, line)"
                " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
                row,
            )
            if not inserted.rowcount:
                duplicates += 1
                continue
            new += 1
            key = (time // (MINUTE * 1_000_000) * MINUTE, endpoint, caller, status, bucket)
            calls[key] += 1
            sizes[key] += size
            self._host(record, now)
        for span in _SPANS:
            self._database.executemany(
                "INSERT INTO rollup VALUES(?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
                " calls = calls + excluded.calls, bytes = bytes + excluded.bytes",
                [
                    (span, key[0] // span * span, *key[1:], count, sizes[key])
                    for key, count in sorted(calls.items())
                ],
            )
        return new, duplicates, rejected

    def _endpoint(self, record: Record) -> int:
        key = (
            record.server_address,
            record.server_port,
            record.http_request_method_original or record.http_request_method or "",
            record.url_template or "",
        )
        number = self._endpoints.get(key)
        if number is None:
            number = self._number("endpoints", ("address", "port", "method", "template"), key)
            self._endpoints[key] = number
        return number

    def _caller(self, address: str) -> int:
        number = self._callers.get(address)
        if number is None:
            number = self._callers[address] = self._number("callers", ("address",), (address,))
        return number

    def _number(self, table: str, columns: tuple[str, ...], key: tuple[str | int, ...]) -> int:
        """The number of a row, which is made if need be. Table and columns are words of this module."""
        self._database.execute(
            f"INSERT INTO {table}({', '.join(columns)}) VALUES({', '.join('?' * len(key))})"
            " ON CONFLICT DO NOTHING",
            key,
        )
        where = " AND ".join(f"{column} = ?" for column in columns)
        row = self._database.execute(f"SELECT number FROM {table} WHERE {where}", key).fetchone()  # noqa: S608
        return int(row[0])

    def _host(self, record: Record, now: int) -> None:
        """Remember that a service was called by its name at an address: its own calls come from there, too."""
        if record.server_address == record.destination_address:
            return
        key = (record.destination_address, record.server_address)
        if self._hosts.get(key, 0) < now - MINUTE:
            self._hosts[key] = now
            self._database.execute("INSERT OR REPLACE INTO hosts VALUES(?, ?, ?)", (*key, now))

    def _prune(self) -> None:
        """Remove what is too old or too much, the oldest first."""
        oldest = int(self._clock()) - self._max_age
        removed = 0
        while True:
            surplus = _PRUNED if self._bytes() > self._max_bytes else self.records - self._max_records
            with self._transaction():
                gone = self._remove(oldest, min(surplus, _PRUNED))
            if not gone:
                break
            removed += gone
            self.records -= gone
        if removed:
            self.pruned += removed
            self.version += 1

    def _remove(self, oldest: int, surplus: int) -> int:
        """Remove the first `surplus` records, and of the first `_PRUNED` those that came before `oldest`."""
        execute = self._database.execute
        last, first_time, last_time = execute(
            "SELECT max(number), min(time) / 1000000, max(time) / 1000000"
            " FROM (SELECT number, received, time, row_number() OVER (ORDER BY number) AS place"
            " FROM (SELECT number, received, time FROM records ORDER BY number LIMIT ?))"
            " WHERE received < ? OR place <= ?",
            (_PRUNED, oldest, surplus),
        ).fetchone()
        if last is None:
            return 0
        for span in _SPANS:
            execute(
                "INSERT INTO rollup SELECT ?, time / (? * 1000000) * ?, endpoint, caller, status, bucket, -count(*),"
                " -sum(bytes) FROM records WHERE number <= ? GROUP BY 2, 3, 4, 5, 6"
                " ON CONFLICT DO UPDATE SET calls = calls + excluded.calls, bytes = bytes + excluded.bytes",
                (span, span, span, last),
            )
            execute(
                "DELETE FROM rollup WHERE span = ? AND start BETWEEN ? AND ? AND calls = 0",
                (span, first_time - span, last_time),
            )
        return execute("DELETE FROM records WHERE number <= ?", (last,)).rowcount

    def _sweep(self) -> None:
        """Remove what is too old of everything, and what no record refers to any more."""
        before = self.pruned
        self._prune()
        oldest = int(self._clock()) - self._max_age
        with self._transaction():
            execute = self._database.execute
            execute("DELETE FROM batches WHERE received < ?", (oldest,))
            execute(
                "DELETE FROM batches WHERE rowid <= (SELECT max(rowid) FROM batches) - ?", (_MAX_BATCHES,)
            )
            for table, limit in (("agents", _MAX_AGENTS), ("hosts", _MAX_HOSTS)):
                execute(f"DELETE FROM {table} WHERE last < ?", (oldest,))  # noqa: S608
                execute(
                    f"DELETE FROM {table} WHERE last < (SELECT last FROM {table}"  # noqa: S608
                    " ORDER BY last DESC LIMIT 1 OFFSET ?)",
                    (limit,),
                )
            if self.pruned != self._swept:
                execute(
                    "DELETE FROM endpoints WHERE number NOT IN (SELECT endpoint FROM rollup WHERE span = ?)",
                    (HOUR,),
                )
                execute(
                    "DELETE FROM callers WHERE number NOT IN (SELECT caller FROM rollup WHERE span = ?)",
                    (HOUR,),
                )
        self._forget()
        self._swept = self.pruned
        if self.pruned != before:
            _log.info("records_pruned", records=self.pruned - before, left=self.records)

    def _bytes(self) -> int:
        """Of the file, without what is free for reuse in it."""
        pages, free, size = (
            self._database.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("page_count", "freelist_count", "page_size")
        )
        return int((pages - free) * size)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """All that is done within, or nothing."""
        self._database.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._database.execute("COMMIT")
        except BaseException:
            self._forget()
            # SQLite may have rolled back by itself: disk full, I/O error
            if self._database.in_transaction:
                self._database.execute("ROLLBACK")
            raise

    def _forget(self) -> None:
        """What was remembered of rows that may be gone."""
        self._endpoints.clear()
        self._callers.clear()
        self._hosts.clear()


def bounds(bucket: int) -> tuple[float, float]:
    """The latencies, in microseconds, that a bucket counts: from the first, below the second."""
    return (2 ** (bucket / OCTAVE) if bucket else 0.0, 2 ** ((bucket + 1) / OCTAVE))


def _bucket(duration_us: int | None) -> int:
    """Which bucket counts this latency; -1 if it is not known."""
    if duration_us is None:
        return -1
    return int(OCTAVE * math.log2(duration_us)) if duration_us > 1 else 0


def _locked(path: Path) -> int:
    """A descriptor that holds the database's lock."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise UsageError(f"collector.database {path}: cannot be had: {error.strerror}") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(lock)
        raise UsageError(f"collector.database {path}: another collector is using it") from error
    return lock


def _opened(path: Path) -> sqlite3.Connection:
    try:
        if not path.exists():
            path.touch(0o600)
        database = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=30)
    except (OSError, sqlite3.Error) as error:
        raise UsageError(f"collector.database {path}: cannot be opened: {error}") from error
    try:
        version = _version(database, path)
        for setting in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "journal_size_limit=67108864",
            "cache_size=-32768",
        ):
            database.execute(f"PRAGMA {setting}")
        if version == 0:
            database.executescript(f"BEGIN; {_SCHEMA} PRAGMA user_version={_VERSION}; COMMIT;")
    except sqlite3.DatabaseError as error:
        database.close()
        raise InterceptorError(
            f"collector.database {path}: is no database, or is damaged ({error}); move it away to begin with a new one"
        ) from error
    except UsageError:
        database.close()
        raise
    return database


def _version(database: sqlite3.Connection, path: Path) -> int:
    version = int(database.execute("PRAGMA user_version").fetchone()[0])
    if version not in (0, _VERSION):
        raise UsageError(
            f"collector.database {path}: was written by another version of this program (format {version}, not "
            f"{_VERSION}); choose another file"
        )
    return version
