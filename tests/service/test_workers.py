"""Several workers, as processes: together they say what one says, and one that ends costs what it had and nothing else."""

from __future__ import annotations

import asyncio
import ipaddress
import json
import os
import signal
import subprocess
import sys
from collections import Counter
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import pytest

from interceptor.capture.capture_file import CaptureReader
from interceptor.config import Config
from interceptor.core.model import Interface, PacketBatch
from interceptor.core.packets.dealing import taken_up
from interceptor.core.packets.frames import fast_lane
from interceptor.core.packets.shares import Shares
from interceptor.errors import InterceptorError, UsageError
from interceptor.service import workers
from interceptor.service.cores import usable
from interceptor.service.workers import Workers
from tests.bench.traffic import generate
from tests.service.test_daemon import ended_well, judge
from tests.support import netns
from tests.support.live import PROGRAMS, ROOT, Node, settle
from tests.support.rpcapd import unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FIXTURES = ROOT / "fixtures"
LIVE = ("live:", "rpcap://127.0.0.1:2002")


def children(process: int) -> list[int]:
    """Those of a process, the oldest first."""
    found = []
    for task in os.listdir(f"/proc/{process}/task"):
        with suppress(OSError), open(f"/proc/{process}/task/{task}/children") as file:  # it may end meanwhile
            found += [int(child) for child in file.read().split()]
    return sorted(found)


def workers_of(process: int) -> list[int]:
    """Its workers, as their arguments tell: nothing else is in those."""
    return [
        child
        for child in children(process)
        if arguments(child)[1:] == ["-P", "-m", "interceptor.service.worker"]
    ]


def arguments(process: int) -> list[str]:
    """Of a process; none where it has ended."""
    with suppress(OSError), open(f"/proc/{process}/cmdline", "rb") as file:
        return file.read().decode().split("\0")[:-1]
    return []


def environment(process: int) -> bytes:
    """Of a process."""
    with open(f"/proc/{process}/environ", "rb") as file:
        return file.read()


class Run:
    """`interceptor run` of files, with so many workers."""

    def __init__(
        self, folder: Path, number: int | str, *sources: Path, options: tuple[str, ...] = ()
    ) -> None:
        self.output, self.errors = folder / f"{number}.jsonl", folder / f"{number}.log"
        command = [
            *(sys.executable, "-m", "interceptor", "run", "--workers", str(number), "--node", "n1"),
            *("--capture-sources", ",".join(f"file:{path}" for path in sources), "--metadata-url", "full"),
            *(
                "--output-path",
                str(self.output),
                "--server-address",
                "127.0.0.1",
                "--server-port",
                "0",
                *options,
            ),
        ]
        with self.errors.open("wb") as stream:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=stream, cwd=ROOT)

    def events(self) -> list[dict[str, Any]]:
        """What it has logged."""
        return [json.loads(line) for line in self.errors.read_text().splitlines()]

    def end(self, status: int = 0) -> tuple[list[bytes], dict[str, Any]]:
        """Wait for its end; gives its lines, and its last event."""
        assert self.process.wait(60) == status, self.errors.read_text()
        [last] = [event for event in self.events() if event["event"] == "stopped"]
        assert last["balanced"], last
        return sorted(self.output.read_bytes().splitlines()), last


@contextmanager
def running(*arguments: Any, **options: Any) -> Iterator[Run]:
    """The same, that is over with the block."""
    run = Run(*arguments, **options)
    try:
        yield run
    finally:
        run.process.kill()
        run.process.wait()


