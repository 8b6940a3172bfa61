"""What can go wrong with requests."""

from aird.core.errors import Conflict, NotFound, Refused


class RequestNotFound(NotFound):
    """There is no such request"""


class RequestMoveNotAllowed(Conflict):
    """The request cannot go from its state to that one"""


class RequestSent(Conflict):
    """The request is no draft any more"""


class TooFewExamples(Refused):
    """There are too few examples to try versions on"""


class NothingOffered(Conflict):
    """The offer has no such option"""


class TrialsUnderWay(Conflict):
    """Versions are being tried on the examples already"""


class NothingToTry(Conflict):
    """There is no version to try"""


class EndpointNeeded(Refused):
    """The endpoint is missing"""
