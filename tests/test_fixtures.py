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
from datetime import datetime
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest

from interceptor.capture.files import open_captures
from interceptor.core.model import METHODS
from interceptor.core.pipeline import Pipeline
from interceptor.core.records import values
from interceptor.core.records.encoder import RecordEncoder

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from interceptor.core.model import Stage
    from interceptor.core.records.encoder import Url

ROOT = Path(__file__).parent.parent
MADE = ROOT / "fixtures" / "made"
REAL = ROOT / "fixtures" / "real"
SHARED = ROOT.parent / "shared" / "pcaps"

LIMIT_BYTES = 1_345_000
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
    found = records(path)
    views = [shown(record) for record in found if record["kind"] == "http"]
    others = [record for record in found if record["kind"] != "http"]
    sessions = expected.get("sessions", [])
    assert len(others) == len(sessions), others
    for session in sessions:
        fitting = [other for other in others if all(other.get(name) == session[name] for name in session)]
        assert fitting, (session, others)
        others.remove(fitting[0])
    if not any(matches(views, wanted) for wanted in alternatives(expected["transactions"])):
        told = "\n".join(map(str, [*expected["transactions"], "found:", *views]))
        pytest.fail(f"{stem(path)} of fixtures/made/{expected['group']}.py\nexpected:\n{told}")


def test_expectations_catch_what_is_wrong() -> None:
    """A swapped pair, a missing record, one too many, and a tag out of place do not pass."""
    [path] = [path for path in MADE_CAPTURES if stem(path) == "pipelined"]
    expected = json.loads((MADE / "pipelined.expected.json").read_text())
    [wanted] = alternatives(expected["transactions"])
    views = [shown(record) for record in records(path)]
    assert matches(views, wanted)
    assert matches(views[::-1], wanted)
    swapped = [dict(view) for view in views]
    swapped[0]["response_body"], swapped[1]["response_body"] = (
        views[1]["response_body"],
        views[0]["response_body"],
    )
    assert not matches(swapped, wanted)
    assert not matches(views[1:], wanted)
    assert not matches([*views, views[0]], wanted)
    assert not matches([views[0] | {"anomalies": ["lf_only"]}, *views[1:]], wanted)
    assert not matches([*views[:-1], views[-1] | {"anomalies": []}], wanted)


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


@pytest.mark.thorough
def test_made_files_are_what_their_generators_make(tmp_path: Path) -> None:
    """Running the generators again gives the committed bytes, and the list in README.md."""
    from fixtures.made.__main__ import MARK, README, listed, write_all

    assert README.read_text().partition(MARK)[2] == listed(write_all(tmp_path))
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
    [path] = capture.parent.glob(f"{stem(capture)}.log.jsonl*")
    return [json.loads(line) for line in contents(path).splitlines()]


def measured(capture: Path) -> dict[tuple[str, str], int]:
    """Body bytes after de-chunking, as curl counted them, by method and target."""
    path = capture.parent / f"{stem(capture)}.client.jsonl"
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
    compare_with_log(path)


