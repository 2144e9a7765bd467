"""The daemon: sources, the core, and the ways out, wired together and kept going.

Owns the life cycle. In this order it comes up: configuration, outlets, the HTTP server, sources; so that what is wrong
with an option is told before anything is captured. And in this order it goes down, within `shutdown_seconds`:

    1. what has been captured and is on its way is waited for, a moment
    2. sources end: captures are closed, and no rpcapd child is left waiting
    3. the core closes: what is open on every connection is reported
    4. records are encoded and handed to the outlets
    5. outlets close: lines are on disk, the spool is sealed
    6. the ledger is logged, and whether it balances
    7. the server ends, last, so that a probe is answered until then

A second signal ends it at once. A defect in one task ends the others, is logged with its traceback, and then the same
order is kept: what was understood is not lost with what failed.

Refuses work of its own: packets go from a source through the core into the outlets, on the event loop, in pieces of a
few milliseconds; with several `workers`, to them, and lines come back. Everything that waits for a disk or the network is in the parts.

Packet time passes with the packets; while none come from live sources, the wall clock says how it passes, as far
behind as packets may still be on their way (`Feed.passed`). A stall of ours is not time without packets: after one,
what waits in the sockets is read first.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import signal
import time
from typing import TYPE_CHECKING, Final, Protocol

import structlog
from starlette.applications import Starlette

from interceptor import __version__
from interceptor.capture.feed import Feed
from interceptor.capture.links import addresses
from interceptor.capture.own_traffic import OwnTraffic, listening_at, parties, talking_to
from interceptor.capture.source import State, total
from interceptor.capture.sources import are_here, make_sources
from interceptor.core.pipeline import COLLECT_AFTER
from interceptor.delivery.batches import captured_since
from interceptor.delivery.outlet import SpoolOutlet
from interceptor.errors import InterceptorError, UsageError
from interceptor.service import logs, memory
from interceptor.service.analysis import Analysis
from interceptor.service.cores import usable
from interceptor.service.ending import Ending
from interceptor.service.expiry import Expiry
from interceptor.service.health import Heartbeat, routes
from interceptor.service.metrics import InterfaceNames, Metrics, record_losses, source_samples
from interceptor.service.outbound import Outbound, origin
from interceptor.service.output import FileOutlet
from interceptor.service.samples import Distribution, Sample, stage_samples
from interceptor.service.server import serving
from interceptor.service.workers import Workers
from interceptor.settings import changes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from interceptor import config
    from interceptor.core.model import PacketBatch, Stage
    from interceptor.delivery.batches import Captured
    from interceptor.service.analysis import Core
    from interceptor.settings import Settings

__all__ = ["Daemon", "Outlet"]

log = structlog.get_logger()

_TOLD: Final = 3
"""Failed interfaces that /readyz names."""
_TICK_SECONDS: Final = 0.1
_TOLD_SECONDS: Final = 1.0
"""How often the headers of batches get new totals, which every interface is asked for: batches are seconds apart."""
_LAG_BOUNDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
"""Seconds: a piece of packets is two milliseconds, and what is seen on the wire suffers from tenths."""
_ADDRESSES_SECONDS: Final = 30.0
"""Between two looks at this machine's addresses."""
_LOOK_UP_SECONDS: Final = 5.0
"""For those and the endpoint's. Captures start without them where no name server answers."""
_MOST_ADDRESSES: Final = 14
"""A filter holds a limited number of conversations, and the first addresses are the machine's own."""
_MOST_PEERS: Final = 8
"""Addresses of the endpoint or proxy, for the same reason."""
_SUMMARY_SECONDS: Final = 60
"""How often the log says how it goes."""
_ON_THE_WAY_SECONDS: Final = 0.5
"""After a signal: what was captured before it is still in the kernel's ring, in rpcapd or in a socket."""


