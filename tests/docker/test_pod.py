"""The pods of the rendered chart, started by podman: what Kubernetes would start captures and uploads.

`podman kube play` knows Pods and not DaemonSets, and leaves out `hostPID`, so a Pod is made of each workload's
template. ConfigMaps and Secrets are those that helm rendered, the latter as files. "The host's network" is a network namespace with pods on
a bridge, as on a node.
"""

from __future__ import annotations

import base64
import json
import os
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.docker.test_chart import Rendered, render
from tests.support import containers
from tests.support.live import Node
from tests.support.netns import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from tests.support.netns import Namespace

SECONDS = 60.0
COLLECTOR_PORT, RELAY_PORT, AGENT_PORT = 18955, 18956, 18954
AGENT, RELAY = f"http://127.0.0.1:{AGENT_PORT}", f"https://127.0.0.1:{RELAY_PORT}"


IMAGES = {"rpcapd": containers.RPCAPD, "prometheus-agent": containers.PROMETHEUS}
"""By container; the others run the product's own."""


def contents(secret: dict[str, Any]) -> dict[str, bytes]:
    """What a Secret has, in either form."""
    plain = {key: text.encode() for key, text in secret.get("stringData", {}).items()}
    return {key: base64.b64decode(text) for key, text in secret.get("data", {}).items()} | plain


def pod(found: Rendered, workload: str, folder: Path, **environment: str) -> dict[str, Any]:
    """A Pod of a workload's template, for a machine without Kubernetes around it."""
    kind = {"watcher": "DaemonSet", "watcher-test": "Pod"}.get(workload, "Deployment")
    made = found.get(kind, workload)
    template = json.loads(json.dumps(made if kind == "Pod" else made["spec"]["template"]))
    template["metadata"]["name"] = f"{workload}-{os.getpid()}"
    spec = template["spec"]
    spec["hostNetwork"] = True  # relay and collector too: there are no Services here
    spec["restartPolicy"] = "Never"
    for container in spec["containers"]:
        # No downward API for these, and no kubelet that probes.
        values = {
            "NODE_NAME": "node-1",
            "INTERCEPTOR_NODE": "node-1",
            "INTERCEPTOR_SERVER_ADDRESS": "127.0.0.1",
        }
        container.setdefault("volumeMounts", [])
        given = {item["name"]: item["value"] for item in container.get("env", []) if "value" in item}
        container["env"] = [
            {"name": name, "value": value} for name, value in (given | values | environment).items()
        ]
        for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
            container.pop(probe, None)
        container.pop("ports", None)
        container["image"] = IMAGES.get(container["name"], containers.INTERCEPTOR)
        container["imagePullPolicy"] = "Never"
    # podman makes an emptyDir a volume of that name, which all pods would share.
    own = {volume["name"]: f"{volume['name']}-{workload}-{os.getpid()}" for volume in spec["volumes"]}
    for item in (*spec["volumes"], *(mount for each in spec["containers"] for mount in each["volumeMounts"])):
        item["name"] = own[item["name"]]
    for volume in spec["volumes"]:
        # podman 4 knows Secrets as variables only. As the kubelet does it: a file for each key, for the pod's group.
        if secret := volume.pop("secret", None):
            held = contents(found.get("Secret", secret["secretName"]))
            keys = {item["key"]: item["path"] for item in secret.get("items", [])} or {
                key: key for key in held
            }
            place = folder / workload / volume["name"]
            place.mkdir(parents=True)
            for key, path in keys.items():
                (place / path).write_bytes(held[key])
                os.chown(place / path, 0, spec.get("securityContext", {}).get("fsGroup", 0))
                (place / path).chmod(0o440)
            volume["hostPath"] = {"path": str(place), "type": "Directory"}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": template["metadata"], "spec": spec}


@contextmanager
def played(
    space: Namespace, settings: Sequence[dict[str, Any]], pods: Sequence[dict[str, Any]]
) -> Iterator[None]:
    """ConfigMaps and pods, in a namespace that is their host's network, until the block ends."""
    manifest = yaml.safe_dump_all([*settings, *pods])
    try:
        containers.podman("kube", "play", "-", given=manifest, network=space)
        yield
    finally:
        containers.podman("kube", "down", "-", given=manifest, network=space, check=False)
        volumes = [
            volume["name"] for item in pods for volume in item["spec"]["volumes"] if "emptyDir" in volume
        ]
        volumes += [item["metadata"]["name"] for item in settings]  # podman holds a ConfigMap in one
        containers.podman("volume", "rm", "--force", *volumes, check=False)


def mount(item: dict[str, Any], path: str, source: Path) -> None:
    """Give every container of a pod a file at `path`."""
    name = source.name.replace(".", "-")
    item["spec"]["volumes"].append({"name": name, "hostPath": {"path": str(source), "type": "File"}})
    for container in item["spec"]["containers"]:
        container["volumeMounts"].append({"name": name, "mountPath": path, "readOnly": True})


