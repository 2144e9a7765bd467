"""Packets of rpcapds that call: `rpcap+listen://` and `rpcaps+listen://` (active mode).

Owns the listening socket and what each caller is used for. In active mode the daemon decides how many connections
there are: one process of it is one (of several `-a` options libpcap 1.10.3 heeds the last), and one connection
carries one capture. So each caller captures the first wanted interface of its host that no other caller captures;
the names that `include` spells out come first. Wanted interfaces for which no caller is left wait, and say so. A
single rpcapd can capture `any`, which is all of them. Refuses to decide about interfaces (`interfaces`).

The daemon also opens the connections for packets. They all come to one port, so that one filter excludes them;
captures are therefore started one after the other.
"""

from __future__ import annotations

import asyncio
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import structlog

from interceptor.capture.filters import passing
from interceptor.capture.interfaces import Decision, decide, decide_all, spelled_out
from interceptor.capture.rpcap import Access, Clock, LocalPort, devices, pump
from interceptor.capture.source import Backoff, Blindness, CaptureEnded, Counters, Offer, State, Watched
from interceptor.core.model import Interface
from interceptor.errors import InterceptorError, UsageError
from rpcapd_client.endpoints import ACTIVE_PORT, show
from rpcapd_client.errors import DeviceListTooLong, RpcapError
from rpcapd_client.filters import Conversation
from rpcapd_client.listener import listen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from interceptor import config
    from interceptor.capture.feed import Feed
    from interceptor.capture.own_traffic import OwnTraffic
    from rpcapd_client.client import Client
    from rpcapd_client.listener import Listener

__all__ = ["ActiveSource"]

log = structlog.get_logger()

_POLL: Final = 0.5
"""Seconds between two lists of a caller that has nothing to capture."""
_FAILED_CALL: Final = 1.0
"""Seconds of rest after a call that came to nothing, so that one that always fails does not keep us busy."""
_MAX_CALLERS: Final = 256
"""At once. rpcapd calls at most ten of us."""
_LISTING_PATIENCE: Final = 45.0
"""Seconds that `interceptor interfaces` waits for a call: rpcapd tries every 30."""
_MAX_OFFERS: Final = 1_024
"""Interfaces of one caller that are looked at. It captures one of them."""
_REMEMBERED: Final = 1_024
"""Interfaces of callers that have gone, until they call again."""
_NO_CALLER: Final = "no connection is left for it: each rpcapd that calls carries one capture"


class _Host:
    """One machine that calls, with all its connections."""

    def __init__(self, name: str, ours: str, source: str) -> None:
        self.name = name
        self.port = LocalPort(ours)
        self.callers = 0
        self.captured: dict[str, Watched] = {}
        """By name on that machine."""
        self.failed: dict[str, float] = {}
        """When each that failed may be tried again, on the loop's clock."""
        self.backoffs: dict[str, Backoff] = {}
        self.clock = None if name == ours else Clock(source)


