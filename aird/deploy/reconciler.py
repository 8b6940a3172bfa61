"""Makes what runs equal to what is wanted, again and again, whatever happened in between.

Each round reads which units the endpoints want, then starts and ends runtime processes (one per whole
model), loads and frees adapters in them, notes what it sees in `replicas`, and moves `serving_number` on once
the wanted unit is ready. Nothing is remembered that a later round could not find out again: a crash heals.
"""

import fcntl
import logging
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import joinedload

from aird.core.clock import now
from aird.core.db import Database
from aird.core.errors import AirdError
from aird.core.settings import Settings
from aird.deploy import placement, queries
from aird.deploy.errors import RuntimeFailed
from aird.deploy.models import Endpoint, Engine, Replica
from aird.deploy.placement import ReplicaState, RuntimeKind, Unit
from aird.deploy.process import Health, RuntimeProcess
from aird.deploy.queries import Standing
from aird.deploy.units import UnitFiles
from aird.store.artifacts import Store

log = logging.getLogger(__name__)

COMMAND = (sys.executable, "-m", "aird.runtimes.server")
LINGER_SECONDS = 30.0
"""How long an unwanted unit stays: routes may be a second old, and a quick way back is worth some memory."""


@dataclass
class Failure:
    """Failures in a row, and when the next attempt may be made (monotonic seconds)."""

    count: int = 0
    not_before: float = 0.0
    reason: str = ""

    def again(self, reason: str) -> None:
        """Note one more."""
        self.count += 1
        self.reason = reason
        self.not_before = time.monotonic() + placement.pause_seconds(self.count)


@dataclass(frozen=True)
class Seen:
    """What a round saw of a unit."""

    state: ReplicaState
    reason: str = ""
    pid: int | None = None
    address: str | None = None


