"""Which records are wanted: the language of `interceptor read --where`.

Owns the fields that can be named, the grammar, and the words for a mistake: one line with its column and, for a name,
the nearest that exists. Refuses to see anything but records.

    status >= 500 and not server ~ *.internal
    (method = POST or method = PUT) and duration > 1.5s and sent >= 64KiB
    anomalies = te_and_cl or request.header.names = authorization

    expression  = term { "or" term }
    term        = factor { "and" factor }
    factor      = "not" factor | "(" expression ")" | field operator value
    operator    = "=" | "!=" | "<" | "<=" | ">" | ">=" | "~" | "!~"

What a record does not say is unknown, and no comparison with something unknown holds: neither `status = 200` nor
`status != 200` is true of a record without a status; `not status = 200` is. `status = none` asks for its absence. A list
is equal to a value that is in it, and differs from one that is not. `~` compares with a pattern in which `*` stands for
any text and `?` for one character: no regular expression, so none can take for ever. Letters count as they are.

Limits: an expression has at most `MAXIMUM_LENGTH` characters and `MAXIMUM_DEPTH` brackets and `not`s in each other.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from operator import eq, ge, gt, le, lt
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, TypeAlias

from interceptor.core.records.encoder import AnyRecord, Record
from interceptor.errors import UsageError, nearest

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["FIELDS", "MAXIMUM_DEPTH", "MAXIMUM_LENGTH", "SHORT", "Condition", "Field", "condition"]

MAXIMUM_LENGTH: Final = 4_096
MAXIMUM_DEPTH: Final = 50
"""More than anybody types, and less than Python's stack holds."""

Condition: TypeAlias = Callable[[AnyRecord], bool]
"""Whether a record is wanted."""

Kind = Literal["number", "size", "duration", "time", "text"]


@dataclass(frozen=True, slots=True)
class Field:
    """What of a record can be compared."""

    name: str
    """As in the record."""
    attribute: str
    kind: Kind
    several: bool
    """A list of it."""


def _kind(name: str, annotation: str) -> Kind:
    if name == "time":
        return "time"
    if "str" in annotation:
        return "text"
    if name.endswith("_us"):
        return "duration"
    return "size" if name.endswith((".size", "_bytes")) else "number"


FIELDS: Final = {
    name: Field(name, attribute, _kind(name, Record.__annotations__[attribute]), several=several)
    for name, attribute in zip(Record.__struct_encode_fields__, Record.__struct_fields__, strict=True)
    for several in ["tuple" in Record.__annotations__[attribute]]
}
"""Every field of a record, by its name there."""

SHORT: Final = {
    "client": "source.address",
    "server": "server.address",
    "port": "server.port",
    "method": "http.request.method",
    "template": "url.template",
    "path": "url.path",
    "query": "url.query",
    "status": "http.response.status_code",
    "grpc": "rpc.grpc.status_code",
    "duration": "duration_us",
    "ttfb": "ttfb_us",
    "sent": "http.request.body.size",
    "received": "http.response.body.size",
    "request.state": "http.request.state",
    "response.state": "http.response.state",
    "request.header.names": "http.request.header.names",
    "response.header.names": "http.response.header.names",
    "missed": "missed_bytes",
    "anomaly": "anomalies",
    "agent": "user_agent.original",
}
"""Short names, those of the table's headings among them."""

_UNITS: Final[dict[Kind, dict[str, int]]] = {
    "duration": {
        "us": 1,
        "µs": 1,
        "ms": 1_000,
        "s": 1_000_000,
        "min": 60_000_000,
        "h": 3_600_000_000,
    },
    "size": {
        "": 1,
        "B": 1,
        "kB": 10**3,
        "MB": 10**6,
        "GB": 10**9,
        "KiB": 2**10,
        "MiB": 2**20,
        "GiB": 2**30,
    },
    "number": {"": 1},
}
_NONE: Final = "none"
_ORDERS: Final = {"=": eq, "<": lt, "<=": le, ">": gt, ">=": ge}
_AND, _OR, _NOT = "and", "or", "not"
_ELSEWHERE: Final = {"&&": _AND, "&": _AND, "||": _OR, "|": _OR, "!": _NOT, "==": "=", "<>": "!=", "=~": "~"}
"""How other languages write it."""

