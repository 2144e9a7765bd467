"""One try: a batch as a request, and what its answer means.

Owns the request of either protocol, the token, and the meaning of an answer (`classify`). Refuses to try again and to
settle anything: that is the uploader's.

Outcomes:

    2xx                                         delivered, however its answer goes on
    409 in JSON                                 delivered before
    413                                         too large
    400 422 in the API's own words              refused: the records that it names, or the batch
    408 425 429 5xx (but 501, 505), no answer   again, after a while
    401 403                                     somebody has to mend the token
    401 403 407 of the proxy                    somebody has to mend the way through the proxy
    all other answers: 3xx, 404, 405, 406, ...  somebody has to mend the configuration (a wrong URL or port, a captive
    400 in others' words, HTML with 2xx;        portal, something in between that refuses us, a token or certificate
    files of ours that cannot be used           that is not there)

Only who knows what a batch is can judge one. The API's words are a problem document (RFC 9457) with title, detail and the
status it came with; an OTLP receiver's are a google.rpc.Status. Everything else, whatever its status, says something
about the way, and costs no record.

OTLP is sent as protobuf, which is what receivers are tested with, or as JSON if that is configured; a receiver that
answers 415 gets the other one from then on.

The token's file is looked at for each try (`rotation`), so that a token that rotates is never an old one. With a plain
http:// endpoint behind a proxy, nothing tells the proxy's 401 and 403 from the endpoint's: it is the token's.
"""

from __future__ import annotations

import asyncio
import zlib
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Final, Protocol

import msgspec
import structlog

from interceptor.delivery import otlp
from interceptor.delivery.batches import UnpackError, seal, unpack
from interceptor.delivery.transport import Failure, TransportError
from interceptor.errors import UsageError
from interceptor.rotation import Rotating

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from interceptor import config
    from interceptor.delivery.batches import Batch, Origin
    from interceptor.delivery.transport import Answer

__all__ = ["Outcome", "Sender", "Token", "Try", "Way", "classify", "retry_after"]

PATH: Final = "/v1/batches"
LONGEST_ASKED_SECONDS: Final = 15 * 60.0
"""The longest that the other side may ask us to wait: a mistake of its must not cost the spool."""
_NOT_UNDERSTOOD: Final = 415
"""RFC 9110 section 15.5.16: the media type."""
_UNPACKED: Final = 256 * 2**20
"""Of a batch that is sent as OTLP."""
_LONGEST_TOKEN: Final = 16_384
"""Characters: more than any server takes in a header."""


log = structlog.get_logger()


class Outcome(StrEnum):
    """What became of one try."""

    DELIVERED = "delivered"
    DUPLICATE = "duplicate"
    """Delivered by an earlier try, whose answer was lost."""
    RETRY = "retry"
    TOO_LARGE = "too_large"
    QUARANTINED = "quarantined"
    UNREADABLE = "unreadable"
    """Not sent: it is not what we seal."""
    AUTH = "auth"
    CONFIGURATION = "configuration"
    PROXY = "proxy"


_FAILURES: Final = {
    Failure.PROXY_REFUSED: Outcome.PROXY,
    Failure.FILES: Outcome.CONFIGURATION,
}
"""What it means that there is no answer; any other failure passes by itself, as far as we know."""

_AGAIN: Final = frozenset({408, 425, 429})
_NOT_OF_THE_BATCH: Final = frozenset({401, 404, 405, 407})
"""Refusals that no content of a batch can be the reason of."""
_LONGEST_WORDS: Final = 200
"""Characters of what the other side says, for the log."""


def classify(answer: Answer, *, otlp_: bool = False) -> Outcome:
    """What an answer means."""
    status = answer.status
    kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    if 200 <= status < 300:
        return Outcome.CONFIGURATION if kind == "text/html" else Outcome.DELIVERED
    match status:
        case 409 if kind.endswith("json"):
            return Outcome.DUPLICATE
        case 413:
            return Outcome.TOO_LARGE
        case 401 | 403:
            return Outcome.AUTH
        case 407:
            return Outcome.PROXY
        case 400 | 422 if otlp.is_verdict(kind, answer.body) if otlp_ else _problem(answer) is not None:
            return Outcome.QUARANTINED
        case 501 | 505:
            return Outcome.CONFIGURATION
    if status in _AGAIN or not 300 <= status < 500:
        return Outcome.RETRY
    return Outcome.CONFIGURATION


def retry_after(headers: Mapping[str, str]) -> float:
    """Seconds that the other side asks us to wait (RFC 9110 section 10.2.3), 0 where it does not say it well.

    A date is read against the answer's own Date: the clocks of two machines differ.
    """
    text = headers.get("retry-after", "").strip()
    if text.isdecimal():
        return min(float(text[:9]), LONGEST_ASKED_SECONDS)
    try:
        until, now = (parsedate_to_datetime(words).timestamp() for words in (text, headers.get("date", "")))
        return min(max(until - now, 0.0), LONGEST_ASKED_SECONDS)
    except (ValueError, TypeError, OverflowError, IndexError):
        return 0.0


