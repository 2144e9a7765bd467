"""The Kubernetes API, as a client in a pod sees it: pages of lists, and lines of watches.

Owns the HTTP client, its TLS and its token, and the one place where a failure of either becomes an `ApiError`. Refuses to
decide what is read next, and to write: it knows GET, of the resources in `objects`, and nothing else.

* Token and authority are files of the pod's ServiceAccount. The kubelet replaces both (a token lasts an hour by default), so
  they are looked at before each request.
* The API server is reached directly, whatever proxy there is for what leaves the cluster.
* An answer is bounded: a page by `PAGE_BYTES`, a line of a watch by `LINE_BYTES`. etcd takes no object above 1.5 MiB by
  default.
* A watch that is silent for `SILENT_SECONDS` may be half open, and ends: the server sends bookmarks about once a minute,
  and where it does not, to begin again costs a request.
"""

from __future__ import annotations

import logging
import ssl
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Final

import httpx

from interceptor import __version__
from interceptor.errors import UsageError
from interceptor.rotation import Rotating

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping
    from pathlib import Path

    from interceptor.kubernetes.objects import Resource

__all__ = ["Api", "ApiError", "TooLargeError"]

PAGE_BYTES: Final = 64 * 2**20
"""Unpacked. 500 pods of 10 KB are 5 MB."""
LINE_BYTES: Final = 4 * 2**20
SILENT_SECONDS: Final = 150.0
_SECONDS: Final = httpx.Timeout(30.0, connect=10.0)


class ApiError(Exception):
    """No answer, or not the one that was asked for; one line that may be shown."""

    def __init__(self, told: str, status: int = 0) -> None:
        super().__init__(told)
        self.status = status
        """Of HTTP; 0 where there was no answer."""


class TooLargeError(ApiError):
    """A page with more bytes than are taken: ask for fewer objects."""


class Api:
    """One API server."""

    def __init__(self, credentials: Path, environment: Mapping[str, str]) -> None:
        """Nothing is read or connected yet.

        Args:
            credentials: Folder with `token` and `ca.crt`, as it is mounted into a pod.
            environment: Where Kubernetes says of its own Service where it is.

        Raises:
            UsageError: it does not say so.

        """
        host, port = (
            environment.get("KUBERNETES_SERVICE_HOST"),
            environment.get("KUBERNETES_SERVICE_PORT", "443"),
        )
        if not host or not port.isdecimal():
            raise UsageError(
                "kubernetes.enabled: there is no API server: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are "
                "set in a pod only"
            )
        self.url: Final = f"https://{f'[{host}]' if ':' in host else host}:{port}"
        token, authority = credentials / "token", credentials / "ca.crt"
        self._token = Rotating({"kubernetes.credentials": token}, lambda: _token(token))
        self._context = Rotating(
            {"kubernetes.credentials": authority}, lambda: ssl.create_default_context(cafile=authority)
        )
        self._client: httpx.AsyncClient | None = None
        self._before: httpx.AsyncClient | None = None
        """Of the authority before."""
        self._made_of: ssl.SSLContext | None = None
        # its lines name every request; ours name what came of them
        logging.getLogger("httpx").setLevel(logging.WARNING)

    async def page(self, resource: Resource, limit: int, token: str = "") -> bytes:
        """The text of a page of at most `limit` objects; `token` is what the page before gave.

        Raises:
            TooLargeError: it is too large.
            ApiError: there is none.

        """
        asked: dict[str, str | int] = {"limit": limit} | ({"continue": token} if token else {})
        async with self._get(resource, asked, _SECONDS) as answer:
            pieces: list[bytes] = []
            size = 0
            async for piece in answer.aiter_bytes():
                size += len(piece)
                if size > PAGE_BYTES:
                    raise TooLargeError(
                        f"a page of {limit} {resource.plural} has more than {PAGE_BYTES} bytes"
                    )
                pieces.append(piece)
        return b"".join(pieces)

    async def watch(self, resource: Resource, version: str, seconds: int) -> AsyncGenerator[bytes, None]:
        """Each line of what changes after `version`, for at most so many seconds; an empty one when the server agrees.

        Raises:
            ApiError: it was refused, or broke off.

        """
        asked: dict[str, str | int] = {
            "watch": "1",
            "allowWatchBookmarks": "true",
            "resourceVersion": version,
            "timeoutSeconds": seconds,
        }
        patience = httpx.Timeout(30.0, connect=10.0, read=SILENT_SECONDS)
        async with self._get(resource, asked, patience) as answer:
            yield b""
            begun = b""
            async for piece in answer.aiter_bytes():
                *lines, begun = (begun + piece).split(b"\n")
                for line in lines:
                    yield line
                if len(begun) > LINE_BYTES:
                    raise ApiError(f"an event of {resource.plural} has more than {LINE_BYTES} bytes")

    async def close(self) -> None:
        """Close connections."""
        for client in (self._client, self._before):
            if client is not None:
                await client.aclose()
        self._client = self._before = None

    @asynccontextmanager
    async def _get(
        self, resource: Resource, asked: Mapping[str, str | int], patience: httpx.Timeout
    ) -> AsyncIterator[httpx.Response]:
        with _told():
            client = await self._current()
            headers = {
                "Authorization": f"Bearer {await self._token.fresh()}",
                "Accept": _accepted(resource, asked),
            }
            async with client.stream(
                "GET", f"{self.url}{resource.path}", params=asked, headers=headers, timeout=patience
            ) as answer:
                if answer.status_code != httpx.codes.OK:
                    raise ApiError(_refusal(resource, answer.status_code), answer.status_code)
                yield answer

    async def _current(self) -> httpx.AsyncClient:
        """The client; another one where the authority is."""
        context = await self._context.fresh()
        if self._client is None or context is not self._made_of:
            if self._before is not None:
                await self._before.aclose()
            self._before = self._client  # its watches go on until their end
            self._made_of = context
            self._client = httpx.AsyncClient(
                verify=context,
                trust_env=False,
                headers={"User-Agent": f"interceptor/{__version__}"},
                limits=httpx.Limits(max_connections=16, keepalive_expiry=60),
            )
        return self._client


