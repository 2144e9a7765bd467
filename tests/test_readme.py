"""README's commands are true: each names what there is, and the first steps are run as they stand."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import venv
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.helm import VERSIONS, helm
from tests.support.netns import namespace, nginx, unavailable, veth, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.netns import Namespace

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
BLOCKS: list[str] = [
    found.replace("\n    ", "\n").strip()
    for found in re.findall(
        r"(?:^ {4}.*\n)+", re.sub(r"```.*?```", "", README, flags=re.DOTALL), re.MULTILINE
    )
]
COMMANDS = [
    line.partition(" # ")[0].strip()
    for block in BLOCKS
    for line in re.sub(r"\\\n\s*", "", block).splitlines()
]
SECONDS = 90.0
"""For what takes seconds on an idle machine."""


def block(start: str) -> str:
    """The first one that begins so."""
    return next(found for found in BLOCKS if found.startswith(start))


@cache
def flags(command: str) -> set[str]:
    """What a command of the product takes."""
    done = subprocess.run(
        [sys.executable, "-m", "interceptor", command, "--help"], capture_output=True, text=True, check=True
    )
    return set(re.findall(r"--[a-z][a-z0-9-]*", done.stdout))


@pytest.mark.parametrize("line", COMMANDS)
def test_commands_name_what_there_is(line: str) -> None:
    """Commands, flags, targets of make, scripts and files of the project that a line names exist."""
    for command, words in re.findall(r"\binterceptor\)?\"? ([a-z]+)\b([^|#&>]*)", line):
        if "helm" in line:
            break
        assert {word.partition("=")[0] for word in re.findall(r"(?<=\s)--[a-z-]+", words)} <= flags(command)
    for target in re.findall(r"^make ([a-z-]+)", line):
        assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE), target
    for path in re.findall(r"(?<=\s)((?:docker|tests|fixtures)/[\w./-]+)", f" {line}"):
        assert (ROOT / path).exists(), path


def test_python_is_python() -> None:
    """The example of the library can be compiled; what it imports is there."""
    (code,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    tree = compile(code, "README.md", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT | ast.PyCF_ONLY_AST)
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            module = __import__(node.module or "", fromlist=["*"])
            assert all(hasattr(module, alias.name) for alias in node.names)


def test_files_that_are_named_are_there() -> None:
    """Every link and picture that leads into the project."""
    for path in re.findall(r"\]\((?!https?:)([^)#]+)", README):
        assert (ROOT / path).exists(), path


# -- the first steps, run ------------------------------------------------------------------------------------------


def environment(folder: Path) -> dict[str, str]:
    """As after `pipx install .`, with nothing written outside a folder; whoever is root needs no sudo."""
    programs = folder / "programs"
    programs.mkdir()
    (programs / "sudo").write_text('#!/bin/sh\nexec "$@"\n')
    (programs / "interceptor").write_text(f'#!/bin/sh\nexec {sys.executable} -m interceptor "$@"\n')
    for path in programs.iterdir():
        path.chmod(0o755)
    plain = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    return plain | {
        "PATH": f"{programs}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "INTERCEPTOR_SPOOL_DIRECTORY": str(folder / "spool"),
        "INTERCEPTOR_SPOOL_MIN_FREE_BYTES": "0",
    }


@contextmanager
def typed(text: str, host: Namespace, folder: Path) -> Iterator[None]:
    """A block, typed on a host; what it prints is in `out`. It is ended with all that it has started."""
    with (folder / "out").open("wb") as out:
        shell = subprocess.Popen(
            host.wrap(["bash", "-c", text]),
            cwd=folder,
            env=environment(folder),
            stdin=subprocess.DEVNULL,
            stdout=out,
            start_new_session=True,
        )
        try:
            yield
        finally:
            os.killpg(shell.pid, signal.SIGTERM)
            shell.wait(SECONDS)


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Namespace]:
    """A host with an uplink, and a web server somewhere."""
    if (reason := unavailable("nginx", "curl")) is not None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)
    with namespace("readme") as made, namespace("readme-peer") as peer:
        veth(made, peer, addresses=(["10.66.0.1/24"], ["10.66.0.2/24"]))
        with nginx(peer, tmp_path / "nginx", "server { listen 80; location / { return 200 ok; } }"):
            yield made


def ask(host: Namespace) -> None:
    """One request, which the host sends through its uplink."""
    host.run("curl", "-s", "-o", "/dev/null", "http://10.66.0.2/orders/42")


def templates(records: list[dict[str, Any]]) -> set[str]:
    """What was seen."""
    return {str(record.get("url.template")) for record in records}


def test_read_a_capture(tmp_path: Path) -> None:
    """It says what the capture holds."""
    shutil.copy(ROOT / "fixtures/real/keepalive.pcap", tmp_path / "capture.pcap")
    done = subprocess.run(
        ["bash", "-c", block("interceptor read capture.pcap")],
        cwd=tmp_path,
        env=environment(tmp_path),
        capture_output=True,
        text=True,
    )
    assert (done.returncode, len(done.stdout.splitlines())) == (0, 31)


def test_watch_this_host(host: Namespace, tmp_path: Path) -> None:
    """A request that the host sends comes out, without rpcapd and with no other option."""
    with typed(
        block('sudo "$(command -v interceptor)" run --capture-sources live: --output-path -'), host, tmp_path
    ):

        def seen() -> bool:
            ask(host)
            lines = (tmp_path / "out").read_text().splitlines()
            return "/orders/{id}" in templates([json.loads(line) for line in lines])

        wait_until(seen, "a record", SECONDS, 0.3)


def test_collect_beside_it(host: Namespace, tmp_path: Path) -> None:
    """Collector and agent fit each other as they stand, on one host: what the host does is on the page."""
    with typed(block("printf %s"), host, tmp_path):

        def shown() -> bool:
            ask(host)
            token = tmp_path / "token"
            bearer = f"Authorization: Bearer {token.read_text() if token.exists() else ''}"
            url = "http://127.0.0.1:18955/v1/records?limit=100"
            answer = host.run("curl", "-s", "-m", "10", "-H", bearer, url, check=False).stdout
            return answer.startswith("{") and "/orders/{id}" in templates(json.loads(answer)["records"])

        wait_until(shown, "a record on the page", SECONDS, 0.5)


@pytest.mark.parametrize("major", VERSIONS)
def test_in_a_cluster(major: int) -> None:
    """The chart takes the values, and renders what they ask for."""
    words = block("helm install").split()
    assert words[:2] == ["helm", "install"]
    done = subprocess.run(
        [str(helm(major)), "template", *[word for word in words[2:] if word != "--create-namespace"]],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "https://cloud.example" in done.stdout
    assert "interceptor-token" in done.stdout


@pytest.mark.thorough
def test_install(tmp_path: Path) -> None:
    """What pip installs runs from anywhere."""
    venv.create(tmp_path / "venv", with_pip=True)
    assert "pip install ." in block("pipx install .")
    pip = [str(tmp_path / "venv/bin/pip"), "install", "--quiet", "--disable-pip-version-check", "."]
    subprocess.run(pip, cwd=ROOT, check=True)
    done = subprocess.run(
        [tmp_path / "venv/bin/interceptor", "read", ROOT / "fixtures/real/keepalive.pcap"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, len(done.stdout.splitlines())) == (0, 31)
