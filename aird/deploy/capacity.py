"""What an endpoint runs on: which runtime, how many engines, which chips; and every engine with what it takes."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from aird.audit import service as audit
from aird.auth import queries as auth_queries
from aird.auth import service as auth
from aird.auth.permissions import Actor, Permission, departments_where
from aird.deploy.errors import ChipNotThere
from aird.deploy.models import Endpoint, Engine, Replica
from aird.deploy.placement import CPU, ReplicaState
from aird.deploy.schemas_engines import EndpointCapacity, EngineRead
from aird.jobs import machines


def configure(session: Session, actor: Actor, endpoint: Endpoint, wanted: EndpointCapacity) -> Endpoint:
    """Have the endpoint served by this runtime, on so many engines, on these chips; what is not named stays.

    What answers now does so until the new engines are ready. Raises NotPermitted, ChipNotThere.
    """
    auth.require(actor, Permission.MANAGE_ENDPOINTS, endpoint.department_id)
    changes = wanted.model_dump(exclude_unset=True)
    chip = changes.get("chip")
    if chip == CPU:
        chip = changes["chip"] = None
    if chip is not None:
        _require_chip(session, chip)
    endpoint = session.scalars(
        select(Endpoint).where(Endpoint.id == endpoint.id).with_for_update()
        .execution_options(populate_existing=True)
    ).one()  # fmt: skip
    before = {name: getattr(endpoint, name) for name in changes}
    if before == changes:
        return endpoint
    for name, value in changes.items():
        setattr(endpoint, name, value)
    audit.record(session, actor, "deploy.endpoint.configured", endpoint, before=_plain(before), after=_plain(changes))
    return endpoint


def _plain(values: Mapping[str, object]) -> dict[str, object]:
    return {name: value if value is None or isinstance(value, int) else str(value) for name, value in values.items()}


def _require_chip(session: Session, chip: str) -> None:
    offered = sorted({each.flavour for machine in machines.known(session) for each in machine.chips})
    if chip not in offered:
        there = f"there is {', '.join(offered)}" if offered else "no machine offers a chip"
        raise ChipNotThere(f"No machine that is known offers {chip}; {there}. `cpu` needs none.", chip=chip)


def engines(session: Session, actor: Actor) -> list[EngineRead]:
    """Every engine that is there or wanted, with the units in it; of other departments without those."""
    everywhere, ids = departments_where(actor.grants, Permission.READ_ENDPOINTS)
    keys = auth_queries.department_keys(session)
    rows = session.scalars(
        select(Engine).where(Engine.state != ReplicaState.STOPPED).order_by(Engine.base, Engine.runtime, Engine.number)
    ).all()
    units: dict[UUID, list[str]] = {}
    query = select(Replica.engine_id, Replica.unit).where(Replica.state != ReplicaState.STOPPED).order_by(Replica.unit)
    for row in session.execute(query):
        units.setdefault(row.engine_id, []).append(row.unit)
    return [
        EngineRead(
            id=each.id, base=each.base, runtime=each.runtime, version=each.version, chip=each.chip, number=each.number,
            department=keys.get(each.department_id) if each.department_id else None, state=each.state,
            reason=each.reason, since=each.since, host=each.host, pid=each.pid,
            estimate={name: int(size) for name, size in (each.estimate or {}).items()}, took=each.took,
            units=units.get(each.id, []) if everywhere or actor.is_system or each.department_id in ids else [],
        )
        for each in rows
    ]  # fmt: skip
