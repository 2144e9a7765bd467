"""What every engine must hold: a batch is kept once, whatever happens, and what is said of it is what was sent."""

from __future__ import annotations

import asyncio
import json
import statistics
from collections import Counter, defaultdict
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest

from interceptor.collector.answers import OTHER, RANGES, Captures
from interceptor.collector.clickhouse.engine import Clickhouse
from interceptor.collector.sqlite import Sqlite
from interceptor.config import Collector
from interceptor.delivery.batches import captured_since
from tests.collector.test_store import incoming
from tests.support.clickhouse import store_for
from tests.support.records import NOW, batch, record, shop, time_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from interceptor.collector.answers import Overview, Range
    from interceptor.collector.engine import Engine
    from interceptor.delivery.batches import Batch
    from interceptor.ingest.api import Taken

    Clock = Callable[[], float]


def _clickhouse(config: Collector, clock: Clock, monotonic: Clock) -> Engine:
    return Clickhouse(config.model_copy(update={"store": store_for(config.database)}), clock, monotonic)


ENGINES: dict[str, Callable[[Collector, Clock, Clock], Engine]] = {
    "sqlite": Sqlite,
    "clickhouse": _clickhouse,
}


@pytest.fixture(params=["sqlite", pytest.param("clickhouse", marks=pytest.mark.xdist_group("clickhouse"))])
def name(request: pytest.FixtureRequest) -> str:
    """An engine's."""
    return str(request.param)


class Asked:
    """An engine, and questions to it, at a time that a test moves."""

    def __init__(self, folder: Path, name: str, options: dict[str, Any]) -> None:
        self.now = NOW
        self._make = lambda: ENGINES[name](
            Collector(database=folder / "a folder" / "collector.db", **options),
            lambda: self.now,
            lambda: self.now,
        )
        self.engine = self._make()

    async def put(self, *records: dict[str, Any], **origin: Any) -> Taken:
        """Keep these, in a batch of their own."""
        return await self.send(batch(*records, **origin))

    async def send(self, sealed: Batch) -> Taken:
        """Keep this batch."""
        return await self.engine.take(incoming(sealed))

    async def overview(self, chosen: Range | None = "all") -> Overview:
        """Everything."""
        return await self.engine.overview(chosen)

    async def restart(self) -> None:
        """Close it, and open it anew."""
        await self.engine.close()
        self.engine = self._make()


@asynccontextmanager
async def asked(folder: Path, name: str, **options: Any) -> AsyncIterator[Asked]:
    """A new database."""
    it = Asked(folder, name, options)
    try:
        yield it
    finally:
        await it.engine.close()


def test_what_is_shown_is_what_was_sent(tmp_path: Path, name: str) -> None:
    """Calls by service, pair, endpoint and status, and the totals, counted once more by hand."""
    made = shop(4_000, end=NOW)
    names = {each["destination.address"]: each["server.address"] for each in made}

    async def go() -> None:
        async with asked(tmp_path, name) as it:
            for start in range(0, 4_000, 1_000):
                await it.put(*made[start : start + 1_000])
            seen = await it.overview()
        assert seen.totals.spread.calls == seen.totals.stored == 4_000
        assert dict(seen.statuses) == Counter(each.get("http.response.status_code", 0) for each in made)
        port = {80: ""}
        label = {each["id"]: each["server.address"] + port.get(each["server.port"], ":8080") for each in made}
        assert {each.service: each.spread.calls for each in seen.services} == Counter(label.values())
        pairs = Counter(
            (names.get(each["source.address"], each["source.address"]), label[each["id"]]) for each in made
        )
        assert {(each.caller, each.service): each.spread.calls for each in seen.calls} == pairs
        endpoints = Counter(
            (label[each["id"]], each["http.request.method"], each["url.template"]) for each in made
        )
        assert {
            (one.service, one.method, one.template): one.spread.calls for one in seen.endpoints
        } == endpoints
        assert all(sum(one.trend) == one.spread.calls for one in seen.endpoints)
        assert sum(slot.spread.calls for slot in seen.timeline) == 4_000
        sizes = sum(each.get("http.response.body.size", 0) for each in made)
        assert sum(one.spread.bytes for one in seen.services) == seen.totals.spread.bytes == sizes
        assert seen.totals.services == len(seen.services)
        assert seen.totals.callers == len({caller for caller, _ in pairs})
        known = [each["duration_us"] for each in made if "duration_us" in each]
        assert sum(calls for _, _, calls in seen.latencies) == len(known)

    asyncio.run(go())


