"""Facts about records of what lasts."""

from __future__ import annotations

import itertools

from interceptor.core.records.parts import PartRecord, ended_by, place
from interceptor.core.records.tls import TlsRecord
from interceptor.core.records.tunnel import TunnelRecord
from interceptor.core.records.websocket import WebSocketRecord


def test_a_place_is_of_one_kind_part_and_beginning() -> None:
    """In twelve digits, of which the last eight are the position."""
    said = itertools.product((0b011, 0b101), (1, 2, 4_095), (0, 1, 2**32 - 1), (True, False))
    places = {place(kind, part, position, asked=asked): position for kind, part, position, asked in said}
    assert len(places) == 2 * 3 * 3 * 2
    assert all(found < 1 << 48 and found & 0xFFFFFFFF == position for found, position in places.items())


def test_lines_of_all_kinds_begin_alike() -> None:
    """So that whoever reads one can place any other."""
    begin = PartRecord.__struct_encode_fields__
    for kind in (TlsRecord, TunnelRecord, WebSocketRecord):
        assert kind.__struct_encode_fields__[: len(begin)] == begin


def test_sides_have_names() -> None:
    """Where one is known."""
    assert [ended_by(side) for side in (0, 1, None)] == ["client", "server", None]
