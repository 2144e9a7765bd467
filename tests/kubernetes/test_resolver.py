"""Who an address was: the situations in which other programs name the wrong one."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from interceptor.kubernetes import resolver as resolver_module
from interceptor.kubernetes.intervals import SLACK
from interceptor.kubernetes.objects import Resource
from interceptor.kubernetes.resolver import Kind, Memory, Resolver
from tests.support import objects as k8s
from tests.support.objects import NOW

if TYPE_CHECKING:
    import random

HERE = "10.64.0.9"
LISTS = {
    Resource.NODES: [k8s.node("node-1", "172.20.0.1", ranges=("10.64.0.0/24", "fd00:64::/64"))],
    Resource.SERVICES: [k8s.service("cart", "10.96.0.9", "fd00:96::9", created=NOW - 3_600)],
    Resource.PODS: [],
}


class Cluster:
    """A resolver that has been told of a small cluster."""

    def __init__(self, *pods: dict[str, Any], resolver: Resolver | None = None, now: float = NOW) -> None:
        self.resolver = resolver or Resolver()
        for resource, listed in (LISTS | {Resource.PODS: [*pods]}).items():
            self.list(resource, *listed, now=now)

    def list(self, resource: Resource, *found: dict[str, Any], now: float) -> None:
        """A complete list."""
        for each in found:
            self.say(resource, each, now)
        self.resolver.retain(resource, {each["metadata"]["uid"] for each in found}, now)

    def say(self, resource: Resource, found: dict[str, Any], now: float = NOW) -> None:
        """An object as it is."""
        self.resolver.apply(resource, k8s.read(resource, found), now)

    def pod(self, found: dict[str, Any], now: float = NOW) -> None:
        """A pod as it is."""
        self.say(Resource.PODS, found, now)

    def gone(self, found: dict[str, Any], now: float, resource: Resource = Resource.PODS) -> None:
        """A DELETED event."""
        self.resolver.gone(resource, k8s.read(resource, found), now)

    def at(self, address: str, time: float, port: int = 8080) -> dict[str, Any]:
        """The fields of a source."""
        named = self.resolver.at(address, port, time)
        found: dict[str, Any] = json.loads(b"{%b}" % named.source)
        assert found.get("source.k8s.kind", named.kind) == named.kind
        return {name.removeprefix("source."): value for name, value in found.items()}

    def name(self, time: float, address: str = HERE) -> object:
        """The pod's name, or what else it is."""
        fields = self.at(address, time)
        return fields.get("k8s.pod.name") or fields.get("k8s.candidates") or fields.get("k8s.kind")


def test_a_pod_has_its_fields() -> None:
    """By its owner chain, its node, and the Services that it serves at the port."""
    cluster = Cluster()
    cluster.say(Resource.REPLICASETS, k8s.replicaset("cart-5d4f8c7b9", k8s.controller("Deployment", "cart")))
    owned = k8s.pod(
        "cart-5d4f8c7b9-x", HERE, "fd00:64::9", owner=k8s.controller("ReplicaSet", "cart-5d4f8c7b9")
    )
    cluster.pod(owned)
    cluster.say(Resource.ENDPOINTSLICES, k8s.endpointslice("cart", {HERE: "uid-cart-5d4f8c7b9-x"}))
    cluster.say(Resource.ENDPOINTSLICES, k8s.endpointslice("admin", {HERE: "uid-cart-5d4f8c7b9-x"}, (9_000,)))
    expected = {
        "k8s.kind": "pod",
        "name": "shop/cart",
        "k8s.namespace.name": "shop",
        "k8s.pod.name": "cart-5d4f8c7b9-x",
        "k8s.pod.uid": "uid-cart-5d4f8c7b9-x",
        "k8s.deployment.name": "cart",
        "k8s.node.name": "node-1",
    }
    assert cluster.at(HERE, NOW + 5) == expected | {"k8s.service.names": ["cart.shop"]}
    assert cluster.at(HERE, NOW + 5, 9_000)["k8s.service.names"] == ["admin.shop"]
    assert cluster.at("fd00:64::9", NOW + 5, 1) == expected


