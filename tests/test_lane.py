"""Which lane runs."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

import interceptor


def test_the_lane_can_be_told(tmp_path: Path) -> None:
    """What is compiled beside a source is taken, and INTERCEPTOR_PURE takes the source."""
    shutil.copytree(
        Path(interceptor.__file__).parent, tmp_path / "interceptor", ignore=shutil.ignore_patterns("*.so")
    )
    core = tmp_path / "interceptor" / "core"
    (core / f"pipeline{EXTENSION_SUFFIXES[0]}").touch()
    environment = {name: value for name, value in os.environ.items() if name != "INTERCEPTOR_PURE"}
    environment["PYTHONPATH"] = str(tmp_path)
    code = "from interceptor.lane import LANE; print(LANE)"
    for more, lane in (({}, "compiled"), ({"INTERCEPTOR_PURE": "1"}, "pure")):
        said = subprocess.run(
            [sys.executable, "-P", "-c", code],
            env=environment | more,
            capture_output=True,
            text=True,
            check=True,
        )
        assert said.stdout == f"{lane}\n"


def test_every_command_takes_the_lane(tmp_path: Path) -> None:
    """The variable is no option, and no mistake for one either."""
    command = [*(sys.executable, "-m", "interceptor", "check", "--output-path"), str(tmp_path / "records")]
    done = subprocess.run(
        command, env=os.environ | {"INTERCEPTOR_PURE": "1"}, capture_output=True, text=True, check=False
    )
    assert "no such variable" not in done.stderr
    assert "output.path" in done.stdout
