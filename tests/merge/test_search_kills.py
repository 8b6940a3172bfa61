"""A search is killed, and a search is cancelled, while a real worker runs it."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import func, select

from aird.core.settings import settings_env
from aird.jobs import service as jobs
from aird.jobs.models import Job
from aird.merge.models import MergeTrial
from tests.jobs.conftest import ROOT, eventually
from tests.jobs.test_kills import tree
from tests.merge.test_searches import ITEMS, USELESS, order, parents, read, told
from tests.tiny import Workshop

__all__ = ["parents"]

pytestmark = [pytest.mark.slow, pytest.mark.postgres]

TRIALS = 40
SPACE: dict[str, Any] = {
    "methods": ["linear", "tsv", "ties"],
    "scales": [0.5, 1.0, 2.0],
    "weights": True,
    "trials": TRIALS,
}


@pytest.fixture
def worker(workshop: Workshop) -> Iterator[subprocess.Popen[bytes]]:
    """A worker as a process; its attempts are processes below it."""
    code = (
        "from aird.core.settings import Settings; from aird.worker import main;"
        "raise SystemExit(main(Settings(), modules=['aird.merge.tasks']))"
    )
    env = settings_env(workshop.world.settings) | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    with subprocess.Popen([sys.executable, "-c", code], env=env, cwd=ROOT) as process:
        yield process
        process.kill()


def job_now(workshop: Workshop, job: Job) -> Job:
    with workshop.world.database.read() as session:
        return session.get_one(Job, job.id)


def tried(workshop: Workshop, job: Job) -> int:
    """How many trials have begun."""
    with workshop.world.database.read() as session:
        query = select(func.count()).where(MergeTrial.job_id == job.id, MergeTrial.number >= 0)
        return session.scalar(query) or 0


def test_a_killed_search_goes_on_and_ends_as_one_that_nobody_killed(
    workshop: Workshop, worker: subprocess.Popen[bytes]
) -> None:
    workshop.suite(exam=USELESS, dev=ITEMS)
    killed = order(workshop, **SPACE)
    for begun in (2, 6):  # twice, in the midst of what it does, unless it has ended before
        eventually(lambda begun=begun: tried(workshop, killed) >= begun, 120)  # type: ignore[misc]
        attempt = job_now(workshop, killed).attempt
        for pid in tree(worker).get("aird-job", []):
            os.kill(pid, signal.SIGKILL)
        eventually(
            lambda attempt=attempt: job_now(workshop, killed).attempt > attempt or job_now(workshop, killed).is_final,  # type: ignore[misc]
            120,
        )
    eventually(lambda: job_now(workshop, killed).is_final, 240)
    assert job_now(workshop, killed).state == "succeeded"
    assert job_now(workshop, killed).attempt > 1

    whole = order(workshop, **SPACE)
    eventually(lambda: job_now(workshop, whole).is_final, 240)
    assert len(told(read(workshop, whole.id))) == TRIALS
    assert told(read(workshop, killed.id)) == told(read(workshop, whole.id))


def test_a_cancelled_search_stops_and_keeps_what_it_tried(workshop: Workshop, worker: subprocess.Popen[bytes]) -> None:
    workshop.suite(exam=USELESS, dev=ITEMS)
    job = order(workshop, **{**SPACE, "trials": 1000})
    eventually(lambda: tried(workshop, job) >= 2, 120)
    with workshop.world.database.write() as session:
        jobs.cancel(session, workshop.world.actor("sam"), session.get_one(Job, job.id))
    eventually(lambda: job_now(workshop, job).is_final, 60)
    assert job_now(workshop, job).state == "cancelled"
    found = read(workshop, job.id)
    assert (found.state, found.reason) == ("cancelled", job_now(workshop, job).reason)
    assert 2 <= len(found.trials) < 1000
    assert found.best is not None
