"""The collector with ClickHouse: what a record costs here and there, in CPU and on the disk, and what a page view costs.

    python -m tests.bench.bench_clickhouse 1_000_000

The traffic of `bench_collector`, whose time goes on as it comes, so that hours are closed. ClickHouse is its engine as chDB
embeds it, in a process of its own; CPU is user and system time, all threads, of that process and of this one apart.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from pathlib import Path

from interceptor.collector.answers import RANGES
from interceptor.collector.clickhouse.engine import Clickhouse
from interceptor.collector.question import Question
from interceptor.config import Collector
from tests.bench.bench_collector import AT_ONCE, BATCH, PER_SECOND, Traffic, cpu, take
from tests.support.clickhouse import Clickhouse as Server
from tests.support.records import NOW


def of(process: int) -> float:
    """CPU of another process so far, seconds."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def most(process: int) -> int:
    """That a process has held so far, MiB."""
    status = Path(f"/proc/{process}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) // 1024


async def measure(records: int, server: Server) -> None:
    """One database, from nothing."""
    traffic = Traffic()
    now = [NOW]
    config = Collector(store=server.store("default"))
    engine = Clickhouse(config, lambda: now[0], lambda: now[0])
    here, there = 0.0, of(server.process.pid)
    for start in range(0, records, BATCH * AT_ONCE):
        starts = range(start, min(start + BATCH * AT_ONCE, records), BATCH)
        here += await take(engine, [traffic.batch(NOW + each / PER_SECOND) for each in starts])
        now[0] = NOW + (start + BATCH * AT_ONCE) / PER_SECOND
        began = cpu()
        await engine.prune()
        here += cpu() - began
    there = of(server.process.pid) - there
    print(
        f"{records:,} records: {here / records * 1e6:.1f} us of CPU each in the collector,"
        f" {there / records * 1e6:.1f} us in ClickHouse, merges and totals of closed hours included",
        flush=True,
    )
    for table, rows, size in server.ask(
        "SELECT table, sum(rows), sum(bytes_on_disk) FROM system.parts"
        " WHERE active AND database = 'default' GROUP BY table ORDER BY 3 DESC"
    ):
        print(f"    {table:8} {rows:>10,} rows {size / records:8.1f} bytes for each record", flush=True)
    for chosen in RANGES:
        here, there = cpu(), of(server.process.pid)
        seen = await engine.overview(Question(range=chosen))
        print(
            f"    overview {chosen:>3}: {cpu() - here:.2f} CPU s here, {of(server.process.pid) - there:.2f} there,"
            f" {seen.totals.spread.calls:,} calls, {len(seen.calls)} pairs",
            flush=True,
        )
    print(f"    ClickHouse held {most(server.process.pid):,} MiB at most", flush=True)
    await engine.close()


def main() -> None:
    """Measure with so many records."""
    for size in [int(text.replace("_", "")) for text in sys.argv[1:]] or [1_000_000]:
        with tempfile.TemporaryDirectory() as folder:
            server = Server(Path(folder))
            try:
                asyncio.run(measure(size, server))
            finally:
                server.kill()


if __name__ == "__main__":
    main()
