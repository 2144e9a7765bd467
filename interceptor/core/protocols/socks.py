"""SOCKS 4, 4a and 5: what a client asks a proxy for before it speaks to somebody else.

Owns the negotiation (RFC 1928, RFC 1929; SOCKS 4 as its authors' memoranda have it). Granted or refused, the connection becomes
a tunnel to where it was to lead; when what comes is no SOCKS, it becomes whatever that is. Refuses names of users and passwords:
they are passed over, and nothing of them is kept.

Both sides are read again from their beginning with each piece that comes: it is a few hundred bytes, and comes once. What
they have said beyond goes to what comes after.

Limits: `HELD_BYTES` of both sides until the answer has come.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address
from typing import TYPE_CHECKING, Final, TypeAlias

from msgspec import Struct

from interceptor.core.model import Chunk, Drop
from interceptor.core.protocols.conversation import CLIENT, NOWHERE, SERVER, Becoming, Conversation, End, Hole
from interceptor.core.protocols.opaque import NOTHING_COMES
from interceptor.core.protocols.tunnel import Opening

if TYPE_CHECKING:
    from collections.abc import Callable

    from interceptor.core.budget import Budget
    from interceptor.core.model import Anomaly, Outcome, Peers
    from interceptor.core.protocols.conversation import Heard
    from interceptor.core.protocols.opaque import Nothing

__all__ = ["HELD_BYTES", "NOT_SOCKS", "Negotiation", "SocksConversation", "may_begin", "negotiate"]

HELD_BYTES: Final = 16 * 2**10
"""A negotiation has at most 1 KiB. Behind it a client may send what is meant for the other end before it has an answer."""

_SOCKS_4: Final = 4
_SOCKS_5: Final = 5
_COMMANDS_4: Final = frozenset({1, 2})
"""CONNECT and BIND."""
_HEAD_4: Final = 8
"""Bytes of a request of SOCKS 4 before its user, and of the answer."""
_MOST_4: Final = 512
"""Bytes of its user and name together, as far as anybody sends them; each ends with a zero."""
_GRANTED_4: Final = 90
_ERRORS_4: Final = {91: "rejected", 92: "no_identd", 93: "identd_mismatch"}
_NOTHING: Final = 0
_PASSWORD: Final = 2
_NO_METHOD: Final = 0xFF
_BY_NAME: Final = 3
_ADDRESSES: Final = {1: 4, 4: 16}
"""Bytes of the addresses of a type."""
_HEAD_5: Final = 4
"""Bytes of a request or answer of SOCKS 5 before its address."""
_PORT: Final = 2
_ERRORS_5: Final = {
    1: "general_failure",
    2: "not_allowed",
    3: "network_unreachable",
    4: "host_unreachable",
    5: "connection_refused",
    6: "ttl_expired",
    7: "command_not_supported",
    8: "address_type_not_supported",
}
"""RFC 1928 section 6."""


class Negotiation(Struct, frozen=True, gc=False):
    """What was negotiated."""

    protocol: str
    """`socks4` or `socks5`."""
    client: int
    """Bytes that it has of the client, …"""
    server: int
    """… and of the server."""
    target: str | None = None
    """Host and port, as the client asks for them."""
    error: str | None = None
    """Why it was not granted."""


class _NotSocks:
    """Whatever speaks here, it is no SOCKS, or none that can be followed."""


NOT_SOCKS: Final = _NotSocks()
_Said: TypeAlias = "Negotiation | _NotSocks | None"


def may_begin(data: bytes) -> bool:
    """Whether a client may begin so, as far as it goes. No request of HTTP begins with these versions."""
    return negotiate(data, b"") is None


def negotiate(client: bytes, server: bytes) -> _Said:
    """What both sides have said from the beginning on; None as long as more has to come."""
    if not client:
        return NOT_SOCKS if server else None
    if client[0] == _SOCKS_5:
        return _negotiate_5(client, server)
    return _negotiate_4(client, server) if client[0] == _SOCKS_4 else NOT_SOCKS


def _negotiate_4(client: bytes, server: bytes) -> _Said:
    """Version, command, port, address, user; behind an address of 0.0.0.x the name (SOCKS 4a). Then 0 and a code."""
    if client[1:2] and client[1] not in _COMMANDS_4:
        return NOT_SOCKS
    end = client.find(0, _HEAD_4) + 1
    host = str(IPv4Address(client[4:8])) if end else ""
    if end and client[4:7] == bytes(3) and client[7]:
        start, end = end, client.find(0, end) + 1
        host = client[start : end - 1].decode("latin-1")
    if not end:
        return NOT_SOCKS if len(client) > _HEAD_4 + _MOST_4 else None
    if server[:1] not in {b"", b"\0"}:
        return NOT_SOCKS
    if len(server) < _HEAD_4:
        return None
    if server[1] != _GRANTED_4 and server[1] not in _ERRORS_4:
        return NOT_SOCKS
    target = f"{host}:{int.from_bytes(client[2:4], 'big')}"
    return Negotiation("socks4", end, _HEAD_4, target, _ERRORS_4.get(server[1]))


def _negotiate_5(client: bytes, server: bytes) -> _Said:
    """Methods and the one that is taken, what that wants, request and answer."""
    if server[:1] not in {b"", b"\5"}:
        return NOT_SOCKS
    asked, answered = 2, 2
    if len(client) < asked or len(client) < (asked := asked + client[1]) or len(server) < answered:
        return None
    method = server[1]
    if method == _NO_METHOD:
        return Negotiation("socks5", asked, answered, error="no_acceptable_method")
    if method not in {_NOTHING, _PASSWORD} or method not in client[2:asked]:
        return NOT_SOCKS  # what others, such as GSSAPI, do to what follows is their business
    if method == _PASSWORD:
        # RFC 1929: 1, user, password; each of these two behind its length. Then 1 and a status.
        version = client[asked : asked + 1] or server[answered : answered + 1] or b"\1"
        if version != b"\1":
            return NOT_SOCKS
        asked += 1
        for _ in range(2):
            if len(client) <= asked:
                return None
            asked += 1 + client[asked]
        answered += 2
        if len(client) < asked or len(server) < answered:
            return None
        if server[answered - 1]:
            return Negotiation("socks5", asked, answered, error="authentication_failed")
    wanted = _address(client, asked)
    if wanted is None or isinstance(wanted, _NotSocks):
        return wanted
    target, asked = wanted
    granted = _address(server, answered)
    if granted is None or isinstance(granted, _NotSocks):
        return granted
    code = server[answered + 1]
    return Negotiation(
        "socks5", asked, granted[1], target, (_ERRORS_5.get(code) or "unassigned") if code else None
    )


def _address(data: bytes, at: int) -> tuple[str, int] | _NotSocks | None:
    """Host and port of a request or an answer of SOCKS 5 that begins here, and where it ends."""
    if data[at : at + 1] not in {b"", b"\5"}:
        return NOT_SOCKS
    start = at + _HEAD_5
    if len(data) < start:
        return None
    kind = data[start - 1]
    if kind != _BY_NAME and kind not in _ADDRESSES:
        return NOT_SOCKS
    if kind == _BY_NAME:
        size = data[start] if len(data) > start else 0
        start += 1
    else:
        size = _ADDRESSES[kind]
    end = start + size
    if len(data) < end + _PORT:
        return None
    text = data[start:end]
    if kind == _BY_NAME:
        host = text.decode("latin-1")
    else:
        host = str(IPv4Address(text)) if len(text) == 4 else f"[{IPv6Address(text)}]"
    return f"{host}:{int.from_bytes(data[end : end + _PORT], 'big')}", end + _PORT


class SocksConversation(Conversation):
    """The negotiation of one connection."""

    __slots__ = ("_budget", "_came", "_drop", "_heard", "becomes", "peers")

    peers: Peers

    def __init__(self, peers: Peers, drop: Callable[[Drop, int], None], budget: Budget) -> None:
        self.peers = peers
        self.becomes: Becoming | None = None
        self._drop = drop
        self._budget = budget
        self._heard: list[Heard] = []
        """All that was said, in order."""
        self._came = [b"", b""]
        """The bytes of it, by side."""

    def rename(self, peers: Peers) -> None:
        """The ends are known better."""
        self.peers = peers

    def reader(self, side: int) -> Nothing:  # noqa: ARG002 - both are the same
        """Everything must be looked at."""
        return NOTHING_COMES

    def receive(self, side: int, chunk: Chunk, finished: list[Outcome]) -> None:  # noqa: ARG002
        """Bytes of one side, in order."""
        data = chunk.buffer[chunk.cursor : chunk.end]
        base = chunk.base + chunk.cursor
        self._heard.append((side, Chunk(data, 0, len(data), base, chunk.time, chunk.place)))
        chunk.cursor = chunk.end
        self._came[side] += data
        self._budget.held += len(data)
        said = negotiate(*self._came)
        if isinstance(said, Negotiation):
            self._settle(said)
        elif said is not None or self.weight > HELD_BYTES:
            self._give_up()

    def gap(self, side: int, size: int, position: int, time: int, finished: list[Outcome]) -> None:  # noqa: ARG002
        """Nobody knows what was negotiated."""
        self._heard.append((side, Hole(size, position, time)))
        self._give_up()

    def close(
        self,
        side: int,
        position: int,
        time: int,
        finished: list[Outcome],  # noqa: ARG002
        *,
        clean: bool,
    ) -> None:
        """Nothing more comes from one side: nothing will be granted."""
        self._heard.append((side, End(position, time, clean)))
        self._give_up()

    def finish(self, unseen: Anomaly, finished: list[Outcome]) -> None:  # noqa: ARG002
        """Nothing is open: it has become something else."""
        self._budget.held -= self.weight
        self._heard = []
        self._came = [b"", b""]

    def overdue(self, now: int, patience: int, finished: list[Outcome]) -> None:
        """Nothing is open."""

    def relieve(self, finished: list[Outcome]) -> None:  # noqa: ARG002
        """Wait for no answer."""
        self._give_up()

    @property
    def weight(self) -> int:
        """Bytes that wait for the answer."""
        return len(self._came[CLIENT]) + len(self._came[SERVER])

    def held(self, side: int, position: int) -> int:  # noqa: ARG002 - all of them are
        """All of the negotiation waits."""
        return len(self._came[side])

    def _give_up(self) -> None:
        """It is something else, from the beginning on: for HTTP to say that it is not that, either."""
        self.becomes = Becoming("http1", self._heard)

    def _settle(self, said: Negotiation) -> None:
        """The negotiation is over, and has these bytes; what was said beyond it is of the tunnel."""
        over = [said.client, said.server]
        left: list[Heard] = []
        position, time = NOWHERE, 0
        for side, each in self._heard:
            assert isinstance(each, Chunk)
            if side == CLIENT and position == NOWHERE:
                position = each.base
            time = max(time, each.time)
            size = min(over[side], each.end)
            over[side] -= size
            each.cursor = size
            if size < each.end:
                left.append((side, each))
        self._drop(Drop.UPGRADED, said.client + said.server)
        opening = Opening(self.peers, said.protocol, position, True, time, said.target, error=said.error)
        self.becomes = Becoming(said.protocol, left, origin=opening)
