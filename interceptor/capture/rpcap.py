"""Packets of an rpcapd: `rpcap://` and `rpcaps://`.

Owns the connections to one rpcapd: one that lists, and one for each captured interface (rpcap carries one capture on
a connection). Refuses the protocol, which is `rpcapd_client`'s, and the decision what to capture.

New interfaces are found by asking again and again. When rpcapd runs on this machine, the kernel tells (netlink) when
asking is worth while, and also names the interfaces where rpcapd cannot: its list ends at 64,000 bytes, some 120 of
them. Of another machine with as many, only interfaces that `include` spells out can be captured.

The connections to rpcapd are never captured: all of them lie between two addresses, and use rpcapd's port or one
local port that is kept free for this purpose, so that one filter excludes all of them however many there are.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import time
from contextlib import AsyncExitStack, suppress
from typing import TYPE_CHECKING, Final

import structlog

from interceptor.capture.filters import passing
from interceptor.capture.following import Following
from interceptor.capture.interfaces import Decision, decide_all, spelled_out
from interceptor.capture.links import Links, links
from interceptor.capture.source import (
    STATISTICS_SECONDS,
    Backoff,
    CaptureEnded,
    Counters,
    Meter,
    Offer,
    State,
    Watched,
    wait_for,
)
from interceptor.core.model import Interface, PacketBatch
from interceptor.errors import InterceptorError, UsageError
from interceptor.rotation import Rotating
from rpcapd_client.client import Credentials, connect
from rpcapd_client.devices import DeviceFlag
from rpcapd_client.endpoints import family, parse_url, show
from rpcapd_client.errors import DeviceListTooLong, RpcapError
from rpcapd_client.filters import Conversation

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from interceptor import config
    from interceptor.capture.feed import Feed
    from interceptor.capture.own_traffic import OwnTraffic
    from rpcapd_client.capture import Capture
    from rpcapd_client.client import Client

__all__ = ["Access", "Clock", "LocalPort", "RpcapSource", "devices", "pump"]

log = structlog.get_logger()

_REMOTE_POLL: Final = 0.5
"""Seconds between two lists where nobody tells of changes: a new interface is to be captured within one."""
_LOCAL_POLL: Final = 10.0
"""The same where the kernel tells: only in case."""
_FIRST_WORD: Final = 1.0
"""Seconds for the kernel to begin to tell."""
_COALESCE: Final = 0.02
"""Seconds in which what comes together is answered by one list."""
_STARTS: Final = 8
"""Captures opened at a time: each is a process of rpcapd's."""
_LONGEST_NAME: Final = 256
"""Characters of an interface's name: Linux has 15, Windows about 50. Longer ones are left out: they would be in every
line about them, and rpcapd chooses them."""
_LAST_STATISTICS: Final = 1.0
"""Seconds that a capture's end waits for its last statistics."""
_SECOND: Final = 1_000_000_000
_SKEW: Final = _SECOND // 2
"""Two machines' clocks this far apart are believed to be apart, and not just far."""
_SKEW_WINDOW: Final = 60 * _SECOND


class Access:
    """How to get in: credentials and TLS, as configured."""

    def __init__(self, settings: config.Capture, *, encrypted: bool) -> None:
        """Check that what is configured can be used.

        Raises:
            UsageError: it cannot.

        """
        self._settings = settings
        self._tls = (
            Rotating({"capture.ca_file": settings.ca_file}, lambda: _tls(settings)) if encrypted else None
        )
        self.tls()
        self.credentials()

    def tls(self) -> ssl.SSLContext | None:
        """Give whom to trust; a file of authorities that has changed is read again. None: plain TCP."""
        return self._tls.current() if self._tls is not None else None

    def credentials(self) -> Credentials | None:
        """Give user and password; a file is read anew each time.

        Raises:
            UsageError: there is only one of the two, or the file cannot be read.

        """
        settings = self._settings
        password = settings.password.get_secret_value() if settings.password is not None else None
        if settings.password_file is not None:
            try:
                password = settings.password_file.read_text("utf-8").rstrip("\r\n")
            except (OSError, UnicodeDecodeError) as error:
                reason = error.strerror if isinstance(error, OSError) else "is not UTF-8"
                raise UsageError(
                    f"capture.password_file {settings.password_file}: cannot be read: {reason}"
                ) from error
        if settings.user is None and password is None:
            return None
        if settings.user is None:
            raise UsageError("capture.user: is missing, and there is a password")
        if password is None:
            raise UsageError("capture.password_file: is missing, and there is a user")
        return Credentials(settings.user, password)


