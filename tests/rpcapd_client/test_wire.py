"""`rpcapd_client.wire`: layouts, against what libpcap's headers say and what rpcapd sent."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rpcapd_client.errors import ProtocolError, UsageError
from rpcapd_client.wire import (
    REPLIES,
    REQUESTS,
    AuthenticateReply,
    AuthenticateRequest,
    CloseRequest,
    EndCaptureReply,
    EndCaptureRequest,
    ErrorCode,
    ErrorMessage,
    FilterReply,
    FilterRequest,
    Header,
    ListReply,
    ListRequest,
    MessageType,
    OpenReply,
    OpenRequest,
    SamplingReply,
    SamplingRequest,
    StartCaptureReply,
    StartCaptureRequest,
    StartFlag,
    StatisticsReply,
    StatisticsRequest,
)

RETURN = (6, 0, 0, 262_144)
MESSAGES: list[tuple[Any, str]] = [
    (ErrorMessage(6, "no"), "00 01 0006 00000002 6e6f"),
    (AuthenticateRequest(), "00 08 0000 00000008 0000 0000 0000 0000"),
    (AuthenticateRequest(1, b"me", b"pwd"), "00 08 0000 0000000d 0001 0000 0002 0003 6d65 707764"),
    (AuthenticateReply(0, 0), "00 88 0000 00000002 00 00"),
    (AuthenticateReply(0, 0, "little"), "00 88 0000 00000008 00 00 0000 d4c3b2a1"),
    (AuthenticateReply(0, 1, "big"), "00 88 0000 00000008 00 01 0000 a1b2c3d4"),
    (ListRequest(), "00 02 0000 00000000"),
    (ListReply(()), "00 82 0000 00000000"),
    (OpenRequest("eth0"), "00 03 0000 00000004 65746830"),
    (OpenReply(113, -60), "00 83 0000 00000008 00000071 ffffffc4"),
    (
        StartCaptureRequest(96, 10, StartFlag.PROMISCUOUS | StartFlag.SERVER_OPEN, 0x1234, (RETURN,)),
        "00 04 0000 0000001c 00000060 0000000a 0005 1234 0001 0000 00000001 0006 00 00 00040000",
    ),
    (StartCaptureReply(262_144, 40_000), "00 84 0000 00000008 00040000 9c40 0000"),
    (
        FilterRequest(((0x15, 1, 2, 0xFFFFF004), RETURN)),
        "00 05 0000 00000018 0001 0000 00000002 0015 01 02 fffff004 0006 00 00 00040000",
    ),
    (FilterReply(), "00 85 0000 00000000"),
    (CloseRequest(), "00 06 0000 00000000"),
    (StatisticsRequest(), "00 09 0000 00000000"),
    (StatisticsReply(1, 2, 3, 0xFFFFFFFF), "00 89 0000 00000010 00000001 00000002 00000003 ffffffff"),
    (EndCaptureRequest(), "00 0a 0000 00000000"),
    (EndCaptureReply(), "00 8a 0000 00000000"),
    (SamplingRequest(2, 50), "00 0b 0000 00000008 02 00 0000 00000032"),
    (SamplingReply(), "00 8b 0000 00000000"),
]
KINDS = {MessageType.ERROR: ErrorMessage, **REQUESTS, **REPLIES}


@pytest.mark.parametrize(("message", "digits"), MESSAGES, ids=lambda value: type(value).__name__)
def test_layout(message: Any, digits: str) -> None:
    """Each message has these bytes and no others, and reads back from them."""
    data = bytes.fromhex(digits)
    assert message.encode() == data
    header = Header.decode(data)
    assert header.length == len(data) - Header.SIZE
    assert KINDS[MessageType(header.type)].decode(header.value, data[Header.SIZE :]) == message


def test_every_message_has_a_layout_here() -> None:
    """No kind of message is without an example above; PACKET is in `packets`."""
    assert {type(message) for message, _ in MESSAGES} == set(KINDS.values())
    assert set(KINDS) | {MessageType.PACKET} == set(MessageType)


@pytest.mark.parametrize(("message", "digits"), MESSAGES, ids=lambda value: type(value).__name__)
def test_truncated(message: Any, digits: str) -> None:
    """Cut anywhere, a payload is a `ProtocolError`, or a message that is complete at that length."""
    data = bytes.fromhex(digits)[Header.SIZE :]
    kind = type(message)
    for size in range(len(data)):
        if kind in {ErrorMessage, OpenRequest} or (kind is AuthenticateReply and size in {0, 2}):
            kind.decode(0, data[:size])
            continue
        with pytest.raises(ProtocolError, match=f"^{kind.type.name}: "):
            kind.decode(0, data[:size])


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: str(kind.__name__))
@given(st.integers(0, 0xFFFF), st.binary(max_size=200))
def test_any_payload(kind: Any, value: int, payload: bytes) -> None:
    """Whatever the payload, decoding gives a message or a `ProtocolError`."""
    with contextlib.suppress(ProtocolError):
        assert isinstance(kind.decode(value, payload), kind)


def test_forms_of_the_authentication_reply() -> None:
    """No payload (up to 1.9.0), two bytes (1.9.1) and eight (1.10.2) are understood; more is ignored; 1, 3-7 are not."""
    decode = AuthenticateReply.decode
    assert decode(0, b"") == AuthenticateReply(0, 0, None)
    assert decode(0, b"\0\x02") == AuthenticateReply(0, 2, None)
    assert decode(0, b"\0\0\0\0\xd4\xc3\xb2\xa1") == AuthenticateReply(0, 0, "little")
    assert decode(0, b"\0\0\0\0\xa1\xb2\xc3\xd4more") == AuthenticateReply(0, 0, "big")
    for size in (1, 3, 4, 5, 6, 7):
        with pytest.raises(ProtocolError, match=f"0, 2 or 8 bytes expected, the payload has {size}"):
            decode(0, bytes(size))
    with pytest.raises(ProtocolError, match="magic 01020304 is neither order"):
        decode(0, b"\0\0\0\0\x01\x02\x03\x04")


@pytest.mark.parametrize("number", [-1, -(2**31), 65_536, 2**31 - 1])
def test_link_types_that_are_none(number: int) -> None:
    """A link type that no capture file can hold is refused where it comes in, not where a file is written."""
    assert OpenReply.decode(0, OpenReply(65_535).encode()[Header.SIZE :]).link_type == 65_535
    with pytest.raises(ProtocolError, match=f"^OPEN_REPLY: link type {number} is not between"):
        OpenReply.decode(0, OpenReply(number).encode()[Header.SIZE :])


def test_text_of_the_server_is_made_fit() -> None:
    """Text may be anything: what is not UTF-8 or not printable is replaced, what is too long is cut."""
    assert ErrorMessage.decode(16, b"").text == ""
    assert ErrorMessage.decode(12, b"\xff\x1b[31m\nred\0").text == "\ufffd\ufffd[31m\ufffdred\ufffd"
    assert ErrorMessage.decode(12, "Gerät".encode()).text == "Gerät"
    assert len(ErrorMessage.decode(12, b"x" * 64_000).text) == 1024


def test_limits_of_requests() -> None:
    """What rpcapd would not take, or take for something else, is not encoded."""
    for device in ("", "x" * 1025, "a\0b", "\ud800"):
        with pytest.raises(UsageError, match="device name"):
            OpenRequest(device).encode()
    assert len(OpenRequest("x" * 1024).encode()) == 1032
    with pytest.raises(UsageError, match="1 to 8,192 instructions, this one has 0"):
        FilterRequest(()).encode()
    with pytest.raises(UsageError, match="this one has 8,193"):
        FilterRequest((RETURN,) * 8193).encode()
    with pytest.raises(UsageError, match="65,535 bytes") as caught:
        AuthenticateRequest(1, b"me", b"secret" * 20_000).encode()
    assert "secret" not in repr(caught.value)
    assert len(AuthenticateRequest(1, b"u" * 65535, b"p" * 65535).encode()) == 16 + 2 * 65535


def test_numbers() -> None:
    """Replies are their requests with the high bit; error codes are libpcap's 1 to 20 without a gap."""
    assert all(kind & 0x7F in set(REQUESTS) for kind in REPLIES)
    assert [int(code) for code in ErrorCode] == list(range(1, 21))
    assert (ErrorCode.READ, ErrorCode.STARTCAPTURE, ErrorCode.TLS_REQUIRED) == (9, 12, 19)


def test_password_is_not_shown() -> None:
    """Neither the request nor the credentials show the password."""
    from rpcapd_client import Credentials

    assert "secret" not in repr(AuthenticateRequest(1, b"me", b"secret")) + repr(Credentials("me", "secret"))


def test_lost() -> None:
    """What was lost is what the kernel and the device dropped, whatever `received` says."""
    assert StatisticsReply(received=24, interface_dropped=1, kernel_dropped=2, captured=12).lost == 3
