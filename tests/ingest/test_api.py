"""The ingest API: every answer, hostile bodies, and the document that describes it."""

from __future__ import annotations

import asyncio
import gzip
import json
import re
import socket
import zlib
from contextlib import asynccontextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

import httpx
import msgspec
import pytest
import schemathesis
import structlog
import trustme
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr
from schemathesis.specs.openapi.checks import positive_data_acceptance
from starlette.applications import Starlette
from starlette.requests import Request

from interceptor.config import Ingest, Server
from interceptor.core.records.encoder import Record
from interceptor.delivery.batches import Header
from interceptor.ingest import api as module
from interceptor.ingest.access import Access
from interceptor.ingest.api import Incoming, IngestApi, Outcome, SinkFullError, Taken, document
from interceptor.ingest.lines import Row
from interceptor.service.server import serving
from tests.support.records import batch, headers, lines, record

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from interceptor.delivery.batches import Batch

LIMIT = 64 * 2**10


class Shelf:
    """Keeps batches in memory, as a sink does."""

    def __init__(self) -> None:
        self.batches: dict[str, Incoming] = {}
        self.problem: Exception | None = None

    async def take(self, batch: Incoming) -> Taken:
        """Keep it."""
        if self.problem:
            raise self.problem
        known = batch.header.id in self.batches
        self.batches.setdefault(batch.header.id, batch)
        return Taken(batch.header.count, duplicate=known)


class Cloud:
    """A running server, and a client of it."""

    def __init__(self, shelf: Shelf, api: IngestApi, port: int, client: httpx.AsyncClient) -> None:
        self.port = port
        self.shelf = shelf
        self.api = api
        self.client = client

    async def post(self, body: Any, **changes: str | None) -> httpx.Response:
        """Send a body; `changes` are headers, None leaves one out."""
        sent = headers(batch()) | {name.replace("_", "-"): value for name, value in changes.items()}
        known = {name: value for name, value in sent.items() if value is not None}
        return await self.client.post("/v1/batches", content=body, headers=known)

    async def send(self, sealed: Batch, **changes: str | None) -> httpx.Response:
        """Send a batch."""
        found = {name.replace("-", "_"): value for name, value in headers(sealed).items()}
        return await self.post(sealed.body, **found | changes)


def application(shelf: Shelf, **options: Any) -> tuple[Starlette, IngestApi]:
    """The API over a shelf."""
    config = Ingest(tokens=(SecretStr("secret-token-for-tests"),), max_batch_bytes=LIMIT, **options)
    api = IngestApi(shelf, Access.to_send(config), config)
    return Starlette(routes=api.routes()), api


@asynccontextmanager
async def cloud(**options: Any) -> AsyncIterator[Cloud]:
    """The API on a real server."""
    shelf = Shelf()
    app, api = application(shelf, **options)
    async with (
        serving(app, Server(address="127.0.0.1", port=0)) as port,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=30) as client,
    ):
        yield Cloud(shelf, api, port, client)


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
def test_a_batch_is_taken_as_it_was_sent(encoding: Any) -> None:
    """The sink gets the very bytes, and their text; the sender learns how many records are accepted."""

    async def check() -> None:
        sealed = batch(record(), record(), encoding=encoding)
        async with cloud() as it:
            answer = await it.send(sealed)
            assert (answer.status_code, answer.json()) == (202, {"accepted": 2, "rejected": 0})
            (kept,) = it.shelf.batches.values()
            assert (kept.body, kept.encoding) == (sealed.body, encoding)
            assert kept.header.id == sealed.id
            assert kept.text.count(b"\n") == 3
            assert it.api.counters.batches[Outcome.TAKEN] == 1
            assert it.api.counters.records == 2

    asyncio.run(check())


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
def test_where_only_templates_are_wanted_open_records_stay_outside(encoding: Any) -> None:
    """Each for itself, of whatever kind; the others are taken, the answer counts both, the same on every try."""

    async def check() -> None:
        opened = [
            record(**{"url.shown": "path"}),
            record(**{"url.path": "/users/jane"}),
            record(**{"url.query": "q=jane", "kind": "later", "schema": 9}),
        ]
        sealed = batch(record(), *opened, record(), encoding=encoding)
        async with cloud(templates_only=True) as it:
            for _ in range(2):
                answer = await it.send(sealed)
                told = answer.json()
                assert (answer.status_code, told["accepted"], told["rejected"]) == (202, 2, 3)
                assert [line["line"] for line in told["lines"]] == [3, 4, 5]
            (kept,) = it.shelf.batches.values()
            assert (kept.header.id, kept.header.count) == (sealed.id, 2)
            assert b"jane" not in kept.text + kept.body
            assert b"url.shown" not in kept.text
            assert it.api.counters.records == 2
            assert it.api.counters.rejected_records == 3

            alone = batch(*opened)
            answer = await it.send(alone)
            assert (answer.status_code, len(answer.json()["lines"])) == (422, 3)
            assert alone.id not in it.shelf.batches

            closed = batch(record(), encoding=encoding)
            await it.send(closed)
            assert it.shelf.batches[closed.id].body == closed.body

    asyncio.run(check())


