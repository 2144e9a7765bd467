"""What the lines of a batch may be."""

from __future__ import annotations

import contextlib
import json
from typing import Any, Literal, get_type_hints

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from interceptor.core.records.encoder import Record
from interceptor.delivery.batches import unpack
from interceptor.ingest.lines import (
    MAX_LINE,
    Aside,
    BadLineError,
    Known,
    Read,
    Refusal,
    Row,
    TooManyError,
    Trait,
    check,
)
from tests.support.records import NOW, batch, record, time_of


def line(**fields: Any) -> bytes:
    """A record's line with these fields changed."""
    return json.dumps(record() | fields).encode()


def text(*records: dict[str, Any]) -> bytes:
    """A batch's text."""
    sealed = batch(*records)
    return unpack(sealed.body, sealed.encoding, 2**20)


def read(one: bytes) -> Read:
    """What is read of a line that is in a batch, or the reason why it is not."""
    whole = text(record(), record())
    known: list[Read] = []
    checked = check(whole[: whole.rindex(b'{"schema')] + one + b"\n", known=known)
    if checked.named:
        raise ValueError(checked.named[0].reason)
    return known[1]


def test_what_is_counted_with_is_read() -> None:
    """As it was sent; what is absent has a value that says so."""
    found = read(line(**{"http.response.status_code": 404, "id": "0f" * 16}))
    assert found == Known(
        b"\x0f" * 16,
        1_767_323_045_000_000,
        "10.0.0.1",
        "10.0.0.2",
        "shop.example",
        80,
        "GET",
        "/users/{id}",
        404,
        1_500,
        512,
        (),
        (Trait("protocol", "http"),),
    )
    bare = {"http.request.method": "_OTHER", "http.request.method_original": "PURGE", "url.template": None}
    sparse = read(line(**bare, duration_us=None, **{"http.response.status_code": None}))
    assert isinstance(sparse, Known)
    assert (sparse.method, sparse.template, sparse.status, sparse.latency_us) == ("PURGE", "", 0, None)


@pytest.mark.parametrize(
    ("name", "service"),
    [
        (None, ("shop.example", 80)),
        ("shop/orders", ("shop/orders", 8_080)),
        ("node-1", ("shop.example", 80)),
    ],
)
def test_a_service_is_a_workload_where_it_is_known(name: str | None, service: tuple[str, int]) -> None:
    """At the port that it has itself; a name without a namespace may stand for many services, which Host tells apart."""
    found = read(line(**{"destination.name": name}))
    assert isinstance(found, Known)
    assert (found.service, found.port) == service
    assert found.host == (name or "10.0.0.2")


def test_a_record_has_the_fields_that_the_encoder_writes() -> None:
    """Each under its name and of its type; but for bounds, a row says more only of what kind and schema it is."""
    names = [{each.name: each.encode_name for each in msgspec.structs.fields(one)} for one in (Record, Row)]
    assert names[0] == names[1]
    assert get_type_hints(Record) | {"kind": Literal["http"], "schema": Literal[1, 2]} == get_type_hints(Row)


def test_records_of_the_first_schema_count() -> None:
    """What agents of before have in their spools is read like what is sealed today."""
    known: list[Read] = []
    one, other = record(schema=1), record(schema=2)
    check(text(one, other), known=known)
    assert [each.key.hex() for each in known if isinstance(each, Known)] == [one["id"], other["id"]]


@pytest.mark.parametrize("fields", [{"kind": "new"}, {"schema": 3}, {"kind": "new", "source.port": "a name"}])
def test_what_a_later_agent_says_is_let_through_unread(fields: dict[str, Any]) -> None:
    """A kind or a schema that is not known here is no error, whatever its fields are."""
    assert read(line(**fields)) is Aside.UNKNOWN


@pytest.mark.parametrize("kind", ["websocket", "tunnel"])
def test_what_agents_send_beside_calls_is_taken(kind: str) -> None:
    """It is of no total, and no record of a later agent."""
    assert read(line(kind=kind)) is Aside.TAKEN


@pytest.mark.parametrize(
    ("fields", "spoken"),
    [
        ({"rpc.system": "grpc", "network.protocol.version": "2"}, "grpc"),
        ({"http.request.header.names": ["host", "upgrade", "sec-websocket-key"]}, "websocket"),
        ({"http.request.header.names": ["host"]}, "http"),
    ],
)
def test_what_is_spoken_is_told(fields: dict[str, Any], spoken: str) -> None:
    """By what is called, not by what carries it."""
    found = read(line(**fields))
    assert isinstance(found, Known)
    assert [one.value for one in found.traits if one.kind == "protocol"] == [spoken]


