"""Names against a real kube-apiserver and etcd: what they say, and when, is theirs. `make kube` runs these."""

from __future__ import annotations

import asyncio
import json
import subprocess
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import httpx
import pytest
import yaml

from interceptor.kubernetes import api as api_module
from interceptor.kubernetes import watcher as watcher_module
from interceptor.kubernetes.api import Api
from interceptor.kubernetes.objects import RESOURCES, Resource
from interceptor.kubernetes.resolver import Resolver
from interceptor.kubernetes.watcher import watch_all
from tests.support import cluster as cluster_module
from tests.support import objects as k8s
from tests.support.helm import helm
from tests.support.netns import wait_until
from tests.support.records import batch, headers, record, time_of
from tests.support.services import TOKEN, running

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from tests.support.cluster import Cluster

pytestmark = pytest.mark.cluster

ROOT = Path(__file__).parents[2]
SECONDS = 60.0
NAMESPACE = "interceptor"
VERBS = ("get", "list", "watch")


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A cluster with the chart's accounts and roles in it, a node, and nobody else."""
    if not (cluster_module.PROGRAMS / "VERSION").exists():
        pytest.skip("no kube-apiserver in .cache/kube: tests/support/build_kube.sh builds it (make kube)")
    with cluster_module.cluster(tmp_path_factory.mktemp("cluster")) as found:
        for namespace in (NAMESPACE, "shop"):
            found.create("Namespace", {"metadata": {"name": namespace}})
        for each in charted():
            found.create(each["kind"], each)
        found.create("ServiceAccount", {"metadata": {"name": "nobody", "namespace": NAMESPACE}})
        found.create("Node", k8s.node("node-1", "172.20.0.1", ranges=("10.64.0.0/16", "fd00:64::/64")))
        found.become("x-relay", NAMESPACE)
        yield found


def charted() -> list[dict[str, Any]]:
    """What the chart gives rights to whom by."""
    words = ["template", "x", str(ROOT / "docker" / "chart"), "--namespace", NAMESPACE]
    words += ["-s", "templates/serviceaccounts.yaml", "-s", "templates/clusterroles.yaml"]
    done = subprocess.run([helm(4), *words], capture_output=True, text=True, check=True)
    return [each for each in yaml.safe_load_all(done.stdout) if each]


class Following:
    """Watchers that run, in a thread of their own, and what is known by them."""

    def __init__(self, cluster: Cluster, environment: Mapping[str, str] | None = None) -> None:
        self.resolver = Resolver()
        self._api = Api(cluster.credentials, environment or cluster.environment)
        self.watchers = watch_all(self._api, self.resolver)
        self._thread = threading.Thread(target=self._run)
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin, and wait until all is listed and watched."""
        self._thread.start()
        self.until(lambda: all(each.counters.watching for each in self.watchers), "all is watched")

    def stop(self) -> None:
        """End."""
        if self._task is not None:
            self._task.get_loop().call_soon_threadsafe(self._task.cancel)
        self._thread.join()

    def until(self, holds: Callable[[], bool], what: str) -> None:
        """Wait for what comes over a network."""
        wait_until(holds, what, SECONDS)

    def knows(self, made: Mapping[str, Any]) -> None:
        """Wait until an object is known in the version that it has."""
        uid, address = made["metadata"]["uid"], made["status"]["podIP"]
        self.until(lambda: self.resolver.holding.knows(address, uid), f"{made['metadata']['name']} known")

    def forgot(self, made: Mapping[str, Any], plural: Resource = Resource.PODS) -> None:
        """Wait until an object is known to be gone."""
        uid = made["metadata"]["uid"]
        self.until(lambda: uid not in self.resolver._live[plural], f"{made['metadata']['name']} gone")

    def at(self, address: str, when: float, port: int = 8080) -> dict[str, Any]:
        """The fields of a source."""
        found: dict[str, Any] = json.loads(b"{%b}" % self.resolver.at(address, port, when).source)
        return {name.removeprefix("source."): value for name, value in found.items()}

    def who(self, address: str, *times: float) -> list[object]:
        """The pods' names at times, or what else it is."""
        each = [self.at(address, when) for when in times]
        return [one.get("k8s.candidates", one.get("k8s.pod.name")) for one in each]

    def _run(self) -> None:
        async def follow() -> None:
            self._task = asyncio.current_task()
            try:
                async with asyncio.TaskGroup() as group:
                    for watcher in self.watchers:
                        group.create_task(watcher.run())
            finally:
                await self._api.close()

        with suppress(asyncio.CancelledError):
            asyncio.run(follow())  # which ends what is still open, too


