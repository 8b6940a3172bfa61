"""Shapes of rotation at the API."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, field_validator

from aird.catalog.names import ModelName
from aird.core.schemas import Finding, Schema
from aird.merge.methods.base import Method
from aird.merge.recipe.values import MAX_RANK
from aird.runtimes.edge.knows import WeightType

Scale = Annotated[float, Field(gt=0, le=100, allow_inf_nan=False)]
Density = Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Rank = Annotated[int, Field(ge=1, le=MAX_RANK)]
Ref = Annotated[str, Field(max_length=128)]
Yaml = Annotated[str, Field(max_length=65536)]
Sampler = Literal["grid", "tpe", "cmaes", "nsga2"]


class SearchSpace(Schema):
    """Which candidates are tried, and how they are compared: never on the exam itself.

    Without `methods`, `densities` and `ranks` the recipe's own are kept; where neither `scales` nor the recipe says how
    loud the merge is, several scales are tried. `weights` lets the search weigh the parents. `floors` is the share of
    the best parent's score that each suite must keep; once a candidate reaches them all on the search's items the
    search ends, unless `keep_going`. `holdout` is the part of the split that no candidate is chosen by: the final
    figure is taken there.
    """

    suites: list[str] = Field(min_length=1, max_length=32)
    split: str = "dev"
    methods: list[Method] = Field(default_factory=list, max_length=8)
    scales: list[Scale] = Field(default_factory=list, max_length=64)
    densities: list[Density] = Field(default_factory=list, max_length=16)
    ranks: list[Rank | None] = Field(default_factory=list, max_length=16)
    weights: bool = False
    floors: dict[str, Share] = Field(default_factory=dict, max_length=32)
    trials: int = Field(24, ge=1, le=1000)
    sampler: Sampler = "tpe"
    seed: int = Field(0, ge=0, lt=2**31)
    holdout: float = Field(0.3, ge=0, le=0.8)
    keep_going: bool = False

    @field_validator("methods", mode="before")
    @classmethod
    def _one_sum(cls, value: Any) -> Any:
        """mergekit has two names for the sum, which differ in the weights of a recipe alone."""
        return ["linear" if each == "task_arithmetic" else each for each in value] if isinstance(value, list) else value


class MergeBody(Schema):
    """A mergekit recipe, and where its child is filed unless the recipe says so itself."""

    yaml: Yaml
    model: ModelName | None = None
    title: str | None = Field(None, max_length=128)
    search: SearchSpace | None = None
    license: str = Field("", max_length=64)
    notes: str = Field("", max_length=4000)


class PlannedParent(Schema):
    """A parent with the factor its change is multiplied by."""

    ref: str
    weight: float
    rank: int
    department: str
    license: str
    features: list[str] = Field(description="What it has beyond plain LoRA: dora, lora_bias, modules_to_save.")


class Interference(Schema):
    """How two parents' changes lie to each other, over all common modules.

    `cosine` of the weight changes (an estimate until `exact`); `overlap` is the mean squared cosine of the principal
    angles between their output spaces, known only after a measurement.
    """

    one: str
    other: str
    cosine: float
    overlap: float | None
    exact: bool


class Kept(Schema):
    """What a rank keeps of the merged change: `energy` in all, `worst` of the module that loses most; shares."""

    rank: int
    energy: float
    worst: float
    module: str


class ModuleMeasure(Schema):
    """One module: the rank the merged change has, and its squared singular values as shares, falling, at most 64."""

    module: str
    rank: int
    norm: float
    spectrum: list[float]


class MeasureRead(Schema):
    """What the factors say about a merge before it runs."""

    method: str
    cosines: list[list[float]]
    overlaps: list[list[float]]
    norms: list[float]
    energies: list[Kept] = Field(description="For the ranks that engines serve, up to the whole rank.")
    modules: list[ModuleMeasure]
    seconds: float


class EndpointFit(Schema):
    """Whether an endpoint could serve the result."""

    endpoint: str
    fits: bool
    reason: str


class PlanRead(Schema):
    """What a merge would do."""

    method: str
    output: Literal["adapter", "full"]
    engine: Literal["factors", "dense", "mergekit"]
    base: str
    parents: list[PlannedParent]
    scale: float
    rank: int
    parameters: int
    bytes: int
    exact: bool
    statement: str
    notes: list[str]
    license: str
    restrictions: list[str]
    findings: list[Finding]
    endpoints: list[EndpointFit]
    interference: list[Interference]
    seconds: float = Field(description="Estimated, the finish and the search included.")
    memory_bytes: int = Field(description="Estimated peak.")
    watt_hours: float
    measure: MeasureRead | None = Field(description="None until it has been measured: POST /merges/measure.")
    finish: dict[str, Any] | None = Field(description="The finish as it would run, every default written out.")
    yaml: str = Field(description="The recipe with every version pinned.")


class CandidateRead(Schema):
    """An adapter that may or may not be merged with those already chosen."""

    ref: str
    title: str
    department: str
    base: str
    rank: int
    state: str
    skills: dict[str, float] = Field(description="Its best score by suite.")
    features: list[str]
    compatible: bool
    code: str = Field("", description="Why not, for translation.")
    reason: str = ""


class CandidatePage(Schema):
    """Adapters for the picker, the compatible ones first."""

    items: list[CandidateRead]
    total: int


class RecipeRead(Schema):
    """A mergekit YAML that aird takes unchanged."""

    yaml: str


class WithoutBody(Schema):
    """Take parents out of a merged version."""

    version: Ref
    without: list[Ref] = Field(min_length=1, max_length=64)


class SuiteScore(Schema):
    """A score on part of a suite's items, with its 95 % Wilson interval."""

    suite: str
    score: float
    low: float
    high: float
    items: int
    kept: float = Field(description="Share of the best parent's score on the same items.")


