"""Files that another program replaces while this one runs: tokens, passwords, certificates, authorities.

Owns which options name such files and when a new one is used (`ROTATING`, which README repeats), and what is made of
their contents, again when they change (`Rotating`). Refuses to know what that is: whoever uses it says how it is made.

A change is a file of another size, time or number under the same name, which holds for a file that is written anew, for
one that is renamed over it, and for Kubernetes, which swaps the symbolic link `..data` to a whole new directory.

Invariant: what was good stays in force until something good takes its place. A file that is gone for a moment, half
written, or without its other half (a certificate whose key comes later) is told once, and looked at again at every use.
"""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Generic, TypeVar

import structlog

from interceptor.errors import InterceptorError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

__all__ = ["LOOK_SECONDS", "ROTATING", "Rotates", "Rotating"]

T = TypeVar("T")

LOOK_SECONDS: Final = 1.0
"""Between two looks at files by whoever waits for a change. A look is a system call for each."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Rotates:
    """An option that names a file which may be replaced."""

    option: str
    commands: tuple[str, ...]
    """That read it."""
    used: str
    """When a new one is."""


_NEXT_BATCH: Final = "with the next try; the wait after a failure ends"
_NEXT_CLIENT: Final = "by connections from the next second on"
_NEXT_CAPTURE: Final = "with the next connection to rpcapd; in active mode at the start only"

ROTATING: Final = (
    Rotates("token_file", ("run", "relay"), _NEXT_BATCH),
    Rotates("tls.ca_file", ("run", "relay"), _NEXT_BATCH),
    Rotates("tls.cert_file", ("run", "relay"), _NEXT_BATCH),
    Rotates("tls.key_file", ("run", "relay"), _NEXT_BATCH),
    Rotates("proxy.url_file", ("run", "relay"), _NEXT_BATCH),
    Rotates("proxy.ca_file", ("run", "relay"), _NEXT_BATCH),
    Rotates("server.cert_file", ("run", "relay", "collector"), _NEXT_CLIENT),
    Rotates("server.key_file", ("run", "relay", "collector"), _NEXT_CLIENT),
    Rotates("server.client_ca_file", ("run", "relay", "collector"), _NEXT_CLIENT),
    Rotates("ingest.tokens_file", ("relay", "collector"), "with the next request"),
    Rotates("collector.read_tokens_file", ("collector",), "with the next request"),
    Rotates("collector.store_password_file", ("collector",), "with the next statement"),
    Rotates("collector.store_ca_file", ("collector",), "with the next statement"),
    Rotates("capture.password_file", ("run",), _NEXT_CAPTURE),
    Rotates("capture.ca_file", ("run",), _NEXT_CAPTURE),
)
"""Every option that ends with `_file`."""


class Rotating(Generic[T]):
    """What is made of some files. May wait for a disk, and may be used by several threads."""

    def __init__(
        self, files: Mapping[str, Path | None], make: Callable[[], T], *, also: tuple[Path, ...] = ()
    ) -> None:
        """Nothing is read yet.

        Args:
            files: Each file by its option, which the log names; None for one that is not configured.
            make: Reads them. What it raises (`OSError`, `ValueError`, an error of ours) shows no secret.
            also: Other files whose change counts, such as the system's authorities.

        """
        self._files = {option: path for option, path in files.items() if path is not None}
        self._also = also
        self._make = make
        self._lock = threading.Lock()
        self._made: tuple[T] | None = None
        self._seen: object = None
        """The stamps of what was looked at last."""
        self._failed: str | None = None
        """Why that could not be used."""

    def changed(self) -> bool:
        """Whether the files are others than when they were last used, or tried to be; False if they never were."""
        return self._seen is not None and self._stamps() != self._seen

    async def fresh(self) -> T:
        """The same as `current`, for an event loop: only a look at the files happens in it, reading them does not."""
        if self._made is not None and self._failed is None and not self.changed():
            return self._made[0]
        return await asyncio.to_thread(self.current)

    def current(self) -> T:
        """The newest that could be made.

        Raises:
            Exception: what `make` raises, if it never gave anything.

        """
        with self._lock:
            stamps = self._stamps()
            if self._made is not None and self._failed is None and stamps == self._seen:
                return self._made[0]
            before, self._seen = self._seen, stamps
            try:
                made = self._make()
            except (OSError, ValueError, InterceptorError) as error:
                return self._kept(error)
            if before is not None and (stamps != before or self._failed is not None):
                log.info("file_read_again", options=[*self._files])
            self._made, self._failed = (made,), None
            return made

    def _kept(self, error: Exception) -> T:
        if self._made is None:
            raise error
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        if self._failed != reason:
            log.warning(
                "file_not_taken",
                options=[*self._files],
                files=[str(path) for path in self._files.values()],
                reason=reason,
                told="what was read before stays in force",
            )
            self._failed = reason
        return self._made[0]

    def _stamps(self) -> tuple[tuple[int, int, int, int] | None, ...]:
        stamps: list[tuple[int, int, int, int] | None] = []
        for path in (*self._files.values(), *self._also):
            try:
                status = path.stat()
            except OSError:
                stamps.append(None)
            else:
                stamps.append((status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns))
        return tuple(stamps)
