"""Processes to be killed: an agent that makes records and uploads them, and the collector it uploads to.

An agent is everything between the core and the network, put together as the daemon does: outlet, spool, uploader. It
writes down how far it got, so that whoever killed it knows what it had promised.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import multiprocessing
import os
import socket
import struct
import sys
import time
from typing import TYPE_CHECKING

from interceptor.delivery.outlet import SpoolOutlet
from interceptor.service import logs
from interceptor.service.collecting import run_collector
from interceptor.service.outbound import Outbound, origin
from tests.support.records import record

if TYPE_CHECKING:
    from multiprocessing.context import ForkServerContext
    from pathlib import Path

    from interceptor.config import Config

__all__ = ["collector", "free_port", "identity", "processes", "produce", "promised", "wait_for"]

_PROMISE = struct.Struct("<QQQ")
_TEXT = json.dumps(record(id="{}"), separators=(",", ":"))
_AT_ONCE = 10


def processes() -> ForkServerContext:
    """How to start them: each is a process of its own, with its modules imported already."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    return context


def identity(life: int, number: int) -> str:
    """Of a record."""
    return f"{life:08x}{number:024x}"


def produce(config: Config, life: int, promises: Path, *, records: int | None = None) -> None:
    """Make records until killed; or so many, then deliver everything and end."""
    _quiet()
    asyncio.run(_produce(config, life, promises, records))


async def _produce(config: Config, life: int, promises: Path, records: int | None) -> None:
    outbound = Outbound(config, {})
    outlet = SpoolOutlet(outbound.spool, config.spool, origin(config))
    file = os.open(promises, os.O_WRONLY | os.O_CREAT, 0o600)
    uploading = asyncio.create_task(outbound.run())
    number = 0
    while records is None or number < records:
        text = "".join(_TEXT.replace("{}", identity(life, number + n)) + "\n" for n in range(_AT_ONCE))
        outlet.write(text.encode(), _AT_ONCE)
        number += _AT_ONCE
        batches, spool = outlet.ledger()
        assert not batches.dropped, "then it would not be known which are stored"
        os.pwrite(file, _PROMISE.pack(number, batches.delivered, sum(spool.dropped.values())), 0)
        await asyncio.sleep(0.002)
    await outlet.close()
    await outbound.drained()
    uploading.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await uploading
    await outbound.close()


def promised(promises: Path) -> tuple[int, int, int]:
    """How far an agent got: records made, of these stored on disk, and records dropped from there."""
    try:
        made, stored, dropped = _PROMISE.unpack(promises.read_bytes())
    except (FileNotFoundError, struct.error):
        return 0, 0, 0
    return made, stored, dropped


def collector(config: Config) -> None:
    """Collect until killed."""
    _quiet()
    sys.exit(run_collector(config))


def free_port() -> int:
    """One on loopback, that whoever asked may use again and again."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def wait_for(port: int, seconds: float = 60.0) -> None:
    """Until something listens there."""
    end = time.monotonic() + seconds
    while True:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        assert time.monotonic() < end, f"nothing listens at port {port}"
        time.sleep(0.02)


def _quiet() -> None:
    """Their logs tell of nothing but connections that are refused."""
    logs.configure("error")
