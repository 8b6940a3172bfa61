# Written by scripts/make-client.py from web/openapi.json; change the API, then run `make api`.
"""The objects of the API's answers as the snapshot describes them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from aird.client.record import Record

AccessReason = Literal[
    "granted", "account_closed", "admins_sign_nothing", "other_department", "no_role_gives_it", "no_role_at_all"
]
"""The one thing that decides; stable and translatable."""

AccessState = Literal["pending", "accepted", "rejected"]
"""How far a request for the weights is."""

Action = Literal["promoted", "rolled_back", "tried"]
"""How a deployment came about."""

AdmissionVerdict = Literal["admitted", "waits", "preempted"]
"""What admission decided about a job."""

ApprovalState = Literal["pending", "changes_requested", "approved", "rejected", "void"]
"""What was decided, and whether it stands."""

Better = Literal["baseline", "candidate", "same"]
"""Which of two answers was preferred."""

BudgetKind = Literal["department", "endpoint", "key"]
"""What a budget covers."""

Change = Literal["same", "added", "removed", "changed"]
"""What became of something between two versions."""

Consent = Literal["unstated", "not_needed", "given", "withdrawn"]
"""Whether the people whose words these are have agreed to their use."""

DataClass = Literal["public", "internal", "confidential", "personal"]
"""How the words that are asked and answered have to be kept."""

DatasetFormat = Literal["chat", "prompt", "exam", "text", "feedback"]
"""What one item is."""

DatasetKind = Literal["training", "exam", "text", "feedback"]
"""What a data set is for."""

EndpointState = Literal["empty", "starting", "ready", "failed", "stopped"]
"""What an endpoint is doing."""

Engine = Literal["aird", "lm_eval"]
"""Who held the exam."""

EventKind = Literal["state", "progress", "log"]
"""What a job event tells."""

FailureClass = Literal["oom", "host_oom", "abort", "timeout", "disk_full", "infra", "refused", "error"]
"""How an attempt failed."""

Family = Literal["cpu", "nvidia", "amd", "intel", "ascend", "apple", "gaudi", "tpu", "cambricon", "metax", "other"]
"""Who makes it, as far as software is concerned."""

FindingKind = Literal["leak", "near_leak", "straddle", "duplicate", "near_duplicate", "conflict", "personal"]
"""What is wrong with a line."""

FitVerdict = Literal["verified", "should_work", "no"]
"""What can be said of one place."""

Gating = Literal["open", "auto", "manual"]
"""How somebody outside the owning department gets at the weights."""

JobState = Literal["queued", "running", "succeeded", "failed", "cancelled"]
"""Where a job stands."""

Kind = Literal["base", "adapter", "full"]
"""What the files of a version are."""

Measure = Literal["score", "low", "relative", "noninferior", "better", "max_drop"]
"""Which number a rule reads."""

Objection = Literal["not_pending", "changes_requested", "void", "admin_may_not_sign", "own_request", "not_permitted"]
"""Why somebody may not decide; stable and translatable."""

OnSpent = Literal["alert", "reject"]
"""What happens when a budget has no room."""

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
    "quota.manage",
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
    "budget.manage",
    "audit.read",
    "health.read",
]
"""One kind of act."""

PlanState = Literal["running", "stopped", "succeeded", "cancelled"]
"""How far a plan is."""

Point = Literal[
    "version_in_service",
    "digest_unchanged",
    "evidence_unchanged",
    "request_in_review",
    "gates_defined",
    "gates_passed",
    "no_differences",
    "somebody_may_sign",
]
"""What is looked at; stable and translatable."""

Priority = Literal[0, 50, 100]
"""Who comes first within a department."""

QualityVerdict = Literal["good", "warnings", "blocked"]
"""What a quality report comes to."""

Question = Literal["better", "noninferior"]
"""What a sequential examination asks of a version that is held against a reference."""

Reach = Literal["surely", "probably", "perhaps", "no", "unknown"]
"""Whether the skill floor is reached."""

Reason = Literal[
    "reached",
    "too_low",
    "not_proven",
    "worse",
    "not_measured",
    "reference_not_measured",
    "reference_at_zero",
    "items_not_kept",
]
"""Why a line passed or failed; stable and translatable."""

Relation = Literal["base", "continued", "merge", "teacher", "student", "quantized", "extracted", "baked", "exported"]
"""How a child came from its parent."""

Remedy = Literal["without", "remake", "retrain"]
"""What takes the snapshot out of a version."""

ReplicaState = Literal["starting", "ready", "failed", "stopped"]
"""What a replica is doing."""

RequestState = Literal[
    "draft", "open", "building", "in_review", "approved", "rejected", "delivered", "accepted", "withdrawn"
]
"""How far a department's request has come."""

Role = Literal["lead", "staff", "admin", "auditor"]
"""What a person is in a department."""

RolloutKind = Literal["canary", "shadow"]
"""What the candidate does."""

RolloutState = Literal["running", "inconclusive", "passed", "failed", "cancelled"]
"""How it stands. The first two are open: the candidate is loaded and has its share."""

RuntimeKind = Literal["hf", "vllm"]
"""What an engine runs."""

Scorer = Literal["choice", "exact", "f1", "perplexity", "regex", "json", "refusal", "judge"]
"""How an item is judged. Every item gets a score from 0 to 1, 1 being right."""

Signal = Literal["errors", "empty", "length", "tools", "ttft", "tpot"]
"""What is watched."""

Slot = Literal["skill", "safety", "refusal", "reliability"]
"""What an exam is for: gates and the skills matrix show the four apart."""

StageKind = Literal["train", "merge", "mentor", "exam"]
"""What a stage does."""

StageState = Literal["waiting", "running", "examining", "passed", "failed"]
"""How far a stage is."""

Status = Literal["ok", "cancelled", "error", "unknown"]
"""How an answer ended."""

Step = Literal["asked", "commented", "changes_requested", "renewed", "approved", "rejected"]
"""What happened in an approval's conversation."""

StepKind = Literal["state", "message", "work"]
"""What a line of a request's timeline is."""

Tier = Literal["assistant", "specialist", "expert"]
"""How much model it is."""

TokenKind = Literal["user", "key"]
"""What a token opens."""

Tour = Literal["offered", "done"]
"""How far somebody got in the tour of the pages."""

Turn = Literal["lost", "won", "wrong", "right"]
"""What became of an item, in the order in which it is shown."""

Verdict = Literal["passed", "failed", "open"]
"""What an examination says so far; stable and translatable."""

VersionState = Literal["draft", "candidate", "approved", "suspended", "retired"]
"""What a version may be used for."""

Visibility = Literal["internal", "private"]
"""Who sees that a model exists."""

Void = Literal[
    "version_left_service", "request_not_in_review", "alias_moved", "evidence_changed", "examined_again", "ended"
]
"""What ended an approval that nobody decided against; stable and translatable."""

Waiting = Literal["sending", "choice", "order", "work", "signature", "deployment", "acceptance", ""]
"""What a request waits for: who has to act next."""

Way = Literal["reuse", "merge", "distil", "train"]
"""What an option does."""

Why = Literal[
    "worse",
    "window",
    "few_answers",
    "hint",
    "not_shown",
    "healthy",
    "by_hand",
    "candidate_down",
    "baseline_down",
    "preferred_less",
    "no_worse",
    "few_votes",
    "undecided",
    "person",
]
"""The reason, for translation."""


class AccessExplained(Record):
    """Why somebody may do something in a department, or what is in the way."""

    admins: list[str]
    allowed: bool
    department: str | None
    elsewhere: list[str]
    given_by: list[RoleRead]
    lines: list[AccessLine]
    permission: Permission
    person: str
    reason: AccessReason
    roles_that_give: list[Role]


