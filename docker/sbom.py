"""A software bill of materials of an image, CycloneDX 1.5 in JSON, on standard output.

Runs while an image is built, in it or beside it, with nothing but the standard library. Lists Debian packages
(those named, or all that dpkg knows), Python distributions (of a virtual environment) and sources that were
compiled. The same inputs give the same bytes: sorted, the time is an argument, and the serial number is a hash.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import sys
import uuid
from datetime import UTC, datetime
from importlib import metadata
from urllib.parse import quote

_DISTRIBUTION = "bookworm"


def _debian(names: list[str]) -> list[dict[str, str]]:
    form = "${db:Status-Abbrev}\t${binary:Package}\t${Version}\t${Architecture}\n"
    listed = subprocess.run(  # noqa: S603 - names from the Dockerfile
        ["/usr/bin/dpkg-query", "--show", f"--showformat={form}", *names],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    found = []
    for line in listed.splitlines():
        status, package, version, architecture = line.split("\t")
        if status.startswith("ii"):
            name = package.partition(":")[0]
            purl = f"pkg:deb/debian/{quote(name)}@{quote(version)}?arch={architecture}&distro={_DISTRIBUTION}"
            found.append({"type": "library", "name": name, "version": version, "purl": purl})
    return found


def _python(folder: str) -> list[dict[str, str]]:
    found = []
    for distribution in metadata.distributions(path=[folder]):
        name = distribution.metadata["Name"]
        normal = name.lower().replace("_", "-").replace(".", "-")
        purl = f"pkg:pypi/{normal}@{quote(distribution.version)}"
        found.append({"type": "library", "name": name, "version": distribution.version, "purl": purl})
    return found


def _source(text: str) -> dict[str, str]:
    name, _, version = text.partition("=")
    purl = f"pkg:deb/debian/{quote(name)}@{quote(version)}?arch=source&distro={_DISTRIBUTION}"
    return {"type": "library", "name": name, "version": version, "purl": purl}


def main() -> None:
    """Write the bill."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--name", required=True)
    parser.add_argument("--version", required=True)
    parser.add_argument("--time", type=int, required=True, help="seconds since 1970: SOURCE_DATE_EPOCH")
    parser.add_argument(
        "--source", action="append", default=[], help="NAME=VERSION of a compiled source package"
    )
    parser.add_argument("--python", action="append", default=[], help="a site-packages folder")
    parser.add_argument("--debian", nargs="*", help="packages; without names all that are installed")
    arguments = parser.parse_args()
    components = [_source(text) for text in arguments.source]
    for folder in arguments.python:
        components += _python(folder)
    if arguments.debian is not None:
        components += _debian(arguments.debian)
    for component in components:
        component["bom-ref"] = component["purl"]
    components.sort(key=lambda component: component["purl"])
    told = json.dumps([arguments.name, arguments.version, components], sort_keys=True).encode()
    bill = {
        "$schema": "http://cyclonedx.org/schema/bom-1.5.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "serialNumber": uuid.UUID(hex=hashlib.sha256(told).hexdigest()[:32], version=4).urn,
        "version": 1,
        "metadata": {
            "timestamp": datetime.fromtimestamp(arguments.time, UTC).isoformat().replace("+00:00", "Z"),
            "component": {
                "type": "container",
                "bom-ref": arguments.name,
                "name": arguments.name,
                "version": arguments.version,
            },
        },
        "components": components,
    }
    json.dump(bill, sys.stdout, indent=1)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
