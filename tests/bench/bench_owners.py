"""How long it takes to prove whose interfaces are: `python -m tests.bench.bench_owners [pods] [others]`; as root.

Makes a node of so many pods (two processes each: what keeps the pod's namespaces, and a container) beside so many other processes, and
times what is done for a new interface, and for all of them every ten seconds.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
import uuid
from contextlib import ExitStack

from interceptor.capture import owners
from tests.support import cgroups, netns

ROUNDS = 20
GROUP = cgroups.PATHS["systemd, containerd"]


def measure(pods: int, others: int) -> None:
    """Print milliseconds."""
    with ExitStack() as stack:
        tree = stack.enter_context(cgroups.tree(2))
        node = stack.enter_context(netns.namespace("node"))
        for number in range(pods):
            pod, uid = stack.enter_context(netns.namespace("pod")), str(uuid.uuid4())
            netns.veth(
                node,
                pod,
                names=(f"veth{number}", "eth0"),
                addresses=((), (f"10.42.{number >> 8}.{number & 255}/16",)),
            )
            for _ in range(2):
                running = stack.enter_context(netns.process(pod, ["sleep", "1000"]))
                tree.put(running.pid, GROUP(uid, uuid.uuid4().hex * 2))
        for _ in range(others):
            one = subprocess.Popen(["sleep", "1000"])
            stack.callback(one.wait)
            stack.callback(one.kill)
        done = subprocess.run(
            node.wrap([sys.executable, "-m", "tests.bench.bench_owners"]),
            check=True,
            capture_output=True,
            text=True,
        )
        print(f"{pods} pods, {others} other processes: {done.stdout.strip()}")


def look() -> None:
    """In the node's namespace: print what a look at all costs, and one at a new interface."""
    import asyncio

    from interceptor.capture.links import links

    leads = {one.index: one.leads_to for one in asyncio.run(links()) if one.leads_to is not None}
    proofs = owners.prove(leads)
    newest = max(leads)
    known = {index: proof for index, proof in proofs.items() if index != newest}
    print(f"{len(proofs)} proven;", _timed("all", lambda: owners.prove(leads)), end="; ")
    print(_timed("a new one", lambda: owners.prove(leads, known)))


def _timed(what: str, call: object) -> str:
    assert callable(call)
    took, used = [], []
    for _ in range(ROUNDS):
        begun, cpu = time.perf_counter(), time.thread_time()
        call()
        took.append((time.perf_counter() - begun) * 1000)
        used.append((time.thread_time() - cpu) * 1000)
    return f"{what}: {min(took):.1f} ms, median {statistics.median(took):.1f} (CPU {statistics.median(used):.1f})"


if __name__ == "__main__":
    arguments = [int(word) for word in sys.argv[1:]]
    if arguments:
        measure(*arguments)
    else:
        look()
