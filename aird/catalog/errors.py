"""What can go wrong in the catalog."""

from aird.core.errors import Conflict, NotFound, Refused


class ModelNotFound(NotFound):
    """There is no such model"""


class VersionNotFound(NotFound):
    """There is no such version"""


class ModelExists(Conflict):
    """There is a model of this name already"""


class VersionExists(Conflict):
    """These very bytes are a version of this model already"""


class MoveNotAllowed(Conflict):
    """The version cannot go from its state to that one"""


class BaseNeeded(Refused):
    """An adapter needs to say which base it belongs to"""


class NotABase(Refused):
    """This version cannot serve as a base"""
