"""Advice on a request: versions tried on its examples, and a right-sized offer with its sums."""
