"""Whose unlabelled questions a merge reads, for its finish and for `core_regmean`: from names to digests.

The finish distils the parents into what was merged of them, each on questions of its own subject
(docs/decisions/0024). Where a recipe names no questions, they are those that the parents were trained on, without
their answers.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median_low
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from aird.auth import service as auth
from aird.auth.permissions import Actor, Permission, allowed
from aird.catalog import access, kinship
from aird.catalog.models import Kind, Version
from aird.core.errors import NotFound
from aird.core.recipe_yaml import RecipeRefused
from aird.datasets import queries as dataset_queries
from aird.datasets import service as datasets
from aird.datasets.errors import DatasetNotUsable
from aird.datasets.models import DatasetVersion
from aird.datasets.splits import DatasetFormat
from aird.evaluation.models import Suite
from aird.merge.recipe.questions import Finish, Prompts
from aird.merge.schemas_jobs import FinishUse, PromptUse

UNLABELLED, LABELLED = "unlabelled", "train"
FORMATS = (DatasetFormat.CHAT, DatasetFormat.PROMPT, DatasetFormat.EXAM)
"""What has questions in it; their answers are left alone."""


@dataclass(frozen=True)
class Parent:
    """A parent of a merge and the factor of its change; one that is subtracted is not asked what it knows."""

    version: Version
    weight: float = 1.0


def resolve_prompts(
    session: Session, actor: Actor, named: Sequence[Prompts], parents: Sequence[Parent], *, key: str = "aird.prompts"
) -> list[PromptUse]:
    """The questions of every parent, in the order of the parents: those named, else what it was trained on.

    Raises RecipeRefused, NotPermitted, and what the catalog raises for versions that are not there.
    """
    if not named:
        return _of_training(session, actor, parents, key)
    versions = {parent.version.id: parent.version for parent in parents}
    found = []
    for index, each in enumerate(named):
        version = access.get_ref(session, actor, str(each.version))
        if version.id not in versions:
            raise RecipeRefused(
                f"{key}[{index}].version: {version.ref} is not a parent of this merge; only those it came from can "
                "speak for it. Name one of 'models'.",
                reason="not_a_parent",
                key=f"{key}[{index}].version",
            )
        found.append(_use(session, actor, version, each, f"{key}[{index}]"))
    asked = {use.version_id for use in found}
    silent = [each.version.ref for each in parents if each.weight > 0 and each.version.id not in asked]
    if silent:
        raise RecipeRefused(
            f"{key} has no questions for {', '.join(silent)}, so that the others would crowd it out. Add an entry for "
            "each, or leave all of them out: then they are the questions the parents were trained on.",
            reason="no_prompts",
            key=key,
        )
    order = list(versions)
    return sorted(found, key=lambda use: order.index(use.version_id))


def resolve_finish(
    session: Session, actor: Actor, finish: Finish, prompts: Sequence[Prompts], parents: Sequence[Parent]
) -> FinishUse:
    """The finish of a merge with every default written out; `prompts` are the recipe's own. Raises as
    resolve_prompts."""
    named, key = (finish.prompts, "aird.finish.prompts") if finish.prompts else (prompts, "aird.prompts")
    uses = resolve_prompts(session, actor, named, parents, key=key if named else "aird.finish")
    settings = finish.settings_on(_width([parent.version for parent in parents]))
    return FinishUse(prompts=uses, settings=settings.model_dump(mode="json"))


def offered(session: Session, actor: Actor, parents: Sequence[Parent]) -> FinishUse | None:
    """The finish as it would run on the parents' own training questions; None where it could not, or the actor may
    not read them."""
    if any(each.version.kind is not Kind.ADAPTER for each in parents):
        return None
    own = _trained_on(session, [parent.version for parent in parents if parent.weight > 0])
    if not all(own.values()):
        return None
    departments = {each.dataset.department_id for found in own.values() for each in found}
    if not all(allowed(actor, Permission.READ_DATASETS, each) for each in departments):
        return None
    return resolve_finish(session, actor, Finish(), (), parents)


def read(use: FinishUse, parents: Iterable[Version]) -> dict[str, Any]:
    """The finish as a plan shows it: its settings, and `prompts` with the parents by name."""
    refs = {version.id: version.ref for version in parents}
    shown = [
        {"version": refs[each.version_id], "dataset": each.ref, "split": each.split, "limit": each.limit}
        for each in use.prompts
    ]
    return {**use.settings, "prompts": shown}


def _width(versions: Sequence[Version]) -> int:
    """The inputs of a middling module that the versions change: the base's own width, if its own modules are among
    them; 0 where no shapes are known."""
    inputs = [int(shape[1]) for version in versions for shape in (version.facts.get("shapes") or {}).values()]
    return median_low(inputs) if inputs else 0


def _of_training(session: Session, actor: Actor, parents: Sequence[Parent], key: str) -> list[PromptUse]:
    added = [parent.version for parent in parents if parent.weight > 0]
    own = _trained_on(session, added)
    missing = [version.ref for version in added if not own[version.id]]
    if missing or not added:
        named = f"{key.removesuffix('.prompts')}.prompts" if key.startswith("aird.finish") else key
        raise RecipeRefused(
            f"Nothing is known of what {', '.join(missing) or 'the parents'} learnt from that has questions in it. "
            f"Name questions: '{named}: [{{version: {(missing or ['support/mail@1'])[0]}, "
            "dataset: support/mails@1}]'.",
            reason="no_prompts",
            key=key,
        )
    uses = []
    for version in added:
        for dataset in own[version.id]:
            auth.require(actor, Permission.READ_DATASETS, dataset.dataset.department_id)
            uses.append(_prompts_of(version, dataset, _default_split(session, dataset), None))
    return uses


def _trained_on(session: Session, versions: Sequence[Version]) -> dict[UUID, list[DatasetVersion]]:
    """By version, the data sets with questions that it was trained with and that are still there."""
    found: dict[UUID, list[DatasetVersion]] = {version.id: [] for version in versions}
    for use in kinship.datasets_of(session, found):
        try:
            dataset = dataset_queries.get_ref(session, use.ref)
        except NotFound:
            continue
        if dataset.kept == use.digest and _default_split(session, dataset):
            found[use.version_id].append(dataset)
    return found


def _use(session: Session, actor: Actor, version: Version, named: Prompts, key: str) -> PromptUse:
    try:
        dataset = dataset_queries.get_ref(session, named.dataset)
    except NotFound as error:
        raise RecipeRefused(f"{key}.dataset: {error.message}", reason="no_dataset", key=f"{key}.dataset") from None
    split, usable = named.split or _default_split(session, dataset), _usable_splits(session, dataset)
    if split not in usable:
        wanted = repr(named.split) if named.split else f"{UNLABELLED!r} or {LABELLED!r}"
        raise RecipeRefused(
            f"{key}.split: {dataset.ref} has no questions to learn from in {wanted}; it has them in "
            f"{', '.join(usable) or 'no split'}. A split that is an exam is not one of them.",
            reason="no_split",
            key=f"{key}.split",
        )
    try:
        datasets.usable(session, actor, dataset.ref, split)
    except DatasetNotUsable as error:
        raise RecipeRefused(f"{key}: {error.message}", reason=error.params["why"], key=key) from None
    return _prompts_of(version, dataset, split, named.limit)


def _default_split(session: Session, dataset: DatasetVersion) -> str:
    usable = _usable_splits(session, dataset)
    return next((split for split in (UNLABELLED, LABELLED) if split in usable), "")


def _usable_splits(session: Session, dataset: DatasetVersion) -> list[str]:
    """What holds questions and is no exam: an exam whose questions were practised says nothing any more."""
    exams = set(session.scalars(select(Suite.split).where(Suite.dataset_version_id == dataset.id)))
    asking = [name for name, count in dataset.splits.items() if count and dataset.formats.get(name) in FORMATS]
    return sorted(set(asking) - exams)


def _prompts_of(version: Version, dataset: DatasetVersion, split: str, limit: int | None) -> PromptUse:
    return PromptUse(version_id=version.id, ref=dataset.ref, artifact=dataset.artifact, split=split, limit=limit)