class AccessLine(Record):
    """One thing that the person may or may not do with the object in question; `code` is translatable."""

    allowed: bool
    code: str
    detail: str


class AccessRequestRead(Record):
    """Somebody's request for the weights; `reason` is why it was rejected."""

    asked_at: datetime
    decided_at: datetime | None
    decided_by: str | None
    fields: dict[str, Any]
    id: str
    person: str
    reason: str
    state: AccessState


class AffectedRead(Record):
    """A version that was made from the one in question; `relation` is the last step to it, `depth` counts the steps."""

    aliases: list[str]
    department: str
    depth: int
    kind: Kind
    ref: str
    relation: str
    state: VersionState


class AliasAt(Record):
    """What an alias pointed at in a moment, since when and by whom."""

    approval_id: str | None
    digest: str
    moment: datetime
    moved_by: str | None
    name: str
    reason: str
    ref: str
    since: datetime
    version: int


class AliasMoveRead(Record):
    """One move of an alias. `version` is None where the alias was taken away, `previous` where it was new."""

    approval_id: str | None
    at: datetime
    moved_by: str | None
    previous: str | None
    reason: str
    ref: str | None
    version: int | None


class AliasRead(Record):
    """An alias and where it points; a protected one moves through an approval only."""

    digest: str
    moved_at: datetime
    moved_by: str | None
    name: str
    protected: bool
    reason: str
    ref: str
    version: int


class Alive(Record):
    """The server answers."""

    status: str


class Amount(Record):
    """Sums over ledger entries."""

    cached_tokens: int
    completion_tokens: int
    cost_micro: int
    prompt_tokens: int
    requests: int


class AnchorRead(Record):
    """A head of the chain that was noted outside the database."""

    hash: str
    seq: int


class AnswerRead(Record):
    """What an answer took, as the ledger and so the bill has it. Times in milliseconds, `cost_micro` in micro-units."""

    at: datetime
    cached_tokens: int | None
    completion_tokens: int
    cost_micro: int
    currency: str
    digest: str
    endpoint: str
    id: str
    milliseconds: int
    prompt_tokens: int
    status: Status
    ttft_milliseconds: int | None
    version: str


class ApprovalEventRead(Record):
    """One line of the conversation; `seal` is what lay on the table when it was written."""

    actor: str
    at: datetime
    seal: str
    seq: int
    step: Step
    text: str
    version: str


class ApprovalRead(Record):
    """An approval as it stands; `gate` is of now while nothing is decided, afterwards of the moment of the decision."""

    accepted_differences: list[str]
    alias: str | None
    alias_was: str | None
    created_at: datetime
    decided_at: datetime | None
    decided_by: str | None
    deciders: list[str]
    deciders_more: int
    department: str
    differences: list[DifferenceNoted]
    digest: str
    endpoint: str | None
    gate: GateReportRead
    id: str
    lines: int
    may_comment: bool
    may_decide: bool
    may_not_because: Objection | None
    may_renew: bool
    need: str
    readiness: list[ReadinessLine]
    reason: str
    request: int
    requester: str
    seal: str
    seal_now: str | None
    state: ApprovalState
    title: str
    version: str
    void_because: Void | None


class ArchitectureRead(Record):
    """An architecture of this house's bases with what it was verified on."""

    architecture: str
    bases: int
    verified: list[EvidenceRead]


class ArmRead(Record):
    """A unit's answers since the rollout began; times are 95th percentiles, in milliseconds and microseconds."""

    answers: int
    empty: int
    errors: int
    length: int
    number: int
    replicas: int
    tpot: int | None
    ttft: int | None
    weight: int


class Asked(Record):
    """An item as it was asked, in words; shown to those who work in the data set's department."""

    choices: list[str] | None
    messages: list[dict[str, str]]
    wanted: str | None


class AssignmentRead(Record):
    """A version at an endpoint; `until` is null while it is wanted there, `reason` is that of a rollback to it."""

    action: Action
    department: str
    endpoint: str
    reason: str
    since: datetime
    title: str
    until: datetime | None
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


class Bar(Record):
    """How many items have up to so many characters, and more than the bar before."""

    items_: int
    up_to: int


class Bill(Record):
    """A month; `reconciled` says that the total, found on its own, equals each list's sum."""

    compute: list[ComputeAmount]
    compute_micro: int
    compute_milliseconds: int
    currency: str
    departments: list[DepartmentAmount]
    endpoints: list[EndpointAmount]
    engine_micro: int
    engine_milliseconds: int
    engines: list[EngineAmount]
    experiments: Amount
    keys_: list[KeyAmount]
    month: str
    prices: list[PriceRead]
    reconciled: bool
    total: Amount
    total_micro: int
    versions: list[VersionAmount]


class Budget(Record):
    """How much a stage may forget; no limit where nothing is said."""

    max_drop: float | None
    min_backward: float | None


class BudgetRead(Record):
    """How a budget stands this month. `reserved_micro` is lent to gateways: in flight, or about to be."""

    alert_percent: int
    alerted_at: datetime | None
    currency: str
    department: str
    forecast_micro: int
    kind: BudgetKind
    limit_micro: int
    month: str
    name: str
    on_spent: OnSpent
    reserved_micro: int
    subject: str
    used_micro: int


class Budgets(Record):
    """Budgets, the widest first."""

    items_: list[BudgetRead]


class CandidatePage(Record):
    """Adapters for the picker, the compatible ones first."""

    items_: list[CandidateRead]
    total: int


class CandidateRead(Record):
    """An adapter that may or may not be merged with those already chosen."""

    base: str
    code: str
    compatible: bool
    department: str
    features: list[str]
    rank: int
    reason: str
    ref: str
    skills: dict[str, float]
    state: str
    title: str


class CaptureRead(Record):
    """What an endpoint keeps; `dataset` is where it can be frozen, `readable` whether you may read the words."""

    agreed: str
    dataset: str
    days: int | None
    kept: int
    readable: bool


class CardRead(Record):
    """A version's card: what its YAML says, and its text. `own` is False for a card that aird wrote from its facts."""

    claims: list[ClaimRead]
    markdown: str
    metadata: dict[str, Any]
    own: bool


class CareerPlanRead(Record):
    """A plan with its stages in order; `yaml` is null where it names models that are not in your directory."""

    board: list[StageRead]
    created_at: datetime
    created_by: str | None
    department: str
    finished_at: datetime | None
    missing: list[MissingRead]
    name: str
    passed: int
    profile: list[Level]
    reason: str
    revision: int
    saving: SavingRead
    since: datetime
    stages: int
    state: PlanState
    suites: list[str]
    title: str
    yaml: str | None


class CaseRead(Record):
    """One case of the conformance suite."""

    name: str
    ok: bool
    said: str


class CheckRead(Record):
    """One line of the doctor's report: ok, warn or fail, and what to do."""

    check: str
    detail: str
    fix: str
    state: str


class ChipRead(Record):
    """One chip and who holds it."""

    flavour: str
    holder: Holder | None
    index: int
    memory: int


class Choice(Record):
    """Somebody who can be asked: `model` is the name that a request to the gateway takes."""

    department: str
    digest: str
    endpoint: str
    model: str
    role: Literal["endpoint", "baseline", "candidate"]
    title: str
    version: str


class Choices(Record):
    """Everybody who answers now and may be asked by you."""

    items_: list[Choice]


class ClaimRead(Record):
    """A score that the card claims; nobody here has measured it."""

    dataset: str
    metric: str
    source: str
    task: str
    value: float | str


