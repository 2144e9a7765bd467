"""`interceptor.capture.interfaces`: which names are captured."""

from __future__ import annotations

import pytest

from interceptor.capture.interfaces import decide, spelled_out
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
        ("enp3s0", False, "exclude en*"),
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
