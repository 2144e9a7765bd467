"""What the collector shows: a page, and the same as JSON.

Owns the page's files, who may see it, and the query API (`GET /v1/…`). Refuses to count or to store.

Who may look is asked of the door that it is given: programs show a bearer token, people type it once at `/login` and get
a cookie.
A session is not kept anywhere: the cookie is an end, a number of its own, and a keyed digest of both, the key being the token itself. So it
ends when its time is over or its token is taken away, and restarts do not matter. One that was left is remembered until
it would have ended. The token is in no URL, which
histories and proxies would keep. Nothing that a cookie allows changes anything, and it is SameSite=Strict.

The page loads nothing from elsewhere, and could not: its Content-Security-Policy allows this server only, and no
inline code or style. Whatever traffic holds is shown as text.
"""

from __future__ import annotations

import asyncio
import hmac
import re
import secrets
from collections import OrderedDict
from dataclasses import dataclass
from difflib import get_close_matches
from functools import partial
from hashlib import sha256
from importlib import resources
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import parse_qs

import msgspec
import structlog
from starlette.responses import JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from interceptor.collector.answers import (
    Agent,
    Call,
    Change,
    Endpoint,
    Finding,
    Known,
    Service,
    Slot,
    Sought,
    Unread,
)
from interceptor.collector.comparison import compare
from interceptor.collector.engine import UnavailableError
from interceptor.collector.question import FILTERS, Question, asked, number, when
from interceptor.collector.sheets import records, sheet
from interceptor.collector.skeleton import skeleton
from interceptor.ingest.api import document
from interceptor.ingest.guesses import SlowedError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

    from starlette.requests import Request

    from interceptor.collector.answers import Overview
    from interceptor.collector.engine import Engine
    from interceptor.ingest.access import Access

__all__ = ["Site"]

_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
_TYPES: Final = {".css": "text/css", ".html": "text/html", ".js": "text/javascript", ".svg": "image/svg+xml"}
_COOKIE: Final = "interceptor_session"
_SESSION_SECONDS: Final = 12 * 3_600
_MAX_FORM: Final = 8_192
"""Bytes of a login. A token of more than that is none."""
_MAX_DOCUMENT: Final = 4 * 2**20
"""Bytes of an OpenAPI document; the largest public ones have some. One at a time is read."""
_DOCUMENT_SECONDS: Final = 30
_MAX_WAITING: Final = 32
"""Questions that wait for the database. A page asks one every two seconds."""
_REST: Final = 4
"""Times as long as it took to count, an overview is shown before it is counted anew. A week of millions of records
takes seconds, while records come in all the time: the other questions have their turn, too."""
_PAGE: Final = 100
_MAX_PAGE: Final = 1_000
_NUMBER: Final = re.compile(r"[0-9]{1,18}", re.ASCII)
_LOOKS: Final = 16
"""Overviews that are remembered: a few people, each with his own filter. One is some 100 kB."""
_PARTS: Final[dict[str, type[Service | Call | Endpoint | Agent | Unread]]] = {
    "services": Service,
    "calls": Call,
    "endpoints": Endpoint,
    "agents": Agent,
    "unread": Unread,
}
"""Of the overview, that can be asked for alone."""
_MAX_DESCRIBED: Final = 5_000
"""Endpoints of an OpenAPI document: some MB. Who has more asks for one service."""
_OWN: Final = {
    "/v1/inventory/openapi.json": ("search", "since", "probes"),
    "/v1/inventory/comparison": ("search", "since", "probes"),
    "/v1/records": ("limit", "before"),
    "/v1/inventory": ("limit", "after", "search", "since", "probes"),
}
"""Parameters of some questions, besides those of all."""
_SHEET: Final = "text/csv"
_SHEET_TYPE: Final = f"{_SHEET}; charset=utf-8; header=present"

_MAX_SEARCH: Final = 1_000

_T = TypeVar("_T")

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Look:
    """An overview, as it is shown."""

    etag: str
    overview: Overview
    body: bytes
    """As JSON."""
    made: float
    """When: Unix time in seconds."""
    took: float
    """Seconds."""


