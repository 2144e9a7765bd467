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
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import resources
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs

import msgspec
import structlog
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from interceptor.collector.answers import RANGES
from interceptor.collector.engine import UnavailableError
from interceptor.ingest.api import document
from interceptor.ingest.guesses import SlowedError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from starlette.requests import Request

    from interceptor.collector.answers import Overview, Range
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
_MAX_WAITING: Final = 32
"""Questions that wait for the database. A page asks one every two seconds."""
_REST: Final = 4
"""Times as long as it took to count, an overview is shown before it is counted anew. A week of millions of records
takes seconds, while records come in all the time: the other questions have their turn, too."""
_MAX_PAGE: Final = 1_000
_NUMBER: Final = re.compile(r"[0-9]{1,18}")
_PARAMETERS: Final = {
    "/v1/records": ("limit", "before", "endpoint", "class"),
    "/v1/inventory": ("limit", "after"),
} | {f"/v1/{part}": ("range",) for part in ("overview", "services", "calls", "endpoints", "agents")}
_PARTS: Final = ("services", "calls", "endpoints", "agents")
"""Of the overview, that can be asked for alone."""

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
        self._looks: dict[Range | None, _Look] = {}
        """Of each range, the latest."""
        self._one = asyncio.Lock()
        """Held by whoever counts an overview: the others want the same, or the same thread."""
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
            Route("/v1/inventory", self._guarded(self._inventory)),
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
        form = parse_qs((await _bounded(request)).decode(errors="replace"))
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
        look = await self._look(_range(request))
        if request.headers.get("if-none-match") == look.etag:
            return Response(status_code=304, headers={"ETag": look.etag})
        return Response(
            look.body, headers={"ETag": look.etag, "Cache-Control": "no-cache"}, media_type="application/json"
        )

    async def _part(self, request: Request) -> Response:
        overview = (await self._look(_range(request))).overview
        part = request.url.path.rpartition("/")[2]
        body = msgspec.json.encode({"window": overview.window, part: getattr(overview, part)})
        return Response(body, media_type="application/json")

    async def _look(self, chosen: Range | None) -> _Look:
        """What a range looks like."""
        return await self._current(chosen) or await self._ask(lambda: self._count(chosen))

    async def _current(self, chosen: Range | None) -> _Look | None:
        """The latest look at a range, where it is as good as another one."""
        look = self._looks.get(chosen)
        if look is None:
            return None
        if 0 <= self._clock() - look.made < _REST * look.took or look.etag == await self._etag(chosen):
            return look
        return None

    async def _count(self, chosen: Range | None) -> _Look:
        async with self._one:
            look = await self._current(chosen)
            if look is None:
                began, etag = self._clock(), await self._etag(chosen)
                overview = await self._engine.overview(chosen)
                made = self._clock()
                look = _Look(etag, overview, msgspec.json.encode(overview), made, made - began)
                self._looks[chosen] = look
        return look

    async def _etag(self, chosen: Range | None) -> str:
        # A sliding range is another one a minute later, even if nothing came.
        return f'"{await self._engine.version()}-{int(self._clock()) // 60}-{chosen}"'

    async def _records(self, request: Request) -> Response:
        limit = _number(request, "limit", _MAX_PAGE)
        before, endpoint = _number(request, "before"), _number(request, "endpoint")
        kind = _number(request, "class", 5)
        if limit == 0:
            raise _Refused(400, f"limit is none of 1 to {_MAX_PAGE}.")
        page = await self._ask(lambda: self._engine.records(limit or 100, before, endpoint, kind))
        return Response(msgspec.json.encode(page), media_type="application/json")

    async def _inventory(self, request: Request) -> Response:
        limit, after = _number(request, "limit", _MAX_PAGE), _number(request, "after")
        if limit == 0:
            raise _Refused(400, f"limit is none of 1 to {_MAX_PAGE}.")
        page = await self._ask(lambda: self._engine.inventory(limit or 100, after))
        return Response(msgspec.json.encode(page), media_type="application/json")

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
    known = _PARAMETERS.get(request.url.path, ())
    for name in request.query_params:
        if name not in known:
            near = get_close_matches(name, known, 1, 0.5) or known
            hint = (
                f"; did you mean {near[0]}?"
                if len(near) == 1
                else f"; there are {', '.join(near)}"
                if near
                else ""
            )
            raise _Refused(400, f"There is no parameter of the name {name[:64]!r} here{hint}.")
    for name in known:
        if len(request.query_params.getlist(name)) > 1:
            raise _Refused(400, f"{name} is there more than once.")


def _client(request: Request) -> str:
    return request.client.host if request.client else "unknown"


def _cookie(request: Request) -> str:
    """Its name. Under TLS one that no other host of the domain, and no page without TLS, can set (RFC 6265bis)."""
    return f"__Host-{_COOKIE}" if request.url.scheme == "https" else _COOKIE


def _range(request: Request) -> Range | None:
    text = request.query_params.get("range")
    for known in RANGES:
        if text == known:
            return known
    if text is not None:
        raise _Refused(400, f"range is none of {', '.join(RANGES)}.")
    return None


def _number(request: Request, name: str, limit: int = 10**18) -> int | None:
    text = request.query_params.get(name)
    if text is None:
        return None
    if not _NUMBER.fullmatch(text) or int(text) > limit:
        raise _Refused(400, f"{name} is no number from 0 to {limit}.")
    return int(text)


async def _bounded(request: Request) -> bytes:
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > _MAX_FORM:
            raise _Refused(400, "A login is not that long.", {"Connection": "close"})
    return body
