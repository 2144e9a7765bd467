"""The clock that retention goes by: it cannot jump.

Owns how far a wrong clock can lead. Pure: what the two clocks of the machine say is given.

A clock that is wrong for a minute (a dead battery, a bad NTP answer, a restored snapshot) must not remove what was kept
for a week. So this clock is led by the machine's time and never follows it by more than a few times the time that
really passed. What is removed by age in a minute is then what comes of age in eight. After the machine was off for a
week, what is too old goes within a day.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["SteadyClock"]

_RATE: Final = 8
"""How many times as fast as real time it runs while it is behind, and how many times as slow while it is ahead."""


class SteadyClock:
    """Unix time, seconds, that does not go back and does not jump."""

    def __init__(self, last: float | None, wall: Callable[[], float], monotonic: Callable[[], float]) -> None:
        """`last` is what it said when it was asked last, before a restart; None: never."""
        self._wall = wall
        self._monotonic = monotonic
        self._at = monotonic()
        self._now = wall() if last is None else last

    def __call__(self) -> float:
        """What time it is."""
        at = self._monotonic()
        passed, self._at = max(0.0, at - self._at), at
        behind = self._wall() - self._now
        self._now += min(max(behind, passed / _RATE), passed * _RATE)
        return self._now
