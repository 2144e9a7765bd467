"""The collector's storage: records per CPU second, bytes a record, and what a page view costs.

    make bench-collector SIZES=1_000_000

Diverse traffic: 1,200 endpoints of 40 services on three ports, called by 300 clients as Zipf has it, 70 records a
second; lines as agents write them, batches of 5,000, eight at once. Then 150,000 calls that name a host nobody has. CPU is user and
system time of this process, all threads; making the traffic is not counted. Ranges end where the records do.
"""

from __future__ import annotations

import asyncio
import gc
import random
import resource
import sys
import tempfile
import time
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING

from interceptor.collector.answers import RANGES
from interceptor.collector.question import Question
from interceptor.collector.sqlite import Sqlite
from interceptor.config import Collector
from interceptor.delivery.batches import Origin, seal, unpack
from interceptor.ingest.api import Incoming
from interceptor.ingest.lines import Read, check
from interceptor.service.collecting import COLLECT_AFTER
from tests.support.records import NOW, time_of

if TYPE_CHECKING:
    from interceptor.collector.engine import Engine

PER_SECOND = 70
BATCH = 5_000
AT_ONCE = 8
"""Batches that come while one is being stored, as from a few busy agents."""
LINE = (
    '{"schema":1,"kind":"http","id":"%032x","time":"%s","duration_us":%d,"ttfb_us":%d,"source.address":"%s",'
    '"source.port":%d,"destination.address":"%s","destination.port":8080,"server.address":"%s","server.port":%d,'
    '"network.type":"ipv4","network.protocol.version":"1.1","http.request.method":"%s","url.scheme":"http",'
    '"url.template":"%s","http.response.status_code":%d,"http.request.header.names":["host","user-agent","accept",'
    '"accept-encoding","connection"],"http.response.header.names":["server","date","content-type","content-length"],'
    '"http.response.content_type":"application/json","user_agent.original":"okhttp/4.12.0","http.request.body.size":0,'
    '"http.response.body.size":%d,"http.request.state":"complete","http.response.state":"complete",'
    '"transaction.index":%d,"interface":"eth0","node":"node-%d"}\n'
)


class Traffic:
    """Batches without end."""

    def __init__(self) -> None:
        self.chance = random.Random(7)
        choose = self.chance.randrange
        self.endpoints = [
            (
                f"svc-{choose(40)}.shop.svc.cluster.local",
                8080 + choose(3),
                ("GET", "GET", "GET", "POST", "PUT", "DELETE")[choose(6)],
                f"/api/v{1 + choose(3)}/res{number}/{{id}}/sub{choose(9)}",
                8.5 + number % 7 * 0.2,
            )
            for number in range(1_200)
        ]
        self.weights = list(accumulate(1 / rank**1.1 for rank in range(1, 1_201)))
        self.statuses = list(accumulate((82, 3, 2, 1, 2, 1, 5, 2, 1, 1)))

    def batch(self, start: float, host: str | None = None) -> Incoming:
        """As the ingest API hands it over. With `host` every record names one of its own."""
        chance, lines = self.chance, []
        chosen = chance.choices(self.endpoints, cum_weights=self.weights, k=BATCH)
        statuses = chance.choices(
            (200, 201, 204, 301, 400, 401, 404, 500, 503, 502), cum_weights=self.statuses, k=BATCH
        )
        for number, ((name, port, method, template, scale), status) in enumerate(
            zip(chosen, statuses, strict=True)
        ):
            took = int(chance.lognormvariate(scale, 1.1)) + 1
            caller, server = chance.randrange(300), chance.randrange(200)
            lines.append(
                (
                    LINE
                    % (
                        chance.getrandbits(128),
                        time_of(start + number / PER_SECOND),
                        took,
                        took * 9 // 10,
                        f"10.1.{caller // 250}.{caller % 250}",
                        chance.randrange(32_768, 61_000),
                        f"10.2.{server}.{server}",
                        f"{host}-{number}.example" if host else name,
                        port,
                        method,
                        template,
                        status,
                        int(chance.lognormvariate(6.5, 1.2)),
                        number % 20,
                        number % 50,
                    )
                ).encode()
            )
        sealed = seal([b"".join(lines)], BATCH, Origin("interceptor/0.1.0", "bench", "node-1"), start, "gzip")
        return Incoming(None, sealed.body, sealed.encoding, b"")  # type: ignore[arg-type]


