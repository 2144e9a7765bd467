"""What an operator opens and closes: words, routes and OpenAPI documents, made ready for records.

Owns which files those are (`openapi` reads one), and what is said of a bad word or route: one line with the place.
Refuses to decide what is shown: `core.records` does.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from interceptor.core.records.learning import Learning
from interceptor.core.records.routes import MAX_ROUTES, Routes
from interceptor.core.records.templates import PathTemplates
from interceptor.core.records.words import Words
from interceptor.errors import UsageError
from interceptor.service import openapi

if TYPE_CHECKING:
    from pathlib import Path

    from interceptor.config import Metadata

__all__ = ["routes", "templates", "words"]

MAX_DOCUMENTS: Final = 1_000
"""Files of a directory."""
_SUFFIXES: Final = (".json", ".yaml", ".yml")
_WORD: Final = re.compile(r"[A-Za-z0-9._:$-]{1,80}")


def templates(options: Metadata) -> PathTemplates:
    """The rules of paths with all that the operator added.

    Raises:
        UsageError: a word, a route or a document that is none.

    """
    made = routes(options)
    return PathTemplates(words(options), made or None, Learning(options.learn) if options.learn else None)


def words(options: Metadata) -> Words:
    """The vocabulary with the operator's words, and without what he hides.

    Raises:
        UsageError: one that is no word.

    """
    for option, named in (("words", options.words), ("hide", options.hide)):
        for word in named:
            if _WORD.fullmatch(word) is None:
                raise UsageError(
                    f"metadata.{option}: {word[:60]!r}: wanted a word or a name of letters, digits and . _ : $ -"
                )
    return Words(options.words, options.hide)


def routes(options: Metadata) -> Routes:
    """The operator's routes and the paths of his documents.

    Raises:
        UsageError: a route or a document that is none.

    """
    try:
        Routes(options.routes)
    except ValueError as error:
        raise UsageError(f"metadata.routes: wanted {error}") from None
    found = list(options.routes)
    for place in options.openapi:
        for path in _files(place):
            named = openapi.paths(path)
            try:
                Routes(named)
            except ValueError as error:
                raise UsageError(f"metadata.openapi: {path}: wanted {error}") from None
            found += named
            if len(found) > MAX_ROUTES:
                raise UsageError(f"metadata.openapi: {path}: with it there are more than {MAX_ROUTES} paths")
    return Routes(found)


def _files(place: Path) -> list[Path]:
    if not place.is_dir():
        return [place]
    try:
        found = sorted(path for path in place.iterdir() if path.suffix in _SUFFIXES and path.is_file())
    except OSError as error:
        raise UsageError(f"metadata.openapi: {place}: cannot be read: {error.strerror}") from None
    if not found or len(found) > MAX_DOCUMENTS:
        wanted = f"at most {MAX_DOCUMENTS}" if found else "at least one"
        raise UsageError(
            f"metadata.openapi: {place}: has {len(found)} documents ({', '.join(_SUFFIXES)}), wanted {wanted}"
        )
    return found
