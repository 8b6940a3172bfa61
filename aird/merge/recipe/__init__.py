"""Recipes: mergekit's YAML and aird's own block, read and written. Pure."""
