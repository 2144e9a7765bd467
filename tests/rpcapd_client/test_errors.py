"""`rpcapd_client.errors` and what the package promises about itself."""

from __future__ import annotations

import subprocess

import rpcapd_client
from rpcapd_client import errors
from tests.support.rpcapd import PYTHON, ROOT


def test_one_tree() -> None:
    """Every exception is an `RpcapError`, and the tree in the module's text names each."""
    for name in errors.__all__:
        assert issubclass(getattr(errors, name), errors.RpcapError)
        assert errors.__doc__ is not None
        assert f" {name} " in errors.__doc__.replace("\n", " ")


def test_remote_error() -> None:
    """It is the server's words, with the request they answer, and says so where there are none."""
    assert str(errors.RemoteError(6, "no such device", "OPEN")) == "OPEN: no such device"
    assert str(errors.RemoteError(12, "")) == "the server gives no reason, only error 12"
    assert errors.RemoteError(6, "no").code == 6


def test_public_names_are_there() -> None:
    """Each name of `__all__` can be had from the package, and no other."""
    for name in rpcapd_client.__all__:
        assert getattr(rpcapd_client, name).__module__.startswith("rpcapd_client.")
    assert not hasattr(rpcapd_client, "nothing")


def test_import_is_light() -> None:
    """Importing the package loads neither asyncio, ssl nor pcapy; exceptions come without them too."""
    program = (
        "import sys, rpcapd_client; rpcapd_client.RpcapError; "
        "assert not {'asyncio', 'ssl', 'pcapy', 'socket'} & set(sys.modules)"
    )
    subprocess.run([PYTHON, "-c", program], check=True, cwd=ROOT)


def test_independent() -> None:
    """No module of the library imports the application; asyncio is for the shell, pcapy for `filters`."""
    for path in (ROOT / "rpcapd_client").glob("*.py"):
        text = path.read_text()
        assert "interceptor" not in text
        assert ("import pcapy" in text) == (path.stem == "filters")
        if path.stem in {
            "wire",
            "devices",
            "protocol",
            "packets",
            "filters",
            "linktypes",
            "savefile",
            "errors",
        }:
            assert "asyncio" not in text.replace("asyncio shell", "")
            assert "import socket" not in text
