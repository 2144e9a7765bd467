"""The relay names: through the commands, with a cluster, without one, over a restart, and when the API is away."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from interceptor.config import Config, Kubernetes, Namespaces, Spool
from interceptor.delivery.batches import unpack
from interceptor.errors import UsageError
from interceptor.ingest.api import Incoming
from interceptor.ingest.lines import check
from interceptor.kubernetes.history import History
from interceptor.kubernetes.objects import Resource
from interceptor.kubernetes.resolver import Resolver
from interceptor.service.names import Names
from tests.support import objects as k8s
from tests.support.kube_api import KubeApi, kube_api
from tests.support.netns import wait_until
from tests.support.records import batch, headers, record, time_of
from tests.support.services import TOKEN, running

if TYPE_CHECKING:
    from collections.abc import Iterator

    from interceptor.delivery.batches import Batch

BEARER = {"Authorization": f"Bearer {TOKEN}"}
SECRETS = {"INTERCEPTOR_INGEST_TOKENS": TOKEN, "INTERCEPTOR_TOKEN": TOKEN}
WEB, CART, ASKED = "10.64.0.9", "10.64.1.3", "10.96.0.9"


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[KubeApi]:
    """A web that calls a cart, for an hour."""
    since = time.time() - 3_600
    with kube_api(tmp_path / "credentials") as found:
        web = k8s.pod("web-abc-x", WEB, start=since, owner=k8s.controller("ReplicaSet", "web-abc"))
        found.objects = {
            "nodes": [k8s.node("node-1", "172.20.0.1", ranges=("10.64.0.0/23",))],
            "services": [k8s.service("cart", ASKED, created=since)],
            "replicasets": [k8s.replicaset("web-abc", k8s.controller("Deployment", "web"))],
            "pods": [web, k8s.pod("cart-0", CART, start=since, owner=k8s.controller("StatefulSet", "cart"))],
            "endpointslices": [k8s.endpointslice("cart", {CART: "uid-cart-0"}, created=since)],
        }
        yield found


def call(ago: float, **fields: Any) -> dict[str, Any]:
    """A record of some seconds ago."""
    ends = {"source_address": WEB, "destination_address": CART}
    return record(time=time_of(time.time() - ago), **ends | fields)


def relaying(folder: Path, endpoint: str, *flags: object) -> tuple[object, ...]:
    """Flags of a relay."""
    return (
        *("--spool-directory", folder / "spool", "--spool-min-free-bytes", 0),
        *("--endpoint", endpoint, "--upload-allow-plain-http", "true"),
        *flags,
    )


def asking(cluster: KubeApi) -> tuple[object, ...]:
    """Flags of one that knows a cluster."""
    return ("--kubernetes-enabled", "true", "--kubernetes-credentials", cluster.credentials)


def send(url: str, sealed: Batch) -> None:
    """As an agent does."""
    answer = httpx.post(f"{url}/v1/batches", content=sealed.body, headers=headers(sealed), trust_env=False)
    assert answer.status_code == 202, answer.text


def get(url: str) -> str:
    """Text of a page."""
    return httpx.get(url, headers=BEARER, trust_env=False).text


def stored(url: str) -> dict[str, dict[str, Any]]:
    """Records of a collector, by id."""
    found = json.loads(get(f"{url}/v1/records?limit=100"))
    return {each["id"]: each for each in found["records"]}


def until_ready(url: str) -> None:
    """As a Service waits for its pods."""
    wait_until(lambda: httpx.get(f"{url}/readyz", trust_env=False).status_code == 200, "the relay ready", 60)


def test_names_through_the_relay_to_the_collector(tmp_path: Path, cluster: KubeApi) -> None:
    """What left as addresses arrives with names; of before a restart of the relay too, when the pod is long gone."""
    database = ("--collector-database", tmp_path / "c.db")
    first, late = call(20), call(15)
    with running("collector", *database, environment=SECRETS) as cloud:
        flags = relaying(tmp_path, cloud.url, *asking(cluster))
        with running("relay", *flags, environment=SECRETS | cluster.environment) as relay:
            until_ready(relay.url)
            sealed = batch(first, call(0, source_address="203.0.113.9"))
            send(relay.url, sealed)
            send(relay.url, sealed)
            wait_until(lambda: len(stored(cloud.url)) == 2, "the records", 60)
            text = get(f"{relay.url}/metrics")
            for line in (
                'named_ends_total{kind="pod"} 3.0',
                'named_ends_total{kind="external"} 1.0',
                'named_ends_total{kind="ambiguous"} 0.0',
                'kubernetes_watching{resource="pods"} 1.0',
                'kubernetes_objects{resource="pods"} 2.0',
                'kubernetes_lists_total{resource="pods"} 1.0',
            ):
                assert f"interceptor_{line}" in text
            assert relay.stop() == 0
            assert cluster.token not in relay.said()
        cluster.objects["pods"] = []
        with running("relay", *flags, environment=SECRETS | cluster.environment) as relay:
            until_ready(relay.url)
            send(relay.url, batch(late))
            wait_until(lambda: len(stored(cloud.url)) == 3, "the late record", 60)
            assert "Traceback" not in relay.said()
        found = stored(cloud.url)
        for namespace, calls in (("shop", 3), ("sho", 0)):
            seen = json.loads(get(f"{cloud.url}/v1/overview?range=all&namespace={namespace}"))
            assert seen["totals"]["spread"]["calls"] == calls
        whole = json.loads(get(f"{cloud.url}/v1/calls?range=all"))["calls"]
        assert {(one["caller"], one["service"]) for one in whole} == {
            ("shop/web", "shop/cart:8080"),
            ("203.0.113.9", "shop/cart:8080"),
        }
    for one in (first, late):
        named = found[one["id"]]
        assert named["source.name"] == "shop/web"
        assert named["source.k8s.deployment.name"] == "web"
        assert named["destination.k8s.statefulset.name"] == "cart"
        assert named["destination.k8s.service.names"] == ["cart.shop"]
        assert {name: value for name, value in named.items() if name in one} == one


@pytest.mark.thorough
def test_a_cluster_of_a_thousand_nodes_and_ten_thousand_pods(tmp_path: Path) -> None:
    """The relay's memory stays below 200 MiB: while it lists pods of 10 KB, while it names, and when it writes what it knows."""
    since = time.time() - 3_600
    padding = {"annotations": {"words": "x" * 9_000}}
    with kube_api(tmp_path / "credentials") as large:
        pods = []
        for number in range(10_000):
            app, node = f"app-{number % 500}", number % 1_000
            address = f"10.{64 + node // 256}.{node % 256}.{number // 1_000 + 2}"
            owner = k8s.controller("ReplicaSet", f"{app}-5d4f")
            one = k8s.pod(
                f"{app}-5d4f-{number}",
                *(address, f"fd00:64::{number:x}"),
                start=since,
                owner=owner,
                node=f"node-{node}",
            )
            one["metadata"] |= padding
            pods.append(one)
        apps = [f"app-{number}" for number in range(500)]
        large.objects = {
            "pods": pods,
            "nodes": [
                k8s.node(
                    f"node-{number}",
                    f"172.20.{number // 256}.{number % 256}",
                    ranges=(f"10.{64 + number // 256}.{number % 256}.0/24",),
                )
                for number in range(1_000)
            ],
            "services": [
                k8s.service(app, f"10.96.{number // 250}.{number % 250 + 1}", created=since)
                for number, app in enumerate(apps)
            ],
            "replicasets": [k8s.replicaset(f"{app}-5d4f", k8s.controller("Deployment", app)) for app in apps],
            "endpointslices": [
                k8s.endpointslice(
                    app,
                    {each["status"]["podIP"]: each["metadata"]["uid"] for each in pods[number:10_000:500]},
                    created=since,
                )
                for number, app in enumerate(apps)
            ],
        }
        flags = relaying(tmp_path, "http://127.0.0.1:9", *asking(large))
        with running("relay", *flags, environment=SECRETS | large.environment) as relay:
            until_ready(relay.url)
            addresses = [each["status"]["podIP"] for each in pods]
            for start in range(0, 10_000, 1_000):
                ends = zip(addresses[start : start + 1_000], reversed(addresses), strict=False)
                send(
                    relay.url,
                    batch(*(call(5, source_address=one, destination_address=two) for one, two in ends)),
                )
            assert 'named_ends_total{kind="pod"} 20000.0' in get(f"{relay.url}/metrics")
            relay.process.send_signal(signal.SIGTERM)
            wait_until((tmp_path / "spool" / "names").exists, "what is known written", 60)
            status = Path(f"/proc/{relay.process.pid}/status").read_text()
            relay.process.kill()
    most = int(status.partition("VmHWM:")[2].split()[0]) // 1_024
    print(f"at most {most} MiB")
    assert most <= 200


