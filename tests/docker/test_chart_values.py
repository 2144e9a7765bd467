"""The chart with values that are unusual and legal: what an operator gives, the manifests have, whatever YAML would
make of it; and what changes in the values reaches the pods that run."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from interceptor.config import Config
from tests.docker.test_chart import (
    CASES,
    CHART,
    OLDEST,
    WORKLOADS,
    Rendered,
    judge,
    manifests,
    refusal,
    render,
    run_helm,
)

pytestmark = [pytest.mark.usefixtures("each_helm"), pytest.mark.thorough]

RELAY = CASES["relay"]
AGENT = {"enabled": True, "remoteWriteUrl": "https://metrics.test:9009/write"}
YAML_WORDS = ("12345", "true", "null", "on")
"""Legal names of Kubernetes objects that are something else in YAML."""
TEXTS = (
    "{{ .Values.token }}",
    "a\"b'c",
    "a\nb: c",
    "# x",
    "- a",
    "*x",
    "%x",
    "$(HOME) ${X}",
    "日本 \U0001f600",
    "\x07",
)


def template(values: dict[str, Any], *, name: str = "watcher", namespace: str = "watch") -> Rendered:
    """As `render`, for any release; each object checked as Kubernetes would."""
    done = run_helm("template", name, str(CHART), "--namespace", namespace, values=values)
    assert done.returncode == 0, done.stderr
    found = Rendered()
    for item in manifests(done.stdout):
        judge(item, OLDEST)
        assert item["metadata"].get("namespace", namespace) == namespace
        found.objects[item["kind"], item["metadata"]["name"]] = item
    return found


def egress(found: Rendered, component: str) -> list[dict[str, Any]]:
    rules: list[dict[str, Any]] = found.get("NetworkPolicy", f"watcher-{component}")["spec"]["egress"]
    return rules


class TestNames:
    """Of releases, namespaces and objects."""

    @pytest.mark.parametrize(
        ("release", "begins"),
        [
            ("a" * 53, "a" * 40),
            ("a" * 39 + "-" + "b" * 13, "a" * 39),
            ("1234", "interceptor-1234"),
            ("web.v2", "web-v2"),
            ("null", "null"),
            ("on", "on"),
        ],
    )
    def test_any_release_has_legal_names(self, release: str, begins: str) -> None:
        """Every name is a DNS label of at most 63 characters, Services' begin with a letter; labels keep the release."""
        values = {"prometheusAgent": AGENT, "networkPolicy": {"enabled": True}, "relay": {"replicas": 2}}
        found = template(values, name=release, namespace="5678")
        for (_, name), item in found.objects.items():
            assert name == begins or name.startswith(f"{begins}-")
            assert len(name) <= 63
            assert "." not in name
            assert name[0].isalpha()
            assert item["metadata"]["labels"]["app.kubernetes.io/instance"] == release

    @pytest.mark.parametrize("word", YAML_WORDS)
    def test_names_that_yaml_reads_otherwise(self, word: str) -> None:
        """Secrets, ConfigMaps, claims, classes, tags and folders may be called `12345`, `true` or `null`."""
        found = template(
            {
                "endpoint": "https://api.test",
                "clusterName": word,
                "existingSecret": word,
                "existingSecretKey": word,
                "tls": {"ca": {"existingConfigMap": word, "key": word}, "client": {"existingSecret": word}},
                "proxyCa": {"existingSecret": word, "key": word},
                "image": {"interceptor": {"repository": word, "tag": word}},
                "relay": {
                    "existingSecret": word,
                    "priorityClassName": word,
                    "tls": {"mode": "existingSecret", "existingSecret": word},
                    "persistence": {"existingClaim": word},
                },
                "interceptor": {"priorityClassName": word, "spool": {"hostPath": f"/{word}"}},
                "prometheusAgent": AGENT
                | {"existingSecret": word, "image": {"repository": word, "tag": word}},
            }
        )
        assert found.pods()["watcher-relay"]["priorityClassName"] == word
        assert found.config("relay")["cluster"] == word
        found = template({"collector": {"persistence": {"existingClaim": word}}})
        (data,) = [item for item in found.pods()["watcher-collector"]["volumes"] if item["name"] == "data"]
        assert data["persistentVolumeClaim"]["claimName"] == word

    @pytest.mark.parametrize("text", TEXTS)
    def test_any_text_arrives_as_it_is(self, text: str) -> None:
        """Quotes, line ends, templates and signs of YAML in a text are the text's."""
        found = template(
            {
                "clusterName": text,
                "prometheusAgent": AGENT,
                "config": {"capture": {"filter": text, "interfaces": {"include": [text]}}},
                "interceptor": {"podAnnotations": {"note": text}},
            }
        )
        config = Config.model_validate(found.config("interceptor"))
        assert (config.cluster, config.capture.filter) == (text, text)
        assert config.capture.interfaces.include == (text,)
        scraping = found.get("Secret", "watcher-prometheus-agent")["stringData"]["prometheus.yml"]
        assert yaml.safe_load(scraping)["global"]["external_labels"]["cluster"] == text
        annotations = found.get("DaemonSet")["spec"]["template"]["metadata"]["annotations"]
        assert annotations["note"] == text


