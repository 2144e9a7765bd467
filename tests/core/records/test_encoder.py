"""Records say what the transaction says, by the rules of schema 2, as valid JSON, and hold no values."""

from __future__ import annotations

import json
import tracemalloc
from typing import Any, TypeVar

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from interceptor.core.model import Anomaly, Owner, Peers, Request, Response, State, Transaction
from interceptor.core.protocols.tunnel import Opening, Traffic, Tunnel
from interceptor.core.records.encoder import CACHED, Record, RecordEncoder
from interceptor.core.records.vocabulary import WORDS
from tests.support.examples import examples

SECOND = 10**9
NOON = 1_714_564_800 * SECOND  # 2024-05-01T12:00:00Z

PEERS = Peers("10.0.0.1", 40000, "10.0.0.2", 8080, "ipv4", bytes.fromhex("0123456789abcdef0123"), "veth0")


Noun = TypeVar("Noun", Request, Response, Transaction)


def having(noun: Noun, fields: dict[str, Any]) -> Noun:
    """It with these fields set, each of which it must have."""
    for name, value in fields.items():
        assert hasattr(noun, name)
        setattr(noun, name, value)
    return noun


TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def a_request(**fields: Any) -> Request:
    return having(
        Request(0, 0, NOON),
        {
            "end_time": NOON + 5_000,
            "version": "1.1",
            "header_names": ("host", "user-agent"),
            "state": State.COMPLETE,
            "method": "GET",
            "target": "/users/42",
            "host": "api.example.com",
            "user_agent": "curl/8.0",
            "traceparent": TRACEPARENT,
            **fields,
        },
    )


def a_response(**fields: Any) -> Response:
    return having(
        Response(0, 0, NOON + 2_000_000),
        {
            "end_time": NOON + 3_000_999,
            "version": "1.1",
            "header_names": ("content-type",),
            "content_type": "text/html",
            "body_size": 12,
            "state": State.COMPLETE,
            "status": 200,
            **fields,
        },
    )


def a_transaction(request: Request | None, response: Response | None = None, **fields: Any) -> Transaction:
    return having(Transaction(PEERS, 1, request, response), fields)


def written(transaction: Transaction, **options: Any) -> dict[str, Any]:
    """The one JSON object that a transaction becomes."""
    lines = RecordEncoder(**options).encode([transaction])
    assert lines.endswith(b"\n")
    assert lines.count(b"\n") == 1
    result = json.loads(lines)
    assert isinstance(result, dict)
    return result


def asked(**fields: Any) -> dict[str, Any]:
    """The record of a request with these fields, everything shown."""
    return written(a_transaction(a_request(**fields)), url="full")


def test_a_whole_transaction() -> None:
    """Every field has its name, its value and its place in the order of the schema."""
    request = a_request(
        method="POST",
        target="/users/42?expand=secret&page=2",
        content_type="application/json",
        body_size=7,
        missed=3,
        state=State.TRUNCATED,
        anomalies={Anomaly.OBS_FOLD, Anomaly.LF_ONLY},
        position=255,
    )
    response = a_response(
        content_type="text/html; charset=UTF-8",
        content_encoding="gzip",
        missed=4,
        anomalies={Anomaly.TE_AND_CL, Anomaly.LF_ONLY},
    )
    transaction = a_transaction(
        request, response, index=3, interim=[100, 103], anomalies={Anomaly.PIPELINED, Anomaly.DEADLINE}
    )
    record = written(transaction, url="full", node="node-1")
    assert list(record.items()) == [
        ("schema", 2),
        ("kind", "http"),
        ("id", "0123456789abcdef01230000000000ff"),
        ("time", "2024-05-01T12:00:00.000000Z"),
        ("duration_us", 3000),
        ("ttfb_us", 1995),
        ("source.address", "10.0.0.1"),
        ("source.port", 40000),
        ("destination.address", "10.0.0.2"),
        ("destination.port", 8080),
        ("server.address", "api.example.com"),
        ("server.port", 80),
        ("network.type", "ipv4"),
        ("network.protocol.version", "1.1"),
        ("http.request.method", "POST"),
        ("url.scheme", "http"),
        ("url.template", "/users/{id}"),
        ("url.path", "/users/42"),
        ("url.query", "expand=secret&page=2"),
        ("url.query.keys", ["expand", "page"]),
        ("url.shown", "full"),
        ("http.response.status_code", 200),
        ("http.response.interim", [100, 103]),
        ("http.request.header.names", ["host", "user-agent"]),
        ("http.response.header.names", ["content-type"]),
        ("http.request.content_type", "application/json"),
        ("http.response.content_type", "text/html;charset=utf-8"),
        ("http.response.content_encoding", "gzip"),
        ("user_agent.original", "curl/8.0"),
        ("traceparent", TRACEPARENT),
        ("http.request.body.size", 7),
        ("http.response.body.size", 12),
        ("http.request.state", "truncated"),
        ("http.response.state", "complete"),
        ("missed_bytes", 7),
        ("transaction.index", 3),
        ("anomalies", ["deadline", "lf_only", "obs_fold", "pipelined", "te_and_cl"]),
        ("interface", "veth0"),
        ("node", "node-1"),
    ]


