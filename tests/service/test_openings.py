"""What an operator opens and closes, through the command: words, routes, documents, learning; or one clear line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.requests_capture import requests_capture

ROOT = Path(__file__).parents[2]


def interceptor(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run the program to its end."""
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", "interceptor", *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=120,
        env={name: text for name, text in os.environ.items() if "proxy" not in name.lower()},
    )


def configured(folder: Path, **metadata: Any) -> Path:
    """A configuration file with these options of `metadata`."""
    path = folder / "config.yaml"
    path.write_text(yaml.safe_dump({"metadata": metadata, "capture": {"sources": []}}))
    return path


def shown(folder: Path, *targets: str, fields: str = "", **metadata: Any) -> list[str]:
    """What `read` shows of paths, in order."""
    capture = folder / "capture.pcap"
    capture.write_bytes(requests_capture(targets, fields=fields))
    done = interceptor("read", capture, "--config", configured(folder, **metadata))
    assert (done.returncode, done.stderr) == (0, "")
    return [json.loads(line)["url.template"] for line in done.stdout.splitlines()]


def refused(folder: Path, **metadata: Any) -> str:
    """The one line that `read` says of a configuration."""
    capture = folder / "capture.pcap"
    capture.write_bytes(requests_capture(["/"]))
    done = interceptor("read", capture, "--config", configured(folder, **metadata))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert "Traceback" not in done.stderr
    return done.stderr


def test_words(tmp_path: Path) -> None:
    """A word counts in every name that it is a piece of, whatever its case; a whole name as a whole."""
    targets = ("/kycz/status", "/KyczStatus", "/users/kycz", "/open-zbanking-2", "/zbanking")
    assert shown(tmp_path, *targets) == [
        *("/{word}/status", "/{word}", "/users/{word}", "/{word}", "/{word}"),
    ]
    assert shown(tmp_path, *targets, words=["KYCZ", "open-zbanking-2"]) == [
        *("/kycz/status", "/KyczStatus", "/users/kycz", "/open-zbanking-2", "/{word}"),
    ]
    assert "metadata.words: 'two words': wanted a word" in refused(tmp_path, words=["two words"])


def test_hidden_words(tmp_path: Path) -> None:
    """No name that has one is shown: of paths, of parameters, of what clients teach; a route still shows it."""
    targets = ("/report", "/getReport", "/reports", "/v1/report/7", "/status")
    assert shown(tmp_path, *targets, hide=["Report"]) == [
        *("/{word}", "/{word}", "/reports", "/v1/{word}/{id}", "/status"),
    ]
    assert shown(tmp_path, "/v1/report/7", hide=["report"], routes=["/v1/report/{id}"]) == ["/v1/report/{id}"]
    assert shown(tmp_path, *["/report"] * 3, hide=["report"], learn=2) == ["/{word}"] * 3
    assert shown(tmp_path, "/report", hide=["report"], words=["report"]) == ["/{word}"]
    assert "metadata.hide: '': wanted a word" in refused(tmp_path, hide=[""])


def test_hidden_words_in_names_of_parameters(tmp_path: Path) -> None:
    """Whether a name is known as a whole, of known words, or ends as attributes do; other names stay, brackets too."""
    targets = ["/?client_id=1&report_id=2&page[report]=3&startReport=4&utm_source=5&q=6"]

    def keys(**metadata: Any) -> list[str]:
        capture = tmp_path / "capture.pcap"
        capture.write_bytes(requests_capture(targets))
        done = interceptor("read", capture, "--config", configured(tmp_path, **metadata))
        assert (done.returncode, done.stderr) == (0, "")
        found: list[str] = json.loads(done.stdout)["url.query.keys"]
        return found

    named = ["client_id", "report_id", "page[report]", "startReport", "utm_source", "q"]
    assert keys() == named
    assert keys(hide=["report"]) == ["client_id", "{word}", "page[{word}]", "{word}", "utm_source", "q"]
    assert keys(hide=["Client_ID", "q", "UTM"]) == ["{word}", *named[1:4], "{word}", "{word}"]


