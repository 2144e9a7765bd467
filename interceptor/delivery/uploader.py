"""Batches to the endpoint, until each is settled.

Owns how many are under way (`Gate`), when to try again (`Backoff`), what is done with each outcome, and when a refusal is
believed. Refuses storage (the queue's) and requests (`sender`'s).

Throughput is batches under way over round-trip time, whatever their size, and a relay's batches are small ones of many
nodes. So several are under way, each as it was sealed: merging them would cost fewer requests, and ids, headers (a node's
name, its losses) and the promise that the same bytes are sent under the same id. It begins with one; each success lets
one more go, up to `most`; a failure makes it one again, after a wait that all share: the probe that ends it. What was
under way with the one that failed is not counted as further failures.

No try is the last one: a batch that cannot be delivered stays until it is. What passes by itself is tried soon, what
somebody has to mend slowly; a batch that is too large is halved.

A refusal costs records, so it has to be right. Records that an answer names are left out and the rest goes on. A whole
batch is put aside only while others are taken: after a few refusals without a success in between the endpoint is what
is wrong, and everything is held. Then other batches are tried in turn, so that a row of bad ones does not stop the rest.
In the same way a batch that something on the way refuses (which is no verdict) is put aside when others have passed
between several tries of it.

An answer that was lost is no reason to doubt: the same batch with the same id is sent again, and the other side knows
it. Time, sleep and chance are arguments.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import deque
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final, Protocol, assert_never

import structlog

from interceptor.delivery.batches import split, without
from interceptor.delivery.sender import Outcome

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from interceptor.delivery.batches import Batch
    from interceptor.delivery.sender import Sender, Try

__all__ = ["Backoff", "Counters", "Gate", "Queue", "Reason", "State", "Uploader"]

LONGEST_SECONDS: Final = 60.0
"""Between two tries of our own accord."""
HELD_BYTES: Final = 16 * 2**20
"""Of bodies under way, as sent: no further batch is taken while there are more."""
_MOST_DOUBT: Final = 48
_WHOLE: Final = 16
"""Without a success in between, three whole batches are put aside, or 48 times single records left out: enough for a
few bad ones in a row, however they are spread over a batch, and little enough to lose."""
_PASSED_OVER: Final = 3
"""Tries of a batch that failed while others passed, until it is the batch."""

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
    """Why records were given up."""

    REFUSED = "refused"
    """By the endpoint, for what their batch is."""
    REJECTED = "rejected"
    """By the endpoint, each for what it is; the rest of the batch was taken."""
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


class Gate:
    """Lets so many tries be under way, in the order in which they came; none while it is shut."""

    def __init__(self, most: int) -> None:
        self._most = most
        self.window = 1
        """How many may be, now."""
        self.era = 0
        """Grows with each failure: a try that began before it says nothing new."""
        self._shut = False
        self._under_way = 0
        self._line: deque[asyncio.Future[None]] = deque()

    async def enter(self) -> int:
        """Wait for a turn; gives the era it is in. It ends with `leave`."""
        if self._line or not self._open():
            turn = asyncio.get_running_loop().create_future()
            self._line.append(turn)
            await turn
        else:
            self._under_way += 1
        return self.era

    def leave(self) -> None:
        """A turn is over."""
        self._under_way -= 1
        self._admit()

    def widen(self) -> None:
        """Let one more be under way."""
        self.window = min(self.window + 1, self._most)
        self._admit()

    def shut(self) -> None:
        """Let nobody in, and afterwards one alone."""
        self.era += 1
        self.window = 1
        self._shut = True

    def reopen(self) -> None:
        """Go on."""
        self._shut = False
        self._admit()

    def _open(self) -> bool:
        return not self._shut and self._under_way < self.window

    def _admit(self) -> None:
        while self._line and self._open():
            turn = self._line.popleft()
            if not turn.done():  # whoever waited may have been cancelled
                self._under_way += 1
                turn.set_result(None)


class Queue(Protocol):
    """Where batches wait."""

    async def next(self) -> Batch:
        """Wait for the oldest batch that was not handed out. It is kept until it is settled."""

    async def delivered(self, batch: Batch, rejected: int = 0, spanless: int = 0) -> None:
        """It has arrived, but for so many of its records that were rejected, and so many that have no span."""

    async def quarantine(self, batch: Batch, reason: str) -> None:
        """It never will: put it aside."""

    async def replace(self, batch: Batch, parts: Sequence[Batch], reason: str | None = None) -> None:
        """These take its place; records that are in none of them are dropped for that reason."""


@dataclass(slots=True)
class Counters:
    """Plain numbers, for metrics."""

    outcomes: dict[Outcome, int] = field(default_factory=lambda: dict.fromkeys(Outcome, 0))
    retries: int = 0
    records: int = 0
    """That the endpoint took."""
    rejected: int = 0
    """That it did not take, of batches it took, or named as what it would not take."""
    under_way: int = 0
    """Batches that were taken from the queue and are not settled, now."""
    last_success: float = 0.0
    """Unix time; 0 before the first."""


class Uploader:
    """Empties a queue."""

    def __init__(
        self,
        queue: Queue,
        sender: Sender,
        *,
        most: int = 1,
        wall: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        backoff: Backoff | None = None,
    ) -> None:
        """At most `most` batches are under way. `sleep` may end sooner where something was mended."""
        self._queue = queue
        self._sender = sender
        self._most = most
        self._wall = wall
        self._sleep = sleep
        self._backoff = backoff if backoff is not None else Backoff()
        self._gate = Gate(most)
        self._bytes = 0
        """Of bodies under way."""
        self._refused = 0
        """Batches under way whose last try was refused: they do not take the place of others."""
        self._freed = asyncio.Event()
        """There may be room for another batch."""
        self._successes = 0
        self._doubt = 0
        """What refusals have cost since the last success."""
        self._told_spanless = False
        self.counters = Counters()
        self.state = State.OK
        self.trouble: str | None = None
        """Why the state is not OK, in one line."""

    async def run(self) -> None:
        """Deliver, until cancelled. Batches that are under way then are sent again by the next run."""
        async with asyncio.TaskGroup() as group:
            while True:
                while not self._room():
                    self._freed.clear()
                    await self._freed.wait()
                batch = await self._queue.next()
                self.counters.under_way += 1
                self._bytes += len(batch.body)
                group.create_task(self._deliver(batch))

    def _room(self) -> bool:
        under_way = self.counters.under_way
        return under_way < min(self._gate.window + self._refused, self._most) and (
            self._bytes < HELD_BYTES or not under_way
        )

    async def _deliver(self, batch: Batch) -> None:
        """Try until it is settled."""
        suspicion = _Suspicion()
        try:
            while True:
                era = await self._gate.enter()
                try:
                    wait = await self._try(batch, suspicion, era)
                finally:
                    self._gate.leave()
                    self._freed.set()
                if wait is None:
                    return
                self.counters.retries += 1
                if wait:
                    await self._sleep(wait)
                    self._gate.reopen()
        finally:
            self._suspect(suspicion, refused=False)
            self.counters.under_way -= 1
            self._bytes -= len(batch.body)
            self._freed.set()

    async def _try(self, batch: Batch, suspicion: _Suspicion, era: int) -> float | None:
        """Send a batch and act on the outcome.

        Gives the seconds to wait before the next try: none where another's failure has said already how long. None: it
        is settled.
        """
        sent = await self._sender.send(batch)
        if sent.refused and suspicion.passed_over(self._successes) >= _PASSED_OVER:
            sent = sent.about_the_batch()
        outcome, told = sent.outcome, sent.told
        settled = True
        match outcome:
            case Outcome.DELIVERED | Outcome.DUPLICATE:
                await self._queue.delivered(batch, sent.rejected, sent.spanless)
                self.counters.records += batch.records - sent.rejected - sent.spanless
                self.counters.rejected += sent.rejected
                self.counters.last_success = self._wall()
                self._successes += 1
                self._doubt = 0
                if sent.spanless and not self._told_spanless:
                    self._told_spanless = True
                    log.info(
                        "records_without_span", reason="OTLP carries calls; sessions and tunnels are left out"
                    )
                if sent.rejected:
                    _tell_rejected(batch, sent.rejected, sent.words)
            case Outcome.TOO_LARGE:
                outcome = await self._halve(batch, told)
            case Outcome.QUARANTINED:
                outcome = await self._refuse(batch, sent)
            case Outcome.UNREADABLE:
                await self._put_aside(batch, Reason.UNREADABLE, told)
            case Outcome.AUTH | Outcome.CONFIGURATION | Outcome.PROXY | Outcome.RETRY:
                settled = False
            case _:
                assert_never(outcome)
        if outcome is Outcome.CONFIGURATION and settled:  # a refusal that is not believed
            settled = False
            told = f"{told}; it refuses one batch after the other, and all are kept"
        self.counters.outcomes[outcome] += 1
        self._suspect(suspicion, refused=not settled and (sent.refused or outcome is not sent.outcome))
        if era != self._gate.era:
            return None if settled else 0.0
        wait = None
        if settled:
            self._backoff.succeeded()
            self._gate.widen()
        else:
            self._gate.shut()
            wait = self._backoff.failed(sent.asked_seconds, slowly=outcome in _SLOW)
        self._become(_SLOW.get(outcome, State.OK if settled else State.RETRYING), told, wait)
        return wait

    async def _halve(self, batch: Batch, told: str) -> Outcome:
        if batch.records < 2:
            if not self._believed(_WHOLE):
                return Outcome.CONFIGURATION
            await self._put_aside(batch, Reason.TOO_LARGE, told)
            return Outcome.QUARANTINED
        try:
            halves = await asyncio.to_thread(split, batch)
        except ValueError:  # an UnpackError is one
            await self._put_aside(batch, Reason.UNREADABLE, f"{told}, and it cannot be halved")
            return Outcome.UNREADABLE
        await self._queue.replace(batch, halves)
        return Outcome.TOO_LARGE

    async def _refuse(self, batch: Batch, sent: Try) -> Outcome:
        """Leave out the records that the answer names; all of them, if it names none."""
        named = frozenset(line for line in sent.lines if 2 <= line <= batch.records + 1)
        if not named or len(named) == batch.records:
            if not self._believed(_WHOLE):
                return Outcome.CONFIGURATION
            await self._put_aside(batch, Reason.REFUSED, sent.told, words=sent.words)
            return Outcome.QUARANTINED
        if not self._believed(1):
            return Outcome.CONFIGURATION
        try:
            rest = await asyncio.to_thread(without, batch, named)
        except ValueError:
            await self._put_aside(batch, Reason.UNREADABLE, f"{sent.told}, and it cannot be taken apart")
            return Outcome.UNREADABLE
        await self._queue.replace(batch, rest, Reason.REJECTED)
        self.counters.rejected += len(named)
        _tell_rejected(batch, len(named), sent.words)
        return Outcome.QUARANTINED

    def _believed(self, cost: int) -> bool:
        """Whether a refusal is one of few; it is counted if it is."""
        if self._doubt + cost > _MOST_DOUBT:
            return False
        self._doubt += cost
        return True

    def _suspect(self, suspicion: _Suspicion, *, refused: bool) -> None:
        self._refused += refused - suspicion.refused
        suspicion.refused = refused
        suspicion.successes = self._successes

    async def _put_aside(self, batch: Batch, reason: Reason, told: str, **details: str) -> None:
        await self._queue.quarantine(batch, reason)
        log.warning(
            "batch_quarantined",
            batch=batch.id,
            records=batch.records,
            reason=str(reason),
            told=told,
            **{name: words for name, words in details.items() if words},
        )

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


@dataclass(slots=True)
class _Suspicion:
    """Whether it is the batch that is wrong, and not the way."""

    refused: bool = False
    """Its last try was."""
    successes: int = 0
    """Of other batches, as of then."""
    times: int = 0
    """That it was refused while others passed."""

    def passed_over(self, successes: int) -> int:
        """Note one more refusal."""
        if self.refused and successes > self.successes:
            self.times += 1
        return self.times


def _tell_rejected(batch: Batch, rejected: int, words: str) -> None:
    log.warning("records_rejected", batch=batch.id, records=rejected, of=batch.records, endpoint_says=words)
