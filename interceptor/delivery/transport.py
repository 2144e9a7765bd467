"""One way to an endpoint: HTTPS by httpx, directly or through a proxy.

Owns the HTTP client, its TLS, its deadlines and limits, and the one place where a failure of the network becomes a
`TransportError`. Refuses to decide: which proxy, whether to try again, and what an answer means are for others.

What is known of httpx 0.28 and httpcore 1.0, and guarded against here:

* It would read the environment (`trust_env`), and raise on ordinary values of NO_PROXY. It does not.
* Behind CONNECT its pool loses a connection for each TLS handshake that fails, until none is left
  (encode/httpcore#1023). After any failure through a proxy the client is made anew.
* It has no deadline for a whole exchange, and no limit for an answer. Both are set here.
* `verify` is not for the hop to an https:// proxy: that one has a context of its own, and never our certificate.

The client is also made anew when a file it was made of changes, so that certificates rotate, and every ten minutes, so
that a kept connection follows a change in the DNS.

Invariant: no text of an error has anything of the proxy's user info, a token or a key, or words of the other side.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import time
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import httpx

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from interceptor import config
    from interceptor.delivery.proxies import Decision

__all__ = ["Answer", "Failure", "Transport", "TransportError"]

MAX_AGE_SECONDS: Final = 600.0
MAX_ANSWER: Final = 64 * 2**10
"""Bytes. An answer says how many records were taken; anything longer is no answer of the API."""
_KEEP_ALIVE_SECONDS: Final = 60.0
"""httpx's 5 s would cost a CONNECT and a TLS handshake for each batch."""
_CONNECT_SECONDS: Final = 15.0


class Failure(StrEnum):
    """Why there is no answer."""

    CONNECT = "connect"
    """No connection: to the endpoint, or to the proxy."""
    TLS = "tls"
    """No trust, or no common language; or a file for it cannot be used."""
    PROXY = "proxy"
    """The proxy does not connect us."""
    PROXY_REFUSED = "proxy_refused"
    """The proxy wants (other) credentials, or does not let us go there."""
    TIMEOUT = "timeout"
    INTERRUPTED = "interrupted"
    """After the request was on its way: it may have arrived."""
    TOO_LARGE = "too_large"
    """The answer."""


class TransportError(Exception):
    """No answer came; the text is one line that may be shown."""

    def __init__(self, failure: Failure, text: str) -> None:
        super().__init__(text)
        self.failure = failure


@dataclass(frozen=True, slots=True)
class Answer:
    """What the other side said, to its end."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes


class Transport:
    """Sends requests to one endpoint, one way. Not for several at once."""

    def __init__(
        self,
        endpoint: str,
        decision: Decision,
        tls: config.Tls,
        proxy_ca_file: Path | None,
        timeout_seconds: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._endpoint = endpoint.rstrip("/")
        self._proxy = decision.proxy
        self._tls = tls
        self._proxy_ca_file = proxy_ca_file
        self._timeout = timeout_seconds
        self._clock = clock
        self._client: httpx.AsyncClient | None = None
        self._made_at = 0.0
        self._made_of: tuple[object, ...] = ()
        self.rebuilt = 0
        """How often the client was made."""

    async def post(self, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Send a request and read the whole answer, within the time-out.

        Raises:
            TransportError: there is none.

        """
        try:
            with _mapped(self._trust(), self._timeout):
                async with asyncio.timeout(self._timeout):
                    client = await self._ready()
                    # What is unpacked could be larger than any limit: we take it as it is.
                    sent = {"accept-encoding": "identity", **headers}
                    async with client.stream(
                        "POST", self._endpoint + path, content=body, headers=sent
                    ) as response:
                        return Answer(response.status_code, dict(response.headers), await _whole(response))
        except TransportError:
            if self._proxy is not None:
                await self.close()
            raise

    async def close(self) -> None:
        """Let go of all connections; the next request makes new ones."""
        client, self._client = self._client, None
        if client is not None:
            with contextlib.suppress(httpx.HTTPError, OSError):
                await client.aclose()

    async def _ready(self) -> httpx.AsyncClient:
        # Reading a bundle of authorities takes some tens of milliseconds: not in the loop.
        made_of = await asyncio.to_thread(self._files)
        if (
            self._client is None
            or made_of != self._made_of
            or self._clock() - self._made_at >= MAX_AGE_SECONDS
        ):
            await self.close()
            self._client = await asyncio.to_thread(self._make)
            self._made_of, self._made_at = made_of, self._clock()
            self.rebuilt += 1
        return self._client

    def _files(self) -> tuple[object, ...]:
        """What tells that a file has changed, also when another took its place (as Kubernetes does)."""
        stamps: list[object] = []
        for path in (self._tls.ca_file, self._tls.cert_file, self._tls.key_file, self._proxy_ca_file):
            if path is not None:
                try:
                    status = path.stat()
                except OSError:
                    stamps.append(None)
                else:
                    stamps.append((status.st_mtime_ns, status.st_ino, status.st_size))
        return tuple(stamps)

    def _make(self) -> httpx.AsyncClient:
        context = _context(self._tls.ca_file)
        if self._tls.cert_file is not None:
            try:
                context.load_cert_chain(self._tls.cert_file, self._tls.key_file)
            except (OSError, ssl.SSLError):
                raise TransportError(
                    Failure.TLS,
                    f"tls.cert_file {self._tls.cert_file} and tls.key_file {self._tls.key_file} cannot be used together",
                ) from None
        proxy = None
        if self._proxy is not None:
            auth = None
            if self._proxy.username is not None:
                auth = (self._proxy.username, self._proxy.password or "")
            own = _context(self._proxy_ca_file) if self._proxy.scheme == "https" else None
            proxy = httpx.Proxy(self._proxy.url, auth=auth, ssl_context=own)
        return httpx.AsyncClient(
            verify=context,
            proxy=proxy,
            trust_env=False,
            follow_redirects=False,
            timeout=httpx.Timeout(self._timeout, connect=min(_CONNECT_SECONDS, self._timeout)),
            limits=httpx.Limits(max_connections=2, keepalive_expiry=_KEEP_ALIVE_SECONDS),
        )

    def _trust(self) -> str:
        """Who is trusted, for the operator who has to find the missing authority."""
        named = (
            f"the system's authorities and tls.ca_file {self._tls.ca_file}"
            if self._tls.ca_file
            else ("the system's authorities; tls.ca_file adds others")
        )
        if self._proxy is not None and self._proxy.scheme == "https":
            named += f"; of the proxy itself, proxy.ca_file {self._proxy_ca_file or 'is not set'}"
        return named


