"""Sealed batches: the unit in which records are stored, sent and acknowledged.

Owns the batch's text (a header line, then one record a line: the body of `POST /v1/batches`), its compression, its
id, when a batch is full (`Sealer`), how it is halved, and how a stranger's batch is unpacked within bounds. Refuses
I/O and clocks: what time it is, and where batches are kept, others know.

Invariants:

* A batch never changes. Its id is a function of the text that was sealed, so the same records sealed at the same time by
  the same agent are the same batch, and the id serves as idempotency key on every try. A relay may add names to its
  records before it stores it (`rewritten`), and sends what it stored.
* Halving is a function of the batch: after a crash it gives the same two batches with the same ids. Leaving out lines
  is one of the batch and the lines.
* Unpacking never makes more than its limit, whatever the bytes say (decompression bombs).
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import msgspec
import zstandard

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = [
    "SCHEMA",
    "Batch",
    "Captured",
    "Chunk",
    "Encoding",
    "Header",
    "Origin",
    "Sealer",
    "TooLargeError",
    "UnpackError",
    "captured_since",
    "parse_header",
    "rewritten",
    "seal",
    "split",
    "split_lines",
    "unpack",
    "without",
]

Encoding = Literal["gzip", "zstd"]
"""As in Content-Encoding."""

SCHEMA: Final = 1

_GZIP_LEVEL: Final = 3
"""Records are repetitive: levels 1 to 3 cost the same here, level 6 twice as much for 15 % less."""
_ZSTD_LEVEL: Final = 1
_GZIP: Final = 16 + zlib.MAX_WBITS
_WINDOW: Final = 8 * 2**20
"""RFC 8878 section 3.1.1.1.2: decoders should support a window of 8 MiB, and need not more."""
_SLICE: Final = 256
"""Of zstd data at a time: its decoder has no limit of its own, and this much makes at most 64 blocks of 128 KiB."""
_UNPACKED: Final = 256 * 2**20
"""Of a batch of our own. Far above what any is, and a bound if one is not what it seems."""
_HEADER_BYTES: Final = 4_096
"""Of a header line: its strings have limits far below."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_UNDECODED: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What is raised for a header that is none; the last for one that is nested without end."""


class UnpackError(ValueError):
    """A body that is no batch; says why, without showing any of it."""


class TooLargeError(UnpackError):
    """A body that would be larger than allowed after unpacking."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Records, sealed: the same bytes on every try."""

    id: str
    """32 hexadecimal digits. The Idempotency-Key."""
    records: int
    body: bytes = field(repr=False)
    """Compressed: a header line, then the records."""
    encoding: Encoding = "gzip"


@dataclass(frozen=True, slots=True)
class Origin:
    """Who sealed a batch, as its header says it."""

    agent: str
    """Program and version: `interceptor/0.1.0`."""
    cluster: str | None = None
    node: str | None = None


