"""Shapes of usage and bills at the API. Costs are in micro-units of the currency."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from aird.core.schemas import Moment, Schema
from aird.metering.models import BudgetKind, OnSpent
from aird.metering.prices import SKU


class Amount(Schema):
    """Sums over ledger entries."""

    requests: int
    prompt_tokens: int
    cached_tokens: int
    completion_tokens: int
    cost_micro: int


class DepartmentAmount(Amount):
    """What one department used; `cost_micro` is of its tokens, `total_micro` with the time of its jobs."""

    department: str
    compute_milliseconds: int = 0
    compute_micro: int = 0
    total_micro: int = 0


class EndpointAmount(Amount):
    """What one endpoint answered."""

    endpoint: str
    department: str


class KeyAmount(Amount):
    """What came in with one key or token; without `key`: from signed-in browsers."""

    key: UUID | None
    name: str
    prefix: str | None
    department: str


SkuName = Annotated[str, Field(pattern=SKU, max_length=64, examples=["tokens.prompt", "time.chip.A100"])]


class VersionAmount(Amount):
    """What one version answered; `unit` is the digest of its files."""

    version: str
    unit: str
    department: str


class ComputeAmount(Schema):
    """The time that a department's jobs of one kind held one flavour of chips."""

    department: str
    kind: str
    chip: str
    jobs: int
    milliseconds: int
    cost_micro: int


class PriceRead(Schema):
    """What a million tokens, or a million milliseconds of a chip, cost now."""

    sku: str
    per_million_micro: int


class PriceCreate(Schema):
    """A price from a moment on; without `valid_from`: from now on."""

    sku: SkuName
    per_million_micro: int = Field(ge=0, le=10**12)
    valid_from: Moment | None = None


class BudgetWrite(Schema):
    """A bound for a month, in micro-units; from `alert_percent` of it on somebody is told."""

    limit_micro: int = Field(ge=0, le=10**15)
    alert_percent: int = Field(default=80, ge=1, le=100)
    on_spent: OnSpent = OnSpent.REJECT


class BudgetRead(Schema):
    """How a budget stands this month. `reserved_micro` is lent to gateways: in flight, or about to be."""

    kind: BudgetKind
    subject: str
    name: str
    department: str
    month: str
    limit_micro: int
    used_micro: int
    reserved_micro: int
    forecast_micro: int
    alert_percent: int
    on_spent: OnSpent
    alerted_at: datetime | None
    currency: str


class Budgets(Schema):
    """Budgets, the widest first."""

    items: list[BudgetRead]


class UnitCost(Schema):
    """What an endpoint's version cost by the chips it held; `idle_micro` is of the time in which it answered nobody."""

    endpoint: str
    department: str
    unit: str
    version: str
    tokens: int
    held_milliseconds: int
    busy_milliseconds: int
    busy_micro: int
    idle_micro: int
    per_million_busy_micro: int | None
    per_million_micro: int | None


class UnitCosts(Schema):
    """A month of keeping versions ready."""

    month: str
    items: list[UnitCost]
    currency: str


class PriceEntry(Schema):
    """A price of the book and when it begins to count; `present` are those that count now."""

    sku: str
    per_million_micro: int
    valid_from: datetime | None
    present: bool


class PriceBook(Schema):
    """Every price, the newest first; those without `valid_from` are the defaults."""

    items: list[PriceEntry]
    currency: str


class EngineAmount(Schema):
    """The time that an endpoint's versions held chips, and its worth by the price of those; `idle_micro` is of the part
    in which they answered nobody."""

    department: str
    endpoint: str
    chip: str
    milliseconds: int
    busy_milliseconds: int
    worth_micro: int
    idle_micro: int


class Bill(Schema):
    """A month; `reconciled` says that the total, found on its own, equals each list's sum.

    `total` is of tokens alone, `experiments` are those of it whose answers reached nobody, `total_micro` is what is
    to pay: tokens and the time of jobs. `engines` is not paid besides: the price of tokens is there to cover it.
    """

    month: str
    departments: list[DepartmentAmount]
    endpoints: list[EndpointAmount]
    keys: list[KeyAmount]
    versions: list[VersionAmount]
    compute: list[ComputeAmount]
    engines: list[EngineAmount]
    engine_milliseconds: int
    engine_micro: int
    experiments: Amount
    total: Amount
    compute_milliseconds: int
    compute_micro: int
    total_micro: int
    reconciled: bool
    currency: str
    prices: list[PriceRead]


class JobUsage(Schema):
    """What one job took, over all its attempts."""

    job_id: UUID
    kind: str
    department: str
    chip: str
    attempts: int
    milliseconds: int


class DepartmentJobs(Schema):
    """What the jobs of one department took."""

    department: str
    jobs: int
    milliseconds: int


class JobsUsage(Schema):
    """A month of compute time."""

    month: str
    jobs: list[JobUsage]
    departments: list[DepartmentJobs]
    total_milliseconds: int
