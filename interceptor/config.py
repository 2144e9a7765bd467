"""What can be configured: one model, each option declared once.

Owns the options, their defaults, their meaning and what values they may have. YAML files, `INTERCEPTOR_*`
environment variables and command-line flags are all derived from this model; later ones win. Refuses
behaviour: whoever is configured reads its section.

Units are in the names. A secret is a `SecretStr`, so that no `repr` or error shows it; each can come from a file.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PlainValidator, SecretStr, WithJsonSchema

__all__ = [
    "Capture",
    "Collector",
    "Config",
    "Ingest",
    "Interfaces",
    "Kubernetes",
    "Log",
    "Metadata",
    "Metrics",
    "Output",
    "Proxy",
    "Server",
    "Spool",
    "Tls",
    "Upload",
]


def _unicode(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:  # other bytes in a variable or flag, or half a surrogate pair in a file
        raise ValueError("a text in UTF-8") from None
    return text


Text = Annotated[str, AfterValidator(_unicode)]
"""Goes into records and batches."""
Positive = Annotated[int, Field(gt=0, le=2**63 - 1)]
"""Fits where numbers have 64 bits: SQLite, file sizes."""
Seconds = Annotated[float, Field(gt=0, le=86_400)]
"""Of a wait: a lock of Python's refuses to wait for centuries, and nobody means to."""
Port = Annotated[int, Field(ge=0, le=65_535)]


MOST_WORKERS: Final = 64
"""Long before that the process that reads packets for them is the slowest."""


def _workers(value: object) -> int | Literal["auto"]:
    if value == "auto":
        return "auto"
    text = str(value)
    if text.isascii() and text.isdigit() and len(text) <= 3 and 1 <= int(text) <= MOST_WORKERS:
        return int(text)
    raise ValueError(f"a number from 1 to {MOST_WORKERS}, or auto")


Workers = Annotated[
    int | Literal["auto"],
    PlainValidator(_workers),
    WithJsonSchema(
        {"anyOf": [{"type": "integer", "minimum": 1, "maximum": MOST_WORKERS}, {"const": "auto"}]}
    ),
]


class _Section(BaseModel):
    """A part of the configuration: read only, no unknown keys."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", use_attribute_docstrings=True, hide_input_in_errors=True
    )


class Proxy(_Section):
    """How to get out. Wins over HTTPS_PROXY and its kin in the environment."""

    url: SecretStr | None = None
    """`host:port` or `http[s]://[user:password@]host[:port]`: the proxy for uploads."""
    url_file: Path | None = None
    """A file that holds it; read again when it changes, so that its password may."""
    no_proxy: str = ""
    """Hosts reached without the proxy, as in NO_PROXY; added to what the environment says."""
    ca_file: Path | None = None
    """Authorities (PEM) that vouch for an https:// proxy, beside the system's."""


class Tls(_Section):
    """Towards the endpoint."""

    ca_file: Path | None = None
    """Authorities (PEM) that vouch for the endpoint, beside the system's; also a TLS-intercepting proxy's."""
    cert_file: Path | None = None
    """Our certificate (PEM), for mutual TLS."""
    key_file: Path | None = None
    """Its key (PEM)."""


class Interfaces(_Section):
    """Which interfaces to capture, by name. Globs: `veth*`, `eth[0-9]`."""

    include: tuple[str, ...] = ("*",)
    """What to capture, of what the source offers. A name without wildcards is captured whatever `exclude` says."""
    exclude: tuple[str, ...] = (
        # pseudo-devices
        "any",
        "lo",
        "nflog",
        "nfqueue",
        "usbmon*",
        "bluetooth*",
        "dbus-*",
        # bridges and overlays: what crosses them crosses the pods' own interfaces too
        "docker0",
        "br-*",
        "bridge*",
        "cni*",
        "cbr0",
        "virbr*",
        "flannel*",
        "vxlan*",
        "geneve*",
        "genev_sys_*",
        "cilium_*",
        "tunl*",
        "ip6tnl*",
        "kube-ipvs*",
        "dummy*",
        # uplinks of the host
        "eth*",
        "en[!i]*",  # eni*: pods, as the AWS VPC CNI names them
        "bond*",
        "wl*",
        "ib*",
    )
    """What not to, even if a pattern includes it. The default leaves out what would show the same traffic again; under
    `live:`, on a host where it would leave nothing, uplinks are captured all the same."""


