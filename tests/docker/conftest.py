"""What the tests of images, chart, Compose file and dashboards share."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import pytest

from tests.support import containers
from tests.support.helm import CHOSEN, VERSIONS, helm

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]


def unavailable(reason: str) -> NoReturn:
    """Skip, or fail where nothing may be skipped."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def helm_available() -> None:
    """Both supported versions of helm are here."""
    try:
        for major in VERSIONS:
            helm(major)
    except OSError as error:
        unavailable(str(error))


@pytest.fixture(
    params=[
        pytest.param(major, id=f"helm{major}", marks=[] if major == max(VERSIONS) else pytest.mark.thorough)
        for major in VERSIONS
    ]
)
def each_helm(request: pytest.FixtureRequest, helm_available: None) -> Iterator[int]:
    """The test runs with each of them, with the older ones where all tests do; its major version."""
    before = CHOSEN.set(request.param)
    yield request.param
    CHOSEN.reset(before)


@pytest.fixture(scope="session")
def promtool() -> Path:
    """Prometheus' tool, of the series that the chart installs."""
    done = subprocess.run([ROOT / "tests/support/prometheus.sh"], capture_output=True, text=True)
    if done.returncode != 0:
        unavailable(done.stderr.strip().splitlines()[-1])
    return ROOT / ".cache/prometheus/root/usr/bin/promtool"


@pytest.fixture(scope="session")
def podman_ready() -> None:
    """podman works here, with the base image."""
    try:
        containers.environment()
    except OSError as error:
        unavailable(str(error))


@pytest.fixture(scope="session")
def _images(podman_ready: None) -> None:
    """Built side by side: one mostly waits for packages, the other compiles."""
    containers.build_all({"interceptor": containers.INTERCEPTOR, "rpcapd": containers.RPCAPD})


@pytest.fixture(scope="session")
def interceptor_image(_images: None) -> str:
    """Built from docker/interceptor."""
    return containers.INTERCEPTOR


@pytest.fixture(scope="session")
def rpcapd_image(_images: None) -> str:
    """Built from docker/rpcapd."""
    return containers.RPCAPD
