"""The check before a run: what would come out, what stops it, what it takes."""
