"""`interceptor check`: the configuration as it takes effect, and each hop tried.

Owns the order of the hops and what is said of each, in one line, with the flag that mends it where it fails. Refuses to
be cleverer than the daemon: a source is tried by running it, the endpoint by sending it a batch without records, the
proxy by the decision that uploads use.

For programs one JSON object: `{"configuration": [{"key", "value", "origin"}], "hops": [{"ok", "name", "told", "mend"}],
"ok"}`; `mend` is null where nothing has to be mended.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from interceptor.capture.feed import Feed
from interceptor.capture.own_traffic import OwnTraffic
from interceptor.capture.source import State
from interceptor.capture.sources import make_sources
from interceptor.commands.terminal import add_format, printable
from interceptor.errors import InterceptorError
from interceptor.settings import add_flags, flags_of, load, options

if TYPE_CHECKING:
    import argparse
    from collections.abc import AsyncIterator, Mapping, Sequence

    from interceptor import config
    from interceptor.capture.source import Source
    from interceptor.settings import Settings

__all__ = ["add_arguments", "run"]

_PATIENCE: Final = 10.0
"""Seconds for a source to capture its first interface."""
_LOOK_SECONDS: Final = 0.05


class _Hop(NamedTuple):
    """What came of one."""

    well: bool
    name: str
    told: str
    mend: str | None = None
    """What to do, where that is not in `told`."""


_SOURCES: Final = "--capture-sources says where to capture"
_MENDS: Final = (
    # what the reason of a source that fails has in it, and what to do then
    ("uthentication failed", "--capture-user and --capture-password-file say as whom"),
    ("certificate", "--capture-ca-file names who vouches for it"),
    ("ermission", "capturing takes root or CAP_NET_RAW, here or of the rpcapd"),
    ("ermitted", "capturing takes root or CAP_NET_RAW, here or of the rpcapd"),
)
_SOMEWHERE: Final = "--endpoint URL or --output-path FILE says where to"
_TOKEN: Final = "--token-file names the file that has it"  # noqa: S105 - none itself
_OUTPUT: Final = "--output-path names another"
_PROXY: Final = (
    "--proxy-url-file names the file with its user and password, --proxy-no-proxy who is reached without it"
)
_AUTHORITY: Final = "--tls-ca-file names who vouches for it"
_ENDPOINT: Final = "--endpoint says where it is, --proxy-url-file and --proxy-no-proxy the way"
_KEY: Final = re.compile(r"([a-z_]+(?:\.[a-z_]+)*)[: ]")
"""What a complaint about an option begins with."""


def _flagged(told: str, otherwise: str) -> str:
    """The flag of the option that is complained about; what to do `otherwise`, where it is about none."""
    key = _KEY.match(told)
    for option in options():
        if key is not None and option.key == key[1]:
            return f"{option.flag}-file says it" if option.secret else f"{option.flag} says it"
    return otherwise


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.description = (
        "Show the configuration that takes effect, and try each hop: sources (reachable, authenticated, may capture), "
        "the output, what a relay may read of its cluster, the proxy decision and the rule behind it, the endpoint and its "
        "TLS, the token. One line each. "
        "The exit status is 0 if all of them hold."
    )
    add_format(parser)
    add_flags(parser)
    parser.usage = f"{parser.prog} [-h] [--format text|json] [--config FILE] [--OPTION VALUE]..."


def run(arguments: argparse.Namespace) -> int:
    """Check; returns the exit status."""
    settings = load(arguments.config, os.environ, flags_of(arguments))
    return asyncio.run(_check(settings, os.environ, _Objects() if arguments.format == "json" else _Lines()))


class _Report(Protocol):
    """Where it is said."""

    def option(self, key: str, value: str, origin: str) -> None:
        """Say that an option is no default."""

    def hop(self, hop: _Hop) -> None:
        """Say what came of a hop."""

    def end(self) -> None:
        """Say that this was all."""


class _Lines:
    """For people, as it comes."""

    def option(self, key: str, value: str, origin: str) -> None:
        _print("config", f"{key} = {value}  ({origin})")

    def hop(self, hop: _Hop) -> None:
        mend = f"; {hop.mend}" if hop.mend else ""
        _print("ok" if hop.well else "FAILED", f"{hop.name}: {hop.told}{mend}")

    def end(self) -> None:
        pass


class _Objects:
    """For programs, in the end."""

    def __init__(self) -> None:
        self._options: list[dict[str, str]] = []
        self._hops: list[dict[str, object]] = []

    def option(self, key: str, value: str, origin: str) -> None:
        self._options.append({"key": key, "value": value, "origin": origin})

    def hop(self, hop: _Hop) -> None:
        self._hops.append({"ok": hop.well, "name": hop.name, "told": hop.told, "mend": hop.mend})

    def end(self) -> None:
        well = all(hop["ok"] for hop in self._hops)
        report = {"configuration": self._options, "hops": self._hops, "ok": well}
        sys.stdout.write(json.dumps(report) + "\n")
        sys.stdout.flush()


def _print(what: str, told: str) -> None:
    sys.stdout.write(f"{what:8}{printable(told)}\n")
    sys.stdout.flush()


async def _check(settings: Settings, environment: Mapping[str, str], report: _Report) -> int:
    _quiet()
    status = 0
    for key, value, origin in settings.effective():
        if origin != "default":
            report.option(key, value, origin)
    async for hop in _hops(settings.config, environment):
        report.hop(hop)
        status |= not hop.well
    report.end()
    return status


def _quiet() -> None:
    """What the parts log is told here in one line."""
    import structlog

    structlog.configure(processors=[_drop], cache_logger_on_first_use=False)


def _drop(*_: object) -> dict[str, object]:
    import structlog

    raise structlog.DropEvent


async def _hops(settings: config.Config, environment: Mapping[str, str]) -> AsyncIterator[_Hop]:
    yield _metadata(settings.metadata)
    sources: Sequence[Source] = []
    if not settings.capture.sources:
        # `run` refuses this; a relay's configuration says it, so that its way out can be tried alone.
        yield _Hop(well=True, name="sources", told="none are configured: nothing is captured here")
    else:
        try:
            sources = make_sources(settings.capture, OwnTraffic())
        except InterceptorError as error:
            yield _Hop(False, "sources", str(error), _flagged(str(error), _SOURCES))
    for source in sources:
        yield await _source(source)
    if settings.output.path is not None:
        yield _output(settings.output.path)
    elif settings.endpoint is None:
        told = "records have nowhere to go: set endpoint or output.path"
        yield _Hop(False, "output", told, _SOMEWHERE)
    if settings.kubernetes.enabled:
        async for hop in _kubernetes(settings.kubernetes, environment):
            yield hop
    if settings.kubernetes.enabled or settings.names or _narrowed(settings.kubernetes):
        yield await asyncio.to_thread(_names, settings)
    if settings.endpoint is not None:
        async for hop in _endpoint(settings, settings.endpoint, environment):
            yield hop


def _metadata(settings: config.Metadata) -> _Hop:
    """How much of the operator's words and routes is in force."""
    from interceptor.service import openings

    try:
        words, routes = openings.words(settings), openings.routes(settings)
    except InterceptorError as error:
        return _Hop(False, "metadata", str(error), _flagged(str(error), "--metadata-openapi names others"))
    learning = (
        f"a word opens when {settings.learn} clients have used it" if settings.learn else "no word is learnt"
    )
    count = len(words.words | words.ambiguous | words.joined)
    hidden = f", {len(words.hidden)} hidden" if words.hidden else ""
    return _Hop(
        well=True,
        name="metadata",
        told=f"{count} words ({len(settings.words)} of them yours{hidden}), {routes.count} routes; {learning}",
    )