def test_percentiles_are_within_five_percent(tmp_path: Path, name: str) -> None:
    """Of each endpoint, against the sorted latencies."""
    made = shop(6_000, end=NOW)
    by_endpoint = defaultdict(list)
    for each in made:
        if "duration_us" in each:
            key = (each["server.address"], each["http.request.method"], each["url.template"])
            by_endpoint[key].append(each["duration_us"])

    async def go() -> None:
        async with asked(tmp_path, name) as it:
            await it.put(*made)
            seen = await it.overview()
        checked = 0
        for one in seen.endpoints:
            latencies = by_endpoint[one.service.partition(":")[0], one.method, one.template]
            if len(latencies) < 200:
                continue
            checked += 1
            exact = statistics.quantiles(latencies, n=100)
            assert one.spread.p50_us == pytest.approx(exact[49], rel=0.06)
            assert one.spread.p95_us == pytest.approx(exact[94], rel=0.10)
        assert checked > 5

    asyncio.run(go())


def test_a_caller_is_named_only_where_its_address_says_one_thing(tmp_path: Path, name: str) -> None:
    """An ingress that is called by two names stays an address: nothing is guessed."""

    async def go() -> None:
        async with asked(tmp_path, name) as it:
            await it.put(
                record(destination_address="10.0.0.5", server_address="cart.test"),
                record(source_address="10.0.0.5", server_address="db.test"),
                record(destination_address="10.0.0.9", server_address="one.test"),
                record(destination_address="10.0.0.9", server_address="two.test"),
                record(source_address="10.0.0.9", server_address="db.test"),
                record(source_address="10.0.0.7", destination_address="10.0.0.8", server_address="10.0.0.8"),
                record(source_address="10.0.0.8", server_address="db.test"),
            )
            seen = await it.overview()
        callers = {call.caller for call in seen.calls if call.service == "db.test"}
        assert callers == {"cart.test", "10.0.0.9", "10.0.0.8"}

    asyncio.run(go())


def test_services_are_written_as_in_urls(tmp_path: Path, name: str) -> None:
    """Port 80 is left out, an IPv6 address has brackets."""

    async def go() -> None:
        async with asked(tmp_path, name) as it:
            await it.put(
                record(server_address="a.test"),
                record(server_address="a.test", server_port=8080),
                record(server_address="2001:db8::1", destination_address="2001:db8::1", server_port=81),
            )
            seen = await it.overview()
        assert {each.service for each in seen.services} == {"a.test", "a.test:8080", "[2001:db8::1]:81"}

    asyncio.run(go())


@pytest.mark.parametrize(
    ("chosen", "calls"), [("15m", 1), ("1h", 2), ("24h", 3), ("7d", 4), ("all", 5), (None, 2)]
)
def test_a_range_is_of_the_records_own_time(
    tmp_path: Path, name: str, chosen: Range | None, calls: int
) -> None:
    """However late they came."""

    async def go() -> None:
        async with asked(tmp_path, name) as it:
            for back in (60, 30 * 60, 5 * 3_600, 3 * 86_400, 400 * 86_400):
                await it.put(record(time=time_of(NOW - back)))
            seen = await it.overview(chosen)
        assert seen.totals.spread.calls == calls
        assert sum(slot.spread.calls for slot in seen.timeline) == calls
        assert sum(sum(one.trend) for one in seen.endpoints) == calls
        assert seen.window.start <= seen.window.end
        assert (seen.window.end - seen.window.start) / seen.window.slot <= 97

    asyncio.run(go())


def test_an_old_capture_is_shown_unasked(tmp_path: Path, name: str) -> None:
    """Nothing in the last hour: all there is, as wide as it is, by the minute where it is short."""

    async def go() -> None:
        async with asked(tmp_path, name) as it:
            long_ago = NOW - 400 * 86_400
            await it.put(*[record(time=time_of(long_ago + 10 * number)) for number in range(30)])
            seen = await it.overview(None)
        assert seen.window.range == "all"
        assert seen.window.slot == 60
        assert seen.totals.spread.calls == 30
        assert 5 <= len(seen.timeline) <= 6
        assert seen.window.end - seen.window.start <= 6 * 60

    asyncio.run(go())


def test_an_empty_database_has_an_overview(tmp_path: Path, name: str) -> None:
    """Zeros, and no latencies."""

    async def go() -> None:
        async with asked(tmp_path, name) as it:
            for chosen in (*RANGES, None):
                seen = await it.overview(chosen)
                assert (seen.totals.stored, seen.services, seen.agents, seen.records) == (0, [], [], [])
                assert seen.totals.spread.p95_us is None

    asyncio.run(go())


