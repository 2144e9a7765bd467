"""`interceptor collector`: the reference cloud, for development and for whoever hosts it himself.

Owns how its parts are put together: the ingest API in front of the database, the questions to it, and the page.
Refuses work of its own.
"""

from __future__ import annotations

import asyncio
import os
import time
from typing import TYPE_CHECKING, Final

import structlog

from interceptor.collector.site import Site
from interceptor.collector.sqlite import Sqlite
from interceptor.ingest.access import Access
from interceptor.ingest.api import IngestApi, SinkFullError
from interceptor.service.metrics import Sample
from interceptor.service.questions import timed
from interceptor.service.service import Service, ingest_samples
from interceptor.service.service import run as run_service
from interceptor.settings import add_flags, flags_of, load

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from interceptor.collector.engine import Engine
    from interceptor.config import Collector, Config

__all__ = ["add_arguments", "collect", "run", "run_collector"]

_PRUNE_SECONDS: Final = 60.0
_DEFAULTS: Final = {"server.port": 18_955}
"""Not the daemon's port: the two are often tried on one host."""

log = structlog.get_logger()


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.description = (
        "Take batches from interceptors and relays (ingest.*), keep their records in SQLite (collector.*), and show "
        "them: a page at /, the same as JSON at /v1/, /metrics, /healthz and /readyz (server.*). SIGTERM ends it."
    )
    add_flags(parser, _DEFAULTS)


def run(arguments: argparse.Namespace) -> int:
    """Run the collector; returns the exit status."""
    return run_collector(load(arguments.config, os.environ, flags_of(arguments), _DEFAULTS).config)


def run_collector(config: Config) -> int:
    """Run the collector as configured; returns the exit status."""
    return run_service(collect, config)


async def collect(config: Config) -> int:
    """Be the collector until a signal comes; returns the exit status.

    Raises:
        UsageError: an option cannot be used: nobody may send, the database or the address cannot be had.
        InterceptorError: the database is damaged.

    """
    service = Service("collector", config)
    access = Access(config.ingest, certificates=config.server.client_ca_file is not None)
    engine = Sqlite(config.collector, time.time)
    try:
        api = IngestApi(engine, access, config.ingest)
        site = Site(engine, access, time.time)
        service.metrics.add(lambda: ingest_samples(api.counters))
        service.metrics.add(lambda: _samples(engine, config.collector))
        return await service.run(
            [*api.routes(), *timed(site.routes(), service.metrics)],
            work=[_tend(engine)],
            drain=_nothing,
            ready=lambda: engine.problem,
            database=str(config.collector.database),
            records=engine.store.records,
        )
    finally:
        await engine.close()


async def _tend(engine: Engine) -> None:
    """Remove what is too old, from time to time, until cancelled."""
    while True:
        try:
            await engine.prune()
        except SinkFullError as error:
            log.warning("retention_failed", error=error.reason)
        await asyncio.sleep(_PRUNE_SECONDS)


def _samples(engine: Sqlite, limits: Collector) -> Iterator[Sample]:
    """How much there is, and how much there may be."""
    store = engine.store
    yield Sample("collector_records", store.records)
    yield Sample("collector_max_records", limits.max_records)
    yield Sample("collector_bytes", store.size)
    yield Sample("collector_max_bytes", limits.max_bytes)
    yield Sample("collector_pruned_records_total", store.pruned)
    yield Sample("collector_ready", engine.problem is None)


async def _nothing() -> None:
    """What is answered is on the disk."""
