"""What a program that talks to aird has to expect.

    ClientError
    ├── ApiProblem          the server answered, and said no: status, code, title, detail, params
    ├── BadReference        this cannot name a model, a version, a dataset or an endpoint
    ├── ConnectionFailed    no answer, or an answer that broke off
    │   └── NoServer        nobody said where the server is, and none runs on this machine
    └── WaitTimedOut        the job goes on, but the time to wait for it is over

These mirror what arrives over HTTP; the server's own tree is aird.core.errors, and `code` is the same word in
both.
"""

from collections.abc import Mapping
from typing import Any


class ClientError(Exception):
    """Talking to aird failed"""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class ConnectionFailed(ClientError):
    """The server does not answer"""


class NoServer(ConnectionFailed):
    """No server to talk to"""


class BadReference(ClientError, ValueError):
    """This is not a name"""


class WaitTimedOut(ClientError):
    """The time to wait is over"""


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
        self.params: dict[str, Any] = dict(params or {})
        self.request_id = request_id
