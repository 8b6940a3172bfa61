"""Shapes of how a model's skills went from version to version."""

from datetime import datetime

from aird.catalog.lifecycle import VersionState
from aird.catalog.models import Kind
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


class SkillGroup(Schema):
    """A column of the matrix: the exams of one skill, or with `skill` null those of one slot."""

    key: str
    slot: Slot
    skill: str | None
    suites: list[str]


class GroupCell(Schema):
    """The mean over the items of all these exams, with its 95 % interval; `worst` is the exam that went worst."""

    score: float
    low: float
    high: float
    items: int
    exams: int
    worst: str
    worst_score: float


class GroupedRow(Schema):
    """A version, and what it scored by the key of the group; null where it sat no such exam."""

    ref: str
    title: str
    kind: Kind
    state: VersionState
    cells: dict[str, GroupCell | None]


class GroupedSkills(Schema):
    """A page of versions against groups of exams; `next` is the cursor of the page that follows."""

    groups: list[SkillGroup]
    rows: list[GroupedRow]
    next: str | None
