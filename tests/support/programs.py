"""Programs that a test starts, and what becomes of the test where there is none."""

from __future__ import annotations

import os
import shutil

import pytest

__all__ = ["wanted"]


def wanted(name: str) -> str:
    """The path of a program; without it the test is skipped, in CI failed. `packages.sh` has its package."""
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin")
    if found is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"not installed: {name}")
    return found
