"""The one table of rights."""

from uuid import uuid4

import pytest

from aird.auth.permissions import SYSTEM, Actor, Grant, Permission, Role, allowed, allowed_somewhere

HERE, ELSEWHERE = uuid4(), uuid4()


def person(*grants: Grant) -> Actor:
    return Actor(uuid4(), "somebody", grants)


def test_a_role_counts_in_its_department_only() -> None:
    lead = person(Grant(Role.LEAD, HERE))
    assert allowed(lead, Permission.WRITE_REQUESTS, HERE)
    assert not allowed(lead, Permission.WRITE_REQUESTS, ELSEWHERE)
    assert not allowed(lead, Permission.WRITE_REQUESTS, None)
    assert allowed_somewhere(lead, Permission.WRITE_REQUESTS)


def test_a_role_for_the_organisation_counts_everywhere() -> None:
    staff = person(Grant(Role.STAFF, None))
    assert allowed(staff, Permission.RUN_JOBS, HERE)
    assert allowed(staff, Permission.RUN_JOBS, None)


def test_nobody_without_a_role_may_do_anything() -> None:
    assert not any(allowed_somewhere(person(), permission) for permission in Permission)


def test_the_system_may_do_everything() -> None:
    assert all(allowed(SYSTEM, permission, None) for permission in Permission)


@pytest.mark.parametrize("other", [Role.LEAD, Role.STAFF])
def test_an_admin_signs_nothing_whatever_other_role_they_hold(other: Role) -> None:
    assert allowed(person(Grant(other, None)), Permission.DECIDE_APPROVAL, HERE)
    assert not allowed(person(Grant(other, None), Grant(Role.ADMIN, None)), Permission.DECIDE_APPROVAL, HERE)


@pytest.mark.parametrize(
    ("role", "may", "may_not"),
    [
        (Role.LEAD, Permission.ASK_APPROVAL, Permission.RUN_JOBS),
        (Role.STAFF, Permission.RUN_JOBS, Permission.MANAGE_PEOPLE),
        (Role.ADMIN, Permission.MANAGE_PEOPLE, Permission.DECIDE_APPROVAL),
        (Role.AUDITOR, Permission.READ_AUDIT, Permission.USE_ENDPOINTS),
    ],
)
def test_what_sets_the_roles_apart(role: Role, may: Permission, may_not: Permission) -> None:
    actor = person(Grant(role, HERE))
    assert allowed(actor, may, HERE)
    assert not allowed(actor, may_not, HERE)
