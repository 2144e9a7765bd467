"""What `interceptor run` captures, loses and says of it, through the command.

On a node of network namespaces, with the real rpcapd. A scripted one is used where the real one would have to be hostile.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import subprocess
import sys
import threading
import time
import urllib.request
from collections import Counter
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, Self

import pytest

from rpcapd_client.devices import Device, DeviceFlag
from rpcapd_client.wire import Header, ListReply, MessageType, StartCaptureReply
from tests.rpcapd_client.fakes import GOOD
from tests.support import netns
from tests.support.live import DEADLINE, ROOT, Agent, Node, agent_on
from tests.support.netns import wait_until
from tests.support.pauses import Sender, paused
from tests.support.rpcapd import unavailable
from tests.support.services import running

if TYPE_CHECKING:
    import pathlib
    from collections.abc import Iterable, Iterator

RATE = 1_000


@pytest.fixture
def node(rpcapd_path: pathlib.Path, tmp_path: pathlib.Path) -> Iterator[Node]:
    """A container host without pods yet."""
    del rpcapd_path
    missing = netns.unavailable("curl", "ss")
    if missing is not None:
        unavailable(missing)
    with Node(tmp_path) as made:
        made.space.ip("link", "add", "cap0", "type", "veth", "peer", "name", "cap1")
        for name in ("cap0", "cap1"):
            made.space.run("sysctl", "-qw", f"net.ipv6.conf.{name}.disable_ipv6=1")
            made.space.ip("link", "set", name, "up")
        yield made


@contextmanager
def sender(node: Node) -> Iterator[Sender]:
    """Of packets of 1,514 bytes that come in on cap0."""
    one = Sender(node.space, "cap1")
    try:
        yield one
    finally:
        one.close()


def send_over_a_pause(packets: Sender, processes: Iterable[int], seconds: float) -> None:
    """Send at the same rate before, during and after a pause of these processes."""
    packets.send(RATE, 0.3)
    with paused(processes):
        packets.send(RATE, seconds)
    packets.send(RATE, 0.3)


def losses(agent: Agent) -> dict[str, Any]:
    """Stop it; gives what its last line says of the capture."""
    assert agent.stop() == 0
    [last] = [event for event in agent.events() if event["event"] == "stopped"]
    assert last["balanced"]
    return last


def received(agent: Agent) -> float:
    """Packets so far."""
    return agent.metrics()["interceptor_received_packets_total"]


def all_told(agent: Agent, packets: Sender) -> bool:
    """Whether some were dropped, and each is counted as that or as received."""
    read = agent.metrics()
    dropped = read["interceptor_kernel_dropped_packets_total"]
    return dropped > 0 and read["interceptor_received_packets_total"] + dropped >= packets.sent


SOURCES = {"live": ("--capture-sources", "live:cap0"), "rpcap": ("--capture-interfaces-include", "cap0")}


@pytest.mark.parametrize("seconds", [0.3, 1.0, 2.0])
@pytest.mark.parametrize("source", SOURCES)
def test_a_pause_of_the_daemon_loses_nothing(node: Node, source: str, seconds: float) -> None:
    """At a thousand full packets a second; every one that was sent is received, by the daemon's own count."""
    node.rpcapd()
    agent = node.agent(*SOURCES[source], "--capture-filter", "ether proto 0x88b5")
    with sender(node) as packets:
        send_over_a_pause(packets, [agent.process.pid], seconds)
        wait_until(lambda: received(agent) >= packets.sent, "all packets", DEADLINE)
        stage = losses(agent)["ledger"]["capture"]
    assert stage["delivered"] == packets.sent
    assert stage["dropped"] == {"kernel": 0, "interface": 0, "closed": 0}


