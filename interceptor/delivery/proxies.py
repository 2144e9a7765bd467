"""Which proxy, if any, for a URL, and why.

Owns the reading of proxy settings (configuration and environment), the rules of NO_PROXY, and the words that explain a
decision. Refuses to connect, and to let the HTTP client read the environment: what libraries make of NO_PROXY differs,
and some of it raises.

Which proxy: `proxy.url` of the configuration, else PROXY_URL, else HTTPS_PROXY (HTTP_PROXY for an http:// URL), else
ALL_PROXY; each also in lower case, where the upper one wins; an empty variable is not set. NO_PROXY applies whichever
it is, by Go's rules, which Kubernetes users expect:

    example.com             the name and all below it; never a mere suffix (notexample.com)
    .example.com            only what is below it, as *.example.com
    10.0.0.1, 2001:db8::1   the address, however it is written; in brackets too
    10.0.0.0/8              addresses of the network; never a name, for names are not looked up
    HOST:PORT               any of the first three, on that port only
    *                       everything

with blanks as separators too, and trailing dots ignored. Loopback and, inside a cluster, the Kubernetes API are always
direct. An item that is none of these is skipped, with one warning that says where it stands.

Invariant: no proxy URL is ever shown with its user info, and no error repeats a value that might hold one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING, Final, TypeAlias
from urllib.parse import unquote, urlsplit

from interceptor.errors import UsageError
from interceptor.rotation import Rotating

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from interceptor import config

__all__ = ["Decision", "Proxies", "Proxy", "deciding"]

_Address: TypeAlias = IPv4Address | IPv6Address

_LONGEST_URL: Final = 4_096
"""Characters of a proxy's URL in a file."""
_PORTS: Final = {"http": 80, "https": 443, "socks5": 1080, "socks5h": 1080}
_VARIABLES: Final = {
    "https": ("PROXY_URL", "HTTPS_PROXY", "ALL_PROXY"),
    "http": ("PROXY_URL", "HTTP_PROXY", "ALL_PROXY"),
}
_NAME = re.compile(
    r"(?:[a-z0-9_]|[a-z0-9_][a-z0-9_-]*[a-z0-9_])(?:\.(?:[a-z0-9_]|[a-z0-9_][a-z0-9_-]*[a-z0-9_]))*"
)
_LONGEST_LABEL: Final = 63
"""RFC 1035 section 2.3.4."""
_WITH_PORT = re.compile(r"(\[[^\]]*\]|[^:]*):([0-9]{1,5})")


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy to connect to."""

    scheme: str
    host: str
    """Name or address, without brackets."""
    port: int
    username: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)

    @property
    def address(self) -> str:
        """`host:port`, for people."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def url(self) -> str:
        """Without user info."""
        return f"{self.scheme}://{self.address}"


@dataclass(frozen=True, slots=True)
class Decision:
    """How to reach a URL."""

    proxy: Proxy | None
    """None: directly."""
    setting: str | None
    """Which option or variable names the proxy that is used or would be; None where there is none."""
    rule: str
    """What decided, in words."""

    def __str__(self) -> str:
        """One line for logs and for `interceptor check`."""
        if self.proxy is not None:
            return f"via {self.proxy.url} ({self.setting}; {self.rule})"
        return f"direct ({self.rule})"


@dataclass(frozen=True, slots=True)
class _Rule:
    """An item of NO_PROXY that could be read."""

    told: str
    """Which item of what."""
    network: IPv4Network | IPv6Network | None = None
    name: str | None = None
    """In lower case and ASCII, without dots at its ends; empty for `*`."""
    itself: bool = True
    """Whether the name counts, besides those below it."""
    port: int | None = None

    def covers(self, host: str, address: _Address | None, port: int) -> bool:
        if self.port is not None and self.port != port:
            return False
        if self.name == "":
            return True
        if self.network is not None:
            return address is not None and address.version == self.network.version and address in self.network
        if self.name is None or address is not None:
            return False
        return host.endswith(f".{self.name}") or (self.itself and host == self.name)


