"""The life of relay and collector: signals, the HTTP server, work beside it, and an end within its time.

It comes up: server, work. It goes down, within `shutdown_seconds`: not ready any more, `drain` (what has to be done
while there is time), work cancelled, server closed. The server is last, so that probes are answered and clients are
told to come again rather than refused a connection. A second signal, or the end of the time, ends it at once. A defect
in the work ends the service with status 1: whoever started it starts it again.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from typing import TYPE_CHECKING, Final

import structlog
from starlette.applications import Starlette

from interceptor import __version__
from interceptor.capture.descriptors import allow_descriptors
from interceptor.service import health, logs
from interceptor.service.ending import Ending
from interceptor.service.expiry import Expiry
from interceptor.service.metrics import Metrics
from interceptor.service.samples import Sample
from interceptor.service.server import serving

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence

    from starlette.routing import BaseRoute

    from interceptor.config import Config
    from interceptor.ingest.api import Counters
    from interceptor.ingest.senders import Senders

__all__ = ["Service", "ingest_samples", "run"]

_DESCRIPTORS: Final = 4_096
"""Open files: a connection of each client, those that go on, and some."""

log = structlog.get_logger()


class Service:
    """One long-running command."""

    def __init__(self, name: str, config: Config) -> None:
        self._name = name
        self._config = config
        self._state = "starting"
        self._ending = Ending()
        self.metrics: Final = Metrics()
        self._expiry = Expiry(name, config)
        self.metrics.add(self._expiry.samples)

    async def run(
        self,
        routes: Sequence[BaseRoute],
        work: Sequence[Coroutine[object, object, None]],
        drain: Callable[[], Awaitable[None]],
        ready: Callable[[], str | None] = lambda: None,
        **told: object,
    ) -> int:
        """Serve and work until a signal; returns the exit status. `told` is logged at the start.

        Raises:
            UsageError: the server's address or certificate cannot be had.

        """
        app = Starlette(
            routes=[*routes, *health.routes(self._name, self.metrics, lambda: self._state or ready())],
        )
        status = 0
        work = [*work, self._expiry.follow()]
        allow_descriptors(_DESCRIPTORS)
        with self._ending.on_signals(), _closed(work):
            async with serving(app, self._config.server, many=True) as port:
                self._state = ""
                server = self._config.server
                host = f"[{server.address}]" if ":" in server.address else server.address
                scheme = "https" if server.cert_file else "http"
                log.info(
                    "started",
                    service=self._name,
                    version=__version__,
                    pid=os.getpid(),
                    url=f"{scheme}://{host}:{port}",
                    **told,
                )
                if self._config.ingest.anonymous:
                    looks = self._name == "collector" and self._config.collector.read_tokens_file is None
                    log.warning(
                        "anonymous",
                        told=f"anybody who reaches the port may send batches{', and look' if looks else ''}",
                    )
                try:
                    async with asyncio.TaskGroup() as group:
                        tasks = [group.create_task(each) for each in work]
                        await self._ending.asked.wait()
                        self._begin_to_end()
                        with contextlib.suppress(TimeoutError):
                            async with asyncio.timeout(self._config.shutdown_seconds):
                                await drain()
                        for task in tasks:
                            task.cancel()
                except* Exception as defects:
                    log.exception("defect", service=self._name, exc_info=defects)
                    status = 1
        log.info("stopped", service=self._name)
        return status

    def _begin_to_end(self) -> None:
        self._state = "stopping"
        log.info("stopping", service=self._name)
        self._ending.begin(self._config.shutdown_seconds)


def run(main: Callable[[Config], Coroutine[object, object, int]], config: Config) -> int:
    """Run a service's main function in an event loop, its logs configured; returns the exit status."""
    logs.configure(config.log.level)
    return asyncio.run(main(config))


def ingest_samples(counters: Counters, senders: Senders) -> Iterator[Sample]:
    """What came in over the ingest API."""
    for outcome, count in counters.batches.items():
        yield Sample("ingest_batches_total", count, (outcome.value,))
    yield Sample("ingest_records_total", counters.records)
    yield Sample("ingest_duplicate_records_total", counters.duplicate_records)
    yield Sample("ingest_rejected_records_total", counters.rejected_records)
    for agent, became, count in senders:
        yield Sample("ingest_agent_batches_total", count, (agent, became))


@contextlib.contextmanager
def _closed(work: Sequence[Coroutine[object, object, None]]) -> Iterator[None]:
    """Coroutines that could not be started are closed, without a warning."""
    try:
        yield
    finally:
        for each in work:
            each.close()
