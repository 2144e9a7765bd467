"""`rpcapd_client.control`: deadlines, signs of life, and servers that misbehave."""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
from typing import TYPE_CHECKING, Any

import pytest

from rpcapd_client import ConnectionLost, ProtocolError, RemoteError, connect, control
from rpcapd_client.wire import (
    AuthenticateReply,
    ErrorCode,
    ErrorMessage,
    Header,
    MessageType,
    OpenReply,
    StatisticsReply,
)
from tests.rpcapd_client.fakes import GOOD, fake, raw, run

if TYPE_CHECKING:
    import pathlib

    from tests.support.rpcapd import Daemon, Host


@pytest.mark.parametrize("silent", [MessageType.AUTH, MessageType.OPEN, MessageType.STARTCAP])
def test_server_that_never_answers(silent: MessageType) -> None:
    """A request without an answer is `ConnectionLost` with the request's name, after the deadline; so is the next."""

    async def conversation() -> None:
        async with fake() as server:
            server.answers[silent] = b""
            words = f"127.0.0.1:{server.port} gave no answer to {silent.name} in 0.2 s"
            if silent is MessageType.AUTH:
                with pytest.raises(ConnectionLost, match=words):
                    await connect(server.url, timeout=0.2)
                return
            async with await connect(server.url, timeout=0.2) as client:
                with pytest.raises(ConnectionLost, match=words):
                    await client.open_capture("eth0")
                with pytest.raises(ConnectionLost, match=words):
                    await client.interfaces()

    run(conversation())


def test_server_that_answers_twice() -> None:
    """A second answer is an error of the protocol for whoever asks next, not an answer to another question."""

    async def conversation() -> None:
        async with fake() as server:
            server.answers[MessageType.FINDALLIF] *= 2
            async with await connect(server.url) as client:
                assert await client.interfaces() == ()
                await asyncio.sleep(0.05)
                with pytest.raises(ProtocolError, match="nothing expected, got FINDALLIF_REPLY"):
                    await client.interfaces()

    run(conversation())


def test_server_that_answers_another_question() -> None:
    """The answer to a question that was not asked is named, with the one that was."""

    async def conversation() -> None:
        async with fake() as server:
            server.answers[MessageType.FINDALLIF] = OpenReply(1).encode()
            async with await connect(server.url) as client:
                with pytest.raises(ProtocolError, match="FINDALLIF_REPLY expected, got OPEN_REPLY"):
                    await client.interfaces()

    run(conversation())


@pytest.mark.parametrize("reset", [False, True], ids=["closes", "resets"])
def test_server_that_closes_at_each_byte(reset: bool) -> None:
    """Wherever in its answers a server goes away, connecting or asking is `ConnectionLost`, and never hangs."""
    answers = [GOOD[MessageType.AUTH], GOOD[MessageType.OPEN]]
    tasks: list[asyncio.Task[None]] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, left: int) -> None:
        for answer in answers:
            head = await reader.readexactly(Header.SIZE)
            await reader.readexactly(Header.decode(head).length)
            writer.write(answer[:left])
            left -= len(answer[:left])
            if not left:
                break
        if reset:
            linger = struct.pack("ii", 1, 0)
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            writer.transport.abort()
        writer.close()

    async def conversation() -> None:
        for size in range(sum(map(len, answers))):

            def behave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, size: int = size) -> None:
                tasks.append(asyncio.create_task(serve(reader, writer, size)))

            async with raw(behave) as url:
                with pytest.raises(ConnectionLost, match=r"expected|broke|reset") as caught:
                    await connect_and_open(url)
                assert "127.0.0.1" in str(caught.value)
            await asyncio.wait(tasks)

    run(conversation())


async def connect_and_open(url: str) -> None:
    """Ask two questions."""
    async with await connect(url) as client:
        await client.open_capture("eth0")


