"""Network namespaces with real programs in them, for captures and live tests.

Owns the namespaces, links and processes it makes: each is a context manager that undoes what it did, errors or
not; processes are stopped by their own process id. Refuses to touch the machine's own network: nothing is made
outside a new namespace. Needs root, iproute2, and whatever program is started.

Names carry the process id, so that several test runs on one machine do not meet.
"""

from __future__ import annotations

import itertools
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

__all__ = [
    "Capture",
    "Namespace",
    "attach",
    "bridge",
    "dumpcap",
    "namespace",
    "nginx",
    "process",
    "tcpdump",
    "unavailable",
    "veth",
    "wait_until",
]

_numbers = itertools.count()

WAIT_SECONDS = 10.0
"""For a program to be ready or to end: each takes milliseconds on an idle machine."""


def unavailable(*programs: str) -> str | None:
    """Why namespaces with these programs cannot be had here, or None where they can."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    missing = [name for name in ("ip", *programs) if shutil.which(name) is None]
    return f"not installed: {', '.join(missing)}" if missing else None


def wait_until(
    holds: Callable[[], bool], what: str, seconds: float = WAIT_SECONDS, step: float = 0.02
) -> None:
    """Return as soon as `holds()`; raises TimeoutError naming `what` after `seconds`."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} not within {seconds:g} s")
        time.sleep(step)


