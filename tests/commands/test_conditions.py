"""The language of `--where`: against an oracle that reads no text, and what is said of mistakes."""

from __future__ import annotations

import argparse
import operator
from fnmatch import fnmatchcase
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interceptor.commands import reading
from interceptor.commands.conditions import FIELDS, MAXIMUM_DEPTH, MAXIMUM_LENGTH, SHORT, condition
from interceptor.core.records.encoder import Record
from interceptor.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

TEXTS = ["", "a", "ab", "aab", "shop.example", "none", 'say "hi"', "it's", "\\", "a b", "é*", "(", "and"]
RECORDS = st.builds(
    Record,
    time=st.sampled_from(["2026-01-02T03:04:05.000006Z", "2026-01-02T00:00:00.000000Z"]),
    duration_us=st.none() | st.sampled_from([0, 1, 999, 1_000, 1_500_000]),
    server_address=st.sampled_from(TEXTS),
    url_template=st.none() | st.sampled_from(TEXTS),
    http_response_status_code=st.none() | st.sampled_from([101, 200, 404, 500]),
    http_request_body_size=st.none() | st.sampled_from([0, 1_000, 1_024, 65_536]),
    anomalies=st.none() | st.lists(st.sampled_from(TEXTS), min_size=1, max_size=3).map(tuple),
)

ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
# name, attribute, (as typed, as meant)
NUMBERS: list[tuple[str, str, list[tuple[str, Any]]]] = [
    ("status", "http_response_status_code", [("404", 404), ("200.0", 200), ("499.5", 499.5)]),
    ("http.response.status_code", "http_response_status_code", [("500", 500)]),
    (
        "duration",
        "duration_us",
        [("1ms", 1_000), ("0.999ms", 999), ("1.5s", 1_500_000), ("0us", 0), ("1h", 3.6e9)],
    ),
    (
        "sent",
        "http_request_body_size",
        [("1kB", 1_000), ("1KiB", 1_024), ("64KiB", 65_536), ("0", 0), ("1000B", 1_000)],
    ),
    (
        "time",
        "time",
        [
            ("2026-01-02", "2026-01-02T00:00:00.000000Z"),
            ("2026-01-02T04:04:05.000006+01:00", "2026-01-02T03:04:05.000006Z"),
            ("2026-01-02t03:04z", "2026-01-02T03:04:00.000000Z"),
        ],
    ),
]
WORDS = [("server", "server_address"), ("template", "url_template"), ("anomalies", "anomalies")]


def quoted(text: str) -> st.SearchStrategy[str]:
    """Either quotation, with what has to be escaped."""
    return st.sampled_from(
        [
            '"' + text.replace("\\", r"\\").replace('"', r"\"") + '"',
            "'" + text.replace("\\", r"\\").replace("'", r"\'") + "'",
        ]
    )


@st.composite
def comparisons(draw: st.DrawFn) -> tuple[str, Any]:
    """A comparison as typed, and the tree that it means: (attribute, operator, value)."""
    space = draw(st.sampled_from(["", " ", "\t "]))
    kind = draw(st.sampled_from(["number", "text", "pattern", "absence"]))
    if kind == "number":
        name, attribute, values = draw(st.sampled_from(NUMBERS))
        typed, meant = draw(st.sampled_from(values))
        sign = draw(st.sampled_from(list(ORDERS)))
        return f"{name}{space}{sign}{space}{typed}", (attribute, sign, meant)
    name, attribute = draw(st.sampled_from(WORDS))
    if kind == "absence":
        sign = draw(st.sampled_from(["=", "!="]))
        return f"{name}{space}{sign}{space}none", (attribute, sign, None)
    sign = draw(st.sampled_from(["=", "!="] if kind == "text" else ["~", "!~"]))
    value = draw(st.sampled_from(TEXTS) if kind == "text" else st.text("ab*?. é", max_size=6))
    return f"{name}{space}{sign}{space}{draw(quoted(value))}", (attribute, sign, value)


