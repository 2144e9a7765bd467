"""HPACK (RFC 7541) for somebody who listens: what a header block says, as far as it can be known.

Owns the dynamic table of one direction of one connection, as far as it was seen. Refuses to guess: a field is what the
encoder wrote, or it is unknown; after a loss, or on a connection that was met in the middle, too.

Theory of operation
-------------------
The indices of the dynamic table count from its newest entry (section 2.3.3). So what was inserted since the join or the last
loss, the *window*, resolves every reference into it exactly, whatever the table held before; and an index beyond the window
is an entry that was not seen. A loss is a new join. References never need eviction to be followed: an entry that has been
evicted is not referred to, and one that was too large to be inserted has emptied the table (section 4.4), so that nothing
is referred to which stands behind it.

Eviction tells one thing: that the window is the *whole* table, which is so from the start of a connection, after an update
of the size to zero, and when more has been inserted since the join than the table's size allows. That size is known from the
start (4,096 bytes) or from an update in a block, as the encoder writes it. What SETTINGS allow it is not asked: an
encoder that takes another size has to say so in its next block, and those that do not say so are found out by the next sentence.

An index beyond a whole table is a contradiction: this is no header block, or one was missed. The same goes for what no
encoder may write. Either counts as a loss: the self-check of all that finds frames.

An entry that is unknown still has a number, its place among those inserted since the join, the oldest that was seen being 1:
two references to one number, with no loss between them, are to the same entry.

Limits: of a block, `FIELDS` fields or `FIELD_BYTES` bytes are given out, 32 a field besides its text; the rest is read for the
table's sake. The window keeps `ENTRIES` entries or `WINDOW_BYTES`; what falls out is unknown, and the table no longer whole.
An integer has at most 32 bits. References share the entry they refer to, so that a small block that is large when it is
written out costs a pointer a field.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from interceptor.core.protocols.http2 import huffman
from interceptor.core.protocols.http2.shifts import BYTES, Shifts
from interceptor.core.protocols.http2.tables import STATIC, Field

if TYPE_CHECKING:
    from interceptor.core.model import i64

__all__ = ["ENTRIES", "FIELDS", "FIELD_BYTES", "OVERHEAD", "WINDOW_BYTES", "Strings", "Table"]

OVERHEAD: Final = 32
"""Of an entry, besides its name and value (RFC 7541 section 4.1)."""
FIRST_SIZE: Final = 4_096
"""SETTINGS_HEADER_TABLE_SIZE before anybody says something else (RFC 9113 section 6.5.2)."""
FIELDS: Final = 256
"""Names that a record can hold (`Limits.header_lines`)."""
FIELD_BYTES: Final = 64 * 2**10
"""What a head may have as HTTP/1 writes it (`Limits.head_bytes`)."""
ENTRIES: Final = 1_024
WINDOW_BYTES: Final = 64 * 2**10
"""As RFC 7541 counts. Sixteen times what nearly all programs use; browsers offer this."""

_LONGEST_STATIC: Final = max([OVERHEAD + len(name) + len(value) for name, value in STATIC])
_SHIFTS: Final = 28
"""Bits of the last of the five bytes that a number may have behind its prefix."""
_REMEMBERED: Final = 2_048
_REMEMBERED_BYTES: Final = 128

_STATIC: Final[tuple[Field, ...]] = ((None, None, None), *((name, value, None) for name, value in STATIC))
_DYNAMIC: Final = len(_STATIC)
"""The index of the newest entry."""


class Strings(dict[bytes, bytes]):
    """Strings by their Huffman code, short ones, as far as they were met: the same ones come again and again."""

    __slots__ = ("wanted",)

    def __init__(self, wanted: frozenset[bytes] | None = None) -> None:
        """`wanted`: names of fields whose values somebody looks at; None: all.

        The value of another one that is not inserted either is passed over: it is given out empty.
        """
        super().__init__()
        self.wanted = wanted

    def __missing__(self, encoded: bytes) -> bytes:
        text = huffman.decode(encoded)
        if len(encoded) <= _REMEMBERED_BYTES:
            if len(self) >= _REMEMBERED:
                self.clear()
            self[encoded] = text
        return text


class _Broken(Exception):  # noqa: N818 - never leaves this module
    """No encoder writes this block where the table is what we take it for."""


class Table:
    """The dynamic table of one direction. Give it every block of its direction, in the order of the wire."""

    __slots__ = (
        "_client",
        "_inserted",
        "_largest",
        "_limit",
        "_shifts",
        "_size",
        "_strings",
        "_table",
        "broken",
        "cut",
        "epoch",
        "whole",
    )

    def __init__(self, strings: Strings, *, first: bool, client: bool | None = None) -> None:
        """`first`: the direction is seen from its beginning. `strings` may be shared by all.

        `client`: whose it is, where what a lost block has inserted is to be found by refuting (`shifts`); None: it stays unknown.
        """
        self._strings = strings
        self._client = client
        self._shifts: Shifts | None = None
        self._table: list[Field] = [*_STATIC]
        """By index: the static table and behind it the window, the newest first."""
        self._size: i64 = 0
        """Of the window, unknown names counting nothing."""
        self._limit = FIRST_SIZE if first else None
        """The table's size, where it is known."""
        self._inserted: i64 = 0
        self._largest: i64 = _LONGEST_STATIC
        """At least the size of any entry, and of any static one."""
        self.whole = first
        """The table holds nothing but (some of) the window."""
        self.epoch: i64 = 0
        """How often it was lost."""
        self.broken: i64 = 0
        """Blocks that contradict themselves or the table."""
        self.cut = False
        """The last block had more fields than were given out."""

    @property
    def weight(self) -> int:
        """Bytes of memory that the window takes, about."""
        entries = len(self._table) - _DYNAMIC
        if self._shifts is not None:
            entries += len(self._shifts.old)
        return self._size + 128 * entries

    def lose(self, size: i64 = 0) -> None:
        """A block was not seen, or not whole: what it inserted is not known.

        `size`: bytes that it had at most, where nothing but this one is lost.
        """
        self._shifts = None
        if self._client is not None and self.whole and 0 < size <= BYTES:
            self._shifts = Shifts(self._table[_DYNAMIC:], size, self._limit, client=self._client)
        del self._table[_DYNAMIC:]
        self._size = self._inserted = 0
        self._limit = None
        self.whole = False
        self.epoch += 1

    def read(self, block: bytes) -> list[Field] | None:
        """The fields of a block, in order. None: it cannot be one, and the table is lost."""
        try:
            fields = self._read(block)
            return fields if self._shifts is None else self._refuted(self._shifts, fields)
        except (_Broken, IndexError, huffman.Invalid):
            self.broken += 1
            self.lose()
            return None

    def _read(self, block: bytes) -> list[Field]:
        fields: list[Field] = []
        table, wanted = self._table, self._strings.wanted
        self.cut = False
        at, end = 0, len(block)
        while at < end:
            byte = block[at]
            at += 1
            if byte > 0x80:  # section 6.1: an indexed field
                index = byte & 0x7F
                if index == 0x7F:
                    index, at = _integer(block, at, index)
                try:
                    fields.append(table[index])
                except IndexError:
                    fields.append(self._unseen(index))
                continue
            if byte == 0x80:
                raise _Broken  # of an index that is none
            if byte & 0x40:  # section 6.2.1: a literal that is inserted
                mask = 0x3F
            elif byte & 0x20:  # section 6.3: an update of the table's size
                if fields:
                    raise _Broken  # section 4.2: only "at the beginning of the first header block"
                limit = byte & 0x1F
                if limit == 0x1F:
                    limit, at = _integer(block, at, limit)
                self._resize(limit)
                continue
            else:  # sections 6.2.2 and 6.2.3: one that is not
                mask = 0x0F
            index = byte & mask
            if index == mask:
                index, at = _integer(block, at, index)
            name: bytes | None
            if index:
                name, _, number = table[index] if index < len(table) else self._unseen(index)
            else:
                start, at, coded = _string(block, at)
                name, number = block[start:at], None
                if coded:
                    name = self._strings[name]
            start, at, coded = _string(block, at)
            if byte & 0x40 or name is None or wanted is None or name in wanted:
                value = block[start:at]
                if coded:
                    value = self._strings[value]
            else:
                value = b""
            field = (name, value, number)
            if byte & 0x40:
                self._insert(field)
            fields.append(field)
        if len(fields) * (OVERHEAD + self._largest) + 2 * end > FIELD_BYTES or len(fields) > FIELDS:
            return self._shortened(fields)
        return fields

    def _refuted(self, shifts: Shifts, fields: list[Field]) -> list[Field]:
        """The fields of a block behind a loss, with what it proves about the entries from before."""
        if self.whole or len(self._table) - _DYNAMIC != self._inserted:
            self._shifts = None  # what is from before has been evicted, or nobody knows where it stands
            return fields
        shifts.look(fields)
        if not shifts.over:
            return fields
        self._shifts = None
        shift = shifts.proven
        if shift is None:
            return fields
        known = [shifts.field(field, shift) or field for field in self._table[_DYNAMIC:]]
        hidden: list[Field] = [(None, None, -number) for number in range(shift)]
        self._table[_DYNAMIC:] = [*known, *hidden, *shifts.old]
        self._size = sum(map(_size, self._table[_DYNAMIC:]))
        self._limit = shifts.limit if self._limit is None else self._limit
        self.whole = True
        self._drop(WINDOW_BYTES if self._limit is None else min(self._limit, WINDOW_BYTES), ENTRIES)
        return [shifts.field(field, shift) or field for field in fields]

    def _shortened(self, fields: list[Field]) -> list[Field]:
        """As many of these as are given out."""
        room = FIELD_BYTES
        for at, field in enumerate(fields):
            room -= _size(field)
            if room < 0 or at == FIELDS:
                self.cut = True
                return fields[:at]
        return fields

    def _unseen(self, index: i64) -> Field:
        """An entry that is not in the window."""
        if self.whole:
            raise _Broken
        return None, None, self._inserted - (index - _DYNAMIC)

    def _insert(self, field: Field) -> None:
        self._inserted += 1
        self._table.insert(_DYNAMIC, field)
        size = _size(field)
        self._size += size
        if size > self._largest:  # noqa: PLR1730 - a call costs more
            self._largest = size
        limit = self._limit
        if limit is not None and self._size > limit:
            self._evict(limit)
        if self._size > WINDOW_BYTES or len(self._table) - _DYNAMIC > ENTRIES:
            # The encoder may still refer to what we no longer keep.
            self._drop(WINDOW_BYTES, ENTRIES)
            self.whole = False

    def _resize(self, limit: i64) -> None:
        self._limit = limit
        if self._size > limit:
            self._evict(limit)
        if not limit:
            self.whole = True

    def _evict(self, limit: i64) -> None:
        """What falls out of the table; everything that is older than the window has gone before it (section 4.3)."""
        self._drop(limit, ENTRIES + 1)
        self.whole = True

    def _drop(self, size: i64, entries: i64) -> None:
        """Forget the oldest of the window until it is no larger than this."""
        table, most = self._table, _DYNAMIC + entries
        while self._size > size or len(table) > most:
            self._size -= _size(table.pop())


def _size(field: Field) -> i64:
    """What an entry takes at least."""
    return OVERHEAD + len(field[0] or b"") + len(field[1] or b"")


def _string(block: bytes, at: i64) -> tuple[i64, i64, i64]:
    """Section 5.2: where a string begins and ends, and whether it is in Huffman's code."""
    byte = block[at]
    size = byte & 0x7F
    at += 1
    if size == 0x7F:
        size, at = _integer(block, at, size)
    end = at + size
    if end > len(block):
        raise _Broken
    return at, end, byte & 0x80


def _integer(block: bytes, at: i64, value: i64) -> tuple[i64, i64]:
    """Section 5.1, behind a prefix that is all ones."""
    if (byte := block[at]) < 0x80:
        return value + byte, at + 1  # as nearly all are
    for shift in range(0, _SHIFTS + 1, 7):
        byte = block[at]
        at += 1
        value += (byte & 0x7F) << shift
        if not byte & 0x80:
            return value, at
    raise _Broken