def _tls(settings: config.Capture) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if settings.ca_file is not None:
        try:
            context.load_verify_locations(settings.ca_file)
        except (OSError, ssl.SSLError) as error:
            raise UsageError(
                f"capture.ca_file {settings.ca_file}: cannot be used: {error.strerror or error}"
            ) from error
    return context


class Clock:
    """Brings the packet times of another machine to this one's clock, where the two differ.

    Time passes for all connections alike; a machine whose clock is minutes behind would have every connection
    ended at once, and the records of two machines could not be compared. A packet cannot have been captured after it
    came here, nor (the least delayed of many) long before.
    """

    def __init__(self, source: str) -> None:
        """`source` is for the log."""
        self._source = source
        self.ahead = 0
        """By how many nanoseconds the other clock is believed to be ahead; 0 where the two agree."""
        self._least: int | None = None
        """Of `packet time - now`, the largest in the window."""
        self._since = 0

    def corrected(
        self, packets: list[tuple[int, int, int, int]], now: int
    ) -> list[tuple[int, int, int, int]]:
        """Give the packets with our times; `now` is our wall clock's."""
        difference = packets[-1][0] - now
        first = self._least is None
        least = self._least = difference if self._least is None else max(self._least, difference)
        due = now - self._since >= _SKEW_WINDOW
        if first or due or difference - self.ahead > _SKEW:
            if abs(least - self.ahead) > _SKEW:
                self.ahead = least if abs(least) > _SKEW else 0
                log.warning(
                    "clock_differs", source=self._source, seconds_ahead=round(self.ahead / _SECOND, 3)
                )
            self._least, self._since = difference, now
        ahead = self.ahead
        if not ahead:
            return packets
        return [(when - ahead, start, captured, length) for when, start, captured, length in packets]


class LocalPort:
    """A port that nobody else gets, and that all data connections of a source share."""

    def __init__(self, host: str) -> None:
        """Raise `OSError` where there is none."""
        self._socket = socket.socket(family(host), socket.SOCK_STREAM)
        try:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self._socket.bind((host, 0))
        except OSError:
            self._socket.close()
            raise
        self.number = int(self._socket.getsockname()[1])

    def close(self) -> None:
        """Let go of it."""
        self._socket.close()


async def devices(client: Client) -> list[Offer]:
    """List what an rpcapd offers. Raises `RpcapError`."""
    listed = [device for device in await client.interfaces() if 0 < len(device.name) <= _LONGEST_NAME]
    told = any(DeviceFlag.UP in device.flags for device in listed)  # libpcap before 1.6.1 does not
    return [
        Offer(
            device.name,
            up=DeviceFlag.UP in device.flags or not told,
            description=device.description,
            addresses=tuple(str(entry.address) for entry in device.addresses if entry.address is not None),
        )
        for device in listed
    ]


async def pump(
    capture: Capture,
    interface: Interface,
    watched: Watched,
    feed: Feed,
    settings: config.Capture,
    own: OwnTraffic,
    ours: tuple[Conversation, ...],
    clock: Clock | None,
    source: str,
) -> None:
    """Hand on the packets of a capture until it ends (`CaptureEnded`); see to its statistics and its filter."""
    stop = asyncio.Event()
    attending = asyncio.get_running_loop().create_task(
        _attend(source, capture, watched, settings, own, ours, stop)
    )
    try:
        async for buffer, packets in capture:
            found = packets if clock is None else clock.corrected(packets, time.time_ns())
            batch = PacketBatch(interface, buffer, found)
            await feed.put(batch)
            watched.received(batch)
    except RpcapError as error:
        raise CaptureEnded(str(error)) from error
    finally:
        interface.gone = True
        stop.set()
        # rpcapd forgets its statistics when the capture ends: they are asked for once more, before
        with suppress(TimeoutError):
            async with asyncio.timeout(_LAST_STATISTICS):
                await attending


