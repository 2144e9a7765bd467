"""Pauses of whoever captures, under steady traffic: for tests and the benchmark of what a pause costs.

Owns a sender of numbered packets at a rate, and stopping a process for a while (SIGSTOP, SIGCONT). Refuses to judge.
"""

from __future__ import annotations

import os
import signal
import socket
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tests.support.netns import Namespace

__all__ = ["Sender", "paused"]

_HEAD = bytes.fromhex("02000000000202000000000188b5")
"""Ethernet: an ethertype for local experiments, so that no stack answers."""


class Sender:
    """Sends packets of one size on an interface at a rate, in this thread."""

    def __init__(self, where: Namespace, interface: str, size: int = 1_514) -> None:
        with where.entered():
            self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
            self._socket.bind((interface, 0))
        self._padding = bytes(size - len(_HEAD) - 8)
        self.sent = 0

    def send(self, rate: float, seconds: float) -> None:
        """Send for so long; what cannot be sent in time is sent as soon as can be."""
        begin, before = time.monotonic(), self.sent
        while (passed := time.monotonic() - begin) < seconds:
            while self.sent - before < passed * rate:
                self._socket.send(_HEAD + self.sent.to_bytes(8) + self._padding)
                self.sent += 1
            time.sleep(0.001)

    def close(self) -> None:
        """Let go of the interface."""
        self._socket.close()


@contextmanager
def paused(processes: Iterable[int]) -> Iterator[None]:
    """Stop processes during the block."""
    stopped = list(processes)
    for pid in stopped:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in stopped:
            os.kill(pid, signal.SIGCONT)
