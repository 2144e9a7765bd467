"""Options of the test run."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    import pytest

pytest_plugins = ("tests.support.rpcapd",)

# Shared machines pause for longer than any deadline. CI tries ten times as many examples, the same ones
# each time: a commit fails for what it changed. `make properties` tries others, with a seed that it prints.
# Where CI is set, Hypothesis would take the same examples always, whatever the seed.
_PROFILE = settings(deadline=None, derandomize=False, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("default", _PROFILE)
settings.register_profile("ci", _PROFILE, max_examples=1000, derandomize=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


# Started in the background, a test run ignores these, and so would every program that a test starts.
for number in (signal.SIGINT, signal.SIGHUP):
    if signal.getsignal(number) == signal.SIG_IGN:
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--regenerate`."""
    parser.addoption(
        "--regenerate",
        action="store_true",
        help="write the golden records of fixtures/ anew instead of comparing with them",
    )
