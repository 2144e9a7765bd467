from __future__ import annotations
import asyncio, time
from rpcapd_client.client import *
from tests.rpcapd_client.conftest import frame, wait_until
import pytest

@pytest.mark.parametrize("kw", [{}, {"server_open": True}, {"transport": Transport.UDP}])
def test_smoke(host, daemon, kw):
    async def go():
        async with await connect(daemon.url) as client:
            print(await client.interfaces())
            w = host.wire("cap1")
            async with await client.open_capture("cap0", read_timeout=0.01, **kw) as capture:
                for i in range(20): w.send(frame(i))
                n=0
                async for b, p in capture:
                    n+=len(p)
                    print(len(p), p[0])
                    if n==20: break
                print(await capture.statistics())
            w.close()
    host.run(go(), 10)
