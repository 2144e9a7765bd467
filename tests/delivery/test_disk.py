"""The real directory: what the spool expects of a file system."""

from __future__ import annotations

import multiprocessing
import os
import stat
from typing import TYPE_CHECKING, Any

import pytest

from interceptor.delivery.disk import LOCK, Directory
from interceptor.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def directory(tmp_path: Path) -> Any:
    """An open one, two levels below what is there."""
    directory = Directory(tmp_path / "a" / "spool")
    yield directory
    directory.close()


def names(directory: Directory) -> dict[str, int]:
    """What a listing shows."""
    return {name: size for name, size, _ in directory.list()}


def test_files(directory: Directory, tmp_path: Path) -> None:
    """Files are written, renamed, listed, read and removed."""
    directory.write("one.tmp", (b"first ", b"second"))
    directory.rename("one.tmp", "one")
    directory.sync()
    assert names(directory) == {"one": 12}
    assert directory.read("one") == b"first second"
    assert (tmp_path / "a" / "spool" / "one").read_bytes() == b"first second"
    directory.remove("one")
    directory.remove("one")
    assert names(directory) == {}
    with pytest.raises(FileNotFoundError):
        directory.read("one")


def test_what_was_there_is_replaced(directory: Directory) -> None:
    """An old temporary file, or a file of the new name, is in nobody's way."""
    directory.write("one.tmp", (b"old and long",))
    directory.write("one.tmp", (b"new",))
    directory.write("one", (b"other",))
    directory.rename("one.tmp", "one")
    assert directory.read("one") == b"new"


def test_many_are_written_at_once(directory: Directory, tmp_path: Path) -> None:
    """Each whole; one that cannot be made is named, and costs no other."""
    (tmp_path / "a" / "spool" / "7").mkdir()
    files = {str(number): (b"%d " % number, bytes(number * 1_000)) for number in range(40)}
    failures = directory.write_all(files)
    assert list(failures) == ["7"]
    assert {int(name): len(directory.read(name)) for name in files if name != "7"} == {
        number: len(b"%d " % number) + number * 1_000 for number in range(40) if number != 7
    }
    assert directory.write_all({}) == {}


def test_only_files_are_listed(directory: Directory, tmp_path: Path) -> None:
    """Directories, links and the lock are not listed, and a link is not followed."""
    (tmp_path / "a" / "spool" / "folder").mkdir()
    (tmp_path / "a" / "spool" / "link").symlink_to("/etc/passwd")
    assert names(directory) == {}
    with pytest.raises(OSError):
        directory.read("link")
    with pytest.raises(OSError):
        directory.write("link", (b"",))


def test_nobody_else_can_read(directory: Directory, tmp_path: Path) -> None:
    """What was seen of the traffic is its owner's."""
    directory.write("one", (b"x",))
    spool = tmp_path / "a" / "spool"
    assert stat.S_IMODE(spool.stat().st_mode) == 0o700
    assert {stat.S_IMODE((spool / name).stat().st_mode) for name in ("one", LOCK)} == {0o600}


def test_free_space(directory: Directory) -> None:
    """Free is what is free to a process without privileges."""
    assert 0 < directory.free() <= os.statvfs("/").f_blocks * os.statvfs("/").f_frsize * 1024


def test_a_second_one_is_refused(directory: Directory, tmp_path: Path) -> None:
    """While a directory is open nobody else can open it, here or in another process; afterwards they can."""
    with pytest.raises(UsageError, match="another process uses it"):
        Directory(tmp_path / "a" / "spool")
    context = multiprocessing.get_context("spawn")
    queue: Any = context.SimpleQueue()
    process = context.Process(target=attempt, args=(tmp_path / "a" / "spool", queue))
    process.start()
    process.join(30)
    assert (
        queue.get()
        == f"spool.directory {tmp_path}/a/spool: another process uses it; each needs a directory of its own"
    )
    directory.close()
    directory.close()
    Directory(tmp_path / "a" / "spool").close()


def attempt(path: Path, queue: Any) -> None:
    """Open a directory, and tell how it went."""
    try:
        Directory(path)
    except UsageError as error:
        queue.put(str(error))
    else:
        queue.put("opened")


def test_a_file_in_the_way(tmp_path: Path) -> None:
    """A path that is no directory is the operator's mistake."""
    (tmp_path / "file").touch()
    for path in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(UsageError, match=r"cannot be used: (File exists|Not a directory)"):
            Directory(path)


def test_a_lock_that_cannot_be_made(tmp_path: Path) -> None:
    """A directory in which no file can be made is the operator's mistake, and nothing stays open."""
    (tmp_path / LOCK).mkdir()
    before = len(os.listdir("/proc/self/fd"))
    with pytest.raises(UsageError, match="cannot be used: Is a directory"):
        Directory(tmp_path)
    assert len(os.listdir("/proc/self/fd")) == before
