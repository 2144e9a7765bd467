"""The chart as platforms install it: under an umbrella chart, on OpenShift, rendered without a cluster, upgraded from
values of before. Each situation is one that users of public charts have reported (helm/helm 10392, 12488, 8026)."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.docker.test_chart import CASES, CHART, Rendered, manifests, render, run_helm
from tests.docker.test_chart_values import AGENT, template

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.usefixtures("each_helm")


class Umbrella:
    """A chart that has this one as a dependency, once or under several aliases."""

    def __init__(self, folder: Path, *aliases: str) -> None:
        self.folder = folder
        names = aliases or ("interceptor",)
        wanted = [
            {"name": "interceptor", "version": "*", "condition": f"{name}.enabled"}
            | ({"alias": name} if aliases else {})
            for name in names
        ]
        about = {"apiVersion": "v2", "name": "platform", "version": "1.0.0", "dependencies": wanted}
        (folder / "charts").mkdir()
        shutil.copytree(CHART, folder / "charts" / "interceptor")
        (folder / "Chart.yaml").write_text(yaml.safe_dump(about))

    def defaults(self, values: dict[str, Any]) -> None:
        """What stands in its values.yaml."""
        (self.folder / "values.yaml").write_text(yaml.safe_dump(values))

    def render(self, values: dict[str, Any], *, release: str = "platform") -> Rendered:
        """With values given beside."""
        words = ("template", release, str(self.folder), "--namespace", "watch")
        done = run_helm(*words, values=values)
        assert done.returncode == 0, done.stderr
        found = Rendered()
        for item in manifests(done.stdout):
            key = (item["kind"], item["metadata"]["name"])
            assert key not in found.objects, "two charts make the same object"
            found.objects[key] = item
        return found


@pytest.fixture
def umbrella(tmp_path: Path) -> Umbrella:
    """With one dependency."""
    return Umbrella(tmp_path)


class TestUmbrella:
    """`condition`, `global`, aliases."""

    def test_condition(self, umbrella: Umbrella) -> None:
        """`interceptor.enabled` switches all of it, and the schema does not mind the name, in either position."""
        assert umbrella.render({"interceptor": {"enabled": False}}).objects == {}
        assert ("DaemonSet", "platform-interceptor") in umbrella.render(
            {"interceptor": {"enabled": True}}
        ).objects

    def test_names_are_not_the_siblings(self, umbrella: Umbrella) -> None:
        """The release's name is that of every chart there, so this one's is behind it; not twice."""
        names = {name for _, name in umbrella.render({}).objects}
        assert all(name.startswith("platform-interceptor") for name in names)
        assert ("DaemonSet", "my-interceptor") in umbrella.render({}, release="my-interceptor").objects
        long = {name for _, name in umbrella.render({}, release="p" * 53).objects}
        assert all("-interceptor" in name and len(name) <= 63 for name in long)

    def test_twice_under_aliases(self, tmp_path: Path) -> None:
        """Two of them share no object and no selector."""
        found = Umbrella(tmp_path, "edge", "core").render(
            {"core": {"port": 18960, "capture": {"rpcapdPort": 2003}}}
        )
        selectors = [
            json.dumps(item["spec"]["selector"])
            for (kind, _), item in found.objects.items()
            if kind in {"DaemonSet", "Deployment"}
        ]
        assert len(selectors) == len(set(selectors)) == 6

    def test_global(self, umbrella: Umbrella) -> None:
        """Registry, pull Secrets in either form, and storage class are honoured; what other charts find there is not
        minded."""
        given = {
            "global": {
                "imageRegistry": "registry.corp",
                "imagePullSecrets": ["pull", {"name": "more"}],
                "storageClass": "fast",
                "clusterName": "others",
            },
            "interceptor": {
                "image": {"registry": "not.this", "pullSecrets": [{"name": "pull"}]},
                "prometheusAgent": AGENT,
                "collector": {"persistence": {"enabled": True}},
                "relay": {"persistence": {"enabled": True}},
            },
        }
        found = umbrella.render(given)
        assert len(found.pods()) == 4
        for pod in found.pods().values():
            assert pod["imagePullSecrets"] == [{"name": "pull"}, {"name": "more"}]
            for container in pod["containers"]:
                assert container["image"].startswith("registry.corp/")
        claims = [found.get("PersistentVolumeClaim", "platform-interceptor-collector")["spec"]]
        relays = found.get("StatefulSet", "platform-interceptor-relay")["spec"]
        claims += [claim["spec"] for claim in relays["volumeClaimTemplates"]]
        assert {claim["storageClassName"] for claim in claims} == {"fast"}

    def test_typo_is_still_refused(self, umbrella: Umbrella) -> None:
        """By name, under the chart's."""
        done = run_helm("template", "p", str(umbrella.folder), values={"interceptor": {"enabeld": True}})
        assert done.returncode != 0
        assert "enabeld" in done.stderr


