"""The Huffman code of HPACK (RFC 7541 section 5.2 and appendix B).

Owns the code and its decoding. Refuses what no encoder may write: padding that is longer than seven bits or not all ones,
and the symbol EOS.

The code is canonical: codes of one length count upwards in the order of their symbols, and go on from those of the
length before. So the lengths are all there is to write down.

Limits: decoding takes a look-up a byte. What a byte does at a node is worked out when it is first met: 256 times 256 steps at
most, some 12 MiB if hostile strings ask for all of them; ordinary traffic asks for a few thousand.
"""

from __future__ import annotations

from typing import Final, TypeAlias

__all__ = ["EOS", "LENGTHS", "Invalid", "decode"]

EOS: Final = 256

# fmt: off
LENGTHS: Final = (
    13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28,
    28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,
    6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6,
    5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
    13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,
    7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
    15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5,
    6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28,
    20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23,
    24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
    22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23,
    21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
    26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25,
    19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
    20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23,
    26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
    30,
)
# fmt: on
"""Bits of the code of each byte, and of EOS."""

_PADDING: Final = 7
"""Bits that may follow the last symbol: fewer than a byte."""


class Invalid(Exception):  # noqa: N818 - says what the string is; nothing above `hpack` sees it
    """No encoder writes this string."""


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


def decode(data: bytes) -> bytes:
    """The string that was encoded. Raises `Invalid`."""
    step = _ROOT, b""
    text = b"".join([(step := step[0][byte])[1] for byte in data])
    if not step[0].ends:
        raise Invalid
    return text
