"""The relay's names: what follows the cluster, what remembers it, and what writes names into batches, put together.

Owns how they are put together, what is done now and then (the file of the past, what is too old), and their metrics.
Refuses to hold up records: a batch that comes before the cluster is known is named with what is known, and an API server that is
away costs names and nothing else. Only at its start the relay is not ready until the cluster has been listed, for at most
`_PATIENCE` seconds, so that agents keep their batches that long.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import time
from typing import TYPE_CHECKING, Final

import structlog

from interceptor.delivery.batches import Batch, rewritten, split_lines
from interceptor.errors import UsageError
from interceptor.kubernetes.api import Api
from interceptor.kubernetes.given import Given
from interceptor.kubernetes.history import History
from interceptor.kubernetes.naming import Naming
from interceptor.kubernetes.resolver import Kind, Resolver
from interceptor.kubernetes.watcher import Watcher, watch_all
from interceptor.service.metrics import Sample

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from interceptor.config import Config
    from interceptor.delivery.batches import Encoding
    from interceptor.ingest.api import Incoming

__all__ = ["FILE", "Names"]

FILE: Final = "names"
"""In the spool's directory, which is the place of a relay that outlives it."""
_KEEP_SECONDS: Final = 60.0
"""Between two writings of the past."""
_TIDY: Final = 60
"""Writings between two looks for what is too old, at all intervals: with 100,000 they take 40 ms of the event loop."""
_PATIENCE: Final = 30.0
_SMALL: Final = 64 * 2**10
"""A batch of so many bytes of text is named where it came: a thread costs as much."""

log = structlog.get_logger()


class Names:
    """Names for batches, from the cluster, the configuration, or both."""

    def __init__(
        self,
        config: Config,
        environment: Mapping[str, str] = os.environ,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Nothing is asked yet.

        Raises:
            UsageError: a name cannot be read.

        """
        given = Given(config.names)
        self._clock = clock
        self._began = clock()
        self._resolver: Resolver | None = None
        self._watchers: tuple[Watcher, ...] = ()
        self._api: Api | None = None
        if config.kubernetes.enabled:
            self._follow(config, environment)
        self._history = History(config.spool.directory / FILE)
        self._naming = Naming(self._resolver, given)
        self._wanted = bool(given) or self._resolver is not None
        self._ends = dict.fromkeys(Kind, 0)

    def _follow(self, config: Config, environment: Mapping[str, str]) -> None:
        """Prepare to; where there is no API server there are no names, and batches go out all the same."""
        try:
            self._api = Api(config.kubernetes.credentials, environment)
        except UsageError as error:
            log.warning("kubernetes_unread", problem=str(error))
            return
        self._resolver = Resolver()
        self._watchers = watch_all(self._api, self._resolver)

    async def run(self) -> None:
        """Follow the cluster, if there is one, until cancelled."""
        if self._resolver is None:
            return
        try:
            await asyncio.to_thread(self._recall, self._resolver)
            async with asyncio.TaskGroup() as group:
                for watcher in self._watchers:
                    group.create_task(watcher.run())
                group.create_task(self._tend(self._resolver))
        finally:
            if self._resolver.complete:  # else it is less than what the file has
                self._history.write(self._resolver.remember())
            if self._api is not None:
                await self._api.close()

    async def name(self, batch: Incoming) -> Batch | None:
        """A batch with names in its records; None where none are given."""
        if not self._wanted:
            return None
        if len(batch.text) <= _SMALL:
            named, ends = self._enrich(batch)
        else:
            named, ends = await asyncio.to_thread(self._enrich, batch)
        for kind, count in ends.items():
            self._ends[kind] += count
        return named

    def not_ready(self) -> str | None:
        """Why batches should wait, or None."""
        if self._resolver is None or self._resolver.complete or self._clock() - self._began > _PATIENCE:
            return None
        return "the cluster has not been listed yet"

    def samples(self) -> Iterator[Sample]:
        """For metrics."""
        if self._wanted:
            for kind, count in self._ends.items():
                yield Sample("named_ends_total", count, (kind.value,))
        if self._resolver is None:
            return
        for watcher in self._watchers:
            label = (watcher.resource.plural,)
            counted = watcher.counters
            yield Sample("kubernetes_watching", counted.watching, label)
            yield Sample("kubernetes_objects", self._resolver.known(watcher.resource), label)
            yield Sample("kubernetes_lists_total", counted.lists, label)
            yield Sample("kubernetes_watches_total", counted.watches, label)
            yield Sample("kubernetes_events_total", counted.events, label)
            yield Sample("kubernetes_failures_total", counted.failures, label)
        for what, intervals in (("holding", self._resolver.holding), ("serving", self._resolver.serving)):
            yield Sample("kubernetes_intervals", intervals.count, (what,))
            yield Sample("kubernetes_intervals_refused_total", intervals.refused, (what,))

    def _recall(self, resolver: Resolver) -> None:
        """Know what was known before; nothing else changes it yet."""
        for piece in self._history.read():
            resolver.restore(piece)
        if resolver.holding.count:
            log.info("names_found", intervals=resolver.holding.count)

    async def _tend(self, resolver: Resolver) -> None:
        """Keep the past, and not for ever."""
        for minute in itertools.count(1):
            await asyncio.sleep(_KEEP_SECONDS)
            if minute % _TIDY == 0:
                resolver.tidy(time.time())
            if resolver.complete:
                await asyncio.to_thread(self._history.write, resolver.remember())

    def _enrich(self, batch: Incoming) -> tuple[Batch, dict[Kind, int]]:
        enriched = self._naming.enrich(split_lines(batch.text))
        head = batch.text[: batch.text.find(b"\n") + 1]
        encoding: Encoding = "zstd" if batch.encoding == "zstd" else "gzip"
        header = batch.header
        return rewritten(header.id, header.count, head + enriched.text, encoding), enriched.ends
