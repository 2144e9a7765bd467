"""Clocks: elapsed time, from the times of packets.

Owns the time that time-outs run on. Refuses the times in records: those are the packets' own.

Packets say when they were captured, each interface by a clock of its own, and such a clock may be set (NTP, a machine
that was asleep), may be another one's hours ahead, or may be wrong in a single packet. What has to be known is how much
time has passed. So time passes by what a clock goes on between two looks at it, and a clock that jumps, forwards or
back, by more than `JUMP` is taken to show the time that it was before: from there on it counts again. Time-outs thus
run on the time in which packets agree, each clock with itself.

In a file, time without any packets looks the same as a clock that was set. It counts as `JUMP` at most, once a later
packet has shown that the clock stays there. Whoever calls with the time itself, as a live capture does ten
times a second, says all there is to say: after that, jumps count nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from interceptor.core.model import Interface

__all__ = ["JUMP", "TICK", "Clocks"]

TICK: Final = 100_000_000
"""How often it is looked at a clock, in nanoseconds: well below the shortest time-out, `Limits.hole_seconds`."""
JUMP: Final = 10 * 1_000_000_000
"""Captures side by side are not that far apart, and a machine that is up has a packet more often, or whoever captures
says that time passes. Well below what a connection may be idle."""
_CLOCKS: Final = 4_096
"""Clocks that are ahead or behind and remembered: one that is forgotten has jumped once more."""


class Clocks:
    """Those of all interfaces, and of the caller."""

    def __init__(self) -> None:
        self.now = 0
        """Elapsed time in nanoseconds, beginning with the first packet's time; up to `TICK` behind."""
        self.next = 0
        """When it is to be looked at again."""
        self.ahead: dict[Interface | None, int] = {}
        """By how much a clock is ahead of `now`, where that is not nothing; None: the caller's."""
        self._silence: dict[Interface, int] = {}
        """Up to when time has passed if a clock that has jumped stays where it is."""
        self._told = False

    def look(self, interface: Interface | None, time: int) -> bool:
        """It is `time` by the clock of an interface, or by the caller's. Returns whether time has passed."""
        if interface is None:
            self._told = True
            self._silence.clear()
        if not self.next:
            self._pass(time)
            return True
        step = time - self.ahead.get(interface, 0) - self.now
        if -JUMP <= step < TICK:
            return False
        if step <= -JUMP:
            if interface is not None:
                self._silence.pop(interface, None)
            self._set(interface, time)
            return False
        passed = self._silence.pop(interface, 0) if interface is not None else 0
        if step <= JUMP:
            if passed > self.now:
                self._pass(passed + step)
                self._set(interface, time)
            else:
                self._pass(self.now + step)
            return True
        if passed > self.now:
            self._pass(passed)
        self._set(interface, time)
        if interface is not None and not self._told:
            self._silence[interface] = self.now + JUMP
        return passed > 0

    def _pass(self, now: int) -> None:
        self.now = now
        self.next = now + TICK

    def _set(self, interface: Interface | None, time: int) -> None:
        """A clock shows this, whatever it has shown before."""
        ahead = self.ahead
        ahead.pop(interface, None)
        if time != self.now:
            ahead[interface] = time - self.now
            if len(ahead) > _CLOCKS:
                del ahead[next(iter(ahead))]
                while len(self._silence) > _CLOCKS:
                    del self._silence[next(iter(self._silence))]
