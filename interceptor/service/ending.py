"""How a long-running command ends: in order when it is asked to, and at once when that is asked for or takes too long.

Owns SIGTERM and SIGINT, and the last resort. Refuses the order itself: what has to be done before the end, and in which
order, each command knows.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from typing import TYPE_CHECKING, Final

import structlog

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Ending"]

_GRACE_SECONDS: Final = 2.0
"""Beyond the time that an orderly end may take: for requests under way, and the log."""

_ONE_REQUEST_SECONDS: Final = 1.0
"""In which the same signal is no second request: `timeout` (coreutils) sends it to its command, and then to the group
that the command is in; process managers do the same."""

log = structlog.get_logger()


class Ending:
    """The end of one process."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        """A first signal has come."""
        self._first: tuple[signal.Signals, float] | None = None
        """With the loop's time."""

    @contextlib.contextmanager
    def on_signals(self) -> Iterator[None]:
        """Take SIGTERM and SIGINT within. A second request ends the process at once, with the shells' status.

        That is another signal, or the same one a second later.
        """
        loop = asyncio.get_running_loop()
        numbers = (signal.SIGINT, signal.SIGTERM)
        for number in numbers:
            loop.add_signal_handler(number, self._come, number)
        try:
            yield
        finally:
            for number in numbers:
                loop.remove_signal_handler(number)

    def begin(self, seconds: float) -> float:
        """The orderly end begins; gives the loop's time by which it should be over. If it is not, the process ends."""
        loop = asyncio.get_running_loop()
        loop.call_later(seconds + _GRACE_SECONDS, _end_at_once, "shutdown_seconds are over", 1)
        return loop.time() + seconds

    def _come(self, number: signal.Signals) -> None:
        now = asyncio.get_running_loop().time()
        if self._first is None:
            self._first = number, now
            self.asked.set()
        elif number is not self._first[0] or now - self._first[1] >= _ONE_REQUEST_SECONDS:
            _end_at_once(f"a second signal, {number.name}", 128 + number)


def _end_at_once(reason: str, status: int) -> None:
    log.error("ended_at_once", reason=reason)
    os._exit(status)
