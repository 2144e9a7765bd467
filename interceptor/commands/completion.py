"""Completion for shells, made of what commands say of themselves.

Owns the three languages. What is completed: commands, flags, the values that a flag can have, and names of files where a
value is one. Nothing is looked up when a key is pressed: the scripts stand alone and start no program.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from interceptor.commands.parser import Argument, Described

__all__ = ["SHELLS", "script"]

SHELLS: Final = ("bash", "zsh", "fish")


def script(shell: str, commands: Sequence[Described]) -> str:
    """The script for one of `SHELLS`."""
    lines = {"bash": _bash, "zsh": _zsh, "fish": _fish}[shell](commands)
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    """In apostrophes, for bash and zsh."""
    return "'" + text.replace("'", "'\\''") + "'"


def _positional(command: Described) -> Argument | None:
    return next((argument for argument in command.arguments if not argument.flags), None)


# bash

_BASH_HEAD: Final = """\
# interceptor: completion for bash (3.2 or newer); made by `interceptor generate bash`
_interceptor()
{
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} command= words= files= place
    COMPREPLY=()
    # readline takes `--flag=value` for three words
    if [[ $current == = ]]; then
        current=
    elif [[ $previous == = && COMP_CWORD -ge 2 ]]; then
        previous=${COMP_WORDS[COMP_CWORD-2]}
    fi
    for ((place = 1; place < COMP_CWORD; place++)); do
        if [[ ${COMP_WORDS[place]} != -* ]]; then
            command=${COMP_WORDS[place]}
            break
        fi
    done
    case $command in"""

_BASH_TAIL: Final = """\
    esac
    if [[ -n $files && $current != -* ]]; then
        compopt -o filenames 2>/dev/null
        while IFS= read -r place; do
            COMPREPLY+=("$place")
        done < <(compgen -f -- "$current")
        return
    fi
    COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -F _interceptor interceptor"""


def _bash(commands: Sequence[Described]) -> Iterator[str]:
    yield _BASH_HEAD
    names = " ".join(command.name for command in commands)
    yield f'    "") words="--help --version {names}" ;;'
    for command in commands:
        yield f"    {command.name})"
        yield "        case $previous in"
        nothing: list[str] = []
        files: list[str] = []
        for argument in command.arguments:
            if argument.choices and argument.flags:
                yield f'        {"|".join(argument.flags)}) words="{" ".join(argument.choices)}" ;;'
            elif argument.value and argument.flags:
                (files if argument.of_file else nothing).extend(argument.flags)
        if files:
            yield f"        {'|'.join(files)}) files=yes ;;"
        if nothing:
            yield f"        {'|'.join(nothing)}) ;;"
        flags = [flag for argument in command.arguments for flag in argument.flags if flag.startswith("--")]
        place = _positional(command)
        more = " ".join(place.choices) if place else ""
        given = " files=yes" if place and place.of_file else ""
        yield f'        *) words="{" ".join([*flags, more]).strip()}"{given} ;;'
        yield "        esac"
        yield "        ;;"
    yield _BASH_TAIL


# zsh


def _zsh(commands: Sequence[Described]) -> Iterator[str]:
    yield "#compdef interceptor"
    yield "# completion for zsh; made by `interceptor generate zsh`"
    yield "_interceptor() {"
    yield "    local context state state_descr line"
    yield "    typeset -A opt_args"
    yield "    _arguments -C '(- *)'{-h,--help}'[show help]' '(- *)--version[show the version]' \\"
    yield "        '1:command:->command' '*::argument:->argument'"
    yield "    case $state in"
    yield "    command)"
    yield "        local -a commands=("
    for command in commands:
        yield f"            {_quoted(f'{command.name}:{command.help}')}"
    yield "        )"
    yield "        _describe command commands"
    yield "        ;;"
    yield "    argument)"
    yield "        case $words[1] in"
    for command in commands:
        yield f"        {command.name})"
        yield "            _arguments -s \\"
        specifications = [one for argument in command.arguments for one in _of_zsh(argument)]
        for number, specification in enumerate(specifications, 1):
            end = " \\" if number < len(specifications) else ""
            yield f"                {_quoted(specification)}{end}"
        yield "            ;;"
    yield "        esac"
    yield "        ;;"
    yield "    esac"
    yield "}"
    yield "# found in $fpath it is the function itself; sourced, it says which command it is for"
    yield 'if [[ $funcstack[1] == _interceptor ]]; then _interceptor "$@"; else compdef _interceptor interceptor; fi'


def _of_zsh(argument: Argument) -> Iterator[str]:
    """As `_arguments` wants it: `--flag=[help]:value:(choices)`."""
    action = f"({' '.join(argument.choices)})" if argument.choices else "_files" if argument.of_file else " "
    value = argument.value.lower().replace(":", "")
    if not argument.flags:
        yield f"*:{value}:{action}"
        return
    gist = "".join(f"\\{c}" if c in "[]:\\" else c for c in argument.gist)
    for flag in argument.flags:
        if not argument.value:
            yield f"{flag}[{gist}]"
        else:
            equals = "=" if flag.startswith("--") else "+"
            yield f"{flag}{equals}[{gist}]:{value}:{action}"


# fish


def _fish(commands: Sequence[Described]) -> Iterator[str]:
    def quoted(text: str) -> str:
        return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"

    yield "# interceptor: completion for fish; made by `interceptor generate fish`"
    yield "complete -c interceptor -f"
    yield "complete -c interceptor -n __fish_use_subcommand -l help -d 'show help'"
    yield "complete -c interceptor -n __fish_use_subcommand -l version -d 'show the version'"
    for command in commands:
        yield f"complete -c interceptor -n __fish_use_subcommand -a {command.name} -d {quoted(command.help)}"
    for command in commands:
        here = f"complete -c interceptor -n '__fish_seen_subcommand_from {command.name}'"
        for argument in command.arguments:
            names = " ".join(
                f"-l {flag[2:]}" if flag.startswith("--") else f"-s {flag[1:]}" for flag in argument.flags
            )
            value = (
                f"-x -a {quoted(' '.join(argument.choices))}"
                if argument.choices
                else "-r -F"
                if argument.of_file
                else "-x"
                if argument.value
                else ""
            )
            if not argument.flags:
                value = "-F" if argument.of_file else value.removeprefix("-x ") if argument.choices else ""
                if not value:
                    continue
                yield f"{here} {value}"
                continue
            yield " ".join(part for part in (here, names, value, "-d", quoted(argument.gist)) if part)
