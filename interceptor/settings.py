"""Where the configuration comes from: a YAML file, `INTERCEPTOR_*` variables, command-line flags.

Owns the three spellings of an option's name, all derived from `config.Config`, the order in which they win
(flag over variable over file), and what is said of a mistake: one line with the place and, for a name, the
nearest one that exists. Refuses meaning: which values an option may have is the model's.

    proxy.no_proxy      in the file, under `proxy:`
    INTERCEPTOR_PROXY_NO_PROXY
    --proxy-no-proxy

A secret has no flag: the arguments of a process are there for everybody to read. Its `_file` has one. Of a secret
and its file the one from the later place wins; both in one place are a contradiction.
"""

from __future__ import annotations

import re
import typing
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Any, Final, Literal

import yaml
from pydantic import BaseModel, SecretStr, ValidationError

from interceptor.config import Config
from interceptor.errors import UsageError, nearest

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Mapping

__all__ = ["Option", "Settings", "add_flags", "changes", "flags_of", "load", "options"]

_PREFIX: Final = "INTERCEPTOR_"
CONFIG_VARIABLE: Final = "INTERCEPTOR_CONFIG"
"""Names the file, as `--config` does."""
LANE_VARIABLE: Final = "INTERCEPTOR_PURE"
"""Is no option: it is read before anything else of the program (`interceptor.__init__`)."""

_SERVICE_LINK: Final = re.compile(
    r"_SERVICE_(HOST|PORT(_\w+)?)$|_PORT(_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?$"
)
"""What Kubernetes puts into the environment of every container for a service called `interceptor…`."""
_SERVICE_URL: Final = re.compile(r"(tcp|udp|sctp)://")
_LONGEST_SHOWN: Final = 60
_SECRET_FILE_BYTES: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class Option:
    """One leaf of the model, and how it is called."""

    path: tuple[str, ...]
    help: str
    default: object
    secret: bool
    several: bool
    """A list: a variable and a flag separate its items by commas."""
    optional: bool
    """May be absent: so it is where its text is empty."""
    choices: tuple[str, ...]

    @property
    def key(self) -> str:
        """As documents call it."""
        return ".".join(self.path)

    @property
    def variable(self) -> str:
        """In the environment."""
        return _PREFIX + "_".join(self.path).upper()

    @property
    def flag(self) -> str:
        """On the command line."""
        return "--" + "-".join(self.path).replace("_", "-")


@dataclass(frozen=True, slots=True)
class Settings:
    """A valid configuration, and where each value that is not a default was found."""

    config: Config
    origins: Mapping[str, str]
    """By key: `config.yaml:12`, `INTERCEPTOR_TOKEN`, `--server-port`."""

    def effective(self) -> Iterator[tuple[str, str, str]]:
        """(key, value, origin) of every option, secrets masked."""
        for option in options():
            yield (
                option.key,
                _shown(_value(self.config, option), option),
                self.origins.get(option.key, "default"),
            )


def changes(before: Config, after: Config) -> list[str]:
    """The keys of the options that differ."""
    return [option.key for option in options() if _value(before, option) != _value(after, option)]


def _value(config: Config, option: Option) -> object:
    value: object = config
    for name in option.path:
        value = getattr(value, name)
    return value


def _shown(value: object, option: Option) -> str:
    if option.secret and value:
        return "***"
    match value:
        case None:
            return "-"
        case tuple():
            return ",".join(str(item) for item in value) or "(none)"
        case bool():
            return str(value).lower()
    return str(value) or "(empty)"


@cache
def options() -> tuple[Option, ...]:
    """Every option, in the model's order."""
    return tuple(_options(Config, ()))


def _options(model: type[BaseModel], prefix: tuple[str, ...]) -> Iterator[Option]:
    for name, field in model.model_fields.items():
        path = (*prefix, name)
        kinds = list(_kinds(field.annotation))
        section = next(
            (kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)), None
        )
        if section is not None:
            yield from _options(section, path)
            continue
        yield Option(
            path=path,
            help=" ".join((field.description or "").split()),
            default=field.default,
            secret=SecretStr in kinds,
            several=tuple in kinds,
            optional=NoneType in kinds,
            choices=tuple(kind for kind in kinds if isinstance(kind, str)) if int not in kinds else (),
        )


