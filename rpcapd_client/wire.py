"""Messages of the rpcap protocol: bytes in, values out, and back.

Owns the layouts, the numbers and the limits. Refuses I/O, order of messages (see `protocol`) and the
framing of packets (see `packets`). Every multi-byte field is big-endian, except the byte-order magic.

A message is an 8-byte header, `version type value length`, then `length` bytes of payload. Each class
here is one message: `encode()` gives it whole, `decode(value, payload)` reads it back. A payload that is
too short for what it claims is a `ProtocolError`; surplus bytes at its end are ignored, as libpcap does.

Source: libpcap 1.10.3, rpcap-protocol.h, pcap-rpcap.c and rpcapd/daemon.c.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from struct import Struct
from typing import ClassVar, Literal, Self, TypeAlias

from rpcapd_client.devices import Device, decode_devices, encode_devices, printable
from rpcapd_client.errors import ProtocolError, UsageError

__all__ = [
    "MAX_DEVICE_NAME",
    "MAX_ERROR_TEXT",
    "MAX_INSTRUCTIONS",
    "MAX_LINK_TYPE",
    "MAX_PAYLOAD",
    "MAX_SNAPLEN",
    "REPLIES",
    "REQUESTS",
    "VERSION",
    "AuthenticateReply",
    "AuthenticateRequest",
    "Authentication",
    "CloseRequest",
    "EndCaptureReply",
    "EndCaptureRequest",
    "ErrorCode",
    "ErrorMessage",
    "FilterReply",
    "FilterRequest",
    "Header",
    "Instruction",
    "ListReply",
    "ListRequest",
    "Message",
    "MessageType",
    "OpenReply",
    "OpenRequest",
    "Reply",
    "Request",
    "SamplingMethod",
    "SamplingReply",
    "SamplingRequest",
    "StartCaptureReply",
    "StartCaptureRequest",
    "StartFlag",
    "StatisticsReply",
    "StatisticsRequest",
]

VERSION = 0
"""The only version there is, up to libpcap 1.11."""

MAX_PAYLOAD = 64_000
"""Of a message on the control connection: rpcapd builds its replies in a buffer of this size
(RPCAP_NETBUF_SIZE), so a longer one is not from rpcapd."""

MAX_SNAPLEN = 262_144
"""Bytes per packet. rpcapd takes 0 and anything larger for this (MAXIMUM_SNAPLEN)."""

MAX_INSTRUCTIONS = 8_192
"""In a filter (RPCAP_BPF_MAXINSNS)."""

MAX_DEVICE_NAME = 1_024
"""Bytes (PCAP_BUF_SIZE)."""

MAX_LINK_TYPE = 65_535
"""Capture files have 16 bits for it."""

MAX_ERROR_TEXT = 1_024
"""Characters kept of an ERROR's text; rpcapd sends at most 256 bytes."""


class MessageType(enum.IntEnum):
    """What a message is. A reply is its request's number with the high bit set."""

    ERROR = 0x01
    FINDALLIF = 0x02
    OPEN = 0x03
    STARTCAP = 0x04
    UPDATEFILTER = 0x05
    CLOSE = 0x06
    PACKET = 0x07
    """On the data connection only."""
    AUTH = 0x08
    STATS = 0x09
    ENDCAP = 0x0A
    SETSAMPLING = 0x0B
    FINDALLIF_REPLY = 0x82
    OPEN_REPLY = 0x83
    STARTCAP_REPLY = 0x84
    UPDATEFILTER_REPLY = 0x85
    AUTH_REPLY = 0x88
    STATS_REPLY = 0x89
    ENDCAP_REPLY = 0x8A
    SETSAMPLING_REPLY = 0x8B


class ErrorCode(enum.IntEnum):
    """Why the server refused (PCAP_ERR_*)."""

    NETWORK = 1
    TIMEOUT = 2
    """Sent after 90 s without authentication and after 180 s without a request; then it closes."""
    AUTH = 3
    FINDALLIF = 4
    NO_INTERFACES = 5
    OPEN = 6
    UPDATEFILTER = 7
    GETSTATS = 8
    READ = 9
    """Never an answer: the capture ended by itself, for example its interface disappeared."""
    HOST_REFUSED = 10
    REMOTE_ACCEPT = 11
    STARTCAPTURE = 12
    ENDCAPTURE = 13
    RUNTIME_TIMEOUT = 14
    """Defined and never sent."""
    SETSAMPLING = 15
    WRONG_MESSAGE = 16
    WRONG_VERSION = 17
    AUTH_FAILED = 18
    TLS_REQUIRED = 19
    AUTH_TYPE = 20


