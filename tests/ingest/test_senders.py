"""`interceptor.ingest.senders`: batches by agent, bounded."""

from __future__ import annotations

from itertools import product

from interceptor.delivery.batches import Header
from interceptor.ingest.senders import IDLE_SECONDS, MOST_AGENTS, OTHER, UNNAMED, Senders

OUTCOMES = ("taken", "full")


def header(node: str | None = None, cluster: str | None = None) -> Header:
    """Of an agent."""
    return Header(1, "0" * 32, "interceptor/1", 1, "2026-01-01T00:00:00.000000Z", cluster, node)


def counted(senders: Senders) -> dict[tuple[str, str], int]:
    """Those that are not zero; no series is there twice."""
    seen = list(senders)
    assert len({(agent, outcome) for agent, outcome, _ in seen}) == len(seen)
    return {(agent, outcome): count for agent, outcome, count in seen if count}


def test_agents_are_told_apart_by_cluster_and_node() -> None:
    """One that says neither has a name too; each has every outcome from its first batch on."""
    senders = Senders(OUTCOMES)
    for one in (header("a"), header("a", "east"), header("a", "east"), header()):
        senders.count(one, "taken")
    assert counted(senders) == {("a", "taken"): 1, ("east/a", "taken"): 2, (UNNAMED, "taken"): 1}
    assert {(agent, outcome) for agent, outcome, _ in senders} == set(
        product(("a", "east/a", UNNAMED, OTHER), OUTCOMES)
    )


def test_names_beyond_the_limit_are_counted_together() -> None:
    """Those that are named stay so, and nothing is lost."""
    senders = Senders(OUTCOMES)
    for number in range(3 * MOST_AGENTS):
        senders.count(header(f"n{number}"), "taken")
    senders.count(header("n0"), "full")
    counts = counted(senders)
    assert len({agent for agent, _ in counts}) == MOST_AGENTS + 1
    assert counts[OTHER, "taken"] == 2 * MOST_AGENTS
    assert counts["n0", "full"] == 1
    assert sum(counts.values()) == 3 * MOST_AGENTS + 1


def test_an_agent_that_sends_nothing_gives_its_place() -> None:
    """Where there is no other place, two hours after its last batch."""
    now = 0.0
    senders = Senders(OUTCOMES, lambda: now)
    for number in range(MOST_AGENTS):
        senders.count(header(f"n{number}"), "taken")
    now = IDLE_SECONDS - 1
    senders.count(header("n0"), "taken")
    senders.count(header("early"), "taken")
    now = IDLE_SECONDS + 60
    senders.count(header("late"), "taken")
    assert counted(senders) == {("n0", "taken"): 2, ("late", "taken"): 1, (OTHER, "taken"): 1}


def test_no_agent_can_pass_for_all_others() -> None:
    """Nor be two of one name, whatever it calls itself."""
    senders = Senders(OUTCOMES)
    senders.count(header(OTHER), "taken")
    senders.count(header("b/c", "a"), "taken")
    senders.count(header("c", "a/b"), "taken")
    assert counted(senders) == {(OTHER, "taken"): 1, ("a/b/c", "taken"): 2}
