"""Rotation of whole models: read the recipe, hold it against the catalog, queue the job."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml
from sqlalchemy.orm import Session

from aird.auth import service as auth
from aird.auth.permissions import Actor, Permission
from aird.catalog import access, compute, licences
from aird.catalog import queries as catalog_queries
from aird.catalog import service as catalog
from aird.catalog.models import Kind, Version
from aird.catalog.names import VersionRef
from aird.core.recipe_yaml import RecipeRefused, load_mapping
from aird.core.schemas import Finding
from aird.jobs import service as jobs
from aird.jobs.estimates import suited
from aird.jobs.models import Job
from aird.merge.errors import NoPlaceForChild, ParentNotUsable, PlanStops
from aird.merge.mergekit.references import Input, rebuild
from aird.merge.plan import dense as dense_check
from aird.merge.plan.dense import InputFacts
from aird.merge.plan.licences import Licensed, licence_findings
from aird.merge.recipe import dense as dense_recipe
from aird.merge.recipe import merge_recipe as recipe
from aird.merge.recipe.dense import DenseRecipe
from aird.merge.recipe.dense_methods import METHODS
from aird.merge.recipe.references import read_reference
from aird.merge.schemas import MergeBody, PlannedParent, PlanRead
from aird.merge.schemas_jobs import DenseJob, ParentUse


@dataclass(frozen=True)
class Used:
    """An input of a recipe as the catalog has it: a whole model, and the adapter on it if there is one."""

    model: Version
    lora: Version | None = None

    @property
    def parent(self) -> Version:
        """What the input brings: the adapter where there is one."""
        return self.lora or self.model

    @property
    def ref(self) -> str:
        """With every version's number."""
        return f"{self.model.ref}+{self.lora.ref}" if self.lora else self.model.ref


@dataclass(frozen=True)
class Planned:
    """A recipe with the versions it names. `base` is what the result is held against, None for one of its own kind."""

    recipe: DenseRecipe
    used: Mapping[str, Used]
    base: Version | None
    findings: list[Finding]
    statement: str


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
        whole = named[1] is None and named != base
        if whole and access.get_ref(session, actor, str(named[0])).kind is not Kind.ADAPTER:
            return True
    return False


def _varies(parameters: Any) -> bool:
    """Whether a parameter is a gradient over the layers or has conditions on tensors."""
    return isinstance(parameters, dict) and any(isinstance(each, list | dict) for each in parameters.values())


def make_plan(session: Session, actor: Actor, body: MergeBody) -> Planned:
    """What the recipe would do. Raises RecipeRefused, ParentNotUsable, VersionNotFound, NotPermitted."""
    found = dense_recipe.parse(body.yaml)
    if body.search is not None:
        raise RecipeRefused(
            "A search looks among merges of adapters; whole models are merged by the recipe as it is. Leave it out.",
            reason="not_supported",
            key="aird.search",
        )
    used = {name: _used(session, actor, each) for name, each in found.inputs.items()}
    _check_once(found, used)
    facts = {name: _facts(each) for name, each in used.items()}
    said = dense_check.findings(found, facts)
    base = _base(session, found, used)
    licensed = [
        Licensed(each.parent.ref, each.parent.license, tuple(each.parent.restrictions)) for each in used.values()
    ]
    below = base or next(iter(used.values())).model
    said += licence_findings(licensed, Licensed(below.ref, below.license, tuple(below.restrictions)), body.license)
    return Planned(found, used, base, said, _statement(found, used))


def _licensed(version: Version) -> Licensed:
    return Licensed(version.ref, version.license, tuple(version.restrictions))


def _used(session: Session, actor: Actor, named: Input) -> Used:
    model = _version(session, actor, named.model)
    lora = _version(session, actor, named.lora) if named.lora else None
    if lora is None and model.kind is Kind.ADAPTER:
        model, lora = catalog_queries.base_of(session, model), model
        access.require_base_weights(session, actor, lora, model)  # the result has the base's own weights in it
    if lora is None:
        return Used(model)
    if lora.kind is not Kind.ADAPTER:
        raise ParentNotUsable(f"{lora.ref} is a whole model; only an adapter stands behind '+'. Name it alone.")
    base = catalog_queries.base_of(session, lora)
    if base.artifact != model.artifact:
        raise ParentNotUsable(
            f"{lora.ref} was trained on {access.base_name(actor, lora, base)}, not on {model.ref}. Name its own base."
        )
    return Used(model, lora)


def _version(session: Session, actor: Actor, ref: VersionRef) -> Version:
    version = access.get_ref(session, actor, str(ref))
    access.require_weights(session, actor, version.model)
    out = catalog_queries.out_of_use(session, version)
    if out is not None:
        raise ParentNotUsable(
            f"{access.base_name(actor, version, out)} is {out.state}; it cannot be merged. Choose another version."
        )
    return version


def _check_once(found: DenseRecipe, used: Mapping[str, Used]) -> None:
    """A version may be named with and without its number: only the catalog knows that both are the same."""
    for group in found.groups:
        refs = [used[each.name].ref for each in group.sources]
        twice = next((ref for ref in refs if refs.count(ref) > 1), None)
        if twice is not None:
            raise RecipeRefused(
                f"'{twice}' is listed twice, under two names. Keep one entry with the weight you want.",
                reason="listed_twice",
                key=group.key,
            )


