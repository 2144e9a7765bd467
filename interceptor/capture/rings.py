"""The kernel's buffers for captures of `live:`: how large each may be, so that their sum is bounded.

A ring is memory of the kernel that is never swapped: one for each captured interface, whether anything comes or not. A
host with two interfaces can afford more for each than a node with 250 pods. So a ring takes what is asked for, but at
most an eighth of what is left; and `LEAST`, libpcap's own default, where less is left. Of the default of 32 MiB eight
interfaces get all, thirty together stay below the bound of 512 MiB, and 250 have about 900.
"""

from __future__ import annotations

from typing import Final

__all__ = ["BLOCK", "Rings"]

BLOCK: Final = 256 * 2**10
"""What the kernel fills and hands over at once, as libpcap lays out a ring: the largest packet must fit into one."""
LEAST: Final = 8 * BLOCK
_TIMES: Final = 16
"""All rings together, in rings of the size that is asked for."""
_PART: Final = 8
"""Of what is left, one of so many parts goes to one ring."""


class Rings:
    """The memory for them, shared by all captures of this process."""

    def __init__(self, wanted: int) -> None:
        """`wanted`: bytes for one."""
        self._wanted = wanted
        self._left = _TIMES * wanted

    def take(self) -> int:
        """Bytes for one more ring, whole blocks."""
        size = max(min(self._wanted, self._left // _PART), min(LEAST, self._wanted)) // BLOCK * BLOCK
        self._left -= size
        return size

    def give(self, size: int) -> None:
        """Take back what a ring had that is closed."""
        self._left += size