def compare_with_log(path: Path) -> None:
    """Compare a capture's records with the log beside it."""
    sizes = measured(path)
    logged = [
        (
            line["remote_addr"], int(line["remote_port"]), int(line["connection_requests"]), line["server_addr"],
            int(line["server_port"]), line["method"] if line["method"] in METHODS else "_OTHER", line["uri"],
            line["protocol"].removeprefix("HTTP/"),
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


@pytest.mark.parametrize("path", REAL_CAPTURES, ids=stem)
def test_times_agree_with_access_log(path: Path) -> None:
    """A record ends when nginx logged its request, to the 50 milliseconds that writing and closing take."""
    logged = {(int(line["remote_port"]), int(line["connection_requests"])): line for line in access_log(path)}
    for record in records(path, "full"):
        line = logged[record["source.port"], record["transaction.index"]]
        if "duration_us" in record:
            begun = datetime.fromisoformat(record["time"]).timestamp()
            assert abs(begun + record["duration_us"] / 1e6 - float(line["msec"])) < 0.05


def test_capture_script_still_captures(tmp_path: Path) -> None:
    """The script that made the real captures makes another one, of which the records equal the log again."""
    from fixtures.real.capture import PROGRAMS, capture
    from tests.support import netns

    lacking = netns.unavailable(*PROGRAMS)
    if lacking:
        unavailable(lacking)
    compare_with_log(capture("ipv6", tmp_path))


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

_TARGET = "tshark shows the target as sent; a record shows path and query, which some targets do not have"
_WHOLE = "tshark shows a message only when its body came whole; we report it as truncated"
_INSIDE = "tshark shows what a message quotes; we do not count it twice"
_METHOD = "tshark 4.0 knows a list of methods; any token is one (RFC 9110 section 9.1)"
_HEAD = "tshark 4.0 takes the last request for the one that is answered, so a pipelined HEAD throws it out of step"
_CUT = (
    "tshark and we cut a deliberately ambiguous message differently; test_made_situation says what is allowed"
)

_FOREIGN = "tshark begins a new stream at any SYN, or at numbers that it does not expect"
_VLANS = "tshark 4.0 tells connections by addresses and ports only"
_WIRE = "tshark 4.0 guesses otherwise what is in a label's path unless it is told"
_PROXY = "tshark 4.0 takes a PROXY header for a part of the first request"
_ON = "tshark reads a body until close where its transfer coding does not end with chunked"
_LINE = "tshark shows a request line that lacks its target or its version"
_GLUED = "tshark shows messages that follow in the segment of a first one that is none"
_NAMES = "tshark takes a connection's two names for two connections"
_UPGRADED = "tshark takes the 101 to h2c for the answer, which is in HTTP/2"
_SOCKS = "tshark 4.0 reads SOCKS a segment at a time"
_TALK = "tshark shows text that begins like a request"

TSHARK_DIFFERS: dict[str, str] = {
    **dict.fromkeys(
        (
            *("grpc_calls", "http2_hole_in_block", "http2_hole_in_body", "http2_late", "http2_preface"),
            "http2_known_before",
            *("http2_in_connect", "http2_reset", "http2_upgrade", "ports_again_with_a_preface"),
            *("http2_websocket", "http2_websocket_hole", "http2_websocket_refused", "http2_websocket_reset"),
        ),
        "tshark's fields of HTTP/2 have other names than those of HTTP/1",
    ),
    **dict.fromkeys(
        (
            *(
                "proxy_midstream",
                "proxy_v1",
                "proxy_v1_unknown",
                "proxy_v2",
                "proxy_v2_ipv6",
                "proxy_v2_local",
                "proxy_v2_local_addresses",
                "proxy_v2_large",
                "proxy_v2_unix",
                "proxy_v1_http2",
                "proxy_v2_http2",
                "proxy_v2_http2_split",
            ),
            *("proxy_v2_tlvs", "proxy_v2_tlvs_split"),
        ),
        _PROXY,
    ),
    **dict.fromkeys(
        (
            *("te_commas_went_on", "te_empty_went_on", "te_gzip_went_on", "te_identity_went_on"),
            *("te_parameter_and_length_went_on", "te_parameter_went_on"),
            *("no_length_kept_alive", "no_length_no_body", "no_length_went_on"),
        ),
        _ON,
    ),
    **dict.fromkeys(
        (
            *("invalid_first_no_target", "invalid_first_no_version"),
            *("invalid_second_no_target", "invalid_second_no_version"),
        ),
        _LINE,
    ),
    **dict.fromkeys(("first_both_glued", "first_status_glued"), _GLUED),
    **dict.fromkeys(
        (
            *("invalid_first_letter", "invalid_first_lone_cr"),
            *("invalid_second_letter", "invalid_second_lone_cr"),
        ),
        "tshark reads the next request as the rest of what was refused",
    ),
    **dict.fromkeys(
        ("preface_declined", "preface_declined_and_the_client_goes_on"),
        "tshark takes all that follows a preface for HTTP/2",
    ),
    **dict.fromkeys(
        (
            *("translated_and_the_client_vanishes", "translated_and_the_server_comes_late"),
            *("translated_ipv6", "translated_to_a_backend", "translated_with_losses_at_each"),
            *("translated_to_itself", "translated_to_itself_ipv6", "translated_to_itself_and_met_later"),
            *("translated_and_met_later_at_the_server", "translated_and_met_later_at_the_client"),
            *("translated_to_itself_from_the_middle", "translated_to_itself_with_losses"),
        ),
        _NAMES,
    ),
    **dict.fromkeys(("midstream_text", "not_http_at_all"), _TALK),
    "cl_commas_response": "tshark does not leave out the empty elements of a list",
    "deadline_then_reset": _WHOLE,
    "acknowledged_from_far_ahead": _WHOLE,
    "window_of_an_upload": _WHOLE,
    "window_of_six_megabytes": _WHOLE,
    **dict.fromkeys(
        (
            *(
                "ports_again_while_a_request_waits",
                "ports_again_without_syn",
                "ports_again_without_syn_split",
                "ports_again_with_an_answer",
                "syn_with_the_next_number",
            ),
            *("syn_ack_with_foreign_numbers", "syn_from_the_server"),
            *("syn_with_foreign_numbers", "syn_with_foreign_numbers_again"),
        ),
        _FOREIGN,
    ),
    **dict.fromkeys(
        (
            *("same_ports_in_a_vlan_and_none", "same_ports_in_two_inner_vlans", "same_ports_in_two_vlans"),
            *("same_ports_tagged_by_the_client", "same_ports_tagged_by_the_server"),
        ),
        _VLANS,
    ),
    "absolute_form": _TARGET,
    "asterisk_form": _TARGET,
    "connect": _TARGET,
    "connect_answer_with_the_first_bytes": _TARGET,
    "connect_body_with_a_hole": _TARGET,
    "connect_http": _TARGET,
    "connect_in_connect": _TARGET,
    "connect_nothing_comes": _TARGET,
    "connect_refused": _TARGET,
    "tls_in_connect": _TARGET,
    "connect_unknown": _TARGET,
    "connect_websocket": _TARGET,
    "socks5_impatient": _SOCKS,
    "socks5_password": _SOCKS,
    "upgrade_h2c": _UPGRADED,
    "upgrade_h2c_in_a_body": _UPGRADED,
    "upgrade_h2c_with_a_body": _UPGRADED,
    "long_target": "tshark shows all of it; we keep the first 8 KiB and tag it",
    "non_ascii": "tshark prints bytes that are no UTF-8 as U+FFFD",
    "query_and_fragment": _TARGET,
    "capture_ends_within_a_request": _WHOLE,
    "capture_ends_within_an_answer": _WHOLE,
    "chunked_cut": _WHOLE,
    "client_resets_within_an_answer": _WHOLE,
    "content_length_short_of_body": _WHOLE,
    "continue_refused": _WHOLE,
    "early_response_413_closed": _WHOLE,
    "large-snaplen384": _WHOLE,
    "never_closed": _WHOLE,
    "port_reuse_without_close": _WHOLE,
    "reset_by_client": _WHOLE,
    "reset_by_server": _WHOLE,
    "reset_ends_until_close": _WHOLE,
    "server_closes_within_an_answer": _WHOLE,
    "server_resets_within_an_answer": _WHOLE,
    "snaplen_cuts_body": _WHOLE,
    "uploads": _WHOLE,
    "fields_without_a_version": "tshark shows the target of a request line that lacks its version",
    "fragments_first_lost": "tshark does not go on after a hole in the stream",
    "fragments_incomplete": "tshark does not go on after a hole in the stream",
    "fragments_overlapping_same": "tshark merges overlapping fragments, we drop the datagram as Linux does",
    "icmp_quotes_tcp": _INSIDE,
    "icmp6_quotes_tcp": _INSIDE,
    "tunnel_not_one": "tshark looks into what is sent from a tunnel's port",
    "tunnel_too_deep": "tshark enters tunnels to any depth",
    "tunnel_two_tenants": _VLANS,
    "tunnel_two_tenants_by_direction": _VLANS,
    "tunnel_vxlan_linux": "tshark 4.0 knows VXLAN by port 4789",
    "not_tcp": "tshark shows SSDP, which is HTTP's syntax over UDP",
    "methods": _METHOD,
    "refused": _METHOD + "; and an absolute target, and empty lines before a request",
    "empty_lines_between": "tshark does not skip empty lines before a request (RFC 9112 section 2.2)",
    "http_0_9": "tshark does not know HTTP/0.9",
    "odd_ports": "5432 is PostgreSQL to tshark, whatever is spoken",
    "head_pipelined": _HEAD,
    "pipelining": _HEAD,
    "head_too_large": "tshark shows the start line of a head of any size",
    "snaplen_cuts_head": "tshark shows the start line of a head that was cut, and takes the next one for its rest",
    "split_anywhere": "tshark 4.0 loses a chunked message whose head's end is split between segments",
    "several_interims": "tshark takes the Content-Length of a 103 for the length of a body (RFC 9112 section 6.3, item 1)",
    "space_before_colon": "tshark does not take `Content-Length : 102` for a length (RFC 9112 section 5.1)",
    "content_length_list_equal": "tshark does not read `102, 102` as 102 (RFC 9112 section 6.3, item 5)",
    "content_length_signed_request": "tshark shows no request with a length of `+5`",
    "te_te_after_cr": _CUT,
    "cl_space": _CUT,
    "te_te_folded": _CUT,
    "te_te_space": _CUT,
    "te_te_twice": _CUT,
    "link_edsa": "tshark 4.0 does not look behind Marvell's tag",
    "link_fabricpath": "tshark takes the end of the frame for FabricPath's check sequence, which was not captured",
    "link_ipnet": "tshark 4.0 does not read ipnet as Solaris writes it",
    "link_pseudowire": _WIRE,
    "link_pseudowire_bare": _WIRE,
    "link_pseudowire_like_ip": _WIRE,
    "link_pseudowire_sequenced": _WIRE,
    "link_radiotap_deciphered": "tshark believes the mark of encryption unless it is told not to",
    "link_ttag": "tshark knows the TTag of six bytes only",
}
"""Captures on which tshark 4.0 and we differ, and why. What is right there, other tests of this file say."""

UNMERGED = ("link_dsa.", "link_mpls_bare.")
"""Of link types that mergecap 4.0 does not know."""

LOSSY = ("loss_", "lost_")
"""Captures with holes, where tshark cannot be right: it gives up a stream at its first one."""

COMPARED = [path for path in MADE_CAPTURES + REAL_CAPTURES if not path.name.startswith(LOSSY + UNMERGED)]


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
    command += ["-d", "udp.port==7932,hp_erm"]  # which it reads, and knows no port of
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
        if record["kind"] != "http":
            continue
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
    return tshark_reads(COMPARED, tmp_path_factory.mktemp("tshark"))


@pytest.mark.parametrize("path", COMPARED, ids=stem)
def test_tshark_agrees(path: Path, tshark_views: dict[Path, View]) -> None:
    """tshark sees the same requests and responses, but where the table says why not, and there it does not."""
    if stem(path) in TSHARK_DIFFERS:
        assert our_view(path) != tshark_views[path]
    else:
        assert our_view(path) == tshark_views[path]


# -- captures of other projects --------------------------------------------------------------------------------------

SHARED_INDEX: dict[str, dict[str, Any]] = {
    entry["file"]: entry
    for entry in (json.loads((SHARED / "index.json").read_text()) if (SHARED / "index.json").exists() else [])
}

SHARED_DIFFERS: dict[tuple[str, str], str] = {
    (
        "suricata-http-connect-simple.pcap",
        "tshark",
    ): "a target without a path, and a body that is the tunnel's first byte",
    **dict.fromkeys(
        [("suricata-http2-keywords2.pcap", who) for who in ("suricata-verify", "tshark")],
        "they report the 101 of an upgrade as the answer, which comes on stream 1",
    ),
}
"""(capture, who says so): why a truth of the index does not hold for us."""


def said(entry: dict[str, Any]) -> Iterator[tuple[str, bool, list[dict[str, Any]]]]:
    """Who says what of a capture: (name, whether these are all transactions, the transactions)."""
    for truth in entry["truth"]:
        if truth["transactions"]:
            yield truth["by"], truth["scope"] == "full" or truth["by"] == "arkime", truth["transactions"]
    yield "tshark", True, entry["tshark_4_0_17"]


def holds(record: dict[str, Any], wanted: dict[str, Any]) -> bool:
    """Whether a record is what another program saw; what it does not say may be anything."""
    path = target(record)
    host = record.get("server.address")
    facts = {
        "method": record.get("http.request.method"),
        "status": record.get("http.response.status_code"),
        "uri": path,
        "request_body_len": record.get("http.request.body.size"),
        # Others count a coded body after decompression, the record as it was sent.
        "response_wire_len"
        if "http.response.content_encoding" in record
        else "response_body_len": record.get("http.response.body.size"),
        "user_agent": record.get("user_agent.original"),
        "src": record["source.address"],
        "sport": record["source.port"],
        "dst": record["destination.address"],
        "dport": record["destination.port"],
        "version": record.get("network.protocol.version"),
    }
    for name, value in facts.items():
        said = bare(wanted[name]) if wanted.get(name) is not None else None
        if name == "user_agent" and said is not None:
            said = values.user_agent(said)  # a record shows known products only
        if said is not None and value != said:
            return False
    if wanted.get("host"):
        named = values.host(
            wanted["host"].partition(":")[0], 80
        )  # labels that look like values are not shown
        if named is None or host != named[0]:
            return False
    uris = wanted.get("uri_any_of")
    return uris is None or any(uri.endswith(str(path)) for uri in uris)


def bare(value: Any) -> Any:
    """A version without its protocol's name; anything else as it is."""
    return value.removeprefix("HTTP/") if isinstance(value, str) else value


@pytest.mark.parametrize("name", sorted(SHARED_INDEX))
def test_shared_capture(name: str) -> None:
    """A capture of another project gives what that project, and tshark, say is in it."""
    found = [record for record in records(SHARED / name, "full") if record["kind"] == "http"]
    for who, whole, transactions in said(SHARED_INDEX[name]):
        if (name, who) in SHARED_DIFFERS:
            continue
        for wanted in transactions:
            assert any(holds(record, wanted) for record in found), (who, wanted, found)
        if whole:
            assert len(found) == len(transactions), (who, found)


def test_shared_captures_are_there() -> None:
    """The captures of other projects lie beside the project; they are not part of it."""
    if not SHARED_INDEX:
        pytest.skip("no ../shared/pcaps beside the project")
    assert sorted(SHARED_INDEX) == sorted(path.name for path in SHARED.iterdir() if ".pcap" in path.name)
