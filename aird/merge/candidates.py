"""Which adapters can be merged with those already chosen, and why the others cannot.

Shown are the newest version of every model and those in service, and of the ones chosen and the ones asked for by
number whichever they are. Everything that decides the order is worked out by the database, so that a page costs the
same work whether it is the first or the last.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Row, Select, and_, case, func, literal, or_, select, true
from sqlalchemy.orm import Session, aliased

from aird.auth.models import Department
from aird.auth.permissions import Actor, Permission, allowed_somewhere, departments_where
from aird.catalog import access
from aird.catalog import queries as catalog_queries
from aird.catalog.intake.differences import own_words
from aird.catalog.lifecycle import VersionState
from aird.catalog.models import AccessRequest, AccessState, Gating, Kind, Model, ModelGrant, Version
from aird.merge.schemas import CandidatePage, CandidateRead

OUT_OF_USE = (VersionState.SUSPENDED, VersionState.RETIRED)

_base = aliased(Version)
_model_of_base = aliased(Model)


class _Chosen(NamedTuple):
    """What the adapters already picked have in common."""

    versions: Sequence[Version]
    base: str | None
    words: str


def page(session: Session, actor: Actor, chosen: Sequence[str], q: str, *, limit: int, offset: int) -> CandidatePage:
    """A page of adapters, the compatible ones first. Raises VersionNotFound, ModelNotFound, NameRefused."""
    picked = _picked(session, actor, chosen)
    fits = _fits(actor, picked)
    found = _rows(actor, picked, q)
    total = session.scalar(found.with_only_columns(func.count(), maintain_column_froms=True)) or 0
    order = (case((and_(*fits.values()), 0), else_=1), Model.name, Version.number.desc())
    ids = select(
        found.with_only_columns(Version.id, maintain_column_froms=True)
        .order_by(*order)
        .limit(limit)
        .offset(offset)
        .subquery()
        .c.id
    )
    # The facts, which are long, are read of the page alone.
    query = found.add_columns(*(each.label(name) for name, each in fits.items())).where(Version.id.in_(ids))
    rows = session.execute(query.order_by(*order)).all()
    scores = catalog_queries.skills_of(session, [row.id for row in rows])
    items = [_read(actor, picked, row, {skill.suite: skill.score for skill in scores.get(row.id, [])}) for row in rows]
    items.sort(key=lambda each: not each.compatible)  # own words are not known before the facts are read
    return CandidatePage(items=items, total=total)


def _picked(session: Session, actor: Actor, chosen: Sequence[str]) -> _Chosen:
    versions = [access.get_ref(session, actor, ref) for ref in chosen]
    if not versions:
        return _Chosen((), None, "")
    first = versions[0]
    return _Chosen(versions, catalog_queries.base_of(session, first).artifact, own_words(first.facts))


def _rows(actor: Actor, picked: _Chosen, q: str) -> Select[*tuple[Any, ...]]:
    name, _, number = q.strip().partition("@")
    shown = or_(
        Version.number == Model.latest_number,
        Version.state == VersionState.APPROVED,
        Version.id.in_([each.id for each in picked.versions]),
        Version.number == int(number) if number.isascii() and number.isdigit() and len(number) < 10 else literal(False),
    )
    query: Select[*tuple[Any, ...]] = (
        select(
            Version.id,
            Version.number,
            Version.state,
            Model.name,
            Model.title,
            _base.number.label("base_number"),
            _base.state.label("base_state"),
            _model_of_base.name.label("base_name"),
            _model_of_base.visibility.label("base_visibility"),
            _model_of_base.department_id.label("base_department"),
            Version.facts["rank"].as_integer().label("rank"),
            Version.facts["features"].label("features"),
            Version.facts["differences"].label("differences"),
        )
        .join(Model, Model.id == Version.model_id)
        .join(Department, Department.id == Model.department_id)
        .join(_base, _base.id == Version.base_id)
        .join(_model_of_base, _model_of_base.id == _base.model_id)
        .where(Version.kind == Kind.ADAPTER, shown)
    )
    if name:
        part = name.lower()
        fields = (Model.name, Model.title, Department.title)
        query = query.where(or_(*(func.lower(each).contains(part, autoescape=True) for each in fields)))
    return access.visible(query, actor)


def _fits(actor: Actor, picked: _Chosen) -> dict[str, ColumnElement[bool]]:
    """What must hold of an adapter, each by its name."""
    fits = {"in_use": and_(Version.state.not_in(OUT_OF_USE), _base.state.not_in(OUT_OF_USE)), "usable": _usable(actor)}
    fits["same_base"] = _base.artifact == picked.base if picked.base is not None else true()
    return fits


def _usable(actor: Actor) -> ColumnElement[bool]:
    """access.may_use_weights, asked of the database; a test holds both to the same answers."""
    everywhere, own = departments_where(actor.grants, Permission.USE_WEIGHTS)
    if everywhere or actor.is_system:
        return true()
    granted = select(ModelGrant.id).where(ModelGrant.model_id == Model.id, ModelGrant.department_id.in_(own))
    accepted = select(AccessRequest.id).where(
        AccessRequest.model_id == Model.id,
        AccessRequest.person_id == actor.id,
        AccessRequest.state == AccessState.ACCEPTED,
    )
    ways = [Model.department_id.in_(own), granted.exists(), accepted.exists()]
    if allowed_somewhere(actor, Permission.USE_WEIGHTS):
        ways.append(Model.gating == Gating.OPEN)
    return or_(*ways)


def _read(actor: Actor, picked: _Chosen, row: Row[Any], skills: dict[str, float]) -> CandidateRead:
    code, reason = _why_not(picked, row)
    compatible = not code
    features = list(row.features or [])
    if compatible and "dora" in features:
        code, reason = (
            "dora",
            "A DoRA adapter is merged exactly only into a whole model (`output: full`), or as a plain LoRA extracted "
            "from it.",
        )
    base = f"{row.base_name}@{row.base_number}"
    return CandidateRead(
        ref=f"{row.name}@{row.number}",
        title=row.title,
        department=row.name.partition("/")[0],
        base=base if access.shows(actor, row.base_visibility, row.base_department) else "",
        rank=row.rank or 0,
        state=row.state.value,
        skills=skills,
        features=features,
        compatible=compatible,
        code=code,
        reason=reason,
    )


def _why_not(picked: _Chosen, row: Row[Any]) -> tuple[str, str]:
    if row.state in OUT_OF_USE:
        return row.state.value, f"It is {row.state.value}; choose another version."
    if row.base_state in OUT_OF_USE:
        return "base_out_of_use", f"Its base is {row.base_state.value}; nothing is built on it any more."
    if not row.same_base:
        return "different_base", "It was trained on another base than those chosen: changes add up on one base only."
    if not row.usable:
        return "no_weights", "You may not use its weights. Ask its owners for access on the model's page."
    if picked.versions and own_words({"differences": row.differences}) != picked.words:
        return "different_words", "It brings a tokenizer or chat template of its own that those chosen do not have."
    return "", ""
