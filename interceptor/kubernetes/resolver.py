"""Who an address was at a time, in a cluster, by what the Kubernetes API says of it.

Owns what follows from objects: which addresses they have and since when, which workload a pod belongs to, which Services
it serves, and what is said of an address that is nobody's. Refuses to fetch anything, and to choose: where two may have
had an address, both are named as candidates, and only what they agree on is said.

* A pod that has ended owns nothing, although its status keeps the address (the network has given it away); its end is
  when its last container finished. A pod of the host's network has the node's address, and so none of its own.
* A deletion ends what is of this uid, not what has this name or address: both are given away again at once.
  `deletionTimestamp` is a deadline, not a time.
* The workload is found by owner references (`controller: true`): a ReplicaSet's Deployment, a Job's CronJob, or whatever
  kind it is, as it stands. Names are never taken apart.
* Whose end an agent has proven by itself (`pod`) is that pod's, whatever is known of the address: of the host's network too.
* A Service's own address is the Service's; which pods serve it, EndpointSlices say.
* An address that is nobody's is `external` only if it cannot be a pod's that we have not heard of: public, or outside of
  the nodes' ranges where these are what pods have their addresses from. Otherwise it is `unknown`, with the node of its
  range. Nothing at all is said of a time before everything was known (`since`).

Time comes in as an argument, Unix time in seconds. One thread applies; others may ask meanwhile.
"""

from __future__ import annotations

from enum import StrEnum
from ipaddress import ip_address, ip_network
from itertools import islice
from math import inf
from typing import TYPE_CHECKING, Final, TypeAlias

import msgspec
from msgspec import Struct

from interceptor.kubernetes.intervals import LIMIT, Interval, Intervals, O
from interceptor.kubernetes.objects import Node, Pod, Reference, Resource, Service, Slice, Workload

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from interceptor.kubernetes.objects import Object

__all__ = ["CANDIDATES", "KEEP_SECONDS", "PIECE", "Kind", "Memory", "Named", "Resolver"]

KEEP_SECONDS: Final = 7 * 86_400.0
"""How long what ended is remembered: a quiet node's spool lasts a week."""
CANDIDATES: Final = 8
"""That are listed: more of one address within seconds there are not."""
PIECE: Final = 2_000
"""Intervals that are remembered at once: to encode them takes a millisecond, in which no other thread runs."""
_CONTROLLER_SECONDS: Final = 3_600.0
"""How long a ReplicaSet or Job that is gone is remembered, for pods that outlive it. A pod that was seen beside it has
its workload's name of its own."""
_STATUS_SECONDS: Final = 10.0
"""A pod's status is written up to so long after what it says has happened."""
_CACHED: Final = 40_000
"""Answers that are kept: the pods of a large cluster, as clients and as servers, twice."""
_SERVICE_LABEL: Final = "kubernetes.io/service-name"
_OVER: Final = frozenset({"Succeeded", "Failed"})
_CONTROLLED: Final = frozenset({"ReplicaSet", "Job"})
_WORKLOADS: Final = {
    "Deployment": "deployment",
    "ReplicaSet": "replicaset",
    "StatefulSet": "statefulset",
    "DaemonSet": "daemonset",
    "Job": "job",
    "CronJob": "cronjob",
}
"""Kinds for which OpenTelemetry has an attribute."""
_FIRST: Final = frozenset({Resource.NODES, Resource.SERVICES, Resource.PODS})
"""What must be known before anything is said of an address that is nobody's."""


class Kind(StrEnum):
    """What an end of a connection turned out to be."""

    POD = "pod"
    SERVICE = "service"
    NODE = "node"
    EXTERNAL = "external"
    """Nobody's in the cluster."""
    UNKNOWN = "unknown"
    """Nobody's that we know, and it may be somebody's."""
    AMBIGUOUS = "ambiguous"
    """Several may have had it."""
    CONFIGURED = "configured"
    """Named by the operator."""
    UNASKED = "unasked"
    """Of a time of which nothing is known; nothing is said."""


