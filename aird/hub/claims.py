"""Whose bytes somebody may name by their digest: those they sent themselves, and those they may read anyway.

What else the store holds makes no difference, neither to the answer nor to what it says.
"""

from collections.abc import Iterable

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
    held = ArtifactFile.digest.in_(wanted - found)
    of_commit = Commit.artifact == ArtifactFile.artifact
    holders = select(Commit.model_id).join(ArtifactFile, of_commit).where(held).distinct().limit(MOST_MODELS)
    models = session.scalars(select(Model).where(Model.id.in_(holders)))
    usable = [each.id for each in models if access.may_use_weights(session, actor, each)]
    query = select(ArtifactFile.digest).join(Commit, of_commit).where(held, Commit.model_id.in_(usable)).distinct()
    return found | set(session.scalars(query))
