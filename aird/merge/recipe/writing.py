"""A recipe written out again with every version and data set pinned: read once more, it gives the same plan. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from aird.merge.recipe.references import read_reference
from aird.merge.schemas import SearchSpace
from aird.merge.schemas_jobs import FinishUse, PromptUse


def pinned(
    content: Mapping[str, Any],
    names: Mapping[str, str],
    *,
    model: str | None = None,
    title: str | None = None,
    search: SearchSpace | None = None,
    prompts: Sequence[PromptUse] = (),
    finish: FinishUse | None = None,
) -> str:
    """The recipe's YAML. `content` is what core.recipe_yaml read, `names` has the pinned name of every version by the
    one it is written with; the rest, where given, takes the place of what the recipe says.
    """
    said = {key: value for key, value in content.items() if value is not None}
    if "base_model" in said:
        said["base_model"] = _reference(said["base_model"], names)
    said["models"] = [{**entry, "model": _reference(entry["model"], names)} for entry in said["models"]]
    block = {key: value for key, value in (said.pop("aird", None) or {}).items() if value is not None}
    if model is not None:
        block["model"] = model
    if title is not None:
        block["title"] = title
    if search is not None:
        block["search"] = search.model_dump(mode="json", exclude_defaults=True)
    pinned_prompts = _prompts(prompts, names)
    if prompts:
        block["prompts"] = pinned_prompts
    if finish is not None:
        block["finish"] = _finish(block.get("finish"), _prompts(finish.prompts, names), pinned_prompts)
    if block:
        said["aird"] = block
    return yaml.safe_dump(said, sort_keys=False, allow_unicode=True, width=120)


def _reference(value: Any, names: Mapping[str, str]) -> str:
    model, lora = read_reference(value, "model")
    return names[str(model)] if lora is None else f"{names[str(model)]}+{names[str(lora)]}"


def _prompts(uses: Sequence[PromptUse], names: Mapping[str, str]) -> list[dict[str, Any]]:
    return [
        {
            "version": names[str(use.version_id)],
            "dataset": use.ref,
            "split": use.split,
            **({} if use.limit is None else {"limit": use.limit}),
        }
        for use in uses
    ]


def _finish(said: Any, prompts: list[dict[str, Any]], shared: list[dict[str, Any]]) -> dict[str, Any]:
    """What was said, and the questions where they are not those of the whole recipe."""
    settings = dict(said) if isinstance(said, dict) else {}
    settings.pop("prompts", None)
    return settings if prompts == shared else {**settings, "prompts": prompts}
