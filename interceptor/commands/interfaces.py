"""`interceptor interfaces`: what sources offer, what would be captured, and by which rule.

As a table, or as one JSON object for programs: `{"interfaces": [{"source", "name", "captured", "rule", "up", "addresses",
"description"}]}`, all of them always there.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from typing import TYPE_CHECKING

from interceptor.capture.own_traffic import OwnTraffic
from interceptor.capture.sources import survey
from interceptor.commands.terminal import add_format, printable
from interceptor.settings import add_flags, flags_of, load

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Iterator

    from interceptor.capture.sources import Row

__all__ = ["add_arguments", "run"]

_HEADINGS = ("INTERFACE", "CAPTURED", "RULE", "STATE", "ADDRESSES", "DESCRIPTION")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.description = (
        "List the interfaces that a source offers, whether each would be captured, and the rule that says so. "
        "Nothing is captured."
    )
    parser.add_argument("source", nargs="?", metavar="SOURCE", help="instead of those of capture.sources")
    add_format(parser)
    add_flags(parser)
    parser.usage = f"{parser.prog} [-h] [SOURCE] [--format text|json] [--config FILE] [--OPTION VALUE]..."


def run(arguments: argparse.Namespace) -> int:
    """List; returns the exit status."""
    flags = flags_of(arguments)
    if arguments.source is not None:
        flags["capture.sources"] = arguments.source
    capture = load(arguments.config, os.environ, flags).config.capture
    rows = asyncio.run(survey(capture, OwnTraffic()))
    if arguments.format == "json":
        sys.stdout.write(json.dumps({"interfaces": [_object(row) for row in rows]}) + "\n")
    else:
        sys.stdout.write("".join(_lines(rows)))
    sys.stdout.flush()
    return 0


def _lines(rows: Iterable[Row]) -> Iterator[str]:
    """A table for each source."""
    by_source: dict[str, list[Row]] = {}
    for row in rows:
        by_source.setdefault(row.source, []).append(row)
    for source, offered in by_source.items():
        yield f"{printable(source)}\n"
        table = [_HEADINGS, *map(_cells, offered)]
        widths = [max(map(len, column)) for column in zip(*table, strict=True)]
        for cells in table:
            yield (
                "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()
                + "\n"
            )
        captured = sum([row.decision.captured for row in offered])
        yield f"{captured} of {len(offered)} would be captured\n\n"


def _object(row: Row) -> dict[str, object]:
    return {
        "source": row.source,
        "name": row.offer.name,
        "captured": row.decision.captured,
        "rule": row.decision.rule,
        "up": row.offer.up,
        "addresses": list(row.offer.addresses),
        "description": row.offer.description,
    }


def _cells(row: Row) -> tuple[str, ...]:
    offer, decision = row.offer, row.decision
    cells = (
        offer.name,
        "yes" if decision.captured else "no",
        decision.rule,
        "up" if offer.up else "down",
        ",".join(offer.addresses),
        offer.description,
    )
    # an rpcapd elsewhere chooses these texts
    return tuple(printable(cell) or "-" for cell in cells)
