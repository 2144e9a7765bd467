"""Descriptors: how many files this process may have open at once.

Owns the limit. Refuses to complain where it cannot be raised: whoever then opens one too many says so.
"""

from __future__ import annotations

import resource
from contextlib import suppress

__all__ = ["allow_descriptors"]


def allow_descriptors(count: int) -> None:
    """Raise the limit of open files, as far as may be, to `count`; never lower it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < count:
        reachable = count if hard == resource.RLIM_INFINITY else min(count, hard)
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (reachable, hard))
