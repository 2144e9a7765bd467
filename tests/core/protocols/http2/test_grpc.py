"""Names, statuses, timeouts and messages of calls."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interceptor.core.protocols.http2.grpc import Messages, family, names, status, timeout
from tests.conversations import Capture, Dialogue, records
from tests.support.http2 import message


@pytest.mark.parametrize(
    ("content_type", "system"),
    [
        ("application/grpc", "grpc"),
        ("application/grpc+proto", "grpc"),
        ("Application/gRPC; charset=utf-8", "grpc"),
        ("application/grpc-web", "grpc_web"),
        ("application/grpc-web+proto", "grpc_web"),
        ("application/grpc-web-text", "grpc_web"),
        ("application/grpc-webx", None),
        ("application/grpcx", None),
        ("application/connect+json", "connect_rpc"),
        ("application/connect", None),
        ("application/json", None),
        ("", None),
    ],
)
def test_the_content_type_says_what_a_call_is(content_type: str, system: str | None) -> None:
    """And nothing else does."""
    assert family(content_type) == system


@pytest.mark.parametrize(
    ("path", "named"),
    [
        ("/shop.v1.Orders/Get", ("shop.v1.Orders", "Get")),
        ("/Orders/Get", ("Orders", "Get")),
        ("/a/b/c", None),
        ("/shop.v1.Orders/", None),
        ("/shop..Orders/Get", None),
        ("shop.v1.Orders/Get", None),
        ("/1a/Get", None),
        ("/a.B/Gét", None),
    ],
)
def test_a_path_names_service_and_method(path: str, named: tuple[str, str] | None) -> None:
    """Or is a path only."""
    assert names(path) == named


def test_statuses_and_timeouts() -> None:
    """As they are written, and what is none."""
    assert [status(text) for text in (b"0", b"16", b"99", b"", b"-1", b"ok", b"1234")] == [
        0,
        16,
        99,
        None,
        None,
        None,
        None,
    ]
    assert [timeout(text) for text in (b"5S", b"201m", b"1H", b"2M", b"7u", b"8n", b"5", b"123456789S", b"5s")] == [
        5_000_000_000,
        201_000_000,
        3_600_000_000_000,
        120_000_000_000,
        7_000,
        8,
        None,
        None,
        None,
    ]  # fmt: skip


@given(st.lists(st.integers(0, 60), max_size=6), st.data())
def test_messages_ignore_how_they_are_cut(sizes: list[int], data: st.DataObject) -> None:
    """Heads over several pieces, several messages in one, and what is left passed over."""
    body = b"".join(message(size, flag=size % 2) for size in sizes)
    cuts = sorted(data.draw(st.sets(st.integers(0, len(body)), max_size=8)))
    counted = Messages()
    for start, end in zip([0, *cuts], [*cuts, len(body)], strict=True):
        passed = min(counted.left, end - start) if data.draw(st.booleans()) else 0
        counted.left -= passed
        counted.receive(body[start + passed : end])
    assert (counted.count, counted.bytes, counted.left) == (len(sizes), sum(sizes), 0)


def test_a_length_is_data() -> None:
    """Four gigabytes are a number."""
    counted = Messages()
    counted.receive(b"\x00\xff\xff\xff\xff" + b"x" * 10)
    assert (counted.count, counted.bytes, counted.left) == (1, 2**32 - 1, 2**32 - 11)


def test_the_end_of_a_stream_is_no_message() -> None:
    """Connect says in a message with flag 2 how it ended, gRPC-Web in one with 0x80."""
    connect = Messages()
    connect.receive(message(3) + b"\x02\x00\x00\x00\x02{}" + message(1))
    assert (connect.count, connect.bytes) == (2, 4)
    for trailers, code in (
        (b"grpc-status:5\r\ngrpc-message:no\r\n", 5),
        (b"grpc-message:a grpc-status:3\r\nGrpc-Status: 13\r\n", 13),
        (b"x" * 200 + b"\ngrpc-status:5\r\n", None),
        (b"grpc-status:x\r\n", None),
    ):
        web = Messages()
        for byte in message(3) + b"\x80" + len(trailers).to_bytes(4, "big") + trailers:
            web.receive(bytes((byte,)))
        assert (web.count, web.status) == (1, code)


@pytest.mark.parametrize(
    ("content_type", "system"),
    [
        ("application/grpc-web+proto", "grpc_web"),
        ("application/grpc-web-text", "grpc_web"),
        ("application/connect+json; charset=utf-8", "connect_rpc"),
        ("application/grpc", None),  # gRPC itself is HTTP/2
        ("application/json", None),
    ],
)
def test_browsers_call_over_http_1_as_well(content_type: str, system: str | None) -> None:
    """By the content type, with service and method; the status is in the body, which nobody reads."""
    capture = Capture()
    talk = Dialogue(capture).open()
    fields = f"Host: a.test\r\nContent-Type: {content_type}\r\nContent-Length: 0\r\n\r\n"
    talk.client(f"POST /shop.v1.Orders/Get HTTP/1.1\r\n{fields}".encode())
    talk.server(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    talk.close()
    [record] = records(capture.close())
    assert record.get("rpc.system") == system
    named = ("shop.v1.Orders", "Get") if system else (None, None)
    assert (record.get("rpc.service"), record.get("rpc.method")) == named
    assert (record["url.template"] == "/shop.v1.Orders/Get") == (system is not None)
    assert "rpc.grpc.status_code" not in record