class Proxies:
    """Decides, by settings that do not change."""

    def __init__(
        self, settings: config.Proxy, environment: Mapping[str, str], url: str | None = None
    ) -> None:
        """Read the settings. What is odd about them is in `warnings`; a bad proxy is told by `decide`.

        `url`: what `proxy.url_file` holds now, where there is one.
        """
        self.warnings: list[str] = []
        """One line each, once: for the log and for `interceptor check`."""
        self._settings: dict[str, str] = {}
        """What names a proxy, by the name of the option or variable."""
        if url is None and settings.url is not None:
            url = settings.url.get_secret_value()
        if url is not None and url.strip():
            self._settings["proxy.url_file" if settings.url_file is not None else "proxy.url"] = url
        for variable in ("PROXY_URL", "HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"):
            self._read(environment, variable, self._settings)
        excepted: dict[str, str] = {"proxy.no_proxy": settings.no_proxy}
        self._read(environment, "NO_PROXY", excepted)
        self._rules = [rule for name, value in excepted.items() for rule in self._parse(name, value)]
        self._kubernetes = environment.get("KUBERNETES_SERVICE_HOST", "").strip().strip("[]")

    def decide(self, url: str) -> Decision:
        """How to reach `url`.

        Raises:
            UsageError: the URL is none, or the setting that counts names no proxy that can be used.

        """
        scheme, host, port = _destination(url)
        setting = next(
            (
                name
                for name in ("proxy.url", "proxy.url_file", *_both(_VARIABLES[scheme]))
                if name in self._settings
            ),
            None,
        )
        rule = self._direct(host, port)
        if rule is not None:
            return Decision(None, setting, rule)
        if setting is None:
            return Decision(None, None, "no proxy is configured")
        return Decision(_proxy(setting, self._settings[setting]), setting, "no rule excepts it")

    def _read(self, environment: Mapping[str, str], variable: str, into: dict[str, str]) -> None:
        upper, lower = environment.get(variable, ""), environment.get(variable.lower(), "")
        if upper.strip():
            into[variable] = upper
            if lower.strip() and lower != upper:
                self.warnings.append(f"{variable} and {variable.lower()} differ; {variable} counts")
        elif lower.strip():
            into[variable.lower()] = lower

    def _parse(self, setting: str, value: str) -> list[_Rule]:
        rules = []
        for position, item in enumerate(re.split(r"[,\s]+", value.strip(", \t\r\n")), start=1):
            rule = _rule(item.lower(), f"{setting}, item {position}") if item else None
            if rule is not None:
                rules.append(rule)
            elif item:
                self.warnings.append(
                    f"{setting}: item {position} is no host, network or *, and is skipped; write names, addresses and "
                    "networks, separated by commas"
                )
        return rules

    def _direct(self, host: str, port: int) -> str | None:
        """Why the proxy is not to be used, None where it is."""
        address = _address(host)
        if host == "localhost" or (address is not None and address.is_loopback):
            return "loopback is always direct"
        if self._kubernetes and (
            host == self._kubernetes.lower() or (address and address == _address(self._kubernetes))
        ):
            return "the Kubernetes API is always direct"
        return next((rule.told for rule in self._rules if rule.covers(host, address, port)), None)


def deciding(
    endpoint: str, settings: config.Proxy, environment: Mapping[str, str]
) -> tuple[Rotating[Decision], list[str]]:
    """How to reach an endpoint, anew when `proxy.url_file` changes; and what is odd about the settings.

    Raises:
        UsageError: as `Proxies.decide`, or the file cannot be read.

    """
    file = settings.url_file

    def decide() -> Decision:
        return Proxies(settings, environment, None if file is None else _held(file)).decide(endpoint)

    decisions = Rotating({"proxy.url_file": file}, decide)
    decisions.current()
    return decisions, Proxies(settings, environment).warnings


def _held(file: Path) -> str:
    try:
        with file.open(encoding="utf-8") as opened:
            text = opened.read(_LONGEST_URL + 1).strip()
    except (OSError, UnicodeDecodeError):
        raise UsageError(f"proxy.url_file {file}: cannot be read") from None
    if not 0 < len(text) <= _LONGEST_URL:
        raise UsageError(f"proxy.url_file {file}: holds no proxy")
    return text


def _both(variables: tuple[str, ...]) -> list[str]:
    return [name for variable in variables for name in (variable, variable.lower())]


