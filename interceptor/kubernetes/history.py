"""What is known of the past, in a file: so that records of before a restart are named after it.

Owns the file. It is written whole beside its place and renamed, so it is old or new and never half; what happened since it
was written last is lost with the process (a pod that came and went in that time). A file that cannot be read costs the past
and nothing else.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import msgspec
import structlog
import zstandard

from interceptor.kubernetes.resolver import Memory

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["History", "encoded"]

_LARGEST: Final = 256 * 2**20
"""Unpacked: a hundred thousand intervals are 30 MiB."""
_FORMAT: Final = b"interceptor names 1\n"

log = structlog.get_logger()


class History:
    """The file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._failed = ""

    def read(self) -> Memory | None:
        """What is in it; None if nothing is, or nothing of use."""
        try:
            text = self._path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            log.warning("names_not_read", file=str(self._path), reason=error.strerror)
            return None
        try:
            unpacked = zstandard.ZstdDecompressor().decompress(
                text.removeprefix(_FORMAT), max_output_size=_LARGEST
            )
            return _MEMORY.decode(unpacked)
        except (ValueError, zstandard.ZstdError, RecursionError):  # msgspec's errors are ValueErrors
            log.warning("names_not_read", file=str(self._path), reason="it is damaged, or of another version")
            return None

    def write(self, text: bytes) -> None:
        """Replace it by what `encoded` gave. May wait for a disk; a failure is told once."""
        beside = self._path.with_suffix(".new")
        try:
            with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:  # noqa: PTH123
                file.write(_FORMAT + zstandard.ZstdCompressor(level=1).compress(text))
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


def encoded(memory: Memory) -> bytes:
    """As `History` writes it."""
    return msgspec.msgpack.encode(memory)


_MEMORY: Final = msgspec.msgpack.Decoder(Memory)