def test_a_pause_of_rpcapds_capture_loses_nothing(node: Node) -> None:
    """Of half a second: as long as its buffer of 2 MiB lasts, whose blocks are handed over by time."""
    rpcapd = node.rpcapd()
    agent = node.agent(*SOURCES["rpcap"], "--capture-filter", "ether proto 0x88b5")
    with sender(node) as packets:
        send_over_a_pause(packets, rpcapd.children, 0.5)
        wait_until(lambda: received(agent) >= packets.sent, "all packets", DEADLINE)
    assert losses(agent)["ledger"]["capture"]["delivered"] == packets.sent


def test_what_the_kernel_drops_is_in_the_log_the_ledger_and_the_batches(node: Node) -> None:
    """With the interface and the cause; and what was sent is what came and what was dropped, exactly."""
    agent = node.agent(
        *SOURCES["live"],
        *("--capture-filter", "ether proto 0x88b5", "--capture-buffer-bytes", str(512 * 2**10)),
    )
    with sender(node) as packets:
        send_over_a_pause(packets, [agent.process.pid], 2.0)

        wait_until(lambda: all_told(agent, packets), "all packets, received or dropped", DEADLINE)
    read = agent.metrics()
    last = losses(agent)
    stage = last["ledger"]["capture"]
    assert stage["received"] == packets.sent == stage["delivered"] + stage["dropped"]["kernel"]
    assert last["kernel_dropped"] == stage["dropped"]["kernel"] > 500
    assert read["interceptor_dropped_total{reason=kernel,stage=capture}"] == last["kernel_dropped"]
    lost = [event for event in agent.events() if event["event"] == "packets_lost"]
    assert {(event["level"], event["interface"], event["cause"].partition(":")[0]) for event in lost} == {
        ("warning", "cap0", "kernel")
    }
    assert sum(event["packets"] for event in lost) == last["kernel_dropped"]


def test_while_rpcapd_is_away_the_blindness_is_counted_and_told(node: Node) -> None:
    """On which interfaces, for how long; an interface that was removed by hand was not blind."""
    rpcapd = node.rpcapd()
    agent = node.agent("--capture-interfaces-include", "cap*")
    node.space.ip("link", "add", "cap2", "type", "veth", "peer", "name", "cap3")
    for name in ("cap2", "cap3"):
        node.space.ip("link", "set", name, "up")
    wait_until(lambda: agent.metrics().get("interceptor_interface_up") == 4, "four captures", DEADLINE)
    node.space.ip("link", "delete", "cap2")
    wait_until(lambda: agent.metrics().get("interceptor_interface_up") == 2, "two captures", DEADLINE)
    assert agent.metrics()["interceptor_blind_seconds_total"] == 0
    began = time.monotonic()
    rpcapd.kill()
    time.sleep(2.5)
    during = agent.metrics()["interceptor_blind_seconds_total"]
    assert 2 * 1.0 < during <= 2 * (time.monotonic() - began)
    node.rpcapd()
    wait_until(lambda: agent.metrics().get("interceptor_interface_up") == 2, "captures again", DEADLINE)
    most = time.monotonic() - began

    def ended() -> list[dict[str, Any]]:
        return [event for event in agent.events() if event["event"] == "blindness_ended"]

    wait_until(lambda: bool(ended()), "a line when it ends", DEADLINE)
    after = agent.metrics()["interceptor_blind_seconds_total"]
    assert during <= after <= 2 * most
    [line] = ended()
    assert set(line["interfaces"]) == {"cap0", "cap1"}
    assert 2.4 < line["seconds"] <= round(most, 1)
    [again] = [event for event in agent.events() if event["event"] == "source_connected"][1:]
    assert 2.0 < again["away_seconds"] <= round(most, 1)
    assert losses(agent)["blind_seconds"] == pytest.approx(after, abs=0.1)


