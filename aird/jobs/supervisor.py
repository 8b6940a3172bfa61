"""Keeps a worker's attempts going: claims, heartbeats, records what they say, stops and requeues.

Single-threaded and without torch. It holds no decision that another worker could not take over: everything it knows
is in the database or ends with its processes.
"""

import logging
import shutil
import signal
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.exc import DataError, DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session

from aird.core.db import Database, database_now, reason
from aird.core.settings import Settings
from aird.jobs import events, leases, lifecycle, machines, outcomes, workspaces
from aird.jobs.context import scratch_folder
from aird.jobs.executors.base import Executor
from aird.jobs.executors.devices import kills_for_memory
from aird.jobs.house import Seat
from aird.jobs.identity import WorkerName, is_gone
from aird.jobs.leases import Key
from aird.jobs.lifecycle import FailureClass, JobState
from aird.jobs.messages import Exited, Flush, Log, Progress
from aird.jobs.models import Job
from aird.jobs.queue import Terms, seats_of

log = logging.getLogger(__name__)

STOPPED = "The worker was stopped; the job goes on with the next one."
PREEMPTED = "Its place was wanted by a department within its share; it goes on when there is room."
BUSY_SHARE = 10  # claims that find nothing may take a tenth of the time
DATABASE_PAUSE = 1.0  # seconds, while the database does not answer


@dataclass
class _Attempt:
    """What the worker remembers of an attempt that it started."""

    seats: tuple[Seat, ...]
    began: float
    kills: int  # processes that the kernel had killed for memory by then
    overran: bool = False


