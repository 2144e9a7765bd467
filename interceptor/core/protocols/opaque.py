"""What is not read: bytes that are counted, and nothing else.

Owns no place in the stream: what goes by an opaque conversation need not even be in order, so that it costs next to nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from interceptor.core.protocols.conversation import Conversation

if TYPE_CHECKING:
    from collections.abc import Callable

    from interceptor.core.model import Anomaly, Chunk, Drop, Outcome, Peers
    from interceptor.core.protocols.conversation import Becoming

__all__ = ["NOTHING_COMES", "Nothing", "Opaque"]


class Nothing:
    """The reader of sides of which nothing may go by unseen."""

    __slots__ = ("remaining",)

    def __init__(self) -> None:
        self.remaining = 0


NOTHING_COMES: Final = Nothing()
"""One for all: nobody has fewer bytes in hand than none, so it is never changed."""


class Opaque(Conversation):
    """A connection that is not read, or not any more."""

    __slots__ = ("_drop", "_reason", "becomes", "peers")

    peers: Peers

    def __init__(self, peers: Peers, drop: Callable[[Drop, int], None], reason: Drop) -> None:
        """`drop` counts bytes, `reason` is what these count as."""
        self.peers = peers
        self.becomes: Becoming | None = None
        self._drop = drop
        self._reason = reason

    def rename(self, peers: Peers) -> None:
        """Nothing here is told of them."""
        self.peers = peers

    def reader(self, side: int) -> Nothing:  # noqa: ARG002 - both are the same
        """What has nothing to read."""
        return NOTHING_COMES

    def receive(self, side: int, chunk: Chunk, finished: list[Outcome]) -> None:  # noqa: ARG002
        """Bytes that were left by what it was before."""
        self.passed(side, chunk.end - chunk.cursor)
        chunk.cursor = chunk.end

    def gap(self, side: int, size: int, position: int, time: int, finished: list[Outcome]) -> None:
        """Of what is not read nothing is missed."""

    def close(self, side: int, position: int, time: int, finished: list[Outcome], *, clean: bool) -> None:
        """Nothing hangs on it."""

    def finish(self, unseen: Anomaly, finished: list[Outcome]) -> None:
        """Nothing is open."""

    def overdue(self, now: int, patience: int, finished: list[Outcome]) -> None:
        """Nothing is open."""

    def relieve(self, finished: list[Outcome]) -> None:
        """Nothing waits."""

    def passed(self, side: int, size: int) -> None:  # noqa: ARG002 - they are counted together
        """So many bytes went by."""
        self._drop(self._reason, size)

    @property
    def opaque(self) -> bool:
        """Nothing will ever be read here."""
        return True

    def held(self, side: int, position: int) -> int:  # noqa: ARG002 - nothing ever is
        """All are counted at once."""
        return 0
