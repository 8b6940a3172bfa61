# Written by scripts/make-client.py from web/openapi.json; change the API, then run `make api`.
"""The objects of the API's answers as the snapshot describes them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from aird.client.record import Record

AccessState = Literal["pending", "accepted", "rejected"]
"""How far a request for the weights is."""

Action = Literal["promoted", "rolled_back"]
"""How a deployment came about."""

ApprovalState = Literal["pending", "approved", "rejected", "void"]
"""What was decided, and whether it stands."""

Change = Literal["same", "added", "removed", "changed"]
"""What became of something between two versions."""

DatasetFormat = Literal["chat", "prompt", "exam", "text", "feedback"]
"""What one item is."""

DatasetKind = Literal["training", "exam", "text", "feedback"]
"""What a data set is for."""

EndpointState = Literal["empty", "starting", "ready", "failed", "stopped"]
"""What an endpoint is doing."""

EventKind = Literal["state", "progress", "log"]
"""What a job event tells."""

Gating = Literal["open", "auto", "manual"]
"""How somebody outside the owning department gets at the weights."""

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

Point = Literal[
    "version_in_service", "digest_unchanged", "request_in_review", "gates_defined", "gates_passed", "no_differences"
]
"""What is looked at; stable and translatable."""

Reason = Literal["reached", "too_low", "not_measured", "reference_not_measured", "reference_at_zero"]
"""Why a line passed or failed; stable and translatable."""

Relation = Literal["base", "continued", "merge", "teacher", "student", "quantized", "extracted", "baked"]
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

Visibility = Literal["internal", "private"]
"""Who sees that a model exists."""


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

    completion_tokens: int
    cost_micro: int
    prompt_tokens: int
    requests: int


class ApprovalRead(Record):
    """An approval as it stands; `gate` is of now while it is pending, afterwards of the moment of the decision."""

    accepted_differences: list[str]
    alias: str | None
    alias_was: str | None
    created_at: datetime
    decided_at: datetime | None
    decided_by: str | None
    department: str
    differences: list[DifferenceNoted]
    digest: str
    endpoint: str | None
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


class CardRead(Record):
    """A version's card: what its YAML says, and its text. `own` is False for a card that aird wrote from its facts."""

    claims: list[ClaimRead]
    markdown: str
    metadata: dict[str, Any]
    own: bool


class CheckRead(Record):
    """One line of the doctor's report: ok, warn or fail, and what to do."""

    check: str
    detail: str
    fix: str
    state: str


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


class ComputeRead(Record):
    """A version's own cost and that of its whole descent, each ancestor counted once."""

    lineage: CostRead
    own: CostRead
    ratio_to_base: float | None


class CostRead(Record):
    """What something cost: seconds of a chip, an estimate of the floating point operations, watt hours."""

    chip_seconds: float
    flop: float
    watt_hours: float


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
    """A department; `quota_bytes` is what its models may take, null where the house's own limit holds."""

    id: str
    key: str
    quota_bytes: int | None
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


class EndpointFit(Record):
    """Whether an endpoint could serve the result."""

    endpoint: str
    fits: bool
    reason: str


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
    rules: list[GateRuleRead]


class GateReportRead(Record):
    """Every rule of a department's gates; passed when no line failed."""

    lines: list[GateLineRead]
    passed: bool


class GateRuleRead(Record):
    """A rule of a gate; a reference in a model that is not in your directory is left out."""

    at_least: float
    measure: Measure
    reference: str | None
    suite: str


class GrantRead(Record):
    """A department whose staff may use the weights."""

    department: str
    granted_at: datetime
    granted_by: str | None


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


class Kept(Record):
    """What a rank keeps of the merged change: `energy` in all, `worst` of the module that loses most; shares."""

    energy: float
    module: str
    rank: int
    worst: float


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


class Me(Record):
    """The signed-in person; `csrf` goes into the X-CSRF-Token header of every change."""

    csrf: str
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


class NodeRead(Record):
    """A version of the graph; `depth` counts generations, ancestors are below zero."""

    department: str
    depth: int
    kind: Kind
    ref: str
    state: VersionState
    title: str


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


class PlannedParent(Record):
    """A parent with the factor its change is multiplied by."""

    department: str
    features: list[str]
    license: str
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


class RecipeRead(Record):
    """A mergekit YAML that aird takes unchanged."""

    yaml: str


class RelativeRead(Record):
    """A version on the family tree; `of` is the neighbour it was reached from, None when you may not see that one."""

    depth: int
    of: str | None
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


class SkillChange(Record):
    """A suite's scores; `low` and `high` bound the 95 % interval of the difference, None where one was not measured."""

    high: float | None
    low: float | None
    new: float | None
    old: float | None
    suite: str


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


class SuiteScore(Record):
    """A score on part of a suite's items, with its 95 % Wilson interval."""

    high: float
    items_: int
    kept: float
    low: float
    score: float
    suite: str


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


class TwinRead(Record):
    """An adapter of the same base that changes its weights in nearly the same direction."""

    cosine: float
    ref: str


class VerdictRead(Record):
    """What a verification of the whole chain found."""

    anchors: int
    entries: int
    fault: str | None
    head: str
    sound: bool


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
    """A version in a list."""

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
    version: int
