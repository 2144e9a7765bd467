"""What a source of packets is, and what it tells about itself while it runs.

Owns the shape that all sources share: how they are run, and the plain state that metrics, readiness and the list
of interfaces read. Refuses to capture: that is what the sources are for.

Invariant: the counters of a source never go back. An interface that goes takes its own away; what it had is in
the source's.
"""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass, field
from enum import StrEnum
from operator import itemgetter
from typing import TYPE_CHECKING, Final, Protocol

from interceptor.errors import InterceptorError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from interceptor.capture.feed import Feed
    from interceptor.config import Interfaces
    from interceptor.core.model import PacketBatch

__all__ = [
    "STATISTICS_SECONDS",
    "Backoff",
    "CaptureEnded",
    "Counters",
    "Meter",
    "Offer",
    "Source",
    "State",
    "Watched",
    "wait_for",
]

STATISTICS_SECONDS: Final = 5.0
"""Between two looks at what the kernel says it dropped, and at whether the filter has to change."""

_COUNTER: Final = 0xFFFFFFFF
"""Counters of libpcap and rpcapd have 32 bits and wrap."""

_length = itemgetter(3)


class CaptureEnded(InterceptorError):  # noqa: N818 - says what is the matter
    """One interface can no longer be captured, or not at all; says why."""


class State(StrEnum):
    """How an interface fares."""

    CAPTURING = "capturing"
    WAITING = "waiting"
    """It is to be captured, and is down or being opened."""
    EXCLUDED = "excluded"
    FAILED = "failed"
    """It is tried again after a while."""


@dataclass(frozen=True, slots=True)
class Offer:
    """An interface that could be captured."""

    name: str
    up: bool = True
    index: int = 0
    """The kernel's number, which a new interface of the same name does not share; 0 where it is not known."""
    description: str = ""
    addresses: tuple[str, ...] = ()

    def is_another(self, later: Offer) -> bool:
        """Whether `later`, of the same name, is known to be another interface."""
        return self.index != later.index and 0 not in {self.index, later.index}


@dataclass(slots=True)
class Counters:
    """What has come, and what the kernel says has not."""

    packets: int = 0
    bytes: int = 0
    """Of the packets as they were on the wire, bytes that a short snaplen cut off included."""
    kernel_dropped: int = 0
    """Packets for which there was no room, because we did not take the earlier ones in time."""
    interface_dropped: int = 0
    """Packets that the network interface or its driver dropped."""


@dataclass(slots=True, eq=False)
class Watched:
    """An interface that a source offers: what becomes of it, since it appeared."""

    name: str
    totals: Counters
    """The source's, which count everything too."""
    state: State = State.WAITING
    reason: str = "is being opened"
    """Why it is in this state; empty while it is captured. For `EXCLUDED`, the rule."""
    counters: Counters = field(default_factory=Counters)

    def set(self, state: State, reason: str = "") -> None:
        """Say what has become of it."""
        self.state, self.reason = state, reason

    def received(self, batch: PacketBatch) -> None:
        """Count packets that were handed on."""
        packets, size = len(batch.packets), sum(map(_length, batch.packets))
        for counters in (self.counters, self.totals):
            counters.packets += packets
            counters.bytes += size

    def dropped(self, by_kernel: int, by_interface: int) -> None:
        """Count packets that were not."""
        for counters in (self.counters, self.totals):
            counters.kernel_dropped += by_kernel
            counters.interface_dropped += by_interface


class Meter:
    """Turns the counters of one capture, which begin at zero and wrap, into steps of an interface's."""

    def __init__(self, watched: Watched) -> None:
        self._watched = watched
        self._kernel = self._interface = 0

    def read(self, by_kernel: int, by_interface: int) -> None:
        """Take a new reading."""
        self._watched.dropped(
            (by_kernel - self._kernel) & _COUNTER, (by_interface - self._interface) & _COUNTER
        )
        self._kernel, self._interface = by_kernel, by_interface


class Backoff:
    """How long to wait before the next try: longer each time, and never at the same moment as others."""

    def __init__(self, first: float, longest: float) -> None:
        self._first = first
        self._longest = longest
        self._failures = 0

    def next(self) -> float:
        """Note a failure; returns seconds."""
        wait = min(self._longest, self._first * float(2**self._failures))
        self._failures = min(self._failures + 1, 16)
        return wait * random.uniform(0.75, 1.25)  # noqa: S311 - to be apart from others, not to be secret

    def reset(self) -> None:
        """Note a success."""
        self._failures = 0


class Source(Protocol):
    """Where packets come from: a remote or local rpcapd, this machine's interfaces, or files."""

    @property
    def url(self) -> str:
        """As configured, without user information: its name in metrics and logs."""

    @property
    def live(self) -> bool:
        """Whether packet time passes with the wall clock. In a replay it must not."""

    @property
    def connected(self) -> bool:
        """Whether it can say which interfaces there are."""

    @property
    def problem(self) -> str:
        """Why it is not connected; empty while it is."""

    @property
    def reconnects(self) -> int:
        """How often it was connected again after a loss."""

    @property
    def counters(self) -> Counters:
        """Of all its interfaces, past and present."""

    @property
    def interfaces(self) -> Mapping[str, Watched]:
        """Those that it offers now."""

    @property
    def rules(self) -> Interfaces:
        """Which interfaces it captures."""

    def obey(self, rules: Interfaces) -> None:
        """Capture by other rules from now on, where they concern it."""

    async def run(self, feed: Feed) -> None:
        """Give packets until cancelled; of files, until their end.

        Raises:
            InterceptorError: it never will, and no retry helps.

        """

    async def offers(self) -> Sequence[Offer]:
        """List what could be captured, for `interceptor interfaces`; not while it runs.

        Raises:
            InterceptorError: it cannot be reached, or does not say.

        """


async def wait_for(event: asyncio.Event, seconds: float) -> bool:
    """Wait until it is set, at most so long; returns whether it is."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return event.is_set()
    return True
