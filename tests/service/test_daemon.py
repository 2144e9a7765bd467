"""The daemon on a node of network namespaces: real rpcapd, real traffic, nginx's access log as the oracle.

Every test ends with the same questions: did it crash, did it leak, does the ledger balance, and is what nginx served
reported, or counted as lost with a reason?
"""

from __future__ import annotations

import asyncio
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.parse
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from interceptor.config import Config
from interceptor.service.daemon import Daemon
from interceptor.settings import Settings
from tests.capture_bytes import conversation, pcap
from tests.support import netns
from tests.support.live import PORT, PROGRAMS, ROOT, Agent, Node, Pod, Verdict, settle
from tests.support.rpcapd import unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def node(rpcapd_path: pathlib.Path, tmp_path: pathlib.Path) -> Iterator[Node]:
    """A container host without pods yet."""
    del rpcapd_path
    missing = netns.unavailable(*PROGRAMS)
    if missing is not None:
        unavailable(missing)
    with Node(tmp_path) as made:
        yield made


def descriptors(agent: Agent) -> int:
    """How many it has open."""
    return len(os.listdir(f"/proc/{agent.process.pid}/fd"))


def ended_well(agent: Agent, status: int = 0) -> dict[str, Any]:
    """Stop it: in time, with a balanced ledger, nothing held, no defect; gives its last event."""
    assert agent.stop() == status
    events = agent.events()
    assert [event for event in events if event["event"] in {"defect", "ended_at_once"}] == []
    [last] = [event for event in events if event["event"] == "stopped"]
    assert last["balanced"]
    assert last["in_time"]
    assert [name for name, stage in last["ledger"].items() if stage["held"]] == []
    return last


def captured(agent: Agent) -> list[str]:
    """The interfaces that it captures now."""
    names = re.findall(
        r"^interceptor_interface_up\{interface=\"([^\"]*)\"", agent.page("/metrics")[1], re.MULTILINE
    )
    return sorted(names)


def judge(verdict: Verdict) -> None:
    """All is reported, once and right, but for what wrk broke off at its end, which is reported in part."""
    assert (verdict.duplicates, verdict.wrong, verdict.extra) == ([], [], [])
    assert len(verdict.missing) <= len(verdict.incomplete)
    assert verdict.reported == verdict.served - len(verdict.missing) > 0


def losses(agent: Agent) -> float:
    """Everything that counts as lost packets, bytes or connections."""
    read = agent.metrics()
    names = (
        *("kernel_dropped_packets_total", "interface_dropped_packets_total", "missed_bytes_total"),
        *("connections_evicted_total", "connections_shed_total", "records_dropped_total"),
    )
    return sum(read.get(f"interceptor_{name}", 0) for name in names)


# Traffic


def test_same_node_traffic_is_reported_once(node: Node) -> None:
    """It crosses two pods' interfaces and the bridge; every request gives one record, none is wrong or left out."""
    servers, client = [node.server(), node.server()], node.pod()
    node.rpcapd()
    agent = node.agent()
    for server in servers:
        client.call(server, run=server.interface, seconds=2, connections=20, delay_ms=10)
    verdict = settle(agent, servers)
    read = agent.metrics()
    assert verdict.served > 200
    judge(verdict)
    # both ends of each connection were captured, and one of them was left out
    assert read["interceptor_dropped_total{reason=duplicate_interface,stage=segments}"] > verdict.served
    assert read["interceptor_transactions_total"] == len(agent.lines())
    last = ended_well(agent)
    assert last["records"] == len(agent.lines())
    assert all(record["node"] for record in agent.read())


@pytest.mark.parametrize("seconds", [1, pytest.param(5, marks=pytest.mark.thorough)])
def test_at_the_highest_rate_what_is_missing_is_counted(node: Node, seconds: int) -> None:
    """wrk, nginx, rpcapd and the daemon share the cores: a missing request has lost packets to show for it."""
    server, client = node.server(), node.pod()
    node.rpcapd()
    agent = node.agent()
    client.call(server, run="full", seconds=seconds, connections=100)
    verdict = settle(agent, [server], 60)
    assert (verdict.duplicates, verdict.wrong, verdict.extra) == ([], [], [])
    if verdict.missing:
        netns.wait_until(lambda: losses(agent) > 0, "the losses are counted", 15)
    ended_well(agent)


