"""`interceptor collector`: the reference cloud, for development and for whoever hosts it himself.

Owns how its parts are put together: the ingest API in front of the database, the questions to it, and the page.
Refuses work of its own.
"""

from __future__ import annotations

import asyncio
import gc
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

import structlog

from interceptor.collector.clickhouse.engine import Clickhouse
from interceptor.collector.clickhouse.server import address_of
from interceptor.collector.copies import Copied, backup, copy
from interceptor.collector.site import Site
from interceptor.collector.sqlite import Sqlite
from interceptor.errors import InterceptorError, UsageError
from interceptor.ingest.access import Access
from interceptor.ingest.api import IngestApi, SinkFullError
from interceptor.service import logs
from interceptor.service.questions import timed
from interceptor.service.samples import Sample
from interceptor.service.service import Service, ingest_samples
from interceptor.service.service import run as run_service
from interceptor.settings import add_flags, flags_of, load

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from interceptor.collector.engine import Engine
    from interceptor.config import Collector, Config

__all__ = ["COLLECT_AFTER", "add_arguments", "collect", "run", "run_collector"]

_PRUNE_SECONDS: Final = 60.0
_RETRY_SECONDS: Final = 10.0
"""After a failure. Who is not ready may get no batches, so nothing else would find out that it could be."""
COLLECT_AFTER: Final = 50_000
"""For `gc.set_threshold` (Python: 700): the records of a batch are many objects, none of them in a cycle. Looking through
them again and again took 11 % of the CPU time of storing them."""
_DEFAULTS: Final = {"server.port": 18_955}
"""Not the daemon's port: the two are often tried on one host."""

log = structlog.get_logger()


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.description = (
        "Take batches from interceptors and relays (ingest.*), keep their records in SQLite or ClickHouse (collector.*), and show "
        "them: a page at /, the same as JSON at /v1/, /metrics, /healthz and /readyz (server.*). SIGTERM ends it. "
        "With `backup FILE`: make FILE a copy of the database, while it is in use or not. With `copy FILE`: add the "
        "records of the database FILE, a backup or another collector's, to the database, which must not be in use."
    )
    parser.add_argument("action", nargs="*", metavar="backup FILE | copy FILE", help="instead of running it")
    add_flags(parser, _DEFAULTS)
    parser.usage = f"{parser.prog} [-h] [backup FILE | copy FILE] [--config FILE] [--OPTION VALUE]..."


def run(arguments: argparse.Namespace) -> int:
    """Run the collector, or copy its database; returns the exit status."""
    config = load(arguments.config, os.environ, flags_of(arguments), _DEFAULTS).config
    match arguments.action:
        case []:
            return run_collector(config)
        case ["backup", _] if config.collector.store is not None:
            raise UsageError(
                "collector backup: is for an SQLite file; for ClickHouse (collector.store) use its own: BACKUP DATABASE"
            )
        case ["backup", name]:
            made = backup(config.collector.database, Path(name))
            _say(f"{name}: {made.records:,} records of {config.collector.database}, {made.bytes:,} bytes")
        case ["copy", name]:
            logs.configure(config.log.level)
            copied = asyncio.run(_copied(Path(name), config.collector))
            _say(_told(name, _place(config.collector), copied))
        case [action, *_]:
            raise UsageError(
                f"collector {action}: there are `backup FILE` and `copy FILE`, each with one file"
            )
    return 0


def _say(line: str) -> None:
    sys.stdout.write("".join(filter(str.isprintable, line)) + "\n")  # a path may hold what steers a terminal
    sys.stdout.flush()


async def _copied(source: Path, config: Collector) -> Copied:
    engine = _engine(config)
    try:
        return await copy(source, engine)
    except SinkFullError as error:
        raise InterceptorError(
            f"{_place(config)}: {error.reason} What was copied is there; begin again when it has room"
        ) from error
    finally:
        await engine.close()


def _engine(config: Collector) -> Engine:
    """What keeps the records.

    Raises:
        UsageError: it cannot be had.
        InterceptorError: it is damaged.

    """
    return Sqlite(config, time.time) if config.store is None else Clickhouse(config, time.time)


def _place(config: Collector) -> str:
    """Where the records are, for an operator."""
    return str(config.database) if config.store is None else str(address_of(config.store))


def _told(name: str, database: str, copied: Copied) -> str:
    parts = [
        f"{copied.records - copied.known - copied.rejected:,} of {copied.records:,} records added to {database}"
    ]
    if copied.known:
        parts.append(f"{copied.known:,} were there")
    if copied.rejected:
        parts.append(f"{copied.rejected:,} are of kinds that are not known here")
    if copied.gone:
        parts.append(f"{copied.gone:,} calls of which {name} has only totals are not copied")
    return f"{name}: {'; '.join(parts)}"


def run_collector(config: Config) -> int:
    """Run the collector as configured; returns the exit status."""
    return run_service(collect, config)


async def collect(config: Config) -> int:
    """Be the collector until a signal comes; returns the exit status.

    Raises:
        UsageError: an option cannot be used: nobody may send, the database or the address cannot be had.
        InterceptorError: the database is damaged.

    """
    gc.set_threshold(COLLECT_AFTER, 10, 10)
    service = Service("collector", config)
    sending = Access.to_send(config.ingest, certificates=config.server.client_ca_file is not None)
    readers = config.collector.read_tokens_file
    looking = sending if readers is None else Access.of_file("collector.read_tokens_file", readers)
    engine = _engine(config.collector)
    try:
        api = IngestApi(engine, sending, config.ingest, time.time)
        site = Site(engine, looking, time.time)
        service.metrics.add(lambda: ingest_samples(api.counters, api.senders))
        service.metrics.add(lambda: _samples(engine, config.collector))
        return await service.run(
            [*api.routes(), *timed(site.routes(), service.metrics)],
            work=[_tend(engine)],
            drain=_nothing,
            ready=lambda: engine.problem,
            database=_place(config.collector),
            records=engine.kept.records,
        )
    finally:
        await engine.close()


async def _tend(engine: Engine) -> None:
    """Remove what is too old, from time to time, until cancelled."""
    told = None
    while True:
        try:
            await engine.prune()
            told = None
        except SinkFullError as error:
            if error.reason != told:
                log.warning("retention_failed", error=error.reason)
            told = error.reason
        await asyncio.sleep(_PRUNE_SECONDS if told is None else _RETRY_SECONDS)


def _samples(engine: Engine, limits: Collector) -> Iterator[Sample]:
    """How much there is, and how much there may be."""
    kept = engine.kept
    yield Sample("collector_records", kept.records)
    yield Sample("collector_bytes", kept.bytes)
    if limits.store is None:  # else nothing but time limits it
        yield Sample("collector_max_records", limits.max_records)
        yield Sample("collector_max_bytes", limits.max_bytes)
    yield Sample("collector_pruned_records_total", kept.pruned)
    yield Sample("collector_oldest_record_timestamp_seconds", kept.oldest)
    yield Sample("collector_ready", engine.problem is None)


async def _nothing() -> None:
    """What is answered is on the disk."""
