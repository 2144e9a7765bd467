"""What a record shows of the places of a message other than its path: by closed lists and grammars.

Owns one rule for each place whose text a record repeats: the method, the version, a media type, content codings, a
user agent, names of fields, and the host. Refuses guessing whether a text is harmless: what is shown is in a list
(`registered`, with its sources), is a number of few digits, or, of a host alone, does not look like a value.
Everything else becomes a placeholder or nothing.

Whoever sends it chooses every byte that comes in here. So each rule bounds what it looks at, and takes linear time.
"""

from __future__ import annotations

import re
from ipaddress import IPv6Address
from typing import TYPE_CHECKING, Final

from interceptor.core.records.registered import (
    CODINGS,
    FIELDS,
    MEDIA_TYPES,
    METHODS,
    PLATFORMS,
    PRODUCTS,
    SUFFIXES,
    TOP_LEVEL,
)
from interceptor.core.records.words import VALUE, known, parameter

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "INVALID",
    "TOKEN",
    "VALUE",
    "content_encoding",
    "content_type",
    "field_name",
    "host",
    "looks_like_value",
    "method",
    "query_key",
    "user_agent",
    "version",
]

INVALID: Final = "{invalid}"
"""Stands for a name that is none by its grammar."""
TOKEN: Final = "{token}"  # noqa: S105 - stands for one

