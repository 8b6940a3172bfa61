"""Plan and order rotations: read the recipe, hold it against the catalog, check it, then queue the job."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import and_, false, or_, select
from sqlalchemy.orm import Session, contains_eager

from aird.auth import service as auth
from aird.auth.permissions import Actor, Permission
from aird.catalog import access
from aird.catalog import queries as catalog_queries
from aird.catalog import service as catalog
from aird.catalog.intake.differences import own_words
from aird.catalog.lifecycle import VersionState
from aird.catalog.models import Model, Version
from aird.catalog.names import VersionRef
from aird.core.recipe_yaml import RecipeRefused, load_mapping
from aird.core.settings import Settings
from aird.evaluation import queries as evaluation_queries
from aird.evaluation.models import Scorer
from aird.jobs import service as jobs
from aird.jobs.estimates import suited
from aird.jobs.models import Job
from aird.merge import dense, finish
from aird.merge.errors import NoPlaceForChild, ParentNotUsable, PlanStops, SearchNotPossible
from aird.merge.plan import checking
from aird.merge.plan import licences as preflight_licences
from aird.merge.plan import merge_plan as plan
from aird.merge.plan.licences import Licensed
from aird.merge.plan.merge_plan import ParentFacts, WholeModel
from aird.merge.plan.planned import Planned
from aird.merge.recipe import extension as recipe_extension
from aird.merge.recipe import merge_recipe as recipe
from aird.merge.recipe.merge_recipe import MergeRecipe
from aird.merge.schemas import MergeBody, PlanRead
from aird.merge.schemas_jobs import FinishUse, MergeJob, MergeWork, ParentUse, PromptUse, SuiteUse

OUT_OF_USE = (VersionState.SUSPENDED, VersionState.RETIRED)
SEARCHED = (Scorer.CHOICE, Scorer.EXACT)


def read_plan(session: Session, actor: Actor, body: MergeBody, *, settings: Settings | None = None) -> PlanRead:
    """What a recipe would do, whichever engine is for it; with `settings` the check looks at this machine as well.

    Raises as make_plan.
    """
    content = load_mapping(body.yaml)
    if dense.wants(session, actor, content):
        return dense.plan(session, actor, body)
    return checking.plan_read(session, actor, _planned(session, actor, body, content), settings=settings)


def make_plan(session: Session, actor: Actor, body: MergeBody) -> Planned:
    """What a recipe for adapters would do. Reads no weights.

    Raises RecipeRefused, ParentsNotCompatible, ParentNotUsable, MergeNotPossible, SearchNotPossible, VersionNotFound,
    NotPermitted.
    """
    return _planned(session, actor, body, load_mapping(body.yaml))


def _planned(session: Session, actor: Actor, body: MergeBody, content: dict[str, Any]) -> Planned:
    found = recipe.read(content)
    if body.search is not None:
        found = replace(found, aird=replace(found.aird, search=recipe_extension.checked(body.search)))
    parents = _parents(session, actor, [each.version for each in found.parents])
    _check_once(parents)
    bases = _bases(session, actor, parents)
    named = access.get_ref(session, actor, str(found.base)) if found.base else None
    facts = [_facts(version, base) for version, base in zip(parents, bases, strict=True)]
    whole = None
    if found.aird.output == "full":
        access.require_base_weights(session, actor, parents[0], bases[0])
        whole = WholeModel(bases[0].parameters, bases[0].bytes, str(bases[0].facts.get("dtype") or "unknown"))
    made = plan.make_plan(found, facts, base=named.artifact if named else None, whole_model=whole)
    speakers = [finish.Parent(version, weight) for version, weight in zip(parents, made.weights, strict=True)]
    suites, items = _suites(session, found)
    return Planned(
        body=body,
        content=content,
        recipe=found,
        parents=parents,
        facts=facts,
        base=bases[0],
        named_base=named,
        plan=made,
        suites=suites,
        items=items,
        prompts=_prompts(session, actor, found, speakers),
        finish=_finish(session, actor, found, speakers),
    )


def _parents(session: Session, actor: Actor, refs: Sequence[VersionRef]) -> list[Version]:
    """The versions, those named by number in one statement. Raises what access.get_ref does, ParentNotUsable."""
    numbered = (and_(Model.name == each.name, Version.number == each.number) for each in refs if each.number)
    wanted = or_(false(), *numbered)
    query = select(Version).join(Version.model).options(contains_eager(Version.model)).where(wanted)
    found = {each.ref: each for each in session.scalars(query)} if any(each.number for each in refs) else {}
    parents = []
    for ref in refs:
        version = found.get(str(ref))
        if version is None or not access.may_see(actor, version.model):
            version = access.get_ref(session, actor, str(ref))  # by an alias, an earlier name, or not there at all
        access.require_weights(session, actor, version.model)
        if version.state in OUT_OF_USE:
            raise ParentNotUsable(
                f"{version.ref} is {version.state}; it cannot be merged. {_instead(session, actor, version)}",
                version=version.ref,
                state=version.state,
            )
        parents.append(version)
    return parents


def _instead(session: Session, actor: Actor, version: Version) -> str:
    successor = catalog_queries.versions_by_id(session, [version.successor_id]) if version.successor_id else {}
    for each in successor.values():
        if access.may_see(actor, each.model):
            return f"Its successor is {each.ref}."
    return "Choose another version."


def _bases(session: Session, actor: Actor, parents: Sequence[Version]) -> list[Version]:
    """Each parent's base, a whole model's being itself. Raises ParentNotUsable."""
    wanted = {version.base_id for version in parents if version.base_id is not None}
    found: dict[UUID, Version] = catalog_queries.versions_by_id(session, wanted)
    bases = [found[version.base_id] if version.base_id else version for version in parents]
    for version, base in zip(parents, bases, strict=True):
        if base.state in OUT_OF_USE:
            raise ParentNotUsable(
                f"{access.base_name(actor, version, base)} is {base.state}; what builds on it cannot be "
                "merged. Choose versions of another base.",
                version=version.ref,
                state=base.state,
            )
    return bases


def _check_once(parents: Sequence[Version]) -> None:
    """A version may be named with and without its number: only the catalog knows that both are the same."""
    refs = [each.ref for each in parents]
    twice = next((ref for ref in refs if refs.count(ref) > 1), None)
    if twice is not None:
        raise RecipeRefused(
            f"'{twice}' is listed twice, with and without its number. Keep one entry with the weight you want.",
            reason="listed_twice",
            key="models",
        )


def _facts(version: Version, base: Version) -> ParentFacts:
    shapes = {name: (int(rows), int(columns)) for name, (rows, columns) in version.facts.get("shapes", {}).items()}
    return ParentFacts(
        version=VersionRef.parse(version.ref),
        kind=version.kind.value,
        base=base.artifact,
        tokenizer_sha256=version.facts.get("tokenizer_sha256"),
        shapes=shapes,
        ranks=version.facts.get("ranks") or {},
        words=own_words(version.facts),
    )


def _prompts(session: Session, actor: Actor, found: MergeRecipe, parents: Sequence[finish.Parent]) -> list[PromptUse]:
    """Whose questions `core_regmean` hears, where the recipe or its search has it."""
    methods = [found.method, *(found.aird.search.methods if found.aird.search else [])]
    if "core_regmean" not in methods and not found.aird.prompts:
        return []
    return finish.resolve_prompts(session, actor, found.aird.prompts, parents)


def _finish(session: Session, actor: Actor, found: MergeRecipe, parents: Sequence[finish.Parent]) -> FinishUse | None:
    if found.aird.finish is None:
        return None
    return finish.resolve_finish(session, actor, found.aird.finish, found.aird.prompts, parents)


def order_merge(session: Session, actor: Actor, body: MergeBody) -> Job:
    """Queue a rotation. Raises as make_plan, and PlanStops, NoPlaceForChild."""
    content = load_mapping(body.yaml)
    if dense.wants(session, actor, content):
        return dense.order(session, actor, body)
    planned = _planned(session, actor, body, content)
    if planned.child is None:
        raise NoPlaceForChild(
            "Say where the merged version is filed: `--model department/name`, or `aird: {model: department/name}` "
            "in the recipe."
        )
    title = body.title or planned.recipe.aird.title or f"Merge {planned.child}"
    model = catalog.model_for_output(session, actor, planned.child, title)
    auth.require(actor, Permission.RUN_JOBS, model.department_id)
    require_no_stops(session, actor, planned)
    job = MergeJob(model_id=model.id, **work_of(session, planned, body).model_dump())
    department = model.department_id
    return jobs.enqueue(session, actor, "merge.run", job, title=title, department_id=department, needs=suited(session))


def require_no_stops(session: Session, actor: Actor, planned: Planned) -> None:
    """Raise PlanStops when the check before the run says no."""
    found = checking.stops(session, actor, planned)
    if found:
        raise PlanStops(
            " ".join(each.message for each in found), findings=[each.model_dump(mode="json") for each in found]
        )


def work_of(session: Session, planned: Planned, body: MergeBody) -> MergeWork:
    """The planned merge as its job does it."""
    found = planned.plan
    licensed = [Licensed(each.ref, each.license, each.restrictions) for each in planned.parents]
    return MergeWork(
        base_id=planned.base.id,
        # mergekit's two sums differ in their weights alone, which the plan has worked out.
        method="linear" if found.method == "task_arithmetic" else found.method,
        parents=[
            ParentUse(version_id=version.id, weight=weight)
            for version, weight in zip(planned.parents, found.weights, strict=True)
        ],
        scale=found.scale,
        densities=list(found.densities),
        normalize=found.normalize,
        rank=found.rank,
        output=planned.recipe.aird.output,
        search=planned.recipe.aird.search,
        suites=planned.suites,
        prompts=planned.prompts,
        finish=planned.finish,
        statement=found.statement,
        exact=found.exact,
        recipe={"kind": "Merge", "mergekit": planned.yaml, "written": body.yaml},
        license=preflight_licences.child_licence(body.license, licensed),
        notes=body.notes,
    )


def _suites(session: Session, found: MergeRecipe) -> tuple[list[SuiteUse], int]:
    """The suites of the search, and how many items they have in all. Raises SearchNotPossible, SuiteNotFound."""
    search = found.aird.search
    if search is None:
        return [], 0
    uses, items = [], 0
    for name in search.suites:
        suite = evaluation_queries.get_suite(session, name)
        if search.split == suite.split:
            raise SearchNotPossible(
                f"The search may not look at {name}'s exam split {suite.split!r}: the exam would no longer be one. "
                "Use a split such as `dev`.",
                suite=name,
            )
        if search.split not in suite.dataset_version.splits:
            raise SearchNotPossible(
                f"{suite.dataset_version.ref}, the dataset of {name}, has no split {search.split!r}.", suite=name
            )
        if suite.scorer not in SEARCHED or suite.settings.keys() - {"checks", "seed"}:
            raise SearchNotPossible(
                f"{name} is judged by {suite.scorer} with settings of its own; a search scores many candidates, "
                "and only by plain multiple choice and exact match. Choose other suites.",
                suite=name,
            )
        items += suite.dataset_version.splits[search.split]
        uses.append(
            SuiteUse(
                suite=name,
                artifact=suite.dataset_version.artifact,
                split=search.split,
                scorer=suite.scorer.value,
            )
        )
    return uses, items
