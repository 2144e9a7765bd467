"""Patterns: a whole head that is laid out like one before, in one go.

Owns finding such a head's end, checking every name and taking out the values of interest. Refuses what is laid out in any other
way, be it by one odd line end: that is for `layouts`, which gives the same wherever a pattern gives something.

A *leaf*: where the program is compiled, `patterns.pyx` stands for this module and does the same without `re` (`hatch_build.py`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TypeAlias

__all__ = ["Pattern", "pattern", "well_formed"]

_TRACEPARENT = re.compile(
    rb"[ \t]*((?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2})[ \t]*"
)
"""A value of W3C Trace Context, section 3.2.2. What later versions append may be anything: it is not kept."""

Pattern: TypeAlias = Callable[[bytes, int, int], tuple[tuple[bytes, ...], int] | None]
"""Of a buffer, where a head begins in it and where the bytes end: the values of interest and the offset after the empty line;
None where this is no such head, or not all of it is here."""


def well_formed(value: bytes) -> bytes:
    """A traceparent without the blanks around it; nothing where it is none."""
    match = _TRACEPARENT.fullmatch(value)
    return match[1] if match is not None else b""


def pattern(beginnings: Sequence[bytes], wanted: Sequence[int], traceparent: int) -> Pattern:
    """The pattern of heads whose lines begin so, each through its colon, the start line first.

    `wanted`: the lines whose values are of interest, in order; `traceparent`: the one of them that has to be well-formed, and
    is taken without the blanks around it; 0 where there is none.

    "." is all but LF: every line ends where it should, or nothing matches. A class without CR as well would take twice as long as
    counting the CRs does.
    """
    values = [rb".*"] * len(beginnings)
    for line in wanted:
        values[line] = rb"(.*)"
    if traceparent:
        values[traceparent] = _TRACEPARENT.pattern
    lines = [
        re.escape(beginning) + value + rb"\r\n" for beginning, value in zip(beginnings, values, strict=True)
    ]
    match = re.compile(b"".join(lines) + rb"\r\n").match
    ends = len(beginnings) + 1

    def whole(buffer: bytes, start: int, stop: int) -> tuple[tuple[bytes, ...], int] | None:
        found = match(buffer, start, stop)
        if found is None or buffer.count(b"\r", start, found.end()) != ends:
            return None
        return found.groups(), found.end()

    return whole
