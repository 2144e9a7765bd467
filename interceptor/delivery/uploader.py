"""Batches to the endpoint, until each is settled.

Owns what an answer means (`classify`), when to try again (`Backoff`), the token, and the loop. Refuses storage (the
queue's) and connections (`transport`'s).

One batch is under way at a time: one shared back-off, and after a failure the next try is the probe that ends it. No try
is the last one: a batch that cannot be delivered stays until it is, or until the queue needs its room and counts it.

Outcomes:

    2xx                                         delivered, once its answer was read to the end
    409                                         delivered before
    413                                         halved; a single record is put aside
    408 425 429 5xx (but 501, 505), no answer   again, after a while
    401 403                                     again, slowly: state `auth`
    404 405 3xx, HTML with 2xx, an endless      again, slowly: state `configuration` (a wrong URL, a captive portal,
    answer, files of ours that cannot be used   a token or certificate that is not there)
    401 403 407 of the proxy                    again, slowly: state `proxy`
    other 4xx, 501, 505                         put aside
    anything else                               again, after a while

An answer that was lost is no reason to doubt: the same batch with the same id is sent again, and the other side knows
it. The token's file is read for each try, so that a token that rotates is never an old one. Time, sleep and chance are
arguments.

With a plain http:// endpoint behind a proxy, nothing tells the proxy's 401 and 403 from the endpoint's: state `auth`.
"""

from __future__ import annotations

import asyncio
import random
import time
import zlib
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Final, Protocol, assert_never

import msgspec
import structlog

from interceptor.delivery import otlp
from interceptor.delivery.batches import UnpackError, seal, split, unpack
from interceptor.delivery.transport import Failure, TransportError
from interceptor.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence
    from pathlib import Path

    from interceptor import config
    from interceptor.delivery.batches import Batch, Origin
    from interceptor.delivery.transport import Answer

__all__ = [
    "Backoff",
    "Counters",
    "Outcome",
    "Queue",
    "Reason",
    "State",
    "Token",
    "Uploader",
    "classify",
    "retry_after",
]

PATH: Final = "/v1/batches"
LONGEST_SECONDS: Final = 60.0
"""Between two tries of our own accord."""
LONGEST_ASKED_SECONDS: Final = 15 * 60.0
"""The longest that the other side may ask us to wait: a mistake of its must not cost the spool."""
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


class State(StrEnum):
    """How delivery goes, for whoever looks after it."""

    OK = "ok"
    RETRYING = "retrying"
    AUTH = "auth"
    CONFIGURATION = "configuration"
    PROXY = "proxy"


_SLOW: Final = {
    Outcome.AUTH: State.AUTH,
    Outcome.CONFIGURATION: State.CONFIGURATION,
    Outcome.PROXY: State.PROXY,
}
"""What somebody has to mend: tried again slowly."""

_FAILURES: Final = {
    Failure.PROXY_REFUSED: Outcome.PROXY,
    Failure.FILES: Outcome.CONFIGURATION,
    Failure.TOO_LARGE: Outcome.CONFIGURATION,
}
"""What it means that there is no answer; any other failure passes by itself, as far as we know."""

_AGAIN: Final = frozenset({408, 425, 429})
_NEVER: Final = frozenset({501, 505})


class Reason(StrEnum):
    """Why a batch was put aside."""

    REFUSED = "refused"
    """By the endpoint, for what it is."""
    TOO_LARGE = "too_large"
    """A single record, for the endpoint."""
    UNREADABLE = "unreadable"
    """By us: it has to be read for another protocol, or to be halved, and is not what we seal."""


def classify(status: int, content_type: str) -> Outcome:
    """What an answer means."""
    if 200 <= status < 300:
        return Outcome.CONFIGURATION if content_type.lower().startswith("text/html") else Outcome.DELIVERED
    if status == 409:
        return Outcome.DUPLICATE
    if status == 413:
        return Outcome.TOO_LARGE
    if status in {401, 403}:
        return Outcome.AUTH
    if status == 407:
        return Outcome.PROXY
    if 300 <= status < 400 or status in {404, 405}:
        return Outcome.CONFIGURATION
    if status in _NEVER or (400 <= status < 500 and status not in _AGAIN):
        return Outcome.QUARANTINED
    return Outcome.RETRY


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


