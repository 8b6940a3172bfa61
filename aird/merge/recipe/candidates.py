"""From a search's params to a recipe and back: the space a job spans, and the mergekit YAML of one of its candidates.

The YAML says everything outright: versions with their numbers, the weights as they are multiplied, no normalisation
that a plan would do again. Ordered as a merge it gives exactly the candidate.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from aird.core.recipe_yaml import RecipeRefused, load_mapping
from aird.merge.methods.base import TRIMMING
from aird.merge.schemas import SearchSpace
from aird.merge.schemas_jobs import MergeWork
from aird.merge.search.space import Candidate, Recipe, Space, candidate_of

SCALES = (0.4, 0.55, 0.7, 0.85, 1.0)
"""What a search tries where nobody says a scale: merges of several parents are seldom best at 1."""
KEPT = ("model", "title", "output", "prompts", "finish")
"""What a candidate's recipe keeps of the `aird:` block that the search was ordered with."""


def recipe_of(spec: MergeWork) -> Recipe:
    """The merge that the job's search starts from."""
    return Recipe(
        method=spec.method,
        weights=tuple(each.weight for each in spec.parents),
        scale=spec.scale,
        densities=None if spec.densities is None else tuple(spec.densities),
        normalize=spec.normalize,
        rank=spec.rank,
    )


def space_of(spec: MergeWork, search: SearchSpace) -> Space:
    """All candidates of the job's search. Where neither it nor the recipe says a scale, there are several."""
    return Space.of(
        recipe_of(spec),
        methods=search.methods,
        scales=search.scales or (() if _says_scale(spec) else SCALES),
        densities=search.densities,
        ranks=search.ranks,
        weighs=search.weights,
    )


def yaml_of(
    spec: MergeWork, params: Mapping[str, Any], *, base: str | None, parents: Sequence[str], model: str | None = None
) -> str:
    """The recipe of the candidate with these params; `base` and `parents` are their refs, in the job's order.

    A base that the reader may not see is left out: the parents stand on it anyway.
    """
    found = candidate_of(recipe_of(spec), params)
    content = {
        "merge_method": "task_arithmetic" if found.method == "linear" else found.method,
        **({"base_model": base} if base is not None else {}),
        "models": [{"model": ref, "parameters": _parameters(found, number)} for number, ref in enumerate(parents)],
        "parameters": {
            "normalize": found.normalize if found.method in TRIMMING else False,
            **({} if found.method == "linear" else {"lambda": found.scale}),
        },
    }
    own = _block(spec)
    extension = {key: own[key] for key in KEPT if own.get(key) is not None}
    if model is not None:
        extension["model"] = model
    if found.rank is not None:
        extension["rank"] = found.rank
    if extension:
        content["aird"] = extension
    return yaml.safe_dump(content, sort_keys=False, allow_unicode=True)


def _parameters(found: Candidate, number: int) -> dict[str, float]:
    density = {} if found.densities is None else {"density": found.densities[number]}
    return {"weight": found.weights[number], **density}


def _says_scale(spec: MergeWork) -> bool:
    """Whether the recipe, as it was written, says how loud the whole is: by `lambda`, or a sum by its weights."""
    content = _content(spec, "written")
    method, models = content.get("merge_method"), content.get("models")
    said = [content, *(models if isinstance(models, list) else [])]
    blocks = [each.get("parameters") for each in said if isinstance(each, dict)]
    names = {name for each in blocks if isinstance(each, dict) for name in each}
    return "lambda" in names or method == "linear" or (method == "task_arithmetic" and "weight" in names)


def _block(spec: MergeWork) -> dict[str, Any]:
    """The `aird:` block as it was ordered."""
    block = _content(spec, "mergekit").get("aird")
    return block if isinstance(block, dict) else {}


def _content(spec: MergeWork, key: str) -> dict[str, Any]:
    """A recipe of the job; empty where it cannot be read, or is none."""
    try:
        return load_mapping(str(spec.recipe.get(key, "")))
    except RecipeRefused:
        return {}
