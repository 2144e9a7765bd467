"""Whose records are sent on."""

from __future__ import annotations

import pytest

from interceptor.kubernetes import namespaces as namespaces_module
from interceptor.kubernetes.namespaces import Namespaces, Verdict

KEPT, UNKNOWN, LEFT_OUT = Verdict.KEPT, Verdict.UNKNOWN, Verdict.LEFT_OUT


@pytest.mark.parametrize(
    ("include", "exclude", "source", "destination", "expected"),
    [
        (["*"], ["kube-*"], "shop", "bank", KEPT),
        (["*"], ["kube-*"], "shop", "kube-system", LEFT_OUT),
        (["*"], ["kube-*"], "kube-system", "", LEFT_OUT),
        (["*"], ["kube-*"], None, "kube-system", LEFT_OUT),
        (["*"], ["kube-*"], None, "shop", UNKNOWN),
        (["*"], ["kube-*"], "", "", KEPT),
        (["shop"], [], "shop", "bank", KEPT),
        (["shop"], [], "bank", "shop", KEPT),
        (["shop"], [], "", "shop", KEPT),
        (["shop"], [], "bank", "", LEFT_OUT),
        (["shop"], [], "", "", LEFT_OUT),
        (["shop"], [], "shopping", "bank", LEFT_OUT),
        (["shop"], [], "bank", None, UNKNOWN),
        (["shop"], [], None, None, UNKNOWN),
        (["shop", "team-[0-9]"], ["team-7"], "team-3", "bank", KEPT),
        (["shop", "team-[0-9]"], ["team-7"], "team-7", "shop", LEFT_OUT),
        ([], [], "shop", "shop", LEFT_OUT),
    ],
)
def test_what_becomes_of_a_record(
    include: list[str], exclude: list[str], source: str | None, destination: str | None, expected: Verdict
) -> None:
    """What is excluded wins; who is not known is kept, and told apart."""
    rule = Namespaces(include, exclude)
    assert rule
    assert rule.verdict(source, destination) is expected
    assert rule.verdict(source, destination) is expected


def test_by_default_nothing_is_left_out() -> None:
    """And nobody needs to ask."""
    assert not Namespaces()


def test_what_is_cached_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Namespaces come and go."""
    monkeypatch.setattr(namespaces_module, "_CACHED", 3)
    rule = Namespaces(["team-*"])
    for number in range(10):
        assert rule.verdict(f"team-{number}", "") is KEPT
        assert len(rule._verdicts) <= 3
