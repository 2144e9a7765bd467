"""What a path, a query key or a header name looks like with everything that may be a value replaced.

Owns the rules that decide what is a word of the API and what is a value of a user, and the bounded memory
of the templates each server showed. Refuses to learn from traffic: a rule sees one segment and nothing else,
so the same path has the same template on every run and on every host.

Privacy first: a segment stays only if it is provably made of words; everything else is replaced, by the most
telling placeholder that fits:

    {id}      digits only                         {email}   something@something, `%40` too
    {uuid}    8-4-4-4-12 hexadecimal digits       {number}  digits and punctuation: `-12.5`, `+1-555-0100`
    {hex}     8 or more hexadecimal digits,       {token}   16 or more characters of a base64 alphabet
              0x…, hardware addresses
    {date}    2024-05-01, 2024-05, times          {value}   whatever else is not made of words
    {ip}      IPv4, IPv6                          {*}       the rest of a path, or a path beyond a limit

What stays: words of letters (in lower case, CAPITALS or camelCase) joined by `-`, `_`, `.`, `:` and `$`, at
most one of them with one digit (`oauth2`), versions (`v1`, `v2beta1`), and a few known names with more digits
(`sha256`). A file extension outlives a replaced stem: `/img/{hex}.png`. A short word that happens to be a
user's name cannot be told from a word of the API, and stays.

Invariants, for any text: templates consist of ASCII letters, digits and `/ - _ . : $ { } * ; =` (JSON needs no
escapes for them); they are at most `MAX_LENGTH` long; the template of a template is itself; no rule takes more
than linear time.
"""

from __future__ import annotations

import re
from typing import Final

__all__ = ["COLLAPSED", "INVALID", "MAX_LENGTH", "VALUE", "PathTemplates", "header_name", "query_key"]

COLLAPSED: Final = "/{*}"
"""The template of every path of a server beyond the limit of templates."""
INVALID: Final = "{invalid}"
"""Stands for a name that is none by its grammar."""
VALUE: Final = "{value}"

MAX_LENGTH: Final = 256
"""Characters of a template; segments beyond it become one `{*}`."""
MAX_SEGMENTS: Final = 32
"""Segments of a template, the last one `{*}` if there were more: deeper than any API's path."""
MAX_SEGMENT: Final = 256
"""Characters of a segment that is looked at; a longer one is a value (an e-mail address has at most 254)."""
MAX_PARAMETERS: Final = 4
"""Matrix parameters of a segment that are looked at; with more the segment is a value."""
MAX_KEY: Final = 64
"""Characters of a query key or header name; a longer one is a value. Not cut: a part of a secret is one too."""
MAX_TEMPLATES: Final = 50_000
"""Templates of all servers together: at most about 20 MiB, typically 5."""
CACHED_SEGMENTS: Final = 8_192
CACHED_LENGTH: Final = 80
"""Longer segments are judged each time, so that the cache holds at most about 3 MiB."""

_MAX_WORDS: Final = 40
"""Characters of a segment made of words: longer ones are titles, and titles are content …"""
_MAX_DOTTED: Final = 80
"""… except dotted names without hyphens, as RPC services have (`opentelemetry.proto.collector.trace.v1.…`)."""

_PLACEHOLDER = re.compile(r"\{(?:id|uuid|hex|date|ip|email|number|token|value|\*)\}")

_FORM = re.compile(
    r"""
      (?P<id>     [0-9]+ )
    | (?P<uuid>   [0-9A-Fa-f]{8} (?: -[0-9A-Fa-f]{4} ){3} -[0-9A-Fa-f]{12} )
    | (?P<hex>    [0-9A-Fa-f]{8,} | 0[xX][0-9A-Fa-f]+ | [0-9A-Fa-f]{2} (?: [:-][0-9A-Fa-f]{2} ){5} )
    | (?P<date>   [0-9]{4}-[0-9]{2} (?: -[0-9]{2} )? (?: [Tt_][0-9:.+-]*[Zz]? )?
                | [0-9]{8} [Tt_] [0-9]{4,6} [Zz]?
                | [0-9]{1,2} [-.] [0-9]{1,2} [-.] [0-9]{4}
                | [0-9]{1,2} : [0-9]{2} (?: :[0-9]{2} )? )
    | (?P<ip>     [0-9]{1,3} (?: \.[0-9]{1,3} ){3} (?: :[0-9]{1,5} )?
                | [0-9A-Fa-f]{0,4} (?: :[0-9A-Fa-f]{0,4} ){2,7} )
    | (?P<email>  (?! .*@[1-9]x (?: \.(?:avif|gif|jpe?g|png|svg|webp) )? \Z ) .+ (?: @ | %(?:25)?40 ) .+ )
    | (?P<number> (?= [^0-9]*[0-9] ) [0-9+\-.,:()_~$!*'\ ]+ )
    """,
    re.VERBOSE | re.DOTALL,
)
"""`@2x` before an extension or the end is no address: it is how images for dense screens are named."""

