"""Connections of HTTP/2 as captures show them: however they are cut, shuffled and shown again, the records are the same."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from interceptor.core.model import Interface
from tests.conversations import (
    ACK,
    FIN,
    SECOND,
    START,
    SYN,
    Capture,
    Dialogue,
    Ends,
    Seen,
    Sent,
    records,
    run,
)
from tests.conversations import unbalanced as unbalanced_stages
from tests.support.examples import examples
from tests.support.http2 import CLIENT, PREFACE, SERVER, frame, made
from tests.support.http2_listener import pieces
from tests.test_properties import essence

if TYPE_CHECKING:
    from tests.support.http2_listener import Piece

SEEDS = st.integers(0, 2**32 - 1)
ETH0, ETH1 = Interface("eth0", 1), Interface("eth1", 1)
DISORDER = SECOND // 2
GET = b"\x82\x84\x86\x41\x06a.test"


def segments(shown: list[Piece]) -> list[Sent]:
    """A whole TCP connection around these pieces."""
    ends, sent = Ends(), [0, 0]
    found = [
        Sent(ends, client=True, position=-1, place=None, flags=SYN),
        Sent(ends, client=False, position=-1, place=0, flags=SYN | ACK),
        Sent(ends, client=True, position=0, place=0),
    ]
    for piece in shown:
        assert piece.position == sent[piece.side]
        found.append(
            Sent(
                ends,
                client=piece.side == CLIENT,
                position=piece.position,
                place=sent[1 - piece.side],
                data=piece.data,
            )
        )
        sent[piece.side] += len(piece.data)
    for client in (True, False):
        here, there = (sent[CLIENT], sent[SERVER]) if client else (sent[SERVER], sent[CLIENT] + 1)
        found.append(Sent(ends, client=client, position=here, place=there, flags=ACK | FIN))
    return found


@examples(1_000)
@given(SEEDS)
def test_disorder_and_copies_change_nothing(seed: int) -> None:
    """Any segmentation, disorder within half a second, and copies, on one interface or on two."""
    dice = random.Random(seed)
    talk = made(dice, streams=dice.randrange(1, 6))
    plain = [
        Seen(START + at * 1_000_000, ETH0, sent.frame()) for at, sent in enumerate(segments(pieces(talk)))
    ]
    time, seen = START, list[tuple[int, int, Seen]]()
    everywhere = dice.random() < 0.5
    for at, sent in enumerate(segments(pieces(talk, dice, merge=True))):
        time += dice.randrange(1, SECOND // 20)
        # The handshake comes before the data, as it does on every interface that shows both
        late = dice.randrange(DISORDER) if at > 2 else 0
        seen.append((time + late, at, Seen(time + late, ETH0, sent.frame())))
        copies = [ETH1] if everywhere else []
        copies += [ETH0] if dice.random() < 0.2 else []
        for interface in copies:
            again = time + (late + dice.randrange(DISORDER) if late else 0)
            seen.append((again, at, Seen(again, interface, sent.frame())))
    seen.sort(key=lambda item: item[:2])
    wanted, _ = run(plain)
    found, ledger = run([packet for _, _, packet in seen])
    assert {transaction.stream for transaction in wanted} == set(talk.truths)
    assert essence(found) == essence(wanted)
    assert unbalanced_stages(ledger) == []


def test_behind_a_header_of_the_proxy_protocol() -> None:
    """The preface may follow one, and the client is whom it announces."""
    capture = Capture()
    talk = Dialogue(capture).open()
    talk.client(b"PROXY TCP4 198.51.100.7 10.0.0.9 56324 443\r\n" + PREFACE + frame(4, 0))
    talk.server(frame(4, 0))
    talk.client(frame(1, 1, GET, 5))
    talk.server(frame(1, 1, b"\x88", 5))
    talk.close()
    [record] = records(capture.close())
    assert record["network.protocol.version"] == "2"
    assert (record["client.address"], record["client.port"]) == ("198.51.100.7", 56_324)
    assert (record["server.address"], record["http.response.status_code"]) == ("a.test", 200)
