"""The family tree over HTTP: relatives, the graph, who is affected when something is withdrawn."""

from typing import Annotated

from fastapi import APIRouter, Query

from aird.auth.deps import ReadSession
from aird.catalog import impact
from aird.catalog.errors import ModelNotFound, VersionNotFound
from aird.catalog.routes_params import VERSION, Number, Reader, version_at
from aird.catalog.schemas_lineage import ImpactRead, LineageRead
from aird.catalog.views_lineage import impact_read, lineage_read
from aird.core.errors import BadInput
from aird.core.http import problems

router = APIRouter(tags=["catalog"])

Shown = Annotated[int, Query(ge=1, le=2000, description="How many versions are listed.")]


class SubjectNeeded(BadInput):
    """Say which data set: by its digest or by its name"""


@router.get(f"{VERSION}/lineage", responses=problems(ModelNotFound, VersionNotFound))
def get_lineage(
    department: str,
    model: str,
    number: Number,
    session: ReadSession,
    actor: Reader,
    hops: Annotated[int, Query(ge=1, le=50, description="Generations in the graph, each way.")] = 2,
    limit: Annotated[int, Query(ge=2, le=200, description="Versions in the graph.")] = 200,
) -> LineageRead:
    """All that the version came from and all that came from it, and the graph of its nearest relatives."""
    version = version_at(session, actor, department, model, number)
    return lineage_read(session, actor, version, hops=hops, limit=limit)


@router.get(f"{VERSION}/affected", responses=problems(ModelNotFound, VersionNotFound))
def get_affected(
    department: str, model: str, number: Number, session: ReadSession, actor: Reader, limit: Shown = 500
) -> ImpactRead:
    """Who is affected when this version is withdrawn: everything that was made from it."""
    version = version_at(session, actor, department, model, number)
    return impact_read(version.ref, impact.of_version(session, actor, version, limit=limit))


@router.get("/datasets-affected", responses=problems(SubjectNeeded))
def get_dataset_affected(
    session: ReadSession,
    actor: Reader,
    digest: Annotated[str | None, Query(pattern=r"^sha256:[0-9a-f]{64}$")] = None,
    ref: Annotated[str | None, Query(max_length=128, description="department/name@1, or without number all.")] = None,
    limit: Shown = 500,
) -> ImpactRead:
    """Who is affected when a data set is withdrawn: what learnt from it, and everything made from that."""
    if digest is None and ref is None:
        raise SubjectNeeded("Give `digest` or `ref`, for example ref=support/mails@1.")
    found = impact.of_dataset(session, actor, digest=digest, ref=ref, limit=limit)
    return impact_read(ref or digest or "", found)
