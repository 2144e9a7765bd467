"""Completion, by the real shells."""

from __future__ import annotations

import os
import pty
import subprocess
from typing import TYPE_CHECKING

import pytest

from interceptor.commands.completion import SHELLS, script
from interceptor.commands.parser import COMMANDS, described
from tests.support.netns import wait_until
from tests.support.programs import wanted

if TYPE_CHECKING:
    from pathlib import Path

NAMES = {command.name for command in COMMANDS}


@pytest.fixture(params=SHELLS)
def shell(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, Path]:
    """A shell, and the folder with its script and two files."""
    name: str = request.param
    (tmp_path / "_interceptor").write_text(script(name, described()))
    (tmp_path / "a capture.pcap").touch()
    (tmp_path / "other.pcap").touch()
    return name, tmp_path


def bash(folder: Path, line: str) -> set[str]:
    """What bash offers where the line ends; words are separated by single blanks, and = is one, as for readline."""
    words = line.replace("=", " = ").split(" ") if "=" in line else line.split(" ")
    code = 'source ./_interceptor; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _interceptor; printf "%s\\n" "${COMPREPLY[@]}"'
    done = subprocess.run(
        [wanted("bash"), "--norc", "--noprofile", "-c", code, "bash", *words],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=folder,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return set(done.stdout.splitlines()) - {""}


def fish(folder: Path, line: str) -> set[str]:
    """What fish offers where the line ends."""
    done = subprocess.run(
        [wanted("fish"), "--no-config", "-c", "source ./_interceptor; complete -C $argv[1]", line],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=folder,
        env={**os.environ, "HOME": str(folder)},
    )
    assert (done.returncode, done.stderr) == (0, "")
    return {offered.partition("\t")[0] for offered in done.stdout.splitlines()}


def zsh(folder: Path, line: str) -> str:
    """What zsh makes of the line when Tab is pressed at its end."""
    made = folder / "made"
    setup = (
        f"cd '{folder}'; fpath=('{folder}' $fpath); autoload -Uz compinit; compinit -u -D; "
        f"dump() {{ print -r -- \"$BUFFER\" > '{made}' }}; zle -N dump; bindkey '^T' dump; : > ready\n"
    )
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [wanted("zsh"), "-f", "-i"],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
        env={**os.environ, "TERM": "xterm", "HOME": str(folder), "PS1": "> "},
    ) as process:
        os.close(theirs)
        try:
            os.write(ours, setup.encode())
            wait_until((folder / "ready").exists, "zsh is ready", 60)
            os.write(ours, f"{line}\t".encode())
            os.write(ours, b"\x14")
            wait_until(made.exists, "the line", 60)
            wait_until(lambda: made.read_text().endswith("\n"), "the whole line", 60)
            return made.read_text().rstrip("\n")
        finally:
            process.kill()
            os.close(ours)


def test_the_script_has_no_mistake(shell: tuple[str, Path]) -> None:
    """As the shell reads it."""
    name, folder = shell
    done = subprocess.run(
        [wanted(name), "-n", str(folder / "_interceptor")], capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("shell", ["bash", "fish"], indirect=True)
def test_what_is_offered(shell: tuple[str, Path]) -> None:
    """Commands, flags of the command, values of the flag, files where one is wanted, nothing where nothing is known."""
    name, folder = shell
    offered = {"bash": bash, "fish": fish}[name]
    assert offered(folder, "interceptor ") >= NAMES
    assert offered(folder, "interceptor col") == {"collector"}
    assert offered(folder, "interceptor read --fo") == {"--format"}
    assert offered(folder, "interceptor run --proxy-u") == {"--proxy-url-file"}
    assert offered(folder, "interceptor read --format ") == {"auto", "table", "jsonl", "csv", "summary"}
    assert offered(folder, "interceptor read x.pcap --url f") == {"full"}
    assert offered(folder, "interceptor generate z") == {"zsh"}
    assert offered(folder, "interceptor run --log-level wa") == {"warning"}
    assert offered(folder, "interceptor read --where st") == set()
    files = {each.replace("\\", "") for each in offered(folder, "interceptor read a")}
    assert files == {"a capture.pcap"}
    assert "other.pcap" in offered(folder, "interceptor read --output o")
    if name == "bash":
        assert offered(folder, "interceptor read --format=t") == {"table"}
    else:
        assert offered(folder, "interceptor read --format=t") == {"--format=table"}


@pytest.mark.parametrize("shell", ["zsh"], indirect=True)
@pytest.mark.parametrize(
    ("line", "made"),
    [
        ("interceptor coll", "interceptor collector "),
        ("interceptor read --whe", "interceptor read --where="),
        ("interceptor read --format ta", "interceptor read --format table "),
        ("interceptor read --format=su", "interceptor read --format=summary "),
        ("interceptor read oth", "interceptor read other.pcap "),
        ("interceptor generate fi", "interceptor generate fish "),
        ("interceptor run --proxy-u", "interceptor run --proxy-url-file="),
        ("interceptor check --log-level wa", "interceptor check --log-level warning "),
    ],
)
def test_what_zsh_makes_of_a_line(shell: tuple[str, Path], line: str, made: str) -> None:
    """In an interactive shell, on a terminal of its own."""
    assert zsh(shell[1], line) == made