class TrialRead(Schema):
    """A candidate of a search."""

    number: int
    params: dict[str, Any]
    state: Literal["running", "dropped", "complete", "failed"]
    scores: list[SuiteScore]
    held_out: list[SuiteScore]
    mean: float | None
    worst: float | None
    rank: int
    items: int
    seconds: float
    front: bool = Field(description="On the Pareto front of mean, worst and rank.")
    meets_floors: bool
    note: str
    yaml: str = Field(description="The recipe that makes it.")


class SearchRead(Schema):
    """A search with its trials; `best` is the number of the one it would file."""

    job_id: UUID
    state: str
    reason: str
    space: SearchSpace
    parents: list[str]
    reference: dict[str, float] = Field(description="The best parent's score by suite.")
    floors_met: bool
    best: int | None
    trials: list[TrialRead]


class ReportModule(Schema):
    """One module of a merge: `energy_kept` of the merged change, `kept` of each parent, all shares."""

    module: str
    rank: int
    energy_kept: float
    kept: list[float]


class ReportRead(Schema):
    """What happened in a merge; stored with the version that came out."""

    version: str
    method: str
    exact: bool
    statement: str
    parents: list[str]
    weights: list[float]
    scale: float
    rank: int
    energy_kept: float
    sources: list[dict[str, float]] = Field(description="By parent: norm_share and energy_kept.")
    overlap: list[list[float]]
    modules: list[ReportModule]
    basis: str = Field("", description="The basis of an elementwise rule.")
    finish: dict[str, Any] | None = None
    seconds: float


class ExtractBody(Schema):
    """Turn a version into a plain LoRA on its base: a fine-tune, or an adapter that is more than plain LoRA.

    `rank` is a number, or None for the smallest that keeps `energy` of each module's change.
    """

    version: Ref
    base: Ref | None = Field(None, description="For a whole model: what it was tuned from, if the catalog does not say")
    rank: Rank | None = None
    energy: float = Field(0.99, gt=0, le=1)
    model: ModelName | None = None
    title: str | None = Field(None, max_length=128)
    notes: str = Field("", max_length=4000)


class BakeBody(Schema):
    """Put an adapter into its base: a whole model comes out."""

    version: Ref
    model: ModelName | None = None
    title: str | None = Field(None, max_length=128)
    notes: str = Field("", max_length=4000)


class ExportBody(Schema):
    """A version as one file for an edge runtime (GGUF for llama.cpp), as a child; an adapter goes into its base.

    `weights`: f32, f16, q8_0 (eight bits) or q4_k_m (four to six).
    """

    version: Ref
    weights: WeightType = WeightType.Q8_0
    model: ModelName | None = None
    title: str | None = Field(None, max_length=128)
    notes: str = Field("", max_length=4000)


class QuantizeBody(Schema):
    """A whole model in fewer bits, as a derived child."""

    version: Ref
    format: Literal["int8"] = "int8"
    model: ModelName | None = None
    title: str | None = Field(None, max_length=128)
    notes: str = Field("", max_length=4000)
