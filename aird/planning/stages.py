"""Look at the stages of a plan: judge what is done, start what may start, stand behind every job that is waited for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy.orm import Session

from aird.audit import service as audit
from aird.auth.permissions import Actor
from aird.catalog import queries as catalog_queries
from aird.catalog.models import Version
from aird.core.db import database_now
from aird.core.errors import AirdError
from aird.core.schemas import Finding
from aird.core.settings import Settings
from aird.evaluation import queries as evaluation_queries
from aird.jobs import service as jobs
from aird.jobs.lifecycle import JobState
from aird.jobs.models import Job
from aird.planning import dag, judging, orders, queries, resolving, works
from aird.planning.judging import Before
from aird.planning.lifecycle import PlanState, StageState
from aird.planning.models import Plan, Stage, StageKind, Work
from aird.planning.recipe import Level
from aird.planning.schemas import AdvanceJob, MissingRead, StageReport
from aird.store.artifacts import Store

JOB_KIND = "planning.advance"


def look(session: Session, store: Store, actor: Actor, plan: Plan, settings: Settings | None = None) -> Plan:
    """Everything that can be done for the plan now. The caller holds the lock and the plan's row."""
    board = _Board(session, store, settings, actor, plan, queries.stages_of(session, plan))
    for stage in board.stages:
        board.look(stage)
    board.conclude()
    session.flush()
    return plan


def move(session: Session, plan: Plan, state: PlanState, reason: str) -> None:
    """The plan is in this state from now on."""
    if plan.state is not state:
        plan.since = database_now(session)
    plan.state, plan.reason = state, reason


def reset(session: Session, stage: Stage) -> None:
    """The stage has to start again; work of its key that is done is found again."""
    stage.state, stage.reason, stage.since = StageState.WAITING, "", database_now(session)
    stage.work_id = stage.exam_id = stage.version_id = None
    stage.findings, stage.report = [], {}
    stage.started_at = stage.finished_at = None