class CommitRead(Record):
    """One state of a model's files; `ref` is the version it is, None while it is not whole."""

    at: datetime
    author: str | None
    digest: str
    message: str
    ref: str | None
    sha: str
    title: str


class ComparisonRead(Record):
    """What came out for one suite: after `items` of `of_items` the verdict was clear, or open when none was left."""

    at: datetime
    difference: float
    digest: str
    high: float
    id: str
    items_: int
    job_id: str
    level: float
    lost: int
    low: float
    margin: float
    of_items: int
    outcomes: str
    p: float
    question: Question
    reference: str | None
    suite: str
    verdict: Verdict
    version: str
    won: int


class ComputeAmount(Record):
    """The time that a department's jobs of one kind held one flavour of chips."""

    chip: str
    cost_micro: int
    department: str
    jobs: int
    kind: str
    milliseconds: int


class ComputeBoard(Record):
    """The compute board at one moment."""

    blocked_jobs: int
    flavours: list[FlavourRead]
    machines: list[MachineRead]
    quotas: list[QuotaRead]
    waiting: list[WaitingRead]
    waiting_jobs: int


class ComputeRead(Record):
    """A version's own cost and that of its whole descent, each ancestor counted once."""

    lineage: CostRead
    own: CostRead
    ratio_to_base: float | None


class ContainedRead(Record):
    """A version that answers on an endpoint and contains the snapshot; `relations` says how it came to it, `without`
    names the parents that `aird without` leaves out.
    """

    digest: str
    endpoint: str
    relations: list[str]
    remedy: Remedy
    version: str
    without: list[str]


class ContentsRead(Record):
    """`total` counts every version that contains the snapshot, deployed or not; `hidden` those that answer and belong
    to models that you may not see.
    """

    deployed: list[ContainedRead]
    hidden: int
    subject: str
    total: int


class CostRead(Record):
    """What something cost: seconds of a chip, an estimate of the floating point operations, watt hours."""

    chip_seconds: float
    flop: float
    watt_hours: float


class Coverage(Record):
    """How much of what an exam asks for the split teaches: categories are the right answers of the exam."""

    categories: int
    covered: int
    exam: str
    missing: list[str]
    split: str


class DatasetRead(Record):
    """A data set with its latest version."""

    card: str
    consent: Consent
    consent_note: str
    created_at: datetime
    department: str
    kind: DatasetKind
    latest: DatasetVersionRead | None
    license: str
    name: str
    retention_days: int | None
    shares: dict[str, float]
    source: str
    title: str
    versions: int


class DatasetUseRead(Record):
    """A data set that a version was made with; `digest` names its bytes."""

    digest: str
    purpose: str
    ref: str
    version: str


class DatasetVersionRead(Record):
    """One version; `formats` and `splits` (numbers of items) are by split."""

    bytes: int
    card: str
    created_at: datetime
    created_by: str | None
    digest: str
    erased: Erased | None
    exams: dict[str, list[str]]
    expires_at: datetime | None
    format: DatasetFormat
    formats: dict[str, DatasetFormat]
    intake: dict[str, Any]
    items_: int
    made_from: str
    name: str
    number: int
    preview: dict[str, list[dict[str, Any]]]
    ref: str
    report: ReportState | None
    splits: dict[str, int]


class DecisionRead(Record):
    """One decision of admission about a job; `data.code` is stable and translatable."""

    at: datetime
    data: dict[str, Any]
    reason: str
    verdict: AdmissionVerdict


class DepartmentAmount(Record):
    """What one department used; `cost_micro` is of its tokens, `total_micro` with the time of its jobs."""

    cached_tokens: int
    completion_tokens: int
    compute_micro: int
    compute_milliseconds: int
    cost_micro: int
    department: str
    prompt_tokens: int
    requests: int
    total_micro: int


class DepartmentCard(Record):
    """A department, its people, how many of its models you may see; an `orphan` has no lead who answers for them."""

    key: str
    models: int
    orphan: bool
    people: list[RoleHolder]
    sample: bool
    title: str


class DepartmentJobs(Record):
    """What the jobs of one department took."""

    department: str
    jobs: int
    milliseconds: int


class DepartmentRead(Record):
    """A department; `quota_bytes` is what its models may take, null where the house's own limit holds."""

    id: str
    key: str
    quota_bytes: int | None
    sample: bool
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


class DeskRead(Record):
    """How far the person has read (`seen`, a number of the audit log), what is new since (at most 99), the tour."""

    seen: int
    tour: Tour
    unread: int


class DiffRead(Record):
    """What changed from `old` to `new`."""

    card: list[FactChange]
    facts: list[FactChange]
    files: list[FileChange]
    new: str
    old: str
    skills: list[SkillChange]
    texts: list[TextChange]


class DifferenceNoted(Record):
    """One thing of a version that is not its base's; `name` is what an approver accepts, `of` whose it is."""

    base: str | None
    file: str
    name: str
    of: str
    own: str | None
    what: str


class DifferenceRead(Record):
    """A part that is not as in the model the version was made from, by the digests of both sides."""

    against: str | None
    base: str | None
    file: str
    own: str | None
    what: str


class DifferenceShown(Record):
    """The same with what is different, as a unified diff; `cut` says that there is more than is shown."""

    base: str | None
    cut: bool
    file: str
    name: str
    of: str
    own: str | None
    unified_diff: str
    what: str


class DistillationEstimate(Record):
    """What a distillation would take, without doing it. Nothing is ordered while a finding says `stop`."""

    chip: str
    epochs: float
    estimate: Estimate
    findings: list[Finding]
    items_: int
    loss_memory: int
    model: str
    needs: Needs
    on_policy_steps: int
    parameters: int
    steps: int
    student: str
    teachers: list[TeacherEstimate]
    tokens: int
    trainable: int
    weights: int


class DropRead(Record):
    """The exam that fell furthest from its best before, which was after stage `best_in`."""

    best_in: str
    now: float
    suite: str
    was: float


class Duplicates(Record):
    """Items that are there once more. Of `examined` items near duplicates were sought, at `threshold` of likeness."""

    conflicts: int
    exact: int
    examined: int
    near: int
    straddling: int
    threshold: float


class EdgeRead(Record):
    """`child` was made from `parent`."""

    child: str
    parent: str
    relation: Relation
    weight: float | None


class EndpointAffected(Record):
    """An endpoint that an affected version is cleared for."""

    endpoint: str
    ref: str


class EndpointAmount(Record):
    """What one endpoint answered."""

    cached_tokens: int
    completion_tokens: int
    cost_micro: int
    department: str
    endpoint: str
    prompt_tokens: int
    requests: int


class EndpointDetail(Record):
    """An endpoint with its history, newest first, and the replicas of its current and its serving unit."""

    chip: str | None
    created_at: datetime
    current: DeploymentRead | None
    department: str
    deployments: list[DeploymentRead]
    model: str
    name: str
    previous: DeploymentRead | None
    reason: str
    replicas: list[ReplicaRead]
    runtime: RuntimeKind | None
    serving: DeploymentRead | None
    since: datetime
    state: EndpointState
    title: str
    wanted_replicas: int


class EndpointFit(Record):
    """Whether an endpoint could serve the result."""

    endpoint: str
    fits: bool
    reason: str


class EndpointRead(Record):
    """An endpoint in a list; `serving` is what answers now, `previous` what a rollback would bring back."""

    chip: str | None
    created_at: datetime
    current: DeploymentRead | None
    department: str
    model: str
    name: str
    previous: DeploymentRead | None
    reason: str
    runtime: RuntimeKind | None
    serving: DeploymentRead | None
    since: datetime
    state: EndpointState
    title: str
    wanted_replicas: int


