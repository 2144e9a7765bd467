"""The chart's Prometheus agent, run: what it scrapes of the chart's pods arrives, through the proxy, at a receiver.

The pods are made of the rendered chart as in test_pod. Around them, in the network namespace that is their host's: the
cluster's DNS (dnsmasq, with the SRV records that headless Services have), the company's proxy (tinyproxy), and a
Prometheus that takes remote writes, by TLS, under a name that only the proxy is asked for.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
import trustme

from tests.docker.test_chart import NAMESPACE, Rendered, render
from tests.docker.test_pod import mount, played, pod
from tests.support import containers
from tests.support.netns import Namespace, namespace, wait_until
from tests.support.proxies import require

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SECONDS = 180.0
"""Of each wait. All take a dozen on an idle machine; names that are not there yet are asked for again after 30."""
AGENT_PORT, RELAY_PORT, PROXY_PORT, RECEIVER_PORT = 18954, 18956, 3128, 9443
ZONE = f"{NAMESPACE}.svc.cluster.local"


@contextmanager
def program(space: Namespace, port: int, log: Path, command: str) -> Iterator[None]:
    """A program in the namespace, asking its DNS, until the block ends; ready when it listens."""
    inside = f"mount --bind {log.parent}/resolv.conf /etc/resolv.conf && exec {command}"
    with log.open("wb") as output:
        process = subprocess.Popen(
            space.wrap(["sh", "-c", inside]), stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
    try:

        def listens() -> bool:
            assert process.poll() is None, log.read_text()
            return f":{port} " in space.run("ss", "-Hltn").stdout

        wait_until(listens, command, SECONDS)
        yield
    finally:
        process.terminate()
        process.wait(30)


def dns() -> str:
    """The cluster's: SRV records of the headless Services, everything else on loopback."""
    services = {"interceptor": AGENT_PORT, "relay": RELAY_PORT}
    records = [
        f"--srv-host=_metrics._tcp.watcher-{name}-metrics.{ZONE},{name}-0.{ZONE},{port}"
        for name, port in services.items()
    ]
    fixed = "--keep-in-foreground --conf-file=/dev/null --user=root --pid-file= --no-resolv --no-hosts"
    return f"dnsmasq {fixed} --listen-address=127.0.0.1 --bind-interfaces --address=/#/127.0.0.1 {' '.join(records)}"


def secret(found: Rendered, name: str, **data: bytes) -> None:
    """One of the operator's."""
    encoded = {key.replace("_", "."): base64.b64encode(value).decode() for key, value in data.items()}
    found.objects["Secret", name] = {"data": encoded}


@pytest.fixture
def started(
    helm_available: None,
    promtool: Path,
    interceptor_image: str,
    rpcapd_image: str,
    tmp_path: Path,
) -> Iterator[tuple[Namespace, Path]]:
    """The namespace in which all runs, and the proxy's log."""
    require("dnsmasq", "tinyproxy", "ss")
    containers.prometheus_image()
    found = render(
        {
            "clusterName": "east",
            "endpoint": "https://nobody.test",
            "token": "t",
            "httpsProxy": f"127.0.0.1:{PROXY_PORT}",
            "tls": {"ca": {"existingSecret": "corp-ca"}},
            "prometheusAgent": {
                "enabled": True,
                "remoteWriteUrl": f"https://metrics.test:{RECEIVER_PORT}/api/v1/write",
                "existingSecret": "writer",
                "scrapeInterval": "3s",  # also how long a scrape may take: a busy machine answers late
            },
        }
    )
    authority = trustme.CA()
    certificate = authority.issue_cert("metrics.test", "127.0.0.1")
    certificate.private_key_pem.write_to_path(tmp_path / "key.pem")
    certificate.cert_chain_pems[0].write_to_path(tmp_path / "cert.pem")
    secret(found, "corp-ca", ca_crt=authority.cert_pem.bytes())
    secret(found, "writer", token=b"w")
    (tmp_path / "resolv.conf").write_text("nameserver 127.0.0.1\n")
    (tmp_path / "web.yml").write_text("tls_server_config: {cert_file: cert.pem, key_file: key.pem}\n")
    (tmp_path / "receiver.yml").write_text("{}\n")
    (tmp_path / "proxy.conf").write_text(
        f"Listen 127.0.0.1\nPort {PROXY_PORT}\nConnectPort {RECEIVER_PORT}\nMaxClients 20\nLogLevel Connect\n"
    )
    receiver = (
        f"{promtool.parent}/prometheus --config.file={tmp_path}/receiver.yml --storage.tsdb.path={tmp_path}/received "
        f"--web.enable-remote-write-receiver --web.config.file={tmp_path}/web.yml "
        f"--web.listen-address=127.0.0.1:{RECEIVER_PORT}"
    )
    pods = [
        pod(found, "watcher", tmp_path),
        pod(found, "watcher-relay", tmp_path, INTERCEPTOR_SERVER_PORT=str(RELAY_PORT)),
        pod(found, "watcher-prometheus-agent", tmp_path),
    ]
    for item in pods:
        mount(item, "/etc/resolv.conf", tmp_path / "resolv.conf")
    settings = [item for (kind, _), item in found.objects.items() if kind == "ConfigMap"]
    with namespace("metrics") as space, ExitStack() as stack:
        for port, name, command in (
            (53, "dns", dns()),
            (PROXY_PORT, "proxy", f"tinyproxy -d -c {tmp_path}/proxy.conf"),
            (RECEIVER_PORT, "receiver", receiver),
        ):
            stack.enter_context(program(space, port, tmp_path / f"{name}.log", command))
        stack.enter_context(played(space, settings, pods))
        yield space, tmp_path / "proxy.log"


