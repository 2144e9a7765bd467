"""Packets of this machine's interfaces, by libpcap: `live:` and `live:NAME`.

Owns the reading of libpcap's handles (pcapy-ng), without blocking, when the kernel has packets, and which interfaces
there are to be captured. Refuses to open them (`libpcap`), and rpcapd's part: for hosts that run one, `rpcap` is the
source, and this process needs no privilege.

When an interface goes, libpcap says so before it gives what the kernel was still collecting: that is read afterwards.

libpcap's batches do not tell how long a packet was on the wire, only how much was captured. The IP header has the
length, so a short snaplen costs nothing but this: of a packet whose IP header gives none (longer than 65,535 bytes,
BIG TCP) what was cut counts as missed instead of cut.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

import pcapy
import structlog

from interceptor.capture import libpcap
from interceptor.capture.classic import batched
from interceptor.capture.filters import passing
from interceptor.capture.following import Following
from interceptor.capture.interfaces import Decision, decide_all
from interceptor.capture.links import Links, links
from interceptor.capture.rings import Rings
from interceptor.capture.source import (
    STATISTICS_SECONDS,
    CaptureEnded,
    Counters,
    Meter,
    Offer,
    State,
    Watched,
)
from interceptor.core.model import Interface, PacketBatch
from interceptor.errors import UsageError
from rpcapd_client.filters import texts_without
from rpcapd_client.linktypes import from_dlt

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from interceptor import config
    from interceptor.capture.feed import Feed
    from interceptor.capture.own_traffic import OwnTraffic

__all__ = ["LiveSource"]

log = structlog.get_logger()

_PREFIX: Final = "live:"
_BATCH: Final = 512
"""Packets taken from the kernel at once."""
_POLL: Final = 10.0
"""Seconds between two looks at the interfaces, besides those that the kernel causes."""
_COALESCE: Final = 0.02
_STARTS: Final = 4
"""Captures opened at a time: each takes a thread, which waits for the kernel."""
_SHOWN: Final = 20
"""Interfaces named in the error about one that is not there."""
_LAST_BLOCKS: Final = 3
"""Times `read_timeout_ms` until the kernel has handed over what it was collecting when an interface went: its timer gives
a block away the second time that it finds it, and one more for a machine that is busy."""
_EVERYTHING: Final = Offer("any", description="all interfaces at once")
"""What the kernel does not list, and libpcap can capture."""


class LiveSource:
    """The interfaces of this machine."""

    live = True

    def __init__(
        self, url: str, settings: config.Capture, own: OwnTraffic, rings: Rings | None = None
    ) -> None:
        """`live:` is what `capture.interfaces` includes; `live:NAME` is that one, whatever it says.

        `rings` are shared with other sources of this kind.
        """
        self.url = url
        self.connected = False
        self.problem = "has not begun yet"
        self.reconnects = 0
        self.counters = Counters()
        self._settings = settings
        self._own = own
        self._name = name = url.removeprefix(_PREFIX)
        if "/" in name or len(name) > 15:  # IFNAMSIZ of linux/if.h
            raise UsageError(f"capture.sources: {url!r}: {name!r} cannot be an interface")
        chosen = settings.interfaces
        self.rules = chosen.model_copy(update={"include": (name,)}) if name else chosen
        self._following: Following | None = None
        self._starts = asyncio.Semaphore(_STARTS)
        self._collecting = _LAST_BLOCKS * settings.read_timeout_ms / 1000
        """Seconds after an interface has gone in which the kernel may still keep packets of it."""
        self._rings = rings or Rings(settings.buffer_bytes)

    @property
    def interfaces(self) -> Mapping[str, Watched]:
        """Those that there are now."""
        return self._following.watched if self._following is not None else {}

    def obey(self, rules: config.Interfaces) -> None:
        """Capture by other rules from now on, unless there is one interface that the URL names."""
        if not self._name:
            self.rules = rules
            if self._following is not None:
                self._following.obey(rules)

    async def offers(self) -> Sequence[Offer]:
        """List what could be captured.

        Raises:
            InterceptorError: the kernel does not say, or there is no interface of the URL's name.

        """
        offers = [*await links(), _EVERYTHING]
        self._check_name([offer.name for offer in offers])
        return offers

    def decisions(self, offers: Sequence[Offer]) -> dict[str, Decision]:
        """Say of each offer whether it would be captured."""
        return decide_all({offer.name: offer.up for offer in offers}, self.rules, uplinks=not self._name)

    def _check_name(self, names: Sequence[str]) -> None:
        if self._name and self._name not in names:
            shown = ", ".join(names[:_SHOWN]) + (", …" if len(names) > _SHOWN else "")
            raise UsageError(
                f"capture.sources: {self.url}: this machine has no interface {self._name}; it has {shown}"
            )

    async def run(self, feed: Feed) -> None:
        """Capture until cancelled.

        Raises:
            UsageError: there is no interface of the URL's name when it begins.

        """
        async with asyncio.TaskGroup() as group:
            following = self._following = Following(
                self.url,
                self.rules,
                self.counters,
                lambda watched: self._capture(watched, feed),
                group,
                uplinks=not self._name,
                chosen=bool(self._name),
                collecting=self._collecting,
            )
            links_now = Links(following.changed.set)
            group.create_task(links_now.follow(), name="interface events")
            try:
                while True:
                    with suppress(TimeoutError):
                        async with asyncio.timeout(_POLL):
                            await following.changed.wait()
                    await asyncio.sleep(_COALESCE)
                    following.changed.clear()
                    self.connected = links_now.known
                    self.problem = "" if self.connected else "the kernel does not list its interfaces"
                    if self.connected:
                        offers = [*links_now.current.values(), _EVERYTHING]
                        if not following.watched:
                            self._check_name([offer.name for offer in offers])
                        following.reconcile(offers)
            finally:
                self.connected = False

    async def _capture(self, watched: Watched, feed: Feed) -> None:
        """Capture one interface until it cannot be."""
        size = self._rings.take()
        try:
            handle = await self._open(watched.name, size)
            interface = Interface(watched.name, from_dlt(int(handle.datalink())))
            try:
                watched.set(State.CAPTURING)
                log.info(
                    "capture_started",
                    source=self.url,
                    interface=watched.name,
                    link_type=interface.link_type,
                    buffer_bytes=size,
                )
                await self._read(handle, interface, watched, feed)
            finally:
                interface.gone = True
                libpcap.close(handle)
        finally:
            self._rings.give(size)

    async def _open(self, name: str, size: int) -> Any:
        """Give a handle that captures, with a buffer of `size` bytes."""
        settings = self._settings
        async with self._starts:
            try:
                handle = await libpcap.open_live(
                    name,
                    settings.snaplen,
                    settings.read_timeout_ms,
                    size,
                    promiscuous=settings.promiscuous,
                )
                try:
                    self._set_filter(handle)
                    handle.setnonblock(1)
                except BaseException:
                    libpcap.close(handle)
                    raise
            except pcapy.PcapError as error:
                raise CaptureEnded(str(error).removeprefix(f"{name}: ")) from error
        return handle

    def _set_filter(self, handle: Any) -> None:
        """Have the kernel apply the filter, without our own traffic where the link type can tell it."""
        settings = self._settings
        own = self._own.conversations if settings.exclude_own_traffic else ()
        *better, plain = texts_without(passing(settings), own)
        for text in better:
            with suppress(pcapy.PcapError):
                handle.setfilter(text)
                return
        handle.setfilter(plain)

    async def _read(self, handle: Any, interface: Interface, watched: Watched, feed: Feed) -> None:
        """Hand on what is captured until that ends (`CaptureEnded`)."""
        meter = Meter(self.url, watched)
        loop = asyncio.get_running_loop()
        excluded = self._own.conversations
        descriptor = int(handle.getfd())
        due = loop.time() + STATISTICS_SECONDS
        try:
            while True:
                if not await _take(handle, interface, watched, feed):
                    await _readable(descriptor, max(0.0, due - loop.time()))
                if loop.time() >= due:
                    due = loop.time() + STATISTICS_SECONDS
                    _measure(handle, meter)
                    if self._own.conversations is not excluded:
                        excluded = self._own.conversations
                        self._set_filter(handle)
        except pcapy.PcapError as error:
            # The kernel goes on to hand over what it has collected, and libpcap to read that, once the error was told.
            await asyncio.sleep(self._collecting)
            with suppress(pcapy.PcapError):
                while await _take(handle, interface, watched, feed):
                    pass
            raise CaptureEnded(str(error)) from error
        finally:
            with suppress(pcapy.PcapError):
                _measure(handle, meter)


async def _take(handle: Any, interface: Interface, watched: Watched, feed: Feed) -> bool:
    """Hand on what the kernel has now; returns whether that was anything."""
    buffer, places = handle.next_batch(_BATCH)
    if not places:
        return False
    batch = PacketBatch(interface, buffer, batched(places))
    await feed.put(batch)
    watched.received(batch)
    return True


def _measure(handle: Any, meter: Meter) -> None:
    _, by_kernel, by_interface = handle.stats()
    meter.read(by_kernel, by_interface)


async def _readable(descriptor: int, seconds: float) -> None:
    """Wait until the kernel has something, or for so long."""
    loop = asyncio.get_running_loop()
    readable = asyncio.Event()
    loop.add_reader(descriptor, readable.set)
    try:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await readable.wait()
    finally:
        loop.remove_reader(descriptor)
