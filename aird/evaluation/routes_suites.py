"""Exams over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Query

from aird.auth.deps import ReadSession, WriteSession, permit
from aird.auth.errors import DepartmentNotFound
from aird.auth.permissions import Actor, Permission
from aird.catalog.errors import GatedModel, ModelNotFound, VersionNotFound
from aird.catalog.names import NameRefused
from aird.core.errors import NotPermitted
from aird.core.http import problems
from aird.core.schemas import Page
from aird.datasets import queries as dataset_queries
from aird.datasets.errors import DatasetExists, DatasetNotFound, DatasetVersionNotFound
from aird.evaluation import importing, queries, service, views
from aird.evaluation.errors import SuiteExists, SuiteNotFound, SuiteRefused, TaskRefused
from aird.evaluation.models import Slot
from aird.evaluation.schemas import SuiteCreate, SuiteDetail, SuiteRead, TaskImport, TaskImported
from aird.store.deps import CurrentStore
from aird.store.errors import StoreFull

router = APIRouter()

Reader = Annotated[Actor, permit(Permission.READ_EVALUATIONS)]
Writer = Annotated[Actor, permit(Permission.WRITE_EVALUATIONS)]


@router.get("/suites")
def list_suites(
    session: ReadSession,
    _actor: Reader,
    slot: Slot | None = None,
    skill: Annotated[str | None, Query(max_length=96)] = None,
) -> Page[SuiteRead]:
    """Every exam, or those of one slot or one skill."""
    return Page(items=queries.suite_reads(session, queries.suites(session, slot=slot, skill=skill)))


@router.post(
    "/suites",
    status_code=201,
    responses=problems(
        NotPermitted,
        DepartmentNotFound,
        DatasetNotFound,
        DatasetVersionNotFound,
        SuiteExists,
        SuiteRefused,
        NameRefused,
        ModelNotFound,
        VersionNotFound,
        GatedModel,
    ),
)
def add_suite(body: SuiteCreate, session: WriteSession, actor: Writer) -> SuiteRead:
    """Make an exam of one split of a data set."""
    suite = service.add_suite(
        session,
        actor,
        body.name,
        body.title,
        dataset_queries.get_ref(session, body.dataset),
        split=body.split,
        scorer=body.scorer,
        skill=body.skill,
        slot=body.slot,
        settings=body.settings,
    )
    return queries.suite_reads(session, [suite])[0]


@router.post(
    "/suites/import",
    status_code=201,
    responses=problems(
        NotPermitted, DepartmentNotFound, SuiteExists, SuiteRefused, TaskRefused, DatasetExists, NameRefused, StoreFull
    ),
)
def import_task(body: TaskImport, session: WriteSession, store: CurrentStore, actor: Writer) -> TaskImported:
    """Bring in a task of lm-evaluation-harness as a data set and an exam; with `dry_run` only show what it becomes."""
    return importing.bring_in(session, store, actor, body)


@router.get("/suites/{department}/{suite}", responses=problems(SuiteNotFound))
def get_suite(department: str, suite: str, session: ReadSession, store: CurrentStore, actor: Reader) -> SuiteDetail:
    """One exam, with its first items for those who may read them."""
    return views.suite_detail(session, store, actor, queries.get_suite(session, f"{department}/{suite}"))
