"""The manual page, interceptor(1), made of what commands say of themselves.

Owns the order of its sections and the language of pages (man(7)). Refuses words of its own but for what no command says:
where options come from, exit statuses, files.
"""

from __future__ import annotations

import re
import textwrap
from typing import TYPE_CHECKING, Final

from interceptor import __version__
from interceptor.settings import options

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from interceptor.commands.parser import Argument, Described

__all__ = ["page"]

_WIDTH: Final = 78
"""Of lines of the source: formatters fill them anyway, and editors do not."""

_ESCAPED: Final = {
    "\\": r"\e",
    "-": r"\-",
    "`": r"\(ga",
    "'": r"\(aq",
    '"': r"\(dq",
    "^": r"\(ha",
    "~": r"\(ti",
}
"""What a formatter would take for something else, or make prettier than a shell can read (man-pages(7))."""

_STATUSES: Final = (
    ("0", "Done. Also where whoever reads the output has gone away (as head(1) does)."),
    (
        "1",
        "The work failed, or a part of it: a damaged capture, an output that is full, a hop that does not work.",
    ),
    (
        "2",
        "A wrong command line or configuration: nothing was done. One line says what, where, and what to do.",
    ),
    ("130, 143", "Ended by SIGINT or SIGTERM; what was understood by then is written."),
)
_FILES: Final = (
    ("/var/lib/interceptor/spool", "Batches that wait for the endpoint (spool.directory)."),
    ("/var/lib/interceptor/collector.db", "The records of `interceptor collector` (collector.database)."),
)


def page(commands: Sequence[Described], date: str) -> str:
    """The page; `date` is its date, as 2026-01-31."""
    return "\n".join(_lines(commands, date)) + "\n"


def _lines(commands: Sequence[Described], date: str) -> Iterator[str]:
    shared = _shared(commands)
    yield f'.TH INTERCEPTOR 1 {date} "interceptor {__version__}" "User Commands"'
    yield ".ad l"
    yield ".nh"
    yield ".SH NAME"
    yield r"interceptor \- sees what HTTP traffic really flows, from packets"
    yield ".SH SYNOPSIS"
    for command in commands:
        yield f".B interceptor {_escaped(command.name)}"
        yield from _filled(_usage(command, shared))
        yield ".br"
    yield r".B interceptor \-\-version"
    yield ".SH DESCRIPTION"
    yield from _filled(
        "Decodes captured packets, reassembles TCP, pairs HTTP requests with their responses, and reports metadata about "
        "each: who called which endpoint of whom, how it went, how large and how slow it was. Values never leave: no "
        "bodies, no header values, no query values, no identifiers in paths."
    )
    for command in commands:
        yield f".SH {_escaped(command.name.upper())}"
        yield from _filled(command.description)
        for argument in _own(command, shared):
            yield from _argument(argument)
        if command.configured:
            yield ".PP"
            yield from _filled("And every option of the configuration, below.")
        if command.epilog:
            yield from _verbatim(command.epilog)
    yield ".SH CONFIGURATION"
    yield from _filled(
        "Each option has three spellings: a key of the YAML file that --config or INTERCEPTOR_CONFIG names "
        "(proxy.no_proxy), a variable of the environment (INTERCEPTOR_PROXY_NO_PROXY), and a flag (--proxy-no-proxy). Flags "
        "win over variables, variables over the file. Lists are separated by commas. Secrets have no flag, where everybody "
        "could read them: their files have one."
    )
    for argument in shared:
        yield from _argument(argument)
    yield ".SH EXIT STATUS"
    for status, told in _STATUSES:
        yield from _tagged(rf"\fB{_escaped(status)}\fR", told)
    yield ".SH FILES"
    for path, told in _FILES:
        yield from _tagged(rf"\fI{_escaped(path)}\fR", told)
    yield ".SH SEE ALSO"
    yield ".BR tcpdump (8),"
    yield r".BR pcap\-filter (7),"
    yield ".BR systemd.service (5)"


def _shared(commands: Sequence[Described]) -> list[Argument]:
    """The options of the configuration, as the first command has them that takes them."""
    flags = {option.flag for option in options()}
    configured = next(command for command in commands if command.configured)
    return [argument for argument in configured.arguments if flags.intersection(argument.flags)]


def _own(command: Described, shared: Collection[Argument]) -> list[Argument]:
    """What it takes besides the shared options, or in another way (another default)."""
    return [argument for argument in command.arguments if argument not in shared]


def _usage(command: Described, shared: Collection[Argument]) -> str:
    words = []
    for argument in _own(command, shared):
        if "--help" in argument.flags or "--server-port" in argument.flags:
            continue
        value = f"{argument.value}{'...' if argument.several else ''}"
        word = f"{argument.flags[0]} {value}".rstrip() if argument.flags else value
        words.append(f"[{word}]" if argument.optional else word)
    return " ".join([*words, "[--OPTION VALUE]..."] if command.configured else words)


def _argument(argument: Argument) -> Iterator[str]:
    names = ", ".join(rf"\fB{_escaped(flag)}\fR" for flag in argument.flags)
    value = rf"\fI{_escaped(argument.value)}\fR" if argument.value else ""
    return _tagged(" ".join(part for part in (names, value) if part), argument.help)


def _tagged(tag: str, text: str) -> Iterator[str]:
    yield ".TP"
    yield tag
    yield from _filled(text)


def _filled(text: str) -> Iterator[str]:
    """Lines of a paragraph. Long lists may be broken after a comma, paths and URLs before a slash or a bracket."""
    breakable = re.sub(r",(?=\S)", r",\\:", _escaped(text))
    breakable = re.sub(r"(?<=[\w\]])(?=/\w|\[[:?])", r"\\:", breakable)
    for line in textwrap.wrap(breakable, _WIDTH, break_long_words=False, break_on_hyphens=False):
        yield _begun(line)


def _verbatim(text: str) -> Iterator[str]:
    """Lines that stay as they are."""
    yield ".PP"
    yield ".nf"
    for line in text.rstrip().splitlines():
        yield _begun(_escaped(line)) or r"\&"
    yield ".fi"


def _escaped(text: str) -> str:
    return "".join(
        [
            _ESCAPED.get(character, character if character.isascii() else rf"\[u{ord(character):04X}]")
            for character in text
        ]
    )


def _begun(line: str) -> str:
    """A line that is no request, whatever it begins with."""
    return rf"\&{line}" if line.startswith(".") else line
