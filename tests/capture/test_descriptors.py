"""Facts about the limit of open files."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    ("limits", "count", "after"),
    [((100, 999), 500, (500, 999)), ((100, 300), 500, (300, 300)), ((700, 999), 500, (700, 999))],
)
def test_the_limit_is_raised_as_far_as_may_be(
    limits: tuple[int, int], count: int, after: tuple[int, int]
) -> None:
    """To what is asked for, at most to the hard limit, and never down."""
    program = (
        "import resource; from interceptor.capture.descriptors import allow_descriptors;"
        f"resource.setrlimit(resource.RLIMIT_NOFILE, {limits}); allow_descriptors({count});"
        "print(resource.getrlimit(resource.RLIMIT_NOFILE))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == str(after), done.stderr
