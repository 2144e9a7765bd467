"""What this process itself says on the network: uploads and scrapes, which must not be captured.

Reported, an upload would cause the next upload. Owns which conversations these are; the captures turn them into a
part of the filter that the kernel applies, when they start and some seconds after a change.

The limits of it. A conversation is known by addresses and a port, as seen from here:

* Other programs that use *this machine's address* to talk to the endpoint's (or proxy's) address and port are left
  out as well. Pods have addresses of their own: their traffic to the same proxy is captured.
* Where an address is translated between here and there (a Service in Kubernetes), the far side of the translation
  looks like somebody else's traffic. Exclude its port with `capture.filter`.
"""

from __future__ import annotations

import asyncio
import socket
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final

from interceptor.errors import InterceptorError
from rpcapd_client.endpoints import bare
from rpcapd_client.filters import MAX_CONVERSATIONS, Conversation

if TYPE_CHECKING:
    from collections.abc import Iterable

    from interceptor.core.packets.decode import Party

__all__ = ["OwnTraffic", "listening_at", "parties", "talking_to"]

_RESERVED: Final = 4
"""Of the conversations that a filter can exclude, those that captures need for their own packets."""


class OwnTraffic:
    """The conversations, by what they are for."""

    def __init__(self) -> None:
        self._by_purpose: dict[str, tuple[Conversation, ...]] = {}
        self.conversations: tuple[Conversation, ...] = ()
        """All of them, in a stable order. Compared by identity, it tells whether there was a change."""

    def set(self, purpose: str, conversations: Iterable[Conversation]) -> None:
        """Replace the conversations of a purpose (`uploads`, `scrapes`).

        Raises:
            InterceptorError: there would be more than a filter can hold; nothing has changed.

        """
        by_purpose = {**self._by_purpose, purpose: tuple(conversations)}
        everything = tuple(sorted({one for several in by_purpose.values() for one in several}))
        most = MAX_CONVERSATIONS - _RESERVED
        if len(everything) > most:
            raise InterceptorError(
                f"{purpose}: with them this agent has {len(everything)} conversations of its own, and {most} can be "
                "excluded from the captures"
            )
        self._by_purpose = by_purpose
        if everything != self.conversations:
            self.conversations = everything


async def talking_to(host: str, port: int) -> tuple[Conversation, ...]:
    """Give the conversations of this process, as a client, with `host`.

    Raises:
        InterceptorError: the host has no address, or there is no way to any of them.

    """
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise InterceptorError(f"{host}: has no address: {error.strerror or error}") from error
    conversations = []
    for family, _, _, _, address in found:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            try:
                probe.connect(address)  # sends nothing: the kernel chooses the way, and our address on it
            except OSError:
                continue
            ends = {bare(probe.getsockname()[0]), bare(str(address[0]))}
            conversations.append(Conversation("tcp", tuple(sorted(ends)), (port,)))
    if not conversations:
        raise InterceptorError(f"{host}: there is no way to any of its addresses")
    return tuple(dict.fromkeys(conversations))


def parties(conversations: Iterable[Conversation]) -> frozenset[Party]:
    """The same for the core, which leaves them out of what comes out of tunnels."""
    return frozenset(
        (tuple([ip_address(host).packed for host in one.hosts]), port.to_bytes(2))
        for one in conversations
        for port in one.ports
    )


def listening_at(port: int, addresses: Iterable[str]) -> tuple[Conversation, ...]:
    """Give the conversations of this process, as a server, with anybody: `addresses` are this machine's."""
    return tuple(Conversation("tcp", (address,), (port,)) for address in addresses)
