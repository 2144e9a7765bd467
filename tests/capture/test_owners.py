"""`interceptor.capture.owners`: whose records' ends are, with real namespaces, processes and control groups."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import uuid
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.support import cgroups, netns
from tests.support.live import DEADLINE, RPCAPD, RPCAPD_PORT, Agent, Rpcapd, agent_on

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

pytestmark = pytest.mark.skipif(
    (reason := netns.unavailable("nginx", "curl", "unshare")) is not None, reason=reason or ""
)

NGINX = "server {{ listen 80; listen [::]:80; location / {{ return 200 fine; }} }} access_log off;"
LIVE = ("--capture-sources", "live:", "--capture-interfaces-include", "veth*")
RPCAP = ("--capture-sources", f"rpcap://127.0.0.1:{RPCAPD_PORT}", *LIVE[2:])


ASKS = """
import http.client, sys
connections = []
for _ in sys.stdin:
    connections.append(http.client.HTTPConnection(sys.argv[1], timeout=20))
    connections[-1].request("GET", "/")
    answer = connections[-1].getresponse()
    answer.read()
    print(answer.status, flush=True)
"""
"""Each time on a new connection, and all stay open."""
ANSWERS = """
import http.server, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "4")
        self.end_headers()
        self.wfile.write(b"fine")
