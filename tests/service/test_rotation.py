"""Files that rotate, through the commands: real processes, Kubernetes' way to swap a mounted Secret, real proxies, TLS.

Each row of `rotation.ROTATING` has a situation here, for each command that it names. A situation begins with a file that
does not do, and ends when the command has taken the one that does, without a restart.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import ssl
import threading
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import trustme

from interceptor.config import Spool as SpoolConfig
from interceptor.delivery.spool import Spool
from interceptor.rotation import ROTATING
from tests.support.clickhouse import Clickhouse
from tests.support.proxies import squid, tinyproxy
from tests.support.records import batch, headers, record
from tests.support.services import Running, running

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parents[2]


class Mounted:
    """A Secret as the kubelet mounts it: files are links into `..data`, a link that is renamed over."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.folder = folder
        self._times = 0

    def swap(self, **files: bytes) -> None:
        """Put these in place of all that was there, at once. Names as in Python: `tls_crt` is tls.crt."""
        self._times += 1
        fresh = self.folder / f"..{self._times}"
        fresh.mkdir()
        for name, content in files.items():
            (fresh / name.replace("_", ".")).write_bytes(content)
        old = (self.folder / "..data").resolve() if self._times > 1 else None
        (self.folder / "..data_tmp").symlink_to(fresh.name)
        os.replace(self.folder / "..data_tmp", self.folder / "..data")
        for name in files:
            link = self.folder / name.replace("_", ".")
            if not link.is_symlink():
                link.symlink_to(f"..data/{link.name}")
        if old is not None:
            shutil.rmtree(old)

    def __truediv__(self, name: str) -> Path:
        return self.folder / name


OLD, NEW = trustme.CA(), trustme.CA()


def pair(authority: trustme.CA, *names: str) -> dict[str, bytes]:
    """As in a Secret of type kubernetes.io/tls."""
    made = authority.issue_cert(*names)
    return {
        "tls_crt": b"".join(each.bytes() for each in made.cert_chain_pems),
        "tls_key": made.private_key_pem.bytes(),
    }


def until(what: str, holds: Callable[[], Any], seconds: float = 60.0) -> Any:
    """Wait until it does. The time is a bound for a machine that is busy, and no promise."""
    end = time.monotonic() + seconds
    while not (found := holds()):
        assert time.monotonic() < end, f"did not happen: {what}"
        time.sleep(0.05)
    return found


# --- out: token, authorities, certificate, proxy --------------------------------------------------------------


@contextmanager
def sending(
    command: str, folder: Path, endpoint: str, *flags: object, **environment: str
) -> Iterator[Running]:
    """The command, with a batch in its spool that has to go out."""

    async def fill() -> None:
        spool = Spool(SpoolConfig(directory=folder / "spool", min_free_bytes=0))
        await spool.append(batch(record()))
        await spool.close()

    asyncio.run(fill())
    own = {
        # nobody is there, so it goes on and captures nothing
        "run": ("--capture-sources", f"rpcap://127.0.0.1:{closed_port()}"),
        "relay": ("--ingest-anonymous", "true"),
    }
    spool = ("--spool-directory", folder / "spool", "--spool-min-free-bytes", 0, "--shutdown-seconds", 1)
    with running(
        command, "--endpoint", endpoint, *own[command], *spool, *flags, environment=environment
    ) as it:
        yield it


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


@contextmanager
def endpoint(
    folder: Path, *flags: object, token: str = "NEW-token-for-tests", name: str = "127.0.0.1"
) -> Iterator[str]:
    """A collector behind TLS, whose authority is NEW; gives its port."""
    NEW.issue_cert(name).private_key_and_cert_chain_pem.write_to_path(folder / "cloud.pem")
    with running(
        "collector",
        *("--collector-database", folder / "c.db", "--server-cert-file", folder / "cloud.pem", *flags),
        environment={"INTERCEPTOR_INGEST_TOKENS": token},
    ) as cloud:
        yield cloud.url.rpartition(":")[2]


def fails(it: Running, state: str) -> Callable[[], bool]:
    """Whether it has told that uploads fail for this reason."""
    return lambda: any(event["event"] == "upload_failing" and event["state"] == state for event in it.log())


def delivered(folder: Path) -> Callable[[], bool]:
    """Whether the spool is empty: what was in it has been answered."""
    return lambda: not list((folder / "spool").glob("*.batch"))


