"""What an operator may say of the chart's pods: at `common` for all of them, at a component for its own; and the volumes
that they write to, whose sizes agree with what is written."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from interceptor.config import Config
from tests.docker.test_chart import CASES, CHART, WORKLOADS, Rendered, refusal, render, run_helm
from tests.docker.test_chart_rows import nested, over
from tests.docker.test_chart_values import AGENT, template
from tests.docker.test_pod import contents
from tests.support.netns import namespace, wait_until
from tests.support.records import batch, headers, record

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.netns import Namespace

pytestmark = [pytest.mark.usefixtures("each_helm"), pytest.mark.thorough]

COMPONENTS = {
    "interceptor": "watcher",
    "relay": "watcher-relay",
    "collector": "watcher-collector",
    "prometheusAgent": "watcher-prometheus-agent",
}
"""Workloads by the name of their values."""
IN_POD: dict[str, Any] = {
    "nodeSelector": {"pool": "a"},
    "tolerations": [{"key": "gpu", "operator": "Exists"}],
    "affinity": {"podAntiAffinity": {}},
    "priorityClassName": "12345",
    "dnsPolicy": "Default",
    "dnsConfig": {"options": [{"name": "ndots", "value": "1"}]},
    "hostAliases": [{"ip": "10.0.0.9", "hostnames": ["proxy.corp"]}],
    "initContainers": [{"name": "first", "image": "vault"}],
}
"""Settings that a pod has under the same name."""
IN_CONTAINER: dict[str, Any] = {
    "envFrom": [{"secretRef": {"name": "more"}}],
    "lifecycle": {"preStop": {"exec": {"command": ["sleep", "5"]}}},
}
"""And a container."""
EXTRA: dict[str, Any] = {
    "extraEnv": [{"name": "NODE_NAME", "value": "mine"}, {"name": "SSL_CERT_DIR", "value": "/extra"}],
    "extraVolumes": [{"name": "ca", "csi": {"driver": "csi.test", "readOnly": True}}],
    "extraVolumeMounts": [{"name": "ca", "mountPath": "/extra", "readOnly": True}],
    "extraContainers": [{"name": "beside", "image": "vault"}],
    "podAnnotations": {"note": "true"},
    "podLabels": {"team": "a"},
    "minReadySeconds": 7,
    "revisionHistoryLimit": 0,
    "startupProbe": {"failureThreshold": 99},
    "livenessProbe": {"failureThreshold": 9},
    "readinessProbe": {"successThreshold": 2},
    "topologySpreadConstraints": [
        {"maxSkew": 2, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule"}
    ],
    "serviceAccount": {"annotations": {"role": "none"}},
}
"""The rest."""
ALL = IN_POD | IN_CONTAINER | EXTRA


def workload(found: Rendered, name: str) -> dict[str, Any]:
    (one,) = [item for (kind, of), item in found.objects.items() if kind in WORKLOADS and of == name]
    return one


def assert_has_all(found: Rendered, name: str) -> None:
    """The workload is as `ALL` says."""
    spec = workload(found, name)["spec"]
    pod, metadata = spec["template"]["spec"], spec["template"]["metadata"]
    container = pod["containers"][1 if name == "watcher" else 0]
    for field, value in IN_POD.items():
        kept = {"kubernetes.io/os": "linux"} if field == "nodeSelector" else {}
        assert pod[field] == (kept | value if isinstance(value, dict) else value), field
    for field, value in IN_CONTAINER.items():
        assert container[field] == value, field
    names = [variable["name"] for variable in container["env"]]
    assert len(names) == len(set(names)), "server-side apply refuses a name that comes twice"
    assert {"name": "NODE_NAME", "value": "mine"} in container["env"]
    assert {"name": "SSL_CERT_DIR", "value": "/extra"} in container["env"]
    assert EXTRA["extraVolumes"][0] in pod["volumes"]
    assert EXTRA["extraVolumeMounts"][0] in container["volumeMounts"]
    assert pod["containers"][-1] == EXTRA["extraContainers"][0]
    assert (metadata["annotations"]["note"], metadata["labels"]["team"]) == ("true", "a")
    assert (spec["minReadySeconds"], spec["revisionHistoryLimit"]) == (7, 0)
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        assert container[probe].items() >= EXTRA[probe].items()
        assert container[probe].keys() >= {"periodSeconds", "httpGet"}
    (spread,) = pod["topologySpreadConstraints"]
    assert spread["labelSelector"]["matchLabels"] == spec["selector"]["matchLabels"]
    account = found.get("ServiceAccount", pod["serviceAccountName"])
    assert account["metadata"]["annotations"] == {"role": "none"}


class TestCommon:
    """`common`, and the same below a component."""

    def test_is_for_every_component(self) -> None:
        """What is said once is in each of the four pods; the interceptors keep what they say themselves."""
        values = {"common": ALL, "prometheusAgent": AGENT}
        own = {name: ALL[name] for name in ("tolerations", "dnsPolicy", "priorityClassName")}
        values |= {
            "interceptor": own,
            "relay": {"topologySpreadConstraints": ALL["topologySpreadConstraints"]},
        }
        found = template(values)
        for name in COMPONENTS.values():
            assert_has_all(found, name)
        # The test runs where the others do.
        assert found.get("Pod", "watcher-test")["spec"]["nodeSelector"]["pool"] == "a"

    def test_every_value_of_it_is_tried(self) -> None:
        """Here, or where contexts are."""
        values = yaml.safe_load((CHART / "values.yaml").read_text())
        assert values["common"].keys() - ALL.keys() == {"securityContext", "podSecurityContext"}

    @pytest.mark.parametrize("component", COMPONENTS)
    def test_a_component_has_its_own(self, component: str) -> None:
        """What is said below one component is in its pods, and changes no other's."""
        base: dict[str, Any] = {"prometheusAgent": AGENT}
        given = base | {component: base.get(component, {}) | ALL}
        before, after = template(base), template(given)
        assert_has_all(after, COMPONENTS[component])
        for other in set(COMPONENTS.values()) - {COMPONENTS[component]}:
            assert workload(before, other) == workload(after, other)

    def test_null_or_nothing_below_a_component_takes_it_away(self) -> None:
        """A list or a text that is empty there stands, and so does `null`."""
        given = {
            "common": {
                "tolerations": ALL["tolerations"],
                "priorityClassName": "high",
                "hostAliases": ALL["hostAliases"],
            }
        }
        empty: dict[str, Any] = {"tolerations": [], "priorityClassName": "", "hostAliases": None}
        pod = template(given | {"relay": empty, "interceptor": {"tolerations": []}}).pods()
        assert not pod["watcher-relay"].keys() & empty.keys()
        assert "tolerations" not in pod["watcher"]
        assert pod["watcher-collector"]["priorityClassName"] == "high"


