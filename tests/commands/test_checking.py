"""`interceptor check`: what it says of each hop, on real ones."""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
import trustme
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

from interceptor.config import Server
from interceptor.service.server import serving
from tests.capture_bytes import conversation, pcap
from tests.support.netns import Namespace
from tests.support.rpcapd import PASSWORD, ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from starlette.requests import Request

    from tests.support.rpcapd import Host

TOKEN = "s3cr3t-token"


def check(*flags: str, inside: Host | None = None, **environment: str) -> tuple[int, dict[str, str], str]:
    """Exit status, what was said by hop (`ok …` or `FAILED …`), and the whole output."""
    command = [sys.executable, "-W", "error", "-m", "interceptor", "check", *flags]
    if inside is not None:
        command = Namespace(inside.name).wrap(command)
    clean = {key: value for key, value in os.environ.items() if "proxy" not in key.lower()}
    done = subprocess.run(
        command, capture_output=True, text=True, cwd=ROOT, env={**clean, **environment}, timeout=60
    )
    assert "Traceback" not in done.stderr
    hops = {}
    for line in done.stdout.splitlines():
        state, told = line[:8].strip(), line[8:]
        if state != "config":
            hop, _, rest = told.partition(": ")
            hops[hop] = f"{state} {rest}"
    return done.returncode, hops, done.stdout + done.stderr


# Sources


def test_without_sources_the_way_out_is_tried(tmp_path: Path) -> None:
    """A configuration without sources is a relay's: no failure, and the endpoint is tried."""
    config = tmp_path / "relay.yaml"
    config.write_text("capture: {sources: []}\n")
    status, hops, _ = check("--config", str(config), "--output-path", "-")
    assert "none are configured" in hops["sources"]
    assert status == 0


def test_all_is_well(host: Host) -> None:
    """An rpcapd that can be reached and may capture, and a file that can be written: status 0."""
    daemon = host.rpcapd()
    status, hops, _ = check("--capture-sources", daemon.url, "--output-path", "-", inside=host)
    assert status == 0
    assert hops["output -"] == "ok can be written"
    assert re.fullmatch(
        r"ok captures cap[01]; 6 interfaces offered, 4 excluded", hops[f"source {daemon.url}"]
    )


def test_an_rpcapd_that_is_not_there(host: Host) -> None:
    """Is said with the reason."""
    status, hops, _ = check("--capture-sources", "rpcap://127.0.0.1:1", "--output-path", "-", inside=host)
    assert status == 1
    assert hops["source rpcap://127.0.0.1:1"].startswith("FAILED cannot connect to 127.0.0.1:1")


@pytest.mark.parametrize(("user", "password"), [("probe", "wrong"), ("nobody", PASSWORD)])
def test_an_rpcapd_that_lets_us_not_in_or_not_capture(
    host: Host, tmp_path: Path, user: str, password: str
) -> None:
    """A wrong password, and a user that may list but not capture, are told apart; the password is not shown."""
    daemon = host.rpcapd(null=False)
    (tmp_path / "password").write_text(f"{password}\n")
    status, hops, output = check(
        *("--capture-sources", daemon.url, "--output-path", "-", "--capture-user", user),
        *("--capture-password-file", str(tmp_path / "password")),
        inside=host,
    )
    [told] = [told for hop, told in hops.items() if hop.startswith("source")]
    assert status == 1
    assert ("Authentication failed" in told) is (password == "wrong")
    assert ("permission" in told) is (password == PASSWORD)
    assert password not in output


def test_nothing_that_would_be_captured(host: Host) -> None:
    """Is no success: the daemon would not be ready."""
    daemon = host.rpcapd()
    status, hops, _ = check(
        *("--capture-sources", daemon.url, "--output-path", "-", "--capture-interfaces-exclude", "*"),
        inside=host,
    )
    assert status == 1
    assert "none of its 6 interfaces can be captured (6 excluded)" in hops[f"source {daemon.url}"]


def test_a_filter_that_is_none() -> None:
    """With the place of the error."""
    status, hops, _ = check("--capture-filter", "tcp and foo", "--output-path", "-")
    assert status == 1
    assert "column 9" in hops["sources"]


