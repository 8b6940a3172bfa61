"""Plain rows for lists. The statements are made once, and read tables instead of entities: a page costs its own rows.

What a transaction has changed is written before it is read, as the session does for entities.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import BindParameter, Executable, Row, bindparam, select
from sqlalchemy.orm import Session

from aird.auth.models import Department, Person
from aird.catalog.models import Alias, Model, Skill, Version

_alias, _model, _skill, _version = (each.__table__ for each in (Alias, Model, Skill, Version))
_department, _person = Department.__table__, Person.__table__
_base, _model_of_base = _version.alias(), _model.alias()
_latest, _aliased = _version.alias(), _version.alias()
_ids: BindParameter[Any] = bindparam("ids", expanding=True)

_VERSIONS = (
    select(
        _version.c.id,
        _model.c.name,
        _model.c.title,
        _version.c.number,
        _version.c.kind,
        _version.c.state,
        _version.c.artifact,
        _version.c.bytes,
        _version.c.parameters,
        _version.c.license,
        _version.c.created_at,
        _model_of_base.c.name.label("base_name"),
        _base.c.number.label("base_number"),
        _model_of_base.c.visibility.label("base_visibility"),
        _model_of_base.c.department_id.label("base_department"),
        _person.c.username,
    )
    .join_from(_version, _model, _model.c.id == _version.c.model_id)
    .outerjoin(_base, _base.c.id == _version.c.base_id)
    .outerjoin(_model_of_base, _model_of_base.c.id == _base.c.model_id)
    .outerjoin(_person, _person.c.id == _version.c.created_by)
    .where(_version.c.id.in_(_ids))
)
_MODELS = (
    select(
        _model.c.id,
        _model.c.name,
        _department.c.key,
        _model.c.title,
        _model.c.description,
        _model.c.tags,
        _model.c.visibility,
        _model.c.gating,
        _model.c.latest_number,
        _model.c.created_at,
        _model.c.updated_at,
        _latest.c.id.label("latest_id"),
    )
    .join_from(_model, _department, _department.c.id == _model.c.department_id)
    .outerjoin(_latest, (_latest.c.model_id == _model.c.id) & (_latest.c.number == _model.c.latest_number))
    .where(_model.c.id.in_(_ids))
)
_SKILLS = (
    select(
        _skill.c.version_id,
        _skill.c.suite,
        _skill.c.metric,
        _skill.c.score,
        _skill.c.low,
        _skill.c.high,
        _skill.c["items"],
        _skill.c.measured_at,
    )
    .where(_skill.c.version_id.in_(_ids))
    .order_by(_skill.c.suite)
)
_ALIASES = select(_alias.c.version_id, _alias.c.name).order_by(_alias.c.name)
_ALIASES_OF_VERSIONS = _ALIASES.where(_alias.c.version_id.in_(_ids))
_ALIASES_OF_MODELS = (
    _ALIASES.add_columns(_alias.c.model_id, _aliased.c.number)
    .join_from(_alias, _aliased, _aliased.c.id == _alias.c.version_id)
    .where(_alias.c.model_id.in_(_ids))
)


def versions(session: Session, ids: Sequence[UUID]) -> list[Row[Any]]:
    """What lists show of these versions, in their order: with the base's name and number, and who filed it."""
    found = {row.id: row for row in _read(session, _VERSIONS, ids)}
    return [found[each] for each in ids]


def models(session: Session, ids: Sequence[UUID]) -> list[Row[Any]]:
    """What lists show of these models, in their order: with the key of the department, and the latest version's id."""
    found = {row.id: row for row in _read(session, _MODELS, ids)}
    return [found[each] for each in ids]


def skills(session: Session, versions: Iterable[UUID]) -> dict[UUID, list[Row[Any]]]:
    """The scores of several versions, by suite."""
    found: dict[UUID, list[Row[Any]]] = defaultdict(list)
    for row in _read(session, _SKILLS, versions):
        found[row.version_id].append(row)
    return found


def aliases_of_models(session: Session, models: Iterable[UUID]) -> Sequence[Row[Any]]:
    """(model_id, version_id, name, number) of every alias of several models, by name."""
    return _read(session, _ALIASES_OF_MODELS, models)


def aliases_of_versions(session: Session, versions: Iterable[UUID]) -> dict[UUID, list[str]]:
    """The aliases that point at these versions now."""
    found: dict[UUID, list[str]] = defaultdict(list)
    for row in _read(session, _ALIASES_OF_VERSIONS, versions):
        found[row.version_id].append(row.name)
    return found


def _read(session: Session, statement: Executable, ids: Iterable[UUID]) -> Sequence[Row[Any]]:
    session.flush()
    wanted = list(ids)
    return session.execute(statement, {"ids": wanted}).all() if wanted else []