def test_names_without_kubernetes(tmp_path: Path) -> None:
    """By the configuration alone."""
    with (
        running("collector", "--collector-database", tmp_path / "c.db", environment=SECRETS) as cloud,
        running(
            "relay",
            *relaying(tmp_path, cloud.url, "--names", f"{WEB}=web,10.64.0.0/16=shop/others"),
            environment=SECRETS,
        ) as relay,
    ):
        one = call(5)
        send(relay.url, batch(one))
        wait_until(lambda: len(stored(cloud.url)) == 1, "the record", 60)
        assert stored(cloud.url) == {
            one["id"]: one | {"source.name": "web", "destination.name": "shop/others"}
        }


def test_namespaces_that_are_left_out(tmp_path: Path, cluster: KubeApi) -> None:
    """Do not leave the relay, in no batch; who is not known does; each record is in the ledger once."""
    other = k8s.pod("dns", "10.64.1.9", namespace="kube-system", start=time.time() - 3_600)
    cluster.objects["pods"].append(other)
    excluding = (*asking(cluster), "--kubernetes-namespaces-exclude", "kube-*,monitoring")
    left_out = [call(5, destination_address="10.64.1.9"), call(5, source_address="10.64.1.9")]
    with (
        running("collector", "--collector-database", tmp_path / "c.db", environment=SECRETS) as cloud,
        running(
            "relay",
            *relaying(tmp_path, cloud.url, *excluding),
            environment=SECRETS | cluster.environment,
        ) as relay,
    ):
        until_ready(relay.url)
        kept = [call(5), call(5, destination_address="10.64.1.200"), call(0, source_address="203.0.113.9")]
        send(relay.url, batch(*left_out))
        mixed = batch(left_out[0], kept[0], kept[1], left_out[1], kept[2])
        for _ in range(2):
            send(relay.url, mixed)
        wait_until(lambda: len(stored(cloud.url)) == 3, "the records", 60)
        assert stored(cloud.url).keys() == {each["id"] for each in kept}
        text = get(f"{relay.url}/metrics")
        for line in (
            'stage_received_total{stage="namespaces"} 7.0',
            'stage_delivered_total{stage="namespaces"} 3.0',
            'dropped_total{reason="left_out",stage="namespaces"} 4.0',
            'stage_received_total{stage="spool"} 3.0',
            "namespace_unknown_records_total 1.0",
        ):
            assert f"interceptor_{line}" in text, line
        assert 'records_dropped_total{reason="left_out"' not in text
        assert relay.stop() == 0