class TestProbes:
    """What the kubelet asks, and how."""

    NAMES = ("startupProbe", "livenessProbe", "readinessProbe")

    def test_of_rpcapd_are_its_own(self) -> None:
        """They connect to where it listens, as often as is said, whatever is said of those that ask by HTTP."""
        given = {f"rpcapd{name[0].upper()}{name[1:]}": {"periodSeconds": 77} for name in self.NAMES}
        asked = {name: {"periodSeconds": 5} for name in self.NAMES}
        found = template({"common": asked, "interceptor": given, "capture": {"rpcapdPort": 2009}})
        rpcapd = found.container("watcher", "rpcapd")
        for name in self.NAMES:
            assert rpcapd[name]["periodSeconds"] == 77
            assert rpcapd[name]["tcpSocket"] == {"host": "127.0.0.1", "port": 2009}

    def test_null_takes_them_away(self) -> None:
        """One of all components, one of a component, one of rpcapd; the others stay."""
        values = {
            "common": {"startupProbe": None},
            "relay": {"livenessProbe": None},
            "interceptor": {"rpcapdReadinessProbe": None},
        }
        found = template(values)

        def probes(workload: str, container: str) -> set[str]:
            return set(self.NAMES) & found.container(workload, container).keys()

        assert probes("watcher-collector", "collector") == {"livenessProbe", "readinessProbe"}
        assert probes("watcher-relay", "relay") == {"readinessProbe"}
        assert probes("watcher", "rpcapd") == {"startupProbe", "livenessProbe"}


