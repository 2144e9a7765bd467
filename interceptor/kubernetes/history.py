"""What is known of the past, in a file: so that records of before a restart are named after it.

Owns the file. It is written whole beside its place and renamed, so it is old or new and never half; what happened since it
was written last is lost with the process (a pod that came and went in that time). It consists of pieces, each with its length and
checksum, compressed together, and is written and read piece by piece: to have all of it in memory would double what is
known. Damage costs what comes after it and nothing else.
"""

from __future__ import annotations

import os
from contextlib import suppress
from struct import Struct
from threading import Lock
from typing import TYPE_CHECKING, Final
from zlib import crc32

import msgspec
import structlog
import zstandard

from interceptor.kubernetes.resolver import Memory

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path
    from typing import BinaryIO

__all__ = ["History"]

_LARGEST: Final = 16 * 2**20
"""Of a piece: two thousand intervals are half a MiB."""
_FORMAT: Final = b"interceptor names 2\n"
_HEAD: Final = Struct(">II")
"""Length and CRC-32 of a piece; of none, where the file ends."""

log = structlog.get_logger()


class History:
    """The file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._failed = ""
        self._writing = Lock()
        """One thread at a time: at the end another one may still be at it."""

    def read(self) -> Iterator[Memory]:
        """What is in it, as far as it is of use. Waits for a disk."""
        try:
            with self._path.open("rb") as file:
                yield from _pieces(file)
        except FileNotFoundError:
            return
        except OSError as error:
            log.warning("names_not_read", file=str(self._path), reason=error.strerror)
        except (ValueError, zstandard.ZstdError, RecursionError):  # msgspec's errors are ValueErrors
            log.warning("names_not_read", file=str(self._path), reason="it is damaged, or of another version")

    def write(self, pieces: Iterable[Memory]) -> None:
        """Replace it by these. May wait for a disk; a failure is told once."""
        with self._writing:
            self._write(pieces)

    def _write(self, pieces: Iterable[Memory]) -> None:
        beside = self._path.with_suffix(".new")
        try:
            with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:  # noqa: PTH123
                file.write(_FORMAT)
                with zstandard.ZstdCompressor(level=1).stream_writer(file, closefd=False) as packed:
                    for piece in pieces:
                        text = msgspec.msgpack.encode(piece)
                        packed.write(_HEAD.pack(len(text), crc32(text)) + text)
                    packed.write(_END)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(self._path)
        except OSError as error:
            with suppress(OSError):
                beside.unlink(missing_ok=True)
            if self._failed != (reason := error.strerror or "?"):
                log.warning("names_not_kept", file=str(self._path), reason=reason)
                self._failed = reason
        else:
            self._failed = ""


def _pieces(file: BinaryIO) -> Iterator[Memory]:
    if file.read(len(_FORMAT)) != _FORMAT:
        raise ValueError("another version")
    with zstandard.ZstdDecompressor().stream_reader(file, closefd=False) as packed:
        while (head := _exactly(packed, _HEAD.size)) != _END:
            length, checksum = _HEAD.unpack(head)
            if length > _LARGEST or crc32(text := _exactly(packed, length)) != checksum:
                raise ValueError("damaged")
            yield _MEMORY.decode(text)


def _exactly(packed: zstandard.ZstdDecompressionReader, length: int) -> bytes:
    text = packed.read(length)
    if len(text) < length:
        raise ValueError("cut short")
    return text


_END: Final = _HEAD.pack(0, 0)
_MEMORY: Final = msgspec.msgpack.Decoder(Memory)
