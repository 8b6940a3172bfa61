"""What can go wrong when answers are compared."""

from aird.core.errors import Conflict, NotFound, Refused


class AnswerNotFound(NotFound):
    """There is no such answer"""


class AnswerNotYours(NotFound):
    """The answer was given to somebody else"""


class NothingToPrefer(Refused):
    """These answers cannot be compared"""


class VoteNotAboutRequest(Refused):
    """The vote says nothing about what the request was given"""


class AcceptanceUnexplained(Conflict):
    """Those who tried it preferred something else"""
