"""Where `interceptor read` writes: standard output, or a file that is compressed if its name says so.

Owns opening it and its compression, told by the suffix alone: `.gz` (gzip, RFC 1952) and `.zst` (Zstandard, RFC 8878).
Suffixes of other compressions are refused: a file should be what its name says. The same records give the same bytes
in a plain and in a gzip file: neither name nor time is written into it.

What is flushed can be read back, whatever happens afterwards: `flush` ends a block of the compression as well.
"""

from __future__ import annotations

import io
import os
import sys
from contextlib import suppress
from pathlib import PurePath
from typing import TYPE_CHECKING, Final, Protocol, TextIO, cast

from interceptor.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import BinaryIO

    from interceptor.capture.files import Capture

__all__ = ["bare_suffix", "open_output"]

_GZIP: Final = ".gz"
_ZSTANDARD: Final = ".zst"
_REFUSED: Final = frozenset({".bz2", ".xz", ".lzma", ".lz4", ".zip", ".br", ".z", ".7z", ".zstd", ".gzip"})
_GZIP_LEVEL: Final = 6
_ZSTANDARD_LEVEL: Final = 3


def bare_suffix(path: str) -> str:
    """The suffix of a name without that of a compression: `.csv` of `a.csv.gz`."""
    name = PurePath(path)
    return (PurePath(name.stem) if name.suffix.lower() in {_GZIP, _ZSTANDARD} else name).suffix.lower()


def open_output(path: str | None, captures: Iterable[Capture]) -> TextIO:
    """Open it; standard output without a path.

    Raises:
        UsageError: it cannot be written, or is one of the captures, which would be lost.

    """
    if path is None:
        if sys.stdout is None:
            raise UsageError("standard output is closed")
        return sys.stdout
    suffix = PurePath(path).suffix.lower()
    if suffix in _REFUSED:
        raise UsageError(
            f"{path}: cannot be written: {suffix} is not supported; {_GZIP} and {_ZSTANDARD} are, and any other "
            "name is written plain"
        )
    try:
        with suppress(FileNotFoundError):
            status = os.stat(path)  # noqa: PTH116 - a path may be any string here, empty or with a NUL
            if any(capture.identity == (status.st_dev, status.st_ino) for capture in captures):
                raise UsageError(f"{path}: is one of the captures to be read; it would be overwritten")
        file = open(path, "wb")  # noqa: PTH123, SIM115 - closed by the caller's stack
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise UsageError(f"{path}: cannot be written: {reason}") from error
    return io.TextIOWrapper(_compressing(file, suffix), encoding="utf-8")


def _compressing(file: BinaryIO, suffix: str) -> BinaryIO:
    """What is written into `file` by way of the compression that the suffix names."""
    if suffix == _GZIP:
        import zlib

        packer = zlib.compressobj(_GZIP_LEVEL, zlib.DEFLATED, 16 + zlib.MAX_WBITS)  # with gzip's header
        return cast("BinaryIO", _Compressed(file, packer, zlib.Z_SYNC_FLUSH, zlib.Z_FINISH))
    if suffix == _ZSTANDARD:
        import zstandard

        return cast(
            "BinaryIO",
            _Compressed(
                file,
                zstandard.ZstdCompressor(level=_ZSTANDARD_LEVEL, write_checksum=True).compressobj(),
                zstandard.COMPRESSOBJ_FLUSH_BLOCK,
                zstandard.COMPRESSOBJ_FLUSH_FINISH,
            ),
        )
    return file


class _Packer(Protocol):
    """A compression that goes on, as `zlib` and `zstandard` both have it."""

    def compress(self, data: bytes, /) -> bytes:
        """Take more; gives what is ready."""

    def flush(self, mode: int, /) -> bytes:
        """Give the rest: of a block, or of everything."""


class _Compressed(io.BufferedIOBase):
    """A binary file; what is written to it is compressed."""

    def __init__(self, file: BinaryIO, packer: _Packer, block: int, finish: int) -> None:
        self._file = file
        self._packer = packer
        self._block = block
        self._finish = finish
        self._open_block = False

    def writable(self) -> bool:
        return True

    def write(self, data: bytes | bytearray | memoryview, /) -> int:  # type: ignore[override]
        taken = bytes(data)
        self._file.write(self._packer.compress(taken))
        self._open_block = True
        return len(taken)

    def flush(self) -> None:
        if self._open_block:
            self._open_block = False
            self._file.write(self._packer.flush(self._block))
        self._file.flush()

    def close(self) -> None:
        """End the compression, and close the file whether or not that could be written."""
        if self.closed:
            return
        self._open_block = False
        with self._file:
            self._file.write(self._packer.flush(self._finish))
            super().close()
