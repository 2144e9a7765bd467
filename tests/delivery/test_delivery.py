"""The whole way: spool, uploader, mutual TLS, a proxy with credentials; every fault on it, and what is told of it.

One table of faults. Whatever the fault: every record arrives once or is counted as dropped, the state says what is
wrong while it is, and nothing secret is in logs, texts, objects or files.
"""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import structlog
import trustme

from interceptor.cli import main
from interceptor.config import Config
from interceptor.delivery.batches import Origin, seal
from interceptor.delivery.proxies import deciding
from interceptor.delivery.sender import Outcome, Sender
from interceptor.delivery.spool import Spool
from interceptor.delivery.transport import Transport
from interceptor.delivery.uploader import Backoff, State, Uploader
from tests.support.cloud import answer, cloud
from tests.support.proxies import peer, relay

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from interceptor.delivery.batches import Batch
    from tests.support.cloud import Cloud, Exchange
    from tests.support.proxies import Peer

AUTHORITY = trustme.CA()
AGENT = AUTHORITY.issue_cert("agent.test")
ORIGIN = Origin("interceptor/0.1.0", "cluster", "node")
TOKEN, USER, PASSWORD = "t0ken-s3cret", "agent", "pr0xy-s3cret"
CREDENTIALS = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
KEY = AGENT.private_key_pem.bytes().decode().splitlines()[1]
SECRETS = (TOKEN, PASSWORD, CREDENTIALS, KEY)
WORDS = "w0rds-0f-others"
"""What the other side says is not repeated."""
NOON, LATER = "Tue, 24 Nov 2026 12:00:00 GMT", "Tue, 24 Nov 2026 12:02:00 GMT"


# --- faults --------------------------------------------------------------------------------------------------


def says(status: int, body: bytes = WORDS.encode(), kind: str = "application/json", **headers: str) -> Any:
    """The endpoint answers this, and has not taken the batch."""

    async def fault(_: Cloud, exchange: Exchange) -> None:
        await exchange.say(answer(status, body, kind, **headers))

    return fault


async def takes_and_resets(cloud: Cloud, exchange: Exchange) -> None:
    """The batch arrives, its answer does not."""
    cloud.take(exchange)
    exchange.writer.transport.abort()


async def takes_and_drips(cloud: Cloud, exchange: Exchange) -> None:
    """The answer's head comes, and then its body, byte by byte, and never to its end."""
    whole = cloud.take(exchange).replace(b"Content-Length: ", b"Content-Length: 9")
    head, _, body = whole.partition(b"\r\n\r\n")
    await exchange.say(
        head + b"\r\n\r\n", *(body[place : place + 1] for place in range(len(body))), pause=0.05
    )


async def takes_and_says_much(cloud: Cloud, exchange: Exchange) -> None:
    """An answer that is no answer of ours."""
    cloud.take(exchange)
    await exchange.say(answer(202, b" " * 2**20))


def refuses(status: int) -> Any:
    """The proxy does not connect us."""

    async def fault(_: Peer, __: asyncio.StreamReader, writer: asyncio.StreamWriter, ___: int) -> None:
        writer.write(f"HTTP/1.1 {status} {WORDS}\r\nContent-Length: 0\r\n\r\n".encode())
        await writer.drain()

    return fault


async def never_connects(_: Peer, reader: asyncio.StreamReader, __: asyncio.StreamWriter, ___: int) -> None:
    """No answer to CONNECT."""
    await reader.read()


async def is_no_tls(_: Peer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, __: int) -> None:
    """Something else at the other end of the tunnel."""
    writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
    await reader.read(1)
    writer.write(b"220 mail.example ESMTP\r\n")
    await writer.drain()


async def ends_the_tunnel(
    _: Peer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, __: int
) -> None:
    """After its 200."""
    writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
    await reader.read(1)


async def resets(_: Peer, __: asyncio.StreamReader, writer: asyncio.StreamWriter, ___: int) -> None:
    """At once."""
    writer.transport.abort()


def problem(status: int, **more: Any) -> bytes:
    """As the API refuses."""
    return json.dumps({"title": "invalid", "status": status, "detail": "It does not hold.", **more}).encode()


@dataclass
class Row:
    """A fault, and what comes of it."""

    told: str
    state: State
    outcome: Outcome
    at_cloud: Any = None
    at_proxy: Any = None
    times: int = 2
    counts: dict[Outcome, int] = field(default_factory=dict)
    """Where it is not: the fault so often, and each of three batches once."""
    dropped: dict[str, int] = field(default_factory=dict)
    asked: float = 0.0
    """Seconds, by Retry-After."""
    most: int = 1_000
    timeout: float = 20.0


