"""Career plans as the API shows them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from aird.auth import queries as auth_queries
from aird.auth.permissions import Actor
from aird.catalog import access
from aird.catalog import queries as catalog_queries
from aird.catalog.models import Model, Version
from aird.core.schemas import Finding
from aird.jobs.models import Job
from aird.planning import dag, judging, keys, queries, resolving, works
from aird.planning.models import Plan, Stage, Work
from aird.planning.recipe import Budget, Level
from aird.planning.schemas import CareerPlanRead, PlanRow, SavingRead, StageRead, StageReport, WorkRead
from aird.planning.stages import lacking_of, scores_of


@dataclass(frozen=True)
class _Around:
    """What the stages of some plans refer to."""

    works: Mapping[UUID, Work]
    jobs: Mapping[UUID, Job]
    users: Mapping[UUID, set[UUID]]
    versions: Mapping[UUID, Version]


def plan_rows(session: Session, found: Sequence[Plan]) -> list[PlanRow]:
    """Plans in a list."""
    names = auth_queries.usernames(session, [each.created_by for each in found if each.created_by])
    departments = auth_queries.department_keys(session)
    stages = queries.stages_by_plan(session, found)
    query = select(Work).where(or_(Work.plan_id.in_(list(stages)), Work.id.in_(_used(stages))))
    every = {work.id: work for work in session.scalars(query)}
    return [
        PlanRow(
            name=plan.name,
            title=plan.title,
            department=departments[plan.department_id],
            state=plan.state,
            reason="",
            revision=plan.revision,
            stages=len(stages[plan.id]),
            passed=sum(stage.state == "passed" for stage in stages[plan.id]),
            saving=_saving(plan, stages[plan.id], every),
            created_by=names.get(plan.created_by) if plan.created_by else None,
            created_at=plan.created_at,
            since=plan.since,
        )
        for plan in found
    ]


def _used(stages: Mapping[UUID, Sequence[Stage]]) -> list[UUID]:
    every = (each for found in stages.values() for stage in found for each in (stage.work_id, stage.exam_id))
    return [each for each in every if each is not None]


def _saving(plan: Plan, stages: Sequence[Stage], every: Mapping[UUID, Work]) -> SavingRead:
    """Own work counts as spent, also of stages that were changed since; every further use of any work is saved."""
    own = [work for work in every.values() if work.plan_id == plan.id]
    shared: list[Work] = []
    paid: set[UUID] = set()
    shared_stages = 0
    for stage in stages:
        for work_id in (stage.work_id, stage.exam_id):
            work = every.get(work_id) if work_id else None
            if work is None:
                continue
            if work.plan_id != plan.id or work.id in paid:
                shared.append(work)
                shared_stages += work_id == stage.work_id
            paid.add(work.id)
    return SavingRead(
        spent_seconds=sum(work.seconds or 0.0 for work in own),
        spent_micro=sum(work.micro or 0 for work in own),
        saved_seconds=sum(work.seconds or 0.0 for work in shared),
        saved_micro=sum(work.micro or 0 for work in shared),
        shared_stages=shared_stages,
    )


def plan_read(session: Session, actor: Actor, plan: Plan) -> CareerPlanRead:
    """One plan with its board. What it says of models that the actor may not see is left out."""
    stages = queries.stages_of(session, plan)
    around = _around(session, stages)
    sees_all = _sees_all(session, actor, stages, around)
    profile = [Level.model_validate(each) for each in plan.goals["profile"]]
    row = plan_rows(session, [plan])[0]
    return CareerPlanRead(
        **{**row.model_dump(), "reason": plan.reason if sees_all else ""},
        yaml=plan.document if sees_all else None,
        suites=plan.goals["suites"],
        profile=profile,
        missing=[each for _, each in lacking_of(stages, profile)],
        board=[_stage_read(actor, plan, stage, around, sees_all=sees_all) for stage in stages],
        finished_at=plan.finished_at,
    )


def _around(session: Session, stages: Sequence[Stage]) -> _Around:
    ids = _used({UUID(int=0): stages})
    found = {work.id: work for work in session.scalars(select(Work).where(Work.id.in_(ids)))}
    query = select(Job).where(Job.id.in_([work.job_id for work in found.values()]))
    return _Around(
        works=found,
        jobs={job.id: job for job in session.scalars(query)},
        users=works.users(session, ids),
        versions=catalog_queries.versions_by_id(session, [each.version_id for each in stages if each.version_id]),
    )


def _sees_all(session: Session, actor: Actor, stages: Sequence[Stage], around: _Around) -> bool:
    """Whether every model that the plan names or used is in the actor's directory."""
    names: set[str] = set()

    def note(text: str, place: tuple[str, ...]) -> str:
        if place[-1] in resolving.VERSIONS and not dag.named_in(text):
            names.update(part.partition("@")[0] for part in text.split("+"))
        return text

    for stage in stages:
        keys.mapped(stage.spec, (), note)
        keys.mapped(stage.rules["gate"], ("gate",), note)
    models = [catalog_queries.find_model(session, name) for name in sorted(names)]
    used = session.scalars(select(Model).where(Model.id.in_({work.model_id for work in around.works.values()})))
    return all(access.may_see(actor, model) for model in [*models, *used] if model is not None)


def _stage_read(actor: Actor, plan: Plan, stage: Stage, around: _Around, *, sees_all: bool) -> StageRead:
    version = around.versions.get(stage.version_id) if stage.version_id else None
    shown = version if version is not None and access.may_see(actor, version.model) else None
    report = StageReport.model_validate(stage.report)
    if report.scores:
        report.missing = judging.missing(
            [Level.model_validate(each) for each in plan.goals["profile"]], scores_of(stage)
        )
    findings = [Finding.model_validate(each) for each in stage.findings]
    if not sees_all:
        report.gate = [line.model_copy(update={"reference": None}) for line in report.gate]
        findings = [Finding(level=each.level, code=each.code, message="") for each in findings]
    return StageRead(
        name=stage.name,
        title=stage.title,
        kind=stage.kind,
        needs=stage.needs,
        state=stage.state,
        reason=stage.reason if sees_all else "",
        findings=findings,
        version=shown.ref if shown else None,
        digest=shown.artifact if shown else None,
        teaches=stage.rules["teaches"],
        budget=Budget.model_validate(stage.rules["forgetting"]),
        work=_work_read(plan, stage.work_id, around),
        exam=_work_read(plan, stage.exam_id, around),
        report=report,
        since=stage.since,
        started_at=stage.started_at,
        finished_at=stage.finished_at,
    )


def _work_read(plan: Plan, work_id: UUID | None, around: _Around) -> WorkRead | None:
    if work_id is None:
        return None
    work = around.works[work_id]
    values: dict[str, Any] = {
        "job": work.job_id,
        "state": around.jobs[work.job_id].state,
        "shared": work.plan_id != plan.id,
        "plans": len(around.users[work_id]),
        "seconds": work.seconds,
        "micro": work.micro,
    }
    return WorkRead(**values)
