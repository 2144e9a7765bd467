"""How much memory this process may use, how much it does, and what of it the core gets.

Owns what the cgroup's limit and our resident size are, and the split of a budget: among processes, and into the core's limits.
Refuses to act on it: whoever runs the core sheds load.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from interceptor.core.model import Limits
from interceptor.service import controllers

if TYPE_CHECKING:
    from interceptor import config

__all__ = ["UNLIMITED", "budget", "cgroup_limit", "core_limits", "divided", "resident_bytes", "shares"]

UNLIMITED: Final = 512 * 2**20
"""What we take where nothing limits us: a node's other programs need the rest."""
_SHARE: Final = 3 / 4
"""Of the cgroup's limit. The kernel's part of it (socket buffers, files just written) is charged to us too."""
_PROGRAM: Final = 96 * 2**20
"""Interpreter, libraries, caches with bounded numbers of entries: there before the first packet."""
_LEAST: Final = 16 * 2**20
"""For the core, however small the budget."""
_STATM_BYTES: Final = 256
"""More than seven numbers have."""

# A connection with its two streams, its conversation and an open transaction: 1.5 KiB, and 2 KiB with a head and
# a request or two that wait. A handshake: 300 bytes. See `core.model.Limits`.
_CONNECTION_BYTES: Final = 2_048
_HANDSHAKE_BYTES: Final = 320
_CONNECTIONS_SHARE: Final = 0.50
_HANDSHAKES_SHARE: Final = 0.05
_HELD_SHARE: Final = 0.20
"""Of all that waits (`core.budget`). The rest is for what is on its way: batches of packets, records, what Python's
collector has not yet found, and what the allocator cannot give back."""


def budget(limits: config.Limits, cgroup: int | None) -> int:
    """Bytes for the whole process: as configured, else a share of the cgroup's limit."""
    if limits.memory_bytes is not None:
        return limits.memory_bytes
    return int(cgroup * _SHARE) if cgroup is not None else UNLIMITED


def shares(memory: int) -> Limits:
    """The core's limits in a process that may use `memory` bytes."""
    room = max(memory - _PROGRAM, _LEAST)
    held = min(int(room * _HELD_SHARE), 2**30)
    usual = Limits()
    return replace(
        usual,
        connections=max(int(room * _CONNECTIONS_SHARE) // _CONNECTION_BYTES, 1),
        handshakes=max(int(room * _HANDSHAKES_SHARE) // _HANDSHAKE_BYTES, 1),
        held_bytes=held,
        held_bytes_per_stream=min(usual.held_bytes_per_stream, held),
    )


def divided(limits: config.Limits, memory: int, workers: int) -> config.Limits:
    """What each of several workers may use, where all of them and this process may use `memory` bytes.

    What is configured for all connections together is divided; what is for each of them stays.
    """
    each = max(memory - _PROGRAM, _LEAST) // workers
    parts = {
        name: -(-value // workers)
        for name in ("connections", "handshakes", "held_bytes")
        if (value := getattr(limits, name)) is not None
    }
    return limits.model_copy(update={**parts, "memory_bytes": each})


def core_limits(limits: config.Limits, memory: int) -> Limits:
    """The core's limits: what is configured, and for the rest what `memory` bytes allow."""
    names = (
        *("connections", "handshakes", "held_bytes", "held_bytes_per_stream"),
        *("head_bytes", "pending", "idle_seconds", "transaction_seconds"),
    )
    configured = {name: getattr(limits, name) for name in names}
    return replace(shares(memory), **{name: value for name, value in configured.items() if value is not None})


def cgroup_limit(
    mounted: Path = controllers.MOUNTED, membership: Path = controllers.MEMBERSHIP
) -> int | None:
    """The lowest memory limit of the cgroup that this process is in; None where there is none."""
    said = controllers.read("memory", "memory.max", "memory.limit_in_bytes", mounted, membership)
    # version 1 says "no limit" by a number near 2^63, version 2 by `max`
    limits = [int(text) for text in said if text.isdigit() and int(text) < 2**60]
    return min(limits, default=None)


def resident_bytes(statm: Path = Path("/proc/self/statm")) -> int:
    """Our memory that is not the kernel's to take back.

    Not counted are files that are mapped, and the rings of captures, which are the kernel's memory and mapped like files.
    """
    # Asked ten times a second, also where there is hardly any CPU: without the nine system calls of a text file.
    descriptor = os.open(statm, os.O_RDONLY | os.O_CLOEXEC)
    try:
        text = os.read(descriptor, _STATM_BYTES)
    finally:
        os.close(descriptor)
    # proc(5): size, resident, shared (files and shared memory), … in pages
    _, resident, shared, *_ = text.split()
    return (int(resident) - int(shared)) * os.sysconf("SC_PAGE_SIZE")