@pytest.mark.parametrize(
    ("owner", "above", "fields"),
    [
        (("ReplicaSet", "web-abc"), ("Deployment", "web"), {"k8s.deployment.name": "web"}),
        (("ReplicaSet", "web-abc"), None, {"k8s.replicaset.name": "web-abc"}),
        (
            ("ReplicaSet", "web-abc"),
            ("Rollout", "web"),
            {"k8s.controller.kind": "Rollout", "k8s.controller.name": "web"},
        ),
        (("Job", "report-29400000"), ("CronJob", "report"), {"k8s.cronjob.name": "report"}),
        (("Job", "import"), None, {"k8s.job.name": "import"}),
        (("StatefulSet", "db"), None, {"k8s.statefulset.name": "db"}),
        (("DaemonSet", "logs"), None, {"k8s.daemonset.name": "logs"}),
        (("GameServer", "g1"), None, {"k8s.controller.kind": "GameServer", "k8s.controller.name": "g1"}),
    ],
)
@pytest.mark.parametrize("late", [False, True], ids=["owner first", "pod first"])
def test_workloads_are_owners_not_names(
    owner: tuple[str, str], above: tuple[str, str] | None, fields: dict[str, str], late: bool
) -> None:
    """Whichever of pod and owner is heard of first; kinds that nobody knows as they stand."""
    cluster = Cluster()
    resource = Resource.JOBS if owner[0] == "Job" else Resource.REPLICASETS
    if not late:
        cluster.say(resource, k8s.replicaset(owner[1], k8s.controller(*above) if above else None))
    cluster.pod(k8s.pod("p", HERE, owner=k8s.controller(*owner)))
    if late:
        cluster.say(resource, k8s.replicaset(owner[1], k8s.controller(*above) if above else None))
    found = cluster.at(HERE, NOW + 1)
    assert {name: value for name, value in found.items() if name in fields} == fields
    assert found["name"] == f"shop/{(above or owner)[1]}"


def test_pods_of_nobody_are_their_own() -> None:
    """A bare pod, and a static one, whose owner is its node."""
    cluster = Cluster()
    cluster.pod(k8s.pod("bare", HERE))
    cluster.pod(
        k8s.pod("etcd-node-1", "10.64.0.10", namespace="kube-system", owner=k8s.controller("Node", "node-1"))
    )
    assert cluster.at(HERE, NOW + 1)["name"] == "shop/bare"
    assert cluster.at("10.64.0.10", NOW + 1)["name"] == "kube-system/etcd-node-1"


def test_a_pod_that_outlives_its_owner_keeps_its_workload() -> None:
    """A Deployment that is removed takes its ReplicaSet with it before the pods."""
    cluster = Cluster()
    owner = k8s.replicaset("web-abc", k8s.controller("Deployment", "web"))
    cluster.say(Resource.REPLICASETS, owner)
    alive = k8s.pod("web-abc-x", HERE, owner=k8s.controller("ReplicaSet", "web-abc"))
    cluster.pod(alive)
    cluster.gone(owner, NOW + 10, Resource.REPLICASETS)
    cluster.resolver.tidy(NOW + 86_400)
    cluster.pod(alive | {"status": alive["status"] | {"phase": "Failed"}}, NOW + 86_401)
    assert cluster.at(HERE, NOW + 20)["k8s.deployment.name"] == "web"


def test_a_job_that_is_over_owns_nothing() -> None:
    """Its status keeps the address, and somebody else has it: weave#2632."""
    cluster = Cluster(k8s.pod("job", HERE, start=NOW - 500))
    over = k8s.pod("job", HERE, start=NOW - 500, phase="Succeeded", finished=NOW - 100)
    cluster.pod(over)
    cluster.pod(k8s.pod("next", HERE, start=NOW - 200))
    cluster.pod(over)
    assert [cluster.name(NOW + time) for time in (-300, -150, -50)] == ["job", "job", "next"]
    cluster.gone(over, NOW + 900)
    assert [cluster.name(NOW + time) for time in (-300, -150, -50, 950)] == ["job", "job", "next", "next"]


def test_a_job_that_was_over_before_we_came_is_known_by_what_it_says() -> None:
    """A list has pods of the past: with an end they had the address, without one nobody knows."""
    over = k8s.pod("job", HERE, start=NOW - 500, phase="Succeeded", finished=NOW - 400)
    evicted = k8s.pod("evicted", HERE, start=NOW - 9_000, phase="Failed")
    cluster = Cluster(over, evicted, k8s.pod("next", HERE, start=NOW - 300))
    assert [cluster.name(NOW + time) for time in (-450, -200)] == ["job", "next"]


