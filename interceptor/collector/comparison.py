"""What an API's OpenAPI document says against what was seen: endpoints that it has not, operations that nobody calls.

Owns what a document describes, as far as method and path go, and when an endpoint is one of its operations. Pure: refuses
to follow references, to judge parameters or schemas, and to keep the document. Sources: OpenAPI Specification 2.0, 3.0
and 3.1, RFC 9110.

A variable of the document stands for any segment. An agent shows a segment as a variable where it is none of the words
that it knows, so that one may be any word of the document: such an endpoint is not called undocumented, nor what it may be
unused. Both are told as unsure. Paths are looked for below the paths of the document's servers, and bare, which is how
what is behind a gateway is called. A slash at the end is no difference; HEAD is described with GET, OPTIONS with
anything (RFC 9110 sections 9.3.2 and 9.3.7).
"""

from __future__ import annotations

import re
from collections import defaultdict
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from interceptor.collector.answers import OTHER, Comparison, Operation

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from interceptor.collector.answers import Known

__all__ = ["MAX_OPERATIONS", "compare"]

MAX_OPERATIONS: Final = 2_000
"""Of a document; the largest public ones have about a thousand. With 5,000 endpoints that is some seconds at the worst."""
_MAX_SERVERS: Final = 8
_METHODS: Final = ("GET", "PUT", "POST", "DELETE", "OPTIONS", "HEAD", "PATCH", "TRACE", "QUERY")
_VARIABLE: Final = re.compile(r"\{[^{}/]*\}")
_ANY: Final = "{}"

_Path = tuple[str, ...]
"""Segments; a variable is `{}`, whatever its name."""


def compare(document: object, seen: Iterable[Known]) -> Comparison:
    """A decoded OpenAPI document, and endpoints.

    Raises:
        ValueError: it is no such document, or too large; says why.

    """
    operations = list(_operations(document))
    if len(operations) > MAX_OPERATIONS:
        raise ValueError(f"The document has more than {MAX_OPERATIONS:,} operations.")
    places: defaultdict[tuple[str, int], list[tuple[_Path, int]]] = defaultdict(list)
    for number, (operation, prefixes) in enumerate(operations):
        for path in dict.fromkeys(_segments(prefix + operation.path) for prefix in prefixes):
            for method in _methods(operation.method):
                places[method, len(path)].append((path, number))
    called: set[int] = set()
    possible: set[int] = set()
    undocumented: list[Known] = []
    unsure: list[Known] = []
    documented = left_out = 0
    for one in seen:
        if OTHER in (one.service, one.template) or not one.template.startswith("/"):
            left_out += 1
            continue
        path = _segments(one.template)
        fitting = [
            (*how, number)
            for described, number in places.get((one.method, len(path)), ())
            if (how := _fits(described, path)) is not None
        ]
        if not fitting:
            undocumented.append(one)
        elif (best := min(fitting))[0]:
            unsure.append(one)
            possible.update(number for *_, number in fitting)
        else:
            documented += 1
            called.add(best[2])
    return Comparison(
        operations=len(operations),
        documented=documented,
        undocumented=undocumented,
        unused=[one for number, (one, _) in enumerate(operations) if number not in called | possible],
        unsure=unsure,
        left_out=left_out,
    )


def _operations(document: object) -> Iterator[tuple[Operation, list[str]]]:
    """What a document describes, and below which paths."""
    if not isinstance(document, dict) or document.keys().isdisjoint({"openapi", "swagger"}):
        raise ValueError("That is no OpenAPI document: it has no openapi, and no swagger.")
    for name in ("openapi", "swagger"):
        if not _is_version(document.get(name, "")):
            raise ValueError(f"That is no OpenAPI document: its {name} is no version.")
    paths = document.get("paths")
    if paths is None or not isinstance(paths, dict):
        raise ValueError("The document has no paths.")
    bases = [document.get("basePath")] + [
        server.get("url") for server in _listed(document.get("servers")) if isinstance(server, dict)
    ]
    prefixes = list(dict.fromkeys(["", *map(_prefix, bases[: _MAX_SERVERS + 1])]))
    for path, item in paths.items():
        if path.startswith("/") and isinstance(item, dict):
            for method in _METHODS:
                if method.lower() in item:
                    yield Operation(method, path), prefixes


def _is_version(value: object) -> bool:
    """Text, or a number: converters of YAML write 2.0 so."""
    return isinstance(value, (str, int, float)) and not isinstance(value, bool)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _prefix(url: Any) -> str:
    """The path of a server's URL, which may be relative and have variables."""
    try:
        return urlsplit(url).path.rstrip("/") if isinstance(url, str) else ""
    except ValueError:
        return ""


def _methods(method: str) -> tuple[str, ...]:
    """Those of requests that a description is of."""
    return {"GET": ("GET", "HEAD", "OPTIONS"), "OPTIONS": ("OPTIONS",)}.get(method, (method, "OPTIONS"))


def _segments(path: str) -> _Path:
    return tuple(_VARIABLE.sub(_ANY, path).rstrip("/").split("/"))


def _fits(described: _Path, seen: _Path) -> tuple[int, int] | None:
    """How badly a path is what is described: segments that were not shown and may be words, variables that stand for words.

    None: it is not.
    """
    hidden = free = 0
    for one, other in zip(described, seen, strict=True):
        if one == other:
            continue
        if (pattern := _pattern(one)) is not None and pattern.fullmatch(other):
            free += 1
        elif (pattern := _pattern(other)) is not None and pattern.fullmatch(one):
            hidden += 1
        else:
            return None
    return hidden, free


@lru_cache(4_096)
def _pattern(segment: str) -> re.Pattern[str] | None:
    """What a segment with a variable in it stands for; with several, for anything: more could take long to look for."""
    parts = segment.split(_ANY)
    if len(parts) == 1:
        return None
    return re.compile(".+" if len(parts) > 2 else f"{re.escape(parts[0])}.+{re.escape(parts[1])}", re.DOTALL)
