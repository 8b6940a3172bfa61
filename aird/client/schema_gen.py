# Written by scripts/make-client.py from web/openapi.json; change the API, then run `make api`.
"""The objects of the API's answers as the snapshot describes them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from aird.client.record import Record

Action = Literal["promoted", "rolled_back"]
"""How a deployment came about."""

ApprovalState = Literal["pending", "approved", "rejected", "void"]
"""What was decided, and whether it stands."""

DatasetFormat = Literal["chat", "prompt", "exam", "text", "feedback"]
"""What one item is."""

DatasetKind = Literal["training", "exam", "text", "feedback"]
"""What a data set is for."""

EndpointState = Literal["empty", "starting", "ready", "failed", "stopped"]
"""What an endpoint is doing."""

EventKind = Literal["state", "progress", "log"]
"""What a job event tells."""

JobState = Literal["queued", "running", "succeeded", "failed", "cancelled"]
"""Where a job stands."""

Kind = Literal["base", "adapter", "full"]
"""What the files of a version are."""

Measure = Literal["score", "low", "relative"]
"""Which number of a suite a rule reads."""

Objection = Literal["not_pending", "void", "admin_may_not_sign", "own_request", "not_permitted"]
"""Why somebody may not decide; stable and translatable."""

Permission = Literal[
    "organisation.read",
    "people.manage",
    "account.own",
    "model.read",
    "model.write",
    "model.use_weights",
    "version.retire",
    "dataset.read",
    "dataset.write",
    "job.read",
    "job.run",
    "evaluation.read",
    "evaluation.write",
    "request.read",
    "request.write",
    "approval.read",
    "approval.ask",
    "approval.decide",
    "endpoint.read",
    "endpoint.manage",
    "endpoint.use",
    "key.manage",
    "feedback.give",
    "usage.read",
    "audit.read",
    "health.read",
]
"""One kind of act."""

Point = Literal["version_in_service", "digest_unchanged", "request_in_review", "gates_defined", "gates_passed"]
"""What is looked at; stable and translatable."""

Reason = Literal["reached", "too_low", "not_measured", "reference_not_measured", "reference_at_zero"]
"""Why a line passed or failed; stable and translatable."""

Relation = Literal["base", "continued", "merge", "teacher", "student"]
"""How a child came from its parent."""

ReplicaState = Literal["starting", "ready", "failed", "stopped"]
"""What a replica is doing."""

RequestState = Literal["open", "in_review", "approved", "rejected", "delivered", "withdrawn"]
"""How far a department's request has come."""

Role = Literal["lead", "staff", "admin", "auditor"]
"""What a person is in a department."""

Scorer = Literal["choice", "exact"]
"""How an item is judged."""

Sku = Literal["tokens.prompt", "tokens.completion"]
"""What is sold."""

TokenKind = Literal["user", "key"]
"""What a token opens."""

VersionState = Literal["draft", "candidate", "approved", "suspended", "retired"]
"""What a version may be used for."""


class Alive(Record):
    """The server answers."""

    status: str


class Amount(Record):
    """Sums over ledger entries."""

    completion_tokens: int
    cost_micro: int
    prompt_tokens: int
    requests: int


class ApprovalRead(Record):
    """An approval as it stands; `gate` is of now while it is pending, afterwards of the moment of the decision."""

    created_at: datetime
    decided_at: datetime | None
    decided_by: str | None
    department: str
    digest: str
    endpoint: str
    gate: GateReportRead
    id: str
    may_decide: bool
    may_not_because: Objection | None
    need: str
    readiness: list[ReadinessLine]
    reason: str
    request: int
    requester: str
    state: ApprovalState
    title: str
    version: str


class AuditRead(Record):
    """One entry; `hash` covers it and the entry before."""

    actor: str
    at: datetime
    details: dict[str, Any]
    event: str
    hash: str
    previous: str
    reason: str
    seq: int
    subject: str
    subject_id: str | None


class Bill(Record):
    """A month; `reconciled` says that the total, found on its own, equals each of the three lists' sums."""

    currency: str
    departments: list[DepartmentAmount]
    endpoints: list[EndpointAmount]
    keys_: list[KeyAmount]
    month: str
    prices: list[PriceRead]
    reconciled: bool
    total: Amount


class CheckRead(Record):
    """One line of the doctor's report: ok, warn or fail, and what to do."""

    check: str
    detail: str
    fix: str
    state: str


class DatasetRead(Record):
    """A data set with its latest version."""

    card: str
    created_at: datetime
    department: str
    kind: DatasetKind
    latest: DatasetVersionRead | None
    name: str
    title: str
    versions: int


class DatasetVersionRead(Record):
    """One version; `formats` and `splits` (numbers of items) are by split."""

    bytes: int
    card: str
    created_at: datetime
    created_by: str | None
    digest: str
    format: DatasetFormat
    formats: dict[str, DatasetFormat]
    items_: int
    name: str
    number: int
    preview: dict[str, list[dict[str, Any]]]
    ref: str
    splits: dict[str, int]


