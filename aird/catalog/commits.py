"""The history of a model's files: commits, and the branches and tags that point at them.

A version filed by a job or an upload is a commit on `main`; so is every push of a Hub client. A push whose files are
a whole model becomes a draft version, others wait on their branch until they are whole.
"""

import hashlib
import json
from uuid import UUID

from sqlalchemy import Select, literal, or_, select
from sqlalchemy.orm import Session

from aird.auth.models import Department
from aird.auth.permissions import Actor
from aird.catalog.models import Commit, Model, Ref, RefKind, Version
from aird.core.clock import now
from aird.store import quota
from aird.store import service as ledger
from aird.store.manifest import Manifest

MAIN = "main"


def head(session: Session, model: Model, branch: str = MAIN) -> Commit | None:
    """The newest commit of a branch, None while nothing was committed."""
    query = select(Commit).join(Ref, Ref.commit_id == Commit.id)
    return session.scalar(query.where(Ref.model_id == model.id, Ref.kind == RefKind.BRANCH, Ref.name == branch))


def commit(
    session: Session,
    actor: Actor,
    model: Model,
    manifest: Manifest,
    title: str,
    *,
    message: str = "",
    branch: str = MAIN,
    version: Version | None = None,
) -> Commit:
    """Add a commit to a branch, which is opened when it is new. The caller holds the model's row."""
    ledger.record_artifact(session, manifest)
    _require_room(session, model, manifest)
    parent = head(session, model, branch)
    made = Commit(
        model_id=model.id,
        sha=_sha(manifest.digest, model.id, parent.sha if parent else "", title, message, str(now())),
        artifact=manifest.digest,
        title=title[:256],
        message=message,
        parent_id=parent.id if parent else None,
        author_id=actor.id,
        version_id=version.id if version else None,
    )
    session.add(made)
    session.flush()
    point(session, model, RefKind.BRANCH, branch, made)
    return made


def hold_branches(session: Session, model: Model) -> None:
    """Hold the model's row, under which branches, tags and aliases are made and moved, until the transaction ends."""
    session.execute(select(Model.id).where(Model.id == model.id).with_for_update(key_share=True))


def squashed(session: Session, actor: Actor, model: Model, old: Commit, message: str) -> Commit:
    """A commit without a parent that has the files of `old`; no branch points at it yet."""
    made = Commit(
        model_id=model.id,
        sha=_sha(old.artifact, model.id, "", message, str(now())),
        artifact=old.artifact,
        title=message[:256],
        author_id=actor.id,
        version_id=old.version_id,
    )
    session.add(made)
    session.flush()
    return made


def _require_room(session: Session, model: Model, manifest: Manifest) -> None:
    """Raise QuotaExceeded when the department's models would take more bytes than they may."""
    limit = quota.limit_of(session, session.get_one(Department, model.department_id).quota_bytes)
    if limit is None or not manifest.entries:
        return
    lock = select(Department.id).where(Department.id == model.department_id)
    session.execute(lock.with_for_update(key_share=True))
    quota.require(session, manifest, artifacts_of_department(model.department_id), limit)


def require_room_in(session: Session, department: Department, model: Model) -> None:
    """Raise QuotaExceeded when the model does not fit into the department. The caller holds the model's row."""
    limit = quota.limit_of(session, department.quota_bytes)
    if limit is None:
        return
    session.execute(select(Department.id).where(Department.id == department.id).with_for_update(key_share=True))
    query = select(Commit.artifact).join(Model, Model.id == Commit.model_id)
    with_model = query.where(or_(Model.department_id == department.id, Model.id == model.id))
    quota.require_within(session, with_model, limit)


def artifacts_of_department(department_id: UUID) -> Select[str]:
    """What a department's quota is about: the files of every commit of its models."""
    query = select(Commit.artifact).join(Model, Model.id == Commit.model_id)
    return query.where(Model.department_id == department_id)


def point(session: Session, model: Model, kind: RefKind, name: str, target: Commit, *, message: str = "") -> Ref:
    """Let a branch or tag point at a commit."""
    ref = session.get(Ref, (model.id, kind, name))
    if ref is None:
        ref = Ref(model_id=model.id, kind=kind, name=name, commit_id=target.id, message=message)
        session.add(ref)
    else:
        ref.commit_id = target.id
    session.flush()
    return ref


def of_version(session: Session, version: Version) -> Commit | None:
    """The first commit whose files are the version's."""
    return session.scalar(select(Commit).where(Commit.version_id == version.id).order_by(Commit.created_at).limit(1))


def history(
    session: Session, model: Model, branch: str = MAIN, *, start: UUID | None = None, limit: int = 50
) -> list[tuple[Commit, int | None]]:
    """The commits of a branch, newest first, from `start` on, each with the number of the version it is."""
    newest = head(session, model, branch)
    first = start or (newest.id if newest else None)
    if first is None:
        return []
    line = (
        select(Commit.id, Commit.parent_id, literal(0).label("age"))
        .where(Commit.id == first, Commit.model_id == model.id)
        .cte("line", recursive=True)
    )
    line = line.union_all(
        select(Commit.id, Commit.parent_id, line.c.age + 1)
        .join(line, Commit.id == line.c.parent_id)
        .where(line.c.age + 1 < limit)
    )
    query = select(Commit, Version.number).join(line, line.c.id == Commit.id)
    query = query.outerjoin(Version, Version.id == Commit.version_id).order_by(line.c.age)
    return [(row[0], row[1]) for row in session.execute(query)]


def _sha(artifact: str, model_id: UUID, *parts: str) -> str:
    """40 hex digits that name this commit alone."""
    content = json.dumps([artifact, str(model_id), *parts], separators=(",", ":"))
    return hashlib.sha256(content.encode()).hexdigest()[:40]
