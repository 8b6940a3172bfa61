"""The personnel files over HTTP: models, versions, skills, lineage; uploads of version files."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.concurrency import run_in_threadpool

from aird.auth.deps import CurrentSettings, ReadSession, WriteSession, database_of
from aird.auth.errors import DepartmentNotFound
from aird.catalog import access, matrix, queries, service, views
from aird.catalog.cursors import CursorUnknown
from aird.catalog.errors import (
    ModelExists,
    ModelNotFound,
    MoveNotAllowed,
    SuccessorRefused,
    VersionExists,
    VersionNotFound,
)
from aird.catalog.intake.refusals import IntakeRefused
from aird.catalog.listing_routes import router as lists
from aird.catalog.names import NameRefused, check_name
from aird.catalog.routes_access import router as gates
from aird.catalog.routes_aliases import router as aliases
from aird.catalog.routes_content import router as content
from aird.catalog.routes_files import router as files
from aird.catalog.routes_lineage import router as lineage
from aird.catalog.routes_models import router as models
from aird.catalog.routes_params import VERSION, Limit, Number, Reader, Retirer, Writer, model_at, version_at
from aird.catalog.routes_reproduction import router as reproduction
from aird.catalog.schemas import (
    ModelCreate,
    ModelRead,
    RetirementOrder,
    SkillsMatrix,
    StateChange,
    VersionRead,
    VersionSummary,
)
from aird.catalog.upload_routes import filing
from aird.catalog.upload_routes import router as resumable
from aird.catalog.uploads import UploadForm, check_path, file_upload
from aird.core.errors import NotPermitted
from aird.core.http import problems
from aird.core.schemas import Page
from aird.store.deps import CurrentStore
from aird.store.errors import QuotaExceeded, StoreFull, StoreUnavailable
from aird.store.receiving import ANY_SIZE, Limits, UploadMalformed, UploadTooLarge, received

router = APIRouter(tags=["catalog"])
for part in (lists, models, gates, aliases, lineage, content, files, resumable, filing, reproduction):
    router.include_router(part)


@router.post("/models", status_code=201, responses=problems(NotPermitted, ModelExists, NameRefused, DepartmentNotFound))
def add_model(body: ModelCreate, session: WriteSession, actor: Writer) -> ModelRead:
    """Open a model."""
    model = service.add_model(session, actor, body.name, body.title, description=body.description, tags=body.tags)
    return views.model_reads(session, actor, [model])[0]


@router.get("/models/{department}/{model}", responses=problems(ModelNotFound))
def get_model(department: str, model: str, session: ReadSession, actor: Reader) -> ModelRead:
    """One model."""
    return views.model_reads(session, actor, [model_at(session, actor, department, model)])[0]


@router.get("/models/{department}/{model}/versions", responses=problems(ModelNotFound))
def list_model_versions(department: str, model: str, session: ReadSession, actor: Reader) -> Page[VersionSummary]:
    """Every version of a model, newest first."""
    found = queries.versions_of(session, model_at(session, actor, department, model))
    return Page(items=views.summaries(session, actor, found))


@router.post(
    "/models/{department}/{model}/versions",
    status_code=201,
    max_body_size=ANY_SIZE,
    responses=problems(
        NotPermitted,
        ModelNotFound,
        VersionExists,
        IntakeRefused,
        UploadMalformed,
        UploadTooLarge,
        QuotaExceeded,
        StoreFull,
        StoreUnavailable,
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


@router.get(VERSION, responses=problems(ModelNotFound, VersionNotFound))
def get_version(
    department: str, model: str, number: Number, session: ReadSession, store: CurrentStore, actor: Reader
) -> VersionRead:
    """One version's whole file."""
    return views.version_read(session, store, actor, version_at(session, actor, department, model, number))


@router.post(
    f"{VERSION}/retire",
    responses=problems(NotPermitted, ModelNotFound, VersionNotFound, MoveNotAllowed, SuccessorRefused, NameRefused),
)
def retire_version(
    department: str,
    model: str,
    number: Number,
    body: RetirementOrder,
    session: WriteSession,
    store: CurrentStore,
    actor: Retirer,
) -> VersionRead:
    """Take a version out of service for good, with the one that takes over; its files and lineage stay."""
    version = version_at(session, actor, department, model, number)
    successor = access.get_ref(session, actor, body.successor) if body.successor else None
    service.retire(session, actor, version, reason=body.reason, successor=successor)
    return views.version_read(session, store, actor, version)


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
    version = version_at(session, actor, department, model, number)
    return views.version_read(session, store, actor, service.suspend(session, actor, version, reason=body.reason))


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
    version = version_at(session, actor, department, model, number)
    return views.version_read(session, store, actor, service.reinstate(session, actor, version, reason=body.reason))


@router.get("/skills", responses=problems(CursorUnknown))
def skills_matrix(
    session: ReadSession,
    actor: Reader,
    department: str | None = None,
    suite: Annotated[list[str], Query(max_length=100, description="only these suites; any when none is given")] = [],  # noqa: B006
    all: bool = True,
    cursor: Annotated[str | None, Query(max_length=512)] = None,
    limit: Limit = 200,
) -> SkillsMatrix:
    """Who can do what: measured versions that you may see against suites; `all=false` for the newest of each model."""
    suites = tuple(suite)
    found, following = matrix.measured(
        session, actor, department=department, suites=suites, every=all, cursor=cursor, limit=limit
    )
    return views.skills_matrix(session, actor, found, suites, following)
