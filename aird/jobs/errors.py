"""What can go wrong with a job.

LeaseLost, JobCancelled and Yielded are raised inside a running attempt, to end it; the others answer a request.
"""

from aird.core.errors import Conflict, NotFound, Refused


class JobNotFound(NotFound):
    """There is no such job"""


class JobMoveNotAllowed(Conflict):
    """The job's state does not allow this"""


class IdempotencyKeyReused(Conflict):
    """This idempotency key belongs to another job"""


class UnknownKind(Refused):
    """No task is known for this kind of job"""


class SpecNotValid(Refused):
    """The job's spec does not fit its task"""


class LeaseLost(Conflict):
    """Another attempt has taken this job over"""


class JobCancelled(Conflict):
    """The job was cancelled"""


class Yielded(Conflict):
    """The attempt has handed its place back and goes on later

    Raised by a task that saw `job.should_yield` and has written what it needs to go on: `Yielded("checkpoint at step
    120")`. The job goes back to the queue, the attempt does not count, and the next one finds the same workspace.
    """


class DependencyFailed(Conflict):
    """A job that this one waits for did not succeed"""


class NoRoom(Refused):
    """No machine of this house could ever hold this job"""


class QuotaNotValid(Refused):
    """These numbers make no quota"""


class QuotaNotFound(NotFound):
    """There is no such quota"""


class ExecutorNotUsable(Refused):
    """The settings do not fit where jobs are to run"""
