"""A career plan as people write it: `kind: Plan`. Pure.

apiVersion: aird/v1
kind: Plan
metadata: {name: support/lead, title: From basics to lead}
spec:
  profile:                                   # the role: what the finished version has to reach
    - {suite: support/mail, level: 0.85}
  suites: [support/mail, support/calls]      # sat after every stage; left out: all that the plan names
  forgetting: {max_drop: 0.03}               # budget of every stage, unless the stage has its own
  stages:
    basics:
      train: {model: support/basics, base: platform/base@1, datasets: [support/house@1], settings: {steps: 200}}
      teaches: [support/mail]
      gate: [{suite: support/mail, at_least: 0.6}]
    lead:
      title: Team lead
      needs: [basics]                        # naming its version is needing it: this line could be left out
      train: {model: support/lead, base: "${stage.basics}", datasets: [support/cases@1]}

A stage does one thing: `train` (a recipe of kind Train), `mentor` (of kind Distill), `merge` (a mergekit recipe with
aird's block, which names the model), or `exam` ({versions, suites}).
"""

from typing import Annotated, Any, Self, cast

import yaml
from pydantic import AfterValidator, Field, StringConstraints, ValidationError, model_validator

from aird.catalog.names import ModelName, VersionRef
from aird.core.recipe_yaml import RecipeRefused, load_mapping
from aird.core.schemas import Schema
from aird.evaluation.schemas import GateRule, SplitName
from aird.merge.recipe import dense as dense_recipe
from aird.merge.recipe import merge_recipe
from aird.merge.recipe.dense_methods import METHODS as WHOLE_MODELS
from aird.planning import dag
from aird.planning.errors import PlanRefused
from aird.planning.models import StageKind
from aird.training import recipe as training_recipe

MAX_STAGES = 64
STAND_IN = "plan/stage-{}@1"
"""A version's name, where only the shape of a recipe is looked at."""

StageName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9](?:[a-z0-9_-]{0,61}[a-z0-9])?$")]
Title = Annotated[str, StringConstraints(strip_whitespace=True, max_length=128)]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


def _stand_in(name: str) -> str:
    return STAND_IN.format(name)


def _version(text: str) -> str:
    """A version of the catalog or of a stage."""
    VersionRef.parse(dag.filled(text, _stand_in))
    return text


PlanRef = Annotated[str, StringConstraints(max_length=128), AfterValidator(_version)]


class Level(Schema):
    """A skill of the role: at least this score in this exam."""

    suite: ModelName
    level: Share


class Budget(Schema):
    """How much a stage may forget; no limit where nothing is said.

    `max_drop` bounds how far any one exam falls below its best of all stages before, `min_backward` the mean change of
    what earlier stages taught (BWT, at most 0 in most cases).
    """

    max_drop: Share | None = None
    min_backward: float | None = Field(None, ge=-1, le=1, allow_inf_nan=False)


class ExamSpec(Schema):
    """Which versions sit which exams; without `suites` those of the plan."""

    versions: list[PlanRef] = Field(min_length=1, max_length=32)
    suites: list[ModelName] | None = Field(None, min_length=1, max_length=64)
    split: SplitName | None = None


class StageSpec(Schema):
    """One step of a career; exactly one of train, merge, mentor and exam says what is done."""

    title: Title = ""
    needs: list[StageName] = Field(default_factory=list, max_length=MAX_STAGES)
    train: dict[str, Any] | None = None
    merge: dict[str, Any] | None = None
    mentor: dict[str, Any] | None = None
    exam: ExamSpec | None = None
    teaches: list[ModelName] = Field(default_factory=list, max_length=64)
    gate: list[dict[str, Any]] = Field(default_factory=list, max_length=64)
    forgetting: Budget | None = None

    @model_validator(mode="after")
    def _does_one_thing(self) -> Self:
        done = [kind.value for kind in StageKind if getattr(self, kind.value) is not None]
        if len(done) != 1:
            raise ValueError(
                f"a stage does one of train, merge, mentor and exam; this one has {' and '.join(done) or 'none'}"
            )
        return self

    @property
    def kind(self) -> StageKind:
        """What the stage does."""
        return next(kind for kind in StageKind if getattr(self, kind.value) is not None)

    @property
    def content(self) -> dict[str, Any]:
        """The recipe of what it does."""
        if self.exam is not None:
            return self.exam.model_dump(mode="json", exclude_none=True)
        return cast(dict[str, Any], getattr(self, self.kind.value))

    @property
    def needed(self) -> list[str]:
        """The stages it names, in `needs` or by their versions."""
        named = dag.named_in(self.content) | dag.named_in(self.gate)
        return [*dict.fromkeys([*self.needs, *sorted(named)])]


