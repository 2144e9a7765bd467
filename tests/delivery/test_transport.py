"""One way to an endpoint: real TLS, real proxies, and what no real one can be made to do."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import ssl
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
import structlog
import trustme
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

from interceptor.config import Config, Server
from interceptor.delivery.proxies import Decision, deciding
from interceptor.delivery.transport import Answer, Failure, Transport, TransportError
from interceptor.errors import UsageError
from interceptor.rotation import Rotating
from interceptor.service.server import serving
from tests.support.proxies import Peer, listening, microsocks, peer, relay, require, squid, tinyproxy

if TYPE_CHECKING:
    import pathlib
    from collections.abc import AsyncIterator

    from starlette.requests import Request

AUTHORITY = trustme.CA()
USER, PASSWORD = "agent", "pr0xy-s3cret"


class Endpoint:
    """A real HTTPS server for api.test that notes what it was sent."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.url = f"https://api.test:{port}"
        self.requests: list[tuple[dict[str, str], bytes]] = []
        self.arrived = asyncio.Event()
        self.may_answer = asyncio.Event()
        self.may_answer.set()


@contextlib.asynccontextmanager
async def endpoint(folder: pathlib.Path, *, mutual: bool = False) -> AsyncIterator[Endpoint]:
    """Run it on loopback; `mutual`: only for clients with a certificate of the authority."""
    certificate = AUTHORITY.issue_cert("api.test", "deep.api.test", "127.0.0.1")
    certificate.private_key_and_cert_chain_pem.write_to_path(folder / "server.pem")
    AUTHORITY.cert_pem.write_to_path(folder / "ca.pem")

    async def take(request: Request) -> JSONResponse:
        served.requests.append((dict(request.headers), await request.body()))
        served.arrived.set()
        await served.may_answer.wait()
        return JSONResponse({"accepted": 1, "rejected": 0}, 202)

    app = Starlette(routes=[Route("/v1/batches", take, methods=["POST"])])
    settings = Server(
        address="127.0.0.1",
        port=0,
        cert_file=folder / "server.pem",
        client_ca_file=folder / "ca.pem" if mutual else None,
    )
    async with serving(app, settings) as port:
        served = Endpoint(port)
        yield served


@pytest.fixture(autouse=True)
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Names under .test are loopback to this process, so that direct ways can be tested too."""
    found = {"api.test": "127.0.0.1", "deep.api.test": "127.0.0.1", "proxy.test": "127.0.0.1"}
    original = socket.getaddrinfo

    def lookup(host: Any, *arguments: Any, **options: Any) -> Any:
        text = host.decode() if isinstance(host, bytes) else host
        return original(found.get(text, host), *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    return found


def transport(
    url: str, folder: pathlib.Path, *, timeout: float = 20.0, clock: Any = None, **settings: Any
) -> Transport:
    """As the composition root makes it; the authority is trusted unless told otherwise."""
    config = Config.model_validate({"endpoint": url, "tls": {"ca_file": folder / "ca.pem"}, **settings})
    decisions, _ = deciding(url, config.proxy, {})
    options = {"clock": clock} if clock else {}
    return Transport(url, decisions, config.tls, config.proxy.ca_file, timeout, **options)


async def post(way: Transport, body: bytes = b"body") -> Answer:
    """One request."""
    return await way.post(
        "/v1/batches", body, {"idempotency-key": "1", "authorization": "Bearer t0ken-s3cret"}
    )


async def failing(way: Transport) -> TransportError:
    """One request that gets no answer; nothing secret is in what is told of it."""
    with pytest.raises(TransportError) as caught:
        await post(way)
    told = f"{caught.value} {caught.value!r} {caught.value.__cause__!r}"
    assert PASSWORD not in told
    assert "s3cret" not in told
    assert "\n" not in str(caught.value)
    assert caught.value.__context__ is None or caught.value.__suppress_context__
    return caught.value


# --- the real ways -------------------------------------------------------------------------------------------


def test_directly(tmp_path: pathlib.Path) -> None:
    """One kept connection for many requests, the environment's proxies notwithstanding."""

    async def check() -> None:
        async with endpoint(tmp_path) as server:
            way = transport(server.url, tmp_path)
            for number in range(3):
                answer = await post(way, b"%d" % number)
                assert (answer.status, answer.body) == (202, b'{"accepted":1,"rejected":0}')
            assert [body for _, body in server.requests] == [b"0", b"1", b"2"]
            assert way.rebuilt == 1
            await way.close()

    asyncio.run(check())


