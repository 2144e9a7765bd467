"""A path between two namespaces that takes time and loses packets, in user space: not every kernel has netem.

Owns two TAP interfaces, one in each namespace, and a thread that carries frames between them. The kernel hands a TAP
frames of the size of the MTU, so what is lost is one segment, as on a wire.
"""

from __future__ import annotations

import fcntl
import os
import select
import struct
import threading
import time
from collections import deque
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.netns import Namespace

__all__ = ["Path", "path"]

_TUNSETIFF = 0x400454CA
_TAP = 0x0002 | 0x1000  # IFF_TAP | IFF_NO_PI
_QUEUE = 20_000
"""Frames that the kernel may have waiting for us: far more than a window, so that we alone lose any."""


def _tap(where: Namespace, name: str, address: str) -> int:
    with where.entered():
        descriptor = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
        fcntl.ioctl(descriptor, _TUNSETIFF, struct.pack("16sH14x", name.encode(), _TAP))
    where.ip("link", "set", name, "txqueuelen", str(_QUEUE))
    where.ip("address", "add", address, "dev", name, "nodad")
    where.ip("link", "set", name, "up")
    return descriptor


class Path:
    """What it carried."""

    def __init__(self, near: int, far: int, delay: float, one_in: int) -> None:
        self._descriptors = near, far
        self._delay = delay
        self._one_in = one_in
        self._waiting: tuple[deque[tuple[float, bytes]], ...] = (deque(), deque())
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="path", daemon=True)
        self.carried = self.lost = 0
        """Frames from the far side, which the far side sent, and those of them that were lost."""

    def start(self) -> None:
        """Begin to carry."""
        self._thread.start()

    def stop(self) -> None:
        """What is under way is lost."""
        self._stopping = True
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping:
            now = time.monotonic()
            due = now + 0.05
            for waiting, target in zip(self._waiting, reversed(self._descriptors), strict=True):
                while waiting and waiting[0][0] <= now:
                    os.write(target, waiting.popleft()[1])
                if waiting:
                    due = min(due, waiting[0][0])
            readable, _, _ = select.select(self._descriptors, (), (), max(due - time.monotonic(), 0))
            for side, descriptor in enumerate(self._descriptors):
                if descriptor in readable:
                    self._read(side, descriptor)

    def _read(self, side: int, descriptor: int) -> None:
        waiting = self._waiting[side]
        for _ in range(256):
            try:
                frame = os.read(descriptor, 65_536)
            except BlockingIOError:
                return
            if side == 1 and len(frame) > 1_000:
                self.carried += 1
                if self.carried % self._one_in == 0:
                    self.lost += 1
                    continue
            waiting.append((time.monotonic() + self._delay, frame))


@contextmanager
def path(
    near: Namespace, near_address: str, far: Namespace, far_address: str, *, delay: float, one_in: int
) -> Iterator[Path]:
    """Join two namespaces by interfaces called `path`; addresses with their prefix length.

    Each way takes `delay` seconds; of the large frames that the far side sends, one in `one_in` is lost.
    """
    descriptors = (_tap(near, "path", near_address), _tap(far, "path", far_address))
    made = Path(*descriptors, delay=delay, one_in=one_in)
    made.start()
    try:
        yield made
    finally:
        made.stop()
        for descriptor in descriptors:
            os.close(descriptor)
