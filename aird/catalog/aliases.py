"""Names such as `production` for one version of a model, and all that they ever pointed at.

An alias is one row that is swapped under the lock of its model, so that whoever reads sees the version before or the
one after and two movers come one after the other. Each move adds a line to a history that the database itself refuses
to change, so that "what was production on that day" is one query. A protected alias, and `production` is one from the
start, moves through an approval only; protection is never taken off, or whoever may move an alias could first
unprotect it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from aird.audit import service as audit
from aird.auth import service as auth
from aird.auth.permissions import Actor, Permission
from aird.catalog.errors import AliasNotFound, AliasProtected, AliasRefused
from aird.catalog.lifecycle import VersionState
from aird.catalog.models import Alias, AliasMove, Model, Ref, Version
from aird.catalog.names import check_alias
from aird.core.db import database_now

PRODUCTION = "production"
STAGING = "staging"
PROTECTED = frozenset({PRODUCTION})
"""Aliases that are protected before anybody says so."""


@dataclass(frozen=True)
class Subject:
    """An alias as the audit log names it; `id` is the model's."""

    id: UUID
    label: str


@dataclass(frozen=True)
class Standing:
    """An alias with the version it points at and the line of history that says since when and why."""

    alias: Alias
    version: Version
    last: AliasMove


@dataclass(frozen=True)
class Move:
    """A line of history with the versions it speaks of; `version` is None where the alias was taken away."""

    line: AliasMove
    version: Version | None
    previous: Version | None


def is_protected(session: Session, model: Model, name: str) -> bool:
    """Whether the alias, set or not, moves through an approval only."""
    found = session.get(Alias, (model.id, name))
    return name in PROTECTED or (found is not None and found.protected)


def move(
    session: Session,
    actor: Actor,
    model: Model,
    name: str,
    version: Version,
    *,
    reason: str,
    protect: bool = False,
    approval_id: UUID | None = None,
) -> Alias:
    """Let the alias point at the version, from this transaction's commit on; made when it is new.

    `approval_id` is given by the approval that was signed for this alias, and by nobody else. `protect` protects it
    from now on. Raises NotPermitted, NameRefused, AliasProtected, AliasRefused.
    """
    check_alias(name)
    if approval_id is None:
        auth.require(actor, Permission.WRITE_MODELS, model.department_id)
    # Before the model, as an approval does; a lock that lets others refer to the version meanwhile.
    session.refresh(version, ["state"], with_for_update={"key_share": True})
    _lock(session, model)
    found = session.get(Alias, (model.id, name), populate_existing=True)
    protected = name in PROTECTED or (found is not None and found.protected)
    if protected and approval_id is None:
        raise _protected(model, name)
    _require_usable(session, model, name, version)
    previous = found.version_id if found else None
    at = _moment(session, model, name)
    if found is None:
        found = Alias(model_id=model.id, name=name, version_id=version.id, moved_at=at, protected=protected or protect)
        session.add(found)
    else:
        found.version_id, found.moved_at, found.protected = version.id, at, protected or protect
    _note(session, actor, model, name, at, version.id, previous, reason, approval_id)
    audit.record(
        session,
        actor,
        "catalog.alias.moved",
        Subject(model.id, f"{model.name}@{name}"),
        reason=reason,
        version=version.ref,
        digest=version.artifact,
        previous=_ref(session, previous),
        protected=found.protected,
        approval=approval_id,
    )
    return found


def remove(session: Session, actor: Actor, model: Model, name: str, *, reason: str) -> None:
    """Take the alias away; its history stays. Raises NotPermitted, AliasNotFound, AliasProtected."""
    auth.require(actor, Permission.WRITE_MODELS, model.department_id)
    _lock(session, model)
    found = session.get(Alias, (model.id, name), populate_existing=True)
    if found is None:
        raise _missing(model, name)
    if found.protected or name in PROTECTED:
        raise _protected(model, name)
    previous, at = found.version_id, _moment(session, model, name)
    session.delete(found)
    _note(session, actor, model, name, at, None, previous, reason, None)
    audit.record(
        session,
        actor,
        "catalog.alias.removed",
        Subject(model.id, f"{model.name}@{name}"),
        reason=reason,
        previous=_ref(session, previous),
    )


