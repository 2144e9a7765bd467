"""`interceptor read` and other programs on the same capture files: CPU, memory, and whether the floors hold.

    python -m tests.bench.bench_read [--quick] [--runs N]

Owns the comparison: which program runs on which traffic, how it is measured, what must hold. A run counts only
if what it reports is what was generated; a fast wrong answer fails. Refuses wall-clock figures: the machine
may be shared, so every rate is per second of CPU (user and system) of the whole process, interpreter start
included, and a ratio is taken between neighbours in time, run by run, before its median is.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from tests.bench.traffic import Traffic, generate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
MIB = 2**20


class BenchError(Exception):
    """A program that cannot be measured, in one line."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a program reported of a traffic."""

    records: int
    whole: int
    """Pairs of a request and its response of which nothing is missing."""
    request_body_bytes: int = 0
    response_body_bytes: int = 0
    """Of the whole ones."""

    def faithful(self, traffic: Traffic) -> bool:
        """Whether this is everything that must be found, and nothing that is not there."""
        return (
            traffic.certain <= self.records <= traffic.records
            and self.whole == traffic.whole
            and self.request_body_bytes == traffic.request_body_bytes
            and self.response_body_bytes == traffic.response_body_bytes
        )


@dataclass(frozen=True, slots=True)
class Program:
    name: str
    command: Callable[[str, str], list[str]]
    """Of the capture file and the output file."""
    found: Callable[[Iterable[bytes]], Found]
    """Of the lines of the output."""
    prints: bool = False
    """Its output is standard output; otherwise it opens the file itself."""


@dataclass(frozen=True, slots=True)
class Run:
    cpu: float
    """Seconds, user and system."""
    peak: int
    """Resident bytes at most."""


@dataclass(frozen=True, slots=True)
class Case:
    """A traffic and who runs on it."""

    title: str
    recipe: str
    sizes: dict[str, int]
    quick_sizes: dict[str, int]
    programs: tuple[Program, ...]
    memory_only: bool = False
    """Two runs do: peak memory hardly varies."""


@dataclass(slots=True)
class Result:
    traffic: Traffic
    runs: dict[str, list[Run]] = field(default_factory=dict)
    """By program, in the order they ran."""
    found: dict[str, Found] = field(default_factory=dict)

    def cpu(self, program: str) -> float:
        return median(run.cpu for run in self.runs[program])

    def peak(self, program: str) -> int:
        return max(run.peak for run in self.runs[program])

    def ratio(self, program: str, ours: Program | None = None) -> float:
        """CPU of that program for one second of ours (the sources, if nothing is said): pair by pair, then the median."""
        pairs = zip(self.runs[program], self.runs[(ours or OURS).name], strict=True)
        return median(theirs.cpu / ours.cpu for theirs, ours in pairs)

    def packet_rate(self, program: str) -> float:
        return self.traffic.packets / self.cpu(program)

    @property
    def faithful(self) -> bool:
        return self.found[OURS.name].faithful(self.traffic)


def _found_ours(lines: Iterable[bytes]) -> Found:
    records = whole = request_bytes = response_bytes = 0
    for line in lines:
        record = json.loads(line)
        records += 1
        if record.get("http.request.state") == record.get("http.response.state") == "complete":
            whole += 1
            request_bytes += record.get("http.request.body.size", 0)
            response_bytes += record.get("http.response.body.size", 0)
        elif record["kind"] == "tls" and record["state"] == "complete":
            whole += 1
            request_bytes += record["tls.client.data.bytes"]
            response_bytes += record["tls.server.data.bytes"]
    return Found(records, whole, request_bytes, response_bytes)


def _found_dpkt(lines: Iterable[bytes]) -> Found:
    records = sum(1 for _ in lines)
    return Found(records, records)


def _found_tshark(lines: Iterable[bytes]) -> Found:
    """A line a message, between lines for a bulk import; responses name the frame of their request."""
    messages = pairs = 0
    for line in lines:
        messages += b'"layers"' in line
        pairs += b'"http_request_in"' in line
    return Found(messages - pairs, pairs)


def _found_httpry(lines: Iterable[bytes]) -> Found:
    """A line a head, nothing paired: the fewer of requests and responses."""
    requests = responses = 0
    for line in lines:
        direction = line.split(b"\t")[3:4]
        requests += direction == [b">"]
        responses += direction == [b"<"]
    return Found(requests + responses, min(requests, responses))


