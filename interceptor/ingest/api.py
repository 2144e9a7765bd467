"""The ingest API, version 1: `POST /v1/batches`, and the OpenAPI document that describes it.

Owns the order in which a request is looked at, every answer it can get, and how much of what clients send is held.
Refuses to keep anything: a `Sink` does, the relay's spool or the collector's database.

Invariants:

* A batch is answered with 202 only after the sink has it for good. The same batch again gets the same answer.
* A record that is refused costs no other: the rest of its batch is taken under the batch's id, and the answer names the
  lines that were not. Only a batch of which nothing is left is refused as a whole.
* What clients send, compressed and waiting, never takes more than `_HELD` bytes in all; unpacked, never more than
  `_AT_ONCE` of the largest batches, however many small ones those are. A client that is slow holds what it has sent, and
  not for longer than `_READ_SECONDS`; one that holds more than the others is the one to be put off (`room`).
* Hostile input is an answer of this module's, never a traceback, and what it holds is in no log.

A refused request is read on for a while before it is answered (`_drain`): an answer on a connection whose bytes are
not read is lost to the reset that follows (RFC 9112 section 9.6), and the client would not learn why.
"""

from __future__ import annotations

import asyncio
import re
import time
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from importlib import resources
from math import inf
from typing import TYPE_CHECKING, Final, NoReturn, Protocol

import structlog
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from interceptor.delivery.batches import TooLargeError, UnpackError, unpack
from interceptor.ingest.guesses import SlowedError, network
from interceptor.ingest.lines import MAX_RECORDS, BadLineError, Refusal, TooManyError, check, opened
from interceptor.ingest.room import Bodies, NoRoomError, Turns
from interceptor.ingest.senders import Senders

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping, Sequence

    from starlette.requests import Request

    from interceptor.config import Ingest
    from interceptor.delivery.batches import Header
    from interceptor.ingest.access import Access
    from interceptor.ingest.lines import Read
    from interceptor.ingest.room import Body

__all__ = [
    "Counters",
    "Incoming",
    "IngestApi",
    "Outcome",
    "Sink",
    "SinkFullError",
    "Taken",
    "describing",
    "document",
]

_UNPACKED: Final = 8
"""Times `max_batch_bytes`. Records compress to a tenth; what is denser is split by its sender."""
_HELD: Final = 64 * 2**20
"""Bytes of bodies, as sent, that are held at once. At least one batch always fits."""
_AT_ONCE: Final = 2
"""Batches of the largest size unpacked at once: one works, one waits for the disk. Of small ones as many as fit: what waits
for the disk together is written together."""
_DENSEST: Final = {"gzip": 1_032, "zstd": 32_768, "identity": 1}
"""Times what came is what it can unpack to: 258 bytes for two bits, 128 KiB for a block of four bytes, as it is."""
_SMALL: Final = 8 * 2**10
_SMALL_TEXT: Final = 64 * 2**10
"""A body of so many bytes that unpacks to so many is looked at where it came: half a millisecond, and handing it to a
thread and back costs as much."""
_READ_SECONDS: Final = 60.0
"""For a body to arrive: 8 MiB at 1 Mbit/s."""
_WAIT_SECONDS: Final = 20.0
"""For a turn. Below the time any client waits for an answer."""
_DRAINED: Final = 32 * 2**20
_DRAIN_SECONDS: Final = 5.0
"""How much, and how long, a refused body is read on."""
_AHEAD_SECONDS: Final = 86_400
"""That a sender's clock may be ahead. One record of next year would stretch every time line for everybody."""
_RETRY_SECONDS: Final = 5
"""Retry-After where nothing says better. Clients add their own jitter."""

_STRANGERS: Final = 64
_STRANGERS_SECONDS: Final = 600.0
"""Clients that are refused for their token are told: so many different ones in so long, each once."""

_KEY: Final = re.compile(r"[0-9a-f]{32}")
_TYPES: Final = ("application/x-ndjson", "application/jsonl", "application/ndjson")
_CODINGS: Final = ("gzip", "zstd", "identity")

_log = structlog.get_logger()


