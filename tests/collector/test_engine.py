"""What every engine must hold: a batch is kept once, whatever happens, and what is said of it is what was sent."""

from __future__ import annotations

import asyncio
import json
import statistics
from collections import Counter, defaultdict
from contextlib import asynccontextmanager
from itertools import product
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from interceptor.collector.answers import OTHER, RANGES, Captures, Sought, authority
from interceptor.collector.clickhouse.engine import Clickhouse
from interceptor.collector.question import Question
from interceptor.collector.sqlite import Sqlite
from interceptor.config import Collector
from interceptor.delivery.batches import Captured, captured_since
from tests.collector.test_store import incoming
from tests.support.clickhouse import store_for
from tests.support.records import NOW, batch, record, shop, time_of, unread

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
        return await self.engine.overview(Question(range=chosen))

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


def _seen(perspective: str, took: int, node: str, **more: Any) -> dict[str, Any]:
    """A record of one call, by the agent at that end of it."""
    return record(id="5e" * 16, duration_us=took, node=node, perspective=perspective, **more)


@pytest.mark.parametrize("first", ["client", "server"])
def test_a_call_seen_at_both_ends_counts_once(tmp_path: Path, name: str, first: str) -> None:
    """Whoever tells it first, and however often: what the other one has seen is shown with it, and what the network took."""
    asking = _seen("client", 3_000, "node-1", destination_address="10.96.0.9", destination_port=80)
    serving = _seen("server", 1_200, "node-2", source_address="10.64.0.1")
    told = [asking, serving] if first == "client" else [serving, asking]

    async def go() -> None:
        async with asked(tmp_path, name) as it:
            assert not (await it.put(told[0], node="a")).duplicate_records
            assert (await it.put(told[1], node="b")).duplicate_records == 1
            await it.put(told[1], record(), node="b")  # in another batch, as one that was refused in part
            await it.restart()
            await it.put(told[0], record(), node="a")
            seen = await it.overview()
            page = await it.engine.records(Question(range="all"), 10, None)
        assert seen.totals.spread.calls == seen.totals.stored == 3
        [call] = [one for one in map(msgspec.json.decode, page.records) if one["id"] == "5e" * 16]
        view = call.pop("view")
        assert call.pop("network_us") == 1_800
        assert call == told[0]
        assert view == {key: told[1][key] for key in view}
        assert {"perspective", "node", "duration_us", "source.address", "destination.address"} <= view.keys()

    asyncio.run(go())


def test_a_call_counts_once_whatever_the_clocks_of_its_nodes_say(tmp_path: Path, name: str) -> None:
    """As long as they differ by no more than five minutes, and whenever it is."""
    told = [
        (base, apart)
        for base in range(0, 3_601, 150)
        for apart in (-300.0, -299.9, -1.0, 0.0, 0.5, 299.9, 300.0)
    ]

    async def go() -> None:
        async with asked(tmp_path, name) as it:
            for node in ("a", "b"):
                times = [NOW - 3_000 + base + (apart if node == "b" else 0) for base, apart in told]
                await it.put(
                    *[record(id=f"{at:032x}", time=time_of(time)) for at, time in enumerate(times)], node=node
                )
            seen = await it.overview()
        assert seen.totals.spread.calls == len(told)

    asyncio.run(go())


def test_a_call_has_one_view_of_each_end(tmp_path: Path, name: str) -> None:
    """A record that comes again, or of an end that has been told of, adds nothing; nor does one that names no end."""

    async def go() -> None:
        async with asked(tmp_path, name) as it:
            await it.put(_seen("client", 3_000, "node-1"))
            await it.put(_seen("client", 2_000, "node-2"), node="b")
            await it.put(_seen("both", 2_000, "node-3"), node="c")
            await it.put(_seen("elsewhere", 2_000, "node-4"), node="d")
            page = await it.engine.records(Question(range="all"), 10, None)
        [call] = map(msgspec.json.decode, page.records)
        assert "view" not in call
        assert "network_us" not in call

    asyncio.run(go())


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
        assert sum(one.spread.bytes or 0 for one in seen.services) == seen.totals.spread.bytes == sizes
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


