"""The tree of everything that can go wrong in a way the caller can act on.

    AirdError
    ├── BadInput            400  the request itself is malformed
    ├── NotAuthenticated    401  nobody is signed in
    ├── NotPermitted        403  the actor may not do this
    ├── NotFound            404  the thing is not there, or not visible to the actor
    ├── Conflict            409  the thing exists already, or moved on meanwhile
    ├── TooLarge            413  more bytes than the limit allows
    ├── Refused             422  well-formed, but a rule says no
    ├── TooManyRequests     429  a queue or budget is full
    ├── NotOffered          501  a protocol feature that aird does not offer
    └── Unavailable         503  a part that is needed is not there right now

A slice subclasses one of these in its `errors.py`. The first line of the docstring is the title, `code` is stable
and translatable, the message says what happened, why, and what to do next. Anything else that is raised is a bug
and answers 500.
"""

import re
from typing import Any, ClassVar


class AirdError(Exception):
    """Something went wrong"""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "error"

    def __init_subclass__(cls) -> None:
        if "code" not in cls.__dict__:
            cls.code = re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()

    def __init__(self, message: str, **params: Any) -> None:
        super().__init__(message)
        self.message = message
        self.params = params

    @classmethod
    def title(cls) -> str:
        """The first line of the class's docstring, without a full stop."""
        return (cls.__doc__ or cls.__name__).strip().splitlines()[0].rstrip(".")


class BadInput(AirdError):
    """The request is malformed"""

    status = 400


class NotAuthenticated(AirdError):
    """Nobody is signed in"""

    status = 401


class NotPermitted(AirdError):
    """You may not do this"""

    status = 403


class NotFound(AirdError):
    """There is no such thing"""

    status = 404


class Conflict(AirdError):
    """This collides with what is there"""

    status = 409


class TooLarge(AirdError):
    """This is larger than the limit"""

    status = 413


class Refused(AirdError):
    """A rule refuses this"""

    status = 422


class TooManyRequests(AirdError):
    """Too much at once"""

    status = 429


class NotOffered(AirdError):
    """This feature is not offered"""

    status = 501


class Unavailable(AirdError):
    """A needed part is not available right now"""

    status = 503


class StorageFull(AirdError):
    """The disk is full"""

    status = 507
