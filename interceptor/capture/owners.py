"""Whose addresses are on this machine: pods and containers, proven without asking anybody but the kernel.

The proof goes from an interface to the network namespace that its other end is in, to the processes there, to their control groups, to
a pod's uid and a container's id; and the addresses that the namespace has are theirs. It needs no right at any API: only sight of
the host's processes. Where there is none, nobody is known, and the log says so once.

Programs on the machine's own network have its addresses. Whose an end there is, the kernel tells by the socket (`sockets`): the control group
that it was made in is one of a pod's processes there. That takes version 2 of control groups. A group that was not there at the last look is
somebody's from the next one on.

Owns when to look, and what is known now. A new interface is looked at at once, and again while it leads to nobody, as a pod's interface
is made before its first process. All is looked at anew every `_LONGEST` seconds, since containers of a pod start later; and when a process ends
that was part of a proof, which the kernel tells (pidfd_open(2)), or an interface goes, that proof is no more.
Refuses to know what is asked for later than that: who had an address a moment ago is nobody's business here.

* An address that two namespaces have is nobody's: which one was meant is not known.
* Processes of several pods in a namespace prove nothing. Of several containers (their number is as of the last look) none is told, the one that
  only keeps the namespace (`pause`) not counted.
* The machine's own namespace is nobody's as a whole: a program there is told by its socket, while there is one, or by its listener.
* A pod that may configure its network (NET_ADMIN) can give itself any address, and calls to that are then told to be its.

Limits: as many proofs as interfaces are captured at most (`MAX_CAPTURES`); a look takes some milliseconds, in a thread, mostly to ask every process for its
namespace.
"""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import structlog

from interceptor.capture.cgroups import owner
from interceptor.capture.following import MAX_CAPTURES
from interceptor.capture.links import Links
from interceptor.capture.processes import PROC, Processes, addresses_in, groups, namespace_numbers, read
from interceptor.capture.sockets import Sockets
from interceptor.capture.source import wait_for
from interceptor.core.model import Owner

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["Owners", "Proof", "prove"]

log = structlog.get_logger()

_FIRST: Final = 0.1
_LONGEST: Final = 10.0
"""Seconds between two looks: doubled from the first on while something leads to nobody."""
_COALESCE: Final = 0.02
"""Several interfaces come at once."""
_PATIENCE: Final = 30.0
"""Seconds after which interfaces that lead to nobody, all of them, are a fault of what we may see."""
_ASKED: Final = 256
"""Processes of a namespace whose cgroups are read. In one with more, not all containers are known, and so none is told."""
_GROUPS: Final = 4_096
"""Control groups of programs on the machine's network that are remembered as nobody's: a machine has some hundred."""
_KEEPER: Final = "pause"
"""The program that keeps a pod's namespaces (Kubernetes' pause image)."""


@dataclass(frozen=True, slots=True)
class Proof:
    """Who is at the other end of an interface."""

    leads_to: int
    """The namespace's number, as the interface tells it."""
    namespace: int
    """Its inode."""
    owner: Owner
    addresses: frozenset[str]
    process: int
    """One that it rests on: the first of the container, or of the pod."""


