"""An OpenAPI document against what was seen."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interceptor.collector.answers import OTHER, Comparison, Known
from interceptor.collector.comparison import MAX_OPERATIONS, compare
from interceptor.collector.skeleton import skeleton
from tests.collector.test_skeleton import known

ANY: dict[str, Any] = {"responses": {}}


def described(*operations: str, **more: Any) -> dict[str, Any]:
    """A document; an operation is a method and a path."""
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        method, _, path = operation.partition(" ")
        paths.setdefault(path, {})[method.lower()] = ANY
    return {"openapi": "3.1.0", "paths": paths} | more


def names(found: list[Known]) -> list[str]:
    """Of endpoints."""
    return [f"{one.method} {one.template}" for one in found]


def compared(document: dict[str, Any], *seen: str) -> Comparison:
    """With endpoints, of which each is a method and a template."""
    return compare(document, [known(*one.split(" ", 1)) for one in seen])


def test_what_is_in_one_only_is_told() -> None:
    """Whatever variables are called."""
    found = compared(
        described("GET /users/{userId}", "DELETE /users/{userId}", "GET /health"),
        *("GET /users/{id}", "POST /users/{id}", "GET /metrics"),
    )
    assert (found.operations, found.documented, found.left_out) == (3, 1, 0)
    assert names(found.undocumented) == ["POST /users/{id}", "GET /metrics"]
    assert [(one.method, one.path) for one in found.unused] == [
        ("DELETE", "/users/{userId}"),
        ("GET", "/health"),
    ]


@pytest.mark.parametrize(
    ("operation", "seen"),
    [
        ("GET /users/{id}", "GET /users/me"),
        ("GET /files/{name}.json", "GET /files/{hex}.json"),
        ("GET /users/", "GET /users"),
        ("GET /users", "HEAD /users"),
        ("POST /users", "OPTIONS /users"),
        ("GET /", "GET /"),
        ("GET /{a}{b}", "GET /x"),
    ],
)
def test_what_a_description_covers(operation: str, seen: str) -> None:
    """Words for variables, a slash at the end, and methods that come with others."""
    found = compared(described(operation), seen)
    assert (found.documented, found.undocumented, found.unused) == (1, [], [])


@pytest.mark.parametrize(
    ("operation", "seen"),
    [
        ("GET /users/{id}", "GET /users"),
        ("GET /users/{id}", "GET /users/{id}/orders"),
        ("GET /files/{name}.json", "GET /files/list.xml"),
        ("POST /users", "HEAD /users"),
    ],
)
def test_what_it_does_not_cover(operation: str, seen: str) -> None:
    """Another length, another word, another method."""
    found = compared(described(operation), seen)
    assert (names(found.undocumented), len(found.unused)) == ([seen], 1)


def test_the_closest_description_is_meant() -> None:
    """A word before a variable: who calls /users/me does not use /users/{id}."""
    found = compared(described("GET /users/{id}", "GET /users/me"), "GET /users/me")
    assert [one.path for one in found.unused] == ["/users/{id}"]


def test_a_segment_that_was_not_shown_may_be_a_word() -> None:
    """Nothing is said of it, neither way; a variable of the document is meant first."""
    document = described("GET /reports/quarterly", "GET /reports/yearly", "GET /reports/weekly/{n}")
    found = compared(document, "GET /reports/{id}")
    assert names(found.unsure) == ["GET /reports/{id}"]
    assert (found.documented, found.undocumented) == (0, [])
    assert [one.path for one in found.unused] == ["/reports/weekly/{n}"]
    found = compared(described("GET /reports/yearly", "GET /reports/{id}"), "GET /reports/{id}")
    assert (found.documented, found.unsure) == (1, [])
    assert [one.path for one in found.unused] == ["/reports/yearly"]


@pytest.mark.parametrize(
    "server",
    [
        {"servers": [{"url": "https://api.test/v2/"}]},
        {"servers": [{"url": "/v2"}, {"url": "https://{region}.test/{stage}"}, {"url": 7}, "x"]},
        {"swagger": "2.0", "basePath": "/v2"},
        {"servers": {"url": "/v2"}, "basePath": "/v2"},
        {"servers": [{"url": "http://[/v3"}, {"url": "/v2"}]},
    ],
)
def test_paths_are_below_the_servers_or_bare(server: dict[str, Any]) -> None:
    """As a gateway leaves them; an operation that is called both ways is one."""
    found = compared(described("GET /users", **server), "GET /users", "GET /v2/users", "GET /v3/users")
    assert found.operations == 1
    assert "GET /users" not in names(found.undocumented)
    assert "GET /v2/users" not in names(found.undocumented)
    assert (found.unused, found.unsure) == ([], [])


def test_what_has_no_path_is_left_out() -> None:
    """Endpoints that are not kept apart, `*`, and the ends of tunnels."""
    seen = [known("", OTHER), known("OPTIONS", "*"), known("GET", "/", service=OTHER)]
    assert compare(described("GET /a"), seen).left_out == 3


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ([], "no OpenAPI"),
        ({"paths": {}}, "no OpenAPI"),
        ({"openapi": None, "paths": {}}, "its openapi is no version"),
        ({"openapi": "3.1.0", "swagger": [], "paths": {}}, "its swagger is no version"),
        ({"swagger": True, "paths": {}}, "its swagger is no version"),
        ({"openapi": "3.1.0"}, "no paths"),
        ({"openapi": "3.1.0", "paths": []}, "no paths"),
        (described(*[f"GET /{number}" for number in range(MAX_OPERATIONS + 1)]), "more than 2,000"),
    ],
)
def test_what_is_no_document_is_refused(document: object, said: str) -> None:
    """In words."""
    with pytest.raises(ValueError, match=said):
        compare(document, [])


_texts = st.text("/{}ab.*?", max_size=10).map(lambda text: f"/{text}")
_json = st.recursive(st.none() | st.integers() | _texts, lambda inner: st.lists(inner, max_size=3))


@given(
    st.dictionaries(
        _texts, st.dictionaries(st.sampled_from(["get", "post", "$ref", "x"]), _json, max_size=3) | _json
    ),
    _json,
    st.lists(st.builds(known, st.sampled_from(["GET", "POST", ""]), _texts), max_size=5),
)
def test_any_document_balances(paths: dict[str, Any], servers: object, seen: list[Known]) -> None:
    """Every endpoint is one of the four; and what was seen, as a document, describes itself."""
    found = compare({"openapi": "3.1.0", "paths": paths, "servers": servers}, seen)
    assert len(seen) == found.documented + len(found.undocumented) + len(found.unsure) + found.left_out
    assert len(found.unused) <= found.operations
    itself = compare(skeleton(seen, "itself"), seen)
    assert all(one.method == "" for one in itself.undocumented)
