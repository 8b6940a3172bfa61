"""Answers side by side: who can be asked, what an answer cost, which one people preferred."""