def token_file(command: str, folder: Path) -> None:
    """The endpoint knows another token already; a file that holds none is no reason to show none."""
    (folder / "ca.pem").write_bytes(NEW.cert_pem.bytes())
    mounted = Mounted(folder / "secret")
    mounted.swap(token=b"OLD-token-for-tests\n")
    flags = ("--token-file", mounted / "token", "--tls-ca-file", folder / "ca.pem")
    with endpoint(folder) as port, sending(command, folder, f"https://127.0.0.1:{port}", *flags) as it:
        until("the old one is refused", fails(it, "auth"))
        mounted.swap(token=b"")
        until("an empty one is told", lambda: told(it, "file_not_taken"))
        mounted.swap(token=b"NEW-token-for-tests\n")
        until("the new one is shown", delivered(folder))
        # it was not by chance: a wait was ended for it
        assert told(it, "trying_again")
        assert len(told(it, "file_not_taken")) == 1
        assert "OLD-token-for-tests" not in it.said()
        assert "NEW-token-for-tests" not in it.said()


def told(it: Running, event: str) -> list[dict[str, Any]]:
    """Its lines of this kind."""
    return [each for each in it.log() if each["event"] == event]


def tls_ca_file(command: str, folder: Path) -> None:
    """The endpoint's certificate is from a new authority."""
    mounted = Mounted(folder / "secret")
    mounted.swap(ca_crt=OLD.cert_pem.bytes())
    with (
        endpoint(folder) as port,
        sending(
            command,
            folder,
            f"https://127.0.0.1:{port}",
            *("--tls-ca-file", mounted / "ca.crt"),
            INTERCEPTOR_TOKEN="NEW-token-for-tests",
        ) as it,
    ):
        until("it is not trusted", fails(it, "retrying"))
        mounted.swap(ca_crt=NEW.cert_pem.bytes()[:100])
        until("half a file is told", lambda: told(it, "file_not_taken"))
        mounted.swap(ca_crt=NEW.cert_pem.bytes())
        until("the new one is trusted", delivered(folder))


def tls_pair(command: str, folder: Path) -> None:
    """Our certificate is from an authority that the endpoint does not know any more."""
    (folder / "ca.pem").write_bytes(NEW.cert_pem.bytes())
    mounted = Mounted(folder / "secret")
    old, new = pair(OLD, "agent.test"), pair(NEW, "agent.test")
    mounted.swap(**old)
    flags = ("--tls-ca-file", folder / "ca.pem", "--tls-cert-file", mounted / "tls.crt")
    with (
        endpoint(folder, "--server-client-ca-file", folder / "ca.pem") as port,
        sending(
            command,
            folder,
            f"https://127.0.0.1:{port}",
            *(*flags, "--tls-key-file", mounted / "tls.key"),
            INTERCEPTOR_TOKEN="NEW-token-for-tests",
        ) as it,
    ):
        until("the old one is refused", fails(it, "retrying"))
        mounted.swap(tls_crt=new["tls_crt"], tls_key=old["tls_key"])
        until("a certificate without its key is told", lambda: told(it, "file_not_taken"))
        assert not delivered(folder)()
        mounted.swap(**new)
        until("the new pair is shown", delivered(folder))


def proxy_url_file(command: str, folder: Path) -> None:
    """The proxy's password was changed."""
    (folder / "ca.pem").write_bytes(NEW.cert_pem.bytes())
    mounted = Mounted(folder / "secret")
    with (
        tinyproxy(folder, ("agent", "NEW-pass")) as proxy,
        endpoint(folder, name="api.test") as port,
    ):
        mounted.swap(url=f"http://agent:OLD-pass@127.0.0.1:{proxy}".encode())
        flags = ("--proxy-url-file", mounted / "url", "--tls-ca-file", folder / "ca.pem")
        with sending(
            command, folder, f"https://api.test:{port}", *flags, INTERCEPTOR_TOKEN="NEW-token-for-tests"
        ) as it:
            until("the old one is refused", fails(it, "proxy"))
            mounted.swap(url=b"http://agent:NEW-pass@")
            until("half a URL is told", lambda: told(it, "file_not_taken"))
            mounted.swap(url=f"http://agent:NEW-pass@127.0.0.1:{proxy}\n".encode())
            until("the new one is shown", delivered(folder))
            assert "-pass" not in it.said()


