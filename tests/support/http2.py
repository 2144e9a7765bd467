"""Made-up connections of HTTP/2: what both sides say, in which order, and what is true of each stream.

The blocks are written by `hpack`, which knows nothing of how they are read here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from hpack import Encoder, HeaderTuple, NeverIndexedHeaderTuple

if TYPE_CHECKING:
    import random

__all__ = ["CLIENT", "PREFACE", "SERVER", "Frame", "Talk", "Truth", "frame", "made", "message", "settings"]

CLIENT, SERVER = 0, 1
PREFACE: Final = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = (
    range(10)
)
END_STREAM, END_HEADERS, PADDED, PRIORITISED = 1, 4, 8, 32


def frame(kind: int, stream: int, payload: bytes = b"", flags: int = 0) -> bytes:
    """A frame."""
    return len(payload).to_bytes(3, "big") + bytes((kind, flags)) + stream.to_bytes(4, "big") + payload


def settings(**values: int) -> bytes:
    """A SETTINGS frame, by numbers: `_1=4096`."""
    return frame(
        SETTINGS,
        0,
        b"".join(
            int(name[1:]).to_bytes(2, "big") + value.to_bytes(4, "big") for name, value in values.items()
        ),
    )


def message(size: int, flag: int = 0) -> bytes:
    """A message of gRPC."""
    return bytes((flag,)) + size.to_bytes(4, "big") + bytes(size)


class Frame(NamedTuple):
    """Something that one side sends at once."""

    side: int
    data: bytes
    time: int
    stream: int
    payload: range
    """Of a body in it: which of its bytes may be missing without harm."""


@dataclass
class Truth:
    """What is true of a stream."""

    method: str = ""
    path: str = ""
    host: str = ""
    names: tuple[list[str], list[str]] = field(default_factory=lambda: ([], []))
    times: list[int] = field(default_factory=lambda: [0, 0])
    ends: list[int] = field(default_factory=lambda: [0, 0])
    """When each side ended its half; 0: it did not."""
    status: int = 0
    interim: list[int] = field(default_factory=list)
    sizes: list[int] = field(default_factory=lambda: [0, 0])
    grpc: int | None = None
    """Status."""
    messages: list[int] = field(default_factory=lambda: [0, 0])
    pushed: bool = False
    reset: bool = False


class Talk:
    """A connection that is being made."""

    def __init__(self, dice: random.Random, *, indexing: bool = True) -> None:
        self.dice = dice
        self.indexing = indexing
        self.encoders = (Encoder(), Encoder())
        self.frames: list[Frame] = []
        self.truths: dict[int, Truth] = {}
        self.time = 1_700_000_000_000_000_000
        self.promised = 0

    def say(self, side: int, data: bytes, stream: int = 0, payload: range = range(0)) -> None:
        """One side sends something."""
        self.time += self.dice.randrange(1, 3_000_000)
        self.frames.append(Frame(side, data, self.time, stream, payload))

    def block(self, side: int, fields: list[tuple[str, str]]) -> bytes:
        """A header block, as one side's encoder writes it."""
        said = [
            (HeaderTuple if self.indexing or not name.startswith(":p") else NeverIndexedHeaderTuple)(
                name, value
            )
            for name, value in fields
        ]
        encoder = self.encoders[side]
        if self.dice.random() < 0.03:
            size = self.dice.choice([0, 128, 4096])
            if size != encoder.header_table_size:
                encoder.header_table_size = size
        return encoder.encode(said, huffman=self.dice.random() < 0.7)

    def headers(self, side: int, stream: int, fields: list[tuple[str, str]], *, ends: bool) -> None:
        """HEADERS, with all that may stand around a block, in as many frames as it pleases."""
        dice, block = self.dice, self.block(side, fields)
        pieces = [block]
        while dice.random() < 0.2:
            last = pieces.pop()
            cut = dice.randrange(len(last) + 1)
            pieces += [last[:cut], last[cut:]]
        flags, before, after = END_STREAM * ends, b"", b""
        if dice.random() < 0.2:
            padding = dice.randrange(20)
            flags, before, after = flags | PADDED, bytes((padding,)), bytes(padding)
        if dice.random() < 0.2:
            flags, before = flags | PRIORITISED, before + bytes(5)
        first = before + pieces[0] + after
        if not first:
            first, flags, before = bytes(5), flags | PRIORITISED, bytes(5)
        data = frame(HEADERS, stream, first, flags | END_HEADERS * (len(pieces) == 1))
        for at, piece in enumerate(pieces[1:], 2):
            data += frame(CONTINUATION, stream, piece, END_HEADERS * (at == len(pieces)))
        self.say(side, data, stream)

    def body(self, side: int, stream: int, data: bytes, *, ends: bool) -> None:
        """DATA, in one frame or several."""
        dice = self.dice
        while True:
            size = dice.choice([len(data), dice.randrange(len(data) + 1)]) if data else 0
            size = min(size, 16_000)
            piece, data = data[:size], data[size:]
            last = not data
            flags, before, after = END_STREAM * (ends and last), b"", b""
            if dice.random() < 0.2:
                padding = dice.randrange(30)
                flags, before, after = flags | PADDED, bytes((padding,)), bytes(padding)
            start = 9 + len(before)
            self.say(
                side,
                frame(DATA, stream, before + piece + after, flags),
                stream,
                range(start, start + len(piece)),
            )
            if last:
                return

    def noise(self) -> None:
        """What is nobody's."""
        dice = self.dice
        side = dice.randrange(2)
        self.say(
            side,
            dice.choice(
                [
                    frame(PING, 0, bytes(8)),
                    frame(PING, 0, bytes(8), 1),
                    frame(WINDOW_UPDATE, 0, b"\0\0\1\0"),
                    frame(WINDOW_UPDATE, 1, b"\0\0\1\0"),
                    frame(PRIORITY, 99, bytes(5)),
                    settings(_4=70_000),
                    frame(SETTINGS, 0, b"", 1),
                    frame(0x10, 0, b"u=1"),
                    frame(0xB, 5, b"\xff" * 12, 0xFF),
                ]
            ),
        )

    # Streams, step by step

    def steps(self, number: int) -> list[list[object]]:
        """What happens on a stream, in order: what each is said by, in pieces that others may come between."""
        dice = self.dice
        truth = self.truths[number] = Truth()
        calls = dice.random() < 0.4
        truth.method = "POST" if calls else dice.choice(["GET", "POST", "PUT", "HEAD"])
        truth.path = (
            dice.choice(["/a.B/Get", "/a.B/List", f"/u/{dice.randrange(9)}"])
            if calls
            else (dice.choice(["/", "/a", "/b?x=1", f"/u/{dice.randrange(5)}"]))
        )
        truth.host = dice.choice(["a.test", "b.test:8080"])
        plan: list[list[object]] = []
        request = [
            (":method", truth.method),
            (":scheme", "http"),
            (":path", truth.path),
            (":authority", truth.host),
            ("user-agent", dice.choice(["curl/8", "grpc-go/1.60"])),
            *([("content-type", "application/grpc"), ("te", "trailers")] if calls else []),
            *([("x-id", str(dice.randrange(10**6)))] if dice.random() < 0.3 else []),
        ]
        content, messages = b"", 0
        if truth.method in {"POST", "PUT"}:
            for _ in range(dice.randrange(4)):
                size = dice.choice([0, 3, 40, dice.randrange(3_000)])
                content += message(size) if calls else bytes(size)
                messages += calls
        plan.append(["headers", CLIENT, request, not content])
        if content:
            plan.append(["body", CLIENT, content, True, messages])
        while dice.random() < 0.1:
            plan.append(["headers", SERVER, [(":status", dice.choice(["100", "103"])), ("link", "x")], False])
        status = 200 if calls else dice.choice([200, 204, 301, 404, 503])
        answer = [(":status", str(status)), ("server", dice.choice(["nginx", "envoy"]))]
        content, messages = b"", 0
        if calls:
            answer.append(("content-type", "application/grpc"))
            for _ in range(dice.choice([0, 1, 1, 3])):
                content += message(dice.choice([0, 7, dice.randrange(2_000)]))
                messages += 1
            ending = [("grpc-status", dice.choice(["0", "0", "5", "13"])), ("grpc-message", "sorry")]
        else:
            ending = [("x-sum", "7")] if dice.random() < 0.2 else []
            if truth.method != "HEAD" and status not in {204, 301}:
                content = bytes(dice.choice([0, 1, 500, dice.randrange(20_000)]))
        if calls and not content:  # trailers only
            answer += ending
            ending = []
        plan.append(["headers", SERVER, answer, not (content or ending)])
        if content:
            plan.append(["body", SERVER, content, not ending, messages])
        if ending:
            plan.append(["headers", SERVER, ending, True])
        if dice.random() < 0.1:
            cut = dice.randrange(1, len(plan) + 1)
            plan = plan[:cut]
            plan.append(["reset", dice.randrange(2), dice.choice([0, 2, 7, 8])])
        elif not calls and dice.random() < 0.1:
            self.promised += 2
            plan.insert(1, ["push", self.promised])
        return plan

    def step(self, number: int, what: list[object]) -> None:
        """Do one of them."""
        truth = self.truths[number]
        match what:
            case ["headers", int(side), list(fields), bool(ends)]:
                final = side == CLIENT or not fields[0][1].startswith("1")
                self.headers(side, number, fields, ends=ends)
                if final and fields[0][0].startswith(":"):
                    truth.times[side] = self.time
                    truth.names[side].extend(name for name, _ in fields if name[0] != ":")
                if side == SERVER and fields[0][0] == ":status":
                    if final:
                        truth.status = int(fields[0][1])
                    else:
                        truth.interim.append(int(fields[0][1]))
                truth.grpc = next((int(value) for name, value in fields if name == "grpc-status"), truth.grpc)
                truth.ends[side] = self.time if ends else 0
            case ["body", int(side), bytes(data), bool(ends), int(messages)]:
                self.body(side, number, data, ends=ends)
                truth.sizes[side] = len(data)
                truth.messages[side] = messages
                truth.ends[side] = self.time if ends else 0
            case ["reset", int(side), int(code)]:
                truth.reset = True
                self.say(side, frame(RST_STREAM, number, code.to_bytes(4, "big")), number)
            case ["push", int(promised)]:
                other = self.truths[promised] = Truth(
                    "GET", f"/p{promised}", truth.host, pushed=True, status=200
                )
                fields = [
                    (":method", "GET"),
                    (":scheme", "http"),
                    (":path", other.path),
                    (":authority", other.host),
                ]
                block = self.block(SERVER, fields)
                self.say(
                    SERVER,
                    frame(PUSH_PROMISE, number, promised.to_bytes(4, "big") + block, END_HEADERS),
                    number,
                )
                other.times[CLIENT] = self.time
                other.names[SERVER].append("server")
                self.headers(SERVER, promised, [(":status", "200"), ("server", "nginx")], ends=True)
                other.times[SERVER] = other.ends[SERVER] = self.time


def made(dice: random.Random, *, streams: int | None = None, noisy: bool = True) -> Talk:
    """A connection with several streams at once."""
    talk = Talk(dice, indexing=dice.random() < 0.7)
    talk.say(CLIENT, PREFACE)
    talk.say(CLIENT, settings(_4=65_535))
    talk.say(SERVER, settings(_3=100))
    numbers = iter(range(1, 2 * (streams or dice.randrange(1, 13)), dice.choice([2, 2, 4])))
    going: list[tuple[int, list[list[object]]]] = []
    width = dice.choice([1, 2, 5])
    while True:
        while len(going) < width and (number := next(numbers, 0)):
            going.append((number, talk.steps(number)))
            # Its number is the place in the order in which streams begin.
            talk.step(number, going[-1][1].pop(0))
        if not going:
            break
        if noisy and dice.random() < 0.3:
            talk.noise()
        number, plan = dice.choice(going)
        if plan:
            talk.step(number, plan.pop(0))
        else:
            going.remove((number, plan))
    if dice.random() < 0.3:
        talk.say(dice.randrange(2), frame(GOAWAY, 0, (2**31 - 1).to_bytes(4, "big") + bytes(4) + b"bye"))
    return talk
