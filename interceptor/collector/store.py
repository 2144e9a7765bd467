"""The collector's database, as it is written: records, and their totals by the minute, the hour and the day.

Owns what a record becomes, deduplication, and how old and how large everything may get. Refuses to answer questions:
`interceptor.collector.queries` reads what is written here.

Invariants:

* A batch is one transaction. It is there whole, with its id, or not at all; once its id is there the same batch
  changes nothing and gets the first answer again. A record id is there once, whatever batches bring it.
* `totals` and `pairs` are the sums of the records that came. They outlive these: what removes a record leaves them.
* After every batch there are at most `max_records` records, in at most about `max_bytes`, and at most so many names as
  `interceptor.collector.names` says.
* Numbers of records have no holes, so that the line of a record is found by its number, and they are counted by two.
* `take` returns after the commit is on the disk (WAL with synchronous=FULL: power may fail).

One thread writes, so that the loop never waits for the disk; readers have connections of their own and see whole
batches. Retention goes by when a record came in, not by its own time: a capture from last year may be looked at, too.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, TypeVar

import msgspec
import structlog
from msgspec import field

from interceptor.collector import blocks, losses
from interceptor.collector.clock import SteadyClock
from interceptor.collector.database import DAY, HOUR, MINUTE, SPANS, locked, open_for_writing, unusable
from interceptor.collector.names import Names
from interceptor.collector.reserve import Reserve
from interceptor.collector.totals import bucket, pack
from interceptor.delivery.batches import split_lines
from interceptor.ingest.api import SinkFullError, Taken
from interceptor.ingest.lines import microseconds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from interceptor.config import Collector
    from interceptor.ingest.api import Incoming

__all__ = ["Store"]

_PRUNED: Final = 5_000
"""Records removed in one transaction: a few hundredths of a second."""
_REMOVAL: Final = 16_384
"""Bytes of journal that the removal of one record may take: a page of each index."""
_MINUTES_KEPT: Final = DAY
"""Totals by the minute are for the last hours, and for a capture that was just sent."""
_MAX_TOTALS: Final = 1_000_000
"""Of each span; and of pairs four times as many. Some 100 MB, and some seconds to sum: what 1,200 endpoints make in a
month of hours. Records may be of any time, so nothing else bounds how many hours there are."""
_MAX_BATCHES: Final = 1_000_000
"""Ids of batches that are remembered, the newest. Agents repeat what they have not had an answer to, seconds ago."""
_MAX_AGENTS: Final = 10_000
_MAX_HOSTS: Final = 100_000
_MAX_SIZE: Final = 2**36
"""Bytes that are counted of one call, so that no sum leaves 63 bits, whatever records claim."""
_ASKED: Final = 500
"""Ids looked for in one statement."""
_FULL_SECONDS: Final = 60

_T = TypeVar("_T")

_log = structlog.get_logger()


class _Row(msgspec.Struct, frozen=True, gc=False):
    """What is counted with of a line. Lines were checked: what does not fit this is of a kind that is not known here."""

    schema: int
    kind: str
    id: str
    time: str
    source_address: str = field(name="source.address")
    destination_address: str = field(name="destination.address")
    server_address: str = field(name="server.address")
    server_port: int = field(name="server.port")
    duration_us: int | None = None
    method: str = field(name="http.request.method", default="")
    method_original: str = field(name="http.request.method_original", default="")
    template: str = field(name="url.template", default="")
    status: int = field(name="http.response.status_code", default=0)
    request_size: int = field(name="http.request.body.size", default=0)
    response_size: int = field(name="http.response.body.size", default=0)


_rows = msgspec.json.Decoder(_Row)


class Store:
    """The database, open for writing."""

    def __init__(
        self, config: Collector, clock: Callable[[], float], monotonic: Callable[[], float] = time.monotonic
    ) -> None:
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
        self._max_rollup_age = max(config.rollup_hours, config.retention_hours) * HOUR
        self._lock = locked(config.database)
        try:
            self._reserve = Reserve(config.database)
            self._database = open_for_writing(config.database)
            self._names = Names(self._database)
            (last,) = self._database.execute("SELECT max(now) FROM clock").fetchone()
            first, end = self._database.execute("SELECT min(number), max(number) FROM records").fetchone()
            self._reserve.opened()
        except sqlite3.DatabaseError as error:
            os.close(self._lock)
            raise unusable(config.database, error) from error
        except BaseException:
            os.close(self._lock)
            raise
        self._steady = SteadyClock(last, clock, monotonic)
        self._next: int = 1 if end is None else end + 1
        """The number of the next record."""
        self.records = 0 if end is None else end - first + 1
        """How many there are."""
        self._step = min(_PRUNED, max(1, self._reserve.size // _REMOVAL))
        """Records removed in one transaction, so many that their removal fits into the reserve."""
        self.started: Final = int(clock())
        self.problem: str | None = None
        """Why batches cannot be kept at present."""
        self.damage: str | None = None
        """What SQLite says of a damage that was found."""
        self.size = self.bytes()
        """Bytes of the file in use, when it was last looked at."""
        self.pruned = 0
        """Records removed by retention, since the start."""
        self._swept_names = 0
        self._swept_totals: float | None = None
        """When totals were last looked at for what is too old."""
        self.version = 0
        """Grows with every change, since the start."""
        self._thread = ThreadPoolExecutor(1, "store")

    async def take(self, batch: Incoming) -> Taken:
        """Store a batch, unless it is there."""
        return await self._run(lambda: self._take(batch))

    async def prune(self) -> None:
        """Remove what is too old of everything."""
        await self._run(self._sweep)

    async def close(self) -> None:
        """Finish what is being written."""
        try:
            await asyncio.get_running_loop().run_in_executor(self._thread, self._close)
        except sqlite3.Error as error:  # what a full or broken disk says last
            _log.warning("close_failed", database=str(self.path), error=str(error))
        self._thread.shutdown()
        os.close(self._lock)

    async def _run(self, function: Callable[[], _T]) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._guarded, function)

    def _guarded(self, function: Callable[[], _T]) -> _T:
        """Do it; what is wrong with file or disk becomes `problem`, until something was written again."""
        if self.damage is not None:
            raise SinkFullError(f"The database is damaged: {self.damage}.", _FULL_SECONDS)
        try:
            if not self._reserve.same_file():
                self.problem = f"{self.path}: was removed or replaced while in use; start the collector again"
                raise SinkFullError("The database's file was removed.", _FULL_SECONDS)
            try:
                done = function()
            except sqlite3.OperationalError as error:
                if not _is(error, sqlite3.SQLITE_FULL):
                    raise
                self._make_room()
                done = function()
        except sqlite3.Error as error:
            raise self._failed(error) from error
        self.problem = None
        return done

    def _failed(self, error: sqlite3.Error) -> SinkFullError:
        """Note what is wrong; gives what is told to the sender."""
        if _is(error, sqlite3.SQLITE_FULL):
            self.problem = f"{self.path}: its disk is full"
            return SinkFullError("The database's disk is full.", _FULL_SECONDS)
        if _is(error, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
            self.damaged(error)
            return SinkFullError("The database is damaged.", _FULL_SECONDS)
        _log.error("database_failed", database=str(self.path), error=str(error))
        self.problem = f"{self.path}: cannot be written: {error}"
        return SinkFullError("The database cannot be written.", _FULL_SECONDS)

    def damaged(self, error: sqlite3.Error) -> None:
        """It was found, by whoever reads or writes. Nothing mends it but another file."""
        self.damage = str(error)
        self.problem = f"{self.path}: is damaged ({error}); move it away and start the collector again"
        _log.error(
            "database_damaged",
            database=str(self.path),
            error=str(error),
            told="move it away and start the collector again",
        )

    def _make_room(self) -> None:
        """The disk is full: give up the reserve, so that there is room to remove records, and remove some."""
        self._reserve.give_up()
        self._database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        before = self.pruned
        while self._free_bytes() < self._reserve.size and self._remove_some(0, self._step):
            pass
        _log.warning(
            "disk_full", database=str(self.path), records_pruned=self.pruned - before, left=self.records
        )

    def _close(self) -> None:
        try:
            self._reserve.close()
            with self._transaction():
                self._keep_time()
        finally:
            self._database.close()

    def _take(self, batch: Incoming) -> Taken:
        header = batch.header
        key = bytes.fromhex(header.id)
        known = self._database.execute(
            "SELECT accepted, rejected FROM batches WHERE id = ?", (key,)
        ).fetchone()
        if known is not None:
            accepted, rejected = known
            return Taken(accepted, rejected, duplicate=True)
        now, received = int(self._clock()), int(self._steady())
        with self._transaction():
            new, duplicates, rejected = self._insert(batch, now, received)
            accepted = new + duplicates
            self._database.execute(
                "INSERT INTO batches VALUES(?, ?, ?, ?)", (key, received, accepted, rejected)
            )
            self._database.execute(
                "INSERT INTO agents(cluster, node, program, first, last, batches, records) VALUES(?, ?, ?, ?, ?, 1, ?)"
                " ON CONFLICT DO UPDATE SET program = excluded.program, last = excluded.last,"
                " batches = batches + 1, records = records + excluded.records",
                (header.cluster or "", header.node or "", header.agent, now, now, new),
            )
            losses.note(self._database, header, now)
            if self._names.bound():
                _log.info(
                    "names_folded", told="the services, endpoints or callers called least are now {other}"
                )
        self._next += new
        self.records += new
        self.version += 1
        if self.records > self._max_records or self._too_large():
            self._prune()
        self._reserve.renew()
        return Taken(accepted, rejected, duplicate_records=duplicates)

    def _insert(self, batch: Incoming, now: int, received: int) -> tuple[int, int, int]:
        """Insert a batch's records; gives how many were new, how many were there, and how many are not for us."""
        rows: dict[bytes, tuple[_Row, int, bytes]] = {}
        seconds_of: dict[str, int] = {}
        lines = rejected = 0
        latest = now + DAY
        decode, unhex = _rows.decode, bytes.fromhex
        for lines, line in enumerate(split_lines(batch.text), 1):  # noqa: B007 - how many there were
            try:
                row = decode(line)
            except msgspec.ValidationError:
                rejected += 1
                continue
            text = row.time[:19]
            seconds = seconds_of.get(text)
            if seconds is None:
                seconds = seconds_of[text] = microseconds(f"{text}Z") // 1_000_000
            if row.kind != "http" or row.schema != 1 or seconds > latest:
                rejected += 1
                continue
            rows.setdefault(unhex(row.id), (row, seconds, line))
        names = self._names
        numbers = {
            key: names.endpoint(
                row.server_address, row.server_port, row.method_original or row.method, row.template
            )
            for key, (row, _, _) in rows.items()
        }
        self._write_records(rows, numbers, received)
        duplicates = lines - rejected - len(rows)
        self._database.executemany(
            "INSERT INTO lines VALUES(?, ?)",
            [
                (self._next + start, block)
                for start, block in blocks.packed([line for _, _, line in rows.values()])
            ],
        )
        self._count(rows, numbers, now, received)
        return len(rows), duplicates, rejected

    def _write_records(
        self,
        rows: dict[bytes, tuple[_Row, int, bytes]],
        numbers: dict[bytes, tuple[int, int]],
        received: int,
    ) -> None:
        """Write those that are not there; the others are taken out of `rows`."""

        def made() -> Iterator[tuple[int, bytes, int, int, int, int]]:
            for number, (key, (row, seconds, _)) in enumerate(rows.items(), self._next):
                when = seconds * 1_000_000 + int(row.time[20:-1].ljust(6, "0"))
                yield number, key, received, when, numbers[key][1], row.status

        statement = "INSERT INTO records VALUES(?, ?, ?, ?, ?, ?)"
        self._database.execute("SAVEPOINT records")
        try:  # nearly always all of them are new
            self._database.executemany(statement, made())
        except sqlite3.IntegrityError:
            self._database.execute("ROLLBACK TO records")
            for known in self._known(list(rows)):
                del rows[known]
            self._database.executemany(statement, made())
        self._database.execute("RELEASE records")

    def _known(self, ids: list[bytes]) -> list[bytes]:
        """Those that are there."""
        found: list[bytes] = []
        for start in range(0, len(ids), _ASKED):
            some = ids[start : start + _ASKED]
            question = f"SELECT id FROM records WHERE id IN ({', '.join('?' * len(some))})"  # noqa: S608
            found += [key for (key,) in self._database.execute(question, some)]
        return found

    def _count(
        self,
        rows: dict[bytes, tuple[_Row, int, bytes]],
        numbers: dict[bytes, tuple[int, int]],
        now: int,
        received: int,
    ) -> None:
        """Add records to the totals."""
        names = self._names
        sums: dict[tuple[int, int, int, int], _Sum] = {}
        for key, (row, seconds, _) in rows.items():
            service, endpoint = numbers[key]
            if row.server_address != row.destination_address:
                names.host(row.destination_address, row.server_address, now)
            group = (seconds - seconds % MINUTE, service, endpoint, names.caller(row.source_address))
            one = sums.get(group)
            if one is None:
                one = sums[group] = _Sum()
            one.calls.append((row.status, bucket(row.duration_us)))
            one.bytes += min(row.request_size + row.response_size, _MAX_SIZE)
        pairs: dict[tuple[int, ...], _Sum] = {}
        totals: dict[tuple[int, ...], _Sum] = {}
        for (minute, service, endpoint, caller), one in sums.items():
            _add(totals, (MINUTE, minute, endpoint), one)
            hour = minute - minute % HOUR
            _add(pairs, (minute - minute % DAY, service, caller, hour, endpoint), one)
        for (_, minute, endpoint), one in list(totals.items()):
            _add(totals, (HOUR, minute - minute % HOUR, endpoint), one)
        for (span, hour, endpoint), one in list(totals.items()):
            if span == HOUR:
                _add(totals, (DAY, hour - hour % DAY, endpoint), one)
        for table, added in (("totals", totals), ("pairs", pairs)):
            columns = 3 if table == "totals" else 5
            self._database.executemany(
                f"INSERT INTO {table} VALUES({'?, ' * (columns + 3)}?) ON CONFLICT DO UPDATE SET"
                " received = excluded.received, calls = calls + excluded.calls, bytes = bytes + excluded.bytes,"
                " tally = merge(tally, excluded.tally)",
                [(*key, received, *added[key].values()) for key in sorted(added)],
            )

    def _prune(self) -> None:
        """Remove the records that are too old or too many, the oldest first; then totals, while it is too large."""
        oldest = int(self._steady()) - self._max_age
        while True:
            surplus = self._step if self._too_large() else self.records - self._max_records
            if not self._remove_some(oldest, min(surplus, _PRUNED)):
                break
        while self._too_large() and self._remove_totals():
            self.version += 1

    def _remove_some(self, oldest: int, surplus: int) -> int:
        """A step of removal; gives how many records went."""
        with self._transaction():
            gone = self._remove(oldest, surplus)
        if gone:
            self.records -= gone
            self.pruned += gone
            self.version += 1
            if self._reserve.short():  # the journal must not take what was left
                self._database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return gone

    def _remove(self, oldest: int, surplus: int) -> int:
        """Remove the first `surplus` records, and of the first `_PRUNED` those that came before `oldest`."""
        execute = self._database.execute
        first = self._next - self.records
        (last,) = execute(
            "SELECT max(number) FROM records WHERE number < ? AND (received < ? OR number < ?)",
            (first + _PRUNED, oldest, first + surplus),
        ).fetchone()
        if last is None:
            return 0
        execute(
            "DELETE FROM lines WHERE first < (SELECT max(first) FROM lines WHERE first <= ?)", (last + 1,)
        )
        if last + 1 == self._next:
            execute("DELETE FROM lines")
        return execute("DELETE FROM records WHERE number <= ?", (last,)).rowcount

    def _remove_totals(self) -> bool:
        """Remove the oldest totals, an eighth; gives whether there were any."""
        with self._transaction():
            return any(
                self._keep_newest(table, f"span = {span}" if span else "true", share=True)
                for table, span in (("pairs", 0), *[("totals", span) for span in SPANS])
            )

    def _sweep(self) -> None:
        """Remove what is too old of everything, and what no record refers to any more."""
        before = self.pruned
        self._prune()
        now = self._steady()
        with self._transaction():
            self._keep_time()
            execute = self._database.execute
            execute("DELETE FROM batches WHERE received < ?", (int(now) - self._max_age,))
            execute(
                "DELETE FROM batches WHERE rowid <= (SELECT max(rowid) FROM batches) - ?", (_MAX_BATCHES,)
            )
            for table, limit in (("agents", _MAX_AGENTS), ("hosts", _MAX_HOSTS)):
                execute(f"DELETE FROM {table} WHERE last < ?", (int(now) - self._max_age,))  # noqa: S608
                execute(
                    f"DELETE FROM {table} WHERE last < (SELECT last FROM {table}"  # noqa: S608
                    " ORDER BY last DESC LIMIT 1 OFFSET ?)",
                    (limit,),
                )
            losses.forget(self._database, int(now) - self._max_age)
            if self._swept_totals is None or now - self._swept_totals >= HOUR:
                self._sweep_totals(now)
                self._swept_totals = now
        self._names.forget()
        self._reserve.renew()
        if self.pruned != before:
            _log.info("records_pruned", records=self.pruned - before, left=self.records)

    def _sweep_totals(self, now: float) -> None:
        """Once an hour: it reads all of them."""
        execute = self._database.execute
        for span in SPANS:
            age = min(_MINUTES_KEPT, self._max_rollup_age) if span == MINUTE else self._max_rollup_age
            gone = execute("DELETE FROM totals WHERE span = ? AND received < ?", (span, int(now) - age))
            self.version += gone.rowcount > 0
            self._keep_newest("totals", f"span = {span}")
        execute("DELETE FROM pairs WHERE received < ?", (int(now) - self._max_rollup_age,))
        self._keep_newest("pairs", "true")
        self._names.collect()

    def _keep_newest(self, table: str, where: str, *, share: bool = False) -> bool:
        """Keep what came last, up to the limit (or seven eighths); gives whether anything went.

        Table and condition are words of this module.
        """
        limit = _MAX_TOTALS * (4 if table == "pairs" else 1)
        if share:
            ((count,),) = self._database.execute(f"SELECT count(*) FROM {table} WHERE {where}")  # noqa: S608
            limit = count * 7 // 8
        gone = self._database.execute(
            f"DELETE FROM {table} WHERE {where} AND received <= (SELECT received FROM {table} WHERE {where}"  # noqa: S608
            " ORDER BY received DESC LIMIT 1 OFFSET ?)",
            (limit,),
        )
        return gone.rowcount > 0

    def _keep_time(self) -> None:
        self._database.execute("DELETE FROM clock")
        self._database.execute("INSERT INTO clock VALUES(?)", (int(self._steady()),))

    def _too_large(self) -> bool:
        """It is larger than it may be, or than its disk has room for."""
        self.size = self.bytes()
        if self.size > self._max_bytes:
            return True
        return self._reserve.short() and self._free_bytes() < self._reserve.size

    def bytes(self) -> int:
        """Of the file, without what is free for reuse in it."""
        return (self._pragma("page_count") - self._pragma("freelist_count")) * self._pragma("page_size")

    def _free_bytes(self) -> int:
        """Within the file, free for reuse."""
        return self._pragma("freelist_count") * self._pragma("page_size")

    def _pragma(self, name: str) -> int:
        return int(self._database.execute(f"PRAGMA {name}").fetchone()[0])

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """All that is done within, or nothing."""
        self._database.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._database.execute("COMMIT")
        except BaseException:
            self._names.forget()
            # SQLite may have rolled back by itself: disk full, I/O error
            if self._database.in_transaction:
                self._database.execute("ROLLBACK")
            raise


def _is(error: sqlite3.Error, *codes: int) -> bool:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in codes


class _Sum:
    """Calls of a batch, being summed."""

    __slots__ = ("_packed", "bytes", "calls")

    def __init__(self) -> None:
        self.bytes = 0
        self.calls: list[tuple[int, int]] = []
        """Each one's status and bucket."""
        self._packed = b""

    def values(self) -> tuple[int, int, bytes]:
        """As the columns of a total."""
        if not self._packed:
            self._packed = pack(self.calls)
        return len(self.calls), self.bytes, self._packed


def _add(sums: dict[tuple[int, ...], _Sum], key: tuple[int, ...], added: _Sum) -> None:
    """Add to what there is. What nothing is added to is shared: most hours of a batch are the same as its days."""
    known = sums.get(key)
    if known is None:
        sums[key] = added
        return
    both = _Sum()
    both.bytes = known.bytes + added.bytes
    both.calls = known.calls + added.calls
    sums[key] = both
