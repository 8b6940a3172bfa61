"""The job that merges whole models: by aird's own rules, or by mergekit in its cage; its result passes the intake."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from aird import __version__
from aird.catalog import files, queries
from aird.catalog.files import Examined
from aird.catalog.intake import differences
from aird.catalog.intake.refusals import IntakeRefused
from aird.catalog.models import Kind, Relation, Version
from aird.catalog.service import Parent
from aird.core.recipe_yaml import load_mapping
from aird.jobs.context import JobContext
from aird.jobs.registry import task
from aird.merge.mergekit import cage
from aird.merge.mergekit.references import rebuild
from aird.merge.methods import bake, dense
from aird.merge.recipe import dense as dense_recipe
from aird.merge.recipe.dense import DenseRecipe
from aird.merge.run import filing
from aird.merge.schemas_jobs import DenseJob
from aird.runtimes.device import device_class

OF_ITS_OWN = frozenset({"base_shape", "other_vocabulary"})
"""What the intake says of a model that does not fit the base any more: it is filed as one of its own kind."""


@dataclass(frozen=True)
class Inputs:
    """The versions of a recipe by the names it has for them: (the whole model, the adapter on it or None)."""

    recipe: DenseRecipe
    used: Mapping[str, tuple[Version, Version | None]]

    def place(self, name: str) -> str:
        """What an input's folder is called: by its content, so that nothing else can be found there."""
        model, lora = self.used[name]
        digests = [each.artifact.removeprefix("sha256:") for each in (model, lora) if each is not None]
        return "-".join(digests)


@dataclass(frozen=True)
class Made:
    """The files of a child, not examined yet."""

    folder: Path
    seconds: float
    peak_bytes: int | None


def _remake(job: JobContext, spec: DenseJob, record: Mapping[str, Any], folder: Path) -> Path:
    return _compute(job, spec, _inputs(job, spec), folder / "inputs", folder / "made").folder


@task("merge.dense", DenseJob, remake=_remake, yields=True)
def run_dense(job: JobContext, spec: DenseJob) -> None:
    """Merge the models and file the child."""
    inputs = _inputs(job, spec)
    job.log(spec.statement)
    with job.workspace() as work, job.scratch() as folder:
        # What mergekit has begun is never gone on with: its rests are trusted by nobody.
        place = work / _key(spec, inputs) if spec.engine == "dense" else folder / "whole"
        made = _compute(job, spec, inputs, folder, place)
        with job.read() as session:
            base = queries.version_by_id(session, spec.base_id) if spec.base_id else None
        job.progress("examine")
        examined, fits = _examine(job, made.folder, base)
        record = {
            "kind": "merge.dense",
            "recipe": spec.recipe,
            "metrics": {"engine": spec.engine, "statement": spec.statement, "peak_bytes": made.peak_bytes},
            "seconds": made.seconds,
            "device": device_class(job.settings.job_threads),
            "datasets": [],
        }
        with job.finish() as session:
            child, _ = filing.file_child(
                session,
                job,
                spec,
                examined,
                record,
                base=base if fits else None,
                parents=_parents(spec, inputs, base if fits else None),
            )
            job.result = {"version": child.ref, "digest": child.artifact, "engine": spec.engine}


def _inputs(job: JobContext, spec: DenseJob) -> Inputs:
    found = dense_recipe.parse(spec.yaml)
    with job.read() as session:
        versions = queries.versions_by_id(session, spec.versions.values())
    used = {}
    for name in found.inputs:
        lora = spec.versions.get(f"{name}+")
        used[name] = versions[spec.versions[name]], versions[lora] if lora else None
    return Inputs(found, used)


