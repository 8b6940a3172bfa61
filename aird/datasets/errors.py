"""What can go wrong with data sets.

(What is wrong with an uploaded file's content is told by `intake`.)
"""

from aird.core.errors import Conflict, NotFound, Refused


class DatasetNotFound(NotFound):
    """There is no such data set"""


class DatasetVersionNotFound(NotFound):
    """There is no such version of this data set"""


class SplitNotFound(NotFound):
    """The data set has no such split"""


class CompletionNotFound(NotFound):
    """There is no such answer"""


class DatasetExists(Conflict):
    """There is a data set of this name already"""


class DatasetVersionExists(Conflict):
    """This very content is a version of the data set already"""


class SplitNameRefused(Refused):
    """This cannot be the name of a split"""


class SplitSharesRefused(Refused):
    """Items cannot be dealt out like this"""


class UploadRefused(Refused):
    """This upload cannot become a version"""


class NothingToFreeze(Refused):
    """There is no feedback to make a version of"""


class SplitIsFixed(Conflict):
    """The data set was split before, once and for ever"""


class DatasetNotUsable(Refused):
    """Nothing may learn from this data set

    `params["why"]` is a stable word: erased, expired, consent_withdrawn, consent_unstated, leak, held_out, no_split.
    """


class DatasetErased(Refused):
    """The bytes of this version were erased"""


class TermsRefused(Refused):
    """These terms cannot be right"""


class ReportNotFound(NotFound):
    """This version has not been examined"""


class NothingToClean(Refused):
    """There is nothing to leave out"""


class NothingToPermit(Refused):
    """No near leak blocks this split"""
