"""How long whoever captures may pause before packets are lost, by rate, beside tcpdump with its defaults.

    make bench-pause

A sender puts full frames (1,514 bytes) on a veth pair at a rate. The one who captures is stopped (SIGSTOP) for longer
than its buffers last, and goes on. What was not dropped of the packets that came meanwhile, divided by the rate, is the
slack: a pause of so many seconds loses nothing. `>` where nothing was dropped at all.
"""

from __future__ import annotations

import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from tests.support.live import Node, Rpcapd, missing_for_bench
from tests.support.pauses import Sender, paused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

RATES: Final = ((200, 12.0), (1_000, 12.0), (5_000, 8.0), (20_000, 4.0))
"""(packets a second, seconds of the pause)."""
FILTER: Final = "ether proto 0x88b5"
PATIENCE: Final = 60.0


def main() -> int:
    """Measure, print the table."""
    missing = missing_for_bench("tcpdump", "curl")
    if missing is not None:
        print(f"bench_pause: {missing}", file=sys.stderr)
        return 1
    print("seconds of slack, frames of 1,514 bytes\n")
    print("who is stopped                    " + "".join(f"{rate:8,}/s" for rate, _ in RATES))
    for name, dropped in MEASURES.items():
        cells = []
        for rate, pause in RATES:
            with tempfile.TemporaryDirectory(prefix="bench-pause-") as folder:
                cells.append(slack(dropped, pathlib.Path(folder), rate, pause))
        print(f"{name:34}" + "".join(f"{cell:>10}" for cell in cells), flush=True)
    return 0


def slack(
    measure: Callable[[Node, Sender, int, float], int], folder: pathlib.Path, rate: int, pause: float
) -> str:
    """One cell of the table."""
    with Node(folder) as node:
        node.space.ip("link", "add", "cap0", "type", "veth", "peer", "name", "cap1")
        for name in ("cap0", "cap1"):
            node.space.run("sysctl", "-qw", f"net.ipv6.conf.{name}.disable_ipv6=1")
            node.space.ip("link", "set", name, "up")
        sender = Sender(node.space, "cap1")
        try:
            lost = measure(node, sender, rate, pause)
        finally:
            sender.close()
    return f"{(rate * pause - lost) / rate:.2f}" if lost else f"> {pause:g}"


def burst(sender: Sender, rate: int, pause: float, stopped: list[int]) -> None:
    """Traffic around a pause."""
    sender.send(rate, 0.3)
    with paused(stopped):
        sender.send(rate, pause)
    sender.send(rate, 0.3)


def agent(
    node: Node, sender: Sender, rate: int, pause: float, *options: str, rpcapd: Rpcapd | None = None
) -> int:
    """Packets that were dropped while the daemon, or rpcapd's captures, were stopped."""
    running = node.agent("--capture-filter", FILTER, *options)
    burst(sender, rate, pause, rpcapd.children if rpcapd is not None else [running.process.pid])
    deadline = time.monotonic() + PATIENCE
    while True:
        read = running.metrics()
        lost = read["interceptor_kernel_dropped_packets_total"]
        if read["interceptor_received_packets_total"] + lost >= sender.sent:
            return int(lost)
        if time.monotonic() > deadline:
            raise TimeoutError("packets are neither received nor dropped")
        time.sleep(0.2)


def live(node: Node, sender: Sender, rate: int, pause: float) -> int:
    """The daemon that captures itself."""
    return agent(node, sender, rate, pause, "--capture-sources", "live:cap0")


def behind_rpcapd(node: Node, sender: Sender, rate: int, pause: float) -> int:
    """The daemon, while rpcapd goes on."""
    node.rpcapd()
    return agent(node, sender, rate, pause, "--capture-interfaces-include", "cap0")


def of_rpcapd(node: Node, sender: Sender, rate: int, pause: float) -> int:
    """rpcapd, as it is built without our patch."""
    return agent(node, sender, rate, pause, "--capture-interfaces-include", "cap0", rpcapd=node.rpcapd())


def of_tcpdump(node: Node, sender: Sender, rate: int, pause: float) -> int:
    """tcpdump, writing to a file in memory."""
    with tcpdump(node) as process:
        burst(sender, rate, pause, [process.pid])
        time.sleep(2)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=PATIENCE)
    found = re.search(r"(\d+) packets? dropped by kernel", said)
    assert found is not None, said
    return int(found[1])


@contextmanager
def tcpdump(node: Node) -> Iterator[subprocess.Popen[str]]:
    """As it comes, but for the filter."""
    command = ["tcpdump", "-i", "cap0", "-w", "/dev/null", FILTER]
    with subprocess.Popen(node.space.wrap(command), stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        process.stderr.readline()
        time.sleep(0.5)
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


MEASURES: Final = {
    "the daemon, live:": live,
    "the daemon, rpcap://": behind_rpcapd,
    "rpcapd's capture (2 MiB)": of_rpcapd,
    "tcpdump": of_tcpdump,
}


if __name__ == "__main__":
    sys.exit(main())
