"""Shapes of approvals at the API."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from aird.approval.models import Step
from aird.approval.readiness import Point
from aird.approval.standing import ApprovalState, Objection, Void
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
    """Sign these bytes, and why; every difference from the base is accepted by its name.

    `seal` is the one of the approval that was read: it covers the bytes, the gates and the exam report. Absent, what
    was asked for is signed.
    """

    digest: Digest
    seal: Digest | None = None
    reason: Reason
    accept_differences: list[Annotated[str, StringConstraints(min_length=1, max_length=64)]] = Field(
        default_factory=list, max_length=32
    )


class ApprovalRejection(Schema):
    """Why not."""

    reason: Reason


class ApprovalComment(Schema):
    """One line of the conversation."""

    text: Need


class ChangesToMake(Schema):
    """What has to be other before it can be signed."""

    reason: Reason


class ApprovalRenewal(Schema):
    """Ask again with the evidence as it is now; `version` names another version of the same model, null keeps it."""

    text: Reason
    version: int | None = Field(None, ge=1, le=2**31 - 1)


class ApprovalEventRead(Schema):
    """One line of the conversation; `seal` is what lay on the table when it was written."""

    seq: int
    actor: str
    step: Step
    text: str
    version: str
    seal: str
    at: datetime


class ReplacedRead(Schema):
    """The version that the approved one would follow; `hidden`: there is one, of a model that you may not see."""

    version: str | None
    hidden: bool


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
    """An approval as it stands; `gate` is of now while nothing is decided, afterwards of the moment of the decision.

    `seal` is the digest of all that is signed: manifests, gates, exam report. `seal_now` is what it would be now; null
    once decided. `deciders` are people whose signature would count, `deciders_more` how many there are beside.
    """

    id: UUID
    version: str
    digest: str
    seal: str
    seal_now: str | None
    endpoint: str | None
    alias: str | None
    alias_was: str | None
    department: str
    requester: str
    request: int
    title: str
    need: str
    state: ApprovalState
    void_because: Void | None
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
    may_renew: bool
    may_comment: bool
    deciders: list[str]
    deciders_more: int
    lines: int
