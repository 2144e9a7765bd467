"""Memory stays within stated bounds, whatever the traffic."""

from __future__ import annotations

import os
import subprocess
import sys
import tracemalloc
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from interceptor.capture.capture_file import CaptureReader
from interceptor.core.model import Limits
from tests.bench.traffic import generate
from tests.conversations import (
    SYN,
    Capture,
    Dialogue,
    Ends,
    Seen,
    Sent,
    batch,
    request,
    response,
    transactions,
)
from tests.support.flood import ORDINARY, flood

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MIB = 2**20


def grown(traffic: Callable[[Capture], None], limits: Limits | None = None) -> tuple[int, Capture]:
    """Bytes that a pipeline has more after some traffic."""
    capture = Capture(limits or Limits())
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        traffic(capture)
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    return after - before, capture


def quick(capture: Capture, sents: Iterator[Sent]) -> None:
    """Feed without looking at the ledger after each packet, which takes a look at every connection."""
    for sent in sents:
        seen = batch([Seen(capture.now, capture.interface, sent.frame())])
        capture.transactions += transactions(capture.pipeline.feed(seen))


def whole(capture: Capture, path: str) -> None:
    """Feed a file."""
    reader = CaptureReader()
    with open(path, "rb") as file:
        while data := file.read(2**18):
            for packets in reader.feed(data):
                capture.pipeline.feed(packets)


def ends(number: int) -> Ends:
    """One of many clients."""
    return Ends(
        client=f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}", client_port=1_024 + number % 60_000
    )


def test_a_syn_flood_is_bounded() -> None:
    """Handshakes beyond the limit push out the oldest: three times as many take no more memory."""
    # Many times the 2,000 tuples that Python keeps for reuse and that tracemalloc does not see.
    limits = Limits(handshakes=8_000)

    def flood(count: int) -> Callable[[Capture], None]:
        return lambda capture: quick(
            capture,
            (Sent(ends(number), client=True, position=-1, place=None, flags=SYN) for number in range(count)),
        )

    once, _ = grown(flood(15_000), limits)
    often, capture = grown(flood(45_000), limits)
    assert often < 1.1 * once
    assert often / limits.handshakes < 450
    assert capture.pipeline.connections == 0


def test_half_open_connections_are_bounded() -> None:
    """Connections that began a request and fell silent are closed and reported beyond the limit."""
    limits = Limits(connections=500)

    def begin(count: int) -> Callable[[Capture], None]:
        return lambda capture: quick(
            capture,
            (
                Sent(ends(number), client=True, position=0, place=0, data=request(1)[:-2])
                for number in range(count)
            ),
        )

    once, _ = grown(begin(500), limits)
    often, capture = grown(begin(2_000), limits)
    assert often < 1.4 * once + MIB
    assert capture.pipeline.evicted == 1_500


def test_requests_that_are_never_answered_are_bounded() -> None:
    """A client that never gets an answer holds no more than the limit of pending requests."""

    def ask(capture: Capture) -> None:
        talk = Dialogue(capture).open()
        data = request(1) * 10

        def go() -> Iterator[Sent]:
            for number in range(2_000):
                yield Sent(talk.ends, client=True, position=number * len(data), place=0, data=data)

        quick(capture, go())

    size, capture = grown(ask)
    assert 0 < capture.stage("transactions").held <= Limits().pending
    capture.transactions.clear()
    assert size / 20_000 < 1_500
    assert capture.stage("transactions").received == 20_000


