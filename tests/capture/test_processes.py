"""`interceptor.capture.processes`: who is in which network namespace."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

from interceptor.capture.processes import Processes, addresses_in, groups, read
from tests.support import netns

if TYPE_CHECKING:
    from pathlib import Path

TRIE = """Main:
  +-- 0.0.0.0/0 3 0 5
     |-- 10.42.0.0
        /16 link UNICAST
     |-- {}
        /32 host LOCAL
     |-- 10.42.255.255
        /32 link BROADCAST
Local:
     |-- 127.0.0.1
        /32 host LOCAL
     |-- 169.254.7.7
        /32 host LOCAL
     |-- nonsense
        /32 host LOCAL
"""


def process(proc: Path, number: int, inode: str, **files: str) -> None:
    """A process as `/proc` shows it: its namespace is a file of its own name."""
    (proc / f"namespaces-{inode}").touch()
    (proc / str(number) / "ns").mkdir(parents=True)
    (proc / str(number) / "net").mkdir()
    (proc / str(number) / "ns/net").symlink_to(proc / f"namespaces-{inode}")
    for name, text in files.items():
        (proc / str(number) / "net" / name).write_text(text)


def test_processes_by_namespace(tmp_path: Path) -> None:
    """In the order of their numbers; what is no process, and what has ended, is passed over."""
    for number, inode in ((900, "b"), (12, "b"), (3, "a")):
        process(tmp_path, number, inode)
    (tmp_path / "self").symlink_to(tmp_path / "3")
    (tmp_path / "77").mkdir()
    (tmp_path / "meminfo").touch()
    found = Processes(str(tmp_path))
    assert list(found.by_namespace.values()) == [[3], [12, 900]]
    assert found.by_namespace[found.own] == [3]
    assert found.denied == 0


def test_addresses(tmp_path: Path) -> None:
    """Local ones of both families, in the form that records have; not those that every machine has."""
    six = (
        "fd420000000000000000000000000002 02 40 00 80     eth0\n"
        "fe80000000000000085db1fffe8f1d5e 02 40 20 80     eth0\n"
        "00000000000000000000000000000001 01 80 10 80       lo\nxyz\n"
    )
    process(tmp_path, 5, "a", fib_trie=TRIE.format("10.42.0.2"), if_inet6=six)
    assert addresses_in(5, str(tmp_path)) == {"10.42.0.2", "fd42::2"}
    assert addresses_in(6, str(tmp_path)) == frozenset()


def test_addresses_are_bounded(tmp_path: Path) -> None:
    """A pod that may give itself addresses may give itself many."""
    many = "".join(TRIE.format(f"10.1.{number >> 8}.{number & 255}") for number in range(1_000))
    process(tmp_path, 5, "a", fib_trie=many)
    assert len(addresses_in(5, str(tmp_path))) == 256


def test_files_are_read_up_to_a_bound(tmp_path: Path) -> None:
    """And what cannot be read is empty."""
    (tmp_path / "long").write_text("x" * 3 * 2**20)
    assert 2**20 <= len(read(str(tmp_path / "long"))) <= 2**21
    assert read(str(tmp_path / "absent")) == ""
    assert read(str(tmp_path)) == ""


@pytest.mark.skipif((reason := netns.unavailable()) is not None, reason=reason or "")
def test_numbers_are_those_that_interfaces_tell() -> None:
    """Of the kernel's own: a process in a namespace that an interface leads to, and others."""
    with netns.namespace("node") as node, netns.namespace("pod") as pod:
        netns.veth(node, pod, names=("veth0", "eth0"))
        with netns.process(pod, ["sleep", "60"]) as sleeping:
            # `ip netns exec` enters the namespace before it becomes the program
            netns.wait_until(
                lambda: os.readlink(f"/proc/{sleeping.pid}/ns/net") != os.readlink("/proc/self/ns/net"),
                "it is inside",
            )
            said = node.run(sys.executable, "-c", NUMBERS, str(sleeping.pid)).stdout.split()
    assert said[0] == said[1]
    assert said[2:] == []


NUMBERS = """
import asyncio, os, sys
from interceptor.capture.links import links
from interceptor.capture.processes import namespace_numbers
[leads_to] = [one.leads_to for one in asyncio.run(links()) if one.name == "veth0"]
pid = int(sys.argv[1])
found = dict(namespace_numbers([pid, os.getpid(), 4194303]))
print(leads_to, found.pop(pid), *found)
"""


@pytest.mark.parametrize("whose", ["self", "1"])
def test_control_groups_have_numbers_where_the_whole_hierarchy_is_seen(whose: str, tmp_path: Path) -> None:
    """By this process or by init: the inode of the group's directory. Part of it, another version and paths from elsewhere tell none."""
    root = tmp_path / whose / "root"
    (root / "unified" / "pods" / "one").mkdir(parents=True)
    whole = "41 31 0:38 / /unified rw,relatime - cgroup2 cgroup2 rw\n"
    (tmp_path / whose / "mountinfo").write_text("40 31 0:37 /one /part rw - cgroup2 cgroup2 rw\n" + whole)
    for number, path in (
        (7, "0::/pods/one"),
        (8, "4:cpu:/pods/one"),
        (9, "0::/../pods/one"),
        (10, "0::/gone"),
    ):
        (tmp_path / str(number)).mkdir()
        (tmp_path / str(number) / "cgroup").write_text(f"3:memory:/other\n{path}\n")
    one = (root / "unified" / "pods" / "one").stat().st_ino
    found = list(groups([7, 8, 9, 10, 11], str(tmp_path)))
    assert found == [(one, "3:memory:/other\n0::/pods/one\n")]
    (tmp_path / whose / "mountinfo").write_text("")
    assert list(groups([7], str(tmp_path))) == []
