"""The sample organisation over HTTP: what of it is here, and its removal."""

from typing import Annotated

from fastapi import APIRouter

from aird.auth.deps import ReadSession, WriteSession, permit
from aird.auth.permissions import Actor, Permission
from aird.core.errors import NotPermitted
from aird.core.http import problems
from aird.core.schemas import Schema
from aird.server import sample_removal
from aird.server.sample_removal import Holding, NoSample, SampleInUse

router = APIRouter(prefix="/sample", tags=["people"])

Admin = Annotated[Actor, permit(Permission.MANAGE_PEOPLE)]


class SampleRead(Schema):
    """What belongs to the sample organisation: its departments, rows by table, and what keeps it from going."""

    departments: list[str]
    models: int
    versions: int
    jobs: int
    foreign: list[str]
    running: int


def _read(found: Holding) -> SampleRead:
    return SampleRead(
        departments=[each.key for each in found.departments],
        **{name: found.counts.get(name, 0) for name in ("models", "versions", "jobs")},
        foreign=found.foreign,
        running=found.running,
    )


@router.get("")
def read_sample(session: ReadSession, _actor: Admin) -> SampleRead:
    """What of the sample organisation is here; no departments when there is none."""
    return _read(sample_removal.holding(session))


@router.delete("", responses=problems(NotPermitted, NoSample, SampleInUse))
def remove_sample(session: WriteSession, actor: Admin) -> SampleRead:
    """Take the sample organisation away with all that is its own; says what went."""
    found = sample_removal.holding(session)
    before = _read(found)
    sample_removal.remove(session, actor, found)
    return before
