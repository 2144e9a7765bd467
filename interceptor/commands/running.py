"""`interceptor run`: the configuration, and the daemon in an event loop."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING, Final

from interceptor.capture.descriptors import allow_descriptors
from interceptor.service import logs
from interceptor.settings import add_flags, flags_of, load

if TYPE_CHECKING:
    import argparse

    from interceptor.settings import Settings

__all__ = ["add_arguments", "run"]

_DESCRIPTORS: Final = 16_384
"""For a thousand captures and everybody who connects to us, several times over. Many systems begin with 1,024."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.description = (
        "Follow the interfaces of the sources, understand the HTTP traffic on them, and send records of it to a file "
        "or an endpoint. Serves /metrics, /healthz and /readyz. SIGTERM ends it in order, SIGHUP reads the "
        "configuration again."
    )
    add_flags(parser)


def run(arguments: argparse.Namespace) -> int:
    """Run the daemon; returns the exit status."""

    def settings() -> Settings:
        return load(arguments.config, os.environ, flags_of(arguments))

    loaded = settings()
    allow_descriptors(_DESCRIPTORS)
    repetitions = logs.Repetitions()
    logs.configure(loaded.config.log.level, repetitions=repetitions)

    async def daemon() -> int:
        from interceptor.service.daemon import Daemon

        return await Daemon(loaded, settings, repetitions).run()

    return asyncio.run(daemon())