_TOKEN = re.compile(
    r"""(?P<space>\s+)
    | (?P<quoted>"(?:[^"\\]|\\.)*" | '(?:[^'\\]|\\.)*')
    | (?P<open>\() | (?P<close>\))
    | (?P<operator>[=<>!~&|]+)
    | (?P<word>[^\s()=<>!~&|"']+)
    """,
    re.VERBOSE | re.DOTALL,
)
_NUMBER = re.compile(r"(\d{1,18}(?:\.\d{1,9})?)([A-Za-zµ]*)", re.ASCII)
_MOMENT = re.compile(
    r"\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?(?:Z|[+-]\d\d:\d\d)?)?", re.ASCII | re.IGNORECASE
)


class _Token(NamedTuple):
    kind: str
    text: str
    """Of a quoted one, what is within."""
    column: int


def condition(text: str) -> Condition:
    """Make a condition of an expression.

    Raises:
        UsageError: it is none; says where, and what would be right.

    """
    if len(text) > MAXIMUM_LENGTH:
        raise UsageError(f"--where: has {len(text):,} characters; at most {MAXIMUM_LENGTH:,} are read")
    return _Parser(text).parse()


def _fail(column: int, message: str) -> UsageError:
    return UsageError(f"--where: column {column}: {message}")


def _tokens(text: str) -> Iterator[_Token]:
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:  # a quotation mark is all that is left
            raise _fail(at + 1, f"the quotation mark {text[at]} is not closed")
        kind = str(match.lastgroup)
        if kind == "quoted":
            yield _Token(kind, re.sub(r"\\(.)", r"\1", match[0][1:-1], flags=re.DOTALL), at + 1)
        elif kind != "space":
            yield _Token(kind, match[0], at + 1)
        at = match.end()
    yield _Token("end", "", len(text) + 1)


class _Parser:
    """Descends; makes closures."""

    def __init__(self, text: str) -> None:
        self._tokens = list(_tokens(text))
        self._at = 0
        self._depth = 0

    def parse(self) -> Condition:
        """The whole."""
        made = self._expression()
        token = self._next()
        if token.kind != "end":
            raise self._unexpected(token, "and, or, or the end")
        return made

    def _next(self) -> _Token:
        token = self._tokens[self._at]
        self._at += 1
        return token

    def _taken(self, word: str) -> bool:
        """Whether the next token is this word; if so, go on behind it."""
        token = self._tokens[self._at]
        taken = token.kind == "word" and token.text.lower() == word
        self._at += taken
        return taken

    def _unexpected(self, token: _Token, wanted: str) -> UsageError:
        if token.kind == "end":
            return _fail(token.column, f"the expression ends where {wanted} is wanted")
        if token.text in _ELSEWHERE:
            return _fail(token.column, f"{token.text} is no operator here; write {_ELSEWHERE[token.text]}")
        return _fail(token.column, f"got {_shown(token.text)}, wanted {wanted}")

    def _expression(self) -> Condition:
        terms = [self._term()]
        while self._taken(_OR):
            terms.append(self._term())
        return terms[0] if len(terms) == 1 else lambda record: any(term(record) for term in terms)

    def _term(self) -> Condition:
        factors = [self._factor()]
        while self._taken(_AND):
            factors.append(self._factor())
        return factors[0] if len(factors) == 1 else lambda record: all(factor(record) for factor in factors)

    def _factor(self) -> Condition:
        column = self._tokens[self._at].column
        self._depth += 1
        if self._depth > MAXIMUM_DEPTH:
            raise _fail(column, f"more than {MAXIMUM_DEPTH} brackets and nots in each other")
        try:
            if self._taken(_NOT):
                return _negated(self._factor())
            if self._tokens[self._at].kind == "open":
                self._at += 1
                made = self._expression()
                token = self._next()
                if token.kind != "close":
                    raise self._unexpected(token, f"and, or, or the ) for the bracket at column {column}")
                return made
            return self._comparison()
        finally:
            self._depth -= 1

    def _comparison(self) -> Condition:
        token = self._next()
        if token.kind != "word" or token.text.lower() in {_AND, _OR}:
            raise self._unexpected(token, "a field")
        name = SHORT.get(token.text, token.text)
        field = FIELDS.get(name)
        if field is None:
            raise _fail(
                token.column, f"{_shown(token.text)}: no such field{nearest(token.text, [*SHORT, *FIELDS])}"
            )
        operator = self._next()
        if operator.kind != "operator":
            raise self._unexpected(operator, "one of = != < <= > >= ~ !~")
        if operator.text not in {*_ORDERS, "!=", "~", "!~"}:
            raise self._unexpected(operator, "one of = != < <= > >= ~ !~")
        value = self._next()
        if value.kind not in {"word", "quoted"}:
            raise self._unexpected(value, "a value")
        return _compared(field, operator, value)


