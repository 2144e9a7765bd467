"""A node with pods, in network namespaces: real traffic for the daemon, and nginx's log as the oracle.

Owns the topology (a bridge, a veth pair for each pod, as on a container host), nginx and wrk in the pods, rpcapd and
`interceptor run` on the node, and the comparison of what nginx logged with what was reported. Refuses to judge: a
`Verdict` says what is missing, wrong or too much.

Every request has a path of its own, and every response a size and status that follow from it, so that a response given
to another request shows.
"""

from __future__ import annotations

import json
import os
import pathlib
import signal
import subprocess
import sys
import time
from collections import defaultdict
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from prometheus_client.parser import text_string_to_metric_families

from tests.support import netns

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["Agent", "Node", "Pod", "Rpcapd", "Verdict", "agent_on", "compare", "missing_for_bench", "settle"]

ROOT = pathlib.Path(__file__).parents[2]
RPCAPD = ROOT / ".cache" / "rpcapd" / "rpcapd"
PORT = 18_954
RPCAPD_PORT = 2002
DEADLINE = 60.0
"""For something that takes a second or two on an idle machine."""

PROGRAMS = ("nginx", "curl", "wrk", "ss")

_NGINX = """
  log_format oracle escape=json '{{"port":$remote_port,"method":"$request_method","uri":"$request_uri","status":$status,"size":$body_bytes_sent}}';
  access_log {log} oracle;
  default_type text/plain;
  keepalive_timeout 60; keepalive_requests 1000000;
  server {{
    listen 80;
    location /item/ {{ return 200 "$request_uri"; }}
    location /made/ {{ return 201 "$request_uri"; }}
    location /absent/ {{ return 404 "$request_uri"; }}
    location /failing/ {{ return 503 "$request_uri"; }}
  }}
"""

_WRK = """
local threads = 0
function setup(thread)
  thread:set("number", threads)
  threads = threads + 1
end
local count = 0
local kinds = {{"item", "item", "made", "item", "absent", "item", "item", "failing", "item"}}
function request()
  count = count + 1
  local path = "/" .. kinds[count % 9 + 1] .. "/{run}-" .. number .. "-" .. count
  return wrk.format("GET", path .. "?pad=" .. string.rep("x", count * 7 % 61))
end
function delay()
  return {delay}
end
"""


@dataclass(slots=True)
class Pod:
    """A namespace with one interface, whose other end is a port of the node's bridge."""

    space: netns.Namespace
    address: str
    interface: str
    """The node's end."""
    folder: pathlib.Path

    @property
    def log(self) -> pathlib.Path:
        """Of nginx, once it serves."""
        return self.folder / "access.log"

    @contextmanager
    def serving(self) -> Iterator[Self]:
        """Run nginx inside."""
        with netns.nginx(self.space, self.folder, _NGINX.format(log=self.log)):
            yield self

    def call(self, server: Pod, *, run: str, seconds: int, connections: int = 50, delay_ms: int = 0) -> float:
        """Let wrk ask `server`; gives the requests a second that it says it reached.

        Each connection waits `delay_ms` between two requests.
        """
        script = self.folder / f"{run}.lua"
        script.write_text(_WRK.format(run=run, delay=delay_ms))
        command = ["wrk", "-t2", f"-c{connections}", f"-d{seconds}s", "-s", str(script)]
        done = subprocess.run(
            self.space.wrap([*command, f"http://{server.address}/"]),
            capture_output=True,
            text=True,
            check=True,
            timeout=seconds + 60,
        )
        (line,) = [line for line in done.stdout.splitlines() if line.startswith("Requests/sec:")]
        return float(line.split()[1])


