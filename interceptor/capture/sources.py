"""Sources by their URLs, and what `interceptor interfaces` shows of them.

Owns the list of schemes. What is wrong with a URL, with the filter, or with how sources are combined is said here,
before anything is captured.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING

from interceptor.capture.filters import check_filter, passing
from interceptor.capture.rings import Rings
from interceptor.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from interceptor import config
    from interceptor.capture.interfaces import Decision
    from interceptor.capture.own_traffic import OwnTraffic
    from interceptor.capture.source import Offer, Source

__all__ = ["Row", "are_here", "make_sources", "survey"]


@dataclass(frozen=True, slots=True)
class Row:
    """One interface of a source, and what would become of it."""

    source: str
    offer: Offer
    decision: Decision


def make_sources(settings: config.Capture, own: OwnTraffic) -> list[Source]:
    """Make the sources that are configured. Files are one source, because their packets are merged.

    Raises:
        UsageError: one of them cannot be used, they cannot be combined, or the filter is none.

    """
    check_filter(passing(settings))
    if not settings.sources:
        raise UsageError("capture.sources: is empty, and nothing would be captured")
    files = [url for url in settings.sources if url.startswith("file:")]
    if files and len(files) < len(settings.sources):
        raise UsageError("capture.sources: files cannot be combined with others: their time is another")
    if files:
        _check_once(files)
        from interceptor.capture.replay import ReplaySource

        return [ReplaySource(files, settings)]
    rings = Rings(settings.buffer_bytes)
    sources = [_make(url, settings, own, rings) for url in settings.sources]
    _check_once([source.url for source in sources])  # rpcap://a is rpcap://a:2002
    return sources


def are_here(urls: Iterable[str]) -> bool:
    """Whether all that these capture is this machine's."""
    return all(url.startswith("live:") or _is_loopback(url) for url in urls)


def _is_loopback(url: str) -> bool:
    """Whether a URL is of an rpcapd on this machine."""
    scheme, _, rest = url.partition("://")
    if scheme not in {"rpcap", "rpcaps"}:
        return False
    host = rest.partition("]")[0][1:] if rest.startswith("[") else rest.partition("/")[0].partition(":")[0]
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _check_once(urls: list[str]) -> None:
    """Metrics could not tell the two apart, and all would be read twice."""
    for url in urls:
        if urls.count(url) > 1:
            raise UsageError(f"capture.sources: {url!r} is there twice")


def _make(url: str, settings: config.Capture, own: OwnTraffic, rings: Rings) -> Source:
    # what a source needs is loaded when it is configured: libpcap for one, the rpcap client for the others
    match url.partition(":")[0]:
        case "rpcap" | "rpcaps":
            from interceptor.capture.rpcap import RpcapSource

            if "@" in url:
                raise UsageError(
                    f"capture.sources: {_shown(url)}: a user and password are not accepted in a URL, where they would "
                    "be seen; use capture.user and capture.password_file"
                )
            return RpcapSource(url, settings, own)
        case "rpcap+listen" | "rpcaps+listen":
            from interceptor.capture.active import ActiveSource

            return ActiveSource(url, settings, own)
        case "live":
            from interceptor.capture.live import LiveSource

            return LiveSource(url, settings, own, rings)
    raise UsageError(
        f"capture.sources: {_shown(url)} is none of rpcap://host[:port], rpcaps://host[:port], "
        "rpcap+listen://address[:port], rpcaps+listen://address[:port], live:, live:NAME, file:PATH"
    )


def _shown(url: str) -> str:
    """A URL without what may be a password."""
    scheme, at, rest = url.partition("@")
    return repr(f"{scheme.partition('://')[0]}://…@{rest}" if at else url)


async def survey(settings: config.Capture, own: OwnTraffic) -> list[Row]:
    """List what the sources offer now, what would be captured of it, and by which rules.

    Raises:
        InterceptorError: a source cannot be used, or does not say.

    """
    rows = []
    for source in make_sources(settings, own):
        offers = await source.offers()
        decisions = source.decisions(offers)
        rows += [Row(source.url, offer, decisions[offer.name]) for offer in offers]
    return rows
