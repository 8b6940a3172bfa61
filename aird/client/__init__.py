"""The Python client of aird's API, used by the command line and by programs.

    from aird import Client

    with Client() as aird:                       # AIRD_URL and AIRD_TOKEN, or the server of this machine
        for model in aird.models.list(department="finance"):
            print(model.name, model.latest and model.latest.ref)
        aird.models.get("finance/analyst@production").pull("analyst")
        job = aird.merge(open("recipe.yaml").read())
        job.watch()
        print(job.metrics())

`AsyncClient` has the same methods to be awaited. What may be raised is drawn in aird.client.errors.
The names are loaded when first used, so that catching an error does not cost an HTTP library.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aird.client._async.client import AsyncClient
    from aird.client._async.jobs import AsyncJob
    from aird.client._async.models import AsyncModel
    from aird.client._async.versions import AsyncVersion
    from aird.client._sync.client import Client
    from aird.client._sync.jobs import Job
    from aird.client._sync.models import Model
    from aird.client._sync.versions import Version
    from aird.client.errors import (
        ApiProblem,
        BadReference,
        ClientError,
        Conflict,
        ConnectionFailed,
        DigestMismatch,
        JobFailed,
        LocalFile,
        NoServer,
        NotFound,
        NotPermitted,
        NotSignedIn,
        Refused,
        ServerBusy,
        WaitTimedOut,
    )
    from aird.client.record import Record

_ELSEWHERE = {
    "AsyncClient": "_async.client",
    "AsyncJob": "_async.jobs",
    "AsyncModel": "_async.models",
    "AsyncVersion": "_async.versions",
    "Client": "_sync.client",
    "Job": "_sync.jobs",
    "Model": "_sync.models",
    "Record": "record",
    "Version": "_sync.versions",
}

__all__ = [
    "ApiProblem",
    "AsyncClient",
    "AsyncJob",
    "AsyncModel",
    "AsyncVersion",
    "BadReference",
    "Client",
    "ClientError",
    "Conflict",
    "ConnectionFailed",
    "DigestMismatch",
    "Job",
    "JobFailed",
    "LocalFile",
    "Model",
    "NoServer",
    "NotFound",
    "NotPermitted",
    "NotSignedIn",
    "Record",
    "Refused",
    "ServerBusy",
    "Version",
    "WaitTimedOut",
]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"aird.client.{_ELSEWHERE.get(name, 'errors')}"), name)