@pytest.mark.parametrize("field", ["a:", "x" * 3_000 + ":"])
def test_connections_that_are_idle_after_a_large_head_are_small(field: str) -> None:
    """What a head looked like is not kept for the next one where it is no common look."""
    head = request(1, fields=f"{field}\r\n" * (60_000 // (len(field) + 2)))

    def ask(capture: Capture) -> None:
        for number in range(25):
            talk = Dialogue(capture, ends(number)).open()
            talk.client(head)
            talk.server(response(1))
            assert len(capture.transactions) == 1
            capture.transactions.clear()
            capture.outcomes.clear()

    ask(Capture())  # what is made once
    size, capture = grown(ask)
    assert capture.pipeline.open_connections == 25
    assert size / 25 < 16 * 1_024


@pytest.mark.parametrize(
    ("first", "more"),
    [
        (b"GET / HTTP/1.1\r\nA: ", b"a" * 1_000),
        (b"GET /", b"a" * 1_000),
        (b"GET / HTTP/1.1\r\n", b"A: b\r\n" * 100),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", b"0" * 1_000),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1;", b"a" * 1_000),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", b"A: b\r\n" * 100),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA: ", b"a" * 1_000),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\na\r\n" * 100),
    ],
    ids=[
        "field value",
        "target",
        "fields",
        "chunk size",
        "chunk extension",
        "trailers",
        "trailer",
        "chunks",
    ],
)
def test_what_never_ends_is_bounded(first: bytes, more: bytes) -> None:
    """A head, chunk-size line or trailer section without end is kept up to its limit, in each of four connections."""

    def send(capture: Capture) -> None:
        for number in range(4):
            talk = Dialogue(capture, ends(number)).open()
            talk.client(first)
            position = len(first)

            def go(talk: Dialogue = talk, position: int = position) -> Iterator[Sent]:
                for turn in range(300):
                    yield Sent(
                        talk.ends, client=True, position=position + turn * len(more), place=0, data=more
                    )

            quick(capture, go())

    size, _ = grown(send)
    assert size < 4 * 2 * Limits().head_bytes + MIB


@pytest.mark.parametrize("payload", [1, 300, 1_400])
def test_out_of_order_bytes_are_bounded(payload: int) -> None:
    """What waits behind holes takes no more than the limit, its overhead included, however small the pieces."""
    limits = Limits(held_bytes=MIB, held_bytes_per_stream=MIB // 2)

    def send(capture: Capture) -> None:
        for number in range(10):
            talk = Dialogue(capture, ends(number)).open()
            talk.client(b"G")

            def go(talk: Dialogue = talk) -> Iterator[Sent]:
                for turn in range(600):
                    position = 10 + turn * (payload + 1)
                    yield Sent(talk.ends, client=True, position=position, place=0, data=b"x" * payload)

            quick(capture, go())

    size, capture = grown(send, limits)
    assert size < 1.25 * limits.held_bytes + MIB
    assert capture.pipeline.gaps > 0


def peak(recipe: str, folder: Path, **sizes: int) -> tuple[float, int, int]:
    """MiB of the whole process that reads a file of this traffic, records written, records there are."""
    traffic = generate(recipe, folder / "traffic.pcap", **sizes)
    out = folder / "records.jsonl"
    measure = (
        "import resource, subprocess, sys;"
        "status = subprocess.run(sys.argv[1:]).returncode;"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss);"
        "sys.exit(status)"
    )
    command = [
        sys.executable,
        "-m",
        "interceptor",
        "read",
        "--format",
        "jsonl",
        "--output",
        str(out),
        traffic.path,
    ]
    done = subprocess.run(
        [sys.executable, "-c", measure, *command],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parent.parent,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parent.parent)},
    )
    assert done.returncode == 0, done.stderr
    with out.open("rb") as file:
        written = sum(1 for _ in file)
    return int(done.stdout) / 1_024, written, traffic.records


@pytest.mark.thorough
def test_a_million_half_open_connections(tmp_path: Path) -> None:
    """The whole process stays under 256 MiB, and every established connection is reported."""
    size, written, there = peak("half-open", tmp_path, connections=500, half_open=1_000_000, rounds=4)
    assert size < 256
    assert written == there > 0


@pytest.mark.thorough
def test_a_hundred_thousand_open_connections(tmp_path: Path) -> None:
    """The whole process stays under 192 MiB, and every call is reported."""
    size, written, there = peak("open connections", tmp_path, connections=100_000, calls=100_000)
    assert size < 192
    assert written == there == 100_000


@pytest.mark.thorough
def test_a_hundred_thousand_idle_connections_of_tls(tmp_path: Path) -> None:
    """The whole process stays under 240 MiB, a fifth more than with HTTP, and every session is reported, though more handshakes come at once than are kept."""
    size, written, there = peak("TLS sessions", tmp_path, connections=100_000, calls=100_000, close=False)
    assert size < 240
    assert written == there == 100_000


