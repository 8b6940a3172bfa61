"""Why somebody may do something, or why not, and who could change that. Pure."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from aird.auth.permissions import RIGHTS, Actor, Grant, Permission, Role, allowed


class AccessReason(StrEnum):
    """The one thing that decides; stable and translatable."""

    GRANTED = "granted"
    ACCOUNT_CLOSED = "account_closed"
    ADMINS_SIGN_NOTHING = "admins_sign_nothing"
    OTHER_DEPARTMENT = "other_department"  # the right is theirs, but not there
    NO_ROLE_GIVES_IT = "no_role_gives_it"  # they have roles, and none of them gives it
    NO_ROLE_AT_ALL = "no_role_at_all"


@dataclass(frozen=True)
class Explanation:
    """What decides; `given_by` gives the right there, `elsewhere` are departments in which it is theirs."""

    allowed: bool
    reason: AccessReason
    given_by: tuple[Grant, ...]
    elsewhere: tuple[UUID, ...]
    roles_that_give: tuple[Role, ...]


def explain(actor: Actor, permission: Permission, department_id: UUID | None, *, active: bool = True) -> Explanation:
    """Whether the person may do this in the department (None: in the whole organisation), and what decides it."""
    giving = [grant for grant in actor.grants if permission in RIGHTS[grant.role]]
    here = tuple(grant for grant in giving if grant.department_id in (None, department_id))
    elsewhere = tuple(grant.department_id for grant in giving if grant.department_id and grant not in here)
    may = active and allowed(actor, permission, department_id)
    return Explanation(
        allowed=may,
        reason=_reason(actor, may=may, active=active, here=bool(here), elsewhere=bool(elsewhere)),
        given_by=here if may else (),
        elsewhere=elsewhere,
        roles_that_give=tuple(role for role in Role if permission in RIGHTS[role]),
    )


def _reason(actor: Actor, *, may: bool, active: bool, here: bool, elsewhere: bool) -> AccessReason:
    if not active:
        return AccessReason.ACCOUNT_CLOSED
    if may:
        return AccessReason.GRANTED
    if here:
        return AccessReason.ADMINS_SIGN_NOTHING
    if elsewhere:
        return AccessReason.OTHER_DEPARTMENT
    return AccessReason.NO_ROLE_GIVES_IT if actor.grants else AccessReason.NO_ROLE_AT_ALL
