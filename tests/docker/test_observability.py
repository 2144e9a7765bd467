"""Alert rules and dashboards: what they say, what they ask for, and what a real Prometheus answers.

The Prometheus scrapes the real programs on a node of network namespaces: pods that call each other, the agent that
captures them, a relay and a collector. (test_compose has the same for the Compose file.)
"""

from __future__ import annotations

import base64
import json
import re
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
import yaml

from interceptor.service.metrics import METRICS, Kind
from tests.docker.conftest import unavailable
from tests.docker.test_chart import CASES, render
from tests.support import grpc_shop, netns
from tests.support.live import PORT, PROGRAMS, Agent, Node

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
ROOM = ROOT / "docker" / "observability"
RULES = ("alerts.yaml", "traffic-alerts.yaml")
DASHBOARDS = ("dashboard.json", "traffic.json", "collector.json")
PROCESS = {"process_start_time_seconds", "process_cpu_seconds_total", "process_resident_memory_bytes"}
"""Metrics of the client library."""
SECONDS = 90.0


def known() -> set[str]:
    """Every name under which a metric of ours has samples."""
    names = {f"interceptor_{metric.name}" for metric in METRICS if metric.kind is not Kind.HISTOGRAM}
    histograms = {
        f"interceptor_{metric.name}_{part}"
        for metric in METRICS
        if metric.kind is Kind.HISTOGRAM
        for part in ("bucket", "count", "sum")
    }
    return names | histograms | PROCESS


def named(expression: str) -> set[str]:
    """The metrics that a query names."""
    return set(re.findall(r"\b(?:interceptor|process)_\w+", re.sub(r'"[^"]*"', "", expression)))


def rules(name: str) -> list[dict[str, Any]]:
    """Those of a file."""
    found: list[dict[str, Any]] = yaml.safe_load((ROOM / name).read_text())["groups"][0]["rules"]
    return found


def dashboard(name: str) -> dict[str, Any]:
    """As Grafana reads it."""
    found: dict[str, Any] = json.loads((ROOM / name).read_text())
    return found


def queries(name: str) -> dict[str, str]:
    """What the panels of a dashboard ask for, with all of its variables at "All"."""
    return {
        f"{panel['title']} {target['refId']}": re.sub(
            r"\$(job|instance|server)\b", ".*", target["expr"].replace("$__rate_interval", "30s")
        )
        for panel in dashboard(name)["panels"]
        for target in panel.get("targets", [])
    }


def test_every_file_is_tested() -> None:
    """Rules and dashboards that are there are in these tests."""
    assert {path.name for path in ROOM.glob("*.json")} == set(DASHBOARDS)
    assert {path.name for path in ROOM.glob("*alerts.yaml")} == set(RULES)


