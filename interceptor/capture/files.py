"""Where packets come from: capture files, plain or gzip'd, and captures that come in on standard input.

Owns opening, reading, unpacking and merging them. Refuses understanding packets.

Invariants:

* Every input is opened and recognised by `open_captures` before any packet is given, so that what the user
  got wrong is said before there is output.
* A damaged input gives all that is readable of it, then ends with `Capture.problem`; the others go on.
* Memory: `_READ_AHEAD` bytes over all inputs, however large their files and however well packed they are.
* An input's interfaces are marked as gone once its last packet was taken, so that the connections of one
  capture that was rotated over several files go on from one piece to the next.
* Times are as the files have them, unless `align` finds that a file's clock is proven to be apart from another's.
  It reads files twice, up to a bound; what can be read only once (standard input, a pipe) keeps its times.
"""

from __future__ import annotations

import os
import select
import stat
import sys
import zlib
from contextlib import contextmanager, suppress
from heapq import heapify, heappop, heapreplace
from typing import TYPE_CHECKING, Final

from interceptor.capture.capture_file import CaptureReader
from interceptor.capture.descriptors import allow_descriptors
from interceptor.core.model import PacketBatch
from interceptor.errors import CaptureError, InterceptorError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from interceptor.capture.offsets import Sightings
    from interceptor.core.model import Interface

__all__ = ["Capture", "align", "merge", "open_captures"]

_READ: Final = 2**18
"""Bytes asked for at once: the calls do not show any more, and what a batch becomes stays in a core's caches until it is
written. With 1 MiB small API calls took 6 % more CPU."""

_FIRST_READ: Final = 2**14
"""Of a file that may be one of many: enough for its format, interfaces and first packet."""

_READ_AHEAD: Final = 64 * 2**20
"""Over all inputs: with more than 256 of them, each reads smaller pieces."""

_SMALLEST_READ: Final = 2**16

_OTHER_FILES: Final = 64
"""That we have open besides the inputs, of which there may be many: a day rotated by the minute is 1,440 of them."""

_GLANCED_AT: Final = 100_000
"""Packets over all files, from their beginnings, that are looked at for the other direction of their connections: half a
second's work. At least `_LEAST_GLANCED_AT` of each; no more than `_TELLING` of one that has both directions by then, as
nearly every file has."""
_LEAST_GLANCED_AT: Final = 200
_TELLING: Final = 2_000

_SEARCHED: Final = 1_000_000
"""Packets of a file that shows one direction only, where its beginning proves nothing: it may have begun long before the
other file."""

_SAMPLED: Final = 2_048
"""Directions of connections over all files that are kept for that, 12 KiB each at most; at least `_LEAST_SAMPLED` of each."""
_LEAST_SAMPLED: Final = 16

_LATEST: Final = 2**63 - 1
"""Nanoseconds: what a packet's time may be."""

_GZIP_MAGIC: Final = b"\x1f\x8b"


