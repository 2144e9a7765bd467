"""Standard error and standard output as a person sees them.

Owns the one line that an operator is told, and what becomes of an output that nobody reads any more.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress

__all__ = ["discard_output", "printable", "say"]


def printable(text: str) -> str:
    """The text without what would steer a terminal: names of files and messages of libraries may hold anything."""
    return "".join([character if character.isprintable() else "\ufffd" for character in text])


def say(message: str) -> None:
    """Write one line for the operator."""
    with suppress(OSError, ValueError, AttributeError):
        sys.stderr.write(f"interceptor: {printable(message)}\n")
        sys.stderr.flush()


def discard_output() -> None:
    """Let what is buffered for an output that cannot take it go nowhere, rather than fail again at exit."""
    with suppress(OSError, ValueError, AttributeError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
