"""The life of a service: up, work, drain, down."""

from __future__ import annotations

import asyncio
import os
import signal
from typing import TYPE_CHECKING

import httpx
import pytest

from interceptor.config import Config, Ingest, Server
from interceptor.delivery.batches import Header
from interceptor.errors import UsageError
from interceptor.ingest.api import Counters, Outcome
from interceptor.ingest.senders import Senders
from interceptor.service.metrics import Metrics
from interceptor.service.service import Service, ingest_samples

if TYPE_CHECKING:
    from collections.abc import Coroutine


def config(port: int = 0, seconds: float = 20.0) -> Config:
    """On loopback."""
    return Config(
        server=Server(address="127.0.0.1", port=port), ingest=Ingest(anonymous=True), shutdown_seconds=seconds
    )


async def rest() -> None:
    """Do nothing."""


async def after(events: list[str], name: str) -> None:
    """Work until cancelled."""
    try:
        await asyncio.Event().wait()
    finally:
        events.append(name)


def bounded(coroutine: Coroutine[object, object, int]) -> int:
    """Run it; fail if it hangs."""

    async def main() -> int:
        async with asyncio.timeout(30):
            return await coroutine

    return asyncio.run(main())


def test_it_ends_in_order() -> None:
    """Not ready, drained, work cancelled; the server answers until then."""
    events: list[str] = []
    service = Service("test", config())

    async def drain() -> None:
        events.append("drain")
        events.append(service._state)

    async def soon() -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        await after(events, "work")

    assert bounded(service.run([], [soon()], drain)) == 0
    assert events == ["drain", "stopping", "work"]


def test_a_drain_that_takes_too_long_is_cut() -> None:
    """`shutdown_seconds` are what there is."""
    events: list[str] = []

    async def drain() -> None:
        await after(events, "drain")

    async def soon() -> None:
        os.kill(os.getpid(), signal.SIGINT)
        await after(events, "work")

    assert bounded(Service("test", config(seconds=0.1)).run([], [soon()], drain)) == 0
    assert events == ["drain", "work"]


def test_a_defect_in_the_work_ends_it() -> None:
    """With status 1: whoever started it starts it again."""

    async def broken() -> None:
        await asyncio.sleep(0)
        raise ZeroDivisionError

    assert bounded(Service("test", config()).run([], [broken(), after([], "")], rest)) == 1


def test_a_port_in_use_starts_nothing() -> None:
    """The work is not begun, and nothing warns of it."""

    async def main() -> int:
        listener = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
        async with listener:
            port = listener.sockets[0].getsockname()[1]
            with pytest.raises(UsageError, match="is in use"):
                await Service("test", config(port)).run([], [rest()], rest)
        return 0

    assert bounded(main()) == 0


def test_readiness_is_its_own_and_the_services() -> None:
    """Alive throughout; ready when `ready` says nothing."""
    problem: str | None = "uploads fail"
    said: list[tuple[int, str]] = []

    async def main() -> int:
        port = await free_port()
        service = Service("test", config(port))

        async def ask() -> None:
            nonlocal problem
            async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
                for path in ("/readyz", "/healthz", "/readyz"):
                    answer = await client.get(path)
                    said.append((answer.status_code, answer.text))
                    problem = None if path == "/healthz" else problem
            os.kill(os.getpid(), signal.SIGTERM)

        return await service.run([], [ask()], rest, ready=lambda: problem)

    assert bounded(main()) == 0
    assert said == [(503, "uploads fail\n"), (200, "alive\n"), (200, "ready\n")]


async def free_port() -> int:
    """One that nobody listens on."""
    listener = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    async with listener:
        return int(listener.sockets[0].getsockname()[1])


def test_what_came_in_is_in_the_metrics() -> None:
    """Each outcome under its name, from the start."""
    counters = Counters(records=3, duplicate_records=1)
    counters.batches[Outcome.TAKEN] = 2
    senders = Senders(("taken", "full"))
    senders.count(Header(1, "0" * 32, "interceptor/1", 1, "2026-01-01T00:00:00Z", node="n"), "taken")
    metrics = Metrics()
    metrics.add(lambda: ingest_samples(counters, senders))
    text = metrics.exposition()[0].decode()
    assert 'interceptor_ingest_batches_total{outcome="taken"} 2.0' in text
    assert 'interceptor_ingest_batches_total{outcome="unauthorized"} 0.0' in text
    assert "interceptor_ingest_duplicate_records_total 1.0" in text
    assert 'interceptor_ingest_agent_batches_total{agent="n",outcome="taken"} 1.0' in text
    assert 'interceptor_ingest_agent_batches_total{agent="{other}",outcome="full"} 0.0' in text
