"""The page's server side: who may look, and what is answered."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import tempfile
from contextlib import asynccontextmanager
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import msgspec
import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from pydantic import SecretStr
from starlette.applications import Starlette

from interceptor.collector import answers, site
from interceptor.collector.site import Site
from interceptor.collector.sqlite import Sqlite
from interceptor.config import Collector, Ingest
from interceptor.ingest.access import Access
from interceptor.ingest.api import IngestApi
from tests.support.records import NOW, batch, headers, record, shop, unread

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from interceptor.collector.answers import Overview
    from interceptor.collector.question import Question

TOKENS = Ingest(tokens=(SecretStr("secret-token-for-tests"),))
PARTS = ("overview", "services", "calls", "endpoints", "agents", "unread", "records")
OTHERS = ("inventory", "changes", "findings")


class Clock:
    """Time that a test moves."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        """Unix time."""
        return self.now


class Hosted:
    """A collector, without a server."""

    def __init__(self, folder: Path, config: Ingest) -> None:
        self.clock = Clock()
        self.engine = Sqlite(Collector(database=folder / "collector.db"), self.clock, self.clock)
        access = Access.to_send(config)
        self.site = Site(self.engine, access, self.clock)
        self.app = Starlette(
            routes=[*IngestApi(self.engine, access, config, self.clock).routes(), *self.site.routes()]
        )

    def client(self) -> httpx.AsyncClient:
        """A browser or a program, with cookies of its own."""
        return httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url="https://collector.test")

    async def put(self, *records: dict[str, Any]) -> None:
        """Store these."""
        sealed = batch(*records)
        async with self.client() as client:
            assert (
                await client.post("/v1/batches", content=sealed.body, headers=headers(sealed))
            ).status_code == 202

    async def close(self) -> None:
        """Close the database."""
        await self.engine.close()


@asynccontextmanager
async def hosted(folder: Path, config: Ingest = TOKENS) -> AsyncIterator[tuple[Hosted, httpx.AsyncClient]]:
    """A collector and a client of it."""
    it = Hosted(folder, config)
    try:
        async with it.client() as client:
            yield it, client
    finally:
        await it.close()


BEARER = {"Authorization": "Bearer secret-token-for-tests"}


def test_a_stranger_sees_nothing(tmp_path: Path) -> None:
    """People are sent to the login, programs get 401; assets hold nothing of traffic."""

    async def go() -> None:
        async with hosted(tmp_path) as (it, client):
            await it.put(record(server_address="internal.test"))
            page = await client.get("/")
            assert (page.status_code, page.headers["Location"]) == (303, "/login")
            for part in (*PARTS, *OTHERS):
                answer = await client.get(f"/v1/{part}")
                assert answer.status_code == 401
                assert "internal.test" not in answer.text
            for wrong in ("Bearer other", "Bearer ", "Basic c2VjcmV0"):
                assert (await client.get("/v1/overview", headers={"Authorization": wrong})).status_code == 401

    asyncio.run(go())


def test_a_program_shows_its_token(tmp_path: Path) -> None:
    """As it does when it sends batches."""

    async def go() -> None:
        async with hosted(tmp_path) as (it, client):
            await it.put(record(), unread())
            for part in PARTS:
                answer = await client.get(f"/v1/{part}", headers=BEARER)
                assert answer.status_code == 200
                assert answer.json()[part if part != "overview" else "services"]

    asyncio.run(go())


def test_a_person_types_it_once(tmp_path: Path) -> None:
    """A cookie that scripts cannot read, other sites cannot use, and plain HTTP does not carry; not the token."""

    async def go() -> None:
        async with hosted(tmp_path) as (_, client):
            assert (await client.get("/login")).status_code == 200
            answer = await client.post("/login", data={"token": "secret-token-for-tests "})
            assert (answer.status_code, answer.headers["Location"]) == (303, "/")
            cookie = answer.headers["Set-Cookie"]
            assert all(word in cookie for word in ("HttpOnly", "SameSite=strict", "Secure", "Max-Age=43200"))
            assert "secret-token-for-tests" not in cookie
            assert (await client.get("/")).status_code == 200
            assert (await client.get("/v1/overview")).status_code == 200
            assert cookie.startswith("__Host-")
            assert "Path=/" in cookie
            assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"
            await client.post("/logout")
            assert (await client.get("/v1/overview")).status_code == 401

    asyncio.run(go())


def test_a_session_that_was_left_is_over(tmp_path: Path) -> None:
    """Also for whoever kept the cookie; another one of the same person, of the same second, is not."""

    async def go() -> None:
        async with hosted(tmp_path) as (it, client), it.client() as other:
            for each in (client, other):
                await each.post("/login", data={"token": "secret-token-for-tests"})
            kept = client.cookies["__Host-interceptor_session"]
            await client.post("/logout")
            client.cookies.clear()
            sent = {"Cookie": f"__Host-interceptor_session={kept}"}
            assert (await client.get("/v1/agents", headers=sent)).status_code == 401
            assert (await other.get("/v1/agents")).status_code == 200

    asyncio.run(go())


def test_without_tls_the_cookie_is_a_plain_one(tmp_path: Path) -> None:
    """Browsers refuse the others there, and HSTS means nothing."""

    async def go() -> None:
        async with hosted(tmp_path) as (it, _):
            transport = httpx.ASGITransport(it.app)
            async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as plain:
                answer = await plain.post("/login", data={"token": "secret-token-for-tests"})
                assert answer.headers["Set-Cookie"].startswith("interceptor_session=")
                assert "Strict-Transport-Security" not in answer.headers
                assert (await plain.get("/v1/agents")).status_code == 200

    asyncio.run(go())


@pytest.mark.parametrize(
    "body",
    [
        b"token=other",
        b"",
        b"token=",
        b"token",
        b"token=a&token=secret-token-for-tests",
        b"\xff\xfe=%zz",
        b"a=b&" * 1_000,
        b"x=" * 9_000,
    ],
    ids=range(8),
)
def test_another_word_does_not_open(tmp_path: Path, body: bytes) -> None:
    """Nor does rubbish; and no cookie is set."""

    async def go() -> None:
        async with hosted(tmp_path) as (_, client):
            answer = await client.post("/login", content=body)
            assert answer.status_code in {303, 400}
            if answer.status_code == 303:
                assert answer.headers["Location"] == "/login#refused"
            assert "Set-Cookie" not in answer.headers

    asyncio.run(go())


def test_a_session_ends(tmp_path: Path) -> None:
    """After twelve hours; and at once where its token is taken away."""

    async def go() -> None:
        path = tmp_path / "tokens"
        path.write_text("secret-token-for-tests\n")
        async with hosted(tmp_path, Ingest(tokens_file=path)) as (it, client):
            await client.post("/login", data={"token": "secret-token-for-tests"})
            it.clock.now += 11 * 3_600
            assert (await client.get("/v1/agents")).status_code == 200
            path.write_text("another-token-for-tests\n")
            assert (await client.get("/v1/agents")).status_code == 401
            path.write_text("another-token-for-tests\nsecret-token-for-tests\n")
            assert (await client.get("/v1/agents")).status_code == 200
            it.clock.now += 2 * 3_600
            assert (await client.get("/v1/agents")).status_code == 401

    asyncio.run(go())


@pytest.mark.parametrize(
    "cookie", ["", ".", "9999999999.", "9999999999.00", "x.y", "1" * 30 + ".00", "9999999999.\u00e9"]
)
def test_a_made_up_cookie_does_not_open(tmp_path: Path, cookie: str) -> None:
    """Without the token nobody can seal one."""

    async def go() -> None:
        async with hosted(tmp_path) as (_, client):
            sent = {b"Cookie": b"__Host-interceptor_session=" + cookie.encode("latin-1")}
            assert (await client.get("/v1/agents", headers=sent)).status_code == 401

    asyncio.run(go())


def test_a_session_cannot_be_made_longer(tmp_path: Path) -> None:
    """Its end is sealed, too."""

    async def go() -> None:
        async with hosted(tmp_path) as (it, client):
            await client.post("/login", data={"token": "secret-token-for-tests"})
            end, _, seal = client.cookies["__Host-interceptor_session"].partition(".")
            client.cookies.clear()
            it.clock.now += 13 * 3_600
            client.cookies.set("__Host-interceptor_session", f"{int(end) + 86_400}.{seal}")
            assert (await client.get("/v1/agents")).status_code == 401

    asyncio.run(go())


def test_open_to_everybody_if_asked_for(tmp_path: Path) -> None:
    """`ingest.anonymous`: no login."""

    async def go() -> None:
        async with hosted(tmp_path, Ingest(anonymous=True)) as (_, client):
            page = await client.get("/")
            assert page.status_code == 200
            assert '<form method="post" action="/logout" class="leave" hidden>' in page.text
            assert (await client.get("/login")).headers["Location"] == "/"
            assert (await client.get("/v1/overview")).status_code == 200

    asyncio.run(go())


def test_every_answer_is_guarded_by_headers(tmp_path: Path) -> None:
    """No other origin, no inline code, no framing, no guessing of types, nothing kept by caches."""

    async def go() -> None:
        async with hosted(tmp_path) as (_, client):
            for path in ("/", "/login", "/assets/app.js", "/v1/overview", "/v1/nothing", "/openapi.json"):
                for sent in ({}, BEARER):
                    answer = await client.get(path, headers=sent)
                    if answer.status_code == 404:
                        continue
                    policy = answer.headers["Content-Security-Policy"]
                    assert "default-src 'none'" in policy
                    assert "unsafe" not in policy
                    assert "http" not in policy
                    assert answer.headers["X-Content-Type-Options"] == "nosniff"
                    assert answer.headers["Referrer-Policy"] == "no-referrer"
                    assert answer.headers["Cache-Control"] in {"no-store", "no-cache"}

    asyncio.run(go())


def test_assets_are_the_files_of_the_page(tmp_path: Path) -> None:
    """With their types; nothing else can be had by a name."""

    async def go() -> None:
        async with hosted(tmp_path) as (_, client):
            for entry in resources.files("interceptor.collector").joinpath("page").iterdir():
                answer = await client.get(f"/assets/{entry.name}")
                if entry.name.endswith(".html"):
                    assert answer.status_code == 404
                else:
                    assert answer.content == entry.read_bytes()
                    assert answer.headers["Content-Type"].startswith(("text/", "image/svg+xml"))
            for name in ("nothing.js", "%2e%2e%2fsite.py", "..%2f..%2fconfig.py", "", "app.js%00"):
                assert (await client.get(f"/assets/{name}")).status_code == 404

    asyncio.run(go())


def test_the_page_names_no_other_place() -> None:
    """No file of it holds an address of another server, inline code or style, or a way to make markup of text."""
    for entry in resources.files("interceptor.collector").joinpath("page").iterdir():
        text = entry.read_text().replace("http://www.w3.org/2000/svg", "")
        for bad in (
            "http://",
            "https://",
            "//cdn",
            "innerHTML",
            "outerHTML",
            "insertAdjacent",
            "document.write",
            "eval(",
            " style=",
            "onclick=",
        ):
            assert bad not in text, f"{bad} in {entry.name}"


def test_what_did_not_change_is_not_sent_again(tmp_path: Path) -> None:
    """304, until a batch comes or a minute goes by."""

    async def go() -> None:
        async with hosted(tmp_path) as (it, client):
            client.headers.update(BEARER)
            await it.put(record())
            first = await client.get("/v1/overview?range=1h")
            tag = {"If-None-Match": first.headers["ETag"]}
            again = await client.get("/v1/overview?range=1h", headers=tag)
            assert (again.status_code, again.content) == (304, b"")
            assert (await client.get("/v1/overview?range=24h", headers=tag)).status_code == 200
            await it.put(record())
            fresh = await client.get("/v1/overview?range=1h", headers=tag)
            assert fresh.status_code == 200
            assert fresh.json()["totals"]["stored"] == 2
            it.clock.now += 60
            tag = {"If-None-Match": fresh.headers["ETag"]}
            assert (await client.get("/v1/overview?range=1h", headers=tag)).status_code == 200

    asyncio.run(go())


def test_what_takes_long_to_count_is_not_counted_all_the_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is shown for some times as long as it took, to all who ask; then, or if the clock was set back, anew."""

    async def go() -> None:
        async with hosted(tmp_path) as (it, client):
            counted = 0
            overview = it.engine.overview

            async def slow(chosen: Question) -> Overview:
                nonlocal counted
                counted += 1
                found = await overview(chosen)
                it.clock.now += 10
                return found

            monkeypatch.setattr(it.engine, "overview", slow)
            client.headers.update(BEARER)

            async def stored(path: str = "/v1/overview?range=all") -> int:
                await it.put(record())
                return int((await client.get(path)).json()["totals"]["stored"])

            assert (await stored(), counted) == (1, 1)
            it.clock.now += 39
            assert (await stored(), counted) == (1, 1)
            assert (await client.get("/v1/agents?range=all")).json()["agents"][0]["records"] == 1
            assert (await stored("/v1/overview?range=7d"), counted) == (3, 2)
            assert (await stored(), counted) == (4, 3)
            it.clock.now -= 1_000
            answers = await asyncio.gather(*[client.get("/v1/overview?range=all") for _ in range(5)])
            assert ({answer.status_code for answer in answers}, counted) == ({200}, 4)

    asyncio.run(go())


