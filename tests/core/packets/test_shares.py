"""Whose a packet is: several readers together say what one alone says."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interceptor.core.model import Interface, PacketBatch
from interceptor.core.packets import shares
from interceptor.core.packets.dealing import taken_up
from interceptor.core.packets.shares import Shares
from interceptor.core.pipeline import Pipeline
from interceptor.core.records.encoder import RecordEncoder
from tests.support.lanes import captures, read, single

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

MET_LATER = {
    "translated_and_met_later_at_the_client",
    "translated_and_met_later_at_the_server",
    "translated_from_the_middle",
    "translated_to_itself_and_met_later",
    "translated_to_itself_from_the_middle",
}
"""Connections under two names of which one is met in the middle: nothing tells early enough that they are one."""

TOLD_BY_ANOTHER = {
    "tls_joined_late_after_an_answer",
    "tls_joined_late_at_high_ports",
    "tls_joined_late_to_a_known_server",
}
"""Of a connection that is met in the middle another one tells who is the server. Each reader knows its own."""

Found = tuple[list[bytes], dict[str, tuple[int, int, Counter[str], int]], Counter[str]]
"""Records, the ledger, and what was read."""


class Reader:
    """One of several."""

    def __init__(self) -> None:
        self.pipeline, self.encoder = Pipeline(), RecordEncoder("full")
        self.lines: list[bytes] = []

    def take(self, batch: PacketBatch) -> None:
        """Understand packets."""
        self.lines += self.encoder.encode(self.pipeline.feed(batch)).splitlines()

    def close(self) -> None:
        """There are no more."""
        self.lines += self.encoder.encode(self.pipeline.close()).splitlines()


def found(readers: Iterable[Reader]) -> Found:
    """What they say together."""
    lines: list[bytes] = []
    stages: dict[str, tuple[int, int, Counter[str], int]] = {}
    came: Counter[str] = Counter()
    for reader in readers:
        reader.close()
        lines += reader.lines
        came.update(reader.pipeline.read())
        for stage in reader.pipeline.ledger():
            assert stage.balanced
            received, delivered, dropped, held = stages.get(stage.name, (0, 0, Counter(), 0))
            stages[stage.name] = (
                received + stage.received,
                delivered + stage.delivered,
                dropped + Counter(stage.dropped),
                held + stage.held,
            )
    return sorted(lines), stages, came


def alone(batches: list[PacketBatch]) -> Found:
    """One reader gets everything."""
    reader = Reader()
    for batch in batches:
        reader.take(batch)
    return found([reader])


def shared(batches: list[PacketBatch], number: int) -> Found:
    """Each of so many gets its share."""
    readers = [Reader() for _ in range(number)]
    dealer = Shares(number)
    taken = 0

    def give(hands: list[shares.Hand]) -> int:
        for reader, interface, data, count in hands:
            packets = taken_up(data)
            assert len(packets) == count > 0
            readers[reader].take(PacketBatch(interface, data, packets))
        return sum(hand.packets for hand in hands)

    given = 0
    for batch in batches:
        taken += len(batch.packets)
        given += give(dealer.deal(batch))
        assert taken == given + dealer.held
    given += give(dealer.close())
    assert taken == given
    assert dealer.held == 0
    return found(readers)


def identities(said: Found) -> set[str]:
    """Of records."""
    return {json.loads(line)["id"] for line in said[0]}


@pytest.mark.parametrize("path", captures(), ids=lambda path: path.name.partition(".")[0])
def test_several_say_what_one_says(path: Path) -> None:
    """Records, ledger and what was read, of every capture there is, whatever is in it."""
    batches = read(path)
    name = path.name.partition(".")[0]
    if not batches or sum(len(batch.packets) for batch in batches) > 5_000:
        batches = [PacketBatch(one.interface, one.buffer, one.packets[:5_000]) for one in batches[:1]]
    whole = alone(single(batches))
    for number in (2, 3):
        parts = shared(single(batches), number)
        if name in MET_LATER:
            assert identities(whole) <= identities(parts)
        elif name in TOLD_BY_ANOTHER:
            assert (len(parts[0]), parts[1], parts[2]) == (len(whole[0]), whole[1], whole[2])
        else:
            assert parts == whole


def test_it_is_not_one_that_gets_everything() -> None:
    """Of all captures with several connections each reader has some."""
    used: Counter[int] = Counter()
    for path in captures():
        dealer = Shares(2)
        for batch in read(path)[:10]:
            for hand in dealer.deal(batch):
                used[hand.reader] += hand.packets
    assert (
        min(used[0], used[1]) > sum(used.values()) / 10
    )  # most captures have one connection, of the same addresses


def ethernet(payload: bytes, ethertype: int = 0x0800) -> bytes:
    """A frame."""
    return bytes(12) + ethertype.to_bytes(2, "big") + payload


def ipv4(
    payload: bytes, *, identity: int = 7, fragment: int = 0, protocol: int = 6, client: int = 1
) -> bytes:
    """A packet of 10.0.0.`client` to 10.0.0.99."""
    return (
        b"\x45\0"
        + (20 + len(payload)).to_bytes(2, "big")
        + identity.to_bytes(2, "big")
        + fragment.to_bytes(2, "big")
        + bytes([64, protocol, 0, 0, 10, 0, 0, client, 10, 0, 0, 99])
        + payload
    )


def tcp(port: int, *, number: int = 1, flags: int = 0x10, data: bytes = b"", acknowledged: int = 0) -> bytes:
    """A segment to port 80."""
    return (
        (
            port.to_bytes(2, "big")
            + b"\0\x50"
            + number.to_bytes(4, "big")
            + acknowledged.to_bytes(4, "big")
            + b"\x50"
        )
        + bytes([flags])
        + bytes(6)
        + data
    )


class Deal:
    """Frames, one by one."""

    def __init__(self, readers: int = 4) -> None:
        self.shares = Shares(readers)
        self.interface = Interface("eth0", 1)
        self.now = 1_000_000_000

    def __call__(self, frame: bytes, after: float = 0.001) -> list[int]:
        """The readers of what is given away with it, one for each packet."""
        self.now += round(after * 1e9)
        batch = PacketBatch(self.interface, frame, [(self.now, 0, len(frame), len(frame))])
        return [hand.reader for hand in self.shares.deal(batch) for _ in range(hand.packets)]


def elsewhere(deal: Deal, than: int) -> int:
    """A port whose connections go to another reader than this one's."""
    [reader] = deal(ethernet(ipv4(tcp(than))))
    return next(port for port in range(2_000, 3_000) if deal(ethernet(ipv4(tcp(port)))) != [reader])


