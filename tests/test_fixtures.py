"""Every capture of fixtures/ against its truth: expectations from the RFCs, access logs, tshark, golden records."""

from __future__ import annotations

import functools
import gzip
import itertools
import json
import os
import shutil
import subprocess
from bisect import bisect_left
from collections import Counter, defaultdict
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest
from interceptor.records import RecordEncoder
from interceptor.sources import open_captures

from interceptor.pipeline import Pipeline

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from interceptor.records import Url

    from interceptor.model import Stage

ROOT = Path(__file__).parent.parent
MADE = ROOT / "fixtures" / "made"
REAL = ROOT / "fixtures" / "real"
SHARED = ROOT.parent / "shared" / "pcaps"

LIMIT_BYTES = 700_000
"""Of the whole folder: every clone carries it."""


def stem(path: Path) -> str:
    """The situation's name: the file's without its suffixes."""
    return path.name.partition(".")[0]


def captures(folder: Path) -> list[Path]:
    """The capture files of a folder, by name."""
    return sorted(path for path in folder.iterdir() if ".pcap" in path.name)


MADE_CAPTURES = captures(MADE)
REAL_CAPTURES = captures(REAL)


def unavailable(reason: str) -> None:
    """Skip, but never in CI: there everything must be there."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@functools.cache
def read(path: Path, url: Url = "path") -> tuple[bytes, tuple[Stage, ...]]:
    """Run a capture through the program: its records as JSON Lines, and the ledger."""
    pipeline, encoder = Pipeline(), RecordEncoder(url)
    [capture] = open_captures([str(path)])
    out = b""
    try:
        for batch in capture.batches():
            out += encoder.encode(pipeline.feed(batch))
        assert capture.problem is None
    finally:
        capture.close()
    out += encoder.encode(pipeline.close())
    return out, tuple(pipeline.ledger())


def records(path: Path, url: Url = "path") -> list[dict[str, Any]]:
    """The records of a capture."""
    return [json.loads(line) for line in read(path, url)[0].splitlines()]


def contents(path: Path) -> bytes:
    """A file's bytes, unpacked."""
    return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()


# -- made captures: what must hold, by the RFCs -----------------------------------------------------------------

FIELDS = {
    "method": "http.request.method",
    "path": "url.path",
    "status": "http.response.status_code",
    "request": "http.request.state",
    "response": "http.response.state",
    "request_body": "http.request.body.size",
    "response_body": "http.response.body.size",
    "missed": "missed_bytes",
    "interim": "http.response.interim",
}
"""An expectation's names, and the record's."""

USUAL: dict[str, Any] = {
    "method": "GET",
    "status": 200,
    "request": "complete",
    "response": "complete",
    "request_body": 0,
    "missed": 0,
    "interim": None,
    "anomalies": [],
    "may": [],
    "never": [],
    "optional": False,
}
NO_REQUEST = {"method": None, "path": None, "request_body": None, "missed": "*", "may": "*"}
NO_RESPONSE = {"status": None, "response_body": None, "missed": "*", "may": "*"}


def complete(item: dict[str, Any]) -> dict[str, Any]:
    """An expectation with what it leaves to the defaults; see fixtures/README.md."""
    full = dict(USUAL)
    if item.get("request") == "missing":
        full |= NO_REQUEST
    if item.get("response") == "missing":
        full |= NO_RESPONSE
    return full | item


def shown(record: dict[str, Any]) -> dict[str, Any]:
    """What expectations talk about, of a record."""
    view = {name: record.get(field) for name, field in FIELDS.items()}
    view["method"] = record.get("http.request.method_original", view["method"])
    view["missed"] = view["missed"] or 0
    return view | {"anomalies": record.get("anomalies", [])}


def fits(view: dict[str, Any], item: dict[str, Any]) -> bool:
    """Whether a record is what an expectation asks for."""
    for name in FIELDS:
        wanted, found = item[name], view[name]
        if wanted in ("*", found):
            continue
        if name == "interim" or not isinstance(wanted, list) or found not in wanted:
            return False
    tags = set(view["anomalies"])
    if not tags >= set(item["anomalies"]) or tags & set(item["never"]):
        return False
    return item["may"] == "*" or tags <= set(item["anomalies"]) | set(item["may"])


