"""Control groups: whose a process is, by the path of its cgroup.

Owns the paths that kubelet and container runtimes give: those of its two drivers (`cgroupfs`: `/kubepods/burstable/pod4f0c…/9a1b…`;
`systemd`: `/kubepods.slice/…/kubepods-burstable-pod4f0c_….slice/cri-containerd-9a1b….scope`), of containerd, CRI-O, Docker and Podman, in
version 1 (a line for each hierarchy) and 2 (one line). Refuses to read files, and to guess: a uid is a UUID, or the 32 digits of a static
pod; a container's id has 64 digits; anything else is nobody's.

A cluster in containers (kind) has paths in paths: the innermost pod is meant. What a container makes below its own cgroup (systemd,
Docker in it) is still the container's. Seen from a cgroup namespace a path begins with `/..`: it is read from its end.
"""

from __future__ import annotations

import re
from typing import Final

from interceptor.core.model import Owner

__all__ = ["owner"]

_POD: Final = re.compile(
    r"(?:^|-)pod([0-9a-f]{8}[-_][0-9a-f]{4}[-_][0-9a-f]{4}[-_][0-9a-f]{4}[-_][0-9a-f]{12}|[0-9a-f]{32})(?:\.slice)?$"
)
"""systemd has a meaning of its own for `-`, so kubelet writes `_` there."""
_CONTAINER: Final = re.compile(r"(?:^|-)([0-9a-f]{64})(?:\.scope)?$")
"""Behind the name of a runtime, or alone."""
_MONITOR: Final = "conmon"
"""CRI-O's and Podman's process beside a container, which has the container's id in its cgroup and is not in it."""


def owner(text: str) -> Owner | None:
    """Whose a process is with this `/proc/PID/cgroup` (cgroups(7)); None where that is no pod and no container."""
    found: Owner | None = None
    for line in text.splitlines():
        _, _, path = line.partition(":")[2].partition(":")
        one = _of(path)
        if one is not None and (found is None or (one.pod_uid and not found.pod_uid)):
            found = one  # a hierarchy of version 1 that the runtime does not use says nothing, or less
    return found


def _of(path: str) -> Owner | None:
    # containerd under systemd, configured for cgroupfs: `/system.slice/containerd.service/kubepods-pod….slice:cri-containerd:9a1b…`
    pieces = path.replace(":", "/").split("/")
    pods = [(place, match[1]) for place, piece in enumerate(pieces) if (match := _POD.search(piece))]
    containers = [
        (place, match[1])
        for place, piece in enumerate(pieces)
        if (match := _CONTAINER.search(piece)) and _MONITOR not in piece
    ]
    if not pods:
        return Owner(None, containers[-1][1]) if containers else None
    place, uid = pods[-1]
    uid = uid.replace("_", "-")
    return Owner(uid, next((one for where, one in containers if where > place), None))