def _compute(job: JobContext, spec: DenseJob, inputs: Inputs, folder: Path, out: Path) -> Made:
    """The merge, from the store to a folder of plain files; `folder` takes the inputs."""
    for name in inputs.recipe.inputs:
        _fetch(job, inputs, name, folder / cage.INPUTS)
    config = rebuild(load_mapping(spec.yaml), lambda each: cage.place(inputs.place(str(each))))
    threads, report = job.settings.job_threads, job.steps("merge", "tensors merged; those in whole files are kept")
    if spec.engine == "dense":
        result = dense.merge(dense.recipe_of(config, lambda name: folder / name), out, threads=threads, report=report)
        return Made(out, result.seconds, None)
    order = [cage.place(inputs.place(name)) for name in _donor_first(inputs.recipe)]
    report = job.steps("merge", "steps done; mergekit keeps none of them")
    [done] = cage.run([cage.Order(config, order, "made")], folder, threads=threads, report=report, log=job.log)
    left = cage.collect(folder / "made", out)
    if left:
        job.log(f"Of what mergekit wrote this is left out: {', '.join(sorted(left)[:20])}")
    return Made(out, done.seconds, done.peak_bytes)


def _donor_first(recipe: DenseRecipe) -> list[str]:
    """The inputs' names in the recipe's order; without a base_model mergekit takes the config from the first."""
    return list(dict.fromkeys([*([recipe.base] if recipe.base else []), *recipe.inputs]))


def _fetch(job: JobContext, inputs: Inputs, name: str, folder: Path) -> None:
    """Lay out an input as a whole model; an adapter is put into its base first."""
    model, lora = inputs.used[name]
    target = folder / inputs.place(name)
    if target.exists():
        return
    job.progress("fetch")
    if lora is None:
        job.store.fetch(model.artifact, target)
        return
    raw = folder.parent / "raw"
    for each in (model, lora):
        if not (raw / each.artifact.removeprefix("sha256:")).exists():
            job.store.fetch(each.artifact, raw / each.artifact.removeprefix("sha256:"))
    places = [raw / each.artifact.removeprefix("sha256:") for each in (model, lora)]
    bake.bake_adapter(
        places[0], places[1], target, report=partial(job.progress, "bake"), threads=job.settings.job_threads
    )


def _key(spec: DenseJob, inputs: Inputs) -> str:
    """What decides the bytes of the result: another release never goes on with what this one has begun."""
    decides = [spec.engine, spec.yaml, [inputs.place(name) for name in inputs.recipe.inputs], __version__]
    return hashlib.sha256(json.dumps(decides).encode()).hexdigest()[:32]


def _examine(job: JobContext, folder: Path, base: Version | None) -> tuple[Examined, bool]:
    """What came out, and whether it fits the base: layers and vocabulary may be its own, then it is so filed.

    Raises IntakeRefused: a result that could not be uploaded is not filed either.
    """
    try:
        return files.examine(job.store, folder, base=base, kind=Kind.FULL), base is not None
    except IntakeRefused as refusal:
        if base is None or refusal.params.get("reason") not in OF_ITS_OWN:
            raise
        job.log(f"It does not fit {base.ref} and is filed as a base of its own: {refusal.message}")
    examined = files.examine(job.store, folder, base=None, kind=Kind.FULL)
    own = files.text_reader(job.store, examined.manifest.digest)
    theirs = files.text_reader(job.store, base.artifact)
    changed = [each.facts() for each in differences.differences(own, theirs, whole=True)]
    facts = examined.facts | {"differences": changed, "differs_from": base.artifact if changed else None}
    return Examined(examined.kind, examined.manifest, examined.parameters, facts, examined.card), False


def _parents(spec: DenseJob, inputs: Inputs, base: Version | None) -> list[Parent]:
    weights = {(lora or model).id: inputs.recipe.weight(name) for name, (model, lora) in inputs.used.items()}
    versions = {each.id: each for pair in inputs.used.values() for each in pair if each is not None}
    wanted = [each.version_id for each in spec.parents]
    found = [Parent(versions[each], Relation.MERGE, weights.get(each)) for each in dict.fromkeys(wanted)]
    # A model of its own kind has no base, so what was subtracted is named among its parents.
    below = {model.id for name, (model, _) in inputs.used.items() if name == inputs.recipe.base} - set(wanted)
    return found + ([Parent(versions[each], Relation.MERGE) for each in below] if base is None else [])