def test_a_response_alone() -> None:
    """Without its request a response's record has its own time and id, and says nothing of what was asked."""
    record = written(a_transaction(None, a_response(position=255, time=NOON + 1_234_567)))
    assert record["id"] == "0123456789abcdef01238000000000ff"
    assert record["time"] == "2024-05-01T12:00:00.001234Z"
    assert (record["server.address"], record["server.port"]) == ("10.0.0.2", 8080)
    assert record["http.request.state"] == "missing"
    assert record["http.response.body.size"] == 12
    unknown = {
        "duration_us",
        "ttfb_us",
        "http.request.method",
        "url.scheme",
        "url.template",
        "url.query.keys",
    }
    assert not record.keys() & (unknown | {"http.request.body.size", "http.request.header.names"})


def test_a_request_alone() -> None:
    """Without a response there is no status, no size, no duration, and the state says why."""
    record = written(a_transaction(a_request()))
    assert record["http.response.state"] == "missing"
    assert not record.keys() & {
        "duration_us",
        "ttfb_us",
        "http.response.status_code",
        "http.response.body.size",
        "http.response.header.names",
        "missed_bytes",
        "anomalies",
        "node",
        "url.path",
        "url.query",
    }


def test_ids_differ_between_halves_and_places() -> None:
    """A request and an unrequested response at the same position, and two positions, have different ids."""
    transactions = [
        a_transaction(a_request(position=7)),
        a_transaction(a_request(position=8)),
        a_transaction(None, a_response(position=7)),
        a_transaction(None, a_response(position=8)),
    ]
    encoder = RecordEncoder()
    assert len({encoder.record(transaction).id for transaction in transactions}) == 4


@pytest.mark.parametrize(
    ("request_end", "response_start", "response_end", "duration", "ttfb"),
    [
        (10, 20, 30, 30, 10),
        (0, 20, 30, 30, None),  # the request's end is not known
        (10, 20, 0, None, 10),  # the response's is not
        (25, 20, 30, 30, None),  # an early response
        (20, 20, 30, 30, 0),
        (10, 20, -5, None, 10),  # clocks that run backwards tell nothing
    ],
)
def test_durations(
    request_end: int, response_start: int, response_end: int, duration: int | None, ttfb: int | None
) -> None:
    """Durations are absent rather than negative or made up."""

    def at(microseconds: int) -> int:
        return NOON + microseconds * 1000 if microseconds else 0

    record = written(
        a_transaction(
            a_request(end_time=at(request_end)),
            a_response(time=at(response_start), end_time=at(response_end)),
        )
    )
    assert record.get("duration_us") == duration
    assert record.get("ttfb_us") == ttfb


@pytest.mark.parametrize(
    ("time", "text"),
    [
        (0, "1970-01-01T00:00:00.000000Z"),
        (1, "1970-01-01T00:00:00.000000Z"),
        (999, "1970-01-01T00:00:00.000000Z"),
        (999_999_999, "1970-01-01T00:00:00.999999Z"),
        (1_709_251_199 * SECOND, "2024-02-29T23:59:59.000000Z"),
        (2**63 - 1, "2262-04-11T23:47:16.854775Z"),
        (-SECOND, "1970-01-01T00:00:00.000000Z"),
    ],
)
def test_times(time: int, text: str) -> None:
    """Times are cut to microseconds; those from before 1970 become its first second."""
    assert asked(time=time)["time"] == text