async def _source(source: Source) -> _Hop:
    """Run it until it captures, or says why not."""
    name = f"source {source.url}"
    if not source.live:
        try:
            offers = await source.offers()
        except InterceptorError as error:
            return _Hop(False, name, str(error), _mend_of_source(str(error)))
        return _Hop(well=True, name=name, told=f"can be read; {len(offers)} interfaces at its beginning")
    running = asyncio.get_running_loop().create_task(source.run(Feed(lambda _: None)))
    try:
        async with asyncio.timeout(_PATIENCE):
            while not (running.done() or _settled(source)):  # noqa: ASYNC110 - sources have state, no events
                await asyncio.sleep(_LOOK_SECONDS)
    except TimeoutError:
        pass
    hop = _state(source, name) if not running.done() else _failed(name, _reason(running))
    running.cancel()
    with suppress(asyncio.CancelledError, Exception):
        await running
    return hop


def _settled(source: Source) -> bool:
    """Whether more waiting would tell nothing new."""
    states = [one.state for one in source.interfaces.values()]
    if State.CAPTURING in states:
        return True
    # a first failure is reported when the first try has ended
    tried = source.problem not in {"", "has not been connected yet", "has not begun yet"}
    return (source.connected and bool(states) and State.WAITING not in states) or (
        not source.connected and tried
    )


def _state(source: Source, name: str) -> _Hop:
    watched = list(source.interfaces.values())
    capturing = [one for one in watched if one.state is State.CAPTURING]
    failed = [one for one in watched if one.state is State.FAILED]
    excluded = sum([one.state is State.EXCLUDED for one in watched])
    if capturing:
        told = f"captures {capturing[0].name}; {len(watched)} interfaces offered, {excluded} excluded"
        return _Hop(well=True, name=name, told=told)
    if failed:
        return _failed(name, f"{failed[0].name}: {failed[0].reason}")
    if source.connected:
        told = f"connected, but none of its {len(watched)} interfaces can be captured ({excluded} excluded)"
        return _Hop(False, name, told, "--capture-interfaces-include NAME includes one")
    return _failed(name, source.problem)


