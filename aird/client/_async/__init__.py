"""The async half of the client, written by hand; scripts/make-client.py makes the sync half of it."""
