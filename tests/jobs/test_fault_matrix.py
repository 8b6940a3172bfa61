"""Bad moments that no other test brings about: a zombie, many claims at once, clocks that are wrong, poison, no memory.
What the others are is listed in docs/jobs.md.

AIRD_TEST_FAULTS=all claims ten thousand jobs instead of a few hundred.
"""

import contextlib
import importlib.util
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlalchemy import insert, select

from aird.audit import queries as audit
from aird.audit.chain import verify
from aird.core.settings import settings_env
from aird.jobs.models import Job
from aird.worker import Worker
from tests.jobs.conftest import ROOT, TASKS, Desk, eventually
from tests.jobs.fault_tasks import Gate, Poison
from tests.jobs.sample_tasks import Echo
from tests.jobs.test_kills import published, tree

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

MODULES = [TASKS, "tests.jobs.fault_tasks"]
PATIENCE = 120.0  # seconds; nothing here waits that long unless the machine is very busy
WORKER = (
    "from aird.core.settings import Settings; from aird.worker import main;"
    f"raise SystemExit(main(Settings(), modules={MODULES!r}))"
)


def start(
    desk: Desk, environment: Mapping[str, str] | None = None, *, group: Path | None = None
) -> subprocess.Popen[bytes]:
    """A worker as a process, in a memory cgroup of its own if one is given."""
    env = settings_env(desk.world.settings) | {"PYTHONPATH": str(ROOT)} | dict(environment or {})
    command = [sys.executable, "-c", WORKER]
    if group is not None:
        command = ["sh", "-c", 'echo $$ > "$0" && exec "$@"', str(group / "cgroup.procs"), *command]
    desk.processes.append(subprocess.Popen(command, env=env, cwd=ROOT))
    return desk.processes[-1]


def gated(desk: Desk, folder: Path, *, open_to_the_next: bool = True) -> UUID:
    """A job at a gate, once it waits there."""
    folder.mkdir(exist_ok=True)
    job_id = desk.order("fault.gate", Gate(folder=str(folder), open_to_the_next=open_to_the_next))
    eventually(lambda: desk.job(job_id).stage == "waiting", PATIENCE)
    return job_id


def processes(worker: subprocess.Popen[bytes]) -> list[int]:
    return [worker.pid, *(pid for pids in tree(worker).values() for pid in pids)]


# 8: a worker that falls silent


def test_the_attempt_of_a_frozen_worker_wakes_after_its_lease_and_writes_nothing(desk: Desk, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    first = start(desk)
    job_id = gated(desk, gate)
    attempt = tree(first)["aird-job"][0]
    frozen = processes(first)
    for pid in frozen:
        os.kill(pid, signal.SIGSTOP)
    start(desk)
    job = desk.wait(job_id, "succeeded", PATIENCE)
    assert job.result == {"attempt": 2}
    assert published(desk) == 1

    (gate / "open").touch()
    os.kill(attempt, signal.SIGCONT)  # alone, so that nothing but the fence stops it
    eventually((gate / "refused").exists, PATIENCE)
    for pid in frozen:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)
    after = desk.job(job_id)
    assert (after.state, after.attempt, after.result) == ("succeeded", 2, {"attempt": 2})
    assert published(desk) == 1
    assert first.poll() is None


# 9: two schedulers


def order_many(desk: Desk, number: int, seed: int) -> set[UUID]:
    """Jobs of two kinds in one order that chance decides: one of each is ordered, the others are copies of it."""
    with desk.world.database.write() as session:
        first = {kind: desk.order(kind, Echo(), session=session) for kind in ("test.echo", "test.publish")}
    with desk.world.database.write() as session:
        patterns = [dict(row) for row in session.execute(select(Job.__table__)).mappings()]
        kinds = random.Random(seed).choices(patterns, k=number - len(first))
        copies = [{**each, "id": uuid4()} for each in kinds]
        session.execute(insert(Job.__table__), copies)
    return {*first.values(), *(each["id"] for each in copies)}


