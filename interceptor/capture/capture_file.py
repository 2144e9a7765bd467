"""Capture files as they are laid out: bytes in, batches of packets out.

Owns the formats: pcap (microseconds, nanoseconds and the "modified" one of old Linux kernels, in either byte
order) and pcapng (any number of sections and interfaces). Refuses reading, unpacking and waiting:
whoever has bytes feeds them, in pieces of any size. Refuses the pcap files of before version 2.3 (1990s),
whose lengths stand in another order.

Invariants:

* The packets do not depend on how the bytes were cut into pieces.
* Batches point into the fed bytes; only an item cut by a piece's end is copied, and an item that is held for
  its rest is bounded (`MAXIMUM_PACKET`, `_MAXIMUM_BLOCK`). Blocks of no interest are skipped without being held.
* All that can be read before a damaged place is given before the damage is raised.
* 0 <= packet time <= `_LATEST`, which is below 2**63.

Formats: draft-ietf-opsawg-pcap (pcap), draft-ietf-opsawg-pcapng (pcapng); the numbers in comments are theirs.
"""

from __future__ import annotations

from struct import Struct
from typing import TYPE_CHECKING, Final, NamedTuple

from interceptor.capture import classic
from interceptor.core.model import Interface, PacketBatch
from interceptor.errors import CaptureError, UsageError

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from interceptor.core.model import Packet

__all__ = ["MAXIMUM_PACKET", "CaptureReader"]

MAXIMUM_PACKET: Final = 262_144
"""Captured bytes of one packet. libpcap's MAXIMUM_SNAPLEN: no capture tool writes more, so a larger number is
damage, and believing it would make the reader wait for, and hold, up to 4 GiB."""

_MAXIMUM_BLOCK: Final = 2**20
"""A pcapng block that is looked into: the largest packet, and room for a dozen of the largest (64 KiB) options."""

_MAXIMUM_INTERFACES: Final = 65_536
"""Of one pcapng section: as many as its obsolete packet block can number. About 300 bytes each."""

_MAXIMUM_NAME: Final = 256
"""Characters of an interface's name: Linux has 15, Windows about 50."""

_LATEST: Final = (1 << 63) - (1 << 53)
"""The end of 2261. A pcapng timestamp can claim the year 584,000, which no calendar here can write. The hundred days from
there to what 64 bits hold are for elapsed time, which goes on from a packet's."""

_CLASSIC: Final = {
    # magic: byte order, nanoseconds per unit of the fraction, bytes of a packet's header
    b"\xd4\xc3\xb2\xa1": ("<", 1_000, 16),
    b"\xa1\xb2\xc3\xd4": (">", 1_000, 16),
    b"\x4d\x3c\xb2\xa1": ("<", 1, 16),
    b"\xa1\xb2\x3c\x4d": (">", 1, 16),
    # Kuznetzov's: interface index, protocol and packet type follow each packet's lengths
    b"\x34\xcd\xb2\xa1": ("<", 1_000, 24),
    b"\xa1\xb2\xcd\x34": (">", 1_000, 24),
}
_CLASSIC_HEADER: Final = 24
_MAGIC: Final = 4

_SECTION_MAGIC: Final = b"\x0a\x0d\x0d\x0a"
"""A palindrome, so that it can be read before the byte order is known."""
_SECTION: Final = 0x0A0D0D0A
_INTERFACE: Final = 1
_OBSOLETE_PACKET: Final = 2
_SIMPLE_PACKET: Final = 3
_ENHANCED_PACKET: Final = 6
_SMALLEST_BLOCK: Final = 12

_OPTION_END: Final = 0
_OPTION_NAME: Final = 2
_OPTION_RESOLUTION: Final = 9
_OPTION_OFFSET: Final = 14


class _Order(NamedTuple):
    """The layouts of pcapng in one byte order."""

    block: Struct
    """Type, total length."""
    enhanced: Struct
    """Type, total length, interface, time (upper and lower half), captured and original length."""
    word: Struct
    half: Struct
    signed: Struct
    description: Struct
    """An interface's link type, two reserved bytes, snapshot length."""
    option: Struct


