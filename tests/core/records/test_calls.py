"""Names of calls are shown as they are, unless they look like values."""

from __future__ import annotations

import pytest

from interceptor.core.records.calls import CallNames
from interceptor.core.records.words import Words


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/shop.v1.Orders/Get", "/shop.v1.Orders/Get"),
        ("/acme.frobnicator.v2beta1.Zweckverband/BatchGetFoobars", None),
        ("/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", None),
        ("/grpc.health.v1.Health/Check", None),
        ("/helloworld.Greeter/SayHello", None),
        ("/a.User4711/Get", "/a.{token}/Get"),
        ("/a.B/x5f3c2a9e8d7b6a5", "/a.B/{token}"),
        ("/a.B/" + "a" * 50, "/a.B/{token}"),
        ("/a.Secret/Get", "/a.{word}/Get"),
    ],
)
def test_what_is_shown(path: str, shown: str | None) -> None:
    """Words of an interface need not be known."""
    assert CallNames(Words(hidden=["secret"])).template(path) == (shown or path)


@pytest.mark.parametrize(
    "path", ["/a/b/c", "/a", "/", "", "*", "/a.B/", "/a b/c", "/1/2", "/" + "a." * 20 + "B/C"]
)
def test_what_names_no_call(path: str) -> None:
    """Such a path goes by the rules of all others."""
    assert CallNames(Words()).template(path) is None
