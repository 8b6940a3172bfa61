"""The skills matrix with the exams of one skill, or of one slot, taken together."""

from collections.abc import Iterable, Mapping
from enum import StrEnum

from sqlalchemy.orm import Session

from aird.auth.permissions import Actor
from aird.catalog import matrix, views
from aird.catalog.schemas import SkillRead
from aird.evaluation import queries
from aird.evaluation.intervals import wilson
from aird.evaluation.models import Slot
from aird.evaluation.schemas_skills import GroupCell, GroupedRow, GroupedSkills, SkillGroup


class By(StrEnum):
    """What the exams of a column have in common."""

    SKILL = "skill"
    SLOT = "slot"


def grouped(
    session: Session,
    actor: Actor,
    *,
    by: By,
    slot: Slot | None = None,
    department: str | None = None,
    every: bool = False,
    cursor: str | None = None,
    limit: int = 200,
) -> GroupedSkills:
    """A page of measured versions against skills or slots; of one slot when it is given. Raises CursorUnknown.

    An exam whose suite is not known here (it was measured elsewhere) is a skill of its own name.
    """
    known = {each.name: (each.slot, each.skill) for each in queries.suites(session)}
    wanted = () if slot in (None, Slot.SKILL) else tuple(name for name, (of, _) in known.items() if of is slot)
    if slot not in (None, Slot.SKILL) and not wanted:
        return GroupedSkills(groups=[], rows=[], next=None)
    hits, following = matrix.measured(
        session, actor, department=department, suites=wanted, every=every, cursor=cursor, limit=limit
    )
    rows, groups = [], dict[str, SkillGroup]()
    for version in views.summaries(session, actor, hits):
        sat: dict[str, list[SkillRead]] = {}
        for score in version.skills:
            group = _group(by, score.suite, known)
            if slot is None or group.slot is slot:
                group = groups.setdefault(group.key, group)
                group.suites.append(score.suite)
                sat.setdefault(group.key, []).append(score)
        if sat:
            cells = {key: _cell(scores) for key, scores in sat.items()}
            rows.append(
                GroupedRow(ref=version.ref, title=version.title, kind=version.kind, state=version.state, cells=cells)
            )
    order = list(Slot)
    for group in groups.values():
        group.suites = sorted(set(group.suites))
    columns = sorted(groups.values(), key=lambda each: (order.index(each.slot), each.skill or ""))
    for row in rows:
        row.cells = {each.key: row.cells.get(each.key) for each in columns}
    return GroupedSkills(groups=columns, rows=rows, next=following)


def _group(by: By, suite: str, known: Mapping[str, tuple[Slot, str]]) -> SkillGroup:
    slot, skill = known.get(suite, (Slot.SKILL, suite))
    if by is By.SLOT:
        return SkillGroup(key=slot.value, slot=slot, skill=None, suites=[])
    return SkillGroup(key=f"{slot.value}:{skill}", slot=slot, skill=skill, suites=[])


def _cell(scores: Iterable[SkillRead]) -> GroupCell:
    """The mean over all items of all exams, and the exam that went worst."""
    found = list(scores)
    items = sum(each.items for each in found)
    points = min(items, sum(each.score * each.items for each in found))
    low, high = (found[0].low, found[0].high) if len(found) == 1 else wilson(points, items)
    worst = min(found, key=lambda each: (each.score, each.suite))
    score = points / items if items else 0.0
    return GroupCell(
        score=score, low=low, high=high, items=items, exams=len(found), worst=worst.suite, worst_score=worst.score
    )
