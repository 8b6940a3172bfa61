"""What can go wrong with a career plan."""

from aird.core.errors import Conflict, NotFound, Refused


class PlanNotFound(NotFound):
    """There is no such career plan"""


class PlanRefused(Refused):
    """This career plan cannot be carried out

    `params["key"]` is the place in the plan, `params["reason"]` a stable word for the cause.
    """

    def __init__(self, message: str, *, reason: str, key: str = "") -> None:
        super().__init__(message, reason=reason, key=key)


class PlanMoveNotAllowed(Conflict):
    """The plan's state does not allow this"""
