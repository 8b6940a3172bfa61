"""Write exams: make suites and gates, order an evaluation, record what it measured."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from aird.audit import service as audit
from aird.auth import queries as auth_queries
from aird.auth import service as auth
from aird.auth.models import Department
from aird.auth.permissions import Actor, Permission
from aird.catalog import access
from aird.catalog import queries as catalog_queries
from aird.catalog import service as catalog
from aird.catalog.models import Version
from aird.catalog.names import check_name
from aird.datasets import service as datasets
from aird.datasets.models import DatasetVersion
from aird.datasets.splits import DatasetFormat
from aird.evaluation import queries
from aird.evaluation import settings as suite_settings
from aird.evaluation.anchors import Estimate
from aird.evaluation.errors import GateExists, GateRefused, NothingToMeasure, SuiteExists, SuiteRefused
from aird.evaluation.intervals import wilson
from aird.evaluation.models import Engine, Gate, Run, Scorer, Slot, Suite
from aird.evaluation.schemas import EvaluationSpec, GateRule
from aird.evaluation.settings import Check, JudgeSettings, SuiteSettings
from aird.jobs import service as jobs
from aird.jobs.estimates import suited
from aird.jobs.models import Job

JOB_KIND = "evaluation.run"
HARNESS_KIND = "evaluation.harness"
KINDS = {Engine.AIRD: JOB_KIND, Engine.LM_EVAL: HARNESS_KIND}


def add_suite(
    session: Session,
    actor: Actor,
    name: str,
    title: str,
    dataset: DatasetVersion,
    *,
    split: str = "exam",
    scorer: Scorer = Scorer.CHOICE,
    skill: str | None = None,
    slot: Slot = Slot.SKILL,
    settings: Mapping[str, Any] | None = None,
) -> Suite:
    """Make an exam of one split. Raises SuiteExists, SuiteRefused, DepartmentNotFound."""
    department = auth_queries.get_department(session, check_name(name).partition("/")[0])
    auth.require(actor, Permission.WRITE_EVALUATIONS, department.id)
    auth.require(actor, Permission.READ_DATASETS, dataset.dataset.department_id)
    if queries.find_suite(session, name) is not None:
        raise SuiteExists(f"There is a suite {name!r} already. A suite never changes; choose a new name.", name=name)
    _check_split(name, dataset, split)
    chosen = suite_settings.stored(_settings(session, actor, scorer, settings or {}))
    suite = Suite(
        name=name,
        department_id=department.id,
        title=title,
        dataset_version=dataset,
        split=split,
        scorer=scorer,
        items=int(dataset.splits[split]),
        skill=skill or name,
        slot=slot,
        settings=chosen,
        digest=suite_settings.digest(dataset.artifact, split, scorer, chosen),
    )
    session.add(suite)
    session.flush()
    datasets.hold_out(session, dataset, split, suite.name)
    audit.record(
        session,
        actor,
        "evaluation.suite.added",
        suite,
        dataset=dataset.ref,
        digest=dataset.artifact,
        split=split,
        scorer=scorer,
        slot=slot,
        exam=suite.digest,
    )
    return suite


def _settings(session: Session, actor: Actor, scorer: Scorer, settings: Mapping[str, Any]) -> SuiteSettings:
    """The settings, with the number that the judge has now."""
    found = suite_settings.read(scorer, settings)
    if isinstance(found, JudgeSettings):
        found.judge = _fit_judge(session, actor, found.judge).ref
    return found


def _fit_judge(session: Session, actor: Actor, ref: str) -> Version:
    """The version when the actor may have it judge. Raises VersionNotFound, GatedModel, SuiteRefused."""
    judge = access.get_ref(session, actor, ref)
    access.require_weights(session, actor, judge.model)
    if catalog_queries.out_of_use(session, judge) is not None:
        raise SuiteRefused(f"{judge.ref} is suspended or retired, and judges nobody. Choose another.", judge=judge.ref)
    if judge.facts.get("format"):
        raise SuiteRefused(f"{judge.ref} is an edge export. The version it was made from can judge.", judge=judge.ref)
    return judge


def _check_split(suite: str, dataset: DatasetVersion, split: str) -> None:
    if dataset.kept is None:
        raise SuiteRefused(f"{suite}: {dataset.ref} was erased; nothing can be asked of it any more.", suite=suite)
    if split not in dataset.splits:
        raise SuiteRefused(
            f"{suite}: {dataset.ref} has no split {split!r}; it has {', '.join(sorted(dataset.splits))}.",
            suite=suite,
            split=split,
        )
    found = dataset.formats.get(split)
    if found != DatasetFormat.EXAM:
        raise SuiteRefused(
            f"{suite}: the items of split {split!r} of {dataset.ref} are {found} items without an answer to judge by. "
            "Choose a split of exam items.",
            suite=suite,
            split=split,
            format=found,
        )


def add_gate(session: Session, actor: Actor, department: Department, name: str, rules: Sequence[GateRule]) -> Gate:
    """Guard the department's endpoints. Raises GateExists, GateRefused, VersionNotFound."""
    auth.require(actor, Permission.WRITE_EVALUATIONS, department.id)
    if queries.find_gate(session, department.id, name) is not None:
        raise GateExists(f"{department.key} has a gate {name!r} already.", name=name)
    gate = Gate(name=name, department_id=department.id, rules=_checked(session, actor, rules))
    session.add(gate)
    session.flush()
    audit.record(session, actor, "evaluation.gate.added", gate, department=department.key, rules=gate.rules)
    return gate


