"""aird: the AI Resource Department, a system that manages a company's model versions."""

from typing import Any

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """`aird.Client`, imported when it is asked for: the command line must start fast."""
    if name == "Client":
        from aird.client import Client

        return Client
    raise AttributeError(f"module 'aird' has no attribute {name!r}")
