"""The lists of names are what their registries say, as far as one knows by heart, and hold nothing personal."""

from __future__ import annotations

import pytest

from interceptor.core.records import registered
from tests.support.canaries import KINDS


@pytest.mark.parametrize(
    ("table", "names"),
    [
        (registered.METHODS, {"GET", "PROPFIND", "VERSION-CONTROL", "QUERY", "PURGE"}),
        (registered.CODINGS, {"gzip", "br", "zstd", "dcb"}),
        (registered.TOP_LEVEL, {"application", "text", "font", "haptics"}),
        (registered.SUFFIXES, {"json", "xml", "cbor"}),
        (registered.MEDIA_TYPES, {"application/json", "text/html", "application/vnd.ms-excel"}),
        (registered.FIELDS, {"host", "traceparent", "x-forwarded-for", "content-type"}),
        (registered.PRODUCTS, {"curl", "mozilla", "go-http-client", "kube-probe", "python-requests"}),
        (
            registered.PRODUCTS,
            {"elb-healthchecker", "googlehc", "prometheus", "amazon-route53-health-check-service"},
        ),
        (
            registered.PARAMETERS,
            {"client_id", "$filter", "X-Amz-Signature", "utm_source", "gclid", "labelSelector"},
        ),
        (registered.CALLS, {"grpc", "helloworld", "opentelemetry"}),
        (registered.PLATFORMS, {"linux", "x86_64"}),
    ],
)
def test_tables(table: frozenset[str], names: set[str]) -> None:
    """Each has what everybody knows, and is text that JSON needs no escapes for."""
    assert names <= table
    assert all(name.isascii() and name.isprintable() and not set(' "\\<>@') & set(name) for name in table)
    assert not {value.lower() for value in KINDS.values()} & {name.lower() for name in table}


def test_lower_case() -> None:
    """All but methods are looked up in lower case."""
    for table in (
        *(registered.CALLS, registered.FIELDS, registered.MEDIA_TYPES),
        *(registered.PLATFORMS, registered.PRODUCTS),
    ):
        assert all(name == name.lower() for name in table)