# Interfaces


def test_pods_come_and_go_under_traffic(node: Node) -> None:
    """Fifty interfaces appear and vanish; the traffic beside them is whole, and nothing of them stays behind."""
    server, client = node.server(), node.pod()
    rpcapd = node.rpcapd()
    agent = node.agent()
    client.call(server, run="warm", seconds=1, connections=5, delay_ms=20)
    settle(agent, [server])
    files, children, used = descriptors(agent), len(rpcapd.children), agent.resident_bytes
    traffic = threading.Thread(
        target=client.call,
        args=(server,),
        kwargs={"run": "churn", "seconds": 12, "connections": 10, "delay_ms": 20},
    )
    traffic.start()
    for number in range(50):
        node.space.ip("link", "add", f"churn{number}", "type", "veth", "peer", "name", f"peer{number}")
        node.space.ip("link", "set", f"churn{number}", "up")
        node.space.ip("link", "set", f"peer{number}", "up")
        if number >= 10:
            node.space.ip("link", "del", f"churn{number - 10}")
    for number in range(40, 50):
        node.space.ip("link", "del", f"churn{number}")
    traffic.join()
    verdict = settle(agent, [server])
    judge(verdict)
    netns.wait_until(
        lambda: agent.metrics()["interceptor_interface_up"] == 2,
        "the captures of the vanished are gone",
        30,
        0.2,
    )
    netns.wait_until(lambda: len(rpcapd.children) == children, "so are their processes", 30, 0.2)
    netns.wait_until(lambda: descriptors(agent) <= files + 2, "so are their descriptors", 30, 0.2)
    assert agent.resident_bytes - used < 32 * 2**20
    ended_well(agent)


def test_a_new_pod_is_captured_from_its_beginning(node: Node) -> None:
    """Within a second of its appearance, as /readyz and the metrics say."""
    node.rpcapd()
    agent = node.agent(wait=False)
    netns.wait_until(lambda: agent.page("/readyz")[0] == 503, "it says why it is not ready", 30, 0.1)
    netns.wait_until(lambda: "excluded" in agent.page("/readyz")[1], "because all is excluded", 30, 0.1)
    server, client = node.server(), node.pod()
    netns.wait_until(agent.ready, "it is ready", 30, 0.05)
    netns.wait_until(lambda: agent.metrics()["interceptor_interface_up"] == 2, "both are captured", 30, 0.05)
    client.call(server, run="new", seconds=1, connections=2, delay_ms=20)
    verdict = settle(agent, [server])
    judge(verdict)
    ended_well(agent)


def test_an_rpcapd_that_is_killed_is_found_again(node: Node) -> None:
    """All captures come back by themselves; meanwhile the daemon lives, and says that it captures nothing."""
    server, client = node.server(), node.pod()
    first = node.rpcapd()
    agent = node.agent()
    client.call(server, run="before", seconds=1, connections=5, delay_ms=20)
    before = settle(agent, [server])
    judge(before)
    first.kill()
    netns.wait_until(lambda: agent.page("/readyz")[0] == 503, "it is not ready", 30, 0.1)
    assert agent.page("/healthz")[0] == 200
    assert agent.metrics()["interceptor_source_connected"] == 0
    second = node.rpcapd()
    netns.wait_until(agent.ready, "it is ready again", 60, 0.1)
    netns.wait_until(lambda: agent.metrics()["interceptor_interface_up"] == 2, "with all captures", 60, 0.1)
    client.call(server, run="after", seconds=1, connections=5, delay_ms=20)
    after = settle(agent, [server])
    assert after.served > before.served
    judge(after)
    assert agent.metrics()["interceptor_source_reconnects_total"] == 1
    ended_well(agent)
    netns.wait_until(lambda: not second.children, "rpcapd without children")


