"""SIGKILL to the worker, its host, an attempt; SIGSTOP to a worker: no orphan, no lost job, nothing done twice."""

import contextlib
import os
import signal
import subprocess
import sys
import time

import pytest

from aird.audit import queries as audit
from aird.core.settings import settings_env
from aird.jobs.context import scratch_folder
from tests.jobs.conftest import ROOT, Desk, eventually, living
from tests.jobs.sample_tasks import Echo, Sleep

pytestmark = [pytest.mark.slow, pytest.mark.postgres]


@pytest.fixture
def mark(desk: Desk) -> str:
    return f"mark-{desk.world.settings.home}"


def tree(process: subprocess.Popen[bytes]) -> dict[str, list[int]]:
    """The worker's descendants by the name that ps shows."""
    found: dict[str, list[int]] = {}
    below = [process.pid]
    while below:
        children = subprocess.run(["pgrep", "-P", str(below.pop())], capture_output=True, text=True).stdout.split()
        for pid in map(int, children):
            name = subprocess.run(["ps", "-o", "comm=", "-p", str(pid)], capture_output=True, text=True).stdout
            found.setdefault(name.strip(), []).append(pid)
            below.append(pid)
    return found


def test_a_killed_worker_leaves_no_orphan_and_its_job_is_taken_again(desk: Desk, mark: str) -> None:
    desk.world.settings.lease_seconds = 300.0  # nobody waits for the lease of a worker that is known to be dead
    worker = desk.start()
    job_id = desk.order("test.family", Sleep(pid_file=mark))
    eventually(lambda: len(living(mark)) == 2)
    processes = [pid for pids in tree(worker).values() for pid in pids]
    assert len(processes) >= 5  # host, keeper, job, child, daemon

    worker.kill()
    worker.wait()
    eventually(lambda: not [pid for pid in processes if alive(pid)], 2)
    desk.start()
    job = desk.wait(job_id, "succeeded")
    assert job.result == {"attempt": 2}
    assert not scratch_folder(desk.world.settings, job_id, 1).exists()


def alive(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


@pytest.mark.parametrize("victim", ["aird-job", "aird-keeper", "aird-host"])
def test_a_killed_process_below_the_worker_costs_one_attempt(desk: Desk, mark: str, victim: str) -> None:
    worker = desk.start()
    job_id = desk.order("test.family", Sleep(pid_file=mark))
    eventually(lambda: len(living(mark)) == 2)
    before = living(mark)

    os.kill(tree(worker)[victim][0], signal.SIGKILL)
    eventually(lambda: not set(before) & set(living(mark)), 2)
    job = desk.wait(job_id, "succeeded")
    assert job.result == {"attempt": 2}
    assert worker.poll() is None


def test_another_worker_takes_over_when_one_falls_silent_and_the_zombie_publishes_nothing(desk: Desk) -> None:
    first = desk.start()
    job_id = desk.order("test.publish_twice", Sleep(seconds=6.0))
    eventually(lambda: published(desk) == 1)
    frozen = [first.pid, *(pid for pids in tree(first).values() for pid in pids)]
    for pid in frozen:
        os.kill(pid, signal.SIGSTOP)

    desk.start()
    eventually(lambda: published(desk) == 2)  # by the second attempt, once the lease of 3 s was over
    for pid in frozen:
        os.kill(pid, signal.SIGCONT)
    job = desk.wait(job_id, "succeeded", 40)
    assert job.attempt == 2
    assert published(desk) == 3
    assert first.poll() is None


def published(desk: Desk) -> int:
    with desk.world.database.read() as session:
        return len(audit.entries(session, event="test.thing.published"))


def test_a_worker_told_to_stop_ends_with_status_0_and_the_next_one_goes_on(desk: Desk) -> None:
    worker = desk.start()
    job_id = desk.order("test.sleep", Sleep())
    eventually(lambda: desk.job(job_id).stage == "sleeping")

    worker.terminate()
    assert worker.wait(10) == 0
    assert (desk.job(job_id).state, desk.job(job_id).max_attempts) == ("queued", 4)
    desk.start()
    assert desk.wait(job_id, "succeeded").result == {"attempt": 2}


def test_a_worker_ends_when_the_process_that_it_belongs_to_is_gone(desk: Desk) -> None:
    env = settings_env(desk.world.settings) | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "aird.worker"]
    with subprocess.Popen(command, env=env, stdin=subprocess.PIPE) as worker:
        assert worker.stdin is not None
        eventually(lambda: worker.poll() is not None or "aird-host" in tree(worker))
        assert worker.poll() is None
        worker.stdin.close()
        assert worker.wait(10) == 0


def test_a_job_that_is_killed_around_its_end_is_published_exactly_once(desk: Desk) -> None:
    desk.start()
    ids = [desk.order("test.publish", Echo(text=str(number))) for number in range(8)]
    until = time.monotonic() + 40
    while not all(desk.job(each).is_final for each in ids) and time.monotonic() < until:
        time.sleep(0.15)
        for pid in tree(desk.processes[-1]).get("aird-job", []):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    done = [each for each in ids if desk.job(each).state == "succeeded"]
    assert published(desk) == len(done)
