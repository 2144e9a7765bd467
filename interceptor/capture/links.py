"""The machine's network interfaces and addresses, as the kernel announces them (netlink, by pyroute2).

Owns the netlink socket and what was heard on it. Refuses to decide about interfaces. All of it is about the network
namespace of the thread that asks.

Invariant: what is given is what the kernel had after the last event that it sent. When it sent more than the
socket's buffer holds, everything is asked for anew.
"""

from __future__ import annotations

import asyncio
import socket
from contextlib import contextmanager, suppress
from dataclasses import replace
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, Final

import structlog

from interceptor.capture.source import Offer
from interceptor.errors import InterceptorError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

__all__ = ["Links", "addresses", "links"]

log = structlog.get_logger()

_LINK_GROUP: Final = 1
"""RTMGRP_LINK of linux/rtnetlink.h: interfaces only, not addresses and neighbours."""
_UP: Final = 1
"""IFF_UP of linux/if.h."""
_PAUSE: Final = 1.0
"""Seconds before a netlink socket that failed is replaced."""


class Links:
    """The interfaces, kept up to date while `follow` runs."""

    def __init__(self, changed: Callable[[], None]) -> None:
        """`changed` is called after each change."""
        self.current: dict[str, Offer] = {}
        """By name. Empty until the first answer has come."""
        self.known = False
        """Whether it has, and events are heard."""
        self._changed = changed
        self._names: dict[int, str] = {}

    async def follow(self) -> None:
        """Listen to the kernel until cancelled."""
        while True:
            try:
                await self._listen()
            except InterceptorError as error:  # ENOBUFS: events were lost
                log.warning("interface_events_interrupted", error=str(error), retry_seconds=_PAUSE)
            self.known = False
            await asyncio.sleep(_PAUSE)

    async def _listen(self) -> None:
        with _translated():
            async with _route_socket() as route:
                await route.bind(groups=_LINK_GROUP)
                self.current.clear()
                self._names.clear()
                async for message in await route.link("dump"):
                    self._hear(message)
                self.known = True
                self._changed()
                while True:
                    async for message in route.get():
                        if self._hear(message):
                            self._changed()

    def _hear(self, message: Any) -> bool:
        """Take one announcement; returns whether it changes anything."""
        # a bridge announces its ports by the same messages, in a family of its own (PF_BRIDGE)
        if message["family"] != socket.AF_UNSPEC:
            return False
        index = int(message["index"])
        name = self._names.get(index)
        if message["event"] == "RTM_DELLINK":
            if name is None:
                return False
            del self._names[index]
            if self.current[name].index == index:
                del self.current[name]
            return True
        offer = _offer(message)
        if offer is None or (name == offer.name and self.current.get(name) == offer):
            return False
        if name is not None and name != offer.name and self.current[name].index == index:
            del self.current[name]  # it has a new name
        self._names[index] = offer.name
        self.current[offer.name] = offer
        return True


def _offer(message: Any) -> Offer | None:
    name = message.get("ifname")
    if not name:
        return None
    return Offer(
        name, bool(message["flags"] & _UP), int(message["index"]), leads_to=message.get("link_netnsid")
    )


async def links() -> list[Offer]:
    """List the interfaces with their addresses, in the kernel's order.

    Raises:
        InterceptorError: the kernel does not say.

    """
    with _translated():
        async with _route_socket() as route:
            found = [_offer(message) async for message in await route.link("dump")]
            by_index: dict[int, list[str]] = {}
            async for message in await route.addr("dump"):
                # of a point-to-point link `address` is the other side's
                text = message.get("local") or message.get("address")
                if text is not None:
                    by_index.setdefault(int(message["index"]), []).append(str(text))
    return [
        replace(offer, addresses=tuple(by_index.get(offer.index, ()))) for offer in found if offer is not None
    ]


async def addresses(skip: Iterable[str] = ("kube-ipvs",)) -> list[str]:
    """List the addresses by which other machines and pods reach this one; not loopback and link-local ones.

    `skip`: beginnings of names of interfaces whose addresses are not this machine's alone. kube-proxy gives the
    addresses of all Services to one interface.

    Raises:
        InterceptorError: the kernel does not say.

    """
    names = {offer.index: offer.name for offer in await links()}
    skipped = tuple(skip)
    found: dict[str, None] = {}
    with _translated():
        async with _route_socket() as route:
            async for message in await route.addr("dump"):
                text = message.get("local") or message.get("address")
                if text is None or names.get(message["index"], "").startswith(skipped):
                    continue
                with suppress(ValueError):
                    address = ip_address(text)
                    if not (address.is_loopback or address.is_link_local):
                        found[str(address)] = None
    return list(found)


def _route_socket() -> Any:
    from pyroute2 import AsyncIPRoute  # a tenth of a second and 13 MB, which only live captures pay

    return AsyncIPRoute()


@contextmanager
def _translated() -> Iterator[None]:
    """Make the library's errors ours, here only."""
    from pyroute2 import NetlinkError

    try:
        yield
    except (NetlinkError, OSError) as error:
        raise InterceptorError(f"the kernel does not list its interfaces: {error}") from error
