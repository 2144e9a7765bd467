"""Flows: what the bytes that name a direction say about its ends.

A flow is source address, destination address, source port and destination port as on the wire, and the VLANs that
the packet was tagged with (see `model.Segment`). Owns their reading and the identity of a connection. Refuses state of connections: what it
keeps are only texts and numbers that many connections share, a bounded number of them.
"""

from __future__ import annotations

import hashlib
import ipaddress
from typing import TYPE_CHECKING, Final, TypeAlias

from interceptor.core.model import Peers

if TYPE_CHECKING:
    from interceptor.core.model import Whose

__all__ = ["Ends", "bare", "reverse"]

_Pair: TypeAlias = tuple[tuple[str, int], tuple[str, int]]
_REMEMBERED: Final = 4_096
"""Addresses, and ports of servers, of which one copy serves all connections."""


_PLAIN_4: Final = 12
_PLAIN_6: Final = 36
"""Bytes of a flow without VLANs, by the version of IP."""


def reverse(flow: bytes) -> bytes:
    """The other direction's name."""
    if len(flow) == _PLAIN_4:
        return flow[4:8] + flow[:4] + flow[10:] + flow[8:10]
    plain = _plain(flow)
    size = (plain - 4) // 2
    return (
        flow[size : 2 * size]
        + flow[:size]
        + flow[plain - 2 : plain]
        + flow[plain - 4 : plain - 2]
        + flow[plain:]
    )


def bare(flow: bytes) -> bytes:
    """The name without the VLANs."""
    return flow if len(flow) == _PLAIN_4 else flow[: _plain(flow)]


def _plain(flow: bytes) -> int:
    return _PLAIN_4 if len(flow) < _PLAIN_6 else _PLAIN_6


class _Addresses(dict[bytes, str]):
    """Addresses as text. Many connections share them."""

    def __missing__(self, octets: bytes) -> str:
        if len(self) >= _REMEMBERED:
            self.clear()
        text = self[octets] = str(ipaddress.ip_address(octets))
        return text


class _Ports(dict[bytes, int]):
    """Ports of servers: as many numbers as there are services, not connections."""

    def __missing__(self, octets: bytes) -> int:
        if len(self) >= _REMEMBERED:
            self.clear()
        number = self[octets] = int.from_bytes(octets, "big")
        return number


class Ends:
    """Makes the `Peers` of connections."""

    def __init__(self, whose: Whose | None = None) -> None:
        self._whose = whose
        self._addresses = _Addresses()
        self._ports = _Ports()

    def peers(
        self,
        flow: bytes,
        sequence: int,
        acknowledgement: int,
        interface: str | None,
        *,
        initial: bool = False,
        perspective: str | None = None,
    ) -> Peers:
        """What every record of a connection says about it.

        `flow` is the client's; `sequence` and `acknowledgement` are the numbers before the first byte of either
        side. Where they are the initial ones, and no other connection's, they alone identify it (`initial`): addresses and ports
        may be others elsewhere on its way. VLANs are no part of it: who sees the same connection with and without them
        gives it the same name.
        """
        flow = bare(flow)
        size = (len(flow) - 4) // 2
        identity = sequence.to_bytes(4, "big") + acknowledgement.to_bytes(4, "big")
        if not initial:
            identity = flow + identity
        peers = Peers(
            client_address=self._addresses[flow[:size]],
            client_port=int.from_bytes(flow[-4:-2], "big"),
            server_address=self._addresses[flow[size : 2 * size]],
            server_port=self._ports[flow[-2:]],
            network_type="ipv4" if size == 4 else "ipv6",
            connection_id=hashlib.blake2b(identity, digest_size=10).digest(),
            interface=interface,
            perspective=perspective,
        )
        client, server = (peers.client_address, peers.client_port), (peers.server_address, peers.server_port)
        return self._owned(peers, (client, server), (server, client))

    def translated(self, peers: Peers, as_client: bytes, as_server: bytes) -> Peers:
        """The same ends where addresses are translated between them: the client's flow as it sees it, and as the server does."""
        asking, answering = bare(as_client), bare(as_server)
        asked, size = (len(asking) - 4) // 2, (len(answering) - 4) // 2
        service = self._addresses[asking[asked : 2 * asked]], self._ports[asking[-2:]]
        server = self._addresses[answering[size : 2 * size]], self._ports[answering[-2:]]
        client = self._addresses[asking[:asked]], int.from_bytes(asking[-4:-2], "big")
        seen = self._addresses[answering[:size]], int.from_bytes(answering[-4:-2], "big")
        return self._owned(peers.translated(client, server, service), (client, service), (server, seen))

    def _owned(self, peers: Peers, client: _Pair, server: _Pair) -> Peers:
        """With whose the ends are now, as far as that is known: each with what it sees as the other one."""
        if self._whose is None:
            return peers
        one, other = self._whose(*client), self._whose(*server)
        return peers if one is other is None else peers.owned(one, other)