class TestSecurityContext:
    """Contexts that are replaced, key by key."""

    def test_of_those_that_do_not_capture(self) -> None:
        """Keys are laid over the chart's and taken away; large numbers stay whole."""
        found = template(
            {
                "common": {"podSecurityContext": {"fsGroup": 1000840000, "supplementalGroups": [5]}},
                "relay": {"securityContext": {"runAsUser": 1000840001, "seccompProfile": None}},
            }
        )
        pod = found.pods()["watcher-relay"]
        assert pod["securityContext"] == {"fsGroup": 1000840000, "supplementalGroups": [5]}
        context = pod["containers"][0]["securityContext"]
        assert context["runAsUser"] == 1000840001
        assert "seccompProfile" not in context
        assert found.container("watcher-collector", "collector")["securityContext"]["runAsUser"] == 1000

    @pytest.mark.parametrize("privileged", [True, False])
    def test_of_those_that_capture(self, privileged: bool) -> None:
        """Each of the two containers has a context of its own, over the one that capturing takes."""
        given: dict[str, Any] = {
            "securityContext": {"seLinuxOptions": {"type": "spc_t"}},
            "rpcapdSecurityContext": {"appArmorProfile": {"type": "Unconfined"}},
            "podSecurityContext": {"fsGroupChangePolicy": "OnRootMismatch"},
        }
        found = render({"capture": {"privileged": privileged}, "interceptor": given})
        pod = found.pods()["watcher"]
        rpcapd, own = (container["securityContext"] for container in pod["containers"])
        assert rpcapd["appArmorProfile"] == {"type": "Unconfined"}
        assert own["seLinuxOptions"] == {"type": "spc_t"}
        assert rpcapd["privileged"] is privileged
        assert rpcapd["runAsUser"] == 0
        assert own["runAsUser"] == (0 if privileged else 1000)
        group = {} if privileged else {"fsGroup": 1000}
        assert pod["securityContext"] == group | given["podSecurityContext"]

    def test_privileged_is_the_default_and_one_value_away_from_least(self) -> None:
        """Both containers are privileged, as the public documentation states; `capture.privileged: false` alone takes
        every privilege from the interceptor and all but two from rpcapd."""
        pod = render({}).pods()["watcher"]
        assert [container["securityContext"]["privileged"] for container in pod["containers"]] == [True, True]
        pod = render({"capture": {"privileged": False}}).pods()["watcher"]
        rpcapd, own = (container["securityContext"] for container in pod["containers"])
        assert rpcapd["capabilities"] == {"drop": ["ALL"], "add": ["NET_RAW", "NET_ADMIN"]}
        assert (own["runAsNonRoot"], own["capabilities"]) == (True, {"drop": ["ALL"]})
        assert not pod.keys() & {"hostPID", "hostIPC"}


class TestServiceAccounts:
    """Names to which a SecurityContextConstraint or a policy is bound."""

    def test_may_be_given(self) -> None:
        """One that is made, one that is there already, and the namespace's own."""
        found = template(
            {
                "interceptor": {"serviceAccount": {"name": "capturing"}},
                "relay": {"serviceAccount": {"name": "theirs", "create": False}},
                "collector": {"serviceAccount": {"create": False}},
            }
        )
        accounts = {name: pod["serviceAccountName"] for name, pod in found.pods().items()}
        assert accounts == {"watcher": "capturing", "watcher-relay": "theirs", "watcher-collector": "default"}
        assert {name for kind, name in found.objects if kind == "ServiceAccount"} == {"capturing"}

    def test_may_be_one_for_all(self) -> None:
        """Which is then made once."""
        found = template({"common": {"serviceAccount": {"name": "all"}}})
        assert {pod["serviceAccountName"] for pod in found.pods().values()} == {"all"}


class TestRelays:
    """Several of them, durable ones, and how many."""

    def test_durable_and_replicated(self) -> None:
        """Each relay of the StatefulSet has a claim of its own; the Service that it names is there."""
        found = render(CASES["claims"])
        relays = found.get("StatefulSet", "watcher-relay")["spec"]
        assert (relays["replicas"], relays["podManagementPolicy"]) == (3, "Parallel")
        assert found.get("Service", relays["serviceName"])["spec"]["clusterIP"] == "None"
        (claim,) = relays["volumeClaimTemplates"]
        assert claim["spec"]["storageClassName"] == "fast"
        assert found.get("PodDisruptionBudget", "watcher-relay")["spec"]["maxUnavailable"] == 1
        assert "strategy" not in relays

    def test_are_spread(self) -> None:
        """Over nodes, where there are several."""
        (spread,) = render(CASES["claims"]).pods()["watcher-relay"]["topologySpreadConstraints"]
        assert (spread["topologyKey"], spread["whenUnsatisfiable"]) == (
            "kubernetes.io/hostname",
            "ScheduleAnyway",
        )

    def test_one_with_a_claim_is_replaced_and_not_joined(self) -> None:
        """Two processes never have the same spool."""
        found = template(
            CASES["relay"] | {"relay": {"persistence": {"existingClaim": "disk", "enabled": True}}}
        )
        assert found.get("Deployment", "watcher-relay")["spec"]["strategy"] == {"type": "Recreate"}

    def test_scale_on_the_age_of_what_waits(self) -> None:
        """By a metric that the program has, for the workload that is there, whose own number is then nobody's."""
        from interceptor.service.metrics import METRICS

        found = render(CASES["autoscaling"])
        spec = found.get("HorizontalPodAutoscaler", "watcher-relay")["spec"]
        target = spec["scaleTargetRef"]
        assert "replicas" not in found.get(target["kind"], target["name"])["spec"]
        (metric,) = spec["metrics"]
        assert metric["pods"]["metric"]["name"] in {f"interceptor_{one.name}" for one in METRICS}
        assert metric["pods"]["target"] == {"type": "AverageValue", "averageValue": "60"}
        assert spec["minReplicas"] <= spec["maxReplicas"]
        assert ("PodDisruptionBudget", "watcher-relay") in found.objects


