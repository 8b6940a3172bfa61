"""Shapes of exams and gates at the API and in the queue."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator

from aird.catalog.names import ModelName, VersionRef
from aird.core.schemas import Schema
from aird.datasets.splits import SPLIT_PATTERN
from aird.evaluation.comparison import Turn
from aird.evaluation.gates import Measure, Reason
from aird.evaluation.models import Engine, Scorer, Slot
from aird.evaluation.settings import Check

Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=128)]
SplitName = Annotated[str, StringConstraints(pattern=SPLIT_PATTERN)]
Ref = Annotated[str, StringConstraints(min_length=3, max_length=112)]
Skill = Annotated[str, StringConstraints(pattern=r"^[a-z0-9](?:[a-z0-9/._-]{0,94}[a-z0-9])?$")]
GateName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$")]


class SuiteCreate(Schema):
    """A new exam; its department is the first half of its name.

    `skill` is what it measures (default: its name); `settings` are the scorer's own.
    """

    name: ModelName
    title: Title
    dataset: Ref
    split: SplitName = "exam"
    scorer: Scorer = Scorer.CHOICE
    skill: Skill | None = None
    slot: Slot = Slot.SKILL
    settings: dict[str, Any] = Field(default_factory=dict)


class SuiteRead(Schema):
    """An exam; `dataset` is the exact version its items come from, `digest` names items, scorer and settings."""

    name: str
    department: str
    title: str
    dataset: str
    split: str
    scorer: Scorer
    metric: str
    items: int
    skill: str
    slot: Slot
    digest: str
    created_at: datetime


class SuiteDetail(SuiteRead):
    """An exam with its settings, and the first items for those who may read them (`items_hidden`: you may not)."""

    settings: dict[str, Any]
    items_hidden: bool
    sample: list[dict[str, Any]]
    runs: int


class TaskImport(Schema):
    """A task of lm-evaluation-harness: its YAML, and its documents as JSONL, one JSON object a line.

    `shots` are the documents that few-shot examples are taken from. With `dry_run` nothing is kept.
    """

    name: ModelName
    title: Title | None = None
    yaml: Annotated[str, StringConstraints(min_length=1, max_length=100_000)]
    documents: Annotated[str, StringConstraints(min_length=2, max_length=12_000_000)]
    shots: Annotated[str, StringConstraints(max_length=1_000_000)] | None = None
    skill: Skill | None = None
    slot: Slot = Slot.SKILL
    dry_run: bool = False


class TaskImported(Schema):
    """What a task becomes: the scorer, five items as they are asked, and notes on what is done otherwise here."""

    task: str
    scorer: Scorer
    settings: dict[str, Any]
    items: int
    sample: list[dict[str, Any]]
    notes: list[str]
    suite: SuiteRead | None


class GateRule(Schema):
    """What one number must reach.

    `score` and `low`: at least `at_least` in the suite, a share. `relative`: at least `at_least` times the reference's
    score. `noninferior`: proven to be worse than the reference by less than `margin`, a share. `better`: proven to be
    better than the reference. `max_drop`: in no suite that the reference was examined in (or in the given one) more
    than `margin` below it.
    """

    suite: ModelName | None = None
    at_least: float | None = Field(None, ge=0, le=10, allow_inf_nan=False)
    measure: Measure = Measure.SCORE
    reference: Ref | None = None
    margin: float | None = Field(None, ge=0, lt=1, allow_inf_nan=False)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        measure = self.measure
        if self.suite is None and measure is not Measure.MAX_DROP:
            raise ValueError("a rule needs a suite; only max_drop looks at every suite of its reference")
        if (self.at_least is None) is not measure.is_paired:
            raise ValueError("score, low and relative need at_least, and only they have it")
        if (self.margin is None) is measure.has_margin:
            raise ValueError("noninferior and max_drop need a margin, and only they have one")
        if measure is not Measure.RELATIVE and (self.at_least or 0) > 1:
            raise ValueError("a share cannot be above 1; only a relative rule may ask for more")
        if (self.reference is None) is measure.has_reference:
            raise ValueError(
                "relative, noninferior, better and max_drop need a reference version, and only they have one"
            )
        if self.reference is not None:
            VersionRef.parse(self.reference)
        return self


class GateCreate(Schema):
    """What a version must reach before it may serve this department."""

    name: GateName
    department: str = Field(max_length=64)
    rules: list[GateRule] = Field(min_length=1, max_length=64)


class GateChange(Schema):
    """The rules that a gate has from now on."""

    rules: list[GateRule] = Field(min_length=1, max_length=64)
    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]


class GateRuleRead(Schema):
    """A rule of a gate; a reference in a model that is not in your directory is left out."""

    suite: str | None
    at_least: float | None
    measure: Measure
    reference: str | None
    margin: float | None = None


class GateRead(Schema):
    """A gate."""

    id: UUID
    name: str
    department: str
    rules: list[GateRuleRead]
    created_at: datetime


class GateLineRead(Schema):
    """One rule against what was found.

    `low` and `high` bound the score (relative: in multiples of the reference); for noninferior, better and max_drop
    `found` is the difference from the reference on the items that both sat, `low` and `high` bound it, `won` and `lost`
    count the items, and `p` is two-sided, adjusted for all non-inferiority rules of the report. For max_drop `suite` is
    the worst one.
    """

    gate: str
    suite: str | None
    measure: Measure
    reference: str | None
    wanted: float
    found: float | None
    low: float | None
    high: float | None
    items: int
    passed: bool
    reason: Reason
    p: float | None = None
    won: int | None = None
    lost: int | None = None


class GateReportRead(Schema):
    """Every rule of a department's gates; passed when no line failed."""

    passed: bool
    lines: list[GateLineRead]


