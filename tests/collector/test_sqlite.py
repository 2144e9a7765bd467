"""SQLite as an engine: what is its own. What every engine must hold is in test_engine."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING

import pytest

from interceptor.collector.engine import Engine, UnavailableError
from interceptor.collector.question import Question
from interceptor.collector.sqlite import Sqlite
from interceptor.config import Collector
from tests.collector.test_store import ask, fat, incoming
from tests.support.records import NOW, batch

if TYPE_CHECKING:
    from pathlib import Path


def test_damage_found_by_a_question_is_told_by_all(tmp_path: Path) -> None:
    """Whoever asks gets no defect but a reason; and the collector is not ready, before a batch comes."""

    async def go() -> None:
        path = tmp_path / "collector.db"
        made = Sqlite(Collector(database=path), lambda: NOW)
        await made.take(incoming(batch(*fat(100))))
        await made.close()
        ((root,),) = ask(tmp_path, "SELECT rootpage FROM sqlite_schema WHERE name = 'totals'")
        with path.open("r+b") as file:
            file.seek(4_096 * (root - 1))
            file.write(os.urandom(4_096))
        engine: Engine = Sqlite(Collector(database=path), lambda: NOW)
        assert engine.problem is None
        with pytest.raises(UnavailableError, match="damaged"):
            await engine.overview(Question(range="all"))
        assert "move it away" in str(engine.problem)
        await engine.close()

    asyncio.run(go())