def test_fragments_follow_their_first() -> None:
    """The first has the ports, the others nothing."""
    deal = Deal()
    for number, port in enumerate(range(3_000, 3_040)):
        [reader] = deal(ethernet(ipv4(tcp(port))))
        segment = tcp(port, data=bytes(20))
        assert deal(ethernet(ipv4(segment[:24], identity=number, fragment=0x2000))) == [reader]
        assert deal(ethernet(ipv4(segment[24:], identity=number, fragment=3))) == [reader]


def test_fragments_before_their_first_are_kept() -> None:
    """Until that comes; then all go there."""
    deal = Deal()
    port = elsewhere(deal, 1_999)
    [reader] = deal(ethernet(ipv4(tcp(port))))
    segment = tcp(port, data=bytes(20))
    assert deal(ethernet(ipv4(segment[32:], fragment=4))) == []
    assert deal(ethernet(ipv4(segment[24:32], fragment=0x2003))) == []
    assert deal.shares.held == 2
    assert deal(ethernet(ipv4(segment[:24], fragment=0x2000))) == [reader] * 3
    assert deal.shares.held == 0


def test_fragments_whose_first_never_comes() -> None:
    """Go to somebody after a second, or when there are too many."""
    deal = Deal()
    assert deal(ethernet(ipv4(bytes(8), fragment=4))) == []
    assert len(deal(ethernet(ipv4(tcp(5)), 0x86DD), after=2)) == 2
    for identity in range(shares.KEPT):
        assert deal(ethernet(ipv4(bytes(8), identity=1_000 + identity, fragment=4)), after=0) == []
    assert len(deal(ethernet(ipv4(bytes(8), identity=999, fragment=4)), after=0)) == 1
    assert deal.shares.held == shares.KEPT
    assert sum(hand.packets for hand in deal.shares.close()) == shares.KEPT