@pytest.mark.parametrize(
    ("method", "known", "original"),
    [
        ("GET", "GET", None),
        ("QUERY", "QUERY", None),
        ("get", "_OTHER", None),
        ("PROPFIND", "_OTHER", "PROPFIND"),
        ("VERSION-CONTROL", "_OTHER", "VERSION-CONTROL"),
        ("PURGE", "_OTHER", "PURGE"),
        ("", "_OTHER", None),
        ("JANEROE", "_OTHER", None),
        ("G\x00T", "_OTHER", None),
    ],
)
def test_methods(method: str, known: str, original: str | None) -> None:
    """Methods are those OpenTelemetry knows; others are shown beside `_OTHER` if they look like methods."""
    record = asked(method=method)
    assert record["http.request.method"] == known
    assert record.get("http.request.method_original") == original


DESTINATION = ("10.0.0.2", 8080)


@pytest.mark.parametrize(
    ("fields", "server"),
    [
        ({"host": "example.com"}, ("example.com", 80)),
        ({"host": "Example.COM:8443"}, ("example.com", 8443)),
        ({"host": "my_service.ns.svc:0"}, ("my_service.ns.svc", 0)),
        ({"host": "example.com:"}, ("example.com", 80)),
        ({"host": "10.9.8.7:65535"}, ("10.9.8.7", 65535)),
        ({"host": "[2001:DB8:0::1]:81"}, ("2001:db8::1", 81)),
        ({"host": "[::1]"}, ("::1", 80)),
        ({"host": None}, DESTINATION),
        ({"host": ""}, DESTINATION),
        ({"host": ":81"}, DESTINATION),
        ({"host": "example.com:65536"}, DESTINATION),
        ({"host": "example.com:000080"}, DESTINATION),
        ({"host": "example.com:+80"}, DESTINATION),
        ({"host": "example.com:\u0668"}, DESTINATION),
        ({"host": "::1"}, DESTINATION),
        ({"host": "[::1"}, DESTINATION),
        ({"host": "[1:2]"}, DESTINATION),
        ({"host": "user:secret@example.com"}, DESTINATION),
        ({"host": "a b"}, DESTINATION),
        ({"host": "caf\xe9"}, DESTINATION),
        ({"host": "example.com\n"}, DESTINATION),
        ({"host": "a.b." * 63 + "a"}, ("a.b." * 63 + "a", 80)),
        ({"host": "a" * 254}, DESTINATION),
        ({"target": "http://other.example/x"}, ("other.example", 80)),
        ({"target": "HTTPS://other.example/x"}, ("other.example", 443)),
        ({"target": "http://u:secret@x@other.example:81?q"}, ("other.example", 81)),
        ({"target": "http://%2f/x"}, ("api.example.com", 80)),
        ({"method": "CONNECT", "target": "other.example:443"}, ("other.example", 443)),
        ({"method": "CONNECT", "target": "[::1]:443"}, ("::1", 443)),
        ({"method": "CONNECT", "target": "other.example"}, ("api.example.com", 80)),
        ({"method": "CONNECT", "target": "other.example:"}, ("api.example.com", 80)),
        ({"method": "GET", "target": "other.example:443"}, ("api.example.com", 80)),
    ],
)
def test_servers(fields: dict[str, Any], server: tuple[str, int]) -> None:
    """The server is the one the request names by a valid name, else the destination."""
    record = asked(**fields)
    assert (record["server.address"], record["server.port"]) == server


