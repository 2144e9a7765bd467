"""Made situations told otherwise: segments cut elsewhere, over IPv6, to another port. The records stay the same.

Where a stack cuts its stream says nothing (RFC 9293 section 3.7), nor do addresses and port numbers. So what is written of a
situation must not depend on them. What differs all the same is in a table, with why it must.
"""

from __future__ import annotations

import functools
import json
import os
import random
import struct
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from interceptor.capture.files import open_captures
from interceptor.core.model import PacketBatch
from interceptor.core.pipeline import Pipeline
from interceptor.core.records.encoder import RecordEncoder

if TYPE_CHECKING:
    from collections.abc import Callable

MADE = Path(__file__).parent.parent / "fixtures" / "made"
CAPTURES = {path.name.partition(".")[0]: path for path in sorted(MADE.iterdir()) if ".pcap" in path.name}


class Parsed(NamedTuple):
    link: bytes
    ip: bytes
    tcp: bytes
    payload: bytes


def parsed(link_type, packet: bytes, length: int) -> Parsed | None:
    if link_type != 1 or len(packet) != length or len(packet) < 54: 
        return None
    at = 12
    while packet[at:at+2] in (b"\x81\x00", b"\x88\xa8"):
        at += 4
    kind = packet[at:at+2]
    at += 2
    link, ip = packet[:at], packet[at:]
    if kind == b"\x08\x00":
        size = (ip[0] & 15) * 4
        total = struct.unpack_from(">H", ip, 2)[0]
        if ip[9] != 6 or struct.unpack_from(">H", ip, 6)[0] & 0x3fff or total > len(ip): return None
    elif kind == b"\x86\xdd":
        size = 40
        total = 40 + struct.unpack_from(">H", ip, 4)[0]
        if ip[6] != 6 or total > len(ip): return None
    else: return None
    ip, rest = ip[:size], ip[size:total]
    if len(rest) < 20: return None
    off = (rest[12] >> 4) * 4
    if not 20 <= off <= len(rest): return None
    return Parsed(link, ip, rest[:off], rest[off:])


def built(p: Parsed) -> bytes:
    ip = bytearray(p.ip)
    n = len(p.tcp) + len(p.payload)
    if ip[0] >> 4 == 4: struct.pack_into(">H", ip, 2, len(ip) + n)
    else: struct.pack_into(">H", ip, 4, n)
    return p.link + bytes(ip) + p.tcp + p.payload


def cut(seed):
    def change(p: Parsed) -> list[Parsed]:
        if len(p.payload) < 2 or p.tcp[13] & 2: return [p]
        if seed == 'half': at = len(p.payload)//2
        else: at = random.Random(p.payload + b"%d" % seed).randrange(1, len(p.payload))
        first, second = bytearray(p.tcp), bytearray(p.tcp)
        first[13] &= ~5
        struct.pack_into(">I", second, 4, (struct.unpack_from(">I", p.tcp, 4)[0] + at) % 2**32)
        return [Parsed(p.link, p.ip, bytes(first), p.payload[:at]), Parsed(p.link, p.ip, bytes(second), p.payload[at:])]
    return change

def port(p):
    t = bytearray(p.tcp)
    for o in (0, 2):
        if t[o:o+2] == b"\0\x50": t[o:o+2] = struct.pack(">H", 31337)
    return [p._replace(tcp=bytes(t))]

def v6(p):
    if p.ip[0] >> 4 == 6: return [p]
    ip = b"\x60" + bytes(3) + bytes(2) + b"\x06" + p.ip[8:9] + b"\x20\x01\x0d\xb8" + bytes(8) + p.ip[12:16] + b"\x20\x01\x0d\xb8" + bytes(8) + p.ip[16:20]
    return [p._replace(link=p.link[:-2] + b"\x86\xdd", ip=ip)]


def records(path, change=None):
    pipeline, encoder = Pipeline(), RecordEncoder("full")
    [capture] = open_captures([str(path)])
    out = b""
    for batch in capture.batches():
        if change is not None:
            buffer = bytearray(); packets = []
            for time, start, captured, length in batch.packets:
                raw = bytes(batch.buffer[start:start+captured])
                p = parsed(batch.interface.link_type, raw, length)
                for piece in ([raw] if p is None else map(built, change(p))):
                    packets.append((time, len(buffer), len(piece), length if p is None else len(piece)))
                    buffer += piece
            batch = PacketBatch(batch.interface, bytes(buffer), packets)
        out += encoder.encode(pipeline.feed(batch))
    capture.close()
    out += encoder.encode(pipeline.close())
    assert all(s.balanced for s in pipeline.ledger())
    found = [json.loads(l) for l in out.splitlines()]
    for r in found:
        for k in ASIDE: r.pop(k, None)
    return sorted(json.dumps(r, sort_keys=True) for r in found)

ASIDE = set("".split())
if __name__ == "__main__":
    import sys, time
    for what in sys.argv[1:]:
        change = {'none': None, 'port': port, 'v6': v6, 'half': cut('half')}.get(what) if not what.isdigit() else cut(int(what))
        global_aside = {'id'} 
        if what == 'port': global_aside |= {'server.port','destination.port'}
        if what == 'v6': global_aside |= {'network.type','server.address','destination.address','source.address','client.address'}
        ASIDE = global_aside
        t=time.process_time(); n=0
        slow=[]
        for name, path in CAPTURES.items():
            t0=time.process_time()
            a = records(path); b = records(path, change)
            slow.append((time.process_time()-t0,name))
            if a != b:
                n+=1
                print(what, name); 
                if n<40:
                    for x in a:
                        if x not in b: print('   -', x[:3000])
                    for x in b:
                        if x not in a: print('   +', x[:3000])
        print(what, n, 'differ of', len(CAPTURES), time.process_time()-t, sorted(slow)[-6:])