class Authentication(enum.IntEnum):
    """How the client says who it is."""

    NULL = 0
    PASSWORD = 1


class StartFlag(enum.IntFlag):
    """Of STARTCAP."""

    PROMISCUOUS = 1
    DATAGRAM = 2
    """Packets come by UDP."""
    SERVER_OPEN = 4
    """The server makes the data connection."""
    INBOUND = 8
    """Defined and ignored by rpcapd; so is OUTBOUND."""
    OUTBOUND = 16


class SamplingMethod(enum.IntEnum):
    """Of SETSAMPLING, which rpcapd accepts and ignores."""

    NONE = 0
    ONE_OF_N = 1
    FIRST_AFTER_MILLISECONDS = 2


Instruction: TypeAlias = tuple[int, int, int, int]
"""(code, jump if true, jump if false, k): one BPF instruction, all unsigned."""

_HEADER = Struct(">BBHI")


@dataclass(frozen=True, slots=True)
class Header:
    """The 8 bytes in front of every message."""

    version: int
    type: int
    """A `MessageType`, or a number that nobody knows."""
    value: int
    length: int
    """Payload bytes that follow."""

    SIZE: ClassVar[int] = _HEADER.size

    def encode(self) -> bytes:
        """Give its 8 bytes."""
        return _HEADER.pack(self.version, self.type, self.value, self.length)

    @staticmethod
    def decode(data: bytes | bytearray) -> Header:
        """Read it from the first 8 bytes of `data`."""
        return Header(*_HEADER.unpack_from(data))


def _message(type_: MessageType, payload: bytes = b"", value: int = 0) -> bytes:
    return _HEADER.pack(VERSION, type_, value, len(payload)) + payload


def _unpack(layout: Struct, type_: MessageType, payload: bytes, offset: int = 0) -> tuple[int, ...]:
    if len(payload) - offset < layout.size:
        raise ProtocolError(
            f"{type_.name}: {layout.size} bytes expected at offset {offset}, the payload has {len(payload)}"
        )
    return layout.unpack_from(payload, offset)


class _Bare:
    """A message without payload."""

    __slots__ = ()
    type: ClassVar[MessageType]

    def encode(self) -> bytes:
        """Give the whole message."""
        return _message(self.type)

    @classmethod
    def decode(cls, value: int, payload: bytes) -> Self:
        """Read it: there is nothing in it."""
        del value, payload
        return cls()


@dataclass(frozen=True, slots=True)
class ErrorMessage:
    """The server's refusal, or its word that something ended."""

    code: int
    text: str = ""
    """May be empty or stale memory: rpcapd 1.10.3 sends the wrong buffer in three places."""

    type: ClassVar = MessageType.ERROR

    def encode(self) -> bytes:
        """Give the whole message."""
        return _message(self.type, self.text.encode("utf-8", "replace"), self.code)

    @classmethod
    def decode(cls, value: int, payload: bytes) -> ErrorMessage:
        """Read it; text that is not UTF-8 or not printable is replaced, text too long is cut."""
        return cls(value, printable(payload[: 4 * MAX_ERROR_TEXT])[:MAX_ERROR_TEXT])


@dataclass(frozen=True, slots=True)
class AuthenticateRequest:
    """Who the client is. In clear text, unless the connection is TLS."""

    kind: int = Authentication.NULL
    user: bytes = b""
    password: bytes = field(default=b"", repr=False)

    type: ClassVar = MessageType.AUTH
    _LAYOUT: ClassVar = Struct(">HHHH")

    def encode(self) -> bytes:
        """Give the whole message. Raises `UsageError` where a name is too long for its 16-bit length."""
        if len(self.user) > 0xFFFF or len(self.password) > 0xFFFF:
            raise UsageError("a user name or password can have at most 65,535 bytes")
        lengths = self._LAYOUT.pack(self.kind, 0, len(self.user), len(self.password))
        return _message(self.type, lengths + self.user + self.password)

    @classmethod
    def decode(cls, value: int, payload: bytes) -> AuthenticateRequest:
        """Read it, as a server would."""
        del value
        kind, _, user, password = _unpack(cls._LAYOUT, cls.type, payload)
        names = payload[cls._LAYOUT.size :]
        if len(names) < user + password:
            raise ProtocolError(f"AUTH: names of {user} and {password} bytes in {len(names)}")
        return cls(kind, names[:user], names[user : user + password])


