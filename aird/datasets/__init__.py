"""Training and evaluation data, versioned by content; feedback."""