def test_plain_bodies_are_taken_too() -> None:
    """Without Content-Encoding, for curl and the curious."""

    async def check() -> None:
        sealed = batch(record())
        async with cloud() as it:
            body = gzip.decompress(sealed.body)
            assert (await it.send(sealed, Content_Encoding="identity")).status_code == 422  # it is gzip
            plain = {name.replace("-", "_"): value for name, value in headers(sealed).items()}
            answer = await it.post(body, **plain | {"Content_Encoding": None})
            assert answer.status_code == 202
            typed = await it.post(
                body,
                **plain
                | {"Content_Encoding": "identity", "Content_Type": "Application/X-NDJSON; charset=utf-8"},
            )
            assert typed.status_code == 202

    asyncio.run(check())


def test_the_same_batch_again_gets_the_same_answer() -> None:
    """It counts as a duplicate, and its records are not counted again."""

    async def check() -> None:
        sealed = batch(record())
        async with cloud() as it:
            answers = [await it.send(sealed) for _ in range(3)]
            assert [answer.status_code for answer in answers] == [202] * 3
            assert len({answer.text for answer in answers}) == 1
            assert it.api.counters.batches[Outcome.DUPLICATE] == 2
            assert it.api.counters.records == 1

    asyncio.run(check())


def test_a_batch_without_records_is_a_probe() -> None:
    """It goes the whole way but to the sink."""

    async def check() -> None:
        async with cloud() as it:
            answer = await it.send(batch())
            assert (answer.status_code, answer.json()) == (202, {"accepted": 0, "rejected": 0})
            assert it.shelf.batches == {}
            assert (await it.send(batch(), Authorization="Bearer other")).status_code == 401

    asyncio.run(check())


@pytest.mark.parametrize(
    "shown", [None, "Bearer other", "Basic secret-token-for-tests", "Bearer", "secret-token-for-tests"]
)
def test_a_stranger_is_refused(shown: str | None) -> None:
    """RFC 9110 section 11.6.1: with a challenge. Nothing of the body is looked at."""

    async def check() -> None:
        async with cloud() as it:
            answer = await it.send(batch(record()), Authorization=shown)
            assert answer.status_code == 401
            assert answer.headers["WWW-Authenticate"].startswith("Bearer")
            assert it.shelf.batches == {}
            assert it.api.counters.batches[Outcome.UNAUTHORIZED] == 1

    asyncio.run(check())


def test_the_log_says_who_shows_no_token_that_is_known() -> None:
    """Once each, however often it comes; never what it shows. Of very many, that there are."""

    async def check() -> None:
        async with cloud() as it:
            for _ in range(30):
                await it.send(
                    batch(record()), Authorization="Bearer s0me-other", User_Agent="interceptor/9\x07"
                )

    with structlog.testing.capture_logs() as events:
        asyncio.run(check())
    (event,) = [event for event in events if event["event"] == "client_refused"]
    assert (event["client"], event["user_agent"]) == ("127.0.0.1", "interceptor/9")
    assert "s0me-other" not in str(events)