@pytest.mark.postgres
@pytest.mark.timeout(3000)
@pytest.mark.parametrize("seed", [1])
def test_two_schedulers_claim_every_job_once(desk: Desk, seed: int) -> None:
    number = 10_000 if os.environ.get("AIRD_TEST_FAULTS") == "all" else 300
    ids = order_many(desk, number, seed)
    code = (
        "import sys; from aird.core.settings import Settings; from aird.core.db import Database\n"
        "from aird.jobs import leases\n"
        "from aird.jobs.lifecycle import JobState\n"
        "from sqlalchemy.exc import OperationalError\n"
        "database, job = Database.open(Settings().db_url()), 1\n"
        "while job is not None:\n"
        "    try:\n"
        "        with database.write() as session:\n"
        "            job = leases.claim(session, sys.argv[1], lease_seconds=36_000, attempts=3)\n"
        "            if job is not None: claimed, job.state = job.id, JobState.SUCCEEDED\n"
        "    except OperationalError: continue\n"  # the other one never let go of SQLite: tried again, as a worker does
        "    if job is not None: print(claimed, flush=True)\n"
    )
    env = settings_env(desk.world.settings) | {"PYTHONPATH": str(ROOT)}
    two = [
        subprocess.Popen([sys.executable, "-c", code, name], env=env, cwd=ROOT, stdout=subprocess.PIPE)
        for name in ("a:1:1", "b:2:2")
    ]
    desk.processes.extend(two)
    claimed = [[UUID(line) for line in each.communicate()[0].decode().split()] for each in two]
    assert [each.returncode for each in two] == [0, 0]
    assert len(claimed[0]) + len(claimed[1]) == number
    assert {*claimed[0], *claimed[1]} == ids


# 10, 11: clocks that are wrong


def wrong_clock(**settings: str) -> dict[str, str]:
    """The environment of a process whose clock on the wall is wrong; its monotonic clock is right."""
    found = importlib.util.find_spec("libfaketime")
    if found is None or not found.submodule_search_locations:
        pytest.skip("libfaketime is not installed")
    library = Path(found.submodule_search_locations[0]) / "vendor/libfaketime/src/libfaketime.so.1"
    if not library.exists():
        pytest.skip("libfaketime is not built for this machine")
    return {"LD_PRELOAD": str(library), "FAKETIME_DONT_FAKE_MONOTONIC": "1", "DONT_FAKE_MONOTONIC": "1",
            "FAKETIME_NO_CACHE": "1", "FAKETIME_FORCE_MONOTONIC_FIX": "0", "NO_FAKE_STAT": "1", **settings}  # fmt: skip


def time_of(environment: Mapping[str, str]) -> float:
    """The time in seconds that a process with this environment believes it is."""
    said = subprocess.run(
        [sys.executable, "-c", "import time; print(time.time())"],
        env={**os.environ, **environment}, capture_output=True, check=True,
    )  # fmt: skip
    return float(said.stdout)


@pytest.mark.postgres
@pytest.mark.parametrize(("clock", "seconds"), [("+365d", 365 * 86_400), ("-1h", -3600)])
def test_a_worker_whose_clock_is_wrong_steals_no_lease_and_loses_none(
    desk: Desk, tmp_path: Path, clock: str, seconds: int
) -> None:
    if desk.world.database.engine.dialect.name == "sqlite":
        pytest.skip("SQLite means one machine, and that has one clock: see the test of a clock that jumps")
    environment = wrong_clock(FAKETIME=clock)
    assert abs(time_of(environment) - time.time() - seconds) < 600
    desk.world.settings.lease_seconds, desk.world.settings.workers = 60.0, 1
    start(desk)
    right = gated(desk, tmp_path / "right", open_to_the_next=False)
    start(desk, environment)
    wrong = gated(desk, tmp_path / "wrong", open_to_the_next=False)  # the other one has no place left
    (tmp_path / "wrong/open").touch()
    desk.wait(wrong, "succeeded", PATIENCE)
    for _ in range(3):
        desk.wait(desk.order("test.echo", Echo()), "succeeded", PATIENCE)
    (tmp_path / "right/open").touch()
    desk.wait(right, "succeeded", PATIENCE)
    assert (desk.job(right).attempt, desk.job(wrong).attempt) == (1, 1)
    assert published(desk) == 2
    assert in_order(desk)


