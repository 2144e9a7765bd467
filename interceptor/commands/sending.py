"""Records of `interceptor read` to the endpoint: the way out of a program that ends.

Owns the thread in which spool and uploader run while files are read, and when to stop waiting for the endpoint. What
was not delivered by then stays in the spool, and the next run that uses it sends it.

The reader waits while the spool's hand-over is full: a file can wait, so that nothing is dropped for being read fast.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter
from typing import TYPE_CHECKING, Final

from interceptor.delivery.outlet import SpoolOutlet
from interceptor.delivery.shelf import NO_SPAN
from interceptor.delivery.uploader import State
from interceptor.service.outbound import Outbound, origin

if TYPE_CHECKING:
    from interceptor.config import Config

__all__ = ["Sending"]

_LOOK_SECONDS: Final = 0.05
_PASSING: Final = frozenset({State.OK, State.RETRYING})
"""In the other states somebody has to mend something first."""


class Sending:
    """Takes JSON Lines from one thread."""

    def __init__(self, config: Config) -> None:
        """Open the spool and begin to upload.

        Raises:
            UsageError: there is no endpoint, or it, the proxy, the token or the spool cannot be used.

        """
        self._endpoint = config.endpoint
        self._patience = config.shutdown_seconds
        self._spool_directory = config.spool.directory
        self._outbound = Outbound(config)
        self._outlet = SpoolOutlet(
            self._outbound.spool, config.spool, origin(config), config.upload.compression
        )
        self._loop = asyncio.new_event_loop()
        # A daemon: after a second signal nobody waits for an endpoint.
        self._thread = threading.Thread(target=self._loop.run_forever, name="upload", daemon=True)
        self._thread.start()
        self._uploading = asyncio.run_coroutine_threadsafe(self._begin(), self._loop).result()
        self.complete = False
        """After `end`: everything was delivered."""

    def put(self, lines: bytes, records: int) -> None:
        """Have these delivered. Waits for the disk where it must."""
        self._outlet.put(lines, records)

    def end(self) -> str:
        """Wait until all is delivered, or until that is not to be expected; returns what to tell of it."""
        left = asyncio.run_coroutine_threadsafe(self._finish(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        uploader = self._outbound.uploader
        told = f"sent {uploader.counters.records:,} records to {self._endpoint} {self._outbound.decision}"
        if uploader.counters.rejected:
            told += f"; it rejected {uploader.counters.rejected:,} of them"
        dropped = Counter[str]()
        for stage in self._outlet.ledger():
            dropped.update(stage.dropped)
        spanless = dropped.pop(NO_SPAN, 0)
        if spanless:
            told += f"; {spanless:,} are no calls, for which OTLP has no span"
        lost = dropped.total()
        if lost:
            told += f"; {lost:,} were dropped"
        if left:
            told += (
                f"; {left:,} stay in {self._spool_directory} for the next run: "
                f"{uploader.trouble or 'there was no time for them'}"
            )
        self.complete = not (left or lost or uploader.counters.rejected)
        return told

    async def _begin(self) -> asyncio.Task[None]:
        return asyncio.get_running_loop().create_task(self._outbound.run(), name="upload")

    async def _finish(self) -> int:
        """Returns how many records are left."""
        await self._outlet.close()
        spool, uploader = self._outbound.spool, self._outbound.uploader
        left, since = spool.counters.records, time.monotonic()
        while left and uploader.state in _PASSING and time.monotonic() - since < self._patience:
            await asyncio.sleep(_LOOK_SECONDS)
            if spool.counters.records != left:
                left, since = spool.counters.records, time.monotonic()
        self._uploading.cancel()
        # it has to be over before the loop is: a task that is destroyed while it waits is a complaint on standard error
        await asyncio.gather(self._uploading, return_exceptions=True)
        await self._outbound.close()
        return left
