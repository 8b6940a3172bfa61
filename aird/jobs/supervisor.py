"""Keeps a worker's attempts going: claims, heartbeats, records what they say, stops and requeues.

Single-threaded and without torch. It holds no decision that another worker could not take over: everything it knows
is in the database or ends with its processes.
"""

import logging
import shutil
import threading
import time
from collections import defaultdict
from collections.abc import Callable

from sqlalchemy import select
from sqlalchemy.exc import DataError, DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from aird.core.db import Database, database_now
from aird.core.settings import Settings
from aird.jobs import events, leases, lifecycle, outcomes, workspaces
from aird.jobs.context import scratch_folder
from aird.jobs.executors.base import Executor
from aird.jobs.identity import WorkerName, is_gone
from aird.jobs.leases import Key
from aird.jobs.lifecycle import JobState
from aird.jobs.messages import Exited, Flush, Log, Progress
from aird.jobs.models import Job

log = logging.getLogger(__name__)

STOPPED = "The worker was stopped; the job goes on with the next one."
DATABASE_PAUSE = 1.0  # seconds, while the database does not answer


class Supervisor:
    """Runs at most `settings.workers` attempts at a time on one executor."""

    def __init__(self, database: Database, settings: Settings, executor: Executor) -> None:
        self.name = str(WorkerName.own())
        self._database, self._settings, self._executor = database, settings, executor
        self._said: defaultdict[Key, list[Log | Progress]] = defaultdict(list)
        self._waiting: set[Key] = set()  # attempts that wait for their Flush to be answered
        self._ended: dict[Key, Exited] = {}
        self._beat_at = 0.0
        self._stopping = False

    def run_until(self, stop: threading.Event) -> None:
        """Work until `stop` is set; then hand the running jobs back and return."""
        try:
            self._guarded(self._clean_scratch)
            while not stop.is_set():
                self._hear(self._settings.poll_seconds)
                self._guarded(self._step)
            self._drain()
        finally:
            self._executor.close()

    def _guarded(self, step: Callable[[], None]) -> bool:
        """Run a step that needs the database; when it does not answer, nothing is lost and the step comes again."""
        try:
            step()
        except (DBAPIError, PoolTimeout) as error:
            log.error("the database does not answer, trying again: %s", error)
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
        if self._look() and not self._stopping:
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
                if job is not None and self._stopping and not job.cancel_requested:
                    outcomes.give_back(session, job, STOPPED)
                elif job is not None:
                    outcomes.die(session, job, lifecycle.death(exited.code, exited.signal))
            del self._ended[key]
            shutil.rmtree(scratch_folder(self._settings, *key), ignore_errors=True)

    def _beat(self) -> None:
        """Extend our leases, stop what is no longer ours, void the leases of dead neighbours."""
        running = set(self._executor.running())
        with self._database.write() as session:
            if running:
                ours = leases.extend(session, self.name, running, lease_seconds=self._settings.lease_seconds)
                for key in running - ours:
                    self._executor.stop(key)
            gone = leases.void(session, is_gone)
        with self._database.read() as session:
            workspaces.sweep(session, self._settings)
        if gone:
            log.warning("workers that are gone, their jobs are taken over: %s", ", ".join(gone))

    def _look(self) -> bool:
        """Stop what was cancelled; whether there is a job to claim and room for it."""
        running = self._executor.running()
        room = self._executor.ready and len(running) < self._settings.workers
        with self._database.read() as session:
            if running:
                ids = {job_id: key for key in running for job_id in [key[0]]}
                cancelled = select(Job.id).where(Job.id.in_(ids), Job.cancel_requested)
                for job_id in session.scalars(cancelled):
                    self._executor.stop(ids[job_id])
            if not room:
                return False
            at = database_now(session)
            return session.scalar(select(Job.id).where(leases.claimable(at)).limit(1)) is not None

    def _claim(self) -> None:
        while self._executor.ready and len(self._executor.running()) < self._settings.workers:
            with self._database.write() as session:
                job = leases.claim(
                    session, self.name, lease_seconds=self._settings.lease_seconds,
                    attempts=self._settings.job_attempts,
                )  # fmt: skip
            if job is None:
                return
            self._executor.start((job.id, job.attempt))

    def _drain(self) -> None:
        """Hand every running job back to the queue; its attempt does not count."""
        self._stopping = True
        for key in self._executor.running():
            self._executor.stop(key)
        until = time.monotonic() + self._settings.lease_seconds
        while (self._executor.running() or self._said or self._ended) and time.monotonic() < until:
            self._hear(self._settings.poll_seconds)
            self._guarded(self._hand_back)

    def _hand_back(self) -> None:
        self._record()
        self._settle()

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
