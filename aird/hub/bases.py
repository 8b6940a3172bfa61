"""Which versions of the catalog a push was made from, by what its adapter_config.json and its card say."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from aird.auth.permissions import Actor
from aird.catalog import access, queries
from aird.catalog.errors import ModelNotFound, NotABase
from aird.catalog.models import Kind, Relation, Version
from aird.catalog.retirement import OUT_OF_SERVICE
from aird.catalog.service import Parent
from aird.hub import revisions
from aird.hub.errors import RevisionNotFound

_named = re.compile(r"(?P<department>[^/@\s]{1,96})/(?P<name>[^/@\s]{1,96})(@(?P<revision>[^@\s]{1,96}))?")
_relations = {"merge": Relation.MERGE, "quantized": Relation.QUANTIZED}


@dataclass(frozen=True)
class Origin:
    """What the files say of where they come from: the base of an adapter, the parents of a whole model."""

    base: Version | None
    parents: tuple[Parent, ...]

    @property
    def same_shape(self) -> Version | None:
        """The version that a whole model must agree with."""
        return next((each.version for each in self.parents if each.relation is not Relation.QUANTIZED), None)


def find(
    session: Session,
    actor: Actor,
    *,
    config: Mapping[str, Any] | None,
    card: Mapping[str, Any],
    before: Version | None,
) -> Origin:
    """`config` is an adapter's adapter_config.json, `before` the version that is pushed over.

    Raises NotABase, GatedModel for a base that is in the catalog and may not be built on.
    """
    names = card.get("base_model") or []
    named = [names] if isinstance(names, str) else [each for each in names if isinstance(each, str)]
    if config is not None:
        wanted = [(config.get("base_model_name_or_path"), config.get("revision")), *((each, None) for each in named)]
        found = (version(session, actor, name, revision) for name, revision in wanted)
        base = next((each for each in found if each is not None), None)
        if base is None and before is not None and before.base_id is not None:
            base = queries.version_by_id(session, before.base_id)
        return Origin(_usable(session, actor, base), ())
    relation = _relations.get(str(card.get("base_model_relation")), Relation.CONTINUED)
    above = [each for name in named if (each := version(session, actor, name, None)) is not None]
    parents = {each.id: Parent(each, relation) for each in above if before is None or each.id != before.id}
    for parent in parents.values():
        _usable(session, actor, parent.version)
    return Origin(None, tuple(parents.values()))


def version(session: Session, actor: Actor, name: object, revision: object) -> Version | None:
    """The version that a name out of a file means: the newest unless a revision is named; None when it is not ours."""
    found = _named.fullmatch(name) if isinstance(name, str) else None
    if found is None:
        return None
    wanted = found["revision"] or (revision if isinstance(revision, str) and revision else None)
    try:
        repo = revisions.repo(session, actor, found["department"], found["name"])
        if repo.pinned is None and wanted in (None, revisions.MAIN):
            return queries.get_version(session, repo.name) if repo.model.latest_number else None
        return revisions.resolve(session, repo, wanted).version
    except (ModelNotFound, RevisionNotFound):
        return None


def _usable(session: Session, actor: Actor, base: Version | None) -> Version | None:
    if base is None:
        return None
    access.require_weights(session, actor, base.model)
    if base.kind is Kind.ADAPTER:
        raise NotABase(f"{base.ref} is an adapter itself. Name the whole model below it.", ref=base.ref)
    if base.state in OUT_OF_SERVICE:
        raise NotABase(f"{base.ref} is {base.state}. Build on a version that is in use.", ref=base.ref)
    return base
