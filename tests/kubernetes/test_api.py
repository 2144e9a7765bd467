"""The client of the Kubernetes API: what is told of a server that cannot be used."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import trustme

from interceptor.errors import UsageError
from interceptor.kubernetes.api import Api, ApiError
from interceptor.kubernetes.objects import Resource
from tests.support.kube_api import kube_api

if TYPE_CHECKING:
    from collections.abc import Mapping


def told(credentials: Path, environment: Mapping[str, str]) -> str:
    """What a list fails with."""

    async def ask() -> None:
        api = Api(credentials, environment)
        try:
            await api.page(Resource.PODS, 1)
        finally:
            await api.close()

    with pytest.raises(ApiError) as caught:
        asyncio.run(ask())
    return str(caught.value)


def test_where_it_is_the_environment_says() -> None:
    """An IPv6 address in brackets; without one there is a line that says so."""
    there = {"KUBERNETES_SERVICE_HOST": "fd00:96::1", "KUBERNETES_SERVICE_PORT": "6443"}
    assert Api(Path("/nowhere"), there).url == "https://[fd00:96::1]:6443"
    for environment in ({}, there | {"KUBERNETES_SERVICE_PORT": "tcp://x"}):
        with pytest.raises(UsageError, match=r"kubernetes\.enabled: there is no API server"):
            Api(Path("/nowhere"), environment)


def test_each_failure_has_its_words(tmp_path: Path) -> None:
    """Without a token's text, or the server's."""
    with kube_api(tmp_path / "good") as server:
        for status, words in ((403, "we may not read pods"), (429, "too much to do"), (500, "answers 500")):
            server.refused["pods"] = status
            assert words in told(server.credentials, server.environment)
        server.token = "another"
        assert told(server.credentials, server.environment) == "the API server does not know our token (401)"
        (server.credentials / "token").write_text("  \n")
        assert "token" in told(server.credentials, server.environment)
        (server.credentials / "token").unlink()
        assert "No such file" in told(server.credentials, server.environment)
        server.renew()
        (server.credentials / "ca.crt").write_text("no PEM")
        assert "files cannot be read" in told(server.credentials, server.environment)
        trustme.CA().cert_pem.write_to_path(str(server.credentials / "ca.crt"))
        assert "is not of the authority" in told(server.credentials, server.environment)
        server.renew()
    assert told(server.credentials, server.environment) == "the API server cannot be reached"


def test_no_proxy_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the environment says of what leaves the cluster."""
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")

    async def ask(api: Api) -> bytes:
        try:
            return await api.page(Resource.PODS, 1)
        finally:
            await api.close()

    with kube_api(tmp_path / "good") as server:
        assert b"resourceVersion" in asyncio.run(ask(Api(server.credentials, server.environment)))