def test_names_of_calls(tmp_path: Path) -> None:
    """Services and methods are opened and closed piece by piece by words, and as a whole by a route."""
    targets = ("/zqpay.v1.Orders/GetReport", "/shop.v1.Zqkyc/Get")
    calls = {"fields": "Content-Type: application/grpc-web+proto\r\n"}
    assert shown(tmp_path, *targets, **calls) == ["/{word}.v1.Orders/GetReport", "/shop.v1.{word}/Get"]
    assert shown(tmp_path, *targets, **calls, words=["zqpay"], hide=["report"]) == [
        *("/zqpay.v1.Orders/{word}", "/shop.v1.{word}/Get"),
    ]
    assert shown(tmp_path, *targets, **calls, routes=["/shop.v1.Zqkyc/Get"]) == [
        *("/{word}.v1.Orders/GetReport", "/shop.v1.Zqkyc/Get"),
    ]


def test_routes(tmp_path: Path) -> None:
    """Fixed segments are shown, parameters are not; a pattern of another server changes nothing."""
    routes = ["/v1/zqcustomers/{id}/kycz", "other.example/zqsecret", "shop.example/zqopen"]
    targets = ("/v1/zqcustomers/jane/kycz", "/v1/zqcustomers/jane", "/zqsecret", "/zqopen")
    assert shown(tmp_path, *targets, routes=routes) == [
        *("/v1/zqcustomers/{word}/kycz", "/v1/{word}/{word}", "/{word}", "/zqopen"),
    ]
    assert "metadata.routes: wanted a pattern like" in refused(tmp_path, routes=["kyc"])


def test_documents(tmp_path: Path) -> None:
    """OpenAPI 3 in YAML and 2 in JSON, one by one and a directory of them, with what their servers put before."""
    folder = tmp_path / "documents"
    folder.mkdir()
    (folder / "three.yaml").write_text(
        "openapi: 3.0.0\nservers: [{url: 'https://x/v1'}, {url: /zqbase/}]\npaths:\n  /kyczq/{id}: {}\n"
    )
    (folder / "two.json").write_text('{"swagger": "2.0", "basePath": "/v2", "paths": {"/zqtwo": {}}}')
    (folder / "notes.txt").write_text("no document")
    targets = ("/v1/kyczq/jane", "/zqbase/kyczq/jane", "/v2/zqtwo", "/kyczq/jane")
    for place in ([folder], [folder / "three.yaml", folder / "two.json"]):
        assert shown(tmp_path, *targets, openapi=[str(path) for path in place]) == [
            *("/v1/kyczq/{word}", "/zqbase/kyczq/{word}", "/v2/zqtwo", "/{word}/{word}"),
        ]


def test_a_directory_without_documents(tmp_path: Path) -> None:
    """It is named, with what was wanted; so is one that is not there."""
    (tmp_path / "empty").mkdir()
    assert "empty: has 0 documents (.json, .yaml, .yml), wanted at least one" in refused(
        tmp_path, openapi=[str(tmp_path / "empty")]
    )
    assert "none: cannot be read: No such file" in refused(tmp_path, openapi=[str(tmp_path / "none")])


def test_learning(tmp_path: Path) -> None:
    """Closed until the third client has used the word in that place; never behind a collection; never by default."""
    targets = ["/zqword"] * 4 + ["/users/zqword"] * 4
    assert shown(tmp_path, *targets) == ["/{word}"] * 4 + ["/users/{word}"] * 4
    assert shown(tmp_path, *targets, learn=3) == [
        *("/{word}", "/{word}", "/zqword", "/zqword"),
        *["/users/{word}"] * 4,
    ]


def test_learning_behind_a_load_balancer(tmp_path: Path) -> None:
    """All connections have one address; who the client is, its PROXY header says."""
    capture = tmp_path / "capture.pcap"
    config = configured(tmp_path, learn=3)
    for balancer, learnt in (("10.9.0.1", ["/zqword"] * 2), ("", ["/zqword"] * 2)):
        capture.write_bytes(requests_capture(["/zqword"] * 4, balancer=balancer))
        lines = interceptor("read", capture, "--config", config).stdout.splitlines()
        records = [json.loads(line) for line in lines]
        assert [record["url.template"] for record in records] == ["/{word}", "/{word}", *learnt]
        assert len({record["source.address"] for record in records}) == (1 if balancer else 4)
        assert len({record.get("client.address") for record in records}) == (4 if balancer else 1)


