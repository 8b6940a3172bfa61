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


class FailureClass(StrEnum):
    """How an attempt failed."""

    OOM = "oom"  # its own memory, or its chip's, was not enough: one more attempt
    HOST_OOM = "host_oom"  # the machine ran out of memory and the kernel took the process: again after a pause
    ABORT = "abort"  # a crash in native code, an assertion on the chip, an exit without a result, a kill
    TIMEOUT = "timeout"  # it ran for longer than an attempt may
    DISK_FULL = "disk_full"  # held until there is room; no attempt is counted
    INFRA = "infra"  # its host, its network, the database or the store was lost: tried again
    REFUSED = "refused"  # a rule says no: nothing to try again
    ERROR = "error"  # a fault in the task


POISONOUS = frozenset({FailureClass.ABORT, FailureClass.TIMEOUT})
"""A job whose last attempt ended so is put in quarantine when its attempts are used up."""
OOM_ATTEMPTS = 2

HOLD = timedelta(seconds=60)
LONGEST_HOLD = timedelta(hours=1)
DISK_FULL = "storage_full"


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


def after_death(
    attempt: int, max_attempts: int, reason: str, failure: FailureClass = FailureClass.INFRA
) -> Again | GivenUp:
    """What follows when an attempt's process ended without a result: one more attempt while there are any."""
    if attempt < max_attempts and not (failure is FailureClass.OOM and attempt >= OOM_ATTEMPTS):
        pause = HOLD if failure is FailureClass.HOST_OOM else timedelta(0)
        return Again(f"Attempt {attempt} of {max_attempts} ended early: {reason}. It is tried again.", pause)
    if failure in POISONOUS:
        return GivenUp(
            "poison",
            f"In quarantine after {attempt} attempts; the last one ended early: {reason}. Mend it, then retry.",
        )
    return GivenUp("gave_up", f"Given up after {attempt} attempts; the last one ended early: {reason}.")


def after_shortage(attempt: int, max_attempts: int, code: str, message: str) -> Again | GivenUp:
    """What follows when something outside was missing (database, store): a longer pause after each attempt.

    A full disk is waited for as long as it takes.
    """
    if attempt < max_attempts or code == DISK_FULL:
        return Again(f"Held: {message}", min(HOLD * 2 ** min(attempt - 1, 10), LONGEST_HOLD))
    return GivenUp(code, message)


def death(code: int | None, signal: int | None) -> str:
    """How a process ended, in words; both None when its host was lost with it."""
    if signal is not None:
        return f"the process was killed by signal {signal}"
    if code is None:
        return "the process was lost together with its host"
    return f"the process ended with exit code {code} and without a result"


def classify(code: int | None, signal: int | None, *, host_oom: bool = False) -> FailureClass:
    """The class of an attempt whose process ended without saying why."""
    if signal is None and code is None:
        return FailureClass.INFRA
    return FailureClass.HOST_OOM if signal == 9 and host_oom else FailureClass.ABORT
