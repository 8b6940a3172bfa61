"""Where a model has worked: which of its versions an endpoint wanted, from when until when."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from aird.audit import queries as audit
from aird.audit.queries import Wanted
from aird.auth import queries as auth
from aird.catalog.models import Model, Version
from aird.deploy.models import Action, Deployment, Endpoint

MOST = 500
"""How many assignments of a model are told, the newest of them."""


@dataclass(frozen=True)
class Assignment:
    """`until` is None while the endpoint wants the version; `reason` is what was said of a rollback to it."""

    endpoint: str
    department: str
    title: str
    version: str
    action: Action
    since: datetime
    until: datetime | None
    reason: str


@dataclass(frozen=True)
class Turns:
    """When an endpoint got something else to do: its deployments by number, and its stops."""

    deployed: Sequence[tuple[int, datetime]]
    stopped: Sequence[datetime]

    def end(self, number: int, since: datetime) -> datetime | None:
        """When the deployment of this number was no longer wanted. Pure."""
        later = [at for other, at in self.deployed if other > number]
        return min((*later, *(at for at in self.stopped if at >= since)), default=None)


def of_model(session: Session, model: Model) -> list[Assignment]:
    """The newest first. What was only tried beside another version is not among them."""
    query = (
        select(Deployment)
        .join(Version, Version.id == Deployment.version_id)
        .where(Version.model_id == model.id, Deployment.action != Action.TRIED)
        .options(joinedload(Deployment.version).joinedload(Version.model))
        .order_by(Deployment.created_at.desc(), Deployment.number.desc())
        .limit(MOST)
    )
    found = list(session.scalars(query))
    ids = {each.endpoint_id for each in found}
    endpoints = {each.id: each for each in session.scalars(select(Endpoint).where(Endpoint.id.in_(ids)))}
    departments, turns = auth.department_keys(session), _turns(session, ids)
    return [
        Assignment(
            endpoint=endpoints[each.endpoint_id].name,
            department=departments[endpoints[each.endpoint_id].department_id],
            title=endpoints[each.endpoint_id].title,
            version=each.version.ref,
            action=each.action,
            since=each.created_at,
            until=turns[each.endpoint_id].end(each.number, each.created_at),
            reason=each.reason,
        )
        for each in found
    ]


def _turns(session: Session, ids: Iterable[UUID]) -> dict[UUID, Turns]:
    """Of these endpoints, by id."""
    ids = list(ids)
    deployed: dict[UUID, list[tuple[int, datetime]]] = defaultdict(list)
    query = select(Deployment.endpoint_id, Deployment.number, Deployment.created_at)
    for row in session.execute(query.where(Deployment.endpoint_id.in_(ids), Deployment.action != Action.TRIED)):
        deployed[row.endpoint_id].append((row.number, row.created_at))
    return {
        each: Turns(
            deployed[each],
            [entry.at for entry in audit.all_entries(session, Wanted("deploy.endpoint.stopped", subject_id=each))],
        )
        for each in ids
    }
