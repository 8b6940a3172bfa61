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
    query = (
        select(ArtifactFile.digest, Commit.model_id)
        .join(Commit, Commit.artifact == ArtifactFile.artifact)
        .where(ArtifactFile.digest.in_(wanted - found))
        .distinct()
        .limit(MOST_MODELS)
    )
    holders = [(digest, model_id) for digest, model_id in session.execute(query)]
    models = session.scalars(select(Model).where(Model.id.in_({model_id for _, model_id in holders})))
    usable = {each.id for each in models if access.may_use_weights(session, actor, each)}
    return found | {digest for digest, model_id in holders if model_id in usable}
