"""aird: the AI Resource Department, a system that manages a company's model versions."""

__version__ = "0.1.0"