@dataclass(slots=True)
class Agent:
    """A running `interceptor run`."""

    process: subprocess.Popen[bytes]
    node: netns.Namespace
    records: pathlib.Path
    errors: pathlib.Path

    def page(self, path: str) -> tuple[int, str]:
        """Status and text of one of its pages; 0 where nobody answers."""
        said = self.node.run(
            "curl", "-s", "-m", "5", "-w", "\n%{http_code}", f"http://127.0.0.1:{PORT}{path}", check=False
        )
        text, _, status = said.stdout.rpartition("\n")
        return int(status or 0), text

    def ready(self) -> bool:
        """Whether it captures; fails at once where it has ended."""
        if self.process.poll() is not None:
            raise OSError(
                f"the daemon ended with status {self.process.returncode}: {self.errors.read_text()}"
            )
        return self.page("/readyz")[0] == 200

    def metrics(self) -> dict[str, float]:
        """Every sample, by its name; of those with labels the sum, and each as `name{key=value,…}`."""
        status, text = self.page("/metrics")
        assert status == 200, text
        found: defaultdict[str, float] = defaultdict(float)
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                found[sample.name] += sample.value
                if sample.labels:
                    labels = ",".join(f"{key}={value}" for key, value in sorted(sample.labels.items()))
                    found[f"{sample.name}{{{labels}}}"] = sample.value
        return dict(found)

    def lines(self) -> list[bytes]:
        """All records so far, those of rotated files too; not one that is just being written."""
        files = sorted(
            self.records.parent.glob(f"{self.records.name}.*"), key=lambda path: -int(path.suffix[1:])
        )
        return [
            line
            for path in (*files, self.records)
            if path.exists()
            for line in path.read_bytes().splitlines(keepends=True)
            if line.endswith(b"\n")
        ]

    def read(self) -> list[dict[str, Any]]:
        """The same, understood."""
        return [json.loads(line) for line in self.lines()]

    def events(self) -> list[dict[str, Any]]:
        """What it logged."""
        return [json.loads(line) for line in self.errors.read_text().splitlines()]

    def stop(self) -> int:
        """Ask it to end; gives its exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(DEADLINE)

    @property
    def resident_bytes(self) -> int:
        """Now."""
        return _status(self.process.pid, "VmRSS") * 1024

    @property
    def peak_resident_bytes(self) -> int:
        """The most so far."""
        return _status(self.process.pid, "VmHWM") * 1024

    @property
    def cpu_seconds(self) -> float:
        """User and system time so far."""
        return _cpu(self.process.pid)


@dataclass(slots=True)
class Rpcapd:
    """A running rpcapd on the node."""

    process: subprocess.Popen[bytes]

    @property
    def children(self) -> list[int]:
        """One for each connection it serves."""
        path = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(word) for word in path.read_text().split()] if path.exists() else []

    @property
    def cpu_seconds(self) -> float:
        """Of it and its children."""
        return sum(_cpu(pid) for pid in (self.process.pid, *self.children))

    def kill(self) -> None:
        """End it and its children: it leads a session of its own."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def _status(pid: int, key: str) -> int:
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(f"{key}:"):
            return int(line.split()[1])
    return 0


def _cpu(pid: int) -> float:
    try:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


@dataclass
class Node:
    """A container host: `with Node(folder) as node`. Everything it started ends with the block."""

    folder: pathlib.Path
    pods: list[Pod] = field(default_factory=list)

    def __enter__(self) -> Self:
        """Make the namespace and its bridge."""
        self._stack = ExitStack()
        self.space = self._stack.enter_context(netns.namespace("node"))
        netns.bridge(self.space, "cni0")
        self.space.ip("address", "add", "10.42.0.1/16", "dev", "cni0")
        return self

    def __exit__(self, *_: object) -> None:
        """Undo it all."""
        self._stack.close()

    def pod(self) -> Pod:
        """Add a pod."""
        number = len(self.pods) + 2
        space = self._stack.enter_context(netns.namespace("pod"))
        pod = Pod(space, f"10.42.0.{number}", f"veth{number}", self.folder / f"pod{number}")
        pod.folder.mkdir()
        netns.veth(self.space, space, names=(pod.interface, "eth0"), addresses=((), (f"{pod.address}/16",)))
        netns.attach(self.space, pod.interface, "cni0")
        self.pods.append(pod)
        return pod

    def server(self) -> Pod:
        """Add a pod with nginx."""
        return self._stack.enter_context(self.pod().serving())

    def rpcapd(self, *options: str) -> Rpcapd:
        """Start rpcapd on the node's loopback."""
        command = self.space.wrap([str(RPCAPD), "-n", "-b", "127.0.0.1", "-p", str(RPCAPD_PORT), *options])
        # In a session of its own: rpcapd kills its process group when it ends.
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._stack.callback(_end_group, process)
        netns.wait_until(
            lambda: f":{RPCAPD_PORT} " in self.space.run("ss", "-Hltn").stdout, "rpcapd listens", DEADLINE
        )
        return Rpcapd(process)

    def agent(self, *options: str, wait: bool = True) -> Agent:
        """Start the daemon on the node, with records to a file and their paths shown."""
        records, errors = self.folder / "records.jsonl", self.folder / "agent.log"
        fixed = (
            *("--capture-sources", f"rpcap://127.0.0.1:{RPCAPD_PORT}", "--metadata-url", "path"),
            *("--output-path", str(records), "--server-address", "127.0.0.1", "--server-port", str(PORT)),
        )
        with errors.open("ab") as stream:
            process = subprocess.Popen(
                self.space.wrap([sys.executable, "-m", "interceptor", "run", *fixed, *options]),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=stream,
                cwd=ROOT,
            )
        self._stack.callback(_end, process)
        agent = Agent(process, self.space, records, errors)
        if wait:
            netns.wait_until(agent.ready, "the daemon is ready", DEADLINE, 0.1)
        return agent


