"""`rpcapd_client.client` against the real daemon: connecting, authenticating, opening, and leaving nothing."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import socket
import ssl
import traceback
from typing import TYPE_CHECKING, Any

import pytest

from rpcapd_client import (
    AuthenticationError,
    ConnectionLost,
    Conversation,
    Credentials,
    DeviceListTooLong,
    FilterError,
    ProtocolError,
    RemoteError,
    RpcapError,
    Transport,
    UsageError,
    connect,
)
from rpcapd_client.client import _encode
from rpcapd_client.wire import ErrorCode
from tests.support.rpcapd import PASSWORD, frame, wait_until

if TYPE_CHECKING:
    import pathlib

    from rpcapd_client import Capture
    from tests.support.rpcapd import Daemon, Host

WAYS: dict[str, dict[str, Any]] = {
    "client opens": {},
    "server opens": {"server_open": True},
    "datagrams": {"transport": Transport.UDP},
}


async def take(capture: Capture, count: int) -> Any:
    """The next `count` packets' bytes."""
    packets = []
    async for buffer, places in capture:
        packets += [buffer[start : start + captured] for _, start, captured, _ in places]
        if len(packets) >= count:
            return packets
    return packets


@pytest.fixture
def tls(certificate: tuple[pathlib.Path, pathlib.Path]) -> Any:
    """A context that trusts the test's server."""
    return ssl.create_default_context(cafile=certificate[0])


def test_lists_what_the_daemon_has(host: Host, daemon: Daemon) -> None:
    """The veth pair, loopback with both its addresses, and Linux's pseudo-device `any` are in the list."""

    async def conversation() -> Any:
        async with await connect(daemon.url) as client:
            assert client.byte_order == "little" or os.uname().machine in {"s390x", "ppc64"}
            return {device.name: device for device in await client.interfaces()}

    devices = host.run(conversation())
    assert {"cap0", "cap1", "lo", "any"} <= set(devices)
    assert [str(entry.address) for entry in devices["lo"].addresses] == ["127.0.0.1", "::1"]
    assert [str(entry.netmask) for entry in devices["lo"].addresses][:1] == ["255.0.0.0"]


@pytest.mark.parametrize("way", WAYS)
def test_packets_come_each_way(host: Host, daemon: Daemon, way: str) -> None:
    """Twenty frames sent are the twenty frames received, whoever makes the data connection."""

    async def conversation() -> Any:
        async with (
            await connect(daemon.url) as client,
            await client.open_capture("cap0", read_timeout=0.01, **WAYS[way]) as capture,
        ):
            with host.wire("cap1") as wire:
                for number in range(20):
                    wire.send(frame(number))
            packets = await take(capture, 20)
            assert (await capture.statistics()).captured == 20
            assert (capture.link_type, capture.missing, capture.malformed) == (1, 0, 0)
            return packets

    assert host.run(conversation()) == [frame(number) for number in range(20)]


@pytest.mark.parametrize("way", ["client opens", "server opens"])
def test_packets_come_through_tls(
    host: Host, certificate: tuple[pathlib.Path, pathlib.Path], tls: ssl.SSLContext | None, way: str
) -> None:
    """Control and data are both encrypted, with the certificate checked on both."""
    daemon = host.rpcapd(tls=certificate)

    async def conversation() -> Any:
        async with (
            await connect(daemon.url, tls=tls) as client,
            await client.open_capture("cap0", read_timeout=0.01, **WAYS[way]) as capture,
        ):
            with host.wire("cap1") as wire:
                for number in range(20):
                    wire.send(frame(number, 900))
            return await take(capture, 20)

    assert host.run(conversation()) == [frame(number, 900) for number in range(20)]
    wait_until("rpcapd without children", lambda: not daemon.children)


def test_tls_does_not_trust_by_itself(host: Host, certificate: tuple[pathlib.Path, pathlib.Path]) -> None:
    """A server whose certificate no authority of ours signed is refused, with the reason."""
    daemon = host.rpcapd(tls=certificate)
    with pytest.raises(ConnectionLost, match="the certificate is not good: self-signed certificate"):
        host.run(connect(daemon.url))


