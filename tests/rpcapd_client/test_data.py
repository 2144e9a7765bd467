"""`rpcapd_client.data`: reading no more than is wanted, and ends that say why."""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from rpcapd_client import ConnectionLost, ProtocolError, RemoteError, UsageError, connect, data
from rpcapd_client.packets import encode_packet
from rpcapd_client.wire import ErrorCode, ErrorMessage, MessageType, StartCaptureReply
from tests.rpcapd_client.fakes import fake, run
from tests.support.rpcapd import ROOT

if TYPE_CHECKING:
    import pathlib

    from tests.support.rpcapd import Host

TIME = 1_700_000_000_000_000_000
TRUE = b"".join(encode_packet(TIME, b"packet", 6, number) for number in range(1, 11))


async def everything(capture: Any, into: list[Any]) -> None:
    """All packets, until it ends."""
    async for _, packets in capture:
        into += packets


def test_packets_before_a_lie_are_given() -> None:
    """A PACKET that cannot be true is a `ProtocolError`, after the packets before it."""

    async def conversation() -> None:
        lie = struct.pack(">BBHIIIIII", 0, 7, 0, 20 + 70_000, 0, 0, 70_000, 70_000, 11)
        packets: list[Any] = []
        async with (
            fake(TRUE + lie) as server,
            await connect(server.url) as client,
            await client.open_capture("eth0", snaplen=65_535) as capture,
        ):
            with pytest.raises(
                ProtocolError, match="PACKET of 70000 bytes where at most 65535 were asked for"
            ):
                await everything(capture, packets)
            assert len(packets) == 10
            with pytest.raises(ProtocolError):
                await everything(capture, packets)

    run(conversation())


def test_data_connection_that_ends_without_a_word() -> None:
    """If the control connection goes on and says nothing, that is what the error says."""

    async def conversation() -> None:
        packets: list[Any] = []
        async with (
            fake(TRUE + TRUE[:30]) as server,
            await connect(server.url) as client,
            await client.open_capture("eth0") as capture,
        ):
            server.end_data.set()
            with pytest.raises(ConnectionLost, match="ended the data connection and does not say why"):
                await everything(capture, packets)
            assert len(packets) == 10

    run(conversation())


def test_data_connection_that_ends_with_a_word() -> None:
    """If the control connection says why, before or after, that is the error, and the packets come first."""

    async def conversation() -> None:
        for before in (False, True):
            packets: list[Any] = []
            async with (
                fake(TRUE) as server,
                await connect(server.url) as client,
                await client.open_capture("eth0") as capture,
            ):
                word = ErrorMessage(ErrorCode.READ, "The interface disappeared").encode()
                if before:
                    server.writers[0].write(word)
                    await asyncio.sleep(0.05)
                server.end_data.set()
                await asyncio.sleep(0.05)
                if not before:
                    server.writers[0].write(word)
                with pytest.raises(RemoteError, match="disappeared"):
                    await everything(capture, packets)
                assert len(packets) == 10

    run(conversation())


def test_failed_capture_waits_for_a_slow_consumer() -> None:
    """After an error the packets that have come are given, however late the consumer is."""

    async def conversation() -> None:
        packets: list[Any] = []
        async with (
            fake(TRUE) as server,
            await connect(server.url) as client,
            await client.open_capture("eth0") as capture,
        ):
            server.writers[0].write(ErrorMessage(ErrorCode.READ, "gone").encode())
            await asyncio.sleep(2.5 * data._LAST_PACKETS)
            with pytest.raises(RemoteError, match="gone"):
                await everything(capture, packets)
            assert len(packets) == 10

    run(conversation())


def test_failed_capture_that_does_not_fall_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    """If the control connection is lost and packets come all the same, the capture ends after a while."""
    monkeypatch.setattr(data, "_LAST_AT_MOST", 0.6)

    async def conversation() -> None:
        async with (
            fake() as server,
            await connect(server.url) as client,
            await client.open_capture("eth0") as capture,
        ):

            async def send() -> None:
                number = 0
                while True:
                    number += 1
                    server.writers[1].write(encode_packet(TIME, b"packet", 6, number))
                    await asyncio.sleep(0.01)

            await server.has_data.wait()
            sending = asyncio.create_task(send())
            server.writers[0].close()
            with pytest.raises(ConnectionLost, match="the server closed the connection"):
                await everything(capture, [])
            sending.cancel()

    run(conversation())


def test_one_consumer() -> None:
    """A second task that waits for the same packets is told so; the first one gets them."""

    async def conversation() -> None:
        async with (
            fake() as server,
            await connect(server.url) as client,
            await client.open_capture("eth0") as capture,
        ):
            packets: list[Any] = []
            first = asyncio.create_task(everything(capture, packets))
            await server.has_data.wait()
            await asyncio.sleep(0)
            with pytest.raises(UsageError, match="another task already waits"):
                await everything(capture, [])
            server.writers[1].write(TRUE)
            while len(packets) < 10:  # noqa: ASYNC110
                await asyncio.sleep(0.005)
            await capture.close()
            await first

    run(conversation())


def test_nobody_at_the_data_port() -> None:
    """A data port at which nothing listens is `ConnectionLost` with the address, and the capture is ended."""

    async def conversation() -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        async with fake() as server, await connect(server.url) as client:
            server.answers[MessageType.STARTCAP] = StartCaptureReply(0, port).encode()
            with pytest.raises(
                ConnectionLost, match=rf"data connection to 127.0.0.1:{port}: Connection refused"
            ):
                await client.open_capture("eth0")
            assert server.asked[-1] == MessageType.ENDCAP
            await client.interfaces()

    run(conversation())