class TestOpenShift:
    """Numbers are the platform's, DNS is elsewhere, and constraints are bound to ServiceAccounts by name."""

    @pytest.mark.parametrize("where", ["root", "umbrella", "umbrella's defaults"])
    def test_no_number_of_a_user_is_left(self, umbrella: Umbrella, where: str) -> None:
        """With one value, also where Helm would not let a `null` through: in the values.yaml of an umbrella chart."""
        values = CASES["openshift"]
        if where == "root":
            found = render(values)
        elif where == "umbrella":
            found = umbrella.render({"interceptor": values})
        else:
            umbrella.defaults({"interceptor": values})
            found = umbrella.render({})
        pods = {name: pod for name, pod in found.pods().items() if pod.get("hostNetwork") is None}
        assert len(pods) == 3
        for pod in pods.values():
            assert "fsGroup" not in pod["securityContext"]
            for container in pod["containers"]:
                assert not container["securityContext"].keys() & {"runAsUser", "runAsGroup"}
                assert container["securityContext"]["runAsNonRoot"] is True

    def test_null_unsets_one(self) -> None:
        """Where Helm lets it."""
        context = {"runAsUser": None, "runAsGroup": None}
        common = {"podSecurityContext": {"fsGroup": None}, "securityContext": context}
        pod = template({"common": common}).pods()["watcher-relay"]
        assert "fsGroup" not in (pod["securityContext"] or {})
        assert not pod["containers"][0]["securityContext"].keys() & context.keys()

    def test_those_that_capture_stay_as_they_are(self) -> None:
        """Their constraint is bound to a ServiceAccount whose name is known beforehand."""
        pod = render(CASES["openshift"]).pods()["watcher"]
        assert pod["serviceAccountName"] == "capturing"
        assert [container["securityContext"]["runAsUser"] for container in pod["containers"]] == [0, 0]

    def test_dns_is_on_5353_too(self) -> None:
        """Where its pods listen; elsewhere port 53 is enough."""
        for flavor in ("kubernetes", "cilium"):
            policy = {"networkPolicy": {"enabled": True, "flavor": flavor}}
            for values, ports in ((CASES["openshift"], {53, 5353}), ({}, {53})):
                found = render(values | policy)
                kind = "NetworkPolicy" if flavor == "kubernetes" else "CiliumNetworkPolicy"
                rule = found.get(kind, "watcher-namespace")["spec"]["egress"][1]
                asked = rule["ports"] if flavor == "kubernetes" else rule["toPorts"][0]["ports"]
                assert {int(port["port"]) for port in asked} == ports


