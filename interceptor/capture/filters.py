"""Capture filters: libpcap's language (pcap-filter(7)), checked before anything starts.

Owns filtering in this process, for packets that no kernel has filtered, and the check of a text that kernels
will apply. Refuses to set filters on captures: `rpcap` and `live` do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from interceptor.core.model import PacketBatch, Stage
from interceptor.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from interceptor import config

__all__ = ["PacketFilter", "check_filter", "passing"]

_ETHERNET: Final = 1


def check_filter(text: str) -> None:
    """Check a filter that kernels will apply to interfaces.

    Raises:
        UsageError: Ethernet cannot have it; says where in the text the error is.

    """
    from rpcapd_client.errors import FilterError
    from rpcapd_client.filters import compile_filter

    try:
        compile_filter(text, _ETHERNET)
    except FilterError as error:
        raise UsageError(f"capture.filter: {error}") from error


def passing(settings: config.Capture) -> str:
    """The filter of captures: what was asked for, and the tunnels that were.

    Raises:
        UsageError: one of those is none.

    """
    if not settings.tunnels:
        return settings.filter
    # With the formats of all packets, which most captures do not need.
    from interceptor.capture import overlays

    return overlays.parse(settings.tunnels, "capture.tunnels").widen(settings.filter)


class PacketFilter:
    """A capture filter in libpcap's language (pcap-filter(7)), for packets of any link type."""

    def __init__(self, text: str) -> None:
        """Check the text.

        Raises:
            UsageError: no link type could have this filter; says why.

        """
        self.text = text
        self.received = 0
        self.passed = 0
        self._programs: dict[int, Callable[[bytes], int]] = {}
        # Some primitives exist on some links only. Ethernet is what most captures are and the better judge.
        refusals = []
        for link_type in (1, 276, 105):  # Ethernet, Linux cooked, 802.11
            try:
                self.compile(link_type)
            except UsageError as refusal:
                refusals.append(refusal)
            else:
                return
        raise refusals[0]

    def compile(self, link_type: int) -> Callable[[bytes], int]:
        """Make it ready for packets of `link_type` (LINKTYPE_ value); returns the program.

        Raises:
            UsageError: the filter means nothing on this link type, or libpcap cannot filter it.

        """
        program = self._programs.get(link_type)
        if program is None:
            import pcapy

            # libpcap numbers a few links by the operating system: raw IP is 101 in files and 12 in Linux.
            try:
                compiled = pcapy.compile(
                    {101: 12}.get(link_type, link_type), 262_144, self.text, 1, 0xFFFFFFFF
                )
            except (pcapy.PcapError, pcapy.BPFError, ValueError) as error:
                place = "" if link_type == 1 else f" (link type {link_type})"
                raise UsageError(f"filter {self.text!r} cannot be used{place}: {error}") from error
            program = self._programs[link_type] = compiled.filter
        return program

    def apply(self, batch: PacketBatch) -> PacketBatch | None:
        """Give the packets that pass, None where none does.

        `len`, `less` and `greater` see the captured bytes, not the packet's length on the wire.

        Raises:
            UsageError: as `compile`.

        """
        accepts = self.compile(batch.interface.link_type)
        buffer = batch.buffer
        packets = [packet for packet in batch.packets if accepts(buffer[packet[1] : packet[1] + packet[2]])]
        self.received += len(batch.packets)
        self.passed += len(packets)
        return PacketBatch(batch.interface, buffer, packets) if packets else None

    def stage(self) -> Stage:
        """Its line of the ledger."""
        dropped = self.received - self.passed
        return Stage(
            "filter", "packets", self.received, self.passed, {"filtered": dropped} if dropped else {}, 0
        )
