"""A connection of a protocol that has a name and is not read, for as long as it may turn to TLS.

Owns the watch for a client's hello: SMTP, IMAP, POP3, FTP, LDAP, PostgreSQL, MySQL and others begin in clear and agree on TLS
(`STARTTLS` and what else they call it). Refuses to read what they agree by: the hello is proof enough, since a client sends it
only when its server has agreed, so that a segment begins with it.

Limits: after `WATCHED_BYTES` of the client nobody looks any more; a hello that is cut before its sixth byte is not known.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from interceptor.core.model import Drop
from interceptor.core.protocols.conversation import CLIENT, Becoming
from interceptor.core.protocols.ledger import TLS
from interceptor.core.protocols.opaque import Opaque
from interceptor.core.protocols.tls.recognition import greets

if TYPE_CHECKING:
    from interceptor.core.model import Chunk, Outcome, Peers
    from interceptor.core.protocols.ledger import Account

__all__ = ["WATCHED_BYTES", "ForeignConversation", "Unwatched"]

WATCHED_BYTES: Final = 4 * 2**10
"""Whoever encrypts does so before there is anything to hide: after a greeting and what both can do."""


class Unwatched(Becoming, kw_only=True):
    """It stays what it is, and nobody looks any more."""

    account: Account


class ForeignConversation(Opaque):
    """Counts, and waits for a hello."""

    __slots__ = ("_account", "_seen")

    def __init__(self, peers: Peers, account: Account) -> None:
        super().__init__(peers, account.drop, Drop.NOT_HTTP)
        self._account = account
        self._seen = 0
        """Bytes of the client."""

    def receive(self, side: int, chunk: Chunk, finished: list[Outcome]) -> None:
        """Count, unless it is the hello."""
        if side == CLIENT:
            if (
                self._seen
                and greets(chunk.buffer[chunk.cursor : chunk.end])
                and chunk.buffer[chunk.cursor] < 0x80
            ):
                self.becomes = Becoming(TLS, [(side, chunk)])
                return
            self._seen += chunk.end - chunk.cursor
            if self._seen > WATCHED_BYTES:
                self.becomes = Unwatched(self._account.protocol, account=self._account)
        super().receive(side, chunk, finished)

    @property
    def opaque(self) -> bool:
        """Every byte must be looked at."""
        return False
