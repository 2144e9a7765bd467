"""The Compose file: one command brings up the whole product, and records arrive.

`docker compose` talks to podman's service, which runs in a network namespace of its own: what is "the host's network"
for the containers is that namespace, with pods on a bridge as on a container host. Nothing is seen on the machine's
own network.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
import yaml

from tests.docker.conftest import unavailable
from tests.support import containers
from tests.support.live import Node
from tests.support.netns import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
FILE = ROOT / "docker" / "compose.yaml"
DASHBOARD = ROOT / "docker" / "observability" / "dashboard.json"
SECONDS = 90.0
"""For what takes seconds on an idle machine."""


@pytest.fixture(scope="module", autouse=True)
def _docker_compose() -> None:
    """The program is here."""
    if shutil.which("docker-compose") is None:
        unavailable("needs docker-compose")


class Stack:
    """The product of the Compose file, up, on a node with two pods."""

    def __init__(self, folder: Path, node: Node) -> None:
        self.node = node
        self.socket = folder / "podman.sock"
        self.project = f"stack{os.getpid()}"
        self.client, self.server = node.pod(), node.server()

    def compose(self, *words: str) -> str:
        """Run docker-compose to its end."""
        done = subprocess.run(
            ["docker-compose", "--project-name", self.project, "--file", str(FILE), *words],
            env=os.environ | {"DOCKER_HOST": f"unix://{self.socket}", "COMPOSE_HTTP_TIMEOUT": "300"},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def get(self, url: str, *options: str) -> str:
        """A page, as seen from the host."""
        return self.node.space.run("curl", "-sSk", "-m", "10", *options, url, check=False).stdout

    def token(self) -> str:
        """What the collector takes, asked for as the guide says."""
        return self.compose("run", "--rm", "-T", "token").strip()

    def records(self) -> list[dict[str, Any]]:
        """What the collector has of the pods' traffic."""
        text = self.get(
            "https://127.0.0.1:18955/v1/records?limit=500", "-H", f"Authorization: Bearer {self.token()}"
        )
        found: list[dict[str, Any]] = json.loads(text)["records"] if text.startswith("{") else []
        return [record for record in found if record.get("destination.address") == self.server.address]

    def query(self, expression: str) -> list[dict[str, Any]]:
        """What Prometheus answers."""
        answer = json.loads(self.get(f"http://127.0.0.1:9090/api/v1/query?query={quote(expression)}") or "{}")
        assert answer.get("status") == "success", (expression, answer)
        result: list[dict[str, Any]] = answer["data"]["result"]
        return result

    def traffic(self, number: int) -> None:
        """So many requests, one connection each."""
        for index in range(number):
            self.client.space.run(
                "curl", "-s", "-o", "/dev/null", f"http://{self.server.address}/item/{index}"
            )


@pytest.fixture(scope="module")
def stack(
    interceptor_image: str, rpcapd_image: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stack]:
    """Up."""
    folder = tmp_path_factory.mktemp("compose")
    for image in (interceptor_image, rpcapd_image):
        containers.podman(
            "tag", image, f"docker.io/library/{image.partition('/')[2].partition(':')[0]}:latest"
        )
    containers.build("proxy", "docker.io/library/interceptor-proxy:latest")
    containers.prometheus_image()
    with Node(folder) as node, (folder / "service.log").open("wb") as log:
        stack = Stack(folder, node)
        # Only the network is another one: with a mount namespace too, podman's mounts would not be the machine's.
        service = subprocess.Popen(
            [
                "nsenter",
                f"--net=/run/netns/{node.space.name}",
                "podman",
                "system",
                "service",
                "--time=0",
                f"unix://{stack.socket}",
            ],
            env=os.environ | containers.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=log,
        )
        try:
            wait_until(stack.socket.exists, "podman's service", SECONDS)
            try:
                # Grafana's image is on no index that a test reaches: what it is given is tested below.
                stack.compose("up", "--detach", "--no-build", "--scale", "grafana=0")
                wait_until(
                    lambda: "ready" in stack.get("http://127.0.0.1:18954/readyz"), "ready", SECONDS, 0.3
                )
                yield stack
            finally:
                stack.compose("down", "--volumes", "--timeout", "20")
        finally:
            service.send_signal(signal.SIGTERM)
            service.wait(30)


def test_config() -> None:
    """`docker-compose config` accepts the file, with no engine."""
    done = subprocess.run(
        ["docker-compose", "-f", str(FILE), "config"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    services = yaml.safe_load(done.stdout)["services"]
    for name in ("rpcapd", "interceptor"):
        assert (services[name]["network_mode"], services[name]["pid"]) == ("host", "host")
        assert services[name]["privileged"] is True
    for name in ("proxy", "collector", "prometheus", "grafana"):
        assert services[name]["cap_drop"] == ["ALL"]
        assert "privileged" not in services[name]
    assert all(service["read_only"] is True for service in services.values())


def test_published_ports_are_on_loopback() -> None:
    """Nothing is offered to the network around the host."""
    for service in yaml.safe_load(FILE.read_text())["services"].values():
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))