@pytest.mark.parametrize(
    ("target", "shown"),
    [
        ("/items/42", ("http", "/items/{id}", "/items/42", None, None)),
        ("/items?", ("http", "/items", "/items", None, None)),
        ("/%41?page=%20y&z", ("http", "/{value}", "/%41", "page=%20y&z", ["page", "{value}"])),
        ("/items?b#c?d=e", ("http", "/items", "/items", "b", ["{value}"])),
        ("/items#token", ("http", "/items", "/items", None, None)),
        ("/?4111111111111111", ("http", "/", "/", "4111111111111111", ["{value}"])),
        ("/?=v&&page=b=c&a", ("http", "/", "/", "=v&&page=b=c&a", ["page", "{value}"])),
        ("http://u:p@h/items/1?page=y", ("http", "/items/{id}", "/items/1", "page=y", ["page"])),
        ("https://h", ("https", "/", "/", None, None)),
        ("http://h?x", ("http", "/", "/", "x", ["{value}"])),
        ("ftp://h/items", ("http", "/items", "/items", None, None)),
        ("*", ("http", None, None, None, None)),
        ("", ("http", "{invalid}", None, None, None)),
        ("u:p@h", ("http", "{invalid}", None, None, None)),
        ("index.html", ("http", "{invalid}", None, None, None)),
    ],
)
def test_targets(target: str, shown: tuple[object, ...]) -> None:
    """Each form of target gives the scheme, template, path, query and keys it has; never user info or a fragment."""
    record = asked(target=target)
    fields = ("url.scheme", "url.template", "url.path", "url.query", "url.query.keys")
    assert tuple(record.get(field) for field in fields) == shown


def test_a_tunnel_has_no_path() -> None:
    """The target of a CONNECT names a server and nothing else."""
    assert not {"url.template", "url.path", "url.query"} & asked(method="CONNECT", target="h:443").keys()


def test_how_much_of_the_target_is_shown() -> None:
    """The path and the query are shown only by the modes that say so."""
    transaction = a_transaction(a_request(target="/a?b=c"))
    shown = {"url.path", "url.query"}
    assert written(transaction, url="template").keys() & shown == set()
    assert written(transaction, url="path").keys() & shown == {"url.path"}
    assert written(transaction, url="full").keys() & shown == shown


def test_query_keys_are_bounded() -> None:
    """The first 32 names are shown, however many there are."""
    query = "&".join(f"{word}=1" for word in sorted(word for word in WORDS if len(word) > 3)[:140])
    keys = asked(target=f"/?{query}")["url.query.keys"]
    assert keys == [pair.partition("=")[0] for pair in query.split("&")[:32]]


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("Application/JSON", "application/json"),
        ("text/html; charset=UTF-8", "text/html;charset=utf-8"),
        ('text/html;foo=bar;charset="iso-8859-15"', "text/html;charset=iso-8859-15"),
        ("text/html; charset=secret", "text/html"),
        ("multipart/form-data; boundary=secret", "multipart/form-data"),
        ("text/html; xcharset=utf-8", "text/html"),
        ("application/vnd.github.v3+json", "application/vnd.github.v3+json"),
        ("application/vnd.acme.JaneRoe+json", "application/{value}+json"),
        ("text/janeroe; charset=UTF-8", "text/{value};charset=utf-8"),
        ("janeroe/json", "{value}"),
        ("text/html; charset=cp4711", "text/html"),
        ("json", "{invalid}"),
        ("text/", "{invalid}"),
        ("a/b c", "{invalid}"),
        ("text/" + "x" * 124, "{invalid}"),
        ("", None),
        (None, None),
    ],
)
def test_content_types(sent: str | None, shown: str | None) -> None:
    """Of a content type the type and a known character set are shown."""
    assert asked(content_type=sent).get("http.request.content_type") == shown
    answered = written(a_transaction(None, a_response(content_type=sent)))
    assert answered.get("http.response.content_type") == shown


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("GZIP", "gzip"),
        ("gzip ,br", "gzip, br"),
        ("hunter2,gzip", "{value}, gzip"),
        ("x" * 25, "{value}"),
        ("", None),
    ],
)
def test_content_encodings(sent: str, shown: str | None) -> None:
    """Of a content encoding the names of the codings are shown."""
    answered = written(a_transaction(None, a_response(content_encoding=sent)))
    assert answered.get("http.response.content_encoding") == shown


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("curl/8.0", "curl/8.0"),
        ("curl/8.0.1-DEV+jane", "curl/8.0.1"),
        ("curl/1984.05.12", "curl"),
        ("curl/48.137430", "curl/48"),
        (
            "jane-laptop/1.0 (jane@example.com; Linux) python-requests/2.31.0",
            "{value} (Linux) python-requests/2.31.0",
        ),
        (
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.6099.129 Safari/537.36",
            "Mozilla/5.0 (X11 Linux x86_64) AppleWebKit/537.36 (KHTML like Gecko) Chrome/120.0 Safari/537.36",
        ),
        ('q"\\\u00e9', "{value}"),
        ("a\x00b\x1b[31m\x7f\x85", "{value}"),
        ("", None),
        ("x" * 10_000, "{value}"),
        ("curl/1 " * 200, " ".join(["curl/1"] * 36)),
    ],
)
def test_user_agents(sent: str, shown: str | None) -> None:
    """Of a user agent known products with short versions, and platforms, are shown."""
    assert asked(user_agent=sent).get("user_agent.original") == shown


