"""What can go wrong with bills."""

from aird.core.errors import BadInput, Refused, TooManyRequests


class MonthUnreadable(BadInput):
    """This is not a month"""


class PriceInThePast(Refused):
    """A price cannot change what was used already"""


class BudgetSpent(TooManyRequests):
    """A budget has no room for this"""

    code = "insufficient_quota"  # as OpenAI's clients know it; trying again does not help