def test_a_bad_configuration_is_status_2(tmp_path: Path) -> None:
    """One line with its place, and nothing is tried."""
    (tmp_path / "c.yaml").write_text("proxi: x\n")
    status, hops, output = check("--config", str(tmp_path / "c.yaml"))
    assert (status, hops) == (2, {})
    assert output == f"interceptor: error: {tmp_path}/c.yaml:1: proxi: no such key; did you mean proxy?\n"


# Output and endpoint


@pytest.fixture
def replay(tmp_path: Path) -> str:
    """A source that needs no privilege."""
    path = tmp_path / "capture.pcap"
    path.write_bytes(pcap(conversation(1)))
    return f"file:{path}"


def test_records_need_somewhere_to_go(replay: str) -> None:
    """As the daemon says."""
    status, hops, _ = check("--capture-sources", replay)
    assert status == 1
    assert hops["output"] == (
        "FAILED records have nowhere to go: set endpoint or output.path; --endpoint URL or --output-path FILE says where to"
    )
    status, hops, _ = check("--capture-sources", replay, "--output-path", "/no/such/folder/x")
    assert status == 1
    assert hops["output /no/such/folder/x"].startswith("FAILED cannot be written")


@contextmanager
def cloud(folder: Path, authority: trustme.CA) -> Iterator[str]:
    """An endpoint with TLS that wants a token; gives its URL."""
    issued = authority.issue_cert("127.0.0.1")
    cert, key = folder / "cert.pem", folder / "key.pem"
    issued.cert_chain_pems[0].write_to_path(cert)
    issued.private_key_pem.write_to_path(key)

    async def take(request: Request) -> JSONResponse:
        known = request.headers.get("authorization") == f"Bearer {TOKEN}"
        return JSONResponse({"accepted": 0, "rejected": 0}, 202 if known else 401)

    app = Starlette(routes=[Route("/v1/batches", take, methods=["POST"])])
    ports: list[int] = []
    ready, stop = threading.Event(), threading.Event()

    async def serve() -> None:
        async with serving(app, Server(address="127.0.0.1", port=0, cert_file=cert, key_file=key)) as port:
            ports.append(port)
            ready.set()
            await asyncio.to_thread(stop.wait)

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    try:
        assert ready.wait(20)
        yield f"https://127.0.0.1:{ports[0]}"
    finally:
        stop.set()
        thread.join()


@pytest.mark.parametrize(
    ("place", "said"), [(".", "is a folder"), ("no/file", "no such folder, or no permission")]
)
def test_an_output_that_cannot_be_written(tmp_path: Path, replay: str, place: str, said: str) -> None:
    """As `run` would find out."""
    path = str(tmp_path / place)
    status, hops, _ = check("--capture-sources", replay, "--output-path", path)
    assert (status, hops[f"output {path}"]) == (
        1,
        f"FAILED cannot be written: {said}; --output-path names another",
    )


