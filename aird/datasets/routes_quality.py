"""Over HTTP: preview an upload, read and order quality reports, make clean versions, erase."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from starlette.concurrency import run_in_threadpool

from aird.auth.deps import CurrentSettings, ReadSession, WriteSession, database_of, permit
from aird.auth.permissions import Actor, Permission
from aird.core.errors import NotPermitted
from aird.core.http import problems
from aird.core.schemas import Page
from aird.datasets import erasure, forms, near_leaks, preview, queries, reports
from aird.datasets.errors import (
    DatasetErased,
    DatasetNotFound,
    DatasetVersionNotFound,
    NothingToClean,
    NothingToPermit,
    ReportNotFound,
)
from aird.datasets.routes import DATASET, UPLOAD_FORM, UPLOAD_PROBLEMS
from aird.datasets.schemas_import import PreviewRead
from aird.datasets.schemas_quality import (
    CleanBody,
    EraseBody,
    Erasure,
    FindingKind,
    FindingRow,
    PermitBody,
    QualityReportRead,
)
from aird.datasets.sources import check_file
from aird.jobs import queries as job_queries
from aird.jobs.schemas import JobRead
from aird.store.deps import CurrentStore
from aird.store.receiving import ANY_SIZE, Limits, received

router = APIRouter(tags=["datasets"])

Reader = Annotated[Actor, permit(Permission.READ_DATASETS)]
Writer = Annotated[Actor, permit(Permission.WRITE_DATASETS)]
Number = Annotated[int, Path(ge=1, le=999_999_999)]
VERSION = f"{DATASET}/versions/{{number}}"
NOT_FOUND = (DatasetNotFound, DatasetVersionNotFound)


@router.post(
    "/datasets/preview", max_body_size=ANY_SIZE, openapi_extra=UPLOAD_FORM, responses=problems(*UPLOAD_PROBLEMS)
)
async def preview_dataset(request: Request, settings: CurrentSettings, actor: Writer) -> PreviewRead:
    """What an upload would become: detected layouts, five converted items of each file, and every row that is refused.

    The form is that of an upload, with the name of the `dataset` it is meant for. Nothing is kept.
    """
    limits = Limits(settings.max_upload_bytes, reserve_bytes=settings.min_free_bytes)
    async with received(request, settings.home / "uploads", limits, check_file) as upload:
        form = forms.parse(upload.fields)
        return await run_in_threadpool(
            preview.preview, database_of(request), actor, upload, form, room=settings.max_upload_bytes
        )


@router.get(f"{VERSION}/report", responses=problems(*NOT_FOUND, ReportNotFound))
def get_quality_report(
    department: str, dataset: str, number: Number, session: ReadSession, _actor: Reader
) -> QualityReportRead:
    """What the last examination of a version has found, in numbers."""
    return reports.read(session, queries.get_version(session, f"{department}/{dataset}", number))


@router.get(f"{VERSION}/findings", responses=problems(*NOT_FOUND, ReportNotFound))
def list_findings(
    department: str,
    dataset: str,
    number: Number,
    kind: FindingKind,
    session: ReadSession,
    store: CurrentStore,
    actor: Reader,
    cursor: Annotated[int, Query(ge=0, le=10_000_000)] = 0,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Page[FindingRow]:
    """The lines that one kind of thing was found in; their words for those who work in the department."""
    version = queries.get_version(session, f"{department}/{dataset}", number)
    report = queries.get_report(session, version)
    found = reports.page(store, actor, version, report, kind, after=cursor, limit=limit + 1)
    following = str(cursor + limit) if len(found) > limit else None
    return Page(items=found[:limit], next=following)


@router.post(f"{VERSION}/examine", status_code=202, responses=problems(NotPermitted, *NOT_FOUND, DatasetErased))
def examine_dataset_version(
    department: str, dataset: str, number: Number, session: WriteSession, actor: Writer
) -> JobRead:
    """Have a version examined: duplicates, languages, labels, personal data, overlap with every exam."""
    version = queries.get_version(session, f"{department}/{dataset}", number)
    return job_queries.reads(session, [reports.order(session, actor, version)])[0]


@router.post(
    f"{VERSION}/clean",
    status_code=202,
    responses=problems(NotPermitted, *NOT_FOUND, DatasetErased, ReportNotFound, NothingToClean),
)
def clean_dataset_version(
    department: str, dataset: str, number: Number, body: CleanBody, session: WriteSession, actor: Writer
) -> JobRead:
    """Make a new version without the lines that the report names."""
    version = queries.get_version(session, f"{department}/{dataset}", number)
    return job_queries.reads(session, [reports.order_cleaning(session, actor, version, body.leave_out)])[0]


@router.post(
    f"{VERSION}/permit",
    responses=problems(NotPermitted, *NOT_FOUND, DatasetErased, ReportNotFound, NothingToPermit),
)
def permit_near_leak(
    department: str, dataset: str, number: Number, body: PermitBody, session: WriteSession, actor: Writer
) -> QualityReportRead:
    """Let models learn from a split although many of its items ask almost what an exam asks; says why."""
    version = queries.get_version(session, f"{department}/{dataset}", number)
    near_leaks.permit(session, actor, version, body.split, reason=body.reason)
    return reports.read(session, version)


@router.post(f"{VERSION}/erase", responses=problems(NotPermitted, *NOT_FOUND, DatasetErased))
def erase_dataset_version(
    department: str,
    dataset: str,
    number: Number,
    body: EraseBody,
    session: WriteSession,
    store: CurrentStore,
    actor: Writer,
) -> Erasure:
    """Take the bytes of a snapshot from the store, for ever; every version with these bytes goes."""
    version = queries.get_version(session, f"{department}/{dataset}", number)
    return erasure.erase(session, store, actor, version, reason=body.reason)