def joined(inner: st.SearchStrategy[tuple[str, Any]]) -> st.SearchStrategy[tuple[str, Any]]:
    """A tree of what is in `inner`, everything in brackets."""
    pair = st.tuples(inner, st.sampled_from(["and", "or", "AND"]), inner).map(
        lambda p: (f"({p[0][0]}) {p[1]} ({p[2][0]})", (p[1].lower(), p[0][1], p[2][1]))
    )
    return pair | inner.map(lambda one: (f"not ({one[0]})", ("not", one[1])))


def oracle(tree: Any, record: Record) -> bool:
    """What a tree says of a record."""
    if tree[0] == "and":
        return oracle(tree[1], record) and oracle(tree[2], record)
    if tree[0] == "or":
        return oracle(tree[1], record) or oracle(tree[2], record)
    if tree[0] == "not":
        return not oracle(tree[1], record)
    attribute, sign, value = tree
    seen = getattr(record, attribute)
    if value is None:
        return bool((seen is None) == (sign == "="))
    if seen is None:
        return False
    items = seen if isinstance(seen, tuple) else [seen]
    if sign == "!=":
        return bool(value not in items)
    if sign in {"~", "!~"}:
        matches = any(fnmatchcase(item, value) for item in items)  # no [ in the patterns above
        return bool(matches == (sign == "~"))
    return any(ORDERS[sign](item, value) for item in items)


@given(st.recursive(comparisons(), joined, max_leaves=6), RECORDS)
def test_what_an_expression_means(expression: tuple[str, Any], record: Record) -> None:
    """The parser and its closures say of any record what the tree says from which the text was made."""
    text, tree = expression
    assert condition(text)(record) is oracle(tree, record)


def test_precedence() -> None:
    """`not` binds closest, then `and`, then `or`, whatever is true."""
    for a, b, c in product([True, False], repeat=3):
        record = Record(
            duration_us=1 if a else 0, ttfb_us=1 if b else 0, http_response_status_code=1 if c else 0
        )
        x, y, z = "duration = 1us", "ttfb = 1us", "status = 1"
        for text, meant in (
            (f"{x} or {y} and {z}", a or (b and c)),
            (f"{x} and {y} or {z}", (a and b) or c),
            (f"not {x} and {y}", (not a) and b),
            (f"not {x} or {y}", (not a) or b),
            (f"not not {x} and not ({y} or {z})", a and not (b or c)),
        ):
            assert condition(text)(record) is meant, text


@pytest.mark.parametrize("sign", ["=", "!=", "<", "<=", ">", ">="])
def test_nothing_is_true_of_what_is_not_known(sign: str) -> None:
    """Neither a comparison nor its opposite; `not` of either is."""
    assert not condition(f"status {sign} 200")(Record())
    assert condition(f"not status {sign} 200")(Record())


def test_every_field_of_a_record_can_be_compared() -> None:
    """By its name there; the short names are of fields that exist, and no field has the name of another's short one."""
    assert list(FIELDS) == list(Record.__struct_encode_fields__)
    for field in FIELDS.values():
        condition(f"{field.name} = none")
    assert set(SHORT.values()) <= set(FIELDS)
    assert not set(SHORT) & set(FIELDS)


