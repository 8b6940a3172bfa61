"""What can go wrong at the Hub, and how each error of aird is said in the Hub's headers.

Clients decide by `X-Error-Code` (RepoNotFound, RevisionNotFound, EntryNotFound, GatedRepo) and show `X-Error-Message`.
"""

import logging
import re
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException

from aird.auth.errors import DepartmentNotFound
from aird.catalog.errors import AccessDecided, GatedModel, ModelNotFound
from aird.core.db import reason
from aird.core.errors import AirdError, BadInput, Conflict, NotAuthenticated, NotFound, NotOffered

log = logging.getLogger(__name__)

LONGEST_HEADER = 1000
INVALID = "Invalid credentials in Authorization header"
"""What makes a client say that the token is wrong, and not that the repository is not there."""


class RevisionNotFound(NotFound):
    """There is no such branch, alias, tag, version or commit"""


class EntryNotFound(NotFound):
    """There is no such file in this revision"""


class ParentMoved(Conflict):
    """Somebody else has pushed to the branch meanwhile"""

    status = 412


class RefTaken(Conflict):
    """There is a branch, tag or alias of this name already"""


class CommitMalformed(BadInput):
    """This is not a commit as Hub clients send it"""


class BlobNotUploaded(NotFound):
    """A commit names a file that its author has not uploaded"""


class XetNotOffered(NotOffered):
    """This server has no Xet storage"""


CODES: dict[type[AirdError], str] = {
    ModelNotFound: "RepoNotFound",
    DepartmentNotFound: "RepoNotFound",
    GatedModel: "GatedRepo",
    NotOffered: "NotImplemented",
    XetNotOffered: "NotImplemented",
}


def header_text(text: str) -> str:
    """The text as it may stand in a header: one line of ASCII, not too long."""
    plain = re.sub(r"\s+", " ", text).encode("ascii", "replace").decode()
    return "".join(char for char in plain if char.isprintable())[:LONGEST_HEADER]


def response(status: int, code: str, message: str, headers: dict[str, str] | None = None) -> JSONResponse:
    """An error in the Hub's form."""
    found = {"X-Error-Code": code, "X-Error-Message": header_text(message), **(headers or {})}
    body = {"error": message.encode(errors="replace").decode()}
    return JSONResponse(body, status, found)


def known(error: AirdError) -> JSONResponse:
    """An AirdError in the Hub's form."""
    headers = {}
    if commit := error.params.get("commit"):
        headers["X-Repo-Commit"] = str(commit)
    if isinstance(error, NotAuthenticated):
        headers["WWW-Authenticate"] = "Bearer"
        found = response(401, "NotAuthenticated", error.message, headers)
        if not error.params.get("anonymous"):
            found.headers["X-Error-Message"] = INVALID
        return found
    code = next((CODES[kind] for kind in type(error).__mro__ if kind in CODES), type(error).__name__)
    status = 400 if isinstance(error, AccessDecided) else error.status
    return response(status, code, error.message, headers)


def install(app: FastAPI) -> None:
    """Everything that leaves the Hub as an error has the Hub's form; a bug shows no inner detail."""

    @app.exception_handler(AirdError)
    def known_error(_request: Request, error: AirdError) -> JSONResponse:
        return known(error)

    @app.exception_handler(RequestValidationError)
    def malformed(_request: Request, error: RequestValidationError) -> JSONResponse:
        first: dict[str, Any] = error.errors()[0] if error.errors() else {"loc": ["body"], "msg": "cannot be read"}
        place = ".".join(str(part) for part in first["loc"])[:200]
        return response(400, "BadRequest", f"{place}: {first['msg']}")

    @app.exception_handler(HTTPException)
    def framework(_request: Request, error: HTTPException) -> JSONResponse:
        names = {404: "NotFound", 405: "MethodNotAllowed", 413: "TooLarge"}
        return response(
            error.status_code, names.get(error.status_code, "HttpError"), str(error.detail), dict(error.headers or {})
        )

    @app.exception_handler(OperationalError)
    @app.exception_handler(PoolTimeout)
    def database(_request: Request, error: Exception) -> JSONResponse:
        log.error("database: %s", reason(error))
        cause = str(getattr(error, "orig", error))
        if "full" in cause.lower() or "No space left" in cause:
            return response(507, "StorageFull", "The database cannot grow. Free some disk.")
        return response(503, "DatabaseUnavailable", "The database does not answer right now. Try again in a moment.")

    @app.exception_handler(Exception)
    def bug(_request: Request, error: Exception) -> JSONResponse:
        log.error("bug", exc_info=error)
        return response(500, "InternalError", "An error on the server; its log has the details.")
