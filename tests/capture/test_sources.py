"""`interceptor.capture.sources`: URLs, what they mean together, and that it does not matter which source it is."""

from __future__ import annotations

import asyncio
import json
import signal
from typing import TYPE_CHECKING, Any

import pytest

from interceptor.capture.own_traffic import OwnTraffic
from interceptor.capture.sources import are_here, make_sources, survey
from interceptor.errors import UsageError
from tests.capture_bytes import pcap
from tests.support.rpcapd import wait_until
from tests.support.sources import Running, http_server, request, running_all, settings

if TYPE_CHECKING:
    from pathlib import Path

    from interceptor.capture.source import Source
    from tests.support.rpcapd import Daemon, Host


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


@pytest.mark.parametrize(
    ("urls", "here"),
    [
        (["live:"], True),
        (["live:eth0", "rpcap://127.0.0.1:2002"], True),
        (["rpcap://127.0.0.1", "rpcaps://[::1]:2003", "rpcap://localhost:2002"], True),
        (["live:", "rpcap://192.0.2.1"], False),
        (["rpcap://[2001:db8::1]"], False),
        (["rpcap://localhost.example"], False),
        (["rpcap+listen://127.0.0.1"], False),  # whoever may call
        (["file:/a/b.pcap"], False),
    ],
)
def test_whether_all_is_of_this_machine(urls: list[str], here: bool) -> None:
    """Of another one's addresses nothing can be proven here."""
    assert are_here(urls) is here


def test_several_sources() -> None:
    """One each, but files are one: their packets are merged."""
    assert len(made("rpcap://192.0.2.1", "rpcap://192.0.2.2", "live:eth0")) == 3
    assert [source.url for source in made("file:a", "file:b")] == ["file:a,file:b"]


@pytest.mark.parametrize(
    ("urls", "options", "words"),
    [
        ([], {}, "is empty"),
        (["rpcap://a", "rpcap://a"], {}, "'rpcap://a:2002' is there twice"),
        (["rpcap://a", "rpcap://a:2002"], {}, "'rpcap://a:2002' is there twice"),
        (["file:a", "file:a"], {}, "'file:a' is there twice"),
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


@pytest.mark.parametrize(
    "url", ["rpcap://user:s3cret@host", "rpcaps://user:s3cret@host:1", "what://u:s3cret@h"]
)
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
    """One conversation seen by rpcapd, by libpcap in this process, and by tcpdump, whose file is replayed.

    Each of the three takes its own time of each packet, so they differ by microseconds, and only by that. A replay
    of what rpcapd gave has the very same records, at either pace.
    """
    file, copy = tmp_path / "traffic.pcap", tmp_path / "copy.pcap"
    dump = host.spawn(
        *("tcpdump", "-i", "lo", "-w", file, "-U", "-B", 65_536, "-Z", "root", "-s", snaplen),
        *("--immediate-mode", "tcp and not port", daemon.port),
    )

    async def replayed(*names: str, only: str) -> list[list[bytes]]:
        results = []
        for name in names:
            (source,) = made(f"file:{name}", filter=only)
            one = Running(source)
            await source.run(one.feed)
            results.append(one.records())
        return results

    async def main() -> tuple[list[list[bytes]], list[list[bytes]]]:
        async with http_server() as port:
            only = f"tcp port {port}"
            options = {"include": ("lo",), "exclude": ("*",), "snaplen": snaplen, "filter": only}
            sources = [*made(daemon.url, **options), *made("live:", **options)]
            wait_until("tcpdump captures", lambda: file.exists() and file.stat().st_size >= 24)
            async with running_all(*sources) as both:
                for one in both:
                    await one.until_captured("lo")
                paths = [f"/item/{number}/" + "x" * (number * 37 % 3_000) for number in range(40)]
                await asyncio.gather(*(request("127.0.0.1", port, *paths[at::4]) for at in range(4)))
                for one in both:
                    await one.quiet(1.0)
            dump.send_signal(signal.SIGINT)
            dump.wait(30)
            copy.write_bytes(pcap(zip(both[0].times, both[0].frames, strict=True)))
        captured = [one.records() for one in both]
        return (
            [*captured, *await replayed(str(file), only=only)],
            [captured[0], *await replayed(str(copy), f"{copy}?pace=real", only=only)],
        )

    alike, equal = host.run(main())
    assert len(alike[0]) == (40 if snaplen > 256 else len(alike[1]))
    assert [without_times(records) for records in alike] == [without_times(alike[0])] * 3
    assert equal == [equal[0]] * 3


def without_times(records: list[bytes]) -> list[dict[str, Any]]:
    """Records but for when and how long."""
    whole = [json.loads(record) for record in records]
    assert all(record.pop("time") for record in whole)
    for record in whole:
        record.pop("duration_us", None)
        record.pop("ttfb_us", None)
    return whole
