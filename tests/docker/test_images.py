"""The images: built from the shipped Dockerfiles, looked into, and run as operators run them."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import signal
import socket
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from rpcapd_client import connect
from tests.docker.conftest import unavailable
from tests.support.containers import build_all, container, inspect, podman
from tests.support.netns import Namespace, namespace, veth, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
SECONDS = 60.0
"""For a container to be ready on a busy machine."""


def files(image: str) -> dict[str, tuple[str, int, str]]:
    """Every file of an image: mode, size and owner by path."""
    mounted = podman("image", "mount", image).stdout.strip()
    try:
        listed = subprocess.run(
            ["find", ".", "-xdev", "-printf", r"%P\t%M\t%s\t%U:%G\t%y\n"],
            cwd=mounted,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    finally:
        podman("image", "unmount", image)
    found = {}
    for line in listed.splitlines():
        path, mode, size, owner, kind = line.split("\t")
        found[path] = (mode, int(size) if kind == "f" else 0, owner)
    return found


def read(image: str, path: str) -> str:
    """A file of an image."""
    mounted = Path(podman("image", "mount", image).stdout.strip())
    try:
        return (mounted / path).read_text()
    finally:
        podman("image", "unmount", image)


@pytest.fixture
def host() -> Iterator[Namespace]:
    """A host with two interfaces."""
    with namespace("image") as made, namespace("image-peer") as peer:
        veth(made, peer, names=("veth0", "eth0"), addresses=(["10.77.0.1/24"], ["10.77.0.2/24"]))
        yield made


def inside(host: Namespace) -> str:
    """The option that puts a container into a namespace as if it were on the host's network."""
    return f"--network=ns:/run/netns/{host.name}"