class EngineAmount(Record):
    """The time that an endpoint's versions held chips, and its worth by the price of those; `idle_micro` is of the
    part in which they answered nobody.
    """

    busy_milliseconds: int
    chip: str
    department: str
    endpoint: str
    idle_micro: int
    milliseconds: int
    worth_micro: int


class EngineRead(Record):
    """An engine: one whole model with any number of adapters. Sizes are in bytes."""

    base: str
    chip: str
    department: str | None
    estimate: dict[str, int]
    host: str
    id: str
    number: int
    pid: int | None
    reason: str
    runtime: RuntimeKind
    since: datetime
    state: ReplicaState
    took: int | None
    units: list[str]
    version: str


class Erased(Record):
    """When the bytes of a version were erased, by whom and why."""

    at: datetime
    by: str
    reason: str


class Erasure(Record):
    """What was erased: every version with these bytes. `shared` names what still holds some of the same files,
    `affected` counts the versions of models that learnt from them.
    """

    affected: int
    bytes: int
    deployed: int
    digest: str
    files: int
    refs: list[str]
    shared: list[str]


class Estimate(Record):
    """What a job is expected to take, known before it starts."""

    architecture: str
    basis: str
    flop: float
    high: float | None
    kwh: float
    low: float | None
    memory: int
    memory_alike: list[str]
    memory_jobs: int
    micro: int
    rule_memory: int | None
    rule_seconds: float | None
    seconds: float


class EvidenceRead(Record):
    """One run of the conformance suite."""

    adapter: str | None
    architecture: str
    base: str
    cases: list[CaseRead]
    chip: str
    created_at: datetime
    created_by: str | None
    family: Family
    id: str
    job_id: str | None
    passed: bool
    runtime: RuntimeKind
    runtime_version: str


class EvidenceTable(Record):
    """M + N: runtimes on families of chips, and architectures; anything else should work and is not verified."""

    architectures: list[ArchitectureRead]
    runtimes: list[RuntimeOnChip]


class ExamOrderRead(Record):
    """What an examination was ordered with; of a comparison the version, then the reference."""

    hidden: int
    suites: list[ExamSuite]
    versions: list[ExamSitter]


class ExamSitter(Record):
    """A version that is examined."""

    ref: str
    title: str


class ExamSuite(Record):
    """An exam that is sat."""

    name: str
    title: str


class Example(Record):
    """A question as it will be asked, and the answer that is wanted."""

    answer: str
    question: str


class ExchangeRead(Record):
    """A question and its answer without personal data; `masked` counts what was taken out, by kind."""

    answer: str
    completion_id: str
    created_at: datetime
    expires_at: datetime
    id: str
    masked: dict[str, int]
    messages: list[dict[str, Any]]
    version: str


class ExpectedScore(Record):
    """An expected score: where it comes from, and on how many measured children it rests."""

    basis: Literal["tried", "house", "elsewhere", "unknown"]
    children: int
    span: SpanRead


class FacetValue(Record):
    """One choice and how many models it leaves."""

    count: int
    value: str


class Facets(Record):
    """The choices of each facet, the most frequent first. `cut`: only the first `models` models were counted."""

    base: list[FacetValue]
    cut: bool
    department: list[FacetValue]
    kind: list[FacetValue]
    language: list[FacetValue]
    license: list[FacetValue]
    models: int
    size: list[FacetValue]
    skill: list[FacetValue]
    state: list[FacetValue]
    tag: list[FacetValue]


class FactChange(Record):
    """A fact that is not the same."""

    key: str
    new: Any
    old: Any


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


class FileChange(Record):
    """A file of two versions."""

    change: Change
    new_size: int | None
    old_size: int | None
    path: str


class FilePreview(Record):
    """One file as it would be read. `layouts` counts items by the layout they are converted from, `dropped` the fields
    that would be lost, `left_out` rows that say themselves that they are not to be learnt, `refused_rows` all
    that stand in the way; the first are in `refused`. `error` is why the file cannot be read any further.
    """

    columns: list[str]
    converted: list[dict[str, Any]]
    dropped: dict[str, int]
    error: RefusedRow | None
    file: str
    format: DatasetFormat | None
    items_: int
    kind: str
    layouts: dict[str, int]
    left_out: int
    refused: list[RefusedRow]
    refused_rows: int
    split: str | None


class FileRead(Record):
    """One file of a version."""

    digest: str
    path: str
    size: int


class Finding(Record):
    """One line of the check before a run. `code` names it for translation; `stop` blocks the order."""

    code: str
    level: Literal["ok", "note", "warning", "stop"]
    message: str
    params: dict[str, Any]


class FindingRow(Record):
    """One line that something was found in; `about` is the exam, the kind of personal data or the other line."""

    about: str
    kind: FindingKind
    line: int
    split: str
    text: str


class FitRead(Record):
    """A runtime on a kind of chip for one version; `bytes` are expected, `through` is what reaches the chip."""

    bytes: int
    chip: str
    family: Family
    here: bool
    reasons: list[FitReason]
    runtime: RuntimeKind | Literal["llama.cpp"]
    through: str
    verdict: FitVerdict
    verified_version: str


class FitReason(Record):
    """Why a place will not do, and what would help."""

    code: str
    fix: str
    message: str


class FitsRead(Record):
    """Where a version can run, the best place first."""

    architecture: str
    fits: list[FitRead]
    parameters: int
    version: str


class FlavourRead(Record):
    """A kind of chip over all machines that are there; `cpu` are slots."""

    capacity: int
    deserved: int
    flavour: str
    free: int
    guaranteed: int


class ForgettingRead(Record):
    """Average, backward and forward transfer, worst drop of one stage's row (shares; null: nothing to compare)."""

    average: float | None
    backward: float | None
    forward: float | None
    worst: DropRead | None


class GateLineRead(Record):
    """One rule against what was found."""

    found: float | None
    gate: str
    high: float | None
    items_: int
    lost: int | None
    low: float | None
    measure: Measure
    p: float | None
    passed: bool
    reason: Reason
    reference: str | None
    suite: str | None
    wanted: float
    won: int | None


class GateRead(Record):
    """A gate."""

    created_at: datetime
    department: str
    id: str
    name: str
    rules: list[GateRuleRead]


class GateReportRead(Record):
    """Every rule of a department's gates; passed when no line failed."""

    lines: list[GateLineRead]
    passed: bool


class GateRuleRead(Record):
    """A rule of a gate; a reference in a model that is not in your directory is left out."""

    at_least: float | None
    margin: float | None
    measure: Measure
    reference: str | None
    suite: str | None


class GrantRead(Record):
    """A department whose staff may use the weights."""

    department: str
    granted_at: datetime
    granted_by: str | None


class GroupCell(Record):
    """The mean over the items of all these exams, with its 95 % interval; `worst` is the exam that went worst."""

    exams: int
    high: float
    items_: int
    low: float
    score: float
    worst: str
    worst_score: float


class GroupedRow(Record):
    """A version, and what it scored by the key of the group; null where it sat no such exam."""

    cells: dict[str, GroupCell | None]
    kind: Kind
    ref: str
    state: VersionState
    title: str


class GroupedSkills(Record):
    """A page of versions against groups of exams; `next` is the cursor of the page that follows."""

    groups: list[SkillGroup]
    next: str | None
    rows: list[GroupedRow]


class HeaderRead(Record):
    """The header of a safetensors file; `total` counts its tensors, of which `tensors` are the first."""

    metadata: dict[str, str]
    parameters: int
    path: str
    tensors: list[TensorRead]
    total: int


