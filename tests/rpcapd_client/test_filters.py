"""`rpcapd_client.filters`: text into instructions, and errors with their place."""

from __future__ import annotations

import pcapy
import pytest
from scapy.layers.inet import IP, TCP
from scapy.layers.l2 import Dot1Q, Ether

from rpcapd_client.errors import FilterError, UsageError
from rpcapd_client.filters import (
    EVERYTHING,
    MAX_CONVERSATIONS,
    MAX_TEXT,
    Conversation,
    compile_filter,
    compile_without,
    texts_without,
)

ETHERNET, RAW, COOKED, NFLOG = 1, 101, 113, 239


def test_no_filter() -> None:
    """No text is the one instruction that accepts everything: rpcapd refuses a program without any."""
    assert (
        compile_filter("", ETHERNET) == compile_filter("  \n", NFLOG) == EVERYTHING == ((6, 0, 0, 262_144),)
    )


def test_instructions() -> None:
    """A filter is what `tcpdump -dd` prints for it, unsigned."""
    assert compile_filter("ip", ETHERNET) == (
        (0x28, 0, 0, 12),
        (0x15, 0, 1, 0x0800),
        (0x06, 0, 0, 262_144),
        (0x06, 0, 0, 0),
    )
    assert compile_filter("inbound", ETHERNET)[0] == (0x28, 0, 0, 0xFFFFF004)


def test_link_types() -> None:
    """The link type decides where the protocol stands; RAW has another number here than in files."""
    assert compile_filter("ip", COOKED)[0] == (0x28, 0, 0, 14)
    assert compile_filter("ip", RAW)[0] == (0x30, 0, 0, 0)
    with pytest.raises(FilterError, match="NFLOG link-layer type filtering not implemented") as caught:
        compile_filter("ip", NFLOG)
    assert caught.value.position is None
    with pytest.raises(FilterError, match="unknown data link type 9999"):
        compile_filter("ip", 9999)


@pytest.mark.parametrize(
    ("text", "position", "words"),
    [
        ("tcp prot 80", 4, "at 'prot' (column 5)"),
        ("tcp)", 3, "at ')' (column 4)"),
        ("less 100 and and greater 20", 13, "at 'and' (column 14)"),
        ("port 80 81", 8, "at '81' (column 9)"),
        ("tcp and (udp or (port 80) and fo", 30, "at 'fo' (column 31)"),
        ("tcp[tcpflags] & tcp-syn != 0 foo", 29, "at 'foo' (column 30)"),
        ("@", 0, "at '@' (column 1)"),
        ("ünder", 0, "at 'ünder' (column 1)"),
        ("tcp port", 8, "it ends too early"),
        ("ip[0", 4, "it ends too early"),
        ("(tcp", 4, "it ends too early"),
        ("portrange 1-", 12, "it ends too early"),
        ("not not", 7, "it ends too early"),
    ],
)
def test_syntax_errors_have_a_place(text: str, position: int, words: str) -> None:
    """The place is the first word with which no filter can go on."""
    with pytest.raises(FilterError) as caught:
        compile_filter(text, ETHERNET)
    assert caught.value.position == position
    assert words in str(caught.value)
    assert isinstance(caught.value, UsageError)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("tcp port http-bla", "unknown port 'http-bla'"),
        ("ether host 1.2.3.4", "illegal link layer address"),
        ("ip broadcast", "netmask not known"),
        ("tcp\0", "embedded null character"),
        ("x" * (MAX_TEXT + 1), "the filter has 2,049 characters"),
    ],
)
def test_other_errors_are_in_libpcaps_words(text: str, words: str) -> None:
    """What is wrong otherwise, libpcap says; a text too long to compile in time is not given to it."""
    with pytest.raises(FilterError, match=words) as caught:
        compile_filter(text, ETHERNET)
    assert caught.value.position is None


def test_long_programs() -> None:
    """A text within its limit gives a program within rpcapd's."""
    text = " or ".join(f"host 10.0.{number}.1" for number in range(110))
    assert len(text) < MAX_TEXT
    assert 110 < len(compile_filter(text, ETHERNET)) < 8192


