"""Sees what HTTP traffic really flows, from packets, and reports metadata only."""

from __future__ import annotations

__version__ = "0.1.0"
