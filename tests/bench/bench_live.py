"""The daemon on live traffic: what is offered, what is reported, and what it costs.

    make bench-live

wrk asks nginx between two pods of a node made of network namespaces, at rising rates; rpcapd and `interceptor run`
watch both pods' interfaces, so every packet is captured twice. nginx's access log is what was offered. All of them
share the machine's cores: at the highest rate the load itself leaves little for the capture.

Exit status 1 if a request is missing that no counter explains, or if one is reported twice or with another's response.
"""

from __future__ import annotations

import os
import pathlib
import sys
import tempfile
from dataclasses import dataclass

from tests.support.live import PROGRAMS, Agent, Node, Rpcapd, Verdict, missing_for_bench, settle

SECONDS = 15
LOADS = ((50, 100), (100, 100), (100, 50), (100, 20), (100, 0))
"""(connections, milliseconds that each waits between two requests): the last one as fast as it goes."""


@dataclass(frozen=True, slots=True)
class Row:
    """One rate."""

    verdict: Verdict
    daemon_cpu: float
    rpcapd_cpu: float
    peak_bytes: int
    kernel_dropped: float
    missed_bytes: float

    @property
    def explained(self) -> bool:
        """Whether loss, if any, is in a counter."""
        return not self.verdict.missing or self.kernel_dropped + self.missed_bytes > 0

    def line(self) -> str:
        """Of the table."""
        verdict = self.verdict
        thousands = verdict.served / 1000
        return (
            f"{verdict.served / SECONDS:9,.0f} {verdict.served:9,} {verdict.reported:9,} "
            f"{100 * verdict.reported / verdict.served:8.2f} {len(verdict.duplicates):6} {len(verdict.wrong):6} "
            f"{self.kernel_dropped:9,.0f} {self.daemon_cpu / SECONDS * 100:7.1f} {self.rpcapd_cpu / SECONDS * 100:7.1f} "
            f"{self.daemon_cpu / thousands * 1000:9.0f} {self.peak_bytes / 2**20:6.0f}"
        )


HEAD = (
    "requests/s   offered  reported  percent  twice  wrong   dropped  daemon  rpcapd  µs/request    MiB\n"
    "                                                       packets   CPU %   CPU %     daemon   peak"
)


def measure(number: int, connections: int, delay_ms: int) -> Row:
    """One rate on a new node."""
    with tempfile.TemporaryDirectory(prefix="bench-live-") as folder, Node(pathlib.Path(folder)) as node:
        server, client = node.server(), node.pod()
        rpcapd: Rpcapd = node.rpcapd()
        agent: Agent = node.agent()
        before = agent.cpu_seconds, rpcapd.cpu_seconds
        client.call(server, run=f"r{number}", seconds=SECONDS, connections=connections, delay_ms=delay_ms)
        verdict = settle(agent, [server])
        after = agent.cpu_seconds, rpcapd.cpu_seconds
        metrics = agent.metrics()
        return Row(
            verdict,
            after[0] - before[0],
            after[1] - before[1],
            agent.peak_resident_bytes,
            metrics.get("interceptor_kernel_dropped_packets_total", 0)
            + metrics.get("interceptor_interface_dropped_packets_total", 0),
            metrics.get("interceptor_missed_bytes_total", 0),
        )


def main() -> int:
    """Measure, print the table."""
    missing = missing_for_bench(*PROGRAMS)
    if missing is not None:
        print(f"bench_live: {missing}", file=sys.stderr)
        return 1
    print(
        f"Python {sys.version.split()[0]}, {os.cpu_count()} cores shared with wrk and nginx, {SECONDS} s a rate\n"
    )
    print(HEAD)
    sound = True
    for number, (connections, delay_ms) in enumerate(LOADS):
        row = measure(number, connections, delay_ms)
        print(row.line(), flush=True)
        sound &= (
            row.explained and not row.verdict.duplicates and not row.verdict.wrong and not row.verdict.extra
        )
    print("\nevery missing request is explained by counted drops" if sound else "\nFAIL: see above")
    return 0 if sound else 1


if __name__ == "__main__":
    sys.exit(main())