class PlanSpec(Schema):
    """What a plan is for, and its stages."""

    profile: list[Level] = Field(default_factory=list, max_length=64)
    suites: list[ModelName] = Field(default_factory=list, max_length=64)
    forgetting: Budget = Field(default_factory=Budget)
    stages: dict[StageName, StageSpec] = Field(min_length=1, max_length=MAX_STAGES)

    @property
    def graph(self) -> dict[str, list[str]]:
        """By stage, what it needs."""
        return {name: stage.needed for name, stage in self.stages.items()}

    @property
    def exams(self) -> list[str]:
        """What every version that the plan makes sits: `suites`, or all that is named anywhere in the plan."""
        named = [each.suite for each in self.profile]
        for stage in self.stages.values():
            named += stage.teaches + [str(rule["suite"]) for rule in stage.gate if rule.get("suite")]
        return [*dict.fromkeys([*self.suites, *named])]


class Metadata(Schema):
    """What the plan is called; its department is the first half of its name."""

    name: ModelName
    title: Title = ""


class PlanDocument(Schema):
    """A whole plan."""

    apiVersion: str = "aird/v1"  # noqa: N815
    kind: str = "Plan"
    metadata: Metadata
    spec: PlanSpec

    @model_validator(mode="after")
    def _is_a_plan(self) -> Self:
        if self.apiVersion != "aird/v1":
            raise ValueError("apiVersion must be aird/v1")
        if self.kind != "Plan":
            raise ValueError(f"this address takes plans (kind: Plan), not {self.kind!r}")
        return self


def parse(text: str) -> PlanDocument:
    """The plan in this YAML. Raises RecipeRefused, PlanRefused with the first wrong key."""
    try:
        found = PlanDocument.model_validate(load_mapping(text))
    except ValidationError as error:
        first = error.errors()[0]
        more = f" ({error.error_count() - 1} more)" if error.error_count() > 1 else ""
        key = ".".join(str(part) for part in first["loc"])
        raise PlanRefused(f"{key or 'plan'}: {first['msg']}.{more}", reason=first["type"], key=key) from None
    dag.in_order(found.spec.graph)
    for name, stage in found.spec.stages.items():
        _check_stage(found.spec, name, stage)
    return found


def _check_stage(plan: PlanSpec, name: str, stage: StageSpec) -> None:
    key = f"spec.stages.{name}"
    for need in sorted(dag.named_in(stage.content) | dag.named_in(stage.gate)):
        if plan.stages[need].kind is StageKind.EXAM:
            raise PlanRefused(
                f"{key}: the stage {need} is an exam and makes no version. Name the stage whose version it examines, "
                f"and keep `needs: [{need}]` so that this one waits for the exam.",
                reason="makes_no_version",
                key=key,
            )
    for rule in stage.gate:
        rule_of(rule, _stand_in, key=f"{key}.gate")
    try:
        checked(stage.kind, dag.filled(stage.content, _stand_in))
    except RecipeRefused as error:
        inner = str(error.params["key"]).removeprefix("spec.")
        raise PlanRefused(
            f"{key}.{stage.kind}: {error.message}",
            reason=str(error.params["reason"]),
            key=f"{key}.{stage.kind}.{inner}",
        ) from None
    if stage.kind is StageKind.EXAM and not (stage.content.get("suites") or plan.exams):
        raise PlanRefused(
            f"{key}.exam names no suites, and the plan names none either. Add `suites: [department/name]`.",
            reason="no_suites",
            key=f"{key}.exam",
        )


def rule_of(stored: dict[str, Any], stand_for: Any, *, key: str) -> GateRule:
    """A rule of a gate with the stages' versions filled in. Raises PlanRefused."""
    try:
        return GateRule.model_validate(dag.filled(stored, stand_for))
    except ValidationError as error:
        first = error.errors()[0]
        at = ".".join([key, *(str(part) for part in first["loc"])])
        raise PlanRefused(f"{at}: {first['msg']}.", reason=first["type"], key=at) from None


def checked(kind: StageKind, content: dict[str, Any]) -> str | None:
    """The model that the stage files its version in, None for an exam, if the recipe is one. Raises RecipeRefused."""
    if kind is StageKind.TRAIN:
        return str(training_recipe.check(content, "Train").model)
    if kind is StageKind.MENTOR:
        return str(training_recipe.check(content, "Distill").model)
    return _merged_into(content) if kind is StageKind.MERGE else None


def _merged_into(content: dict[str, Any]) -> str:
    block = content.get("aird")
    model = block.get("model") if isinstance(block, dict) else None
    if not isinstance(model, str):
        raise RecipeRefused(
            "Say where the merged version is filed: `aird: {model: department/name}`.",
            reason="missing",
            key="aird.model",
        )
    try:
        merge_recipe.read(content)
    except RecipeRefused as error:
        if content.get("merge_method") not in WHOLE_MODELS:
            raise
        try:
            dense_recipe.parse(yaml.safe_dump(content))
        except RecipeRefused:
            raise error from None
    return model
