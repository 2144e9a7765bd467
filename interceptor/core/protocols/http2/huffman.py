"""The Huffman code of HPACK (RFC 7541 section 5.2 and appendix B).

Owns its decoding; the code itself is in `tables`. Refuses what no encoder may write: padding that is longer than seven bits or not all ones,
and the symbol EOS.

The code is canonical: codes of one length count upwards in the order of their symbols, and go on from those of the
length before. So the lengths are all there is to write down. It is also how deflate has its codes written down (RFC 1951
section 3.2.2), and zlib reads them, given a header that says these lengths. What it needs besides:

* its codes have at most fifteen bits. Those of printable characters do, all but that of the backslash; all longer ones begin
  with fifteen ones, which are deflate's end of a block here. Who reads on behind a string reads its padding, and ones;
* it takes bits from the other end of a byte.

What zlib does not read to its end, for a symbol of more bits or a mistake, is read again byte by byte. What a byte does at a
node is worked out when it is first met: 256 times 256 steps at most, some 12 MiB if hostile strings ask for all of them.

A *leaf*: where the program is compiled, `huffman.pyx` stands for this module and does the same without zlib (`hatch_build.py`).
"""

from __future__ import annotations

import zlib
from typing import Final, TypeAlias

from interceptor.core.protocols.http2.tables import EOS, LENGTHS

__all__ = ["Invalid", "decode"]

_PADDING: Final = 7
"""Bits that may follow the last symbol: fewer than a byte."""


class Invalid(Exception):  # noqa: N818 - says what the string is; nothing above `hpack` sees it
    """No encoder writes this string."""


def decode(data: bytes) -> bytes:
    """The string that was encoded. Raises `Invalid`."""
    reader = _READER.copy()
    text = reader.decompress(data.translate(_REVERSED) + _BEHIND, 2 * len(data))
    if (
        reader.eof
        and len(reader.unused_data) < len(_BEHIND)
        # A last byte of ones may be padding, all of it.
        and (data[-1:] != b"\xff" or 8 * len(data) - sum(map(LENGTHS.__getitem__, text)) <= _PADDING)
    ):
        return text
    return _walk(data)


# As zlib reads

_LONGEST: Final = 15
"""Bits of a code in deflate."""
_REVERSED: Final = bytes([int(f"{byte:08b}"[::-1], 2) for byte in range(256)])
_BEHIND: Final = bytes([0b1111_1111, 0b0111_1111])
"""The end of a block, at most, from the first bit on. What took even one of these bits for its own finds none."""


def _header() -> bytes:
    """What a block of deflate begins with that has this code (RFC 1951 section 3.2.7)."""
    lengths = [length if length <= _LONGEST else 0 for length in LENGTHS[:EOS]]
    fields = [
        *[(0b0000000_01_0, 10)] * 3,  # empty blocks, so that the header ends where a byte does
        (0b10_1, 3),  # the last block, with codes of its own:
        (0, 5),  # 257 of literals and of the end,
        (0, 5),  # one of distances, which has no bits and stands nowhere,
        (15, 4),  # and nineteen of lengths:
        *[(0, 3)] * 3,  # none of the three that stand for several,
        *[(4, 3)] * 16,  # and those from 0 to 15 with four bits each
        *[(_REVERSED[length] >> 4, 4) for length in (*lengths, _LONGEST, 0)],
    ]
    bits = size = 0
    for value, width in fields:
        bits |= value << size
        size += width
    return bits.to_bytes(size // 8, "little")


_READER: Final = zlib.decompressobj(-9)
"""It has read the header; copies of it read strings. They have no use for a window, so it is the smallest."""
_READER.decompress(_header())


# Byte by byte

_Node: TypeAlias = "list[_Node | int]"
"""An inner node of the code's tree: what a 0 and a 1 lead to, a node or a symbol."""


class _Row(dict[int, "tuple[_Row, bytes]"]):
    """What each byte does at a node, as far as it was met: which row is next, and the symbols that it completed."""

    __slots__ = ("_node", "ends")

    def __init__(self, node: _Node, *, ends: bool) -> None:
        super().__init__()
        self._node = node
        self.ends = ends
        """Padding may end here."""

    def __missing__(self, byte: int) -> tuple[_Row, bytes]:
        node, symbols = self._node, bytearray()
        for shift in range(7, -1, -1):
            below = node[byte >> shift & 1]
            if isinstance(below, list):
                node = below
            elif below == EOS:
                raise Invalid
            else:
                symbols.append(below)
                node = _NODES[0]
        step = self[byte] = _ROWS[id(node)], bytes(symbols)
        return step


def _grow() -> tuple[list[_Node], list[int]]:
    """The tree as the list of its inner nodes, the root first, and those that padding may end at."""
    nodes: list[_Node] = [[-1, -1]]
    code = length = 0
    for bits, symbol in sorted((bits, symbol) for symbol, bits in enumerate(LENGTHS)):
        code <<= bits - length
        length = bits
        node = nodes[0]
        for shift in range(bits - 1, 0, -1):
            bit = code >> shift & 1
            if not isinstance(node[bit], list):
                nodes.append([-1, -1])
                node[bit] = nodes[-1]
            below = node[bit]
            assert isinstance(below, list)
            node = below
        node[code & 1] = symbol
        code += 1
    padded, at = [0], nodes[0]
    for _ in range(_PADDING):
        below = at[1]
        assert isinstance(below, list)  # all ones is the beginning of EOS, which has 30 bits
        at = below
        padded.append(next(number for number, node in enumerate(nodes) if node is at))
    return nodes, padded


_NODES, _PADDED = _grow()
_ROWS: Final = {id(node): _Row(node, ends=number in _PADDED) for number, node in enumerate(_NODES)}
_ROOT: Final = _ROWS[id(_NODES[0])]


def _walk(data: bytes) -> bytes:
    """Any string."""
    step = _ROOT, b""
    text = b"".join([(step := step[0][byte])[1] for byte in data])
    if not step[0].ends:
        raise Invalid
    return text
