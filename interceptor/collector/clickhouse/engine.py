"""ClickHouse as an engine: a database of its own, on one server or on the replicas of a cluster.

Owns how a batch gets there, when an hour is complete, and what is too old. The collector keeps nothing itself: any
number of them may stand side by side.

How a batch is there once, without transactions, when its answer may be lost at any step and another collector may be
given the same batch, or the same record in another one, in the same moment:

* One INSERT of one partition is there whole or not at all, and so are the records of a batch. `batches` has its id, and
  is written after them. Who finds the id answers as the first time. Who does not looks for the records: those of the same
  batch are there because the answer was lost, those of another one are duplicates; neither is sent again.
* Two collectors may both look before one of them writes. So what counts records counts each id once (`LIMIT 1 BY id`).
* Totals are not counted as records come but of an hour (a slice, by the clock of retention) that is over: by then every
  INSERT has ended, and no other is let in (`put_records`). Whoever closes a slice writes its totals under a number of
  that attempt, and then that number into `slices`. What is not named there does not count: an attempt that was
  interrupted, or the slower of two. So nothing is counted twice, whatever is repeated, and however long ago.
* Hours that are not closed are counted from their records when somebody asks.

A collector that starts takes the time from the last that any of them wrote down, so that none is behind the others and a
wrong clock leads nobody far (`collector.clock`). Retention is by whole days, which ClickHouse drops as files; until then, what is too old is not shown. It does not go by
TTL, because that follows the server's clock wherever it jumps.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from typing import TYPE_CHECKING, Any, Final, TypeVar
from uuid import uuid4

import structlog

from interceptor.collector.clickhouse.names import Names
from interceptor.collector.clickhouse.questions import TRAITS, Questions, Since
from interceptor.collector.clickhouse.server import Server, ServerError
from interceptor.collector.clickhouse.statements import TABLES, Statements
from interceptor.collector.clickhouse.unread import Writer
from interceptor.collector.clock import SteadyClock
from interceptor.collector.database import DAY, HOUR
from interceptor.collector.engine import Kept, UnavailableError
from interceptor.collector.totals import bucket
from interceptor.collector.views import view_of
from interceptor.delivery.batches import split_lines
from interceptor.ingest.api import SinkFullError, Taken
from interceptor.ingest.lines import Aside, Known

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from interceptor.collector.answers import Agent, Changes, Findings, Inventory, Overview, Page, Sought
    from interceptor.collector.question import Question
    from interceptor.config import Collector
    from interceptor.delivery.batches import Header
    from interceptor.ingest.api import Incoming

__all__ = ["Clickhouse"]

_TOGETHER: Final = 20_000
"""Records of batches that are sent in one INSERT, at most, but for the first: each makes a part, and parts cost merges."""
_TOGETHER_BYTES: Final = 64 * 2**20
"""Of their lines: far less than ClickHouse cuts into several blocks."""
_LAG: Final = 600
"""Seconds after its end in which an hour is left open. An INSERT ends in a minute or never, and clocks differ."""
_APART: Final = 60_000_000
"""Microseconds by which the times of one record may differ: two agents saw it, and their clocks are apart."""
_HOSTS: Final = 50_000
"""Addresses whose service is known to have been written, some MiB."""
_TRAITS: Final = 50_000
"""Endpoints and kinds of which is known what was written, some ten MiB."""
_MAX_SIZE: Final = 2**36
_MOST: Final = 2**48
_MOST_BLIND: Final = 1e15
"""As in `store` and `losses`: no sum leaves 63 bits, whatever records claim."""
_RETRY_SECONDS: Final = 10
_CLOSED: Final = 395
"""ClickHouse's number of the error that `put_records` raises."""

_T = TypeVar("_T")

_log = structlog.get_logger()