async def _attend(
    source: str,
    capture: Capture,
    watched: Watched,
    settings: config.Capture,
    own: OwnTraffic,
    ours: tuple[Conversation, ...],
    stop: asyncio.Event,
) -> None:
    meter = Meter(source, watched)
    excluded = own.conversations
    while True:
        stopped = await wait_for(stop, STATISTICS_SECONDS)
        try:
            statistics = await capture.statistics()
            meter.read(statistics.kernel_dropped, statistics.interface_dropped)
            if stopped:
                return
            if own.conversations is not excluded and settings.exclude_own_traffic:
                excluded = own.conversations
                await capture.update_filter(passing(settings), exclude=(*ours, *excluded))
        except RpcapError:  # whoever reads the packets is told why
            if stopped or capture.closed:
                return


class RpcapSource:
    """One rpcapd, which this program connects to."""

    live = True

    def __init__(self, url: str, settings: config.Capture, own: OwnTraffic) -> None:
        """Check the URL and how to get in.

        Raises:
            UsageError: one of them cannot be used.

        """
        try:
            host, port, encrypted = parse_url(url)
        except RpcapError as error:
            raise UsageError(f"capture.sources: {error}") from error
        self.url = f"{'rpcaps' if encrypted else 'rpcap'}://{show((host, port))}"
        self.connected = False
        self.problem = "has not been connected yet"
        self.reconnects = 0
        self.counters = Counters()
        self._port = port
        self.rules = settings.interfaces
        self._settings = settings
        self._own = own
        self._access = Access(settings, encrypted=encrypted)
        self._following: Following | None = None
        self._starts = asyncio.Semaphore(_STARTS)
        self._local_port: LocalPort | None = None
        self._hosts = ("", "")
        self._clock: Clock | None = None
        self._links: Links | None = None

    @property
    def interfaces(self) -> Mapping[str, Watched]:
        """Those that it offers now."""
        return self._following.watched if self._following is not None else {}

    def obey(self, rules: config.Interfaces) -> None:
        """Capture by other rules from now on."""
        self.rules = rules
        if self._following is not None:
            self._following.obey(rules)

    def decisions(self, offers: Sequence[Offer]) -> dict[str, Decision]:
        """Say of each offer whether it would be captured."""
        return decide_all({offer.name: offer.up for offer in offers}, self.rules)

    async def offers(self) -> Sequence[Offer]:
        """List what could be captured.

        Raises:
            InterceptorError: rpcapd cannot be reached, or does not say.

        """
        try:
            async with await self._connect() as client:
                try:
                    return await devices(client)
                except DeviceListTooLong:
                    if not _is_here(client):
                        raise
            return await links()
        except RpcapError as error:
            raise InterceptorError(f"{self.url}: {error}") from error

    async def run(self, feed: Feed) -> None:
        """Capture until cancelled."""
        backoff = Backoff(0.25, 10.0)
        been_connected = False
        away = time.monotonic()
        try:
            async with asyncio.TaskGroup() as group:
                self._following = Following(
                    self.url,
                    self.rules,
                    self.counters,
                    lambda watched: self._capture(watched, feed),
                    group,
                )
                while True:
                    try:
                        async with await self._connect() as client:
                            await self._prepare(client, group)
                            offers = await self._list(client)
                            backoff.reset()
                            self.reconnects += been_connected
                            self.connected, been_connected, self.problem = True, True, ""
                            log.info(
                                "source_connected",
                                source=self.url,
                                offered=len(offers),
                                away_seconds=round(time.monotonic() - away, 1),
                            )
                            await self._follow(client, offers)
                    except (RpcapError, InterceptorError, OSError) as error:
                        self.problem = str(error)
                    wait = backoff.next()
                    report = "source_lost" if self.connected else "source_unreachable"
                    if self.connected:
                        away = time.monotonic()
                    self.connected = False
                    log.warning(report, source=self.url, error=self.problem, retry_seconds=round(wait, 2))
                    await asyncio.sleep(wait)
        finally:
            self.connected = False
            if self._local_port is not None:
                self._local_port.close()
                self._local_port = None

    async def _connect(self) -> Client:
        access = self._access
        return await connect(self.url, credentials=access.credentials(), tls=access.tls())

    async def _prepare(self, client: Client, group: asyncio.TaskGroup) -> None:
        """See where rpcapd is, and what follows from it."""
        if client.hosts != self._hosts:
            if self._local_port is not None:
                self._local_port.close()
            self._local_port = LocalPort(client.hosts[0])
            self._hosts = client.hosts
        here = _is_here(client)
        self._clock = None if here else self._clock or Clock(self.url)
        if here and self._links is None and self._following is not None:
            self._links = Links(self._following.changed.set)
            group.create_task(self._links.follow(), name="interface events")
            await wait_for(self._following.changed, _FIRST_WORD)

    async def _list(self, client: Client) -> list[Offer]:
        """List what there is, as far as possible with the kernel's numbers and states."""
        known: Mapping[str, Offer] = {}
        if self._links is not None and self._links.known and _is_here(client):
            known = self._links.current
        try:
            listed = await devices(client)
        except DeviceListTooLong:
            if known:
                return list(known.values())
            named = spelled_out(self.rules)
            if not named:
                raise
            return [Offer(name) for name in named]
        if 2 * sum(offer.name in known for offer in listed) < len(known):
            return listed  # those of another machine, behind a forwarded port
        return [known.get(offer.name, offer) for offer in listed]

    async def _follow(self, client: Client, offers: list[Offer]) -> None:
        """Follow the list until the connection is lost."""
        following = self._following
        assert following is not None
        while True:
            following.reconcile(offers)
            told = self._links is not None and self._links.known
            await wait_for(following.changed, _LOCAL_POLL if told else _REMOTE_POLL)
            await asyncio.sleep(_COALESCE)
            following.changed.clear()
            offers = await self._list(client)

    async def _capture(self, watched: Watched, feed: Feed) -> None:
        """Capture one interface, on a connection of its own."""
        settings, port = self._settings, self._local_port
        assert port is not None
        hosts = tuple(sorted(set(self._hosts)))
        ours = (
            Conversation("tcp", hosts, (self._port,)),
            Conversation("tcp", hosts, (port.number,)),
        )
        exclude = (*ours, *self._own.conversations) if settings.exclude_own_traffic else ours
        async with AsyncExitStack() as stack:
            try:
                async with self._starts:
                    client = await stack.enter_async_context(await self._connect())
                    capture = await client.open_capture(
                        watched.name,
                        filter=passing(settings),
                        snaplen=settings.snaplen,
                        promiscuous=settings.promiscuous,
                        read_timeout=settings.read_timeout_ms / 1000,
                        local_port=port.number,
                        exclude=exclude,
                        exclude_own_traffic=False,
                    )
            except (RpcapError, UsageError) as error:
                raise CaptureEnded(str(error)) from error
            watched.set(State.CAPTURING)
            log.info("capture_started", source=self.url, interface=watched.name, link_type=capture.link_type)
            interface = Interface(watched.name, capture.link_type)
            await pump(capture, interface, watched, feed, settings, self._own, ours, self._clock, self.url)


def _is_here(client: Client) -> bool:
    """Whether the server is on this machine: an address of ours is its address too.

    It may still be a forwarded port: then the kernel's events cause lists that were not needed.
    """
    return client.hosts[0] == client.hosts[1]
