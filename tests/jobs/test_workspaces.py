"""Folders that outlive an attempt: found again after a kill, held by one process, gone when the job has ended."""

from pathlib import Path

import pytest

from aird.jobs import workspaces
from tests.jobs.conftest import Desk, eventually
from tests.jobs.sample_tasks import Crash


def place(desk: Desk, job_id: object) -> Path:
    return desk.world.settings.home / "scratch" / f"{job_id}-kept"


def crash(desk: Desk, how: str, until: int = 1000) -> tuple[object, str]:
    job_id = desk.order("test.kept", Crash(how=how, until_attempt=until))
    job = desk.run()
    assert job is not None
    return job_id, job.state


def test_the_next_attempt_finds_what_was_left_after_memory_ran_out(desk: Desk) -> None:
    job_id, state = crash(desk, "memory", until=2)
    assert (state, (place(desk, job_id) / "files" / "1").exists()) == ("queued", True)
    job = desk.run()
    assert job is not None
    assert job.result == {"seen": ["1"]}
    assert not place(desk, job_id).exists()


@pytest.mark.parametrize("how", ["refuse", "bug"])
def test_nothing_is_left_of_a_job_that_failed(desk: Desk, how: str) -> None:
    job_id, state = crash(desk, how)
    assert (state, place(desk, job_id).exists()) == ("failed", False)


def test_a_full_disk_is_given_its_room_back_at_once(desk: Desk) -> None:
    job_id, state = crash(desk, "disk")
    assert (state, place(desk, job_id).exists()) == ("queued", False)


def test_a_second_holder_is_sent_elsewhere_until_the_first_lets_go(desk: Desk) -> None:
    job_id = desk.order("test.kept", Crash(how="memory"))
    with workspaces.held(desk.world.settings, job_id) as first:
        assert first is not None
        with workspaces.held(desk.world.settings, job_id) as second:
            assert second is None
        workspaces.remove(desk.world.settings, job_id)
        assert first.exists()
    with workspaces.held(desk.world.settings, job_id) as again:
        assert again == first


def test_the_sweep_removes_what_belongs_to_no_living_job(desk: Desk) -> None:
    job_id, _ = crash(desk, "memory")
    database, settings = desk.world.database, desk.world.settings
    (settings.home / "scratch" / "somebody-kept").mkdir()
    with database.read() as session:
        workspaces.sweep(session, settings)
    assert place(desk, job_id).exists()
    desk.cancel(job_id)  # type: ignore[arg-type]
    with database.read() as session:
        workspaces.sweep(session, settings)
    assert not place(desk, job_id).exists()


@pytest.mark.slow
def test_a_killed_process_leaves_its_workspace_to_the_next(desk: Desk) -> None:
    desk.start()
    job_id = desk.order("test.kept", Crash(how="kill", until_attempt=3))
    assert desk.wait(job_id, "succeeded", 120).result == {"seen": ["1", "2"]}
    eventually(lambda: not place(desk, job_id).exists(), 60)