def change_gate(session: Session, actor: Actor, gate: Gate, rules: Sequence[GateRule], *, reason: str) -> Gate:
    """Give a gate other rules. Raises GateRefused, VersionNotFound."""
    auth.require(actor, Permission.WRITE_EVALUATIONS, gate.department_id)
    old, gate.rules = gate.rules, _checked(session, actor, rules)
    audit.record(session, actor, "evaluation.gate.changed", gate, reason=reason, was=old, rules=gate.rules)
    return gate


def _checked(session: Session, actor: Actor, rules: Sequence[GateRule]) -> list[dict[str, object]]:
    """The rules as they are stored: suites that exist, references with the number they have now."""
    found = []
    for rule in rules:
        if rule.suite is not None and queries.find_suite(session, rule.suite) is None:
            raise GateRefused(
                f"There is no suite {rule.suite!r}, so nothing could ever pass. Make the suite first.", suite=rule.suite
            )
        reference = access.get_ref(session, actor, rule.reference).ref if rule.reference else None
        found.append(rule.model_copy(update={"reference": reference}).model_dump(mode="json"))
    return found


def order(
    session: Session,
    actor: Actor,
    versions: Sequence[Version],
    suites: Sequence[Suite],
    split: str | None = None,
    *,
    engine: Engine = Engine.AIRD,
    checks: Sequence[Check] | None = None,
    anchors: int | None = None,
    idempotency_key: str | None = None,
) -> Job:
    """Have every version sit every suite, in one job of the first version's department.

    `split` replaces the suites' own, `anchors` is how many items are asked instead of all of them; scores are then kept
    as runs, not as skills. Raises NothingToMeasure, SuiteRefused.
    """
    if not versions or not suites:
        raise NothingToMeasure("An evaluation needs at least one version and one suite. Make a suite first.")
    if anchors is not None and (split is not None or engine is not Engine.AIRD):
        raise SuiteRefused("Anchors are items of a suite's own split, asked by aird. Leave out split and engine.")
    if engine is Engine.LM_EVAL and checks:
        raise SuiteRefused("lm_eval looks at nothing beside the score. Order it without checks, or without lm_eval.")
    for version in versions:
        auth.require(actor, Permission.RUN_JOBS, version.model.department_id)
        access.require_weights(session, actor, version.model)
        if engine is Engine.LM_EVAL and version.facts.get("format"):
            raise SuiteRefused(f"{version.ref} is an edge export, which lm_eval cannot ask. Order it without lm_eval.")
    for suite in suites:
        _check_split(suite.name, suite.dataset_version, split or suite.split)
        if suite.scorer is Scorer.JUDGE:
            if engine is Engine.LM_EVAL:
                raise SuiteRefused(
                    f"{suite.name} is marked by a judge, which lm_eval does not know. Order it without lm_eval.",
                    suite=suite.name,
                )
            _fit_judge(session, actor, str(suite.settings["judge"]))
    spec = EvaluationSpec(
        versions=list(dict.fromkeys(each.id for each in versions)),
        suites=list(dict.fromkeys(each.id for each in suites)),
        split=split,
        checks=None if checks is None else list(checks),
        anchors=anchors,
    )
    what = versions[0].ref if len(spec.versions) == 1 else f"{len(spec.versions)} versions"
    where = suites[0].name if len(spec.suites) == 1 else f"{len(spec.suites)} suites"
    return jobs.enqueue(
        session,
        actor,
        KINDS[engine],
        spec,
        title=f"{what} in {where}",
        department_id=versions[0].model.department_id,
        idempotency_key=idempotency_key,
        needs=suited(session),
    )