@pytest.mark.parametrize("jump", ["+365d", "-1h"])
def test_a_clock_that_jumps_costs_no_attempt(desk: Desk, tmp_path: Path, jump: str) -> None:
    clock = tmp_path / "clock"
    clock.write_text("+0")
    environment = wrong_clock(FAKETIME_TIMESTAMP_FILE=str(clock))
    desk.world.settings.lease_seconds = 60.0
    start(desk, environment)
    job_id = gated(desk, tmp_path / "gate", open_to_the_next=False)
    other = tmp_path / "new"
    other.write_text(jump)
    other.rename(clock)
    assert abs(time_of(environment) - time.time()) > 3000
    for _ in range(3):
        desk.wait(desk.order("test.echo", Echo()), "succeeded", PATIENCE)
    (tmp_path / "gate/open").touch()
    job = desk.wait(job_id, "succeeded", PATIENCE)
    assert job.result == {"attempt": 1}
    assert published(desk) == 1
    assert in_order(desk)


def in_order(desk: Desk) -> bool:
    """Whether the audit log is whole; its order is that of its numbers, not of its times."""
    with desk.world.database.read() as session:
        return verify(audit.links(session), []).sound


# 20: poison


@contextlib.contextmanager
def working(desk: Desk) -> Iterator[None]:
    stop = threading.Event()
    worker = Worker(desk.world.database, desk.world.store, desk.world.settings, modules=MODULES)
    thread = threading.Thread(target=worker.run_until, args=[stop])
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(60)
        assert not thread.is_alive()


def test_poison_is_in_quarantine_after_three_attempts_and_other_jobs_are_done(desk: Desk) -> None:
    desk.world.settings.lease_seconds = 60.0
    with working(desk):
        poison = {how: desk.order("fault.poison", Poison(how=how)) for how in ("segfault", "abort", "exit")}
        fine = [desk.order("test.echo", Echo()) for _ in range(3)]
        for each in fine:
            assert desk.wait(each, "succeeded", PATIENCE).attempt == 1
        for how, job_id in poison.items():
            job = desk.wait(job_id, "failed", PATIENCE)
            assert (job.attempt, job.error_code, job.failure) == (3, "poison", "abort"), how


def test_a_job_without_an_end_is_in_quarantine_after_three_attempts_and_the_worker_goes_on(desk: Desk) -> None:
    desk.world.settings.lease_seconds, desk.world.settings.job_hours = 60.0, 1 / 3600
    with working(desk):
        job = desk.wait(desk.order("fault.poison", Poison(how="loop")), "failed", PATIENCE)
        assert (job.attempt, job.error_code, job.failure) == (3, "poison", "timeout")
        desk.world.settings.job_hours = 1.0
        desk.wait(desk.order("test.echo", Echo()), "succeeded", PATIENCE)


# 21: the machine has no memory left


@pytest.fixture
def small_machine() -> Iterator[Path]:
    """A memory cgroup of 768 MiB."""
    places = {Path("/sys/fs/cgroup/memory"): "memory.limit_in_bytes", Path("/sys/fs/cgroup"): "memory.max"}
    for parent, limit in places.items():
        group = parent / f"aird-test-{os.getpid()}"
        with contextlib.suppress(OSError):
            group.mkdir()
            try:
                if not (group / limit).exists():
                    continue
                (group / limit).write_text(str(768 * 1024 * 1024))
                yield group
                return
            finally:
                eventually(partial(removed, group), 30)
    pytest.skip("no memory cgroup can be made here (needs root and the memory controller)")


def removed(group: Path) -> bool:
    """Remove the cgroup, killing what is in it."""
    for pid in (group / "cgroup.procs").read_text().split():
        with contextlib.suppress(ProcessLookupError):
            os.kill(int(pid), signal.SIGKILL)
    try:
        group.rmdir()
    except OSError:
        return False
    return True


def test_a_job_that_eats_the_machine_is_ended_by_the_kernel_and_the_worker_lives(
    small_machine: Path, desk: Desk
) -> None:
    desk.world.settings.lease_seconds = 60.0
    worker = start(desk, group=small_machine)
    eater = desk.order("fault.poison", Poison(how="memory"))
    eventually(lambda: desk.job(eater).failure is not None, PATIENCE)
    job = desk.job(eater)
    assert (job.state, job.failure, job.attempt) == ("queued", "host_oom", 1)
    assert "ran out of memory" in job.reason
    assert job.not_before is not None  # not at once again
    desk.wait(desk.order("test.echo", Echo()), "succeeded", PATIENCE)
    assert worker.poll() is None
