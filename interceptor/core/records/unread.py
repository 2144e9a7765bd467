"""Records of what was not read, schema 2, kind `unread`: how much of it, of which server, and why.

Owns their schema (`UnreadRecord`) and the reasons. Nothing of what was sent is in them but the name of a protocol, which is one of
a closed list.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, Final

import msgspec
from msgspec import field

from interceptor.core.protocols.ledger import TLS, TUNNEL, UNRECOGNIZED

if TYPE_CHECKING:
    from interceptor.core.protocols.ledger import Unread

__all__ = ["UnreadRecord", "identity", "name", "reason"]


class UnreadRecord(msgspec.Struct, frozen=True, omit_defaults=True, gc=False, kw_only=True):
    """One line. What is not known is absent."""

    schema: int = -1
    kind: str = ""
    id: str = ""
    """32 hexadecimal digits: a function of the node, the server, the protocol and the time."""
    time: str = ""
    """RFC 3339, UTC, microseconds: of the beginning of the minute that this is of."""
    duration_us: int = -1
    """How long that was."""
    server_address: str | None = field(name="server.address", default=None)
    """Where connections lead; absent where nobody knows who is the server, and of servers beyond the first of a minute."""
    server_port: int | None = field(name="server.port", default=None)
    network_type: str | None = field(name="network.type", default=None)
    network_protocol_name: str | None = field(name="network.protocol.name", default=None)
    """Of what has a name."""
    reason: str = field(name="unread.reason", default="")
    """`encrypted`, `tunnel`, `not_read`: of a protocol that is known by its first bytes, `unrecognized`."""
    connections: int = field(name="unread.connections", default=-1)
    """That began."""
    bytes: int = field(name="unread.bytes", default=-1)
    """Payload, both ways."""
    node: str | None = None


_REASONS: Final = {TLS: "encrypted", TUNNEL: "tunnel", UNRECOGNIZED: "unrecognized"}


def reason(protocol: str) -> str:
    """Why a protocol is not read."""
    return _REASONS.get(protocol, "not_read")


def name(protocol: str) -> str | None:
    """What to call it, where it has a name."""
    return None if protocol in {TUNNEL, UNRECOGNIZED} else protocol


def identity(unread: Unread, node: str | None, worker: int = 0) -> str:
    """The same for the same traffic of the same node, whenever it is read; each of several workers has its part of a minute's."""
    peers = unread.peers
    said: tuple[object, ...] = (node or "", peers.server_address, peers.server_port, unread.protocol)
    said = (*said, unread.time, worker) if worker else (*said, unread.time)
    return blake2b(repr(said).encode(), digest_size=16).hexdigest()