def _failed(name: str, told: str) -> _Hop:
    return _Hop(False, name, told, _mend_of_source(told))


def _mend_of_source(told: str) -> str | None:
    """What to do about a source, by the words of its reason; nothing where a flag is among them."""
    if " --" in told:
        return None
    return next((mend for words, mend in _MENDS if words in told), _flagged(told, _SOURCES))


def _reason(running: asyncio.Task[None]) -> str:
    error = running.exception()
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return str(error) if error is not None else "has ended"


async def _kubernetes(settings: config.Kubernetes, environment: Mapping[str, str]) -> AsyncIterator[_Hop]:
    """What a relay may read of the cluster, and how much there is."""
    from interceptor.kubernetes.api import Api, ApiError
    from interceptor.kubernetes.objects import RESOURCES, NoListError, page

    try:
        api = Api(settings.credentials, environment)
    except InterceptorError as error:
        yield _Hop(False, "kubernetes", str(error), "--kubernetes-enabled false does without")
        return
    try:
        for resource in RESOURCES:
            name = f"kubernetes {resource.plural}"
            try:
                found = page(resource, await api.page(resource, 1))
            except (ApiError, NoListError) as error:
                yield _Hop(False, name, str(error), "--kubernetes-enabled false does without")
            else:
                yield _Hop(well=True, name=name, told=f"{len(found.objects) + found.left} can be read")
    finally:
        await api.close()


def _narrowed(settings: config.Kubernetes) -> bool:
    return settings.namespaces.include != ("*",) or bool(settings.namespaces.exclude)


def _names(settings: config.Config) -> _Hop:
    """What a relay knows without asking anybody, and what it leaves out."""
    from interceptor.kubernetes.given import Given
    from interceptor.kubernetes.history import History
    from interceptor.service.names import FILE, wanted_namespaces

    try:
        wanted_namespaces(settings)
        Given(settings.names)
    except InterceptorError as error:
        return _Hop(False, "names", str(error), _flagged(str(error), "--names gives some"))
    past = sum(len(piece.held) for piece in History(settings.spool.directory / FILE).read())
    told = f"{len(settings.names)} in the configuration"
    if settings.kubernetes.enabled:
        told += (
            f"; of {past:,} addresses it is remembered who had them"
            if past
            else "; nothing is remembered yet"
        )
    chosen = settings.kubernetes.namespaces
    if _narrowed(settings.kubernetes):
        told += f"; sent on are namespaces {', '.join(chosen.include) or 'none'}"
        told += f", never {', '.join(chosen.exclude)}" if chosen.exclude else ""
    return _Hop(well=True, name="names", told=told)


def _output(path: str) -> _Hop:
    name = f"output {path}"
    place = Path(path)
    if path != "-" and place.is_dir():
        return _Hop(well=False, name=name, told="cannot be written: is a folder", mend=_OUTPUT)
    if path == "-" or os.access(place if place.exists() else place.parent, os.W_OK):
        return _Hop(well=True, name=name, told="can be written")
    return _Hop(False, name, "cannot be written: no such folder, or no permission", _OUTPUT)


async def _endpoint(
    settings: config.Config, endpoint: str, environment: Mapping[str, str]
) -> AsyncIterator[_Hop]:
    from interceptor.delivery.proxies import deciding
    from interceptor.delivery.sender import Outcome, Sender
    from interceptor.delivery.transport import Transport
    from interceptor.service.outbound import origin

    try:
        decisions, warnings = deciding(endpoint, settings.proxy, environment)
        for warning in warnings:
            yield _Hop(well=True, name="proxy", told=f"warning: {warning}")
        yield _Hop(well=True, name="proxy", told=f"{endpoint} {decisions.current()}")
        transport = Transport(
            endpoint, decisions, settings.tls, settings.proxy.ca_file, settings.upload.timeout_seconds
        )
        sender = Sender(settings, transport)
    except InterceptorError as error:
        yield _Hop(False, "endpoint", str(error), _flagged(str(error), _ENDPOINT))
        return
    try:
        answered = await sender.probe(origin(settings), time.time())
    finally:
        await transport.close()
    outcome, told = answered.outcome, answered.told
    taken = outcome in {Outcome.DELIVERED, Outcome.DUPLICATE}
    reached = taken or outcome is Outcome.AUTH
    encrypted = endpoint.lower().startswith("https://")
    if reached:
        good = "answers, its certificate is good" if encrypted else "answers, in plain text"
        yield _Hop(well=True, name="endpoint", told=good)
    else:
        mend = _PROXY if outcome is Outcome.PROXY else _AUTHORITY if "certificate" in told else _ENDPOINT
        yield _Hop(False, "endpoint", told, mend)
    if not reached:
        yield _Hop(well=False, name="token", told="not tried")
    elif taken:
        accepted = settings.token is not None
        yield _Hop(well=True, name="token", told="accepted" if accepted else "none, and none is wanted")
    else:
        yield _Hop(False, "token", told if settings.token else f"none is configured, and {told}", _TOKEN)
