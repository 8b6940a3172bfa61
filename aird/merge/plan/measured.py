"""Measurements of merges as they are kept: under what key, found again, written down.

The key is made of what the numbers depend on and of nothing else: the bytes of the parents in their order, the method,
the weights, and what else the rule looks at. So a measurement serves every recipe of these parents, whoever writes it.
"""

import hashlib
import json
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from aird.merge.methods.base import TRIMMING
from aird.merge.models import MergeMeasure
from aird.merge.plan.merge_plan import MergePlan
from aird.merge.schemas import MeasureRead

EDITION = 1
"""Counts up when the numbers would come out differently for the same merge."""


def key_of(plan: MergePlan, digests: Sequence[str]) -> str:
    """The key of everything that is measured of a merge. Its scale plays no part: all numbers are shares."""
    method = "linear" if plan.method == "task_arithmetic" else plan.method
    trims = method in TRIMMING
    said: list[object] = [
        method,
        list(digests),
        list(plan.weights),
        [list(plan.densities), plan.normalize] if trims else None,
    ]
    return _digest(said)


def pairs_key(digests: Sequence[str]) -> str:
    """The key of what is measured of the parents alone: how they lie to each other."""
    return _digest(["pairs", list(digests)])


def _digest(said: list[object]) -> str:
    return hashlib.sha256(json.dumps([EDITION, *said]).encode()).hexdigest()


def find(session: Session, key: str) -> MeasureRead | None:
    """What was measured under this key, None when nothing was."""
    row = session.scalar(select(MergeMeasure).where(MergeMeasure.key == key))
    return MeasureRead.model_validate(row.data) if row is not None else None


def record(session: Session, key: str, found: MeasureRead, job_id: UUID) -> None:
    """Write a measurement down; one that is there already stays."""
    if session.scalar(select(MergeMeasure.id).where(MergeMeasure.key == key)) is None:
        session.add(MergeMeasure(key=key, data=found.model_dump(mode="json"), job_id=job_id))
        session.flush()
