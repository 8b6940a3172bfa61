"""The signature: a decision by another person, bound to the exact bytes."""
