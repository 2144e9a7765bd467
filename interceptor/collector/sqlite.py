"""SQLite as an engine: one file, one writer, readers beside it.

Owns how `store` and `queries` are one. Refuses work of its own.
"""

from __future__ import annotations

import sqlite3
import time
from typing import TYPE_CHECKING, Final, TypeVar

from interceptor.collector.engine import Kept, UnavailableError
from interceptor.collector.queries import Queries
from interceptor.collector.store import Store

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from interceptor.collector.answers import Agent, Changes, Findings, Inventory, Overview, Page, Sought
    from interceptor.collector.question import Question
    from interceptor.config import Collector
    from interceptor.ingest.api import Incoming, Taken

__all__ = ["Sqlite"]

_Answer = TypeVar("_Answer")


class Sqlite:
    """The database in a file of this machine. An `Engine`."""

    def __init__(
        self, config: Collector, clock: Callable[[], float], monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        """Open or make it.

        Raises:
            UsageError: it cannot be had, or another collector has it.
            InterceptorError: it is damaged.

        """
        self.store: Final = Store(config, clock, monotonic)
        self._queries = Queries(self.store.path, clock)

    async def version(self) -> str:
        """Another one after every change, and every start."""
        return f"{self.store.started:x}-{self.store.version}"

    @property
    def kept(self) -> Kept:
        """How much there is."""
        return Kept(self.store.records, self.store.size, self.store.pruned, self.store.oldest)

    @property
    def problem(self) -> str | None:
        """Why batches cannot be kept at present."""
        return self.store.problem

    async def take(self, batch: Incoming) -> Taken:
        """Keep a batch, unless it is there."""
        return await self.store.take(batch)

    async def overview(self, question: Question) -> Overview:
        """Everything at once, of one moment."""
        return await self._ask(self._queries.overview(question))

    async def records(self, question: Question, limit: int, before: int | None) -> Page:
        """Records as they came, the newest first."""
        return await self._ask(self._queries.records(question, limit, before))

    async def inventory(self, question: Question, sought: Sought, limit: int, after: int | None) -> Inventory:
        """Endpoints with the numbers above `after`, in order."""
        return await self._ask(self._queries.inventory(question, sought, limit, after))

    async def changes(self, question: Question) -> Changes:
        """What fails and what became slower, against as much time before."""
        return await self._ask(self._queries.changes(question))

    async def findings(self, question: Question) -> Findings:
        """What is odd, in the clear, or asked for in vain."""
        return await self._ask(self._queries.findings(question))

    async def agents(self, question: Question) -> list[Agent]:
        """Who sent batches, who was heard last first."""
        return await self._ask(self._queries.agents(question))

    async def prune(self) -> None:
        """Remove what is too old or too much, once."""
        await self.store.prune()

    async def close(self) -> None:
        """Finish what is under way."""
        await self._queries.close()
        await self.store.close()

    async def _ask(self, question: Awaitable[_Answer]) -> _Answer:
        try:
            return await question
        except sqlite3.DatabaseError as error:
            if getattr(error, "sqlite_errorcode", 0) & 0xFF in (
                sqlite3.SQLITE_CORRUPT,
                sqlite3.SQLITE_NOTADB,
            ):
                self.store.damaged(error)
                raise UnavailableError("The database is damaged.") from error
            raise UnavailableError("The database cannot be read.") from error
