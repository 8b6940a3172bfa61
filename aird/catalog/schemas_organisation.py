"""Shapes of the organisation at the API."""

from aird.auth.permissions import Role
from aird.core.schemas import Schema


class RoleHolder(Schema):
    """A person in one role."""

    username: str
    display_name: str
    role: Role


class DepartmentCard(Schema):
    """A department, its people, how many of its models you may see; an `orphan` has no lead who answers for them."""

    key: str
    title: str
    sample: bool
    people: list[RoleHolder]
    models: int
    orphan: bool


class OrganisationRead(Schema):
    """Those who work for the whole house, and every department."""

    house: list[RoleHolder]
    departments: list[DepartmentCard]
