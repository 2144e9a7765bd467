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
from typing import TYPE_CHECKING, Final, NamedTuple

import structlog

from interceptor.core.model import Stage
from interceptor.delivery.batches import Batch, rewritten, split_lines
from interceptor.errors import UsageError
from interceptor.kubernetes.api import Api
from interceptor.kubernetes.given import Given
from interceptor.kubernetes.history import History
from interceptor.kubernetes.namespaces import Namespaces, Verdict
from interceptor.kubernetes.naming import Enriched, Naming
from interceptor.kubernetes.resolver import Kind, Resolver
from interceptor.kubernetes.watcher import Watcher, watch_all
from interceptor.service.samples import Sample

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from interceptor.config import Config
    from interceptor.delivery.batches import Encoding
    from interceptor.ingest.api import Incoming

__all__ = ["FILE", "Names", "Written", "wanted_namespaces"]

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


class Written(NamedTuple):
    """What became of a batch."""

    batch: Batch | None
    """None: all its records are left out."""
    enriched: Enriched


def wanted_namespaces(config: Config) -> Namespaces:
    """Whose records are sent on.

    Raises:
        UsageError: some are to be left out by namespaces that nobody knows.

    """
    found = Namespaces(config.kubernetes.namespaces.include, config.kubernetes.namespaces.exclude)
    if found and not config.kubernetes.enabled and not config.names:
        raise UsageError(
            "kubernetes.namespaces: without names nobody's namespace is known: set kubernetes.enabled, or names"
        )
    return found


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
            UsageError: a name cannot be read, or records are to be left out by namespaces that nobody knows.

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
        self._namespaces = wanted_namespaces(config)
        self._naming = Naming(self._resolver, given, self._namespaces)
        self._wanted = bool(given) or bool(self._namespaces) or self._resolver is not None
        self._ends = dict.fromkeys(Kind, 0)
        self._verdicts = dict.fromkeys(Verdict, 0)

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

    async def name(self, batch: Incoming) -> Written | None:
        """A batch with names in its records; None where none are given."""
        if not self._wanted:
            return None
        if len(batch.text) <= _SMALL:
            return self._enrich(batch)
        return await asyncio.to_thread(self._enrich, batch)

    def count(self, written: Written) -> None:
        """A batch was taken: once, however often it was named because there was no room for it."""
        for kind, number in written.enriched.ends.items():
            self._ends[kind] += number
        for verdict, number in written.enriched.verdicts.items():
            self._verdicts[verdict] += number

    def ledger(self) -> list[Stage]:
        """What became of records by their namespaces: of none where all are wanted. What has no ends is not asked."""
        kept = self._verdicts[Verdict.KEPT] + self._verdicts[Verdict.UNKNOWN]
        left_out = self._verdicts[Verdict.LEFT_OUT]
        return [Stage("namespaces", "records", kept + left_out, kept, {"left_out": left_out}, 0)]

    def not_ready(self) -> str | None:
        """Why batches should wait, or None."""
        if self._resolver is None or self._resolver.complete or self._clock() - self._began > _PATIENCE:
            return None
        return "the cluster has not been listed yet"

    def samples(self) -> Iterator[Sample]:
        """For metrics."""
        if self._wanted:
            for kind, number in self._ends.items():
                yield Sample("named_ends_total", number, (kind.value,))
        if self._namespaces:
            yield Sample("namespace_unknown_records_total", self._verdicts[Verdict.UNKNOWN])
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

    def _enrich(self, batch: Incoming) -> Written:
        enriched = self._naming.enrich(split_lines(batch.text))
        head = batch.text[: batch.text.find(b"\n") + 1]
        encoding: Encoding = "zstd" if batch.encoding == "zstd" else "gzip"
        if not enriched.kept:
            return Written(None, enriched)
        return Written(rewritten(batch.header.id, enriched.kept, head + enriched.text, encoding), enriched)
