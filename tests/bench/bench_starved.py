"""The daemon with hardly any CPU: at what rate it first loses a call, by quota.

    make bench-starved [SECONDS=60]

wrk asks nginx between two pods of a node made of network namespaces; `interceptor run` watches the server's interface, itself
(`live:`) or by rpcapd, which has all the CPU that it wants. Once it is ready it gets a quota of its cgroup's, as a limit of
Kubernetes does: so many percent of a core in each tenth of a second. nginx's access log is what was offered.

Exit status 1 if a request is missing and no counter says so, or if one is reported twice or with another's response.
"""

from __future__ import annotations

import os
import pathlib
import sys
import tempfile
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from tests.support import netns
from tests.support.live import PROGRAMS, ROOT, Node, agent_on, missing_for_bench, settle

if TYPE_CHECKING:
    from collections.abc import Iterator

QUOTAS: Final = (3, 4, 6, 10)
"""Percent of a core."""
LOADS: Final = ((50, 100), (100, 100), (200, 100))
"""(connections, milliseconds that each waits between two requests): 500, 1,000 and 2,000 a second."""
LANES: Final = {
    "pure": (),
    "compiled": ("env", f"PYTHONPATH={ROOT / '.cache' / 'compiled'}", "PYTHONSAFEPATH=1"),
}
"""What starts the daemon. Without the second word the folder that it is started in would come first."""
SOURCES: Final = ("live:", "rpcap://")
PERIOD_US: Final = 100_000
"""What Kubernetes has."""
GROUPS: Final = pathlib.Path("/sys/fs/cgroup")


@contextmanager
def limited(pid: int, percent: int) -> Iterator[None]:
    """Give a process so much of a core, until the block ends; with the first version of cgroups, or the second."""
    first = GROUPS / "cpu"
    root = first if first.is_dir() else GROUPS
    group = root / f"bench-starved-{os.getpid()}"
    group.mkdir()
    try:
        quota = PERIOD_US * percent // 100
        if root is first:
            (group / "cpu.cfs_period_us").write_text(str(PERIOD_US))
            (group / "cpu.cfs_quota_us").write_text(str(quota))
        else:
            (group / "cpu.max").write_text(f"{quota} {PERIOD_US}")
        (group / "cgroup.procs").write_text(str(pid))
        yield
    finally:
        for one in (group / "cgroup.procs").read_text().split():
            (root / "cgroup.procs").write_text(one)
        group.rmdir()


def measure(lane: str, source: str, percent: int, load: tuple[int, int], seconds: int) -> tuple[str, bool]:
    """One cell on a new node: a line of the table, and whether all is explained."""
    connections, delay_ms = load
    with tempfile.TemporaryDirectory(prefix="bench-starved-") as place, Node(pathlib.Path(place)) as node:
        server, client = node.server(), node.pod()
        if source == "live:":
            options = ["--capture-sources", f"live:{server.interface}"]
        else:
            node.rpcapd()
            options = ["--capture-sources", "rpcap://127.0.0.1:2002"]
            options += ["--capture-interfaces-include", server.interface]
        with agent_on(node.space, node.folder, *options, "--metadata-url", "path", by=LANES[lane]) as agent:
            netns.wait_until(agent.ready, "the daemon is ready", 60, 0.1)
            with limited(agent.process.pid, percent):
                before = agent.cpu_seconds
                client.call(server, run="load", seconds=seconds, connections=connections, delay_ms=delay_ms)
                spent = agent.cpu_seconds - before
                settle(agent, [server], 120)
            verdict = settle(agent, [server])
            metrics = agent.metrics()
        assert f"interceptor_build_info{{lane={lane}," in "\n".join(metrics), "that is another lane"
        dropped = metrics.get("interceptor_kernel_dropped_packets_total", 0)
    line = (
        f"{lane:9} {source:8} {percent:5} {verdict.served / seconds:8,.0f} {verdict.served:8,} {verdict.reported:8,}"
        f" {100 * verdict.reported / verdict.served:8.2f} {dropped:9,.0f} {spent / seconds * 100:6.1f}"
    )
    explained = not verdict.missing or dropped + metrics.get("interceptor_missed_bytes_total", 0) > 0
    return line, explained and not verdict.duplicates and not verdict.wrong and not verdict.extra


def main() -> int:
    """Measure, print the table."""
    missing = missing_for_bench(*PROGRAMS)
    if missing is not None:
        print(f"bench_starved: {missing}", file=sys.stderr)
        return 1
    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else 60
    print(f"Python {sys.version.split()[0]}, {os.cpu_count()} cores, {seconds} s a row\n")
    print("lane      source   quota  calls/s  offered reported  percent   dropped  CPU %")
    sound = True
    for lane in LANES:
        for source in SOURCES:
            for percent in QUOTAS:
                for load in LOADS:
                    line, explained = measure(lane, source, percent, load, seconds)
                    print(line, flush=True)
                    sound &= explained
    print("\nevery missing request is explained by a counter" if sound else "\nFAIL: see above")
    return 0 if sound else 1


if __name__ == "__main__":
    sys.exit(main())
