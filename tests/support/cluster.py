"""A real kube-apiserver with its etcd, out of .cache/kube (build_kube.sh makes them), on loopback.

Owns the two processes, and what writes to them as an administrator. There is no controller, scheduler or kubelet: what those
would write, a test writes, at the moment that it wants.
"""

from __future__ import annotations

import base64
import json
import os
import secrets
import signal
import socket
import ssl
import subprocess
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import trustme
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["PROGRAMS", "Cluster", "cluster"]

PROGRAMS = Path(__file__).parents[2] / ".cache" / "kube"
_SECONDS = 120.0
_PLACES = {
    "Pod": "/api/v1/namespaces/{namespace}/pods",
    "Node": "/api/v1/nodes",
    "Namespace": "/api/v1/namespaces",
    "Service": "/api/v1/namespaces/{namespace}/services",
    "ServiceAccount": "/api/v1/namespaces/{namespace}/serviceaccounts",
    "ConfigMap": "/api/v1/namespaces/{namespace}/configmaps",
    "Secret": "/api/v1/namespaces/{namespace}/secrets",
    "PersistentVolumeClaim": "/api/v1/namespaces/{namespace}/persistentvolumeclaims",
    "DaemonSet": "/apis/apps/v1/namespaces/{namespace}/daemonsets",
    "Deployment": "/apis/apps/v1/namespaces/{namespace}/deployments",
    "StatefulSet": "/apis/apps/v1/namespaces/{namespace}/statefulsets",
    "EndpointSlice": "/apis/discovery.k8s.io/v1/namespaces/{namespace}/endpointslices",
    "ReplicaSet": "/apis/apps/v1/namespaces/{namespace}/replicasets",
    "Job": "/apis/batch/v1/namespaces/{namespace}/jobs",
    "ClusterRole": "/apis/rbac.authorization.k8s.io/v1/clusterroles",
    "ClusterRoleBinding": "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
}
"""Where objects of a kind are."""


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Cluster:
    """What runs, and its administrator."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.port = _free_port()
        self._etcd_port = _free_port()
        self._token = secrets.token_hex(16)
        self._authority = trustme.CA()
        self.credentials = folder / "credentials"
        """As mounted into the pod of whoever `become` was called with."""
        self._write_files()
        self._etcd: subprocess.Popen[bytes] | None = None
        self._server: subprocess.Popen[bytes] | None = None
        self._admin = httpx.Client(
            base_url=f"https://127.0.0.1:{self.port}",
            headers={"Authorization": f"Bearer {self._token}"},
            verify=self._authority_context(),
            trust_env=False,
            timeout=60,
        )

    # What runs

    def start(self) -> None:
        """Start what does not run, and wait until the API server is ready."""
        folder = self._folder
        if self._etcd is None:
            etcd, here = f"http://127.0.0.1:{self._etcd_port}", f"http://127.0.0.1:{_free_port()}"
            self._etcd = self._start(
                "etcd",
                *("--data-dir", folder / "etcd", "--unsafe-no-fsync", "--initial-cluster", f"default={here}"),
                *("--listen-client-urls", etcd, "--advertise-client-urls", etcd),
                *("--listen-peer-urls", here, "--initial-advertise-peer-urls", here),
            )
        self._server = self._start(
            "kube-apiserver",
            *(f"--etcd-servers=http://127.0.0.1:{self._etcd_port}", f"--secure-port={self.port}"),
            *("--bind-address=127.0.0.1", "--advertise-address=127.0.0.1", "--endpoint-reconciler-type=none"),
            *(f"--tls-cert-file={folder}/server.pem", f"--tls-private-key-file={folder}/server.key"),
            *("--service-cluster-ip-range=10.96.0.0/16,fd00:96::/112", "--authorization-mode=RBAC"),
            *("--allow-privileged=true", "--disable-admission-plugins=ServiceAccount"),
            *(
                f"--token-auth-file={folder}/tokens.csv",
                "--service-account-issuer=https://kubernetes.default.svc",
            ),
            f"--service-account-key-file={folder}/accounts.key",
            f"--service-account-signing-key-file={folder}/accounts.key",
        )
        self._await_ready()

    def stop_server(self) -> None:
        """End the API server as a crash does; etcd keeps what it knows."""
        assert self._server is not None
        self._server.kill()
        self._server.wait()

    def halt(self) -> None:
        """Let the API server stand still, connections open: nothing answers and nothing is refused."""
        assert self._server is not None
        self._server.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        assert self._server is not None
        self._server.send_signal(signal.SIGCONT)

    def compact(self) -> None:
        """Make etcd forget every version but the last."""
        url = f"http://127.0.0.1:{self._etcd_port}/v3/kv"
        key = base64.b64encode(b"/").decode()
        last = httpx.post(f"{url}/range", json={"key": key}, trust_env=False).json()["header"]["revision"]
        done = httpx.post(f"{url}/compaction", json={"revision": last, "physical": True}, trust_env=False)
        assert done.status_code == 200, done.text

    def close(self) -> None:
        """End both."""
        self._admin.close()
        _end(self._server)
        _end(self._etcd)

    @property
    def environment(self) -> dict[str, str]:
        """As a pod has it."""
        return {"KUBERNETES_SERVICE_HOST": "127.0.0.1", "KUBERNETES_SERVICE_PORT": str(self.port)}

    @property
    def kubeconfig(self) -> Path:
        """The administrator's."""
        path = self._folder / "kubeconfig"
        authority = base64.b64encode(self._authority.cert_pem.bytes()).decode()
        server = {"server": f"https://127.0.0.1:{self.port}", "certificate-authority-data": authority}
        wanted = {
            "current-context": "here",
            "contexts": [{"name": "here", "context": {"cluster": "here", "user": "here"}}],
            "clusters": [{"name": "here", "cluster": server}],
            "users": [{"name": "here", "user": {"token": self._token}}],
        }
        path.write_text(json.dumps(wanted))
        return path

    # What an administrator, a controller or a kubelet would write

    def create(self, kind: str, found: dict[str, Any]) -> dict[str, Any]:
        """Make an object, with its status; gives it as it is then."""
        place = _PLACES[kind].format(namespace=found["metadata"].get("namespace"))
        wanted = {name: value for name, value in found.items() if name != "status"}
        wanted["metadata"] = {
            name: value
            for name, value in found["metadata"].items()
            if name not in ("uid", "creationTimestamp", "resourceVersion")
        }
        made = self._asked("POST", place, wanted)
        return self.status(kind, made, found["status"]) if found.get("status") else made

    def get(self, kind: str, name: str, namespace: str) -> dict[str, Any]:
        """An object as it is now."""
        found: dict[str, Any] = self._admin.get(f"{_PLACES[kind].format(namespace=namespace)}/{name}").json()
        return found

    def names(self, kind: str, namespace: str) -> set[str]:
        """What there is of a kind."""
        found = self._admin.get(_PLACES[kind].format(namespace=namespace)).json()["items"]
        return {each["metadata"]["name"] for each in found}

    def status(self, kind: str, made: dict[str, Any], status: dict[str, Any]) -> dict[str, Any]:
        """Write an object's status, as a kubelet does."""
        return self._asked("PATCH", f"{self._place(kind, made)}/status", {"status": status})

    def patch(self, kind: str, made: dict[str, Any], change: dict[str, Any]) -> dict[str, Any]:
        """Change an object."""
        return self._asked("PATCH", self._place(kind, made), change)

    def delete(self, kind: str, made: dict[str, Any], grace: int | None = 0) -> None:
        """Remove an object; a pod with `grace` seconds stays until its kubelet says that it is gone."""
        self._asked("DELETE", self._place(kind, made), {} if grace is None else {"gracePeriodSeconds": grace})

    def become(self, account: str, namespace: str) -> Path:
        """Write the credentials that a pod of a ServiceAccount has mounted; gives their folder."""
        place = f"/api/v1/namespaces/{namespace}/serviceaccounts/{account}/token"
        token = self._asked("POST", place, {"spec": {"expirationSeconds": 3_600}})["status"]["token"]
        self.credentials.mkdir(exist_ok=True)
        (self.credentials / "token").write_text(token)
        self._authority.cert_pem.write_to_path(str(self.credentials / "ca.crt"))
        return self.credentials

    def rights(self, account: str, namespace: str, within: str) -> set[tuple[str, str, str]]:
        """What `kubectl auth can-i --list` says of a ServiceAccount in a namespace: group, resource and verb of each."""
        self.become(account, namespace)
        answer = httpx.post(
            f"https://127.0.0.1:{self.port}/apis/authorization.k8s.io/v1/selfsubjectrulesreviews",
            json={"spec": {"namespace": within}},
            headers={"Authorization": f"Bearer {(self.credentials / 'token').read_text()}"},
            verify=self._authority_context(),
            trust_env=False,
        )
        assert answer.status_code == 201, answer.text
        return {
            (group, resource, verb)
            for rule in answer.json()["status"]["resourceRules"]
            for group in rule["apiGroups"]
            for resource in rule["resources"]
            for verb in rule["verbs"]
        }

    def _place(self, kind: str, made: dict[str, Any]) -> str:
        meta = made["metadata"]
        return f"{_PLACES[kind].format(namespace=meta.get('namespace'))}/{meta['name']}"

    def _asked(self, method: str, place: str, body: dict[str, Any]) -> dict[str, Any]:
        kind = "application/merge-patch+json" if method == "PATCH" else "application/json"
        answer = self._admin.request(method, place, json=body, headers={"Content-Type": kind})
        assert answer.is_success, f"{method} {place}: {answer.text}"
        found: dict[str, Any] = answer.json()
        return found

    # How it is started

    def _authority_context(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        self._authority.configure_trust(context)
        return context

    def _write_files(self) -> None:
        folder = self._folder
        leaf = self._authority.issue_cert("127.0.0.1")
        leaf.private_key_pem.write_to_path(str(folder / "server.key"))
        for piece in leaf.cert_chain_pems:
            piece.write_to_path(str(folder / "server.pem"), append=True)
        (folder / "tokens.csv").write_text(f'{self._token},admin,1,"system:masters"\n')
        (folder / "tokens.csv").chmod(0o600)
        key = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
        text = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        )
        (folder / "accounts.key").write_bytes(text)

    def _start(self, program: str, *flags: object) -> subprocess.Popen[bytes]:
        with (self._folder / f"{program}.log").open("ab") as log:
            return subprocess.Popen(
                [PROGRAMS / program, *map(str, flags)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self._folder,
                env={"PATH": os.environ.get("PATH", ""), "HOME": str(self._folder)},
            )

    def _runs(self) -> bool:
        return all(each is not None and each.poll() is None for each in (self._etcd, self._server))

    def _await_ready(self) -> None:
        end = time.monotonic() + _SECONDS
        while time.monotonic() < end and self._runs():
            with suppress(httpx.HTTPError):
                if self._admin.get("/readyz").text == "ok":
                    return
            time.sleep(0.2)
        text = (self._folder / "kube-apiserver.log").read_text()
        raise OSError(f"the API server is not ready; its log ends: {text[-2_000:]}")


def _end(process: subprocess.Popen[bytes] | None) -> None:
    if process is not None and process.poll() is None:
        process.send_signal(signal.SIGCONT)
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def cluster(folder: Path) -> Iterator[Cluster]:
    """Run one."""
    made = Cluster(folder)
    try:
        made.start()
        yield made
    finally:
        made.close()