class Named:
    """An answer: fields for an end, ready to be written behind those of a record."""

    __slots__ = ("_destination", "_fields", "_source", "kind", "namespace", "somebody")

    def __init__(self, kind: Kind, fields: dict[str, object]) -> None:
        self.kind: Final = kind
        self.somebody: Final = kind not in _NOBODY_KNOWN
        self.namespace: Final = _namespace(kind, fields)
        """Empty: it has none. None: it is not known."""
        self._fields = {"k8s.kind": kind.value, **fields} if kind not in _NOT_TOLD else fields
        self._source: bytes | None = None
        self._destination: bytes | None = None

    @property
    def source(self) -> bytes:
        """Members of a JSON object without its braces; empty if there are none."""
        if self._source is None:
            self._source = _members("source", self._fields)
        return self._source

    @property
    def destination(self) -> bytes:
        """The same for the other end."""
        if self._destination is None:
            self._destination = _members("destination", self._fields)
        return self._destination


_NOT_TOLD: Final = frozenset({Kind.CONFIGURED, Kind.UNASKED})
_NOBODY_KNOWN: Final = frozenset({Kind.EXTERNAL, Kind.UNKNOWN, Kind.UNASKED})


def _namespace(kind: Kind, fields: Mapping[str, object]) -> str | None:
    match kind:
        case Kind.EXTERNAL | Kind.NODE:
            return ""
        case Kind.CONFIGURED:  # `warehouse/scanner`, as a cluster's names are written
            return str(fields["name"]).rpartition("/")[0]
    found = fields.get("k8s.namespace.name")
    return None if found is None else str(found)


def _members(end: str, fields: dict[str, object]) -> bytes:
    return msgspec.json.encode({f"{end}.{name}": value for name, value in fields.items()})[1:-1]


class PodName(Struct, frozen=True, tag="pod", gc=False):
    """Of a pod what records say of it."""

    key: str
    """Its uid."""
    name: str
    namespace: str
    node: str
    kind: str = ""
    """Of the workload that it belongs to; empty where it is its own."""
    workload: str = ""
    controller: str = ""
    """The uid of a ReplicaSet or Job that was not known: that is then the workload, until it is."""


class NodeName(Struct, frozen=True, tag="node", gc=False):
    """A node."""

    key: str
    name: str


class ServiceName(Struct, frozen=True, tag="service", gc=False):
    """A Service: at its own address."""

    key: str
    name: str
    namespace: str


class Serving(Struct, frozen=True, gc=False):
    """One EndpointSlice at one address."""

    key: str
    """Of the slice, and of the pod."""
    service: str
    """As the DNS calls it: `name.namespace`."""
    ports: tuple[int, ...]
    """None: all of them."""
    pod: str
    """The uid of the pod; empty where somebody wrote the address by hand."""


Holder: TypeAlias = PodName | NodeName | ServiceName


class _Controlled(Struct, frozen=True, gc=False):
    """A ReplicaSet or Job, and what controls that."""

    kind: str = ""
    name: str = ""
    gone: float = inf
    """When it was removed."""


class Memory(Struct, frozen=True):
    """A piece of what outlives a restart."""

    holders: dict[str, Holder]
    held: list[tuple[str, str, float, float | None, bool]]
    """Address, key, since when, until when, exactly."""
    serving: list[tuple[str, Serving, float, float | None]]


