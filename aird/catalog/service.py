"""Write the catalog: open a model, file a version, move its state. A version's state changes here and nowhere else."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from aird.audit import service as audit
from aird.auth import queries as auth_queries
from aird.auth import service as auth
from aird.auth.permissions import Actor, Permission
from aird.catalog import commits, lifecycle, queries
from aird.catalog.errors import ModelExists, MoveNotAllowed
from aird.catalog.lifecycle import VersionState
from aird.catalog.models import Clearance, Kind, Model, Parentage, Relation, Skill, Version
from aird.catalog.names import check_name
from aird.core.clock import now
from aird.store.manifest import Manifest


@dataclass(frozen=True)
class Parent:
    """A version that a new one was made from."""

    version: Version
    relation: Relation
    weight: float | None = None


@dataclass(frozen=True)
class NewVersion:
    """All that is known of a version when it is filed."""

    kind: Kind
    manifest: Manifest
    parameters: int
    facts: dict[str, Any]
    base: Version | None = None
    parents: list[Parent] = field(default_factory=list)
    job_id: UUID | None = None
    record: dict[str, Any] = field(default_factory=dict)
    license: str = ""
    notes: str = ""


def add_model(
    session: Session, actor: Actor, name: str, title: str, *, description: str = "", tags: list[str] | None = None
) -> Model:
    """Open a model in the department that its name begins with. Raises ModelExists, DepartmentNotFound."""
    department = auth_queries.get_department(session, check_name(name).partition("/")[0])
    auth.require(actor, Permission.WRITE_MODELS, department.id)
    if queries.find_model(session, name) is not None:
        raise ModelExists(f"There is a model {name!r} already.", name=name)
    model = Model(name=name, department_id=department.id, title=title, description=description, tags=tags or [])
    session.add(model)
    session.flush()
    audit.record(session, actor, "catalog.model.added", model, title=title)
    return model


def model_for_output(session: Session, actor: Actor, name: str, title: str) -> Model:
    """The model a job will file its version in, opened when it is new; the actor must be allowed to write there."""
    model = queries.find_model(session, name)
    if model is None:
        return add_model(session, actor, name, title)
    auth.require(actor, Permission.WRITE_MODELS, model.department_id)
    return model


def file_version(session: Session, actor: Actor, model: Model, new: NewVersion) -> tuple[Version, bool]:
    """File a version; (version, True), or (the one there is, False) when the model has these very bytes already."""
    auth.require(actor, Permission.WRITE_MODELS, model.department_id)
    # The model's row is the lock under which numbers are given.
    model = session.scalars(select(Model).where(Model.id == model.id).with_for_update()).one()
    session.refresh(model)
    digest = new.manifest.digest
    same = session.scalar(select(Version.number).where(Version.model_id == model.id, Version.artifact == digest))
    if same is not None:
        return queries.get_version(session, model.name, same), False
    model.latest_number += 1
    version = Version(
        model=model,
        number=model.latest_number,
        kind=new.kind,
        artifact=digest,
        bytes=new.manifest.size,
        parameters=new.parameters,
        facts=new.facts,
        created_by=actor.id,
        base_id=new.base.id if new.base else None,
        job_id=new.job_id,
        record=new.record,
        license=new.license,
        notes=new.notes,
    )
    session.add(version)
    session.flush()
    edges = [*new.parents, *([Parent(new.base, Relation.BASE)] if new.base else [])]
    for parent in edges:
        session.add(
            Parentage(child_id=version.id, parent_id=parent.version.id, relation=parent.relation, weight=parent.weight)
        )
    session.flush()
    commits.commit(session, actor, model, new.manifest, f"Version {version.number}", version=version)
    audit.record(
        session,
        actor,
        "catalog.version.added",
        version,
        digest=digest,
        kind=new.kind,
        parents=[{"ref": each.version.ref, "relation": each.relation, "weight": each.weight} for each in edges],
        job=new.job_id,
    )
    return version, True


def move(session: Session, actor: Actor, version: Version, new: VersionState, *, reason: str = "") -> Version:
    """Move a version to another state. Raises MoveNotAllowed."""
    session.refresh(version, ["state"], with_for_update=True)  # somebody may have moved it meanwhile
    if not lifecycle.may_move(version.state, new):
        raise MoveNotAllowed(
            f"{version.ref} is {version.state} and cannot become {new}.", state=version.state, wanted=new
        )
    old, version.state = version.state, new
    if new in (VersionState.SUSPENDED, VersionState.RETIRED):
        # Whatever it was cleared for ends here; a version that comes back needs a new approval.
        session.execute(delete(Clearance).where(Clearance.version_id == version.id))
    audit.record(session, actor, f"catalog.version.{_PAST[new]}", version, reason=reason, was=old)
    return version


_PAST = {
    VersionState.DRAFT: "returned",
    VersionState.CANDIDATE: "nominated",
    VersionState.APPROVED: "approved",
    VersionState.SUSPENDED: "suspended",
    VersionState.RETIRED: "retired",
}


def retire(session: Session, actor: Actor, version: Version, *, reason: str) -> Version:
    """Take a version out of service for good; its files and lineage stay."""
    auth.require(actor, Permission.RETIRE_VERSION, version.model.department_id)
    return move(session, actor, version, VersionState.RETIRED, reason=reason)


def suspend(session: Session, actor: Actor, version: Version, *, reason: str) -> Version:
    """Take a version out of every endpoint until somebody has looked."""
    auth.require(actor, Permission.RETIRE_VERSION, version.model.department_id)
    return move(session, actor, version, VersionState.SUSPENDED, reason=reason)


def reinstate(session: Session, actor: Actor, version: Version, *, reason: str) -> Version:
    """End a suspension: a candidate again, or a draft when it was never measured. No approval comes back with it."""
    auth.require(actor, Permission.RETIRE_VERSION, version.model.department_id)
    if version.state is not VersionState.SUSPENDED:
        raise MoveNotAllowed(f"{version.ref} is {version.state}, not suspended.", state=version.state)
    measured = bool(queries.skills_of(session, [version.id]))
    return move(session, actor, version, VersionState.CANDIDATE if measured else VersionState.DRAFT, reason=reason)


def record_skill(
    session: Session,
    actor: Actor,
    version: Version,
    suite: str,
    *,
    metric: str,
    score: float,
    interval: tuple[float, float],
    items: int,
    run_id: UUID,
) -> Skill:
    """Note what a version scored; a draft that was measured becomes a candidate."""
    low, high = interval
    skill = session.merge(
        Skill(
            version_id=version.id,
            suite=suite,
            metric=metric,
            score=score,
            low=low,
            high=high,
            items=items,
            measured_at=now(),
            run_id=run_id,
        )
    )
    if version.state is VersionState.DRAFT:
        move(session, actor, version, VersionState.CANDIDATE, reason=f"measured in {suite}")
    return skill


def clear(session: Session, version: Version, *, endpoint: str, approval_id: UUID) -> Clearance:
    """Note that an approval lets the version, as its bytes are now, answer on the endpoint."""
    clearance = Clearance(version_id=version.id, endpoint=endpoint, digest=version.artifact, approval_id=approval_id)
    session.add(clearance)
    session.flush()
    return clearance
