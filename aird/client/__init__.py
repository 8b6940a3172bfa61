"""The Python client of aird's API, used by the command line and by programs.

    from aird.client import Client

    with Client() as aird:                       # AIRD_URL and AIRD_TOKEN, or the server of this machine
        job = aird.trainings.start(open("recipe.yaml").read())
        aird.jobs.wait(job["id"], on_event=print)

The names are loaded when first used, so that catching an error does not cost an HTTP library.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aird.client.client import Client
    from aird.client.errors import (
        ApiProblem,
        BadReference,
        ClientError,
        ConnectionFailed,
        NoServer,
        WaitTimedOut,
    )

__all__ = [
    "ApiProblem",
    "BadReference",
    "Client",
    "ClientError",
    "ConnectionFailed",
    "NoServer",
    "WaitTimedOut",
]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module("aird.client.client" if name == "Client" else "aird.client.errors"), name)