def test_what_rpcapd_could_not_take_is_counted_as_well(node: Node) -> None:
    """By its own statistics, over the protocol: what was sent is what came and what was dropped, with the cause."""
    rpcapd = node.rpcapd()
    agent = node.agent(*SOURCES["rpcap"], "--capture-filter", "ether proto 0x88b5")
    with sender(node) as packets:
        send_over_a_pause(packets, rpcapd.children, 4.0)

        wait_until(lambda: all_told(agent, packets), "all packets, received or dropped", DEADLINE)
    last = losses(agent)
    stage = last["ledger"]["capture"]
    assert stage["received"] == packets.sent == stage["delivered"] + stage["dropped"]["kernel"]
    [lost, *_] = [event for event in agent.events() if event["event"] == "packets_lost"]
    assert (lost["interface"], lost["cause"].partition(":")[0]) == ("cap0", "kernel")


@pytest.mark.parametrize("source", SOURCES)
def test_an_interface_that_is_down_for_a_while_was_not_blind(node: Node, source: str) -> None:
    """Nothing can come on it; what comes before and after is captured. (rpcapd's capture goes on over it.)"""
    node.rpcapd()
    agent = node.agent(*SOURCES[source], "--capture-filter", "ether proto 0x88b5")
    with sender(node) as packets:
        packets.send(RATE, 0.3)
        wait_until(lambda: received(agent) >= packets.sent, "what came before", DEADLINE)
        node.space.ip("link", "set", "cap0", "down")
        time.sleep(1.5)
        node.space.ip("link", "set", "cap0", "up")
        wait_until(lambda: agent.metrics().get("interceptor_interface_up") == 1, "that it is back", DEADLINE)
        packets.send(RATE, 0.3)
        wait_until(lambda: received(agent) >= packets.sent, "what came after", DEADLINE)
    last = losses(agent)
    assert last["blind_seconds"] == 0
    assert last["ledger"]["capture"]["delivered"] == packets.sent
    assert not [event for event in agent.events() if event["event"] == "blindness_ended"]


@pytest.mark.parametrize("source", ["live", "rpcap"])
def test_an_interface_that_is_renamed_goes_on_under_its_new_name(node: Node, source: str) -> None:
    """As network plugins of containers do, some while they are in use: no blindness, and the new name is captured."""
    node.rpcapd()
    sources = ("--capture-sources", "live:") if source == "live" else ()
    agent = node.agent(
        *sources, "--capture-interfaces-include", "cap0,pod*", "--capture-filter", "ether proto 0x88b5"
    )
    with sender(node) as packets:
        packets.send(RATE, 0.3)
        wait_until(lambda: received(agent) >= packets.sent, "what came before", DEADLINE)
        node.space.ip("link", "set", "cap0", "down")
        node.space.ip("link", "set", "cap0", "name", "pod7")
        node.space.ip("link", "set", "pod7", "up")

        def up() -> bool:
            return any("interface_up" in name and "pod7" in name for name in agent.metrics())

        wait_until(up, "a capture of the new name", DEADLINE)
        before = received(agent)
        begun = packets.sent
        packets.send(RATE, 0.3)
        wait_until(lambda: received(agent) - before >= packets.sent - begun, "what came after", DEADLINE)
    assert losses(agent)["blind_seconds"] == 0


ACTIVE = (
    *("--capture-sources", "rpcap+listen://127.0.0.1:2003", "--capture-active-hosts", "127.0.0.1"),
    *("--capture-interfaces-include", "cap0", "--capture-interfaces-exclude", "*"),
)


