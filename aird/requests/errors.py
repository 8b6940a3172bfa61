"""What can go wrong with requests."""

from aird.core.errors import Conflict, NotFound


class RequestNotFound(NotFound):
    """There is no such request"""


class RequestMoveNotAllowed(Conflict):
    """The request cannot go from its state to that one"""
