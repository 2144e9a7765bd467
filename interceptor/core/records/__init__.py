"""Finished things -> lines that hold no value."""