class Capture:
    """One input: a file's path, or `-` for standard input."""

    def __init__(
        self, path: str, *, read_size: int = _READ, before_wait: Callable[[], None] | None = None
    ) -> None:
        """Open it.

        `before_wait` is called before each read that may take as long as its writer likes.

        Raises:
            UsageError: there is no such file, it may not be read, or it cannot be a capture.

        """
        self.path = path
        self.name = "standard input" if path == "-" else path or "''"
        self.size: int | None = None
        """Bytes to read, None where nobody knows."""
        self.taken = 0
        """Bytes read so far (before unpacking)."""
        self.problem: InterceptorError | None = None
        """Why it ended before its end; valid once the packets ended."""
        self.interface: Interface | None = None
        """Of the packets that it gave last."""
        self.offset = 0
        """Nanoseconds that are added to its packets' times."""
        self._read_size = read_size
        self._before_wait = before_wait
        self._reader = CaptureReader()
        self._packed = False
        self._descriptor = -1
        if path == "-" and (sys.stdin is None or sys.stdin.closed):
            raise UsageError("standard input: is closed")
        try:
            self._descriptor = (
                sys.stdin.fileno() if path == "-" else os.open(path, os.O_RDONLY | os.O_CLOEXEC)
            )
            status = os.fstat(self._descriptor)
        except (OSError, ValueError) as error:  # ValueError: a path with a NUL
            raise UsageError(f"{self.name}: cannot be opened: {_reason(error)}") from error
        self._owned = path != "-"
        self.identity = (status.st_dev, status.st_ino)
        """Which file it is, under whatever name."""
        if stat.S_ISDIR(status.st_mode):
            self.close()
            raise UsageError(f"{self.name}: is a directory, not a capture file")
        if os.isatty(self._descriptor):
            self.close()
            raise UsageError(
                f"{self.name}: is a terminal; pipe a capture into it, as in: tcpdump -U -w - | … read -"
            )
        self.is_stream = not stat.S_ISREG(status.st_mode)
        """Bytes come when they come."""
        if not self.is_stream:
            position = 0
            with suppress(OSError):
                position = os.lseek(self._descriptor, 0, os.SEEK_CUR)  # `< file` may be anywhere in it
            self.size = max(status.st_size - position, 0)
        self._batches = self._parse()
        self._first: PacketBatch | None = None

    def recognise(self) -> None:
        """Read until its first packet is there, or until there cannot be one.

        Raises:
            UsageError: it is not a capture.

        """
        self._first = next(self._batches, None)
        if isinstance(self.problem, UsageError):
            self.close()
            raise self.problem

    @property
    def link_types(self) -> set[int]:
        """Of the interfaces described so far."""
        return {interface.link_type for interface in self._reader.interfaces}

    def batches(self) -> Iterator[PacketBatch]:
        """Yield all its packets, once, in their order; then see `problem`."""
        first, self._first = self._first, None
        if first is not None:
            yield self._set(first)
            del first
        if self.offset:
            yield from map(self._set, self._batches)
        else:
            yield from self._batches

    def _set(self, batch: PacketBatch) -> PacketBatch:
        """Give packets the times that they have by the right clock."""
        offset = self.offset
        if not offset:
            return batch
        packets = [
            (min(max(time + offset, 0), _LATEST), start, captured, length)
            for time, start, captured, length in batch.packets
        ]
        return PacketBatch(batch.interface, batch.buffer, packets)

    def close(self) -> None:
        """Let go of the file."""
        if self._owned and self._descriptor >= 0:
            os.close(self._descriptor)
        self._descriptor = -1

    def _parse(self) -> Iterator[PacketBatch]:
        reader = self._reader
        try:
            for piece in self._pieces():
                with self._located():
                    for batch in reader.feed(piece):
                        self.interface = batch.interface
                        yield batch
            with self._located():
                reader.finish()
        except InterceptorError as error:
            self.problem = type(error)(f"{self.name}: {error}")
        finally:
            for interface in reader.interfaces:
                interface.gone = True
            self.close()

    @contextmanager
    def _located(self) -> Iterator[None]:
        """Say of the places in errors what they are places in."""
        try:
            yield
        except CaptureError as error:
            if not self._packed:
                raise
            raise CaptureError(f"{error} (counted after unpacking)") from error

    def _pieces(self) -> Iterator[bytes]:
        """Yield the capture's bytes, unpacked."""
        pieces = self._read()
        head = b""
        for piece in pieces:
            head += piece
            if len(head) >= len(_GZIP_MAGIC):
                break
        self._packed = head.startswith(_GZIP_MAGIC)
        if self._packed:
            yield from _gunzip(_chain(head, pieces), self._read_size)
        else:
            yield from _chain(head, pieces)

    def _read(self) -> Iterator[bytes]:
        size = min(_FIRST_READ, self._read_size)
        while True:
            if self.is_stream and self._before_wait:
                self._before_wait()
            try:
                piece = os.read(self._descriptor, size)
            except BlockingIOError:  # whoever opened it for us left it non-blocking
                select.select([self._descriptor], [], [])
                continue
            except OSError as error:
                raise CaptureError(f"cannot be read beyond byte {self.taken:,}: {_reason(error)}") from error
            if not piece:
                return
            self.taken += len(piece)
            yield piece
            size = self._read_size