def test_namespaces_need_names(tmp_path: Path) -> None:
    """Who wants some left out is told that nobody knows them; the operator's own names have some."""
    spool, wanted = Spool(directory=tmp_path), Kubernetes(namespaces=Namespaces(exclude=("bank",)))
    with pytest.raises(UsageError, match=r"kubernetes\.namespaces: without names"):
        Names(Config(kubernetes=wanted, spool=spool), {})
    Names(Config(kubernetes=wanted, names=("10.0.0.0/8=bank/ledger",), spool=spool), {})


def test_an_api_server_that_is_away_costs_names_only(tmp_path: Path) -> None:
    """And readiness, for half a minute; where there is none at all, not even that."""

    def names(environment: dict[str, str]) -> tuple[Names, list[float]]:
        now = [0.0]
        config = Config(kubernetes=Kubernetes(enabled=True), spool=Spool(directory=tmp_path))
        return Names(config, environment, clock=lambda: now[0]), now

    away, now = names({"KUBERNETES_SERVICE_HOST": "127.0.0.1", "KUBERNETES_SERVICE_PORT": "9"})
    assert away.not_ready() == "the cluster has not been listed yet"
    now[0] = 31
    assert away.not_ready() is None
    assert names({})[0].not_ready() is None


@pytest.mark.parametrize("encoding", ["gzip", "zstd", "identity"])
def test_a_batch_keeps_its_id_its_header_and_its_coding(tmp_path: Path, encoding: str) -> None:
    """Only lines become longer."""
    import asyncio

    sealed = batch(*[call(5) for _ in range(3)], encoding="zstd" if encoding == "zstd" else "gzip")
    text = unpack(sealed.body, sealed.encoding, 2**20)
    incoming = Incoming(check(text).header, text if encoding == "identity" else sealed.body, encoding, text)
    names = Names(Config(names=(f"{WEB}=web",), spool=Spool(directory=tmp_path)), {})
    written = asyncio.run(names.name(incoming))
    assert written is not None
    named = written.batch
    assert named is not None
    assert (named.id, named.records, named.encoding) == (
        sealed.id,
        3,
        "zstd" if encoding == "zstd" else "gzip",
    )
    after = unpack(named.body, named.encoding, 2**20).split(b"\n")
    before = text.split(b"\n")
    assert after[0] == before[0]
    assert [json.loads(line) for line in after[1:-1]] == [
        json.loads(line) | {"source.name": "web"} for line in before[1:-1]
    ]