def test_a_deletion_is_of_a_uid() -> None:
    """A StatefulSet's pod comes back under its name and address before the old one's end is heard of: kindling#374."""
    cluster = Cluster(k8s.pod("db-0", HERE, uid="first", start=NOW - 500))
    cluster.pod(k8s.pod("db-0", HERE, uid="second", start=NOW))
    cluster.gone(k8s.pod("db-0", HERE, uid="first", start=NOW - 500), NOW + 1)
    assert [cluster.at(HERE, NOW + time)["k8s.pod.uid"] for time in (-100, 100)] == ["first", "second"]
    between = cluster.at(HERE, NOW + 0.5)
    assert (between["k8s.kind"], between["k8s.candidates"]) == ("ambiguous", ["shop/db-0"])
    assert (between["name"], between["k8s.pod.name"]) == ("shop/db-0", "db-0"), "what both agree on"
    assert "k8s.pod.uid" not in between


def test_an_address_reused_within_a_second_is_ambiguous_around_it() -> None:
    """Both are listed, none is chosen; two seconds off it is certain again."""
    cluster = Cluster(k8s.pod("old", HERE, start=NOW - 500))
    cluster.gone(k8s.pod("old", HERE, start=NOW - 500), NOW)
    cluster.pod(k8s.pod("new", HERE, start=NOW + 1), NOW + 3)
    assert [cluster.name(NOW + time) for time in (-1.5, 0.5, 1.9, 3.1)] == [
        "old",
        *([["shop/new", "shop/old"]] * 2),
        "new",
    ]


@pytest.mark.parametrize("skew", [-5.0, 5.0])
def test_clocks_apart_make_it_ambiguous_not_wrong_within_their_slack(skew: float) -> None:
    """A node whose clock is off says so of its pods' starts; the old pod's own time is not touched."""
    cluster = Cluster(k8s.pod("old", HERE, start=NOW - 500))
    cluster.gone(k8s.pod("old", HERE, start=NOW - 500), NOW)
    cluster.pod(k8s.pod("new", HERE, start=NOW + skew), NOW + 6)
    assert cluster.name(NOW - 100) == "old"
    assert cluster.name(NOW + 100) == "new"
    assert cluster.name(NOW - 4) == ("old" if skew > 0 else ["shop/new", "shop/old"])


def test_a_forced_delete_ends_when_it_is_heard_of() -> None:
    """`--grace-period=0`: the last event has a running pod with an address."""
    forced = k8s.pod("stuck", HERE, start=NOW - 500)
    forced["metadata"]["deletionTimestamp"] = k8s.stamp(NOW - 30)
    cluster = Cluster(forced)
    cluster.gone(forced, NOW)
    assert [cluster.name(NOW + time) for time in (-20, 3)] == ["stuck", "unknown"]


def test_a_relist_after_a_gap_leaves_two_candidates_where_it_saw_no_end() -> None:
    """While we were away a pod went and its address came to another: when, nobody saw."""
    cluster = Cluster(k8s.pod("old", HERE, start=NOW - 500))
    cluster.list(Resource.PODS, k8s.pod("new", HERE, start=NOW + 50), now=NOW + 300)
    assert [cluster.name(NOW + time) for time in (10, 100, 303)] == ["old", ["shop/new", "shop/old"], "new"]


def test_host_network_pods_have_no_address_of_their_own() -> None:
    """Two of them on one node: it is the node's."""
    cluster = Cluster(k8s.pod("proxy", "172.20.0.1", host=True), k8s.pod("agent", "172.20.0.1", host=True))
    assert cluster.at("172.20.0.1", NOW + 1) == {
        "k8s.kind": "node",
        "name": "node-1",
        "k8s.node.name": "node-1",
    }