@pytest.mark.parametrize(
    "path",
    [
        "/v1/overview?range=2h",
        "/v1/agents?range=",
        "/v1/records?limit=0",
        "/v1/records?limit=1001",
        "/v1/records?limit=-1",
        "/v1/records?before=x",
        "/v1/records?before=99999999999999999999",
        "/v1/records?endpoint=1e3",
        "/v1/records?class=6",
        "/v1/records?class=%D9%A2",
    ],
)
def test_a_parameter_that_does_not_hold_is_named(tmp_path: Path, path: str) -> None:
    """400 with the parameter's name."""

    async def go() -> None:
        async with hosted(tmp_path) as (_, client):
            answer = await client.get(path, headers=BEARER)
            assert answer.status_code == 400
            assert answer.json()["detail"].split()[0] in path

    asyncio.run(go())


@pytest.mark.parametrize(
    ("path", "near"),
    [
        ("/v1/records?clas=5", "did you mean class?"),
        ("/v1/records?servce=pay.example&limit=1", "did you mean service?"),
        ("/v1/overview?rang=1h", "did you mean range?"),
        ("/v1/overview?form=1", "did you mean from?"),
        ("/v1/inventory?before=1", "class, anomaly, agent, namespace, limit, after, search, since, probes"),
        ("/v1/changes?limit=1", "range, from, to, service"),
    ],
)
def test_a_parameter_that_is_not_known_is_refused(tmp_path: Path, path: str, near: str) -> None:
    """Ignored, it would not filter: everybody's records in place of one service's."""

    async def go() -> None:
        async with hosted(tmp_path) as (_, client):
            answer = await client.get(path, headers=BEARER)
            assert answer.status_code == 400
            assert near in answer.json()["detail"]

    asyncio.run(go())


