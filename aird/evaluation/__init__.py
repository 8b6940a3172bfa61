"""Exams: suites, runs and scores, and the gates that read them."""