@pytest.fixture(scope="module")
def following(cluster: Cluster) -> Iterator[Following]:
    """All watchers, as a relay runs them, with the relay's rights."""
    found = Following(cluster)
    found.start()
    yield found
    found.stop()


def pod(cluster: Cluster, name: str, *addresses: str, **more: Any) -> dict[str, Any]:
    """Make one, and give it its status as a kubelet does."""
    found = k8s.pod(name, *addresses, **more)
    found["spec"]["containers"][0]["image"] = "example/shop:1"
    del found["status"]["qosClass"]  # the server's to say
    return cluster.create("Pod", found)


def owner(cluster: Cluster, kind: str, name: str, above: list[dict[str, Any]]) -> dict[str, Any]:
    """Make a ReplicaSet or Job that somebody controls."""
    labels = {"app": name}
    template: dict[str, Any] = {
        "metadata": {"labels": labels},
        "spec": {"containers": [{"name": "main", "image": "example/shop:1"}], "restartPolicy": "Never"},
    }
    spec: dict[str, Any] = {"template": template}
    if kind == "ReplicaSet":
        template["spec"]["restartPolicy"] = "Always"
        spec |= {"replicas": 1, "selector": {"matchLabels": labels}}
    found = {
        "metadata": {"name": name, "namespace": "shop", "labels": labels, "ownerReferences": above},
        "spec": spec,
    }
    return cluster.create(kind, found)


def service(cluster: Cluster, name: str, *addresses: str) -> dict[str, Any]:
    """Make a Service; without an address a headless one."""
    found = k8s.service(name, *addresses)
    found["spec"]["ports"] = [{"port": 80}]
    if len(addresses) == 2:
        found["spec"]["ipFamilyPolicy"] = "RequireDualStack"
    del found["status"]
    return cluster.create("Service", found)


# Rights


def test_the_relay_has_the_rights_that_are_documented(cluster: Cluster) -> None:
    """As `kubectl auth can-i --list` has them, beside those of any account: no more, no less; agents have none."""
    try:
        anybodys = cluster.rights("nobody", NAMESPACE, "shop")
        relays = cluster.rights("x-relay", NAMESPACE, "shop")
        agents = cluster.rights("x-interceptor", NAMESPACE, "shop")
    finally:
        cluster.become("x-relay", NAMESPACE)
    groups = {each: each.path.split("/")[2] if each.path.startswith("/apis/") else "" for each in RESOURCES}
    assert relays - anybodys == {(groups[each], each.plural, verb) for each in RESOURCES for verb in VERBS}
    assert agents == anybodys
    told = (ROOT / "README.md").read_text().partition("*Rights*: ")[2].partition("(")[0].replace("\n", " ")
    assert told == "get, list and watch of pods, nodes, services, endpointslices, replicasets and jobs "


# Who an address was


def test_an_address_reused_within_a_second(cluster: Cluster, following: Following) -> None:
    """Around it both are candidates; two seconds off it is certain."""
    here = "10.64.1.1"
    old = pod(cluster, "reused-old", here, start=time.time() - 500)
    following.knows(old)
    cluster.delete("Pod", old)
    gone = time.time()
    new = pod(cluster, "reused-new", here, start=gone)
    following.forgot(old)
    following.knows(new)
    heard = time.time()
    assert following.who(here, gone - 100, gone, heard + 10) == [
        "reused-old",
        ["shop/reused-new", "shop/reused-old"],
        "reused-new",
    ]


def test_the_same_name_and_address_with_a_new_uid(cluster: Cluster, following: Following) -> None:
    """A StatefulSet's pod comes back at once: the old one's end is the old one's."""
    here = "10.64.1.2"
    above = k8s.controller("StatefulSet", "db", "5b0c7b52-0000-0000-0000-000000000001")
    first = pod(cluster, "db-0", here, start=time.time() - 500, owner=above)
    cluster.delete("Pod", first)
    second = pod(cluster, "db-0", here, start=time.time(), owner=above)
    following.knows(second)
    following.forgot(first)
    later = following.at(here, time.time() + 10)
    assert later["k8s.pod.uid"] == second["metadata"]["uid"]
    assert later["k8s.statefulset.name"] == "db"


