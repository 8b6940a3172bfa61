"""Who keeps which version ready, and on what part of which chips: noted each minute for the ledger of engines' time.

An engine's chip is shared evenly by the units that are ready on it, and a unit by the endpoints that route to it.
"""

import logging
import threading
from collections import Counter, defaultdict

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, joinedload

from aird.core.db import Database
from aird.deploy import queries
from aird.deploy.models import Replica
from aird.deploy.placement import ReplicaState
from aird.metering import upkeep
from aird.metering.upkeep import Held

log = logging.getLogger(__name__)

NOTE_SECONDS = 60.0


def held(session: Session) -> list[Held]:
    """What endpoints keep ready now."""
    ready = select(Replica).where(Replica.state == ReplicaState.READY).options(joinedload(Replica.engine))
    replicas = list(session.scalars(ready))
    on_engine = Counter(each.engine_id for each in replicas)
    chips: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for each in replicas:
        chips[each.unit][each.engine.chip] += 1 / on_engine[each.engine_id]
    places = {
        (route.department_id, route.name, arm.unit)
        for route in queries.routes(session)
        for arm in (*route.arms, *([route.shadow] if route.shadow else []))
    }
    endpoints = Counter(unit for _, _, unit in places)
    return [
        Held(department, endpoint, unit, chip, share / endpoints[unit])
        for department, endpoint, unit in sorted(places, key=str)
        for chip, share in chips[unit].items()
    ]


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
