"""Captured bytes -> TCP segments."""