class Resolver:
    """Knows one cluster."""

    def __init__(self) -> None:
        self.holding: Final = Intervals[Holder]()
        self.serving: Final = Intervals[Serving]()
        self._controlled: dict[str, _Controlled] = {}
        self._live: Final[dict[Resource, dict[str, tuple[str, ...]]]] = {each: {} for each in Resource}
        """Addresses that each object that is there holds, by its uid."""
        self._pods: dict[str, tuple[PodName, float]] = {}
        """By uid, and when each was over: at most `LIMIT`."""
        self._endpoints: dict[str, frozenset[tuple[str, str]]] = {}
        """Of EndpointSlices: addresses and keys of `serving`."""
        self._complete: set[Resource] = set()
        self.since = inf
        """From when on it is known whose no address is."""
        self._ranges: dict[str, tuple[str, tuple[str, ...]]] = {}
        """Nodes' names and their pods' networks, by the node's uid."""
        self._networks: dict[tuple[int, int], dict[int, str]] = {}
        """The same by version and length."""
        self._ranged: bool | None = None
        """Whether pods have their addresses from these; None: to be looked at."""
        self._strangers: dict[str, Named] = {}
        self._answers: dict[tuple[str, tuple[str, str], tuple[str, ...]], tuple[Holder, Named]] = {}

    # What the API says

    def apply(self, resource: Resource, found: Object, now: float) -> None:
        """An object is there, as it is."""
        meta = found.metadata
        match found:
            case Workload():
                owner = meta.controller
                self._controlled[meta.uid] = _Controlled(owner.kind, owner.name) if owner else _Controlled()
                self._live[resource][meta.uid] = ()
            case Slice():
                self._serve(found, now)
            case _:
                self._hold(resource, found, now)

    def gone(self, resource: Resource, found: Object, now: float) -> None:
        """An object is there no more; what it said last is said again."""
        if isinstance(found, Pod):
            self._hold(resource, found, now)  # it may say when it ended
        self._end(resource, found.metadata.uid, now)

    def retain(self, resource: Resource, uids: Collection[str], now: float) -> None:
        """A list is complete: what is not in it is there no more."""
        for uid in [uid for uid in self._live[resource] if uid not in uids]:
            self._end(resource, uid, now)
        self._ranged = None
        self._strangers.clear()
        self._complete.add(resource)
        if self.since == inf and self._complete >= _FIRST:
            self.since = now

    def tidy(self, now: float) -> None:
        """Drop what is too old to be asked for. Now and then."""
        self.holding.forget(now - KEEP_SECONDS)
        self.serving.forget(now - KEEP_SECONDS)
        earliest = now - _CONTROLLER_SECONDS
        self._controlled = {uid: each for uid, each in self._controlled.items() if each.gone >= earliest}
        self._pods = {uid: each for uid, each in self._pods.items() if each[1] >= now - KEEP_SECONDS}

    @property
    def complete(self) -> bool:
        """Whether everything has been listed that says whose an address is."""
        return self._complete >= _FIRST

    def known(self, resource: Resource) -> int:
        """How many there are of a resource."""
        return len(self._live[resource])

    def _hold(self, resource: Resource, found: Pod | Node | Service, now: float) -> None:
        meta = found.metadata
        holder: Holder
        start = _seconds(meta.creation_timestamp, now)
        end: float | None = None
        match found:
            case Pod():
                holder = self._pod(found)
                self._know(holder, now if found.status.phase in _OVER else inf)
                addresses = _pod_addresses(found)
                start = _seconds(found.status.start_time, start)
                end = _finished(found)
            case Node():
                holder = NodeName(meta.uid, meta.name)
                addresses = _valid(
                    each.address
                    for each in found.status.addresses or ()
                    if each.type in ("InternalIP", "ExternalIP")
                )
                self._range(meta.uid, meta.name, found.spec.pod_cidrs or (found.spec.pod_cidr,))
            case Service():
                holder = ServiceName(meta.uid, meta.name, meta.namespace)
                addresses = _service_addresses(found)
        live = self._live[resource]
        before = live.get(meta.uid)
        if before and addresses != before:
            for address in set(before).difference(addresses):
                self.holding.end(address, meta.uid, now)
            start = max(start, now - _STATUS_SECONDS)
        if not isinstance(found, Pod) or found.status.phase not in _OVER:
            live[meta.uid] = addresses
            for address in addresses:
                self.holding.begin(address, holder, start)
            return
        live.pop(meta.uid, None)
        for address in {*addresses, *(before or ())}:
            if end is not None and not self.holding.knows(address, meta.uid):
                self.holding.begin(address, holder, start)
            self.holding.end(address, meta.uid, now if end is None else end, exact=end is not None)

    def _know(self, pod: PodName, over: float) -> None:
        """A pod is there, or it is over: since when that was said first."""
        before = self._pods.get(pod.key)
        if before is not None:
            over = over if over == inf else min(over, before[1])
        elif len(self._pods) >= LIMIT:
            self._pods = {uid: each for uid, each in self._pods.items() if each[1] == inf}
            if len(self._pods) >= LIMIT:
                return
        self._pods[pod.key] = pod, over

    def _pod(self, pod: Pod) -> PodName:
        meta = pod.metadata
        owner = meta.controller or _NOBODY
        above = self._controlled.get(owner.uid)
        kind, name = (above.kind, above.name) if above and above.kind else (owner.kind, owner.name)
        unknown = owner.uid if above is None and owner.kind in _CONTROLLED else ""
        return PodName(meta.uid, meta.name, meta.namespace, pod.spec.node_name, kind, name, unknown)

    def _serve(self, found: Slice, now: float) -> None:
        meta = found.metadata
        service = (meta.labels or {}).get(_SERVICE_LABEL)
        ports = tuple(sorted({each.port for each in found.ports or () if each.port is not None}))
        before = self._endpoints.get(meta.uid)
        start = _seconds(meta.creation_timestamp, now)
        if before is not None:
            start = max(start, now - _STATUS_SECONDS)
        served: set[tuple[str, str]] = set()
        for endpoint in found.endpoints or () if service else ():
            pod = endpoint.target_ref.uid if endpoint.target_ref else ""
            serving = Serving(f"{meta.uid}/{pod}", f"{service}.{meta.namespace}", ports, pod)
            for address in _valid(endpoint.addresses or ()):
                self.serving.begin(address, serving, start)
                served.add((address, serving.key))
        for address, key in (before or frozenset()) - served:
            self.serving.end(address, key, now)
        self._endpoints[meta.uid] = frozenset(served)
        self._live[Resource.ENDPOINTSLICES][meta.uid] = ()

    def _end(self, resource: Resource, uid: str, now: float) -> None:
        addresses = self._live[resource].pop(uid, ())
        match resource:
            case Resource.REPLICASETS | Resource.JOBS:
                if uid in self._controlled:
                    self._controlled[uid] = msgspec.structs.replace(self._controlled[uid], gone=now)
            case Resource.ENDPOINTSLICES:
                for address, key in self._endpoints.pop(uid, ()):
                    self.serving.end(address, key, now)
            case _:
                for address in addresses:
                    self.holding.end(address, uid, now)
                if uid in self._pods:
                    self._know(self._pods[uid][0], now)
                if resource is Resource.NODES:
                    self._range(uid, "", ())

    def _range(self, uid: str, node: str, networks: Iterable[str]) -> None:
        """A node's pods have addresses of these networks; of none, it is gone."""
        wanted = tuple(each for each in networks if each)
        if self._ranges.get(uid, ("", ()))[1] == wanted:
            return
        if wanted:
            self._ranges[uid] = node, wanted
        else:
            del self._ranges[uid]
        found: dict[tuple[int, int], dict[int, str]] = {}
        for name, ranges in self._ranges.values():
            for text in ranges:
                try:
                    network = ip_network(text, strict=False)
                except ValueError:
                    continue
                bits = network.max_prefixlen - network.prefixlen
                found.setdefault((network.version, bits), {})[int(network.network_address) >> bits] = name
        self._networks = found
        self._ranged = None
        self._strangers.clear()

    # Who it was

    def at(self, address: str, port: int | None, time: float) -> Named:
        """Who had an address at a time; `port` is that of a server, by which the Services are told that a pod serves."""
        holders = self.holding.at(address, time)
        if not holders:
            return self._nobody(address) if time >= self.since else _UNASKED
        if len(holders) > 1:
            return self._several(holders)
        return self._named(holders[0], address, port, time)

    def pod(self, uid: str, address: str, port: int | None, time: float) -> Named | None:
        """A pod by its uid, at this address and port; None where it is not known."""
        known = self._pods.get(uid)
        return None if known is None else self._named(known[0], address, port, time)

    def _named(self, holder: Holder, address: str, port: int | None, time: float) -> Named:
        services: tuple[str, ...] = ()
        workload = _NONE
        if type(holder) is PodName:
            workload = self._workload(holder) if holder.controller else _NONE
            if port is not None:
                services = self._services(holder, address, port, time)
        key = (holder.key, workload, services)
        found = self._answers.get(key)
        if found is None or found[0] is not holder:
            if len(self._answers) >= _CACHED:
                self._answers.clear()
            found = holder, Named(_KINDS[type(holder)], self._fields(holder, services))
            self._answers[key] = found
        return found[1]

    def _services(self, pod: PodName, address: str, port: int, time: float) -> tuple[str, ...]:
        """What a pod serves at a port: in order, each once."""
        serving = [
            each.service
            for each in self.serving.at(address, time)
            if (not each.pod or each.pod == pod.key) and (not each.ports or port in each.ports)
        ]
        return tuple(serving if len(serving) < 2 else sorted(set(serving)))

    def service(self, address: str, time: float) -> str | None:
        """The Service that had an address at a time, as `name.namespace`, if there is one and only one."""
        holders = self.holding.at(address, time)
        if len(holders) == 1 and isinstance(holders[0], ServiceName):
            return f"{holders[0].name}.{holders[0].namespace}"
        return None

    def _workload(self, pod: PodName) -> tuple[str, str]:
        """Kind and name of what a pod belongs to; empty where it is its own."""
        above = self._controlled.get(pod.controller) if pod.controller else None
        return (above.kind, above.name) if above and above.kind else (pod.kind, pod.workload)

    def _fields(self, holder: Holder, services: Sequence[str] = ()) -> dict[str, object]:
        match holder:
            case NodeName():
                return {"name": holder.name, "k8s.node.name": holder.name}
            case ServiceName():
                return {
                    "name": f"{holder.namespace}/{holder.name}",
                    "k8s.namespace.name": holder.namespace,
                    "k8s.service.name": f"{holder.name}.{holder.namespace}",
                }
        kind, name = self._workload(holder)
        fields: dict[str, object] = {
            "name": f"{holder.namespace}/{name if kind and kind != 'Node' else holder.name}",
            "k8s.namespace.name": holder.namespace,
            "k8s.pod.name": holder.name,
            "k8s.pod.uid": holder.key,
        }
        if kind in _WORKLOADS:
            fields[f"k8s.{_WORKLOADS[kind]}.name"] = name
        elif kind:
            fields |= {"k8s.controller.kind": kind, "k8s.controller.name": name}
        if holder.node:
            fields["k8s.node.name"] = holder.node
        if services:
            fields["k8s.service.names"] = services
        return fields

    def _several(self, holders: list[Holder]) -> Named:
        """All of them, and what is the same of each."""
        each = [self._fields(holder) for holder in holders]
        agreed = {
            name: value for name, value in each[0].items() if all(one.get(name) == value for one in each)
        }
        names = sorted({_whole_name(holder) for holder in holders})
        return Named(Kind.AMBIGUOUS, agreed | {"k8s.candidates": names[:CANDIDATES]})

    def _nobody(self, address: str) -> Named:
        found = self._strangers.get(address)
        if found is None:
            if len(self._strangers) >= _CACHED:
                self._strangers.clear()
            found = self._strangers[address] = self._stranger(address)
        return found

    def _stranger(self, address: str) -> Named:
        try:
            parsed = ip_address(address)
        except ValueError:
            return _UNASKED
        node = self._node_of(address)
        if node is not None:
            return Named(Kind.UNKNOWN, {"k8s.node.name": node})
        if parsed.is_loopback or parsed.is_link_local:
            return _UNASKED  # of no cluster: each machine has them
        if parsed.is_global or self._pods_are_in_ranges():
            return _EXTERNAL
        return _UNKNOWN

    def _node_of(self, address: str) -> str | None:
        """The node whose pods' range an address is in."""
        parsed = ip_address(address)
        number = int(parsed)
        for (version, bits), networks in self._networks.items():
            if version == parsed.version and (node := networks.get(number >> bits)) is not None:
                return node
        return None

    def _pods_are_in_ranges(self) -> bool:
        """Whether there are ranges, and every pod's address is in one. Some networks give others than the nodes say."""
        if self._ranged is None:
            addresses = [address for each in list(self._live[Resource.PODS].values()) for address in each]
            self._ranged = bool(self._networks) and all(self._node_of(each) for each in addresses)
        return self._ranged

    # Over a restart

    def remember(self) -> Iterator[Memory]:
        """What would be lost, in pieces of `PIECE`. May run in a thread while another one changes what is known."""
        for held in _pieces(self.holding):
            yield Memory(
                {interval.owner.key: interval.owner for _, interval in held},
                [(at, each.owner.key, each.claimed, _finite(each.end), each.exact) for at, each in held],
                [],
            )
        for serving in _pieces(self.serving):
            yield Memory({}, [], [(at, each.owner, each.claimed, _finite(each.end)) for at, each in serving])

    def restore(self, memory: Memory) -> None:
        """Know a piece again, before anything else is known. What went on may be over: the first list will say so."""
        for address, key, start, end, exact in memory.held:
            holder = memory.holders.get(key)
            if holder is not None:
                last = inf if end is None else end
                self.holding.restore(address, Interval(holder, start, start, last, exact))
                if isinstance(holder, PodName):
                    self._know(holder, last)
                if end is None:
                    live = self._live[_RESOURCES[type(holder)]]
                    live[key] = (*live.get(key, ()), address)
        for address, serving, start, end in memory.serving:
            last = inf if end is None else end
            self.serving.restore(address, Interval(serving, start, start, last))
            if end is None:
                uid = serving.key.partition("/")[0]
                self._live[Resource.ENDPOINTSLICES][uid] = ()
                self._endpoints[uid] = self._endpoints.get(uid, frozenset()) | {(address, serving.key)}


