"""CPU per packet of the rpcap client, beside rpcapd's own and libpcap's client's: `make bench-rpcap`.

As root. One rpcapd in a network namespace, one veth pair, one sender at a fixed rate. The two clients take turns
(ours, libpcap's, ours, …), so that whatever else the machine does hits both; the table has the medians. CPU time,
user and system, is the figure to compare; drops depend on how many cores are free. Ours hands packets over as
views in batches; libpcap's calls a function for each. Both only count them.
"""

from __future__ import annotations

import asyncio
import os
import pathlib
import resource
import signal
import subprocess
import sys
import time
from statistics import median
from typing import NamedTuple

ROOT = pathlib.Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from rpcapd_client import connect  # noqa: E402
from tests.support.rpcapd import BUILT, Daemon, Host  # noqa: E402

LOADS = (
    *((64, rate, 0.0) for rate in (20_000, 80_000, 160_000, 250_000)),
    *((1500, rate, 0.0) for rate in (20_000, 80_000, 160_000)),
    (1500, 50_000, 0.08),
)
"""Size, packets a second, pause. The highest rate of 64 bytes is more than libpcap's client takes on two cores. With
a pause the client is stopped for so many seconds of each `PERIOD`, as a busy machine stops it."""
PERIOD = 0.4
SECONDS = 2
ROUNDS = 3
CLIENT = "RPCAP_BENCH_CLIENT"
"""Set in the environment of this file when it runs as the client that is measured."""


class Run(NamedTuple):
    """What one client made of one stream."""

    packets: int
    cpu: float
    dropped: int
    server_cpu: float

    @property
    def each(self) -> float:
        """Microseconds of the client per packet."""
        return self.cpu / max(1, self.packets) * 1e6

    @property
    def server_each(self) -> float:
        """Microseconds of rpcapd per packet."""
        return self.server_cpu / max(1, self.packets) * 1e6


async def client(url: str) -> None:
    """Be the client that is measured: count until SIGUSR1, then tell."""
    packets = size = 0

    async with await connect(url) as connection, await connection.open_capture("cap0") as capture:

        async def count() -> None:
            nonlocal packets, size
            async for _, places in capture:
                packets += len(places)
                for _, _, captured, _ in places:
                    size += captured

        counting = asyncio.create_task(count())
        asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, counting.cancel)
        print("ready", flush=True)
        before = resource.getrusage(resource.RUSAGE_SELF)
        await asyncio.wait([counting])
        after = resource.getrusage(resource.RUSAGE_SELF)
        used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        print(packets, size, used, (await capture.statistics()).lost, flush=True)


def thread_seconds(pid: int) -> float:
    """CPU time of all threads of a process, to the nanosecond."""
    tasks = pathlib.Path(f"/proc/{pid}/task").iterdir()
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9


def send(process: subprocess.Popen[bytes], client: subprocess.Popen[bytes], pause: float) -> int:
    """Wait for the sender, stopping the client now and then; give the sender's status."""
    while pause and process.poll() is None:
        time.sleep(PERIOD - pause)
        client.send_signal(signal.SIGSTOP)
        time.sleep(pause)
        client.send_signal(signal.SIGCONT)
    return process.wait()


def measure(
    daemon: Daemon, sender: pathlib.Path, command: list[str], size: int, rate: int, pause: float
) -> Run:
    """One client, one stream."""
    host = daemon.host
    environment = {**os.environ, CLIENT: daemon.url}
    process = host.spawn(*command, stdout=subprocess.PIPE, env=environment)
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    time.sleep(0.3)
    (child,) = daemon.children
    before = thread_seconds(child)
    assert send(host.spawn(sender, "cap1", size, rate * SECONDS, rate), process, pause) == 0
    time.sleep(0.7)  # the last block of the ring waits for the read timeout
    server = thread_seconds(child) - before
    process.send_signal(signal.SIGUSR1)
    packets, _, used, dropped = process.stdout.readline().split()
    process.wait()
    while daemon.children:
        time.sleep(0.01)
    return Run(int(packets), float(used), int(dropped), server)


def build(directory: pathlib.Path) -> tuple[pathlib.Path, pathlib.Path]:
    """Compile the sender and libpcap's client, against the libpcap that rpcapd is of."""
    here = pathlib.Path(__file__).parent
    sender, rival = directory / "bench-send", directory / "bench-rival"
    subprocess.run(["gcc", "-O2", "-o", sender, here / "rpcap_send.c"], check=True)
    subprocess.run(
        [
            *("gcc", "-O2", "-o", rival, here / "rpcap_rival.c", f"-I{BUILT}/include", BUILT / "libpcap.a"),
            *("-lssl", "-lcrypto", "-lpthread"),
        ],
        check=True,
    )
    return sender, rival


def main() -> int:
    """Measure, and print the table."""
    if os.geteuid() != 0:
        print("bench_rpcap: needs root, for a network namespace and rpcapd", file=sys.stderr)
        return 1
    subprocess.run([ROOT / "tests/support/build_rpcapd.sh"], check=True)
    sender, rival = build(BUILT)
    host = Host(BUILT / "rpcapd")
    try:
        daemon = host.rpcapd()
        ours = [sys.executable, __file__]
        theirs = [str(rival), daemon.url + "/cap0"]
        version = (BUILT / "VERSION").read_text().strip()
        print(
            f"\nlibpcap {version}, Python {sys.version.split()[0]}, {os.cpu_count()} cores, medians of {ROUNDS}"
        )
        print("CPU per packet in microseconds; dropped by the server's kernel in percent of what was sent\n")
        print("          rate   pause |  rpcapd CPU      |  client CPU      |  dropped")
        print(" size packets/s     ms |  ours  libpcap   |  ours  libpcap   |  ours  libpcap")
        for size, rate, pause in LOADS:
            runs: dict[str, list[Run]] = {"ours": [], "theirs": []}
            for _ in range(ROUNDS):
                runs["ours"].append(measure(daemon, sender, ours, size, rate, pause))
                runs["theirs"].append(measure(daemon, sender, theirs, size, rate, pause))
            server, each, lost = (
                [median(figure(run) for run in runs[who]) for who in ("ours", "theirs")]
                for figure in (
                    lambda run: run.server_each,
                    lambda run: run.each,
                    lambda run: run.dropped / (rate * SECONDS) * 100,  # noqa: B023  # used at once
                )
            )
            print(
                f"{size:5} {rate:10} {pause * 1000:7.0f} | {server[0]:5.2f}   {server[1]:5.2f}    | {each[0]:5.2f}   "
                f"{each[1]:5.2f}    | {lost[0]:5.1f}   {lost[1]:5.1f}",
                flush=True,
            )
    finally:
        host.close()
    return 0


if __name__ == "__main__":
    if CLIENT in os.environ:
        asyncio.run(client(os.environ[CLIENT]))
    else:
        sys.exit(main())
