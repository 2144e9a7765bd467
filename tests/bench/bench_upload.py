"""What delivery costs: one uploader, over TLS through a proxy, to the collector; next to what the core costs.

    make bench-upload
    make bench-upload ROUND_TRIP_MS=100 [NODES=1000]      through a relay: see `bench_relay`

In turn, round after round, in one process: the core turns a capture of small API calls into records; the outlet seals
them into batches in the spool; the uploader sends these through tinyproxy to the collector, which is a process of its
own. CPU is the process's, all its threads; the ratios are of the same round. The collector shares the machine's cores,
and its database is what bounds the rate.

Exit status 1 if a record is missing in the collector, or the uploader costs a tenth of the core or more.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import re
import sqlite3
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import trustme
from pydantic import SecretStr

from interceptor.capture.files import Capture
from interceptor.config import Collector, Config, Ingest, Log, Proxy, Server, Spool, Tls
from interceptor.core.pipeline import Pipeline
from interceptor.core.records.encoder import RecordEncoder
from interceptor.delivery.outlet import SpoolOutlet
from interceptor.service import logs
from interceptor.service.outbound import Outbound, origin
from tests.bench import bench_relay
from tests.bench.traffic import generate
from tests.support.agents import collector, free_port, processes, wait_for
from tests.support.proxies import tinyproxy

if TYPE_CHECKING:
    from collections.abc import Iterator

CALLS = 30_000
CONNECTIONS = 200
ROUNDS = 5
TOKEN = SecretStr("secret-token-for-tests")
AT_ONCE = 512
_TICKS = os.sysconf("SC_CLK_TCK")
_ID = re.compile(rb'"id":"[0-9a-f]{8}')


@dataclass(frozen=True, slots=True)
class Round:
    """Microseconds of CPU a record, but for the rate."""

    core: float
    seal: float
    upload: float
    collector: float
    rate: float
    """Records a second of wall time, uploader to database."""


def core(path: Path) -> tuple[float, list[tuple[bytes, int]]]:
    """CPU seconds of the core for a capture, and its lines."""
    pieces = []
    pipeline, encoder = Pipeline(), RecordEncoder()
    capture = Capture(str(path))
    began = time.process_time()
    finished = []
    for batch in capture.batches():
        finished += pipeline.feed(batch)
        if len(finished) >= AT_ONCE:
            pieces.append((encoder.encode(finished), len(finished)))
            finished = []
    finished += pipeline.close()
    pieces.append((encoder.encode(finished), len(finished)))
    took = time.process_time() - began
    capture.close()
    return took, pieces


async def deliver(
    outbound: Outbound, config: Config, pieces: list[tuple[bytes, int]]
) -> tuple[float, float, float]:
    """CPU seconds to seal and to upload, and the seconds that the latter took."""
    began = time.process_time()
    outlet = SpoolOutlet(outbound.spool, config.spool, origin(config), config.upload.compression)
    for lines, records in pieces:
        await asyncio.to_thread(outlet.put, lines, records)
    await outlet.close()
    assert not outlet.ledger()[0].dropped
    sealed = time.process_time() - began
    began, wall = time.process_time(), time.time()
    uploading = asyncio.create_task(outbound.run())
    while outbound.spool.counters.records:  # noqa: ASYNC110 - a thread settles them
        await asyncio.sleep(0.25)
    took = outbound.uploader.counters.last_success - wall
    uploaded = time.process_time() - began
    uploading.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await uploading
    return sealed, uploaded, took


def cpu_seconds(pid: int) -> float:
    """Of another process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


async def measure(capture: Path, config: Config, pid: int) -> list[Round]:
    """One round after the other on one connection; without the first, which makes it."""
    rounds = []
    outbound = Outbound(config, {})
    for number in range(ROUNDS + 1):
        core_cpu, pieces = core(capture)
        count = sum(records for _, records in pieces)
        # the same traffic gives the same ids: make them new ones
        mark = b'"id":"%08x' % (number + (config.upload.compression == "zstd") * 256)
        pieces = [(_ID.sub(mark, lines), records) for lines, records in pieces]
        before = cpu_seconds(pid)
        seal, upload, wall = await deliver(outbound, config, pieces)
        collecting = cpu_seconds(pid) - before
        each = 1e6 / count
        rounds.append(Round(core_cpu * each, seal * each, upload * each, collecting * each, count / wall))
    await outbound.close()
    return rounds[1:]