def test_while_an_rpcapd_that_calls_is_away_the_blindness_is_counted_too(node: Node) -> None:
    """In active mode as well: while it lasts, when it is over, and where it never is, in the last line."""
    agent = node.agent(*ACTIVE, wait=False)
    wait_until(lambda: ":2003 " in node.space.run("ss", "-Hltn").stdout, "the daemon listens", DEADLINE)
    rpcapd = node.rpcapd("-a", "127.0.0.1,2003")
    wait_until(agent.ready, "a capture", DEADLINE)
    assert agent.metrics()["interceptor_blind_seconds_total"] == 0
    began = time.monotonic()
    rpcapd.kill()
    time.sleep(2.5)
    during = agent.metrics()["interceptor_blind_seconds_total"]
    assert 1.0 < during <= time.monotonic() - began
    rpcapd = node.rpcapd("-a", "127.0.0.1,2003")
    wait_until(lambda: agent.metrics().get("interceptor_interface_up") == 1, "a capture again", DEADLINE)
    most = time.monotonic() - began

    def ended() -> list[dict[str, Any]]:
        return [event for event in agent.events() if event["event"] == "blindness_ended"]

    wait_until(lambda: bool(ended()), "a line when it ends", DEADLINE)
    [line] = ended()
    assert set(line["interfaces"]) == {"127.0.0.1/cap0"}
    assert 2.4 < line["seconds"] <= round(most, 1)
    after = agent.metrics()["interceptor_blind_seconds_total"]
    assert during <= after <= most
    rpcapd.kill()
    time.sleep(2.5)
    assert losses(agent)["blind_seconds"] > after + 2.0


def test_the_collector_shows_what_an_agent_lost(node: Node) -> None:
    """The same numbers as in the agent's last line, by its name."""
    server, client = node.server(), node.pod()
    database = ("--collector-database", str(node.folder / "c.db"), "--ingest-anonymous", "true")
    with node.space.entered(), running("collector", *database) as collector:
        agent = node.agent(
            *("--capture-sources", "live:", "--capture-interfaces-include", f"cap0,{server.interface}"),
            *(
                "--capture-filter",
                "ether proto 0x88b5 or tcp port 80",
                "--capture-buffer-bytes",
                str(512 * 2**10),
            ),
            *("--endpoint", collector.url, "--spool-directory", str(node.folder / "spool"), "--node", "n1"),
        )
        with sender(node) as packets, paused([agent.process.pid]):
            packets.send(RATE, 2.0)
        wait_until(
            lambda: agent.metrics()["interceptor_kernel_dropped_packets_total"] > 0, "a loss", DEADLINE
        )
        client.space.run("curl", "-s", f"http://{server.address}/item/1")
        wait_until(lambda: len(agent.lines()) == 1, "a record", DEADLINE)
        last = losses(agent)
        [shown] = json.loads(node.space.run("curl", "-s", f"{collector.url}/v1/agents").stdout)["agents"]
    assert shown["node"] == "n1"
    assert shown["captures"]["kernel_dropped"] == last["kernel_dropped"] > 500
    assert shown["captures"]["packets"] <= last["ledger"]["capture"]["delivered"]
    assert shown["captures"]["lost_last"] > 0


@pytest.mark.thorough
def test_losses_that_go_on_are_told_a_few_times_a_minute_and_in_the_running_line(node: Node) -> None:
    """Which has them all; what the limit left out is counted in a line of its own."""
    agent = node.agent(
        *SOURCES["live"], "--capture-filter", "ether proto 0x88b5", "--capture-buffer-bytes", str(512 * 2**10)
    )

    def lines(name: str) -> list[dict[str, Any]]:
        return [event for event in agent.events() if event["event"] == name]

    with sender(node) as packets:
        begin = time.monotonic()
        while not lines("running") and time.monotonic() - begin < 2 * DEADLINE:
            with paused([agent.process.pid]):
                packets.send(RATE, 1.0)
            time.sleep(1.0)
    [running_line, *_] = lines("running")
    dropped = agent.metrics()["interceptor_kernel_dropped_packets_total"]
    assert 1_000 < running_line["kernel_dropped"] <= dropped
    assert (running_line["interface_dropped"], running_line["blind_seconds"]) == (0, 0)
    assert running_line["packets"] > 0
    lost = [event for event in lines("packets_lost") if event["time"] < running_line["time"]]
    assert len(lost) == 5
    assert "left out" in lost[-1]["more"]
    assert sum(event["packets"] for event in lost) < running_line["kernel_dropped"]
    assert losses(agent)["kernel_dropped"] >= dropped


