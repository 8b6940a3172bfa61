"""The states of a job and what follows from the way an attempt ended. Pure."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class JobState(StrEnum):
    """Where a job stands."""

    QUEUED = "queued"  # waits for other jobs, for `not_before`, or for room
    RUNNING = "running"  # a worker holds a lease on it
    SUCCEEDED = "succeeded"
    FAILED = "failed"  # its own error, or its attempts are used up
    CANCELLED = "cancelled"


FINAL = frozenset({JobState.SUCCEEDED, JobState.FAILED, JobState.CANCELLED})

MOVES: dict[JobState, frozenset[JobState]] = {
    JobState.QUEUED: frozenset({JobState.RUNNING, JobState.CANCELLED, JobState.FAILED}),  # failed: what it waited for
    JobState.RUNNING: frozenset({JobState.QUEUED, *FINAL}),
    JobState.SUCCEEDED: frozenset(),
    JobState.FAILED: frozenset({JobState.QUEUED}),  # somebody asked for another try
    JobState.CANCELLED: frozenset({JobState.QUEUED}),
}

HOLD = timedelta(seconds=60)
LONGEST_HOLD = timedelta(hours=1)


def allowed(old: JobState, new: JobState) -> bool:
    """Whether a job may go from `old` to `new`."""
    return new in MOVES[old]


@dataclass(frozen=True)
class Again:
    """The job goes back to the queue, for `delay` out of reach."""

    reason: str
    delay: timedelta = timedelta(0)


@dataclass(frozen=True)
class GivenUp:
    """The job ends as failed."""

    code: str
    message: str


def after_death(attempt: int, max_attempts: int, reason: str) -> Again | GivenUp:
    """What follows when an attempt's process ended without a result: one more attempt while there are any."""
    if attempt < max_attempts:
        return Again(f"Attempt {attempt} of {max_attempts} ended early: {reason}. It is tried again.")
    return GivenUp("gave_up", f"Given up after {attempt} attempts; the last one ended early: {reason}.")


def after_shortage(attempt: int, max_attempts: int, code: str, message: str) -> Again | GivenUp:
    """What follows when something outside was missing (disk, database, store): a longer pause after each attempt."""
    if attempt < max_attempts:
        return Again(f"Held: {message}", min(HOLD * 2 ** (attempt - 1), LONGEST_HOLD))
    return GivenUp(code, message)


def death(code: int | None, signal: int | None) -> str:
    """How a process ended, in words; both None when its host was lost with it."""
    if signal is not None:
        return f"the process was killed by signal {signal}"
    if code is None:
        return "the process was lost together with its host"
    return f"the process ended with exit code {code} and without a result"
