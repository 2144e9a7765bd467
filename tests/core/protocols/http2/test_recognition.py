"""Who speaks HTTP/2: by the preface, or by a header block in the middle."""

from __future__ import annotations

import pytest

from interceptor.core.model import Chunk
from interceptor.core.protocols.conversation import CLIENT, SERVER
from interceptor.core.protocols.http2.finding import SEGMENTS
from interceptor.core.protocols.http2.hpack import Strings
from interceptor.core.protocols.http2.recognition import MORE, Begun, declines, greets, may_answer, speaker
from tests.core.protocols.http2.test_hpack import literal
from tests.support.http2 import PREFACE, frame, settings


def test_a_client_greets_with_the_preface() -> None:
    """As long as its bytes may become it, nobody knows."""
    for size in range(len(PREFACE)):
        assert greets(PREFACE[:size]) is None
    assert greets(PREFACE) is True
    assert greets(PREFACE + b"x") is True
    for other in (b"G", b"POST / HTTP/1.1", b"PRI * HTTP/1.1\r\n\r\nSM\r\n\r\n", PREFACE[:-1] + b"x"):
        assert greets(other) is False


def test_a_server_begins_with_settings() -> None:
    """Which may come before the client has said anything."""
    whole = settings(_3=100)
    assert all(may_answer(whole[:size]) for size in range(1, len(whole)))
    assert not may_answer(frame(6, 0, bytes(8)))
    assert not may_answer(b"HTTP/1.1 200")
    assert not may_answer(b"\x15\x03\x01\x00\x02\x02\x28 ")


def test_a_server_that_answers_in_http_1_declines() -> None:
    """No bytes, as a short snaplen leaves, say nothing."""
    assert declines(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    assert declines(b"H")
    assert not declines(b"HNk")
    assert not declines(settings(_3=100))
    assert not declines(b"")


REQUEST = frame(1, 5, b"\x82\x86" + literal(b"", b"/a", index=4), 5)
ANSWER = frame(1, 5, b"\x88", 4)


@pytest.mark.parametrize(
    ("segment", "side"),
    [
        (PREFACE + settings(_3=100), CLIENT),
        (REQUEST, CLIENT),
        (frame(1, 5, b"\x01" + bytes(5) + b"\x82\x86\xbe\0", 0x2D), CLIENT),
        (frame(8, 0, bytes(4)) + frame(6, 0, bytes(8)) + REQUEST, CLIENT),
        (REQUEST + frame(0, 5, bytes(9_000))[:800], CLIENT),
        (ANSWER, SERVER),
        (frame(0, 3, bytes(90), 1) + ANSWER, SERVER),
        (frame(0, 3, bytes(90), 1), None),
        (frame(8, 0, bytes(4)), None),
        (frame(1, 5, b"\xbe", 5), None),  # all of it was said before
        (frame(1, 5, b"\x88\x82\x86", 5), None),  # neither writes this
        (frame(1, 6, b"\x82\x86", 5), None),
        (frame(1, 5, b"\x82\x86"), None),
        (frame(0, 3, bytes(90), 1)[:-1], MORE),
        (PREFACE[:9], MORE),
        (REQUEST[:8], MORE),
        (REQUEST[:-1], MORE),
        (REQUEST[1:], None),
        (bytes(100), None),
        (b"", None),
    ],
)
def test_who_speaks_in_the_middle(segment: bytes, side: int | None) -> None:
    """It takes what only one side says, in a frame that begins with the segment or behind such frames."""
    data = b"##" + segment + b"##"
    assert speaker(data, 2, 2 + len(segment), Strings()) is side


def test_what_waits_is_bounded() -> None:
    """In bytes and in segments."""
    for size, limit in ((1_000, 10_000), (1, 10_000)):
        chunk = Chunk(bytes(size), 0, size, 0, 1, 0)
        begun = Begun(chunk)
        kept = 0
        while begun.keep(begun.joined(chunk), limit):
            kept += 1
        assert kept == min(limit // size, SEGMENTS)
