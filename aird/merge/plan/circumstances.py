"""What stands around a planned merge in the database: who opened the weights, who serves the base, what is known of
the parents, how much room there is. Read in a handful of statements, whatever the number of parents.
"""

import os
import shutil
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from aird.auth import queries as auth_queries
from aird.auth.models import Department
from aird.auth.permissions import Actor, Permission, departments_where
from aird.catalog import access, commits
from aird.catalog import queries as catalog_queries
from aird.catalog.models import AdapterSketch, Gating, Model, ModelGrant, Skill, Version, Visibility
from aird.core.settings import Settings
from aird.deploy.models import Deployment, Endpoint
from aird.merge.plan.situation import EndpointState, Opened, Room
from aird.store import quota

MOST_ENDPOINTS = 50


def sketches(session: Session, ids: Sequence[UUID]) -> dict[UUID, tuple[float, bytes]]:
    """(norm, sketch) of each adapter that has been compared; one that changes nothing has the norm 0."""
    query = select(AdapterSketch.version_id, AdapterSketch.norm, AdapterSketch.sketch)
    rows = session.execute(query.where(AdapterSketch.version_id.in_(list(ids))))
    return {row.version_id: (row.norm, row.sketch) for row in rows}


def examined(session: Session, ids: Sequence[UUID]) -> set[UUID]:
    """Those of the versions that ever sat an exam."""
    return set(session.scalars(select(Skill.version_id).where(Skill.version_id.in_(list(ids))).distinct()))


def endpoints_on(session: Session, base: Version) -> list[EndpointState]:
    """The endpoints whose present version stands on this base, by name."""
    same = set(session.scalars(select(Version.id).where(Version.artifact == base.artifact)))
    current = and_(Deployment.endpoint_id == Endpoint.id, Deployment.number == Endpoint.current_number)
    # Endpoints are few and adapters of a base many: all that is deployed is looked at.
    query = select(Endpoint.name, Version.artifact, Version.base_id).join(Deployment, current)
    rows = session.execute(query.join(Version, Version.id == Deployment.version_id).order_by(Endpoint.name))
    names = [row.name for row in rows if row.artifact == base.artifact or row.base_id in same]
    return [EndpointState(name) for name in names[:MOST_ENDPOINTS]]


def openings(session: Session, actor: Actor, models: Sequence[Model], child: UUID | None) -> dict[UUID, Opened]:
    """Why the actor may use each model's weights; `child` is the department that the child is filed in."""
    everywhere, own = departments_where(actor.grants, Permission.USE_WEIGHTS)
    query = select(ModelGrant.model_id).where(
        ModelGrant.model_id.in_([each.id for each in models]), ModelGrant.department_id == child
    )
    granted = set(session.scalars(query)) if child is not None else set()

    def why(model: Model) -> Opened:
        if model.gating is Gating.OPEN:
            return "open"
        if model.id in granted:
            return "granted"
        if model.department_id in own:
            return "own"
        return "organisation" if everywhere or actor.is_system else "personal"

    return {each.id: why(each) for each in models}


def private(model: Model) -> bool:
    """Whether only the model's own department knows of it."""
    return model.visibility is Visibility.PRIVATE


def department_of(session: Session, name: str | None) -> Department | None:
    """The department that a model of this name is filed in; None where none is named or there is none."""
    if name is None:
        return None
    key = name.partition("/")[0]
    return next((each for each in auth_queries.departments(session) if each.key == key), None)


def latest_kind(session: Session, actor: Actor, name: str | None) -> str | None:
    """The kind of the latest version of the model of this name; None where there is none, or not for this actor."""
    model = catalog_queries.find_model(session, name) if name is not None else None
    if model is None or not access.may_see(actor, model):
        return None
    return next((each.kind.value for each in catalog_queries.latest_of(session, [model])), None)


def room(session: Session, department: Department | None, settings: Settings | None) -> Room:
    """What is left: the department's quota, and of this machine where it is the one that does the work."""
    left = None
    if department is not None:
        limit = quota.limit_of(session, department.quota_bytes)
        if limit is not None:
            left = limit - quota.used(session, commits.artifacts_of_department(department.id))
    if settings is None or not settings.embedded:
        return Room(quota=left)
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    disk = shutil.disk_usage(settings.home).free if settings.home.exists() else None
    return Room(memory=memory, disk=disk, quota=left)
