"""Two versions on the items that both sat, from the outcomes that their runs keep."""

from collections.abc import Collection, Iterable, Mapping
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, contains_eager

from aird.catalog.models import Version
from aird.evaluation import outcomes
from aird.evaluation.models import Engine, Run, Suite
from aird.evaluation.statistics.pairs import Pairs
from aird.store.artifacts import Store
from aird.store.errors import ArtifactNotFound, BlobDamaged

KEPT = 4096
"""Pairs of runs whose counts stay in memory: a few numbers each, and outcomes never change."""

_known: dict[tuple[str, str], Pairs] = {}


def last_runs(
    session: Session, versions: Collection[Version], suites: Collection[str] | None = None
) -> dict[tuple[UUID, str], Run]:
    """By (version, suite): the last run of the whole suite by exactly the bytes that the version has."""
    query = (
        select(Run)
        .join(Run.suite)
        .options(contains_eager(Run.suite))
        .join(Version, Version.id == Run.version_id)
        .where(Run.version_id.in_({each.id for each in versions}))
        .where(Run.digest == Version.artifact, Run.split == Suite.split, Run.engine == Engine.AIRD)
        .where(Run.items == Suite.items)
        .order_by(Run.created_at, Run.id)
    )
    if suites is not None:
        query = query.where(Suite.name.in_(suites))
    return {(each.version_id, each.suite.name): each for each in session.scalars(query)}


def against(
    session: Session,
    store: Store,
    version: Version,
    references: Mapping[str, Version],
    wanted: Iterable[tuple[str, str]],
) -> dict[tuple[str, str], Pairs]:
    """The wanted (reference, suite) pairs, without those whose outcomes are not kept or no longer whole."""
    wanted = set(wanted)
    if not wanted:
        return {}
    runs = last_runs(session, [version, *references.values()], {suite for _, suite in wanted})
    found = {}
    for name, suite in wanted:
        mine, other = runs.get((version.id, suite)), runs.get((references[name].id, suite))
        if mine is not None and other is not None and (counted := pairs(store, mine, other)) is not None:
            found[name, suite] = counted
    return found


def pairs(store: Store, new: Run, old: Run) -> Pairs | None:
    """New against old, item by item; None when the outcomes of either are lost or damaged."""
    key = (new.outcomes, old.outcomes)
    if key not in _known:
        try:
            counted = Pairs.between(outcomes.read(store, new), outcomes.read(store, old))
        except (ArtifactNotFound, BlobDamaged):
            return None
        if len(_known) >= KEPT:
            _known.clear()
        _known[key] = counted
    return _known[key]
