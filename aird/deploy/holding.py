"""Who keeps which version ready, and on what part of which chips: noted each minute for the ledger of engines' time.

An engine's chips are shared evenly by the units in it, and a unit by the endpoints that want it. Chips count from when
they were booked, so also while a model is being loaded; on the CPU an engine counts from its start.
"""

import logging
import threading
from collections import Counter, defaultdict
from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, joinedload

from aird.core.db import Database
from aird.deploy import queries
from aird.deploy.models import Engine, Replica
from aird.deploy.placement import CPU, ReplicaState
from aird.jobs import reservations
from aird.metering import upkeep
from aird.metering.upkeep import Held

log = logging.getLogger(__name__)

NOTE_SECONDS = 60.0
HELD = (ReplicaState.STARTING, ReplicaState.READY)


def held(session: Session) -> list[Held]:
    """What endpoints keep ready now, or have made ready."""
    query = select(Replica).where(Replica.state.in_(HELD)).options(joinedload(Replica.engine))
    booked = reservations.chips(session)
    replicas = [each for each in session.scalars(query) if _width(each.engine, booked)]
    on_engine = Counter(each.engine_id for each in replicas)
    chips: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for each in replicas:
        chips[each.unit][each.engine.chip] += _width(each.engine, booked) / on_engine[each.engine_id]
    places = {
        (standing.endpoint.department_id, standing.endpoint.name, placed.unit.digest)
        for standing in queries.standings(session)
        for placed in standing.resident
        if not placed.barred
    }
    endpoints = Counter(unit for _, _, unit in places)
    return [
        Held(department, endpoint, unit, chip, share / endpoints[unit])
        for department, endpoint, unit in sorted(places, key=str)
        for chip, share in chips[unit].items()
    ]


def _width(engine: Engine, booked: Mapping[UUID, int]) -> int:
    """Chips that the engine holds, or one for a machine's CPU; 0 while it waits for its place."""
    if engine.state is ReplicaState.READY:
        return booked.get(engine.id) or 1
    if engine.chip == CPU:
        return int(engine.pid is not None or bool(engine.submission))
    return booked.get(engine.id, 0)


def note_until(stop: threading.Event, database: Database) -> None:
    """Note what is held each minute until `stop`."""
    while True:
        try:
            with database.write() as session:
                upkeep.note(session, held(session))
        except SQLAlchemyError:
            log.exception("the time of engines was not noted; it is counted with the next note")
        if stop.wait(NOTE_SECONDS):
            return
