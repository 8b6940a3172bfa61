"""What a list of models could be narrowed by, and how many models each choice would leave."""

from collections import defaultdict
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from aird.auth.permissions import Actor
from aird.catalog import access, listing, selection, term_index
from aird.catalog.models import Model, SearchTerm
from aird.catalog.schemas_listing import Facets, FacetValue
from aird.catalog.selection import Filters
from aird.catalog.terms import EVERY

COUNTED = 5000
"""At most so many models are counted, the first by name."""
SHOWN = 50
"""At most so many values of a facet are shown, the most frequent ones."""


def facets(session: Session, actor: Actor, filters: Filters | None = None) -> Facets:
    """Counts over the models that the actor may see and that pass the filters."""
    wanted = selection.of_models(session, actor, filters or Filters())
    lead = term_index.lead(session, wanted, by_name=True) if wanted else None
    if wanted is None or lead is None:
        return Facets()
    rows = lead.by_name()
    query = select(Model.id).where(*term_index.among(rows, lead, wanted)).order_by(rows.c.name).limit(COUNTED)
    if wanted.on_version:
        query = query.where(listing.of_latest(wanted))
    found = access.visible(query, actor).subquery("found")
    return _read(session, actor, _count(session, SearchTerm.model_id.in_(select(found.c.id))))


def _count(session: Session, which: ColumnElement[bool]) -> dict[str, int]:
    a_fact = and_(SearchTerm.term >= "@", SearchTerm.term < "A")
    query = select(SearchTerm.term, func.count()).where(which, a_fact).group_by(SearchTerm.term)
    return {row[0]: row[1] for row in session.execute(query)}


def _read(session: Session, actor: Actor, counts: dict[str, int]) -> Facets:
    total = counts.pop(EVERY, 0)
    by_kind: dict[str, list[FacetValue]] = defaultdict(list)
    bases = _names(session, actor, [term for term in counts if term.startswith("@base:")])
    for term, count in counts.items():
        kind, _, value = term.removeprefix("@").partition(":")
        shown = bases.get(value) if kind == "base" else value
        if shown is not None:
            by_kind[kind].append(FacetValue(value=shown, count=count))
    for values in by_kind.values():
        values.sort(key=lambda each: (-each.count, each.value))
    return Facets(models=total, cut=total >= COUNTED, **{kind: values[:SHOWN] for kind, values in by_kind.items()})


def _names(session: Session, actor: Actor, base_terms: list[str]) -> dict[str, str]:
    """The names of the bases that the actor may see, by the id that stands in the term."""
    ids = [UUID(term.partition(":")[2]) for term in base_terms]
    query = access.visible(select(Model).where(Model.id.in_(ids)), actor)
    return {each.id.hex: each.name for each in session.scalars(query)}
