"""`interceptor relay`: the cluster's one way out.

Owns how its parts are put together: the ingest API in front of the spool, the uploader behind it. What interceptors
send is answered when it is in the spool on disk, and sent on as it came, with the same id; where names are known
(`kubernetes.enabled`, `names`) with these, written into it once, before it is stored. Needs no privilege: a port above
1024 and a directory.

Where the spool is full, senders are told to come again (503, Retry-After) and keep their batches in spools of their
own: an interceptor drops its oldest batches when it has to, a relay none. Ids of batches that were taken lately are
remembered, so that one whose answer was lost goes out once; what is forgotten (a restart, a very late repetition) is
sent twice under one id, which the endpoint knows.

It is ready while it can take batches: what becomes of them afterwards (an endpoint that is gone, a token that is not
taken) is what its spool is for, and a metric, an alert and a line of the log. A relay that went out of service for it
would leave its senders with refused connections, and its own spool empty.
"""

from __future__ import annotations

import asyncio
import gzip
import os
import time
from collections import OrderedDict
from typing import TYPE_CHECKING, Final

from interceptor.delivery.batches import Batch
from interceptor.delivery.shelf import FILE_BYTES
from interceptor.errors import UsageError
from interceptor.ingest.access import Access
from interceptor.ingest.api import IngestApi, SinkFullError, Taken, describing, document
from interceptor.service.metrics import record_losses
from interceptor.service.names import Names
from interceptor.service.outbound import RELAYS_AT_ONCE, Outbound
from interceptor.service.samples import Sample, stage_samples
from interceptor.service.service import Service, ingest_samples
from interceptor.service.service import run as run_service
from interceptor.settings import add_flags, flags_of, load

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator

    from interceptor.config import Config
    from interceptor.delivery.spool import Spool
    from interceptor.ingest.api import Incoming

__all__ = ["Spooling", "add_arguments", "relay", "run", "run_relay"]

_RECENT: Final = 65_536
"""Ids that are remembered: hours of a thousand nodes, in 10 MiB."""
_FULL_SECONDS: Final = 15
_LEVEL: Final = 3


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.description = (
        "Take batches from interceptors (ingest.*, server.*), keep them on disk (spool.*), and upload them to the "
        "endpoint (endpoint, token, proxy.*, tls.*). Serves /metrics, /healthz and /readyz. SIGTERM ends it when "
        "the spool is empty, or after shutdown_seconds; what is left is uploaded by the next start."
    )
    add_flags(parser)


def run(arguments: argparse.Namespace) -> int:
    """Run the relay; returns the exit status."""
    return run_relay(load(arguments.config, os.environ, flags_of(arguments)).config)


def run_relay(config: Config) -> int:
    """Run the relay as configured; returns the exit status."""
    return run_service(relay, config)


async def relay(config: Config) -> int:
    """Be the relay until a signal comes; returns the exit status.

    Raises:
        UsageError: an option cannot be used: nobody may send, no endpoint, the spool or the address cannot be had.

    """
    largest = min(config.spool.max_bytes, FILE_BYTES) // 2
    if config.ingest.max_batch_bytes > largest:
        raise UsageError(
            f"ingest.max_batch_bytes: {config.ingest.max_batch_bytes} would not fit into the spool; "
            f"at most {largest} (half of spool.max_bytes)"
        )
    service = Service("relay", config)
    access = Access.to_send(config.ingest, certificates=config.server.client_ca_file is not None)
    outbound = Outbound(config, at_once=RELAYS_AT_ONCE)
    try:
        names = Names(config)
        sink = Spooling(outbound.spool, names)
        api = IngestApi(sink, access, config.ingest)

        def samples() -> Iterator[Sample]:
            yield from ingest_samples(api.counters, api.senders)
            yield from outbound.samples()
            yield from names.samples()
            stages = outbound.spool.ledger()
            yield from stage_samples([*names.ledger(), *stages])
            yield from record_losses(stages)  # what is left out on purpose is none

        async def drain() -> None:
            sink.closing = True
            await outbound.drained()

        service.metrics.add(samples)
        return await service.run(
            [*api.routes(), describing(document())],
            work=[outbound.run(), names.run()],
            drain=drain,
            ready=sink.not_ready,
            endpoint=config.endpoint,
            spool=str(config.spool.directory),
        )
    finally:
        await outbound.close()


class Spooling:
    """Puts batches into the spool. A sink for the ingest API."""

    def __init__(
        self, spool: Spool, names: Names | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._spool = spool
        self._names = names
        self._clock = clock
        self._full_until = 0.0
        """By when whoever was refused for lack of room comes again."""
        self._recent: OrderedDict[str, None] = OrderedDict()
        self._coming: dict[str, asyncio.Future[None]] = {}
        """Batches on their way to the disk; done when it is known what became of each."""
        self.closing = False
        """Others have to take what comes now."""

    async def take(self, batch: Incoming) -> Taken:
        """Have a batch on disk, unless it was there lately."""
        header = batch.header
        while (coming := self._coming.get(header.id)) is not None:
            await asyncio.shield(coming)
        if header.id in self._recent:
            self._recent.move_to_end(header.id)
            return Taken(header.count, duplicate=True)
        if self.closing:
            raise SinkFullError("This relay is going down.")
        coming = self._coming[header.id] = asyncio.get_running_loop().create_future()
        try:
            taken = await self._store(batch)
        finally:
            del self._coming[header.id]
            coming.set_result(None)
        if not taken:
            self._full_until = self._clock() + _FULL_SECONDS
            raise SinkFullError("The relay's spool is full.", _FULL_SECONDS)
        self._full_until = 0.0
        self._recent[header.id] = None
        if len(self._recent) > _RECENT:
            self._recent.popitem(last=False)
        return Taken(header.count)

    async def _store(self, batch: Incoming) -> bool:
        """Put a batch into the spool, with names where there are some; says whether it is taken care of."""
        written = await self._names.name(batch) if self._names is not None else None
        if self._names is None or written is None:
            return await self._spool.offer(await _sealed(batch))
        taken = written.batch is None or await self._spool.offer(written.batch)
        if taken:
            self._names.count(written)
        return taken

    def not_ready(self) -> str | None:
        """Why batches should go to another relay, or None."""
        if self._clock() < self._full_until:
            return "the spool is full"
        return self._names.not_ready() if self._names is not None else None


async def _sealed(batch: Incoming) -> Batch:
    """As it came; compressed, if it was not."""
    header = batch.header
    match batch.encoding:
        case "gzip" | "zstd" as encoding:
            return Batch(header.id, header.count, batch.body, encoding)
        case _:
            body = await asyncio.to_thread(gzip.compress, batch.text, _LEVEL, mtime=0)
            return Batch(header.id, header.count, body)
