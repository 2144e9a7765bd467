"""Records of tunnels, schema 2, kind `tunnel`: what one connection carries for another, as far as nothing says more.

Owns their schema (`TunnelRecord`) and every rule that turns what opened a tunnel into a field: where it leads is a host by the
rules for hosts, a protocol is one that is registered or known. What is inside and can be read has records of its own, with the
same 20 digits at the beginning of their ids.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from msgspec import field

from interceptor.core.records import parts
from interceptor.core.records.parts import PartRecord
from interceptor.core.records.words import VALUE

if TYPE_CHECKING:
    from interceptor.core.protocols.tunnel import Tunnel

__all__ = ["TunnelRecord", "fields", "place", "protocol"]


class TunnelRecord(PartRecord, frozen=True, omit_defaults=True, gc=False, kw_only=True):
    """One line: `time` is when it was open, or that of the last report."""

    server_address: str = field(name="server.address", default="")
    """Where it leads, by the rules for hosts; of an upgrade the server, as the request for it names it."""
    server_port: int = field(name="server.port", default=-1)
    network_type: str = field(name="network.type", default="")
    network_protocol_name: str | None = field(name="network.protocol.name", default=None)
    """What is spoken inside, where that is known."""
    url_template: str | None = field(name="url.template", default=None)
    """Of the request for an upgrade."""
    tunnel_protocol: str = field(name="tunnel.protocol", default="")
    """`connect`, `socks4`, `socks5`, or the protocol that both sides have changed to."""
    error_type: str | None = field(name="error.type", default=None)
    """Why a SOCKS server did not open it."""
    client_bytes: int = field(name="client.bytes", default=-1)
    """Through the tunnel, as seen."""
    server_bytes: int = field(name="server.bytes", default=-1)
    closed_by: str | None = field(name="tunnel.closed_by", default=None)
    """`client` or `server`: who ended it first."""
    state: str = ""
    """`complete`, or `truncated`: bytes are missing, or its beginning or end was not seen."""
    missed_bytes: int = 0
    anomalies: tuple[str, ...] | None = None
    interface: str | None = None
    node: str | None = None


_PROTOCOLS: Final = frozenset(
    """connect socks4 socks5 websocket http/2.0 h2c tls/1.0 tls/1.1 tls/1.2 tls/1.3 irc/6.9 rta/x11 ipp connect-ip
    connect-udp connect-tcp masque tcp spdy/3.1 derp tailscale-control-protocol ts2021 ptth/1.0
""".split()
)
"""IANA, HTTP Upgrade Tokens, with the versions that are met, and what Docker, Kubernetes and Tailscale change to."""


_KIND: Final = 0b101


def place(tunnel: Tunnel) -> int:
    """See `parts`: it began with what opened it."""
    opening = tunnel.opening
    return parts.place(_KIND, tunnel.part, opening.position, asked=opening.asked)


def protocol(text: str) -> str:
    """What was changed to, by its known name; anything else is a value."""
    return text if text in _PROTOCOLS else VALUE


def fields(tunnel: Tunnel) -> dict[str, Any]:
    """What a record says of a tunnel beyond its connection and where it leads: fields of `TunnelRecord` by name."""
    opening = tunnel.opening
    return {
        "duration_us": max(0, tunnel.end_time - tunnel.time) // 1000,
        "ongoing": tunnel.ongoing,
        "part": tunnel.part,
        "network_protocol_name": tunnel.inside or None,
        "tunnel_protocol": protocol(opening.protocol),
        "error_type": opening.error,
        "client_bytes": tunnel.client.bytes,
        "server_bytes": tunnel.server.bytes,
        "closed_by": parts.ended_by(tunnel.closed_by),
        "state": tunnel.state.value,
        "missed_bytes": tunnel.client.missed + tunnel.server.missed,
        "anomalies": (opening.anomaly.value,) if opening.anomaly is not None else None,
    }
