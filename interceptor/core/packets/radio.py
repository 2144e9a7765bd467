"""802.11 frames: where in one the LLC header of its data begins, or why there is none to be read.

Owns the headers that capture files put before such a frame (radiotap, Prism, AVS) and the frame's own. Refuses
LLC and what follows (`links`).

The check sequence at a frame's end needs no place here: the IP header says where its packet ends, and a trailer
is out of reach.

Several packets may share one frame (A-MSDU). `apart` makes a frame of each, as everything after it knows frames
with one packet.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from interceptor.core.model import Drop, PacketBatch

if TYPE_CHECKING:
    from interceptor.core.model import Packet

__all__ = ["AGGREGATING", "Refused", "apart", "avs", "data", "prism", "radiotap"]

AGGREGATING = frozenset({105, 119, 127, 163, 192})
"""Link types whose frames may have several packets in them."""

_PRISM = 144
_AVS_MAGIC = 0x80211000
"""Its last byte is the version."""
_SNAP = b"\xaa\xaa\x03\x00\x00"
_MOST_PARTS = 256
"""Packets in one frame. The largest frame, 11,454 bytes, has room for about 200 without payload."""


class Refused(Exception):  # noqa: N818 (a verdict on one packet, which never leaves the decoder)
    """Decoding ends here, for this reason."""

    def __init__(self, reason: Drop) -> None:
        self.reason = reason


def radiotap(frame: memoryview) -> int:
    """Return where the LLC header begins in a frame behind a radiotap header."""
    at, padded = _radiotap(frame)
    return data(frame, at, padded=padded)


def prism(frame: memoryview) -> int:
    """Return where the LLC header begins in a frame behind a Prism header, or an AVS one in its place."""
    return data(frame, _prism(frame), padded=False)


def avs(frame: memoryview) -> int:
    """Return where the LLC header begins in a frame behind an AVS header."""
    return data(frame, _avs(frame), padded=False)


def _radiotap(frame: memoryview) -> tuple[int, bool]:
    """Return where the 802.11 header begins, and whether it is padded to a multiple of four bytes."""
    version, length, present = struct.unpack_from("<BxHI", frame)
    if version or length < 8:
        raise Refused(Drop.MALFORMED)
    # The first bits of the first word that says what is present tell all that matters. Further words may follow,
    # each announced by the one before. Fields are aligned, counted from the header's start.
    at = 8
    more = present
    while more & 0x8000_0000 and at + 4 <= length:
        (more,) = struct.unpack_from("<I", frame, at)
        at += 4
    if not present & 2:
        return length, False
    if present & 1:  # a time of eight bytes is before the flags
        at = (at + 7 & ~7) + 8
    if at >= length:
        raise Refused(Drop.MALFORMED)
    flags = frame[at]
    if flags & 0x40:  # the check sequence was wrong: nobody received this, and it is sent again
        raise Refused(Drop.MALFORMED)
    return length, bool(flags & 0x20)


def _prism(frame: memoryview) -> int:
    (magic,) = struct.unpack_from(">I", frame)
    return _avs(frame) if magic & ~0xFF == _AVS_MAGIC else _PRISM


def _avs(frame: memoryview) -> int:
    magic, length = struct.unpack_from(">II", frame)
    if magic & ~0xFF != _AVS_MAGIC or length < 8:
        raise Refused(Drop.MALFORMED)
    return int(length)


def data(frame: memoryview, at: int, *, padded: bool) -> int:
    """Return where the LLC header begins of the 802.11 frame at `at`, in an A-MSDU that of the first packet."""
    body, quality = _body(frame, at, padded)
    return body + 14 if quality and frame[quality] & 0x80 else body


def _body(frame: memoryview, at: int, padded: bool) -> tuple[int, int]:
    """Return where a data frame's body begins, and where its QoS field does, 0 for none.

    IEEE 802.11 section 9.2 (header) and 9.3.2 (data frames).
    """
    kind, flags = frame[at], frame[at + 1]
    if kind & 0x03:  # the protocol's version
        raise Refused(Drop.MALFORMED)
    if kind & 0x0C != 0x08 or kind & 0x40:  # management and control; data frames without data
        raise Refused(Drop.NOT_IP)
    quality = 0
    size = 24
    four_addresses = flags & 0x03 == 0x03
    if four_addresses:
        size += 6
    if kind & 0x80:
        quality = at + size
        size += 2
        if flags & 0x80:  # high throughput control
            size += 4
    if flags & 0x04 or frame[at + 22] & 0x0F:  # more fragments; which one it is
        raise Refused(Drop.UNREAD_ENCAPSULATION)
    body = at + size
    if padded:
        body = at + (size + 3 & ~3)
    if flags & 0x40:
        shared = 14 if quality and frame[quality] & 0x80 else 0
        return _deciphered(frame, body, shared), quality
    if quality and frame[quality + 1] & 0x01 and not frame[quality] & 0x80:
        # In a mesh this bit says that its header follows, elsewhere it is part of a number: LLC tells.
        mesh = body + 6 + (0, 6, 12, 0)[frame[body] & 0x03]
        if frame[body : body + 3] != _SNAP[:3] and frame[mesh : mesh + 3] == _SNAP[:3]:
            body = mesh
    return body, quality


def _deciphered(frame: memoryview, body: int, before: int) -> int:
    """Return where the body begins of a frame that was encrypted on the air; LLC is `before` bytes into it.

    Cards that know the key leave the mark, and some of them the cipher's own header of four (WEP) or eight bytes.
    """
    for place in (body, body + 8, body + 4):
        if frame[place + before : place + before + 5] == _SNAP:
            return place
    if body >= len(frame):
        raise Refused(Drop.TRUNCATED_HEADER)
    raise Refused(Drop.ENCRYPTED)


# --- several packets in one frame ------------------------------------------------------------------------------


def apart(batch: PacketBatch) -> PacketBatch:
    """Return the batch with a frame for each packet: itself, unless packets share frames (A-MSDU) in it.

    Each gets the headers of the frame that it came in, whose mark is taken away. What is encrypted or does not
    add up stays as it is: the decoder says why.
    """
    parted: list[tuple[Packet, list[tuple[bytes, int]]]] = []
    found = False
    for packet in batch.packets:
        parts = _parts(batch.interface.link_type, memoryview(batch.buffer)[packet[1] : packet[1] + packet[2]])
        parted.append((packet, parts))
        found = found or bool(parts)
    if not found:
        return batch
    out: list[Packet] = []
    pieces = [batch.buffer]
    end = len(batch.buffer)
    for packet, parts in parted:
        if not parts:
            out.append(packet)
        for part, length in parts:
            out.append((packet[0], end, len(part), length))
            pieces.append(part)
            end += len(part)
    return PacketBatch(batch.interface, b"".join(pieces), out)


def _parts(link_type: int, frame: memoryview) -> list[tuple[bytes, int]]:
    """Return a frame for each of the packets in one, and its length on the wire; none where there is only one."""
    try:
        at, padded = _header(link_type, frame)
        body, quality = _body(frame, at, padded)
    except (Refused, struct.error, IndexError):
        return []
    if not quality or not frame[quality] & 0x80:
        return []
    head = bytearray(frame[:body])
    head[quality] &= 0x7F
    parts: list[tuple[bytes, int]] = []
    place = body
    while len(frame) - place >= 14 + 8 and len(parts) < _MOST_PARTS:
        # IEEE 802.11 section 9.3.2.2: two addresses, the length in network order; padded to a multiple of four.
        (size,) = struct.unpack_from(">H", frame, place + 12)
        if size < 8:
            break
        part = bytes(head) + bytes(frame[place + 14 : place + 14 + size])
        parts.append((part, len(head) + size))
        place = body + (place - body + 14 + size + 3 & ~3)
    return parts if len(parts) > 1 else []


def _header(link_type: int, frame: memoryview) -> tuple[int, bool]:
    if link_type == 127:
        return _radiotap(frame)
    if link_type == 119:
        return _prism(frame), False
    if link_type == 163:
        return _avs(frame), False
    if link_type == 192:
        _, _, length, inner = struct.unpack_from("<BBHI", frame)
        if inner != 105:
            raise Refused(Drop.NOT_IP)
        return length, False
    return 0, False
