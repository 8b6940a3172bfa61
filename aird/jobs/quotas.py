"""Set and remove quotas, in the caller's transaction, with an audit line."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from aird.audit import service as audit
from aird.auth import service as auth
from aird.auth.models import Department
from aird.auth.permissions import Actor, Permission
from aird.jobs import machines
from aird.jobs.errors import QuotaNotFound, QuotaNotValid
from aird.jobs.models import QuotaRow
from aird.jobs.needs import CPU
from aird.jobs.schemas_compute import QuotaEdit


def put(session: Session, actor: Actor, department: Department, flavour: str, numbers: QuotaEdit) -> QuotaRow:
    """Give the department this quota of a flavour. Raises NotPermitted, QuotaNotValid.

    More cannot be guaranteed than the machines that are known have.
    """
    auth.require(actor, Permission.MANAGE_QUOTAS, None)
    row = _find(session, department, flavour)
    _check(session, department, flavour, numbers)
    before = _numbers(row) if row is not None else None
    if row is None:
        row = QuotaRow(department_id=department.id, flavour=flavour, guarantee=0, deserved=0, limit=None, weight=1.0)
        session.add(row)
    row.guarantee, row.deserved = numbers.guarantee, numbers.deserved
    row.limit, row.weight = numbers.limit, numbers.weight
    session.flush()
    audit.record(
        session, actor, "jobs.quota.set", row, department=department.key, before=before, after=_numbers(row)
    )  # fmt: skip
    return row


def remove(session: Session, actor: Actor, department: Department, flavour: str) -> None:
    """Take the quota away: the department may then only borrow. Raises NotPermitted, QuotaNotFound."""
    auth.require(actor, Permission.MANAGE_QUOTAS, None)
    row = _find(session, department, flavour)
    if row is None:
        raise QuotaNotFound(f"{department.key} has no quota of {flavour}.", department=department.key, flavour=flavour)
    audit.record(session, actor, "jobs.quota.removed", row, department=department.key, before=_numbers(row))
    session.delete(row)
    session.flush()


def _find(session: Session, department: Department, flavour: str) -> QuotaRow | None:
    return session.scalar(
        select(QuotaRow).where(QuotaRow.department_id == department.id, QuotaRow.flavour == flavour)
        .with_for_update()
    )  # fmt: skip


def _check(session: Session, department: Department, flavour: str, numbers: QuotaEdit) -> None:
    known = machines.known(session)
    capacity = sum(
        each.slots if flavour == CPU else sum(chip.flavour == flavour for chip in each.chips) for each in known
    )
    others = sum(
        row.guarantee
        for row in session.scalars(
            select(QuotaRow).where(QuotaRow.flavour == flavour, QuotaRow.department_id != department.id)
        )
    )
    if known and numbers.guarantee and numbers.guarantee + others > capacity:
        raise QuotaNotValid(
            f"{numbers.guarantee} {flavour} cannot be guaranteed: the machines that are known have {capacity}, "
            f"of which {others} are guaranteed to others. Guarantee {max(capacity - others, 0)} at most.",
            capacity=capacity, guaranteed=others,
        )  # fmt: skip


def _numbers(row: QuotaRow) -> dict[str, int | float | None]:
    return {"guarantee": row.guarantee, "deserved": row.deserved, "limit": row.limit, "weight": row.weight}
