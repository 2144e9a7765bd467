"""The compiled lane against the sources as they are: `interceptor read` on the same files, in turn.

    python -m tests.bench.bench_lanes COMPILED [RUNS]

`COMPILED` is where `make compiled` has put the program. CPU is user and system of the whole process, start included. Both must
write the same bytes. The ratio is taken between neighbours in time before its median is.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

from tests.bench.traffic import generate

CASES = (
    ("small calls", {"connections": 200, "calls": 50_000}),
    ("open connections", {"connections": 25_000, "calls": 50_000}),
    ("lossy", {"connections": 200, "calls": 25_000}),
    ("downloads, MTU frames", {"connections": 8, "frames": 100_000}),
)


def measure(compiled: str, file: Path, *, pure: bool) -> tuple[float, str]:
    """CPU seconds, and a digest of what was written."""
    environment = os.environ | {"PYTHONPATH": compiled, "PYTHONSAFEPATH": "1"}
    environment.pop("INTERCEPTOR_PURE", None)
    if pure:
        environment["INTERCEPTOR_PURE"] = "1"
    with tempfile.TemporaryFile() as out:
        command = [sys.executable, "-m", "interceptor", "read", "--format", "jsonl", str(file)]
        process = subprocess.Popen(command, stdout=out, env=environment)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        assert process.returncode == 0
        out.seek(0)
        return used.ru_utime + used.ru_stime, hashlib.file_digest(out, "sha256").hexdigest()


def main() -> int:
    """Print a line for each traffic; 1 where the lanes differ."""
    compiled, runs = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 5
    same = True
    print(f"{'':24}{'pure, s':>10}{'compiled, s':>13}{'pure / compiled':>17}")
    with tempfile.TemporaryDirectory() as folder:
        for name, sizes in CASES:
            file = Path(folder) / "traffic.pcap"
            generate(name, file, **sizes)
            pairs = []
            for number in range(runs + 1):
                (pure, one), (fast, other) = (measure(compiled, file, pure=lane) for lane in (True, False))
                same = same and one == other
                if number:  # the first reads the file into memory
                    pairs.append((pure, fast))
            before, after = (median(side) for side in zip(*pairs, strict=True))
            print(f"{name:24}{before:10.2f}{after:13.2f}{median(a / b for a, b in pairs):17.2f}")
    print("both wrote the same" if same else "they wrote different records")
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
