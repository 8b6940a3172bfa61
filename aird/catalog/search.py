"""Keep the terms that models are found by: written in the transaction that changes a model, read by `listing`."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from sqlalchemy import delete, insert, select, tuple_
from sqlalchemy.orm import Session, aliased, sessionmaker

from aird.auth import queries as auth_queries
from aird.catalog import terms
from aird.catalog.models import Model, SearchTerm, Skill, Version
from aird.catalog.terms import About
from aird.core.clock import now

BATCH = 500


def reindex(session: Session, model: Model) -> None:
    """File the model under what it says of itself now, and note that it changed.

    To be called wherever a model or the latest of its versions changes: its words, its facts, its skills.
    """
    model.updated_at = now()
    session.flush()  # holds the model's row: whoever changes it at the same moment files it after us
    session.refresh(model)
    _file(session, [model])


def reindex_version(session: Session, version: Version) -> None:
    """File the version's model anew when it is found by this version, which is its latest."""
    model = version.model
    if version.number == model.latest_number:
        reindex(session, model)


def fill(sessions: sessionmaker[Session]) -> int:
    """File every model that is not filed by the present rules, some hundred a transaction; gives their number."""
    filed = select(SearchTerm.term).where(SearchTerm.model_id == Model.id, SearchTerm.term == terms.EVERY)
    done = 0
    while True:
        with sessions.begin() as session:
            query = select(Model).where(~filed.exists()).order_by(Model.id).limit(BATCH)
            missing = session.scalars(query.with_for_update()).all()
            _file(session, missing)
        if not missing:
            return done
        done += len(missing)


def _file(session: Session, models: Sequence[Model]) -> None:
    """Write what is missing and take away what is no longer true, a few rows when little changed."""
    names = {each.id: each.name for each in models}
    wanted = {(key, term) for key, each in _about(session, models).items() for term in terms.terms_of(each)}
    query = select(SearchTerm.model_id, SearchTerm.term, SearchTerm.name).where(SearchTerm.model_id.in_(names))
    there = {(row.model_id, row.term): row.name for row in session.execute(query)}
    gone = [
        (term, name)
        for (model_id, term), name in there.items()
        if (model_id, term) not in wanted or name != names[model_id]
    ]
    for at in range(0, len(gone), BATCH):
        session.execute(delete(SearchTerm).where(tuple_(SearchTerm.term, SearchTerm.name).in_(gone[at : at + BATCH])))
    new = [
        {"term": term, "name": names[model_id], "model_id": model_id}
        for model_id, term in sorted(wanted, key=lambda each: (each[1], names[each[0]]))
        if there.get((model_id, term)) != names[model_id]
    ]
    if new:
        session.execute(insert(SearchTerm), new)


def _about(session: Session, models: Sequence[Model]) -> dict[UUID, About]:
    """What there is to find each of these models by, as many queries as there are tables."""
    ids = [each.id for each in models]
    base = aliased(Version)
    query = (
        select(Version, base.model_id)
        .join(Model, (Model.id == Version.model_id) & (Model.latest_number == Version.number))
        .outerjoin(base, base.id == Version.base_id)
        .where(Model.id.in_(ids))
    )
    latest = {row[0].model_id: (row[0], row[1]) for row in session.execute(query)}
    suites: dict[UUID, list[str]] = {}
    sat = select(Skill.version_id, Skill.suite).where(Skill.version_id.in_([row[0].id for row in latest.values()]))
    for version_id, suite in session.execute(sat):
        suites.setdefault(version_id, []).append(suite)
    keys = auth_queries.department_keys(session)
    return {each.id: _about_one(each, keys[each.department_id], latest.get(each.id), suites) for each in models}


def _about_one(
    model: Model, department: str, latest: tuple[Version, UUID | None] | None, suites: dict[UUID, list[str]]
) -> About:
    own = About(
        name=model.name,
        title=model.title,
        description=model.description,
        tags=tuple(model.tags),
        department=department,
    )
    if latest is None:
        return own
    version, base = latest
    return replace(
        own,
        kind=version.kind,
        state=version.state,
        license=version.license,
        base=base.hex if base else None,
        parameters=version.parameters,
        notes=version.notes,
        card=version.card,
        suites=tuple(suites.get(version.id, ())),
    )
