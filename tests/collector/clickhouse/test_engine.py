"""ClickHouse as an engine: what is its own. What every engine must hold is in tests/collector/test_engine.py.

Faults are those of a real server: it is killed, refuses a statement, or its answer is lost after it has done what it was
told.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest

from interceptor.collector.clickhouse.engine import Clickhouse
from interceptor.collector.engine import UnavailableError
from interceptor.collector.question import Question
from interceptor.config import Collector
from interceptor.delivery.batches import captured_since
from interceptor.errors import UsageError
from interceptor.ingest.api import SinkFullError
from tests.collector.test_store import incoming
from tests.support.clickhouse import Clickhouse as ClickhouseServer
from tests.support.clickhouse import shared, store_for
from tests.support.records import NOW, batch, record, shop, time_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from interceptor.delivery.batches import Batch

pytestmark = pytest.mark.xdist_group("clickhouse")

HOUR = 3_600


class Beside:
    """Collectors beside each other, on one database, with one clock."""

    def __init__(self, folder: Path, **options: Any) -> None:
        self.now = NOW
        self.config = Collector(store=store_for(folder), **options)
        assert self.config.store is not None
        self.database = self.config.store.rpartition("/")[2]
        self.engines: list[Clickhouse] = []

    def another(self) -> Clickhouse:
        """One more."""
        self.engines.append(Clickhouse(self.config, lambda: self.now, lambda: self.now))
        return self.engines[-1]

    def ask(self, statement: str) -> list[Any]:
        """What the database has."""
        return shared().ask(statement, self.database)


@asynccontextmanager
async def beside(folder: Path, **options: Any) -> AsyncIterator[Beside]:
    """None yet."""
    it = Beside(folder, **options)
    try:
        yield it
    finally:
        for engine in it.engines:
            await engine.close()


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("words", ["INSERT INTO records", "INSERT INTO hosts", "INSERT INTO batches"])
def test_a_batch_that_fails_half_way_is_there_once(tmp_path: Path, words: str, when: str) -> None:
    """Sent again, to another collector: as many records, calls and batches as if nothing had happened."""
    sealed = batch(*[record(server_address=f"s{number}.test") for number in range(20)])

    async def go() -> None:
        async with beside(tmp_path) as it:
            one, other = it.another(), it.another()
            await other.agents(Question())
            shared().fault(words, when)
            with pytest.raises(SinkFullError):
                await one.take(incoming(sealed))
            taken = await other.take(incoming(sealed))
            assert (taken.accepted, taken.duplicate_records) == (20, 0)
            again = await one.take(incoming(sealed))
            assert (again.accepted, again.duplicate) == (20, True)
            seen = await one.overview(Question(range="all"))
            assert seen.totals.spread.calls == seen.totals.stored == 20
            assert [(agent.batches, agent.records) for agent in seen.agents] == [(1, 20)]

    asyncio.run(go())


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("words", ["INSERT INTO totals", "INSERT INTO pairs", "INSERT INTO slices"])
def test_an_hour_that_is_closed_half_way_counts_once(tmp_path: Path, words: str, when: str) -> None:
    """What an attempt left behind is not counted, by whoever closes the hour next."""

    async def go() -> None:
        async with beside(tmp_path) as it:
            one, other = it.another(), it.another()
            await one.take(incoming(batch(*shop(300, end=NOW))))
            before = await one.overview(Question(range="24h"))
            it.now += 2 * HOUR
            shared().fault(words, when)
            with pytest.raises(SinkFullError):
                await one.prune()
            await other.prune()
            await one.prune()
            assert one.problem is None
            after = await one.overview(Question(range="24h"))
            assert after.totals.spread == before.totals.spread
            assert sorted(after.calls, key=repr) == sorted(before.calls, key=repr)
            assert len(it.ask("SELECT slice FROM slices FINAL")) == 1

    asyncio.run(go())


def test_collectors_that_take_the_same_at_once_count_it_once(tmp_path: Path) -> None:
    """Batches that come twice, and records that two agents saw, at three collectors in the same moment."""
    made = shop(300, end=NOW)
    batches: list[Batch] = [
        *[batch(*made[:200], node="one")] * 3,
        *[batch(*made[100:], node="two")] * 3,
    ]

    async def go() -> None:
        async with beside(tmp_path) as it:
            engines = [it.another() for _ in range(3)]
            taken = await asyncio.gather(
                *[engines[number % 3].take(incoming(one)) for number, one in enumerate(batches)]
            )
            assert {one.accepted for one in taken} == {200}
            for later in (0, 2 * HOUR):
                it.now = NOW + later
                await asyncio.gather(*[engine.prune() for engine in engines])
                for engine in engines:
                    seen = await engine.overview(Question(range="24h"))
                    assert seen.totals.spread.calls == 300
                    assert sum(one.spread.calls for one in seen.calls) == 300
                    assert sum(one.batches for one in seen.agents) == 2
            page = await engines[0].records(Question(), 1_000, None)
            assert len({bytes(line) for line in page.records}) == len(page.records) == 300

    asyncio.run(go())


def test_an_hour_that_is_closed_takes_nothing_more(tmp_path: Path) -> None:
    """A collector whose clock is behind is told so, and its batches come again when it has been set."""

    async def go() -> None:
        async with beside(tmp_path) as it:
            behind, right = it.another(), it.another()
            await right.agents(Question())
            await behind.take(incoming(batch(record())))
            it.now += 2 * HOUR
            await right.prune()
            it.now -= 2 * HOUR
            late = incoming(batch(record()))
            with pytest.raises(SinkFullError, match="clock is behind"):
                await behind.take(late)
            assert "clock is behind" in str(behind.problem)
            it.now += 2 * HOUR
            assert (await behind.take(late)).accepted == 1
            assert (await right.overview(Question(range="all"))).totals.spread.calls == 2

    asyncio.run(go())


def test_what_is_too_old_goes_by_whole_days(tmp_path: Path) -> None:
    """Its files, too; and the metrics say how much went."""

    async def go() -> None:
        async with beside(tmp_path, retention_hours=24, rollup_hours=24 * 5) as it:
            engine = it.another()
            await engine.take(incoming(batch(*[record() for _ in range(10)])))
            await engine.prune()
            assert (engine.kept.records, engine.kept.oldest, engine.kept.pruned) == (10, NOW, 0)
            assert engine.kept.bytes > 0
            it.now += 3 * 24 * HOUR
            await engine.take(incoming(batch(record(time=time_of(it.now)))))
            await engine.prune()
            assert (engine.kept.records, engine.kept.pruned) == (1, 10)
            assert it.ask("SELECT count() FROM records") == [[1]]
            assert (await engine.overview(Question(range="all"))).totals.spread.calls == 11
            it.now += 9 * 24 * HOUR
            await engine.prune()
            tables = ("records", "batches", "hosts", "totals", "pairs", "slices")
            assert [it.ask(f"SELECT count() FROM {table}")[0][0] for table in tables] == [0] * 6

    asyncio.run(go())


def test_a_table_that_was_there_before_gets_its_new_columns(tmp_path: Path) -> None:
    """What is in it stays; and where they are there, nobody asks for the right to add them."""

    async def go() -> None:
        async with beside(tmp_path) as it:
            await it.another().take(incoming(batch(record(), captured=captured_since(NOW, 5, 2, 0, 0.0))))
            it.ask("ALTER TABLE batches DROP COLUMN waiting_seconds, DROP COLUMN dropped")
            later = batch(record(), captured=captured_since(NOW, 6, 2, 0, 0.0, 1).delivering(2, 3, 4))
            await it.another().take(incoming(later))
            shared().fault("ADD COLUMN", "before")
            [agent] = await it.another().agents(Question())
            assert agent.captures is not None
            assert agent.captures.dropped == 4
            assert agent.captures.waiting_seconds == 3
            assert agent.captures.packets == 6

    try:
        asyncio.run(go())
    finally:
        shared().fault("none has these words", "before")


def test_a_server_that_is_away_is_waited_for(tmp_path: Path) -> None:
    """From the start, and in the middle: not ready, in one line; then everything goes on, and what was there is there."""
    server = ClickhouseServer(tmp_path)
    server.kill()
    config = Collector(store=server.store("default"))

    async def go() -> None:
        engine = Clickhouse(config, lambda: NOW)
        try:
            assert "not reached yet" in str(engine.problem)
            for attempt in range(2):
                with pytest.raises(SinkFullError, match="cannot be reached"):
                    await engine.take(incoming(batch(record())))
                with pytest.raises(UnavailableError, match="cannot be reached"):
                    await engine.overview(Question())
                with pytest.raises(SinkFullError, match="cannot be reached"):
                    await engine.prune()
                assert str(engine.problem) == f"{config.store}: cannot be reached"
                server.start()
                await engine.prune()
                assert engine.problem is None
                assert (await engine.take(incoming(batch(record())))).accepted == 1
                assert (await engine.overview(Question(range="all"))).totals.stored == attempt + 1
                server.kill()
        finally:
            await engine.close()

    asyncio.run(go())


def test_an_address_that_is_none_ends_the_start() -> None:
    """Nothing is waited for that cannot come."""
    with pytest.raises(UsageError, match="has the form"):
        Clickhouse(Collector(store="mysql://h/db"), lambda: NOW)


def test_what_waits_is_kept_though_nobody_waits_for_it(tmp_path: Path) -> None:
    """A client that goes away takes nothing back, and costs the others nothing."""

    async def go() -> None:
        async with beside(tmp_path) as it:
            engine = it.another()
            await engine.agents(Question())
            waiting = [asyncio.create_task(engine.take(incoming(batch(record())))) for _ in range(6)]
            await asyncio.sleep(0)
            for one in waiting[::2]:
                one.cancel()
            done = await asyncio.gather(*waiting, return_exceptions=True)
            assert sum(isinstance(one, asyncio.CancelledError) for one in done) == 3
            assert (await engine.overview(Question(range="all"))).totals.stored == 6

    asyncio.run(go())
