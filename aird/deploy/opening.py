"""Before an engine is started: its files, its memory against what the machine has left, its place in a quota."""

import struct
from collections.abc import Callable
from pathlib import Path

import httpx
from sqlalchemy import select

from aird.core.db import Database
from aird.deploy import engines, notes
from aird.deploy.drivers.base import Runtime, Spec
from aird.deploy.engines import Engines
from aird.deploy.errors import EngineLost
from aird.deploy.fleet import Fleet, Held, Place
from aird.deploy.memory import Bytes
from aird.deploy.models import Engine
from aird.deploy.placement import Demand
from aird.deploy.remote import STARTING, Remote
from aird.jobs import identity, reservations
from aird.jobs.house import Seat
from aird.jobs.machines import Known
from aird.jobs.needs import Needs, Priority

KIND = "deploy.engine"
FETCHING = "The files are being fetched."


class Opening:
    """Starts engines in a fleet."""

    def __init__(self, database: Database, fleet: Fleet, drivers: Engines, remote: Remote | None = None) -> None:
        self._database, self._fleet, self._engines, self._remote = database, fleet, drivers, remote

    def begin(
        self, place: Place, wanted: Demand, folder: Callable[[str], Path | None], address: str | None = None
    ) -> str:
        """Start the engine, or say what it waits for; what fails is kept by the fleet with a pause."""
        driver = self._engines.driver(place[0].runtime)
        if self._fleet.failures.pausing(place):
            return ""
        if address is not None:
            self._fleet.held[place] = Held(place, driver, self._engines.attach(place, address))
            return ""
        if self._remote is not None:
            return self._begin_far(place, wanted, driver, self._remote)
        files = folder(place[0].base)
        if files is None:
            failed = self._fleet.failures.reason(place[0].base)
            if failed and not self._fleet.failures.reason(place):
                self._fleet.fail(place, failed)
            return FETCHING
        estimate = _estimate(driver, self._engines.spec(place, files, ()))
        refused = engines.refusal(estimate, place[0].chip, self._factor(place)) if estimate else ""
        if refused:
            self._fleet.fail(place, refused)
            return ""
        seats, waits = self._book(place, wanted, estimate)
        if waits:
            return waits
        self._fleet.start(place, driver, self._engines.spec(place, files, seats))
        return ""

    def _begin_far(self, place: Place, wanted: Demand, driver: Runtime, remote: Remote) -> str:
        """Find the engine on the cluster, or have it started there."""
        try:
            waits, address = remote.find(place)
            if address is not None:
                instance = self._engines.attach(place, address)
                instance.end = lambda: remote.stop(place)
                self._fleet.held[place] = Held(place, driver, instance)
            elif not waits:
                seats, waits = self._book(place, wanted, None)
                if not waits:
                    remote.submit(place, seats)
                    waits = STARTING
            return waits
        except (EngineLost, httpx.HTTPError, ValueError, KeyError) as error:
            self._fleet.fail(place, str(error) or type(error).__name__)
            return ""

    def still_there(self, held: Held) -> None:
        """Give up an engine that has not spoken yet when the cluster says that its keeper has ended."""
        if self._remote is None or held.instance.end is None or held.heard is not None:
            return
        try:
            self._remote.find(held.place)
        except EngineLost as lost:
            self._fleet.fail(held.place, lost.message)
            del self._fleet.held[held.place]
            held.leave()
        except (httpx.HTTPError, ValueError, KeyError):
            return

    def files(self, place: Place, wanted: Demand, here: Callable[[str], Path | None]) -> Callable[[str], Path | None]:
        """Where the units lie for this engine: here, or on its node."""
        held = self._fleet.held.get(place)
        if self._remote is None or held is None or held.instance.end is None:
            return here
        return self._remote.give(place, tuple(wanted.units), self._fleet.failures.note)

    def _factor(self, place: Place) -> float:
        """What was learned from engines of the same runtime on the same chip."""
        query = select(Engine.estimate, Engine.took).where(
            Engine.runtime == place[0].runtime, Engine.chip == place[0].chip, Engine.took.is_not(None)
        )
        with self._database.read() as session:
            measured = [(int((row.estimate or {}).get("total", 0)), row.took or 0) for row in session.execute(query)]
        return engines.correction(measured)

    def _book(self, place: Place, wanted: Demand, estimate: Bytes | None) -> tuple[tuple[Seat, ...], str]:
        """(its places, why it has none) in the quota of the first of its departments in which there is room."""
        pool, number = place
        chips = self._engines.driver(pool.runtime).width(pool.chip)
        needs = Needs(
            chips=chips, flavours=[pool.chip] if chips else [], priority=Priority.HIGH,
            memory=estimate.on_each(chips) if estimate and chips else 0,
        )  # fmt: skip
        fits = _is_here if self._remote is None else _is_far
        title, why = f"{pool.runtime} engine of {pool.base.removeprefix('sha256:')[:12]}, number {number + 1}", ""
        with self._database.write() as session:
            row = notes.engine_row(session, place)
            for department in wanted.departments:
                decision = reservations.book(session, row.id, department, needs, kind=KIND, title=title, on=fits)
                if decision.starts:
                    kept = estimate.as_dict() if estimate else None
                    notes.started(session, place, department_id=department, estimate=kept)
                    return decision.seats, ""
                why = why or decision.reason
        return (), why


def _is_here(machine: Known) -> bool:
    """Whether a child of ours can use its chips."""
    return machine.executor == "process" and identity.is_here(machine.worker)


def _is_far(machine: Known) -> bool:
    """Whether it is a node of the cluster."""
    return machine.executor == "ray"


def _estimate(driver: Runtime, spec: Spec) -> Bytes | None:
    """None when the files do not say enough; what is wrong with them shows when they are loaded."""
    try:
        return driver.estimate(spec)
    except (OSError, ValueError, KeyError, TypeError, struct.error):
        return None
