"""HPACK's static table against another's."""

from __future__ import annotations

from hpack.table import HeaderTable

from interceptor.core.protocols.http2.tables import STATIC


def test_the_static_table_is_that_of_the_rfc() -> None:
    """RFC 7541 appendix A: 61 entries, from index 1 on."""
    assert STATIC == HeaderTable.STATIC_TABLE
    assert len(STATIC) == 61
