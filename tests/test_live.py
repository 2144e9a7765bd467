"""The daemon on a node with pods: what nginx served is what is reported."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.support import netns
from tests.support.live import PROGRAMS, ROOT, Node, settle

if TYPE_CHECKING:
    import pathlib
    from collections.abc import Iterator


@pytest.fixture
def node(tmp_path: pathlib.Path) -> Iterator[Node]:
    """A container host of the test's own."""
    reason = netns.unavailable(*PROGRAMS)
    if reason is None:
        built = subprocess.run([ROOT / "tests/support/build_rpcapd.sh"], capture_output=True, text=True)
        reason = built.stderr.strip() if built.returncode else None
    if reason is not None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)
    with Node(tmp_path) as node:
        yield node


@pytest.mark.alone
def test_a_thousand_requests_a_second_for_a_minute(node: Node) -> None:
    """Of 60,000 requests between two pods of a node each is reported once, whole, with its own response.

    Each packet crosses two interfaces that are captured, and a bridge that is not.
    """
    server, client = node.server(), node.pod()
    node.rpcapd()
    agent = node.agent()
    # 1,200 a second where answering takes no time: so it is a thousand on a busy machine, too
    client.call(server, run="a", seconds=60, connections=120, delay_ms=98)
    verdict = settle(agent, [server])
    metrics = agent.metrics()
    assert (verdict.duplicates, verdict.wrong, verdict.extra) == ([], [], [])
    assert metrics["interceptor_kernel_dropped_packets_total"] == 0
    assert (verdict.incomplete, verdict.missing) == ([], [])
    assert verdict.reported == verdict.served >= 54_000
    assert agent.stop() == 0
