"""Apply, advance and cancel career plans.

A plan moves in one transaction at a time, under one lock for all plans: each of its stages is looked at in order, what
is done is judged, what may start is ordered, and behind every job that a stage waits for stands a job planning.advance
that looks again when it has ended. Whoever looks twice finds nothing to do the second time.
"""

from uuid import UUID

from sqlalchemy.orm import Session

from aird.audit import service as audit
from aird.auth import queries as auth_queries
from aird.auth import service as auth
from aird.auth.permissions import Actor, Permission
from aird.core.db import database_now
from aird.core.errors import AirdError
from aird.core.settings import Settings
from aird.planning import dag, queries, recipe, stages, works
from aird.planning.errors import PlanMoveNotAllowed
from aird.planning.lifecycle import AT_WORK, OPEN, PlanState, StageState
from aird.planning.models import Plan, Stage
from aird.planning.recipe import PlanDocument
from aird.planning.resolving import Resolved, Resolving
from aird.store.artifacts import Store

JOB_KIND = stages.JOB_KIND


def apply(session: Session, store: Store, actor: Actor, text: str, *, settings: Settings | None = None) -> Plan:
    """Make the plan of this name, or change it to what is written here: changed stages run, the others stay.

    Applied again without a change nothing happens. With the house's `settings` every stage is estimated before it is
    ordered, and refused when no machine could hold it. Raises RecipeRefused, PlanRefused, and what the catalog raises
    for what is not there or not allowed.
    """
    document = recipe.parse(text)
    name = document.metadata.name
    department = auth_queries.get_department(session, name.partition("/")[0])
    auth.require(actor, Permission.RUN_JOBS, department.id)
    works.hold(session)
    resolved = Resolving(session, actor).stages(document)
    plan, more_exams = queries.find_plan(session, name, lock=True), set[str]()
    if plan is None:
        plan = _new(session, actor, document, text, department.id)
        audit.record(session, actor, "planning.plan.applied", plan, stages=len(resolved), revision=1)
    else:
        auth.require(actor, Permission.RUN_JOBS, plan.department_id)
        more_exams = set(document.spec.exams) - set(plan.goals["suites"])
        if not _changes(session, plan, document, resolved, text):
            return plan
        plan.document, plan.title, plan.goals = text, _title(document), _goals(document)
        plan.revision += 1
        audit.record(session, actor, "planning.plan.applied", plan, stages=len(resolved), revision=plan.revision)
    _put(session, plan, document, resolved, examine=bool(more_exams))
    _open(session, plan)
    return stages.look(session, store, actor, plan, settings)


def _new(session: Session, actor: Actor, document: PlanDocument, text: str, department_id: UUID) -> Plan:
    plan = Plan(
        name=document.metadata.name,
        department_id=department_id,
        created_by=actor.id,
        title=_title(document),
        document=text,
        goals=_goals(document),
    )
    session.add(plan)
    session.flush()
    return plan


def _title(document: PlanDocument) -> str:
    return document.metadata.title or document.metadata.name


def _goals(document: PlanDocument) -> dict[str, object]:
    spec = document.spec
    return {
        "suites": spec.exams,
        "profile": [each.model_dump(mode="json") for each in spec.profile],
        "forgetting": spec.forgetting.model_dump(mode="json"),
    }


def _changes(session: Session, plan: Plan, document: PlanDocument, resolved: dict[str, Resolved], text: str) -> bool:
    """Whether anything is different from the plan as it is; a cancelled plan that is applied goes on."""
    there = {stage.name: (stage.key, stage.rules) for stage in queries.stages_of(session, plan)}
    same = there == {name: (each.key, each.rules) for name, each in resolved.items()}
    return not (same and plan.document == text and plan.state is not PlanState.CANCELLED)