def test_plain_client_of_tls_server(host: Host, certificate: tuple[pathlib.Path, pathlib.Path]) -> None:
    """The server says that it wants TLS, and that is the error."""
    daemon = host.rpcapd(tls=certificate)
    with pytest.raises(RemoteError, match="TLS is required by this server") as caught:
        host.run(connect(daemon.url.replace("rpcaps", "rpcap")))
    assert caught.value.code == ErrorCode.TLS_REQUIRED


def test_tls_client_of_plain_server(host: Host, daemon: Daemon, tls: ssl.SSLContext | None) -> None:
    """A server without TLS answers the handshake with an alert: no hang, and it is named."""
    with pytest.raises(ConnectionLost, match=r"cannot connect to 127.0.0.1:\d+: TLS: .*HANDSHAKE_FAILURE"):
        host.run(connect(daemon.url.replace("rpcap", "rpcaps"), tls=tls))


def test_datagrams_are_not_encrypted(
    host: Host, certificate: tuple[pathlib.Path, pathlib.Path], tls: ssl.SSLContext | None
) -> None:
    """UDP with TLS is refused here, before rpcapd would refuse it with stale memory for a reason."""
    daemon = host.rpcapd(tls=certificate)

    async def conversation() -> None:
        async with await connect(daemon.url, tls=tls) as client:
            with pytest.raises(UsageError, match="does not encrypt UDP"):
                await client.open_capture("cap0", transport=Transport.UDP)
            await client.interfaces()

    host.run(conversation())


def test_password(host: Host) -> None:
    """A user with uid 0 and the right password may capture."""
    daemon = host.rpcapd(null=False)

    async def conversation() -> Any:
        async with (
            await connect(daemon.url, credentials=Credentials("probe", PASSWORD)) as client,
            await client.open_capture("cap0"),
        ):
            return client.peer

    assert host.run(conversation()) == f"127.0.0.1:{daemon.port}"


def test_password_that_is_not_utf8(host: Host) -> None:
    """Bytes that are not UTF-8 reach the server as they are; what is no text at all is refused, and not repeated."""
    daemon = host.rpcapd(null=False)

    async def conversation() -> None:
        before = open_sockets()
        for text in ("x\ud800battery", "battery\udfff"):
            with pytest.raises(UsageError, match=r"^the password has a character") as caught:
                await connect(daemon.url, credentials=Credentials("probe", text))
            assert caught.value.__cause__ is None
            assert "battery" not in "".join(traceback.format_exception(caught.value))
        await asyncio.sleep(0.05)
        assert open_sockets() <= before

    host.run(conversation())
    assert _encode("password", os.fsdecode(b"gr\xfcn")) == b"gr\xfcn"


def test_wrong_password(host: Host) -> None:
    """A wrong password is an `AuthenticationError`, and it is not in it."""
    daemon = host.rpcapd(null=False)
    with pytest.raises(AuthenticationError, match="Authentication failed") as caught:
        host.run(connect(daemon.url, credentials=Credentials("probe", "battery staple")))
    error: BaseException | None = caught.value
    while error is not None:
        assert "battery" not in repr(error) + repr(error.args) + repr(vars(error))
        error = error.__cause__ or error.__context__


def test_null_authentication_refused(host: Host) -> None:
    """A daemon that wants a password says so to who gives none."""
    daemon = host.rpcapd(null=False)
    with pytest.raises(AuthenticationError, match="NULL authentication not permitted"):
        host.run(connect(daemon.url))


def test_unprivileged_user(host: Host) -> None:
    """rpcapd becomes the user: one without rights can list, and learns at OPEN that it cannot capture."""
    daemon = host.rpcapd(null=False)

    async def conversation() -> None:
        async with await connect(daemon.url, credentials=Credentials("nobody", PASSWORD)) as client:
            with pytest.raises(RemoteError, match="permission") as caught:
                await client.open_capture("cap0")
            assert caught.value.code == ErrorCode.OPEN

    host.run(conversation())


