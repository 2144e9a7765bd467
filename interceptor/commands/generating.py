"""`interceptor generate`: what an installation wants beside the program, made by the program itself.

Owns which of them there are. Each is a function of the parser and of where this program lies, so that none can say
something else than `--help` does, and none has to be shipped: pip has no place for them.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from interceptor.commands import completion, manual, unit
from interceptor.commands.parser import described
from interceptor.commands.terminal import say
from interceptor.errors import UsageError

if TYPE_CHECKING:
    import argparse

__all__ = ["add_arguments", "run"]

_EPILOG: Final = """\
examples:
  interceptor generate man > /usr/local/share/man/man1/interceptor.1
  interceptor generate unit > /etc/systemd/system/interceptor.service
  interceptor generate bash > /etc/bash_completion.d/interceptor
  interceptor generate zsh > /usr/local/share/zsh/site-functions/_interceptor
  interceptor generate fish > ~/.config/fish/completions/interceptor.fish
"""
_HOMES: Final = ("/home/", "/root/", "/run/user/")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.description = (
        "Write what belongs to an installation to standard output: the manual page, a hardened systemd unit for "
        "`interceptor run`, or completion for a shell. Made from this very program, so that they fit it."
    )
    parser.epilog = _EPILOG
    parser.add_argument(
        "what",
        choices=("man", "unit", *completion.SHELLS),
        help="man: the manual page, interceptor(1); unit: a systemd service; the others: completion for that shell",
    )


def run(arguments: argparse.Namespace) -> int:
    """Write it; returns the exit status."""
    match arguments.what:
        case "man":
            text = manual.page(described(), _date())
        case "unit":
            program = _program()
            if program.startswith(_HOMES):
                say(
                    f"warning: {program} is in a home directory, which services cannot see; install into /opt first: "
                    "python3 -m venv /opt/interceptor"
                )
            if set(program) & set("'\"\\\t\n"):
                raise UsageError(f"{program}: systemd starts nothing with such a character in its path")
            text = unit.service(program)
        case shell:
            text = completion.script(shell, described())
    sys.stdout.write(text)
    sys.stdout.flush()
    return 0


def _program() -> str:
    """How to start this program, as a unit has to: by a whole path."""
    started = Path(sys.argv[0])
    if started.name == "interceptor" and os.access(started, os.X_OK):
        return str(started.absolute())
    return f"{sys.executable} -m interceptor"


def _date() -> str:
    """Of the page: today, or what a reproducible build says (SOURCE_DATE_EPOCH)."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    try:
        moment = time.gmtime(None if epoch is None else int(epoch))
    except (ValueError, OverflowError):
        raise UsageError(f"SOURCE_DATE_EPOCH: got {epoch!r}, wanted seconds since 1970") from None
    return time.strftime("%Y-%m-%d", moment)
