"""What the real daemon does that the library is built around. Fails when a newer rpcapd behaves better."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
from typing import TYPE_CHECKING

import pytest

from rpcapd_client.filters import EVERYTHING
from rpcapd_client.wire import (
    AuthenticateReply,
    AuthenticateRequest,
    EndCaptureReply,
    EndCaptureRequest,
    ErrorCode,
    ErrorMessage,
    FilterRequest,
    Header,
    ListRequest,
    MessageType,
    OpenReply,
    OpenRequest,
    StartCaptureReply,
    StartCaptureRequest,
    StartFlag,
    StatisticsReply,
    StatisticsRequest,
)
from tests.support.rpcapd import frame, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rpcapd_client.wire import Message, Request
    from tests.support.rpcapd import Daemon, Host


class Raw:
    """A control connection that sends whatever it is told to."""

    def __init__(self, daemon: Daemon) -> None:
        self.socket: socket.socket = daemon.host.call(
            lambda: socket.create_connection(("127.0.0.1", daemon.port), timeout=5)
        )

    def read(self) -> tuple[Header, bytes]:
        """The next message."""
        head = self.exactly(Header.SIZE)
        header = Header.decode(head)
        return header, self.exactly(header.length)

    def exactly(self, size: int) -> bytes:
        """So many bytes, or fewer at the end."""
        data = b""
        while len(data) < size and (more := self.socket.recv(size - len(data))):
            data += more
        return data

    def ask(self, message: bytes) -> ErrorMessage | int:
        """Send, and give the answer: an error, or the type."""
        self.socket.sendall(message)
        header, payload = self.read()
        if header.type == MessageType.ERROR:
            return ErrorMessage.decode(header.value, payload)
        return header.type

    def must(self, request: Request, reply: type[Message]) -> Message:
        """Send a request that is granted."""
        self.socket.sendall(request.encode())
        header, payload = self.read()
        assert header.type == reply.type
        return reply.decode(header.value, payload)

    def ended(self) -> bool:
        """Whether the server has closed."""
        with contextlib.suppress(ConnectionResetError):
            return self.socket.recv(1) == b""
        return True


@pytest.fixture
def server(daemon: Daemon) -> Iterator[Raw]:
    """A connection."""
    raw = Raw(daemon)
    with raw.socket:
        yield raw


@pytest.fixture
def authenticated(server: Raw) -> Raw:
    """An authenticated connection."""
    server.must(AuthenticateRequest(), AuthenticateReply)
    return server


def test_asked_before_authentication(server: Raw) -> None:
    """A request before AUTH is error 16, and the connection goes on."""
    error = server.ask(ListRequest().encode())
    assert isinstance(error, ErrorMessage)
    assert error.code == ErrorCode.WRONG_MESSAGE
    assert "before authentication was completed" in error.text
    server.must(AuthenticateRequest(), AuthenticateReply)


def test_unknown_kind_of_authentication(server: Raw) -> None:
    """Anything but 0 and 1 is error 20."""
    error = server.ask(AuthenticateRequest(kind=7).encode())
    assert isinstance(error, ErrorMessage)
    assert error.code == ErrorCode.AUTH_TYPE


def test_second_authentication(authenticated: Raw) -> None:
    """AUTH after AUTH is error 16, and the end."""
    error = authenticated.ask(AuthenticateRequest().encode())
    assert isinstance(error, ErrorMessage)
    assert error.code == ErrorCode.WRONG_MESSAGE
    assert authenticated.ended()


def test_wrong_version(authenticated: Raw) -> None:
    """Another version is error 17 in that version, and the end."""
    authenticated.socket.sendall(b"\x07" + StatisticsRequest().encode()[1:])
    header, _ = authenticated.read()
    assert (header.version, header.type, header.value) == (7, MessageType.ERROR, ErrorCode.WRONG_VERSION)
    assert authenticated.ended()


def test_unknown_message(authenticated: Raw) -> None:
    """An unknown type is error 16 without a word, and the end."""
    error = authenticated.ask(Header(0, 0x55, 0, 0).encode())
    assert error == ErrorMessage(ErrorCode.WRONG_MESSAGE, "")
    assert authenticated.ended()


def test_filter_without_a_capture(authenticated: Raw) -> None:
    """UPDATEFILTER without a capture leaves its payload in the stream: rpcapd reads it as messages, and closes."""
    error = authenticated.ask(FilterRequest(EVERYTHING).encode())
    assert isinstance(error, ErrorMessage)
    assert error.code == ErrorCode.UPDATEFILTER
    authenticated.socket.sendall(StatisticsRequest().encode())
    header, _ = authenticated.read()
    assert header.type == MessageType.ERROR


def test_end_without_a_capture(authenticated: Raw) -> None:
    """ENDCAP without a capture is error 13."""
    error = authenticated.ask(EndCaptureRequest().encode())
    assert isinstance(error, ErrorMessage)
    assert error.code == ErrorCode.ENDCAPTURE


def test_capture_without_a_device(authenticated: Raw) -> None:
    """STARTCAP without OPEN, or with one that failed, is error 12."""
    start = StartCaptureRequest(96, 10, StartFlag(0), 0, EVERYTHING).encode()
    error = authenticated.ask(start)
    assert error == ErrorMessage(ErrorCode.STARTCAPTURE, "No capture device was specified")
    refusal = authenticated.ask(OpenRequest("nosuch0").encode())
    assert isinstance(refusal, ErrorMessage)
    assert authenticated.ask(start) == ErrorMessage(ErrorCode.STARTCAPTURE, refusal.text)


def test_program_without_instructions(authenticated: Raw) -> None:
    """A filter of no instructions is refused: "no filter" has to be one."""
    authenticated.must(OpenRequest("cap0"), OpenReply)
    start = StartCaptureRequest(96, 10, StartFlag(0), 0, EVERYTHING).encode()
    empty = start[:4] + b"\0\0\0\x14" + start[8:24] + bytes(4)
    error = authenticated.ask(empty)
    assert isinstance(error, ErrorMessage)
    assert error.code == ErrorCode.STARTCAPTURE
    assert "instructions" in error.text


def test_waiting_for_the_data_connection(authenticated: Raw, daemon: Daemon) -> None:
    """After STARTCAP rpcapd answers nothing, and does not even see the end, until a data connection is made."""
    authenticated.must(OpenRequest("cap0"), OpenReply)
    request = StartCaptureRequest(96, 10, StartFlag(0), 0, EVERYTHING)
    reply = authenticated.must(request, StartCaptureReply)
    assert isinstance(reply, StartCaptureReply)
    authenticated.socket.sendall(StatisticsRequest().encode())
    authenticated.socket.settimeout(0.3)
    with pytest.raises(TimeoutError):
        authenticated.socket.recv(1)
    authenticated.socket.close()
    assert len(daemon.children) == 1
    knock: socket.socket = daemon.host.call(
        lambda: socket.create_connection(("127.0.0.1", reply.data_port), timeout=5)
    )
    knock.close()
    wait_until("rpcapd without children", lambda: not daemon.children)


def test_end_while_data_is_not_read(authenticated: Raw, host: Host) -> None:
    """ENDCAP is not answered while rpcapd is blocked in sending; it is once the data connection is closed."""
    with host.call(socket.socket) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        authenticated.must(OpenRequest("cap0"), OpenReply)
        port = listener.getsockname()[1]
        request = StartCaptureRequest(65_535, 10, StartFlag.SERVER_OPEN, port, EVERYTHING)
        reply = authenticated.must(request, StartCaptureReply)
        assert isinstance(reply, StartCaptureReply)
        assert reply.data_port == 0
        data, _ = listener.accept()
    with data, host.wire("cap1") as wire:

        def blocked() -> bool:
            for _ in range(2_000):
                wire.send(frame(1, 1514))
            counters = authenticated.must(StatisticsRequest(), StatisticsReply)
            assert isinstance(counters, StatisticsReply)
            return counters.kernel_dropped > 0

        wait_until("the ring is full", blocked)
        authenticated.socket.sendall(EndCaptureRequest().encode())
        authenticated.socket.settimeout(0.3)
        with pytest.raises(TimeoutError):
            authenticated.socket.recv(1)
    authenticated.socket.settimeout(5)
    header, _ = authenticated.read()
    assert header.type == EndCaptureReply.type


def test_sigterm_kills_its_process_group(host: Host) -> None:
    """On SIGTERM rpcapd kills its whole group with SIGKILL, so every test's daemon has a session of its own."""
    daemon = host.rpcapd()
    assert os.getpgid(daemon.process.pid) == daemon.process.pid
    daemon.process.send_signal(signal.SIGTERM)
    assert daemon.process.wait(5) == -signal.SIGKILL
