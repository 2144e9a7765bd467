"""The memory limit and what follows from it."""

from __future__ import annotations

import mmap
from typing import TYPE_CHECKING

import pytest

from interceptor import config
from interceptor.core.model import Limits
from interceptor.service import memory

if TYPE_CHECKING:
    from pathlib import Path

MIB = 2**20


def cgroup(tmp_path: Path, membership: str, files: dict[str, str]) -> int | None:
    """The limit found in a made hierarchy."""
    for name, text in files.items():
        path = tmp_path / "mounted" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (tmp_path / "membership").write_text(membership)
    return memory.cgroup_limit(tmp_path / "mounted", tmp_path / "membership")


@pytest.mark.parametrize(
    ("membership", "files", "limit"),
    [
        ("0::/\n", {"memory.max": "536870912\n"}, 512 * MIB),
        ("0::/\n", {"memory.max": "max\n"}, None),
        (
            "0::/kubepods/pod1/c1\n",
            {"kubepods/pod1/c1/memory.max": "max", "kubepods/pod1/memory.max": "1000"},
            1_000,
        ),
        ("0::/a/b\n", {"a/memory.max": "2000", "a/b/memory.max": "1000"}, 1_000),
        ("0::/a/b\n", {"a/memory.max": "1000", "a/b/memory.max": "2000"}, 1_000),
        # in a container without a cgroup namespace the path is the host's, and not in sight
        ("0::/kubepods/pod1/c1\n", {"memory.max": "1000"}, 1_000),
        ("0::/../../other\n", {"memory.max": "1000"}, 1_000),
        # version 1, and both mounted
        ("5:cpu,memory:/d/1\n0::/d/1\n", {"memory/d/1/memory.limit_in_bytes": "3000"}, 3_000),
        ("5:memory:/d/1\n", {"memory/memory.limit_in_bytes": "3000"}, 3_000),
        ("5:memory:/\n", {"memory/memory.limit_in_bytes": "9223372036854771712\n"}, None),
        ("5:memory:/\n0::/\n", {"memory/memory.limit_in_bytes": "3000", "memory.max": "2000"}, 2_000),
        ("0::/\n", {"memory.max": "what?"}, None),
        ("0::/\n", {}, None),
        ("", {"memory.max": "1000"}, None),
    ],
)
def test_the_limit_is_the_lowest_in_sight(
    tmp_path: Path, membership: str, files: dict[str, str], limit: int | None
) -> None:
    """Of version 1 and 2, of our cgroup and those above it."""
    assert cgroup(tmp_path, membership, files) == limit


def test_without_proc_there_is_no_limit(tmp_path: Path) -> None:
    """And no failure."""
    assert memory.cgroup_limit(tmp_path, tmp_path / "missing") is None


def test_the_budget_is_what_is_configured_else_a_share_of_the_cgroups() -> None:
    """And half a GiB on a machine that limits nobody."""
    assert memory.budget(config.Limits(memory_bytes=300 * MIB), 400 * MIB) == 300 * MIB
    assert memory.budget(config.Limits(), 400 * MIB) == 300 * MIB
    assert memory.budget(config.Limits(), None) == 512 * MIB


def test_the_default_budget_gives_about_the_cores_own_defaults() -> None:
    """So that `read` and `run` treat the same traffic alike."""
    limits, own = memory.core_limits(config.Limits(), 512 * MIB), Limits()
    assert 0.8 < limits.connections / own.connections < 1.5
    assert 0.8 < limits.handshakes / own.handshakes < 1.5
    assert 0.8 < limits.held_bytes / own.held_bytes < 1.5
    assert limits.held_bytes_per_stream == own.held_bytes_per_stream


@pytest.mark.parametrize("mebibytes", [1, 64, 128, 256, 1_024, 16_384])
def test_limits_fit_the_budget(mebibytes: int) -> None:
    """All of them used up at once leave room; the smallest budget still follows connections."""
    limits = memory.core_limits(config.Limits(), mebibytes * MIB)
    worst = limits.connections * 2_048 + limits.handshakes * 320 + limits.held_bytes
    assert worst <= max((mebibytes - 96) * MIB, 16 * MIB) * 0.75
    assert limits.connections >= 1_000
    assert limits.held_bytes >= limits.held_bytes_per_stream


def test_what_is_configured_stays() -> None:
    """Every limit, by its name."""
    given = {
        "connections": 7,
        "handshakes": 8,
        "held_bytes": 9,
        "held_bytes_per_stream": 10,
        "head_bytes": 11,
        "pending": 12,
        "idle_seconds": 13,
        "transaction_seconds": 14,
    }
    limits = memory.core_limits(config.Limits.model_validate(given), 512 * MIB)
    assert {name: getattr(limits, name) for name in given} == given
    assert set(config.Limits.model_fields) == {"memory_bytes", *given}


def test_our_resident_memory_is_that_of_every_page_we_touch() -> None:
    """In bytes. The pages are the kernel's own: malloc may hand out again what others freed."""
    before = memory.resident_bytes()
    with mmap.mmap(-1, 64 * MIB, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) as pages:
        assert memory.resident_bytes() - before < 16 * MIB, "nothing of it is touched yet"
        for page in range(0, 64 * MIB, mmap.PAGESIZE):
            pages[page] = 1
        assert memory.resident_bytes() - before > 48 * MIB
