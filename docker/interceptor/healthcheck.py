"""Whether the interceptor in this container makes progress: exit status 0 if /healthz answers 200.

For HEALTHCHECK and for probes that must run inside. Over TLS where the server has a certificate; the certificate
is not checked, since nothing leaves the container.
"""

from __future__ import annotations

import http.client
import os
import ssl
import sys

_SECONDS = 4


def main() -> int:
    """Ask both ways, the one that fits answers."""
    port = int(os.environ.get("INTERCEPTOR_SERVER_PORT", "18954"))
    unchecked = ssl.create_default_context()
    unchecked.check_hostname = False
    unchecked.verify_mode = ssl.CERT_NONE
    last: Exception | None = None
    for host in ("127.0.0.1", "::1"):
        for connection in (
            http.client.HTTPConnection(host, port, timeout=_SECONDS),
            http.client.HTTPSConnection(host, port, timeout=_SECONDS, context=unchecked),
        ):
            try:
                connection.request("GET", "/healthz")
                answer = connection.getresponse()
                said = answer.read(200).decode("utf-8", "replace").strip()
            except (OSError, http.client.HTTPException) as error:
                last = error
                continue
            finally:
                connection.close()
            print(f"{answer.status} {said}")
            return 0 if answer.status == http.HTTPStatus.OK else 1
    print(f"port {port}: {last}")
    return 1


if __name__ == "__main__":
    sys.exit(main())
