"""`rpcapd_client.endpoints`: URLs, addresses, and the network's failures in words."""

from __future__ import annotations

import asyncio
import errno
import socket
import ssl

import pytest

from rpcapd_client.endpoints import bare, family, find, parse_url, reach, reason, show
from rpcapd_client.errors import ConnectionLost, UsageError


@pytest.mark.parametrize(
    ("url", "parts"),
    [
        ("rpcap://host", ("host", 2002, False)),
        ("rpcap://host/", ("host", 2002, False)),
        ("rpcaps://192.0.2.1:2010", ("192.0.2.1", 2010, True)),
        ("rpcap://[2001:db8::1]:5", ("2001:db8::1", 5, False)),
        ("rpcaps://[::1]", ("::1", 2002, True)),
        ("rpcap://[fe80::1%eth0]", ("fe80::1%eth0", 2002, False)),
        ("rpcap://node_1.pods.", ("node_1.pods.", 2002, False)),
        ("rpcap://b\u00fccher.example", ("b\u00fccher.example", 2002, False)),
    ],
)
def test_urls(url: str, parts: tuple[str, int, bool]) -> None:
    """Host, port (2002 if there is none) and whether it is TLS."""
    assert parse_url(url) == parts


@pytest.mark.parametrize(
    "url",
    [
        "host",
        "http://host",
        "rpcap://",
        "rpcap://host:70000",
        "rpcap://host:x",
        "rpcap://host/eth0",
        "rpcap://[::1",
        "rpcap://host:0",
        "rpcap://host#eth0",
        "rpcap://host/?",
    ],
)
def test_other_urls(url: str) -> None:
    """What is none is a `UsageError` that repeats it."""
    with pytest.raises(UsageError) as caught:
        parse_url(url)
    assert url in str(caught.value)


@pytest.mark.parametrize(
    "host", ["a b", "a..b", "a\tb", "a\n", "a,b", "a\\b", "x" * 64, "\ud800", "a%20b", "\x1b[2J", "[12345::]"]
)
def test_hosts_that_there_cannot_be(host: str) -> None:
    """They are refused, and not looked up again and again."""
    with pytest.raises(UsageError) as caught:
        parse_url(f"rpcap://{host}")
    assert "rpcap://" in str(caught.value)
    assert str(caught.value).isprintable()


def test_password_in_a_url() -> None:
    """A URL with a user or password is refused, and not repeated."""
    with pytest.raises(UsageError) as caught:
        parse_url("rpcap://me:secret@host")
    assert "secret" not in repr(caught.value)


def test_addresses() -> None:
    """IPv6 is shown in brackets; scope and IPv4's clothes are taken off for filters."""
    assert show(("192.0.2.1", 80)) == "192.0.2.1:80"
    assert show(("::1", 80, 0, 0)) == "[::1]:80"
    assert bare("fe80::1%eth0") == "fe80::1"
    assert bare("::ffff:192.0.2.1") == "192.0.2.1"
    assert (family("::1"), family("192.0.2.1")) == (socket.AF_INET6, socket.AF_INET)


def test_reasons() -> None:
    """A failure is a few words, whatever asyncio or ssl made of it."""
    assert (
        reason(ConnectionRefusedError(errno.ECONNREFUSED, "Connect call failed ('x', 1)"))
        == "Connection refused"
    )
    assert reason(socket.gaierror(-2, "Name or service not known")) == "Name or service not known"
    assert reason(OSError("Multiple exceptions: [Errno 111] …")) == "Multiple exceptions: [Errno 111] …"
    assert reason(ssl.SSLError(1, "[SSL] wrong")) == "TLS: [SSL] wrong"
    assert reason(TimeoutError()) == "TimeoutError"


def test_deadline() -> None:
    """What does not end in time is `ConnectionLost` with the time; a time-out of the network's is its own."""

    async def kernel() -> None:
        raise TimeoutError(errno.ETIMEDOUT, "x")

    with pytest.raises(ConnectionLost, match=r"^cannot sleep: not within 0.01 s$"):
        asyncio.run(reach("sleep", 0.01, asyncio.sleep(5)))
    with pytest.raises(ConnectionLost, match=r"^cannot connect: Connection timed out$"):
        asyncio.run(reach("connect", 5, kernel()))


@pytest.mark.parametrize("host", ["a..b", "x" * 64 + ".example", "\ud800"])
def test_names_that_no_host_can_have(host: str) -> None:
    """A name that cannot even be asked for is a network failure with a reason, not Python's `UnicodeError`."""
    with pytest.raises(ConnectionLost, match=r"^cannot reach it: that is no name of a host$"):
        asyncio.run(reach("reach it", 5, find(host, 1)))
