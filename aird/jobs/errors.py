"""What can go wrong with a job.

LeaseLost and JobCancelled are raised inside a running attempt, to end it; the others answer a request.
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