def test_fields_of_a_later_version_are_skipped() -> None:
    """A record that has more than we know is a record."""
    assert isinstance(read(line(**{"http.response.mood": "good", "more": {"a": [1]}})), Known)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"id": "x"}, "id"),
        ({"id": "A" * 32}, "id"),
        ({"kind": ""}, "kind"),
        ({"schema": 0}, "schema"),
        ({"schema": "1"}, "schema"),
        ({"time": "2026-01-02 03:04:05"}, "time"),
        ({"time": "2026-02-31T00:00:00Z"}, "time"),
        ({"time": "1969-12-31T23:59:59Z"}, "time"),
        ({"source.address": ""}, "source.address"),
        ({"server.address": "a" * 2_000}, "server.address"),
        ({"server.port": -1}, "server.port"),
        ({"destination.port": 65_536}, "destination.port"),
        ({"duration_us": -1}, "duration_us"),
        ({"duration_us": 2**63}, "duration_us"),
        ({"duration_us": 1.5}, "duration_us"),
        ({"http.response.status_code": 1_000}, "status_code"),
        ({"http.response.body.size": 10**30}, "http.response.body.size"),
        ({"url.template": "/" * 20_000}, "url.template"),
        ({"url.template": ["/"]}, "url.template"),
        ({"anomalies": "none"}, "anomalies"),
        ({"time": "2026-01-02T03:04:05.1234567Z"}, "time"),
        ({"time": "2026-01-02T03:04:05"}, "time"),
        ({"time": "2026-01-02T03:04:05.Z"}, "time"),
        ({"id": " " * 30 + "0f"}, "id"),
        ({"kind": "tls", "time": "then"}, "time"),
    ],
)
def test_a_value_out_of_its_range_is_named(fields: dict[str, Any], said: str) -> None:
    """The sender learns which line and which field."""
    whole = text(record(), record() | fields, record())
    (refusal,) = check(whole).named
    assert refusal.line == 3
    assert said in refusal.reason


@pytest.mark.parametrize(
    "bad",
    [
        b"",
        b"{",
        b"[]",
        b"1",
        b"\xff",
        b'{"x":' + b"[" * 100_000,
        line() + b" more",
        line()[:-1] + b',"x":"\xff"}',
        line()[:-1] + b',"x":"\\ud800"}',
        line(x="a" * MAX_LINE),
    ],
    ids=range(10),
)
def test_what_is_no_record_is_an_error_of_its_line(bad: bytes) -> None:
    """Malformed JSON, text that is not UTF-8, nesting without end, a line without end."""
    with pytest.raises(ValueError, match=r"."):
        read(bad)


@given((st.binary(max_size=200) | st.text(max_size=100).map(str.encode)).filter(lambda bad: b"\n" not in bad))
def test_any_bytes_are_a_record_or_a_bad_line(bad: bytes) -> None:
    """Nothing else is raised."""
    for whole in (bad, line()[:-1] + b"," + bad + b"}"):
        with contextlib.suppress(ValueError):
            read(whole)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from(sorted(record())), json_values, max_size=6))
def test_any_values_are_a_record_or_a_bad_line(fields: dict[str, Any]) -> None:
    """What is let through can be stored: numbers of 63 bits, text in UTF-8, a time that exists."""
    try:
        found = read(json.dumps(record() | fields).encode(errors="replace"))
    except ValueError:
        return
    if isinstance(found, Known):
        assert 0 <= found.time < 2**63
        assert 0 <= (found.latency_us or 0) < 2**63
        assert 0 <= found.bytes < 2**63
        (found.service + found.template).encode()


def test_a_batch_is_checked_to_its_last_line() -> None:
    """The header announces the records, neither fewer nor more."""
    whole = text(record(), record())
    checked = check(whole)
    assert (checked.header.count, checked.text, checked.refused) == (2, whole, 0)
    with pytest.raises(BadLineError, match=r"line 1: .*announces 2 records, 1 follow"):
        check(whole[: whole.rindex(b'{"schema')])
    with pytest.raises(BadLineError, match=r"line 4: .*announces 2"):
        check(whole + line() + b"\n")
    with pytest.raises(BadLineError, match=r"line 1: .*header"):
        check(line() + b"\n")
    with pytest.raises(BadLineError, match="line 1"):
        check(b"")