@dataclass
class Started:
    """What runs."""

    node: Node
    found: Rendered
    folder: Path
    relay: str
    """Its URL."""

    @property
    def token(self) -> str:
        """That the collector takes."""
        return contents(self.found.get("Secret", "watcher-token"))["token"].decode()

    def get(self, url: str, *options: str) -> str:
        """What a server on the node answers."""
        return self.node.space.run("curl", "-sk", "-m", "10", *options, url, check=False).stdout

    def wait_until_ready(self, *urls: str) -> None:
        """Each of these servers says so."""
        for url in urls:
            wait_until(partial(self._is_ready, url), f"{url} is ready", SECONDS, 0.3)

    def _is_ready(self, url: str) -> bool:
        return self.get(f"{url}/readyz") == "ready\n"


@pytest.fixture(params=[True, False], ids=["privileged", "minimal"])
def started(
    request: pytest.FixtureRequest,
    helm_available: None,
    interceptor_image: str,
    rpcapd_image: str,
    tmp_path: Path,
) -> Iterator[Started]:
    """A node on which the chart's pods run."""
    found = render({"capture": {"privileged": request.param}, "config": {"spool": {"batch_seconds": 1}}})
    # The generated certificate is for the Services' names; there is no DNS here, so a hosts file has them.
    names = [f"watcher-{name}.watch.svc" for name in ("relay", "collector")]
    relay = f"https://{names[0]}:{RELAY_PORT}"
    collector = f"https://{names[1]}:{COLLECTOR_PORT}"
    pods = [
        pod(found, "watcher-collector", tmp_path, INTERCEPTOR_SERVER_PORT=str(COLLECTOR_PORT)),
        pod(
            found,
            "watcher-relay",
            tmp_path,
            INTERCEPTOR_SERVER_PORT=str(RELAY_PORT),
            INTERCEPTOR_ENDPOINT=collector,
        ),
        pod(found, "watcher", tmp_path, INTERCEPTOR_ENDPOINT=relay),
    ]
    (tmp_path / "hosts").write_text(f"127.0.0.1 localhost {' '.join(names)}\n")
    for item in pods:
        mount(item, "/etc/hosts", tmp_path / "hosts")
    settings = [item for (kind, _), item in found.objects.items() if kind == "ConfigMap"]
    with Node(tmp_path) as made, played(made.space, settings, pods):
        yield Started(made, found, tmp_path, relay)


def said(container: str) -> str:
    """What a container has written."""
    done = containers.podman("logs", container, check=False)
    return done.stdout + done.stderr


def test_captures_and_uploads(started: Started) -> None:
    """Requests between two pods of the node are at the collector, once each, by way of the relay."""
    client, server = started.node.pod(), started.node.server()
    name = f"watcher-{os.getpid()}"
    try:
        started.wait_until_ready(AGENT, RELAY)
        for index in range(10):
            client.space.run("curl", "-s", f"http://{server.address}/item/{index}")
        arrived: dict[str, dict[str, Any]] = {}

        def all_there() -> bool:
            text = started.get(
                f"https://127.0.0.1:{COLLECTOR_PORT}/v1/records?limit=500",
                "-H",
                f"Authorization: Bearer {started.token}",
            )
            for record in json.loads(text)["records"] if text.startswith("{") else []:
                if record["destination.address"] == server.address:
                    arrived[record["id"]] = record
            return len(arrived) >= 10

        wait_until(all_there, "10 records", SECONDS, 0.5)
        assert len(arrived) == 10
        assert {record["node"] for record in arrived.values()} == {"node-1"}
    except (AssertionError, TimeoutError) as error:
        logs = "\n".join(said(f"{name}-{part}") for part in ("rpcapd", "interceptor"))
        raise AssertionError(f"{error}\n{logs}") from error


def test_helm_test_passes(started: Started) -> None:
    """The pod of `helm test`, in the image: with nothing that it may write to, nor any right that it would need."""
    started.wait_until_ready(RELAY)
    item = pod(started.found, "watcher-test", started.folder, INTERCEPTOR_ENDPOINT=started.relay)
    mount(item, "/etc/hosts", started.folder / "hosts")
    # The interceptors' ConfigMap under a name of its own: podman gives and removes each once.
    settings = json.loads(json.dumps(started.found.get("ConfigMap", "watcher-interceptor")))
    settings["metadata"]["name"] = "watcher-tested"
    for volume in item["spec"]["volumes"]:
        if "configMap" in volume:
            volume["configMap"]["name"] = "watcher-tested"
    name = f"watcher-test-{os.getpid()}-check"
    with played(started.node.space, [settings], [item]):
        assert containers.podman("wait", name).stdout.strip() == "0", said(name)
        assert "ok      token: accepted" in said(name)
