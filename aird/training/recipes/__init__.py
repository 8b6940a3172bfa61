"""Recipes: each one a script to read from top to bottom, from items to a folder of weights."""
