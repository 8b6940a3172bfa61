"""Take the sample organisation away: its departments, all that is theirs, and its people's accounts.

Only rows that hang on a department founded as a sample go, found by the foreign keys of the tables themselves, so that
a new table needs no line here. What belongs to another department is never touched: when something of theirs was made
from the sample, nothing happens and the reason is given. The audit log stays whole and tells what was taken away.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import Column, ColumnElement, Executable, Select, Table, and_, delete, func, select, text, update
from sqlalchemy.orm import Session

from aird.audit import service as audit
from aird.auth import service as auth
from aird.auth.models import BrowserSession, Department, LoginLink, Membership, Person, Token
from aird.auth.permissions import Actor, Permission
from aird.core.clock import now
from aird.core.errors import Conflict, NotFound
from aird.jobs.lifecycle import FINAL
from aird.tables import metadata

KEPT = frozenset({"people", "audit_entries"})
"""Tables of which no row goes: people are put out, and the log is nobody's to change."""
OTHERS = frozenset({"memberships", "model_grants"})
"""Tables whose department is only a guest of the row: it may go without harm to anybody else."""
CHUNK = 5_000
MOST_NAMED = 10


class NoSample(NotFound):
    """There is no sample organisation here"""


class SampleInUse(Conflict):
    """The sample organisation is still needed"""


@dataclass
class Holding:
    """What hangs on the sample: ids by table, counts by table, and what stands in the way."""

    departments: list[Department]
    ids: dict[str, set[UUID]] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    foreign: list[str] = field(default_factory=list)
    running: int = 0


def holding(session: Session) -> Holding:
    """All that would go. Nothing is changed."""
    found = Holding(list(session.scalars(select(Department).where(Department.sample).order_by(Department.key))))
    if not found.departments:
        return found
    found.ids["departments"] = {each.id for each in found.departments}
    while any(_gather(session, found, table) for table in _referenced()):
        pass
    for table in metadata.sorted_tables:
        number = sum(
            session.scalar(select(func.count()).select_from(table).where(each)) or 0 for each in _theirs(found, table)
        )
        if number:
            found.counts[table.name] = number
    found.foreign = sorted(_foreign(session, found))[:MOST_NAMED]
    found.running = _running(session, found)
    return found


def remove(session: Session, actor: Actor, found: Holding) -> None:
    """Take away what `holding` found, in the same transaction. Raises NoSample, SampleInUse, NotPermitted."""
    auth.require(actor, Permission.MANAGE_PEOPLE, None)
    if not found.departments:
        raise NoSample("No department here was founded as a sample; there is nothing to take away.")
    if found.foreign:
        raise SampleInUse(
            f"Made from the sample, and not its own: {', '.join(found.foreign)}. Delete or move these first.",
            foreign=found.foreign,
        )
    if found.running:
        raise SampleInUse(
            f"{found.running} of its jobs wait or run. Cancel them, or wait until they are done.", running=found.running
        )
    _put_out(session)
    for table in _referenced():
        _forget_kin(session, found, table)
    for table in reversed(metadata.sorted_tables):
        if found.counts.get(table.name):
            _with_guard(session, table.name, [delete(table).where(each) for each in _theirs(found, table)])
    session.expire_all()
    keys = [each for each in found.counts if each != "departments"]
    audit.record(session, actor, "auth.sample.removed", actor, rows={each: found.counts[each] for each in keys})


def _with_guard(session: Session, table: str, acts: Iterable[Executable]) -> None:
    """Run the statements on a table whose rows the database protects, and protect it again in the same transaction."""
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        query = text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :table")
        triggers = [(row.name, row.sql) for row in connection.execute(query, {"table": table})]
        for name, _ in triggers:
            connection.exec_driver_sql(f'DROP TRIGGER "{name}"')
        for act in acts:
            connection.execute(act)
        for _, sql in triggers:
            connection.exec_driver_sql(sql)
        return
    connection.exec_driver_sql(f'ALTER TABLE "{table}" DISABLE TRIGGER USER')
    for act in acts:
        connection.execute(act)
    connection.exec_driver_sql(f'ALTER TABLE "{table}" ENABLE TRIGGER USER')