@dataclass(frozen=True, slots=True)
class AuthenticateReply:
    """Which versions the server speaks, and its byte order."""

    minimum_version: int = 0
    maximum_version: int = 0
    byte_order: Literal["little", "big"] | None = None
    """Of host-order fields inside packets (DLT_NULL, …); None from servers before 1.10.2."""

    type: ClassVar = MessageType.AUTH_REPLY
    _MAGIC: ClassVar = 0xA1B2C3D4

    def encode(self) -> bytes:
        """Give the whole message: 8 bytes of payload, or 2 where the byte order is not known."""
        versions = bytes((self.minimum_version, self.maximum_version))
        if self.byte_order is None:
            return _message(self.type, versions)
        return _message(self.type, versions + b"\0\0" + self._MAGIC.to_bytes(4, self.byte_order))

    @classmethod
    def decode(cls, value: int, payload: bytes) -> AuthenticateReply:
        """Read any of the three forms: none up to 1.9.0 and WinPcap, 2 bytes up to 1.10.1, 8 since."""
        del value
        if not payload:
            return cls()
        if len(payload) == 2:
            return cls(payload[0], payload[1])
        if len(payload) < 8:
            raise ProtocolError(f"AUTH_REPLY: 0, 2 or 8 bytes expected, the payload has {len(payload)}")
        magic = payload[4:8]
        if magic == cls._MAGIC.to_bytes(4, "little"):
            return cls(payload[0], payload[1], "little")
        if magic == cls._MAGIC.to_bytes(4, "big"):
            return cls(payload[0], payload[1], "big")
        raise ProtocolError(f"AUTH_REPLY: byte-order magic {magic.hex()} is neither order of a1b2c3d4")


@dataclass(frozen=True, slots=True)
class ListRequest(_Bare):
    """Ask for the devices."""

    type: ClassVar = MessageType.FINDALLIF


@dataclass(frozen=True, slots=True)
class ListReply:
    """The devices, as the server sorts them."""

    devices: tuple[Device, ...]

    type: ClassVar = MessageType.FINDALLIF_REPLY

    def encode(self) -> bytes:
        """Give the whole message."""
        return _message(self.type, encode_devices(self.devices), len(self.devices))

    @classmethod
    def decode(cls, value: int, payload: bytes) -> ListReply:
        """Read the `value` entries."""
        return cls(decode_devices(value, payload))


@dataclass(frozen=True, slots=True)
class OpenRequest:
    """Try a device, and keep its name for STARTCAP."""

    device: str

    type: ClassVar = MessageType.OPEN

    def encode(self) -> bytes:
        """Give the whole message. Raises `UsageError` for a name that no device can have."""
        try:
            name = self.device.encode("utf-8", "surrogateescape")
        except UnicodeEncodeError:
            raise UsageError(f"device name {self.device!r} has a character that cannot be written") from None
        if not 0 < len(name) <= MAX_DEVICE_NAME or b"\0" in name:
            raise UsageError(f"a device name has 1 to {MAX_DEVICE_NAME} bytes and no NUL")
        return _message(self.type, name)

    @classmethod
    def decode(cls, value: int, payload: bytes) -> OpenRequest:
        """Read it, as a server would."""
        del value
        return cls(payload.decode("utf-8", "surrogateescape"))


@dataclass(frozen=True, slots=True)
class OpenReply:
    """The device can be opened."""

    link_type: int
    """pcap_datalink(): a DLT_ number of the server's system, not a LINKTYPE_ (see `linktypes`)."""
    timezone_offset: int = 0
    """Always 0."""

    type: ClassVar = MessageType.OPEN_REPLY
    _LAYOUT: ClassVar = Struct(">ii")

    def encode(self) -> bytes:
        """Give the whole message."""
        return _message(self.type, self._LAYOUT.pack(self.link_type, self.timezone_offset))

    @classmethod
    def decode(cls, value: int, payload: bytes) -> OpenReply:
        """Read it. A number that is none of a link type would fail where it is used: in filters and files."""
        del value
        link_type, offset = _unpack(cls._LAYOUT, cls.type, payload)
        if not 0 <= link_type <= MAX_LINK_TYPE:
            raise ProtocolError(f"OPEN_REPLY: link type {link_type} is not between 0 and {MAX_LINK_TYPE}")
        return cls(link_type, offset)