class TestNaming:
    """What names and labels objects have."""

    def test_name_override(self) -> None:
        """Is behind the release's name, and in the label, and so in every selector."""
        found = template({"nameOverride": "sniffer"})
        assert ("DaemonSet", "watcher-sniffer") in found.objects
        selector = found.get("Service", "watcher-sniffer-relay")["spec"]["selector"]
        assert selector["app.kubernetes.io/name"] == "sniffer"

    def test_namespace_override(self) -> None:
        """Every object is there, and the names of Services lead there."""
        done = run_helm("template", "watcher", str(CHART), "-n", "a", values={"namespaceOverride": "b"})
        items = manifests(done.stdout)
        assert {item["metadata"].get("namespace", "b") for item in items} == {"b"}
        (config,) = [
            item["data"]["config.yaml"]
            for item in items
            if (item["kind"], item["metadata"]["name"]) == ("ConfigMap", "watcher-interceptor")
        ]
        assert yaml.safe_load(config)["endpoint"] == "https://watcher-relay.b.svc:18954"

    def test_common_labels(self) -> None:
        """Are on every object and every pod, and cannot be those that select."""
        values: dict[str, Any] = {
            "commonLabels": {"team": "a", "app.kubernetes.io/version": "mine"},
            "relay": {"persistence": {"enabled": True}},
            "collector": {"persistence": {"enabled": True}},
            "prometheusAgent": AGENT,
            "networkPolicy": {"enabled": True},
        }
        found = template(values)
        for item in (*found.objects.values(), *found.templates().values()):
            assert item["metadata"]["labels"].items() >= values["commonLabels"].items()
        wrong = {"commonLabels": {"app.kubernetes.io/instance": "other"}}
        assert run_helm("template", "w", str(CHART), values=wrong).returncode != 0


class TestWithoutACluster:
    """Argo CD and Flux render, and compare with what they rendered before."""

    def test_renders_the_same_twice(self) -> None:
        """Where the Secrets are the operator's, nothing is made up: no difference that is for ever out of sync."""
        words = ("template", "watcher", str(CHART), "--namespace", "watch")
        first, second = (run_helm(*words, values=CASES["secrets"]).stdout for _ in range(2))
        assert first == second
        assert first

    def test_made_secrets_change_no_pod(self) -> None:
        """Where the chart makes them, each rendering differs in Secrets only: no pod is restarted by it."""
        words = ("template", "watcher", str(CHART), "--namespace", "watch")
        first, second = (manifests(run_helm(*words, values={}).stdout) for _ in range(2))
        for one, other in zip(first, second, strict=True):
            assert (one == other) == (one["kind"] != "Secret")

    @pytest.mark.parametrize(
        "version", ["1.25.0", "v1.29.1-gke.1589017", "v1.30.4-eks-a737599", "v1.31.2+k3s1"]
    )
    def test_versions_of_vendors(self, version: str) -> None:
        """Are as new as their number says."""
        done = run_helm("template", "w", str(CHART), "--kube-version", version, values={})
        assert done.returncode == 0, done.stderr

    def test_old_kubernetes_is_refused(self) -> None:
        """By its number."""
        done = run_helm("template", "w", str(CHART), "--kube-version", "v1.24.9-gke.1", values={})
        assert done.returncode != 0
        assert "1.25" in done.stderr


class TestUpgrade:
    """Values of before."""

    @pytest.mark.parametrize(
        "missing", ["common", "relay.persistence", "relay.autoscaling", "metrics.dashboards"]
    )
    def test_reused_values_lack_what_is_new(self, missing: str) -> None:
        """`helm upgrade --reuse-values` gives the defaults of before: that is told by name, and not by a template that
        meets nothing."""
        values: Any = None
        for part in reversed(missing.split(".")):
            values = {part: values}
        done = run_helm("template", "w", str(CHART), values=values)
        assert done.returncode != 0
        assert "nil pointer" not in done.stderr
        assert missing.rpartition(".")[2] in done.stderr

    @pytest.mark.parametrize(
        ("flag", "named"), [("image.interceptor.tag=110", "tag"), ("existingSecret=12345", "existingSecret")]
    )
    def test_numbers_on_the_command_line(self, flag: str, named: str) -> None:
        """`--set` makes a number of what looks like one, which is refused by name and not rendered as another;
        `--set-string` keeps it."""
        words = ("template", "w", str(CHART), "--set", "endpoint=https://api.test")
        done = run_helm(*words, "--set", flag)
        assert done.returncode != 0
        assert named in done.stderr
        kept = run_helm(*words, "--set-string", flag)
        assert f'{flag.partition("=")[2]}"' in kept.stdout
