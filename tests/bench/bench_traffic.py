"""What counting the traffic costs: `Traffic.count` beside all the rest that a call costs, on the same small calls.

Prints for each round, in turn without and with servers told apart, microseconds of CPU per record of everything but the
counting, of the counting, and the one as a share of the other; then the medians.
"""

from __future__ import annotations

import gc
import statistics
import sys
import tempfile
import time
from pathlib import Path

from interceptor.capture.capture_file import CaptureReader
from interceptor.core.pipeline import COLLECT_AFTER, Pipeline
from interceptor.core.records.encoder import RecordEncoder
from interceptor.service.traffic import Traffic
from tests.bench import traffic as recipes
from tests.conversations import transactions

CALLS = 40_000
CONNECTIONS = 200
ROUNDS = 7
PIECE = 2**18


def measure(data: bytes, servers: int) -> tuple[float, float]:
    """Read a capture as the daemon does; gives microseconds per record: the rest, the counting."""
    reader, pipeline, encoder, traffic = CaptureReader(), Pipeline(), RecordEncoder(), Traffic(servers)
    counting = records = 0
    begin = time.process_time_ns()
    for place in range(0, len(data), PIECE):
        for batch in reader.feed(data[place : place + PIECE]):
            made = [encoder.record(one) for one in transactions(pipeline.feed(batch))]
            since = time.process_time_ns()
            traffic.count(made, 0.0)
            counting += time.process_time_ns() - since
            encoder.lines(made)
            records += len(made)
    whole = time.process_time_ns() - begin
    return (whole - counting) / records / 1_000, counting / records / 1_000


def main() -> int:
    """Run it."""
    gc.set_threshold(COLLECT_AFTER, 10, 10)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "calls.pcap"
        recipes.generate("small calls", path, connections=CONNECTIONS, calls=CALLS)
        data = path.read_bytes()
    shares: dict[int, list[float]] = {0: [], 50: []}
    for _ in range(ROUNDS):
        for servers, found in shares.items():
            rest, counting = measure(data, servers)
            found.append(counting / rest * 100)
            print(f"metrics.by_server {servers:2}: {rest:6.2f} us and {counting:5.2f} us, {found[-1]:4.2f} %")
    for servers, found in shares.items():
        print(f"median, metrics.by_server {servers:2}: {statistics.median(found):4.2f} %")
    return 0


if __name__ == "__main__":
    sys.exit(main())