def test_what_agents_lost_is_shown(tmp_path: Path, name: str) -> None:
    """By their own count, once, over repeats and restarts of either side; of one that does not say there is nothing."""

    async def go() -> None:
        async with asked(tmp_path, name) as it:
            await it.put(record(), node="silent")
            first = batch(record(), node="n", captured=captured_since(NOW, 1_000, 40, 2, 1.5))
            await it.send(first)
            it.now += 100
            await it.put(record(), node="n", captured=captured_since(NOW, 2_000, 40, 2, 1.5))
            await it.send(first)
            await it.restart()
            await it.put(record(), node="n", captured=captured_since(NOW + 50, 10, 0, 0, 0.0))
            seen = await it.overview()
        assert {agent.node: agent.captures for agent in seen.agents} == {
            "silent": None,
            "n": Captures(2_010, 40, 2, 1.5, int(NOW)),
        }

    asyncio.run(go())


def test_agents_are_heard_in_order(tmp_path: Path, name: str) -> None:
    """The latest first, with what they sent in all."""

    async def go() -> None:
        async with asked(tmp_path, name) as it:
            await it.put(record(), node="one")
            it.now += 60
            await it.put(record(), record(), node="two")
            seen = await it.overview()
            assert await it.engine.agents() == seen.agents
        assert [(each.node, each.records, each.last) for each in seen.agents] == [
            ("two", 2, int(NOW) + 60),
            ("one", 1, int(NOW)),
        ]

    asyncio.run(go())


def test_records_come_in_pages(tmp_path: Path, name: str) -> None:
    """The newest first, each once, of one endpoint or one class if asked for."""
    made = shop(250, end=NOW)

    async def go() -> None:
        async with asked(tmp_path, name) as it:
            await it.put(*made)
            found: list[str] = []
            before = None
            while True:
                page = await it.engine.records(100, before, None, None)
                found += [json.loads(bytes(raw))["id"] for raw in page.records]
                before = page.next
                if before is None:
                    break
            assert found == [each["id"] for each in reversed(made)]
            refused = await it.engine.records(1_000, None, None, 4)
            expected = sum(400 <= each.get("http.response.status_code", 0) < 500 for each in made)
            assert len(refused.records) == expected
            seen = await it.overview()
            one = seen.endpoints[3]
            of_one = await it.engine.records(1_000, None, one.number, None)
            assert {json.loads(bytes(raw))["url.template"] for raw in of_one.records} == {one.template}
            assert len(of_one.records) == one.spread.calls

    asyncio.run(go())


def test_a_question_sees_whole_batches(tmp_path: Path, name: str) -> None:
    """Asked while batches are stored, the parts of an overview agree."""
    made = shop(3_000, end=NOW)

    async def go() -> None:
        async with asked(tmp_path, name) as it:

            async def store() -> None:
                for start in range(0, 3_000, 100):
                    await it.put(*made[start : start + 100])

            storing = asyncio.create_task(store())
            while not storing.done():
                seen = await it.overview()
                assert seen.totals.stored % 100 == 0
                assert sum(one.spread.calls for one in seen.services) == seen.totals.stored
                assert sum(slot.spread.calls for slot in seen.timeline) == seen.totals.stored
            await storing

    asyncio.run(go())


def test_the_same_batch_changes_nothing(tmp_path: Path, name: str) -> None:
    """It gets the first answer again, also after a restart; two at once are one."""

    async def go() -> None:
        sealed = batch(record(), record(kind="tls"))
        async with asked(tmp_path, name) as it:
            taken = await asyncio.gather(*[it.send(sealed) for _ in range(4)])
            await it.restart()
            taken.append(await it.send(sealed))
            assert [(each.accepted, each.rejected) for each in taken] == [(1, 1)] * 5
            assert sum(not each.duplicate for each in taken) == 1
            seen = await it.overview()
            assert seen.totals.stored == seen.totals.spread.calls == 1
            assert [(each.batches, each.records) for each in seen.agents] == [(1, 1)]

    asyncio.run(go())


def test_a_record_that_came_in_another_batch_is_there_once(tmp_path: Path, name: str) -> None:
    """The halves of a batch that had arrived: accepted, and counted once; the others of its batch are kept."""

    async def go() -> None:
        one, two, three = record(), record(), record()
        async with asked(tmp_path, name) as it:
            await it.put(one, two)
            taken = await it.put(two, three, three)
            assert (taken.accepted, taken.duplicate_records) == (3, 2)
            seen = await it.overview()
            assert seen.totals.stored == seen.totals.spread.calls == 3
            ids = [json.loads(bytes(raw))["id"] for raw in seen.records]
            assert ids == [three["id"], two["id"], one["id"]]

    asyncio.run(go())