class Supervisor:
    """Runs attempts on one executor, as many as its machines have places for."""

    def __init__(self, database: Database, settings: Settings, executor: Executor) -> None:
        self.name = str(WorkerName.own())
        self._database, self._settings, self._executor = database, settings, executor
        self._said: defaultdict[Key, list[Log | Progress]] = defaultdict(list)
        self._waiting: set[Key] = set()  # attempts that wait for their Flush to be answered
        self._ended: dict[Key, Exited] = {}
        self._attempts: dict[Key, _Attempt] = {}
        self._beat_at = self._claim_at = 0.0
        self._stopping = self._announced = False

    def run_until(self, stop: threading.Event) -> None:
        """Work until `stop` is set; then hand the running jobs back and return."""
        try:
            self._guarded(self._clean_scratch)
            while not stop.is_set():
                self._hear(self._settings.poll_seconds)
                if not stop.is_set():  # told to end while it heard, it claims nothing more
                    self._guarded(self._step)
            self._drain()
        finally:
            self._executor.close()
            self._guarded(self._withdraw)

    def _withdraw(self) -> None:
        with self._database.write() as session:
            machines.withdraw(session, [self.name])

    def _guarded(self, step: Callable[[], None]) -> bool:
        """Run a step that needs the database; when it does not answer, nothing is lost and the step comes again."""
        try:
            step()
        except (DBAPIError, PoolTimeout) as error:
            log.error("the database does not answer, trying again: %s", reason(error))
            time.sleep(DATABASE_PAUSE)
            return False
        return True

    def _hear(self, timeout: float) -> None:
        for key, message in self._executor.poll(timeout):
            if isinstance(message, (Log, Progress)):
                self._said[key].append(message)
            elif isinstance(message, Flush):
                self._waiting.add(key)
            elif isinstance(message, Exited):
                self._ended[key] = message

    def _step(self) -> None:
        self._record()
        self._settle()
        if time.monotonic() >= self._beat_at:
            self._beat()
            self._beat_at = time.monotonic() + self._settings.lease_seconds / 3
        if self._look() and time.monotonic() >= self._claim_at:
            self._claim()

    def _record(self) -> None:
        for key in list(self._said):
            try:
                with self._database.write() as session:
                    events.record_messages(session, *key, self._said[key])
            except DataError:
                log.exception("job %s said something that cannot be kept; it is left out", key[0])
            del self._said[key]
        while self._waiting:
            self._executor.flushed(self._waiting.pop())

    def _settle(self) -> None:
        """What follows for the jobs whose attempt has ended without saying how."""
        for key, exited in list(self._ended.items()):
            with self._database.write() as session:
                job = leases.find(session, *key)
                if job is not None:
                    self._end(session, job, exited, self._attempts.get(key))
            if exited == Exited():  # lost with its machine: say what is left before the next claim
                self._beat_at = 0.0
            del self._ended[key]
            self._attempts.pop(key, None)
            shutil.rmtree(scratch_folder(self._settings, *key), ignore_errors=True)

    def _end(self, session: Session, job: Job, exited: Exited, attempt: _Attempt | None) -> None:
        """The attempt is gone: handed back where somebody stopped it, otherwise died."""
        asked = exited.signal in (signal.SIGTERM, signal.SIGKILL)
        if self._stopping and not job.cancel_requested:
            outcomes.give_back(session, job, STOPPED)
        elif job.yield_by is not None and asked and not job.cancel_requested:
            outcomes.give_back(session, job, PREEMPTED)
        elif attempt is not None and attempt.overran:
            reason = f"it ran for longer than {self._settings.job_hours:g} hours"
            outcomes.die(session, job, reason, FailureClass.TIMEOUT)
        else:
            killed = attempt is not None and kills_for_memory() > attempt.kills
            failure = lifecycle.classify(exited.code, exited.signal, host_oom=killed)
            reason = lifecycle.death(exited.code, exited.signal)
            if failure is FailureClass.HOST_OOM:
                reason = "the machine ran out of memory and the kernel ended the process"
            outcomes.die(session, job, reason, failure)

    def _beat(self) -> None:
        """Extend our leases, stop what is no longer ours, void the leases of dead neighbours."""
        running = set(self._executor.running())
        with self._database.write() as session:
            if running:
                ours = leases.extend(session, self.name, running, lease_seconds=self._settings.lease_seconds)
                for key in running - ours:
                    self._executor.stop(key)
            gone = leases.void(session, is_gone)
            if self._executor.ready and not self._stopping:
                self._announce(session)
        with self._database.read() as session:
            workspaces.sweep(session, self._settings)
        if gone:
            log.warning("workers that are gone, their jobs are taken over: %s", ", ".join(gone))

    def _announce(self, session: Session) -> None:
        """Say what the executor offers; nothing is claimed before."""
        kind, lease = self._settings.executor, self._settings.lease_seconds
        machines.announce(session, self.name, kind, self._executor.offers(), lease_seconds=lease)
        self._announced = True

    def _look(self) -> bool:
        """Stop what was cancelled, what is to make room and what overruns; whether there is a job to claim."""
        running = self._executor.running()
        with self._database.read() as session:
            at = database_now(session)
            if running:
                self._stop_unwanted(session, running, at)
            if not self._executor.ready:
                return False
            return session.scalar(select(Job.id).where(leases.claimable(at)).limit(1)) is not None

    def _stop_unwanted(self, session: Session, running: Collection[Key], at: datetime) -> None:
        ids = {key[0]: key for key in running}
        rows = session.execute(
            select(Job.id, Job.attempt, Job.yields, Job.yield_by, Job.cancel_requested).where(Job.id.in_(ids))
        )
        for row in rows:
            key = ids[row.id]
            if row.cancel_requested or (
                row.attempt == key[1] and row.yield_by is not None and (row.yield_by <= at or not row.yields)
            ):
                self._executor.stop(key)
        for key in running:
            attempt = self._attempts.get(key)
            if attempt is not None and time.monotonic() - attempt.began > self._settings.job_hours * 3600:
                attempt.overran = True
                self._executor.stop(key)

    def _claim(self) -> None:
        if not self._announced:
            with self._database.write() as session:
                self._announce(session)
        while self._executor.ready:
            began = time.monotonic()
            terms = Terms(
                limits=self._settings.queue_limits, grace=self._settings.yield_seconds,
                lingering={key: self._attempts[key].seats for key in self._executor.running() if key in self._attempts},
            )  # fmt: skip
            with self._database.write() as session:
                job = leases.claim(
                    session, self.name, lease_seconds=self._settings.lease_seconds,
                    attempts=self._settings.job_attempts, terms=terms,
                )  # fmt: skip
            if job is None:
                self._claim_at = time.monotonic() + BUSY_SHARE * (time.monotonic() - began)
                return
            key, seats = (job.id, job.attempt), seats_of(job.seats)
            self._attempts[key] = _Attempt(seats, time.monotonic(), kills_for_memory())
            self._executor.start(key, seats)

    def _drain(self) -> None:
        """Hand every running job back to the queue, those that look for it at a checkpoint; no attempt is counted."""
        self._stopping = True
        yielding = set(self._ask_to_yield())
        began = time.monotonic()
        until = began + (self._settings.yield_seconds if yielding else 0.0)
        for key in set(self._executor.running()) - yielding:
            self._executor.stop(key)
        while (self._executor.running() or self._said or self._ended) and (
            time.monotonic() < until + self._settings.lease_seconds
        ):
            self._hear(self._settings.poll_seconds)
            self._guarded(self._hand_back)
            if time.monotonic() >= until:
                for key in self._executor.running():
                    self._executor.stop(key)

    def _ask_to_yield(self) -> list[Key]:
        """Tell the attempts that look at `should_yield`; gives them."""
        running = {key[0]: key for key in self._executor.running()}
        found: list[Key] = []

        def ask() -> None:
            with self._database.write() as session:
                until = database_now(session) + timedelta(seconds=self._settings.yield_seconds)
                rows = session.execute(
                    update(Job).where(Job.id.in_(running), Job.state == JobState.RUNNING, Job.yields)
                    .values(yield_by=until).returning(Job.id).execution_options(synchronize_session=False)
                )  # fmt: skip
                found[:] = [running[row.id] for row in rows]

        if running:
            self._guarded(ask)
        return found

    def _hand_back(self) -> None:
        self._record()
        self._settle()
        if time.monotonic() >= self._beat_at:
            self._beat()
            self._beat_at = time.monotonic() + self._settings.lease_seconds / 3

    def _clean_scratch(self) -> None:
        """Remove what attempts left behind whose worker was killed."""
        with self._database.write() as session:
            leases.void(session, is_gone)
            at = database_now(session)
            live = select(Job.id, Job.attempt).where(Job.state == JobState.RUNNING, Job.lease_until >= at)
            kept = {scratch_folder(self._settings, row.id, row.attempt).name for row in session.execute(live)}
        folder = self._settings.home / "scratch"
        for path in folder.iterdir() if folder.is_dir() else []:
            if path.name not in kept and not path.name.endswith(workspaces.SUFFIX):
                shutil.rmtree(path, ignore_errors=True)
