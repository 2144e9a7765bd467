"""The operator's guide: each message in its table of troubles is what the program says today, in that trouble."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import trustme
import yaml

from interceptor.delivery.batches import Captured, Header
from interceptor.service.metrics import METRICS
from tests.docker.test_chart import CHART, run_helm
from tests.support.containers import podman
from tests.support.netns import namespace, wait_until
from tests.support.proxies import tinyproxy

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
GUIDE = ROOT / "docker" / "README.md"
CAPTURE = ROOT / "fixtures" / "real" / "keepalive.pcap"
SECONDS = 60.0

TROUBLES = re.findall(
    r"^\| (.+?) \| .+ \| .+ \|$", GUIDE.read_text().partition("## Troubleshoot")[2], re.MULTILINE
)[2:]
"""The first cell of each row, below the heading."""

ELSEWHERE = {
    "violates PodSecurity": None,
    "records_rejected": "delivery/test_uploader.py",
    "client_refused": "service/test_relay.py",
    "file_not_taken": "service/test_rotation.py",
    "the spool is full": "service/test_relay.py",
}
"""Rows whose words other tests hold, and where; None: they are said by Kubernetes."""


def test_security_says_what_a_batchs_header_has() -> None:
    """What leaves beside the records is in the paragraph, key by key; a key more has to be told there."""
    told = {
        "schema": "",
        "id": "",
        "agent": "the agent's version",
        "cluster": "the names of cluster and node",
        "node": "the names of cluster and node",
        "count": "how many records it has",
        "created": "when it was made",
        "captured": "how many packets its captures got and lost",
    }
    assert set(Header.__struct_fields__) == told.keys()
    captured = {
        "since": "since when",
        "packets": "got and lost",
        "kernel_dropped": "lost",
        "interface_dropped": "lost",
        "blind_seconds": "seconds they were blind",
        "interfaces": "how many interfaces are captured",
        "waiting": "how many records wait",
        "waiting_seconds": "for how long the oldest has",
        "dropped": "how many were lost on their way",
    }
    assert set(Captured.__struct_fields__) == captured.keys()
    text = " ".join((GUIDE.parent / "SECURITY.md").read_text().split())
    for words in (*told.values(), *captured.values()):
        assert words in text


def trouble(begins: str) -> list[re.Pattern[str]]:
    """The quoted parts of the row that has these words, with what varies left open."""
    (cell,) = [cell for cell in TROUBLES if begins in cell]
    varies = (
        ("…", ".*"),
        (r"\bN\b", r"\\d+"),
        (r"10\\\.1\\\.2\\\.3:3128|127\\\.0\\\.0\\\.1:2002|18954", r"[\\w.:]+"),
    )
    found = []
    for quoted in re.findall(r"`([^`]+)`", cell):
        pattern = re.escape(quoted)
        for what, left_open in varies:
            pattern = re.sub(what, left_open, pattern)
        found.append(re.compile(pattern))
    assert found
    return found


def holds(begins: str, said: str) -> None:
    """Every quoted part of that row is in what was said."""
    for pattern in trouble(begins):
        assert pattern.search(said), (pattern.pattern, said)


def started(*words: str, log: Path, **environment: str) -> subprocess.Popen[bytes]:
    """The program, with this environment and no proxy of the machine's."""
    own = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    with log.open("wb") as output:
        return subprocess.Popen(
            [sys.executable, "-m", "interceptor", *words],
            env=own | environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )


def run(folder: Path, endpoint: str, **environment: str) -> str:
    """What the daemon logs that reads a capture, and cannot deliver it."""
    (folder / "token").write_text("wrong")
    log = folder / "log"
    process = started(
        *("run", "--capture-sources", f"file:{CAPTURE}", "--endpoint", endpoint, "--shutdown-seconds", "5"),
        *("--token-file", str(folder / "token"), "--spool-directory", str(folder / "spool")),
        *("--server-address", "127.0.0.1", "--server-port", "0"),
        log=log,
        **environment,
    )
    try:
        wait_until(
            lambda: b"upload_failing" in log.read_bytes() or process.poll() is not None, "a failure", SECONDS
        )
    finally:
        process.terminate()
        process.wait(SECONDS)
    return log.read_text()