def test_a_service_has_its_own_address() -> None:
    """Of both families; reused, it is the next one's; a headless one has none."""
    cluster = Cluster()
    cluster.say(Resource.SERVICES, k8s.service("none"))
    fields = {
        "k8s.kind": "service",
        "name": "shop/cart",
        "k8s.namespace.name": "shop",
        "k8s.service.name": "cart.shop",
    }
    assert cluster.at("10.96.0.9", NOW) == cluster.at("fd00:96::9", NOW) == fields
    assert cluster.resolver.service("10.96.0.9", NOW) == "cart.shop"
    cluster.gone(LISTS[Resource.SERVICES][0], NOW + 100, Resource.SERVICES)
    cluster.say(Resource.SERVICES, k8s.service("other", "10.96.0.9", created=NOW + 110), NOW + 110)
    assert [cluster.resolver.service("10.96.0.9", NOW + time) for time in (50, 105, 200)] == [
        *("cart.shop", None, "other.shop")
    ]
    assert cluster.resolver.service(HERE, NOW) is None


def test_a_pod_may_serve_several_services_and_stop() -> None:
    """A headless one too; one without a selector, whose addresses somebody wrote, is for whoever has them."""
    cluster = Cluster(k8s.pod("p", HERE, start=NOW - 500))
    for name in ("cart", "cart-headless"):
        cluster.say(Resource.ENDPOINTSLICES, k8s.endpointslice(name, {HERE: "uid-p"}, created=NOW - 400))
    cluster.say(Resource.ENDPOINTSLICES, k8s.endpointslice("manual", {HERE: ""}, (), created=NOW - 400))
    cluster.say(
        Resource.ENDPOINTSLICES, k8s.endpointslice("others", {HERE: "uid-of-before"}, created=NOW - 400)
    )
    assert cluster.at(HERE, NOW)["k8s.service.names"] == ["cart-headless.shop", "cart.shop", "manual.shop"]
    cluster.say(Resource.ENDPOINTSLICES, k8s.endpointslice("cart", {}, created=NOW - 400), NOW + 10)
    assert cluster.at(HERE, NOW + 20)["k8s.service.names"] == ["cart-headless.shop", "manual.shop"]
    assert cluster.at(HERE, NOW)["k8s.service.names"] == ["cart-headless.shop", "cart.shop", "manual.shop"]


def test_an_address_of_nobody_is_what_can_be_said_of_it() -> None:
    """Outside, in a node's range, or not to be told."""
    cluster = Cluster(k8s.pod("p", HERE))
    assert (
        cluster.at("203.0.113.9", NOW + 1) == cluster.at("192.168.7.7", NOW + 1) == {"k8s.kind": "external"}
    )
    assert cluster.at("10.64.0.77", NOW + 1) == {"k8s.kind": "unknown", "k8s.node.name": "node-1"}
    assert cluster.at("127.0.0.1", NOW + 1) == {}
    assert cluster.at("not an address", NOW + 1) == {}
    assert cluster.at("203.0.113.9", NOW - 10) == {}, "nobody was asked then"


def test_ranges_that_pods_do_not_keep_to_prove_nothing() -> None:
    """Some networks give addresses of their own: then a private address may always be a pod's."""
    cluster = Cluster(k8s.pod("p", "10.200.0.1"))
    assert cluster.at("192.168.7.7", NOW + 1) == {"k8s.kind": "unknown"}
    assert cluster.at("8.8.8.8", NOW + 1) == {"k8s.kind": "external"}


def test_a_node_that_is_gone_leaves_its_pods_past() -> None:
    """Its range is no range any more, its address nobody's."""
    cluster = Cluster(k8s.pod("p", HERE, start=NOW - 100))
    cluster.list(Resource.NODES, now=NOW + 60)
    assert cluster.at("172.20.0.1", NOW)["k8s.node.name"] == "node-1"
    assert cluster.at("172.20.0.1", NOW + 70) == {"k8s.kind": "unknown"}
    assert cluster.name(NOW + 70) == "p", "until it is gone itself"


def test_nothing_is_said_of_strangers_while_a_resource_cannot_be_read() -> None:
    """403 on nodes: pods are named all the same."""
    resolver = Resolver()
    resolver.apply(Resource.PODS, k8s.read(Resource.PODS, k8s.pod("p", HERE)), NOW)
    resolver.retain(Resource.PODS, {"uid-p"}, NOW)
    assert resolver.at(HERE, 1, NOW + 1).kind is Kind.POD
    assert resolver.at("8.8.8.8", 1, NOW + 1).kind is Kind.UNASKED
    assert not resolver.complete