def test_an_end_that_a_relay_named_is_its_workload(tmp_path: Path, name: str) -> None:
    """Whatever addresses its pods have, and whatever it is called: as the caller and as the service."""
    cart = {"source.name": "shop/cart"}
    orders = {"destination.name": "shop/orders", "server.address": "orders.shop"}

    async def go() -> None:
        async with asked(tmp_path, name) as it:
            await it.put(
                record(**cart, **orders, source_address="10.0.1.1", destination_address="10.0.1.9"),
                record(
                    **cart,
                    **orders | {"server.address": "10.0.1.8"},
                    source_address="10.0.1.2",
                    destination_address="10.0.1.8",
                ),
                record(
                    **{"source.name": "shop/orders"}, server_address="pay.test", source_address="10.0.1.8"
                ),
                record(server_address="pay.test", source_address="10.0.1.1"),
            )
            seen = await it.overview()
            assert {(one.caller, one.addresses, one.service, one.spread.calls) for one in seen.calls} == {
                ("shop/cart", 1, "shop/orders:8080", 2),
                ("shop/orders", 1, "pay.test", 1),
                ("10.0.1.1", 1, "pay.test", 1),
            }
            narrowed = await it.engine.overview(Question(range="all", caller="shop/cart"))
            assert narrowed.totals.spread.calls == 2
            assert len((await it.engine.records(Question(caller="shop/orders"), 9, None)).records) == 1

    asyncio.run(go())


WORKLOADS = ("shop/web", "shop/cart", "shop-two/cart", "sho/p", "shop0", "node-1", None)


def test_a_namespace_narrows_everything(tmp_path: Path, name: str) -> None:
    """To calls from it and to it; not to what begins with its name, nor to what nobody named."""
    made = []
    for number, (source, destination) in enumerate(product(WORKLOADS, WORKLOADS)):
        ends = {"source.name": source, "destination.name": destination}
        named = {end: each for end, each in ends.items() if each is not None}
        status = 500 + number % 2
        made.append(record(**named, server_address="shop", http_response_status_code=status))

    async def go() -> None:
        async with asked(tmp_path, name) as it:
            await it.put(*made)
            for question, ends in (
                (Question(namespace="shop"), ("shop/",)),
                (Question(namespace="shop-two"), ("shop-two/",)),
                (Question(namespace="shop", status=501), ("shop/",)),
                (Question(namespace="shop", caller="shop-two/cart"), ("shop/",)),
                (Question(namespace="node-1"), ("node-1/",)),
                (Question(namespace="sho%"), ("sho%/",)),
            ):
                expected = [
                    each
                    for each in made
                    if f"{each.get('source.name')}".startswith(ends)
                    or f"{each.get('destination.name')}".startswith(ends)
                ]
                if question.status:
                    expected = [
                        one for one in expected if one["http.response.status_code"] == question.status
                    ]
                if question.caller:
                    expected = [one for one in expected if one.get("source.name") == question.caller]
                seen = await it.engine.overview(msgspec.structs.replace(question, range="all"))
                assert seen.totals.spread.calls == len(expected), question
                for part in (seen.services, seen.calls, seen.endpoints, seen.timeline):
                    assert sum(one.spread.calls for one in part) == len(expected), question
                page = await it.engine.records(question, 1_000, None)
                ids = [json.loads(bytes(raw))["id"] for raw in page.records]
                assert ids == [each["id"] for each in reversed(expected)]
                known = (await it.engine.inventory(question, Sought(), 1_000, None)).endpoints
                services = {one.get("destination.name") or "" for one in expected}
                assert {one.service.partition(":")[0] for one in known} == {
                    each if "/" in each else "shop" for each in services
                }
                changes = await it.engine.changes(msgspec.structs.replace(question, range="1h"))
                assert sum(one.now.calls for one in changes.services) == len(expected)

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


