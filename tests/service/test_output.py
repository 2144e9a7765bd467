"""Records to a file: order, rotation, full disks, slow disks."""

from __future__ import annotations

import asyncio
import os
import subprocess
import threading
from typing import TYPE_CHECKING, Any

import pytest

from interceptor.config import Output
from interceptor.errors import UsageError
from interceptor.service.output import FileOutlet
from tests.support.netns import wait_until
from tests.support.rpcapd import unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def line(number: int, size: int = 20) -> bytes:
    """A line of this size that tells its number."""
    return str(number).encode().rjust(size - 1, b"0") + b"\n"


def balanced(outlet: FileOutlet) -> dict[str, Any]:
    """The ledger, which must balance."""
    [stage] = outlet.ledger()
    assert stage.balanced
    return {"received": stage.received, "delivered": stage.delivered, "held": stage.held, **stage.dropped}


def test_lines_are_written_in_order_and_added_to_what_is_there(tmp_path: Path) -> None:
    """A restart does not lose what the file had."""
    path = tmp_path / "records.jsonl"
    for begin in (0, 500):
        outlet = FileOutlet(Output(path=str(path)))
        for number in range(begin, begin + 500):
            outlet.write(line(number), 1)
        asyncio.run(outlet.close())
        assert balanced(outlet) == {"received": 500, "delivered": 500, "held": 0}
    assert path.read_bytes() == b"".join(line(number) for number in range(1_000))
    assert path.stat().st_mode & 0o007 == 0


def test_a_file_of_its_size_is_renamed_and_a_few_are_kept(tmp_path: Path) -> None:
    """Each holds whole lines, none is larger than it may be, the newest has no number."""
    path = tmp_path / "records"
    outlet = FileOutlet(Output(path=str(path), max_bytes=100, keep=3))
    for number in range(27):
        outlet.write(line(number), 1)
    asyncio.run(outlet.close())
    held = {name: (tmp_path / name).read_bytes().split() for name in sorted(os.listdir(tmp_path))}
    assert {name: [int(text) for text in texts] for name, texts in held.items()} == {
        "records": [25, 26],
        "records.1": [20, 21, 22, 23, 24],
        "records.2": [15, 16, 17, 18, 19],
        "records.3": [10, 11, 12, 13, 14],
    }


def test_none_kept_means_none(tmp_path: Path) -> None:
    """The file begins anew."""
    path = tmp_path / "records"
    outlet = FileOutlet(Output(path=str(path), max_bytes=40, keep=0))
    for number in range(5):
        outlet.write(line(number), 1)
    asyncio.run(outlet.close())
    assert os.listdir(tmp_path) == ["records"]
    assert path.read_bytes() == line(4)


@pytest.mark.parametrize("place", ["missing/records", "."])
def test_a_file_that_cannot_be_written_is_said_at_once(tmp_path: Path, place: str) -> None:
    """Before anything is captured."""
    with pytest.raises(UsageError, match=r"output\.path .*: cannot be written: "):
        FileOutlet(Output(path=str(tmp_path / place)))


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 64 KiB."""
    if os.geteuid() != 0:
        unavailable("needs root: mounts a small file system")
    path = tmp_path / "disk"
    path.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", path], check=True)
    try:
        yield path
    finally:
        subprocess.run(["umount", path], check=True)


def test_a_full_disk_costs_records_counted_and_recovers(small_disk: Path) -> None:
    """What was written are whole lines, also where somebody has emptied the file; with room again it goes on."""
    path = small_disk / "records"
    outlet = FileOutlet(Output(path=str(path)))

    async def check() -> None:
        for number in range(10):
            outlet.write(line(number, 10_000), 1)
        while balanced(outlet)["held"]:  # noqa: ASYNC110 - a thread's work
            await asyncio.sleep(0.01)
        assert balanced(outlet)["disk_full"] == 4
        assert path.read_bytes() == b"".join(line(number, 10_000) for number in range(6))
        os.truncate(path, 0)
        outlet.write(line(11, 100_000), 1)
        outlet.write(line(12, 10_000), 1)
        await outlet.close()

    asyncio.run(check())
    assert balanced(outlet) == {"received": 12, "delivered": 7, "held": 0, "disk_full": 5}
    assert path.read_bytes() == line(12, 10_000)


def test_a_file_that_cannot_be_rotated_costs_records_counted(tmp_path: Path) -> None:
    """Here because a folder has the name."""
    path = tmp_path / "records"
    (tmp_path / "records.1").mkdir()
    (tmp_path / "records.1" / "x").touch()
    outlet = FileOutlet(Output(path=str(path), max_bytes=30, keep=1))
    for number in range(3):
        outlet.write(line(number), 1)
    asyncio.run(outlet.close())
    assert balanced(outlet) == {"received": 3, "delivered": 1, "held": 0, "write_failed": 2}
    assert path.read_bytes() == line(0)


def test_a_disk_that_is_too_slow_costs_records_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Writing never blocks; one that never answers does not keep us from ending."""
    answers = threading.Event()
    really = os.write

    def slow(file: int, data: Any) -> int:
        answers.wait()
        return really(file, data)

    outlet = FileOutlet(Output(path=str(tmp_path / "records")), queue_bytes=100)
    monkeypatch.setattr(os, "write", slow)
    for number in range(20):
        outlet.write(line(number), 1)
    assert balanced(outlet) == {"received": 20, "delivered": 0, "held": 5, "queue_full": 15}

    async def close() -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await outlet.close()

    asyncio.run(close())
    assert balanced(outlet)["held"] == 5
    outlet.write(line(21), 1)
    assert balanced(outlet)["queue_full"] == 16
    answers.set()
    wait_until(lambda: not balanced(outlet)["held"], "the thread has written")
    assert balanced(outlet) == {"received": 21, "delivered": 5, "held": 0, "queue_full": 16}


def test_closing_twice_is_no_failure(tmp_path: Path) -> None:
    """The second finds nothing to do."""
    outlet = FileOutlet(Output(path=str(tmp_path / "records")))

    async def check() -> None:
        await outlet.close()
        await outlet.close()

    asyncio.run(check())


def test_standard_output_gets_lines_and_is_not_closed(capfd: pytest.CaptureFixture[str]) -> None:
    """It is others' too."""
    outlet = FileOutlet(Output(path="-"))
    outlet.write(b"{}\n", 1)
    asyncio.run(outlet.close())
    os.write(1, b"still\n")
    assert capfd.readouterr().out == "{}\nstill\n"
