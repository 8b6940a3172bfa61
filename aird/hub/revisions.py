"""What a client may call a revision, and what a client may call a repository.

A revision is, in this order, a branch, an alias such as `production`, a tag, the number of a version (`v3` or `3`), or
a commit by its 40 hex digits or at least 7 that no other commit of the model begins with.

A repository is a model, `department/name`, under its present name or one it had. `department/name.V3` is the model
with every revision fixed to version 3: capital letters are in no name of the catalog. An adapter points at its base
so, because clients ask for the base in the revision in which they asked for the adapter.
"""

import re
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from aird.auth.permissions import Actor
from aird.catalog import access, commits, queries
from aird.catalog.errors import ModelNotFound
from aird.catalog.models import Alias, Commit, Model, Ref, RefKind, Version
from aird.catalog.names import NameRefused, check_name
from aird.hub.errors import RevisionNotFound

MAIN = commits.MAIN
_pinned = re.compile(r"(?P<name>.+)\.V(?P<number>[1-9][0-9]{0,8})")
_number = re.compile(r"v?([1-9][0-9]{0,8})")
_sha = re.compile(r"[0-9a-f]{7,40}")


@dataclass(frozen=True)
class Repo:
    """A model as a client names it; `pinned` is the version that every revision stands for."""

    model: Model
    pinned: int | None = None

    @property
    def name(self) -> str:
        """The model's present name."""
        return self.model.name


@dataclass(frozen=True)
class Revision:
    """A commit of a repository and, when its files are a whole model, the version it is.

    `commit` is None on the main branch of a model to which nothing was committed.
    """

    repo: Repo
    asked: str
    commit: Commit | None
    version: Version | None

    @property
    def sha(self) -> str | None:
        """What clients know the commit by."""
        return self.commit.sha if self.commit else None


def pinned_id(version: Version) -> str:
    """The repository that is this version in every revision."""
    return f"{version.model.name}.V{version.number}"


def repo(session: Session, actor: Actor, department: str, name: str) -> Repo:
    """The repository of this id. Raises ModelNotFound, for a name that no model can have as well."""
    full = f"{department}/{name}"
    fixed = _pinned.fullmatch(full)
    try:
        model = access.get_model(session, actor, check_name(fixed["name"] if fixed else full))
    except NameRefused as error:
        raise ModelNotFound(error.message, name=full[:200]) from error
    return Repo(model, int(fixed["number"]) if fixed else None)


def resolve(session: Session, found: Repo, asked: str | None) -> Revision:
    """What the revision means now. Raises RevisionNotFound."""
    asked = asked or MAIN
    model = found.model
    if found.pinned is not None:
        return _revision(session, found, asked, _by_number(session, model, found.pinned))
    commit = (
        _by_ref(session, model, RefKind.BRANCH, asked)
        or _by_alias(session, model, asked)
        or _by_ref(session, model, RefKind.TAG, asked)
        or _by_written_number(session, model, asked)
        or _by_sha(session, model, asked)
    )
    if commit is None and asked == MAIN:
        return Revision(found, asked, None, None)
    return _revision(session, found, asked, commit)


def _revision(session: Session, found: Repo, asked: str, commit: Commit | None) -> Revision:
    if commit is None:
        raise RevisionNotFound(
            f"{found.name} has no branch, alias, tag, version or commit {asked[:200]!r}.", revision=asked[:200]
        )
    version = queries.version_by_id(session, commit.version_id) if commit.version_id else None
    return Revision(found, asked, commit, version)


def _by_ref(session: Session, model: Model, kind: RefKind, name: str) -> Commit | None:
    query = select(Commit).join(Ref, Ref.commit_id == Commit.id)
    return session.scalar(query.where(Ref.model_id == model.id, Ref.kind == kind, Ref.name == name))


def _by_alias(session: Session, model: Model, name: str) -> Commit | None:
    query = select(Commit).join(Alias, Alias.version_id == Commit.version_id)
    query = query.where(Alias.model_id == model.id, Alias.name == name, Commit.model_id == model.id)
    return session.scalar(query.order_by(Commit.created_at).limit(1))


def _by_written_number(session: Session, model: Model, asked: str) -> Commit | None:
    number = _number.fullmatch(asked)
    return _by_number(session, model, int(number[1])) if number else None


def _by_number(session: Session, model: Model, number: int) -> Commit | None:
    query = select(Commit).join(Version, Version.id == Commit.version_id)
    query = query.where(Version.model_id == model.id, Version.number == number, Commit.model_id == model.id)
    return session.scalar(query.order_by(Commit.created_at).limit(1))


def _by_sha(session: Session, model: Model, asked: str) -> Commit | None:
    if not _sha.fullmatch(asked):
        return None
    query = select(Commit).where(Commit.model_id == model.id, Commit.sha.startswith(asked)).limit(2)
    found = session.scalars(query).all()
    return found[0] if len(found) == 1 else None
