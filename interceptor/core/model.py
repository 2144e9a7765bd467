"""The nouns that flow through the interceptor, from captured packet to finished transaction.

Owns their shapes and units, and the bounded lists of reasons. Refuses behaviour: whoever makes or
uses a noun knows what to do with it.

Time is packet time everywhere: integer nanoseconds since the Unix epoch. A *position* is a byte's place
in one direction of a connection, counted from 0 in a 64-bit world where sequence numbers do not wrap.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Self, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

__all__ = [
    "METHODS",
    "Anomaly",
    "Call",
    "Chunk",
    "Drop",
    "Interface",
    "Limits",
    "Message",
    "Outcome",
    "Owner",
    "Packet",
    "PacketBatch",
    "Peers",
    "Request",
    "Response",
    "Segment",
    "Stage",
    "State",
    "Transaction",
    "Translation",
    "Upgrade",
    "Whose",
    "i64",
]

i64: TypeAlias = int  # noqa: PYI042 - as C and numpy write it
"""An `int` of at most 64 bits, with its sign. The same to Python; where the core is compiled (`hatch_build.py`) it is one
of C, and one that would leave these bounds raises an OverflowError."""


@dataclass(eq=False, slots=True)
class Interface:
    """Where packets were seen. Compared by identity: two captures of one name are two interfaces."""

    name: str | None
    """As the capture names it; None where it does not (pcap files)."""
    link_type: int
    """LINKTYPE_ value, as in capture files (not the operating system's DLT_)."""
    gone: bool = False
    """Nothing more will come from it: its connections are free to go on elsewhere."""


Packet: TypeAlias = tuple[i64, i64, i64, i64]
"""(time, start, captured, length): `captured` bytes from `start` in the batch's buffer, of a packet
that was `length` bytes long on the wire."""


@dataclass(frozen=True, slots=True)
class PacketBatch:
    """Packets of one interface that lie in one buffer, in the order they were captured."""

    interface: Interface
    buffer: bytes
    packets: list[Packet]


Segment: TypeAlias = tuple[bytes, i64, i64, i64, i64, i64, i64]
"""(flow, sequence, acknowledgement, flags, data, captured, length): a TCP segment.

`flow` names the direction: source address, destination address, source port, destination port, as on
the wire (12 bytes for IPv4, 36 for IPv6), and after them the VLANs (two bytes each, the outermost first, at most
four). `data` is the payload's offset in the buffer, `captured` how
many payload bytes are there, `length` how many there were (RFC 9293: SEG.LEN without SYN and FIN)."""


class Chunk:
    """In-order bytes of one direction, being consumed: `buffer[cursor:end]` is what is left.

    One segment's worth at most, so that `time` and `place` are those of its bytes.
    """

    __slots__ = ("base", "buffer", "cursor", "end", "place", "time")

    def __init__(self, buffer: bytes, cursor: i64, end: i64, base: i64, time: i64, place: i64) -> None:
        self.buffer = buffer
        self.cursor = cursor
        self.end = end
        self.base = base
        """Position minus offset: the byte at `cursor` has the position `base + cursor`."""
        self.time = time
        self.place = place
        """Position in the other direction that the segment acknowledged."""


class Drop(StrEnum):
    """Why something did not go on to the next stage. Each item is counted under exactly one."""

    # packets that gave no TCP segment
    TRUNCATED_HEADER = "truncated_header"
    """The capture ends inside a header (short snaplen or a lying length)."""
    MALFORMED = "malformed"
    """A header contradicts itself: an IP header length below 20, a TCP data offset past the end. Or the frame is known
    to be damaged: a radio's check sequence was wrong."""
    UNKNOWN_LINK_TYPE = "unknown_link_type"
    UNREAD_ENCAPSULATION = "unread_encapsulation"
    """A header before IP that is not known, or whose contents cannot be read: there may be HTTP behind it."""
    NOT_IP = "not_ip"
    """ARP, LLDP, spanning tree, … and what configures a link: known to carry no IP."""
    NOT_TCP = "not_tcp"
    QUIC = "quic"
    """Datagrams of QUIC, which carries HTTP/3: encrypted, and not read."""
    OWN_TRAFFIC = "own_traffic"
    """This agent's own, in a tunnel, where no filter of the kernel's sees it."""
    ICMP = "icmp"
    """Including those that quote a TCP header: a quotation is not traffic."""
    TUNNEL = "tunnel"
    """One that is not entered: L2TP, or what is in more than four (`packets.tunnels`)."""
    ENCRYPTED = "encrypted"
    """IPsec ESP (in UDP too), WireGuard, MACsec, protected 802.11 frames."""
    FRAGMENT_TIMEOUT = "fragment_timeout"
    FRAGMENT_LIMIT = "fragment_limit"
    FRAGMENT_OVERLAP = "fragment_overlap"
    """Overlapping IP fragments with different bytes, never legitimate (RFC 5722)."""
    FRAGMENT_MERGED = "fragment_merged"
    """Not a loss: this fragment's bytes went on inside the datagram that its last piece completed."""
    # segments that did not reach a byte stream
    DUPLICATE_INTERFACE = "duplicate_interface"
    """A copy: all of it has been seen on another interface. As a reason for bytes: those were."""
    TRANSLATED = "translated"
    """A copy under other addresses or ports (NAT): all of it has been seen under its connection's other name. As a reason
    for bytes: those were."""
    NO_PAYLOAD_YET = "no_payload_yet"
    """Handshakes and bare acknowledgements of connections that have not carried data."""
    RESET_OUT_OF_WINDOW = "reset_out_of_window"
    ITS_OWN_PEER = "its_own_peer"
    """From an address and port to the same (RFC 9293 section 3.5: it can connect to itself; an attack, else): its two
    directions have one name."""
    # payload bytes that did not reach the HTTP parser
    RETRANSMITTED = "retransmitted"
    OUT_OF_WINDOW = "out_of_window"
    """Too far from what the connection is at to belong to it."""
    AFTER_FIN = "after_fin"
    AFTER_CLOSE = "after_close"
    LATE = "late"
    """Came after its place was given up as lost."""
    REASSEMBLY_LIMIT = "reassembly_limit"
    # bytes that the HTTP parser got but that are in no message
    NOT_HTTP = "not_http"
    UPGRADED = "upgraded"
    """After 101 or a CONNECT: the connection speaks something else."""
    UNSYNCHRONISED = "unsynchronised"
    """After a loss or a pickup in the middle, before the next provable start of a message."""
    HEAD_TOO_LARGE = "head_too_large"
    HEAD_INCOMPLETE = "head_incomplete"
    """The connection ended, or bytes were lost, inside a head."""
    HEAD_INVALID = "head_invalid"
    CHUNK_INVALID = "chunk_invalid"
    """A chunk size that is none, and what follows it."""
    DEADLINE = "deadline"
    """A response whose transaction had been reported already (`Limits.transaction_seconds`)."""
    EMPTY_LINES = "empty_lines"
    """Empty lines between messages (RFC 9112 section 2.2)."""
    PROXY_HEADER = "proxy_header"
    """The header of the PROXY protocol before a client's first message."""


class Anomaly(StrEnum):
    """What was odd about a message or about its place. A bounded list: tags, never text from traffic."""

    ABSOLUTE_FORM = "absolute_form"
    AMBIGUOUS_FRAMING = "ambiguous_framing"
    """Two programs may take different lengths: different Content-Lengths, a malformed one, chunked not last, one of
    these fields in disguise or between lines of two kinds of ends."""
    BAD_CHUNK = "bad_chunk"
    """A line of the chunked coding that RFC 9112 section 7.1 does not allow. Where one LF is all that ends it, what
    is meant is clear and read on; otherwise the message is given up."""
    BAD_CLOSE = "bad_close"
    """A close frame of WebSocket without a code that may be sent (RFC 6455 section 7.4), or with half of one."""
    BAD_CONTROL_FRAME = "bad_control_frame"
    """One of WebSocket that is fragmented, or has more than 125 bytes (RFC 6455 section 5.5)."""
    BAD_FRAGMENTS = "bad_fragments"
    """A frame of WebSocket that continues nothing, or begins a message inside of another (RFC 6455 section 5.4)."""
    BARE_CR = "bare_cr"
    CUT_SHORT = "cut_short"
    """No response has come by then: it was the agent that stopped looking (a time-out, no more memory, the end of the
    capture), and the response may well have come later."""
    CLIENT_CLOSED = "client_closed"
    """The client reset or closed the connection, or the stream, before the response was complete."""
    CONTENT_LENGTH_MISMATCH = "content_length_mismatch"
    """HTTP/2: the body was not as long as Content-Length says, and nothing of it is missing."""
    DEADLINE = "deadline"
    """Reported because it took too long, not because it ended."""
    DUPLICATE_CONTENT_LENGTH = "duplicate_content_length"
    DUPLICATE_HOST = "duplicate_host"
    EARLY_RESPONSE = "early_response"
    """The response began before the request had ended."""
    FRAMES_AFTER_CLOSE = "frames_after_close"
    """Frames of WebSocket behind the close of the same side."""
    HTTP_0_9 = "http_0_9"
    INVALID_CONTENT_LENGTH = "invalid_content_length"
    INVALID_HEADER = "invalid_header"
    LF_ONLY = "lf_only"
    LONG_LENGTH = "long_length"
    """A frame's length of WebSocket in more bytes than it needs."""
    LONG_LINE = "long_line"
    MANY_NAMES = "many_names"
    """Its destination was called by more names than are kept: the address stands for this one."""
    MISSING_HOST = "missing_host"
    NAT_UNJOINED = "nat_unjoined"
    """It was seen under another name, too (NAT), on one of two connections that nothing tells apart: it may be counted twice."""
    NON_ASCII = "non_ascii"
    NOT_A_FRAME = "not_a_frame"
    """Bytes that cannot be a frame of WebSocket; what follows them is not read."""
    OBS_FOLD = "obs_fold"
    PIPELINED = "pipelined"
    PUSHED = "pushed"
    """HTTP/2: the server has promised this answer to a request that it made up itself."""
    REFUSED = "refused"
    """HTTP/2: the server says that it has not processed the request (REFUSED_STREAM, or a GOAWAY of streams below it)."""
    REQUEST_INVALID = "request_invalid"
    """What this response answers could not be read as a request."""
    RPC_DEADLINE = "rpc_deadline"
    """The call took longer than its client gave it: the server says so, or the client has cancelled it then."""
    SERVER_CLOSED = "server_closed"
    """HTTP/2: the server has reset the stream before its response was complete."""
    RESERVED_BITS = "reserved_bits"
    """Frames of WebSocket with bits set that no agreed extension uses."""
    SPACE_BEFORE_COLON = "space_before_colon"
    TE_AND_CL = "te_and_cl"
    TE_IN_HTTP_1_0 = "te_in_http_1_0"
    TOO_MANY_HEADERS = "too_many_headers"
    TRAILERS = "trailers"
    UNANSWERED = "unanswered"
    """No response came, and none can have been lost: the connection is over."""
    UNKNOWN_CODING = "unknown_coding"
    UNKNOWN_VERSION = "unknown_version"
    UNPAIRED = "unpaired"
    """Bytes were lost on this connection, or given up for lack of memory, and its other half cannot be proven."""
    UPGRADED = "upgraded"
    """Its connection went on in HTTP/2, and the answer with it, while a request was still coming in: it is not read."""
    UNREQUESTED = "unrequested"
    """A response that no request asked for, and none can have been lost."""
    WRONG_ACCEPT = "wrong_accept"
    """A 101 to WebSocket whose proof does not fit what was asked (RFC 6455 section 4.2.2): it is none."""
    WRONG_MASK = "wrong_mask"
    """Frames of WebSocket from a client without a mask, or from a server with one (RFC 6455 section 5.1)."""


METHODS: Final = frozenset(
    {"CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "QUERY", "TRACE"}
)
"""The methods that are known: RFC 9110 section 9, PATCH (RFC 5789), QUERY (draft-ietf-httpbis-safe-method-w-body)."""


class State(StrEnum):
    """How much of a message was seen."""

    COMPLETE = "complete"
    TRUNCATED = "truncated"
    """Bytes are missing, or the connection or capture ended before the message did."""
    MISSING = "missing"
    """This side was never seen."""


class Upgrade(Struct, frozen=True, gc=False):
    """What a head says of another protocol (RFC 9110 section 7.8): each text as sent, cut at a bound."""

    protocol: str
    """The first one named, in lower case."""
    key: str = ""
    """Of WebSocket, which has a part in the rest: the client's key, or the server's answer to it."""
    subprotocol: str = ""
    """Of an answer: what a client offers may be a secret."""
    extensions: str = ""
    """Of an answer."""


class Message(Struct, eq=False, gc=False):
    """What requests and responses have in common.

    A `Struct`, like `Transaction`: two of these are made for every transaction, and C makes them in a third
    of the time. None of them is ever part of a cycle, so the collector need not know them.
    """

    position: i64
    """Of its first byte in its direction."""
    place: i64
    """Position in the other direction that its first segment acknowledged: what its sender had received."""
    time: i64
    """Of its first byte."""
    end_time: i64 = 0
    """Of the last byte seen; 0 while it is not known."""
    version: str = ""
    """`0.9`, `1.0`, `1.1`, `2`."""
    header_names: tuple[str, ...] = ()
    """Lower case, in order. Messages of one layout share it."""
    content_type: str | None = None
    content_encoding: str | None = None
    framing: i64 = 0
    """How its head says the body ends: a length in bytes, or one of the values in `heads`."""
    body_size: i64 = 0
    """Body bytes after de-chunking, as seen plus as known missing; of a message that is still coming in, all that its
    head or its last chunk size promises."""
    unsized: bool = False
    """How long its body is cannot be known, and `body_size` says nothing."""
    missed: i64 = 0
    """Bytes of this message known to be missing from the capture."""
    state: State = State.TRUNCATED
    """TRUNCATED until its last byte has come."""
    after_loss: bool = False
    """Other messages may have been lost just before it."""
    weight: i64 = 0
    """Bytes of memory that it takes beyond the ordinary, while it waits for what completes its transaction."""
    upgrade: Upgrade | None = None
    anomalies: set[Anomaly] | None = None

    def tag(self, anomaly: Anomaly) -> None:
        """Note what was odd about it."""
        if self.anomalies is None:
            self.anomalies = {anomaly}
        else:
            self.anomalies.add(anomaly)

    def as_it_stands(self, remaining: i64) -> Self:
        """A copy that what still comes does not change; `remaining` bytes of `body_size` have not come."""
        copied = copy(self)
        copied.body_size -= remaining
        if self.anomalies is not None:
            copied.anomalies = set(self.anomalies)
        return copied


class Request(Message, eq=False, gc=False):
    """An HTTP request as seen."""

    method: str = ""
    target: str = ""
    """The request target as sent, bytes above 0x7f as Latin-1, cut at the line limit."""
    host: str | None = None
    user_agent: str | None = None
    traceparent: str | None = None
    """The caller's span (W3C Trace Context), where it sent a well-formed one: identifiers only, no value."""
    scheme: str = "http"
    """As HTTP/2 says it; empty where that is unknown."""
    unknown: str = ""
    """Why the target is unknown (HTTP/2 only) and which one it is, as far as that can be told: of two requests of one
    connection with the same text behind a `#` here, the targets are the same."""


class Response(Message, eq=False, gc=False):
    """A final HTTP response as seen."""

    status: i64 = 0
    """0 for HTTP/0.9, which has none."""


class Owner(Struct, frozen=True, gc=False):
    """Whose an end of a connection is, as the machine that captures proves it."""

    pod_uid: str | None
    """Of a pod of Kubernetes."""
    container_id: str | None
    """64 hexadecimal digits, as the runtime gives it; None where several containers share the address."""


Whose: TypeAlias = Callable[[tuple[str, int], tuple[str, int]], Owner | None]
"""Who has an end of a connection now, its address and port; None where that is not known. The other one is what this end sees of
it. Asked once for each end of a connection, and again where it has other names."""


class Translation(Struct, frozen=True, gc=False):
    """A connection that was seen under the name that its client sees and the one that its server does (NAT)."""

    service_address: str | None = None
    """What the client asked for, where that is not the server's address and port."""
    service_port: int | None = None
    unjoined: bool = False
    """It may be one of two others under another name, and nobody can tell which: its ends are as they were seen here."""


class Peers(Struct, frozen=True, gc=False):
    """The two ends of a connection, made once, written into every record of it."""

    client_address: str
    client_port: int
    server_address: str
    server_port: int
    network_type: str
    """`ipv4` or `ipv6`."""
    connection_id: bytes
    """Ten bytes: a function of the initial sequence numbers (`tcp.numbers`); of addresses, ports and numbers where those
    are not known."""
    interface: str | None
    perspective: str | None = None
    """`client` or `server`: seen at that end, before or after anything on the way changed its addresses."""
    translation: Translation | None = None
    """Where its addresses are translated on its way, and that was seen."""
    announced_address: str | None = None
    """Of the client behind a load balancer, by the PROXY protocol's header that came before its bytes."""
    announced_port: int | None = None
    owners: tuple[Owner | None, Owner | None] | None = None
    """Whose the client's and the server's end were when the connection was met; None where neither is known. (One field: with two
    a connection would take 16 bytes more, of which there are many and mostly without.)"""

    def translated(self, client: tuple[str, int], server: tuple[str, int], service: tuple[str, int]) -> Peers:
        """The same connection between these ends; `service`: what the client asked for, which may be the server.

        Whose they are is not known with that.
        """
        address, port = service if service != server else (None, None)
        return replace(
            self,
            client_address=client[0],
            client_port=client[1],
            server_address=server[0],
            server_port=server[1],
            translation=Translation(address, port),
            owners=None,
        )

    def unjoined(self) -> Peers:
        """The same ends, of what may be one of two other connections (`Anomaly.NAT_UNJOINED`)."""
        return replace(self, translation=Translation(unjoined=True))

    def owned(self, client: Owner | None, server: Owner | None) -> Peers:
        """The same ends, of these."""
        return replace(self, owners=(client, server) if client or server else None)

    def announced(self, address: str, port: int) -> Peers:
        """The same ends, and the client that a load balancer has announced."""
        return replace(self, announced_address=address, announced_port=port)


class Call(Struct, eq=False, gc=False):
    """A remote procedure call, which a transaction is."""

    system: str
    """`grpc`, `grpc_web` or `connect_rpc`."""
    status: int | None = None
    """As the server gave it; None where it gave none, or that was not seen."""
    timeout: int | None = None
    """Nanoseconds that the client gives it."""
    request_messages: int | None = None
    """How many; None where that is not known."""
    request_message_bytes: int | None = None
    """As on the wire: compressed or not."""
    response_messages: int | None = None
    response_message_bytes: int | None = None


class Outcome(Struct, eq=False, gc=False):
    """Anything that is over on a connection, or reported while it goes on: what the core gives out.

    Each kind (a `Transaction`, a session, …) has a record of its own.
    """

    peers: Peers


class Transaction(Outcome, eq=False, gc=False):
    """A request and its response, or the half of it that was seen. Reported exactly once."""

    index: i64
    """1-based place on its connection, as far as seen."""
    request: Request | None = None
    response: Response | None = None
    interim: list[int] | None = None
    """Status codes of the 1xx responses before the final one."""
    anomalies: set[Anomaly] | None = None
    """Of the pair; the messages have their own."""
    since: i64 = 0
    """When it was first found open, on the clock that time-outs run on; 0: not yet."""
    reported: bool = False
    """Given out; what still comes of it changes nothing any more."""
    stream: i64 = 0
    """HTTP/2's number of it; 0 in HTTP/1."""
    call: Call | None = None

    def tag(self, anomaly: Anomaly) -> None:
        """Note what was odd about the pair."""
        if self.anomalies is None:
            self.anomalies = {anomaly}
        else:
            self.anomalies.add(anomaly)

    def as_it_stands(self, request_remaining: i64, response_remaining: i64) -> Transaction:
        """A copy to give out while its messages are still coming in; so many bytes of their bodies have not."""
        copied = copy(self)
        if self.request is not None:
            copied.request = self.request.as_it_stands(request_remaining)
        if self.response is not None:
            copied.response = self.response.as_it_stands(response_remaining)
        if self.interim is not None:
            copied.interim = list(self.interim)
        if self.anomalies is not None:
            copied.anomalies = set(self.anomalies)
        if self.call is not None:
            copied.call = copy(self.call)
        return copied


@dataclass(frozen=True, slots=True)
class Stage:
    """One line of the ledger: received = delivered + sum(dropped) + held."""

    name: str
    unit: str
    received: int
    delivered: int
    dropped: dict[str, int]
    held: int

    @property
    def balanced(self) -> bool:
        """Whether nothing is unaccounted for."""
        return self.received == self.delivered + sum(self.dropped.values()) + self.held


@dataclass(frozen=True, slots=True)
class Limits:
    """Every bound of the core in one place, each with its reason."""

    connections: int = 100_000
    """With data. Beyond it the longest idle one is closed and reported. About 1.5 KiB each."""
    handshakes: int = 65_536
    """Connections without data yet, so that a SYN flood cannot displace real ones. About 300 bytes each."""
    held_bytes: int = 64 * 2**20
    """All that waits for its end or its answer (`core.budget`). Beyond it, the connections on which most waits give it up."""
    held_bytes_per_stream: int = 40 * 2**20
    """Out-of-order payload in one direction, with what its segments cost besides: a window of 32 MiB, which is what
    Linux is given where paths are long and fast (6 MiB as it comes), in segments of 1,448 bytes."""
    head_bytes: int = 64 * 2**10
    """A message head. nginx, Apache, node and Go refuse beyond 8 to 64 KiB (Go: 1 MiB)."""
    header_lines: int = 256
    """Names reported per message. Framing is read from all of them."""
    line_bytes: int = 8 * 2**10
    """Of a request target that is kept; the rest is cut and tagged."""
    pending: int = 1_000
    """Unanswered requests per connection: far beyond what any client pipelines."""
    fragments: int = 1_024
    """IP datagrams waiting for fragments."""
    fragment_seconds: int = 30
    """Linux's ipfrag_time."""
    idle_seconds: int = 300
    """A connection without packets; what is open is then reported. All seconds are those of `tcp.clocks`."""
    closing_seconds: int = 5
    """After both FINs or a RST, so that stragglers are recognised."""
    transaction_seconds: int = 3_600
    """A transaction that is still open after this is reported as it stands."""
    hole_seconds: float = 1.0
    """How long acknowledged bytes may be missing before they count as lost: covers the disorder of
    several interfaces read at once. Where there is one, and what waits takes an eighth of `held_bytes`, it is a tenth of a second."""
    unacknowledged_seconds: float = 30.0
    """The same where no acknowledgement says that the bytes ever arrived: a few retransmission time-outs."""