def _shown(text: str) -> str:
    return text if len(text) <= 60 else text[:60] + "…"


def _negated(one: Condition) -> Condition:
    return lambda record: not one(record)


def _compared(field: Field, operator: _Token, value: _Token) -> Condition:
    attribute = field.attribute

    def get(record: AnyRecord) -> Any:
        return getattr(record, attribute, None)  # records of other kinds lack most

    sign = operator.text
    if value.kind == "word" and value.text == _NONE:
        if sign not in {"=", "!="}:
            raise _fail(operator.column, f"{_NONE} is absence, which can be compared by = and != only")
        return (
            (lambda record: get(record) is None) if sign == "=" else (lambda record: get(record) is not None)
        )
    if sign in {"~", "!~"}:
        if field.kind != "text":
            raise _fail(operator.column, f"{field.name} is a {field.kind}; patterns are for texts")
        return _applied(field, get, _pattern(value.text), negated=sign == "!~")
    if field.kind == "text" and sign not in {"=", "!="}:
        raise _fail(operator.column, f"{field.name} is a text, which has no order; use = != ~ !~")
    wanted = _value(field, value)
    compare = eq if sign == "!=" else _ORDERS[sign]
    return _applied(field, get, lambda seen: bool(compare(seen, wanted)), negated=sign == "!=")


def _applied(
    field: Field, get: Callable[[AnyRecord], Any], test: Callable[[Any], bool], *, negated: bool
) -> Condition:
    """The test of what a record says; false where it says nothing, also if negated."""
    if field.several:

        def of_several(record: AnyRecord) -> bool:
            seen = get(record)
            return seen is not None and any(map(test, seen)) != negated

        return of_several

    def of_one(record: AnyRecord) -> bool:
        seen = get(record)
        return seen is not None and test(seen) != negated

    return of_one


def _pattern(text: str) -> Callable[[str], bool]:
    """Whether a text is one of a pattern, in time that grows with their product at most.

    The pieces between stars are looked for one after the other, each where it comes first: no later place could let more
    follow. A piece has no repetition in it.
    """
    first, *rest = [
        re.compile(".".join(map(re.escape, piece.split("?"))), re.DOTALL) for piece in text.split("*")
    ]
    if not rest:
        return lambda seen: first.fullmatch(seen) is not None
    *middle, last = rest
    length = len(text.rpartition("*")[2])

    def matches(seen: str) -> bool:
        match = first.match(seen)
        for piece in middle:
            if match is None:
                return False
            match = piece.search(seen, match.end())
        if match is None:
            return False
        place = len(seen) - length
        return place >= match.end() and last.match(seen, place) is not None

    return matches


def _value(field: Field, value: _Token) -> Any:
    if field.kind == "text":
        return value.text
    if field.kind == "time":
        return _time(value)
    match = _NUMBER.fullmatch(value.text)
    units = _UNITS[field.kind]
    if match is None or match[2] not in units:
        wanted = {
            "duration": "a duration as 250ms (us, ms, s, min, h)",
            "size": "a size as 64kB (B, kB, MB, GB, KiB, MiB, GiB)",
            "number": "a number",
        }[field.kind]
        raise _fail(value.column, f"{field.name}: got {_shown(value.text)}, wanted {wanted} or none")
    from fractions import Fraction  # only where it is needed: `read` starts quickly

    exact = Fraction(match[1]) * units[match[2]]  # 0.1ms is 100 us and nothing else
    return exact.numerator if exact.denominator == 1 else exact


def _time(value: _Token) -> str:
    """As records write it, which sorts as moments do: UTC, with microseconds."""
    match = _MOMENT.fullmatch(value.text)
    try:
        moment = datetime.fromisoformat(match[0].upper()) if match else None
        if moment is not None:
            moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):  # the 31st of February; before the year 1
        moment = None
    if moment is None:
        raise _fail(
            value.column, f"time: got {_shown(value.text)}, wanted 2026-01-31 or 2026-01-31T12:34:56Z (UTC)"
        )
    return f"{moment:%Y-%m-%dT%H:%M:%S.%f}Z".rjust(27, "0")