def proxy_ca_file(command: str, folder: Path) -> None:
    """An https:// proxy's certificate is from a new authority."""
    (folder / "ca.pem").write_bytes(NEW.cert_pem.bytes())
    mounted = Mounted(folder / "secret")
    mounted.swap(ca_crt=OLD.cert_pem.bytes())
    with (
        squid(authority=NEW) as proxy,
        endpoint(folder, name="api.test") as port,
        sending(
            command,
            folder,
            f"https://api.test:{port}",
            *("--proxy-ca-file", mounted / "ca.crt", "--tls-ca-file", folder / "ca.pem"),
            INTERCEPTOR_TOKEN="NEW-token-for-tests",
            INTERCEPTOR_PROXY_URL=f"https://127.0.0.1:{proxy}",
        ) as it,
    ):
        until("it is not trusted", fails(it, "retrying"))
        mounted.swap(ca_crt=NEW.cert_pem.bytes())
        until("the new one is trusted", delivered(folder))


# --- in: tokens, the server's certificate, authorities of clients ----------------------------------------------


@contextmanager
def serving(command: str, folder: Path, *flags: object, **environment: str) -> Iterator[Running]:
    """The command, for whoever comes."""
    own: dict[str, tuple[object, ...]] = {
        "run": (
            *("--capture-sources", f"rpcap://127.0.0.1:{closed_port()}"),
            *("--output-path", folder / "out", "--shutdown-seconds", 1),
        ),
        "relay": (
            *("--endpoint", f"https://127.0.0.1:{closed_port()}", "--shutdown-seconds", 1),
            *("--spool-directory", folder / "spool", "--spool-min-free-bytes", 0),
        ),
        "collector": ("--collector-database", folder / "c.db"),
    }
    with running(command, *own[command], *flags, environment=environment) as it:
        yield it


def ingest_tokens_file(command: str, folder: Path) -> None:
    """A token of a new agent; the old one is out. An empty file locks nobody out."""
    mounted = Mounted(folder / "secret")
    mounted.swap(tokens=b"OLD-token-for-tests\n")
    with serving(command, folder, "--ingest-tokens-file", mounted / "tokens") as it:

        def status(token: str) -> int:
            sealed = batch(record())
            sent = headers(sealed, token)
            return httpx.post(
                f"{it.url}/v1/batches", content=sealed.body, headers=sent, trust_env=False
            ).status_code

        assert (status("OLD-token-for-tests"), status("NEW-token-for-tests")) == (202, 401)
        mounted.swap(tokens=b"\n")
        assert status("OLD-token-for-tests") == 202
        mounted.swap(tokens=b"NEW-token-for-tests\n")
        assert (status("OLD-token-for-tests"), status("NEW-token-for-tests")) == (401, 202)


def read_tokens_file(command: str, folder: Path) -> None:
    """Who may look; who may send is somebody else, and looks no more. A weak token changes nothing."""
    mounted = Mounted(folder / "secret")
    mounted.swap(readers=b"OLD-reader-of-tests\n", tokens=b"a-sender-of-tests\n")
    flags = ("--collector-read-tokens-file", mounted / "readers", "--ingest-tokens-file", mounted / "tokens")
    with serving(command, folder, *flags) as it:

        def looks(token: str) -> int:
            shown = {"Authorization": f"Bearer {token}"}
            return httpx.get(f"{it.url}/v1/overview", headers=shown, trust_env=False).status_code

        def sends(token: str) -> int:
            sealed = batch(record())
            return httpx.post(
                f"{it.url}/v1/batches",
                content=sealed.body,
                headers=headers(sealed, token),
                trust_env=False,
            ).status_code

        assert (looks("OLD-reader-of-tests"), sends("OLD-reader-of-tests")) == (200, 401)
        assert (looks("a-sender-of-tests"), sends("a-sender-of-tests")) == (401, 202)
        mounted.swap(readers=b"weak\n", tokens=b"a-sender-of-tests\n")
        assert looks("OLD-reader-of-tests") == 200
        mounted.swap(readers=b"NEW-reader-of-tests\n", tokens=b"a-sender-of-tests\n")
        assert (looks("OLD-reader-of-tests"), looks("NEW-reader-of-tests")) == (401, 200)


def reached(it: Running, authority: trustme.CA, own: trustme.LeafCert | None = None) -> bool:
    """Whether a new connection is made: its certificate is from this authority, and ours is known there."""
    trust = ssl.create_default_context()
    authority.configure_trust(trust)
    if own is not None:
        own.configure_cert(trust)
    try:
        return httpx.get(f"{it.url}/healthz", verify=trust, trust_env=False).status_code == 200
    except httpx.TransportError:
        return False


