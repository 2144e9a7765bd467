"""What the collector's SQLite database says: the connection that reads, and the thread that uses it.

Owns how questions are asked of SQLite, and those about single records and about agents; `overview`, `changes`,
`inventory` and `findings` have the others. Refuses to change anything: its connection is read only, and sees whole
batches. Everything but single records is answered from totals, so an answer costs the same for a thousand calls of an
endpoint as for a million.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from interceptor.collector import blocks, losses
from interceptor.collector.answers import Agent, Page
from interceptor.collector.changes import changes
from interceptor.collector.database import open_for_reading
from interceptor.collector.findings import findings
from interceptor.collector.inventory import inventory, probed
from interceptor.collector.measures import AGENTS, RECENT, records_within
from interceptor.collector.overview import overview, prepare
from interceptor.collector.selection import answered, narrowed
from interceptor.collector.views import together

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from interceptor.collector.answers import Changes, Findings, Inventory, Overview, Sought
    from interceptor.collector.question import Question

__all__ = ["Queries"]

_Answer = TypeVar("_Answer")


class Queries:
    """A read-only connection, and the thread that uses it."""

    def __init__(self, path: Path, clock: Callable[[], float]) -> None:
        self._database = open_for_reading(path)
        self._database.create_function("answered", 3, answered, deterministic=True)
        self._database.create_function("probed", 1, probed, deterministic=True)
        prepare(self._database)
        self._clock = clock
        self._thread = ThreadPoolExecutor(1, "queries")

    async def overview(self, question: Question) -> Overview:
        """Everything at once, of one moment."""
        return await self._run(lambda: self._overview(question))

    async def records(self, question: Question, limit: int, before: int | None) -> Page:
        """Records as they came, the newest first."""
        return await self._run(lambda: self._page(question, limit, before))

    async def inventory(self, question: Question, sought: Sought, limit: int, after: int | None) -> Inventory:
        """Endpoints with the numbers above `after`, in order."""
        return await self._run(
            lambda: inventory(self._database, question, int(self._clock()), sought, limit, after)
        )

    async def changes(self, question: Question) -> Changes:
        """What fails and what became slower, against as much time before."""
        return await self._run(lambda: changes(self._database, question, int(self._clock())))

    async def findings(self, question: Question) -> Findings:
        """What is odd, in the clear, or asked for in vain."""
        return await self._run(lambda: findings(self._database, question, int(self._clock())))

    async def agents(self, question: Question) -> list[Agent]:
        """Who sent batches, who was heard last first."""
        return await self._run(lambda: self._agents(question))

    async def close(self) -> None:
        """Finish what is being read."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._database.close)
        self._thread.shutdown()

    async def _run(self, question: Callable[[], _Answer]) -> _Answer:
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._at_once, question)

    def _at_once(self, question: Callable[[], _Answer]) -> _Answer:
        self._database.execute("BEGIN")  # one snapshot for all that is asked
        try:
            return question()
        finally:
            if self._database.in_transaction:
                self._database.execute("ROLLBACK")  # and what was noted for it is forgotten

    def _overview(self, question: Question) -> Overview:
        agents, latest = self._agents(question), self._page(question, RECENT, None)
        now = int(self._clock())
        return overview(self._database, question, now, agents, latest.records, self._stored())

    def _stored(self) -> int:
        # numbers of records have no holes; two questions, because SQLite finds one end by the index, and both at once
        # by reading everything
        [(first, last)] = self._all(
            "SELECT (SELECT min(number) FROM records), (SELECT max(number) FROM records)", {}
        )
        return 0 if first is None else last - first + 1

    def _agents(self, question: Question) -> list[Agent]:
        captured = losses.captures(self._database)
        cluster, node = question.node or (None, None)
        rows = self._all(
            "SELECT cluster, node, program, first, last, batches, records FROM agents"
            " WHERE (:node IS NULL OR node = :node) AND (:cluster IS NULL OR cluster = :cluster)"
            " ORDER BY last DESC, node LIMIT :limit",
            {"limit": AGENTS, "cluster": cluster, "node": node},
        )
        return [
            Agent(cluster, node, program, first, last, batches, records, captured.get((cluster, node)))
            for cluster, node, program, first, last, batches, records in rows
        ]

    def _page(self, question: Question, limit: int, before: int | None) -> Page:
        """From the newest on, or along an index: of an endpoint, a class of status, an anomaly.

        Of anything else that is rare, each record's row is looked at: some tenth of a second for a million.
        """
        rows, values = narrowed(question, records_within(question, int(self._clock())))
        values |= {"before": 2**63 - 1 if before is None else before, "limit": limit}
        numbers = [
            number
            for (number,) in self._all(
                f"{rows} AND number < :before ORDER BY number DESC LIMIT :limit", values
            )
        ]
        found = []
        first, lines = 2**63, [b""]
        for number in numbers:
            if number < first:
                [(first, text)] = self._all(
                    "SELECT first, text FROM lines WHERE first <= :number ORDER BY first DESC LIMIT 1",
                    {"number": number},
                )
                lines = blocks.unpacked(text)
            views = self._all(
                "SELECT text FROM views WHERE id = (SELECT id FROM records WHERE number = :number)",
                {"number": number},
            )
            found.append(msgspec.Raw(together(lines[number - first], [text for (text,) in views])))
        return Page(found, numbers[-1] if len(numbers) == limit else None)

    def _all(self, question: str, values: dict[str, Any]) -> list[Any]:
        return self._database.execute(question, values).fetchall()