class Token:
    """What we show to the endpoint: what its file holds at the time, else a fixed one."""

    def __init__(self, settings: config.Config) -> None:
        """Raises `UsageError` where the token, or what its file held at the start, cannot be sent in a header."""
        file = settings.token_file
        self._file = None if file is None else Rotating({"token_file": file}, lambda: _token(file))
        self._fixed: str | None = None
        # the configuration that was loaded has a copy of what the file held then
        if settings.token is not None:
            text = _sendable(settings.token.get_secret_value(), _place(file))
            self._fixed = text if file is None else None

    async def text(self) -> str | None:
        """The token; None where none is configured.

        Raises:
            UsageError: the file never held one.

        """
        return self._fixed if self._file is None else await self._file.fresh()

    def changed(self) -> bool:
        """Whether the file was replaced since it was last looked at."""
        return self._file is not None and self._file.changed()


def _token(file: Path) -> str:
    try:
        with file.open(encoding="ascii") as opened:
            text = opened.read(_LONGEST_TOKEN + 1)  # and no more of a file that is something else
    except UnicodeDecodeError:
        raise UsageError(f"{_place(file)}: holds no token, but bytes that are no ASCII") from None
    except OSError as error:
        raise UsageError(f"{_place(file)}: cannot be read: {error.strerror}") from None
    return _sendable(text, _place(file))


def _place(file: Path | None) -> str:
    return "token" if file is None else f"token_file {file}"


def _sendable(text: str, place: str) -> str:
    """The token that `text` is, without the blanks around it.

    RFC 9110 section 5.5: visible characters. A line end would begin another header.

    Raises:
        UsageError: it is none; says why, and shows nothing of it.

    """
    token = text.strip()
    if not token:
        raise UsageError(f"{place}: holds no token: it is empty")
    if len(text) > _LONGEST_TOKEN:
        raise UsageError(f"{place}: holds no token: it has more than {_LONGEST_TOKEN:,} characters")
    if (lines := len(token.splitlines())) > 1:
        raise UsageError(f"{place}: holds {lines} lines, and a token is one")
    if not (token.isascii() and token.isprintable()):
        raise UsageError(f"{place}: holds no token, but characters that cannot be sent in a header")
    return token


