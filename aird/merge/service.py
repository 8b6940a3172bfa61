"""Plan and order rotations: read the recipe, hold it against the catalog, then queue the job."""

from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from aird.auth import service as auth
from aird.auth.permissions import Actor, Permission
from aird.catalog import access
from aird.catalog import queries as catalog_queries
from aird.catalog import service as catalog
from aird.catalog.intake.differences import own_words
from aird.catalog.models import Version
from aird.catalog.names import VersionRef
from aird.core.recipe_yaml import RecipeRefused
from aird.evaluation import queries as evaluation_queries
from aird.jobs import service as jobs
from aird.jobs.models import Job
from aird.merge import plan, recipe
from aird.merge.errors import NoPlaceForChild, ParentNotUsable, SearchNotPossible
from aird.merge.plan import MergePlan, ParentFacts
from aird.merge.recipe import MergeRecipe
from aird.merge.schemas import MergeBody, MergeJob, MergeWork, ParentUse, PlannedParent, PlanRead, SuiteUse


@dataclass(frozen=True)
class Planned:
    """A recipe with the versions it names and what will come out."""

    recipe: MergeRecipe
    parents: list[Version]
    base: Version
    plan: MergePlan


def make_plan(session: Session, actor: Actor, body: MergeBody) -> Planned:
    """What the recipe would do. Raises RecipeRefused, ParentsNotCompatible, MergeNotPossible, VersionNotFound."""
    found = recipe.parse(body.yaml)
    if body.search is not None:
        found = replace(found, aird=replace(found.aird, search=body.search))
    parents = [_parent(session, actor, each.version) for each in found.parents]
    _check_once(parents)
    base = catalog_queries.base_of(session, parents[0])
    named = access.get_ref(session, actor, str(found.base)).artifact if found.base else None
    facts = [_facts(session, version) for version in parents]
    return Planned(found, parents, base, plan.make_plan(found, facts, base=named))


def _parent(session: Session, actor: Actor, ref: VersionRef) -> Version:
    version = access.get_ref(session, actor, str(ref))
    access.require_weights(session, actor, version.model)
    out = catalog_queries.out_of_use(session, version)
    if out is not None:
        raise ParentNotUsable(f"{out.ref} is {out.state}; it cannot be merged. Choose another version.")
    return version


def _check_once(parents: list[Version]) -> None:
    """A version may be named with and without its number: only the catalog knows that both are the same."""
    refs = [each.ref for each in parents]
    twice = next((ref for ref in refs if refs.count(ref) > 1), None)
    if twice is not None:
        raise RecipeRefused(
            f"'{twice}' is listed twice, with and without its number. Keep one entry with the weight you want.",
            reason="listed_twice",
            key="models",
        )


def _facts(session: Session, version: Version) -> ParentFacts:
    base = catalog_queries.base_of(session, version)
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


def plan_read(session: Session, actor: Actor, planned: Planned) -> PlanRead:
    """The plan as the API shows it."""
    found = planned.plan
    return PlanRead(
        method=found.method,
        base=planned.base.ref,
        parents=[
            PlannedParent(
                ref=version.ref,
                weight=weight,
                rank=version.facts.get("rank") or 0,
                department=version.model.name.partition("/")[0],
                license=version.license,
                features=version.facts.get("features") or [],
            )
            for version, weight in zip(planned.parents, found.weights, strict=True)
        ],
        scale=found.scale,
        rank=found.result_rank,
        parameters=found.parameters,
        bytes=found.bytes,
        exact=found.exact,
        statement=found.statement,
        notes=list(found.notes),
        output="adapter",
        engine="factors",
        license="",
        restrictions=[],
        findings=[],
        endpoints=[],
        interference=[],
        seconds=0.0,
        memory_bytes=0,
        watt_hours=0.0,
        measure=None,
        finish=None,
        yaml="",
    )


def order_merge(session: Session, actor: Actor, body: MergeBody) -> Job:
    """Queue a rotation. Raises as make_plan, and NoPlaceForChild, SearchNotPossible, NotPermitted."""
    planned = make_plan(session, actor, body)
    name = body.model or planned.recipe.aird.child
    if name is None:
        raise NoPlaceForChild(
            "Say where the merged version is filed: `--model department/name`, or `aird: {model: department/name}` "
            "in the recipe."
        )
    title = body.title or planned.recipe.aird.title or f"Merge {name}"
    model = catalog.model_for_output(session, actor, name, title)
    auth.require(actor, Permission.RUN_JOBS, model.department_id)
    job = MergeJob(model_id=model.id, **work_of(session, planned, body).model_dump())
    return jobs.enqueue(session, actor, "merge.run", job, title=title, department_id=model.department_id)


def work_of(session: Session, planned: Planned, body: MergeBody) -> MergeWork:
    """The planned merge as its job does it. Raises SearchNotPossible."""
    found = planned.plan
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
        suites=_suites(session, planned.recipe),
        statement=found.statement,
        exact=found.exact,
        recipe={"kind": "Merge", "mergekit": body.yaml},
        license=body.license,
        notes=body.notes,
    )


def _suites(session: Session, found: MergeRecipe) -> list[SuiteUse]:
    search = found.aird.search
    if search is None:
        return []
    uses = []
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
        uses.append(
            SuiteUse(
                suite=name,
                artifact=suite.dataset_version.artifact,
                split=search.split,
                scorer=suite.scorer.value,
            )
        )
    return uses
