"""Sessions: what OpenSSL did is what is said of it, however its bytes come, and nothing is said that was not seen."""

from __future__ import annotations

import functools
import ssl
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from interceptor.core.budget import Budget
from interceptor.core.model import Anomaly, Chunk, Outcome, Peers, State
from interceptor.core.protocols.tls.session import Session, TlsConversation, Traffic
from tests.support.tls import CLIENT, NAME, SERVER, Talk, talk

if TYPE_CHECKING:
    from collections.abc import Iterable

PEERS = Peers("192.0.2.1", 1234, "192.0.2.2", 443, "ipv4", bytes(10), None)
V12, V13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3


@functools.cache
def talks() -> dict[str, Talk]:
    """One of each kind, made once: their bytes differ each time."""
    made: dict[str, Talk] = {}
    for name, version in (("1.2", V12), ("1.3", V13)):
        made[f"{name} full"] = full = talk(version)
        made[f"{name} ticket"] = talk(version, session=full.session)
        made[f"{name} declined"] = talk(version, session=full.session, forgets=True)
        made[f"{name} client certificate"] = talk(version, certificate=True)
        made[f"{name} without a name"] = talk(version, name=None)
    made["1.2 without tickets"] = full = talk(V12, tickets=False)
    made["1.2 session id"] = talk(V12, tickets=False, session=full.session)
    made["1.3 retried"] = talk(V13, curve="secp521r1")
    return made


KINDS = (
    *(
        f"{v} {k}"
        for v in ("1.2", "1.3")
        for k in ("full", "ticket", "declined", "client certificate", "without a name")
    ),
    "1.2 without tickets",
    "1.2 session id",
    "1.3 retried",
)


class Heard:
    """A conversation, and where its sides are."""

    def __init__(self, *, first: bool = True) -> None:
        self.read = 0
        self.conversation = TlsConversation(PEERS, self, Budget(1), first=first)
        self.at = [0, 0]
        self.finished: list[Outcome] = []
        self.servers: list[Peers] = []

    def answered(self, peers: Peers) -> None:
        """Remember who has proven to be a server."""
        self.servers.append(peers)

    def deliver(self, size: int) -> None:
        """Count bytes that were read."""
        self.read += size

    def hear(self, side: int, piece: bytes | int, time: int) -> None:
        """Bytes, or the size of a hole."""
        at = self.at[side]
        if isinstance(piece, int):
            self.at[side] += piece
            self.conversation.gap(side, piece, at, time, self.finished)
        else:
            self.at[side] += len(piece)
            self.conversation.receive(side, Chunk(piece, 0, len(piece), at, time, 0), self.finished)

    def end(self) -> Session:
        """Both sides end."""
        for side in (CLIENT, SERVER):
            self.conversation.close(side, self.at[side], 0, self.finished, clean=True)
        self.conversation.finish(Anomaly.UNANSWERED, self.finished)
        session = self.finished[-1]
        assert isinstance(session, Session)
        assert self.conversation.held(CLIENT, self.at[CLIENT]) == 0
        return session


def observe(pieces: Iterable[tuple[int, bytes | int]], *, first: bool = True) -> Session:
    """What is said of these pieces in order: bytes, or the size of a hole."""
    heard = Heard(first=first)
    for time, (side, piece) in enumerate(pieces, start=1):
        heard.hear(side, piece, time)
    return heard.end()


def facts(session: Session) -> dict[str, object]:
    """All of it but the times."""
    names = [name for name in session.__struct_fields__ if "time" not in name]
    return {name: getattr(session, name) for name in names}


@pytest.mark.parametrize("kind", KINDS)
def test_what_openssl_did_is_what_is_said(kind: str) -> None:
    """Version, cipher, name, protocols, resumption, retry, certificate and sizes of every kind of handshake."""
    said = talks()[kind]
    session = observe(said.flights)
    hello, answer = session.hello, session.answer
    assert hello is not None
    assert answer is not None
    assert answer.chosen_version == int(V12 if said.version == "TLSv1.2" else V13)
    assert answer.cipher == said.cipher
    assert hello.offer.server_name == (None if "without a name" in kind else NAME.encode())
    assert session.resumed is said.reused is (kind.endswith(("ticket", "session id")))
    assert session.retried is (kind == "1.3 retried")
    assert session.established
    assert session.closed_by == CLIENT
    assert session.state is State.COMPLETE
    named = session.certificate is not None and NAME.encode() in session.certificate.names
    assert named is (kind.startswith("1.2") and not said.reused)
    assert session.client.bytes == len(said.stream(CLIENT))
    assert session.server.bytes == len(said.stream(SERVER))
    assert session.handshake_time is not None


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
def test_any_cut_is_the_same(kind: str, data: st.DataObject) -> None:
    """Segments of any size, down to a byte, change nothing."""
    said = talks()[kind]
    size = data.draw(st.integers(1, 60))
    pieces = [
        (side, flight[at : at + size]) for side, flight in said.flights for at in range(0, len(flight), size)
    ]
    assert facts(observe(pieces)) == facts(observe(said.flights))


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
def test_what_is_lost_is_never_made_up(kind: str, data: st.DataObject) -> None:
    """Any part of any flight may be missing, also the beginning: what is said is true, or is not said."""
    said = talks()[kind]
    whole = observe(said.flights)
    pieces: list[tuple[int, bytes | int]] = []
    for side, flight in said.flights:
        if data.draw(st.booleans()):
            start = data.draw(st.integers(0, len(flight)))
            end = data.draw(st.integers(start, len(flight)))
            pieces += [(side, piece) for piece in (flight[:start], end - start, flight[end:]) if piece]
        else:
            pieces.append((side, flight))
    session = observe(pieces)
    assert session.hello in (None, whole.hello) or whole.retried
    assert session.answer in (None, whole.answer) or whole.retried
    assert session.certificate in (None, whole.certificate)
    assert session.resumed in (None, whole.resumed)
    assert session.alert is None
    for some, every in ((session.client, whole.client), (session.server, whole.server)):
        assert some.bytes + some.missed == every.bytes
        assert some.records <= every.records
        assert some.data_bytes <= every.data_bytes
    assert (session.state is State.COMPLETE) == (session.client.missed + session.server.missed == 0)


