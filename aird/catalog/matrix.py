"""Which versions a page of the skills matrix holds: those that were measured, by model name, newest first."""

from sqlalchemy import ColumnElement, exists, func, literal, or_, select
from sqlalchemy.orm import Session

from aird.auth.models import Department
from aird.auth.permissions import Actor
from aird.catalog import access, cursors
from aird.catalog.listing import VersionHit
from aird.catalog.models import Model, Skill, Version
from aird.catalog.term_index import ENOUGH

ORDER = "skills"


def measured(
    session: Session,
    actor: Actor,
    *,
    department: str | None = None,
    suites: tuple[str, ...] = (),
    every: bool = True,
    cursor: str | None = None,
    limit: int = 200,
) -> tuple[list[VersionHit], str | None]:
    """(a page of versions that sat a suite, or one of these, and that the actor may see; the next cursor or None).

    Unless `every`, the newest measured version of each model. Raises CursorUnknown.
    """
    query = access.visible(select(Version.id, Model.name, Version.number).join(Version.model), actor)
    query = query.where(_sat(session, suites))
    if department is not None:
        # Asked of each model in the order of names: sorting all versions of a large department would take longer.
        query = query.where(exists().where(Department.id == Model.department_id, Department.key == department))
    if not every:
        newer = Version.__table__.alias("newer")
        scored = select(Skill.suite).where(Skill.version_id == newer.c.id)
        scored = scored.where(Skill.suite.in_(suites)) if suites else scored
        query = query.where(
            ~exists().where(newer.c.model_id == Version.model_id, newer.c.number > Version.number, scored.exists())
        )
    if cursor is not None:
        name, number = cursors.read(cursor, ORDER, [str, int])
        query = query.where(or_(Model.name > name, (Model.name == name) & (Version.number < number)))
    rows = session.execute(query.order_by(Model.name, Version.number.desc()).limit(limit + 1))
    found = [VersionHit(*row) for row in rows]
    last = found[limit - 1] if len(found) > limit else None
    return found[:limit], cursors.write(ORDER, [last.name, last.number]) if last else None


def _sat(session: Session, suites: tuple[str, ...]) -> ColumnElement[bool]:
    """That a version sat one of the suites: those that did when they are few, else asked of one after the other."""
    chosen = (Skill.suite.in_(suites),) if suites else ()
    some = select(literal(1)).select_from(Skill).where(*chosen).limit(ENOUGH).subquery()
    if (session.scalar(select(func.count()).select_from(some)) or 0) < ENOUGH:
        return Version.id.in_(select(Skill.version_id).where(*chosen))
    return exists().where(Skill.version_id == Version.id, *chosen)
