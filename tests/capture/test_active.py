"""`interceptor.capture.active` against rpcapds that call."""

from __future__ import annotations

import asyncio
import pathlib
import socket
from typing import TYPE_CHECKING, Any

import pytest

from interceptor.capture.active import ActiveSource
from interceptor.capture.feed import Feed
from interceptor.capture.own_traffic import OwnTraffic
from interceptor.capture.source import State
from interceptor.errors import UsageError
from tests.support.rpcapd import PASSWORD, frame, wait_until
from tests.support.sources import http_server, request, running, settings

if TYPE_CHECKING:
    from tests.support.rpcapd import Daemon, Host

PORT = 2003


def active(scheme: str = "rpcap", **options: Any) -> ActiveSource:
    """A source that listens on loopback."""
    url = f"{scheme}+listen://127.0.0.1:{PORT}"
    return ActiveSource(url, settings(url, **{"filter": "", **options}), OwnTraffic())


def calling(host: Host, **options: Any) -> Daemon:
    """An rpcapd that calls the source."""
    return host.rpcapd("-a", f"127.0.0.1,{PORT}", **options)


def name(interface: str) -> str:
    """As the source shows it: several hosts may call."""
    return f"127.0.0.1/{interface}"


def test_each_caller_captures_one_interface(host: Host) -> None:
    """The names that are spelled out first; what is left waits, and says for what."""

    async def main() -> None:
        async with running(active(include=("*", "cap1"))) as one:
            calling(host)
            await one.until_captured(name("cap1"))
            assert one.source.connected
            assert one.source.interfaces[name("cap0")].state is State.WAITING
            assert "no connection is left for it" in one.source.interfaces[name("cap0")].reason
            assert one.source.interfaces[name("lo")].reason == "exclude lo"
            with host.wire("cap0") as wire:
                wire.send(frame(1))
            await one.until("a packet", lambda: one.frames == [frame(1)])
            calling(host)
            await one.until_captured(name("cap0"), name("cap1"))
            with host.wire("cap0") as wire:
                wire.send(frame(2))
            await one.until("two packets", lambda: len(one.frames) == 3)
            assert one.seen == {name("cap0"): 1, name("cap1"): 2}
            assert one.source.counters.packets == 3

    host.run(main())


def test_a_caller_goes_on_with_another_interface(host: Host) -> None:
    """When its own is gone; and takes a new one when it has none."""

    async def main() -> None:
        async with running(active(include=("new*",), exclude=())) as one:
            calling(host)
            await one.until("it has called", lambda: one.source.connected)
            host.veth("new0", "new1")
            await one.until("one of two", lambda: len(one.captured()) == 1)
            (first,) = one.captured()
            host.ip("link", "delete", "new0")
            await one.until("none", lambda: one.captured() == [])
            assert all(each.interface.gone for each in one.batches)
            host.veth("new2", "other")
            await one.until_captured(name("new2"))
            assert first not in one.source.interfaces

    host.run(main())


def test_a_caller_that_is_lost_calls_again(host: Host) -> None:
    """Its captures come back, and counters stand."""

    async def main() -> None:
        async with running(active(include=("cap0",), exclude=("*",))) as one:
            daemon = calling(host)
            await one.until_captured(name("cap0"))
            with host.wire("cap1") as wire:
                wire.send(frame(1))
                await one.until("a packet", lambda: one.source.counters.packets == 1)
                daemon.stop()
                await one.until("the loss", lambda: not one.source.connected)
                assert dict(one.source.interfaces) == {}
                assert one.source.problem
                calling(host)
                await one.until_captured(name("cap0"))
                wire.send(frame(2))
                await one.until("another", lambda: one.source.counters.packets == 2)
            assert one.source.reconnects == 1

    host.run(main())


def test_own_traffic_is_not_captured(host: Host) -> None:
    """The connections that the daemon makes, to one port of ours, are left out on loopback."""

    async def main() -> None:
        async with running(active(include=("lo", "cap0"), exclude=("*",), filter="tcp")) as one:
            calling(host)
            calling(host)
            await one.until_captured(name("lo"), name("cap0"))
            async with http_server() as port:
                await request("127.0.0.1", port, "/a", "/b")
            await one.until("two transactions", lambda: len(one.transactions) == 2)
            await one.quiet()
            assert all(port.to_bytes(2, "big") in (data[34:36], data[36:38]) for data in one.frames)

    host.run(main())


def test_tls_and_credentials(host: Host, certificate: tuple[pathlib.Path, pathlib.Path]) -> None:
    """Callers have to prove who they are, and we to them."""

    async def main() -> None:
        options = {"ca_file": certificate[0], "user": "probe", "password": PASSWORD, "include": ("cap0",)}
        async with running(active("rpcaps", exclude=("*",), **options)) as one:
            calling(host, tls=certificate, null=False)
            await one.until_captured(name("cap0"))
            with host.wire("cap1") as wire:
                wire.send(frame(1))
            await one.until("a packet", lambda: one.frames == [frame(1)])

    host.run(main())


def test_strangers_are_refused(host: Host) -> None:
    """A caller from an address that is not configured gets no answer to anything, and the next one is served."""

    async def main() -> None:
        async with running(active(include=("cap0",), exclude=("*",), active_hosts=("127.0.0.1",))) as one:
            await asyncio.sleep(0.05)
            reader, writer = await asyncio.open_connection(
                "127.0.0.1", PORT, local_addr=("127.0.0.2", 0), family=socket.AF_INET
            )
            assert b"is not in the host list" in await reader.read()
            writer.close()
            silent = await asyncio.open_connection("127.0.0.1", PORT)
            silent[1].close()
            calling(host)
            await one.until_captured(name("cap0"))

    host.run(main())


def test_what_a_caller_has(host: Host) -> None:
    """Is listed once it calls; the daemon is not sent away."""

    async def main() -> None:
        listing = asyncio.create_task(active().offers())
        await asyncio.sleep(0.05)
        calling(host)
        assert {"lo", "cap0", "cap1"} <= {offer.name for offer in await listing}

    host.run(main())


def test_nothing_is_left(host: Host) -> None:
    """Of a source that ends, at the daemons: they call again every half minute, and capture nothing."""

    async def main() -> Daemon:
        async with running(active()) as one:
            calling(host)
            daemon = calling(host)
            await one.until_captured(name("cap0"), name("cap1"))
        return daemon

    daemon = host.run(main())
    captures = pathlib.Path(f"/proc/{daemon.process.pid}/net/packet")  # the namespace's packet sockets
    wait_until("no capture", lambda: len(captures.read_text().splitlines()) == 1)


def test_an_address_in_use(host: Host) -> None:
    """Ends the source with the address and the reason."""

    async def main() -> None:
        async with await asyncio.start_server(lambda *_: None, "127.0.0.1", PORT):
            await active().run(Feed(lambda _: None))

    with pytest.raises(UsageError, match=rf"rpcap\+listen://127.0.0.1:{PORT}: cannot listen .* in use"):
        host.run(main())
