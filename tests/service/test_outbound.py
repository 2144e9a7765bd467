"""The way out, put together from the configuration."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
import structlog

from interceptor.config import Config, Proxy, Spool
from interceptor.errors import UsageError
from interceptor.service.metrics import Metrics
from interceptor.service.outbound import Outbound, origin
from tests.support.records import batch, record

if TYPE_CHECKING:
    from pathlib import Path


def config(folder: Path, endpoint: str | None = "https://api.test", proxy: str | None = None) -> Config:
    """With a spool in a folder."""
    return Config.model_validate(
        {
            "endpoint": endpoint,
            "spool": Spool(directory=folder / "spool"),
            "proxy": Proxy.model_validate({"url": proxy}),
        }
    )


def test_without_an_endpoint_there_is_no_way_out(tmp_path: Path) -> None:
    """And no spool is touched."""
    with pytest.raises(UsageError, match="endpoint"):
        Outbound(config(tmp_path, None), {})
    assert list(tmp_path.iterdir()) == []


def test_its_metrics_name_the_proxy_without_secrets(tmp_path: Path) -> None:
    """Address, setting and rule; user and password nowhere."""

    async def go() -> str:
        out = Outbound(config(tmp_path, proxy="http://user:hidden-word@proxy.test:3128"), {})
        await out.spool.append(batch(record(), record()))
        metrics = Metrics()
        metrics.add(out.samples)
        text = metrics.exposition()[0].decode()
        await out.close()
        return text

    text = asyncio.run(go())
    assert 'upload_proxy_info{decision="proxy",proxy="proxy.test:3128",rule=' in text
    assert 'setting="proxy.url"' in text
    assert "hidden-word" not in text
    assert "user:" not in text
    assert "interceptor_spool_records 2.0" in text
    assert "interceptor_spool_batches 1.0" in text
    assert 'interceptor_upload_state{state="ok"} 1.0' in text


@pytest.mark.parametrize(
    ("endpoint", "proxy", "peer"),
    [
        ("https://api.test/x", None, ("api.test", 443)),
        ("http://api.test", None, ("api.test", 80)),
        ("https://[fd00::1]:8443", None, ("fd00::1", 8443)),
        ("https://api.test", "http://proxy.test:3128", ("proxy.test", 3128)),
    ],
)
def test_it_says_whom_connections_go_to(
    tmp_path: Path, endpoint: str, proxy: str | None, peer: tuple[str, int]
) -> None:
    """The proxy, where there is one: so that captures leave these conversations out."""

    async def go() -> tuple[str, int]:
        out = Outbound(config(tmp_path, endpoint, proxy), {})
        await out.close()
        return out.peer

    assert asyncio.run(go()) == peer


def test_a_wait_ends_when_a_file_changes(tmp_path: Path) -> None:
    """What was mended is tried at once; otherwise the wait is as long as was said."""
    token = tmp_path / "token"
    token.write_text("one")
    settings = config(tmp_path).model_copy(update={"token_file": token})

    async def go() -> None:
        out = Outbound(settings, {})
        await out._sender._token.text()
        loop = asyncio.get_running_loop()
        began = loop.time()
        await out._rest(2.5)  # some looks at the files
        assert loop.time() - began >= 2.5
        waiting = asyncio.create_task(out._rest(3_600))
        await asyncio.sleep(0)
        token.write_text("another")
        async with asyncio.timeout(60):
            await waiting
        await out.close()

    asyncio.run(go())


def test_drained_means_empty(tmp_path: Path) -> None:
    """It waits for the last batch."""

    async def go() -> None:
        out = Outbound(config(tmp_path), {})
        await out.drained()
        await out.spool.append(batch(record()))
        waiting = asyncio.create_task(out.drained())
        await asyncio.sleep(0)
        assert not waiting.done()
        await out.spool.delivered(await out.spool.next())
        async with asyncio.timeout(30):
            await waiting
        await out.close()

    asyncio.run(go())


def test_files_of_another_version_do_not_hold_up_the_end(tmp_path: Path) -> None:
    """They cannot be sent by this one: nothing is waited for, and they are still there."""

    async def go() -> None:
        out = Outbound(config(tmp_path), {})
        await out.spool.append(batch(record()))
        await out.close()
        [path] = (tmp_path / "spool").glob("*.batch")
        held = path.read_bytes().replace(
            b"\x00\x01\xff\xfe", b"\x00\x02\xff\xfd", 1
        )  # the version, and inverted
        path.write_bytes(held)
        out = Outbound(config(tmp_path), {})
        waiting = asyncio.create_task(out.drained())
        await asyncio.sleep(0)
        assert not waiting.done()
        looking = asyncio.create_task(out.spool.next())  # as the uploader does
        async with asyncio.timeout(30):
            await waiting
        looking.cancel()
        assert out.spool.counters.unknown == 1
        await out.close()
        assert path.read_bytes() == held

    asyncio.run(go())


def test_what_is_odd_about_the_proxys_settings_is_logged(tmp_path: Path) -> None:
    """Once each, when uploading begins; and the way that was chosen."""

    async def go() -> None:
        odd = {"HTTPS_PROXY": "a.test:1", "https_proxy": "b.test:1", "NO_PROXY": "http://x"}
        out = Outbound(config(tmp_path), odd)
        running = asyncio.create_task(out.run())
        await asyncio.sleep(0)
        running.cancel()
        await asyncio.wait([running])
        await out.close()

    with structlog.testing.capture_logs() as events:
        asyncio.run(go())
    told = [(event["event"], event.get("problem", event.get("way"))) for event in events]
    assert told[0] == ("proxy_setting", "HTTPS_PROXY and https_proxy differ; HTTPS_PROXY counts")
    assert told[1][1].startswith("NO_PROXY: item 1 ")
    assert told[2] == ("uploading", "via http://a.test:1 (HTTPS_PROXY; no rule excepts it)")


def test_batches_say_who_sealed_them(tmp_path: Path) -> None:
    """Program and version, cluster, node; the host's name where none is configured."""
    made = origin(config(tmp_path).model_copy(update={"cluster": "c", "node": "n"}))
    assert (made.agent.partition("/")[0], made.cluster, made.node) == ("interceptor", "c", "n")
    assert origin(config(tmp_path)).node
