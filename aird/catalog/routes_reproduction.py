"""Make a version again and compare, over HTTP."""

from typing import Annotated

from fastapi import APIRouter

from aird.auth.deps import WriteSession, permit
from aird.auth.permissions import Actor, Permission
from aird.catalog import reproduction
from aird.catalog.errors import GatedModel, ModelNotFound, NotReproducible, VersionNotFound
from aird.catalog.names import NameRefused
from aird.catalog.routes_params import VERSION, Number, version_at
from aird.core.errors import NotPermitted
from aird.core.http import problems
from aird.jobs import queries as job_queries
from aird.jobs.schemas import JobRead

router = APIRouter(tags=["catalog"])

Worker = Annotated[Actor, permit(Permission.RUN_JOBS)]


@router.post(
    f"{VERSION}/reproduce",
    status_code=202,
    responses=problems(NotPermitted, ModelNotFound, VersionNotFound, GatedModel, NameRefused, NotReproducible),
)
def reproduce_version(department: str, model: str, number: Number, session: WriteSession, actor: Worker) -> JobRead:
    """Make a version again by the job that made it and compare the bytes; files nothing.

    The job's result says `same`, and otherwise which files differ and whether it ran on the same class of device.
    """
    version = version_at(session, actor, department, model, number)
    return job_queries.reads(session, [reproduction.order(session, actor, version)])[0]
