"""Records as comma-separated values, for spreadsheets and databases.

Owns the columns: the fields of a record, all of them, always and in a record's order. They depend on nothing that was
read. How a cell is written is `interceptor.cells`'.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from interceptor.cells import cell, lines
from interceptor.core.records.encoder import Record

if TYPE_CHECKING:
    from collections.abc import Iterable

    from interceptor.core.records.encoder import AnyRecord

__all__ = ["HEADER", "rows"]


def rows(records: Iterable[AnyRecord]) -> bytes:
    """Lines of values, each ended by CRLF, in UTF-8. Of records of other kinds what they share with those of HTTP."""
    return lines(
        [cell(getattr(record, name, None)) for name in Record.__struct_fields__] for record in records
    )


HEADER: Final = lines([Record.__struct_encode_fields__])
"""The names of the columns, as a line."""
