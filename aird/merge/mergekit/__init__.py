"""mergekit, run in a cage: what our own engines do not do."""
