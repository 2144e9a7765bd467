"""An overlay between two nodes, captured on its outside: what is in it is read, once, and what is this agent's own is left out."""

from __future__ import annotations

import json
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from tests.support import netns
from tests.support.live import DEADLINE, PORT, agent_on

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.skipif(
    (reason := netns.unavailable("nginx", "curl")) is not None, reason=reason or ""
)

HERE, THERE = "10.244.0.1", "10.244.1.1"
NETWORK_PORT = 8_473
SERVED = """
  log_format oracle escape=json '{{"uri":"$request_uri"}}';
  access_log {log} oracle;
  server {{ listen 8080; location / {{ return 200 "fine"; }} }}
"""


@pytest.fixture
def nodes(tmp_path: Path) -> Iterator[tuple[netns.Namespace, netns.Namespace, Path]]:
    """Two of them, a VXLAN between them at a port of its own, and the log of a server on the other one."""
    log = tmp_path / "access.log"
    with ExitStack() as stack:
        here, there = [stack.enter_context(netns.namespace(name)) for name in ("node-a", "node-b")]
        netns.veth(
            here, there, names=("uplink", "uplink"), addresses=(("172.31.0.1/24",), ("172.31.0.2/24",))
        )
        for node, own, other, inner in ((here, 1, 2, HERE), (there, 2, 1, THERE)):
            local, remote = f"172.31.0.{own}", f"172.31.0.{other}"
            way = ("local", local, "remote", remote, "dstport", str(NETWORK_PORT), "dev", "uplink")
            node.ip("link", "add", "inside", "type", "vxlan", "id", "42", *way)
            node.ip("address", "add", f"{inner}/16", "dev", "inside")
            node.ip("link", "set", "inside", "up")
        stack.enter_context(netns.nginx(there, tmp_path / "nginx", SERVED.format(log=log), port=8080))
        yield here, there, log


@pytest.mark.parametrize("captured", [("uplink",), ("uplink", "inside")], ids="-".join)
def test_each_call_counts_once(
    nodes: tuple[netns.Namespace, netns.Namespace, Path], tmp_path: Path, captured: tuple[str, ...]
) -> None:
    """Outside only, or outside and inside; scrapes that come through the overlay are no traffic."""
    here, there, log = nodes
    options = (
        *("--capture-sources", "live:", "--capture-interfaces-include", ",".join(captured)),
        *(
            "--capture-tunnels",
            f"vxlan:{NETWORK_PORT}",
            "--metadata-url",
            "path",
            "--server-address",
            "0.0.0.0",
        ),
    )
    with agent_on(here, tmp_path, *options) as agent:
        netns.wait_until(agent.ready, "readiness", DEADLINE)
        urls = [f"http://{THERE}:8080/n/{call}" for call in range(20)]  # on one connection
        assert here.run("curl", "-sS", "-m", "20", *urls).stdout == "fine" * 20
        for _ in range(3):
            assert (
                "interceptor_build_info"
                in there.run("curl", "-sS", "-m", "20", f"http://{HERE}:{PORT}/metrics").stdout
            )
        assert here.run("curl", "-sS", "-m", "20", f"http://{THERE}:8080/last").stdout == "fine"
        served = [json.loads(line)["uri"] for line in log.read_text().splitlines()]
        netns.wait_until(lambda: len(agent.lines()) >= len(served), "all records", DEADLINE)
        assert agent.stop() == 0
        records = agent.read()
    assert sorted(record["url.path"] for record in records) == sorted(served)
    assert {(record["source.address"], record["destination.address"]) for record in records} == {
        (HERE, THERE)
    }
    [last] = [event for event in agent.events() if event["event"] == "stopped"]
    assert last["balanced"]
    assert last["ledger"]["packets"]["dropped"]["own_traffic"] > 0
    copies = last["ledger"]["segments"]["dropped"].get("duplicate_interface", 0)
    assert (copies > 0) is (len(captured) == 2)
