"""Read models, versions, skills and the family tree."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import Select, bindparam, select, union
from sqlalchemy.orm import Session, contains_eager, joinedload

from aird.catalog.errors import AliasNotFound, ModelNotFound, VersionNotFound
from aird.catalog.lifecycle import VersionState
from aird.catalog.lineage import Edge
from aird.catalog.models import (
    Alias,
    Clearance,
    Model,
    ModelName,
    Parentage,
    Relation,
    Skill,
    Twin,
    Version,
)
from aird.catalog.names import VersionRef


def find_model(session: Session, name: str) -> Model | None:
    """The model of this name, or the one that had it before it was moved; None when there is none."""
    found = session.scalar(select(Model).where(Model.name == name))
    if found is not None:
        return found
    return session.scalar(select(Model).join(ModelName, ModelName.model_id == Model.id).where(ModelName.name == name))


def get_model(session: Session, name: str) -> Model:
    """The model of this name. Raises ModelNotFound."""
    model = find_model(session, name)
    if model is None:
        raise ModelNotFound(no_model(name), name=name)
    return model


def no_model(name: str) -> str:
    """The words for a model that is not there, and for one that the reader may not see: they must not differ."""
    return f"There is no model {name!r}. `aird models ls` lists the models."


def _versions() -> Select[Version]:
    return select(Version).join(Version.model).options(contains_eager(Version.model))


def get_version(session: Session, name: str, number: int | None = None) -> Version:
    """A version of a model, the latest without a number. Raises ModelNotFound, VersionNotFound."""
    model = get_model(session, name)
    wanted = model.latest_number if number is None else number
    query = _versions().where(Version.model_id == model.id, Version.number == wanted)
    version = session.scalar(query)
    if version is None:
        shown = f"{name}@{number}" if number is not None else name
        raise VersionNotFound(f"There is no version {shown}; {name} has {model.latest_number} so far.", ref=shown)
    return version


def get_ref(session: Session, ref: str) -> Version:
    """The version that `department/model@3`, `@production` or nothing (the latest) names.

    Raises as get_version, and AliasNotFound.
    """
    parsed = VersionRef.parse(ref)
    if parsed.alias is not None:
        return get_aliased(session, parsed.name, parsed.alias)
    return get_version(session, parsed.name, parsed.number)


def find_aliased(session: Session, name: str, alias: str) -> Version | None:
    """The version that the alias of the model called so now points at, None when there is none."""
    return session.scalar(_ALIASED, {"model": name, "alias": alias})


def get_aliased(session: Session, name: str, alias: str) -> Version:
    """The version that the alias points at now. Raises ModelNotFound, AliasNotFound."""
    version = find_aliased(session, name, alias)
    if version is not None:
        return version
    model = get_model(session, name)  # by a name that it had before
    if model.name != name:
        return get_aliased(session, model.name, alias)
    raise AliasNotFound(f"{model.name} has no alias {alias!r}.", name=model.name, alias=alias)


WHOLE = (Relation.CONTINUED, Relation.STUDENT, Relation.QUANTIZED, Relation.EXPORTED)
"""How a whole model came from one that it has its words from."""
_ALIASED = (
    _versions()
    .join(Alias, Alias.version_id == Version.id)
    .where(Model.name == bindparam("model"), Alias.model_id == Model.id, Alias.name == bindparam("alias"))
)
"""Made once: it is asked more often than anything else."""


def version_by_id(session: Session, version_id: UUID) -> Version:
    """The version with this id. Raises VersionNotFound."""
    version = session.scalar(_versions().where(Version.id == version_id))
    if version is None:
        raise VersionNotFound("There is no such version.", id=str(version_id))
    return version


def versions_by_id(session: Session, ids: Iterable[UUID]) -> dict[UUID, Version]:
    """Several versions at once."""
    return {each.id: each for each in session.scalars(_versions().where(Version.id.in_(list(ids))))}


def models_by_id(session: Session, ids: Iterable[UUID]) -> dict[UUID, Model]:
    """Several models at once."""
    return {each.id: each for each in session.scalars(select(Model).where(Model.id.in_(list(ids))))}


def latest_of(session: Session, models: Iterable[Model]) -> list[Version]:
    """The latest version of each of these models that has one."""
    ids = [each.id for each in models]
    query = _versions().where(Model.id.in_(ids), Version.number == Model.latest_number)
    return list(session.scalars(query)) if ids else []


def versions_of(session: Session, model: Model) -> list[Version]:
    """Every version of a model, newest first."""
    return list(session.scalars(_versions().where(Version.model_id == model.id).order_by(Version.number.desc())))


def skills_of(session: Session, ids: Iterable[UUID]) -> dict[UUID, list[Skill]]:
    """The skills of several versions, by suite."""
    found: dict[UUID, list[Skill]] = {}
    for skill in session.scalars(select(Skill).where(Skill.version_id.in_(list(ids))).order_by(Skill.suite)):
        found.setdefault(skill.version_id, []).append(skill)
    return found


def skill(session: Session, version: Version, suite: str) -> Skill | None:
    """What the version scored in the suite, None when it never sat it."""
    return session.get(Skill, (version.id, suite))


def parents_of(session: Session, ids: list[UUID]) -> list[Edge]:
    """The edges above these versions."""
    rows = session.scalars(select(Parentage).where(Parentage.child_id.in_(ids)).order_by(Parentage.parent_id))
    return [Edge(each.child_id, each.parent_id, each.relation, each.weight) for each in rows]


def children_of(session: Session, ids: list[UUID]) -> list[Edge]:
    """The edges below these versions."""
    rows = session.scalars(select(Parentage).where(Parentage.parent_id.in_(ids)).order_by(Parentage.child_id))
    return [Edge(each.child_id, each.parent_id, each.relation, each.weight) for each in rows]


def base_of(session: Session, version: Version) -> Version:
    """The whole model that the version's files need: its base, or itself."""
    return version_by_id(session, version.base_id) if version.base_id else version