@pytest.mark.parametrize("name", RULES)
def test_rules_are_valid(promtool: Path, name: str) -> None:
    """promtool accepts the rules."""
    done = subprocess.run([promtool, "check", "rules", ROOM / name], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", RULES)
def test_alerts_fire_when_they_should(promtool: Path, name: str) -> None:
    """And only then: promtool plays series into them."""
    test = ROOM / name.replace(".yaml", "_test.yaml")
    done = subprocess.run([promtool, "test", "rules", test], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", RULES)
def test_every_alert_is_tested(name: str) -> None:
    """Each has a moment at which it must be raised, and beside it, or earlier, series that must not raise it."""
    tests = yaml.safe_load((ROOM / name.replace(".yaml", "_test.yaml")).read_text())["tests"]
    raised = {
        case["alertname"] for test in tests for case in test["alert_rule_test"] if case.get("exp_alerts")
    }
    assert raised == {rule["alert"] for rule in rules(name)}
    for test in tests:
        assert any('instance="well"' in series["series"] for series in test["input_series"])


@pytest.mark.parametrize("name", RULES)
def test_alerts_say_what_to_do(name: str) -> None:
    """Each has a severity, a summary that says of whom, and a description; their metrics exist."""
    for rule in rules(name):
        assert rule["labels"]["severity"] in {"warning", "critical"}
        whom = (
            r"\$labels\.(instance|server|job)|\$value"
            if rule["alert"] != "InterceptorAbsent"
            else "no interceptor"
        )
        assert re.search(whom, rule["annotations"]["summary"])
        assert len(rule["annotations"]["description"]) > 40
        assert named(rule["expr"])
        assert named(rule["expr"]) <= known(), rule["alert"]


@pytest.mark.parametrize("name", DASHBOARDS)
def test_dashboards_name_existing_metrics(name: str) -> None:
    """Panels and variables ask for metrics that the program has; every panel has a description and a place."""
    found = dashboard(name)
    panels = [panel for panel in found["panels"] if panel["type"] != "row"]
    assert len({panel["id"] for panel in found["panels"]}) == len(found["panels"])
    for panel in panels:
        assert panel["description"]
        for target in panel["targets"]:
            assert named(target["expr"])
            assert named(target["expr"]) <= known(), panel["title"]
            assert target["datasource"]["uid"] == "${datasource}"
    for variable in found["templating"]["list"]:
        if variable["type"] == "query":
            assert named(variable["query"]["query"]) <= known()
    places = [tuple(panel["gridPos"][key] for key in "xywh") for panel in found["panels"]]
    for index, (x, y, w, h) in enumerate(places):
        assert x + w <= 24
        for other_x, other_y, other_w, other_h in places[index + 1 :]:
            assert x + w <= other_x or other_x + other_w <= x or y + h <= other_y or other_y + other_h <= y


def test_dashboards_are_told_apart() -> None:
    """By the ids that their links have, and by their titles."""
    for key in ("uid", "title"):
        assert len({dashboard(name)[key] for name in DASHBOARDS}) == len(DASHBOARDS)


def test_every_metric_has_a_panel() -> None:
    """Each is shown in a dashboard, but for what another one says as well."""
    text = "".join((ROOM / name).read_text() for name in DASHBOARDS)
    left_out = {
        "interface_up",  # interfaces, by state
        "proven_interfaces",  # of which most: what it lacks shows in named_ends_total
        "interface_kernel_dropped_packets_total",  # the same, of all interfaces
        *("stage_delivered_total", "stage_held"),  # the ledger: docker/METRICS.md has the query
        *("connections_total", "transactions_total", "reassembly_held_bytes", "waiting_bytes"),
        *("spool_batches", "spool_records", "upload_retries_total", "uploads_under_way"),
        *("template_names_folded_total", "server_names_folded_total"),
    }
    for metric in METRICS:
        if metric.name not in left_out:
            assert f"interceptor_{metric.name}" in text, metric.name


# A real Prometheus


class Chain:
    """Pods, agent, relay, collector, and a Prometheus that scrapes them."""

    def __init__(self, node: Node, agent: Agent, shown: str) -> None:
        self.node, self.agent = node, agent
        self._shown = shown
        self.url = "http://127.0.0.1:9090"

    def get(self, path: str) -> Any:
        """What its API answers."""
        text = self.node.space.run("curl", "-s", "-m", "10", f"{self.url}/api/v1/{path}", check=False).stdout
        answer = json.loads(text or "{}")
        assert answer.get("status") == "success", (path, answer)
        return answer["data"]

    def look(self) -> None:
        """Ask the collector something, as its page does."""
        bearer = f"Authorization: Bearer {self._shown}"
        asked = f"http://127.0.0.1:{PORT + 1}/v1/overview"
        assert self.node.space.run("curl", "-sf", "-H", bearer, asked).stdout.startswith("{")

    def query(self, expression: str) -> list[dict[str, Any]]:
        """Series, now."""
        found: list[dict[str, Any]] = self.get(f"query?query={quote(expression)}")["result"]
        return found


@contextmanager
def calling(node: Node) -> Iterator[None]:
    """Traffic between two pods, to servers of several names, as long as the block lasts."""
    server, client = node.server(), node.pod()
    over = threading.Event()
    program, called = [sys.executable, grpc_shop.__file__], f"{server.address}:50051"
    written = str(node.folder / "calls.log")
    calling = client.space.wrap([*program, "call", called, written])

    def work() -> None:
        while not over.is_set():
            for host, path in (
                ("shop.test", "item/[1-10]"),
                ("cart.test", "failing/[1-2]"),
                ("", "absent/1"),
            ):
                named = ["-H", f"Host: {host}"] if host else []
                client.space.run("curl", "-s", "-o", "/dev/null", *named, f"http://{server.address}/{path}")
            # on a connection of its own each time: one from before the agent came has fields that nobody can know
            subprocess.run(calling, input=b"Get Broken\n", stdout=subprocess.DEVNULL, timeout=60, check=True)
            over.wait(0.3)

    with netns.process(server.space, [*program, "serve", called, written]):
        thread = threading.Thread(target=work)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()


def token() -> str:
    """A JWT that says when it ends; nobody looks at its signature."""
    parts = ({"alg": "none"}, {"exp": int(time.time()) + 3_600})
    return (
        ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts)
        + ".x"
    )


@pytest.fixture(scope="module")
def chain(promtool: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chain]:
    """Up, with traffic."""
    if (missing := netns.unavailable(*PROGRAMS)) is not None:
        unavailable(missing)
    folder = tmp_path_factory.mktemp("chain")
    (folder / "token").write_text(token())
    (folder / "prometheus.yml").write_text(
        yaml.safe_dump(
            {
                "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
                "rule_files": [str((ROOM / name).resolve()) for name in RULES],
                "scrape_configs": [
                    {"job_name": job, "static_configs": [{"targets": [f"127.0.0.1:{port}"]}]}
                    for job, port in (("interceptor", PORT), ("relay", PORT + 2), ("collector", PORT + 1))
                ],
            }
        )
    )

    def command(name: str, port: int, *flags: str) -> list[str]:
        served = ("--server-address", "127.0.0.1", "--server-port", str(port))
        taken = ("--ingest-tokens-file", str(folder / "token"))
        return [sys.executable, "-m", "interceptor", name, *served, *taken, *flags]

    def sending(port: int, name: str) -> tuple[str, ...]:
        there = ("--endpoint", f"http://127.0.0.1:{port}", "--token-file", str(folder / "token"))
        spool = ("--spool-directory", str(folder / name), "--spool-min-free-bytes", "0")
        return *there, "--upload-allow-plain-http", "true", *spool

    prometheus = [
        *(str(promtool.with_name("prometheus")), f"--config.file={folder}/prometheus.yml"),
        *(f"--storage.tsdb.path={folder}/data", "--web.listen-address=127.0.0.1:9090"),
        "--enable-feature=exemplar-storage",
    ]
    with Node(folder) as node:
        commands = (
            command("collector", PORT + 1, "--collector-database", str(folder / "collector.db")),
            command("relay", PORT + 2, *sending(PORT + 1, "relay")),
            prometheus,
        )
        with (
            netns.process(node.space, commands[0]),
            netns.process(node.space, commands[1]),
            netns.process(node.space, commands[2]),
            calling(node),
        ):
            agent = node.agent(
                *("--capture-sources", "live:", "--metrics-by-server", "10", "--spool-batch-seconds", "1"),
                *("--workers", "2"),
                *sending(PORT + 2, "agent"),
            )
            found = Chain(node, agent, (folder / "token").read_text())

            def ready() -> bool:
                asked = node.space.run("curl", "-sf", f"{found.url}/-/ready", check=False)
                return asked.returncode == 0 and len(found.query("up == 1")) == 3

            netns.wait_until(ready, "all three are scraped", SECONDS, 0.5)
            yield found


@pytest.mark.parametrize("name", DASHBOARDS)
def test_every_panel_has_data(chain: Chain, name: str) -> None:
    """Each query returns something, and a number."""
    empty = queries(name)
    assert len(empty) > 10
    deadline = time.monotonic() + SECONDS
    while empty and time.monotonic() < deadline:
        chain.look()
        empty = {
            title: query
            for title, query in empty.items()
            if all(one["value"][1] == "NaN" for one in chain.query(query))
        }
        time.sleep(0.5)
    assert not empty


def test_rules_are_evaluated_and_quiet(chain: Chain) -> None:
    """All of them, and none fires: but for the traffic, of which a part fails."""

    def states() -> dict[str, tuple[str, str]]:
        groups = chain.get("rules")["groups"]
        return {rule["name"]: (rule["health"], rule["state"]) for group in groups for rule in group["rules"]}

    netns.wait_until(lambda: {health for health, _ in states().values()} == {"ok"}, "all ok", SECONDS, 0.5)
    assert set(states()) == {rule["alert"] for name in RULES for rule in rules(name)}
    active = {name for name, (_, state) in states().items() if state != "inactive"}
    assert active <= {"HttpErrors", "HttpServerErrors"}


def test_labels_that_are_asked_for_exist(chain: Chain) -> None:
    """Every value that a rule or panel selects by is one that a series has: none is misspelt, all exist from the start."""
    asked = set()
    texts = [rule["expr"] for name in RULES for rule in rules(name)]
    texts += [query for name in DASHBOARDS for query in queries(name).values()]
    for text in texts:
        for metric, selector in re.findall(r"\b(interceptor_\w+)\{([^}]*)\}", text):
            for label, value in re.findall(r'(\w+)!?=~?"([^"]*)"', selector):
                asked |= {(metric, label, one) for one in value.split("|") if one != ".*"}
    assert ("interceptor_ingest_batches_total", "outcome", "full") in asked
    there = {
        (metric, label, value): chain.query(f'{metric}{{{label}="{value}"}}')
        for metric, label, value in asked
    }
    assert [one for one, found in there.items() if not found] == []


def test_what_alerts_count_begins_at_zero(chain: Chain) -> None:
    """A counter that appears with its first event has no increase: the alert would miss it."""
    for reason in ("spool_full", "disk_full", "queue_full", "refused", "rejected", "corrupt", "write_failed"):
        for job in ("interceptor", "relay"):
            selector = f'interceptor_records_dropped_total{{job="{job}", reason="{reason}"}}'
            assert [one["value"][1] for one in chain.query(selector)] == ["0"], selector


def test_requests_are_as_many_as_records(chain: Chain) -> None:
    """In one scrape: by method and class, by server, and all that were written."""
    sums = (
        "sum(interceptor_http_requests_total) - sum(interceptor_records_total)",
        "sum(interceptor_server_requests_total) - sum(interceptor_records_total)",
    )
    for query in sums:
        assert [one["value"][1] for one in chain.query(query)] == ["0"]
    shares = chain.query('sum by (server) (interceptor_server_requests_total{status_class="5xx"}) > 0')
    assert [one["metric"]["server"] for one in shares] == ["cart.test"]


def test_exemplars_lead_to_records(chain: Chain) -> None:
    """Prometheus asks for OpenMetrics by itself, and keeps them; their ids are those of records."""
    bucket = quote("interceptor_http_request_duration_seconds_bucket")
    span = f"start={time.time() - 600}&end={time.time() + 60}"

    def kept() -> set[str]:
        found = chain.get(f"query_exemplars?query={bucket}&{span}")
        return {one["labels"]["record_id"] for series in found for one in series["exemplars"]}

    netns.wait_until(lambda: len(kept()) > 3, "exemplars", SECONDS, 0.5)
    ids = kept()
    netns.wait_until(
        lambda: ids <= {record["id"] for record in chain.agent.read()}, "their records", SECONDS, 0.5
    )


@pytest.mark.parametrize(
    "proxy", [{}, {"httpsProxy": "10.1.2.3:3128"}, {"proxyUrl": "http://u:p@10.1.2.3:3128"}]
)
def test_prometheus_agents_configuration(
    helm_available: None, promtool: Path, tmp_path: Path, proxy: dict[str, str]
) -> None:
    """promtool accepts what the chart gives its Prometheus agent."""
    found = render(CASES["everything"] | {"httpsProxy": ""} | proxy)
    text = found.get("Secret", "watcher-prometheus-agent")["stringData"]["prometheus.yml"]
    for name in ("relay-ca/ca.crt", "collector-ca/ca.crt", "token/token"):
        place = tmp_path / name
        place.parent.mkdir()
        place.write_text("")
    (tmp_path / "prometheus.yml").write_text(text.replace("/secrets/", f"{tmp_path}/"))
    done = subprocess.run(
        [promtool, "check", "config", "--agent", tmp_path / "prometheus.yml"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert ("proxy" in text) == bool(proxy)