sys.stdin.readline()
server = http.server.HTTPServer((sys.argv[1], 8080), Handler)
print(200, flush=True)
server.serve_forever()
"""


def container() -> str:
    """An id as runtimes give them."""
    return (uuid.uuid4().hex + uuid.uuid4().hex)[:64]


class Node:
    """A machine that bridges its pods, and a tree of control groups."""

    def __init__(self, folder: Path, stack: ExitStack, version: int) -> None:
        self.folder = folder
        self._stack = stack
        self.space = stack.enter_context(netns.namespace("node"))
        netns.bridge(self.space, "cni0")
        self._tree = stack.enter_context(cgroups.tree(version))
        self._pods = 0

    def pod(self, *, address: str = "") -> Pod:
        """Add a pod without processes."""
        self._pods += 1
        number = self._pods
        space = self._stack.enter_context(netns.namespace("pod"))
        four, six = address or f"10.42.0.{number + 1}", f"fd42::{number + 1}"
        netns.veth(
            self.space, space, names=(f"veth{number}", "eth0"), addresses=((), (f"{four}/16", f"{six}/64"))
        )
        netns.attach(self.space, f"veth{number}", "cni0")
        return Pod(self, space, f"veth{number}", four, six)

    def start(self, pod: Pod, group: str, name: str = "sleep") -> subprocess.Popen[bytes]:
        """Run a process in a pod and a control group."""
        program = self.folder / name
        if not program.exists():
            program.symlink_to("/bin/sleep")
        running = self._stack.enter_context(netns.process(pod.space, [str(program), "1000"]))
        self._tree.put(running.pid, group)
        return running

    def serve(self, pod: Pod, group: str) -> subprocess.Popen[bytes]:
        """Run nginx in a pod and a control group."""
        folder = self.folder / f"nginx-{pod.interface}"
        running = self._stack.enter_context(netns.nginx(pod.space, folder, NGINX.format()))
        self._tree.put(running.pid, group)
        return running

    @contextmanager
    def program(self, source: str, group: str, *words: str) -> Iterator[Callable[[], bool]]:
        """A program on the machine's network, in a control group from before its first socket on.

        Each call of what it yields has it go on, and tells whether all was well.
        """
        process = subprocess.Popen(
            self.space.wrap([sys.executable, "-c", source, *words]),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self._tree.put(process.pid, group)

        def go() -> bool:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(b"\n")
            process.stdin.flush()
            return process.stdout.readline() == b"200\n"

        try:
            yield go
        finally:
            process.kill()
            process.communicate()

    def rpcapd(self) -> None:
        """Run one on the node's loopback, as in the chart's pods."""
        if not RPCAPD.exists():
            pytest.skip("rpcapd is not built (tests/support/build_rpcapd.sh)")
        command = self.space.wrap([str(RPCAPD), "-n", "-b", "127.0.0.1", "-p", str(RPCAPD_PORT)])
        running = subprocess.Popen(command, stderr=subprocess.DEVNULL, start_new_session=True)
        self._stack.callback(Rpcapd(running).kill)  # which ends its process group
        netns.wait_until(
            lambda: f":{RPCAPD_PORT} " in self.space.run("ss", "-Hltn").stdout, "rpcapd listens", DEADLINE
        )


class Pod:
    """A network namespace whose interface has its other end on the node."""

    def __init__(self, node: Node, space: netns.Namespace, interface: str, four: str, six: str) -> None:
        self.node, self.space, self.interface, self.four, self.six = node, space, interface, four, six

    def ask(self, other: Pod, *, six: bool = False) -> None:
        """Call another one once."""
        host = f"[{other.six}]" if six else other.four
        assert self.space.run("curl", "-sS", "-m", "20", f"http://{host}/").stdout == "fine"


@contextmanager
def made(folder: Path, version: int) -> Iterator[Node]:
    """A node; the test is skipped where there are no such control groups."""
    if (why := cgroups.unavailable(version)) is not None:
        pytest.skip(why)
    with ExitStack() as stack:
        yield Node(folder, stack, version)


def proven(agent: Agent, count: int) -> None:
    """Wait until so many interfaces are proven."""
    netns.wait_until(
        lambda: agent.ready() and agent.metrics().get("interceptor_proven_interfaces") == count,
        f"{count} interfaces are proven",
        DEADLINE,
    )


def owners(record: dict[str, Any]) -> tuple[str | None, str | None, str | None, str | None]:
    """Pod and container of the source, and of the destination."""
    ends = [
        record.get(f"{end}.{what}")
        for end in ("source", "destination")
        for what in ("pod.uid", "container.id")
    ]
    return ends[0], ends[1], ends[2], ends[3]


def one_call(agent: Agent, before: int = 0) -> dict[str, Any]:
    """The record that has come since there were so many."""
    netns.wait_until(lambda: len(agent.lines()) > before, "a record", DEADLINE)
    found = agent.read()[before:]
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize(("version", "source"), [(1, LIVE), (2, LIVE), (2, RPCAP)])
def test_records_say_whose_both_ends_are(version: int, source: Sequence[str], tmp_path: Path) -> None:
    """By every driver and runtime, IPv4 and IPv6: the pods, and the containers beside those that only keep their namespaces."""
    server_container = container()
    with made(tmp_path, version) as node:
        server, clients = node.pod(), []
        for path in cgroups.PATHS.values():
            client, uid, app = node.pod(), str(uuid.uuid4()), container()
            node.start(client, path(uid, container()), "pause")
            node.start(client, path(uid, app))
            clients.append((client, uid, app))
        node.serve(server, f"docker/{server_container}")
        if source is RPCAP:
            node.rpcapd()
        with agent_on(node.space, tmp_path, *source) as agent:
            proven(agent, len(clients) + 1)
            for client, uid, app in clients:
                for six in (False, True):
                    before = len(agent.lines())
                    client.ask(server, six=six)
                    assert owners(one_call(agent, before)) == (uid, app, None, server_container)
            assert agent.stop() == 0


def test_what_comes_and_goes_while_it_runs(tmp_path: Path) -> None:
    """An interface before its first process; a second container; one that ends; a pod that has another's address after it."""
    group = cgroups.PATHS["systemd, containerd"]
    uids, containers = [str(uuid.uuid4()) for _ in range(3)], [container() for _ in range(4)]
    with made(tmp_path, 2) as node, agent_on(node.space, tmp_path, *LIVE) as agent:
        server = node.pod()
        netns.wait_until(agent.ready, "readiness", DEADLINE)
        node.serve(server, group(uids[0], containers[0]))
        proven(agent, 1)
        client = node.pod()
        proven(agent, 1)
        client.ask(server)
        assert owners(one_call(agent)) == (None, None, uids[0], containers[0])
        keeper = node.start(client, group(uids[1], containers[1]), "pause")
        app = node.start(client, group(uids[1], containers[2]))
        proven(agent, 2)

        def said(source: tuple[str | None, str | None]) -> bool:
            """Whether a call, now, is of this source."""
            before = len(agent.lines())
            client.ask(server)
            return owners(one_call(agent, before))[:2] == source

        netns.wait_until(lambda: said((uids[1], containers[2])), "the container is told", DEADLINE, 0.2)
        beside = node.start(client, group(uids[1], containers[3]))
        netns.wait_until(lambda: said((uids[1], None)), "two containers, and none is told", DEADLINE, 0.2)
        beside.kill()
        beside.wait()
        netns.wait_until(lambda: said((uids[1], containers[2])), "the container is told again", DEADLINE, 0.2)
        for one in (app, keeper):
            one.kill()
            one.wait()
        proven(agent, 1)
        assert said((None, None)), "a pod without processes is nobody"
        address = client.four
        node.space.ip("link", "delete", client.interface)
        client = node.pod(address=address)
        node.start(client, group(uids[2], containers[1]))
        proven(agent, 2)
        assert said((uids[2], containers[1]))
        assert agent.stop() == 0


