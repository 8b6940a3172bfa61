"""Departmental endpoints: which version answers where."""
