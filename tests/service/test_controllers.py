"""What control groups say: see also `test_memory` and `test_cores`, which read their limits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from interceptor.service import controllers

if TYPE_CHECKING:
    from pathlib import Path


def test_from_our_group_upwards(tmp_path: Path) -> None:
    """In both versions, as far as files are there; a group outside of our namespace is none."""
    for name, text in {
        "memory.max": "1",
        "a/memory.max": "2",
        "a/b/memory.max": "3\n",
        "cpu/a/cpu.cfs_quota_us": "4",
    }.items():
        path = tmp_path / "mounted" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    membership = tmp_path / "membership"
    membership.write_text("4:cpu,cpuacct:/a\n0::/a/b\n")
    mounted = tmp_path / "mounted"
    assert controllers.read("memory", "memory.max", "x", mounted, membership) == ["3", "2", "1"]
    assert controllers.read("cpu", "cpu.max", "cpu.cfs_quota_us", mounted, membership) == ["4"]
    membership.write_text("0::/../a\n")
    assert controllers.read("memory", "memory.max", "x", mounted, membership) == ["1"]


def test_without_any(tmp_path: Path) -> None:
    """Nothing is said."""
    assert controllers.read("memory", "memory.max", "x", tmp_path, tmp_path / "none") == []