@contextmanager
def collector(folder: Path) -> Iterator[tuple[str, Path]]:
    """A real endpoint with TLS; gives its URL and its authority."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "ca.pem")
    certificate = authority.issue_cert("127.0.0.1")
    certificate.private_key_pem.write_to_path(folder / "key.pem")
    certificate.cert_chain_pems[0].write_to_path(folder / "cert.pem")
    (folder / "tokens").write_text("right-token-of-tests")
    log = folder / "collector.log"
    process = started(
        *("collector", "--ingest-tokens-file", str(folder / "tokens"), "--server-address", "127.0.0.1"),
        *("--server-port", "0", "--collector-database", str(folder / "db")),
        *("--server-cert-file", str(folder / "cert.pem"), "--server-key-file", str(folder / "key.pem")),
        log=log,
    )

    def url() -> str | None:
        assert process.poll() is None, log.read_text()
        found = re.search(r'"url": "([^"]+)"', log.read_text())
        return found[1] if found else None

    try:
        wait_until(lambda: url() is not None, "the collector", SECONDS)
        yield str(url()), folder / "ca.pem"
    finally:
        process.terminate()
        process.wait(SECONDS)


class TestCapturing:
    """Troubles before the first packet."""

    def test_capability(self, rpcapd_image: str) -> None:
        """rpcapd without NET_RAW names it."""
        said = podman("run", "--rm", "--network=none", "--cap-drop=all", rpcapd_image, check=False)
        holds("CAP_NET_RAW is missing", said.stderr)

    def test_policy_of_the_machine(self, rpcapd_image: str, tmp_path: Path) -> None:
        """rpcapd that has NET_RAW, and is refused all the same, says where to look."""
        packet = {"index": 0, "value": int(socket.AF_PACKET), "op": "SCMP_CMP_EQ"}
        refuse = {"names": ["socket"], "action": "SCMP_ACT_ERRNO", "args": [packet]}
        profile = tmp_path / "seccomp.json"
        profile.write_text(json.dumps({"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [refuse]}))
        options = ("--network=none", "--cap-add=NET_RAW", f"--security-opt=seccomp={profile}")
        said = podman("run", "--rm", *options, rpcapd_image, check=False)
        assert said.returncode == 1
        holds("CAP_NET_RAW is there", said.stderr)

    @pytest.mark.usefixtures("podman_ready")
    def test_no_interface(self, tmp_path: Path) -> None:
        """/readyz counts what is offered and excluded."""
        log = tmp_path / "log"
        with namespace("guide") as space:
            command = (
                f"{sys.executable} -m interceptor run --output-path - --capture-sources live: --server-address 127.0.0.1 "
                "--capture-interfaces-include none*"
            )
            with log.open("wb") as output:
                process = subprocess.Popen(
                    space.wrap(command.split()), stdin=subprocess.DEVNULL, stdout=output, stderr=output
                )
            try:

                def told() -> str:
                    assert process.poll() is None, log.read_text()
                    return space.run("curl", "-s", "http://127.0.0.1:18954/readyz", check=False).stdout

                wait_until(lambda: "offered" in told(), "readiness", SECONDS, 0.2)
                holds("no interface is captured", told())
            finally:
                process.terminate()
                process.wait(SECONDS)

    def test_port(self, rpcapd_image: str, tmp_path: Path) -> None:
        """Both containers name the port that somebody else has."""
        with namespace("guide") as space, space.entered():
            taken = [socket.create_server(("127.0.0.1", port)) for port in (2002, 18954)]
            try:
                inside = f"--network=ns:/run/netns/{space.name}"
                said = podman("run", "--rm", inside, rpcapd_image, check=False)
                words = ("run", "--output-path", "-", "--capture-sources", f"file:{CAPTURE}")
                daemon = subprocess.run(
                    [sys.executable, "-m", "interceptor", *words, "--server-address", "127.0.0.1"],
                    capture_output=True,
                    text=True,
                    timeout=SECONDS,
                )
            finally:
                for listener in taken:
                    listener.close()
        assert (said.returncode != 0, daemon.returncode) == (True, 2)
        holds("is in use", daemon.stderr + said.stderr)


@contextmanager
def answering(status: int, media_type: str, body: bytes) -> Iterator[str]:
    """An endpoint that gives every request this answer."""

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(status)
            self.send_header("Content-Type", media_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


class TestUploading:
    """Troubles on the way out, as the daemon logs them."""

    def test_proxy_down(self, tmp_path: Path) -> None:
        """Names the proxy."""
        with socket.socket() as taken:  # bound, so that nobody else is there, and not listening
            taken.bind(("127.0.0.1", 0))
            proxy = f"http://127.0.0.1:{taken.getsockname()[1]}"
            said = run(tmp_path, "https://api.test", PROXY_URL=proxy)
        holds("cannot connect to the proxy", said)

    def test_something_else_answers(self, tmp_path: Path) -> None:
        """State `configuration`: a web server that is no API, as an http:// URL with a TLS port meets one."""
        page = b"<html>400 The plain HTTP request was sent to HTTPS port</html>"
        with answering(400, "text/html", page) as endpoint:
            said = run(tmp_path, endpoint, INTERCEPTOR_UPLOAD_ALLOW_PLAIN_HTTP="true")
        holds("state `configuration`", said)

    def test_every_batch_is_refused(self, tmp_path: Path) -> None:
        """Then it is not the batches: they are kept."""
        problem = json.dumps({"title": "invalid", "status": 422, "detail": "Line 1: of another version."})
        with answering(422, "application/problem+json", problem.encode()) as endpoint:
            said = run(
                tmp_path,
                endpoint,
                INTERCEPTOR_UPLOAD_ALLOW_PLAIN_HTTP="true",
                INTERCEPTOR_SPOOL_BATCH_RECORDS="2",
            )
        holds("it refuses one batch after the other", said)

    def test_proxy_refuses(self, tmp_path: Path) -> None:
        """State `proxy`."""
        with tinyproxy(tmp_path, ("user", "password")) as port:
            said = run(tmp_path, "https://api.test", PROXY_URL=f"http://127.0.0.1:{port}")
        holds("state `proxy`", said)
        assert '"state": "proxy"' in said

    def test_certificate(self, tmp_path: Path) -> None:
        """Names the server, and whom we trust."""
        with collector(tmp_path) as (endpoint, _):
            holds("certificate verify failed", run(tmp_path, endpoint))

    def test_token(self, tmp_path: Path) -> None:
        """State `auth`."""
        with collector(tmp_path) as (endpoint, authority):
            said = run(tmp_path, endpoint, INTERCEPTOR_TLS_CA_FILE=str(authority))
        holds("state `auth`", said)
        assert '"state": "auth"' in said


