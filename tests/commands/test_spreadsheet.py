"""Records as comma-separated values: RFC 4180, columns that stay, no formulas."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interceptor.commands.spreadsheet import HEADER, rows
from interceptor.core.records.encoder import Record


def read(data: bytes) -> list[list[str]]:
    """As another program reads it."""
    return list(csv.reader(io.StringIO(data.decode(), newline=""), strict=True))


def cell(record: Record, name: str) -> str:
    """The value of a column."""
    [names], [values] = read(HEADER), read(rows([record]))
    return dict(zip(names, values, strict=True))[name]


def test_the_columns_are_the_fields_of_a_record() -> None:
    """All of them, in order, whatever is known; what is not known is empty."""
    assert read(HEADER) == [list(Record.__struct_encode_fields__)]
    [empty] = read(rows([Record()]))
    assert len(empty) == len(Record.__struct_fields__)
    assert cell(Record(), "duration_us") == ""
    assert cell(Record(duration_us=0), "duration_us") == "0"


def test_lines_end_as_the_rfc_says() -> None:
    """CRLF, the last one too; no records are no lines."""
    assert HEADER.endswith(b"\r\n")
    assert rows([Record(), Record()]).count(b"\r\n") == 2
    assert rows([]) == b""


def test_lists_are_one_cell() -> None:
    """Their items separated by spaces."""
    record = Record(http_request_header_names=("host", "accept"), http_response_interim=(100, 103))
    assert cell(record, "http.request.header.names") == "host accept"
    assert cell(record, "http.response.interim") == "100 103"


@pytest.mark.parametrize(
    "begin", ["=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20"]
)
def test_no_cell_is_a_formula(begin: str) -> None:
    """What a spreadsheet would compute has an apostrophe before it."""
    assert cell(Record(interface=f"{begin}cmd|' /C calc'!A0"), "interface") == f"'{begin}cmd|' /C calc'!A0"
    assert cell(Record(anomalies=(f"{begin}1", "b")), "anomalies") == f"'{begin}1 b"


@given(st.text(st.characters(codec="utf-8"), max_size=20))
def test_any_text_comes_back(text: str) -> None:
    """Through another reader: quotes, separators and ends of lines within."""
    assert cell(Record(url_query=text), "url.query").removeprefix("'") == text.removeprefix("'")
