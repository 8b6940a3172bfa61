"""The compute board and quotas over HTTP."""

from typing import Annotated

from fastapi import APIRouter

from aird.auth import queries as auth
from aird.auth.deps import CurrentSettings, ReadSession, WriteSession, permit
from aird.auth.errors import DepartmentNotFound
from aird.auth.permissions import Actor, Permission
from aird.core.errors import NotPermitted
from aird.core.http import problems
from aird.jobs import board, quotas
from aird.jobs.errors import QuotaNotFound, QuotaNotValid
from aird.jobs.needs import Flavour
from aird.jobs.schemas_compute import ComputeBoard, QuotaEdit

router = APIRouter(tags=["compute"])

Keeper = Annotated[Actor, permit(Permission.MANAGE_QUOTAS)]


@router.get("/compute")
def read_compute(
    session: ReadSession, settings: CurrentSettings, actor: Annotated[Actor, permit(Permission.READ_JOBS)]
) -> ComputeBoard:
    """Machines and who holds what of them, the queue with the reason of each place, quotas."""
    return board.compute(session, actor, settings.queue_limits)


@router.put("/quotas/{department}/{flavour}", responses=problems(NotPermitted, DepartmentNotFound, QuotaNotValid))
def set_quota(
    department: str, flavour: Flavour, body: QuotaEdit, session: WriteSession, settings: CurrentSettings, actor: Keeper
) -> ComputeBoard:
    """Give a department a quota of a flavour (`cpu`: jobs without chips); the board as it is then."""
    quotas.put(session, actor, auth.get_department(session, department), flavour, body)
    return board.compute(session, actor, settings.queue_limits)


@router.delete("/quotas/{department}/{flavour}", responses=problems(NotPermitted, DepartmentNotFound, QuotaNotFound))
def remove_quota(
    department: str, flavour: Flavour, session: WriteSession, settings: CurrentSettings, actor: Keeper
) -> ComputeBoard:
    """Take a quota away; the board as it is then."""
    quotas.remove(session, actor, auth.get_department(session, department), flavour)
    return board.compute(session, actor, settings.queue_limits)