class HiddenRead(Record):
    """How many relatives are not named, because they belong to private models."""

    down: int
    up: int


class Holder(Record):
    """A running job that holds a place; without `id` where the reader may not see the job."""

    department: str
    id: str | None
    kind: str
    leaving: bool
    preemptible: bool
    priority: int
    since: datetime | None
    title: str


class ImpactRead(Record):
    """All that has to be looked at when `subject` is withdrawn."""

    by_state: dict[str, int]
    cut: bool
    endpoints: list[EndpointAffected]
    hidden: int
    subject: str
    total: int
    versions: list[AffectedRead]


class Interference(Record):
    """How two parents' changes lie to each other, over all common modules."""

    cosine: float
    exact: bool
    one: str
    other: str
    overlap: float | None


class ItemRead(Record):
    """One item of a run: won and lost are against the other run, right and wrong are the same in both."""

    answer: str | None
    asked: Asked | None
    change: Turn
    id: str
    other_answer: str | None
    other_score: float | None
    score: float


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

    after: list[str]
    attempt: int
    cancel_requested: bool
    code: str
    created_at: datetime
    created_by: str | None
    department: str
    error: JobError | None
    estimate: Estimate | None
    failure: FailureClass | None
    finished_at: datetime | None
    id: str
    kind: str
    max_attempts: int
    metrics_: dict[str, Any]
    needs: Needs
    peak_memory: int | None
    position: int | None
    progress: float | None
    reason: str
    result: dict[str, Any] | None
    seats: list[SeatRead]
    seconds: float | None
    since: datetime
    spec: dict[str, Any]
    stage: str
    started_at: datetime | None
    state: JobState
    title: str
    yielding: bool


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


class Kept(Record):
    """What a rank keeps of the merged change: `energy` in all, `worst` of the module that loses most; shares."""

    energy: float
    module: str
    rank: int
    worst: float


class KeyAmount(Record):
    """What came in with one key or token; without `key`: from signed-in browsers."""

    cached_tokens: int
    completion_tokens: int
    cost_micro: int
    department: str
    key: str | None
    name: str
    prefix: str | None
    prompt_tokens: int
    requests: int


class LabelReport(Record):
    """The answers of a split that has few different ones; `balance` is 1 when all are as frequent."""

    balance: float
    distinct: int
    labels: dict[str, int]
    majority: float


class Leak(Record):
    """Items of a split that ask what an exam asks; `near` ones ask almost the same and block when they are many."""

    dataset: str
    exact: int
    exam: str
    exam_split: str
    near: int
    split: str


class LeftOut(Record):
    """A version that was to be tried and could not be."""

    reason: str
    ref: str


class Level(Record):
    """A skill of the role: at least this score in this exam."""

    level: float
    suite: str


class LineageRead(Record):
    """What a version came from and what came from it, as lists and as a graph."""

    ancestors: list[RelativeRead]
    cut: bool
    datasets: list[DatasetUseRead]
    descendants: list[RelativeRead]
    edges: list[EdgeRead]
    hidden: HiddenRead
    nodes: list[NodeRead]
    ref: str


class LoginLinkRead(Record):
    """A link that signs in once."""

    expires_at: datetime
    url: str


class MachineRead(Record):
    """What a worker offers; of `slots`, jobs without chips at a time, `slot_holders` are taken."""

    alive: bool
    chips: list[ChipRead]
    executor: str
    memory: int
    name: str
    seen_at: datetime
    slot_holders: list[Holder]
    slots: int
    worker: str


class MatchList(Record):
    """Matches, those that can be ordered first, then by what they promise."""

    items_: list[MatchRead]
    skills: list[str]


class MatchPrompts(Record):
    """A data set whose questions the teacher was trained on, and that the actor may read."""

    dataset: str
    items_: int
    split: str


class MatchRead(Record):
    """`teacher` could teach `student` the skill `skill`."""

    certain: bool
    gain: float
    licences: list[str]
    prompts: list[MatchPrompts]
    reasons: list[MatchReason]
    recipe: str
    size_ratio: float
    skill: str
    stops: list[MatchReason]
    student: str
    student_score: MatchScore | None
    teacher: str
    teacher_score: MatchScore
    way: Literal["same_base", "same_tokenizer", "text"]


class MatchReason(Record):
    """Why a match is one, or is none; `code` names the sentence for translation."""

    code: str
    message: str
    params: dict[str, Any]


class MatchScore(Record):
    """What a version scored in the skill, with its 95 % interval."""

    high: float
    items_: int
    low: float
    score: float


class MatchesRead(Record):
    """What versions answered to the examples of a request, the best first."""

    examples: int
    fewest: int
    floor: float
    items_: list[TriedRead]
    job: str | None
    left_out: list[LeftOut]
    reason: str
    scorer: str
    since: datetime | None
    stale: bool
    state: Literal["none", "queued", "running", "succeeded", "failed", "cancelled"]


class Me(Record):
    """The signed-in person; `csrf` goes into the X-CSRF-Token header of every change."""

    csrf: str
    everywhere: list[Permission]
    in_departments: dict[str, list[Permission]]
    permissions: list[Permission]
    person: PersonSummary
    roles: list[RoleRead]


class MeasureRead(Record):
    """What the factors say about a merge before it runs."""

    cosines: list[list[float]]
    energies: list[Kept]
    method: str
    modules: list[ModuleMeasure]
    norms: list[float]
    overlaps: list[list[float]]
    seconds: float


class MemoryParts(Record):
    """What the peak of memory is made of, in bytes."""

    activations: int
    gradients: int
    logits: int
    optimiser: int
    overhead: int
    weights: int


class MissingRead(Record):
    """A skill of the role that is not reached; `found` is null where the exam was not sat."""

    found: float | None
    level: float
    suite: str


class ModelRead(Record):
    """A model with its latest version; `aliases` gives the number of the version that each points at."""

    aliases: dict[str, int]
    created_at: datetime
    department: str
    description: str
    gating: Gating
    latest: VersionSummary | None
    name: str
    tags: list[str]
    title: str
    updated_at: datetime
    versions: int
    visibility: Visibility


class ModuleMeasure(Record):
    """One module: the rank the merged change has, and its squared singular values as shares, falling, at most 64."""

    module: str
    norm: float
    rank: int
    spectrum: list[float]


class NearLeakPermitRead(Record):
    """Who has permitted learning from a split with up to so many near questions of an exam, and why."""

    at: datetime
    by: str
    exam: str
    items_: int
    reason: str
    split: str


class Needs(Record):
    """What a job needs of a machine: so many chips of one flavour on each of so many machines, or a slot of a CPU."""

    chips: int
    flavours: list[str]
    memory: int
    nodes: int
    preemptible: bool
    priority: Priority


class NodeRead(Record):
    """A version of the graph; `depth` counts generations, ancestors are below zero."""

    department: str
    depth: int
    kind: Kind
    ref: str
    state: VersionState
    title: str


class NoticeRead(Record):
    """Something this person should hear of; `page` is the address of the page that shows it."""

    actor: str
    at: datetime
    event: str
    page: str | None
    reason: str
    seq: int
    subject: str


class OfferRead(Record):
    """What is offered for a request, and what nobody knows; once one is `chosen`, as it stood `at` that moment."""

    at: datetime
    chosen: str | None
    currency: str
    floor: float
    options: list[OptionRead]
    reason: SaidRead
    recommended: str | None
    titles: dict[str, str]
    today_micro: int | None
    unknown: list[SaidRead]


class OptionData(Record):
    """Data to learn from."""

    items_: int
    ref: str
    split: str