def _kinds(annotation: Any) -> Iterator[Any]:
    """What an annotation is made of: `tuple[SecretStr, ...]` is `tuple` and `SecretStr`; literals are their values."""
    origin = typing.get_origin(annotation)
    if origin in {typing.Union, UnionType}:
        for part in typing.get_args(annotation):
            yield from _kinds(part)
    elif origin is Literal:
        yield from typing.get_args(annotation)
    elif origin is not None:
        yield origin
        for part in typing.get_args(annotation):
            yield from _kinds(part)
    else:
        yield annotation


# Flags


def add_flags(parser: argparse.ArgumentParser, defaults: Mapping[str, object] | None = None) -> None:
    """Give a command `--config` and a flag for every option that is no secret.

    `defaults` are the command's own, by key; `load` wants the same.
    """
    defaults = defaults or {}
    parser.usage = f"{parser.prog} [-h] [--config FILE] [--OPTION VALUE]..."
    parser.add_argument(
        "--config", metavar="FILE", help=f"YAML file with options ({CONFIG_VARIABLE} names it too)"
    )
    group = parser.add_argument_group(
        "options",
        "Each is also a key of the file (proxy.no_proxy) and a variable (INTERCEPTOR_PROXY_NO_PROXY); "
        "flags win over variables, variables over the file. Lists are separated by commas.",
    )
    for option in options():
        if option.secret:
            continue
        shown = _shown(defaults.get(option.key, option.default), option)
        text = f"{option.help} (default: {shown})" if shown not in {"-", "(empty)"} else option.help
        group.add_argument(
            option.flag,
            dest=option.key,
            metavar="|".join(option.choices)
            or (
                "true|false"
                if isinstance(option.default, bool)
                else option.path[-1].rpartition("_")[2].upper()
            ),
            help=text.strip().replace("%", "%%"),
        )


def flags_of(arguments: argparse.Namespace) -> dict[str, str]:
    """The flags that were given, by key."""
    given = vars(arguments)
    return {option.key: given[option.key] for option in options() if given.get(option.key) is not None}


# Loading


@dataclass(frozen=True, slots=True)
class _Found:
    """A value and its place."""

    value: object
    place: str


_Layer = dict[tuple[str, ...], _Found]


def load(
    path: str | Path | None = None,
    environment: Mapping[str, str] | None = None,
    flags: Mapping[str, str] | None = None,
    defaults: Mapping[str, object] | None = None,
) -> Settings:
    """Read the configuration. `defaults` are a command's own, by key.

    Raises:
        UsageError: one line that says what is wrong and where.

    """
    environment = environment if environment is not None else {}
    path = path if path is not None else environment.get(CONFIG_VARIABLE) or None
    found: _Layer = {
        tuple(key.split(".")): _Found(value, "default") for key, value in (defaults or {}).items()
    }
    for layer in (
        _from_file(Path(path)) if path is not None else {},
        _from_environment(environment),
        _from_flags(flags or {}),
    ):
        _put_over(found, layer)
    config = _validated(_with_secrets(found), found)
    return Settings(config, {".".join(at): one.place for at, one in found.items()})


def _from_file(path: Path) -> _Layer:
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise UsageError(f"{path}: is no text in UTF-8") from error
    layer: _Layer = {}
    try:
        loader = yaml.SafeLoader(text)
        root = loader.get_single_node()
        if root is not None and root.tag != "tag:yaml.org,2002:null":
            _read_section(loader, root, Config, (), path, layer)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"{path}:{mark.line + 1}" if mark else f"{path}"
        raise UsageError(f"{where}: is no YAML: {error.problem or error.context}") from None
    except yaml.YAMLError as error:
        raise UsageError(f"{path}: is no YAML: {str(error).splitlines()[0]}") from None
    except RecursionError:
        raise UsageError(f"{path}: is no YAML: it is nested too deeply") from None
    return layer


