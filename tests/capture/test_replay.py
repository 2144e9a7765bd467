"""`interceptor.capture.replay`: files as sources."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

import pytest

from interceptor.capture.files import merge, open_captures
from interceptor.capture.replay import ReplaySource
from interceptor.errors import UsageError
from tests.capture_bytes import START, conversation, enhanced, interface, option, pcap, section
from tests.support.sources import Running, descriptors, settings

if TYPE_CHECKING:
    from pathlib import Path

SECOND = 1_000_000_000
PACKETS = conversation(3)


def replay(*urls: str, **options: Any) -> ReplaySource:
    """A source of files."""
    return ReplaySource(urls, settings(*urls, **{"filter": "", **options}))


def run(source: ReplaySource) -> Running:
    """All of it."""
    before = descriptors()
    result = Running(source)
    asyncio.run(source.run(result.feed))
    assert not source.connected
    assert not descriptors() - before
    return result


def test_files_are_merged_by_time(tmp_path: Path) -> None:
    """As `interceptor read` does, whatever the order of the sources."""
    odd, even = tmp_path / "odd", tmp_path / "even.pcap"
    odd.write_bytes(pcap(PACKETS[1::2]))
    even.write_bytes(pcap(PACKETS[::2]))
    result = run(replay(f"file:{odd}", f"file:{even}"))
    assert result.frames == [data for _, data in PACKETS]
    assert len(result.transactions) == 3
    assert result.source.counters.packets == len(PACKETS)
    expected = [len(batch.packets) for batch in merge(open_captures([str(odd), str(even)]))]
    assert sum(expected) == result.source.counters.packets


def test_the_pace_can_be_real(tmp_path: Path) -> None:
    """Then packets come as far apart as they were; times are as in the file, and it does not pass for live."""
    path = tmp_path / "a.pcap"
    path.write_bytes(
        pcap([(START + number * SECOND // 4, data) for number, (_, data) in enumerate(PACKETS[:5])])
    )
    begin = time.monotonic()
    full = run(replay(f"file:{path}"))
    assert time.monotonic() - begin < 0.9
    begin = time.monotonic()
    real = run(replay(f"file:{path}?pace=real"))
    assert time.monotonic() - begin >= 1.0
    assert real.frames == full.frames
    assert [p[0] for b in real.batches for p in b.packets] == [START + n * SECOND // 4 for n in range(5)]
    assert not real.source.live


def test_what_is_shown_of_it(tmp_path: Path) -> None:
    """Names of interfaces where the file has them; how it ended; the filter selects as a kernel would."""
    path = tmp_path / "a b.pcapng"
    path.write_bytes(
        section()
        + interface(1, option(2, b"veth1"))
        + enhanced(0, PACKETS[0][1], 0)
        + enhanced(1, PACKETS[1][1], 0)
        + b"\6\0\0\0"
    )
    result = run(replay(f"file:{tmp_path}/a%20b.pcapng", filter="tcp dst port 80"))
    assert result.source.counters.packets == 1
    assert list(result.source.interfaces) == ["veth1"]
    assert "a b.pcapng: " in result.source.problem
    assert asyncio.run(replay(f"file://{tmp_path}/a%20b.pcapng").offers())[0].name == "veth1"


def test_it_can_be_cancelled(tmp_path: Path) -> None:
    """Between two packets or while reading: nothing is left open."""
    path = tmp_path / "a.pcap"
    path.write_bytes(pcap([(START, PACKETS[0][1]), (START + 3_600 * SECOND, PACKETS[1][1])]))

    async def main() -> None:
        before = descriptors()
        for wait in (0.0, 0.001, 0.1):
            source = replay(f"file:{path}?pace=real")
            task = asyncio.create_task(source.run(Running(source).feed))
            await asyncio.sleep(wait)
            task.cancel()
            await asyncio.wait([task])
            assert task.cancelled()
        assert not descriptors() - before

    asyncio.run(main())


@pytest.mark.parametrize(
    ("urls", "words"),
    [
        (["file:"], "names no file"),
        (["file:a?pace=slow"], "only .pace=real is understood"),
        (["file:a?speed=2"], "only .pace=real is understood"),
        (["file:a", "file:b?pace=real"], "the same pace"),
    ],
)
def test_urls_that_are_none(urls: list[str], words: str) -> None:
    """Are refused before any file is opened."""
    with pytest.raises(UsageError, match=words):
        replay(*urls)


def test_a_file_that_is_none(tmp_path: Path) -> None:
    """Ends the source with the file's name."""
    with pytest.raises(UsageError, match="nothing: cannot be opened: No such file"):
        run(replay(f"file:{tmp_path}/nothing"))
