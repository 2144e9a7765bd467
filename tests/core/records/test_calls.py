"""Names of calls are shown as far as their words are known."""

from __future__ import annotations

import pytest

from interceptor.core.records.calls import CallNames
from interceptor.core.records.words import Words

CALLS = CallNames(Words(hidden=["secret"]))


@pytest.mark.parametrize(
    "path",
    [
        "/shop.v1.Orders/Get",
        "/grpc.health.v1.Health/Check",
        "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
        "/helloworld.Greeter/SayHello",
        "/envoy.service.discovery.v3.AggregatedDiscoveryService/StreamAggregatedResources",
        "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
        "/etcdserverpb.KV/Range",
        "/shop.Orders/NoSuch",
        "/a.OrderService/ListOrdersByClientAndMonth",
        "/billing.MaxRetries/Get",
    ],
)
def test_known_words_stay(path: str) -> None:
    """Of the vocabulary and of public interfaces, more in a name than in a path, and what may be a name beside a word that is none."""
    assert CALLS.template(path) == path
    assert CALLS.explain(path) == []


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/acme.frobnicator.v2.Zweckverband/BatchGet", "/acme.{word}.v2.{word}/BatchGet"),
        ("/jsmith.Orders/Get", "/{word}.Orders/Get"),
        ("/shop.v1.Orders/JaneRoe", "/shop.v1.Orders/{word}"),
        ("/Mark.Page/Max", "/{word}.{word}/{word}"),
        ("/a.User4711/Get", "/a.{token}/Get"),
        ("/shop.Orders/Get8675309", "/shop.Orders/{token}"),
        ("/a.Orders/x5f3c2a9e8d7b6a5", "/a.Orders/{token}"),
        ("/a.Orders/" + "a" * 50, "/a.Orders/{token}"),
        ("/shop.Orders/aBcDeFgH", "/shop.Orders/{word}"),
        ("/shop.Orders/Must", "/shop.Orders/{word}"),
        ("/shop.Orders/get_a_list_of_orders", "/shop.Orders/{word}"),
        ("/shop.Orders/Get77", "/shop.Orders/{word}"),
        ("/a.Secret/Get", "/a.{word}/Get"),
        ("/a.Orders/GetSecretKey", "/a.Orders/{word}"),
        ("/a.Orders/GetNoSuchAAndNoB", "/a.Orders/{word}"),
    ],
)
def test_what_is_closed(path: str, shown: str) -> None:
    """A piece that is not made of known words, looks like a value, or is hidden; the pieces beside it stay."""
    assert CALLS.template(path) == shown
    told = CALLS.explain(path)
    assert told is not None
    assert len(told) == shown.count("{")
    assert all(shown.startswith(before) and rule == "unknown" for before, _, rule in told)


def test_an_operator_opens_a_name() -> None:
    """By the words that it is made of."""
    assert CallNames(Words(["zorgly"])).template("/zorgly.v1.Orders/Get") == "/zorgly.v1.Orders/Get"


@pytest.mark.parametrize(
    "path", ["/a/b/c", "/a", "/", "", "*", "/a.B/", "/a b/c", "/1/2", "/" + "a." * 20 + "B/C"]
)
def test_what_names_no_call(path: str) -> None:
    """Such a path goes by the rules of all others."""
    assert CallNames(Words()).template(path) is None