def test_explains_calls_as_records_name_them(tmp_path: Path) -> None:
    """By the rules of names of calls, over HTTP/1 as well; Connect's unary calls are plain HTTP, by those of paths."""
    capture = tmp_path / "capture.pcap"
    for kind, told in (
        ("grpc-web+proto", "{word}.v1.Orders"),
        ("connect+json", "{word}.v1.Orders"),
        ("json", None),
    ):
        fields = f"Content-Type: application/{kind}\r\nConnect-Protocol-Version: 1\r\n"
        capture.write_bytes(requests_capture(["/zqpay.v1.Orders/ListOrders"], fields=fields))
        record = json.loads(interceptor("read", capture).stdout)
        rows = [
            " ".join(line.split())
            for line in interceptor("read", capture, "--explain").stdout.splitlines()[1:]
        ]
        if told is not None:
            assert record["url.template"] == f"/{told}/ListOrders"
            assert rows == ["1 unknown /zqpay"]
        else:
            assert record["url.template"] == "/{word}/ListOrders"
            assert rows == ["1 unknown /zqpay.v1.Orders"]


def test_opened_urls_say_so(tmp_path: Path) -> None:
    """`metadata.url` is `--url` for `run`; each record of it has `url.shown`, and none has it by default."""
    capture = tmp_path / "capture.pcap"
    capture.write_bytes(requests_capture(["/zqword?a=zqvalue"]))
    for opened, says in (
        ("template", {}),
        ("path", {"url.path": "/zqword"}),
        ("full", {"url.query": "a=zqvalue"}),
    ):
        done = interceptor("read", capture, "--url", opened)
        record = json.loads(done.stdout)
        assert record.get("url.shown") == (None if opened == "template" else opened)
        assert says.items() <= record.items()
        assert ("zqvalue" in done.stdout) is (opened == "full")


def test_explains_what_is_closed(tmp_path: Path) -> None:
    """Each closed segment with its rule and how often; what the configuration opens is no longer there."""
    capture = tmp_path / "capture.pcap"
    targets = ["/kycz/7"] * 3 + ["/users/report", "/users/jane@x.example", "/v1/status", "/a%1b[31mred"]
    targets += ["http://shop.example/zqx?page=1&kycz=2&zqvalue"]
    capture.write_bytes(requests_capture(targets))
    done = interceptor("read", capture, "--explain")
    assert (done.returncode, done.stderr) == (0, "")
    rows = {" ".join(line.split()) for line in done.stdout.splitlines()}
    assert rows == {
        "times rule where and what",
        "3 unknown /kycz",
        "3 form /{word}/7",
        "1 collection /users/report",
        "1 form /users/jane@x.example",
        "1 unknown /a%1b[31mred",
        "1 unknown /zqx",
        "1 parameter ?kycz",
    }
    opened = interceptor("read", capture, "--explain", "--config", configured(tmp_path, words=["kycz"]))
    assert "/kycz\n" not in opened.stdout
    assert "?kycz" not in opened.stdout
    assert "3  form        /kycz/7" in opened.stdout


@pytest.mark.parametrize(
    ("metadata", "told"),
    [
        ({}, r"(0 of them yours), 0 routes; no word is learnt"),
        (
            {"words": ["kycz", "zq"], "hide": ["report"], "routes": ["/a", "/b/{c}"], "learn": 5},
            "(2 of them yours, 1 hidden), 2 routes; a word opens when 5 clients have used it",
        ),
        ({"words": ["a b"]}, "metadata.words: 'a b': wanted"),
    ],
)
def test_check_says_what_is_in_force(tmp_path: Path, metadata: dict[str, Any], told: str) -> None:
    """How many words and routes there are, and how many of them are the operator's."""
    done = interceptor("check", "--config", configured(tmp_path, **metadata))
    [line] = [line for line in done.stdout.splitlines() if " metadata: " in line]
    assert told in line
    assert line.startswith("FAILED" if "wanted" in told else "ok")