@pytest.mark.parametrize("kind", ["tinyproxy", "squid", "https", "socks"])
@pytest.mark.parametrize("credentials", [None, (USER, PASSWORD)])
def test_through_a_real_proxy(tmp_path: pathlib.Path, kind: str, credentials: tuple[str, str] | None) -> None:
    """With and without credentials, which the endpoint never sees; an https:// proxy has an authority of its own."""
    theirs = trustme.CA()
    theirs.cert_pem.write_to_path(tmp_path / "proxy-ca.pem")
    running = {
        "tinyproxy": lambda: tinyproxy(tmp_path, credentials),
        "squid": lambda: squid(credentials),
        "https": lambda: squid(credentials, theirs),
        "socks": lambda: microsocks(tmp_path, credentials),
    }[kind]()
    info = f"{USER}:{PASSWORD}@" if credentials else ""

    async def check(port: int) -> None:
        proxy: dict[str, Any] = {"url": f"{info}127.0.0.1:{port}"}
        if kind == "socks":
            proxy = {"url": f"socks5h://{info}127.0.0.1:{port}"}
        if kind == "https":
            proxy = {"url": f"https://{info}proxy.test:{port}", "ca_file": tmp_path / "proxy-ca.pem"}
        async with endpoint(tmp_path) as server:
            way = transport(server.url, tmp_path, proxy=proxy)
            for _ in range(2):
                assert (await post(way)).status == 202
            for headers, _ in server.requests:
                assert headers["authorization"] == "Bearer t0ken-s3cret"
                assert "proxy-authorization" not in headers
            await way.close()
            if credentials is not None:
                wrong = transport(
                    server.url,
                    tmp_path,
                    proxy=proxy | {"url": proxy["url"].replace(PASSWORD, "wrong-s3cret")},
                )
                error = await failing(wrong)
                assert (error.failure, str(error)[:19]) == (Failure.PROXY_REFUSED, "the proxy wants (ot")
            if kind == "https":
                error = await failing(transport(server.url, tmp_path, proxy={"url": proxy["url"]}))
                assert error.failure is Failure.TLS
                assert "proxy.ca_file adds others" in str(error)

    with running as port:
        asyncio.run(check(port))


@pytest.mark.parametrize(("kind", "wrong"), [("tinyproxy", 401), ("squid", 407)])
def test_a_plain_endpoint_through_a_real_proxy(tmp_path: pathlib.Path, kind: str, wrong: int) -> None:
    """The proxy's credentials stay with it. What it says to wrong ones comes as if the endpoint had said it."""
    credentials = USER, PASSWORD
    running = tinyproxy(tmp_path, credentials) if kind == "tinyproxy" else squid(credentials)
    AUTHORITY.cert_pem.write_to_path(tmp_path / "ca.pem")
    seen: list[dict[str, str]] = []

    async def take(request: Request) -> JSONResponse:
        seen.append(dict(request.headers))
        return JSONResponse({}, 202)

    async def check(port: int) -> None:
        app = Starlette(routes=[Route("/v1/batches", take, methods=["POST"])])
        async with serving(app, Server(address="127.0.0.1", port=0)) as there:
            for password, status in ((PASSWORD, 202), ("wrong-s3cret", wrong)):
                proxy = {"url": f"{USER}:{password}@127.0.0.1:{port}"}
                way = transport(f"http://api.test:{there}/", tmp_path, proxy=proxy)
                assert (await post(way)).status == status
                await way.close()
            (headers,) = seen
            assert headers["authorization"] == "Bearer t0ken-s3cret"
            assert "proxy-authorization" not in headers

    with running as port:
        asyncio.run(check(port))


