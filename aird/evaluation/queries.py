"""Read suites, gates and runs; put a version before a department's gates."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from uuid import UUID

from sqlalchemy import Select, and_, or_, select
from sqlalchemy.orm import Session, joinedload

from aird.auth import queries as auth_queries
from aird.auth.permissions import Actor
from aird.catalog import access
from aird.catalog import queries as catalog_queries
from aird.catalog.models import Model, Version
from aird.datasets.models import DatasetVersion
from aird.evaluation import gates as arithmetic
from aird.evaluation.errors import GateNotFound, SuiteNotFound
from aird.evaluation.gates import GateReport, Rule, Score
from aird.evaluation.models import Gate, Run, Suite
from aird.evaluation.schemas import GateRead, GateRule, GateRuleRead, RunRead, SuiteRead


def _suites() -> Select[Suite]:
    return select(Suite).options(joinedload(Suite.dataset_version).joinedload(DatasetVersion.dataset))


def find_suite(session: Session, name: str) -> Suite | None:
    """The suite of this name, None when there is none."""
    return session.scalar(_suites().where(Suite.name == name))


def get_suite(session: Session, name: str) -> Suite:
    """The suite of this name. Raises SuiteNotFound."""
    suite = find_suite(session, name)
    if suite is None:
        raise SuiteNotFound(f"There is no suite {name!r}. `GET /api/v1/suites` lists them.", name=name)
    return suite


def suites(session: Session, ids: Iterable[UUID] | None = None) -> list[Suite]:
    """Suites by name: all, or those with these ids."""
    query = _suites().order_by(Suite.name)
    return list(session.scalars(query if ids is None else query.where(Suite.id.in_(list(ids)))))


def suite_reads(session: Session, found: Sequence[Suite]) -> list[SuiteRead]:
    """Suites as the API shows them."""
    keys = auth_queries.department_keys(session)
    return [
        SuiteRead(
            name=each.name,
            department=keys[each.department_id],
            title=each.title,
            dataset=each.dataset_version.ref,
            split=each.split,
            scorer=each.scorer,
            metric=each.scorer.metric,
            items=each.items,
            created_at=each.created_at,
        )
        for each in found
    ]


def find_gate(session: Session, department_id: UUID, name: str) -> Gate | None:
    """The department's gate of this name, None when there is none."""
    return session.scalar(select(Gate).where(Gate.department_id == department_id, Gate.name == name))


def get_gate(session: Session, gate_id: UUID) -> Gate:
    """The gate with this id. Raises GateNotFound."""
    gate = session.get(Gate, gate_id)
    if gate is None:
        raise GateNotFound("There is no such gate.", id=str(gate_id))
    return gate


def gates(session: Session, department_id: UUID | None = None) -> list[Gate]:
    """Gates by name; of one department when it is given."""
    query = select(Gate).order_by(Gate.name, Gate.created_at)
    return list(session.scalars(query if department_id is None else query.where(Gate.department_id == department_id)))


def gate_reads(session: Session, actor: Actor, found: Sequence[Gate]) -> list[GateRead]:
    """Gates as the API shows them; a reference that the actor may not see is not named."""
    keys = auth_queries.department_keys(session)
    named = {str(rule["reference"]) for each in found for rule in each.rules if rule.get("reference")}
    hidden = _hidden(session, actor, named)
    return [
        GateRead(
            id=each.id,
            name=each.name,
            department=keys[each.department_id],
            rules=[_shown(GateRuleRead.model_validate(rule), hidden) for rule in each.rules],
            created_at=each.created_at,
        )
        for each in found
    ]


def hide_references(session: Session, actor: Actor, found: GateReport) -> GateReport:
    """The report without the names of references that the actor may not see."""
    hidden = _hidden(session, actor, {each.reference for each in found.lines if each.reference})
    lines = [replace(each, reference=None) if each.reference in hidden else each for each in found.lines]
    return replace(found, lines=tuple(lines))


def _hidden(session: Session, actor: Actor, refs: Iterable[str]) -> set[str]:
    """Those of the versions whose models are not in the actor's directory."""
    return {ref for ref in refs if not access.may_see(actor, catalog_queries.get_ref(session, ref).model)}


def _shown(rule: GateRuleRead, hidden: Collection[str]) -> GateRuleRead:
    return rule.model_copy(update={"reference": None}) if rule.reference in hidden else rule


def report(session: Session, version: Version, department_id: UUID) -> GateReport:
    """The version before the gates of this department, with the scores it has now."""
    found = [(gate.name, [_rule(rule) for rule in gate.rules]) for gate in gates(session, department_id)]
    refs = {rule.reference for _, rules in found for rule in rules if rule.reference}
    references = {ref: scores(session, catalog_queries.get_ref(session, ref)) for ref in sorted(refs)}
    return arithmetic.report(found, scores(session, version), references)


def _rule(stored: dict[str, object]) -> Rule:
    rule = GateRule.model_validate(stored)
    return Rule(rule.suite, rule.at_least, rule.measure, rule.reference)


def scores(session: Session, version: Version) -> dict[str, Score]:
    """What the version scored last, by suite."""
    skills = catalog_queries.skills_of(session, [version.id]).get(version.id, [])
    return {each.suite: Score(each.score, each.low, each.high, each.items) for each in skills}


def runs(
    session: Session,
    actor: Actor,
    *,
    version: Version | None = None,
    after: UUID | None = None,
    limit: int = 50,
) -> list[Run]:
    """Runs of versions that the actor may see, newest first: of one if given; those that follow the run `after`."""
    query = select(Run).options(joinedload(Run.suite)).order_by(Run.created_at.desc(), Run.id.desc()).limit(limit)
    query = query.join(Version, Version.id == Run.version_id).join(Model, Model.id == Version.model_id)
    query = access.visible(query, actor)
    if version is not None:
        query = query.where(Run.version_id == version.id)
    last = session.get(Run, after) if after else None
    if last is not None:
        same_time = and_(Run.created_at == last.created_at, Run.id < last.id)
        query = query.where(or_(Run.created_at < last.created_at, same_time))
    return list(session.scalars(query))


def run_reads(session: Session, found: Sequence[Run]) -> list[RunRead]:
    """Runs as the API shows them."""
    versions = catalog_queries.versions_by_id(session, {each.version_id for each in found})
    return [
        RunRead(
            id=each.id,
            version=versions[each.version_id].ref,
            suite=each.suite.name,
            split=each.split,
            job_id=each.job_id,
            metric=each.metric,
            items=each.items,
            correct=each.correct,
            score=each.score,
            low=each.low,
            high=each.high,
            outcomes=each.outcomes,
            at=each.created_at,
        )
        for each in found
    ]
