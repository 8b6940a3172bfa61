"""The process of one attempt, right after the fork: its own session, its own database connection, its own output."""

import faulthandler
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from uuid import UUID

from sqlalchemy import select

from aird.core.db import Database
from aird.core.settings import Settings
from aird.jobs.executors import containment
from aird.jobs.executors.devices import confine
from aird.jobs.messages import Flush, Log, Progress, Started, encode
from aird.jobs.models import Job, Machine
from aird.jobs.queue import seats_of
from aird.jobs.runner import run_attempt
from aird.store.artifacts import open_store

KEPT_SIGNALS = frozenset({signal.SIGTERM, signal.SIGUSR1, signal.SIGINT})
LONGEST_FLUSH = 10.0  # seconds; a worker that does not answer must not keep a job from ending


class Stopped(BaseException):
    """The worker wants this attempt to end; raised wherever the task is, so that its clean-up runs."""


class PipeReporter:
    """Sends what the attempt says to the worker."""

    def __init__(self, report: socket.socket) -> None:
        self._report = report
        self._turn = threading.Lock()

    def send(self, message: Log | Progress | Started) -> None:
        """One line; waits while the worker is busy."""
        with self._turn:
            self._report.sendall(encode(message))

    def flush(self) -> None:
        """Return when the worker has recorded everything sent and printed, or does not answer in time."""
        sys.stdout.flush()
        sys.stderr.flush()
        with self._turn:
            self._report.sendall(encode(Flush()))
            self._report.settimeout(LONGEST_FLUSH)
            try:
                self._report.recv(1)
            except TimeoutError:
                return
            finally:
                self._report.settimeout(None)


def main(job_id: UUID, attempt: int, descriptors: list[int], *, own_namespace: bool) -> int:
    """Run the attempt; returns the exit status."""
    os.setsid()
    signal.signal(signal.SIGTERM, raise_stopped)
    signal.signal(signal.SIGUSR1, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, KEPT_SIGNALS)
    report, stdout, stderr = descriptors
    _redirect(stdout, stderr)
    containment.set_name("aird-job")
    _prefer_for_oom()
    with socket.socket(fileno=report) as channel:
        channel.set_inheritable(False)
        reporter = PipeReporter(channel)
        reporter.send(Started(containment.proc_pid()))
        if own_namespace:
            containment.mount_own_proc()
        return _run(job_id, attempt, reporter)


def _run(job_id: UUID, attempt: int, reporter: PipeReporter) -> int:
    settings = Settings()
    database = Database.open(settings.db_url())
    with database.read() as session:
        job = session.get_one(Job, job_id)
        chips = session.scalars(select(Machine.chips).where(Machine.worker == job.worker)).all()
    confine(seats_of(job.seats), machine_has_chips=any(chips))
    try:
        return guarded(
            lambda: run_attempt(database, open_store(settings, database), settings, job_id, attempt, reporter)
        )
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        database.engine.dispose()


def guarded(attempt: Callable[[], None]) -> int:
    """Run the attempt; the exit status that tells how it ended."""
    try:
        attempt()
    except Stopped:
        return 128 + signal.SIGTERM
    except SystemExit as request:
        return request.code if isinstance(request.code, int) else int(request.code is not None)
    except BaseException:
        sys.excepthook(*sys.exc_info())
        return 1
    return 0


def raise_stopped(_number: int, _frame: FrameType | None) -> None:
    """The handler of SIGTERM."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise Stopped


def _redirect(stdout: int, stderr: int) -> None:
    null = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((null, 0), (stdout, 1), (stderr, 2)):
        os.dup2(source, target)
        os.close(source)
    sys.stdout = os.fdopen(1, "w", buffering=1, encoding="utf-8", errors="replace", closefd=False)
    sys.stderr = os.fdopen(2, "w", buffering=1, encoding="utf-8", errors="replace", closefd=False)
    faulthandler.enable(file=sys.stderr)


def _prefer_for_oom() -> None:
    """When memory runs out, the kernel should take the job, not the server."""
    if containment.LINUX:
        Path("/proc/self/oom_score_adj").write_text("500")