TSHARK_FIELDS = (
    "frame.time_epoch",
    "ip.src",
    "tcp.srcport",
    "ip.dst",
    "tcp.dstport",
    "tcp.stream",
    "http.request.method",
    "http.request.uri",
    "http.host",
    "http.user_agent",
    "http.response.code",
    "http.content_type",
    "http.content_length",
    "http.request_in",
    "http.time",
)
# tshark as one would call it for the same result: metadata of each message as JSON Lines, no names looked up.
TSHARK = ["tshark", "-n", "-Y", "http", "-T", "ek", *(f"-e{name}" for name in TSHARK_FIELDS)]

OURS = Program(
    "interceptor",
    lambda file, out: [
        *(sys.executable, "-m", "interceptor", "read", file, "--format", "jsonl", "--output", out),
    ],
    _found_ours,
)
LANE = ROOT / ".cache" / "compiled"
"""Where `make compiled` puts the program."""
COMPILED = Program(
    "compiled",
    lambda file, out: ["env", f"PYTHONPATH={LANE}", "PYTHONSAFEPATH=1", *OURS.command(file, out)],
    _found_ours,
)
"""This program, its hot modules compiled."""
TSHARK_HTTP2 = [
    *("tshark", "-n", "-d", "tcp.port==8080,http2", "-Y", "http2.headers", "-T", "ek"),
    *(f"-e{name}" for name in TSHARK_FIELDS[:6]),
    *("-ehttp2.streamid", "-ehttp2.headers.method", "-ehttp2.headers.path", "-ehttp2.headers.status"),
    *("-ehttp2.headers.authority", "-ehttp2.headers.content_type", "-ehttp2.headers.user_agent"),
]


def _found_tshark_http2(lines: Iterable[bytes]) -> Found:
    """A line a segment with blocks: requests have a method, final answers a status."""
    requests = answers = 0
    for line in lines:
        requests += b'"http2_headers_method"' in line
        answers += b'"http2_headers_status"' in line
    return Found(requests, min(requests, answers))


TSHARK_HTTP2_PROGRAM = Program(
    "tshark", lambda file, _: [*TSHARK_HTTP2, "-r", file], _found_tshark_http2, prints=True
)
TSHARK_PROGRAM = Program("tshark", lambda file, _: [*TSHARK, "-r", file], _found_tshark, prints=True)
DPKT = Program(
    "dpkt script",
    lambda file, _: [sys.executable, str(HERE / "baseline_dpkt.py"), file],
    _found_dpkt,
    prints=True,
)
HTTPRY = Program("httpry", lambda file, out: ["httpry", "-q", "-r", file, "-o", out], _found_httpry)

SMALL, HTTP2, GRPC, TLS, OPEN, LOSSY, MTU, GRO, MANY, FLOOD = (
    "small API calls",
    "the same over HTTP/2",
    "gRPC calls",
    "calls over TLS",
    "many open connections",
    "lossy, reordered",
    "downloads, MTU frames",
    "downloads, GRO frames",
    "open connections, limit",
    "half-open flood",
)
CASES = (
    Case(
        SMALL,
        "small calls",
        {"connections": 200, "calls": 150_000},
        {"connections": 200, "calls": 5_000},
        (OURS, COMPILED, TSHARK_PROGRAM, DPKT, HTTPRY),
    ),
    Case(
        HTTP2,
        "HTTP/2 calls",
        {"connections": 200, "calls": 50_000},
        {"connections": 200, "calls": 2_000},
        (OURS, COMPILED, TSHARK_HTTP2_PROGRAM),
    ),
    Case(
        GRPC,
        "gRPC calls",
        {"connections": 200, "calls": 50_000},
        {"connections": 200, "calls": 2_000},
        (OURS, COMPILED, TSHARK_HTTP2_PROGRAM),
    ),
    Case(
        TLS,
        "TLS sessions",
        {"connections": 2_500, "calls": 50_000},
        {"connections": 100, "calls": 2_000},
        (OURS, COMPILED, HTTPRY),
    ),
    Case(
        OPEN,
        "open connections",
        {"connections": 50_000, "calls": 100_000},
        {"connections": 2_000, "calls": 4_000},
        (OURS, COMPILED, TSHARK_PROGRAM, DPKT, HTTPRY),
    ),
    Case(
        LOSSY,
        "lossy",
        {"connections": 200, "calls": 50_000},
        {"connections": 200, "calls": 5_000},
        (OURS, COMPILED, TSHARK_PROGRAM, DPKT, HTTPRY),
    ),
    # tshark and dpkt.http put a body together whole, again and again: minutes, and no news.
    Case(
        MTU,
        "downloads, MTU frames",
        {"connections": 8, "frames": 200_000},
        {"connections": 8, "frames": 5_000},
        (OURS, COMPILED, HTTPRY),
    ),
    Case(
        GRO,
        "downloads, GRO frames",
        {"connections": 8, "frames": 8_000},
        {"connections": 8, "frames": 500},
        (OURS, COMPILED, HTTPRY),
    ),
    Case(
        MANY,
        "open connections",
        {"connections": 100_000, "calls": 200_000},
        {"connections": 4_000, "calls": 8_000},
        (OURS, COMPILED),
        memory_only=True,
    ),
    Case(
        FLOOD,
        "half-open",
        {"connections": 2_000, "half_open": 1_000_000, "rounds": 10},
        {"connections": 100, "half_open": 20_000, "rounds": 5},
        (OURS, COMPILED),
        memory_only=True,
    ),
)