def cpu() -> float:
    """Of this process so far, seconds."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def resident() -> float:
    """Of this process, MiB."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 2**20


async def take(engine: Engine, sent: list[Incoming]) -> float:
    """Unpack, check and keep batches that come at once; CPU seconds."""
    began = cpu()
    async with asyncio.TaskGroup() as group:
        for one in sent:
            text = unpack(one.body, one.encoding, 2**30)
            known: list[Read] = []
            header = check(text, known=known).header
            group.create_task(engine.take(Incoming(header, one.body, one.encoding, text, known=known)))
    return cpu() - began


async def measure(records: int, folder: Path) -> None:
    """One database, from nothing."""
    traffic = Traffic()
    end = NOW + records / PER_SECOND
    path = folder / "collector.db"
    config = Collector(database=path, max_records=10**9, max_bytes=2**40)
    engine = Sqlite(config, lambda: end, time.monotonic)
    spent = 0.0
    for start in range(0, records, BATCH * AT_ONCE):
        starts = range(start, min(start + BATCH * AT_ONCE, records), BATCH)
        spent += await take(engine, [traffic.batch(NOW + each / PER_SECOND) for each in starts])
    await engine.prune()
    size = path.stat().st_size
    print(
        f"{records:>10,} records: {records / spent:,.0f} a CPU second ({spent / records * 1e6:.1f} us each),"
        f" {size / records:.0f} bytes each",
        flush=True,
    )
    for chosen in RANGES:
        took = []
        for _ in range(3):
            began = cpu()
            seen = await engine.overview(Question(range=chosen))
            took.append(cpu() - began)
        print(
            f"           overview {chosen:>3}: {sorted(took)[1]:.2f} CPU s, {seen.totals.spread.calls:,} calls,"
            f" {len(seen.calls)} pairs",
            flush=True,
        )
    began = cpu()
    await engine.records(Question(endpoint=seen.endpoints[0].number, kind=5), 100, None)
    print(f"           100 records of one endpoint and class: {cpu() - began:.3f} CPU s", flush=True)
    await engine.close()


async def flood(folder: Path, hosts: int = 150_000) -> None:
    """So many names that nobody has, and a page view afterwards."""
    traffic = Traffic()
    config = Collector(database=folder / "flood.db")
    engine = Sqlite(config, lambda: NOW + 3_600, time.monotonic)
    spent = 0.0
    for start in range(0, hosts, BATCH):
        spent += await take(engine, [traffic.batch(NOW, f"scan-{start}")])
    await engine.close()
    del traffic
    engine = Sqlite(config, lambda: NOW + 3_600, time.monotonic)
    before, began = resident(), cpu()
    seen = await engine.overview(Question(range="all"))
    print(
        f"{hosts:>10,} hosts: {hosts / spent:,.0f} a CPU second; a page view {cpu() - began:.2f} CPU s,"
        f" RSS {before:.0f} -> {resident():.0f} MiB, {seen.totals.services:,} services,"
        f" {seen.totals.spread.calls:,} calls",
        flush=True,
    )
    await engine.close()


def main() -> None:
    """Measure with so many records."""
    gc.set_threshold(COLLECT_AFTER, 10, 10)
    sizes = [int(text.replace("_", "")) for text in sys.argv[1:]] or [1_000_000, 5_000_000, 20_000_000]
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(flood(Path(folder)))
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            asyncio.run(measure(size, Path(folder)))


if __name__ == "__main__":
    main()
