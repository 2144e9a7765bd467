"""Questions in SQL: what they read, and what they hold. What they answer is in test_engine."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from interceptor.collector.queries import Queries
from interceptor.collector.question import Question
from tests.collector.test_store import Clock, incoming, opened
from tests.support.records import batch, record

if TYPE_CHECKING:
    from pathlib import Path


def test_records_of_a_class_are_found_by_an_index(tmp_path: Path) -> None:
    """A page of the few that failed does not read all the others."""

    async def go() -> None:
        async with opened(tmp_path) as store:
            await store.take(incoming(batch(record(http_response_status_code=503), record())))
            queries = Queries(store.path, Clock())
            asked: list[str] = []
            queries._database.set_trace_callback(asked.append)
            for kind in (5, 2):
                assert len((await queries.records(Question(kind=kind), 10, None)).records) == 1
            queries._database.set_trace_callback(None)
            plans = [
                str(queries._database.execute(f"EXPLAIN QUERY PLAN {question}").fetchall())
                for question in asked
                if "FROM records" in question and "FROM views" not in question
            ]
            assert ["records_by_class" in plan for plan in plans] == [True, False]
            await queries.close()

    asyncio.run(go())