class Backoff:
    """How long to wait before the next try: full jitter between nothing and a growing bound, after what was `asked`.

    The jitter comes on top: many who are told the same must not come back together.
    """

    def __init__(self, chance: Callable[[], float] = random.random) -> None:
        self._chance = chance
        self._failures = 0

    def failed(self, asked: float = 0.0, *, slowly: bool = False) -> float:
        """Seconds to wait now."""
        bound = LONGEST_SECONDS if slowly else min(2.0**self._failures, LONGEST_SECONDS)
        self._failures = min(self._failures + 1, 16)
        # What somebody has to mend is not mended sooner by asking often: at least half of the bound.
        own = bound * (1 + self._chance()) / 2 if slowly else bound * self._chance()
        return asked + own

    def succeeded(self) -> None:
        """Begin anew."""
        self._failures = 0


class Token:
    """What we show to the endpoint: a fixed one, or what a file holds at the time."""

    def __init__(self, settings: config.Config) -> None:
        """Raises `UsageError` where the fixed token cannot be sent in a header."""
        self._file = settings.token_file
        self._fixed: str | None = None
        if settings.token is not None:
            self._fixed = settings.token.get_secret_value().strip()
            if not _sendable(self._fixed):
                raise UsageError("token: is empty, or holds characters that cannot be sent in a header")

    async def text(self) -> str | None:
        """The token; None where none is configured.

        Raises:
            UsageError: the file cannot be read now, or holds no token.

        """
        if self._fixed is not None or self._file is None:
            return self._fixed
        try:
            text = (await asyncio.to_thread(_beginning, self._file)).strip()
        except (OSError, UnicodeDecodeError):
            raise UsageError(f"token_file {self._file}: cannot be read") from None
        if not _sendable(text):
            raise UsageError(f"token_file {self._file}: holds no token")
        return text


def _beginning(file: Path) -> str:
    """All there is in a file of a token, and no more of one that is something else."""
    with file.open(encoding="ascii") as opened:
        return opened.read(_LONGEST_TOKEN + 1)


def _sendable(token: str) -> bool:
    """RFC 9110 section 5.5: visible characters. A line end would begin another header."""
    return token.isascii() and token.isprintable() and 0 < len(token) <= _LONGEST_TOKEN


class Queue(Protocol):
    """Where batches wait."""

    async def next(self) -> Batch:
        """Wait for the oldest batch that is not settled."""

    async def delivered(self, batch: Batch) -> None:
        """It has arrived."""

    async def quarantine(self, batch: Batch, reason: str) -> None:
        """It never will: put it aside."""

    async def replace(self, batch: Batch, halves: Sequence[Batch]) -> None:
        """These take its place."""


