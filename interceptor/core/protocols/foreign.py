"""A connection of a protocol that has a name and is not read, for as long as it may turn to TLS.

Owns the watch for a client's hello: SMTP, IMAP, POP3, FTP, LDAP, PostgreSQL, MySQL and others begin in clear and agree on TLS
(`STARTTLS` and what else they call it). Refuses to read what they agree by: the hello is proof enough, since a client sends it
only when its server has agreed, so that a segment begins with it.

Limits: after `WATCHED_BYTES` of the client nobody looks any more; a hello that is cut before its sixth byte is not known.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from interceptor.core.model import Drop
from interceptor.core.protocols.conversation import CLIENT, Becoming, Conversation
from interceptor.core.protocols.ledger import TLS
from interceptor.core.protocols.opaque import NOTHING_COMES
from interceptor.core.protocols.tls.recognition import greets

if TYPE_CHECKING:
    from interceptor.core.model import Anomaly, Chunk, Outcome, Peers
    from interceptor.core.protocols.ledger import Account
    from interceptor.core.protocols.opaque import Nothing

__all__ = ["WATCHED_BYTES", "ForeignConversation", "Unwatched"]

WATCHED_BYTES: Final = 4 * 2**10
"""Whoever encrypts does so before there is anything to hide: after a greeting and what both can do."""


class Unwatched(Becoming, kw_only=True):
    """It stays what it is, and nobody looks any more."""

    account: Account


class ForeignConversation(Conversation):
    """Counts, and waits for a hello."""

    __slots__ = ("_account", "_seen", "becomes", "peers")

    peers: Peers

    def __init__(self, peers: Peers, account: Account) -> None:
        self.peers = peers
        self.becomes: Becoming | None = None
        self._account = account
        self._seen = 0
        """Bytes of the client."""

    def rename(self, peers: Peers) -> None:
        """The ends are known better."""
        self.peers = peers

    def reader(self, side: int) -> Nothing:  # noqa: ARG002 - both are the same
        """Everything must be looked at."""
        return NOTHING_COMES

    def receive(self, side: int, chunk: Chunk, finished: list[Outcome]) -> None:  # noqa: ARG002
        """Count, unless it is the hello."""
        size = chunk.end - chunk.cursor
        if side == CLIENT:
            if (
                self._seen
                and greets(chunk.buffer[chunk.cursor : chunk.end])
                and chunk.buffer[chunk.cursor] < 0x80
            ):
                self.becomes = Becoming(TLS, [(side, chunk)])
                return
            self._seen += size
            if self._seen > WATCHED_BYTES:
                self.becomes = Unwatched(self._account.protocol, account=self._account)
        self._account.drop(Drop.NOT_HTTP, size)
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

    def held(self, side: int, position: int) -> int:  # noqa: ARG002 - nothing ever is
        """All are counted at once."""
        return 0
