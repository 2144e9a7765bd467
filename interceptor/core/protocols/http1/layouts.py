"""Layouts: what the heads of one program have in common.

Owns taking a head apart into its lines and knowing which of them matter. Refuses what they mean: that is
`heads`.

A program sends the same field names in the same order again and again; only values change. So the layout of
a head (its names, and which lines are of interest) is worked out once and shared by all heads like it. A
layout that keeps coming is given a pattern, which finds the end of the head, checks every name and takes out
the values of interest in one go; which pattern to try is told by the layout before it on the same
connection. The pattern and the long way give the same result; a property test holds them to it.

Limits: as many layouts as `_LAYOUTS`, cleared when full: no bookkeeping per hit, and whoever fills the cache
with inventions pays the price of the first sight, nothing more. A pattern costs as much to make as a hundred
heads to read, so it is only made for a layout that has come that often.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, TypeAlias

from interceptor.core.model import Anomaly
from interceptor.core.protocols.http1.patterns import pattern, well_formed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from interceptor.core.model import i64
    from interceptor.core.protocols.http1.patterns import Pattern

__all__ = ["EMPTY_LINE", "Head", "Layout", "Layouts"]

_WANTED: Final = {
    "host": "host",
    "content-length": "content_length",
    "transfer-encoding": "transfer_encoding",
    "content-type": "content_type",
    "content-encoding": "content_encoding",
    "user-agent": "user_agent",
    "traceparent": "traceparent",
    "upgrade": "upgrade",
    "sec-websocket-key": "websocket_key",
    "sec-websocket-accept": "websocket_accept",
    "sec-websocket-protocol": "websocket_protocol",
    "sec-websocket-extensions": "websocket_extensions",
}
"""Fields whose values matter, and the attribute of `Layout` that says where they are."""

_FRAMING: Final = frozenset({"content-length", "transfer-encoding"})

_INVALID: Final = "{invalid}"
_FOLDED: Final = "\n"
"""Stands for the name of what is no field line: the continuation of the one before (obs-fold)."""

_NAMES: Final = 4096
_NAME_BYTES: Final = 64
_LAYOUTS: Final = 1024
_LAYOUT_LINES: Final = 64
"""Larger heads are taken apart each time."""
_FOLLOWERS: Final = 64
"""Layouts remembered to come after one, by how their heads begin."""
_WORTH_A_PATTERN: Final = 128

_FIELD_NAME = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_DISGUISED = re.compile(
    rb"[^a-z]*(?:content[^a-z]+length|transfer[^a-z]+encoding(?:[^a-z]+chunked)?)[^a-z]*", re.IGNORECASE
)
"""What somebody may read as a field that decides the framing: blanks, controls or an underscore (CGI) in its name,
its colon forgotten. The names themselves match too."""
EMPTY_LINE = re.compile(rb"\n(?:\r\n|\n)")

_Name: TypeAlias = tuple[str, frozenset[Anomaly]]
"""(lower-case name, what is odd about it) of what stands before the colon."""


class Layout:
    """What the field lines of a head have in common with those of all heads like it.

    `texts` of a `Head` are the start line, the values of interest, and more values of those that come
    repeatedly. The attributes say which is which: 0, the start line, where there is none. A traceparent is of
    interest only where it is well-formed, and empty otherwise: the pattern of a whole head sees that on its way.
    """

    __slots__ = (
        "anomalies",
        "beginnings",
        "content_encoding",
        "content_length",
        "content_type",
        "followers",
        "host",
        "known",
        "match",
        "names",
        "repeated",
        "sightings",
        "traceparent",
        "transfer_encoding",
        "upgrade",
        "user_agent",
        "wanted",
        "websocket_accept",
        "websocket_extensions",
        "websocket_key",
        "websocket_protocol",
    )

    def __init__(
        self, beginnings: tuple[bytes, ...], names: tuple[str, ...], anomalies: frozenset[Anomaly]
    ) -> None:
        self.beginnings = beginnings
        """Of each line, through the colon; of the start line nothing."""
        self.names = names
        """Field names, lower case, in order."""
        self.anomalies = anomalies
        self.wanted: list[int] = [0]
        """The lines whose texts are taken."""
        self.host = self.user_agent = self.traceparent = 0
        self.content_length = self.transfer_encoding = 0
        self.content_type = self.content_encoding = 0
        self.upgrade = self.websocket_key = self.websocket_accept = 0
        self.websocket_protocol = self.websocket_extensions = 0
        self.repeated: list[tuple[str, int]] = []
        """(attribute, index in texts) of the second and further lines of a field."""
        self.followers: dict[bytes, Layout] = {}
        """The layout that came after this one, by how its head began."""
        self.known = False
        """In the cache. What is not leads to no other, or the last layout of an idle connection would keep
        alive all that came after it."""
        self.sightings = 0
        self.match: Pattern | None = None
        """The pattern of a whole head, once it is worth one."""

    def want(self, line: int, name: str) -> None:
        """Take the value of this line, if it matters."""
        attribute = _WANTED.get(name)
        if attribute is None:
            return
        if getattr(self, attribute):
            self.repeated.append((attribute, len(self.wanted)))
        else:
            setattr(self, attribute, len(self.wanted))
        self.wanted.append(line)

    def texts(self, lines: list[bytes]) -> tuple[bytes, ...]:
        """The start line, and the values of interest."""
        texts = [lines[line][len(self.beginnings[line]) :] for line in self.wanted]
        if self.traceparent:
            texts[self.traceparent] = well_formed(texts[self.traceparent])
        return tuple(texts)

    def further(self, attribute: str, texts: Sequence[bytes]) -> list[bytes]:
        """The second and further values of a field."""
        return [texts[index] for repeated, index in self.repeated if repeated == attribute]


Head: TypeAlias = "tuple[Sequence[bytes], int, Layout, set[Anomaly] | None]"
"""(texts as `Layout` says, offset after the empty line, layout, what was odd about the
line ends)."""


class _Names(dict[bytes, _Name]):
    """Field names already understood, by their spelling."""

    def __missing__(self, spelling: bytes) -> _Name:
        name = _name(spelling)
        if len(spelling) <= _NAME_BYTES:
            if len(self) >= _NAMES:
                self.clear()
            self[spelling] = name
        return name


def _name(spelling: bytes) -> _Name:
    """Understand what stands before the colon of a field line (RFC 9112 section 5)."""
    if spelling[:1] in {b" ", b"\t"}:
        return _FOLDED, frozenset()
    name = _INVALID
    anomalies: set[Anomaly] = set()
    stripped = spelling.rstrip(b" \t")
    if _FIELD_NAME.fullmatch(stripped):
        name = stripped.decode("ascii").lower()
        if len(stripped) != len(spelling):
            # Section 5.1: "No whitespace is allowed between the field name and colon."
            anomalies.add(Anomaly.SPACE_BEFORE_COLON)
    else:
        anomalies.add(Anomaly.INVALID_HEADER)
    if (anomalies or name not in _FRAMING) and _DISGUISED.fullmatch(spelling):
        anomalies.add(Anomaly.AMBIGUOUS_FRAMING)
    return name, frozenset(anomalies)


class Layouts:
    """Finds heads, and knows the layouts that have come. One per pipeline."""

    __slots__ = ("_known", "_most_names", "_names", "start")

    def __init__(self, most_names: int) -> None:
        """`most_names`: field names kept of one head."""
        self._most_names = most_names
        self._names = _Names()
        self._known: dict[tuple[int, bytes, bytes], Layout] = {}
        """By the number of lines, and how the first and the last field line begin."""
        self.start = Layout((b"",), (), frozenset())
        """What comes before the first head of a connection."""
        self.start.known = True

    def find(self, before: Layout, key: bytes, buffer: bytes, start: i64, stop: i64) -> Head | None:
        """The head that begins at `start`, or None where its end is not in the buffer yet.

        `before` is the layout of the head before it in the same direction, `key` how this one begins.
        """
        layout = before.followers.get(key)
        if layout is not None and layout.match is not None:
            whole = layout.match(buffer, start, stop)
            if whole is not None:
                return whole[0], whole[1], layout, None
        split = _split(buffer, start, stop)
        if split is None:
            return None
        lines, after, anomalies = split
        layout = self._layout(lines)
        if layout is None:
            lines, odd = _unfold(lines)
            anomalies = (anomalies or set()) | odd
            layout = self._layout(lines)
            assert layout is not None
        if (
            anomalies
            and Anomaly.LF_ONLY in anomalies
            and (layout.content_length or layout.transfer_encoding)
            and buffer.find(b"\r\n", start, after) >= 0
        ):
            # Who takes CRLF for a line's end, and nothing else, reads two of these lines as one.
            anomalies.add(Anomaly.AMBIGUOUS_FRAMING)
        layout.sightings += 1
        if layout.sightings == _WORTH_A_PATTERN:
            traceparent = layout.wanted[layout.traceparent]
            layout.match = pattern(layout.beginnings, layout.wanted, traceparent)
        if layout.match is not None and before.known:
            if len(before.followers) >= _FOLLOWERS:
                before.followers.clear()
            before.followers[key] = layout
        return layout.texts(lines), after, layout, anomalies

    def _layout(self, lines: list[bytes]) -> Layout | None:
        """The layout of a head, or None where lines are folded."""
        key = len(lines), lines[min(1, len(lines) - 1)][:5], lines[-1][:5]
        layout = known = self._known.get(key)
        if layout is not None and all(map(bytes.startswith, lines, layout.beginnings)):
            return layout
        beginnings, names = [b""], []
        anomalies: set[Anomaly] = set()
        repeats = 1 < len(lines) <= _LAYOUT_LINES
        for line in lines[1:]:
            spelling, colon, _ = line.partition(b":")
            name, odd = self._names[spelling]
            if name == _FOLDED:
                return None
            anomalies |= odd
            if not colon:
                # Nothing to recognise the line by: another may begin with it and have a colon.
                name = _INVALID
                anomalies.add(Anomaly.INVALID_HEADER)
                repeats = False
            repeats = repeats and len(spelling) <= _NAME_BYTES
            beginnings.append(spelling + colon)
            names.append(name)
        if len(names) > self._most_names:
            anomalies.add(Anomaly.TOO_MANY_HEADERS)
        layout = Layout(tuple(beginnings), tuple(names[: self._most_names]), frozenset(anomalies))
        for index, name in enumerate(names, start=1):
            layout.want(index, name)
        if repeats:
            if known is not None:
                _forget(known)
            elif len(self._known) >= _LAYOUTS:
                for known in self._known.values():
                    _forget(known)
                self._known.clear()
                self.start.followers.clear()
            self._known[key] = layout
            layout.known = True
        else:
            layout.sightings = _WORTH_A_PATTERN  # never
        return layout


def _forget(layout: Layout) -> None:
    """What leads to it finds no pattern, and so finds what has come in its place."""
    layout.known, layout.match = False, None
    layout.followers.clear()


def _split(buffer: bytes, start: i64, stop: i64) -> tuple[list[bytes], int, set[Anomaly] | None] | None:
    """The lines of a head, the offset after it, and what is odd about the line ends.

    None where the end is not here yet. RFC 9112 section 2.2: "a recipient MAY recognize a single LF as a
    line terminator and ignore any preceding CR"; any other CR is invalid.
    """
    match = EMPTY_LINE.search(buffer, start, stop)
    if match is None:
        return None
    end, after = match.span()
    text = buffer[start:end]
    if text.endswith(b"\r"):
        lines = text[:-1].split(b"\r\n")
        ends = len(lines) + 1
        if buffer.count(b"\n", start, after) == ends == buffer.count(b"\r", start, after):
            return lines, after, None
    lines = [line.removesuffix(b"\r") for line in text.split(b"\n")]
    anomalies = set()
    if any(b"\r" in line for line in lines):
        anomalies.add(Anomaly.BARE_CR)
    if buffer.count(b"\n", start, after) != buffer.count(b"\r\n", start, after):
        anomalies.add(Anomaly.LF_ONLY)
    return lines, after, anomalies


def _unfold(lines: list[bytes]) -> tuple[list[bytes], set[Anomaly]]:
    """Join folded lines to the ones before (RFC 9112 section 5.2), and say what is odd about them.

    A first field line that is folded has nothing to join and is no field line (section 2.2 has it rejected
    or ignored): it keeps its place under an invalid name. Somebody who does not know of folding reads a field
    of its own, or one without its value: where that decides the framing, it is ambiguous.
    """
    anomalies = {Anomaly.OBS_FOLD}
    fields: list[list[bytes]] = []
    for line in lines[1:]:
        if line[:1] not in {b" ", b"\t"}:
            fields.append([line])
            continue
        text = line.strip(b" \t")
        if fields:
            fields[-1].append(text)
        else:
            fields.append([b"{" + text])
        if any(_DISGUISED.fullmatch(start.partition(b":")[0]) for start in (line, fields[-1][0])):
            anomalies.add(Anomaly.AMBIGUOUS_FRAMING)
    return [lines[0], *map(b" ".join, fields)], anomalies
