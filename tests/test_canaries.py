"""Only shapes leave: canaries of every kind, in every place of HTTP, looked for in everything that comes out.

The whole chain runs once, for real. That each rule is needed is shown in process: without it, canaries come out.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

import pytest

from interceptor.capture.capture_file import CaptureReader
from interceptor.core.model import Peers, Request, Transaction
from interceptor.core.pipeline import Pipeline
from interceptor.core.records import encoder as module
from interceptor.core.records import templates, tunnel, values, websocket, words
from interceptor.core.records.calls import CallNames
from interceptor.core.records.encoder import RecordEncoder
from interceptor.core.records.templates import PathTemplates
from interceptor.core.records.vocabulary import AMBIGUOUS, JOINED, WORDS
from interceptor.core.records.words import Words
from tests.support.canaries import KINDS, PLACES, SENT, SHOWN, Finding, capture, search, table
from tests.support.chain import OUTPUTS, outputs

if TYPE_CHECKING:
    from interceptor.core.model import Outcome

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What came out of the whole chain."""
    folder = tmp_path_factory.mktemp("canaries")
    (folder / "canaries.pcap").write_bytes(capture(SENT))
    return outputs(folder / "canaries.pcap", folder)


def told(findings: list[Finding]) -> str:
    """For a failure: how many, and one of each place."""
    by_place = {finding.place: finding for finding in findings}
    return f"{len(findings)} canaries came out\n" + "\n".join(map(str, by_place.values()))


@pytest.mark.parametrize("output", OUTPUTS)
def test_no_canary_comes_out(chain: dict[str, str], output: str) -> None:
    """Of no kind, from no place, but what SECURITY.md lists as shown; and the output is there."""
    assert len(chain[output]) > 10
    findings = search(output, chain[output])
    assert not findings, told(findings)


def test_the_chain_is_whole(chain: dict[str, str]) -> None:
    """The outputs are of this traffic: as many records everywhere, and names of hosts that are shown."""
    records = chain["JSON Lines"].count("\n")
    assert records > len(SENT) * len(PLACES) * 0.8
    assert chain["file"].count("\n") == records
    # What is not read is told at each report, of which the daemon makes as many as it has time for.
    read, ran = (
        chain[output].count("\n") - chain[output].count('"kind":"unread"')
        for output in ("JSON Lines", "file of the daemon")
    )
    assert ran == read
    assert chain["CSV"].count("\n") == records + 1, "a line of names, and one for each record"
    assert chain["compressed CSV"].count("\n") > records * 0.9
    assert chain["messages of a wrong condition"].count("--where") == 3
    for output in (
        "CSV",
        "compressed CSV",
        "spool",
        "OTLP",
        "ingest API",
        "database",
        "answers of the collector",
        "table",
    ):
        assert "etxeberria.shown.example" in chain[output], output
    transactions = chain["JSON Lines"].count('"kind":"http"')
    assert chain["database"].count('INSERT INTO "records"') == transactions
    assert "KeyError" in chain["crash"]
    assert "KeyError" in chain["crash of the daemon"]


def test_there_are_enough() -> None:
    """Forty kinds, sixty places, each different; all of them are in the traffic, and a search finds them."""
    assert len(KINDS) >= 40
    assert len({place.name for place in PLACES}) == len(PLACES) >= 60
    assert len({value.lower() for value in KINDS.values()}) == len(KINDS)
    assert min(map(len, KINDS.values())) >= 6
    traffic = capture(places=PLACES[:1]).decode("utf-8", "replace")
    assert {finding.kind for finding in search("traffic", traffic)} == set(KINDS)
    for place in PLACES:
        sent = place.turns("zqcanary") if place.turns else [(True, (place.request + place.response).encode())]
        assert place.turns or re.search(rb"\{(percent|twice)?\}", sent[0][1]), place.name
    assert SHOWN.keys() <= {place.name for place in PLACES}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("form", ["upper", "percent", "base64", "hex"])
def test_a_disguise_does_not_help(kind: str, form: str) -> None:
    """A canary is found however it is written."""
    value = KINDS[kind]
    written = {
        "upper": value.upper(),
        "percent": quote(value, safe=""),
        "base64": b64encode(b"user=" + value.encode() + b"&x").decode(),
        "hex": value.encode().hex().upper(),
    }[form]
    if form == "base64" and len(value) < 9:
        return
    assert kind in {finding.kind for finding in search("", f"x {written} y")}


