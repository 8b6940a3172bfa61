"""Artifacts by digest: what was put in is what comes out."""
