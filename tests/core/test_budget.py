"""The budget of what waits: one number that comes back to nothing."""

from __future__ import annotations

from interceptor.core.budget import Budget


def test_a_new_budget_is_all_free() -> None:
    """Nothing waits yet."""
    budget = Budget(1_000)
    assert (budget.held, budget.limit) == (0, 1_000)