def _put(session: Session, plan: Plan, document: PlanDocument, resolved: dict[str, Resolved], *, examine: bool) -> None:
    """Have the plan's stages be these: those with the key they had keep what they have done.

    With `examine` all of them are looked at once more, because there are exams that they have not sat.
    """
    graph = document.spec.graph
    there = {stage.name: stage for stage in queries.stages_of(session, plan)}
    given_up = [used for name, stage in there.items() if name not in resolved for used in _used(stage)]
    for name in set(there) - set(resolved):
        session.delete(there[name])
    anew: set[str] = set()
    for position, (name, found) in enumerate(resolved.items()):
        spec, stage = document.spec.stages[name], there.get(name)
        if stage is None:
            stage = Stage(
                plan_id=plan.id, name=name, position=position, kind=spec.kind, title=spec.title or name,
                needs=graph[name], spec=found.spec, key=found.key, rules=found.rules,
            )  # fmt: skip
            session.add(stage)
            anew.add(name)
            continue
        changed = stage.key != found.key
        if changed:
            given_up += _used(stage)
        judged_anew = examine or stage.rules != found.rules or stage.state is StageState.FAILED
        if changed or judged_anew or anew & set(dag.ancestors(graph, name)):
            stages.reset(session, stage)
            anew.add(name)
        stage.position, stage.kind, stage.title, stage.needs = position, spec.kind, spec.title or name, graph[name]
        stage.spec, stage.key, stage.rules = found.spec, found.key, found.rules
    session.flush()
    works.let_go(session, given_up)


def _used(stage: Stage) -> list[UUID]:
    return [each for each in (stage.work_id, stage.exam_id) if each is not None]


def _open(session: Session, plan: Plan) -> None:
    """The plan goes on, from a new turn."""
    plan.turn += 1
    plan.finished_at = None
    stages.move(session, plan, PlanState.RUNNING, "")


def advance(session: Session, store: Store, actor: Actor, plan: Plan, *, settings: Settings | None = None) -> Plan:
    """Look at the plan now, and try again what has failed. Raises NotPermitted, PlanMoveNotAllowed."""
    auth.require(actor, Permission.RUN_JOBS, plan.department_id)
    works.hold(session)
    plan = queries.get_locked(session, plan.id)
    if plan.state not in OPEN:
        raise PlanMoveNotAllowed(
            f"The plan {plan.name} is {plan.state.value}; nothing of it is left to do. Apply it with a change to go "
            "on.",
            state=plan.state,
        )
    for stage in queries.stages_of(session, plan):
        if stage.state is StageState.FAILED:
            stages.reset(session, stage)
    _open(session, plan)
    audit.record(session, actor, "planning.plan.advanced", plan)
    return stages.look(session, store, actor, plan, settings)


def go_on(session: Session, store: Store, actor: Actor, plan_id: UUID, *, settings: Settings | None = None) -> Plan:
    """What the job planning.advance does: look, and start what may start; a plan that has ended stays as it is."""
    works.hold(session)
    plan = queries.get_locked(session, plan_id)
    if plan.state in OPEN:
        try:
            auth.require(actor, Permission.RUN_JOBS, plan.department_id)
        except AirdError as error:
            stages.move(session, plan, PlanState.STOPPED, f"{error.message} Somebody who may has to advance the plan.")
            return plan
        stages.look(session, store, actor, plan, settings)
    return plan


def cancel(session: Session, actor: Actor, plan: Plan, *, reason: str) -> Plan:
    """Stop the plan and the jobs that it alone waits for; what it has made stays. Raises NotPermitted,
    PlanMoveNotAllowed."""
    auth.require(actor, Permission.RUN_JOBS, plan.department_id)
    works.hold(session)
    plan = queries.get_locked(session, plan.id)
    if plan.state not in OPEN:
        raise PlanMoveNotAllowed(f"The plan {plan.name} is {plan.state.value} already.", state=plan.state)
    plan.finished_at = database_now(session)
    stages.move(session, plan, PlanState.CANCELLED, reason)
    used = []
    for stage in queries.stages_of(session, plan):
        if stage.state in AT_WORK:
            used += _used(stage)
            stages.reset(session, stage)
    session.flush()
    audit.record(session, actor, "planning.plan.cancelled", plan, reason=reason)
    works.let_go(session, used)
    return plan