class Reconciler:
    """The loop and the children it holds. One at a time per data folder: a second one waits for the lock."""

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
        self._command, self._linger = command, linger
        self._files = UnitFiles(store, settings.home / "units")
        self._processes: dict[str, RuntimeProcess] = {}
        self._failures: dict[str, Failure] = {}
        self._unwanted_since: dict[str, float] = {}
        self._noted: dict[str, Seen] | None = None
        self._wake, self._ending = threading.Event(), threading.Event()
        self._lock_file: IO[bytes] | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin the loop in a thread of its own."""
        self._thread = threading.Thread(target=self._loop, name="reconciler", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """Have the next round begin at once."""
        self._wake.set()

    def stop(self) -> None:
        """End the loop and every child."""
        self._ending.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join()
        else:
            self._close()

    def _loop(self) -> None:
        try:
            while not self._ending.is_set():
                try:
                    self.reconcile()
                except Exception:
                    log.exception("The endpoints could not be reconciled; the next round tries again.")
                self._wake.wait(self._settings.reconcile_seconds)
                self._wake.clear()
        finally:
            self._close()

    def _close(self) -> None:
        self._files.close()
        for process in self._processes.values():
            process.end()
        self._processes.clear()
        if self._lock_file is not None:
            self._note([], {})
            self._lock_file.close()
            self._lock_file = None

    def reconcile(self) -> None:
        """One round. Does nothing while another process holds the data folder."""
        if not self._have_lock():
            return
        with self._database.read() as session:
            standings = queries.standings(session)
        wanted = placement.wanted(each for found in standings for each in found.resident)
        if self._noted is None:
            self._files.remove_others(wanted.keys() | {unit.base for unit in wanted.values()})
        healths = self._healths()
        for base in {unit.base for unit in wanted.values()} - healths.keys():
            self._begin(base)
        seen = {unit.digest: self._bring_up(unit, healths.get(unit.base)) for unit in wanted.values()}
        self._note(standings, seen)
        self._tidy(wanted, healths)

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

    def _healths(self) -> dict[str, Health]:
        """How every process is; those that ended or cannot load are cleared away, and a pause is kept."""
        healths = {}
        for base, process in list(self._processes.items()):
            ended = process.ended()
            health = Health("failed", ended) if ended else process.health()
            if health.state == "failed":
                log.error("runtime %s: %s", base, health.reason)
                self._failures.setdefault(base, Failure()).again(health.reason)
                del self._processes[base]
                process.end()
                continue
            if health.state == "ready" and process.age() > placement.LONGEST_PAUSE:
                self._failures.pop(base, None)
            healths[base] = health
        return healths

    def _begin(self, base: str) -> None:
        """Start the process of a whole model, unless its files are on their way or a pause is to be kept."""
        folder = self._folder(base)
        if folder is None:
            return
        home, threads = self._settings.home, self._settings.runtime_threads
        self._processes[base] = RuntimeProcess(
            base, folder, command=self._command, run=home / "run", logs=home / "logs", threads=threads
        )

    def _folder(self, digest: str) -> Path | None:
        """The files of a unit, None while they are fetched or a pause is to be kept."""
        if self._pausing(digest):
            return None
        try:
            return self._files.folder(digest)
        except (AirdError, OSError) as error:
            self._failures.setdefault(digest, Failure()).again(f"The files cannot be fetched: {error}")
            return None

    def _pausing(self, digest: str) -> bool:
        failure = self._failures.get(digest)
        return failure is not None and time.monotonic() < failure.not_before

    def _bring_up(self, unit: Unit, health: Health | None) -> Seen:
        """Load the unit if its process can take it, and say where it stands."""
        process = self._processes.get(unit.base)
        failed = self._failures.get(unit.base)
        if process is None:
            if failed is not None:
                return Seen(ReplicaState.FAILED, failed.reason)
            self._folder(unit.digest)  # fetched beside its base
            return Seen(ReplicaState.STARTING, "The files are being fetched.")
        if health is None or health.state != "ready":
            why = f"Starting again. {failed.reason}" if failed else "The model is being loaded."
            return Seen(ReplicaState.STARTING, why, process.pid)
        if unit.digest not in health.units and not self._load(unit, process):
            problem = self._failures.get(unit.digest)
            state = ReplicaState.FAILED if problem else ReplicaState.STARTING
            return Seen(state, problem.reason if problem else "The files are being fetched.", process.pid)
        return Seen(ReplicaState.READY, "", process.pid, process.address)

    def _load(self, unit: Unit, process: RuntimeProcess) -> bool:
        folder = self._folder(unit.digest)
        if folder is None:
            return False
        try:
            process.load(unit.digest, folder)
        except RuntimeFailed as error:
            log.error("unit %s: %s", unit.digest, error)
            self._failures.setdefault(unit.digest, Failure()).again(error.message)
            return False
        self._failures.pop(unit.digest, None)
        return True

    def _note(self, standings: Sequence[Standing], seen: dict[str, Seen]) -> None:
        """Write what changed since the last round, and move endpoints on to what has become ready."""
        moved = [
            (each.endpoint.id, each.endpoint.current_number)
            for each in standings
            if each.current is not None
            and each.endpoint.serving_number != each.endpoint.current_number
            and seen.get(each.current.unit.digest, STOPPED).state is ReplicaState.READY
        ]
        if seen != self._noted or moved:
            bases = {each.unit.digest: each.unit.base for s in standings for each in (s.current, s.serving) if each}
            self._write(seen, bases, moved)
            self._noted = dict(seen)

    def _write(self, seen: dict[str, Seen], bases: dict[str, str], moved: Sequence[tuple[UUID, int | None]]) -> None:
        with self._database.write() as session:
            engines = {row.base: row for row in session.scalars(select(Engine))}
            query = select(Replica).options(joinedload(Replica.engine))
            rows = {row.unit: row for row in session.scalars(query)}
            for digest in seen.keys() - rows.keys():
                engine = engines.get(bases[digest])
                if engine is None:
                    engine = Engine(base=bases[digest], runtime=RuntimeKind.HF, number=0, since=now())
                    engines[bases[digest]] = engine
                    session.add(engine)
                rows[digest] = Replica(unit=digest, engine=engine, state=ReplicaState.STARTING, since=now())
                session.add(rows[digest])
            for digest, row in rows.items():
                found = seen.get(digest, STOPPED)
                if row.state is not found.state:
                    row.state, row.since = found.state, now()
                row.reason = found.reason
                if found.pid is not None:
                    row.engine.pid, row.engine.state = found.pid, ReplicaState.READY
                if found.address is not None:
                    row.engine.address = f"unix:{found.address}"
            for endpoint_id, number in moved:
                session.execute(
                    update(Endpoint)
                    .where(Endpoint.id == endpoint_id, Endpoint.current_number == number)
                    .values(serving_number=number)
                )

    def _tidy(self, wanted: dict[str, Unit], healths: dict[str, Health]) -> None:
        """Free units and end processes that nobody has wanted for a while."""
        bases = {unit.base for unit in wanted.values()}
        for digest in self._failures.keys() - wanted.keys() - bases:
            del self._failures[digest]
        for base, health in healths.items():
            for digest in health.units - {base}:
                if self._is_over(digest, digest in wanted) and self._processes[base].free(digest):
                    self._files.remove(digest)
            if self._is_over(base, base in bases) and not health.in_flight:
                self._processes.pop(base).end()
                for digest in health.units | {base}:
                    self._files.remove(digest)

    def _is_over(self, digest: str, wanted: bool) -> bool:
        if wanted:
            self._unwanted_since.pop(digest, None)
            return False
        return time.monotonic() - self._unwanted_since.setdefault(digest, time.monotonic()) >= self._linger


STOPPED = Seen(ReplicaState.STOPPED)
