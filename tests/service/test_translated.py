"""Calls to Services, as kube-proxy has the kernel translate them: each counts once, between who asked and who answered.

Two pods on a node that routes between them, with the rules that Services have, one of which leads a pod to itself and one to a
port of the node; the daemon captures both pods' interfaces, and nginx's log says what was asked.
"""

from __future__ import annotations

import json
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from tests.support import netns
from tests.support.live import DEADLINE, agent_on

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.skipif(
    (reason := netns.unavailable("nginx", "curl", "iptables", "ip6tables")) is not None, reason=reason or ""
)

CLIENT, SERVER, GATEWAY = "10.64.0.2", "10.64.1.3", "169.254.1.1"
CLIENT_6, SERVER_6 = "fd00:64::2", "fd00:65::3"
PLAIN, MASQUERADED, PLAIN_6 = "10.96.0.9", "10.96.0.10", "fd00:96::9"
HAIRPIN, HAIRPIN_6 = "10.96.0.11", "fd00:96::11"
NODE, NODE_PORT = "192.0.2.5", 30_080
SERVED = """
  log_format oracle escape=json '{{"uri":"$request_uri","client":"$remote_addr"}}';
  access_log {log} oracle;
  server {{ listen 8080; listen [::]:8080; location / {{ return 200 "fine"; }} }}
"""
"""An nginx that says who asked."""


def pod(node: netns.Namespace, space: netns.Namespace, name: str, address: str, address_6: str) -> None:
    """A pod of its own network, as routing CNIs make them: all that it sends goes to the node."""
    netns.veth(
        node,
        space,
        names=(name, "eth0"),
        addresses=((f"{GATEWAY}/32", "fe80::1/64"), (f"{address}/32", f"{address_6}/128")),
    )
    node.ip("route", "add", f"{address}/32", "dev", name)
    node.ip("route", "add", f"{address_6}/128", "dev", name)
    space.ip("route", "add", f"{GATEWAY}/32", "dev", "eth0")
    space.ip("route", "add", "default", "via", GATEWAY)
    space.ip("-6", "route", "add", "default", "via", "fe80::1", "dev", "eth0")


def service(
    node: netns.Namespace, asked: str, backend: str, *, port: int = 80, masquerade: bool = False
) -> None:
    """What kube-proxy does for a port of a Service."""
    six = ":" in asked
    command, target = ("ip6tables", f"[{backend}]:8080") if six else ("iptables", f"{backend}:8080")
    to_backend = ("-d", asked, "-p", "tcp", "--dport", str(port), "-j", "DNAT", "--to-destination", target)
    node.run(command, "-w", "-t", "nat", "-A", "PREROUTING", *to_backend)
    if masquerade:
        through = ("-m", "conntrack", "--ctorigdst", asked, "-j", "MASQUERADE", "--random-fully")
        node.run(command, "-w", "-t", "nat", "-A", "POSTROUTING", *through)


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[tuple[netns.Namespace, netns.Namespace, Path]]:
    """The node, the pod that asks, and the log of all servers."""
    log = tmp_path / "access.log"
    with ExitStack() as stack:
        node, client, server = [
            stack.enter_context(netns.namespace(name)) for name in ("node", "client", "server")
        ]
        node.run("sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1")
        pod(node, client, "veth-client", CLIENT, CLIENT_6)
        pod(node, server, "veth-server", SERVER, SERVER_6)
        service(node, PLAIN, SERVER)
        service(node, MASQUERADED, SERVER, masquerade=True)
        service(node, PLAIN_6, SERVER_6)
        service(node, HAIRPIN, CLIENT, masquerade=True)
        service(node, HAIRPIN_6, CLIENT_6, masquerade=True)
        node.ip("address", "add", f"{NODE}/32", "dev", "lo")
        service(node, NODE, SERVER, port=NODE_PORT, masquerade=True)
        for place in (client, server):
            folder = tmp_path / place.name
            stack.enter_context(netns.nginx(place, folder, SERVED.format(log=log), port=8080))
        yield node, client, log


def test_each_call_counts_once(
    cluster: tuple[netns.Namespace, netns.Namespace, Path], tmp_path: Path
) -> None:
    """Whatever is changed on its way; and says what was asked for, and who answered: the first call of a connection, too, which is
    over before the second interface is read.
    """
    node, client, log = cluster
    asked = {
        (PLAIN, 80): (CLIENT, SERVER, PLAIN),
        (MASQUERADED, 80): (CLIENT, SERVER, MASQUERADED),
        (PLAIN_6, 80): (CLIENT_6, SERVER_6, PLAIN_6),
        (HAIRPIN, 80): (CLIENT, CLIENT, HAIRPIN),
        (HAIRPIN_6, 80): (CLIENT_6, CLIENT_6, HAIRPIN_6),
        (NODE, NODE_PORT): (CLIENT, SERVER, NODE),
    }
    capture = (
        "--capture-sources",
        "live:",
        "--capture-interfaces-include",
        "veth-*",
        "--metadata-url",
        "path",
    )
    with agent_on(node, tmp_path, *capture) as agent:
        netns.wait_until(agent.ready, "readiness", DEADLINE)
        plain = (
            f"http://{SERVER}:8080/untranslated"  # from here on it is known that there are several interfaces
        )
        assert client.run("curl", "-sS", "-m", "20", plain).stdout == "fine"
        netns.wait_until(lambda: len(agent.lines()) == 1, "the record of an untranslated call", DEADLINE)
        for number, (service, port) in enumerate(asked):
            host = f"[{service}]" if ":" in service else service
            urls = [f"http://{host}:{port}/{number}/{call}" for call in range(3)]  # on one connection
            assert client.run("curl", "-sS", "-m", "20", "--rate", "2/s", *urls).stdout == "fine" * 3
        served = [json.loads(line)["uri"] for line in log.read_text().splitlines()]
        netns.wait_until(lambda: len(agent.lines()) >= len(served), "all records", DEADLINE)
        assert agent.stop() == 0
        records = agent.read()
    assert sorted(record["url.path"] for record in records) == sorted(served)
    for number, ((service, _), ends) in enumerate(asked.items()):
        told = {
            (record["source.address"], record["destination.address"], record.get("service.address"))
            for record in records
            if record["url.path"].startswith(f"/{number}/")
        }
        assert told == {ends}, service
    both = [record for record in records if record.get("perspective") == "both"]
    assert len(both) == 3 * len(asked)
    ports = {(record["destination.port"], record["service.port"]) for record in both}
    assert ports == {(8080, port) for _, port in asked}
    [last] = [event for event in agent.events() if event["event"] == "stopped"]
    assert last["balanced"]
    assert last["ledger"]["segments"]["dropped"]["translated"] > 0
