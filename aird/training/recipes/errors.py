"""Why a recipe refuses to start, or stops.

Refused
├── NothingToLearn      no item can be used
├── DivergedLoss        the loss became NaN or infinite
├── TokenizersDiffer    teacher and student do not share one tokenizer
└── SettingsDoNotFit    the settings contradict the given models
"""

from aird.core.errors import Refused


class NothingToLearn(Refused):
    """No item can be used for training"""


class DivergedLoss(Refused):
    """The training diverged"""


class TokenizersDiffer(Refused):
    """Teacher and student have different tokenizers"""


class SettingsDoNotFit(Refused):
    """The settings do not fit the models given"""
