"""What can go wrong between a merge recipe and its job."""

from aird.core.errors import Refused


class NoPlaceForChild(Refused):
    """The recipe does not say where its child is filed"""


class ParentNotUsable(Refused):
    """This version cannot be a parent of a merge"""


class SearchNotPossible(Refused):
    """The search cannot be carried out"""


class PlanStops(Refused):
    """The check before the run says no"""


class NotMerged(Refused):
    """This version did not come from a merge"""


class NotDerivable(Refused):
    """Nothing of this kind can be made from this version"""


class ExportDiffers(Refused):
    """The export does not answer as the version it was made from"""


class EdgeMissing(Refused):
    """The edge runtime is not installed here"""