@pytest.fixture(scope="module")
def calls(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A capture of 20,000 calls on 100 connections: more bytes than may wait for workers."""
    path: Path = tmp_path_factory.mktemp("calls") / "calls.pcap"
    generate("small calls", path, connections=100, calls=20_000)
    assert path.stat().st_size > 3 * workers.MOST_WAITING
    return path


@pytest.fixture
def node(rpcapd_path: Path, tmp_path: Path) -> Iterator[Node]:
    """A container host without pods yet."""
    del rpcapd_path
    missing = netns.unavailable(*PROGRAMS)
    if missing is not None:
        unavailable(missing)
    with Node(tmp_path) as made:
        yield made


def test_several_write_what_one_writes(tmp_path: Path, calls: Path) -> None:
    """To the byte; and the ledger has every packet once."""
    captures = [
        calls,
        *sorted((FIXTURES / "real").glob("*http2*.pcap*"))[:2],
        FIXTURES / "made" / "translated.pcapng.gz",
        FIXTURES / "made" / "http2_known_before.pcap.gz",
    ]
    captures = [path for path in captures if path.exists()]
    found = {}
    for number in (1, 3):
        with running(tmp_path, number, *captures) as run:
            found[number] = run.end()
    assert found[3][0] == found[1][0]
    one, several = (found[number][1]["ledger"] for number in (1, 3))
    taken = several.pop("workers")
    assert several == one
    assert (taken["received"], taken["held"]) == (one["packets"]["received"], 0)
    assert len(found[1][0]) >= 20_000


def test_as_many_as_there_are_cores(tmp_path: Path, calls: Path) -> None:
    """With `auto`; of what one core is left to, there are none beside the daemon."""
    with running(tmp_path, "auto", calls) as run:
        wanted = usable()
        netns.wait_until(
            lambda: len(workers_of(run.process.pid)) == (wanted if wanted > 1 else 0), "the workers", 30, 0.01
        )
        assert run.end()[1]["records"] == 20_000
    command = [sys.executable, "-m", "interceptor", "check", "--workers", "1.5"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, cwd=ROOT)
    assert done.returncode == 2
    assert done.stderr == (
        "interceptor: error: --workers: workers: got the text '1.5', wanted a number from 1 to 64, or auto\n"
    )


def test_one_that_stands_still_holds_the_others_up(tmp_path: Path, calls: Path) -> None:
    """So that nothing is lost, and what waits for it is bounded; when it goes on, everything does."""
    with running(tmp_path, 2, calls) as run:
        netns.wait_until(lambda: len(workers_of(run.process.pid)) == 2, "the workers", 30, 0.001)
        still = workers_of(run.process.pid)[0]
        os.kill(still, signal.SIGSTOP)
        seen = -1
        while seen != (seen := run.output.stat().st_size if run.output.exists() else 0) or not seen:
            # no more comes when what may wait is full
            assert run.process.poll() is None
            subprocess.run(["sleep", "1"], check=True)
        os.kill(still, signal.SIGCONT)
        lines, last = run.end()
    assert len(lines) == last["records"] == 20_000


def test_one_that_is_killed_is_replaced(tmp_path: Path, calls: Path) -> None:
    """What it had is counted as lost; the others' records are whole."""
    with running(tmp_path, 2, calls) as run:
        netns.wait_until(lambda: len(workers_of(run.process.pid)) == 2, "the workers", 30, 0.001)
        first, second = workers_of(run.process.pid)
        os.kill(second, signal.SIGSTOP)  # so that the capture does not end meanwhile
        netns.wait_until(lambda: run.output.exists() and run.output.stat().st_size > 0, "records", 30, 0.01)
        os.kill(first, signal.SIGKILL)
        netns.wait_until(
            lambda: len(workers_of(run.process.pid)) == 2 and first not in workers_of(run.process.pid),
            "another",
            30,
            0.01,
        )
        os.kill(second, signal.SIGCONT)
        lines, last = run.end()
        [told] = [event for event in run.events() if event["event"] == "worker_ended"]
    assert (told["worker"], told["status"]) == (1, -signal.SIGKILL)
    assert last["ledger"]["workers"]["dropped"]["worker_lost"] >= told["packets_lost"] > 0
    of_second = connections_of(calls, 1)
    others = [record for record in map(json.loads, lines) if ends(record) in of_second]
    assert Counter(map(ends, others)) == dict.fromkeys(of_second, 200)  # 20,000 calls on 100 connections
    for record in others:
        assert (record["http.request.state"], record["http.response.state"]) == ("complete", "complete")


def ends(record: dict[str, Any]) -> bytes:
    """The flow of a record's requests."""
    both = [(record[f"{side}.address"], record[f"{side}.port"]) for side in ("source", "destination")]
    addresses = b"".join(ipaddress.ip_address(address).packed for address, _ in both)
    return addresses + b"".join(port.to_bytes(2, "big") for _, port in both)


def connections_of(path: Path, reader: int) -> set[bytes]:
    """The flows of requests in a capture that go to this one of two readers."""
    shares, found = Shares(2), set()
    for batch in CaptureReader().feed(path.read_bytes()):
        for hand in shares.deal(batch):
            if hand.reader == reader:
                for _, start, captured, _ in taken_up(hand.data):
                    segment = fast_lane(hand.data, start, captured)
                    assert segment is not None
                    if segment[0][-2:] == b"\x1f\x90":
                        found.add(segment[0])
    return found


@pytest.mark.parametrize("source", LIVE)
def test_live_traffic_is_reported_once(node: Node, source: str) -> None:
    """By two workers, each request once and right; metrics are sums, and tell of each worker."""
    servers, client = [node.server(), node.server()], node.pod()
    node.rpcapd()
    agent = node.agent("--capture-sources", source, "--workers", "2")
    ours = workers_of(agent.process.pid)
    assert len(ours) == 2
    for number in ours:  # whoever sends signals to all processes means the daemon
        os.kill(number, signal.SIGTERM)
        os.kill(number, signal.SIGINT)
        assert os.getsid(number) != os.getsid(agent.process.pid)
    for server in servers:
        client.call(server, run=server.interface, seconds=2, connections=20, delay_ms=10)
    verdict = settle(agent, servers)
    assert verdict.served > 200
    judge(verdict)
    netns.wait_until(
        lambda: agent.metrics()["interceptor_transactions_total"] == len(agent.lines()),
        "the metrics",
        10,
        0.2,
    )
    read = agent.metrics()
    assert read["interceptor_http_requests_total"] == len(agent.lines())
    assert read["interceptor_worker_up"] == 2
    assert read["interceptor_worker_restarts_total"] == read["interceptor_connections_cut_short_total"] == 0
    for number in (1, 2):
        for name in ("packets_total", "cpu_seconds_total", "memory_bytes"):
            assert read[f"interceptor_worker_{name}{{worker={number}}}"] > 0
    assert read["interceptor_memory_used_bytes"] > read["interceptor_worker_memory_bytes"]
    last = ended_well(agent)
    assert last["records"] == len(agent.lines())
    assert workers_left(ours) == []


def workers_left(processes: list[int]) -> list[int]:
    """Those of them that still are there."""
    return [number for number in processes if os.path.exists(f"/proc/{number}")]


def test_when_the_daemon_is_killed_its_workers_end(node: Node) -> None:
    """Nobody talks to them any more."""
    node.server()
    node.rpcapd()
    agent = node.agent("--workers", "2")
    ours = workers_of(agent.process.pid)
    agent.process.kill()
    agent.process.wait()
    netns.wait_until(lambda: workers_left(ours) == [], "they end", 10, 0.1)


# In this process


def made(number: int = 1, **options: Any) -> Workers:
    """Workers of a daemon that is not there."""
    return Workers(
        number,
        Config.model_validate(options),
        2**29,
        lambda lines, records: None,
        live=False,
        here=False,
        hold=lambda: None,
        go_on=lambda: None,
    )


def test_one_that_says_nothing_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    """After so many ticks; and another takes its place."""
    monkeypatch.setattr(workers, "_STARTING_TICKS", 5)
    monkeypatch.setattr(workers, "_PAUSES", (0.01,))

    async def body() -> None:
        several = made()
        await several.begin()
        [worker] = several._workers
        assert worker._process is not None
        first = worker._process.pid
        os.kill(first, signal.SIGSTOP)
        attending = asyncio.create_task(several.run())
        for _ in range(5):
            several.tick(None)
        async with asyncio.timeout(30):
            while worker.restarts == 0:  # noqa: ASYNC110 - nobody sets an event for a test
                await asyncio.sleep(0.01)
        assert worker._process.pid != first
        told = {(sample.name, sample.labels): sample.value for sample in several.samples()}
        assert told["worker_restarts_total", ("1",)] == 1
        attending.cancel()
        await several.end(30)
        assert worker._process is None

    asyncio.run(body())


def test_where_none_can_be_started_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is tried again and again, with pauses; packets are lost and counted meanwhile, and /readyz has the reason."""
    monkeypatch.setattr(workers, "_PAUSES", (0.01, 0.02))
    executable = sys.executable

    async def body() -> None:
        several = made()
        await several.begin()
        assert several.problem == ""
        [worker] = several._workers
        attending = asyncio.create_task(several.run())
        monkeypatch.setattr(sys, "executable", "/nowhere/python")
        worker.kill()
        async with asyncio.timeout(30):
            while worker.up:  # noqa: ASYNC110 - nobody sets an event for a test
                await asyncio.sleep(0.01)
        assert several.problem == "no worker is at work"
        frame = bytes(60)
        several.take(PacketBatch(Interface("eth0", 1), frame, [(1, 0, 60, 60)]))
        [stage] = [stage for stage in several.tally().stages if stage.name == "workers"]
        assert (stage.received, stage.dropped, stage.balanced) == (1, {"worker_lost": 1}, True)
        await asyncio.sleep(0.1)
        assert worker.restarts == 0
        monkeypatch.setattr(sys, "executable", executable)
        async with asyncio.timeout(30):
            while worker.restarts == 0:  # noqa: ASYNC110 - as above
                await asyncio.sleep(0.01)
        attending.cancel()
        await several.end(30)

    asyncio.run(body())


def test_where_no_process_can_be_started(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is said in one line."""
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(InterceptorError, match="workers: cannot start a process: No such file or directory"):
        asyncio.run(made().begin())


def test_they_are_told_no_secrets() -> None:
    """What a worker has no business with, it is not given."""
    several = made(
        2, token="a-token-of-theirs", endpoint="https://cloud.example", proxy={"url": "http://u:pass@p:1"}
    )
    for worker in several._workers:
        assert "a-token" not in worker._start.config
        assert "pass@" not in worker._start.config
        assert "cloud.example" not in worker._start.config


def test_nor_by_their_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Options in variables are the daemon's; which lane runs is everybody's."""
    monkeypatch.setenv("INTERCEPTOR_TOKEN", "a-token-of-theirs")
    monkeypatch.setenv("INTERCEPTOR_PURE", "1")

    async def body() -> None:
        several = made()
        await several.begin()
        [worker] = several._workers
        assert worker._process is not None
        number = worker._process.pid
        # a process that has just been started has none for a moment
        netns.wait_until(lambda: environment(number) != b"", "its environment", 30, 0.001)
        said = environment(number)
        assert b"a-token" not in said
        assert b"INTERCEPTOR_PURE=1" in said
        await several.end(30)

    asyncio.run(body())


def test_limits_are_divided() -> None:
    """All of them together keep to what is configured."""
    several = made(4, limits={"connections": 1_000, "head_bytes": 4_096})
    limits = Config.model_validate_json(several._workers[0]._start.config).limits
    assert limits.connections == 250
    assert limits.head_bytes == 4_096
    assert limits.memory_bytes is not None
    assert 4 * limits.memory_bytes < 2**29


def test_a_mistake_is_told_at_once() -> None:
    """And not by a process that comes later."""
    with pytest.raises(UsageError, match=r"metadata\.words"):
        made(metadata={"words": ["two words"]})
