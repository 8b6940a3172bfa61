"""What follows from the way an attempt ended."""

from datetime import timedelta

import pytest

from aird.jobs.lifecycle import (
    FINAL,
    MOVES,
    Again,
    FailureClass,
    GivenUp,
    JobState,
    after_death,
    after_shortage,
    allowed,
    classify,
    death,
)


def test_a_succeeded_job_never_moves_again() -> None:
    assert not any(allowed(JobState.SUCCEEDED, state) for state in JobState)
    assert allowed(JobState.FAILED, JobState.QUEUED)


def test_every_state_is_reachable_and_listed() -> None:
    reachable = {new for moves in MOVES.values() for new in moves}
    assert set(MOVES) == reachable == set(JobState)
    assert JobState.RUNNING not in FINAL


def test_a_death_is_followed_by_another_attempt_while_there_are_any() -> None:
    assert isinstance(after_death(2, 3, "it fell"), Again)
    last = after_death(3, 3, "it fell")
    assert isinstance(last, GivenUp)
    assert (last.code, "it fell" in last.message) == ("gave_up", True)


@pytest.mark.parametrize(("attempt", "seconds"), [(1, 60), (2, 120), (3, 240), (20, 3600)])
def test_a_shortage_holds_the_job_longer_each_time(attempt: int, seconds: int) -> None:
    outcome = after_shortage(attempt, 30, "storage_full", "The disk is full.")
    assert outcome == Again("Held: The disk is full.", timedelta(seconds=seconds))


def test_a_shortage_ends_with_its_own_error_when_attempts_are_used_up() -> None:
    assert after_shortage(3, 3, "database_unavailable", "Gone.") == GivenUp("database_unavailable", "Gone.")
    assert isinstance(after_shortage(3, 3, "storage_full", "Full."), Again)  # there may be room again


def test_a_death_is_told_in_words() -> None:
    assert death(None, 9) == "the process was killed by signal 9"
    assert "exit code 3" in death(3, None)
    assert "host" in death(None, None)


def test_what_follows_a_death_depends_on_its_class() -> None:
    assert isinstance(after_death(1, 3, "no memory", FailureClass.OOM), Again)
    assert isinstance(after_death(2, 3, "no memory", FailureClass.OOM), GivenUp)  # a third would not fit either
    hosts = after_death(1, 3, "the machine was full", FailureClass.HOST_OOM)
    assert isinstance(hosts, Again)
    assert hosts.delay == timedelta(seconds=60)
    codes = {each: after_death(3, 3, "gone", each).code for each in FailureClass}  # type: ignore[union-attr]
    assert {each for each, code in codes.items() if code == "poison"} == {FailureClass.ABORT, FailureClass.TIMEOUT}


@pytest.mark.parametrize(
    ("code", "signal", "oom", "expected"),
    [
        (None, None, False, FailureClass.INFRA),
        (None, 9, True, FailureClass.HOST_OOM),
        (None, 9, False, FailureClass.ABORT),
        (None, 6, True, FailureClass.ABORT),
        (3, None, False, FailureClass.ABORT),
    ],
)
def test_the_class_of_a_silent_end(code: int | None, signal: int | None, oom: bool, expected: FailureClass) -> None:
    assert classify(code, signal, host_oom=oom) is expected