def test_what_an_agent_does_now_is_as_it_told_last(tmp_path: Path, name: str) -> None:
    """Interfaces, and records that wait: of its latest run, and of that run's latest batch, whichever comes last."""

    async def go() -> None:
        async with asked(tmp_path, name) as it:
            await it.put(record(), node="n", captured=Captured(time_of(NOW), 10, 0, 0, 0.0, 5, 70))
            it.now += 10
            await it.put(record(), node="n", captured=Captured(time_of(NOW + 1), 30, 0, 0, 0.0, 3, 0))
            it.now += 1
            await it.put(record(), node="n", captured=Captured(time_of(NOW + 1), 20, 0, 0, 0.0, 2, 100))
            [told] = await it.engine.agents(Question())
            assert told.captures == Captures(40, 0, 0, 0.0, None, 3, 0)
            it.now += 1
            await it.put(record(), node="n", captured=captured_since(NOW + 2, 1, 0, 0, 0.0))
            [silent] = await it.engine.agents(Question())
            assert silent.captures == Captures(41, 0, 0, 0.0)

    asyncio.run(go())


def test_what_agents_did_not_deliver(tmp_path: Path, name: str) -> None:
    """What waits is as it was told last; what was lost is the sum of its runs, and a loss like one of packets."""

    async def go() -> None:
        async with asked(tmp_path, name) as it:

            async def told(
                since: int, packets: int, waiting: int, seconds: int | None = None, dropped: int | None = None
            ) -> Captures | None:
                said = Captured(time_of(since), packets, 0, 0, 0.0, None, waiting, seconds, dropped)
                await it.put(record(), node="n", captured=said)
                it.now += 10
                [agent] = await it.engine.agents(Question())
                return agent.captures

            first, second, start = int(NOW), int(NOW) + 1, int(it.now)
            assert await told(first, 10, 7) == Captures(10, 0, 0, 0.0, None, None, 7)
            assert await told(first, 20, 900, 75, 0) == Captures(20, 0, 0, 0.0, None, None, 900, 75, 0)
            assert await told(first, 30, 900, 85, 40) == Captures(
                30, 0, 0, 0.0, start + 20, None, 900, 85, 40
            )
            assert await told(first, 40, 0, 0, 40) == Captures(40, 0, 0, 0.0, start + 20, None, 0, 0, 40)
            assert await told(second, 5, 1, 2, 2) == Captures(45, 0, 0, 0.0, start + 40, None, 1, 2, 42)
            await it.restart()
            [agent] = await it.engine.agents(Question())
            assert agent.captures == Captures(45, 0, 0, 0.0, start + 40, None, 1, 2, 42)

    asyncio.run(go())


def test_agents_are_heard_in_order(tmp_path: Path, name: str) -> None:
    """The latest first, with what they sent in all."""

    async def go() -> None:
        async with asked(tmp_path, name) as it:
            await it.put(record(), node="one")
            it.now += 60
            await it.put(record(), record(), node="two")
            seen = await it.overview()
            assert await it.engine.agents(Question()) == seen.agents
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
                page = await it.engine.records(Question(), 100, before)
                found += [json.loads(bytes(raw))["id"] for raw in page.records]
                before = page.next
                if before is None:
                    break
            assert found == [each["id"] for each in reversed(made)]
            refused = await it.engine.records(Question(kind=4), 1_000, None)
            expected = sum(400 <= each.get("http.response.status_code", 0) < 500 for each in made)
            assert len(refused.records) == expected
            seen = await it.overview()
            one = seen.endpoints[3]
            of_one = await it.engine.records(Question(endpoint=one.number), 1_000, None)
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
        sealed = batch(record(), record(kind="new"))
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


