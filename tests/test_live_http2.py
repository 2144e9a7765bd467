"""The daemon beside real programs that speak HTTP/2 and gRPC: what they say they did is what is reported.

Their connections live long, so the daemon also starts in the middle of them: then less is known, and nothing is wrong.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections import Counter, defaultdict
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import pytest

from tests.support import grpc_shop, netns
from tests.support.live import Node, settle

if TYPE_CHECKING:
    import pathlib
    from collections.abc import Iterator

    from tests.support.live import Agent, Pod

PORT: Final = 50_051
EVERY: Final = " ".join(grpc_shop.CALLS)
NGINX: Final = """
  log_format oracle escape=json '{{"port":$remote_port,"method":"$request_method","uri":"$request_uri","status":$status,"size":$body_bytes_sent}}';
  access_log {log} oracle;
  default_type text/plain;
  server {{
    listen 80 http2;
    location /item/ {{ return 200 "$request_uri"; }}
    location /made/ {{ return 201 "$request_uri"; }}
    location /absent/ {{ return 404 "$request_uri"; }}
  }}
"""


@pytest.fixture
def node(tmp_path: pathlib.Path) -> Iterator[Node]:
    """A container host of the test's own."""
    if (reason := netns.unavailable("nginx", "curl", "ss", "nghttpd", "nghttp", "h2load")) is not None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)
    with Node(tmp_path) as node:
        yield node


def capturing(node: Node) -> Agent:
    """The daemon, which has begun to capture. An operator tells it the shop's words."""
    words = ",".join(grpc_shop.CALLS)
    options = ("--capture-read-timeout-ms", "20", "--metadata-words", words)
    return node.agent("--capture-sources", "live:", *options)


def reported(agent: Agent, count: int) -> list[dict[str, Any]]:
    """Its records, once there are so many."""
    netns.wait_until(lambda: len(agent.lines()) >= count, f"{count} records", 30.0, 0.1)
    time.sleep(0.5)  # for one too many
    return agent.read()


# gRPC


class Shop:
    """A server of gRPC in one pod, and a client on one connection in another."""

    def __init__(self, server: Pod, client: subprocess.Popen[str], folder: pathlib.Path) -> None:
        self.server = server
        self._client = client
        self._folder = folder

    def call(self, methods: str) -> list[dict[str, Any]]:
        """Call these, one after the other. Returns what the client was told."""
        before = len(self.log("client"))
        assert self._client.stdin is not None
        assert self._client.stdout is not None
        print(methods, file=self._client.stdin, flush=True)
        assert self._client.stdout.readline() == "done\n"
        return self.log("client")[before:]

    def log(self, side: str) -> list[dict[str, Any]]:
        """What one end wrote down."""
        path = self._folder / f"{side}.log"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


