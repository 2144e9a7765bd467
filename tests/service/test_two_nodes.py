"""One call, two nodes: an agent at each end sees it under other addresses, and whoever collects from both counts it once.

Two nodes that route for a pod each, with the rules that kube-proxy has for a Service; nginx's log says what was asked.
"""

from __future__ import annotations

import asyncio
import json
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from interceptor.collector.question import Question
from interceptor.collector.sqlite import Sqlite
from interceptor.config import Collector
from tests.collector.test_store import incoming
from tests.service.test_translated import (
    CLIENT,
    CLIENT_6,
    MASQUERADED,
    PLAIN,
    PLAIN_6,
    SERVED,
    SERVER,
    SERVER_6,
    pod,
    service,
)
from tests.support import netns
from tests.support.live import DEADLINE, agent_on
from tests.support.records import batch

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

pytestmark = pytest.mark.skipif(
    (reason := netns.unavailable("nginx", "curl", "iptables", "ip6tables")) is not None, reason=reason or ""
)

NODES, NODES_6 = ("192.168.77.1", "192.168.77.2"), ("fd00:77::1", "fd00:77::2")
NODE_PORT = "192.168.77.1"
"""The first node's own address, asked by a pod of it."""
ASKED = (PLAIN, MASQUERADED, NODE_PORT, PLAIN_6)
CALLS = 4


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[tuple[list[netns.Namespace], netns.Namespace, Path]]:
    """Both nodes, the pod that asks, on the first of them, and the log of the server, on the second."""
    log = tmp_path / "access.log"
    with ExitStack() as stack:
        nodes = [stack.enter_context(netns.namespace(name)) for name in ("node-a", "node-b")]
        client, server = [stack.enter_context(netns.namespace(name)) for name in ("client", "server")]
        both = [(f"{four}/24", f"{six}/64") for four, six in zip(NODES, NODES_6, strict=True)]
        netns.veth(*nodes, names=("between", "between"), addresses=(both[0], both[1]))
        for node in nodes:
            node.run("sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1")
        pod(nodes[0], client, "veth-client", CLIENT, CLIENT_6)
        pod(nodes[1], server, "veth-server", SERVER, SERVER_6)
        for node, place, far in ((nodes[0], 1, (SERVER, SERVER_6)), (nodes[1], 0, (CLIENT, CLIENT_6))):
            node.ip("route", "add", f"{far[0]}/32", "via", NODES[place])
            node.ip("-6", "route", "add", f"{far[1]}/128", "via", NODES_6[place])
        service(nodes[0], PLAIN, SERVER)
        service(nodes[0], MASQUERADED, SERVER, masquerade=True)
        service(nodes[0], NODE_PORT, SERVER, masquerade=True)
        service(nodes[0], PLAIN_6, SERVER_6)
        stack.enter_context(netns.nginx(server, tmp_path / "server", SERVED.format(log=log), port=8080))
        yield nodes, client, log


def test_each_call_counts_once(
    cluster: tuple[list[netns.Namespace], netns.Namespace, Path], tmp_path: Path
) -> None:
    """Both agents give it the same id, each says what it saw, and the collector has all of nginx's log and no call twice."""
    nodes, client, log = cluster
    with ExitStack() as stack:
        agents = []
        for node, name, interface in zip(nodes, "ab", ("veth-client", "veth-server"), strict=True):
            folder = tmp_path / name
            folder.mkdir()
            capture = ("--capture-sources", "live:", "--capture-interfaces-include", interface)
            options = (*capture, "--metadata-url", "path", "--node", name)
            agents.append(stack.enter_context(agent_on(node, folder, *options)))
        for agent in agents:
            netns.wait_until(agent.ready, "readiness", DEADLINE)
        for number, address in enumerate(ASKED):
            host = f"[{address}]" if ":" in address else address
            urls = [f"http://{host}/{number}/{call}" for call in range(CALLS)]  # on one connection
            assert client.run("curl", "-sS", "-m", "20", *urls).stdout == "fine" * CALLS
        served = sorted(json.loads(line)["uri"] for line in log.read_text().splitlines())
        assert len(served) == len(ASKED) * CALLS
        for agent in agents:
            netns.wait_until(lambda one=agent: len(one.lines()) >= len(served), "all records", DEADLINE)  # type: ignore[misc]
            assert agent.stop() == 0
        asking, serving = [agent.read() for agent in agents]
    for records, perspective in ((asking, "client"), (serving, "server")):
        assert sorted(record["url.path"] for record in records) == served
        assert {record["perspective"] for record in records} == {perspective}
    assert {one["id"]: one["url.path"] for one in asking} == {one["id"]: one["url.path"] for one in serving}
    assert {one["destination.address"] for one in asking} == set(ASKED)
    assert {one["destination.address"] for one in serving} == {SERVER, SERVER_6}

    for number, order in enumerate(((asking, serving), (serving, asking))):
        shown = asyncio.run(collected(tmp_path / f"{number}.db", order))
        assert sorted(one["url.path"] for one in shown) == served
        for one in shown:
            assert {one["perspective"], one["view"]["perspective"]} == {"client", "server"}
            assert {one["node"], one["view"]["node"]} == {"a", "b"}
            took = {seen["perspective"]: seen["duration_us"] for seen in (one, one["view"])}
            assert one["network_us"] == max(0, took["client"] - took["server"])


async def collected(path: Path, told: Sequence[list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """What a collector shows that is told by one agent, is started anew, and is told by the other, late, twice and mixed."""
    first, second = told
    config = Collector(database=path)
    engine = Sqlite(config, lambda: 1_900_000_000.0)
    await engine.take(incoming(batch(*first, node="first")))
    await engine.close()
    engine = Sqlite(config, lambda: 1_900_000_000.0)
    try:
        await engine.take(incoming(batch(*reversed(second), node="second")))
        await engine.take(incoming(batch(*second[::2], *first[::2], node="second")))
        page = await engine.records(Question(range="all"), 1_000, None)
        overview = await engine.overview(Question(range="all"))
    finally:
        await engine.close()
    assert overview.totals.spread.calls == len(first)
    return [msgspec.json.decode(one) for one in page.records]