def _facts(used: Used) -> InputFacts:
    own, words = used.model.facts, (used.lora or used.model).facts
    if "shapes" not in own or not own.get("architecture"):
        raise ParentNotUsable(f"{used.model.ref} was filed without a look into its weights. File it again.")
    if own.get("quantization"):
        raise ParentNotUsable(f"{used.model.ref} is quantised; merge what it was made from and quantise the result.")
    return InputFacts(
        ref=used.ref,
        architecture=own["architecture"],
        shapes=own["shapes"],
        vocab_size=own["vocab_size"],
        tokenizer=words.get("tokenizer_sha256"),
        template=words.get("chat_template_sha256") or own.get("chat_template_sha256"),
        dtype=own.get("dtype", "F32"),
        parameters=used.model.parameters,
        bytes=used.model.bytes,
        adapter=used.lora.ref if used.lora else None,
    )


def _base(session: Session, found: DenseRecipe, used: Mapping[str, Used]) -> Version | None:
    """The base of what the recipe names as base_model, else the one that all inputs stand on, if it is one."""
    named = [used[found.base]] if found.base else list(used.values())
    bases = {base.id: base for base in (catalog_queries.base_of(session, each.model) for each in named)}
    return next(iter(bases.values())) if len(bases) == 1 else None


def _statement(found: DenseRecipe, used: Mapping[str, Used]) -> str:
    count, name = len(used), found.method.name
    if found.engine == "dense":
        return f"'{name}' of {count} whole models, worked out by aird as mergekit does it, tensor by tensor"
    return f"'{name}' of {count} whole models, worked out by mergekit 0.1.5 in a process of its own without network"


def plan(session: Session, actor: Actor, body: MergeBody) -> PlanRead:
    """What the recipe would do. Raises as make_plan."""
    return plan_read(make_plan(session, actor, body), body)


def plan_read(planned: Planned, body: MergeBody) -> PlanRead:
    """The plan as the API shows it."""
    found = planned.recipe
    facts = {name: _facts(each) for name, each in planned.used.items()}
    needs = dense_check.estimate(found, facts)
    resting = [(each.parent.license, each.parent.restrictions) for each in planned.used.values()]
    return PlanRead(
        method=found.method.name,
        output="full",
        engine=found.engine,
        base=planned.base.ref if planned.base else "",
        parents=[
            PlannedParent(
                ref=each.parent.ref,
                weight=1.0 if (weight := found.weight(name)) is None else weight,
                rank=each.parent.facts.get("rank") or 0,
                department=each.parent.model.name.partition("/")[0],
                license=each.parent.license,
                features=each.parent.facts.get("features") or [],
            )
            for name, each in _parents(planned).items()
        ],
        scale=1.0,
        rank=0,
        parameters=needs.parameters,
        bytes=needs.bytes,
        exact=False,
        statement=planned.statement,
        notes=list(found.notes),
        license=body.license,
        restrictions=licences.inherited(body.license, resting),
        findings=planned.findings,
        endpoints=[],
        interference=[],
        seconds=needs.seconds,
        memory_bytes=needs.memory,
        watt_hours=compute.watt_hours(round(needs.seconds * 1000), compute.WATTS["cpu"]),
        measure=None,
        finish=None,
        yaml=pinned(planned, body),
    )


def _parents(planned: Planned) -> dict[str, Used]:
    """What the result comes from; a base_model that is only subtracted is its base, not one of its parents."""
    kept = {}
    for name, each in planned.used.items():
        if name != planned.recipe.base or planned.recipe.weight(name) is not None or each.parent != planned.base:
            kept[name] = each
    return kept


def pinned(planned: Planned, body: MergeBody) -> str:
    """The recipe with every version's number."""
    content = load_mapping(body.yaml)
    numbers = {str(each): planned.used[name].ref for name, each in planned.recipe.inputs.items()}
    config = rebuild(content, lambda each: numbers[str(each)])
    if content.get("aird") is not None:
        config["aird"] = content["aird"]
    return str(yaml.safe_dump(config, sort_keys=False, allow_unicode=True))


def order(session: Session, actor: Actor, body: MergeBody) -> Job:
    """Queue the merge. Raises as make_plan, and PlanStops, NoPlaceForChild, NotPermitted."""
    planned = make_plan(session, actor, body)
    found = planned.recipe
    stops = [each for each in planned.findings if each.level == "stop"]
    if stops:
        raise PlanStops(" ".join(each.message for each in stops), codes=[each.code for each in stops])
    name = body.model or found.aird.child
    if name is None:
        raise NoPlaceForChild(
            "Say where the merged version is filed: `--model department/name`, or `aird: {model: department/name}` "
            "in the recipe."
        )
    title = body.title or found.aird.title or f"Merge {name}"
    model = catalog.model_for_output(session, actor, name, title)
    auth.require(actor, Permission.RUN_JOBS, model.department_id)
    versions = {name: each.model.id for name, each in planned.used.items()}
    versions |= {f"{name}+": each.lora.id for name, each in planned.used.items() if each.lora}
    spec = DenseJob(
        model_id=model.id,
        engine=found.engine,
        versions=versions,
        base_id=planned.base.id if planned.base else None,
        parents=[
            ParentUse(version_id=each.parent.id, weight=1.0 if (weight := found.weight(name)) is None else weight)
            for name, each in _parents(planned).items()
        ],
        yaml=body.yaml,
        statement=planned.statement,
        recipe={"kind": "Merge", "mergekit": body.yaml, "pinned": pinned(planned, body)},
        license=body.license,
        notes=body.notes,
    )
    department = model.department_id
    return jobs.enqueue(
        session, actor, "merge.dense", spec, title=title, department_id=department, needs=suited(session)
    )