_IDENTIFIERS: Final = tuple(
    [
        (re.compile(rf"/{form}(?![^/])").sub, f"/{{{name}}}")
        for name, form in (
            ("id", rf"[0-9]{{1,{MAX_SEGMENT}}}"),
            ("hex", rf"[0-9A-Fa-f]{{8,{MAX_SEGMENT}}}"),
            ("uuid", r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"),
        )
    ]
)
"""Replacements, in this order, for whole segments of the forms that are new in nearly every path."""

_TOKEN = re.compile(
    r"""
      [A-Za-z0-9]{16,} ={0,2}
    | (?= [^a-z]*[a-z] ) (?= [^A-Z]*[A-Z] ) (?= [^0-9]*[0-9] ) (?: [A-Za-z0-9_+=.-] | %(?: 2[BbFf] | 3[Dd] ) ){16,}
    """,
    re.VERBOSE,
)

_JOINED = re.compile(r"[A-Za-z0-9._:$-]*")
_PARTS = re.compile(r"[A-Za-z0-9]+")
_VERSION = re.compile(r"[vV][0-9]{1,3}(?:\.[0-9]{1,3}){0,2}(?:(?:alpha|beta|rc)[0-9]{0,2})?")
_NUMBERED = re.compile(r"(?=.{2})([A-Za-z]{0,15})[0-9]([A-Za-z]{0,15})")
_EXTENSION = re.compile(r"(?=.{1,5}\Z)[a-z]*[0-9]?[a-z]+[0-9]?|m3u8")

# Random letters seldom follow the grammar of camelCase: humps of three letters or more, the usual short ones,
# abbreviations. The look-behind lets a run of capitals begin in one place only: no backtracking to speak of.
_WORD = re.compile(
    r"""
      [A-Z]{1,15}
    | [a-z]{0,24} (?: [A-Z][a-z]{2,23}
                    | (?: As|At|Be|By|Do|Go|Id|If|In|Is|It|Me|My|No|Of|On|Or|So|To|Up|We )
                    | (?<![A-Z])[A-Z]{2,5}(?= [A-Z][a-z] | \Z ) )*
    """,
    re.VERBOSE,
)
_CONSONANTS = re.compile(r"[bcdfghjklmnpqrstvwxz]{6}", re.IGNORECASE | re.ASCII)
"""Six in a row, in a word of eight letters or more, are nearly always chance (`y` counts as a vowel)."""

# fmt: off
_KNOWN = frozenset({
    "a11y", "aes128", "aes256", "base32", "base64", "crc32", "ed25519", "es256", "h264", "h265", "i18n",
    "iso8601", "k8s", "l10n", "latin1", "oauth10a", "rfc3339", "rs256", "sha224", "sha256", "sha384",
    "sha512", "utf16", "win32", "win64", "x509", "x64", "x86",
})
# fmt: on

_TOKEN_CHARACTERS = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
"""RFC 9110 section 5.6.2."""
_NAME_PART = re.compile(r"[A-Za-z]{0,32}[0-9]{0,3}[A-Za-z]{0,32}")
_HEX_PART = re.compile(r"(?=[A-Fa-f]*[0-9])[0-9A-Fa-f]{8,}")

_KEY = re.compile(r"([^\[\]]*)((?:\[[^\[\]]*\])*)")
_BRACKET = re.compile(r"%5([BbDd])")


def _is_word(letters: str) -> bool:
    return _WORD.fullmatch(letters) is not None and (len(letters) < 8 or _CONSONANTS.search(letters) is None)


def _is_words(text: str) -> bool:
    """Whether everything in `text` is a word of an API rather than a value."""
    if _JOINED.fullmatch(text) is None:
        return False
    if len(text) > _MAX_WORDS and (len(text) > _MAX_DOTTED or "-" in text or "_" in text):
        return False
    if _VERSION.fullmatch(text):
        return True
    numbered = 0
    for part in _PARTS.findall(text):
        if not part.isalpha():
            numbered += 1
            if part.lower() in _KNOWN or _VERSION.fullmatch(part):
                continue
            match = _NUMBERED.fullmatch(part)
            if match is None or not _is_word(match[1] + match[2]):
                return False
        elif not _is_word(part):
            return False
    return numbered <= 1


def _whole(text: str) -> str:
    """The template of a segment as a whole: itself or a placeholder."""
    if len(text) > MAX_SEGMENT:
        return VALUE
    form = _FORM.fullmatch(text)
    if form is not None:
        return f"{{{form.lastgroup}}}"
    if _is_words(text) or _PLACEHOLDER.fullmatch(text):
        return text
    if _TOKEN.fullmatch(text):
        return "{token}"
    return VALUE


def _named(text: str) -> str:
    """The template of a segment without parameters: a file extension may outlive its stem."""
    template = _whole(text)
    # A form of the whole comes first (an address has dots too), then one of the stem: `deadbeef.png` is no word.
    if template in {text, VALUE, "{token}"} and len(text) <= MAX_SEGMENT:
        stem, dot, extension = text.rpartition(".")
        if stem and dot and _EXTENSION.fullmatch(extension):
            return f"{_whole(stem)}.{extension}"
    return template


def _segment(text: str) -> str:
    """The template of what stands between two slashes."""
    if ";" not in text:
        return _named(text)
    # RFC 3986 section 3.3 leaves parameters of a segment to the application; `;name=value` is the usual form.
    # Their values are treated like a query's: even a word is replaced.
    name, *parameters = text.split(";", MAX_PARAMETERS + 1)
    if len(parameters) > MAX_PARAMETERS:
        return VALUE
    parts = [_named(name)]
    for parameter in parameters:
        key, equals, value = parameter.partition("=")
        if equals:
            template = _whole(value)
            parts.append(f"{_whole(key)}={template if _PLACEHOLDER.fullmatch(template) else VALUE}")
        else:
            parts.append(_whole(key))
    return ";".join(parts)


def query_key(text: str) -> str:
    """A query parameter's name: itself if it is made of words, else a placeholder.

    The rules are those of path segments; brackets (`page[size]`, encoded or not) are judged piece by piece.
    """
    if len(text) > 3 * MAX_KEY:  # all of it might be percent-encoded
        return VALUE
    if "%5" in text:
        text = _BRACKET.sub(lambda found: "[" if found[1] in "Bb" else "]", text)
    key = _KEY.fullmatch(text)
    if key is None or len(text) > MAX_KEY:
        return VALUE
    name = _whole(key[1])
    return name + "".join([f"[{_whole(index)}]" for index in key[2][1:-1].split("][")]) if key[2] else name


def header_name(text: str) -> str:
    """A header's name or a method: itself if it looks like one.

    `{invalid}` if it is no token (RFC 9110 section 5.6.2). `{value}` if it is one that nobody would choose as a
    name: a part with more than three digits or with digits in two places, eight hexadecimal digits, more than
    two parts with digits, or more than `MAX_KEY` characters.
    """
    if len(text) > MAX_KEY:
        return VALUE
    if _TOKEN_CHARACTERS.fullmatch(text) is None:
        return INVALID
    numbered = 0
    for part in _PARTS.findall(text):
        if not part.isalpha():
            numbered += 1
            if _HEX_PART.fullmatch(part):
                return VALUE
        if _NAME_PART.fullmatch(part) is None:
            return VALUE
    return VALUE if numbered > 2 else text


class _Segments(dict[str, str]):
    """Segments and their templates, as seen; emptied when full, since what is frequent comes back at once."""

    def __missing__(self, text: str) -> str:
        template = _segment(text)
        if len(text) <= CACHED_LENGTH:
            if len(self) >= CACHED_SEGMENTS:
                self.clear()
            self[text] = template
        return template


_NOTHING: Final[frozenset[str]] = frozenset()


class PathTemplates:
    """Templates of paths, in bounded number.

    Beyond `max_templates_per_server` a server's new templates are `/{*}`; those it already has stay. Beyond
    `max_servers` servers, or `MAX_TEMPLATES` templates in all, the server that has been known longest is
    forgotten and starts anew if it is seen again: names made up by a client cannot blind us to the real ones.
    The outcome depends on the paths and their order only.
    """

    def __init__(self, max_templates_per_server: int = 1_000, max_servers: int = 1_000) -> None:
        self._max_templates_per_server = max_templates_per_server
        self._max_servers = max_servers
        self._servers: dict[str, set[str]] = {}
        self._count = 0
        self._template_of = _Segments().__getitem__

    def template(self, server: str, path: str) -> str:
        """The template of a path of a server, within the limits."""
        # Nearly every path is one that the server showed before, but for its identifiers. The template of a
        # template is itself, so what is known as one needs no rules.
        known = self._servers.get(server, _NOTHING)
        if path in known:
            return path
        for replace, placeholder in _IDENTIFIERS:
            path = replace(placeholder, path)
            if path in known:
                return path
        return self.admit(server, self.generalise(path))

    def generalise(self, path: str) -> str:
        """The template of a path by the rules alone."""
        segments = path.split("/", MAX_SEGMENTS + 1)
        if len(segments) > MAX_SEGMENTS + 1:  # a leading slash makes an empty one
            segments[MAX_SEGMENTS:] = ["{*}"]
        template = "/".join(map(self._template_of, segments))
        if len(template) <= MAX_LENGTH:
            return template
        room = MAX_LENGTH - len(COLLAPSED)
        kept = 0
        parts = template.split("/")
        for part in parts:
            room -= len(part) + 1
            if room < -1:  # the first one has no slash before it
                break
            kept += 1
        return "/".join([*parts[:kept], "{*}"])

    def admit(self, server: str, template: str) -> str:
        """The template if the server has it or may have one more, else `/{*}`."""
        known = self._servers.get(server)
        if known is not None:
            if template in known:
                return template
            if len(known) >= self._max_templates_per_server:
                return COLLAPSED
        while self._count >= MAX_TEMPLATES or (known is None and len(self._servers) >= self._max_servers):
            oldest = next(iter(self._servers))
            self._count -= len(self._servers.pop(oldest))
        self._servers.setdefault(server, set()).add(template)
        self._count += 1
        return template