def test_host_not_in_the_daemons_list(host: Host) -> None:
    """A daemon with a host list says no to the others."""
    daemon = host.rpcapd("-l", "192.0.2.1")
    with pytest.raises(RemoteError) as caught:
        host.run(connect(daemon.url))
    assert caught.value.code == ErrorCode.HOST_REFUSED


def test_nobody_listens(host: Host) -> None:
    """A port where nothing listens is one clear line."""
    with pytest.raises(ConnectionLost, match=r"^cannot connect to 127.0.0.1:9: Connection refused$"):
        host.run(connect("rpcap://127.0.0.1:9"))


def test_ipv6(host: Host) -> None:
    """Control and data work over IPv6, and the URL has the address in brackets."""
    daemon = host.rpcapd(address="::1")

    async def conversation() -> Any:
        packets = []
        async with await connect(f"rpcap://[::1]:{daemon.port}") as client:
            for options in WAYS.values():
                async with await client.open_capture("cap0", read_timeout=0.01, **options) as capture:
                    with host.wire("cap1") as wire:
                        wire.send(frame(1))
                    packets += await take(capture, 1)
        return packets

    assert host.run(conversation()) == [frame(1)] * 3


def test_no_such_device(host: Host, daemon: Daemon) -> None:
    """A device that is not there is the server's error, and the connection goes on."""

    async def conversation() -> None:
        async with await connect(daemon.url) as client:
            with pytest.raises(RemoteError, match="OPEN: nosuch0: No such device exists") as caught:
                await client.open_capture("nosuch0")
            assert caught.value.code == ErrorCode.OPEN
            with pytest.raises(RemoteError, match="Source string refers to a remote device"):
                await client.open_capture("rpcap://192.0.2.1/eth0")
            async with await client.open_capture("cap0"):
                pass

    host.run(conversation())


def test_bad_filter(host: Host, daemon: Daemon) -> None:
    """A filter that does not compile is refused with its place; nothing has started and the connection goes on."""

    async def conversation() -> None:
        async with await connect(daemon.url) as client:
            with pytest.raises(FilterError, match=r"'prot' \(column 5\)") as caught:
                await client.open_capture("cap0", filter="tcp prot 80")
            assert caught.value.position == 4
            async with await client.open_capture("cap0", filter="tcp port 80") as capture:
                with pytest.raises(FilterError):
                    await capture.update_filter("and")

    host.run(conversation())


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"snaplen": 0}, "snaplen"),
        ({"snaplen": 262_145}, "snaplen"),
        ({"read_timeout": 0}, "read_timeout"),
        ({"data_port": 65_536}, "data_port"),
    ],
)
def test_values_that_rpcapd_would_misread(
    host: Host, daemon: Daemon, options: dict[str, Any], words: str
) -> None:
    """Snapshot lengths that it would take for 262,144 and a time-out with which nothing comes are refused here."""

    async def conversation() -> None:
        async with await connect(daemon.url) as client:
            with pytest.raises(UsageError, match=words):
                await client.open_capture("cap0", **options)

    host.run(conversation())


def test_one_capture_at_a_time_and_again(host: Host, daemon: Daemon) -> None:
    """A second capture is refused while one runs (rpcapd would leak the first); after closing it, it starts."""

    async def conversation() -> None:
        async with await connect(daemon.url) as client:
            first = await client.open_capture("cap0")
            with pytest.raises(UsageError, match="one capture at a time"):
                await client.open_capture("cap1")
            await first.close()
            with pytest.raises(UsageError, match="closed"):
                await first.statistics()  # rpcapd would answer with zeros
            async with await client.open_capture("cap1", read_timeout=0.01) as second:
                with host.wire("cap0") as wire:
                    wire.send(frame(7))
                assert await take(second, 1) == [frame(7)]
            assert [packet async for packet in second] == []

    host.run(conversation())


