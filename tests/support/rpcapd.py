"""The real rpcapd, in network namespaces of their own; a plugin of the tests (see tests/conftest.py).

Each test that needs one gets a `Host`: a namespace with loopback and a veth pair `cap0`/`cap1`, with its own
/etc/passwd and /etc/shadow, in which daemons, tcpdump and the test's own coroutine run. Nothing of it is seen
outside. Every daemon has its own process session, because rpcapd kills its process group when it ends.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from itertools import count
from typing import Any

import pytest

ROOT = pathlib.Path(__file__).parents[2]
BUILT = ROOT / ".cache" / "rpcapd"
FIXTURES = ROOT / "fixtures" / "rpcap"
DEADLINE = 20.0
"""Seconds after which something that has to happen counts as not happening."""

PASSWORD = "correct horse"
# `openssl passwd -6 -salt interceptor 'correct horse'`
_HASH = (
    "$6$interceptor$EJxItTCgViDvbb1q3l8BH87vOQXa6PEIsOcqH.I2PHaNZysCxM981i6x1lh8Kgt.Y3ocuIbuz52qD0RUfNOeG1"
)
_USERS = "root:x:0:0:root:/root:/bin/sh\nprobe:x:0:0::/root:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n"
_SHADOW = "".join(f"{user}:{_HASH}:19000:0:99999:7:::\n" for user in ("probe", "nobody"))

_numbers = count()


def unavailable(reason: str) -> None:
    """Skip, or fail where nothing may be skipped."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def rpcapd_path() -> pathlib.Path:
    """The daemon, built if need be."""
    if os.geteuid() != 0:
        unavailable("needs root: network namespaces, and a daemon that captures")
    for tool in ("ip", "tcpdump"):
        if shutil.which(tool) is None:
            unavailable(f"needs {tool}")
    build = subprocess.run([ROOT / "tests/support/build_rpcapd.sh"], capture_output=True, text=True)
    if build.returncode != 0:
        unavailable((build.stderr or build.stdout).strip().splitlines()[-1])
    return BUILT / "rpcapd"


def wait_until(what: str, true: Any, deadline: float = DEADLINE) -> Any:
    """Poll until `true()` holds, and give what it returned; fail with `what` if it never does."""
    end = time.monotonic() + deadline
    while not (result := true()):
        if time.monotonic() > end:
            pytest.fail(f"never came: {what}")
        time.sleep(0.01)
    return result


def children(pid: int) -> list[int]:
    """Process ids of a process's children that are not zombies."""
    try:
        found = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except (FileNotFoundError, ProcessLookupError):
        return []
    alive = []
    for child in map(int, found):
        try:
            if pathlib.Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()[0] != "Z":
                alive.append(child)
        except (FileNotFoundError, ProcessLookupError):
            pass
    return alive


def cpu_seconds(pid: int) -> float:
    """User and system time of a process so far."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Daemon:
    """A running rpcapd."""

    def __init__(self, host: Host, process: subprocess.Popen[bytes], port: int, scheme: str) -> None:
        self.process = process
        self.host = host
        self.port = port
        self.url = f"{scheme}://127.0.0.1:{port}"

    @property
    def children(self) -> list[int]:
        """One for each connection it serves."""
        return children(self.process.pid)

    def stop(self) -> None:
        """Kill it and its children: it is the leader of its own session and group."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


