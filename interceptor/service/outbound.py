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
from interceptor.delivery.proxies import deciding
from interceptor.delivery.sender import Sender
from interceptor.delivery.spool import Spool
from interceptor.delivery.transport import Transport
from interceptor.delivery.uploader import State, Uploader
from interceptor.errors import UsageError
from interceptor.rotation import LOOK_SECONDS
from interceptor.service.samples import Sample

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from interceptor.config import Config
    from interceptor.delivery.proxies import Decision

__all__ = ["AT_ONCE", "RELAYS_AT_ONCE", "Outbound", "origin"]

AT_ONCE: Final = 4
"""Batches under way: those of one node, which are full when they are many. A thousand nodes may come back at once."""
RELAYS_AT_ONCE: Final = 32
"""Those of a thousand nodes are small: one each five seconds are 200 a second, 20 under way at 100 ms of round trip."""
_LOOK_SECONDS: Final = 0.1

log = structlog.get_logger()


def origin(config: Config) -> Origin:
    """Who seals our batches."""
    return Origin(f"interceptor/{__version__}", config.cluster, config.node or socket.gethostname())


class Outbound:
    """Spool and uploader of one process."""

    def __init__(
        self, config: Config, environment: Mapping[str, str] = os.environ, *, at_once: int = AT_ONCE
    ) -> None:
        """Lock the spool; connect nothing yet. At most `at_once` batches are under way.

        Raises:
            UsageError: there is no endpoint, or it, the proxy, the token or the spool cannot be used.

        """
        if config.endpoint is None:
            raise UsageError("endpoint: is not set; there is nowhere to upload to")
        self._limit = config.spool.max_bytes
        self._endpoint = config.endpoint
        self._decisions, self._warnings = deciding(config.endpoint, config.proxy, environment)
        self._transport = Transport(
            config.endpoint,
            self._decisions,
            config.tls,
            config.proxy.ca_file,
            config.upload.timeout_seconds,
            at_once=at_once,
        )
        self._sender = Sender(config, self._transport)
        self.spool: Final = Spool(config.spool)
        self.uploader: Final = Uploader(self.spool, self._sender, most=at_once, sleep=self._rest)

    @property
    def decision(self) -> Decision:
        """Which way uploads go, and why."""
        return self._decisions.current()

    @property
    def peer(self) -> tuple[str, int]:
        """Host and port that connections go to: the proxy's, or the endpoint's."""
        return _peer(self._endpoint, self.decision)

    async def run(self) -> None:
        """Upload, until cancelled."""
        for warning in self._warnings:
            log.warning("proxy_setting", problem=warning)
        log.info("uploading", way=str(self.decision))
        await self.uploader.run()

    async def _rest(self, seconds: float) -> None:
        """Wait; not to the end where somebody mends meanwhile what may be wrong."""
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        while (left := until - loop.time()) > 0:
            await asyncio.sleep(min(left, LOOK_SECONDS))
            if self._sender.changed():
                log.info("trying_again", reason="a file that uploads depend on has changed")
                return

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
        yield Sample("uploads_under_way", sent.under_way)
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
