"""What the collector asks of a database, whichever it is.

Owns the seam: the ingest API and the page know this protocol only, and `tests/collector/test_engine.py` is what an
engine must hold to be one. Refuses to know any engine.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from interceptor.collector.answers import Agent, Changes, Findings, Inventory, Overview, Page, Sought
    from interceptor.collector.question import Question
    from interceptor.ingest.api import Incoming, Taken

__all__ = ["Engine", "Kept", "UnavailableError"]


@dataclass(frozen=True, slots=True)
class Kept:
    """How much an engine has."""

    records: int
    bytes: int
    """On disk, without what is free for reuse."""
    pruned: int
    """Records removed by retention, since the start."""
    oldest: int
    """When the oldest record came (Unix time, seconds), by the clock of retention; 0: there is none."""


class UnavailableError(Exception):
    """No answer can be had at present; says why, in words for whoever asked."""


class Engine(Protocol):
    """Keeps batches, and answers.

    Invariants of every engine: a batch is there whole or not at all, and once, whatever is repeated; a record is
    there once, whatever batches bring it; totals are the sums of the records that came; a question sees whole batches.
    """

    async def version(self) -> str:
        """Another one after every change of what can be asked, whoever made it; letters, digits and `-`."""

    @property
    def kept(self) -> Kept:
        """How much is kept, as it was when that was last looked at."""

    @property
    def problem(self) -> str | None:
        """Why batches cannot be kept at present, in words for an operator; None: they can."""

    async def take(self, batch: Incoming) -> Taken:
        """Keep a batch, whose records were read (`known`); returns when a crash can no longer lose it.

        Batches that wait for one another may be kept together.

        Raises:
            SinkFullError: it was not kept, and shall be sent again.

        """

    async def overview(self, question: Question) -> Overview:
        """Everything at once, of one moment.

        Counted from totals, whose time may be wider than what was asked for (`Window`): by whole hours where a caller, an
        agent or an anomaly is asked for. Where some statuses are, bytes and latencies are not known.

        Raises:
            UnavailableError: as every question.

        """

    async def records(self, question: Question, limit: int, before: int | None) -> Page:
        """Records as they came, the newest first, of exactly what is asked for.

        `before` is the `next` of an earlier page: pages follow each other without a gap while records come in.
        """

    async def inventory(self, question: Question, sought: Sought, limit: int, after: int | None) -> Inventory:
        """Endpoints with the numbers above `after`, in order; of all times unless the question names one.

        Of an endpoint that was called as asked for, everything is told that is known of it.
        """

    async def changes(self, question: Question) -> Changes:
        """What fails and what became slower in a time, against as much time before it, from the same totals."""

    async def findings(self, question: Question) -> Findings:
        """Anomalies by service and caller, services called with credentials, callers that ask in vain.

        A caller does that if at least 20 of its calls, and half of them, were for endpoints of which every answer that is
        known, in the range or not, said that there is no such thing.
        """

    async def agents(self, question: Question) -> list[Agent]:
        """Who sent batches, who was heard last first; of the question only `agent` matters."""

    async def prune(self) -> None:
        """Remove what is too old or too much, once."""

    async def close(self) -> None:
        """Finish what is under way."""