class EvaluationSpec(Schema):
    """The jobs evaluation.run and evaluation.harness: every version sits every suite.

    `split` replaces the suites' own, `checks` what they look at beside the score; `anchors` items of each are asked
    instead of all.
    """

    versions: list[UUID] = Field(min_length=1, max_length=500)
    suites: list[UUID] = Field(min_length=1, max_length=500)
    split: SplitName | None = None
    checks: list[Check] | None = None
    anchors: int | None = None


class ExamSitter(Schema):
    """A version that is examined."""

    ref: str
    title: str


class ExamSuite(Schema):
    """An exam that is sat."""

    name: str
    title: str


class ExamOrderRead(Schema):
    """What an examination was ordered with; of a comparison the version, then the reference.

    `hidden`: how many of its versions the reader may not see, or are gone.
    """

    versions: list[ExamSitter]
    suites: list[ExamSuite]
    hidden: int


class EvaluationCreate(Schema):
    """Which versions sit which suites (null: all there are), who holds the exam, and what else is looked at.

    An exam that lm_eval holds is filed as a run; skills, which gates read, come from aird's own runner alone. With
    `anchors` so many items of each suite are asked and the score of the whole is estimated, with its error, by what
    other versions did: a cheap look, filed as a run and never as a skill.
    """

    versions: list[Ref] = Field(min_length=1, max_length=500)
    suites: list[ModelName] | None = Field(None, min_length=1, max_length=500)
    split: SplitName | None = None
    engine: Engine = Engine.AIRD
    checks: list[Check] | None = Field(None, max_length=3)
    anchors: int | None = Field(None, ge=10, le=1000)


class RunRead(Schema):
    """What a version scored in a suite; `outcomes` is the artifact with its answer to each item.

    `points` is the sum of the items' scores, `correct` the number of items with the full score, `digest` the
    version's artifact, `details` what was found beside the score.
    """

    id: UUID
    version: str
    suite: str
    skill: str
    slot: Slot
    split: str
    job_id: UUID
    metric: str
    items: int
    correct: int
    points: float
    score: float
    low: float
    high: float
    outcomes: str
    digest: str
    engine: Engine
    details: dict[str, Any]
    at: datetime


class Asked(Schema):
    """An item as it was asked, in words; shown to those who work in the data set's department."""

    messages: list[dict[str, str]]
    choices: list[str] | None = None
    wanted: str | None = None


class ItemRead(Schema):
    """One item of a run: won and lost are against the other run, right and wrong are the same in both."""

    id: str
    change: Turn
    score: float
    answer: str | None
    other_score: float | None
    other_answer: str | None
    asked: Asked | None


class Tally(Schema):
    """How many items were won, lost, right in both and wrong in both."""

    won: int = 0
    lost: int = 0
    right: int = 0
    wrong: int = 0


class RunExplained(Schema):
    """Why a run has its score: item by item against another run, by default the parent's.

    `against` is null where there is nothing to compare with; right and wrong then speak of this run alone. `others`
    are runs of the same suite and split that it could be held against.
    """

    run: RunRead
    against: RunRead | None
    why: Literal["parent", "chosen", "nothing"]
    others: list[RunRead]
    tally: Tally
    items_hidden: bool
    items: list[ItemRead]
    next: str | None