def retried(told: str, **how: Any) -> Row:
    """It passes by itself."""
    return Row(told, State.RETRYING, Outcome.RETRY, **how)


ARRIVED = {Outcome.RETRY: 2, Outcome.DUPLICATE: 1, Outcome.DELIVERED: 2}
"""The answers of two tries were lost: the batch is known when it comes again."""

ROWS = [
    *(retried(f"answer {code}", at_cloud=says(code)) for code in (408, 425, 429, 500, 502, 503, 504, 520)),
    retried("429 with seconds", at_cloud=says(429, Retry_After="120"), asked=120),
    retried("429 with a date", at_cloud=says(429, Retry_After=LATER, Date=NOON), asked=120),
    retried("503 with a day", at_cloud=says(503, Retry_After="86400"), asked=900),
    retried("503 with nonsense", at_cloud=says(503, Retry_After="soon, or -1")),
    retried("taken, then reset", at_cloud=takes_and_resets, counts=ARRIVED),
    # a 2xx whose status line came is delivered, however it goes on
    Row(
        "taken, then dripping",
        State.OK,
        Outcome.DELIVERED,
        at_cloud=takes_and_drips,
        counts={Outcome.DELIVERED: 3},
        timeout=3.0,
    ),
    Row(
        "taken, then endless",
        State.OK,
        Outcome.DELIVERED,
        at_cloud=takes_and_says_much,
        counts={Outcome.DELIVERED: 3},
    ),
    *(Row(f"answer {code}", State.AUTH, Outcome.AUTH, at_cloud=says(code)) for code in (401, 403)),
    *(
        Row(f"answer {code}", State.CONFIGURATION, Outcome.CONFIGURATION, at_cloud=says(code, Location="/"))
        for code in (
            301,
            302,
            307,
            308,
            400,
            402,
            404,
            405,
            406,
            410,
            411,
            415,
            418,
            421,
            422,
            426,
            431,
            451,
            501,
            505,
        )
    ),
    # nginx, of an http:// URL that names its TLS port
    Row(
        "answer 400 with a web page",
        State.CONFIGURATION,
        Outcome.CONFIGURATION,
        at_cloud=says(400, b"<html>400 The plain HTTP request was sent to HTTPS port</html>", "text/html"),
    ),
    Row(
        "answer 409 with a web page",
        State.CONFIGURATION,
        Outcome.CONFIGURATION,
        at_cloud=says(409, b"<html>", "text/html"),
    ),
    Row(
        "answer 400 in a gateway's JSON",
        State.CONFIGURATION,
        Outcome.CONFIGURATION,
        at_cloud=says(400, b'{"message":"w0rds-0f-others"}'),
    ),
    Row(
        "captive portal",
        State.CONFIGURATION,
        Outcome.CONFIGURATION,
        at_cloud=says(200, b"<html>", "text/html"),
    ),
    *(
        Row(
            f"answer {code} of the API",
            State.OK,
            Outcome.QUARANTINED,
            at_cloud=says(code, problem(code), "application/problem+json"),
            counts={Outcome.QUARANTINED: 2, Outcome.DELIVERED: 1},
            dropped={"refused": 8},
        )
        for code in (400, 422)
    ),
    Row(
        "one record refused",
        State.OK,
        Outcome.QUARANTINED,
        at_cloud=says(422, problem(422, line=3), "application/problem+json"),
        times=1,
        # the rest goes in two halves
        counts={Outcome.QUARANTINED: 1, Outcome.DELIVERED: 4},
        dropped={"rejected": 1},
    ),
    Row(
        "several records refused",
        State.OK,
        Outcome.QUARANTINED,
        at_cloud=says(
            422,
            problem(422, line=2, lines=[{"line": 2, "detail": "x"}, {"line": 3}, {"line": 5}]),
            "application/problem+json",
        ),
        times=1,
        counts={Outcome.QUARANTINED: 1, Outcome.DELIVERED: 3},
        dropped={"rejected": 3},
    ),
    Row(
        "too large",
        State.OK,
        Outcome.TOO_LARGE,
        most=1,
        counts={Outcome.TOO_LARGE: 9, Outcome.DELIVERED: 12},
    ),
    Row(
        "too large whatever its size",
        State.OK,
        Outcome.TOO_LARGE,
        at_cloud=says(413),
        times=3,
        # the first batch is halved, its first half is, and the first record of that is put aside
        counts={Outcome.TOO_LARGE: 2, Outcome.QUARANTINED: 1, Outcome.DELIVERED: 4},
        dropped={"too_large": 1},
    ),
    Row(
        "known before",
        State.OK,
        Outcome.DUPLICATE,
        at_cloud=lambda cloud, exchange: exchange.say(cloud.take(exchange) and answer(409)),
        counts={Outcome.DUPLICATE: 2, Outcome.DELIVERED: 1},
    ),
    *(
        Row(f"proxy answers {code}", State.PROXY, Outcome.PROXY, at_proxy=refuses(code))
        for code in (401, 403, 407)
    ),
    *(retried(f"proxy answers {code}", at_proxy=refuses(code)) for code in (500, 502, 503, 504)),
    retried("proxy never answers CONNECT", at_proxy=never_connects, timeout=3.0),
    retried("no TLS in the tunnel", at_proxy=is_no_tls),
    retried("150 times no TLS in the tunnel", at_proxy=is_no_tls, times=150),
    retried("tunnel cut", at_proxy=ends_the_tunnel),
    retried("proxy resets", at_proxy=resets),
]