class TestUpdates:
    """How pods are replaced."""

    @pytest.mark.parametrize("at_once", [3, "10%"])
    def test_several_nodes_at_once(self, at_once: int | str) -> None:
        """A number or a share."""
        given = {"updateStrategy": {"rollingUpdate": {"maxUnavailable": at_once}}}
        spec = template({"interceptor": given}).get("DaemonSet")["spec"]
        assert spec["updateStrategy"] == {
            "type": "RollingUpdate",
            "rollingUpdate": {"maxUnavailable": at_once},
        }

    @pytest.mark.parametrize(
        ("claims", "wrong", "named"), [(False, "OnDelete", "Deployment"), (True, "Recreate", "StatefulSet")]
    )
    def test_of_another_kind_is_refused(self, claims: bool, wrong: str, named: str) -> None:
        """A Deployment and a StatefulSet know one each that the other does not."""
        relay = {"persistence": {"enabled": claims}, "updateStrategy": {"type": wrong}}
        done = run_helm("template", "w", str(CHART), values={"relay": relay})
        assert f"the relays are a {named}, which knows no {wrong}" in refusal(done)

    def test_of_durable_relays(self) -> None:
        """Of a StatefulSet it is the `updateStrategy`."""
        relay = {"persistence": {"enabled": True}, "updateStrategy": {"type": "OnDelete"}}
        spec = template({"relay": relay}).get("StatefulSet", "watcher-relay")["spec"]
        assert spec["updateStrategy"] == {"type": "OnDelete"}

    def test_other_strategies_are_alone(self) -> None:
        """The default of a rolling update, which Helm merges in, is refused by Kubernetes beside another type."""
        given = {
            "interceptor": {"updateStrategy": {"type": "OnDelete"}},
            "relay": {"updateStrategy": {"type": "Recreate", "rollingUpdate": {"maxSurge": 1}}},
        }
        found = template(given)
        assert found.get("DaemonSet")["spec"]["updateStrategy"] == {"type": "OnDelete"}
        assert found.get("Deployment", "watcher-relay")["spec"]["strategy"] == {"type": "Recreate"}


def mebibytes(text: str) -> int:
    return int(text[:-2]) * {"Mi": 1, "Gi": 1024, "Ti": 2**20}[text[-2:]]


def claimed(stateful: dict[str, Any]) -> int:
    """How large the claims of a StatefulSet are, in MiB."""
    (claim,) = stateful["spec"]["volumeClaimTemplates"]
    return mebibytes(claim["spec"]["resources"]["requests"]["storage"])


class TestVolumes:
    """No volume is smaller than what is written to it."""

    @pytest.mark.parametrize("limit", [1, 100, 4096, 10_000_000])
    def test_of_relays(self, limit: int) -> None:
        """The claim is above the spool's limit, with room for a batch that is written, for a tenth set aside, and for what
        is to be left free."""
        found = template({"relay": {"spool": {"maxMiB": limit}, "persistence": {"enabled": True}}})
        spool = Config.model_validate(found.config("relay")).spool
        assert spool.max_bytes == limit * 2**20
        free = spool.min_free_bytes / 2**20
        assert claimed(found.get("StatefulSet", "watcher-relay")) > limit * 1.1 + 8 + free

    @pytest.mark.parametrize("size", ["512Mi", "4Gi", "500Gi", "2Ti"])
    @pytest.mark.parametrize(
        "kind", [{}, {"enabled": True}, {"existingClaim": "disk"}], ids=["emptyDir", "claim", "existing"]
    )
    def test_of_the_collector(self, size: str, kind: dict[str, Any]) -> None:
        """The database's limit follows from the volume's size, whichever volume it is: below it by the journal and the
        reserve (64 MiB each) and by a fifth."""
        found = template({"collector": {"persistence": {"size": size} | kind}})
        limit = found.config("collector")["collector"]["max_bytes"]
        assert isinstance(limit, int)
        assert 0.3 * mebibytes(size) < limit / 2**20 <= 0.8 * (mebibytes(size) - 128)
        (volume,) = [item for item in found.pods()["watcher-collector"]["volumes"] if item["name"] == "data"]
        if kind:
            name = volume["persistentVolumeClaim"]["claimName"]
            claim = found.objects.get(("PersistentVolumeClaim", name))
            assert (claim is None) == ("existingClaim" in kind)
            if claim:
                assert claim["spec"]["resources"]["requests"]["storage"] == size
                assert claim["metadata"]["annotations"]["helm.sh/resource-policy"] == "keep"
        else:
            assert volume["emptyDir"]["sizeLimit"] == size

    def test_the_rest_of_the_collectors_limits_may_be_set(self) -> None:
        """`config.collector` is its configuration, and nobody else's."""
        found = template({"config": {"collector": {"retention_hours": 24, "max_records": 1000}}})
        assert (
            found.config("collector")["collector"].items()
            >= {"retention_hours": 24, "max_records": 1000}.items()
        )
        assert "collector" not in found.config("interceptor")
        assert "collector" not in found.config("relay")