class Owners:
    """Who has which addresses on this machine, kept up to date while `follow` runs."""

    def __init__(self) -> None:
        """Nobody is known yet."""
        self.proofs: dict[int, Proof] = {}
        """By the interface's number."""
        self._by_address: dict[str, Owner | None] = {}
        self._changed = asyncio.Event()
        self._links = Links(self._hear)
        self._watched: dict[int, int] = {}
        """Descriptors of processes that proofs rest on, by process id."""
        self._told = False
        """That they are not known."""
        self._addresses: frozenset[str] = frozenset()
        """The machine's own."""
        self._groups: dict[int, Owner | None] = {}
        """Whose control groups of sockets on its network are; None for nobody's."""
        self._unknown: set[int] = set()
        """Such groups that were seen since the last look."""
        self._sockets: Sockets | None = None

    def whose(self, end: tuple[str, int], other: tuple[str, int]) -> Owner | None:
        """Who has an end of a connection now; see `model.Whose`."""
        address, _ = end
        if address not in self._addresses or self._sockets is None:
            return self._by_address.get(address)
        group = self._sockets.group(end, other)
        if group is None or group in self._groups:
            return self._groups.get(group or 0)
        if len(self._unknown) < _GROUPS:
            self._unknown.add(group)
        return None

    async def follow(self) -> None:
        """Look, again and again, until cancelled; or until it is plain that nothing may be seen."""
        with suppress(OSError):
            self._sockets = Sockets()
        try:
            async with asyncio.TaskGroup() as group:
                listening = group.create_task(self._links.follow(), name="owners' interfaces")
                try:
                    await self._look_again_and_again()
                except PermissionError as error:
                    self._tell(str(error))
                listening.cancel()
        finally:
            self._keep({})
            self._addresses = frozenset()
            if self._sockets is not None:
                self._sockets.close()
                self._sockets = None

    async def _look_again_and_again(self) -> None:
        loop = asyncio.get_running_loop()
        wait, since, whole = _FIRST, loop.time(), 0.0
        while True:
            news = await wait_for(self._changed, wait)
            if news:
                await asyncio.sleep(_COALESCE)
            self._changed.clear()
            leads = self._leads()
            known = self.proofs
            if loop.time() - whole >= _LONGEST:
                whole, known = loop.time(), {}
                await self._look_at_machine()
            found = await asyncio.to_thread(prove, leads, known) if leads else {}
            now = self._leads()
            self._keep({index: proof for index, proof in found.items() if now.get(index) == proof.leads_to})
            wait = _LONGEST if len(self.proofs) == len(leads) else _FIRST if news else min(2 * wait, _LONGEST)
            if self.proofs or not leads:
                since = loop.time()
            elif loop.time() - since > _PATIENCE:
                self._tell("no process of the network namespaces is seen that interfaces lead to")

    async def _look_at_machine(self) -> None:
        """Its addresses; and its processes where one is sought, once at first: that takes a tenth of a millisecond for each."""
        addresses = await asyncio.to_thread(addresses_in, os.getpid())
        sought, self._unknown = self._unknown, set()
        if sought or not self._addresses:
            found = await asyncio.to_thread(on_machine)
            nobodys = sought.union(group for group, one in self._groups.items() if one is None)
            self._groups = (dict.fromkeys(nobodys) if len(nobodys) <= _GROUPS else {}) | found
        self._addresses = addresses

    def _tell(self, reason: str) -> None:
        """Say that they are not known, once: what is seen of others may change, and it is the same all the while."""
        if not self._told:
            self._told = True
            log.warning(
                "owners_unknown",
                reason=reason,
                remedy="records have no source.pod.uid and destination.pod.uid; an agent as root in the host's process "
                "namespace (hostPID: true, CAP_SYS_PTRACE) has them",
            )

    def _hear(self) -> None:
        """Interfaces have changed: whoever has gone has nothing any more."""
        leads = self._leads()
        kept = {index: proof for index, proof in self.proofs.items() if leads.get(index) == proof.leads_to}
        if len(kept) < len(self.proofs):
            self._keep(kept)
        self._changed.set()

    def _leads(self) -> dict[int, int]:
        leading = [one for one in self._links.current.values() if one.leads_to is not None]
        return {one.index: one.leads_to for one in leading[:MAX_CAPTURES] if one.leads_to is not None}

    def _keep(self, proofs: dict[int, Proof]) -> None:
        """Know this, and nothing else."""
        resting = {proof.process for proof in proofs.values()}
        for pid in self._watched.keys() - resting:
            self._unwatch(pid)
        over = {pid for pid in resting - self._watched.keys() if not self._watch(pid)}
        if over:
            self._changed.set()
        self.proofs = {index: one for index, one in proofs.items() if one.process not in over}
        self._by_address = _by_address(self.proofs.values())

    def _watch(self, pid: int) -> bool:
        """Hear of a process's end; returns whether it is still to come.

        Where the kernel or a sandbox does not tell, that is noticed at the next look.
        """
        try:
            descriptor = os.pidfd_open(pid)
        except ProcessLookupError:
            return False
        except OSError:
            return True
        self._watched[pid] = descriptor
        asyncio.get_running_loop().add_reader(descriptor, self._end, pid)
        return True

    def _unwatch(self, pid: int) -> None:
        descriptor = self._watched.pop(pid)
        asyncio.get_running_loop().remove_reader(descriptor)
        os.close(descriptor)

    def _end(self, pid: int) -> None:
        """A process has ended on which a proof rests."""
        self._keep({index: proof for index, proof in self.proofs.items() if proof.process != pid})
        self._changed.set()


