"""What can go wrong with exams and gates."""

from aird.core.errors import Conflict, NotFound, Refused


class SuiteNotFound(NotFound):
    """There is no such suite"""


class GateNotFound(NotFound):
    """There is no such gate"""


class SuiteExists(Conflict):
    """There is a suite of this name already"""


class GateExists(Conflict):
    """The department has a gate of this name already"""


class SuiteRefused(Refused):
    """These items cannot be an exam"""


class GateRefused(Refused):
    """This gate could never be checked"""


class NothingToMeasure(Refused):
    """An evaluation needs a version and a suite"""


class RunNotFound(NotFound):
    """There is no such run"""


class NothingToCompare(Refused):
    """There is no other run that this one could be held against"""


class TaskRefused(Refused):
    """This lm-evaluation-harness task cannot become an exam"""


class JudgeNotFit(Refused):
    """The judge does not agree with the known verdicts"""


class ComparisonRefused(Refused):
    """These two versions cannot be compared like this"""


class HarnessMissing(Refused):
    """This worker has no lm-evaluation-harness installed"""


class EdgeRuntimeMissing(Refused):
    """This worker has no edge runtime installed"""
