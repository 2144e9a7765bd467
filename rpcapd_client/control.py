"""The control connection: `protocol.Session` on an asyncio transport.

Owns the deadline of every answer, the sign of life, and the end of the connection. Feed, take events,
write, dispatch: everything about messages is in `protocol`.

A request that is cancelled or not answered in time closes the connection: its answer could still come, and
nothing in it would tell whose it is.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

from rpcapd_client.errors import ConnectionLost, ProtocolError, RpcapError
from rpcapd_client.protocol import Answered, Lost, Refused, Session, State, Unasked
from rpcapd_client.wire import CloseRequest, StatisticsReply, StatisticsRequest

if TYPE_CHECKING:
    from collections.abc import Callable

    from rpcapd_client.wire import Reply, Request

__all__ = ["KEEP_ALIVE", "Control"]

KEEP_ALIVE = 60.0
"""Seconds without a request after which one is sent. rpcapd closes after 180 s, and a server that has gone
without a word is noticed by it."""

_GOODBYE = 1.0
"""Seconds for what is written to leave, and for TLS to say that it ends."""

_ReplyT = TypeVar("_ReplyT", bound="Reply")


class Control(asyncio.Protocol):
    """One control connection. `peer` and `timeout` (seconds, for each answer) are for its messages."""

    def __init__(self, peer: str, timeout: float) -> None:
        self.peer = peer
        self.timeout = timeout
        self.session = Session()
        self.failure: ProtocolError | ConnectionLost | None = None
        """Why the connection is over; None while it is not."""
        self.on_trouble: Callable[[RpcapError], None] | None = None
        """Called when the server reports an error by itself, and when the connection is lost."""
        self.trouble: RpcapError | None = None
        """The first of these since it was last set to None."""
        loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._gone: asyncio.Future[None] = loop.create_future()
        self._turn = asyncio.Lock()
        self._answer: asyncio.Future[Answered | Refused | Lost] | None = None
        self._last_request = loop.time()
        self._life: asyncio.Task[None] | None = None

    @property
    def transport(self) -> asyncio.Transport:
        """The transport, for its addresses."""
        if self._transport is None:  # `create_connection` gives us out after `connection_made`
            raise AssertionError
        return self._transport

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        if not isinstance(transport, asyncio.Transport):  # of a stream it is one
            raise TypeError
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Feed, then dispatch."""
        self.session.receive_data(data)
        self._dispatch()

    def eof_received(self) -> None:
        """The server has closed; so do we."""
        self.session.receive_eof()
        self._dispatch()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing will come any more."""
        if self.failure is None and exc is not None:
            self.fail(ConnectionLost(f"the connection to {self.peer} broke: {exc}"))
        self.session.receive_eof()
        self._dispatch()
        if self._life is not None:
            self._life.cancel()
        if not self._gone.done():
            self._gone.set_result(None)

    # our side

    async def request(self, request: Request, reply: type[_ReplyT]) -> _ReplyT:
        """Send a request and wait for its answer, in turn.

        Raises `UsageError` (nothing was sent), `RemoteError`, `ProtocolError`, `ConnectionLost`.
        """
        async with self._turn:
            if self.failure is not None:
                raise self.failure.with_traceback(None)
            self.session.send(request)
            loop = asyncio.get_running_loop()
            self._answer = loop.create_future()
            self._last_request = loop.time()
            self.transport.write(self.session.data_to_send())
            try:
                async with asyncio.timeout(self.timeout):
                    event = await self._answer
            except TimeoutError:
                silence = ConnectionLost(
                    f"{self.peer} gave no answer to {request.type.name} in {self.timeout:g} s"
                )
                self.fail(silence)
                raise silence from None
            except asyncio.CancelledError:
                self.fail(ConnectionLost(f"{request.type.name} was cancelled before its answer came"))
                raise
            finally:
                self._answer = None
        if not isinstance(event, Answered):
            raise event.error
        if not isinstance(event.reply, reply):  # the session has seen to it
            raise TypeError
        return event.reply

    def keep_alive(self) -> None:
        """Begin to give signs of life, for as long as the connection lasts."""
        self._life = asyncio.get_running_loop().create_task(self._live(), name="rpcap keep-alive")

    async def _live(self) -> None:
        loop = asyncio.get_running_loop()
        while self.failure is None:
            rest = self._last_request + KEEP_ALIVE - loop.time()
            if rest > 0:
                await asyncio.sleep(rest)
                continue
            try:
                await self.request(StatisticsRequest(), StatisticsReply)
            except RpcapError as error:
                # lost: whoever uses the connection is told; refused: a sign of life all the same
                if isinstance(error, ProtocolError | ConnectionLost):
                    return

    def fail(self, error: ProtocolError | ConnectionLost) -> None:
        """End the connection, because of `error`. Only the first one counts."""
        if self.failure is not None:
            return
        self.failure = error
        self.session.state = State.CLOSED
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(Lost(error))
        if self._transport is not None:
            self._transport.abort()
        self._report(error)

    def _report(self, error: RpcapError) -> None:
        if self.trouble is None:
            self.trouble = error
        if self.on_trouble is not None:
            self.on_trouble(error)

    async def close(self, *, say_close: bool) -> None:
        """Close, with a CLOSE message if `say_close` and it can be said. At most a second."""
        life, self._life = self._life, None
        try:
            if life is not None:
                life.cancel()
                await asyncio.wait([life])
            if self.failure is None:
                self.failure = ConnectionLost("the connection was closed by its user")
                if say_close and self.session.pending is None:
                    self.session.send(CloseRequest())
                    self.transport.write(self.session.data_to_send())
                self.session.state = State.CLOSED
                self.transport.close()
            async with asyncio.timeout(_GOODBYE):
                await asyncio.shield(self._gone)
        except TimeoutError:
            self.transport.abort()
            await self._gone
        except asyncio.CancelledError:
            self.transport.abort()
            raise

    def _dispatch(self) -> None:
        for event in self.session.events():
            match event:
                case Answered() | Refused():
                    if self._answer is not None and not self._answer.done():
                        self._answer.set_result(event)
                case Unasked(error):
                    self._report(error)
                case Lost(error):
                    self.fail(type(error)(f"{self.peer}: {error}"))
