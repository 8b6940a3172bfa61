"""What can go wrong with files and fine-tuning jobs, and how it is said to OpenAI's clients."""

import logging
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException

from aird.core.db import reason
from aird.core.errors import AirdError, BadInput, Conflict, NotFound, NotOffered, Refused, StorageFull, Unavailable
from aird.deploy.gateway.protocol import wire
from aird.deploy.gateway.protocol.errors import FieldRefused, MethodNotAllowed, envelope, headers_of

log = logging.getLogger(__name__)


class UploadedFileNotFound(NotFound):
    """There is no such file"""


class FineTuningNotFound(NotFound):
    """There is no such fine-tuning job"""


class FileInUse(Conflict):
    """A fine-tuning job that has not ended reads this file"""


class FileRefused(BadInput):
    """This file cannot be taken as training data"""


class DepartmentUnclear(BadInput):
    """The request does not say for which department it is"""


class DatabaseUnavailable(Unavailable):
    """The database is not available"""


def response(error: AirdError) -> Response:
    """An error in OpenAI's envelope; what a rule refuses is a bad request to these clients."""
    status = 400 if isinstance(error, Refused) else error.status
    return Response(wire.encode(envelope(error)), status, headers_of(error), media_type="application/json")


def install(app: FastAPI) -> None:
    """Everything that leaves `app` as an error has OpenAI's form; a bug shows no inner detail."""

    @app.exception_handler(AirdError)
    def known(_request: Request, error: AirdError) -> Response:
        return response(error)

    @app.exception_handler(RequestValidationError)
    def malformed(_request: Request, error: RequestValidationError) -> Response:
        first: dict[str, Any] = error.errors()[0] if error.errors() else {"loc": ["body"], "msg": "cannot be read"}
        place = ".".join(str(part) for part in first["loc"][1:])[:200]
        if first.get("type") == "extra_forbidden":
            return response(FieldRefused(place, f"`{place}` is not offered. Leave it out."))
        if first.get("type") == "none_required":
            return response(FieldRefused(place, f"`{place}` is not offered. Leave it out, or send null."))
        return response(FieldRefused(place or None, f"`{place or 'body'}`: {first['msg']}"))

    @app.exception_handler(HTTPException)
    def framework(request: Request, error: HTTPException) -> Response:
        if error.status_code == 405:
            allowed = (error.headers or {}).get("Allow", "")
            return response(MethodNotAllowed("This address does not take this method.", allow=allowed))
        if error.status_code == 404:
            return response(NotOffered(f"/v1{request.url.path[:96]} is not offered."))
        body = {"message": str(error.detail), "type": "invalid_request_error", "param": None, "code": None}
        return JSONResponse({"error": body}, error.status_code)

    @app.exception_handler(OperationalError)
    @app.exception_handler(PoolTimeout)
    def database(_request: Request, error: Exception) -> Response:
        log.error("database: %s", reason(error))
        cause = str(getattr(error, "orig", error))
        if "full" in cause.lower() or "No space left" in cause:
            return response(StorageFull("The database cannot grow. Free some disk."))
        return response(DatabaseUnavailable("The database does not answer right now. Try again in a moment."))

    @app.exception_handler(Exception)
    def bug(_request: Request, error: Exception) -> Response:
        log.error("bug", exc_info=error)
        return response(AirdError("An error on the server; its log has the details."))