class TestNull:
    """`name: null` takes a default away, as Helm has it."""

    @pytest.mark.parametrize(
        "path",
        [
            "interceptor.resources",
            "interceptor.nodeSelector",
            "interceptor.tolerations",
            "common.podLabels",
            "common.podSecurityContext.fsGroup",
            "common.securityContext",
            "common.extraEnv",
            "common.livenessProbe",
            "interceptor.rpcapdLivenessProbe",
            "global",
            "relay.affinity",
            "relay.extraEnv",
            "relay.podLabels",
            "relay.securityContext",
            "relay.persistence.existingClaim",
            "relay.service.annotations",
            "collector.resources",
            "token",
            "endpoint",
            "httpsProxy",
            "httpsProxyNoProxy",
            "proxyUrl",
            "listenAddress",
            "clusterName",
            "config.capture",
        ],
    )
    def test_of_what_may_be_absent(self, path: str) -> None:
        """Renders, as if it were empty."""
        values: Any = None
        for part in reversed(path.split(".")):
            values = {part: values}
        template(values)

    @pytest.mark.parametrize("name", ["config", "networkPolicy", "port", "image", "common"])
    def test_of_what_is_needed(self, name: str) -> None:
        """Is refused in one line that names it, and not by a template that fails."""
        done = run_helm("template", "watcher", str(CHART), values=RELAY | {name: None})
        assert done.returncode != 0
        assert "specifications of the schema" in done.stderr
        assert name in done.stderr.strip().splitlines()[-1]

    def test_of_the_api_servers_networks(self) -> None:
        """Is refused: a rule with no destination would allow every one."""
        policy = {"enabled": True, "k8sApi": {"cidrs": None}}
        values = CASES["policy and proxy"] | {"networkPolicy": policy}
        done = run_helm("template", "watcher", str(CHART), values=values)
        assert done.returncode != 0
        assert "cidrs" in done.stderr


class TestLabels:
    """Of pods and nodes."""

    @pytest.mark.parametrize("where", ["podLabels", "podAnnotations", "nodeSelector"])
    def test_are_texts(self, where: str) -> None:
        """A number or a boolean, which the API server would refuse, is refused by name."""
        done = run_helm("template", "watcher", str(CHART), values={"interceptor": {where: {"gpu": True}}})
        assert f"interceptor.{where}.gpu" in refusal(done)

    def test_that_select_are_the_charts(self) -> None:
        """A selector cannot be changed, so neither can the labels that it asks for."""
        for component in ("interceptor", "relay"):
            values = {component: {"podLabels": {"app.kubernetes.io/name": "mine"}}}
            done = run_helm("template", "watcher", str(CHART), values=values)
            assert done.returncode != 0
            assert "app.kubernetes.io/name" in done.stderr

    def test_selectors_outlive_versions(self) -> None:
        """They have nothing that an upgrade changes: neither a version nor the chart's."""
        wanted = {f"app.kubernetes.io/{key}" for key in ("name", "instance", "component")}
        for values in ({"commonLabels": {"team": "a"}}, CASES["claims"]):
            for (kind, _), item in render(values).objects.items():
                if kind in WORKLOADS:
                    assert item["spec"]["selector"]["matchLabels"].keys() == wanted
                    for claim in item["spec"].get("volumeClaimTemplates", []):
                        assert claim["metadata"]["labels"].keys() == wanted


