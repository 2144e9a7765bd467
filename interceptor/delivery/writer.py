"""A thread that writes what others hand over, and how its end is waited for.

Owns the thread, the lock that guards the hand-over, and the end: what waits is written, then the event loop is told.
Refuses what is handed over and where it goes: that is in the outlets, which are built on this.

Invariant: whoever hands over never waits for the disk.
"""

from __future__ import annotations

import asyncio
import threading
from abc import ABC, abstractmethod
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Writer"]


class Writer(ABC):
    """Something with a thread of its own that writes."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        """Guards what both sides look at. Never held for longer than a look."""
        self._closing = self._ended = False
        self._on_end: Callable[[], object] = bool

    def _begin(self, name: str) -> None:
        """Start the thread; the last act of a constructor."""
        # A daemon: a disk that never answers must not keep the process from ending.
        threading.Thread(target=self._run, name=name, daemon=True).start()

    @abstractmethod
    def _work(self) -> None:
        """In the thread: write until `_closing` and nothing waits any more."""

    async def close(self) -> None:
        """Have written what waits. Cancelled, it leaves the rest unwritten (the ledger tells)."""
        loop = asyncio.get_running_loop()
        ended = asyncio.Event()
        with self._changed:
            if self._ended:
                return
            # Not by waiting in a pool's thread: the loop would wait for that one at its end, for ever.
            self._on_end = lambda: loop.call_soon_threadsafe(ended.set)
            self._closing = True
            self._changed.notify_all()
        await ended.wait()

    def _run(self) -> None:
        self._work()
        with self._changed:
            self._ended = True
            with suppress(RuntimeError):  # the loop did not wait for us
                self._on_end()