class Outlet(Protocol):
    """Where records go."""

    def write(self, lines: bytes, records: int) -> None:
        """Take JSON Lines. Never blocks; what cannot be taken is counted as dropped."""

    async def close(self) -> None:
        """Have everything written, within the caller's deadline."""

    def ledger(self) -> list[Stage]:
        """What became of the records."""


class Daemon:
    """Built once, run once."""

    def __init__(
        self,
        settings: Settings,
        reload: Callable[[], Settings],
        repetitions: logs.Repetitions | None = None,
    ) -> None:
        """Build the parts.

        Raises:
            UsageError: an option has a value that cannot be used here.

        """
        self._settings = settings
        self._reload = reload
        self._repetitions = repetitions
        options = settings.config
        self._memory = memory.budget(options.limits, memory.cgroup_limit())
        self._packets = self._records = 0
        self._shares: dict[str, int] = {}
        """Percent of the payload by protocol, as told last."""
        self._state = "starting"
        """Why nothing is captured, where that is not the sources' matter."""
        self._heart = Heartbeat()
        self._metrics = Metrics()
        self._lag = self._metrics.histogram("event_loop_lag_seconds", _LAG_BOUNDS)
        self._ending = Ending()
        self._drained = False
        self._own_traffic = OwnTraffic()
        self._sources = make_sources(options.capture, self._own_traffic)
        self._live = any(source.live for source in self._sources)
        self._feed = Feed(self._take, options.capture.read_timeout_ms / 1000)
        self._core = self._make_core(options)
        self._outbound = Outbound(options) if options.endpoint is not None else None
        self._uploads: asyncio.Task[None] | None = None
        self._since = time.time()
        self._told = self._totals()
        """Once a tick: the thread that seals batches must not look at sources."""
        self._outlets = _outlets(options, self._outbound, lambda: self._told)
        self._metrics.add(self._samples)
        names = InterfaceNames()
        self._metrics.add(lambda: source_samples(self._sources, names))
        self._metrics.add(lambda: stage_samples([self._captured()]))
        self._metrics.add(self._core_samples)
        self._metrics.add(self._outlet_samples)
        self._expiry = Expiry("run", options)
        self._metrics.add(self._expiry.samples)
        if self._outbound is not None:
            self._metrics.add(self._outbound.samples)

    def _make_core(self, options: config.Config) -> Core:
        number = usable() if options.workers == "auto" else options.workers
        here = are_here(options.capture.sources)
        if number == 1:
            return Analysis(options, self._write, live=self._live, here=here)
        return Workers(
            number,
            options,
            self._memory,
            self._write,
            live=self._live,
            here=here,
            hold=self._feed.hold,
            go_on=self._feed.go_on,
        )

    async def run(self) -> int:
        """Run until a signal or the end of all sources; returns the exit status.

        Raises:
            UsageError: the server's address cannot be had.

        """
        options = self._settings.config
        app = Starlette(routes=routes("run", self._metrics, self._not_ready, self._heart.stuck))
        gc.set_threshold(COLLECT_AFTER, 10, 10)
        async with contextlib.AsyncExitStack() as stack:
            stack.enter_context(self._ending.on_signals())
            stack.enter_context(self._hanging_up())
            try:
                port = await stack.enter_async_context(serving(app, options.server))
            except BaseException:
                await self._close_outlets(1.0)
                raise
            log.info(
                "started",
                version=__version__,
                pid=os.getpid(),
                port=port,
                sources=[source.url for source in self._sources],
                memory_limit_bytes=self._memory,
            )
            return await self._work(port)

    # Going

    async def _work(self, port: int) -> int:
        """Let the tasks run, and end them in order; returns the exit status."""
        # Before the captures start: they learn of a change only some seconds later. A signal does not wait for names.
        async with asyncio.TaskGroup() as group:
            looking = group.create_task(self._leave_out_own_traffic(port))
            asked = group.create_task(self._ending.asked.wait())
            await asyncio.wait((looking, asked), return_when=asyncio.FIRST_COMPLETED)
            looking.cancel()
            asked.cancel()
        self._state = ""
        status = 0
        try:
            await self._core.begin()
            async with asyncio.TaskGroup() as group:
                sources = [
                    group.create_task(source.run(self._feed), name=source.url) for source in self._sources
                ]
                going = [
                    group.create_task(self._core.run(), name="core"),
                    group.create_task(self._tick(), name="tick"),
                    group.create_task(self._report(), name="report"),
                    group.create_task(self._expiry.follow(), name="expiry"),
                    group.create_task(self._follow_own_traffic(port), name="own traffic"),
                ]
                if self._outbound is not None:
                    self._uploads = group.create_task(self._outbound.run(), name="uploads")
                    going.append(self._uploads)
                ends = [
                    group.create_task(_all_done(sources), name="sources ended"),
                    group.create_task(self._ending.asked.wait(), name="stop"),
                ]
                await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
                log.info(
                    "stopping", reason="signal" if self._ending.asked.is_set() else "all sources have ended"
                )
                deadline = self._begin_to_end()
                if self._live:
                    await asyncio.wait(sources, timeout=min(_ON_THE_WAY_SECONDS, _left(deadline) / 2))
                for source in sources:
                    source.cancel()
                await asyncio.wait(sources, timeout=_left(deadline) / 2)
                status = await self._drain(deadline)
                for task in (*going, *ends):
                    task.cancel()
        except* InterceptorError as problems:
            for problem in _leaves(problems):
                log.error("source_failed", error=str(problem))  # noqa: TRY400 - the line says it all
            status = 2 if any(isinstance(problem, UsageError) for problem in _leaves(problems)) else 1
        except* Exception as defects:
            for defect in _leaves(defects):
                log.exception("defect", error=type(defect).__name__, exc_info=defect)
            status = 1
        if not self._drained:
            await self._drain(self._begin_to_end())
        return status

    def _begin_to_end(self) -> float:
        """Not ready any more; gives the loop's time by which all has to be done."""
        self._state = "stopping"
        return self._ending.begin(self._settings.config.shutdown_seconds)

    def _take(self, batch: PacketBatch) -> None:
        """Packets from the feed."""
        self._packets += len(batch.packets)
        self._core.take(batch)

    def _write(self, lines: bytes, records: int) -> None:
        """Records from the core."""
        self._records += records
        for outlet in self._outlets:
            outlet.write(lines, records)

    async def _tick(self) -> None:
        """What must be done again and again."""
        loop = asyncio.get_running_loop()
        due = told = loop.time()
        while True:
            due = max(due, loop.time() - _TICK_SECONDS) + _TICK_SECONDS
            await asyncio.sleep(due - loop.time())
            lag = loop.time() - due
            self._lag.observe(max(lag, 0.0))
            self._heart.beat()
            known = self._live and lag < _TICK_SECONDS
            self._core.tick(self._feed.passed(time.time_ns()) if known else None)
            if due >= told:
                told = due + _TOLD_SECONDS
                self._told = self._totals()

    async def _follow_own_traffic(self, port: int) -> None:
        """Addresses change: those of this machine, and of the endpoint or proxy."""
        while True:
            await asyncio.sleep(_ADDRESSES_SECONDS)
            await self._leave_out_own_traffic(port)

    async def _leave_out_own_traffic(self, port: int) -> None:
        """Keep the captures from showing who scrapes us and whom we talk to."""
        if not (self._live and self._settings.config.capture.exclude_own_traffic):
            return
        try:
            async with asyncio.timeout(_LOOK_UP_SECONDS):
                ours = ["127.0.0.1", "::1", *(await addresses())[:_MOST_ADDRESSES]]
                self._own_traffic.set("scrapes", listening_at(port, ours))
                if self._outbound is not None:
                    uploads = await talking_to(*self._outbound.peer)
                    self._own_traffic.set("uploads", uploads[:_MOST_PEERS])
                self._core.leave_out(parties(self._own_traffic.conversations))
        except (InterceptorError, TimeoutError) as error:
            reason = str(error) or "the names of the endpoint or proxy are not found in time"
            log.warning("own_traffic_unknown", error=reason, retry_seconds=_ADDRESSES_SECONDS)

    async def _report(self) -> None:
        """Say now and then how it goes."""
        while True:
            await asyncio.sleep(_SUMMARY_SECONDS)
            tally = self._core.tally()
            log.info(
                "running",
                packets=self._packets,
                transactions=tally.transactions,
                connections=tally.connections,
                missed_bytes=tally.missed_bytes,
                **self._losses(),
                memory_used_bytes=self._memory_used(),
            )
            self._core.show_unread()
            self._tell_reading(tally.read)
            for left_out in self._repetitions.settle() if self._repetitions is not None else ():
                log.info("left_out", **left_out)

    def _tell_reading(self, read: dict[str, int]) -> None:
        """Say what the payload is, in percent by protocol, if that is not what was said last."""
        came = sum(read.values())
        shares = (
            {protocol: round(100 * size / came) for protocol, size in sorted(read.items()) if size}
            if came
            else {}
        )
        if shares != self._shares:
            self._shares = shares
            log.info("payload", percent=shares)

    # Signals

    @contextlib.contextmanager
    def _hanging_up(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGHUP, self._configure_anew)
        try:
            yield
        finally:
            loop.remove_signal_handler(signal.SIGHUP)

    def _configure_anew(self) -> None:
        """SIGHUP: take over what can be, and say what needs a restart. A bad file changes nothing."""
        try:
            settings = self._reload()
        except UsageError as error:
            log.error("configuration_not_reloaded", error=str(error))  # noqa: TRY400 - the line says it all
            return
        options = settings.config
        changed = changes(self._settings.config, options)
        taken = [key for key in changed if key in _RELOADABLE or _is_read_when_needed(key, options)]
        self._settings = settings
        logs.configure(options.log.level, repetitions=self._repetitions)
        self._core.log_from(options.log.level)
        if _INTERFACES & set(taken):
            for source in self._sources:
                source.obey(options.capture.interfaces)
        log.info("configuration_reloaded", changed=taken)
        if rest := [key for key in changed if key not in taken]:
            log.warning("restart_needed", options=rest)

    # Being asked

    def _not_ready(self) -> str | None:
        """Why nothing is captured, or None."""
        if problem := self._state or self._core.problem:
            return problem
        watched = [one for source in self._sources for one in source.interfaces.values()]
        if any(one.state is State.CAPTURING for one in watched):
            return None
        problems = [f"{source.url}: {source.problem}" for source in self._sources if source.problem]
        problems += [f"{one.name}: {one.reason}" for one in watched if one.state is State.FAILED][:_TOLD]
        if not problems:
            excluded = sum([one.state is State.EXCLUDED for one in watched])
            problems = [f"{len(watched)} interfaces are offered, {excluded} of them excluded"]
        return f"no interface is captured: {'; '.join(problems)}"

    # What the captures lost

    def _captured(self) -> Stage:
        """The ledger's first line."""
        lost = total(self._sources)
        return self._feed.stage(lost.kernel_dropped, lost.interface_dropped)

    def _losses(self) -> dict[str, object]:
        """For the log."""
        lost = total(self._sources)
        return {
            "kernel_dropped": lost.kernel_dropped,
            "interface_dropped": lost.interface_dropped,
            "blind_seconds": round(lost.blind_seconds, 1),
        }

    def _totals(self) -> Captured:
        """For the headers of batches."""
        lost = total(self._sources)
        watched = [one for source in self._sources for one in source.interfaces.values()]
        return captured_since(
            self._since,
            lost.packets,
            lost.kernel_dropped,
            lost.interface_dropped,
            lost.blind_seconds,
            sum([one.state is State.CAPTURING for one in watched]),
        )

    def _samples(self) -> Iterator[Sample]:
        yield Sample("received_packets_total", self._packets)
        yield Sample("received_bytes_total", total(self._sources).bytes)
        yield Sample("memory_limit_bytes", self._memory)
        yield Sample("memory_used_bytes", self._memory_used())

    def _core_samples(self) -> Iterator[Sample | Distribution]:
        tally = self._core.tally()
        yield from stage_samples(tally.stages)
        yield from tally.samples
        yield from tally.distributions
        yield from self._core.samples()

    def _memory_used(self) -> int:
        return memory.resident_bytes() + self._core.memory_bytes

    def _outlet_samples(self) -> Iterator[Sample]:
        stages = [stage for outlet in self._outlets for stage in outlet.ledger()]
        yield from stage_samples(stages)
        yield from record_losses(stages)

    # Going down

    async def _drain(self, deadline: float) -> int:
        """Write what is left; returns 1 where something was lost on the way."""
        await self._core.end(_left(deadline) / 2)
        tally = self._core.tally()
        self._told = self._totals()
        in_time = await self._close_outlets(_left(deadline))
        stages = [
            self._captured(),
            *tally.stages,
            *(stage for outlet in self._outlets for stage in outlet.ledger()),
        ]
        unbalanced = [stage.name for stage in stages if not stage.balanced]
        well = in_time and not unbalanced
        self._drained = True
        (log.info if well else log.error)(
            "stopped",
            balanced=not unbalanced,
            unbalanced=unbalanced,
            in_time=in_time,
            packets=self._packets,
            records=self._records,
            missed_bytes=tally.missed_bytes,
            **self._losses(),
            ledger={stage.name: _told(stage) for stage in stages},
        )
        return 0 if well else 1

    async def _close_outlets(self, seconds: float) -> bool:
        """Returns whether all of them could write what they had."""
        try:
            async with asyncio.timeout(seconds):
                async with asyncio.TaskGroup() as group:
                    for outlet in self._outlets:
                        group.create_task(outlet.close())
                outbound, self._outbound = self._outbound, None
                if outbound is not None:
                    await self._upload_rest(outbound, seconds / 2)
        except TimeoutError:
            return False
        return True

    async def _upload_rest(self, outbound: Outbound, seconds: float) -> None:
        """The spool keeps what cannot be sent now; where its disk goes with us, that would be the end of it."""
        if self._uploads is not None and not self._uploads.done() and outbound.uploader.trouble is None:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await outbound.drained()
        await outbound.close()


