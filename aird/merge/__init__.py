"""Rotation: merging the adapters of several versions into one child version."""