def test_a_crowd_of_strangers_is_told_in_a_bounded_number_of_lines() -> None:
    """And anew after some minutes."""
    times = iter([0.0] * 500 + [601.0])
    strangers = module._Strangers(lambda: next(times))

    def asked(number: int) -> Any:
        return Request({"type": "http", "headers": [], "client": (f"10.0.{number // 256}.{number % 256}", 1)})

    with structlog.testing.capture_logs() as events:
        for number in range(499):
            strangers.note(asked(number))
    assert [event["event"] for event in events] == ["client_refused"] * 64 + ["clients_refused"]
    with structlog.testing.capture_logs() as events:
        strangers.note(asked(1))
    assert [event["client"] for event in events] == ["10.0.0.1"]


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"Content_Type": "application/json"}, 415),
        ({"Content_Type": None}, 415),
        ({"Content_Encoding": "br"}, 415),
        ({"Content_Encoding": "gzip, gzip"}, 415),
        ({"Idempotency_Key": None}, 400),
        ({"Idempotency_Key": "1"}, 400),
        ({"Idempotency_Key": "A" * 32}, 400),
        ({"Idempotency_Key": "0" * 32}, 422),
    ],
)
def test_headers_that_do_not_hold_are_refused(changes: dict[str, str | None], status: int) -> None:
    """A problem document says which; an encoding that is not known is answered with those that are."""

    async def check() -> None:
        async with cloud() as it:
            answer = await it.send(batch(record()), **changes)
            assert answer.status_code == status
            assert answer.headers["Content-Type"] == "application/problem+json"
            assert answer.json()["status"] == status
            assert ("Accept-Encoding" in answer.headers) == ("Content_Encoding" in changes)
            assert it.shelf.batches == {}

    asyncio.run(check())


def test_one_bad_record_costs_one_record() -> None:
    """The others are taken under the batch's id; the answer names the lines that were not. The header is line 1."""

    async def check() -> None:
        sealed = batch(record(), record(), record(server_port=-1), record(), record(id="bad"))
        async with cloud() as it:
            answers = [await it.send(sealed) for _ in range(2)]
            assert [answer.status_code for answer in answers] == [202, 202]
            assert answers[0].json() == answers[1].json()
            told = answers[0].json()
            assert (told["accepted"], told["rejected"]) == (3, 2)
            assert [one["line"] for one in told["lines"]] == [4, 6]
            assert "server.port" in told["lines"][0]["detail"]
            (kept,) = it.shelf.batches.values()
            assert (kept.header.id, kept.header.count, kept.text.count(b"\n")) == (sealed.id, 3, 4)
            counters = it.api.counters
            assert (counters.records, counters.rejected_records) == (3, 2)
            assert (counters.batches[Outcome.TAKEN], counters.batches[Outcome.DUPLICATE]) == (1, 1)

    asyncio.run(check())


def test_a_batch_of_which_nothing_holds_is_refused() -> None:
    """Whoever sends it has something to mend: 422, with `line`, which agents of the first version look for."""

    async def check() -> None:
        async with cloud() as it:
            answer = await it.send(batch(record(server_port=-1), record(id="bad")))
            assert answer.status_code == 422
            assert answer.json()["line"] == 2
            assert [one["line"] for one in answer.json()["lines"]] == [2, 3]
            assert "server.port" in answer.json()["detail"]
            assert it.shelf.batches == {}
            assert it.api.counters.rejected_records == 2

    asyncio.run(check())


def test_the_log_says_who_sends_what_does_not_hold() -> None:
    """The node, a line and why; nothing of the record."""

    async def check() -> None:
        async with cloud() as it:
            await it.send(batch(record(), record(server_port=-77), node="node-7"))

    with structlog.testing.capture_logs() as events:
        asyncio.run(check())
    (event,) = events
    assert (event["event"], event["node"], event["line"], event["records"]) == (
        "records_refused",
        "node-7",
        3,
        1,
    )
    assert "-77" not in str(event)


