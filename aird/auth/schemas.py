"""Shapes of people, departments and tokens at the API."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from aird.auth.explaining import AccessReason
from aird.auth.models import TokenKind
from aird.auth.permissions import Permission, Role
from aird.core.schemas import LARGEST, Schema

Username = Annotated[str, StringConstraints(pattern=r"^[a-z0-9](?:[a-z0-9._-]{0,61}[a-z0-9])?$")]
Key = Annotated[str, StringConstraints(pattern=r"^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$")]
Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=128)]
TokenName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=96)]


class Login(Schema):
    """A name and a password."""

    username: str = Field(max_length=64)
    password: str = Field(max_length=256)


class LinkLogin(Schema):
    """The code of a one-time login link."""

    code: str = Field(max_length=128)


class PasswordChange(Schema):
    """The old password and the one to use from now on."""

    old: str = Field(max_length=256)
    new: str = Field(max_length=256)


class DepartmentRead(Schema):
    """A department; `quota_bytes` is what its models may take, null where the house's own limit holds."""

    id: UUID
    key: str
    title: str
    quota_bytes: int | None
    sample: bool


class DepartmentCreate(Schema):
    """A new department; the key becomes the first half of its models' names. A `sample` can be taken away whole."""

    key: Key
    title: Title
    sample: bool = False


class DepartmentChange(Schema):
    """What may be changed of a department; what is absent stays.

    The quota is in bytes; null lets the house's own limit hold again.
    """

    title: Title = ""
    quota_bytes: Annotated[int, Field(ge=0, le=LARGEST)] | None = None


class RoleRead(Schema):
    """A role; department None means the whole organisation."""

    role: Role
    department: str | None = None


class PersonSummary(Schema):
    """Who somebody is."""

    id: UUID
    username: str
    display_name: str


class PersonRead(PersonSummary):
    """A person with their roles."""

    active: bool
    sample: bool
    roles: list[RoleRead]


class PersonCreate(Schema):
    """A new person; without a password they sign in by a login link first. A `sample` goes with the sample."""

    username: Username
    display_name: Title
    password: str | None = Field(None, max_length=256)
    roles: list[RoleRead] = Field(default_factory=list, max_length=100)
    sample: bool = False


class PersonChange(Schema):
    """What may be changed of a person; what is absent stays. Whose account is closed can do nothing from then on."""

    display_name: Title = ""
    active: bool | None = None


class RoleRights(Schema):
    """A role, what it may do, and how many people hold it."""

    role: Role
    permissions: list[Permission]
    people: int


class AccessLine(Schema):
    """One thing that the person may or may not do with the object in question; `code` is translatable."""

    code: str
    allowed: bool
    detail: str


class AccessExplained(Schema):
    """Why somebody may do something in a department, or what is in the way.

    `given_by` are the roles that give the right there, `elsewhere` the departments in which the person has it,
    `roles_that_give` the roles that would, `admins` who can give them. `lines` are about the model that was asked for.
    """

    person: str
    permission: Permission
    department: str | None
    allowed: bool
    reason: AccessReason
    given_by: list[RoleRead]
    elsewhere: list[str]
    roles_that_give: list[Role]
    admins: list[str]
    lines: list[AccessLine]


class Me(Schema):
    """The signed-in person; `csrf` goes into the X-CSRF-Token header of every change.

    `permissions` are held somewhere, `everywhere` in the whole organisation, `in_departments` in those, by their keys.
    """

    person: PersonSummary
    roles: list[RoleRead]
    permissions: list[Permission]
    everywhere: list[Permission]
    in_departments: dict[str, list[Permission]]
    csrf: str


class LoginLinkRead(Schema):
    """A link that signs in once."""

    url: str
    expires_at: datetime


class TokenCreate(Schema):
    """A new token: kind `user` acts as a person, kind `key` opens one department's endpoints only."""

    name: TokenName
    kind: TokenKind = TokenKind.USER
    days: int | None = Field(None, ge=1, le=3650)
    department: str | None = None
    person: str | None = None


class TokenRead(Schema):
    """A token without its secret."""

    id: UUID
    name: str
    kind: TokenKind
    prefix: str
    department: str | None
    person: str
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


class TokenCreated(TokenRead):
    """A new token with its secret, shown this once."""

    token: str