class TestWaysToTheCollector:
    """From outside of the cluster."""

    def test_lead_to_its_service(self) -> None:
        """An Ingress and an HTTPRoute name the Service and its port; without TLS they speak plain HTTP to it, and so do
        the relays, who are told that they may."""
        found = render(CASES["routes"])
        ingress = found.get("Ingress", "watcher-collector")["spec"]
        (rule,) = ingress["rules"]
        backend = rule["http"]["paths"][0]["backend"]["service"]
        service = found.get("Service", backend["name"])
        assert backend["port"]["name"] in {port["name"] for port in service["spec"]["ports"]}
        assert (rule["host"], ingress["tls"]) == (
            "records.test",
            [{"secretName": "page", "hosts": ["records.test"]}],
        )
        route = found.get("HTTPRoute", "watcher-collector")["spec"]
        (target,) = route["rules"][0]["backendRefs"]
        assert (target["name"], target["port"]) == ("watcher-collector", 18954)
        assert service["metadata"]["annotations"] == {"a": "b"}
        assert found.config("relay")["endpoint"] == "http://watcher-collector.watch.svc:18954"
        assert found.config("relay")["upload"]["allow_plain_http"] is True
        assert (
            found.container("watcher-collector", "collector")["livenessProbe"]["httpGet"]["scheme"] == "HTTP"
        )

    def test_with_a_certificate_of_the_operator(self) -> None:
        """The relay trusts its authority, and the collector shows it."""
        found = template({"collector": {"tls": {"mode": "existingSecret", "existingSecret": "mine"}}})
        served = {volume["name"]: volume for volume in found.pods()["watcher-collector"]["volumes"]}
        trusted = {volume["name"]: volume for volume in found.pods()["watcher-relay"]["volumes"]}
        assert (
            served["tls"]["secret"]["secretName"] == trusted["endpoint-ca"]["secret"]["secretName"] == "mine"
        )

    def test_service_of_another_type(self) -> None:
        """For who is outside."""
        values = {"relay": {"service": {"type": "LoadBalancer", "annotations": {"internal": "true"}}}}
        service = template(values).get("Service", "watcher-relay")
        assert (service["spec"]["type"], service["metadata"]["annotations"]) == (
            "LoadBalancer",
            {"internal": "true"},
        )