class OptionRead(Record):
    """One way to answer a request."""

    base: str
    cheaper: bool
    data: OptionData | None
    expected: ExpectedScore
    key: str
    lead_hours: SpanRead | None
    notes: list[SaidRead]
    over: list[Literal["budget_once", "budget_month", "deadline"]]
    parameters: int
    payback_months: float | None
    reach: Reach
    running: OptionRunning | None
    skills: dict[str, SpanRead]
    stops: list[SaidRead]
    tier: Tier
    versions: list[str]
    way: Way
    why: list[SaidRead]
    work: OptionWork


class OptionRunning(Record):
    """What a month of it costs: tokens as billed, and engines that have to be held for it beside the present ones."""

    busy: float
    engine_micro: int
    engines: int
    micro: int
    tokens_micro: int


class OptionWork(Record):
    """What making it takes once; None where nobody knows."""

    chip_seconds: float | None
    jobs: int
    micro: int | None
    seconds: SpanRead | None


class Ordered(Record):
    """What came of an order: a job, or an approval that waits for its signature."""

    approval: str | None
    job: str | None
    request: RequestRead


class OrganisationRead(Record):
    """Those who work for the whole house, and every department."""

    departments: list[DepartmentCard]
    house: list[RoleHolder]


class PairRead(Record):
    """Two answers to one question; which is whose is not said."""

    first: str
    id: str
    question: str
    second: str


class PairVoteRead(Record):
    """Whose answer it was that was preferred."""

    better: Better
    first: Better


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
    sample: bool
    username: str


class PersonSummary(Record):
    """Who somebody is."""

    display_name: str
    id: str
    username: str


class PlanForecast(Record):
    """What a plan would take, without doing it: sums over the stages that are known (seconds of work, micro-units)."""

    kwh: float
    micro: int
    seconds: float
    shared: int
    stages: list[StageForecast]
    unknown: int


class PlanRead(Record):
    """What a merge would do."""

    base: str
    bytes: int
    endpoints: list[EndpointFit]
    engine: Literal["factors", "dense", "mergekit"]
    exact: bool
    findings: list[Finding]
    finish: dict[str, Any] | None
    interference: list[Interference]
    license: str
    measure: MeasureRead | None
    memory_bytes: int
    method: str
    notes: list[str]
    output: Literal["adapter", "full"]
    parameters: int
    parents: list[PlannedParent]
    rank: int
    restrictions: list[str]
    scale: float
    seconds: float
    statement: str
    watt_hours: float
    yaml: str


class PlanRow(Record):
    """A plan in a list."""

    created_at: datetime
    created_by: str | None
    department: str
    name: str
    passed: int
    reason: str
    revision: int
    saving: SavingRead
    since: datetime
    stages: int
    state: PlanState
    title: str


class PlannedParent(Record):
    """A parent with the factor its change is multiplied by."""

    department: str
    features: list[str]
    license: str
    rank: int
    ref: str
    weight: float


class PreferenceRead(Record):
    """What the judged pairs say; `share` is the candidate's, ties halved, and lies between `low` and `high`."""

    baseline: int
    candidate: int
    factor: float
    high: float
    identical: int
    low: float
    same: int
    share: float
    waiting: int


class PreviewRead(Record):
    """What would be filed: `ready` when nothing is refused. `splits` counts the items by the split they would be in,
    `skipped` says which entries of a dataset_info.json are not read, and why.
    """

    files: list[FilePreview]
    ready: bool
    shares: dict[str, float]
    skipped: dict[str, str]
    splits: dict[str, int]


class PriceBook(Record):
    """Every price, the newest first; those without `valid_from` are the defaults."""

    currency: str
    items_: list[PriceEntry]


class PriceEntry(Record):
    """A price of the book and when it begins to count; `present` are those that count now."""

    per_million_micro: int
    present: bool
    sku: str
    valid_from: datetime | None


class PriceRead(Record):
    """What a million tokens, or a million milliseconds of a chip, cost now."""

    per_million_micro: int
    sku: str


class QualityReport(Record):
    """All that was found, without a word of the items."""

    blocked: list[str]
    coverage: list[Coverage]
    digest: str
    duplicates: Duplicates
    examined_at: datetime
    exams: list[str]
    findings: dict[str, int]
    labels: dict[str, LabelReport]
    leaks: list[Leak]
    personal: dict[str, dict[str, int]]
    ref: str
    remarks: list[Finding]
    seconds: float
    splits: dict[str, SplitReport]
    verdict: QualityVerdict


class QualityReportRead(Record):
    """The report with what has changed since: `outdated` where exams were made after it, what was permitted, and the
    splits that nothing may learn from now.
    """

    blocked: list[str]
    job: str | None
    may_permit: list[str]
    outdated: bool
    permits: list[NearLeakPermitRead]
    report: QualityReport


class QuotaRead(Record):
    """A quota and how much of it is used."""

    borrowed: int
    department: str
    deserved: int
    flavour: str
    guarantee: int
    held: int
    limit: int | None
    waiting: int
    weight: float


class ReadinessLine(Record):
    """One point of the list that a reviewer reads."""

    code: Point
    detail: str
    ok: bool


class ReadingRead(Record):
    """One signal of health; `factor` says how strongly the counts speak for "worse", `limit` what counted as slow."""

    baseline: SignalCount
    candidate: SignalCount
    excess: float
    factor: float
    hint: bool
    limit: int | None
    signal: Signal
    worse: bool


class RecipeRead(Record):
    """A mergekit YAML that aird takes unchanged."""

    yaml: str


class RefusedRow(Record):
    """One row that would be refused; `reason` is a stable word."""

    line: int
    message: str
    reason: str


class RelativeRead(Record):
    """A version on the family tree; `of` is the neighbour it was reached from, None when you may not see that one."""

    depth: int
    of: str | None
    ref: str
    relation: Relation
    weight: float | None


class ReplacedRead(Record):
    """The version that the approved one would follow; `hidden`: there is one, of a model that you may not see."""

    hidden: bool
    version: str | None


class ReplicaRead(Record):
    """A unit in an engine; `took` is the most memory the engine was seen to hold, in bytes."""

    chip: str
    host: str
    id: str
    number: int
    pid: int | None
    reason: str
    runtime: RuntimeKind
    since: datetime
    state: ReplicaState
    took: int | None
    unit: str


class ReportModule(Record):
    """One module of a merge: `energy_kept` of the merged change, `kept` of each parent, all shares."""

    energy_kept: float
    kept: list[float]
    module: str
    rank: int


class ReportRead(Record):
    """What happened in a merge; stored with the version that came out."""

    basis: str
    energy_kept: float
    exact: bool
    finish: dict[str, Any] | None
    method: str
    modules: list[ReportModule]
    overlap: list[list[float]]
    parents: list[str]
    rank: int
    scale: float
    seconds: float
    sources: list[dict[str, float]]
    statement: str
    version: str
    weights: list[float]


class ReportState(Record):
    """What the last quality report came to; nothing may learn from the `blocked` splits."""

    blocked: list[str]
    examined_at: datetime
    job: str | None
    outdated: bool
    personal: int
    verdict: QualityVerdict


class RequestEventRead(Record):
    """One step of a request: a state it came into, something said, or something done for it."""

    actor: str
    at: datetime
    data: dict[str, Any]
    kind: StepKind
    note: str
    state: RequestState


class RequestRead(Record):
    """A request with its timeline. `examples` are hidden from other departments where their class says so."""

    budget_month_micro: int | None
    budget_once_micro: int | None
    created_at: datetime
    data_class: DataClass
    deadline: str | None
    department: str
    endpoint: str | None
    examples: list[Example]
    examples_hidden: bool
    floor: float
    id: str
    languages: list[str]
    match_job: str | None
    need: str
    number: int
    option: str | None
    present: str | None
    requester: str
    since: datetime
    state: RequestState
    timeline: list[RequestEventRead]
    title: str
    today_micro: int | None
    users: int | None
    version: str | None
    volume_per_day: int | None
    waits_for: Waiting
    work_job: str | None


