"""No row of the chart's table of values is ignored: each changes what is installed, where there is all that it may be about.

What it changes is for the other tests of the chart to say; a value that no template asks for any more is found here. By
one helm: templates ask the same of both.
"""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from docker import generate
from tests.docker.test_chart import CASES, CHART, render

pytestmark = pytest.mark.thorough
"""A rendering for each row of the table."""
DEFAULTS = (CHART / "values.yaml").read_text()
ROWS = re.findall(r"^\| `([^`]+)`", generate.table(DEFAULTS, yaml.safe_load(DEFAULTS)), re.MULTILINE)

EVERYTHING: dict[str, Any] = {
    "existingSecret": "cloud",
    "httpsProxy": "10.1.2.3:3128",
    "proxyCa": {"existingSecret": "proxy"},
    "tls": {"ca": {"existingSecret": "authorities"}},
    "relay": {
        "existingSecret": "relay",
        "tls": {"mode": "existingSecret", "existingSecret": "certificate"},
        "persistence": {"enabled": True},
        "autoscaling": {"enabled": True},
    },
    "collector": {
        "tls": {"mode": "existingSecret", "existingSecret": "certificate"},
        "persistence": {"enabled": True},
        "ingress": {"enabled": True},
        "httpRoute": {"enabled": True, "parentRefs": [{"name": "gateway"}]},
    },
    "prometheusAgent": {"enabled": True, "remoteWriteUrl": "https://metrics.test/write"},
    "networkPolicy": {"enabled": True},
    "metrics": {
        name: {"enabled": True} for name in ("serviceMonitor", "podMonitor", "prometheusRule", "dashboards")
    },
}
"""All objects at once, and nothing that each rendering would make up anew."""

NO_ROUTES = {"collector": {"ingress": {"enabled": False}, "httpRoute": {"enabled": False}}}
ONE_RELAY = {"relay": {"autoscaling": {"enabled": False}, "persistence": {"enabled": False}}}
BESIDE: dict[str, dict[str, Any]] = {
    "endpoint": NO_ROUTES,
    "token": {"existingSecret": ""},
    "proxyCa.existingConfigMap": {"proxyCa": {"existingSecret": ""}},
    "tls.ca.existingConfigMap": {"tls": {"ca": {"existingSecret": ""}}},
    "capture.capabilities": {"capture": {"privileged": False}},
    "relay.replicas": ONE_RELAY,
    "relay.persistence.existingClaim": ONE_RELAY,
}
"""What has to be otherwise for a value to be asked for."""

OTHER: dict[str, Any] = {
    "endpoint": "https://api.test",
    "httpsProxy": "10.9.9.9:3128",
    "proxyUrl": "http://10.9.9.9",
    "image.registry": "other.test",
    "config": {"shutdown_seconds": 91},
    "config.capture.interfaces.include": ["other"],
    "capture.capabilities": ["NET_RAW"],
    "kubernetes.namespaces.include": ["other"],
    "kubernetes.namespaces.exclude": ["other"],
    "common.envFrom": [{"secretRef": {"name": "other"}}],
    "common.extraVolumeMounts": [{"name": "other", "mountPath": "/other"}],
    "common.lifecycle": {"preStop": {"sleep": {"seconds": 1}}},
    "common.podSecurityContext": {"fsGroup": 91},
    "common.securityContext": {"runAsUser": 91},
    "common.tolerations": [{"key": "other"}],
    "common.affinity": {"nodeAffinity": {}},
    "common.topologySpreadConstraints": [
        {"maxSkew": 1, "topologyKey": "other", "whenUnsatisfiable": "DoNotSchedule"}
    ],
    "common.dnsConfig": {"nameservers": ["10.0.0.1"]},
    "common.hostAliases": [{"ip": "10.0.0.1", "hostnames": ["other"]}],
    "interceptor.resources": {"limits": {"memory": "91Mi"}},
    "interceptor.rpcapdResources": {"limits": {"memory": "91Mi"}},
    "interceptor.rpcapdSecurityContext": {"runAsUser": 91},
    "interceptor.tolerations": [],
    "interceptor.dnsPolicy": "Default",
    "interceptor.updateStrategy": {"type": "OnDelete"},
    "interceptor.spool.hostPath": "/other",
    "relay.resources": {"limits": {"memory": "91Mi"}},
    "relay.updateStrategy": {"type": "OnDelete"},
    "relay.topologySpreadConstraints": [],
    "relay.persistence.accessModes": ["ReadWriteMany"],
    "relay.autoscaling.behavior": {"scaleUp": {"stabilizationWindowSeconds": 91}},
    "collector.resources": {"limits": {"memory": "91Mi"}},
    "collector.persistence.size": "91Gi",
    "collector.persistence.accessModes": ["ReadWriteMany"],
    "collector.httpRoute.parentRefs": [{"name": "other"}],
    "collector.httpRoute.hostnames": ["other.test"],
    "prometheusAgent.remoteWriteUrl": "https://other.test/write",
    "prometheusAgent.resources": {"limits": {"memory": "91Mi"}},
    "prometheusAgent.podSecurityContext": {"fsGroup": 91},
    "prometheusAgent.securityContext": {"runAsUser": 91},
    "networkPolicy.proxyIp": "10.9.9.9",
    "networkPolicy.k8sApi.cidrs": ["10.9.0.0/16"],
    "networkPolicy.nodeCidrs": ["10.9.0.0/16"],
    "metrics.serviceMonitor.relabelings": [{"action": "keep"}],
    "metrics.serviceMonitor.metricRelabelings": [{"action": "keep"}],
    "metrics.podMonitor.relabelings": [{"action": "keep"}],
    "metrics.podMonitor.metricRelabelings": [{"action": "keep"}],
    "extraObjects": [{"kind": "Other", "apiVersion": "v1", "metadata": {"name": "other"}}],
}
"""Values that do not follow from the schema."""


