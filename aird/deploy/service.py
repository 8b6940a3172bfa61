"""Open endpoints, put approved versions on them, go back, stop."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from aird.audit import service as audit
from aird.auth import queries as auth_queries
from aird.auth import service as auth
from aird.auth.permissions import Actor, Permission
from aird.catalog import queries as catalog_queries
from aird.catalog.lifecycle import VersionState
from aird.catalog.models import Clearance, Version
from aird.catalog.names import check_name
from aird.deploy import queries
from aird.deploy.delivery.ending import cancel_open
from aird.deploy.errors import (
    DigestNotApproved,
    EdgeOnly,
    EndpointExists,
    NotCleared,
    NothingToRollBack,
    VersionNotApproved,
)
from aird.deploy.models import Action, Deployment, Endpoint
from aird.requests import service as requests


def create_endpoint(session: Session, actor: Actor, name: str, title: str) -> Endpoint:
    """Open an endpoint in the department its name begins with. Raises EndpointExists, DepartmentNotFound."""
    department = auth_queries.get_department(session, check_name(name).partition("/")[0])
    auth.require(actor, Permission.MANAGE_ENDPOINTS, department.id)
    if session.scalar(select(Endpoint.id).where(Endpoint.name == name)):
        raise EndpointExists(f"There is an endpoint {name!r} already.", name=name)
    endpoint = Endpoint(name=name, department_id=department.id, title=title, created_by=actor.id)
    session.add(endpoint)
    session.flush()
    audit.record(session, actor, "deploy.endpoint.created", endpoint, title=title)
    return endpoint


def deploy(
    session: Session,
    actor: Actor,
    endpoint: Endpoint,
    version: Version,
    *,
    digest: str | None = None,
    approval_id: UUID | None = None,
) -> Deployment:
    """Put an approved version on the endpoint; nothing happens when it is there already.

    It must have been approved for this endpoint, by `approval_id` if that is given; `digest` names the files
    that are meant. What was there answers until the new one is ready.
    Raises EdgeOnly, VersionNotApproved, NotCleared, DigestNotApproved.
    """
    auth.require(actor, Permission.MANAGE_ENDPOINTS, endpoint.department_id)
    endpoint = locked(session, endpoint)
    clearance = _require_cleared(session, endpoint, version, approval_id)
    _require_digest(version, digest)
    current = queries.current_of(session, endpoint)
    if current is not None and current.version_id == version.id:
        return current
    cancel_open(session, actor, endpoint, reason=f"{version.ref} was deployed.")
    was = current.version.ref if current else None
    deployment = _append(session, actor, endpoint, version, Action.PROMOTED, approval_id=clearance.approval_id)
    audit.record(
        session,
        actor,
        "deploy.version.promoted",
        endpoint,
        version=version.ref,
        digest=version.artifact,
        was=was,
        approval=clearance.approval_id,
    )
    requests.delivered(session, actor, version=version.ref, endpoint=endpoint.name)
    return deployment


def try_beside(
    session: Session,
    actor: Actor,
    endpoint: Endpoint,
    version: Version,
    *,
    digest: str | None = None,
    approval_id: UUID | None = None,
) -> Deployment:
    """Number an approved version beside what is there, which stays what is wanted. Raises what `deploy` does."""
    auth.require(actor, Permission.MANAGE_ENDPOINTS, endpoint.department_id)
    clearance = _require_cleared(session, endpoint, version, approval_id)
    _require_digest(version, digest)
    return _append(session, actor, endpoint, version, Action.TRIED, approval_id=clearance.approval_id)


def rollback(session: Session, actor: Actor, endpoint: Endpoint, *, reason: str) -> Deployment:
    """Bring back what was deployed before. Raises NothingToRollBack, VersionNotApproved, NotCleared."""
    auth.require(actor, Permission.MANAGE_ENDPOINTS, endpoint.department_id)
    endpoint = locked(session, endpoint)
    past = queries.history(session, [endpoint.id]).get(endpoint.id, [])
    back = queries.previous(past, endpoint.current_number)
    if back is None:
        raise NothingToRollBack(
            f"Nothing was deployed on {endpoint.name} before what is there now. Deploy an approved version instead.",
            endpoint=endpoint.name,
        )
    clearance = _require_cleared(session, endpoint, back.version, None)
    cancel_open(session, actor, endpoint, reason=reason)
    was = next(each.version.ref for each in past if each.number == endpoint.current_number)
    deployment = _append(
        session,
        actor,
        endpoint,
        back.version,
        Action.ROLLED_BACK,
        approval_id=clearance.approval_id,
        restores=back.place,
        reason=reason,
    )
    audit.record(
        session,
        actor,
        "deploy.version.rolled_back",
        endpoint,
        reason=reason,
        version=back.version.ref,
        digest=back.digest,
        was=was,
    )
    return deployment


def stop(session: Session, actor: Actor, endpoint: Endpoint, *, reason: str) -> Endpoint:
    """Take the endpoint out of service; deploying a version starts it again."""
    auth.require(actor, Permission.MANAGE_ENDPOINTS, endpoint.department_id)
    endpoint = locked(session, endpoint)
    current = queries.current_of(session, endpoint)
    if current is not None:
        cancel_open(session, actor, endpoint, reason=reason)
        endpoint.current_number = endpoint.serving_number = None
        audit.record(session, actor, "deploy.endpoint.stopped", endpoint, reason=reason, was=current.version.ref)
    return endpoint


def locked(session: Session, endpoint: Endpoint) -> Endpoint:
    """The endpoint as it is now; its row is the lock under which deployments are numbered."""
    query = select(Endpoint).where(Endpoint.id == endpoint.id).with_for_update()
    return session.scalars(query.execution_options(populate_existing=True)).one()


def _require_cleared(session: Session, endpoint: Endpoint, version: Version, approval_id: UUID | None) -> Clearance:
    """The approval of the version's files for this endpoint, the newest or the one that is named."""
    _require_servable(session, version)
    if approval_id is None:
        found = catalog_queries.clearance(session, version, endpoint.name)
    else:
        found = catalog_queries.clearance_of(session, approval_id)
    cleared = (endpoint.name, version.id, version.artifact)
    if found is None or (found.endpoint, found.version_id, found.digest) != cleared:
        raise NotCleared(
            f"{version.ref} was not approved for {endpoint.name}. Ask for its approval there.",
            ref=version.ref,
            endpoint=endpoint.name,
        )
    return found


