"""One attempt on a machine of a cluster: `python -m aird.jobs.executors.remote JOB ATTEMPT SEAT MODULE...`.

Seat 0 is the attempt itself; the others are the machines that work on it with the first (aird/jobs/nodes.py).

Nobody holds a pipe to it, so it records by itself what it says, and looks whether it still holds the job: an attempt
that lost its lease, because its worker died or the network was cut, ends itself. It reads aird's settings as they are
on this machine. Its exit status is that of child.py.
"""

import contextlib
import fcntl
import os
import queue
import signal
import struct
import sys
import termios
import threading
import time
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from aird.core.db import Database
from aird.core.settings import Settings
from aird.jobs import events, registry
from aird.jobs.executors import child, containment
from aird.jobs.executors.process import task_environment
from aird.jobs.lifecycle import JobState
from aird.jobs.messages import Log, Progress, log_line
from aird.jobs.models import Job
from aird.jobs.runner import assist_attempt, run_attempt
from aird.store.artifacts import open_store

PAUSE = 0.5  # seconds between two recordings
LONGEST_FLUSH = 30.0  # seconds; a database that does not answer must not keep a job from ending
LAST_WORDS = 5.0  # seconds that a task without a lease has to clean up


class DatabaseReporter:
    """Records what the attempt says, in a thread of its own: the task may be in the middle of a transaction."""

    def __init__(self, database: Database, settings: Settings, job_id: UUID, attempt: int) -> None:
        self._database, self._job_id, self._attempt = database, job_id, attempt
        self._said: queue.Queue[Log | Progress | threading.Event] = queue.Queue()
        self._look_every = settings.lease_seconds / 3
        self._look_at = time.monotonic() + self._look_every
        self._outputs: list[int] = []
        self._redirected: list[int] = []
        self._readers: list[threading.Thread] = []
        self._closing = False
        self._thread = threading.Thread(target=self._work, name="reporter", daemon=True)
        self._thread.start()

    def send(self, message: Log | Progress) -> None:
        """Record it soon."""
        self._said.put(message)

    def flush(self) -> None:
        """Return when everything sent and printed is recorded, or the database does not answer for long."""
        sys.stdout.flush()
        sys.stderr.flush()
        until = time.monotonic() + 1
        while any(map(_unread, self._outputs)) and time.monotonic() < until:
            time.sleep(0.01)
        done = threading.Event()
        self._said.put(done)
        done.wait(LONGEST_FLUSH)

    def close(self) -> None:
        """Record the rest, half a line at the end of the output too, and end."""
        sys.stdout.flush()
        sys.stderr.flush()
        with open(os.devnull, "w") as null:
            for descriptor in self._redirected:
                os.dup2(null.fileno(), descriptor)
        for reader in self._readers:
            reader.join(1)
        self.flush()
        self._closing = True
        self._thread.join(LONGEST_FLUSH)

    def redirect(self, descriptor: int, stream: str) -> None:
        """Make lines of the log of what this process and its children write to the descriptor."""
        output, given = os.pipe()
        os.dup2(given, descriptor)
        os.close(given)
        self._outputs.append(output)
        self._redirected.append(descriptor)
        self._readers.append(threading.Thread(target=self._read, args=[output, stream], name=stream, daemon=True))
        self._readers[-1].start()

    def _read(self, output: int, stream: str) -> None:
        with open(output, encoding="utf-8", errors="replace", newline="\n", closefd=False) as lines:
            for line in lines:
                self.send(log_line(line, stream))

    def _work(self) -> None:
        waiting: list[Log | Progress] = []
        while not (self._closing and self._said.empty() and not waiting):
            flushed = self._collect(waiting)
            with contextlib.suppress(DBAPIError, PoolTimeout):  # the next round tries again
                if waiting:
                    with self._database.write() as session:
                        events.record_messages(session, self._job_id, self._attempt, waiting)
                    waiting.clear()
                if time.monotonic() >= self._look_at:
                    self._look()
            for each in flushed:
                each.set()

    def _collect(self, waiting: list[Log | Progress]) -> list[threading.Event]:
        """What was said within a pause, added to `waiting`; ends at once when somebody waits for a flush."""
        until, flushed = time.monotonic() + PAUSE, list[threading.Event]()
        while not flushed and (left := until - time.monotonic()) > 0:
            with contextlib.suppress(queue.Empty):
                said = self._said.get(timeout=left)
                if isinstance(said, threading.Event):
                    flushed.append(said)
                else:
                    waiting.append(said)
        return flushed

    def _look(self) -> None:
        """End this process when the attempt no longer holds the job."""
        self._look_at = time.monotonic() + self._look_every
        mine = select(Job.id).where(Job.id == self._job_id, Job.attempt == self._attempt, Job.state == JobState.RUNNING)
        with self._database.read() as session:
            if session.scalar(mine) is not None or self._closing:
                return
        print("This attempt no longer holds its job and ends.", file=sys.__stderr__, flush=True)
        threading.Thread(target=_end, daemon=True).start()


def _end() -> None:
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(LAST_WORDS)
    containment.kill_all(containment.descendants(os.getpid()))
    os._exit(128 + signal.SIGTERM)


def _unread(descriptor: int) -> bool:
    """Whether something was written that nobody has read yet."""
    answer = fcntl.ioctl(descriptor, termios.FIONREAD, struct.pack("i", 0))
    return bool(struct.unpack("i", answer)[0])


def main(job_id: UUID, attempt: int, seat: int, modules: Sequence[str]) -> int:
    """Run the attempt; returns the exit status."""
    containment.set_name("aird-job")
    settings = Settings()
    os.environ.update(task_environment(settings))
    signal.signal(signal.SIGTERM, child.raise_stopped)
    containment.adopt_orphans()
    registry.load(modules)
    database = Database.open(settings.db_url())
    reporter = DatabaseReporter(database, settings, job_id, attempt)
    reporter.redirect(1, "stdout")
    reporter.redirect(2, "stderr")
    try:
        return child.guarded(lambda: _work(database, settings, job_id, attempt, seat, reporter))
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        containment.kill_all(containment.descendants(os.getpid()))
        reporter.close()
        database.engine.dispose()


def _work(
    database: Database, settings: Settings, job_id: UUID, attempt: int, seat: int, reporter: DatabaseReporter
) -> None:
    store = open_store(settings, database)
    if seat:
        assist_attempt(database, store, settings, job_id, attempt, seat, reporter)
    else:
        run_attempt(database, store, settings, job_id, attempt, reporter)


if __name__ == "__main__":
    sys.exit(main(UUID(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:]))