def another(row: str, before: dict[str, Any]) -> Any:
    """A value that it does not have there."""
    value: Any = over(yaml.safe_load(DEFAULTS), before)
    for name in row.split("."):
        value = value[name]
    rule = generate.RULES.get(row, {})
    known = {
        str(generate.DIGEST): f"sha256:{'9' * 64}",
        str(generate.NAMED): [{"name": "other"}],
        str(generate.WORDS): {"other": "other"},
        str(generate.LABELS): {"other": "other"},
        str(generate.PROBE): {"periodSeconds": 91},
        str(generate.DURATION): "91s",
        str(generate.DURATION_OR_NONE): "9s",
    }
    match value:
        case _ if row in OTHER:
            return OTHER[row]
        case _ if "enum" in rule:
            return next(one for one in reversed(rule["enum"]) if one not in {value, ""})
        case _ if str(rule) in known:
            return known[str(rule)]
        case bool():
            return not value
        case int():
            return value + 1
        case str():
            return "other"
        case list():
            return ["other"]
        case _:
            raise AssertionError(f"say below OTHER what {row} could be besides {value}")


def nested(row: str, value: Any) -> dict[str, Any]:
    """As values have it."""
    for name in reversed(row.split(".")):
        value = {name: value}
    found: dict[str, Any] = value
    return found


def over(base: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """As helm lays values over each other."""
    both = {
        name: over(base[name], value)
        if isinstance(value, dict) and isinstance(base.get(name), dict)
        else value
        for name, value in given.items()
    }
    return base | both


@pytest.mark.parametrize("row", ROWS)
def test_changes_what_is_installed(helm_available: None, row: str) -> None:
    """Another value, another rendering."""
    before = over(EVERYTHING, BESIDE.get(row, {}))
    assert render(before).objects != render(over(before, nested(row, another(row, before)))).objects


def test_every_kind_of_object_is_told_of(helm_available: None) -> None:
    """In the README's table of what is installed."""
    told = (CHART / "README.md").read_text().partition("## What is installed")[2].partition("## Choices")[0]
    kinds = set().union(*(render(values).kinds() for values in (EVERYTHING, *CASES.values())))
    assert {"StatefulSet", "HTTPRoute", "CiliumNetworkPolicy", "ClusterRoleBinding"} <= kinds
    named = told.replace("ClusterRole and its binding", "ClusterRole ClusterRoleBinding").replace(
        "Policies", "Policy"
    )
    assert [kind for kind in sorted(kinds) if not re.search(rf"\b{kind}s?\b", named)] == []


def test_all_that_is_chosen_here_has_a_row() -> None:
    """And there are rows."""
    assert len(ROWS) > 150
    assert OTHER.keys() | BESIDE.keys() <= set(ROWS)
