"""The import rule: which room may know which."""

from __future__ import annotations

import ast
import fnmatch
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("interceptor", "rpcapd_client")

PURE = {
    "core.model": set(),
    "core.budget": {"core.model"},
    "core.packets.fragments": {"core.model"},
    "core.protocols.http1.patterns": set(),
    "core.protocols.http1.layouts": {"core.model", "core.protocols.http1.patterns"},
    "core.records.vocabulary": set(),
    "core.records.words": {"core.records.registered", "core.records.vocabulary"},
    "core.records.routes": set(),
    "core.records.learning": set(),
    "core.records.templates": {
        "core.records.vocabulary",
        "core.records.words",
        "core.records.routes",
        "core.records.learning",
    },
    "core.protocols.http1.heads": {"core.model", "core.protocols.http1.layouts"},
    "core.packets.frames": {"core.model"},
    "core.packets.link_names": set(),
    "core.packets.radio": {"core.model"},
    "core.packets.links": {"core.model", "core.packets.radio"},
    "core.packets.tunnels": {"core.model", "core.packets.links"},
    "core.packets.datagrams": {"core.model"},
    "core.packets.decode": {
        "core.model",
        "core.packets.datagrams",
        "core.packets.fragments",
        "core.packets.links",
        "core.packets.tunnels",
    },
    "core.packets.dealing": {"core.model"},
    "core.packets.shares": {
        "core.model",
        "core.packets.dealing",
        "core.packets.decode",
        "core.packets.frames",
        "core.packets.radio",
    },
    "core.tcp.reassembly": {"core.model", "core.budget", "core.protocols.conversation"},
    "core.protocols.http1.parser": {
        "core.budget",
        "core.model",
        "core.protocols.http1.heads",
        "core.protocols.http1.layouts",
    },
    "core.protocols.conversation": {"core.model"},
    "core.protocols.opaque": {"core.model", "core.protocols.conversation"},
    "core.protocols.ledger": {"core.model", "core.protocols.http1.parser"},
    "core.protocols.foreign": {
        "core.model",
        "core.protocols.conversation",
        "core.protocols.ledger",
        "core.protocols.opaque",
        "core.protocols.tls.recognition",
    },
    "core.protocols.recognition": {
        "core.protocols.foreign",
        "core.protocols.ledger",
        "core.protocols.signatures",
        "core.model",
        "core.protocols.conversation",
        "core.protocols.http1.heads",
        "core.protocols.http1.pairing",
        "core.protocols.http1.parser",
        "core.protocols.http1.recognition",
        "core.protocols.http2.conversation",
        "core.protocols.http2.recognition",
        "core.protocols.http2.streams",
        "core.protocols.opaque",
        "core.protocols.proxied",
        "core.protocols.tls.recognition",
        "core.protocols.tls.session",
        "core.protocols.socks",
        "core.protocols.tunnel",
        "core.protocols.websocket.handshake",
        "core.protocols.websocket.session",
    },
    "core.protocols.tunnel": {"core.budget", "core.model", "core.protocols.conversation"},
    "core.protocols.socks": {
        "core.budget",
        "core.model",
        "core.protocols.conversation",
        "core.protocols.opaque",
        "core.protocols.tunnel",
    },
    "core.protocols.websocket.frames": {"core.model"},
    "core.protocols.websocket.handshake": {"core.model"},
    "core.protocols.websocket.session": {
        "core.budget",
        "core.model",
        "core.protocols.conversation",
        "core.protocols.websocket.frames",
        "core.protocols.websocket.handshake",
    },
    "core.protocols.http2.recognition": {
        "core.model",
        "core.protocols.conversation",
        "core.protocols.http2.finding",
        "core.protocols.http2.hpack",
    },
    "core.protocols.signatures": set(),
    "core.protocols.tls.hellos": set(),
    "core.protocols.tls.certificates": set(),
    "core.protocols.tls.layer": {"core.model"},
    "core.protocols.tls.fingerprints": {"core.protocols.tls.hellos"},
    "core.protocols.tls.recognition": {
        "core.model",
        "core.protocols.conversation",
        "core.protocols.tls.layer",
    },
    "core.protocols.tls.session": {
        "core.budget",
        "core.model",
        "core.protocols.conversation",
        "core.protocols.tls.certificates",
        "core.protocols.tls.hellos",
        "core.protocols.tls.layer",
    },
    "core.protocols.http1.pairing": {
        "core.model",
        "core.protocols.conversation",
        "core.protocols.http1.parser",
    },
    "core.protocols.proxied": {
        "core.budget",
        "core.model",
        "core.protocols.conversation",
        "core.protocols.opaque",
    },
    "core.protocols.http1.recognition": {
        "core.model",
        "core.protocols.http1.heads",
        "core.protocols.http1.layouts",
        "core.protocols.http1.parser",
        "core.protocols.proxied",
    },
    "core.protocols.http2.huffman": {"core.protocols.http2.tables"},
    "core.protocols.http2.tables": set(),
    "core.protocols.http2.shifts": {"core.model", "core.protocols.http2.tables"},
    "core.protocols.http2.hpack": {
        "core.model",
        "core.protocols.http2.huffman",
        "core.protocols.http2.shifts",
        "core.protocols.http2.tables",
    },
    "core.protocols.http2.finding": {"core.model"},
    "core.protocols.http2.frames": {"core.model", "core.protocols.http2.finding"},
    "core.protocols.http2.fields": {"core.model", "core.protocols.http2.tables"},
    "core.protocols.http2.grpc": {"core.model"},
    "core.protocols.http2.stream": {
        "core.model",
        "core.protocols.conversation",
        "core.protocols.http2.grpc",
    },
    "core.protocols.http2.streams": {
        "core.budget",
        "core.model",
        "core.protocols.conversation",
        "core.protocols.http2.fields",
        "core.protocols.http2.grpc",
        "core.protocols.http2.hpack",
        "core.protocols.http2.stream",
    },
    "core.protocols.http2.sessions": {
        "core.model",
        "core.protocols.http2.streams",
        "core.protocols.websocket.session",
    },
    "core.protocols.http2.conversation": {
        "core.model",
        "core.protocols.conversation",
        "core.protocols.http2.fields",
        "core.protocols.http2.frames",
        "core.protocols.http2.hpack",
        "core.protocols.http2.recognition",
        "core.protocols.http2.sessions",
        "core.protocols.http2.stream",
        "core.protocols.http2.streams",
    },
    "core.tcp.flows": {"core.model"},
    "core.tcp.wheel": {"core.model"},
    "core.tcp.handshakes": {"core.model", "core.tcp.flows", "core.tcp.reassembly"},
    "core.tcp.clocks": {"core.model"},
    "core.tcp.holdback": {"core.model"},
    "core.tcp.namesakes": {"core.tcp.flows", "core.tcp.handshakes", "core.tcp.reassembly"},
    "core.tcp.numbers": {"core.tcp.flows"},
    "core.tcp.rivals": {"core.model", "core.tcp.flows", "core.tcp.reassembly"},
    "core.tcp.translations": {"core.model", "core.tcp.flows", "core.tcp.reassembly"},
    "core.tcp.connection": {
        "core.model",
        "core.protocols.conversation",
        "core.tcp.reassembly",
        "core.tcp.rivals",
        "core.tcp.translations",
    },
    "core.tcp.connections": {
        "core.model",
        "core.protocols.conversation",
        "core.tcp.clocks",
        "core.tcp.connection",
        "core.tcp.flows",
        "core.tcp.handshakes",
        "core.tcp.holdback",
        "core.tcp.namesakes",
        "core.tcp.numbers",
        "core.tcp.reassembly",
        "core.tcp.rivals",
        "core.tcp.translations",
        "core.tcp.wheel",
    },
    "core.pipeline": {
        "core.protocols.ledger",
        "core.budget",
        "core.model",
        "core.packets.decode",
        "core.packets.frames",
        "core.packets.radio",
        "core.protocols.conversation",
        "core.protocols.http1.heads",
        "core.protocols.http1.parser",
        "core.protocols.http1.layouts",
        "core.protocols.recognition",
        "core.tcp.clocks",
        "core.tcp.connection",
        "core.tcp.reassembly",
        "core.tcp.connections",
    },
    "core.records.registered": set(),
    "core.records.servers": set(),
    "core.records.values": {"core.records.registered", "core.records.words"},
    "core.records.parts": set(),
    "core.records.tls": {
        "core.protocols.conversation",
        "core.protocols.tls.hellos",
        "core.protocols.tls.fingerprints",
        "core.protocols.tls.session",
        "core.records.parts",
        "core.records.values",
        "core.records.words",
    },
    "core.records.calls": {"core.records.registered", "core.records.values", "core.records.words"},
    "core.records.latency": {"core.model"},
    "core.records.verdicts": {"core.model"},
    "core.records.tunnel": {"core.protocols.tunnel", "core.records.parts", "core.records.words"},
    "core.records.websocket": {
        "core.protocols.websocket.session",
        "core.records.parts",
        "core.records.words",
    },
    "core.records.unread": {"core.protocols.ledger"},
    "core.records.encoder": {
        "core.model",
        "core.protocols.http2.grpc",
        "core.protocols.ledger",
        "core.records.unread",
        "core.protocols.tls.session",
        "core.records.tls",
        "core.protocols.tunnel",
        "core.protocols.websocket.session",
        "core.records.calls",
        "core.records.parts",
        "core.records.tunnel",
        "core.records.websocket",
        "core.records.servers",
        "core.records.templates",
        "core.records.values",
    },
    "commands.conditions": {"core.records.encoder", "errors"},
    "cells": set(),
    "commands.spreadsheet": {"cells", "core.records.encoder"},
    "commands.summary": {
        "core.model",
        "core.records.encoder",
        "core.records.latency",
        "core.records.tls",
        "core.records.verdicts",
        "core.protocols.ledger",
    },
    "capture.classic": {"core.model"},
    "capture.capture_file": {"capture.classic", "core.model", "errors"},
    "capture.cgroups": {"core.model"},
    "capture.offsets": {
        "core.model",
        "core.packets.decode",
        "core.packets.frames",
        "core.packets.radio",
        "core.tcp.flows",
    },
    "kubernetes.intervals": set(),
    "kubernetes.objects": set(),
    "kubernetes.given": {"errors"},
    "kubernetes.resolver": {"kubernetes.intervals", "kubernetes.objects"},
    "kubernetes.namespaces": set(),
    "kubernetes.naming": {"kubernetes.given", "kubernetes.namespaces", "kubernetes.resolver"},
    "delivery.batches": set(),
    "delivery.files": {"delivery.batches"},
}
"""Modules without I/O, clock and logging, and which modules each may import: those below it."""