def test_the_kernels_buffers_are_as_large_as_is_said(node: Node) -> None:
    """`capture.buffer_bytes` for the first interfaces, less for each of the others, and a bound for their sum."""
    for number in range(20):
        node.space.ip("link", "add", f"p{number}", "type", "veth", "peer", "name", f"q{number}")
        for name in (f"p{number}", f"q{number}"):
            node.space.ip("link", "set", name, "up")
    agent = node.agent(
        "--capture-sources",
        "live:",
        "--capture-interfaces-include",
        "p*,q*",
        "--capture-buffer-bytes",
        str(4 * 2**20),
    )
    wait_until(lambda: agent.metrics().get("interceptor_interface_up", 0) >= 40, "all captures", DEADLINE)
    shown = node.space.run("ss", "-0emp").stdout
    blocks = sorted(map(int, re.findall(r"blk_size:262144,blk_nr:(\d+),", shown)), reverse=True)
    assert blocks[:8] == [16] * 8
    assert len(blocks) >= 40
    assert min(blocks) == 8
    assert sum(blocks) * 262_144 <= 16 * 4 * 2**20 + (len(blocks) - 8) * 2 * 2**20


# On an ordinary host


@contextmanager
def ordinary(tmp_path: pathlib.Path) -> Iterator[tuple[netns.Namespace, netns.Namespace]]:
    """A host with loopback and eth0, and another one to talk to."""
    missing = netns.unavailable("curl", "nginx")
    if missing is not None:
        unavailable(missing)
    with ExitStack() as stack:
        host, other = (stack.enter_context(netns.namespace(name)) for name in ("host", "other"))
        netns.veth(host, other, addresses=(("192.0.2.2/24", "fd00::2/64"), ("192.0.2.1/24",)))
        stack.enter_context(
            netns.nginx(other, tmp_path / "nginx", 'server { listen 80; return 200 "hello"; }')
        )
        yield host, other


def command(host: netns.Namespace, *arguments: str) -> subprocess.CompletedProcess[str]:
    """`interceptor …` there, to its end."""
    return host.run(sys.executable, "-m", "interceptor", *arguments, check=False)


def test_a_plain_host_captures_its_uplink_and_says_what_is_left_out(tmp_path: pathlib.Path) -> None:
    """`live:` and nothing else; once there is a pod's interface, that is what counts, and it is said."""
    with ordinary(tmp_path) as (host, _), agent_on(host, tmp_path, "--capture-sources", "live:") as agent:
        wait_until(agent.ready, "readiness", DEADLINE)
        assert host.run("curl", "-s", "http://192.0.2.1/a").stdout == "hello"
        wait_until(lambda: bool(agent.lines()), "a record", DEADLINE)

        def told() -> list[dict[str, Any]]:
            return [event for event in agent.events() if event["event"] == "interfaces_left_out"]

        [line] = told()
        assert line["left_out"] == {"exclude lo": ["lo"], "exclude any": ["any"]}
        assert "--capture-interfaces-include" in line["remedy"]
        host.ip("link", "add", "veth9", "type", "veth", "peer", "name", "veth8")
        for name in ("veth8", "veth9"):
            host.ip("link", "set", name, "up")
        # Between the two, one of them may be up and the other not: then the uplink is captured, too.
        wait_until(lambda: "exclude eth*" in told()[-1]["left_out"], "what is left out now", DEADLINE)
        assert told()[-1]["left_out"]["exclude eth*"] == ["eth0"]
        assert "'*,eth0'" in told()[-1]["remedy"]
        assert len(told()) <= 3
        assert agent.stop() == 0