class TestScraping:
    """Monitors and the chart's own agent."""

    def test_monitors(self) -> None:
        """Relabelings, time-outs and intervals are the operator's; relay and collector have one each, by TLS."""
        given = {
            "enabled": True,
            "interval": "15s",
            "scrapeTimeout": "10s",
            "relabelings": [{"action": "replace", "targetLabel": "cluster", "replacement": "east"}],
            "metricRelabelings": [{"action": "drop", "sourceLabels": ["__name__"], "regex": "python_.*"}],
        }
        found = render({"metrics": {"serviceMonitor": given, "podMonitor": given}})
        endpoints = {
            name: item["spec"].get("endpoints", item["spec"].get("podMetricsEndpoints"))[0]
            for (kind, name), item in found.objects.items()
            if kind in {"ServiceMonitor", "PodMonitor"}
        }
        assert endpoints.keys() == {"watcher-relay", "watcher-collector", "watcher-interceptor"}
        for name, endpoint in endpoints.items():
            wanted = {key: value for key, value in given.items() if key != "enabled"}
            assert endpoint.items() >= wanted.items()
            secure = name != "watcher-interceptor"
            assert endpoint.get("scheme") == ("https" if secure else None)
            if secure:
                assert endpoint["tlsConfig"]["serverName"] == f"{name}.watch.svc"

    @pytest.mark.parametrize("where", ["metrics.serviceMonitor", "metrics.podMonitor", "prometheusAgent"])
    @pytest.mark.parametrize(("interval", "longer"), [("30s", "31s"), ("1m30s", "91s"), ("900ms", "1001ms")])
    def test_a_time_out_is_no_longer_than_the_interval(self, where: str, interval: str, longer: str) -> None:
        """Which Prometheus would refuse where nobody looks; as long as it may be is well."""
        name = "scrapeInterval" if where == "prometheusAgent" else "interval"
        for timeout in (interval, longer):
            given = nested(where, {"enabled": True, name: interval, "scrapeTimeout": timeout})
            done = run_helm("template", "w", str(CHART), values=over({"prometheusAgent": AGENT}, given))
            if timeout == longer:
                assert f"{where}.scrapeTimeout: {longer} is longer than the interval" in refusal(done)
            else:
                assert done.returncode == 0, done.stderr

    def test_dashboards_as_the_sidecar_takes_them(self) -> None:
        """Each is valid JSON in a ConfigMap with the label; its templates are Grafana's and not Helm's."""
        given = {"enabled": True, "annotations": {"grafana_folder": "Traffic"}}
        found = render({"metrics": {"dashboards": given}})
        maps = [item for (kind, name), item in found.objects.items() if name.startswith("watcher-dashboard-")]
        assert maps
        for item in maps:
            assert item["metadata"]["labels"]["grafana_dashboard"] == "1"
            assert item["metadata"]["annotations"] == {"grafana_folder": "Traffic"}
            for name, text in item["data"].items():
                assert name.endswith(".json")
                assert json.loads(text)["panels"]

    def test_agents_image_and_time_out(self) -> None:
        """By digest where one is given."""
        digest = f"sha256:{'0' * 64}"
        found = template({"prometheusAgent": AGENT | {"image": {"digest": digest}, "scrapeTimeout": "5s"}})
        image = found.container("watcher-prometheus-agent", "prometheus-agent")["image"]
        assert image == f"docker.io/prom/prometheus@{digest}"
        assert (
            "scrape_timeout: 5s"
            in found.get("Secret", "watcher-prometheus-agent")["stringData"]["prometheus.yml"]
        )


class TestCilium:
    """`networkPolicy.flavor: cilium`."""

    @staticmethod
    def spec(values: dict[str, Any], component: str) -> dict[str, Any]:
        policy = {"networkPolicy": {"enabled": True, "flavor": "cilium"}}
        spec: dict[str, Any] = render(CASES["relay"] | policy | values).get(
            "CiliumNetworkPolicy", f"watcher-{component}"
        )["spec"]
        return spec

    def test_names_may_be_allowed(self) -> None:
        """The endpoint is reached by name and port, as the DNS proxy has seen it resolve; nothing else is."""
        found = render(CASES["cilium"])
        assert "NetworkPolicy" not in found.kinds()
        inside = found.get("CiliumNetworkPolicy", "watcher-namespace")["spec"]
        assert inside["endpointSelector"] == {}
        assert inside["egress"][1]["toPorts"][0]["rules"] == {"dns": [{"matchPattern": "*"}]}
        relay = found.get("CiliumNetworkPolicy", "watcher-relay")["spec"]
        assert relay["egress"][0] == {
            "toFQDNs": [{"matchName": "api.test"}],
            "toPorts": [{"ports": [{"port": "8443", "protocol": "TCP"}]}],
        }
        assert relay["egress"][1:] == [{"toEntities": ["kube-apiserver"]}]

    def test_interceptors_are_nodes(self) -> None:
        """Who are entities: no CIDR matches them."""
        rule = self.spec({}, "relay")["ingress"][0]
        assert {"host", "remote-node"} <= set(rule["fromEntities"])
        assert rule["toPorts"][0]["ports"] == [{"port": "18954", "protocol": "TCP"}]

    @pytest.mark.parametrize("component", ["relay", "collector"])
    def test_who_is_outside_may_come_where_the_service_is_for_them(self, component: str) -> None:
        """They are the world, whom a Service inside of the cluster has no need of."""
        for kind in ("ClusterIP", "NodePort", "LoadBalancer"):
            values = {"endpoint": "", component: {"service": {"type": kind}}}
            (rule,) = self.spec(values, component)["ingress"]
            assert ("world" in rule["fromEntities"]) == (kind != "ClusterIP")

    @pytest.mark.parametrize(
        ("values", "to", "port"),
        [
            ({"httpsProxy": "proxy.corp:3128"}, {"toFQDNs": [{"matchName": "proxy.corp"}]}, "3128"),
            ({"httpsProxy": "10.1.2.3:3128"}, {"toCIDR": ["10.1.2.3/32"]}, "3128"),
            ({"proxyUrl": "http://u:p@[2001:db8::9]"}, {"toCIDR": ["2001:db8::9/128"]}, "80"),
            ({"endpoint": "https://[2001:db8::5]:8443/in"}, {"toCIDR": ["2001:db8::5/128"]}, "8443"),
            ({"endpoint": "https://10.9.9.9/in"}, {"toCIDR": ["10.9.9.9/32"]}, "443"),
        ],
    )
    def test_the_way_out(self, values: dict[str, Any], to: dict[str, Any], port: str) -> None:
        """A proxy or an endpoint, by name or by address."""
        (rule, _) = self.spec(values, "relay")["egress"]
        assert rule == to | {"toPorts": [{"ports": [{"port": port, "protocol": "TCP"}]}]}


