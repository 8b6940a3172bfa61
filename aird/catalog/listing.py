"""Lists of models and of versions, a page at a time.

A page is read along an index, of terms in the order of names or of times: the rows before and behind it are not
touched, so that a page costs the same however large the catalog is.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, literal, or_, select
from sqlalchemy.orm import Session

from aird.auth.permissions import Actor
from aird.catalog import access, cursors, selection, term_index
from aird.catalog.models import Model, Version
from aird.catalog.selection import Filters, Selection
from aird.catalog.term_index import ENOUGH, Lead
from aird.catalog.terms import EVERY

Row = TypeVar("Row")
ModelQuery = Select[UUID, str, datetime]


class ModelHit(NamedTuple):
    """A model of a page."""

    id: UUID
    name: str
    updated_at: datetime


class VersionHit(NamedTuple):
    """A version of a page."""

    id: UUID
    name: str
    number: int

    @property
    def ref(self) -> str:
        """department/model@number."""
        return f"{self.name}@{self.number}"


class Sort(StrEnum):
    """The order of a list of models."""

    NAME = "name"
    OLDEST = "updated"
    NEWEST = "-updated"


def models(
    session: Session,
    actor: Actor,
    filters: Filters | None = None,
    *,
    sort: Sort = Sort.NAME,
    cursor: str | None = None,
    limit: int = 50,
) -> tuple[list[ModelHit], str | None]:
    """(a page of the models that the actor may see, the cursor of the next one or None). Raises CursorUnknown."""
    by_name, order = sort is Sort.NAME, f"models {sort}"
    after = cursors.read(cursor, order, [str] if by_name else [datetime, str]) if cursor is not None else None
    wanted = selection.of_models(session, actor, filters or Filters())
    lead = term_index.lead(session, wanted, by_name=by_name) if wanted else None
    if wanted is None or lead is None:
        return [], None
    query = access.visible(select(Model.id, Model.name, Model.updated_at).limit(limit + 1), actor)
    if wanted.on_version:
        query = query.where(of_latest(wanted))
    if by_name:
        rows = lead.by_name()
        query = query.where(*term_index.among(rows, lead, wanted)).order_by(rows.c.name)
        if after:
            query = query.where(rows.c.name > after[0])
    else:
        if lead.common:
            query = query.where(*term_index.all_of(wanted, Model.id))
        else:
            query = query.where(*term_index.among(lead.gathered(), lead, wanted))
        query = _by_time(query, newest=sort is Sort.NEWEST, after=after)
    found, last = _cut([ModelHit(*row) for row in session.execute(query)], limit)
    if last is None:
        return found, None
    return found, cursors.write(order, [last.name] if by_name else [last.updated_at, last.name])


def _by_time(query: ModelQuery, *, newest: bool, after: Sequence[Any] | None) -> ModelQuery:
    time, name = Model.updated_at, Model.name
    if after:
        moment, last = after
        if newest:
            query = query.where(time <= moment, or_(time < moment, name < last))
        else:
            query = query.where(time >= moment, or_(time > moment, name > last))
    return query.order_by(time.desc(), name.desc()) if newest else query.order_by(time, name)


def of_latest(wanted: Selection) -> ColumnElement[bool]:
    """That the latest version of a model has the wanted facts."""
    latest = select(Version.id).where(Version.model_id == Model.id, Version.number == Model.latest_number)
    return latest.where(*wanted.on_version).correlate(Model).exists()


def versions(
    session: Session,
    actor: Actor,
    filters: Filters | None = None,
    *,
    every: bool = False,
    cursor: str | None = None,
    limit: int = 50,
) -> tuple[list[VersionHit], str | None]:
    """(a page of versions by model name, newest first within a model, the next cursor or None).

    Only the latest of each model unless `every`. Raises CursorUnknown.
    """
    after = cursors.read(cursor, "versions", [str, int]) if cursor is not None else None
    chosen = selection.of_versions if every else selection.of_models
    wanted = chosen(session, actor, filters or Filters())
    lead = term_index.lead(session, wanted, by_name=True) if wanted else None
    if wanted is None or lead is None:
        return [], None
    query = access.visible(select(Version.id, Model.name, Version.number).join(Version.model).limit(limit + 1), actor)
    rows = lead.by_name()
    if every and wanted.on_version and _few(session, wanted):
        ids = select(Version.id).where(*wanted.on_version).cte("few").prefix_with("MATERIALIZED")
        rows = Lead(EVERY, common=True).walked()
        query = query.where(Version.id.in_(select(ids.c.id)), Model.id == rows.c.model_id)
        query = query.where(*term_index.all_of(wanted, Model.id))
    else:
        query = query.where(*term_index.among(rows, lead, wanted), *wanted.on_version)
    if not every:
        query = query.where(Version.number == Model.latest_number)
    if after:
        name, number = after
        query = query.where(rows.c.name >= name, or_(rows.c.name > name, Version.number < number))
    query = query.order_by(rows.c.name, Version.number.desc())
    found, last = _cut([VersionHit(*row) for row in session.execute(query)], limit)
    return found, cursors.write("versions", [last.name, last.number]) if last else None


def _few(session: Session, wanted: Selection) -> bool:
    """Whether so few versions have these facts that all of them may be looked at."""
    found = select(literal(1)).select_from(Version).where(*wanted.on_version).limit(ENOUGH).subquery()
    return (session.scalar(select(func.count()).select_from(found)) or 0) < ENOUGH


def _cut(found: Sequence[Row], limit: int) -> tuple[list[Row], Row | None]:
    """The page, and its last row when there is another page."""
    return list(found[:limit]), found[limit - 1] if len(found) > limit else None