@contextmanager
def shop(node: Node) -> Iterator[Shop]:
    """Both ends, connected with the first call."""
    server, client = node.pod(), node.pod()
    program, address = [sys.executable, grpc_shop.__file__], f"{server.address}:{PORT}"
    serving = [*program, "serve", f"0.0.0.0:{PORT}", str(node.folder / "server.log")]
    with netns.process(server.space, serving):
        netns.wait_until(
            lambda: f":{PORT} " in server.space.run("ss", "-Hltn").stdout, "the server listens", 30.0
        )
        calling = subprocess.Popen(
            client.space.wrap([*program, "call", address, str(node.folder / "client.log")]),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            yield Shop(server, calling, node.folder)
        finally:
            calling.kill()
            calling.communicate()


def of_grpc(record: dict[str, Any]) -> tuple[Any, ...]:
    """What a record says of a call, in the client's words: of one that was given up, that its deadline passed."""
    late = 4 if "rpc_deadline" in record.get("anomalies", ()) else None
    return (
        record.get("rpc.method"),
        record.get("rpc.grpc.status_code", late),
        record.get("rpc.request.messages"),
        record.get("rpc.response.messages", 0 if record["http.response.state"] == "missing" else None),
    )


def of_client(call: dict[str, Any]) -> tuple[Any, ...]:
    """The same, of the client's log."""
    return call["method"], call["status"], call["sent"], call["received"]


def test_every_call_of_grpc(node: Node) -> None:
    """Status and messages are what the client was told, the connection is the server's; metrics count failures."""
    with shop(node) as calls:
        agent = capturing(node)
        truth = [each for _ in range(4) for each in calls.call(EVERY)]
        records = reported(agent, len(truth))
        assert [of_grpc(record) for record in records] == [of_client(call) for call in truth]
        for record in records:
            assert record["network.protocol.version"] == "2"
            assert (record["rpc.system"], record["rpc.service"]) == ("grpc", grpc_shop.SERVICE)
            assert record["url.template"] == f"/{grpc_shop.SERVICE}/{record['rpc.method']}"
            assert (record["http.request.method"], record.get("http.response.status_code", 200)) == (
                "POST",
                200,
            )
        seen = Counter((record["source.port"], record["rpc.method"]) for record in records)
        served = Counter((each["port"], each["method"]) for each in calls.log("server"))
        assert served == {key: count for key, count in seen.items() if key[1] != "Nowhere"}
        metrics = agent.metrics()
        assert metrics["interceptor_grpc_requests_total"] == len(truth)
        for name, code in (("OK", 0), ("INTERNAL", 13), ("NOT_FOUND", 5), ("UNIMPLEMENTED", 12)):
            expected = sum(call["status"] == code for call in truth)
            assert metrics[f"interceptor_grpc_requests_total{{status={name}}}"] == expected
        failures = sum(
            count
            for name, count in metrics.items()
            if name.startswith("interceptor_http_requests_total{") and "status_class=grpc_error" in name
        )
        assert failures == sum(call["status"] != 0 for call in truth)
        assert "canary" not in b"".join(agent.lines()).decode()
        assert agent.stop() == 0


def test_a_connection_of_grpc_that_was_joined_late(node: Node) -> None:
    """Each call of then on is reported, in order; what is said of it is true, and what was new since is known."""
    with shop(node) as calls:
        calls.call("Get Add Missing Halfway")
        agent = capturing(node)
        truth = calls.call(EVERY) + calls.call(EVERY)
        records = reported(agent, len(truth))
        assert len(records) == len(truth)
        for record, call in zip(records, truth, strict=True):
            for said, true in zip(of_grpc(record), of_client(call), strict=True):
                assert said in {None, true}
            assert record.get("rpc.service") in {None, grpc_shop.SERVICE}
            assert record["http.request.method"] == "POST"
            assert record.get("http.response.status_code", 200) == 200
            assert ("url.template" in record) != ("url.unknown" in record)
        # a call whose content type is not known is no call of gRPC, but its path is known
        paths = [record.get("url.path", "").rpartition("/")[2] for record in records]
        known = {method for method in paths if method}
        assert {"Large", "List", "Chat", "Broken", "Slow", "Nowhere"} <= known
        assert [method for method in paths if method] == [
            call["method"] for call in truth if call["method"] in known
        ]
        # what provably is the same path is said to be
        groups = defaultdict(set)
        for record, call in zip(records, truth, strict=True):
            if "url.unknown" in record:
                groups[record["url.unknown"]].add(call["method"])
        assert all(len(methods) == 1 for name, methods in groups.items() if "#" in name)


# HTTP/2


def test_nginx_and_its_clients(node: Node) -> None:
    """Each request of nginx's log once, with its status and size: many on a connection, and one on each."""
    server, client = node.pod(), node.pod()
    with netns.nginx(server.space, server.folder, NGINX.format(log=server.log)):
        agent = capturing(node)
        for run in range(3):
            urls = [
                f"http://{server.address}/{kind}/{run}-{number}"
                for kind in ("item", "made", "absent")
                for number in range(40)
            ]
            client.space.run("nghttp", "-n", *urls)
        for number in range(10):
            url = f"http://{server.address}/made/curl-{number}"
            client.space.run("curl", "-sf", "--http2-prior-knowledge", "-X", "POST", url)
        verdict = settle(agent, [server])
        assert (verdict.missing, verdict.duplicates, verdict.wrong, verdict.extra, verdict.incomplete) == (
            *([], [], [], [], []),
        )
        assert verdict.reported == verdict.served == 3 * 120 + 10
        assert {record["network.protocol.version"] for record in agent.read()} == {"2"}


@contextmanager
def nghttpd(node: Node) -> Iterator[tuple[Pod, pathlib.Path]]:
    """nghttpd in a pod, and where it writes what it does."""
    server = node.pod()
    documents, log = node.folder / "documents", node.folder / "nghttpd.log"
    documents.mkdir()
    for name, size in (("small", 10), ("middle", 5_000), ("large", 20_000)):
        (documents / name).write_bytes(b"x" * size)
    with log.open("wb") as stream:
        serving = subprocess.Popen(
            server.space.wrap(["nghttpd", "--no-tls", "-v", "-d", str(documents), "8080"]),
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT,
        )
    try:
        netns.wait_until(lambda: ":8080 " in server.space.run("ss", "-Hltn").stdout, "nghttpd listens")
        yield server, log
    finally:
        serving.kill()
        serving.wait()


def logged(log: pathlib.Path) -> list[dict[int, tuple[str, str]]]:
    """Of each of nghttpd's connections: path and status of each stream."""
    said = re.sub(r"\x1b\[[0-9;]*m", "", log.read_text())
    found: dict[str, dict[int, dict[str, str]]] = defaultdict(lambda: defaultdict(dict))
    asked = re.findall(r"\[id=(\d+)\] .* recv \(stream_id=(\d+)\) (:path): (\S+)", said)
    answered = re.findall(
        r"\[id=(\d+)\] .* send HEADERS frame <.* stream_id=(\d+)>\n(?:  .*\n)*?  +(:status): (\d+)", said
    )
    for connection, stream, name, value in asked + answered:
        found[connection][int(stream)][name] = value
    return [
        {stream: (each.get(":path", ""), each.get(":status", "")) for stream, each in streams.items()}
        for streams in found.values()
    ]


def by_connection(records: list[dict[str, Any]]) -> dict[int, dict[int, tuple[Any, ...]]]:
    """The same of records, by the client's port; each stream is reported once."""
    found: dict[int, dict[int, tuple[Any, ...]]] = defaultdict(dict)
    for record in records:
        streams = found[record["source.port"]]
        assert record["transaction.index"] not in streams
        streams[record["transaction.index"]] = (
            record["url.path"],
            str(record["http.response.status_code"]),
        )
    return found


def load(node: Node, server: Pod, *options: str) -> subprocess.Popen[bytes]:
    """h2load in a pod: three connections that ask for four paths in turn."""
    client = node.pod()
    addresses = [f"http://{server.address}:8080/{name}" for name in ("small", "middle", "large", "absent")]
    return subprocess.Popen(
        client.space.wrap(["h2load", "-c3", "-m7", *options, *addresses]),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def test_nghttpd_and_h2load(node: Node) -> None:
    """Each stream of each connection, by the server's log."""
    with nghttpd(node) as (server, log):
        agent = capturing(node)
        assert load(node, server, "-n1200").wait(60) == 0
        records = reported(agent, 1_200)
        truth = logged(log)
        assert sum(map(len, truth)) == 1_200
        assert sorted(sorted(each.items()) for each in by_connection(records).values()) == sorted(
            sorted(each.items()) for each in truth
        )
        sizes = {
            (record["url.path"], record["http.response.body.size"])
            for record in records
            if record["http.response.status_code"] == 200
        }
        assert sizes == {("/small", 10), ("/middle", 5_000), ("/large", 20_000)}


def test_connections_of_h2load_that_were_joined_late(node: Node) -> None:
    """All is true of what is reported, and from the first whole stream of a connection on nothing is missing.

    nghttp2 indexes no path, so that each is known however late one comes.
    """
    with nghttpd(node) as (server, log):
        loading = load(node, server, "-n900", "--rps=60")
        try:
            netns.wait_until(lambda: sum(map(len, logged(log))) > 90, "h2load is under way", 30.0, 0.1)
            agent = capturing(node)
            assert loading.wait(60) == 0
        finally:
            loading.kill()
            loading.wait()
        time.sleep(2.0)
        truth, found = logged(log), by_connection([one for one in agent.read() if whole(one)])
        assert sum(map(len, truth)) == 900
        assert len(found) == 3
        for streams in found.values():
            first = min(streams)
            assert first > 1
            same = [
                each
                for each in truth
                if {stream: said for stream, said in each.items() if stream >= first} == streams
            ]
            assert same
        assert 200 < sum(map(len, found.values())) < 900


def whole(record: dict[str, Any]) -> bool:
    """Whether both sides were seen to their end."""
    return bool(record["http.request.state"] == record["http.response.state"] == "complete")