WINGS = ("packets", "tcp", "protocols", "records")
"""Of the core, each above the one before it; beneath them all is `core.model`."""

ROOMS: dict[str, set[str]] = {
    "core": set(),
    "capture": {"core"},
    "delivery": {"core"},
    "ingest": {"core", "delivery"},
    "collector": {"core", "delivery", "ingest"},
    "kubernetes": set(),
    "service": {"core", "capture", "delivery", "ingest", "collector", "kubernetes", "settings"},
    "commands": {"core", "capture", "delivery", "kubernetes", "service", "settings"},
}
"""Which rooms each room may look into, besides itself and the modules in `HALL`."""

HALL = {"cells", "errors", "config", "lane", "rotation"}
"""Modules that every room of the shell may know."""

STANDARD = {
    "__future__",
    "abc",
    "array",
    "base64",
    "bisect",
    "collections",
    "copy",
    "csv",
    "dataclasses",
    "datetime",
    "enum",
    "fnmatch",
    "fractions",
    "hashlib",
    "io",
    "ipaddress",
    "itertools",
    "math",
    "operator",
    "re",
    "struct",
    "types",
    "typing",
    "weakref",
    "zlib",
}
"""What pure modules may use of the standard library: values and arithmetic."""

LIBRARIES = {
    "dpkt": {"core.packets.decode", "core.packets.fragments", "core.packets.links"},
    "msgspec": {
        "collector.answers",
        "collector.clickhouse.questions",
        "collector.clickhouse.server",
        "collector.overview",
        "collector.queries",
        "collector.question",
        "collector.sheets",
        "collector.site",
        "collector.store",
        "collector.sums",
        "collector.views",
        "core.model",
        "core.protocols.conversation",
        "core.protocols.http2.fields",
        "core.protocols.socks",
        "core.protocols.tls.certificates",
        "core.protocols.tls.hellos",
        "core.protocols.tls.session",
        "core.protocols.tunnel",
        "core.protocols.websocket.session",
        "core.records.encoder",
        "core.records.parts",
        "core.records.tls",
        "core.records.tunnel",
        "core.records.unread",
        "core.records.websocket",
        "delivery.batches",
        "delivery.otlp",
        "ingest.unread",
        "delivery.sender",
        "ingest.lines",
        "kubernetes.history",
        "kubernetes.naming",
        "kubernetes.objects",
        "kubernetes.resolver",
        "service.messages",
        "service.openapi",
        "service.tallies",
        "service.worker",
        "service.workers",
    },
    "rich": {"commands.display"},
    "pcapy": {"capture.filters", "capture.libpcap", "capture.live"},
    "pyroute2": {"capture.links"},
    "prometheus_client": {"service.metrics"},
    "pydantic": {"config", "settings"},
    "httpx": {"collector.clickhouse.server", "delivery.transport", "kubernetes.api"},
    "uvicorn": {"service.server"},
    "yaml": {"service.openapi", "settings"},
    "zstandard": {"collector.blocks", "commands.output", "delivery.batches", "kubernetes.history"},
}
"""Who alone may import them."""


