"""What departments ask for, and what became of it."""
