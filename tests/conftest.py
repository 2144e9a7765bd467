"""Options of the test run."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING, Final

import pytest

from tests.support import examples

if TYPE_CHECKING:
    from collections.abc import Generator

pytest_plugins = ("tests.support.rpcapd",)

examples.load()

TOGETHER: Final = {
    "podman_ready": "containers",
    "chain": "chain",
    "tshark_views": "tshark",
    "rendered": "renderings",
    "all_findings": "canaries",
}
"""Fixtures that take minutes or share a machine-wide thing: one worker runs all tests that use one, by the group's name."""
ELSEWHERE: Final = "beside the project"
"""What a reason to skip says where the test's captures are not part of the project: that may be so in CI too."""
THOROUGH: Final = {"podman_ready"}
"""Fixtures whose tests are `thorough`: containers take two gigabytes."""

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


@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> Generator[None, None, None]:
    """Mark tests by the fixtures that they use, before the run is spread over workers; see that those are heard of."""
    for item in items:
        used = set(getattr(item, "fixturenames", ()))
        for fixture in used & TOGETHER.keys():
            item.add_marker(pytest.mark.xdist_group(TOGETHER[fixture]))
        if used & THOROUGH:
            item.add_marker(pytest.mark.thorough)
    # first what one worker does after another: begun last, the others would wait for it
    items.sort(key=lambda item: item.get_closest_marker("xdist_group") is None)
    yield
    if getattr(config.option, "loadgroup", False):  # a worker, whose node ids end with the group
        for item in items:
            group = item.get_closest_marker("xdist_group")
            if group is not None and not item.nodeid.endswith(f"@{group.args[0]}"):
                raise pytest.UsageError(
                    "tests that share what is expensive are not kept together: "
                    "install pytest and pytest-xdist as requirements.lock has them"
                )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """In CI nothing is skipped: whatever was missing should have been installed."""
    report = yield
    if report.skipped and os.environ.get("CI") and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        if ELSEWHERE not in reason:
            report.outcome = "failed"
            report.longrepr = f"{reason} (CI is set, where a test that does not run is one that fails)"
    return report
