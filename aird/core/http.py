"""How errors leave aird over HTTP: RFC 9457 problem+json, declared per route so that the typed client knows them."""

import json
import logging
from typing import Any

from fastapi import FastAPI, Request
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException

from aird.core.db import reason
from aird.core.errors import AirdError
from aird.core.schemas import Problem
from aird.core.text import check_text

log = logging.getLogger(__name__)

MOST_FIELDS, LONGEST_FIELD = 20, 200  # of a request's faults, so that the answer is not larger than the request
MEDIA_TYPE = "application/problem+json"


def problems(*errors: type[AirdError]) -> dict[int | str, dict[str, Any]]:
    """The `responses=` of a route that may raise these errors."""
    found: dict[int | str, dict[str, Any]] = {}
    for error in errors:
        entry = found.setdefault(error.status, {"model": Problem, "description": ""})
        line = f"`{error.code}`: {error.title()}"
        entry["description"] = "; ".join(filter(None, [entry["description"], line]))
    return found


class ProblemResponse(JSONResponse):
    """problem+json; half a surrogate pair, which an error may quote from the input, does not keep it from leaving."""

    media_type = MEDIA_TYPE

    def render(self, content: Any) -> bytes:
        """UTF-8, with `?` for what UTF-8 does not have."""
        return json.dumps(content, ensure_ascii=False, allow_nan=False).encode(errors="replace")


def problem_response(error: AirdError, headers: dict[str, str] | None = None) -> JSONResponse:
    """The error as problem+json."""
    body = {
        "type": f"urn:aird:error:{error.code}",
        "title": error.title(),
        "status": error.status,
        "detail": error.message,
        "code": error.code,
        "params": error.params,
    }
    return ProblemResponse(jsonable_encoder(body), error.status, headers=headers)


def plain_problem(status: int, code: str, title: str, detail: str, **params: Any) -> JSONResponse:
    """A problem that is not an AirdError: raised by the framework or a bug."""
    body = {"type": f"urn:aird:error:{code}", "title": title, "status": status, "detail": detail, "code": code}
    return ProblemResponse(jsonable_encoder({**body, "params": params}), status)


def install_error_handlers(app: FastAPI) -> None:
    """Everything that leaves `app` as an error is problem+json; a bug shows no inner detail."""

    @app.exception_handler(AirdError)
    def known(_request: Request, error: AirdError) -> JSONResponse:
        headers = {"WWW-Authenticate": "Bearer"} if error.status == 401 else None
        return problem_response(error, headers)

    @app.exception_handler(RequestValidationError)
    def malformed(_request: Request, error: RequestValidationError) -> JSONResponse:
        found = [
            {"field": ".".join(str(part) for part in each["loc"])[:LONGEST_FIELD], "reason": each["msg"]}
            for each in error.errors()[:MOST_FIELDS]
        ]
        first = found[0] if found else {"field": "body", "reason": "cannot be read"}
        detail = f"{first['field']}: {first['reason']}"
        return plain_problem(422, "invalid_request", "The request does not fit the API", detail, fields=found)

    @app.exception_handler(HTTPException)
    def framework(_request: Request, error: HTTPException) -> JSONResponse:
        code = {404: "not_found", 405: "method_not_allowed", 413: "too_large"}.get(error.status_code, "http_error")
        response = plain_problem(error.status_code, code, str(error.detail), str(error.detail))
        response.headers.update(error.headers or {})
        return response

    @app.exception_handler(OperationalError)
    @app.exception_handler(PoolTimeout)
    def database(_request: Request, error: Exception) -> JSONResponse:
        log.error("database: %s", reason(error))
        cause = str(getattr(error, "orig", error))  # without the statement's values, which are the caller's words
        if "full" in cause.lower() or "No space left" in cause:
            return plain_problem(507, "storage_full", "The disk is full", "The database cannot grow. Free some disk.")
        detail = "The database does not answer right now. Nothing was changed; try again in a moment."
        return plain_problem(503, "database_unavailable", "The database is not available", detail)

    @app.exception_handler(Exception)
    def bug(_request: Request, error: Exception) -> JSONResponse:
        log.error("bug", exc_info=error)
        detail = "An error on the server; its log has the details. Nothing was changed by this request."
        return plain_problem(500, "internal_error", "Internal error", detail)


async def storable_text(request: Request) -> None:
    """A dependency of every route: nothing in address, query and JSON body that no database keeps.

    Raises TextNotStorable.
    """
    check_text([*request.path_params.values(), *request.query_params.keys(), *request.query_params.values()])
    if "json" not in request.headers.get("content-type", ""):
        return
    try:
        body = await request.json()
    except (ValueError, RecursionError):  # a route that wants a body says so itself
        return
    check_text(body)
