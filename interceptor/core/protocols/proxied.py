"""The PROXY protocol's header: what a load balancer says of the client before the client's own bytes.

Owns its two forms (haproxy's `proxy-protocol.txt`, version 1: a line, version 2: binary), the validation of the
addresses in them, and a connection's first bytes until the header is whole, or is none. Refuses to believe: a header of the
right form is skipped, whatever it says; of its values only a client's address and port are kept, and only where they
are ones. What comes behind it is whatever its own first bytes say.

Limits: a line has at most 107 bytes; a binary header tells its length, and has as many as a head may have.
"""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address
from typing import TYPE_CHECKING, Final, NamedTuple

from interceptor.core.model import Chunk, Drop
from interceptor.core.protocols.conversation import CLIENT, Becoming, Conversation, End, Hole
from interceptor.core.protocols.opaque import NOTHING_COMES

if TYPE_CHECKING:
    from collections.abc import Callable

    from interceptor.core.budget import Budget
    from interceptor.core.model import Anomaly, Outcome, Peers
    from interceptor.core.protocols.conversation import Heard
    from interceptor.core.protocols.opaque import Nothing

__all__ = ["Announced", "ProxiedConversation", "announcement", "may_announce"]

_SIGNATURE: Final = b"\r\n\r\n\x00\r\nQUIT\n"
_WORD: Final = b"PROXY "
_TELLING: Final = _WORD[:4]
"""What begins so is neither the preface of HTTP/2 nor a method that is common."""
_LINE_BYTES: Final = 107
"""Section 2.1: "the longest possible line", with CRLF."""
_FIXED: Final = 16
"""Bytes of a binary header up to its addresses."""

_LARGEST_PORT: Final = 0xFFFF

_LINE: Final = (
    rb"PROXY (?:(TCP4|TCP6) ([0-9A-Fa-f:.]+) [0-9A-Fa-f:.]+ (\d{1,5}) \d{1,5}|UNKNOWN(?: [^\r\n]*)?)\r\n"
)
_ODD_LINE: Final = rb"PROXY TCP[46] [ -~]*\r\n"
"""Of the right form, and its values are none."""


class Announced(NamedTuple):
    """A whole header."""

    size: int
    """In bytes."""
    client: tuple[str, int] | None
    """Address and port, where it names one."""


def announcement(data: bytes | bytearray, limit: int) -> Announced | bool:
    """The header that these bytes, which are some, begin with; else whether they may be the beginning of one.

    One of more than `limit` bytes is none.
    """
    if data[:1] == b"P":
        return _line(data)
    if data[: len(_SIGNATURE)] != _SIGNATURE[: len(data)]:
        return False
    if len(data) < _FIXED:
        return len(data) <= len(_SIGNATURE) or data[12] >> 4 == 2
    size = _FIXED + int.from_bytes(data[14:16], "big")
    if data[12] >> 4 != 2 or size > limit:
        return False
    if len(data) < size:
        return True
    client: tuple[str, int] | None = None
    addresses = bytes(data[_FIXED:size])
    if data[12] & 0xF == 1:  # PROXY; LOCAL is the balancer itself
        family = data[13] >> 4
        if family == 1 and len(addresses) >= 12:
            client = str(IPv4Address(addresses[:4])), int.from_bytes(addresses[8:10], "big")
        elif family == 2 and len(addresses) >= 36:
            client = str(IPv6Address(addresses[:16])), int.from_bytes(addresses[32:34], "big")
    return Announced(size, client)


def _line(data: bytes | bytearray) -> Announced | bool:
    end = data.find(b"\n", 0, _LINE_BYTES) + 1
    if not end:
        return data[: len(_WORD)] == _WORD[: len(data)] and len(data) < _LINE_BYTES
    line = bytes(data[:end])
    match = re.fullmatch(_LINE, line)
    if match is None:
        return Announced(end, None) if re.fullmatch(_ODD_LINE, line) else False
    if match[1] is None:
        return Announced(end, None)
    kind = IPv4Address if match[1] == b"TCP4" else IPv6Address
    try:
        address, port = str(kind(match[2].decode("ascii"))), int(match[3])
    except ValueError:
        return Announced(end, None)
    return Announced(end, (address, port) if port <= _LARGEST_PORT else None)


