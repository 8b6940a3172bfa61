"""Tiny models to train."""

from tests.tiny import tiny, workshop

__all__ = ["tiny", "workshop"]
