"""What the lines of a batch may be."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interceptor.delivery.batches import unpack
from interceptor.ingest.lines import MAX_LINE, BadLineError, check, microseconds, read
from tests.support.records import batch, record


def line(**fields: Any) -> bytes:
    """A record's line with these fields changed."""
    return json.dumps(record() | fields).encode()


def text(*records: dict[str, Any]) -> bytes:
    """A batch's text."""
    sealed = batch(*records)
    return unpack(sealed.body, sealed.encoding, 2**20)


def test_a_record_of_the_core_is_read() -> None:
    """Every field comes out as it was."""
    found = read(line(**{"http.response.status_code": 404}), 2)
    assert found is not None
    assert (found.server_address, found.http_response_status_code) == ("shop.example", 404)


@pytest.mark.parametrize("fields", [{"kind": "tls"}, {"schema": 2}, {"kind": "tls", "source.port": "a name"}])
def test_what_a_later_agent_says_is_let_through_unread(fields: dict[str, Any]) -> None:
    """A kind or a schema that is not known here is no error, whatever its fields are."""
    assert read(line(**fields), 2) is None


def test_fields_of_a_later_version_are_skipped() -> None:
    """A record that has more than we know is a record."""
    assert read(line(**{"http.response.mood": "good", "more": {"a": [1]}}), 2) is not None


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
    ],
)
def test_a_value_out_of_its_range_is_named(fields: dict[str, Any], said: str) -> None:
    """The sender learns which line and which field."""
    with pytest.raises(BadLineError, match=said) as caught:
        read(line(**fields), 7)
    assert caught.value.number == 7


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
    with pytest.raises(BadLineError):
        read(bad, 2)


@given(st.binary(max_size=200) | st.text(max_size=100).map(str.encode))
def test_any_bytes_are_a_record_or_a_bad_line(bad: bytes) -> None:
    """Nothing else is raised."""
    for whole in (bad, line()[:-1] + b"," + bad + b"}"):
        with contextlib.suppress(BadLineError):
            read(whole, 2)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from(sorted(record())), json_values, max_size=6))
def test_any_values_are_a_record_or_a_bad_line(fields: dict[str, Any]) -> None:
    """What is let through can be stored: numbers of 63 bits, text in UTF-8, a time that exists."""
    try:
        found = read(json.dumps(record() | fields).encode(errors="replace"), 2)
    except BadLineError:
        return
    if found is not None:
        assert 0 <= microseconds(found.time) < 2**63
        assert 0 <= (found.duration_us or 0) < 2**63
        assert 0 <= (found.http_response_body_size or 0) < 2**63
        (found.server_address + (found.url_template or "")).encode()


def test_a_batch_is_checked_to_its_last_line() -> None:
    """The header announces the records, neither fewer nor more."""
    whole = text(record(), record())
    assert check(whole).count == 2
    with pytest.raises(BadLineError, match=r"line 1: .*announces 2 records, 1 follow"):
        check(whole[: whole.rindex(b'{"schema')])
    with pytest.raises(BadLineError, match=r"line 4: .*announces 2"):
        check(whole + line() + b"\n")
    with pytest.raises(BadLineError, match="line 3"):
        check(whole[: whole.rindex(b'{"schema')] + b"\n")
    with pytest.raises(BadLineError, match=r"line 1: .*header"):
        check(line() + b"\n")
    with pytest.raises(BadLineError, match="line 1"):
        check(b"")


def test_time_is_counted_in_microseconds() -> None:
    """As SQLite keeps it."""
    assert microseconds("1970-01-01T00:00:01.000002Z") == 1_000_002