def bench(folder: Path) -> bool:
    """Measure, print; says whether all is as it should be."""
    traffic = generate("small calls", folder / "traffic.pcap", connections=CONNECTIONS, calls=CALLS)
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "ca.pem")
    authority.issue_cert("api.test").private_key_and_cert_chain_pem.write_to_path(folder / "server.pem")
    port = free_port()
    cloud = processes().Process(
        target=collector,
        args=(
            Config(
                server=Server(address="127.0.0.1", port=port, cert_file=folder / "server.pem"),
                ingest=Ingest(tokens=(TOKEN,)),
                collector=Collector(database=folder / "collector.db"),
                log=Log(level="error"),
            ),
        ),
        daemon=True,
    )
    cloud.start()
    assert cloud.pid is not None
    wait_for(port)
    well = True
    delivered = 0
    print(
        f"{CALLS:,} calls a round, {ROUNDS} rounds; medians; µs of CPU a record\n\n"
        "          core    seal  upload  collector   upload/core  (seal+upload)/core   records/s   CPU ms/1,000 records"
    )
    with tinyproxy(folder) as proxy:
        for compression in ("gzip", "zstd"):
            config = sending(folder, port, proxy, compression)
            rounds = asyncio.run(measure(Path(traffic.path), config, cloud.pid))
            delivered += (ROUNDS + 1) * traffic.records

            def median(values: Iterator[float]) -> float:
                return statistics.median(values)

            ratio = median(each.upload / each.core for each in rounds)
            both = median((each.seal + each.upload) / each.core for each in rounds)
            upload = median(each.upload for each in rounds)
            print(
                f"{compression:6} {median(each.core for each in rounds):7.2f} {median(each.seal for each in rounds):7.2f} "
                f"{upload:7.2f} {median(each.collector for each in rounds):10.2f} {ratio:13.3f} {both:19.3f} "
                f"{median(each.rate for each in rounds):11,.0f} {upload:22.2f}"
            )
            well &= ratio < 0.1
    cloud.kill()
    cloud.join()
    with contextlib.closing(sqlite3.connect(folder / "collector.db")) as database:
        found = database.execute("SELECT count(*) FROM records").fetchone()[0]
    print(f"\n{found:,} of {delivered:,} records are in the collector")
    return well and found == delivered


def sending(folder: Path, port: int, proxy: int, compression: Literal["gzip", "zstd"]) -> Config:
    """Of whoever uploads."""
    config = Config(
        endpoint=f"https://api.test:{port}",
        token=TOKEN,
        tls=Tls(ca_file=folder / "ca.pem"),
        proxy=Proxy(url=SecretStr(f"http://127.0.0.1:{proxy}")),
        spool=Spool(directory=folder / "spool", min_free_bytes=0),
        log=Log(level="error"),
    )
    return config.model_copy(update={"upload": config.upload.model_copy(update={"compression": compression})})


def main() -> int:
    """Measure in a folder of its own; over a long way, what `bench_relay` does."""
    parser = argparse.ArgumentParser(description="What delivery costs.")
    parser.add_argument("--round-trip-ms", type=float, help="through a relay, to an endpoint so far away")
    parser.add_argument("--nodes", type=int, default=1_000, help="that send to the relay (default: 1,000)")
    arguments = parser.parse_args()
    logs.configure("error")
    if arguments.round_trip_ms is not None:
        well = bench_relay.bench(arguments.round_trip_ms, arguments.nodes)
        print("it keeps up" if well else "FAIL: it does not keep up")
        return 0 if well else 1
    with tempfile.TemporaryDirectory(prefix="bench-upload-") as folder:
        well = bench(Path(folder))
    print("all is there, and uploading costs less than a tenth of the core" if well else "FAIL: see above")
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