def _ascii(name: str) -> str:
    """A name as it is in the DNS (RFC 5890); as it is where it has no such form."""
    try:
        return name if name.isascii() else name.encode("idna").decode("ascii")
    except UnicodeError:
        return name


def _address(text: str) -> _Address | None:
    """An address, if it is one; an IPv4 address that is mapped into IPv6 is the IPv4 address."""
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address


def _rule(item: str, told: str) -> _Rule | None:
    """Read one item, in lower case; None where it is none."""
    told = f"{told} ({item})"
    if item == "*":
        return _Rule(told, name="")
    if "/" in item:
        base, _, bits = item.partition("/")
        # ip_network also takes netmasks, which no other program does
        if not bits.isdecimal():
            return None
        try:
            return _Rule(told, network=ip_network(f"{base}/{bits}", strict=False))
        except ValueError:
            return None
    port = None
    if _address(item) is None and (match := _WITH_PORT.fullmatch(item)) is not None:
        item, port = match[1], int(match[2])
        if not 0 < port <= 0xFFFF:
            return None
    if item.startswith("[") and item.endswith("]"):
        item = item[1:-1]
        if ":" not in item:
            return None
    address = _address(item)
    if address is not None:
        return _Rule(told, network=ip_network(address), port=port)
    below = item.removeprefix("*") if item.startswith("*.") else item
    name = _ascii(below.removeprefix(".").removesuffix("."))
    if not _NAME.fullmatch(name):
        return None
    return _Rule(told, name=name, itself=not below.startswith("."), port=port)


def _destination(url: str) -> tuple[str, str, int]:
    """Scheme, host (lower case, ASCII, without brackets and trailing dot) and port of an endpoint."""
    try:
        parts = urlsplit(url.strip())
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port, parts = None, None, urlsplit("")
    if parts.scheme not in _VARIABLES or not host:
        raise UsageError("endpoint: is no http:// or https:// URL with a host")
    if not _possible(host):
        raise UsageError("endpoint: its host is none: neither a name nor an address")
    return parts.scheme, _ascii(host).removesuffix("."), _PORTS[parts.scheme] if port is None else port


def _possible(host: str) -> bool:
    """Whether there could be such a host: one that there cannot be would be looked up for ever."""
    name = _ascii(host).removesuffix(".")
    short = all(len(label) <= _LONGEST_LABEL for label in name.split("."))
    return _address(host) is not None or (short and _NAME.fullmatch(name) is not None)


def _proxy(setting: str, value: str) -> Proxy:
    """Read what names a proxy; what is wrong with it is told without showing it."""
    value = value.strip()
    if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"":
        value = value[1:-1].strip()
    if not value.isprintable():  # urlsplit takes line ends and tabs out, and joins what they part
        raise UsageError(f"{setting}: is one line, and has a line end, tab or control character within")
    if "://" not in value:
        value = f"http://{value}"
    scheme, _, rest = value.partition("://")
    scheme = scheme.lower()
    if scheme not in _PORTS:
        raise UsageError(f"{setting}: the scheme of a proxy is http, https, socks5 or socks5h")
    if "@" in re.split(r"[/?#]", rest, maxsplit=1)[-1] and "@" not in re.split(r"[/?#]", rest, maxsplit=1)[0]:
        raise UsageError(
            f"{setting}: has a /, ? or # in its user or password; write these as %2F, %3F and %23"
        )
    if rest.rpartition("@")[2].count(":") > 1 and not rest.rpartition("@")[2].startswith("["):
        raise UsageError(f"{setting}: an IPv6 address of a proxy stands in brackets: [2001:db8::1]:3128")
    try:
        parts = urlsplit(f"{scheme}://{rest}")
        host, port = parts.hostname, parts.port
    except ValueError:  # its message may show the value
        host, port, parts = None, None, urlsplit("")
    whole = parts.path in {"", "/"} and not parts.query and not parts.fragment
    if host is None or not _possible(host) or not whole or port == 0:
        raise UsageError(f"{setting}: is not HOST:PORT or SCHEME://[USER:PASSWORD@]HOST:PORT")
    username = unquote(parts.username) if parts.username is not None else None
    password = unquote(parts.password) if parts.password is not None else None
    return Proxy(scheme, _ascii(host), _PORTS[scheme] if port is None else port, username, password)
