"""Who sees a model, who may use its weights, and how somebody from another department comes to that right.

Seeing and using are apart: an internal model is in everybody's directory, its weights belong to its department. The
weights are open to others by one of four ways: the model is open, an accepted request, a grant to their department,
or a role for the whole organisation. A private model does not exist for who may not see it.
"""

from typing import Any, TypeVarTuple
from uuid import UUID

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from aird.audit import service as audit
from aird.auth.models import Department, Person
from aird.auth.permissions import Actor, Permission, allowed, allowed_somewhere, departments_where
from aird.catalog import queries
from aird.catalog.errors import AccessDecided, AccessRequestNotFound, GatedModel, ModelNotFound
from aird.catalog.models import AccessRequest, AccessState, Gating, Model, ModelGrant, Version, Visibility
from aird.catalog.names import VersionRef
from aird.core.clock import now
from aird.core.errors import NotPermitted

Columns = TypeVarTuple("Columns")


def may_see(actor: Actor, model: Model) -> bool:
    """Whether the model is in this actor's directory."""
    return shows(actor, model.visibility, model.department_id)


def shows(actor: Actor, visibility: Visibility, department_id: UUID) -> bool:
    """Whether a model of this visibility in this department is in the actor's directory."""
    if visibility is Visibility.INTERNAL or actor.is_system:
        return True
    return any(grant.department_id in (None, department_id) for grant in actor.grants)


def visible(query: Select[*Columns], actor: Actor) -> Select[*Columns]:
    """The query, which has the models' table in it, without the models that the actor may not see."""
    if actor.is_system or any(grant.department_id is None for grant in actor.grants):
        return query
    own = {grant.department_id for grant in actor.grants}
    return query.where(or_(Model.visibility == Visibility.INTERNAL, Model.department_id.in_(own)))


def require_visible(actor: Actor, model: Model) -> Model:
    """The model itself. Raises ModelNotFound, in the words used for a name that was never given."""
    if not may_see(actor, model):
        raise ModelNotFound(queries.no_model(model.name), name=model.name)
    return model


def get_model(session: Session, actor: Actor, name: str) -> Model:
    """The model of this name, or that had it, when the actor may see it. Raises ModelNotFound, for the name asked."""
    model = queries.get_model(session, name)
    if not may_see(actor, model):
        raise ModelNotFound(queries.no_model(name), name=name)
    return model


def get_ref(session: Session, actor: Actor, ref: str) -> Version:
    """The version that `department/model@3` names when the actor may see it. Raises as queries.get_ref."""
    parsed = VersionRef.parse(ref)
    if parsed.alias is not None:
        found = queries.find_aliased(session, parsed.name, parsed.alias)
        if found is not None and may_see(actor, found.model):
            return found
    get_model(session, actor, parsed.name)  # before anything is said of its versions and aliases
    return queries.get_ref(session, ref)


def may_use_weights(session: Session, actor: Actor, model: Model) -> bool:
    """Whether the actor may read, build on and run the model's weights."""
    if not may_see(actor, model):
        return False
    if allowed(actor, Permission.USE_WEIGHTS, model.department_id):
        return True
    if model.gating is Gating.OPEN and allowed_somewhere(actor, Permission.USE_WEIGHTS):
        return True
    _, departments = departments_where(actor.grants, Permission.USE_WEIGHTS)
    granted = select(ModelGrant.id).where(ModelGrant.model_id == model.id, ModelGrant.department_id.in_(departments))
    accepted = select(AccessRequest.id).where(
        AccessRequest.model_id == model.id,
        AccessRequest.person_id == actor.id,
        AccessRequest.state == AccessState.ACCEPTED,
    )
    return session.scalar(granted.limit(1)) is not None or session.scalar(accepted.limit(1)) is not None


def require_weights(session: Session, actor: Actor, model: Model) -> None:
    """Raise ModelNotFound for who may not see the model, GatedModel for who may see it but not use its weights."""
    require_visible(actor, model)
    if not may_use_weights(session, actor, model):
        raise GatedModel(
            f"{actor.label} may not use the weights of {model.name}: it needs the right model.use_weights in its "
            "department, or the consent of its owners. Ask them for access, on the model's page or with "
            f"`POST /api/v1/models/{model.name}/access-requests`.",
            name=model.name,
            permission=Permission.USE_WEIGHTS.value,
        )


def base_name(actor: Actor, version: Version, base: Version) -> str:
    """What the base of a version that the actor sees is called to them; one that they may not see is not named."""
    return base.ref if may_see(actor, base.model) else f"the base of {version.ref}"


def require_base_weights(session: Session, actor: Actor, version: Version, base: Version) -> None:
    """As require_weights, for the base of a version that the actor sees. Raises GatedModel."""
    if not may_see(actor, base.model):
        raise GatedModel(
            f"{actor.label} may not use the weights of the base of {version.ref}, which is in no directory of theirs. "
            f"Ask the owners of {version.model.name} whose base it is.",
            name=version.model.name,
            permission=Permission.USE_WEIGHTS.value,
        )
    require_weights(session, actor, base.model)


def may_decide(actor: Actor, model: Model) -> bool:
    """Whether the actor speaks for the model's owners: its department's lead or staff."""
    return any(
        allowed(actor, right, model.department_id) for right in (Permission.WRITE_MODELS, Permission.DECIDE_APPROVAL)
    )


def require_decider(actor: Actor, model: Model) -> None:
    """Raise NotPermitted unless the actor speaks for the model's owners."""
    require_visible(actor, model)
    if not may_decide(actor, model):
        raise NotPermitted(f"{actor.label} may not decide who uses {model.name}. Its department's lead and staff may.")