# --- the way -------------------------------------------------------------------------------------------------


def sealed() -> list[Batch]:
    """Three batches of four records."""
    return [
        seal([b"".join(b'{"id":"%d-%d"}\n' % (which, number) for number in range(4))], 4, ORIGIN, which)
        for which in range(3)
    ]


def secure(folder: Path) -> ssl.SSLContext:
    """Write the files, and give the context of a server that wants certificates."""
    AUTHORITY.cert_pem.write_to_path(folder / "ca.pem")
    AGENT.private_key_pem.write_to_path(folder / "agent.key")
    AGENT.cert_chain_pems[0].write_to_path(folder / "agent.pem")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=folder / "ca.pem")
    context.verify_mode = ssl.CERT_REQUIRED
    AUTHORITY.issue_cert("api.test").configure_cert(context)
    return context


def settings(folder: Path, endpoint: str, proxy: int, timeout: float) -> Config:
    """All that can be set."""
    (folder / "token").write_text(TOKEN)
    return Config.model_validate(
        {
            "endpoint": endpoint,
            "token_file": folder / "token",
            "proxy": {"url": f"http://{USER}:{PASSWORD}@127.0.0.1:{proxy}"},
            "tls": {
                "ca_file": folder / "ca.pem",
                "cert_file": folder / "agent.pem",
                "key_file": folder / "agent.key",
            },
            "spool": {"directory": folder / "spool", "min_free_bytes": 0},
            "upload": {"timeout_seconds": timeout},
        }
    )