@dataclass(frozen=True)
class Measurement:
    """What one version did in one suite; `outcomes` is the digest of the artifact with every item."""

    version_id: UUID
    suite: Suite
    split: str
    items: int
    correct: int
    points: float
    outcomes: str
    engine: Engine = Engine.AIRD
    details: dict[str, Any] = field(default_factory=dict)
    estimate: Estimate | None = None
    """Of the whole exam, where only its anchors were asked."""

    @property
    def score(self) -> float:
        """The mean of the items' scores, or what it is estimated to be over the whole exam."""
        if self.estimate is not None:
            return self.estimate.score
        return self.points / self.items if self.items else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of the score."""
        return wilson(self.points, self.items) if self.estimate is None else self.estimate.interval


def record(session: Session, actor: Actor, job_id: UUID, measurements: Sequence[Measurement]) -> list[Run]:
    """Keep what was measured: a run each, and the version's skill where the suite's own split was sat as a whole."""
    ids = sorted({each.version_id for each in measurements})
    # Locked in one order: two evaluations that share versions wait for each other instead of failing half-way.
    session.execute(select(Version.id).where(Version.id.in_(ids)).order_by(Version.id).with_for_update())
    versions = catalog_queries.versions_by_id(session, ids)
    suites = {each.id: each for each in queries.suites(session, {each.suite.id for each in measurements})}
    recorded = []
    for each in measurements:
        low, high = each.interval
        suite, version = suites[each.suite.id], versions[each.version_id]
        run = Run(
            version_id=version.id,
            suite=suite,
            split=each.split,
            job_id=job_id,
            metric=suite.scorer.metric,
            items=each.items,
            correct=each.correct,
            points=each.points,
            score=each.score,
            low=low,
            high=high,
            outcomes=each.outcomes,
            digest=version.artifact,
            engine=each.engine,
            details=each.details,
        )
        session.add(run)
        if each.split == suite.split and each.engine is Engine.AIRD and each.estimate is None:
            catalog.record_skill(
                session,
                actor,
                version,
                suite.name,
                metric=run.metric,
                score=run.score,
                interval=(low, high),
                items=run.items,
                run_id=run.id,
            )
        audit.record(
            session,
            actor,
            "evaluation.run.recorded",
            version,
            suite=suite.name,
            split=run.split,
            metric=run.metric,
            score=run.score,
            low=low,
            high=high,
            items=run.items,
            outcomes=run.outcomes,
            digest=version.artifact,
            job=job_id,
        )
        recorded.append(run)
    return recorded


def result_of(runs: Sequence[Run], refs: Mapping[UUID, str]) -> dict[str, Any]:
    """What the job says of its runs; `refs` are those of the versions."""
    return {
        "runs": [
            {
                "id": str(run.id),
                "version": refs[run.version_id],
                "suite": run.suite.name,
                "split": run.split,
                "metric": run.metric,
                "score": run.score,
                "low": run.low,
                "high": run.high,
                "items": run.items,
            }
            for run in runs
        ]
    }
