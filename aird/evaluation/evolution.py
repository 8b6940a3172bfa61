"""How a model's skills went from version to version."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from aird.catalog import queries as catalog_queries
from aird.catalog.models import Model, Skill, Version
from aird.evaluation import gates, pairing, queries
from aird.evaluation.models import Run, Slot, Suite
from aird.evaluation.schemas_skills import SkillCourse, SkillPoint, SkillsHistory, SkillStep
from aird.store.artifacts import Store


def history(session: Session, store: Store, model: Model, *, limit: int = 20) -> SkillsHistory:
    """The exams that the model's last measured versions sat, with the paired difference from one to the next."""
    measured = select(Skill.suite).where(Skill.version_id == Version.id)
    query = select(Version).options(joinedload(Version.model)).where(Version.model_id == model.id, measured.exists())
    newest = list(session.scalars(query.order_by(Version.number.desc()).limit(limit + 1)))
    versions = newest[:limit][::-1]
    skills = catalog_queries.skills_of(session, [each.id for each in versions])
    sat = {(version.id, skill.suite): skill for version in versions for skill in skills.get(version.id, [])}
    names = sorted({suite for _, suite in sat})
    suites = {each.name: each for each in queries.suites(session) if each.name in names}
    runs = pairing.last_runs(session, versions, names) if versions else {}
    courses = [_course(store, name, suites.get(name), versions, sat, runs) for name in names]
    order = list(Slot)
    courses.sort(key=lambda each: (order.index(each.slot), each.suite))
    return SkillsHistory(model=model.name, courses=courses, cut=len(newest) > limit)


def _course(
    store: Store,
    name: str,
    suite: Suite | None,
    versions: Sequence[Version],
    sat: Mapping[tuple[UUID, str], Skill],
    runs: Mapping[tuple[UUID, str], Run],
) -> SkillCourse:
    took = [(each, sat[each.id, name]) for each in versions if (each.id, name) in sat]
    steps: list[SkillStep | None] = [None]
    steps += [
        _step(store, old, runs.get((old.id, name)), runs.get((new.id, name))) for (old, _), (new, _) in pairwise(took)
    ]
    return SkillCourse(
        suite=name,
        title=suite.title if suite else name,
        skill=suite.skill if suite else name,
        slot=suite.slot if suite else Slot.SKILL,
        metric=took[-1][1].metric,
        points=[
            SkillPoint(
                version=version.number,
                ref=version.ref,
                state=version.state,
                score=skill.score,
                low=skill.low,
                high=skill.high,
                items=skill.items,
                at=skill.measured_at,
                step=step,
            )
            for (version, skill), step in zip(took, steps, strict=True)
        ],
    )


def _step(store: Store, version: Version, old: Run | None, new: Run | None) -> SkillStep | None:
    pairs = pairing.pairs(store, new, old) if old is not None and new is not None else None
    if pairs is None or not pairs.items:
        return None
    low, high = gates.difference_interval(pairs)
    return SkillStep(
        against=version.number,
        difference=pairs.mean,
        low=low,
        high=high,
        items=pairs.items,
        won=pairs.won,
        lost=pairs.lost,
    )