def test_check_says_what_a_relay_knows(tmp_path: Path, cluster: KubeApi) -> None:
    """And leaves out; and that nobody's namespace is known where nobody is named."""

    def check(*flags: object) -> tuple[int, str]:
        words = ["check", "--capture-sources", "", "--output-path", "-", "--spool-directory", tmp_path]
        done = subprocess.run(
            [sys.executable, "-m", "interceptor", *map(str, [*words, *flags])],
            capture_output=True,
            text=True,
            env=cluster.environment | {"PATH": ""},
            check=False,
        )
        return done.returncode, done.stdout

    resolver = Resolver()
    for each in cluster.objects["pods"]:
        resolver.apply(Resource.PODS, k8s.read(Resource.PODS, each), time.time())
    History(tmp_path / "names").write(resolver.remember())
    excluding = ("--kubernetes-namespaces-exclude", "kube-*")
    code, said = check(*asking(cluster), *excluding, "--names", "10.1.2.3=ledger")
    assert code == 0, said
    assert (
        "ok      names: 1 in the configuration; of 2 addresses it is remembered who had them; "
        "sent on are namespaces *, never kube-*"
    ) in said
    code, said = check(*excluding)
    assert code == 1
    assert "FAILED  names: kubernetes.namespaces: without names" in said
    assert "names: " not in check()[1]


def test_check_says_what_a_relay_may_read(tmp_path: Path, cluster: KubeApi) -> None:
    """How much there is, and of what may not be read what it takes."""
    cluster.refused["jobs"] = 403
    words = ["check", "--capture-sources", "", "--output-path", "-", *map(str, asking(cluster))]
    done = subprocess.run(
        [sys.executable, "-m", "interceptor", *words],
        capture_output=True,
        text=True,
        env=cluster.environment | {"PATH": ""},
        check=False,
    )
    assert done.returncode == 1
    assert "ok      kubernetes pods: 2 can be read" in done.stdout
    assert "FAILED  kubernetes jobs: we may not read jobs (403): the ClusterRole needs" in done.stdout
    assert tmp_path.name not in done.stderr
