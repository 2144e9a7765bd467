"""One stream while it is open: its transaction, and what is known of its two sides.

Owns what has to be remembered of it. Refuses to know when it is over (`streams`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from interceptor.core.model import Call
from interceptor.core.protocols.conversation import CLIENT
from interceptor.core.protocols.http2 import grpc
from interceptor.core.protocols.http2.grpc import Messages

if TYPE_CHECKING:
    from interceptor.core.model import Chunk, Request, Response, Transaction, i64

__all__ = ["Contents", "Stream"]


class Contents(Protocol):
    """What the bytes of one side's body are looked at for."""

    left: int
    """Coming bytes that nobody need look at. Whoever passes some of them over takes them off here."""

    @property
    def torn(self) -> bool:
        """Nobody need look at any more of them."""
        ...

    def receive(self, data: bytes, segment: Chunk) -> None:
        """Bytes of the body, behind those that were passed over, and the segment that they were taken from."""
        ...


class Stream:
    """A transaction that is open."""

    __slots__ = (
        "_messages",
        "asked",
        "connects",
        "doubtful",
        "lengths",
        "torn",
        "transaction",
        "tunnel",
        "uncertain",
    )

    def __init__(self, transaction: Transaction) -> None:
        self.transaction = transaction
        self.asked = False
        """The request is over."""
        self.uncertain = False
        """The response that has begun may be an interim one."""
        self.doubtful = [False, False]
        """By side: bytes may be missing between the frames of this stream."""
        self.torn = [False, False]
        """By side: the head was not read."""
        self.connects = False
        """It is a CONNECT, and not one that asks for a protocol that is not read (RFC 8441)."""
        self.tunnel = False
        """What comes is no body: it was a CONNECT, which was granted."""
        self.lengths: list[int | None] = [None, None]
        """By side: the body's, as its head declares it."""
        self._messages: list[Messages | None] = [None, None]

    def messages(self, side: i64) -> Messages | None:
        """What counts one side's messages, if it is a call."""
        return self._messages[side]

    def message(self, side: i64) -> Request | Response | None:
        """What one side has said."""
        return self.transaction.request if side == CLIENT else self.transaction.response

    def call(self, side: i64, content_type: str | None) -> None:
        """One side says what kind of content it sends."""
        system = grpc.family(content_type) if content_type else None
        if system is None:
            return
        if self.transaction.call is None:
            self.transaction.call = Call(system)
        if "-text" not in (content_type or ""):
            self._messages[side] = Messages()

    def settle(self) -> None:
        """Write down what was counted so far."""
        call = self.transaction.call
        if call is None:
            return
        asked, answered = self._messages
        if asked is not None and not asked.torn:
            call.request_messages, call.request_message_bytes = asked.count, asked.bytes
        else:
            call.request_messages = call.request_message_bytes = None
        if answered is not None and not answered.torn:
            call.response_messages, call.response_message_bytes = answered.count, answered.bytes
        else:
            call.response_messages = call.response_message_bytes = None
        if call.status is None and answered is not None:
            call.status = answered.status
