"""What all commands have in common: help, dispatch, exit statuses, the one line of an error."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

import interceptor
from interceptor.cli import main

if TYPE_CHECKING:
    from pathlib import Path

COMMAND = [sys.executable, "-W", "error", "-m", "interceptor"]
HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
ENVIRONMENT = {**os.environ, "PYTHONPATH": HERE}


@pytest.mark.parametrize("arguments", [["--help"], ["read", "--help"], ["run", "--help"], ["check", "--help"], ["interfaces", "--help"], ["--version"]])
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


def test_a_capture_cut_at_any_byte_gives_what_is_readable(
    tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    """All complete exchanges before the cut; one line of warning and status 1, unless the cut is between packets."""
    packets = conversation(2)
    whole = pcap(packets)
    ends = [len(pcap(packets[:count])) for count in range(len(packets) + 1)]
    path = tmp_path / "cut"
    for cut in range(len(whole) + 1):
        put(path, whole[:cut])
        status = main(["read", str(path)])
        output, error = capsysbinary.readouterr()
        if cut < 4:
            assert status == 2
        elif cut in ends:
            assert (status, error) == (0, b"")
        else:
            assert status == 1
            assert f"warning: {path}: ends inside" in one_line(error)
        complete = [each for each in records(output) if each["http.response.state"] == "complete"]
        assert len(complete) == (cut >= ends[5]) + (cut >= ends[7])


def test_a_damaged_file_among_others_costs_only_itself(tmp_path: Path, capture: str) -> None:
    """All records of the others, one warning, status 1."""
    other = pcap(conversation(5, port=41_000))
    damaged = put(tmp_path / "damaged.gz", gzip.compress(other)[:-9])
    done = run("read", damaged, capture)
    assert done.returncode == 1
    assert "damaged.gz: ends inside gzip data" in one_line(done.stderr)
    assert sum(each["source.port"] == 40_000 for each in records(done.stdout)) == 10


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
    """It names the exception and how to see more."""

    def fail(*_: object) -> None:
        raise KeyError("x")

    monkeypatch.setattr("interceptor.reading.run", fail)
    assert main(["read", str(tmp_path)]) == 1
    assert "a defect of this program, KeyError: 'x' (--log-level debug" in capsys.readouterr().err


def test_an_interrupt_of_a_command_has_the_shells_status(monkeypatch: pytest.MonkeyPatch) -> None:
    """128 and the signal's number, without a traceback."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("interceptor.reading.run", interrupt)
    assert main(["read", "file"]) == 130
