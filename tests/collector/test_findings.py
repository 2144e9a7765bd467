"""Who is told to be a scanner; the rest of what is found is in test_engine."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from interceptor.collector.queries import Queries
from interceptor.collector.question import Question
from tests.collector.test_store import Clock, incoming, opened
from tests.support.records import batch, record

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(("in_vain", "others", "told"), [(20, 20, True), (19, 0, False), (30, 31, False)])
def test_a_scanner_asks_mostly_in_vain(tmp_path: Path, in_vain: int, others: int, told: bool) -> None:
    """Twenty calls, and half of all: an old link is asked for less, a busy client has other calls."""
    made = [record(url_template="/.env", http_response_status_code=404) for _ in range(in_vain)]

    async def go() -> None:
        async with opened(tmp_path) as store:
            await store.take(incoming(batch(*made, *[record() for _ in range(others)])))
            queries = Queries(store.path, Clock())
            found = await queries.findings(Question())
            assert bool(found.scanners) is told
            await queries.close()

    asyncio.run(go())