def test_where_nothing_is_captured_the_log_warns_with_the_flag_that_mends_it(tmp_path: pathlib.Path) -> None:
    """And the flag does."""
    with ordinary(tmp_path) as (host, _):
        with agent_on(
            host, tmp_path, "--capture-sources", "live:", "--capture-interfaces-exclude", "lo,any,e*"
        ) as agent:

            def told() -> list[dict[str, Any]]:
                lines = agent.errors.read_bytes().splitlines()
                events = [json.loads(line) for line in lines]
                return [event for event in events if event["event"] == "interfaces_left_out"]

            wait_until(lambda: bool(told()), "a warning", DEADLINE)
            [line] = told()
            assert (line["level"], line["captured"], line["left_out"]["exclude e*"]) == (
                "warning",
                0,
                ["eth0"],
            )
            flag, _, rest = line["remedy"].partition(" ")
            assert agent.stop() == 0
        (tmp_path / "records.jsonl").unlink(missing_ok=True)
        with agent_on(
            host,
            tmp_path,
            *("--capture-sources", "live:", "--capture-interfaces-exclude", "lo,any,e*"),
            *(flag, rest.split("'")[1]),
        ) as agent:
            wait_until(agent.ready, "readiness", DEADLINE)
            assert agent.metrics()["interceptor_interface_up{interface=eth0,source=live:}"] == 1
            assert agent.stop() == 0


@pytest.mark.parametrize("name", ["run", "interfaces", "check"])
def test_an_interface_that_is_not_there_is_one_clear_line(tmp_path: pathlib.Path, name: str) -> None:
    """With what there is, and a status that is not 0."""
    options = {
        "run": ("--output-path", "-", "--server-port", "0", "--capture-sources", "live:nope"),
        "interfaces": ("live:nope",),
        "check": ("--output-path", "-", "--capture-sources", "live:nope"),
    }
    with ordinary(tmp_path) as (host, _):
        done = command(host, name, *options[name])
    said = [line for line in (done.stdout + done.stderr).splitlines() if "this machine has no" in line]
    assert len(said) == 1
    assert "live:nope: this machine has no interface nope; it has lo, eth0" in said[0]
    assert "Traceback" not in done.stderr
    assert done.returncode == {"run": 2, "interfaces": 2, "check": 1}[name]


def test_the_list_of_interfaces_shows_addresses_and_the_rule(tmp_path: pathlib.Path) -> None:
    """As `run` decides."""
    with ordinary(tmp_path) as (host, _):
        done = command(host, "interfaces", "live:")
    assert done.returncode == 0
    rows = {line.split()[0]: line for line in done.stdout.splitlines() if line}
    assert "192.0.2.2" in rows["eth0"]
    assert "fd00::2" in rows["eth0"]
    assert "yes  " in rows["eth0"]
    assert "uplink of a host without pods" in rows["eth0"]
    assert "127.0.0.1" in rows["lo"]
    assert "1 of 3 would be captured" in done.stdout


# Very many interfaces


def descriptors(agent: Agent) -> int:
    """How many it has open."""
    return len(os.listdir(f"/proc/{agent.process.pid}/fd"))