class Host:
    """A network namespace."""

    def __init__(self, rpcapd: pathlib.Path) -> None:
        self.name = f"rpcap-{os.getpid()}-{next(_numbers)}"
        self._rpcapd = rpcapd
        self._ports = count(20000)
        self.processes: list[subprocess.Popen[bytes]] = []
        etc = pathlib.Path("/etc/netns") / self.name  # `ip netns exec` mounts these over those in /etc
        etc.mkdir(parents=True)
        (etc / "passwd").write_text(_USERS)
        (etc / "shadow").write_text(_SHADOW)
        (etc / "shadow").chmod(0o600)
        ip("netns", "add", self.name)
        self.ip("link", "set", "lo", "up")
        # frames as they are sent: no IPv6 chatter, no offloads that make 64 KiB frames of small ones
        self.sysctl("net.ipv6.conf.default.accept_dad=0", "net.ipv6.conf.default.autoconf=0")
        self.veth("cap0", "cap1")

    def ip(self, *arguments: str) -> None:
        """Run `ip` inside."""
        ip("-n", self.name, *arguments)

    def sysctl(self, *settings: str) -> None:
        """Set kernel parameters of this namespace."""
        subprocess.run(["ip", "netns", "exec", self.name, "sysctl", "-qw", *settings], check=True)

    def veth(self, one: str, other: str) -> None:
        """Make a pair without IPv6, so that nothing crosses it but what a test sends."""
        self.ip("link", "add", one, "type", "veth", "peer", "name", other)
        self.sysctl(f"net.ipv6.conf.{one}.disable_ipv6=1", f"net.ipv6.conf.{other}.disable_ipv6=1")
        self.ip("link", "set", one, "up")
        self.ip("link", "set", other, "up")

    def call(self, function: Any) -> Any:
        """Call it in a thread that lives in the namespace; sockets it makes stay there."""
        result: list = []

        def inside() -> None:
            try:
                with open(f"/run/netns/{self.name}") as namespace:
                    if ctypes.CDLL(None, use_errno=True).setns(namespace.fileno(), 0) != 0:
                        raise OSError(ctypes.get_errno(), "setns")  # noqa: TRY301
                result.append((function(), None))
            except BaseException as error:  # noqa: BLE001  # raised again, below
                result.append((None, error))

        thread = threading.Thread(target=inside)
        thread.start()
        thread.join()
        value, error = result[0]
        if error is not None:
            raise error
        return value

    def run(self, coroutine: Any, deadline: float = 60.0) -> Any:
        """Run a coroutine in the namespace; fail if it hangs, or leaves a task behind."""

        async def bounded() -> Any:
            async with asyncio.timeout(deadline):
                result = await coroutine
            await asyncio.sleep(0)
            left = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
            assert left == [], "tasks left behind"
            return result

        return self.call(lambda: asyncio.run(bounded()))

    def spawn(self, *command: object, **options: Any) -> subprocess.Popen[bytes]:
        """Start a program inside, in a session of its own, that the fixture stops."""
        process = subprocess.Popen(
            ["ip", "netns", "exec", self.name, *map(str, command)], start_new_session=True, **options
        )
        self.processes.append(process)
        return process

    def listening(self, pid: int, port: int) -> bool:
        """Whether something listens on a TCP port of the namespace that `pid` is in."""
        for name in ("tcp", "tcp6"):
            for line in pathlib.Path(f"/proc/{pid}/net/{name}").read_text().splitlines()[1:]:
                _, local, _, state, *_ = line.split()
                if state == "0A" and int(local.rpartition(":")[2], 16) == port:
                    return True
        return False

    def rpcapd(
        self,
        *options: object,
        address: Any = "127.0.0.1",
        null: Any = True,
        tls: tuple[pathlib.Path, pathlib.Path] | None = None,
        port: int | None = None,
    ) -> Daemon:
        """Start a daemon and wait until it listens. `tls`: (certificate file, key file)."""
        port = port or next(self._ports)
        if tls is not None:
            options += ("-S", "-X", tls[0], "-K", tls[1])
        if null:
            options += ("-n",)
        silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        process = self.spawn(self._rpcapd, "-b", address, "-p", port, *options, **silent)
        wait_until("rpcapd listens", lambda: self.listening(process.pid, port))
        return Daemon(self, process, port, "rpcaps" if tls else "rpcap")

    def wire(self, interface: str) -> socket.socket:
        """A socket on an interface: what is sent comes out at the other end of its pair."""

        def make() -> socket.socket:
            sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
            sock.bind((interface, 0))
            return sock

        sock: socket.socket = self.call(make)
        return sock

    def close(self) -> None:
        """Stop what runs inside and remove the namespace."""
        for process in self.processes:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            for stream in (process.stdout, process.stderr):
                if stream is not None:
                    stream.close()
        ip("netns", "delete", self.name)
        shutil.rmtree(pathlib.Path("/etc/netns") / self.name)


def ip(*arguments: str) -> None:
    """Run iproute2's `ip`."""
    subprocess.run(["ip", *arguments], check=True, capture_output=True)


@pytest.fixture
def host(rpcapd_path: pathlib.Path) -> Any:
    """A network namespace of the test's own."""
    host = Host(rpcapd_path)
    try:
        yield host
    finally:
        host.close()


@pytest.fixture
def daemon(host: Host) -> Any:
    """An rpcapd with NULL authentication, that is left without children when the test ends."""
    daemon = host.rpcapd()
    yield daemon
    if daemon.process.poll() is None:
        wait_until("rpcapd without children", lambda: not daemon.children)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """(certificate file, key file) of a server at 127.0.0.1."""
    if shutil.which("openssl") is None:
        unavailable("needs openssl")
    directory = tmp_path_factory.mktemp("tls")
    files = directory / "certificate.pem", directory / "key.pem"
    subprocess.run(
        (
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"),
            *("-nodes", "-days", "2", "-subj", "/CN=rpcapd", "-addext", "subjectAltName=IP:127.0.0.1"),
            *("-out", files[0], "-keyout", files[1]),
        ),
        check=True,
        capture_output=True,
    )
    return files


def frame(number: int, size: int = 64) -> bytes:
    """An Ethernet frame that tells which one it is."""
    head = b"\x02\0\0\0\0\x02\x02\0\0\0\0\x01\x88\xb5" + number.to_bytes(4, "big")
    return head + bytes(i * 7 + number & 0xFF for i in range(size - len(head)))


PYTHON = sys.executable
