"""What an operator opens: words, routes and OpenAPI documents, read and made ready for records.

Owns the reading of those files, within bounds, and what is said of a bad one: one line with the place. Refuses to
decide what is shown: `core.records` does.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import yaml

from interceptor.core.records.learning import Learning
from interceptor.core.records.routes import MAX_ROUTES, Routes
from interceptor.core.records.templates import PathTemplates
from interceptor.core.records.words import Words
from interceptor.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from interceptor.config import Metadata

__all__ = ["routes", "templates", "words"]

MAX_DOCUMENT: Final = 16 * 2**20
"""Bytes of a document: the largest that are published have about ten million."""
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
    """The vocabulary with the operator's words.

    Raises:
        UsageError: one that is no word.

    """
    for word in options.words:
        if _WORD.fullmatch(word) is None:
            raise UsageError(
                f"metadata.words: {word[:60]!r}: wanted a word or a name of letters, digits and . _ : $ -"
            )
    return Words(options.words)


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
            found += _paths(path)
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


def _paths(path: Path) -> Iterator[str]:
    """The paths of a document, with what its servers put before them."""
    document = _document(path)
    named = document.get("paths") if isinstance(document, dict) else None
    if not isinstance(named, dict) or not ("openapi" in document or "swagger" in document):
        raise UsageError(
            f"metadata.openapi: {path}: is no OpenAPI document: wanted keys openapi (or swagger) and paths"
        )
    for base in _bases(document):
        for pattern in named:
            if isinstance(pattern, str) and pattern.startswith("/"):
                try:
                    Routes([base + pattern])
                except ValueError as error:
                    raise UsageError(f"metadata.openapi: {path}: wanted {error}") from None
                yield base + pattern


def _document(path: Path) -> Any:
    try:
        with path.open("rb") as opened:
            held = opened.read(MAX_DOCUMENT + 1)
    except OSError as error:
        raise UsageError(f"metadata.openapi: {path}: cannot be read: {error.strerror}") from None
    if len(held) > MAX_DOCUMENT:
        raise UsageError(f"metadata.openapi: {path}: has more than {MAX_DOCUMENT >> 20} MiB")
    try:
        if held.lstrip()[:1] == b"{":
            return json.loads(held)
        return yaml.load(held.decode(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - both are safe
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f":{mark.line + 1}" if mark else ""
        raise UsageError(
            f"metadata.openapi: {path}{where}: is no YAML: {error.problem or error.context}"
        ) from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        said = "it is nested too deeply" if isinstance(error, RecursionError) else str(error).splitlines()[0]
        raise UsageError(f"metadata.openapi: {path}: cannot be understood: {said}") from None


def _bases(document: dict[str, Any]) -> set[str]:
    """The paths of its servers: `/v1`."""
    found = set()
    if isinstance(document.get("basePath"), str):
        found.add(document["basePath"])
    servers = document.get("servers")
    for server in servers if isinstance(servers, list) else []:
        url = server.get("url") if isinstance(server, dict) else None
        if isinstance(url, str):
            try:
                found.add(urlsplit(url).path)
            except ValueError:
                continue
    bases = {base.rstrip("/") for base in found}
    return {base for base in bases if not base or base.startswith("/")} or {""}
