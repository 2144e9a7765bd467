"""Both lanes on the same packets: what the core says after each of them must be the same to the byte.

    python -m tests.support.lanes COMPILED [SEED …]

`COMPILED` is where `make compiled` has put the program. Two processes, one of them with INTERCEPTOR_PURE, read every capture of
fixtures/ and captures made of them: packets lost, repeated, swapped and damaged, numbers and times forged. After each packet
they note records, ledger and what is held. Generated captures, 1,000 of each seed, have a few fixed seeds and a fresh one, which is
printed, or those that are given besides.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import random
import subprocess
import sys
from contextlib import suppress
from itertools import zip_longest
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from interceptor.core.model import PacketBatch

ROOT = Path(__file__).parent.parent.parent
SEEDS = (1, 2, 3)
GENERATED = 1_000
"""Captures of each seed."""
MOST_PACKETS = 400
"""Of a capture that others are made of."""
LATEST = (1 << 63) - (1 << 53)
"""What a capture file's reader gives at most."""


def captures() -> list[Path]:
    """Those of fixtures/."""
    return sorted(
        path
        for kind in ("made", "real")
        for path in (ROOT / "fixtures" / kind).iterdir()
        if ".pcap" in path.name
    )


def read(path: Path) -> list[PacketBatch]:
    """All packets of a capture; of a damaged one those before."""
    from interceptor.capture.capture_file import CaptureReader
    from interceptor.errors import InterceptorError

    data = path.read_bytes()
    if path.name.endswith(".gz"):
        data = gzip.decompress(data)
    batches: list[PacketBatch] = []
    with suppress(InterceptorError):
        batches += CaptureReader().feed(data)
    return batches


def single(batches: list[PacketBatch]) -> list[PacketBatch]:
    """The same, a packet a batch."""
    from interceptor.core.model import PacketBatch

    return [
        PacketBatch(batch.interface, batch.buffer, [packet]) for batch in batches for packet in batch.packets
    ]


def odd(batches: list[PacketBatch], chance: random.Random) -> list[PacketBatch]:
    """The same connections as they are never captured."""
    from interceptor.core.model import Interface, PacketBatch

    link = batches[0].interface.link_type
    other = Interface("other", link)
    changed: list[PacketBatch] = []
    rate = chance.choice((0.02, 0.1, 0.4))
    shift = 0
    for batch in batches:
        [(time, start, captured, length)] = batch.packets
        data = bytearray(batch.buffer[start : start + captured])
        interface = batch.interface
        copies = 1
        if chance.random() < rate:
            match chance.randrange(9):
                case 0:
                    copies = 0
                case 1:
                    copies = 2
                case 2 if changed:
                    changed.insert(-1, changed.pop(0))
                case 3 if data:
                    for _ in range(chance.randrange(1, 4)):
                        data[chance.randrange(len(data))] = chance.randrange(256)
                case 4 if len(data) > 46:  # numbers, where nearly every header has them
                    place = chance.choice((38, 42))
                    data[place : place + 4] = chance.choice(
                        (
                            b"\0\0\0\0",
                            b"\xff\xff\xff\xff",
                            b"\x80\0\0\0",
                            b"\x7f\xff\xff\xff",
                            chance.randbytes(4),
                        )
                    )
                case 5:
                    shift += chance.choice(
                        (-(1 << 60), -(10**11), 10**8, 10**10, 10**11, 10**12, 1 << 60, LATEST)
                    )
                case 6 if data:
                    del data[chance.randrange(len(data)) :]
                case 7:
                    interface = other
                case 8 if len(data) > 47:
                    data[47] ^= 1 << chance.randrange(6)  # flags
        time = min(max(time + shift, 0), LATEST)
        one = PacketBatch(interface, bytes(data), [(time, 0, len(data), max(length, len(data)))])
        changed += [one] * copies
    return changed


def steps(batches: list[PacketBatch]) -> Iterator[str]:
    """What the core says after each packet, and at the end."""
    from interceptor.core.model import Limits
    from interceptor.core.pipeline import Pipeline
    from interceptor.core.records.encoder import RecordEncoder

    pipeline, encoder = Pipeline(Limits(held_bytes=2**20)), RecordEncoder("full")
    for number, batch in enumerate(batches):
        records = encoder.encode(pipeline.feed(batch))
        told = pipeline.ledger() if pipeline.open_connections < 10 or number % 50 == 0 else pipeline.totals()
        yield f"{records!r} {told} {pipeline.held_bytes} {pipeline.waiting_bytes} {pipeline.gaps} {pipeline.missed_bytes}"
    records = encoder.encode(pipeline.close())
    yield f"{records!r} {pipeline.ledger()} {pipeline.read()} {pipeline.held_bytes} {pipeline.waiting_bytes}"


