"""A client of libpcap's rpcap protocol."""

from __future__ import annotations
