"""What can be found out about items by looking at them: numbers, no database."""