def test_records_of_before_a_restart_are_named_after_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """What ended, and what ended while nobody looked: gone at the latest when it was listed again."""
    first = Cluster(k8s.pod("ended", HERE, start=NOW - 500), k8s.pod("ends", "10.64.0.10", start=NOW - 500))
    first.gone(k8s.pod("ended", HERE, start=NOW - 500), NOW)
    first.say(
        Resource.ENDPOINTSLICES,
        k8s.endpointslice("cart", {HERE: "uid-ended", "10.64.0.10": "uid-ends"}, created=NOW - 400),
    )
    monkeypatch.setattr(resolver_module, "PIECE", 1)
    resolver = Resolver()
    for piece in first.resolver.remember():
        assert len(piece.held) + len(piece.serving) == 1
        resolver.restore(msgspec.msgpack.decode(msgspec.msgpack.encode(piece), type=Memory))
    second = Cluster(k8s.pod("new", HERE, start=NOW + 100), resolver=resolver, now=NOW + 200)
    second.list(Resource.ENDPOINTSLICES, now=NOW + 200)
    assert second.name(NOW - 100) == "ended"
    assert second.at(HERE, NOW - 100)["k8s.service.names"] == ["cart.shop"]
    assert second.name(NOW + 250) == "new"
    assert [second.name(NOW + time, "10.64.0.10") for time in (150, 250)] == ["ends", "unknown"]
    assert resolver.known(Resource.ENDPOINTSLICES) == 0


def test_the_past_ends() -> None:
    """What was over a week ago is forgotten."""
    cluster = Cluster(k8s.pod("p", HERE, start=NOW - 500))
    cluster.gone(k8s.pod("p", HERE, start=NOW - 500), NOW)
    before = cluster.resolver.holding.count
    cluster.resolver.tidy(NOW + 8 * 86_400)
    assert cluster.resolver.holding.count == before - 1


def test_what_the_api_may_leave_out_is_no_defect() -> None:
    """Objects with nothing in them, and addresses that are none."""
    cluster = Cluster()
    for resource in Resource:
        cluster.say(resource, {"metadata": {"name": "x", "uid": f"empty-{resource.plural}"}})
        cluster.gone({"metadata": {"name": "y", "uid": f"never-{resource.plural}"}}, NOW, resource)
    cluster.pod(k8s.pod("odd", "", "fe80::1%eth0", "nonsense"))
    cluster.say(Resource.NODES, k8s.node("odd", "nonsense", ranges=("nonsense", "10.64.1.9/24")))
    assert cluster.at("10.64.1.77", NOW + 1)["k8s.node.name"] == "odd"


# Any history

PODS = st.lists(
    st.tuples(
        st.sampled_from(["10.64.0.1", "10.64.0.2"]),
        st.integers(0, 100),  # it starts
        st.integers(0, 40),  # and lasts
        st.sampled_from(["runs", "finishes", "is deleted", "vanishes"]),
    ),
    max_size=5,
)


@given(PODS, st.randoms())
def test_any_history_of_pods_is_as_the_oracle_says(
    histories: list[tuple[str, int, int, str]], chance: random.Random
) -> None:
    """Pods that run on, finish, are deleted or vanish unseen, heard of in any order: at every time the candidates are those
    of a brute-force oracle, and there is one name only where it has one.
    """
    listed, relisted = NOW - 10, NOW + 200
    cluster = Cluster(now=listed)
    events: list[tuple[float, str, int]] = []
    for number, (_, start, length, end) in enumerate(histories):
        events.append((start + chance.random() * 5, "begins", number))
        if end in ("finishes", "is deleted"):
            events.append((max(events[-1][0], start + length) + 0.01, end, number))

    def written(number: int, **more: Any) -> dict[str, Any]:
        address, start, _, _ = histories[number]
        return k8s.pod(f"p{number}", address, start=NOW + start, **more)

    heard: dict[int, float] = {}
    for when, what, number in sorted(events):
        _, start, length, _ = histories[number]
        match what:
            case "begins":
                cluster.pod(written(number), NOW + when)
            case "finishes":
                over = written(number, phase="Succeeded", finished=NOW + start + length)
                cluster.pod(over, NOW + when)
                cluster.gone(over, NOW + when + 30)
            case _:
                cluster.gone(written(number), NOW + when)
                heard[number] = NOW + when
    left = [written(number) for number, each in enumerate(histories) if each[3] == "runs"]
    cluster.list(Resource.PODS, *left, now=relisted)

    claims: dict[str, list[tuple[float, float, bool, str]]] = defaultdict(list)
    for number, (address, start, length, end) in enumerate(histories):
        ends = {"runs": float("inf"), "finishes": NOW + start + length, "vanishes": relisted}
        until = ends[end] if end in ends else heard[number]
        claims[address].append((NOW + start, until, end == "finishes", f"shop/p{number}"))
    for address, all_of in claims.items():
        for second in range(-5, 220, 9):
            time = NOW + second
            had = []
            for claimed, until, _, name in all_of:
                mine = (claimed, until)
                exact = [last for begun, last, certain, _ in all_of if certain and (begun, last) < mine]
                if min(max([claimed, *exact]), until) - SLACK <= time <= until + SLACK:
                    had.append(name)
            fields = cluster.at(address, time)
            match len(had):
                case 0:
                    assert fields["k8s.kind"] == "unknown"
                case 1:
                    assert f"shop/{fields['k8s.pod.name']}" == had[0]
                case _:
                    assert fields["k8s.candidates"] == sorted(had)