class _Refused(Exception):  # noqa: N818 - not an error of ours
    """An answer other than 200, as a problem document (RFC 9457)."""

    def __init__(self, status: int, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.answer = JSONResponse(
            {"title": _TITLES[status], "status": status, "detail": detail},
            status,
            headers=headers,
            media_type="application/problem+json",
        )


_TITLES: Final = {400: "invalid", 401: "unauthorized", 429: "slowed", 503: "busy"}


class Site:
    """The page and the query API."""

    def __init__(self, engine: Engine, access: Access, clock: Callable[[], float]) -> None:
        self._engine = engine
        self._access = access
        self._clock = clock
        self._left: dict[str, int] = {}
        """Sessions that were left, and when they end by themselves. Only who has a session can add one."""
        self._waiting = 0
        self._looks: OrderedDict[Question, _Look] = OrderedDict()
        """Of each question, the latest; of the questions, those asked last."""
        self._one = asyncio.Lock()
        """Held by whoever counts an overview: the others want the same, or the same thread."""
        self._comparing = asyncio.Lock()
        """Held by whoever compares: a document is large."""
        folder = resources.files("interceptor.collector").joinpath("page")
        self._files = {entry.name: entry.read_bytes() for entry in folder.iterdir()}
        if access.open:  # nobody signs in, so nobody signs out
            self._files["index.html"] = self._files["index.html"].replace(
                b'class="leave"', b'class="leave" hidden'
            )
        self._document = _whole_document()

    def routes(self) -> list[Route]:
        """Everything but the ingest API itself, metrics and health."""
        return [
            Route("/", self._guarded(self._page)),
            Route("/login", self._shown(self._login), methods=["GET", "POST"]),
            Route("/logout", self._shown(self._logout), methods=["POST"]),
            Route("/assets/{name}", self._shown(self._asset)),
            Route("/openapi.json", self._shown(self._describe)),
            Route("/v1/overview", self._guarded(self._overview)),
            Route("/v1/records", self._guarded(self._records)),
            Route("/v1/inventory/openapi.json", self._guarded(self._skeleton)),
            Route("/v1/inventory/comparison", self._guarded(self._comparison), methods=["POST"]),
            Route("/v1/inventory", self._guarded(self._inventory)),
            Route("/v1/changes", self._guarded(self._changes)),
            Route("/v1/findings", self._guarded(self._findings)),
            *[Route(f"/v1/{part}", self._guarded(self._part)) for part in _PARTS],
        ]

    def _shown(
        self, show: Callable[[Request], Awaitable[Response]]
    ) -> Callable[[Request], Awaitable[Response]]:
        """With the headers that every answer has, and an answer for whatever happens."""

        async def answer(request: Request) -> Response:
            try:
                response = await show(request)
            except _Refused as refused:
                response = refused.answer
            except SlowedError as slowed:
                response = _Refused(429, str(slowed), {"Retry-After": str(slowed.retry_seconds)}).answer
            for name, value in _HEADERS.items():
                response.headers.setdefault(name, value)
            if request.url.scheme == "https":
                response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
            return response

        return answer

    def _guarded(
        self, show: Callable[[Request], Awaitable[Response]]
    ) -> Callable[[Request], Awaitable[Response]]:
        """For those only who may look."""

        async def admit(request: Request) -> Response:
            if not self._admitted(request):
                if request.url.path == "/":
                    return RedirectResponse("/login", 303)
                raise _Refused(
                    401, "A bearer token that this server knows is needed.", {"WWW-Authenticate": "Bearer"}
                )
            _known_parameters(request)
            return await show(request)

        return self._shown(admit)

    def _admitted(self, request: Request) -> bool:
        if self._admitted_by_cookie(request):
            return True
        return self._access.admits(request.headers.get("authorization"), _client(request))

    def _admitted_by_cookie(self, request: Request) -> bool:
        shown = request.cookies.get(_cookie(request), "")
        session, _, seal = shown.rpartition(".")
        end = session.partition(".")[0]
        if not _NUMBER.fullmatch(end) or int(end) <= self._clock() or shown in self._left:
            return False
        given = seal.encode(errors="surrogatepass")
        return bool(sum([hmac.compare_digest(given, _seal(key, session)) for key in self._access.digests()]))

    async def _page(self, _: Request) -> Response:
        return self._file("index.html")

    async def _asset(self, request: Request) -> Response:
        name = request.path_params["name"]
        return (
            self._file(name)
            if name in self._files and not name.endswith(".html")
            else Response(status_code=404)
        )

    def _file(self, name: str) -> Response:
        return Response(self._files[name], media_type=_TYPES[name[name.rindex(".") :]])

    async def _login(self, request: Request) -> Response:
        if self._access.open:
            return RedirectResponse("/", 303)
        if request.method != "POST":
            return self._file("login.html")
        form = parse_qs((await _bounded(request, _MAX_FORM, "A login")).decode(errors="replace"))
        token = form.get("token", [""])[0].strip()
        key = self._access.key(token, _client(request))
        if key is None:
            _log.warning("login_refused", client=_client(request))
            return RedirectResponse("/login#refused", 303)
        session = f"{int(self._clock()) + _SESSION_SECONDS}.{secrets.token_hex(8)}"  # one login, one session
        response = RedirectResponse("/", 303)
        response.set_cookie(
            _cookie(request),
            f"{session}.{_seal(key, session).decode()}",
            max_age=_SESSION_SECONDS,
            httponly=True,
            samesite="strict",
            secure=request.url.scheme == "https",
        )
        return response

    async def _logout(self, request: Request) -> Response:
        if self._admitted_by_cookie(request):
            shown = request.cookies[_cookie(request)]
            self._left[shown] = int(shown.partition(".")[0])
            for known in [known for known, until in self._left.items() if until <= self._clock()]:
                del self._left[known]
        response = RedirectResponse("/login", 303)
        response.delete_cookie(
            _cookie(request), httponly=True, samesite="strict", secure=request.url.scheme == "https"
        )
        return response

    async def _describe(self, _: Request) -> Response:
        return Response(self._document, media_type="application/json")

    async def _overview(self, request: Request) -> Response:
        look = await self._look(_question(request))
        if _wants_sheet(request):
            return _sheet(sheet(Slot, look.overview.timeline))
        if request.headers.get("if-none-match") == look.etag:
            return Response(status_code=304, headers={"ETag": look.etag})
        headers = {"ETag": look.etag, "Cache-Control": "no-cache", "Vary": "Accept"}
        return Response(look.body, headers=headers, media_type="application/json")

    async def _part(self, request: Request) -> Response:
        overview = (await self._look(_question(request))).overview
        part = request.url.path.rpartition("/")[2]
        listed = getattr(overview, part)
        if _wants_sheet(request):
            return _sheet(sheet(_PARTS[part], listed))
        return _json({"window": overview.window, part: listed})

    async def _look(self, question: Question) -> _Look:
        """What the answer to a question looks like."""
        return await self._current(question) or await self._ask(lambda: self._count(question))

    async def _current(self, question: Question) -> _Look | None:
        """The latest look, where it is as good as another one."""
        look = self._looks.get(question)
        if look is None:
            return None
        self._looks.move_to_end(question)
        if 0 <= self._clock() - look.made < _REST * look.took or look.etag == await self._etag(question):
            return look
        return None

    async def _count(self, question: Question) -> _Look:
        async with self._one:
            look = await self._current(question)
            if look is None:
                began, etag = self._clock(), await self._etag(question)
                overview = await self._engine.overview(question)
                made = self._clock()
                look = _Look(etag, overview, msgspec.json.encode(overview), made, made - began)
                self._looks[question] = look
                if len(self._looks) > _LOOKS:
                    self._looks.popitem(last=False)
        return look

    async def _etag(self, question: Question) -> str:
        # A sliding range is another one a minute later, even if nothing came.
        asked_for = sha256(msgspec.json.encode(question)).hexdigest()[:16]
        return f'"{await self._engine.version()}-{int(self._clock()) // 60}-{asked_for}"'

    async def _records(self, request: Request) -> Response:
        question = _question(request)
        limit = _checked(lambda: number(request.query_params, "limit", _MAX_PAGE, 1)) or _PAGE
        before = _checked(lambda: number(request.query_params, "before"))
        page = await self._ask(lambda: self._engine.records(question, limit, before))
        return _sheet(records(page.records)) if _wants_sheet(request) else _json(page)

    async def _inventory(self, request: Request) -> Response:
        question = _question(request)
        limit = _checked(lambda: number(request.query_params, "limit", _MAX_PAGE, 1)) or _PAGE
        after = _checked(lambda: number(request.query_params, "after"))
        sought = _sought(request)
        if not _wants_sheet(request):
            return _json(await self._ask(lambda: self._engine.inventory(question, sought, limit, after)))
        if {"limit", "after"}.isdisjoint(request.query_params):
            return await self._whole_inventory(question, sought)
        page = await self._ask(lambda: self._engine.inventory(question, sought, limit, after))
        return _sheet(sheet(Known, page.endpoints))

    async def _whole_inventory(self, question: Question, sought: Sought) -> Response:
        """All of it as it is read. Once it has begun, an end without the last piece says that something went wrong."""
        pages = self._endpoints(question, sought)
        first = sheet(Known, await anext(pages))

        async def text() -> AsyncIterator[bytes]:
            yield first
            async for endpoints in pages:
                yield sheet(Known, endpoints, titled=False)

        return StreamingResponse(text(), headers={"Vary": "Accept"}, media_type=_SHEET_TYPE)

    async def _skeleton(self, request: Request) -> Response:
        question = _question(request)
        known = await self._described(question, _sought(request))
        return _json(skeleton(known, question.service or "What was seen"))

    async def _described(self, question: Question, sought: Sought) -> list[Known]:
        """So many endpoints of the inventory as a document may have."""
        known: list[Known] = []
        async for endpoints in self._endpoints(question, sought):
            known += endpoints
            if len(known) >= _MAX_DESCRIBED:
                break
        return known[:_MAX_DESCRIBED]

    async def _endpoints(self, question: Question, sought: Sought) -> AsyncIterator[list[Known]]:
        """All of the inventory, in pages."""
        after: int | None = None
        while True:
            page = await self._ask(partial(self._engine.inventory, question, sought, _MAX_PAGE, after))
            yield page.endpoints
            after = page.next
            if after is None:
                return

    async def _comparison(self, request: Request) -> Response:
        question, sought = _question(request), _sought(request)
        if self._comparing.locked():
            raise _Refused(503, "Another document is being compared.", {"Retry-After": "2"})
        async with self._comparing:
            try:
                async with asyncio.timeout(_DOCUMENT_SECONDS):
                    body = await _bounded(request, _MAX_DOCUMENT, "An OpenAPI document")
                document = msgspec.json.decode(body)
                known = await self._described(question, sought)
                return _json(await asyncio.to_thread(compare, document, known))
            except TimeoutError as error:
                raise _Refused(
                    400, f"The document did not come in {_DOCUMENT_SECONDS} seconds.", {"Connection": "close"}
                ) from error
            except (msgspec.DecodeError, RecursionError) as error:
                raise _Refused(400, "The document is no JSON. YAML has to be converted first.") from error
            except ValueError as error:
                raise _Refused(400, str(error)) from error

    async def _changes(self, request: Request) -> Response:
        question = _question(request)
        found = await self._ask(lambda: self._engine.changes(question))
        listed = [*found.services, *found.failing, *found.slower]
        return _sheet(sheet(Change, listed)) if _wants_sheet(request) else _json(found)

    async def _findings(self, request: Request) -> Response:
        question = _question(request)
        found = await self._ask(lambda: self._engine.findings(question))
        return _sheet(sheet(Finding, found.anomalies)) if _wants_sheet(request) else _json(found)

    async def _ask(self, question: Callable[[], Awaitable[Any]]) -> Any:
        if self._waiting >= _MAX_WAITING:
            raise _Refused(503, "Too many questions are waiting.", {"Retry-After": "2"})
        self._waiting += 1
        try:
            return await question()
        except UnavailableError as error:
            raise _Refused(503, str(error), {"Retry-After": "60"}) from error
        finally:
            self._waiting -= 1


def _whole_document() -> bytes:
    """The ingest API's OpenAPI document, and the query API in it."""
    whole: dict[str, Any] = msgspec.json.decode(document())
    own = msgspec.json.decode(resources.files("interceptor.collector").joinpath("openapi.json").read_bytes())
    whole["info"] |= own["info"]
    whole["paths"] |= own["paths"]
    for kind, entries in own["components"].items():
        whole["components"].setdefault(kind, {}).update(entries)
    return msgspec.json.format(msgspec.json.encode(whole))


def _seal(key: bytes, session: str) -> bytes:
    return (
        hmac.digest(key, f"interceptor collector session until {session}".encode(), "sha256").hex().encode()
    )


def _known_parameters(request: Request) -> None:
    """A name that is not known would not filter: what is answered would not be what was asked for."""
    path = request.url.path
    known = (*FILTERS, *_OWN.get(path, ())) if path.startswith("/v1/") else ()
    for name in request.query_params:
        if name not in known:
            near = get_close_matches(name, known, 1, 0.5)
            hint = (
                f"; did you mean {near[0]}?" if near else f"; there are {', '.join(known)}" if known else ""
            )
            raise _Refused(400, f"There is no parameter of the name {name[:64]!r} here{hint}.")
    for name in known:
        if len(request.query_params.getlist(name)) > 1:
            raise _Refused(400, f"{name} is there more than once.")


def _question(request: Request) -> Question:
    return _checked(lambda: asked(request.query_params))


def _sought(request: Request) -> Sought:
    parameters = request.query_params
    search, probes = parameters.get("search"), parameters.get("probes", "false")
    if search is not None and len(search) > _MAX_SEARCH:
        raise _Refused(400, f"search is longer than {_MAX_SEARCH} characters.")
    if probes not in ("true", "false"):
        raise _Refused(400, "probes is neither true nor false.")
    return Sought(search, _checked(lambda: when(parameters, "since")), probes == "true")


def _checked(read: Callable[[], _T]) -> _T:
    """What a parameter says; an answer to one that does not hold."""
    try:
        return read()
    except ValueError as error:
        raise _Refused(400, str(error)) from error


def _wants_sheet(request: Request) -> bool:
    """Whether a client prefers CSV (RFC 9110 section 12.5.1): JSON is for all who do not say so."""
    wanted: dict[str, float] = {}
    for part in request.headers.get("accept", "").split(","):
        kind, *parameters = [piece.strip().lower() for piece in part.split(";")]
        quality = next((one[2:] for one in parameters if one.startswith("q=")), "1")
        wanted[kind] = float(quality) if re.fullmatch(r"[01](\.\d{0,3})?", quality, re.ASCII) else 0.0
    return wanted.get(_SHEET, 0.0) > wanted.get("application/json", 0.0)


def _json(answer: object) -> Response:
    return Response(msgspec.json.encode(answer), headers={"Vary": "Accept"}, media_type="application/json")


def _sheet(text: bytes) -> Response:
    return Response(text, headers={"Vary": "Accept"}, media_type=_SHEET_TYPE)


def _client(request: Request) -> str:
    return request.client.host if request.client else "unknown"


def _cookie(request: Request) -> str:
    """Its name. Under TLS one that no other host of the domain, and no page without TLS, can set (RFC 6265bis)."""
    return f"__Host-{_COOKIE}" if request.url.scheme == "https" else _COOKIE


async def _bounded(request: Request, most: int, what: str) -> bytes:
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > most:
            raise _Refused(400, f"{what} is not that long.", {"Connection": "close"})
    return body
