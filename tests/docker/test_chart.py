"""The Helm chart: rendered by real helm, checked against Kubernetes' schemas, the program's own model, and the
promises of the public documentation that the product grew out of."""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import ssl
import subprocess
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from docker import generate
from interceptor.config import Config
from tests.support.helm import CHOSEN, helm

ROOT = Path(__file__).parents[2]
CHART = ROOT / "docker" / "chart"
OLDEST, NEWEST = "1.25", kubernetes_validate.latest_version()
NAMESPACE = "watch"

CASES: dict[str, dict[str, Any]] = {
    "defaults": {},
    "relay": {"endpoint": "https://api.test", "token": "s3cret"},
    "direct": {"mode": "direct", "endpoint": "https://api.test", "token": "s3cret"},
    "proxy": {"endpoint": "https://api.test", "token": "s3cret", "httpsProxy": "10.1.2.3:3128"},
    "proxy direct": {
        "mode": "direct",
        "endpoint": "https://api.test",
        "token": "s3cret",
        "httpsProxy": "10.1.2.3:3128",
        "httpsProxyNoProxy": "{{ .Release.Namespace }}.corp,.internal,10.0.0.0/8",
    },
    "proxy with a password": {
        "endpoint": "https://api.test",
        "token": "s3cret",
        "proxyUrl": "http://user:pa%3Ass@proxy.corp:3128",
        "proxyCa": {"existingSecret": "proxy-ca"},
    },
    "ipv6": {
        "endpoint": "https://[2001:db8::5]:8443/in",
        "existingSecret": "cloud",
        "httpsProxy": "[2001:db8::9]:3128",
        "networkPolicy": {"enabled": True, "nodeCidrs": ["fd00:1::/64"]},
    },
    "secrets": {
        "endpoint": "https://api.test",
        "existingSecret": "cloud",
        "existingSecretKey": "api",
        "tls": {
            "ca": {"existingConfigMap": "corp-ca", "key": "bundle.pem"},
            "client": {"existingSecret": "me"},
        },
        "relay": {
            "existingSecret": "relay",
            "tls": {"mode": "existingSecret", "existingSecret": "relay-cert"},
        },
    },
    "plain inside": {"endpoint": "https://api.test", "token": "s3cret", "relay": {"tls": {"mode": "off"}}},
    "policy": {"endpoint": "https://api.test", "token": "s3cret", "networkPolicy": {"enabled": True}},
    "policy and proxy": {
        "endpoint": "https://api.test",
        "token": "s3cret",
        "httpsProxy": "proxy.corp:3128",
        "networkPolicy": {"enabled": True, "proxyIp": "10.1.2.3", "k8sApi": {"port": 6443}},
    },
    "everything": {
        "clusterName": 'it\'s "prod": yes',
        "token": "s3cret",
        "httpsProxy": "10.1.2.3:3128",
        "prometheusAgent": {
            "enabled": True,
            "remoteWriteUrl": "https://metrics.test/write",
            "existingSecret": "w",
        },
        "networkPolicy": {"enabled": True, "proxyIp": "10.1.2.0/24"},
        "relay": {"replicas": 2},
        "image": {"registry": "registry.corp/team/", "pullSecrets": [{"name": "pull"}]},
        "config": {
            "capture": {
                "filter": "tcp port 80 or tcp port 8080",
                "interfaces": {"include": ["veth*", "cali*"]},
            },
            "limits": {"memory_bytes": 1_073_741_824, "connections": 250_000},
            "upload": {"compression": "zstd"},
            "log": {"level": "debug"},
            "shutdown_seconds": 40.5,
        },
    },
    "minimal privilege": {
        "endpoint": "https://api.test",
        "token": "s3cret",
        "capture": {"privileged": False},
        "interceptor": {"spool": {"hostPath": "/var/lib/interceptor", "maxMiB": 100}},
    },
    "claims": {
        "relay": {"replicas": 3, "persistence": {"enabled": True, "storageClass": "fast"}},
        "collector": {"persistence": {"enabled": True, "size": "20Gi"}},
    },
    "autoscaling": {
        "endpoint": "https://api.test",
        "token": "s3cret",
        "relay": {"persistence": {"enabled": True}, "autoscaling": {"enabled": True}},
    },
    "openshift": {
        "openshift": True,
        "prometheusAgent": {"enabled": True, "remoteWriteUrl": "https://metrics.test/write"},
        "networkPolicy": {"enabled": True},
        "interceptor": {"serviceAccount": {"name": "capturing"}},
    },
    "cilium": {
        "endpoint": "https://api.test:8443",
        "token": "s3cret",
        "prometheusAgent": {"enabled": True, "remoteWriteUrl": "https://metrics.test/write"},
        "networkPolicy": {"enabled": True, "flavor": "cilium"},
        "metrics": {"serviceMonitor": {"enabled": True}},
    },
    "routes": {
        "collector": {
            "tls": {"mode": "off"},
            "service": {"annotations": {"a": "b"}},
            "ingress": {"enabled": True, "host": "records.test", "className": "nginx", "tlsSecret": "page"},
            "httpRoute": {"enabled": True, "parentRefs": [{"name": "gw"}], "hostnames": ["records.test"]},
        },
        "metrics": {"dashboards": {"enabled": True}},
    },
}
"""Values by the situation that they stand for."""

