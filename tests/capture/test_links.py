"""`interceptor.capture.links`: what the kernel announces."""

from __future__ import annotations

import asyncio
import subprocess
from typing import TYPE_CHECKING, Any

from structlog.testing import capture_logs

from interceptor.capture.links import Links, addresses, links

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from tests.support.rpcapd import Host

DEADLINE = 30.0


def follow(host: Host, check: Callable[[Links, Callable[..., Any]], Coroutine[Any, Any, None]]) -> None:
    """Run `check` with links that are followed; its second argument waits until something holds."""

    async def main() -> None:
        changed = asyncio.Event()
        found = Links(changed.set)

        async def until(true: Callable[[], Any]) -> None:
            async with asyncio.timeout(DEADLINE):
                while not true():
                    await changed.wait()
                    changed.clear()

        task = asyncio.create_task(found.follow())
        await until(lambda: found.known)
        await check(found, until)
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()

    host.run(main())


def test_interfaces_come_change_and_go(host: Host) -> None:
    """By name, with their number and whether they are up."""

    async def check(found: Links, until: Any) -> None:
        assert set(found.current) == {"lo", "cap0", "cap1"}
        assert all(offer.up for offer in found.current.values())
        host.ip("link", "add", "new0", "type", "veth", "peer", "name", "new1")
        await until(lambda: "new0" in found.current and "new1" in found.current)
        assert not found.current["new0"].up
        number = found.current["new0"].index
        host.ip("link", "set", "new0", "up")
        await until(lambda: found.current["new0"].up)
        host.ip("link", "set", "new0", "down")
        host.ip("link", "set", "new0", "name", "other0")
        await until(lambda: "other0" in found.current and "new0" not in found.current)
        assert found.current["other0"].index == number
        host.ip("link", "delete", "other0")
        await until(lambda: set(found.current) == {"lo", "cap0", "cap1"})

    follow(host, check)


def test_names_that_change_hands(host: Host) -> None:
    """Two interfaces that swap their names are still two."""

    async def check(found: Links, until: Any) -> None:
        one, two = found.current["cap0"].index, found.current["cap1"].index
        for name in ("cap0", "cap1"):
            host.ip("link", "set", name, "down")
        for before, after in (("cap0", "x"), ("cap1", "cap0"), ("x", "cap1")):
            host.ip("link", "set", before, "name", after)
        await until(
            lambda: (
                {name: offer.index for name, offer in found.current.items()}
                == {"lo": found.current["lo"].index, "cap0": two, "cap1": one}
            )
        )

    follow(host, check)


def test_leaving_a_bridge_is_not_going(host: Host) -> None:
    """A bridge announces that a port has left in the words for an interface that is gone."""

    async def check(found: Links, until: Any) -> None:
        host.ip("link", "add", "br0", "type", "bridge")
        host.ip("link", "set", "cap0", "master", "br0")
        host.ip("link", "set", "cap0", "nomaster")
        host.ip("link", "add", "last0", "type", "veth", "peer", "name", "last1")
        await until(lambda: "last1" in found.current)
        assert {"cap0", "br0"} <= set(found.current)

    follow(host, check)


def test_a_storm_of_events_is_survived(host: Host) -> None:
    """More than the socket holds: all is asked for anew, and right in the end."""

    async def check(found: Links, until: Any) -> None:
        lines = []
        for number in range(3_000):
            lines.append(f"link set cap0 {'down' if number % 2 else 'up'}")
            lines.append(f"link set cap1 {'down' if number % 2 else 'up'}")
        lines.append("link add end0 type veth peer name end1")
        subprocess.run(  # noqa: ASYNC221 - in this very thread: nothing is to be read meanwhile
            ["ip", "-n", host.name, "-batch", "-"],
            input="\n".join(lines).encode(),
            check=True,
            capture_output=True,
        )
        with capture_logs() as logs:
            await until(lambda: found.known and "end1" in found.current and not found.current["cap0"].up)
        assert "interface_events_interrupted" in {entry["event"] for entry in logs}
        host.ip("link", "set", "cap0", "up")
        await until(lambda: found.current["cap0"].up)

    follow(host, check)


def test_the_machines_addresses(host: Host) -> None:
    """Those by which others reach it: not loopback's, link-local ones, and those of Services."""
    host.ip("link", "add", "kube-ipvs0", "type", "bridge")  # it is a dummy in reality
    for address, name in (
        ("192.0.2.1/24", "cap0"),
        ("2001:db8::1/64", "kube-ipvs0"),
        ("10.96.0.1/32", "kube-ipvs0"),
        ("169.254.1.1/16", "cap1"),
        ("198.51.100.7/32", "lo"),
    ):
        host.ip("address", "add", address, "dev", name)

    async def main() -> None:
        assert sorted(await addresses()) == ["192.0.2.1", "198.51.100.7"]
        assert {offer.name for offer in await links()} == {"lo", "cap0", "cap1", "kube-ipvs0"}

    host.run(main())
