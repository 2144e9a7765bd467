"""Lines come out as they went in."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from interceptor.collector import blocks


@given(st.lists(st.binary(min_size=1).map(lambda line: line.replace(b"\n", b" ")), max_size=200))
def test_lines_come_out_as_they_went_in(lines: list[bytes]) -> None:
    """In order, and each block says where it begins."""
    out: list[bytes] = []
    for start, block in blocks.packed(lines):
        assert start == len(out)
        found = blocks.unpacked(block)
        assert len(found) <= blocks.BLOCK
        out += found
    assert out == lines
