"""Cells of comma-separated values (RFC 4180), and what a spreadsheet must not do with them.

Owns how a value is written and a line is ended. What is not known is an empty cell; the items of a list are separated by
spaces. Pure: refuses to know what the columns are.

Invariant: no cell is a formula. Spreadsheets compute what begins with `=`, `+`, `-`, `@`, a tab or an end of line (in
the full-width forms too), quoted or not, and names of interfaces or an opened URL may begin with anything: an apostrophe
is put before those, which spreadsheets take for "this is text". Numbers never are negative.
"""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["cell", "lines"]

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def cell(value: object) -> str:
    """A value's text."""
    match value:
        case None:
            return ""
        case tuple() | list():
            text = " ".join(map(str, value))
        case _:
            text = str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def lines(rows: Iterable[Iterable[str]]) -> bytes:
    """Lines of cells, each ended by CRLF, in UTF-8."""
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode()