def test_a_proxy_that_breaks_tls_open(tmp_path: pathlib.Path) -> None:
    """As many companies have: refused, naming what is trusted, until its authority is added; then it just works."""
    company = trustme.CA()

    async def check(port: int) -> None:
        proxy = {"url": f"127.0.0.1:{port}"}
        async with endpoint(tmp_path) as server:
            error = await failing(transport(server.url, tmp_path, proxy=proxy))
            assert error.failure is Failure.TLS
            assert f"certificate verify failed for api.test:{server.port}" in str(error)
            assert f"tls.ca_file {tmp_path / 'ca.pem'}" in str(error)
            assert server.requests == []
            company.cert_pem.write_to_path(tmp_path / "company.pem")
            way = transport(server.url, tmp_path, proxy=proxy, tls={"ca_file": tmp_path / "company.pem"})
            assert (await post(way)).status == 202
            await way.close()

    with squid(intercepting=(company, AUTHORITY)) as port:
        asyncio.run(check(port))


@pytest.mark.parametrize(
    ("no_proxy", "direct"),
    [
        ("api.test", True),
        (".api.test", True),
        ("127.0.0.0/8", False),
        ("other.test", False),
        ("deep.api.test:1", False),
    ],
)
def test_no_proxy_for_real(tmp_path: pathlib.Path, no_proxy: str, direct: bool) -> None:
    """By name and suffix; a network covers no name. What is not excepted goes through the proxy that is there."""

    async def check() -> None:
        async with (
            endpoint(tmp_path) as server,
            peer(lambda _, reader, writer: relay(reader, writer, server.port)) as proxy,
        ):
            url = f"https://deep.api.test:{server.port}"
            way = transport(url, tmp_path, proxy={"url": f"127.0.0.1:{proxy.port}", "no_proxy": no_proxy})
            assert (await post(way)).status == 202
            assert (proxy.connections == 0) is direct
            await way.close()

    asyncio.run(check())


def test_mutual_tls_and_rotated_certificates(tmp_path: pathlib.Path) -> None:
    """Our certificate goes to the endpoint, not to the proxy; a new one on disk is used without a restart."""
    good, strange = AUTHORITY.issue_cert("agent.test"), trustme.CA().issue_cert("agent.test")
    files = {"cert_file": tmp_path / "client.pem", "key_file": tmp_path / "client.key"}

    def install(certificate: trustme.LeafCert) -> None:
        for path, blob in zip(
            files.values(), (certificate.cert_chain_pems[0], certificate.private_key_pem), strict=True
        ):
            fresh = path.with_suffix(".new")
            blob.write_to_path(fresh)
            fresh.replace(path)

    async def check() -> None:
        async with endpoint(tmp_path, mutual=True) as server:
            way = transport(server.url, tmp_path, tls={"ca_file": tmp_path / "ca.pem", **files})
            assert (await failing(way)).failure is Failure.FILES  # they are not there yet
            install(strange)
            assert (await failing(way)).failure in {Failure.TLS, Failure.INTERRUPTED}
            install(good)
            assert (await post(way)).status == 202
            assert (await failing(transport(server.url, tmp_path))).failure in {
                Failure.TLS,
                Failure.INTERRUPTED,
            }
            await way.close()

    asyncio.run(check())


def test_a_certificate_that_is_not_trusted_names_the_bundle(tmp_path: pathlib.Path) -> None:
    """And the option that adds an authority; once the file holds it, the next request arrives."""
    stranger = tmp_path / "other.pem"
    trustme.CA().cert_pem.write_to_path(stranger)

    async def check() -> None:
        async with endpoint(tmp_path) as server:
            error = await failing(transport(server.url, tmp_path, tls={}))
            assert error.failure is Failure.TLS
            assert "certificate verify failed" in str(error)
            assert "tls.ca_file adds others" in str(error)
            way = transport(server.url, tmp_path, tls={"ca_file": stranger})
            assert str(stranger) in str(await failing(way))
            AUTHORITY.cert_pem.write_to_path(stranger)
            assert (await post(way)).status == 202
            await way.close()

    asyncio.run(check())


