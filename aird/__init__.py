"""aird: the AI Resource Department, a system that manages a company's model versions.

`Client` and `AsyncClient` are the ways in for programs; they are imported when they are asked for, because the
command line must start fast.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aird.client import AsyncClient, Client

__all__ = ["AsyncClient", "Client", "__version__"]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    if name in ("AsyncClient", "Client"):
        import aird.client

        return getattr(aird.client, name)
    raise AttributeError(f"module 'aird' has no attribute {name!r}")