def test_an_address_of_two_pods_is_nobodys(tmp_path: Path) -> None:
    """And the address of the machine is nobody's either, whatever runs on its network."""
    group = cgroups.PATHS["cgroupfs, any runtime"]
    uid = str(uuid.uuid4())
    with made(tmp_path, 2) as node:
        node.space.ip("address", "add", "10.42.0.1/16", "dev", "cni0")
        server, client, twin = node.pod(), node.pod(), node.pod(address="10.42.0.3")
        assert client.four == twin.four
        twin.space.ip("link", "set", "eth0", "down")
        node.serve(server, group(uid, container()))
        for pod in (client, twin):
            node.start(pod, group(str(uuid.uuid4()), container()))
        with agent_on(node.space, tmp_path, *LIVE) as agent:
            proven(agent, 3)
            client.ask(server)
            assert owners(one_call(agent))[:3] == (None, None, uid)
            said = node.space.run("curl", "-sS", "-m", "20", f"http://{server.four}/").stdout
            assert said == "fine"
            record = one_call(agent, 1)
            assert record["source.address"] == "10.42.0.1"
            assert owners(record)[:3] == (None, None, uid)
            assert agent.stop() == 0


def test_programs_on_the_machines_network_are_told_by_their_sockets(tmp_path: Path) -> None:
    """Who asks for as long as its connection is open, and who answers for as long as it listens; a program of no pod is nobody."""
    group = cgroups.PATHS["systemd, containerd"]
    uids, containers = [str(uuid.uuid4()) for _ in range(3)], [container() for _ in range(3)]
    with made(tmp_path, 2) as node, ExitStack() as stack:
        node.space.ip("address", "add", "10.42.0.1/16", "dev", "cni0")
        pod = node.pod()
        node.serve(pod, group(uids[0], containers[0]))
        listens = stack.enter_context(node.program(ANSWERS, group(uids[1], containers[1]), "10.42.0.1"))
        asks = stack.enter_context(node.program(ASKS, group(uids[2], containers[2]), pod.four))
        assert listens()
        with agent_on(node.space, tmp_path, *LIVE) as agent:
            proven(agent, 1)

            def told_who_asks() -> bool:
                before = len(agent.lines())
                assert asks()
                return owners(one_call(agent, before)) == (uids[2], containers[2], uids[0], containers[0])

            netns.wait_until(told_who_asks, "who asks from the machine's network is told", DEADLINE, 0.2)
            before = len(agent.lines())
            told = pod.space.run("curl", "-sS", "-m", "20", "http://10.42.0.1:8080/").stdout
            assert told == "fine"
            assert owners(one_call(agent, before)) == (uids[0], containers[0], uids[1], containers[1])
            node.space.run("curl", "-sS", "-m", "20", f"http://{pod.four}/")
            assert owners(one_call(agent, before + 1)) == (None, None, uids[0], containers[0])
            assert agent.stop() == 0


BLIND = {
    "no CAP_SYS_PTRACE": ["setpriv", "--bounding-set", "-sys_ptrace", "--inh-caps", "-sys_ptrace", "--"],
    "no hostPID": ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc", "--"],
}


def stopped(agent: Agent) -> int:
    """Ask an agent to end that may be the child of what has started it; gives its exit status."""
    pid = agent.process.pid
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    os.kill(int(children[0]) if children else pid, signal.SIGTERM)
    return agent.process.wait(DEADLINE)


@pytest.mark.thorough  # the daemon is patient
@pytest.mark.parametrize("by", BLIND.values(), ids=BLIND)
def test_what_is_not_seen_is_off_and_says_so_once(by: list[str], tmp_path: Path) -> None:
    """Whether it may not be seen, or is not there to be seen; and calls are reported as ever, whatever comes and goes."""
    if subprocess.run([*by, "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip(f"{by[0]} cannot take this away here")
    group = cgroups.PATHS["systemd, CRI-O"]
    with made(tmp_path, 2) as node:
        server, client = node.pod(), node.pod()
        node.start(client, group(str(uuid.uuid4()), container()))
        node.serve(server, group(str(uuid.uuid4()), container()))
        with agent_on(node.space, tmp_path, *LIVE, by=by) as agent:
            netns.wait_until(agent.ready, "readiness", DEADLINE)

            def said() -> list[str]:
                return [event["remedy"] for event in agent.events() if event["event"] == "owners_unknown"]

            netns.wait_until(lambda: bool(said()), "it says so", DEADLINE)
            client.ask(server)
            assert owners(one_call(agent)) == (None, None, None, None)
            late = node.pod()
            node.start(late, group(str(uuid.uuid4()), container()))

            def captured() -> bool:
                late.ask(server)
                return any(record["source.address"] == late.four for record in agent.read())

            netns.wait_until(captured, "an interface that comes later is captured", DEADLINE, 0.2)
            assert agent.metrics()["interceptor_proven_interfaces"] == 0
            assert stopped(agent) == 0
        [remedy] = said()
    assert "hostPID" in remedy