class Capture(_Section):
    """Where packets come from."""

    sources: tuple[str, ...] = ("rpcap://127.0.0.1:2002",)
    """`rpcap://host[:port]`, `rpcaps://host[:port]`, `rpcap+listen://address[:port]` and `rpcaps+listen://…` (active
    mode: rpcapd calls), `live:` (this machine's interfaces, without rpcapd), `live:NAME`, `file:PATH` (replay;
    `file:PATH?pace=real` in its own time)."""
    interfaces: Interfaces = Interfaces()
    filter: str = "tcp"
    """A capture filter (pcap-filter(7)) that the kernel applies."""
    tunnels: Annotated[tuple[Text, ...], Field(max_length=32)] = ()
    """Overlays to capture on their outside as well, whatever `filter` says: `vxlan`, `geneve`, `gtp-u`, `tzsp`, at their usual
    ports or another one (`vxlan:8473`), `gre`, `ipip`. Where pods' interfaces are captured they show the same from inside."""
    recover_headers: bool = False
    """After the loss of a header block of HTTP/2, use what is known from before it where later blocks refute all but one place of
    it. More requests have their paths then; a client that does not keep to RFC 9113 could be given a wrong one."""
    snaplen: Annotated[int, Field(ge=64, le=262_144)] = 65_535
    """Bytes of each packet to take. Bodies are counted by length even where they are cut."""
    promiscuous: bool = False
    """Also take frames that are not for the interface."""
    read_timeout_ms: Annotated[int, Field(ge=1, le=10_000)] = 100
    """How long the kernel may collect packets before it hands over a block of its buffer. Records come later by so much;
    of a buffer of N blocks (256 KiB each), a pause of N times this loses nothing as long as no block fills earlier."""
    buffer_bytes: Annotated[int, Field(ge=512 * 2**10, le=2**30)] = 32 * 2**20
    """`live:`: the kernel's buffer for one interface: for a pause of 2 s at 5,000 packets of 1,500 bytes a second. All
    interfaces together get 16 times this, and 2 MiB each beyond; rpcapd chooses its buffers itself."""
    user: str | None = None
    """rpcapd's user, where it wants a password."""
    password: SecretStr | None = None
    """Its password."""
    password_file: Path | None = None
    """A file that holds the password."""
    ca_file: Path | None = None
    """Authorities (PEM) that vouch for an rpcaps:// daemon, beside the system's."""
    active_hosts: tuple[str, ...] = ("127.0.0.0/8", "::1")
    """Whose rpcapd may call in active mode: addresses and networks."""
    exclude_own_traffic: bool = True
    """Leave out this agent's uploads and scrapes. Its connections to rpcapd are left out in any case."""


class Metadata(_Section):
    """What records show."""

    url: Literal["template", "path", "full"] = "template"
    """How much of a URL: its template; also its path; also its query. The last two may hold personal data."""
    words: Annotated[tuple[Text, ...], Field(max_length=10_000)] = ()
    """Words shown besides the shipped vocabulary: `kyc`, or whole names: `open-banking-2`."""
    hide: Annotated[tuple[Text, ...], Field(max_length=10_000)] = ()
    """Words of the shipped vocabulary that are not to be shown in paths and names of parameters; a route that names
    one still shows it."""
    routes: Annotated[tuple[Text, ...], Field(max_length=10_000)] = ()
    """Paths whose fixed segments are shown: `/v1/customers/{id}/kyc`, or of one server: `shop.example/v1/…`."""
    openapi: tuple[Path, ...] = ()
    """OpenAPI documents (2 or 3, YAML or JSON), or directories of them: their paths are routes."""
    learn: Annotated[int, Field(ge=2, le=50)] | None = None
    """Show a word when so many client addresses, those that PROXY headers announce, have used it in one place with at
    most 20. Absent: never."""


