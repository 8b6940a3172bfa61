"""Data sets and feedback over HTTP; uploads of versions."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request
from starlette.concurrency import run_in_threadpool

from aird.auth import service as auth
from aird.auth.deps import CurrentSettings, ReadSession, WriteSession, database_of, permit
from aird.auth.errors import DepartmentNotFound
from aird.auth.permissions import Actor, Permission
from aird.catalog.names import NameRefused
from aird.core.errors import NotPermitted
from aird.core.http import problems
from aird.core.schemas import Page
from aird.datasets import feedback, forms, queries, service, uploads, views
from aird.datasets.dataset_info import DatasetInfoRefused
from aird.datasets.errors import (
    CompletionNotFound,
    DatasetErased,
    DatasetExists,
    DatasetNotFound,
    DatasetVersionExists,
    DatasetVersionNotFound,
    NothingToFreeze,
    SplitIsFixed,
    SplitNameRefused,
    SplitSharesRefused,
    TermsRefused,
    UploadRefused,
)
from aird.datasets.feedback import Opinion
from aird.datasets.models import Dataset, DatasetKind
from aird.datasets.parquet import ParquetNotOffered
from aird.datasets.rows import DatasetRefused
from aird.datasets.schemas import (
    DatasetCreate,
    DatasetRead,
    DatasetVersionRead,
    FeedbackCreate,
    FeedbackFiled,
    FeedbackItemRead,
    TermsChange,
)
from aird.datasets.sources import FileNameRefused, check_file
from aird.datasets.terms import Terms
from aird.metering.settled import LedgerSettled
from aird.store.deps import CurrentStore
from aird.store.errors import StoreFull
from aird.store.receiving import ANY_SIZE, Limits, UploadMalformed, UploadTooLarge, received

router = APIRouter(tags=["datasets"])

Reader = Annotated[Actor, permit(Permission.READ_DATASETS)]
Writer = Annotated[Actor, permit(Permission.WRITE_DATASETS)]
Limit = Annotated[int, Query(ge=1, le=200)]
Number = Annotated[int, Path(ge=1, le=999_999_999)]
DATASET = "/datasets/{department}/{dataset}"
UPLOAD_PROBLEMS = (
    NotPermitted,
    DatasetNotFound,
    UploadRefused,
    DatasetRefused,
    DatasetInfoRefused,
    FileNameRefused,
    SplitNameRefused,
    SplitSharesRefused,
    SplitIsFixed,
    UploadMalformed,
    UploadTooLarge,
    StoreFull,
    ParquetNotOffered,
    forms.FormNotValid,
)
UPLOAD_FORM: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "properties": {
                        "files": {"type": "array", "items": {"type": "string", "format": "binary"}},
                        **{name: {"type": "string"} for name in forms.FIELD_NAMES},
                    },
                }
            }
        },
    }
}


@router.get("/datasets")
def list_datasets(
    session: ReadSession,
    _actor: Reader,
    department: Annotated[str | None, Query(max_length=64)] = None,
    kind: DatasetKind | None = None,
    cursor: Annotated[str | None, Query(max_length=96)] = None,
    limit: Limit = 50,
) -> Page[DatasetRead]:
    """Data sets by name."""
    found = queries.datasets(session, department=department, kind=kind, after=cursor, limit=limit + 1)
    following = found[limit - 1].name if len(found) > limit else None
    return Page(items=views.dataset_reads(session, found[:limit]), next=following)


@router.post(
    "/datasets",
    status_code=201,
    responses=problems(NotPermitted, DepartmentNotFound, DatasetExists, NameRefused, TermsRefused),
)
def add_dataset(body: DatasetCreate, session: WriteSession, actor: Writer) -> DatasetRead:
    """Open a data set."""
    terms = Terms(body.license, body.source, body.consent, body.consent_note, body.retention_days)
    dataset = service.add_dataset(session, actor, body.name, body.title, body.kind, card=body.card, terms=terms)
    return views.dataset_reads(session, [dataset])[0]


@router.get(DATASET, responses=problems(DatasetNotFound))
def get_dataset(department: str, dataset: str, session: ReadSession, _actor: Reader) -> DatasetRead:
    """One data set."""
    return views.dataset_reads(session, [_dataset(session, department, dataset)])[0]


@router.patch(DATASET, responses=problems(NotPermitted, DatasetNotFound, TermsRefused))
def change_dataset_terms(
    department: str, dataset: str, body: TermsChange, session: WriteSession, actor: Writer
) -> DatasetRead:
    """Say under which licence, with whose consent and for how long a data set may be kept."""
    terms = Terms(body.license, body.source, body.consent, body.consent_note, body.retention_days)
    found = service.change_terms(session, actor, _dataset(session, department, dataset), terms, reason=body.reason)
    return views.dataset_reads(session, [found])[0]


def _dataset(session: ReadSession, department: str, dataset: str) -> Dataset:
    return queries.get_dataset(session, f"{department}/{dataset}")


@router.get(f"{DATASET}/versions", responses=problems(DatasetNotFound))
def list_dataset_versions(
    department: str, dataset: str, session: ReadSession, _actor: Reader
) -> Page[DatasetVersionRead]:
    """Every version of a data set, newest first."""
    found = queries.versions_of(session, _dataset(session, department, dataset))
    return Page(items=views.version_reads(session, found))


@router.get(f"{DATASET}/versions/{{number}}", responses=problems(DatasetNotFound, DatasetVersionNotFound))
def get_dataset_version(
    department: str, dataset: str, number: Number, session: ReadSession, store: CurrentStore, actor: Reader
) -> DatasetVersionRead:
    """One version, with its first items for those who work in the department."""
    version = queries.get_version(session, f"{department}/{dataset}", number)
    return views.version_read(session, store, actor, version)


@router.post(
    f"{DATASET}/versions",
    status_code=201,
    max_body_size=ANY_SIZE,
    openapi_extra=UPLOAD_FORM,
    responses=problems(*UPLOAD_PROBLEMS, DatasetVersionExists, DatasetErased),
)
async def upload_dataset_version(
    department: str, dataset: str, request: Request, settings: CurrentSettings, store: CurrentStore, actor: Writer
) -> DatasetVersionRead:
    """File a version from JSON lines, JSON, CSV, TSV or Parquet; every row is checked before anything is stored.

    Files are named by their split (train.jsonl), or `splits` names it, or `shares` deals the items out: once and for
    ever. `columns` maps aird's fields to the file's columns, `others` = drop leaves out what no layout knows, a
    dataset_info.json of LLaMA-Factory describes the files beside it. Preview it first.
    """
    database, name = database_of(request), f"{department}/{dataset}"
    await run_in_threadpool(uploads.check_right, database, actor, name)
    limits = Limits(settings.max_upload_bytes, reserve_bytes=settings.min_free_bytes)
    async with received(request, settings.home / "uploads", limits, check_file) as upload:
        form = forms.parse(upload.fields)
        return await run_in_threadpool(
            uploads.file_upload, database, store, actor, name, upload, form, room=settings.max_upload_bytes
        )


@router.post(
    f"{DATASET}/snapshot",
    status_code=201,
    responses=problems(NotPermitted, DatasetNotFound, UploadRefused, NothingToFreeze, StoreFull),
)
def snapshot_feedback(
    department: str,
    dataset: str,
    session: WriteSession,
    store: CurrentStore,
    actor: Writer,
    captured: Annotated[bool, Query(description="With the exchanges kept by the endpoint that nobody rated.")] = False,
) -> DatasetVersionRead:
    """Freeze the feedback into a version; gives the latest one when nothing was said since.

    What was rated well or corrected is in its split `train`, and with `captured` the exchanges that the endpoint keeps
    and nobody rated are in its split `captured`; either can be chosen as training data.
    """
    found = _dataset(session, department, dataset)
    version, _ = feedback.snapshot(session, actor, store, found, captured=captured)
    return views.version_read(session, store, actor, version)


@router.get(f"{DATASET}/items", responses=problems(NotPermitted, DatasetNotFound))
def list_feedback(
    department: str, dataset: str, session: ReadSession, actor: Reader, cursor: UUID | None = None, limit: Limit = 50
) -> Page[FeedbackItemRead]:
    """The feedback of a data set, oldest first."""
    found = _dataset(session, department, dataset)
    auth.require(actor, Permission.GIVE_FEEDBACK, found.department_id)
    items = queries.feedback_items(session, found, after=cursor, limit=limit + 1)
    following = str(items[limit - 1].id) if len(items) > limit else None
    return Page(items=views.item_reads(session, items[:limit]), next=following)


@router.post("/feedback", status_code=201, responses=problems(NotPermitted, CompletionNotFound, DatasetExists))
def give_feedback(
    body: FeedbackCreate,
    _settled: LedgerSettled,
    session: WriteSession,
    actor: Annotated[Actor, permit(Permission.GIVE_FEEDBACK)],
) -> FeedbackFiled:
    """Say what an answer was worth; said again, it replaces what was said before."""
    opinion = Opinion(
        rating=body.rating,
        comment=body.comment,
        correction=body.correction,
        answer=body.answer,
        messages=[each.model_dump() for each in body.messages],
    )
    item, dataset = feedback.give(session, actor, body.completion_id, opinion)
    return FeedbackFiled(id=item.id, dataset=dataset.name, item=views.item_reads(session, [item])[0])
