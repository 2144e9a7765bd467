"""Messages between this process and its workers, over pipes: what was said whole, in order, without waiting.

Owns how a message lies in a pipe, and what waits on either side of it. Refuses to know what messages mean (`workers`, `worker`), and
to lose any: how much may wait, whoever gives decides by `Outbox.waiting`.

Both ends are processes of this program and trust each other. Pipes, and not sockets: what is written is copied once, and a pipe may hold
a mebibyte.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import struct
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["PIPE_BYTES", "Inbox", "Outbox", "widen"]

PIPE_BYTES: Final = 2**20
"""What Linux lets anybody ask for (pipe-max-size). With the usual 64 KiB both sides would wake for every few dozen packets."""
_HEADER: Final = struct.Struct("=BqI")
"""Kind of message, its number, and bytes of its body."""
_PIECES: Final = 64
"""Given to the kernel at once."""


def widen(descriptor: int) -> None:
    """Let a pipe hold more; where the kernel refuses (too much for one user), it holds what it does."""
    with suppress(OSError):
        fcntl.fcntl(descriptor, fcntl.F_SETPIPE_SZ, PIPE_BYTES)


class Outbox:
    """The writing end of a pipe, which it owns. Needs a running event loop from the first message on."""

    def __init__(self, descriptor: int, lighter: Callable[[], None]) -> None:
        """`lighter` is called when less waits than before."""
        os.set_blocking(descriptor, False)
        self._descriptor = descriptor
        self._lighter = lighter
        self._pieces: deque[memoryview] = deque()
        self._watched = False
        self.waiting = 0
        """Bytes that the pipe had no room for."""

    def put(self, kind: int, number: int = -1, body: bytes = b"") -> None:
        """Say something; the number is of 64 bits. Nothing happens where nobody is at the other end any more: whoever reads from there learns of it."""
        if self._descriptor < 0:
            return
        for piece in (_HEADER.pack(kind, number, len(body)), body):
            if piece:
                self._pieces.append(memoryview(piece))
        self.waiting += _HEADER.size + len(body)
        if not self._watched:
            self._write()

    def close(self) -> None:
        """Say nothing more, and forget what waits."""
        if self._descriptor < 0:
            return
        if self._watched:
            asyncio.get_running_loop().remove_writer(self._descriptor)
        os.close(self._descriptor)
        self._descriptor = -1
        self._pieces.clear()
        self.waiting = 0

    def finish(self) -> None:
        """Say what waits, however long that takes, and close. Nothing else goes on meanwhile."""
        if self._descriptor >= 0:
            os.set_blocking(self._descriptor, True)
            self._write()
        self.close()

    def _go_on(self) -> None:
        self._write()
        self._lighter()

    def _write(self) -> None:
        pieces = self._pieces
        while pieces:
            try:
                written = os.writev(self._descriptor, [pieces[at] for at in range(min(len(pieces), _PIECES))])
            except BlockingIOError:
                break
            except OSError:  # nobody reads any more
                self.close()
                return
            self.waiting -= written
            while written:
                first = pieces[0]
                if written < len(first):
                    pieces[0] = first[written:]
                    break
                written -= len(first)
                pieces.popleft()
        if bool(pieces) is not self._watched:
            loop = asyncio.get_running_loop()
            self._watched = not self._watched
            if self._watched:
                loop.add_writer(self._descriptor, self._go_on)
            else:
                loop.remove_writer(self._descriptor)


class Inbox:
    """The reading end of a pipe, which it owns."""

    def __init__(self, descriptor: int) -> None:
        os.set_blocking(descriptor, False)
        self._descriptor = descriptor
        self._head: tuple[int, int] | None = None
        """Kind and number of the message whose body is being read; None: its header is."""
        self._wanted = _HEADER.size
        self._pieces: list[bytes] = []
        self.ended = False
        """Whoever wrote is gone."""

    def fileno(self) -> int:
        """For the event loop."""
        return self._descriptor

    def messages(self) -> Iterator[tuple[int, int, bytes]]:
        """Those that are whole by now: kind, number and body."""
        while not self.ended:
            while self._wanted:
                try:
                    piece = os.read(self._descriptor, self._wanted)
                except BlockingIOError:
                    return
                if not piece:
                    self.ended = True
                    return
                self._pieces.append(piece)
                self._wanted -= len(piece)
            # most come at once, and are not copied
            read = self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)
            self._pieces = []
            if self._head is None:
                kind, number, self._wanted = _HEADER.unpack(read)
                self._head = kind, number
            else:
                (kind, number), self._head, self._wanted = self._head, None, _HEADER.size
                yield kind, number, read

    def close(self) -> None:
        """Read nothing more."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
            self.ended = True
