"""The personnel files over HTTP: models, versions, skills, lineage; uploads of version files."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from starlette.concurrency import run_in_threadpool

from aird.auth.deps import CurrentSettings, ReadSession, WriteSession, database_of, permit
from aird.auth.errors import DepartmentNotFound
from aird.auth.permissions import Actor, Permission
from aird.catalog import queries, service, views
from aird.catalog.errors import ModelExists, ModelNotFound, MoveNotAllowed, VersionExists, VersionNotFound
from aird.catalog.lifecycle import VersionState
from aird.catalog.models import Kind, Model, Version
from aird.catalog.names import VERSION_DIGITS, NameRefused, check_name
from aird.catalog.refusals import IntakeRefused
from aird.catalog.schemas import (
    LineageRead,
    ModelCreate,
    ModelRead,
    SkillsMatrix,
    StateChange,
    VersionRead,
    VersionSummary,
)
from aird.catalog.uploads import UploadForm, check_path, file_upload
from aird.core.errors import BadInput, NotPermitted
from aird.core.http import problems
from aird.core.schemas import Page
from aird.store.deps import CurrentStore
from aird.store.errors import StoreFull
from aird.store.receiving import ANY_SIZE, Limits, UploadMalformed, UploadTooLarge, received

router = APIRouter(tags=["catalog"])

Reader = Annotated[Actor, permit(Permission.READ_MODELS)]
Writer = Annotated[Actor, permit(Permission.WRITE_MODELS)]
Retirer = Annotated[Actor, permit(Permission.RETIRE_VERSION)]
Limit = Annotated[int, Query(ge=1, le=200)]
Search = Annotated[str | None, Query(max_length=200)]
Number = Annotated[int, Path(ge=1, lt=10**VERSION_DIGITS)]
VERSION = "/models/{department}/{model}/versions/{number}"


class CursorUnknown(BadInput):
    """This cursor did not come from this list"""


@router.get("/models")
def list_models(
    session: ReadSession,
    _actor: Reader,
    department: str | None = None,
    search: Search = None,
    cursor: str | None = None,
    limit: Limit = 50,
) -> Page[ModelRead]:
    """Models by name."""
    found = queries.models(session, department=department, search=search, after=cursor, limit=limit + 1)
    more = found[limit - 1].name if len(found) > limit else None
    return Page(items=views.model_reads(session, found[:limit]), next=more)


@router.post("/models", status_code=201, responses=problems(NotPermitted, ModelExists, NameRefused, DepartmentNotFound))
def add_model(body: ModelCreate, session: WriteSession, actor: Writer) -> ModelRead:
    """Open a model."""
    model = service.add_model(session, actor, body.name, body.title, description=body.description, tags=body.tags)
    return views.model_reads(session, [model])[0]


@router.get("/models/{department}/{model}", responses=problems(ModelNotFound))
def get_model(department: str, model: str, session: ReadSession, _actor: Reader) -> ModelRead:
    """One model."""
    return views.model_reads(session, [_model(session, department, model)])[0]


def _model(session: ReadSession, department: str, model: str) -> Model:
    return queries.get_model(session, check_name(f"{department}/{model}"))


@router.get("/versions")
def list_versions(
    session: ReadSession,
    _actor: Reader,
    department: str | None = None,
    kind: Kind | None = None,
    state: VersionState | None = None,
    search: Search = None,
    all: bool = False,
    cursor: str | None = None,
    limit: Limit = 50,
) -> Page[VersionSummary]:
    """The latest version of every model; with `all`, every version."""
    found = queries.versions(
        session,
        department=department,
        kind=kind,
        state=state,
        search=search,
        every=all,
        after=_after(cursor),
        limit=limit + 1,
    )
    more = found[limit - 1].ref if len(found) > limit else None
    return Page(items=views.summaries(session, found[:limit]), next=more)


def _after(cursor: str | None) -> tuple[str, int] | None:
    if cursor is None:
        return None
    name, _, number = cursor.partition("@")
    if not number.isdecimal() or len(number) > 18:
        raise CursorUnknown("Take the cursor from `next` of the page before.")
    return name, int(number)


@router.get("/models/{department}/{model}/versions", responses=problems(ModelNotFound))
def list_model_versions(department: str, model: str, session: ReadSession, _actor: Reader) -> Page[VersionSummary]:
    """Every version of a model, newest first."""
    found = queries.versions_of(session, _model(session, department, model))
    return Page(items=views.summaries(session, found))


@router.post(
    "/models/{department}/{model}/versions",
    status_code=201,
    max_body_size=ANY_SIZE,
    responses=problems(
        NotPermitted, ModelNotFound, VersionExists, IntakeRefused, UploadMalformed, UploadTooLarge, StoreFull
    ),
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "multipart/form-data": {
                    "schema": {
                        "type": "object",
                        "properties": {
                            "files": {"type": "array", "items": {"type": "string", "format": "binary"}},
                            "base": {"type": "string"},
                            "license": {"type": "string"},
                            "notes": {"type": "string"},
                        },
                    }
                }
            },
        }
    },
)
async def upload_version(
    department: str, model: str, request: Request, settings: CurrentSettings, store: CurrentStore, actor: Writer
) -> VersionRead:
    """File a version from uploaded files; they are examined before anything is stored."""
    name = check_name(f"{department}/{model}")
    database = database_of(request)
    limits = Limits(settings.max_upload_bytes, reserve_bytes=settings.min_free_bytes)
    async with received(request, settings.home / "uploads", limits, check_path) as upload:
        form = UploadForm.read(upload.fields)
        return await run_in_threadpool(file_upload, database, store, actor, name, upload, form)


@router.get(VERSION, responses=problems(VersionNotFound))
def get_version(
    department: str, model: str, number: Number, session: ReadSession, store: CurrentStore, _actor: Reader
) -> VersionRead:
    """One version's whole file."""
    return views.version_read(session, store, _version(session, department, model, number))


