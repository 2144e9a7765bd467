"""Names that the operator gives."""

from __future__ import annotations

import pytest

from interceptor.errors import UsageError
from interceptor.kubernetes.given import Given


def test_the_narrowest_holds() -> None:
    """Whatever the order; of both families; and nothing is called what nobody named."""
    given = Given(["10.9.0.0/16=warehouse", "10.9.1.2 = warehouse/scanner", "fd00::/8=six"])
    found = [
        given.name(each)
        for each in ("10.9.1.2", "10.9.1.3", "10.9.2.1", "10.8.0.1", "fd12::1", "odd", "fd12::1")
    ]
    assert found == ["warehouse/scanner", "warehouse", "warehouse", None, "six", None, "six"]
    assert Given([]).name("10.9.1.2") is None
    assert not Given([])


@pytest.mark.parametrize(
    "entry",
    ["10.0.0.1", "10.0.0.1=", "=x", "10.0.0.1/8=x", "shop=x", "10.0.0.1=" + "x" * 129, "10.0.0.1=\x07"],
)
def test_what_is_no_name_is_said(entry: str) -> None:
    """With the entry, and how it is written."""
    with pytest.raises(UsageError, match=r"names: .*10\.1\.2\.3=ledger") as caught:
        Given([entry])
    assert "\n" not in str(caught.value)
