"""Real containers: podman, the images of this project, and the networks they run in.

Owns how podman is called, so that tests and an operator's own containers never meet: storage and configuration are in
.cache/containers. Images are built from the Dockerfiles that are shipped; the base image is made of Debian's packages.
Every container is removed at the end, by its own name.
"""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tests.support.netns import Namespace

__all__ = [
    "INTERCEPTOR",
    "PROMETHEUS",
    "RPCAPD",
    "build",
    "build_all",
    "container",
    "environment",
    "podman",
    "prometheus_image",
]

ROOT = Path(__file__).parents[2]
CACHE = ROOT / ".cache" / "containers"
INTERCEPTOR, RPCAPD = "localhost/interceptor:test", "localhost/rpcapd:test"
PROMETHEUS = "docker.io/prom/prometheus:v2.53.5"
EPOCH = "1700000000"
"""SOURCE_DATE_EPOCH of the builds here: any, but the same."""

_SECONDS = 600


def environment() -> dict[str, str]:
    """What podman needs in its environment; prepares it the first time. Raises OSError where it cannot be had."""
    done = subprocess.run(
        [ROOT / "tests/support/containers.sh"], capture_output=True, text=True, timeout=_SECONDS, check=False
    )
    if done.returncode != 0:
        raise OSError((done.stderr.strip().splitlines() or ["containers.sh failed"])[-1])
    return dict(line.split("=", 1) for line in done.stdout.splitlines())


def podman(
    *words: str,
    check: bool = True,
    given: str | None = None,
    seconds: float = _SECONDS,
    network: Namespace | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run podman; with another network namespace as "the host's network" of containers, where one is given.

    Only the network is another one: with a mount namespace of its own, as `ip netns exec` makes, podman's mounts
    would not be seen from here.
    """
    entered = ["nsenter", f"--net=/run/netns/{network.name}"] if network else []
    settings = {
        "CONTAINERS_CONF": str(CACHE / "containers.conf"),
        "CONTAINERS_STORAGE_CONF": str(CACHE / "storage.conf"),
    }
    done = subprocess.run(
        [*entered, "podman", *words],
        env=os.environ | settings,
        input=given,
        stdin=subprocess.DEVNULL if given is None else None,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    if check and done.returncode != 0:
        raise OSError(f"podman {' '.join(words)}: status {done.returncode}: {done.stderr.strip()[-2000:]}")
    return done


def build(which: str, tag: str, *options: str) -> None:
    """Build docker/`which`/Dockerfile."""
    with (CACHE / f"build-{which}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        podman(
            *("build", "--quiet", "--pull=never", "--network=host", "--format=docker"),
            *("--build-arg", f"SOURCE_DATE_EPOCH={EPOCH}", *_authorities()),
            *("--tag", tag, "--file", f"docker/{which}/Dockerfile", *options, str(ROOT)),
        )


def build_all(tags: Mapping[str, str], *options: str) -> None:
    """Build several at once: tags by which."""
    with ThreadPoolExecutor(len(tags)) as pool:
        for building in [pool.submit(build, which, tag, *options) for which, tag in tags.items()]:
            building.result()


def _authorities() -> Sequence[str]:
    """The machine's certificate authorities for pip inside, where the package mirror needs them."""
    bundle = Path("/etc/ssl/certs/ca-certificates.crt")
    if not os.environ.get("PIP_CERT") or not bundle.exists():
        return ()
    settings = CACHE / "pip.conf"
    text = "[global]\ncert = /run/authorities.crt\n"
    if not settings.exists() or settings.read_text() != text:  # another build may be reading it
        settings.write_text(text)
    return ("--volume", f"{bundle}:/run/authorities.crt:ro", "--volume", f"{settings}:/etc/pip.conf:ro")


def prometheus_image() -> None:
    """A stand-in for the published image, of Debian's build of the same series."""
    if podman("image", "exists", PROMETHEUS, check=False).returncode == 0:
        return
    subprocess.run([ROOT / "tests/support/prometheus.sh"], check=True, capture_output=True, timeout=_SECONDS)
    unpacked = ROOT / ".cache" / "prometheus" / "root"
    archive = CACHE / "prometheus.tar"
    subprocess.run(["tar", "-C", unpacked, "-cf", archive, "."], check=True)
    podman(
        *("import", "--quiet", "--change", 'ENTRYPOINT ["/bin/prometheus"]', "--change", "USER 65534"),
        *("--change", "EXPOSE 9090", str(archive), PROMETHEUS),
    )
    archive.unlink()


def inspect(name: str) -> Any:
    """What podman knows of a container or an image."""
    return json.loads(podman("inspect", name).stdout)[0]


@contextmanager
def container(name: str, *words: str) -> Iterator[str]:
    """A container that runs until the block ends. `words` are options, the image and its arguments."""
    named = f"{name}-{os.getpid()}"
    podman("run", "--detach", "--name", named, *words)
    try:
        yield named
    finally:
        podman("rm", "--force", "--time", "10", named, check=False)