def test_a_flood_on_one_interface_does_not_silence_the_others(node: Node) -> None:
    """SYNs by the hundred thousand: requests beside them are reported or their loss is counted, memory is bounded."""
    server, client, noisy = node.server(), node.pod(), node.pod()
    node.rpcapd()
    agent = node.agent("--limits-memory-bytes", str(160 * 2**20))
    flood = threading.Thread(target=_flood, args=(noisy, 200_000))
    flood.start()
    client.call(server, run="beside", seconds=6, connections=10, delay_ms=20)
    flood.join()
    verdict = settle(agent, [server], 60)
    assert (verdict.duplicates, verdict.wrong, verdict.extra) == ([], [], [])
    if verdict.missing:
        netns.wait_until(lambda: losses(agent) > 0, "the losses are counted", 15)
    assert agent.metrics()["interceptor_received_packets_total"] > 50_000
    assert agent.peak_resident_bytes < 160 * 2**20
    ended_well(agent)


def _flood(pod: Pod, count: int) -> None:
    """Send so many SYNs, each of a connection of its own, into the bridge."""
    import socket
    import struct

    with pod.space.entered():
        wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    wire.bind(("eth0", 0))
    ethernet = b"\xff" * 6 + b"\x02" * 6 + b"\x08\x00"
    with wire:
        for number in range(count):
            head = struct.pack(
                "!BBHHHBBH4sI", 0x45, 0, 40, 0, 0, 64, 6, 0, b"\x0a\x2a\x00\xc8", 0x0A2B0000 + number % 60_000
            )
            tcp = struct.pack("!HHIIBBHHH", 1_024 + number // 60_000, 80, number, 0, 0x50, 2, 1_000, 0, 0)
            try:
                wire.send(ethernet + head + tcp)
            except OSError:
                time.sleep(0.001)


# The disk


def test_a_full_disk_costs_records_and_nothing_else(node: Node, tmp_path: pathlib.Path) -> None:
    """They are counted, whole lines stay whole, and with room again it goes on."""
    server, client = node.server(), node.pod()
    node.rpcapd()
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", disk], check=True)
    try:
        records = disk / "records.jsonl"
        agent = node.agent("--output-path", str(records))
        agent.records = records
        client.call(server, run="fill", seconds=3, connections=20, delay_ms=10)
        netns.wait_until(
            lambda: agent.metrics().get("interceptor_records_dropped_total{reason=disk_full}", 0) > 0,
            *("the disk is full", 30, 0.1),
        )
        assert agent.ready()
        settle(agent, [], 5)
        kept = len(agent.read())
        subprocess.run(["mount", "-o", "remount,size=64m", disk], check=True)
        served = len(server.log.read_text().splitlines())
        client.call(server, run="again", seconds=1, connections=5, delay_ms=20)
        more = len(server.log.read_text().splitlines()) - served
        netns.wait_until(
            lambda: len(agent.read()) == kept + more, "all of the later ones are written", 30, 0.1
        )
        last = ended_well(agent)
        output = last["ledger"]["output"]
        assert output["delivered"] == len(agent.read())
        assert output["received"] == served + more == output["delivered"] + output["dropped"]["disk_full"]
    finally:
        netns.wait_until(lambda: subprocess.run(["umount", disk]).returncode == 0, "umount", 30, 0.5)


# The endpoint


@contextmanager
def collector(pod: Pod, folder: pathlib.Path) -> Iterator[tuple[str, pathlib.Path]]:
    """The reference cloud in a pod; gives its URL and the file with its token."""
    token = folder / "token"
    token.write_text("s3cr3t-token-of-tests\n")
    command = [
        *(sys.executable, "-m", "interceptor", "collector", "--server-address", pod.address),
        *("--server-port", str(PORT), "--ingest-tokens-file", str(token)),
        *("--collector-database", str(folder / "collector.db")),
    ]
    with netns.process(pod.space, command):
        netns.wait_until(
            lambda: f":{PORT} " in pod.space.run("ss", "-Hltn").stdout, "the collector listens", 60, 0.1
        )
        yield f"http://{pod.address}:{PORT}", token


def test_records_reach_the_endpoint_and_uploads_are_not_traffic(node: Node, tmp_path: pathlib.Path) -> None:
    """Every record is taken once, the last ones before the end; the batches on the wire are not reported."""
    server, client, cloud = node.server(), node.pod(), node.pod()
    node.rpcapd()
    with collector(cloud, tmp_path) as (url, token):
        agent = node.agent(
            *("--endpoint", url, "--token-file", str(token), "--upload-allow-plain-http", "true"),
            *("--spool-directory", str(tmp_path / "spool"), "--spool-batch-seconds", "0.5"),
            *("--spool-min-free-bytes", "0"),
        )
        netns.wait_until(lambda: len(captured(agent)) == 3, "all pods are captured", 30, 0.1)
        client.call(server, run="up", seconds=3, connections=10, delay_ms=20)
        verdict = settle(agent, [server])
        judge(verdict)
        netns.wait_until(
            lambda: agent.metrics().get("interceptor_uploaded_records_total", 0) >= verdict.served,
            *("all of them are uploaded", 30, 0.2),
        )
        read = agent.metrics()
        assert read["interceptor_upload_state{state=ok}"] == 1
        assert read["interceptor_spool_batches"] == 0
        client.call(server, run="late", seconds=1, connections=2, delay_ms=20)
        last = ended_well(agent)
        assert last["ledger"]["batches"]["dropped"] == {}
        assert last["ledger"]["batches"]["delivered"] == last["records"] == len(agent.lines())
        page = cloud.space.run("curl", "-s", f"{url}/metrics").stdout
        taken = re.search(r"^interceptor_ingest_records_total (\S+)", page, re.MULTILINE)
        assert taken is not None
        assert float(taken.group(1)) == last["records"]
    assert [record for record in agent.read() if record["destination.port"] == PORT] == []
    assert "s3cr3t-token" not in agent.errors.read_text()


# Life cycle


def test_sigterm_under_load_drains(node: Node) -> None:
    """Exit status 0 within the deadline; every finished request until then is in the file; no rpcapd child stays."""
    server, client = node.server(), node.pod()
    rpcapd = node.rpcapd()
    agent = node.agent()
    traffic = threading.Thread(
        target=client.call,
        args=(server,),
        kwargs={"run": "load", "seconds": 6, "connections": 50, "delay_ms": 10},
    )
    traffic.start()
    netns.wait_until(lambda: agent.metrics().get("interceptor_records_total", 0) > 500, "under load", 30, 0.1)
    served = len(server.log.read_text().splitlines())
    last = ended_well(agent)
    traffic.join()
    lines = agent.read()
    assert len(lines) == last["records"] == last["ledger"]["output"]["delivered"]
    whole = [line for line in lines if line["http.response.state"] == "complete"]
    assert len(whole) >= served
    netns.wait_until(lambda: not rpcapd.children, "rpcapd without children", 30, 0.1)


def test_a_second_signal_ends_it_at_once(node: Node) -> None:
    """Here while a source does not let go: an rpcapd that is stopped answers nothing."""
    node.server()
    rpcapd = node.rpcapd()
    agent = node.agent()
    os.killpg(rpcapd.process.pid, signal.SIGSTOP)
    try:
        agent.process.send_signal(signal.SIGTERM)
        netns.wait_until(lambda: "stopping" in agent.errors.read_text(), "it stops", 30, 0.02)
        agent.process.send_signal(signal.SIGTERM)
        assert agent.process.wait(30) in {0, 128 + signal.SIGTERM}
    finally:
        os.killpg(rpcapd.process.pid, signal.SIGCONT)


def test_an_rpcapd_that_does_not_answer_does_not_keep_it(node: Node) -> None:
    """`shutdown_seconds` is a promise, whatever hangs; records are written all the same."""
    server, client = node.server(), node.pod()
    rpcapd = node.rpcapd()
    agent = node.agent("--shutdown-seconds", "3")
    client.call(server, run="x", seconds=1, connections=2, delay_ms=20)
    verdict = settle(agent, [server])
    judge(verdict)
    os.killpg(rpcapd.process.pid, signal.SIGSTOP)
    try:
        agent.process.send_signal(signal.SIGTERM)
        agent.process.wait(30)
        [last] = [event for event in agent.events() if event["event"] == "stopped"]
        assert last["balanced"]
        assert last["ledger"]["output"]["delivered"] == len(agent.lines())
    finally:
        os.killpg(rpcapd.process.pid, signal.SIGCONT)


def test_sighup_takes_over_what_it_can(node: Node, tmp_path: pathlib.Path) -> None:
    """A new list of interfaces and a log level; for the rest it says that a restart is needed; a bad file changes nothing."""
    node.server(), node.pod()
    node.rpcapd()
    path = tmp_path / "config.yaml"
    path.write_text("log: {level: info}\n")
    agent = node.agent("--config", str(path))

    def hang_up(text: str, event: str) -> dict[str, Any]:
        count = len([one for one in agent.events() if one["event"] == event])
        path.write_text(text)
        agent.process.send_signal(signal.SIGHUP)
        netns.wait_until(
            lambda: len([one for one in agent.events() if one["event"] == event]) > count, event, 30, 0.05
        )
        return [one for one in agent.events() if one["event"] == event][-1]

    told = hang_up("capture: {interfaces: {exclude: ['*3', lo, any, 'cni*']}}\n", "configuration_reloaded")
    assert told["changed"] == ["capture.interfaces.exclude"]
    netns.wait_until(lambda: captured(agent) == ["veth2"], "veth3 is let go, veth2 is not", 30, 0.1)
    told = hang_up("spool: {max_bytes: 5}\nserver: {cert_file: /x}\n", "restart_needed")
    assert told["options"] == ["spool.max_bytes", "server.cert_file"]
    told = hang_up("capture: {snaplen: many}\n", "configuration_not_reloaded")
    assert "config.yaml:1: capture.snaplen: got the text 'many'" in told["error"]
    assert agent.ready()
    ended_well(agent)


def test_a_second_instance_says_what_is_the_matter(node: Node) -> None:
    """One line on the port, exit status 2; the first goes on."""
    node.pod()
    node.rpcapd()
    agent = node.agent()
    done = node.space.run(
        *(sys.executable, "-m", "interceptor", "run", "--output-path", "/dev/null"),
        *("--server-address", "127.0.0.1", "--server-port", str(PORT)),
        check=False,
    )
    assert done.returncode == 2
    assert f"port {PORT}: is in use; is a second instance running?" in done.stderr
    assert done.stderr.count("\n") == 1
    ended_well(agent)


# Prometheus


@contextmanager
def prometheus(node: Node, folder: pathlib.Path) -> Iterator[str]:
    """A real one on the node that scrapes the daemon every second; gives its URL."""
    folder.mkdir()
    (folder / "prometheus.yml").write_text(
        "global: {scrape_interval: 1s}\n"
        f"scrape_configs: [{{job_name: interceptor, static_configs: [{{targets: ['127.0.0.1:{PORT}']}}]}}]\n"
    )
    command = [
        *("prometheus", f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data"),
        "--web.listen-address=127.0.0.1:9090",
    ]
    with netns.process(node.space, command):
        url = "http://127.0.0.1:9090"
        netns.wait_until(
            lambda: node.space.run("curl", "-sf", f"{url}/-/ready", check=False).returncode == 0,
            *("prometheus is ready", 60, 0.2),
        )
        yield url


def test_prometheus_scrapes_it_and_the_documented_queries_have_answers(
    node: Node, tmp_path: pathlib.Path
) -> None:
    """Every query of docker/METRICS.md, asked a real Prometheus while there is traffic."""
    missing = netns.unavailable("prometheus")
    if missing is not None:
        unavailable(missing)
    server, client = node.server(), node.pod()
    node.rpcapd()
    agent = node.agent("--metrics-by-server", "20")
    queries = re.findall(r"```promql\n(.*?)```", (ROOT / "docker" / "METRICS.md").read_text(), re.DOTALL)
    assert len(queries) > 8
    with prometheus(node, tmp_path / "prometheus") as url:

        def ask(query: str) -> list[Any]:
            asked = f"{url}/api/v1/query?query={urllib.parse.quote(query)}"
            answer = json.loads(node.space.run("curl", "-s", asked).stdout)
            assert answer["status"] == "success", answer
            return list(answer["data"]["result"])

        netns.wait_until(lambda: ask("up == 1") != [], "it is scraped", 60, 0.5)
        client.call(server, run="p", seconds=5, connections=10, delay_ms=20)
        for query in queries:
            netns.wait_until(lambda query=query: ask(query) != [], f"an answer to {query}", 30, 1)  # type: ignore[misc]
        settle(agent, [server])
        time.sleep(2)
        balance = next(query for query in queries if "stage_delivered_total -" in query)
        values = {one["metric"]["stage"]: float(one["value"][1]) for one in ask(balance)}
        assert len(values) == 8
        assert set(values.values()) == {0.0}
    ended_well(agent)


# Without rpcapd


def run(
    tmp_path: pathlib.Path, options: dict[str, Any], change: Any = None
) -> tuple[int, list[dict[str, Any]]]:
    """Run a daemon in this process to its end; gives the exit status and the records."""
    output = tmp_path / "records"
    fixed = {"output": {"path": str(output)}, "server": {"address": "127.0.0.1", "port": 0}}
    settings = Settings(Config.model_validate({**fixed, **options}), {})

    async def work() -> int:
        made = Daemon(settings, lambda: settings)
        if change is not None:
            change(made)
        return await made.run()

    status = asyncio.run(work())
    return status, [json.loads(line) for line in output.read_bytes().splitlines()]


@pytest.fixture
def replay(tmp_path: pathlib.Path) -> dict[str, Any]:
    """Options for a capture of ten transactions."""
    path = tmp_path / "capture.pcap"
    path.write_bytes(pcap(conversation(10)))
    return {"capture": {"sources": [f"file:{path}"]}}


def test_files_are_replayed_to_their_end(tmp_path: pathlib.Path, replay: dict[str, Any]) -> None:
    """And then it ends by itself."""
    status, records = run(tmp_path, {**replay, "node": "n1"})
    assert status == 0
    assert len(records) == 10
    assert {record["node"] for record in records} == {"n1"}


@pytest.mark.parametrize("recover", [False, True])
def test_headers_from_before_a_loss(tmp_path: pathlib.Path, recover: bool) -> None:
    """They are used where that was asked for, and not where not."""
    path = pathlib.Path(__file__).parents[2] / "fixtures/made/http2_known_before.pcap.gz"
    capture = {"sources": [f"file:{path}"], "recover_headers": recover}
    status, records = run(tmp_path, {"capture": capture, "metadata": {"url": "path"}})
    assert status == 0
    assert [record.get("url.path") for record in records] == ["/n/1", None, "/n/1" if recover else None]


def test_a_signal_does_not_wait_for_names(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While it looks up whom not to capture, and no name server answers, SIGTERM ends it in order all the same."""

    async def unanswered() -> list[str]:
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.get_running_loop().create_future()
        return []

    monkeypatch.setattr("interceptor.service.daemon.addresses", unanswered)
    monkeypatch.setattr("interceptor.service.daemon._LOOK_UP_SECONDS", 3_600.0)
    assert run(tmp_path, {"capture": {"sources": ["rpcap://127.0.0.1:1"]}}) == (0, [])


def test_a_defect_ends_it_with_what_was_understood(
    tmp_path: pathlib.Path, replay: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit status 1, a log line with the traceback, and the records so far in the file."""

    def break_it(daemon: Daemon) -> None:
        take = daemon._core.take
        count = iter(range(1_000))

        def take_some(batch: Any) -> None:
            if next(count):
                raise KeyError("a defect")
            take(batch)

        daemon._core.take = take_some  # type: ignore[method-assign]

    path = tmp_path / "second.pcap"
    path.write_bytes(pcap(conversation(400)))
    status, records = run(tmp_path, {"capture": {"sources": [f"file:{path}"]}}, break_it)
    assert status == 1
    assert records
    said = capsys.readouterr().out
    assert "KeyError" in said
    assert "stopped" in said


def test_records_need_somewhere_to_go() -> None:
    """Said before anything starts."""
    done = subprocess.run(
        [sys.executable, "-m", "interceptor", "run"], capture_output=True, text=True, cwd=ROOT, timeout=60
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert "records have nowhere to go: set output.path" in done.stderr
    assert done.stderr.count("\n") == 1
