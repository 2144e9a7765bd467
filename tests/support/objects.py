"""Objects of the Kubernetes API, as it writes them, for tests."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from interceptor.kubernetes.objects import Resource, change

__all__ = [
    "NOW",
    "controller",
    "endpointslice",
    "job",
    "node",
    "pod",
    "read",
    "replicaset",
    "service",
    "stamp",
]

NOW = 1_800_000_000.0


def stamp(seconds: float) -> str:
    """As metav1.Time."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def read(resource: Resource, found: dict[str, Any]) -> Any:
    """As the resolver gets it."""
    line = json.dumps({"type": "ADDED", "object": found}).encode()
    return change(resource, line).object


def controller(kind: str, name: str, uid: str = "") -> list[dict[str, Any]]:
    """`ownerReferences` with a controller, behind an owner that is none."""
    versions = {"ReplicaSet": "apps/v1", "Job": "batch/v1", "Node": "v1"}
    return [
        {"apiVersion": "v1", "kind": "ConfigMap", "name": "other", "uid": "other"},
        {
            "apiVersion": versions.get(kind, "apps/v1"),
            "kind": kind,
            "name": name,
            "uid": uid or f"uid-{name}",
            "controller": True,
        },
    ]


def meta(name: str, namespace: str = "", created: float = NOW, **more: Any) -> dict[str, Any]:
    """`metadata`."""
    made = {"name": name, "uid": f"uid-{name}", "creationTimestamp": stamp(created), "resourceVersion": "1"}
    return made | ({"namespace": namespace} if namespace else {}) | more


def pod(
    name: str,
    *addresses: str,
    namespace: str = "shop",
    uid: str = "",
    phase: str = "Running",
    start: float = NOW,
    finished: float | None = None,
    owner: list[dict[str, Any]] | None = None,
    node: str = "node-1",
    host: bool = False,
) -> dict[str, Any]:
    """A pod, with as much else as shows that it is skipped."""
    status: dict[str, Any] = {"phase": phase, "startTime": stamp(start), "qosClass": "Burstable"}
    if addresses:
        status |= {"podIP": addresses[0], "podIPs": [{"ip": each} for each in addresses]}
    if finished is not None:
        state = {"terminated": {"exitCode": 0, "finishedAt": stamp(finished)}}
        status["containerStatuses"] = [
            {"name": "main", "state": state},
            {"name": "waits", "state": {"waiting": {}}},
        ]
    spec: dict[str, Any] = {
        "nodeName": node,
        "containers": [{"name": "main", "env": [{"name": "KEY", "value": "v"}]}],
    }
    return {
        "metadata": meta(name, namespace, start)
        | {"uid": uid or f"uid-{name}"}
        | ({"ownerReferences": owner} if owner else {}),
        "spec": spec | ({"hostNetwork": True} if host else {}),
        "status": status,
    }


def node(name: str, *addresses: str, ranges: tuple[str, ...] = ()) -> dict[str, Any]:
    """A node."""
    found = [
        {"type": "Hostname", "address": name},
        *({"type": "InternalIP", "address": each} for each in addresses),
    ]
    spec = {"podCIDR": ranges[0], "podCIDRs": [*ranges]} if ranges else {}
    return {"metadata": meta(name), "spec": spec, "status": {"addresses": found}}


def service(
    name: str, *addresses: str, namespace: str = "shop", created: float = NOW, uid: str = ""
) -> dict[str, Any]:
    """A Service; without addresses a headless one."""
    several = [*addresses] or ["None"]
    metadata = meta(name, namespace, created) | {"uid": uid or f"uid-svc-{name}"}
    return {
        "metadata": metadata,
        "spec": {"clusterIP": several[0], "clusterIPs": several},
        "status": {"loadBalancer": {}},
    }


def endpointslice(
    of: str,
    endpoints: dict[str, str],
    ports: tuple[int, ...] = (8080,),
    namespace: str = "shop",
    created: float = NOW,
) -> dict[str, Any]:
    """An EndpointSlice of a Service: addresses, and the uids of their pods (empty: of none)."""
    listed = [
        {"addresses": [address], "conditions": {"ready": True}}
        | ({"targetRef": {"kind": "Pod", "uid": uid}} if uid else {})
        for address, uid in endpoints.items()
    ]
    labels = {"kubernetes.io/service-name": of}
    return {
        "metadata": meta(f"{of}-slice", namespace, created, labels=labels),
        "addressType": "IPv4",
        "endpoints": listed or None,
        "ports": [{"port": port} for port in ports] or None,
    }


def replicaset(name: str, owner: list[dict[str, Any]] | None, namespace: str = "shop") -> dict[str, Any]:
    """A ReplicaSet's metadata."""
    return {"metadata": meta(name, namespace) | ({"ownerReferences": owner} if owner else {})}


job = replicaset
"""A Job's."""
