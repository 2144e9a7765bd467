"""What was seen, as an OpenAPI document that others can read."""

from __future__ import annotations

import json
from typing import Any

import schemathesis
from hypothesis import given
from hypothesis import strategies as st

from interceptor.collector.answers import OTHER, Known
from interceptor.collector.skeleton import skeleton


def known(method: str, template: str, **fields: Any) -> Known:
    """An endpoint."""
    whole: dict[str, Any] = {
        "service": "shop.test",
        "first": 0,
        "last": 0,
        "calls": 1,
        "failed": 0,
        "callers": 1,
    }
    whole |= {"statuses": [(200, 3)], "number": 1} | fields
    return Known(method=method, template=template, **whole)


def test_what_was_seen_is_described() -> None:
    """Paths, parameters, statuses, media types, credentials; different names for the variables of a path."""
    made = skeleton(
        [
            known(
                "GET",
                "/users/{id}/orders/{id}",
                statuses=[(0, 1), (200, 3), (404, 1)],
                query_keys=["page"],
                response_types=["application/json"],
                credentials=["authorization", "cookie", "?token"],
                anonymous=True,
            ),
            known("POST", "/users/{uuid}/orders/{n}", request_types=["text/plain"]),
            known("GET", "/users/{id}/orders/{id}", service="other.test", statuses=[(500, 1)]),
            known("PROPFIND", "/dav"),
            known("", OTHER),
        ],
        "shop",
    )
    [(path, item)] = made["paths"].items()
    assert path == "/users/{id}/orders/{id2}"
    get = item["get"]
    assert [(one["name"], one["in"]) for one in get["parameters"]] == [
        ("id", "path"),
        ("id2", "path"),
        ("page", "query"),
    ]
    assert set(get["responses"]) == {"200", "404", "500"}
    assert get["responses"]["200"]["content"] == {"application/json": {}}
    assert get["security"] == [{"header.authorization": []}, {"query.token": []}, {}]
    assert item["post"]["requestBody"] == {"content": {"text/plain": {}}}
    assert {one["name"] for one in item["post"]["parameters"]} == {"id", "id2"}
    assert made["x-left-out"] == 2
    assert [one["url"] for one in made["servers"]] == ["http://shop.test", "http://other.test"]


def test_a_workload_has_no_address() -> None:
    """What it is called in the cluster is no host that a client could ask: it is said beside a server that is this one."""
    [server] = skeleton([known("GET", "/", service="shop/cart:8080")], "shop")["servers"]
    assert server == {"url": "/", "description": "shop/cart:8080"}


@given(
    st.lists(
        st.builds(
            known,
            st.sampled_from(["GET", "POST", "_OTHER", ""]),
            st.text("/{}ab.*?<\u202e", max_size=12).map(lambda text: f"/{text}"),
            statuses=st.lists(st.tuples(st.integers(0, 999), st.integers(1, 9)), max_size=2),
            query_keys=st.lists(st.text(max_size=4), max_size=2, unique=True),
        ),
        max_size=6,
    )
)
def test_any_inventory_is_a_document(endpoints: list[Known]) -> None:
    """Whatever traffic is called: another program's reader takes it, and every operation has responses."""
    made = json.loads(json.dumps(skeleton(endpoints, "any")))
    read = schemathesis.openapi.from_dict(made)
    assert read.specification.version == "3.1.0"
    for item in made["paths"].values():
        for operation in item.values():
            assert operation["responses"]
            names = [(one["in"], one["name"]) for one in operation.get("parameters", ())]
            assert len(names) == len(set(names))
