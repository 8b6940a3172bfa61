"""The ledger of tokens and compute, and what they cost."""