def test_sessions_and_tunnels_are_taken_and_in_no_total(tmp_path: Path, name: str) -> None:
    """They are none of the kinds that are not known, which are refused."""

    async def go() -> None:
        async with asked(tmp_path, name) as it:
            taken = await it.send(
                batch(record(), *[record(kind=kind) for kind in ("tls", "tunnel", "websocket", "new")])
            )
            assert (taken.accepted, taken.rejected) == (4, 1)
            seen = await it.overview()
            assert seen.totals.stored == seen.totals.spread.calls == 1

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
            assert [
                each.template
                for each in (await it.engine.inventory(Question(), Sought(), 10, None)).endpoints
            ] == ["/0"]

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
        assert (await engine.overview(Question(range="all"))).totals.stored == 300
        assert engine.kept.oldest == NOW
        real[0] += 9 * 86_400
        real[1] += 9 * 86_400
        await engine.prune()
        assert (await engine.overview(Question(range="all"))).totals.stored == 0
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
            page = await it.engine.records(Question(endpoint=other.number), 1_000, None)
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
                page = await it.engine.inventory(Question(), Sought(), 10, after)
                found += page.endpoints
                after = page.next
                if after is None:
                    break
            assert sorted(each.template for each in found) == sorted(f"/{number}" for number in range(25))
            three = next(each for each in found if each.template == "/3")
            assert (three.calls, three.failed, three.last - three.first) == (2, 1, 5 * 86_400)

    asyncio.run(go())


ODD = ("obs_fold", "te_and_cl")


def matches(
    each: dict[str, Any], node: str, names: dict[str, str], question: Question, endpoint: Any
) -> bool:
    """Whether a record is one that is asked for, by its own fields."""
    status = each.get("http.response.status_code", 0)
    low, high = question.statuses or (0, 999)
    caller = names.get(each["source.address"], each["source.address"])
    place = each["server.address"], each["server.port"]
    wanted = None if endpoint is None else (endpoint.service, endpoint.method, endpoint.template)
    return (
        low <= status <= high
        and question.caller in (None, caller)
        and question.server in (None, place)
        and question.anomaly in (None, *each.get("anomalies", ()))
        and (question.node is None or question.node in ((None, node), ("test", node)))
        and wanted in (None, (authority(*place), each["http.request.method"], each["url.template"]))
    )