class Limits(_Section):
    """Bounds of memory. Absent ones follow from `memory_bytes`."""

    memory_bytes: Positive | None = None
    """For the whole process; by default three quarters of the cgroup's limit, or 512 MiB where it has none."""
    connections: Positive | None = None
    """Open connections followed at once."""
    handshakes: Positive | None = None
    """Connections that have not carried data."""
    held_bytes: Positive | None = None
    """All that waits: out-of-order payload, beginnings of heads, requests without their answers."""
    held_bytes_per_stream: Positive | None = None
    """Out-of-order payload in one direction of one connection: what a window can hold."""
    head_bytes: Positive | None = None
    """A message head."""
    pending: Positive | None = None
    """Unanswered requests per connection."""
    idle_seconds: Positive | None = None
    """A connection without packets is over after this."""
    transaction_seconds: Positive | None = None
    """A transaction that is still open after this is reported as it stands."""


class Output(_Section):
    """Records to a file instead of to an endpoint."""

    path: str | None = None
    """JSON Lines file, or `-` for standard output."""
    max_bytes: Positive = 100 * 2**20
    """The file is renamed to `.1` when it has this size, `.1` to `.2`, …"""
    keep: Annotated[int, Field(ge=0)] = 5
    """How many of them are kept."""


class Spool(_Section):
    """Sealed batches on disk, waiting for the endpoint."""

    directory: Path = Path("/var/lib/interceptor/spool")
    """On a disk of its own, or one with room for others."""
    max_bytes: Positive = 2**30
    """Ours. Beyond it the oldest batches are dropped and counted."""
    min_free_bytes: Annotated[int, Field(ge=0)] = 256 * 2**20
    """Left to others on the file system. Below it, as if full."""
    batch_records: Positive = 5_000
    """A batch is sealed when it has so many, …"""
    batch_bytes: Positive = 4 * 2**20
    """Before compression."""
    batch_seconds: Seconds = 5.0
    """A batch is sealed at the latest after this."""


class Upload(_Section):
    """How batches are sent."""

    protocol: Literal["ingest", "otlp", "otlp-json"] = "ingest"
    """The ingest API of this project, or OTLP/HTTP, a span for each transaction: in protobuf, or JSON. A receiver that
    does not understand the one (415) gets the other."""
    compression: Literal["gzip", "zstd"] = "gzip"
    """Of batches. Every endpoint takes gzip."""
    timeout_seconds: Seconds = 60.0
    """For one try, everything included."""
    allow_plain_http: bool = False
    """Send the token to an http:// endpoint, where whoever listens can read it."""


class Server(_Section):
    """Where this process listens: metrics and health, and the ingest API of relay and collector."""

    address: str = "0.0.0.0"  # noqa: S104 - Prometheus comes from elsewhere
    """An IP address; `::` is all of them, of both kinds."""
    port: Port = 18_954
    """0: the system's choice."""
    cert_file: Path | None = None
    """Our certificate (PEM): then the server speaks TLS only."""
    key_file: Path | None = None
    """Its key (PEM)."""
    client_ca_file: Path | None = None
    """Authorities (PEM) of the clients: then each must have a certificate (mutual TLS)."""


class Metrics(_Section):
    """What /metrics says of the traffic."""

    by_server: Annotated[int, Field(ge=0, le=200)] = 0
    """So many servers, by the names that requests call them, have series of their own (27 each); the others have them
    together. 0: servers are not told apart."""


class Ingest(_Section):
    """Who may send batches to relay and collector."""

    tokens: tuple[SecretStr, ...] = ()
    """What clients may show, at least 16 characters each."""
    tokens_file: Path | None = None
    """One token a line, of at least 16 characters; read again when it changes. Without tokens and without
    `server.client_ca_file` nobody may, unless `anonymous`."""
    anonymous: bool = False
    """Accept batches from anybody."""
    max_batch_bytes: Positive = 8 * 2**20
    """Of a batch's body, as sent; 8 times that after unpacking."""
    templates_only: bool = False
    """Refuse records that show more of a URL than its template (`metadata.url`), one by one: the rest is taken."""