def test_what_could_not_be_read_is_told_as_csv(tmp_path: Path) -> None:
    """By server and agent; what else is asked for is about calls."""

    async def go() -> None:
        async with hosted(tmp_path) as (it, client):
            client.headers.update(BEARER | {"Accept": "text/csv"})
            await it.put(
                unread(), unread(server_port=22, network_protocol_name="ssh", unread_reason="not_read")
            )
            whole = await client.get("/v1/unread?range=all&status=500")
            assert whole.text.splitlines() == [
                "server,names,protocol,reason,connections,bytes,agents,last",
                "10.0.0.9:22,,ssh,not_read,2,5000,1,1767322800",
                "10.0.0.9:443,,tls,encrypted,2,5000,1,1767322800",
            ]
            for filter_, lines in (("service=10.0.0.9:22", 2), ("agent=node-1", 3), ("agent=node-2", 1)):
                found = await client.get(f"/v1/unread?range=all&{filter_}")
                assert len(found.text.splitlines()) == lines, filter_

    asyncio.run(go())


@pytest.mark.parametrize("part", [part for part in (*PARTS, *OTHERS) if part != "unread"])
def test_every_question_is_narrowed_and_told_as_csv(tmp_path: Path, part: str) -> None:
    """By the same parameters; CSV for those who prefer it, JSON for the others."""

    async def go() -> None:
        async with hosted(tmp_path) as (it, client):
            client.headers.update(BEARER)
            odd = {"anomalies": ["obs_fold"], "http_response_status_code": 500}
            named = {"destination.name": "shop/wanted.test", "destination.port": 80}
            await it.put(record(**named, **odd), record(server_address="other.test"))
            times = f"from={int(NOW) - 60}&to={int(NOW) + 60}"
            narrow = (
                "service=shop/wanted.test&caller=10.0.0.1&class=5&status=500&anomaly=obs_fold&agent=test/node-1"
                "&namespace=shop"
            )
            path = f"/v1/{part}?{times}&{narrow}"
            answer = await client.get(path)
            assert answer.headers["Content-Type"] == "application/json"
            assert "wanted.test" in answer.text or part == "agents"
            assert "other.test" not in answer.text
            plain = await client.get(path, headers={"Accept": "text/csv;q=0.5, application/json"})
            assert plain.headers["Content-Type"] == "application/json"
            sheet = await client.get(path, headers={"Accept": "text/csv"})
            assert sheet.headers["Content-Type"].startswith("text/csv")
            [row] = csv.DictReader(io.StringIO(sheet.text, newline="")) if part != "changes" else [{}]
            assert "other.test" not in sheet.text
            assert row.get("service", "shop/wanted.test") == "shop/wanted.test"
            for one, other in (("=10.0.0.1", "=10.0.0.9"), ("namespace=shop", "namespace=sho")):
                nothing = await client.get(f"/v1/{part}?{times}&{narrow.replace(one, other)}")
                assert "wanted.test" not in nothing.text or part == "agents"

    asyncio.run(go())


