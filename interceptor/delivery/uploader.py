"""Batches to the endpoint, until each is settled.

Owns when to try again (`Backoff`), what is done with each outcome, and the loop. Refuses storage (the queue's) and
requests (`sender`'s).

One batch is under way at a time: one shared back-off, and after a failure the next try is the probe that ends it. No try
is the last one: a batch that cannot be delivered stays until it is, or until the queue needs its room and counts it.
What passes by itself is tried soon, what somebody has to mend slowly; a batch that is too large is halved, one that is
refused for good is put aside.

An answer that was lost is no reason to doubt: the same batch with the same id is sent again, and the other side knows
it. Time, sleep and chance are arguments.
"""

from __future__ import annotations

import asyncio
import random
import time
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final, Protocol, assert_never

import structlog

from interceptor.delivery.batches import split
from interceptor.delivery.sender import Outcome

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from interceptor.delivery.batches import Batch
    from interceptor.delivery.sender import Sender

__all__ = ["Backoff", "Counters", "Queue", "Reason", "State", "Uploader"]

LONGEST_SECONDS: Final = 60.0
"""Between two tries of our own accord."""

log = structlog.get_logger()


class State(StrEnum):
    """How delivery goes, for whoever looks after it."""

    OK = "ok"
    RETRYING = "retrying"
    AUTH = "auth"
    CONFIGURATION = "configuration"
    PROXY = "proxy"


_SLOW: Final = {
    Outcome.AUTH: State.AUTH,
    Outcome.CONFIGURATION: State.CONFIGURATION,
    Outcome.PROXY: State.PROXY,
}
"""What somebody has to mend: tried again slowly."""


class Reason(StrEnum):
    """Why a batch was put aside."""

    REFUSED = "refused"
    """By the endpoint, for what it is."""
    TOO_LARGE = "too_large"
    """A single record, for the endpoint."""
    UNREADABLE = "unreadable"
    """By us: it has to be read for another protocol, or to be halved, and is not what we seal."""


class Backoff:
    """How long to wait before the next try: full jitter between nothing and a growing bound, after what was `asked`.

    The jitter comes on top: many who are told the same must not come back together.
    """

    def __init__(self, chance: Callable[[], float] = random.random) -> None:
        self._chance = chance
        self._failures = 0

    def failed(self, asked: float = 0.0, *, slowly: bool = False) -> float:
        """Seconds to wait now."""
        bound = LONGEST_SECONDS if slowly else min(2.0**self._failures, LONGEST_SECONDS)
        self._failures = min(self._failures + 1, 16)
        # What somebody has to mend is not mended sooner by asking often: at least half of the bound.
        own = bound * (1 + self._chance()) / 2 if slowly else bound * self._chance()
        return asked + own

    def succeeded(self) -> None:
        """Begin anew."""
        self._failures = 0


class Queue(Protocol):
    """Where batches wait."""

    async def next(self) -> Batch:
        """Wait for the oldest batch that is not settled."""

    async def delivered(self, batch: Batch) -> None:
        """It has arrived."""

    async def quarantine(self, batch: Batch, reason: str) -> None:
        """It never will: put it aside."""

    async def replace(self, batch: Batch, halves: Sequence[Batch]) -> None:
        """These take its place."""


@dataclass(slots=True)
class Counters:
    """Plain numbers, for metrics."""

    outcomes: dict[Outcome, int] = field(default_factory=lambda: dict.fromkeys(Outcome, 0))
    retries: int = 0
    records: int = 0
    """Delivered."""
    rejected: int = 0
    """Of those, the records that the other side did not accept."""
    last_success: float = 0.0
    """Unix time; 0 before the first."""


class Uploader:
    """Empties a queue."""

    def __init__(
        self,
        queue: Queue,
        sender: Sender,
        *,
        wall: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        backoff: Backoff | None = None,
    ) -> None:
        self._queue = queue
        self._sender = sender
        self._wall = wall
        self._sleep = sleep
        self._backoff = backoff if backoff is not None else Backoff()
        self.counters = Counters()
        self.state = State.OK
        self.trouble: str | None = None
        """Why the state is not OK, in one line."""

    async def run(self) -> None:
        """Deliver, until cancelled. A batch that is under way then is sent again by the next run."""
        while True:
            # Asked anew before each try: the queue may have had to give up the batch that failed.
            batch = await self._queue.next()
            wait = await self._try(batch)
            if wait is None:
                self._backoff.succeeded()
            else:
                self.counters.retries += 1
                await self._sleep(wait)

    async def _try(self, batch: Batch) -> float | None:
        """Send a batch and act on the outcome; gives the seconds to wait before the next try, if it failed."""
        sent = await self._sender.send(batch)
        outcome, told = sent.outcome, sent.told
        wait = None
        match outcome:
            case Outcome.DELIVERED | Outcome.DUPLICATE:
                await self._queue.delivered(batch)
                self.counters.records += batch.records
                self.counters.rejected += sent.rejected
                self.counters.last_success = self._wall()
            case Outcome.TOO_LARGE:
                outcome = await self._halve(batch, told)
            case Outcome.QUARANTINED:
                await self._put_aside(batch, Reason.REFUSED, told)
            case Outcome.UNREADABLE:
                await self._put_aside(batch, Reason.UNREADABLE, told)
            case Outcome.AUTH | Outcome.CONFIGURATION | Outcome.PROXY:
                wait = self._backoff.failed(sent.asked_seconds, slowly=True)
            case Outcome.RETRY:
                wait = self._backoff.failed(sent.asked_seconds)
            case _:
                assert_never(outcome)
        self.counters.outcomes[outcome] += 1
        self._become(_SLOW.get(outcome, State.OK if wait is None else State.RETRYING), told, wait)
        return wait

    async def _halve(self, batch: Batch, told: str) -> Outcome:
        if batch.records < 2:
            await self._put_aside(batch, Reason.TOO_LARGE, told)
            return Outcome.QUARANTINED
        try:
            halves = await asyncio.to_thread(split, batch)
        except ValueError:  # an UnpackError is one
            await self._put_aside(batch, Reason.UNREADABLE, f"{told}, and it cannot be halved")
            return Outcome.UNREADABLE
        await self._queue.replace(batch, halves)
        return Outcome.TOO_LARGE

    async def _put_aside(self, batch: Batch, reason: Reason, told: str) -> None:
        await self._queue.quarantine(batch, reason)
        log.warning("batch_quarantined", batch=batch.id, records=batch.records, reason=str(reason), told=told)

    def _become(self, state: State, told: str, wait: float | None) -> None:
        """Tell a change once, not each try."""
        if state is not self.state:
            if state is State.OK:
                log.info("upload_recovered", before=str(self.state))
            else:
                log.warning(
                    "upload_failing", state=str(state), reason=told, retry_seconds=round(wait or 0.0, 1)
                )
        self.state = state
        self.trouble = None if state is State.OK else told