def _version(session: ReadSession, department: str, model: str, number: int) -> Version:
    return queries.get_version(session, check_name(f"{department}/{model}"), number)


@router.get(f"{VERSION}/lineage", responses=problems(VersionNotFound))
def get_lineage(department: str, model: str, number: Number, session: ReadSession, _actor: Reader) -> LineageRead:
    """All that the version came from and all that came from it."""
    return views.lineage_read(session, _version(session, department, model, number))


@router.post(f"{VERSION}/retire", responses=problems(NotPermitted, VersionNotFound, MoveNotAllowed))
def retire_version(
    department: str,
    model: str,
    number: Number,
    body: StateChange,
    session: WriteSession,
    store: CurrentStore,
    actor: Retirer,
) -> VersionRead:
    """Take a version out of service for good; its files and lineage stay."""
    version = _version(session, department, model, number)
    return views.version_read(session, store, service.retire(session, actor, version, reason=body.reason))


@router.post(f"{VERSION}/suspend", responses=problems(NotPermitted, VersionNotFound, MoveNotAllowed))
def suspend_version(
    department: str,
    model: str,
    number: Number,
    body: StateChange,
    session: WriteSession,
    store: CurrentStore,
    actor: Retirer,
) -> VersionRead:
    """Take a version out of every endpoint until somebody has looked."""
    version = _version(session, department, model, number)
    return views.version_read(session, store, service.suspend(session, actor, version, reason=body.reason))


@router.post(f"{VERSION}/reinstate", responses=problems(NotPermitted, VersionNotFound, MoveNotAllowed))
def reinstate_version(
    department: str,
    model: str,
    number: Number,
    body: StateChange,
    session: WriteSession,
    store: CurrentStore,
    actor: Retirer,
) -> VersionRead:
    """Let a suspended version be asked for again."""
    version = _version(session, department, model, number)
    return views.version_read(session, store, service.reinstate(session, actor, version, reason=body.reason))


@router.get("/skills")
def skills_matrix(
    session: ReadSession, _actor: Reader, department: str | None = None, all: bool = True, limit: Limit = 200
) -> SkillsMatrix:
    """Who can do what: versions against suites."""
    return views.skills_matrix(session, queries.versions(session, department=department, every=all, limit=limit))