def _require_digest(version: Version, digest: str | None) -> None:
    if digest is not None and digest != version.artifact:
        raise DigestNotApproved(
            f"{version.ref} has the digest {version.artifact}, named was {digest}. Look at the approval again.",
            digest=version.artifact,
        )


def _require_servable(session: Session, version: Version) -> None:
    if version.facts.get("format"):
        raise EdgeOnly(
            f"{version.ref} is a file for an edge runtime, which no engine here reads. Deploy the version it was made "
            "from, and take this one to the device.",
            ref=version.ref,
        )
    if version.state is not VersionState.APPROVED:
        raise VersionNotApproved(
            f"{version.ref} is {version.state}; only an approved version can be deployed. Ask for its approval.",
            ref=version.ref,
            state=version.state,
        )
    base = catalog_queries.base_of(session, version)
    if base.state in (VersionState.SUSPENDED, VersionState.RETIRED):
        raise VersionNotApproved(
            f"{base.ref}, the base of {version.ref}, is {base.state}. Deploy a version on another base.",
            ref=base.ref,
            state=base.state,
        )


def _append(
    session: Session,
    actor: Actor,
    endpoint: Endpoint,
    version: Version,
    action: Action,
    *,
    approval_id: UUID | None,
    restores: int | None = None,
    reason: str = "",
) -> Deployment:
    endpoint.latest_number += 1
    deployment = Deployment(
        endpoint_id=endpoint.id,
        number=endpoint.latest_number,
        version=version,
        digest=version.artifact,
        action=action,
        created_by=actor.id,
        approval_id=approval_id,
        restores=restores,
        reason=reason,
    )
    session.add(deployment)
    if action is not Action.TRIED:
        endpoint.current_number = deployment.number
    session.flush()
    return deployment
