"""Shapes of fits and evidence at the API and in the queue."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from aird.core.schemas import Schema
from aird.deploy.fitting.chips import Family
from aird.deploy.fitting.matching import FitVerdict
from aird.deploy.placement import RuntimeKind
from aird.jobs.needs import Flavour


class FitReason(Schema):
    """Why a place will not do, and what would help."""

    code: str
    message: str
    fix: str


class FitRead(Schema):
    """A runtime on a kind of chip for one version; `bytes` are expected, `through` is what reaches the chip."""

    runtime: RuntimeKind | Literal["llama.cpp"]
    chip: str
    family: Family
    here: bool = Field(description="Whether this house has such a chip; the others are shown to plan with.")
    verdict: FitVerdict
    verified_version: str
    through: str
    reasons: list[FitReason]
    bytes: int


class FitsRead(Schema):
    """Where a version can run, the best place first."""

    version: str
    architecture: str
    parameters: int
    fits: list[FitRead]


class CaseRead(Schema):
    """One case of the conformance suite."""

    name: str
    ok: bool
    said: str


class EvidenceRead(Schema):
    """One run of the conformance suite."""

    id: UUID
    runtime: RuntimeKind
    runtime_version: str
    chip: str
    family: Family
    architecture: str
    base: str
    adapter: str | None
    passed: bool
    cases: list[CaseRead]
    job_id: UUID | None
    created_by: str | None
    created_at: datetime


class RuntimeOnChip(Schema):
    """One cell of the table of runtimes and families of chips; `evidence` is the newest run, null: nobody tried."""

    runtime: RuntimeKind
    family: Family
    title: str
    through: str
    here: bool
    evidence: EvidenceRead | None


class ArchitectureRead(Schema):
    """An architecture of this house's bases with what it was verified on."""

    architecture: str
    bases: int
    verified: list[EvidenceRead]


class EvidenceTable(Schema):
    """M + N: runtimes on families of chips, and architectures; anything else should work and is not verified."""

    runtimes: list[RuntimeOnChip]
    architectures: list[ArchitectureRead]


class ConformanceOrder(Schema):
    """What to try: a base, perhaps with an adapter on it, in a runtime on a kind of chip (null: the CPU)."""

    base: str = Field(max_length=160)
    adapter: str | None = Field(None, max_length=160)
    runtime: RuntimeKind
    chip: Flavour | None = None


class ConformanceJob(Schema):
    """The job deploy.conformance."""

    runtime: RuntimeKind
    chip: str
    base_id: UUID
    adapter_id: UUID | None = None
