"""What is told of changes at most; what is compared is in test_engine."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from interceptor.collector import changes
from interceptor.collector.queries import Queries
from interceptor.collector.question import Question
from tests.collector.test_store import Clock, incoming, opened
from tests.support.records import batch, record

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_those_that_failed_most_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Endpoints and services, each as many as are shown."""
    monkeypatch.setattr(changes, "FAILING", 2)
    failed = [
        record(server_address=f"s{number}.test", http_response_status_code=500)
        for number in range(5)
        for _ in range(number)
    ]

    async def go() -> None:
        async with opened(tmp_path) as store:
            await store.take(incoming(batch(*failed, record(server_address="s0.test"))))
            queries = Queries(store.path, Clock())
            seen = await queries.changes(Question(range="all"))
            for part in (seen.services, seen.failing):
                assert [(one.service, one.now.classes[5]) for one in part] == [("s4.test", 4), ("s3.test", 3)]
            await queries.close()

    asyncio.run(go())