@contextmanager
def agent_on(
    host: netns.Namespace, folder: pathlib.Path, *options: str, by: Sequence[str] = ()
) -> Iterator[Agent]:
    """`interceptor run` in a namespace of any kind, with records to a file, until the block ends.

    `by` is a command that starts it, in its own process.
    """
    records, errors = folder / "records.jsonl", folder / "agent.log"
    command = [
        *(*by, sys.executable, "-m", "interceptor", "run", "--output-path", str(records)),
        *("--server-address", "127.0.0.1", "--server-port", str(PORT), *options),
    ]
    with errors.open("wb") as stream:
        process = subprocess.Popen(
            host.wrap(command), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=stream, cwd=ROOT
        )
    try:
        yield Agent(process, host, records, errors)
    finally:
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.kill()
    process.wait()


def _end_group(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@dataclass(slots=True)
class Verdict:
    """What nginx served against what was reported, by (client port, path)."""

    served: int
    reported: int = 0
    """Of those served: once and whole."""
    missing: list[tuple[int, str]] = field(default_factory=list)
    incomplete: list[dict[str, Any]] = field(default_factory=list)
    """Reported, but a side is missing or truncated: lost packets."""
    duplicates: list[tuple[int, str]] = field(default_factory=list)
    wrong: list[dict[str, Any]] = field(default_factory=list)
    """Status or size of another request's response."""
    extra: list[dict[str, Any]] = field(default_factory=list)
    """Whole, and never served."""


def compare(servers: list[Pod], records: list[dict[str, Any]]) -> Verdict:
    """Hold the records against the access logs."""
    log = [json.loads(line) for pod in servers for line in pod.log.read_text().splitlines()]
    served = {(entry["port"], entry["uri"].partition("?")[0]): entry for entry in log}
    assert len(served) == len(log), "every request has a path of its own"
    verdict = Verdict(len(served))
    seen: set[tuple[int, str]] = set()
    for record in records:
        whole = record["http.request.state"] == record["http.response.state"] == "complete"
        key = record["source.port"], record.get("url.path", "")
        entry = served.get(key)
        if not whole:
            verdict.incomplete.append(record)
        elif entry is None:
            verdict.extra.append(record)
        elif key in seen:
            verdict.duplicates.append(key)
        elif (record["http.response.status_code"], record["http.response.body.size"]) != (
            entry["status"],
            entry["size"],
        ):
            verdict.wrong.append(record)
        else:
            seen.add(key)
    verdict.reported = len(seen)
    verdict.missing = [key for key in served if key not in seen]
    return verdict


def missing_for_bench(*programs: str) -> str | None:
    """Build the rpcapd that benchmarks on a node use; or why they cannot run: they need these programs, and root."""
    missing = netns.unavailable(*programs)
    if missing is None:
        subprocess.run([ROOT / "tests/support/build_rpcapd.sh"], check=True, stdout=subprocess.DEVNULL)
    return missing


def settle(agent: Agent, servers: list[Pod], seconds: float = 30.0) -> Verdict:
    """Compare once all that was served is reported, or when nothing has come for a while."""
    served = sum(pod.log.read_bytes().count(b"\n") for pod in servers)
    deadline = time.monotonic() + seconds
    before, since = -1, time.monotonic()
    while time.monotonic() < deadline:
        count = len(agent.lines())
        if count != before:
            before, since = count, time.monotonic()
        if count >= served and time.monotonic() - since > 1.5:
            break
        if time.monotonic() - since > 5:
            break
        time.sleep(0.2)
    return compare(servers, agent.read())