def test_a_key_that_is_encrypted_is_not_asked_for(
    tmp_path: pathlib.Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """OpenSSL would ask on the terminal and wait. What cannot be used is told with its names, and is no secret."""
    require("openssl")
    files = {"cert_file": tmp_path / "client.pem", "key_file": tmp_path / "client.key"}
    subprocess.run(
        (
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-days", "2"),
            *("-passout", f"pass:{PASSWORD}", "-subj", "/CN=agent", "-out", files["cert_file"], "-keyout", files["key_file"]),
        ),
        check=True,
        capture_output=True,
    )  # fmt: skip
    capfd.readouterr()
    error = asyncio.run(failing(transport("https://api.test:1", tmp_path, tls=files)))
    assert error.failure is Failure.FILES
    assert all(str(path) in str(error) for path in files.values())
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    "url", ["https://agent:t0ken-s3cret@api.test", "https://api.test/?x=s3cret", "https://api.test/#s3cret"]
)
def test_an_endpoint_with_parts_that_it_cannot_have(url: str) -> None:
    """One clear line, which shows none of it."""
    with pytest.raises(UsageError, match=r"^endpoint: has a ") as caught:
        Transport(url, Rotating({}, lambda: Decision(None, None, "")), Config().tls, None, 1.0)
    assert "s3cret" not in str(caught.value)


# --- faults --------------------------------------------------------------------------------------------------


async def established(writer: asyncio.StreamWriter) -> None:
    """The answer of a proxy to CONNECT."""
    writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
    await writer.drain()