def test_one_side_only() -> None:
    """What the other would have said is not known, and that is what is said."""
    said = talks()["1.2 full"]
    client = observe([(side, data) for side, data in said.flights if side == CLIENT])
    assert client.hello is not None
    assert (client.answer, client.resumed, client.handshake_time) == (None, None, None)
    assert not client.established
    server = observe([(side, data) for side, data in said.flights if side == SERVER])
    assert server.hello is None
    assert server.answer is not None
    assert server.resumed is None


def test_met_in_the_middle() -> None:
    """Nothing is known of it but what comes."""
    said = talks()["1.3 full"]
    session = observe(said.flights[-4:], first=False)
    assert session.state is State.MISSING
    assert (session.hello, session.answer, session.resumed) == (None, None, None)
    assert session.established
    assert session.client.data_records > 0


def test_a_server_is_one_once_it_has_answered() -> None:
    """Its hello says so, and the client's does not; of what was met in the middle nothing does."""
    said = talks()["1.3 full"]
    heard = Heard()
    heard.hear(*said.flights[0], 1)
    assert heard.servers == []
    heard.hear(*said.flights[1], 2)
    assert heard.servers == [PEERS]
    late = Heard(first=False)
    for side, data in said.flights:
        late.hear(side, data, 1)
    assert late.servers == []


def test_refused_at_once() -> None:
    """A server's alert in clear: what it was, whose, and that nothing was established."""
    hello = talks()["1.3 full"].flights[0]
    session = observe([hello, (SERVER, bytes.fromhex("15030300020228"))])
    assert session.alert == (SERVER, 2, 40)
    assert not session.established
    assert session.hello is not None


def test_reports_of_what_goes_on_add_up() -> None:
    """Each says what came since the one before; together they say what one would have said."""
    said = talks()["1.3 full"]
    heard = Heard()
    for time, (side, data) in enumerate(said.flights, start=1):
        heard.hear(side, data, time)
        heard.conversation.overdue(time * 1000, 2000, heard.finished)
    heard.end()
    reports = [report for report in heard.finished if isinstance(report, Session)]
    whole = observe(said.flights)
    assert len(reports) > 2
    assert [report.part for report in reports] == list(range(1, len(reports) + 1))
    assert [report.ongoing for report in reports] == [True] * (len(reports) - 1) + [False]
    for name in Traffic.__struct_fields__:
        for side_name in ("client", "server"):
            total = sum(getattr(getattr(report, side_name), name) for report in reports)
            assert total == getattr(getattr(whole, side_name), name)


def test_how_it_ended() -> None:
    """By a RST or the end of what was captured it is not complete."""
    said = talks()["1.3 full"]
    heard = Heard()
    for side, data in said.flights[:-1]:
        heard.hear(side, data, 1)
    heard.conversation.reset(SERVER)
    heard.conversation.close(SERVER, heard.at[SERVER], 1, heard.finished, clean=False)
    heard.conversation.finish(Anomaly.UNANSWERED, heard.finished)
    [session] = heard.finished
    assert isinstance(session, Session)
    assert (session.state, session.closed_by) == (State.TRUNCATED, SERVER)


def test_behind_a_fin_comes_no_record() -> None:
    """Its place is no byte; what is sent behind it all the same counts as bytes, and goes on with no record."""
    heard = Heard()
    heard.hear(CLIENT, bytes.fromhex("1703030100") + bytes(10), 1)
    heard.conversation.close(CLIENT, heard.at[CLIENT], 1, heard.finished, clean=True)
    assert heard.conversation.held(CLIENT, heard.at[CLIENT] + 1) == 0
    assert heard.conversation.reader(CLIENT).remaining == 0
    heard.at[CLIENT] += 1
    heard.hear(CLIENT, 38, 2)
    heard.hear(CLIENT, bytes(20), 3)
    assert heard.read == 15 + 20
    client = heard.end().client
    assert (client.bytes, client.missed, client.records) == (15 + 20, 38, 1)


def test_what_is_still_to_report_is_between_better_known_ends() -> None:
    """Those that were told last."""
    heard = Heard()
    side, data = talks()["1.3 full"].flights[0]
    heard.hear(side, data, 1)
    known = replace(PEERS, server_address="192.0.2.77")
    heard.conversation.rename(known)
    assert heard.end().peers is known


def test_memory_can_be_given_back() -> None:
    """Of a hello that never ends nothing is kept, and the session goes on."""
    heard = Heard()
    endless = bytes.fromhex("1603014000 0100fff0") + bytes(16_380)
    heard.hear(CLIENT, endless, 1)
    assert heard.conversation.weight > 16_000
    heard.conversation.relieve(heard.finished)
    assert heard.conversation.weight == 0
    assert heard.end().hello is None