class Outcome(StrEnum):
    """What became of a request. Each is counted under exactly one."""

    TAKEN = "taken"
    DUPLICATE = "duplicate"
    """The sink had this batch."""
    EMPTY = "empty"
    """A batch without records: a probe."""
    UNAUTHORIZED = "unauthorized"
    SLOWED = "slowed"
    """Its client has shown too many wrong tokens; this one was not looked at."""
    INVALID = "invalid"
    """No batch."""
    UNSUPPORTED = "unsupported"
    """Content type or coding."""
    TOO_LARGE = "too_large"
    TOO_SLOW = "too_slow"
    BUSY = "busy"
    """Too much is held already."""
    FULL = "full"
    """The sink has no room."""
    FAILED = "failed"
    """The sink could not: a defect, or its disk's."""
    ABORTED = "aborted"
    """The client went away."""


_OF_AGENTS: Final = tuple(map(Outcome, ("taken", "duplicate", "empty", "invalid", "full", "failed")))
"""What becomes of a batch of which is known who sealed it."""


@dataclass(slots=True)
class Counters:
    """What came in."""

    batches: dict[Outcome, int] = field(default_factory=lambda: dict.fromkeys(Outcome, 0))
    records: int = 0
    """Taken; duplicates included."""
    duplicate_records: int = 0
    """Of these, those that the sink had."""
    rejected_records: int = 0
    """Of kinds that the sink does not know, of lines that do not hold, or with more than a template where only templates
    are wanted."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """A batch that holds: every line was looked at."""

    header: Header
    body: bytes = field(repr=False)
    """As it was sent; where lines were refused, its text without them."""
    encoding: str
    """As in Content-Encoding: gzip, zstd or identity."""
    text: bytes = field(repr=False)
    """The body, unpacked."""
    refused: int = 0
    """Lines of it that do not hold, or are not wanted here, and are not in it any more."""
    named: tuple[Refusal, ...] = field(default=(), repr=False)
    """Some of these."""
    known: Sequence[Read] = field(default=(), repr=False)
    """What was read of each line after the header, for a sink that counts."""


@dataclass(frozen=True, slots=True)
class _Received:
    """A body that is there."""

    content: bytes = field(repr=False)
    counted: Body


@dataclass(frozen=True, slots=True)
class Taken:
    """What a sink says of a batch that it has for good."""

    accepted: int
    rejected: int = 0
    duplicate: bool = False
    """It had the batch before; the numbers are those of the first time."""
    duplicate_records: int = 0
    """Of those accepted, how many it had from other batches."""


class SinkFullError(Exception):
    """No room: the batch was not taken, and shall be sent again."""

    def __init__(self, reason: str, retry_seconds: int = _RETRY_SECONDS) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry_seconds = retry_seconds


class Sink(Protocol):
    """Keeps batches."""

    async def take(self, batch: Incoming) -> Taken:
        """Keep a batch; returns when a crash can no longer lose it. The same batch may come twice at once.

        Raises:
            SinkFullError: there is no room.

        """


class IngestApi:
    """The server side, for one sink."""

    def __init__(
        self, sink: Sink, access: Access, config: Ingest, clock: Callable[[], float] | None = None
    ) -> None:
        """For a sink that counts there is a clock (Unix time, seconds).

        It gets what was read of the records, and those of the future are refused.
        """
        self._sink = sink
        self._access = access
        self._clock = clock
        self._limit = config.max_batch_bytes
        self._objection = opened if config.templates_only else None
        self._bodies = Bodies(max(_HELD, self._limit))
        self._turns = Turns(_AT_ONCE * self._limit * _UNPACKED)
        self._strangers = _Strangers()
        self.counters: Final = Counters()
        self.senders: Final = Senders(_OF_AGENTS)
        """The same by agent, of batches whose header was read."""

    def routes(self) -> list[Route]:
        """`POST /v1/batches`."""
        return [Route("/v1/batches", self._post, methods=["POST"])]

    async def _post(self, request: Request) -> Response:
        try:
            answer, outcome = await self._answer(request)
        except _RefusedError as refused:
            answer, outcome = refused.answer(), refused.outcome
            if refused.sender is not None:
                self.senders.count(refused.sender, outcome)
            self.counters.rejected_records += refused.rejected
            if outcome in (Outcome.UNAUTHORIZED, Outcome.SLOWED):
                self._strangers.note(request)
            else:
                _log.warning(
                    "batch_refused", outcome=outcome.value, status=answer.status_code, client=_client(request)
                )
        except (ClientDisconnect, ConnectionError):
            answer, outcome = Response(status_code=400), Outcome.ABORTED
        except asyncio.CancelledError:
            # The server ends and has waited long enough. Nobody waits for this task; raising would be a traceback.
            answer, outcome = Response(status_code=503), Outcome.ABORTED
        except Exception as error:  # noqa: BLE001 - whatever it is, the client keeps the batch and comes again
            _log.error(
                "batch_failed", error=type(error).__name__, client=_client(request)
            )  # its text may be traffic's
            answer = _RefusedError(Outcome.FAILED, 500, "The batch could not be stored.").answer()
            outcome = Outcome.FAILED
        self.counters.batches[outcome] += 1
        return answer

    async def _answer(self, request: Request) -> tuple[Response, Outcome]:
        key, encoding = await self._admit(request)
        body = await self._read(request)
        try:
            taken, batch = await self._take(body, encoding, key, request)
        finally:
            self._bodies.let_go(body.counted)
        outcome = Outcome.TAKEN
        if batch.header.count == 0:
            outcome = Outcome.EMPTY
        elif taken.duplicate:
            outcome = Outcome.DUPLICATE
        else:
            self.counters.records += taken.accepted
            self.counters.duplicate_records += taken.duplicate_records
            self.counters.rejected_records += taken.rejected + batch.refused
        self.senders.count(batch.header, outcome)
        return _accepted(taken, batch), outcome

    async def _take(
        self, body: _Received, encoding: str, key: str, request: Request
    ) -> tuple[Taken, Incoming]:
        """Unpack a batch, when there is room for it, and have the sink keep it."""
        try:
            async with asyncio.timeout(_WAIT_SECONDS):
                size = await self._turns.take(
                    min(self._limit * _UNPACKED, len(body.content) * _DENSEST[encoding])
                )
        except TimeoutError:
            _busy("Too many batches are being stored.")
        try:
            batch = await self._incoming(body.content, encoding, key)
            # what was read of a line takes as much again
            less = size - min(size, len(batch.text) * (2 if batch.known else 1))
            self._turns.give(less)
            size -= less
            if batch.header.count == 0:
                return Taken(0), batch
            if batch.refused:
                _log.warning("records_refused", **_told(batch), client=_client(request))
            return await self._keep(batch), batch
        finally:
            self._turns.give(size)

    async def _keep(self, batch: Incoming) -> Taken:
        try:
            return await self._sink.take(batch)
        except SinkFullError as full:
            again = {"Retry-After": str(full.retry_seconds)}
            raise _RefusedError(Outcome.FULL, 503, full.reason, headers=again, sender=batch.header) from full
        except Exception:
            self.senders.count(batch.header, Outcome.FAILED)
            raise

    async def _incoming(self, body: bytes, encoding: str, key: str) -> Incoming:
        if len(body) <= _SMALL:
            with suppress(TooLargeError):
                return self._unpack(body, encoding, key, min(_SMALL_TEXT, self._limit * _UNPACKED))
        try:
            return await asyncio.to_thread(self._unpack, body, encoding, key, self._limit * _UNPACKED)
        except TooLargeError as error:
            raise self._too_large() from error

    async def _admit(self, request: Request) -> tuple[str, str]:
        """What can be said before the body is read: the batch's id, and its encoding."""
        headers = request.headers
        refused: _RefusedError | None = None
        encoding = headers.get("content-encoding", "identity").strip().lower() or "identity"
        key = headers.get("idempotency-key", "")
        try:
            admitted = self._access.admits(headers.get("authorization"), _client(request))
        except SlowedError as slowed:
            admitted = False
            refused = _RefusedError(
                Outcome.SLOWED, 429, str(slowed), headers={"Retry-After": str(slowed.retry_seconds)}
            )
        if refused is not None:
            pass
        elif not admitted:
            refused = _RefusedError(
                Outcome.UNAUTHORIZED,
                401,
                "A bearer token that this server knows is needed.",
                headers={"WWW-Authenticate": 'Bearer realm="interceptor"'},
            )
        elif headers.get("content-type", "").partition(";")[0].strip().lower() not in _TYPES:
            refused = _RefusedError(Outcome.UNSUPPORTED, 415, f"The content type is not {_TYPES[0]}.")
        elif encoding not in _CODINGS:
            # RFC 9110 section 12.5.3: Accept-Encoding in a 415 says what would have been understood
            refused = _RefusedError(
                Outcome.UNSUPPORTED,
                415,
                f"The content encoding is none of {', '.join(_CODINGS)}.",
                headers={"Accept-Encoding": ", ".join(_CODINGS)},
            )
        elif not _KEY.fullmatch(key):
            refused = _RefusedError(
                Outcome.INVALID,
                400,
                "Idempotency-Key is not the batch's id: 32 hexadecimal digits, lower case.",
            )
        elif _declared(request) > self._limit:
            refused = self._too_large()
        if refused is not None:
            await _drain(request)
            raise refused
        return key, encoding

    async def _read(self, request: Request) -> _Received:
        """The body, counted among what is held until the caller has done with it."""
        pieces: list[bytes] = []
        stream = request.stream()
        try:
            async with self._bodies.coming(network(_client(request)), _READ_SECONDS) as counted:
                async for piece in stream:
                    pieces.append(piece)
                    counted.add(len(piece))
                    if counted.size > self._limit:
                        raise self._too_large()
        except TimeoutError as error:
            raise _RefusedError(
                Outcome.TOO_SLOW, 408, f"The body took longer than {_READ_SECONDS:g} s."
            ) from error
        except NoRoomError as error:
            pieces.clear()
            await _discard(stream)
            raise _busy_error("Too many batches are on their way.") from error
        except _RefusedError:
            pieces.clear()
            await _discard(stream)
            raise
        return _Received(b"".join(pieces), counted)

    def _unpack(self, body: bytes, encoding: str, key: str, limit: int) -> Incoming:
        """Unpack and check: a tenth of a second where a batch is large.

        Raises:
            TooLargeError: there are more than `limit` bytes in it.

        """
        known: list[Read] | None = None if self._clock is None else []
        latest = inf if self._clock is None else self._clock() + _AHEAD_SECONDS
        try:
            text = unpack(body, encoding, limit)
            checked = check(text, self._objection, latest=latest, known=known)
        except TooLargeError:
            raise
        except TooManyError as error:
            raise self._too_large() from error
        except UnpackError as error:
            raise _RefusedError(Outcome.INVALID, 400, f"The body {error}.") from error
        except BadLineError as error:
            first = Refusal(error.number, error.reason)
            raise _RefusedError(
                Outcome.INVALID, 422, f"Line {first.line}: {first.reason}.", named=(first,)
            ) from error
        header, named, refused = checked.header, checked.named, checked.refused
        if header.id != key:
            wrong = Refusal(1, "its id is not the Idempotency-Key of the request")
            raise _RefusedError(
                Outcome.INVALID, 422, f"Line 1: {wrong.reason}.", named=(wrong,), sender=header
            )
        if not refused:
            return Incoming(header, body, encoding, text, known=known or ())
        if not header.count:
            raise _RefusedError(
                Outcome.INVALID,
                422,
                f"None of its {refused} records holds. Line {named[0].line}: {named[0].reason}.",
                named=named,
                rejected=refused,
                sender=header,
            )
        return Incoming(header, checked.text, "identity", checked.text, refused, named, known or ())

    def _too_large(self) -> _RefusedError:
        return _RefusedError(
            Outcome.TOO_LARGE,
            413,
            f"A batch has at most {self._limit} bytes as sent, {self._limit * _UNPACKED} unpacked, and "
            f"{MAX_RECORDS} records.",
        )


