"""The recipes of training and mentoring as people write them: `kind: Train` and `kind: Distill`. Pure.

apiVersion: aird/v1
kind: Train
spec:
  model: support/specialist        # where the new version is filed
  method: lora                     # lora, full, or pretrain (a base from scratch)
  base: platform/base@1            # what it starts from; not for pretrain
  datasets: [support/tickets@1]    # their split `train`, unless `split` says otherwise
  settings: {steps: 150, learning_rate: 0.002}

kind: Distill
spec:
  model: platform/assistant
  student: platform/assistant@1    # an adapter goes on from its weights; a base gets a new adapter
  teachers:
    - {version: support/specialist@1, dataset: support/tickets@1, split: unlabelled}
  settings: {steps: 240}
"""

from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    Field,
    StringConstraints,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from aird.catalog.names import ModelName, VersionRef
from aird.core.recipe_yaml import RecipeRefused, load_mapping
from aird.core.schemas import LARGEST, Schema
from aird.jobs.needs import Needs
from aird.training.settings import PretrainSettings, SftSettings
from aird.training.settings_distill import DistillSettings


def _check_ref(text: str) -> str:
    return str(VersionRef.parse(text))


Ref = Annotated[str, StringConstraints(max_length=128), AfterValidator(_check_ref)]
Split = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,31}$")]


class TrainSpec(Schema):
    """What to train, from what, on what; `settings` fits `method`."""

    model: ModelName
    title: str = Field("", max_length=128)
    method: Literal["lora", "full", "pretrain"] = "lora"
    base: Ref | None = None
    tokenizer_from: Ref | None = Field(None, description="pretrain: take this version's tokenizer instead of a new one")
    datasets: list[Ref] = Field(min_length=1, max_length=32)
    split: Split = "train"
    limit: int | None = Field(None, ge=1, le=LARGEST, description="Use only this many items, the first ones.")
    settings: dict[str, Any] = Field(default_factory=dict)
    needs: Needs | None = Field(None, description="Chips to run on; where it says nothing, one if the house has any.")
    license: str = Field("", max_length=64)
    notes: str = Field("", max_length=4000)

    @model_validator(mode="after")
    def _fits_together(self) -> "TrainSpec":
        if self.method == "pretrain" and self.base is not None:
            raise ValueError("a base from scratch has no base: leave `base` out, or use method lora or full")
        if self.method != "pretrain" and self.base is None:
            raise ValueError(f"method {self.method} needs `base`, the version to start from")
        if self.method != "pretrain" and self.tokenizer_from is not None:
            raise ValueError("only method pretrain may take another version's tokenizer")
        return self

    @field_validator("settings")
    @classmethod
    def _settings_fit_the_method(cls, settings: dict[str, Any], info: ValidationInfo) -> dict[str, Any]:
        if "method" in info.data:
            _settings_of(info.data["method"], settings)
        return settings

    def checked_settings(self) -> SftSettings | PretrainSettings:
        """The settings of the method, with every number checked."""
        return _settings_of(self.method, self.settings)


def _settings_of(method: str, settings: dict[str, Any]) -> SftSettings | PretrainSettings:
    if method == "pretrain":
        return PretrainSettings.model_validate(settings)
    return SftSettings.model_validate({**settings, "method": method})


class TeacherSpec(Schema):
    """A teacher and the prompts it answers."""

    version: Ref
    dataset: Ref
    split: Split = "unlabelled"
    limit: int | None = Field(None, ge=1, le=LARGEST)


class DistillSpec(Schema):
    """Who learns from whom."""

    model: ModelName
    title: str = Field("", max_length=128)
    student: Ref
    teachers: list[TeacherSpec] = Field(min_length=1, max_length=32)
    settings: DistillSettings = Field(default_factory=DistillSettings)
    needs: Needs | None = Field(None, description="Chips to run on; where it says nothing, one if the house has any.")
    license: str = Field("", max_length=64)
    notes: str = Field("", max_length=4000)


Spec = TrainSpec | DistillSpec
KINDS: dict[str, type[TrainSpec] | type[DistillSpec]] = {"Train": TrainSpec, "Distill": DistillSpec}


def parse(text: str, wanted: Literal["Train", "Distill"]) -> Spec:
    """The spec of a recipe of this kind. Raises RecipeRefused, which names the first wrong key."""
    content = load_mapping(text)
    unknown = sorted(set(content) - {"apiVersion", "kind", "metadata", "spec"})
    if unknown:
        raise RecipeRefused(
            f"{unknown[0]!r} is not a part of a recipe; it has apiVersion, kind, metadata and spec.",
            reason="unknown_key",
            key=unknown[0],
        )
    if content.get("apiVersion", "aird/v1") != "aird/v1":
        raise RecipeRefused("The recipe's apiVersion must be aird/v1.", reason="api_version", key="apiVersion")
    kind = content.get("kind", wanted)
    if kind != wanted:
        raise RecipeRefused(f"This address takes recipes of kind {wanted}, not {kind!r}.", reason="kind", key="kind")
    return check(content.get("spec"), wanted)


def check(spec: object, wanted: Literal["Train", "Distill"]) -> Spec:
    """The same for a spec that was read already."""
    try:
        return KINDS[wanted].model_validate(spec)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(["spec", *(str(part) for part in first["loc"])])
        more = f" ({error.error_count() - 1} more)" if error.error_count() > 1 else ""
        raise RecipeRefused(f"{key}: {first['msg']}.{more}", reason=first["type"], key=key) from None
