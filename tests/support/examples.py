"""How many examples a property gets: its own number in the thorough run, a share of it in the others.

    conversations = examples(1_000)     # 1,000 in CI's run of fixed examples, 250 with a fresh seed, 100 in `make test`

Owns the profiles of Hypothesis. An absolute number in a test would make every run as long as the longest. What the
core's promises rest on says its number; a property that says none gets a few hundred in all, where more found nothing.
"""

from __future__ import annotations

import os
from typing import Any, Final

from hypothesis import HealthCheck, settings

__all__ = ["PROFILE", "PROFILES", "examples", "load"]

_FULL: Final = 1_000
PROFILES: Final = {"quick": 100, "fresh": 250, "ci": _FULL}
"""Of a thousand, by profile: `make test`, `make properties`, CI's thorough run."""
_UNSAID: Final = {"quick": 50, "fresh": 50, "ci": 200}
"""What a property gets that says nothing."""
PROFILE: Final = os.environ.get("HYPOTHESIS_PROFILE", "quick")


def load() -> None:
    """Take the profile that HYPOTHESIS_PROFILE names.

    Shared machines pause for longer than any deadline. CI takes the same examples each time: a commit fails for what it
    changed. The others take new ones; where CI is set, Hypothesis would take the same always, whatever the seed.
    """
    for name, number in _UNSAID.items():
        settings.register_profile(
            name,
            deadline=None,
            derandomize=name == "ci",
            max_examples=number,
            print_blob=True,
            suppress_health_check=[HealthCheck.too_slow],
        )
    settings.load_profile(PROFILE)


def examples(full: int, **other: Any) -> settings:
    """Settings of a property: `full` examples in the thorough run, and its share of them in the profile in force."""
    return settings(max_examples=max(full * PROFILES[PROFILE] // _FULL, 1), **other)
