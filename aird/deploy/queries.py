"""Read endpoints: where they stand, their history, and which units have to be resident."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, or_, select
from sqlalchemy.orm import Session, joinedload

from aird.auth import queries as auth_queries
from aird.auth.models import Department
from aird.auth.permissions import Actor
from aird.catalog import access
from aird.catalog.models import Clearance, Version
from aird.core.clock import now
from aird.deploy import placement
from aird.deploy.delivery.models import OPEN, Rollout, RolloutKind
from aird.deploy.errors import EndpointNotFound
from aird.deploy.models import Action, Deployment, Endpoint, Replica
from aird.deploy.placement import CPU, Placed, Pool, ReplicaState, Residence, RuntimeKind, Sighting, Unit
from aird.deploy.routing import WHOLE, Arm, Route
from aird.deploy.schemas import DeploymentRead, EndpointDetail, EndpointRead, ReplicaRead


@dataclass(frozen=True)
class Standing:
    """An endpoint with what is wanted on it and what the reconciler last had ready."""

    endpoint: Endpoint
    current: Placed | None
    serving: Placed | None
    rollout: Rollout | None = None
    candidate: Placed | None = None
    kept: Placed | None = None
    """What a rollback would bring back soon after something new was deployed."""

    @property
    def resident(self) -> tuple[Placed, ...]:
        """What has to be held ready: what answers and what is to answer."""
        shown = (self.current, self.serving, self.candidate, self.kept)
        return tuple(each for each in shown if each is not None)


def get_endpoint(session: Session, name: str) -> Endpoint:
    """The endpoint of this name. Raises EndpointNotFound."""
    endpoint = session.scalar(select(Endpoint).where(Endpoint.name == name))
    if endpoint is None:
        raise EndpointNotFound(f"There is no endpoint {name!r}. `GET /api/v1/endpoints` lists them.", name=name)
    return endpoint


def endpoints(
    session: Session, *, department: str | None = None, after: str | None = None, limit: int | None = None
) -> list[Endpoint]:
    """Endpoints by name."""
    query = select(Endpoint).order_by(Endpoint.name).limit(limit)
    if department:
        query = query.join(Department, Department.id == Endpoint.department_id).where(Department.key == department)
    if after:
        query = query.where(Endpoint.name > after)
    return list(session.scalars(query))


def history(session: Session, endpoint_ids: Iterable[UUID]) -> dict[UUID, list[Deployment]]:
    """Every deployment of these endpoints, newest first."""
    query = _deployments().where(Deployment.endpoint_id.in_(list(endpoint_ids)))
    found: dict[UUID, list[Deployment]] = {}
    for each in session.scalars(query.order_by(Deployment.number.desc())):
        found.setdefault(each.endpoint_id, []).append(each)
    return found


def current_of(session: Session, endpoint: Endpoint) -> Deployment | None:
    """The deployment that is wanted on the endpoint, None when it is empty or stopped."""
    query = _deployments().where(Deployment.endpoint_id == endpoint.id, Deployment.number == endpoint.current_number)
    return session.scalar(query)


def previous(deployments: Sequence[Deployment], current: int | None) -> Deployment | None:
    """What a rollback from deployment `current` brings back: the newest other files before its place."""
    by_number = {each.number: each for each in deployments}
    if current is None or current not in by_number:
        return None
    now = by_number[current]
    earlier = [
        each
        for each in deployments
        if each.number < now.place and each.digest != now.digest and each.action is not Action.TRIED
    ]
    return max(earlier, key=lambda each: each.number, default=None)


def standings(
    session: Session,
    found: Sequence[Endpoint] | None = None,
    *,
    keep: timedelta | None = None,
    runtime: RuntimeKind = RuntimeKind.HF,
) -> list[Standing]:
    """Where these endpoints stand; all of them without `found`. `runtime` is of those that name none.

    With `keep`, the adapter that was deployed before is `kept` for so long after another took its place.
    """
    shown = endpoints(session) if found is None else found
    deployments = _pointed_at(session, shown if found is not None else None)
    trials = _trials(session)
    before = _just_replaced(session, deployments, shown, keep) if keep else {}
    for each in (*[trial.deployment for trial in trials.values()], *before.values()):
        deployments[each.endpoint_id, each.number] = each
    base_ids = {each.version.base_id for each in deployments.values() if each.version.base_id}
    bases = {each.id: each for each in session.scalars(_versions().where(Version.id.in_(base_ids)))}
    residences = _residences(session)
    cleared = _cleared(session, {each.version_id for each in deployments.values()})

    def placed(endpoint: Endpoint, number: int | None) -> Placed | None:
        deployment = deployments.get((endpoint.id, number))
        if deployment is None:
            return None
        base = bases.get(deployment.version.base_id) if deployment.version.base_id else None
        may = (endpoint.name, deployment.version_id, deployment.digest) in cleared
        return _placed(endpoint, deployment, base, residences.get(deployment.digest), may, runtime)

    def kept(endpoint: Endpoint, current: Placed | None) -> Placed | None:
        """Only where it costs an adapter's memory and no model's."""
        found = placed(endpoint, before[endpoint.id].number) if endpoint.id in before else None
        cheap = found is not None and current is not None and found.unit.is_adapter and found.pool == current.pool
        return found if cheap else None

    def standing(endpoint: Endpoint) -> Standing:
        current, serving = placed(endpoint, endpoint.current_number), placed(endpoint, endpoint.serving_number)
        trial = trials.get(endpoint.id)
        if trial is None:
            return Standing(endpoint, current, serving, kept=kept(endpoint, current))
        candidate = placed(endpoint, trial.deployment.number)
        return Standing(endpoint, current, serving, trial.rollout, candidate, kept(endpoint, current))

    return [standing(each) for each in shown]


def routes(session: Session, found: Sequence[Endpoint] | None = None) -> list[Route]:
    """Where the requests of these endpoints go; of all without `found`."""
    keys = auth_queries.department_keys(session)
    return [_route(each, keys[each.endpoint.department_id]) for each in standings(session, found)]


def _route(standing: Standing, department: str) -> Route:
    endpoint = standing.endpoint
    route = Route(
        id=endpoint.id,
        name=endpoint.name,
        department_id=endpoint.department_id,
        department=department,
        created=int(endpoint.created_at.timestamp()),
        captured=endpoint.capture_days is not None,
    )
    answering = placement.routed(standing.current, standing.serving)
    if answering is None:
        ever = endpoint.latest_number > 0
        state, reason, _ = placement.endpoint_state(standing.current, ever=ever, created_at=endpoint.created_at)
        return replace(route, reason=f"It is {state}. {reason}".strip())
    return _beside(replace(route, arms=(_arm(answering, WHOLE),)), standing)


def _beside(route: Route, standing: Standing) -> Route:
    """The route with its share for what is tried: an arm of its own, or copies."""
    rollout, candidate = standing.rollout, standing.candidate
    if rollout is None or candidate is None or not candidate.answers:
        return route
    [baseline] = route.arms
    if baseline.number != rollout.baseline_number:
        return route
    tried = _arm(candidate, rollout.weight)
    if rollout.kind is RolloutKind.SHADOW:
        return replace(route, shadow=tried, rollout=rollout.id)
    by_request = bool(rollout.rules.get("by_request"))
    arms = (replace(baseline, weight=WHOLE - tried.weight), tried)
    return replace(route, arms=arms, by_request=by_request, rollout=rollout.id)


def _arm(placed: Placed, weight: int) -> Arm:
    runtime = placed.residence.runtime if placed.residence and placed.residence.runtime else RuntimeKind.HF
    return Arm(placed.number, placed.ref, placed.unit.digest, weight, placed.addresses, runtime)


def endpoint_reads(session: Session, actor: Actor, found: Sequence[Endpoint]) -> list[EndpointRead]:
    """Endpoints as the API lists them; versions of models that the actor may not see are called by their bytes."""
    past = history(session, [each.id for each in found])
    keys, names = auth_queries.department_keys(session), auth_queries.usernames(session)
    return [
        EndpointRead(**_summary(actor, standing, past.get(standing.endpoint.id, []), keys, names))
        for standing in standings(session, found)
    ]


def endpoint_detail(session: Session, actor: Actor, endpoint: Endpoint) -> EndpointDetail:
    """One endpoint with its history and replicas, as endpoint_reads shows it."""
    past = history(session, [endpoint.id]).get(endpoint.id, [])
    keys, names = auth_queries.department_keys(session), auth_queries.usernames(session)
    [standing] = standings(session, [endpoint])
    units = {each.unit.digest for each in standing.resident}
    query = select(Replica).options(joinedload(Replica.engine)).where(Replica.unit.in_(units))
    replicas = session.scalars(query.order_by(Replica.created_at, Replica.id))
    return EndpointDetail(
        **_summary(actor, standing, past, keys, names),
        deployments=[deployment_read(actor, each, names) for each in past],
        replicas=[_replica_read(each) for each in replicas],
    )


def _summary(
    actor: Actor, standing: Standing, past: list[Deployment], keys: dict[UUID, str], names: dict[UUID, str]
) -> dict[str, Any]:
    endpoint = standing.endpoint
    by_number = {each.number: each for each in past}
    answering = placement.routed(standing.current, standing.serving)
    state, reason, since = placement.endpoint_state(
        standing.current, ever=bool(past), created_at=past[0].created_at if past else endpoint.created_at
    )

    def read(number: int | None) -> DeploymentRead | None:
        deployment = by_number.get(number) if number is not None else None
        return deployment_read(actor, deployment, names) if deployment else None

    before = previous(past, endpoint.current_number)
    return {
        "name": endpoint.name, "department": keys[endpoint.department_id], "title": endpoint.title,
        "state": state, "reason": reason, "since": since, "model": endpoint.name,
        "created_at": endpoint.created_at, "runtime": endpoint.runtime, "wanted_replicas": endpoint.replicas,
        "chip": endpoint.chip, "current": read(endpoint.current_number),
        "serving": read(answering.number if answering else None),
        "previous": read(before.number if before else None),
    }  # fmt: skip


def deployment_read(actor: Actor, deployment: Deployment, names: dict[UUID, str]) -> DeploymentRead:
    """A deployment as the API shows it; a version that the actor may not see is called by its bytes."""
    version = deployment.version
    return DeploymentRead(
        number=deployment.number,
        version=version.ref if access.may_see(actor, version.model) else deployment.digest[:19],
        digest=deployment.digest,
        approval=deployment.approval_id,
        action=deployment.action,
        reason=deployment.reason,
        created_by=names.get(deployment.created_by) if deployment.created_by else None,
        since=deployment.created_at,
    )


def _replica_read(replica: Replica) -> ReplicaRead:
    engine = replica.engine
    return ReplicaRead(
        id=replica.id, unit=replica.unit, state=replica.state, reason=replica.reason, since=replica.since,
        pid=engine.pid, runtime=engine.runtime, chip=engine.chip, number=engine.number, host=engine.host,
        took=engine.took,
    )  # fmt: skip


def _deployments() -> Select[Deployment]:
    return select(Deployment).options(joinedload(Deployment.version).joinedload(Version.model))


def _versions() -> Select[Version]:
    return select(Version).options(joinedload(Version.model))


def _pointed_at(session: Session, found: Sequence[Endpoint] | None) -> dict[tuple[UUID, int | None], Deployment]:
    """The deployments that endpoints name as current or serving."""
    named = or_(Deployment.number == Endpoint.current_number, Deployment.number == Endpoint.serving_number)
    query = _deployments().join(Endpoint, and_(Endpoint.id == Deployment.endpoint_id, named))
    if found is not None:
        query = query.where(Endpoint.id.in_([each.id for each in found]))
    return {(each.endpoint_id, each.number): each for each in session.scalars(query)}


@dataclass(frozen=True)
class _Trial:
    rollout: Rollout
    deployment: Deployment


def _trials(session: Session) -> dict[UUID, _Trial]:
    """The open rollout of every endpoint that has one, with what is tried."""
    tried = and_(Deployment.endpoint_id == Rollout.endpoint_id, Deployment.number == Rollout.candidate_number)
    query = select(Rollout, Deployment).join(Deployment, tried).where(Rollout.state.in_(OPEN))
    rows = session.execute(query.options(joinedload(Deployment.version).joinedload(Version.model)))
    return {rollout.endpoint_id: _Trial(rollout, deployment) for rollout, deployment in rows}


def _just_replaced(
    session: Session,
    pointed: dict[tuple[UUID, int | None], Deployment],
    shown: Sequence[Endpoint],
    keep: timedelta,
) -> dict[UUID, Deployment]:
    """What a rollback would bring back on the endpoints where something was deployed less than `keep` ago."""
    since = now() - keep
    current = {each.id: pointed.get((each.id, each.current_number)) for each in shown}
    fresh = {id: each for id, each in current.items() if each is not None and each.created_at >= since}
    past = history(session, fresh) if fresh else {}
    found = {id: previous(past[id], each.number) for id, each in fresh.items()}
    return {id: each for id, each in found.items() if each is not None}


def _cleared(session: Session, version_ids: set[UUID]) -> set[tuple[str, UUID, str]]:
    """(endpoint, version, digest) of every approval of these versions."""
    query = select(Clearance.endpoint, Clearance.version_id, Clearance.digest)
    rows = session.execute(query.where(Clearance.version_id.in_(version_ids)))
    return {(row.endpoint, row.version_id, row.digest) for row in rows}


def _residences(session: Session) -> dict[str, Residence]:
    """Where every unit is."""
    query = select(Replica).options(joinedload(Replica.engine)).where(Replica.state != ReplicaState.STOPPED)
    seen: dict[str, list[Sighting]] = {}
    for each in session.scalars(query):
        engine = each.engine
        seen.setdefault(each.unit, []).append(
            Sighting(each.state, each.reason, each.since, engine.state, engine.address, engine.runtime)
        )
    found = {unit: placement.residence(sightings) for unit, sightings in seen.items()}
    return {unit: residence for unit, residence in found.items() if residence is not None}


def _placed(
    endpoint: Endpoint,
    deployment: Deployment,
    base: Version | None,
    residence: Residence | None,
    cleared: bool,
    runtime: RuntimeKind,
) -> Placed:
    unit = Unit(deployment.digest, base.artifact if base else deployment.digest)
    return Placed(
        number=deployment.number,
        ref=deployment.version.ref,
        version_state=deployment.version.state,
        base_ref=base.ref if base else None,
        base_state=base.state if base else None,
        unit=unit,
        deployed_at=deployment.created_at,
        residence=residence,
        cleared=cleared,
        pool=Pool(unit.base, endpoint.runtime or runtime, endpoint.chip or CPU),
        replicas=endpoint.replicas,
        department_id=endpoint.department_id,
    )
