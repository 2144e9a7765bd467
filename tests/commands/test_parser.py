"""What can be typed, and what is said of what cannot: through the program."""

from __future__ import annotations

import pytest

from interceptor.cli import main
from interceptor.commands.parser import COMMANDS, described


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["red", "x"], "red: no such command; did you mean read? (see interceptor --help)"),
        (["colector"], "colector: no such command; did you mean collector?"),
        (["frobnicate"], "frobnicate: no such command (see interceptor --help)"),
        (["--versoin"], "--versoin: no such flag; did you mean --version? (see interceptor --help)"),
        (["read", "x", "--fromat", "csv"], "--fromat: no such flag; did you mean --format? (see interceptor read --help)"),
        (["read", "x", "--were=status = 1"], "--were: no such flag; did you mean --where?"),
        (["read", "--formt", "csv"], "--formt: no such flag; did you mean --format?"),
        (["check", "--proxy-no-prxy", "x"], "--proxy-no-prxy: no such flag; did you mean --proxy-no-proxy? (see interceptor check --help)"),
        (["run", "--token", "x"], "--token: no such flag; did you mean --token-file?"),
        (["interfaces", "--capture-source", "live:"], "--capture-source: no such flag; did you mean --capture-sources?"),
        (["generate", "unti"], "argument what: invalid choice: 'unti'"),
        (["generate"], "required: what"),
        (["read", "x", "-z"], "unrecognized arguments: -z"),
        (["read", "x", "--output"], "argument --output/-o: expected one argument"),
        ([], "required: COMMAND (see interceptor --help)"),
    ],
)  # fmt: skip
def test_a_wrong_word_is_told_with_the_nearest(
    words: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line, status 2, and where to read more."""
    assert main(words) == 2
    told = capsys.readouterr().err
    assert says in told
    assert "--help)" in told
    assert told.startswith("interceptor: error: ")
    assert told.count("\n") == 1


def test_a_file_may_be_called_as_a_flag(capsys: pytest.CaptureFixture[str]) -> None:
    """Behind `--` nothing is a flag."""
    assert main(["read", "--", "--fromat"]) == 2
    assert "--fromat: cannot be opened: No such file" in capsys.readouterr().err


def test_every_command_says_what_it_takes() -> None:
    """Each flag with its help; what holds a file is known."""
    commands = {command.name: command for command in described()}
    assert list(commands) == [command.name for command in COMMANDS]
    for command in commands.values():
        assert command.description
        for argument in command.arguments:
            assert argument.help, (command.name, argument.flags)
            assert "%(" not in argument.help
            assert argument.gist
    read = {flag: argument for argument in commands["read"].arguments for flag in argument.flags}
    assert read["--format"].choices == ("auto", "table", "jsonl", "csv", "summary")
    assert read["-o"] is read["--output"]
    assert read["--output"].of_file
    assert not read["--where"].of_file
    run = {flag: argument for argument in commands["run"].arguments for flag in argument.flags}
    assert run["--upload-compression"].choices == ("gzip", "zstd")
    assert run["--spool-directory"].of_file
    assert {name for name, command in commands.items() if command.configured} == {
        *("run", "relay", "collector", "check", "interfaces"),
    }
