"""`interceptor.capture.sources`: URLs, what they mean together, and that it does not matter which source it is."""

from __future__ import annotations

import asyncio
import signal
import socket
from typing import TYPE_CHECKING, Any

import pytest

from interceptor.capture.own_traffic import OwnTraffic
from interceptor.capture.sources import make_sources, survey
from interceptor.errors import UsageError
from tests.support.rpcapd import wait_until
from tests.support.sources import Running, http_server, request, running_all, settings

if TYPE_CHECKING:
    from pathlib import Path

    from interceptor.capture.source import Source
    from tests.support.rpcapd import Daemon, Host

SO_TIMESTAMP = 29
"""asm-generic/socket.h; the socket module does not know it."""


def made(*urls: str, **options: Any) -> list[Source]:
    """What a configuration gives."""
    return make_sources(settings(*urls, **options), OwnTraffic())


@pytest.mark.parametrize(
    ("url", "name", "live"),
    [
        ("rpcap://192.0.2.1", "rpcap://192.0.2.1:2002", True),
        ("rpcaps://[2001:db8::1]:2003", "rpcaps://[2001:db8::1]:2003", True),
        ("rpcap+listen://0.0.0.0", "rpcap+listen://0.0.0.0:2003", True),
        ("rpcaps+listen://[::1]:4000", "rpcaps+listen://[::1]:4000", True),
        ("live:", "live:", True),
        ("live:eth0", "live:eth0", True),
        ("file:/a/b.pcap", "file:/a/b.pcap", False),
    ],
)
def test_every_scheme(url: str, name: str, live: bool) -> None:
    """Nothing is opened or connected yet."""
    (source,) = made(url)
    assert (source.url, source.live) == (name, live)
    assert not source.connected
    assert source.problem
    assert dict(source.interfaces) == {}
    assert source.counters.packets == source.reconnects == 0


def test_several_sources() -> None:
    """One each, but files are one: their packets are merged."""
    assert len(made("rpcap://192.0.2.1", "rpcap://192.0.2.2", "live:eth0")) == 3
    assert [source.url for source in made("file:a", "file:b")] == ["file:a,file:b"]


@pytest.mark.parametrize(
    ("urls", "options", "words"),
    [
        ([], {}, "is empty"),
        (["rpcap://a", "rpcap://a"], {}, "'rpcap://a' is there twice"),
        (["rpcap://a", "file:b"], {}, "files cannot be combined"),
        (["pcap://a"], {}, "'pcap://a' is none of rpcap://"),
        (["eth0"], {}, "'eth0' is none of"),
        (["rpcap://"], {}, "not of the form"),
        (["rpcap+listen://"], {}, "not of the form rpcap.listen://address"),
        (["rpcap+listen://localhost"], {}, "not of the form"),
        (["rpcap+listen://127.0.0.1:99999"], {}, "not of the form"),
        (["rpcap+listen://127.0.0.1/x"], {}, "more than an address"),
        (["rpcap://a"], {"filter": "tcp prot 80"}, r"capture.filter: .* at 'prot' \(column 5\)"),
    ],
)
def test_what_cannot_be_is_said(urls: list[str], options: dict[str, Any], words: str) -> None:
    """With the URL, before anything is opened."""
    with pytest.raises(UsageError, match=words):
        made(*urls, **options)


@pytest.mark.parametrize("url", ["rpcap://user:s3cret@host", "rpcaps://user:s3cret@host:1", "what://u:s3cret@h"])
def test_a_password_in_a_url_is_not_repeated(url: str) -> None:
    """The error names the host and the way to do it."""
    with pytest.raises(UsageError) as caught:
        made(url)
    assert "s3cret" not in str(caught.value)
    assert "@h" in str(caught.value)


def test_what_would_be_captured(host: Host, daemon: Daemon) -> None:
    """Every interface of every source, with the rule that decides about it."""

    async def main() -> None:
        rows = await survey(
            settings(daemon.url, "live:cap1", include=("cap*",), exclude=("cap1", "any")), OwnTraffic()
        )
        shown = {(row.source, row.offer.name): (row.decision.captured, row.decision.rule) for row in rows}
        assert shown[daemon.url, "cap0"] == (True, "include cap*")
        assert shown[daemon.url, "cap1"] == (False, "exclude cap1")
        assert shown[daemon.url, "lo"] == (False, "not included")
        assert shown["live:cap1", "cap1"] == (True, "include cap1")
        assert shown["live:cap1", "cap0"] == (False, "not included")
        addresses = {row.offer.name: row.offer.addresses for row in rows if row.source == daemon.url}
        assert addresses["lo"] == ("127.0.0.1", "::1")

    host.run(main())


@pytest.mark.parametrize("snaplen", [65_535, 256])
def test_whichever_source_the_records_are_the_same(
    host: Host, daemon: Daemon, tmp_path: Path, snaplen: int
) -> None:
    """One conversation seen by rpcapd, by libpcap in this process, and in a file of tcpdump's, replayed twice."""
    file = tmp_path / "traffic.pcap"
    limits = {"include": ("lo",), "exclude": ("*",), "snaplen": snaplen}
    dump = host.spawn(
        *("tcpdump", "-i", "lo", "-w", file, "-U", "--immediate-mode", "-Z", "root", "-s", snaplen),
        *("--time-stamp-precision=micro", "tcp and not port", daemon.port),
    )

    async def main() -> tuple[list[list[bytes]], list[list[bytes]]]:
        # As long as some socket wants time stamps, the kernel gives each packet one; otherwise each capture takes
        # its own, and they differ by microseconds.
        async with http_server() as port:
            only = f"tcp port {port}"
            options = {**limits, "filter": only}
            sources = [*made(daemon.url, **options), *made("live:", **options)]
            wait_until("tcpdump captures", lambda: file.exists() and file.stat().st_size >= 24)
            async with running_all(*sources) as both:
                for one in both:
                    await one.until_captured("lo")
                paths = [f"/item/{number}/" + "x" * (number * 37 % 3_000) for number in range(40)]
                await asyncio.gather(*(request("127.0.0.1", port, *paths[at::4]) for at in range(4)))
                for one in both:
                    await one.quiet(1.0)
                captured = [one.records() for one in both]
            dump.send_signal(signal.SIGINT)
            dump.wait(30)
            replayed = []
            for pace in ("", "?pace=real"):
                (source,) = made(f"file:{file}{pace}", filter=only)
                one = Running(source)
                await source.run(one.feed)
                replayed.append(one.records())
        return captured, replayed

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stamping:
        stamping.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMP, 1)
        captured, replayed = host.run(main())
    assert len(captured[0]) == 40
    import json
    print("LEN", len(captured[0]), len(captured[1]), len(replayed[0]), file)
    for q in zip(captured[0],captured[1],replayed[0],replayed[1]):
        print([ (json.loads(x)["time"][-12:], json.loads(x).get("duration_us"),json.loads(x).get("ttfb_us"), json.loads(x)["id"][-6:]) for x in q])
    assert captured[0] == captured[1] == replayed[0] == replayed[1]