class DepartmentAmount(Record):
    """What one department used."""

    completion_tokens: int
    cost_micro: int
    department: str
    prompt_tokens: int
    requests: int


class DepartmentJobs(Record):
    """What the jobs of one department took."""

    department: str
    jobs: int
    milliseconds: int


class DepartmentRead(Record):
    """A department."""

    id: str
    key: str
    title: str


class DeploymentRead(Record):
    """One version put on an endpoint."""

    action: Action
    approval: str | None
    created_by: str | None
    digest: str
    number: int
    reason: str
    since: datetime
    version: str


class EndpointAmount(Record):
    """What one endpoint answered."""

    completion_tokens: int
    cost_micro: int
    department: str
    endpoint: str
    prompt_tokens: int
    requests: int


class EndpointDetail(Record):
    """An endpoint with its history, newest first, and the replicas of its current and its serving unit."""

    created_at: datetime
    current: DeploymentRead | None
    department: str
    deployments: list[DeploymentRead]
    model: str
    name: str
    previous: DeploymentRead | None
    reason: str
    replicas: list[ReplicaRead]
    serving: DeploymentRead | None
    since: datetime
    state: EndpointState
    title: str


class EndpointRead(Record):
    """An endpoint in a list; `serving` is what answers now, `previous` what a rollback would bring back."""

    created_at: datetime
    current: DeploymentRead | None
    department: str
    model: str
    name: str
    previous: DeploymentRead | None
    reason: str
    serving: DeploymentRead | None
    since: datetime
    state: EndpointState
    title: str


class Example(Record):
    """A question as it will be asked, and the answer that is wanted."""

    answer: str
    question: str


class FeedbackFiled(Record):
    """Where the feedback was filed."""

    dataset: str
    id: str
    item: FeedbackItemRead


class FeedbackItemRead(Record):
    """One person's opinion on one answer."""

    answer: str
    comment: str
    completion_id: str
    correction: str
    created_at: datetime
    endpoint: str
    id: str
    messages: list[FeedbackMessage]
    person: str
    rating: int
    unit: str
    version: str


class FeedbackMessage(Record):
    """One turn of the conversation that the answer belongs to."""

    content: str
    role: Literal["system", "user", "assistant"]


class FileRead(Record):
    """One file of a version."""

    digest: str
    path: str
    size: int


class GateLineRead(Record):
    """One rule against what was found; `low` and `high` bound the score (relative: in multiples of the reference)."""

    found: float | None
    gate: str
    high: float | None
    items_: int
    low: float | None
    measure: Measure
    passed: bool
    reason: Reason
    reference: str | None
    suite: str
    wanted: float


class GateRead(Record):
    """A gate."""

    created_at: datetime
    department: str
    id: str
    name: str
    rules: list[GateRule]


class GateReportRead(Record):
    """Every rule of a department's gates; passed when no line failed."""

    lines: list[GateLineRead]
    passed: bool


class GateRule(Record):
    """At least `at_least` in the suite: a share, or for `relative` a multiple of the reference's score."""

    at_least: float
    measure: Measure
    reference: str | None
    suite: str


class JobError(Record):
    """Why a job failed; `code` is stable and translatable."""

    code: str
    message: str


class JobEventRead(Record):
    """One thing that happened to a job."""

    at: datetime
    data: dict[str, Any]
    kind: EventKind
    seq: int


class JobRead(Record):
    """A job; `reason` says why it waits or how it ended, `progress` is 0..1 of the current stage."""

    attempt: int
    cancel_requested: bool
    created_at: datetime
    created_by: str | None
    department: str
    error: JobError | None
    finished_at: datetime | None
    id: str
    kind: str
    max_attempts: int
    metrics_: dict[str, Any]
    progress: float | None
    reason: str
    result: dict[str, Any] | None
    seconds: float | None
    since: datetime
    spec: dict[str, Any]
    stage: str
    started_at: datetime | None
    state: JobState
    title: str


class JobUsage(Record):
    """What one job took, over all its attempts."""

    attempts: int
    chip: str
    department: str
    job_id: str
    kind: str
    milliseconds: int


class JobsUsage(Record):
    """A month of compute time."""

    departments: list[DepartmentJobs]
    jobs: list[JobUsage]
    month: str
    total_milliseconds: int


class KeyAmount(Record):
    """What came in with one key or token; without `key`: from signed-in browsers."""

    completion_tokens: int
    cost_micro: int
    department: str
    key: str | None
    name: str
    prefix: str | None
    prompt_tokens: int
    requests: int


class LineageRead(Record):
    """All that a version came from and all that came from it; `cut` says that there is more than is shown."""

    ancestors: list[RelativeRead]
    cut: bool
    descendants: list[RelativeRead]
    ref: str


class LoginLinkRead(Record):
    """A link that signs in once."""

    expires_at: datetime
    url: str


