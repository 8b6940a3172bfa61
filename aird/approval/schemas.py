"""Shapes of approvals at the API."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from aird.approval.readiness import Point
from aird.approval.standing import ApprovalState, Objection
from aird.catalog.names import AliasName, ModelName
from aird.core.schemas import Schema
from aird.evaluation.schemas import GateReportRead

Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=128)]
Need = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=8000)]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]
Digest = Annotated[str, StringConstraints(pattern=r"^sha256:[0-9a-f]{64}$")]


class ApprovalCreate(Schema):
    """Ask for a version on an endpoint, or under an alias of its model; exactly one of the two is named.

    `request` is the number of an open request that it answers, null files one.
    """

    version: str = Field(min_length=3, max_length=160)
    endpoint: ModelName | None = None
    alias: AliasName | None = None
    title: Title
    need: Need
    request: int | None = Field(None, ge=1, le=2**31 - 1)


class ApprovalDecision(Schema):
    """Sign these bytes, and why; every difference from the base is accepted by its name."""

    digest: Digest
    reason: Reason
    accept_differences: list[Annotated[str, StringConstraints(min_length=1, max_length=64)]] = Field(
        default_factory=list, max_length=32
    )


class ApprovalRejection(Schema):
    """Why not."""

    reason: Reason


class ReadinessLine(Schema):
    """One point of the list that a reviewer reads."""

    code: Point
    ok: bool
    detail: str


class DifferenceNoted(Schema):
    """One thing of a version that is not its base's; `name` is what an approver accepts, `of` whose it is."""

    name: str
    what: str
    file: str
    of: str
    base: str | None
    own: str | None


class DifferenceShown(DifferenceNoted):
    """The same with what is different, as a unified diff; `cut` says that there is more than is shown."""

    unified_diff: str
    cut: bool


class ApprovalRead(Schema):
    """An approval as it stands; `gate` is of now while it is pending, afterwards of the moment of the decision."""

    id: UUID
    version: str
    digest: str
    endpoint: str | None
    alias: str | None
    alias_was: str | None
    department: str
    requester: str
    request: int
    title: str
    need: str
    state: ApprovalState
    gate: GateReportRead
    readiness: list[ReadinessLine]
    differences: list[DifferenceNoted]
    accepted_differences: list[str]
    decided_by: str | None
    decided_at: datetime | None
    reason: str
    created_at: datetime
    may_decide: bool
    may_not_because: Objection | None
