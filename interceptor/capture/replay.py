"""Packets of capture files, as if they came now: `file:PATH` and `file:PATH?pace=real`.

Owns the pace. Several files are merged by the times of their packets. Refuses reading and merging (`files`), which it
does in a thread, choosing interfaces (all of a file is wanted), and times of its own: a replay gives the same records as `interceptor read`.
"""

from __future__ import annotations

import asyncio
import os
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING, Final, TypeVar
from urllib.parse import parse_qsl, unquote

import structlog

from interceptor.capture.files import align, merge, open_captures
from interceptor.capture.filters import PacketFilter, passing
from interceptor.capture.interfaces import Decision, decide_all
from interceptor.capture.source import Counters, Offer, State, Watched
from interceptor.config import Interfaces
from interceptor.core.model import PacketBatch
from interceptor.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from interceptor import config
    from interceptor.capture.feed import Feed
    from interceptor.capture.files import Capture
    from interceptor.core.model import Interface, Packet

__all__ = ["ReplaySource"]

log = structlog.get_logger()

_PREFIX: Final = "file:"
_STEP: Final = 0.01
"""Seconds. At real pace, packets this close together are given at once."""
_SECOND: Final = 1_000_000_000


class ReplaySource:
    """Capture files. As with a kernel's filter, packets that do not pass it are not counted."""

    live = False

    def __init__(self, urls: Sequence[str], settings: config.Capture) -> None:
        """Check the URLs; files are opened when it runs.

        Raises:
            UsageError: one of them cannot be used.

        """
        parsed = [_parse(url) for url in urls]
        self.url = ",".join(urls)
        self._paths = [path for path, _ in parsed]
        paces = {real for _, real in parsed}
        if len(paces) > 1:
            raise UsageError("capture.sources: all files have to have the same pace")
        self._real = paces.pop()
        self._filter = PacketFilter(passing(settings)) if settings.filter.strip() else None
        self.connected = False
        self.problem = "has not begun yet"
        self.reconnects = 0
        self.counters = Counters()
        self.interfaces: dict[str, Watched] = {}
        self.rules = Interfaces(include=("*",), exclude=())

    def obey(self, rules: Interfaces) -> None:
        """Change nothing: of files, everything is read."""

    def decisions(self, offers: Sequence[Offer]) -> dict[str, Decision]:
        """Say of each offer whether it would be captured."""
        return decide_all({offer.name: offer.up for offer in offers}, self.rules)

    async def offers(self) -> Sequence[Offer]:
        """List the interfaces that the beginnings of the files tell of.

        Raises:
            UsageError: one of the files cannot be used.

        """

        def work() -> list[Offer]:
            with ExitStack() as stack:
                found = {}
                for capture in self._open(stack):
                    for batch in capture.batches():
                        name = batch.interface.name or capture.name
                        found[name] = Offer(name)
                        break
                return list(found.values())

        return await _in_thread(work)

    def _open(self, stack: ExitStack) -> list[Capture]:
        captures = open_captures(self._paths)
        for capture in captures:
            stack.callback(capture.close)
        return captures

    async def run(self, feed: Feed) -> None:
        """Give all packets, to the end.

        Raises:
            UsageError: one of the files cannot be used.

        """
        with ExitStack() as stack:
            captures = await _in_thread(partial(self._open, stack))
            self.connected, self.problem = True, ""
            log.info("replay_started", source=self.url)
            for line in await _in_thread(partial(align, captures)):
                log.warning("clocks_apart", source=self.url, told=line)
            batches = merge(captures)
            pace = _Pace() if self._real else None
            try:
                while (piece := await _in_thread(partial(self._next, batches))) is not None:
                    interface, batch = piece
                    watched = self._watched(interface)
                    if batch is not None:
                        await self._give(batch, feed, pace)
                        watched.received(batch)
            finally:
                self.connected = False
            for watched in self.interfaces.values():
                watched.set(State.WAITING, "has come to its end")
            problems = [str(capture.problem) for capture in captures if capture.problem]
            self.problem = "; ".join(problems) or "has come to its end"
            log.info("replay_ended", source=self.url, problems=problems)

    def _next(self, batches: Iterator[PacketBatch]) -> tuple[Interface, PacketBatch | None] | None:
        """Read on: the next packets, and those of them that pass the filter."""
        batch = next(batches, None)
        if batch is None:
            return None
        return batch.interface, self._filter.apply(batch) if self._filter is not None else batch

    def _watched(self, interface: Interface) -> Watched:
        name = interface.name or "file"
        watched = self.interfaces.get(name)
        if watched is None:
            watched = self.interfaces[name] = Watched(name, self.counters)
            watched.set(State.CAPTURING)
        return watched

    async def _give(self, batch: PacketBatch, feed: Feed, pace: _Pace | None) -> None:
        if pace is None:
            await feed.put(batch)
            return
        packets = batch.packets
        begin = 0
        while begin < len(packets):
            end = await pace.due(packets, begin)
            await feed.put(PacketBatch(batch.interface, batch.buffer, packets[begin:end]))
            begin = end


class _Pace:
    """Packets in their own time: the first one at once, each other one as much later as it was."""

    def __init__(self) -> None:
        self._origin: float | None = None
        """On the loop's clock, of packet time 0."""

    async def due(self, packets: list[Packet], begin: int) -> int:
        """Wait until the packet at `begin` is due; returns the end of those that are."""
        loop = asyncio.get_running_loop()
        at = packets[begin][0] / _SECOND
        if self._origin is None:
            self._origin = loop.time() - at
        await asyncio.sleep(max(0.0, self._origin + at - loop.time()))
        horizon = round((max(loop.time() - self._origin, at) + _STEP) * _SECOND)
        end = begin + 1
        while end < len(packets) and packets[end][0] <= horizon:
            end += 1
        return end


_T = TypeVar("_T")


async def _in_thread(work: Callable[[], _T]) -> _T:
    """Do it in a thread and to its end, even if we are cancelled meanwhile: it uses what we would then close."""
    done = asyncio.get_running_loop().run_in_executor(None, work)
    try:
        return await asyncio.shield(done)
    except asyncio.CancelledError:
        await asyncio.wait([done])
        raise


def _parse(url: str) -> tuple[str, bool]:
    """Give the path and whether the pace is real."""
    path, _, query = url.removeprefix(_PREFIX).partition("?")
    options = parse_qsl(query, keep_blank_values=True)
    if query and (options not in ([("pace", "real")], [("pace", "full")])):
        raise UsageError(f"capture.sources: {url!r}: after the path only ?pace=real is understood")
    if path.startswith("//"):  # file:///tmp/a
        path = path.removeprefix("//")
    path = unquote(path)
    if not path:
        raise UsageError(f"capture.sources: {url!r} names no file")
    return os.path.expanduser(path), options == [("pace", "real")]  # noqa: PTH111 - a path may be any string