def measure(program: Program, file: str, out: str) -> Run:
    """Run a program to its end, as the operating system accounts for it."""
    command = program.command(file, out)
    with tempfile.TemporaryFile() as errors, open(out if program.prints else os.devnull, "wb") as output:
        # Not Popen.wait: only wait4 tells the usage of this one child.
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=errors, cwd=ROOT)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode != 0:
            errors.seek(0)
            said = errors.read().decode(errors="replace").strip().splitlines()
            raise BenchError(
                f"{program.name} ended with status {child.returncode}: {said[-1] if said else 'without a word'}"
            )
    return Run(usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024)


def run_case(case: Case, directory: Path, runs: int, *, quick: bool) -> Result:
    """Generate, warm up while checking what each program finds, then measure all in turn, round by round."""
    file = directory / "traffic.pcap"
    # In a process of its own: a child's peak memory is never below its parent's at the time of the fork.
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        sizes = case.quick_sizes if quick else case.sizes
        traffic = pool.submit(generate, case.recipe, file, **sizes).result()
    result = Result(traffic)
    for program in case.programs:
        out = directory / "found"
        measure(program, str(file), str(out))
        with out.open("rb") as lines:
            result.found[program.name] = program.found(lines)
        out.unlink()
    for program in case.programs:
        result.runs[program.name] = []
    for _ in range(min(runs, 2) if case.memory_only else runs):
        for program in case.programs:
            result.runs[program.name].append(measure(program, str(file), os.devnull))
    file.unlink()
    return result