# By uid, as an agent proves it


def by_uid(cluster: Cluster, uid: str, time: float, address: str = HERE) -> object:
    """The pod's name, if it is known."""
    named = cluster.resolver.pod(uid, address, 8080, time)
    return None if named is None else json.loads(b"{%b}" % named.source).get("source.k8s.pod.name")


def test_a_uid_is_one_pod_for_ever() -> None:
    """Whoever has its address now, and after it is over; of the host's network too, which has no address of its own."""
    old, new = k8s.pod("cart-0", HERE), k8s.pod("web-0", HERE, start=NOW + 60)
    agent = k8s.pod("logs-x", "172.20.0.1", host=True)
    cluster = Cluster(old, agent)
    cluster.gone(old, NOW + 59)
    cluster.pod(new, NOW + 60)
    for time in (NOW, NOW + 59.5, NOW + 600):
        assert by_uid(cluster, "uid-cart-0", time) == "cart-0"
        assert by_uid(cluster, "uid-web-0", time) == "web-0"
        assert by_uid(cluster, "uid-logs-x", time, "172.20.0.1") == "logs-x"
        assert by_uid(cluster, "uid-nobody", time) is None
    cluster.list(Resource.PODS, new, now=NOW + 700)  # a list without it: it is over
    assert by_uid(cluster, "uid-logs-x", NOW + 701, "172.20.0.1") == "logs-x"


def test_a_uid_outlives_a_restart_and_not_the_longest_spool() -> None:
    """With the addresses that are remembered."""
    over, there = k8s.pod("cart-0", HERE), k8s.pod("web-0", "10.64.0.10")
    cluster = Cluster(over, there)
    cluster.gone(over, NOW + 60)
    after = Resolver()
    for piece in cluster.resolver.remember():
        after.restore(msgspec.msgpack.decode(msgspec.msgpack.encode(piece), type=Memory))
    later = Cluster(there, resolver=after, now=NOW + 120)
    assert by_uid(later, "uid-cart-0", NOW + 30) == "cart-0"
    after.tidy(NOW + 60 + resolver_module.KEEP_SECONDS)
    assert by_uid(later, "uid-cart-0", NOW + 30) == "cart-0"
    after.tidy(NOW + 61 + resolver_module.KEEP_SECONDS)
    assert by_uid(later, "uid-cart-0", NOW + 30) is None
    assert by_uid(later, "uid-web-0", NOW + 30, "10.64.0.10") == "web-0"


def test_uids_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that are over make room; where all are there, the newest is known by its address alone."""
    monkeypatch.setattr(resolver_module, "LIMIT", 2)
    first, second, third, fourth = [k8s.pod(f"p{number}", f"10.64.0.{number}") for number in range(4)]
    cluster = Cluster(first, second)
    cluster.pod(third, NOW + 1)
    assert by_uid(cluster, "uid-p2", NOW + 2) is None
    cluster.gone(first, NOW + 3)
    cluster.pod(fourth, NOW + 4)
    assert by_uid(cluster, "uid-p0", NOW + 5) is None
    assert by_uid(cluster, "uid-p1", NOW + 5) == "p1"
    assert by_uid(cluster, "uid-p3", NOW + 5) == "p3"