class TestDockerfiles:
    """What can be seen without building."""

    @pytest.mark.parametrize("name", ["interceptor", "rpcapd", "proxy"])
    def test_hadolint(self, name: str) -> None:
        """hadolint has nothing to say."""
        done = subprocess.run(
            [ROOT / ".venv/bin/hadolint", ROOT / "docker" / name / "Dockerfile"],
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stdout) == (0, "")

    def test_every_dependency_has_hashes(self) -> None:
        """The lock has the versions that the tests run with, each with its hashes."""
        tested = dict(line.split("==") for line in (ROOT / "requirements.lock").read_text().splitlines())
        text = (ROOT / "docker/interceptor/requirements.txt").read_text()
        locked = dict(re.findall(r"^(\S+)==(\S+)(?: ;[^\\]*)? \\$", text, re.MULTILINE))
        assert "dpkt" in locked
        for name, version in locked.items():
            assert version == tested.get(name, version), f"{name}: run `make lock`"
        assert text.count("--hash=sha256:") >= len(locked)
        declared = re.findall(r'^    "([A-Za-z0-9-]+)', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
        assert {name for name in declared if name in tested} <= locked.keys()


class TestLauncher:
    """The program that starts rpcapd in its image, with the real rpcapd."""

    def test_connections_write_nothing(self, rpcapd_path: Path, host: Namespace, tmp_path: Path) -> None:
        """Those of probes, four a minute on each node: what goes to no terminal does not grow by them; help is there."""
        if shutil.which("gcc") is None:
            unavailable("needs gcc")
        launcher = tmp_path / "launch"
        source = ROOT / "docker/rpcapd/launch.c"
        where = f'-DRPCAPD="{rpcapd_path}"'
        strict = ("-std=gnu11", "-Wall", "-Wextra", "-Werror")
        subprocess.run(["gcc", *strict, where, "-o", launcher, source], check=True)
        assert self.hints(host, rpcapd_path, tmp_path / "written") > 1
        assert self.hints(host, launcher, tmp_path / "written") == 0
        for program in (rpcapd_path, launcher):
            shown = subprocess.run([program, "-h"], capture_output=True, text=True, check=False)
            assert "usage" in f"{shown.stdout}{shown.stderr}".lower()

    def hints(self, host: Namespace, program: Path, output: Path) -> int:
        """How many are there when rpcapd has ended, after twenty connections without a word."""

        def probe() -> bool:
            with host.entered(), socket.socket() as tried:
                return tried.connect_ex(("127.0.0.1", 2002)) == 0

        with output.open("wb") as written:
            words = host.wrap([str(program), "-n", "-b", "127.0.0.1", "-p", "2002"])
            # rpcapd ends its whole process group
            daemon = subprocess.Popen(words, stdout=written, stderr=subprocess.STDOUT, start_new_session=True)
            try:
                wait_until(probe, "rpcapd listens", SECONDS)
                for _ in range(19):
                    assert probe()
            finally:
                daemon.terminate()
                try:
                    daemon.wait(SECONDS / 4)
                except (
                    subprocess.TimeoutExpired
                ):  # what it does on a signal may wait for what it did just then
                    os.killpg(daemon.pid, signal.SIGKILL)
                    daemon.wait(SECONDS)
        # a child of it may have the port for a moment longer, and the next one would find it taken
        wait_until(lambda: not probe(), "nobody listens", SECONDS)
        return output.read_text().count("Press CTRL + C")


class TestRpcapdImage:
    """libpcap's daemon and nothing else."""

    def test_has_nothing_else(self, rpcapd_image: str) -> None:
        """The daemon, its launcher, the libraries they name, licences and the bill of materials."""
        found = [path for path, (mode, _, _) in files(rpcapd_image).items() if mode.startswith("-")]
        programs = {path for path in found if path.startswith(("usr/sbin/", "usr/bin/", "bin/"))}
        assert programs == {"usr/sbin/rpcapd", "usr/sbin/rpcapd-launch"}
        rest = {re.sub(r".*/", "", path) for path in set(found) - programs}
        expected = r"(libc|libcrypt|libcrypto|libssl|libz|libzstd)\.so\.\d+|ld-linux.*|copyright|rpcapd\.cdx\.json|passwd"
        assert all(re.fullmatch(expected, name) for name in rest - {"resolv.conf", "hosts", "hostname"}), rest

    def test_speaks_tls(self, rpcapd_image: str, host: Namespace, tmp_path: Path) -> None:
        """It serves rpcaps with the certificate that it is given."""
        pair = ("-keyout", str(tmp_path / "key.pem"), "-out", str(tmp_path / "cert.pem"))
        subprocess.run(
            [
                "openssl",
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:P-256",
                "-nodes",
                "-subj",
                "/CN=rpcapd",
                "-addext",
                "subjectAltName=IP:127.0.0.1",
                *pair,
            ],
            check=True,
            capture_output=True,
        )
        with container(
            "tls",
            inside(host),
            "--volume",
            f"{tmp_path}:/tls:ro",
            rpcapd_image,
            "-n",
            "-b",
            "127.0.0.1",
            "-p",
            "2002",
            "-S",
            "-K",
            "/tls/key.pem",
            "-X",
            "/tls/cert.pem",
        ):
            wait_until(lambda: ":2002 " in host.run("ss", "-Hltn").stdout, "rpcapd", SECONDS)
            said = host.run(
                "openssl",
                "s_client",
                "-connect",
                "127.0.0.1:2002",
                "-CAfile",
                str(tmp_path / "cert.pem"),
                "-verify_return_error",
                check=False,
            )
        assert "Verify return code: 0 (ok)" in said.stdout

    @pytest.mark.parametrize("options", [("--cap-drop=all",), ("--cap-drop=all", "--cap-add=NET_ADMIN")])
    def test_says_which_capability_is_missing(self, rpcapd_image: str, options: tuple[str, ...]) -> None:
        """Without NET_RAW it fails, with one line that names it."""
        done = podman("run", "--rm", "--network=none", *options, rpcapd_image, check=False)
        assert done.returncode == 1
        (line,) = [line for line in done.stderr.splitlines() if line.startswith("rpcapd:")]
        assert "the capability CAP_NET_RAW is missing" in line

    @pytest.mark.parametrize(
        "options",
        [
            ("--cap-drop=all", "--cap-add=NET_RAW,NET_ADMIN"),
            ("--cap-drop=all", "--cap-add=NET_RAW"),
            ("--privileged", "--pid=host"),
        ],
    )
    def test_captures(self, rpcapd_image: str, host: Namespace, options: tuple[str, ...]) -> None:
        """With NET_RAW, or privileged, packets of a host's interface come, from a read-only root file system."""

        async def first_batch() -> int:
            async with await connect("rpcap://127.0.0.1:2002") as client:
                assert "veth0" in {device.name for device in await client.interfaces()}
                async with await client.open_capture("veth0", filter="udp port 9") as capture:
                    sending = asyncio.create_task(send())
                    try:
                        async for _, packets in capture:
                            return len(packets)
                    finally:
                        sending.cancel()
            return 0

        async def send() -> None:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
                while True:
                    out.sendto(b"discard", ("10.77.0.2", 9))
                    await asyncio.sleep(0.1)

        with container("rpcapd", "--read-only", inside(host), *options, rpcapd_image):
            wait_until(lambda: ":2002 " in host.run("ss", "-Hltn").stdout, "rpcapd", SECONDS)
            assert "127.0.0.1:2002" in host.run("ss", "-Hltn").stdout
            with host.entered():
                assert asyncio.run(asyncio.wait_for(first_batch(), SECONDS)) > 0

    @pytest.mark.parametrize(("options", "blocks"), [((), 16), (("--env=RPCAPD_BUFFER_BYTES=8388608",), 32)])
    def test_has_a_larger_buffer(
        self, rpcapd_image: str, host: Namespace, options: tuple[str, ...], blocks: int
    ) -> None:
        """For each capture; how large is the environment's choice. The kernel shows it."""

        async def ring() -> str:
            async with (
                await connect("rpcap://127.0.0.1:2002") as client,
                await client.open_capture("veth0", filter="udp port 9"),
            ):
                process = await asyncio.create_subprocess_exec(
                    *host.wrap(["ss", "-0emp"]), stdout=asyncio.subprocess.PIPE
                )
                return (await process.communicate())[0].decode()

        with container("rpcapd", inside(host), "--privileged", *options, rpcapd_image):
            wait_until(lambda: ":2002 " in host.run("ss", "-Hltn").stdout, "rpcapd", SECONDS)
            with host.entered():
                shown = asyncio.run(asyncio.wait_for(ring(), SECONDS))
        assert f"blk_size:262144,blk_nr:{blocks}," in shown

    def test_a_buffer_that_is_none_is_one_line(self, rpcapd_image: str) -> None:
        """And a failure, rather than libpcap's own size in silence."""
        done = podman(
            "run", "--rm", "--network=none", "--env=RPCAPD_BUFFER_BYTES=4MB", rpcapd_image, check=False
        )
        assert done.returncode == 1
        (line,) = [line for line in done.stderr.splitlines() if line.startswith("rpcapd:")]
        assert "RPCAPD_BUFFER_BYTES" in line


class TestInterceptorImage:
    """The daemon, the relay and the collector."""

    def test_runs_unprivileged(self, interceptor_image: str) -> None:
        """As user 1000, without any capability, on a read-only root file system."""
        done = podman(
            *(
                "run",
                "--rm",
                "--read-only",
                "--cap-drop=all",
                "--security-opt=no-new-privileges",
                "--network=none",
            ),
            *("--volume", f"{ROOT}/fixtures/real/keepalive.pcap:/capture.pcap:ro", interceptor_image),
            *("read", "/capture.pcap"),
        )
        records = [json.loads(line) for line in done.stdout.splitlines()]
        assert records
        assert all(record["kind"] == "http" for record in records)
        who = podman("run", "--rm", "--network=none", "--entrypoint", "id", interceptor_image).stdout
        assert who.startswith("uid=1000(interceptor) gid=1000(interceptor)")

    def test_has_no_tools(self, interceptor_image: str) -> None:
        """No compiler, no pip, no wheel cache; modules are compiled already; nothing is writable by others."""
        found = files(interceptor_image)
        names = {path.rpartition("/")[2] for path in found if re.search(r"(^|/)s?bin/", path)}
        assert not names & {"gcc", "cc", "ld", "make", "pip", "pip3", "uv", "curl", "wget"}
        assert any(path.startswith("opt/interceptor/lib/") and path.endswith(".pyc") for path in found)
        loose = {
            path
            for path, (mode, _, _) in found.items()
            if mode[8] == "w" and mode[0] in "-d" and mode[9] not in "tT"
        }
        assert not loose

    def test_has_the_compiled_lane(self, interceptor_image: str) -> None:
        """It runs, and the sources are there for INTERCEPTOR_PURE."""
        run = ("run", "--rm", "--network=none")
        assert podman(*run, interceptor_image, "--version").stdout.endswith("(compiled)\n")
        pure = podman(*run, "--env=INTERCEPTOR_PURE=1", interceptor_image, "--version")
        assert pure.stdout.endswith("(pure)\n")

    def test_says_what_it_is(self, interceptor_image: str, rpcapd_image: str) -> None:
        """OCI labels, user, port, and for the interceptor a health check."""
        for image in (interceptor_image, rpcapd_image):
            labels = inspect(image)["Labels"]
            for name in ("title", "description", "version", "revision", "licenses", "base.name"):
                assert labels[f"org.opencontainers.image.{name}"]
        known = inspect(interceptor_image)
        assert known["Config"]["User"] == "1000:1000"
        assert known["HealthCheck" if "HealthCheck" in known else "Healthcheck"]["Test"][0] == "CMD"

    def test_health_check(self, interceptor_image: str, host: Namespace) -> None:
        """It fails while nothing answers, and says so."""
        done = podman(
            *("run", "--rm", inside(host), "--entrypoint", "/opt/interceptor/bin/python", interceptor_image),
            *("-I", "/opt/interceptor/libexec/healthcheck.py"),
            check=False,
        )
        assert done.returncode == 1
        assert "18954" in done.stdout


class TestBills:
    """Bills of materials."""

    def test_list_what_is_inside(self, interceptor_image: str, rpcapd_image: str) -> None:
        """CycloneDX: every locked distribution and Debian package; for rpcapd libpcap's source and its libraries."""
        bill = json.loads(read(interceptor_image, "usr/share/sbom/interceptor.cdx.json"))
        assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.5")
        held = {
            component["name"].lower().replace("_", "-"): component["version"]
            for component in bill["components"]
        }
        text = (ROOT / "docker/interceptor/requirements.txt").read_text()
        for name, version in re.findall(r"^(\S+)==(\S+) \\$", text, re.MULTILINE):
            assert held[name] == version
        assert {"interceptor", "python3.11", "libc6", "openssl"} <= held.keys()
        refs = [component["bom-ref"] for component in bill["components"]]
        assert len(refs) == len(set(refs))
        bill = json.loads(read(rpcapd_image, "usr/share/sbom/rpcapd.cdx.json"))
        assert {"libpcap", "libc6", "libssl3", "libcrypt1"} == {item["name"] for item in bill["components"]}

    def test_builds_are_reproducible(self, interceptor_image: str, rpcapd_image: str) -> None:
        """Built anew from the same inputs, an image has the same files, modes, sizes and versions."""
        images = {"interceptor": interceptor_image, "rpcapd": rpcapd_image}
        again = {which: f"localhost/{which}:again-{os.getpid()}" for which in images}
        try:
            build_all(again, "--no-cache", "--layers=false")
            for which, image in images.items():
                assert files(again[which]) == files(image)
                bill = f"usr/share/sbom/{which}.cdx.json"
                assert read(again[which], bill) == read(image, bill)
        finally:
            podman("rmi", "--force", *again.values(), check=False)