class RequestVotes(Record):
    """What people preferred when they tried what a request was given."""

    against: list[StandingRead]
    blind: int
    high: float
    lost: int
    low: float
    people: int
    same: int
    share: float
    verdict: Literal["none", "open", "preferred", "worse"]
    version: str | None
    won: int


class RoleHolder(Record):
    """A person in one role."""

    display_name: str
    role: Role
    username: str


class RoleRead(Record):
    """A role; department None means the whole organisation."""

    department: str | None
    role: Role


class RoleRights(Record):
    """A role, what it may do, and how many people hold it."""

    people: int
    permissions: list[Permission]
    role: Role


class RolloutDetail(Record):
    """A trial with what is known of it now; `why` names what the verdict rests on, with `params` for its words."""

    arms: list[ArmRead]
    baseline: DeploymentRead
    candidate: DeploymentRead
    created_at: datetime
    created_by: str | None
    ended_at: datetime | None
    endpoint: str
    history: list[RolloutMove]
    kind: RolloutKind
    next: int | None
    number: int
    params: dict[str, Any]
    preference: PreferenceRead | None
    readings: list[ReadingRead]
    reason: str
    rules: dict[str, Any]
    since: datetime
    state: RolloutState
    step_since: datetime
    steps: list[int]
    verdict: str
    weight: int
    why: Why


class RolloutMove(Record):
    """One move of a rollout."""

    at: datetime
    by: str
    reason: str
    weight: int
    what: str


class RolloutRead(Record):
    """A trial of a version on an endpoint."""

    baseline: DeploymentRead
    candidate: DeploymentRead
    created_at: datetime
    created_by: str | None
    ended_at: datetime | None
    endpoint: str
    kind: RolloutKind
    next: int | None
    number: int
    reason: str
    rules: dict[str, Any]
    since: datetime
    state: RolloutState
    steps: list[int]
    weight: int


class RouteArm(Record):
    """Where a share of an endpoint's callers goes."""

    digest: str
    number: int
    replicas: int
    role: Literal["baseline", "candidate", "shadow"]
    version: str
    weight: int


class RouteRead(Record):
    """Where an endpoint's callers go now; without arms nowhere, and `reason` says why."""

    arms: list[RouteArm]
    by_request: bool
    endpoint: str
    reason: str
    rollout: int | None


class RunExplained(Record):
    """Why a run has its score: item by item against another run, by default the parent's."""

    against: RunRead | None
    items_: list[ItemRead]
    items_hidden: bool
    next: str | None
    others: list[RunRead]
    run: RunRead
    tally: Tally
    why: Literal["parent", "chosen", "nothing"]


class RunRead(Record):
    """What a version scored in a suite; `outcomes` is the artifact with its answer to each item."""

    at: datetime
    correct: int
    details: dict[str, Any]
    digest: str
    engine: Engine
    high: float
    id: str
    items_: int
    job_id: str
    low: float
    metric: str
    outcomes: str
    points: float
    score: float
    skill: str
    slot: Slot
    split: str
    suite: str
    version: str


class RuntimeOnChip(Record):
    """One cell of the table of runtimes and families of chips; `evidence` is the newest run, null: nobody tried."""

    evidence: EvidenceRead | None
    family: Family
    here: bool
    runtime: RuntimeKind
    through: str
    title: str


class SaidRead(Record):
    """A sentence with its code, for translation."""

    code: str
    message: str
    params: dict[str, Any]


class SampleRead(Record):
    """What belongs to the sample organisation: its departments, rows by table, and what keeps it from going."""

    departments: list[str]
    foreign: list[str]
    jobs: int
    models: int
    running: int
    versions: int


class SavingRead(Record):
    """What the plan has cost itself, and what it did not have to do again because others had (seconds, micro-units)."""

    saved_micro: int
    saved_seconds: float
    shared_stages: int
    spent_micro: int
    spent_seconds: float


class ScoreRead(Record):
    """What the version of a stage scored in an exam, with its 95 % interval."""

    high: float
    items_: int
    low: float
    score: float


class SearchRead(Record):
    """A search with its trials; `best` is the number of the one it would file."""

    best: int | None
    floors_met: bool
    job_id: str
    parents: list[str]
    reason: str
    reference: dict[str, float]
    space: SearchSpace
    state: str
    trials: list[TrialRead]


class SearchSpace(Record):
    """Which candidates are tried, and how they are compared: never on the exam itself."""

    densities: list[float]
    floors: dict[str, float]
    holdout: float
    keep_going: bool
    methods: list[Literal["linear", "tsv", "iso_c", "ties", "knots_ties", "ctm", "core_regmean"]]
    ranks: list[int | None]
    sampler: Literal["grid", "tpe", "cmaes", "nsga2"]
    scales: list[float]
    seed: int
    split: str
    suites: list[str]
    trials: int
    weights: bool


class SeatRead(Record):
    """A place that a running job holds: chips of a machine by index; of the flavour `cpu`, a slot."""

    chips: list[int]
    flavour: str
    machine: str


class SignalCount(Record):
    """So many of so many."""

    bad: float
    rate: float
    total: float


class SkillChange(Record):
    """A suite's scores; `low` and `high` bound the 95 % interval of the difference, None where one was not measured."""

    high: float | None
    low: float | None
    new: float | None
    old: float | None
    suite: str


class SkillCourse(Record):
    """One exam over the versions of a model, oldest first."""

    metric: str
    points: list[SkillPoint]
    skill: str
    slot: Slot
    suite: str
    title: str


class SkillGroup(Record):
    """A column of the matrix: the exams of one skill, or with `skill` null those of one slot."""

    key: str
    skill: str | None
    slot: Slot
    suites: list[str]


class SkillPoint(Record):
    """What a version scored, with its 95 % interval; `step` is null for the first, or where items are not kept."""

    at: datetime
    high: float
    items_: int
    low: float
    ref: str
    score: float
    state: VersionState
    step: SkillStep | None
    version: int


class SkillRead(Record):
    """A score with its 95 % interval and the number of items behind it."""

    high: float
    items_: int
    low: float
    measured_at: datetime
    metric: str
    score: float
    suite: str


class SkillStep(Record):
    """Against the version before it that sat the same exam, on the items that both sat: a share, with its interval."""

    against: int
    difference: float
    high: float
    items_: int
    lost: int
    low: float
    won: int


class SkillsHistory(Record):
    """How a model's skills went from version to version; `cut` says that there are older versions than are shown."""

    courses: list[SkillCourse]
    cut: bool
    model: str


class SkillsMatrix(Record):
    """A page of versions against suites; `next` is the cursor of the page that follows."""

    next: str | None
    rows: list[SkillsRow]
    suites: list[str]


class SkillsRow(Record):
    """One version's scores by suite."""

    cells: dict[str, SkillRead | None]
    kind: Kind
    ref: str
    state: VersionState
    title: str


class SpanRead(Record):
    """A range; `mid` is None where nothing says what is likeliest."""

    high: float
    low: float
    mid: float | None


class SplitReport(Record):
    """One split: lengths in characters, languages by items (`und`: too short to tell)."""

    format: str
    items_: int
    languages: dict[str, int]
    lengths: list[Bar]
    longest: int
    mean: float
    median: int
    shortest: int
    turns: float