# In process: by place, and without each rule


@cache
def transactions() -> list[Outcome]:
    """What the core makes of the canaries."""
    pipeline = Pipeline()
    made: list[Outcome] = []
    for batch in CaptureReader().feed(capture()):
        made += pipeline.feed(batch)
    return made + pipeline.close()


@pytest.fixture(scope="module")
def all_findings() -> list[Finding]:
    """Once for all places and rules."""
    return search("records", RecordEncoder().encode(transactions()))


@pytest.mark.parametrize("place", [place.name for place in PLACES])
def test_a_place(place: str, all_findings: list[Finding]) -> None:
    """Nothing of it is in a record."""
    found = [finding for finding in all_findings if finding.place == place]
    assert not found, told(found)


def _verbatim(text: str, *_: object) -> str:
    return text


def _second(_: object, text: str) -> str:
    return text


class _Open(PathTemplates):
    """Shows paths as they are."""

    def template(self, server: str, path: str, client: str = "") -> str:
        return path


class _Everything:
    """A list that has everything."""

    def __contains__(self, _: object) -> bool:
        return True


ALL, NEVER = _Everything(), re.compile("(?!)")


MUTATIONS: dict[str, tuple[object, str, Any]] = {
    "methods are registered": (values, "METHODS", ALL),
    "versions have one digit each": (values, "version", _verbatim),
    "media types have a grammar": (values, "content_type", _verbatim),
    "media types are known": (values, "MEDIA_TYPES", ALL),
    "suffixes of media types are registered": (values, "SUFFIXES", ALL),
    "top-level types are registered": (values, "TOP_LEVEL", ALL),
    "character sets are known": (values, "_CHARSETS", ALL),
    "content codings are registered": (values, "CODINGS", ALL),
    "user agents have a grammar": (values, "user_agent", _verbatim),
    "products of user agents are known": (values, "PRODUCTS", ALL),
    "versions of products are short numbers": (values, "_NUMBERS", re.compile(".+")),
    "comments of user agents are platforms": (values, "PLATFORMS", ALL),
    "names of fields are known": (values, "FIELDS", ALL),
    "words of names of fields are known": (values, "_FIELD_WORDS", ALL),
    "labels of hosts are no tokens": (values, "_label", lambda text: text.lower()),
    "labels of hosts have no forms of values": (values, "_LABEL_VALUE", NEVER),
    "a host has a grammar": (values, "host", lambda text, _: (text.lower(), 80)),
    "names of parameters are words": (values, "query_key", _verbatim),
    "without an equals sign it is a value": (
        RecordEncoder,
        "_names_of",
        lambda _, query: tuple(name.rstrip("=") for name in query.split("&")),
    ),
    "targets have a grammar": (module, "split_target", lambda text: ((text.lower(), 80), "http", "/", "")),
    "paths have templates": (module, "PathTemplates", _Open),
    "names are made of known words": (Words, "stays", lambda *_: True),
    "what is closed is a placeholder": (Words, "closed", lambda _, text: text),
    "extensions of files are known": (templates, "EXTENSIONS", ALL),
    "parameters are known or made of words": (Words, "parameter", _second),
    "names of calls are made of known words": (CallNames, "_stays", lambda *_: True),
    "subprotocols are known": (websocket, "_SUBPROTOCOLS", ALL),
    "extensions of WebSocket are known": (websocket, "_EXTENSIONS", ALL),
    "protocols of tunnels are known": (tunnel, "_PROTOCOLS", ALL),
}
"""What each rule promises; where it is, and what it would be if it were not."""