WORKLOADS = {"DaemonSet", "Deployment", "StatefulSet"}
FOREIGN = ("monitoring.coreos.com/", "cilium.io/", "gateway.networking.k8s.io/")
"""Of custom resources: there is no schema of them here."""


@dataclass
class Rendered:
    """Manifests, by kind and name."""

    objects: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)

    def get(self, kind: str, name: str = "watcher") -> dict[str, Any]:
        return self.objects[kind, name]

    def kinds(self) -> set[str]:
        return {kind for kind, _ in self.objects}

    def pods(self) -> dict[str, dict[str, Any]]:
        """The pod of each workload, by the workload's name."""
        return {name: template["spec"] for name, template in self.templates().items()}

    def templates(self) -> dict[str, dict[str, Any]]:
        """The same with its metadata."""
        return {
            name: item["spec"]["template"] for (kind, name), item in self.objects.items() if kind in WORKLOADS
        }

    def container(self, workload: str, name: str) -> dict[str, Any]:
        return next(item for item in self.pods()[workload]["containers"] if item["name"] == name)

    def env(self, workload: str, container: str) -> dict[str, Any]:
        return {
            item["name"]: item.get("value", item.get("valueFrom"))
            for item in self.container(workload, container).get("env", [])
        }

    def config(self, component: str) -> dict[str, Any]:
        loaded: dict[str, Any] = yaml.safe_load(
            self.get("ConfigMap", f"watcher-{component}")["data"]["config.yaml"]
        )
        return loaded


def run_helm(*words: str, values: dict[str, Any] | None = None) -> subprocess.CompletedProcess[str]:
    """Run it; values go in as a file, as an operator gives them. It is over before collecting garbage would pay."""
    command = [str(helm(CHOSEN.get())), *words]
    if values is not None:
        command += ["--values", "-"]
    return subprocess.run(
        command,
        input=yaml.dump(values or {}, Dumper=yaml.CSafeDumper),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=os.environ | {"GOGC": "off", "GOMAXPROCS": "1"},
    )


def refusal(done: subprocess.CompletedProcess[str]) -> str:
    """What helm says of values that it refuses; their paths have dots, as in helm 3, where helm 4 has slashes."""
    assert done.returncode != 0
    return done.stderr.replace("/", ".")


@cache
def _rendered(_major: int, values: str) -> Rendered:
    done = run_helm(
        *("template", "watcher", str(CHART), "--namespace", NAMESPACE),
        *("--api-versions", "monitoring.coreos.com/v1"),
        values=json.loads(values),
    )
    assert done.returncode == 0, done.stderr
    found = Rendered(values=json.loads(values))
    for item in manifests(done.stdout):
        key = (item["kind"], item["metadata"]["name"])
        assert key not in found.objects
        found.objects[key] = item
    return found


def manifests(text: str) -> list[dict[str, Any]]:
    """What helm has rendered, object by object; read by libyaml, since there is much of it."""
    return [item for item in yaml.load_all(text, Loader=yaml.CSafeLoader) if item]


@cache
def _judge(text: str, version: str) -> None:
    kubernetes_validate.validate(json.loads(text), version, strict=True)


def judge(item: dict[str, Any], version: str) -> None:
    """Raise if Kubernetes would refuse it. Most objects are the same in most renderings: each is judged once."""
    if not item["apiVersion"].startswith(FOREIGN):
        _judge(json.dumps(item), version)


def render(values: dict[str, Any]) -> Rendered:
    return _rendered(CHOSEN.get(), json.dumps(values))


@pytest.fixture(params=CASES)
def rendered(request: pytest.FixtureRequest, each_helm: int) -> Rendered:
    """Each case by each helm."""
    return render(CASES[request.param])