class StageForecast(Record):
    """What a stage would take; `shared` stages are done or under way and cost nothing. Without an `estimate` it is not
    known before what it needs is made. The plan stops at a stage while one of its findings says `stop`.
    """

    estimate: Estimate | None
    findings: list[Finding]
    kind: StageKind
    name: str
    shared: bool


class StageRead(Record):
    """A stage; `findings` say what failed and what would fix it, `version` is what the stage made: null as long as it
    made nothing, and where you may not see it.
    """

    budget: Budget
    digest: str | None
    exam: WorkRead | None
    findings: list[Finding]
    finished_at: datetime | None
    kind: StageKind
    name: str
    needs: list[str]
    reason: str
    report: StageReport
    since: datetime
    started_at: datetime | None
    state: StageState
    teaches: list[str]
    title: str
    version: str | None
    work: WorkRead | None


class StageReport(Record):
    """What a stage's version scored and how that was judged."""

    forgetting: ForgettingRead | None
    gate: list[GateLineRead]
    missing: list[MissingRead]
    scores: dict[str, ScoreRead]


class StandingRead(Record):
    """How a version stands against another over all votes of people: `won`, `lost`, `same` are counts."""

    against: str
    high: float
    lost: int
    low: float
    same: int
    share: float
    version: str
    won: int


class SuiteDetail(Record):
    """An exam with its settings, and the first items for those who may read them (`items_hidden`: you may not)."""

    created_at: datetime
    dataset: str
    department: str
    digest: str
    items_: int
    items_hidden: bool
    metric: str
    name: str
    runs: int
    sample: list[dict[str, Any]]
    scorer: Scorer
    settings: dict[str, Any]
    skill: str
    slot: Slot
    split: str
    title: str


class SuiteRead(Record):
    """An exam; `dataset` is the exact version its items come from, `digest` names items, scorer and settings."""

    created_at: datetime
    dataset: str
    department: str
    digest: str
    items_: int
    metric: str
    name: str
    scorer: Scorer
    skill: str
    slot: Slot
    split: str
    title: str


class SuiteScore(Record):
    """A score on part of a suite's items, with its 95 % Wilson interval."""

    high: float
    items_: int
    kept: float
    low: float
    score: float
    suite: str


class Tally(Record):
    """How many items were won, lost, right in both and wrong in both."""

    lost: int
    right: int
    won: int
    wrong: int


class TaskImported(Record):
    """What a task becomes: the scorer, five items as they are asked, and notes on what is done otherwise here."""

    items_: int
    notes: list[str]
    sample: list[dict[str, Any]]
    scorer: Scorer
    settings: dict[str, Any]
    suite: SuiteRead | None
    task: str


class TeacherEstimate(Record):
    """One teacher: what it has to read and say. Where all its prompts are `cached`, it does not run at all."""

    cached: int
    cached_bytes: int
    dataset: str
    flop: float
    items_: int
    seconds: float
    split: str
    tokens: int
    version: str
    way: Literal["same_base", "same_tokenizer", "text"]


class TemplateRead(Record):
    """A plan to start from."""

    about: str
    name: str
    title: str
    yaml: str


class TensorRead(Record):
    """A tensor of a weights file."""

    bytes: int
    dtype: str
    name: str
    shape: list[int]


class TextChange(Record):
    """How a text file changed, as a unified diff; `cut` says that the diff is longer than what is shown."""

    cut: bool
    path: str
    unified_diff: str


class TextRead(Record):
    """A text file of a version."""

    digest: str
    path: str
    size: int
    text: str


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


class TrainingEstimate(Record):
    """What a training would take, without doing it. Nothing is ordered while a finding says `stop`."""

    base: str | None
    chip: str
    epochs: float
    estimate: Estimate
    findings: list[Finding]
    held_out: int
    items_: int
    memory: MemoryParts
    model: str
    needs: Needs
    parameters: int
    steps: int
    tokens: int
    too_long: int
    trainable: int


class TrainingRecord(Record):
    """How a version was made."""

    datasets: list[dict[str, Any]]
    job_id: str | None
    kind: str
    metrics: dict[str, Any]
    recipe: dict[str, Any]
    seconds: float | None


class TrialRead(Record):
    """A candidate of a search."""

    front: bool
    held_out: list[SuiteScore]
    items_: int
    mean: float | None
    meets_floors: bool
    note: str
    number: int
    params: dict[str, Any]
    rank: int
    scores: list[SuiteScore]
    seconds: float
    state: Literal["running", "dropped", "complete", "failed"]
    worst: float | None
    yaml: str


class TriedAnswer(Record):
    """What a version answered to one example."""

    answer: str
    question: str
    score: float
    wanted: str


class TriedRead(Record):
    """A version that answered the examples. `answers` is None where its owners have not opened it to the reader."""

    answers: list[TriedAnswer] | None
    base: str
    department: str
    high: float
    items_: int
    kind: str
    low: float
    milliseconds: float
    parameters: int
    reasons: list[SaidRead]
    ref: str
    score: float
    title: str


class TwinRead(Record):
    """An adapter of the same base that changes its weights in nearly the same direction."""

    cosine: float
    ref: str


class UnitCost(Record):
    """What an endpoint's version cost by the chips it held; `idle_micro` is of the time in which it answered nobody."""

    busy_micro: int
    busy_milliseconds: int
    department: str
    endpoint: str
    held_milliseconds: int
    idle_micro: int
    per_million_busy_micro: int | None
    per_million_micro: int | None
    tokens: int
    unit: str
    version: str


class UnitCosts(Record):
    """A month of keeping versions ready."""

    currency: str
    items_: list[UnitCost]
    month: str


class VerdictRead(Record):
    """What a verification of the whole chain found."""

    anchors: int
    entries: int
    fault: str | None
    head: str
    sound: bool


class VersionAmount(Record):
    """What one version answered; `unit` is the digest of its files."""

    cached_tokens: int
    completion_tokens: int
    cost_micro: int
    department: str
    prompt_tokens: int
    requests: int
    unit: str
    version: str


class VersionRead(Record):
    """A version's whole file."""

    aliases: list[str]
    base: str | None
    bytes: int
    card: dict[str, Any]
    children: list[ParentRead]
    commit: str | None
    compute: ComputeRead
    created_at: datetime
    created_by: str | None
    description: str
    differences: list[DifferenceRead]
    digest: str
    facts: dict[str, Any]
    files: list[FileRead]
    hidden_relatives: int
    kind: Kind
    license: str
    may_use_weights: bool
    name: str
    notes: str
    parameters: int
    parents: list[ParentRead]
    ref: str
    restrictions: list[str]
    skills: list[SkillRead]
    state: VersionState
    successor: str | None
    title: str
    training: TrainingRecord | None
    twins: list[TwinRead]
    version: int


class VersionSummary(Record):
    """A version in a list; `title` is that of its model."""

    aliases: list[str]
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
    title: str
    version: int


class VoteRead(Record):
    """What the vote came to: the answers with their names and costs, and how their versions stand now."""

    answers: list[AnswerRead]
    standings: list[StandingRead]


class WaitingRead(Record):
    """The first of a department's equal jobs that wait: `alike` are all of them, `position` is its place."""

    alike: int
    chips: int
    code: str
    department: str
    flavours: list[str]
    id: str | None
    kind: str
    memory: int
    nodes: int
    numbers: dict[str, Any]
    position: int
    priority: int
    queued_at: datetime
    reason: str
    title: str


class WorkRead(Record):
    """The job behind a stage; `shared` when another plan started it, `plans` counts the plans that use it."""

    job: str
    micro: int | None
    plans: int
    seconds: float | None
    shared: bool
    state: JobState
