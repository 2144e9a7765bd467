"""One way to an endpoint: HTTPS by httpx, directly or through a proxy.

Owns the HTTP client, its TLS, its deadlines and limits, and the one place where a failure of the network becomes a
`TransportError`. Refuses to decide: which proxy, whether to try again, and what an answer means are for others.

What is known of httpx 0.28 and httpcore 1.0, and guarded against here:

* Its `AsyncClient` would read the environment (and raise on ordinary values of NO_PROXY), keep the cookies of every
  answer, and look into each redirect, followed or not, where some values of Location raise what is no HTTPError. Its
  transport does none of this, and is all that is needed.
* Behind CONNECT its pool loses a connection for each TLS handshake that fails, until none is left
  (encode/httpcore#1023). After any failure through a proxy the client is made anew.
* It has no deadline for a whole exchange, and no limit for an answer. Both are set here.
* `verify` is not for the hop to an https:// proxy: that one has a context of its own, and never our certificate.
* A SOCKS proxy that fails us leaves its connection open (`_Progress.abandon`).
* What its exceptions say depends on the layer that failed, and may be the other side's words. How far a request came is
  learnt from httpcore's `trace` extension instead (`_Progress`), and told in ours.

A kept connection that turns out to be closed is no failure: the request is sent again at once on a new one. The client
is also made anew when a file it was made of changes (`rotation`), so that certificates and passwords rotate, and every
ten minutes, so that a kept connection follows a change in the DNS. Several requests may be under way: one client after
the other takes new ones, and a client that takes no more is closed when its last request has ended.

Invariants: no text of an error has anything of the proxy's user info, a token or a key, or words of the other side. An
answer whose status line came is an answer: of a body that breaks off, drips or has no end nothing is kept, and a batch
that was taken is not sent again for it.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import ssl
import time
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

import httpx

from interceptor import __version__
from interceptor.errors import InterceptorError, UsageError
from interceptor.rotation import Rotating

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator, Mapping

    from interceptor import config
    from interceptor.delivery.proxies import Decision

__all__ = ["Answer", "Failure", "Transport", "TransportError"]

MAX_AGE_SECONDS: Final = 600.0
MAX_ANSWER: Final = 64 * 2**10
"""Bytes. An answer says how many records were taken; anything longer is no answer of the API."""
_AGENT: Final = f"interceptor/{__version__}"
"""RFC 9110 section 10.1.5: a request should say which program made it."""
_KEEP_ALIVE_SECONDS: Final = 60.0
"""httpx's 5 s would cost a CONNECT and a TLS handshake for each batch."""
_CONNECT_SECONDS: Final = 15.0
_CLOSE_SECONDS: Final = 2.0
"""For saying goodbye to a peer that may be gone."""
_ANSWER_SECONDS: Final = 10.0
"""For the body of an answer that says success: what it adds is a count."""
_REFUSAL_SECONDS: Final = 1.0
"""For the body of any other: its status says nearly all."""


class Failure(StrEnum):
    """Why there is no answer."""

    CONNECT = "connect"
    """No connection: to the endpoint, or to the proxy."""
    TLS = "tls"
    """No trust, or no common language."""
    FILES = "files"
    """A file for TLS cannot be used."""
    PROXY = "proxy"
    """The proxy does not connect us."""
    PROXY_REFUSED = "proxy_refused"
    """The proxy wants (other) credentials, or does not let us go there."""
    TIMEOUT = "timeout"
    INTERRUPTED = "interrupted"
    """After the request was on its way: it may have arrived."""


class TransportError(Exception):
    """No answer came; the text is one line that may be shown."""

    def __init__(self, failure: Failure, text: str) -> None:
        super().__init__(text)
        self.failure = failure


