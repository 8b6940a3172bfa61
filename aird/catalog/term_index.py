"""Read models out of the index of terms: which of the wanted terms leads, and what else each row must have.

A common lead is walked in the order of names until the page is full; of a rare one all models are looked at, which
are few. Counting decides, and no count goes further than ENOUGH.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, FromClause, and_, bindparam, func, literal, select
from sqlalchemy.orm import Session

from aird.catalog.models import Model, SearchTerm
from aird.catalog.selection import Selection
from aird.catalog.terms import EVERY, Beginning

ENOUGH = 1000
"""A term that so many models have is common."""

Option = str | Beginning

_TERMS = SearchTerm.__table__


@dataclass(frozen=True)
class Lead:
    """The term that a list is read along."""

    option: Option
    common: bool

    def walked(self) -> FromClause:
        """(name, model_id) in the order of names out of the index, a beginning by its first letters."""
        term = self.option.nearest if isinstance(self.option, Beginning) else self.option
        return select(_TERMS.c.name, _TERMS.c.model_id).where(_TERMS.c.term == term).subquery("hits")

    def gathered(self) -> FromClause:
        """(name, model_id) of all, each once, whatever the database thinks of another way."""
        found = select(_TERMS.c.name, _TERMS.c.model_id).where(_is(_TERMS, self.option)).distinct()
        return found.cte("hits").prefix_with("MATERIALIZED")

    def by_name(self) -> FromClause:
        """The better of both for a list in the order of names."""
        return self.walked() if self.common or isinstance(self.option, str) else self.gathered()


def lead(session: Session, wanted: Selection, *, by_name: bool) -> Lead | None:
    """The rarest of the wanted terms, None when one of them is nobody's."""
    options = _options(wanted) or [EVERY]
    if by_name and len(options) == 1 and isinstance(options[0], str):
        return Lead(options[0], common=True)
    counts = [_count(session, each) for each in options]
    rarest = min(range(len(options)), key=counts.__getitem__)
    return Lead(options[rarest], counts[rarest] >= ENOUGH) if counts[rarest] else None


def all_of(wanted: Selection, model_id: Any, *, besides: Option | None = None) -> list[ColumnElement[bool]]:
    """That the model has every wanted term, apart from one that it is known to have."""
    found: list[ColumnElement[bool]] = []
    for option in _options(wanted):
        if option != besides:
            probe = _TERMS.alias()
            found.append(select(probe.c.term).where(probe.c.model_id == model_id, _is(probe, option)).exists())
    return found


def among(rows: FromClause, chosen: Lead, wanted: Selection) -> list[ColumnElement[bool]]:
    """The join of models to the lead's rows, and all that is wanted besides."""
    walked_beginning = isinstance(chosen.option, Beginning) and chosen.common
    besides = None if walked_beginning else chosen.option
    # The terms are asked of the row and not of the model, so that only the models that have them are looked up.
    return [Model.id == rows.c.model_id, *all_of(wanted, rows.c.model_id, besides=besides)]


def _options(wanted: Selection) -> list[Option]:
    return list(dict.fromkeys([*wanted.terms, *wanted.beginnings]))


def _is(table: FromClause, option: Option) -> ColumnElement[bool]:
    if isinstance(option, str):
        return table.c.term == option
    first, end = option.bounds
    return and_(table.c.term >= first, table.c.term < end)


def _count(session: Session, option: Option) -> int:
    """How many rows the term has, as far as ENOUGH; models are counted once for each of a beginning's words."""
    first, last = (option, option) if isinstance(option, str) else option.bounds
    counted: int = session.execute(_COUNT, {"first": first, "last": last, "enough": ENOUGH}).scalar_one()
    return counted


_COUNT = select(func.count()).select_from(
    select(literal(1))
    .select_from(_TERMS)
    .where(_TERMS.c.term >= bindparam("first"), _TERMS.c.term <= bindparam("last"))
    .limit(bindparam("enough"))
    .subquery()
)
