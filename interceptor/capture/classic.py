"""The packets of a pcap file, and of libpcap's batches, as they are laid out: bytes in, places and times out.

Owns the headers that stand before each packet, and the tables that libpcap gives beside a batch. Refuses the file's header, pieces of files and damage: that is `capture_file`.

A *leaf*: where the program is compiled, `classic.pyx` stands for this module and does the same (`hatch_build.py`).
"""

from __future__ import annotations

from struct import Struct, iter_unpack
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from interceptor.core.model import Packet, i64

__all__ = ["batched", "packets"]

_HEADERS: Final = {order: Struct(order + "IIII").unpack_from for order in "<>"}
"""Seconds, their fraction, captured and original length, by byte order."""
_ROW: Final = 16


def packets(
    data: bytes, position: i64, order: str, size: i64, unit: i64, most: i64
) -> tuple[list[Packet], i64, i64]:
    """The packets in `data` from `position` on, of at most `most` bytes each.

    A header has `size` bytes, of which the first 16 are read in `order` (`<` or `>`); `unit`: nanoseconds in one of the time's
    fraction. Returns with them where the first one begins that is not whole or too long, and how many bytes of that were
    captured; -1 where not even its header is here.
    """
    unpack = _HEADERS[order]
    end = len(data)
    last = end - size
    found: list[Packet] = []
    append = found.append
    second, base = -1, 0
    while position <= last:
        seconds, fraction, captured, length = unpack(data, position)
        start = position + size
        following = start + captured
        if following > end or captured > most:
            return found, position, captured
        # A packet cannot have been shorter on the wire than what was captured of it.
        longer = length if length > captured else captured  # noqa: FURB136 - max() takes 80 ns
        if seconds != second:
            second, base = seconds, seconds * 1_000_000_000
        append((base + fraction * unit, start, captured, longer))
        position = following
    return found, position, -1


def batched(table: bytes) -> list[Packet]:
    """The packets of a batch, of each of which `table` has four numbers of 32 bits, in this machine's order.

    Seconds and microseconds, where it begins and how much was captured. How long it was before is not said: not shorter.

    Raises:
        ValueError: that is no table.

    """
    if len(table) % _ROW:
        raise ValueError(f"{len(table)} bytes are no rows of {_ROW}")
    return [
        (seconds * 1_000_000_000 + microseconds * 1_000, start, captured, captured)
        for seconds, microseconds, start, captured in iter_unpack("=IIII", table)
    ]
