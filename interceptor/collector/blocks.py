"""Lines of records, as they are kept: some together, compressed.

Owns the compression. Lines that came together are alike in all but a few places: in blocks one in ten bytes remains,
where a line alone would keep a quarter even with a dictionary, which would have to be made, kept and renewed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import zstandard

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["BLOCK", "packed", "unpacked"]

BLOCK: Final = 64
"""Lines in a block, at most: showing one of them unpacks some 50 kB."""
_LEVEL: Final = 1
"""Level 3 is half as much more work for the same size: the lines of a block differ in few places."""


def packed(lines: Sequence[bytes]) -> Iterator[tuple[int, bytes]]:
    """Blocks, and the place of the first line of each."""
    compressor = zstandard.ZstdCompressor(_LEVEL)
    for start in range(0, len(lines), BLOCK):
        yield start, compressor.compress(b"\n".join(lines[start : start + BLOCK]))


def unpacked(block: bytes) -> list[bytes]:
    """The lines of a block."""
    return zstandard.ZstdDecompressor().decompress(block).split(b"\n")