class TestEveryRendering:
    """What holds whatever the values."""

    @pytest.mark.parametrize("case", CASES)
    @pytest.mark.usefixtures("each_helm")
    def test_lints(self, case: str) -> None:
        """`helm lint --strict` has nothing to say."""
        done = run_helm("lint", "--strict", str(CHART), values=CASES[case])
        assert done.returncode == 0, done.stdout + done.stderr
        assert "[WARNING]" not in done.stdout

    @pytest.mark.parametrize("version", [OLDEST, NEWEST])
    def test_is_valid_kubernetes(self, rendered: Rendered, version: str) -> None:
        """Each object is what the oldest and the newest supported Kubernetes know, without an unknown field."""
        for (kind, _), item in rendered.objects.items():
            judge(item, version)
            of_none = kind in {"ClusterRole", "ClusterRoleBinding"}
            assert item["metadata"].get("namespace") == (None if of_none else NAMESPACE), kind

    def test_configuration_is_the_programs(self, rendered: Rendered) -> None:
        """Each config.yaml is accepted by the program's own model."""
        found = [
            item["data"]["config.yaml"]
            for (kind, _), item in rendered.objects.items()
            if kind == "ConfigMap" and "config.yaml" in item["data"]
        ]
        assert found
        for text in found:
            Config.model_validate(yaml.safe_load(text))

    def test_capturing_pods_have_what_capturing_takes(self, rendered: Rendered) -> None:
        """Two containers on the host's network with the cluster's DNS, as the public documentation states."""
        pod = rendered.pods()["watcher"]
        assert [container["name"] for container in pod["containers"]] == ["rpcapd", "interceptor"]
        assert pod["hostNetwork"] is True
        assert pod["dnsPolicy"] == "ClusterFirstWithHostNet"
        if pod.get("hostPID"):
            assert all(container["securityContext"]["privileged"] is True for container in pod["containers"])
        else:
            assert not any(container["securityContext"].get("privileged") for container in pod["containers"])

    def test_nothing_else_is_privileged(self, rendered: Rendered) -> None:
        """Every component that does not capture has the security context of the public documentation, and more."""
        for name, pod in (
            rendered.pods() | {"watcher-test": rendered.get("Pod", "watcher-test")["spec"]}
        ).items():
            if name == "watcher":
                continue
            number = 65534 if name.endswith("prometheus-agent") else 1000
            # OpenShift gives numbers of its own.
            users = {} if rendered.values.get("openshift") else {"runAsUser": number, "runAsGroup": number}
            assert not pod.keys() & {"hostNetwork", "hostPID", "hostIPC"}
            # With this, the level `restricted` of Kubernetes' Pod Security Standards admits them.
            kinds = {"configMap", "emptyDir", "persistentVolumeClaim", "secret"}
            assert all(volume.keys() <= kinds | {"name"} for volume in pod["volumes"])
            for container in pod["containers"]:
                assert container["securityContext"] == users | {
                    "allowPrivilegeEscalation": False,
                    "runAsNonRoot": True,
                    "readOnlyRootFilesystem": True,
                    "capabilities": {"drop": ["ALL"]},
                    "seccompProfile": {"type": "RuntimeDefault"},
                }

    def test_only_the_relay_asks_the_api(self, rendered: Rendered) -> None:
        """It alone has a ServiceAccount token and a role, which reads what it names and nothing else."""
        assert not rendered.kinds() & {"Role", "RoleBinding"}
        relays = [name for kind, name in rendered.objects if kind == "ClusterRole"]
        assert len(relays) == sum(name.endswith("-relay") for name in rendered.pods())
        for name in relays:
            rules = rendered.get("ClusterRole", name)["rules"]
            assert {verb for rule in rules for verb in rule["verbs"]} == {"get", "list", "watch"}
            assert {resource for rule in rules for resource in rule["resources"]} == {
                *("pods", "nodes", "services", "endpointslices", "replicasets", "jobs"),
            }
            (subject,) = rendered.get("ClusterRoleBinding", name)["subjects"]
            relay = next(pod for of, pod in rendered.pods().items() if of.endswith("-relay"))
            assert subject["name"] == relay["serviceAccountName"]
        for of, pod in rendered.pods().items():
            assert pod["automountServiceAccountToken"] is of.endswith("-relay")
            account = rendered.get("ServiceAccount", pod["serviceAccountName"])
            assert account["automountServiceAccountToken"] is False

    def test_every_container_is_bounded_and_probed(self, rendered: Rendered) -> None:
        """Memory has a limit, the root file system is read-only, and the kubelet asks each container how it is."""
        for pod in rendered.pods().values():
            for container in pod["containers"]:
                assert container["resources"]["limits"]["memory"]
                assert container["securityContext"]["readOnlyRootFilesystem"] is True
                assert {"livenessProbe", "readinessProbe"} <= container.keys()

    def test_volumes_exist(self, rendered: Rendered) -> None:
        """What is mounted is declared, what is declared is mounted, and own Secrets and ConfigMaps are rendered."""
        for pod in rendered.pods().values():
            declared = {volume["name"]: volume for volume in pod["volumes"]}
            mounted = {
                mount["name"]
                for container in pod["containers"]
                for mount in container.get("volumeMounts", [])
            }
            claimed = {
                claim["metadata"]["name"]
                for (kind, name), item in rendered.objects.items()
                if kind == "StatefulSet" and item["spec"]["template"]["spec"] is pod
                for claim in item["spec"]["volumeClaimTemplates"]
            }
            assert mounted == declared.keys() | claimed
            for volume in declared.values():
                for kind, name in (
                    ("Secret", volume.get("secret", {}).get("secretName", "")),
                    ("ConfigMap", volume.get("configMap", {}).get("name", "")),
                ):
                    if name.startswith("watcher-"):
                        assert (kind, name) in rendered.objects

    def test_configured_files_are_mounted(self, rendered: Rendered) -> None:
        """A file that a configuration names lies in a folder that the container has."""
        for (kind, name), item in rendered.objects.items():
            if kind != "ConfigMap" or "config.yaml" not in item["data"]:
                continue
            workload = "watcher" if name == "watcher-interceptor" else name
            container = rendered.container(workload, name.removeprefix("watcher-"))
            mounts = {mount["mountPath"] for mount in container["volumeMounts"]}
            for path in re.findall(r"/(?:secrets|var/lib/interceptor)/\S+", item["data"]["config.yaml"]):
                assert path in mounts or str(Path(path).parent) in mounts, path

    def test_selectors_find_their_pods(self, rendered: Rendered) -> None:
        """Every selector of Services, workloads and monitors matches what it is for, and no other component."""
        labels = {name: template["metadata"]["labels"] for name, template in rendered.templates().items()}
        for (kind, _), item in rendered.objects.items():
            if kind not in {"Service", *WORKLOADS}:
                continue
            selector = item["spec"]["selector"]
            selector = selector.get("matchLabels", selector)
            assert sum(selector.items() <= of_pod.items() for of_pod in labels.values()) == 1

    def test_no_secret_stands_elsewhere(self, rendered: Rendered) -> None:
        """Tokens and passwords are in Secrets, and in no other object."""
        for (kind, _), item in rendered.objects.items():
            if kind != "Secret":
                assert "s3cret" not in json.dumps(item)
                assert "pa%3Ass" not in json.dumps(item)


