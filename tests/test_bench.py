"""The benchmarks' traffic is what it claims to be, and a wrong answer does not count as a fast one."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections import defaultdict
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import dpkt
import pytest

from tests.bench.bench_read import Found
from tests.bench.traffic import ACKNOWLEDGEMENT_LAG, RECIPES, Traffic, generate

if TYPE_CHECKING:
    from collections.abc import Iterator

SIZES = {
    "small calls": {"connections": 20, "calls": 600},
    "open connections": {"connections": 120, "calls": 300},
    "lossy": {"connections": 20, "calls": 3_000},
    "downloads, MTU frames": {"connections": 4, "frames": 400, "body": 100_000},
    "downloads, GRO frames": {"connections": 4, "frames": 60, "body": 700_000},
    "HTTP/2 calls": {"connections": 20, "calls": 300},
    "gRPC calls": {"connections": 20, "calls": 300},
    "half-open": {"connections": 20, "half_open": 1_000, "rounds": 3},
    "TLS sessions": {"connections": 20, "calls": 300},
}
HTTP2 = ["HTTP/2 calls", "gRPC calls"]
TLS = "TLS sessions"
LOSSLESS = [recipe for recipe in SIZES if recipe not in {"lossy", TLS, *HTTP2}]


@pytest.fixture(scope="module", params=list(SIZES))
def traffic(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Traffic:
    return generate(request.param, tmp_path_factory.mktemp("bench") / "traffic.pcap", **SIZES[request.param])


def packets(traffic: Traffic) -> Iterator[tuple[float, bytes, dpkt.ip.IP]]:
    with open(traffic.path, "rb") as file:
        for time, frame in dpkt.pcap.Reader(file):
            yield time, frame, dpkt.ethernet.Ethernet(frame).data


def streams(traffic: Traffic) -> dict[tuple[bytes, int, bytes, int], bytes]:
    """Each direction's payload in the order of the file, from its SYN on; fails on any hole or repetition."""
    expected: dict[tuple[bytes, int, bytes, int], int] = {}
    payload: defaultdict[tuple[bytes, int, bytes, int], list[bytes]] = defaultdict(list)
    for _, _, ip in packets(traffic):
        flow = (ip.src, ip.data.sport, ip.dst, ip.data.dport)
        tcp = ip.data
        assert tcp.seq == expected.setdefault(flow, tcp.seq)
        consumed = len(tcp.data) + bool(tcp.flags & dpkt.tcp.TH_SYN) + bool(tcp.flags & dpkt.tcp.TH_FIN)
        expected[flow] = tcp.seq + consumed & 0xFFFFFFFF
        if tcp.flags & dpkt.tcp.TH_ACK:
            other = expected[ip.dst, tcp.dport, ip.src, tcp.sport]
            assert (other - tcp.ack) & 0xFFFFFFFF < 2**20  # nothing acknowledged before it was sent
        payload[flow].append(tcp.data)
    return {flow: b"".join(parts) for flow, parts in payload.items() if any(parts)}


def messages(kind: type, stream: bytes) -> list[dpkt.http.Message]:
    made = []
    while stream:
        made.append(kind(stream))
        stream = made[-1].data
    return made


def test_every_recipe_is_tested() -> None:
    """No recipe is left out of the tests below."""
    assert SIZES.keys() == RECIPES.keys()


def test_the_same_recipe_gives_the_same_bytes(traffic: Traffic, tmp_path: Path) -> None:
    """Two makings of a recipe differ in nothing but the file's name."""
    again = generate(traffic.name, tmp_path / "again.pcap", **SIZES[traffic.name])
    assert Path(again.path).read_bytes() == Path(traffic.path).read_bytes()
    assert again == replace(traffic, path=again.path)


def test_counts_are_those_of_the_file(traffic: Traffic) -> None:
    """Packets and their lengths are what an independent reader counts, and time never runs backwards."""
    seen = [(time, len(frame)) for time, frame, _ in packets(traffic)]
    assert (len(seen), sum(length for _, length in seen)) == (traffic.packets, traffic.wire_bytes)
    assert all(earlier[0] <= later[0] for earlier, later in pairwise(seen))


def test_headers_are_valid(traffic: Traffic) -> None:
    """Every IPv4 header sums to zero (RFC 1071) and its length is the frame's."""
    for _, frame, ip in packets(traffic):
        assert dpkt.in_cksum(frame[14:34]) == 0
        assert ip.len == len(frame) - 14
        assert 8080 in (ip.data.sport, ip.data.dport)


