"""Records as comma-separated values (RFC 4180), for spreadsheets and databases.

Owns columns, cells, and what a spreadsheet must not do with them. The columns are the fields of a record, all of them,
always and in a record's order: they depend on nothing that was read. What a record does not say is an empty cell; the
items of a list are separated by spaces, which none of them has.

Invariant: no cell is a formula. Spreadsheets compute what begins with `=`, `+`, `-`, `@`, a tab or an end of line (in
the full-width forms too), quoted or not, and names of interfaces or an opened URL may begin with anything: an apostrophe
is put before those, which spreadsheets take for "this is text". Numbers never are negative.
"""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Final

from interceptor.core.records.encoder import Record

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["HEADER", "rows"]

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def rows(records: Iterable[Record]) -> bytes:
    """Lines of values, each ended by CRLF, in UTF-8."""
    return _lines([_cell(getattr(record, name)) for name in Record.__struct_fields__] for record in records)


def _cell(value: object) -> str:
    match value:
        case None:
            return ""
        case tuple():
            text = " ".join(map(str, value))
        case _:
            text = str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _lines(cells: Iterable[Iterable[str]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows(cells)
    return text.getvalue().encode()


HEADER: Final = _lines([Record.__struct_encode_fields__])
"""The names of the columns, as a line."""
