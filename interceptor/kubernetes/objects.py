"""What is read of the Kubernetes API's objects, and nothing else of them.

Owns the narrow shapes (msgspec skips the rest of a pod's 10 KB, environment and all, without making anything of it), what a
list and a line of a watch are, and which kinds of objects there are (`Resource`). Refuses meaning: what follows from a pod
is the resolver's.

Go leaves empty things out, or writes null: everything may be either.
"""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - msgspec looks at it
from enum import Enum
from typing import Any, Final, Generic, Literal, NamedTuple, TypeAlias, TypeVar

import msgspec
from msgspec import Struct, field

__all__ = [
    "RESOURCES",
    "Change",
    "Meta",
    "NoListError",
    "Node",
    "Object",
    "Page",
    "Pod",
    "Reference",
    "Resource",
    "Service",
    "Slice",
    "Workload",
    "change",
    "page",
]


class Reference(Struct, frozen=True, gc=False):
    """To an owner."""

    kind: str = ""
    name: str = ""
    uid: str = ""
    controller: bool | None = None


class Meta(Struct, frozen=True, rename="camel"):
    """Of every object."""

    name: str = ""
    namespace: str = ""
    uid: str = ""
    resource_version: str = ""
    creation_timestamp: datetime | None = None
    labels: dict[str, str] | None = None
    owner_references: tuple[Reference, ...] | None = None

    @property
    def controller(self) -> Reference | None:
        """The one owner that manages it; others only decide when it is removed."""
        return next((each for each in self.owner_references or () if each.controller), None)


class _Address(Struct, frozen=True, gc=False):
    ip: str = ""


class _Terminated(Struct, frozen=True, rename="camel", gc=False):
    finished_at: datetime | None = None


class _State(Struct, frozen=True, gc=False):
    terminated: _Terminated | None = None


class _Container(Struct, frozen=True, gc=False):
    state: _State | None = None


class _PodSpec(Struct, frozen=True, rename="camel", gc=False):
    node_name: str = ""
    host_network: bool | None = None


class _PodStatus(Struct, frozen=True, rename="camel"):
    phase: str = ""
    pod_ip: str = field(name="podIP", default="")
    pod_ips: tuple[_Address, ...] | None = field(name="podIPs", default=None)
    start_time: datetime | None = None
    container_statuses: tuple[_Container, ...] | None = None


class Pod(Struct, frozen=True):
    """core/v1."""

    metadata: Meta = Meta()
    spec: _PodSpec = _PodSpec()
    status: _PodStatus = _PodStatus()


class _NodeSpec(Struct, frozen=True):
    pod_cidr: str = field(name="podCIDR", default="")
    pod_cidrs: tuple[str, ...] | None = field(name="podCIDRs", default=None)


class _NodeAddress(Struct, frozen=True, gc=False):
    type: str = ""
    address: str = ""


class _NodeStatus(Struct, frozen=True):
    addresses: tuple[_NodeAddress, ...] | None = None


class Node(Struct, frozen=True):
    """core/v1."""

    metadata: Meta = Meta()
    spec: _NodeSpec = _NodeSpec()
    status: _NodeStatus = _NodeStatus()


class _ServiceSpec(Struct, frozen=True):
    cluster_ip: str = field(name="clusterIP", default="")
    cluster_ips: tuple[str, ...] | None = field(name="clusterIPs", default=None)
    external_ips: tuple[str, ...] | None = field(name="externalIPs", default=None)


class _LoadBalancer(Struct, frozen=True):
    ingress: tuple[_Address, ...] | None = None


class _ServiceStatus(Struct, frozen=True, rename="camel"):
    load_balancer: _LoadBalancer = _LoadBalancer()


class Service(Struct, frozen=True):
    """core/v1."""

    metadata: Meta = Meta()
    spec: _ServiceSpec = _ServiceSpec()
    status: _ServiceStatus = _ServiceStatus()


class _Target(Struct, frozen=True, gc=False):
    uid: str = ""


class _Endpoint(Struct, frozen=True, rename="camel"):
    addresses: tuple[str, ...] | None = None
    target_ref: _Target | None = None


class _EndpointPort(Struct, frozen=True, gc=False):
    port: int | None = None


