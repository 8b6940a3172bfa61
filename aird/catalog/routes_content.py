"""The bytes of a version's files over HTTP, whole or in part."""

from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import Response, StreamingResponse
from starlette.concurrency import run_in_threadpool

from aird.auth.deps import database_of
from aird.catalog import access, cards, file_pages, retirement
from aird.catalog.errors import FileNotFound, GatedModel, ModelNotFound, VersionNotFound
from aird.catalog.routes_params import VERSION, Number, Reader, version_at
from aird.core.http import problems
from aird.core.ranges import wanted
from aird.store.deps import CurrentStore
from aird.store.manifest import Entry

router = APIRouter(tags=["catalog"])


@router.get(
    f"{VERSION}/content/{{path:path}}",
    response_class=Response,
    responses={
        200: {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}},
        **problems(ModelNotFound, VersionNotFound, FileNotFound, GatedModel),
    },
)
async def get_content(
    department: str, model: str, number: Number, path: str, request: Request, store: CurrentStore, actor: Reader
) -> Response:
    """A file's bytes, or the part of them that a Range header asks for; the ETag is their digest."""
    database = database_of(request)

    def look() -> tuple[Entry, str | None]:
        with database.read() as session:
            version = version_at(session, actor, department, model, number)
            if path != cards.README:
                access.require_weights(session, actor, version.model)
            found = file_pages.entry(session, store, version, path)
            return found, retirement.notice(session, version, actor)

    entry, notice = await run_in_threadpool(look)
    name = quote(path.rpartition("/")[2])
    headers = {
        "ETag": f'"{entry.digest.removeprefix("sha256:")}"',
        "Accept-Ranges": "bytes",
        "Content-Type": "application/octet-stream",
        "Content-Disposition": f"attachment; filename*=UTF-8''{name}",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private, no-cache",
        **({"X-Aird-Warning": notice} if notice else {}),
    }
    if request.headers.get("if-none-match", "").strip() == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    condition = request.headers.get("if-range")
    holds = condition is None or condition.strip() == headers["ETag"]
    span = wanted(request.headers.get("range") if holds else None, entry.size)
    if span is None:
        return Response(status_code=416, headers={**headers, "Content-Range": f"bytes */{entry.size}"})
    headers["Content-Length"] = str(span.end - span.start)
    if span.partial:
        headers["Content-Range"] = f"bytes {span.start}-{span.end - 1}/{entry.size}"
    status = 206 if span.partial else 200
    if entry.size == 0:
        return Response(b"", status, headers)
    return StreamingResponse(await store.download(entry.digest, span.start, span.end), status, headers)
