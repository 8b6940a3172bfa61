"""A merge that is killed, or whose disk is full, at one system call after the other: no half version, and the next try
comes out as if nothing had happened.

Twelve moments are tried in every run, spread over all there are; AIRD_TEST_FAULTS=all tries each.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import select, update

from aird.catalog.models import Version
from aird.core.db import Database
from aird.jobs.models import Job
from aird.merge import service as merge
from aird.merge.schemas import MergeBody
from aird.server import scrub
from aird.store.artifacts import open_store
from aird.testing import World, test_settings
from tests.e2e.processes import ROOT, eventually
from tests.e2e.test_kill import MERGE, Orders

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(900)]

TRIED = 12
CHANGING = (
    "openat,write,pwrite64,fsync,fdatasync,rename,renameat,renameat2,unlink,unlinkat,mkdir,link,linkat,ftruncate,chmod,"
    "fchmodat"
)
"""The calls that change what lies on the disk, `openat` where it makes a file."""
CALL = re.compile(r"^(?:\[pid\s+\d+\] )?([a-z0-9]+)\(")


@dataclass
class Server:
    """The process that forks for each job, and the strace beside the fork."""

    process: subprocess.Popen[str]

    def run(self, home: Path, *options: str) -> int:
        """Do the oldest job in `home` under strace with these options; gives the exit code, -9 when it was killed."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        print(home, file=self.process.stdin, flush=True)
        pid = int(self.process.stdout.readline())
        eventually(lambda: _state(pid) in "Tt", 20)
        watcher = None
        if options:
            command = ["strace", "-qq", "-f", "-e", f"trace={CHANGING}", *options, "-p", str(pid)]
            watcher = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
            eventually(lambda: _tracer(pid) or watcher.poll() is not None, 20)
            if watcher.poll() is not None:
                os.kill(pid, signal.SIGKILL)
                self.process.stdout.readline()
                pytest.skip(f"system calls cannot be watched here: {watcher.communicate()[1]}")
        os.kill(pid, signal.SIGCONT)
        code = int(self.process.stdout.readline())
        if watcher is not None:
            watcher.communicate(timeout=20)
        return code


def _state(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def _tracer(pid: int) -> bool:
    found = re.search(r"TracerPid:\s*(\d+)", Path(f"/proc/{pid}/status").read_text())
    return found is not None and found[1] != "0"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed")
    env = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    with subprocess.Popen(
        [sys.executable, "-m", "tests.e2e.one_job"],
        cwd=ROOT, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield Server(process)
        process.kill()


@dataclass
class Case:
    """An instance with one merge in its queue, to be copied for each moment; and how the merge comes out."""

    template: Path
    folder: Path
    server: Server
    digest: str = ""

    def copy(self, name: str) -> Path:
        home = self.folder / name
        shutil.copytree(self.template, home)
        return home

    def moments(self) -> list[tuple[str, int]]:
        """(call, which one of its kind) of all that changes the disk, from the first file in the store on."""
        log = self.folder / "calls"
        home = self.copy("whole")
        assert self.server.run(home, "-o", str(log)) == 0
        self.digest = outcome(home)[1][0]
        lines = [line.split(maxsplit=1)[1] for line in log.read_text().splitlines()]
        counts: Counter[str] = Counter()
        found: list[tuple[str, int]] = []
        publishing = False
        for line in lines:
            call = CALL.match(line)
            if call is None:
                continue
            counts[call[1]] += 1
            publishing = publishing or f"{home}/store/tmp" in line
            if publishing and (call[1] != "openat" or "O_CREAT" in line):
                found.append((call[1], counts[call[1]]))
        shutil.rmtree(home)
        return found


def outcome(home: Path) -> tuple[str, list[str], str]:
    """The job's state, the digests of what it filed, the reason."""
    database = Database.open(test_settings(home).db_url())
    try:
        with database.read() as session:
            job = session.scalars(select(Job).where(Job.kind == "merge.run")).one()
            made = session.scalars(select(Version.artifact).where(Version.job_id == job.id)).all()
            return job.state.value, list(made), job.reason
    finally:
        database.engine.dispose()


def next_worker_may(home: Path) -> None:
    """Let the job's lease have run out, and its time have come."""
    database = Database.open(test_settings(home).db_url())
    try:
        with database.write() as session:
            past = session.scalars(select(Job.created_at).where(Job.kind == "merge.run")).one()
            session.execute(update(Job).where(Job.kind == "merge.run").values(lease_until=past, not_before=None))
            session.execute(update(Job).where(Job.kind != "merge.run").values(state="cancelled"))
    finally:
        database.engine.dispose()


def sound(home: Path) -> bool:
    """Whether every blob that the ledger knows is whole."""
    settings = test_settings(home)
    database = Database.open(settings.db_url())
    try:
        return scrub.scrub(database, open_store(settings, database)).sound
    finally:
        database.engine.dispose()


@pytest.fixture(scope="module")
def case(
    server: Server, empty_database: str, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Case:
    folder = tmp_path_factory.mktemp("faults")
    settings = test_settings(folder / "template")
    settings.home.mkdir(parents=True)
    shutil.copyfile(empty_database, settings.home / "aird.db")
    database = Database.open(settings.db_url())
    world = World(database, settings)
    Orders(world, folder / "models").prepare()
    with database.write() as session:
        merge.order_merge(session, world.actor("sam"), MergeBody(yaml=MERGE, model="support/both"))
        session.execute(update(Job).where(Job.kind != "merge.run").values(state="cancelled"))
    database.engine.dispose()
    return Case(settings.home, folder, server)


def chosen(moments: list[tuple[str, int]]) -> list[tuple[str, int]]:
    if os.environ.get("AIRD_TEST_FAULTS") == "all":
        return moments
    step = max(1, len(moments) // TRIED)
    return moments[step // 2 :: step]


def test_killed_at_any_write_of_the_publish_there_is_no_half_version_and_the_next_try_completes(case: Case) -> None:
    moments = case.moments()
    assert len(moments) > 20
    for call, number in chosen(moments):
        home = case.copy(f"kill-{call}-{number}")
        code = case.server.run(home, "-e", f"inject={call}:signal=KILL:when={number}")
        assert code == -9, f"{call} {number} was not reached"
        state, made, reason = outcome(home)
        assert (state, made) in [("running", []), ("succeeded", [case.digest])], f"{call} {number}: {reason}"
        if state == "running":
            next_worker_may(home)
            assert case.server.run(home) == 0
        assert outcome(home)[:2] == ("succeeded", [case.digest]), f"{call} {number}: {outcome(home)}"
        assert sound(home), f"{call} {number}"
        shutil.rmtree(home)


def test_out_of_disk_at_any_write_the_job_says_so_or_waits_and_the_next_try_completes(case: Case) -> None:
    moments = [(call, number) for call, number in case.moments() if call in ("openat", "write", "pwrite64", "mkdir")]
    assert len(moments) > 10
    for call, number in chosen(moments):
        home = case.copy(f"full-{call}-{number}")
        case.server.run(home, "-e", f"inject={call}:error=ENOSPC:when={number}")
        state, made, reason = outcome(home)
        assert (state in ("queued", "running") and not made) or (state, made) == ("succeeded", [case.digest]), (
            f"{call} {number}: {state} {reason}"
        )
        assert "fault in the task" not in reason, f"{call} {number}: {reason}"
        if state != "succeeded":
            next_worker_may(home)
            assert case.server.run(home) == 0
        assert outcome(home)[:2] == ("succeeded", [case.digest]), f"{call} {number}: {outcome(home)}"
        assert sound(home), f"{call} {number}"
        shutil.rmtree(home)
