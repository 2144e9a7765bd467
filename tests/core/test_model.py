"""Facts about the nouns."""

from __future__ import annotations

import gc
from dataclasses import fields

from interceptor.core.model import (
    Anomaly,
    Drop,
    Interface,
    Limits,
    Peers,
    Request,
    Response,
    Stage,
    Transaction,
)


def test_a_stage_balances_when_nothing_is_missing() -> None:
    """received = delivered + sum(dropped) + held, and one byte off is seen."""
    assert Stage("payload", "bytes", 10, 5, {"late": 2, "after_fin": 1}, 2).balanced
    assert not Stage("payload", "bytes", 10, 5, {"late": 2, "after_fin": 1}, 1).balanced


def test_interfaces_are_their_own() -> None:
    """Two captures of one name are two interfaces: comparing by name would merge their packets."""
    assert Interface("eth0", 1) != Interface("eth0", 1)


def test_a_tag_is_kept_once_and_apart() -> None:
    """Tags of one message do not show on another, however often they are given."""
    one, other = Request(0, 0, 0), Request(0, 0, 0)
    for _ in range(2):
        one.tag(Anomaly.OBS_FOLD)
    one.tag(Anomaly.LF_ONLY)
    assert one.anomalies == {Anomaly.OBS_FOLD, Anomaly.LF_ONLY}
    assert other.anomalies is None


def test_a_transaction_has_tags_of_its_own() -> None:
    """What is odd about a pair is not odd about its messages."""
    peers = Peers("192.0.2.1", 1, "192.0.2.2", 80, "ipv4", bytes(10), None)
    transaction = Transaction(peers, 1, Request(0, 0, 0), Response(0, 0, 0))
    transaction.tag(Anomaly.PIPELINED)
    assert transaction.anomalies == {Anomaly.PIPELINED}
    assert transaction.request is not None
    assert transaction.request.anomalies is None


def test_the_collector_does_not_look_at_messages() -> None:
    """Messages are in no cycle, so they are made untracked: half of what a collection would visit."""
    assert not gc.is_tracked(Request(0, 0, 0))
    assert not gc.is_tracked(Response(0, 0, 0))


def test_reasons_and_tags_are_fit_for_labels() -> None:
    """Bounded lists of lower-case words: they become metric labels and record fields as they are."""
    for value in [*Drop, *Anomaly]:
        assert str(value).replace("_", "").isalnum()
        assert str(value) == str(value).lower()


def test_every_limit_is_a_limit() -> None:
    """No default is zero or unlimited."""
    for limit in fields(Limits):
        assert 0 < getattr(Limits(), limit.name) < 2**32