class Clickhouse:
    """An `Engine`."""

    def __init__(
        self, config: Collector, clock: Callable[[], float], monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        """Nothing is asked yet: a server that is away at the start is waited for.

        Raises:
            UsageError: the address, or a file that is named beside it, cannot be used.

        """
        self._server = Server(config)
        self._statements = Statements(self._server.address.cluster)
        self._questions = Questions(self._server, self._statements)
        self._names = Names()
        self._unread = Writer(self._server, self._statements)
        self._hosts: dict[tuple[int, str], tuple[str, str]] = {}
        """By day and address: the first and the last name, by the alphabet, that was written."""
        self._traits: dict[tuple[int, str], set[str]] = {}
        """By endpoint and kind: what was written today."""
        self._traits_day = 0
        self._clock = clock
        self._monotonic = monotonic
        self._max_age = config.retention_hours * HOUR
        self._max_rollup_age = max(config.rollup_hours, config.retention_hours) * HOUR
        self._steady: SteadyClock | None = None
        """None until the tables are there."""
        self._last = 0
        """The number of the record that was sent last."""
        self._beginning = asyncio.Lock()
        self._waiting: deque[tuple[Incoming, asyncio.Future[Taken]]] = deque()
        self._writer: asyncio.Task[None] | None = None
        self._pruned = 0
        self._kept = Kept(0, 0, 0, 0)
        self._problem: str | None = f"{self._server.address}: not reached yet"

    @property
    def kept(self) -> Kept:
        """How much there is, as it was when retention was looked at last."""
        return self._kept

    @property
    def problem(self) -> str | None:
        """Why batches cannot be kept at present."""
        return self._problem

    async def version(self) -> str:
        """Another one after every batch, whichever collector took it."""
        rows = await self._asked(
            lambda _: self._server.ask(self._statements.named("version"), tuple[int, int, int])
        )
        return "-".join(f"{number:x}" for number in rows[0])

    async def overview(self, question: Question) -> Overview:
        """Everything at once."""
        return await self._asked(lambda since: self._questions.overview(question, self._now(), since))

    async def records(self, question: Question, limit: int, before: int | None) -> Page:
        """Records as they came, the newest first."""
        return await self._asked(
            lambda since: self._questions.records(question, limit, before, self._now(), since)
        )

    async def inventory(self, question: Question, sought: Sought, limit: int, after: int | None) -> Inventory:
        """Endpoints with the numbers above `after`, in order."""
        return await self._asked(
            lambda since: self._questions.inventory(question, sought, limit, after, self._now(), since)
        )

    async def changes(self, question: Question) -> Changes:
        """What fails and what became slower, against as much time before."""
        return await self._asked(lambda since: self._questions.changes(question, self._now(), since))

    async def findings(self, question: Question) -> Findings:
        """What is odd, in the clear, or asked for in vain."""
        return await self._asked(lambda since: self._questions.findings(question, self._now(), since))

    async def agents(self, question: Question) -> list[Agent]:
        """Who sent batches, who was heard last first."""
        return await self._asked(lambda since: self._questions.agents(question, since))

    async def take(self, batch: Incoming) -> Taken:
        """Keep a batch, unless it is there."""
        taken: asyncio.Future[Taken] = asyncio.get_running_loop().create_future()
        self._waiting.append((batch, taken))
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write())  # whoever waits may go: it is kept all the same
        return await taken

    async def prune(self) -> None:
        """Close the hours that are over, and remove what is too old."""
        try:
            steady = await self._begin()
            await self._server.do(self._statements.named("keep_time"), now=int(steady() * 1_000_000))
            if await self._close_slices():
                await self._learn_names()
            await self._remove()
            await self._look()
        except ServerError as error:
            raise self._failed(error) from error
        self._problem = None

    async def close(self) -> None:
        """Finish what is under way."""
        if self._writer is not None:
            await self._writer
        await self._server.close()

    async def _begin(self) -> SteadyClock:
        """Make the tables where they are not there, and learn what is known."""
        async with self._beginning:
            if self._steady is None:
                for table in TABLES:
                    await self._server.do(self._statements.named(f"{table}_table"))
                ((whole,),) = await self._server.ask(self._statements.named("batches_whole"), tuple[int])
                if not whole:  # a user who may not change tables need not, where they are new
                    await self._server.do(self._statements.named("batches_columns"))
                ((latest,),) = await self._server.ask(self._statements.named("latest"), tuple[int])
                self._last = latest
                steady = SteadyClock(latest / 1e6 if latest else None, self._clock, self._monotonic)
                self._steady = steady
                try:
                    await self._learn_names()
                    await self._look()
                except BaseException:
                    self._steady = None
                    raise
                self._problem = None
            return self._steady

    async def _asked(self, question: Callable[[Since], Awaitable[_T]]) -> _T:
        try:
            await self._begin()
            return await question(self._since())
        except ServerError as error:
            self._failed(error)
            raise UnavailableError(f"ClickHouse {error}.") from error

    def _failed(self, error: ServerError) -> SinkFullError:
        """Note what is wrong; gives what is told to the sender."""
        problem = f"{self._server.address}: {error}"
        if problem != self._problem:
            _log.warning("database_failed", database=str(self._server.address), error=str(error))
        self._problem = problem
        return SinkFullError(f"The database {error}.", _RETRY_SECONDS)

    def _now(self) -> int:
        return int(self._clock())

    def _since(self) -> Since:
        assert self._steady is not None
        now = int(self._steady())
        return Since(
            max(0, now - self._max_age) * 1_000_000, max(0, -(-(now - self._max_rollup_age) // HOUR))
        )

    async def _write(self) -> None:
        """Keep what waits, some batches at a time; where these are refused together, each for itself."""
        while self._waiting:
            group: list[tuple[Incoming, asyncio.Future[Taken]]] = []
            records = size = 0
            while self._waiting:
                batch = self._waiting[0][0]
                records += batch.header.count
                size += len(batch.text)
                if group and (records > _TOGETHER or size > _TOGETHER_BYTES):
                    break
                group.append(self._waiting.popleft())
            try:
                await self._answer(group)
            except ServerError as error:
                if error.code and len(group) > 1:
                    for one in group:
                        await self._answer_alone(one)
                else:
                    _fail(group, self._failed(error))
            except Exception as error:  # noqa: BLE001 - raised where it is waited for
                _fail(group, error)

    async def _answer(self, group: list[tuple[Incoming, asyncio.Future[Taken]]]) -> None:
        answers = await self._take([batch for batch, _ in group])
        self._problem = None
        for (_, taken), answer in zip(group, answers, strict=True):
            if not taken.done():
                taken.set_result(answer)

    async def _answer_alone(self, one: tuple[Incoming, asyncio.Future[Taken]]) -> None:
        try:
            await self._answer([one])
        except ServerError as error:
            _fail([one], self._failed(error))

    async def _take(self, batches: list[Incoming]) -> list[Taken]:
        """Keep what is new of each; gives what is said of each."""
        steady = await self._begin()
        known = await self._known_batches(batches)
        fresh = {batch.header.id: batch for batch in batches if batch.header.id not in known}
        found = {key: _lines(batch) for key, batch in fresh.items()}
        owners = await self._known_records(found.values())
        received = max(self._last + 1, int(steady() * 1_000_000))
        records: list[tuple[Any, ...]] = []
        rows: list[tuple[Any, ...]] = []
        views: list[tuple[str, str, str]] = []
        for key, batch in fresh.items():
            mine = 0
            for record, (one, line) in found[key].items():
                if record not in owners:
                    owners[record] = key
                    records.append(self._record_row(received + len(records), record, batch.header, one, line))
                mine += owners[record] == key
                if owners[record] != key and (view := view_of(line)) is not None:
                    views.append((record, view[0], view[1].decode()))
            kept = sum([isinstance(one, Known) for one in batch.known])
            taken = sum([one is not Aside.UNKNOWN for one in batch.known])
            known[key] = Taken(taken, batch.header.count - taken, duplicate_records=kept - mine)
            rows.append(_batch_row(batch, received, known[key], mine))
        self._last = received + len(records)
        if records:
            await self._put_records(records, received // 1_000_000 // HOUR)
        if views:
            day = received // 1_000_000 // DAY
            await self._server.do(self._statements.named("put_views"), [(day, *view) for view in views])
        everyone = [one for each in found.values() for one, _ in each.values()]
        await self._put_hosts(everyone, received)
        await self._put_traits(everyone, received)
        await self._unread.put(fresh.values(), received // 1_000_000 // DAY)
        if rows:
            await self._server.do(self._statements.named("put_batches"), rows)
        said = []
        for batch in batches:
            answer = known[batch.header.id]
            said.append(answer)
            known[batch.header.id] = Taken(answer.accepted, answer.rejected, duplicate=True)
        return said

    async def _known_batches(self, batches: list[Incoming]) -> dict[str, Taken]:
        rows = await self._server.ask(
            self._statements.named("batches_known"),
            tuple[str, int, int],
            [batch.header.id for batch in batches],
        )
        return {key: Taken(accepted, rejected, duplicate=True) for key, accepted, rejected in rows}

    async def _known_records(self, batches: Iterable[dict[str, tuple[Known, bytes]]]) -> dict[str, str]:
        """Those that are there, and which batch brought them. The same record has the same time."""
        times = {record: one.time for each in batches for record, (one, _) in each.items()}
        if not times:
            return {}
        rows = await self._server.ask(
            self._statements.named("records_known"),
            tuple[str, str],
            list(times),
            first=min(times.values()) - _APART,
            last=max(times.values()) + _APART,
        )
        return dict(rows)

    def _record_row(
        self, number: int, record: str, header: Header, one: Known, line: bytes
    ) -> tuple[Any, ...]:
        kept, endpoint = self._names.endpoint((one.service, one.port, one.method, one.template))
        return (
            *(number, record, header.id, one.time),
            *(*kept, endpoint, self._names.caller(one.caller)),
            *(one.status, bucket(one.latency_us), min(one.bytes, _MAX_SIZE)),
            *(header.cluster or "", header.node or "", one.anomalies, line.decode()),
        )

    async def _put_records(self, records: list[tuple[Any, ...]], slice_: int) -> None:
        try:
            await self._server.do(self._statements.named("put_records"), records, slice=slice_)
        except ServerError as error:
            if error.code != _CLOSED:
                raise
            raise ServerError(
                "has closed the hour that it is by this collector: its clock is behind; set it", _CLOSED
            ) from error

    async def _put_hosts(self, records: list[Known], received: int) -> None:
        """Say by which names addresses were called: the first and the last, which tells whether there is one."""
        day = received // 1_000_000 // DAY
        fresh: dict[tuple[int, str], tuple[str, str]] = {}
        for one in records:
            address, name = one.host, one.service
            if address != name:
                key = day, address
                first, last = fresh.get(key) or self._hosts.get(key) or (name, name)
                fresh[key] = min(first, name), max(last, name)
        fresh = {key: names for key, names in fresh.items() if self._hosts.get(key) != names}
        if fresh:
            await self._server.do(
                self._statements.named("put_hosts"), [(*key, *names) for key, names in fresh.items()]
            )
            if len(self._hosts) > _HOSTS:
                self._hosts.clear()
            self._hosts |= fresh

    async def _put_traits(self, records: list[Known], received: int) -> None:
        """Say what endpoints are like: of each kind some values, since whoever invents more is not believed for ever."""
        day = received // 1_000_000 // DAY
        if day != self._traits_day or len(self._traits) > _TRAITS:
            self._traits.clear()
            self._traits_day = day
        fresh: list[tuple[int, int, str, str]] = []
        for one in records:
            _, endpoint = self._names.endpoint((one.service, one.port, one.method, one.template))
            for kind, value in one.traits:
                known = self._traits.setdefault((endpoint, kind), set())
                if value not in known and len(known) < TRAITS:
                    known.add(value)
                    fresh.append((day, endpoint, kind, value))
        if fresh:
            try:
                await self._server.do(self._statements.named("put_traits"), fresh)
            except BaseException:
                self._traits.clear()
                raise

    async def _close_slices(self) -> bool:
        """Count the hours that are over; gives whether there were any."""
        assert self._steady is not None
        due = await self._server.ask(
            self._statements.named("slices_to_close"),
            tuple[int],
            slice=int(self._steady() - _LAG) // HOUR,
            lag=_LAG,
        )
        for (slice_,) in due:
            attempt = uuid4()
            for statement in ("close_totals", "close_pairs", "close_slice"):
                await self._server.do(self._statements.named(statement), slice=slice_, attempt=attempt)
        return bool(due)

    async def _learn_names(self) -> None:
        """Which are called most."""
        since = {"totals_since": self._since().slices}
        services, endpoints, callers = Names.kept()
        ask, named = self._server.ask, self._statements.named
        self._names.know(
            await ask(named("services"), tuple[str, int], limit=services, **since),
            await ask(named("endpoints"), tuple[str, int, str, str], limit=endpoints, **since),
            [one for (one,) in await ask(named("callers"), tuple[str], limit=callers, **since)],
        )

    async def _remove(self) -> None:
        """Drop the days that are too old as a whole."""
        since = self._since()
        old = await self._server.ask(
            self._statements.named("old_partitions"),
            tuple[str, str, int],
            records_day=since.records // (DAY * 1_000_000),
            totals_day=since.slices * HOUR // DAY,
        )
        for table, day, rows in old:
            await self._server.do(self._statements.named("drop_partition", table=table, day=str(int(day))))
            if table == "records":
                self._pruned += rows
                _log.info("records_pruned", records=rows)

    async def _look(self) -> None:
        """See how much there is."""
        ((records, oldest, size),) = await self._server.ask(
            self._statements.named("kept_now"), tuple[int, int, int], records_since=self._since().records
        )
        self._kept = Kept(records, size, self._pruned, oldest // 1_000_000)


def _fail(group: list[tuple[Incoming, asyncio.Future[Taken]]], error: Exception) -> None:
    for _, taken in group:
        if not taken.done():
            taken.set_exception(error)


def _lines(batch: Incoming) -> dict[str, tuple[Known, bytes]]:
    """By id, what is counted with of each record and its line; a record that is there twice is there once."""
    found: dict[str, tuple[Known, bytes]] = {}
    for one, line in zip(batch.known, split_lines(batch.text), strict=True):
        if isinstance(one, Known):
            found.setdefault(one.key.hex(), (one, line))
    return found


def _batch_row(batch: Incoming, number: int, taken: Taken, added: int) -> tuple[Any, ...]:
    header = batch.header
    row = (
        *(header.id, number, taken.accepted, taken.rejected, added),
        *(header.cluster or "", header.node or "", header.agent),
    )
    told = header.captured
    if told is None:
        return (*row, "", 0, 0, 0, 0.0, -1, -1, -1, -1)
    losses = min(told.kernel_dropped, _MOST), min(told.interface_dropped, _MOST)
    rest = told.interfaces, told.waiting, told.waiting_seconds, told.dropped
    now = [-1 if one is None else min(one, _MOST) for one in rest]
    return (*row, told.since, min(told.packets, _MOST), *losses, min(told.blind_seconds, _MOST_BLIND), *now)
