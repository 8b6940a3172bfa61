"""What can go wrong with the files of a model, or while it runs.

Refused
├── ModelFolderUnusable      the base or full model cannot be loaded safely
├── AdapterUnusable          the LoRA adapter cannot be loaded or merged exactly
├── ChatTemplateUnusable     the tokenizer cannot turn messages into a prompt
└── VersionUnusable          the weights load, but answer with numbers that are not finite
BadInput
├── PromptTooLong            the prompt leaves no room for an answer
├── CacheTooSmall            the answer would need more memory than all answers together may have
└── QuestionUnusable         a field of the request is not offered or has a wrong value
NotFound
└── AdapterNotLoaded         no adapter of that name is resident
AirdError
└── EngineFailed             a bug or a full memory: the log of the process says more
Conflict
└── AdapterAlreadyLoaded     an adapter of that name is resident already
"""

from aird.core.errors import AirdError, BadInput, Conflict, NotFound, Refused


class ModelFolderUnusable(Refused):
    """The model's files cannot be used"""


class AdapterUnusable(Refused):
    """The adapter's files cannot be used"""


class ChatTemplateUnusable(Refused):
    """The tokenizer's chat template cannot be used"""


class VersionUnusable(Refused):
    """The version answers with numbers that are not finite"""


class PromptTooLong(BadInput):
    """The prompt leaves no room for an answer"""


class AdapterNotLoaded(NotFound):
    """No adapter of that name is loaded"""


class AdapterAlreadyLoaded(Conflict):
    """An adapter of that name is loaded already"""


class CacheTooSmall(BadInput):
    """The answer needs more memory than there is"""


class QuestionUnusable(BadInput):
    """A field of the request cannot be used"""


class EngineFailed(AirdError):
    """The engine failed"""
