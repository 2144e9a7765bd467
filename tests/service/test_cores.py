"""How many cores there are for us."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from interceptor.service.cores import usable

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("membership", "files", "cores"),
    [
        ("0::/\n", {}, 8),
        ("0::/\n", {"cpu.max": "max 100000\n"}, 8),
        ("0::/\n", {"cpu.max": "250000 100000\n"}, 2),
        ("0::/\n", {"cpu.max": "50000 100000\n"}, 1),
        ("0::/\n", {"cpu.max": "1600000 100000\n"}, 8),
        ("0::/a/b\n", {"a/b/cpu.max": "max 100000", "a/cpu.max": "300000 100000"}, 3),
        ("3:cpu,cpuacct:/a\n", {"cpu/a/cpu.cfs_quota_us": "400000", "cpu/a/cpu.cfs_period_us": "100000"}, 4),
        ("3:cpu,cpuacct:/a\n", {"cpu/a/cpu.cfs_quota_us": "-1", "cpu/a/cpu.cfs_period_us": "100000"}, 8),
        ("0::/\n", {"cpu.max": "odd"}, 8),
    ],
)
def test_what_the_quota_is_worth(tmp_path: Path, membership: str, files: dict[str, str], cores: int) -> None:
    """In whole cores, the least of all groups, and one at least."""
    for name, text in files.items():
        path = tmp_path / "mounted" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (tmp_path / "membership").write_text(membership)
    assert usable(tmp_path / "mounted", tmp_path / "membership", 8) == cores


def test_those_that_we_may_run_on(tmp_path: Path) -> None:
    """Without a quota."""
    assert usable(tmp_path, tmp_path / "none") == len(os.sched_getaffinity(0))
