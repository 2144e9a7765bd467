"""`interceptor.capture.cgroups`: paths of every driver and runtime."""

from __future__ import annotations

import pytest

from interceptor.capture.cgroups import owner
from interceptor.core.model import Owner
from tests.support.cgroups import PATHS

UID = "4f0c1d2e-3a4b-4c5d-8e6f-708192a3b4c5"
CONTAINER = "9a1b" * 16


@pytest.mark.parametrize("path", PATHS.values(), ids=PATHS)
@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("seen_from", ["/", "/../../../"])
def test_each_driver_and_runtime(path: object, version: int, seen_from: str) -> None:
    """Of a container in a pod, from the host and from within a cgroup namespace."""
    assert callable(path)
    line = seen_from + path(UID, CONTAINER)
    text = f"0::{line}\n" if version == 2 else f"12:cpu,cpuacct:{line}\n1:name=systemd:{line}\n0::/\n"
    assert owner(text) == Owner(UID, CONTAINER)


@pytest.mark.parametrize(
    ("path", "found"),
    [
        (f"/docker/{CONTAINER}", Owner(None, CONTAINER)),
        (f"/system.slice/docker-{CONTAINER}.scope", Owner(None, CONTAINER)),
        (f"/machine.slice/libpod-{CONTAINER}.scope/container", Owner(None, CONTAINER)),
        (f"/docker/{'1' * 64}/docker/{CONTAINER}", Owner(None, CONTAINER)),
        (f"/kubepods/burstable/pod{UID}", Owner(UID, None)),
        (f"/kubepods/burstable/pod{UID}/{CONTAINER}/docker/{'1' * 64}", Owner(UID, CONTAINER)),
        (f"/kubepods/pod{'ab' * 16}/{CONTAINER}", Owner("ab" * 16, CONTAINER)),  # a static pod
        (
            f"/system.slice/containerd.service/kubepods-burstable-pod{UID.replace('-', '_')}.slice:cri-containerd:{CONTAINER}",
            Owner(UID, CONTAINER),
        ),
        (f"/../cri-containerd-{CONTAINER}.scope", Owner(None, CONTAINER)),
    ],
)
def test_other_paths(path: str, found: Owner) -> None:
    """Containers without a pod, a pod's own group, and what a container makes below its own."""
    assert owner(f"0::{path}\n") == found


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "",
        "/system.slice/nginx.service",
        "/user.slice/user-1000.slice/session-4.scope",
        f"/system.slice/crio-conmon-{CONTAINER}.scope",
        f"/machine.slice/libpod-conmon-{CONTAINER}.scope",
        "/kubepods/burstable",
        "/kubepods/podinfo/abc",
        f"/kubepods/pod{UID}x",
        f"/kubepods/pod{UID.upper()}",
        f"/docker/{CONTAINER}0",
        f"/docker/{CONTAINER[:-1]}",
        "/podman.slice/pod-1234",
    ],
)
def test_whatever_else_is_nobodys(path: str) -> None:
    """Services, sessions, what watches containers, and what only looks like an id."""
    assert owner(f"0::{path}\n") is None


def test_a_hierarchy_that_says_less_says_nothing() -> None:
    """Version 1: a runtime does not use each of them; where one has the pod, that is it, whichever comes first."""
    pod = f"3:memory:/kubepods/pod{UID}/{CONTAINER}"
    container = f"2:cpuset:/docker/{CONTAINER}"
    for lines in ([pod, container, "0::/"], ["0::/", container, pod], [container, "1:name=systemd:/", pod]):
        assert owner("\n".join(lines)) == Owner(UID, CONTAINER)


@pytest.mark.parametrize("text", ["", "\n", "0", "0:", "::", ":" * 9, "\ufffd\x00", "0::" + "/" * 9_000])
def test_no_text_is_an_error(text: str) -> None:
    """A file that was cut, or is of another kernel."""
    assert owner(text) is None
