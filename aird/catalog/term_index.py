"""Read models out of the index of terms: which of the wanted terms leads, and what else each row must have.

A common lead is walked in the order of names until the page is full; of a rare one all models are looked at, which
are few. Counting decides, and no count goes further than ENOUGH.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, FromClause, and_, func, literal, select
from sqlalchemy.orm import Session, aliased

from aird.catalog.models import Model, SearchTerm
from aird.catalog.selection import Selection
from aird.catalog.terms import EVERY, Beginning

ENOUGH = 1000
"""A term that so many models have is common."""

Option = str | Beginning


@dataclass(frozen=True)
class Lead:
    """The term that a list is read along."""

    option: Option
    common: bool

    def walked(self) -> FromClause:
        """(name, model_id) in the order of names out of the index, a beginning by its first letters."""
        term = self.option.nearest if isinstance(self.option, Beginning) else self.option
        return select(SearchTerm.name, SearchTerm.model_id).where(SearchTerm.term == term).subquery("hits")

    def gathered(self) -> FromClause:
        """(name, model_id) of all, each once, whatever the database thinks of another way."""
        found = select(SearchTerm.name, SearchTerm.model_id).where(_is(SearchTerm, self.option)).distinct()
        return found.cte("hits").prefix_with("MATERIALIZED")

    def by_name(self) -> FromClause:
        """The better of both for a list in the order of names."""
        return self.walked() if self.common or isinstance(self.option, str) else self.gathered()


def lead(session: Session, wanted: Selection, *, by_name: bool) -> Lead | None:
    """The rarest of the wanted terms, None when one of them is nobody's."""
    options = _options(wanted) or [EVERY]
    if by_name and len(options) == 1 and isinstance(options[0], str):
        return Lead(options[0], common=True)
    counts = _counts(session, options)
    rarest = min(range(len(options)), key=counts.__getitem__)
    return Lead(options[rarest], counts[rarest] >= ENOUGH) if counts[rarest] else None


def all_of(wanted: Selection, model_id: Any, *, besides: Option | None = None) -> list[ColumnElement[bool]]:
    """That the model has every wanted term, apart from one that it is known to have."""
    found: list[ColumnElement[bool]] = []
    for option in _options(wanted):
        if option != besides:
            probe = aliased(SearchTerm)
            found.append(select(probe.term).where(probe.model_id == model_id, _is(probe, option)).exists())
    return found


def among(rows: FromClause, chosen: Lead, wanted: Selection) -> list[ColumnElement[bool]]:
    """The join of models to the lead's rows, and all that is wanted besides."""
    walked_beginning = isinstance(chosen.option, Beginning) and chosen.common
    besides = None if walked_beginning else chosen.option
    return [Model.id == rows.c.model_id, *all_of(wanted, Model.id, besides=besides)]


def _options(wanted: Selection) -> list[Option]:
    return list(dict.fromkeys([*wanted.terms, *wanted.beginnings]))


def _is(table: Any, option: Option) -> ColumnElement[bool]:
    if isinstance(option, str):
        return table.term == option  # type: ignore[no-any-return]
    first, end = option.bounds
    return and_(table.term >= first, table.term < end)


def _counts(session: Session, options: Iterable[Option]) -> list[int]:
    counts = []
    for option in options:
        found = select(literal(1)).select_from(SearchTerm).where(_is(SearchTerm, option)).limit(ENOUGH).subquery()
        counts.append(select(func.count()).select_from(found).scalar_subquery())
    return list(session.execute(select(*counts)).one())
