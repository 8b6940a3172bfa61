"""Why a run has its score: its items against those of a parent's run, or of any other run of the same exam."""

from collections.abc import Sequence
from itertools import islice
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, joinedload

from aird.auth.permissions import Actor
from aird.catalog import access
from aird.catalog import queries as catalog_queries
from aird.catalog.models import Model, Relation, Version
from aird.datasets import service as datasets
from aird.datasets.models import DatasetVersion
from aird.datasets.views import may_read_items
from aird.evaluation import comparison, outcomes, queries
from aird.evaluation.comparison import Pair, Turn
from aird.evaluation.errors import NothingToCompare, RunNotFound
from aird.evaluation.models import Run, Suite
from aird.evaluation.schemas import Asked, ItemRead, RunExplained, Tally
from aird.evaluation.scorers.items import targets_of
from aird.store.artifacts import Store
from aird.store.errors import ArtifactNotFound

OTHERS = 20
MAX_TEXT = 4000
"""Characters of one text that are shown; the rest is cut."""


def get_run(session: Session, actor: Actor, run_id: UUID) -> Run:
    """The run, of a version that the actor may see. Raises RunNotFound."""
    run: Run | None = session.scalar(_runs(actor).where(Run.id == run_id))
    if run is None:
        raise RunNotFound("There is no such run of an exam. `GET /api/v1/evaluations` lists them.", id=str(run_id))
    return run


def explain(
    session: Session,
    store: Store,
    actor: Actor,
    run: Run,
    *,
    against: UUID | None = None,
    changes: Sequence[Turn] = (),
    start: int = 0,
    limit: int = 50,
) -> RunExplained:
    """The run against another; items of these kinds (all if none is given) from place `start` of the shown order.

    Items and answers are shown to those who may read the data set they come from. Raises RunNotFound,
    NothingToCompare.
    """
    others = _others(session, actor, run)
    other, why = _other(session, actor, run, others, against)
    found = comparison.pairs(
        outcomes.read_all(store, run.outcomes), outcomes.read_all(store, other.outcomes) if other else ()
    )
    visible = may_read_items(actor, run.suite.dataset_version.dataset)
    wanted = comparison.chosen(found, changes or list(Turn))
    page = wanted[start : start + limit] if visible else []
    shown = [run, *([other] if other else []), *others]
    reads = queries.run_reads(session, shown)
    return RunExplained(
        run=reads[0],
        against=reads[1] if other else None,
        why=why,
        others=reads[len(shown) - len(others) :],
        tally=Tally(**{change.value: count for change, count in comparison.tally(found).items()}),
        items_hidden=not visible,
        items=_items(store, run, page),
        next=str(start + limit) if visible and len(wanted) > start + limit else None,
    )


def _runs(actor: Actor) -> Select[Run]:
    query = select(Run).join(Version, Version.id == Run.version_id).join(Model, Model.id == Version.model_id)
    suite = joinedload(Run.suite).joinedload(Suite.dataset_version).joinedload(DatasetVersion.dataset)
    return access.visible(query, actor).options(suite)


def _others(session: Session, actor: Actor, run: Run) -> list[Run]:
    """Other runs of the same exam, the newest of every version."""
    same = _runs(actor).where(
        Run.suite_id == run.suite_id, Run.split == run.split, Run.engine == run.engine, Run.id != run.id
    )
    latest: dict[UUID, Run] = {}
    for each in session.scalars(same.order_by(Run.created_at.desc(), Run.id.desc()).limit(OTHERS * 10)):
        latest.setdefault(each.version_id, each)
    return list(latest.values())[:OTHERS]


def _other(
    session: Session, actor: Actor, run: Run, others: Sequence[Run], against: UUID | None
) -> tuple[Run | None, Literal["parent", "chosen", "nothing"]]:
    if against is not None:
        other = get_run(session, actor, against)
        if (other.suite_id, other.split) != (run.suite_id, run.split):
            raise NothingToCompare(
                f"That run is of {other.suite.name} ({other.split}), this one of {run.suite.name} ({run.split}). "
                "Choose a run of the same exam.",
                suite=run.suite.name,
            )
        return other, "chosen"
    parents = {edge.parent: edge.relation for edge in catalog_queries.parents_of(session, [run.version_id])}
    same = _runs(actor).where(
        Run.suite_id == run.suite_id,
        Run.split == run.split,
        Run.engine == run.engine,
        Run.version_id.in_(parents),
    )
    found = list(session.scalars(same.order_by(Run.created_at.desc(), Run.id.desc()))) if parents else []
    # The base is the parent of last resort: against it nearly every adapter has won.
    found.sort(key=lambda each: (parents[each.version_id] is Relation.BASE, -each.score))
    return (found[0], "parent") if found else (None, "nothing")


def _items(store: Store, run: Run, page: Sequence[Pair]) -> list[ItemRead]:
    asked = _asked(store, run.suite.dataset_version, run.split, {each.place for each in page})
    return [
        ItemRead(
            id=each.here.id,
            change=each.change.value,
            score=each.here.score,
            answer=_cut(each.here.answer),
            other_score=each.there.score if each.there else None,
            other_answer=_cut(each.there.answer) if each.there else None,
            asked=asked.get(each.place),
        )
        for each in page
    ]


def _asked(store: Store, dataset: DatasetVersion, split: str, places: set[int]) -> dict[int, Asked]:
    """The items at these places in words; none when the data set's bytes were erased."""
    if not places:
        return {}
    try:
        lines = enumerate(islice(datasets.open_items(store, dataset, split), max(places) + 1))
        return {place: _words(item) for place, item in lines if place in places}
    except ArtifactNotFound:
        return {}


def _words(item: dict[str, Any]) -> Asked:
    wanted = targets_of(item)
    messages = [{"role": each["role"], "content": _cut(each["content"]) or ""} for each in item["messages"]]
    choices = item.get("choices")
    return Asked(
        messages=messages,
        choices=[_cut(each) or "" for each in choices] if choices else None,
        wanted=_cut(wanted[0]) if wanted else None,
    )


def _cut(text: str | None) -> str | None:
    return text if text is None or len(text) <= MAX_TEXT else f"{text[:MAX_TEXT]}…"
