"""Which totals a question reads; what it then answers is in test_engine."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from interceptor.collector.queries import Queries
from interceptor.collector.question import Question
from interceptor.collector.selection import choose, previous
from tests.collector.test_store import Clock, incoming, opened
from tests.support.records import NOW, batch, record

if TYPE_CHECKING:
    from pathlib import Path

DAY = 86_400


@pytest.mark.parametrize(
    ("question", "span"),
    [
        (Question(range="1h"), 60),
        (Question(range="24h"), 3_600),
        (Question(range="15m", caller="10.0.0.1"), 3_600),
        (Question(start=int(NOW) - 60 * DAY), DAY),
        (Question(start=int(NOW) - 600, end=int(NOW)), 60),
        (Question(start=0), DAY),
    ],
)
def test_a_window_is_whole_spans(tmp_path: Path, question: Question, span: int) -> None:
    """And at most so many points of a time line; the time before it is as long, and ends where it begins."""

    async def go() -> None:
        async with opened(tmp_path) as store:
            await store.take(incoming(batch(record())))
            queries = Queries(store.path, Clock())
            chosen = choose(queries._database, question, int(NOW))
            window = chosen.window
            assert (chosen.values["span"], window.start % span, window.end % span) == (span, 0, 0)
            assert window.slot % span == 0
            assert (window.end - window.start) / window.slot <= 96
            before = previous(question, chosen).window
            assert (before.end, before.end - before.start) == (window.start, window.end - window.start)
            await queries.close()

    asyncio.run(go())
