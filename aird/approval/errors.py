"""What can go wrong with a signature."""

from aird.core.errors import Conflict, NotFound, NotPermitted, Refused


class ApprovalNotFound(NotFound):
    """There is no such approval"""


class NotACandidate(Conflict):
    """Only a measured version in service can be asked for"""


class ApprovalPending(Conflict):
    """This version waits for its signature on this endpoint already"""


class NotPending(Conflict):
    """This was decided already"""


class ChangesWanted(Conflict):
    """Changes were asked for first"""


class NothingToRenew(Conflict):
    """This needs no asking again"""


class SealChanged(Conflict):
    """This is not what was looked at"""


class ApprovalVoid(Conflict):
    """This approval no longer stands"""


class DigestChanged(Conflict):
    """These are not the bytes that were asked for"""


class OwnRequest(NotPermitted):
    """Nobody signs what they asked for or made"""


class AdminMayNotSign(NotPermitted):
    """An admin signs nothing"""


class GateFailed(Refused):
    """The version does not pass the department's gates"""


class DifferencesNotAccepted(Refused):
    """The version differs from its base in ways that nobody has accepted"""


class PlaceNotNamed(Refused):
    """An approval is for one endpoint or for one alias"""


class RequestElsewhere(Refused):
    """The request is another department's"""


class VersionElsewhere(Refused):
    """The version is another model's"""