def test_two_tasks_open_at_once(host: Host, daemon: Daemon) -> None:
    """Of two tasks that open at once one is refused: neither gets a capture of the other's device."""

    async def conversation() -> None:
        async with await connect(daemon.url) as client:
            opening = asyncio.create_task(client.open_capture("cap0"))
            await asyncio.sleep(0)
            with pytest.raises(UsageError, match="another task opens a capture"):
                await client.open_capture("cap1")
            async with await opening as capture:
                assert capture.device == "cap0"

    host.run(conversation())


def test_more_devices_than_fit(host: Host, daemon: Daemon) -> None:
    """With 160 interfaces the list is a `DeviceListTooLong`, and opening by name works on the same connection."""
    for number in range(80):
        host.ip("link", "add", f"a{number}", "type", "veth", "peer", "name", f"b{number}")
        for side in "ab":
            host.ip("addr", "add", f"10.{number}.0.{ord(side)}/24", "dev", f"{side}{number}")
            host.ip("link", "set", f"{side}{number}", "up")

    async def conversation() -> None:
        async with await connect(daemon.url) as client:
            with pytest.raises(DeviceListTooLong, match="open one by its name"):
                await client.interfaces()
            async with await client.open_capture("cap0", read_timeout=0.01) as capture:
                with host.wire("cap1") as wire:
                    wire.send(frame(3))
                assert await take(capture, 1) == [frame(3)]

    host.run(conversation())


@pytest.mark.parametrize("way", WAYS)
def test_own_traffic_is_not_captured(host: Host, daemon: Daemon, way: str) -> None:
    """A capture of the interface that carries it has the foreign datagrams and nothing of rpcap."""

    async def conversation() -> Any:
        async with await connect(daemon.url) as client:
            options = {"read_timeout": 0.01, **WAYS[way]}
            async with await client.open_capture("lo", **options) as capture:
                with host.call(datagram_socket) as receiver, host.call(datagram_socket) as sender:
                    receiver.bind(("127.0.0.1", 9))
                    for number in range(50):
                        sender.sendto(b"foreign %d" % number, ("127.0.0.1", 9))
                        await capture.statistics()  # traffic on the control connection meanwhile
                packets = await take(capture, 50)
                await asyncio.sleep(0.2)
                return packets, (await capture.statistics()).captured

    packets, captured = host.run(conversation())
    assert [packet[42:] for packet in packets] == [b"foreign %d" % number for number in range(50)]
    assert captured == 50


def test_captures_that_share_a_port_exclude_each_other(host: Host, daemon: Daemon) -> None:
    """Two captures from one local port: the one of loopback shows neither its own nor the other's packets."""

    kept = host.call(socket.socket)

    async def conversation() -> Any:
        kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        kept.bind(("127.0.0.1", 0))
        port = kept.getsockname()[1]
        async with await connect(daemon.url) as one, await connect(daemon.url) as two:
            assert one.hosts == ("127.0.0.1", "127.0.0.1")
            ours = [Conversation("tcp", ("127.0.0.1",), (number,)) for number in (daemon.port, port)]
            options = {"read_timeout": 0.01, "local_port": port, "exclude_own_traffic": False}
            async with (
                await one.open_capture("lo", filter="tcp", exclude=ours, **options) as loopback,
                await two.open_capture("cap0", **options) as other,
            ):
                with host.wire("cap1") as wire:
                    for number in range(20):
                        wire.send(frame(number))
                assert await take(other, 20) == [frame(number) for number in range(20)]
                await asyncio.sleep(0.2)
                before = (await loopback.statistics()).captured
                await loopback.update_filter("tcp", exclude=())
                await asyncio.sleep(0.2)
                return before, (await loopback.statistics()).captured

    with kept:
        before, after = host.run(conversation())
    assert before == 0
    assert after > 0


def datagram_socket() -> Any:
    """A UDP socket."""
    return socket.socket(socket.AF_INET, socket.SOCK_DGRAM)


