"""`rpcapd_client.listener` against the real daemon in active mode."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from typing import TYPE_CHECKING, Any

import pytest

from rpcapd_client import (
    AuthenticationError,
    ConnectionLost,
    Credentials,
    ProtocolError,
    Transport,
    UsageError,
    listen,
)
from tests.support.rpcapd import PASSWORD, frame, wait_until

if TYPE_CHECKING:
    import pathlib
    from collections.abc import AsyncIterator

    from tests.support.rpcapd import Host


@contextlib.asynccontextmanager
async def call(port: int) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A caller that is not a daemon."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield reader, writer
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


async def one_packet(host: Host, client: Any, **options: Any) -> bytes:
    """Capture the frame that is sent."""
    async with await client.open_capture("cap0", read_timeout=0.01, **options) as capture:
        with host.wire("cap1") as wire:
            wire.send(frame(1))
        async for buffer, [(_, start, captured, _)] in capture:
            return bytes(buffer[start : start + captured])
    raise AssertionError


def test_daemon_calls_and_captures(host: Host) -> None:
    """A daemon that calls is authenticated to and captures, over both transports; it opens the data connection."""

    async def conversation() -> Any:
        async with await listen("127.0.0.1", 0, hosts=["127.0.0.0/8"]) as listener:
            host.rpcapd("-a", f"127.0.0.1,{listener.port}")
            async with await listener.accept() as client:
                assert "cap0" in {device.name for device in await client.interfaces()}
                return [
                    await one_packet(host, client),
                    await one_packet(host, client, server_open=True),
                    await one_packet(host, client, transport=Transport.UDP),
                ]

    assert host.run(conversation()) == [frame(1)] * 3


def test_tls(host: Host, certificate: tuple[pathlib.Path, pathlib.Path]) -> None:
    """The client is TLS's client here too, and the daemon's certificate is checked against its address."""
    tls = ssl.create_default_context(cafile=certificate[0])

    async def conversation() -> Any:
        async with await listen("127.0.0.1", 0, hosts=["127.0.0.1"], tls=tls) as listener:
            host.rpcapd("-a", f"127.0.0.1,{listener.port}", tls=certificate)
            async with await listener.accept() as client:
                return await one_packet(host, client)

    assert host.run(conversation()) == frame(1)


def test_password(host: Host) -> None:
    """The client gives its password to the daemon that calls; a wrong one is an error, and the next call counts."""

    async def conversation() -> None:
        listener = await listen(
            "127.0.0.1", 0, hosts=["127.0.0.1"], credentials=Credentials("probe", "wrong")
        )
        async with listener:
            host.rpcapd("-a", f"127.0.0.1,{listener.port}", null=False)
            with pytest.raises(AuthenticationError):
                await listener.accept()
            listener._credentials = Credentials("probe", PASSWORD)
            async with await listener.accept() as client:
                assert await client.interfaces()

    host.run(conversation())


def test_closed_client_is_called_again(host: Host) -> None:
    """After `close` the daemon calls again at once; after `close(dismiss=True)` it does not."""

    async def conversation() -> None:
        async with await listen("127.0.0.1", 0, hosts=["127.0.0.1"]) as listener:
            daemon = host.rpcapd("-a", f"127.0.0.1,{listener.port}")
            for _ in range(3):
                client = await listener.accept()
                await client.interfaces()
                await client.close()
            client = await listener.accept()
            await client.close(dismiss=True)
            wait_until("the calling child has ended", lambda: not daemon.children)
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.3):
                    await listener.accept()

    host.run(conversation())


def test_host_list(host: Host) -> None:
    """Who is not in the list is told so, counted, and not given out."""

    async def conversation() -> None:
        async with await listen("127.0.0.1", 0, hosts=["192.0.2.0/24", "2001:db8::1"]) as listener:
            waiting = asyncio.create_task(listener.accept())
            async with call(listener.port) as (reader, _):
                text = b"127.0.0.1 is not in the host list"
                assert await reader.read() == b"\0\x01\0\x0a\0\0\0" + bytes([len(text)]) + text
            assert listener.refused == 1
            waiting.cancel()
            await asyncio.wait([waiting])

    host.run(conversation())


def test_every_address(host: Host) -> None:
    """Without a host it listens on IPv4 and IPv6; an IPv4 caller is compared with the list as IPv4."""

    async def conversation() -> Any:
        async with await listen(None, 0, hosts=["127.0.0.1"]) as listener:
            host.rpcapd("-a", f"127.0.0.1,{listener.port}")
            async with await listener.accept() as client:
                assert client.peer.startswith("127.0.0.1:")
                return [
                    await one_packet(host, client),
                    await one_packet(host, client, transport=Transport.UDP),
                ]

    assert host.run(conversation()) == [frame(1)] * 2


def test_caller_that_is_no_daemon(host: Host) -> None:
    """A caller that speaks something else is a `ProtocolError` about it, and `accept` goes on."""

    async def conversation() -> None:
        async with await listen("127.0.0.1", 0, hosts=["127.0.0.1"]) as listener:
            async with call(listener.port) as (_, writer):
                writer.write(b"GET / HTTP/1.1\r\n\r\n")
                with pytest.raises(ProtocolError, match=r"127.0.0.1:\d+: AUTH_REPLY expected"):
                    await listener.accept()
            host.rpcapd("-a", f"127.0.0.1,{listener.port}")
            async with await listener.accept() as client:
                await client.interfaces()

    host.run(conversation())


def test_cancelled_while_waiting(host: Host) -> None:
    """A cancelled `accept`, before or during the authentication, leaves no connection."""

    async def conversation() -> None:
        async with await listen("127.0.0.1", 0, hosts=["127.0.0.1"]) as listener:
            waiting = asyncio.create_task(listener.accept())
            await asyncio.sleep(0.01)
            waiting.cancel()
            await asyncio.wait([waiting])
            async with call(listener.port) as (reader, _):
                waiting = asyncio.create_task(listener.accept())
                assert await reader.readexactly(16) == b"\0\x08\0\0\0\0\0\x08" + bytes(8)
                waiting.cancel()
                await asyncio.wait([waiting])
                assert await reader.read() == b""

    host.run(conversation())


def test_closed_while_waiting(host: Host) -> None:
    """Tasks that wait in `accept` when the listener closes get `ConnectionLost`, and so does who asks later."""

    async def conversation() -> None:
        listener = await listen("127.0.0.1", 0, hosts=["127.0.0.1"])
        waiting = asyncio.create_task(listener.accept())
        await asyncio.sleep(0.01)
        await listener.close()
        for call_again in (waiting, listener.accept()):
            with pytest.raises(ConnectionLost, match="the listener is closed"):
                await call_again
        assert listener._socket.fileno() == -1

    host.run(conversation())


def test_several_tasks_accept(host: Host) -> None:
    """Of two tasks that wait, each gets a caller; one that is busy with a silent caller does not hold up the other."""

    async def conversation() -> None:
        async with await listen("127.0.0.1", 0, hosts=["127.0.0.1"], timeout=30) as listener:
            waiting = [asyncio.create_task(listener.accept()) for _ in range(2)]
            await asyncio.sleep(0.01)  # both wait, before anybody calls
            async with call(listener.port) as (silent, _):
                await silent.readexactly(16)  # it is asked for its authentication, and says nothing
                host.rpcapd("-a", f"127.0.0.1,{listener.port}")
                done, (busy,) = await asyncio.wait(waiting, timeout=20, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    async with task.result() as client:
                        await client.interfaces()
                assert len(done) == 1
                busy.cancel()
                await asyncio.wait([busy])

    host.run(conversation())


def test_several_tasks_wait_when_it_closes(host: Host) -> None:
    """Closing releases all of them, and the socket."""

    async def conversation() -> None:
        listener = await listen("127.0.0.1", 0, hosts=["127.0.0.1"])
        waiting = [asyncio.create_task(listener.accept()) for _ in range(3)]
        await asyncio.sleep(0.01)
        await listener.close()
        done, _ = await asyncio.wait(waiting, timeout=20)
        assert len(done) == 3
        for task in done:
            with pytest.raises(ConnectionLost, match="the listener is closed"):
                task.result()
        assert listener._socket.fileno() == -1
        await listener.close()

    host.run(conversation())


def test_bad_arguments(host: Host) -> None:
    """A host list entry that is no address, and a port that is taken, are one clear line."""

    async def conversation() -> None:
        for port in (-1, 65_536, 70_000):  # the resolver takes 70,000 for 4,464
            with pytest.raises(UsageError, match=f"port {port} is not a port"):
                await listen("127.0.0.1", port, hosts=["127.0.0.1"])
        with pytest.raises(UsageError, match="host list: 'nobody' does not appear"):
            await listen("127.0.0.1", 0, hosts=["nobody"])
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            with pytest.raises(
                ConnectionLost, match=f"cannot listen on 127.0.0.1:{port}: Address already in use"
            ):
                await listen("127.0.0.1", port, hosts=["127.0.0.1"])

    host.run(conversation())
