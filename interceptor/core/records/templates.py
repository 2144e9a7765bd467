"""What a path looks like with everything that may be a value replaced.

Owns what stands where: segments, their position, file extensions, matrix parameters, and the bounded memory of the
templates that each server showed. What a single name says is `words`' to decide. With the shipped rules the same path
has the same template on every run and on every host; only two things depend on what was seen: learning, which an
operator asks for, and the bounds.

**Position.** What follows a collection (`users`, `tags`, `reset`, `search`, …) is one of many or what somebody typed:
a value, but for a short list (`me`, `new`, `export`, …).

**Files.** The stem of a file's name is a value unless it is known as a whole (`index.html`): `/f/{word}.pdf`.

**Cardinality by node.** The templates of a server are a tree. A node with `MAX_CHILDREN` different names shows new ones
as `{word}`; its siblings and the rest of the server stay. What was not seen again while `SWEEP_AFTER` names were
folded is forgotten, and makes room for what is new.

Invariants, for any text: templates consist of ASCII letters, digits and `/ - _ . : $ { } * ; =` (JSON needs no
escapes for them); they are at most `MAX_LENGTH` long; the template of a template is itself; no rule takes more
than linear time.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from interceptor.core.records.vocabulary import COLLECTIONS
from interceptor.core.records.words import EXTENSIONS, MAX_SEGMENT, PLACEHOLDER, VALUE, WORD, Words

if TYPE_CHECKING:
    from interceptor.core.records.learning import Learning
    from interceptor.core.records.routes import Routes

__all__ = ["COLLAPSED", "MAX_LENGTH", "VALUE", "PathTemplates"]

COLLAPSED: Final = "/{*}"
"""The rest of a path, or a path beyond a limit."""

MAX_LENGTH: Final = 256
"""Characters of a template; segments beyond it become one `{*}`."""
MAX_SEGMENTS: Final = 32
"""Segments of a template, the last one `{*}` if there were more: deeper than any API's path."""
MAX_PARAMETERS: Final = 4
"""Matrix parameters of a segment that are looked at; with more the segment is a value."""
MAX_CHILDREN: Final = 50
"""Names of a node of a server's tree: no API that people read has more in one place."""
MAX_SERVER_NODES: Final = 4_000
"""Nodes of a server's tree."""
MAX_NODES: Final = 50_000
"""Nodes of all servers together: at most about 25 MiB, typically 5."""
SWEEP_AFTER: Final = 1_000
"""Names folded by a server until it forgets what it has not seen since the last time."""
CACHED_SEGMENTS: Final = 8_192
CACHED_PATHS: Final = 4_096
"""Of at most `MAX_LENGTH` characters: some 2 MiB."""
CACHED_LENGTH: Final = 80
"""Longer segments are judged each time, so that the cache holds at most about 3 MiB."""

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


def _collects(shown: str) -> bool:
    """Whether what follows is one of many, or what somebody typed. Parameters of a segment do not change that."""
    return (shown.partition(";")[0] if ";" in shown else shown).lower() in COLLECTIONS


class _Segments(dict[str, str]):
    """Segments and their templates, as seen; emptied when full, since what is frequent comes back at once."""

    def __init__(self, words: Words, *, behind: bool) -> None:
        super().__init__()
        self._words = words
        self._behind = behind
        """These segments stand behind a collection."""

    def __missing__(self, text: str) -> str:
        template = self._segment(text)
        if len(text) <= CACHED_LENGTH:
            if len(self) >= CACHED_SEGMENTS:
                self.clear()
            self[text] = template
        return template

    def _name(self, text: str) -> str:
        """The template of a segment without parameters: a file extension outlives its stem."""
        if self._behind and not self._words.stays_after(text):
            template = self._words.closed(text)
        else:
            template = self._words.shape(text)
        if (template != text and template not in {WORD, VALUE, "{token}"}) or len(text) > MAX_SEGMENT:
            return template
        # A form of the whole comes first (an address has dots too), then one of the stem.
        stem, dot, extension = text.rpartition(".")
        if stem and dot and extension.lower() in EXTENSIONS and text.lower() not in self._words.names:
            return f"{self._words.closed(stem)}.{extension}"
        return template

    def _segment(self, text: str) -> str:
        """The template of what stands between two slashes."""
        if ";" not in text:
            return self._name(text)
        # RFC 3986 section 3.3 leaves parameters of a segment to the application; `;name=value` is the usual form.
        # Their values are treated like a query's: even a word is replaced, and so is one that has no name.
        name, *parameters = text.split(";", MAX_PARAMETERS + 1)
        if len(parameters) > MAX_PARAMETERS:
            return VALUE
        parts = [self._name(name)]
        for parameter in parameters:
            key, equals, value = parameter.partition("=")
            if equals:
                template = self._words.closed(value)
                parts.append(f"{self._words.shape(key)}={template if template != WORD and value else VALUE}")
            else:
                parts.append(self._words.closed(key) if key else "")
        return ";".join(parts)


