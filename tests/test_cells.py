"""Cells of CSV; what commands and collector make of them is in their own tests."""

from __future__ import annotations

import csv
import io

from hypothesis import given
from hypothesis import strategies as st

from interceptor.cells import cell, lines


@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=9), min_size=1, max_size=4))
def test_cells_come_back_and_none_is_a_formula(texts: list[str]) -> None:
    """As another program reads them, but for the apostrophe before what a spreadsheet would compute."""
    [read] = csv.reader(io.StringIO(lines([map(cell, texts)]).decode(), newline=""), strict=True)
    for text, shown in zip(texts, read, strict=True):
        assert shown in (text, f"'{text}")
        assert not shown.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