def server_pair(command: str, folder: Path) -> None:
    """As cert-manager renews it. A certificate that does not belong to the key is not taken."""
    mounted = Mounted(folder / "secret")
    old, new = pair(OLD, "127.0.0.1"), pair(NEW, "127.0.0.1")
    mounted.swap(**old)
    flags = ("--server-cert-file", mounted / "tls.crt", "--server-key-file", mounted / "tls.key")
    with serving(command, folder, *flags, "--ingest-anonymous", "true") as it:
        assert (reached(it, OLD), reached(it, NEW)) == (True, False)
        mounted.swap(tls_crt=new["tls_crt"], tls_key=old["tls_key"])
        until("it is told", lambda: told(it, "file_not_taken"))
        assert (reached(it, OLD), reached(it, NEW)) == (True, False)
        mounted.swap(**new)
        until("the new one is shown", lambda: reached(it, NEW))
        assert not reached(it, OLD)
        assert len(told(it, "file_not_taken")) == 1


def server_client_ca_file(command: str, folder: Path) -> None:
    """Clients have certificates of a new authority; those of the old one stay out."""
    mounted = Mounted(folder / "secret")
    mounted.swap(ca_crt=OLD.cert_pem.bytes(), **pair(NEW, "127.0.0.1"))
    server = pair(NEW, "127.0.0.1")
    flags = ("--server-cert-file", mounted / "tls.crt", "--server-key-file", mounted / "tls.key")
    old, new = OLD.issue_cert("agent.test"), NEW.issue_cert("agent.test")
    with serving(command, folder, *flags, "--server-client-ca-file", mounted / "ca.crt") as it:
        assert (reached(it, NEW, old), reached(it, NEW, new), reached(it, NEW)) == (True, False, False)
        mounted.swap(ca_crt=NEW.cert_pem.bytes(), **server)
        until("the new ones come in", lambda: reached(it, NEW, new))
        assert (reached(it, NEW, old), reached(it, NEW)) == (False, False)


# --- rpcapd: what we show it, and whom we trust -----------------------------------------------------------------


class Listener:
    """Notes the first bytes of whoever comes, and ends the connection: what is shown is all that is asked here."""

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self.first: list[bytes] = []
        self._context = context
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._socket.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            try:
                connection.settimeout(10)
                if self._context is not None:
                    connection = self._context.wrap_socket(connection, server_side=True)
                self.first.append(connection.recv(4096))
            except OSError:
                pass
            connection.close()

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


@contextmanager
def capturing(folder: Path, listener: Listener, scheme: str, *flags: object) -> Iterator[Running]:
    """A daemon whose rpcapd is the listener."""
    source = f"{scheme}://127.0.0.1:{listener.port}"
    with running(
        "run",
        *("--capture-sources", source, "--output-path", folder / "out", "--capture-user", "probe"),
        *("--shutdown-seconds", 1, *flags),
    ) as it:
        try:
            yield it
        finally:
            listener.close()


def capture_password_file(command: str, folder: Path) -> None:
    """rpcapd's password was changed: the next connection shows the new one."""
    assert command == "run"
    mounted, listener = Mounted(folder / "secret"), Listener()
    mounted.swap(password=b"OLD-pass\n")
    with capturing(folder, listener, "rpcap", "--capture-password-file", mounted / "password"):
        until("the old one is shown", lambda: any(b"OLD-pass" in first for first in listener.first))
        mounted.swap(password=b"NEW-pass\n")
        until("the new one is shown", lambda: any(b"NEW-pass" in first for first in listener.first))


def capture_ca_file(command: str, folder: Path) -> None:
    """rpcapd's certificate is from a new authority."""
    assert command == "run"
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    NEW.issue_cert("127.0.0.1").configure_cert(context)
    mounted, listener = Mounted(folder / "secret"), Listener(context)
    mounted.swap(ca_crt=OLD.cert_pem.bytes(), password=b"pass")
    flags = ("--capture-password-file", mounted / "password", "--capture-ca-file", mounted / "ca.crt")
    with capturing(folder, listener, "rpcaps", *flags) as it:
        until("it is not trusted", lambda: "the certificate is not good" in it.said())
        assert not any(listener.first)
        mounted.swap(ca_crt=NEW.cert_pem.bytes(), password=b"pass")
        until("it is trusted", lambda: any(b"pass" in first for first in listener.first))


