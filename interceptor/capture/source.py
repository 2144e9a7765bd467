"""What a source of packets is, and what it tells about itself while it runs.

Owns the shape that all sources share: how they are run, and the plain state that metrics, readiness and the list
of interfaces read. Refuses to capture: that is what the sources are for.

Invariant: the counters of a source never go back. An interface that goes takes its own away; what it had is in
the source's.

An interface is blind from the end of a capture that worked until the next one begins, as long as it is offered and
up: so while rpcapd is away, too. An interface that goes ends its capture a moment before it leaves the list, and was
not blind.
"""

from __future__ import annotations

import asyncio
import random
import time
from dataclasses import dataclass, field
from enum import StrEnum
from operator import itemgetter
from typing import TYPE_CHECKING, Final, Protocol

import structlog

from interceptor.errors import InterceptorError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from interceptor.capture.feed import Feed
    from interceptor.capture.interfaces import Decision
    from interceptor.config import Interfaces
    from interceptor.core.model import PacketBatch

__all__ = [
    "STATISTICS_SECONDS",
    "Backoff",
    "Blindness",
    "CaptureEnded",
    "Counters",
    "Meter",
    "Offer",
    "Source",
    "State",
    "Watched",
    "lasting",
    "total",
    "wait_for",
]

STATISTICS_SECONDS: Final = 5.0
"""Between two looks at what the kernel says it dropped, and at whether the filter has to change."""

_KERNEL: Final = (
    "kernel: the capture's buffer was full, after a pause of its reader or with more traffic than it reads"
)
_INTERFACE: Final = "interface: the network card or its driver dropped them before the capture"

_COUNTER: Final = 0xFFFFFFFF
"""Counters of libpcap and rpcapd have 32 bits and wrap."""

_FAREWELL: Final = 1.0
"""Seconds between the end of a capture and its interface's leaving the list, where it was the interface that went."""
_TELLING: Final = 1.0
"""Seconds in which captures that begin again are told together."""
_TOLD: Final = 10
"""Interfaces that one line of the log names."""

_length = itemgetter(3)

log = structlog.get_logger()


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
    leads_to: int | None = None
    """The kernel's number of the network namespace that its other end is in, where that is another one."""

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
    blind_seconds: float = 0.0
    """Of interfaces that had been captured and were not for a while, all of them added up; what is over."""
    blind: set[Watched] = field(default_factory=set)
    """Of a source: the interfaces for which it is not over, those included whose rpcapd has gone."""


class Blindness:
    """Tells in the log when interfaces are captured again: those of one moment in one line."""

    def __init__(self, source: str) -> None:
        """`source` is for the log."""
        self._source = source
        self._over: list[tuple[str, float]] = []
        self._interfaces = 0
        self._longest = 0.0

    def over(self, interface: str, seconds: float) -> None:
        """Note that an interface is captured again, after so long."""
        if not self._interfaces:
            asyncio.get_running_loop().call_later(_TELLING, self._tell)
        self._interfaces += 1
        self._longest = max(self._longest, seconds)
        if len(self._over) < _TOLD:
            self._over.append((interface, seconds))

    def _tell(self) -> None:
        log.warning(
            "blindness_ended",
            source=self._source,
            seconds=round(self._longest, 1),
            interfaces={name: round(seconds, 1) for name, seconds in self._over},
            more=self._interfaces - len(self._over),
        )
        self._over, self._interfaces, self._longest = [], 0, 0.0


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
    blindness: Blindness | None = None
    """Who is told when it has been blind."""
    blind_since: float | None = None
    """On the monotonic clock, while it is blind."""
    over: bool = False
    """Not offered or not wanted any more: what its capture still says of its end is no blindness."""

    def set(self, state: State, reason: str = "") -> None:
        """Say what has become of it."""
        if state is State.FAILED and self.state is State.CAPTURING and not self.over:
            self.blind_since = time.monotonic()
            self.totals.blind.add(self)
        elif state is State.CAPTURING and self.blind_since is not None:
            seconds = self._end_of_blindness()
            if self.blindness is not None:
                self.blindness.over(self.name, seconds)
        self.state, self.reason = state, reason

    def blind_for(self) -> float:
        """Seconds of blindness until now that no counter has yet; 0 where it may just have gone."""
        if self.blind_since is None:
            return 0.0
        seconds = time.monotonic() - self.blind_since
        return seconds if seconds >= _FAREWELL else 0.0

    def gone(self) -> None:
        """Take note that it is not offered or not wanted any more."""
        self.down()
        self.over = True

    def down(self) -> None:
        """Take note that nothing can be captured of it for now: blindness ends here."""
        if self.blind_for():
            self._end_of_blindness()
        self.blind_since = None
        self.totals.blind.discard(self)

    def _end_of_blindness(self) -> float:
        assert self.blind_since is not None
        seconds, self.blind_since = time.monotonic() - self.blind_since, None
        self.totals.blind.discard(self)
        for counters in (self.counters, self.totals):
            counters.blind_seconds += seconds
        return seconds

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
    """Turns the counters of one capture, which begin at zero and wrap, into steps of an interface's; tells of losses."""

    def __init__(self, source: str, watched: Watched) -> None:
        """`source` is for the log."""
        self._source = source
        self._watched = watched
        self._kernel = self._interface = 0

    def read(self, by_kernel: int, by_interface: int) -> None:
        """Take a new reading."""
        kernel, interface = _step(self._kernel, by_kernel), _step(self._interface, by_interface)
        self._kernel, self._interface = by_kernel, by_interface
        self._watched.dropped(kernel, interface)
        for packets, cause in ((kernel, _KERNEL), (interface, _INTERFACE)):
            if packets:
                log.warning(
                    "packets_lost",
                    source=self._source,
                    interface=self._watched.name,
                    packets=packets,
                    cause=cause,
                )


def _step(before: int, now: int) -> int:
    """What a counter of 32 bits has grown by; 0 where it went back, as it does when a driver is reset.

    libpcap gives an interface's counter less what it was at the start, so that it may begin at 4,294,965,006.
    """
    grown = (now - before) & _COUNTER
    return grown if grown <= _COUNTER // 2 else 0


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


def total(sources: Iterable[Source]) -> Counters:
    """Add up the counters of sources, with blindness that lasts."""
    added = Counters()
    for source in sources:
        counters = source.counters
        added.packets += counters.packets
        added.bytes += counters.bytes
        added.kernel_dropped += counters.kernel_dropped
        added.interface_dropped += counters.interface_dropped
        added.blind_seconds += counters.blind_seconds + lasting(source)
    return added


def lasting(source: Source) -> float:
    """Seconds of blindness that are not over, of all interfaces of a source."""
    return sum([one.blind_for() for one in source.counters.blind])


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

    def decisions(self, offers: Sequence[Offer]) -> dict[str, Decision]:
        """Say of each offer, by its name, whether it would be captured."""

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
