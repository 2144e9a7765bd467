"""`interceptor collector`: the reference cloud, for development and for whoever hosts it himself.

Owns how its parts are put together: the ingest API in front of the database, the questions to it, and the page.
Refuses work of its own.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from interceptor.collector.queries import Queries
from interceptor.collector.site import Site
from interceptor.collector.store import Store
from interceptor.ingest.access import Access
from interceptor.ingest.api import IngestApi
from interceptor.service.service import Service, ingest_samples
from interceptor.service.service import run as run_service
from interceptor.settings import add_flags, flags_of, load

if TYPE_CHECKING:
    import argparse

    from interceptor.config import Config

__all__ = ["add_arguments", "collect", "run", "run_collector"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.description = (
        "Take batches from interceptors and relays (ingest.*), keep their records in SQLite (collector.*), and show "
        "them: a page at /, the same as JSON at /v1/, /metrics, /healthz and /readyz (server.*). SIGTERM ends it."
    )
    add_flags(parser)


def run(arguments: argparse.Namespace) -> int:
    """Run the collector; returns the exit status."""
    return run_collector(load(arguments.config, os.environ, flags_of(arguments)).config)


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
    store = Store(config.collector, time.time)
    try:
        queries = Queries(store.path, time.time)
        try:
            api = IngestApi(store, access, config.ingest)
            site = Site(store, queries, access, time.time)
            service.metrics.add(lambda: ingest_samples(api.counters))
            return await service.run(
                [*api.routes(), *site.routes()],
                work=[store.tend()],
                drain=_nothing,
                database=str(store.path),
                records=store.records,
            )
        finally:
            await queries.close()
    finally:
        await store.close()


async def _nothing() -> None:
    """What is answered is on the disk."""