_FILTER = Struct(">HHI")
_INSTRUCTION = Struct(">HBBI")
_FILTER_BPF = 1


def _encode_filter(instructions: tuple[Instruction, ...]) -> bytes:
    if not 0 < len(instructions) <= MAX_INSTRUCTIONS:
        raise UsageError(
            f"a filter has 1 to {MAX_INSTRUCTIONS:,} instructions, this one has {len(instructions):,}"
        )
    return _FILTER.pack(_FILTER_BPF, 0, len(instructions)) + b"".join(
        _INSTRUCTION.pack(*instruction) for instruction in instructions
    )


def _decode_filter(type_: MessageType, payload: bytes, offset: int) -> tuple[Instruction, ...]:
    kind, _, count = _unpack(_FILTER, type_, payload, offset)
    start = offset + _FILTER.size
    if kind != _FILTER_BPF or count > MAX_INSTRUCTIONS or len(payload) - start < count * _INSTRUCTION.size:
        raise ProtocolError(f"{type_.name}: {count} instructions of kind {kind} in {len(payload)} bytes")
    return tuple(_INSTRUCTION.iter_unpack(payload[start : start + count * _INSTRUCTION.size]))


@dataclass(frozen=True, slots=True)
class StartCaptureRequest:
    """Capture on the device last opened."""

    snaplen: int
    """Bytes of each packet that are kept."""
    read_timeout: int
    """Milliseconds a packet may wait for company in the server's ring. 0: until a block is full."""
    flags: StartFlag
    data_port: int
    """Where the client listens, if it does."""
    filter: tuple[Instruction, ...]

    type: ClassVar = MessageType.STARTCAP
    _LAYOUT: ClassVar = Struct(">IIHH")

    def encode(self) -> bytes:
        """Give the whole message. Raises `UsageError` for a filter that is empty or too long."""
        fixed = self._LAYOUT.pack(self.snaplen, self.read_timeout, self.flags, self.data_port)
        return _message(self.type, fixed + _encode_filter(self.filter))

    @classmethod
    def decode(cls, value: int, payload: bytes) -> StartCaptureRequest:
        """Read it, as a server would."""
        del value
        snaplen, timeout, flags, port = _unpack(cls._LAYOUT, cls.type, payload)
        instructions = _decode_filter(cls.type, payload, cls._LAYOUT.size)
        return cls(snaplen, timeout, StartFlag(flags), port, instructions)


@dataclass(frozen=True, slots=True)
class StartCaptureReply:
    """The capture is about to run."""

    buffer_size: int
    """Bytes a client might want as its socket's buffer; the snapshot length, in fact."""
    data_port: int
    """Where to connect to for the packets; 0 where the server connects."""

    type: ClassVar = MessageType.STARTCAP_REPLY
    _LAYOUT: ClassVar = Struct(">iHH")

    def encode(self) -> bytes:
        """Give the whole message."""
        return _message(self.type, self._LAYOUT.pack(self.buffer_size, self.data_port, 0))

    @classmethod
    def decode(cls, value: int, payload: bytes) -> StartCaptureReply:
        """Read it."""
        del value
        buffer_size, port, _ = _unpack(cls._LAYOUT, cls.type, payload)
        return cls(buffer_size, port)


@dataclass(frozen=True, slots=True)
class FilterRequest:
    """Replace the filter of the running capture."""

    filter: tuple[Instruction, ...]

    type: ClassVar = MessageType.UPDATEFILTER

    def encode(self) -> bytes:
        """Give the whole message. Raises `UsageError` for a filter that is empty or too long."""
        return _message(self.type, _encode_filter(self.filter))

    @classmethod
    def decode(cls, value: int, payload: bytes) -> FilterRequest:
        """Read it, as a server would."""
        del value
        return cls(_decode_filter(cls.type, payload, 0))