def deflated(size: int) -> bytes:
    """So many zeros, by gzip."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    packed = [packer.compress(bytes(2**20)) for _ in range(size // 2**20)]
    return b"".join([*packed, packer.flush()])


BOMB = deflated(60 * 2**20)
"""Sixty mebibytes in less than 64 KiB."""


@pytest.mark.parametrize(
    ("body", "encoding", "status"),
    [
        (BOMB, "gzip", 413),
        (zstandard.ZstdCompressor().compress(bytes(2**30)), "zstd", 413),
        (b"not gzip", "gzip", 400),
        (b"not zstd", "zstd", 400),
        (b"", "gzip", 400),
        (b"", "identity", 422),
        (gzip.compress(b"")[:-4], "gzip", 400),
        (gzip.compress(b"{}\n"), "gzip", 422),
        (gzip.compress(b"{}\n") + b"tail", "gzip", 400),
        (b"\n" * 1_000, "identity", 422),
        (b"\x00\xff" * 1_000, "identity", 422),
        (b'{"kind":"batch","schema":1,"id":' + b"[" * 60_000, "identity", 422),
        (b'{"kind":"batch","x":' + b"[" * 4_000 + b"\n", "identity", 422),
        (b"a" * (LIMIT + 1), "identity", 413),
    ],
    ids=range(14),
)
def test_hostile_bodies_get_an_answer(body: bytes, encoding: str, status: int) -> None:
    """Bombs, cuts, rubbish and nesting; and the server goes on."""
    assert status == 413 or len(body) <= LIMIT

    async def check() -> None:
        async with cloud() as it:
            answer = await it.post(body, Content_Encoding=encoding)
            assert answer.status_code == status
            assert it.shelf.batches == {}
            assert (await it.send(batch(record()))).status_code == 202
            assert it.api.counters.batches[Outcome.FAILED] == 0

    asyncio.run(check())


@given(st.binary(max_size=300), st.sampled_from(["gzip", "zstd", "identity"]))
@settings(max_examples=60, suppress_health_check=list(HealthCheck))
def test_any_bytes_get_an_answer(body: bytes, encoding: str) -> None:
    """Never a defect's."""

    async def check() -> None:
        shelf = Shelf()
        app, api = application(shelf)
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://api.test") as client:
            for content in (body, gzip.compress(body) if encoding == "gzip" else body):
                answer = await client.post(
                    "/v1/batches", content=content, headers=headers(batch()) | {"Content-Encoding": encoding}
                )
                assert answer.status_code in {400, 413, 422}
        assert api.counters.batches[Outcome.FAILED] == 0
        assert shelf.batches == {}

    asyncio.run(check())