def test_the_help_names_the_short_names() -> None:
    """All of them, in order: it does not ask for them itself, since `read` would start later."""
    parser = argparse.ArgumentParser()
    reading.add_arguments(parser)
    assert ", ".join(SHORT) in " ".join((parser.epilog or "").split())
    kinds = {name: FIELDS[name].kind for name in FIELDS}
    assert {name for name in kinds if kinds[name] == "duration"} == {"duration_us", "ttfb_us"}
    assert {name for name in kinds if kinds[name] == "size"} == {
        "http.request.body.size",
        "http.response.body.size",
        "missed_bytes",
    }


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "column 1: the expression ends where a field is wanted"),
        ("sttus >= 500", "column 1: sttus: no such field; did you mean status?"),
        ("status = 1 and http.respons.status_code = 2", "column 16: http.respons.status_code: no such field; did you mean http.response.status_code?"),
        ("zzzzzz = 1", "column 1: zzzzzz: no such field"),
        ("status", "column 7: the expression ends where one of = != < <= > >= ~ !~ is wanted"),
        ("status >=", "column 10: the expression ends where a value is wanted"),
        ("status == 200", "column 8: == is no operator here; write ="),
        ("status = 200 && port = 1", "column 14: && is no operator here; write and"),
        ("status = 200 || port = 1", "column 14: || is no operator here; write or"),
        ("! status = 200", "column 1: ! is no operator here; write not"),
        ("status =< 200", "column 8: got =<, wanted one of"),
        ("status = 5xx", "column 10: http.response.status_code: got 5xx, wanted a number or none"),
        ("status = -1", "column 10: http.response.status_code: got -1, wanted a number or none"),
        ("duration > 10", "column 12: duration_us: got 10, wanted a duration as 250ms (us, ms, s, min, h) or none"),
        ("duration > 1.s", "column 12"),
        ("sent > 1Kb", "wanted a size as 64kB (B, kB, MB, GB, KiB, MiB, GiB) or none"),
        ("time > yesterday", "column 8: time: got yesterday, wanted 2026-01-31 or 2026-01-31T12:34:56Z (UTC)"),
        ("time > 2026-02-31", "column 8: time: got 2026-02-31"),
        ("time > 0001-01-01T00:00+23:00", "column 8: time: got 0001-01-01T00:00+23:00"),
        ("status ~ 5*", "column 8: http.response.status_code is a number; patterns are for texts"),
        ("server < a", "column 8: server.address is a text, which has no order"),
        ("status > none", "column 8: none is absence, which can be compared by = and != only"),
        ("(status = 200", "column 14: the expression ends where and, or, or the ) for the bracket at column 1 is wanted"),
        ("status = 200)", "column 13: got ), wanted and, or, or the end"),
        ("status = 200 port = 80", "column 14: got port, wanted and, or, or the end"),
        ("server = 'a", "column 10: the quotation mark ' is not closed"),
        ("and", "column 1: got and, wanted a field"),
        ("not", "column 4: the expression ends where a field is wanted"),
        ("status = 200 and or", "column 18: got or, wanted a field"),
        ("(" * 51 + "status = 200", "column 51: more than 50 brackets and nots in each other"),
        ("not " * 60 + "status = 200", "more than 50 brackets and nots in each other"),
        ("server = " + "x" * 5_000, "has 5,009 characters; at most 4,096 are read"),
        ("x" * 4_000 + " = 1", "no such field"),
    ],
)  # fmt: skip
def test_mistakes_are_one_line_with_their_column(text: str, says: str) -> None:
    """And what would be right."""
    with pytest.raises(UsageError) as raised:
        condition(text)
    told = str(raised.value)
    assert told.startswith("--where: ")
    assert says in told
    assert "\n" not in told
    assert len(told) < 250


@given(st.text(st.sampled_from("ands()=<>!~'\" \\*?0.µ\n") | st.characters(), max_size=40))
def test_any_text_is_a_condition_or_a_mistake(text: str) -> None:
    """Never another exception."""
    try:
        made = condition(text)
    except UsageError:
        return
    made(Record())


def test_the_deepest_and_the_longest_that_are_read() -> None:
    """At the limits it works."""
    assert condition("(" * (MAXIMUM_DEPTH - 1) + "status = none" + ")" * (MAXIMUM_DEPTH - 1))(Record())
    clause = "port=1 or "
    text = clause * ((MAXIMUM_LENGTH - 20) // len(clause)) + "status = none"
    assert MAXIMUM_LENGTH - 20 < len(text) <= MAXIMUM_LENGTH
    assert condition(text)(Record())


def test_no_pattern_takes_for_ever() -> None:
    """A matcher that tries every combination would not come back; the work is the product of the lengths at most."""
    assert not condition("template ~ " + "a*" * 1_000 + "b")(Record(url_template="a" * 65_536))
