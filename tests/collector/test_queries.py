"""What the database says, against what is counted by hand."""

from __future__ import annotations

import asyncio
import json
import statistics
from collections import Counter, defaultdict
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interceptor.collector.queries import RANGES, Queries, percentile
from interceptor.collector.store import Store
from interceptor.config import Collector
from interceptor.delivery.batches import unpack
from interceptor.ingest.api import Incoming
from interceptor.ingest.lines import check
from tests.support.records import NOW, batch, record, shop, time_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from interceptor.collector.queries import Overview, Range


class Asked:
    """A store, and questions to it."""

    def __init__(self, store: Store, queries: Queries) -> None:
        self.store = store
        self.queries = queries

    async def put(self, *records: dict[str, Any], **origin: Any) -> None:
        """Store these."""
        sealed = batch(*records, **origin)
        text = unpack(sealed.body, sealed.encoding, 2**30)
        await self.store.take(Incoming(check(text).header, sealed.body, sealed.encoding, text))

    async def overview(self, chosen: Range | None = "all") -> Overview:
        """Everything."""
        return await self.queries.overview(chosen)


@asynccontextmanager
async def asked(folder: Path, now: float = NOW) -> AsyncIterator[Asked]:
    """A new database, asked at a moment."""
    store = Store(Collector(database=folder / "a folder" / "collector.db"), lambda: now)
    queries = Queries(store.path, lambda: now)
    try:
        yield Asked(store, queries)
    finally:
        await queries.close()
        await store.close()


def test_what_is_shown_is_what_was_sent(tmp_path: Path) -> None:
    """Calls by service, pair, endpoint and status, and the totals, counted once more by hand."""
    made = shop(4_000, end=NOW)
    names = {each["destination.address"]: each["server.address"] for each in made}

    async def go() -> None:
        async with asked(tmp_path) as it:
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


def test_percentiles_are_within_five_percent(tmp_path: Path) -> None:
    """Of each endpoint, against the sorted latencies."""
    made = shop(6_000, end=NOW)
    by_endpoint = defaultdict(list)
    for each in made:
        if "duration_us" in each:
            key = (each["server.address"], each["http.request.method"], each["url.template"])
            by_endpoint[key].append(each["duration_us"])

    async def go() -> None:
        async with asked(tmp_path) as it:
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


@given(
    st.lists(st.tuples(st.integers(0, 100), st.integers(1, 1_000)), max_size=10),
    st.sampled_from([0.5, 0.95, 0.99]),
)
def test_percentiles_are_in_order(buckets: list[tuple[int, int]], share: float) -> None:
    """Between the first bucket and the last, and none without calls."""
    counted = sorted(Counter(dict(buckets)).items())
    found = percentile(counted, share)
    if not counted:
        assert found is None
        return
    last = percentile(counted, 1.0)
    assert found is not None
    assert last is not None
    assert 0 <= found <= last


def test_a_caller_is_named_only_where_its_address_says_one_thing(tmp_path: Path) -> None:
    """An ingress that is called by two names stays an address: nothing is guessed."""

    async def go() -> None:
        async with asked(tmp_path) as it:
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


def test_services_are_written_as_in_urls(tmp_path: Path) -> None:
    """Port 80 is left out, an IPv6 address has brackets."""

    async def go() -> None:
        async with asked(tmp_path) as it:
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
def test_a_range_is_of_the_records_own_time(tmp_path: Path, chosen: Range | None, calls: int) -> None:
    """However late they came."""

    async def go() -> None:
        async with asked(tmp_path) as it:
            for back in (60, 30 * 60, 5 * 3_600, 3 * 86_400, 400 * 86_400):
                await it.put(record(time=time_of(NOW - back)))
            seen = await it.overview(chosen)
        assert seen.totals.spread.calls == calls
        assert sum(slot.spread.calls for slot in seen.timeline) == calls
        assert sum(sum(one.trend) for one in seen.endpoints) == calls
        assert seen.window.start <= seen.window.end
        assert (seen.window.end - seen.window.start) / seen.window.slot <= 97

    asyncio.run(go())


def test_an_old_capture_is_shown_unasked(tmp_path: Path) -> None:
    """Nothing in the last hour: all there is, as wide as it is, by the minute where it is short."""

    async def go() -> None:
        async with asked(tmp_path) as it:
            long_ago = NOW - 400 * 86_400
            await it.put(*[record(time=time_of(long_ago + 10 * number)) for number in range(30)])
            seen = await it.overview(None)
        assert seen.window.range == "all"
        assert seen.window.slot == 60
        assert seen.totals.spread.calls == 30
        assert 5 <= len(seen.timeline) <= 6
        assert seen.window.end - seen.window.start <= 6 * 60

    asyncio.run(go())


def test_an_empty_database_has_an_overview(tmp_path: Path) -> None:
    """Zeros, and no latencies."""

    async def go() -> None:
        async with asked(tmp_path) as it:
            for chosen in (*RANGES, None):
                seen = await it.overview(chosen)
                assert (seen.totals.stored, seen.services, seen.agents, seen.records) == (0, [], [], [])
                assert seen.totals.spread.p95_us is None

    asyncio.run(go())


def test_agents_are_heard_in_order(tmp_path: Path) -> None:
    """The latest first, with what they sent in all."""
    now = NOW

    async def go() -> None:
        store = Store(Collector(database=tmp_path / "collector.db"), lambda: now)
        queries = Queries(store.path, lambda: now)
        it = Asked(store, queries)
        nonlocal_now(0)
        await it.put(record(), node="one")
        nonlocal_now(60)
        await it.put(record(), record(), node="two")
        seen = await it.overview()
        assert [(each.node, each.records, each.last) for each in seen.agents] == [
            ("two", 2, int(NOW) + 60),
            ("one", 1, int(NOW)),
        ]
        await queries.close()
        await store.close()

    def nonlocal_now(seconds: float) -> None:
        nonlocal now
        now = NOW + seconds

    asyncio.run(go())


def test_records_come_in_pages(tmp_path: Path) -> None:
    """The newest first, each once, of one endpoint or one class if asked for."""
    made = shop(250, end=NOW)

    async def go() -> None:
        async with asked(tmp_path) as it:
            await it.put(*made)
            found: list[str] = []
            before = None
            while True:
                page = await it.queries.records(100, before, None, None)
                found += [json.loads(bytes(raw))["id"] for raw in page.records]
                before = page.next
                if before is None:
                    break
            assert found == [each["id"] for each in reversed(made)]
            refused = await it.queries.records(1_000, None, None, 4)
            expected = sum(400 <= each.get("http.response.status_code", 0) < 500 for each in made)
            assert len(refused.records) == expected
            seen = await it.overview()
            one = seen.endpoints[3]
            of_one = await it.queries.records(1_000, None, one.number, None)
            assert {json.loads(bytes(raw))["url.template"] for raw in of_one.records} == {one.template}
            assert len(of_one.records) == one.spread.calls

    asyncio.run(go())


def test_a_question_sees_whole_batches(tmp_path: Path) -> None:
    """Asked while batches are stored, the parts of an overview agree."""
    made = shop(3_000, end=NOW)

    async def go() -> None:
        async with asked(tmp_path) as it:

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
