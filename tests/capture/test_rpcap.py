"""`interceptor.capture.rpcap` against the real rpcapd: interfaces that come and go, losses, and what is left out."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from typing import TYPE_CHECKING, Any

import pytest

from interceptor.capture.feed import Feed
from interceptor.capture.own_traffic import OwnTraffic, listening_at, talking_to
from interceptor.capture.rpcap import Access, Clock, LocalPort, RpcapSource
from interceptor.capture.source import State
from interceptor.errors import InterceptorError, UsageError
from rpcapd_client import DeviceListTooLong, connect
from tests.support.rpcapd import PASSWORD, frame, wait_until
from tests.support.sources import descriptors, http_server, request, running, running_all, settings

if TYPE_CHECKING:
    import pathlib

    from tests.support.rpcapd import Daemon, Host

SECOND = 1_000_000_000


def source(daemon: Daemon, **options: Any) -> RpcapSource:
    """A source of everything that a daemon has but loopback."""
    return RpcapSource(daemon.url, settings(daemon.url, **{"filter": "", **options}), OwnTraffic())


async def ip(host: Host, *words: str) -> None:
    """Run `ip` inside without stopping the event loop."""
    process = await asyncio.create_subprocess_exec("ip", "-n", host.name, *words)
    assert await process.wait() == 0


async def batch(host: Host, lines: list[str]) -> None:
    """Run many `ip` commands inside."""
    process = await asyncio.create_subprocess_exec(
        "ip", "-n", host.name, "-batch", "-", stdin=asyncio.subprocess.PIPE
    )
    await process.communicate("\n".join(lines).encode())
    assert process.returncode == 0


async def crowd(host: Host, daemon: Daemon) -> None:
    """Make 160 interfaces, each with an IPv6 address: more than rpcapd can list."""
    await batch(host, [f"link add a{n} up type veth peer name b{n}\nlink set b{n} up" for n in range(80)])
    async with await connect(daemon.url) as client:
        with pytest.raises(DeviceListTooLong):
            await client.interfaces()


# Following


def test_interfaces_are_followed(host: Host, daemon: Daemon) -> None:
    """A new interface is captured when it is up; a deleted one is let go after its last packet; others go on."""

    async def main() -> None:
        async with running(source(daemon)) as one:
            await one.until_captured("cap0", "cap1")
            await ip(host, "link", "add", "new0", "type", "veth", "peer", "name", "new1")
            await one.until("new0 waits", lambda: one.state("new0") is State.WAITING)
            assert one.source.interfaces["new0"].reason == "is down"
            await batch(host, ["link set new0 up", "link set new1 up"])
            await one.until_captured("cap0", "cap1", "new0", "new1")
            with host.wire("new0") as wire:
                for number in range(20):
                    wire.send(frame(number))
            # What the kernel still collects (`read_timeout_ms`) when an interface goes, goes with it.
            await one.until("its packets", lambda: {frame(number) for number in range(20)} <= set(one.frames))
            await ip(host, "link", "delete", "new0")
            await one.until("new0 is gone", lambda: one.state("new0") is None)
            gone = {each.interface for each in one.batches if each.interface.name == "new1"}
            await one.until("its last packet", lambda: all(interface.gone for interface in gone))
            await one.until_captured("cap0", "cap1")
            assert not any(each.interface.gone for each in one.batches if each.interface.name == "cap0")

    host.run(main())


def test_a_renamed_interface_and_a_new_one_of_its_name(host: Host, daemon: Daemon) -> None:
    """Each is captured under the name that it has, though the kernel gives no packet of the old capture a new one."""

    async def main() -> None:
        async with running(source(daemon)) as one:
            await one.until_captured("cap0", "cap1")
            await batch(
                host, ["link add old0 type veth peer name old1", "link set old0 up", "link set old1 up"]
            )
            await one.until_captured("cap0", "cap1", "old0", "old1")
            await batch(
                host,
                [
                    "link set old0 down",
                    "link set old0 name moved0",
                    "link set moved0 up",
                    "link add old0 type veth peer name fresh1",
                    "link set old0 up",
                    "link set fresh1 up",
                ],
            )
            await one.until_captured("cap0", "cap1", "fresh1", "moved0", "old0", "old1")
            await asyncio.sleep(2.5)  # until the capture under the old name was let go
            one.seen.clear()
            with host.wire("moved0") as wire:
                wire.send(frame(1))
            with host.wire("old0") as wire:
                wire.send(frame(2))
            await one.until("all four", lambda: len(one.seen) == 4)
            assert one.seen == {"moved0": 1, "old1": 1, "old0": 1, "fresh1": 1}

    host.run(main())


def test_more_interfaces_than_rpcapd_can_list(host: Host, daemon: Daemon) -> None:
    """With 160 more, the list does not fit rpcapd's reply: the kernel names them, and all are captured."""
    pairs = range(80)

    async def main() -> None:
        async with running(source(daemon)) as one:
            await one.until_captured("cap0", "cap1")
            await crowd(host, daemon)
            names = ["cap0", "cap1", *(f"{end}{n}" for n in pairs for end in "ab")]
            await one.until_captured(*names)
            with host.wire("a79") as wire:
                wire.send(frame(1))
            await one.until("the last one's packet", lambda: frame(1) in one.frames)
            await batch(host, [f"link delete a{n}" for n in pairs])
            await one.until_captured("cap0", "cap1")
        offers = await source(daemon).offers()
        assert {"cap0", "cap1", "lo"} <= {offer.name for offer in offers}

    host.run(main(), 120)
    wait_until("rpcapd without children", lambda: not daemon.children)


