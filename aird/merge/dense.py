"""Rotation of whole models: read the recipe, hold it against the catalog, queue the job."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from aird.auth.permissions import Actor
from aird.catalog import access
from aird.catalog.models import Kind
from aird.jobs.models import Job
from aird.merge import recipe
from aird.merge.dense_methods import METHODS
from aird.merge.references import read_reference
from aird.merge.schemas import MergeBody, PlanRead


def wants(session: Session, actor: Actor, content: Mapping[str, Any]) -> bool:
    """Whether this recipe, as `load_mapping` read it, is for whole models: a method that only mergekit has, parts of
    models, numbers that change from layer to layer, another tokenizer, or a parent that is no adapter.

    What is wrong with a recipe is for `plan`, here or there, to say. Raises RecipeRefused, VersionNotFound.
    """
    method = content.get("merge_method")
    if not isinstance(method, str) or method not in METHODS:
        return False
    if method not in recipe.METHODS:
        return True
    if content.get("slices") is not None or content.get("modules") is not None:
        return True
    if content.get("tokenizer_source") not in (None, "base") or content.get("tokenizer") not in (
        None,
        {"source": "base"},
    ):
        return True
    models = content.get("models")
    entries = [each for each in models if isinstance(each, dict)] if isinstance(models, list) else []
    if any(_varies(each.get("parameters")) for each in (content, *entries)):
        return True
    base = read_reference(content["base_model"], "base_model") if content.get("base_model") is not None else None
    for index, entry in enumerate(entries):
        if entry.get("model") is None:
            return False
        named = read_reference(entry["model"], f"models[{index}].model")
        if named[1] is None and named != base:
            if access.get_ref(session, actor, str(named[0])).kind is not Kind.ADAPTER:
                return True
    return False


def _varies(parameters: Any) -> bool:
    """Whether a parameter is a gradient over the layers or has conditions on tensors."""
    return isinstance(parameters, dict) and any(isinstance(each, list | dict) for each in parameters.values())


def plan(session: Session, actor: Actor, body: MergeBody) -> PlanRead:
    """What the recipe would do. Raises RecipeRefused, ParentsNotCompatible, ParentNotUsable, VersionNotFound."""
    raise NotImplementedError


def order(session: Session, actor: Actor, body: MergeBody) -> Job:
    """Queue the merge. Raises as plan, and PlanStops, NoPlaceForChild, NotPermitted."""
    raise NotImplementedError
