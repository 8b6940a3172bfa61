"""Who did what to what, and why: an append-only chain."""
