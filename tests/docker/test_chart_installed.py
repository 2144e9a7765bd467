"""The chart installed, upgraded and removed by helm in a real kube-apiserver, which refuses what no schema tells. `make kube`
runs these. There is no controller: what the objects would do is not seen here."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pytest

from tests.docker.test_chart import CASES, CHART, FOREIGN, render, run_helm
from tests.docker.test_chart_rows import over
from tests.support import cluster as cluster_module
from tests.support.helm import CHOSEN

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.cluster import Cluster

pytestmark = [pytest.mark.cluster, pytest.mark.usefixtures("each_helm")]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """One for all of them."""
    if not (cluster_module.PROGRAMS / "VERSION").exists():
        pytest.skip("no kube-apiserver in .cache/kube: tests/support/build_kube.sh builds it (make kube)")
    with cluster_module.cluster(tmp_path_factory.mktemp("cluster")) as found:
        yield found


class Release:
    """One in a namespace of its own."""

    _numbers = itertools.count()

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self.namespace = f"watch-{next(self._numbers)}"

    def run(self, verb: str, values: dict[str, Any] | None = None, *words: str) -> str:
        """Do it to the release; what is said of it, of which nothing is a warning."""
        chart = () if values is None else (str(CHART),)
        done = run_helm(verb, "watcher", *chart, "--namespace", self.namespace, *words, values=values)
        assert done.returncode == 0, done.stderr
        assert "warn" not in done.stderr.lower()
        return done.stdout

    def install(self, values: dict[str, Any]) -> None:
        """For the first time."""
        self.run("install", values, "--create-namespace")

    def get(self, kind: str, name: str) -> dict[str, Any]:
        """An object, as it is in the cluster."""
        return self._cluster.get(kind, name, self.namespace)

    def has(self, kind: str, name: str) -> bool:
        """Whether it is there."""
        return name in self._cluster.names(kind, self.namespace)

    def secrets(self) -> dict[str, Any]:
        """Those that the chart makes."""
        return {
            name: self.get("Secret", f"watcher-{name}")["data"] for name in ("token", "relay-token", "tls")
        }


@pytest.fixture
def release(
    cluster: Cluster,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Release]:
    """Not there yet, and not there any more."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("KUBECONFIG", str(cluster.kubeconfig))
    found = Release(cluster)
    yield found
    run_helm("uninstall", "watcher", "--namespace", found.namespace)


def is_known(values: dict[str, Any]) -> bool:
    """Whether the API server knows all of it without a definition of custom resources."""
    return not any(item["apiVersion"].startswith(FOREIGN) for item in render(values).objects.values())


@pytest.mark.parametrize("case", CASES)
def test_is_taken(release: Release, case: str) -> None:
    """Every object, without a warning, and again by an upgrade that changes nothing, which restarts nothing."""
    values = over(CASES[case], {"collector": {"httpRoute": {"enabled": False}}} if case == "routes" else {})
    if not is_known(values):
        values = over(
            values,
            {"networkPolicy": {"flavor": "kubernetes"}, "metrics": {"serviceMonitor": {"enabled": False}}},
        )
    assert is_known(values)
    release.install(values)
    before = release.get("DaemonSet", "watcher")
    release.run("upgrade", values)
    after = release.get("DaemonSet", "watcher")
    assert after["metadata"]["generation"] == before["metadata"]["generation"] == 1


def test_secrets_outlive_upgrades(release: Release) -> None:
    """Tokens and the certificate are made once; a changed value is there all the same, and gone after a rollback."""
    release.install({})
    made = release.secrets()
    release.run("upgrade", {"clusterName": "east"})
    assert release.secrets() == made
    assert "east" in release.get("ConfigMap", "watcher-relay")["data"]["config.yaml"]
    release.run("rollback")
    assert release.secrets() == made
    assert "east" not in release.get("ConfigMap", "watcher-relay")["data"]["config.yaml"]


def test_durable_relays_may_be_changed(release: Release) -> None:
    """All of the StatefulSet that an operator changes, although Kubernetes lets little of one change."""
    release.install(CASES["claims"])
    changed = {
        "commonLabels": {"team": "a"},
        "relay": {
            "replicas": 5,
            "podLabels": {"a": "b"},
            "updateStrategy": {"type": "OnDelete"},
            "minReadySeconds": 5,
            "autoscaling": {"enabled": True},
        },
    }
    release.run("upgrade", over(CASES["claims"], changed))
    spec = release.get("StatefulSet", "watcher-relay")["spec"]
    assert spec["updateStrategy"]["type"] == "OnDelete"
    assert spec["template"]["metadata"]["labels"]["team"] == "a"


def test_relays_may_become_durable_and_back(release: Release) -> None:
    """The Deployment gives way to a StatefulSet of its name."""
    release.install({})
    release.run("upgrade", {"relay": {"persistence": {"enabled": True}}})
    assert release.get("StatefulSet", "watcher-relay")["spec"]["replicas"] == 1
    assert not release.has("Deployment", "watcher-relay")
    release.run("upgrade", {"relay": {"persistence": {"enabled": False}}})
    assert release.has("Deployment", "watcher-relay")
    assert not release.has("StatefulSet", "watcher-relay")


def test_the_collectors_records_outlive_the_release(release: Release) -> None:
    """The claim stays, and a release of that name has it again."""
    values = {"collector": {"persistence": {"enabled": True}}}
    release.install(values)
    before = release.get("PersistentVolumeClaim", "watcher-collector")
    release.run("uninstall")
    release.install(values)
    assert (
        release.get("PersistentVolumeClaim", "watcher-collector")["metadata"]["uid"]
        == before["metadata"]["uid"]
    )


def test_a_release_of_helm_3_is_upgraded_by_each(release: Release) -> None:
    """Whichever way they apply objects."""
    this = CHOSEN.set(3)
    release.install({})
    CHOSEN.reset(this)
    made = release.secrets()
    release.run("upgrade", {"clusterName": "east"})
    assert "east" in release.get("ConfigMap", "watcher-relay")["data"]["config.yaml"]
    assert release.secrets() == made
