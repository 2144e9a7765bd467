"""How much more several workers understand in the same time: `interceptor run` on a capture of small calls.

    make bench-workers [CALLS=600000]

Both lanes, with one process and with two workers in turn, round after round, on cores that nothing else should use. Time is wall clock, by
the log: from where the replay begins to where everything is written (to /dev/null, so that a disk is not what is measured). It wants
two cores; with one, two workers take longer than one.

Exit status 1 if a run does not report every call.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from statistics import median

from tests.bench.traffic import Traffic, generate

ROOT = Path(__file__).parent.parent.parent
COMPILED = ROOT / ".cache" / "compiled"
CALLS = 600_000
CONNECTIONS = 1_000
ROUNDS = 3
WORKERS = (1, 2)
LANES = {
    "sources": {"INTERCEPTOR_PURE": "1"},
    "compiled": {"PYTHONPATH": str(COMPILED), "PYTHONSAFEPATH": "1"},
}


@dataclass(frozen=True, slots=True)
class Run:
    """What one took."""

    seconds: float
    cpu_seconds: float
    """Of all its processes, their start included."""


def measure(traffic: Traffic, lane: str, workers: int) -> Run:
    """Run it once.

    Raises:
        SystemExit: it did not report every call.

    """
    command = [
        *(sys.executable, "-m", "interceptor", "run", "--workers", str(workers), "--server-port", "0"),
        *("--capture-sources", f"file:{traffic.path}", "--output-path", "/dev/null"),
    ]
    with tempfile.TemporaryFile() as log:
        child = subprocess.Popen(
            command, stderr=log, stdin=subprocess.DEVNULL, env={**os.environ, **LANES[lane]}
        )
        # Not Popen.wait: only wait4 tells the usage of this one child, and of its own.
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        log.seek(0)
        said = log.read().decode(errors="replace")
    if child.returncode:
        raise SystemExit(f"{lane}, {workers}: status {child.returncode}: {said}")
    events = {event["event"]: event for event in map(json.loads, said.splitlines())}
    stopped = events.get("stopped", {})
    if stopped.get("records") != traffic.records:
        raise SystemExit(f"{lane}, {workers}: {stopped.get('records')} of {traffic.records} calls")
    began, ended = (datetime.fromisoformat(events[name]["time"]) for name in ("replay_started", "stopped"))
    return Run((ended - began).total_seconds(), usage.ru_utime + usage.ru_stime)


def main() -> int:
    """Print the table."""
    calls = int(sys.argv[1]) if len(sys.argv) > 1 else CALLS
    cores = len(os.sched_getaffinity(0))
    print(
        f"{calls:,} small calls on {CONNECTIONS:,} connections, Python {sys.version.split()[0]}, {cores} cores, {ROUNDS} rounds"
    )
    print("lane      workers  wall s   calls/s  CPU s  of one, by pair")
    with tempfile.TemporaryDirectory() as folder:
        traffic = generate("small calls", Path(folder) / "calls.pcap", connections=CONNECTIONS, calls=calls)
        for lane in LANES:
            runs = [{number: measure(traffic, lane, number) for number in WORKERS} for _ in range(ROUNDS)]
            for number in WORKERS:
                seconds = median(each[number].seconds for each in runs)
                ratio = median(each[1].seconds / each[number].seconds for each in runs)
                cpu = median(each[number].cpu_seconds for each in runs)
                print(f"{lane:10}{number:6}{seconds:9.2f}{calls / seconds:10,.0f}{cpu:7.1f}{ratio:10.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