def _ip(*words: str) -> None:
    done = subprocess.run(["ip", *words], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise OSError(f"ip {' '.join(words)}: {done.stderr.strip()}")


@dataclass(frozen=True, slots=True)
class Namespace:
    """One network namespace, its loopback up."""

    name: str

    def wrap(self, command: Sequence[str]) -> list[str]:
        """The command line that runs `command` inside; `ip netns exec` execs, so the process id is its own."""
        return ["ip", "netns", "exec", self.name, *command]

    def run(self, *command: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a command inside to its end, at most a minute."""
        return subprocess.run(
            self.wrap(command), capture_output=True, text=True, check=check, timeout=60, errors="replace"
        )

    def ip(self, *words: str) -> None:
        """Configure the inside with iproute2; raises OSError with what `ip` said."""
        _ip("-n", self.name, *words)

    @contextmanager
    def entered(self) -> Iterator[None]:
        """Sockets that this thread makes in the block live inside (and keep doing so after it)."""
        outside = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        inside = os.open(f"/run/netns/{self.name}", os.O_RDONLY)
        try:
            _setns(inside)
            try:
                yield
            finally:
                _setns(outside)
        finally:
            os.close(inside)
            os.close(outside)


def _setns(descriptor: int) -> None:
    # os.setns came with Python 3.12.
    import ctypes

    clone_newnet = 0x40000000
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.setns(descriptor, clone_newnet) != 0:
        raise OSError(ctypes.get_errno(), "setns")


@contextmanager
def namespace(prefix: str) -> Iterator[Namespace]:
    """A new namespace, removed with every interface in it at the end."""
    made = Namespace(f"{prefix}-{os.getpid()}-{next(_numbers)}")
    _ip("netns", "add", made.name)
    try:
        made.ip("link", "set", "lo", "up")
        yield made
    finally:
        _ip("netns", "del", made.name)


def _configure(where: Namespace, interface: str, addresses: Sequence[str]) -> None:
    for address in addresses:
        # Duplicate address detection would keep an IPv6 address unusable for a second.
        where.ip("address", "add", address, "dev", interface, *(["nodad"] if ":" in address else []))
    where.ip("link", "set", interface, "up")


def veth(
    one: Namespace,
    other: Namespace,
    *,
    names: tuple[str, str] = ("eth0", "eth0"),
    addresses: tuple[Sequence[str], Sequence[str]] = ((), ()),
) -> None:
    """Join two namespaces by a veth pair; it goes with either of them. Addresses are `10.0.0.1/24`, `fd00::1/64`."""
    one.ip("link", "add", names[0], "type", "veth", "peer", "name", names[1], "netns", other.name)
    for where, name, wanted in zip((one, other), names, addresses, strict=True):
        _configure(where, name, wanted)


def bridge(where: Namespace, name: str = "br0") -> None:
    """A bridge inside a namespace, up; ports are added with `attach`."""
    where.ip("link", "add", name, "type", "bridge", "mcast_snooping", "0")
    where.ip("link", "set", name, "up")


def attach(where: Namespace, interface: str, name: str = "br0") -> None:
    """Make an interface a port of a bridge."""
    where.ip("link", "set", interface, "master", name)


@contextmanager
def process(
    where: Namespace, command: Sequence[str], *, stop: signal.Signals = signal.SIGTERM
) -> Iterator[subprocess.Popen[bytes]]:
    """A program running inside; stopped by its process id at the end, killed if it does not listen."""
    running = subprocess.Popen(
        where.wrap(command), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield running
    finally:
        _end(running, stop)


def _end(running: subprocess.Popen[bytes], how: signal.Signals) -> None:
    if running.poll() is None:
        running.send_signal(how)
        try:
            running.wait(WAIT_SECONDS)
        except subprocess.TimeoutExpired:
            running.kill()
            running.wait()


@contextmanager
def nginx(where: Namespace, folder: Path, http: str, *, port: int = 80) -> Iterator[subprocess.Popen[bytes]]:
    """One nginx process inside whose `http { }` block is `http`; its files and temporary files are in `folder`.

    Yields once it listens on `port`. One process (no master, one worker): log lines are in the order of ends.
    """
    folder.mkdir(parents=True, exist_ok=True)
    temporary = "".join(
        f"  {kind}_temp_path {folder}/{kind}; \n"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    config = folder / "nginx.conf"
    config.write_text(
        f"daemon off;\nmaster_process off;\npid {folder}/nginx.pid;\nerror_log {folder}/error.log info;\n"
        f"events {{ worker_connections 512; }}\nhttp {{\n{temporary}{http}\n}}\n",
    )
    command = ["nginx", "-p", str(folder), "-c", str(config), "-e", str(folder / "error.log")]
    with process(where, command, stop=signal.SIGQUIT) as running:

        def listens() -> bool:
            if running.poll() is not None:
                said = (folder / "error.log").read_text() if (folder / "error.log").exists() else ""
                raise OSError(f"nginx ended with status {running.returncode}: {said.strip()}")
            return f":{port} " in where.run("ss", "-Hltn").stdout

        wait_until(listens, f"nginx listening on port {port}")
        yield running


@dataclass(slots=True)
class Capture:
    """A running capture. `dropped` is known after it ended."""

    path: Path
    dropped: int = -1
    """Packets the kernel or the program dropped; -1 where it did not say."""
    reported: str = ""
    """What the program said at its end."""

    def settle(self, quiet: float = 0.7) -> None:
        """Wait until nothing more has been written for `quiet` seconds: what was on the wire is in the file."""
        size, since = -1, time.monotonic()
        deadline = since + 60
        while time.monotonic() - since < quiet:
            now = self.path.stat().st_size
            if now != size:
                size, since = now, time.monotonic()
            if since > deadline:
                raise TimeoutError(f"{self.path.name} grows without end")
            time.sleep(0.05)


@contextmanager
def _capturing(where: Namespace, command: Sequence[str], path: Path, ready: str) -> Iterator[Capture]:
    with tempfile.TemporaryDirectory(prefix="capture-") as folder:
        report = Path(folder) / "stderr"
        with report.open("wb") as errors:
            running = subprocess.Popen(
                where.wrap(command), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors
            )
        capture = Capture(path)
        try:

            def listens() -> bool:
                if running.poll() is not None:
                    raise OSError(
                        f"{command[0]} ended with status {running.returncode}: {report.read_text()}"
                    )
                return ready in report.read_text() and path.exists() and path.stat().st_size >= 24

            wait_until(listens, f"{command[0]} capturing")
            yield capture
            capture.settle()
        finally:
            _end(running, signal.SIGINT)
            capture.reported = report.read_text()
            losses = _DROPPED.findall(capture.reported)
            if losses:
                capture.dropped = sum(int(count) for pair in losses for count in pair if count)


_DROPPED = re.compile(r"(\d+) packets? dropped by|received/dropped on interface '[^']*': \d+/(\d+)")
"""What tcpdump says at its end, and dumpcap of each interface."""


_ORDINARY = 65_535
_BUFFER_KIB = (65_536, 524_288)
"""Of a ring whose packets have a slot of the snapshot length each: of 256 KiB there are 256 in 64 MiB, which a busy machine
does not empty in time."""


@contextmanager
def tcpdump(
    where: Namespace, interface: str, path: Path, *, snaplen: int = 0, bpf: str = ""
) -> Iterator[Capture]:
    """Capture to a pcap file with nanoseconds; `snaplen` 0 takes whole packets.

    Yields once it captures. At the end it waits until the file is stable, then stops; `dropped` is what the kernel
    lost, which a truthful fixture has 0 of.
    """
    command = ["tcpdump", "-i", interface, "-w", str(path), "-s", str(snaplen), "-U", "-n", "-Z", "root"]
    # Immediate mode hands over each packet as it comes, so that the last ones are in the file when it is quiet.
    command += [
        "--time-stamp-precision=nano",
        "--immediate-mode",
        "-B",
        str(_BUFFER_KIB[snaplen > _ORDINARY]),
    ]
    with _capturing(where, [*command, *bpf.split()], path, "listening on") as capture:
        yield capture


@contextmanager
def dumpcap(where: Namespace, interfaces: Sequence[str], path: Path) -> Iterator[Capture]:
    """Capture several interfaces at once to one pcapng file, as an observer of a whole host does."""
    chosen = [word for name in interfaces for word in ("-i", name)]
    command = ["dumpcap", *chosen, "-w", str(path), "-n", "-q", "-B", "16"]
    with _capturing(where, command, path, "File:") as capture:
        yield capture
