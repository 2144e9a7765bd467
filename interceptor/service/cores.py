"""How many processor cores this process may use.

Owns the answer: the fewest of those that the machine has, those that we may run on, and what the quota of our control groups is worth.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from interceptor.service import controllers

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["usable"]


def usable(
    mounted: Path = controllers.MOUNTED, membership: Path = controllers.MEMBERSHIP, allowed: int | None = None
) -> int:
    """Whole cores, at least one. `allowed`: those that we may run on; by default as the kernel says."""
    quotas = controllers.read("cpu", "cpu.max", "cpu.cfs_quota_us", mounted, membership)
    periods = controllers.read("cpu", "cpu.max", "cpu.cfs_period_us", mounted, membership)
    cores = [allowed or len(os.sched_getaffinity(0))]
    for quota, period in zip(quotas, periods, strict=False):
        # version 2 has both in one line; without a quota it says `max`, version 1 says -1
        used, whole = quota.split()[0], period.split()[-1]
        if used.isdigit() and whole.isdigit() and int(whole):
            cores.append(int(used) // int(whole))
    return max(min(cores), 1)
