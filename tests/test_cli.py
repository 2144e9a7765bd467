"""What all commands have in common: help, dispatch, exit statuses, the one line of an error."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import interceptor
from interceptor.cli import main
from tests.support.netns import unavailable, wait_until

COMMAND = [sys.executable, "-W", "error", "-m", "interceptor"]
HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
ENVIRONMENT = {**os.environ, "PYTHONPATH": HERE}


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["read", "--help"],
        ["run", "--help"],
        ["check", "--help"],
        ["interfaces", "--help"],
        ["--version"],
    ],
)
def test_help_goes_to_standard_output(arguments: list[str]) -> None:
    """With status 0, also where nobody reads it to the end."""
    done = subprocess.run([*COMMAND, *arguments], capture_output=True, timeout=60, env=ENVIRONMENT)
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"interceptor" in done.stdout
    ours, theirs = os.pipe()
    os.close(ours)
    closed = subprocess.run(
        [*COMMAND, *arguments], stdout=theirs, stderr=subprocess.PIPE, timeout=60, env=ENVIRONMENT
    )
    os.close(theirs)
    assert (closed.returncode, closed.stderr) == (0, b"")


def test_the_version_is_the_packages(capsys: pytest.CaptureFixture[str]) -> None:
    """One place has the number."""
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"interceptor {interceptor.__version__}\n"


@pytest.mark.parametrize("arguments", [[], ["raed"], ["--read"], ["run", "--no-such-flag"]])
def test_a_wrong_command_line_is_one_line(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """With status 2, and where to read more."""
    assert main(arguments) == 2
    said = capsys.readouterr().err
    assert said.startswith("interceptor: error: ")
    assert said.count("\n") == 1
    assert "--help" in said


def test_a_defect_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It names the exception, its place and how to see more; never its text, which may be traffic's."""

    def fail(*_: object) -> None:
        raise KeyError("jane.roe")

    monkeypatch.setattr("interceptor.commands.reading.run", fail)
    assert main(["read", str(tmp_path)]) == 1
    said = capsys.readouterr().err
    assert "a defect of this program, KeyError at tests.test_cli:" in said
    assert "(--log-level debug" in said
    assert "jane" not in said
    assert main(["read", "--log-level", "debug", str(tmp_path)]) == 1
    said = capsys.readouterr().err
    assert " in fail\n" in said
    assert "interceptor: KeyError\n" in said
    assert "jane" not in said


def test_the_first_process_of_a_container_ends_while_it_starts(tmp_path: Path) -> None:
    """The kernel keeps from it what it does not handle; SIGTERM is handled before there is a daemon."""
    reason = unavailable("unshare")
    if reason is not None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)
    os.mkfifo(tmp_path / "config.yaml")  # reading it takes until somebody writes
    command = ["unshare", "--pid", "--fork", "--kill-child", sys.executable, "-m", "interceptor", "run"]
    with subprocess.Popen([*command, "--config", str(tmp_path / "config.yaml")]) as process:
        try:
            children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
            wait_until(lambda: bool(children.read_text()), "it is started", 60)
            inner = int(children.read_text())
            wait_until(lambda: handles(inner, signal.SIGTERM), "SIGTERM is handled", 60)
            os.kill(inner, signal.SIGTERM)
            assert process.wait(60) == 128 + signal.SIGTERM
        finally:
            process.kill()


def handles(pid: int, number: signal.Signals) -> bool:
    """Whether a process has a handler."""
    fields = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return bool(int(fields["SigCgt"], 16) >> (number - 1) & 1)


def test_an_interrupt_of_a_command_has_the_shells_status(monkeypatch: pytest.MonkeyPatch) -> None:
    """128 and the signal's number, without a traceback."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("interceptor.commands.reading.run", interrupt)
    assert main(["read", "file"]) == 130