@pytest.mark.parametrize("traffic", LOSSLESS, indirect=True)
def test_streams_are_whole_and_hold_what_was_claimed(traffic: Traffic) -> None:
    """Sequence numbers leave no hole, and dpkt.http finds exactly the claimed calls and body bytes in them."""
    connections = set()
    requests, responses = [], []
    for (source, sport, destination, dport), stream in streams(traffic).items():
        if dport == 8080:
            connections.add((source, sport, destination))
            requests += messages(dpkt.http.Request, stream)
        else:
            responses += messages(dpkt.http.Response, stream)
            assert sport == 8080
    assert (
        len(requests)
        == len(responses)
        == traffic.calls
        == traffic.records
        == traffic.certain
        == traffic.whole
    )
    assert len(connections) == traffic.connections
    assert sum(len(request.body) for request in requests) == traffic.request_body_bytes
    assert sum(len(response.body) for response in responses) == traffic.response_body_bytes


@pytest.mark.parametrize("traffic", HTTP2, indirect=True)
def test_calls_over_http2_are_as_many_as_was_claimed(traffic: Traffic) -> None:
    """Frame by frame: each stream of a client begins once and is answered once, with as many bytes as was claimed."""
    preface, sizes = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", {True: 0, False: 0}
    begun: dict[bool, list[tuple[int, int]]] = {True: [], False: []}
    for number, ((_, sport, _, dport), stream) in enumerate(streams(traffic).items()):
        assert 8080 in (sport, dport)
        asks, at = dport == 8080, 0
        if asks:
            assert stream.startswith(preface)
            at = len(preface)
        seen = set()
        while at < len(stream):
            length, kind = int.from_bytes(stream[at : at + 3], "big"), stream[at + 3]
            name = int.from_bytes(stream[at + 5 : at + 9], "big")
            sizes[asks] += length if kind == 0 else 0
            if kind == 1 and name not in seen:
                seen.add(name)
                begun[asks].append((number // 2, name))
            at += 9 + length
        assert at == len(stream)
    assert len(begun[True]) == len(begun[False]) == traffic.calls == traffic.whole == traffic.records
    assert (sizes[True], sizes[False]) == (traffic.request_body_bytes, traffic.response_body_bytes)


@pytest.mark.parametrize("traffic", [TLS], indirect=True)
def test_calls_over_tls_are_as_many_as_was_claimed(traffic: Traffic) -> None:
    """Record by record: each side greets, changes to ciphers once, and then has a record for each call, and one or two more of the handshake."""
    kinds: dict[bool, list[list[int]]] = {True: [], False: []}
    sizes = {True: 0, False: 0}
    for (_, _, _, dport), stream in streams(traffic).items():
        found, at = [], 0
        while at < len(stream):
            found.append(stream[at])
            assert stream[at + 1 : at + 3] == b"\x03\x03"
            length = int.from_bytes(stream[at + 3 : at + 5], "big")
            sizes[dport == 8080] += length if stream[at] == 23 else 0
            at += 5 + length
        assert at == len(stream)
        kinds[dport == 8080].append(found)
    asked, answered = kinds[True], kinds[False]
    assert len(asked) == len(answered) == traffic.connections == traffic.records
    assert all(found[:2] == [22, 20] and set(found[2:]) == {23} for found in (*asked, *answered))
    assert sum(len(found) - 3 for found in asked) == traffic.calls
    assert sum(len(found) - 4 for found in answered) == traffic.calls
    assert (sizes[True], sizes[False]) == (traffic.request_body_bytes, traffic.response_body_bytes)


@pytest.mark.parametrize("traffic", ["lossy"], indirect=True)
def test_losses_are_counted_call_by_call(traffic: Traffic, tmp_path: Path) -> None:
    """What is missing from the undamaged file's calls makes the claimed records, certain ones and whole calls."""
    sound = generate("small calls", tmp_path / "sound.pcap", **SIZES["lossy"])
    left = {(ip.src, ip.data.sport, ip.data.seq) for _, _, ip in packets(traffic) if ip.data.data}
    times = defaultdict(list)
    for _, _, ip in packets(sound):
        if ip.data.data:
            toward = ip.data.dport == 8080
            client = (ip.src, ip.data.sport) if toward else (ip.dst, ip.data.dport)
            times[client, toward].append((ip.src, ip.data.sport, ip.data.seq) in left)
    calls: list[tuple[bool, bool]] = []
    in_turn: list[tuple[tuple[bool, bool], tuple[bool, bool]]] = []
    for (client, toward), requests in times.items():
        if toward:
            of_one = list(zip(requests, times[client, False], strict=True))
            calls += of_one
            in_turn += pairwise([(True, True), *of_one])
    assert len(calls) == traffic.calls
    assert sum(map(any, calls)) == traffic.records
    assert sum(map(all, calls)) == traffic.whole
    assert sum(all(call) or (any(call) and all(before)) for before, call in in_turn) == traffic.certain
    assert traffic.whole < traffic.certain < traffic.records < traffic.calls


@pytest.mark.parametrize("traffic", ["lossy"], indirect=True)
def test_impairments_are_there_in_the_stated_shares(traffic: Traffic, tmp_path: Path) -> None:
    """About 1 % of the frames are gone, 0.5 % come twice, and some come after frames sent later."""
    sound = generate("small calls", tmp_path / "sound.pcap", **SIZES["lossy"])
    before = [frame for _, frame, _ in packets(sound)]
    after = [frame for _, frame, _ in packets(traffic)]
    assert 0.005 < 1 - len(set(after)) / len(before) < 0.015
    assert 0.0025 < (len(after) - len(set(after))) / len(before) < 0.0075
    place = {frame: number for number, frame in enumerate(before)}
    order = [place[frame] for frame in after]
    assert any(later < earlier for earlier, later in pairwise(order))


@pytest.mark.parametrize("traffic", ["open connections"], indirect=True)
def test_open_connections_are_never_closed(traffic: Traffic) -> None:
    """Each connection begins with a SYN and none has a FIN or RST."""
    flags = [ip.data.flags for _, _, ip in packets(traffic)]
    assert sum(flag == dpkt.tcp.TH_SYN for flag in flags) == traffic.connections
    assert not any(flag & (dpkt.tcp.TH_FIN | dpkt.tcp.TH_RST) for flag in flags)


@pytest.mark.parametrize("traffic", ["half-open"], indirect=True)
def test_half_open_connections_are_distinct(traffic: Traffic) -> None:
    """Besides the connections that call there are 1,000 SYNs from distinct ends, half of them answered."""
    asked, answered = set(), set()
    for _, _, ip in packets(traffic):
        if ip.src.startswith(socket.inet_aton("100.64.0.0")[:2]) and ip.data.flags == dpkt.tcp.TH_SYN:
            asked.add((ip.src, ip.data.sport))
        elif ip.dst.startswith(socket.inet_aton("100.64.0.0")[:2]):
            answered.add((ip.dst, ip.data.dport))
    assert len(asked) == 1_000
    assert len(answered) == 500
    assert answered < asked


@pytest.mark.parametrize("traffic", ["downloads, GRO frames"], indirect=True)
def test_merged_frames_reach_64_kilobytes(traffic: Traffic) -> None:
    """The largest frame holds 45 full segments, as GRO builds them."""
    assert max(len(frame) for _, frame, _ in packets(traffic)) == 14 + 52 + 45 * 1448


@pytest.mark.parametrize("traffic", LOSSLESS[:1], indirect=True)
def test_some_connections_wrap_their_sequence_numbers(traffic: Traffic) -> None:
    """Every 16th connection passes 2**32 in both directions; no other does."""
    first: dict[tuple[bytes, int, bytes, int], int] = {}
    wrapped = set()
    for _, _, ip in packets(traffic):
        flow = (ip.src, ip.data.sport, ip.dst, ip.data.dport)
        if first.setdefault(flow, ip.data.seq) > ip.data.seq:
            wrapped.add(flow)
    assert len(wrapped) == 2 * -(-traffic.connections // 16)


def test_too_few_connections_are_refused(tmp_path: Path) -> None:
    """Where a connection would have two calls in flight, there is no file but an error."""
    with pytest.raises(ValueError, match="two calls in flight"):
        generate("small calls", tmp_path / "t.pcap", connections=ACKNOWLEDGEMENT_LAG, calls=10)
    with pytest.raises(ValueError, match="fewer half-open"):
        generate("half-open", tmp_path / "t.pcap", connections=10, half_open=10, rounds=2)


@pytest.mark.parametrize("traffic", ["small calls", "open connections", "half-open"], indirect=True)
def test_the_dpkt_script_finds_every_call(traffic: Traffic) -> None:
    """The program we compare ourselves with does the work: a line for every call."""
    script = Path(__file__).parent / "bench" / "baseline_dpkt.py"
    done = subprocess.run([sys.executable, script, traffic.path], capture_output=True, check=True)
    assert done.stdout.count(b"\n") == traffic.calls


@pytest.mark.parametrize(
    "wrong",
    [
        {"records": 0},
        {"records": 10_000},
        {"whole": 0},
        {"request_body_bytes": 0},
        {"response_body_bytes": 0},
    ],
)
def test_a_wrong_answer_is_not_faithful(traffic: Traffic, wrong: dict[str, int]) -> None:
    """Too few or too many records, pairs or bytes, and the run does not count."""
    right = Found(traffic.records, traffic.whole, traffic.request_body_bytes + 1, traffic.response_body_bytes)
    truth = replace(traffic, request_body_bytes=traffic.request_body_bytes + 1)  # downloads have none
    assert right.faithful(truth)
    assert replace(right, records=traffic.certain).faithful(truth)
    assert not replace(right, **wrong).faithful(truth)


@pytest.mark.parametrize("traffic", ["small calls"], indirect=True)
def test_one_record_more_or_less_is_not_faithful(traffic: Traffic) -> None:
    """Where nothing is lost the count is exact."""
    right = Found(traffic.records, traffic.whole, traffic.request_body_bytes, traffic.response_body_bytes)
    assert right.faithful(traffic)
    assert not replace(right, records=traffic.records - 1).faithful(traffic)
    assert not replace(right, records=traffic.records + 1).faithful(traffic)
    assert not replace(right, whole=traffic.whole - 1).faithful(traffic)
