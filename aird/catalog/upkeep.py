"""Change what is said of a model, move it to another name or department, delete one that never had a version."""

from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from aird.audit import service as audit
from aird.auth import queries as auth_queries
from aird.auth import service as auth
from aird.auth.permissions import Actor, Permission
from aird.catalog import access, commits, queries, search
from aird.catalog.errors import ModelExists, ModelNotEmpty
from aird.catalog.models import (
    AccessRequest,
    Commit,
    Gating,
    Model,
    ModelGrant,
    ModelName,
    Ref,
    SearchTerm,
    Version,
    Visibility,
)
from aird.catalog.names import check_name


def change(
    session: Session,
    actor: Actor,
    model: Model,
    *,
    title: str | None = None,
    description: str | None = None,
    tags: list[str] | None = None,
    visibility: Visibility | None = None,
    gating: Gating | None = None,
) -> Model:
    """Set what is given and leave the rest. Raises NotPermitted."""
    auth.require(actor, Permission.WRITE_MODELS, model.department_id)
    wanted: dict[str, Any] = {
        "title": title,
        "description": description,
        "tags": None if tags is None else list(dict.fromkeys(tags)),
        "visibility": visibility,
        "gating": gating,
    }
    changed = {key: value for key, value in wanted.items() if value is not None and getattr(model, key) != value}
    if not changed:
        return model
    before = {key: getattr(model, key) for key in changed}
    for key, value in changed.items():
        setattr(model, key, value)
    _touched(session, model)
    audit.record(session, actor, "catalog.model.changed", model, before=before, after=changed)
    return model


def rename(session: Session, actor: Actor, model: Model, name: str) -> Model:
    """Give the model another name, in another department too when the actor may write in both.

    The old name goes on leading to the model and no other model ever gets it: who pulls by it must not be given a
    stranger's weights. Raises NotPermitted, NameRefused, ModelExists, DepartmentNotFound, QuotaExceeded.
    """
    department = auth_queries.get_department(session, check_name(name).partition("/")[0])
    for each in {model.department_id, department.id}:
        auth.require(actor, Permission.WRITE_MODELS, each)
    model = session.scalars(select(Model).where(Model.id == model.id).with_for_update()).one()
    session.refresh(model)
    old = model.name
    if name == old:
        return model
    holder = queries.find_model(session, name)
    if holder is not None and holder.id != model.id:
        shown = holder.name if access.may_see(actor, holder) else "another model"
        raise ModelExists(f"The name {name!r} leads to {shown}. Choose another one.", name=name)
    if department.id != model.department_id:
        commits.require_room_in(session, department, model)
    session.execute(delete(ModelName).where(ModelName.name == name))
    session.add(ModelName(name=old, model_id=model.id))
    model.name, model.department_id = name, department.id
    _touched(session, model)
    audit.record(session, actor, "catalog.model.moved", model, was=old)
    return model


def remove(session: Session, actor: Actor, model: Model) -> None:
    """Delete a model that has no version. Raises NotPermitted, ModelNotEmpty."""
    auth.require(actor, Permission.WRITE_MODELS, model.department_id)
    model = session.scalars(select(Model).where(Model.id == model.id).with_for_update()).one()
    session.refresh(model)
    if session.scalar(select(Version.id).where(Version.model_id == model.id).limit(1)) is not None:
        raise ModelNotEmpty(
            f"{model.name} has {model.latest_number} versions. Versions are kept for good, with their lineage and "
            "audit: retire them, or make the model private.",
            name=model.name,
        )
    audit.record(session, actor, "catalog.model.deleted", model)
    session.execute(delete(Ref).where(Ref.model_id == model.id))
    session.execute(update(Commit).where(Commit.model_id == model.id).values(parent_id=None))
    for table in (Commit, AccessRequest, ModelGrant, ModelName, SearchTerm):
        session.execute(delete(table).where(table.model_id == model.id))
    session.delete(model)
    session.flush()


def _touched(session: Session, model: Model) -> None:
    session.flush()
    search.reindex(session, model)