def matches(views: list[dict[str, Any]], items: list[dict[str, Any]]) -> bool:
    """Whether records and expectations can be told off one against one, nothing left but what is optional."""
    if not views:
        return all(item["optional"] for item in items)
    first, rest = views[0], views[1:]
    return any(
        fits(first, item) and matches(rest, items[:at] + items[at + 1 :]) for at, item in enumerate(items)
    )


def alternatives(transactions: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """Each list of expectations that an observer may meet."""
    choices = [item.get("one_of", [[item]]) for item in transactions]
    for chosen in itertools.product(*choices):
        yield [complete(item) for group in chosen for item in group]


@pytest.mark.parametrize("path", MADE_CAPTURES, ids=stem)
def test_made_situation(path: Path) -> None:
    """A made capture gives the transactions that the RFCs demand, and no others."""
    expected = json.loads((MADE / f"{stem(path)}.expected.json").read_text())
    views = [shown(record) for record in records(path)]
    if not any(matches(views, wanted) for wanted in alternatives(expected["transactions"])):
        wanted = "\n".join(map(str, expected["transactions"]))
        found = "\n".join(map(str, views))
        pytest.fail(f"{expected['situation']}\nexpected:\n{wanted}\nfound:\n{found}")


@pytest.mark.parametrize("path", MADE_CAPTURES, ids=stem)
def test_made_drops(path: Path) -> None:
    """What a made capture says is dropped is counted under that reason, as often as it says."""
    expected = json.loads((MADE / f"{stem(path)}.expected.json").read_text())["drops"]
    dropped = read(path)[1][0].dropped
    assert {reason: dropped.get(reason, 0) for reason in expected} == expected


@pytest.mark.parametrize("path", MADE_CAPTURES + REAL_CAPTURES, ids=stem)
def test_ledger_balances(path: Path) -> None:
    """After a capture nothing is held, and at each stage in = out + dropped."""
    for stage in read(path)[1]:
        assert stage.balanced, stage
        assert stage.held == 0, stage


def test_made_files_are_what_their_generators_make(tmp_path: Path) -> None:
    """Running the generators again gives the committed bytes."""
    from fixtures.made import framing, links, loss, network, smuggling, syntax, tcp, wire

    assert framing
    assert links
    assert loss
    assert network
    assert smuggling
    assert syntax
    assert tcp
    for situation in wire.SITUATIONS.values():
        wire.write(situation, tmp_path)
    made = {path.name: contents(path) for path in tmp_path.iterdir()}
    kept = {
        path.name: contents(path)
        for path in MADE.iterdir()
        if ".pcap" in path.name or ".expected." in path.name
    }
    assert sorted(kept) == sorted(made)
    assert [name for name in made if made[name] != kept[name]] == []


def test_fixtures_stay_small() -> None:
    """The whole folder is below its limit."""
    files = [
        path for path in (ROOT / "fixtures").rglob("*") if path.is_file() and "__pycache__" not in path.parts
    ]
    assert sum(path.stat().st_size for path in files) <= LIMIT_BYTES


# -- golden records --------------------------------------------------------------------------------------------------

NOTE = "do not edit: written by pytest tests/test_fixtures.py --regenerate"


def golden_files() -> dict[Path, list[Path]]:
    """Golden file: the captures in it. Made captures share one a group, so that they pack well."""
    groups: defaultdict[Path, list[Path]] = defaultdict(list)
    for path in MADE_CAPTURES:
        group = json.loads((MADE / f"{stem(path)}.expected.json").read_text())["group"]
        groups[MADE / f"{group}.records.jsonl.gz"].append(path)
    for path in REAL_CAPTURES:
        packed = ".gz" if path.suffix == ".gz" else ""
        groups[REAL / f"{stem(path)}.records.jsonl{packed}"].append(path)
    return groups


def golden_text(paths: list[Path]) -> str:
    """What a golden file must say of these captures: a line that names each, then its records."""
    lines = [json.dumps({"note": NOTE})]
    for path in paths:
        lines.append(json.dumps({"capture": path.name}))
        lines += read(path)[0].decode().splitlines()
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("golden", sorted(golden_files()), ids=stem)
def test_golden(golden: Path, request: pytest.FixtureRequest) -> None:
    """The records of every capture are byte for byte those that were reviewed."""
    text = golden_text(golden_files()[golden])
    if request.config.getoption("--regenerate"):
        data = text.encode()
        golden.write_bytes(gzip.compress(data, 9, mtime=0) if golden.suffix == ".gz" else data)
    assert contents(golden).decode().splitlines() == text.splitlines()


# -- real captures against nginx's access log --------------------------------------------------------------------


def access_log(capture: Path) -> list[dict[str, Any]]:
    """The log's lines, in the order in which the requests ended."""
    [path] = REAL.glob(f"{stem(capture)}.log.jsonl*")
    return [json.loads(line) for line in contents(path).splitlines()]


def measured(capture: Path) -> dict[tuple[str, str], int]:
    """Body bytes after de-chunking, as curl counted them, by method and target."""
    path = REAL / f"{stem(capture)}.client.jsonl"
    lines = path.read_text().splitlines() if path.exists() else []
    return {(line["method"], line["uri"]): line["size"] for line in map(json.loads, lines)}


def body_bytes(line: dict[str, Any], sizes: dict[tuple[str, str], int]) -> int:
    """The response's body bytes: curl's count if there is one, else nginx's less the chunked coding."""
    size = sizes.get((line["method"], line["uri"]))
    if size is not None:
        return size
    sent = int(line["body_bytes_sent"])
    if line["response_coding"] != "chunked" or line["method"] == "HEAD":
        return sent
    # In one chunk: its size in hexadecimal and two CRLFs around the data, and `0 CRLF CRLF`.
    return next(size for size in range(sent) if size + len(f"{size:x}") + 4 + 5 == sent)


def target(record: dict[str, Any]) -> str | None:
    """The request target as nginx logs it."""
    if "url.path" not in record:
        return None
    return str(record["url.path"]) + (f"?{record['url.query']}" if "url.query" in record else "")


@pytest.mark.parametrize("path", REAL_CAPTURES, ids=stem)
def test_records_equal_access_log(path: Path) -> None:
    """Each request that nginx logged is one record with its method, target, status and body bytes; there is no other."""
    sizes = measured(path)
    logged = [
        (
            line["remote_addr"], int(line["remote_port"]), int(line["connection_requests"]), line["server_addr"],
            int(line["server_port"]), line["method"], line["uri"], line["protocol"].removeprefix("HTTP/"),
            # 499: the client went away; nginx sent nothing.
            None if line["status"] == "499" else int(line["status"]),
            None if line["status"] == "499" else body_bytes(line, sizes),
        )
        for line in access_log(path)
    ]  # fmt: skip
    found = [
        (
            record["source.address"], record["source.port"], record["transaction.index"],
            record["destination.address"], record["destination.port"],
            record.get("http.request.method_original", record.get("http.request.method")), target(record),
            record["network.protocol.version"], record.get("http.response.status_code"),
            record.get("http.response.body.size"),
        )
        for record in records(path, "full")
    ]  # fmt: skip
    assert sorted(found, key=str) == sorted(logged, key=str)


@pytest.mark.parametrize("path", REAL_CAPTURES, ids=stem)
def test_real_transactions_are_whole(path: Path) -> None:
    """Nothing is missing from a capture that dropped nothing, but what a short snaplen cut or a client broke off."""
    logged = {(int(line["remote_port"]), int(line["connection_requests"])): line for line in access_log(path)}
    for record in records(path, "full"):
        line = logged[record["source.port"], record["transaction.index"]]
        broken_off = line["status"] == "499"
        assert record["http.response.state"] == (
            "missing"
            if broken_off
            else record["http.response.state"]
            if "snaplen" in path.name
            else "complete"
        )
        if "snaplen" not in path.name:
            assert record.get("missed_bytes", 0) == 0
        # nginx refuses with 4xx or 501 before the request's end is known; else it had all of it.
        if int(line["status"]) < 400:
            size = int(line["content_length"] or 0)
            assert record["http.request.body.size"] == size
            if "snaplen" not in path.name:
                assert record["http.request.state"] == "complete"


def test_large_frames_are_in_the_captures() -> None:
    """The captures hold frames above the MTU, as offload makes them, and one in which a short snaplen cut them."""
    largest = {}
    for path in REAL_CAPTURES:
        [capture] = open_captures([str(path)])
        try:
            packets = [packet for batch in capture.batches() for packet in batch.packets]
        finally:
            capture.close()
        largest[stem(path)] = (max(packet[2] for packet in packets), max(packet[3] for packet in packets))
    assert largest["offload"][0] > 10_000
    assert largest["large-snaplen384"][0] == 384
    assert largest["large-snaplen384"][1] > 60_000


# -- tshark ----------------------------------------------------------------------------------------------------------

TSHARK_DIFFERS: dict[str, str] = {}
"""Captures on which tshark 4.0 and we disagree, and why it is not us who are wrong."""


View: TypeAlias = "tuple[Counter[tuple[str, str]], Counter[int]]"
"""Requests (method, target) and final responses (status)."""


def apart(path: Path, number: int) -> bytes:
    """A capture with client addresses that no other one has, so that all can be read as one."""
    data = contents(path)
    for address in ("192.0.2.10", "10.99.0.1"):
        data = data.replace(IPv4Address(address).packed, bytes([100, 64 + number // 256, number % 256, 1]))
    for text in ("2001:db8::a:1", "fd00:99::1"):
        packed = IPv6Address(text).packed
        data = data.replace(packed, packed[:8] + number.to_bytes(8))
    return data


def tshark_reads(paths: list[Path], folder: Path) -> dict[Path, View]:
    """What tshark sees in each capture, of one run over all of them: it takes long to start."""
    pieces, ends = [], []
    packets = 0
    for number, path in enumerate(paths):
        piece = folder / f"{number}.pcap"
        piece.write_bytes(apart(path, number))
        pieces.append(str(piece))
        [capture] = open_captures([str(piece)])
        packets += sum(len(batch.packets) for batch in capture.batches())
        capture.close()
        ends.append(packets)
    merged = folder / "all.pcapng"
    subprocess.run(["mergecap", "-a", "-w", str(merged), *pieces], check=True, capture_output=True)
    command = ["tshark", "-n", "-r", str(merged), "-Y", "http.request.method or http.response.code"]
    command += ["-o", "tcp.reassemble_out_of_order:TRUE", "--enable-heuristic", "http_tcp"]
    command += ["-T", "fields", "-E", "aggregator=\x1f"]
    for field in ("frame.number", "http.request.method", "http.request.uri", "http.response.code"):
        command += ["-e", field]
    done = subprocess.run(command, check=True, capture_output=True, timeout=120)
    views: dict[Path, View] = {path: (Counter(), Counter()) for path in paths}
    for line in done.stdout.decode("utf-8", "replace").splitlines():
        frame, methods, uris, codes = (text.split("\x1f") if text else [] for text in line.split("\t"))
        requests, responses = views[paths[bisect_left(ends, int(frame[0]))]]
        requests.update(zip(methods, uris, strict=False))
        responses.update(code for code in map(int, codes) if code >= 200 or code == 101)
    return views


def our_view(path: Path) -> View:
    """The same of our records."""
    requests: Counter[tuple[str, str]] = Counter()
    responses: Counter[int] = Counter()
    for record in records(path, "full"):
        if record["http.request.state"] != "missing":
            method = record.get("http.request.method_original", record.get("http.request.method"))
            requests[str(method), target(record) or ""] += 1
        if "http.response.status_code" in record:
            responses[record["http.response.status_code"]] += 1
    return requests, responses


@pytest.fixture(scope="module")
def tshark_views(tmp_path_factory: pytest.TempPathFactory) -> dict[Path, View]:
    """What tshark sees in every capture."""
    if shutil.which("tshark") is None or shutil.which("mergecap") is None:
        unavailable("tshark or mergecap is not installed")
    return tshark_reads(MADE_CAPTURES + REAL_CAPTURES, tmp_path_factory.mktemp("tshark"))


@pytest.mark.parametrize("path", MADE_CAPTURES + REAL_CAPTURES, ids=stem)
def test_tshark_agrees(path: Path, tshark_views: dict[Path, View]) -> None:
    """tshark sees the same requests and responses, but where the table says why not."""
    agree = our_view(path) == tshark_views[path]
    if stem(path) in TSHARK_DIFFERS:
        assert not agree, "tshark agrees by now: take it out of the table"
    else:
        assert our_view(path) == tshark_views[path]


# -- captures of other projects --------------------------------------------------------------------------------------

SHARED_INDEX: list[dict[str, Any]] = (
    json.loads((SHARED / "index.json").read_text()) if (SHARED / "index.json").exists() else []
)


def test_shared_captures_are_there() -> None:
    """The captures of other projects lie beside the project; they are not part of it."""
    if not SHARED_INDEX:
        pytest.skip("no ../shared/pcaps beside the project")
    assert all((SHARED / entry["file"]).exists() for entry in SHARED_INDEX)
