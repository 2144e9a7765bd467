"""Coverage-guided fuzzing of what a hostile rpcapd can reach: `python tests/fuzz/fuzz_rpcap.py [libFuzzer options]`.

Runs for a minute unless told otherwise (`-max_total_time=0` is for ever). The first byte says where the
bytes go and how they are cut. The invariants: nothing is raised (the parsers of single messages raise
`ProtocolError` and nothing else), what is held is bounded, cutting changes nothing, and after `Lost` nothing comes.
"""

from __future__ import annotations

import sys
from pathlib import Path

import atheris

sys.path.insert(0, str(Path(__file__).parents[2]))

with atheris.instrument_imports(include=["rpcapd_client"]):
    from rpcapd_client.errors import ProtocolError
    from rpcapd_client.filters import EVERYTHING
    from rpcapd_client.packets import PACKET_HEADER_SIZE, PacketDatagrams, PacketStream, encode_packet
    from rpcapd_client.protocol import TRANSITIONS, Answered, Lost, Session
    from rpcapd_client.wire import (
        MAX_PAYLOAD,
        REPLIES,
        REQUESTS,
        AuthenticateReply,
        AuthenticateRequest,
        EndCaptureRequest,
        FilterRequest,
        Header,
        ListRequest,
        OpenReply,
        OpenRequest,
        SamplingRequest,
        StartCaptureReply,
        StartCaptureRequest,
        StartFlag,
        StatisticsRequest,
    )

SNAPLEN = 1500
QUESTIONS = (
    ListRequest(),
    StatisticsRequest(),
    FilterRequest(EVERYTHING),
    OpenRequest("eth0"),
    StartCaptureRequest(SNAPLEN, 100, StartFlag(0), 0, EVERYTHING),
    SamplingRequest(1, 2),
    EndCaptureRequest(),
)
PREPARATIONS = (
    (AuthenticateRequest(), AuthenticateReply(0, 0, "little")),
    (OpenRequest("eth0"), OpenReply(1)),
    (QUESTIONS[4], StartCaptureReply(262_144, 40_000)),
)


def pieces(data: bytes, size: int) -> list[bytes]:
    """Cut."""
    return [data[start : start + size] for start in range(0, len(data), size)]


def conversation(data: bytes, depth: int, size: int) -> list[str]:
    """A session in some state, that always has a question where there is one, hears `data`."""
    session = Session()
    for request, reply in PREPARATIONS[:depth]:
        session.send(request)
        session.receive_data(reply.encode())
    heard: list[str] = []
    lost = bool([event for event in session.events() if not isinstance(event, Answered)])
    assert not lost

    def ask() -> None:
        if session.pending is None:
            for question in QUESTIONS:
                if question.type in TRANSITIONS[session.state]:
                    session.send(question)
                    session.data_to_send()
                    return

    ask()
    for piece in [*pieces(data, size), None]:
        if piece is None:
            session.receive_eof()
        else:
            session.receive_data(piece)
        assert session.held < MAX_PAYLOAD + Header.SIZE
        for event in session.events():
            assert not lost, "an event after Lost"
            lost = isinstance(event, Lost)
            heard.append(f"{type(event).__name__} {getattr(event, 'error', event)}")
    return heard


def stream(data: bytes, size: int) -> list[bytes]:
    """Packets out of a stream, each as its bytes."""
    packets = []
    parser = PacketStream(SNAPLEN)
    for piece in pieces(data, size):
        for batch in parser.receive_data(piece):
            for _, start, captured, length in batch.packets:
                assert captured <= length
                assert 0 <= start <= start + captured <= len(batch.buffer)
                packets.append(batch.buffer[start : start + captured])
        assert parser.held < PACKET_HEADER_SIZE + SNAPLEN
    return packets


def one_input(data: bytes) -> None:
    """Try one input."""
    if len(data) < 2:
        return
    choice, size, rest = data[0], data[1] % 31 + 1, data[2:]
    match choice % 4:
        case 0:
            # one question and all that is heard: where it is cut makes no difference
            depth = choice // 4 % 4
            if depth:
                assert conversation(rest, depth, size) == conversation(rest, depth, len(rest) or 1)
        case 1:
            assert stream(rest, size) == stream(rest, len(rest) or 1)
            prefix = encode_packet(1, rest, len(rest), 1)[: PACKET_HEADER_SIZE + len(rest)]
            if len(rest) <= SNAPLEN:
                assert stream(prefix, size) == [rest]
        case 2:
            datagrams = pieces(rest, size * 8)
            batch = (parser := PacketDatagrams(SNAPLEN)).receive_datagrams(datagrams)
            assert parser.malformed + (len(batch.packets) if batch else 0) == len(datagrams)
        case _:
            kinds = [*REPLIES.values(), *REQUESTS.values()]
            kind = kinds[choice // 4 % len(kinds)]
            try:
                message = kind.decode(size, rest)
            except ProtocolError:
                return
            repr(message)


def main() -> None:
    """Fuzz."""
    arguments = [*sys.argv]
    if not any(argument.startswith("-max_total_time") for argument in arguments):
        arguments.append("-max_total_time=60")
    atheris.Setup(arguments, one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
