"""Why a recipe refuses to start, or stops.

Refused
├── NothingToLearn      no item can be used
├── DivergedLoss        the loss became NaN or infinite
├── TokenizersDiffer    teacher and student do not share one tokenizer
├── SettingsDoNotFit    the settings contradict the given models
└── OutOfMemory         not even half the micro-batch fits
Conflict
└── Paused              asked to stop for now; a checkpoint was written
"""

from aird.core.errors import Conflict, Refused


class NothingToLearn(Refused):
    """No item can be used for training"""


class DivergedLoss(Refused):
    """The training diverged"""


class TokenizersDiffer(Refused):
    """Teacher and student have different tokenizers"""


class SettingsDoNotFit(Refused):
    """The settings do not fit the models given"""


class OutOfMemory(Refused):
    """The training does not fit into memory"""


class Paused(Conflict):
    """The training was paused behind a checkpoint"""