class FilesError(InterceptorError):
    """A file for TLS that cannot be used."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the other side said, to its end."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes
    whole: bool = True
    """Whether the body was read to its end; where it was not, it is empty."""


@dataclass(slots=True, eq=False)
class _Client:
    """Connections, and what they were made of."""

    requests: httpx.AsyncHTTPTransport
    made_of: tuple[object, ...]
    made_at: float
    using: int = 0
    """Requests that are under way."""
    retired: bool = False
    """Takes no new ones."""


class Transport:
    """Sends requests to one endpoint, one way."""

    def __init__(
        self,
        endpoint: str,
        decisions: Rotating[Decision],
        tls: config.Tls,
        proxy_ca_file: Path | None,
        timeout_seconds: float,
        clock: Callable[[], float] = time.monotonic,
        *,
        at_once: int = 1,
    ) -> None:
        """Nothing is connected yet, and no file for TLS read.

        Raises:
            UsageError: the endpoint has parts that it cannot have.

        """
        self._endpoint = endpoint.strip().rstrip("/")
        self._server = _server(self._endpoint)
        self._decisions = decisions
        self._proxy = decisions.current().proxy
        self._tls = tls
        self._proxy_ca_file = proxy_ca_file
        system = tuple(Path(path) for path in (ssl.get_default_verify_paths().cafile,) if path)
        self._context = Rotating(
            {"tls.ca_file": tls.ca_file, "tls.cert_file": tls.cert_file, "tls.key_file": tls.key_file},
            lambda: _with_certificate(_context("tls.ca_file", tls.ca_file), tls),
            also=system,
        )
        self._proxy_context = Rotating(
            {"proxy.ca_file": proxy_ca_file}, lambda: _context("proxy.ca_file", proxy_ca_file), also=system
        )
        self._at_once = at_once
        self._timeout = timeout_seconds
        connect = min(_CONNECT_SECONDS, timeout_seconds)
        self._steps: Final = httpx.Timeout(timeout_seconds, connect=connect).as_dict()
        self._clock = clock
        self._client: _Client | None = None
        self._clients: set[_Client] = set()
        """Those that are not closed."""
        self._making = asyncio.Lock()
        self.rebuilt = 0
        """How often the client was made."""

    async def post(self, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Send a request and read the answer, within the time-out. A body that goes with a refusal may be missing.

        Raises:
            TransportError: there is no answer.

        """
        progress = self._progress()
        try:
            async with asyncio.timeout(self._timeout):
                try:
                    return await self._exchange(path, body, headers, progress)
                except TransportError as error:
                    # RFC 9112 section 9.3.1: a client that knows a request to be idempotent may repeat it when the
                    # connection it was sent on was closed. Ours are, by their key.
                    if error.failure is not Failure.INTERRUPTED or progress.opened or progress.answered:
                        raise
                progress = self._progress()
                return await self._exchange(path, body, headers, progress)
        except TimeoutError:
            if progress.begun is not None:
                return progress.begun
            await progress.abandon()
            raise TransportError(
                Failure.TIMEOUT, f"{progress.waiting()} within {self._timeout:g} s"
            ) from None

    async def _exchange(
        self, path: str, body: bytes, headers: Mapping[str, str], progress: _Progress
    ) -> Answer:
        client: _Client | None = None
        try:
            with _mapped(progress):
                client = await self._ready()
                client.using += 1
                # What is unpacked could be larger than any limit: we take it as it is.
                sent = {"user-agent": _AGENT, "accept-encoding": "identity", **headers}
                request = httpx.Request(
                    "POST",
                    self._endpoint + path,
                    content=body,
                    headers=sent,
                    extensions={"trace": progress.note, "timeout": self._steps},
                )
                async with contextlib.aclosing(
                    await client.requests.handle_async_request(request)
                ) as response:
                    progress.begun = Answer(response.status_code, dict(response.headers), b"", whole=False)
                    text, whole = await _body(response)
                    return replace(progress.begun, body=text, whole=whole)
        except BaseException as error:
            if client is not None:
                client.retired = True
            if isinstance(error, TransportError):
                await progress.abandon()
            raise
        finally:
            if client is not None:
                client.using -= 1
                await self._let_go(client)

    def changed(self) -> bool:
        """Whether a file that tells how to get there was replaced since it was last looked at."""
        return any(files.changed() for files in (self._decisions, self._context, self._proxy_context))

    async def close(self) -> None:
        """Let go of all connections; the next request makes new ones."""
        for client in [*self._clients]:
            client.retired = True
            client.using = 0
            await self._let_go(client)

    async def _let_go(self, client: _Client) -> None:
        """Close a client that nobody will use any more."""
        if client.retired and client.using <= 0 and client in self._clients:
            self._clients.remove(client)
            async with _briefly():
                await client.requests.aclose()

    async def _ready(self) -> _Client:
        """The client that takes new requests."""
        async with self._making:
            decision = await self._decisions.fresh()
            # Reading a bundle of authorities takes some tens of milliseconds: not in the loop.
            made_of = (decision, await self._context.fresh(), await self._proxies_context(decision))
            client = self._client
            if (
                client is None
                or client.retired
                or client.made_of != made_of
                or self._clock() - client.made_at >= MAX_AGE_SECONDS
            ):
                if client is not None:
                    client.retired = True
                    await self._let_go(client)
                self._proxy = decision.proxy
                client = self._client = _Client(self._make(*made_of), made_of, self._clock())
                self._clients.add(client)
                self.rebuilt += 1
            return client

    async def _proxies_context(self, decision: Decision) -> ssl.SSLContext | None:
        """Whom to trust on the hop to an https:// proxy; never with our certificate."""
        if decision.proxy is None or decision.proxy.scheme != "https":
            return None
        return await self._proxy_context.fresh()

    def _make(
        self, decision: Decision, context: ssl.SSLContext, for_proxy: ssl.SSLContext | None
    ) -> httpx.AsyncHTTPTransport:
        proxy = None
        if decision.proxy is not None:
            auth = None
            if decision.proxy.scheme.startswith("socks"):
                # its messages of level debug have the credentials in them
                logging.getLogger("httpcore.socks").setLevel(logging.INFO)
            if decision.proxy.username is not None:
                auth = (decision.proxy.username, decision.proxy.password or "")
            proxy = httpx.Proxy(decision.proxy.url, auth=auth, ssl_context=for_proxy)
        return httpx.AsyncHTTPTransport(
            verify=context,
            proxy=proxy,
            trust_env=False,
            limits=httpx.Limits(
                max_connections=self._at_once + 1,
                max_keepalive_connections=self._at_once + 1,
                keepalive_expiry=_KEEP_ALIVE_SECONDS,
            ),
        )

    def _progress(self) -> _Progress:
        system = ssl.get_default_verify_paths()
        known = f"the system's authorities ({system.cafile or system.capath or 'there are none'})"
        proxy = self._proxy
        return _Progress(
            server=self._server,
            proxy=None if proxy is None else proxy.address,
            tunnel=proxy is not None
            and (proxy.scheme.startswith("socks") or self._endpoint.lower().startswith("https:")),
            trusted=f"{known} and tls.ca_file {self._tls.ca_file}"
            if self._tls.ca_file
            else f"{known}; tls.ca_file adds others",
            trusted_for_proxy=f"{known} and proxy.ca_file {self._proxy_ca_file}"
            if self._proxy_ca_file
            else f"{known}; proxy.ca_file adds others",
        )


