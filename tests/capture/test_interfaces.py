"""`interceptor.capture.interfaces`: which names are captured."""

from __future__ import annotations

import pytest

from interceptor.capture.interfaces import decide, decide_all, spelled_out
from interceptor.config import Interfaces


@pytest.mark.parametrize(
    ("name", "captured", "rule"),
    [
        ("veth1a2b3c", True, "include *"),
        ("cali0123456789a", True, "include *"),
        ("lxc0123", True, "include *"),
        ("tap0", True, "include *"),
        ("any", False, "exclude any"),
        ("lo", False, "exclude lo"),
        ("eth0", False, "exclude eth*"),
        ("enp3s0", False, "exclude en[!i]*"),
        ("eni0123456789a", True, "include *"),
        ("docker0", False, "exclude docker0"),
        ("br-0123456789ab", False, "exclude br-*"),
        ("cni0", False, "exclude cni*"),
        ("flannel.1", False, "exclude flannel*"),
        ("cilium_vxlan", False, "exclude cilium_*"),
        ("kube-ipvs0", False, "exclude kube-ipvs*"),
    ],
)
def test_the_default(name: str, captured: bool, rule: str) -> None:
    """Pods' own interfaces, and not what shows their traffic once more."""
    decision = decide(name, Interfaces())
    assert (decision.captured, decision.rule) == (captured, rule)


@pytest.mark.parametrize(
    ("name", "captured", "rule"),
    [
        ("eth0", True, "include eth0"),
        ("eth1", False, "exclude eth*"),
        ("veth7", True, "include veth*"),
        ("wg0", False, "not included"),
        ("Veth7", False, "not included"),
    ],
)
def test_a_name_spelled_out_wins(name: str, captured: bool, rule: str) -> None:
    """Over what excludes it; a pattern does not. Case matters, as it does to the kernel."""
    decision = decide(name, Interfaces(include=("eth0", "veth*")))
    assert (decision.captured, decision.rule) == (captured, rule)


def test_names_that_are_no_patterns() -> None:
    """Can be opened without any list."""
    assert spelled_out(Interfaces(include=("eth0", "veth*", "a?", "b[0-9]", "cni0"))) == ("eth0", "cni0")


_UP = dict.fromkeys(("lo", "any", "docker0", "eth0"), True)


@pytest.mark.parametrize(
    ("names", "rules", "captured"),
    [
        # a host: its uplinks, whatever their names, and whatever else there is that is no pod's
        (_UP, Interfaces(), {"eth0"}),
        (
            dict.fromkeys(("lo", "ens3", "wlp2s0", "ib0", "bond0"), True),
            Interfaces(),
            {"ens3", "wlp2s0", "ib0", "bond0"},
        ),
        ({**_UP, "wg0": True, "tailscale0": True}, Interfaces(), {"eth0", "wg0", "tailscale0"}),
        ({**_UP, "eth1": False}, Interfaces(), {"eth0", "eth1"}),
        # what a kernel module leaves behind is down, and nobody's
        ({**_UP, "veth9": False, "dummy0": False}, Interfaces(), {"eth0", "veth9"}),
        # asked for beside it
        (_UP, Interfaces(include=("*", "lo")), {"lo", "eth0"}),
        # pods, or rules of the operator's own, which are taken at their word
        ({**_UP, "veth9": True}, Interfaces(), {"veth9"}),
        ({**_UP, "eni0123456789a": True}, Interfaces(), {"eni0123456789a"}),
        (_UP, Interfaces(include=("lo",)), {"lo"}),
        (_UP, Interfaces(include=("veth*",)), set()),
        (_UP, Interfaces(exclude=("eth*",)), {"lo", "any", "docker0"}),
    ],
)
def test_on_a_host_without_pods_the_uplinks_are_captured(
    names: dict[str, bool], rules: Interfaces, captured: set[str]
) -> None:
    """While nobody has said otherwise; and only where that was asked for."""
    decisions = decide_all(names, rules, uplinks=True)
    assert {name for name, decision in decisions.items() if decision.captured} == captured
    assert decide_all(names, rules) == {name: decide(name, rules) for name in names}