def test_the_whole_inventory_is_one_sheet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many pages it is read in, with one line of names; a limit is one page."""
    monkeypatch.setattr(site, "_MAX_PAGE", 7)

    async def go() -> None:
        async with hosted(tmp_path) as (it, client):
            await it.put(*[record(url_template=f"/{number}/x") for number in range(40)])
            asked = {**BEARER, "Accept": "text/csv"}
            whole = await client.get("/v1/inventory", headers=asked)
            assert whole.headers["Content-Type"] == "text/csv; charset=utf-8; header=present"
            found = list(csv.DictReader(io.StringIO(whole.text)))
            assert {one["template"] for one in found} == {f"/{number}/x" for number in range(40)}
            assert len(found) == 40
            few = await client.get("/v1/inventory", headers=asked, params={"limit": 5})
            assert len(few.text.splitlines()) == 6

    asyncio.run(go())


def test_the_inventory_is_compared_with_a_document(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the service that is asked for; what is no document is refused in words."""
    monkeypatch.setattr(site, "_MAX_DOCUMENT", 1_000)
    operation: dict[str, Any] = {"get": {"responses": {}}}
    document = {"openapi": "3.1.0", "paths": {"/users/{name}": operation, "/health": operation}}

    async def go() -> None:
        async with hosted(tmp_path) as (it, client):
            await it.put(
                record(server_address="a", url_template="/users/{id}"),
                record(server_address="a", url_template="/admin"),
                record(server_address="b", url_template="/other"),
            )

            async def ask(content: bytes) -> httpx.Response:
                where = "/v1/inventory/comparison?service=a"
                return await client.post(where, content=content, headers=BEARER)

            answer = await ask(json.dumps(document).encode())
            told = answer.json()
            assert [one["template"] for one in told["undocumented"]] == ["/admin"]
            assert told["unused"] == [{"method": "GET", "path": "/health"}]
            for content, said in ((b"openapi: 3.1.0", "YAML"), (b"[]", "OpenAPI"), (b" " * 1_001, "long")):
                refused = await ask(content)
                assert (refused.status_code, said in refused.json()["detail"]) == (400, True)
            assert (await client.post("/v1/inventory/comparison", json=document)).status_code == 401

    asyncio.run(go())