class _Stream(Protocol):
    """A connection, as httpcore hands it out."""

    async def aclose(self) -> None: ...


@dataclass(slots=True)
class _Progress:
    """How far a request came, and what is said of it if it comes no further."""

    server: str
    proxy: str | None
    """As `host:port`."""
    tunnel: bool
    """The proxy connects us (CONNECT, SOCKS), and then carries what it does not understand."""
    trusted: str
    trusted_for_proxy: str
    step: str = ""
    """The last thing that was begun, in httpcore's words."""
    opened: bool = False
    """A new connection was made, or tried; otherwise a kept one was used."""
    through: bool = False
    """The tunnel stands."""
    answered: bool = False
    """The endpoint has begun to answer."""

    begun: Answer | None = None
    """The endpoint's answer, without its body."""
    stream: _Stream | None = None
    """What a tunnel is to be made of."""

    async def note(self, event: str, about: Mapping[str, Any]) -> None:
        """What httpcore tells of a step: `connection.connect_tcp.started`, `proxy.start_tls.complete`."""
        step, _dot, state = event.rpartition(".")
        if state == "started":
            self.step = step
            if step.endswith(".connect_tcp"):
                self.opened = True
            elif step == "proxy.start_tls":
                self.through = True
        elif step == "socks.connect_tcp" and state == "complete":
            self.stream = about["return_value"]
        elif step == "socks.setup_socks5_connection" and state == "complete":
            self.through = True
        elif step == "http11.receive_response_headers" and state == "complete" and not self.asking():
            self.answered = True

    async def abandon(self) -> None:
        """Close what the client does not know to be open."""
        if self.stream is not None:
            async with _briefly():
                await self.stream.aclose()

    def asking(self) -> bool:
        """Whether it is still between us and the proxy."""
        return self.tunnel and self.opened and not self.through

    def connecting(self) -> str:
        """What was tried to reach."""
        return self.server if self.proxy is None else f"the proxy {self.proxy}"

    def waiting(self) -> str:
        """What did not come, of what could have."""
        if self.step.endswith(".connect_tcp"):
            return f"no connection to {self.connecting()}"
        if self.asking():
            return f"the proxy {self.proxy} did not connect us to {self.server}"
        if self.step.endswith(".start_tls"):
            return f"no TLS with {self.server}"
        return f"no whole answer from {self.server}"

    def broken(self, error: BaseException) -> TransportError:
        """What a failure means that is neither a time-out nor the proxy's refusal."""
        found = list(_causes(error))
        verification = next((each for each in found if isinstance(each, ssl.SSLCertVerificationError)), None)
        hop = self.proxy if self.asking() else self.server
        if verification is not None:
            trusted = self.trusted_for_proxy if self.asking() else self.trusted
            return TransportError(
                Failure.TLS,
                f"certificate verify failed for {hop}: {verification.verify_message}; trusted are {trusted}",
            )
        tls = next((each for each in found if isinstance(each, ssl.SSLError)), None)
        if tls is not None or self.step.endswith(".start_tls"):
            reason = f": {tls.reason.lower().replace('_', ' ')}" if tls is not None and tls.reason else ""
            return TransportError(Failure.TLS, f"TLS with {hop} failed{reason}")
        if self.step.endswith(".connect_tcp"):
            return TransportError(Failure.CONNECT, f"cannot connect to {self.connecting()}{_reason(found)}")
        if self.asking():
            return TransportError(
                Failure.INTERRUPTED, f"the proxy {self.proxy} ended the connection{_reason(found)}"
            )
        return TransportError(
            Failure.INTERRUPTED, f"the connection to {self.server} broke before the whole answer came"
        )


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """An exception and all that led to it."""
    while error is not None:
        yield error
        if isinstance(error, BaseExceptionGroup):
            for each in error.exceptions:
                yield from _causes(each)
        error = error.__cause__ or error.__context__


