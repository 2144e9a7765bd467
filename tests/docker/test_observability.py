"""Alert rules and dashboard, as far as they can be judged without a run (test_compose has one)."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest
import yaml

from interceptor.service.metrics import METRICS, Kind
from tests.docker.test_chart import CASES, render

ROOT = Path(__file__).parents[2]
ROOM = ROOT / "docker" / "observability"
PROCESS = {"process_start_time_seconds", "process_cpu_seconds_total"}
"""Metrics of the client library."""


def known() -> set[str]:
    """Every name under which a metric of ours has samples."""
    names = {f"interceptor_{metric.name}" for metric in METRICS}
    histograms = {f"interceptor_{metric.name}_bucket" for metric in METRICS if metric.kind is Kind.HISTOGRAM}
    return names | histograms | PROCESS


def named(expression: str) -> set[str]:
    """The metrics that a query names."""
    return set(re.findall(r"\b(?:interceptor|process)_\w+", re.sub(r'"[^"]*"', "", expression)))


def test_rules_are_valid(promtool: Path) -> None:
    """promtool accepts the rules."""
    done = subprocess.run([promtool, "check", "rules", ROOM / "alerts.yaml"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_alerts_fire_when_they_should(promtool: Path) -> None:
    """And only then: promtool plays series into them."""
    done = subprocess.run(
        [promtool, "test", "rules", ROOM / "alerts_test.yaml"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_alert_is_tested() -> None:
    """Each has a moment in alerts_test.yaml at which it must be raised, beside a series that must not raise it."""
    rules = yaml.safe_load((ROOM / "alerts.yaml").read_text())["groups"][0]["rules"]
    tests = yaml.safe_load((ROOM / "alerts_test.yaml").read_text())["tests"]
    raised = {
        case["alertname"] for test in tests for case in test["alert_rule_test"] if case.get("exp_alerts")
    }
    assert raised == {rule["alert"] for rule in rules}
    for test in tests:
        assert any('instance="well"' in series["series"] for series in test["input_series"])


def test_alerts_say_what_to_do() -> None:
    """Each has a severity, a summary that names the instance, and a description; their metrics exist."""
    for rule in yaml.safe_load((ROOM / "alerts.yaml").read_text())["groups"][0]["rules"]:
        assert rule["labels"]["severity"] in {"warning", "critical"}
        assert "$labels.instance" in rule["annotations"]["summary"]
        assert len(rule["annotations"]["description"]) > 40
        assert named(rule["expr"])
        assert named(rule["expr"]) <= known(), rule["alert"]


def test_dashboard_names_existing_metrics() -> None:
    """Panels and variables ask for metrics that the program has; every panel has a description and a place."""
    dashboard = json.loads((ROOM / "dashboard.json").read_text())
    panels = [panel for panel in dashboard["panels"] if panel["type"] != "row"]
    assert len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"])
    for panel in panels:
        assert panel["description"]
        for target in panel["targets"]:
            assert named(target["expr"])
            assert named(target["expr"]) <= known(), panel["title"]
            assert target["datasource"]["uid"] == "${datasource}"
    places = [tuple(panel["gridPos"][key] for key in "xywh") for panel in panels]
    for index, (x, y, w, h) in enumerate(places):
        assert x + w <= 24
        for other_x, other_y, other_w, other_h in places[index + 1 :]:
            assert x + w <= other_x or other_x + other_w <= x or y + h <= other_y or other_y + other_h <= y


def test_what_can_be_lost_is_shown() -> None:
    """Every counter of loss has a panel."""
    text = (ROOM / "dashboard.json").read_text()
    lost = re.compile("dropped|missed|shed|evicted|rejected")
    single = "interface_kernel_dropped_packets_total"  # the same, of each interface
    names = {metric.name for metric in METRICS if metric.kind is Kind.COUNTER and lost.search(metric.name)}
    assert {name for name in names - {single} if f"interceptor_{name}" not in text} == set()


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
