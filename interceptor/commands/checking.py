"""`interceptor check`: the configuration as it takes effect, and each hop tried.

Owns the order of the hops and what is said of each, in one line. Refuses to be cleverer than the daemon: a source is
tried by running it, the endpoint by sending it a batch without records, the proxy by the decision that uploads use.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from interceptor.capture.feed import Feed
from interceptor.capture.own_traffic import OwnTraffic
from interceptor.capture.source import State
from interceptor.capture.sources import make_sources
from interceptor.commands.terminal import printable
from interceptor.errors import InterceptorError
from interceptor.settings import add_flags, flags_of, load

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


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.description = (
        "Show the configuration that takes effect, and try each hop: sources (reachable, authenticated, may capture), "
        "the output, the proxy decision and the rule behind it, the endpoint and its TLS, the token. One line each. "
        "The exit status is 0 if all of them hold."
    )
    add_flags(parser)


def run(arguments: argparse.Namespace) -> int:
    """Check; returns the exit status."""
    settings = load(arguments.config, os.environ, flags_of(arguments))
    for key, value, origin in settings.effective():
        if origin != "default":
            _print("config", f"{key} = {value}  ({origin})")
    return asyncio.run(_check(settings, os.environ))


def _print(what: str, told: str) -> None:
    sys.stdout.write(f"{what:8}{printable(told)}\n")
    sys.stdout.flush()


async def _check(settings: Settings, environment: Mapping[str, str]) -> int:
    _quiet()
    status = 0
    async for hop in _hops(settings.config, environment):
        _print("ok" if hop.well else "FAILED", f"{hop.name}: {hop.told}")
        status |= not hop.well
    return status


def _quiet() -> None:
    """What the parts log is told here in one line."""
    import structlog

    structlog.configure(processors=[_drop], cache_logger_on_first_use=False)


def _drop(*_: object) -> dict[str, object]:
    import structlog

    raise structlog.DropEvent


async def _hops(options: config.Config, environment: Mapping[str, str]) -> AsyncIterator[_Hop]:
    yield _metadata(options.metadata)
    sources: Sequence[Source] = []
    if not options.capture.sources:
        # `run` refuses this; a relay's configuration says it, so that its way out can be tried alone.
        yield _Hop(well=True, name="sources", told="none are configured: nothing is captured here")
    else:
        try:
            sources = make_sources(options.capture, OwnTraffic())
        except InterceptorError as error:
            yield _Hop(well=False, name="sources", told=str(error))
    for source in sources:
        yield await _source(source)
    if options.output.path is not None:
        yield _output(options.output.path)
    elif options.endpoint is None:
        yield _Hop(well=False, name="output", told="records have nowhere to go: set endpoint or output.path")
    if options.endpoint is not None:
        async for hop in _endpoint(options, options.endpoint, environment):
            yield hop


def _metadata(options: config.Metadata) -> _Hop:
    """How much of the operator's words and routes is in force."""
    from interceptor.service import openings

    try:
        words, routes = openings.words(options), openings.routes(options)
    except InterceptorError as error:
        return _Hop(well=False, name="metadata", told=str(error))
    learning = (
        f"a word opens when {options.learn} clients have used it" if options.learn else "no word is learnt"
    )
    count = len(words.words | words.ambiguous | words.joined)
    hidden = f", {len(words.hidden)} hidden" if words.hidden else ""
    return _Hop(
        well=True,
        name="metadata",
        told=f"{count} words ({len(options.words)} of them yours{hidden}), {routes.count} routes; {learning}",
    )


async def _source(source: Source) -> _Hop:
    """Run it until it captures, or says why not."""
    name = f"source {source.url}"
    if not source.live:
        try:
            offers = await source.offers()
        except InterceptorError as error:
            return _Hop(well=False, name=name, told=str(error))
        return _Hop(well=True, name=name, told=f"can be read; {len(offers)} interfaces at its beginning")
    running = asyncio.get_running_loop().create_task(source.run(Feed(lambda _: None)))
    try:
        async with asyncio.timeout(_PATIENCE):
            while not (running.done() or _settled(source)):  # noqa: ASYNC110 - sources have state, no events
                await asyncio.sleep(_LOOK_SECONDS)
    except TimeoutError:
        pass
    hop = (
        _Hop(*_state(source, name))
        if not running.done()
        else _Hop(well=False, name=name, told=_reason(running))
    )
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


def _state(source: Source, name: str) -> tuple[bool, str, str]:
    watched = list(source.interfaces.values())
    capturing = [one for one in watched if one.state is State.CAPTURING]
    failed = [one for one in watched if one.state is State.FAILED]
    excluded = sum([one.state is State.EXCLUDED for one in watched])
    if capturing:
        return (
            True,
            name,
            f"captures {capturing[0].name}; {len(watched)} interfaces offered, {excluded} excluded",
        )
    if failed:
        return False, name, f"{failed[0].name}: {failed[0].reason}"
    if source.connected:
        return (
            False,
            name,
            (
                f"connected, but none of its {len(watched)} interfaces can be captured ({excluded} excluded); "
                "--capture-interfaces-include NAME includes one"
            ),
        )
    return False, name, source.problem


def _reason(running: asyncio.Task[None]) -> str:
    error = running.exception()
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return str(error) if error is not None else "has ended"


def _output(path: str) -> _Hop:
    name = f"output {path}"
    place = Path(path)
    if path != "-" and place.is_dir():
        return _Hop(well=False, name=name, told="cannot be written: is a folder")
    if path == "-" or os.access(place if place.exists() else place.parent, os.W_OK):
        return _Hop(well=True, name=name, told="can be written")
    return _Hop(well=False, name=name, told="cannot be written: no such folder, or no permission")


async def _endpoint(
    options: config.Config, endpoint: str, environment: Mapping[str, str]
) -> AsyncIterator[_Hop]:
    from interceptor.delivery.proxies import deciding
    from interceptor.delivery.sender import Outcome, Sender
    from interceptor.delivery.transport import Transport
    from interceptor.service.outbound import origin

    try:
        decisions, warnings = deciding(endpoint, options.proxy, environment)
        for warning in warnings:
            yield _Hop(well=True, name="proxy", told=f"warning: {warning}")
        yield _Hop(well=True, name="proxy", told=f"{endpoint} {decisions.current()}")
        transport = Transport(
            endpoint, decisions, options.tls, options.proxy.ca_file, options.upload.timeout_seconds
        )
        sender = Sender(options, transport)
    except InterceptorError as error:
        yield _Hop(well=False, name="endpoint", told=str(error))
        return
    try:
        answered = await sender.probe(origin(options), time.time())
    finally:
        await transport.close()
    outcome, told = answered.outcome, answered.told
    taken = outcome in {Outcome.DELIVERED, Outcome.DUPLICATE}
    reached = taken or outcome is Outcome.AUTH
    encrypted = endpoint.lower().startswith("https://")
    yield _Hop(
        well=reached,
        name="endpoint",
        told=f"{'answers, its certificate is good' if encrypted else 'answers, in plain text'}"
        if reached
        else told,
    )
    secret = options.token is not None
    if not reached:
        yield _Hop(well=False, name="token", told="not tried")
    elif taken:
        yield _Hop(well=True, name="token", told="accepted" if secret else "none, and none is wanted")
    else:
        yield _Hop(well=False, name="token", told=told if secret else f"none is configured, and {told}")