def _referenced() -> list[Table]:
    """Tables with an id that other tables point at, those that are pointed at first."""
    named = {key.column.table.name for table in metadata.sorted_tables for key in table.foreign_keys}
    return [each for each in metadata.sorted_tables if each.name in named - KEPT and "id" in each.c]


def _chunks(ids: set[UUID]) -> Iterator[list[UUID]]:
    ordered = sorted(ids)
    for start in range(0, len(ordered), CHUNK):
        yield ordered[start : start + CHUNK]


def _hangs_on(found: Holding, table: Table) -> list[tuple[Column[UUID], set[UUID]]]:
    """The foreign keys of the table that lead to what goes, with the ids they lead to."""
    keys = []
    for key in table.foreign_keys:
        target = key.column.table.name
        if target not in KEPT and found.ids.get(target):
            keys.append((key.parent, found.ids[target]))
    return keys


def _theirs(found: Holding, table: Table) -> list[ColumnElement[bool]]:
    """Conditions that find, one after the other, the rows of the table that go."""
    if table.name in KEPT:
        return []
    if table.name in found.ids:
        return [table.c.id.in_(chunk) for chunk in _chunks(found.ids[table.name])]
    return [column.in_(chunk) for column, ids in _hangs_on(found, table) for chunk in _chunks(ids)]


def _gather(session: Session, found: Holding, table: Table) -> bool:
    """Note the rows of this table that hang on what was noted before; whether there were new ones."""
    known = found.ids.setdefault(table.name, set())
    before = len(known)
    for column, ids in _hangs_on(found, table):
        for chunk in _chunks(ids):
            query: Select[tuple[UUID]] = select(table.c.id).where(column.in_(chunk))
            known |= set(session.scalars(query))
    return len(known) > before


def _foreign(session: Session, found: Holding) -> Iterator[str]:
    """What belongs to another department and hangs on the sample all the same."""
    own = found.ids["departments"]
    for table in _referenced():
        ids = found.ids[table.name]
        if not ids or table.name in OTHERS or "department_id" not in table.c:
            continue
        label = table.c.name if "name" in table.c else table.c.id
        other = and_(table.c.department_id.is_not(None), table.c.department_id.not_in(own))
        for chunk in _chunks(ids):
            query = select(label).where(table.c.id.in_(chunk), other).limit(MOST_NAMED)
            yield from (f"{table.name} {each}" for each in session.scalars(query))
    models, versions = metadata.tables["models"], metadata.tables["versions"]
    for chunk in _chunks(found.ids["versions"]):
        query = (
            select(models.c.name, versions.c.number)
            .join(models, models.c.id == versions.c.model_id)
            .where(versions.c.id.in_(chunk), models.c.department_id.not_in(own))
            .limit(MOST_NAMED)
        )
        yield from (f"{row.name}@{row.number}" for row in session.execute(query))


def _running(session: Session, found: Holding) -> int:
    jobs = metadata.tables["jobs"]
    alive = jobs.c.state.not_in(FINAL)
    return sum(
        session.scalar(select(func.count()).select_from(jobs).where(jobs.c.id.in_(chunk), alive)) or 0
        for chunk in _chunks(found.ids["jobs"])
    )


def _forget_kin(session: Session, found: Holding, table: Table) -> None:
    """Cut what ties rows of one table to each other, so that they can go in any order."""
    for key in table.foreign_keys:
        if key.column.table is table and key.parent.nullable and table.name in found.counts:
            _with_guard(
                session, table.name,
                [update(table).where(table.c.id.in_(each)).values({key.parent.name: None})
                 for each in _chunks(found.ids[table.name])],
            )  # fmt: skip


def _put_out(session: Session) -> None:
    """Close the accounts of the sample's people, with everything that lets them in."""
    people = list(session.scalars(select(Person.id).where(Person.sample)))
    session.execute(update(Person).where(Person.id.in_(people)).values(active=False, password_hash=None))
    session.execute(delete(Membership).where(Membership.person_id.in_(people)))
    session.execute(delete(BrowserSession).where(BrowserSession.person_id.in_(people)))
    session.execute(delete(LoginLink).where(LoginLink.person_id.in_(people)))
    open_tokens = and_(Token.person_id.in_(people), Token.revoked_at.is_(None))
    session.execute(update(Token).where(open_tokens).values(revoked_at=now()))