class _Strangers:
    """Tells who comes without a token that is known: once in a while of each, so that its operator can be found.

    Anybody can come, from any number of addresses: how many are told and remembered is bounded.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._since = clock()
        self._times: dict[str, int] = {}
        """Refusals of each that was told, since then."""
        self._others = 0

    def note(self, request: Request) -> None:
        """One more was refused."""
        now = self._clock()
        if now - self._since >= _STRANGERS_SECONDS:
            self._times, self._others, self._since = {}, 0, now
        client = _client(request)
        if client in self._times:
            self._times[client] += 1
            return
        if len(self._times) >= _STRANGERS:
            if not self._others:
                _log.warning(
                    "clients_refused", told=f"more than {_STRANGERS} show no token that is known here"
                )
            self._others += 1
            return
        self._times[client] = 1
        shown = "a token that is not known here" if "authorization" in request.headers else "no token"
        agent = "".join(filter(str.isprintable, request.headers.get("user-agent", "")[:64]))
        _log.warning(
            "client_refused",
            client=client,
            user_agent=agent,
            told=f"it shows {shown}; its batches stay there",
        )


class _RefusedError(Exception):
    """An answer other than 202, as a problem document (RFC 9457)."""

    def __init__(
        self,
        outcome: Outcome,
        status: int,
        detail: str,
        *,
        named: tuple[Refusal, ...] = (),
        rejected: int = 0,
        headers: Mapping[str, str] | None = None,
        sender: Header | None = None,
    ) -> None:
        super().__init__(detail)
        self.outcome = outcome
        self.sender = sender
        """Who sealed the batch, where that was read."""
        self.rejected = rejected
        """Records that were looked at, each, and do not hold."""
        self._problem: dict[str, object] = {"title": outcome.value, "status": status, "detail": detail}
        if named:
            # `line` is what agents before 0.2 look for
            self._problem |= {"line": named[0].line, "lines": _lines(named)}
        self._headers = dict(headers or {})
        if status in (408, 413, 429) or outcome is Outcome.UNAUTHORIZED:
            self._headers["Connection"] = "close"  # there may be more of the body than we care to read
        self._status = status

    def answer(self) -> Response:
        """To be sent."""
        return JSONResponse(
            self._problem, self._status, headers=self._headers, media_type="application/problem+json"
        )


def describing(text: bytes) -> Route:
    """`GET /openapi.json`: this document."""

    async def describe(_: Request) -> Response:
        return Response(text, media_type="application/json")

    return Route("/openapi.json", describe)


def document() -> bytes:
    """The OpenAPI document of this API."""
    return resources.files("interceptor.ingest").joinpath("openapi.json").read_bytes()


def _accepted(taken: Taken, batch: Incoming) -> Response:
    answer: dict[str, object] = {"accepted": taken.accepted, "rejected": taken.rejected + batch.refused}
    if batch.named:
        answer["lines"] = _lines(batch.named)
    return JSONResponse(answer, 202)


def _lines(named: tuple[Refusal, ...]) -> list[dict[str, object]]:
    return [{"line": one.line, "detail": one.reason} for one in named]


def _told(batch: Incoming) -> dict[str, object]:
    """For the log: who sends what does not hold, and one of the reasons."""
    first = batch.named[0]
    header = batch.header
    return {
        "records": batch.refused,
        "line": first.line,
        "reason": first.reason,
        "cluster": header.cluster,
        "node": header.node,
        "agent": header.agent,
    }


def _busy_error(detail: str) -> _RefusedError:
    return _RefusedError(Outcome.BUSY, 503, detail, headers={"Retry-After": str(_RETRY_SECONDS)})


def _busy(detail: str) -> NoReturn:
    raise _busy_error(detail)


async def _drain(request: Request) -> None:
    """Read what comes and forget it, within bounds; not at all where the client waits to be asked for it."""
    if "expect" in request.headers or _declared(request) > _DRAINED:
        return
    await _discard(request.stream())


async def _discard(stream: AsyncIterator[bytes]) -> None:
    """Forget the rest of a body that ends soon."""
    size = 0
    with suppress(TimeoutError, ClientDisconnect):
        async with asyncio.timeout(_DRAIN_SECONDS):
            async for piece in stream:
                size += len(piece)
                if size > _DRAINED:
                    return


def _declared(request: Request) -> int:
    """The body's size as the head says it; 0 where it does not."""
    text = request.headers.get("content-length", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else 0


def _client(request: Request) -> str:
    return request.client.host if request.client else "unknown"
