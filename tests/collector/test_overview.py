"""What an overview holds at most; what it says is in test_engine."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from interceptor.collector import overview
from interceptor.collector.queries import Queries
from interceptor.collector.question import Question
from tests.collector.test_store import Clock, incoming, opened
from tests.support.records import batch, record

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_lists_are_those_called_most(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As many as are shown; the totals count all. Of some statuses, those with most of these."""
    monkeypatch.setattr(overview, "ROWS", 3)
    made = [
        record(server_address=f"s{number}.test", source_address=f"10.0.1.{number}")
        for number in range(9)
        for _ in range(number)
    ]
    failed = [record(server_address="s0.test", http_response_status_code=500) for _ in range(2)]

    async def go() -> None:
        async with opened(tmp_path) as store:
            await store.take(incoming(batch(*made, *failed)))
            queries = Queries(store.path, Clock())
            seen = await queries.overview(Question())
            for part in (seen.services, seen.calls, seen.endpoints):
                assert [one.service for one in part] == ["s8.test", "s7.test", "s6.test"]
            assert (seen.totals.services, seen.totals.endpoints, seen.totals.callers) == (9, 9, 9)
            assert seen.totals.spread.calls == 38
            seen = await queries.overview(Question(kind=5))
            assert [one.service for one in seen.services] == ["s0.test"]
            await queries.close()

    asyncio.run(go())
