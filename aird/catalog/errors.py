"""What can go wrong in the catalog."""

from aird.core.errors import Conflict, NotFound, NotPermitted, Refused


class ModelNotFound(NotFound):
    """There is no such model"""


class VersionNotFound(NotFound):
    """There is no such version"""


class ModelExists(Conflict):
    """There is a model of this name already"""


class VersionExists(Conflict):
    """These very bytes are a version of this model already"""


class NotReproducible(Refused):
    """This version cannot be made again"""


class MoveNotAllowed(Conflict):
    """The version cannot go from its state to that one"""


class BaseNeeded(Refused):
    """An adapter needs to say which base it belongs to"""


class NotABase(Refused):
    """This version cannot serve as a base"""


class GatedModel(NotPermitted):
    """The owners of this model have not given you access to its weights"""


class AccessRequestNotFound(NotFound):
    """This person has not asked for access"""


class AccessDecided(Conflict):
    """The request is in that state already"""


class AliasNotFound(NotFound):
    """The model has no such alias"""


class AliasProtected(Refused):
    """A protected alias moves through an approval only"""


class AliasRefused(Refused):
    """The alias cannot point there"""


class ModelNotEmpty(Conflict):
    """A model that has versions is not deleted"""


class SuccessorRefused(Refused):
    """This version cannot succeed that one"""


class FileNotFound(NotFound):
    """The version has no such file"""


class NotShownAsText(Refused):
    """This file is not shown as text"""


class CardRefused(Refused):
    """The model card cannot be read

    `params["field"]` is the place in the card.
    """