def _order(mark: str) -> _Order:
    return _Order(*(Struct(mark + layout) for layout in ("II", "7I", "I", "H", "q", "HHI", "HH")))


_ORDERS: Final = {b"\x4d\x3c\x2b\x1a": _order("<"), b"\x1a\x2b\x3c\x4d": _order(">")}


class _Described(NamedTuple):
    """A pcapng interface: time = ticks * multiply // divide + offset, in nanoseconds."""

    interface: Interface
    multiply: int
    divide: int
    offset: int
    snaplen: int


class CaptureReader:
    """Reads one capture.

    `feed` bytes, and take what it gives to the end before feeding more; then `finish`.
    """

    def __init__(self) -> None:
        self.interfaces: list[Interface] = []
        """Those of a pcap file (one), or of the pcapng section that is being read."""
        self._held = bytearray()  # an item whose end has not come yet
        self._needed = _MAGIC  # bytes from the item's start without which nothing can be done
        self._offset = 0  # of the item's start, in the capture
        self._skip = 0  # bytes still to come of a block of no interest
        # Where the block of no interest begins, in the capture, and its length; zeros once it has ended.
        self._skipped_block = (0, 0)
        self._item = "the file header"
        self._recognised = False
        # pcap
        self._order = ""  # of bytes; empty where it is pcapng
        self._unit = 0
        self._record_size = 0
        # pcapng
        self._layouts: _Order | None = None
        self._described: list[_Described] = []
        self._time = 0  # of the last packet, for blocks that have none

    def feed(self, data: bytes) -> Iterator[PacketBatch]:
        """Yield the packets that are complete with `data`, which follows what was fed before.

        Raises:
            UsageError: this is no capture, or one of a version that cannot be read; before any packet.
            CaptureError: the capture is damaged; says what and where. What came before was given.

        """
        if self._skip:
            skipped = min(self._skip, len(data))
            self._skip -= skipped
            self._offset += skipped
            data = data[skipped:]
        held = self._held
        if len(held) + len(data) < self._needed:
            held += data
            return
        if held:
            data = b"".join((held, data))
            held.clear()
        position = 0
        if not self._recognised:
            position = self._recognise(data)
        if not self._recognised:
            pass
        elif self._order:
            position = yield from self._read_records(data, position)
        else:
            position = yield from self._read_blocks(data, position)
        held += memoryview(data)[position:]
        self._offset += position

    def finish(self) -> None:
        """Take note that no bytes follow.

        Raises:
            UsageError: what came is too short to be a capture.
            CaptureError: the capture ends inside an item.

        """
        if not self._recognised and self._needed == _MAGIC:
            raise UsageError("is not a capture file" if self._held else "is empty")
        if self._held or self._skipped_block[1] or not self._recognised:
            missing = self._skip + self._needed - len(self._held)
            begin = self._skipped_block[0] if self._skipped_block[1] else self._offset
            raise CaptureError(
                f"ends inside {self._item} that begins at byte {begin:,} ({missing:,} or more missing)"
            )

    def _recognise(self, data: bytes) -> int:
        """Learn the format from the file's first bytes; returns where its items begin."""
        magic = data[:_MAGIC]
        if magic == _SECTION_MAGIC and len(data) < _SMALLEST_BLOCK:
            self._needed = _SMALLEST_BLOCK
            return 0
        if magic == _SECTION_MAGIC and data[8:12] in _ORDERS:
            self._recognised = True
            return 0
        if magic not in _CLASSIC:
            raise UsageError("is not a capture file (neither pcap nor pcapng)")
        if len(data) < _CLASSIC_HEADER:
            self._needed = _CLASSIC_HEADER
            return 0
        order, self._unit, self._record_size = _CLASSIC[magic]
        # magic, version (major, minor), time zone, accuracy of timestamps, snapshot length, link type
        major, minor, _, _, _, link = Struct(order + "HHiIII").unpack_from(data, _MAGIC)
        if (major, minor) < (2, 3) or major > 2:
            raise UsageError(
                f"is a pcap file of version {major}.{minor}, which cannot be read (2.3 and 2.4 can)"
            )
        # "FCS len" and its flag are in the upper 16 bits of the link type.
        self.interfaces = [Interface(name=None, link_type=link & 0xFFFF)]
        self._order = order
        self._recognised = True
        return _CLASSIC_HEADER

    def _read_records(self, data: bytes, position: int) -> Generator[PacketBatch, None, int]:
        """Read pcap's packets from `position`; returns the start of the first incomplete one."""
        packets, position, captured = classic.packets(
            data, position, self._order, self._record_size, self._unit, MAXIMUM_PACKET
        )
        self._needed = self._record_size + max(captured, 0)
        damage = _too_long(self._offset + position, captured) if captured > MAXIMUM_PACKET else None
        if packets:
            yield PacketBatch(self.interfaces[0], data, packets)
        if damage:
            raise CaptureError(damage)
        self._item = "a packet"
        return position

    def _read_blocks(self, data: bytes, position: int) -> Generator[PacketBatch, None, int]:
        """Read pcapng's blocks from `position`; returns the start of the first incomplete one."""
        end = len(data)
        order = self._layouts
        packets: list[Packet] = []
        number = -1  # of the interface that `packets` came from
        interface = None
        multiply = divide = offset = 1
        epoch = -1  # upper half of a time for which time = base + lower half * multiply
        base = 0
        time = self._time
        damage: str | None = None
        self._needed = _SMALLEST_BLOCK
        self._item = "a block"
        if self._skipped_block[1]:
            assert order is not None
            begin, total = self._skipped_block
            self._skipped_block = (0, 0)
            if order.word.unpack_from(data, position)[0] != total:
                raise CaptureError(_unequal(begin))
            position += 4
        while end - position >= _SMALLEST_BLOCK:
            # Most blocks by far are sound enhanced packet blocks of the same interface as the one before, with
            # the same upper half of the time. Whatever is not one is looked into below.
            if epoch >= 0:
                assert order is not None
                assert interface is not None
                unpack, unpack_word = order.enhanced.unpack_from, order.word.unpack_from
                append = packets.append
                near_end = end - 32
                while position <= near_end:
                    kind, total, source, high, low, captured, length = unpack(data, position)
                    following = position + total
                    if (
                        kind != 6
                        or high != epoch
                        or source != number
                        or captured > total - 32
                        or captured > MAXIMUM_PACKET
                        or following > end
                        or total > _MAXIMUM_BLOCK
                        or total & 3
                        or unpack_word(data, following - 4)[0] != total
                    ):
                        break
                    time = base + low * multiply
                    longer = length if length > captured else captured  # noqa: FURB136 - max() takes 80 ns
                    append((time, position + 28, captured, longer))
                    position = following
                if end - position < _SMALLEST_BLOCK:
                    break
            if data[position : position + 4] == _SECTION_MAGIC:
                order = self._layouts = _ORDERS.get(data[position + 8 : position + 12])
                if order is None:
                    damage = f"has no byte order in the section header at byte {self._offset + position:,}"
                    break
            assert order is not None  # the first block is a section's
            kind, total = order.block.unpack_from(data, position)
            following = position + total
            if total < _SMALLEST_BLOCK or total & 3:
                damage = f"has a block of impossible length {total:,} at byte {self._offset + position:,}"
                break
            known = kind in (_ENHANCED_PACKET, _OBSOLETE_PACKET, _SIMPLE_PACKET, _INTERFACE, _SECTION)
            if known and total > _MAXIMUM_BLOCK:
                damage = _too_long(self._offset + position, total)
                break
            if following > end:
                if known:
                    self._needed = total
                else:
                    # All but its second length, which is looked at once it has come.
                    self._skipped_block = self._offset + position, total
                    self._skip = max(following - 4 - end, 0)
                    self._needed = 4
                    position = min(following - 4, end)
                break
            if order.word.unpack_from(data, following - 4)[0] != total:
                damage = _unequal(self._offset + position)
                break
            if kind in (_ENHANCED_PACKET, _OBSOLETE_PACKET):
                if total < 32:
                    damage = (
                        f"has a packet block of {total} bytes, too short, at byte {self._offset + position:,}"
                    )
                    break
                _, _, source, high, low, captured, length = order.enhanced.unpack_from(data, position)
                if kind == _OBSOLETE_PACKET:  # 16 bits of interface, 16 bits of drop count
                    source = order.half.unpack_from(data, position + 8)[0]
                if captured > total - 32 or captured > MAXIMUM_PACKET:
                    damage = _too_long(self._offset + position, captured)
                    break
                start = position + 28
                ticks = high << 32 | low
            elif kind == _SIMPLE_PACKET:
                if total < 16 or not self._described:
                    damage = f"has a packet block of no interface at byte {self._offset + position:,}"
                    break
                length = order.word.unpack_from(data, position + 8)[0]
                # "The captured length is the smaller of the original length and the interface's SnapLen."
                source, ticks = 0, -1
                captured = min(length, total - 16, self._described[0].snaplen or length)
                start = position + 12
            else:
                if kind == _SECTION:
                    if packets:
                        assert interface is not None
                        yield PacketBatch(interface, data, packets)
                        packets = []
                    number = epoch = -1
                    # Identifiers do not live beyond their section: its interfaces give nothing more.
                    for ended in self.interfaces:
                        ended.gone = True
                    self.interfaces, self._described = [], []
                elif kind == _INTERFACE:
                    if total < 20 or len(self.interfaces) == _MAXIMUM_INTERFACES:
                        damage = (
                            f"has an impossible interface description at byte {self._offset + position:,}"
                        )
                        break
                    described = _describe(order, data, position + 8, following - 4)
                    self._described.append(described)
                    self.interfaces.append(described.interface)
                position = following
                continue
            if source != number:
                if source >= len(self._described):
                    damage = f"has a packet of an undescribed interface at byte {self._offset + position:,}"
                    break
                if packets:
                    assert interface is not None
                    yield PacketBatch(interface, data, packets)
                    packets = []
                number = source
                interface, multiply, divide, offset, _ = self._described[number]
                epoch = -1
            if ticks >= 0:  # a simple packet block has no time: that of the packet before it
                time = min(max(ticks * multiply // divide + offset, 0), _LATEST)
                epoch = ticks >> 32
                base = (epoch << 32) * multiply + offset
                if divide != 1 or base < 0 or base + (multiply << 32) > _LATEST:
                    epoch = -1
            packets.append((time, start, captured, max(captured, length)))
            position = following
        self._time = time
        if packets:
            assert interface is not None
            yield PacketBatch(interface, data, packets)
        if damage:
            raise CaptureError(damage)
        return position


def _too_long(place: int, size: int) -> str:
    return (
        f"claims a packet or block of {size:,} bytes at byte {place:,}: it, or what is before it, is damaged"
    )


def _unequal(place: int) -> str:
    return f"has a block at byte {place:,} whose two lengths differ: it, or what is before it, is damaged"


def _describe(order: _Order, data: bytes, position: int, end: int) -> _Described:
    """An interface description block's body, of which `position` and `end` are the bounds."""
    link_type, _, snaplen = order.description.unpack_from(data, position)
    name = None
    resolution = 6  # "if_tsresol … if this option is not present, a resolution of 10^-6 is assumed"
    offset = 0
    position += 8
    while position + 4 <= end:
        code, length = order.option.unpack_from(data, position)
        position += 4
        if code == _OPTION_END or position + length > end:
            break  # a lying length: what was read before it counts
        if code == _OPTION_NAME:
            name = data[position : position + length].rstrip(b"\0").decode(errors="replace")[:_MAXIMUM_NAME]
        elif code == _OPTION_RESOLUTION and length == 1:
            resolution = data[position]
        elif code == _OPTION_OFFSET and length == 8:
            offset = order.signed.unpack_from(data, position)[0]
        position += (length + 3) & ~3  # "padded to a 32-bit boundary"
    # "If the Most Significant Bit is zero, the remaining bits indicate a negative power of 10, else of 2."
    divide = 1 << (resolution & 0x7F) if resolution & 0x80 else 10**resolution
    multiply = 1_000_000_000
    if multiply % divide == 0:
        multiply, divide = multiply // divide, 1
    return _Described(Interface(name or None, link_type), multiply, divide, offset * 1_000_000_000, snaplen)