def test_header_names_are_checked() -> None:
    """What stands in place of a header name but is none is not shown."""
    names = ("host", "x-request-timeout-seconds", "x-janeroe", "x-8f14e45fceea167a", "not a name", "x" * 65)
    assert asked(header_names=names)["http.request.header.names"] == [
        "host",
        "x-request-timeout-seconds",
        "{value}",
        "{value}",
        "{invalid}",
        "{value}",
    ]


def test_http_0_9() -> None:
    """An answer without a status line has no status."""
    record = written(a_transaction(a_request(version="0.9"), a_response(version="0.9", status=0)))
    assert record["network.protocol.version"] == "0.9"
    assert "http.response.status_code" not in record


def test_a_connection_that_moved() -> None:
    """A connection that goes on at another interface says so from then on."""
    encoder = RecordEncoder()
    first = a_transaction(a_request())
    moved = a_transaction(a_request(), peers=replace(PEERS, interface="eth0"))
    assert [encoder.record(one).interface for one in (first, moved, first)] == ["veth0", "eth0", "veth0"]


POD, CONTAINER = "4f0c1d2e-3a4b-4c5d-8e6f-708192a3b4c5", "9a1b" * 16


@pytest.mark.parametrize("source", [None, Owner(POD, None), Owner(None, CONTAINER), Owner(POD, CONTAINER)])
@pytest.mark.parametrize("destination", [None, Owner(POD, CONTAINER)])
def test_whose_the_ends_are(source: Owner | None, destination: Owner | None) -> None:
    """Of each end what is known of it, and nothing else changes: in records of calls and of what lasts."""
    transaction = a_transaction(a_request())
    nobody = written(transaction)
    expected = {
        f"{end}.{what}": text
        for end, owner in (("source", source), ("destination", destination))
        if owner is not None
        for what, text in (("pod.uid", owner.pod_uid), ("container.id", owner.container_id))
        if text is not None
    }
    transaction.peers = transaction.peers.owned(source, destination)
    assert written(transaction) == nobody | expected
    opening = Opening(transaction.peers, "connect", 0, True, 0, "a.example:1")
    tunnel = Tunnel(
        transaction.peers, opening, 1, 0, 0, State.COMPLETE, False, "", None, Traffic(), Traffic()
    )
    said = json.loads(RecordEncoder().encode([tunnel]))
    assert said["kind"] == "tunnel"
    assert {
        name: text for name, text in said.items() if "pod.uid" in name or "container.id" in name
    } == expected


