"""/v1/files (https://platform.openai.com/docs/api-reference/files)."""

from pathlib import Path
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool

from aird.auth.deps import CurrentSettings, ReadSession, WriteSession, database_of
from aird.auth.permissions import Actor
from aird.core.db import Database
from aird.datasets import queries as dataset_queries
from aird.datasets.service import open_items
from aird.deploy.gateway.protocol import wire
from aird.deploy.gateway.protocol.errors import FieldRefused
from aird.finetuning import queries, service, shapes
from aird.finetuning.deps import Project, Reader, Writer
from aird.store.deps import CurrentStore
from aird.store.receiving import ANY_SIZE, Limits, received

router = APIRouter(prefix="/files")
LONGEST_NAME = 255


@router.post("", max_body_size=ANY_SIZE)
async def create_file(
    request: Request, settings: CurrentSettings, store: CurrentStore, actor: Writer, project: Project = None
) -> dict[str, Any]:
    """Take a file of conversations, one JSON object a line; every line is checked before anything is kept."""
    database = database_of(request)
    department = await run_in_threadpool(_department, database, actor, project)
    names = list[str]()

    def place(filename: str) -> str:
        names.append(_checked_name(filename))
        return f"upload-{len(names)}"

    limits = Limits(settings.max_upload_bytes, files=1, fields=8, reserve_bytes=settings.min_free_bytes)
    async with received(request, settings.home / "uploads", limits, place) as upload:
        _check_fields(upload.fields)
        if not names:
            raise FieldRefused("file", "`file` must be a file.")
        [path] = upload.files.values()
        row = await run_in_threadpool(
            service.add_file, database, store, actor, department, names[0], path, upload.folder
        )
    return shapes.file(row)


@router.get("")
def list_files(
    session: ReadSession,
    actor: Reader,
    after: str | None = None,
    limit: Annotated[int, Query(ge=1, le=10_000)] = 1000,
    order: Literal["asc", "desc"] = "desc",
    purpose: str | None = None,
) -> dict[str, Any]:
    """The files, newest first."""
    if purpose not in (None, "fine-tune"):
        return shapes.page([], more=False)
    found, more = queries.files(session, actor, after=after, limit=limit, ascending=order == "asc")
    return shapes.page([shapes.file(each) for each in found], more=more)


@router.get("/{file_id}")
def retrieve_file(file_id: str, session: ReadSession, actor: Reader) -> dict[str, Any]:
    """One file."""
    return shapes.file(queries.get_file(session, actor, file_id))


@router.get("/{file_id}/content")
def file_content(file_id: str, session: ReadSession, store: CurrentStore, actor: Reader) -> StreamingResponse:
    """Its conversations as they were taken, one a line."""
    found = queries.get_file(session, actor, file_id)
    version = dataset_queries.version_by_id(session, found.version_id)
    lines = (wire.encode(item) + b"\n" for item in open_items(store, version, service.SPLIT))
    return StreamingResponse(lines, media_type="application/jsonl")


@router.delete("/{file_id}")
def delete_file(file_id: str, session: WriteSession, store: CurrentStore, actor: Writer) -> dict[str, Any]:
    """Forget a file; its bytes go as well where nothing else has them."""
    service.delete_file(session, store, actor, queries.get_file(session, actor, file_id))
    return {"id": file_id, "object": "file", "deleted": True}


def _department(database: Database, actor: Actor, project: str | None) -> UUID:
    with database.read() as session:
        return service.department_for(session, actor, project).id


def _checked_name(filename: str) -> str:
    name = Path(filename.replace("\\", "/")).name
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise FieldRefused("file", f"`file` needs a name of at most {LONGEST_NAME} characters.")
    return name


def _check_fields(fields: dict[str, str]) -> None:
    for name in fields:
        if name != "purpose":
            raise FieldRefused(name[:64], f"`{name[:64]}` is not offered. Leave it out.")
    if fields.get("purpose") != "fine-tune":
        raise FieldRefused("purpose", "`purpose` must be fine-tune; files for other uses are not offered.")