class TestHelmTest:
    """`helm test`."""

    @pytest.mark.parametrize("mode", ["relay", "direct"])
    def test_sees_what_an_interceptor_sees_upwards(self, mode: str) -> None:
        """The same configuration, Secrets and proxy, as a hook, with nothing to capture."""
        values = CASES["proxy"] | {"mode": mode, "networkPolicy": {"enabled": True}}
        found = template(values)
        hook = found.get("Pod", "watcher-test")
        assert hook["metadata"]["annotations"]["helm.sh/hook"] == "test"
        (container,) = hook["spec"]["containers"]
        env = {item["name"]: item.get("value") for item in container["env"]}
        assert container["args"][-1] == "--capture-sources="
        assert env.get("HTTPS_PROXY") == (None if mode == "relay" else "10.1.2.3:3128")
        own = found.container("watcher", "interceptor")
        mounts = {mount["mountPath"] for mount in container["volumeMounts"]}
        assert mounts == {mount["mountPath"] for mount in own["volumeMounts"]} - {
            "/var/lib/interceptor/spool"
        }
        assert not hook["spec"].keys() & {"dnsPolicy", "tolerations"}  # of those on the host's network
        # Without a relay it is the one pod of the namespace that goes to the endpoint itself.
        assert (("NetworkPolicy", "watcher-test") in found.objects) == (mode == "direct")

    def test_has_what_the_way_up_may_depend_on(self) -> None:
        """Variables, volumes and names that are given to the interceptors: without them it would fail where they do not."""
        given = {name: ALL[name] for name in ("extraEnv", "envFrom", "extraVolumes", "extraVolumeMounts")}
        given |= {name: ALL[name] for name in ("initContainers", "dnsConfig", "hostAliases")}
        spec = template({"interceptor": given}).get("Pod", "watcher-test")["spec"]
        (container,) = spec["containers"]
        assert (
            spec.items()
            >= {name: ALL[name] for name in ("initContainers", "dnsConfig", "hostAliases")}.items()
        )
        assert ALL["extraVolumes"][0] in spec["volumes"]
        assert ALL["extraVolumeMounts"][0] in container["volumeMounts"]
        assert (container["envFrom"], container["env"][-2:]) == (ALL["envFrom"], ALL["extraEnv"])


