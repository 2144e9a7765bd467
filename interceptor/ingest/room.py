"""How much of what clients send is held at once, and whose it is.

Owns two bounds: of bodies as they come (`Bodies`), and of batches unpacked (`Turns`). Refuses HTTP, and any limit of its
own: whoever has one says how much.

Fair by client: where bodies take more than there is room for, the client that holds most gives up the one that it began
last. So a client that begins a hundred bodies and ends none costs itself, not the others.
"""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

__all__ = ["Bodies", "Body", "NoRoomError", "Turns"]


class NoRoomError(Exception):
    """A body has to go, so that there is room for those of others."""


class Body:
    """What has come of one body. Counted until it is let go."""

    def __init__(self, bodies: Bodies, client: str, room: asyncio.Timeout) -> None:
        self._bodies = bodies
        self._until = room
        self.client: Final = client
        self.size = 0
        self.refused = False
        """It is to be given up."""

    def add(self, size: int) -> None:
        """More of it came.

        Raises:
            NoRoomError: it is to be given up.

        """
        self.size += size
        self._bodies.grown(self, size)
        if self.refused:
            raise NoRoomError

    def give_up(self, now: float) -> None:
        """Somebody else needs the room: it counts no more, and whoever waits for the rest of it is woken up."""
        self.refused = True
        self._until.reschedule(now)


class Bodies:
    """All bodies that are held."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._coming: list[Body] = []
        """Of which not all is there, in the order in which they began."""
        self._clients: dict[str, int] = {}
        self.size = 0

    @asynccontextmanager
    async def coming(self, client: str, seconds: float) -> AsyncIterator[Body]:
        """A body, while it comes; for so long at most.

        Raises:
            NoRoomError: others need the room.
            TimeoutError: the time is over.

        """
        try:
            async with asyncio.timeout(seconds) as until:
                body = Body(self, client, until)
                self._coming.append(body)
                try:
                    yield body
                except BaseException:
                    self.let_go(body)
                    raise
                finally:
                    if body in self._coming:
                        self._coming.remove(body)
        except TimeoutError:
            if body.refused:
                raise NoRoomError from None
            raise
        if body.refused:
            raise NoRoomError

    def grown(self, body: Body, size: int) -> None:
        """More is held; if it is too much, somebody's body is given up."""
        if body.refused:
            return
        self._count(body.client, size)
        while self.size > self._limit:
            victim = self._victim()
            self._coming.remove(victim)
            self._count(victim.client, -victim.size)
            victim.give_up(asyncio.get_running_loop().time())

    def let_go(self, body: Body) -> None:
        """It is held no more."""
        if not body.refused:
            self._count(body.client, -body.size)
            body.size = 0

    def _victim(self) -> Body:
        most = max([body.client for body in self._coming], key=lambda client: self._clients.get(client, 0))
        return next(body for body in reversed(self._coming) if body.client == most)

    def _count(self, client: str, size: int) -> None:
        self.size += size
        left = self._clients.get(client, 0) + size
        if left:
            self._clients[client] = left
        else:
            self._clients.pop(client, None)


class Turns:
    """Room for batches that are unpacked. Who came first has his turn first."""

    def __init__(self, room: int) -> None:
        self._room: Final = room
        self._taken = 0
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()

    async def take(self, size: int) -> int:
        """Wait for so much room, and have it; gives how much that is: never more than there is."""
        size = min(size, self._room)
        if not self._waiting and self._taken + size <= self._room:
            self._taken += size
            return size
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((size, turn))
        try:
            await turn
        except BaseException:
            if turn.cancelled():
                self._next()
            else:
                self.give(size)
            raise
        return size

    def give(self, size: int) -> None:
        """Have so much less."""
        self._taken -= size
        self._next()

    def _next(self) -> None:
        while self._waiting:
            size, turn = self._waiting[0]
            if not turn.cancelled():
                if self._taken + size > self._room:
                    return
                self._taken += size
                turn.set_result(None)
            self._waiting.popleft()