def _read_section(
    loader: yaml.SafeLoader,
    node: yaml.Node,
    model: type[BaseModel],
    prefix: tuple[str, ...],
    path: Path,
    layer: _Layer,
) -> None:
    """Add what a mapping says, down to the options."""
    where = f"{path}:{node.start_mark.line + 1}"
    name = ".".join(prefix) or "the file"
    if not isinstance(node, yaml.MappingNode):
        if isinstance(node, yaml.ScalarNode) and node.tag == "tag:yaml.org,2002:null":
            return  # `proxy:` with nothing below it
        raise UsageError(
            f"{where}: {name}: got {_kind_of_node(node)}, wanted keys: {', '.join(model.model_fields)}"
        )
    seen: dict[str, int] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        key = str(key_node.value) if isinstance(key_node, yaml.ScalarNode) else "?"
        at = (*prefix, key)
        place = f"{path}:{line}"
        if key in seen:
            raise UsageError(f"{place}: {'.'.join(at)}: is here a second time, first in line {seen[key]}")
        seen[key] = line
        field = model.model_fields.get(key)
        if field is None:
            raise UsageError(f"{place}: {'.'.join(at)}: no such key{_nearest_key(at)}")
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            _read_section(loader, value_node, field.annotation, at, path, layer)
        else:
            try:
                value = loader.construct_object(value_node, deep=True)
            except ValueError as error:  # what only looks like a date or a number: 2024-99-99, 0b_
                raise UsageError(f"{place}: {'.'.join(at)}: is no value of YAML's: {error}") from None
            for text in value if isinstance(value, list) else [value]:
                if isinstance(text, str) and "\0" in text:  # "a\0b", which no path, filter or name can hold
                    raise UsageError(f"{place}: {'.'.join(at)}: has a NUL character")
            layer[at] = _Found(value, place)


def _kind_of_node(node: yaml.Node) -> str:
    return "a list" if isinstance(node, yaml.SequenceNode) else "a single value"


def _nearest_key(at: tuple[str, ...]) -> str:
    keys = [option.key for option in options()] + list(Config.model_fields)
    wanted = ".".join(at)
    # or the right name in the wrong section
    elsewhere = (f"; did you mean {key}?" for key in keys if key.rpartition(".")[2] == at[-1])
    return nearest(wanted, keys) or next(elsewhere, "")


def _from_environment(environment: Mapping[str, str]) -> _Layer:
    known = {option.variable: option for option in options()}
    layer: _Layer = {}
    for name, text in environment.items():
        if not name.startswith(_PREFIX) or name in {CONFIG_VARIABLE, LANE_VARIABLE}:
            continue
        option = known.get(name)
        if _SERVICE_LINK.search(name) and (option is None or _SERVICE_URL.match(text)):
            continue
        if option is None:
            raise UsageError(f"{name}: no such variable{nearest(name, known)}")
        layer[option.path] = _Found(_from_text(option, text), name)
    return layer


def _from_flags(flags: Mapping[str, str]) -> _Layer:
    return {
        option.path: _Found(_from_text(option, flags[option.key]), option.flag)
        for option in options()
        if option.key in flags
    }


def _from_text(option: Option, text: str) -> object:
    if option.several:
        return [item.strip() for item in text.split(",") if item.strip()]
    if option.optional and not text:
        return None
    return text


def _put_over(found: _Layer, layer: _Layer) -> None:
    """Let a later layer win, a secret over the file that held it and the other way round."""
    for at in layer:
        partner = _partner(at)
        if partner is not None and partner in layer:
            raise UsageError(
                f"{layer[at].place}: {'.'.join(at)}: contradicts {'.'.join(partner)} at {layer[partner].place}; one of them"
            )
    for at, one in layer.items():
        found[at] = one
        partner = _partner(at)
        if partner is not None:
            found.pop(partner, None)


