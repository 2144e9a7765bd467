"""Whether a word may be shown: the one place where what an API says is told from what its users say.

Owns the forms of values, how a name is cut into words, and the question whether all of them are known. Paths,
query keys, header names and labels of hosts ask here. Refuses to learn from traffic and knows no position: a
name is judged alone (`templates` knows what stands before it), so the same name has the same shape everywhere.

Closed by default. A name stays only if it is made of words of the vocabulary (`vocabulary`), is a version or a
technical name, or the operator named it. Everything else becomes the most telling placeholder that fits:

    {id}      digits only                         {email}   something@something, `%40` too
    {uuid}    8-4-4-4-12 hexadecimal digits       {number}  digits and punctuation: `-12.5`, `+1-555-0100`
    {hex}     8 or more hexadecimal digits,       {token}   16 or more characters of a base64 alphabet
              0x…, hardware addresses
    {date}    2024-05-01, 2024-05, times          {word}    letters, with digits and `- _ .` between them
    {ip}      IPv4, IPv6                          {value}   whatever else

A name is cut at case, digits and punctuation (`getUserById`, `user_id`, `user-id`). It stays if each piece is a
known word and there are at most three; joined by hyphens at most two, since that is how titles are written. At
least one has to be nobody's name, but for a few that many APIs use (`key`, `page`): those may stand alone, in lower
case. One piece at most may have fewer than three letters: random letters are cut into such. Digits stay only in
names that are known as a whole (`oauth2`, `sha256`) and in versions (`v2`, `1.0`).

Invariants, for any text: what `shape` gives is the text or a placeholder; the shape of a shape is itself; no rule
takes more than linear time.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from interceptor.core.records.registered import PARAMETERS
from interceptor.core.records.vocabulary import AFTER, AMBIGUOUS, JOINED, NAMES, WORDS

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "CUT",
    "EXTENSIONS",
    "MAX_SEGMENT",
    "MAX_WORDS",
    "PLACEHOLDER",
    "VALUE",
    "WORD",
    "Words",
    "known",
    "parameter",
    "shape",
]

VALUE: Final = "{value}"
WORD: Final = "{word}"
MAX_SEGMENT: Final = 256
"""Characters of a name that is looked at; a longer one is a value (an e-mail address has at most 254)."""
MAX_WORDS: Final = 3
"""Words of a name: more are a sentence, and sentences are content."""
MAX_HYPHENATED: Final = 2
"""Words joined by hyphens, which is how titles become slugs."""

MAX_SHORT: Final = 1
"""Words of fewer than three letters in a name: random letters are cut into such."""

PLACEHOLDER: Final = re.compile(r"\{(?:id|uuid|hex|date|ip|email|number|token|word|value|\*)\}")

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

_TOKEN = re.compile(
    r"""
      [A-Za-z0-9]{16,} ={0,2}
    | (?= [^a-z]*[a-z] ) (?= [^A-Z]*[A-Z] ) (?= [^0-9]*[0-9] ) (?: [A-Za-z0-9_+=.-] | %(?: 2[BbFf] | 3[Dd] ) ){16,}
    """,
    re.VERBOSE,
)
_VERSION = re.compile(r"[vV][0-9]{1,2}(?:\.[0-9]{1,2}){0,2}(?:(?:alpha|beta|rc)[0-9]{0,2})?")
_RELEASE = re.compile(r"[0-9](?:\.[0-9]){1,2}")
"""A version without a `v`, one digit each: not behind a collection."""
_SUFFIX = re.compile(r"(?:(?<=[a-z])V|[-_.]v)[0-9]{1,2}\Z")
"""The version at the end of a name: `serviceV3`, `search-v2`."""
_NAME = re.compile(r"[A-Za-z0-9._:$-]*")
_NOTHING = frozenset({"", ".", "..", "-", "_"})
"""Names that name nothing."""
CUT: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
"""The words of a name."""
_ATTRIBUTES: Final = frozenset("at by count date id ids name size time type".split())
"""What the names of parameters end with where programs write them: nobody is called so."""

EXTENSIONS: Final = frozenset(
    """
    7z aac action ashx asmx asp aspx atom avi avif axd bin bmp bz2 cfm cgi com css csv deb do doc docx eot
    exe flac geojson gif gz htm html ico ics iso jar jpeg jpg js json jsonl jsp jspx key kml less log m3u8
    m4a m4s map md mjs mov mp3 mp4 mpd mpeg ndjson numbers odp ods odt ogg otf pages pbf pdf php png ppt
    pptx proto ps rar rpm rss rtf scss svc svg tar tgz tif tiff ts tsv ttf txt wasm wav webm webp woff woff2
    wsdl xhtml xls xlsx xml xsd xz yaml yml zip
    """.split()
)
"""Types of files that may be shown: with any ending shown, `john.doe` would say a surname of five letters."""


class Words:
    """The vocabulary, and what an operator adds to it.

    Args:
        added: names that are shown as they are: a word alone (`kyc`), which then counts in every name that it is
            a piece of, or a whole name (`open-banking-2`). Case does not matter.
        hidden: words that no name may have, whatever else is said here.
        words: what a piece of a name may be, in lower case.
        ambiguous: what is somebody's name too, and may stand alone or beside a word.
        joined: what is somebody's name too, and may stand beside a word only.
        names: what is known as a whole, in lower case.
        after: what may stand behind a collection.
        parameters: names of parameters of a query that are known as a whole.

    """

    def __init__(
        self,
        added: Iterable[str] = (),
        hidden: Iterable[str] = (),
        *,
        words: frozenset[str] = WORDS,
        ambiguous: frozenset[str] = AMBIGUOUS,
        joined: frozenset[str] = JOINED,
        names: frozenset[str] = NAMES,
        after: frozenset[str] = AFTER,
        parameters: frozenset[str] = PARAMETERS,
    ) -> None:
        lower = frozenset([word.lower() for word in added])
        self.hidden = frozenset([word.lower() for word in hidden])
        self.words = words | {word for word in lower if word.isalpha()}
        self.ambiguous = ambiguous
        self.joined = joined
        self.names = names | lower
        self.after = after | lower
        self.parameters = parameters
        if self.hidden:
            self.words -= self.hidden
            self.ambiguous -= self.hidden
            self.joined -= self.hidden
            self.names = frozenset([name for name in self.names if not self.hides(name)])
            self.after = frozenset([name for name in self.after if not self.hides(name)])
            self.parameters = frozenset([name for name in parameters if not self.hides(name)])

    def hides(self, text: str) -> bool:
        """Whether a name has a word that the operator does not want to see."""
        lower = text.lower()
        return bool(self.hidden) and (
            lower in self.hidden or not self.hidden.isdisjoint([piece.lower() for piece in CUT.findall(text)])
        )

    def stays_after(self, text: str) -> bool:
        """Whether a name may be shown even behind a collection."""
        return text.lower() in self.after or _VERSION.fullmatch(text) is not None

    def known(self, word: str) -> bool:
        """Whether one word, without punctuation, may be shown. Case does not matter."""
        word = word.lower()
        return word in self.words or word in self.ambiguous

    def stays(self, text: str) -> bool:
        """Whether a name as it is may be shown."""
        if text.lower() in self.names:
            return True
        if not text.isascii() or _NAME.fullmatch(text) is None:
            return False
        if _VERSION.fullmatch(text) is not None or _RELEASE.fullmatch(text) is not None:
            return True
        version = _SUFFIX.search(text)
        stem = text[: version.start()] if version else text
        pieces = CUT.findall(stem)
        if not pieces:
            return text in _NOTHING
        if len(pieces) > (MAX_HYPHENATED if "-" in text else MAX_WORDS):
            return False
        firm = short = 0
        for piece in pieces:
            word = piece.lower()
            if word in self.words:
                firm += 1
            elif word not in self.ambiguous and word not in self.joined:
                return False
            short += len(piece) < 3
        if not firm:
            # `Page` and `page-mark` are written as people are, `page` and `getPage` as APIs are.
            return stem in self.ambiguous
        return short <= MAX_SHORT

    def shape(self, text: str) -> str:
        """The text itself if it may be shown, else the placeholder that fits best."""
        if len(text) > MAX_SEGMENT:
            return VALUE
        if self.stays(text) or PLACEHOLDER.fullmatch(text):
            return text
        return self.closed(text)

    def parameter(self, text: str) -> str:
        """The same for the name of a parameter: known ones are more (`client_id`), and what ends as attributes do.

        Before such an end a word may be somebody's name (`city_id`, `startDate`). One letter says nothing of anybody.
        """
        if text in self.parameters:
            return text
        if len(text) == 1 and text.isascii() and text.isalpha() and not self.hides(text):
            return text
        *before, last = CUT.findall(text) or [""]
        if (
            last.lower() in _ATTRIBUTES
            and 0 < len(before) < (MAX_HYPHENATED if "-" in text else MAX_WORDS)
            and _NAME.fullmatch(text)
            and len(text) - sum(map(len, before)) - len(last) <= len(before)
            and not self.hides(text)
            and all(
                word in self.words or word in self.ambiguous or word in self.joined
                for word in map(str.lower, before)
            )
        ):
            return text
        stem, dot, extension = text.rpartition(".")
        return self.closed(text) if dot and stem and extension.lower() in EXTENSIONS else self.shape(text)

    def closed(self, text: str) -> str:
        """The placeholder that fits best, whatever is known."""
        if len(text) > MAX_SEGMENT:
            return VALUE
        if PLACEHOLDER.fullmatch(text):
            return text
        form = _FORM.fullmatch(text)
        if form is not None:
            return f"{{{form.lastgroup}}}"
        if _TOKEN.fullmatch(text):
            return "{token}"
        if not text:
            return text
        return WORD if text.isascii() and _NAME.fullmatch(text) else VALUE


_SHIPPED: Final = Words()
known = _SHIPPED.known
"""`Words.known` of the vocabulary alone."""
shape = _SHIPPED.shape
"""`Words.shape` of the vocabulary alone."""
parameter = _SHIPPED.parameter
"""`Words.parameter` of the vocabulary alone."""
