"""The manual page, read by the real formatters."""

from __future__ import annotations

import os
import re
import subprocess
from typing import TYPE_CHECKING

import pytest

from interceptor.commands.manual import page
from interceptor.commands.parser import Argument, Described, described
from interceptor.settings import options
from tests.support.programs import wanted

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page in a file."""
    path = tmp_path_factory.mktemp("man") / "interceptor.1"
    path.write_text(page(described(), "2026-01-31"))
    return path


def shown(path: Path, columns: int = 100) -> str:
    """As man(1) shows it; whatever it warns of is a failure."""
    done = subprocess.run(
        [wanted("man"), "--warnings=w", "-l", str(path)],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "MANWIDTH": str(columns), "MAN_KEEP_FORMATTING": "", "LC_ALL": "C.UTF-8"},
    )
    assert (done.returncode, done.stderr) == (0, "")
    return re.sub(".\b|\x1b\\[[0-9;]*m", "", done.stdout)


def test_mandoc_has_nothing_to_say(written: Path) -> None:
    """Not even about style."""
    done = subprocess.run(
        [wanted("mandoc"), "-T", "lint", "-W", "all", str(written)],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_man_shows_every_command_and_every_option(written: Path) -> None:
    """With their help, as `--help` has it."""
    text = shown(written)
    plain = "".join(text.split())
    for command in described():
        assert f"\n{command.name.upper()}\n" in text
        assert "".join(command.description.split()) in plain
        for argument in command.arguments:
            assert all(flag in plain for flag in argument.flags)
            assert "".join(argument.help.split()) in plain
    for option in options():
        assert option.secret or f"\n       {option.flag} " in text
    for title in ("NAME", "SYNOPSIS", "CONFIGURATION", "EXIT STATUS", "FILES", "SEE ALSO"):
        assert f"\n{title}\n" in text
    assert "interceptor --version" in text


def test_it_fits_a_narrow_terminal(written: Path) -> None:
    """Examples apart, which stay as they are."""
    for line in shown(written, 60).splitlines():
        assert len(line) <= 60 or line.startswith("       ")


def test_what_a_formatter_would_take_for_itself_is_shown(tmp_path: Path) -> None:
    """Requests, escapes, quotation marks and signs that it would make prettier."""
    hostile = ".so /etc/passwd \\fB 'x' \"y\" `z` ^ ~ - é µ"
    argument = Argument(("--x",), "", (), f".{hostile}", optional=True, several=False)
    flag = Argument(("--endpoint",), "URL", (), "The end.", optional=True, several=False)
    path = tmp_path / "x.1"
    path.write_text(page([Described("read", "x", hostile, f"\n{hostile}\n", (argument, flag))], "2026-01-31"))
    assert shown(path).count(hostile) == 3