def may_announce(data: bytes, limit: int) -> bool | None:
    """Whether a client's first bytes begin such a header, as far as they go; None: fewer than tell it from other things."""
    if data[:1] == b"P":
        if len(data) < len(_TELLING):
            return None if _TELLING.startswith(data) else False
        return data.startswith(_TELLING) and announcement(data, limit) is not False
    return data[:1] == b"\r" and announcement(data, limit) is not False


class ProxiedConversation(Conversation):
    """A connection whose client may have begun with such a header, until that is whole."""

    __slots__ = ("_budget", "_drop", "_held", "_limit", "_otherwise", "_start", "becomes", "peers")

    peers: Peers

    def __init__(
        self, peers: Peers, drop: Callable[[Drop, int], None], budget: Budget, limit: int, otherwise: str
    ) -> None:
        """`limit`: bytes of a header; `otherwise`: what the connection speaks where it is none."""
        self.peers = peers
        self.becomes: Becoming | None = None
        self._drop = drop
        self._budget = budget
        self._limit = limit
        self._otherwise = otherwise
        self._held = bytearray()
        self._start = 0, 0, 0
        """Position, time and place of what is held."""

    def rename(self, peers: Peers) -> None:
        """The ends are known better."""
        self.peers = peers

    def reader(self, side: int) -> Nothing:  # noqa: ARG002 - both are the same
        """Everything must be looked at."""
        return NOTHING_COMES

    def receive(self, side: int, chunk: Chunk, finished: list[Outcome]) -> None:  # noqa: ARG002
        """See whether the header is whole now. A server that speaks before has not waited for it."""
        if side != CLIENT:
            self._give_up((side, chunk))
            return
        held, before = self._held, len(self._held)
        if not before:
            self._start = chunk.base + chunk.cursor, chunk.time, chunk.place
        held += chunk.buffer[chunk.cursor : chunk.end]
        found = announcement(held, self._limit)
        if found is True:
            self._budget.held += len(held) - before
            chunk.cursor = chunk.end
            return
        del held[before:]
        if found is False:
            self._give_up((side, chunk))
            return
        self._budget.held -= before
        self._drop(Drop.PROXY_HEADER, found.size)
        held.clear()
        chunk.cursor += found.size - before
        if found.client is not None:
            self.peers = self.peers.announced(*found.client)
        self.becomes = Becoming("", [(side, chunk)])

    def gap(self, side: int, size: int, position: int, time: int, finished: list[Outcome]) -> None:  # noqa: ARG002
        """Whether it was a header is not known any more."""
        self._give_up((side, Hole(size, position, time)))

    def close(self, side: int, position: int, time: int, finished: list[Outcome], *, clean: bool) -> None:  # noqa: ARG002
        """It has no end."""
        self._give_up((side, End(position, time, clean)))

    def finish(self, unseen: Anomaly, finished: list[Outcome]) -> None:  # noqa: ARG002
        """What waits is told to another, or the connection is over without an end."""
        self._budget.held -= len(self._held)
        if self.becomes is None:
            self._drop(Drop.HEAD_INCOMPLETE, len(self._held))
        self._held.clear()

    def overdue(self, now: int, patience: int, finished: list[Outcome]) -> None:
        """Nothing is open."""

    def relieve(self, finished: list[Outcome]) -> None:  # noqa: ARG002
        """Wait no more."""
        if self._held:
            self._give_up()

    @property
    def weight(self) -> int:
        """Bytes of memory of what waits."""
        return len(self._held)

    def held(self, side: int, position: int) -> int:  # noqa: ARG002 - all of it is
        """Bytes that wait."""
        return len(self._held) if side == CLIENT else 0

    def _give_up(self, *heard: Heard) -> None:
        """It is no such header."""
        position, time, place = self._start
        held = Chunk(bytes(self._held), 0, len(self._held), position, time, place)
        self.becomes = Becoming(self._otherwise, [(CLIENT, held), *heard])
