"""Routes match whole paths."""

from __future__ import annotations

import pytest

from interceptor.core.records.routes import Routes


def test_the_route_that_names_most_counts() -> None:
    """`/users/me` is both."""
    routes = Routes(["/users/{id}", "/users/me"])
    assert routes.match("s", ["", "users", "me"]) == frozenset({1, 2})
    assert routes.match("s", ["", "users", "7", ""]) == frozenset({1})
    assert routes.match("s", ["", "users"]) is None


@pytest.mark.parametrize("pattern", ["users", "", "/a\nb", "/" + "x" * 3000])
def test_what_is_no_route_is_refused(pattern: str) -> None:
    """In one line."""
    with pytest.raises(ValueError, match="a pattern like"):
        Routes([pattern])
