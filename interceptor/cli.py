"""The command `interceptor`: its subcommands, and exit statuses.

Owns what all commands have in common: help, dispatch, and how an end is told. Refuses what they do: each is a
module with `add_arguments(parser)` and `run(arguments) -> int`, imported when it is the one that was asked for.
So `read` starts without what a daemon needs; a test holds that.

Exit statuses: 0 done; 1 the work failed, or part of it (a damaged capture); 2 usage or configuration; 130 and 143
stopped by SIGINT or SIGTERM. A reader of the output that goes away (`| head`) is no failure. Errors are one line
on standard error; `--log-level debug` adds the traceback.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import textwrap
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Final, NoReturn

from interceptor import __version__
from interceptor.commands.terminal import discard_output, say
from interceptor.errors import InterceptorError, UsageError, place, trace

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["main"]

_DONE: Final = 0
_FAILED: Final = 1
_USAGE: Final = 2
_WIDTH: Final = 100
"""Of descriptions, which argparse leaves as they are, for the sake of the examples."""


@dataclass(frozen=True, slots=True)
class _Command:
    """A subcommand."""

    name: str
    help: str
    module: str


_COMMANDS: Final = (
    _Command("read", "capture files to HTTP transactions", "interceptor.commands.reading"),
    _Command(
        "run",
        "the daemon: live interfaces to records, metrics and an endpoint",
        "interceptor.commands.running",
    ),
    _Command(
        "relay", "the cluster's one way out: batches in, spooled, uploaded", "interceptor.service.relay"
    ),
    _Command(
        "collector",
        "the reference cloud: batches in, stored, shown on a page",
        "interceptor.service.collecting",
    ),
    _Command("check", "validate the configuration and try each hop", "interceptor.commands.checking"),
    _Command(
        "interfaces",
        "what a source offers, what would be captured, and why not",
        "interceptor.commands.interfaces",
    ),
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line `argv` (default: the process's arguments); returns the exit status."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show a character gets another one. None, closed, or a test's: let it be.
        with suppress(AttributeError, ValueError):
            stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    if os.getpid() == 1:
        # The kernel keeps signals from the first process of a container while nobody handles them: a stop that comes
        # while modules are still being loaded would be forgotten.
        signal.signal(signal.SIGTERM, lambda number, _: os._exit(128 + number))
    debug = False
    try:
        words = list(sys.argv[1:] if argv is None else argv)
        try:
            arguments = _parser(words).parse_args(words)
        except SystemExit:  # --help and --version
            sys.stdout.flush()
            return _DONE
        debug = getattr(arguments, "log_level", None) == "debug"
        status: int = import_module(arguments.module).run(arguments)
    except BrokenPipeError:
        discard_output()
        return _DONE
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    except Exception as error:  # noqa: BLE001 - the user gets one line for any
        if debug:
            for line in trace(error).splitlines():
                say(line)
        return _told(error)
    else:
        return status


def _told(error: Exception) -> int:
    """Tell it in one line; returns the exit status."""
    match error:
        case UsageError():
            say(f"error: {error}")
            return _USAGE
        case InterceptorError():
            say(f"error: {error}")
        case OSError():  # those of reading became ours where they were read: this was writing
            discard_output()
            say(f"error: the output cannot be written: {error.strerror or error}")
        case MemoryError():
            say("error: out of memory")
        case _:
            say(
                f"error: a defect of this program, {type(error).__name__} at {place(error)} (--log-level debug tells more)"
            )
    return _FAILED


class _Parser(argparse.ArgumentParser):
    """Raises what is wrong with the arguments, as everything else does."""

    def error(self, message: str) -> NoReturn:
        """Raise a `UsageError`."""
        raise UsageError(f"{message} (see {self.prog} --help)")


def _parser(words: Sequence[str]) -> argparse.ArgumentParser:
    """Of all commands, with the arguments of the one that was chosen."""
    parser = _Parser(
        prog="interceptor",
        description="Sees what HTTP traffic really flows, from packets, and reports metadata only.",
        epilog="`interceptor COMMAND --help` tells more.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"interceptor {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    # What comes before the command takes no value.
    chosen = next((word for word in words if not word.startswith("-")), None)
    for command in _COMMANDS:
        described = commands.add_parser(
            command.name,
            help=command.help,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        if command.name == chosen:
            described.set_defaults(module=command.module)
            import_module(command.module).add_arguments(described)
            described.description = textwrap.fill(described.description or "", _WIDTH)
    return parser
