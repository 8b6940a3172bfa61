"""What can go wrong with bills."""

from aird.core.errors import BadInput, NotFound, Refused, TooManyRequests


class MonthUnreadable(BadInput):
    """This is not a month"""


class PriceInThePast(Refused):
    """A price cannot change what was used already"""


class BudgetNotFound(NotFound):
    """There is no such budget"""


class BudgetSubjectUnknown(NotFound):
    """There is nothing of this name that a budget could cover"""


class BudgetSpent(TooManyRequests):
    """A budget has no room for this"""

    code = "insufficient_quota"  # as OpenAI's clients know it; trying again does not help