def test_a_job_that_succeeded_keeps_its_address_and_owns_nothing(
    cluster: Cluster, following: Following
) -> None:
    """The server has it in the status still; from the last container's end on it is whose it is then."""
    here, now = "10.64.1.3", time.time()
    done = pod(cluster, "import-x", here, start=now - 500)
    following.knows(done)
    over = k8s.pod("import-x", here, start=now - 500, phase="Succeeded", finished=now - 100)["status"]
    del over["qosClass"]
    over["containerStatuses"][0] |= {"image": "i", "imageID": "i", "ready": False, "restartCount": 0}
    del over["containerStatuses"][1:]
    after = cluster.status("Pod", done, over)
    assert after["status"]["podIP"] == here, "this is why"
    following.forgot(done)
    following.knows(pod(cluster, "next", here, start=now - 50))
    assert following.who(here, now - 200, now - 10) == ["import-x", "next"]


def test_pods_of_the_hosts_network_are_their_node(cluster: Cluster, following: Following) -> None:
    """Two of them with the node's address; what is heard after them shows that they were heard."""
    for name in ("proxy", "agent"):
        pod(cluster, name, "172.20.0.1", host=True)
    following.knows(pod(cluster, "behind-them", "10.64.1.4"))
    assert following.at("172.20.0.1", time.time())["k8s.node.name"] == "node-1"
    assert following.at("172.20.0.1", time.time())["k8s.kind"] == "node"


def test_workloads_by_owners(cluster: Cluster, following: Following) -> None:
    """Deployment and CronJob through what is between; a kind that nobody knows; a bare pod, a static one; both families."""
    uid = "5b0c7b52-0000-0000-0000-00000000000"
    web = owner(cluster, "ReplicaSet", "web-abc", k8s.controller("Deployment", "web", f"{uid}2")[1:])
    report = owner(cluster, "Job", "report-29", k8s.controller("CronJob", "report", f"{uid}3")[1:])
    following.until(
        lambda: {web["metadata"]["uid"], report["metadata"]["uid"]} <= following.resolver._controlled.keys(),
        "the owners",
    )
    start = time.time() - 100
    cases = {
        "web-abc-x": (k8s.controller("ReplicaSet", "web-abc", web["metadata"]["uid"]), "shop/web"),
        "report-29-x": (k8s.controller("Job", "report-29", report["metadata"]["uid"]), "shop/report"),
        "canary-x": (k8s.controller("Rollout", "canary", f"{uid}4"), "shop/canary"),
        "bare": (None, "shop/bare"),
        "etcd-node-1": (k8s.controller("Node", "node-1", f"{uid}5"), "shop/etcd-node-1"),
    }
    for number, (name, (above, expected)) in enumerate(cases.items()):
        addresses = f"10.64.2.{number + 1}", f"fd00:64::{number + 1}"
        following.knows(pod(cluster, name, *addresses, start=start, owner=above))
        for address in addresses:
            assert following.at(address, time.time())["name"] == expected
    assert following.at("10.64.2.1", time.time())["k8s.deployment.name"] == "web"
    assert following.at("10.64.2.2", time.time())["k8s.cronjob.name"] == "report"
    assert following.at("10.64.2.3", time.time())["k8s.controller.kind"] == "Rollout"


def test_a_deletion_with_grace_and_a_forced_one(cluster: Cluster, following: Following) -> None:
    """`deletionTimestamp` is a deadline: until the server says DELETED the pod has its address."""
    here = "10.64.1.5"
    stuck = pod(cluster, "stuck", here, start=time.time() - 500)
    following.knows(stuck)
    cluster.delete("Pod", stuck, grace=None)
    following.knows(pod(cluster, "behind-stuck", "10.64.1.6"))
    assert following.who(here, time.time() + 40) == ["stuck"]
    cluster.delete("Pod", stuck)
    following.forgot(stuck)
    assert following.at(here, time.time() + 5) == {"k8s.kind": "unknown", "k8s.node.name": "node-1"}


@pytest.mark.parametrize("skew", [-5, 5])
def test_a_node_whose_clock_is_off(cluster: Cluster, following: Following, skew: int) -> None:
    """Its pod says that it began before the other one ended, or later than it did: never is the wrong one named."""
    here = f"10.64.1.{20 + skew}"
    old = pod(cluster, f"skew-old{skew}", here, start=time.time() - 500)
    following.knows(old)
    cluster.delete("Pod", old)
    gone = time.time()
    following.forgot(old)
    new = pod(cluster, f"skew-new{skew}", here, start=gone + skew)
    following.knows(new)
    both = [f"shop/skew-new{skew}", f"shop/skew-old{skew}"]
    before = both if skew < 0 else f"skew-old{skew}"
    assert following.who(here, gone - 100, gone - 4, gone + 100) == [
        f"skew-old{skew}",
        before,
        f"skew-new{skew}",
    ]


