"""Fixtures of the job tests: order a job as a person, run a worker as a thread or as a process."""

import contextlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from aird.auth import queries as auth
from aird.core.schemas import Schema
from aird.core.settings import settings_env
from aird.jobs import inline, registry, service
from aird.jobs.models import Job
from aird.testing import World
from aird.worker import Worker

TASKS = "tests.jobs.sample_tasks"
ROOT = Path(__file__).parents[2]


def eventually(check: Callable[[], object], seconds: float = 90.0) -> None:
    """Wait until `check` gives something true."""
    until = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.02)


@dataclass
class Desk:
    """Where jobs are ordered and looked at; `start` gives a worker process of its own."""

    world: World
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def order(self, kind: str, spec: Schema, *, session: Session | None = None, **more: Any) -> UUID:
        """A job of the support department, ordered by sam; in a transaction of its own unless one is given."""
        if session is None:
            with self.world.database.write() as own:
                return self.order(kind, spec, session=own, **more)
        sam = auth.actor_of(session, auth.get_person(session, "sam"))
        support = auth.get_department(session, "support").id
        return service.enqueue(session, sam, kind, spec, title="a test", department_id=support, **more).id

    def job(self, job_id: UUID) -> Job:
        """The job as it is now."""
        with self.world.database.read() as session:
            return session.get_one(Job, job_id)

    def run(self) -> Job | None:
        """Run the next job in this process."""
        registry.load([TASKS])
        return inline.run_next(self.world.database, self.world.store, self.world.settings)

    def wait(self, job_id: UUID, state: str, seconds: float = 90.0) -> Job:
        """Until the job has this state."""
        eventually(lambda: self.job(job_id).state == state or self.job(job_id).is_final, seconds)
        job = self.job(job_id)
        assert job.state == state, job.reason
        return job

    def cancel(self, job_id: UUID) -> None:
        """Cancel as sam."""
        with self.world.database.write() as session:
            service.cancel(session, self.world.actor("sam"), session.get_one(Job, job_id))

    def start(self) -> subprocess.Popen[bytes]:
        """A worker as a process."""
        code = (
            "from aird.core.settings import Settings; from aird.worker import main;"
            f"raise SystemExit(main(Settings(), modules=[{TASKS!r}]))"
        )
        env = settings_env(self.world.settings) | {"PYTHONPATH": str(ROOT)}
        self.processes.append(subprocess.Popen([sys.executable, "-c", code], env=env, cwd=ROOT))
        return self.processes[-1]


@pytest.fixture
def desk(world: World) -> Iterator[Desk]:
    opened = Desk(world)
    yield opened
    for process in opened.processes:
        process.kill()
        process.wait()


@pytest.fixture
def worker(desk: Desk) -> Iterator[Worker]:
    """A worker as a thread of this process; its attempts are real processes."""
    world, stop = desk.world, threading.Event()
    running = Worker(world.database, world.store, world.settings, modules=[TASKS])
    thread = threading.Thread(target=running.run_until, args=[stop])
    thread.start()
    yield running
    stop.set()
    thread.join(20)
    assert not thread.is_alive()


def living(mark: str) -> list[int]:
    """The PIDs of living processes with `mark` on their command line."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            dead = (path / "stat").read_text().rpartition(")")[2].split()[0] in "ZX"
            if not dead and mark.encode() in (path / "cmdline").read_bytes() and int(path.name) != os.getpid():
                found.append(int(path.name))
    return found