MODULES = {"pcapy-ng": "pcapy", "pyyaml": "yaml"}
"""Modules of dependencies with another name."""


def modules() -> list[Path]:
    """Every module of the packages."""
    return sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))


def imports(path: Path) -> list[tuple[str, str]]:
    """(module, name) of everything a module imports, wherever in it; an empty name for the module itself."""
    found: list[tuple[str, str]] = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found += [(alias.name, "") for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            assert node.module is not None
            found += [(node.module, alias.name) for alias in node.names]
    return found


def own(path: Path) -> set[str]:
    """The modules of interceptor that a module imports, as `core.model`."""
    names = set()
    for module, name in imports(path):
        package, _, rest = module.partition(".")
        if package == "interceptor":
            whole = f"{rest}.{name}".strip(".")
            names.add(whole if (ROOT / "interceptor" / f"{whole.replace('.', '/')}.py").is_file() else rest)
    return names - {""}


def name_of(path: Path) -> str:
    """A module of interceptor as `core.model`."""
    return ".".join(path.relative_to(ROOT / "interceptor").with_suffix("").parts)


@pytest.mark.parametrize("name", PURE)
def test_pure_modules_look_down(name: str) -> None:
    """A pure module imports the modules below it, values and arithmetic of Python, and its one library."""
    path = ROOT / "interceptor" / f"{name.replace('.', '/')}.py"
    assert own(path) <= PURE[name]
    foreign = {module.partition(".")[0] for module, _ in imports(path)} - {"interceptor"}
    allowed = {library for library, users in LIBRARIES.items() if name in users}
    assert foreign <= STANDARD | allowed


def test_down_is_a_direction() -> None:
    """What is below a module is never above it as well."""
    order: list[str] = []
    left = dict(PURE)
    while left:
        free = [name for name, below in left.items() if below <= {*order, "errors"}]
        assert free, f"a circle among {sorted(left)}"
        order += free
        left = {name: below for name, below in left.items() if name not in free}


@pytest.mark.parametrize("room", ROOMS)
def test_rooms_keep_to_their_neighbours(room: str) -> None:
    """A module of a room imports its own room, the rooms named for it, and what everyone may know."""
    for path in (ROOT / "interceptor" / room).rglob("*.py"):
        for name in own(path):
            place = name.partition(".")[0]
            assert place == room or place in ROOMS[room] or name in HALL, f"{path.name} imports {name}"


def test_every_room_has_a_rule() -> None:
    """A new folder says whom it may know."""
    folders = {path.parent.name for path in (ROOT / "interceptor").glob("*/__init__.py")}
    assert folders == set(ROOMS)


def test_the_core_is_pure() -> None:
    """Every module of the core is held to the rule of the pure ones."""
    core = {name_of(path) for path in (ROOT / "interceptor" / "core").rglob("[!_]*.py")}
    assert core <= set(PURE)


def test_wings_look_down() -> None:
    """What a wing of the core imports is its own, or in a wing below; only the pipeline, above them, knows all.

    The contract of conversations is where connections and protocols meet: both know it, and it knows neither.
    """
    for name in PURE:
        if name.startswith("core.") and name.count(".") > 1:
            wing = WINGS.index(name.split(".")[1])
            for other in own(ROOT / "interceptor" / f"{name.replace('.', '/')}.py"):
                common = other in {"core.model", "core.budget", "core.protocols.conversation"}
                assert common or WINGS.index(other.split(".")[1]) <= wing, f"{name}: {other}"


@pytest.mark.parametrize("path", modules(), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_libraries_have_one_user(path: Path) -> None:
    """A library for one thing in the world is imported by the module for that thing."""
    for library, users in LIBRARIES.items():
        if any(module.partition(".")[0] == library for module, _ in imports(path)):
            if path.parent.name == "rpcapd_client":
                assert library == "pcapy"
            else:
                assert name_of(path) in users


@pytest.mark.parametrize("path", modules(), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_private_names_stay_at_home(path: Path) -> None:
    """No module imports a name or a module that begins with an underscore."""
    for module, name in imports(path):
        if module.partition(".")[0] in {*PACKAGES, "tests"}:
            assert not name.startswith("_") or name.endswith("__")
            assert not any(part.startswith("_") for part in module.split("."))


def test_the_library_knows_nothing_of_the_application() -> None:
    """rpcapd_client imports nothing of interceptor."""
    for path in (ROOT / "rpcapd_client").rglob("*.py"):
        assert own(path) == set(), path.name


def test_nothing_is_imported_from_elsewhere() -> None:
    """The packages import themselves, the standard library and the dependencies of pyproject.toml."""
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    names = [re.split(r"[\[>]", entry)[0] for entry in declared]
    known = {
        *PACKAGES,
        *sys.stdlib_module_names,
        *(MODULES.get(name, name.replace("-", "_")) for name in names),
    }
    for path in modules():
        assert {module.partition(".")[0] for module, _ in imports(path)} <= known, path.name


@pytest.mark.parametrize(
    "path",
    [path for path in modules() if not path.stem.startswith("__")],
    ids=lambda path: f"{path.parent.name}/{path.name}",
)
def test_every_module_has_its_tests(path: Path) -> None:
    """One module, one test file of its name."""
    folder = path.relative_to(ROOT).parent
    mirrored = Path(*folder.parts[1:]) if folder.parts[0] == "interceptor" else folder
    assert (ROOT / "tests" / mirrored / f"test_{path.stem}.py").is_file()


def test_the_source_distribution_has_all_that_its_tests_need() -> None:
    """Everything of the root that is kept, and nothing by accident: a pattern without a slash holds in any folder."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    patterns = project["tool"]["hatch"]["build"]["targets"]["sdist"]["include"]
    assert all(pattern.startswith("/") for pattern in patterns)
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    kept = {name.partition("/")[0] for name in tracked.splitlines() if not name.startswith(".")}
    missed = {name for name in kept if not any(fnmatch.fnmatch(f"/{name}", pattern) for pattern in patterns)}
    assert missed == {"pyproject.toml"}, "which is always in it"
