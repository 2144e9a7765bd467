"""Coverage-guided fuzzing of HTTP/2 on one connection: `python -m tests.fuzz.fuzz_http2 -max_total_time=60`.

An input is what both sides say and what is lost of it, see `pieces`; its first inputs are made-up connections of every kind
of frame. What it looks for: an exception, counts that do not balance after any piece, a record that cannot be written.
(`fuzz_pipeline` has whole packets for inputs, recordings of HTTP/2 and gRPC among them.) A find is a file that atheris names,
to be replayed by giving its name.
"""

from __future__ import annotations

import random
import struct
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from interceptor.core.records.encoder import RecordEncoder
from tests.fuzz.fuzz_pipeline import SMALL
from tests.support import http2
from tests.support.http2_listener import Listener, Piece

if TYPE_CHECKING:
    from collections.abc import Sequence

HEADER: Final = struct.Struct(">BH")
"""Before each piece: its side, and whether it is lost; its length."""
SEEDS: Final = 60
LATE: Final = 1
"""In the first byte: the connection is joined in the middle."""


def pieces(data: bytes) -> list[Piece]:
    """The pieces of an input, behind its first byte; of the last one what there is."""
    found = []
    positions, offset, time = [0, 0], 1, 1_700_000_000_000_000_000
    while offset + HEADER.size <= len(data):
        kind, length = HEADER.unpack_from(data, offset)
        offset += HEADER.size
        said = data[offset : offset + length]
        offset += length
        time += 1_000_000
        if said:
            side = kind & 1
            found.append(Piece(side, positions[side], said, time, bool(kind & 2)))
            positions[side] += len(said)
    return found


def written(shown: Sequence[Piece], *, late: bool) -> bytes:
    """Pieces as an input."""
    parts = [bytes((late,))]
    for piece in shown:
        for start in range(0, len(piece.data), 65_535):
            said = piece.data[start : start + 65_535]
            parts += [HEADER.pack(piece.side | piece.lost << 1, len(said)), said]
    return b"".join(parts)


def one_input(data: bytes) -> None:
    """Try one input; raises where something is wrong."""
    if not data:
        return
    first = not data[0] & LATE
    for limits, recovering in ((None, False), (None, True), (SMALL, True)):
        listener = Listener(first=first, limits=limits, recovering=recovering)
        encoder = RecordEncoder("full")
        for piece in pieces(data):
            listener.tell(piece)
            if piece.time % 7_000_000 == 0:
                listener.talk.overdue(piece.time, 10_000_000, listener.finished)
        encoder.encode(listener.end(forged=True))


def seeds() -> list[bytes]:
    """Connections of all kinds of frames, whole, with holes, and from their middle on."""
    found = []
    for number in range(SEEDS):
        dice = random.Random(number)
        shown = [
            Piece(said.side, 0, said.data, said.time, number % 3 == 1 and dice.random() < 0.1)
            for said in http2.made(dice, streams=dice.randrange(1, 5)).frames
        ]
        late = number % 3 == 2
        found.append(written(shown[len(shown) // 3 :] if late else shown, late=late))
    return found


def main() -> None:
    """Fuzz."""
    import atheris

    atheris.instrument_all()
    arguments = [*sys.argv]
    if not any(argument.startswith("-max_total_time") for argument in arguments):
        arguments.append("-max_total_time=60")
    with tempfile.TemporaryDirectory() as folder:
        for number, data in enumerate(seeds()):
            (Path(folder) / f"{number}.bin").write_bytes(data)
        if not any(not argument.startswith("-") for argument in arguments[1:]):
            arguments.append(folder)
        atheris.Setup([*arguments, "-max_len=32768", "-timeout=30", "-rss_limit_mb=1024"], one_input)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
