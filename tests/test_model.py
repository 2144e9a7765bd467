"""Facts about the nouns."""

from __future__ import annotations

import pytest

from interceptor.model import Anomaly, Drop, Interface, Request, Stage, State, Transaction
from tests.conversations import Capture, Dialogue


@pytest.mark.parametrize(
    ("received", "delivered", "dropped", "held", "balanced"),
    [(6, 1, {"late": 2}, 3, True), (6, 1, {"late": 2}, 2, False), (0, 0, {}, 0, True), (1, 2, {}, -1, True)],
)
def test_a_stage_balances(
    received: int, delivered: int, dropped: dict[str, int], held: int, *, balanced: bool
) -> None:
    """A stage is balanced if what it received is what it delivered, dropped and holds."""
    assert Stage("segments", "segments", received, delivered, dropped, held).balanced is balanced


@pytest.mark.parametrize("reasons", [Drop, Anomaly, State])
def test_reasons_are_names_of_metrics(reasons: type[Drop | Anomaly | State]) -> None:
    """Reasons, tags and states are lower-case words: labels that need no escaping anywhere."""
    for reason in reasons:
        assert str(reason) == reason.name.lower()
        assert str(reason).replace("_", "").isalnum()


def test_interfaces_of_one_name_are_two() -> None:
    """Two captures of one name are two interfaces."""
    assert Interface("eth0", 1) != Interface("eth0", 1)


def test_messages_do_not_share_their_tags() -> None:
    """Tagging one message or transaction leaves every other alone."""
    first, second = Request(0, 0, 0), Request(0, 0, 0)
    first.tag(Anomaly.BARE_CR)
    first.tag(Anomaly.OBS_FOLD)
    assert first.anomalies == {Anomaly.BARE_CR, Anomaly.OBS_FOLD}
    assert second.anomalies is None
    capture = Capture()
    Dialogue(capture).open().exchange(1)
    [made] = capture.transactions
    one, other = (Transaction(made.peers, index) for index in (1, 2))
    one.tag(Anomaly.DEADLINE)
    assert one.anomalies == {Anomaly.DEADLINE}
    assert other.anomalies is None
