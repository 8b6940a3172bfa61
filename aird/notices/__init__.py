"""What a person should hear of, read off the audit log, and how far they have read."""