def _reason(found: list[BaseException]) -> str:
    """The system's words, which are fixed ones."""
    for error in found:
        if isinstance(error, socket.gaierror):
            return ": its name cannot be looked up"
        if isinstance(error, OSError) and error.errno is not None:
            return f": {os.strerror(error.errno)}"
    return ""


def _server(endpoint: str) -> str:
    """`host:port` of an endpoint, for people.

    What is odd about the rest of it is refused: a user and password would be sent, and shown by others; what follows
    the path would end up in the middle of a longer one.
    """
    try:
        url = httpx.URL(endpoint)
    except (httpx.InvalidURL, UnicodeError):  # its words repeat the URL
        raise UsageError("endpoint: is no URL that can be used") from None
    if url.userinfo:
        raise UsageError("endpoint: has a user or password, which belongs into token or token_file")
    if url.query or url.fragment:
        raise UsageError("endpoint: has a ? or # part; it is https://HOST[:PORT][/PATH]")
    host = f"[{url.host}]" if ":" in url.host else url.host
    return f"{host}:{url.port or (443 if url.scheme == 'https' else 80)}"


def _no_password() -> str:
    """OpenSSL would ask for it on the terminal."""
    return ""


def _context(option: str, ca_file: Path | None) -> ssl.SSLContext:
    """The system's authorities, and those of a file."""
    context = ssl.create_default_context()
    # Python 3.13 sets it: many a company's authority is not as RFC 5280 wants it, and everybody else takes it.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    if ca_file is not None:
        try:
            context.load_verify_locations(ca_file)
        except (OSError, ssl.SSLError):
            raise FilesError(f"{option} {ca_file}: holds no authorities (PEM) that can be read") from None
    return context