@pytest.mark.usefixtures("each_helm")
class TestInterceptors:
    """The DaemonSet."""

    def test_rpcapd_listens_on_loopback(self) -> None:
        """Nothing outside the node reaches rpcapd, and the interceptor asks it where it listens."""
        found = render(CASES["relay"] | {"capture": {"rpcapdPort": 2009}})
        assert found.container("watcher", "rpcapd")["args"] == ["-n", "-b", "127.0.0.1", "-p", "2009"]
        assert found.config("interceptor")["capture"]["sources"] == ["rpcap://127.0.0.1:2009"]

    def test_says_how_large_rpcapds_buffers_are(self) -> None:
        """In bytes, for every size that the schema takes; by default what the image has by itself."""
        dockerfile = (CHART.parent / "rpcapd/Dockerfile").read_text()
        (image,) = re.findall(r"^ENV RPCAPD_BUFFER_BYTES=(\d+)$", dockerfile, re.MULTILINE)
        for mebibytes, told in ((None, image), (1, "1048576"), (64, "67108864"), (1024, "1073741824")):
            values = {} if mebibytes is None else {"capture": {"rpcapdBufferMiB": mebibytes}}
            container = render(CASES["relay"] | values).container("watcher", "rpcapd")
            assert container["env"] == [{"name": "RPCAPD_BUFFER_BYTES", "value": told}]

    @pytest.mark.parametrize("size", [0, 1025, 4194304, "4Mi", 0.5])
    def test_a_buffer_that_rpcapd_would_not_take_is_refused(self, size: object) -> None:
        """Before anything is installed, by the value's name."""
        done = run_helm(
            "template",
            "watcher",
            str(CHART),
            values=CASES["relay"] | {"capture": {"rpcapdBufferMiB": size}},
        )
        assert done.returncode != 0
        assert "rpcapdBufferMiB" in done.stderr

    def test_updates_one_node_at_a_time(self) -> None:
        """And a pod has longer to end than its drain takes."""
        found = render(CASES["everything"])
        spec = found.get("DaemonSet")["spec"]
        assert spec["updateStrategy"] == {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1}}
        assert (
            found.pods()["watcher"]["terminationGracePeriodSeconds"]
            > found.config("interceptor")["shutdown_seconds"]
        )

    def test_knows_its_node(self) -> None:
        """The node's name comes from Kubernetes, and becomes the `node` of records."""
        env = render({}).env("watcher", "interceptor")
        assert env["NODE_NAME"] == {"fieldRef": {"fieldPath": "spec.nodeName"}}
        assert env["INTERCEPTOR_NODE"] == "$(NODE_NAME)"

    @pytest.mark.parametrize(
        ("component", "workload"), [("interceptor", "watcher"), ("relay", "watcher-relay")]
    )
    def test_spool_fits_its_volume(self, component: str, workload: str) -> None:
        """The volume's limit is above the spool's own, so that the kubelet never evicts for it."""
        found = render(CASES["relay"])
        volumes = {volume["name"]: volume for volume in found.pods()[workload]["volumes"]}
        limit = volumes["spool"]["emptyDir"]["sizeLimit"]
        assert limit.endswith("Mi")
        assert int(limit[:-2]) * 2**20 > found.config(component)["spool"]["max_bytes"]

    def test_spool_can_outlive_the_pod(self) -> None:
        """On a folder of the node."""
        volumes = {
            volume["name"]: volume
            for volume in render(CASES["minimal privilege"]).pods()["watcher"]["volumes"]
        }
        assert volumes["spool"]["hostPath"] == {"path": "/var/lib/interceptor", "type": "DirectoryOrCreate"}

    def test_own_options_reach_the_program(self) -> None:
        """Interface globs, filter and limits as they were given, numbers as whole numbers."""
        config = Config.model_validate(render(CASES["everything"]).config("interceptor"))
        assert config.capture.interfaces.include == ("veth*", "cali*")
        assert config.capture.filter == "tcp port 80 or tcp port 8080"
        assert (config.limits.memory_bytes, config.limits.connections) == (1_073_741_824, 250_000)
        assert config.cluster == 'it\'s "prod": yes'

    def test_templates_only(self) -> None:
        """One value makes relay and collector refuse what shows more of a URL; by default neither does."""
        for values, refuses in (({}, False), ({"templatesOnly": True}, True)):
            found = render(values)
            for component in ("relay", "collector"):
                config = Config.model_validate(found.config(component))
                assert config.ingest.templates_only is refuses

    def test_minimal_privilege(self) -> None:
        """rpcapd has two capabilities, the interceptor none, and the host's processes are out of view."""
        found = render(CASES["minimal privilege"])
        assert "hostPID" not in found.pods()["watcher"]
        rpcapd = found.container("watcher", "rpcapd")["securityContext"]
        assert rpcapd["capabilities"] == {"drop": ["ALL"], "add": ["NET_RAW", "NET_ADMIN"]}
        assert (rpcapd["privileged"], rpcapd["allowPrivilegeEscalation"]) == (False, False)
        own = found.container("watcher", "interceptor")["securityContext"]
        assert (own["runAsUser"], own["capabilities"]) == (1000, {"drop": ["ALL"]})

    def test_placement(self) -> None:
        """Tolerations, node selector, affinity, priority and resources are the operator's."""
        given = {
            "tolerations": [{"key": "gpu", "operator": "Exists"}],
            "nodeSelector": {"pool": "a"},
            "affinity": {"nodeAffinity": {}},
            "priorityClassName": "system-node-critical",
            "resources": {"limits": {"memory": "2Gi", "cpu": 1}},
        }
        pod = render({"interceptor": given}).pods()["watcher"]
        assert pod["tolerations"] == given["tolerations"]
        assert pod["nodeSelector"] == {"pool": "a", "kubernetes.io/os": "linux"}
        assert pod["affinity"] == given["affinity"]
        assert pod["priorityClassName"] == "system-node-critical"
        assert pod["containers"][1]["resources"]["limits"] == {"memory": "2Gi", "cpu": 1}


