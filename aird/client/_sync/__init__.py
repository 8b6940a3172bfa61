# Written by scripts/make-client.py from aird/client/_async/__init__.py; change that one.
"""The async half of the client, written by hand; scripts/make-client.py makes the sync half of it."""