def test_every_filter_narrows_everything(tmp_path: Path, name: str) -> None:
    """Counts of every list, records, endpoints: those of the records that have what is asked for, counted by hand."""
    made = shop(1_200, end=NOW)
    for number, each in enumerate(made):
        if number % 10 == 0:
            each["anomalies"] = list(ODD[: 1 + number % 20 // 10])
    half = len(made) // 2
    nodes = dict.fromkeys([each["id"] for each in made[:half]], "one") | dict.fromkeys(
        [each["id"] for each in made[half:]], "two"
    )
    names = {each["destination.address"]: each["server.address"] for each in made}

    async def go() -> None:
        async with asked(tmp_path, name) as it:
            await it.put(*made[:half], node="one")
            await it.put(*made[half:], node="two")
            whole = await it.overview()
            endpoint = next(one for one in whole.endpoints if one.service == "payments.shop:8080")
            for question in (
                Question(service="orders.shop:8080"),
                Question(service="nobody.shop"),
                Question(caller="api.shop"),
                Question(caller="10.8.0.21", service="web.shop"),
                Question(endpoint=endpoint.number),
                Question(status=404),
                Question(kind=5),
                Question(kind=0),
                Question(kind=4, caller="web.shop"),
                Question(anomaly="obs_fold"),
                Question(anomaly="te_and_cl", service="api.shop", agent="two"),
                Question(agent="one"),
                Question(agent="test/two", kind=5),
                Question(agent="other/two"),
            ):
                of = endpoint if question.endpoint is not None else None
                expected = [each for each in made if matches(each, nodes[each["id"]], names, question, of)]
                seen = await it.engine.overview(msgspec.structs.replace(question, range="all"))
                calls = len(expected)
                assert seen.totals.spread.calls == calls, question
                assert dict(seen.statuses) == Counter(
                    each.get("http.response.status_code", 0) for each in expected
                )
                for part in (seen.services, seen.calls, seen.endpoints, seen.timeline):
                    assert sum(one.spread.calls for one in part) == calls, question
                assert sum(sum(one.trend) for one in seen.endpoints) == calls
                assert {one.service for one in seen.services} == {
                    authority(each["server.address"], each["server.port"]) for each in expected
                }
                if question.statuses is None and calls:
                    size = sum(each.get("http.response.body.size", 0) for each in expected)
                    assert seen.totals.spread.bytes == size
                    assert seen.totals.spread.p50_us is not None
                else:
                    assert seen.totals.spread.p50_us is None
                page = await it.engine.records(question, 1_000, None)
                ids = [json.loads(bytes(raw))["id"] for raw in page.records]
                wanted = [each["id"] for each in reversed(expected)][:1_000]
                assert ids == wanted
                assert [json.loads(bytes(raw))["id"] for raw in seen.records] == wanted[:50]
                known = (await it.engine.inventory(question, Sought(probes=True), 1_000, None)).endpoints
                assert {(one.service, one.method, one.template) for one in known} == {
                    (
                        authority(each["server.address"], each["server.port"]),
                        each["http.request.method"],
                        each["url.template"],
                    )
                    for each in expected
                }

    asyncio.run(go())


def test_a_free_time_is_exact_for_records_and_whole_for_totals(tmp_path: Path, name: str) -> None:
    """Records of just these seconds; totals of the minutes, or of the hours, that these are in, as the window says."""

    async def go() -> None:
        async with asked(tmp_path, name) as it:
            await it.put(*[record(time=time_of(NOW - 10 * number)) for number in range(600)])
            start, end = int(NOW) - 900, int(NOW) - 600
            question = Question(start=start, end=end)
            page = await it.engine.records(question, 1_000, None)
            assert len(page.records) == 30
            seen = await it.engine.overview(question)
            window = seen.window
            assert (window.range, window.start, window.end) == ("free", start // 60 * 60, -(-end // 60) * 60)
            assert seen.totals.spread.calls == sum(
                window.start <= NOW - 10 * number < window.end for number in range(600)
            )
            by_caller = await it.engine.overview(msgspec.structs.replace(question, caller="10.0.0.1"))
            assert by_caller.window.start % 3_600 == by_caller.window.end % 3_600 == 0
            assert by_caller.window.start <= start < end <= by_caller.window.end
            assert (await it.engine.overview(Question(start=0, end=60))).totals.spread.calls == 0

    asyncio.run(go())


def test_what_fails_is_compared_with_before(tmp_path: Path, name: str) -> None:
    """By service and by endpoint, since when, and what became slower; what is as it was is not told."""

    def calls(template: str, ages: range, status: int = 200, took: int = 1_000) -> list[dict[str, Any]]:
        return [
            record(
                time=time_of(NOW - age),
                server_address="shop.test",
                url_template=template,
                http_response_status_code=status,
                duration_us=took,
            )
            for age in ages
        ]

    async def go() -> None:
        async with asked(tmp_path, name) as it:
            await it.put(
                *calls("/broken", range(60, 7_000, 30)),
                *calls("/broken", range(600, 1_200, 60), 503),
                *calls("/broken", range(2_400, 2_401), 500),
                *calls("/always", range(60, 7_000, 100), 500),
                *calls("/slow", range(0, 3_500, 50), took=90_000),
                *calls("/slow", range(3_700, 7_000, 50), took=30_000),
                *calls("/fine", range(60, 7_000, 50)),
            )
            seen = await it.engine.changes(Question(range="1h"))
            assert seen.before_start == seen.window.start - 3_600
            assert [one.template for one in seen.failing] == ["/always", "/broken"]
            always, broken = seen.failing
            assert broken.now.classes[5] == 11
            assert broken.before.classes[5] == 0
            # one failure 20 minutes earlier was another story
            assert broken.since == (int(NOW) - 1_140) // 60 * 60
            assert broken.last == (int(NOW) - 600) // 60 * 60
            assert always.since is not None
            assert always.since < seen.window.start
            assert always.before.classes[5] == pytest.approx(always.now.classes[5], abs=2)
            [service] = seen.services
            assert (service.service, service.number) == ("shop.test", None)
            assert service.now.classes[5] == always.now.classes[5] + 11
            [slow] = seen.slower
            assert slow.template == "/slow"
            assert slow.now.p95_us == pytest.approx(90_000, rel=0.1)
            assert slow.before.p95_us == pytest.approx(30_000, rel=0.1)
            only = await it.engine.changes(Question(range="1h", status=503))
            assert [one.now.calls for one in only.failing] == [10]
            assert (await it.engine.changes(Question(range="1h", service="other.test"))).failing == []

    asyncio.run(go())


def test_a_call_of_grpc_fails_by_its_own_status(tmp_path: Path, name: str) -> None:
    """A 200 with status 13 is a failure in totals, by service and endpoint, in what fails and in the inventory."""

    def calls(number: int, code: int | None, status: int | None = 200, *tags: str) -> list[dict[str, Any]]:
        fields = {"rpc.system": "grpc", "rpc.grpc.status_code": code, "anomalies": [*tags] or None}
        template = "/shop.v1.Orders/Get"
        return [
            record(url_template=template, http_response_status_code=status, **fields) for _ in range(number)
        ]

    async def go() -> None:
        async with asked(tmp_path, name) as it:
            await it.put(
                *calls(8, 0),
                *calls(4, 13),
                *calls(2, None),
                *calls(1, None, 200, "client_closed", "rpc_deadline"),
                *calls(1, 14, 503),
                *calls(1, None, None, "unanswered"),
            )
            seen = await it.overview()
            assert dict(seen.statuses) == {0: 1, 200: 10, 503: 1, 1004: 1, 1013: 4}
            assert seen.totals.spread.classes == (1, 0, 10, 0, 0, 6)
            assert [one.spread.classes[5] for one in seen.services] == [6]
            assert [one.spread.classes[5] for one in seen.endpoints] == [6]
            changes = await it.engine.changes(Question(range="1h"))
            assert [one.now.classes[5] for one in changes.failing] == [6]
            inventory = await it.engine.inventory(Question(), Sought(), 10, None)
            assert [one.failed for one in inventory.endpoints] == [6]
            page = await it.engine.records(Question(status=1013), 10, None)
            assert [json.loads(bytes(line))["rpc.grpc.status_code"] for line in page.records] == [13] * 4
            assert len((await it.engine.records(Question(kind=5), 10, None)).records) == 6
            only = await it.engine.overview(Question(range="all", status=1013))
            assert only.totals.spread.calls == 4

    asyncio.run(go())


def test_what_is_odd_is_found(tmp_path: Path, name: str) -> None:
    """Anomalies by service and client; credentials in the clear; scanners, who are no part of the inventory."""
    scanner = {"source_address": "192.0.2.66", "http_response_status_code": 404}

    async def go() -> None:
        async with asked(tmp_path, name) as it:
            await it.put(
                *[record(url_template=f"/probe-{number}", **scanner) for number in range(30)],
                record(url_template="/there", source_address="192.0.2.66"),
                record(url_template="/there", http_response_status_code=404),
                *[record(anomalies=["obs_fold", "NOT A TAG"]) for _ in range(3)],
                record(
                    url_template="/login",
                    **{"http.request.header.names": ["host", "authorization"], "url.query.keys": ["token"]},
                ),
                record(url_template="/login", **{"http.request.header.names": ["host"]}),
            )
            seen = await it.engine.findings(Question())
            assert {(one.anomaly, one.service, one.caller, one.calls) for one in seen.anomalies} == {
                ("obs_fold", "shop.example", "10.0.0.1", 3),
                (OTHER, "shop.example", "10.0.0.1", 3),
            }
            [clear] = seen.cleartext
            assert (clear.service, clear.credentials) == ("shop.example", ["?token", "authorization"])
            assert clear.endpoints == 1
            [one] = seen.scanners
            assert (one.caller, one.paths, one.services, one.asked, one.calls) == (
                "192.0.2.66",
                30,
                1,
                30,
                31,
            )
            narrow = await it.engine.findings(Question(anomaly="obs_fold"))
            assert {one.anomaly for one in narrow.anomalies} == {"obs_fold"}

            real = (await it.engine.inventory(Question(), Sought(), 100, None)).endpoints
            assert {one.template for one in real} == {"/there", "/login", "/users/{id}"}
            probes = (await it.engine.inventory(Question(), Sought(probes=True), 100, None)).endpoints
            assert sum(one.probe for one in probes) == 30
            login = next(one for one in real if one.template == "/login")
            assert (login.credentials, login.anonymous) == (["?token", "authorization"], True)

    asyncio.run(go())


def test_the_inventory_knows_what_endpoints_are_like(tmp_path: Path, name: str) -> None:
    """Callers, statuses, types, keys, versions; found by a part of its name, and by when it was first called."""
    like = {
        "http.request.content_type": "application/json",
        "http.response.content_type": "text/html",
        "url.query.keys": ["page", "size"],
        "network.protocol.version": "1.1",
    }

    async def go() -> None:
        async with asked(tmp_path, name) as it:
            old = NOW - 3 * 86_400
            await it.put(record(url_template="/old", time=time_of(old)))
            await it.put(
                record(url_template="/New", http_request_method="POST", **like),
                record(
                    url_template="/New",
                    http_request_method="POST",
                    source_address="10.0.0.9",
                    http_response_status_code=500,
                    **like,
                ),
                record(url_template="/old"),
                *[record(url_template="/many", **{"url.query.keys": [f"key-{n}"]}) for n in range(100)],
            )

            async def found(**sought: Any) -> dict[str, Any]:
                page = await it.engine.inventory(Question(), Sought(**sought), 100, None)
                return {one.template: one for one in page.endpoints}

            new = (await found())["/New"]
            assert (new.callers, new.statuses, new.calls, new.failed) == (2, [(200, 1), (500, 1)], 2, 1)
            assert (new.request_types, new.response_types) == (["application/json"], ["text/html"])
            assert (new.query_keys, new.versions) == (["page", "size"], ["1.1"])
            assert set(await found(search="post /new")) == {"/New"}
            assert set(await found(search="shop.EXAMPLE")) == {"/New", "/old", "/many"}
            assert set(await found(since=int(old) + 86_400)) == {"/New", "/many"}
            assert (
                len((await found())["/many"].query_keys) <= 20
            )  # whoever invents keys is not believed for ever

    asyncio.run(go())


def _named(name: str | None, address: str = "10.0.0.9", **fields: Any) -> dict[str, Any]:
    """A session of TLS with that server, whose client asked for this name."""
    asked_for = {"server_address": name, "destination_address": address, "destination_port": 443}
    return record(kind="tls", **asked_for, **fields)


OLD = int(NOW) // 3_600 * 3_600 - 30 * 3_600
"""An hour, long before."""


def test_what_could_not_be_read_is_told_by_server(tmp_path: Path, name: str) -> None:
    """With the names that clients of TLS have for it, and by whom it was seen."""
    hour = int(NOW) // 3_600 * 3_600

    async def go() -> None:
        async with asked(tmp_path, name) as it:
            await it.put(
                record(),
                unread(),
                unread(unread_bytes=7_000, unread_connections=0),
                unread(time=time_of(OLD), unread_bytes=100, unread_connections=1),
                unread(server_address="2001:DB8::1", network_protocol_name="ssh", unread_reason="not_read"),
                _named("pay.example", time=time_of(OLD)),
                *[_named(text) for text in ("b.example", "a.example", "c.example", "a.example", None)],
                _named("else.example", "10.0.0.8"),
                node="node-1",
            )
            lost = {"server_address": None, "server_port": None, "network_protocol_name": None}
            await it.put(unread(**lost, unread_reason="unrecognized"), unread(unread_bytes=1), node="node-2")
            await it.restart()
            everything = await it.overview()
            found = [
                (one.server, one.protocol, one.reason, one.connections, one.bytes)
                for one in everything.unread
            ]
            assert found == [
                ("10.0.0.9:443", "tls", "encrypted", 5, 12_101),
                (None, None, "unrecognized", 2, 5_000),
                ("[2001:db8::1]:443", "ssh", "not_read", 2, 5_000),
            ]
            assert everything.totals.unread_bytes == 22_101
            [most, *others] = everything.unread
            assert (most.agents, most.last) == (2, hour)
            assert most.names == ["a.example", "b.example", "c.example"]
            assert [one.names for one in others] == [[], []]
            assert (everything.totals.spread.calls, everything.totals.stored) == (1, 1)
            assert (everything.window.start, everything.window.end) == (OLD, hour + 3_600)

            lately = await it.overview("1h")
            assert lately.totals.unread_bytes == 22_001
            for question, size in (
                (Question(range="all", agent="node-2"), 5_001),
                (Question(range="all", agent="test/node-1"), 17_100),
                (Question(range="all", agent="other/node-1"), 0),
                (Question(range="all", service="10.0.0.9:443"), 12_101),
                (Question(start=OLD, end=OLD + 60), 100),
            ):
                answer = await it.engine.overview(question)
                assert answer.totals.unread_bytes == sum(one.bytes for one in answer.unread) == size, question

    asyncio.run(go())


def test_what_could_not_be_read_counts_once(tmp_path: Path, name: str) -> None:
    """Whatever batches bring its record, and however often."""
    one, other = unread(), unread(unread_bytes=1)

    async def go() -> None:
        async with asked(tmp_path, name) as it:
            sealed = batch(one)
            assert (await it.send(sealed)).accepted == 1
            assert (await it.send(sealed)).duplicate
            assert (await it.put(one, other, other, record())).accepted == 4
            await it.restart()
            await it.put(other)
            seen = await it.overview()
            assert seen.totals.unread_bytes == 5_001
            assert [each.connections for each in seen.unread] == [4]

    asyncio.run(go())


def test_a_capture_of_which_nothing_was_read_is_shown_unasked(tmp_path: Path, name: str) -> None:
    """However old it is; and what comes in at present has its last hour."""

    async def go() -> None:
        async with asked(tmp_path, name) as it:
            await it.put(unread(time=time_of(OLD + 100)))
            seen = await it.overview(None)
            assert (seen.window.range, seen.window.start, seen.window.end) == ("all", OLD, OLD + 3_600)
            assert seen.totals.unread_bytes == 5_000
            await it.put(unread(unread_bytes=1))
            seen = await it.overview(None)
            assert (seen.window.range, seen.totals.unread_bytes) == ("1h", 1)

    asyncio.run(go())


def test_names_that_clients_make_up_are_bounded(tmp_path: Path, name: str) -> None:
    """Of one server, the first twenty are kept; they are none of another server."""

    async def go() -> None:
        async with asked(tmp_path, name) as it:
            await it.put(unread(), unread(server_address="10.0.0.8"), _named("z.example", "10.0.0.8"))
            await it.put(*[_named(f"{number:03}.example") for number in range(30, 0, -1)])
            seen = await it.overview()
            assert {one.server: one.names for one in seen.unread} == {
                "10.0.0.9:443": ["011.example", "012.example", "013.example"],
                "10.0.0.8:443": ["z.example"],
            }

    asyncio.run(go())


def test_what_could_not_be_read_is_forgotten_with_totals(tmp_path: Path, name: str) -> None:
    """After `rollup_hours`, by when it came."""

    async def go() -> None:
        async with asked(tmp_path, name, retention_hours=1, rollup_hours=24) as it:
            await it.put(record(), unread())
            it.now += 20 * 3_600
            await it.engine.prune()
            assert (await it.overview()).totals.unread_bytes == 5_000
            it.now += 30 * 3_600
            await it.engine.prune()
            assert (await it.overview()).totals.unread_bytes == 0

    asyncio.run(go())