class TestRestarts:
    """What a pod reads only when it starts changes its template."""

    @staticmethod
    def templates(values: dict[str, Any]) -> dict[str, str]:
        return {name: json.dumps(item, sort_keys=True) for name, item in render(values).templates().items()}

    @pytest.mark.parametrize(
        ("values", "changed", "restarted"),
        [
            (RELAY, {"clusterName": "other"}, {"watcher", "watcher-relay"}),
            (RELAY, {"config": {"capture": {"filter": "tcp port 80"}}}, {"watcher"}),
            (RELAY, {"proxyUrl": "http://u:old@10.1.2.3:1"}, {"watcher-relay"}),
            (
                RELAY | {"proxyUrl": "http://u:old@10.1.2.3:1"},
                {"proxyUrl": "http://u:new@10.1.2.3:1"},
                {"watcher-relay"},
            ),
            (
                CASES["direct"] | {"httpsProxy": "u:old@10.1.2.3:1"},
                {"httpsProxy": "u:new@10.1.2.3:1"},
                {"watcher"},
            ),
            (
                RELAY | {"httpsProxy": "u:old@10.1.2.3:1", "prometheusAgent": AGENT},
                {"httpsProxy": "u:new@10.1.2.3:1"},
                {"watcher-relay", "watcher-prometheus-agent"},
            ),
            # Read again while it runs.
            (RELAY, {"token": "another"}, set()),
        ],
    )
    def test_only_what_it_concerns(
        self, values: dict[str, Any], changed: dict[str, Any], restarted: set[str]
    ) -> None:
        """A changed configuration, proxy or proxy's password restarts those that use it, and no other pod."""
        before, after = self.templates(values), self.templates(values | changed)
        assert {name for name in before if before[name] != after[name]} == restarted


class TestProtocol:
    """`config.upload.protocol: otlp`."""

    def test_is_for_the_way_out(self) -> None:
        """The relay speaks OTLP to the endpoint; the interceptors speak to the relay, which takes batches."""
        otlp = {"config": {"upload": {"protocol": "otlp", "timeout_seconds": 9}}}
        found = template(RELAY | otlp)
        assert found.config("relay")["upload"]["protocol"] == "otlp"
        assert found.config("interceptor")["upload"] == {"protocol": "ingest", "timeout_seconds": 9}
        direct = template(CASES["direct"] | otlp)
        assert direct.config("interceptor")["upload"]["protocol"] == "otlp"

    @pytest.mark.parametrize("mode", ["relay", "direct"])
    def test_needs_an_endpoint(self, mode: str) -> None:
        """The chart's own collector takes batches only, and that is said."""
        values = {"mode": mode, "config": {"upload": {"protocol": "otlp"}}}
        done = run_helm("template", "watcher", str(CHART), values=values)
        assert done.returncode != 0
        assert "config.upload.protocol: otlp needs an `endpoint`" in done.stderr