class Way(Protocol):
    """How requests travel: `transport.Transport`."""

    async def post(self, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Send one and read the whole answer."""

    def changed(self) -> bool:
        """Whether a file it depends on was replaced."""


@dataclass(frozen=True, slots=True)
class Try:
    """What came of one try."""

    outcome: Outcome
    told: str
    """In words that may be shown."""
    asked_seconds: float = 0.0
    """How long the other side asks us to wait."""
    rejected: int = 0
    """Records of a delivered batch that the other side did not accept."""
    lines: tuple[int, ...] = ()
    """Lines of a refused batch that it names; the header is line 1."""
    words: str = ""
    """What the endpoint says of records or a batch that it does not take: for the log only."""
    refused: bool = False
    """Something that is no endpoint of ours refuses us, for whatever reason; it may be this batch."""
    status: int | None = None
    """Of the answer, if there was one."""
    spanless: int = 0
    """Records of a delivered batch that were not sent, because OTLP has nothing for their kind."""

    def about_the_batch(self) -> Try:
        """The same, if it is known that others get through."""
        return replace(
            self, outcome=Outcome.QUARANTINED, told=f"{self.told}, and others get through", refused=False
        )


class _Line(msgspec.Struct):
    line: int
    detail: str = ""


class _Counts(msgspec.Struct):
    """The ingest API's answer to a batch that it has."""

    rejected: int = 0
    lines: tuple[_Line, ...] = ()


class _Problem(msgspec.Struct):
    """Its answer to one that it refuses."""

    title: str
    status: int
    detail: str
    line: int | None = None
    lines: tuple[_Line, ...] = ()


_counts = msgspec.json.Decoder(_Counts)
_problems = msgspec.json.Decoder(_Problem)


class Sender:
    """Sends batches to one endpoint."""

    def __init__(self, settings: config.Config, way: Way) -> None:
        """Nothing is sent or read yet.

        Raises:
            UsageError: the token cannot be sent, or would be sent over plain HTTP.

        """
        secret = settings.token is not None or settings.token_file is not None
        plain = (settings.endpoint or "").lower().startswith("http://")
        if secret and plain and not settings.upload.allow_plain_http:
            raise UsageError(
                "endpoint: with http:// the token can be read by whoever listens; use https://, or say "
                "upload.allow_plain_http: true"
            )
        self._way = way
        self._otlp = settings.upload.protocol != "ingest"
        self._form: otlp.Form = "json" if settings.upload.protocol == "otlp-json" else "protobuf"
        self._making = asyncio.Lock()
        """One batch at a time is made into spans: unpacked, it is twenty times as large."""
        self._token = Token(settings)

    async def probe(self, origin: Origin, now: float) -> Try:
        """Send an empty batch, which changes nothing there. `origin`: who asks; `now`: Unix time."""
        return await self.send(seal((), 0, origin, now))

    def changed(self) -> bool:
        """Whether a file that a try depends on was replaced since the last one."""
        return self._token.changed() or self._way.changed()

    async def send(self, batch: Batch) -> Try:
        """Try once; as OTLP once in each form, if the first is not understood."""
        form = self._form
        sent = await self._send(batch, form)
        if self._otlp and sent.outcome is Outcome.CONFIGURATION and sent.status == _NOT_UNDERSTOOD:
            other: otlp.Form = "json" if form == "protobuf" else "protobuf"
            again = await self._send(batch, other)
            if again.status != _NOT_UNDERSTOOD:
                if again.outcome is Outcome.DELIVERED and self._form == form:
                    log.info("otlp_form", form=other, reason=f"the receiver does not understand {form}")
                    self._form = other
                return again
        return sent

    async def _send(self, batch: Batch, form: otlp.Form) -> Try:
        try:
            path, headers, made = await self._request(batch, form)
        except UnpackError as error:
            return Try(Outcome.UNREADABLE, f"the batch {error}")
        try:
            token = await self._token.text()
            if token is not None:
                headers["authorization"] = f"Bearer {token}"
            answer = await self._way.post(path, made.body, headers)
        except UsageError as error:
            return Try(Outcome.CONFIGURATION, str(error))
        except TransportError as error:
            return Try(_FAILURES.get(error.failure, Outcome.RETRY), str(error))
        sent = self._understood(answer, batch)
        if sent.outcome is not Outcome.DELIVERED:
            return sent
        if made.strange:
            left = f"{made.strange} are no records, and were not sent"
            words = "; ".join([words for words in (sent.words, left) if words])
            sent = replace(sent, rejected=sent.rejected + made.strange, words=words)
        spans = batch.records - made.spanless
        return replace(sent, rejected=min(sent.rejected, spans), spanless=made.spanless)

    def _understood(self, answer: Answer, batch: Batch) -> Try:
        """What an answer says."""
        status = answer.status
        outcome = classify(answer, otlp_=self._otlp)
        told = f"the endpoint answered {status}"
        rejected, words = 0, ""
        lines: tuple[int, ...] = ()
        if outcome is Outcome.DELIVERED:
            rejected, words = self._rejected(answer)
            rejected = min(rejected, batch.records)
            if not answer.whole:
                log.warning(
                    "answer_not_read", status=status, told="delivered; what it says of records is not known"
                )
        elif outcome is Outcome.QUARANTINED:
            lines, words = ((), otlp.words(answer.body)) if self._otlp else _named(answer)
        elif status == _NOT_UNDERSTOOD:
            told += ": it does not understand what we send; is upload.protocol right?"
        elif answer.headers.get("content-type", "").lower().startswith("text/html"):
            told += " with a web page: is something in between, or the port or path another's?"
        elif outcome is Outcome.CONFIGURATION:
            told += ", which the API never does: are its URL and port right, and is nothing in between?"
        refused = (
            outcome in {Outcome.AUTH, Outcome.CONFIGURATION}
            and 400 <= status < 500
            and status not in _NOT_OF_THE_BATCH
        )
        return Try(
            outcome, told, retry_after(answer.headers), rejected, lines, _shown(words), refused, status
        )

    async def _request(self, batch: Batch, form: otlp.Form) -> tuple[str, dict[str, str], otlp.Made]:
        """Path, headers, and what of the batch is sent."""
        if self._otlp:
            async with self._making:
                made = await asyncio.to_thread(_spans, batch, form)
            kind = {"content-type": otlp.CONTENT_TYPES[form], "content-encoding": "gzip"}
            return otlp.PATH, kind, made
        headers = {
            "content-type": "application/x-ndjson",
            "content-encoding": batch.encoding,
            "idempotency-key": batch.id,
        }
        return PATH, headers, otlp.Made(batch.body, 0, 0)

    def _rejected(self, answer: Answer) -> tuple[int, str]:
        """How many records, and why."""
        if self._otlp:
            return otlp.rejected(answer.headers.get("content-type", ""), answer.body)
        try:
            found = _counts.decode(answer.body)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return 0, ""  # taken, and that is all we know
        first = next((f"line {line.line}: {line.detail}" for line in found.lines), "")
        return max(found.rejected, 0), first


def _problem(answer: Answer) -> _Problem | None:
    """The API's answer, if it is one."""
    try:
        found = _problems.decode(answer.body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return found if found.status == answer.status else None


def _named(answer: Answer) -> tuple[tuple[int, ...], str]:
    """Which lines a refusal names, and its words."""
    problem = _problem(answer)
    if problem is None:
        return (), ""
    lines = tuple(line.line for line in problem.lines)
    return lines or (() if problem.line is None else (problem.line,)), problem.detail


def _shown(words: str) -> str:
    """Of another's words what can be in a log."""
    return "".join([letter if letter.isprintable() else " " for letter in words[:_LONGEST_WORDS]])


def _spans(batch: Batch, form: otlp.Form) -> otlp.Made:
    """A batch as OTLP; gzip is the one compression that every receiver has to know."""
    packer = zlib.compressobj(wbits=16 + zlib.MAX_WBITS)
    made = otlp.request(unpack(batch.body, batch.encoding, _UNPACKED), form)
    return made._replace(body=packer.compress(made.body) + packer.flush())