def test_an_endpoint_is_asked_without_records(tmp_path: Path, replay: str) -> None:
    """Certificate and token hold, each in a line of its own; the configuration is shown, the token is not."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    with cloud(tmp_path, authority) as url:
        flags = ("--capture-sources", replay, "--endpoint", url, "--tls-ca-file", str(tmp_path / "ca.pem"))
        status, hops, output = check(*flags, INTERCEPTOR_TOKEN=TOKEN)
        assert status == 0, output
        assert hops["endpoint"] == "ok answers, its certificate is good"
        assert hops["token"] == "ok accepted"
        assert hops["proxy"] == f"ok {url} direct (loopback is always direct)"
        assert f"config  endpoint = {url}  (--endpoint)\n" in output
        assert "config  token = ***  (INTERCEPTOR_TOKEN)\n" in output
        assert TOKEN not in output

        status, hops, _ = check(*flags, INTERCEPTOR_TOKEN="wrong")
        assert (status, hops["endpoint"].split()[0]) == (1, "ok")
        assert hops["token"].startswith("FAILED the endpoint answered 401")

        status, hops, _ = check(*flags)
        assert hops["token"].startswith("FAILED none is configured")
        assert hops["token"].endswith("; --token-file names the file that has it")


def test_a_certificate_that_nobody_vouches_for(tmp_path: Path, replay: str) -> None:
    """Fails the endpoint, and the token is not shown to it."""
    with cloud(tmp_path, trustme.CA()) as url:
        status, hops, _ = check("--capture-sources", replay, "--endpoint", url, INTERCEPTOR_TOKEN=TOKEN)
        assert status == 1
        assert "certificate" in hops["endpoint"]
        assert hops["endpoint"].endswith("; --tls-ca-file names who vouches for it")
        assert hops["token"] == "FAILED not tried"


def test_the_proxy_decision_names_its_rule(replay: str) -> None:
    """And a user and password in it are not shown."""
    flags = ("--capture-sources", replay, "--endpoint", "https://cloud.example")
    status, hops, output = check(*flags, HTTPS_PROXY="http://user:pa55word@127.0.0.1:1")
    assert status == 1
    assert "via http://127.0.0.1:1 (HTTPS_PROXY;" in hops["proxy"]
    assert "pa55word" not in output
    assert hops["endpoint"].startswith("FAILED")


# For programs, and what mends


def test_the_same_as_json(tmp_path: Path, replay: str) -> None:
    """One object with everything that the lines say, failures included; the status is the same."""
    flags = ("--capture-sources", replay, "--output-path", str(tmp_path / "no" / "x"), "--format", "json")
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "interceptor", "check", *flags],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "INTERCEPTOR_TOKEN": TOKEN},
        timeout=60,
    )
    assert (done.returncode, done.stderr, done.stdout.count("\n")) == (1, "", 1)
    report = json.loads(done.stdout)
    assert report["ok"] is False
    assert {"key": "token", "value": "***", "origin": "INTERCEPTOR_TOKEN"} in report["configuration"]
    assert [(hop["name"].split()[0], hop["ok"]) for hop in report["hops"]] == [
        ("metadata", True),
        ("source", True),
        ("output", False),
    ]
    assert report["hops"][-1]["told"] == "cannot be written: no such folder, or no permission"
    assert report["hops"][-1]["mend"] == "--output-path names another"
    assert report["hops"][0]["mend"] is None


def test_a_token_file_that_holds_two_is_told(tmp_path: Path, replay: str) -> None:
    """Before anything is sent; the daemon does not start with it."""
    (tmp_path / "token").write_text(f"{TOKEN}\n{TOKEN}\n")
    flags = ("--endpoint", "https://h", "--token-file", str(tmp_path / "token"))
    status, hops, output = check("--capture-sources", replay, *flags, inside=None)
    assert status == 1
    assert hops["endpoint"] == (
        f"FAILED token_file {tmp_path}/token: holds 2 lines, and a token is one; --token-file says it"
    )
    assert TOKEN not in output


@pytest.mark.parametrize(
    ("flags", "environment", "hop", "mend"),
    [
        (("--capture-filter", "tcp and foo"), {}, "sources", "--capture-filter says it"),
        (("--capture-sources", "nope:"), {}, "sources", "--capture-sources says it"),
        (("--capture-sources", "live:nope0"), {}, "source live:nope0", "--capture-sources says it"),
        (("--capture-sources", "rpcap://127.0.0.1:1"), {}, "source rpcap://127.0.0.1:1", "--capture-sources says where to capture"),
        (("--metadata-routes", "no"), {}, "metadata", "--metadata-routes says it"),
        (("--metadata-openapi", "/no/such"), {}, "metadata", "--metadata-openapi says it"),
        (("--endpoint", "https://u:p@h"), {}, "endpoint", "--endpoint says it"),
        (("--endpoint", "http://127.0.0.1:1"), {}, "endpoint", "--endpoint says where it is, --proxy-url-file and --proxy-no-proxy the way"),
        (("--endpoint", "http://192.0.2.1"), {"INTERCEPTOR_TOKEN": "t"}, "endpoint", "upload.allow_plain_http: true; --endpoint says it"),
        (("--endpoint", "https://h"), {"INTERCEPTOR_TOKEN": "two\nlines"}, "endpoint", "--token-file says it"),
    ],
)  # fmt: skip
def test_a_failure_names_the_flag_that_mends_it(
    replay: str, flags: tuple[str, ...], environment: dict[str, str], hop: str, mend: str
) -> None:
    """Of the option that is complained about, or of the hop."""
    sources = () if "--capture-sources" in flags else ("--capture-sources", replay)
    status, hops, output = check(*sources, "--output-path", "-", *flags, inside=None, **environment)
    assert status == 1
    assert hops[hop].startswith("FAILED"), output
    assert hops[hop].endswith(mend), output
