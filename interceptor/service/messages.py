"""What the daemon and its workers say to each other: kinds of messages, and what is in them.

Owns both vocabularies, which `workers` and `worker` share. Refuses pipes (`channel`). Each message has a number and a body; what is not
named has none.
"""

from __future__ import annotations

import signal
from enum import IntEnum
from typing import Final

import msgspec

__all__ = ["DEAF_TO", "NONE", "Answer", "Order", "Start"]

DEAF_TO: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""What whoever sends it to all processes means for the daemon: what a worker has to know, it is told in a message."""
NONE: Final = -1
"""No number."""


class Order(IntEnum):
    """What a worker is told."""

    START = 0
    """`Start`; the first one."""
    INTERFACE = 1
    """Name and link type of the one with this number, whose packets will come."""
    GONE = 2
    """That with this number has none any more."""
    PACKETS = 3
    """Of the interface with this number, as `dealing.taken_up` reads them."""
    TICK = 4
    """The number is a time: that of packets, up to which nothing more will come; `NONE`: that is not known."""
    UNREAD = 5
    """It is time to report what was not read."""
    LEAVE_OUT = 6
    """Whose traffic in tunnels is not to be seen."""
    LEVEL = 7
    """From which level on the log is wanted."""
    END = 8
    """No more packets will come: report everything, and end."""


class Answer(IntEnum):
    """What a worker says."""

    LINES = 0
    """So many records, as JSON Lines."""
    TALLY = 1
    """`tallies.Tally`, of all that was said before."""


class Start(msgspec.Struct, frozen=True):
    """What a worker has to know."""

    config: str
    """As JSON; only what is a worker's business."""
    live: bool
    """Packets come as they are captured, …"""
    here: bool
    """… on this machine."""
    worker: int
    """Which one this is, counted from 1."""
