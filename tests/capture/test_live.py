"""`interceptor.capture.live` on the interfaces of a network namespace."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from interceptor.capture.live import LiveSource
from interceptor.capture.own_traffic import OwnTraffic, listening_at
from interceptor.capture.source import State
from interceptor.errors import UsageError
from tests.support.rpcapd import frame
from tests.support.sources import http_server, request, running, settings

if TYPE_CHECKING:
    from tests.support.rpcapd import Host


def live(url: str = "live:", own: OwnTraffic | None = None, **options: Any) -> LiveSource:
    """A source of everything but loopback, or of one interface."""
    return LiveSource(url, settings(url, **{"filter": "", **options}), own or OwnTraffic())


async def ip(host: Host, *lines: str) -> None:
    """Run `ip` commands inside without stopping the event loop."""
    process = await asyncio.create_subprocess_exec(
        "ip", "-n", host.name, "-batch", "-", stdin=asyncio.subprocess.PIPE
    )
    await process.communicate("\n".join(lines).encode())
    assert process.returncode == 0


def promiscuity(host: Host, name: str) -> int:
    """How many listeners want all frames of an interface."""
    shown = subprocess.run(
        ["ip", "-n", host.name, "-d", "link", "show", name], capture_output=True, text=True, check=True
    )
    words = shown.stdout.split()
    return int(words[words.index("promiscuity") + 1])


def test_interfaces_are_followed(host: Host) -> None:
    """As with rpcapd: new ones are captured when they are up, those that go are let go after their last packet."""

    async def main() -> None:
        async with running(live()) as one:
            await one.until_captured("cap0", "cap1")
            assert one.state("lo") is one.state("any") is State.EXCLUDED
            await ip(host, "link add new0 type veth peer name new1")
            await one.until("new0 waits", lambda: one.state("new0") is State.WAITING)
            await ip(host, "link set new0 up", "link set new1 up")
            await one.until_captured("cap0", "cap1", "new0", "new1")
            with host.wire("new0") as wire:
                for number in range(20):
                    wire.send(frame(number))
            await ip(host, "link delete new0")
            await one.until("its packets", lambda: {frame(number) for number in range(20)} <= set(one.frames))
            await one.until_captured("cap0", "cap1")
            await one.until("none is offered", lambda: one.state("new1") is None)
            gone = {each.interface for each in one.batches if each.interface.name in {"new0", "new1"}}
            assert gone
            await one.until("gone", lambda: all(interface.gone for interface in gone))

    host.run(main())


def test_what_the_kernel_was_collecting_when_an_interface_went_is_read(host: Host) -> None:
    """However long it collects: the last packets before the end are not lost."""

    async def main() -> None:
        async with running(live(read_timeout_ms=1_500)) as one:
            await ip(host, "link add new0 type veth peer name new1", "link set new0 up", "link set new1 up")
            await one.until_captured("cap0", "cap1", "new0", "new1")
            with host.wire("new0") as wire:
                for number in range(20):
                    wire.send(frame(number))
            await ip(host, "link delete new0")
            await one.until("its packets", lambda: {frame(number) for number in range(20)} <= set(one.frames))
            await one.until("none is offered", lambda: one.state("new1") is None)

    host.run(main())


def test_one_that_goes_down_comes_back(host: Host) -> None:
    """A capture that ends with its interface's being down begins again when that is up."""

    async def main() -> None:
        async with running(live()) as one:
            await one.until_captured("cap0", "cap1")
            await ip(host, "link set cap0 down")
            await one.until("cap0 waits", lambda: one.state("cap0") is State.WAITING)
            assert one.source.interfaces["cap0"].reason == "is down"
            await ip(host, "link set cap0 up")
            await one.until_captured("cap0", "cap1")
            with host.wire("cap1") as wire:
                wire.send(frame(1))
            await one.until("a packet on both", lambda: one.seen == {"cap0": 1, "cap1": 1})

    host.run(main())


def test_one_interface_by_name(host: Host) -> None:
    """`live:lo` is loopback alone, whatever is excluded."""

    async def main() -> None:
        async with running(live("live:lo")) as one, http_server() as port:
            await one.until_captured("lo")
            await request("127.0.0.1", port, "/a", "/b")
            await one.until("two transactions", lambda: len(one.transactions) == 2)
            assert one.source.interfaces["cap0"].reason == "not included"

    host.run(main())


def test_all_interfaces_at_once(host: Host) -> None:
    """`live:any` gives cooked frames, which are understood."""

    async def main() -> None:
        async with running(live("live:any", filter="tcp")) as one, http_server() as port:
            await one.until_captured("any")
            await request("127.0.0.1", port, "/a")
            await one.until("a transaction", lambda: len(one.transactions) == 1)
            assert {batch.interface.link_type for batch in one.batches} == {113}

    host.run(main())


