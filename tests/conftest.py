"""Options of the test run."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    import pytest

# Shared machines pause for longer than any deadline. CI tries ten times as many examples, the same ones
# each time: a commit fails for what it changed.
_PROFILE = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("default", _PROFILE)
settings.register_profile("ci", _PROFILE, max_examples=1000, derandomize=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--regenerate`."""
    parser.addoption(
        "--regenerate",
        action="store_true",
        help="write the golden records of fixtures/ anew instead of comparing with them",
    )
