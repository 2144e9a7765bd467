"""Records with names: what is added to each line of a batch.

Owns which fields of a record say whom to name, and how names are written into a line that is otherwise left as it came.
Refuses to decide who somebody is: the resolver and the operator's names do.

A name is this program's to give: what a sender wrote in its place is taken out first, so that nobody calls himself
another's. Every other byte of a line stays. A line without ends or a time has no names, and neither has one that would
become longer than a record may be.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec
from msgspec import Struct, field

from interceptor.kubernetes.namespaces import Verdict
from interceptor.kubernetes.resolver import Kind, Named

if TYPE_CHECKING:
    from collections.abc import Iterable

    from interceptor.kubernetes.given import Given
    from interceptor.kubernetes.namespaces import Namespaces
    from interceptor.kubernetes.resolver import Resolver

__all__ = ["LONGEST", "Enriched", "Naming"]

LONGEST: Final = 256 * 2**10
"""Bytes of a line: what the ingest API takes at most."""


class _Ends(Struct, frozen=True, gc=False):
    """Of a record what says whom to name."""

    time: str
    source_address: str = field(name="source.address", default="")
    destination_address: str = field(name="destination.address", default="")
    destination_port: int = field(name="destination.port", default=0)
    service_address: str = field(name="service.address", default="")
    source_pod: str = field(name="source.pod.uid", default="")
    destination_pod: str = field(name="destination.pod.uid", default="")


class Enriched(NamedTuple):
    """Lines with names."""

    text: bytes
    kept: int
    """How many lines."""
    ends: dict[Kind, int]
    """How many ends turned out to be what."""
    verdicts: dict[Verdict, int]
    """How many records are kept, and why; nothing where all are."""


class Naming:
    """Names the ends of records."""

    def __init__(self, resolver: Resolver | None, given: Given, namespaces: Namespaces | None = None) -> None:
        self._resolver = resolver
        self._given = given
        self._namespaces = namespaces or None
        self._called: dict[str, Named] = {}

    def enrich(self, lines: Iterable[bytes]) -> Enriched:
        """Lines without their ends, each a record, as text of those that are kept.

        May run in a thread while another one changes what the resolver knows.
        """
        found: dict[Named, int] = {}
        verdicts: dict[Verdict, int] = {}
        seconds: dict[str, float] = {}
        text: list[bytes] = []
        for line in lines:
            kept = _cleared(line) if _suspect(line) else line
            ends = self._ends(kept, seconds)
            added = b""
            if ends is not None:
                source, destination, added = ends
                found[source] = found.get(source, 0) + 1
                found[destination] = found.get(destination, 0) + 1
                if self._namespaces is not None:
                    verdict = self._namespaces.verdict(source.namespace, destination.namespace)
                    verdicts[verdict] = verdicts.get(verdict, 0) + 1
                    if verdict is Verdict.LEFT_OUT:
                        continue
            if added and len(kept) + len(added) < LONGEST:
                kept = b"%b,%b}" % (kept[: kept.rindex(b"}")], added)
            text.append(kept)
        kinds = dict.fromkeys(Kind, 0)
        for named, count in found.items():  # by themselves until here: to hash a member of an enum is a call
            kinds[named.kind] += count
        return Enriched(b"\n".join([*text, b""]), len(text), kinds, verdicts)

    def _ends(self, line: bytes, seconds: dict[str, float]) -> tuple[Named, Named, bytes] | None:
        """Who the ends are, and members to be added."""
        try:
            record = _ENDS.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return None
        second = record.time[:19]
        time = seconds.get(second)
        if time is None:
            time = seconds[second] = _unix(second)
        time += _fraction(record.time)
        if not record.source_address or not record.destination_address:
            return None
        source = self._named(record.source_pod, record.source_address, None, time)
        destination = self._named(
            record.destination_pod, record.destination_address, record.destination_port, time
        )
        members = [source.source, destination.destination]
        if record.service_address and self._resolver is not None:
            service = self._resolver.service(record.service_address, time)
            if service is not None and destination.kind is not Kind.SERVICE:
                members.append(msgspec.json.encode({"destination.k8s.service.name": service})[1:-1])
        return source, destination, b",".join(filter(None, members))

    def _named(self, pod: str, address: str, port: int | None, time: float) -> Named:
        """Who an end is: the pod that the agent has proven, else as the cluster knows the address, else as the operator calls it."""
        resolved = None
        if self._resolver is not None:
            resolved = self._resolver.pod(pod, address, port, time) if pod else None
            resolved = resolved or self._resolver.at(address, port, time)
        if resolved is not None and resolved.somebody:
            return resolved
        if self._given and (name := self._given.name(address)) is not None:
            called = self._called.get(name)
            if called is None:
                called = self._called[name] = Named(Kind.CONFIGURED, {"name": name})
            return called
        return resolved or _UNASKED


_ENDS: Final = msgspec.json.Decoder(_Ends)
_MEMBERS: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_UNASKED: Final = Named(Kind.UNASKED, {})


def _suspect(line: bytes) -> bool:
    """Whether a line may have names already. An escaped letter may be a letter of a key."""
    return b'.name"' in line or b".k8s." in line or b"\\" in line


def _cleared(line: bytes) -> bytes:
    """A line without names."""
    try:
        members = _MEMBERS.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return line
    kept = {name: value for name, value in members.items() if not _ours(name)}
    return line if len(kept) == len(members) else msgspec.json.encode(kept)


def _ours(name: str) -> bool:
    return name in ("source.name", "destination.name") or name.startswith(("source.k8s.", "destination.k8s."))


def _fraction(text: str) -> float:
    """Of a second."""
    try:
        return float(text[19:-1] or 0.0)
    except ValueError:
        return 0.0


def _unix(second: str) -> float:
    try:
        return datetime.fromisoformat(f"{second}+00:00").timestamp()
    except ValueError:
        return 0.0
