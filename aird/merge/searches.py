"""Searches: order them, and read their trials."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.orm import Session

from aird.auth import queries as auth_queries
from aird.auth import service as auth
from aird.auth.permissions import Actor, Permission, allowed
from aird.catalog import access
from aird.catalog import queries as catalog_queries
from aird.catalog.models import Model, Version
from aird.core.recipe_yaml import load_mapping
from aird.jobs import queries as job_queries
from aird.jobs import service as jobs
from aird.jobs.errors import JobNotFound
from aird.jobs.estimates import suited
from aird.jobs.models import Job
from aird.merge import dense, service
from aird.merge.errors import SearchNotPossible
from aird.merge.plan.planned import Planned
from aird.merge.recipe.candidates import yaml_of
from aird.merge.run import trials
from aird.merge.schemas import MergeBody, SearchRead
from aird.merge.schemas_jobs import MergeJob, SearchJob
from aird.merge.search import pareto

KINDS: dict[str, type[SearchJob | MergeJob]] = {"merge.search": SearchJob, "merge.run": MergeJob}


def order(session: Session, actor: Actor, body: MergeBody) -> Job:
    """Queue a search. Raises as service.order_merge, except that no model need be named: nothing is filed."""
    if dense.wants(session, actor, load_mapping(body.yaml)):
        raise SearchNotPossible(
            "A search tries adapters on one base that stays in memory; this recipe is for whole models. Order the "
            "merge without a search, or extract adapters from the models first: `aird extract`."
        )
    planned = service.make_plan(session, actor, body)
    work = service.work_of(session, planned, body)
    if work.search is None:
        raise SearchNotPossible(
            "The recipe does not say what to search. Add `aird: {search: {suites: [...]}}` to it, or send `search`."
        )
    department = _department(session, actor, planned)
    auth.require(actor, Permission.RUN_JOBS, department)
    service.require_no_stops(session, actor, planned)
    job = SearchJob(model=planned.child, **work.model_dump())
    title = body.title or planned.recipe.aird.title or f"Search {planned.child or planned.plan.method}"
    needs = suited(session)
    return jobs.enqueue(session, actor, "merge.search", job, title=title, department_id=department, needs=needs)


def _department(session: Session, actor: Actor, planned: Planned) -> UUID:
    """Whose job it is: the child's department, else that of the first parent where the actor may run jobs."""
    if planned.child is not None:
        return auth_queries.get_department(session, planned.child.partition("/")[0]).id
    found = [version.model.department_id for version in planned.parents]
    return next((each for each in found if allowed(actor, Permission.RUN_JOBS, each)), found[0])


def read(session: Session, actor: Actor, job_id: UUID) -> SearchRead:
    """A search and its trials: of a job of its own, or of a merge that began with one. Raises JobNotFound."""
    job = job_queries.get_job(session, actor, job_id)
    kind = KINDS.get(job.kind)
    spec = kind.model_validate(job.spec) if kind else None
    if spec is None or spec.search is None:
        raise JobNotFound("This job searches nothing.", id=str(job_id))
    versions = catalog_queries.versions_by_id(session, [spec.base_id, *(each.version_id for each in spec.parents)])
    below, *parents = (versions[i].ref for i in (spec.base_id, *(each.version_id for each in spec.parents)))
    base = below if access.may_see(actor, versions[spec.base_id].model) else None
    _require_all(actor, job_id, [versions[each.version_id] for each in spec.parents])
    found = trials.rows(session, job_id)
    places = trials.places(found, spec.search.floors)
    best = pareto.best_of(places)
    chosen = next((each for each in found if best is not None and each.number == best.number), None)
    figures = (chosen.held_out or chosen.scores) if chosen else None
    front = pareto.front(places)
    name = _model(session, spec)
    return SearchRead(
        job_id=job.id,
        state=job.state.value,
        reason=job.reason,
        space=spec.search,
        parents=parents,
        reference={s: row.scores[s]["score"] for s, row in trials.best_parents(found).items()},
        floors_met=figures is not None and trials.standing_of(figures, spec.search.floors).meets,
        best=best.number if best else None,
        trials=[
            trials.read(row, spec.search, front, yaml_of(spec, row.params, base=base, parents=parents, model=name))
            for row in found
            if row.number >= 0
        ],
    )


def _require_all(actor: Actor, job_id: UUID, parents: Sequence[Version]) -> None:
    """A search names its parents in every trial and says what each of them can do."""
    if not all(access.may_see(actor, each.model) for each in parents):
        raise JobNotFound(
            "A parent of this search is in a model that is not in your directory; only who sees all of them is told of "
            "its trials.",
            id=str(job_id),
        )


def _model(session: Session, spec: SearchJob | MergeJob) -> str | None:
    """Where the recipe of a trial files its child."""
    if isinstance(spec, MergeJob):
        return session.get_one(Model, spec.model_id).name
    return spec.model
