"""What can go wrong between a caller and what they want."""

from aird.core.errors import Conflict, NotAuthenticated, NotFound, NotPermitted, Refused, TooManyRequests


class LoginFailed(NotAuthenticated):
    """The name or the password is wrong"""


class LinkUsedUp(NotAuthenticated):
    """This login link was used already or is too old"""


class TokenNotValid(NotAuthenticated):
    """This token is unknown, revoked or expired"""


class SessionEnded(NotAuthenticated):
    """Your session has ended"""


class ForgedRequest(NotPermitted):
    """This request did not come from aird's own pages"""


class DepartmentNotFound(NotFound):
    """There is no such department"""


class PersonNotFound(NotFound):
    """There is no such person"""


class TokenNotFound(NotFound):
    """There is no such token"""


class RoleNotHeld(NotFound):
    """The person does not hold this role"""


class LastAdmin(Conflict):
    """The organisation needs an admin"""


class NameTaken(Conflict):
    """This name is taken"""


class PasswordTooWeak(Refused):
    """This password is too easy to guess"""


class TooManyLogins(TooManyRequests):
    """Too many failed logins"""
