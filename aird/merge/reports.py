"""What is known of merges that have run: their recipe with every version pinned, and what happened in each module."""

from collections.abc import Mapping, Sequence
from typing import Any

import yaml
from sqlalchemy import select
from sqlalchemy.orm import Session

from aird.auth.permissions import Actor
from aird.catalog import access
from aird.catalog import queries as catalog_queries
from aird.catalog.errors import VersionNotFound
from aird.catalog.models import Parentage, Version
from aird.catalog.names import NameRefused, VersionRef
from aird.core.errors import NotFound
from aird.core.recipe_yaml import load_mapping
from aird.jobs.models import Job
from aird.merge.errors import NotMerged
from aird.merge.methods.errors import MergeNotPossible
from aird.merge.models import MergeReport
from aird.merge.recipe import merge_recipe as recipe
from aird.merge.recipe import writing as recipe_writing
from aird.merge.recipe.references import read_reference
from aird.merge.schemas import ReportRead
from aird.merge.schemas_jobs import MergeJob

KINDS = ("merge.run", "merge.dense")


def recipe_of(session: Session, actor: Actor, ref: str) -> str:
    """The mergekit YAML a version was merged by, every version pinned. Raises VersionNotFound, NotMerged."""
    version = _merged(session, actor, ref)
    said = version.record.get("recipe", {})
    if "pinned" in said:
        return str(said["pinned"])
    return str(said["mergekit"]) if "written" in said else _pinned(session, version, str(said["mergekit"]))


def _pinned(session: Session, version: Version, written: str) -> str:
    """Of a version that was merged before recipes were kept pinned: its job knows what it took."""
    job = session.get_one(Job, version.job_id)
    spec = MergeJob.model_validate(job.spec)
    parents = catalog_queries.versions_by_id(session, [each.version_id for each in spec.parents])
    base = catalog_queries.version_by_id(session, spec.base_id)
    found = recipe.parse(written)
    names = {str(each): base.ref for each in (found.base, *(p.base for p in found.parents)) if each is not None}
    for said, use in zip(found.parents, spec.parents, strict=True):
        names[str(said.version)] = parents[use.version_id].ref
    return recipe_writing.pinned(load_mapping(written), names, search=spec.search)


def without(session: Session, actor: Actor, ref: str, removed: Sequence[str]) -> str:
    """The same recipe without some parents, as if they had never been there: the weights stay as they are written.

    Raises VersionNotFound, NotMerged, MergeNotPossible.
    """
    content = load_mapping(recipe_of(session, actor, ref))
    models = content.get("models")
    if not isinstance(models, list):
        raise MergeNotPossible(
            f"The recipe of {ref} cuts models into slices; nothing can be taken out of it by name. Write a new one.",
            reason="slices",
        )
    base = content.get("base_model")
    own = None if base is None else _parent_of(base)
    parents = [found for each in models if (found := _parent_of(each["model"])) != own]
    gone = {_named(session, actor, name, parents, ref) for name in removed}
    if gone >= set(parents):
        raise MergeNotPossible(
            f"Without {', '.join(sorted(gone))} nothing is left of {ref} to merge. Leave one parent in, or retire the "
            "version.",
            reason="nothing_left",
        )
    content["models"] = [each for each in models if _parent_of(each["model"]) not in gone]
    block = content.get("aird")
    if isinstance(block, dict):
        content["aird"] = _block_without(block, gone)
    return yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=120)


def _parent_of(reference: Any) -> str:
    model, lora = read_reference(reference, "models")
    return str(lora or model)


def _named(session: Session, actor: Actor, name: str, parents: Sequence[str], ref: str) -> str:
    """Which of the parents is meant; without a number the one of that model. Raises MergeNotPossible."""
    try:
        asked = VersionRef.parse(name)
        for parent in parents:
            if parent == name or (name == VersionRef.parse(parent).name):
                return parent
        wanted = access.get_ref(session, actor, name).id if asked.number or asked.alias else None
    except (NameRefused, NotFound):
        wanted = None
    for parent in parents if wanted else []:  # an alias, or a model that has another name by now
        if access.get_ref(session, actor, parent).id == wanted:
            return parent
    raise MergeNotPossible(
        f"{name} is not a parent of {ref}; it was merged of {', '.join(parents)}. Name one of these.",
        reason="not_a_parent",
    )


def _block_without(block: Mapping[str, Any], gone: set[str]) -> dict[str, Any]:
    kept = dict(block)
    if "prompts" in kept:
        kept["prompts"] = _prompts_without(kept["prompts"], gone)
    finish = kept.get("finish")
    if isinstance(finish, dict) and "prompts" in finish:
        kept["finish"] = {**finish, "prompts": _prompts_without(finish["prompts"], gone)}
    return kept


def _prompts_without(prompts: Sequence[Mapping[str, Any]], gone: set[str]) -> list[Mapping[str, Any]]:
    return [each for each in prompts if each["version"] not in gone]


def report_of(session: Session, actor: Actor, ref: str) -> ReportRead:
    """What happened in each module. Raises VersionNotFound, NotMerged."""
    version = _seen_whole(session, actor, ref)
    row = session.scalar(select(MergeReport).where(MergeReport.version_id == version.id))
    if row is None:
        raise NotMerged(
            f"{version.ref} has no report of its modules: it was not merged of adapters, or before reports were kept. "
            "Its page says how it was made.",
            version=version.ref,
        )
    return ReportRead.model_validate({**row.data, "version": version.ref})


def _merged(session: Session, actor: Actor, ref: str) -> Version:
    version = _seen_whole(session, actor, ref)
    if version.record.get("kind") not in KINDS or "mergekit" not in version.record.get("recipe", {}):
        raise NotMerged(f"{version.ref} did not come from a merge. Its page says how it was made.", version=version.ref)
    return version


def _seen_whole(session: Session, actor: Actor, ref: str) -> Version:
    """A version all of whose parents the actor may see: recipe and report name them."""
    version = access.get_ref(session, actor, ref)
    ids = session.scalars(select(Parentage.parent_id).where(Parentage.child_id == version.id))
    for parent in catalog_queries.versions_by_id(session, ids).values():
        if not access.may_see(actor, parent.model):
            raise VersionNotFound(
                f"{version.ref} has a parent in a model that is not in your directory; only who sees all of them is "
                "told how it was made.",
                version=version.ref,
            )
    return version