def origin_of(session: Session, version: Version) -> Version | None:
    """What the version's tokenizer and chat template are compared with: its base, else the model it was made from."""
    if version.base_id is not None:
        return version_by_id(session, version.base_id)
    made_from = _versions().join(Parentage, Parentage.parent_id == Version.id).where(Parentage.child_id == version.id)
    direct = made_from.where(Parentage.relation.in_(WHOLE))
    return session.scalar(direct.order_by(Version.created_at).limit(1))


def twins_of(session: Session, version: Version) -> list[tuple[Version, float]]:
    """The adapters that change their base in nearly the same way, the nearest first."""
    mine = select(Twin.other_id.label("id"), Twin.cosine).where(Twin.version_id == version.id)
    theirs = select(Twin.version_id.label("id"), Twin.cosine).where(Twin.other_id == version.id)
    pairs = union(mine, theirs).subquery()
    found = select(Version, pairs.c.cosine).join(pairs, pairs.c.id == Version.id).options(joinedload(Version.model))
    return [(row[0], row[1]) for row in session.execute(found.order_by(pairs.c.cosine.desc(), Version.id))]


def out_of_use(session: Session, version: Version) -> Version | None:
    """The version itself or its base when one of them is suspended or retired, None when both may be built on."""
    for each in (version, base_of(session, version)):
        if each.state in (VersionState.SUSPENDED, VersionState.RETIRED):
            return each
    return None


def clearance(session: Session, version: Version, endpoint: str) -> Clearance | None:
    """The newest approval of the version's very bytes for this endpoint that stands, None when there is none."""
    query = select(Clearance).where(
        Clearance.version_id == version.id, Clearance.endpoint == endpoint, Clearance.digest == version.artifact,
        Clearance.ended_at.is_(None),
    )  # fmt: skip
    return session.scalar(query.order_by(Clearance.created_at.desc()).limit(1))


def clearance_of(session: Session, approval_id: UUID) -> Clearance | None:
    """What this approval cleared, None when it cleared nothing (yet) or no longer stands."""
    query = select(Clearance).where(Clearance.approval_id == approval_id, Clearance.ended_at.is_(None))
    return session.scalar(query)
