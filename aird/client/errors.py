"""What a program that talks to aird has to expect.

    ClientError                 code, status (0 when no answer stands behind it), params
    ├── ApiProblem              the server answered, and said no: status, code, title, detail, params, request_id
    │   ├── NotSignedIn         401: no token, or one that is not valid any more
    │   ├── NotPermitted        403: the token's person may not do this
    │   ├── NotFound            404: there is nothing of this name, or you may not see it
    │   ├── Conflict            409, 412: it is there already, or has moved on meanwhile
    │   ├── Refused             400, 413, 415, 422: the input was looked at and not taken; code says why
    │   └── ServerBusy          423, 429, 502, 503, 504: try again later
    ├── BadReference            this cannot name a model, a version, a dataset or an endpoint
    ├── ConnectionFailed        no answer, or an answer that broke off
    │   └── NoServer            nobody said where the server is, and none runs on this machine
    ├── DigestMismatch          the bytes that arrived are not the bytes of the version
    ├── JobFailed               the job that was waited for did not succeed: job, code
    ├── LocalFile               a file or folder of this machine cannot be used
    └── WaitTimedOut            the job goes on, but the time to wait for it is over

These mirror what arrives over HTTP; the server's own tree is aird.core.errors, and `code` is the same word in
both.
"""

from collections.abc import Mapping
from typing import Any


class ClientError(Exception):
    """Talking to aird failed"""

    code = "client_error"
    status = 0

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message
        self.params: dict[str, Any] = {}


class ConnectionFailed(ClientError):
    """The server does not answer"""

    code = "connection_failed"


class NoServer(ConnectionFailed):
    """No server to talk to"""

    code = "no_server"


class BadReference(ClientError, ValueError):
    """This is not a name"""

    code = "bad_reference"


class WaitTimedOut(ClientError):
    """The time to wait is over"""

    code = "wait_timed_out"


class DigestMismatch(ClientError):
    """What arrived is damaged"""

    code = "digest_mismatch"


class LocalFile(ClientError):
    """A file of this machine cannot be used"""

    code = "local_file"


class JobFailed(ClientError):
    """The job did not succeed"""

    code = "job_failed"

    def __init__(self, job: Mapping[str, Any]) -> None:
        error = job.get("error") or {}
        said = error.get("message") or job.get("reason") or ""
        super().__init__(f"The job {job.get('id')} {job.get('state')}. {said}".rstrip())
        self.job = job
        self.code = str(error.get("code") or self.code)
        self.params = {"state": job.get("state")}


class ApiProblem(ClientError):
    """The server refused"""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        title: str = "",
        params: Mapping[str, Any] | None = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(detail or title or f"The server answered {status}.")
        self.status = status
        self.code = code
        self.title = title or "The server refused"
        self.detail = detail
        self.params = dict(params or {})
        self.request_id = request_id


class NotSignedIn(ApiProblem):
    """Not signed in"""


class NotPermitted(ApiProblem):
    """Not permitted"""


class NotFound(ApiProblem):
    """Not found"""


class Conflict(ApiProblem):
    """It moved on meanwhile"""


class Refused(ApiProblem):
    """The input was refused"""


class ServerBusy(ApiProblem):
    """The server is busy"""


_BY_STATUS: dict[int, type[ApiProblem]] = {
    401: NotSignedIn, 403: NotPermitted, 404: NotFound, 409: Conflict, 412: Conflict,
    **dict.fromkeys((400, 413, 415, 422), Refused), **dict.fromkeys((423, 429, 502, 503, 504), ServerBusy),
}  # fmt: skip


def problem(
    status: int,
    code: str,
    detail: str,
    *,
    title: str = "",
    params: Mapping[str, Any] | None = None,
    request_id: str | None = None,
) -> ApiProblem:
    """The exception for an answer of this status."""
    kind = _BY_STATUS.get(status, ApiProblem)
    return kind(status, code, detail, title=title, params=params, request_id=request_id)