class Rooms:
    """What pods of a rendering are given, as the kubelet would: configuration and Secrets, in folders of their own."""

    def __init__(self, found: Rendered, folder: Path) -> None:
        self.found, self.folder = found, folder
        (folder / "hosts").write_text("127.0.0.1 localhost watcher-relay.watch.svc\n")
        (folder / "spool").mkdir()
        self._mounts = f"mount --bind {folder}/hosts /etc/hosts"
        if stateful := found.objects.get(("StatefulSet", "watcher-relay")):
            size = claimed(stateful)
            self._mounts += f" && mount -t tmpfs -o size={size}m spool {folder}/spool"

    def command(self, spec: dict[str, Any], component: str) -> list[str]:
        """A pod's container as a process that finds there what the container would; with its names of Services."""
        for volume in spec["volumes"]:
            if "secret" in volume:
                held = contents(self.found.get("Secret", volume["secret"]["secretName"]))
                for item in volume["secret"].get("items", [{"key": key, "path": key} for key in held]):
                    place = self.folder / "secrets" / volume["name"] / item["path"]
                    place.parent.mkdir(parents=True, exist_ok=True)
                    place.write_bytes(held[item["key"]])
        config = yaml.safe_dump(self.found.config(component))
        config = config.replace("/secrets/", f"{self.folder}/secrets/").replace(
            "/var/lib/interceptor", str(self.folder)
        )
        (self.folder / f"{component}.yaml").write_text(config)
        (container,) = spec["containers"]
        words = [
            word.replace("/etc/interceptor/config", f"{self.folder}/{component}")
            for word in container["args"]
        ]
        told = {item["name"]: item["value"] for item in container["env"] if "value" in item}
        told |= {"INTERCEPTOR_NODE": "node-1", "INTERCEPTOR_SERVER_ADDRESS": "127.0.0.1"}
        variables = [f"{name}={value}" for name, value in told.items()]
        entered = ["unshare", "--mount", "sh", "-c", f'{self._mounts} && exec "$@"', "sh"]
        return [*entered, "env", *variables, sys.executable, "-m", "interceptor", *words]

    @contextmanager
    def relaying(self) -> Iterator[Namespace]:
        """The relay runs, in a network namespace."""
        with namespace("helm") as space:
            words = space.wrap(self.command(self.found.pods()["watcher-relay"], "relay"))
            with subprocess.Popen(words, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as relay:
                try:
                    wait_until(lambda: ":18954 " in space.run("ss", "-Hltn").stdout, "the relay", 120)
                    yield space
                finally:
                    relay.terminate()


@pytest.mark.parametrize("token", ["the relay's", "another"])
def test_helm_test_against_a_relay(tmp_path: Path, token: str) -> None:
    """The pod's command, with what the chart gives it, passes where the chart's relay runs with what it gives that: by the
    name of its Service, its generated certificate, and the token. With another token it fails, and says so."""
    # Where the interceptors have a source more, the test has none all the same.
    more = {"extraEnv": [{"name": "INTERCEPTOR_CAPTURE_SOURCES", "value": "rpcap://127.0.0.1:9"}]}
    rooms = Rooms(render(CASES["relay"] | {"interceptor": more}), tmp_path)
    with rooms.relaying() as space:
        test = rooms.command(rooms.found.get("Pod", "watcher-test")["spec"], "interceptor")
        if token == "another":
            # Not the relay's file: it would take that one.
            config = tmp_path / "interceptor.yaml"
            (tmp_path / "old").write_text("old")
            config.write_text(
                config.read_text().replace(f"{tmp_path}/secrets/relay-token/token", f"{tmp_path}/old")
            )
        done = space.run(*test, check=False)
    told = done.stdout + done.stderr
    assert done.returncode == (0 if token == "the relay's" else 1), told
    assert ("ok      token: accepted" in told) == (token == "the relay's")
    assert ("FAILED  token: " in told) == (token == "another")


@pytest.mark.parametrize("limit", [16, 160])
def test_a_relay_takes_batches_on_its_claim(tmp_path: Path, limit: int) -> None:
    """On a file system of the claim's size, whichever that is: nothing of it is left to others, since there are none."""
    values = {"relay": {"spool": {"maxMiB": limit}, "persistence": {"enabled": True}}}
    rooms = Rooms(template(CASES["relay"] | values), tmp_path)
    sealed = batch(record())
    (tmp_path / "batch").write_bytes(sealed.body)
    with rooms.relaying() as space:
        token = (tmp_path / "secrets/relay-token/token").read_text()
        shown = [word for name, text in headers(sealed, token).items() for word in ("-H", f"{name}: {text}")]
        asked = ["--data-binary", f"@{tmp_path}/batch", "https://127.0.0.1:18954/v1/batches"]
        assert space.run("curl", "-sk", "-w", " %{http_code}", *shown, *asked).stdout.endswith(" 202")


def test_extra_objects() -> None:
    """Maps as they are, texts as templates, in whichever order."""
    text = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}-text\n  namespace: {{ .Release.Namespace }}\n"
    made = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "made", "namespace": "watch"},
        "data": {"a": "{{ b }}"},
    }
    found = template({"extraObjects": [text, made]})
    assert found.get("ConfigMap", "made")["data"] == {"a": "{{ b }}"}
    assert ("ConfigMap", "watcher-text") in found.objects


@pytest.mark.parametrize("name", ["extraEnv", "tolerations", "livenessProbe"])
def test_a_wrong_kind_is_refused_wherever_it_stands(name: str) -> None:
    """By the value's path."""
    for component in ("common", "relay"):
        done = run_helm("template", "w", "docker/chart", values={component: {name: "text"}})
        assert f"{component}.{name}" in refusal(done)
