"""Coverage-guided fuzzing of decode and pipeline: `python -m tests.fuzz.fuzz_pipeline --seconds 60`.

An input is a list of packets, see `packets`; all fixtures are its first inputs. What it looks for: an
exception, an unbalanced ledger, a record that cannot be written; with `--beside COMPILED`, where `make compiled` has put the
program, also for whatever the compiled lane says differently after any packet. Not for two records of one id: who forges a
SYN and then sends the bytes of a connection once more has the same connection twice. A find is written to the
directory that `--finds` names, fixtures/fuzz/ if none: `tests/test_fuzz.py` replays what is there.
Ends with status 0 when nothing was found.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

from interceptor.capture.files import open_captures
from interceptor.core.model import Interface, Limits, PacketBatch
from interceptor.core.pipeline import Pipeline
from interceptor.core.records.encoder import RecordEncoder

FIXTURES = Path(__file__).parent.parent.parent / "fixtures"
LINK_TYPES = (1, 0, 9, 12, 101, 108, 113, 228, 229, 239, 276, 147)
LATER_LINK_TYPES = (50, 104, 105, 107, 109, 117, 119, 127, 149, 163, 192, 197, 226, 258, 284)
INTERFACES = [
    (number, link_type)
    for link_types in (LINK_TYPES, LATER_LINK_TYPES)
    for number in (0, 1)
    for link_type in link_types
]
"""Number and link type. New link types come last: inputs that are kept go on meaning what they meant."""
HEADER = struct.Struct(">BBHH")
"""Before each packet: index of its link type and interface; what to wait for before it, in units of 10 ms;
its length; bytes cut off at its end."""
MOST_BYTES = 16_384
SMALL = Limits(
    connections=4,
    handshakes=4,
    held_bytes=8_192,
    held_bytes_per_stream=4_096,
    head_bytes=1_024,
    header_lines=8,
    line_bytes=64,
    pending=4,
    fragments=4,
    idle_seconds=8,
    closing_seconds=1,
    transaction_seconds=6,
    unacknowledged_seconds=3.0,
)
"""So small that a short input meets them."""


def packets(data: bytes) -> list[tuple[int, int, bytes, int]]:
    """(kind, wait in 10 ms, bytes, cut) of each packet in an input; what is left over is none."""
    found = []
    offset = 0
    while offset + HEADER.size <= len(data):
        kind, wait, length, cut = HEADER.unpack_from(data, offset)
        offset += HEADER.size
        found.append((kind, wait, data[offset : offset + length], cut))
        offset += length
    return found


def replay(data: bytes) -> str:
    """Run an input; raises where something is wrong. Returns a digest of all that was said about it."""
    said = hashlib.sha256()
    for limits in (Limits(), SMALL):
        pipeline, encoder = Pipeline(limits), RecordEncoder("full")
        interfaces = [Interface(f"any{number}", link_type) for number, link_type in INTERFACES]
        now = 1_700_000_000_000_000_000
        for kind, wait, packet, cut in packets(data):
            now += wait * 10_000_000
            where = interfaces[kind % len(interfaces)]
            finished = pipeline.feed(PacketBatch(where, packet, [(now, 0, len(packet), len(packet) + cut)]))
            said.update(encoder.encode(finished))
            ledger = pipeline.ledger()
            assert all(stage.balanced and stage.held >= 0 for stage in ledger)
            said.update(f"{ledger} {pipeline.held_bytes} {pipeline.waiting_bytes}".encode())
        finished = pipeline.close()
        said.update(encoder.encode(finished))
        ledger = pipeline.ledger()
        assert all(stage.balanced and stage.held == 0 for stage in ledger)
        said.update(repr(ledger).encode())
    return said.hexdigest()


class OtherLane:
    """The compiled lane in a process of its own, which is given the same inputs."""

    def __init__(self, compiled: Path) -> None:
        root = FIXTURES.parent
        environment = os.environ | {"PYTHONPATH": f"{compiled}{os.pathsep}{root}", "PYTHONSAFEPATH": "1"}
        environment.pop("INTERCEPTOR_PURE", None)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.fuzz.fuzz_pipeline", "--other"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
        )

    def compare(self, data: bytes) -> None:
        """Run an input here and there; raises where something is wrong, or differs."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(len(data).to_bytes(4) + data)
        self._process.stdin.flush()
        said = replay(data)
        assert self._process.stdout.readline().decode().strip() == said


def answer() -> None:
    """Be the other lane, until no more input comes."""
    from interceptor.lane import LANE

    assert LANE == "compiled"
    while size := sys.stdin.buffer.read(4):
        print(replay(sys.stdin.buffer.read(int.from_bytes(size))), flush=True)


def seed(path: Path) -> bytes:
    """A capture file as an input, as far as it fits."""
    data, before = b"", 0
    [capture] = open_captures([str(path)])
    try:
        for batch in capture.batches():
            place = (0, batch.interface.link_type)
            kind = INTERFACES.index(place) if place in INTERFACES else 0
            for time, start, captured, length in batch.packets:
                wait = min(max(time - (before or time), 0) // 10_000_000, 255)
                before = time
                header = HEADER.pack(kind, wait, min(captured, 65_535), min(length - captured, 65_535))
                data += header + batch.buffer[start : start + min(captured, 65_535)]
                if len(data) > MOST_BYTES:
                    return data[:MOST_BYTES]
    finally:
        capture.close()
    return data


def fuzz(seconds: int, finds: Path, compiled: Path | None) -> int:
    """Look for finds for a while, in a process of its own: it ends where it finds one."""
    with tempfile.TemporaryDirectory() as folder:
        corpus = Path(folder)
        for path in sorted(FIXTURES.glob("*/*.pcap*")):
            (corpus / path.name).write_bytes(seed(path))
        for path in sorted((FIXTURES / "fuzz").glob("*.bin")):
            (corpus / path.name).write_bytes(path.read_bytes())
        finds.mkdir(parents=True, exist_ok=True)
        return subprocess.run(
            [
                *(sys.executable, "-m", "tests.fuzz.fuzz_pipeline", "--worker", str(compiled or "")),
                *(folder, f"-max_total_time={seconds}", f"-max_len={MOST_BYTES}", "-timeout=30"),
                *(f"-artifact_prefix={finds}/", "-print_final_stats=1", "-rss_limit_mb=1024"),
            ],
            check=False,
            cwd=FIXTURES.parent,
        ).returncode


def work(compiled: str, arguments: list[str]) -> None:
    """Be the process that atheris drives; does not return."""
    import atheris

    atheris.instrument_all()
    atheris.Setup([sys.argv[0], *arguments], OtherLane(Path(compiled)).compare if compiled else replay)
    atheris.Fuzz()


def main() -> int:
    """Fuzz from the command line."""
    if sys.argv[1:2] == ["--worker"]:
        work(sys.argv[2], sys.argv[3:])
    if sys.argv[1:2] == ["--other"]:
        answer()
        return 0
    parser = argparse.ArgumentParser(description="Fuzz decode and pipeline.")
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--finds", type=Path, default=FIXTURES / "fuzz")
    parser.add_argument("--beside", type=Path, help="where the compiled lane is")
    arguments = parser.parse_args()
    compiled = arguments.beside.resolve() if arguments.beside else None
    status = fuzz(arguments.seconds, arguments.finds.resolve(), compiled)
    print("nothing found" if status == 0 else f"found something: see {arguments.finds}")
    return min(status, 1) if status >= 0 else 1


if __name__ == "__main__":
    sys.exit(main())