class TestPolicies:
    """Network policies of unusual ways."""

    @pytest.mark.parametrize(
        ("address", "cidr"),
        [
            ("10.1.2.3", "10.1.2.3/32"),
            ("10.1.0.0/16", "10.1.0.0/16"),
            ("2001:db8::9", "2001:db8::9/128"),
            ("2001:db8::/32", "2001:db8::/32"),
        ],
    )
    def test_proxys_address_of_either_kind(self, address: str, cidr: str) -> None:
        """An address becomes a network of one, a network stays."""
        policy = {"networkPolicy": {"enabled": True, "proxyIp": address}, "httpsProxy": "proxy.corp:3128"}
        rule = egress(template(RELAY | policy), "relay")[0]
        assert rule["to"] == [{"ipBlock": {"cidr": cidr}}]

    @pytest.mark.parametrize(
        ("proxy", "port"),
        [
            ("http://proxy.corp", 80),
            ("https://proxy.corp", 443),
            ("socks5://proxy.corp", 1080),
            ("socks5h://u:p%40@[2001:db8::9]:1081", 1081),
            ("http://u:p@[2001:db8::9]/", 80),
        ],
    )
    def test_proxys_port(self, proxy: str, port: int) -> None:
        """As the program takes it from the URL, its default included."""
        policy = {"networkPolicy": {"enabled": True, "proxyIp": "10.1.2.3"}, "proxyUrl": proxy}
        assert egress(template(RELAY | policy), "relay")[0]["ports"] == [{"port": port, "protocol": "TCP"}]

    @pytest.mark.parametrize("address", ["proxy", "1.2.3", "1234", "10.1.2.3/999", "10.1.2.3:3128"])
    def test_no_address(self, address: str) -> None:
        """What is neither an address nor a network is refused by name."""
        done = run_helm("template", "w", str(CHART), values={"networkPolicy": {"proxyIp": address}})
        assert "networkPolicy.proxyIp" in refusal(done)

    def test_endpoints_port(self) -> None:
        """Without a proxy the way is open to 443 and to the port where the endpoint and the metrics' receiver are."""
        values = {
            "endpoint": "https://[2001:db8::5]:8443/in",
            "prometheusAgent": AGENT,
            "networkPolicy": {"enabled": True},
        }
        found = template(RELAY | values)
        for component, port in (("relay", 8443), ("prometheus-agent", 9009)):
            ports = egress(found, component)[0]["ports"]
            assert [item["port"] for item in ports] == [443, port]

    @pytest.mark.parametrize("mode", ["relay", "direct"])
    def test_collector_is_reached(self, mode: str) -> None:
        """By interceptors that send to it directly and through the API server, both at nodes' addresses; it goes nowhere."""
        policy = {"enabled": True, "nodeCidrs": ["10.0.0.0/24"]}
        found = template({"mode": mode, "networkPolicy": policy})
        spec = found.get("NetworkPolicy", "watcher-collector")["spec"]
        assert "egress" not in spec
        (rule,) = spec["ingress"]
        assert rule["from"] == [{"ipBlock": {"cidr": "10.0.0.0/24"}}]
        assert ("NetworkPolicy", "watcher-relay") in found.objects or mode == "direct"

    def test_prometheus_is_let_in(self) -> None:
        """With a ServiceMonitor, the relay takes connections from other namespaces' pods beside the nodes."""
        values = {
            "networkPolicy": {"enabled": True, "nodeCidrs": ["10.0.0.0/24"]},
            "metrics": {"serviceMonitor": {"enabled": True}},
        }
        done = run_helm("template", "watcher", str(CHART), values=RELAY | values)
        (spec,) = [
            item["spec"]
            for item in manifests(done.stdout)
            if (item["kind"], item["metadata"]["name"]) == ("NetworkPolicy", "watcher-relay")
        ]
        assert {"namespaceSelector": {}} in spec["ingress"][0]["from"]


@pytest.mark.parametrize("mebibytes", [1, 100, 1024, 10_000_000])
@pytest.mark.parametrize(("component", "workload"), [("interceptor", "watcher"), ("relay", "watcher-relay")])
def test_volume_is_above_the_spool(component: str, workload: str, mebibytes: int) -> None:
    """Whatever the spool's limit, there is room for a batch that is being written, and for a tenth set aside."""
    found = template(RELAY | {component: {"spool": {"maxMiB": mebibytes}}})
    (volume,) = [item for item in found.pods()[workload]["volumes"] if item["name"] == "spool"]
    limit = int(volume["emptyDir"]["sizeLimit"].removesuffix("Mi"))
    assert found.config(component)["spool"]["max_bytes"] == mebibytes * 2**20
    assert limit > mebibytes * 1.1 + 8