CONTROL = Conversation("tcp", ("192.0.2.1", "192.0.2.2"), (40_000, 2002))
STREAM = Conversation("tcp", ("192.0.2.2",), (40_001,))
DATAGRAMS = Conversation("udp", ("2001:db8::1", "2001:db8::2"), (40_002,))


def test_conversations_are_excluded() -> None:
    """The combination is the filter with the conversations taken out, with either part absent too."""
    own = f"({CONTROL} or {STREAM} or {DATAGRAMS})"
    both = compile_without("port 80 or udp", (CONTROL, STREAM, DATAGRAMS), ETHERNET)
    assert both == compile_filter(f"(port 80 or udp) and not {own}", ETHERNET)
    assert compile_without("udp", (), ETHERNET) == compile_filter("udp", ETHERNET)
    assert compile_without("", (), ETHERNET) == EVERYTHING
    cooked = compile_without(" ", (CONTROL, STREAM, DATAGRAMS), COOKED)
    assert cooked == compile_filter(f"not {own}", COOKED)


def sent(source: str, destination: str, ports: tuple[int, int], *tags: object) -> bytes:
    """A TCP frame, behind any headers."""
    frame = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")
    for tag in tags:
        frame /= tag
    return bytes(frame / IP(src=source, dst=destination) / TCP(sport=ports[0], dport=ports[1]))


@pytest.mark.parametrize("text", ["", "tcp", "vlan", "tcp or (vlan and tcp)", "not port 22"])
def test_what_is_excluded(text: str) -> None:
    """Both directions of a conversation go, with and without a tag if the text lets tagged frames through, and
    nothing else does."""
    a, b, c = "192.0.2.1", "192.0.2.2", "192.0.2.3"
    out = (
        Conversation("tcp", (a, b), (2002,)),
        Conversation("tcp", (b, c), (2002,)),
        Conversation("tcp", (a, b), (40_000,)),
    )

    def passes(candidate: str, frame: bytes) -> bool:
        return bool(pcapy.compile(1, 65_535, candidate, 1, 0xFFFFFFFF).filter(frame))

    best = texts_without(text, out)[0]
    own = [(a, b, (5, 2002)), (b, a, (2002, 5)), (c, b, (7, 2002)), (b, a, (9, 40_000))]
    others = [(a, c, (5, 2002)), (a, b, (5, 2003)), (b, c, (40_000, 80))]
    for source, destination, ports in own:
        assert not passes(best, sent(source, destination, ports))
        if "vlan" not in text:
            assert not passes(best, sent(source, destination, ports, Dot1Q(vlan=7)))
    for source, destination, ports in others:
        for tags in ((), (Dot1Q(vlan=7),)):
            frame = sent(source, destination, ports, *tags)
            assert passes(best, frame) == passes(text, frame)


def test_too_many_conversations_are_refused() -> None:
    """Rather than compiled for minutes."""
    many = [Conversation("tcp", (f"192.0.2.{number}",), (1,)) for number in range(MAX_CONVERSATIONS + 1)]
    with pytest.raises(UsageError, match="33 conversations"):
        compile_without("tcp", many, ETHERNET)
    assert len(compile_without("tcp", many[:-1], ETHERNET)) < 200


def test_conversations_where_there_is_no_ip() -> None:
    """On a link type that the compiler knows no IP in, nothing is excluded, and nothing fails."""
    assert compile_without("", (CONTROL,), NFLOG) == EVERYTHING


def test_errors_are_about_the_users_text() -> None:
    """The place of an error is a place in the text that was given, not in the combination."""
    with pytest.raises(FilterError) as caught:
        compile_without("tcp) or (udp", (CONTROL,), ETHERNET)
    assert caught.value.position == 3


def test_pieces_of_datagrams_are_excluded() -> None:
    """A conversation over UDP includes the fragments, which have no ports."""
    assert "ip6 proto 44" in str(DATAGRAMS)
    assert "ip[6:2] & 0x1fff != 0" in str(Conversation("udp", ("192.0.2.1",), (1,)))
    assert "0x1fff" not in str(STREAM)