def cases(seeds: list[int]) -> Iterator[tuple[str, list[PacketBatch]]]:
    """Every capture, and those made of them, by name."""
    everything = [(path.name, single(read(path))) for path in captures()]
    yield from everything
    small = [(name, batches) for name, batches in everything if 0 < len(batches) <= MOST_PACKETS]
    for seed in seeds:
        chance = random.Random(seed)
        for number in range(GENERATED):
            name, batches = chance.choice(small)
            yield f"{name} seed {seed} number {number}", odd(batches, chance)


def tell(lane: str, seeds: list[int], only: str | None) -> None:
    """Print a line for each case, or each step of one of them."""
    from interceptor.lane import LANE

    assert lane == LANE, f"the {LANE} lane runs, not the {lane} one"
    for name, batches in cases(seeds):
        if only is None:
            digest = hashlib.sha256()
            count = 0
            try:
                for step in steps(batches):
                    digest.update(step.encode())
                    count += 1
            except Exception as error:  # noqa: BLE001 - the same must happen in the other lane
                digest.update(repr(error).encode())
                print(f"{name}: {type(error).__name__} after {count} packets: {error}", file=sys.stderr)
            print(f"{name}: {count} {digest.hexdigest()}")
        elif name == only:
            for step in steps(batches):
                print(step)


def lane(name: str, compiled: Path, out: IO[str], *words: str) -> subprocess.Popen[str]:
    """A process of one of them."""
    environment = os.environ | {"PYTHONPATH": f"{compiled}{os.pathsep}{ROOT}", "PYTHONSAFEPATH": "1"}
    environment.pop("INTERCEPTOR_PURE", None)
    if name == "pure":
        environment["INTERCEPTOR_PURE"] = "1"
    command = [sys.executable, "-m", "tests.support.lanes", "--tell", name, *words]
    return subprocess.Popen(command, env=environment, stdout=out, text=True)


def both(compiled: Path, *words: str) -> list[tuple[str | None, str | None]]:
    """What both say, line by line."""
    said: list[list[str]] = []
    with TemporaryFile("w+") as pure, TemporaryFile("w+") as other:
        running = [
            (lane("pure", compiled, pure, *words), pure),
            (lane("compiled", compiled, other, *words), other),
        ]
        for process, out in running:
            status = process.wait()
            out.seek(0)
            said.append(out.read().splitlines() + ([f"exit status {status}"] if status else []))
    return list(zip_longest(said[0], said[1]))


def main() -> int:
    """Compare; 1 where they differ."""
    if sys.argv[1] == "--tell":
        _, _, name, written, *only = sys.argv
        tell(name, [int(seed) for seed in written.split(",")], only[0] if only else None)
        return 0
    compiled = Path(sys.argv[1]).absolute()
    seeds = [
        *SEEDS,
        *(map(int, sys.argv[2:]) if len(sys.argv) > 2 else [random.SystemRandom().randrange(1 << 32)]),
    ]
    written = ",".join(map(str, seeds))
    print(f"both lanes with the seeds {written}; a fresh one again: its number behind the command")
    told = both(compiled, written)
    different = [(pure, other) for pure, other in told if pure != other or "exit status" in str(pure)]
    for pure, other in different[:5]:
        print(f"pure:     {pure}\ncompiled: {other}")
        if pure is not None and ": " in pure:
            for number, (one, two) in enumerate(both(compiled, written, pure.rpartition(": ")[0])):
                if one != two:
                    print(f"  after packet {number}\n  pure:     {one}\n  compiled: {two}")
                    break
    packets = sum(int(pure.split()[-2]) for pure, _ in told if pure and "exit" not in pure)
    print(f"{len(told)} captures, {packets} packets: {len(different) or 'no'} differences")
    return 1 if different or len(told) < len(SEEDS) * GENERATED else 0


if __name__ == "__main__":
    sys.exit(main())