@dataclass
class _Board:
    """The stages of a plan while they are looked at, in order."""

    session: Session
    store: Store
    settings: Settings | None
    actor: Actor
    plan: Plan
    stages: Sequence[Stage]
    versions: dict[str, Version] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.by_name = {stage.name: stage for stage in self.stages}
        self.graph = {stage.name: stage.needs for stage in self.stages}
        ids = [stage.version_id for stage in self.stages if stage.version_id]
        found = catalog_queries.versions_by_id(self.session, ids)
        self.versions = {stage.name: found[stage.version_id] for stage in self.stages if stage.version_id in found}

    @property
    def goes_on(self) -> bool:
        """Whether anything may start."""
        failed = any(stage.state is StageState.FAILED for stage in self.stages)
        return self.plan.state is PlanState.RUNNING and not failed

    def look(self, stage: Stage) -> None:
        """Move the stage as far as it goes without waiting."""
        try:
            with self.session.begin_nested():
                if stage.state is StageState.WAITING and self._may_start(stage):
                    self._start(stage)
                if stage.state is StageState.RUNNING:
                    self._see_work(stage)
                if stage.state is StageState.EXAMINING:
                    self._see_exam(stage)
        except AirdError as error:
            self.session.refresh(stage)
            self._fail(stage, [judging.refused("order_refused", error.message, error=error.code)])

    def _may_start(self, stage: Stage) -> bool:
        return self.goes_on and all(self.by_name[need].state is StageState.PASSED for need in stage.needs)

    def _start(self, stage: Stage) -> None:
        made = {name: version.ref for name, version in self.versions.items()}
        work = orders.begin(self.session, self.store, self.settings, self.actor, self.plan, stage, made)
        stage.work_id, stage.started_at = work.id, database_now(self.session)
        self._move(stage, StageState.RUNNING)

    def _see_work(self, stage: Stage) -> None:
        work, job = self._work(stage.work_id)
        if not self._done(stage, job):
            return
        works.close(self.session, work)
        if stage.kind is StageKind.EXAM:
            self._judge_exam(stage)
            return
        version = works.version_of(self.session, work, job)
        if version is None:
            self._fail(stage, [judging.refused("no_version", "Its job filed no version that is still there.")])
            return
        self.versions[stage.name], stage.version_id = version, version.id
        exam = self._exam_of(stage, version)
        stage.exam_id = exam.id if exam is not None else None
        self._move(stage, StageState.EXAMINING)

    def _see_exam(self, stage: Stage) -> None:
        if stage.exam_id is not None:
            work, job = self._work(stage.exam_id)
            if not self._done(stage, job):
                return
            works.close(self.session, work)
        self._judge(stage, self.versions[stage.name])

    def _exam_of(self, stage: Stage, version: Version) -> Work | None:
        """The work by which the version sits the plan's exams; those that it has sat already are not sat again."""
        suites = [evaluation_queries.get_suite(self.session, name) for name in self.plan.goals["suites"]]
        scores = evaluation_queries.scores(self.session, version)
        missing = [suite for suite in suites if suite.name not in scores]
        if missing:
            key = resolving.exam_key(stage.key, missing)
            return orders.examine(self.session, self.actor, self.plan, key, version, missing)
        return works.find(self.session, self.actor, resolving.exam_key(stage.key, suites), model_id=version.model_id)

    def _work(self, work_id: UUID | None) -> tuple[Work, Job]:
        work = self.session.get_one(Work, work_id)
        return work, works.job_of(self.session, work)

    def _done(self, stage: Stage, job: Job) -> bool:
        """Whether the job has done its work. One that runs is followed, one that failed fails the stage."""
        if job.state is JobState.SUCCEEDED:
            return True
        if job.is_final:
            failed = job.state is JobState.FAILED
            ended = f"Its job {job.kind} failed:" if failed else f"Its job {job.kind} was cancelled:"
            message = (
                f"{ended} {job.reason} Advance the plan to try once more, or change the stage and apply the plan again."
            )
            code = "job_failed" if failed else "job_cancelled"
            self._fail(stage, [judging.refused(code, message, job=str(job.id), error=job.error_code)])
            return False
        jobs.enqueue(
            self.session,
            self.actor,
            JOB_KIND,
            AdvanceJob(plan_id=self.plan.id),
            title=self.plan.name,
            department_id=self.plan.department_id,
            idempotency_key=f"{JOB_KIND}:{self.plan.id}:{job.id}:{self.plan.turn}",
            after=[job],
            after_any_end=True,
        )
        return False

    def _judge_exam(self, stage: Stage) -> None:
        """An exam's gate is before each version that sat it; its row is that of the first."""
        made = {name: version.ref for name, version in self.versions.items()}
        refs = dag.filled(stage.spec["versions"], lambda name: made[name])
        versions = [catalog_queries.get_ref(self.session, ref) for ref in refs]
        found: list[Finding] = []
        for version in reversed(versions):
            report, findings = self._report(stage, version, suites=stage.spec["suites"])
            found = [*findings, *found]
            stage.report = report.model_dump(mode="json")
        self._end(stage, found)

    def _judge(self, stage: Stage, version: Version) -> None:
        report, findings = self._report(stage, version, suites=self.plan.goals["suites"])
        stage.report = report.model_dump(mode="json")
        self._end(stage, findings)

    def _report(self, stage: Stage, version: Version, *, suites: Sequence[str]) -> tuple[StageReport, list[Finding]]:
        refs = {name: each.ref for name, each in self.versions.items()}
        return judging.judge(
            self.session,
            self.store,
            version,
            stage.rules,
            suites,
            self._before(stage),
            lambda name: refs[name],
        )

    def _before(self, stage: Stage) -> Before:
        rows: list[tuple[str, Mapping[str, float]]] = []
        taught: dict[str, str] = {}
        for name in dag.ancestors(self.graph, stage.name):
            rows.append((name, scores_of(self.by_name[name])))
            taught.update(dict.fromkeys(self.by_name[name].rules["teaches"], name))
        return Before(rows, taught)

    def _profile(self) -> list[Level]:
        return [Level.model_validate(each) for each in self.plan.goals["profile"]]

    def _end(self, stage: Stage, findings: list[Finding]) -> None:
        if findings:
            self._fail(stage, findings)
            return
        stage.findings, stage.finished_at = [], database_now(self.session)
        self._move(stage, StageState.PASSED)

    def _fail(self, stage: Stage, findings: Sequence[Finding]) -> None:
        stage.findings, stage.finished_at = (
            [each.model_dump(mode="json") for each in findings],
            database_now(self.session),
        )
        self._move(stage, StageState.FAILED, findings[0].message)
        codes = sorted({each.code for each in findings})
        audit.record(self.session, self.actor, "planning.stage.failed", self.plan, stage=stage.name, findings=codes)

    def _move(self, stage: Stage, state: StageState, reason: str = "") -> None:
        stage.state, stage.reason, stage.since = state, reason, database_now(self.session)

    def conclude(self) -> None:
        """What the stages come to for the plan."""
        failed = [stage for stage in self.stages if stage.state is StageState.FAILED]
        if failed:
            move(self.session, self.plan, PlanState.STOPPED, f"Stage {failed[0].name}: {failed[0].reason}")
        elif all(stage.state is StageState.PASSED for stage in self.stages):
            self._finish()

    def _finish(self) -> None:
        """All stages have passed: the role is reached, or the plan stops and says what is missing."""
        lacking = lacking_of(self.stages, self._profile())
        if lacking:
            teachers = {suite: stage.name for stage in self.stages for suite in stage.rules["teaches"]}
            found = judging.profile_findings([each for _, each in lacking], lacking[0][0].name, teachers)
            move(self.session, self.plan, PlanState.STOPPED, found[0].message)
            return
        if self.plan.state is not PlanState.SUCCEEDED:
            self.plan.finished_at = database_now(self.session)
            audit.record(self.session, self.actor, "planning.plan.succeeded", self.plan)
        move(self.session, self.plan, PlanState.SUCCEEDED, "")


def lacking_of(stages: Sequence[Stage], profile: Sequence[Level]) -> list[tuple[Stage, MissingRead]]:
    """What the last stages do not reach of the role; several that each reach a part of it share the role."""
    names = dag.last({stage.name: stage.needs for stage in stages})
    last = [stage for stage in stages if stage.name in names]
    by_suite: dict[str, list[tuple[Stage, MissingRead]]] = {}
    for stage in last:
        for each in judging.missing(profile, scores_of(stage)):
            by_suite.setdefault(each.suite, []).append((stage, each))
    return [found[0] for found in by_suite.values() if len(found) == len(last)]


def scores_of(stage: Stage) -> dict[str, float]:
    """The stage's row of the accuracy matrix."""
    return {suite: float(each["score"]) for suite, each in stage.report.get("scores", {}).items()}