def test_looks_are_remembered_for_a_few_questions(tmp_path: Path) -> None:
    """Whoever asks for ever other times fills no memory."""

    async def go() -> None:
        async with hosted(tmp_path) as (it, client):
            client.headers.update(BEARER)
            await it.put(record())
            for minute in range(40):
                assert (await client.get(f"/v1/overview?from={minute * 60}")).status_code == 200
            assert len(it.site._looks) == 16

    asyncio.run(go())


def test_too_many_questions_are_put_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """503 with Retry-After; those that wait are answered."""
    release = asyncio.Event()

    async def go() -> None:
        async with hosted(tmp_path) as (it, client):
            client.headers.update(BEARER)
            overview = it.engine.overview

            async def slow(chosen: Any) -> Any:
                await release.wait()
                return await overview(chosen)

            monkeypatch.setattr(it.engine, "overview", slow)
            waiting = [asyncio.create_task(client.get("/v1/agents")) for _ in range(32)]
            while it.site._waiting < 32:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
            refused = await client.get("/v1/agents")
            assert (refused.status_code, refused.headers["Retry-After"]) == (503, "2")
            release.set()
            assert {(await task).status_code for task in waiting} == {200}

    asyncio.run(go())


# The document.

OWN = json.loads(resources.files("interceptor.collector").joinpath("openapi.json").read_text())