class Namespaces(_Section):
    """`relay`: whose records are sent on, by the namespaces of their ends. Globs. Where those are not known, they are sent."""

    include: tuple[str, ...] = ("*",)
    """Records with an end in one of these; `*` takes those too that have no namespace on either end."""
    exclude: tuple[str, ...] = ()
    """None with an end in one of these, even if a pattern includes the other."""


class Kubernetes(_Section):
    """`relay`: who the ends of connections are, by the Kubernetes API."""

    enabled: bool = False
    """Ask the API server of the cluster that the relay runs in, as a pod with the rights that README.md names."""
    credentials: Path = Path("/var/run/secrets/kubernetes.io/serviceaccount")
    """Folder with `token` and `ca.crt`, as a ServiceAccount's are mounted; both are read again when they change."""
    namespaces: Namespaces = Namespaces()


class Collector(_Section):
    """The reference cloud's storage."""

    database: Path = Path("/var/lib/interceptor/collector.db")
    """An SQLite file."""
    store: Text | None = None
    """`clickhouse[s]://[user@]host[:port]/database[?cluster=name]`: keep everything there, and not in an SQLite file;
    what bounds that file (`max_records`, `max_bytes`) bounds nothing then."""
    store_password_file: Path | None = None
    """A file that holds the password of the store's user; read again when it changes."""
    store_ca_file: Path | None = None
    """Authorities (PEM) that vouch for a store with clickhouses://, beside the system's."""
    retention_hours: Annotated[int, Field(gt=0, le=876_000)] = 7 * 24
    """Records that came in longer ago are removed."""
    rollup_hours: Annotated[int, Field(gt=0, le=876_000)] = 30 * 24
    """Totals stay for so long, and at least as long as records."""
    max_records: Positive = 5_000_000
    """Beyond it the oldest are removed."""
    max_bytes: Positive = 8 * 2**30
    """Of the database. Beyond it the oldest records are removed."""
    read_tokens_file: Path | None = None
    """Who may look: one token a line, as in `ingest.tokens_file`. Those of `ingest` then send only; without it they may
    look, too."""


class Log(_Section):
    """Standard error: JSON, one line an event."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    """What is less important is left out."""


class Config(_Section):
    """Everything."""

    endpoint: Text | None = None
    """`https://host[:port][/path]` of the cloud or the relay; `/v1/batches` is added. Absent: nothing is uploaded."""
    token: SecretStr | None = None
    """What we show to the endpoint."""
    token_file: Path | None = None
    """A file that holds it; read again when it changes."""
    cluster: Text | None = None
    """Written into every batch."""
    node: Text | None = None
    """Written into every batch and record; the host's name by default."""
    shutdown_seconds: Seconds = 20.0
    """How long an orderly end may take."""
    workers: Workers = 1
    """`run`: how many processes understand packets, each its share of the connections; `auto`: as many as there are cores
    that we may use. With 1 there is no process but this one."""
    proxy: Proxy = Proxy()
    tls: Tls = Tls()
    capture: Capture = Capture()
    metadata: Metadata = Metadata()
    limits: Limits = Limits()
    output: Output = Output()
    spool: Spool = Spool()
    upload: Upload = Upload()
    server: Server = Server()
    metrics: Metrics = Metrics()
    ingest: Ingest = Ingest()
    kubernetes: Kubernetes = Kubernetes()
    names: Annotated[tuple[Text, ...], Field(max_length=10_000)] = ()
    """`relay`: what addresses and networks are called where Kubernetes does not say it: `10.1.2.3=ledger`,
    `10.9.0.0/16=warehouse/scanner` (namespace and name). The narrowest holds."""
    collector: Collector = Collector()
    log: Log = Log()
