"""The verbs of the Makefile as a newcomer meets them, in a copy of the project, with apt-get as it may be.

What a real apt-get does in a fresh root of a distribution is tests/support/fresh_root.sh's to try: here one stands in for it
that says what a real one says.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.proxies import require
from tests.test_demo import running

ROOT = Path(__file__).parents[1]
MADE = (".venv", ".cache", ".git", "__pycache__", ".*_cache", ".hypothesis", "dist")
"""What is no part of the project."""
APT = """#!/bin/sh
here=$(dirname "$0")
echo "$*" >>"$here/asked"
refused() { echo "E: $1" >&2; exit 100; }
asked() { [ "$(grep -c -- "$1" "$here/asked")" -le "$2" ]; }
case "$*" in
*" update") asked " update" {updates} && refused "{refusal}"; exit 0 ;;
*" install "*) asked " install " {installs} && refused "Could not get lock /var/lib/dpkg/lock-frontend." ;;
*) refused "what is that?" ;;
esac
ln -s {tinyproxy} "$here/tinyproxy"
"""


class Newcomer:
    """A copy of the project, and programs that are all of this machine's but apt-get and tinyproxy."""

    def __init__(self, folder: Path) -> None:
        self.project = folder / "project"
        shutil.copytree(ROOT, self.project, ignore=shutil.ignore_patterns(*MADE))
        self.before = self.files()
        (self.project / ".venv").symlink_to(sys.prefix)
        self.programs = folder / "programs"
        self.programs.mkdir()
        for place in os.environ["PATH"].split(":"):
            for path in Path(place).iterdir() if Path(place).is_dir() else ():
                link = self.programs / path.name
                if path.name not in {"apt-get", "apt-cache", "tinyproxy"} and not link.is_symlink():
                    link.symlink_to(path)

    def files(self) -> set[Path]:
        """All of them."""
        return {path.relative_to(self.project) for path in self.project.rglob("*")}

    def has_apt(
        self, updates: int, installs: int, refusal: str = "Could not get lock /var/lib/apt/lists/lock."
    ) -> None:
        """One that refuses so often before it does what it is asked for."""
        program = self.programs / "apt-get"
        found = {"updates": updates, "installs": installs, "refusal": refusal}
        text = APT.replace("{tinyproxy}", shutil.which("tinyproxy") or "")
        for name, value in found.items():
            text = text.replace(f"{{{name}}}", str(value))
        program.write_text(text)
        program.chmod(0o755)
        (self.programs / "apt-cache").symlink_to(shutil.which("true") or "")

    def make(self, *words: str) -> str:
        """What a verb says; the environment counts as made."""
        without = {"CI", "MAKEFLAGS", "MAKELEVEL", "DEMO_FOLDER"}
        environment = {name: value for name, value in os.environ.items() if name not in without}
        return subprocess.run(
            ["make", "-o", ".venv/run", *words],
            cwd=self.project,
            env=environment | {"PATH": str(self.programs)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=True,
            timeout=240,
        ).stdout

    def run(self) -> str:
        """`make run` with a capture that is soon read; what it leaves running is ended."""
        try:
            return self.make("run", "CAPTURE=fixtures/real/keepalive.pcap")
        finally:
            self.make("stop")
            assert running(self.project) == []


def sockets_of(project: Path) -> Path:
    """Where containers.sh lets podman put its sockets."""
    text = (ROOT / "tests/support/containers.sh").read_text()
    (place,) = re.findall(r'^runroot = "(.*)"$', text, re.MULTILINE)
    told = subprocess.run(
        ["sh", "-c", f"here={project}; echo {place}"], capture_output=True, text=True, check=True
    )
    return Path(told.stdout.strip())


@pytest.fixture
def newcomer(tmp_path: Path) -> Newcomer:
    """On a machine with nothing but what there mostly is."""
    require("tinyproxy", "make")
    return Newcomer(tmp_path)


def test_run_without_apt(newcomer: Newcomer) -> None:
    """Goes without a proxy, and says why and what is missing."""
    told = newcomer.run()
    assert "no apt-get here; what needs these packages is left out: tinyproxy\n" in told
    assert "There is no proxy on the way" in told
    assert "sent 31 records to http://" in told
    assert "via http://127.0.0.1:" not in told


def test_run_waits_for_another_apt(newcomer: Newcomer) -> None:
    """It names what it installs, says once for each lock that it waits, and then goes through the proxy."""
    newcomer.has_apt(updates=2, installs=1)
    told = newcomer.run()
    assert "installing with apt-get: tinyproxy\n" in told
    assert told.count("waiting for another apt to end") == 2
    assert "via http://127.0.0.1:" in told
    asked = (newcomer.programs / "asked").read_text().splitlines()
    assert [" install " in line for line in asked] == [False, False, False, True, True]
    assert asked[-1].endswith(" install -y --no-install-recommends tinyproxy")


def test_run_with_an_apt_that_cannot(newcomer: Newcomer) -> None:
    """Without a network it is told what apt-get says, and goes without a proxy."""
    newcomer.has_apt(updates=99, installs=0, refusal="Failed to fetch http://deb.debian.org/")
    told = newcomer.run()
    assert "E: Failed to fetch http://deb.debian.org/" in told
    assert "apt-get update failed; what needs these packages is left out: tinyproxy\n" in told
    assert "waiting" not in told
    assert "There is no proxy on the way" in told


def test_clean_leaves_nothing(newcomer: Newcomer) -> None:
    """Neither a process of `make run`, nor a file that was not there, nor what podman has mounted and where its sockets are;
    and the environment that it ran in is another's still."""
    newcomer.make("run", "CAPTURE=fixtures/real/keepalive.pcap")
    for name in ("dist", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".hypothesis"):
        (newcomer.project / name).mkdir()
    sockets = sockets_of(newcomer.project)
    sockets.mkdir()
    (layer := newcomer.project / ".cache" / "containers" / "layer").mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "layer", layer], check=True)
    try:
        assert running(newcomer.project) != []
        assert newcomer.files() > newcomer.before
        newcomer.make("clean")
    finally:
        subprocess.run(["umount", layer], stderr=subprocess.DEVNULL, check=False)
    assert running(newcomer.project) == []
    assert newcomer.files() == newcomer.before
    assert not sockets.exists()
    assert Path(sys.executable).exists()


def test_plain_make_lists_the_verbs(newcomer: Newcomer) -> None:
    """Each with what it does, but for the two halves of another; and does nothing."""
    listed = re.findall(r"^make ([a-z-]+) +\S", newcomer.make(), re.MULTILINE)
    (phony,) = re.findall(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert set(phony.split()) - set(listed) == {"lint", "types"}
    assert newcomer.files() - newcomer.before == {Path(".venv")}
