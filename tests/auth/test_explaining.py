"""Why somebody may do something, or why not."""

from uuid import uuid4

import pytest

from aird.auth.explaining import AccessReason, explain
from aird.auth.permissions import Actor, Grant, Permission, Role

SUPPORT, FINANCE = uuid4(), uuid4()
LEAD, EVERYWHERE = Grant(Role.LEAD, SUPPORT), Grant(Role.STAFF, None)


@pytest.mark.parametrize(
    ("grants", "permission", "where", "reason"),
    [
        ((LEAD,), Permission.ASK_APPROVAL, SUPPORT, AccessReason.GRANTED),
        ((EVERYWHERE,), Permission.WRITE_MODELS, FINANCE, AccessReason.GRANTED),
        ((LEAD,), Permission.ASK_APPROVAL, FINANCE, AccessReason.OTHER_DEPARTMENT),
        ((LEAD,), Permission.ASK_APPROVAL, None, AccessReason.OTHER_DEPARTMENT),
        ((LEAD,), Permission.WRITE_MODELS, SUPPORT, AccessReason.NO_ROLE_GIVES_IT),
        ((), Permission.READ_MODELS, SUPPORT, AccessReason.NO_ROLE_AT_ALL),
        ((LEAD, Grant(Role.ADMIN, None)), Permission.DECIDE_APPROVAL, SUPPORT, AccessReason.ADMINS_SIGN_NOTHING),
    ],
)
def test_one_thing_decides(
    grants: tuple[Grant, ...], permission: Permission, where: object, reason: AccessReason
) -> None:
    found = explain(Actor(uuid4(), "kim", grants), permission, where)  # type: ignore[arg-type]
    assert (found.reason, found.allowed) == (reason, reason is AccessReason.GRANTED)


def test_what_gives_the_right_is_named_and_where_else_it_holds() -> None:
    kim = Actor(uuid4(), "kim", (LEAD, Grant(Role.STAFF, FINANCE)))
    here = explain(kim, Permission.ASK_APPROVAL, SUPPORT)
    assert (here.given_by, here.elsewhere) == ((LEAD,), (FINANCE,))
    assert explain(kim, Permission.WRITE_MODELS, SUPPORT).elsewhere == (FINANCE,)
    assert Role.STAFF in explain(kim, Permission.WRITE_MODELS, SUPPORT).roles_that_give


def test_a_closed_account_may_nothing_and_keeps_its_roles() -> None:
    kim = Actor(uuid4(), "kim", (EVERYWHERE,))
    found = explain(kim, Permission.WRITE_MODELS, SUPPORT, active=False)
    assert (found.allowed, found.reason) == (False, AccessReason.ACCOUNT_CLOSED)
    assert explain(kim, Permission.WRITE_MODELS, SUPPORT).allowed
