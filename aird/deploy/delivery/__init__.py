"""Progressive delivery: a new version takes callers over step by step, or answers copies that nobody sees."""
