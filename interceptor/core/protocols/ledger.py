"""The ledger of reading: what the payload was, byte for byte, whether it can be read or not.

Owns one account for each server and protocol of which nothing is read, and sums by protocol. HTTP/1 has no account: its bytes are
those that are in none, so that what most packets are costs nothing here. Owns also who has proven to be a server, which tells of
connections met in the middle. Refuses to know any protocol but by its name.

Limits: `SERVERS` accounts have something to report at a time; beyond them there is one of each protocol for all servers. As many
servers are remembered, those that answered last: who makes up others has more records say that they assume.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final
from weakref import WeakValueDictionary

from interceptor.core.model import Drop, Outcome, Peers

if TYPE_CHECKING:
    from interceptor.core.protocols.http1.parser import Context

__all__ = [
    "HTTP1",
    "HTTP2",
    "PROXY",
    "SERVERS",
    "TLS",
    "TUNNEL",
    "UNRECOGNIZED",
    "WEBSOCKET",
    "Account",
    "Ledger",
    "Unread",
]

SERVERS: Final = 1_024
"""A node has hundreds; an account takes 200 bytes."""

HTTP1: Final = "http/1"
HTTP2: Final = "http/2"
WEBSOCKET: Final = "websocket"
PROXY: Final = "proxy"
"""The PROXY protocol's header, before whatever else it is."""
TLS: Final = "tls"
TUNNEL: Final = "tunnel"
"""What goes through one, and is not read."""
UNRECOGNIZED: Final = "unrecognized"

_Key = tuple[str, str, int, str]
"""Type of network, address and port of a server, and protocol."""


class Unread(Outcome, eq=False, gc=False):
    """What was not read of one server since the last time that it was asked for. Of `peers` only the server is known."""

    time: int
    """Of the first time that it was asked for since then, or the beginning."""
    end_time: int
    protocol: str
    connections: int
    """That began."""
    bytes: int


class Account:
    """Bytes of one protocol, of all connections to one server."""

    __slots__ = ("__weakref__", "_ledger", "bytes", "connections", "key", "protocol")

    def __init__(self, ledger: Ledger, key: _Key) -> None:
        self._ledger = ledger
        self.key = key
        self.protocol = key[3]
        self.connections = 0
        self.bytes = 0
        """Since the last report, as `connections`."""

    def deliver(self, size: int) -> None:
        """Bytes went by of which something is said, if not what they carry."""
        ledger = self._ledger
        ledger.context.delivered += size
        self.bytes += size
        ledger.sums[self.protocol] += size

    def drop(self, reason: Drop, size: int) -> None:
        """Bytes went by of which nothing is said."""
        self.count(size)
        self._ledger.context.drop(reason, size)
        if reason is Drop.NOT_HTTP:
            self._ledger.not_http += size

    def count(self, size: int) -> None:
        """Bytes are of this protocol, and counted elsewhere."""
        self.bytes += size
        self._ledger.sums[self.protocol] += size

    def answered(self, peers: Peers) -> None:
        """The server of these has answered as only one does."""
        self._ledger.answered(self.protocol, peers)


class Ledger:
    """All accounts of a pipeline."""

    def __init__(self, context: Context) -> None:
        """`context` counts for the stage that all of this is part of."""
        self.context = context
        self.sums: defaultdict[str, int] = defaultdict(int)
        """Bytes by protocol, of all accounts ever."""
        self.not_http = 0
        """Of them, those that are counted there as `NOT_HTTP`."""
        self._accounts: WeakValueDictionary[_Key, Account] = WeakValueDictionary()
        """Each for as long as a connection has it, or it has something to report."""
        self._news: dict[_Key, Account] = {}
        """Those that connections began with since the last report, and those with bytes."""
        self._answered: dict[_Key, None] = {}
        """Who has proven to be a server, the last one last."""
        self._since = 0

    def account(self, protocol: str, peers: Peers, *, begun: int = 0) -> Account:
        """That of a connection which is found to speak a protocol that is not read. `begun`: so many began."""
        key = (peers.network_type, peers.server_address, peers.server_port, protocol)
        if key not in self._accounts and len(self._accounts) >= SERVERS:
            key = ("", "", 0, protocol)
        return self._of(key, begun)

    def answered(self, protocol: str, peers: Peers) -> None:
        """The server of these has answered as only one does."""
        key = (peers.network_type, peers.server_address, peers.server_port, protocol)
        self._answered.pop(key, None)
        self._answered[key] = None
        if len(self._answered) > SERVERS:
            del self._answered[next(iter(self._answered))]

    def turned(self, protocol: str, peers: Peers) -> bool | None:
        """Whether the server is who is taken for the client here, as another connection has proven.

        None: nobody knows, as where both have answered.
        """
        network = peers.network_type
        server = (network, peers.server_address, peers.server_port, protocol) in self._answered
        client = (network, peers.client_address, peers.client_port, protocol) in self._answered
        return client if client is not server else None

    def sum(self, protocol: str, *, begun: int = 0) -> Account:
        """That of a protocol that is read, or of what nobody knows the server of."""
        return self._of(("", "", 0, protocol), begun)

    def _of(self, key: _Key, begun: int) -> Account:
        account = self._accounts.get(key)
        if account is None:
            account = self._accounts[key] = Account(self, key)
        self._news[key] = account
        account.connections += begun
        return account

    def read(self) -> dict[str, int]:
        """Bytes by protocol: all that came in order, but for what still waits to be told."""
        context, sums = self.context, dict(self.sums)
        strange = context.dropped.get(Drop.NOT_HTTP, 0) - self.not_http
        sums[UNRECOGNIZED] = sums.get(UNRECOGNIZED, 0) + strange
        known = sum(self.sums.values())
        sums[HTTP1] = context.delivered + context.thrown - known - strange
        return sums

    def unread(self, began: int, time: int) -> list[Unread]:
        """What was not read since the last time, by server; `time` is that of the capture, `began` that of its first packet."""
        found = [
            Unread(
                Peers("", 0, address, port, network_type, b"", None),
                self._since or began,
                time,
                protocol,
                account.connections,
                account.bytes,
            )
            for (network_type, address, port, protocol), account in sorted(self._accounts.items())
            if protocol not in _READ and account.bytes
        ]
        for account in self._accounts.values():
            account.bytes = account.connections = 0
        self._news.clear()
        self._since = time
        return found


_READ: Final = frozenset({HTTP1, HTTP2, PROXY, WEBSOCKET})