def _accepted(resource: Resource, asked: Mapping[str, str | int]) -> str:
    if not resource.metadata_only:
        return "application/json"
    kind = "PartialObjectMetadata" if "watch" in asked else "PartialObjectMetadataList"
    return f"application/json;as={kind};g=meta.k8s.io;v=v1"


def _token(path: Path) -> str:
    text = path.read_text("ascii").strip()
    if not text or not text.isprintable():
        raise ValueError("is empty, or no token")
    return text


def _refusal(resource: Resource, status: int) -> str:
    """What a status says; the body may be long, and is the server's."""
    match status:
        case 401:
            return "the API server does not know our token (401)"
        case 403:
            return (
                f"we may not read {resource.plural} (403): the ClusterRole needs get, list and watch of them"
            )
        case 410:
            return f"what we go on from in {resource.plural} is too old (410)"
        case 429:
            return "the API server has too much to do (429)"
    return f"the API server answers {status}"


@contextmanager
def _told() -> Iterator[None]:
    """Make an `ApiError` of what httpx, TLS and files raise."""
    try:
        yield
    except httpx.ReadTimeout:
        raise ApiError("the API server is silent") from None
    except httpx.TimeoutException:
        raise ApiError("the API server cannot be reached in time") from None
    except httpx.ConnectError as error:
        if "CERTIFICATE_VERIFY_FAILED" in str(error):
            raise ApiError("the API server's certificate is not of the authority in ca.crt") from None
        raise ApiError("the API server cannot be reached") from None
    except (httpx.HTTPError, httpx.StreamError):
        raise ApiError("the connection to the API server broke off") from None
    except OSError as error:
        raise ApiError(f"the ServiceAccount's files cannot be read: {error.strerror or 'no PEM'}") from None
    except ValueError:
        raise ApiError("the ServiceAccount's token is empty, or none") from None
