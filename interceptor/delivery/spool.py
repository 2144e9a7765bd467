"""The spool: a durable queue of sealed batches, for an event loop and for threads.

Owns waiting: for the disk, which happens in threads, and for batches. Refuses to decide anything: what is stored, in
which order, and what is lost at which limit is `shelf`'s, where the invariants are. The counters that are read from
outside are a picture taken after each thing done, so that nobody waits for a disk to read them.
"""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from collections import deque
from concurrent.futures import Future
from contextlib import suppress
from typing import TYPE_CHECKING, Final, ParamSpec, TypeVar

import structlog

from interceptor.delivery.disk import Directory
from interceptor.delivery.shelf import Shelf
from interceptor.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from interceptor import config
    from interceptor.core.model import Stage
    from interceptor.delivery.batches import Batch
    from interceptor.delivery.shelf import Counters

__all__ = ["Spool"]

P = ParamSpec("P")
T = TypeVar("T")

UNREADABLE_SECONDS: Final = 1.0
"""Until a file is tried again that could not be read for a reason that is not its own (no descriptors, no memory)."""

TOGETHER: Final = 64
"""Batches that are written together, at most: the first of them waits for the last."""

log = structlog.get_logger()


class Spool:
    """A shelf for an event loop and for threads: waiting for the disk happens elsewhere.

    The queue that an uploader empties (`next` and what settles a batch), and where batches are put: `store` from a
    thread, `append` and `offer` from the loop.
    """

    def __init__(self, options: config.Spool) -> None:
        """Lock the directory and list it.

        Raises:
            UsageError: the directory cannot be used, or another process uses it.

        """
        self._directory = Directory(options.directory)
        try:
            self._shelf = Shelf(self._directory, options.max_bytes, options.min_free_bytes)
        except OSError as error:
            self._directory.close()
            raise UsageError(
                f"spool.directory {options.directory}: cannot be listed: {error.strerror}"
            ) from error
        self._counters = self._shelf.counters()
        self._lock = threading.Lock()
        """Held by whoever works on the shelf."""
        self._stored = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        """Where someone waits in `next`."""
        self._offered: deque[tuple[Batch, Future[bool]]] = deque()
        """Batches that wait to be taken; whoever offers them bounds how many."""
        self._worker = _Worker()
        self._writer = _Worker()
        """Waits for syncs of what is offered, so that what goes out does not."""
        if self._counters.batches:
            log.info("spool_found", batches=self._counters.batches, records=self._counters.records)

    @property
    def counters(self) -> Counters:
        """As they were after the last thing done; consistent, and never waited for."""
        return self._counters

    def ledger(self) -> list[Stage]:
        """What became of the records."""
        return self._counters.ledger()

    def oldest_age(self) -> float:
        """Seconds since the oldest batch held was stored; 0 if none is. A clock that was set back makes it 0 too."""
        oldest = self._counters.oldest
        return 0.0 if oldest is None else max(0.0, time.time() - oldest)

    def store(self, batch: Batch) -> bool:
        """Take a batch at any price, from a thread that may wait. Says whether it is on disk (else in memory)."""
        stored = self._do(self._shelf.append, batch)
        self._announce()
        return stored

    async def append(self, batch: Batch) -> bool:
        """Take a batch at any price. Says whether it is on disk (else in memory, or lost and counted)."""
        return await self._worker.run(lambda: self.store(batch))

    async def offer(self, batch: Batch) -> bool:
        """Take a batch if it can be on disk and nothing has to go for it; otherwise its sender is to keep it.

        Batches that wait for the disk at the same time are written together.
        """
        taken: Future[bool] = Future()
        taken.set_running_or_notify_cancel()  # whoever waits may go: it is taken all the same
        self._offered.append((batch, taken))
        self._writer.start(self._offer_waiting)
        if not await asyncio.wrap_future(taken):
            return False
        self._stored.set()
        return True

    def _offer_waiting(self) -> None:
        group: list[tuple[Batch, Future[bool]]] = []
        while self._offered and len(group) < TOGETHER:
            group.append(self._offered.popleft())
        if not group:
            return  # they went with those before
        try:
            offered = self._do(self._shelf.plan, [batch for batch, _ in group])
            self._shelf.write(offered)
            answers = self._do(self._shelf.admit, offered)
        except BaseException as error:  # noqa: BLE001 - raised where it is waited for
            for _, taken in group:
                taken.set_exception(error)
        else:
            for (_, taken), answer in zip(group, answers, strict=True):
                taken.set_result(answer)

    async def next(self) -> Batch:
        """Wait for the oldest batch that was not handed out. It is kept until it is settled."""
        self._loop = asyncio.get_running_loop()
        taken: list[Batch] = []

        def take() -> bool:
            taken.extend(filter(None, [self._do(self._shelf.take)]))
            return bool(taken)

        while True:
            self._stored.clear()
            try:
                if await self._worker.run(take):
                    return taken[0]
            except OSError as error:
                log.warning("spool_not_readable", error=error.strerror, retry_seconds=UNREADABLE_SECONDS)
                await asyncio.sleep(UNREADABLE_SECONDS)
                continue
            except asyncio.CancelledError:
                # the thread may have one already, which nobody will ever see
                self._worker.start(lambda: [self._do(self._shelf.give_back, batch) for batch in taken])
                raise
            await self._stored.wait()

    async def delivered(self, batch: Batch, rejected: int = 0, spanless: int = 0) -> None:
        """The endpoint has it, but for so many of its records that were rejected, and so many that have no span."""
        await self._worker.run(lambda: self._do(self._shelf.delivered, batch, rejected, spanless))

    async def quarantine(self, batch: Batch, reason: str) -> None:
        """The endpoint will never take it. `reason` is one of a bounded set."""
        await self._worker.run(lambda: self._do(self._shelf.quarantine, batch, reason))

    async def replace(self, batch: Batch, parts: Sequence[Batch], reason: str | None = None) -> None:
        """Put its parts where a batch was; whatever happens, either it or they are there.

        Records that are in none of them are counted as dropped for that reason.
        """
        await self._worker.run(lambda: self._do(self._shelf.replace, batch, parts, reason))
        self._stored.set()

    async def close(self) -> None:
        """Write down what is in memory, and let others use the directory. Cancelled, it goes on in its thread."""
        written = threading.Event()
        self._writer.start(written.set)
        self._writer.stop()

        def end() -> None:
            written.wait()
            self._do(self._end)

        await self._worker.run(end)
        self._worker.stop()

    def _end(self) -> None:
        self._shelf.close()
        self._directory.close()

    def _do(self, function: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
        with self._lock:
            try:
                return function(*arguments, **named)
            finally:
                self._counters = self._shelf.counters()

    def _announce(self) -> None:
        if self._loop is not None:
            with suppress(RuntimeError):  # the loop has ended
                self._loop.call_soon_threadsafe(self._stored.set)


class _Worker:
    """One thread. Not a pool's: a loop waits for those at its end, for ever if a disk never answers.

    What was asked for happens, in order, also if whoever asked is cancelled.
    """

    def __init__(self) -> None:
        self._jobs: queue.SimpleQueue[Callable[[], object] | None] = queue.SimpleQueue()
        threading.Thread(target=self._work, name="spool", daemon=True).start()

    async def run(self, job: Callable[[], T]) -> T:
        """Wait for what a job gives."""
        future: Future[T] = Future()
        future.set_running_or_notify_cancel()  # from here on nobody can cancel it
        self._jobs.put(lambda: _fulfil(future, job))
        return await asyncio.wrap_future(future)

    def start(self, job: Callable[[], object]) -> None:
        """Have it done, after what was asked for before."""
        self._jobs.put(job)

    def stop(self) -> None:
        """End when everything asked for has been done."""
        self._jobs.put(None)

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            job()


def _fulfil(future: Future[T], job: Callable[[], T]) -> None:
    try:
        result = job()
    except BaseException as error:  # noqa: BLE001 - raised where it is waited for
        future.set_exception(error)
    else:
        future.set_result(result)