def _with_certificate(context: ssl.SSLContext, tls: config.Tls) -> ssl.SSLContext:
    """Who we are, for mutual TLS."""
    if tls.cert_file is not None:
        try:
            context.load_cert_chain(tls.cert_file, tls.key_file, _no_password)
        except (OSError, ssl.SSLError):
            raise FilesError(
                f"tls.cert_file {tls.cert_file} and tls.key_file {tls.key_file} cannot be used "
                "together: both have to be there, belong together, and the key must not be encrypted"
            ) from None
    return context


@contextlib.asynccontextmanager
async def _briefly() -> AsyncIterator[None]:
    """For a goodbye: it may fail, and has an end."""
    with contextlib.suppress(httpx.HTTPError, OSError):  # a TimeoutError is an OSError
        async with asyncio.timeout(_CLOSE_SECONDS):
            yield


async def _body(response: httpx.Response) -> tuple[bytes, bool]:
    """The whole of it, and whether it was; of one that is too long or slow, or breaks off, nothing."""
    seconds = _ANSWER_SECONDS if response.is_success else _REFUSAL_SECONDS
    pieces: list[bytes] = []
    size = 0
    with contextlib.suppress(httpx.TransportError, OSError):  # a TimeoutError is an OSError
        async with asyncio.timeout(seconds):
            async for piece in response.aiter_raw():
                size += len(piece)
                if size > MAX_ANSWER:
                    return b"", False
                pieces.append(piece)
        return b"".join(pieces), True
    return b"", False


@contextlib.contextmanager
def _mapped(progress: _Progress) -> Iterator[None]:
    """Every failure of the network, as ours. `from None`: the other exceptions may hold what must not be shown."""
    try:
        yield
    except InterceptorError as error:  # a file of ours, and there never was a good one
        raise TransportError(Failure.FILES, str(error)) from None
    except httpx.TimeoutException:
        raise TransportError(Failure.TIMEOUT, f"{progress.waiting()} in time") from None
    except httpx.ProxyError as error:
        raise _refused(str(error)) from None
    except (httpx.TransportError, OSError) as error:  # some of ssl's come through as they are
        raise progress.broken(error) from None
    except Exception:
        # socksio raises, and httpcore asserts, what they like about a reply that is none
        if not progress.asking():
            raise
        raise TransportError(
            Failure.PROXY, f"the proxy {progress.proxy} does not answer as a proxy does"
        ) from None


def _refused(words: str) -> TransportError:
    """What a proxy answered to CONNECT, or over SOCKS. Of its words only the status is kept."""
    status = words[:3] if words[:3].isdecimal() else ""
    if status in {"401", "403", "407"}:  # tinyproxy answers 401 to a wrong password
        reason = "does not let us go there" if status == "403" else "wants (other) credentials"
        return TransportError(Failure.PROXY_REFUSED, f"the proxy {reason} ({status})")
    if words.startswith(("Invalid username", "Requested ")):  # httpcore, of SOCKS: not the proxy's words
        return TransportError(Failure.PROXY_REFUSED, "the proxy wants (other) credentials")
    return TransportError(Failure.PROXY, f"the proxy does not connect us{f' ({status})' if status else ''}")
