"""The unit: what systemd says of it, and the program with the rights that it leaves."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from interceptor.commands.unit import service
from tests.support.netns import namespace, unavailable
from tests.support.programs import wanted

HERE = Path(__file__).parents[2]


def analyzed(verb: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """What systemd-analyze says."""
    return subprocess.run(
        [wanted("systemd-analyze"), verb, *arguments], capture_output=True, text=True, timeout=120
    )


def settings() -> dict[str, list[str]]:
    """Of the section [Service]."""
    found: dict[str, list[str]] = {}
    for name, value in re.findall(r"^([A-Za-z]+)=(.*)$", service("/bin/true"), re.MULTILINE):
        found.setdefault(name, []).append(value)
    return found


@pytest.mark.parametrize(
    "program", ["/bin/true", "/bin/python3 -m interceptor", "{folder}/a b/100%/$x/interceptor"]
)
def test_systemd_accepts_it(tmp_path: Path, program: str) -> None:
    """Without a warning, whatever is in the path of the program."""
    program = program.format(folder=tmp_path)
    if program.startswith(str(tmp_path)):
        Path(program).parent.mkdir(parents=True)
        Path(program).write_text("#!/bin/sh\n")
        Path(program).chmod(0o755)
    unit = tmp_path / "interceptor.service"
    unit.write_text(service(program))
    done = analyzed("verify", "--man=no", str(unit))
    ours = [line for line in done.stderr.splitlines() if "interceptor.service" in line]
    assert (done.returncode, ours) == (0, [])


def test_it_leaves_little(tmp_path: Path) -> None:
    """systemd's own measure of exposure, from 0 (none) to 10: below 2.5, where ordinary services have 9.6."""
    unit = tmp_path / "interceptor.service"
    unit.write_text(service("/bin/true"))
    done = analyzed("security", "--offline=true", "--threshold=25", str(unit))
    assert done.returncode == 0, done.stdout[-200:]


def test_ends_are_in_order() -> None:
    """systemd waits for longer than an orderly end may take, and does not repeat what repeating cannot mend."""
    assert settings()["TimeoutStopSec"] == ["40"]
    assert settings()["RestartPreventExitStatus"] == ["2"]
    assert settings()["ExecReload"] == ["/bin/kill -HUP $MAINPID"]


def test_the_program_captures_with_the_rights_that_are_left() -> None:
    """An unprivileged user with the one capability of the unit, which sees no more: a real capture begins."""
    reason = unavailable("ip")
    if reason is not None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)
    [ambient], [bounding] = settings()["AmbientCapabilities"], settings()["CapabilityBoundingSet"]
    assert ambient == bounding == "CAP_NET_RAW"
    command = [
        *(wanted("setpriv"), "--reuid", "65534", "--regid", "65534", "--clear-groups", "--no-new-privs"),
        *("--bounding-set", "-all,+net_raw", "--inh-caps", "-all,+net_raw", "--ambient-caps", "+net_raw"),
        *(sys.executable, "-m", "interceptor", "check"),
        *("--capture-sources", "live:lo", "--output-path", "-"),
    ]
    with namespace("unit") as space:
        done = subprocess.run(space.wrap(command), capture_output=True, text=True, timeout=60, cwd=HERE)
    assert "ok      source live:lo: captures lo" in done.stdout, done.stdout + done.stderr
    assert done.returncode == 0