def at(session: Session, model: Model, alias: str, moment: datetime) -> Move | None:
    """What the alias pointed at then, in one query; None when it had not been set yet."""
    query = (
        select(AliasMove, Version)
        .outerjoin(Version, Version.id == AliasMove.version_id)
        .options(joinedload(Version.model))
        .where(AliasMove.model_id == model.id, AliasMove.alias == alias, AliasMove.at <= moment)
        .order_by(AliasMove.at.desc())
        .limit(1)
    )
    row = session.execute(query).one_or_none()
    return None if row is None else Move(row[0], row[1], None)


def of_model(session: Session, model: Model) -> list[Standing]:
    """The aliases of a model by name."""
    query = (
        select(Alias, Version, AliasMove)
        .join(Version, Version.id == Alias.version_id)
        .join(
            AliasMove,
            (AliasMove.model_id == Alias.model_id) & (AliasMove.alias == Alias.name) & (AliasMove.at == Alias.moved_at),
        )
        .options(joinedload(Version.model))
        .where(Alias.model_id == model.id)
        .order_by(Alias.name)
    )
    return [Standing(*row) for row in session.execute(query)]


def standing(session: Session, model: Model, name: str) -> Standing:
    """One alias of a model. Raises AliasNotFound."""
    for each in of_model(session, model):
        if each.alias.name == name:
            return each
    raise _missing(model, name)


def history(
    session: Session, model: Model, name: str, *, before: datetime | None = None, limit: int = 50
) -> list[Move]:
    """The moves of an alias, newest first."""
    query = select(AliasMove).where(AliasMove.model_id == model.id, AliasMove.alias == name)
    if before is not None:
        query = query.where(AliasMove.at < before)
    lines = list(session.scalars(query.order_by(AliasMove.at.desc()).limit(limit)))
    ids = {each for line in lines for each in (line.version_id, line.previous_id) if each}
    found = select(Version).options(joinedload(Version.model)).where(Version.id.in_(ids))
    versions: dict[UUID | None, Version] = {each.id: each for each in session.scalars(found)}
    return [Move(line, versions.get(line.version_id), versions.get(line.previous_id)) for line in lines]


def _lock(session: Session, model: Model) -> None:
    session.execute(select(Model.id).where(Model.id == model.id).with_for_update(key_share=True))


def _require_usable(session: Session, model: Model, name: str, version: Version) -> None:
    if version.model_id != model.id:
        raise AliasRefused(f"{version.ref} is not a version of {model.name}; its aliases point at its own versions.")
    if version.state in (VersionState.SUSPENDED, VersionState.RETIRED):
        raise AliasRefused(
            f"{version.ref} is {version.state}; {name!r} points at versions in service. Choose another version.",
            ref=version.ref,
            state=version.state,
        )
    taken = session.scalar(select(Ref.kind).where(Ref.model_id == model.id, Ref.name == name).limit(1))
    if taken is not None:
        raise AliasRefused(
            f"{model.name} has a {taken} {name!r}; model clients could not tell the two apart. Delete the {taken} or "
            "choose another word.",
            name=name,
        )


def _moment(session: Session, model: Model, name: str) -> datetime:
    """Now, and later than the last move: two moves at the same moment would have no order."""
    last = select(func.max(AliasMove.at)).where(AliasMove.model_id == model.id, AliasMove.alias == name)
    moment, before = database_now(session), session.scalar(last)
    return moment if before is None else max(moment, before + timedelta(microseconds=1))


def _note(
    session: Session,
    actor: Actor,
    model: Model,
    name: str,
    at: datetime,
    version_id: UUID | None,
    previous_id: UUID | None,
    reason: str,
    approval_id: UUID | None,
) -> None:
    session.add(
        AliasMove(
            model_id=model.id,
            alias=name,
            at=at,
            version_id=version_id,
            previous_id=previous_id,
            actor_id=actor.id,
            reason=reason,
            approval_id=approval_id,
        )
    )
    session.flush()


def _ref(session: Session, version_id: UUID | None) -> str | None:
    if version_id is None:
        return None
    found = session.scalar(select(Version).options(joinedload(Version.model)).where(Version.id == version_id))
    return found.ref if found else None


def _missing(model: Model, name: str) -> AliasNotFound:
    return AliasNotFound(f"{model.name} has no alias {name!r}.", name=model.name, alias=name)


def _protected(model: Model, name: str) -> AliasProtected:
    return AliasProtected(
        f"{name!r} of {model.name} is protected: it moves when an approval for it is signed. Ask for one on "
        f"the version's page, or with POST /api/v1/approvals, its `alias` being {name!r}.",
        name=model.name,
        alias=name,
    )