_Amount = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
_Time = Annotated[str, msgspec.Meta(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$")]


class Captured(msgspec.Struct, frozen=True, omit_defaults=True):
    """What an agent's captures got, and what it lost, since it started: `since` tells one run from the next.

    Totals, not steps: a batch that comes twice, is halved or is lost changes nothing about what the next one says.
    """

    since: _Time
    """RFC 3339, UTC: when the agent started."""
    packets: _Amount
    """Taken from all captures."""
    kernel_dropped: _Amount
    """For which the kernel had no room."""
    interface_dropped: _Amount
    """That network cards or their drivers dropped."""
    blind_seconds: Annotated[float, msgspec.Meta(ge=0)]
    """In which interfaces that had been captured were not, of all of them added up."""
    interfaces: _Amount | None = None
    """Captured when it was told. Not a total, as what waits."""
    waiting: _Amount | None = None
    """Records in the agent's spool by then, which it has not delivered."""
    waiting_seconds: _Amount | None = None
    """For how long the oldest of those had been there."""
    dropped: _Amount | None = None
    """Records that did not get from the agent to where it sends them, for whatever reason."""

    def delivering(self, waiting: int, waiting_seconds: int, dropped: int) -> Captured:
        """The same, and what becomes of the records."""
        return msgspec.structs.replace(
            self, waiting=waiting, waiting_seconds=waiting_seconds, dropped=dropped
        )


class Header(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="kind", tag="batch"):
    """The first line of a batch's text. Absent: not known. Keys that a later schema may add are skipped."""

    schema: Literal[1]
    id: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{32}$")]
    agent: Annotated[str, msgspec.Meta(max_length=128)]
    count: Annotated[int, msgspec.Meta(ge=0)]
    """Of the records that follow."""
    created: _Time
    """RFC 3339, UTC: when it was sealed."""
    cluster: Annotated[str, msgspec.Meta(max_length=253)] | None = None
    node: Annotated[str, msgspec.Meta(max_length=253)] | None = None
    captured: Captured | None = None


def captured_since(
    since: float,
    packets: int,
    kernel_dropped: int,
    interface_dropped: int,
    blind_seconds: float,
    interfaces: int | None = None,
) -> Captured:
    """Make the header's part about captures; `since` is Unix time in seconds. What is delivered: see `Captured.delivering`."""
    blind = round(blind_seconds, 3)
    return Captured(_timestamp(since), packets, kernel_dropped, interface_dropped, blind, interfaces)


def seal(
    lines: Iterable[bytes],
    records: int,
    origin: Origin,
    created: float,
    encoding: Encoding = "gzip",
    captured: Captured | None = None,
) -> Batch:
    """Make a batch of JSON Lines. `lines` are pieces of text of whole lines, `created` is Unix time in seconds."""
    pieces = list(lines)
    when = _timestamp(created)
    digest = blake2b(digest_size=16)
    source = (origin, when) if captured is None else (origin, when, captured)
    for piece in (repr(source).encode(), *pieces):
        digest.update(piece)
    header = Header(
        schema=SCHEMA,
        id=digest.hexdigest(),
        agent=origin.agent,
        count=records,
        created=when,
        cluster=origin.cluster,
        node=origin.node,
        captured=captured,
    )
    line = msgspec.json.encode(header) + b"\n"
    return Batch(header.id, records, _pack((line, *pieces), encoding), encoding)


def rewritten(batch_id: str, records: int, text: bytes, encoding: Encoding) -> Batch:
    """A batch to whose lines somebody on its way has added, or from which he has taken some: still its id.

    Whoever takes a batch knows it by its id, so of several such texts the first one counts.
    """
    return Batch(batch_id, records, _pack((_counting(text, records),), encoding), encoding)


def _counting(text: bytes, records: int) -> bytes:
    """A batch's text with so many records in its header; as it is, where it says so."""
    end = text.find(b"\n")
    header: dict[str, Any] = msgspec.json.decode(text[:end])
    if header["count"] == records:
        return text
    return msgspec.json.encode(header | {"count": records}) + text[end:]


def split(batch: Batch) -> tuple[Batch, Batch]:
    """Two halves of a batch of at least two records, with ids derived from its own.

    Raises:
        ValueError: it has one record only, or is not what we seal.

    """
    if batch.records < 2:
        raise ValueError("a single record cannot be split")
    text = unpack(batch.body, batch.encoding, _UNPACKED)
    end = text.index(b"\n") + 1
    try:
        header: dict[str, Any] = msgspec.json.decode(text[:end])
    except _UNDECODED:  # a stranger's: how deep it may be nested depends on who reads it
        raise UnpackError("has a header that cannot be read") from None
    middle = _after_lines(text, end, batch.records // 2)
    counts = batch.records // 2, batch.records - batch.records // 2
    first, second = (
        _half(batch, header | {"id": _derived(batch.id, which), "count": count}, lines)
        for which, count, lines in zip((0, 1), counts, (text[end:middle], text[middle:]), strict=True)
    )
    return first, second


def without(batch: Batch, lines: frozenset[int]) -> tuple[Batch, ...]:
    """What is left of a batch without some of its lines (1-based; the header is line 1), in two halves where it can be.

    Halves, because a server of the first version names one line at a time: so a batch is never taken apart more often
    than its size can be halved. Their ids are derived from the batch's and from what was left out.

    Raises:
        ValueError: nothing is left, or it is not what we seal.

    """
    text = unpack(batch.body, batch.encoding, _UNPACKED)
    end = text.find(b"\n") + 1
    try:
        header: dict[str, Any] = msgspec.json.decode(text[:end])
    except _UNDECODED:
        raise UnpackError("has a header that cannot be read") from None
    kept = [line + b"\n" for number, line in enumerate(split_lines(text), 2) if number not in lines]
    if not kept or len(kept) + len(lines) != batch.records:
        raise UnpackError("has other lines than it announces")
    parent = _derived(batch.id, f"without {','.join(map(str, sorted(lines)))}")
    middle = len(kept) // 2
    parts = [part for part in (kept[:middle], kept[middle:]) if part]
    return tuple(
        _half(batch, header | {"id": _derived(parent, which), "count": len(part)}, b"".join(part))
        for which, part in enumerate(parts)
    )


def unpack(body: bytes, encoding: str, limit: int) -> bytes:
    """The text of a batch: lines, the header first (`parse_header`, `split_lines`). The body may be hostile.

    Raises:
        TooLargeError: there are more than `limit` bytes in it.
        UnpackError: it is not what `encoding` says, or is cut, or goes on after its end.

    """
    match encoding:
        case "gzip":
            text, complete = _gunzip(body, limit + 1)
        case "zstd":
            text, complete = _unzstd(body, limit + 1)
        case "identity" | "":
            text, complete = body, True
        case _:
            raise UnpackError("the encoding is neither gzip nor zstd")
    if len(text) > limit:
        raise TooLargeError(f"unpacks to more than {limit} bytes")
    if not complete:
        raise UnpackError(f"the {encoding} data is cut, or something follows it")
    return text


def parse_header(text: bytes) -> Header:
    """The header line at the beginning of a batch's text.

    Raises:
        UnpackError: there is none, or it is not of a schema that we know.

    """
    end = text.find(b"\n", 0, _HEADER_BYTES)
    try:
        return _HEADERS.decode(text[:_HEADER_BYTES] if end < 0 else text[:end])
    except _UNDECODED:
        # not msgspec's words: they may repeat what was sent
        raise UnpackError(f"the first line is no batch header of schema {SCHEMA}") from None


def split_lines(text: bytes) -> Iterator[bytes]:
    """Each line after the header, without its end.

    One at a time: a list of the empty lines that fit into an allowed size would itself be a bomb.
    """
    start = text.find(b"\n") + 1
    while 0 < start < len(text):
        end = text.find(b"\n", start)
        if end < 0:
            yield text[start:]
            return
        yield text[start:end]
        start = end + 1


@dataclass(frozen=True, slots=True)
class Chunk:
    """What goes into one batch."""

    pieces: tuple[bytes, ...] = field(repr=False)
    """Text of whole lines."""
    records: int
    size: int
    """Bytes of text."""


class Sealer:
    """Collects lines until a batch of them is full: `records` of them, or `bytes` before compression.

    A batch exceeds neither limit, unless a single record does: that one is a batch of its own. How long a batch has
    been waiting is `since`; whoever has the clock seals it when its time has come.
    """

    __slots__ = ("_max_bytes", "_max_records", "_pieces", "_records", "_size", "since")

    def __init__(self, max_records: int, max_bytes: int) -> None:
        self._max_records = max_records
        self._max_bytes = max_bytes
        self._pieces: list[bytes] = []
        self._records = 0
        self._size = 0
        self.since: float | None = None
        """When the first line of those that wait was added."""

    @property
    def records(self) -> int:
        """How many wait."""
        return self._records

    @property
    def size(self) -> int:
        """How many bytes wait."""
        return self._size

    def add(self, lines: bytes, records: int, now: float) -> list[Chunk]:
        """Take JSON Lines; gives the batches that are full now."""
        full: list[Chunk] = []
        for piece, count in self._fitting(lines, records):
            if self._records + count > self._max_records or self._size + len(piece) > self._max_bytes:
                full += self.flush()
            if not self._pieces:
                self.since = now
            self._pieces.append(piece)
            self._records += count
            self._size += len(piece)
        if self._records >= self._max_records or self._size >= self._max_bytes:
            full += self.flush()
        return full

    def flush(self) -> list[Chunk]:
        """What waits, as the one batch it is, if anything does."""
        if not self._pieces:
            return []
        chunk = Chunk(tuple(self._pieces), self._records, self._size)
        self._pieces = []
        self._records = self._size = 0
        self.since = None
        return [chunk]

    def _fitting(self, lines: bytes, records: int) -> Iterator[tuple[bytes, int]]:
        """Pieces that each fit into a batch; nearly always the one that came."""
        if records <= self._max_records and len(lines) <= self._max_bytes:
            if records:
                yield lines, records
            return
        start = end = count = 0
        while end < len(lines):
            following = lines.find(b"\n", end) + 1 or len(lines)
            if count and (count == self._max_records or following - start > self._max_bytes):
                yield lines[start:end], count
                start, count = end, 0
            end = following
            count += 1
        yield lines[start:end], count


_HEADERS = msgspec.json.Decoder(Header)


def _timestamp(seconds: float) -> str:
    when = _EPOCH + timedelta(milliseconds=round(seconds * 1_000))
    return when.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _derived(parent: str, which: int | str) -> str:
    return blake2b(f"{parent}/{which}".encode(), digest_size=16).hexdigest()


def _half(whole: Batch, header: dict[str, Any], lines: bytes) -> Batch:
    body = _pack((msgspec.json.encode(header), b"\n", lines), whole.encoding)
    return Batch(header["id"], header["count"], body, whole.encoding)


def _after_lines(text: bytes, start: int, count: int) -> int:
    """Where `count` lines from `start` on end."""
    for _ in range(count):
        start = text.index(b"\n", start) + 1
    return start


def _pack(pieces: Iterable[bytes], encoding: Encoding) -> bytes:
    """Compressed, the same bytes for the same text: no time and no name is written into it."""
    packer = (
        zlib.compressobj(_GZIP_LEVEL, zlib.DEFLATED, _GZIP)
        if encoding == "gzip"
        else zstandard.ZstdCompressor(level=_ZSTD_LEVEL).compressobj()
    )
    packed = [packer.compress(piece) for piece in pieces]
    packed.append(packer.flush())
    return b"".join(packed)


def _gunzip(body: bytes, size: int) -> tuple[bytes, bool]:
    unpacker = zlib.decompressobj(_GZIP)
    try:
        text = unpacker.decompress(body, size)
    except zlib.error:
        raise UnpackError("is not gzip, or is damaged") from None
    # RFC 1952 allows more members to follow; no agent sends any, and a body of empty ones costs us far more than
    # its sender
    return text, unpacker.eof and not unpacker.unused_data


def _unzstd(body: bytes, size: int) -> tuple[bytes, bool]:
    unpacker = zstandard.ZstdDecompressor(max_window_size=_WINDOW).decompressobj()
    made: list[bytes] = []
    left = size
    place = 0
    try:
        while place < len(body) and left > 0 and not unpacker.eof:
            made.append(unpacker.decompress(body[place : place + _SLICE]))
            left -= len(made[-1])
            place += _SLICE
    except zstandard.ZstdError:
        raise UnpackError("is not zstd, or is damaged") from None
    return b"".join(made), unpacker.eof and not unpacker.unused_data and place >= len(body)