@pytest.mark.parametrize("rule", MUTATIONS)
def test_every_rule_is_needed(
    rule: str, all_findings: list[Finding], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without any one of them the same search finds canaries; with all of them it finds none."""
    assert not all_findings
    owner, name, other = MUTATIONS[rule]
    monkeypatch.setattr(owner, name, other)
    encoder, sent = RecordEncoder(), transactions()
    assert any(search("records", encoder.encode(sent[at : at + 1_000])) for at in range(0, len(sent), 1_000))


TWO_SHORT: Final = "_".join(sorted(word for word in WORDS if len(word) == 2)[:2])
FINE: Final[dict[str, tuple[str, str, object, str, Any]]] = {
    "a name has at most three words": ("/{}", "PaymentReportStatusUpdate", words, "MAX_WORDS", 99),
    "two of them with hyphens": ("/{}", "late-payment-report", words, "MAX_HYPHENATED", 99),
    "one of them short": ("/{}", TWO_SHORT, words, "MAX_SHORT", 99),
    "what follows a collection is a value": ("/users/{}", "report", templates, "COLLECTIONS", frozenset()),
    "but for a few words": ("/users/{}", "payment", Words, "stays_after", lambda *_: True),
    "a version without a v is no value's": ("/users/{}", "4.5", words, "_VERSION", words._RELEASE),
    "a parameter of names ends as an attribute": ("/?{}=1", "page_mark", words, "_ATTRIBUTES", ALL),
    "a value of a matrix parameter is one": ("/shop;page={}", "report", Words, "closed", _second),
    "many matrix parameters are a value": (
        "/shop;a=1;b=2;c=3;d=4;{}=5",
        "report",
        templates,
        "MAX_PARAMETERS",
        99,
    ),
    "a label of a host has no capitals in turns": (
        "http://{}.example/",
        "dGhpcyBJcyBh",
        values,
        "_MIXED",
        NEVER,
    ),
    "nor more than forty characters": (
        "http://{}.example/",
        "-".join(["report"] * 7),
        values,
        "_MAX_LABEL",
        99,
    ),
    "a person's name stands beside a word": ("/{}", "Page", words, "JOINED", None),
}
"""Rules for what is made of known words, which no canary is: by path, value, and how the rule is switched off."""


@pytest.mark.parametrize("rule", FINE)
def test_every_fine_rule_is_needed(rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With it the value is in no record; without it it is."""
    target, value, owner, name, other = FINE[rule]
    request = Request(0, 0, 1)
    request.method, request.target, request.version = "GET", target.replace("{}", value), "1.1"
    peers = Peers("10.0.0.1", 40_000, "10.0.0.2", 80, "ipv4", bytes.fromhex("0123456789abcdef0123"), "eth0")
    transaction = Transaction(peers, 1, request)

    def shown(**options: Any) -> bool:
        return value.lower() in RecordEncoder(**options).encode([transaction]).decode().lower()

    assert not shown()
    if other is None:
        everybody = Words(words=WORDS | AMBIGUOUS | JOINED)
        assert shown(templates=PathTemplates(everybody))
        return
    monkeypatch.setattr(owner, name, other)
    assert shown()


@pytest.mark.usefixtures("all_findings")  # where the traffic has been made
def test_what_is_opened_comes_out_and_says_so() -> None:
    """The operator's `--url path` and `full` show what they say, and each record has it."""
    for shown in ("path", "full"):
        lines = RecordEncoder(shown).encode(transactions()).decode()
        asked = [record for record in map(json.loads, lines.splitlines()) if record["kind"] == "http"]
        assert all(record["url.shown"] == shown for record in asked)
        places = {finding.place for finding in search("records", lines)}
        assert "path segment" in places
        assert ("query value" in places) == (shown == "full")
        assert not places & {
            "cookie",
            "fragment",
            "method",
            "JSON",
            "user agent",
            "password of an absolute target",
        }


def test_security_lists_what_is_shown() -> None:
    """The table in SECURITY.md is this module's."""
    document = (ROOT / "docker" / "SECURITY.md").read_text()
    assert table() in document
    assert f"All {len(PLACES)} places" in document
    assert f"plants values of {len(KINDS)} kinds" in document
    assert f"so are the rules: {len(MUTATIONS) + len(FINE)} of them" in document
    readme = " ".join((ROOT / "README.md").read_text().split())
    assert f"canaries of {len(KINDS)} kinds in {len(PLACES)} places" in readme


def test_security_names_every_shown_place_of_the_record() -> None:
    """Every field of a record is in SECURITY.md."""
    document = (ROOT / "docker" / "SECURITY.md").read_text()
    fields = set(module.Record.__struct_encode_fields__) - {"schema", "kind"}
    assert fields <= set(re.findall(r"`([a-z_.]+)`", document))