def test_a_node_that_is_gone(cluster: Cluster, following: Following) -> None:
    """Its address is nobody's, its past its own."""
    made = cluster.create("Node", k8s.node("node-9", "172.20.0.9"))
    following.until(lambda: following.at("172.20.0.9", time.time()).get("k8s.kind") == "node", "the node")
    there = time.time()
    cluster.delete("Node", made)
    following.forgot(made, Resource.NODES)
    assert following.at("172.20.0.9", there)["name"] == "node-9"
    assert following.at("172.20.0.9", time.time() + 10)["k8s.kind"] == "external"


def test_services_their_addresses_and_who_serves(cluster: Cluster, following: Following) -> None:
    """Both families; an address that is given to the next Service; a pod in two, one of them headless; one by hand."""
    here = "10.64.1.7"
    serving = pod(cluster, "serves", here, start=time.time() - 100)
    following.knows(serving)
    first = service(cluster, "cart", "10.96.0.9", "fd00:96::9")
    service(cluster, "cart-headless")
    for name in ("cart", "cart-headless", "by-hand"):
        uid = serving["metadata"]["uid"] if name != "by-hand" else ""
        cluster.create("EndpointSlice", k8s.endpointslice(name, {here: uid}))
    expected = ["by-hand.shop", "cart-headless.shop", "cart.shop"]
    following.until(
        lambda: following.at(here, time.time()).get("k8s.service.names") == expected, "the Services"
    )
    assert following.at("fd00:96::9", time.time())["k8s.service.name"] == "cart.shop"
    there = time.time()
    cluster.delete("Service", first)
    following.forgot(first, Resource.SERVICES)
    service(cluster, "other", "10.96.0.9")
    following.until(
        lambda: following.resolver.service("10.96.0.9", time.time() + 10) == "other.shop", "the next one"
    )
    assert following.at("10.96.0.9", there)["k8s.candidates"] == ["shop/cart", "shop/other"]


# What becomes of watches