def test_own_datagrams_cut_up_are_not_captured(host: Host, daemon: Daemon) -> None:
    """A UDP data connection whose datagrams are fragmented does not feed on its own fragments."""
    host.ip("link", "set", "lo", "mtu", "1500")

    async def conversation() -> Any:
        async with await connect(daemon.url) as client:
            capture = await client.open_capture("any", read_timeout=0.01, transport=Transport.UDP)
            async with capture:
                with host.wire("cap1") as wire:
                    for number in range(20):
                        wire.send(frame(number, 1500))
                await take(capture, 40)  # seen going out of cap1 and coming into cap0
                await asyncio.sleep(0.3)
                return (await capture.statistics()).captured

    assert host.run(conversation()) == 40


def test_data_port_that_cannot_be_reached(host: Host, daemon: Daemon) -> None:
    """A wrong override of the data port is a `ConnectionLost` that names it; rpcapd is not left waiting."""

    async def conversation() -> None:
        async with await connect(daemon.url) as client:
            with pytest.raises(ConnectionLost, match=r"data connection to 127.0.0.1:9: Connection refused"):
                await client.open_capture("cap0", data_port=9)
            async with await client.open_capture("cap0"):
                pass

    host.run(conversation())


def test_data_host_override(host: Host, daemon: Daemon) -> None:
    """The data connection can be made to another address of the server than the control connection's."""
    host.ip("addr", "add", "192.0.2.7/32", "dev", "lo")

    async def conversation() -> Any:
        async with (
            await connect(daemon.url) as client,
            await client.open_capture("lo", data_host="192.0.2.7", read_timeout=0.01) as capture,
        ):
            with host.call(datagram_socket) as sender:
                sender.sendto(b"foreign", ("127.0.0.1", 9))
            assert b"foreign" in (await take(capture, 1))[0]
            await asyncio.sleep(0.2)
            return (await capture.statistics()).captured

    assert host.run(conversation()) <= 2  # the datagram and its ICMP answer, not the data connection


def test_strangers_do_not_fill_the_data_connection(host: Host, daemon: Daemon) -> None:
    """With server_open, a connection from another address than the server's is not taken for it."""
    host.ip("addr", "add", "192.0.2.7/32", "dev", "lo")

    async def conversation() -> None:
        async with await connect(daemon.url) as client:
            loop = asyncio.get_running_loop()

            async def intrude() -> None:
                while True:
                    with socket.socket() as sock:
                        sock.bind(("192.0.2.7", 0))
                        sock.setblocking(False)
                        try:
                            await loop.sock_connect(sock, ("127.0.0.1", 4711))
                        except ConnectionRefusedError:
                            await asyncio.sleep(0)
                        else:
                            await asyncio.sleep(0.01)

            async with asyncio.TaskGroup() as group:
                intruder = group.create_task(intrude())
                for _ in range(10):
                    capture = await client.open_capture(
                        "cap0", server_open=True, data_port=4711, read_timeout=0.01
                    )
                    async with capture:
                        with host.wire("cap1") as wire:
                            wire.send(frame(5))
                        assert await take(capture, 1) == [frame(5)]
                intruder.cancel()

    host.run(conversation())


STEPS = 60
"""More turns of the event loop than connecting, opening a capture and closing it ever take."""