@cache
def _secrets() -> dict[tuple[str, ...], tuple[str, ...]]:
    """The file of each secret that can come from one."""
    paths = {option.path for option in options()}
    files = {
        option.path: (*option.path[:-1], f"{option.path[-1]}_file")
        for option in options()
        if option.secret and not option.several
    }
    return {secret: file for secret, file in files.items() if file in paths}


@cache
def _partner(at: tuple[str, ...]) -> tuple[str, ...] | None:
    """The other of a secret and its file."""
    pairs = _secrets()
    return pairs.get(at) or next((secret for secret, file in pairs.items() if file == at), None)


def _with_secrets(found: _Layer) -> _Layer:
    """Add the secrets that are in files."""
    complete = dict(found)
    for secret, file in _secrets().items():
        one = found.get(file)
        if one is None or not isinstance(one.value, str):
            continue
        try:
            with Path(one.value).open("rb") as opened:
                held = opened.read(_SECRET_FILE_BYTES + 1)
            text = held.decode()
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is no text"
            raise UsageError(f"{one.place}: {'.'.join(file)}: cannot read {one.value}: {reason}") from None
        text = text.rstrip("\r\n")
        if not text or len(held) > _SECRET_FILE_BYTES:
            what = "holds no secret" if not text else "is too long for a secret"
            raise UsageError(f"{one.place}: {'.'.join(file)}: {one.value} {what}")
        complete[secret] = _Found(text, one.place)
    return complete


def _validated(values: _Layer, found: _Layer) -> Config:
    nested: dict[str, Any] = {}
    for at, one in values.items():
        section = nested
        for name in at[:-1]:
            section = section.setdefault(name, {})
        section[at[-1]] = one.value
    try:
        return Config.model_validate(nested)
    except ValidationError as error:
        problems = error.errors(include_url=False, include_context=False)
        # The reason is ours: a cause would show the input.
        raise UsageError(_problem(problems, found)) from None


def _problem(problems: list[Any], found: _Layer) -> str:
    """The first of them in one line."""
    location = tuple(str(part) for part in problems[0]["loc"])
    by_path = {option.path: option for option in options()}
    at = next((location[:end] for end in range(len(location), 0, -1) if location[:end] in by_path), location)
    one = found.get(at) or _Found(None, "configuration")
    value = one.value
    if isinstance(value, list) and location[len(at) :]:
        value = value[int(location[len(at)])]
    wanted = _WANTED.get(problems[0]["type"]) or re.sub(
        r"^(Input should be|Value error,) ", "", problems[0]["msg"]
    )
    got = _got(value, secret=at not in by_path or by_path[at].secret)
    more = len({problem["loc"][:3] for problem in problems}) - 1
    others = f" (and {more} more)" if more else ""
    return f"{one.place}: {'.'.join(at)}: got {got}, wanted {wanted}{others}"


_WANTED: Final = {
    "bool_parsing": "true or false",
    "bool_type": "true or false",
    "float_parsing": "a number",
    "float_type": "a number",
    "int_from_float": "an integer",
    "int_parsing": "an integer",
    "int_type": "an integer",
    "path_type": "a path",
    "string_type": "a text",
    "tuple_type": "a list",
}
"""What pydantic calls a mistake, and what we do. Other messages of pydantic's name a bound or the choices."""


def _got(value: object, *, secret: bool) -> str:
    kind = {
        bool: "a truth value",
        int: "a number",
        float: "a number",
        str: "the text",
        list: "a list",
        dict: "keys",
        NoneType: "nothing",
    }.get(type(value), f"a {type(value).__name__}")
    if secret or not isinstance(value, bool | int | float | str):
        return "a text" if kind == "the text" else kind
    shown = repr(value)
    return f"{kind} {shown if len(shown) <= _LONGEST_SHOWN else shown[:_LONGEST_SHOWN] + '…'}"
