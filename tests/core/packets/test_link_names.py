"""Facts about what link types are called."""

from __future__ import annotations

import pytest

from interceptor.core.packets.link_names import link_name


@pytest.mark.parametrize(
    ("number", "name"),
    [
        (0, "0 (NULL)"),
        (7, "7 (ARCNET_BSD)"),
        (50, "50 (PPP_HDLC)"),
        (129, "129 (ARCNET_LINUX)"),
        (147, "147 (USER0)"),
        (162, "162 (USER15)"),
        (189, "189 (USB_LINUX)"),
        (207, "207 (LAPB_WITH_DIR)"),
        (209, "209 (I2C_LINUX)"),
        (253, "253 (NETLINK)"),
        (276, "276 (LINUX_SLL2)"),
        (289, "289 (ATSC_ALP)"),
        (11, "11"),
        (65_535, "65535"),
    ],
)
def test_a_number_is_told_with_its_name(number: int, name: str) -> None:
    """At the ends of each run of the table, where a name too many or too few would show; alone where there is none."""
    assert link_name(number) == name