def _told(stage: Stage) -> dict[str, object]:
    return {
        "received": stage.received,
        "delivered": stage.delivered,
        "dropped": stage.dropped,
        "held": stage.held,
    }


def _left(deadline: float) -> float:
    """Seconds until then; a moment, where it is over."""
    return max(deadline - asyncio.get_running_loop().time(), 0.5)


_INTERFACES: Final = {"capture.interfaces.include", "capture.interfaces.exclude"}
_RELOADABLE: Final = {*_INTERFACES, "log.level", "shutdown_seconds"}


def _is_read_when_needed(key: str, options: config.Config) -> bool:
    """Whether this is a secret whose file is read again by whoever shows it."""
    return (
        (key == "token" and options.token_file is not None)
        or (key == "proxy.url" and options.proxy.url_file is not None)
        or (key == "capture.password" and options.capture.password_file is not None)
    )


async def _all_done(tasks: Sequence[asyncio.Task[None]]) -> None:
    await asyncio.wait(tasks)


def _leaves(group: BaseExceptionGroup[BaseException]) -> Iterator[BaseException]:
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from _leaves(error)
        else:
            yield error


def _outlets(
    options: config.Config, outbound: Outbound | None, captured: Callable[[], Captured]
) -> list[Outlet]:
    outlets: list[Outlet] = []
    if options.output.path is not None:
        outlets.append(FileOutlet(options.output))
    if outbound is not None:
        outlets.append(
            SpoolOutlet(outbound.spool, options.spool, origin(options), options.upload.compression, captured)
        )
    if not outlets:
        raise UsageError("records have nowhere to go: set output.path (- is standard output) or endpoint")
    return outlets