def test_150_broken_handshakes_behind_a_proxy_and_then_a_good_one(tmp_path: pathlib.Path) -> None:
    """No connection of the pool is lost to a tunnel in which TLS failed."""

    async def check() -> None:
        async def proxy(self: Peer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            if self.connections > 150:
                await relay(reader, writer, server.port)
                return
            await established(writer)
            await reader.read(1)
            writer.write(b"this is not TLS at all")
            await writer.drain()
            writer.close()

        async with endpoint(tmp_path) as server, peer(proxy) as middle:
            way = transport(server.url, tmp_path, proxy={"url": f"127.0.0.1:{middle.port}"})
            for _ in range(150):
                assert (await failing(way)).failure is Failure.TLS
            assert (await post(way)).status == 202
            await way.close()

    asyncio.run(check())


@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        (
            b"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\n\r\n",
            Failure.PROXY_REFUSED,
        ),
        (b"HTTP/1.1 401 Unauthorized\r\n\r\n", Failure.PROXY_REFUSED),
        (b"HTTP/1.1 403 Forbidden s3cret\r\n\r\n", Failure.PROXY_REFUSED),
        (b"HTTP/1.1 502 Bad Gateway\r\n\r\n", Failure.PROXY),
        (b"HTTP/1.1 503 s3cret\r\n\r\n", Failure.PROXY),
        (b"garbage\r\n\r\n", Failure.INTERRUPTED),
        (b"", Failure.INTERRUPTED),
        (None, Failure.TIMEOUT),
    ],
)
def test_a_proxy_that_does_not_connect_us(
    tmp_path: pathlib.Path, answer: bytes | None, failure: Failure
) -> None:
    """By what it answers to CONNECT: a refusal, a failure, nothing at all. Its words are not repeated."""

    async def check() -> None:
        async def proxy(_: Peer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            if answer is None:
                await reader.read()
                return
            writer.write(answer)
            await writer.drain()
            writer.close()

        async with endpoint(tmp_path) as server, peer(proxy) as middle:
            settings = {"url": f"http://{USER}:{PASSWORD}@127.0.0.1:{middle.port}"}
            way = transport(server.url, tmp_path, timeout=1.0 if answer is None else 20.0, proxy=settings)
            error = await failing(way)
            assert error.failure is failure
            assert server.requests == []
            assert middle.heads[0].startswith(b"CONNECT api.test:")

    asyncio.run(check())


def test_what_is_waited_for_is_told(tmp_path: pathlib.Path) -> None:
    """When the time is up: the proxy's answer, TLS, or the endpoint's answer."""

    async def check() -> None:
        async def silent(_: Peer, reader: asyncio.StreamReader, __: asyncio.StreamWriter) -> None:
            await reader.read()

        async def mute(_: Peer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await established(writer)
            await reader.read()

        async with (
            endpoint(tmp_path) as server,
            peer(silent) as first,
            peer(mute) as second,
            peer(lambda _, reader, writer: relay(reader, writer, server.port)) as third,
        ):
            server.may_answer.clear()
            there = f"api.test:{server.port}"
            for middle, told in (
                (first, f"the proxy 127.0.0.1:{first.port} did not connect us to {there} within 3 s"),
                (second, f"no TLS with {there} within 3 s"),
                (third, f"no whole answer from {there} within 3 s"),
            ):
                way = transport(server.url, tmp_path, timeout=3.0, proxy={"url": f"127.0.0.1:{middle.port}"})
                error = await failing(way)
                assert (error.failure, str(error)) == (Failure.TIMEOUT, told)
            server.may_answer.set()

    asyncio.run(check())


@pytest.mark.parametrize(
    "reply", [b"", b"\x05", b"\x05\xff", b"\x05\x00\x05\x05", b"HTTP/1.1 400 Bad\r\n\r\n", b"\0" * 99]
)
def test_a_socks_proxy_that_is_none(tmp_path: pathlib.Path, reply: bytes) -> None:
    """Whatever it says is a failure, and never an exception of a library."""

    async def check() -> None:
        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read(3)
            writer.write(reply)

        AUTHORITY.cert_pem.write_to_path(tmp_path / "ca.pem")
        async with listening(answer) as port:
            for scheme in ("https", "http"):
                way = transport(
                    f"{scheme}://api.test:1", tmp_path, proxy={"url": f"socks5h://127.0.0.1:{port}"}
                )
                assert (await failing(way)).failure in {
                    Failure.PROXY,
                    Failure.PROXY_REFUSED,
                    Failure.INTERRUPTED,
                }

    asyncio.run(check())


def test_a_kept_connection_that_was_closed_is_no_failure(tmp_path: pathlib.Path) -> None:
    """The server ends it just as the next request comes: the request is sent again at once, on a new one."""

    async def check() -> None:
        connections = requests = 0
        certificate = AUTHORITY.issue_cert("api.test")
        AUTHORITY.cert_pem.write_to_path(tmp_path / "ca.pem")
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        certificate.configure_cert(context)

        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal connections, requests
            connections += 1
            await reader.readuntil(b"body")
            requests += 1
            writer.write(HEAD % 2 + b"{}")
            with contextlib.suppress(asyncio.IncompleteReadError):
                await reader.readuntil(b"body")
                requests += 1
            writer.transport.abort()

        async with listening(answer, context) as port:
            way = transport(f"https://api.test:{port}", tmp_path)
            assert [(await post(way)).status for _ in range(3)] == [202, 202, 202]
            assert (connections, requests) == (3, 5)
            await way.close()

    asyncio.run(check())


def test_nobody_at_the_proxys_address(tmp_path: pathlib.Path) -> None:
    """A refused connection is no refusal of the proxy's."""

    async def check() -> None:
        async with endpoint(tmp_path) as server:
            with socket.create_server(("127.0.0.1", 0)) as taken:
                port = taken.getsockname()[1]
            error = await failing(transport(server.url, tmp_path, proxy={"url": f"127.0.0.1:{port}"}))
            assert error.failure is Failure.CONNECT
            assert str(error) == f"cannot connect to the proxy 127.0.0.1:{port}: Connection refused"
            error = await failing(transport(f"https://api.test:{port}", tmp_path))
            assert str(error) == f"cannot connect to api.test:{port}: Connection refused"
            error = await failing(transport("https://nowhere.invalid", tmp_path))
            assert str(error) == "cannot connect to nowhere.invalid:443: its name cannot be looked up"

    asyncio.run(check())


def test_a_tunnel_that_is_cut_after_the_request(tmp_path: pathlib.Path) -> None:
    """It may have arrived, and here it has: the same request again is for the other side to recognise."""

    async def check() -> None:
        async def proxy(self: Peer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            carrying = asyncio.create_task(relay(reader, writer, server.port))
            if self.connections == 1:
                await server.arrived.wait()
                carrying.cancel()
            await asyncio.wait([carrying])

        async with endpoint(tmp_path) as server, peer(proxy) as middle:
            server.may_answer.clear()
            way = transport(server.url, tmp_path, proxy={"url": f"127.0.0.1:{middle.port}"})
            assert (await failing(way)).failure is Failure.INTERRUPTED
            server.may_answer.set()
            assert (await post(way)).status == 202
            assert [body for _, body in server.requests] == [b"body", b"body"]
            await way.close()

    asyncio.run(check())


@contextlib.asynccontextmanager
async def answering(folder: pathlib.Path, *pieces: bytes, pause: float = 0.0) -> AsyncIterator[str]:
    """A TLS server that answers with these pieces, and then ends the connection; gives its URL."""
    certificate = AUTHORITY.issue_cert("api.test")
    AUTHORITY.cert_pem.write_to_path(folder / "ca.pem")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    certificate.configure_cert(context)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"body")
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(pause)

    async with listening(answer, context) as port:
        yield f"https://api.test:{port}"


HEAD = b"HTTP/1.1 202 Accepted\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"


@pytest.mark.parametrize(
    ("pieces", "failure"),
    [
        ((b"HTTP/1.1 202 Acc",), Failure.INTERRUPTED),
        ((b"nonsense\r\n\r\n",), Failure.INTERRUPTED),
        ((), Failure.INTERRUPTED),
        ((b"HTTP/1.1 200 OK\r\nX: " + b"x" * 2**20 + b"\r\n\r\n",), Failure.INTERRUPTED),
    ],
)
def test_an_answer_without_a_whole_head_is_none(
    tmp_path: pathlib.Path, pieces: tuple[bytes, ...], failure: Failure
) -> None:
    """Only what says its status, in a head of bounded size, counts."""

    async def check() -> None:
        async with answering(tmp_path, *pieces) as url:
            way = transport(url, tmp_path)
            assert (await failing(way)).failure is failure
            await way.close()

    asyncio.run(check())


@pytest.mark.parametrize("status", [202, 413, 422, 429, 503])
@pytest.mark.parametrize(
    "body",
    [(b"x" * 2**17,), (b"x",), tuple([b"x"] * 100)],
    ids=["endless", "cut", "dripping"],
)
def test_an_answer_counts_whatever_follows_its_head(
    tmp_path: pathlib.Path, status: int, body: tuple[bytes, ...]
) -> None:
    """Its status and headers say all: whatever is wrong with its body, it is no failure of the network."""

    async def check() -> None:
        head = b"HTTP/1.1 %d No\r\nRetry-After: 7\r\nContent-Length: 1000000\r\n\r\n" % status
        async with answering(tmp_path, head, *body, pause=0.1 if len(body) > 1 else 0.0) as url:
            way = transport(url, tmp_path)
            answer = await post(way)
            assert (answer.status, answer.headers["retry-after"], answer.body) == (status, "7", b"")
            assert not answer.whole
            await way.close()

    asyncio.run(check())


def test_an_answer_that_drips_ends_at_the_deadline(tmp_path: pathlib.Path) -> None:
    """Each byte comes in time; the whole does not: what is known then is the status, or nothing."""

    async def check() -> None:
        async with answering(tmp_path, HEAD % 1000, *[b"x"] * 100, pause=0.1) as url:
            way = transport(url, tmp_path, timeout=3.0)
            answer = await post(way)
            assert (answer.status, answer.body, answer.whole) == (202, b"", False)
            await way.close()
        async with answering(tmp_path, *[b"x"] * 100, pause=0.1) as url:
            way = transport(url, tmp_path, timeout=3.0)
            error = await failing(way)
            assert error.failure is Failure.TIMEOUT
            assert str(error) == f"no whole answer from {url.removeprefix('https://')} within 3 s"
            await way.close()

    asyncio.run(check())


def test_an_answer_is_not_unpacked(tmp_path: pathlib.Path) -> None:
    """A compressed answer, which was not asked for, is bytes like any others: no bomb goes off."""

    async def check() -> None:
        body = b"HTTP/1.1 202 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nbomb"
        async with answering(tmp_path, body) as url:
            way = transport(url, tmp_path)
            assert (await post(way)).body == b"bomb"
            await way.close()

    asyncio.run(check())


def test_redirects_are_not_followed(tmp_path: pathlib.Path) -> None:
    """A token goes to the endpoint that was configured and nowhere else."""

    async def check() -> None:
        async with endpoint(tmp_path) as server:
            moved = (
                b"HTTP/1.1 307 Moved\r\nLocation: %s/v1/batches\r\nContent-Length: 0\r\n\r\n"
                % server.url.encode()
            )
            async with answering(tmp_path, moved) as url:
                way = transport(url, tmp_path)
                assert (await post(way)).status == 307
                assert server.requests == []
                await way.close()

    asyncio.run(check())


@pytest.mark.parametrize(
    "place",
    [b"javascript:alert(1)", b"http://[\xff:::/", b"https://a:99999999/", b"/" + b"x" * 70_000, b"//"],
)
def test_where_a_redirect_leads_is_not_looked_at(tmp_path: pathlib.Path, place: bytes) -> None:
    """Whatever it says: it is an answer with its status, and no failure."""

    async def check() -> None:
        moved = b"HTTP/1.1 302 Moved\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n" % place
        async with answering(tmp_path, moved) as url:
            way = transport(url, tmp_path)
            assert (await post(way)).status == 302
            await way.close()

    asyncio.run(check())


def test_cookies_are_not_kept(tmp_path: pathlib.Path) -> None:
    """Each request is our own: what an answer asks to be told again is forgotten, or it could grow without end."""
    heads: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            heads.append(await reader.readuntil(b"body"))
            writer.write(b"HTTP/1.1 202 OK\r\nSet-Cookie: a=b; Path=/\r\nContent-Length: 2\r\n\r\n{}")

    async def check() -> None:
        async with listening(answer) as port:
            way = transport(f"http://127.0.0.1:{port}", tmp_path, tls={})
            for _ in range(2):
                assert (await post(way)).status == 202
            await way.close()

    asyncio.run(check())
    assert len(heads) == 2
    assert heads[0] == heads[1]
    assert b"\r\nuser-agent: interceptor/" in heads[0].lower()
    assert b"cookie" not in heads[1].lower()


def test_a_change_in_the_dns_is_followed_in_time(tmp_path: pathlib.Path, names: dict[str, str]) -> None:
    """A kept connection goes on; after ten minutes the name is looked up again."""
    now = 0.0

    async def check() -> None:
        nonlocal now
        async with endpoint(tmp_path) as server:
            way = transport(server.url, tmp_path, clock=lambda: now)
            assert (await post(way)).status == 202
            names["api.test"] = "127.0.0.2"  # where nobody listens
            assert (await post(way)).status == 202
            now = 601.0
            assert (await failing(way)).failure is Failure.CONNECT
            names["api.test"] = "127.0.0.1"
            assert (await post(way)).status == 202
            await way.close()

    asyncio.run(check())


def test_nothing_secret_is_logged(tmp_path: pathlib.Path, caplog: pytest.LogCaptureFixture) -> None:
    """Neither by us nor by the libraries below, at their most talkative."""
    caplog.set_level(logging.DEBUG)

    async def check() -> None:
        async def proxy(_: Peer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"HTTP/1.1 407 No\r\n\r\n")
            await reader.read(1)

        async with endpoint(tmp_path) as server, peer(proxy) as middle:
            settings = {"url": f"http://{USER}:{PASSWORD}@127.0.0.1:{middle.port}"}
            await failing(transport(server.url, tmp_path, proxy=settings))
            settings = {"url": f"socks5h://{USER}:{PASSWORD}@127.0.0.1:{middle.port}"}
            await failing(transport(server.url, tmp_path, timeout=1.0, proxy=settings))
            way = transport(server.url, tmp_path)
            await post(way)
            await way.close()

    with structlog.testing.capture_logs() as events:
        asyncio.run(check())
    assert "s3cret" not in f"{caplog.text} {events}"
