"""What the control groups of this process say: files of its own group and of those above it, in both versions.

Owns where they are. Refuses to know what they mean (`memory`, `cores`).

In a container the groups above are out of sight, and its own files stand at the root of the mounted hierarchy.
"""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import Final

__all__ = ["MEMBERSHIP", "MOUNTED", "read"]

MOUNTED: Final = Path("/sys/fs/cgroup")
MEMBERSHIP: Final = Path("/proc/self/cgroup")


def read(
    controller: str, file: str, former: str, mounted: Path = MOUNTED, membership: Path = MEMBERSHIP
) -> list[str]:
    """The texts of a controller's `file`, from our group upwards, as far as they are in sight; `former`: its name in version 1."""
    try:
        lines = membership.read_text().splitlines()
    except OSError:
        return []
    found: list[str] = []
    for line in lines:
        # cgroups(7): `hierarchy-ID:controller-list:cgroup-path`; version 2 has the ID 0 and no controllers
        number, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if number == "0" and not controllers:
            found += _upwards(mounted, path, file)
        elif controller in controllers.split(","):
            found += _upwards(mounted / controller, path, former)
    return found


def _upwards(mounted: Path, path: str, name: str) -> list[str]:
    found = []
    place = PurePosixPath("/") / path
    for one in (place, *place.parents):
        if ".." in one.parts:
            continue  # outside of our cgroup namespace
        try:
            found.append((mounted / str(one).lstrip("/") / name).read_text().strip())
        except OSError:
            continue
    return found
