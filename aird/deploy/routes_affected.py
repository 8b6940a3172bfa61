"""Over HTTP: which versions that answer now contain a snapshot of a data set."""

from typing import Annotated

from fastapi import APIRouter, Query

from aird.auth.deps import ReadSession, permit
from aird.auth.permissions import Actor, Permission
from aird.core.errors import BadInput
from aird.core.http import problems
from aird.core.schemas import Schema
from aird.deploy import affected
from aird.deploy.affected import Remedy

router = APIRouter(tags=["datasets"])


class SnapshotNeeded(BadInput):
    """Say which snapshot is meant"""


class ContainedRead(Schema):
    """A version that answers on an endpoint and contains the snapshot; `relations` says how it came to it, `without`
    names the parents that `aird without` leaves out."""

    endpoint: str
    version: str
    digest: str
    relations: list[str]
    remedy: Remedy
    without: list[str]


class ContentsRead(Schema):
    """`total` counts every version that contains the snapshot, deployed or not; `hidden` those that answer and belong
    to models that you may not see."""

    subject: str
    deployed: list[ContainedRead]
    hidden: int
    total: int


@router.get("/datasets-affected/deployed", responses=problems(SnapshotNeeded))
def get_deployed_affected(
    session: ReadSession,
    actor: Annotated[Actor, permit(Permission.READ_ENDPOINTS)],
    digest: Annotated[str | None, Query(max_length=71)] = None,
    ref: Annotated[str | None, Query(max_length=112)] = None,
) -> ContentsRead:
    """Which deployed versions contain this snapshot (by digest or by name), and what takes it out of each of them."""
    if (digest is None) == (ref is None):
        raise SnapshotNeeded("Name the snapshot by its `digest`, or a data set or its version by `ref`.")
    found = affected.by_dataset(session, actor, digest=digest, ref=ref)
    shown = [
        ContainedRead(
            endpoint=each.endpoint,
            version=each.ref,
            digest=each.digest,
            relations=each.relations,
            remedy=each.remedy,
            without=each.without,
        )
        for each in found.deployed
    ]
    return ContentsRead(subject=digest or ref or "", deployed=shown, hidden=found.hidden, total=found.total)
