"""What can go wrong with rollouts."""

from aird.core.errors import BadInput, Conflict, NotFound, Refused


class RolloutNotFound(NotFound):
    """There is no such rollout"""


class RolloutOpen(Conflict):
    """Another version is being tried on this endpoint"""


class RolloutEnded(Conflict):
    """This rollout has ended"""


class NothingToCompareWith(Refused):
    """Nothing answers on this endpoint yet"""


class NothingNew(Refused):
    """These files are what the endpoint has already"""


class StepsUnreadable(BadInput):
    """The steps of a rollout do not go up"""


class NotACanary(Refused):
    """A shadow has no share of the callers"""


class JudgeNotFound(Refused):
    """There is no endpoint that could judge"""


class PairNotFound(NotFound):
    """There is no such pair of answers"""


class PairJudged(Conflict):
    """This pair has been judged"""


class NotAgreed(Refused):
    """Those whose questions are copied have to agree"""
