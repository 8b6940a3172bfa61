"""What can go wrong with endpoints."""

from aird.core.errors import BadInput, Conflict, NotFound, Refused, Unavailable


class EndpointNotFound(NotFound):
    """There is no such endpoint"""


class EndpointExists(Conflict):
    """There is an endpoint of this name already"""


class NothingNamed(BadInput):
    """The request names nothing to deploy"""


class VersionNotApproved(Refused):
    """Only an approved version can be deployed"""


class NotCleared(Refused):
    """This version was not approved for this endpoint"""


class DigestNotApproved(Conflict):
    """The version's files are not the ones that were named"""


class EdgeOnly(Refused):
    """This version runs on devices, not behind an endpoint"""


class NotOneModel(BadInput):
    """These two do not make one model to serve"""


class NothingToRollBack(Conflict):
    """There is nothing to go back to"""


class EndpointNotReady(Unavailable):
    """The endpoint does not answer right now"""


class RuntimeFailed(Unavailable):
    """The runtime process does not do what it should"""


class EngineLost(RuntimeFailed):
    """The engine on the cluster is gone"""


class ModelNotServed(NotFound):
    """There is no such endpoint to call"""

    code = "model_not_found"


class LedgerNotWritten(Unavailable):
    """What was used could not be noted"""


class ChipNotThere(BadInput):
    """No machine offers this chip"""
