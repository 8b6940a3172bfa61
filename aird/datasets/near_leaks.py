"""Near leaks that block a split, and a person's word that it may be learnt from all the same.

Whether two questions are one is a matter of degree, so a person may decide otherwise than the measure does: with a
reason, in the audit log, for these bytes, up to the number that was seen. A question that an exam asks word for word
has no exception.
"""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from aird.audit import service as audit
from aird.auth import service as auth
from aird.auth.permissions import Actor, Permission
from aird.core.clock import now
from aird.core.errors import NotPermitted
from aird.datasets import queries
from aird.datasets.errors import DatasetErased, NothingToPermit
from aird.datasets.models import DatasetReport, DatasetVersion, NearLeakPermit
from aird.datasets.schemas_quality import Leak, QualityReport


def permit(session: Session, actor: Actor, version: DatasetVersion, split: str, *, reason: str) -> list[NearLeakPermit]:
    """Let models learn from a split that near questions block.

    Raises NotPermitted, DatasetErased, ReportNotFound, NothingToPermit.
    """
    auth.require(actor, Permission.WRITE_DATASETS, version.dataset.department_id)
    if actor.id is None:
        raise NotPermitted("Only a person may permit this.")
    if version.kept is None:
        raise DatasetErased(f"The bytes of {version.ref} were erased; nothing can be learnt from it.", ref=version.ref)
    report = queries.get_report(session, version)
    if split not in blocked_nearly(report):
        raise NothingToPermit(
            f"The split {split!r} of {version.ref} is not blocked by near questions alone. What an exam asks word for "
            "word, and a split that is an exam, have no exception: make a version without them (`clean`).",
            ref=version.ref,
            split=split,
        )
    given = {each.exam: each for each in permits(session, [version.id]) if each.split == split}
    for leak in _near(report, split):
        found = given.get(leak.exam)
        if found is None:
            found = given[leak.exam] = NearLeakPermit(
                version_id=version.id, split=split, exam=leak.exam, items=0, reason="", person_id=actor.id
            )
            session.add(found)
        found.items, found.reason, found.person_id, found.created_at = leak.near, reason, actor.id, now()
    session.flush()
    named = {each.exam: each.items for each in given.values()}
    audit.record(
        session,
        actor,
        "datasets.near_leak.permitted",
        version,
        digest=version.artifact,
        split=split,
        exams=named,
        reason=reason,
    )
    return list(given.values())


def permits(session: Session, versions: Iterable[UUID]) -> list[NearLeakPermit]:
    """What was permitted for these versions."""
    query = select(NearLeakPermit).where(NearLeakPermit.version_id.in_(list(versions)))
    return list(session.scalars(query.order_by(NearLeakPermit.split, NearLeakPermit.exam)))


def blocked(report: DatasetReport, given: Iterable[NearLeakPermit]) -> list[str]:
    """The splits that nothing may learn from, those without that a person has permitted."""
    seen = {(each.split, each.exam): each.items for each in given if each.version_id == report.version_id}
    free = {
        split
        for split in blocked_nearly(report)
        if all(leak.near <= seen.get((split, leak.exam), 0) for leak in _near(report, split))
    }
    return [split for split in report.blocked if split not in free]


def blocked_nearly(report: DatasetReport) -> set[str]:
    """The splits that near questions block, and nothing else does."""
    found = QualityReport.model_validate(report.summary)
    exact = {leak.split for leak in found.leaks if leak.exact}
    near = {leak.split for leak in found.leaks if leak.blocks_nearly(found.splits[leak.split].items)}
    return near - exact


def _near(report: DatasetReport, split: str) -> list[Leak]:
    found = QualityReport.model_validate(report.summary)
    leaks = [leak for leak in found.leaks if leak.split == split]
    return [leak for leak in leaks if leak.blocks_nearly(found.splits[split].items)]
