"""What the lines of a batch may be.

Owns the decision whether a line is a record, and which of a record's claims are checked before anything is done
with it. Refuses to store, and to compress or unpack: `interceptor.delivery.batches` does.

A line that does not hold costs itself and nothing else: `check` takes a batch apart into what holds and what was
refused, and why. Only a header that does not hold, or that announces another number of lines than there are, is about
the batch: then nothing says where a record begins. What a server takes beyond that is for its operator to say
(`Objection`).

A record of a kind or schema that this program does not know is let through unread (`None`): agents are upgraded
before and after the servers they talk to. Of the records that are known, every value that is counted with or
stored by is of its type and within its range; fields that a later version added are skipped.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any, Final, NamedTuple, TypeAlias

import msgspec

from interceptor.core.records.encoder import Record
from interceptor.delivery.batches import UnpackError, parse_header, split_lines

if TYPE_CHECKING:
    from collections.abc import Callable

    from interceptor.delivery.batches import Header

__all__ = [
    "MAX_LINE",
    "MAX_RECORDS",
    "BadLineError",
    "Checked",
    "Envelope",
    "Objection",
    "Refusal",
    "check",
    "microseconds",
    "read",
]

MAX_LINE: Final = 256 * 2**10
"""Bytes of a record. The heads that one is made of have at most 128 KiB, and names grow when JSON escapes them."""

MAX_RECORDS: Final = 100_000
"""In a batch; agents seal at a few thousand."""

_MAX_NUMBER: Final = 2**53
"""RFC 8259 section 6: integers up to here are the same for all who read JSON."""
_MAX_NAME: Final = 1_024
"""Characters of an address, a method, a name. The core's own bounds are below."""
_MAX_TEMPLATE: Final = 16_384
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


class BadLineError(ValueError):
    """A line that is no record, or a first line that is no header; says what, never the value."""

    def __init__(self, number: int, reason: str) -> None:
        super().__init__(f"line {number}: {reason}")
        self.number = number
        """1-based; the header is line 1."""
        self.reason = reason


class Refusal(NamedTuple):
    """A record that is not taken."""

    line: int
    """1-based; the header is line 1."""
    reason: str
    """Never a value of the record."""


MAX_REFUSALS: Final = 100
"""Lines of a batch that are named. Who sends more bad ones than that learns from the first."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A batch's text, looked at line by line."""

    header: Header
    """Its `count` is that of the records that hold."""
    text: bytes = field(repr=False)
    """The header line and the records that hold: as it came, where all of them do."""
    refused: int = 0
    """Records that do not."""
    named: tuple[Refusal, ...] = ()
    """The first of those, at most `MAX_REFUSALS`."""


Objection: TypeAlias = "Callable[[Record], str | None]"
"""Why a record that holds is not taken here all the same, without its values; None: it is."""


class Envelope(msgspec.Struct, frozen=True, gc=False):
    """What every record has, of whatever kind and schema."""

    schema: Annotated[int, msgspec.Meta(ge=1)]
    kind: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    id: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{32}$")]
    time: Annotated[str, msgspec.Meta(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z$")]


_envelopes = msgspec.json.Decoder(Envelope)
_records = msgspec.json.Decoder(Record)


def check(text: bytes, objection: Objection = lambda _: None) -> Checked:
    """A batch's text as what holds of it and what does not.

    Raises:
        BadLineError: the header does not hold, or not as many lines follow as it announces.

    """
    try:
        header = parse_header(text)
    except UnpackError as error:
        raise BadLineError(1, str(error)) from None
    refusals: list[Refusal] = []
    refused = 0
    held: list[bytes] = []
    """Text that holds, in runs of lines."""
    start = place = text.find(b"\n") + 1
    number = 1
    for number, line in enumerate(split_lines(text), 2):
        if number > header.count + 1:
            raise BadLineError(number, f"the header announces {header.count} records")
        after = place + len(line) + 1
        try:
            record = read(line, number)
            reason = None if record is None else objection(record)
        except BadLineError as error:
            reason = error.reason
        if reason is not None:
            held.append(text[start:place])
            start = after
            refused += 1
            if refused <= MAX_REFUSALS:
                refusals.append(Refusal(number, reason))
        place = after
    if number != header.count + 1:
        raise BadLineError(1, f"the header announces {header.count} records, {number - 1} follow")
    if not refused:
        return Checked(header, text)
    header = msgspec.structs.replace(header, count=header.count - refused)
    whole = b"".join([_with_count(text, header.count), *held, text[start:]])
    return Checked(header, whole, refused, tuple(refusals))


def _with_count(text: bytes, count: int) -> bytes:
    """A batch's header line, as it came but for the number of records: keys of a later version stay."""
    header: dict[str, Any] = msgspec.json.decode(text[: text.find(b"\n")])
    return msgspec.json.encode(header | {"count": count}) + b"\n"


def read(line: bytes, number: int) -> Record | None:
    """The record of a line; None for one of a kind or schema that is not known here.

    Raises:
        BadLineError: it is none. `number` says which.

    """
    if len(line) > MAX_LINE:
        raise BadLineError(number, f"is longer than {MAX_LINE} bytes")
    try:
        line.decode()  # RFC 8259 section 8.1: JSON is UTF-8; msgspec does not look at the text it skips
        envelope = _envelopes.decode(line)
        microseconds(envelope.time)
        if envelope.kind != "http" or envelope.schema != 1:
            return None
        record = _records.decode(line)
    except (msgspec.DecodeError, ValueError, OverflowError, RecursionError) as error:
        raise BadLineError(number, _describe(error)) from None
    if (wrong := _wrong(record)) is not None:
        raise BadLineError(number, wrong)
    return record


def microseconds(time: str) -> int:
    """A record's time as microseconds of Unix time, 1970 or later.

    Raises:
        ValueError: for the 31st of February and the like.

    """
    since = (datetime.fromisoformat(time) - _EPOCH) // _MICROSECOND
    if since < 0:
        raise ValueError("before 1970")
    return since


def _describe(error: Exception) -> str:
    # msgspec names the place and what was expected there; a value only where it is a number or a tag
    return (
        str(error) if isinstance(error, msgspec.DecodeError) else "is no JSON in UTF-8, or has no valid time"
    )


def _wrong(record: Record) -> str | None:
    """What of a record is out of its range."""
    for name, text, limit in (
        ("source.address", record.source_address, _MAX_NAME),
        ("destination.address", record.destination_address, _MAX_NAME),
        ("client.address", record.client_address or "-", _MAX_NAME),
        ("server.address", record.server_address, _MAX_NAME),
        ("http.request.method", record.http_request_method or "-", _MAX_NAME),
        ("url.template", record.url_template or "-", _MAX_TEMPLATE),
    ):
        if not 0 < len(text) <= limit:
            return f"{name} is absent, empty or too long"
    for name, number, limit in (
        ("source.port", record.source_port, 65_535),
        ("destination.port", record.destination_port, 65_535),
        ("client.port", record.client_port or 0, 65_535),
        ("server.port", record.server_port, 65_535),
        ("http.response.status_code", record.http_response_status_code or 0, 999),
        ("duration_us", record.duration_us or 0, _MAX_NUMBER),
        ("ttfb_us", record.ttfb_us or 0, _MAX_NUMBER),
        ("http.request.body.size", record.http_request_body_size or 0, _MAX_NUMBER),
        ("http.response.body.size", record.http_response_body_size or 0, _MAX_NUMBER),
        ("missed_bytes", record.missed_bytes, _MAX_NUMBER),
    ):
        if not 0 <= number <= limit:
            return f"{name} is absent or out of range"
    return None
