"""The way out: the spool, the uploader, and how the endpoint is reached, from the configuration.

Owns how they are put together, which proxy decision is told, and their metrics. Refuses to fill the spool: the daemon
does with its own records, the relay with the batches of others.
"""

from __future__ import annotations

import asyncio
import os
import socket
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import structlog

from interceptor import __version__
from interceptor.delivery.batches import Origin
from interceptor.delivery.proxies import Proxies
from interceptor.delivery.sender import Sender
from interceptor.delivery.spool import Spool
from interceptor.delivery.transport import Transport
from interceptor.delivery.uploader import State, Uploader
from interceptor.errors import UsageError
from interceptor.service.metrics import Sample

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from interceptor.config import Config
    from interceptor.delivery.proxies import Decision

__all__ = ["Outbound", "origin"]

_LOOK_SECONDS: Final = 0.1

log = structlog.get_logger()


def origin(config: Config) -> Origin:
    """Who seals our batches."""
    return Origin(f"interceptor/{__version__}", config.cluster, config.node or socket.gethostname())


class Outbound:
    """Spool and uploader of one process."""

    def __init__(self, config: Config, environment: Mapping[str, str] = os.environ) -> None:
        """Lock the spool; connect nothing yet.

        Raises:
            UsageError: there is no endpoint, or it, the proxy, the token or the spool cannot be used.

        """
        if config.endpoint is None:
            raise UsageError("endpoint: is not set; there is nowhere to upload to")
        self._limit = config.spool.max_bytes
        proxies = Proxies(config.proxy, environment)
        self._warnings = proxies.warnings
        self.decision: Final = proxies.decide(config.endpoint)
        self.peer: Final = _peer(config.endpoint, self.decision)
        """Host and port that connections go to: the proxy's, or the endpoint's."""
        self._transport = Transport(
            config.endpoint, self.decision, config.tls, config.proxy.ca_file, config.upload.timeout_seconds
        )
        sender = Sender(config, self._transport)
        self.spool: Final = Spool(config.spool)
        self.uploader: Final = Uploader(self.spool, sender)

    async def run(self) -> None:
        """Upload, until cancelled."""
        for warning in self._warnings:
            log.warning("proxy_setting", problem=warning)
        log.info("uploading", way=str(self.decision))
        await self.uploader.run()

    async def drained(self) -> None:
        """Wait until nothing is in the spool that can be sent: files of another version stay whatever we do."""
        while True:
            held = self.spool.counters
            if held.batches <= held.unknown:
                return
            await asyncio.sleep(_LOOK_SECONDS)

    async def close(self) -> None:
        """Close connections, and let others use the spool."""
        await self._transport.close()
        await self.spool.close()

    def not_ready(self) -> str | None:
        """What somebody has to mend, or None: a slow or absent endpoint is no reason, the spool is there for it."""
        uploader = self.uploader
        if uploader.state in {State.OK, State.RETRYING}:
            return None
        return f"uploads fail ({uploader.state.value}): {uploader.trouble}"

    def samples(self) -> Iterator[Sample]:
        """For metrics."""
        held = self.spool.counters
        yield Sample("spool_bytes", held.bytes)
        yield Sample("spool_limit_bytes", self._limit)
        yield Sample("spool_batches", held.batches)
        yield Sample("spool_records", held.records)
        yield Sample("spool_oldest_batch_age_seconds", self.spool.oldest_age())
        yield Sample("spool_quarantined_batches", held.quarantined)
        sent = self.uploader.counters
        for outcome, count in sent.outcomes.items():
            yield Sample("uploads_total", count, (outcome.value,))
        yield Sample("upload_retries_total", sent.retries)
        yield Sample("uploaded_records_total", sent.records)
        yield Sample("rejected_records_total", sent.rejected)
        yield Sample("upload_last_success_timestamp_seconds", sent.last_success)
        for state in State:
            yield Sample("upload_state", int(state is self.uploader.state), (state.value,))
        decision = self.decision
        proxy = decision.proxy.address if decision.proxy else ""
        way = "proxy" if decision.proxy else "direct"
        yield Sample("upload_proxy_info", 1, (way, proxy, decision.setting or "", decision.rule))


def _peer(endpoint: str, decision: Decision) -> tuple[str, int]:
    if decision.proxy is not None:
        return decision.proxy.host, decision.proxy.port
    parts = urlsplit(endpoint)
    return parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