def test_an_idle_connection_of_tls_is_small(tmp_path: Path) -> None:
    """Behind its handshake it takes no more than 2,100 bytes with all of its TCP, of which there are 1,150 with any protocol."""

    def size(count: int) -> int:
        traffic = generate(
            "TLS sessions", tmp_path / "idle.pcap", connections=count, calls=count, close=False
        )
        return grown(lambda capture: whole(capture, traffic.path))[0]

    assert (size(6_000) - size(3_000)) / 3_000 < 2_100


def test_lossy_traffic(tmp_path: Path) -> None:
    """50,000 calls within a second of which one packet in a hundred is lost stay under 72 MiB."""
    size, _, _ = peak("lossy", tmp_path, connections=200, calls=50_000)
    assert size < 72


@pytest.mark.parametrize(("kind", "clients", "much"), [("heads", 2_000, 60_000), ("requests", 100, 100)])
def test_what_waits_has_one_budget(kind: str, clients: int, much: int) -> None:
    """120 and 80 MB, of which 8 MiB may wait: those who ask for most lose their own, and all ordinary calls are paired."""
    limits = Limits(held_bytes=8 * MIB)
    size, capture = grown(lambda capture: quick(capture, flood(kind, clients, much)), limits)
    pairs = [one for one in capture.transactions if one.request is not None and one.response is not None]
    assert len(pairs) == ORDINARY
    reported = len(capture.transactions)
    capture.transactions.clear()
    assert size < 1.5 * limits.held_bytes + clients * 2_048 + reported * 12 * 1_024 * (kind == "requests")
    assert capture.pipeline.waiting_bytes <= limits.held_bytes
    assert capture.pipeline.relieved > 0
    assert all(stage.balanced for stage in capture.pipeline.ledger())
    capture.pipeline.close()
    assert capture.pipeline.waiting_bytes == 0


def piped(command: list[str], kind: str, clients: int, much: int) -> tuple[float, str]:
    """MiB of a process that is given such a flood on standard input, and what it writes."""
    measure = (
        "import resource, subprocess, sys;"
        "status = subprocess.run(sys.argv[1:]).returncode;"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr);"
        "sys.exit(status)"
    )
    root = Path(__file__).parent.parent
    sender = subprocess.Popen(
        [sys.executable, "-m", "tests.support.flood", kind, str(clients), str(much)],
        cwd=root,
        stdout=subprocess.PIPE,
    )
    with sender:
        done = subprocess.run(
            [sys.executable, "-c", measure, *command],
            stdin=sender.stdout,
            capture_output=True,
            text=True,
            check=True,
            cwd=root,
        )
    return int(done.stderr.splitlines()[-1]) / 1_024, done.stdout


FLOODS = [
    ("heads", 6_000, 60_000),
    ("requests", 1_000, 30),
    pytest.param("heads", 20_000, 60_000, marks=pytest.mark.thorough),
]


@pytest.mark.parametrize(("kind", "clients", "much"), FLOODS)
def test_read_stays_in_its_budget(kind: str, clients: int, much: int) -> None:
    """0.36 and 1.2 GB of unfinished heads and 0.24 GB of requests without an answer, in a process that may use 256 MiB."""
    command = [sys.executable, "-m", "interceptor", "read", "-", "--memory", "256", "--format", "jsonl"]
    size, lines = piped(command, kind, clients, much)
    assert size < 256
    assert lines.count('"http.response.state":"complete"') == ORDINARY


@pytest.mark.parametrize(("kind", "clients", "much"), FLOODS)
def test_run_stays_in_its_budget(kind: str, clients: int, much: int) -> None:
    """The same, read by the daemon."""
    command = [sys.executable, "-m", "interceptor", "run", "--server-port", "0", "--output-path", "-"]
    command += ["--capture-sources", "file:/dev/stdin", "--limits-memory-bytes", str(256 * MIB)]
    size, lines = piped(command, kind, clients, much)
    assert size < 256
    assert lines.count('"http.response.state":"complete"') == ORDINARY
