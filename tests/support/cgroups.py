"""Control groups of the kernel's, with the paths that kubelet and container runtimes make.

Owns the paths of each driver and runtime, a tree of version 1 and one of version 2, and what it makes in them: all of it goes with
the block. Refuses to start processes. Needs root, and a kernel that gives either tree.
"""

from __future__ import annotations

import itertools
import os
import subprocess
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["PATHS", "Tree", "tree", "unavailable"]


def _systemd(uid: str, runtime: str, container: str) -> str:
    name = f"kubepods-burstable-pod{uid.replace('-', '_')}.slice"
    return f"kubepods.slice/kubepods-burstable.slice/{name}/{runtime}-{container}.scope"


PATHS: dict[str, Callable[[str, str], str]] = {
    "cgroupfs, any runtime": lambda uid, container: f"kubepods/burstable/pod{uid}/{container}",
    "cgroupfs, guaranteed": lambda uid, container: f"kubepods/pod{uid}/{container}",
    "cgroupfs, CRI-O": lambda uid, container: f"kubepods/besteffort/pod{uid}/crio-{container}",
    "systemd, containerd": lambda uid, container: _systemd(uid, "cri-containerd", container),
    "systemd, CRI-O": lambda uid, container: _systemd(uid, "crio", container) + "/container",
    "systemd, Docker": lambda uid, container: _systemd(uid, "docker", container),
    "systemd, and systemd in the container": lambda uid, container: (
        _systemd(uid, "cri-containerd", container) + "/system.slice/nginx.service"
    ),
    "a node that is a container": lambda uid, container: (
        f"system.slice/docker-{'0' * 64}.scope/kubelet.slice/kubelet-kubepods.slice/"
        f"kubelet-kubepods-pod{uid.replace('-', '_')}.slice/cri-containerd-{container}.scope"
    ),
}
"""Of a container of a pod, below the root of a tree, by driver and runtime."""


_numbers = itertools.count()


class Tree:
    """A hierarchy, mounted. The kernel has one of each kind, whoever mounts it: ours is below a group of a name of its own."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._name = f"test-{os.getpid()}-{next(_numbers)}"
        self._made: list[Path] = []

    def put(self, pid: int, path: str) -> None:
        """Move a process into a group, which is made."""
        place = self._root
        for piece in (self._name, *path.split("/")):
            place = place / piece
            if not place.exists():
                place.mkdir()
                self._made.append(place)
        (place / "cgroup.procs").write_text(str(pid))

    def remove(self) -> None:
        """Remove what was made; what is still in it goes back to the root."""
        for place in reversed(self._made):
            for pid in (place / "cgroup.procs").read_text().split():
                with suppress(ProcessLookupError):
                    (self._root / "cgroup.procs").write_text(pid)
            place.rmdir()
        self._made.clear()


@contextmanager
def tree(version: int) -> Iterator[Tree]:
    """A hierarchy of this version; OSError where the kernel gives none."""
    options = ["cgroup2", "none"] if version == 2 else ["cgroup", "-o", "none,name=systemd", "none"]
    with tempfile.TemporaryDirectory(prefix="cgroup-") as folder:
        done = subprocess.run(["mount", "-t", *options, folder], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise OSError(f"no control groups of version {version}: {done.stderr.strip()}")
        made = Tree(Path(folder))
        try:
            yield made
        finally:
            try:
                made.remove()
            finally:
                subprocess.run(["umount", folder], check=True)


def unavailable(version: int) -> str | None:
    """Why there is no hierarchy of this version here, or None."""
    if os.geteuid() != 0:
        return "control groups need root"
    try:
        with tree(version):
            return None
    except OSError as error:
        return str(error)
