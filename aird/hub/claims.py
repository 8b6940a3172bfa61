"""Whose bytes somebody may name by their digest: those they sent themselves, and those they may read anyway.

What else the store holds makes no difference, neither to the answer nor to what it says.
"""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from aird.auth.permissions import Actor
from aird.catalog import access
from aird.catalog.models import Commit, Model
from aird.store import proofs
from aird.store.models import ArtifactFile

MOST_MODELS = 500


def claimable(session: Session, actor: Actor, digests: Iterable[str]) -> set[str]:
    """Those of the digests that the actor may put into a commit without sending the bytes again."""
    wanted = set(digests)
    found = proofs.may_claim(session, actor.id, wanted) if actor.id else set()
    if wanted == found:
        return found
    query = (
        select(ArtifactFile.digest, Model)
        .join(Commit, Commit.artifact == ArtifactFile.artifact)
        .join(Model, Model.id == Commit.model_id)
        .where(ArtifactFile.digest.in_(wanted - found))
        .distinct()
        .limit(MOST_MODELS)
    )
    usable: dict[UUID, bool] = {}
    for digest, model in session.execute(query):
        if model.id not in usable:
            usable[model.id] = access.may_use_weights(session, actor, model)
        if usable[model.id]:
            found.add(digest)
    return found