def test_totals_outlive_their_records(tmp_path: Path, name: str) -> None:
    """A week of records, a month of totals: both by when they came in. Then the names go, too."""

    async def go() -> None:
        async with asked(tmp_path, name, retention_hours=24, rollup_hours=72) as it:
            await it.put(*[record(url_template=f"/{number}") for number in range(5)])
            it.now += 30 * 3_600
            await it.engine.prune()
            seen = await it.overview()
            assert (seen.totals.stored, seen.totals.spread.calls, len(seen.endpoints)) == (0, 5, 5)
            assert [call.spread.calls for call in seen.calls] == [5]
            assert seen.records == []
            await it.put(record(url_template="/0", time=time_of(it.now)))
            it.now += 45 * 3_600
            await it.engine.prune()
            seen = await it.overview()
            assert [(one.template, one.spread.calls) for one in seen.endpoints] == [("/0", 1)]
            assert [each.template for each in (await it.engine.inventory(10, None)).endpoints] == ["/0"]

    asyncio.run(go())


def test_a_clock_that_jumps_removes_nothing(tmp_path: Path, name: str) -> None:
    """Eight days ahead for a minute: everything is there, during and afterwards."""

    async def go() -> None:
        real = [NOW, 0.0]
        config = Collector(database=tmp_path / "collector.db", retention_hours=168)

        def make() -> Engine:
            return ENGINES[name](config, lambda: real[0], lambda: real[1])

        engine = make()
        for step in range(3):
            await engine.take(incoming(batch(*[record() for _ in range(100)])))
            real[0] += 60 + (8 * 86_400 if step == 0 else -8 * 86_400 if step == 1 else 0)
            real[1] += 60
            await engine.prune()
            if step == 1:  # a restart changes nothing of it
                await engine.close()
                engine = make()
        assert (await engine.overview("all")).totals.stored == 300
        assert engine.kept.oldest == NOW
        real[0] += 9 * 86_400
        real[1] += 9 * 86_400
        await engine.prune()
        assert (await engine.overview("all")).totals.stored == 0
        assert engine.kept.oldest == 0
        await engine.close()

    asyncio.run(go())


def test_names_nobody_has_are_bounded(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is called least becomes {other}; what is called often keeps its name; nothing is lost from the sums."""
    from interceptor.collector import names

    monkeypatch.setattr(names, "SERVICES", 20)
    monkeypatch.setattr(names, "ENDPOINTS", 40)
    monkeypatch.setattr(names, "CALLERS", 20)

    async def go() -> None:
        async with asked(tmp_path, name) as it:
            for turn in range(10):
                known = [record(server_address="shop.test", url_template="/cart") for _ in range(5)]
                scan = [
                    record(
                        server_address=f"scan-{turn}-{number}.test", source_address=f"10.9.{turn}.{number}"
                    )
                    for number in range(10)
                ]
                words = [record(server_address="shop.test", url_template=f"/{turn}/{n}") for n in range(10)]
                await it.put(*known, *scan, *words)
            seen = await it.overview()
            assert seen.totals.spread.calls == seen.totals.stored == 250
            assert sum(one.spread.calls for one in seen.services) == 250
            assert sum(one.spread.calls for one in seen.endpoints) == 250
            assert sum(one.spread.calls for one in seen.calls) == 250
            assert len(seen.services) <= 21
            assert len(seen.endpoints) <= 41 + 21
            assert seen.totals.callers <= 21
            services = {one.service: one.spread.calls for one in seen.services}
            assert services["shop.test"] == 150
            assert services[OTHER] >= 80
            cart = {one.template: one for one in seen.endpoints if one.service == "shop.test"}["/cart"]
            assert cart.spread.calls == 50
            other = next(one for one in seen.endpoints if one.service == OTHER)
            page = await it.engine.records(1_000, None, other.number, None)
            assert len(page.records) == other.spread.calls  # their records say so, too
            assert seen.totals.spread.p50_us == pytest.approx(1_500, rel=0.06)

    asyncio.run(go())


def test_the_inventory_comes_in_pages(tmp_path: Path, name: str) -> None:
    """Every endpoint once, with when it was first and last called."""

    async def go() -> None:
        async with asked(tmp_path, name) as it:
            await it.put(*[record(url_template=f"/{number}") for number in range(25)])
            await it.put(
                record(url_template="/3", time=time_of(NOW - 5 * 86_400), http_response_status_code=503)
            )
            found = []
            after = None
            while True:
                page = await it.engine.inventory(10, after)
                found += page.endpoints
                after = page.next
                if after is None:
                    break
            assert sorted(each.template for each in found) == sorted(f"/{number}" for number in range(25))
            three = next(each for each in found if each.template == "/3")
            assert (three.calls, three.failed, three.last - three.first) == (2, 1, 5 * 86_400)

    asyncio.run(go())
