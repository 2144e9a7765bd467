"""Bytes and holes of a connection -> what was said on it."""