class Slice(Struct, frozen=True):
    """An EndpointSlice of discovery.k8s.io/v1. An endpoint that is not ready is one all the same: it may have been asked."""

    metadata: Meta = Meta()
    endpoints: tuple[_Endpoint, ...] | None = None
    ports: tuple[_EndpointPort, ...] | None = None


class Workload(Struct, frozen=True):
    """A ReplicaSet (apps/v1) or Job (batch/v1), of which only the owner matters."""

    metadata: Meta = Meta()


Object: TypeAlias = Pod | Node | Service | Slice | Workload
T = TypeVar("T")


class Resource(Enum):
    """What is listed and watched: where, whether only its metadata, and as what it is read."""

    NODES = ("nodes", "/api/v1/nodes", False, Node)
    SERVICES = ("services", "/api/v1/services", False, Service)
    REPLICASETS = ("replicasets", "/apis/apps/v1/replicasets", True, Workload)
    JOBS = ("jobs", "/apis/batch/v1/jobs", True, Workload)
    PODS = ("pods", "/api/v1/pods", False, Pod)
    ENDPOINTSLICES = ("endpointslices", "/apis/discovery.k8s.io/v1/endpointslices", False, Slice)

    def __init__(self, plural: str, path: str, metadata_only: bool, shape: type[Any]) -> None:
        self.plural = plural
        self.path = path
        self.metadata_only = metadata_only
        """The server leaves out all else: owners are in the metadata."""
        self.shape = shape


RESOURCES: Final = tuple(Resource)
"""In the order in which knowing one helps to understand the next."""


class _ListMeta(Struct, frozen=True, rename="camel"):
    resource_version: str = ""
    continue_: str = field(name="continue", default="")
    remaining_item_count: int = 0


class _List(Struct, Generic[T], frozen=True):
    metadata: _ListMeta
    items: tuple[T, ...] | None = None


class Page(NamedTuple):
    """Of a list."""

    objects: tuple[Object, ...]
    version: str
    """What a watch goes on from, once all pages are read."""
    token: str
    """Of the next page; empty on the last one."""
    left: int
    """Objects on later pages, where the server says so."""


class _Event(Struct, frozen=True):
    type: str
    object: msgspec.Raw


class _Status(Struct, frozen=True):
    code: int = 0
    reason: str = ""


class _Marked(Struct, frozen=True):
    metadata: Meta


class Change(NamedTuple):
    """A line of a watch."""

    type: Literal["changed", "deleted", "bookmark", "error"]
    version: str = ""
    object: Object | None = None
    code: int = 0
    """Of an error: 410 where the version to go on from is too old."""
    reason: str = ""


class NoListError(ValueError):
    """What came is not what the API says; the text shows nothing of it."""


_EVENTS: Final = msgspec.json.Decoder(_Event)
_STATUS: Final = msgspec.json.Decoder(_Status)
_MARKED: Final = msgspec.json.Decoder(_Marked)
_LISTS: Final = {each: msgspec.json.Decoder(_List[each.shape]) for each in Resource}  # type: ignore[name-defined]
_ONES: Final = {each: msgspec.json.Decoder(each.shape) for each in Resource}
_BROKEN: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def page(resource: Resource, text: bytes) -> Page:
    """A page of a list.

    Raises:
        NoListError: it is none.

    """
    try:
        found = _LISTS[resource].decode(text)
    except _BROKEN:
        raise NoListError("the answer is no list of the Kubernetes API") from None
    meta = found.metadata
    return Page(found.items or (), meta.resource_version, meta.continue_, meta.remaining_item_count)


def change(resource: Resource, line: bytes) -> Change:
    """A line of a watch.

    Raises:
        NoListError: it is none.

    """
    try:
        event = _EVENTS.decode(line)
        match event.type:
            case "ADDED" | "MODIFIED" | "DELETED":
                found = _ONES[resource].decode(event.object)
                kind: Literal["changed", "deleted"] = "deleted" if event.type == "DELETED" else "changed"
                return Change(kind, found.metadata.resource_version, found)
            case "BOOKMARK":
                return Change("bookmark", _MARKED.decode(event.object).metadata.resource_version)
            case _:
                status = _STATUS.decode(event.object)
                return Change("error", code=status.code, reason=status.reason)
    except _BROKEN:
        raise NoListError("a line is no event of the Kubernetes API") from None