class _Node:
    """A name of a server's paths, and what comes behind it."""

    __slots__ = ("children", "used")

    def __init__(self, used: int) -> None:
        self.children: dict[str, _Node] = {}
        self.used = used
        """The generation in which it was seen last."""


class _Server:
    """The tree of one server."""

    __slots__ = ("count", "folded", "generation", "known", "root")

    def __init__(self) -> None:
        self.root = _Node(0)
        self.count = 0
        self.folded = 0
        """Since the last sweep."""
        self.generation = 0
        self.known: set[str] = set()
        """Templates of this generation: they need no walk."""

    def sweep(self) -> None:
        """Forget what this generation did not see, and begin the next one."""
        self.count = 0
        waiting = [self.root]
        while waiting:
            node = waiting.pop()
            node.children = {
                name: child for name, child in node.children.items() if child.used == self.generation
            }
            self.count += len(node.children)
            waiting += node.children.values()
        self.generation += 1
        self.folded = 0
        self.known.clear()


_NOTHING: Final[frozenset[str]] = frozenset()


class PathTemplates:
    """Templates of paths, in bounded number.

    Beyond `max_servers` servers, or `MAX_NODES` nodes in all, the server that has been known longest is
    forgotten and starts anew if it is seen again: names made up by a client cannot blind us to the real ones.
    The outcome depends on the paths and their order only.

    Args:
        words: the vocabulary, with what an operator added.
        routes: what an operator said of paths.
        learning: opens words that several clients use, if asked for.
        max_children: names of one node.
        max_servers: servers whose trees are kept.

    """

    def __init__(
        self,
        words: Words | None = None,
        routes: Routes | None = None,
        learning: Learning | None = None,
        max_children: int = MAX_CHILDREN,
        max_servers: int = 1_000,
    ) -> None:
        self.words = words or Words()
        self._routes = routes
        self._learning = learning
        self._max_children = max_children
        self._max_servers = max_servers
        self._servers: dict[str, _Server] = {}
        self._known: dict[str, set[str]] = {}
        self._count = 0
        self.folded = 0
        """Names shown as `{word}`, or paths cut short, because their node or server had too many."""
        self._general: dict[str, str] = {}
        """Templates by path with its identifiers replaced; empty where they depend on more than the path."""
        self._plain = _Segments(self.words, behind=False).__getitem__
        self._behind = _Segments(self.words, behind=True).__getitem__

    def template(self, server: str, path: str, client: str = "") -> str:
        """The template of a path of a server, within the limits."""
        # Nearly every path is one that the server showed before, but for its identifiers. The template of a
        # template is itself, so what is known as one needs no rules.
        known = self._known.get(server, _NOTHING)
        if path in known:
            return path
        sent = path
        for replace, placeholder in _IDENTIFIERS:
            path = replace(placeholder, path)
            if path in known:
                return path
        template = self._general.get(path)
        if template is None:
            template = self.generalise(sent, server, client)
            if self._routes is None and self._learning is None and len(path) <= MAX_LENGTH:
                if len(self._general) >= CACHED_PATHS:
                    self._general.clear()
                self._general[path] = template
        return self.admit(server, template)

    def generalise(self, path: str, server: str = "", client: str = "") -> str:
        """The template of a path by the rules alone."""
        segments = path.split("/", MAX_SEGMENTS + 1)
        if len(segments) > MAX_SEGMENTS + 1:  # a leading slash makes an empty one
            segments[MAX_SEGMENTS:] = ["{*}"]
        named = self._routes.match(server, segments) if self._routes is not None else None
        parts: list[str] = []
        behind = False
        for number, text in enumerate(segments):
            if named is not None:
                part = text if number in named else self._behind(text)
            else:
                part = self._behind(text) if behind else self._plain(text)
                learning = self._learning if part == WORD and text != WORD and not behind else None
                if learning is not None and not self.words.hides(text):
                    part = learning.word(server, "/".join(parts), text, client) or part
            parts.append(part)
            if text:
                behind = _collects(part)
        template = "/".join(parts)
        if len(template) <= MAX_LENGTH:
            return template
        room = MAX_LENGTH - len(COLLAPSED)
        kept = 0
        for part in parts:
            room -= len(part) + 1
            if room < -1:  # the first one has no slash before it
                break
            kept += 1
        return "/".join([*parts[:kept], "{*}"])

    def routed(self, server: str, path: str) -> bool:
        """Whether the operator named this path of the server."""
        return self._routes is not None and self._routes.match(server, path.split("/")) is not None

    def explain(self, path: str, server: str = "") -> list[tuple[str, str, str]]:
        """(what stands before, in shape; segment; rule) of each segment of a path that is not shown by the rules.

        Rules: `form` (an identifier, a date, …), `collection` (of what stands before it), `unknown` (not all of its
        words are known, or they are too many). What learning and bounds do is not told.
        """
        segments = path.split("/")[: MAX_SEGMENTS + 1]
        named = self._routes.match(server, segments) if self._routes is not None else None
        told = []
        parts: list[str] = []
        for number, text in enumerate(segments):
            collection = _collects(next((part for part in reversed(parts) if part), ""))
            part = text
            if named is None or number not in named:
                part = self._behind(text) if collection or named is not None else self._plain(text)
            if part != text:
                worded = WORD in part or part in {VALUE, "{token}"}
                rule = ("collection" if self._plain(text) == text else "unknown") if worded else "form"
                told.append(("/".join(parts) + "/", text, rule))
            parts.append(part)
        return told

    def admit(self, server: str, template: str) -> str:
        """The template as the server's tree has room for it: names beyond a node's limit are `{word}`."""
        tree = self._servers.get(server)
        if tree is None:
            while self._count >= MAX_NODES or len(self._servers) >= self._max_servers:
                oldest = next(iter(self._servers))
                self._count -= self._servers.pop(oldest).count
                del self._known[oldest]
            tree = self._servers[server] = _Server()
            self._known[server] = tree.known
        elif template in tree.known:
            return template
        before = tree.count
        shown = self._place(tree, template)
        self._count += tree.count - before
        while self._count > MAX_NODES and len(self._servers) > 1:
            oldest = next(name for name in self._servers if name != server)
            self._count -= self._servers.pop(oldest).count
            del self._known[oldest]
        return shown

    def _place(self, tree: _Server, template: str) -> str:
        node = tree.root
        names = template.split("/")
        for at, name in enumerate(names):
            child = node.children.get(name)
            if child is None:
                fixed = not name or PLACEHOLDER.fullmatch(name) is not None
                full = tree.count >= MAX_SERVER_NODES
                if full or (len(node.children) >= self._max_children and not fixed):
                    self.folded += 1
                    tree.folded += 1
                    if tree.folded >= SWEEP_AFTER:
                        tree.sweep()
                        return self._place(tree, template)
                    names[at] = name if fixed else WORD
                    child = node.children.get(names[at])
                    if child is None and full:
                        return "/".join([*names[:at], "{*}"])
                if child is None:
                    child = node.children[names[at]] = _Node(tree.generation)
                    tree.count += 1
            child.used = tree.generation
            node = child
        template = "/".join(names)
        tree.known.add(template)
        return template