class Way(Protocol):
    """How requests travel: `transport.Transport`."""

    async def post(self, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Send one and read the whole answer."""


@dataclass(slots=True)
class Counters:
    """Plain numbers, for metrics."""

    outcomes: dict[Outcome, int] = field(default_factory=lambda: dict.fromkeys(Outcome, 0))
    retries: int = 0
    records: int = 0
    """Delivered."""
    rejected: int = 0
    """Of those, the records that the other side did not accept."""
    last_success: float = 0.0
    """Unix time; 0 before the first."""


class _Counts(msgspec.Struct):
    """The ingest API's answer."""

    rejected: int = 0


_counts = msgspec.json.Decoder(_Counts)


class Uploader:
    """Empties a queue."""

    def __init__(
        self,
        settings: config.Config,
        queue: Queue,
        way: Way,
        origin: Origin,
        *,
        wall: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        backoff: Backoff | None = None,
    ) -> None:
        """`origin`: who we say we are when we only ask (`probe`).

        Raises:
            UsageError: the token would be sent over plain HTTP.

        """
        secret = settings.token is not None or settings.token_file is not None
        plain = (settings.endpoint or "").lower().startswith("http://")
        if secret and plain and not settings.upload.allow_plain_http:
            raise UsageError(
                "endpoint: with http:// the token can be read by whoever listens; use https://, or say "
                "upload.allow_plain_http: true"
            )
        self._queue = queue
        self._way = way
        self._origin = origin
        self._otlp = settings.upload.protocol == "otlp"
        self._token = Token(settings)
        self._wall = wall
        self._sleep = sleep
        self._backoff = backoff if backoff is not None else Backoff()
        self.counters = Counters()
        self.state = State.OK
        self.trouble: str | None = None
        """Why the state is not OK, in one line."""

    async def run(self) -> None:
        """Deliver, until cancelled. A batch that is under way then is sent again by the next run."""
        while True:
            # Asked anew before each try: the queue may have had to give up the batch that failed.
            batch = await self._queue.next()
            wait = await self._try(batch)
            if wait is None:
                self._backoff.succeeded()
            else:
                self.counters.retries += 1
                await self._sleep(wait)

    async def probe(self) -> tuple[Outcome, str]:
        """Send an empty batch, which changes nothing there; gives what came of it, in words too."""
        outcome, told, _ = await self._send(seal((), 0, self._origin, self._wall()))
        return outcome, told

    async def _try(self, batch: Batch) -> float | None:
        """Send a batch and act on the outcome; gives the seconds to wait before the next try, if it failed."""
        outcome, told, asked = await self._send(batch)
        wait = None
        match outcome:
            case Outcome.DELIVERED | Outcome.DUPLICATE:
                await self._queue.delivered(batch)
                self.counters.records += batch.records
                self.counters.last_success = self._wall()
            case Outcome.TOO_LARGE:
                outcome = await self._halve(batch, told)
            case Outcome.QUARANTINED:
                await self._put_aside(batch, Reason.REFUSED, told)
            case Outcome.UNREADABLE:
                await self._put_aside(batch, Reason.UNREADABLE, told)
            case Outcome.AUTH | Outcome.CONFIGURATION | Outcome.PROXY:
                wait = self._backoff.failed(asked, slowly=True)
            case Outcome.RETRY:
                wait = self._backoff.failed(asked)
            case _:
                assert_never(outcome)
        self.counters.outcomes[outcome] += 1
        self._become(_SLOW.get(outcome, State.OK if wait is None else State.RETRYING), told, wait)
        return wait

    async def _halve(self, batch: Batch, told: str) -> Outcome:
        if batch.records < 2:
            await self._put_aside(batch, Reason.TOO_LARGE, told)
            return Outcome.QUARANTINED
        try:
            halves = await asyncio.to_thread(split, batch)
        except ValueError:  # an UnpackError is one
            await self._put_aside(batch, Reason.UNREADABLE, f"{told}, and it cannot be halved")
            return Outcome.UNREADABLE
        await self._queue.replace(batch, halves)
        return Outcome.TOO_LARGE

    async def _put_aside(self, batch: Batch, reason: Reason, told: str) -> None:
        await self._queue.quarantine(batch, reason)
        log.warning("batch_quarantined", batch=batch.id, records=batch.records, reason=str(reason), told=told)

    async def _send(self, batch: Batch) -> tuple[Outcome, str, float]:
        """One try: its outcome, in words too, and how long the other side asks us to wait."""
        try:
            path, body, headers = await self._request(batch)
        except UnpackError as error:
            return Outcome.UNREADABLE, f"the batch {error}", 0.0
        try:
            token = await self._token.text()
            if token is not None:
                headers["authorization"] = f"Bearer {token}"
            answer = await self._way.post(path, body, headers)
        except UsageError as error:
            return Outcome.CONFIGURATION, str(error), 0.0
        except TransportError as error:
            return _FAILURES.get(error.failure, Outcome.RETRY), str(error), 0.0
        outcome = classify(answer.status, answer.headers.get("content-type", ""))
        if outcome is Outcome.DELIVERED:
            self.counters.rejected += min(self._rejected(answer.body), batch.records)
        told = f"the endpoint answered {answer.status}"
        if outcome is Outcome.CONFIGURATION:
            told += (
                " with a web page: is something in between?" if answer.status < 300 else ": is its URL right?"
            )
        return outcome, told, retry_after(answer.headers)

    async def _request(self, batch: Batch) -> tuple[str, bytes, dict[str, str]]:
        """Path, body and headers."""
        if self._otlp:
            body = await asyncio.to_thread(_spans, batch)
            return otlp.PATH, body, {"content-type": otlp.CONTENT_TYPE, "content-encoding": "gzip"}
        headers = {
            "content-type": "application/x-ndjson",
            "content-encoding": batch.encoding,
            "idempotency-key": batch.id,
        }
        return PATH, batch.body, headers

    def _rejected(self, answer: bytes) -> int:
        if self._otlp:
            return otlp.rejected(answer)
        try:
            return max(_counts.decode(answer).rejected, 0)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return 0  # taken, and that is all we know

    def _become(self, state: State, told: str, wait: float | None) -> None:
        """Tell a change once, not each try."""
        if state is not self.state:
            if state is State.OK:
                log.info("upload_recovered", before=str(self.state))
            else:
                log.warning(
                    "upload_failing", state=str(state), reason=told, retry_seconds=round(wait or 0.0, 1)
                )
        self.state = state
        self.trouble = None if state is State.OK else told


def _spans(batch: Batch) -> bytes:
    """A batch as OTLP; gzip is the one compression that every receiver has to know."""
    packer = zlib.compressobj(wbits=16 + zlib.MAX_WBITS)
    return packer.compress(otlp.request(unpack(batch.body, batch.encoding, _UNPACKED))) + packer.flush()
