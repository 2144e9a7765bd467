"""OpenAPI documents: which paths they name.

Owns the reading of one document, version 2 or 3, JSON or YAML, within bounds. Only what is asked for is ever built: the
keys of `paths` and the servers' URLs. The rest is passed over as it is parsed, so neither aliases that stand for
millions of nodes nor deep nesting cost memory. Refuses to resolve references and aliases: a path is written where paths
are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import urlsplit

import msgspec
import yaml

from interceptor.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["paths"]

MAX_BYTES: Final = 16 * 2**20
"""Of a document: the largest that are published have about ten million."""
MAX_DEPTH: Final = 100
"""Of YAML's nodes: the deepest schemas that are published have about thirty levels. JSON's depth is bounded by the
interpreter's own."""
MAX_NODES: Final = 2_000_000
"""Of YAML: some ten seconds."""


_ABSENT: Final = msgspec.Raw()


class _Server(msgspec.Struct):
    url: msgspec.Raw = _ABSENT


class _Document(msgspec.Struct, rename={"base_path": "basePath"}):
    """What of a document is looked at."""

    openapi: msgspec.Raw = _ABSENT
    swagger: msgspec.Raw = _ABSENT
    base_path: msgspec.Raw = _ABSENT
    servers: list[_Server] = []
    paths: dict[str, msgspec.Raw] | None = None


class _Outline(NamedTuple):
    """What both spellings say."""

    is_openapi: bool
    urls: list[str]
    """Of servers."""
    paths: list[str] | None


def paths(place: Path) -> list[str]:
    """The paths that a document names, with what its servers put before them.

    Raises:
        UsageError: it cannot be read, is too large, or is no OpenAPI document; one line.

    """
    try:
        with place.open("rb") as opened:
            held = opened.read(MAX_BYTES + 1)
    except OSError as error:
        raise UsageError(f"metadata.openapi: {place}: cannot be read: {error.strerror}") from None
    if len(held) > MAX_BYTES:
        raise UsageError(f"metadata.openapi: {place}: has more than {MAX_BYTES >> 20} MiB")
    try:
        document = _json(held) if held.lstrip()[:1] == b"{" else _yaml(held.decode())
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f":{mark.line + 1}" if mark else ""
        raise UsageError(
            f"metadata.openapi: {place}{where}: is no YAML: {error.problem or error.context}"
        ) from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        said = "it is nested too deeply" if isinstance(error, RecursionError) else str(error).splitlines()[0]
        raise UsageError(f"metadata.openapi: {place}: cannot be understood: {said}") from None
    if document.paths is None or not document.is_openapi:
        raise UsageError(
            f"metadata.openapi: {place}: is no OpenAPI document: wanted keys openapi (or swagger) and paths"
        )
    return [base + name for base in _bases(document.urls) for name in document.paths if name.startswith("/")]


def _json(held: bytes) -> _Outline:
    document = msgspec.json.decode(held, type=_Document)
    said = [document.base_path, *[server.url for server in document.servers]]
    return _Outline(
        is_openapi=bool(bytes(document.openapi) or bytes(document.swagger)),
        urls=[msgspec.json.decode(raw, type=str) for raw in said if bytes(raw)[:1] == b'"'],
        paths=None if document.paths is None else list(document.paths),
    )


class _Level:
    """A mapping or a sequence that is open."""

    __slots__ = ("awaits_key", "is_mapping", "key")

    def __init__(self, *, is_mapping: bool) -> None:
        self.is_mapping = is_mapping
        self.awaits_key = is_mapping
        self.key: str | None = None
        """Of the value that is awaited, or comes now; None for one that is no text."""


def _yaml(text: str) -> _Outline:
    is_openapi = False
    urls: list[str] = []
    found: list[str] | None = None
    levels: list[_Level] = []
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    for number, event in enumerate(yaml.parse(text, Loader=loader)):
        if number > MAX_NODES:
            raise ValueError(f"it has more than {MAX_NODES} nodes")
        if isinstance(event, yaml.DocumentEndEvent):
            break
        if isinstance(event, yaml.CollectionEndEvent):
            levels.pop()
        if not isinstance(event, yaml.NodeEvent):
            continue
        value = event.value if isinstance(event, yaml.ScalarEvent) else None
        level = levels[-1] if levels else None
        within = levels[0].key if levels else None
        if level is not None and level.awaits_key:
            level.awaits_key = False
            level.key = value
            if found is not None and within == "paths" and len(levels) == 2 and value is not None:
                found.append(value)
        elif level is not None:
            level.awaits_key = level.is_mapping
            if len(levels) == 1 and within in {"openapi", "swagger"}:
                is_openapi = True
            elif len(levels) == 1 and within == "paths" and isinstance(event, yaml.MappingStartEvent):
                found = []
            elif value is not None and (
                (len(levels) == 1 and within == "basePath")
                or (len(levels) == 3 and within == "servers" and level.key == "url")
            ):
                urls.append(value)
        if isinstance(event, yaml.CollectionStartEvent):
            if len(levels) >= MAX_DEPTH:
                raise RecursionError
            levels.append(_Level(is_mapping=isinstance(event, yaml.MappingStartEvent)))
    return _Outline(is_openapi, urls, found)


def _bases(urls: list[str]) -> list[str]:
    """The paths of its servers: `/v1`."""
    found = set()
    for url in urls:
        try:
            found.add(urlsplit(url).path.rstrip("/"))
        except ValueError:
            continue
    return sorted(base for base in found if not base or base.startswith("/")) or [""]
