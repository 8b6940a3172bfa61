"""What the reconciler sees, written to the tables of engines and replicas when it has changed."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session, joinedload

from aird.core.clock import now
from aird.core.db import Database
from aird.deploy.fleet import Place, Seen
from aird.deploy.models import Endpoint, Engine, Replica
from aird.deploy.placement import Pool, ReplicaState
from aird.jobs import reservations

STOPPED = Seen(ReplicaState.STOPPED)


@dataclass(frozen=True)
class EngineSeen:
    """What a round saw of an engine."""

    state: ReplicaState
    reason: str = ""
    pid: int | None = None
    birth: str = ""
    address: str | None = None
    host: str = ""
    version: str = ""
    took: int = 0


GONE = EngineSeen(ReplicaState.STOPPED)


@dataclass
class Round:
    """What a round found out."""

    engines: dict[Place, EngineSeen] = field(default_factory=dict)
    replicas: dict[tuple[Place, str], Seen] = field(default_factory=dict)
    moved: Sequence[tuple[UUID, int | None]] = ()


@dataclass
class Notes:
    """Writes rounds; remembers the last one, so that nothing is written when nothing has changed."""

    database: Database
    last: Round | None = None

    def write(self, found: Round) -> None:
        """Write what is new."""
        last = self.last
        if last is not None and not found.moved and (found.engines, found.replicas) == (last.engines, last.replicas):
            return
        with self.database.write() as session:
            engines = _engines(session, found.engines)
            _replicas(session, engines, found.replicas)
            for endpoint_id, number in found.moved:
                session.execute(
                    update(Endpoint)
                    .where(Endpoint.id == endpoint_id, Endpoint.current_number == number)
                    .values(serving_number=number)
                )
        self.last = Round(dict(found.engines), dict(found.replicas))

    def part_of_last(self, places: Collection[Place]) -> Round:
        """What the last round found at these places."""
        last = self.last or Round()
        return Round(
            {place: seen for place, seen in last.engines.items() if place in places},
            {key: seen for key, seen in last.replicas.items() if key[0] in places},
        )


def engine_row(session: Session, place: Place) -> Engine:
    """The row of this place, made when there is none."""
    pool, number = place
    query = select(Engine).where(
        Engine.base == pool.base, Engine.runtime == pool.runtime, Engine.chip == pool.chip, Engine.number == number
    )
    row = session.scalar(query)
    if row is None:
        row = Engine(base=pool.base, runtime=pool.runtime, chip=pool.chip, number=number, since=now())
        session.add(row)
        session.flush()
    return row


def place_of(row: Engine) -> Place:
    """Where the engine of this row stands."""
    return Pool(row.base, row.runtime, row.chip), row.number


def started(
    session: Session, place: Place, *, department_id: UUID | None, estimate: Mapping[str, Any] | None
) -> Engine:
    """Note what an engine that is about to start is expected to take, and whose quota it is in."""
    row = engine_row(session, place)
    row.department_id, row.estimate, row.took = department_id, dict(estimate) if estimate else None, None
    return row


def _engines(session: Session, seen: Mapping[Place, EngineSeen]) -> dict[Place, Engine]:
    rows = {place_of(row): row for row in session.scalars(select(Engine))}
    for place in seen.keys() - rows.keys():
        rows[place] = engine_row(session, place)
    over = list[UUID]()
    for place, row in rows.items():
        found = seen.get(place, GONE)
        if row.state is not found.state:
            row.state, row.since = found.state, now()
        row.reason = found.reason
        if found is GONE and not row.submission:
            over.append(row.id)
            row.pid, row.birth, row.address = None, "", None
            continue
        if row.submission:  # on a cluster, where its keeper tells the rest
            row.version, row.address = found.version or row.version, found.address or row.address
            continue
        row.pid, row.birth, row.address, row.host = found.pid, found.birth, found.address, found.host
        row.version = found.version or row.version
        row.took = max(found.took, row.took or 0) or None
    reservations.release(session, over)
    return rows


def _replicas(session: Session, engines: Mapping[Place, Engine], seen: Mapping[tuple[Place, str], Seen]) -> None:
    by_id = {row.id: place for place, row in engines.items()}
    query = select(Replica).options(joinedload(Replica.engine))
    rows = {(by_id[row.engine_id], row.unit): row for row in session.scalars(query)}
    for place, unit in seen.keys() - rows.keys():
        row = Replica(unit=unit, engine=engines[place], state=ReplicaState.STARTING, since=now())
        rows[place, unit] = row
        session.add(row)
    for key, row in rows.items():
        found = seen.get(key, STOPPED)
        if row.state is not found.state:
            row.state, row.since = found.state, now()
        row.reason = found.reason
