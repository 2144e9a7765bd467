"""Headers of the PROXY protocol: the forms that haproxy's `proxy-protocol.txt` has, and what is none."""

from __future__ import annotations

import struct
from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interceptor.core.protocols.http1.proxied import announcement
from tests.support.examples import examples

SIGNATURE = b"\r\n\r\n\x00\r\nQUIT\n"
LIMIT = 64 * 2**10


def binary(command: int, family: int, content: bytes) -> bytes:
    """A header of version 2."""
    return SIGNATURE + struct.pack(">BBH", 0x20 | command, family, len(content)) + content


def ends(client: str, server: str) -> bytes:
    """Addresses and ports as version 2 has them."""
    return ip_address(client).packed + ip_address(server).packed + struct.pack(">HH", 1234, 80)


V4, V6 = ends("192.0.2.1", "192.0.2.2"), ends("2001:db8::1", "2001:db8::2")
HEADERS = [
    (b"PROXY TCP4 192.0.2.1 192.0.2.2 1234 80\r\n", ("192.0.2.1", 1234)),
    (b"PROXY TCP6 2001:DB8::1 2001:db8::2 1234 80\r\n", ("2001:db8::1", 1234)),
    (b"PROXY UNKNOWN\r\n", None),
    (b"PROXY UNKNOWN ffff:f:f 1 2 3\r\n", None),
    # of the right form, and what it says is nothing
    (b"PROXY TCP4 192.0.2.1000 192.0.2.2 1234 80\r\n", None),
    (b"PROXY TCP4 192.0.2.1 192.0.2.2 65536 80\r\n", None),
    (b"PROXY TCP6 192.0.2.1 192.0.2.2 1234 80\r\n", None),
    (b"PROXY TCP4 somebody's secret\r\n", None),
    (binary(1, 0x11, V4), ("192.0.2.1", 1234)),
    (binary(1, 0x21, V6), ("2001:db8::1", 1234)),
    (binary(1, 0x11, V4 + b"\x04\x00\x01a"), ("192.0.2.1", 1234)),
    (binary(0, 0x11, V4), None),
    (binary(0, 0x00, b""), None),
    (binary(1, 0x00, b"\x01\x00\x01a"), None),
    (binary(1, 0x31, b"/run/socket".ljust(216, b"\0")), None),
    (binary(1, 0x11, V4[:11]), None),
    (binary(1, 0x21, V6[:35]), None),
]


@pytest.mark.parametrize(("header", "client"), HEADERS)
def test_a_header_is_read_whatever_follows(header: bytes, client: tuple[str, int] | None) -> None:
    """Its size, and a client where it names one; before its end, that it may be one."""
    for rest in (b"", b"GET / HTTP/1.1\r\n\r\n", b"\r\n", header):
        assert announcement(header + rest, LIMIT) == (len(header), client)
    for size in range(1, len(header)):
        assert announcement(header[:size], LIMIT) is True


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\n",
        b"POST / HTTP/1.1\r\n",
        b"PROXY\r\n",
        b"PROXY / HTTP/1.1\r\n",
        b"PROXY TCP5 1 2 3 4\r\n",
        b"proxy UNKNOWN\r\n",
        b"PROXY UNKNOWN" + b" " * 100 + b"\r\n",
        b"PROXY TCP4 " + b"1" * 107,
        b"\r\nGET / HTTP/1.1\r\n",
        b"\r\n\r\n\x00\r\nQUIT\r",
        SIGNATURE + b"\x11",
        SIGNATURE + b"\x11\x11\x00\x0c" + V4,
        binary(1, 0x11, bytes(LIMIT)[: LIMIT - 15]),
        b"\x16\x03\x01",
    ],
)
def test_what_is_no_header(data: bytes) -> None:
    """It is known at once, or at its line's end."""
    assert announcement(data, LIMIT) is False


@examples(1_000)
@given(
    st.binary(min_size=1, max_size=60),
    st.sampled_from([b"", b"PROXY ", b"PROXY TCP4 ", SIGNATURE, SIGNATURE + b"\x21"]),
)
def test_any_bytes_are_a_header_or_none(data: bytes, start: bytes) -> None:
    """Nothing raises; a header is not longer than what came, and a client's port is one."""
    found = announcement(start + data, 64)
    if not isinstance(found, bool):
        assert 0 < found.size <= len(start + data)
        assert found.client is None or 0 <= found.client[1] <= 65535
