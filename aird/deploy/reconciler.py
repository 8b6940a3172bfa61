"""Makes what runs equal to what is wanted, again and again, whatever happened in between.

Each round reads which units the endpoints want, then starts and ends engines (as many for each whole model as its most
demanding endpoint asks for), has adapters loaded and forgotten in every one of them, notes what it sees in `engines`
and `replicas`, and moves `serving_number` on once every engine that is up holds the wanted unit. No engine is started
anew for an adapter. Nothing is remembered that a later round could not find out again: a crash heals.
"""

import fcntl
import logging
import socket
import threading
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import IO

from sqlalchemy import select

from aird.core.db import Database
from aird.core.errors import AirdError
from aird.core.settings import Settings
from aird.deploy import children, placement, queries
from aird.deploy.alarm import Alarm
from aird.deploy.drivers.hf import COMMAND
from aird.deploy.engines import Engines
from aird.deploy.fleet import Fleet, Held, Place, Seen
from aird.deploy.models import Engine
from aird.deploy.notes import EngineSeen, Notes, Round
from aird.deploy.opening import Opening
from aird.deploy.placement import Demand, Pool, ReplicaState, RuntimeKind
from aird.deploy.queries import Standing
from aird.deploy.remote import Remote
from aird.deploy.units import UnitFiles
from aird.store.artifacts import Store

log = logging.getLogger(__name__)

LINGER_SECONDS = 30.0
"""How long an unwanted unit stays: routes may be a second old, and a quick way back is worth some memory."""