@dataclass(frozen=True, slots=True)
class FilterReply(_Bare):
    """The new filter is in force; packets that the ring already holds still come."""

    type: ClassVar = MessageType.UPDATEFILTER_REPLY


@dataclass(frozen=True, slots=True)
class CloseRequest(_Bare):
    """The client goes. No reply; in active mode the daemon does not call again."""

    type: ClassVar = MessageType.CLOSE


@dataclass(frozen=True, slots=True)
class StatisticsRequest(_Bare):
    """Ask for the counters. Harmless at any time, so it also serves as the sign of life."""

    type: ClassVar = MessageType.STATS


@dataclass(frozen=True, slots=True)
class StatisticsReply:
    """Packets so far in this capture. All zero when none runs."""

    received: int
    """That passed the filter, lost ones included. On a loopback device each packet counts twice."""
    interface_dropped: int
    """Lost by the network device."""
    kernel_dropped: int
    """Lost because the ring was full: the client or the network between was too slow."""
    captured: int
    """That the server tried to send."""

    type: ClassVar = MessageType.STATS_REPLY
    _LAYOUT: ClassVar = Struct(">IIII")

    @property
    def lost(self) -> int:
        """Packets that were lost. Never `received - captured`, see `received`."""
        return self.kernel_dropped + self.interface_dropped

    def encode(self) -> bytes:
        """Give the whole message."""
        return _message(
            self.type,
            self._LAYOUT.pack(self.received, self.interface_dropped, self.kernel_dropped, self.captured),
        )

    @classmethod
    def decode(cls, value: int, payload: bytes) -> StatisticsReply:
        """Read it."""
        del value
        return cls(*_unpack(cls._LAYOUT, cls.type, payload))


@dataclass(frozen=True, slots=True)
class EndCaptureRequest(_Bare):
    """Stop the capture. Answered only once the server has got rid of the packet it is sending."""

    type: ClassVar = MessageType.ENDCAP


@dataclass(frozen=True, slots=True)
class EndCaptureReply(_Bare):
    """The capture has stopped and the data connection is closed."""

    type: ClassVar = MessageType.ENDCAP_REPLY


@dataclass(frozen=True, slots=True)
class SamplingRequest:
    """Ask for a part of the packets. rpcapd says yes and sends all of them: sample with a filter."""

    method: int
    count: int
    """N, or milliseconds."""

    type: ClassVar = MessageType.SETSAMPLING
    _LAYOUT: ClassVar = Struct(">BBHI")

    def encode(self) -> bytes:
        """Give the whole message."""
        return _message(self.type, self._LAYOUT.pack(self.method, 0, 0, self.count))

    @classmethod
    def decode(cls, value: int, payload: bytes) -> SamplingRequest:
        """Read it, as a server would."""
        del value
        method, _, _, count = _unpack(cls._LAYOUT, cls.type, payload)
        return cls(method, count)


@dataclass(frozen=True, slots=True)
class SamplingReply(_Bare):
    """The server has taken note."""

    type: ClassVar = MessageType.SETSAMPLING_REPLY


Request: TypeAlias = (
    AuthenticateRequest
    | ListRequest
    | OpenRequest
    | StartCaptureRequest
    | FilterRequest
    | CloseRequest
    | StatisticsRequest
    | EndCaptureRequest
    | SamplingRequest
)
Reply: TypeAlias = (
    AuthenticateReply
    | ListReply
    | OpenReply
    | StartCaptureReply
    | FilterReply
    | StatisticsReply
    | EndCaptureReply
    | SamplingReply
)
Message: TypeAlias = Request | Reply | ErrorMessage

REQUESTS: dict[MessageType, type[Request]] = {
    kind.type: kind
    for kind in (
        AuthenticateRequest,
        ListRequest,
        OpenRequest,
        StartCaptureRequest,
        FilterRequest,
        CloseRequest,
        StatisticsRequest,
        EndCaptureRequest,
        SamplingRequest,
    )
}
REPLIES: dict[MessageType, type[Reply]] = {
    kind.type: kind
    for kind in (
        AuthenticateReply,
        ListReply,
        OpenReply,
        StartCaptureReply,
        FilterReply,
        StatisticsReply,
        EndCaptureReply,
        SamplingReply,
    )
}
