"""How the Hub writes times, pages and commits."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from starlette.responses import JSONResponse

from aird.catalog.models import Commit


def moment(at: datetime) -> str:
    """A time as every client reads it."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def page(items: list[Any], endpoint: str, path: str, query: list[tuple[str, str]], cursor: str | None) -> JSONResponse:
    """A page of a list; its Link header leads to the next one, with the questions of this one."""
    kept = [(key, value) for key, value in query if key != "cursor"]
    headers = {}
    if cursor is not None:
        headers["Link"] = f'<{endpoint}{path}?{urlencode([*kept, ("cursor", cursor)])}>; rel="next"'
    return JSONResponse(items, headers=headers)


def last_commit(commit: Commit) -> dict[str, Any]:
    """A commit beside a file."""
    return {"id": commit.sha, "title": commit.title, "date": moment(commit.created_at)}
