"""Read what mentoring chooses from: versions with their scores in exams, and the data they were made with."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, joinedload

from aird.auth.permissions import Actor
from aird.catalog import access
from aird.catalog.lifecycle import VersionState
from aird.catalog.models import DatasetUse, Model, Skill, Version
from aird.evaluation.models import Scorer, Slot, Suite

IDLE = (VersionState.SUSPENDED, VersionState.RETIRED)


def suites(session: Session, name: str | None = None) -> list[Suite]:
    """Exams of what can be taught: those of this name or of this skill, all without one."""
    query = select(Suite).where(Suite.slot == Slot.SKILL).order_by(Suite.name)
    return list(session.scalars(query.where((Suite.name == name) | (Suite.skill == name)) if name else query))


def best_of(session: Session, actor: Actor, suite: str, *, limit: int) -> list[UUID]:
    """The versions in sight that scored highest, one of each model."""
    rank = func.row_number().over(partition_by=Version.model_id, order_by=(Skill.score.desc(), Version.number.desc()))
    ranked = access.visible(
        _scored(suite).add_columns(Skill.score, rank.label("place")).where(Version.state.not_in(IDLE)), actor
    ).subquery()
    query = select(ranked.c.id).where(ranked.c.place == 1).order_by(ranked.c.score.desc(), ranked.c.id).limit(limit)
    return list(session.scalars(query))


def learners_of(session: Session, actor: Actor, suite: str, *, below: float, limit: int) -> list[UUID]:
    """The latest versions of models in sight that scored less than `below`, the weakest first."""
    query = _scored(suite).where(Version.state.not_in(IDLE), Version.number == Model.latest_number, Skill.score < below)
    return list(session.scalars(access.visible(query, actor).order_by(Skill.score, Version.id).limit(limit)))


def _scored(suite: str) -> Select[UUID]:
    scored = select(Version.id).join(Skill, Skill.version_id == Version.id)
    return scored.join(Model, Model.id == Version.model_id).where(Skill.suite == suite)


def versions(session: Session, ids: Collection[UUID]) -> dict[UUID, Version]:
    """These versions with their models."""
    query = select(Version).options(joinedload(Version.model)).where(Version.id.in_(ids))
    return {each.id: each for each in session.scalars(query)}


def data_of(session: Session, ids: Collection[UUID]) -> dict[UUID, list[str]]:
    """The data sets that these versions were made with, by ref."""
    found: dict[UUID, list[str]] = {}
    rows = select(DatasetUse.version_id, DatasetUse.ref).where(DatasetUse.version_id.in_(ids)).order_by(DatasetUse.ref)
    for row in session.execute(rows):
        found.setdefault(row.version_id, []).append(row.ref)
    return found


def chance(suite: Suite) -> float:
    """What guessing is taken to score: a quarter where one of several choices is picked."""
    return 0.25 if suite.scorer is Scorer.CHOICE else 0.0