def test_more_connections_than_are_remembered() -> None:
    """Records stay right when connections, targets and hosts outnumber the caches."""
    encoder = RecordEncoder(url="path")
    for number in [*range(CACHED + 10), *range(10)]:
        peers = replace(
            PEERS,
            client_port=number,
            connection_id=number.to_bytes(10),
            server_address=f"10.3.{number % 9}.2",
        )
        host = "h" + "".join([chr(97 + number // 26**place % 26) for place in range(3)])
        record = encoder.record(a_transaction(a_request(target=f"/{number}", host=host), peers=peers))
        assert (record.source_port, record.server_address, record.url_path) == (
            number,
            host,
            f"/{number}",
        )


def test_nothing_to_write() -> None:
    """No transactions are no bytes."""
    assert RecordEncoder().encode([]) == b""


# Any transaction at all

TEXT = st.text(st.characters(exclude_categories=[]), max_size=60)
INTEGERS = st.integers(min_value=0, max_value=2**62)
TIMES = st.one_of(
    st.just(0), st.integers(min_value=-(2**62), max_value=2**62), INTEGERS.map(lambda n: NOON + n % 10**10)
)
ANOMALIES = st.none() | st.sets(st.sampled_from(Anomaly), max_size=4)


def messages(**fields: st.SearchStrategy[Any]) -> dict[str, st.SearchStrategy[Any]]:
    return {
        "position": INTEGERS,
        "time": TIMES,
        "end_time": TIMES,
        "version": st.sampled_from(["", "0.9", "1.0", "1.1"]) | TEXT,
        "header_names": st.lists(st.sampled_from(["host", "accept", "x-b3-traceid"]) | TEXT, max_size=6).map(
            tuple
        ),
        "content_type": st.none() | TEXT | st.just("text/html; charset=utf-8"),
        "content_encoding": st.none() | TEXT | st.just("gzip"),
        "body_size": INTEGERS,
        "missed": INTEGERS,
        "state": st.sampled_from([State.COMPLETE, State.TRUNCATED]),
        "anomalies": ANOMALIES,
        **fields,
    }


REQUESTS = st.builds(
    a_request,
    **messages(
        method=st.sampled_from(["GET", "POST", "CONNECT"]) | TEXT,
        target=TEXT
        | TEXT.map(lambda text: "/" + text)
        | st.tuples(TEXT, TEXT).map("?".join)
        | TEXT.map(lambda text: "http://" + text),
        host=st.none() | TEXT | st.just("example.com:81"),
        user_agent=st.none() | TEXT,
    ),
)
RESPONSES = st.builds(a_response, **messages(status=st.integers(min_value=0, max_value=999)))
ALL_PEERS = st.builds(
    Peers,
    TEXT.filter(bool),
    st.integers(0, 65535),
    TEXT.filter(bool),
    st.integers(0, 65535),
    st.sampled_from(["ipv4", "ipv6"]),
    st.binary(min_size=10, max_size=10),
    st.none() | TEXT,
)
TRANSACTIONS = st.builds(
    lambda peers, index, halves, interim, tags: a_transaction(
        *halves, peers=peers, index=index, interim=interim, anomalies=tags
    ),
    ALL_PEERS,
    INTEGERS,
    st.tuples(REQUESTS, RESPONSES) | st.tuples(REQUESTS, st.none()) | st.tuples(st.none(), RESPONSES),
    st.none() | st.lists(st.integers(100, 199), max_size=3),
    ANOMALIES,
)
URLS = st.sampled_from(["template", "path", "full"])

KEYS = list(Record.__struct_encode_fields__)


def unicode(text: str) -> str:
    """What JSON can hold of a text."""
    return "".join("\ufffd" if 0xD800 <= ord(character) <= 0xDFFF else character for character in text)


@given(TRANSACTIONS, URLS, st.none() | TEXT)
def test_any_transaction_is_written(transaction: Transaction, url: Any, node: str | None) -> None:
    """Whatever was sent, the line is valid JSON in the schema's order that says what the transaction says."""
    encoder = RecordEncoder(url, node)
    line = encoder.encode([transaction])
    record = json.loads(line.decode())
    assert line.count(b"\n") == 1
    assert list(record) == [key for key in KEYS if key in record]
    assert None not in record.values()
    assert msgspec.json.decode(line, type=Record) == encoder.record(transaction)

    request, response, peers = transaction.request, transaction.response, transaction.peers
    assert record["source.address"] == unicode(peers.client_address)
    assert record["destination.address"] == unicode(peers.server_address)
    assert record["id"].startswith(peers.connection_id.hex())
    assert len(record["id"]) == 32
    assert record.get("node", "") == unicode(node or "")
    assert record.get("interface", "") == unicode(peers.interface or "")
    assert record.get("http.response.interim", []) == (transaction.interim or [])
    assert record["transaction.index"] == transaction.index
    seen = [message for message in (request, response) if message is not None]
    assert record.get("missed_bytes", 0) == sum(message.missed for message in seen)
    tags = (transaction.anomalies or set()).union(*[message.anomalies or set() for message in seen])
    assert record.get("anomalies", []) == sorted(tags)
    for half, name in ((request, "request"), (response, "response")):
        assert record[f"http.{name}.state"] == (half.state.value if half else "missing")
        assert record.get(f"http.{name}.body.size") == (half.body_size if half else None)
        assert len(record.get(f"http.{name}.header.names", [])) == (len(half.header_names) if half else 0)
    assert min(record.get("duration_us", 0), record.get("ttfb_us", 0)) >= 0
    if request is not None:
        assert record["http.request.method"] in {request.method, "_OTHER"}
        if url == "full" and request.target.startswith("/") and request.method != "CONNECT":
            path, _, query = unicode(request.target.partition("#")[0]).partition("?")
            assert (record["url.path"], record.get("url.query", "")) == (path, query)


@given(st.lists(TRANSACTIONS, max_size=8), st.integers(0, 8))
def test_the_same_transactions_give_the_same_bytes(transactions: list[Transaction], cut: int) -> None:
    """Neither the batches nor what was written before change a line."""
    whole = RecordEncoder().encode(transactions)
    encoder = RecordEncoder()
    assert encoder.encode(transactions[:cut]) + encoder.encode(transactions[cut:]) == whole
    assert encoder.encode(transactions) == whole
    assert b"".join(RecordEncoder().encode([one]) for one in transactions) == whole


SECRETS = st.one_of(
    st.uuids().map(str),
    st.integers(10**7, 10**18).map(str),
    st.binary(min_size=16, max_size=32).map(lambda data: data.hex()),
    st.from_regex(r"[A-Za-z0-9]{8}[0-9][A-Z][0-9][a-z][0-9][A-Za-z0-9]{8}", fullmatch=True),
)


@examples(1_000)
@given(SECRETS, st.data())
def test_secrets_do_not_leave(secret: str, data: st.DataObject) -> None:
    """A value in a path, a query, user info, a header or a name does not appear in a record."""
    targets = [
        "/a/{}/b",
        "/a/{}.png",
        "/{}@example.com",
        "/bob%40{}.example",
        "/a;id={}",
        "/a;{}",
        "/a?q={}",
        "/a?{}",
        "/a?q=1&{}&r=2",
        "/a?{}=1",
        "/a?a[{}]=1",
        "/a#{}",
        "//{}@x/a",
        "http://{}:pw@h/a",
        "http://u:{}@h/a",
        "http://u:x@{}@h/a",
        "{}",
        "{}:443",
    ]
    request = a_request(
        method=data.draw(st.sampled_from(["GET", "CONNECT", "OPTIONS", secret])),
        target=data.draw(st.sampled_from(targets)).replace("{}", secret, 1),
        host=data.draw(st.sampled_from(["h", f"u:{secret}@h", f"h:{secret}", f"h/{secret}"])),
        header_names=data.draw(
            st.sampled_from([("host",), (f"x-{secret.lower()}",), (f"a {secret.lower()}",)])
        ),
        content_type=data.draw(
            st.sampled_from(
                [None, f"multipart/form-data; boundary={secret}", f"text/html; charset={secret}", secret]
            )
        ),
    )
    # A CONNECT's target is the name of a server, which is reported.
    if request.method == "CONNECT" and request.target.endswith(":443"):
        request.target = "h:443"
    response = a_response(content_encoding=data.draw(st.sampled_from([None, f"gzip; x={secret}"])))
    record = json.loads(RecordEncoder().encode([a_transaction(request, response)]))
    for number in ("id", "time"):  # digits that are like those of a secret by chance
        del record[number]
    assert secret.lower() not in json.dumps(record, ensure_ascii=False).lower()


def test_user_info_never_leaves() -> None:
    """User info of an absolute target is in no mode's record."""
    for url in ("template", "path", "full"):
        record = written(a_transaction(a_request(target="http://user:secret@h/a?b=c")), url=url)
        assert "secret" not in json.dumps(record)


def test_memory_is_bounded() -> None:
    """Traffic that never repeats itself, as large as it may be, leaves less than 64 MiB behind."""
    encoder = RecordEncoder(url="full")
    tracemalloc.start()
    for number in range(5_000):
        target = f"/{number}/" + "\x01" * 1_900
        names = tuple([f"{number}-{index}" for index in range(20)])
        agent = f"{number}" + "x" * 500
        request = a_request(target=target, host=f"h{number}", header_names=names, user_agent=agent)
        response = a_response(header_names=names, content_type=agent)
        peers = replace(PEERS, client_port=number, connection_id=number.to_bytes(10))
        encoder.encode([a_transaction(request, response, peers=peers)])
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held < 64 * 2**20