@pytest.mark.usefixtures("each_helm")
class TestWaysOut:
    """Endpoint, proxy, TLS, tokens."""

    def test_relay_is_the_only_way_out(self) -> None:
        """Interceptors know the relay, by TLS, and neither the endpoint's token nor the proxy."""
        found = render(CASES["proxy"])
        config = found.config("interceptor")
        assert config["endpoint"] == f"https://watcher-relay.{NAMESPACE}.svc:18954"
        assert config["tls"]["ca_file"] == "/secrets/relay-ca/ca.crt"
        assert not [name for name in found.env("watcher", "interceptor") if "proxy" in name.lower()]
        volumes = json.dumps(found.pods()["watcher"]["volumes"])
        assert "watcher-token" not in volumes
        assert found.config("relay")["endpoint"] == "https://api.test"

    def test_without_an_endpoint_records_stay(self) -> None:
        """The reference collector is installed, takes the relay's token, and nothing else is configured."""
        found = render({})
        endpoint = found.config("relay")["endpoint"]
        assert endpoint == f"https://watcher-collector.{NAMESPACE}.svc:18954"
        volumes = {volume["name"]: volume for volume in found.pods()["watcher-relay"]["volumes"]}
        served = {volume["name"]: volume for volume in found.pods()["watcher-collector"]["volumes"]}
        assert volumes["token"] == served["token"]
        assert volumes["endpoint-ca"]["secret"]["secretName"] == served["tls"]["secret"]["secretName"]
        assert "watcher-collector" not in render(CASES["relay"]).pods()

    def test_the_relays_certificate_is_for_its_name(self, tmp_path: Path) -> None:
        """The generated certificate is valid for the Service's name, by the authority that interceptors trust."""
        data = render(CASES["relay"]).get("Secret", "watcher-tls")["data"]
        for name, text in data.items():
            (tmp_path / name).write_bytes(base64.b64decode(text))
        name = f"watcher-relay.{NAMESPACE}.svc"
        checked = subprocess.run(
            [
                *("openssl", "verify", "-CAfile", tmp_path / "ca.crt", "-verify_hostname", name),
                tmp_path / "tls.crt",
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        assert checked.returncode == 0, checked.stderr
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(tmp_path / "tls.crt", tmp_path / "tls.key")

    def test_both_ends_of_the_relay_share_a_token(self) -> None:
        """What interceptors show is what the relay takes."""
        found = render(CASES["relay"])
        assert found.config("interceptor")["token_file"] == found.config("relay")["ingest"]["tokens_file"]
        for pod in found.pods().values():
            volumes = {volume["name"]: volume for volume in pod["volumes"]}
            assert volumes["relay-token"]["secret"]["secretName"] == "watcher-relay-token"
        assert len(base64.b64decode(found.get("Secret", "watcher-relay-token")["data"]["token"])) == 40

    @pytest.mark.parametrize(
        ("case", "workload", "container"),
        [("proxy", "watcher-relay", "relay"), ("proxy direct", "watcher", "interceptor")],
    )
    def test_https_proxy(self, case: str, workload: str, container: str) -> None:
        """`httpsProxy: <address>:<port>` reaches what talks to the outside, in both spellings."""
        env = render(CASES[case]).env(workload, container)
        for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"):
            assert env[name] == "10.1.2.3:3128"
        assert env["NO_PROXY"] == env["no_proxy"]

    def test_no_proxy_is_a_template_added_to_the_list(self) -> None:
        """`httpsProxyNoProxy` is rendered and comes after loopback, own Services and the Kubernetes API."""
        env = render(CASES["proxy direct"]).env("watcher", "interceptor")
        entries = env["NO_PROXY"].split(",")
        assert entries[-3:] == [f"{NAMESPACE}.corp", ".internal", "10.0.0.0/8"]
        own = {"localhost", "127.0.0.1", "::1", f".{NAMESPACE}.svc", f".{NAMESPACE}.svc.cluster.local"}
        assert own | {"kubernetes.default.svc", "$(KUBERNETES_SERVICE_HOST)"} == set(entries[:-3])

    def test_the_api_servers_address_stands_alone(self) -> None:
        """Never `$(KUBERNETES_SERVICE_HOST):port`, which is another address on an IPv6 cluster."""
        env = render(CASES["ipv6"]).env("watcher-relay", "relay")
        assert env["HTTPS_PROXY"] == "[2001:db8::9]:3128"
        assert "$(KUBERNETES_SERVICE_HOST)" in env["NO_PROXY"].split(",")

    def test_a_proxys_password_is_a_secret(self) -> None:
        """Variables with a password come from a Secret, in both spellings."""
        found = render(CASES["proxy with a password"])
        env = found.env("watcher-relay", "relay")
        wanted = {"secretKeyRef": {"name": "watcher-proxy", "key": "PROXY_URL"}}
        assert env["PROXY_URL"] == env["proxy_url"] == wanted
        held = base64.b64decode(found.get("Secret", "watcher-proxy")["data"]["PROXY_URL"])
        assert held.decode() == CASES["proxy with a password"]["proxyUrl"]

    def test_secrets_of_the_operator(self) -> None:
        """Existing Secrets and ConfigMaps are used for token, authorities and certificates, and none is made."""
        found = render(CASES["secrets"])
        assert "Secret" not in found.kinds()
        volumes = {volume["name"]: volume for volume in found.pods()["watcher-relay"]["volumes"]}
        assert volumes["token"]["secret"] == {
            "secretName": "cloud",
            "items": [{"key": "api", "path": "token"}],
        }
        assert volumes["endpoint-ca"]["configMap"]["name"] == "corp-ca"
        assert volumes["endpoint-ca"]["configMap"]["items"] == [{"key": "bundle.pem", "path": "ca.crt"}]
        assert volumes["client-certificate"]["secret"]["secretName"] == "me"
        assert found.config("relay")["tls"] == {
            "ca_file": "/secrets/endpoint-ca/ca.crt",
            "cert_file": "/secrets/client-certificate/tls.crt",
            "key_file": "/secrets/client-certificate/tls.key",
        }

    def test_plain_http_inside_is_said(self) -> None:
        """Without TLS at the relay the interceptors are told that they may show their token."""
        config = render(CASES["plain inside"]).config("interceptor")
        assert config["endpoint"].startswith("http://")
        assert config["upload"]["allow_plain_http"] is True

    def test_prometheus_agent_writes_through_the_proxy(self) -> None:
        """It finds the pods by DNS, scrapes them directly, and writes through the proxy that the relay uses."""
        found = render(CASES["everything"])
        config = yaml.safe_load(
            found.get("Secret", "watcher-prometheus-agent")["stringData"]["prometheus.yml"]
        )
        (target,) = config["remote_write"]
        assert (target["url"], target["proxy_from_environment"]) == ("https://metrics.test/write", True)
        assert found.env("watcher-prometheus-agent", "prometheus-agent")["HTTPS_PROXY"] == "10.1.2.3:3128"
        for job in config["scrape_configs"]:
            assert "proxy_from_environment" not in job
            (name,) = job["dns_sd_configs"][0]["names"]
            service = name.removeprefix("_metrics._tcp.").split(".")[0]
            assert found.get("Service", service)["spec"]["clusterIP"] == "None"


@pytest.mark.usefixtures("each_helm")
class TestNetworkPolicy:
    """What policies can bind."""

    def test_is_off_by_default(self) -> None:
        """As the public documentation states."""
        values = yaml.safe_load((CHART / "values.yaml").read_text())["networkPolicy"]
        assert (values["enabled"], values["proxyIp"], values["k8sApi"]["port"]) == (False, "", 443)
        assert "NetworkPolicy" not in render(CASES["relay"]).kinds()

    def test_denies_by_default(self) -> None:
        """The namespace's pods may do nothing, but resolve names and talk to each other."""
        found = render(CASES["policy"])
        denied = found.get("NetworkPolicy", "watcher-default-deny")["spec"]
        assert denied == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
        inside = found.get("NetworkPolicy", "watcher-namespace")["spec"]
        assert inside["ingress"] == [{"from": [{"podSelector": {}}]}]
        assert inside["egress"][0] == {"to": [{"podSelector": {}}]}
        assert {(port["port"], port["protocol"]) for port in inside["egress"][1]["ports"]} == {
            (53, "UDP"),
            (53, "TCP"),
        }

    def test_without_a_proxy_443_is_open(self) -> None:
        """The relay may go to any address on 443."""
        egress = render(CASES["policy"]).get("NetworkPolicy", "watcher-relay")["spec"]["egress"]
        assert egress[0] == {"ports": [{"port": 443, "protocol": "TCP"}]}

    @pytest.mark.parametrize(
        ("case", "cidr", "port"),
        [
            ("policy and proxy", "10.1.2.3/32", 3128),
            ("everything", "10.1.2.0/24", 3128),
            ("ipv6", "2001:db8::9/128", 3128),
        ],
    )
    def test_behind_a_proxy_only_the_proxy(self, case: str, cidr: str, port: int) -> None:
        """The relay may go to the proxy's address and port, and to no public address otherwise."""
        egress = render(CASES[case]).get("NetworkPolicy", "watcher-relay")["spec"]["egress"]
        assert egress[0] == {
            "to": [{"ipBlock": {"cidr": cidr}}],
            "ports": [{"port": port, "protocol": "TCP"}],
        }
        assert all("to" in rule for rule in egress)

    def test_the_kubernetes_api(self) -> None:
        """On the port that was given."""
        egress = render(CASES["policy and proxy"]).get("NetworkPolicy", "watcher-relay")["spec"]["egress"]
        assert egress[1]["ports"] == [{"port": 6443, "protocol": "TCP"}]

    def test_interceptors_reach_the_relay(self) -> None:
        """They come from nodes' addresses, which no pod selector matches: any address, or the nodes' if given."""
        anywhere = render(CASES["policy"]).get("NetworkPolicy", "watcher-relay")["spec"]["ingress"]
        assert anywhere == [{"ports": [{"port": 18954, "protocol": "TCP"}]}]
        (rule,) = render(CASES["ipv6"]).get("NetworkPolicy", "watcher-relay")["spec"]["ingress"]
        assert rule["from"] == [{"ipBlock": {"cidr": "fd00:1::/64"}}]


@pytest.mark.usefixtures("each_helm")
class TestRefusals:
    """Values that cannot be meant."""

    @pytest.mark.parametrize(
        ("values", "named"),
        [
            ({"httpProxy": "10.1.2.3:3128"}, "httpProxy"),
            ({"port": "abc"}, "port"),
            ({"mode": "relais"}, "mode"),
            ({"httpsProxy": "ftp:/proxy"}, "httpsProxy"),
            ({"networkPolicy": {"proxyIp": "proxy.corp"}}, "proxyIp"),
            ({"config": {"capture": {"fliter": "tcp"}}}, "fliter"),
            ({"config": {"endpoint": "https://api.test"}}, "endpoint"),
            ({"config": {"limits": {"connections": 0}}}, "connections"),
            ({"relay": {"replicas": 0}}, "replicas"),
            ({"capture": {"capabilities": ["NET_ADMIN"]}}, "capabilities"),
            ({"relay": {"extraEnvs": []}}, "extraEnvs"),
            ({"relay": {"extraEnv": {"A": "b"}}}, "extraEnv"),
            ({"common": {"livenessProbe": {"exec": {}}}}, "exec"),
            ({"interceptor": {"updateStrategy": {"rollingUpdate": {"maxSurge": 1}}}}, "maxSurge"),
            ({"config": {"collector": {"max_bytes": 5}}}, "max_bytes"),
            ({"collector": {"persistence": {"size": "4G"}}}, "size"),
            ({"image": {"interceptor": {"tag": 1.1}}}, "tag"),
            ({"global": {"imageRegistry": 5}}, "imageRegistry"),
        ],
    )
    def test_schema(self, values: dict[str, Any], named: str) -> None:
        """A typo or a wrong type is refused by name, before anything is installed."""
        done = run_helm("template", "watcher", str(CHART), values=values)
        assert done.returncode != 0
        assert named in done.stderr

    @pytest.mark.parametrize(
        ("values", "said"),
        [
            (
                CASES["policy and proxy"] | {"networkPolicy": {"enabled": True}},
                "networkPolicy.proxyIp: give the address of the proxy proxy.corp",
            ),
            (
                CASES["relay"] | {"relay": {"tls": {"mode": "existingSecret"}}},
                "relay.tls.existingSecret: name the Secret",
            ),
            (
                CASES["relay"] | {"prometheusAgent": {"enabled": True}},
                "prometheusAgent.remoteWriteUrl: say where",
            ),
            (
                CASES["relay"] | {"relay": {"replicas": 2, "persistence": {"existingClaim": "disk"}}},
                "relay.persistence.existingClaim: one claim cannot be shared",
            ),
            (
                CASES["relay"]
                | {"relay": {"persistence": {"existingClaim": "disk"}, "autoscaling": {"enabled": True}}},
                "relay.persistence.existingClaim: one claim cannot be shared",
            ),
            (
                CASES["relay"] | {"relay": {"autoscaling": {"enabled": True, "minReplicas": 7}}},
                "relay.autoscaling.maxReplicas: must not be below",
            ),
            (
                CASES["relay"] | {"collector": {"ingress": {"enabled": True}}},
                "which is not installed where `endpoint` is set",
            ),
            (
                {"collector": {"httpRoute": {"enabled": True}}},
                "collector.httpRoute.parentRefs: name the Gateway",
            ),
            ({"collector": {"persistence": {"size": "256Mi"}}}, "give at least 512Mi"),
            (
                {"collector": {"tls": {"mode": "existingSecret"}}},
                "collector.tls.existingSecret: name the Secret",
            ),
        ],
    )
    def test_what_does_not_go_together(self, values: dict[str, Any], said: str) -> None:
        """Is said in a sentence that names the value and what to do."""
        done = run_helm("template", "watcher", str(CHART), values=values)
        assert done.returncode != 0
        assert said in done.stderr


@pytest.mark.usefixtures("each_helm")
class TestMonitoring:
    """For the Prometheus operator."""

    def test_is_rendered_when_asked_for(self) -> None:
        """Monitors select what they are for, and the rule has the alerts of docker/observability."""
        wanted = {"enabled": True, "labels": {"release": "kps"}}
        names = ("serviceMonitor", "podMonitor", "prometheusRule", "dashboards")
        found = render(CASES["relay"] | {"metrics": dict.fromkeys(names, wanted)})
        for kind, name in (
            ("ServiceMonitor", "watcher-relay"),
            ("PodMonitor", "watcher-interceptor"),
            ("PrometheusRule", "watcher"),
            ("ConfigMap", "watcher-dashboard-dashboard"),
        ):
            assert found.get(kind, name)["metadata"]["labels"]["release"] == "kps"
        selector = found.get("ServiceMonitor", "watcher-relay")["spec"]["selector"]["matchLabels"]
        selected = [
            name
            for (kind, name), item in found.objects.items()
            if kind == "Service" and selector.items() <= item["metadata"]["labels"].items()
        ]
        assert selected == ["watcher-relay-metrics"]
        alerts = yaml.safe_load((ROOT / "docker/observability/alerts.yaml").read_text())
        assert found.get("PrometheusRule")["spec"] == alerts


class TestDocuments:
    """What describes the chart agrees with it."""

    def test_generated_files_are_current(self) -> None:
        """values.schema.json and the README's table are what `make chart` writes."""
        for path, text in generate.generated().items():
            assert path.read_text() == text, f"{path.name}: run `make chart`"

    def test_every_value_is_documented(self) -> None:
        """Each leaf of values.yaml, or a value above it, has its row in the README."""
        rows = set(re.findall(r"^\| `([^`]+)` \|", (CHART / "README.md").read_text(), re.MULTILINE))
        values = yaml.safe_load((CHART / "values.yaml").read_text())

        def leaves(item: Any, path: tuple[str, ...]) -> list[tuple[str, ...]]:
            if isinstance(item, dict) and item:
                return [leaf for name, inner in item.items() for leaf in leaves(inner, (*path, name))]
            return [path]

        for leaf in leaves(values, ()):
            assert rows & {".".join(leaf[:end]) for end in range(1, len(leaf) + 1)}, leaf

    def test_the_documented_names_exist(self) -> None:
        """The values that the public documentation promises have its names and defaults."""
        values = yaml.safe_load((CHART / "values.yaml").read_text())
        assert (values["httpsProxy"], values["httpsProxyNoProxy"]) == ("", "")

    @pytest.mark.usefixtures("each_helm")
    def test_notes(self, tmp_path: Path) -> None:
        """They say the next commands, and that policies do not bind the interceptors."""
        copy = shutil.copytree(CHART, tmp_path / "chart")
        (copy / "templates" / "NOTES.txt").rename(copy / "notes.txt")
        (copy / "templates" / "notes.yaml").write_text('notes: {{ tpl (.Files.Get "notes.txt") . | toJson }}')

        def notes(values: dict[str, Any]) -> str:
            only = ("--show-only", "templates/notes.yaml", "--namespace", NAMESPACE)
            done = run_helm("template", "watcher", str(copy), *only, values=values)
            assert done.returncode == 0, done.stderr
            told: str = yaml.safe_load(done.stdout)["notes"]
            return told

        assert "interceptor check" in notes(CASES["relay"])
        assert "do not bind pods on the host's network" in notes(CASES["policy"])
        assert "they stay in the cluster" in notes({})
        assert "!! Neither a token" in notes({"endpoint": "https://api.test"})
        for values in CASES.values():
            assert not re.search("s3cret|pa%3Ass", notes(values))

    @pytest.mark.usefixtures("each_helm")
    def test_packages(self, tmp_path: Path) -> None:
        """`helm package` makes an archive that has the alerts in it."""
        done = run_helm("package", str(CHART), "--destination", str(tmp_path))
        assert done.returncode == 0, done.stderr
        (archive,) = tmp_path.glob("*.tgz")
        listed = subprocess.run(["tar", "-tzf", archive], capture_output=True, text=True, check=True).stdout
        assert "interceptor/files/alerts.yaml" in listed
