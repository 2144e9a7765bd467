"""A running capture: where its packets come out and its questions go in."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Final, Self

from rpcapd_client.errors import ConnectionLost, RpcapError, UsageError
from rpcapd_client.filters import Conversation, compile_without
from rpcapd_client.linktypes import from_dlt
from rpcapd_client.wire import (
    EndCaptureReply,
    EndCaptureRequest,
    FilterReply,
    FilterRequest,
    StatisticsReply,
    StatisticsRequest,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable

    from rpcapd_client.control import Control
    from rpcapd_client.data import Data
    from rpcapd_client.packets import Batch

__all__ = ["Capture"]

_LAST_WORD: Final = 1.0
"""Seconds that the control connection gets to say why the data connection ended."""


class Capture:
    """A running capture: an async iterator of `Batch`, and an async context manager.

    Iterating gives packets in the order the server sent them. It ends when the capture is closed; if it
    ends otherwise (the interface disappeared, the server died), what has come is given first and then
    `RemoteError`, `ConnectionLost` or `ProtocolError` is raised. A batch holds at most one read of 256 KiB.

    A consumer that is too slow makes the server's kernel drop packets: see `statistics`.
    """

    def __init__(
        self,
        control: Control,
        data: Data,
        device: str,
        dlt: int,
        own: tuple[Conversation, ...],
        exclude: tuple[Conversation, ...],
    ) -> None:
        self._control = control
        self._data = data
        self._own = own
        self._exclude = exclude
        self._failure: RpcapError | None = None
        self._trouble = asyncio.Event()
        self.closed = False
        self.device = device
        self.dlt = dlt
        """The server's number (DLT_) of the link type."""
        self.link_type = from_dlt(dlt)
        """The number in capture files (LINKTYPE_)."""
        control.on_trouble = self._troubled
        if control.trouble is not None:
            self._troubled(control.trouble)

    @property
    def missing(self) -> int:
        """Packets that the server sent and that did not come: over UDP, where the network may lose them."""
        return self._data.missing

    @property
    def malformed(self) -> int:
        """Datagrams that were left out: not a packet of rpcapd's, or of a stranger."""
        return self._data.malformed

    def __aiter__(self) -> AsyncIterator[Batch]:
        return self

    async def __anext__(self) -> Batch:
        batch = await self._data.read()
        if batch is not None:
            return batch
        if self.closed:
            raise StopAsyncIteration
        if self._data.error is not None:
            raise self._data.error.with_traceback(None)
        if self._failure is None:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_LAST_WORD):
                    await self._trouble.wait()
        raise (
            self._failure.with_traceback(None)
            if self._failure is not None
            else ConnectionLost(f"{self._control.peer} ended the data connection and does not say why")
        )

    async def statistics(self) -> StatisticsReply:
        """Ask the server for its counters of this capture: packets, since its start.

        Raises `RemoteError`, `ConnectionLost`, `ProtocolError`; `UsageError` once the capture is closed, for
        then rpcapd answers with zeros.
        """
        self._check_open()
        return await self._control.request(StatisticsRequest(), StatisticsReply)

    async def update_filter(
        self,
        filter: str,  # noqa: A002  # as in `open_capture`
        *,
        exclude: Iterable[Conversation] | None = None,
    ) -> None:
        """Replace the filter, and the conversations to exclude if `exclude` is given.

        Packets that the server's ring already holds still come. Not for use in a loop: rpcapd leaks the
        memory of each (up to 64 KiB, CVE-2026-18313).

        Raises `FilterError`, `RemoteError` (the old filter stays), `ConnectionLost`, `ProtocolError`.
        """
        self._check_open()
        without = self._exclude if exclude is None else tuple(exclude)
        instructions = compile_without(filter, (*self._own, *without), self.link_type)
        await self._control.request(FilterRequest(instructions), FilterReply)
        self._exclude = without

    def _check_open(self) -> None:
        if self.closed:
            raise UsageError(f"the capture of {self.device} is closed")

    async def close(self) -> None:
        """End the capture; what has not been read is gone. The client can start another.

        The data connection goes first: while rpcapd is blocked in sending a packet, it cannot end.
        """
        if self.closed:
            return
        self.closed = True
        self._control.on_trouble = None
        self._data.close()
        # refused: it had ended by itself; lost: it has ended with the connection
        with contextlib.suppress(RpcapError):
            await self._control.request(EndCaptureRequest(), EndCaptureReply)

    def _troubled(self, error: RpcapError) -> None:
        # the first one is the reason, what follows are consequences
        if self._failure is None:
            self._failure = error
            self._trouble.set()
            self._data.finish()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()
