"""Which versions are tried on the examples of a request: those whose model speaks of the same things, the department's
own, the best in exams, and the bases they stand on. Only what the actor may see, and what is in use."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, contains_eager

from aird.auth.permissions import Actor
from aird.catalog import access, terms
from aird.catalog import queries as catalog_queries
from aird.catalog.lifecycle import VersionState
from aird.catalog.models import Kind, Model, SearchTerm, Skill, Version
from aird.jobs import machines
from aird.requests.models import Request

MOST = 24
"""Versions that are tried, at most."""
OF_WORDS, OF_DEPARTMENT, OF_EXAMS = 12, 6, 6
BASES = 4
IDLE = (VersionState.SUSPENDED, VersionState.RETIRED)
ROOM = 1.5
"""Times its bytes, what a model takes in memory while it answers."""


def candidates(session: Session, actor: Actor, request: Request) -> list[Version]:
    """The versions to try, the most promising first, then bases; none that no machine here could hold."""
    ids: dict[UUID, None] = {}
    for part in (_by_words(session, actor, request), _own(session, actor, request), _best(session, actor)):
        ids.update(dict.fromkeys(part))
    found = [each for each in _versions(session, ids) if catalog_queries.out_of_use(session, each) is None]
    bases = {base.id: base for base in (catalog_queries.base_of(session, each) for each in found)}
    for each in session.scalars(_bases(actor)):
        bases.setdefault(each.id, each)
    shown = [each for each in bases.values() if access.may_see(actor, each.model) and each.state not in IDLE]
    known = {each.id for each in found}
    extra = [each for each in shown[:BASES] if each.id not in known]
    room = _largest(session)
    fitting = [
        each for each in [*found[: MOST - len(extra)], *extra]
        if not room or ROOM * catalog_queries.base_of(session, each).bytes <= room
    ]  # fmt: skip
    return fitting[:MOST]


def _latest(actor: Actor) -> Select[UUID]:
    """The latest version of each model in sight, when it is in use."""
    query = select(Version.id).join(Model, Model.id == Version.model_id)
    query = query.where(Version.number == Model.latest_number, Version.state.not_in(IDLE))
    return access.visible(query, actor)


def _by_words(session: Session, actor: Actor, request: Request) -> Iterable[UUID]:
    """Models whose texts share most terms with the need; a term that many models have tells little."""
    texts = [request.title, request.need, *(each["question"] for each in request.examples)]
    wanted = sorted(terms.text_terms(texts))[:400]
    if not wanted:
        return []
    rare = (
        select(SearchTerm.term, func.count().label("models")).where(SearchTerm.term.in_(wanted))
        .group_by(SearchTerm.term).subquery()
    )  # fmt: skip
    score = func.sum(1.0 / rare.c.models)
    hits = (
        select(SearchTerm.model_id, score.label("score")).join(rare, rare.c.term == SearchTerm.term)
        .group_by(SearchTerm.model_id).subquery()
    )  # fmt: skip
    query = _latest(actor).join(hits, hits.c.model_id == Model.id).where(Version.kind != Kind.BASE)
    return session.scalars(query.order_by(hits.c.score.desc(), Model.name).limit(OF_WORDS))


def _own(session: Session, actor: Actor, request: Request) -> Iterable[UUID]:
    query = _latest(actor).where(Model.department_id == request.department_id, Version.kind != Kind.BASE)
    return session.scalars(query.order_by(Model.updated_at.desc(), Model.name).limit(OF_DEPARTMENT))


def _best(session: Session, actor: Actor) -> Iterable[UUID]:
    """Who scores highest in any exam: what is good at something may be good at this."""
    best = select(Skill.version_id, func.max(Skill.score).label("score")).group_by(Skill.version_id).subquery()
    query = _latest(actor).join(best, best.c.version_id == Version.id).where(Version.kind != Kind.BASE)
    return session.scalars(query.order_by(best.c.score.desc(), Model.name).limit(OF_EXAMS))


def _bases(actor: Actor) -> Select[Version]:
    query = select(Version).join(Version.model).options(contains_eager(Version.model))
    query = query.where(Version.kind == Kind.BASE, Version.number == Model.latest_number, Version.state.not_in(IDLE))
    return access.visible(query, actor).order_by(Version.parameters, Model.name).limit(BASES)


def _versions(session: Session, ids: Iterable[UUID]) -> list[Version]:
    wanted = list(ids)
    found = catalog_queries.versions_by_id(session, wanted)
    return [found[each] for each in wanted if each in found]


def _largest(session: Session) -> int:
    """Bytes of the largest place for a model here; 0 where none is known."""
    known = machines.known(session, alive=True)
    chips = [chip.memory for each in known for chip in each.chips]
    return max([*chips, *(each.memory for each in known)], default=0)
