"""The parts `prompts` and `finish` of a recipe's `aird:` block. Pure.

prompts:                          # unlabelled questions that a parent speaks for
  - {version: support/mail@1, dataset: support/mails@1, split: unlabelled, limit: 400}
finish: true                      # or `{steps: 240, prompts: [...], loss: forward_kl}`, and all a distillation knows
"""

from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from aird.catalog.names import NameRefused, VersionRef
from aird.core.recipe_yaml import RecipeRefused
from aird.core.schemas import LARGEST
from aird.datasets.errors import SplitNameRefused
from aird.datasets.splits import check_split
from aird.merge.recipe.references import read_reference
from aird.merge.recipe.values import only_known
from aird.training.settings_distill import DistillSettings

MAX_PROMPTS = 64
LEARNING_RATE, NARROW = 6e-3, 128
"""Peak rate of a finish on a base whose modules take so many inputs, or fewer. On wider ones it falls with the width,
as Adam's rates for matrices do (https://arxiv.org/abs/2203.03466). Measured at this one: docs/decisions/0024."""

_fixed = {
    "student": "a finish trains the merged adapter and nothing else. Remove it",
    "lora": "a finish keeps the merged adapter's own shape. Set 'aird.rank' instead",
}
_own = tuple(name for name in DistillSettings.model_fields if name not in _fixed)


@dataclass(frozen=True)
class Prompts:
    """Questions of a data set that `version`, a parent of the merge, speaks for.

    Without `split` they are `unlabelled` where the data set has it, else the questions of `train`.
    """

    version: VersionRef
    dataset: str
    split: str | None = None
    limit: int | None = None


@dataclass(frozen=True)
class Finish:
    """What comes after the merge. Without `prompts` the recipe's own count, else what the parents were trained on."""

    prompts: tuple[Prompts, ...] = ()
    settings: DistillSettings = field(default_factory=DistillSettings)

    def settings_on(self, width: int) -> DistillSettings:
        """With the learning rate, unless one was said, for a base of a width; 0 where it is not known."""
        if "learning_rate" in self.settings.model_fields_set or not width:
            return self.settings
        rate = LEARNING_RATE * min(1.0, NARROW / width)
        return self.settings.model_copy(update={"learning_rate": float(f"{rate:.3g}")})


def read_finish(value: Any, key: str = "aird.finish") -> Finish | None:
    """A finish; None where there is none. Raises RecipeRefused."""
    if value is None or value is False:
        return None
    if value is True:
        return Finish()
    if not isinstance(value, dict):
        raise RecipeRefused(
            f"{key} is true, or a mapping such as '{{steps: 240, loss: forward_kl}}'.", reason="bad_value", key=key
        )
    only_known(value, ("prompts", *_own), key, _fixed)
    said = {name: found for name, found in value.items() if name in _own}
    try:
        settings = DistillSettings.model_validate(said)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join([key, *(str(part) for part in first["loc"])])
        raise RecipeRefused(f"{place}: {first['msg']}.", reason="bad_value", key=place) from None
    return Finish(read_prompts(value.get("prompts"), f"{key}.prompts"), settings)


def read_prompts(value: Any, key: str = "aird.prompts") -> tuple[Prompts, ...]:
    """Whose questions lie where; empty where nothing is said. Raises RecipeRefused."""
    if value is None:
        return ()
    if not isinstance(value, list) or not value or len(value) > MAX_PROMPTS:
        raise RecipeRefused(
            f"{key} lists 1 to {MAX_PROMPTS} entries such as '{{version: support/mail@1, dataset: support/mails@1}}'.",
            reason="bad_value",
            key=key,
        )
    return tuple(_prompts(entry, f"{key}[{index}]") for index, entry in enumerate(value))


def _prompts(entry: Any, key: str) -> Prompts:
    if not isinstance(entry, dict) or not {"version", "dataset"} <= entry.keys():
        raise RecipeRefused(
            f"{key} needs 'version', a parent of the merge, and 'dataset', where its questions lie.",
            reason="bad_value",
            key=key,
        )
    only_known(entry, ("version", "dataset", "split", "limit"), key, {})
    model, lora = read_reference(entry["version"], f"{key}.version")
    split, limit = entry.get("split"), entry.get("limit")
    if split is not None:
        _split(split, f"{key}.split")
    if limit is not None and (type(limit) is not int or not 1 <= limit <= LARGEST):
        raise RecipeRefused(
            f"{key}.limit is how many of the questions are used: a whole number above 0.",
            reason="bad_value",
            key=f"{key}.limit",
        )
    return Prompts(lora or model, _dataset(entry["dataset"], f"{key}.dataset"), split, limit)


def _split(value: Any, key: str) -> None:
    try:
        check_split(value if isinstance(value, str) else "")
    except SplitNameRefused as error:
        raise RecipeRefused(f"{key}: {error.message}", reason="bad_value", key=key) from None


def _dataset(value: Any, key: str) -> str:
    try:
        ref = VersionRef.parse(value if isinstance(value, str) else "")
    except NameRefused as error:
        raise RecipeRefused(f"{key}: {error.message}", reason="bad_reference", key=key) from None
    if ref.alias is not None:
        raise RecipeRefused(
            f"{key}: data sets have no aliases. Name a version, such as {ref.name}@1.", reason="bad_reference", key=key
        )
    return str(ref)
