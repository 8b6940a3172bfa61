"""Recipes of rotations: mergekit's YAML as an object, and as it is sent. Pure."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from aird.client.errors import BadReference
from aird.client.http import Json
from aird.client.refs import split_ref

METHOD = "tsv"
"""The method where none is said: the best without data, and the same on every machine."""


def recipe_of(
    parents: Sequence[str] | Mapping[str, float],
    *,
    method: str = METHOD,
    base: str | None = None,
    model: str | None = None,
    rank: int | str | None = None,
    output: str | None = None,
    finish: bool | Mapping[str, Any] | None = None,
) -> Json:
    """A mergekit recipe for these parents, with their weights where they are given.

    `base` is the parents' base, which mergekit wants to hear for ties and task_arithmetic. `rank` cuts the result
    ("servable": to the largest step that engines serve), `output` "full" gives a whole model, `finish` adds the short
    mentoring by the parents (True: as usual).
    """
    weights = parents if isinstance(parents, Mapping) else dict.fromkeys(parents, 1.0)
    if len(weights) < len(parents):
        raise BadReference("A parent is named twice. Name each once, with the weight you want.")
    for ref in weights:
        split_ref(ref)
    said = {"model": model, "rank": rank, "output": output, "finish": finish}
    own = {name: value for name, value in said.items() if value is not None}
    models = [{"model": ref, "parameters": {"weight": weight}} for ref, weight in weights.items()]
    recipe: Json = {"merge_method": method, "models": models}
    return recipe | ({"base_model": base} if base else {}) | ({"aird": own} if own else {})


def body_of(yaml: str | Mapping[str, Any], model: str | None, search: Mapping[str, Any] | None) -> Json:
    """What is sent of a recipe that came as YAML or as an object."""
    # JSON is YAML, so a recipe that came as an object needs no YAML library here
    body: Json = {"yaml": yaml if isinstance(yaml, str) else json.dumps(dict(yaml))}
    if model is not None:
        body["model"] = model
    if search is not None:
        body["search"] = dict(search)
    return body
