"""Answers as comma-separated values.

Owns which answer is which table, and its columns: the fields of what is listed, those of a part within it by the part's
name, a count of each class of status. Columns depend on the kind of answer, never on what is in it. Pure: refuses HTTP.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from interceptor.cells import cell, lines
from interceptor.collector.answers import (
    Agent,
    Call,
    Captures,
    Change,
    Endpoint,
    Finding,
    Known,
    Service,
    Slot,
    Spread,
    Unread,
)
from interceptor.ingest.lines import NamedRow

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["records", "sheet"]

_CLASSES: Final = ("no_answer", "1xx", "2xx", "3xx", "4xx", "5xx")
_PARTS: Final[dict[str, type[msgspec.Struct]]] = {
    "spread": Spread,
    "now": Spread,
    "before": Spread,
    "captures": Captures,
}
"""Fields that have fields."""
_NAMES: Final = tuple(NamedRow.__struct_encode_fields__)
Listed = Agent | Call | Change | Endpoint | Finding | Known | Service | Slot | Unread


def sheet(kind: type[Listed], listed: Sequence[Listed], *, titled: bool = True) -> bytes:
    """A line of names, unless it was written already, and one for each."""
    titles = [_columns(kind)] if titled else []
    return lines([*titles, *[_cells(one, kind) for one in listed]])


def records(found: Iterable[msgspec.Raw]) -> bytes:
    """A line of names, and one for each record, with the fields that are known here."""
    rows: list[list[str]] = [list(_NAMES)]
    for raw in found:
        one: dict[str, Any] = msgspec.json.decode(raw)
        rows.append([cell(one.get(name)) for name in _NAMES])
    return lines(rows)


def _columns(kind: type[msgspec.Struct]) -> list[str]:
    found = []
    for name in kind.__struct_encode_fields__:
        if name in _PARTS:
            found += [inner if name == "spread" else f"{name}_{inner}" for inner in _columns(_PARTS[name])]
        elif name == "classes":
            found += _CLASSES
        else:
            found.append(name)
    return found


def _cells(one: object, kind: type[msgspec.Struct]) -> list[str]:
    found = []
    for name in kind.__struct_encode_fields__:
        value = None if one is None else getattr(one, name)
        if name in _PARTS:
            found += _cells(value, _PARTS[name])
        elif name == "classes":
            found += [cell(number) for number in value or [None] * len(_CLASSES)]
        elif name == "statuses":
            found.append(cell([f"{status}:{calls}" for status, calls in value or ()]))
        else:
            found.append(cell(value))
    return found
