"""Shapes of usage and bills at the API. Costs are in micro-units of the currency."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from aird.core.schemas import Moment, Schema
from aird.metering.prices import SKU


class Amount(Schema):
    """Sums over ledger entries."""

    requests: int
    prompt_tokens: int
    completion_tokens: int
    cost_micro: int


class DepartmentAmount(Amount):
    """What one department used."""

    department: str


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


class PriceRead(Schema):
    """What a million tokens, or a million milliseconds of a chip, cost now."""

    sku: str
    per_million_micro: int


class PriceCreate(Schema):
    """A price from a moment on; without `valid_from`: from now on."""

    sku: SkuName
    per_million_micro: int = Field(ge=0, le=10**12)
    valid_from: Moment | None = None


class Bill(Schema):
    """A month; `reconciled` says that the total, found on its own, equals each of the three lists' sums."""

    month: str
    departments: list[DepartmentAmount]
    endpoints: list[EndpointAmount]
    keys: list[KeyAmount]
    total: Amount
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
