"""Branches and tags as Hub clients make and delete them, and the history behind a commit."""

import re
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from aird.audit import service as audit
from aird.auth.permissions import Actor
from aird.catalog import aliases, commits
from aird.catalog.models import Alias, Commit, Model, Ref, RefKind
from aird.core.errors import NotOffered, Refused
from aird.hub.errors import RefTaken, RevisionNotFound
from aird.hub.revisions import Revision

_name = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}(/[A-Za-z0-9][A-Za-z0-9._-]{0,30})?")
_taken = re.compile(r"v?[0-9]{1,9}|[0-9a-f]{7,40}")


class RefRefused(Refused):
    """This cannot be the name of a branch or tag"""


def create(
    session: Session, actor: Actor, model: Model, kind: RefKind, name: str, start: Revision, *, message: str = ""
) -> Ref:
    """Raises RefRefused, RefTaken, RevisionNotFound when there is nothing to point at."""
    if name.startswith("refs/"):
        raise NotOffered("Pull requests and other refs are not offered; branches and tags are.", feature="refs")
    if not _name.fullmatch(name) or ".." in name or name.endswith((".lock", ".")):
        raise RefRefused(f"{name[:80]!r} cannot name a branch or tag: use letters, digits, '.', '_', '-' and one '/'.")
    if _taken.fullmatch(name):
        raise RefRefused(f"{name!r} reads like the number of a version or like a commit. Choose another name.")
    commits.hold_branches(session, model)  # an alias of this name may just be made
    if name in {aliases.PRODUCTION, aliases.STAGING} or session.get(Alias, (model.id, name)) is not None:
        raise RefTaken(f"{name} is an alias of {model.name}; aliases point at versions and move through the catalog.")
    if any(session.get(Ref, (model.id, each, name)) is not None for each in RefKind) or name == commits.MAIN:
        raise RefTaken(f"{model.name} has a branch or tag {name!r} already.", name=name)
    if start.commit is None:
        raise RevisionNotFound(f"{model.name} has no commit yet. Push something first.")
    made = commits.point(session, model, kind, name, start.commit, message=message)
    audit.record(session, actor, f"hub.{kind}.created", model, name=name, commit=start.commit.sha)
    return made


def delete(session: Session, actor: Actor, model: Model, kind: RefKind, name: str) -> None:
    """Raises RefRefused for main, RevisionNotFound."""
    if kind is RefKind.BRANCH and name == commits.MAIN:
        raise RefRefused("The main branch is not deleted.")
    found = session.get(Ref, (model.id, kind, name))
    if found is None:
        raise RevisionNotFound(f"{model.name} has no {kind} {name[:200]!r}.", revision=name[:200])
    session.delete(found)
    session.flush()
    audit.record(session, actor, f"hub.{kind}.deleted", model, name=name)


def history(session: Session, start: Commit | None, limit: int) -> list[Commit]:
    """The commit and those before it, newest first, at most `limit`."""
    if start is None:
        return []
    chain = select(Commit.id, Commit.parent_id).where(Commit.id == start.id).cte("chain", recursive=True)
    above = select(Commit.id, Commit.parent_id).join(chain, Commit.id == chain.c.parent_id)
    chain = chain.union_all(above)
    # A recursive query gives the chain in its order and is cut off by LIMIT; the rows are fetched by id.
    ids = list(session.scalars(select(chain.c.id).limit(limit)))
    found = {each.id: each for each in session.scalars(select(Commit).where(Commit.id.in_(ids)))}
    return [found[each] for each in ids]


def version_shas(session: Session, model: Model) -> dict[UUID, str]:
    """The first commit of each version of the model."""
    query = select(Commit.version_id, Commit.sha).where(Commit.model_id == model.id, Commit.version_id.is_not(None))
    found: dict[UUID, str] = {}
    for version_id, sha in session.execute(query.order_by(Commit.created_at)):
        if version_id is not None:
            found.setdefault(version_id, sha)
    return found