def test_a_bad_line_costs_itself() -> None:
    """What holds stays as it was, in its order, and the header announces it; the others are named."""
    good = [record() for _ in range(4)]
    whole = text(good[0], record(server_port=-1), good[1], good[2], record(id="bad"), record(id="b"), good[3])
    checked = check(whole)
    assert check(checked.text).text == checked.text  # it holds now
    assert [json.loads(each)["id"] for each in checked.text.splitlines()[1:]] == [each["id"] for each in good]
    assert (checked.header.count, checked.refused) == (4, 3)
    assert [refusal.line for refusal in checked.named] == [3, 6, 7]
    assert "server.port" in checked.named[0].reason
    kept = {key: value for key, value in json.loads(whole.splitlines()[0]).items() if key != "count"}
    assert json.loads(checked.text.splitlines()[0]) == kept | {"count": 4}


def test_the_last_line_needs_no_end_and_may_be_empty() -> None:
    """A line that is missing its end is a line, and an empty one is a bad one."""
    whole = text(record(), record())
    cut = check(whole[:-1])
    assert (cut.header.count, cut.refused) == (2, 0)
    empty = check(whole[: whole.rindex(b'{"schema')] + b"\n")
    assert (empty.header.count, [refusal.line for refusal in empty.named]) == (1, [3])


def test_a_header_of_a_later_version_keeps_its_keys() -> None:
    """What this program does not know goes on with the records that hold."""
    head, _, rest = text(record(), record(id="bad")).partition(b"\n")
    checked = check(head[:-1] + b',"losses":{"packets":3}}\n' + rest)
    assert json.loads(checked.text.splitlines()[0])["losses"] == {"packets": 3}


def test_who_sends_many_bad_lines_learns_of_the_first() -> None:
    """All of them count; an answer and a log name a bounded number."""
    checked = check(text(*(record(id="bad") for _ in range(250)), record()))
    assert (checked.refused, len(checked.named), checked.header.count) == (250, 100, 1)


def test_a_server_may_object_to_a_record_that_holds() -> None:
    """To that one, and not to its neighbours."""
    checked = check(
        text(record(), record(server_address="secret.example"), record()),
        lambda found: "is none of ours" if b"secret.example" in found else None,
    )
    assert (checked.header.count, checked.named) == (2, (Refusal(3, "is none of ours"),))


@given(st.lists(st.booleans(), max_size=12))
def test_whatever_lines_are_bad_the_others_are_kept(holds: list[bool]) -> None:
    """Kept and refused are all there were."""
    records = [record() if well else record(id="bad") for well in holds]
    checked = check(text(*records))
    assert (checked.header.count, checked.refused) == (sum(holds), len(holds) - sum(holds))
    assert [json.loads(each)["id"] for each in checked.text.splitlines()[1:]] == [
        each["id"] for each, well in zip(records, holds, strict=True) if well
    ]
    assert [refusal.line for refusal in checked.named] == [
        number for number, well in enumerate(holds, 2) if not well
    ]


def test_time_is_counted_in_microseconds() -> None:
    """Whatever part of a second is given."""
    for shown, counted in (
        ("00:00:01.000002", 1_000_002),
        ("00:00:01.5", 1_500_000),
        ("00:01:00", 60_000_000),
    ):
        found = read(line(time=f"1970-01-01T{shown}Z"))
        assert isinstance(found, Known)
        assert found.time == counted


def test_records_of_the_future_are_refused_by_line() -> None:
    """One of them would stretch every time line for everybody; its neighbours are taken."""
    whole = text(record(), record(time="9999-12-31T23:59:59.999999Z"), record(time=time_of(NOW + 3_600)))
    checked = check(whole, latest=NOW + 86_400)
    assert (checked.header.count, [each.line for each in checked.named]) == (2, [3])
    assert "ahead of this server's clock" in checked.named[0].reason
    assert check(whole).refused == 0


def test_more_records_than_a_batch_may_have() -> None:
    """Told by the header, before any of them is looked at."""
    head, _, rest = text(record()).partition(b"\n")
    with pytest.raises(TooManyError):
        check(head.replace(b'"count":1', b'"count":100001') + b"\n" + rest)


@pytest.mark.parametrize(
    ("odd", "latency"),
    [
        ({}, 1_234),
        ({"http.response.content_type": "text/event-stream"}, None),
        ({"http.response.state": "truncated"}, None),
        ({"rpc.response.messages": 2}, None),
        ({"duration_us": None}, None),
    ],
)
def test_which_durations_are_a_latency(odd: dict[str, Any], latency: int | None) -> None:
    """What lasts as long as somebody listens is none: it is counted, and is in no percentile."""
    found = read(line(**({"duration_us": 1_234} | odd)))
    assert isinstance(found, Known)
    assert found.latency_us == latency