def table(results: dict[str, Result]) -> list[str]:
    """The lines of the one table."""
    header = (
        "traffic",
        "program",
        "packets/s",
        "transactions/s",
        "Gbit/s",
        "CPU s",
        "peak MiB",
        "CPU/ours",
        "found whole",
    )
    rows: list[Sequence[str]] = [header]
    least = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    for title, result in results.items():
        traffic = result.traffic
        for name in result.runs:
            cpu, peak = result.cpu(name), result.peak(name)
            rows.append(
                (
                    title,
                    name,
                    f"{traffic.packets / cpu:,.0f}",
                    f"{traffic.calls / cpu:,.0f}",
                    f"{traffic.wire_bytes * 8 / cpu / 1e9:.2f}",
                    f"{cpu:.2f}",
                    f"<{least / MIB:.0f}" if peak <= least else f"{peak / MIB:.0f}",
                    f"{result.ratio(name):.2f}",
                    f"{result.found[name].whole:,}/{traffic.whole:,}",
                )
            )
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(
            cell.ljust(width) if place < 2 else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
    return [lines[0], "-" * len(lines[0]), *lines[1:]]


def fidelity(results: dict[str, Result]) -> list[tuple[bool, str]]:
    """For each traffic, whether we reported what is in it."""
    lines = []
    for title, result in results.items():
        found, traffic = result.found[OURS.name], result.traffic
        lines.append((found == result.found[COMPILED.name], f"{title}: both lanes say the same"))
        told = f"{found.records:,} of {traffic.records:,} records"
        if traffic.certain < traffic.records:
            told += f" ({traffic.certain:,} certain)"
        told += (
            f", {found.whole:,} of {traffic.whole:,} whole"
            f", body bytes {found.request_body_bytes:,} + {found.response_body_bytes:,}"
            f" of {traffic.request_body_bytes:,} + {traffic.response_body_bytes:,}"
        )
        lines.append((result.faithful, f"{title}: {told}"))
    return lines


def floors(results: dict[str, Result]) -> list[tuple[bool, str]]:
    """The floors, measured."""
    small, mtu = results[SMALL], results[MTU]
    lines = []
    for ours, program, least, wording in (
        (OURS, TSHARK_PROGRAM, 6.0, "at most 1/6 of tshark's CPU"),
        (OURS, DPKT, 2.0, "at most 1/2 of the dpkt script's CPU"),
        (COMPILED, TSHARK_PROGRAM, 12.0, "compiled, at most 1/12 of tshark's CPU"),
        (COMPILED, HTTPRY, 1 / 2.5, "compiled, at most 2.5 times httpry's CPU"),
    ):
        ratio = small.ratio(program.name, ours)
        share = f"1/{ratio:.2f}" if ratio >= 1 else f"{1 / ratio:.2f} times"
        lines.append((ratio >= least, f"{SMALL}: {wording}: {share}"))
    for title in (HTTP2, GRPC):
        result = results[title]
        ratio = result.ratio(TSHARK_HTTP2_PROGRAM.name)
        lines.append((ratio >= 1, f"{title}: less CPU than tshark: 1/{ratio:.2f}"))
        ratio = result.ratio(TSHARK_HTTP2_PROGRAM.name, COMPILED)
        lines.append((ratio >= 5, f"{title}, compiled: at most 1/5 of tshark's CPU: 1/{ratio:.2f}"))
        times = result.cpu(OURS.name) / result.traffic.calls / (small.cpu(OURS.name) / small.traffic.calls)
        lines.append((times <= 4, f"{title}: at most 4 times the CPU of {SMALL}: {times:.2f} times"))
    for title, least in ((SMALL, 1.8), (OPEN, 1.6), (LOSSY, 1.6)):
        ratio = results[title].ratio(OURS.name, COMPILED)
        lines.append((ratio >= least, f"{title}: compiled at most 1/{least:g} of the CPU: 1/{ratio:.2f}"))
    faster = mtu.packet_rate(OURS.name) / small.packet_rate(OURS.name)
    lines.append((faster >= 2, f"{MTU}: at least twice the packets/s of {SMALL}: {faster:.2f} times"))
    for title, most, what in ((MANY, 192, "100,000 open"), (FLOOD, 256, "1,000,000 half-open")):
        peak = results[title].peak(OURS.name) / MIB
        lines.append((peak <= most, f"{title}: at most {most} MiB with {what}: {peak:.0f} MiB"))
    return lines


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="bench_read", description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--quick", action="store_true", help="small sizes: does it all work and agree? No floors"
    )
    parser.add_argument(
        "--runs", type=int, default=5, metavar="N", help="measured runs of each program (default 5)"
    )
    options = parser.parse_args(argv)
    if options.runs < 1:
        parser.error("--runs: at least 1")
    missing = [name for name in ("tshark", "httpry") if shutil.which(name) is None]
    if missing:
        print(f"bench_read: to compare with: apt-get install {' '.join(missing)}", file=sys.stderr)
        return 2
    if not (LANE / "interceptor").is_dir():
        print("bench_read: the compiled lane is not there: make compiled", file=sys.stderr)
        return 2
    results: dict[str, Result] = {}
    try:
        with tempfile.TemporaryDirectory(prefix="interceptor-bench-") as directory:
            for case in CASES:
                print(f"{case.title} …", file=sys.stderr, flush=True)
                results[case.title] = run_case(case, Path(directory), options.runs, quick=options.quick)
    except BenchError as error:
        print(f"bench_read: {error}", file=sys.stderr)
        return 1
    print("\n".join(table(results)))
    print(
        f"\nRates are per second of CPU. Medians of {options.runs} runs in turn after a warm-up; peak: the highest."
    )
    verdicts = fidelity(results)
    if options.quick:
        print("Sizes are too small for the floors: the start of the interpreter counts for most of it.")
    else:
        verdicts += floors(results)
    print()
    for holds, line in verdicts:
        print("PASS " if holds else "FAIL ", line)
    return 0 if all(holds for holds, _ in verdicts) else 1


if __name__ == "__main__":
    sys.exit(main())