def proxy_of(row: Row, port: Callable[[], int]) -> Callable[..., Awaitable[None]]:
    """Its fault so often, and then a proxy that works."""

    async def handle(self: Peer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if row.at_proxy is not None and self.connections <= row.times:
            await row.at_proxy(self, reader, writer, port())
        else:
            await relay(reader, writer, port())

    return handle


async def deliver(row: Row, folder: Path) -> list[object]:
    """Deliver three batches against the fault; gives all that was told of it."""
    slept: list[float] = []
    told: list[object] = []
    states: set[State] = set()
    expected = row.counts or {row.outcome: row.times, Outcome.DELIVERED: 3}

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        states.add(uploader.state)
        assert uploader.trouble
        told.append(uploader.trouble)
        await asyncio.sleep(0)

    async with cloud(secure(folder)) as served, peer(proxy_of(row, lambda: served.port)) as middle:
        served.most = row.most
        served.faults = [row.at_cloud] * row.times if row.at_cloud else []
        config = settings(folder, served.url, middle.port, row.timeout)
        decisions, _ = deciding(served.url, config.proxy, {})
        decision = decisions.current()
        way = Transport(served.url, decisions, config.tls, config.proxy.ca_file, row.timeout)
        spool = Spool(config.spool)
        for batch in sealed():
            await spool.append(batch)
        uploader = Uploader(spool, Sender(config, way), sleep=sleep, backoff=Backoff(lambda: 1.0))
        running = asyncio.create_task(uploader.run())
        try:
            async with asyncio.timeout(120):
                # the queue knows of a batch's end a little before the counters do
                while not running.done() and (  # noqa: ASYNC110 - there is no event for it
                    spool.counters.batches
                    or sum(uploader.counters.outcomes.values()) < sum(expected.values())
                ):
                    await asyncio.sleep(0.01)
        finally:
            running.cancel()
            (ended,) = await asyncio.gather(running, return_exceptions=True)
            await way.close()
            await spool.close()
        assert isinstance(ended, asyncio.CancelledError), ended
        (ledger,) = spool.ledger()
        assert ledger.balanced
        assert ledger.dropped == row.dropped
        assert ledger.delivered == len(served.records) == 12 - sum(row.dropped.values())
        assert len(set(served.records)) == len(served.records)
        assert {each: count for each, count in uploader.counters.outcomes.items() if count} == expected
        assert states == ({row.state} - {State.OK})
        assert (uploader.state, uploader.trouble) == (State.OK, None)
        assert len(slept) == uploader.counters.retries == sum(expected.get(each, 0) for each in WAITED)
        for seconds in slept:
            assert row.asked <= seconds <= row.asked + 60
        for head in served.heads:
            assert head["authorization"] == f"Bearer {TOKEN}"
            assert "proxy-authorization" not in head
        for request in middle.heads:
            assert f"Proxy-Authorization: Basic {CREDENTIALS}".encode() in request
            assert TOKEN.encode() not in request
        told += [repr(each) for each in (config, decision, decision.proxy, way, uploader, uploader.counters)]
        told += [str(decision), spool.counters]
    return told


WAITED = (Outcome.RETRY, Outcome.AUTH, Outcome.CONFIGURATION, Outcome.PROXY)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.told)
def test_every_record_arrives_or_is_counted(
    row: Row, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever goes wrong on the way; and nothing secret is told of it, by us or by the libraries below."""
    caplog.set_level(logging.DEBUG)
    with structlog.testing.capture_logs() as events:
        told = asyncio.run(deliver(row, tmp_path))
    files = b"".join(path.read_bytes() for path in (tmp_path / "spool").rglob("*") if path.is_file())
    everything = f"{told} {events} {caplog.text} {files.decode('latin-1')}"
    assert [secret for secret in SECRETS if secret in everything] == []
    assert WORDS not in f"{told} {events}"
    assert not any("\n" in str(each) for each in told)


def test_the_secrets_are_where_they_belong(tmp_path: Path) -> None:
    """What the search looks for is what was configured: it could find it."""
    secure(tmp_path)
    config = settings(tmp_path, "https://api.test", 1, 1.0)
    assert KEY in (tmp_path / "agent.key").read_text()
    assert config.proxy.url is not None
    assert PASSWORD in config.proxy.url.get_secret_value()
    assert len(KEY) > 40


def test_interceptor_check_tells_the_way_and_no_secret(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The decision and its rule, the endpoint, the token: a line each; and what is wrong with any of them."""
    for variable in (
        "HTTPS_PROXY",
        "https_proxy",
        "ALL_PROXY",
        "all_proxy",
        "PROXY_URL",
        "NO_PROXY",
        "no_proxy",
    ):
        monkeypatch.delenv(variable, raising=False)
    capture = Path(__file__).parents[2] / "fixtures" / "real" / "keepalive.pcap"

    async def check() -> None:
        async with cloud(secure(tmp_path)) as served, peer(proxy_of(ROWS[0], lambda: served.port)) as middle:
            config = settings(tmp_path, served.url, middle.port, 20.0)
            proxy = config.proxy.url
            assert proxy is not None
            known = config.model_dump(mode="json", include={"endpoint", "token_file", "tls", "spool"})
            known |= {"capture": {"sources": [f"file:{capture}"]}, "proxy": {"url": proxy.get_secret_value()}}
            (tmp_path / "config.yaml").write_text(json.dumps(known))
            command = ["check", "--config", str(tmp_path / "config.yaml")]
            assert await asyncio.to_thread(main, command) == 0
            served.faults = [says(401)]
            assert await asyncio.to_thread(main, command) == 1
            (tmp_path / "ca.pem").write_text("nothing")
            assert await asyncio.to_thread(main, command) == 1
            said = capfd.readouterr()
            told = said.out + said.err
            assert f"{served.url} via http://127.0.0.1:{middle.port} (proxy.url; no rule excepts it)" in told
            for line in (
                "ok      endpoint: answers, its certificate is good",
                "ok      token: accepted",
                "FAILED  token: the endpoint answered 401",
                f"FAILED  endpoint: tls.ca_file {tmp_path / 'ca.pem'}: holds no authorities (PEM) that can be read",
            ):
                assert line in told, told
            assert [secret for secret in SECRETS if secret in told] == []
            assert served.taken == {}

    try:
        asyncio.run(check())
    finally:
        structlog.reset_defaults()  # the command is a process of its own otherwise
