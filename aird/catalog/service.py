"""Write the catalog: open a model, file a version, move its state. A version's state changes here and nowhere else."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from aird.audit import service as audit
from aird.auth import queries as auth_queries
from aird.auth import service as auth
from aird.auth.permissions import Actor, Permission
from aird.catalog import cards, commits, compute, licences, lifecycle, queries, retirement, search
from aird.catalog.errors import ModelExists, MoveNotAllowed
from aird.catalog.lifecycle import VersionState
from aird.catalog.models import Clearance, DatasetUse, Kind, Model, Parentage, Relation, Skill, Version, Visibility
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
    """All that is known of a version when it is filed; `title`, `message` and `branch` are its commit's."""

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
    card: dict[str, Any] = field(default_factory=dict)
    watts: dict[str, float] = field(default_factory=dict)
    title: str = ""
    message: str = ""
    branch: str = commits.MAIN


def add_model(
    session: Session,
    actor: Actor,
    name: str,
    title: str,
    *,
    description: str = "",
    tags: list[str] | None = None,
    visibility: Visibility = Visibility.INTERNAL,
) -> Model:
    """Open a model in the department that its name begins with. Raises ModelExists, DepartmentNotFound."""
    department = auth_queries.get_department(session, check_name(name).partition("/")[0])
    auth.require(actor, Permission.WRITE_MODELS, department.id)
    if queries.find_model(session, name) is not None:
        raise ModelExists(f"There is a model {name!r} already.", name=name)
    model = Model(
        name=name,
        department_id=department.id,
        title=title,
        description=description,
        tags=tags or [],
        visibility=visibility,
    )
    session.add(model)
    try:
        session.flush()
    except IntegrityError as error:  # somebody else has just opened it
        raise ModelExists(f"There is a model {name!r} already.", name=name) from error
    search.reindex(session, model)
    audit.record(session, actor, "catalog.model.added", model, title=title)
    return model


def model_for_output(
    session: Session, actor: Actor, name: str, title: str, *, visibility: Visibility = Visibility.INTERNAL
) -> Model:
    """The model a job will file its version in, opened when it is new, and then for those that `visibility` says.

    The actor must be allowed to write there.
    """
    model = queries.find_model(session, name)
    if model is None:
        return add_model(session, actor, name, title, visibility=visibility)
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
    cost = compute.of_job(session, new.job_id, new.record, parameters=new.parameters, base=new.base, watts=new.watts)
    edges = [*new.parents, *([Parent(new.base, Relation.BASE)] if new.base else [])]
    licence = new.license or cards.licence(new.card)
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
        license=licence[:64],
        notes=new.notes,
        card=new.card,
        restrictions=licences.inherited(licence, ((each.version.license, each.version.restrictions) for each in edges)),
        chip_milliseconds=cost.chip_milliseconds,
        flop=cost.flop,
        watt_hours=cost.watt_hours,
    )
    session.add(version)
    session.flush()
    for parent in edges:
        session.add(
            Parentage(child_id=version.id, parent_id=parent.version.id, relation=parent.relation, weight=parent.weight)
        )
    for use in _uses(new.record):
        session.add(DatasetUse(version_id=version.id, digest=use["artifact"], ref=use["ref"]))
    session.flush()
    title = new.title or f"Version {version.number}"
    commits.commit(session, actor, model, new.manifest, title, message=new.message, branch=new.branch, version=version)
    search.reindex(session, model)
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


def _uses(record: dict[str, Any]) -> list[dict[str, str]]:
    """The data sets that a job read to make the version, each once.

    A merge only looks at its suites, the `datasets` of its record; its weights come from its `prompts`.
    """
    trained = str(record.get("kind", "")).startswith("training.")
    read = record.get("datasets", []) if trained else record.get("prompts", [])
    uses = [each for each in read if each.get("artifact") and each.get("ref")]
    return list({each["artifact"]: each for each in uses}.values())


def move(session: Session, actor: Actor, version: Version, new: VersionState, *, reason: str = "") -> Version:
    """Move a version to another state. Raises MoveNotAllowed."""
    session.refresh(version, ["state"], with_for_update={"key_share": True})  # somebody may have moved it
    if not lifecycle.may_move(version.state, new):
        raise MoveNotAllowed(
            f"{version.ref} is {version.state} and cannot become {new}.", state=version.state, wanted=new
        )
    old, version.state = version.state, new
    search.reindex_version(session, version)
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


def retire(
    session: Session, actor: Actor, version: Version, *, reason: str, successor: Version | None = None
) -> Version:
    """Take a version out of service for good; its files and lineage stay. Who uses it is sent to the successor.

    Raises MoveNotAllowed, SuccessorRefused.
    """
    auth.require(actor, Permission.RETIRE_VERSION, version.model.department_id)
    if successor is not None:
        retirement.check_successor(session, version, successor)
        version.successor_id = successor.id
    move(session, actor, version, VersionState.RETIRED, reason=reason)  # locks rows: before anything is audited
    if successor is not None:
        audit.record(session, actor, "catalog.version.succeeded", version, reason=reason, successor=successor.ref)
    return version


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
    session.refresh(version, ["state"], with_for_update={"key_share": True})  # before its model, as `move` does
    low, high = interval
    _end_clearances(session, actor, version, suite, (score, low, high, items))
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
    search.reindex_version(session, version)
    if version.state is VersionState.DRAFT:
        move(session, actor, version, VersionState.CANDIDATE, reason=f"measured in {suite}")
    return skill


def _end_clearances(
    session: Session, actor: Actor, version: Version, suite: str, result: tuple[float, float, float, int]
) -> None:
    """A signature stood on what the exam said; when it says something else now, nothing new is put to work on it."""
    before = session.get(Skill, (version.id, suite))
    if before is None or (before.score, before.low, before.high, before.items) == result:
        return
    query = select(Clearance).where(Clearance.version_id == version.id, Clearance.ended_at.is_(None))
    for each in session.scalars(query).all():
        if suite in each.suites:
            each.ended_at = now()
            audit.record(
                session, actor, "catalog.clearance.ended", version, reason=f"examined again in {suite}",
                endpoint=each.endpoint, approval=each.approval_id, was=before.score, score=result[0],
            )  # fmt: skip


def clear(
    session: Session, version: Version, *, endpoint: str, approval_id: UUID, suites: Sequence[str] = ()
) -> Clearance:
    """Note that an approval lets the version, as its bytes are now, answer on the endpoint; `suites` bear it out."""
    clearance = Clearance(
        version_id=version.id,
        endpoint=endpoint,
        digest=version.artifact,
        approval_id=approval_id,
        suites=list(suites),
    )
    session.add(clearance)
    session.flush()
    return clearance
