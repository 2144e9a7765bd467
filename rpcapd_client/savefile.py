"""Capture files: packets into pcap, as tcpdump and Wireshark read it.

Owns the layout of the classic format with microseconds, which is what rpcapd knows. Refuses I/O.

A file is in one byte order, and link types with fields in host order (NULL, …) have them in the file's. So a
file is written in the server's order, not in ours.

Source: https://datatracker.ietf.org/doc/draft-ietf-opsawg-pcap/
"""

from __future__ import annotations

from struct import Struct
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from rpcapd_client.packets import Batch

__all__ = ["file_header", "records"]

_MAGIC: Final = 0xA1B2C3D4
_ORDER: Final = {"little": "<", "big": ">"}


def file_header(link_type: int, snaplen: int, byte_order: Literal["little", "big"]) -> bytes:
    """Give what a file starts with. `link_type`: LINKTYPE_."""
    return Struct(_ORDER[byte_order] + "IHHiIII").pack(_MAGIC, 2, 4, 0, 0, snaplen, link_type)


def records(batch: Batch, byte_order: Literal["little", "big"]) -> bytes:
    """Give the packets of a batch as they follow in a file."""
    pack = Struct(_ORDER[byte_order] + "IIII").pack
    view = memoryview(batch.buffer)
    parts: list[bytes | memoryview] = []
    for time, start, captured, length in batch.packets:
        microseconds = time // 1000
        parts.append(pack(microseconds // 1_000_000, microseconds % 1_000_000, captured, length))
        parts.append(view[start : start + captured])
    return b"".join(parts)