def test_a_server_that_stands_still_is_left_and_found_again(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Connections stay open and nothing comes: a half-open watch ends, and what happened meanwhile is heard of."""
    monkeypatch.setattr(api_module, "SILENT_SECONDS", 2.0)
    monkeypatch.setattr(api_module, "_SECONDS", httpx.Timeout(2.0))
    found = Following(cluster)
    found.start()
    try:
        cluster.halt()
        found.until(lambda: any(each.counters.failures for each in found.watchers), "a failure")
        cluster.resume()
        found.knows(pod(cluster, "after-the-pause", "10.64.1.8"))
        assert found.watchers[-2].counters.lists == 1, "it went on from where it was"
    finally:
        cluster.resume()
        found.stop()


def test_a_resource_that_may_not_be_read_costs_what_it_would_say(
    cluster: Cluster, following: Following
) -> None:
    """Without jobs a CronJob's pod is called by its Job, and everybody else as ever."""
    (role,) = (each for each in charted() if each["kind"] == "ClusterRole")
    without = [rule for rule in role["rules"] if "jobs" not in rule["resources"]]
    cluster.patch("ClusterRole", role, {"rules": without})
    found = Following(cluster)
    try:
        jobs = next(each for each in found.watchers if each.resource is Resource.JOBS)
        found._thread.start()
        found.until(lambda: jobs.counters.failures > 0 and found.resolver.complete, "all but jobs")
        found.until(lambda: bool(found.at("10.64.2.2", time.time())), "the pod")
        assert found.at("10.64.2.2", time.time())["k8s.job.name"] == "report-29"
        assert found.at("10.64.2.1", time.time())["name"] == "shop/web"
        cluster.patch("ClusterRole", role, {"rules": role["rules"]})
        found.until(lambda: jobs.counters.watching, "jobs too")
        found.until(
            lambda: found.at("10.64.2.2", time.time()).get("k8s.cronjob.name") == "report", "the CronJob"
        )
    finally:
        cluster.patch("ClusterRole", role, {"rules": role["rules"]})
        found.stop()


def test_a_version_that_is_too_old(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    """While nobody watched, a pod went and its address came to another, and etcd forgot both: all is listed again."""
    monkeypatch.setattr(watcher_module, "_RELIST_SECONDS", 0.1)
    monkeypatch.setattr(watcher_module, "_LONGEST_WAIT", 2.0)
    here = "10.64.1.9"
    old = pod(cluster, "before-410", here, start=time.time() - 500)
    with Gate(cluster.port) as gate:
        found = Following(cluster, cluster.environment | {"KUBERNETES_SERVICE_PORT": str(gate.port)})
        found.start()
        try:
            found.knows(old)
            (pods,) = (each for each in found.watchers if each.resource is Resource.PODS)
            known = time.time()
            gate.shut()
            cluster.delete("Pod", old)
            new = pod(cluster, "after-410", here, start=time.time())
            cluster.stop_server()
            cluster.compact()
            cluster.start()
            assert pods.counters.lists == 1
            gate.open()
            found.knows(new)
            found.forgot(old)
            assert pods.counters.lists == 2
            between = time.time()
            assert found.who(here, known - 100, known + 1, between + 10) == [
                "before-410",
                ["shop/after-410", "shop/before-410"],
                "after-410",
            ]
        finally:
            found.stop()


class Gate:
    """In front of a server: it lets everything through, or nothing."""

    def __init__(self, port: int) -> None:
        self._target = port
        self.port = 0
        self._open = True
        self._writers: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)

    def __enter__(self) -> Self:
        """Serve."""
        self._thread.start()
        serving = asyncio.start_server(self._pass, "127.0.0.1", 0)
        self._server = asyncio.run_coroutine_threadsafe(serving, self._loop).result()
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self.shut()
        self._loop.call_soon_threadsafe(self._server.close)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def open(self) -> None:
        """Let through."""
        self._open = True

    def shut(self) -> None:
        """Break off what is open, refuse what comes."""

        async def end() -> None:
            self._open = False
            for writer in [*self._writers]:
                writer.transport.abort()
            await asyncio.sleep(0.1)  # until those who read have seen it

        asyncio.run_coroutine_threadsafe(end(), self._loop).result()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self._open:
            writer.transport.abort()
            return
        there, back = await asyncio.open_connection("127.0.0.1", self._target)
        self._writers |= {writer, back}
        try:
            await asyncio.gather(_pump(reader, back), _pump(there, writer))
        finally:
            self._writers -= {writer, back}


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while piece := await reader.read(65_536):
            writer.write(piece)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.transport.abort()


# Through the commands


def test_records_of_before_a_restart_of_the_relay(cluster: Cluster, tmp_path: Path) -> None:
    """The pod went while the relay was away; a record of when it was there is named all the same."""
    secrets = {"INTERCEPTOR_INGEST_TOKENS": TOKEN, "INTERCEPTOR_TOKEN": TOKEN}
    web, here = "10.64.2.1", "10.64.1.10"
    went = pod(cluster, "went", here, start=time.time() - 500)
    call = record(time=time_of(time.time() - 100), source_address=here, destination_address=web)
    with running("collector", "--collector-database", tmp_path / "c.db", environment=secrets) as cloud:
        flags: tuple[object, ...] = (
            *("--spool-directory", tmp_path / "spool", "--spool-min-free-bytes", 0),
            *("--endpoint", cloud.url, "--upload-allow-plain-http", "true"),
            *("--kubernetes-enabled", "true", "--kubernetes-credentials", cluster.credentials),
        )
        with running("relay", *flags, environment=secrets | cluster.environment) as relay:
            until_ready(relay.url)
            assert relay.stop() == 0
        cluster.delete("Pod", went)
        with running("relay", *flags, environment=secrets | cluster.environment) as relay:
            until_ready(relay.url)
            sealed = batch(call)
            answer = httpx.post(
                f"{relay.url}/v1/batches", content=sealed.body, headers=headers(sealed), trust_env=False
            )
            assert answer.status_code == 202
            wait_until(lambda: bool(stored(cloud.url)), "the record", SECONDS)
        (found,) = stored(cloud.url)
    assert (found["source.k8s.pod.name"], found["destination.name"]) == ("went", "shop/web")


def until_ready(url: str) -> None:
    """As a Service waits for its pods."""
    wait_until(
        lambda: httpx.get(f"{url}/readyz", trust_env=False).status_code == 200, "the relay ready", SECONDS
    )


def stored(url: str) -> list[dict[str, Any]]:
    """A collector's records."""
    answer = httpx.get(
        f"{url}/v1/records?limit=10", headers={"Authorization": f"Bearer {TOKEN}"}, trust_env=False
    )
    found: list[dict[str, Any]] = answer.json()["records"]
    return found
