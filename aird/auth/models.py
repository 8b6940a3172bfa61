"""People, departments, the roles that join them, and what proves who calls: tokens, login links, browser sessions."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, String, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from aird.auth.permissions import Role
from aird.core.db import Record


class Department(Record):
    """A department; its key is the first half of its models' names. `quota_bytes` bounds what it stores.

    `sample` marks those that were opened to show the product and can be taken away again, with all that is theirs.
    """

    __tablename__ = "departments"

    key: Mapped[str] = mapped_column(String(64), unique=True)
    title: Mapped[str] = mapped_column(String(128))
    quota_bytes: Mapped[int | None] = mapped_column(default=None)
    sample: Mapped[bool] = mapped_column(default=False, server_default=false())

    @property
    def label(self) -> str:
        """The name to show."""
        return self.key


class Person(Record):
    """Somebody who signs in; `sample` marks those who came with the sample organisation and go with it."""

    __tablename__ = "people"

    username: Mapped[str] = mapped_column(String(64), unique=True)
    display_name: Mapped[str] = mapped_column(String(128))
    password_hash: Mapped[str | None] = mapped_column(String(256), default=None)
    active: Mapped[bool] = mapped_column(default=True)
    sample: Mapped[bool] = mapped_column(default=False, server_default=false())

    @property
    def label(self) -> str:
        """The name to show."""
        return self.username


class Membership(Record):
    """A person's role in a department, or in the whole organisation when there is no department."""

    __tablename__ = "memberships"
    __table_args__ = (UniqueConstraint("person_id", "department_id", "role"),)

    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"), index=True)
    department_id: Mapped[UUID | None] = mapped_column(ForeignKey("departments.id"), index=True)
    role: Mapped[Role]


class TokenKind(StrEnum):
    """What a token opens."""

    USER = "user"  # the API, as the person it belongs to
    KEY = "key"  # the chat endpoints of one department, nothing else


class Token(Record):
    """A bearer token; only its hash is kept."""

    __tablename__ = "tokens"

    name: Mapped[str] = mapped_column(String(96))
    kind: Mapped[TokenKind]
    hash: Mapped[str] = mapped_column(String(64), unique=True)
    prefix: Mapped[str] = mapped_column(String(24))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"), index=True)
    expires_at: Mapped[datetime]
    department_id: Mapped[UUID | None] = mapped_column(ForeignKey("departments.id"), index=True, default=None)
    last_used_at: Mapped[datetime | None] = mapped_column(default=None)
    revoked_at: Mapped[datetime | None] = mapped_column(default=None)

    @property
    def label(self) -> str:
        """The name to show."""
        return f"{self.name} ({self.prefix}…)"


class LoginLink(Record):
    """A link that signs a person in once."""

    __tablename__ = "login_links"

    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    hash: Mapped[str] = mapped_column(String(64), unique=True)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None] = mapped_column(default=None)


class BrowserSession(Record):
    """A signed-in browser; only the hash of its cookie is kept."""

    __tablename__ = "browser_sessions"

    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"), index=True)
    hash: Mapped[str] = mapped_column(String(64), unique=True)
    csrf: Mapped[str] = mapped_column(String(64))
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