class Me(Record):
    """The signed-in person; `csrf` goes into the X-CSRF-Token header of every change."""

    csrf: str
    permissions: list[Permission]
    person: PersonSummary
    roles: list[RoleRead]


class ModelRead(Record):
    """A model with its latest version."""

    created_at: datetime
    department: str
    description: str
    latest: VersionSummary | None
    name: str
    tags: list[str]
    title: str
    versions: int


class ParentRead(Record):
    """A direct relative of a version."""

    ref: str
    relation: Relation
    weight: float | None


class PersonRead(Record):
    """A person with their roles."""

    active: bool
    display_name: str
    id: str
    roles: list[RoleRead]
    username: str


class PersonSummary(Record):
    """Who somebody is."""

    display_name: str
    id: str
    username: str


class PlanRead(Record):
    """What a merge would do."""

    base: str
    bytes: int
    exact: bool
    method: str
    notes: list[str]
    parameters: int
    parents: list[PlannedParent]
    rank: int
    scale: float
    statement: str


class PlannedParent(Record):
    """A parent with the factor its change is multiplied by."""

    rank: int
    ref: str
    weight: float


class PriceRead(Record):
    """What a million tokens cost now."""

    per_million_micro: int
    sku: Sku


class ReadinessLine(Record):
    """One point of the list that a reviewer reads."""

    code: Point
    detail: str
    ok: bool


class RelativeRead(Record):
    """A version on the family tree; `of` is the neighbour it was reached from."""

    depth: int
    of: str
    ref: str
    relation: Relation
    weight: float | None


class ReplicaRead(Record):
    """A unit in a runtime process."""

    id: str
    pid: int | None
    reason: str
    since: datetime
    state: ReplicaState
    unit: str


class RequestEventRead(Record):
    """One step of a request."""

    actor: str
    at: datetime
    note: str
    state: RequestState


class RequestRead(Record):
    """A request with its timeline."""

    created_at: datetime
    deadline: str | None
    department: str
    endpoint: str | None
    examples: list[Example]
    id: str
    need: str
    number: int
    requester: str
    state: RequestState
    timeline: list[RequestEventRead]
    title: str
    users: int | None
    version: str | None


class RoleRead(Record):
    """A role; department None means the whole organisation."""

    department: str | None
    role: Role


class RunRead(Record):
    """What a version scored in a suite; `outcomes` is the artifact with its answer to each item."""

    at: datetime
    correct: int
    high: float
    id: str
    items_: int
    job_id: str
    low: float
    metric: str
    outcomes: str
    score: float
    split: str
    suite: str
    version: str


class SkillRead(Record):
    """A score with its 95 % interval and the number of items behind it."""

    high: float
    items_: int
    low: float
    measured_at: datetime
    metric: str
    score: float
    suite: str


class SkillsMatrix(Record):
    """Versions against suites."""

    rows: list[SkillsRow]
    suites: list[str]


class SkillsRow(Record):
    """One version's scores by suite."""

    cells: dict[str, SkillRead | None]
    kind: Kind
    ref: str
    state: VersionState


class SuiteRead(Record):
    """An exam; `dataset` is the exact version its items come from."""

    created_at: datetime
    dataset: str
    department: str
    items_: int
    metric: str
    name: str
    scorer: Scorer
    split: str
    title: str


class TokenCreated(Record):
    """A new token with its secret, shown this once."""

    created_at: datetime
    department: str | None
    expires_at: datetime
    id: str
    kind: TokenKind
    last_used_at: datetime | None
    name: str
    person: str
    prefix: str
    revoked_at: datetime | None
    token: str


class TokenRead(Record):
    """A token without its secret."""

    created_at: datetime
    department: str | None
    expires_at: datetime
    id: str
    kind: TokenKind
    last_used_at: datetime | None
    name: str
    person: str
    prefix: str
    revoked_at: datetime | None


class TrainingRecord(Record):
    """How a version was made."""

    datasets: list[dict[str, Any]]
    job_id: str | None
    kind: str
    metrics: dict[str, Any]
    recipe: dict[str, Any]
    seconds: float | None


class VerdictRead(Record):
    """What a verification of the whole chain found."""

    anchors: int
    entries: int
    fault: str | None
    head: str
    sound: bool


class VersionRead(Record):
    """A version's whole file."""

    base: str | None
    bytes: int
    children: list[ParentRead]
    created_at: datetime
    created_by: str | None
    description: str
    digest: str
    facts: dict[str, Any]
    files: list[FileRead]
    kind: Kind
    license: str
    name: str
    notes: str
    parameters: int
    parents: list[ParentRead]
    ref: str
    skills: list[SkillRead]
    state: VersionState
    title: str
    training: TrainingRecord | None
    version: int


class VersionSummary(Record):
    """A version in a list."""

    base: str | None
    bytes: int
    created_at: datetime
    created_by: str | None
    digest: str
    kind: Kind
    license: str
    name: str
    parameters: int
    ref: str
    skills: list[SkillRead]
    state: VersionState
    version: int
