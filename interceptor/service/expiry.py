"""When certificates and tokens in files end.

Owns where the date stands: in a certificate (RFC 5280 section 4.1.2.5), in a token that is a JWT (RFC 7519 section 4.1.4).
Refuses to judge them: whoever uses a file says whether it can be used. So what is not understood has no date, and is no
error; and a date is all that ever leaves this module.

Files may be replaced, so they are looked at again every quarter of a minute, in a thread.
"""

from __future__ import annotations

import asyncio
import binascii
import json
import re
import ssl
from base64 import urlsafe_b64decode
from contextlib import suppress
from datetime import UTC, datetime
from functools import reduce
from math import isfinite
from typing import TYPE_CHECKING, Final

from interceptor.rotation import ROTATING
from interceptor.service.samples import Sample

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from interceptor.config import Config

__all__ = ["Expiry", "of_certificates", "of_token"]

_LOOK_SECONDS: Final = 15.0
_MOST: Final = 2**20
"""Bytes of a file that are looked at: the authorities of a whole system are a quarter of that."""
_PEM = re.compile(r"-----BEGIN CERTIFICATE-----\s[^-]+-----END CERTIFICATE-----")
_EXPLICIT_VERSION: Final = 0xA0
_TIMES: Final = {0x17: "%y%m%d%H%M%SZ", 0x18: "%Y%m%d%H%M%SZ"}
"""UTCTime and GeneralizedTime, as RFC 5280 writes them."""
_CENTURY: Final = 2050
"""A UTCTime is before this."""


class Expiry:
    """The dates of what is configured for one command."""

    def __init__(self, command: str, config: Config) -> None:
        self._files: dict[str, Path] = {}
        for rotates in ROTATING:
            path: Path | None = reduce(getattr, rotates.option.split("."), config)  # type: ignore[assignment]
            if path is not None and command in rotates.commands:
                self._files[rotates.option] = path
        self._dates: dict[str, float] = {}

    async def follow(self) -> None:
        """Look at the files from time to time, until cancelled."""
        while True:
            self._dates = await asyncio.to_thread(self._look)
            await asyncio.sleep(_LOOK_SECONDS)

    def samples(self) -> Iterator[Sample]:
        """For metrics."""
        for option, date in self._dates.items():
            yield Sample("credential_expiry_timestamp_seconds", date, (option,))

    def _look(self) -> dict[str, float]:
        dates = {option: _date(option, path) for option, path in self._files.items()}
        return {option: date for option, date in dates.items() if date is not None}


def _date(option: str, path: Path) -> float | None:
    try:
        with path.open("rb") as file:
            text = file.read(_MOST).decode("ascii", "replace")
    except OSError:
        return None
    if option.endswith("cert_file"):
        return next(iter(of_certificates(text)), None)  # ours is the first, others of its chain follow
    if option.endswith("ca_file"):
        return max(of_certificates(text), default=None)  # with the last one nobody is vouched for
    return of_token(text) if option == "token_file" else None


def of_certificates(text: str) -> list[float]:
    """When each of the certificates in a PEM file ends, in Unix seconds; one that is none is left out."""
    dates = []
    for block in _PEM.findall(text):
        with suppress(ValueError, IndexError):
            dates.append(_not_after(ssl.PEM_cert_to_DER_cert(block)))
    return dates


def _not_after(certificate: bytes) -> float:
    """The end of a certificate's validity: its fifth field, or the fourth where the version is left out."""
    ((_, whole), *_) = _elements(certificate)
    ((_, signed), *_) = _elements(whole)
    fields = _elements(signed)
    _, validity = fields[4 if fields[0][0] == _EXPLICIT_VERSION else 3]
    _, (kind, text) = _elements(validity)
    if kind not in _TIMES:
        raise ValueError("no time")
    date = datetime.strptime(text.decode("ascii"), _TIMES[kind]).replace(tzinfo=UTC)
    if kind == min(_TIMES) and date.year >= _CENTURY:
        date = date.replace(year=date.year - 100)
    return date.timestamp()


def _elements(data: bytes) -> list[tuple[int, bytes]]:
    """Tags and contents of DER values that follow one another (X.690 section 8.1)."""
    found = []
    place = 0
    while place < len(data):
        tag, size = data[place], data[place + 1]
        place += 2
        if size & 0x80:
            digits = size & 0x7F
            size = int.from_bytes(data[place : place + digits])
            place += digits
        found.append((tag, data[place : place + size]))
        place += size
    return found


def of_token(token: str) -> float | None:
    """When a token says that it ends, in Unix seconds, if it says so."""
    parts = token.strip().split(".")
    if len(parts) != 3:
        return None
    try:
        claims = json.loads(urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
        date = claims["exp"]
        return float(date) if isinstance(date, int | float) and isfinite(date) else None
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError, binascii.Error):
        return None
