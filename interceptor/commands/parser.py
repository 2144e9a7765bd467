"""The parser of the command line: which commands there are, and what each takes.

Owns the table of commands, their help, and what is said of a word that is none: one line with the nearest name, and
where to read more. Refuses what commands do: each is a module with `add_arguments(parser)` and `run(arguments) -> int`.
Only the module of the command that was asked for is imported (`make_parser`), so that `read` starts without what a
daemon needs; `described` has them all, for the manual and for shells.
"""

from __future__ import annotations

import argparse
import re
import textwrap
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Final, NoReturn

from interceptor import __version__
from interceptor.errors import UsageError, nearest
from interceptor.lane import LANE

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["COMMANDS", "Argument", "Command", "Described", "described", "make_parser", "parse"]

_WIDTH: Final = 100
"""Of descriptions, which argparse leaves as they are, for the sake of the examples."""


_FIRST: Final = re.compile(r"(?<=[a-z)])[.;:] |: ")
"""Where the first statement of a help ends."""


@dataclass(frozen=True, slots=True)
class Command:
    """A subcommand."""

    name: str
    help: str
    module: str


COMMANDS: Final = (
    Command("read", "capture files to HTTP transactions", "interceptor.commands.reading"),
    Command(
        "run",
        "the daemon: live interfaces to records, metrics and an endpoint",
        "interceptor.commands.running",
    ),
    Command("relay", "the cluster's one way out: batches in, spooled, uploaded", "interceptor.service.relay"),
    Command(
        "collector",
        "the reference cloud: batches in, stored, shown on a page",
        "interceptor.service.collecting",
    ),
    Command("check", "validate the configuration and try each hop", "interceptor.commands.checking"),
    Command(
        "interfaces",
        "what a source offers, what would be captured, and why not",
        "interceptor.commands.interfaces",
    ),
    Command(
        "generate",
        "the manual page, a systemd unit, completion for a shell",
        "interceptor.commands.generating",
    ),
)


def parse(words: Sequence[str]) -> argparse.Namespace:
    """Parse the words behind `interceptor`.

    Raises:
        UsageError: one of them is wrong; names the nearest that is right.
        SystemExit: they ask for help or the version, which has been printed.

    """
    chosen = _chosen(words)
    names = [command.name for command in COMMANDS]
    if chosen is not None and chosen not in names:
        raise UsageError(f"{chosen}: no such command{nearest(chosen, names)} (see interceptor --help)")
    parser = make_parser(words)
    _check_flags(parser, words)
    return parser.parse_args(words)


def make_parser(words: Sequence[str]) -> _Parser:
    """Of all commands, with the arguments of the one that `words` choose."""
    return _make([_chosen(words)])


@dataclass(frozen=True, slots=True)
class Argument:
    """What a command takes, without argparse."""

    flags: tuple[str, ...]
    """As they are typed; none of what is known by its place."""
    value: str
    """What stands for its value in help; empty where it takes none."""
    choices: tuple[str, ...]
    help: str
    optional: bool
    several: bool

    @property
    def of_file(self) -> bool:
        """Whether the value is a name in the file system."""
        return self.value in {"FILE", "DIRECTORY", "PATH", "DATABASE"}

    @property
    def gist(self) -> str:
        """The first sentence of its help, for a line."""
        return _FIRST.split(self.help, maxsplit=1)[0].rstrip(".")


@dataclass(frozen=True, slots=True)
class Described:
    """A command, with all that its help says."""

    name: str
    help: str
    description: str
    epilog: str
    arguments: tuple[Argument, ...]

    @property
    def configured(self) -> bool:
        """Whether it takes every option of the configuration."""
        return any("--endpoint" in argument.flags for argument in self.arguments)


def described() -> tuple[Described, ...]:
    """Every command."""
    parser = _make([command.name for command in COMMANDS])
    return tuple(
        Described(
            command.name,
            command.help,
            " ".join((parser.commands[command.name].description or "").split()),
            parser.commands[command.name].epilog or "",
            tuple(map(_argument, parser.commands[command.name].actions)),
        )
        for command in COMMANDS
    )


def _argument(action: argparse.Action) -> Argument:
    value = action.metavar if isinstance(action.metavar, str) else ""
    choices = tuple(map(str, action.choices or ())) or (tuple(value.split("|")) if "|" in value else ())
    if not value and choices:
        value = "|".join(choices)
    text = (action.help or "").replace("%%", "%")
    return Argument(
        tuple(action.option_strings),
        value,
        choices,
        text,
        optional=not action.required,
        several=action.nargs == "+",
    )


class _Parser(argparse.ArgumentParser):
    """Raises what is wrong with the arguments, as everything else does."""

    commands: dict[str, _Parser]
    """Of the first parser: those of the subcommands."""

    def error(self, message: str) -> NoReturn:
        """Raise a `UsageError`."""
        raise UsageError(f"{message} (see {self.prog} --help)")

    @property
    def actions(self) -> list[argparse.Action]:
        """What it takes, in the order of its help."""
        return self._actions

    @property
    def flags(self) -> list[str]:
        """Every flag, as it is typed."""
        return [string for action in self._actions for string in action.option_strings]


def _make(filled: Sequence[str | None]) -> _Parser:
    parser = _Parser(
        prog="interceptor",
        description="Sees what HTTP traffic really flows, from packets, and reports metadata only.",
        epilog="`interceptor COMMAND --help` tells more.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"interceptor {__version__} ({LANE})")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    parser.commands = {}
    for command in COMMANDS:
        described = commands.add_parser(
            command.name,
            help=command.help,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        parser.commands[command.name] = described
        if command.name in filled:
            described.set_defaults(module=command.module)
            import_module(command.module).add_arguments(described)
            described.description = textwrap.fill(described.description or "", _WIDTH)
    return parser


def _chosen(words: Sequence[str]) -> str | None:
    """The command: what comes before it takes no value."""
    return next((word for word in words if not word.startswith("-")), None)


def _check_flags(parser: _Parser, words: Sequence[str]) -> None:
    """Refuse flags that do not exist before argparse does, which would take the value of one for something else."""
    for word in words:
        if word == "--":
            return
        flag = word.partition("=")[0]
        if flag.startswith("--") and flag not in parser.flags:
            raise UsageError(f"{flag}: no such flag{nearest(flag, parser.flags)} (see {parser.prog} --help)")
        parser = parser.commands.get(word, parser) if hasattr(parser, "commands") else parser
