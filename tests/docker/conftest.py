"""What the tests of images, chart, Compose file and dashboards share."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NoReturn

import pytest

from tests.support.helm import VERSIONS, helm

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