def store_files(command: str, folder: Path) -> None:
    """Another password, and another authority, of the database that is kept in: not ready before, ready after."""
    (folder / "data").mkdir()
    NEW.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(folder / "store.pem")
    mounted = Mounted(folder / "secret")
    mounted.swap(password=b"OLD-password\n", ca=OLD.cert_pem.bytes())
    own = ("--password", "NEW-password", "--certificate", folder / "store.pem")
    store = Clickhouse(folder / "data", *own, tls=True)
    flags = (
        "--collector-store-password-file",
        mounted / "password",
        "--collector-store-ca-file",
        mounted / "ca",
    )
    try:
        with running(
            command,
            *("--collector-store", store.store("default"), "--ingest-anonymous", "true", *flags),
        ) as it:

            def status() -> int:
                sealed = batch(record())
                sent = headers(sealed, None)
                url = f"{it.url}/v1/batches"
                return httpx.post(
                    url, content=sealed.body, headers=sent, trust_env=False, timeout=60
                ).status_code

            assert status() == 503
            mounted.swap(password=b"OLD-password\n", ca=NEW.cert_pem.bytes())
            assert status() == 503
            mounted.swap(password=b"NEW-password\n", ca=NEW.cert_pem.bytes())
            assert status() == 202
            assert "store_ca_file" in it.said()
            assert "store_password_file" in it.said()
            assert "NEW-password" not in it.said()
    finally:
        store.kill()


SITUATIONS: dict[str, Callable[[str, Path], None]] = {
    "token_file": token_file,
    "tls.ca_file": tls_ca_file,
    "tls.cert_file": tls_pair,
    "tls.key_file": tls_pair,
    "proxy.url_file": proxy_url_file,
    "proxy.ca_file": proxy_ca_file,
    "server.cert_file": server_pair,
    "server.key_file": server_pair,
    "server.client_ca_file": server_client_ca_file,
    "ingest.tokens_file": ingest_tokens_file,
    "collector.read_tokens_file": read_tokens_file,
    "collector.store_password_file": store_files,
    "collector.store_ca_file": store_files,
    "capture.password_file": capture_password_file,
    "capture.ca_file": capture_ca_file,
}


def test_every_row_has_a_situation() -> None:
    """A file that is added to the table is tried."""
    assert list(SITUATIONS) == [row.option for row in ROTATING]


CASES = {(SITUATIONS[row.option], command): row.option for row in ROTATING for command in row.commands}


@pytest.mark.parametrize(
    ("situation", "command"), CASES, ids=[f"{option} {command}" for (_, command), option in CASES.items()]
)
def test_a_new_file_is_used(situation: Callable[[str, Path], None], command: str, tmp_path: Path) -> None:
    """By the command that runs, without a restart; what is not good yet leaves the old one in force."""
    situation(command, tmp_path)


def test_a_secret_that_is_gone_for_a_moment(tmp_path: Path) -> None:
    """The volume is taken away: what was read stays in force, for a client's TLS and for a token."""
    (tmp_path / "ca.pem").write_bytes(NEW.cert_pem.bytes())
    shutil.copy(tmp_path / "ca.pem", tmp_path / "authorities.pem")
    (tmp_path / "token").write_text("NEW-token-for-tests")
    flags = ("--token-file", tmp_path / "token", "--tls-ca-file", tmp_path / "authorities.pem")
    with ExitStack() as stack:
        port = stack.enter_context(endpoint(tmp_path))
        it = stack.enter_context(sending("relay", tmp_path, f"https://127.0.0.1:{port}", *flags))
        until("the first", delivered(tmp_path))
        (tmp_path / "token").unlink()
        (tmp_path / "authorities.pem").unlink()
        for _ in range(3):
            sealed = batch(record())
            answer = httpx.post(
                f"{it.url}/v1/batches", content=sealed.body, headers=headers(sealed, None), trust_env=False
            )
            assert answer.status_code == 202
            until("the next", delivered(tmp_path))
        assert sorted(each["options"][0] for each in told(it, "file_not_taken")) == [
            "tls.ca_file",
            "token_file",
        ]
        assert not told(it, "upload_failing")


def test_readme_has_the_table() -> None:
    """What it promises is what is tried here."""
    rows = [
        f"| `{row.option}` | {', '.join(f'`{command}`' for command in row.commands)} | {row.used} |"
        for row in ROTATING
    ]
    assert "\n".join(rows) in (ROOT / "README.md").read_text()
