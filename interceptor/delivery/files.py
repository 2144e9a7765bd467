"""A spool file: its name and its bytes.

Owns the grammar of names and the layout of files, both ways. Refuses I/O.

    name    SEQUENCE[-HALVES].RECORDS.KIND      00000000000000000042.5000.batch, 00000000000000000042-01.1250.batch

The sequence number gives the order. The first half of a batch has its parent's sequence number and the parent's
`HALVES` with a 0 behind it, the second half a 1: they sort where their parent was, before what came later. The
number of records is in the name, so that a listing tells what a directory holds, and a damaged file what it held.

    layout  magic      8 bytes
            version    u16, big-endian like all of them
            inverted   u16, the version's complement: a flipped bit is damage, not a version to come
            encoding   u8
            id         16 bytes
            records    u32
            length     u64, of the body
            checksum   16 bytes, BLAKE2b of everything else
            body

Magic, version and its complement stay as they are in every version. A file is right to the last bit, or it is
damaged, or it is of another version.
"""

from __future__ import annotations

import re
from enum import StrEnum
from hashlib import blake2b
from struct import Struct
from typing import Final, NamedTuple

from interceptor.delivery.batches import Batch, Encoding

__all__ = ["OVERHEAD", "DamagedError", "Entry", "Kind", "VersionError", "pack", "parse_name", "unpack"]


class Kind(StrEnum):
    """What a file is for."""

    BATCH = "batch"
    CORRUPT = "corrupt"
    """A batch that was damaged, kept to be looked at."""
    REFUSED = "refused"
    """A batch that the endpoint would never take, kept to be looked at."""
    TEMPORARY = "tmp"
    """Being written."""


class DamagedError(Exception):
    """A file that is not what was written; says what is wrong with it."""


class VersionError(Exception):
    """A file of a version that this program does not know."""


class Entry(NamedTuple):
    """What a listing tells of a file. Sorts by age."""

    sequence: int
    halves: str
    """Of which half of which half it is: a 0 or 1 each. Empty for a batch that was never split."""
    records: int
    size: int
    """Of the file."""
    stored: float
    """When, as the clock was then: Unix time in seconds."""

    def name(self, kind: Kind = Kind.BATCH) -> str:
        """The file's name."""
        halves = f"-{self.halves}" if self.halves else ""
        return f"{self.sequence:020}{halves}.{self.records}.{kind}"

    def is_part_of(self, other: Entry) -> bool:
        """Whether it is a half of that one, or a half of its halves."""
        return (
            self.sequence == other.sequence
            and self.halves != other.halves
            and self.halves.startswith(other.halves)
        )


_NAME = re.compile(r"([0-9]{20})(?:-([01]{1,32}))?\.([0-9]{1,9})\.(batch|corrupt|refused|tmp)")
_PRELUDE: Final = Struct(">8sHH")
_FIELDS: Final = Struct(">B16sIQ")
_CHECKSUM: Final = 16
OVERHEAD: Final = _PRELUDE.size + _FIELDS.size + _CHECKSUM
"""Bytes of a file besides the body."""
_MAGIC: Final = b"\x89batch\r\n"
_VERSION: Final = 1
_ENCODINGS: Final[dict[Encoding, int]] = {"gzip": 1, "zstd": 2}
_ENCODING_NAMES: Final = {code: name for name, code in _ENCODINGS.items()}


def parse_name(name: str, size: int, stored: float) -> tuple[Entry, Kind] | None:
    """What a name says; None for a file that is not one of ours."""
    found = _NAME.fullmatch(name)
    if found is None:
        return None
    sequence, halves, records, kind = found.groups()
    return Entry(int(sequence), halves or "", int(records), size, stored), Kind(kind)


def pack(batch: Batch) -> tuple[bytes, bytes]:
    """A batch as a file: head and body."""
    head = _PRELUDE.pack(_MAGIC, _VERSION, _VERSION ^ 0xFFFF) + _FIELDS.pack(
        _ENCODINGS[batch.encoding], bytes.fromhex(batch.id), batch.records, len(batch.body)
    )
    return head + _checksum(head, batch.body), batch.body


def unpack(content: bytes, entry: Entry) -> Batch:
    """The batch in a file's bytes, that `entry` announced.

    Raises:
        DamagedError: it is not, or no longer, what was written.
        VersionError: it may be all right, but not for this program.

    """
    if len(content) < _PRELUDE.size:
        raise DamagedError("the file is too short")
    magic, version, inverted = _PRELUDE.unpack_from(content)
    if magic != _MAGIC or version ^ 0xFFFF != inverted:
        raise DamagedError("the file does not begin as a batch does")
    if version != _VERSION:
        raise VersionError(f"version {version}")
    if len(content) < OVERHEAD:
        raise DamagedError("the file is too short")
    encoding, identity, records, length = _FIELDS.unpack_from(content, _PRELUDE.size)
    body = content[OVERHEAD:]
    if length != len(body):
        raise DamagedError("the file's length is not the one that was written")
    end = OVERHEAD - _CHECKSUM
    if content[end:OVERHEAD] != _checksum(content[:end], body):
        raise DamagedError("the checksum is wrong")
    if records != entry.records or encoding not in _ENCODING_NAMES:
        raise DamagedError("the file's name or encoding is not the one that was written")
    return Batch(identity.hex(), records, body, _ENCODING_NAMES[encoding])


def _checksum(head: bytes, body: bytes) -> bytes:
    digest = blake2b(head, digest_size=_CHECKSUM)
    digest.update(body)
    return digest.digest()