def test_prometheus_configuration(promtool: Path, tmp_path: Path) -> None:
    """promtool accepts it, with the rules where the container has them."""
    config = yaml.safe_load((ROOT / "docker/compose/prometheus.yaml").read_text())
    config["rule_files"] = [str(ROOT / "docker/observability/alerts.yaml")]
    (tmp_path / "prometheus.yml").write_text(yaml.safe_dump(config))
    done = subprocess.run(
        [promtool, "check", "config", tmp_path / "prometheus.yml"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_grafana_is_given_prometheus_and_every_dashboard() -> None:
    """Its data source is where the file has Prometheus listen; its folder of dashboards holds all of them."""
    services = yaml.safe_load(FILE.read_text())["services"]
    folders = dict(reversed(volume.split(":")[:2]) for volume in services["grafana"]["volumes"])

    def provisioned(kind: str) -> dict[str, Any]:
        (file,) = (FILE.parent / folders[f"/etc/grafana/provisioning/{kind}"]).iterdir()
        found: dict[str, Any] = yaml.safe_load(file.read_text())
        return found

    (source,) = provisioned("datasources")["datasources"]
    assert (source["type"], source["isDefault"]) == ("prometheus", True)
    address = source["url"].removeprefix("http://")
    assert f"--web.listen-address={address}" in services["prometheus"]["command"]
    (provider,) = provisioned("dashboards")["providers"]
    inside = provider["options"]["path"]
    assert (FILE.parent / folders[inside]).resolve() == DASHBOARD.parent
    home = Path(services["grafana"]["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"])
    assert str(home.parent) == inside
    assert (DASHBOARD.parent / home.name).exists()


def test_records_arrive(stack: Stack) -> None:
    """Requests between two pods are on the collector, each once, having gone through the proxy."""
    before = {record["id"] for record in stack.records()}
    stack.traffic(20)
    arrived: dict[str, dict[str, Any]] = {}

    def all_there() -> bool:
        arrived.update({record["id"]: record for record in stack.records() if record["id"] not in before})
        return len(arrived) >= 20

    wait_until(all_there, "20 records", SECONDS, 0.5)
    assert len(arrived) == 20
    assert {record["url.template"] for record in arrived.values()} == {"/item/{id}"}
    assert all(record["http.response.status_code"] == 200 for record in arrived.values())
    log = containers.podman("logs", f"{stack.project}_proxy_1", check=False)
    assert "CONNECT collector:18954" in log.stdout + log.stderr


def test_every_hop_holds(stack: Stack) -> None:
    """`interceptor check`, inside the interceptor's container, finds nothing wrong and names the proxy."""
    done = containers.podman(
        "exec",
        f"{stack.project}_interceptor_1",
        "interceptor",
        "check",
        "--config",
        "/etc/interceptor/config.yaml",
        check=False,
        network=stack.node.space,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "127.0.0.1:3128" in done.stdout


def test_health_checks(stack: Stack) -> None:
    """The images' own health check succeeds, over HTTP and over TLS."""
    for service in ("interceptor", "collector"):
        done = containers.podman(
            "healthcheck", "run", f"{stack.project}_{service}_1", check=False, network=stack.node.space
        )
        assert done.returncode == 0, (service, done.stdout, done.stderr)


def test_every_panel_has_data(stack: Stack) -> None:
    """Each query of the dashboard returns something from a Prometheus that scraped this run."""
    panels = json.loads(DASHBOARD.read_text())["panels"]
    queries = {
        f"{panel['title']} {target['refId']}": target["expr"]
        .replace("$__rate_interval", "30s")
        .replace("$job", ".*")
        .replace("$instance", ".*")
        for panel in panels
        for target in panel.get("targets", [])
        # there are none here: those are in tests/docker/test_observability.py
        if not re.search("interceptor_worker_|interceptor_connections_cut_short", target["expr"])
    }
    assert len(queries) > 25
    empty = dict(queries)
    deadline = time.monotonic() + SECONDS
    while empty and time.monotonic() < deadline:
        stack.traffic(5)
        empty = {name: query for name, query in empty.items() if not stack.query(query)}
        time.sleep(1)
    assert not empty


def test_rules_are_loaded_and_quiet(stack: Stack) -> None:
    """Prometheus evaluates every alert, both targets are up, and nothing fires."""
    wait_until(lambda: len(stack.query("up == 1")) == 2, "targets", SECONDS, 1)
    rules = json.loads(stack.get("http://127.0.0.1:9090/api/v1/rules"))["data"]["groups"][0]["rules"]
    alerts = yaml.safe_load((ROOT / "docker/observability/alerts.yaml").read_text())["groups"][0]["rules"]
    assert [rule["name"] for rule in rules] == [alert["alert"] for alert in alerts]
    assert {rule["health"] for rule in rules} <= {"ok", "unknown"}
    assert not [rule["name"] for rule in rules if rule["state"] == "firing"]
