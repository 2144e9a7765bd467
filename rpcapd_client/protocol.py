"""The conversation on the control connection, without I/O.

Owns the order of messages: what may be asked in which state, which answer belongs to which question, and
when the other side is lost. Refuses sockets, clocks and retries.

Theory
------
The client asks, the server answers; one question at a time, because nothing in an answer says which
question it belongs to. So a session is a state plus at most one request in flight. What a request does is
the table below: the state it leads to when it is answered and when it is refused. What is not in the table
cannot be sent; some of it would do harm that cannot be undone:

* UPDATEFILTER without a capture: rpcapd refuses it but leaves its payload in the stream, and reads that as
  the next message.
* STARTCAP during a capture: rpcapd forgets the first one, which runs on for ever.
* AUTH after AUTH: rpcapd closes the connection.

Errors are not only answers. Two kinds come unasked, both only during a capture, and so may arrive between
a request and its answer: READ, when the capturing thread fails (the interface disappeared), and STARTCAPTURE
*after* the STARTCAP_REPLY, when the data connection could not be set up. Outside a capture, an ERROR
that nobody asked for is the server's last word (its idle limit, say) before it closes.

The contract is five verbs: `send(request)`, `receive_data(bytes)`, `receive_eof()`, `data_to_send()`,
`events()`. Only `send` raises, and only `UsageError`. Whatever the server does becomes an event, and after
`Lost` there is no other. At most one message is buffered, so at most `MAX_PAYLOAD` and a header.

Source: libpcap 1.10.3, rpcapd/daemon.c (daemon_serviceloop) and pcap-rpcap.c (rpcap_process_msg_header).
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Final, TypeAlias

from rpcapd_client.errors import (
    AuthenticationError,
    ConnectionLost,
    DeviceListTooLong,
    ProtocolError,
    RemoteError,
    UsageError,
)
from rpcapd_client.wire import (
    MAX_PAYLOAD,
    REPLIES,
    VERSION,
    AuthenticateReply,
    ErrorCode,
    ErrorMessage,
    Header,
    MessageType,
    Reply,
    Request,
)

__all__ = ["TRANSITIONS", "Answered", "Event", "Lost", "Refused", "Session", "State", "Unasked"]


_MAX_UNASKED: Final = 16
"""ERRORs in a row that nobody asked for. rpcapd sends two at most; who goes on sending them is not rpcapd."""


class State(enum.Enum):
    """How far the conversation has come."""

    CONNECTED = "connected"
    AUTHENTICATED = "authenticated"
    OPENED = "opened"
    """A device is open: a capture can start."""
    CAPTURING = "capturing"
    CLOSED = "closed"
    """By either side, or broken. Nothing can be sent, whatever comes is discarded."""


TRANSITIONS: Final[dict[State, dict[MessageType, tuple[State, State]]]] = {
    # state: {request: (state when answered, state when refused)}
    State.CONNECTED: {
        MessageType.AUTH: (State.AUTHENTICATED, State.CONNECTED),
        MessageType.CLOSE: (State.CLOSED, State.CLOSED),
    },
    State.AUTHENTICATED: {
        MessageType.FINDALLIF: (State.AUTHENTICATED, State.AUTHENTICATED),
        MessageType.OPEN: (State.OPENED, State.AUTHENTICATED),
        MessageType.STATS: (State.AUTHENTICATED, State.AUTHENTICATED),
        MessageType.SETSAMPLING: (State.AUTHENTICATED, State.AUTHENTICATED),
        MessageType.CLOSE: (State.CLOSED, State.CLOSED),
    },
    State.OPENED: {
        MessageType.FINDALLIF: (State.OPENED, State.OPENED),
        # a refused device replaces the one that was open: STARTCAP would be refused with the same words
        MessageType.OPEN: (State.OPENED, State.AUTHENTICATED),
        MessageType.STARTCAP: (State.CAPTURING, State.OPENED),
        MessageType.STATS: (State.OPENED, State.OPENED),
        MessageType.SETSAMPLING: (State.OPENED, State.OPENED),
        MessageType.CLOSE: (State.CLOSED, State.CLOSED),
    },
    State.CAPTURING: {
        MessageType.FINDALLIF: (State.CAPTURING, State.CAPTURING),
        MessageType.UPDATEFILTER: (State.CAPTURING, State.CAPTURING),
        MessageType.STATS: (State.CAPTURING, State.CAPTURING),
        MessageType.ENDCAP: (State.OPENED, State.OPENED),
        MessageType.CLOSE: (State.CLOSED, State.CLOSED),
    },
    State.CLOSED: {},
}


@dataclass(frozen=True, slots=True)
class Answered:
    """The request in flight was answered."""

    request: MessageType
    reply: Reply


@dataclass(frozen=True, slots=True)
class Refused:
    """The request in flight was refused."""

    request: MessageType
    error: RemoteError


@dataclass(frozen=True, slots=True)
class Unasked:
    """The server reports something by itself; a request in flight stays in flight."""

    error: RemoteError


@dataclass(frozen=True, slots=True)
class Lost:
    """The conversation is over. The last event."""

    error: ProtocolError | ConnectionLost


Event: TypeAlias = Answered | Refused | Unasked | Lost


class Session:
    """The client's side of one control connection."""

    def __init__(self) -> None:
        self.state = State.CONNECTED
        self.pending: MessageType | None = None
        """The request in flight."""
        self.server: AuthenticateReply | None = None
        """What the server said of itself when it let us in."""
        self._incoming = bytearray()
        self._outgoing = bytearray()
        self._events: list[Event] = []
        self._next = (State.CONNECTED, State.CONNECTED)
        """Where the request in flight leads, answered and refused."""
        self._last_words: RemoteError | None = None
        """An error that nothing has followed: the reason, should the connection now end."""
        self._unasked = 0

    @property
    def held(self) -> int:
        """Bytes of an unfinished message."""
        return len(self._incoming)

    def send(self, request: Request) -> None:
        """Queue a request for `data_to_send`.

        Raises `UsageError`, and queues nothing, where the request has no place in this state, another is
        in flight, or it cannot be encoded.
        """
        if self.pending is not None:
            raise UsageError(f"{request.type.name} while {self.pending.name} is not answered")
        if request.type not in TRANSITIONS[self.state]:
            raise UsageError(f"{request.type.name} has no place on a connection that is {self.state.value}")
        self._outgoing += request.encode()
        if request.type is MessageType.CLOSE:  # has no answer
            self.state = State.CLOSED
        else:
            self._next = TRANSITIONS[self.state][request.type]
            self.pending = request.type

    def data_to_send(self) -> bytes:
        """Take the bytes that are to be written."""
        data = bytes(self._outgoing)
        # a password may have been among them: overwrite, then forget
        self._outgoing[:] = bytes(len(data))
        self._outgoing.clear()
        return data

    def events(self) -> list[Event]:
        """Take what has happened since the last call, in order."""
        events, self._events = self._events, []
        return events

    def receive_data(self, data: bytes) -> None:
        """Take in bytes from the server, in any pieces."""
        if self.state is State.CLOSED:
            return
        incoming = self._incoming
        incoming += data
        try:
            while len(incoming) >= Header.SIZE:  # empty once the connection is lost
                header = Header.decode(incoming)
                self._check(header)
                end = Header.SIZE + header.length
                if len(incoming) < end:
                    break
                payload = bytes(incoming[Header.SIZE : end])
                del incoming[:end]
                self._message(header, payload)
        except ProtocolError as error:
            self._lose(error)

    def receive_eof(self) -> None:
        """Take in that the server has closed its side. Can be called again."""
        if self.state is State.CLOSED:
            return
        after = f" after {self.held} bytes of a message" if self.held else ""
        why = f": {self._last_words}" if self._last_words is not None else ""
        self._lose(
            ConnectionLost(f"the server closed the connection{after}, {self._expecting()} expected{why}")
        )

    def _expecting(self) -> str:
        return "nothing" if self.pending is None else f"{self.pending.name}_REPLY"

    def _lose(self, error: ProtocolError | ConnectionLost) -> None:
        self.state = State.CLOSED
        self.pending = None
        self._incoming.clear()
        self._events.append(Lost(error))

    def _check(self, header: Header) -> None:
        """Refuse what cannot be right before any of its payload is kept."""
        if header.length > MAX_PAYLOAD:
            raise ProtocolError(
                f"{self._expecting()} expected, got a message of {header.length} bytes (at most {MAX_PAYLOAD})"
            )
        if header.type == MessageType.ERROR:
            return  # in any version: a server that does not speak ours answers in its own
        if self.pending is None or header.type != self.pending | 0x80:
            try:
                name = MessageType(header.type).name
            except ValueError:
                name = f"a message of unknown type {header.type:#04x}"
            raise ProtocolError(f"{self._expecting()} expected, got {name}")
        if header.version != VERSION:
            raise ProtocolError(
                f"{self._expecting()} expected in version {VERSION}, it is in version {header.version}"
            )

    def _message(self, header: Header, payload: bytes) -> None:
        if header.type == MessageType.ERROR:
            self._error(ErrorMessage.decode(header.value, payload))
            return
        request = self.pending
        if request is None:  # `_check` has seen to it
            raise AssertionError
        reply = REPLIES[MessageType(header.type)].decode(header.value, payload)
        if isinstance(reply, AuthenticateReply):
            if reply.minimum_version > VERSION or reply.maximum_version < reply.minimum_version:
                raise ProtocolError(
                    f"the server speaks versions {reply.minimum_version} to {reply.maximum_version}, "
                    f"this client {VERSION}"
                )
            self.server = reply
        self.pending = None
        self.state = self._next[0]
        self._last_words = None
        self._unasked = 0
        self._events.append(Answered(request, reply))

    def _error(self, message: ErrorMessage) -> None:
        request = self.pending
        late = self.state is State.CAPTURING and message.code in (ErrorCode.READ, ErrorCode.STARTCAPTURE)
        if request is not None and not late:
            self.pending = None
            self.state = self._next[1]
            error = _remote_error(message, request)
            self._last_words = error
            self._unasked = 0
            self._events.append(Refused(request, error))
            return
        self._unasked += 1
        if self._unasked > _MAX_UNASKED:
            raise ProtocolError(
                f"{self._expecting()} expected, got {_MAX_UNASKED} errors that answer nothing"
            )
        error = _remote_error(message, None)
        self._last_words = error
        self._events.append(Unasked(error))
        if late and message.code == ErrorCode.STARTCAPTURE:
            self.state = State.OPENED
            self._next = (State.OPENED, State.OPENED)
            if request is MessageType.UPDATEFILTER:  # it met a server without a capture, see above
                self._lose(ConnectionLost(f"the capture ended under an UPDATEFILTER: {error}"))


def _remote_error(message: ErrorMessage, request: MessageType | None) -> RemoteError:
    kind: type[RemoteError] = RemoteError
    if message.code in (ErrorCode.AUTH, ErrorCode.AUTH_FAILED, ErrorCode.AUTH_TYPE):
        kind = AuthenticationError
    elif message.code == ErrorCode.FINDALLIF and "send buffer" in message.text:
        kind = DeviceListTooLong
    return kind(message.code, message.text, None if request is None else request.name)