def test_server_that_floods() -> None:
    """Endless bytes are refused from the first header that cannot be right, and nothing is collected."""

    async def conversation() -> None:
        def behave(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(AuthenticateReply().encode() + b"\xff" * 8_000_000)

        async with raw(behave) as url, await connect(url) as client:
            with pytest.raises(ProtocolError, match="got a message of 4294967295 bytes"):
                await client.interfaces()
            assert client._control.session.held == 0

    run(conversation())


def test_last_words_are_the_reason() -> None:
    """A server that reports and closes while nothing is asked: the next question fails with its report."""

    async def conversation() -> None:
        async with fake() as server, await connect(server.url) as client:
            server.writers[0].write(
                ErrorMessage(ErrorCode.TIMEOUT, "The RPCAP initial timeout has expired").encode()
            )
            server.writers[0].close()
            await asyncio.sleep(0.05)
            with pytest.raises(
                ConnectionLost, match="nothing expected: The RPCAP initial timeout has expired"
            ):
                await client.interfaces()

    run(conversation())


def test_refused_without_a_reason() -> None:
    """An ERROR whose text is empty still is a sentence."""

    async def conversation() -> None:
        async with fake() as server:
            server.answers[MessageType.OPEN] = ErrorMessage(ErrorCode.WRONG_MESSAGE).encode()
            async with await connect(server.url) as client:
                with pytest.raises(RemoteError, match=r"^OPEN: the server gives no reason, only error 16$"):
                    await client.open_capture("eth0")

    run(conversation())


def test_signs_of_life(monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection that is not used asks for statistics now and then; one that is used does not."""
    monkeypatch.setattr(control, "KEEP_ALIVE", 0.1)

    async def conversation() -> None:
        async with fake() as server, await connect(server.url) as client:
            for _ in range(10):
                await asyncio.sleep(0.03)
                await client.interfaces()
            assert MessageType.STATS not in server.asked
            await asyncio.sleep(0.5)
            assert server.asked.count(MessageType.STATS) >= 2
            await client.interfaces()

    run(conversation())


def test_signs_of_life_to_the_real_daemon(
    host: Host, daemon: Daemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    """rpcapd answers them in every state, and the connection stays as it was."""
    monkeypatch.setattr(control, "KEEP_ALIVE", 0.02)

    async def conversation() -> None:
        async with await connect(daemon.url) as client:
            await asyncio.sleep(0.2)
            async with await client.open_capture("cap0"):
                await asyncio.sleep(0.2)
            await asyncio.sleep(0.2)
            await client.interfaces()

    host.run(conversation())


def test_silent_death_during_a_capture(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that goes without a word, on a quiet network, is noticed: the consumer is not left waiting."""
    monkeypatch.setattr(control, "KEEP_ALIVE", 0.1)

    async def conversation() -> None:
        async with (
            fake() as server,
            await connect(server.url, timeout=0.2) as client,
            await client.open_capture("eth0") as capture,
        ):
            server.answers[MessageType.STATS] = b""
            with pytest.raises(ConnectionLost, match=r"gave no answer to STATS in 0.2 s"):
                async for _ in capture:
                    pass

    run(conversation())


def test_keep_alive_that_is_refused_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """A refusal is a sign of life too."""
    monkeypatch.setattr(control, "KEEP_ALIVE", 0.05)

    async def conversation() -> Any:
        async with fake() as server, await connect(server.url) as client:
            server.answers[MessageType.STATS] = ErrorMessage(ErrorCode.GETSTATS, "no").encode()
            await asyncio.sleep(0.3)
            await client.interfaces()
            server.answers[MessageType.STATS] = StatisticsReply(0, 0, 0, 0).encode()
            return server.asked.count(MessageType.STATS)

    assert run(conversation()) >= 2  # type: ignore[operator]


def test_closing_does_not_wait_for_a_server_that_does_not(
    certificate: tuple[pathlib.Path, pathlib.Path],
) -> None:
    """A TLS server that never says goodbye does not keep `close` from ending, nor the connection open."""
    tls = ssl.create_default_context(cafile=certificate[0])
    server_tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_tls.load_cert_chain(*certificate)

    async def conversation() -> None:
        released = asyncio.Event()
        ended = asyncio.Event()

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readexactly(16)
            writer.write(GOOD[MessageType.AUTH])
            assert isinstance(writer.transport, asyncio.Transport)
            writer.transport.pause_reading()  # so that it does not even see our goodbye
            await released.wait()
            writer.transport.resume_reading()
            await reader.read()
            writer.close()
            ended.set()

        server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=server_tls)
        async with server:
            client = await connect(f"rpcaps://127.0.0.1:{server.sockets[0].getsockname()[1]}", tls=tls)
            await client.close()
            with pytest.raises(ConnectionLost, match="closed by its user"):
                await client.interfaces()
            released.set()
            await ended.wait()

    run(conversation())