def test_very_many_interfaces_are_captured_up_to_a_limit_that_is_said_once(
    rpcapd_path: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    """2,500 interfaces of a host: captures, descriptors, labels, log and memory stay bounded; some are captured."""
    del rpcapd_path
    with netns.namespace("many") as host:
        host.run("sysctl", "-qw", "net.ipv6.conf.default.disable_ipv6=1")
        batch = "".join(
            f"link add a{n} type veth peer name b{n}\nlink set a{n} up\nlink set b{n} up\n"
            for n in range(1_250)
        )
        subprocess.run(
            ["ip", "-n", host.name, "-batch", "-"], input=batch, text=True, check=True, capture_output=True
        )
        with agent_on(
            host,
            tmp_path,
            *("--capture-sources", "live:", "--capture-buffer-bytes", str(512 * 2**10)),
        ) as agent:
            wait_until(agent.ready, "readiness", DEADLINE)
            limit = 512

            def capturing() -> float:
                return agent.metrics().get("interceptor_interfaces{source=live:,state=capturing}", 0)

            wait_until(lambda: capturing() == limit, "all captures that are allowed", DEADLINE)
            time.sleep(1)
            read = agent.metrics()
            assert read["interceptor_interfaces{source=live:,state=failed}"] == 2_500 - limit
            assert read["interceptor_interface_up"] == limit
            assert limit <= descriptors(agent) < limit + 64
            assert agent.page("/readyz")[0] == 200
            assert read["interceptor_memory_used_bytes"] < 160 * 2**20
            events = [event["event"] for event in agent.events()]
            assert events.count("captures_limited") == 1
            assert len(events) < 400
            assert agent.stop() == 0


def test_names_that_change_at_each_listing_cost_a_bounded_amount(tmp_path: pathlib.Path) -> None:
    """A scripted rpcapd, which offers 2,500 interfaces with other names each time it is asked, some of them huge."""
    with Changing() as rpcapd:
        records, errors = tmp_path / "records.jsonl", tmp_path / "agent.log"
        with errors.open("wb") as stream:
            process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "interceptor", "run", "--output-path", str(records)),
                    *("--server-address", "127.0.0.1", "--server-port", "0"),
                    *("--capture-sources", f"rpcap://127.0.0.2:{rpcapd.port}"),
                ],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=stream,
                cwd=ROOT,
            )
        try:
            most = 0
            deadline = time.monotonic() + DEADLINE
            while rpcapd.listings < 12 and time.monotonic() < deadline:
                assert process.poll() is None
                most = max(most, len(os.listdir(f"/proc/{process.pid}/fd")))
                time.sleep(0.1)
            assert rpcapd.listings >= 12
            assert rpcapd.captures > 100
            agent = Agent(process, netns.Namespace(""), records, errors)
            events = agent.events()
            port = next(event["port"] for event in events if event["event"] == "started")
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30) as answer:
                text = answer.read().decode()
            assert most < 2 * 512 + 64
            assert agent.peak_resident_bytes < 192 * 2**20
            labels = set(re.findall(r"interface=\"([^\"]*)\"", text))
            assert len(labels) <= 512
            assert max(map(len, labels), default=0) < 300
            names = Counter(event["event"] for event in events)
            assert names["captures_limited"] == 1
            assert max(names.values()) <= 300
            assert errors.stat().st_size < 2**20
            assert agent.stop() == 0
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()


class Changing:
    """An rpcapd in a thread, which says what a real one never would. Captures of its interfaces give nothing."""

    def __init__(self) -> None:
        self.listings = self.captures = self.port = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)

    def __enter__(self) -> Self:
        """Begin to listen."""
        self._thread.start()
        starting = asyncio.run_coroutine_threadsafe(
            asyncio.start_server(self._serve, "127.0.0.2", 0), self._loop
        )
        self._server = starting.result(DEADLINE)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def __exit__(self, *_: object) -> None:
        """End, with every connection."""
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(DEADLINE)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _end(self) -> None:
        self._server.close()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _list(self) -> bytes:
        self.listings += 1
        names = [f"v{self.listings}x{number}" for number in range(2_500)]
        huge = [f"{self.listings}{number}" + "z" * 1_000 for number in range(2)]
        return ListReply(tuple(Device(name, "", DeviceFlag.UP, ()) for name in (*huge, *names))).encode()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        data = None
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            while True:
                header = Header.decode(await reader.readexactly(Header.SIZE))
                await reader.readexactly(header.length)
                match header.type:
                    case MessageType.FINDALLIF:
                        answer = self._list()
                    case MessageType.STARTCAP:
                        data = await asyncio.start_server(self._silent, "127.0.0.2", 0)
                        self.captures += 1
                        answer = StartCaptureReply(262_144, data.sockets[0].getsockname()[1]).encode()
                    case _:
                        answer = GOOD.get(header.type, b"")
                writer.write(answer)
        if data is not None:
            data.close()
        writer.close()

    @staticmethod
    async def _silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            await reader.read()
        writer.close()
