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
from aird.evaluation import pairing
from aird.evaluation.errors import GateNotFound, SuiteNotFound
from aird.evaluation.gates import GateReport, Rule, Score
from aird.evaluation.models import Gate, Run, Slot, Suite
from aird.evaluation.schemas import GateRead, GateRule, GateRuleRead, RunRead, SuiteRead
from aird.store.artifacts import Store


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


def suites(
    session: Session, ids: Iterable[UUID] | None = None, *, slot: Slot | None = None, skill: str | None = None
) -> list[Suite]:
    """Suites by name: all, or those with these ids; of one slot or skill when it is given."""
    query = _suites().order_by(Suite.name)
    if slot is not None:
        query = query.where(Suite.slot == slot)
    if skill is not None:
        query = query.where(Suite.skill == skill)
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
            skill=each.skill,
            slot=each.slot,
            digest=each.digest,
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


def report(session: Session, store: Store, version: Version, department_id: UUID) -> GateReport:
    """The version before the gates of this department, with the scores it has now."""
    found = [(gate.name, [stored_rule(rule) for rule in gate.rules]) for gate in gates(session, department_id)]
    return check_rules(session, store, version, found)


def check_rules(
    session: Session, store: Store, version: Version, gates: Sequence[tuple[str, Sequence[Rule]]]
) -> GateReport:
    """The version before (gate, rules) pairs; what exactly its bytes, and those of the references, did in exams."""
    rules = [rule for _, rules in gates for rule in rules]
    references = {
        ref: catalog_queries.get_ref(session, ref)
        for ref in sorted({each.reference for each in rules if each.reference})
    }
    measured = {ref: scores(session, each) for ref, each in references.items()}
    wanted = [
        (rule.reference or "", suite)
        for rule in rules
        if rule.measure.is_paired
        for suite in ([rule.suite] if rule.suite else measured[rule.reference or ""])
    ]
    paired = pairing.against(session, store, version, references, wanted)
    return arithmetic.report(gates, scores(session, version), measured, paired)


def stored_rule(stored: dict[str, object]) -> Rule:
    """A rule of a gate as it is computed with."""
    rule = GateRule.model_validate(stored)
    return Rule(rule.suite, rule.at_least, rule.measure, rule.reference, rule.margin)


def scores(session: Session, version: Version) -> dict[str, Score]:
    """What the version scored last, by suite."""
    skills = catalog_queries.skills_of(session, [version.id]).get(version.id, [])
    return {each.suite: Score(each.score, each.low, each.high, each.items) for each in skills}


def runs(
    session: Session,
    actor: Actor,
    *,
    version: Version | None = None,
    suite: Suite | None = None,
    after: UUID | None = None,
    limit: int = 50,
) -> list[Run]:
    """Runs of versions that the actor may see, newest first; of one version or suite if given.

    With `after` those that follow this run.
    """
    query = select(Run).options(joinedload(Run.suite)).order_by(Run.created_at.desc(), Run.id.desc()).limit(limit)
    query = query.join(Version, Version.id == Run.version_id).join(Model, Model.id == Version.model_id)
    query = access.visible(query, actor)
    if version is not None:
        query = query.where(Run.version_id == version.id)
    if suite is not None:
        query = query.where(Run.suite_id == suite.id)
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
            skill=each.suite.skill,
            slot=each.suite.slot,
            split=each.split,
            job_id=each.job_id,
            metric=each.metric,
            items=each.items,
            correct=each.correct,
            points=each.points,
            score=each.score,
            low=each.low,
            high=each.high,
            outcomes=each.outcomes,
            digest=each.digest,
            engine=each.engine,
            details=each.details,
            at=each.created_at,
        )
        for each in found
    ]
