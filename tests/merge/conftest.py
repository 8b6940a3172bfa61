"""Tiny models to merge."""

from tests.tiny import tiny, workshop

__all__ = ["tiny", "workshop"]
