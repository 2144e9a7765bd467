"""Filters: tcpdump's language into the instructions that STARTCAP and UPDATEFILTER carry.

Owns the call of libpcap's compiler (pcapy-ng), its limits, and the place of an error, which libpcap does not
tell. Refuses to run filters: the server's kernel does.

The text is compiled here, for a capture that is not open. So what the compiler can only know from a live handle
does not work: `vlan` looks for the tag in the packet's bytes, from where a Linux server's kernel has already
taken it (it is put back later). `ether[0xfffff030:1] = 1` asks the kernel whether there was one. Host names are
looked up by this machine, which blocks until the resolver answers.

`inbound` and `outbound` work on Ethernet, in the server's kernel. But the first blocks of its ring after a
filter was set are filtered by libpcap in rpcapd, which does not know a packet's direction: they give nothing.

Source: pcap-filter(7); BPF_MAXINSNS and RPCAP_BPF_MAXINSNS in libpcap 1.10.3.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

import pcapy

from rpcapd_client.errors import FilterError, UsageError
from rpcapd_client.linktypes import to_dlt
from rpcapd_client.wire import MAX_INSTRUCTIONS, MAX_SNAPLEN, Instruction

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "EVERYTHING",
    "MAX_CONVERSATIONS",
    "MAX_TEXT",
    "Conversation",
    "compile_filter",
    "compile_without",
    "texts_without",
]

EVERYTHING: Final[tuple[Instruction, ...]] = ((0x06, 0, 0, MAX_SNAPLEN),)
""""No filter": rpcapd refuses a program without instructions, so this is a single `ret`."""

MAX_TEXT: Final = 2_048
"""Characters. The optimiser's time grows faster than the square: 200 ports or hosts take a second, 400 take
seven, 3,000 more than ten minutes, and nothing can interrupt it."""

MAX_CONVERSATIONS: Final = 32
"""That a filter excludes, for the same reason: these take some 10 ms (once: captures that ask for the same get the
same answer)."""

_SHIFTING: Final = re.compile(r"\b(vlan|mpls|pppoe[ds]|geneve|vxlan)\b")
"""Words after which the compiler looks for everything behind a further header, to the end of the text."""

_NETMASK_UNKNOWN: Final = 0xFFFFFFFF
"""PCAP_NETMASK_UNKNOWN: makes `ip broadcast` an error instead of a wrong answer."""

_WORD: Final = re.compile(r"\w[\w.:/\\-]*|&&|\|\||<=|>=|==|!=|<<|>>|\S")
_COMPLETIONS: Final = (
    "",
    " tcp",
    " 1",
    " port 1",
    " 1.2.3.4",
    " 0:0:0:0:0:1",
    " = 1",
    " 1 = 1",
    "] = 1",
    " 1] = 1",
    "1",
    " mgt",
)
"""One of these turns any beginning of a filter into a whole one, parentheses aside."""


class Conversation(NamedTuple):
    """Traffic between two hosts that a capture should not see: its own."""

    protocol: str
    """`tcp` or `udp`."""
    hosts: tuple[str, ...]
    ports: tuple[int, ...]
    """One or two each, of either end."""

    def __str__(self) -> str:
        """Give it as a filter."""
        return _exclusion((self,))


def texts_without(text: str, conversations: Iterable[Conversation]) -> tuple[str, ...]:
    """Give `text` without the conversations as filters, the best first.

    The first one also finds the conversations in frames that carry a VLAN tag (Linux takes the outer one away
    before a filter looks, but not from what it sends itself to some devices). Not every link type has tags: for
    those there is the second. The last resort, where IP is not known either, is `text` itself.
    """
    chosen = tuple(conversations)
    if len(chosen) > MAX_CONVERSATIONS:
        raise UsageError(
            f"{len(chosen)} conversations to exclude, at most {MAX_CONVERSATIONS} can be compiled"
        )
    if not chosen:
        return (text,)
    own = _exclusion(chosen)
    if _SHIFTING.search(text):
        return f"not {own} and ({text})", text  # behind `vlan` it would be looked for in the wrong place
    before = f"({text}) and " if text.strip() else ""
    return f"{before}not ({own} or (vlan and {own}))", f"{before}not {own}", text


def compile_without(
    text: str, conversations: Iterable[Conversation], link_type: int
) -> tuple[Instruction, ...]:
    """Compile `text` and exclude the conversations, where packets of the link type can tell them.

    Raises `FilterError` as `compile_filter` does, about `text`; `UsageError` for too many conversations.
    """
    instructions = compile_filter(text, link_type)
    *better, _ = texts_without(text, conversations)
    for candidate in better:
        try:
            return _compile(candidate, link_type)
        except pcapy.PcapError:  # "not implemented" for this link type
            continue
    return instructions


def _exclusion(conversations: Iterable[Conversation]) -> str:
    """Write conversations as one filter. Those of the same ports share them: that compiles much faster."""
    alike: dict[tuple[str, tuple[int, ...], bool], list[tuple[str, ...]]] = {}
    for protocol, hosts, ports in conversations:
        alike.setdefault((protocol, ports, ":" in hosts[0]), []).append(hosts)
    parts = []
    for (protocol, numbers, ipv6), pairs in alike.items():
        at = " and ".join(f"port {port}" for port in numbers)
        between = " or ".join("(" + " and ".join(f"host {host}" for host in pair) + ")" for pair in pairs)
        if protocol == "tcp":
            parts.append(f"(tcp and {at} and ({between}))")
            continue
        # a datagram that was cut up has its ports in the first piece only
        pieces = "ip6 proto 44" if ipv6 else "ip proto 17 and ip[6:2] & 0x1fff != 0"
        parts.append(f"(({between}) and ((udp and {at}) or ({pieces})))")
    return "(" + " or ".join(parts) + ")"


def compile_filter(text: str, link_type: int) -> tuple[Instruction, ...]:
    """Compile `text` (empty: everything) for packets of `link_type` (LINKTYPE_).

    Raises `FilterError`: not valid, not possible for the link type, or too long.
    """
    if not text.strip():
        return EVERYTHING
    if len(text) > MAX_TEXT:
        raise FilterError(f"the filter has {len(text):,} characters, at most {MAX_TEXT:,} can be compiled")
    try:
        instructions = _compile(text, link_type)
    except (pcapy.PcapError, ValueError) as error:
        reason = str(error)
        if not _is_syntax_error(reason):
            raise FilterError(f"filter {text!r}: {reason}") from None
        position = _error_position(text, link_type)
        word = _WORD.match(text, position)
        where = f"at {word[0]!r} (column {position + 1})" if word else "it ends too early"
        raise FilterError(f"filter {text!r}: syntax error, {where}", position) from None
    if len(instructions) > MAX_INSTRUCTIONS:
        raise FilterError(
            f"the filter compiles to {len(instructions):,} instructions, rpcapd takes {MAX_INSTRUCTIONS:,}"
        )
    return instructions


@lru_cache(maxsize=64)
def _compile(text: str, link_type: int) -> tuple[Instruction, ...]:
    program = pcapy.compile(to_dlt(link_type), MAX_SNAPLEN, text, 1, _NETMASK_UNKNOWN)
    return tuple((code, jump_true, jump_false, k) for code, jump_true, jump_false, k in program.get_bpf())


def _is_syntax_error(reason: str) -> bool:
    return "syntax error" in reason


def _error_position(text: str, link_type: int) -> int:
    """Find the first word with which no filter can go on; the end of the text if there is none.

    The compiler is asked: a beginning is good if some completion gives another verdict than "syntax error".
    Longer beginnings are never better, so halving finds the place.
    """
    words = [(match.start(), match.end()) for match in _WORD.finditer(text)]
    good, bad = 0, len(words) + 1  # counts of leading words
    while bad - good > 1:
        middle = (good + bad) // 2
        if _can_go_on(text[: words[middle - 1][1]], link_type):
            good = middle
        else:
            bad = middle
    return words[good][0] if good < len(words) else len(text)


def _can_go_on(beginning: str, link_type: int) -> bool:
    closing = ")" * max(0, beginning.count("(") - beginning.count(")"))
    for completion in _COMPLETIONS:
        try:
            _compile(beginning + completion + closing, link_type)
        except pcapy.PcapError as error:
            if _is_syntax_error(str(error)):
                continue
        return True
    return False
