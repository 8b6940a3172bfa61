"""Shapes of aliases at the API."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from aird.catalog.names import VERSION_DIGITS
from aird.catalog.schemas import Reason
from aird.core.schemas import Schema


class AliasSet(Schema):
    """Where an alias is to point, and why; `protected` protects it from now on."""

    version: int = Field(ge=1, lt=10**VERSION_DIGITS)
    reason: Reason
    protected: bool = False


class AliasRead(Schema):
    """An alias and where it points; a protected one moves through an approval only."""

    name: str
    protected: bool
    version: int
    ref: str
    digest: str
    moved_at: datetime
    moved_by: str | None
    reason: str


class AliasMoveRead(Schema):
    """One move of an alias. `version` is None where the alias was taken away, `previous` where it was new."""

    at: datetime
    version: int | None
    ref: str | None
    previous: str | None
    moved_by: str | None
    reason: str
    approval_id: UUID | None


class AliasAt(Schema):
    """What an alias pointed at in a moment, since when and by whom."""

    name: str
    moment: datetime
    version: int
    ref: str
    digest: str
    since: datetime
    moved_by: str | None
    reason: str
    approval_id: UUID | None
