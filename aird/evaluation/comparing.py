"""Order a sequential examination, file what came out, and list it."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from aird.audit import service as audit
from aird.auth import service as auth
from aird.auth.permissions import Actor, Permission
from aird.catalog import access
from aird.catalog import queries as catalog_queries
from aird.catalog.models import Model, Version
from aird.evaluation import queries
from aird.evaluation.errors import ComparisonRefused
from aird.evaluation.models import Comparison, Question, Scorer, Suite
from aird.evaluation.schemas_comparison import MARGINS, ComparisonRead, ComparisonSpec
from aird.evaluation.sequential import Design
from aird.evaluation.statistics.pairs import Pairs
from aird.jobs import service as jobs
from aird.jobs.estimates import suited
from aird.jobs.models import Job

JOB_KIND = "evaluation.compare"


def order(
    session: Session,
    actor: Actor,
    version: Version,
    reference: Version,
    suites: Sequence[Suite],
    question: Question = Question.BETTER,
    margin: float | None = None,
) -> Job:
    """Have the version examined beside the reference, in a job of its department. Raises ComparisonRefused."""
    auth.require(actor, Permission.RUN_JOBS, version.model.department_id)
    for each in (version, reference):
        access.require_weights(session, actor, each.model)
    if version.artifact == reference.artifact:
        raise ComparisonRefused(f"{version.ref} and {reference.ref} are the same bytes. Choose two that differ.")
    for suite in suites:
        if suite.scorer is Scorer.JUDGE:
            raise ComparisonRefused(
                f"{suite.name} is marked by a judge, whose verdicts come after the exam. Have both versions sit it "
                "with `POST /api/v1/evaluations` and put a rule `better` into a gate.",
                suite=suite.name,
            )
    spec = ComparisonSpec(
        version=version.id,
        reference=reference.id,
        suites=[each.id for each in suites],
        question=question,
        margin=MARGINS[question] if margin is None else margin,
    )
    where = suites[0].name if len(suites) == 1 else f"{len(suites)} suites"
    title = f"{version.ref} beside {reference.ref} in {where}"
    department = version.model.department_id
    return jobs.enqueue(session, actor, JOB_KIND, spec, title=title, department_id=department, needs=suited(session))


@dataclass(frozen=True)
class Found:
    """What came out for one suite; `outcomes` is the digest of the artifact with both scores of every item."""

    suite: Suite
    pairs: Pairs
    outcomes: str


def record(
    session: Session,
    actor: Actor,
    job_id: UUID,
    version: Version,
    reference: Version,
    design: Design,
    found: Sequence[Found],
) -> list[Comparison]:
    """File the verdicts."""
    recorded = []
    for each in found:
        low, high = design.interval(each.pairs)
        row = Comparison(
            version_id=version.id,
            reference_id=reference.id,
            suite_id=each.suite.id,
            job_id=job_id,
            question=design.question,
            margin=design.margin,
            level=design.level,
            verdict=design.verdict(each.pairs),
            items=each.pairs.items,
            of_items=each.suite.items,
            won=each.pairs.won,
            lost=each.pairs.lost,
            difference=each.pairs.mean,
            low=low,
            high=high,
            p=design.p(each.pairs),
            outcomes=each.outcomes,
            digest=version.artifact,
            reference_digest=reference.artifact,
        )
        session.add(row)
        session.flush()
        audit.record(
            session,
            actor,
            "evaluation.comparison.recorded",
            version,
            reference=reference.ref,
            suite=each.suite.name,
            question=row.question,
            margin=row.margin,
            verdict=row.verdict,
            items=row.items,
            won=row.won,
            lost=row.lost,
            digest=row.digest,
            reference_digest=row.reference_digest,
            outcomes=row.outcomes,
            job=job_id,
        )
        recorded.append(row)
    return recorded


def comparisons(
    session: Session, actor: Actor, *, version: Version | None = None, after: UUID | None = None, limit: int = 50
) -> list[Comparison]:
    """Comparisons of versions that the actor may see, newest first: of one if given, those that follow `after`."""
    query = select(Comparison).join(Version, Version.id == Comparison.version_id)
    query = access.visible(query.join(Model, Model.id == Version.model_id), actor)
    if version is not None:
        query = query.where(Comparison.version_id == version.id)
    last = session.get(Comparison, after) if after else None
    if last is not None:
        same_time = and_(Comparison.created_at == last.created_at, Comparison.id < last.id)
        query = query.where(or_(Comparison.created_at < last.created_at, same_time))
    return list(session.scalars(query.order_by(Comparison.created_at.desc(), Comparison.id.desc()).limit(limit)))


def reads(session: Session, actor: Actor, found: Sequence[Comparison]) -> list[ComparisonRead]:
    """Comparisons as the API shows them; a reference that the actor may not see is not named."""
    ids = {each.version_id for each in found} | {each.reference_id for each in found}
    versions = catalog_queries.versions_by_id(session, ids)
    suites = {each.id: each.name for each in queries.suites(session, {each.suite_id for each in found})}
    shown = []
    for each in found:
        reference = versions[each.reference_id]
        shown.append(
            ComparisonRead(
                id=each.id,
                version=versions[each.version_id].ref,
                reference=reference.ref if access.may_see(actor, reference.model) else None,
                suite=suites[each.suite_id],
                job_id=each.job_id,
                question=each.question,
                margin=each.margin,
                level=each.level,
                verdict=each.verdict,
                items=each.items,
                of_items=each.of_items,
                won=each.won,
                lost=each.lost,
                difference=each.difference,
                low=each.low,
                high=each.high,
                p=each.p,
                outcomes=each.outcomes,
                digest=each.digest,
                at=each.created_at,
            )
        )
    return shown