_CONVENTIONAL: Final = frozenset(
    {"CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "QUERY", "TRACE"}
)
"""The methods of OpenTelemetry's `http.request.method`."""

_MAX_TYPE: Final = 128
_MAX_CODINGS: Final = 8
_MAX_NAME: Final = 64
_MAX_NAME_WORDS: Final = 8
_MAX_AGENT: Final = 1_024
"""Characters of a user agent that are looked at."""
_MAX_AGENT_SHOWN: Final = 256
MAX_HOST: Final = 253
"""Characters of a name in the DNS, as text."""

_VERSION = re.compile(r"[0-9](?:\.[0-9])?")
_TYPE = re.compile(r"([a-z0-9!#$%&'*+.^_`|~-]+)/([a-z0-9!#$%&'*+.^_`|~-]+)")
_CHARSET = re.compile(r';[ \t]*charset="?([a-z0-9_-]+)"?[ \t]*(?:;|\Z)')
_CHARSETS: Final = frozenset(
    """
    ascii us-ascii utf-7 utf-8 utf8 utf-16 utf-16be utf-16le utf16 utf-32 utf-32be utf-32le utf32
    iso-8859-1 iso-8859-2 iso-8859-3 iso-8859-4 iso-8859-5 iso-8859-6 iso-8859-6-e iso-8859-6-i iso-8859-7
    iso-8859-8 iso-8859-8-e iso-8859-8-i iso-8859-9 iso-8859-10 iso-8859-11 iso-8859-13 iso-8859-14 iso-8859-15
    iso-8859-16 latin1 macintosh koi8-r koi8-u tis-620
    windows-1250 windows-1251 windows-1252 windows-1253 windows-1254 windows-1255 windows-1256 windows-1257
    windows-1258 windows-874 windows-31j cp437 cp850 cp852 cp855 cp857 cp858 cp860 cp861 cp862 cp863 cp864 cp865
    cp866 cp869 cp874 cp932 cp936 cp949 cp950 cp1250 cp1251 cp1252 cp1253 cp1254 cp1255 cp1256 cp1257 cp1258
    big5 gbk gb2312 gb18030 euc-jp euc-kr euc-tw iso-2022-jp iso-2022-kr shift_jis
    """.split()
)
"""Usual names of character sets, most of them of the WHATWG's Encoding Standard and IANA's registry."""
_AGENT = re.compile(r"\(([^()]*)\)|([^\s/()]+)(?:/([^\s()]*))?")
"""RFC 9110 section 10.1.5: products, with or without a version, and comments. One blank is as good as many."""
_NUMBERS = re.compile(r"(?:0|[1-9][0-9]{0,2})(?:\.(?:0|[1-9][0-9]{0,2})(?![0-9])){0,2}(?![0-9])")
"""At most three numbers below a thousand: what tells one release from another and holds no date, telephone number
or coordinate."""
_COMMENT_WORDS = re.compile(r"[^\s;,:]+")
_TOKEN_CHARACTERS = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
"""RFC 9110 section 5.6.2."""
_KEY = re.compile(r"([^\[\]]*)((?:\[[^\[\]]*\])*)")
_BRACKET = re.compile(r"%5([BbDd])")
MAX_KEY: Final = 64
"""Characters of a parameter's name; a longer one is a value. Not cut: a part of a secret is one too."""
_FIELD_WORDS: Final = frozenset(word for name in FIELDS for word in name.split("-"))
_SEPARATORS = re.compile(r"[._-]+")

_AUTHORITY = re.compile(r"(?:([A-Za-z0-9._-]+)|\[([0-9A-Fa-f:.]+)\])(?::([0-9]*))?")
"""Letters, digits and hyphens, the underscores of container names; sub-delims and percent-encoding, which RFC
3986 would allow, are in no name that resolves."""
_ADDRESS = re.compile(r"(?:[0-9]{1,3}\.){3}[0-9]{1,3}")
_LABEL_VALUE = re.compile(
    r"""
      [0-9]+ \Z                                        # an id, a number of an address
    | .*[0-9]{4}                                       # an id, a date, a telephone number
    | (?: .*[^0-9])? [0-9]{1,3} (?:[-_][0-9]{1,3}){2}  # an address (ip-10-0-0-1), a telephone number
    | .*(?<![0-9a-z]) (?=[a-f]*[0-9]) [0-9a-f]{8}      # hexadecimal
    | .*(?<![0-9a-z]) (?=[a-z]*[0-9]) [0-9a-z]{9}      # letters and digits in a row that no name has
    | .*[0-9][a-z]+[0-9]+[a-z]                         # … or in turns
    | .*[a-z][0-9]+[a-z]+[0-9]
    | .*[bcdfghjklmnpqrstvwxz]{6}                      # letters that no language makes
    | .*[bcdfghjklmnpqrstvwxz]{4} [a-z]* [bcdfghjklmnpqrstvwxz]{4}
    | .*[a-z]{25}
    | (?: .*[-_])? (?: eyj | akia | gh[pousr][-_] | glpat | xox[abprs] | sk[-_] | pk[-_] | npm_ )  # what tokens begin with
    """,
    re.VERBOSE,
)
_MIXED = re.compile(r"(?:[^a-z]*[a-z]+[^A-Za-z]*[A-Z]+){3}")
"""Names are case-insensitive, so hardly anybody writes them with capitals inside; base64 does."""
_MAX_LABEL: Final = 40
"""Characters. A label may have 63; only machines write such."""


def method(text: str) -> tuple[str, str | None]:
    """As OpenTelemetry has it: the method, or `_OTHER` and, where that is a registered or known one, its name."""
    if text in _CONVENTIONAL:
        return text, None
    return "_OTHER", text if text in METHODS else None


def version(text: str) -> str | None:
    """Of the protocol, one digit each (RFC 9112 section 2.3)."""
    return text if _VERSION.fullmatch(text) else None


def content_type(text: str) -> str | None:
    """Type, known subtype and character set: other parameters (boundary, name, …) hold whatever the sender likes."""
    if not text:
        return None
    text = text.lower()
    kind = text.partition(";")[0].strip(" \t")
    parts = _TYPE.fullmatch(kind) if len(kind) <= _MAX_TYPE else None
    if parts is None:
        return INVALID
    if kind not in MEDIA_TYPES:
        _, plus, suffix = parts[2].rpartition("+")
        shown = f"{VALUE}+{suffix}" if plus and suffix in SUFFIXES else VALUE
        kind = f"{parts[1]}/{shown}" if parts[1] in TOP_LEVEL else VALUE
    charset = _CHARSET.search(text, text.find(";"), text.find(";") + _MAX_TYPE) if ";" in text else None
    return f"{kind};charset={charset[1]}" if charset and charset[1] in _CHARSETS else kind


def content_encoding(text: str) -> str | None:
    """The registered names among the first eight codings, in order."""
    if not text:
        return None
    codings = text.lower().split(",", _MAX_CODINGS)[:_MAX_CODINGS]
    # RFC 9110 section 5.6.1.2: empty elements of a list are ignored
    names = [name for coding in codings if (name := coding.strip(" \t"))]
    return ", ".join([name if name in CODINGS else VALUE for name in names]) or None


def user_agent(text: str) -> str | None:
    """Known products with their versions, and the known platforms of comments; `{value}` for what else there is."""
    shown: list[str] = []
    for found in _AGENT.finditer(text[:_MAX_AGENT]):
        comment, product, release = found.groups()
        if comment is not None:
            words = " ".join([word for word in _COMMENT_WORDS.findall(comment) if word.lower() in PLATFORMS])
            part = f"({words})" if words else ""
        elif product.lower() in PRODUCTS:
            numbers = _NUMBERS.match(release) if release else None
            part = f"{product}/{numbers[0]}" if numbers else product
        else:
            part = VALUE
        if part and (part != VALUE or shown[-1:] != [VALUE]):
            shown.append(part)
    whole = " ".join(shown)
    return (whole if len(whole) <= _MAX_AGENT_SHOWN else whole[:_MAX_AGENT_SHOWN].rpartition(" ")[0]) or None


def field_name(text: str, is_word: Callable[[str], bool] = known) -> str:
    """A header field's name in lower case, if it is registered or known, or made of words: of those or of others.

    `{invalid}` if it is no token.
    """
    if text in FIELDS:
        return text
    if len(text) > _MAX_NAME:
        return VALUE
    if _TOKEN_CHARACTERS.fullmatch(text) is None:
        return INVALID
    parts = _SEPARATORS.split(text)
    if len(parts) > _MAX_NAME_WORDS or not all(part in _FIELD_WORDS or is_word(part) for part in parts):
        return VALUE
    return text


def query_key(text: str, judge: Callable[[str], str] = parameter) -> str:
    """A query parameter's name by the rules for words; brackets (`page[size]`, encoded or not) piece by piece."""
    if len(text) > 3 * MAX_KEY:  # all of it might be percent-encoded
        return VALUE
    if "%5" in text:
        text = _BRACKET.sub(lambda found: "[" if found[1] in "Bb" else "]", text)
    key = _KEY.fullmatch(text)
    if key is None or len(text) > MAX_KEY:
        return VALUE
    name = judge(key[1])
    return name + "".join([f"[{judge(index)}]" for index in key[2][1:-1].split("][")]) if key[2] else name


def host(text: str, default_port: int | None) -> tuple[str, int] | None:
    """The server of `host[:port]` (RFC 3986 section 3.2), None if it is not valid or names no host.

    In lower case; a label that looks like a token, an id or an address is `{token}`. An address as a whole is one.
    """
    if len(text) > MAX_HOST + 8:  # brackets, colon, port
        return None
    match = _AUTHORITY.fullmatch(text)
    if match is None:
        return None
    name, literal, digits = match.groups()
    if literal:
        try:
            name = str(IPv6Address(literal))
        except ValueError:
            return None
    elif len(name) > MAX_HOST:
        return None
    elif _ADDRESS.fullmatch(name) is None:
        name = ".".join(map(_label, name.split(".")))
    if digits:
        return (name, int(digits)) if len(digits) <= 5 and int(digits) <= 65535 else None
    return (name, default_port) if default_port is not None else None


def looks_like_value(text: str) -> bool:
    """Whether a name that a program was given looks like an id, a date, an address or a token."""
    return len(text) > _MAX_LABEL or _LABEL_VALUE.match(text.lower()) is not None


def _label(text: str) -> str:
    lower = text.lower()
    if len(text) > _MAX_LABEL or _MIXED.match(text) or _LABEL_VALUE.match(lower):
        return TOKEN
    return lower