def _by_address(proofs: Iterable[Proof]) -> dict[str, Owner | None]:
    """Whose addresses are; None of those that several have."""
    spaces: dict[str, dict[int, Owner]] = {}
    for proof in proofs:
        for address in proof.addresses:
            spaces.setdefault(address, {})[proof.leads_to] = proof.owner
    return {
        address: next(iter(owners.values())) if len(owners) == 1 else None
        for address, owners in spaces.items()
    }


def on_machine(proc: str = PROC) -> dict[int, Owner]:
    """Whose processes on the machine's own network are, by the number of their control group."""
    processes = Processes(proc)
    pids = processes.by_namespace.get(processes.own, [])
    return {group: one for group, text in groups(pids, proc) if (one := owner(text)) is not None}


def prove(
    leads: Mapping[int, int], known: Mapping[int, Proof] = MappingProxyType({}), proc: str = PROC
) -> dict[int, Proof]:
    """Look: `leads` are interfaces' numbers, and those of the namespaces that they lead to. What is `known` of one is not proven again.

    Raises:
        PermissionError: other processes' namespaces may not be seen.

    """
    processes = Processes(proc)
    spaces = {inode: pids for inode, pids in processes.by_namespace.items() if inode != processes.own}
    if not spaces and processes.denied:
        raise PermissionError("namespaces of other processes may not be seen")
    proven = {proof.leads_to: proof for proof in known.values() if proof.namespace in spaces}
    for proof in proven.values():
        spaces.pop(proof.namespace, None)
    firsts = {pids[0]: inode for inode, pids in spaces.items()}
    sought = set(leads.values()) - proven.keys()
    for pid, number in namespace_numbers(firsts):
        if number in sought:
            found = _proof(number, firsts[pid], spaces[firsts[pid]], proc)
            if found is not None:
                proven[number] = found
    return {index: proven[number] for index, number in leads.items() if number in proven}


def _proof(number: int, namespace: int, pids: list[int], proc: str) -> Proof | None:
    """Who the processes of a namespace are."""
    pods: dict[str, int] = {}
    containers: dict[str, int] = {}
    for pid in pids[:_ASKED]:
        one = owner(read(f"{proc}/{pid}/cgroup"))
        if one is None:
            continue
        if one.pod_uid is not None:
            pods.setdefault(one.pod_uid, pid)
        if one.container_id is not None:
            containers.setdefault(one.container_id, pid)
    if len(pods) > 1:
        return None
    if pods:
        containers = {
            each: pid for each, pid in containers.items() if read(f"{proc}/{pid}/comm").strip() != _KEEPER
        }
    uid, process = next(iter(pods.items()), (None, 0))
    container = None
    if len(containers) == 1 and len(pids) <= _ASKED:
        [(container, process)] = containers.items()
    if uid is None and container is None:
        return None
    return Proof(number, namespace, Owner(uid, container), addresses_in(process, proc), process)