ALERTS = (
    *("InterceptorSpoolFilling", "InterceptorKernelDrops", "InterceptorCaptureLoss", "InterceptorBlind"),
    *("InterceptorTargetDown", "InterceptorBatchesNotTaken", "InterceptorCertificateExpiring"),
    "InterceptorWorkerEnds",
)


@pytest.mark.parametrize("begins", ALERTS)
def test_alerts(begins: str) -> None:
    """Alerts and metrics that are named exist."""
    rules = yaml.safe_load((ROOT / "docker/observability/alerts.yaml").read_text())["groups"][0]["rules"]
    holds(
        begins,
        "\n".join(
            [rule["alert"] for rule in rules] + [f"{metric.name}{{reason=" + "}" for metric in METRICS]
        ),
    )


def test_typo(each_helm: int) -> None:
    """Helm names a value that there is not; the wording is helm 4's."""
    done = run_helm("template", "x", str(CHART), values={"httpProxy": "x"})
    assert done.returncode != 0
    if each_helm == 4:
        holds("values that helm refuses", done.stderr)
    assert "httpProxy" in done.stderr


def test_every_trouble_has_its_test() -> None:
    """No row of the table is without one here."""
    assert len(TROUBLES) >= 10
    source = Path(__file__).read_text()
    named = set(re.findall(r'holds\(\s*"([^"]+)"', source)) | set(ALERTS)
    for cell in TROUBLES:
        assert any(begins in cell for begins in named | ELSEWHERE.keys()), cell
    for words, where in ELSEWHERE.items():
        assert where is None or words in (Path(__file__).parents[1] / where).read_text(), words