@pytest.mark.parametrize("times", [1, 3], ids=["once", "and again"])
@pytest.mark.parametrize(
    ("way", "encrypted"), [*((way, False) for way in WAYS), ("client opens", True), ("server opens", True)]
)
def test_cancelled_at_each_step(
    host: Host,
    certificate: tuple[pathlib.Path, pathlib.Path],
    way: str,
    encrypted: bool,
    times: int,
) -> None:
    """Wherever a client is cancelled, no socket and no task stays here, and no child of rpcapd there.

    Being cancelled again, while it cleans up, changes nothing in this: it only does not wait for it.
    """
    daemon = host.rpcapd(tls=certificate if encrypted else None)
    tls = ssl.create_default_context(cafile=certificate[0]) if encrypted else None

    async def cancelled_after(turns: int) -> bool:
        before = open_sockets()
        task = asyncio.create_task(capture_briefly(daemon.url, tls, WAYS[way]))
        for _ in range(turns):
            await asyncio.sleep(0)
            if turns % 3 == 0:
                await asyncio.sleep(0.001)  # so that answers come between the turns, or do not
        for _ in range(times):
            task.cancel()
            await asyncio.sleep(0)
        done, _ = await asyncio.wait([task], timeout=20)
        assert done, "a cancelled client hangs"
        if times == 1:
            assert asyncio.all_tasks() == {asyncio.current_task()}
        for _ in range(2_000):  # asyncio closes sockets some turns later
            if asyncio.all_tasks() == {asyncio.current_task()} and open_sockets() <= before:
                break
            await asyncio.sleep(0.005)
        assert asyncio.all_tasks() == {asyncio.current_task()}
        assert open_sockets() <= before, f"after {turns} turns"
        if not task.cancelled():
            assert isinstance(task.exception(), RpcapError), f"after {turns} turns"
        return task.cancelled()

    async def all_steps() -> list[bool]:
        return [await cancelled_after(turns) for turns in range(STEPS)]

    outcomes = host.run(all_steps())
    assert outcomes[0]
    assert any(outcomes[3::3])
    gc.collect()
    wait_until("rpcapd without children", lambda: not daemon.children)


def open_sockets() -> set[str]:
    """This process's."""
    found = set()
    for fd in os.listdir("/proc/self/fd"):
        with contextlib.suppress(FileNotFoundError):  # the directory's own
            found.add(os.readlink(f"/proc/self/fd/{fd}"))
    return {name for name in found if name.startswith("socket:")}


async def capture_briefly(url: str, tls: ssl.SSLContext | None, options: dict[str, Any]) -> None:
    async with await connect(url, tls=tls) as client:
        await client.interfaces()
        async with await client.open_capture("cap0", read_timeout=0.01, **options) as capture:
            await capture.statistics()
            async for _ in capture:
                pass


def test_cancelled_request_closes(host: Host, daemon: Daemon) -> None:
    """After a cancelled request the connection is closed: the answer could still come, for another question."""

    async def conversation() -> None:
        client = await connect(daemon.url)
        task = asyncio.create_task(client.interfaces())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
        with pytest.raises(ConnectionLost, match="FINDALLIF was cancelled before its answer came"):
            await client.interfaces()
        await client.close()
        await client.close()

    host.run(conversation())


def test_requests_of_several_tasks_take_turns(host: Host, daemon: Daemon) -> None:
    """Ten tasks that ask at once each get their own answer."""

    async def conversation() -> None:
        async with await connect(daemon.url) as client:
            answers = await asyncio.gather(*(client.interfaces() for _ in range(10)))
            assert all(answer == answers[0] for answer in answers)

    host.run(conversation())


def test_server_killed(host: Host, daemon: Daemon) -> None:
    """When the daemon dies, what has come is given, then `ConnectionLost`; so with every later question."""

    async def conversation() -> None:
        async with await connect(daemon.url) as client:
            capture = await client.open_capture("cap0", read_timeout=0.01)
            with host.wire("cap1") as wire:
                wire.send(frame(1))
            assert await take(capture, 1) == [frame(1)]
            daemon.stop()
            with pytest.raises(ConnectionLost, match=f"127.0.0.1:{daemon.port}"):
                await take(capture, 1)
            with pytest.raises(ConnectionLost):
                await capture.statistics()
            with pytest.raises(ConnectionLost):
                await client.interfaces()

    host.run(conversation())


def test_protocol_error_is_not_remote(host: Host) -> None:
    """Something that is no rpcapd at the other end is a `ProtocolError` that shows what came."""

    async def conversation() -> None:
        async def greet(_: Any, writer: Any) -> None:
            writer.write(b"SSH-2.0-OpenSSH_9.2\r\n")
            await writer.drain()
            writer.close()

        server = await asyncio.start_server(greet, "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            with pytest.raises(ProtocolError, match="AUTH_REPLY expected, got a message of"):
                await connect(f"rpcap://127.0.0.1:{port}")

    host.run(conversation())
