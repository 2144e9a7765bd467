"""Frames of WebSocket, written from RFC 6455 section 5.2: right ones and wrong ones."""

from __future__ import annotations

from hypothesis import strategies as st

__all__ = ["ACCEPT", "BINARY", "CLOSE", "CONTINUATION", "KEY", "PING", "PONG", "TEXT", "frame", "frames"]

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
KEY, ACCEPT = "dGhlIHNhbXBsZSBub25jZQ==", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
"""The example of section 1.3."""


def frame(
    opcode: int,
    payload: bytes = b"",
    *,
    mask: bytes | None = None,
    last: bool = True,
    reserved: int = 0,
    width: int | None = None,
) -> bytes:
    """A frame; `mask`: four bytes, as a client's frames have; `width`: bytes of the length beyond the first seven bits."""
    size = len(payload)
    if width is None:
        width = 0 if size < 126 else 2 if size < 2**16 else 8
    first = last << 7 | reserved << 4 | opcode
    second = (mask is not None) << 7 | {0: size, 2: 126, 8: 127}[width]
    if mask is not None:
        keys = (mask * (size // 4 + 1))[:size]
        payload = (int.from_bytes(payload, "big") ^ int.from_bytes(keys, "big")).to_bytes(size, "big")
    length = size.to_bytes(width, "big") if width else b""
    return bytes((first, second)) + length + (mask or b"") + payload


@st.composite
def frames(draw: st.DrawFn, *, masked: bool) -> list[tuple[int, bytes, bytes]]:
    """What one side may send: (opcode, payload, the frame), messages in pieces with control frames between, a close."""
    sent: list[tuple[int, bytes, bytes]] = []

    def put(opcode: int, payload: bytes, *, last: bool = True) -> None:
        mask = draw(st.binary(min_size=4, max_size=4)) if masked else None
        sent.append((opcode, payload, frame(opcode, payload, mask=mask, last=last)))

    sizes = st.sampled_from((0, 1, 5, 125, 126, 300, 70_000))
    for kind in draw(st.lists(st.sampled_from((TEXT, BINARY, PING, PONG)), max_size=6)):
        if kind >= CLOSE:
            put(kind, draw(st.binary(max_size=125)))
            continue
        pieces = draw(st.lists(sizes, min_size=1, max_size=3))
        for at, size in enumerate(pieces):
            put(kind if at == 0 else CONTINUATION, b"x" * size, last=at == len(pieces) - 1)
            if at < len(pieces) - 1 and draw(st.booleans()):
                put(PING, b"")
    if draw(st.booleans()):
        put(CLOSE, draw(st.sampled_from((b"", b"\x03\xe8", b"\x0f\xa1over"))))
    return sent
