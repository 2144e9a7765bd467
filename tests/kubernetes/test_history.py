"""The file of the past."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

import pytest
import structlog
import zstandard

from interceptor.kubernetes.history import History
from interceptor.kubernetes.objects import Resource
from interceptor.kubernetes.resolver import Resolver
from tests.support import objects as k8s
from tests.support.objects import NOW

if TYPE_CHECKING:
    from pathlib import Path


def knowing() -> Resolver:
    """Knows a pod of the past, and one that goes on."""
    resolver = Resolver()
    past = k8s.pod("past", "10.64.0.1", phase="Failed", finished=NOW + 5)
    for each in (past, k8s.pod("present", "10.64.0.2")):
        resolver.apply(Resource.PODS, k8s.read(Resource.PODS, each), NOW)
    return resolver


def test_what_was_written_is_read(tmp_path: Path) -> None:
    """By its owner alone; and nothing else lies about."""
    path = tmp_path / "names"
    assert [*History(path).read()] == []
    pieces = [*knowing().remember()]
    assert len(pieces) == 1
    History(path).write(pieces)
    History(path).write(pieces * 3)
    assert [*History(path).read()] == pieces * 3
    assert [each.name for each in tmp_path.iterdir()] == ["names"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("damage", ["cut", "flipped", "another version", "empty", "no file"])
def test_a_file_that_cannot_be_read_costs_the_past_only(tmp_path: Path, damage: str) -> None:
    """It is told, and there is nothing."""
    path = tmp_path / "names"
    History(path).write(knowing().remember())
    text = path.read_bytes()
    match damage:
        case "cut":
            path.write_bytes(text[:-9])
        case "flipped":
            path.write_bytes(text[:60] + bytes([text[60] ^ 0xFF]) + text[61:])
        case "another version":
            path.write_bytes(text.replace(b"names 2", b"names 1"))
        case "empty":
            path.write_bytes(b"")
        case _:
            path.unlink()
            path.mkdir()
    with structlog.testing.capture_logs() as logged:
        assert [*History(path).read()] == []
    assert [each["event"] for each in logged] == ["names_not_read"]


def test_what_is_before_damage_is_known(tmp_path: Path) -> None:
    """Pieces are checked one by one, whatever became of the file behind them."""
    path = tmp_path / "names"
    pieces = [*knowing().remember()] * 2
    History(path).write(pieces)
    packed = path.read_bytes()
    start = packed.index(b"\n") + 1
    text = bytearray(zstandard.ZstdDecompressor().decompress(packed[start:], max_output_size=2**20))
    text[len(text) * 3 // 4] ^= 1
    path.write_bytes(packed[:start] + zstandard.ZstdCompressor().compress(bytes(text)))
    with structlog.testing.capture_logs() as logged:
        assert [*History(path).read()] == pieces[:1]
    assert [each["event"] for each in logged] == ["names_not_read"]


def test_a_disk_that_cannot_be_written_to_is_told_once(tmp_path: Path) -> None:
    """And the old file stays."""
    path = tmp_path / "names"
    history = History(path)
    history.write(knowing().remember())
    (tmp_path / "names.new").mkdir()
    with structlog.testing.capture_logs() as logged:
        history.write([])
        history.write([])
    assert [each["event"] for each in logged] == ["names_not_kept"]
    assert [*History(path).read()] == [*knowing().remember()]
