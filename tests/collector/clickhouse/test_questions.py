"""What ClickHouse answers is what SQLite answers, of the same records, whatever is closed."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from interceptor.collector.answers import RANGES, Overview, Sought
from interceptor.collector.clickhouse.engine import Clickhouse
from interceptor.collector.question import Question
from interceptor.collector.sqlite import Sqlite
from interceptor.config import Collector
from tests.collector.test_store import incoming
from tests.support.clickhouse import store_for
from tests.support.records import NOW, batch, record, shop, time_of

if TYPE_CHECKING:
    from pathlib import Path

    from interceptor.collector.engine import Engine

pytestmark = pytest.mark.xdist_group("clickhouse")


def comparable(seen: Overview) -> dict[str, Any]:
    """Without what each engine numbers for itself, and in an order of its own where calls are equal."""
    whole: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(seen))
    for part in ("services", "calls", "endpoints", "agents"):
        for one in whole[part]:
            one.pop("number", None)
        whole[part].sort(key=repr)
    return whole


def test_both_engines_say_the_same(tmp_path: Path) -> None:
    """Of each range: before hours are closed, and after; of diverse times, ports, callers and answers."""
    made = [
        *shop(600, end=NOW, seconds=600),
        *shop(600, end=NOW - 7_200, seconds=40 * 3_600, seed=2),
        *shop(200, end=NOW - 86_400, seconds=20 * 86_400, seed=3),
        record(duration_us=None, http_response_status_code=None),
        record(duration_us=0, http_response_status_code=999, server_address="2001:db8::1"),
        record(duration_us=2**53, http_response_body_size=2**53, time=time_of(86_400)),
    ]
    now = [NOW]

    def clock() -> float:
        return now[0]

    async def go() -> None:
        folder = tmp_path / "c.db"
        engines: list[Engine] = [
            Sqlite(Collector(database=folder), clock, clock),
            Clickhouse(Collector(store=store_for(folder)), clock, clock),
        ]
        for engine in engines:
            for start in range(0, len(made), 700):
                await engine.take(incoming(batch(*made[start : start + 700], created=NOW)))
        for later in (0, 3_600 * 2):
            now[0] = NOW + later
            for engine in engines:
                await engine.prune()
            for chosen in (*RANGES, None):
                seen = [comparable(await engine.overview(Question(range=chosen))) for engine in engines]
                assert seen[1] == seen[0], (later, chosen)
            inventories = [
                await engine.inventory(Question(), Sought(probes=True), 1_000, None) for engine in engines
            ]
            shown = [
                sorted(
                    (one.service, one.method, one.template, one.first, one.last, one.calls, one.failed)
                    for one in all_.endpoints
                )
                for all_ in inventories
            ]
            assert shown[1] == shown[0]
        for engine in engines:
            await engine.close()

    asyncio.run(go())