def _context(ca_file: Path | None) -> ssl.SSLContext:
    """The system's authorities, and those of a file."""
    context = ssl.create_default_context()
    if ca_file is not None:
        try:
            context.load_verify_locations(ca_file)
        except (OSError, ssl.SSLError):
            raise TransportError(
                Failure.TLS, f"{ca_file}: holds no authorities (PEM) that can be read"
            ) from None
    return context


async def _whole(response: httpx.Response) -> bytes:
    pieces: list[bytes] = []
    size = 0
    async for piece in response.aiter_raw():
        size += len(piece)
        if size > MAX_ANSWER:
            raise TransportError(Failure.TOO_LARGE, f"the answer is longer than {MAX_ANSWER} bytes")
        pieces.append(piece)
    return b"".join(pieces)


@contextlib.contextmanager
def _mapped(trust: str, timeout: float) -> Iterator[None]:
    """Every failure of the network, as ours. `from None`: the other exceptions may hold what must not be shown."""
    try:
        yield
    except TimeoutError:
        raise TransportError(Failure.TIMEOUT, f"no whole answer within {timeout:g} s") from None
    except httpx.TimeoutException as error:
        waiting = "for a connection" if isinstance(error, httpx.ConnectTimeout) else "for the other side"
        raise TransportError(Failure.TIMEOUT, f"nothing came while waiting {waiting}") from None
    except httpx.ProxyError as error:
        raise _refused(str(error)) from None
    except httpx.TransportError as error:
        raise _broken(error, trust) from None


def _refused(words: str) -> TransportError:
    """What a proxy answered to CONNECT. Of its words only the status is kept."""
    status = words[:3] if words[:3].isdecimal() else ""
    if status in {"401", "403", "407"}:  # tinyproxy answers 401 to a wrong password
        reason = "does not let us go there" if status == "403" else "wants (other) credentials"
        return TransportError(Failure.PROXY_REFUSED, f"the proxy {reason} ({status})")
    return TransportError(Failure.PROXY, f"the proxy does not connect us{f' ({status})' if status else ''}")


def _broken(error: httpx.TransportError, trust: str) -> TransportError:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return TransportError(
                Failure.TLS, f"certificate verify failed: {cause.verify_message}; trusted are {trust}"
            )
        if isinstance(cause, ssl.SSLError):
            return TransportError(Failure.TLS, f"TLS failed: {cause.reason or 'no reason given'}")
        cause = cause.__cause__ or cause.__context__
    if isinstance(error, httpx.ConnectError):
        return TransportError(Failure.CONNECT, "cannot connect")
    return TransportError(Failure.INTERRUPTED, "the connection broke before the whole answer came")