class ActiveSource:
    """Whoever calls at one address."""

    live = True

    def __init__(self, url: str, settings: config.Capture, own: OwnTraffic) -> None:
        """Check the URL and how callers are let in.

        Raises:
            UsageError: one of them cannot be used.

        """
        self._address, self._port, encrypted = _parse(url)
        self.url = f"{'rpcaps' if encrypted else 'rpcap'}+listen://{show((self._address, self._port))}"
        self.problem = "no rpcapd has called yet"
        self.reconnects = 0
        self.counters = Counters()
        self.interfaces: dict[str, Watched] = {}
        self.rules = settings.interfaces
        self._settings = settings
        self._own = own
        self._access = Access(settings, encrypted=encrypted)
        self._hosts: dict[str, _Host] = {}
        self._known: set[str] = set()
        self._starting = asyncio.Lock()
        self._blindness = Blindness(self.url)
        self._lost: dict[str, Watched] = {}
        """Interfaces of callers that have gone, which are blind until they call again."""

    @property
    def connected(self) -> bool:
        """Whether anybody has called and is still there."""
        return bool(self._hosts)

    def obey(self, rules: config.Interfaces) -> None:
        """Choose by other rules; what is captured goes on until its daemon calls again."""
        self.rules = rules

    def decisions(self, offers: Sequence[Offer]) -> dict[str, Decision]:
        """Say of each offer whether it would be captured."""
        return decide_all({offer.name: offer.up for offer in offers}, self.rules)

    async def offers(self) -> Sequence[Offer]:
        """Wait for a call, and list what that caller has.

        Raises:
            InterceptorError: nobody calls, or the caller does not say.

        """
        listener = await self._listen()
        try:
            async with listener, asyncio.timeout(_LISTING_PATIENCE), await listener.accept() as client:
                return await devices(client)
        except TimeoutError:
            raise InterceptorError(f"{self.url}: no rpcapd called within {_LISTING_PATIENCE:g} s") from None
        except RpcapError as error:
            raise InterceptorError(f"{self.url}: {error}") from error

    async def _listen(self) -> Listener:
        access, settings = self._access, self._settings
        try:
            return await listen(
                self._address,
                self._port,
                hosts=settings.active_hosts,
                credentials=access.credentials(),
                tls=access.tls(),
            )
        except RpcapError as error:
            raise UsageError(f"{self.url}: {error}") from error

    async def run(self, feed: Feed) -> None:
        """Take calls and capture until cancelled.

        Raises:
            UsageError: the address cannot be listened at.

        """
        listener = await self._listen()
        async with listener, asyncio.TaskGroup() as group:
            while True:
                try:
                    client = await listener.accept()
                except RpcapError as error:
                    self.problem = str(error)
                    log.warning("call_failed", source=self.url, error=str(error))
                    await asyncio.sleep(_FAILED_CALL)
                    continue
                if sum(host.callers for host in self._hosts.values()) >= _MAX_CALLERS:
                    log.warning("call_refused", source=self.url, caller=client.peer)
                    await client.close(dismiss=True)
                    continue
                group.create_task(self._serve(client, feed), name=f"caller {client.peer}")

    async def _serve(self, client: Client, feed: Feed) -> None:
        """Use one caller as long as it is there."""
        ours, name = client.hosts
        error = ""
        async with client:
            host = self._hosts.get(name)
            if host is None:
                try:
                    host = self._hosts[name] = _Host(name, ours, self.url)
                except OSError as failure:
                    self.problem = f"there is no port for the packets of {name}: {failure.strerror}"
                    return
                self.reconnects += name in self._known
                self._known.add(name)
                log.info("source_connected", source=self.url, caller=client.peer)
            host.callers += 1
            self.problem = ""
            try:
                while True:
                    offer = self._choose(host, await self._list(client, host))
                    if offer is None:
                        await asyncio.sleep(_POLL)
                    else:
                        await self._capture(client, host, offer, feed)
            except RpcapError as failure:
                error = str(failure)
            finally:
                host.callers -= 1
                if not host.callers:
                    del self._hosts[name]
                    host.port.close()
                    self._remember(name)
                    self.problem = error or "no rpcapd is connected"
                    log.warning("source_lost", source=self.url, caller=client.peer, error=self.problem)

    async def _list(self, client: Client, host: _Host) -> list[Offer]:
        """List what the caller has, and note what becomes of it."""
        try:
            offers = await devices(client)
        except DeviceListTooLong:
            # those that are spelled out can be opened all the same
            offers = [Offer(name) for name in spelled_out(self.rules)]
        now = asyncio.get_running_loop().time()
        names = set()
        del offers[_MAX_OFFERS:]
        for offer in offers:
            key = f"{host.name}/{offer.name}"
            names.add(key)
            watched = self.interfaces.get(key)
            if watched is None:
                watched = self._lost.pop(key, None) or Watched(key, self.counters, blindness=self._blindness)
                self.interfaces[key] = watched
            decision = decide(offer.name, self.rules)
            if not decision.captured:
                watched.set(State.EXCLUDED, decision.rule)
                watched.down()
            elif offer.name in host.captured or now < host.failed.get(offer.name, 0.0):
                continue
            elif not offer.up:
                watched.set(State.WAITING, "is down")
                watched.down()
            else:
                watched.set(State.WAITING, _NO_CALLER)
        for watching in (self.interfaces, self._lost):
            for key in [key for key in watching if self._of(key, host.name) and key not in names]:
                watching.pop(key).gone()
        return offers

    def _remember(self, host: str) -> None:
        """Forget the interfaces of a host that has gone, but for those that were captured."""
        for key in [key for key in self.interfaces if self._of(key, host)]:
            watched = self.interfaces.pop(key)
            if watched.blind_since is not None:
                self._lost[key] = watched
        while len(self._lost) > _REMEMBERED:
            self._lost.pop(next(iter(self._lost))).gone()

    @staticmethod
    def _of(key: str, host: str) -> bool:
        return key.partition("/")[0] == host

    def _choose(self, host: _Host, offers: list[Offer]) -> Offer | None:
        """Give the first that is wanted, up and free."""
        now = asyncio.get_running_loop().time()
        free = [
            offer
            for offer in offers
            if offer.up
            and offer.name not in host.captured
            and now >= host.failed.get(offer.name, 0.0)
            and decide(offer.name, self.rules).captured
        ]
        return min(free, key=lambda offer: offer.name not in self.rules.include, default=None)

    async def _capture(self, client: Client, host: _Host, offer: Offer, feed: Feed) -> None:
        """Capture one interface until it cannot be; raises `RpcapError` where the caller is lost."""
        settings, name = self._settings, offer.name
        watched = self.interfaces[f"{host.name}/{name}"]
        hosts = tuple(sorted(set(client.hosts)))
        ours = (Conversation("tcp", hosts, (self._port,)), Conversation("tcp", hosts, (host.port.number,)))
        exclude = (*ours, *self._own.conversations) if settings.exclude_own_traffic else ours
        host.captured[name] = watched
        try:
            async with self._starting:
                capture = await client.open_capture(
                    name,
                    filter=passing(settings),
                    snaplen=settings.snaplen,
                    promiscuous=settings.promiscuous,
                    read_timeout=settings.read_timeout_ms / 1000,
                    data_port=host.port.number,
                    exclude=exclude,
                    exclude_own_traffic=False,
                )
            async with capture:
                watched.set(State.CAPTURING)
                log.info("capture_started", source=self.url, interface=watched.name)
                host.backoffs.pop(name, None)
                interface = Interface(watched.name, capture.link_type)
                await pump(capture, interface, watched, feed, settings, self._own, ours, host.clock, self.url)
        except (CaptureEnded, RpcapError) as error:
            backoff = host.backoffs.setdefault(name, Backoff(0.2, 30.0))
            host.failed[name] = asyncio.get_running_loop().time() + backoff.next()
            watched.set(State.FAILED, str(error))
            log.info("capture_ended", source=self.url, interface=watched.name, reason=str(error))
        finally:
            del host.captured[name]


def _parse(url: str) -> tuple[str, int, bool]:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
        ip_address(host)
    except ValueError:
        raise UsageError(
            f"capture.sources: {url!r} is not of the form rpcap+listen://address[:port]; "
            "0.0.0.0 and [::] mean all addresses"
        ) from None
    if parts.path.strip("/") or parts.query:
        raise UsageError(f"capture.sources: {url!r} has more than an address and a port")
    return host, port if port is not None else ACTIVE_PORT, parts.scheme == "rpcaps+listen"
