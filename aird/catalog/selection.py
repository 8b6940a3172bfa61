"""What a list of models or versions is narrowed by, in words of the API and in terms of the index."""

from dataclasses import dataclass, field
from math import isfinite
from typing import Self
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from aird.auth.permissions import Actor
from aird.catalog import access, queries, terms
from aird.catalog.lifecycle import VersionState
from aird.catalog.models import Kind, Skill, Version
from aird.catalog.names import VersionRef
from aird.catalog.terms import Beginning, facet
from aird.core.errors import BadInput, NotFound


class FilterUnknown(BadInput):
    """A list cannot be narrowed by this"""


@dataclass(frozen=True)
class Floor:
    """A version must have sat `suite`, and scored at least `score` in it."""

    suite: str
    score: float | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """`support/exam:0.8`, or the suite alone. Raises FilterUnknown."""
        suite, colon, floor = text.rpartition(":")
        if not colon:
            return cls(text)
        try:
            score = float(floor)
        except ValueError:
            score = float("nan")
        if not suite or not isfinite(score):
            raise FilterUnknown(f"{text!r} is not a suite and a score, such as support/exam:0.8.", skill=text)
        return cls(suite, score)


@dataclass(frozen=True)
class Filters:
    """All that a list can be narrowed by; what is None or empty is not asked for. Sizes are parameters."""

    search: str | None = None
    department: str | None = None
    tags: tuple[str, ...] = ()
    language: str | None = None
    kind: Kind | None = None
    state: VersionState | None = None
    base: str | None = None
    license: str | None = None
    size: str | None = None
    size_min: int | None = None
    size_max: int | None = None
    skills: tuple[Floor, ...] = ()


@dataclass(frozen=True)
class Selection:
    """The same in terms that a model must have, and in conditions on one of its versions."""

    terms: list[str] = field(default_factory=list)
    beginnings: list[Beginning] = field(default_factory=list)
    on_version: list[ColumnElement[bool]] = field(default_factory=list)


def of_models(session: Session, actor: Actor, filters: Filters) -> Selection | None:
    """Models by the facts of their latest version; None when nothing can be found."""
    found = _of_words(filters)
    base = _base(session, actor, filters)
    if found is None or (filters.base and base is None):
        return None
    for kind, value in (
        ("kind", filters.kind),
        ("state", filters.state),
        ("license", filters.license),
        ("size", filters.size),
        *(("skill", each.suite) for each in filters.skills),
    ):
        if value:
            found.terms.append(facet(kind, value))
    if base is not None:
        model_id, version_id = base
        found.terms.append(facet("base", model_id.hex))
        if version_id is not None:
            found.on_version.append(Version.base_id == version_id)
    found.on_version.extend(_sizes(filters))
    found.on_version.extend(_floor(each) for each in filters.skills if each.score is not None)
    return found


def of_versions(session: Session, actor: Actor, filters: Filters) -> Selection | None:
    """Versions, old ones too, by their own facts, of the models with these words; None when nothing can be found."""
    found = _of_words(filters)
    base = _base(session, actor, filters)
    if found is None or (filters.base and base is None):
        return None
    if filters.kind:
        found.on_version.append(Version.kind == filters.kind)
    if filters.state:
        found.on_version.append(Version.state == filters.state)
    if filters.license:
        found.on_version.append(Version.license == filters.license)
    if base is not None:
        model_id, version_id = base
        of_model = select(Version.id).where(Version.model_id == model_id).correlate(None)
        found.on_version.append(Version.base_id.in_(of_model) if version_id is None else Version.base_id == version_id)
    found.on_version.extend(_sizes(filters))
    found.on_version.extend(_floor(each) for each in filters.skills)
    return found


def _of_words(filters: Filters) -> Selection | None:
    found = Selection()
    if filters.search:
        words = terms.wanted(filters.search)
        if words is None:
            return None if filters.search.strip() else found
        found.terms.extend(words.terms)
        found.beginnings.extend(words.beginnings)
    for kind, values in (
        ("department", [filters.department]),
        ("language", [filters.language]),
        ("tag", list(filters.tags)),
    ):
        found.terms.extend(facet(kind, each) for each in values if each)
    return found


def _base(session: Session, actor: Actor, filters: Filters) -> tuple[UUID, UUID | None] | None:
    """(the base's model, the version when one is named), None when the actor knows no such base. Raises NameRefused."""
    if not filters.base:
        return None
    ref = VersionRef.parse(filters.base)
    try:
        model = access.get_model(session, actor, ref.name)
        return model.id, queries.get_ref(session, filters.base).id if "@" in filters.base else None
    except NotFound:
        return None


def _sizes(filters: Filters) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if filters.size_min is not None:
        found.append(Version.parameters >= filters.size_min)
    if filters.size_max is not None:
        found.append(Version.parameters <= filters.size_max)
    return found


def _floor(floor: Floor) -> ColumnElement[bool]:
    sat = select(Skill.suite).where(Skill.version_id == Version.id, Skill.suite == floor.suite)
    return (sat if floor.score is None else sat.where(Skill.score >= floor.score)).correlate(Version).exists()