_KINDS: Final = {PodName: Kind.POD, NodeName: Kind.NODE, ServiceName: Kind.SERVICE}
_RESOURCES: Final = {PodName: Resource.PODS, NodeName: Resource.NODES, ServiceName: Resource.SERVICES}
_NOBODY: Final = Reference()
_NONE: Final = ("", "")
_UNASKED: Final = Named(Kind.UNASKED, {})
_EXTERNAL: Final = Named(Kind.EXTERNAL, {})
_UNKNOWN: Final = Named(Kind.UNKNOWN, {})


def _pieces(intervals: Intervals[O]) -> Iterator[list[tuple[str, Interval[O]]]]:
    every = iter(intervals)
    while piece := list(islice(every, PIECE)):
        yield piece


def _whole_name(holder: Holder) -> str:
    return holder.name if isinstance(holder, NodeName) else f"{holder.namespace}/{holder.name}"


def _finite(end: float) -> float | None:
    return None if end == inf else end


def _seconds(when: datetime | None, otherwise: float) -> float:
    return otherwise if when is None else when.timestamp()


def _finished(pod: Pod) -> float | None:
    """When the last container of a pod that is over finished; one that never ran does not say."""
    ends = [
        each.state.terminated.finished_at if each.state and each.state.terminated else None
        for each in pod.status.container_statuses or ()
    ]
    return max([end.timestamp() for end in ends if end is not None], default=None)


def _pod_addresses(pod: Pod) -> tuple[str, ...]:
    if pod.spec.host_network:
        return ()
    status = pod.status
    return _valid([each.ip for each in status.pod_ips or ()] or [status.pod_ip])


def _service_addresses(service: Service) -> tuple[str, ...]:
    spec = service.spec
    return _valid(
        [
            *(spec.cluster_ips or (spec.cluster_ip,)),
            *(spec.external_ips or ()),
            *(each.ip for each in service.status.load_balancer.ingress or ()),
        ]
    )


def _valid(addresses: Iterable[str]) -> tuple[str, ...]:
    """Each once, as records write it; a headless Service's `None` and names are none."""
    found: dict[str, None] = {}
    for text in addresses:
        try:
            found[str(ip_address(text))] = None
        except ValueError:
            continue
    return tuple(found)
