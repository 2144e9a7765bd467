"""What is added to the lines of a batch, and what is not touched."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from interceptor.kubernetes.given import Given
from interceptor.kubernetes.naming import LONGEST, Naming
from interceptor.kubernetes.objects import Resource
from interceptor.kubernetes.resolver import Kind, Resolver
from tests.support import objects as k8s
from tests.support.objects import NOW
from tests.support.records import lines, record, time_of


def cluster() -> Resolver:
    """A web that calls a cart, by its Service."""
    resolver = Resolver()
    owner = k8s.controller("StatefulSet", "web")
    for resource, found in {
        Resource.NODES: k8s.node("node-1", "172.20.0.1", ranges=("10.64.0.0/24",)),
        Resource.SERVICES: k8s.service("cart", "10.96.0.9"),
        Resource.PODS: k8s.pod("web-0", "10.64.0.9", owner=owner),
    }.items():
        resolver.apply(resource, k8s.read(resource, found), NOW)
        resolver.retain(resource, {found["metadata"]["uid"]}, NOW)
    return resolver


def call(**fields: Any) -> dict[str, Any]:
    """A record."""
    return (
        record(time=time_of(NOW + 5.25), source_address="10.64.0.9", destination_address="10.96.0.9") | fields
    )


def enriched(naming: Naming, *records: dict[str, Any]) -> list[dict[str, Any]]:
    """As they come out."""
    text = naming.enrich(lines(records).split(b"\n")[:-1]).text
    return [json.loads(line) for line in text.splitlines()]


WEB = {
    "source.k8s.kind": "pod",
    "source.name": "shop/web",
    "source.k8s.namespace.name": "shop",
    "source.k8s.pod.name": "web-0",
    "source.k8s.pod.uid": "uid-web-0",
    "source.k8s.statefulset.name": "web",
    "source.k8s.node.name": "node-1",
}
CART = {
    "destination.k8s.kind": "service",
    "destination.name": "shop/cart",
    "destination.k8s.namespace.name": "shop",
    "destination.k8s.service.name": "cart.shop",
}


def test_both_ends_are_named() -> None:
    """Behind what the record says, which stays as it came, byte by byte."""
    one = call()
    naming = Naming(cluster(), Given([]))
    assert enriched(naming, one) == [one | WEB | CART]
    text = naming.enrich([lines([one])[:-1]])
    assert text.text.startswith(lines([one])[:-2])
    assert {kind: count for kind, count in text.ends.items() if count} == {Kind.POD: 1, Kind.SERVICE: 1}


def test_the_service_that_was_asked_is_said_where_a_record_has_it() -> None:
    """Of a connection that is known by both of its addresses: the backend, and the Service."""
    one = call(**{"destination.address": "10.64.0.9", "service.address": "10.96.0.9"})
    [found] = enriched(Naming(cluster(), Given([])), one)
    assert (found["destination.name"], found["destination.k8s.service.name"]) == ("shop/web", "cart.shop")


def test_a_pod_that_the_agent_has_proven_is_named_by_its_uid() -> None:
    """Before whatever is known of the address; where there is no such pod, as by the address alone."""
    naming = Naming(cluster(), Given(["192.0.2.7=ledger"]))
    for address in ("10.64.0.9", "10.64.0.77", "172.20.0.1", "192.0.2.7"):
        one = call(**{"source.address": address, "source.pod.uid": "uid-web-0"})
        assert enriched(naming, one) == [one | WEB | CART], address
    as_server = call(**{"destination.address": "172.20.0.1", "destination.pod.uid": "uid-web-0"})
    [found] = enriched(naming, as_server)
    assert found["destination.k8s.pod.name"] == "web-0"
    stranger = call(**{"source.pod.uid": "uid-of-another-cluster"})
    assert enriched(naming, stranger) == [stranger | WEB | CART]
    nameless = call(**{"source.pod.uid": "uid-web-0"})
    assert enriched(Naming(None, Given([])), nameless) == [nameless]


def test_the_operators_names_are_for_what_the_cluster_does_not_know() -> None:
    """And for everything, where there is none."""
    given = Given(["10.64.0.0/16=nobody", "192.0.2.7=ledger"])
    one = call(**{"destination.address": "192.0.2.7"})
    assert enriched(Naming(cluster(), given), one) == [one | WEB | {"destination.name": "ledger"}]
    assert enriched(Naming(None, given), one) == [
        one | {"source.name": "nobody", "destination.name": "ledger"}
    ]


def test_nobody_calls_himself_anothers() -> None:
    """What a sender wrote in our place goes, however it is spelt; where we know nothing there is nothing."""
    forged = {"source.name": "shop/admin", "destination.k8s.pod.name": "x", "source.k8s.future": [1]}
    one = call(note="\u00e4")
    naming = Naming(cluster(), Given([]))
    assert enriched(naming, one | forged) == [one | WEB | CART]
    spelt = lines([one])[:-2] + b',"source.\\u006eame":"shop/admin","source.\\u006b8s.x":1}'
    assert json.loads(naming.enrich([spelt]).text) == one | WEB | CART
    assert enriched(Naming(None, Given(["192.0.2.1=x"])), one | forged) == [one]


def test_what_has_no_ends_is_left_alone() -> None:
    """Of another kind, of no time, or so long that it would be too long."""
    other = {"schema": 9, "kind": "later", "id": "00", "time": "x", "source.address": 7}
    long = call(padding="x" * LONGEST)
    no_time = call(time="yesterday")
    naming = Naming(cluster(), Given([]))
    assert enriched(naming, other, long, no_time) == [other, long, no_time]
    assert naming.enrich([b"[]", b"no json", b"\xff"]).text == b"[]\nno json\n\xff\n"


def ours(name: str) -> bool:
    """Whether a key is for names."""
    return name in {"source.name", "destination.name"} or name.startswith(("source.k8s.", "destination.k8s."))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
KEYS = st.sampled_from(
    ["source.name", "source.k8s.pod.name", "destination.name", "a", "source.address", "name", "}"]
)


@given(st.dictionaries(KEYS | st.text(max_size=8), JSON, max_size=6), st.booleans())
def test_any_record_keeps_all_that_is_not_ours(fields: dict[str, Any], ascii_only: bool) -> None:
    """Whatever else is in it, and however it is written."""
    one = call() | fields
    line = json.dumps(one, ensure_ascii=ascii_only).encode("utf-8", "replace")
    text = Naming(cluster(), Given([])).enrich([line]).text
    found = json.loads(text)
    written = json.loads(line)
    assert {name: value for name, value in found.items() if not ours(name)} == {
        name: value for name, value in written.items() if not ours(name)
    }
    assert text.count(b"\n") == 1