def test_server_that_does_not_connect() -> None:
    """With `server_open`, a server that says yes and does not come is `ConnectionLost`, and the capture is ended."""

    async def conversation() -> None:
        async with fake() as server, await connect(server.url, timeout=0.3) as client:
            with pytest.raises(ConnectionLost, match=r"cannot receive the data connection: not within 0.3 s"):
                await client.open_capture("eth0", server_open=True)
            assert server.asked[-1] == MessageType.ENDCAP

    run(conversation())


def test_nothing_is_read_ahead() -> None:
    """While the consumer does not ask, one read is held and the rest stays in the kernel."""
    flood = b"".join(encode_packet(TIME, bytes(1000), 1000, number) for number in range(1, 20_001))

    async def conversation() -> None:
        async with (
            fake(flood) as server,
            await connect(server.url) as client,
            await client.open_capture("eth0") as capture,
        ):
            first = await anext(aiter(capture))
            await asyncio.sleep(0.3)
            held = sum(len(batch.buffer) for batch in capture._data._batches)
            assert held <= 256 * 1024 + 1028
            packets = len(first.packets)
            async for _, more in capture:
                packets += len(more)
                if packets == 20_000:
                    break
            assert capture.missing == 0

    run(conversation())


def test_reads_are_large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Packets that come one by one are read many at a time."""

    async def conversation() -> None:
        async with (
            fake() as server,
            await connect(server.url) as client,
            await client.open_capture("eth0") as capture,
        ):
            batches: list[int] = []

            async def consume() -> None:
                async for _, packets in capture:
                    batches.append(len(packets))
                    if sum(batches) == 1_000:
                        return

            consumer = asyncio.create_task(consume())
            await server.has_data.wait()
            for number in range(1, 1_001):
                server.writers[1].write(encode_packet(TIME, bytes(60), 60, number))
                await asyncio.sleep(0)
            await consumer
            assert len(batches) < 500

    run(conversation())


def test_receive_buffer() -> None:
    """The socket's buffer is enlarged where that is allowed, and never made smaller than it grows by itself."""
    with socket.socket() as plain, socket.socket() as large:
        data.enlarge_buffer(large)
        sizes = [sock.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) for sock in (plain, large)]
    assert sizes[1] == sizes[0] or sizes[1] >= 2 * 2**20


def test_receive_buffer_without_rights() -> None:
    """A process without CAP_NET_ADMIN gets what the kernel's limit allows, if that is large, and never an error.

    It asks no file: in a network namespace of Linux before 6.9 there is none that tells the limit.
    """
    program = (
        "import os, socket, pathlib\n"
        "from rpcapd_client import data\n"
        "if os.geteuid() == 0: os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
        "pathlib.Path.read_text = None\n"
        "s = socket.socket(); before = s.getsockopt(1, socket.SO_RCVBUF)\n"
        "data.enlarge_buffer(s); print(before, s.getsockopt(1, socket.SO_RCVBUF))\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    before, after = map(int, ran.stdout.split())
    assert after == before or after >= 4 * 2**20


def test_flood_of_empty_datagrams() -> None:
    """Datagrams without a byte, from a stranger, take one turn of the loop no longer than packets would."""

    async def conversation() -> None:
        sock, stranger = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
        with stranger:
            sock.setblocking(False)
            data.enlarge_buffer(sock)
            sock.bind(("127.0.0.1", 0))
            reader = data.DatagramData(sock, "192.0.2.1", 1_000, 0.1)
            for _ in range(data._DATAGRAMS + 50):
                stranger.sendto(b"", sock.getsockname())
            assert reader._receive() == []
            assert reader.malformed == data._DATAGRAMS
            reader._receive()
            assert reader.malformed == data._DATAGRAMS + 50
            reader.close()

    run(conversation())


def test_patience() -> None:
    """Reads wait for company a fifth of the read timeout, no more than 20 ms, and hardly at all in a small buffer."""
    with socket.socket() as small, socket.socket() as large:
        small.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
        data.enlarge_buffer(large)
        assert data._patience(small, 1.0) == 0.001
        assert data._patience(small, 0.001) == 0.0002
        if large.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) >= 2 * 2**20:
            assert data._patience(large, 1.0) == 0.02
            assert data._patience(large, 0.01) == 0.002


def test_second_verdict_of_the_real_daemon(
    host: Host, certificate: tuple[pathlib.Path, pathlib.Path]
) -> None:
    """A data connection without TLS to a daemon that wants it: STARTCAP succeeds, then ERROR 12, and so we say."""
    tls = ssl.create_default_context(cafile=certificate[0])
    daemon = host.rpcapd(tls=certificate)

    async def conversation() -> None:
        async with await connect(daemon.url, tls=tls) as client:
            client._tls = None
            async with await client.open_capture("cap0") as capture:
                assert isinstance(capture._data, data.StreamData)
                assert capture._data._transport is not None
                capture._data._transport.write(b"this is not TLS" * 10)
                with pytest.raises(RemoteError) as caught:
                    await everything(capture, [])
                assert caught.value.code == ErrorCode.STARTCAPTURE
            client._tls = tls
            async with await client.open_capture("cap0"):
                pass

    host.run(conversation())
