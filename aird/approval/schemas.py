"""Shapes of approvals at the API."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from aird.approval.readiness import Point
from aird.approval.standing import ApprovalState, Objection
from aird.catalog.names import ModelName
from aird.core.schemas import Schema
from aird.evaluation.schemas import GateReportRead

Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=128)]
Need = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=8000)]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]
Digest = Annotated[str, StringConstraints(pattern=r"^sha256:[0-9a-f]{64}$")]


class ApprovalCreate(Schema):
    """Ask for a version on an endpoint; `request` is the number of an open request that it answers, null files one."""

    version: str = Field(min_length=3, max_length=112)
    endpoint: ModelName
    title: Title
    need: Need
    request: int | None = Field(None, ge=1, le=2**31 - 1)


class ApprovalDecision(Schema):
    """Sign these bytes, and why."""

    digest: Digest
    reason: Reason


class ApprovalRejection(Schema):
    """Why not."""

    reason: Reason


class ReadinessLine(Schema):
    """One point of the list that a reviewer reads."""

    code: Point
    ok: bool
    detail: str


class ApprovalRead(Schema):
    """An approval as it stands; `gate` is of now while it is pending, afterwards of the moment of the decision."""

    id: UUID
    version: str
    digest: str
    endpoint: str
    department: str
    requester: str
    request: int
    title: str
    need: str
    state: ApprovalState
    gate: GateReportRead
    readiness: list[ReadinessLine]
    decided_by: str | None
    decided_at: datetime | None
    reason: str
    created_at: datetime
    may_decide: bool
    may_not_because: Objection | None
