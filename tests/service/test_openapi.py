"""OpenAPI documents: broken, hostile and large ones are one clear line, soon, in bounded memory."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from interceptor.errors import UsageError
from interceptor.service.openapi import MAX_BYTES, paths

ROOT = Path(__file__).parents[2]
HEAD = "openapi: 3.0.0\npaths:\n  /a: {}\n"


@pytest.mark.parametrize(
    "text",
    [
        HEAD,
        '{"openapi": "3.0.0", "paths": {"/a": {"get": [1, {"b": null}]}}, "x": "\\ud83d\\ude00"}',
        "swagger: '2.0'\npaths:\n  /a:\n    get: {responses: {200: {description: x}}}\n  x-internal: 1\n",
        "openapi: 3\n? [a, b]\n: {/b: 1}\npaths: {/a: &x {get: *x}}\n",
        "%YAML 1.1\n---\nopenapi: 3\npaths: {? {a: 1} : 2, /a: {<<: *y}}\n...\n---\npaths: {/second: {}}\n",
    ],
)
def test_names_its_paths(tmp_path: Path, text: str) -> None:
    """And nothing else that looks like one."""
    place = tmp_path / "a.yaml"
    place.write_text(text)
    assert paths(place) == ["/a"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is no OpenAPI document"),
        ("a: 1", "is no OpenAPI document"),
        ("paths: {}", "is no OpenAPI document"),
        ("- openapi: 3\n- paths: {}", "is no OpenAPI document"),
        ('{"openapi": "3"}', "is no OpenAPI document"),
        ("openapi: 3\npaths: *elsewhere", "is no OpenAPI document"),
        ("a: 1\nb: [", r"a\.yaml:3: is no YAML"),
        ("a: 1\n\tb: 2", r"a\.yaml:2: is no YAML"),
        ("{", "cannot be understood"),
        ('{"openapi": "3", "paths": []}', "cannot be understood"),
        ("[" * 10_000, "nest"),
        ('{"a":' * 100_000, "nested too deeply"),
        ("openapi: \x00", "cannot be understood"),
        (HEAD + "#" * MAX_BYTES, "has more than 16 MiB"),
    ],
)
def test_another_is_one_line(tmp_path: Path, text: str, said: str) -> None:
    """With the file, and the line where there is one."""
    place = tmp_path / "a.yaml"
    place.write_text(text)
    with pytest.raises(UsageError, match=said) as caught:
        paths(place)
    assert str(caught.value).startswith(f"metadata.openapi: {place}")
    assert "\n" not in str(caught.value)


ALIASES = "a0: &a0 [x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 40)
)
MERGES = "m0: &m0 {k: 1}\n" + "".join(
    f"m{n}: &m{n} {{<<: [{', '.join([f'*m{n - 1}'] * 9)}]}}\n" for n in range(1, 40)
)


@pytest.mark.parametrize(
    ("text", "status"),
    [
        pytest.param(ALIASES + HEAD, 0, id="aliases of aliases"),
        pytest.param(MERGES + HEAD, 0, id="merges of merges"),
        pytest.param("a: " + "[" * 1_000_000, 2, id="deep"),
        pytest.param(HEAD + "a: [" + "[]," * 4_000_000 + "]", 2, id="many nodes"),
        pytest.param(
            '{"openapi":"3","paths":{"/a":1},"x":[' + "[]," * 5_000_000 + "1]}", 0, id="many in JSON"
        ),
        pytest.param('{"openapi":' + "[" * 10_000_000, 2, id="deep JSON"),
    ],
)
def test_a_bomb_costs_little(tmp_path: Path, text: str, status: int) -> None:
    """Through the command, which may have 400 MB of addresses: it reads on, or says one line."""
    place = tmp_path / "bomb.yaml"
    place.write_text(text)
    (tmp_path / "config.yaml").write_text(f"metadata: {{openapi: [{place}]}}")
    done = subprocess.run(
        [
            *("prlimit", "--as=400000000", sys.executable, "-W", "error", "-m", "interceptor", "read"),
            *(ROOT / "fixtures/real/keepalive.pcap", "--config", tmp_path / "config.yaml"),
        ],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=120,
        env=dict(os.environ),
    )
    assert done.returncode == status, done.stderr
    assert "Traceback" not in done.stderr
    assert done.stderr.count("\n") == (status != 0)