FOLDER = tempfile.TemporaryDirectory(prefix="collector-")
DESCRIBED = Hosted(Path(FOLDER.name), TOKENS)
"""A collector as its document describes it."""


@pytest.fixture(scope="module", autouse=True)
def traffic() -> Iterator[None]:
    """A shop's, in the described collector."""
    asyncio.run(DESCRIBED.put(*shop(300, end=NOW), unread()))
    yield
    asyncio.run(DESCRIBED.close())
    FOLDER.cleanup()


@schemathesis.openapi.from_asgi("/openapi.json", DESCRIBED.app).exclude(path="/v1/batches").parametrize()
@settings(max_examples=15, suppress_health_check=list(HealthCheck))
def test_answers_are_what_the_document_says(case: Any) -> None:
    """Every question, with any parameters: a status, headers and a body that the document has."""
    case.headers = {**(case.headers or {}), **BEARER}
    if case.meta is not None and case.meta.generation.mode.is_positive:
        # what a document cannot say: a range is in place of a from, and a to is later than it
        for name in ("range", "to") if "from" in case.query else ("to",):
            case.query.pop(name, None)
    case.call_and_validate()


def test_the_document_knows_every_field() -> None:
    """Its schemas name exactly the fields of the answers."""
    for name, schema in OWN["components"]["schemas"].items():
        kind = getattr(answers, name)
        assert set(schema["properties"]) == {field.encode_name for field in msgspec.structs.fields(kind)}, (
            name
        )


def test_one_document_describes_the_whole_server(tmp_path: Path) -> None:
    """The ingest API, and the questions."""

    async def go() -> None:
        async with hosted(tmp_path) as (_, client):
            whole = (await client.get("/openapi.json")).json()
            assert set(whole["paths"]) == {
                f"/v1/{part}"
                for part in ("batches", "inventory/openapi.json", "inventory/comparison", *PARTS, *OTHERS)
            }
            assert whole["info"]["title"] == "interceptor collector"

    asyncio.run(go())