def test_options_are_honoured(host: Host) -> None:
    """Filter, snapshot length, promiscuous mode, and how long packets may wait."""

    async def main() -> None:
        chosen = live(
            include=("cap0",), exclude=("*",), snaplen=96, filter="ether[14:4] < 5", read_timeout_ms=1
        )
        async with running(chosen) as one:
            await one.until_captured("cap0")
            assert promiscuity(host, "cap0") == 0
            with host.wire("cap1") as wire:
                for number in range(10):
                    wire.send(frame(number, 1_000))
            await one.until("five", lambda: one.source.counters.packets == 5)
            await one.quiet()
            assert one.frames == [frame(number, 1_000)[:96] for number in range(5)]
            now = time.time_ns()
            assert all(abs(packet[0] - now) < 60 * 10**9 for batch in one.batches for packet in batch.packets)
        async with running(live(include=("cap0",), exclude=("*",), promiscuous=True)) as one:
            await one.until_captured("cap0")
            assert promiscuity(host, "cap0") == 1
        assert promiscuity(host, "cap0") == 0

    host.run(main())


def test_drops_are_counted(host: Host) -> None:
    """What the kernel dropped because nobody read it, all of what was sent is accounted for."""

    async def main() -> None:
        async with running(live("live:cap0", buffer_bytes=2 * 2**20)) as one:
            await one.until_captured("cap0")
            with host.wire("cap1") as wire:  # in this very thread: nothing reads meanwhile
                for number in range(4_000):
                    wire.send(frame(number, 1_400))
            counters = one.source.counters
            await one.until("drops", lambda: counters.kernel_dropped > 0)
            await one.until("all", lambda: counters.packets + counters.kernel_dropped == 4_000)
            assert one.source.interfaces["cap0"].counters == counters

    host.run(main())


def test_own_traffic_is_not_captured(host: Host) -> None:
    """Neither what was named before nor, some seconds later, what is named meanwhile."""

    async def main() -> None:
        own = OwnTraffic()
        async with http_server() as uploads, http_server() as scrapes, http_server() as others:
            own.set("uploads", listening_at(uploads, ["127.0.0.1"]))
            async with running(live("live:lo", own, filter="tcp")) as one:
                await one.until_captured("lo")
                own.set("scrapes", listening_at(scrapes, ["127.0.0.1"]))
                await asyncio.sleep(6)
                await request("127.0.0.1", uploads, "/upload")
                await request("127.0.0.1", scrapes, "/metrics")
                await request("127.0.0.1", others, "/other")
                await one.until("the other", lambda: len(one.transactions) == 1)
                await one.quiet()
                assert [each.request and each.request.target for each in one.transactions] == ["/other"]
        async with http_server() as uploads:
            own.set("uploads", listening_at(uploads, ["127.0.0.1"]))
            async with running(live("live:lo", own, exclude_own_traffic=False)) as one:
                await one.until_captured("lo")
                await request("127.0.0.1", uploads, "/upload")
                await one.until("wanted", lambda: len(one.transactions) == 1)

    host.run(main())


def test_no_permission_is_said(host: Host) -> None:
    """A process that may not capture says so of each interface, and lives."""
    program = """
import asyncio, os
import concurrent.futures.thread, pyroute2  # while they may be read
from interceptor.capture.feed import Feed
from interceptor.capture.live import LiveSource
from interceptor.capture.own_traffic import OwnTraffic
from interceptor.config import Capture
os.setuid(65534)
async def main():
    source = LiveSource("live:cap0", Capture(), OwnTraffic())
    task = asyncio.create_task(source.run(Feed(print)))
    while str(source.interfaces.get("cap0") and source.interfaces["cap0"].state) != "failed":
        await asyncio.sleep(0.01)
        if task.done():
            task.result()
    print("reason:", source.interfaces["cap0"].reason)
    task.cancel()
    await asyncio.wait([task])
asyncio.run(main())
"""
    done = subprocess.run(
        ["ip", "netns", "exec", host.name, sys.executable, "-c", program],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=Path(__file__).parents[2],
    )
    assert "reason: You don't have permission to capture on that device" in done.stdout, done.stderr


def test_what_there_is(host: Host) -> None:
    """The list is the kernel's, and the pseudo-device for all."""

    async def main() -> None:
        offers = {offer.name: offer for offer in await live().offers()}
        assert set(offers) == {"lo", "cap0", "cap1", "any"}
        assert offers["cap0"].up
        assert offers["cap0"].index > 0

    host.run(main())


@pytest.mark.parametrize("url", ["live://eth0", "live:a/b", "live:a_name_that_is_too_long"])
def test_names_that_are_none(url: str) -> None:
    """Are refused before anything runs."""
    with pytest.raises(UsageError, match="cannot be an interface"):
        live(url)