def ask(session: Session, actor: Actor, model: Model, fields: dict[str, Any]) -> AccessRequest:
    """Ask for the weights, again after a rejection; a model gated as `auto` gives the consent at once."""
    require_visible(actor, model)
    if actor.id is None:
        raise NotPermitted("Access is asked for by people.")
    _hold(session, model)
    request = _of(session, model, actor.id)
    if request is None:
        request = AccessRequest(model_id=model.id, person_id=actor.id, fields=fields)
        session.add(request)
    elif request.state is not AccessState.REJECTED:
        return request
    else:
        request.fields, request.state, request.rejection_reason = fields, AccessState.PENDING, ""
        request.decided_by, request.decided_at = None, None
    if model.gating is not Gating.MANUAL:
        request.state, request.decided_at = AccessState.ACCEPTED, now()
    session.flush()
    audit.record(session, actor, "catalog.access.asked", model, state=request.state, fields=fields)
    return request


def decide(
    session: Session, actor: Actor, model: Model, person: Person, state: AccessState, *, reason: str = ""
) -> AccessRequest:
    """Accept, reject or put back what somebody asked. Raises NotPermitted, AccessRequestNotFound, AccessDecided."""
    require_decider(actor, model)
    request = _of(session, model, person.id)
    if request is None:
        raise AccessRequestNotFound(f"{person.username} has not asked for {model.name}.", person=person.username)
    if request.state is state:
        raise AccessDecided(f"The request of {person.username} is {state} already.", state=state)
    _decide(session, actor, model, person, request, state, reason)
    return request


def grant(session: Session, actor: Actor, model: Model, person: Person) -> AccessRequest:
    """Let somebody use the weights who has not asked. Raises NotPermitted, AccessDecided."""
    require_decider(actor, model)
    _hold(session, model)
    request = _of(session, model, person.id)
    if request is not None and request.state is AccessState.ACCEPTED:
        raise AccessDecided(f"{person.username} has access to {model.name} already.", state=request.state)
    if request is None:
        request = AccessRequest(model_id=model.id, person_id=person.id)
        session.add(request)
        session.flush()
    _decide(session, actor, model, person, request, AccessState.ACCEPTED, "")
    return request


def _decide(
    session: Session,
    actor: Actor,
    model: Model,
    person: Person,
    request: AccessRequest,
    state: AccessState,
    reason: str,
) -> None:
    if state is AccessState.ACCEPTED and person.id == actor.id:
        raise NotPermitted("Nobody gives access to themselves. Ask somebody else who speaks for the model.")
    request.state = state
    request.rejection_reason = reason[:200] if state is AccessState.REJECTED else ""
    waiting = state is AccessState.PENDING
    request.decided_by, request.decided_at = (None, None) if waiting else (actor.id, now())
    session.flush()
    audit.record(session, actor, f"catalog.access.{state}", model, person=person.username, reason=reason)


def requests(
    session: Session, actor: Actor, model: Model, state: AccessState | None = None
) -> list[tuple[AccessRequest, Person]]:
    """Who asked, oldest first. Raises NotPermitted."""
    require_decider(actor, model)
    query = select(AccessRequest, Person).join(Person, Person.id == AccessRequest.person_id)
    query = query.where(AccessRequest.model_id == model.id).order_by(AccessRequest.created_at, AccessRequest.id)
    if state is not None:
        query = query.where(AccessRequest.state == state)
    return [(row[0], row[1]) for row in session.execute(query)]


def request_of(session: Session, model: Model, actor: Actor) -> AccessRequest | None:
    """What the actor asked, None when they have not."""
    return _of(session, model, actor.id) if actor.id else None


def grants(session: Session, actor: Actor, model: Model) -> list[tuple[ModelGrant, Department]]:
    """The departments whose staff may use the weights. Raises ModelNotFound."""
    require_visible(actor, model)
    query = select(ModelGrant, Department).join(Department, Department.id == ModelGrant.department_id)
    rows = session.execute(query.where(ModelGrant.model_id == model.id).order_by(Department.key))
    return [(row[0], row[1]) for row in rows]


def grant_department(session: Session, actor: Actor, model: Model, department: Department) -> ModelGrant:
    """Let a department's staff use the weights; nothing happens when they may. Raises NotPermitted."""
    require_decider(actor, model)
    _hold(session, model)
    found = _grant_of(session, model, department.id)
    if found is None:
        found = ModelGrant(model_id=model.id, department_id=department.id, granted_by=actor.id)
        session.add(found)
        session.flush()
        audit.record(session, actor, "catalog.access.granted", model, department=department.key)
    return found


def revoke_department(session: Session, actor: Actor, model: Model, department: Department) -> None:
    """End a department's grant; what it built meanwhile stays. Raises NotPermitted."""
    require_decider(actor, model)
    found = _grant_of(session, model, department.id)
    if found is not None:
        session.delete(found)
        session.flush()
        audit.record(session, actor, "catalog.access.revoked", model, department=department.key)


def _hold(session: Session, model: Model) -> None:
    """Two who ask at once ask one after the other."""
    session.execute(select(Model.id).where(Model.id == model.id).with_for_update(key_share=True))


def _of(session: Session, model: Model, person_id: UUID) -> AccessRequest | None:
    query = select(AccessRequest).where(AccessRequest.model_id == model.id, AccessRequest.person_id == person_id)
    return session.scalar(query)


def _grant_of(session: Session, model: Model, department_id: UUID) -> ModelGrant | None:
    query = select(ModelGrant).where(ModelGrant.model_id == model.id, ModelGrant.department_id == department_id)
    return session.scalar(query)
