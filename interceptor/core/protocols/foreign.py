"""A connection of a protocol that has a name and is not read, for as long as it may turn to TLS.

Owns the watch for a client's hello: SMTP, IMAP, POP3, FTP, LDAP, PostgreSQL, MySQL and others begin in clear and agree on TLS
(`STARTTLS` and what else they call it). Refuses to read what they agree by: the hello is proof enough, since a client sends it
only when its server has agreed, so that a segment begins with it.

Limits: after `WATCHED_BYTES` of the client nobody looks any more; five bytes wait, where a hello is cut before its sixth.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from interceptor.core.model import Chunk, Drop
from interceptor.core.protocols.conversation import CLIENT, Becoming
from interceptor.core.protocols.ledger import TLS
from interceptor.core.protocols.opaque import Opaque
from interceptor.core.protocols.tls.recognition import greets

if TYPE_CHECKING:
    from interceptor.core.model import Outcome, Peers
    from interceptor.core.protocols.ledger import Account

__all__ = ["WATCHED_BYTES", "ForeignConversation", "Unwatched"]

WATCHED_BYTES: Final = 4 * 2**10
"""Whoever encrypts does so before there is anything to hide: after a greeting and what both can do."""


class Unwatched(Becoming, kw_only=True):
    """It stays what it is, and nobody looks any more."""

    account: Account


class ForeignConversation(Opaque):
    """Counts, and waits for a hello."""

    __slots__ = ("_account", "_begun", "_seen")

    def __init__(self, peers: Peers, account: Account) -> None:
        super().__init__(peers, account.drop, Drop.NOT_HTTP)
        self._account = account
        self._seen = 0
        """Bytes of the client."""
        self._begun = b""
        """The beginning of a segment of the client that may be that of a hello: at most five bytes."""

    def receive(self, side: int, chunk: Chunk, finished: list[Outcome]) -> None:
        """Count, unless it is the hello."""
        if side == CLIENT:
            begun, self._begun = self._begun, b""
            if begun:
                data = begun + chunk.buffer[chunk.cursor : chunk.end]
                base = chunk.base + chunk.cursor - len(begun)
                chunk.cursor = chunk.end
                chunk = Chunk(data, 0, len(data), base, chunk.time, chunk.place)
            data = chunk.buffer[chunk.cursor : chunk.end]
            hello = greets(data) if self._seen and data[:1] < b"\x80" else False
            if hello:
                self.becomes = Becoming(TLS, [(side, chunk)])
                return
            if hello is None:
                self._begun = data
                chunk.cursor = chunk.end
                return
            self._seen += len(data)
            if self._seen > WATCHED_BYTES:
                self.becomes = Unwatched(self._account.protocol, account=self._account)
        super().receive(side, chunk, finished)

    def gap(self, side: int, size: int, position: int, time: int, finished: list[Outcome]) -> None:  # noqa: ARG002
        """What had begun before it is none."""
        if side == CLIENT:
            self._count_begun()

    def close(self, side: int, position: int, time: int, finished: list[Outcome], *, clean: bool) -> None:  # noqa: ARG002
        """What had begun there is none."""
        if side == CLIENT:
            self._count_begun()

    def _count_begun(self) -> None:
        begun, self._begun = self._begun, b""
        self.passed(CLIENT, len(begun))

    def held(self, side: int, position: int) -> int:  # noqa: ARG002 - none went by
        """What has begun."""
        return len(self._begun) if side == CLIENT else 0

    @property
    def opaque(self) -> bool:
        """Every byte must be looked at."""
        return False
