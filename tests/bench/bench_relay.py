"""Whether a relay keeps up with many nodes over a long way, and what a record costs it.

    make bench-upload ROUND_TRIP_MS=100

Nodes send a small batch each five seconds, each on a connection of its own, to a relay, which is a process of its own, as
is an endpoint that answers after the round-trip time. Both ends are as cheap as asyncio lets them be, so that the machine
is the relay's. CPU is the relay's, user and system, all its threads: taking in, storing, sending on, removing.

Exit status 1 if a batch is refused or lost, or the oldest has waited for longer than a node's interval at the end.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import re
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

from interceptor.delivery.batches import Origin, seal
from tests.support.agents import free_port, processes, wait_for
from tests.support.records import lines, record
from tests.support.services import running

if TYPE_CHECKING:
    from multiprocessing.sharedctypes import Synchronized

__all__ = ["bench"]

RECORDS = 20
SECONDS = 30
INTERVAL = 5.0
_TICKS = os.sysconf("SC_CLK_TCK")
_LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)


async def read_message(reader: asyncio.StreamReader) -> bytes:
    """One request or answer; its head."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = _LENGTH.search(head)
    await reader.readexactly(int(length[1]) if length else 0)
    return head


def far_away(port: int, seconds: float, taken: Synchronized[int]) -> None:
    """An endpoint that answers after so long; run in a process."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        body = json.dumps({"accepted": RECORDS, "rejected": 0}).encode()
        answer = b"HTTP/1.1 202 Accepted\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
        try:
            while True:
                await read_message(reader)
                await asyncio.sleep(seconds)
                taken.value += 1
                writer.write(answer % (len(body), body))
        except (asyncio.IncompleteReadError, OSError):
            writer.close()

    async def run() -> None:
        await (await asyncio.start_server(serve, "127.0.0.1", port)).serve_forever()

    asyncio.run(run())


async def offer(port: int, nodes: int) -> tuple[int, int]:
    """Send as so many nodes do; gives how many batches were sent, and how many of these refused."""
    numbers = itertools.count()
    sent = refused = 0
    end = time.monotonic() + SECONDS

    async def node(which: int) -> None:
        nonlocal sent, refused
        await asyncio.sleep(INTERVAL * which / nodes)
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while (began := time.monotonic()) < end:
            origin = Origin("interceptor/0.1.0", "bench", f"node-{which}")
            text = lines(record() for _ in range(RECORDS))
            sealed = seal([text], RECORDS, origin, time.time() + next(numbers))
            writer.write(
                b"POST /v1/batches HTTP/1.1\r\nHost: relay\r\nContent-Type: application/x-ndjson\r\n"
                b"Content-Encoding: gzip\r\nIdempotency-Key: %s\r\nContent-Length: %d\r\n\r\n%s"
                % (sealed.id.encode(), len(sealed.body), sealed.body)
            )
            answer = await read_message(reader)
            sent += 1
            refused += not answer.startswith(b"HTTP/1.1 202")
            await asyncio.sleep(max(INTERVAL - (time.monotonic() - began), 0.0))
        writer.close()

    async with asyncio.TaskGroup() as group:
        for which in range(nodes):
            group.create_task(node(which))
    return sent, refused


def cpu_seconds(pid: int) -> float:
    """Of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def bench(round_trip_ms: float, nodes: int) -> bool:
    """Measure, print; says whether the relay keeps up."""
    port = free_port()
    context = processes()
    taken = context.Value("L", 0)
    endpoint = context.Process(target=far_away, args=(port, round_trip_ms / 1000, taken), daemon=True)
    endpoint.start()
    wait_for(port)
    with tempfile.TemporaryDirectory(prefix="bench-relay-") as folder:
        flags = (
            "--endpoint",
            f"http://127.0.0.1:{port}",
            "--ingest-anonymous",
            "true",
            "--log-level",
            "info",
        )
        spool = ("--spool-directory", Path(folder) / "spool", "--spool-min-free-bytes", 0)
        with running("relay", *flags, *spool) as relay:
            before = cpu_seconds(relay.process.pid)
            sent, refused = asyncio.run(offer(int(relay.url.rpartition(":")[2]), nodes))
            there = taken.value
            text = httpx.get(f"{relay.url}/metrics", trust_env=False, timeout=60).text
            (age,) = map(
                float, re.findall(r"^interceptor_spool_oldest_batch_age_seconds (\S+)", text, re.MULTILINE)
            )
            outcomes = re.findall(
                r"^interceptor_ingest_batches_total\{outcome=\"(\w+)\"\} ([1-9]\S*)", text, re.MULTILINE
            )
            cpu = cpu_seconds(relay.process.pid) - before
            status = relay.stop()
    endpoint.kill()
    endpoint.join()
    rate = sent / SECONDS
    print(
        f"{nodes:,} nodes, a batch of {RECORDS} records each {INTERVAL:g} s, {round_trip_ms:g} ms away, {SECONDS} s:\n"
        f"  offered {sent:,} batches ({rate:.0f}/s), refused {refused}, arrived {there:,} by then, the oldest that waits "
        f"is {age:.1f} s old\n"
        f"  taking in: {', '.join(f'{name} {float(count):,.0f}' for name, count in outcomes)}\n"
        f"  the relay's CPU {cpu:.1f} s: {cpu * 1e3 / sent:.2f} ms a batch, {cpu * 1e6 / sent / RECORDS:.0f} µs a record, "
        f"{100 * cpu / (SECONDS + INTERVAL):.0f} % of a core; its end {'delivered the rest' if not status else 'did not'}"
    )
    return refused == 0 and age <= INTERVAL and status == 0
