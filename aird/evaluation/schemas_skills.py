"""Shapes of how a model's skills went from version to version."""

from datetime import datetime

from aird.catalog.lifecycle import VersionState
from aird.core.schemas import Schema
from aird.evaluation.models import Slot


class SkillStep(Schema):
    """Against the version before it that sat the same exam, on the items that both sat: a share, with its interval."""

    against: int
    difference: float
    low: float
    high: float
    items: int
    won: int
    lost: int


class SkillPoint(Schema):
    """What a version scored, with its 95 % interval; `step` is null for the first, or where items are not kept."""

    version: int
    ref: str
    state: VersionState
    score: float
    low: float
    high: float
    items: int
    at: datetime
    step: SkillStep | None


class SkillCourse(Schema):
    """One exam over the versions of a model, oldest first."""

    suite: str
    title: str
    skill: str
    slot: Slot
    metric: str
    points: list[SkillPoint]


class SkillsHistory(Schema):
    """How a model's skills went from version to version; `cut` says that there are older versions than are shown."""

    model: str
    courses: list[SkillCourse]
    cut: bool
