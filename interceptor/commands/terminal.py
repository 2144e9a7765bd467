"""Standard error and standard output as a person sees them.

Owns the one line that an operator is told, the choice between words for people and JSON for programs, and what becomes of an output that nobody reads any more.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

__all__ = ["add_format", "discard_output", "printable", "say"]


def add_format(parser: argparse.ArgumentParser) -> None:
    """Let a command that tells people something tell programs, too."""
    parser.add_argument(
        "--format",
        choices=("text", "json"),
        default="text",
        help="text (default): lines for people, whose words may change; json: one object, for programs",
    )


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
