"""SIGINT and SIGTERM to a command that reads: an orderly end wherever they come.

Owns when one of them becomes an exception, and the exit status that tells it. Refuses the signals of daemons, which end in
an event loop (`service.ending`).
"""

from __future__ import annotations

import signal
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

__all__ = ["Interrupts", "Terminated", "stopped"]


class Terminated(BaseException):
    """SIGTERM came."""


class Interrupts:
    """Turns SIGINT and SIGTERM into exceptions, but not where one would leave something half done."""

    def __init__(self) -> None:
        self._deferring = False
        self._stop: BaseException | None = None

    @contextmanager
    def handled(self) -> Iterator[None]:
        """Handle the signals within; one that this process was started to ignore (nohup) stays ignored."""
        before: dict[int, Any] = {}
        try:
            for number in (signal.SIGINT, signal.SIGTERM):
                if signal.getsignal(number) != signal.SIG_IGN:
                    with suppress(ValueError):  # in another thread than the first, Python handles none
                        before[number] = signal.signal(number, self._handle)
            yield
        finally:
            for handled, handler in before.items():
                signal.signal(handled, handler)

    @contextmanager
    def deferred(self) -> Iterator[None]:
        """Raise what comes within at the end of it. The second signal is always raised at once."""
        self._deferring = True
        came = self._stop
        try:
            yield
        finally:
            self._deferring = False
        if self._stop is not came and self._stop is not None:
            raise self._stop

    def _handle(self, number: int, _: FrameType | None) -> None:
        first = self._stop is None
        self._stop = KeyboardInterrupt() if number == signal.SIGINT else Terminated()
        if not (first and self._deferring):
            raise self._stop


def stopped(stop: BaseException) -> int:
    """The exit status that says which signal ended this, as shells do."""
    return 128 + (signal.SIGTERM if isinstance(stop, Terminated) else signal.SIGINT)
