"""Measurements: each script prints a table and a ratio against a named peer."""
