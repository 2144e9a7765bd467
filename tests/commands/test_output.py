"""Where `read` writes: by the suffix of a name."""

from __future__ import annotations

import errno
import gzip
import os
import zlib
from io import BytesIO
from typing import TYPE_CHECKING

import pytest
import zstandard

from interceptor.commands.output import bare_suffix, open_output
from interceptor.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def unzstd(data: bytes) -> bytes:
    """The whole of it, or of what is there."""
    with zstandard.ZstdDecompressor().stream_reader(BytesIO(data), read_across_frames=True) as reader:
        return reader.read()


READERS: dict[str, Callable[[bytes], bytes]] = {"a": bytes, "a.gz": gzip.decompress, "a.ZST": unzstd}


@pytest.mark.parametrize("name", READERS)
def test_what_is_written_comes_back(tmp_path: Path, name: str) -> None:
    """Text and bytes, in order, from an old file nothing; the same writes give the same file."""
    files = []
    for _ in range(2):
        path = tmp_path / name
        path.write_bytes(b"old" * 100_000)
        with open_output(str(path), []) as output:
            output.write("é\r\n")
            output.flush()
            output.buffer.write(b"x" * 100_000)
            output.flush()
            output.flush()
        files.append(path.read_bytes())
    assert READERS[name](files[0]) == "é\r\n".encode() + b"x" * 100_000
    assert files[0] == files[1]


def test_what_was_flushed_is_there_before_the_end(tmp_path: Path) -> None:
    """A process that is killed leaves what it had flushed."""
    for name in ("a.gz", "a.zst"):
        with open_output(str(tmp_path / name), []) as output:
            output.write("first\n")
            output.flush()
            held = (tmp_path / name).read_bytes()
            unpacked = zlib.decompressobj(31).decompress(held) if name == "a.gz" else unzstd(held)
            assert unpacked == b"first\n"


@pytest.mark.parametrize("name", ["a.xz", "a.jsonl.bz2", "a.GZIP", "a.zip"])
def test_a_suffix_that_would_lie_is_refused(tmp_path: Path, name: str) -> None:
    """Before anything is touched."""
    with pytest.raises(UsageError, match="is not supported"):
        open_output(str(tmp_path / name), [])
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["full", "full.gz", "full.zst"])
def test_a_disk_that_is_full_is_told_and_the_file_closed(tmp_path: Path, name: str) -> None:
    """At the end at the latest."""
    os.symlink("/dev/full", tmp_path / name)
    output = open_output(str(tmp_path / name), [])
    output.write("x")
    with pytest.raises(OSError, match="No space left") as raised:
        output.close()
    assert raised.value.errno == errno.ENOSPC
    assert output.closed


def test_the_suffix_without_that_of_a_compression() -> None:
    """What says which format is meant."""
    names = {
        "a.csv": ".csv",
        "a.csv.gz": ".csv",
        "b/A.CSV.ZST": ".csv",
        "a.gz": "",
        "a": "",
        "a.tar.xz": ".xz",
    }
    assert {name: bare_suffix(name) for name in names} == names
