"""One try: a batch as a request, and what its answer means.

Owns the request of either protocol, the token, and the meaning of an answer (`classify`). Refuses to try again and to
settle anything: that is the uploader's.

Outcomes:

    2xx                                         delivered, once its answer was read to the end
    409                                         delivered before
    413                                         too large
    408 425 429 5xx (but 501, 505), no answer   again, after a while
    401 403                                     somebody has to mend the token
    404 405 3xx, HTML with 2xx, an endless      somebody has to mend the configuration (a wrong URL, a captive portal,
    answer, files of ours that cannot be used   a token or certificate that is not there)
    401 403 407 of the proxy                    somebody has to mend the way through the proxy
    other 4xx, 501, 505                         refused for good
    anything else                               again, after a while

The token's file is read for each try, so that a token that rotates is never an old one. With a plain http:// endpoint
behind a proxy, nothing tells the proxy's 401 and 403 from the endpoint's: it is the token's.
"""

from __future__ import annotations

import asyncio
import zlib
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Final, Protocol

import msgspec

from interceptor.delivery import otlp
from interceptor.delivery.batches import UnpackError, seal, unpack
from interceptor.delivery.transport import Failure, TransportError
from interceptor.errors import UsageError

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
_UNPACKED: Final = 256 * 2**20
"""Of a batch that is sent as OTLP."""
_LONGEST_TOKEN: Final = 16_384
"""Characters: more than any server takes in a header."""


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
    Failure.TOO_LARGE: Outcome.CONFIGURATION,
}
"""What it means that there is no answer; any other failure passes by itself, as far as we know."""

_AGAIN: Final = frozenset({408, 425, 429})
_NEVER: Final = frozenset({501, 505})


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


class Way(Protocol):
    """How requests travel: `transport.Transport`."""

    async def post(self, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Send one and read the whole answer."""


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


class _Counts(msgspec.Struct):
    """The ingest API's answer."""

    rejected: int = 0


_counts = msgspec.json.Decoder(_Counts)


class Sender:
    """Sends batches to one endpoint, one at a time."""

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
        self._otlp = settings.upload.protocol == "otlp"
        self._token = Token(settings)

    async def probe(self, origin: Origin, now: float) -> Try:
        """Send an empty batch, which changes nothing there. `origin`: who asks; `now`: Unix time."""
        return await self.send(seal((), 0, origin, now))

    async def send(self, batch: Batch) -> Try:
        """Try once."""
        try:
            path, body, headers = await self._request(batch)
        except UnpackError as error:
            return Try(Outcome.UNREADABLE, f"the batch {error}")
        try:
            token = await self._token.text()
            if token is not None:
                headers["authorization"] = f"Bearer {token}"
            answer = await self._way.post(path, body, headers)
        except UsageError as error:
            return Try(Outcome.CONFIGURATION, str(error))
        except TransportError as error:
            return Try(_FAILURES.get(error.failure, Outcome.RETRY), str(error))
        outcome = classify(answer.status, answer.headers.get("content-type", ""))
        rejected = min(self._rejected(answer.body), batch.records) if outcome is Outcome.DELIVERED else 0
        told = f"the endpoint answered {answer.status}"
        if outcome is Outcome.CONFIGURATION:
            told += (
                " with a web page: is something in between?" if answer.status < 300 else ": is its URL right?"
            )
        return Try(outcome, told, retry_after(answer.headers), rejected)

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


def _spans(batch: Batch) -> bytes:
    """A batch as OTLP; gzip is the one compression that every receiver has to know."""
    packer = zlib.compressobj(wbits=16 + zlib.MAX_WBITS)
    return packer.compress(otlp.request(unpack(batch.body, batch.encoding, _UNPACKED))) + packer.flush()
