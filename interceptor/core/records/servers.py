"""How many names the server at one address may have.

Owns the bound on what clients make up: whoever sends requests chooses the Host, and with it `server.address`, by
which everything downstream keeps its totals. Refuses to judge a name: the first ones are as good as any.

An address shows `NAMES` names; beyond, the address stands for them. A name that was not asked for during a whole
hour of packet time makes room, so what a flood of inventions took comes back by itself. An address is let go when
more than `ADDRESSES` are known, the one that has been known longest first.

Memory: at most `ALL_NAMES` names of 253 characters, about 50 MiB if all are as long as that, 20 as they are.
"""

from __future__ import annotations

from typing import Final

__all__ = ["ServerNames"]

NAMES: Final = 500
"""Of one address: more than an ordinary ingress has virtual hosts."""
ADDRESSES: Final = 10_000
ALL_NAMES: Final = 100_000
PERIOD: Final = 3_600 * 10**9
"""Nanoseconds of packet time; a name stays at least one of them, and at most two, after it was last asked for."""


class ServerNames:
    """Which names each destination shows. The outcome depends on the names asked for, their order and times."""

    def __init__(self) -> None:
        self._period = 0
        self._known: dict[str, dict[str, int]] = {}
        """By destination: its names, and the period in which each was last asked for."""
        self._swept: dict[str, int] = {}
        self._count = 0
        self.folded = 0
        """Requests whose name was not shown."""
        self.fresh: set[tuple[str, str]] = set()
        """Destinations and names that have been asked for in this period: `admits` would say yes and change nothing."""
        self.until = 0
        """When the period ends, in nanoseconds of packet time."""

    def admits(self, destination: str, name: str, time: int) -> bool:
        """Whether a record of this time (nanoseconds) may call the destination so."""
        period = time // PERIOD
        if period > self._period:  # time that goes back makes nothing older
            self._period = period
            self.fresh.clear()
            self.until = (period + 1) * PERIOD
        known = self._known.get(destination)
        if known is not None and name in known:
            known[name] = self._period
        elif not self._admit(destination, name):
            return False
        self.fresh.add((destination, name))
        return True

    def _admit(self, destination: str, name: str) -> bool:
        known = self._known.get(destination)
        if known is not None and len(known) >= NAMES:
            self._sweep(destination, known)
            if len(known) >= NAMES:
                self.folded += 1
                return False
        while self._count >= ALL_NAMES or (known is None and len(self._known) >= ADDRESSES):
            oldest = next(iter(self._known))
            names = self._known.pop(oldest)
            self.fresh.difference_update([(oldest, one) for one in names])
            self._count -= len(names)
            self._swept.pop(oldest, None)
            if oldest == destination:
                known = None
        if known is None:
            known = self._known[destination] = {}
        known[name] = self._period
        self._count += 1
        return True

    def _sweep(self, destination: str, known: dict[str, int]) -> None:
        """Forget names that nobody asked for lately; once a period, so that a flood pays for no more than that."""
        if self._swept.get(destination) == self._period:
            return
        self._swept[destination] = self._period
        for name in [name for name, period in known.items() if period < self._period - 1]:
            del known[name]
            self._count -= 1