def scrapes(space: Namespace) -> str:
    """What became of the agent's last scrapes, as it says."""
    text = space.run("curl", "-s", "-m", "5", "http://127.0.0.1:9090/api/v1/targets", check=False).stdout
    targets = json.loads(text)["data"]["activeTargets"] if text.startswith("{") else []
    return "\n".join(
        f"{item['scrapeUrl']}: {item['health']} after {item['lastScrapeDuration']:.3f} s {item['lastError']}"
        for item in targets
    )


def states() -> str:
    """How each container of the pods is, and what it said last."""
    own = ("ps", "--all", "--filter", f"name=watcher.*-{os.getpid()}-", "--format", "{{.Names}} {{.Status}}")
    found = [line.partition(" ") for line in containers.podman(*own).stdout.splitlines()]
    return "\n".join(
        f"-- {name}: {status}\n{containers.podman('logs', '--tail', '20', name, check=False).stderr[-2000:]}"
        for name, _, status in found
    )


def test_series_arrive_through_the_proxy(started: tuple[Namespace, Path]) -> None:
    """Of interceptor and relay, found by DNS, the latter by TLS; with the cluster's name; and by way of the proxy."""
    space, log = started

    def series(expression: str) -> list[dict[str, Any]]:
        url = f"https://127.0.0.1:{RECEIVER_PORT}/api/v1/query?query={quote(expression)}"
        text = space.run("curl", "-sk", "-m", "5", url, check=False).stdout
        found: list[dict[str, Any]] = json.loads(text)["data"]["result"] if text.startswith("{") else []
        return found

    def jobs() -> set[str]:
        return {item["metric"]["job"] for item in series('interceptor_build_info{cluster="east"}')}

    def answers(url: str) -> bool:
        return (
            space.run(
                "curl", "-skf", "-m", "5", "-o", "/dev/null", "-w", "%{http_code}", url, check=False
            ).stdout
            == "200"
        )

    try:
        for url in (f"http://127.0.0.1:{AGENT_PORT}/metrics", f"https://127.0.0.1:{RELAY_PORT}/metrics"):
            wait_until(partial(answers, url), f"{url} here", SECONDS, 0.5)
        wait_until(lambda: jobs() == {"interceptor", "relay"}, "series of both", SECONDS, 0.5)
        wait_until(lambda: len(series('up{cluster="east"} == 1')) == 2, "both targets", SECONDS, 0.5)
    except TimeoutError as error:
        found = f"{error}; up: {series('up')}\n{scrapes(space)}\n{states()}"
        raise AssertionError(f"{found}\n-- proxy\n{log.read_text()[-1000:]}") from error
    assert f"CONNECT metrics.test:{RECEIVER_PORT}" in log.read_text()