def _chain(head: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    if head:
        yield head
    yield from rest


def _gunzip(pieces: Iterator[bytes], size: int) -> Iterator[bytes]:
    """Unpack gzip's members (RFC 1952 section 2.2), at most `size` bytes at a time.

    Raises:
        CaptureError: the data is damaged or ends early; what could be unpacked was given.

    """
    member = zlib.decompressobj(zlib.MAX_WBITS | 16)
    begun = False
    offset = 0  # of `packed`, in the file
    for piece in pieces:
        packed = piece
        while packed:
            if not begun:
                # gzip(1) pads with zeros where the medium asks for whole blocks, and skips them when it reads.
                padding = len(packed) - len(packed.lstrip(b"\0")) if offset else 0
                offset, packed = offset + padding, packed[padding:]
                if not packed:
                    break
                begun = True
            before = member.copy()
            try:
                unpacked = member.decompress(packed, size)
            except zlib.error as error:
                yield from _salvage(before, packed)
                raise CaptureError(
                    f"is damaged: gzip data near byte {offset:,} of the file: {error}"
                ) from error
            yield unpacked
            rest = member.unused_data if member.eof else member.unconsumed_tail
            offset += len(packed) - len(rest)
            packed = rest
            if member.eof:
                member = zlib.decompressobj(zlib.MAX_WBITS | 16)
                begun = False
    while begun:  # zlib may hold output for which `size` left no room
        try:
            unpacked = member.decompress(b"", size)
        except zlib.error as error:
            raise CaptureError(f"is damaged: gzip data near byte {offset:,} of the file: {error}") from error
        if not unpacked:
            raise CaptureError(f"ends inside gzip data, at byte {offset:,} of the file")
        yield unpacked
        begun = not member.eof


def _salvage(member: zlib._Decompress, packed: bytes) -> Iterator[bytes]:
    """Unpack what lies before the damage in `packed`, by ever smaller pieces.

    zlib gives nothing for a piece that is damaged anywhere.
    """
    step = 512  # unpacks to 516 KiB at most
    position = 0
    while step and position < len(packed):
        before = member.copy()
        try:
            unpacked = member.decompress(packed[position : position + step])
        except zlib.error:
            member = before
            step //= 2
        else:
            yield unpacked
            position += step


def open_captures(paths: Sequence[str], before_wait: Callable[[], None] | None = None) -> list[Capture]:
    """Open and recognise all inputs.

    Raises:
        UsageError: one of them cannot be used; none is left open.

    """
    if paths.count("-") > 1:
        raise UsageError("standard input (-) can be read only once")
    allow_descriptors(len(paths) + _OTHER_FILES)
    read_size = max(_SMALLEST_READ, min(_READ, _READ_AHEAD // len(paths)))
    captures: list[Capture] = []
    try:
        # Files first: what is wrong with them is said without waiting for what standard input may bring.
        captures.extend(Capture(path, read_size=read_size, before_wait=before_wait) for path in paths)
        for capture in sorted(captures, key=lambda capture: capture.is_stream):
            capture.recognise()
    except BaseException:
        for capture in captures:
            capture.close()
        raise
    return captures


def align(captures: Sequence[Capture]) -> list[str]:
    """Set the clocks of files that are proven to be apart (`offsets`), before their packets are taken.

    Returns what is to be told: a line for each file that it concerns.
    """
    files = [capture for capture in captures if not capture.is_stream and capture.path != "-"]
    if len(files) < 2:
        return []
    from interceptor.capture.offsets import offsets  # only where it is needed: `read` starts quickly

    directions = max(_LEAST_SAMPLED, _SAMPLED // len(files))
    glance = max(_LEAST_GLANCED_AT, _GLANCED_AT // len(files))
    seen = [_look_at(capture, glance, directions) for capture in files]
    found = offsets(seen)
    proven = {offset.file for offset in found if offset.nanoseconds is not None}
    unproven = [number for number, one in enumerate(seen) if one.mostly_one_sided and number not in proven]
    if unproven:
        for number, one in enumerate(seen):
            if one.mostly_one_sided and one.packets >= glance:
                seen[number] = _look_at(files[number], _SEARCHED, directions)
        found = offsets(seen)
    told = []
    for offset in found:
        if offset.nanoseconds == 0:
            continue
        file, reference = files[offset.file], files[offset.reference]
        plural = "" if offset.connections == 1 else "s"
        proof = f"by {offset.connections:,} connection{plural} of which each has one direction"
        if offset.nanoseconds is None:
            told.append(
                f"{file.name}: its clock and that of {reference.name} drift apart or were set: no one offset fits, {proof}; "
                "its times are left as they are"
            )
            continue
        file.offset = offset.nanoseconds
        seconds = f"{abs(offset.nanoseconds) / 1e9:,.6f}".rstrip("0").rstrip(".")
        side, way = ("behind", "later") if offset.nanoseconds > 0 else ("ahead of", "earlier")
        told.append(
            f"{file.name}: its clock is {seconds} s {side} that of {reference.name}, {proof}; its packets are taken as so "
            f"much {way}"
        )
    return told


def _look_at(capture: Capture, packets: int, directions: int) -> Sightings:
    """See what connections a file shows, in its first packets. Whatever is wrong with it is for its reading to tell."""
    from interceptor.capture.offsets import Sightings

    sightings = Sightings(directions)
    with suppress(InterceptorError):
        again = Capture(capture.path, read_size=_SMALLEST_READ)
        try:
            for batch in again.batches():
                sightings.add(batch)
                if sightings.packets >= packets or (
                    sightings.packets >= _TELLING and not sightings.mostly_one_sided
                ):
                    break
        finally:
            again.close()
    return sightings


def merge(captures: Iterable[Capture]) -> Iterator[PacketBatch]:
    """Yield the packets of all captures by time; of those of one time, in the captures' order.

    The order within one capture stays as it is, whatever its times say. Batches are cut only where
    captures overlap. The result does not depend on how the bytes came in.
    """
    heads: list[tuple[int, int, int, PacketBatch, Iterator[PacketBatch]]] = []
    for index, capture in enumerate(captures):
        batches = capture.batches()
        batch = next(batches, None)
        if batch is not None:
            heads.append((batch.packets[0][0], index, 0, batch, batches))
    heapify(heads)
    while len(heads) > 1:
        _, index, begin, batch, batches = heads[0]
        # The heap's second smallest is one of the root's children.
        limit = min(heads[1:3])[:2]
        packets = batch.packets
        count = len(packets)
        end = begin + 1
        while end < count and (packets[end][0], index) < limit:
            end += 1
        whole = begin == 0 and end == count
        yield batch if whole else PacketBatch(batch.interface, batch.buffer, packets[begin:end])
        following: PacketBatch | None = batch
        if end == count:
            following, end = next(batches, None), 0
        if following is None:
            heappop(heads)
        else:
            heapreplace(heads, (following.packets[end][0], index, end, following, batches))
    for _, _, begin, batch, batches in heads:
        yield PacketBatch(batch.interface, batch.buffer, batch.packets[begin:]) if begin else batch
        del batch
        yield from batches


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error) or type(error).__name__