def test_of_another_machine_with_so_many_names_are_needed(
    host: Host, daemon: Daemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where no kernel tells, what `include` spells out is captured; without that the problem is said."""
    monkeypatch.setattr("interceptor.capture.rpcap._is_here", lambda _: False)

    async def main() -> None:
        await crowd(host, daemon)
        async with running(source(daemon, include=("cap0", "a*"), exclude=("cap*",))) as one:
            await one.until_captured("cap0")
        async with running(source(daemon)) as one:
            await one.until("the problem", lambda: "more devices than fit its reply" in one.source.problem)

    host.run(main())


def test_so_many_from_the_beginning(host: Host, daemon: Daemon) -> None:
    """The kernel is asked in time: the first list is whole, and nothing is lost and found."""

    async def main() -> None:
        await crowd(host, daemon)
        async with running(source(daemon)) as one:
            await one.until("all", lambda: len(one.captured()) == 162)
            assert one.source.reconnects == 0

    host.run(main())


def test_the_list_beyond_rpcapds_limit_can_be_shown(host: Host, daemon: Daemon) -> None:
    """For `interceptor interfaces` too."""

    async def main() -> None:
        await crowd(host, daemon)
        names = {offer.name for offer in await source(daemon).offers()}
        assert {"lo", "cap0", "a79", "b0"} <= names

    host.run(main())


def test_what_is_not_wanted_is_said(host: Host, daemon: Daemon) -> None:
    """Excluded interfaces are not opened, and name the rule."""

    async def main() -> None:
        chosen = source(daemon, include=("cap*", "lo"), exclude=("cap1", "lo", "any"))
        async with running(chosen) as one:
            await one.until_captured("cap0", "lo")
            assert {name: watched.reason for name, watched in one.source.interfaces.items()} == {
                "cap0": "",
                "lo": "",
                "cap1": "exclude cap1",
                "any": "exclude any",
                "nflog": "not included",
                "nfqueue": "not included",
            }
            assert one.state("cap1") is State.EXCLUDED
            assert len(daemon.children) == 3  # one lists

    host.run(main())


def test_one_that_cannot_be_captured_leaves_the_others(host: Host, daemon: Daemon) -> None:
    """An interface on which the filter means nothing says so and is tried again; the rest is captured."""

    async def main() -> None:
        async with running(source(daemon, filter="ether host 02:00:00:00:00:02")) as one:
            await one.until_captured("cap0", "cap1")
            await batch(host, ["tuntap add raw0 mode tun", "link set raw0 up"])  # no Ethernet
            await one.until("raw0 fails", lambda: one.state("raw0") is State.FAILED)
            assert "ethernet addresses supported only on" in one.source.interfaces["raw0"].reason
            await one.until_captured("cap0", "cap1")
            with host.wire("cap0") as wire:
                wire.send(frame(1))
            await one.until("a packet on both", lambda: one.seen == {"cap0": 1, "cap1": 1})

    host.run(main())


# Losses


def test_a_lost_rpcapd_is_found_again(host: Host) -> None:
    """When it is killed and started anew, all captures come back; counters never go back, and others go on."""
    first, other = host.rpcapd(), host.rpcapd()

    async def main() -> None:
        async with running_all(source(first), source(other)) as (one, two):
            await one.until_captured("cap0", "cap1")
            await two.until_captured("cap0", "cap1")
            with host.wire("cap0") as wire:
                for number in range(10):
                    wire.send(frame(number))
                await one.until("ten on both ends", lambda: one.source.counters.packets == 20)
                first.stop()
                await one.until("the loss", lambda: not one.source.connected)
                await one.until("each capture's end", lambda: one.captured() == [])
                assert "Connection refused" in one.source.problem or "closed" in one.source.problem
                await one.until("a try", lambda: "Connection refused" in one.source.problem)
                assert all(each.interface.gone for each in one.batches)
                for number in range(10, 20):
                    wire.send(frame(number))
                again = host.rpcapd(port=first.port)
                await one.until_captured("cap0", "cap1")
                assert one.source.counters.packets == 20
                for number in range(20, 30):
                    wire.send(frame(number))
                await one.until("ten more", lambda: one.source.counters.packets == 40)
                assert one.source.reconnects == 1
                await two.until("thirty without a gap", lambda: two.source.counters.packets == 60)
                assert two.source.reconnects == 0
        wait_until("no children", lambda: not again.children and not other.children)

    host.run(main())


def test_captures_go_on_without_the_list(host: Host, daemon: Daemon) -> None:
    """The loss of the connection that lists stops no capture, and is mended."""

    async def main() -> None:
        async with running(source(daemon)) as one:
            await one.until_captured("cap0", "cap1")
            lister = min(daemon.children)
            interfaces = dict(one.source.interfaces)
            os.kill(lister, signal.SIGKILL)
            await ip(host, "link", "add", "new0", "type", "veth", "peer", "name", "new1")  # asks for a list
            await one.until("the loss is mended", lambda: one.source.reconnects == 1)
            assert one.source.interfaces["cap0"] is interfaces["cap0"]
            with host.wire("cap0") as wire:
                wire.send(frame(1))
            await one.until("a packet on both", lambda: one.seen == {"cap0": 1, "cap1": 1})
            assert len({each.interface for each in one.batches}) == 2

    host.run(main())


def test_a_lost_capture_comes_back(host: Host, daemon: Daemon) -> None:
    """The loss of one interface's connection is that interface's alone."""

    async def main() -> None:
        async with running(source(daemon)) as one:
            await one.until_captured("cap0", "cap1")
            os.kill(max(daemon.children), signal.SIGKILL)
            await one.until("the loss", lambda: len(one.captured()) == 1)
            await one.until_captured("cap0", "cap1")
            assert one.source.reconnects == 0

    host.run(main())


def test_nothing_is_left_of_a_cancellation(host: Host, daemon: Daemon) -> None:
    """At whatever moment the source is cancelled, no child of rpcapd, descriptor or task stays."""

    async def main() -> None:
        before = descriptors()
        for step in range(30):
            task = asyncio.create_task(source(daemon).run(Feed(lambda _: None)))
            await asyncio.sleep(step * 0.006)
            task.cancel()
            await asyncio.wait([task])
            assert task.cancelled()
        await asyncio.sleep(0.1)
        assert not descriptors() - before

    host.run(main())
    wait_until("rpcapd without children", lambda: not daemon.children)


# Access


def test_credentials_from_a_file(host: Host, tmp_path: pathlib.Path) -> None:
    """User and password are read for each connection, so a file may be put right meanwhile."""
    daemon = host.rpcapd(null=False)
    file = tmp_path / "password"
    file.write_text("wrong\n")

    async def main() -> None:
        async with running(source(daemon, user="probe", password_file=file)) as one:
            await one.until("refusal", lambda: "Authentication failed" in one.source.problem)
            assert "wrong" not in one.source.problem
            file.write_text(PASSWORD + "\n")
            await one.until_captured("cap0", "cap1")
            file.unlink()
            await ip(host, "link", "set", "cap0", "down")
            await ip(host, "link", "set", "cap0", "up")
            await one.until("both", lambda: one.captured() != [])

    host.run(main())
    wait_until("rpcapd without children", lambda: not daemon.children)


def test_tls(host: Host, certificate: tuple[pathlib.Path, pathlib.Path]) -> None:
    """With the authority from the configuration both connections are encrypted; without it nothing is sent."""
    daemon = host.rpcapd(tls=certificate)

    async def main() -> None:
        async with running(source(daemon)) as one:
            await one.until("distrust", lambda: "certificate" in one.source.problem)
        async with running(source(daemon, ca_file=certificate[0])) as one:
            await one.until_captured("cap0", "cap1")
            with host.wire("cap0") as wire:
                wire.send(frame(1))
            await one.until("a packet", lambda: frame(1) in one.frames)

    host.run(main())


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"user": "probe"}, "capture.password_file: is missing"),
        ({"password": "x"}, "capture.user: is missing"),
        (
            {"user": "probe", "password_file": "/nonexistent/file"},
            "/nonexistent/file: cannot be read: No such",
        ),
        ({"ca_file": "/nonexistent/file"}, "capture.ca_file /nonexistent/file: cannot be used: No such file"),
    ],
)
def test_access_that_cannot_be_used_is_said_at_once(options: dict[str, Any], words: str) -> None:
    """Before anything is connected."""
    with pytest.raises(UsageError, match=words):
        Access(settings("rpcaps://192.0.2.1", **options), encrypted=True)


def test_no_list_says_why(host: Host, daemon: Daemon) -> None:
    """The list of an rpcapd that cannot be reached names it and the reason."""
    daemon.stop()

    async def main() -> None:
        with pytest.raises(InterceptorError, match=f"{daemon.url}: cannot connect.*Connection refused"):
            await source(daemon).offers()

    host.run(main())


# Own traffic


def test_rpcaps_own_traffic_is_not_captured(host: Host, daemon: Daemon) -> None:
    """Capturing loopback, over which all of it goes, shows none of it; nothing feeds back on itself."""

    async def main() -> None:
        async with running(source(daemon, exclude=("any",), filter="tcp")) as one:
            await one.until_captured("cap0", "cap1", "lo")
            async with http_server() as port:
                await request("127.0.0.1", port, "/a", "/b")
            await one.until("two transactions", lambda: len(one.transactions) == 2)
            await one.quiet()
            ports = {tuple(sorted((data[34:36], data[36:38]))) for data in one.frames}
            assert {port.to_bytes(2, "big") in pair for pair in ports} == {True}

    host.run(main())


def test_own_traffic_is_excluded_while_capturing(host: Host, daemon: Daemon) -> None:
    """Conversations that the agent names later are taken out of the filter of running captures; nobody else's are."""

    async def main() -> None:
        own = OwnTraffic()
        chosen = RpcapSource(daemon.url, settings(daemon.url, include=("lo",), exclude=("*",)), own)
        async with running(chosen) as one, http_server() as uploads, http_server("127.0.0.2") as others:
            await one.until_captured("lo")
            await request("127.0.0.1", uploads, "/before")
            await one.until("it is seen", lambda: len(one.transactions) == 1)
            own.set("uploads", await talking_to("127.0.0.1", uploads))
            own.set("scrapes", listening_at(uploads + 1, ["127.0.0.1"]))
            await asyncio.sleep(6)
            await request("127.0.0.1", uploads, "/after")
            await request("127.0.0.2", others, "/other")
            await one.until("the other is seen", lambda: len(one.transactions) == 2)
            await one.quiet()
            paths = [transaction.request and transaction.request.target for transaction in one.transactions]
            assert paths == ["/before", "/other"]

    host.run(main())


def test_a_tagged_conversation_is_excluded_too(host: Host, daemon: Daemon) -> None:
    """Frames of own traffic that carry a VLAN tag are left out, whoever put the tag there."""

    async def main() -> None:
        own = OwnTraffic()
        own.set("uploads", listening_at(80, ["10.9.0.1"]))
        chosen = RpcapSource(
            daemon.url, settings(daemon.url, include=("cap0",), exclude=("*",), filter=""), own
        )
        from scapy.layers.inet import IP, TCP
        from scapy.layers.l2 import Dot1Q, Ether

        head = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")
        packets = IP(src="10.9.0.1", dst="10.9.0.2"), IP(src="10.9.0.3", dst="10.9.0.2")
        async with running(chosen) as one:
            await one.until_captured("cap0")
            for name in ("cap0", "cap1"):  # sent by the captured end, and received by it
                with host.wire(name) as wire:
                    for packet in packets:
                        wire.send(bytes(head / Dot1Q(vlan=7) / packet / TCP(dport=80)))
                        wire.send(bytes(head / packet / TCP(dport=80)))
            await one.until("the others", lambda: len(one.frames) >= 4)
            await one.quiet()
            assert len(one.frames) == 4
            assert all(b"\x0a\x09\x00\x03" in data for data in one.frames)

    host.run(main())


# Statistics and time


def test_drops_are_counted_across_reconnects(host: Host) -> None:
    """What rpcapd's kernel dropped because it was not read is in the counters, when asked and before the end."""
    daemon = host.rpcapd()

    async def main() -> None:
        chosen = source(daemon, include=("cap0",), exclude=("*",))
        async with running(chosen) as one:
            await one.until_captured("cap0")
            process = max(daemon.children)

            def flood() -> None:
                # stopped, it reads nothing, and its ring of 2 MB overflows
                os.kill(process, signal.SIGSTOP)
                with host.wire("cap1") as wire:
                    for number in range(4_000):
                        wire.send(frame(number, 1_400))
                os.kill(process, signal.SIGCONT)

            flood()
            await one.until("drops", lambda: one.source.counters.kernel_dropped > 0)
            dropped = one.source.counters.kernel_dropped
            assert one.source.interfaces["cap0"].counters.kernel_dropped == dropped
            await one.until("all others", lambda: one.source.counters.packets + dropped == 4_000)
            packets = one.source.counters.packets
            daemon.stop()
            await one.until("the loss", lambda: not one.source.connected)
            again = host.rpcapd(port=daemon.port)
            await one.until_captured("cap0")
            process = max(again.children)
            flood()
            await one.until("new packets", lambda: one.source.counters.packets > packets)
        # the end of the source asks once more
        assert one.source.counters.kernel_dropped > dropped

    host.run(main())


def test_snaplen_filter_and_read_timeout_are_honoured(host: Host, daemon: Daemon) -> None:
    """Packets are cut where asked, the filter selects, and packets wait no longer than they may."""

    async def main() -> None:
        chosen = source(
            daemon, include=("cap0",), exclude=("*",), snaplen=96, filter="ether[14:4] < 5", read_timeout_ms=1
        )
        async with running(chosen) as one:
            await one.until_captured("cap0")
            with host.wire("cap1") as wire:
                for number in range(10):
                    wire.send(frame(number, 1_000))
            await one.until("five", lambda: one.source.counters.packets == 5)
            await one.quiet()
            assert one.frames == [frame(number, 1_000)[:96] for number in range(5)]
            assert one.source.counters.bytes == 5_000
            begin = time.monotonic()
            with host.wire("cap1") as wire:
                wire.send(frame(0))
            await one.until("one more", lambda: one.source.counters.packets == 6)
            assert time.monotonic() - begin < 5  # with no timeout, never

    host.run(main())


@pytest.mark.parametrize("ahead", [0, 40 * SECOND, -3_600 * SECOND])
def test_another_machines_clock_is_brought_to_ours(ahead: int) -> None:
    """By a constant, when the two differ by more than packets can be late."""
    clock = Clock("test:")
    base = 1_700_000_000 * SECOND
    for step in range(200):
        now = base + step * SECOND
        taken = now - (step % 7) * SECOND // 100  # captured up to 60 ms before it came
        ((time_there, *rest),) = clock.corrected([(taken + ahead, 5, 6, 7)], now)
        assert abs(time_there - taken) < SECOND // 10
        assert rest == [5, 6, 7]
    assert (clock.ahead == 0) == (ahead == 0)


def test_a_late_packet_is_no_other_clock() -> None:
    """A backlog of seconds within a minute changes no time; a clock that is set is followed."""
    clock = Clock("test:")
    base = 1_700_000_000 * SECOND
    clock.corrected([(base, 0, 0, 0)], base)
    assert clock.corrected([(base, 0, 0, 0)], base + 20 * SECOND) == [(base, 0, 0, 0)]
    assert clock.ahead == 0
    clock.corrected([(base + 90 * SECOND, 0, 0, 0)], base + 30 * SECOND)
    assert clock.ahead == 60 * SECOND


def test_a_local_port_is_shared(host: Host) -> None:
    """Its owner's sockets can have it, anybody else's cannot."""
    import socket

    def main() -> None:
        port = LocalPort("127.0.0.1")
        with socket.socket() as stranger, pytest.raises(OSError, match="in use"):
            stranger.bind(("127.0.0.1", port.number))
        with socket.socket() as one, socket.socket() as two:
            for sock in (one, two):
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                sock.bind(("127.0.0.1", port.number))
        port.close()

    host.call(main)


def test_a_url_that_is_none() -> None:
    """Says what it should be."""
    with pytest.raises(UsageError, match=r"capture\.sources: 'rpcap:' is not of the form"):
        RpcapSource("rpcap:", settings(), OwnTraffic())