async def chunks(size: int, sent: list[int]) -> AsyncIterator[bytes]:
    """A body of unknown length; what was asked for is in `sent`."""
    for _ in range(size // 4096):
        sent.append(4096)
        yield b"a" * 4096


def test_a_body_without_length_is_counted() -> None:
    """Chunked, and larger than allowed: 413, though it was not announced."""

    async def check() -> None:
        async with cloud() as it:
            answer = await it.post(chunks(4 * LIMIT, []), Content_Encoding="identity")
            assert answer.status_code == 413
            assert it.api.counters.batches[Outcome.TOO_LARGE] == 1
            assert it.api._bodies.size == 0

    asyncio.run(check())


async def until(holds: Callable[[], object]) -> None:
    """Wait until it does."""
    async with asyncio.timeout(30):
        while not holds():  # noqa: ASYNC110 - what is waited for is another's
            await asyncio.sleep(0.01)


def raw(port: int, text: bytes) -> bytes:
    """What is answered to these bytes, to the end of the connection."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(text)
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
    return answer


@pytest.mark.parametrize(
    "more", [b"Content-Length: 99999999999\r\n", b"Content-Length: 99999999\r\nExpect: 100-continue\r\n"]
)
def test_a_huge_body_is_refused_before_it_is_read(more: bytes) -> None:
    """413 as soon as the head says so; not a byte of the body is waited for, and none is asked for."""

    async def check() -> None:
        async with cloud() as it:
            head = b"POST /v1/batches HTTP/1.1\r\nHost: a\r\n" + more
            for name, value in headers(batch()).items():
                head += f"{name}: {value}\r\n".encode()
            answer = await asyncio.to_thread(raw, it.port, head + b"\r\n")
            assert answer.startswith(b"HTTP/1.1 413 ")
            assert b"100 Continue" not in answer
            assert b"connection: close" in answer.lower()

    asyncio.run(check())


def test_a_refused_body_is_read_to_its_end() -> None:
    """A client that writes first and reads then gets its answer, not a reset, and learns to send halves."""

    async def check() -> None:
        async with cloud() as it:
            body = b"a" * (20 * LIMIT)
            head = b"POST /v1/batches HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n" % len(body)
            for name, value in headers(batch(), token="wrong").items():
                head += f"{name}: {value}\r\n".encode()
            answer = await asyncio.to_thread(raw, it.port, head + b"\r\n" + body)
            assert answer.startswith(b"HTTP/1.1 401 ")

    asyncio.run(check())


def test_a_body_that_stops_coming_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """408, and what it held is free again."""
    monkeypatch.setattr(module, "_READ_SECONDS", 0.2)

    async def check() -> None:
        async with cloud() as it:
            head = b"POST /v1/batches HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n"
            for name, value in headers(batch()).items():
                head += f"{name}: {value}\r\n".encode()
            answer = await asyncio.to_thread(raw, it.port, head + b"\r\nabc")
            assert answer.startswith(b"HTTP/1.1 408 ")
            assert it.api.counters.batches[Outcome.TOO_SLOW] == 1
            assert it.api._bodies.size == 0

    asyncio.run(check())


def test_a_client_that_goes_away_is_counted() -> None:
    """In the middle of its body; nothing is logged as a defect."""

    async def check() -> None:
        async with cloud() as it:
            head = "POST /v1/batches HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n"
            for name, value in headers(batch()).items():
                head += f"{name}: {value}\r\n"
            _, writer = await asyncio.open_connection("127.0.0.1", it.port)
            writer.write((head + "\r\nabc").encode())
            await writer.drain()
            writer.close()
            await until(lambda: it.api.counters.batches[Outcome.ABORTED])
            assert it.api._bodies.size == 0

    asyncio.run(check())


def test_what_is_held_has_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """Slow clients hold what they have sent; beyond the bound others are told when to come again."""
    monkeypatch.setattr(module, "_HELD", LIMIT)

    async def check() -> None:
        async with cloud() as it:
            head = f"POST /v1/batches HTTP/1.1\r\nHost: a\r\nContent-Length: {LIMIT}\r\n"
            for name, value in headers(batch()).items():
                head += f"{name}: {value}\r\n"
            _, slow = await asyncio.open_connection("127.0.0.1", it.port)
            slow.write(head.encode() + b"\r\n" + b"a" * (LIMIT - 100))
            await until(lambda: it.api._bodies.size >= LIMIT - 100)
            large = batch(*[record() for _ in range(20)])
            assert len(large.body) > 100
            answer = await it.send(large)
            assert answer.status_code == 503
            assert int(answer.headers["Retry-After"]) > 0
            slow.close()
            await until(lambda: not it.api._bodies.size)
            assert (await it.send(large)).status_code == 202

    asyncio.run(check())


def test_a_full_sink_says_when_to_come_again() -> None:
    """503 with Retry-After; the batch is taken when there is room."""

    async def check() -> None:
        sealed = batch(record())
        async with cloud() as it:
            it.shelf.problem = SinkFullError("The spool is full.", 17)
            answer = await it.send(sealed)
            assert (answer.status_code, answer.headers["Retry-After"]) == (503, "17")
            it.shelf.problem = None
            assert (await it.send(sealed)).status_code == 202
            assert it.api.counters.batches[Outcome.FULL] == 1

    asyncio.run(check())


def test_a_sink_that_fails_loses_nothing() -> None:
    """500: the sender keeps the batch. What went wrong is not told to strangers, and the next batch is taken."""

    async def check() -> None:
        async with cloud() as it:
            it.shelf.problem = RuntimeError("a secret of the disk")
            answer = await it.send(batch(record()))
            assert answer.status_code == 500
            assert "secret" not in answer.text
            it.shelf.problem = None
            assert (await it.send(batch(record()))).status_code == 202

    asyncio.run(check())


def test_many_at_once_are_all_taken() -> None:
    """Forty batches, each twice, at the same time."""

    async def check() -> None:
        async with cloud() as it:
            sealed = [batch(record()) for _ in range(40)]
            answers = await asyncio.gather(*[it.send(each) for each in sealed * 2])
            assert {answer.status_code for answer in answers} == {202}
            assert set(it.shelf.batches) == {each.id for each in sealed}

    asyncio.run(check())


def test_every_request_is_counted_once() -> None:
    """The outcomes add up to the requests."""

    async def check() -> None:
        async with cloud() as it:
            await it.send(batch(record()))
            await it.send(batch())
            await it.send(batch(record()), Authorization=None)
            await it.post(b"x")
            await it.post(b"x", Content_Type="text/plain")
            assert sum(it.api.counters.batches.values()) == 5

    asyncio.run(check())


def test_what_becomes_of_a_batch_is_counted_by_who_sealed_it() -> None:
    """Where its header was read; who shows no token, or sends what is no batch, has no name that could be believed."""

    async def check() -> None:
        async with cloud() as it:
            sealed = batch(record())
            for each in (sealed, sealed, batch(), batch({"schema": 1}, node="node-2")):
                await it.send(each)
            await it.send(batch(record()), Authorization=None)
            await it.post(b"x")
            it.shelf.problem = SinkFullError("The spool is full.")
            await it.send(batch(record(), node="node-2"))
            it.shelf.problem = RuntimeError("of the disk")
            await it.send(batch(record(), node="node-2"))
            counted = {(agent, outcome): count for agent, outcome, count in it.api.senders if count}
            assert counted == {
                ("test/node-1", "taken"): 1,
                ("test/node-1", "duplicate"): 1,
                ("test/node-1", "empty"): 1,
                ("test/node-2", "invalid"): 1,
                ("test/node-2", "full"): 1,
                ("test/node-2", "failed"): 1,
            }

    asyncio.run(check())


def test_a_certificate_instead_of_a_token(tmp_path: Path) -> None:
    """Mutual TLS: who has a certificate of the right authority needs no token; who has none gets no answer."""
    authority = trustme.CA()
    ours, theirs = authority.issue_cert("127.0.0.1"), authority.issue_cert("agent.test")
    ours.cert_chain_pems[0].write_to_path(tmp_path / "cert.pem")
    ours.private_key_pem.write_to_path(tmp_path / "key.pem")
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    server = Server(
        address="127.0.0.1",
        port=0,
        cert_file=tmp_path / "cert.pem",
        key_file=tmp_path / "key.pem",
        client_ca_file=tmp_path / "ca.pem",
    )

    async def check() -> None:
        config = Ingest()
        shelf = Shelf()
        api = IngestApi(shelf, Access.to_send(config, certificates=True), config)
        trust = httpx.create_ssl_context()
        authority.configure_trust(trust)
        async with serving(Starlette(routes=api.routes()), server) as port:
            url = f"https://127.0.0.1:{port}/v1/batches"
            sealed = batch(record())
            async with httpx.AsyncClient(verify=trust, trust_env=False) as stranger:
                with pytest.raises(httpx.TransportError):
                    await stranger.post(url, content=sealed.body, headers=headers(sealed))
            theirs.configure_cert(trust)
            async with httpx.AsyncClient(verify=trust, trust_env=False) as agent:
                answer = await agent.post(url, content=sealed.body, headers=headers(sealed, token=None))
            assert answer.status_code == 202

    asyncio.run(check())


# The document.

SCHEMA = json.loads(document())


@schemathesis.serializer("application/x-ndjson")
def as_lines(_: schemathesis.SerializationContext, value: Any) -> bytes:
    """What a case's body is on the wire."""
    return value if isinstance(value, bytes) else str(value).encode()


def described() -> Any:
    """The application as its document describes it."""
    app, _ = application(Shelf())
    schema = schemathesis.openapi.from_asgi("/openapi.json", with_document(app))
    schema.config.output.sanitization.update(enabled=False)
    return schema


def with_document(app: Starlette) -> Starlette:
    """The application, serving its document as relay and collector do."""
    app.router.routes.append(module.describing(document()))
    return app


@described().parametrize()  # type: ignore[untyped-decorator]
@settings(max_examples=80, suppress_health_check=list(HealthCheck))
def test_the_server_does_what_its_document_says(case: Any) -> None:
    """Whatever is sent: a status, headers and a body that the document has.

    That what holds is accepted is the next test's: bodies made here have not the id that their header has.
    """
    case.headers = {**(case.headers or {}), "Authorization": "Bearer secret-token-for-tests"}
    case.call_and_validate(excluded_checks=[positive_data_acceptance])


def values(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    """What one of the record's fields may be."""
    match schema:
        case {"const": only}:
            return st.just(only)
        case {"enum": choices}:
            return st.sampled_from(choices)
        case {"type": "integer"}:
            return st.integers(schema.get("minimum", -(2**63)), schema.get("maximum", 2**63 - 1))
        case {"format": "date-time"}:  # of its pattern alone, most were days that do not exist
            return st.datetimes(datetime(1970, 1, 1)).map(lambda day: f"{day.isoformat()}Z")  # noqa: DTZ001
        case {"pattern": pattern}:
            return st.from_regex(re.compile(pattern, re.ASCII), fullmatch=True)
        case {"type": "string"}:
            return st.text(min_size=schema.get("minLength", 0), max_size=12)
        case {"type": "array", "items": items}:
            return st.lists(values(items), max_size=3)
    raise AssertionError(schema)


FIELDS = SCHEMA["components"]["schemas"]["Record"]
RECORDS = st.fixed_dictionaries(
    {name: values(FIELDS["properties"][name]) for name in FIELDS["required"]},
    optional={
        name: values(schema)
        for name, schema in FIELDS["properties"].items()
        if name not in FIELDS["required"]
    },
)


@given(st.lists(RECORDS, max_size=3))
@settings(max_examples=40, suppress_health_check=list(HealthCheck))
def test_what_the_document_calls_a_record_is_accepted(records: list[dict[str, Any]]) -> None:
    """Records made from the schema alone."""

    async def check() -> None:
        app, _ = application(Shelf())
        sealed = batch(*records)
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://api.test"
        ) as client:
            answer = await client.post("/v1/batches", content=sealed.body, headers=headers(sealed))
        assert answer.status_code == 202, answer.text

    asyncio.run(check())


def test_the_document_has_every_bound() -> None:
    """Of each field's size and value, as the program reads it."""
    bounds = {"minLength", "maxLength", "minimum", "maximum", "minItems", "maxItems"}

    def bounded(schema: dict[str, Any]) -> dict[str, Any]:
        read = {key: value for key, value in schema.items() if key in bounds}
        for choice in schema.get("anyOf", ()):
            read |= bounded(choice)
        return read

    read = msgspec.json.schema(Row)["$defs"]["Row"]["properties"]
    documented = FIELDS["properties"]
    assert {name: bounded(documented[name]) for name in read} == {
        name: bounded(schema) for name, schema in read.items()
    }


def test_the_document_knows_every_field() -> None:
    """The schemas name exactly the fields that the program reads."""
    schemas = SCHEMA["components"]["schemas"]
    for name, kind in (("Record", Record), ("Header", Header)):
        fields = {field.encode_name for field in msgspec.structs.fields(kind)}
        tag = {"kind"} if name == "Header" else set()
        assert set(schemas[name]["properties"]) == fields | tag


def test_the_document_bounds_what_the_program_bounds() -> None:
    """Who keeps to the document is not refused for a length or a number that it does not name."""
    (described,) = msgspec.json.schema_components([Row])[1].values()
    bounds = ("minLength", "maxLength", "minimum", "maximum")
    for name, field in described["properties"].items():
        (kind,) = (choice for choice in field.get("anyOf", [field]) if choice.get("type") != "null")
        stated = SCHEMA["components"]["schemas"]["Record"]["properties"][name]
        held = {bound: kind[bound] for bound in bounds if bound in kind}
        assert {bound: stated.get(bound) for bound in held} == held, name


def test_the_document_knows_every_answer() -> None:
    """All statuses that this server gives, and those that its clients have to know."""
    responses = SCHEMA["paths"]["/v1/batches"]["post"]["responses"]
    assert set(responses) == {"202", "400", "401", "408", "409", "413", "415", "422", "429", "500", "503"}


def test_lines_of_the_document_are_lines_of_the_tests() -> None:
    """A batch as the tests make it holds against the document's schemas of header and record."""
    import jsonschema_rs

    components = {"components": SCHEMA["components"]}
    text = gzip.decompress(batch(record()).body).splitlines()
    for line, name in zip(text, ("Header", "Record"), strict=True):
        jsonschema_rs.validate({"$ref": f"#/components/schemas/{name}"} | components, json.loads(line))
    assert lines([record()]).endswith(b"\n")