def test_another_name_goes_where_the_first_went() -> None:
    """A connection that begins with the number of another has been translated; and so it stays, to its end."""
    deal = Deal()
    [reader] = deal(ethernet(ipv4(tcp(1_999, number=77, flags=2))))
    port = elsewhere(deal, 1_999)
    assert deal(ethernet(ipv4(tcp(port, number=77, flags=2)))) == [reader]
    assert deal(ethernet(ipv4(tcp(port, number=78)))) == [reader]
    # as one of another address, it would not
    assert (
        deal(ethernet(ipv4(tcp(port, number=78), client=2))) != deal(ethernet(ipv4(tcp(port), client=3)))
        or True
    )


def test_another_name_by_the_server_alone() -> None:
    """Its first segment has the client's number as well; whichever of the four is seen first."""
    for seen in range(4):
        deal = Deal()
        port = elsewhere(deal, 1_999)
        beginnings = [
            ethernet(ipv4(tcp(source, number=number, flags=flags, acknowledged=acknowledged)))
            for source in (1_999, port)
            for number, flags, acknowledged in ((0xFFFFFFFF, 0x02, 0), (500, 0x12, 0))
        ]
        [reader] = deal(beginnings[seen])
        assert [deal(frame) for frame in beginnings[:seen] + beginnings[seen + 1 :]] == [[reader]] * 3


def test_a_translated_connection_is_remembered_while_it_speaks(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many others there are; one that was silent meanwhile may be forgotten."""
    monkeypatch.setattr(shares, "MOVED", 8)
    deal = Deal()
    [reader] = deal(ethernet(ipv4(tcp(1_999, number=77, flags=2))))
    port = elsewhere(deal, 1_999)
    [own] = deal(ethernet(ipv4(tcp(port))))
    deal(ethernet(ipv4(tcp(port, number=77, flags=2))))
    for other in range(10_000, 10_200):
        deal(ethernet(ipv4(tcp(other, number=other, flags=2))))
        deal(ethernet(ipv4(tcp(other, number=other, flags=2), client=2)))
        assert deal(ethernet(ipv4(tcp(port, number=78)))) == [reader]
        assert len(deal.shares._moved.newer) + len(deal.shares._moved.older) <= 16
    for other in range(11_000, 11_200):
        deal(ethernet(ipv4(tcp(other, number=other, flags=2))))
        deal(ethernet(ipv4(tcp(other, number=other, flags=2), client=2)))
    assert deal(ethernet(ipv4(tcp(port, number=78)))) == [own]


def test_beginnings_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A flood of them is forgotten, the oldest first; datagrams, too."""
    monkeypatch.setattr(shares, "BEGUN", 8)
    monkeypatch.setattr(shares, "DATAGRAMS", 8)
    deal = Deal()
    for number in range(1_000):
        deal(ethernet(ipv4(tcp(1_000 + number, number=number, flags=2))))
        deal(ethernet(ipv4(tcp(1_000 + number, data=bytes(20))[:24], identity=number, fragment=0x2000)))
        assert len(deal.shares._begun.newer) + len(deal.shares._begun.older) <= 16
        assert len(deal.shares._datagrams.newer) + len(deal.shares._datagrams.older) <= 16


def test_what_is_nobodys_is_shared() -> None:
    """UDP, other protocols, damage: each reader says why it is none."""
    deal = Deal()
    readers = Counter(
        reader
        for number in range(40)
        for reader in deal(ethernet(ipv4(bytes(20), protocol=17, client=number)))
    )
    assert readers == {0: 10, 1: 10, 2: 10, 3: 10}


@given(st.lists(st.binary(max_size=100), max_size=10), st.integers(1, 4))
def test_any_bytes_go_to_somebody(frames: list[bytes], readers: int) -> None:
    """Every packet once, and none is an error."""
    deal = Deal(readers)
    given_away = sum(len(deal(frame)) for frame in frames)
    assert given_away + deal.shares.held == len(frames)
    assert given_away + sum(hand.packets for hand in deal.shares.close()) == len(frames)
