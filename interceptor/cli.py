"""The command `interceptor`: dispatch to its subcommands, and exit statuses.

Owns how an end is told, whichever command it is of. Refuses to know what there is to type (`commands.parser`) and what
commands do.

Exit statuses: 0 done; 1 the work failed, or part of it (a damaged capture); 2 usage or configuration; 130 and 143
stopped by SIGINT or SIGTERM. A reader of the output that goes away (`| head`) is no failure. Errors are one line
on standard error; `--log-level debug` adds the traceback.
"""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING, Final

from interceptor.commands.parser import parse
from interceptor.commands.terminal import discard_output, say
from interceptor.errors import InterceptorError, UsageError, place, trace

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["main"]

_DONE: Final = 0
_FAILED: Final = 1
_USAGE: Final = 2


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
            arguments = parse(words)
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
