"""What can go wrong with bills."""

from aird.core.errors import BadInput, Refused


class MonthUnreadable(BadInput):
    """This is not a month"""


class PriceInThePast(Refused):
    """A price cannot change what was used already"""
