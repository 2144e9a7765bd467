"""Each place shows what is in its list or grammar, and nothing else."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interceptor.core.records import values
from interceptor.core.records.registered import FIELDS, MEDIA_TYPES, PLATFORMS, PRODUCTS
from interceptor.core.records.words import known

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("1.1", "1.1"),
        ("1.0", "1.0"),
        ("2", "2"),
        ("12.3", None),
        ("1.23", None),
        ("123.456", None),
        ("\u0661.1", None),
        ("", None),
    ],
)
def test_versions(sent: str, shown: str | None) -> None:
    """One digit each."""
    assert values.version(sent) == shown


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("api.example.com", "api.example.com"),
        ("s3.eu-west-1.amazonaws.com", "s3.eu-west-1.amazonaws.com"),
        ("prometheus-kube-state-metrics.monitoring.svc", "prometheus-kube-state-metrics.monitoring.svc"),
        ("api-gateway-2.eu1.example", "api-gateway-2.eu1.example"),
        ("postgres-0.db", "postgres-0.db"),
        ("10.9.8.7", "10.9.8.7"),
        ("web-7d4b9c8f6d-x2x9z.shop.svc", "{token}.shop.svc"),
        ("10-0-0-1.pod.cluster.local", "{token}.pod.cluster.local"),
        ("ip-10-0-3-4.ec2.internal", "{token}.ec2.internal"),
        ("203.0.113.7.nip.io", "{token}.{token}.{token}.{token}.nip.io"),
        ("eyJhbGciOiJIUzI1NiJ9.dyn.example", "{token}.dyn.example"),
        ("eyjhbgcitokenhost.dyn.example", "{token}.dyn.example"),
        ("dGhpc0lzQVRva2Vu.example", "{token}.example"),
        ("zqxwvutsrponmlk.example", "{token}.example"),
        ("3f2504e0-4f89-11d3-9a0c-0305e82c3301.example", "{token}.example"),
        ("d1a2b3c4e5f6.cloudfront.net", "{token}.cloudfront.net"),
        ("customer-4711.example", "{token}.example"),
        ("1984-05-12.logs.example", "{token}.logs.example"),
        ("sk-live-something.example", "{token}.example"),
        ("a" * 63 + ".example", "{token}.example"),
    ],
)
def test_hosts(sent: str, shown: str) -> None:
    """A label that looks like a token, an id or an address is replaced."""
    assert values.host(sent, 80) == (shown, 80)


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("host", "host"),
        ("x-b3-traceid", "x-b3-traceid"),
        ("x-upstream-request-timeout", "x-upstream-request-timeout"),
        ("x-janeroe", "{value}"),
        ("jane", "{value}"),
        ("x-amz-meta-janeroe", "{value}"),
        ("a b", "{invalid}"),
        (":authority", "{invalid}"),
        ("caf\xe9", "{invalid}"),
        ("x\n", "{invalid}"),
        ("", "{invalid}"),
        ("x-8f14e45fceea167a", "{value}"),
        ("4111-1111-1111-1111", "{value}"),
        ("a1b2c3", "{value}"),
        ("-".join(["x"] * 9), "{value}"),
        ("x" * 65, "{value}"),
    ],
)
def test_field_names(sent: str, shown: str) -> None:
    """Registered names, known ones, and what is made of their words."""
    assert values.field_name(sent) == shown


def test_more_words_for_field_names() -> None:
    """The operator's, or those of the vocabulary."""
    assert values.field_name("x-acme-order", {"acme", "order"}.__contains__) == "x-acme-order"


@pytest.mark.parametrize(
    ("key", "shown"),
    [
        ("user_id", "user_id"),
        ("page[size]", "page[size]"),
        ("page%5Bsize%5d", "page[size]"),
        ("items[0][id]", "items[{id}][id]"),
        ("tags[]", "tags[]"),
        ("$filter", "$filter"),
        ("client_id", "client_id"),
        ("created_at", "created_at"),
        ("startDate", "startDate"),
        ("city_id", "city_id"),
        ("city-name", "city-name"),
        ("lat", "lat"),
        ("utm_source", "utm_source"),
        ("gclid", "gclid"),
        ("X-Amz-Signature", "X-Amz-Signature"),
        ("q", "q"),
        ("page[number]", "page[number]"),
        ("jsmith_id", "{word}"),
        ("jane.key", "{word}"),
        ("city_jane_id", "{word}"),
        ("city__id", "{word}"),
        ("city.of.mark.id", "{word}"),
        ("qx", "{word}"),
        ("report.pdf", "{word}"),
        ("report-city-id", "{word}"),
        ("Sid", "{word}"),
        ("é", "{value}"),
        ("_", "_"),
        ("4111111111111111", "{id}"),
        ("bob@example.com", "{email}"),
        ("dGhpc0lzQVNlY3JldDEy", "{token}"),
        ("a[b", "{value}"),
        ("a[b]c", "{value}"),
        ("a" * (values.MAX_KEY + 1), "{value}"),
        ("%5B" * 1000, "{value}"),
    ],
)
def test_query_keys(key: str, shown: str) -> None:
    """Names of parameters stay, values in their place do not."""
    assert values.query_key(key) == shown


TEXTS = st.text(max_size=40) | st.text(st.sampled_from("aZ09/.-_();, \t\x00é"), max_size=60)


@given(TEXTS)
def test_whatever_is_sent(text: str) -> None:
    """Nothing is shown but names of the lists, placeholders and short numbers."""
    agent = values.user_agent(text) or ""
    for part in agent.replace("(", "").replace(")", "").split():
        product, _, numbers = part.partition("/")
        assert product == "{value}" or product.lower() in PRODUCTS | PLATFORMS
        assert all(number.isdigit() and len(number) <= 3 for number in numbers.split(".") if numbers)
    kind = (values.content_type(text) or "{invalid}").partition(";")[0]
    assert "{" in kind or kind in MEDIA_TYPES
    name = values.field_name(text)
    assert name in {"{value}", "{invalid}"} | FIELDS or all(
        part in values._FIELD_WORDS or known(part) for part in values._SEPARATORS.split(name)
    )
    key = values.query_key(text)
    assert len(key) <= 8 * values.MAX_KEY
    assert re.fullmatch(r"[A-Za-z0-9_.:${}\[\]*-]*", key)
    found = values.host(text, 80)
    assert found is None or (found[0].isascii() and len(found[0]) <= 8 * 253)


@pytest.mark.parametrize(
    "rule",
    [values.user_agent, values.content_type, values.content_encoding, values.field_name, values.version],
)
@pytest.mark.parametrize(
    "piece", ["(", "a(", "a/", "a.", "0.", ",", "; charset=", "-", "curl/1 ", "a" * 9, "1a"]
)
def test_hostile_texts_cost_no_more_than_their_length(rule: Callable[[str], object], piece: str) -> None:
    """A megabyte of whatever: well below a second of this thread's own time."""
    text = piece * (2**20 // len(piece))
    start = time.thread_time()
    rule(text)
    values.host(text[:261], 80)
    assert time.thread_time() - start < 1.0
