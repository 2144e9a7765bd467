"""The machine's processes, by the network namespace that they are in (`/proc`, namespaces(7)).

Owns the reading of `/proc`, and the one question to the kernel that ties a namespace to an interface: interfaces tell a number of
the namespace that their other end is in (IFLA_LINK_NETNSID), and RTM_GETNSID says which number a process's namespace has (rtnetlink(7)).
Refuses to know whose a process is (`cgroups`), and to decide when to look (`owners`).

Another's namespace may be seen by whoever could trace it (ptrace(2), PTRACE_MODE_READ): in the host's process namespace, with
CAP_SYS_PTRACE. Processes come and go while one looks: those that are gone are as if they had not been there.

Limits: `_PROCESSES` are looked at, those with the lowest numbers; files are read up to `_FILE` bytes, and `_ADDRESSES` of a namespace are kept.
"""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from ipaddress import ip_address
from struct import Struct
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["PROC", "Processes", "addresses_in", "groups", "namespace_numbers", "read"]

PROC: Final = "/proc"
_PROCESSES: Final = 32_768
"""What Linux numbers at most unless it is told otherwise (proc(5), pid_max of old)."""
_FILE: Final = 2**20
"""A pod's table of routes is a few hundred bytes; who may write routes may write many."""
_ADDRESSES: Final = 256
"""A pod has one of each family, and one for each further network."""
_GETNSID: Final = 90
_NETNSA_NSID: Final = 1
_NETNSA_PID: Final = 2
_HEAD: Final = Struct("=IHHII")
"""struct nlmsghdr."""
_ASK: Final = Struct("=IHHIIBxxxHHI")
"""The head, struct rtgenmsg, and one attribute of four bytes."""
_ATTRIBUTE: Final = Struct("=HHi")
_REQUEST: Final = 1
_ERROR: Final = 2


class Processes:
    """Who is in which network namespace, at one moment."""

    def __init__(self, proc: str = PROC) -> None:
        """Look."""
        self.denied = 0
        """Processes whose namespace may not be seen."""
        self.by_namespace: dict[int, list[int]] = {}
        """Process ids in order, by the inode of their network namespace."""
        self.own = os.stat(f"{proc}/self/ns/net").st_ino  # noqa: PTH116 - thousands of these, and pathlib costs as much again
        for pid in sorted(int(name) for name in os.listdir(proc) if name.isdecimal())[:_PROCESSES]:  # noqa: PTH208
            try:
                inode = os.stat(f"{proc}/{pid}/ns/net").st_ino  # noqa: PTH116
            except PermissionError:
                self.denied += 1
                continue
            except OSError:  # it is gone, or ends: it has no namespace any more
                continue
            self.by_namespace.setdefault(inode, []).append(pid)


def namespace_numbers(pids: Iterable[int]) -> Iterator[tuple[int, int]]:
    """For each process that has a network namespace of which interfaces of ours tell: itself, and the number that they tell."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as route:
        route.bind((0, 0))
        for pid in pids:
            route.send(_ASK.pack(_ASK.size, _GETNSID, _REQUEST, pid, 0, 0, 8, _NETNSA_PID, pid))
            number = _answered(route.recv(4096))
            if number >= 0:
                yield pid, number


def groups(pids: Iterable[int], proc: str = PROC) -> Iterator[tuple[int, str]]:
    """For each process in a control group of version 2: the group's number, and its `/proc/PID/cgroup`.

    The number is the inode of the group's directory, where the whole hierarchy is mounted: here, or where init sees it. A reader in a
    cgroup namespace of its own is told no paths from the root, and finds none.
    """
    roots = [root for mounts in (f"{proc}/self", f"{proc}/1") for root in _unified(mounts)]
    numbers: dict[str, int] = {}
    for pid in pids if roots else ():
        text = read(f"{proc}/{pid}/cgroup")
        path = next((line[3:] for line in text.splitlines() if line.startswith("0::")), "/..")
        if path.startswith("/.."):
            continue
        if path not in numbers:
            numbers[path] = next(filter(None, (_inode(root + path) for root in roots)), 0)
        if numbers[path]:
            yield numbers[path], text


def _unified(process: str) -> Iterator[str]:
    """Where a process sees the whole hierarchy of version 2 (proc_pid_mountinfo(5))."""
    for line in read(f"{process}/mountinfo").splitlines():
        fields = line.split()
        if fields[3] == "/" and "cgroup2" in fields[6:]:
            yield f"{process}/root{fields[4]}"


def _inode(path: str) -> int:
    try:
        return os.stat(path).st_ino  # noqa: PTH116
    except OSError:
        return 0


def _answered(message: bytes) -> int:
    """The number in an answer; -1 where there is none, or no such process."""
    _, kind, *_ = _HEAD.unpack_from(message)
    if kind == _ERROR:
        return -1
    place = _HEAD.size + 4
    while place + _ATTRIBUTE.size <= len(message):
        length, attribute, number = _ATTRIBUTE.unpack_from(message, place)
        if attribute == _NETNSA_NSID:
            return int(number)
        place += max((length + 3) & ~3, 4)
    return -1


def addresses_in(pid: int, proc: str = PROC) -> frozenset[str]:
    """Give the addresses of the network namespace of a process, but those that every machine has (loopback, link-local)."""
    found: set[str] = set()
    candidate = ""
    for line in read(f"{proc}/{pid}/net/fib_trie").splitlines():
        text = line.strip()
        if text.startswith("|-- "):
            candidate = text[4:]
        elif text == "/32 host LOCAL":
            found.add(candidate)
    for line in read(f"{proc}/{pid}/net/if_inet6").splitlines():
        found.add(":".join(line[place : place + 4] for place in range(0, 32, 4)))
    kept: set[str] = set()
    for text in sorted(found):
        with suppress(ValueError):
            address = ip_address(text)
            if not (address.is_loopback or address.is_link_local):
                kept.add(str(address))
        if len(kept) >= _ADDRESSES:
            break
    return frozenset(kept)


def read(path: str) -> str:
    """Give the beginning of a file of `/proc`; nothing where its process is gone, or it may not be read."""
    try:
        file = os.open(path, os.O_RDONLY)
    except OSError:
        return ""
    pieces, size = [], 0
    try:
        while size < _FILE and (piece := os.read(file, _FILE)):
            pieces.append(piece)
            size += len(piece)
    except OSError:  # ESRCH: the process has ended meanwhile
        return ""
    finally:
        os.close(file)
    return b"".join(pieces).decode("ascii", "replace")