class Reconciler:
    """The loop and the engines it holds. One at a time per data folder: a second one waits for the lock."""

    def __init__(
        self,
        database: Database,
        store: Store,
        settings: Settings,
        *,
        command: Sequence[str] = COMMAND,
        linger: float = LINGER_SECONDS,
    ) -> None:
        self._database, self._settings = database, settings
        self._alarm = Alarm()
        self._files = UnitFiles(store, settings.home / "units", self._alarm.ring)
        self._fleet = Fleet(linger, self._alarm)
        self._engines = Engines(settings, command)
        self._remote: Remote | None = None
        self._opening = Opening(database, self._fleet, self._engines)
        self._notes = Notes(database)
        self._ending = threading.Event()
        self._lock_file: IO[bytes] | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin the loop in a thread of its own. Raises ExecutorNotUsable when engines cannot run where they are to."""
        self._reach_cluster()
        self._thread = threading.Thread(target=self._loop, name="reconciler", daemon=True)
        self._thread.start()

    def _reach_cluster(self) -> None:
        if self._settings.engines == "ray" and self._remote is None:
            self._remote = Remote(self._settings, self._database)
            self._opening = Opening(self._database, self._fleet, self._engines, self._remote)

    def wake(self) -> None:
        """Have the next round begin at once."""
        self._alarm.ring()

    def stop(self) -> None:
        """End the loop and every child."""
        self._ending.set()
        self._alarm.ring()
        if self._thread is not None:
            self._thread.join()
        else:
            self._close()

    def _loop(self) -> None:
        try:
            while not self._ending.is_set():
                try:
                    self.reconcile()
                    self._fleet.rest(self._settings.reconcile_seconds)
                except Exception:
                    log.exception("The endpoints could not be reconciled; the next round tries again.")
                    self._alarm.rest(self._settings.reconcile_seconds)
        finally:
            self._close()

    def _close(self) -> None:
        self._files.close()
        far = {place for place, held in self._fleet.held.items() if held.instance.end is not None}
        self._fleet.close()
        if self._remote is not None:
            self._remote.close()
        if self._lock_file is not None:
            self._notes.write(self._notes.part_of_last(far))
            self._lock_file.close()
            self._lock_file = None
        self._alarm.close()

    def reconcile(self) -> None:
        """One round. Does nothing while another process holds the data folder."""
        if not self._have_lock():
            return
        with self._database.read() as session:
            keep = timedelta(hours=self._settings.keep_loaded_hours)
            standings = queries.standings(session, keep=keep, runtime=RuntimeKind(self._settings.runtime))
        demand = placement.demand(each for found in standings for each in found.resident)
        if self._notes.last is None:
            self._take_over(demand)
        self._fleet.look()
        found = Round()
        for pool, wanted in demand.items():
            self._bring_up(pool, wanted, found)
        self._keep_what_still_answers(demand, found)
        found.moved = [(s.endpoint.id, s.endpoint.current_number) for s in standings if _has_arrived(s, found)]
        self._notes.write(found)
        self._tidy(demand, found)

    def _have_lock(self) -> bool:
        if self._lock_file is not None:
            return True
        run = self._settings.home / "run"
        run.mkdir(parents=True, exist_ok=True, mode=0o700)
        file = (run / "reconciler.lock").open("ab")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            return False
        self._lock_file = file
        return True

    def _take_over(self, demand: Mapping[Pool, Demand]) -> None:
        """End what an earlier run left here, find what it left on a cluster, and free the disk."""
        self._reach_cluster()
        if self._remote is not None:
            for place in self._remote.left():
                if place[0] not in demand or place[1] >= demand[place[0]].replicas:
                    self._remote.stop(place)
        self._files.remove_others(_units(demand))
        here = socket.gethostname()
        with self._database.read() as session:
            left = session.execute(
                select(Engine.pid, Engine.birth).where(Engine.pid.is_not(None), Engine.host == here)
            ).all()
        for row in left:
            if row.pid is not None and children.end_leftover(row.pid, row.birth):
                log.warning("An engine of an earlier run was still there and was ended: process %s.", row.pid)

    def _bring_up(self, pool: Pool, wanted: Demand, found: Round) -> None:
        """Every engine of a pool, and every unit in it."""
        outside = self._engines.outside(pool.base) if pool.runtime is RuntimeKind.VLLM else []
        attached = [at for at, each in self._fleet.held.items() if at[0] == pool and each.instance.is_others]
        for number in range(max(len(outside), len(attached)) or wanted.replicas):
            place = (pool, number)
            waits = ""
            if place not in self._fleet.held:
                address = outside[number] if number < len(outside) else None
                waits = self._opening.begin(place, wanted, self._folder, address)
            elif self._remote is not None:
                self._opening.still_there(self._fleet.held[place])
            engine = self._fleet.held.get(place)
            folder = self._opening.files(place, wanted, self._folder)
            found.engines[place] = seen = self._seen(place, engine, waits)
            for unit in wanted.units:
                if engine is not None:
                    found.replicas[place, unit] = self._fleet.bring_up(engine, unit, folder)
                    continue
                if self._remote is None:
                    self._folder(unit)  # fetched beside its base
                found.replicas[place, unit] = Seen(seen.state, seen.reason)

    def _seen(self, place: Place, held: Held | None, waits: str) -> EngineSeen:
        failed = self._fleet.failures.reason(place)
        if held is None:
            if failed:
                return EngineSeen(ReplicaState.FAILED, failed)
            return EngineSeen(ReplicaState.STARTING, waits)
        ready = held.status.state == "ready"
        why = "" if ready else f"Starting again. {failed}" if failed else "The model is being loaded."
        child = held.instance.child
        return EngineSeen(
            ReplicaState.READY if ready else ReplicaState.STARTING, why, child.pid if child else None,
            child.birth if child else "", held.instance.address, socket.gethostname() if child else "",
            held.status.version, held.took >> 24 << 24,
        )  # fmt: skip

    def _folder(self, digest: str) -> Path | None:
        """The files of a unit, None while they are fetched or a pause is to be kept."""
        if self._fleet.failures.pausing(digest):
            return None
        try:
            folder = self._files.folder(digest)
        except (AirdError, OSError) as error:
            self._fleet.failures.note(digest, f"The files cannot be fetched: {error}")
            return None
        if folder is not None:
            self._fleet.failures.forget(digest)
        return folder

    def _keep_what_still_answers(self, demand: Mapping[Pool, Demand], found: Round) -> None:
        """Engines that are not wanted any more answer for their units until those are ready where they are wanted."""
        wanted = {unit for each in demand.values() for unit in each.units}
        ready = {unit for (_, unit), seen in found.replicas.items() if seen.state is ReplicaState.READY}
        for place, held in self._fleet.held.items():
            if place in found.engines or held.status.state != "ready":
                continue
            kept = (wanted - ready) & held.status.units
            if kept:
                found.engines[place] = self._seen(place, held, "")
                found.replicas.update({(place, unit): Seen(ReplicaState.READY) for unit in kept})

    def _tidy(self, demand: Mapping[Pool, Demand], found: Round) -> None:
        """Have units forgotten and end engines that nobody has wanted for a while."""
        units = _units(demand)
        for place, held in list(self._fleet.held.items()):
            wanted = found.engines.get(place)
            if wanted is not None:
                self._fleet.forget(held, {unit for at, unit in found.replicas if at == place})
            self._fleet.end_if_over(held, wanted=wanted is not None)
        for unit in self._files.kept() - units - self._fleet.uses():
            self._files.remove(unit)
        self._fleet.failures.keep_only(lambda key: _is_wanted(key, units, found))


def _units(demand: Mapping[Pool, Demand]) -> set[str]:
    """Every digest whose files are wanted."""
    return {unit for wanted in demand.values() for unit in wanted.units} | {pool.base for pool in demand}


def _is_wanted(key: object, units: set[str], found: Round) -> bool:
    """Whether a failure is still of interest: of a unit, an engine, or a unit in an engine."""
    if isinstance(key, str):
        return key in units
    return isinstance(key, tuple) and key[:2] in found.engines


def _has_arrived(standing: Standing, found: Round) -> bool:
    """Whether every engine that is up holds the unit that is wanted, and the endpoint has not moved on to it yet."""
    current = standing.current
    if current is None or current.barred or standing.endpoint.serving_number == standing.endpoint.current_number:
        return False
    up = [
        found.replicas.get((place, current.unit.digest))
        for place, engine in found.engines.items()
        if place[0] == current.pool and engine.state is ReplicaState.READY
    ]
    return bool(up) and all(seen is not None and seen.state is ReplicaState.READY for seen in up)
